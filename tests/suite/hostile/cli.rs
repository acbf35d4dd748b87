//! Lines of the command line that quote what others named. The real program writes them.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use comeback::domain::contact::Address;
use comeback::domain::id::{DeviceId, RepId};
use comeback::domain::time::{Span, Timestamp};
use comeback::server::store::sqlite::SqliteStore;
use comeback::server::store::{CarrierLine, LineExtra, Store as _};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::json;
use uuid::Uuid;

use super::terminal::wrong;
use super::words;

const NOW: Timestamp = Timestamp::from_millis(1_793_718_000_000);

/// Runs the program with these arguments, its home in `folder`.
fn comeback(folder: &Path, arguments: &[&str], stdin: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_comeback"))
        .args(arguments)
        .env_clear()
        .env("HOME", folder)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(stdin.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

/// What was said on either stream, held against what may be shown.
fn said(output: &Output) -> String {
    let said = String::from_utf8([output.stdout.as_slice(), &output.stderr].concat()).unwrap();
    assert_eq!(said.split('\n').find_map(wrong), None);
    said
}

/// So many texts, the same in every run.
fn texts(count: usize) -> Vec<String> {
    let mut runner = TestRunner::deterministic();
    let mut texts: Vec<String> = Vec::new();
    while texts.len() < count {
        texts.push(words::text().new_tree(&mut runner).unwrap().current());
    }
    texts
}

#[tokio::test]
async fn lists_of_devices_and_lines_have_one_safe_line_for_each() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("comeback.db");
    let database = format!("sqlite:{}", path.display());
    let names = texts(60);
    let store = SqliteStore::open(&path).unwrap();
    for (n, name) in (0u8..).zip(&names) {
        store.put_invite([n; 32], &RepId::new("maya"), NOW + Span::minutes(1)).await.unwrap();
        store.redeem([n; 32], NOW, DeviceId(Uuid::now_v7()), name, [n; 32]).await.unwrap().unwrap();
    }
    let addresses: Vec<Address> = names.iter().filter_map(|name| Address::parse(&format!("rcs:{name}")).ok()).collect();
    assert!(addresses.len() > 5, "addresses that hold a stranger's words");
    for number in addresses.iter().cloned() {
        let (provider, account, tokens) = ("twilio".to_owned(), "AC1".to_owned(), vec!["t".to_owned()]);
        let line = CarrierLine {
            number,
            provider,
            account,
            tokens,
            service: None,
            api: "http://127.0.0.1:9".to_owned(),
            extra: LineExtra::default(),
        };
        store.put_line(&line).await.unwrap();
    }
    drop(store);
    let devices = comeback(folder.path(), &["rep", "list", "--database", &database], "");
    assert_eq!(said(&devices).lines().count(), names.len());
    let lines = comeback(folder.path(), &["line", "list", "--database", &database], "");
    let mut known = addresses;
    known.sort();
    known.dedup();
    assert_eq!(said(&lines).lines().count(), known.len());
}

#[test]
fn a_playbook_is_refused_in_words_that_do_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let example = include_str!("../../../assets/playbook.toml");
    let mut quoted = 0;
    for text in texts(24) {
        // TOML lets an escape be written in a text; and some write the bytes themselves.
        let escaped: Vec<String> = text.chars().take(60).map(|c| format!("\\U{:08X}", u32::from(c))).collect();
        let escaped = escaped.concat();
        for source in [
            example.replacen("backup = \"ben\"", &format!("backup = \"{escaped}\""), 1),
            example.replacen("role = \"lead\"", &format!("role = \"{escaped}\""), 1),
            example.replacen("[rep.ben]", &format!("[rep.\"{escaped}\"]"), 1),
            example.replacen("backup = \"ben\"", &format!("backup = \"{text}\""), 1),
        ] {
            std::fs::write(folder.path().join("p.toml"), source).unwrap();
            let output = comeback(folder.path(), &["playbook", "check", "p.toml"], "");
            let said = said(&output);
            let told = ["comeback: p.toml:", "wrong: p.toml:"].iter().any(|begins| said.starts_with(begins));
            assert!(output.status.success() || told, "{said}");
            quoted += usize::from(!output.status.success());
        }
    }
    assert!(quoted > 40, "{quoted} were refused");
}

#[test]
fn a_backends_own_words_do_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for text in texts(12) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let problem =
            json!({ "type": "/problems/x", "title": text, "status": 401, "code": "x", "hint": text }).to_string();
        let backend = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut asked = Vec::new();
            let mut buffer = [0; 4096];
            while !asked.windows(12).any(|w| w == b"\"device_name") {
                let read = stream.read(&mut buffer).unwrap();
                assert!(read > 0, "the question broke off");
                asked.extend_from_slice(&buffer[..read]);
            }
            let head = "HTTP/1.1 401 Unauthorized\r\nContent-Type: application/problem+json\r\nConnection: close";
            write!(stream, "{head}\r\nContent-Length: {}\r\n\r\n{problem}", problem.len()).unwrap();
        });
        let output = comeback(folder.path(), &["login", &url, "--token-stdin"], "cbi_token\n");
        backend.join().unwrap();
        assert!(!output.status.success());
        assert!(said(&output).starts_with("comeback: "), "{}", said(&output));
    }
}
