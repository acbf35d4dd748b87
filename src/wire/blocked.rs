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

/// `POST /v1/consent/unblock`: whose texts are to be heard again.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Unblock {
    /// Whose: `+14155550123`.
    pub number: String,
}

impl std::fmt::Debug for Unblock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Unblock")
    }
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
    /// Its newest conversation. `POST /v1/consent/unblock` ends the block: for its team's lead and admins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub conversation: Option<ConversationId>,
}
