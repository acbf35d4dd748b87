//! A backend that is told to end, with everything in hand: a long poll, a webhook half read, a text at the carrier, and
//! another text behind it.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop where it stands")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use comeback::domain::conversation::AnswerState;
use comeback::domain::id::{ConversationId, MessageId};
use comeback::domain::message::Delivery;
use comeback::server::store::Store as _;
use comeback::server::store::sqlite::SqliteStore;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha1::Sha1;
use uuid::Uuid;

use super::house::COMEBACK;
use super::program::TERRITORIES;
use super::tmux::{eventually, signal};

const ACCOUNT: &str = "AC00112233445566778899aabbccddeeff";
const TOKEN: &str = "the-account-s-token";
const LINE: &str = "+16465550100";
const PLAYBOOK: &str = include_str!("../../assets/playbook.toml");

/// How long a thread of the test waits for another before it gives up.
const PATIENCE: Duration = Duration::from_secs(90);

/// A carrier that takes its time: it says what it was given, and answers when it is told to.
struct SlowCarrier {
    url: String,
    given: Receiver<String>,
    may_answer: Sender<()>,
}

impl SlowCarrier {
    fn opens() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let ((tells, given), (may_answer, answers)) = (channel(), channel());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let request = read_request(&mut stream);
                let sends = request.starts_with("POST ");
                if tells.send(request).is_err() || (sends && answers.recv().is_err()) {
                    return;
                }
                let body = if sends { r#"{"sid": "SM1", "status": "queued"}"# } else { r#"{"messages": []}"# };
                let head = format!("HTTP/1.1 201 Created\r\nContent-Length: {}\r\nConnection: close", body.len());
                stream.write_all(format!("{head}\r\n\r\n{body}").as_bytes()).unwrap();
            }
        });
        Self { url, given, may_answer }
    }

    /// The next text it is given.
    fn gets(&self) -> String {
        loop {
            let request = self.given.recv_timeout(PATIENCE).expect("a text");
            if request.starts_with("POST ") {
                return request;
            }
        }
    }
}

/// Headers, and as much body as they announce.
fn read_request(stream: &mut TcpStream) -> String {
    let (mut request, mut buffer) = (String::new(), [0; 4096]);
    loop {
        if let Some((head, body)) = request.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|l| l.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0_usize) {
                return request;
            }
        }
        let read = stream.read(&mut buffer).unwrap();
        assert!(read > 0, "ended early: {request}");
        request.push_str(&String::from_utf8_lossy(&buffer[..read]));
    }
}

fn run(arguments: &[&str], input: &str) -> String {
    let mut program = Command::new(COMEBACK)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    program.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let out = program.wait_with_output().unwrap();
    assert!(out.status.success(), "{arguments:?}");
    String::from_utf8(out.stdout).unwrap().trim().to_owned()
}

/// A text's form and its signature.
fn text(url: &str, sid: &str, from: &str) -> (String, String) {
    let mut form = [
        ("MessageSid", sid),
        ("AccountSid", ACCOUNT),
        ("From", from),
        ("To", LINE),
        ("Body", "Hello?"),
        ("NumMedia", "0"),
    ];
    form.sort_unstable();
    let mut mac = Hmac::<Sha1>::new_from_slice(TOKEN.as_bytes()).unwrap();
    mac.update(url.as_bytes());
    for (name, value) in &form {
        mac.update(format!("{name}{value}").as_bytes());
    }
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    (body, STANDARD.encode(mac.finalize().into_bytes()))
}

/// The backend; it ends with the test.
struct Backend(Child);

