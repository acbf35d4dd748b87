//! The shifts of a rep or a schedule as a calendar (RFC 5545), for whoever is signed in, and by an address that opens this
//! one calendar and nothing else: calendar programs keep their passwords where others read them.
//!
//! The secret in such an address is made from what is stored of the device's token, so nothing more is kept, and it opens
//! nothing any more once the device is signed out. Whoever reads the database could make it; they read the shifts there.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::{Extension, Json};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::Datelike as _;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::auth::{SignedInDevice, TokenHash};
use super::problem::Failure;
use super::{App, RequestId, request_id};
use crate::domain::icalendar;
use crate::domain::id::DeviceId;
use crate::journal::to_hex;
use crate::wire::people::CalendarAddress;
use crate::wire::problem::Problem;

/// How secrets of calendars begin: scanners of secrets can find them.
const PREFIX: &str = "cbc_";

/// What the secret is for: another use of the same key would have another word.
const USE: &str = "comeback calendar 1";

/// Calendar programs sign in once they are asked to (RFC 7617).
pub(super) async fn challenge(mut response: Response) -> Response {
    if response.status() == StatusCode::UNAUTHORIZED {
        let basic = HeaderValue::from_static("Basic realm=\"comeback\", charset=\"UTF-8\"");
        response.headers_mut().insert(header::WWW_AUTHENTICATE, basic);
    }
    response
}

/// The shifts of a rep or a schedule as a calendar (RFC 5545), for a program of one's own: it signs in as the inbox does, or
/// with HTTP Basic: any name, and the device's token as the password.
#[utoipa::path(get, path = "/v1/calendars/{whose}", params(("whose" = String, Path, description = "A rep or a schedule, as `maya.ics`")), security(("device" = [])), responses(
    (status = 200, description = "From the beginning of this year, sixteen months", content_type = "text/calendar"),
    (status = 304, description = "As it was: it has the ETag of If-None-Match"),
    (status = 401, description = "The device is not signed in", body = Problem),
    (status = 404, description = "Neither a rep nor a schedule", body = Problem),
))]
pub async fn calendar(
    State(app): State<App>,
    id: Option<Extension<RequestId>>,
    SignedInDevice(_device, _token): SignedInDevice,
    headers: HeaderMap,
    path: Result<Path<String>, PathRejection>,
) -> Result<Response, Failure> {
    let Path(whose) = path.map_err(|_| nobody())?;
    let text = text(&app, &whose, request_id(id)).await?.ok_or_else(nobody)?;
    Ok(answer(&headers, text))
}

/// The address by which a calendar program reads one calendar, without anybody's token. It is a secret, the same each
/// time, and opens nothing any more once this device is signed out.
#[utoipa::path(get, path = "/v1/calendars/{whose}/address", params(("whose" = String, Path, description = "A rep or a schedule, as `maya.ics`")), security(("device" = [])), responses(
    (status = 200, description = "Its path at this backend", body = CalendarAddress),
    (status = 401, description = "The device is not signed in", body = Problem),
    (status = 404, description = "Neither a rep nor a schedule", body = Problem),
))]
pub async fn address(
    State(app): State<App>,
    id: Option<Extension<RequestId>>,
    SignedInDevice(device, token): SignedInDevice,
    path: Result<Path<String>, PathRejection>,
) -> Result<Json<CalendarAddress>, Failure> {
    let Path(whose) = path.map_err(|_| nobody())?;
    text(&app, &whose, request_id(id)).await?.ok_or_else(nobody)?;
    let whose = named(&whose);
    let secret = secret(device.id, &token, whose);
    // As a part of a path: names are what the playbook calls them.
    let name: String = url::form_urlencoded::byte_serialize(whose.as_bytes()).collect();
    Ok(Json(CalendarAddress { path: format!("/v1/subscriptions/{secret}/{}.ics", name.replace('+', "%20")) }))
}

