//! What is being written, pinned to one conversation.
//!
//! **Invariant:** `to`, `name` and `address` never change while a composer lives: what is typed for one buyer cannot go
//! to another.

use crate::domain::contact::Address;
use crate::domain::id::{ConversationId, MessageId, RepId};
use crate::domain::time::Timestamp;
use crate::tui::input_line::InputLine;

/// A text or a note being written.
#[derive(Clone, Debug, PartialEq)]
pub struct Composer {
    /// To whom it goes.
    pub to: ConversationId,
    /// Their name, as it was when writing began.
    pub name: String,
    /// Their number.
    pub address: Address,
    /// A note for colleagues rather than a text to the buyer.
    pub note: bool,
    /// The colleague whom the note is for, when it is for one.
    pub reader: Option<RepId>,
    /// The words.
    pub input: InputLine,
    /// The buyer's texts that were on screen when writing began, or when the rep was asked again.
    pub seen: u64,
    /// What the rep was asked already; a second Enter means yes.
    pub asked: Vec<Objection>,
    /// Whether the kept draft has been put in.
    pub loaded: bool,
    /// The words as last saved.
    pub saved: String,
    /// When they will be saved next.
    pub save_at: Option<Timestamp>,
    /// When it leaves, when its rep chose a time.
    pub later: Option<Timestamp>,
    /// The place of the newest message when writing began: what colleagues sent after it is news.
    pub known: u64,
    /// Something was typed since colleagues were told.
    pub wrote: bool,
    /// When they were told last.
    pub told: Option<Timestamp>,
    /// The answer whose words these were, when it was taken back: it may have left before that.
    pub recalled: Option<MessageId>,
}

/// Why a text is not sent before the rep was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Objection {
    /// The buyer wrote again; so many texts now.
    WroteAgain(u64),
    /// Somebody else has the conversation.
    HeldBy(RepId),
    /// A colleague's answer is on its way, or left meanwhile.
    Another(MessageId, RepId),
    /// The text these words come from had left before it was taken back.
    AlreadyLeft(MessageId),
    /// Nothing shows that the buyer wants texts from us.
    NoEvidence,
}
