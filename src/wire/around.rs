//! What is known around a conversation, as of now: how old its cards are, how the CRM stands, who else of the account
//! texts.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::contact::Body;
use crate::domain::id::{ConversationId, MessageId};
use crate::domain::routing::Holder;
use crate::domain::time::Timestamp;

/// `GET /v1/conversations/{id}/around`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Around {
    /// Of which.
    #[schema(value_type = String)]
    pub conversation: ConversationId,
    /// When the CRM last said who is behind the number; nothing when it never did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    pub read_at: Option<Timestamp>,
    /// The CRM that this backend asks; nothing where it asks none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crm: Option<CrmState>,
    /// Other conversations with people of the same account, those that are open first, the newest first of each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<Other>,
    /// How many more there are that this person may not see.
    #[serde(default)]
    pub hidden: u32,
    /// While the number is on opt-out hold: the texts that hold it, oldest first, also those to another of our numbers. Who
    /// rules on them must read them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub held: Vec<HeldText>,
}

/// A text that may ask us to stop.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HeldText {
    /// Which.
    #[schema(value_type = String)]
    pub message: MessageId,
    /// Its words; nothing once they are erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub body: Option<Body>,
}

/// How the CRM stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CrmState {
    /// Its name, as people say it.
    pub name: String,
    /// Since when it does not answer; nothing while it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    pub failing: Option<Timestamp>,
    /// It has not answered since this backend was started: it may be longer than that.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub since_before: bool,
    /// When it was last read before that, by the cards that are kept: it does not answer since some time between the two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    pub last_read: Option<Timestamp>,
    /// Its calls of a day are used up: when it is asked again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    pub used_up: Option<Timestamp>,
}

/// Another conversation with somebody of the same account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Other {
    /// Which.
    #[schema(value_type = String)]
    pub conversation: ConversationId,
    /// Who texts there, as the CRM calls them.
    pub name: String,
    /// Whether something is to be done there.
    pub open: bool,
    /// When they last wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    pub last_inbound: Option<Timestamp>,
    /// Who has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub holder: Option<Holder>,
}
