//! `GET /v1/media/{message}/{n}`: a picture or another part of a buyer's text, for who may see the conversation.

use axum::Extension;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use uuid::Uuid;

use super::auth::SignedInDevice;
use super::problem::Failure;
use super::{App, RequestId, request_id};
use crate::domain::id::MessageId;
use crate::domain::visibility;
use crate::server::store::media::MediaState;
use crate::wire::media::file_name;
use crate::wire::problem::Problem;

/// The bytes, under the type that they were recognised as. To be saved, never shown by a browser in our name.
#[utoipa::path(get, path = "/v1/media/{message}/{n}", security(("device" = [])),
    params(("message" = String, Path, description = "The text's id"), ("n" = u32, Path, description = "Which of its media, from 0")),
    responses(
        (status = 200, description = "The bytes", content_type = "application/octet-stream", body = Vec<u8>),
        (status = 401, description = "The device is not signed in", body = Problem),
        (status = 404, description = "No such media, or not yours to see", body = Problem),
        (status = 409, description = "Not fetched from the carrier yet: `not_here_yet`", body = Problem),
        (status = 410, description = "Not kept; the sentence says why", body = Problem),
    ))]
pub async fn one(
    State(app): State<App>,
    id: Option<Extension<RequestId>>,
    SignedInDevice(device, _): SignedInDevice,
    path: Result<Path<(Uuid, u32)>, PathRejection>,
) -> Result<Response, Failure> {
    let Path((message, n)) = path.map_err(|_| no_media())?;
    let id = request_id(id);
    let store = app.service.store();
    let found = store.media(MessageId(message), n).await.map_err(|e| Failure::of_store(id.clone(), &e))?;
    let (conversation, media) = found.ok_or_else(no_media)?;
    let seen = store.messages(conversation, 0, 0).await.map_err(|e| Failure::of_store(id, &e))?;
    let principals = visibility::principals(&app.service.playbook(), &device.rep);
    if !seen.is_some_and(|(state, _)| visibility::may_see(&principals, &state)) {
        return Err(no_media());
    }
    match media {
        MediaState::Kept(kind, bytes) => {
            let saved = format!("attachment; filename=\"{}\"", file_name(&kind, n));
            let headers = [
                (header::CONTENT_TYPE, kind),
                (header::CONTENT_DISPOSITION, saved),
                (header::CACHE_CONTROL, "private, no-store".to_owned()),
                (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
                (header::CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'".to_owned()),
            ];
            Ok((headers, bytes).into_response())
        }
        MediaState::Wanted => {
            let title = "It has not been fetched from the carrier yet.";
            Err(Failure::new(StatusCode::CONFLICT, "not_here_yet", title, "Try again in a moment."))
        }
        MediaState::Refused(why) => {
            let title = format!("It was not kept: {why}.");
            Err(Failure::new(StatusCode::GONE, "not_kept", &title, "Ask the buyer to send it another way."))
        }
    }
}

fn no_media() -> Failure {
    let title = "There is no such picture or file, or it is not yours to see.";
    Failure::new(StatusCode::NOT_FOUND, "not_found", title, "A lead can assign the conversation to you.")
}
