//! A year measured: the journal folded from its start into projections, and reports answered from them.
//!
//! The journal is made by the real rules: a million replies (`COMEBACK_REPLIES`) of a year in a fifth as many conversations,
//! nine in ten taken, answered and finished at once, the tenth left lying until it is late; about ten entries a reply. Their
//! hashes are left out: measuring does not read them. The floor is the same entries read and nothing done with them.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use comeback::domain::command::{Actor, Command, Receive};
use comeback::domain::contact::Body;
use comeback::domain::context::Card;
use comeback::domain::conversation::Conversation;
use comeback::domain::deal::{Closed, Deal, StageChange};
use comeback::domain::event::{Event, Outcome, Subject};
use comeback::domain::id::{ContactId, ConversationId, DealId, MessageId, NumberId, RepId};
use comeback::domain::measure::cell::By;
use comeback::domain::measure::credit::{Rule, Touch};
use comeback::domain::message::Delivery;
use comeback::domain::playbook::Playbook;
use comeback::domain::time::{Span, Timestamp};
use comeback::journal::Head;
use comeback::server::measure::behind::worth::OfWorth;
use comeback::server::measure::outcomes::Asked;
use comeback::server::measure::projections::file_of;
use comeback::server::measure::report::{Asker, Desk, OnlyThese, Sees, days};
use comeback::server::measure::{Projections, follow};
use comeback::server::store::sqlite::SqliteStore;
use comeback::server::store::{Batch, Store};
use rusqlite::params;
use tokio::sync::watch;
use uuid::Uuid;

use crate::figures::{Times, ms, status_kb};
use crate::replay::{Month, card};

const YEAR: i64 = 365 * 24 * 3_600_000;

/// 2026-01-01, 0:00 in New York.
const BEGAN: i64 = 1_767_243_600_000;

/// What happens to a reply after it came, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Then {
    Expire,
    Take,
    Answer,
    Send,
    Arrives,
    Done,
}

/// The real rules at work on a year.
struct Year {
    month: Month,
    states: Vec<Conversation>,
    ahead: BinaryHeap<Reverse<(Timestamp, u128, Then)>>,
}

impl Year {
    fn conversation(&self, reply: u128) -> usize {
        usize::try_from(reply).unwrap() % self.states.len()
    }

    fn comes(&mut self, at: Timestamp, reply: u128) {
        let place = self.conversation(reply);
        let mut state = self.states[place].clone();
        let text = Receive {
            message: MessageId(Uuid::from_u128((1 << 100) | (2 * reply))),
            conversation: state.id,
            number: state.number,
            line: state.line.clone(),
            body: Body::new("What would fifty seats cost?"),
            media: 0,
            opt_out_type: None,
            area_code: None,
            acknowledgement: None,
            sent: None,
            wait_until: None,
            by_carrier: true,
        };
        self.month.does(&mut state, at, &Actor::Carrier, &Command::Receive(text));
        self.states[place] = state;
        let wait = if reply.is_multiple_of(10) { 40 * 60 } else { 20 + i64::try_from(reply % 400).unwrap() };
        let steps = [Then::Take, Then::Answer, Then::Send, Then::Arrives, Then::Done];
        let mut then: Vec<(i64, Then)> = steps.into_iter().zip(wait..).map(|(step, at)| (at, step)).collect();
        if reply.is_multiple_of(10) {
            then.extend((1..8).map(|n| (n * 300, Then::Expire)));
        }
        self.ahead.extend(then.into_iter().map(|(after, step)| Reverse((at + Span::seconds(after), reply, step))));
    }

    fn goes_on(&mut self, at: Timestamp, reply: u128, then: Then) {
        let place = self.conversation(reply);
        let mut state = self.states[place].clone();
        let rep = state.assignee().cloned().unwrap_or_else(|| RepId::from("lea"));
        let role = self.month.playbook.reps[&rep].role;
        let by = Actor::Rep { rep, role };
        let message = MessageId(Uuid::from_u128((1 << 100) | (2 * reply + 1)));
        let (actor, command) = match then {
            Then::Expire => (Actor::Clock, Command::Expire),
            Then::Take => (by, Command::Take),
            Then::Answer => (by, Command::Answer { message, body: Body::new("Yes."), accept: Vec::new() }),
            Then::Send => (Actor::Effects, Command::BeginSend { message }),
            Then::Arrives => (Actor::Carrier, Command::Report { message, delivery: Delivery::Delivered, error: None }),
            Then::Done => (by, Command::Done { outcome: Outcome::Texted }),
        };
        self.month.does(&mut state, at, &actor, &command);
        self.states[place] = state;
    }

    /// Writes down what happened.
    fn put(&mut self, db: &rusqlite::Connection) {
        let mut put = db
            .prepare_cached(
                "INSERT INTO entry (seq, at, prev, hash, body) VALUES (?1, ?2, zeroblob(32), zeroblob(32), ?3)",
            )
            .unwrap();
        for entry in self.month.entries.drain(..) {
            put.execute(params![i64::try_from(entry.seq).unwrap(), entry.at.millis(), entry.body]).unwrap();
        }
    }
}

