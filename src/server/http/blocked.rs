//! `GET /v1/consent/blocked`.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use serde::Deserialize;
use utoipa::IntoParams;

use super::auth::ReadsTheRecord;
use super::problem::Failure;
use super::{App, RequestId, request_id};
use crate::domain::id::NumberId;
use crate::server::blocked::page;
use crate::wire::blocked::BlockedNumbers;
use crate::wire::problem::Problem;

/// Which page.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct BlockedQuery {
    /// The `before` of the page before this one; the newest when left out.
    #[param(value_type = Option<String>)]
    before: Option<NumberId>,
}

/// Numbers that nobody hears of: who blocked each, when and why. For admins and auditors.
#[utoipa::path(get, path = "/v1/consent/blocked", params(BlockedQuery), security(("device" = [])), responses(
    (status = 200, description = "At most 500", body = BlockedNumbers),
    (status = 400, description = "`before` is not readable", body = Problem),
    (status = 401, description = "The device is not signed in", body = Problem),
    (status = 403, description = "Neither an admin nor an auditor", body = Problem),
    (status = 503, description = "Busy", body = Problem),
))]
pub async fn blocked(
    State(app): State<App>,
    id: Option<Extension<RequestId>>,
    ReadsTheRecord(_device): ReadsTheRecord,
    query: Result<Query<BlockedQuery>, QueryRejection>,
) -> Result<Json<BlockedNumbers>, Failure> {
    let bad = |_| Failure::new(StatusCode::BAD_REQUEST, "bad_query", "`before` is not readable.", "See /openapi.json.");
    let Query(BlockedQuery { before }) = query.map_err(bad)?;
    let found = page(app.service.store().as_ref(), &app.service.playbook(), before).await;
    Ok(Json(found.map_err(|e| Failure::of_store(request_id(id), &e))?))
}
