//! The journal by what it is about, in memory.

use async_trait::async_trait;

use super::MemoryStore;
use crate::domain::id::ConversationId;
use crate::journal::{Entry, about};
use crate::server::store::StoreError;
use crate::server::store::record::RecordStore;

#[async_trait]
impl RecordStore for MemoryStore {
    async fn entries_of(&self, conversation: ConversationId, limit: usize) -> Result<Vec<Entry>, StoreError> {
        let (tables, id) = (self.0.lock().await, conversation.to_string());
        let of = tables.entries.iter().filter(|entry| about(&entry.body) == Some(id.as_str()));
        let all: Vec<Entry> = of.cloned().collect();
        Ok(all[all.len().saturating_sub(limit)..].to_vec())
    }
}
