//! A backend over a folder, beside an emulated carrier that lives on whatever becomes of it.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use super::super::house::COMEBACK;
use super::super::program::{Machine, Running};
use super::super::tmux::{eventually, signal};

pub(super) const LINE: &str = "+16465550100";

/// Always open, quick clocks, no undo time: everything happens while a test waits.
const PLAYBOOK: &str = r#"
company = "Faults"
undo_hold = "0s"
ownership = ["conversation"]
[compliance]
reply_window = "30d"
[use_case.new_lead]
label = "new lead"
[team.east]
label = "East"
lead = "lea"
[rep.maya]
name = "Maya"
team = "east"
[rep.ben]
name = "Ben"
team = "east"
[rep.lea]
name = "Lea"
team = "east"
[calendar.always]
zone = "UTC"
monday = ["00:00-24:00"]
tuesday = ["00:00-24:00"]
wednesday = ["00:00-24:00"]
thursday = ["00:00-24:00"]
friday = ["00:00-24:00"]
saturday = ["00:00-24:00"]
sunday = ["00:00-24:00"]
[[cohort]]
name = "standard"
label = "standard"
first_response = { warn = "WARN", due = "DUE" }
next_response = { warn = "WARN", due = "DUE" }
calendar = "always"
ladder = "standard"
[[ladder.standard]]
who = "pool"
wait = "WAIT"
[[ladder.standard]]
who = "lead"
[line.main]
label = "East"
number = "+16465550100"
team = "east"
use_case = "new_lead"
"#;

