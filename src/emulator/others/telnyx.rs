//! An emulated Telnyx: messages, look-up, detail records, its public key, a number and its profile; webhooks signed by
//! Ed25519.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::control::{self, Driven};
use super::{Kept, OtherFaults, Posted, client, ordered, pictures, problem};
use crate::clock::Clock;

/// What to emulate.
#[derive(Debug, Clone)]
pub struct TelnyxConfig {
    /// Opens the API.
    pub api_key: String,
    /// The seed of the key that signs webhooks.
    pub seed: [u8; 32],
    /// The messaging profile of our numbers.
    pub profile: String,
    /// Our numbers.
    pub numbers: Vec<String>,
    /// Where the profile posts texts.
    pub webhook_url: Option<String>,
}

/// A running one. Its task ends with it.
#[derive(Debug)]
pub struct TelnyxEmulator {
    base_url: String,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

struct Shared {
    key: Ed25519KeyPair,
    clock: Arc<dyn Clock>,
    http: reqwest::Client,
    book: Mutex<Book>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Shared")
    }
}

struct Book {
    base_url: String,
    config: TelnyxConfig,
    faults: OtherFaults,
    kept: Vec<Kept>,
    /// Who texted STOP.
    stopped: BTreeSet<String>,
    posted: Vec<Posted>,
    /// Where to, and what.
    held: Vec<(String, Value)>,
    /// Requests with a key that was used before are the same request.
    keys: Vec<(String, String)>,
    events: u64,
}

type App = State<Arc<Shared>>;

impl TelnyxEmulator {
    /// Starts one.
    pub fn start(listener: TcpListener, config: TelnyxConfig, clock: Arc<dyn Clock>) -> std::io::Result<Self> {
        let base_url = format!("http://{}", listener.local_addr()?);
        let key =
            Ed25519KeyPair::from_seed_unchecked(&config.seed).map_err(|e| std::io::Error::other(e.to_string()))?;
        let book = Book {
            base_url: base_url.clone(),
            config,
            faults: OtherFaults::default(),
            kept: Vec::new(),
            stopped: BTreeSet::new(),
            posted: Vec::new(),
            held: Vec::new(),
            keys: Vec::new(),
            events: 0,
        };
        let shared = Arc::new(Shared { key, clock, http: client(), book: Mutex::new(book) });
        let app = Router::new()
            .route("/v2/messages", post(send))
            .route("/v2/messages/{id}", get(one))
            .route("/v2/detail_records", get(records))
            .route("/v2/public_key", get(public_key))
            .route("/v2/messaging_phone_numbers/{number}", get(number))
            .route("/v2/messaging_profiles/{id}", get(profile))
            .with_state(Arc::clone(&shared))
            .merge(control::router(Arc::clone(&shared)));
        let task = tokio::spawn(async move { drop(axum::serve(listener, app).await) });
        Ok(Self { base_url, shared, task })
    }

    /// Where it is.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The key that checks its webhooks, as its portal shows it.
    pub fn public_key(&self) -> String {
        self.shared.public_key()
    }

    /// Where the profile posts texts from now on.
    pub fn set_webhook(&self, url: &str) {
        self.shared.book().config.webhook_url = Some(url.to_owned());
    }

    /// What goes wrong from now on.
    pub fn set_faults(&self, faults: OtherFaults) {
        self.shared.book().faults = faults;
    }

    /// Everything that left, oldest first: whom to and what.
    pub fn sent(&self) -> Vec<(String, String)> {
        let book = self.shared.book();
        book.kept.iter().filter(|m| m.ours).map(|m| (m.to.clone(), m.text.clone())).collect()
    }

    /// How many webhooks are kept back.
    pub fn held(&self) -> usize {
        self.shared.book().held.len()
    }

    /// Posts what was kept back in this order, by number from 0; the same number again is posted again.
    pub async fn release(&self, order: &[usize]) {
        let held = std::mem::take(&mut self.shared.book().held);
        for (url, event) in order.iter().filter_map(|n| held.get(*n)) {
            self.shared.post_all(url, vec![event.clone()], &OtherFaults::default()).await;
        }
    }

