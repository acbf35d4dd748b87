//! `POST /v1/sends`.

use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use axum::{Extension, Json};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::auth::Keyed;
use super::problem::Failure;
use super::{App, RequestId, request_id};
use crate::server::sends;
use crate::server::store::CampaignSend;
use crate::wire::problem::Problem;
use crate::wire::sends::{SendOutcome, SendOutcomes, SendReport, SendRow};

/// Rows of one report.
const MOST: usize = 1_000;

/// A report whose rows are read one by one, so that a bad one costs no other.
#[derive(Deserialize)]
pub struct Rows {
    sends: Vec<Box<RawValue>>,
}

/// Takes in what campaigns sent. Sending a report again changes nothing.
#[utoipa::path(post, path = "/v1/sends", request_body = SendReport, security(("api_key" = [])), responses(
    (status = 200, description = "One outcome for each row, in order. Rows that are not refused are kept", body = SendOutcomes),
    (status = 400, description = "Not readable as a report; nothing was kept", body = Problem),
    (status = 401, description = "The key is unknown or revoked", body = Problem),
    (status = 413, description = "More than 1,000 rows, or more than 4 MiB; nothing was kept", body = Problem),
    (status = 503, description = "Busy; nothing was kept", body = Problem),
))]
pub async fn report(
    State(app): State<App>,
    id: Option<Extension<RequestId>>,
    Keyed(key): Keyed,
    body: Result<Json<Rows>, JsonRejection>,
) -> Result<Json<SendOutcomes>, Failure> {
    let Json(report) = body.map_err(|e| unreadable(&e))?;
    if report.sends.len() > MOST {
        return Err(too_large());
    }
    let (playbook, now) = (app.service.playbook(), app.service.clock().now());
    let read = |row: &RawValue| sends::checked(SendRow::read(row.get())?, &key.name, &playbook, now);
    let (mut good, mut rows) = (Vec::<CampaignSend>::new(), Vec::new());
    for row in &report.sends {
        match read(row) {
            Ok(send) if good.iter().any(|known| known.id == send.id && *known != send) => {
                rows.push(SendOutcome::Refused { why: sends::CONTRADICTS.to_owned() });
            }
            Ok(send) => {
                good.push(send);
                rows.push(SendOutcome::Accepted);
            }
            Err(why) => rows.push(SendOutcome::Refused { why }),
        }
    }
    let kept = app.service.store().put_sends(&good).await;
    let mut kept = kept.map_err(|e| Failure::of_store(request_id(id), &e))?.into_iter();
    for row in rows.iter_mut().filter(|row| **row == SendOutcome::Accepted) {
        if kept.next() == Some(false) {
            *row = SendOutcome::Duplicate;
        }
    }
    let outcomes = counted(rows);
    let SendOutcomes { accepted, duplicate, refused, .. } = outcomes;
    tracing::info!(source = %key.name, accepted, duplicate, refused, "sends reported");
    if accepted > 0 {
        sends::follow(&app.service).await;
    }
    Ok(Json(outcomes))
}

fn counted(rows: Vec<SendOutcome>) -> SendOutcomes {
    let mut counted = SendOutcomes::default();
    for row in &rows {
        *match row {
            SendOutcome::Accepted => &mut counted.accepted,
            SendOutcome::Duplicate => &mut counted.duplicate,
            SendOutcome::Refused { .. } => &mut counted.refused,
        } += 1;
    }
    counted.rows = rows;
    counted
}

fn too_large() -> Failure {
    let hint = format!("Send at most {MOST} rows and 4 MiB at a time.");
    Failure::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "This report is too large. Nothing of it was kept.", &hint)
}

/// The parser's own words may quote what was sent, so they are not repeated.
fn unreadable(e: &JsonRejection) -> Failure {
    if e.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return too_large();
    }
    if let JsonRejection::MissingJsonContentType(_) = e {
        return Failure::new(
            StatusCode::BAD_REQUEST,
            "unreadable",
            "This is not said to be JSON. Nothing of it was kept.",
            "Send it with the header Content-Type: application/json.",
        );
    }
    Failure::new(
        StatusCode::BAD_REQUEST,
        "unreadable",
        "This is not a report of sends. Nothing of it was kept.",
        "Send JSON, as in { \"sends\": [{ \"id\": …, \"to\": …, \"from\": …, \"campaign\": …, \"text\": …, \"sent_at\": … }] }.",
    )
}
