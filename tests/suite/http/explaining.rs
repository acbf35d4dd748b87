//! Why a conversation went where it went, asked by its id and by the carrier's id of a text.

use comeback::server::store::{CarrierLine, LineExtra};

use super::*;

#[tokio::test]
async fn a_text_is_explained_by_the_carriers_id_to_whoever_sees_its_conversation_and_to_auditors() {
    let office = Office::open().await;
    office.sign_in("maya").await.sign_in("kai").await.sign_in("nina").await;
    let line = CarrierLine {
        number: Address::parse("+16465550100").unwrap(),
        provider: "twilio".to_owned(),
        account: "AC".to_owned(),
        tokens: vec![],
        service: None,
        api: String::new(),
        extra: LineExtra::default(),
    };
    office.store.put_line(&line).await.unwrap();
    let Work::Receive(mut inbound) = office.inbound("+14155550123", "Can we talk about price?") else { unreachable!() };
    "SM77".clone_into(&mut inbound.key.id);
    office.service.submit(Work::Receive(inbound)).await.unwrap();
    let (_, page) = office.ask("GET", "/v1/changes", Some("maya"), None).await;
    let own = page["upserts"][0]["state"]["id"].as_str().unwrap();
    let explained = async |id: &str, who: &str| {
        office.ask("GET", &format!("/v1/conversations/{id}/explanation"), Some(who), None).await
    };
    let (status, by_own) = explained(own, "maya").await;
    assert_eq!(status, StatusCode::OK);
    assert!(by_own["facts"][0]["lines"][0].as_str().unwrap().starts_with("opened on "), "{by_own}");
    assert_eq!(explained("SM77", "maya").await, (StatusCode::OK, by_own));
    let unknown = explained("SM78", "maya").await;
    assert_eq!(unknown.0, StatusCode::NOT_FOUND);
    assert_eq!(explained("SM77", "kai").await, unknown, "whoever does not see it is not told that it is there");

    // An auditor reads all of it but the words that the sealed record does not hold.
    let note = json!({ "do": "note", "message": Uuid::now_v7(), "body": "Their daughter is ill" });
    let push = json!({ "envelopes": [envelope(1, &json!(own), 1, &note)] });
    let (status, receipts) = office.ask("POST", "/v1/commands", Some("maya"), Some(push)).await;
    assert_eq!(status, StatusCode::OK, "{receipts}");
    let (told, read) = (explained(own, "maya").await.1, explained("SM77", "nina").await);
    assert_eq!(read.0, StatusCode::OK, "{}", read.1);
    let read = read.1.to_string();
    assert!(told.to_string().contains("noted: Their daughter is ill"), "{told}");
    assert!(read.contains(" noted") && !read.contains("daughter") && !read.contains("4155550123"), "{read}");
    assert_eq!(read, told.to_string().replace(": Their daughter is ill", ""), "and nothing else is left out");
    let (status, hidden) = explained("SM78", "nina").await;
    assert_eq!((status, &hidden["code"]), (StatusCode::NOT_FOUND, &json!("not_found")));
    assert!(hidden["title"].as_str().unwrap().starts_with("No conversation has this id"), "{hidden}");
}