    /// How webhooks were answered so far.
    pub fn posted(&self) -> Vec<Posted> {
        self.shared.book().posted.clone()
    }

    /// A buyer texts one of our numbers. Returns once the webhook was posted, with the message's id.
    pub async fn text(&self, from: &str, to: &str, body: &str) -> String {
        self.shared.text(from, to, body, Vec::new()).await
    }

    /// The same, with pictures of these content types.
    pub async fn text_with(&self, from: &str, to: &str, body: &str, media: &[&str]) -> String {
        self.shared.text(from, to, body, media.iter().map(|kind| (*kind).to_owned()).collect()).await
    }
}

impl Drop for TelnyxEmulator {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Driven for Shared {
    async fn text(&self, from: &str, to: &str, body: &str, media: Vec<String>) -> String {
        let (event, id, url, faults, dropped) = {
            let now = self.now();
            let mut book = self.book();
            let id = book.next_id();
            let kept = Kept {
                id: id.clone(),
                from: from.to_owned(),
                to: to.to_owned(),
                text: body.to_owned(),
                media,
                ours: false,
                at: now,
                status: "webhook_delivered",
                error: None,
                hook: String::new(),
            };
            match body.trim().to_ascii_lowercase().as_str() {
                "stop" | "stopall" | "stop all" | "unsubscribe" | "cancel" | "end" | "quit" => {
                    book.stopped.insert(from.to_owned());
                }
                "start" | "unstop" => {
                    book.stopped.remove(from);
                }
                _ => {}
            }
            let event = book.event("message.received", &kept);
            book.kept.push(kept);
            let dropped = book.faults.webhook_drop.strikes();
            (event, id, book.config.webhook_url.clone(), book.faults.clone(), dropped)
        };
        if let Some(url) = url.filter(|_| !dropped) {
            self.post_all(&url, vec![event], &faults).await;
        }
        id
    }

    fn pictures(&self, id: &str) -> Vec<String> {
        self.book().kept.iter().find(|m| m.id == id).map_or_else(Vec::new, |m| m.media.clone())
    }

    fn sends(&self) -> Vec<Value> {
        self.book().kept.iter().filter(|m| m.ours).map(Kept::shown).collect()
    }

    fn set(&self, faults: OtherFaults) {
        self.book().faults = faults;
    }
}

impl Shared {
    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn public_key(&self) -> String {
        STANDARD.encode(self.key.public_key().as_ref())
    }

    fn now(&self) -> String {
        self.clock.now().utc().to_rfc3339_opts(chrono::SecondsFormat::Micros, true)
    }

    fn is_open(&self, headers: &HeaderMap) -> bool {
        let wanted = format!("Bearer {}", self.book().config.api_key);
        headers.get(header::AUTHORIZATION).is_some_and(|v| v.as_bytes() == wanted.as_bytes())
    }

    async fn post_all(&self, url: &str, events: Vec<Value>, faults: &OtherFaults) {
        if faults.held {
            self.book().held.extend(events.into_iter().map(|event| (url.to_owned(), event)));
            return;
        }
        if faults.delay_ms > 0 {
            tokio::time::sleep(Duration::from_millis(faults.delay_ms)).await;
        }
        for event in ordered(events, faults) {
            let body = json!({ "data": event, "meta": { "attempt": 1, "delivered_to": url } }).to_string();
            let seconds = self.clock.now().millis().div_euclid(1000).to_string();
            let signature = STANDARD.encode(self.key.sign(format!("{seconds}|{body}").as_bytes()).as_ref());
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
            for (name, value) in [("telnyx-timestamp", &seconds), ("telnyx-signature-ed25519", &signature)] {
                if let Ok(value) = HeaderValue::from_str(value) {
                    headers.insert(name, value);
                }
            }
            let answers = super::post(&self.http, url, &headers, &body).await;
            let event = event["event_type"].as_str().unwrap_or_default().to_owned();
            self.book().posted.push(Posted { event, answers });
        }
    }
}

impl Book {
    fn next_id(&mut self) -> String {
        self.events += 1;
        format!("40317f2b-0000-4000-8000-{:012x}", self.events)
    }

