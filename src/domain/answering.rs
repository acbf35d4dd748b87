//! Define: which of our texts a reply answers, as the marketing tool reported it.

use serde::{Deserialize, Serialize};

use super::contact::Body;
use super::playbook::Playbook;
use super::time::{Span, Timestamp};

/// A campaign's text that a reply answers. Personal data: never in the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answering {
    /// The campaign, as the marketing tool calls it.
    pub campaign: String,
    /// The use case the report names itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub use_case: Option<String>,
    /// The words, raw: draw them only through `SafeText`.
    pub words: Body,
    /// When it was sent.
    pub at: Timestamp,
    /// As the tool that reported it knows it, where the report itself is at hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub send: Option<Reported>,
}

/// A report of a send, as the tool that made it finds it again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reported {
    /// Which tool: the name of its API key.
    pub by: String,
    /// That tool's own id of it.
    pub id: String,
}

/// How long after a campaign's text a reply still answers it, unless the playbook says so.
pub const ANSWERED_WITHIN: Span = Span::minutes(30 * 24 * 60);

impl Answering {
    /// Whether a reply of that time answers it: sent before, and not too long ago.
    pub fn is_answered_at(&self, playbook: &Playbook, reply: Timestamp) -> bool {
        self.at <= reply && reply.since(self.at) <= playbook.answered_within
    }
}
