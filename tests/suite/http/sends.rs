//! What campaigns sent, as a marketing tool reports it.

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use comeback::server::http::auth::token_hash;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::Office;

const BUYER: &str = "+14155550123";

fn send(id: &str, more: &Value) -> Value {
    let mut row = json!({
        "id": id, "to": BUYER, "from": "+1 (646) 555-0100", "campaign": "welcome-may",
        "text": "Spring is here. Shall we talk?", "sent_at": "2026-11-03T08:00:00-05:00", "list": "May"
    });
    for (key, value) in more.as_object().into_iter().flatten() {
        row[key] = value.clone();
    }
    row
}

async fn office() -> Office {
    let office = Office::open().await;
    office.store.put_api_key(token_hash("cba_key"), "hubmail", office.now()).await.unwrap();
    office
}

async fn report(office: &Office, rows: &[Value]) -> (StatusCode, Value) {
    office.ask("POST", "/v1/sends", Some("cba_key"), Some(json!({ "sends": rows }))).await
}

#[tokio::test]
async fn each_row_of_a_report_has_its_outcome_and_a_bad_one_costs_no_other() {
    let office = office().await;
    let rows = [
        send("1", &json!({})),
        send("2", &json!({ "to": "4155550123x" })),
        send("3", &json!({ "to": "72345" })),
        send("4", &json!({ "from": "+16465550999" })),
        send("5", &json!({ "use_case": "meetin" })),
        send("6", &json!({ "use_case": "renewal" })),
        send("7", &json!({ "sent_at": "yesterday" })),
        send("8", &json!({ "sent_at": "2031-01-01T00:00:00Z" })),
        send("9", &json!({ "text": "x".repeat(4097) })),
        send(" ", &json!({})),
        send("10", &json!({ "campaign": "tab\there" })),
        send("11", &json!({ "to": null })),
        send("12", &json!({ "text": 5 })),
        json!(["no", "row"]),
        send("1", &json!({})),
        send("1", &json!({ "text": "other words" })),
    ];
    let (status, told) = report(&office, &rows).await;
    assert_eq!(status, StatusCode::OK, "{told}");
    assert_eq!((&told["accepted"], &told["duplicate"], &told["refused"]), (&json!(2), &json!(1), &json!(13)));
    let why = |n: usize| told["rows"][n]["why"].as_str().unwrap_or_default().to_owned();
    for (n, wanted) in [
        (1, "to is not a phone number: write it +14155550123"),
        (2, "to is not a phone number: write it +14155550123"),
        (3, "from is the number of no line of the playbook"),
        (4, "use_case is none of the playbook; is it \"meeting\"?"),
        (6, "sent_at is not an instant: write it with its offset, 2026-03-02T10:00:00-05:00"),
        (7, "sent_at is in the future"),
        (8, "text has more than 4096 characters"),
        (9, "id is not 1 to 200 plain characters"),
        (10, "campaign is not 1 to 200 plain characters"),
        (11, "to is missing"),
        (12, "text is not a text in quotes"),
        (13, "not an object in { }"),
        (15, "another row before it has the same id and says something else: that one is kept"),
    ] {
        assert_eq!((told["rows"][n]["outcome"].as_str(), why(n).as_str()), (Some("refused"), wanted), "{n}");
    }
    assert_eq!(told["rows"][0], json!({ "outcome": "accepted" }));
    assert_eq!(told["rows"][14], json!({ "outcome": "duplicate" }));
    let (_, again) = report(&office, &rows).await;
    assert_eq!((&again["accepted"], &again["duplicate"]), (&json!(0), &json!(3)), "nothing is kept twice");
}