/// How fast clocks run out: warning, due, and how long the pool may wait.
pub(super) type Pace = [&'static str; 3];
/// While a test waits.
pub(super) const QUICK: Pace = ["1s", "2s", "3s"];
/// Not while a test runs.
pub(super) const SLOW: Pace = ["2h", "4h", "3h"];

/// Everything around the backend.
pub(super) struct Office {
    pub(super) machine: Machine,
    pub(super) port: u16,
    carrier: Value,
    _emulator: Running,
}

/// A backend, maybe inside another program.
pub(super) struct Serve {
    child: Child,
    /// The backend's own process, when another program runs it.
    pub(super) pid: u32,
    log: PathBuf,
}

impl Office {
    /// With a line set up and its webhook told; the database is made on the way.
    pub(super) fn open(pace: Pace) -> Self {
        let machine = Machine::new();
        let port = free_port();
        let number = format!("{LINE}=http://127.0.0.1:{port}/hooks/twilio/inbound");
        let emulate = ["emulate", "--quiet", "--from", "now", "--listen", "127.0.0.1:0", "--number", &number];
        let emulator = machine.start("emulate", &emulate, "");
        let carrier = emulator.about();
        let [warn, due, wait] = pace;
        let playbook = PLAYBOOK.replace("WARN", warn).replace("DUE", due).replace("WAIT", wait);
        std::fs::write(machine.home().join("playbook.toml"), playbook).unwrap();
        let office = Self { machine, port, carrier, _emulator: emulator };
        office.machine.post(&office.emulator("faults"), &json!({ "callbacks": "clean" }));
        office
    }

    pub(super) fn at(&self, name: &str) -> String {
        self.machine.home().join(name).display().to_string()
    }

    pub(super) fn emulator(&self, what: &str) -> String {
        format!("{}/emulator/v1/{what}", self.carrier["base_url"].as_str().unwrap())
    }

    pub(super) fn carrier(&self, name: &str) -> &str {
        self.carrier[name].as_str().unwrap()
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// The arguments of `serve` over this database.
    pub(super) fn serve_arguments(&self, database: &str, more: &[&str]) -> Vec<String> {
        let playbook = self.at("playbook.toml");
        let listen = format!("127.0.0.1:{}", self.port);
        let serve = ["serve", "--playbook", &playbook, "--database", database, "--listen", &listen];
        serve.iter().chain(more).map(|a| (*a).to_owned()).collect()
    }

    /// Starts the backend and waits until it listens.
    pub(super) fn serve(&self, more: &[&str]) -> Serve {
        self.serve_in(&[], &[], &self.machine.database(), more)
    }

    /// The same, as what another program (strace) runs, with these variables.
    pub(super) fn serve_in(&self, around: &[&str], env: &[(&str, &str)], database: &str, more: &[&str]) -> Serve {
        let serve = self.spawn(around, env, database, more);
        self.listens();
        serve
    }

    /// The same, without waiting.
    pub(super) fn spawn(&self, around: &[&str], env: &[(&str, &str)], database: &str, more: &[&str]) -> Serve {
        let mut line: Vec<String> = around.iter().map(|a| (*a).to_owned()).collect();
        line.push(COMEBACK.to_owned());
        line.extend(self.serve_arguments(database, more));
        let log = self.machine.home().join("serve.log");
        let said = File::options().create(true).append(true).open(&log).unwrap();
        let mut command = Command::new(&line[0]);
        command.args(&line[1..]).current_dir(self.machine.home()).stdin(Stdio::null()).stdout(Stdio::piped());
        for name in ["COMEBACK_DATABASE", "COMEBACK_PUBLIC_URL", "COMEBACK_LOG"] {
            command.env_remove(name);
        }
        command.env("COMEBACK_EGRESS_ALLOW", "127.0.0.0/8").envs(env.iter().copied()).stderr(said);
        let mut child = command.spawn().unwrap_or_else(|e| panic!("{}: {e} (tests/run installs it)", line[0]));
        let out = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || out.lines().for_each(drop));
        let pid = if around.is_empty() { child.id() } else { 0 };
        Serve { child, pid, log }
    }

    /// Waits until the backend answers.
    pub(super) fn listens(&self) {
        let log = || std::fs::read_to_string(self.machine.home().join("serve.log")).unwrap_or_default();
        let up = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            eventually("a backend that answers", || self.machine.asks(&self.url("/health")).map(drop));
        }));
        assert!(up.is_ok(), "the backend does not answer; it said: {}", log());
    }

    /// `comeback line add` for the line, over this database.
    pub(super) fn sets_line_up(&self, database: &str) {
        let (account, api) = (self.carrier("account_sid"), self.carrier("base_url"));
        let add = ["line", "add", "--database", database, LINE, "--account", account, "--token-stdin", "--api", api];
        self.machine.does(&add, &format!("{}\n", self.carrier("auth_token")));
    }

    /// A device of this rep; its bearer token.
    pub(super) fn signs_in(&self, database: &str, rep: &str) -> String {
        let invite = self.machine.does(&["rep", "add", "--database", database, rep], "").trim().to_owned();
        let signed = self.machine.post(&self.url("/v1/session"), &json!({ "token": invite, "device_name": "test" }));
        signed["token"].as_str().unwrap().to_owned()
    }

    /// A buyer texts; the text's sid.
    pub(super) fn text(&self, from: &str, body: &str) -> String {
        let sent = self.machine.post(&self.emulator("inbound"), &json!({ "from": from, "body": body }));
        sent["sid"].as_str().unwrap().to_owned()
    }

    /// Every webhook of a text that has ended: sid, status, time of its end.
    pub(super) fn webhooks(&self) -> Vec<(String, Option<u64>, i64)> {
        let all = self.machine.get(&self.emulator("webhooks"), "");
        let inbound = all["webhooks"].as_array().unwrap().iter().filter(|h| h["kind"] == "inbound");
        let ended = |h: &Value| chrono::DateTime::parse_from_rfc3339(h["at"].as_str().unwrap()).unwrap();
        inbound
            .map(|h| (h["sid"].as_str().unwrap().to_owned(), h["status"].as_u64(), ended(h).timestamp_millis()))
            .collect()
    }

    /// The status a text's webhook ended with, once it has.
    pub(super) fn answered(&self, sid: &str) -> Option<u64> {
        eventually("the end of a webhook", || self.webhooks().into_iter().find(|h| h.0 == sid)).1
    }

    /// The words of every text that the carrier was asked to send.
    pub(super) fn sends(&self) -> Vec<String> {
        let all = self.machine.get(&self.emulator("sends"), "");
        let words = |s: &Value| s["body"].as_str().unwrap().to_owned();
        all["sends"].as_array().unwrap().iter().map(words).collect()
    }

    /// Those the carrier took.
    pub(super) fn sends_accepted(&self) -> Vec<String> {
        let all = self.machine.get(&self.emulator("sends"), "");
        let taken = all["sends"].as_array().unwrap().iter().filter(|s| s["refused"].is_null());
        taken.map(|s| s["body"].as_str().unwrap().to_owned()).collect()
    }

    /// Everything a rep may see.
    pub(super) fn sees(&self, token: &str) -> Vec<Value> {
        let page = self.machine.get(&self.url("/v1/changes?since=&wait=0"), token);
        page["upserts"].as_array().unwrap().clone()
    }

    /// The conversation with a number.
    pub(super) fn conversation(&self, token: &str, phone: &str) -> Value {
        let found = self.sees(token).into_iter().find(|c| c["address"] == phone);
        found.unwrap_or_else(|| panic!("no conversation with {phone}"))
    }

    /// One command of a device; its verdict.
    pub(super) fn commands(&self, token: &str, n: u64, conversation: &Value, command: &Value) -> Value {
        let push = json!({ "envelopes": [{
            "id": uuid::Uuid::now_v7(), "n": n, "after": n - 1, "seen": conversation["state"]["inbound"],
            "issued_at": 0, "conversation": conversation["state"]["id"], "command": command,
        }] });
        let told = self.machine.post_as(&self.url("/v1/commands"), token, &push);
        told["receipts"][0]["verdict"].clone()
    }

    /// Answers a number; the answer's id.
    pub(super) fn answers(&self, token: &str, n: u64, phone: &str, body: &str) -> String {
        let message = uuid::Uuid::now_v7().to_string();
        let command = json!({ "do": "answer", "message": message, "body": body, "accept": [] });
        let verdict = self.commands(token, n, &self.conversation(token, phone), &command);
        assert_eq!(verdict["verdict"], "done", "{verdict}");
        message
    }

    /// Where an answer stands, as JSON.
    pub(super) fn standing(&self, token: &str, phone: &str, message: &str) -> Value {
        self.conversation(token, phone)["state"]["answers"][message]["state"].clone()
    }

    /// `comeback audit verify` over this database.
    pub(super) fn verifies(&self, database: &str) -> String {
        let said = self.machine.does(&["audit", "verify", "--database", database], "");
        assert!(said.contains("whole: "), "{said}");
        said
    }
}

