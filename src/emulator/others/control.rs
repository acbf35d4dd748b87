//! `/emulator/v1` of the two smaller carriers: a buyer texts, what left, what goes wrong.
//!
//! **No authentication**, as for the whole emulator: loopback only.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::OtherFaults;

/// What can be asked of either.
pub(super) trait Driven: Send + Sync + 'static {
    /// A buyer texts one of our numbers. Returns once the webhook was posted, with the message's id.
    fn text(&self, from: &str, to: &str, body: &str) -> impl Future<Output = String> + Send;

    /// Everything that left, oldest first.
    fn sends(&self) -> Vec<Value>;

    /// What goes wrong from now on.
    fn set(&self, faults: OtherFaults);
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Inbound {
    from: String,
    to: String,
    body: String,
}

/// The control routes.
pub(super) fn router<D: Driven>(of: Arc<D>) -> Router {
    Router::new()
        .route("/emulator/v1/inbound", post(text_now::<D>))
        .route("/emulator/v1/sends", get(sends::<D>))
        .route("/emulator/v1/faults", post(set_faults::<D>))
        .with_state(of)
}

fn refuse(why: &serde_json::Error) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({ "error": why.to_string() }))).into_response()
}

async fn text_now<D: Driven>(State(of): State<Arc<D>>, Json(text): Json<Value>) -> Response {
    match serde_json::from_value::<Inbound>(text) {
        Ok(text) => {
            let id = of.text(&text.from, &text.to, &text.body).await;
            (StatusCode::CREATED, Json(json!({ "id": id }))).into_response()
        }
        Err(why) => refuse(&why),
    }
}

async fn sends<D: Driven>(State(of): State<Arc<D>>) -> Json<Value> {
    Json(json!({ "sends": of.sends() }))
}

async fn set_faults<D: Driven>(State(of): State<Arc<D>>, Json(faults): Json<Value>) -> Response {
    match serde_json::from_value::<OtherFaults>(faults) {
        Ok(faults) => {
            of.set(faults);
            StatusCode::NO_CONTENT.into_response()
        }
        Err(why) => refuse(&why),
    }
}
