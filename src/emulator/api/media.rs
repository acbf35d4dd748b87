//! A message's media: a list, one of them as JSON or as a redirect to its bytes, and the bytes.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::{answer, error, not_found};
use crate::emulator::message::{Media, Message, rfc2822};
use crate::emulator::shared::Shared;

/// A 1×1 grey PNG: what an emulated picture looks like, whatever its type is said to be.
const PICTURE: &[u8] = &[
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44, 0x52, 0x00, 0x00, 0x00,
    0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x00, 0x00, 0x00, 0x00, 0x3a, 0x7e, 0x9b, 0x55, 0x00, 0x00, 0x00, 0x0a, 0x49,
    0x44, 0x41, 0x54, 0x78, 0xda, 0x63, 0x68, 0x00, 0x00, 0x00, 0x82, 0x00, 0x81, 0xda, 0x45, 0x08, 0x3b, 0x00, 0x00,
    0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82,
];

const CARD: &str = "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Dana Hill\r\nTEL:+14155550199\r\nEND:VCARD\r\n";

const DOCUMENT: &str = "%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n";

/// What is at a type: real bytes of it for those that a phone sends, and for others what they say themselves.
pub(crate) fn content(content_type: &str) -> Vec<u8> {
    match content_type {
        "text/vcard" | "text/x-vcard" => CARD.as_bytes().to_vec(),
        "application/pdf" => DOCUMENT.as_bytes().to_vec(),
        "text/html" => b"<html><script>alert(1)</script></html>".to_vec(),
        // A picture of nine megabytes: more than a phone may send, and more than anybody should take.
        "image/x-huge" => PICTURE.iter().copied().chain(std::iter::repeat_n(0, 9 * 1024 * 1024)).collect(),
        _ => PICTURE.to_vec(),
    }
}

fn one_json(shared: &Shared, message: &Message, media: &Media) -> Value {
    let (account, sid) = (&shared.account_sid, &message.sid);
    let date = rfc2822(message.created);
    json!({
        "account_sid": account, "content_type": media.content_type, "date_created": date, "date_updated": date,
        "parent_sid": sid, "sid": media.sid,
        "uri": format!("/2010-04-01/Accounts/{account}/Messages/{sid}/Media/{}.json", media.sid),
    })
}

/// `GET Messages/{sid}/Media.json`.
pub(crate) async fn list(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Path((_, sid)): Path<(String, String)>,
) -> Response {
    let state = shared.state();
    let Some(message) = state.message(&sid) else { return not_found(&sid) };
    let base = super::page_base(&shared, &headers);
    let uri = format!("{base}/2010-04-01/Accounts/{}/Messages/{sid}/Media", shared.account_sid);
    let list: Vec<Value> = message.media.iter().map(|media| one_json(&shared, message, media)).collect();
    let first = format!("{uri}.json?PageSize=50&Page=0");
    let body = json!({
        "end": list.len().saturating_sub(1), "first_page_uri": first, "next_page_uri": null, "page": 0,
        "page_size": 50, "previous_page_uri": null, "start": 0, "uri": first, "media_list": list,
    });
    answer(StatusCode::OK, &body)
}

/// `GET Messages/{sid}/Media/{media}`, with `.json` what is known of it, without a redirect to the bytes.
pub(crate) async fn fetch(
    State(shared): State<Arc<Shared>>,
    Path((_, sid, file)): Path<(String, String, String)>,
) -> Response {
    let state = shared.state();
    let wanted = file.strip_suffix(".json").unwrap_or(&file);
    let found = state.message(&sid).and_then(|m| Some((m, m.media.iter().find(|x| x.sid == wanted)?)));
    let Some((message, media)) = found else { return not_found(&file) };
    if wanted.len() < file.len() {
        return answer(StatusCode::OK, &one_json(&shared, message, media));
    }
    // Another host than the API's, as the carrier's own is.
    let base = shared.base_url.replacen("//127.0.0.1:", "//localhost:", 1);
    let to = format!("{base}/cdn/{}/{}", shared.account_sid, media.sid);
    (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, to)]).into_response()
}

/// `DELETE Messages/{sid}/Media/{media}.json`.
pub(crate) async fn delete(
    State(shared): State<Arc<Shared>>,
    Path((_, sid, file)): Path<(String, String, String)>,
) -> Response {
    let mut state = shared.state();
    let wanted = file.strip_suffix(".json").unwrap_or(&file).to_owned();
    let Some(message) = state.message_mut(&sid) else { return not_found(&sid) };
    let before = message.media.len();
    message.media.retain(|media| media.sid != wanted);
    if message.media.len() < before { StatusCode::NO_CONTENT.into_response() } else { not_found(&file) }
}

/// The bytes. Whoever tells here who they are, gave a secret away.
pub(crate) async fn bytes(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Path((_, media)): Path<(String, String)>,
) -> Response {
    if headers.contains_key(header::AUTHORIZATION) {
        return error(StatusCode::BAD_REQUEST, 20001, "Credentials do not belong here");
    }
    let state = shared.state();
    let found = state.messages.iter().flat_map(|m| &m.media).find(|m| m.sid == media).map(|m| m.content_type.clone());
    match found {
        Some(kind) => {
            let bytes = content(&kind);
            ([(header::CONTENT_TYPE, kind)], bytes).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
