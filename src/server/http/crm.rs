//! What the CRM says by itself: its webhooks at `/hooks/crm`, and `POST /v1/crm/changes` for every other program.

use std::sync::Arc;
use std::time::Duration;

use axum::body::to_bytes;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Extension, Json, Router};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::auth::Keyed;
use super::problem::Failure;
use super::{App, RequestId, request_id};
use crate::server::carrier::{Hooked, Unbelieved};
use crate::server::crm::{self, Crm, push};
use crate::server::service::Service;
use crate::server::store::card::{Pushed, Says};
use crate::wire::crm::{CrmChanges, CrmOutcome, CrmOutcomes};
use crate::wire::problem::Problem;

/// Changes of one push.
const MOST: usize = 1_000;

/// The largest webhook read: HubSpot sends a hundred events at once.
const LARGEST: usize = 1024 * 1024;

/// The longest that a webhook's body may take.
const BODY_WITHIN: Duration = Duration::from_secs(10);

/// What the CRM's hook needs.
#[derive(Clone)]
pub struct CrmHook {
    /// The committer and its store.
    pub service: Service,
    /// Who believes and reads it.
    pub crm: Arc<dyn Crm>,
    /// Where the CRM was told that we are: signatures are over it.
    pub public_url: String,
}

impl std::fmt::Debug for CrmHook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "CrmHook({})", self.public_url)
    }
}

/// The CRM's route.
pub fn router(hook: CrmHook) -> Router {
    Router::new().route("/hooks/crm", post(take)).route("/hooks/crm/", post(take)).with_state(hook)
}

/// Believed over the raw body, kept on disk, then answered. What changed is asked for later, by the CRM link.
async fn take(
    State(hook): State<CrmHook>,
    id: Option<Extension<RequestId>>,
    request: Request,
) -> Result<StatusCode, Failure> {
    let id = request_id(id);
    let (parts, body) = request.into_parts();
    let read = tokio::time::timeout(BODY_WITHIN, to_bytes(body, LARGEST)).await;
    let too_slow = |_| refused(id.as_deref(), StatusCode::REQUEST_TIMEOUT, "too_slow", "its body did not end in 10 s");
    let too_large = |_| refused(id.as_deref(), StatusCode::PAYLOAD_TOO_LARGE, "too_large", "larger than 1 MiB");
    let bytes = read.map_err(too_slow)?.map_err(too_large)?;
    let address = parts.uri.path_and_query().map_or("", |p| p.as_str());
    let hooked = Hooked {
        carrier: "crm",
        path: "",
        method: parts.method.as_str(),
        url: &format!("{}{address}", hook.public_url),
        query: parts.uri.query().unwrap_or_default(),
        headers: &parts.headers,
        body: &bytes,
        at: hook.service.clock().now(),
    };
    let changed = hook.crm.heard(&hooked).await.map_err(|why| match why {
        Unbelieved::Forged(why) => refused(id.as_deref(), StatusCode::FORBIDDEN, "bad_signature", &why),
        Unbelieved::Unreadable(why) => refused(id.as_deref(), StatusCode::BAD_REQUEST, "malformed", &why),
    })?;
    if !changed.is_empty() {
        hook.service.store().crm_changed(&changed).await.map_err(|e| Failure::of_store(id, &e))?;
        hook.service.pulse().nudge();
    }
    Ok(StatusCode::NO_CONTENT)
}

fn refused(id: Option<&str>, status: StatusCode, code: &'static str, why: &str) -> Failure {
    tracing::warn!(request_id = id, why, "webhook of the CRM refused");
    let title = "This webhook of the CRM is not taken. Nothing of it was kept.";
    Failure::new(status, code, title, "The backend's log says why, under the request id.")
}

/// A push whose changes are read one by one, so that a bad one costs no other.
#[derive(Deserialize)]
pub struct Rows {
    changes: Vec<Box<RawValue>>,
}

