//! Why not: a stable code, a sentence for the person, and what to do next.

use serde::{Deserialize, Serialize};

use super::event::{Refusal, Review};
use super::id::RepId;
use super::time::Timestamp;

/// A refused command. Crosses the wire as itself; nothing it refused was lost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Rejection {
    /// There is no such conversation, or the person may not see it: the two are not told apart.
    #[error("this conversation is not there any more, or not yours to see")]
    NotFound,
    /// Somebody was faster.
    #[error("taken by {by}")]
    TakenBy {
        /// Who has it.
        by: RepId,
        /// Since when.
        at: Timestamp,
    },
    /// The buyer wrote after what the person had seen.
    #[error("the buyer wrote again")]
    Unseen {
        /// How many texts there are now.
        newest: u64,
    },
    /// The text left, or is leaving.
    #[error("too late: the text has already left")]
    AlreadyLeft,
    /// No such answer waits.
    #[error("there is no such answer waiting")]
    NoSuchAnswer,
    /// It needs the person's eye first.
    #[error("needs your eye first")]
    NeedsReview {
        /// Why.
        reasons: Vec<Review>,
    },
    /// Nobody by that name works here.
    #[error("there is no rep “{who}”")]
    NoSuchRep {
        /// The name asked for.
        who: RepId,
    },
    /// A note for somebody who could not read it here.
    #[error("{who} may not see this conversation")]
    CannotSee {
        /// Whom it is for.
        who: RepId,
    },
    /// Nobody is left to ask.
    #[error("nobody is left to ask: this is the last step")]
    TopOfLadder,
    /// A running clock would pass its due time out of sight.
    #[error("the answer is due before that")]
    SnoozePastDue {
        /// When it is due.
        due: Timestamp,
    },
    /// A snooze into the past.
    #[error("that time has passed")]
    SnoozeInThePast,
    /// Nobody may be texted first without consent.
    #[error("no text may go there: {why}")]
    NoConsent {
        /// What stands against it.
        why: String,
    },
    /// A text put off too far.
    #[error("that is more than a year away")]
    TooFar,
    /// It goes on waiting: the hours are closed where the buyer is, and the playbook lets nobody send in them.
    #[error("it is not the hour for texts where the buyer is: it waits")]
    QuietThere {
        /// Until when.
        until: Timestamp,
    },
    /// Something that should begin or end later has passed.
    #[error("that is over already")]
    InThePast,
    /// There is no such shift, or it cannot be given so.
    #[error("this shift cannot change hands: {why}")]
    NoSuchShift {
        /// Why not.
        why: String,
    },
    /// Who is said to write is none of those who share the number.
    #[error("that is nobody of those who share this number")]
    NotOneOfThem,
    /// Nothing to rule on: somebody has, or the number opted out.
    #[error("this number is not on hold any more")]
    NotHeld,
    /// A number is kept only for a reason.
    #[error("a number is kept only with a reason in words")]
    NeedsReason,
    /// Nothing to say.
    #[error("an empty text is not sent")]
    Empty,
    /// More than the carrier takes (Twilio error 21617: 1,600 characters).
    #[error("the text is too long")]
    TooLong {
        /// Characters allowed.
        most: usize,
    },
    /// A snippet's field was left as it is written.
    #[error("a field like {{contact.first_name}} is still unfilled")]
    Unfilled,
    /// A regulated conversation, and words that are not an approved snippet's.
    #[error("only approved snippets may go out in this conversation")]
    FreeText,
    /// A regulated conversation, and the disclosure is not there.
    #[error("what the buyer must read does not stand under it")]
    Undisclosed,
    /// Whoever wrote it cannot be the second person, and neither can somebody of another team.
    #[error("a second person of the team must say so")]
    SecondPerson,
    /// A text that waits for its author or for a ruling, and for no second person.
    #[error("this answer waits for no second person")]
    NotAsked,
    /// Not for this role.
    #[error("this needs a {needs}")]
    NotAllowed {
        /// Who may.
        needs: String,
    },
    /// The device's counter already stood elsewhere: a copied cache.
    #[error("this device's counter was already used")]
    CounterUsed,
    /// An old command whose outcome is no longer kept. It was not run again.
    #[error("too old: its outcome is no longer kept, and it was not run again")]
    OutcomeExpired,
}

impl From<Refusal> for Rejection {
    fn from(why: Refusal) -> Self {
        match why {
            Refusal::Unfilled => Self::Unfilled,
            Refusal::FreeText => Self::FreeText,
            Refusal::Undisclosed => Self::Undisclosed,
        }
    }
}

impl Rejection {
    /// What to do next.
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::NotFound => "Sync with Ctrl-R; a lead can assign it to you.",
            Self::TakenBy { .. } => "What you wrote is kept as a draft; a lead can reassign it (a).",
            Self::Unseen { .. } => "Read the new text, then try again.",
            Self::AlreadyLeft => "Send another text to correct it.",
            Self::NoSuchAnswer => "It was sent, taken back or dropped before.",
            Self::NeedsReview { .. } => "Open the Outbox (O): edit it, send it anyway, or drop it.",
            Self::NoSuchRep { .. } => "Pick somebody from the list.",
            Self::CannotSee { .. } => "Hand it to them (a), or write the note for everybody who sees it (i).",
            Self::TopOfLadder => "Assign it to a colleague instead.",
            Self::SnoozePastDue { .. } => "Answer first, or pick an earlier time.",
            Self::SnoozeInThePast | Self::InThePast => "Pick a later time.",
            Self::NoConsent { .. } => "Call or mail; once they text, you can answer.",
            Self::TooFar => "Pick a time within a year.",
            Self::QuietThere { .. } => "It leaves by itself when the hours open; u takes it back.",
            Self::NoSuchShift { .. } => "comeback oncall says who has which shift.",
            Self::NotOneOfThem => "The CRM may have changed: W shows who they are now.",
            Self::NotHeld => "Open the conversation: it says what was ruled.",
            Self::NeedsReason => "Say what the buyer meant; it is listed for compliance.",
            Self::Empty => "Write something, or finish with done.",
            Self::TooLong { .. } => "Split it into two texts.",
            Self::Unfilled => "Tab goes to the field: fill it or take it out.",
            Self::FreeText => "Pick one with ; and fill its fields, or write a note.",
            Self::Undisclosed => "Pick the snippet again with ; and the disclosure comes with it.",
            Self::SecondPerson => "Ask a colleague or your lead to look at it.",
            Self::NotAsked => "Its conversation says what it waits for: its author, or a ruling on the number.",
            Self::NotAllowed { .. } => "Ask your lead.",
            Self::CounterUsed => "Log in again on this machine; drafts are kept.",
            Self::OutcomeExpired => "Check the conversation, then decide anew.",
        }
    }
}
