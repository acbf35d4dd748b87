//! Carriers' webhooks: verify over the raw body, one durable transaction, then 2xx. Never 2xx from memory.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::body::{Body as HttpBody, to_bytes};
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use axum::{Extension, Router};
use uuid::Uuid;

use super::problem::Failure;
use super::{RequestId, request_id};
use crate::clock::monotonic;
use crate::domain::command::Command;
use crate::domain::id::{LineId, MessageId};
use crate::server::carrier::twilio::parse::{self, InboundText, Malformed, Params};
use crate::server::carrier::twilio::signature::{Refused, Signed, verify};
use crate::server::carrier::twilio::{find_line, tokens_of};
use crate::server::notify::page;
use crate::server::service::{Inbound, Outcome, Service, Work};
use crate::server::store::{CarrierLine, DedupeKey, RawEvent};
use crate::server::telemetry::Metrics;

/// The largest webhook read.
const LARGEST: usize = 64 * 1024;

/// The longest a webhook's body may take: a connection that never ends its body would otherwise be held for ever.
/// Carriers give up on an answer after 15 seconds themselves.
const BODY_WITHIN: Duration = Duration::from_secs(10);

/// How long the numbers set up are remembered.
const FRESH: Duration = Duration::from_secs(5);

/// What we answer: no text of our own, the carrier has answered STOP and HELP already.
const TWIML: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response></Response>";

/// Numbers set up, and when they were read.
type Remembered = Option<(Instant, Arc<[CarrierLine]>)>;

/// What the hooks need.
#[derive(Clone, Debug)]
pub struct Hooks {
    service: Service,
    public_url: String,
    metrics: Arc<Metrics>,
    lines: Arc<Mutex<Remembered>>,
}

impl Hooks {
    /// Hooks that carriers call at `public_url`.
    pub fn new(service: Service, public_url: String, metrics: Arc<Metrics>) -> Self {
        Self { service, public_url, metrics, lines: Arc::default() }
    }

    async fn lines(&self) -> Result<Arc<[CarrierLine]>, crate::server::store::StoreError> {
        if let Some((at, lines)) = &*self.lines.lock().unwrap_or_else(PoisonError::into_inner)
            && at.elapsed() < FRESH
        {
            return Ok(Arc::clone(lines));
        }
        let lines: Arc<[CarrierLine]> = self.service.store().lines().await?.into();
        *self.lines.lock().unwrap_or_else(PoisonError::into_inner) = Some((monotonic(), Arc::clone(&lines)));
        Ok(lines)
    }
}

/// The carriers' routes. A slash at the end is easily typed into a carrier's form and does no harm: the signature covers
/// it. Whatever else comes here is a carrier set up wrongly, so it is refused loudly.
pub fn router(hooks: Hooks) -> Router {
    let inbound = || get(inbound).post(inbound).fallback(wrong_method);
    let status = || post(status).fallback(wrong_method);
    Router::new()
        .route("/hooks/twilio/inbound", inbound())
        .route("/hooks/twilio/inbound/", inbound())
        .route("/hooks/twilio/status/{message}", status())
        .route("/hooks/twilio/status/{message}/", status())
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
    let (id, started) = (request_id(id), monotonic());
    finish(&hooks, "inbound", started, receive(&hooks, id, request).await)
}

async fn status(
    State(hooks): State<Hooks>,
    Path(message): Path<String>,
    id: Option<Extension<RequestId>>,
    request: Request,
) -> Response {
    let (id, started) = (request_id(id), monotonic());
    finish(&hooks, "status", started, report(&hooks, id, &message, request).await)
}

fn finish(hooks: &Hooks, kind: &str, started: Instant, result: Result<&'static str, Failure>) -> Response {
    match result {
        Ok(outcome) => {
            hooks.metrics.webhook(kind, outcome);
            hooks.metrics.webhook_kept(kind, started.elapsed());
            ([(header::CONTENT_TYPE, "text/xml; charset=utf-8")], TWIML).into_response()
        }
        Err(failure) => {
            hooks.metrics.webhook(kind, &failure.0.code);
            failure.into_response()
        }
    }
}

async fn receive(hooks: &Hooks, id: Option<String>, request: Request) -> Result<&'static str, Failure> {
    let (params, lines) = verified(hooks, id.clone(), request).await?;
    let text = parse::inbound(&params).map_err(|e| malformed(id.as_deref(), &e))?;
    let to = text.to.clone();
    let pages = hooks.service.playbook().alerting.pages_from(&to).is_some();
    let line = if pages { LineId::new("unlisted") } else { line_id(hooks, &lines, &text, id.as_deref()) };
    let inbound = Inbound {
        key: DedupeKey { provider: "twilio".to_owned(), account: text.account, id: text.sid },
        from: text.from,
        line,
        body: text.body,
        media: text.media,
        opt_out_type: text.opt_out_type,
        sent: None,
        raw: raw(hooks, "inbound", &params),
    };
    let of_a_rep = page::of_a_rep(&hooks.service, &inbound, &to).await;
    let of_a_rep = of_a_rep.map_err(|e| Failure::of_store(id.clone(), &e))?;
    let work = of_a_rep.unwrap_or_else(|| Work::Receive(Box::new(inbound)));
    match hooks.service.submit(work).await {
        Ok(Outcome::Received { new: false }) => Ok("repeated"),
        Ok(_) => Ok("accepted"),
        Err(e) => Err(Failure::of_service(id, &e)),
    }
}

