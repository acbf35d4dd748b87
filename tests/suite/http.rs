//! HTTP in process: who may ask, what comes back, and how errors read.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use base64::Engine as _;
use comeback::clock::{Clock, ManualClock};
use comeback::config;
use comeback::domain::contact::{Address, Body as Words};
use comeback::domain::id::{DeviceId, RepId};
use comeback::domain::playbook::Playbook;
use comeback::domain::time::{Span, Timestamp};
use comeback::server::feed::Presences;
use comeback::server::http::auth::token_hash;
use comeback::server::http::{self, App, openapi};
use comeback::server::service::{Inbound, Outcome, Service, Work};
use comeback::server::store::memory::MemoryStore;
use comeback::server::store::{DedupeKey, RawEvent, Store};
use serde_json::{Value, json};
use tower::ServiceExt as _;
use uuid::Uuid;

mod around;
mod auditing;
mod blocked;
mod calendars;
mod consent;
mod crm;
mod dossier;
mod explaining;
mod metrics;
mod people;
mod reports;
mod rulings;
mod sends;
mod writing;

const PLAYBOOK: &str = include_str!("../../assets/playbook.toml");

/// A backend without sockets. Tuesday, 10:00 in New York.
struct Office {
    router: Router,
    service: Service,
    store: Arc<dyn Store>,
    clock: Arc<ManualClock>,
}

impl Office {
    async fn open() -> Self {
        Self::with(&config::playbook::read("playbook.toml", PLAYBOOK).unwrap()).await
    }

