//! `/emulator/v1`: what a test or a demo may ask of the emulator itself.
//!
//! **No authentication**: whoever reaches this port may make buyers text and read every send. The emulator is a tool for
//! loopback; `comeback emulate` listens there unless told otherwise.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::api::answer;
use super::inbound::{self, Text};
use super::outside;
use super::shared::Shared;

/// The control routes.
pub(crate) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route("/emulator/v1", get(describe))
        .route("/emulator/v1/inbound", post(text_now))
        .route("/emulator/v1/sends", get(sends))
        .route("/emulator/v1/webhooks", get(webhooks))
        .route("/emulator/v1/outside", get(outside::all))
        .route("/emulator/v1/faults", get(faults).post(set_faults))
        .route("/emulator/v1/buyers", get(buyers).post(pause))
        .route("/emulator/v1/numbers/{number}", post(set_number))
}

fn refuse(why: &str) -> Response {
    answer(StatusCode::BAD_REQUEST, &json!({ "error": why }))
}

async fn describe(State(shared): State<Arc<Shared>>) -> Response {
    answer(StatusCode::OK, &super::describe(&shared))
}

/// How many pictures, or their content types.
#[derive(Deserialize)]
#[serde(untagged)]
enum Pictures {
    Count(usize),
    Types(Vec<String>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Inbound {
    from: String,
    to: Option<String>,
    #[serde(default)]
    body: String,
    media: Option<Pictures>,
}

async fn text_now(State(shared): State<Arc<Shared>>, Json(text): Json<Value>) -> Response {
    let text: Inbound = match serde_json::from_value(text) {
        Ok(text) => text,
        Err(error) => return refuse(&error.to_string()),
    };
    let line = text.to.or_else(|| shared.state().numbers.first().map(|n| n.number.clone())).unwrap_or_default();
    if shared.state().number(&line).is_none() {
        return refuse("`to` is none of our numbers");
    }
    let media = match text.media {
        None => Vec::new(),
        Some(Pictures::Count(n)) => vec!["image/png".to_owned(); n.min(10)],
        Some(Pictures::Types(types)) => types,
    };
    let text = Text { at: shared.now(), from: text.from, to: line, body: text.body, media };
    let sid = inbound::receive(&shared, &text);
    answer(StatusCode::CREATED, &json!({ "sid": sid, "at": text.at.to_string() }))
}

async fn sends(State(shared): State<Arc<Shared>>) -> Response {
    answer(StatusCode::OK, &json!({ "sends": shared.state().sends }))
}

async fn webhooks(State(shared): State<Arc<Shared>>) -> Response {
    answer(StatusCode::OK, &json!({ "webhooks": shared.state().hooks }))
}

async fn faults(State(shared): State<Arc<Shared>>) -> Response {
    answer(StatusCode::OK, &json!(shared.state().faults))
}

async fn set_faults(State(shared): State<Arc<Shared>>, Json(patch): Json<Value>) -> Response {
    let mut state = shared.state();
    match state.faults.patched(&patch) {
        Ok(faults) => {
            state.faults = faults;
            answer(StatusCode::OK, &json!(state.faults))
        }
        Err(error) => refuse(&error.to_string()),
    }
}

async fn buyers(State(shared): State<Arc<Shared>>) -> Response {
    let state = shared.state();
    answer(StatusCode::OK, &json!({ "paused": state.paused, "now": shared.now().to_string() }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pause {
    paused: bool,
}

async fn pause(State(shared): State<Arc<Shared>>, Json(wish): Json<Pause>) -> Response {
    shared.state().paused = wish.paused;
    shared.stirred.notify_one();
    answer(StatusCode::OK, &json!({ "paused": wish.paused }))
}

/// Lays the fields of a JSON object over a number's set-up.
async fn set_number(
    State(shared): State<Arc<Shared>>,
    Path(number): Path<String>,
    Json(patch): Json<Value>,
) -> Response {
    let mut state = shared.state();
    let Some(known) = state.number_mut(&number) else { return refuse("none of our numbers") };
    let mut fields = json!(known);
    if let (Some(fields), Some(patch)) = (fields.as_object_mut(), patch.as_object()) {
        fields.extend(patch.clone());
        fields.insert("number".to_owned(), json!(number));
    }
    match serde_json::from_value::<super::state::Number>(fields) {
        Ok(changed) => {
            *known = changed.clone();
            if let Some(service) = changed.messaging_service_sid.clone() {
                state.services.entry(service).or_default();
            }
            answer(StatusCode::OK, &json!(changed))
        }
        Err(error) => refuse(&error.to_string()),
    }
}
