//! Twilio's HTTP API, as far as a sales inbox needs it.

pub(crate) mod applications;
pub(crate) mod change;
pub(crate) mod create;
pub(crate) mod list;
pub(crate) mod media;
pub(crate) mod numbers;
pub(crate) mod services;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::shared::Shared;

/// The carrier's routes, all behind Basic authentication.
pub(crate) fn router(shared: &Arc<Shared>) -> Router<Arc<Shared>> {
    let account = "/2010-04-01/Accounts/{account}";
    let path = |rest: &str| format!("{account}{rest}");
    Router::new()
        .route(&path("/Messages.json"), post(create::create).get(list::list))
        .route(&path("/Messages/{sid}"), get(fetch).post(change::update).delete(change::delete))
        .route(&path("/Messages/{sid}/Media.json"), get(media::list))
        .route(&path("/Messages/{sid}/Media/{media}"), get(media::fetch).delete(media::delete))
        .route(&path("/IncomingPhoneNumbers.json"), get(numbers::list))
        .route(&path("/IncomingPhoneNumbers/{sid}"), get(numbers::fetch).post(numbers::update))
        .route(&path("/Applications.json"), post(applications::create))
        .route(&path("/Applications/{sid}"), get(applications::fetch).post(applications::update))
        .route(account, get(account_json))
        .route("/v1/Services", get(services::list))
        .route("/v1/Services/{sid}", get(services::fetch).post(services::update))
        .route("/v1/Services/{sid}/PhoneNumbers", get(services::pool))
        .route("/v1/Services/{sid}/PhoneNumbers/{number}", get(services::member))
        .layer(middleware::from_fn_with_state(Arc::clone(shared), authenticate))
        // Where the bytes are kept nobody is asked who they are, and nobody says it.
        .route("/cdn/{account}/{media}", get(media::bytes))
}

/// An error as Twilio answers it.
pub(crate) fn error(status: StatusCode, code: i64, message: &str) -> Response {
    let body = json!({
        "code": code,
        "message": message,
        "more_info": format!("https://www.twilio.com/docs/errors/{code}"),
        "status": status.as_u16(),
    });
    answer(status, &body)
}

/// Nothing there.
pub(crate) fn not_found(what: &str) -> Response {
    error(StatusCode::NOT_FOUND, 20404, &format!("The requested resource {what} was not found"))
}

/// A JSON answer.
pub(crate) fn answer(status: StatusCode, body: &Value) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json; charset=utf-8")], body.to_string()).into_response()
}

/// What the page URIs of a list begin with: nothing, as Twilio answers. Its published description calls them `format:
/// uri`, which a validator takes to mean absolute (its own examples fail); a request with `X-Emulated-Uris: absolute`
/// gets that, so that everything else of a list can be held against the description unchanged.
pub(crate) fn page_base<'a>(shared: &'a Shared, headers: &HeaderMap) -> &'a str {
    let absolute = headers.get("x-emulated-uris").is_some_and(|v| v == "absolute");
    if absolute { &shared.base_url } else { "" }
}

/// The account sid in a path of the 2010 API; the messaging API has none.
fn account_of(path: &str) -> Option<&str> {
    let account = path.strip_prefix("/2010-04-01/Accounts/")?.split('/').next()?;
    Some(account.strip_suffix(".json").unwrap_or(account))
}

async fn authenticate(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let told = basic(request.headers());
    let opens = |token: &String| told.as_deref() == Some(format!("{}:{token}", shared.account_sid).as_bytes());
    if !opens(&shared.auth_token) && !shared.other_token.as_ref().is_some_and(opens) {
        let mut refusal = error(StatusCode::UNAUTHORIZED, 20003, "Authenticate");
        let challenge = HeaderValue::from_static("Basic realm=\"Twilio API\"");
        refusal.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        return refusal;
    }
    let path = request.uri().path().to_owned();
    if account_of(&path).is_some_and(|account| account != shared.account_sid) {
        return not_found(&path);
    }
    next.run(request).await
}

fn basic(headers: &HeaderMap) -> Option<Vec<u8>> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("basic") { STANDARD.decode(token.trim()).ok() } else { None }
}

/// `GET Accounts/{sid}.json`. It tells the primary token, whichever opened it.
async fn account_json(State(shared): State<Arc<Shared>>) -> Response {
    let sid = &shared.account_sid;
    let date = super::message::rfc2822(crate::domain::time::Timestamp::from_millis(1_700_000_000_000));
    let uri = format!("/2010-04-01/Accounts/{sid}");
    let body = json!({
        "auth_token": shared.auth_token, "date_created": date, "date_updated": date, "friendly_name": "Sales",
        "owner_account_sid": sid, "sid": sid, "status": "active",
        "subresource_uris": { "messages": format!("{uri}/Messages.json") },
        "type": "Full", "uri": format!("{uri}.json"),
    });
    answer(StatusCode::OK, &body)
}

async fn fetch(State(shared): State<Arc<Shared>>, Path((_, file)): Path<(String, String)>) -> Response {
    let state = shared.state();
    let message = file.strip_suffix(".json").and_then(|sid| state.message(sid));
    message.map_or_else(|| not_found(&file), |m| answer(StatusCode::OK, &m.json(&shared.account_sid)))
}
