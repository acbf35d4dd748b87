//! Errors for people and programs: `application/problem+json` (RFC 9457).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What went wrong. A 5xx says nothing but its request id; the log says all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// A stable URI: `/problems/cursor_gone`.
    #[serde(rename = "type")]
    pub kind: String,
    /// One sentence.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// The last part of `type`.
    pub code: String,
    /// What to do next.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub hint: String,
    /// Whether asking again later may help.
    #[serde(default)]
    pub retryable: bool,
    /// Finds the log line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

impl Problem {
    /// The media type.
    pub const MEDIA_TYPE: &'static str = "application/problem+json";

    /// A problem with a code, a sentence and a hint.
    pub fn new(status: u16, code: &str, title: &str, hint: &str) -> Self {
        Self {
            kind: format!("/problems/{code}"),
            title: title.to_owned(),
            status,
            code: code.to_owned(),
            hint: hint.to_owned(),
            retryable: status >= 500 || status == 429,
            request_id: None,
        }
    }
}