    fn payload(&self, kept: &Kept) -> Value {
        let direction = if kept.ours { "outbound" } else { "inbound" };
        let kind = if kept.media.is_empty() { "SMS" } else { "MMS" };
        let errors: Vec<Value> =
            kept.error.iter().map(|code| json!({ "code": code, "title": "refused", "detail": "refused" })).collect();
        json!({
            "record_type": "message", "id": kept.id, "direction": direction, "type": kind,
            "messaging_profile_id": self.config.profile,
            "from": { "phone_number": kept.from, "carrier": "", "line_type": "" },
            "to": [{ "phone_number": kept.to, "status": kept.status, "carrier": "", "line_type": "" }],
            "text": kept.text, "media": pictures::links(&self.base_url, kept), "encoding": "GSM-7", "parts": 1, "tags": [],
            "webhook_url": kept.hook, "errors": errors,
            "received_at": kept.at, "sent_at": kept.at, "completed_at": null, "valid_until": null, "cost": null,
        })
    }

    fn event(&mut self, kind: &str, kept: &Kept) -> Value {
        let id = self.next_id();
        json!({
            "record_type": "event", "event_type": kind, "id": id, "occurred_at": kept.at, "payload": self.payload(kept),
        })
    }
}

fn refused(status: StatusCode, code: &str, title: &str) -> Response {
    (status, Json(problem(code, title))).into_response()
}

fn closed() -> Response {
    refused(StatusCode::UNAUTHORIZED, "10009", "Authentication failed")
}

async fn send(State(shared): App, headers: HeaderMap, body: Bytes) -> Response {
    if !shared.is_open(&headers) {
        return closed();
    }
    let Ok(asked) = serde_json::from_slice::<Value>(&body) else {
        return refused(StatusCode::BAD_REQUEST, "10015", "Bad Request");
    };
    let text = |name: &str| asked[name].as_str().unwrap_or_default().to_owned();
    let (now, key) = (shared.now(), headers.get("idempotency-key").and_then(|v| v.to_str().ok()).map(str::to_owned));
    let mut book = shared.book();
    if book.faults.send_429.strikes() {
        return refused(StatusCode::TOO_MANY_REQUESTS, "10011", "Too many requests");
    }
    if book.faults.queue_full.strikes() {
        return refused(StatusCode::BAD_REQUEST, "40318", "Message queue full");
    }
    if book.faults.misconfigured || !book.config.numbers.contains(&text("from")) {
        return refused(StatusCode::BAD_REQUEST, "40305", "Invalid 'from' address");
    }
    if text("text").is_empty() || text("to").is_empty() {
        return refused(StatusCode::UNPROCESSABLE_ENTITY, "10004", "Missing required parameter");
    }
    if book.stopped.contains(&text("to")) {
        return refused(StatusCode::BAD_REQUEST, "40300", "Blocked due to STOP message");
    }
    let known = key.as_ref().and_then(|key| book.keys.iter().find(|(k, _)| k == key)).map(|(_, id)| id.clone());
    if let Some(kept) = known.and_then(|id| book.kept.iter().find(|m| m.id == id).cloned()) {
        return Json(json!({ "data": book.payload(&kept) })).into_response();
    }
    let id = book.next_id();
    book.keys.extend(key.map(|key| (key, id.clone())));
    let queued = Kept {
        id,
        from: text("from"),
        to: text("to"),
        text: text("text"),
        media: Vec::new(),
        ours: true,
        at: now,
        status: "queued",
        error: None,
        hook: text("webhook_url"),
    };
    let sent = Kept { status: "sent", ..queued.clone() };
    let ended = match &book.faults.undelivered {
        Some(code) => Kept { status: "delivery_failed", error: Some(code.clone()), ..queued.clone() },
        None => Kept { status: "delivered", ..queued.clone() },
    };
    let events = vec![book.event("message.sent", &sent), book.event("message.finalized", &ended)];
    book.kept.push(ended);
    let (faults, swallowed) = (book.faults.clone(), book.faults.send_swallowed.strikes());
    let dropped = book.faults.webhook_drop.strikes();
    let answer = book.payload(&queued);
    drop(book);
    if !queued.hook.is_empty() && !dropped {
        let shared = Arc::clone(&shared);
        let hook = queued.hook.clone();
        tokio::spawn(async move { shared.post_all(&hook, events, &faults).await });
    }
    if swallowed {
        return refused(StatusCode::INTERNAL_SERVER_ERROR, "10007", "Unexpected error");
    }
    Json(json!({ "data": answer })).into_response()
}

async fn one(State(shared): App, Path(id): Path<String>, headers: HeaderMap) -> Response {
    if !shared.is_open(&headers) {
        return closed();
    }
    let book = shared.book();
    match book.kept.iter().find(|m| m.id == id) {
        Some(kept) => Json(json!({ "data": book.payload(kept) })).into_response(),
        None => refused(StatusCode::NOT_FOUND, "10005", "Resource not found"),
    }
}

async fn records(State(shared): App, Query(asked): Query<Vec<(String, String)>>, headers: HeaderMap) -> Response {
    if !shared.is_open(&headers) {
        return closed();
    }
    let value = |name: &str| asked.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str());
    if value("filter[record_type]") != Some("messaging") {
        return refused(StatusCode::BAD_REQUEST, "10015", "Bad Request");
    }
    let book = shared.book();
    let since = value("filter[created_at][gte]").unwrap_or_default();
    let is = |m: &&Kept| {
        let direction = if m.ours { "outbound" } else { "inbound" };
        value("filter[direction]").is_none_or(|v| v == direction)
            && value("filter[cli]").is_none_or(|v| v == m.from)
            && value("filter[cld]").is_none_or(|v| v == m.to)
            && m.at.as_str() >= since.trim_end_matches('Z')
    };
    let all: Vec<Value> = book.kept.iter().filter(is).map(|m| record(m, &book.config.profile)).collect();
    let number = |name: &str, default: usize| value(name).and_then(|v| v.parse().ok()).unwrap_or(default).max(1);
    let (size, page) = (number("page[size]", 20).min(50), number("page[number]", 1));
    let pages = all.len().div_ceil(size);
    let data: Vec<Value> = all.iter().skip((page - 1) * size).take(size).cloned().collect();
    let meta = json!({ "page_number": page, "page_size": size, "total_pages": pages, "total_results": all.len() });
    Json(json!({ "data": data, "meta": meta })).into_response()
}