impl Drop for Backend {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

fn serve(folder: &Path, database: &str) -> (Backend, SocketAddr) {
    let at = |name: &str| folder.join(name).display().to_string();
    // No undo time: an answer leaves at once.
    let playbook = PLAYBOOK.replace("undo_hold = \"8s\"", "undo_hold = \"0s\"");
    // Nor does an acknowledgement go first, at whatever hour this runs.
    let playbook = playbook.replace("[use_case.new_lead]\n", "[use_case.new_lead]\nacknowledgement = \"\"\n");
    assert_ne!(playbook, PLAYBOOK);
    std::fs::write(folder.join("playbook.toml"), playbook).unwrap();
    std::fs::write(folder.join("territories.csv"), TERRITORIES).unwrap();
    run(&["audit", "key", "--out", &at("key")], "");
    let mut program = Command::new(COMEBACK)
        .args(["serve", "--playbook", &at("playbook.toml"), "--database", database, "--listen", "127.0.0.1:0"])
        .args(["--checkpoint-file", &at("seen"), "--checkpoint-key", &at("key")])
        .env_remove("COMEBACK_PUBLIC_URL")
        .env("COMEBACK_EGRESS_ALLOW", "127.0.0.0/8")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    let mut line = String::new();
    BufReader::new(program.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.split_once("http://").and_then(|(_, rest)| rest.split_once(',')).expect("an address").0;
    let address = address.parse().unwrap();
    (Backend(program), address)
}

#[test]
fn a_backend_that_is_told_to_end_answers_polls_finishes_what_is_in_hand_and_starts_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let database = format!("sqlite:{}", folder.path().join("db").display());
    let carrier = SlowCarrier::opens();
    let (mut backend, address) = serve(folder.path(), &database);
    let set_up = ["line", "add", "--database", &database, LINE, "--account", ACCOUNT, "--token-stdin", "--api"];
    run(&[&set_up[..], &[&carrier.url]].concat(), &format!("{TOKEN}\n"));
    let invite = run(&["rep", "add", "--database", &database, "maya"], "");

    drop(rustls::crypto::ring::default_provider().install_default());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let ask = |request: reqwest::RequestBuilder| -> Value {
        runtime.block_on(async { request.send().await?.error_for_status()?.json().await }).expect("an answer")
    };
    let url = |path: &str| format!("http://{address}{path}");
    let session = json!({ "token": invite, "device_name": "laptop" });
    let token = ask(http.post(url("/v1/session")).json(&session))["token"].as_str().unwrap().to_owned();

    // A buyer texts; the rep answers twice. The first answer is with the carrier, which does not answer yet.
    let hook = url("/hooks/twilio/inbound");
    let (body, signature) = text(&hook, "SM1", "+14155550123");
    let form = "application/x-www-form-urlencoded";
    let request = http.post(&hook).header("Content-Type", form).header("X-Twilio-Signature", signature).body(body);
    assert_eq!(runtime.block_on(request.send()).unwrap().status(), 200);
    let changes = |since: &str| http.get(url(&format!("/v1/changes?since={since}&acked=2"))).bearer_auth(&token);
    let page = ask(changes(""));
    let conversation = &page["upserts"][0]["state"]["id"];
    let answers = [Uuid::now_v7(), Uuid::now_v7()];
    let envelopes = answers.iter().zip(1..).map(|(message, n)| {
        let command = json!({ "do": "answer", "message": message, "body": format!("Answer {n}"), "accept": [] });
        json!({ "id": Uuid::now_v7(), "n": n, "after": 0, "seen": 1, "issued_at": 0, "conversation": conversation, "command": command })
    });
    let push = json!({ "envelopes": envelopes.collect::<Vec<_>>() });
    let receipts = ask(http.post(url("/v1/commands")).bearer_auth(&token).json(&push));
    assert_eq!(receipts["receipts"][1]["verdict"]["verdict"], "done", "{receipts}");
    assert!(carrier.gets().contains("Body=Answer+1"));

    // A long poll waits, and a webhook has announced its body.
    let page = ask(changes(""));
    let poll = format!("{}&wait=60&playbook=1", changes(page["cursor"].as_str().unwrap()).build().unwrap().url());
    let polling = runtime.spawn(http.get(poll).bearer_auth(&token).send());
    eventually("an open poll", || {
        let metrics = runtime.block_on(async { http.get(url("/metrics")).send().await?.text().await }).unwrap();
        metrics.contains("comeback_open_polls 1\n").then_some(())
    });
    let (body, signature) = text(&hook, "SM2", "+14155550124");
    let mut webhook = TcpStream::connect(address).unwrap();
    webhook.set_read_timeout(Some(PATIENCE)).unwrap();
    let head = format!(
        "POST /hooks/twilio/inbound HTTP/1.1\r\nHost: {address}\r\nContent-Type: {form}\r\nContent-Length: {}\r\n\
         X-Twilio-Signature: {signature}\r\nExpect: 100-continue\r\n\r\n",
        body.len()
    );
    webhook.write_all(head.as_bytes()).unwrap();
    let mut told = [0; 12];
    webhook.read_exact(&mut told).unwrap();
    assert_eq!(&told, b"HTTP/1.1 100", "it is being read");

    signal(backend.0.id(), "TERM");

    let polled = runtime.block_on(polling).unwrap().unwrap();
    assert_eq!(polled.status(), 200, "the poll is answered long before its minute is over");
    let polled: Value = runtime.block_on(polled.json()).unwrap();
    assert_eq!(polled["upserts"], json!([]), "with what there was: nothing");
    webhook.write_all(body.as_bytes()).unwrap();
    let mut answer = String::new();
    webhook.read_to_string(&mut answer).unwrap();
    assert!(answer.contains("HTTP/1.1 200"), "the webhook in hand is kept and answered: {answer}");
    carrier.may_answer.send(()).unwrap();
    let status = eventually("the end of the backend", || backend.0.try_wait().unwrap());
    assert_eq!(status.code(), Some(0));
    assert!(TcpStream::connect(address).is_err(), "nobody listens any more");

    // On disk: both texts, the first answer with the carrier, the second as it was. Nothing more had begun.
    let store = SqliteStore::open(&folder.path().join("db")).unwrap();
    let conversation = ConversationId(conversation.as_str().unwrap().parse().unwrap());
    let (state, _) = runtime.block_on(store.messages(conversation, 1, 1)).unwrap().unwrap();
    let stands = answers.map(|message| state.answers[&MessageId(message)].state.clone());
    assert_eq!(stands[0], AnswerState::Out { delivery: Delivery::Queued, error: None });
    assert!(matches!(stands[1], AnswerState::Held { .. }), "{:?}", stands[1]);
    assert!(carrier.given.try_recv().is_err(), "the carrier was given nothing more");
    let entries = runtime.block_on(store.entries(0, usize::MAX)).unwrap();
    let received = entries.iter().filter(|e| String::from_utf8_lossy(&e.body).contains("\"received\"")).count();
    assert_eq!(received, 2);
    drop(store);
    let at = |name: &str| folder.path().join(name).display().to_string();
    let verify = ["audit", "verify", "--database", &database, "--checkpoint", &at("seen"), "--key", &at("key")];
    let said = run(&verify, "");
    assert!(said.contains("whole: ") && said.contains("checkpoint(s) saw"), "{said}");
}