#[tokio::test]
async fn a_reply_shows_the_text_it_answers_also_when_that_is_reported_later() {
    let office = office().await;
    office.sign_in("maya").await.text(BUYER, "Yes please").await;
    let seen = async || office.ask("GET", "/v1/changes", Some("maya"), None).await.1["upserts"][0].clone();
    let first = seen().await;
    assert_eq!((&first["state"]["use_case"], &first["answering"]), (&json!("new_lead"), &Value::Null));
    report(&office, &[send("1", &json!({ "campaign": "Renewal-May" }))]).await;
    let shown = seen().await;
    assert_eq!(shown["state"]["use_case"], "renewal");
    assert_eq!(shown["state"]["evidence"], json!({ "send": { "campaign": "renewal-*" } }));
    let answering = &shown["answering"];
    assert_eq!(
        (&answering["campaign"], &answering["words"]),
        (&json!("Renewal-May"), &json!("Spring is here. Shall we talk?"))
    );
    // A newer one that was sent before the reply counts; one of after it, or of long before, does not.
    report(&office, &[send("2", &json!({ "campaign": "meet-1", "sent_at": "2026-11-03T09:00:00-05:00" }))]).await;
    assert_eq!(seen().await["state"]["use_case"], "meeting");
    report(&office, &[send("3", &json!({ "campaign": "survey-1", "sent_at": "2026-11-03T10:04:00-05:00" }))]).await;
    assert_eq!(seen().await["answering"]["campaign"], "meet-1");
    office.text("+14155550124", "And me?").await;
    let old = send("4", &json!({ "to": "+14155550124", "sent_at": "2026-10-01T09:00:00-05:00" }));
    assert_eq!(report(&office, &[old]).await.1["accepted"], 1);
    let all = office.ask("GET", "/v1/changes", Some("maya"), None).await.1;
    let other = all["upserts"].as_array().unwrap().iter().find(|u| u["address"] == "+14155550124").unwrap();
    assert_eq!((&other["answering"], &other["state"]["use_case"]), (&Value::Null, &json!("new_lead")));
}

#[tokio::test]
async fn the_journal_holds_nothing_of_what_a_campaign_sent() {
    let office = office().await;
    let named = json!({ "campaign": "renewal-for-dana-fox", "text": "Dear Dana, 50 seats?" });
    report(&office, &[send("hub-778", &named)]).await;
    office.text(BUYER, "Yes please").await;
    let entries = office.store.entries(0, usize::MAX).await.unwrap();
    let journal: String = entries.iter().map(|e| String::from_utf8_lossy(&e.body).into_owned()).collect();
    assert!(journal.contains("renewal-*"), "the pattern of the playbook is there");
    for secret in ["dana", "Dana", "50 seats", "hub-778", BUYER, "hubmail"] {
        assert!(!journal.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn a_report_needs_a_key_that_is_good_and_a_size_that_is_bounded() {
    let office = office().await;
    office.sign_in("maya").await;
    let body = || Some(json!({ "sends": [send("1", &json!({}))] }));
    for token in [None, Some("maya"), Some("cba_other"), Some("")] {
        let (status, problem) = office.ask("POST", "/v1/sends", token, body()).await;
        assert_eq!((status, problem["code"].as_str()), (StatusCode::UNAUTHORIZED, Some("no_api_key")), "{token:?}");
    }
    // A key is no device.
    let (status, _) = office.ask("GET", "/v1/changes", Some("cba_key"), None).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    let many: Vec<Value> = (0..1001).map(|n| json!({ "id": n.to_string() })).collect();
    let (status, problem) = report(&office, &many).await;
    assert_eq!((status, problem["code"].as_str()), (StatusCode::PAYLOAD_TOO_LARGE, Some("too_large")));
    let huge = send("1", &json!({ "text": "x".repeat(5 << 20) }));
    assert_eq!(report(&office, &[huge]).await.0, StatusCode::PAYLOAD_TOO_LARGE);
    for wrong in [json!([]), json!({}), json!({ "sends": 5 }), json!({ "sends": {} })] {
        let (status, problem) = office.ask("POST", "/v1/sends", Some("cba_key"), Some(wrong)).await;
        assert_eq!((status, problem["code"].as_str()), (StatusCode::BAD_REQUEST, Some("unreadable")));
    }
    // What does not say that it is JSON is told how to.
    let bare = Request::builder().method("POST").uri("/v1/sends").header(header::AUTHORIZATION, "Bearer cba_key");
    let response = office.router.clone().oneshot(bare.body(Body::from("{}")).unwrap()).await.unwrap();
    let status = response.status();
    let said = String::from_utf8(to_bytes(response.into_body(), 1 << 20).await.unwrap().to_vec()).unwrap();
    assert!(status == StatusCode::BAD_REQUEST && said.contains("Content-Type: application/json"), "{said}");
    office.store.revoke_api_key("hubmail").await.unwrap();
    assert_eq!(report(&office, &[]).await.0, StatusCode::UNAUTHORIZED);
}
