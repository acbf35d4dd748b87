//! Whoever else is told: `POST /outside/NAME` takes what is posted to a webhook or a chat, and checks its signature by
//! the published rules (Standard Webhooks) with code of its own.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::post;
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::Serialize;
use serde_json::Value;
use sha2::Sha256;

use super::shared::Shared;

/// As many are kept; older ones are forgotten.
const KEPT: usize = 200;

/// What somebody outside was told.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Heard {
    /// The last part of the address, or `mail`.
    pub(crate) by: String,
    /// Virtual time.
    pub(crate) at: String,
    /// Whether a signature fits; none when there is none.
    pub(crate) signed: Option<bool>,
    /// What was posted, or the words of a mail.
    pub(crate) body: Value,
}

/// The routes.
pub(crate) fn router() -> Router<Arc<Shared>> {
    Router::new().route("/outside/{name}", post(hear))
}

/// Keeps what was told.
pub(crate) fn keep(shared: &Shared, by: &str, signed: Option<bool>, body: Value) {
    let heard = Heard { by: by.to_owned(), at: shared.now().to_string(), signed, body };
    let mut state = shared.state();
    if state.heard.len() == KEPT {
        state.heard.remove(0);
    }
    state.heard.push(heard);
}

async fn hear(
    State(shared): State<Arc<Shared>>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, Response) {
    let signed = signed(&shared.outside_secret, &headers, &body);
    let told = serde_json::from_slice(&body).unwrap_or_else(|_| Value::from(String::from_utf8_lossy(&body).as_ref()));
    keep(&shared, &name, signed, told);
    let status = if signed == Some(false) { StatusCode::FORBIDDEN } else { StatusCode::OK };
    (status, Response::default())
}

/// Everything that was told, oldest first.
pub(crate) async fn all(State(shared): State<Arc<Shared>>) -> Json<Value> {
    Json(serde_json::json!({ "outside": shared.state().heard }))
}

/// Whether one of the signatures fits; `None` without any.
fn signed(secret: &str, headers: &HeaderMap, body: &[u8]) -> Option<bool> {
    let read = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let signatures = read("webhook-signature")?;
    let key = STANDARD.decode(secret.trim_start_matches("whsec_")).unwrap_or_default();
    let Ok(mac) = Hmac::<Sha256>::new_from_slice(&key) else { return Some(false) };
    let said = [read("webhook-id").unwrap_or_default(), read("webhook-timestamp").unwrap_or_default()].join(".");
    let mac = mac.chain_update(said.as_bytes()).chain_update(b".").chain_update(body);
    let fits = |text: &str| {
        let given = text.strip_prefix("v1,").and_then(|text| STANDARD.decode(text).ok());
        given.is_some_and(|given| mac.clone().verify_slice(&given).is_ok())
    };
    Some(signatures.split(' ').any(fits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_checked_by_the_published_vector() {
        let secret = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
        let body = br#"{"email":"test@example.com","username":"test_user"}"#;
        let mut headers = HeaderMap::new();
        assert_eq!(signed(secret, &headers, body), None);
        for (name, value) in [
            ("webhook-id", "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk"),
            ("webhook-timestamp", "1649367553"),
            ("webhook-signature", "v1,AAAA v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw="),
        ] {
            headers.insert(name, value.parse().unwrap());
        }
        assert_eq!(signed(secret, &headers, body), Some(true));
        assert_eq!(signed(secret, &headers, b"{}"), Some(false));
        assert_eq!(signed("whsec_AAAA", &headers, body), Some(false));
    }
}
