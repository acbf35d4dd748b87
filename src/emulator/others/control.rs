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
use super::pictures::{self, Pictures};

/// What can be asked of either.
pub(super) trait Driven: Send + Sync + 'static {
    /// A buyer texts one of our numbers, with pictures of these content types. Returns once the webhook was posted, with the
    /// message's id.
    fn text(&self, from: &str, to: &str, body: &str, media: Vec<String>) -> impl Future<Output = String> + Send;

    /// Content types of the pictures of a text.
    fn pictures(&self, id: &str) -> Vec<String>;

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
    #[serde(default)]
    body: String,
    media: Option<Pictures>,
}

/// The control routes.
pub(super) fn router<D: Driven>(of: Arc<D>) -> Router {
    Router::new()
        .route("/emulator/v1/inbound", post(text_now::<D>))
        .route("/emulator/v1/sends", get(sends::<D>))
        .route("/emulator/v1/faults", post(set_faults::<D>))
        .with_state(Arc::clone(&of))
        .merge(pictures::router(of))
}

fn refuse(why: &serde_json::Error) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({ "error": why.to_string() }))).into_response()
}

async fn text_now<D: Driven>(State(of): State<Arc<D>>, Json(text): Json<Value>) -> Response {
    match serde_json::from_value::<Inbound>(text) {
        Ok(text) => {
            let media = text.media.map_or_else(Vec::new, Pictures::types);
            let id = of.text(&text.from, &text.to, &text.body, media).await;
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