/// A message detail record: no words.
fn record(m: &Kept, profile: &str) -> Value {
    let direction = if m.ours { "outbound" } else { "inbound" };
    let errors: Vec<&String> = m.error.iter().collect();
    json!({
        "record_type": "message_detail_record", "uuid": m.id, "direction": direction, "cli": m.from, "cld": m.to,
        "status": m.status, "message_type": "SMS", "parts": 1, "profile_id": profile, "errors": errors,
        "created_at": m.at, "sent_at": m.at, "completed_at": m.at, "updated_at": m.at,
        "delivery_status_webhook_url": m.hook, "currency": "USD", "cost": "0.004",
    })
}

async fn public_key(State(shared): App, headers: HeaderMap) -> Response {
    if !shared.is_open(&headers) {
        return closed();
    }
    let data = json!({ "record_type": "public_key", "public": shared.public_key() });
    Json(json!({ "data": data })).into_response()
}

async fn number(State(shared): App, Path(number): Path<String>, headers: HeaderMap) -> Response {
    if !shared.is_open(&headers) {
        return closed();
    }
    let book = shared.book();
    if !book.config.numbers.contains(&number) {
        return refused(StatusCode::NOT_FOUND, "10005", "Resource not found");
    }
    let data = json!({ "id": number, "phone_number": number, "messaging_profile_id": book.config.profile });
    Json(json!({ "data": data })).into_response()
}

async fn profile(State(shared): App, Path(id): Path<String>, headers: HeaderMap) -> Response {
    if !shared.is_open(&headers) {
        return closed();
    }
    let book = shared.book();
    if id != book.config.profile {
        return refused(StatusCode::NOT_FOUND, "10005", "Resource not found");
    }
    let data = json!({
        "record_type": "messaging_profile", "id": id, "name": "sales", "enabled": true,
        "webhook_url": book.config.webhook_url, "webhook_api_version": "2",
    });
    Json(json!({ "data": data })).into_response()
}
