//! SIGKILL at random points under load, fifty times in one run.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use comeback::client::state::State;
use comeback::wire::changes::{Changes, Snapshot};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use rusqlite::Connection;
use serde_json::{Value, json};

use super::super::tmux::eventually;
use super::device::Device;
use super::office::{Office, QUICK};
use super::record;

/// How often in one run.
const KILLS: usize = 50;

/// `COMEBACK_TEST_SEED` repeats a run's dice; the machine's own timing stays its own.
fn seed() -> u64 {
    std::env::var("COMEBACK_TEST_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or_else(rand::random)
}

/// Tells the seed of a run that failed.
struct Seeded(u64);

impl Drop for Seeded {
    #[expect(clippy::print_stderr, reason = "the seed of a run that failed")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("repeat with COMEBACK_TEST_SEED={}", self.0);
        }
    }
}

#[test]
fn killed_fifty_times_under_load_nothing_is_lost_nothing_is_doubled() {
    let seed = seed();
    let _told = Seeded(seed);
    let mut dice = StdRng::seed_from_u64(seed);
    let office = Office::open(QUICK);
    let database = office.machine.database();
    let mut serve = office.serve(&[]);
    office.sets_line_up(&database);
    let reps = ["maya", "ben", "lea"];
    let tokens = reps.map(|rep| office.signs_in(&database, rep));
    let devices: Vec<Device> = reps
        .iter()
        .zip(&tokens)
        .enumerate()
        .map(|(i, (rep, token))| Device::start(&office.url(""), token, rep, seed.wrapping_add(i as u64)))
        .collect();
    let quiet = Arc::new(AtomicBool::new(false));
    let buyers = buyers(office.emulator("inbound"), seed, Arc::clone(&quiet));

    // A machine that is busy with other things gets little done in one life: then it takes some more of them.
    for life in 0..KILLS * 4 {
        if life >= KILLS && office.sends().len() > 50 {
            break;
        }
        // Also while it starts: half of the lives end before they have done much. Where so many did too little, they are
        // longer: on a busy machine a start alone takes as long.
        let longest = if life < KILLS { 900 } else { 4_000 };
        std::thread::sleep(Duration::from_millis(dice.random_range(30..longest)));
        serve.kill();
        serve = office.spawn(&[], &[], &database, &[]);
    }
    // The last life: nobody wants anything new, and what is under way comes to its end.
    quiet.store(true, Ordering::SeqCst);
    let texts = buyers.join().unwrap();
    devices.iter().for_each(Device::rests);
    office.listens();
    let db = Connection::open(office.machine.home().join("comeback.db")).unwrap();
    db.busy_timeout(Duration::from_secs(5)).unwrap();
    eventually("an end of all webhooks", || (office.webhooks().len() >= texts.len()).then_some(()));
    eventually("all texts of buyers", || (count(&db, "dedupe") >= texts.len()).then_some(()));
    // Nothing is due, nothing is on its way out. What nobody can say of, the carrier's list settles a minute later.
    eventually("a quiet house", || {
        let now = chrono::Utc::now().timestamp_millis();
        let waiting = "SELECT (SELECT count(*) FROM send WHERE not_before IS NOT NULL AND conversation NOT IN \
                       (SELECT conversation FROM send WHERE open = 1)) + \
                       (SELECT count(*) FROM conversation WHERE deadline < ?1 + 60000)";
        let waiting: i64 = db.query_row(waiting, [now], |r| r.get(0)).unwrap();
        (waiting == 0).then_some(())
    });
    // Every client equals a fresh snapshot.
    for (device, token) in devices.iter().zip(&tokens) {
        let mut last = None;
        let equal = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            eventually("a client that shows what a new one would", || {
                last = differs(&device.shows(), &fresh(&office, token));
                last.is_none().then_some(())
            });
        }));
        assert!(equal.is_ok(), "a client shows {}", last.unwrap_or_default());
    }
    let words: Vec<Vec<String>> = devices.into_iter().map(Device::ends).collect();
    serve.stop();

    // Every text is a message once, and one that was answered 2xx was kept before it was.
    let once: BTreeSet<&String> = texts.values().collect();
    let mut kept = record::kept(&office.machine.home().join("comeback.db"));
    kept.sort();
    assert_eq!(kept, once.into_iter().cloned().collect::<Vec<_>>());
    let mut accepted = 0;
    for (sid, status, ended) in office.webhooks() {
        if status.is_some_and(|s| (200..300).contains(&s)) {
            accepted += 1;
            let sql = "SELECT min(at) FROM raw_event WHERE json_extract(params, '$.MessageSid') = ?1";
            let at: i64 = db.query_row(sql, [&sid], |r| r.get(0)).unwrap_or_else(|e| panic!("{sid} is lost: {e}"));
            assert!(at <= ended + 250, "{sid} was answered 2xx before it was kept");
        }
    }
    // Every answer reached the carrier at most once.
    let mut sent = BTreeMap::new();
    for body in office.sends() {
        *sent.entry(body).or_insert(0) += 1;
    }
    let twice: Vec<_> = sent.iter().filter(|(_, times)| **times > 1).collect();
    assert!(twice.is_empty(), "sent twice: {twice:?}");
    let wanted: BTreeSet<&String> = words.iter().flatten().collect();
    assert!(sent.keys().all(|body| wanted.contains(body)), "a text that nobody wrote was sent");
    clocks_fired_once(&record::journal(&office.machine.home().join("comeback.db")));
    drop(db);
    office.verifies(&database);
    // Something must have happened for any of this to mean something.
    assert!(accepted > 50 && sent.len() > 50, "{accepted} webhooks accepted, {} answers sent", sent.len());
}

