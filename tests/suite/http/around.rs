//! What is known around a conversation that somebody opens.

use axum::http::StatusCode;
use comeback::domain::context::{Account, Card};
use comeback::domain::id::{ContactId, NumberId};
use comeback::server::store::People;
use serde_json::{Value, json};
use uuid::Uuid;

use super::Office;

const BUYER: &str = "+14155550123";
const COLLEAGUE: &str = "+14155550124";
const STRANGER: &str = "+14155550125";

async fn knows(office: &Office, n: u128, from: &str, name: &str, account: &str) {
    let account = Some(Account { id: Some(account.into()), name: account.to_owned(), ..Account::default() });
    let card = Card { name: name.to_owned(), account, owner: Some("maya".into()), ..Card::of(ContactId::new(name)) };
    let address = comeback::domain::contact::Address::parse(from).unwrap();
    let people = People { fresh: NumberId(Uuid::from_u128(n)), address, cards: vec![card] };
    office.store.put_cards(&[people], office.now()).await.unwrap();
}

#[tokio::test]
async fn whoever_rules_on_a_hold_reads_the_words_that_hold_the_number_also_those_to_another_of_our_numbers() {
    let office = Office::open().await;
    office.sign_in("maya").await.sign_in("ben").await;
    knows(&office, 91, BUYER, "Dana Fox", "a-1").await;
    office.text(BUYER, "Can we talk?").await;
    office.text_to("west", BUYER, "please take me off your list").await;
    let (_, seen) = office.ask("GET", "/v1/changes?since=", Some("maya"), None).await;
    let all = seen["upserts"].as_array().unwrap();
    let main = all.iter().find(|c| c["state"]["line"] == "main").unwrap_or_else(|| panic!("{seen:#}"));
    let path = format!("/v1/conversations/{}/around", main["state"]["id"].as_str().unwrap());
    let (_, told) = office.ask("GET", &path, Some("maya"), None).await;
    let held = told["held"].as_array().unwrap_or_else(|| panic!("{told:#}"));
    assert_eq!(
        held.iter().map(|text| text["body"].as_str().unwrap()).collect::<Vec<_>>(),
        ["please take me off your list"]
    );
    let (_, other) = office.ask("GET", "/v1/changes?since=", Some("ben"), None).await;
    assert!(!other.to_string().contains("take me off"), "nobody else reads it: {other}");
}

/// Ids of the conversations that somebody sees, by the name on their cards.
async fn id_of(office: &Office, name: &str) -> String {
    let (_, seen) = office.ask("GET", "/v1/changes?since=", Some("lea"), None).await;
    let all: &Vec<Value> = seen["upserts"].as_array().unwrap();
    let found = all.iter().find(|c| c["cards"][0]["name"] == name).unwrap_or_else(|| panic!("{name}: {seen}"));
    found["state"]["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn how_old_the_card_is_and_who_else_of_the_account_texts_is_told_to_whoever_may_see_it() {
    let office = Office::open().await;
    office.sign_in("lea").await;
    let read = office.now();
    knows(&office, 91, BUYER, "Dana Fox", "a-1").await;
    knows(&office, 92, COLLEAGUE, "Priya Anand", "a-1").await;
    knows(&office, 93, STRANGER, "Nils Farouk", "a-2").await;
    for from in [BUYER, COLLEAGUE, STRANGER] {
        office.text(from, "Can we talk?").await;
    }
    let dana = id_of(&office, "Dana Fox").await;
    let path = format!("/v1/conversations/{dana}/around");
    let (status, told) = office.ask("GET", &path, Some("lea"), None).await;
    assert_eq!(status, StatusCode::OK, "{told}");
    assert_eq!(told["read_at"], json!(read.millis()));
    assert_eq!(told.get("crm"), None, "this backend asks none");
    let others: Vec<&str> = told["others"].as_array().unwrap().iter().map(|o| o["name"].as_str().unwrap()).collect();
    assert_eq!(others, ["Priya Anand"]);
    assert_eq!(told["others"][0]["holder"]["rep"], "maya");
    for (path, token) in [(path.as_str(), None), ("/v1/conversations/nonsense/around", Some("lea"))] {
        let (status, _) = office.ask("GET", path, token, None).await;
        assert!(status == StatusCode::UNAUTHORIZED || status == StatusCode::NOT_FOUND, "{path} {status}");
    }
    let (status, _) = office.ask("GET", &format!("/v1/conversations/{}/around", Uuid::nil()), Some("lea"), None).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    // A CRM that is asked, and since when it does not answer.
    office.service.asks().connected("HubSpot");
    let (_, told) = office.ask("GET", &path, Some("lea"), None).await;
    assert_eq!(told["crm"], json!({ "name": "HubSpot" }));
}
