//! What left lately goes through as it is.

use async_trait::async_trait;
use comeback::domain::time::Timestamp;
use comeback::server::store::StoreError;
use comeback::server::store::departure::{Departure, DepartureLog};

use super::Disk;

#[async_trait]
impl DepartureLog for Disk {
    async fn put_departure(&self, departure: &Departure) -> Result<(), StoreError> {
        self.inner.put_departure(departure).await
    }

    async fn departures(&self, since: Timestamp) -> Result<Vec<Departure>, StoreError> {
        self.inner.departures(since).await
    }
}
