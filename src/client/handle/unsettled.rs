//! What of mine is not settled, and why.

use serde::{Deserialize, Serialize};

use crate::domain::contact::{Address, Body};
use crate::domain::event::Review;
use crate::domain::id::{CommandId, ConversationId, MessageId};
use crate::domain::quiet_hours::Waits;
use crate::domain::time::Timestamp;

/// Something of mine that is not settled, wherever it is.
#[derive(Clone, Debug, PartialEq)]
pub struct OutboxEntry {
    /// Which.
    pub id: OutboxId,
    /// About which conversation.
    pub conversation: Option<ConversationId>,
    /// To whom, for the screen.
    pub name: String,
    /// To which number.
    pub address: Option<Address>,
    /// Its words, when it is a text.
    pub body: Option<Body>,
    /// Those words are for colleagues or the CRM: they are never a draft of a text.
    pub aside: bool,
    /// What it is, in a few words: "answer", "take", "done: meeting booked".
    pub what: String,
    /// When the key was pressed.
    pub issued_at: Timestamp,
    /// Where it stands.
    pub standing: OutboxStanding,
    /// The backend may have it: taking it back is a question to the backend, which may come too late.
    pub may_have_left: bool,
}

/// Which entry: a command that has not been confirmed, or an answer that stands at the backend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OutboxId {
    /// Still on this device.
    Command(CommandId),
    /// At the backend.
    Answer(MessageId),
}

impl OutboxStanding {
    /// Whether it waits for the person whose it is.
    pub fn needs_eye(&self) -> bool {
        match self {
            // Somebody else must look.
            // So must they behind a hold: that waits for a ruling.
            Self::Parked(reasons) if reasons.contains(&Review::OptOutHold) => false,
            Self::Parked(reasons) => reasons.iter().any(|reason| *reason != Review::NeedsApproval),
            Self::Refused(_) | Self::Doubtful(_) | Self::Unknown | Self::Failed(_) => true,
            Self::Queued | Self::Sent | Self::Held(_) | Self::Waits(..) | Self::Recalling => false,
        }
    }
}

/// Where an unsettled thing stands. Never two words for one reason, never one word for two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OutboxStanding {
    /// Waits for the network.
    Queued,
    /// With the backend, not confirmed yet.
    Sent,
    /// Leaves at that instant unless taken back.
    Held(Timestamp),
    /// Put off until then; judged again when its time has come.
    Waits(Timestamp, Waits),
    /// An answer I asked back: the backend has not said yet whether it left before that.
    Recalling,
    /// Needs my eye.
    Parked(Vec<Review>),
    /// Refused, with sentence and hint; its words are kept here.
    Refused(String),
    /// Of a sign-in before; it goes only when the person says so.
    Doubtful(Doubt),
    /// Nobody knows whether the carrier has it.
    Unknown,
    /// The carrier could not deliver it.
    Failed(Option<u32>),
}

/// What is known of a command that no pull had confirmed when its sign-in ended. Why it ended is not known here: the
/// device may have been revoked, or the backend brought back from a backup, which knows nothing of what came after.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Doubt {
    /// It never left this device.
    NeverLeft,
    /// It was on its way, and nobody knows how it ended.
    OnItsWay,
    /// The backend had accepted it, and may have lost it since.
    Accepted,
}