/// One calendar by its own secret, for a calendar program.
#[utoipa::path(get, path = "/v1/subscriptions/{secret}/{whose}", params(
    ("secret" = String, Path, description = "As `GET /v1/calendars/{whose}/address` gives it"),
    ("whose" = String, Path, description = "The rep or the schedule that it is for, as `maya.ics`"),
), responses(
    (status = 200, description = "From the beginning of this year, sixteen months", content_type = "text/calendar"),
    (status = 304, description = "As it was: it has the ETag of If-None-Match"),
    (status = 404, description = "It opens nothing, or nothing any more", body = Problem),
))]
pub async fn subscription(
    State(app): State<App>,
    id: Option<Extension<RequestId>>,
    headers: HeaderMap,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Result<Response, Failure> {
    let Path((secret, whose)) = path.map_err(|_| closed())?;
    let (device, mac) = parts(&secret).ok_or_else(closed)?;
    let found = app.service.store().device_key(device).await;
    let (device, token) = found.map_err(|e| Failure::of_store(request_id(id.clone()), &e))?.ok_or_else(closed)?;
    // In a time that says nothing of how much of it was right.
    signed(device.id, &token, named(&whose)).verify_slice(&mac).map_err(|_| closed())?;
    // Somebody who left the playbook sees nothing, whatever they hold.
    app.service.playbook().role_of(&device.rep).ok_or_else(closed)?;
    let text = text(&app, &whose, request_id(id)).await?.ok_or_else(closed)?;
    Ok(answer(&headers, text))
}

fn nobody() -> Failure {
    let title = "There is no rep and no schedule of this name.";
    Failure::new(StatusCode::NOT_FOUND, "not_found", title, "comeback oncall names the schedules.")
}

/// One answer to every address that opens nothing: it tells nobody which part was right.
fn closed() -> Failure {
    let title = "This address opens no calendar, or none any more.";
    Failure::new(StatusCode::NOT_FOUND, "not_found", title, "comeback oncall subscribe prints a new one.")
}

/// The name without the ending that calendar programs like.
fn named(whose: &str) -> &str {
    whose.strip_suffix(".ics").unwrap_or(whose)
}

async fn text(app: &App, whose: &str, request_id: Option<String>) -> Result<Option<String>, Failure> {
    let service = &app.service;
    let roster = service.store().roster().await.map_err(|e| Failure::of_store(request_id, &e))?;
    let year = service.clock().now().utc().year();
    Ok(icalendar::feed(&service.playbook(), &roster, named(whose), year, None))
}

/// A calendar, or that it is as it was.
fn answer(headers: &HeaderMap, text: String) -> Response {
    let digest = Sha256::digest(text.as_bytes());
    let tag = format!("\"{}\"", to_hex(&digest[..16]));
    let asked = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok()).unwrap_or_default();
    // A proxy that compressed it may have marked its tag as a weak one: for this question that is the same.
    let same = asked.split(',').any(|one| one.trim().trim_start_matches("W/") == tag);
    let shared: [(HeaderName, String); 3] = [
        (header::ETAG, tag),
        (header::CACHE_CONTROL, "private, no-cache".to_owned()),
        (header::REFERRER_POLICY, "no-referrer".to_owned()),
    ];
    if same {
        return (StatusCode::NOT_MODIFIED, shared).into_response();
    }
    (shared, [(header::CONTENT_TYPE, "text/calendar; charset=utf-8")], text).into_response()
}

/// The secret of one calendar for one device: which device, and a proof that only the backend makes.
fn secret(device: DeviceId, token: &TokenHash, whose: &str) -> String {
    let mut bytes = device.0.as_bytes().to_vec();
    bytes.extend(signed(device, token, whose).finalize().into_bytes());
    format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes))
}

fn signed(device: DeviceId, token: &TokenHash, whose: &str) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(token).expect("BUG: HMAC takes keys of any length");
    mac.update(USE.as_bytes());
    mac.update(device.0.as_bytes());
    mac.update(whose.as_bytes());
    mac
}

/// The device that a secret names, and its proof.
fn parts(secret: &str) -> Option<(DeviceId, [u8; 32])> {
    let bytes = URL_SAFE_NO_PAD.decode(secret.strip_prefix(PREFIX)?).ok()?;
    let (device, mac) = bytes.split_first_chunk::<16>()?;
    Some((DeviceId(Uuid::from_bytes(*device)), mac.try_into().ok()?))
}