    async fn with(playbook: &Playbook) -> Self {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
        let clock = Arc::new(ManualClock::at(Timestamp::from_millis(1_793_718_000_000)));
        let service = Service::start(Arc::clone(&store), clock.clone(), playbook).await.unwrap();
        let (_, shutdown) = tokio::sync::watch::channel(false);
        let app = App {
            service: service.clone(),
            presences: Arc::new(Presences::default()),
            metrics: Arc::clone(service.metrics()),
            shutdown,
        };
        let metrics = Arc::clone(&app.metrics);
        Self { router: http::observed(http::router(app), metrics), service, store, clock }
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A signed-in device of a rep; its token is the rep's name.
    async fn sign_in(&self, rep: &str) -> &Self {
        let (invite, now) = ([7; 32], self.clock.now());
        self.store.put_invite(invite, &RepId::new(rep), now + Span::minutes(1)).await.unwrap();
        let device = DeviceId(Uuid::now_v7());
        self.store.redeem(invite, now, device, "test", token_hash(rep)).await.unwrap().unwrap();
        self
    }

    async fn text(&self, from: &str, body: &str) {
        self.text_to("main", from, body).await;
    }

    async fn text_to(&self, line: &str, from: &str, body: &str) {
        let Work::Receive(mut inbound) = self.inbound(from, body) else { panic!("an inbound text is one") };
        inbound.line = line.into();
        let outcome = self.service.submit(Work::Receive(inbound)).await.unwrap();
        assert!(matches!(outcome, Outcome::Received { new: true }));
    }

    fn inbound(&self, from: &str, body: &str) -> Work {
        Work::Receive(Box::new(Inbound {
            key: DedupeKey { provider: "twilio".into(), account: "AC".into(), id: Uuid::now_v7().to_string() },
            from: Address::parse(from).unwrap(),
            line: "main".into(),
            body: Words::new(body),
            media: vec![],
            opt_out_type: None,
            sent: None,
            raw: RawEvent {
                provider: "twilio".into(),
                kind: "inbound".into(),
                params: "{}".into(),
                at: self.clock.now(),
            },
        }))
    }

    async fn ask(&self, method: &str, path: &str, token: Option<&str>, body: Option<Value>) -> (StatusCode, Value) {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let body = body.map_or(Body::empty(), |b| Body::from(b.to_string()));
        let request = request.header(header::CONTENT_TYPE, "application/json").body(body).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let bytes = to_bytes(response.into_body(), 1 << 20).await.unwrap();
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }
}

fn envelope(n: u64, conversation: &Value, seen: u64, command: &Value) -> Value {
    json!({ "id": Uuid::now_v7(), "n": n, "after": n - 1, "seen": seen, "issued_at": 0, "conversation": conversation, "command": command })
}

#[tokio::test]
async fn a_reply_reaches_the_pool_and_the_answer_is_held() {
    let office = Office::open().await;
    office.sign_in("maya").await.text("+14155550123", "Can we talk about price?").await;
    let (status, page) = office.ask("GET", "/v1/changes", Some("maya"), None).await;
    assert_eq!(status, StatusCode::OK);
    let upsert = &page["upserts"][0];
    assert_eq!(upsert["address"], "+14155550123");
    assert_eq!(upsert["messages"][0]["body"], "Can we talk about price?");
    assert_eq!(upsert["state"]["clock"]["stage"], "running");
    assert_eq!(page["playbook"]["company"], "Northwind Systems");

    let message = Uuid::now_v7();
    let answer = json!({ "do": "answer", "message": message, "body": "Of course: at 3?", "accept": [] });
    let push = json!({ "envelopes": [envelope(1, &upsert["state"]["id"], 1, &answer)] });
    let (status, receipts) = office.ask("POST", "/v1/commands", Some("maya"), Some(push.clone())).await;
    assert_eq!((status, &receipts["receipts"][0]["verdict"]["verdict"]), (StatusCode::OK, &json!("done")));
    let again = office.ask("POST", "/v1/commands", Some("maya"), Some(push)).await;
    assert_eq!(again.1, receipts, "the same command gets the same receipt");

    let cursor = page["cursor"].as_str().unwrap();
    let path = format!("/v1/changes?since={cursor}&playbook=1");
    let (_, page) = office.ask("GET", &path, Some("maya"), None).await;
    assert_eq!(page["acked"], 1);
    let messages = page["upserts"][0]["messages"].as_array().unwrap();
    assert_eq!(messages.len(), 2, "the second push was not run again");
    assert!(messages[1]["standing"]["held"]["not_before"].is_number());
    assert!(page["playbook"].is_null(), "a known playbook is not sent again");
}

#[tokio::test]
async fn a_poll_waits_until_something_concerns_the_rep() {
    let office = Arc::new(Office::open().await);
    office.sign_in("maya").await;
    let (_, page) = office.ask("GET", "/v1/changes", Some("maya"), None).await;
    let path = format!("/v1/changes?since={}&playbook=1&wait=60", page["cursor"].as_str().unwrap());
    let polling = tokio::spawn({
        let office = Arc::clone(&office);
        async move { office.ask("GET", &path, Some("maya"), None).await }
    });
    tokio::task::yield_now().await;
    assert!(!polling.is_finished());
    office.text("+14155550123", "hello").await;
    let (status, page) = polling.await.unwrap();
    assert_eq!((status, page["upserts"].as_array().map(Vec::len)), (StatusCode::OK, Some(1)));
}

#[tokio::test]
async fn a_device_revoked_while_its_poll_waits_is_told_nothing_more() {
    let office = Arc::new(Office::open().await);
    office.sign_in("maya").await;
    let (_, page) = office.ask("GET", "/v1/changes", Some("maya"), None).await;
    let path = format!("/v1/changes?since={}&playbook=1&wait=60", page["cursor"].as_str().unwrap());
    let polling = tokio::spawn({
        let office = Arc::clone(&office);
        async move { office.ask("GET", &path, Some("maya"), None).await }
    });
    tokio::task::yield_now().await;
    assert!(!polling.is_finished());
    office.store.revoke(&"maya".into()).await.unwrap();
    office.text("+14155550123", "hello").await;
    let (status, problem) = polling.await.unwrap();
    assert_eq!(
        (status, &problem["code"], problem["upserts"].is_null()),
        (StatusCode::UNAUTHORIZED, &json!("signed_out"), true)
    );
}

#[tokio::test]
async fn a_one_time_token_works_once() {
    let office = Office::open().await;
    let expires = office.clock.now() + Span::minutes(1);
    office.store.put_invite(token_hash("once"), &"ben".into(), expires).await.unwrap();
    let sign_in = json!({ "token": "once", "device_name": "laptop" });
    let (status, signed_in) = office.ask("POST", "/v1/session", None, Some(sign_in.clone())).await;
    assert_eq!((status, &signed_in["session"]["name"]), (StatusCode::CREATED, &json!("Ben Carver")));
    let token = signed_in["token"].as_str().unwrap();
    let (status, session) = office.ask("GET", "/v1/session", Some(token), None).await;
    assert_eq!((status, session), (StatusCode::OK, signed_in["session"].clone()));
    let (status, problem) = office.ask("POST", "/v1/session", None, Some(sign_in)).await;
    assert_eq!((status, &problem["code"]), (StatusCode::UNAUTHORIZED, &json!("bad_token")));
    office.store.revoke(&"ben".into()).await.unwrap();
    assert_eq!(office.ask("GET", "/v1/session", Some(token), None).await.0, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_token_for_another_rep_than_the_profile_s_is_refused_and_stays_good() {
    let office = Office::open().await;
    let expires = office.clock.now() + Span::minutes(1);
    office.store.put_invite(token_hash("once"), &"ben".into(), expires).await.unwrap();
    let ask = async |owner: &str| {
        let sign_in = json!({ "token": "once", "device_name": "laptop", "rep": owner });
        office.ask("POST", "/v1/session", None, Some(sign_in)).await
    };
    let (status, problem) = ask("maya").await;
    assert_eq!((status, &problem["code"]), (StatusCode::CONFLICT, &json!("other_rep")));
    let title = problem["title"].as_str().unwrap();
    assert!(
        title.starts_with("This one-time token is for Ben Carver, and the profile belongs to Maya Okafor."),
        "{title}"
    );
    let hint = problem["hint"].as_str().unwrap();
    assert!(hint.ends_with("comeback --profile ben login URL --token-stdin"), "{hint}");
    assert_eq!(office.store.devices().await.unwrap().iter().filter(|d| d.rep == "ben".into()).count(), 0);
    assert_eq!(ask("ben").await.0, StatusCode::CREATED, "not used up by the refusal");
    let (status, problem) = ask("maya").await;
    assert_eq!((status, &problem["code"]), (StatusCode::UNAUTHORIZED, &json!("bad_token")), "a used one tells nothing");
}

#[tokio::test]
async fn every_error_is_a_problem_for_people() {
    let office = Office::open().await;
    office.sign_in("maya").await.text("+14155550123", "hello").await;
    for (method, path, token, body, wanted, code) in [
        ("GET", "/v1/changes", None, None, 401, "signed_out"),
        ("GET", "/v1/changes", Some("wrong"), None, 401, "signed_out"),
        ("POST", "/v1/commands", None, Some(json!({ "envelopes": [] })), 401, "signed_out"),
        ("POST", "/v1/commands", Some("maya"), Some(json!({ "envelopes": [{ "do": "harm" }] })), 400, "unreadable"),
        ("POST", "/v1/commands", Some("maya"), Some(json!("no")), 400, "unreadable"),
        ("GET", "/v1/changes?since=garbage", Some("maya"), None, 410, "cursor_gone"),
        ("GET", "/v1/changes?since=9.1.00000000", Some("maya"), None, 410, "cursor_gone"),
        ("GET", "/v1/changes?wait=soon", Some("maya"), None, 400, "bad_query"),
        ("GET", "/v1/conversations/nonsense/messages", Some("maya"), None, 404, "not_found"),
        (
            "GET",
            "/v1/conversations/00000000-0000-0000-0000-000000000000/messages",
            Some("maya"),
            None,
            404,
            "not_found",
        ),
        ("GET", "/nowhere", None, None, 404, "no_such_route"),
        ("DELETE", "/v1/commands", Some("maya"), None, 405, "method_not_allowed"),
    ] {
        let (status, problem) = office.ask(method, path, token, body).await;
        assert_eq!((status.as_u16(), problem["code"].as_str()), (wanted, Some(code)), "{method} {path}");
        assert!(problem["title"].as_str().is_some_and(|t| t.ends_with('.')), "{problem}");
        assert!(problem["hint"].as_str().is_some_and(|h| !h.is_empty()), "{problem}");
    }
}

#[tokio::test]
async fn people_may_not_speak_for_carriers_or_clocks_nor_act_on_what_they_cannot_see() {
    let office = Office::open().await;
    office.sign_in("omar").await.text("+14155550123", "hello").await;
    let (_, page) = office.ask("GET", "/v1/changes", Some("omar"), None).await;
    let seen = page["upserts"][0]["state"]["id"].clone();
    assert!(seen.is_string(), "omar is in the pool");
    let nowhere = json!(Uuid::now_v7());
    let push = json!({ "envelopes": [
        envelope(1, &seen, 1, &json!({ "do": "expire" })),
        envelope(2, &nowhere, 1, &json!({ "do": "take" })),
        envelope(3, &seen, 1, &json!({ "do": "report", "message": Uuid::now_v7(), "delivery": "delivered", "error": null })),
    ] });
    let (_, receipts) = office.ask("POST", "/v1/commands", Some("omar"), Some(push)).await;
    let codes: Vec<&str> = receipts["receipts"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|r| r["verdict"]["rejection"]["code"].as_str())
        .collect();
    assert_eq!(codes, ["not_allowed", "not_found", "not_allowed"]);
}

#[tokio::test]
async fn older_messages_are_for_those_who_may_see_the_conversation() {
    let office = Office::with(&crate::world::playbook()).await;
    office.text("+14155550123", "for the enterprise team alone").await;
    for rep in ["maya", "lea", "kim", "nora", "adele"] {
        office.sign_in(rep).await;
    }
    let (_, page) = office.ask("GET", "/v1/changes", Some("adele"), None).await;
    let path = format!("/v1/conversations/{}/messages", page["upserts"][0]["state"]["id"].as_str().unwrap());
    for (rep, wanted) in [("maya", 200), ("lea", 200), ("adele", 200), ("kim", 404), ("nora", 404), ("nobody", 401)] {
        let (status, said) = office.ask("GET", &path, Some(rep), None).await;
        assert_eq!(status.as_u16(), wanted, "{rep}: {said}");
        assert_eq!(said.to_string().contains("enterprise team"), wanted == 200, "{rep}: {said}");
    }
    // One that is not there reads the same as one that is not theirs.
    let nowhere = format!("/v1/conversations/{}/messages", Uuid::now_v7());
    let unseen = office.ask("GET", &path, Some("kim"), None).await;
    assert_eq!(office.ask("GET", &nowhere, Some("kim"), None).await, unseen);
    // The feed and commands say no more.
    let (_, page) = office.ask("GET", "/v1/changes", Some("kim"), None).await;
    assert_eq!((&page["upserts"], &page["removals"]), (&json!([]), &json!([])));
}

#[tokio::test]
async fn a_counter_with_a_gap_runs_nothing_past_the_gap() {
    let office = Office::open().await;
    office.sign_in("maya").await.text("+14155550123", "hello").await;
    let away = json!({ "do": "away", "away": true });
    let push = json!({ "envelopes": [envelope(1, &Value::Null, 0, &away), envelope(3, &Value::Null, 0, &away)] });
    let (status, receipts) = office.ask("POST", "/v1/commands", Some("maya"), Some(push)).await;
    assert_eq!((status, receipts["receipts"].as_array().map(Vec::len)), (StatusCode::OK, Some(1)));
}

#[tokio::test]
async fn health_and_metrics_say_how_it_fares() {
    let office = Office::open().await;
    assert_eq!(office.ask("GET", "/health", None, None).await.1["status"], "ok");
    assert_eq!(office.ask("GET", "/ready", None, None).await.1["status"], "ready");
    let health = office.ask("GET", "/health", None, None).await.1;
    assert_eq!((health["time"].as_i64(), health["pace"].as_f64()), (Some(office.clock.now().millis()), Some(1.0)));
    // No engine runs here: a deadline that passes stays.
    office.sign_in("maya").await.text("+14155550123", "hello").await;
    office.clock.advance(Span::minutes(7 * 24 * 60));
    let (status, problem) = office.ask("GET", "/ready", None, None).await;
    let title = problem["title"].as_str().unwrap_or_default();
    assert!(status.as_u16() == 503 && title.contains("a deadline is more than a minute late"), "{problem}");
    office.clock.advance(Span::minutes(-7 * 24 * 60 - 10));
    let (status, problem) = office.ask("GET", "/ready", None, None).await;
    assert_eq!((status.as_u16(), problem["code"].as_str()), (503, Some("not_ready")), "the clock went back");
    let text = office.metrics().await;
    assert!(text.contains("comeback_http_requests_total{route=\"/health\",status=\"200\"} 2"), "{text}");
    assert!(text.ends_with("# EOF\n"));
}

/// `UPDATE=1` writes it anew.
#[test]
fn the_description_is_the_one_kept() {
    let made = openapi::description().to_pretty_json().unwrap() + "\n";
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/openapi.json");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, &made).unwrap();
    }
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        made == kept,
        "assets/openapi.json is not what the code says: run this test with UPDATE=1 and look at the difference"
    );
}

#[tokio::test]
async fn a_long_conversation_says_from_where_it_is_whole_and_gives_the_rest_on_demand() {
    let office = Office::open().await;
    office.sign_in("maya").await;
    for n in 1..=160 {
        office.text("+14155550123", &format!("text {n}")).await;
    }
    let (_, page) = office.ask("GET", "/v1/changes", Some("maya"), None).await;
    let upsert = &page["upserts"][0];
    assert_eq!((&upsert["earlier"], &upsert["whole_from"]), (&json!(true), &json!(111)));
    assert_eq!(upsert["messages"].as_array().unwrap().len(), 50);
    let id = upsert["state"]["id"].as_str().unwrap();
    let places = |page: &Value| {
        let all: Vec<u64> = page.as_array().unwrap().iter().map(|m| m["n"].as_u64().unwrap()).collect();
        (all.first().copied(), all.len(), all.last().copied())
    };
    for (before, expected) in [(111, (Some(11), 100, Some(110))), (11, (Some(1), 10, Some(10))), (1, (None, 0, None))] {
        let path = format!("/v1/conversations/{id}/messages?before={before}");
        let (status, older) = office.ask("GET", &path, Some("maya"), None).await;
        assert_eq!((status, places(&older)), (StatusCode::OK, expected), "before {before}");
    }
    let path = format!("/v1/conversations/{}/messages?before=9", Uuid::now_v7());
    assert_eq!(office.ask("GET", &path, Some("maya"), None).await.0, StatusCode::NOT_FOUND);
    let path = format!("/v1/conversations/{id}/messages?before=9");
    assert_eq!(office.ask("GET", &path, None, None).await.0, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_short_conversation_misses_nothing() {
    let office = Office::open().await;
    office.sign_in("maya").await;
    for n in 1..=50 {
        office.text("+14155550123", &format!("text {n}")).await;
    }
    let (_, page) = office.ask("GET", "/v1/changes", Some("maya"), None).await;
    assert_eq!(page["upserts"][0]["earlier"], false);
    assert_eq!(page["upserts"][0].get("whole_from"), None);
}
