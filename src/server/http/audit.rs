//! `GET /v1/audit/entries`: the journal, for auditors and admins, who read and change nothing by it.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use serde::Deserialize;
use utoipa::IntoParams;

use super::auth::ReadsTheRecord;
use super::problem::Failure;
use super::{App, RequestId, request_id};
use crate::domain::event::Event;
use crate::domain::message::Delivery;
use crate::domain::sending::is_opt_out;
use crate::journal::{Entry, Frame, to_hex};
use crate::wire::audit::{Entries, SealedEntry};
use crate::wire::problem::Problem;

/// Entries looked at for one answer.
const MOST: usize = 1_000;

/// Kinds of entries in which we refused a text, or it waited for its rep's eye.
const REFUSALS: [&str; 3] = ["answer_parked", "answer_refused", "answer_declined"];

/// Which entries.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct EntriesQuery {
    /// Those after this one; from the first when left out.
    #[serde(default)]
    after: u64,
    /// Only these kinds, separated by commas: `opted_out,opted_in`; `refusals` stands for all by which a text did not go.
    kinds: Option<String>,
}

/// Reads on in the journal. At most 1,000 entries are looked at for one answer: ask again after `through` while there is more.
#[utoipa::path(get, path = "/v1/audit/entries", params(EntriesQuery), security(("device" = [])), responses(
    (status = 200, description = "Entries as they were sealed", body = Entries),
    (status = 400, description = "The query is not readable", body = Problem),
    (status = 401, description = "The device is not signed in", body = Problem),
    (status = 403, description = "Neither an auditor nor an admin", body = Problem),
))]
pub async fn entries(
    State(app): State<App>,
    id: Option<Extension<RequestId>>,
    ReadsTheRecord(_device): ReadsTheRecord,
    query: Result<Query<EntriesQuery>, QueryRejection>,
) -> Result<Json<Entries>, Failure> {
    let bad =
        |_| Failure::new(StatusCode::BAD_REQUEST, "bad_query", "The query is not readable.", "See /openapi.json.");
    let Query(EntriesQuery { after, kinds }) = query.map_err(bad)?;
    let found = app.service.store().entries(after, MOST).await;
    let found = found.map_err(|e| Failure::of_store(request_id(id), &e))?;
    let kinds: Option<Vec<&str>> = kinds.as_deref().map(|kinds| kinds.split(',').map(str::trim).collect());
    let through = found.last().map_or(after, |entry| entry.seq);
    let more = found.len() == MOST;
    let entries = found.iter().filter(|entry| kinds.as_ref().is_none_or(|kinds| is_one_of(entry, kinds)));
    Ok(Json(Entries { entries: entries.map(sealed).collect(), through, more }))
}

fn is_one_of(entry: &Entry, kinds: &[&str]) -> bool {
    let Ok(frame) = Frame::decode(&entry.body) else { return false };
    kinds.iter().any(|kind| if *kind == "refusals" { is_refusal(&frame) } else { frame.kind == *kind })
}

/// Whether it says that a text did not go: refused or kept back by us, or refused by the carrier. One that the carrier
/// took and the network did not bring has gone.
pub fn is_refusal(frame: &Frame) -> bool {
    REFUSALS.contains(&frame.kind.as_str()) || is_refused_by_carrier(frame)
}

fn is_refused_by_carrier(frame: &Frame) -> bool {
    if frame.kind != "delivery_changed" {
        return false;
    }
    let Ok(Event::DeliveryChanged { delivery, error, .. }) = serde_json::from_value(frame.event.clone()) else {
        return false;
    };
    delivery == Delivery::Failed || (delivery.is_failure() && error.is_some_and(is_opt_out))
}

fn sealed(entry: &Entry) -> SealedEntry {
    SealedEntry {
        seq: entry.seq,
        at: entry.at.millis(),
        prev: to_hex(&entry.prev),
        hash: to_hex(&entry.hash),
        body: String::from_utf8_lossy(&entry.body).into_owned(),
    }
}
