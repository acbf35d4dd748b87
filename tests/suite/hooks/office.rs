//! A backend in process with one Twilio number set up, and a carrier's hand to post webhooks with.

use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use comeback::clock::{Clock, ManualClock};
use comeback::config;
use comeback::domain::contact::Address;
use comeback::domain::id::{DeviceId, RepId};
use comeback::domain::time::{Span, Timestamp};
use comeback::server::carrier::Carriers;
use comeback::server::egress::{Allow, Egress};
use comeback::server::feed::Presences;
use comeback::server::http::auth::token_hash;
use comeback::server::http::{self, App, hooks};
use comeback::server::service::Service;
use comeback::server::store::memory::MemoryStore;
use comeback::server::store::sqlite::SqliteStore;
use comeback::server::store::{CarrierLine, LineExtra, Store};
use comeback::server::telemetry::Metrics;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha1::Sha1;
use tower::ServiceExt as _;
use uuid::Uuid;

/// Tuesday, 10:00 in New York, in milliseconds.
pub(crate) const AT: i64 = 1_793_718_000_000;
pub(crate) const PUBLIC: &str = "https://comeback.example";
pub(crate) const INBOUND: &str = "/hooks/twilio/inbound";
pub(crate) const FORM: &str = "application/x-www-form-urlencoded; charset=utf-8";
pub(crate) const ACCOUNT: &str = "AC00112233445566778899aabbccddeeff";
pub(crate) const TOKEN: &str = "primary-token-of-the-account";
pub(crate) const SECOND: &str = "second-token-while-it-is-rotated";
pub(crate) const LINE: &str = "+16465550100";
pub(crate) const BUYER: &str = "+14155550123";

/// Base64 of HMAC-SHA1 over `signed`.
pub(crate) fn mac(token: &str, signed: &str) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(token.as_bytes()).unwrap();
    mac.update(signed.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

/// A webhook about to be posted: what it says, and what is claimed about it.
#[derive(Clone)]
pub(crate) struct Hook {
    pub(crate) path: String,
    pub(crate) media_type: &'static str,
    pub(crate) body: Vec<u8>,
    pub(crate) signature: Option<String>,
    pub(crate) headers: Vec<(&'static str, String)>,
}

impl Hook {
    /// A form, signed with the account's token over our public address.
    pub(crate) fn form(path: &str, params: &[(&str, &str)]) -> Self {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(params).finish();
        let signature = Some(Self::signature(TOKEN, &format!("{PUBLIC}{path}"), params));
        Self { path: path.to_owned(), media_type: FORM, body: body.into_bytes(), signature, headers: Vec::new() }
    }

    /// Bytes as they are, signed as if they were no form at all.
    pub(crate) fn raw(path: &str, media_type: &'static str, body: &[u8]) -> Self {
        let signature = Some(mac(TOKEN, &format!("{PUBLIC}{path}")));
        Self { path: path.to_owned(), media_type, body: body.to_vec(), signature, headers: Vec::new() }
    }

    /// Twilio's rule: the URL, then every name and value, by name.
    pub(crate) fn signature(token: &str, url: &str, params: &[(&str, &str)]) -> String {
        let mut sorted = params.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        let said: String = sorted.into_iter().flat_map(|(name, value)| [name, value]).collect();
        mac(token, &format!("{url}{said}"))
    }

    pub(crate) fn signed(self, signature: Option<String>) -> Self {
        Self { signature, ..self }
    }

    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }
}

/// The parameters of a text.
pub(crate) fn text<'a>(sid: &'a str, from: &'a str, body: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("MessageSid", sid),
        ("AccountSid", ACCOUNT),
        ("From", from),
        ("To", LINE),
        ("Body", body),
        ("NumMedia", "0"),
        ("FromCity", ""),
    ]
}

/// The same with another value for `name`.
pub(crate) fn but<'a>(mut params: Vec<(&'a str, &'a str)>, name: &'a str, value: &'a str) -> Vec<(&'a str, &'a str)> {
    params.retain(|(n, _)| *n != name);
    params.push((name, value));
    params
}

pub(crate) fn line(number: &str, account: &str, tokens: &[&str]) -> CarrierLine {
    CarrierLine {
        number: Address::parse(number).unwrap(),
        provider: "twilio".to_owned(),
        account: account.to_owned(),
        tokens: tokens.iter().map(|t| (*t).to_owned()).collect(),
        service: None,
        // Nothing listens there: a webhook never makes us call the carrier.
        api: "http://127.0.0.1:9".to_owned(),
        extra: LineExtra::default(),
    }
}

/// What was answered.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    /// The problem's code; empty when it is none.
    pub(crate) fn code(&self) -> String {
        let problem: Value = serde_json::from_str(&self.body).unwrap_or_default();
        problem["code"].as_str().unwrap_or_default().to_owned()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |v| v.to_str().unwrap())
    }
}

/// The backend. Tuesday, 10:00 in New York.
pub(crate) struct Office {
    pub(crate) router: Router,
    pub(crate) metrics: Arc<Metrics>,
    store: Arc<dyn Store>,
}

impl Office {
    pub(crate) async fn open() -> Self {
        Self::over(Arc::new(MemoryStore::default())).await
    }

    pub(crate) async fn on_disk(path: &Path) -> Self {
        Self::over(Arc::new(SqliteStore::open(path).unwrap())).await
    }

