//! An emulated carrier behind our own protocol (assets/docs/carriers.md): it takes sends, posts texts and reports, and
//! lists what it has. Signed by Standard Webhooks both ways.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::control::{self, Driven};
use super::{Kept, OtherFaults, Posted, client, ordered, pictures};
use crate::clock::Clock;

/// Texts on a page of its list.
const PAGE: usize = 50;

/// A running one. Its task ends with it.
#[derive(Debug)]
pub struct BridgeEmulator {
    base_url: String,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

struct Shared {
    base_url: String,
    secret: Vec<u8>,
    clock: Arc<dyn Clock>,
    http: reqwest::Client,
    book: Mutex<Book>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Shared")
    }
}

#[derive(Default)]
struct Book {
    webhook_url: Option<String>,
    faults: OtherFaults,
    kept: Vec<Kept>,
    stopped: BTreeSet<String>,
    posted: Vec<Posted>,
    /// Where to, and what.
    held: Vec<(String, Value)>,
    ids: u64,
}

impl BridgeEmulator {
    /// Starts one that shares this secret (`whsec_…`) with us.
    pub fn start(listener: TcpListener, secret: &str, clock: Arc<dyn Clock>) -> std::io::Result<Self> {
        let base_url = format!("http://{}", listener.local_addr()?);
        let secret = STANDARD.decode(secret.trim_start_matches("whsec_")).map_err(std::io::Error::other)?;
        let shared =
            Arc::new(Shared { base_url: base_url.clone(), secret, clock, http: client(), book: Mutex::default() });
        let app = Router::new()
            .route("/send", post(send))
            .route("/list", post(list))
            .with_state(Arc::clone(&shared))
            .merge(control::router(Arc::clone(&shared)));
        let task = tokio::spawn(async move { drop(axum::serve(listener, app).await) });
        Ok(Self { base_url, shared, task })
    }

    /// Where it takes sends.
    pub fn send_url(&self) -> String {
        format!("{}/send", self.base_url)
    }

    /// Where it lists.
    pub fn list_url(&self) -> String {
        format!("{}/list", self.base_url)
    }

