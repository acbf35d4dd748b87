//! Thin HTTP: parse, call, print. Rules live elsewhere.

use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, MatchedPath, Request, State};
use axum::http::HeaderValue;
use axum::middleware::{self, Next, map_response};
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Extension, Router};
use tokio::sync::watch;

use super::feed::Presences;
use super::service::Service;
use super::telemetry::Metrics;

pub mod around;
pub mod audit;
pub mod auth;
pub mod behind;
pub mod blocked;
pub mod calendars;
pub mod changes;
pub mod commands;
pub mod consent;
pub mod crm;
pub mod health;
pub mod hooks;
pub mod linked;
pub mod media;
pub mod openapi;
pub mod people;
pub mod problem;
pub mod reports;
pub mod rulings;
pub mod sends;
pub mod session;
pub mod unblock;
pub mod writing;

/// The largest body of a push: a thousand queued commands of an offline day.
const LARGEST_PUSH: usize = 4 * 1024 * 1024;

/// What every handler may use.
#[derive(Clone, Debug)]
pub struct App {
    /// The committer and its store.
    pub service: Service,
    /// Whose devices asked lately.
    pub presences: Arc<Presences>,
    /// Counters.
    pub metrics: Arc<Metrics>,
    /// Set when the process drains: long polls end at once.
    pub shutdown: watch::Receiver<bool>,
}

/// An id that finds a request's log lines.
#[derive(Clone, Debug)]
pub struct RequestId(pub String);

/// Every route but the carriers' hooks.
pub fn router(app: App) -> Router {
    Router::new()
        .route("/v1/session", post(session::sign_in).get(session::who))
        .route("/v1/commands", post(commands::push))
        .route("/v1/changes", get(changes::pull))
        .route("/v1/writing", post(writing::say))
        .route("/v1/people", post(people::say))
        .route("/v1/oncall", get(people::on_call))
        .route("/v1/calendars/{whose}", get(calendars::calendar).layer(map_response(calendars::challenge)))
        .route("/v1/calendars/{whose}/address", get(calendars::address))
        .route("/v1/subscriptions/{secret}/{whose}", get(calendars::subscription))
        .route("/v1/conversations/{id}/messages", get(changes::messages))
        .route("/v1/conversations/{id}/explanation", get(changes::explanation))
        .route("/v1/conversations/{id}/around", get(around::look))
        .route("/v1/audit/entries", get(audit::entries))
        .route("/v1/reports/{name}", get(reports::one))
        .route("/v1/reports/sla/replies", get(reports::replies))
        .route("/v1/reports/{name}/conversations", get(behind::conversations))
        .route("/v1/media/{message}/{n}", get(media::one))
        .route("/v1/consent/blocked", get(blocked::blocked))
        .route("/v1/consent/unblock", post(unblock::unblock))
        .route("/v1/consent/rulings", get(rulings::rulings))
        .route("/v1/sends", post(sends::report))
        .route("/v1/crm/changes", post(crm::changes))
        .route("/v1/consent/dossier", get(consent::dossier))
        .route("/v1/consent", get(consent::show).post(consent::report))
        .route("/health", get(health::alive))
        .route("/ready", get(health::ready))
        .route("/metrics", get(health::metrics))
        .route("/openapi.json", get(openapi::serve))
        .fallback(problem::not_found)
        .method_not_allowed_fallback(problem::method_not_allowed)
        .layer(DefaultBodyLimit::max(LARGEST_PUSH))
        .with_state(app)
}

/// Gives every request an id, and writes one log line without personal data: the route, never the path.
pub fn observed(router: Router, metrics: Arc<Metrics>) -> Router {
    router.layer(middleware::from_fn_with_state(metrics, observe))
}

async fn observe(State(metrics): State<Arc<Metrics>>, mut request: Request, next: Next) -> Response {
    let id = uuid::Uuid::new_v4().simple().to_string();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map_or("unknown", MatchedPath::as_str).to_owned();
    request.extensions_mut().insert(RequestId(id.clone()));
    let started = crate::clock::monotonic();
    let mut response = next.run(request).await;
    let status = response.status().as_u16();
    metrics.request(&route, status, started.elapsed());
    if status >= 500 {
        tracing::error!(request_id = id, %method, route, status, "request failed");
    } else {
        tracing::debug!(request_id = id, %method, route, status, "request");
    }
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert("x-request-id", value);
    }
    response
}

/// The request's id, for problems; absent only in tests that mount a handler alone.
pub(crate) fn request_id(id: Option<Extension<RequestId>>) -> Option<String> {
    id.map(|Extension(RequestId(id))| id)
}
