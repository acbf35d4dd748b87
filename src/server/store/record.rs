//! The record by what it is about: the journal, and what campaigns sent.

use async_trait::async_trait;

use uuid::Uuid;

use super::{CampaignSend, StoreError};
use crate::domain::contact::Address;
use crate::journal::Entry;

/// What reading the journal about one conversation asks. Part of every [`super::Store`].
#[async_trait]
pub trait RecordStore: Send + Sync + 'static {
    /// Entries about a conversation or a number, oldest first, the newest `limit` of them.
    async fn entries_of(&self, about: Uuid, limit: usize) -> Result<Vec<Entry>, StoreError>;

    /// What campaigns sent to an address, newest first, at most `limit`.
    async fn campaign_sends(&self, to: &Address, limit: usize) -> Result<Vec<CampaignSend>, StoreError>;
}