impl Serve {
    /// What it wrote for its operator, in all its lives.
    pub(super) fn said(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }

    /// Ends it so that it can do nothing about it.
    pub(super) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Tells it to end, and waits.
    pub(super) fn stop(mut self) {
        signal(if self.pid == 0 { inner(self.child.id()) } else { self.pid }, "TERM");
        eventually("the end of the backend", || self.child.try_wait().unwrap());
    }

    /// Waits until it has ended by itself; its exit code.
    pub(super) fn ends(&mut self) -> Option<i32> {
        eventually("the end of the backend", || self.child.try_wait().unwrap()).code()
    }
}

impl Drop for Serve {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            if let Some(inner) = children(self.child.id()).first() {
                // What a program around it runs would live on without it.
                drop(Command::new("kill").arg("-KILL").arg(inner.to_string()).status());
            }
            drop(self.child.kill());
            drop(self.child.wait());
        }
    }
}

/// The process that another one runs.
pub(super) fn inner(pid: u32) -> u32 {
    eventually("a process of its own", || children(pid).first().copied())
}

fn children(pid: u32) -> Vec<u32> {
    let all = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    all.split_whitespace().filter_map(|child| child.parse().ok()).collect()
}

/// Not among those the system gives out by itself: it must still be free after a restart.
fn free_port() -> u16 {
    (0..1000)
        .map(|_| rand::random_range(12_000..30_000))
        .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .expect("a free port")
}
