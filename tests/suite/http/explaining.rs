//! Why a conversation went where it went, asked by its id and by the carrier's id of a text.

use comeback::server::store::{CarrierLine, LineExtra};

use super::*;

#[tokio::test]
async fn a_text_is_explained_by_the_carriers_id_to_whoever_sees_its_conversation() {
    let office = Office::open().await;
    office.sign_in("maya").await.sign_in("kai").await;
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
}
