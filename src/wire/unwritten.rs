//! What has not reached the CRM: said with the feed, kept nowhere by clients.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::id::ConversationId;
use crate::domain::time::Timestamp;

/// A write of a conversation that the CRM has not taken. What is merely next in line is none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Unwritten {
    /// Of which conversation.
    #[schema(value_type = String)]
    pub conversation: ConversationId,
    /// Since when it is wanted.
    #[schema(value_type = i64)]
    pub since: Timestamp,
    /// Not tried again by itself: the CRM refused it, or nobody there is the buyer.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub refused: bool,
    /// Why, in words.
    pub why: String,
}
