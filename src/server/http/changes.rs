//! `GET /v1/changes`, the long poll, and older messages on demand.

use std::time::Duration;

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::auth::{SignedInDevice, signed_in};
use super::problem::Failure;
use super::{App, RequestId, request_id};
use crate::domain::id::ConversationId;
use crate::domain::playbook::Role;
use crate::domain::visibility;
use crate::server::explain::{self, Notes, Told};
use crate::server::feed::{self, Ask, FeedError};
use crate::wire::changes::{Changes, Message};
use crate::wire::explanation::{ExplainedFact, Explanation};
use crate::wire::problem::Problem;

/// What a pull asks.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PullQuery {
    /// The cursor the device stands at; empty or absent for the first sync.
    #[serde(default)]
    since: String,
    /// Seconds to wait for something, at most 60.
    #[serde(default)]
    wait: u64,
    /// The largest `n` whose receipt the device knows.
    #[serde(default)]
    acked: u64,
    /// The playbook's version the device has.
    #[serde(default)]
    playbook: u32,
    /// The `version` of who types that the device was told last; left out it is told nothing of it.
    writing: Option<u64>,
}

/// Waits until something changes for this person, or the wait is over.
#[utoipa::path(get, path = "/v1/changes", params(PullQuery), security(("device" = [])), responses(
    (status = 200, description = "One page; empty when the wait ended", body = Changes),
    (status = 401, description = "The device is not signed in", body = Problem),
    (status = 410, description = "`cursor_gone`: sync anew with an empty cursor; keep outbox and drafts", body = Problem),
))]
pub async fn pull(
    State(app): State<App>,
    id: Option<Extension<RequestId>>,
    // Nothing of the request outlives the wait: its headers hold the buffer they were read into.
    SignedInDevice(device, token): SignedInDevice,
    query: Result<Query<PullQuery>, QueryRejection>,
) -> Result<Json<Changes>, Failure> {
    let Query(query) = query.map_err(|_| bad_query())?;
    let ask = Ask {
        since: query.since,
        known: query.acked,
        playbook: query.playbook,
        writing: query.writing,
        wait: Duration::from_secs(query.wait),
        drain: Some(app.shutdown.clone()),
    };
    let _open = (!ask.wait.is_zero()).then(|| app.metrics.poll());
    let result = feed::changes(&app.service, &app.presences, &device, &ask).await;
    match result {
        Ok(changes) => {
            if query.wait > 0 {
                signed_in(&app, token, request_id(id)).await?;
            }
            Ok(Json(changes))
        }
        Err(FeedError::Gone) => Err(Failure::new(
            StatusCode::GONE,
            "cursor_gone",
            "This cursor is not known any more.",
            "Sync anew with an empty cursor; outbox and drafts stay.",
        )),
        Err(FeedError::Store(e)) => Err(Failure::of_store(request_id(id), &e)),
    }
}

/// Which older messages.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct OlderQuery {
    /// Messages before this place in the conversation.
    #[serde(default = "newest")]
    before: u64,
}

const fn newest() -> u64 {
    u64::MAX
}

/// Messages in one answer.
const OLDER: usize = 100;

/// Older messages of a conversation, oldest first, at most a hundred.
#[utoipa::path(get, path = "/v1/conversations/{id}/messages", params(("id" = String, Path), OlderQuery), security(("device" = [])), responses(
    (status = 200, description = "Messages before the one named", body = Vec<Message>),
    (status = 401, description = "The device is not signed in", body = Problem),
    (status = 404, description = "No such conversation, or not yours to see", body = Problem),
))]
pub async fn messages(
    State(app): State<App>,
    id: Option<Extension<RequestId>>,
    SignedInDevice(device, _): SignedInDevice,
    path: Result<Path<Uuid>, PathRejection>,
    query: Result<Query<OlderQuery>, QueryRejection>,
) -> Result<Json<Vec<Message>>, Failure> {
    let Path(conversation) = path.map_err(|_| no_conversation())?;
    let Query(query) = query.map_err(|_| bad_query())?;
    let before = query.before.min(u64::MAX / 2);
    let found = app.service.store().messages(ConversationId(conversation), before, OLDER).await;
    let (state, messages) = found.map_err(|e| Failure::of_store(request_id(id), &e))?.ok_or_else(no_conversation)?;
    let principals = visibility::principals(&app.service.playbook(), &device.rep);
    if visibility::may_see(&principals, &state) { Ok(Json(messages)) } else { Err(no_conversation()) }
}

/// Why a conversation went to whom it went: every decision about it, and who was passed over. Auditors read it of all
/// conversations, without the words of notes.
#[utoipa::path(get, path = "/v1/conversations/{id}/explanation", params(("id" = String, Path, description = "A conversation's id, or the carrier's id of a text in it")), security(("device" = [])), responses(
    (status = 200, description = "What was decided, oldest first", body = Explanation),
    (status = 401, description = "The device is not signed in", body = Problem),
    (status = 404, description = "No such conversation, or not yours to see", body = Problem),
))]
pub async fn explanation(
    State(app): State<App>,
    id: Option<Extension<RequestId>>,
    SignedInDevice(device, _): SignedInDevice,
    path: Result<Path<String>, PathRejection>,
) -> Result<Json<Explanation>, Failure> {
    let Path(asked) = path.map_err(|_| no_conversation())?;
    let (store, playbook) = (app.service.store(), app.service.playbook());
    let broken = |e| Failure::of_store(request_id(id.clone()), &e);
    let audits = playbook.role_of(&device.rep) == Some(Role::Auditor);
    let missing: fn() -> Failure = if audits { not_in_the_record } else { no_conversation };
    let meant = explain::meant(store.as_ref(), &asked).await.map_err(broken)?;
    let conversation = meant.ok_or_else(missing)?;
    let found = store.messages(conversation, 0, 0).await.map_err(broken)?;
    let (state, _) = found.ok_or_else(missing)?;
    // To audit is to read why anything went where it went: the decisions, and no words beside the sealed record.
    if !audits && !visibility::may_see(&visibility::principals(&playbook, &device.rep), &state) {
        return Err(no_conversation());
    }
    let notes = if audits { Notes::LeftOut } else { Notes::Told };
    let told = explain::of(store.as_ref(), &playbook, playbook.zone(), conversation, notes).await.map_err(broken)?;
    let fact = |told: Told| ExplainedFact { at: told.at.millis(), lines: told.lines };
    Ok(Json(Explanation { facts: told.into_iter().map(fact).collect() }))
}

pub(super) fn no_conversation() -> Failure {
    let title = "There is no such conversation, or it is not yours to see.";
    Failure::new(StatusCode::NOT_FOUND, "not_found", title, "A lead can assign it to you.")
}

/// For whoever reads the whole record, nothing is hidden: it is not there.
fn not_in_the_record() -> Failure {
    let title = "No conversation has this id, and no text came under it.";
    Failure::new(StatusCode::NOT_FOUND, "not_found", title, "comeback audit entries has the ids of all conversations.")
}

fn bad_query() -> Failure {
    Failure::new(StatusCode::BAD_REQUEST, "bad_query", "A parameter is not readable.", "See /openapi.json.")
}
