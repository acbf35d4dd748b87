//! Answers that came while their buyer is not to be texted: those that wait for the hours where the buyer is, and those that
//! their rep let go all the same.

use crate::domain::id::{ConversationId, LineId};
use crate::domain::time::Timestamp;

/// What was decided of such an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Closed {
    /// It waits.
    Quiet,
    /// It left, because its rep said so.
    Overruled,
}

impl Closed {
    /// Each.
    pub const ALL: [Self; 2] = [Self::Quiet, Self::Overruled];

    /// Its name: as it is counted, and asked for.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Quiet => "quiet",
            Self::Overruled => "overruled",
        }
    }

    /// The one with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|closed| closed.name() == name)
    }
}

/// One such decision, by the entry that it was. Of an answer that is put off twice there are two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    /// The entry.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// Its local day.
    pub day: i32,
    /// From which of our numbers.
    pub line: LineId,
    /// Of which conversation.
    pub conversation: ConversationId,
    /// What was decided.
    pub closed: Closed,
    /// Until when it waits; that same instant for one that does not.
    pub until: Timestamp,
}
