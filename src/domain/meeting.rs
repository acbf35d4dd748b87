//! A meeting that a conversation led to.

use serde::{Deserialize, Serialize};

use super::contact::Body;
use super::id::MessageId;
use super::time::{Span, Timestamp};

/// When it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meeting {
    /// From.
    pub from: Timestamp,
    /// How long, in minutes.
    pub minutes: u16,
}

impl Meeting {
    /// Until.
    pub fn until(self) -> Timestamp {
        self.from + Span::minutes(self.minutes.into())
    }
}

/// What the rep wrote on it. The journal keeps its id, and its words beside the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remark {
    /// The id it is known by.
    pub message: MessageId,
    /// The words.
    pub body: Body,
}
