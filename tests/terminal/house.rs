//! The real program as a house of its own: backend, emulated carrier and CRM (`comeback demo --headless`), and reps who
//! sign in to it.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use super::cable::Cable;
use super::tmux::{Terminal, eventually, signal};

/// The program under test.
pub(super) const COMEBACK: &str = env!("CARGO_BIN_EXE_comeback");

/// One running house; it ends with the test.
pub(super) struct House {
    program: Child,
    folder: tempfile::TempDir,
    about: Value,
    runtime: tokio::runtime::Runtime,
    http: reqwest::Client,
}

/// Somebody the CRM knows.
pub(super) struct Person {
    pub(super) name: String,
    pub(super) account: String,
    pub(super) stage: String,
    pub(super) phone: String,
}

impl House {
    /// Starts it. Nobody texts by themselves; a callback comes at once and once.
    pub(super) fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let said = File::create(folder.path().join("said")).expect("a file");
        let mut program = Command::new(COMEBACK)
            .args(["demo", "--headless", "--quiet", "--speed", "1", "--data"])
            .arg(folder.path().join("data"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(said)
            .spawn()
            .expect("the program starts");
        let mut line = String::new();
        BufReader::new(program.stdout.take().expect("its output")).read_line(&mut line).expect("one line");
        let about = serde_json::from_str(&line).expect("one line of JSON");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        drop(rustls::crypto::ring::default_provider().install_default());
        let http = reqwest::Client::builder().no_proxy().build().expect("a client");
        let house = Self { program, folder, about, runtime, http };
        house.post(&house.emulator("faults"), &json!({ "callbacks": "clean" }));
        house
    }

    pub(super) fn about(&self, name: &str) -> &str {
        self.about[name].as_str().expect("it is said")
    }

    pub(super) fn home(&self) -> &Path {
        self.folder.path()
    }

    /// What the program wrote for its operator.
    pub(super) fn said(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("said")).expect("the log")
    }

    /// A cable to its backend.
    pub(super) fn cable(&self) -> Cable {
        let address = self.about("base_url").trim_start_matches("http://");
        Cable::plug(address.parse::<SocketAddr>().expect("an address"))
    }

    fn emulator(&self, what: &str) -> String {
        format!("{}/emulator/v1/{what}", self.about("emulator_url"))
    }

    pub(super) fn get(&self, url: &str, token: &str) -> Value {
        let request = self.http.get(url).bearer_auth(token);
        self.runtime.block_on(async { request.send().await?.error_for_status()?.json().await }).expect("an answer")
    }

    pub(super) fn post(&self, url: &str, body: &Value) -> Value {
        self.post_as("", url, body)
    }

    pub(super) fn post_as(&self, token: &str, url: &str, body: &Value) -> Value {
        let request = self.http.post(url).bearer_auth(token).json(body);
        self.runtime.block_on(async { request.send().await?.error_for_status()?.json().await }).expect("an answer")
    }

    /// Posts a form with a signature; tells the status.
    pub(super) fn post_signed(&self, url: &str, form: &[(&str, &str)], signature: &str) -> u16 {
        let mut body = form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(form);
        let request = self.http.post(url).header("X-Twilio-Signature", signature);
        let request = request.header("Content-Type", "application/x-www-form-urlencoded").body(body.finish());
        self.runtime.block_on(request.send()).expect("an answer").status().as_u16()
    }

    /// A buyer texts.
    pub(super) fn text(&self, from: &str, body: &str) {
        self.post(&self.emulator("inbound"), &json!({ "from": from, "body": body }));
    }

    /// Everything the carrier was asked to send to this number.
    pub(super) fn sends(&self, to: &str) -> Vec<String> {
        let all = self.get(&self.emulator("sends"), "");
        let all = all["sends"].as_array().expect("a list").iter();
        all.filter(|s| s["to"] == to).map(|s| s["body"].as_str().expect("words").to_owned()).collect()
    }

    /// People with a deal whom this rep owns.
    pub(super) fn people_of(&self, rep: &str) -> Vec<Person> {
        let answer = self.get(&format!("{}/contacts", self.about("crm_url")), self.about("crm_token"));
        let words = |v: &Value| v.as_str().unwrap_or_default().to_owned();
        let person = |c: &Value| {
            let theirs = c["owner"] == rep && c["opportunity"]["owner"] == rep && c["account"]["owner"] == rep;
            theirs.then(|| Person {
                name: words(&c["name"]),
                account: words(&c["account"]["name"]),
                stage: words(&c["opportunity"]["stage"]),
                phone: words(&c["phones"][0]),
            })
        };
        answer["contacts"].as_array().expect("a list").iter().filter_map(person).collect()
    }

    pub(super) fn token(&self, rep: &str) -> &str {
        self.about["tokens"][rep].as_str().expect("a token")
    }

    /// The conversation with this number, as a rep's feed tells it.
    pub(super) fn conversation(&self, rep: &str, phone: &str) -> Value {
        let url = format!("{}/v1/changes?since=&wait=0", self.about("base_url"));
        let all = self.get(&url, self.token(rep));
        let mut found = all["upserts"].as_array().expect("a list").iter();
        found.find(|s| s["address"] == phone).cloned().unwrap_or_else(|| panic!("{rep} does not see {phone}"))
    }

    /// Signs a rep in under a profile of their name.
    pub(super) fn sign_in(&self, rep: &str, url: &str) {
        let mut login = Command::new(COMEBACK)
            .args(["login", url, "--token-stdin", "--profile", rep])
            .env("XDG_DATA_HOME", self.home().join("data"))
            .env("XDG_CONFIG_HOME", self.home().join("config"))
            .env("XDG_STATE_HOME", self.home().join("state"))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .expect("login starts");
        writeln!(login.stdin.take().expect("its input"), "{}", self.token(rep)).expect("the token is read");
        assert!(login.wait().expect("login ends").success(), "{rep} could not sign in");
    }

    /// The folder of a rep's profile.
    pub(super) fn profile(&self, rep: &str) -> PathBuf {
        self.home().join("data").join("comeback").join(rep)
    }

    /// The inbox of a rep who signed in.
    pub(super) fn inbox(&self, rep: &str, size: (u16, u16)) -> Terminal {
        let terminal = Terminal::open(self.home(), size, &format!("exec {COMEBACK} --profile {rep}"));
        terminal.shows(&["online"]);
        terminal
    }
}

impl Drop for House {
    fn drop(&mut self) {
        signal(self.program.id(), "TERM");
        let ended = eventually_ends(&mut self.program);
        if !ended {
            drop(self.program.kill());
            drop(self.program.wait());
        }
        if std::thread::panicking() {
            eprintln_log(&self.said());
        }
    }
}

fn eventually_ends(program: &mut Child) -> bool {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        eventually("the end of the house", || program.try_wait().ok().flatten());
    }))
    .is_ok()
}

#[expect(clippy::print_stderr, reason = "the log of a house whose test failed")]
fn eprintln_log(log: &str) {
    eprintln!("the house said:\n{log}");
}