    async fn over(store: Arc<dyn Store>) -> Self {
        let clock = Arc::new(ManualClock::at(Timestamp::from_millis(AT)));
        let playbook = include_str!("../../../assets/playbook.toml");
        let playbook = config::playbook::read("playbook.toml", playbook).unwrap();
        let service = Service::start(Arc::clone(&store), clock.clone(), &playbook).await.unwrap();
        store.put_line(&line(LINE, ACCOUNT, &[TOKEN, SECOND])).await.unwrap();
        let (invite, now) = ([7; 32], clock.now());
        store.put_invite(invite, &RepId::new("lea"), now + Span::minutes(1)).await.unwrap();
        let device = DeviceId(Uuid::now_v7());
        store.redeem(invite, now, device, "test", token_hash("lea")).await.unwrap().unwrap();
        let metrics = Arc::new(Metrics::default());
        drop(rustls::crypto::ring::default_provider().install_default());
        let carrier = Arc::new(Carriers::new(&Egress::new(Allow::loopback())));
        let (_, shutdown) = tokio::sync::watch::channel(false);
        let app = App {
            service: service.clone(),
            presences: Arc::new(Presences::default()),
            metrics: Arc::clone(&metrics),
            shutdown,
        };
        let hooks = hooks::Hooks::new(service, carrier, PUBLIC.to_owned(), Arc::clone(&metrics));
        let router = http::observed(http::router(app).merge(hooks::router(hooks)), Arc::clone(&metrics));
        Self { router, metrics, store }
    }

    pub(crate) async fn post(&self, hook: &Hook) -> Answer {
        self.post_body(hook, Body::from(hook.body.clone())).await
    }

    pub(crate) async fn post_body(&self, hook: &Hook, body: Body) -> Answer {
        let mut request = Request::post(&hook.path).header(header::CONTENT_TYPE, hook.media_type);
        if let Some(signature) = &hook.signature {
            request = request.header("X-Twilio-Signature", signature);
        }
        for (name, value) in &hook.headers {
            request = request.header(*name, value);
        }
        let response = self.router.clone().oneshot(request.body(body).unwrap()).await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = to_bytes(response.into_body(), 1 << 20).await.unwrap();
        Answer { status, headers, body: String::from_utf8(bytes.to_vec()).unwrap() }
    }

    /// A request with a method that no carrier uses.
    pub(crate) async fn put(&self, path: &str) -> Answer {
        let response = self.router.clone().oneshot(Request::put(path).body(Body::empty()).unwrap()).await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = to_bytes(response.into_body(), 1 << 20).await.unwrap();
        Answer { status, headers, body: String::from_utf8(bytes.to_vec()).unwrap() }
    }

    /// Another number, of another account. Before the first webhook: what is set up is remembered for a while.
    pub(crate) async fn sets_up(&self, number: &str, account: &str, token: &str) {
        self.sets_up_line(&line(number, account, &[token])).await;
    }

    /// The same of any carrier.
    pub(crate) async fn sets_up_line(&self, line: &CarrierLine) {
        self.store.put_line(line).await.unwrap();
    }

    /// The team's lead answers the first conversation; what the answer is called. It waits: nobody sends here.
    pub(crate) async fn answer(&self, body: &str) -> Uuid {
        self.answer_as(Uuid::now_v7(), body).await
    }

    /// The same under a name that is known before.
    pub(crate) async fn answer_as(&self, message: Uuid, body: &str) -> Uuid {
        let seen = self.seen().await;
        let envelope = json!({
            "id": Uuid::now_v7(), "n": 1, "after": 0, "seen": seen[0]["state"]["inbound"], "issued_at": 0,
            "conversation": seen[0]["state"]["id"],
            "command": { "do": "answer", "message": message, "body": body, "accept": [] },
        });
        let request = Request::post("/v1/commands")
            .header(header::AUTHORIZATION, "Bearer lea")
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(json!({ "envelopes": [envelope] }).to_string()));
        let response = self.router.clone().oneshot(request.unwrap()).await.unwrap();
        let said = to_bytes(response.into_body(), 1 << 20).await.unwrap();
        let said: Value = serde_json::from_slice(&said).unwrap();
        assert_eq!(said["receipts"][0]["verdict"]["verdict"], "done", "{said}");
        message
    }

    /// Whether a number is stopped.
    pub(crate) async fn is_stopped(&self) -> bool {
        !self.store.line_stops().await.unwrap().is_empty()
    }

    /// What stopped our number was put right.
    pub(crate) async fn resumes(&self) {
        assert!(self.store.resume_line(&Address::parse(LINE).unwrap()).await.unwrap());
    }

    /// The journal's last entry: nothing was kept while it stands still.
    pub(crate) async fn head(&self) -> u64 {
        self.store.head().await.unwrap().0.seq
    }

    /// Every conversation as the team's lead sees it.
    pub(crate) async fn seen(&self) -> Vec<Value> {
        let request = Request::get("/v1/changes").header(header::AUTHORIZATION, "Bearer lea");
        let response = self.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        let page = to_bytes(response.into_body(), 1 << 22).await.unwrap();
        let mut page: Value = serde_json::from_slice(&page).unwrap();
        assert_ne!(page["more"], true, "more conversations than a page");
        page["upserts"].as_array_mut().map(std::mem::take).unwrap_or_default()
    }

    /// The words of every text kept.
    pub(crate) async fn bodies(&self) -> Vec<String> {
        let all = self.seen().await;
        let messages = all.iter().flat_map(|c| c["messages"].as_array().into_iter().flatten());
        messages.map(|m| m["body"].as_str().unwrap_or_default().to_owned()).collect()
    }
}
