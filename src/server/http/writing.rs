//! `POST /v1/writing`: somebody types.

use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use axum::{Extension, Json};

use super::auth::SignedInDevice;
use super::commands::unreadable;
use super::problem::Failure;
use super::{App, RequestId, request_id};
use crate::domain::visibility;
use crate::wire::problem::Problem;
use crate::wire::writing::Writes;

/// Says that the person of this device types a text there. Whoever may see the conversation is told for ten seconds;
/// nothing is kept of it. Once in four seconds is enough.
#[utoipa::path(post, path = "/v1/writing", request_body = Writes, security(("device" = [])), responses(
    (status = 204, description = "Those who may see it are told"),
    (status = 400, description = "Not readable", body = Problem),
    (status = 401, description = "The device is not signed in", body = Problem),
    (status = 404, description = "No such conversation, or not yours to see", body = Problem),
))]
pub async fn say(
    State(app): State<App>,
    id: Option<Extension<RequestId>>,
    SignedInDevice(device, _token): SignedInDevice,
    body: Result<Json<Writes>, JsonRejection>,
) -> Result<StatusCode, Failure> {
    let Json(Writes { conversation }) = body.map_err(|e| unreadable(&e))?;
    let found = app.service.store().messages(conversation, 0, 0).await;
    let found = found.map_err(|e| Failure::of_store(request_id(id), &e))?;
    let principals = visibility::principals(&app.service.playbook(), &device.rep);
    let Some((state, _)) = found.filter(|(state, _)| visibility::may_see(&principals, state)) else {
        let title = "There is no such conversation, or it is not yours to see.";
        return Err(Failure::new(StatusCode::NOT_FOUND, "not_found", title, "A lead can assign it to you."));
    };
    app.presences.writers.say(conversation, &device.rep, visibility::audience(&state));
    Ok(StatusCode::NO_CONTENT)
}
