//! Mail over TLS: the real backend, and a real mail server (aiosmtpd) with a certificate that somebody vouches for.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use serde_json::Value;

use super::program::{Machine, PLAYBOOK, keep};
use super::setup::{LINE, Town};
use super::tmux::eventually;

/// A mail server that takes encrypted connections only, from nina with her password. It ends with it.
struct Mailbox {
    child: Child,
    out: BufReader<std::process::ChildStdout>,
    port: u64,
}

impl Mailbox {
    fn opens(kind: &str, folder: &Path) -> Self {
        let python = std::env::var_os("COMEBACK_TEST_PYTHON")
            .expect("COMEBACK_TEST_PYTHON is not set: run tests/run, which installs a mail server and sets it");
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/carrier/mailbox.py");
        let mut command = Command::new(python);
        command.arg(script).args(["", kind]).arg(folder.join("mail.pem")).arg(folder.join("mail.key"));
        command.env("PYTHONDONTWRITEBYTECODE", "1").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("a mail server");
        let out = BufReader::new(child.stdout.take().expect("its output"));
        let mut made = Self { child, out, port: 0 };
        made.port = made.next()["port"].as_u64().expect("a port");
        made
    }

    /// The next line it says.
    fn next(&mut self) -> Value {
        let mut line = String::new();
        self.out.read_line(&mut line).expect("a line");
        serde_json::from_str(&line).expect("JSON")
    }

    /// The last line that is asked of it, which comes within so long.
    fn last_within(mut self, time: Duration) -> Value {
        let (tell, told) = mpsc::channel();
        std::thread::spawn(move || drop(tell.send(self.next())));
        told.recv_timeout(time).expect("a line in time")
    }
}

impl Drop for Mailbox {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        drop(self.child.wait());
    }
}

/// Somebody who vouches, and the certificate of a mail server on this machine. Who vouches.
fn certified(folder: &Path) -> PathBuf {
    let openssl = |arguments: &str| {
        let made = Command::new("openssl").args(arguments.split(' ')).current_dir(folder).output().expect("openssl");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    };
    let new = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2";
    openssl(&format!("{new} -keyout roots.key -out roots.pem -subj /CN=roots"));
    let server = "-subj /CN=localhost -addext subjectAltName=DNS:localhost -addext basicConstraints=critical,CA:FALSE";
    openssl(&format!("{new} -CA roots.pem -CAkey roots.key -keyout mail.key -out mail.pem {server}"));
    folder.join("roots.pem")
}

/// A backend that mails to this rep by this address.
fn knows(machine: Machine, url: &str, rep: &str) -> Town {
    let file = machine.home().join("smtp");
    keep(&file, &format!("{url}\n"));
    let file = file.display().to_string();
    let town = Town::start_in(machine, &[], &["--smtp-url-file", &file], None);
    let mailbox = format!("\n{rep}@northwind.example\n");
    town.machine.does(&["rep", "reach", "--database", &town.machine.database(), rep], &mailbox);
    town
}

/// A backend that mails to `maya` by this address, to whom a buyer texts.
fn mails_by(machine: Machine, url: &str) -> Town {
    let town = knows(machine, url, "maya");
    town.adds_line(LINE, &format!("{}\n", town.carrier("auth_token")));
    town.sets_webhook(LINE);
    let source = std::fs::read_to_string(PLAYBOOK).expect("the playbook");
    let (before, terms) = source.split_once("\n[alerts]\n").expect("terms for everybody");
    let (_, after) = terms.split_once("at_most = 4").expect("how many at most");
    let told = "\n[alerts]\nby = [\"mail\"]\non = [\"offered\"]\nat_most = 4";
    let file = town.machine.writes_playbook("mailed.toml", &[before, told, after].concat());
    town.machine.does(&["playbook", "apply", "--database", &town.machine.database(), &file], "");
    town.text(&town.buyer_of("maya").1, "Can we sign this week?");
    town
}

fn goes_to_maya(kind: &str, url: impl Fn(u64) -> String) {
    let mut machine = Machine::new();
    machine.trusts(certified(machine.home()));
    let mut mailbox = Mailbox::opens(kind, machine.home());
    let town = mails_by(machine, &url(mailbox.port));
    let mail = mailbox.next();
    assert_eq!(mail["to"][0], "maya@northwind.example", "{mail}");
    assert!(mail["headers"]["subject"].as_str().is_some_and(|title| title.contains("waits for you")), "{mail}");
    assert!(!town.running[1].said().contains("s3cret"), "{}", town.running[1].said());
}

#[test]
fn a_mail_goes_over_a_connection_that_is_encrypted_from_its_first_byte() {
    goes_to_maya("smtps", |port| format!("smtps://nina:s3cret@localhost:{port}"));
}

#[test]
fn a_mail_goes_over_a_connection_that_is_encrypted_before_the_password_is_said() {
    goes_to_maya("starttls", |port| format!("smtp://nina:s3cret@localhost:{port}?tls=required"));
}

#[test]
fn a_mail_server_whom_nobody_trusted_vouches_for_is_told_nothing_and_the_operator_is() {
    let machine = Machine::new();
    certified(machine.home());
    let mailbox = Mailbox::opens("smtps", machine.home());
    let town = mails_by(machine, &format!("smtps://nina:s3cret@localhost:{}", mailbox.port));
    let said = eventually("what is wrong", || {
        let said = town.running[1].said();
        said.contains("its certificate is not trusted").then_some(said)
    });
    assert!(!said.contains("s3cret") && !said.contains("northwind.example"), "{said}");
}

#[test]
fn a_report_of_a_playbook_applied_beside_an_idle_backend_is_mailed_on_time() {
    let mut machine = Machine::new();
    machine.trusts(certified(machine.home()));
    let mailbox = Mailbox::opens("smtps", machine.home());
    // Nobody texts, and sol is never on call: nothing else is mailed to them.
    let town = knows(machine, &format!("smtps://nina:s3cret@localhost:{}", mailbox.port), "sol");
    let source = std::fs::read_to_string(PLAYBOOK).expect("the playbook");
    // Due since this minute began.
    let now = chrono::Utc::now().format("%H:%M");
    let report = format!(
        "\n[report.now]\nreport = \"sla\"\nto = [\"sol\"]\nchannel = \"mail\"\n\
         at = \"{now}\"\nzone = \"UTC\"\nsince = \"1d\"\n"
    );
    let file = town.machine.writes_playbook("mailed.toml", &[source, report].concat());
    town.machine.does(&["playbook", "apply", "--database", &town.machine.database(), &file], "");
    let mail = mailbox.last_within(Duration::from_secs(20));
    assert_eq!(mail["to"][0], "sol@northwind.example", "{mail}");
    assert!(mail["beside"][0]["name"].as_str().is_some_and(|name| name.starts_with("sla-")), "{mail}");
    assert!(town.running[1].said().contains("is in force version=2"), "{}", town.running[1].said());
}
