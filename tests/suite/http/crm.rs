//! People that a program pushes.

use axum::http::StatusCode;
use comeback::server::http::auth::token_hash;
use serde_json::{Value, json};

use super::Office;

const BUYER: &str = "+14155550123";

async fn office() -> Office {
    let office = Office::open().await;
    office.store.put_api_key(token_hash("cba_key"), "crm", office.now()).await.unwrap();
    office
}

async fn push(office: &Office, rows: &[Value]) -> (StatusCode, Value) {
    office.ask("POST", "/v1/crm/changes", Some("cba_key"), Some(json!({ "changes": rows }))).await
}

#[tokio::test]
async fn who_is_pushed_stands_beside_the_reply_and_owns_it_and_a_bad_row_costs_no_other() {
    let office = office().await;
    office.sign_in("maya").await;
    office.text(BUYER, "Can we talk?").await;
    let nils = json!({ "id": "003-17", "name": "Nils Farouk", "owner": "maya", "phones": [] });
    let rows = [
        json!({ "phone": BUYER, "at": "2026-02-05T10:00:00Z", "contact": nils }),
        json!({ "phone": BUYER, "at": "2026-02-05T10:00:00Z", "contact": nils }),
        json!({ "phone": BUYER, "at": "2026-02-04T10:00:00Z", "removed": "003-17" }),
        json!({ "phone": "5550123", "at": "2026-02-05T10:00:00Z", "contact": nils }),
        json!({ "phone": BUYER, "at": "2026-02-05T10:00:00Z" }),
        json!(5),
    ];
    let (status, told) = push(&office, &rows).await;
    assert_eq!(status, StatusCode::OK, "{told}");
    let counts = ["accepted", "known", "overtaken", "refused"].map(|key| told[key].as_u64().unwrap());
    assert_eq!(counts, [1, 1, 1, 3], "{told}");
    assert_eq!(told["rows"][3]["why"], "phone is not a phone number: write it +14155550123");
    let (_, seen) = office.ask("GET", "/v1/changes?since=", Some("maya"), None).await;
    assert!(seen.to_string().contains("Nils Farouk"), "{seen}");
    let gone = json!({ "phone": BUYER, "at": "2026-02-06T10:00:00Z", "removed": "003-17" });
    assert_eq!(push(&office, &[gone]).await.1["accepted"], 1);
}

#[tokio::test]
async fn what_is_no_push_is_refused_whole_and_nobody_pushes_without_a_key() {
    let office = office().await;
    for wrong in [json!([]), json!({}), json!({ "changes": 5 })] {
        let (status, problem) = office.ask("POST", "/v1/crm/changes", Some("cba_key"), Some(wrong)).await;
        assert_eq!((status, problem["code"].as_str()), (StatusCode::BAD_REQUEST, Some("unreadable")));
    }
    let many: Vec<Value> = (0..1001).map(|_| json!({})).collect();
    assert_eq!(push(&office, &many).await.0, StatusCode::PAYLOAD_TOO_LARGE);
    for token in ["nobody", ""] {
        let (status, _) = office.ask("POST", "/v1/crm/changes", Some(token), Some(json!({ "changes": [] }))).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED);
    }
}
