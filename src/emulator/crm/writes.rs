//! `POST /crm/v1/writes`: what is written into the CRM, kept. A key makes one record, ever, and never two: but that is ours
//! to see from outside, so a second write of a key is counted instead of passed over.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Serialize;
use serde_json::{Value, json};

use super::http::is_let_in;
use crate::emulator::api::answer;
use crate::emulator::shared::Shared;

/// A record somebody wrote.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Written {
    pub(crate) id: String,
    pub(crate) write: Value,
    /// How often it was written: more than once is a mistake of whoever writes.
    pub(crate) times: u32,
    /// Of a task: when it was done, as an instant.
    pub(crate) done_at: Option<String>,
    /// Somebody completed it there.
    #[serde(skip)]
    pub(crate) by_hand: bool,
}

/// The CRM's routes for writes, and the floor's for looking at them and completing a task.
pub(crate) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route("/crm/v1/writes", post(write))
        .route("/crm/v1/writes/{key}", get(find))
        .route("/crm/v1/tasks/{id}", get(task))
        .route("/emulator/v1/crm", get(all))
        .route("/emulator/v1/crm/tasks/{id}/done", post(complete))
}

fn key_of(write: &Value) -> Option<&str> {
    write["key"].as_str()
}

/// Keeps a write under its key, as `id` when it is new; nothing when it ends a task that there is not.
pub(super) fn keep(written: &mut Vec<Written>, write: Value, id: String, now: &str) -> Option<String> {
    if write["kind"] == "task_done" {
        let task = written.iter_mut().find(|w| w.id == write["task"])?;
        task.done_at.get_or_insert_with(|| now.to_owned());
    }
    if let Some(twice) = written.iter_mut().find(|w| key_of(&w.write) == key_of(&write)) {
        twice.times += 1;
        return Some(twice.id.clone());
    }
    written.push(Written { id: id.clone(), write, times: 1, done_at: None, by_hand: false });
    Some(id)
}

async fn write(State(shared): State<Arc<Shared>>, headers: HeaderMap, Json(write): Json<Value>) -> Response {
    if let Some(refused) = is_let_in(&shared, &headers).await {
        return refused;
    }
    let known = |id: &str| shared.contacts.iter().any(|contact| contact.id == id);
    if !write["contact"].as_str().is_some_and(known) {
        return answer(StatusCode::NOT_FOUND, &json!({ "error": "no such contact" }));
    }
    let now = shared.now().to_string();
    let (id, breaks) = {
        let mut state = shared.state();
        let breaks = state.faults.crm_breaks.strikes();
        let id = format!("w-{}", state.written.len() + 1);
        let Some(id) = keep(&mut state.written, write, id, &now) else {
            return answer(StatusCode::NOT_FOUND, &json!({ "error": "no such task" }));
        };
        (id, breaks)
    };
    if breaks {
        // It is written, and whoever wrote it is not told.
        return answer(StatusCode::BAD_GATEWAY, &json!({ "error": "broke off" }));
    }
    answer(StatusCode::CREATED, &json!({ "id": id }))
}

async fn find(State(shared): State<Arc<Shared>>, headers: HeaderMap, Path(key): Path<String>) -> Response {
    if let Some(refused) = is_let_in(&shared, &headers).await {
        return refused;
    }
    let id = shared.state().written.iter().find(|w| key_of(&w.write) == Some(key.as_str())).map(|w| w.id.clone());
    match id {
        Some(id) => answer(StatusCode::OK, &json!({ "id": id })),
        None => answer(StatusCode::NOT_FOUND, &json!({ "error": "no such write" })),
    }
}

async fn task(State(shared): State<Arc<Shared>>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    if let Some(refused) = is_let_in(&shared, &headers).await {
        return refused;
    }
    let task = shared.state().written.iter().find(|w| w.id == id && w.write["kind"] == "task").cloned();
    match task {
        Some(task) => answer(StatusCode::OK, &json!({ "done_at": task.done_at })),
        None => answer(StatusCode::NOT_FOUND, &json!({ "error": "no such task" })),
    }
}

/// Everything that was written, oldest first.
async fn all(State(shared): State<Arc<Shared>>) -> Json<Value> {
    Json(json!({ "written": shared.state().written }))
}

/// Somebody completes a task there.
async fn complete(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Response {
    let now = shared.now().to_string();
    let done = shared.state().written.iter_mut().find(|w| w.id == id).map(|task| {
        task.by_hand |= task.done_at.is_none();
        task.done_at.get_or_insert(now).clone()
    });
    match done {
        Some(at) => answer(StatusCode::OK, &json!({ "done_at": at })),
        None => answer(StatusCode::NOT_FOUND, &json!({ "error": "no such task" })),
    }
}
