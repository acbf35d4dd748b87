//! Calendars by an address of their own: what its secret opens, and what it does not.

use super::*;
use crate::log::Log;

/// What a calendar program, which signs in nowhere, is answered.
async fn reads(office: &Office, path: &str, tag: Option<&str>) -> (StatusCode, String, String) {
    let mut request = Request::builder().uri(path);
    if let Some(tag) = tag {
        request = request.header(header::IF_NONE_MATCH, tag);
    }
    let response = office.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    assert!(!headers.contains_key(header::WWW_AUTHENTICATE), "there is nothing to sign in with");
    let tag = headers.get(header::ETAG).map_or("", |tag| tag.to_str().unwrap()).to_owned();
    let bytes = to_bytes(response.into_body(), 1 << 20).await.unwrap();
    (status, tag, String::from_utf8(bytes.to_vec()).unwrap())
}

async fn address(office: &Office, token: &str, whose: &str) -> String {
    let path = format!("/v1/calendars/{whose}/address");
    let (status, told) = office.ask("GET", &path, Some(token), None).await;
    assert_eq!(status, StatusCode::OK, "{told}");
    told["path"].as_str().unwrap().to_owned()
}

fn secret(path: &str) -> &str {
    path.split('/').nth(3).unwrap()
}

#[tokio::test]
async fn a_calendar_is_read_by_its_own_address_until_its_device_is_signed_out() {
    let office = Office::open().await;
    office.sign_in("maya").await.sign_in("ben").await;
    let path = address(&office, "maya", "maya").await;
    assert!(path.ends_with("/maya.ics"), "{path}");
    assert_eq!(address(&office, "maya", "maya.ics").await, path, "it is the same each time");
    let of_ben = address(&office, "ben", "maya").await;
    assert_ne!(of_ben, path);
    let (status, tag, text) = reads(&office, &path, None).await;
    assert_eq!(status, StatusCode::OK);
    assert!(text.starts_with("BEGIN:VCALENDAR\r\n"), "{text}");
    for same in [tag.clone(), format!("\"other\", W/{tag}")] {
        assert_eq!(reads(&office, &path, Some(&same)).await, (StatusCode::NOT_MODIFIED, tag.clone(), String::new()));
    }
    assert_eq!(reads(&office, &path, Some("\"other\"")).await.0, StatusCode::OK);
    assert_eq!(reads(&office, &path.replace(".ics", ""), None).await.0, StatusCode::OK);

    // An override changes it, and so its tag.
    let now = office.clock.now();
    let shift = json!({ "id": Uuid::now_v7(), "rep": "maya", "from": now, "to": now + Span::minutes(120) });
    let take = json!({ "command": { "do": "override", "schedule": "east", "shift": shift } });
    assert_eq!(office.ask("POST", "/v1/people", Some("maya"), Some(take)).await.0, StatusCode::OK);
    let (status, fresh, text) = reads(&office, &path, Some(&tag)).await;
    assert!(status == StatusCode::OK && fresh != tag && text.contains(&now.utc().format("%Y%m%dT%H%M%SZ").to_string()));

    office.store.revoke(&"maya".into()).await.unwrap();
    let (status, _, said) = reads(&office, &path, None).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert!(said.contains("comeback oncall subscribe"), "{said}");
    assert_eq!(reads(&office, &of_ben, None).await.0, StatusCode::OK, "another device's is its own");
}

#[tokio::test]
async fn the_secret_of_a_calendar_opens_nothing_else() {
    let office = Office::open().await;
    office.sign_in("maya").await;
    let path = address(&office, "maya", "maya").await;
    let secret = secret(&path);
    for other in ["/v1/session", "/v1/changes", "/v1/oncall", "/v1/calendars/maya.ics", "/v1/calendars/maya/address"] {
        let (status, _) = office.ask("GET", other, Some(secret), None).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{other}");
    }
    let (status, _) = office.ask("POST", "/v1/people", Some(secret), Some(json!({ "command": {} }))).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert_eq!(office.ask("GET", "/v1/calendars/maya/address", None, None).await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(office.ask("GET", "/v1/calendars/moon/address", Some("maya"), None).await.0, StatusCode::NOT_FOUND);
    // Neither another calendar, nor one that is nearly right, nor the token itself.
    let east = address(&office, "maya", "east").await;
    let cut = &secret[..secret.len() - 1];
    for wrong in [
        path.replace("maya.ics", "ben.ics"),
        path.replace("maya.ics", "east.ics"),
        east.replace("east.ics", "maya.ics"),
        path.replace(secret, cut),
        path.replace(secret, &format!("{secret}A")),
        path.replace(secret, "maya"),
        path.replace(secret, "cbc_"),
        path.replace(secret, "cbc_%FF"),
    ] {
        assert_eq!(reads(&office, &wrong, None).await.0, StatusCode::NOT_FOUND, "{wrong}");
    }
}

#[tokio::test]
async fn the_secret_of_a_calendar_is_in_no_log() {
    let office = Office::open().await;
    office.sign_in("maya").await;
    let (log, _guard) = Log::listen();
    let path = address(&office, "maya", "maya").await;
    reads(&office, &path, None).await;
    reads(&office, &path.replace("maya.ics", "ben.ics"), None).await;
    reads(&office, &format!("{path}/more"), None).await;
    let said = log.take();
    assert!(said.contains("/v1/subscriptions/{secret}/{whose}"), "the route is told: {said}");
    assert!(!said.contains(secret(&path)) && !said.contains("cbc_"), "{said}");
    let metrics = office.metrics().await;
    assert!(!metrics.contains("cbc_"), "{metrics}");
}

#[tokio::test]
async fn a_secret_with_any_byte_changed_opens_nothing() {
    let office = Office::open().await;
    office.sign_in("maya").await;
    let path = address(&office, "maya", "maya").await;
    let right = secret(&path);
    for at in 0..right.len() {
        for byte in ['A', 'Q', '_', '9', '='] {
            let wrong: String = right.chars().enumerate().map(|(n, c)| if n == at { byte } else { c }).collect();
            let opens = reads(&office, &path.replace(right, &wrong), None).await.0 == StatusCode::OK;
            assert_eq!(opens, wrong == right, "character {at} as {byte}");
        }
    }
}
