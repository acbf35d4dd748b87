//! Policies beside the one in force: one that waits for its day, and one that only says what it would do.

use serde::{Deserialize, Serialize};

use super::conversation::Conversation;
use super::id::{ConversationId, MessageId, RepId};
use super::routing::Holder;
use super::time::Timestamp;

/// What happened to a policy that is not in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "snake_case")]
pub enum Beside {
    /// It comes into force at that instant, unless another is applied before.
    Waits {
        /// When it comes into force.
        from: Timestamp,
        /// Who wants it, as they call themselves.
        by: Option<String>,
        /// Why, in their words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        why: Option<String>,
        /// Whether running clocks get new due times then.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        recompute: bool,
    },
    /// The one that waited will not come into force.
    Cancelled {
        /// Who took it back; nobody when it could not be put in force.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<String>,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        why: Option<String>,
    },
    /// From here on it decides every reply beside the one in force, and changes nothing.
    ShadowBegan {
        /// Who wants it, as they call themselves.
        by: Option<String>,
        /// Why, in their words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        why: Option<String>,
    },
    /// It no longer does.
    ShadowEnded {
        /// Who ended it, as they call themselves.
        by: Option<String>,
    },
    /// It would have decided otherwise.
    Differs(Difference),
}

/// One reply, as it was decided and as the other policy would have decided it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// In which conversation.
    pub conversation: ConversationId,
    /// Which reply.
    pub message: MessageId,
    /// As it was decided.
    pub is: Came,
    /// As it would have been.
    pub would: Came,
}

/// What became of a reply.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Came {
    /// Who is accountable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<RepId>,
    /// Who has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gets: Option<Holder>,
    /// Its class.
    pub cohort: String,
    /// When the answer is due; none when no clock runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
}

impl Came {
    /// As a conversation stands right after the reply.
    pub fn of(c: &Conversation) -> Self {
        Self {
            owner: c.owner.clone(),
            gets: c.assignment.as_ref().map(|a| a.to.clone()),
            cohort: c.cohort.clone(),
            due: c.clock.as_ref().map(|clock| clock.due),
        }
    }
}

impl Difference {
    /// What differs, in words: `gets`, `due`, `cohort`, `owner`.
    pub fn what(&self) -> Vec<&'static str> {
        let (is, would) = (&self.is, &self.would);
        let parts = [
            ("gets", is.gets != would.gets),
            ("due", is.due != would.due),
            ("cohort", is.cohort != would.cohort),
            ("owner", is.owner != would.owner),
        ];
        parts.into_iter().filter(|(_, differs)| *differs).map(|(what, _)| what).collect()
    }
}
