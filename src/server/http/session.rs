//! `POST /v1/session` turns a one-time token into a device; `GET` tells who the device is.

use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use axum::{Extension, Json};
use uuid::Uuid;

use super::auth::{SignedInDevice, new_token, token_hash};
use super::problem::Failure;
use super::{App, RequestId, request_id};
use crate::domain::id::{DeviceId, RepId};
use crate::server::store::Device;
use crate::wire::problem::Problem;
use crate::wire::session::{Session, SignIn, SignedIn, WIRE};

/// The longest name a device may give itself.
const LONGEST_NAME: usize = 80;

/// Signs a device in with a one-time token.
#[utoipa::path(post, path = "/v1/session", request_body = SignIn, responses(
    (status = 201, description = "The device's bearer token, shown this once", body = SignedIn),
    (status = 400, description = "Not readable", body = Problem),
    (status = 401, description = "The token is unknown, used or expired", body = Problem),
    (status = 409, description = "The token is for another rep than the one named; it was not used", body = Problem),
))]
pub async fn sign_in(
    State(app): State<App>,
    id: Option<Extension<RequestId>>,
    body: Result<Json<SignIn>, JsonRejection>,
) -> Result<(StatusCode, Json<SignedIn>), Failure> {
    let unreadable =
        |_| Failure::new(StatusCode::BAD_REQUEST, "unreadable", "This is not a sign-in.", "Update the client.");
    let Json(sign_in) = body.map_err(unreadable)?;
    let token = new_token("cbd");
    let device = DeviceId(Uuid::now_v7());
    let name: String = sign_in.device_name.chars().filter(|c| !c.is_control()).take(LONGEST_NAME).collect();
    let now = app.service.clock().now();
    let invite = token_hash(sign_in.token.trim());
    let store = app.service.store();
    let broken = |e| Failure::of_store(request_id(id.clone()), &e);
    if let Some(owner) = &sign_in.rep
        && let Some(rep) = store.invited(invite, now).await.map_err(broken)?
        && rep != *owner
    {
        return Err(of_another_rep(&app, owner, &rep));
    }
    let redeemed = store.redeem(invite, now, device, &name, token_hash(&token)).await;
    let device = redeemed.map_err(broken)?.ok_or_else(|| {
        Failure::new(
            StatusCode::UNAUTHORIZED,
            "bad_token",
            "This one-time token is unknown, used or expired.",
            "Ask your operator for a new one: comeback rep add NAME",
        )
    })?;
    tracing::info!(rep = %device.rep, device = %device.id, "device signed in");
    let session = session_of(&app, &device);
    Ok((StatusCode::CREATED, Json(SignedIn { token, session })))
}

/// One profile, one person: its drafts and its outbox are theirs.
fn of_another_rep(app: &App, owner: &RepId, rep: &RepId) -> Failure {
    let playbook = app.service.playbook();
    let title = format!(
        "This one-time token is for {}, and the profile belongs to {}. The token was not used, the profile is as it was.",
        playbook.rep_name(rep),
        playbook.rep_name(owner)
    );
    let plain = rep.as_str().chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
    let profile = if plain { rep.as_str() } else { "NAME" };
    let hint = format!("Sign in under a profile of its own: comeback --profile {profile} login URL --token-stdin");
    Failure::new(StatusCode::CONFLICT, "other_rep", &title, &hint)
}

/// Who this device is.
#[utoipa::path(get, path = "/v1/session", security(("device" = [])), responses(
    (status = 200, description = "The device's rep", body = Session),
    (status = 401, description = "The device is not signed in", body = Problem),
))]
pub async fn who(State(app): State<App>, SignedInDevice(device, _): SignedInDevice) -> Json<Session> {
    Json(session_of(&app, &device))
}

fn session_of(app: &App, device: &Device) -> Session {
    let playbook = app.service.playbook();
    Session {
        device: device.id,
        rep: device.rep.clone(),
        name: playbook.rep_name(&device.rep).to_owned(),
        role: playbook.role_of(&device.rep).unwrap_or(crate::domain::playbook::Role::Rep),
        company: playbook.company.clone(),
        wire: WIRE,
    }
}
