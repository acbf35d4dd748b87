//! What was ruled about numbers on opt-out hold: a list for compliance, written with the facts.

use async_trait::async_trait;

use super::StoreError;
use crate::domain::contact::{Address, Body};
use crate::domain::id::{ConversationId, MessageId, NumberId, RepId};
use crate::domain::time::Timestamp;

/// A ruling to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RulingWrite {
    /// The journal's entry.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// About which number.
    pub number: NumberId,
    /// Where the first text came in that held it.
    pub conversation: ConversationId,
    /// That text.
    pub message: MessageId,
    /// Its score.
    pub score: i32,
    /// Who ruled; nobody when the time was over.
    pub by: Option<RepId>,
    /// The note with the reason, when the number was kept.
    pub kept: Option<MessageId>,
}

/// A ruling as it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ruled {
    /// As it was written.
    pub ruling: RulingWrite,
    /// The number; none when it was erased.
    pub address: Option<Address>,
    /// Why it was kept, unless that was erased.
    pub reason: Option<Body>,
}

/// What was ruled.
#[async_trait]
pub trait RulingLog: Send + Sync + 'static {
    /// Rulings before an entry, newest first, at most `limit`.
    async fn rulings(&self, before: u64, limit: usize) -> Result<Vec<Ruled>, StoreError>;
}
