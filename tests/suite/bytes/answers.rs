//! Answers of the carrier's API and of the CRM with something wrong in them, read by the real clients from a loopback
//! socket.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body as HttpBody;
use axum::http::StatusCode;
use comeback::config::secret::Held;
use comeback::domain::contact::{Address, Body};
use comeback::domain::time::Timestamp;
use comeback::server::carrier::twilio::Twilio;
use comeback::server::carrier::{Carrier as _, SendOutcome};
use comeback::server::crm::Crm as _;
use comeback::server::crm::directory::Directory;
use comeback::server::egress::{Allow, Egress};
use comeback::server::store::{CarrierLine, LineExtra};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use super::mutate::mutated;

const ACCOUNT: &str = "AC00112233445566778899aabbccddeeff";

const ANSWERS: [&str; 9] = [
    r#"{"sid": "SM1", "status": "queued", "body": "Yes", "error_code": null}"#,
    r#"{"code": 21610, "message": "Attempt to send to unsubscribed recipient", "more_info": "x", "status": 400}"#,
    r#"{"messages": [{"sid": "SM1", "from": "+14155550123", "to": "+16465550100", "body": "caf\u00e9 \u202e", "direction": "inbound", "status": "received", "error_code": null, "num_media": "1", "date_sent": "Tue, 03 Mar 2026 15:00:00 +0000"}, {"sid": "SM2", "from": "+16465550100", "to": "+14155550123", "body": null, "direction": "outbound-api", "status": "undelivered", "error_code": 30006, "date_created": "Tue, 03 Mar 2026 15:00:01 +0000"}], "next_page_uri": null}"#,
    r#"{"messages": [], "next_page_uri": "/2010-04-01/Accounts/AC1/Messages.json?Page=1"}"#,
    r#"{"incoming_phone_numbers": [{"sid": "PN1", "phone_number": "+16465550100", "sms_application_sid": "AP1", "sms_url": "https://c.example/hooks/twilio/inbound", "sms_method": "POST", "sms_fallback_url": "", "sms_fallback_method": "POST"}], "auth_token": "t", "status": "active", "sid": "AC1"}"#,
    r#"{"services": [{"sid": "MG1", "use_inbound_webhook_on_number": false, "inbound_request_url": null, "inbound_method": "POST", "fallback_url": null, "fallback_method": null}], "phone_numbers": [{}], "meta": {"next_page_url": null}, "sms_url": null, "sms_method": null, "sms_fallback_url": null, "sms_fallback_method": null}"#,
    r#"{"contacts": [{"id": "c1", "name": "Dana Fox", "title": "VP", "phones": ["+1 (415) 555-0123", "0"], "timezone": "America/New_York", "address": {"zip": "98101-1234", "city": "Seattle", "state": "WA", "country": "US"}, "account": {"name": "Harbor", "owner": "maya"}, "owner": "maya", "sdr": null, "opportunity": {"name": "Fleet", "stage": "Negotiation", "amount_cents": 4800000, "currency": "USD", "owner": "maya", "team": [{"rep": "ben", "role": "SE"}]}, "campaign": {"name": "Q3", "use_case": "meeting"}, "last_touch": {"at": "2026-03-03T15:00:00Z", "kind": "call", "summary": "x"}, "intents": [{"at": "+262142-12-31T23:59:59Z", "kind": "quote", "detail": "y"}]}]}"#,
    "<html>Bad gateway</html>",
    "",
];

/// A server that answers everything alike.
struct Peer {
    runtime: Runtime,
    says: Arc<Mutex<(u16, Vec<u8>)>>,
    api: String,
}

impl Peer {
    fn start() -> Self {
        drop(rustls::crypto::ring::default_provider().install_default());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let says = Arc::new(Mutex::new((200, Vec::new())));
        let said = Arc::clone(&says);
        let router = Router::new().fallback(move || {
            let (status, body) = said.lock().unwrap().clone();
            async move { (StatusCode::from_u16(status).unwrap(), HttpBody::from(body)) }
        });
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let api = format!("http://{}", listener.local_addr().unwrap());
        runtime.spawn(async move { axum::serve(listener, router).await });
        Self { runtime, says, api }
    }
}

fn line(api: &str) -> CarrierLine {
    CarrierLine {
        number: Address::parse("+16465550100").unwrap(),
        provider: "twilio".to_owned(),
        account: ACCOUNT.to_owned(),
        tokens: vec!["t".to_owned()],
        service: Some("MG1".to_owned()),
        api: api.to_owned(),
        extra: LineExtra::default(),
    }
}

