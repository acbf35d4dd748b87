//! Whatever a carrier's API answers, it is read or refused in our words, and proves no more than it does.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body as HttpBody;
use axum::http::StatusCode;
use comeback::domain::contact::{Address, Body};
use comeback::domain::time::Timestamp;
use comeback::server::carrier::{Carrier as _, Carriers, SendOutcome};
use comeback::server::egress::{Allow, Egress};
use comeback::server::store::{CarrierLine, LineExtra};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use tokio::net::TcpListener;

use super::town::{BUYER, LINE, SECRET};
use crate::bytes::mutate::mutated;

/// What each of them says when all is well, and when it refuses.
const ANSWERS: [&str; 9] = [
    r#"{"data":{"id":"40317f2b-0000","to":[{"phone_number":"+14155550123","status":"queued"}]}}"#,
    r#"{"errors":[{"code":"40300","title":"Blocked due to STOP message","detail":"…"}]}"#,
    r#"{"data":[{"uuid":"40317f2b","cli":"+16465550100","cld":"+14155550123","direction":"outbound","status":"delivered","created_at":"2026-11-03T15:00:00Z","errors":["40008"],"delivery_status_webhook_url":"https://c.example/hooks/telnyx/status/0192f1c0-0000-7000-8000-000000000001"}],"meta":{"total_pages":1,"total_results":1}}"#,
    r#"{"data":{"id":"40317f2b","direction":"inbound","from":{"phone_number":"+14155550123"},"to":[{"phone_number":"+16465550100"}],"text":"Hi","received_at":"2026-11-03T15:00:00Z","media":[{"content_type":"image/png"}]}}"#,
    r#"{"data":{"public":"6kpsY+KcUgq+9VB7Ey7F+ZVHdq6+vnuSQh7qaRRG0iw="}}"#,
    r#"{"data":{"messaging_profile_id":"profile","enabled":true,"webhook_url":"https://c.example/hooks/telnyx/inbound"}}"#,
    r#"{"id":"b-1","status":"queued"}"#,
    r#"{"error":"opted_out"}"#,
    r#"{"messages":[{"id":"b-1","reference":"0192f1c0-0000-7000-8000-000000000001","from":"+16465550100","to":"+14155550123","text":"Hi","at":"2026-11-03T15:00:00Z","status":"delivered","error":null,"media":0}],"next":null}"#,
];

fn in_our_words(said: &str) -> Result<(), TestCaseError> {
    prop_assert!(!said.is_empty() && said.len() < 300 && !said.chars().any(char::is_control), "{said:?}");
    Ok(())
}

#[test]
fn whatever_the_other_carriers_answer_is_read_or_refused_and_proves_no_more_than_it_does() {
    drop(rustls::crypto::ring::default_provider().install_default());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let says = Arc::new(Mutex::new((200_u16, Vec::new())));
    let said = Arc::clone(&says);
    let router = Router::new().fallback(move || {
        let (status, body) = said.lock().unwrap().clone();
        async move { (StatusCode::from_u16(status).unwrap(), HttpBody::from(body)) }
    });
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let api = format!("http://{}", listener.local_addr().unwrap());
    runtime.spawn(async move { axum::serve(listener, router).await });
    let line = |provider: &str| CarrierLine {
        number: Address::parse(LINE).unwrap(),
        provider: provider.to_owned(),
        account: "profile".to_owned(),
        tokens: vec![SECRET.to_owned()],
        service: None,
        api: api.clone(),
        extra: LineExtra { keys: Vec::new(), list: Some(api.clone()), ..LineExtra::default() },
    };
    let lines = [line("telnyx"), line("generic")];
    let (carriers, to) = (Carriers::new(&Egress::new(Allow::loopback())), Address::parse(BUYER).unwrap());
    let seeds = ANSWERS.map(|answer| answer.as_bytes().to_vec()).to_vec();
    let statuses = proptest::sample::select(vec![200, 200, 200, 202, 204, 301, 400, 401, 404, 408, 422, 429, 500, 503]);
    let config = Config { cases: 250, failure_persistence: None, ..Config::default() };
    TestRunner::new(config)
        .run(&(mutated(seeds), statuses), |(answer, status)| {
            *says.lock().unwrap() = (status, answer);
            for line in &lines {
                runtime.block_on(async {
                    match carriers.send(line, &to, &Body::new("Yes"), "https://c.example/status/1").await {
                        SendOutcome::Accepted { id, .. } => prop_assert!(status / 100 == 2 && !id.is_empty()),
                        SendOutcome::Refused { .. } | SendOutcome::Busy => {
                            prop_assert!(status / 100 == 4 && status != 408, "{status} proves nothing");
                        }
                        SendOutcome::Unknown => {}
                    }
                    for listed in [
                        carriers.sent(line, Some(&to), Timestamp::default()).await,
                        carriers.received(line, Timestamp::default()).await,
                        carriers.look_up(line, "b-1").await.map(|found| found.into_iter().collect()),
                    ] {
                        match listed {
                            Ok(all) => prop_assert!((status / 100 == 2 || status == 404) && all.len() < 10_000),
                            Err(e) => in_our_words(&e.to_string())?,
                        }
                    }
                    for finding in carriers.check(line, "https://c.example").await {
                        in_our_words(&format!("{}: {}", finding.setting, finding.says))?;
                    }
                    Ok(())
                })?;
            }
            Ok(())
        })
        .unwrap();
}
