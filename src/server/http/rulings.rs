//! `GET /v1/consent/rulings`.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use serde::Deserialize;
use utoipa::IntoParams;

use super::auth::SignedInDevice;
use super::problem::Failure;
use super::{App, RequestId, request_id};
use crate::domain::playbook::Role;
use crate::server::rulings::shown;
use crate::wire::problem::Problem;
use crate::wire::rulings::Rulings;

/// Rulings of one page.
const PAGE: usize = 500;

/// Which page.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct BeforeQuery {
    /// The `before` of the page before this one; the newest when left out.
    before: Option<u64>,
}

/// What people ruled about numbers that a text had put on hold, newest first: who, when, why and over which score. For
/// admins.
#[utoipa::path(get, path = "/v1/consent/rulings", params(BeforeQuery), security(("device" = [])), responses(
    (status = 200, description = "At most 500, newest first", body = Rulings),
    (status = 400, description = "`before` is not readable", body = Problem),
    (status = 401, description = "The device is not signed in", body = Problem),
    (status = 403, description = "Neither an admin nor an auditor", body = Problem),
    (status = 503, description = "Busy", body = Problem),
))]
pub async fn rulings(
    State(app): State<App>,
    id: Option<Extension<RequestId>>,
    SignedInDevice(device, _): SignedInDevice,
    query: Result<Query<BeforeQuery>, QueryRejection>,
) -> Result<Json<Rulings>, Failure> {
    let bad = |_| Failure::new(StatusCode::BAD_REQUEST, "bad_query", "`before` is not readable.", "See /openapi.json.");
    let Query(BeforeQuery { before }) = query.map_err(bad)?;
    let playbook = app.service.playbook();
    if !matches!(playbook.role_of(&device.rep), Some(Role::Admin | Role::Auditor)) {
        let title = "The list of rulings is for admins and auditors.";
        return Err(Failure::new(StatusCode::FORBIDDEN, "not_allowed", title, "Ask whoever looks after compliance."));
    }
    let page = app.service.store().rulings(before.unwrap_or(u64::MAX), PAGE).await;
    let page = page.map_err(|e| Failure::of_store(request_id(id), &e))?;
    let next = page.last().filter(|_| page.len() == PAGE).map(|last| last.ruling.seq);
    Ok(Json(Rulings { rulings: page.into_iter().map(|ruled| shown(&playbook, ruled)).collect(), before: next }))
}