/// Takes in who is behind a number, for a CRM that nobody asks: people are added, replaced and taken off. Sending it again
/// changes nothing, and a change does not undo a newer one.
#[utoipa::path(post, path = "/v1/crm/changes", request_body = CrmChanges, security(("api_key" = [])), responses(
    (status = 200, description = "One outcome for each change, in order. Those that are not refused are kept", body = CrmOutcomes),
    (status = 400, description = "Not readable as changes; nothing was kept", body = Problem),
    (status = 401, description = "The key is unknown or revoked", body = Problem),
    (status = 413, description = "More than 1,000 changes, or more than 4 MiB; nothing was kept", body = Problem),
    (status = 503, description = "Busy; nothing was kept", body = Problem),
))]
pub async fn changes(
    State(app): State<App>,
    id: Option<Extension<RequestId>>,
    Keyed(key): Keyed,
    body: Result<Json<Rows>, JsonRejection>,
) -> Result<Json<CrmOutcomes>, Failure> {
    let Json(pushed) = body.map_err(|e| unreadable(&e))?;
    if pushed.changes.len() > MOST {
        return Err(too_large());
    }
    let now = app.service.clock().now();
    let has_crm = app.service.asks().connects();
    let (mut good, mut rows) = (Vec::new(), Vec::new());
    for row in &pushed.changes {
        rows.push(match push::checked(row, now) {
            Ok(change) => {
                good.push(if has_crm { change } else { change.without_crm() });
                CrmOutcome::Accepted
            }
            Err(why) => CrmOutcome::Refused { why },
        });
    }
    let kept = app.service.store().push_cards(&key.name, &good, now).await;
    let mut kept = kept.map_err(|e| Failure::of_store(request_id(id), &e))?.into_iter();
    // Whom the CRM itself named it is asked about anew.
    if good.iter().any(|change| matches!(change.says, Says::Gone(_))) {
        app.service.pulse().nudge();
    }
    for row in rows.iter_mut().filter(|row| **row == CrmOutcome::Accepted) {
        match kept.next() {
            Some(Pushed::Known) => *row = CrmOutcome::Known,
            Some(Pushed::Overtaken) => *row = CrmOutcome::Overtaken,
            Some(Pushed::Taken) | None => {}
        }
    }
    let outcomes = counted(rows);
    let CrmOutcomes { accepted, known, overtaken, refused, .. } = outcomes;
    tracing::info!(source = %key.name, accepted, known, overtaken, refused, "people pushed");
    if accepted > 0
        && let Err(e) = crm::follow_up(&app.service).await
    {
        tracing::warn!(error = %e, "conversations whose cards were pushed were not looked at; they will be soon");
    }
    Ok(Json(outcomes))
}

fn counted(rows: Vec<CrmOutcome>) -> CrmOutcomes {
    let mut counted = CrmOutcomes::default();
    for row in &rows {
        *match row {
            CrmOutcome::Accepted => &mut counted.accepted,
            CrmOutcome::Known => &mut counted.known,
            CrmOutcome::Overtaken => &mut counted.overtaken,
            CrmOutcome::Refused { .. } => &mut counted.refused,
        } += 1;
    }
    counted.rows = rows;
    counted
}

fn too_large() -> Failure {
    let hint = format!("Send at most {MOST} changes and 4 MiB at a time.");
    Failure::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "This push is too large. Nothing of it was kept.", &hint)
}

/// The parser's own words may quote what was sent, so they are not repeated.
fn unreadable(e: &JsonRejection) -> Failure {
    if e.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return too_large();
    }
    let title = "These are not changes of the CRM. Nothing of it was kept.";
    let hint = "Send JSON, as in { \"changes\": [{ \"phone\": …, \"at\": …, \"contact\": { … } }] }, with the header \
                Content-Type: application/json.";
    Failure::new(StatusCode::BAD_REQUEST, "unreadable", title, hint)
}
