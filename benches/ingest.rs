//! A signed webhook until its 2xx: verified, durable, routed, clocks armed. 64 connections, the real backend, a real disk.
//!
//! The floor is a bare loop that runs the same statements over the run's own rows: in as many transactions as the run
//! took, with the run's own pragmas, and nothing around them. What a decision reads is not read.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use comeback::config::playbook::example;
use rusqlite::types::Value;
use rusqlite::{Connection, params, params_from_iter};

use crate::carrier_load::{Load, deliver};
use crate::figures::{Times, status_kb};

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_comeback");
pub(crate) const ACCOUNT: &str = "AC00000000000000000000000000000abc";
pub(crate) const TOKEN: &str = "0123456789abcdef0123456789abcdef";
pub(crate) const NUMBER: &str = "+16465550100";
const SECONDS: u64 = 15;

/// The real backend, ended with the bench.
pub(crate) struct Serve {
    child: Child,
    pub(crate) address: String,
}

impl Serve {
    pub(crate) fn start(database: &Path, playbook: &Path) -> Self {
        let mut child = Command::new(PROGRAM)
            .args(["serve", "--listen", "127.0.0.1:0", "--log", "off", "--playbook"])
            .arg(playbook)
            .arg("--database")
            .arg(format!("sqlite:{}", database.display()))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut said).unwrap();
        let address = said.split("http://").nth(1).unwrap().split([',', ' ', '\n']).next().unwrap().to_owned();
        Self { child, address }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Ends it as an operator does.
    pub(crate) fn stop(mut self) {
        drop(Command::new("kill").arg(self.child.id().to_string()).status());
        drop(self.child.wait());
    }
}

