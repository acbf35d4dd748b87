//! `GET /v1/consent/rulings`: what was ruled about numbers on opt-out hold.

use serde::{Deserialize, Serialize};

use crate::domain::id::{ConversationId, MessageId};
use crate::domain::time::Timestamp;

/// A page of rulings, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Rulings {
    /// What was ruled.
    pub rulings: Vec<Ruling>,
    /// Give this as `before` for the next page; absent on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<u64>,
}

/// One ruling.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Ruling {
    /// Its entry in the journal.
    pub seq: u64,
    /// When.
    #[schema(value_type = i64)]
    pub at: Timestamp,
    /// The number, unless it was erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// What was ruled.
    pub verdict: RulingVerdict,
    /// Who ruled; absent when nobody had by the tenth business day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Why the number was kept, unless that was erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The score of the text that asked most plainly.
    pub score: i32,
    /// Where that text came in.
    #[schema(value_type = String)]
    pub conversation: ConversationId,
    /// That text.
    #[schema(value_type = String)]
    pub message: MessageId,
}

/// What was ruled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RulingVerdict {
    /// No more texts.
    OptOut,
    /// They meant something else.
    Keep,
}