    /// Where it posts texts, and reports on sends that name no other address, from now on.
    pub fn set_webhook(&self, url: &str) {
        self.shared.book().webhook_url = Some(url.to_owned());
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

impl Drop for BridgeEmulator {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Book {
    fn next_id(&mut self) -> String {
        self.ids += 1;
        format!("b-{:08}", self.ids)
    }
}

impl Driven for Shared {
    async fn text(&self, from: &str, to: &str, body: &str, media: Vec<String>) -> String {
        let (event, id, url, faults, dropped) = {
            let at = self.now();
            let mut book = self.book();
            let id = book.next_id();
            let stop = ["stop", "quit", "cancel"].contains(&body.trim().to_ascii_lowercase().as_str());
            if stop {
                book.stopped.insert(from.to_owned());
            }
            let opt_out = stop.then_some("STOP");
            let kept = Kept {
                id: id.clone(),
                from: from.to_owned(),
                to: to.to_owned(),
                text: body.to_owned(),
                media,
                ours: false,
                at: at.clone(),
                status: "received",
                error: None,
                hook: String::new(),
            };
            let media = pictures::links(&self.base_url, &kept);
            let data =
                json!({ "id": id, "from": from, "to": to, "text": body, "at": at, "media": media, "opt_out": opt_out });
            let event = json!({ "type": "message.received", "timestamp": at, "data": data });
            book.kept.push(kept);
            let dropped = book.faults.webhook_drop.strikes();
            (event, id, book.webhook_url.clone(), book.faults.clone(), dropped)
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

    fn now(&self) -> String {
        self.clock.now().utc().to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
    }

    fn sign(&self, id: &str, seconds: &str, body: &[u8]) -> String {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.secret) else { return String::new() };
        mac.update(format!("{id}.{seconds}.").as_bytes());
        mac.update(body);
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }

    /// Whether this came from whoever knows the secret.
    fn is_ours(&self, headers: &HeaderMap, body: &[u8]) -> bool {
        let header = |name: &str| headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default();
        let wanted = self.sign(header("webhook-id"), header("webhook-timestamp"), body);
        header("webhook-signature").split(' ').any(|signature| signature == wanted)
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
            let body = event.to_string();
            let id = format!("msg_{}", self.book().next_id());
            let seconds = self.clock.now().millis().div_euclid(1000).to_string();
            let signature = self.sign(&id, &seconds, body.as_bytes());
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
            for (name, value) in
                [("webhook-id", &id), ("webhook-timestamp", &seconds), ("webhook-signature", &signature)]
            {
                if let Ok(value) = HeaderValue::from_str(value) {
                    headers.insert(name, value);
                }
            }
            let answers = super::post(&self.http, url, &headers, &body).await;
            let event = event["type"].as_str().unwrap_or_default().to_owned();
            self.book().posted.push(Posted { event, answers });
        }
    }
}

fn refused(status: StatusCode, word: &str) -> Response {
    (status, Json(json!({ "error": word }))).into_response()
}

async fn send(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    if !shared.is_ours(&headers, &body) {
        return refused(StatusCode::UNAUTHORIZED, "configuration");
    }
    let asked: Value = serde_json::from_slice(&body).unwrap_or_default();
    let data = &asked["data"];
    let text = |name: &str| data[name].as_str().unwrap_or_default().to_owned();
    if asked["type"] != "message.send" || ["from", "to", "text", "reference"].iter().any(|n| text(n).is_empty()) {
        return refused(StatusCode::BAD_REQUEST, "failed");
    }
    let at = shared.now();
    let mut book = shared.book();
    if book.faults.send_429.strikes() {
        return StatusCode::TOO_MANY_REQUESTS.into_response();
    }
    if book.faults.queue_full.strikes() {
        return refused(StatusCode::BAD_REQUEST, "slow_down");
    }
    if book.faults.misconfigured {
        return refused(StatusCode::BAD_REQUEST, "configuration");
    }
    if book.stopped.contains(&text("to")) {
        return refused(StatusCode::BAD_REQUEST, "opted_out");
    }
    // The same reference is the same text.
    if let Some(known) = book.kept.iter().find(|m| m.hook == text("reference")) {
        return Json(json!({ "id": known.id, "status": known.status })).into_response();
    }
    let id = book.next_id();
    let failed = book.faults.undelivered.clone();
    let status = if failed.is_some() { "undelivered" } else { "delivered" };
    let report = |status: &str, error: &Option<String>| {
        let data = json!({
            "id": id, "reference": text("reference"), "from": text("from"), "status": status, "error": error,
        });
        json!({ "type": "message.status", "timestamp": at, "data": data })
    };
    let events = vec![report("sent", &None), report(status, &failed)];
    let url = Some(text("status_url")).filter(|url| !url.is_empty()).or_else(|| book.webhook_url.clone());
    book.kept.push(Kept {
        id: id.clone(),
        from: text("from"),
        to: text("to"),
        text: text("text"),
        media: Vec::new(),
        ours: true,
        at,
        status,
        error: failed,
        hook: text("reference"),
    });
    let (faults, swallowed) = (book.faults.clone(), book.faults.send_swallowed.strikes());
    let dropped = book.faults.webhook_drop.strikes();
    drop(book);
    if let Some(url) = url.filter(|_| !dropped) {
        let shared = Arc::clone(&shared);
        tokio::spawn(async move { shared.post_all(&url, events, &faults).await });
    }
    if swallowed {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    (StatusCode::ACCEPTED, Json(json!({ "id": id, "status": "queued" }))).into_response()
}

async fn list(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    if !shared.is_ours(&headers, &body) {
        return refused(StatusCode::UNAUTHORIZED, "configuration");
    }
    let asked: Value = serde_json::from_slice(&body).unwrap_or_default();
    let data = &asked["data"];
    let text = |name: &str| data[name].as_str();
    let book = shared.book();
    let is = |m: &&Kept| {
        let (direction, line) = if m.ours { ("outbound", &m.from) } else { ("inbound", &m.to) };
        text("direction").is_none_or(|d| d == direction)
            && text("line").is_none_or(|l| l == line)
            && text("to").is_none_or(|to| to == m.to)
            && text("id").is_none_or(|id| id == m.id)
            && text("since").is_none_or(|since| m.at.as_str() >= since)
    };
    let all: Vec<&Kept> = book.kept.iter().filter(is).collect();
    let from: usize = text("cursor").and_then(|c| c.parse().ok()).unwrap_or(0);
    let messages: Vec<Value> = all.iter().skip(from).take(PAGE).map(|m| item(&shared.base_url, m)).collect();
    let next = (from + PAGE < all.len()).then(|| (from + PAGE).to_string());
    Json(json!({ "messages": messages, "next": next })).into_response()
}

fn item(base: &str, m: &Kept) -> Value {
    let mut item = json!({ "id": m.id, "from": m.from, "to": m.to, "text": m.text, "at": m.at, "media": pictures::links(base, m) });
    if m.ours {
        item["reference"] = json!(m.hook);
        item["status"] = json!(m.status);
        item["error"] = json!(m.error);
    }
    item
}
