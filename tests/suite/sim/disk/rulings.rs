//! Rulings go through as they are.

use async_trait::async_trait;
use comeback::server::store::StoreError;
use comeback::server::store::ruling::{Ruled, RulingLog};

use super::Disk;

#[async_trait]
impl RulingLog for Disk {
    async fn rulings(&self, before: u64, limit: usize) -> Result<Vec<Ruled>, StoreError> {
        self.inner.rulings(before, limit).await
    }
}
