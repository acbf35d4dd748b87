//! Why a text does not go: what needs its rep's eye, and what is not even kept.

use serde::{Deserialize, Serialize};

use super::id::RepId;

/// Why an answer needs its rep's eye before it goes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Review {
    /// The number withdrew consent. Can never be accepted away.
    OptedOut,
    /// The buyer wrote again after what the rep had seen.
    NewerReply,
    /// Somebody else has the conversation.
    Reassigned(RepId),
    /// It is night where the buyer is.
    QuietHours,
    /// An earlier answer of this conversation waits for the rep's eye.
    BehindParked,
    /// The carrier never got it.
    NeverLeft,
    /// Nothing shows that the buyer wants texts from us.
    NoEvidence,
    /// The time its rep chose had passed before it came.
    TimePassed,
    /// It waited for hours to leave: its line was stopped, the backend down or the carrier away.
    Stale,
    /// The number is blocked. Can never be accepted away.
    Blocked,
    /// A text of the buyer may have asked us to stop, and nobody has ruled yet. Can never be accepted away.
    OptOutHold,
    /// It waited behind an opt-out hold, which a person has lifted since.
    HoldLifted,
    /// A second person must approve of it. Can never be accepted away.
    NeedsApproval,
    /// A second person did not.
    Declined(RepId),
    /// Its words are not approved where only approved words may go out. Can never be accepted away.
    FreeText,
    /// What the buyer must read does not stand under it. Can never be accepted away.
    Undisclosed,
}

impl Review {
    /// Whether the rep, having looked, may send all the same.
    pub const fn can_be_accepted(&self) -> bool {
        match self {
            Self::NewerReply
            | Self::Reassigned(_)
            | Self::QuietHours
            | Self::BehindParked
            | Self::NeverLeft
            | Self::NoEvidence
            | Self::TimePassed
            | Self::Stale
            | Self::HoldLifted
            | Self::Declined(_) => true,
            Self::OptedOut
            | Self::OptOutHold
            | Self::Blocked
            | Self::NeedsApproval
            | Self::FreeText
            | Self::Undisclosed => false,
        }
    }

    /// What is told of it, on the screen and in a dossier, with a rep's name as people know it.
    pub fn words(&self, name: impl FnOnce(&RepId) -> String) -> String {
        let words = match self {
            Self::Reassigned(rep) => return format!("{} has it now", name(rep)),
            Self::Declined(rep) => return format!("{} did not approve of it", name(rep)),
            Self::OptedOut => "the number opted out",
            Self::OptOutHold => "the number is on opt-out hold",
            Self::HoldLifted => "it waited behind an opt-out hold",
            Self::Blocked => "the number is blocked",
            Self::NewerReply => "the buyer wrote again",
            Self::QuietHours => "there is no hour for texts where the buyer is",
            Self::BehindParked => "an earlier text needs an eye first",
            Self::NeverLeft => "the carrier never got it",
            Self::NoEvidence => "no consent of theirs is on record",
            Self::TimePassed => "the chosen time has passed",
            Self::Stale => "it has waited for hours",
            Self::NeedsApproval => "a second person must approve",
            Self::FreeText => "only approved snippets may go out here",
            Self::Undisclosed => "the disclosure is missing",
        };
        words.to_owned()
    }
}

/// Why an answer was not even kept. For the record: it holds no words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// A field of a snippet was not filled.
    Unfilled,
    /// Only approved words may go out there.
    FreeText,
    /// What the buyer must read did not stand under it.
    Undisclosed,
}
