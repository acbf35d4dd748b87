//! `GET /crm/v1/contacts`: all of them, or those with a number.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use axum::routing::get;
use serde_json::json;

use super::Contact;
use crate::emulator::api::answer;
use crate::emulator::shared::Shared;

/// The CRM's routes, behind its bearer token.
pub(crate) fn router() -> Router<Arc<Shared>> {
    Router::new().route("/crm/v1/contacts", get(list)).merge(super::writes::router()).merge(super::deals::router())
}

/// Nothing for whoever may ask now; else what they are told.
pub(super) async fn is_let_in(shared: &Shared, headers: &HeaderMap) -> Option<Response> {
    let given =
        headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok()).and_then(|v| v.strip_prefix("Bearer "));
    if given != Some(shared.crm_token.as_str()) {
        return Some(answer(StatusCode::UNAUTHORIZED, &json!({ "error": "a bearer token is needed" })));
    }
    let (fails, slow) = {
        let mut state = shared.state();
        (state.faults.crm_500.strikes(), state.faults.crm_slow_ms)
    };
    tokio::time::sleep(Duration::from_millis(slow)).await;
    fails.then(|| answer(StatusCode::INTERNAL_SERVER_ERROR, &json!({ "error": "internal" })))
}

async fn list(State(shared): State<Arc<Shared>>, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    if let Some(refused) = is_let_in(&shared, &headers).await {
        return refused;
    }
    let query = query.unwrap_or_default();
    let phone = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "phone").map(|(_, v)| digits(&v));
    let found: Vec<&Contact> = shared
        .contacts
        .iter()
        .filter(|c| phone.as_ref().is_none_or(|p| c.phones.iter().any(|known| is_same(p, &digits(known)))))
        .collect();
    answer(StatusCode::OK, &json!({ "contacts": found }))
}

fn digits(phone: &str) -> String {
    phone.chars().filter(char::is_ascii_digit).collect()
}

/// Equal, but for a country code that one of them lacks.
fn is_same(asked: &str, known: &str) -> bool {
    !asked.is_empty()
        && (asked == known || asked.strip_prefix('1') == Some(known) || known.strip_prefix('1') == Some(asked))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_found_however_it_is_written() {
        assert!(is_same(&digits("+1 617 555 0142"), &digits("(617) 555-0142")));
        assert!(is_same("16175550142", "16175550142"));
        assert!(!is_same("", ""));
        assert!(!is_same("6175550142", "6175550143"));
    }
}
