//! Who types a text in which conversation, now. Said by clients while it is so, kept nowhere, over by itself.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::id::{ConversationId, RepId};
use crate::domain::time::Timestamp;

/// `POST /v1/writing`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Writes {
    /// Where the person of this device types.
    #[schema(value_type = String)]
    pub conversation: ConversationId,
}

/// Everybody who types where this person may see it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Writing {
    /// To be named by the next request, as `writing`: it is answered at once when there is news.
    pub version: u64,
    /// Colleagues, never this person.
    pub who: Vec<Writer>,
}

/// Somebody who types.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Writer {
    /// Where.
    #[schema(value_type = String)]
    pub conversation: ConversationId,
    /// Who.
    #[schema(value_type = String)]
    pub rep: RepId,
    /// It is over then, unless said again; the backend's clock.
    #[schema(value_type = i64)]
    pub until: Timestamp,
}