fn count(db: &Connection, table: &str) -> usize {
    let rows: i64 = db.query_row(&format!("SELECT count(*) FROM {table}"), [], |r| r.get(0)).unwrap();
    usize::try_from(rows).unwrap()
}

/// Thirty buyers text all the time; every text has words of its own. Texts by sid.
fn buyers(url: String, seed: u64, quiet: Arc<AtomicBool>) -> std::thread::JoinHandle<BTreeMap<String, String>> {
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let mut dice = StdRng::seed_from_u64(seed ^ 0x5eed);
        let mut texts = BTreeMap::new();
        while !quiet.load(Ordering::SeqCst) {
            let body = format!("Question {}?", texts.len() + 1);
            let from = format!("+1415555{:04}", dice.random_range(100..130));
            let request = http.post(&url).json(&json!({ "from": from, "body": body }));
            let told: Value = runtime.block_on(async { request.send().await?.json().await }).unwrap();
            texts.insert(told["sid"].as_str().unwrap().to_owned(), body);
            std::thread::sleep(Duration::from_millis(dice.random_range(10..80)));
        }
        texts
    })
}

fn fresh(office: &Office, token: &str) -> Vec<Snapshot> {
    let (mut cursor, mut all) = (String::new(), Vec::new());
    loop {
        let page = office.machine.get(&office.url(&format!("/v1/changes?since={cursor}&wait=0")), token);
        let page: Changes = serde_json::from_value(page).unwrap();
        all.extend(page.upserts);
        if !page.more {
            return all;
        }
        cursor = page.cursor;
    }
}

/// How a client differs from a new one: it may hold more of the past, and what both hold is the same.
fn differs(state: &State, fresh: &[Snapshot]) -> Option<String> {
    if state.base.len() != fresh.len() {
        return Some(format!("{} conversations instead of {}", state.base.len(), fresh.len()));
    }
    fresh.iter().find_map(|theirs| {
        let id = theirs.state.id;
        let Some(ours) = state.base.get(&id) else { return Some(format!("it lacks {id}")) };
        if ours.state != theirs.state || ours.number != theirs.number {
            return Some(format!("{:?}\ninstead of\n{:?}", ours.state, theirs.state));
        }
        if (ours.seq, &ours.address) != (theirs.seq, &theirs.address) {
            return Some(format!("{id} is of entry {} instead of {}", ours.seq, theirs.seq));
        }
        let other = theirs.messages.iter().find(|m| !ours.messages.contains(m));
        other.map(|m| format!("in {id} it lacks {m:?}"))
    })
}

/// No clock warns or breaches twice without having been started anew, and no offer runs out twice.
fn clocks_fired_once(journal: &[Value]) {
    let mut done: BTreeMap<(String, &str), bool> = BTreeMap::new();
    let mut fired = 0;
    for entry in journal {
        let Some(conversation) = entry["subject"]["conversation"].as_str().map(str::to_owned) else { continue };
        let kind = entry["kind"].as_str().unwrap();
        match kind {
            "sla_started" | "sla_rearmed" => {
                // What is armed again goes on from the stage it had.
                let stage = entry["event"]["clock"]["stage"].as_str().unwrap();
                done.insert((conversation.clone(), "sla_warned"), stage != "running");
                done.insert((conversation, "sla_breached"), stage == "breached");
            }
            "sla_warned" | "sla_breached" => {
                let name = if kind == "sla_warned" { "sla_warned" } else { "sla_breached" };
                let before = done.insert((conversation.clone(), name), true);
                assert_eq!(before, Some(false), "{kind} twice in {conversation}");
                fired += 1;
            }
            _ => {}
        }
    }
    assert!(fired > 0, "no clock ran out");
}
