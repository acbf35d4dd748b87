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
