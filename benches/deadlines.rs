//! A million clocks armed: how soon the backend is ready, and how late a breach fires.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags};

use crate::carrier_load::{Load, deliver};
use crate::figures::{Times, ms, status_kb};
use crate::ingest::{ACCOUNT, NUMBER, Serve, TOKEN, add_line, playbook};
use crate::multiply::{Copies, multiply};

const PROGRAM: &str = env!("CARGO_BIN_EXE_comeback");
const ARMED: u64 = 1_000_000;
/// Due one by one, before the flood.
const SPREAD: u64 = 600;
/// Due within one second.
const FLOOD: u64 = 10_000;

/// A database with one real conversation, from one real webhook.
pub(crate) fn one_conversation(folder: &Path) -> (PathBuf, PathBuf) {
    let (database, playbook) = (folder.join("run.db"), playbook(folder));
    let serve = Serve::start(&database, &playbook);
    add_line(&database);
    let load = Load {
        address: serve.address.clone(),
        public_url: format!("http://{}", serve.address),
        account: ACCOUNT.to_owned(),
        token: TOKEN.to_owned(),
        number: NUMBER.to_owned(),
        connections: 1,
        people: 1,
        seconds: 0,
        most: 1,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    assert_eq!(runtime.block_on(deliver(load)).times.len(), 1);
    serve.stop();
    (database, playbook)
}

pub(crate) fn run() {
    let folder = tempfile::tempdir_in(Path::new(PROGRAM).parent().unwrap()).unwrap();
    let (database, playbook) = one_conversation(folder.path());
    let began = Instant::now();
    let day = "(unixepoch() + 86400) * 1000 + value";
    multiply(&database, &Copies { count: ARMED, due: day, messages: 1, principal: None });
    println!("{ARMED} conversations with armed clocks, made in {:.0} s", began.elapsed().as_secs_f64());
    let mut ready = Times::default();
    for _ in 0..5 {
        let began = Instant::now();
        let serve = Serve::start(&database, &playbook);
        wait_ready(&serve.address);
        ready.add(began.elapsed());
        serve.stop();
    }
    ready.tell("restart to ready");

    // In the record: 20 a second for half a minute, then 10,000 in one second.
    let db = Connection::open(&database).unwrap();
    let due = format!(
        "CREATE TEMP TABLE soon AS SELECT id, n, (unixepoch() + 10) * 1000 + \
         CASE WHEN n <= {SPREAD} THEN n * 50 ELSE {SPREAD} * 50 + 5000 + (n - {SPREAD}) / 10 END AS due \
         FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM conversation WHERE id LIKE '00000000-%' LIMIT {})",
        SPREAD + FLOOD
    );
    db.execute_batch(&due).unwrap();
    db.execute_batch(
        "UPDATE conversation SET deadline = s.due, state = json_set(state, '$.clock.due', s.due) \
         FROM soon s WHERE s.id = conversation.id",
    )
    .unwrap();
    let first: i64 = db.query_row("SELECT max(seq) FROM entry", [], |row| row.get(0)).unwrap();
    drop(db);
    let serve = Serve::start(&database, &playbook);
    let db = Connection::open_with_flags(&database, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let breaches = "SELECT count(*) FROM entry WHERE seq > ?1 AND instr(body, 'sla_breached') > 0";
    let until = Instant::now() + Duration::from_mins(3);
    while db.query_row(breaches, [first], |row| row.get::<_, i64>(0)).unwrap().cast_unsigned() < SPREAD + FLOOD {
        assert!(Instant::now() < until, "the breaches did not fire in time");
        std::thread::sleep(Duration::from_millis(500));
    }
    println!("resident: {:.0} MB", status_kb(serve.pid(), "VmRSS") as f64 / 1000.0);
    serve.stop();
    let mut late = [Times::default(), Times::default()];
    let mut rows = db
        .prepare("SELECT at, body FROM entry WHERE seq > ?1 AND instr(body, 'sla_breached') > 0 ORDER BY seq")
        .unwrap();
    let mut fired = 0;
    for row in rows.query_map([first], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?))).unwrap() {
        let (at, body) = row.unwrap();
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        let due = find_due(&body).unwrap();
        fired += 1;
        let lateness = Duration::from_millis(u64::try_from(at - due).unwrap_or(0));
        late[usize::from(fired > SPREAD)].add(lateness);
    }
    late[0].tell("a breach after its due time, 20 a second among a million");
    late[1].tell("a breach after its due time, 10,000 due in one second");
    println!("the last of the 10,000: {}", ms(late[1].at(1.0)));
}

/// The due time of the breach in an entry of the journal.
fn find_due(body: &serde_json::Value) -> Option<i64> {
    match body {
        serde_json::Value::Object(map) if map.get("event").is_some_and(|e| e == "sla_breached") => {
            map.get("due")?.as_i64()
        }
        serde_json::Value::Object(map) => map.values().find_map(find_due),
        serde_json::Value::Array(all) => all.iter().find_map(find_due),
        serde_json::Value::Null
        | serde_json::Value::Bool(_)
        | serde_json::Value::Number(_)
        | serde_json::Value::String(_) => None,
    }
}

pub(crate) fn wait_ready(address: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let ask =
        || async { http.get(format!("http://{address}/ready")).send().await.is_ok_and(|r| r.status().is_success()) };
    while !runtime.block_on(ask()) {
        std::thread::sleep(Duration::from_millis(5));
    }
}
