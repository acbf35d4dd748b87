//! Numbers that nobody hears of, over HTTP.

use super::*;

#[tokio::test]
async fn blocked_numbers_are_listed_for_who_reads_the_record_and_unblocked_in_their_conversation() {
    let office = Office::open().await;
    office.sign_in("nina").await.sign_in("lea").await.sign_in("maya").await;
    office.text("+14155550123", "Cheap pills").await;
    let (_, page) = office.ask("GET", "/v1/changes", Some("lea"), None).await;
    let conversation = &page["upserts"][0]["state"]["id"];
    let does = |n: u64, command: &Value| json!({ "envelopes": [envelope(n, conversation, 1, command)] });
    let push = does(1, &json!({ "do": "block", "reason": "spam" }));
    let (_, receipts) = office.ask("POST", "/v1/commands", Some("lea"), Some(push)).await;
    assert_eq!(receipts["receipts"][0]["verdict"]["verdict"], json!("done"), "{receipts}");

    let path = "/v1/consent/blocked";
    let (status, list) = office.ask("GET", path, Some("nina"), None).await;
    assert_eq!((status, list["blocked"].as_array().map(Vec::len)), (StatusCode::OK, Some(1)), "{list}");
    let blocked = &list["blocked"][0];
    assert_eq!(
        (&blocked["number"], &blocked["reason"], &blocked["conversation"]),
        (&json!("+14155550123"), &json!("spam"), conversation)
    );
    assert!(blocked["by"].as_str().is_some_and(|by| !by.is_empty()) && blocked["at"].is_i64(), "{blocked}");
    assert!(list["before"].is_null(), "{list}");

    assert_eq!(office.ask("GET", path, Some("maya"), None).await.0, StatusCode::FORBIDDEN);
    assert_eq!(office.ask("GET", path, None, None).await.0, StatusCode::UNAUTHORIZED);
    let bad = "/v1/consent/blocked?before=x";
    assert_eq!(office.ask("GET", bad, Some("nina"), None).await.0, StatusCode::BAD_REQUEST);

    let push = does(2, &json!({ "do": "unblock" }));
    office.ask("POST", "/v1/commands", Some("lea"), Some(push)).await;
    let (_, list) = office.ask("GET", path, Some("nina"), None).await;
    assert_eq!(list["blocked"], json!([]));
}

#[tokio::test]
async fn a_lead_hears_a_number_again_by_naming_it_and_nobody_learns_of_numbers_that_they_do_not_see() {
    let office = Office::open().await;
    office.sign_in("nina").await.sign_in("lea").await.sign_in("gail").await;
    office.text("+14155550123", "Cheap pills").await;
    let (_, page) = office.ask("GET", "/v1/changes", Some("lea"), None).await;
    let conversation = &page["upserts"][0]["state"]["id"];
    let push = json!({ "envelopes": [envelope(1, conversation, 1, &json!({ "do": "block", "reason": "spam" }))] });
    office.ask("POST", "/v1/commands", Some("lea"), Some(push)).await;
    let path = "/v1/consent/unblock";
    let says = async |who: Option<&str>, number: &str| {
        let (status, said) = office.ask("POST", path, who, Some(json!({ "number": number }))).await;
        (status, said["changed"].as_bool())
    };
    let (known, unknown) = ("+14155550123", "+14155550199");
    assert_eq!(says(None, known).await.0, StatusCode::UNAUTHORIZED);
    // Gail leads another team: one that wrote to Lea's is to her as one that never wrote.
    for number in [known, unknown] {
        assert_eq!(says(Some("gail"), number).await.0, StatusCode::NOT_FOUND, "{number}");
    }
    assert_eq!(says(Some("lea"), "Lea").await.0, StatusCode::BAD_REQUEST);
    assert!(says(Some("nina"), known).await.0.is_client_error(), "an auditor changes nothing");
    for changed in [true, false] {
        assert_eq!(says(Some("lea"), known).await, (StatusCode::OK, Some(changed)));
    }
    let (_, list) = office.ask("GET", "/v1/consent/blocked", Some("nina"), None).await;
    assert_eq!(list["blocked"], json!([]));
}
