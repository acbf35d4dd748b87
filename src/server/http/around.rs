//! `GET /v1/conversations/{id}/around`: what is known around a conversation that somebody opened.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::{Extension, Json};
use uuid::Uuid;

use super::auth::SignedInDevice;
use super::changes::no_conversation;
use super::problem::Failure;
use super::{App, RequestId, request_id};
use crate::domain::id::ConversationId;
use crate::server::around;
use crate::wire::around::Around;
use crate::wire::problem::Problem;

/// How old its cards are, how the CRM stands, and who else of the account texts. Asked when a conversation is opened: cards
/// that are old are read again in the background, and this answer does not wait for that.
#[utoipa::path(get, path = "/v1/conversations/{id}/around", params(("id" = String, Path)), security(("device" = [])), responses(
    (status = 200, description = "What is known now", body = Around),
    (status = 401, description = "The device is not signed in", body = Problem),
    (status = 404, description = "No such conversation, or not yours to see", body = Problem),
))]
pub async fn look(
    State(app): State<App>,
    id: Option<Extension<RequestId>>,
    SignedInDevice(device, _): SignedInDevice,
    path: Result<Path<Uuid>, PathRejection>,
) -> Result<Json<Around>, Failure> {
    let Path(conversation) = path.map_err(|_| no_conversation())?;
    let found = around::look(&app.service, &device.rep, ConversationId(conversation)).await;
    found.map_err(|e| Failure::of_store(request_id(id), &e))?.map(Json).ok_or_else(no_conversation)
}
