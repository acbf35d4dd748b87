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
use crate::journal::{Entry, Frame, to_hex};
use crate::wire::audit::{Entries, SealedEntry};
use crate::wire::problem::Problem;

/// Entries looked at for one answer.
const MOST: usize = 1_000;

/// Kinds of entries in which a text was refused, or waited for its rep's eye.
pub const REFUSALS: [&str; 3] = ["answer_parked", "answer_refused", "answer_declined"];

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
    let kinds: Option<Vec<&str>> = kinds.as_deref().map(wanted);
    let through = found.last().map_or(after, |entry| entry.seq);
    let more = found.len() == MOST;
    let entries = found.iter().filter(|entry| kinds.as_ref().is_none_or(|kinds| is_one_of(entry, kinds)));
    Ok(Json(Entries { entries: entries.map(sealed).collect(), through, more }))
}

fn wanted(kinds: &str) -> Vec<&str> {
    let each = kinds.split(',').map(str::trim);
    each.flat_map(|kind| if kind == "refusals" { REFUSALS.to_vec() } else { vec![kind] }).collect()
}

fn is_one_of(entry: &Entry, kinds: &[&str]) -> bool {
    Frame::decode(&entry.body).is_ok_and(|frame| kinds.contains(&frame.kind.as_str()))
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