/// A database with a year of it; how many entries.
async fn made(path: &Path, replies: u128) -> u64 {
    let store = SqliteStore::open(path).unwrap();
    let playbook = comeback::config::playbook::read("playbook.toml", include_str!("../assets/playbook.toml")).unwrap();
    let playbook = Playbook { version: 1, undo_hold: Span::ZERO, ..playbook };
    let put = Batch { playbook: Some(playbook.clone()), ..Batch::default() };
    store.begin().await.unwrap().commit(put).await.unwrap();
    drop(store);
    let db = rusqlite::Connection::open(path).unwrap();
    db.pragma_update(None, "synchronous", "OFF").unwrap();
    let line = playbook.lines.keys().next().unwrap().clone();
    let number = |n: u128| NumberId(Uuid::from_u128((1 << 90) | n));
    let fresh = |n: u128| Conversation::new(ConversationId(Uuid::from_u128((1 << 80) | n)), number(n), line.clone());
    let talks = (replies / 5).max(1);
    let cards = (0..talks).map(|n| (number(n), vec![Card { contact: contact(n), ..card(n) }])).collect();
    let month = Month { playbook, head: Head::GENESIS, entries: Vec::new(), cards };
    let mut year = Year { month, states: (0..talks).map(fresh).collect(), ahead: BinaryHeap::new() };
    let began = Timestamp::from_millis(BEGAN);
    let first = Event::PlaybookApplied { version: 1, by: None, why: None, back_to: None };
    year.month.says(began, Subject::Playbook, &first, &Actor::Clock);
    db.execute_batch("BEGIN").unwrap();
    for reply in 0..replies {
        let at = began + Span::millis(YEAR / i64::try_from(replies).unwrap() * i64::try_from(reply).unwrap());
        while let Some(Reverse((when, of, then))) =
            year.ahead.peek().copied().filter(|Reverse((when, _, _))| *when <= at)
        {
            year.ahead.pop();
            year.goes_on(when, of, then);
        }
        year.comes(at, reply);
        if year.month.entries.len() > 50_000 {
            year.put(&db);
        }
    }
    year.put(&db);
    let head = year.month.head;
    let sql = "UPDATE head SET seq = ?1, at = ?2, hash = zeroblob(32), playbook = 1";
    db.execute(sql, params![i64::try_from(head.seq).unwrap(), head.at.millis()]).unwrap();
    db.execute_batch("COMMIT").unwrap();
    head.seq
}

fn contact(n: u128) -> ContactId {
    ContactId::new(format!("c-{n}"))
}

/// Deals of a year, each of one or two of so many people; two of three ended in it.
fn deals(n: u128, talks: u128) -> Vec<Deal> {
    let day = |days: u128| Timestamp::from_millis(BEGAN + i64::try_from(days).unwrap() * 86_400_000);
    let deal = |n: u128| {
        let (opened, closed) = (n * 7 % 300, !n.is_multiple_of(3));
        let stages = ["discovery", "evaluation", "proposal", "won"];
        let way = stages.iter().zip(0..).take(if closed { 4 } else { 3 });
        let way: Vec<StageChange> = way
            .map(|(stage, step)| StageChange { at: day(opened + 20 * step), stage: (*stage).to_owned(), place: None })
            .collect();
        let last = way.last().unwrap().clone();
        Deal {
            id: DealId(format!("deal-{n:08}")),
            name: String::new(),
            account: None,
            contacts: (0..=n % 2).map(|of| contact((n * 7 + of) % talks)).collect(),
            owner: Some(RepId::from("omar")),
            pipeline: "Sales".to_owned(),
            stage: last.stage,
            amount_cents: Some(1_000_000),
            currency: Some("USD".to_owned()),
            opened: Some(day(opened)),
            closes: None,
            closed: closed.then_some(Closed { at: last.at, won: n.is_multiple_of(2) }),
            changed: last.at,
            stages: way,
        }
    };
    (0..n).map(deal).collect()
}