/// Errors are one short line and quote nothing of the answer.
fn in_our_words(said: &str) -> Result<(), TestCaseError> {
    prop_assert!(!said.is_empty() && said.len() < 300 && !said.chars().any(char::is_control), "{said:?}");
    Ok(())
}

fn here() -> Egress {
    Egress::new(Allow::loopback())
}

#[test]
fn whatever_the_carrier_and_the_crm_answer_is_read_or_refused() {
    let peer = Peer::start();
    let (line, to) = (line(&peer.api), Address::parse("+14155550123").unwrap());
    let twilio = Twilio::new(here());
    let directory = Directory::new(here(), &peer.api, Held::Here("token".into())).unwrap();
    let seeds = ANSWERS.map(|answer| answer.as_bytes().to_vec()).to_vec();
    let statuses = proptest::sample::select(vec![200, 200, 200, 201, 204, 301, 400, 401, 404, 429, 500, 503]);
    let config = Config { cases: 250, failure_persistence: None, ..Config::default() };
    let asked = TestRunner::new(config).run(&(mutated(seeds), statuses), |(answer, status)| {
        let proves = status / 100 == 2;
        *peer.says.lock().unwrap() = (status, answer);
        peer.runtime.block_on(async {
            match twilio.send(&line, &to, &Body::new("Yes"), "https://c.example/x").await {
                SendOutcome::Accepted { id, .. } => prop_assert!(proves && !id.is_empty()),
                SendOutcome::Refused { .. } => prop_assert!(status / 100 == 4),
                SendOutcome::Busy => prop_assert!(status / 100 == 4, "{status} proves nothing"),
                SendOutcome::Unknown => {}
            }
            for listed in [
                twilio.sent(&line, Some(&to), Timestamp::default()).await,
                twilio.received(&line, Timestamp::default()).await,
            ] {
                match listed {
                    Ok(all) => prop_assert!(proves && all.len() < 10_000),
                    Err(e) => in_our_words(&e.to_string())?,
                }
            }
            for finding in twilio.check(&line, "https://c.example").await {
                in_our_words(&format!("{}: {}", finding.setting, finding.says))?;
            }
            for people in
                [directory.everybody().await.map(|all| all.len()), directory.behind(&to).await.map(|all| all.len())]
            {
                match people {
                    Ok(count) => prop_assert!(proves && count < 10_000),
                    Err(e) => in_our_words(&e.to_string())?,
                }
            }
            Ok(())
        })
    });
    if let Err(e) = asked {
        panic!("{e}");
    }
}

/// Answers every request with a body that never ends; counts what was taken of it.
async fn endless(listener: TcpListener, taken: Arc<Mutex<usize>>) {
    let chunk = vec![b' '; 64 * 1024];
    while let Ok((mut stream, _)) = listener.accept().await {
        let mut asked = vec![0; 4096];
        let read = stream.read(&mut asked).await.unwrap_or(0);
        assert!(read > 0, "nothing was asked");
        let mut next: &[u8] = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n";
        while stream.write_all(next).await.is_ok() {
            *taken.lock().unwrap() += next.len();
            next = &chunk;
        }
    }
}

/// It is given up, not kept in memory until there is none.
#[tokio::test]
async fn an_answer_without_end_is_given_up() {
    drop(rustls::crypto::ring::default_provider().install_default());
    let taken = Arc::new(Mutex::new(0));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let api = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(endless(listener, Arc::clone(&taken)));
    let line = line(&api);
    let twilio = Twilio::new(here());
    let said = twilio.received(&line, Timestamp::default()).await.unwrap_err().to_string();
    assert_eq!(said, "the carrier did not answer: the answer of 127.0.0.1 is larger than 8388608 bytes");
    let outcome = twilio.send(&line, &line.number, &Body::new("Yes"), "https://c.example/x").await;
    assert_eq!(outcome, SendOutcome::Unknown);
    let carrier = std::mem::take(&mut *taken.lock().unwrap());
    assert!(carrier < 64 * 1024 * 1024, "{carrier} bytes were taken in");
    let said = Directory::new(here(), &api, Held::Here("t".into())).unwrap().everybody().await.unwrap_err().to_string();
    assert_eq!(said, "the CRM's answer is not readable: too large");
    assert!(*taken.lock().unwrap() < 96 * 1024 * 1024);
}
