//! `POST /v1/commands`.

use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use axum::{Extension, Json};

use super::auth::SignedInDevice;
use super::problem::Failure;
use super::{App, RequestId, request_id};
use crate::server::service::{Outcome, Work};
use crate::wire::command::{Push, Receipts, Verdict};
use crate::wire::problem::Problem;

/// Runs a device's commands in order; each exactly once, whatever is sent again.
#[utoipa::path(post, path = "/v1/commands", request_body = Push, security(("device" = [])), responses(
    (status = 200, description = "One receipt for each command that was run, in order. Fewer than sent when the counter has a gap: send the missing ones first.", body = Receipts),
    (status = 400, description = "Not readable as commands; nothing was run", body = Problem),
    (status = 401, description = "The device is not signed in", body = Problem),
    (status = 503, description = "Busy; nothing was run", body = Problem),
))]
pub async fn push(
    State(app): State<App>,
    id: Option<Extension<RequestId>>,
    SignedInDevice(device, _): SignedInDevice,
    body: Result<Json<Push>, JsonRejection>,
) -> Result<Json<Receipts>, Failure> {
    let Json(push) = body.map_err(|e| unreadable(&e))?;
    app.presences.saw(&device.rep);
    let work = Work::Push { device: device.id, rep: device.rep, envelopes: push.envelopes };
    let outcome = app.service.submit(work).await.map_err(|e| Failure::of_service(request_id(id), &e))?;
    let Outcome::Receipts(receipts) = outcome else { return Ok(Json(Receipts::default())) };
    for receipt in &receipts {
        app.metrics.command(match receipt.verdict {
            Verdict::Done => "done",
            Verdict::Parked { .. } => "parked",
            Verdict::Refused { .. } => "refused",
        });
    }
    Ok(Json(Receipts { receipts }))
}

/// The parser's own words may quote what was sent, so they are not repeated.
pub(super) fn unreadable(e: &JsonRejection) -> Failure {
    let status = if e.status() == StatusCode::PAYLOAD_TOO_LARGE { e.status() } else { StatusCode::BAD_REQUEST };
    Failure::new(
        status,
        "unreadable",
        "This is not a push this version can read.",
        "Update the client, then sync again.",
    )
}
