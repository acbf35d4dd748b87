//! The journal by what it is about, in memory.

use async_trait::async_trait;
use uuid::Uuid;

use super::MemoryStore;
use crate::domain::contact::Address;
use crate::journal::{Entry, about};
use crate::server::store::record::RecordStore;
use crate::server::store::{CampaignSend, StoreError};

#[async_trait]
impl RecordStore for MemoryStore {
    async fn entries_of(&self, about_whom: Uuid, limit: usize) -> Result<Vec<Entry>, StoreError> {
        let (tables, id) = (self.0.lock().await, about_whom.to_string());
        let of = tables.entries.iter().filter(|entry| about(&entry.body) == Some(id.as_str()));
        let all: Vec<Entry> = of.map(|entry| (**entry).clone()).collect();
        Ok(all[all.len().saturating_sub(limit)..].to_vec())
    }

    async fn campaign_sends(&self, to: &Address, limit: usize) -> Result<Vec<CampaignSend>, StoreError> {
        let tables = self.0.lock().await;
        let mut all: Vec<CampaignSend> = tables.campaign_sends.values().filter(|s| s.to == *to).cloned().collect();
        all.sort_by(|a, b| (b.sent.at, &b.id).cmp(&(a.sent.at, &a.id)));
        all.truncate(limit);
        Ok(all)
    }
}
