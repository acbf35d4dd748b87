//! Pictures that buyers send through the two smaller carriers: links to them, and their bytes.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Kept;
use super::control::Driven;
use crate::emulator::api::media::content;

/// Most pictures of one text, as carriers have it.
const MOST: usize = 10;

/// How many pictures, or their content types.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Pictures {
    /// So many ordinary ones.
    Count(usize),
    /// One of each.
    Types(Vec<String>),
}

impl Pictures {
    /// Their content types.
    pub(super) fn types(self) -> Vec<String> {
        match self {
            Self::Count(n) => vec!["image/png".to_owned(); n.min(MOST)],
            Self::Types(types) => types.into_iter().take(MOST).collect(),
        }
    }
}

/// The pictures of a text as a webhook names them, where the emulator is at `base`.
pub(super) fn links(base: &str, kept: &Kept) -> Vec<Value> {
    let one = |(n, kind): (usize, &String)| json!({ "url": format!("{base}/pictures/{}/{n}", kept.id), "content_type": kind, "size": content(kind).len() });
    kept.media.iter().enumerate().map(one).collect()
}

/// Where their bytes are. As behind a carrier's own links, nobody is asked who they are.
pub(super) fn router<D: Driven>(of: Arc<D>) -> Router {
    Router::new().route("/pictures/{id}/{n}", get(bytes::<D>)).with_state(of)
}

async fn bytes<D: Driven>(State(of): State<Arc<D>>, Path((id, n)): Path<(String, usize)>) -> Response {
    match of.pictures(&id).into_iter().nth(n) {
        Some(kind) => {
            let bytes = content(&kind);
            ([(header::CONTENT_TYPE, kind)], bytes).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
