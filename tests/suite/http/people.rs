//! What people say of themselves and their shifts, over HTTP.

use super::*;

fn say(command: &Value) -> Value {
    json!({ "command": command })
}

#[tokio::test]
async fn away_is_said_once_and_shown_to_colleagues_with_its_note() {
    let office = Office::open().await;
    office.sign_in("maya").await.sign_in("ben").await;
    let until = office.clock.now() + Span::minutes(60);
    let note = json!({ "message": Uuid::now_v7(), "body": "Dana wants the contract" });
    let away = json!({ "do": "away", "away": true, "until": until, "note": note });
    let (status, said) = office.ask("POST", "/v1/people", Some("maya"), Some(say(&away))).await;
    assert_eq!((status, &said["changed"]), (StatusCode::OK, &json!(true)));
    let (_, page) = office.ask("GET", "/v1/changes", Some("ben"), None).await;
    let maya = page["roster"].as_array().unwrap().iter().find(|p| p["rep"] == "maya").unwrap().clone();
    assert_eq!((&maya["away"], &maya["until"], &maya["note"]), (&json!(true), &json!(until), &note["body"]));
    let back = json!({ "do": "away", "away": false });
    for changed in [true, false] {
        let (_, said) = office.ask("POST", "/v1/people", Some("maya"), Some(say(&back))).await;
        assert_eq!(said["changed"], json!(changed));
    }
}

#[tokio::test]
async fn a_refusal_says_why_and_what_to_do() {
    let office = Office::open().await;
    office.sign_in("maya").await;
    let of_ben = json!({ "do": "away", "away": true, "rep": "ben" });
    let (status, problem) = office.ask("POST", "/v1/people", Some("maya"), Some(say(&of_ben))).await;
    assert_eq!((status, &problem["code"]), (StatusCode::CONFLICT, &json!("not_allowed")));
    assert_eq!((&problem["title"], &problem["hint"]), (&json!("this needs a lead of East"), &json!("Ask your lead.")));
    for elsewhere in [json!({ "do": "take" }), json!({ "do": "expire" }), json!({ "do": "return" })] {
        let (status, problem) = office.ask("POST", "/v1/people", Some("maya"), Some(say(&elsewhere))).await;
        assert_eq!((status, &problem["code"]), (StatusCode::BAD_REQUEST, &json!("not_here")), "{elsewhere}");
    }
    let (status, _) = office.ask("POST", "/v1/people", None, Some(say(&of_ben))).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    let (status, _) = office.ask("POST", "/v1/people", Some("maya"), Some(json!({ "what": 1 }))).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn who_is_on_call_follows_an_override_and_its_calendar_does_too() {
    let office = Office::open().await;
    office.sign_in("lea").await;
    let now = office.clock.now();
    let (_, before) = office.ask("GET", "/v1/oncall", Some("lea"), None).await;
    assert_eq!((&before[0]["schedule"], &before[0]["overridden"]), (&json!("east"), &json!(false)));
    let shift = json!({ "id": Uuid::now_v7(), "rep": "maya", "from": now, "to": now + Span::minutes(120) });
    let give = json!({ "do": "override", "schedule": "east", "shift": shift });
    let (status, problem) = office.ask("POST", "/v1/people", Some("lea"), Some(say(&give))).await;
    assert_eq!(status, StatusCode::OK, "{problem}");
    let (_, after) = office.ask("GET", "/v1/oncall", Some("lea"), None).await;
    let wanted = (&json!("maya"), &json!(true), &json!(now + Span::minutes(120)), &before[0]["rep"]);
    assert_eq!((&after[0]["rep"], &after[0]["overridden"], &after[0]["until"], &after[0]["then"]), wanted);
    let later = format!("/v1/oncall?at={}", (now + Span::minutes(180)).millis());
    let (_, later) = office.ask("GET", &later, Some("lea"), None).await;
    assert_eq!(later[0]["rep"], before[0]["rep"]);

    let calendar = async |auth: String, path: &str| {
        let request = Request::builder().uri(path).header(header::AUTHORIZATION, auth).body(Body::empty()).unwrap();
        let response = office.router.clone().oneshot(request).await.unwrap();
        let (status, kind) = (response.status(), response.headers()[header::CONTENT_TYPE].to_str().unwrap().to_owned());
        let bytes = to_bytes(response.into_body(), 1 << 20).await.unwrap();
        (status, kind, String::from_utf8(bytes.to_vec()).unwrap())
    };
    let basic = |pair: &str| format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair));
    let (status, kind, text) = calendar(basic("anything:lea"), "/v1/calendars/maya.ics").await;
    assert_eq!((status, kind.as_str()), (StatusCode::OK, "text/calendar; charset=utf-8"));
    let start = now.utc().format("DTSTART:%Y%m%dT%H%M%SZ").to_string();
    assert!(text.starts_with("BEGIN:VCALENDAR\r\n") && text.contains(&start), "{text}");
    let (status, _, again) = calendar(basic("anything:lea"), "/v1/calendars/maya.ics").await;
    assert_eq!((status, again), (StatusCode::OK, text), "equal feeds have equal bytes");
    assert_eq!(calendar("Bearer lea".to_owned(), "/v1/calendars/moon.ics").await.0, StatusCode::NOT_FOUND);
    assert_eq!(calendar(basic("lea:wrong"), "/v1/calendars/east.ics").await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(calendar("Basic %%%".to_owned(), "/v1/calendars/east.ics").await.0, StatusCode::UNAUTHORIZED);
}
