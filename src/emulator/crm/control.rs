//! `/emulator/v1` of the emulated HubSpot and Salesforce: what stands in their records, what was asked of them, and what goes
//! wrong.
//!
//! **No authentication**, as for the whole emulator: loopback only.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

/// What can be asked of either.
pub(super) trait Driven: Send + Sync + 'static {
    /// All records of a kind, oldest first; none of a kind that it does not have.
    fn records(&self, kind: &str) -> Vec<Value>;

    /// Method and path of every call that was let in.
    fn calls(&self) -> Vec<String>;

    /// What goes wrong from now on, or why that is no fault of it.
    fn fail(&self, faults: Value) -> serde_json::Result<()>;
}

/// The control routes.
pub(super) fn router<D: Driven>(of: Arc<D>) -> Router {
    Router::new()
        .route("/emulator/v1/records/{kind}", get(records::<D>))
        .route("/emulator/v1/calls", get(calls::<D>))
        .route("/emulator/v1/faults", post(fail::<D>))
        .with_state(of)
}

async fn records<D: Driven>(State(of): State<Arc<D>>, Path(kind): Path<String>) -> Json<Value> {
    Json(json!({ "records": of.records(&kind) }))
}

async fn calls<D: Driven>(State(of): State<Arc<D>>) -> Json<Value> {
    Json(json!({ "calls": of.calls() }))
}

async fn fail<D: Driven>(State(of): State<Arc<D>>, Json(faults): Json<Value>) -> Response {
    match of.fail(faults) {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(why) => (StatusCode::BAD_REQUEST, Json(json!({ "error": why.to_string() }))).into_response(),
    }
}
