//! Carriers' webhooks: verify over the raw body, one durable transaction, then 2xx. Never 2xx from memory.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::body::{Body as HttpBody, to_bytes};
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use axum::{Extension, Router};

use self::whose::Signed;
use super::problem::Failure;
use super::{RequestId, request_id};
use crate::clock::monotonic;
use crate::domain::command::Command;
use crate::domain::id::LineId;
use crate::server::carrier::hook::{Report, Text};
use crate::server::carrier::{Carrier, Carriers, Hooked, Said, Unbelieved};
use crate::server::lines;
use crate::server::notify::page;
use crate::server::restart::Start;
use crate::server::service::{Inbound, Outcome, Service, Work};
use crate::server::store::{CarrierLine, DedupeKey, RawEvent};
use crate::server::telemetry::Metrics;

mod whose;

/// The largest webhook read.
const LARGEST: usize = 64 * 1024;

/// The longest a webhook's body may take: a connection that never ends its body would otherwise be held for ever.
/// Carriers give up on an answer after 15 seconds themselves.
const BODY_WITHIN: Duration = Duration::from_secs(10);

/// How long the numbers set up are remembered.
const FRESH: Duration = Duration::from_secs(5);

/// What we answer Twilio: no text of our own, the carrier has answered STOP and HELP already.
const TWIML: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response></Response>";

/// Numbers set up, and when they were read.
type Remembered = Option<(Instant, Arc<[CarrierLine]>)>;

/// What the hooks need.
#[derive(Clone)]
pub struct Hooks {
    service: Service,
    carrier: Arc<dyn Carrier>,
    public_url: String,
    metrics: Arc<Metrics>,
    lines: Arc<Mutex<Remembered>>,
}

impl std::fmt::Debug for Hooks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Hooks({})", self.public_url)
    }
}

impl Hooks {
    /// Hooks that carriers call at `public_url`; `carrier` says who signed them and what they say.
    pub fn new(service: Service, carrier: Arc<dyn Carrier>, public_url: String, metrics: Arc<Metrics>) -> Self {
        Self { service, carrier, public_url, metrics, lines: Arc::default() }
    }

    async fn lines(&self) -> Result<Arc<[CarrierLine]>, crate::server::store::StoreError> {
        if let Some((at, lines)) = &*self.lines.lock().unwrap_or_else(PoisonError::into_inner)
            && at.elapsed() < FRESH
        {
            return Ok(Arc::clone(lines));
        }
        let lines: Arc<[CarrierLine]> = self.service.lines().await?.into();
        *self.lines.lock().unwrap_or_else(PoisonError::into_inner) = Some((monotonic(), Arc::clone(&lines)));
        Ok(lines)
    }
}

/// The carriers' routes. A slash at the end is easily typed into a carrier's form and does no harm: the signature covers
/// it. Whatever else comes here is a carrier set up wrongly, so it is refused loudly.
pub fn router(hooks: Hooks) -> Router {
    let mut router = Router::new();
    for kind in Carriers::KINDS {
        for end in ["", "/"] {
            let inbound = get(inbound).post(inbound).fallback(wrong_method);
            let status = post(status).fallback(wrong_method);
            router = router.route(&format!("/hooks/{kind}/inbound{end}"), inbound.clone());
            router = router.route(&format!("/hooks/{kind}/fallback{end}"), inbound);
            router = router.route(&format!("/hooks/{kind}/status/{{message}}{end}"), status);
        }
    }
    router
        .route("/hooks", any(unknown))
        .route("/hooks/", any(unknown))
        .route("/hooks/{*rest}", any(unknown))
        .with_state(hooks)
}

/// The path is not logged: whoever calls may have put anything into it.
async fn unknown(State(hooks): State<Hooks>, id: Option<Extension<RequestId>>) -> Response {
    let why = "no hook is at its path; texts come to /hooks/twilio/inbound: see the carrier's webhook URL";
    tracing::warn!(request_id = request_id(id), why, "webhook refused");
    let title = "No webhook is taken at this address. Nothing of it was kept.";
    let hint = "Twilio's texts are taken at /hooks/twilio/inbound; comeback line test compares.";
    finish(&hooks, "unknown", monotonic(), Err(Failure::new(StatusCode::NOT_FOUND, "no_such_hook", title, hint)))
}

