//! Versions of the policy beside the one in force: one that waits for its day, one that changes nothing, and running
//! clocks that follow a version. And one that another process puts in force.

use std::time::Duration;

use comeback::domain::beside::{Beside, Came};
use comeback::domain::playbook::{Playbook, Target};
use comeback::domain::routing::Holder;
use comeback::server::feed::{self, Ask, Presences};
use comeback::server::service::{BesideChange, PlaybookChange};
use comeback::server::store::policy::{Kept, KeptWrite, Kind, Mark};
use comeback::server::store::{Batch, Device, StoreError};
use comeback::server::{engine, policy};
use tokio::sync::watch;

use super::*;

/// The playbook of the world, with half an hour for the first answer of a late deal.
fn slower() -> PlaybookChange {
    let mut playbook = crate::world::playbook();
    for cohort in &mut playbook.cohorts {
        cohort.first_response = Target { warn: Span::minutes(20), due: Span::minutes(30) };
    }
    PlaybookChange { by: Some("nina".to_owned()), why: Some("too hasty".to_owned()), ..playbook.into() }
}

/// The same people, but maya's buyers are ben's.
fn bens() -> PlaybookChange {
    let mut playbook = crate::world::playbook();
    playbook.reps.get_mut(&"maya".into()).unwrap().active = false;
    PlaybookChange { by: Some("nina".to_owned()), ..playbook.into() }
}

impl Floor {
    async fn beside(&self, change: BesideChange) -> Outcome {
        self.service.submit(Work::Beside(Box::new(change))).await.unwrap()
    }

    async fn applies(&self, change: PlaybookChange) {
        self.service.submit(Work::Playbook(Box::new(change))).await.unwrap();
    }

    async fn beside_facts(&self) -> Vec<Beside> {
        let entries = self.store.entries(0, usize::MAX).await.unwrap();
        let events = entries.iter().map(|e| Frame::decode(&e.body).unwrap()).filter(|f| f.kind == "beside");
        let what = |frame: Frame| match serde_json::from_value(frame.event).unwrap() {
            Event::Beside { what } => what,
            other => panic!("{other:?}"),
        };
        events.map(what).collect()
    }

    async fn in_force(&self) -> Playbook {
        self.store.playbook().await.unwrap().unwrap()
    }

    fn minutes(&self, n: i64) {
        self.clock.advance(Span::minutes(n));
    }
}

async fn stores() -> Vec<(Floor, Option<tempfile::TempDir>)> {
    let folder = tempfile::tempdir().unwrap();
    let sqlite = comeback::server::store::sqlite::SqliteStore::open(&folder.path().join("x.db")).unwrap();
    vec![(Floor::opens().await, None), (Floor::over(Arc::new(sqlite)).await, Some(folder))]
}

#[tokio::test]
async fn a_version_comes_into_force_at_its_instant_also_after_a_restart() {
    for (mut floor, _folder) in stores().await {
        let from = floor.now() + Span::minutes(60);
        floor.beside(BesideChange::Wait { change: slower(), from }).await;
        assert_eq!(engine::fire(&floor.service).await.unwrap(), Some(from), "the engine sleeps until then");
        assert_eq!(floor.in_force().await.version, 1);
        floor.minutes(59);
        floor.restarts().await;
        engine::fire(&floor.service).await.unwrap();
        assert_eq!(floor.in_force().await.version, 1);
        floor.minutes(1);
        assert_eq!(engine::fire(&floor.service).await.unwrap(), None);
        let in_force = floor.in_force().await;
        assert_eq!(in_force, Playbook { version: 2, ..slower().playbook });
        assert_eq!(floor.service.playbook().version, 2, "the next decision follows");
        let last = floor.store.entries(0, usize::MAX).await.unwrap().pop().unwrap();
        let frame = Frame::decode(&last.body).unwrap();
        let applied = Event::PlaybookApplied {
            version: 2,
            by: Some("nina".into()),
            why: Some("too hasty".into()),
            back_to: None,
        };
        assert_eq!(serde_json::from_value::<Event>(frame.event).unwrap(), applied);
        assert_eq!(frame.actor, serde_json::json!("clock"), "by the clock, for whoever wrote it down");
        engine::fire(&floor.service).await.unwrap();
        assert_eq!(floor.in_force().await.version, 2, "once");
    }
}

