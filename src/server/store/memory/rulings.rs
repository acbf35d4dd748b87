//! What was ruled about numbers on hold, in memory.

use async_trait::async_trait;

use super::super::StoreError;
use super::super::ruling::{Ruled, RulingLog};
use super::{MemoryStore, Tables};
use crate::domain::contact::Body;
use crate::domain::id::MessageId;

impl Tables {
    /// The words of a message, unless they were erased.
    fn words_of(&self, message: MessageId) -> Option<Body> {
        let (conversation, n) = self.places.get(&message)?;
        self.messages.get(conversation)?.get(n)?.body.clone()
    }
}

#[async_trait]
impl RulingLog for MemoryStore {
    async fn rulings(&self, before: u64, limit: usize) -> Result<Vec<Ruled>, StoreError> {
        let tables = self.0.lock().await;
        let newest = tables.rulings.iter().rev().filter(|ruling| ruling.seq < before).take(limit);
        let found = newest.map(|ruling| Ruled {
            ruling: ruling.clone(),
            address: tables.addresses.iter().find(|(_, id)| **id == ruling.number).map(|(address, _)| address.clone()),
            reason: ruling.kept.and_then(|note| tables.words_of(note)),
        });
        Ok(found.collect())
    }
}
