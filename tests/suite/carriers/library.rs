//! The carriers' published libraries as judges that share no code with us: Telnyx's own client against its emulator, and
//! Standard Webhooks' library at both ends of our own protocol. `tests/run` installs them.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::routing::post;
use comeback::clock::{Clock, SystemClock};
use comeback::domain::contact::{Address, Body};
use comeback::emulator::others::OtherFaults;
use comeback::emulator::others::bridge::BridgeEmulator;
use comeback::emulator::others::telnyx::{TelnyxConfig, TelnyxEmulator};
use comeback::server::carrier::generic::Generic;
use comeback::server::carrier::telnyx::Telnyx;
use comeback::server::carrier::{Carrier as _, Hooked, SendOutcome};
use comeback::server::egress::{Allow, Egress};
use comeback::server::store::{CarrierLine, LineExtra};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::block_in_place;

use super::town::{BUYER, LINE, SECRET};
use crate::twilio_library::script;

const KEY: &str = "KEY0123456789";
const PROFILE: &str = "16fd2706-8baf-433b-82eb-8c7fada847da";

type Posted = (HeaderMap, Bytes);

/// Catches what is posted to it.
async fn catcher() -> (String, mpsc::UnboundedReceiver<Posted>) {
    drop(rustls::crypto::ring::default_provider().install_default());
    let (caught, posts) = mpsc::unbounded_channel();
    let take = |State(caught): State<mpsc::UnboundedSender<Posted>>, headers: HeaderMap, body: Bytes| async move {
        caught.send((headers, body)).unwrap();
        r#"{"id":"b-1","status":"queued"}"#
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(post(take)).with_state(caught)).await });
    (url, posts)
}

