//! `GET /v1/conversations/{id}/explanation`: why it went to whom it went.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What was decided about a conversation, oldest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Explanation {
    /// One for each fact that says who has it, until when, and why.
    pub facts: Vec<ExplainedFact>,
}

/// One fact in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ExplainedFact {
    /// When: milliseconds since 1970 (UTC).
    pub at: i64,
    /// The first line says what was decided, those after it why: everybody passed over, with the reason.
    pub lines: Vec<String>,
}
