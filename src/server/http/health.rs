//! Whether the process lives, whether it can serve, and how it fares.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::App;
use super::problem::Failure;
use crate::domain::expectation;
use crate::domain::time::Timestamp;
use crate::server::condition::{self, Trouble};

/// What to do about a line whose secret this backend cannot read.
const UNREAD: &str = "comeback line list says where its secret is: see that the backend can read it there, as the user \
                      that it runs as and with the variables that it was started with. What it read last counts until it \
                      ends; without that nothing leaves from the line, and no text of it is taken.";

/// What to do about writes into the CRM that it does not let us make.
const FORBIDDEN: &str = "comeback crm writes says what the CRM does not let its app write (403); what comes behind it in \
                         its conversation waits. Give the app the right: it is tried again by itself within half an \
                         hour, and at once by comeback crm retry.";

/// The process answers. `time` is its clock in milliseconds, and `pace` how fast that runs; 1 outside a demo.
#[utoipa::path(get, path = "/health", responses((status = 200, description = "The process answers")))]
pub async fn alive(State(app): State<App>) -> Json<Value> {
    let clock = app.service.clock();
    let (time, pace) = (clock.now().millis(), clock.pace());
    Json(json!({ "status": "ok", "version": env!("CARGO_PKG_VERSION"), "time": time, "pace": pace }))
}

/// The committer runs, the database can be written, the clock has not gone back, deadlines fire, the reconciler runs.
#[utoipa::path(get, path = "/ready", responses(
    (status = 200, description = "Ready: commands are decided and deadlines fire"),
    (status = 503, description = "Not ready, with the reason", body = crate::wire::problem::Problem),
))]
pub async fn ready(State(app): State<App>) -> Result<Json<Value>, Failure> {
    let unready = |why: &str, hint: &str| Failure::new(StatusCode::SERVICE_UNAVAILABLE, "not_ready", why, hint);
    if *app.shutdown.borrow() {
        return Err(unready("The backend is shutting down.", "Ask the next one."));
    }
    match condition::look(&app.service).await {
        Ok(()) => {
            let mut told = json!({ "status": "ready" });
            if sends_wait(&app).await {
                told["sends"] =
                    "a backup was brought back: no answer leaves before the carriers' lists are read".into();
            }
            let unread = app.service.lines_unread().await.unwrap_or_default();
            if !unread.is_empty() {
                told["lines_secret_unreadable"] = json!(unread);
                told["lines_secret_unreadable_hint"] = UNREAD.into();
            }
            let stopped = lines_stopped(&app).await;
            if stopped > 0 {
                told["lines_stopped"] = stopped.into();
            }
            // It holds up no text and no answer: whoever balances load must not stop asking for that.
            let time = |at: Option<Timestamp>| json!(at.map(|at| at.utc().to_rfc3339()));
            let crm = app.service.asks().standing().unwrap_or_default();
            if crm.failing.is_some() {
                match crm.used_up {
                    Some(_) => told["crm_daily_limit_used_up_asked_again_at"] = time(crm.used_up),
                    None => told["crm_unreachable_since"] = time(crm.failing),
                }
                // It may be longer than this process lives.
                if crm.answered.is_none() {
                    told["crm_last_read"] = time(crm.read_before);
                }
            }
            // Nor do writes that fail there, nor what we may not write.
            if crm.writes_fail_since.is_some() {
                told["crm_writes_failing_since"] = time(crm.writes_fail_since);
            }
            let forbidden = app.service.unwritten().standing().forbidden;
            if forbidden > 0 {
                told["crm_writes_forbidden"] = forbidden.into();
                told["crm_writes_forbidden_hint"] = FORBIDDEN.into();
            }
            Ok(Json(told))
        }
        Err(trouble) => {
            tracing::error!(cause = %trouble, "not ready");
            // Anybody may ask: what the database said stays in the log.
            let why = match &trouble {
                Trouble::Stopped(_) => "The committer has stopped.".to_owned(),
                Trouble::Database(_) => "The database cannot be written.".to_owned(),
                Trouble::ClockBehind | Trouble::Late | Trouble::Reconciler => format!("Not well: {trouble}."),
            };
            Err(unready(&why, trouble.hint()))
        }
    }
}

/// Whether a backup was brought back and has not caught up.
async fn sends_wait(app: &App) -> bool {
    app.service.store().restores().await.is_ok_and(|all| all.iter().any(|r| !r.reconciled))
}

/// Numbers that nothing leaves from until somebody has put them right.
async fn lines_stopped(app: &App) -> usize {
    let stops = app.service.store().line_stops().await.unwrap_or_default();
    stops.iter().filter(|stop| stop.until.is_none()).count()
}

/// Counters in the Prometheus text format. What waits in the database is counted as it is asked.
#[utoipa::path(get, path = "/metrics", responses((status = 200, description = "OpenMetrics text", content_type = "text/plain")))]
pub async fn metrics(State(app): State<App>) -> Response {
    let queued = app.service.queued();
    app.metrics.sends_wait(sends_wait(&app).await);
    match app.service.store().waiting().await {
        Ok(waiting) => app.metrics.now(queued, waiting),
        Err(e) => tracing::warn!(error = %e, "answers that wait were not counted; /metrics says what it knew"),
    }
    match app.service.store().count_notices().await {
        Ok(notices) => app.metrics.notices_now(notices),
        Err(e) => tracing::warn!(error = %e, "notices were not counted; /metrics says what it knew"),
    }
    // Another process may have written down who has which shift, and after a start nobody has moved yet.
    match app.service.store().roster().await {
        Ok(roster) => app.metrics.expectations(expectation::broken(&app.service.playbook(), &roster).len()),
        Err(e) => tracing::warn!(error = %e, "what the playbook expects was not decided; /metrics says what it knew"),
    }
    match app.service.store().untold_consents().await {
        Ok(untold) => app.metrics.consents_now(untold, app.service.clock().now()),
        Err(e) => tracing::warn!(error = %e, "words of consent that wait were not counted; /metrics says what it knew"),
    }
    match app.service.store().crm_standing().await {
        Ok(standing) => app.metrics.crm_now(standing, app.service.clock().now()),
        Err(e) => tracing::warn!(error = %e, "writes into the CRM were not counted; /metrics says what it knew"),
    }
    let media_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, media_type)], app.metrics.render()).into_response()
}
