//! Auditors read the journal as it was sealed, and can change nothing.

use std::collections::BTreeSet;

use comeback::domain::command::Command;
use comeback::domain::id::MessageId;
use comeback::domain::message::Delivery;

use super::*;

#[tokio::test]
async fn what_the_carrier_refused_is_among_the_refusals_and_what_it_delivered_is_not() {
    let office = Office::open().await;
    office.sign_in("nina").await.sign_in("maya").await.text("+14155550123", "Can we talk about price?").await;
    let (_, page) = office.ask("GET", "/v1/changes", Some("maya"), None).await;
    let conversation = page["upserts"][0]["state"]["id"].clone();
    let ends = [(Delivery::Delivered, None), (Delivery::Undelivered, Some(30_003)), (Delivery::Failed, Some(21_610))];
    for (n, (delivery, error)) in (1..).zip(ends) {
        let message = MessageId(Uuid::now_v7());
        let answer = json!({ "do": "answer", "message": message, "body": format!("Of course: {n}?"), "accept": [] });
        let push = json!({ "envelopes": [envelope(n, &conversation, 1, &answer)] });
        let (status, receipts) = office.ask("POST", "/v1/commands", Some("maya"), Some(push)).await;
        assert_eq!(status, StatusCode::OK, "{receipts}");
        let command = Command::Report { message, delivery, error };
        let raw = RawEvent { provider: "twilio".into(), kind: "status".into(), params: "{}".into(), at: office.now() };
        office.service.submit(Work::Report { message, command, raw, foreign: BTreeSet::new() }).await.unwrap();
    }
    let (status, refusals) = office.ask("GET", "/v1/audit/entries?kinds=refusals", Some("nina"), None).await;
    assert_eq!(status, StatusCode::OK, "{refusals}");
    let bodies = refusals["entries"].as_array().unwrap().iter().filter_map(|entry| entry["body"].as_str());
    let told: Vec<&str> = bodies.filter(|body| body.contains("delivery_changed")).collect();
    assert!(told.len() == 1 && told[0].contains("21610"), "{told:?}");
}

#[tokio::test]
async fn an_auditor_reads_the_journal_verifies_it_and_is_refused_everything_else() {
    let office = Office::open().await;
    office.sign_in("nina").await.sign_in("maya").await.text("+14155550123", "STOP").await;
    let (status, all) = office.ask("GET", "/v1/audit/entries", Some("nina"), None).await;
    assert_eq!((status, &all["more"]), (StatusCode::OK, &json!(false)));
    let entries = all["entries"].as_array().unwrap();
    let mut prev = entries[0]["prev"].clone();
    for entry in entries {
        assert_eq!(entry["prev"], prev, "no entry is left out");
        assert!(!entry["body"].as_str().unwrap().contains("4155550123"), "the journal names no phone");
        prev = entry["hash"].clone();
    }
    let head = office.store.head().await.unwrap().0;
    assert_eq!(prev, comeback::journal::to_hex(&head.hash));

    let (_, outs) = office.ask("GET", "/v1/audit/entries?kinds=opted_out", Some("nina"), None).await;
    let body: Value = serde_json::from_str(outs["entries"][0]["body"].as_str().unwrap()).unwrap();
    assert_eq!((outs["entries"].as_array().map(Vec::len), &body["kind"]), (Some(1), &json!("opted_out")));

    let (status, page) = office.ask("GET", "/v1/changes", Some("nina"), None).await;
    assert_eq!((status, &page["upserts"]), (StatusCode::OK, &json!([])));
    let away = json!({ "command": { "do": "away", "away": true } });
    let (status, problem) = office.ask("POST", "/v1/people", Some("nina"), Some(away)).await;
    assert_eq!((status, &problem["code"]), (StatusCode::CONFLICT, &json!("not_allowed")));

    let (status, problem) = office.ask("GET", "/v1/audit/entries", Some("maya"), None).await;
    assert_eq!((status, &problem["code"]), (StatusCode::FORBIDDEN, &json!("not_an_auditor")));
    assert_eq!(office.ask("GET", "/v1/audit/entries", None, None).await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(office.ask("GET", "/v1/audit/entries?after=x", Some("nina"), None).await.0, StatusCode::BAD_REQUEST);
}