#[tokio::test(start_paused = true)]
async fn a_version_of_another_process_is_followed_within_seconds_while_nothing_else_happens() {
    let mut floor = Floor::opens().await;
    floor.mayas_buyer().await;
    let (stop, down) = watch::channel(false);
    let following = tokio::spawn(policy::run(floor.service.clone(), down));
    let seed = crate::world::playbook();
    let other = Service::start(Arc::clone(&floor.store), floor.clock.clone(), &seed).await.unwrap();
    let presences = Presences::default();
    let device =
        Device { id: device("maya"), rep: "maya".into(), name: String::new(), created: floor.now(), revoked: false };
    let first = Ask { playbook: 1, ..Ask::default() };
    let page = feed::changes(&floor.service, &presences, &device, &first).await.unwrap();
    let ask = Ask { since: page.cursor, wait: Duration::from_secs(60), ..first };
    let mut playbooks = floor.service.playbooks();
    let applies = async {
        tokio::time::sleep(Duration::from_secs(5)).await;
        other.submit(Work::Playbook(Box::new(slower()))).await.unwrap();
        assert_eq!(floor.service.playbook().version, 1, "nobody has told this process");
    };
    let began = tokio::time::Instant::now();
    let (page, ()) = tokio::join!(feed::changes(&floor.service, &presences, &device, &ask), applies);
    let took = began.elapsed();
    assert!((5..=7).contains(&took.as_secs()), "a waiting device has it after {took:?}");
    assert_eq!(page.unwrap().playbook.map(|playbook| playbook.version), Some(2));
    assert_eq!(*floor.service.playbook(), Playbook { version: 2, ..slower().playbook });
    assert!(playbooks.has_changed().unwrap(), "whoever sleeps by the policy is woken");
    playbooks.mark_unchanged();

    // Following writes nothing, and once is enough.
    let written = floor.journal().await.len();
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(floor.journal().await.len(), written);
    assert!(!playbooks.has_changed().unwrap());
    stop.send_replace(true);
    following.await.unwrap().unwrap();
}

#[tokio::test]
async fn the_first_version_is_of_whoever_puts_it_in_force() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
    let clock = Arc::new(ManualClock::at(crate::world::at(crate::world::TUESDAY_TEN)));
    let service = Service::start_by(Arc::clone(&store), clock, slower()).await.unwrap();
    assert_eq!(*service.playbook(), Playbook { version: 1, ..slower().playbook });
    let last = store.entries(0, usize::MAX).await.unwrap().pop().unwrap();
    let (by, why) = (Some("nina".into()), Some("too hasty".into()));
    let applied = Event::PlaybookApplied { version: 1, by, why, back_to: None };
    assert_eq!(serde_json::from_value::<Event>(Frame::decode(&last.body).unwrap().event).unwrap(), applied);
}

#[tokio::test]
async fn what_waits_is_replaced_by_a_later_apply_and_may_be_taken_back() {
    for (floor, _folder) in stores().await {
        let from = floor.now() + Span::minutes(60);
        floor.beside(BesideChange::Wait { change: slower(), from }).await;
        floor.applies(bens()).await;
        floor.minutes(61);
        engine::fire(&floor.service).await.unwrap();
        assert_eq!(floor.in_force().await, Playbook { version: 2, ..bens().playbook });

        let from = floor.now() + Span::minutes(60);
        floor.beside(BesideChange::Wait { change: slower(), from }).await;
        floor.beside(BesideChange::Cancel { by: Some("nina".to_owned()), why: None }).await;
        floor.minutes(61);
        assert_eq!(engine::fire(&floor.service).await.unwrap(), None);
        assert_eq!(floor.in_force().await.version, 2);
        // One that waits takes the place of one that waited, and an old look at it does nothing.
        let soon = floor.now() + Span::minutes(1);
        floor.beside(BesideChange::Wait { change: slower(), from: soon }).await;
        let seq = floor.store.marks().await.unwrap()[0].seq;
        floor.beside(BesideChange::Wait { change: slower(), from: soon + Span::minutes(60) }).await;
        floor.minutes(2);
        assert!(!floor.beside(BesideChange::Due { seq, wrong: None }).await.has_facts());
        engine::fire(&floor.service).await.unwrap();
        assert_eq!(floor.in_force().await.version, 2);
    }
}

#[tokio::test]
async fn a_version_that_is_wrong_or_unreadable_when_its_day_comes_leaves_the_good_one() {
    let mut wrong = slower();
    wrong.playbook.reps.get_mut(&"maya".into()).unwrap().backup = Some("maya".into());
    for (floor, _folder) in stores().await {
        floor.beside(BesideChange::Wait { change: wrong.clone(), from: floor.now() + Span::minutes(1) }).await;
        floor.minutes(2);
        assert_eq!(engine::fire(&floor.service).await.unwrap(), None);
        assert_eq!(floor.in_force().await.version, 1);
        let told = floor.beside_facts().await.pop();
        let Some(Beside::Cancelled { by: None, why: Some(why) }) = told else { panic!("{told:?}") };
        assert!(why.contains("is their own backup"), "{why}");

        let (head, _) = floor.store.head().await.unwrap();
        let mark = Mark { kind: Kind::Waiting, seq: head.seq, at: floor.now() };
        let put = KeptWrite::Put(Kept { mark, body: "{\"playbook\":7}".to_owned() });
        floor.store.begin().await.unwrap().commit(Batch { beside: vec![put], ..Batch::default() }).await.unwrap();
        assert_eq!(engine::fire(&floor.service).await.unwrap(), None);
        assert_eq!(floor.in_force().await.version, 1);
        let told = floor.beside_facts().await.pop();
        let Some(Beside::Cancelled { by: None, why: Some(why) }) = told else { panic!("{told:?}") };
        assert!(why.contains("cannot be read any more"), "{why}");
        assert_eq!(floor.store.marks().await.unwrap(), []);
    }
}

