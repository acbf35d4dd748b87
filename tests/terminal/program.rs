//! The program as operators and reps start it: one command after another, each a process of its own, all over one folder.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use super::house::COMEBACK;
use super::tmux::{eventually, is_running, signal};

/// The playbook that the demo runs on.
pub(super) const PLAYBOOK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/playbook.toml");

/// The file that it names.
pub(super) const TERRITORIES: &str = include_str!("../../assets/territories.csv");

/// A folder of somebody's machine, and loopback.
pub(super) struct Machine {
    folder: tempfile::TempDir,
    /// Whom TLS trusts there; none for whom the system does.
    roots: Option<PathBuf>,
    runtime: tokio::runtime::Runtime,
    http: reqwest::Client,
}

/// What a command said before it ended.
pub(super) struct Said {
    pub(super) ok: bool,
    pub(super) out: String,
    pub(super) err: String,
}

/// A command that runs until it is ended; that is with the test at the latest.
pub(super) struct Running {
    program: Child,
    /// Its first line.
    pub(super) first: String,
    log: PathBuf,
}

impl Machine {
    pub(super) fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        drop(rustls::crypto::ring::default_provider().install_default());
        let http = reqwest::Client::builder().no_proxy().build().expect("a client");
        Self { folder: tempfile::tempdir().expect("a folder"), roots: None, runtime, http }
    }

    /// From here on whoever this certificate vouches for is trusted, and nobody else.
    pub(super) fn trusts(&mut self, certificate: PathBuf) {
        self.roots = Some(certificate);
    }

    pub(super) fn home(&self) -> &Path {
        self.folder.path()
    }

    /// A playbook that names the files which the example names, and these beside it. Its path, as a command takes it.
    pub(super) fn writes_playbook(&self, name: &str, text: &str) -> String {
        self.writes("territories.csv", TERRITORIES);
        self.writes(name, text)
    }

    /// A file of the person's own. Its path, as a command takes it.
    pub(super) fn writes(&self, name: &str, text: &str) -> String {
        let path = self.home().join(name);
        std::fs::write(&path, text).expect("a file");
        path.display().to_string()
    }

    /// As `--database` takes it.
    pub(super) fn database(&self) -> String {
        format!("sqlite:{}", self.home().join("comeback.db").display())
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(COMEBACK);
        command.args(arguments).current_dir(self.home());
        for (name, folder) in [("XDG_DATA_HOME", "data"), ("XDG_CONFIG_HOME", "config"), ("XDG_STATE_HOME", "state")] {
            command.env(name, self.home().join(folder));
        }
        // The carrier and the CRM of these tests are on this machine.
        command.env("COMEBACK_EGRESS_ALLOW", "127.0.0.0/8,::1");
        command.envs(self.roots.iter().map(|roots| ("SSL_CERT_FILE", roots)));
        for name in ["COMEBACK_PROFILE", "COMEBACK_DATABASE", "COMEBACK_PUBLIC_URL", "COMEBACK_LOG", "NO_COLOR"] {
            command.env_remove(name);
        }
        command
    }

    /// Runs a command to its end, with `input` on its standard input.
    pub(super) fn run(&self, arguments: &[&str], input: &str) -> Said {
        self.run_with(&[], arguments, input)
    }

    /// The same, with these in its environment.
    pub(super) fn run_with(&self, variables: &[(&str, &str)], arguments: &[&str], input: &str) -> Said {
        let mut command = self.command(arguments);
        command.envs(variables.iter().copied());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut program = command.spawn().expect("the program starts");
        // One that refuses at once reads nothing.
        drop(program.stdin.take().expect("its input").write_all(input.as_bytes()));
        let ended = program.wait_with_output().expect("the program ends");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        Said { ok: ended.status.success(), out: text(ended.stdout), err: text(ended.stderr) }
    }

    /// The same, for a command that must succeed; what it printed.
    pub(super) fn does(&self, arguments: &[&str], input: &str) -> String {
        let said = self.run(arguments, input);
        assert!(said.ok, "comeback {arguments:?} failed: {}{}", said.out, said.err);
        said.out
    }

    /// Starts a command that stays, and waits for its first line. `token` is the CRM's.
    pub(super) fn start(&self, name: &str, arguments: &[&str], token: &str) -> Running {
        let log = self.home().join(format!("{name}.log"));
        let mut command = self.command(arguments);
        command.env("COMEBACK_CRM_TOKEN", token).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut program = command.stderr(File::create(&log).expect("a file")).spawn().expect("the program starts");
        let mut first = String::new();
        BufReader::new(program.stdout.take().expect("its output")).read_line(&mut first).expect("one line");
        let running = Running { program, first, log };
        assert!(!running.first.is_empty(), "{name} did not start: {}", running.said());
        running
    }

    /// Starts the backend over this machine's database.
    pub(super) fn serve(&self, more: &[&str], crm_token: &str) -> Running {
        let database = self.database();
        let serve = ["serve", "--playbook", PLAYBOOK, "--database", &database, "--listen", "127.0.0.1:0"];
        self.start("serve", &[&serve[..], more].concat(), crm_token)
    }

    pub(super) fn get(&self, url: &str, token: &str) -> Value {
        let request = self.http.get(url).bearer_auth(token);
        self.runtime.block_on(async { request.send().await?.error_for_status()?.json().await }).expect("an answer")
    }

    /// By user name and password, as the carrier's API takes them.
    pub(super) fn get_as(&self, url: &str, (user, password): (&str, &str)) -> Value {
        let request = self.http.get(url).basic_auth(user, Some(password));
        self.runtime.block_on(async { request.send().await?.error_for_status()?.json().await }).expect("an answer")
    }

    /// The status of a GET with a token.
    pub(super) fn status(&self, url: &str, token: &str) -> u16 {
        self.runtime.block_on(self.http.get(url).bearer_auth(token).send()).expect("an answer").status().as_u16()
    }

    /// What answers at an address, if anybody does.
    pub(super) fn asks(&self, url: &str) -> Option<(u16, String)> {
        let answer = async {
            let answer = self.http.get(url).send().await?;
            Ok::<_, reqwest::Error>((answer.status().as_u16(), answer.text().await?))
        };
        self.runtime.block_on(answer).ok()
    }

    pub(super) fn post(&self, url: &str, body: &Value) -> Value {
        self.post_as(url, "", body)
    }

    pub(super) fn post_as(&self, url: &str, token: &str, body: &Value) -> Value {
        let request = self.http.post(url).bearer_auth(token).json(body);
        self.runtime.block_on(async { request.send().await?.error_for_status()?.json().await }).expect("an answer")
    }

    /// The status of a GET.
    pub(super) fn status_of(&self, url: &str) -> u16 {
        self.runtime.block_on(self.http.get(url).send()).expect("an answer").status().as_u16()
    }

    /// The status of a form, with a signature or without.
    pub(super) fn post_form(&self, url: &str, form: &[(&str, &str)], signature: Option<&str>) -> u16 {
        let mut body = form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(form);
        let mut request = self.http.post(url).header("Content-Type", "application/x-www-form-urlencoded");
        if let Some(signature) = signature {
            request = request.header("X-Twilio-Signature", signature);
        }
        self.runtime.block_on(request.body(body.finish()).send()).expect("an answer").status().as_u16()
    }

    /// The status of a POST with nothing in it.
    pub(super) fn knock(&self, url: &str) -> u16 {
        self.runtime.block_on(self.http.post(url).send()).expect("an answer").status().as_u16()
    }
}

