//! `POST /v1/consent/unblock`.

use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use axum::{Extension, Json};

use super::auth::SignedInDevice;
use super::commands::unreadable;
use super::people::refused;
use super::problem::Failure;
use super::{App, RequestId, request_id};
use crate::domain::command::{Actor, Command};
use crate::domain::playbook::Role;
use crate::domain::visibility;
use crate::server::consent::whose;
use crate::server::service::{Outcome, Work};
use crate::wire::blocked::Unblock;
use crate::wire::people::Said;
use crate::wire::problem::Problem;

/// Hears a blocked number again. For the lead of a team that it texted, and admins.
#[utoipa::path(post, path = "/v1/consent/unblock", request_body = Unblock, security(("device" = [])), responses(
    (status = 200, description = "It is heard; `changed` is false when it was not blocked", body = Said),
    (status = 400, description = "Not readable, or no number; nothing was changed", body = Problem),
    (status = 401, description = "The device is not signed in", body = Problem),
    (status = 404, description = "No conversation that they see is with this number", body = Problem),
    (status = 409, description = "Refused: the code and the sentence say why", body = Problem),
    (status = 503, description = "Busy; nothing was written", body = Problem),
))]
pub async fn unblock(
    State(app): State<App>,
    id: Option<Extension<RequestId>>,
    SignedInDevice(device, _): SignedInDevice,
    body: Result<Json<Unblock>, JsonRejection>,
) -> Result<Json<Said>, Failure> {
    let Json(Unblock { number }) = body.map_err(|e| unreadable(&e))?;
    let address = whose(&number).ok_or_else(|| {
        let title = "This is no phone number. Nothing was changed.";
        Failure::new(StatusCode::BAD_REQUEST, "not_a_number", title, "Write it with its country code: +14155550123.")
    })?;
    let request = request_id(id);
    let known = app.service.store().consent_of(&address).await;
    let known = known.map_err(|e| Failure::of_store(request.clone(), &e))?;
    let mut conversations = known.map(|(_, conversations)| conversations).unwrap_or_default();
    let playbook = app.service.playbook();
    let (led, seen) = (playbook.led_by(&device.rep), visibility::principals(&playbook, &device.rep));
    // Of others nobody is told even that there are any.
    conversations.retain(|c| visibility::may_see(&seen, c));
    // The newest that they may speak about; of any other the rules say why not.
    conversations.sort_by_key(|c| (led.contains(&c.team), c.id));
    let conversation = conversations.last().map(|c| c.id).ok_or_else(|| {
        let title = "No conversation that you see is with this number. Nothing was changed.";
        Failure::new(
            StatusCode::NOT_FOUND,
            "unknown_number",
            title,
            "comeback consent blocked lists those that are blocked.",
        )
    })?;
    let role = playbook.role_of(&device.rep).unwrap_or(Role::Rep);
    let work = Work::Machine { actor: Actor::Rep { rep: device.rep, role }, conversation, command: Command::Unblock };
    match app.service.submit(work).await.map_err(|e| Failure::of_service(request, &e))? {
        Outcome::Refused(rejection) => Err(refused(&rejection)),
        outcome @ (Outcome::Decided(_)
        | Outcome::Receipts(_)
        | Outcome::Received { .. }
        | Outcome::Foreign
        | Outcome::Heard(_)) => Ok(Json(Said { changed: outcome.has_facts() })),
    }
}