#[tokio::test]
async fn running_clocks_keep_their_numbers_unless_they_are_told_to_follow() {
    for (mut floor, _folder) in stores().await {
        let c = floor.mayas_buyer().await;
        let began = floor.now();
        let clock = floor.state(c).await.clock.unwrap();
        assert_eq!(clock.due, began + Span::minutes(15));
        floor.minutes(3);
        floor.applies(slower()).await;
        engine::fire(&floor.service).await.unwrap();
        assert_eq!(floor.state(c).await.clock, Some(clock.clone()), "without being told, nothing moves");

        floor.applies(PlaybookChange { recompute: true, ..slower() }).await;
        engine::fire(&floor.service).await.unwrap();
        let followed = floor.state(c).await.clock.unwrap();
        assert_eq!((followed.started, followed.due, followed.playbook), (began, began + Span::minutes(30), 3));
        let entries = floor.store.entries(0, usize::MAX).await.unwrap();
        let frames: Vec<Frame> = entries.iter().map(|e| Frame::decode(&e.body).unwrap()).collect();
        let recomputed: Vec<&Frame> = frames.iter().filter(|f| f.kind == "sla_recomputed").collect();
        assert_eq!(recomputed.len(), 1, "an event for the conversation");
        assert_eq!(recomputed[0].subject, serde_json::json!({ "conversation": c }));
        engine::fire(&floor.service).await.unwrap();
        let after = floor.store.entries(0, usize::MAX).await.unwrap();
        assert_eq!(after.len(), entries.len(), "twice is the same as once");
        assert_eq!(floor.store.marks().await.unwrap(), []);
    }
}

#[tokio::test]
async fn clocks_that_should_follow_do_so_after_a_crash_and_a_breach_stays_a_breach() {
    let mut floor = Floor::opens().await;
    let c = floor.mayas_buyer().await;
    floor.minutes(16);
    engine::fire(&floor.service).await.unwrap();
    let breached = floor.state(c).await.clock.unwrap();
    floor.crm_says(2, vec![crate::world::card("c-2")]).await;
    let other = floor.texts(2, "main", "And me?").await;
    let began = floor.now();
    floor.applies(PlaybookChange { recompute: true, ..slower() }).await;
    // Nobody looked after it before the process ended.
    floor.restarts().await;
    engine::fire(&floor.service).await.unwrap();
    assert_eq!(floor.state(other).await.clock.unwrap().due, began + Span::minutes(30));
    assert_eq!(floor.state(c).await.clock, Some(breached));
}

#[tokio::test]
async fn a_shadow_tells_what_it_would_do_and_changes_nothing() {
    for (mut floor, _folder) in stores().await {
        floor.beside(BesideChange::Shadow(bens())).await;
        let c = floor.mayas_buyer().await;
        let state = floor.state(c).await;
        assert_eq!(state.owner, Some("maya".into()));
        assert_eq!(state.assignment.as_ref().unwrap().to, Holder::Rep("maya".into()));
        let facts = floor.beside_facts().await;
        let Some(Beside::Differs(told)) = facts.last() else { panic!("{facts:?}") };
        assert_eq!((told.conversation, &told.is), (c, &Came::of(&state)));
        assert_ne!(told.would.owner, Some("maya".into()));
        assert_eq!(told.would.due, told.is.due);
        assert_eq!(told.what(), ["gets", "owner"]);

        // It goes on after a restart, and is silent where both agree.
        floor.restarts().await;
        floor.texts(9, "poll", "Five stars").await;
        assert_eq!(floor.beside_facts().await.len(), 2);
        floor.crm_says(3, vec![crate::world::card("c-3")]).await;
        floor.texts(3, "main", "Hello").await;
        assert_eq!(floor.beside_facts().await.len(), 3);

        // Until it is stopped, or the next version is applied.
        floor.beside(BesideChange::EndShadow { by: None }).await;
        floor.texts(4, "main", "Hello").await;
        assert_eq!(floor.beside_facts().await.len(), 4);
        floor.beside(BesideChange::Shadow(bens())).await;
        floor.applies(slower()).await;
        floor.crm_says(5, vec![crate::world::card("c-5")]).await;
        floor.texts(5, "main", "Hello").await;
        assert_eq!(floor.beside_facts().await.len(), 5);
        assert_eq!(floor.store.marks().await.unwrap(), []);
    }
}

#[tokio::test]
async fn a_shadow_that_cannot_be_read_costs_no_reply() -> Result<(), StoreError> {
    let mut floor = Floor::opens().await;
    let mark = Mark { kind: Kind::Shadow, seq: 1, at: floor.now() };
    let put = KeptWrite::Put(Kept { mark, body: "not JSON".to_owned() });
    floor.store.begin().await?.commit(Batch { beside: vec![put], ..Batch::default() }).await?;
    let c = floor.mayas_buyer().await;
    assert_eq!(floor.state(c).await.owner, Some("maya".into()));
    Ok(())
}