impl Running {
    /// The first line, as JSON.
    pub(super) fn about(&self) -> Value {
        serde_json::from_str(&self.first).expect("one line of JSON")
    }

    /// Where a backend listens, as its first line says.
    pub(super) fn url(&self) -> String {
        let url = self.first.strip_prefix("listening on ").and_then(|rest| rest.split(',').next());
        url.unwrap_or_else(|| panic!("no address in {:?}", self.first)).to_owned()
    }

    pub(super) fn pid(&self) -> u32 {
        self.program.id()
    }

    /// What it wrote for its operator.
    pub(super) fn said(&self) -> String {
        std::fs::read_to_string(&self.log).expect("the log")
    }

    /// Ends it so that it can do nothing about it.
    pub(super) fn kill(mut self) {
        self.program.kill().expect("it runs");
        self.program.wait().expect("it ends");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !matches!(self.program.try_wait(), Ok(None)) {
            return;
        }
        signal(self.program.id(), "TERM");
        let pid = self.program.id();
        let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            eventually("the end of a program", || (!is_running(pid)).then_some(()));
        }));
        if ended.is_err() {
            drop(self.program.kill());
        }
        drop(self.program.wait());
    }
}

/// Writes a secret's file, readable by its owner only.
pub(super) fn keep(file: &Path, secret: &str) {
    std::fs::write(file, secret).expect("a file");
    let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(file, private).expect("its permissions");
}