async fn telnyx(webhook_url: &str) -> TelnyxEmulator {
    let config = TelnyxConfig {
        api_key: KEY.to_owned(),
        seed: [9; 32],
        profile: PROFILE.to_owned(),
        numbers: vec![LINE.to_owned()],
        webhook_url: Some(webhook_url.to_owned()),
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    TelnyxEmulator::start(listener, config, Arc::new(SystemClock) as Arc<dyn Clock>).unwrap()
}

/// Telnyx's client: an answer that it takes for an error is `Err` of `{status, code}`.
fn client(emulator: &TelnyxEmulator, action: &str, arguments: &Value) -> Result<Value, Value> {
    let secrets = [("COMEBACK_API_KEY", KEY)];
    let ask = || script("telnyx_client.py", &[emulator.base_url(), action], &secrets, arguments.to_string().as_bytes());
    let told = block_in_place(ask);
    let answer = || serde_json::from_slice::<Value>(&told.stdout).unwrap();
    match told.status.code() {
        Some(0) => Ok(answer()),
        Some(1) if !told.stdout.is_empty() => Err(answer()["error"].take()),
        _ => panic!("Telnyx's client failed: {}", String::from_utf8_lossy(&told.stderr)),
    }
}

fn asked(headers: &HeaderMap, body: &[u8], key: &str) -> Value {
    let plain = headers.iter().map(|(n, v)| (n.as_str().to_owned(), v.to_str().unwrap().to_owned()));
    let headers: std::collections::BTreeMap<String, String> = plain.collect();
    json!({ "headers": headers, "body": std::str::from_utf8(body).unwrap(), "key": key })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn telnyxs_client_sends_looks_up_and_lists_through_the_emulator() {
    let (url, mut posts) = catcher().await;
    let emulator = telnyx(&url).await;
    let sent = client(&emulator, "send", &json!({ "from_": LINE, "to": BUYER, "text": "Hi", "webhook_url": url }));
    let sent = sent.unwrap();
    assert_eq!((&sent["status"], &sent["text"]), (&json!("queued"), &json!("Hi")));
    for event in ["message.sent", "message.finalized"] {
        let (_, body) = posts.recv().await.unwrap();
        assert_eq!(serde_json::from_slice::<Value>(&body).unwrap()["data"]["event_type"], event);
    }
    let found = client(&emulator, "retrieve", &json!({ "id": sent["id"] })).unwrap();
    assert_eq!(
        (&found["id"], &found["direction"], &found["status"]),
        (&sent["id"], &json!("outbound"), &json!("delivered"))
    );
    let inbound = emulator.text(BUYER, LINE, "STOP").await;
    let all = client(&emulator, "records", &json!({})).unwrap();
    let ids: Vec<&Value> = all.as_array().unwrap().iter().map(|r| &r["uuid"]).collect();
    assert_eq!(ids, [&sent["id"], &json!(inbound)]);
    assert_eq!(all[0]["webhook_url"], url);
    // And it is refused as by Telnyx.
    let refused = |arguments: Value| client(&emulator, "send", &arguments).unwrap_err();
    let again = json!({ "from_": LINE, "to": BUYER, "text": "Hi" });
    assert_eq!(refused(again.clone()), json!({ "status": 400, "code": "40300" }));
    assert_eq!(refused(json!({ "from_": "+16465550999", "to": BUYER, "text": "Hi" }))["code"], "40305");
    emulator.set_faults(OtherFaults { send_429: comeback::emulator::Times::Always(true), ..OtherFaults::default() });
    assert_eq!(refused(again), json!({ "status": 429, "code": "10011" }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn telnyxs_library_takes_the_emulated_webhooks_and_not_one_byte_else_and_so_do_we() {
    let (url, mut posts) = catcher().await;
    let emulator = telnyx(&url).await;
    emulator.text(BUYER, LINE, "Can we talk? ñ").await;
    let (headers, body) = posts.recv().await.unwrap();
    let judged = |headers: &HeaderMap, body: &[u8], key: &str| {
        let said = asked(headers, body, key).to_string();
        let told = block_in_place(|| script("telnyx_webhook.py", &[], &[], said.as_bytes()));
        match told.status.code() {
            Some(0) => true,
            Some(1) if told.stdout == b"refused\n" => false,
            _ => panic!("Telnyx's library could not be asked: {}", String::from_utf8_lossy(&told.stderr)),
        }
    };
    let ours = |headers: &HeaderMap, body: &[u8], key: &str| {
        let hooked = Hooked {
            carrier: "telnyx",
            path: "inbound",
            method: "POST",
            url: "https://c.example/hooks/telnyx/inbound",
            query: "",
            headers,
            body,
            at: SystemClock.now(),
        };
        let lines = [CarrierLine {
            extra: LineExtra { keys: vec![key.to_owned()], list: None, ..LineExtra::default() },
            ..telnyx_line(&url)
        }];
        Telnyx::new(Egress::new(Allow::loopback())).verify(&lines, &hooked).is_ok()
    };
    let key = emulator.public_key();
    let mut changed = body.to_vec();
    let last = changed.len() - 3;
    changed[last] = changed[last].wrapping_add(1);
    let mut late = headers.clone();
    let seconds: i64 = headers["telnyx-timestamp"].to_str().unwrap().parse().unwrap();
    late.insert("telnyx-timestamp", (seconds - 400).to_string().parse().unwrap());
    let other = "6kpsY+KcUgq+9VB7Ey7F+ZVHdq6+vnuSQh7qaRRG0iw=";
    for (headers, body, key, good) in [
        (&headers, &body[..], key.as_str(), true),
        (&headers, &changed[..], key.as_str(), false),
        (&late, &body[..], key.as_str(), false),
        (&headers, &body[..], other, false),
    ] {
        assert_eq!((judged(headers, body, key), ours(headers, body, key)), (good, good));
    }
}

fn telnyx_line(api: &str) -> CarrierLine {
    CarrierLine {
        number: Address::parse(LINE).unwrap(),
        provider: "telnyx".to_owned(),
        account: PROFILE.to_owned(),
        tokens: vec![KEY.to_owned()],
        service: None,
        api: api.to_owned(),
        extra: LineExtra::default(),
    }
}

fn generic_line(send_url: &str) -> CarrierLine {
    CarrierLine {
        provider: "generic".to_owned(),
        account: "acme".to_owned(),
        tokens: vec![SECRET.to_owned()],
        ..telnyx_line(send_url)
    }
}

fn judged(action: &str, said: &Value) -> Option<Value> {
    let secrets = [("COMEBACK_WEBHOOK_SECRET", SECRET)];
    let name = if action == "verify" { "webhook.py" } else { "webhook_sign.py" };
    let told = block_in_place(|| script(name, &[], &secrets, said.to_string().as_bytes()));
    match told.status.code() {
        Some(0) => Some(serde_json::from_slice(&told.stdout).unwrap_or_default()),
        Some(1) if told.stdout == b"refused\n" => None,
        _ => panic!("the library could not be asked: {}", String::from_utf8_lossy(&told.stderr)),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_library_of_standard_webhooks_takes_our_sends_and_what_it_signs_we_take() {
    let (url, mut posts) = catcher().await;
    let line = generic_line(&url);
    let (to, callback) = (Address::parse(BUYER).unwrap(), "https://c.example/hooks/generic/status/0192f1c0");
    let generic = Generic::new(Egress::new(Allow::loopback()));
    let sent = generic.send(&line, &to, &Body::new("At ten? ñ"), callback).await;
    assert!(matches!(sent, SendOutcome::Accepted { ref id, .. } if id == "b-1"), "{sent:?}");
    let (headers, body) = posts.recv().await.unwrap();
    assert!(judged("verify", &asked(&headers, &body, "")).is_some());
    let mut changed = body.to_vec();
    changed[20] ^= 1;
    assert!(judged("verify", &asked(&headers, &changed, "")).is_none());
    let said: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!((&said["type"], &said["data"]["reference"]), (&json!("message.send"), &json!("0192f1c0")));

    // The other way: the library signs, we verify; and the emulated carrier's own webhooks please the library.
    let text = json!({ "type": "message.received", "data": { "id": "1", "from": BUYER, "to": LINE, "text": "ñ" } });
    let signed = judged("sign", &json!({ "body": text.to_string() })).unwrap();
    let mut headers = HeaderMap::new();
    for (name, value) in signed.as_object().unwrap() {
        let name: HeaderName = name.parse().unwrap();
        headers.insert(name, HeaderValue::from_str(value.as_str().unwrap()).unwrap());
    }
    let body = text.to_string();
    let hooked = Hooked {
        carrier: "generic",
        path: "inbound",
        method: "POST",
        url: "https://c.example/hooks/generic/inbound",
        query: "",
        headers: &headers,
        body: body.as_bytes(),
        at: SystemClock.now(),
    };
    assert_eq!(generic.verify(&[line], &hooked), Ok(["acme".to_owned()].into()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let emulator = BridgeEmulator::start(listener, SECRET, Arc::new(SystemClock) as Arc<dyn Clock>).unwrap();
    emulator.set_webhook(&url);
    emulator.text(BUYER, LINE, "Hello").await;
    let (headers, body) = posts.recv().await.unwrap();
    assert!(judged("verify", &asked(&headers, &body, "")).is_some());
}
