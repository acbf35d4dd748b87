//! The clock as an actor, restarts, and clocks that are wrong.

use std::sync::Arc;
use std::time::Duration;

use comeback::domain::conversation::Conversation;
use comeback::domain::event::Subject;
use comeback::domain::id::ConversationId;
use comeback::domain::sla::Stage;
use comeback::domain::time::{Span, Timestamp};
use comeback::journal::Entry;
use comeback::server::engine;
use comeback::server::feed::{self, Ask, FeedError, Presences};
use comeback::server::service::Outcome;
use comeback::server::store::sqlite::SqliteStore;
use comeback::server::store::{Device, Store};
use tokio::sync::watch;

use super::{Floor, minutes, said};
use crate::log::Log;

fn subject(entry: &Entry) -> Subject {
    serde_json::from_value(said(entry).subject).unwrap()
}

impl Floor {
    /// Conversations in the order of their next deadline.
    async fn by_deadline(&self, all: &[ConversationId]) -> Vec<ConversationId> {
        let mut found: Vec<(Timestamp, ConversationId)> = Vec::new();
        for id in all {
            found.extend(self.state(*id).await.next_deadline().map(|at| (at, *id)));
        }
        found.sort();
        found.into_iter().map(|(_, id)| id).collect()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn overdue_deadlines_fire_in_order_after_a_restart_and_once() {
    let mut floor = Floor::opens().await;
    let mut all = Vec::new();
    for n in 1..=40 {
        // Late-stage and new buyers by turns: the later text is often the earlier deadline.
        if n % 2 == 0 {
            floor.crm_says(n, vec![crate::world::card(&format!("c-{n}"))]).await;
        }
        all.push(floor.texts(n, "main", "hello").await);
        floor.clock.advance(Span::seconds(7));
    }
    let wanted = floor.by_deadline(&all).await;
    assert_eq!(wanted.len(), all.len());
    assert_ne!(wanted, all, "the order of deadlines is another than that of arrival");
    floor.clock.advance(minutes(300));
    floor.restarts().await;
    let before = floor.journal().await.len();
    engine::fire(&floor.service).await.unwrap();
    let mut order: Vec<ConversationId> = Vec::new();
    for entry in &floor.journal().await[before..] {
        if let Subject::Conversation(id) = subject(entry)
            && !order.contains(&id)
        {
            order.push(id);
        }
    }
    assert_eq!(order, wanted);
    for id in &all {
        let Conversation { clock, .. } = floor.state(*id).await;
        assert_eq!(clock.unwrap().stage, Stage::Breached);
    }
    let fired = (floor.count("sla_warned").await, floor.count("sla_breached").await);
    assert_eq!(fired.1, 40, "each breached once");
    let head = floor.store.head().await.unwrap().0;
    engine::fire(&floor.service).await.unwrap();
    floor.restarts().await;
    engine::fire(&floor.service).await.unwrap();
    assert_eq!(floor.store.head().await.unwrap().0, head, "nothing is left to fire");
    assert_eq!((floor.count("sla_warned").await, floor.count("sla_breached").await), fired);
}

#[tokio::test(start_paused = true)]
async fn the_engine_fires_what_comes_due_while_it_runs_and_ends_when_told() {
    let mut floor = Floor::opens().await;
    let (stop, stopped) = watch::channel(false);
    let running = tokio::spawn(engine::run(floor.service.clone(), stopped));
    let c = floor.mayas_buyer().await;
    let started = floor.state(c).await.clock.unwrap();
    floor.clock.set(started.warn);
    let reached = async {
        while floor.state(c).await.clock.unwrap().stage != Stage::Warned {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(120), reached).await.expect("the warning comes");
    stop.send_replace(true);
    running.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_clock_that_jumps_back_does_not_take_the_journal_with_it() {
    let mut floor = Floor::opens().await;
    let c = floor.mayas_buyer().await;
    let (head, _) = floor.store.head().await.unwrap();
    floor.clock.advance(minutes(-10));
    floor.texts(1, "main", "are you there?").await;
    let other = floor.texts(2, "main", "hello").await;
    floor.answers("maya", c, "Yes").await;
    let entries = floor.journal().await;
    assert!(entries.windows(2).all(|pair| pair[0].at <= pair[1].at));
    assert_eq!(entries.last().unwrap().at, head.at, "it stands still until the clock has caught up");
    let clock = floor.state(other).await.clock.unwrap();
    assert_eq!(clock.started, head.at, "and nothing is due before it came in");
    floor.clock.advance(minutes(11));
    floor.texts(2, "main", "hello again").await;
    assert_eq!(floor.journal().await.last().unwrap().at, floor.now());
}

#[tokio::test]
async fn while_the_head_is_over_a_minute_ahead_deadlines_pause_and_texts_still_come_in() {
    let mut floor = Floor::opens().await;
    let c = floor.mayas_buyer().await;
    let warn = floor.state(c).await.clock.unwrap().warn;
    // Somebody sets the clock to next week, a text comes in, and the clock is set right again.
    floor.clock.advance(minutes(7 * 24 * 60));
    floor.texts(2, "main", "from next week").await;
    let (head, _) = floor.store.head().await.unwrap();
    floor.clock.set(warn);
    assert!(engine::is_clock_behind(&floor.service).await.unwrap());
    assert_eq!(engine::fire(&floor.service).await.unwrap(), None);
    assert_eq!(floor.store.head().await.unwrap().0, head, "nothing fired");
    floor.texts(3, "main", "hello?").await;
    assert_eq!(floor.count("received").await, 3, "but what buyers say is kept");
    for (ahead, behind) in [(61, true), (60, false), (0, false)] {
        floor.clock.set(head.at - Span::seconds(ahead));
        assert_eq!(engine::is_clock_behind(&floor.service).await.unwrap(), behind, "{ahead} seconds ahead");
    }
    engine::fire(&floor.service).await.unwrap();
    assert_eq!(floor.state(c).await.clock.unwrap().stage, Stage::Breached, "the clock has caught up");
}

#[tokio::test(start_paused = true)]
async fn a_cursor_from_ahead_or_of_another_epoch_is_gone_at_once_however_long_it_would_wait() {
    let mut floor = Floor::opens().await;
    floor.mayas_buyer().await;
    let device = Device {
        id: super::device("maya"),
        rep: "maya".into(),
        name: String::new(),
        created: floor.now(),
        revoked: false,
    };
    let presences = Presences::default();
    let ask = |since: String, wait| Ask { since, wait, playbook: 1, ..Ask::default() };
    let first = ask(String::new(), Duration::ZERO);
    let cursor = feed::changes(&floor.service, &presences, &device, &first).await.unwrap().cursor;
    let parts: Vec<&str> = cursor.splitn(3, '.').collect();
    let asked = tokio::time::Instant::now();
    let ahead = ask(format!("{}.9999.{}", parts[0], parts[2]), Duration::from_secs(60));
    let gone = feed::changes(&floor.service, &presences, &device, &ahead).await;
    assert!(matches!(gone, Err(FeedError::Gone)), "{gone:?}");
    assert_eq!(asked.elapsed(), Duration::ZERO);
    // A database of another epoch was put in its place: its number may be any.
    for seq in ["0", "1", parts[1]] {
        let foreign = ask(format!("9.{seq}.{}", parts[2]), Duration::from_secs(60));
        let gone = feed::changes(&floor.service, &presences, &device, &foreign).await;
        assert!(matches!(gone, Err(FeedError::Gone)), "{seq}: {gone:?}");
        assert_eq!(asked.elapsed(), Duration::ZERO, "{seq}");
    }
    let good = feed::changes(&floor.service, &presences, &device, &ask(cursor, Duration::from_secs(60))).await;
    assert!(good.unwrap().upserts.is_empty());
    assert_eq!(asked.elapsed(), Duration::from_secs(60), "a good one waits for news");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_overdue_deadlines_fire_in_order_after_a_restart_and_each_once() {
    let mut floor = Floor::opens().await;
    for first in (1..=10_000).step_by(2_000) {
        let texts: Vec<_> = (first..first + 2_000).map(|n| floor.text(n, "main", "hello")).collect();
        let taken: Vec<_> = texts.into_iter().map(|text| floor.service.hand_over(text).unwrap()).collect();
        for taken in taken {
            assert!(matches!(taken.await, Ok(Outcome::Received { new: true })));
        }
        // The later ones are due later.
        floor.clock.advance(minutes(1));
    }
    floor.clock.advance(minutes(300));
    let (due, _) = floor.store.due(floor.now(), usize::MAX).await.unwrap();
    assert_eq!(due.len(), 10_000);
    floor.restarts().await;
    let before = floor.journal().await.len();
    engine::fire(&floor.service).await.unwrap();
    let mut fired: Vec<ConversationId> = Vec::new();
    for entry in &floor.journal().await[before..] {
        if let Subject::Conversation(id) = subject(entry)
            && fired.last() != Some(&id)
        {
            fired.push(id);
        }
    }
    assert!(fired == due, "{} fired, not once each in the order of their deadlines", fired.len());
    assert_eq!(floor.count("sla_breached").await, 10_000);
}

/// A row that does not read, of the conversation that is due first.
#[tokio::test]
async fn a_conversation_that_cannot_be_decided_stops_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("comeback.sqlite");
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&path).unwrap());
    let mut floor = Floor::over(store).await;
    let mut all = Vec::new();
    for n in 1..=20 {
        all.push(floor.texts(n, "main", "hello").await);
        floor.clock.advance(Span::seconds(7));
    }
    let spoil = |state: &str| {
        let db = rusqlite::Connection::open(&path).unwrap();
        let before: String =
            db.query_row("SELECT state FROM conversation WHERE id = ?1", [all[0].to_string()], |r| r.get(0)).unwrap();
        db.execute("UPDATE conversation SET state = ?2 WHERE id = ?1", [all[0].to_string().as_str(), state]).unwrap();
        before
    };
    let whole = spoil("{\"secret words\": 1}");
    floor.clock.advance(minutes(300));
    let (log, _guard) = Log::listen();
    engine::fire(&floor.service).await.unwrap();
    for id in &all[1..] {
        assert_eq!(floor.state(*id).await.clock.unwrap().stage, Stage::Breached);
    }
    assert_eq!(floor.count("sla_breached").await, 19);
    let said = log.lines("ERROR").join("\n");
    assert!(said.contains(&all[0].to_string()), "the operator hears which: {said}");
    assert!(!said.contains("secret words"), "but not what stands there: {said}");
    floor.texts(21, "main", "and life goes on").await;
    // Once it reads again, it is made up for.
    spoil(&whole);
    engine::fire(&floor.service).await.unwrap();
    assert_eq!(floor.state(all[0]).await.clock.unwrap().stage, Stage::Breached);
}