pub(crate) fn run() {
    let replies = std::env::var("COMEBACK_REPLIES").ok().and_then(|n| n.parse().ok()).unwrap_or(1_000_000);
    let folder = tempfile::tempdir_in(Path::new(env!("CARGO_BIN_EXE_comeback")).parent().unwrap()).unwrap();
    let path = folder.path().join("year.db");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let began = Instant::now();
    let entries = runtime.block_on(made(&path, replies));
    println!("{replies} replies of a year, {entries} entries, made in {:.0} s", began.elapsed().as_secs_f64());
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&path).unwrap());
    // What making it took is given back, as far as the allocator does.
    let before = status_kb(std::process::id(), "VmRSS");
    let began = Instant::now();
    let read = runtime.block_on(async {
        let (mut after, mut bytes) = (0, 0);
        loop {
            let page = store.entries(after, 5_000).await.unwrap();
            let Some(last) = page.last() else { return bytes };
            after = last.seq;
            bytes += page.iter().map(|entry| entry.body.len()).sum::<usize>();
        }
    });
    let floor = began.elapsed().as_secs_f64();
    println!("floor: the same {:.0} MB of entries read, nothing decoded: {floor:.1} s", read as f64 / 1e6);

    let projections = Arc::new(Projections::open(&path).unwrap());
    let (_stay, running) = watch::channel(false);
    let most = Arc::new(std::sync::atomic::AtomicU64::new(0));
    let (watching, over) = (Arc::clone(&most), Arc::new(std::sync::atomic::AtomicBool::new(false)));
    let until = Arc::clone(&over);
    let watcher = std::thread::spawn(move || {
        while !until.load(std::sync::atomic::Ordering::Relaxed) {
            watching.fetch_max(status_kb(std::process::id(), "VmRSS"), std::sync::atomic::Ordering::Relaxed);
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
    });
    let began = Instant::now();
    let followed = runtime.block_on(follow(&store, &projections, &running)).unwrap();
    let took = began.elapsed().as_secs_f64();
    over.store(true, std::sync::atomic::Ordering::Relaxed);
    watcher.join().unwrap();
    assert_eq!(followed.entries, entries);
    println!(
        "folded from the start: {took:.1} s, {:.0} entries a second; resident {:.0} MB before, {:.0} MB at most",
        entries as f64 / took,
        before as f64 / 1000.0,
        most.load(std::sync::atomic::Ordering::Relaxed) as f64 / 1000.0
    );
    println!("projections: {:.0} MB", std::fs::metadata(file_of(&path)).unwrap().len() as f64 / 1e6);
    let many = std::env::var("COMEBACK_DEALS").ok().and_then(|n| n.parse().ok()).unwrap_or(30_000);
    let now = Timestamp::from_millis(BEGAN + YEAR);
    projections.put_deals(&deals(many, (replies / 5).max(1)), now).unwrap();
    println!("{many} deals of that year");
    reports(&runtime, &store, &projections);
}

fn reports(runtime: &tokio::runtime::Runtime, store: &Arc<dyn Store>, projections: &Arc<Projections>) {
    let playbook = Arc::new(runtime.block_on(store.playbook()).unwrap().unwrap());
    let (head, _) = runtime.block_on(store.head()).unwrap();
    let window = days(&playbook, head.at, Span::minutes(365 * 24 * 60));
    let desk = |sees| Desk {
        projections: Arc::clone(projections),
        playbook: Arc::clone(&playbook),
        head: head.seq,
        now: head.at,
        sees,
        window,
    };
    let all = desk(Sees::All);
    let mut each: BTreeMap<&str, Times> = BTreeMap::new();
    let mut time = |name: &'static str, work: &dyn Fn()| {
        for _ in 0..5 {
            let began = Instant::now();
            work();
            each.entry(name).or_default().add(began.elapsed());
        }
    };
    for by in By::ALL {
        time(by.name(), &|| {
            let sla = all.sla(by, 0).unwrap();
            assert!(sla.total.replies > 0);
        });
    }
    time("breaches", &|| drop(all.sla(By::Cohort, 500).unwrap()));
    time("load", &|| drop(all.load().unwrap()));
    // What a number opens: a page of conversations, each with all that counts of it.
    time("opened, replies", &|| drop(all.behind_replies(&OnlyThese::default(), 201).unwrap()));
    time("opened, exchanges", &|| drop(all.behind_outcomes(&OfWorth::default(), 201).unwrap()));
    time("compliance", &|| drop(runtime.block_on(all.compliance(store.as_ref())).unwrap()));
    for touch in Touch::ALL {
        let asked = || Asked { rule: Rule { touch, ..Rule::default() }, ..Asked::default() };
        let name = ["outcomes, first", "outcomes, last", "outcomes, any"]
            .into_iter()
            .find(|name| name.ends_with(touch.name()))
            .unwrap();
        time(name, &|| {
            let told = all.outcomes(&asked()).unwrap();
            assert!(told.total[0].won > 0 && told.total[0].meetings.whole > 0);
        });
    }
    let own = desk(Sees::of(&playbook, &Asker::Rep("omar".into())).unwrap());
    time("own", &|| drop(own.sla(By::Cohort, 0).unwrap()));
    let sla = all.sla(By::Cohort, 0).unwrap();
    println!("a year: {} replies, {} of {} in time", sla.total.replies, sla.total.met.part, sla.total.met.whole);
    for (name, mut times) in each {
        println!("report over a year, {name}: p50 {}, the slowest of five {}", ms(times.at(0.5)), ms(times.at(1.0)));
    }
}