impl Drop for Serve {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

pub(crate) fn add_line(database: &Path) {
    let mut add = Command::new(PROGRAM)
        .args([
            "line",
            "add",
            NUMBER,
            "--account",
            ACCOUNT,
            "--token-stdin",
            "--api",
            "http://127.0.0.1:9",
            "--database",
        ])
        .arg(format!("sqlite:{}", database.display()))
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    add.stdin.take().unwrap().write_all(format!("{TOKEN}\n").as_bytes()).unwrap();
    assert!(add.wait().unwrap().success());
}

/// The example without its acknowledgement: at night and on weekends each text would be answered, too, and a figure would
/// hang on the hour at which it is taken.
pub(crate) fn rules() -> String {
    let (before, after) = example::PLAYBOOK.split_once("[acknowledgement]\n").unwrap();
    let (_, rest) = after.split_once("\n\n").unwrap();
    format!("{before}{rest}")
}

pub(crate) fn playbook(folder: &Path) -> std::path::PathBuf {
    let path = folder.join("playbook.toml");
    std::fs::write(&path, rules()).unwrap();
    std::fs::write(folder.join("territories.csv"), example::TERRITORIES).unwrap();
    path
}

pub(crate) fn run() {
    let folder = tempfile::tempdir_in(Path::new(PROGRAM).parent().unwrap()).unwrap();
    let (database, playbook) = (folder.path().join("run.db"), playbook(folder.path()));
    let serve = Serve::start(&database, &playbook);
    add_line(&database);
    let load = Load {
        address: serve.address.clone(),
        public_url: format!("http://{}", serve.address),
        account: ACCOUNT.to_owned(),
        token: TOKEN.to_owned(),
        number: NUMBER.to_owned(),
        connections: 64,
        people: 20_000,
        seconds: SECONDS,
        most: u64::MAX,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let loaded = runtime.block_on(deliver(load));
    let accepted = loaded.times.len();
    assert_eq!(loaded.refused, 0, "every webhook was accepted");
    let metrics = runtime.block_on(async {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        http.get(format!("http://{}/metrics", serve.address)).send().await.unwrap().text().await.unwrap()
    });
    let groups = metric(&metrics, "group_size_count");
    println!("resident: {:.0} MB", status_kb(serve.pid(), "VmRSS") as f64 / 1000.0);
    serve.stop();
    let mut times = Times::default();
    loaded.times.into_iter().for_each(|t| times.add(t));
    times.tell("signed webhook to 2xx, 64 connections");
    let rate = accepted as f64 / loaded.took.as_secs_f64();
    println!("accepted: {accepted}, {rate:.0} a second, {:.1} in a commit", accepted as f64 / groups);
    let took = floor(&database, &folder.path().join("floor.db"), groups);
    let bare = accepted as f64 / took.as_secs_f64();
    println!(
        "floor: the same statements in {groups:.0} commits: {bare:.0} a second; the backend reaches {:.0} %",
        rate / bare * 100.0
    );
}

fn metric(metrics: &str, name: &str) -> f64 {
    let line =
        metrics.lines().find(|l| !l.starts_with('#') && l.split([' ', '{']).next().is_some_and(|n| n.ends_with(name)));
    line.and_then(|l| l.rsplit(' ').next())
        .and_then(|n| n.parse().ok())
        .unwrap_or_else(|| panic!("no {name}: {metrics}"))
}

/// The rows one text of the run left behind, as they stand in its database.
struct Rows {
    entries: Vec<Vec<Value>>,
    number: Vec<Value>,
    conversation: Vec<Value>,
    audience: Vec<Vec<Value>>,
    message: Vec<Value>,
    dedupe: Vec<Value>,
    raw: Vec<Value>,
}

/// Writes what each text of the run left behind into a fresh database of the same shape, with the statements of the
/// backend, in so many transactions. What several texts changed (their conversation, its audience, the head) is written
/// for each of them, as the backend must.
fn floor(run: &Path, fresh: &Path, groups: f64) -> Duration {
    let from = Connection::open(run).unwrap();
    let to = Connection::open(fresh).unwrap();
    for (name, value) in [("journal_mode", "WAL"), ("synchronous", "FULL"), ("secure_delete", "ON")] {
        to.pragma_update(None, name, value).unwrap();
    }
    let shape = "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY rowid";
    let shape: Vec<String> =
        from.prepare(shape).unwrap().query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
    to.execute_batch(&shape.join(";")).unwrap();
    to.pragma_update(None, "foreign_keys", true).unwrap();
    to.execute("INSERT INTO head VALUES (1, 1, 0, x'', 0, '{}', 1)", []).unwrap();
    let texts = texts(&from);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count of commits")]
    let groups = groups as usize;
    let began = Instant::now();
    for group in 0..groups {
        to.execute_batch("BEGIN IMMEDIATE").unwrap();
        let texts = &texts[texts.len() * group / groups..texts.len() * (group + 1) / groups];
        let put = |sql: &str, rows: &mut dyn Iterator<Item = &Vec<Value>>| {
            let mut statement = to.prepare_cached(sql).unwrap();
            for row in rows {
                statement.execute(params_from_iter(row)).unwrap();
            }
        };
        put("INSERT INTO entry VALUES (?,?,?,?,?)", &mut texts.iter().flat_map(|t| &t.entries));
        if let Some(last) = texts.iter().flat_map(|t| &t.entries).last() {
            let head = "UPDATE head SET seq = ?1, at = ?2, hash = ?3";
            to.prepare_cached(head).unwrap().execute(params![last[0], last[1], last[3]]).unwrap();
        }
        put("INSERT OR IGNORE INTO number VALUES (?,?,?)", &mut texts.iter().map(|t| &t.number));
        put(CONVERSATION, &mut texts.iter().map(|t| &t.conversation));
        put(AUDIENCE, &mut texts.iter().flat_map(|t| &t.audience));
        put("INSERT INTO message VALUES (?,?,?,?,?,?,?,?,?)", &mut texts.iter().map(|t| &t.message));
        put("INSERT INTO dedupe VALUES (?,?,?,?)", &mut texts.iter().map(|t| &t.dedupe));
        put("INSERT INTO raw_event VALUES (?,?,?,?,?)", &mut texts.iter().map(|t| &t.raw));
        to.execute_batch("COMMIT").unwrap();
    }
    began.elapsed()
}

const CONVERSATION: &str = "INSERT INTO conversation VALUES (?,?,?,?,?,?,?,?,?) ON CONFLICT (id) DO UPDATE SET \
    state = excluded.state, seq = excluded.seq, messages = excluded.messages, deadline = excluded.deadline, \
    holder = excluded.holder, open = excluded.open";
const AUDIENCE: &str =
    "INSERT INTO audience VALUES (?,?,?) ON CONFLICT (principal, conversation) DO UPDATE SET seq = excluded.seq";

fn texts(from: &Connection) -> Vec<Rows> {
    let all = |sql: &str| -> Vec<Vec<Value>> {
        let mut query = from.prepare(sql).unwrap();
        let columns = query.column_count();
        let read = |row: &rusqlite::Row<'_>| (0..columns).map(|i| row.get::<_, Value>(i)).collect();
        query.query_map([], read).unwrap().collect::<Result<_, _>>().unwrap()
    };
    let by_key = |rows: Vec<Vec<Value>>, column: usize| {
        let mut map: BTreeMap<String, Vec<Vec<Value>>> = BTreeMap::new();
        for row in rows {
            let Value::Text(key) = &row[column] else { panic!("a key is text") };
            map.entry(key.clone()).or_default().push(row);
        }
        map
    };
    let numbers = by_key(all("SELECT * FROM number"), 0);
    let conversations = by_key(all("SELECT * FROM conversation"), 0);
    let audiences = by_key(all("SELECT * FROM audience"), 1);
    let mut dedupe = by_key(all("SELECT * FROM dedupe"), 3);
    let mut raw = all("SELECT * FROM raw_event ORDER BY id").into_iter();
    let mut entries = all("SELECT * FROM entry ORDER BY seq").into_iter().peekable();
    let messages = all("SELECT * FROM message ORDER BY id");
    let each = entries.len().div_ceil(messages.len());
    let mut audience_seq = 0;
    messages
        .into_iter()
        .map(|message| {
            let (Value::Text(id), Value::Text(conversation)) = (&message[0], &message[1]) else { panic!("ids") };
            let of = &conversations[conversation][0];
            let Value::Text(number) = &of[1] else { panic!("an id") };
            let mut audience = audiences[conversation].clone();
            audience_seq += 1;
            // Each text moves its conversation on in the feed.
            for row in &mut audience {
                row[2] = Value::Integer(audience_seq);
            }
            Rows {
                entries: entries.by_ref().take(each).collect(),
                number: numbers[number][0].clone(),
                conversation: of.clone(),
                audience,
                dedupe: dedupe.remove(id).unwrap().remove(0),
                raw: raw.next().unwrap(),
                message,
            }
        })
        .collect()
}
