//! `GET /v1/consent/blocked`: numbers that nobody hears of.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::block::Why;
use crate::domain::id::{ConversationId, NumberId};
use crate::domain::time::Timestamp;

/// A page of blocked numbers; those that texted first come last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BlockedNumbers {
    /// The numbers.
    pub blocked: Vec<BlockedNumber>,
    /// Give this as `before` for the next page; absent on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub before: Option<NumberId>,
}

/// One blocked number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BlockedNumber {
    /// The number, unless it was erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// Since when.
    #[schema(value_type = i64)]
    pub at: Timestamp,
    /// Who blocked it.
    pub by: String,
    /// Why: `spam`, `fraud`, `abuse` or `other`.
    #[schema(value_type = String)]
    pub reason: Why,
    /// Its newest conversation. `{"do": "unblock"}` about it ends the block: for its team's lead and admins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub conversation: Option<ConversationId>,
}
