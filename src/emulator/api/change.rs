//! `POST Messages/{sid}.json`: takes a scheduled text back, or takes a text's words away. `DELETE` takes the text away.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::{answer, error, not_found};
use crate::emulator::shared::Shared;

/// Texts whose end is known: only these may be changed or taken away.
const OVER: [&str; 6] = ["delivered", "undelivered", "failed", "received", "canceled", "read"];

/// The handler of `POST`.
pub(crate) async fn update(
    State(shared): State<Arc<Shared>>,
    Path((_, file)): Path<(String, String)>,
    bytes: axum::body::Bytes,
) -> Response {
    let now = shared.now();
    let mut state = shared.state();
    let Some(message) = state.message_mut(file.strip_suffix(".json").unwrap_or(&file)) else { return not_found(&file) };
    for (name, value) in form_urlencoded::parse(&bytes) {
        match (name.as_ref(), value.as_ref()) {
            ("Status", "canceled") if message.status == "scheduled" => message.status = "canceled",
            ("Status", "canceled") => {
                return error(StatusCode::BAD_REQUEST, 30409, "This message cannot be canceled");
            }
            ("Body", "") if OVER.contains(&message.status) => message.body = String::new(),
            ("Body", "") => {
                let words = "Resource not complete. Message cannot be redacted until it is in a final state";
                return error(StatusCode::BAD_REQUEST, 20009, words);
            }
            ("Status" | "Body", _) => return error(StatusCode::BAD_REQUEST, 20001, "Unknown parameters"),
            _ => {}
        }
    }
    message.updated = now;
    answer(StatusCode::OK, &message.json(&shared.account_sid))
}

/// The handler of `DELETE`.
pub(crate) async fn delete(State(shared): State<Arc<Shared>>, Path((_, file)): Path<(String, String)>) -> Response {
    let mut state = shared.state();
    let sid = file.strip_suffix(".json").unwrap_or(&file);
    let Some(message) = state.message(sid) else { return not_found(&file) };
    if !OVER.contains(&message.status) {
        return error(StatusCode::CONFLICT, 20009, "Cannot delete this resource before it is complete");
    }
    state.messages.retain(|m| m.sid != sid);
    StatusCode::NO_CONTENT.into_response()
}