async fn wrong_method(State(hooks): State<Hooks>, id: Option<Extension<RequestId>>) -> Response {
    let why = "its method is not POST: set HTTP POST at the carrier";
    tracing::warn!(request_id = request_id(id), why, "webhook refused");
    let title = "This webhook came with another method than POST. Nothing of it was kept.";
    let hint = "Set HTTP POST at the carrier; comeback line test compares.";
    finish(
        &hooks,
        "unknown",
        monotonic(),
        Err(Failure::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", title, hint)),
    )
}

async fn inbound(State(hooks): State<Hooks>, id: Option<Extension<RequestId>>, request: Request) -> Response {
    let (id, started, answer) = (request_id(id), monotonic(), answer(request.uri().path()));
    finish(&hooks, "inbound", started, take(&hooks, id, request).await.map(|outcome| (outcome, answer)))
}

async fn status(State(hooks): State<Hooks>, id: Option<Extension<RequestId>>, request: Request) -> Response {
    let (id, started, answer) = (request_id(id), monotonic(), answer(request.uri().path()));
    finish(&hooks, "status", started, take(&hooks, id, request).await.map(|outcome| (outcome, answer)))
}

/// How a webhook is answered once it is kept: media type and body. Twilio reads its own XML; every other carrier asks for a
/// success alone, and posts JSON.
fn answer(path: &str) -> Answer {
    if path.starts_with("/hooks/twilio/") { ("text/xml; charset=utf-8", TWIML) } else { ("application/json", "{}") }
}

type Answer = (&'static str, &'static str);

fn finish(hooks: &Hooks, kind: &str, started: Instant, result: Result<(&'static str, Answer), Failure>) -> Response {
    match result {
        Ok((outcome, (media_type, body))) => {
            hooks.metrics.webhook(kind, outcome);
            hooks.metrics.webhook_kept(kind, started.elapsed());
            ([(header::CONTENT_TYPE, media_type)], body).into_response()
        }
        Err(failure) => {
            hooks.metrics.webhook(kind, &failure.0.code);
            failure.into_response()
        }
    }
}

/// Reads the body, asks who signed it before anything said is believed, and keeps what it says.
async fn take(hooks: &Hooks, id: Option<String>, request: Request<HttpBody>) -> Result<&'static str, Failure> {
    let (parts, body) = request.into_parts();
    let read = tokio::time::timeout(BODY_WITHIN, to_bytes(body, LARGEST)).await;
    let bytes = read.map_err(|_| too_slow(id.as_deref()))?.map_err(|_| too_large(id.as_deref()))?;
    let address = parts.uri.path_and_query().map_or("", |p| p.as_str());
    let (carrier, path) = hook_of(parts.uri.path());
    let hooked = Hooked {
        carrier,
        path,
        method: parts.method.as_str(),
        url: &format!("{}{address}", hooks.public_url),
        query: parts.uri.query().unwrap_or_default(),
        headers: &parts.headers,
        body: &bytes,
        at: hooks.service.clock().now(),
    };
    let lines = hooks.lines().await.map_err(|e| Failure::of_store(id.clone(), &e))?;
    let signers = hooks.carrier.verify(&lines, &hooked).map_err(|why| match why {
        Unbelieved::Unreadable(why) => malformed(id.as_deref(), &why),
        Unbelieved::Forged(why) => forbidden(id.as_deref(), &why),
    })?;
    let heard = hooks.carrier.parse(&hooked).map_err(|why| malformed(id.as_deref(), &why.to_string()))?;
    let raw = |kind: &str| RawEvent {
        provider: carrier.to_owned(),
        kind: kind.to_owned(),
        params: heard.raw.clone(),
        at: hooked.at,
    };
    let signed = Signed { carrier, accounts: &signers, lines: &lines };
    match &heard.said {
        Said::Text(Text { account: Some(account), .. }) if !signers.contains(account) => {
            Err(of_another_account(hooks, id, raw("inbound")).await)
        }
        Said::Report(Report { account: Some(account), .. }) if !signers.contains(account) => {
            Err(of_another_account(hooks, id, raw("status")).await)
        }
        Said::Text(text) => receive(hooks, id, text.clone(), signed, raw("inbound")).await,
        Said::Report(said) => report(hooks, id, said.clone(), signed, raw("status")).await,
        Said::Nothing(word) => Ok(word),
    }
}

/// `/hooks/twilio/status/1/`: whose hook, and which.
fn hook_of(path: &str) -> (&str, &str) {
    let behind = path.strip_prefix("/hooks/").unwrap_or_default();
    let (carrier, path) = behind.split_once('/').unwrap_or((behind, ""));
    match path.strip_suffix('/').unwrap_or(path) {
        // What a carrier calls when its first call failed: the same text, which may have come already.
        "fallback" => (carrier, "inbound"),
        path => (carrier, path),
    }
}

async fn receive(
    hooks: &Hooks,
    id: Option<String>,
    text: Text,
    signed: Signed<'_>,
    raw: RawEvent,
) -> Result<&'static str, Failure> {
    if signed.is_foreign(&text) {
        return Err(of_another_account(hooks, id, raw).await);
    }
    let to = text.to.clone();
    let account = signed.account_of(&text);
    let set_up = signed.line_of(&account, &text).cloned();
    let pages = hooks.service.playbook().alerting.pages_from(&to).is_some();
    let line =
        if pages { LineId::new("unlisted") } else { whose::line_id(hooks, signed, &account, &text, id.as_deref()) };
    let inbound = Inbound {
        key: DedupeKey { provider: signed.carrier.to_owned(), account, id: text.id.clone() },
        from: text.from.person(),
        line,
        body: text.body,
        media: text.media,
        opt_out_type: text.opt_out_type,
        sent: text.sent,
        raw,
    };
    let of_a_rep = page::of_a_rep(&hooks.service, &inbound, &to).await;
    let of_a_rep = of_a_rep.map_err(|e| Failure::of_store(id.clone(), &e))?;
    let undated = Start::undated(&hooks.service.playbook().consent, &inbound).filter(|_| of_a_rep.is_none());
    let work = of_a_rep.unwrap_or_else(|| Work::Receive(Box::new(inbound)));
    match hooks.service.submit(work).await {
        Ok(Outcome::Received { new: false }) => Ok("repeated"),
        Ok(_) => {
            // Asked beside the answer, for no webhook waits on its carrier.
            if let Some((start, line)) = undated.zip(set_up) {
                tokio::spawn(start.ask(hooks.service.clone(), Arc::clone(&hooks.carrier), line, text.id));
            }
            Ok("accepted")
        }
        Err(e) => Err(Failure::of_service(id, &e)),
    }
}

