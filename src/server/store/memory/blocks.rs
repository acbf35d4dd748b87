//! Blocked numbers, in memory.

use async_trait::async_trait;

use super::super::StoreError;
use super::super::block::{BlockLog, Blocked};
use super::MemoryStore;
use crate::domain::id::NumberId;

#[async_trait]
impl BlockLog for MemoryStore {
    async fn blocked(&self, before: Option<NumberId>, limit: usize) -> Result<Vec<Blocked>, StoreError> {
        let tables = self.0.lock().await;
        let earlier = tables.numbers.values().rev().filter(|n| before.is_none_or(|before| n.id < before));
        let found = earlier.filter_map(|number| {
            let own = tables.conversations.values().map(|(c, ..)| c).filter(|c| c.number == number.id);
            Some(Blocked {
                number: number.id,
                address: tables.addresses.iter().find(|(_, id)| **id == number.id).map(|(address, _)| address.clone()),
                block: number.blocked.clone()?,
                conversation: own.map(|c| c.id).max(),
            })
        });
        Ok(found.take(limit).collect())
    }
}
