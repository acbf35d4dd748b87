//! `POST /v1/people` and `GET /v1/oncall`: what people say of themselves, and who has which shift.

use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use serde::Deserialize;
use utoipa::IntoParams;

use super::auth::SignedInDevice;
use super::commands::unreadable;
use super::problem::Failure;
use super::{App, RequestId, request_id};
use crate::domain::command::Actor;
use crate::domain::oncall::{self, Why};
use crate::domain::playbook::Role;
use crate::domain::rejection::Rejection;
use crate::domain::time::Timestamp;
use crate::server::service::{Outcome, Work};
use crate::wire::people::{OnCall, Said, Say};
use crate::wire::problem::Problem;

/// Says something about oneself, or as a lead about somebody else: away, back, an override, a swap.
#[utoipa::path(post, path = "/v1/people", request_body = Say, security(("device" = [])), responses(
    (status = 200, description = "It is so; `changed` is false when it was so already", body = Said),
    (status = 400, description = "Not readable, or no command about people; nothing was changed", body = Problem),
    (status = 401, description = "The device is not signed in", body = Problem),
    (status = 409, description = "Refused: the code and the sentence say why", body = Problem),
    (status = 503, description = "Busy; nothing was written", body = Problem),
))]
pub async fn say(
    State(app): State<App>,
    id: Option<Extension<RequestId>>,
    SignedInDevice(device, _): SignedInDevice,
    body: Result<Json<Say>, JsonRejection>,
) -> Result<Json<Said>, Failure> {
    let Json(Say { command }) = body.map_err(|e| unreadable(&e))?;
    if !command.is_about_people() || !command.is_for_people() {
        let title = "This is no command about people and their shifts.";
        return Err(Failure::new(StatusCode::BAD_REQUEST, "not_here", title, "Send it to /v1/commands."));
    }
    app.presences.saw(&device.rep);
    let role = app.service.playbook().role_of(&device.rep).unwrap_or(Role::Rep);
    let actor = Actor::Rep { rep: device.rep, role };
    let outcome = app.service.submit(Work::People { actor, command }).await;
    match outcome.map_err(|e| Failure::of_service(request_id(id), &e))? {
        Outcome::Refused(rejection) => Err(refused(&rejection)),
        outcome @ (Outcome::Decided(_)
        | Outcome::Receipts(_)
        | Outcome::Received { .. }
        | Outcome::Foreign
        | Outcome::Heard(_)) => Ok(Json(Said { changed: outcome.has_facts() })),
    }
}

pub(super) fn refused(rejection: &Rejection) -> Failure {
    let code = serde_json::to_value(rejection).ok();
    let code = code.as_ref().and_then(|value| value.get("code")?.as_str()).unwrap_or("refused").to_owned();
    Failure::new(StatusCode::CONFLICT, &code, &rejection.to_string(), rejection.hint())
}

/// At which instant.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AtQuery {
    /// Milliseconds since 1970 (UTC); now when left out.
    at: Option<i64>,
}

/// Who is on call by each schedule, until when, and who comes then.
#[utoipa::path(get, path = "/v1/oncall", params(AtQuery), security(("device" = [])), responses(
    (status = 200, description = "One entry for each schedule", body = Vec<OnCall>),
    (status = 401, description = "The device is not signed in", body = Problem),
))]
pub async fn on_call(
    State(app): State<App>,
    id: Option<Extension<RequestId>>,
    SignedInDevice(_device, _token): SignedInDevice,
    query: Result<Query<AtQuery>, QueryRejection>,
) -> Result<Json<Vec<OnCall>>, Failure> {
    let bad = |_| Failure::new(StatusCode::BAD_REQUEST, "bad_query", "`at` is not readable.", "See /openapi.json.");
    let Query(AtQuery { at }) = query.map_err(bad)?;
    let at = at.map_or_else(|| app.service.clock().now(), Timestamp::from_millis);
    let roster = app.service.store().roster().await.map_err(|e| Failure::of_store(request_id(id), &e))?;
    let playbook = app.service.playbook();
    let one = |plan: oncall::Plan<'_>| {
        let schedule = plan.with(&roster);
        let (now, next) = (schedule.at(at), schedule.next_hand_off(at));
        OnCall {
            schedule: plan.id.clone(),
            label: plan.label.to_owned(),
            rep: now.rep.cloned(),
            overridden: matches!(now.why, Why::Override(_)),
            until: next.as_ref().map(|next| next.at),
            then: next.and_then(|next| next.takes),
        }
    };
    Ok(Json(oncall::plans(&playbook).into_iter().map(one).collect()))
}
