//! What was ruled about numbers on hold, over HTTP.

use super::*;

#[tokio::test]
async fn rulings_are_listed_for_admins_with_who_why_and_over_which_score() {
    let office = Office::with(&crate::world::playbook()).await;
    office.sign_in("lea").await.sign_in("adele").await;
    office.text("+14155550123", "please take me off your list").await;
    let (_, page) = office.ask("GET", "/v1/changes", Some("lea"), None).await;
    let held = &page["upserts"][0];
    assert_eq!(held["number"]["hold"]["texts"][0]["patterns"][0], json!("take me off"), "{held}");
    let keep = json!({ "note": Uuid::now_v7(), "reason": "They meant the guest list" });
    let command = json!({ "do": "rule", "ruling": { "keep": keep } });
    let push = json!({ "envelopes": [envelope(1, &held["state"]["id"], 1, &command)] });
    let (status, receipts) = office.ask("POST", "/v1/commands", Some("lea"), Some(push)).await;
    assert_eq!(
        (status, &receipts["receipts"][0]["verdict"]["verdict"]),
        (StatusCode::OK, &json!("done")),
        "{receipts}"
    );

    let (status, problem) = office.ask("GET", "/v1/consent/rulings", Some("lea"), None).await;
    assert_eq!((status, &problem["code"]), (StatusCode::FORBIDDEN, &json!("not_allowed")));
    let (status, _) = office.ask("GET", "/v1/consent/rulings", None, None).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    let (status, _) = office.ask("GET", "/v1/consent/rulings?before=x", Some("adele"), None).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let (status, list) = office.ask("GET", "/v1/consent/rulings", Some("adele"), None).await;
    assert_eq!(status, StatusCode::OK, "{list}");
    let ruling = &list["rulings"][0];
    assert_eq!(
        (&ruling["verdict"], &ruling["by"], &ruling["reason"], &ruling["number"]),
        (&json!("keep"), &json!("Lea"), &json!("They meant the guest list"), &json!("+14155550123"))
    );
    assert!(ruling["score"].as_i64().unwrap() >= 5 && list["before"].is_null(), "{list}");
}
