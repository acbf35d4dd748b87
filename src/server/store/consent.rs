//! The consent ledger, as a store reads it: the journal's own entries about a number.

use async_trait::async_trait;

use super::StoreError;
use super::notice::NoticeRow;
use crate::domain::consent::Number;
use crate::domain::contact::{Address, Body};
use crate::domain::conversation::Conversation;
use crate::domain::id::NumberId;
use crate::domain::time::Timestamp;
use crate::journal::Entry;

/// An entry that is about a number's consent, to write.
#[derive(Clone, Debug)]
pub struct LedgerWrite {
    /// Whose.
    pub number: NumberId,
    /// Which entry.
    pub seq: u64,
    /// What they agreed to and where, with the salt of its digest in the entry.
    pub words: Option<(Body, [u8; 16])>,
}

/// One line of the ledger.
#[derive(Clone, Debug)]
pub struct LedgerRow {
    /// Whose.
    pub number: NumberId,
    /// Their number; nothing once it is erased.
    pub address: Option<Address>,
    /// The journal's entry, as it was sealed: the proof.
    pub entry: Entry,
    /// What they agreed to and where.
    pub words: Option<Body>,
}

/// What other systems have not been told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Untold {
    /// Words of consent that wait.
    pub waiting: u64,
    /// Since when the oldest does.
    pub oldest: Option<Timestamp>,
    /// Words of consent that a channel refused for good.
    pub refused: u64,
}

/// What a store keeps of consent. Part of every [`super::Store`].
#[async_trait]
pub trait ConsentStore: Send + Sync {
    /// What stands of the number at an address, with its conversations; nothing when it is not known.
    async fn consent_of(&self, address: &Address) -> Result<Option<(Number, Vec<Conversation>)>, StoreError>;

    /// The newest `limit` lines of a number's ledger, in order.
    async fn ledger_of(&self, number: NumberId, limit: usize) -> Result<Vec<LedgerRow>, StoreError>;

    /// Lines of everybody's ledger after an entry, in order, at most `limit`.
    async fn ledger(&self, after: u64, limit: usize) -> Result<Vec<LedgerRow>, StoreError>;

    /// What of a number's consent other systems were told or are to be, newest last, at most `limit`.
    async fn consent_notices(&self, number: NumberId, limit: usize) -> Result<Vec<NoticeRow>, StoreError>;

    /// Words of consent that another system is to be told now, at most `limit`, and when to look again. Of each number only
    /// the oldest word for each system: they are told in order.
    async fn consents_due(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> Result<(Vec<NoticeRow>, Option<Timestamp>), StoreError>;

    /// What other systems have not been told.
    async fn untold_consents(&self) -> Result<Untold, StoreError>;
}
