//! What left lately, in memory.

use async_trait::async_trait;

use super::super::StoreError;
use super::super::departure::{Departure, DepartureLog, KEPT};
use super::{MemoryStore, Tables};
use crate::domain::time::Timestamp;

impl Tables {
    pub(super) fn depart(&mut self, new: Vec<Departure>) {
        let Some(newest) = new.iter().map(|departure| departure.at).max() else { return };
        self.departures.retain(|departure| departure.at > newest - KEPT);
        self.departures.extend(new);
    }
}

#[async_trait]
impl DepartureLog for MemoryStore {
    async fn put_departure(&self, departure: &Departure) -> Result<(), StoreError> {
        self.0.lock().await.depart(vec![departure.clone()]);
        Ok(())
    }

    async fn departures(&self, since: Timestamp) -> Result<Vec<Departure>, StoreError> {
        let tables = self.0.lock().await;
        let mut found: Vec<_> = tables.departures.iter().filter(|departure| departure.at >= since).cloned().collect();
        found.sort_by_key(|departure| departure.at);
        Ok(found)
    }
}
