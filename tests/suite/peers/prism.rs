//! Twilio's published description as a judge: Prism stands between a client and the emulated carrier, and answers every
//! request or answer that the description does not allow with a violation instead.
//!
//! `tests/run` installs Prism and says where it is when it is given the description; without the description there is
//! nothing to hold the emulator against, and `tests/run` says so.

use std::io::{BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use comeback::emulator::{Callbacks, Faults};
use serde_json::{Value, json};
use tokio::task::block_in_place;

use super::shop::{BUYER, LINE, Shop, eventually, http};
use crate::twilio_library::client;

/// Node reads two megabytes of description before it listens.
const PATIENCE: Duration = Duration::from_secs(120);

/// A running Prism. Dropping it ends its whole process group.
struct Prism {
    child: Child,
    url: String,
}

impl Prism {
    /// Where the description is; none when the tests are run without it.
    fn description() -> Option<PathBuf> {
        std::env::var_os("COMEBACK_TWILIO_SPEC").filter(|path| !path.is_empty()).map(PathBuf::from)
    }

    fn start(description: &PathBuf, upstream: &str) -> Self {
        assert!(description.is_file(), "COMEBACK_TWILIO_SPEC names {}, which is no file", description.display());
        let program = std::env::var_os("COMEBACK_TEST_PRISM")
            .expect("COMEBACK_TEST_PRISM is not set: run tests/run, which installs Prism and sets it");
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut child = Command::new(&program)
            .arg("proxy")
            .arg(description)
            .args([upstream, "--errors", "--host", "127.0.0.1", "--port", &port.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            // A group of its own: Prism starts workers.
            .process_group(0)
            .spawn()
            .unwrap_or_else(|error| panic!("Prism at {} did not start: {error}", program.display()));
        let said = BufReader::new(child.stdout.take().unwrap());
        let prism = Self { child, url: format!("http://127.0.0.1:{port}") };
        // Its words are read to the end, so that it never waits for a full pipe.
        let (listens, wait) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            for line in said.lines().map_while(Result::ok) {
                if line.contains("is listening on") {
                    let _ = listens.send(());
                }
            }
        });
        let started = Instant::now();
        wait.recv_timeout(PATIENCE).unwrap_or_else(|_| {
            panic!("Prism did not listen after {:?}: does it read the description?", started.elapsed())
        });
        prism
    }
}

impl Drop for Prism {
    fn drop(&mut self) {
        let group = i32::try_from(self.child.id()).ok().and_then(rustix::process::Pid::from_raw);
        if let Some(group) = group {
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
        let _ = self.child.wait();
    }
}

/// An answer through Prism.
struct Answer {
    status: u16,
    violations: Value,
    body: Value,
}

/// Asks through Prism with the account's credentials.
async fn ask(shop: &Shop, prism: &Prism, method: &str, path: &str, form: &[(&str, &str)], absolute: bool) -> Answer {
    let account = &shop.config.account_sid;
    // The account itself is `.json`; all else lies below it.
    let slash = if path.starts_with('.') { "" } else { "/" };
    let url = format!("{}/2010-04-01/Accounts/{account}{slash}{path}", prism.url);
    let mut request = http().request(method.parse().unwrap(), url).basic_auth(account, Some(&shop.config.auth_token));
    if absolute {
        request = request.header("X-Emulated-Uris", "absolute");
    }
    if method == "POST" {
        request = request.form(form);
    }
    let answer = request.send().await.unwrap();
    let violations = answer.headers().get("sl-violations").map_or(Value::Null, |v| json!(v.to_str().unwrap()));
    let status = answer.status().as_u16();
    let body: Value = answer.json().await.unwrap();
    let said = body["type"].as_str().is_some_and(|kind| kind.contains("prism"));
    Answer { status, violations: if said { body.clone() } else { violations }, body }
}

/// Asks for what must be as the description says.
async fn clean(shop: &Shop, prism: &Prism, method: &str, path: &str, form: &[(&str, &str)], wanted: u16) -> Value {
    let answer = ask(shop, prism, method, path, form, true).await;
    assert!(answer.violations.is_null(), "{method} {path}: {:#}", answer.violations);
    assert_eq!(answer.status, wanted, "{method} {path}: {}", answer.body);
    answer.body
}

/// Asks for what must be refused with this status; Twilio's code. The description has no word on errors: that, and only
/// that, Prism remarks, and hands them on.
async fn refused(shop: &Shop, prism: &Prism, method: &str, path: &str, form: &[(&str, &str)], wanted: u16) -> Value {
    let answer = ask(shop, prism, method, path, form, true).await;
    assert_eq!(answer.status, wanted, "{method} {path}: {}", answer.body);
    let remarks: Vec<Value> = serde_json::from_str(answer.violations.as_str().unwrap_or_default()).unwrap();
    let only = remarks.len() == 1 && remarks[0]["severity"] == "Warning";
    let about_status = |r: &Value| r["message"].as_str().is_some_and(|m| m.contains("match the returned status code"));
    assert!(only && about_status(&remarks[0]), "{method} {path}: {remarks:#?}");
    assert_eq!(answer.body["status"], wanted);
    answer.body["code"].clone()
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::print_stderr, reason = "without the description nothing is held, and the log of the test says so")]
async fn what_the_emulator_answers_is_what_twilio_s_description_allows() {
    let Some(description) = Prism::description() else {
        eprintln!("COMEBACK_TWILIO_SPEC is not set: the emulated carrier is not held against Twilio's description");
        return;
    };
    let shop = Shop::open(|config| config.faults.callbacks = Callbacks::Clean).await;
    let prism = block_in_place(|| Prism::start(&description, shop.emulator.base_url()));

    let text = [("To", BUYER), ("From", LINE), ("Body", "Hi & 50% off + ñ = 👋")];
    let sent = clean(&shop, &prism, "POST", "Messages.json", &text, 201).await;
    assert_eq!((&sent["status"], &sent["body"]), (&json!("queued"), &json!("Hi & 50% off + ñ = 👋")));
    let one = format!("Messages/{}.json", sent["sid"].as_str().unwrap());
    clean(&shop, &prism, "GET", &one, &[], 200).await;
    eventually("it is delivered", async || {
        let message = clean(&shop, &prism, "GET", &one, &[], 200).await;
        Some(()).filter(|()| message["status"] == "delivered")
    })
    .await;
    // One that fails, an inbound one, one with pictures.
    shop.emulator.set_faults(Faults { undelivered: Some(30003), callbacks: Callbacks::Clean, ..Faults::default() });
    let failing = clean(&shop, &prism, "POST", "Messages.json", &text, 201).await;
    let failing = format!("Messages/{}.json", failing["sid"].as_str().unwrap());
    eventually("it is undelivered", async || {
        let message = clean(&shop, &prism, "GET", &failing, &[], 200).await;
        Some(()).filter(|()| message["error_code"] == 30003)
    })
    .await;
    shop.emulator.inbound(BUYER, LINE, "thanks", 0);
    let picture = shop.emulator.inbound(BUYER, LINE, "", 2);
    clean(&shop, &prism, "GET", &format!("Messages/{picture}.json"), &[], 200).await;

    let path = "Messages.json?PageSize=2&To=%2B16465550100";
    let page = clean(&shop, &prism, "GET", path, &[], 200).await;
    assert_eq!(page["messages"].as_array().map(Vec::len), Some(2));
    let page = clean(&shop, &prism, "GET", "Messages.json?PageSize=3", &[], 200).await;
    let next = page["next_page_uri"].as_str().unwrap().split_once("Messages.json").unwrap().1;
    let page = clean(&shop, &prism, "GET", &format!("Messages.json{next}"), &[], 200).await;
    assert_eq!((page["messages"].as_array().map(Vec::len), &page["next_page_uri"]), (Some(1), &Value::Null));
    let numbers = clean(&shop, &prism, "GET", "IncomingPhoneNumbers.json", &[], 200).await;
    let number = format!("IncomingPhoneNumbers/{}.json", numbers["incoming_phone_numbers"][0]["sid"].as_str().unwrap());
    clean(&shop, &prism, "GET", &number, &[], 200).await;
    let account = clean(&shop, &prism, "GET", ".json", &[], 200).await;
    assert_eq!(account["auth_token"], shop.config.auth_token.as_str());
    let app = [("FriendlyName", "Sales"), ("SmsUrl", "https://c.example/hook"), ("SmsMethod", "GET")];
    let app = clean(&shop, &prism, "POST", "Applications.json", &app, 201).await;
    let sid = app["sid"].as_str().unwrap();
    let path = format!("Applications/{sid}.json");
    clean(&shop, &prism, "POST", &path, &[("SmsMethod", "POST")], 200).await;
    assert_eq!(clean(&shop, &prism, "GET", &path, &[], 200).await["sms_method"], "POST");
    let chosen = [("SmsApplicationSid", sid), ("SmsMethod", "GET"), ("SmsFallbackMethod", "GET")];
    let changed = clean(&shop, &prism, "POST", &number, &chosen, 200).await;
    assert_eq!((&changed["sms_application_sid"], &changed["sms_method"]), (&json!(sid), &json!("GET")));

    let missing = format!("Messages/SM{}.json", "0".repeat(32));
    assert_eq!(refused(&shop, &prism, "GET", &missing, &[], 404).await, 20404);
    assert_eq!(refused(&shop, &prism, "POST", "Messages.json", &[("To", BUYER), ("From", LINE)], 400).await, 21602);
    shop.emulator.inbound(BUYER, LINE, "stop", 0);
    assert_eq!(refused(&shop, &prism, "POST", "Messages.json", &text, 400).await, 21610);
    shop.emulator.inbound(BUYER, LINE, "start", 0);

    // Twilio's own client, through Twilio's own description.
    let signed_in = (shop.config.account_sid.as_str(), shop.config.auth_token.as_str());
    let arguments = json!({"to": BUYER, "from_": LINE, "body": "by Twilio's client"});
    let by_client = block_in_place(|| client(&prism.url, signed_in, "send", &arguments)).unwrap();
    assert_eq!(by_client["status"], "queued");

    // Prism is awake: what the description does not allow is not let through, either way.
    let before = shop.sends(BUYER).len();
    let request = ask(&shop, &prism, "POST", "Messages.json", &[("From", LINE), ("Body", "to nobody")], true).await;
    assert_eq!((request.status, request.violations.is_null()), (422, false), "{}", request.body);
    let answer = ask(&shop, &prism, "GET", "Messages.json", &[], false).await;
    assert_eq!((answer.status, answer.violations.is_null()), (500, false), "{}", answer.body);
    assert_eq!(shop.sends(BUYER).len(), before);
}
