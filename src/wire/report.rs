//! `GET /v1/reports/{name}`: reports, and the replies behind their numbers.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use crate::domain::measure::report::{Report, Told};

/// A report: `{"report": "sla" | "load" | "compliance" | "outcomes", …}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = Object)]
pub struct ReportBody(pub Report);

/// Replies behind a number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Replies {
    /// Newest first.
    #[schema(value_type = Vec<Object>)]
    pub replies: Vec<Told>,
    /// Whether there are more than were asked for.
    pub more: bool,
}

/// Conversations behind a number.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Conversations {
    /// Newest first, each once.
    pub conversations: Vec<Found>,
    /// Whether there are more than were asked for.
    pub more: bool,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Found {
    /// Which.
    pub conversation: String,
    /// When what is counted happened, in milliseconds since 1970.
    pub at: i64,
    /// What it counts as, in a line.
    pub said: String,
    /// For how many of what is counted: replies, answers, deals. Left out when it is one.
    #[serde(default = "once", skip_serializing_if = "is_once")]
    pub times: i64,
    /// What happened, line by line, when it is a reply.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub story: Vec<String>,
}

const fn once() -> i64 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the form that serde asks for")]
const fn is_once(times: &i64) -> bool {
    *times == 1
}
