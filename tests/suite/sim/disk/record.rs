//! The journal by what it is about: as the store below has it.

use async_trait::async_trait;
use comeback::domain::contact::Address;
use comeback::journal::Entry;
use comeback::server::store::record::RecordStore;
use comeback::server::store::{CampaignSend, StoreError};

use uuid::Uuid;

use super::Disk;

#[async_trait]
impl RecordStore for Disk {
    async fn entries_of(&self, about: Uuid, limit: usize) -> Result<Vec<Entry>, StoreError> {
        self.inner.entries_of(about, limit).await
    }

    async fn campaign_sends(&self, to: &Address, limit: usize) -> Result<Vec<CampaignSend>, StoreError> {
        self.inner.campaign_sends(to, limit).await
    }
}