async fn report(hooks: &Hooks, id: Option<String>, message: &str, request: Request) -> Result<&'static str, Failure> {
    let (params, lines) = verified(hooks, id.clone(), request).await?;
    let message = Uuid::parse_str(message).map_err(|_| malformed(id.as_deref(), &Malformed::Missing("message id")))?;
    let said = parse::status(&params).map_err(|e| malformed(id.as_deref(), &e))?;
    let Some(delivery) = said.delivery else { return Ok("unknown_word") };
    let message = MessageId(message);
    let command = Command::Report { message, delivery, error: said.error };
    let foreign = foreign_lines(hooks, &lines, &said.account);
    let work = Work::Report { message, command, raw: raw(hooks, "status", &params), foreign };
    match hooks.service.submit(work).await {
        Ok(Outcome::Foreign) => Err(of_another_account(id.as_deref())),
        Ok(_) => Ok("accepted"),
        Err(e) => Err(Failure::of_service(id, &e)),
    }
}

/// Lines whose number is set up at another account. One that is not set up at all is nobody's.
fn foreign_lines(hooks: &Hooks, lines: &[CarrierLine], account: &str) -> BTreeSet<LineId> {
    let playbook = hooks.service.playbook();
    let others = lines.iter().filter(|l| l.provider != "twilio" || l.account != account);
    others.filter_map(|l| playbook.line_of(&l.number).map(|(id, _)| id.clone())).collect()
}

fn raw(hooks: &Hooks, kind: &str, params: &Params) -> RawEvent {
    let at = hooks.service.clock().now();
    RawEvent { provider: "twilio".to_owned(), kind: kind.to_owned(), params: params.to_json(), at }
}

/// Our line for a text. A number the playbook does not list still gets through: a reply is never dropped.
fn line_id(hooks: &Hooks, lines: &[CarrierLine], text: &InboundText, id: Option<&str>) -> LineId {
    let playbook = hooks.service.playbook();
    let of = |number| playbook.line_of(number).map(|(id, _)| id.clone());
    let by_line = || find_line(lines, &text.account, &text.to, text.service.as_deref()).and_then(|l| of(&l.number));
    of(&text.to).or_else(by_line).unwrap_or_else(|| {
        tracing::warn!(
            request_id = id,
            "a text came to a number that the playbook does not list: it takes the first team's ladder"
        );
        LineId::new("unlisted")
    })
}

/// Reads the body, finds the account's tokens, and checks the signature before anything said is believed.
async fn verified(
    hooks: &Hooks,
    id: Option<String>,
    request: Request<HttpBody>,
) -> Result<(Params, Arc<[CarrierLine]>), Failure> {
    let (parts, body) = request.into_parts();
    let read = tokio::time::timeout(BODY_WITHIN, to_bytes(body, LARGEST)).await;
    let bytes = read.map_err(|_| too_slow(id.as_deref()))?.map_err(|_| too_large(id.as_deref()))?;
    let path = parts.uri.path_and_query().map_or("", |p| p.as_str());
    let url = format!("{}{path}", hooks.public_url);
    let media_type = parts.headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let is = |kind: &str| media_type.split(';').next().is_some_and(|m| m.trim().eq_ignore_ascii_case(kind));
    let read = if parts.method == Method::GET {
        Params::form(parts.uri.query().unwrap_or_default().as_bytes())
    } else if is("application/x-www-form-urlencoded") {
        Params::form(&bytes)
    } else if is("application/json") {
        Params::json(&bytes)
    } else {
        Err(Malformed::MediaType)
    };
    let params = read.map_err(|e| malformed(id.as_deref(), &e))?;
    let lines = hooks.lines().await.map_err(|e| Failure::of_store(id.clone(), &e))?;
    let tokens = tokens_of(&lines, params.get("AccountSid").unwrap_or_default());
    let signed = if parts.method == Method::GET {
        Signed::Nothing
    } else if is("application/json") {
        Signed::Json(&bytes)
    } else {
        Signed::Form(&params)
    };
    let header = |name| parts.headers.get(name).and_then(|v| v.to_str().ok());
    let checked = verify(&tokens, &url, signed, header("x-twilio-signature"));
    checked.map_err(|why| forbidden(id.as_deref(), &explain(&parts.headers, why)))?;
    Ok((params, lines))
}

/// A webhook signed with the newer scheme is told apart from a forged one.
fn explain(headers: &HeaderMap, why: Refused) -> Refused {
    if headers.contains_key("x-twilio-webhooks-signature-settings") { Refused::SharedKey } else { why }
}

fn forbidden(id: Option<&str>, why: &Refused) -> Failure {
    tracing::warn!(request_id = id, %why, "webhook refused");
    let title = "This webhook is not signed by an account that is set up here. Nothing of it was kept.";
    Failure::new(StatusCode::FORBIDDEN, "bad_signature", title, "The backend's log says why, under the request id.")
}

fn of_another_account(id: Option<&str>) -> Failure {
    let why = "signed by one account, about an answer of a line that is set up at another: comeback line add";
    tracing::warn!(request_id = id, why, "webhook refused");
    let title = "This report is about a text of another account. Nothing of it was kept.";
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

fn malformed(id: Option<&str>, why: &Malformed) -> Failure {
    tracing::warn!(request_id = id, %why, "webhook refused");
    let title = "This webhook cannot be read. Nothing of it was kept.";
    Failure::new(StatusCode::BAD_REQUEST, "malformed", title, "The backend's log says why, under the request id.")
}
