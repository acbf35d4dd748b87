//! People that a program pushes.

use axum::http::StatusCode;
use comeback::domain::contact::Address;
use comeback::domain::context::{Intent, Origin};
use comeback::domain::id::NumberId;
use comeback::domain::interest;
use comeback::domain::time::{Span, Timestamp};
use comeback::server::http::auth::token_hash;
use comeback::server::store::People;
use serde_json::{Value, json};
use uuid::Uuid;

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
async fn a_push_does_not_take_off_whom_the_connected_crm_named_and_where_none_is_it_does() {
    let office = office().await;
    office.sign_in("maya").await;
    office.text(BUYER, "Can we talk?").await;
    let address = Address::parse(BUYER).unwrap();
    let cards = vec![crate::world::card("003-17")];
    let people = People { fresh: NumberId(Uuid::now_v7()), address: address.clone(), cards };
    office.store.put_cards(&[people], office.now()).await.unwrap();
    let nils = json!({ "id": "003-17", "name": "Nils Farouk", "owner": "maya", "phones": [] });
    let pushed = json!({ "phone": BUYER, "at": "2026-02-05T10:00:00Z", "contact": nils });
    let gone = |at: &str| json!({ "phone": BUYER, "at": at, "removed": "003-17" });
    let shown = async || {
        let (_, seen) = office.ask("GET", "/v1/changes?since=", Some("maya"), None).await;
        seen.to_string().contains("003-17")
    };
    assert_eq!(push(&office, &[pushed]).await.1["accepted"], 1);
    office.service.asks().connected("the folder");
    let (_, told) = push(&office, &[gone("2026-02-05T10:01:00Z")]).await;
    assert_eq!(told["known"], 1, "{told}");
    assert!(shown().await, "what the CRM said is the CRM's");
    let never = Timestamp::MIN + Span::millis(1);
    let stale = office.store.stale_numbers(never, 10).await.unwrap();
    assert!(stale.iter().any(|(_, of, _)| *of == address), "it is asked again: {stale:?}");
    office.service.asks().gone();
    assert_eq!(push(&office, &[gone("2026-02-05T10:02:00Z")]).await.1["accepted"], 1);
    assert!(!shown().await, "nobody else would take them off");
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

#[tokio::test]
async fn signs_of_two_programs_and_of_two_changes_in_one_push_stand_beside_each_other() {
    let office = office().await;
    office.store.put_api_key(token_hash("cba_site"), "site", office.now()).await.unwrap();
    office.sign_in("maya").await;
    office.text(BUYER, "Can we talk?").await;
    let nils = json!({ "id": "003-17", "name": "Nils Farouk", "owner": "maya", "phones": [] });
    push(&office, &[json!({ "phone": BUYER, "at": "2026-02-05T10:00:00Z", "contact": nils })]).await;
    let sign = |kind: &str, origin: &str, at: &str| {
        let sign = json!({ "at": "2026-02-05T09:00:00Z", "kind": kind, "origin": origin });
        json!({ "phone": BUYER, "at": at, "signs": [sign] })
    };
    let seats = sign("seat_limit", "product", "2026-02-05T10:01:00Z");
    let page = sign("pricing_page", "site", "2026-02-05T10:02:00Z");
    let shown = async || -> Vec<String> {
        let (_, seen) = office.ask("GET", "/v1/changes?since=", Some("maya"), None).await;
        let cards = seen["upserts"].as_array().unwrap().iter().flat_map(|one| one["cards"].as_array().unwrap());
        let signs: Vec<Intent> =
            cards.flat_map(|card| serde_json::from_value::<Vec<Intent>>(card["intents"].clone()).unwrap()).collect();
        signs.into_iter().map(|sign| sign.kind).collect()
    };
    let both = [seats, page];
    let (status, told) = push(&office, &both).await;
    assert_eq!((status, told["accepted"].as_u64()), (StatusCode::OK, Some(2)), "{told}");
    assert_eq!(shown().await, ["seat_limit", "pricing_page"]);
    assert_eq!(push(&office, &both).await.1["known"], 2, "sent again it changes nothing");
    // Another key is another program.
    let webinar = sign("webinar", "campaign", "2026-02-05T10:00:30Z");
    let body = json!({ "changes": [webinar] });
    let (_, told) = office.ask("POST", "/v1/crm/changes", Some("cba_site"), Some(body)).await;
    assert_eq!(told["accepted"], 1, "what another program said later does not overtake it: {told}");
    assert_eq!(shown().await, ["seat_limit", "pricing_page", "webinar"]);
    // Its own next signs replace its own alone.
    let trial = sign("trial", "product", "2026-02-05T10:03:00Z");
    assert_eq!(push(&office, &[trial]).await.1["accepted"], 1);
    assert_eq!(shown().await, ["trial", "webinar"]);
}

/// The examples of a section of the documentation, as JSON; of a time that the office has seen.
fn examples(section: &str) -> Vec<Value> {
    let page = include_str!("../../../assets/docs/crm.md");
    let from = page.split_once(&format!("\n{section}\n")).unwrap().1;
    let until = from.find("\n## ").unwrap_or(from.len());
    let blocks = from[..until].split("```json\n").skip(1);
    let text = blocks.map(|block| block.split_once("```").unwrap().0.replace("2026-11-0", "2026-02-0"));
    text.map(|text| serde_json::from_str(&text).unwrap()).collect()
}

#[tokio::test]
async fn what_the_documentation_pushes_is_taken_and_a_sign_of_the_product_is_seen_by_the_rep() {
    let office = office().await;
    office.sign_in("maya").await;
    for phone in ["+13125550162", "+13125550164", "+13125550165"] {
        office.text(phone, "Can we talk?").await;
    }
    let all = examples("## Pushing");
    assert_eq!(all.len(), 4, "one for people, two for signs, one of a flow");
    for example in all {
        let rows = example["changes"].as_array().unwrap().len();
        let (status, told) = office.ask("POST", "/v1/crm/changes", Some("cba_key"), Some(example)).await;
        assert_eq!(status, StatusCode::OK, "{told}");
        assert_eq!((told["refused"].as_u64(), told["rows"].as_array().unwrap().len()), (Some(0), rows), "{told}");
    }
    let (_, seen) = office.ask("GET", "/v1/changes?since=", Some("maya"), None).await;
    let cards: Vec<&Value> =
        seen["upserts"].as_array().unwrap().iter().flat_map(|one| one["cards"].as_array().unwrap()).collect();
    let of = |name: &str| *cards.iter().find(|card| card["name"] == name).unwrap_or_else(|| panic!("{name}: {seen}"));
    assert_eq!(of("Tomás Reyes")["opportunity"]["stage"], "Negotiation/Review");
    let signs: Vec<Intent> = serde_json::from_value(of("Ruth Adeyemi")["intents"].clone()).unwrap();
    let of_number: Vec<Intent> = serde_json::from_value(of("Nils Farouk")["intents"].clone()).unwrap();
    assert_eq!(of_number.iter().map(|sign| sign.kind.as_str()).collect::<Vec<_>>(), ["seat_limit"]);
    let that_day = signs.iter().map(|sign| sign.at).max().expect("signs of interest");
    let first = interest::ranked(&signs, that_day)[0];
    assert_eq!((first.kind.as_str(), interest::origin(first)), ("seat_limit", Origin::Product), "{signs:?}");
}
