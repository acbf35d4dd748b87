//! Who types, over HTTP: told to those who may see the conversation, and to those who ask for it.

use super::*;

#[tokio::test]
async fn typing_is_told_to_whoever_may_see_it_and_asks() {
    let office = Office::with(&crate::world::playbook()).await;
    office.text("+14155550123", "hello").await;
    for rep in ["maya", "ben", "kim"] {
        office.sign_in(rep).await;
    }
    let (_, page) = office.ask("GET", "/v1/changes", Some("maya"), None).await;
    assert!(page.get("writing").is_none(), "a device of before is told nothing");
    let writes = json!({ "conversation": page["upserts"][0]["state"]["id"] });
    let say = |rep: &'static str, body: &Value| office.ask("POST", "/v1/writing", Some(rep), Some(body.clone()));
    assert_eq!(say("maya", &writes).await.0, StatusCode::NO_CONTENT);
    for (rep, body, wanted) in [
        ("kim", writes.clone(), 404),
        ("maya", json!({ "conversation": Uuid::now_v7() }), 404),
        ("maya", json!({ "conversation": 7 }), 400),
        ("maya", json!([]), 400),
        ("nobody", writes.clone(), 401),
    ] {
        assert_eq!(say(rep, &body).await.0.as_u16(), wanted, "{rep} {body}");
    }
    for (rep, wanted) in [("ben", json!(["maya"])), ("maya", json!([])), ("kim", json!([]))] {
        let (_, page) = office.ask("GET", "/v1/changes?writing=0", Some(rep), None).await;
        let who: Vec<_> = page["writing"]["who"].as_array().unwrap().iter().map(|w| w["rep"].clone()).collect();
        assert_eq!(json!(who), wanted, "{rep}");
    }
    let (status, _) = office.ask("GET", "/v1/changes?writing=x", Some("ben"), None).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
}