async fn report(
    hooks: &Hooks,
    id: Option<String>,
    said: Report,
    signed: Signed<'_>,
    raw: RawEvent,
) -> Result<&'static str, Failure> {
    let Report { message, delivery, error, from, .. } = said;
    let command = Command::Report { message, delivery, error };
    let foreign = signed.foreign_lines(&hooks.service.playbook());
    let work = Work::Report { message, command, raw: raw.clone(), foreign };
    match hooks.service.submit(work).await {
        Ok(Outcome::Foreign) => Err(of_another_account(hooks, id, raw).await),
        // What was known before, or is about no answer of ours, says nothing of the number now: it may have been put right
        // since, and what a carrier signed once anybody who has it can post again.
        Ok(outcome) if !outcome.has_facts() => Ok("repeated"),
        Ok(_) => {
            let line = signed.lines.iter().filter(|l| signed.owns(l)).find(|l| Some(&l.number) == from.as_ref());
            if let (Some(line), Some(code)) = (line, error) {
                lines::heard(&hooks.service, line, code).await.map_err(|e| Failure::of_store(id.clone(), &e))?;
            }
            Ok("accepted")
        }
        Err(e) => Err(Failure::of_service(id, &e)),
    }
}

fn forbidden(id: Option<&str>, why: &str) -> Failure {
    tracing::warn!(request_id = id, why, "webhook refused");
    let title = "This webhook is not signed by an account that is set up here. Nothing of it was kept.";
    Failure::new(StatusCode::FORBIDDEN, "bad_signature", title, "The backend's log says why, under the request id.")
}

/// Refused, and kept as it came: whoever set up the numbers may have left one at the account that had it before.
async fn of_another_account(hooks: &Hooks, id: Option<String>, raw: RawEvent) -> Failure {
    let why = "signed by one account, about a line that is set up at another: comeback line add";
    tracing::warn!(request_id = id.as_deref(), why, "webhook refused");
    let kept = RawEvent { kind: format!("foreign_{}", raw.kind), ..raw };
    if let Err(e) = hooks.service.submit(Work::Kept(Box::new(kept))).await {
        return Failure::of_service(id, &e);
    }
    let title = "This webhook is about a line of another account. It is kept as it came, and nothing followed from it.";
    Failure::new(StatusCode::FORBIDDEN, "other_account", title, "The backend's log says why, under the request id.")
}

fn too_large(id: Option<&str>) -> Failure {
    tracing::warn!(request_id = id, why = "larger than 64 KiB, or it broke off", "webhook refused");
    let title = "This webhook is larger than 64 KiB, or broke off. Nothing of it was kept.";
    let hint = "Carriers send less; see what stands in between.";
    Failure::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", title, hint)
}

fn too_slow(id: Option<&str>) -> Failure {
    tracing::warn!(request_id = id, why = "its body did not end within 10 seconds", "webhook refused");
    let title = "This webhook's body did not end within 10 seconds. Nothing of it was kept.";
    let hint = "Carriers send it at once; see what stands in between.";
    Failure::new(StatusCode::REQUEST_TIMEOUT, "too_slow", title, hint)
}

fn malformed(id: Option<&str>, why: &str) -> Failure {
    tracing::warn!(request_id = id, why, "webhook refused");
    let title = "This webhook cannot be read. Nothing of it was kept.";
    Failure::new(StatusCode::BAD_REQUEST, "malformed", title, "The backend's log says why, under the request id.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_twilio_is_answered_in_its_own_words() {
        for path in ["/hooks/twilio/inbound", "/hooks/twilio/fallback/", "/hooks/twilio/status/x"] {
            assert_eq!(answer(path), ("text/xml; charset=utf-8", TWIML), "{path}");
        }
        for path in ["/hooks/telnyx/inbound", "/hooks/generic/inbound/", "/hooks/generic/status/x"] {
            assert_eq!(answer(path), ("application/json", "{}"), "{path}");
        }
    }
}
