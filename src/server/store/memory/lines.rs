//! Numbers that nothing leaves from, in memory.

use async_trait::async_trait;

use super::super::{LineStop, LineStore, StoreError};
use super::MemoryStore;
use crate::domain::contact::Address;

#[async_trait]
impl LineStore for MemoryStore {
    async fn stop_line(&self, stop: &LineStop) -> Result<bool, StoreError> {
        let stops = &mut self.0.lock().await.line_stops;
        let counts = stops.get(&stop.number).is_none_or(|known| match (known.until, stop.until) {
            (None, _) => false,
            (Some(_), None) => true,
            (Some(known), Some(new)) => new > known,
        });
        if counts {
            stops.insert(stop.number.clone(), stop.clone());
        }
        Ok(counts)
    }

    async fn line_stops(&self) -> Result<Vec<LineStop>, StoreError> {
        Ok(self.0.lock().await.line_stops.values().cloned().collect())
    }

    async fn resume_line(&self, number: &Address) -> Result<bool, StoreError> {
        Ok(self.0.lock().await.line_stops.remove(number).is_some())
    }
}
