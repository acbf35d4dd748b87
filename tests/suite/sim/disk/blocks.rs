//! Blocked numbers go through as they are.

use async_trait::async_trait;
use comeback::domain::id::NumberId;
use comeback::server::store::StoreError;
use comeback::server::store::block::{BlockLog, Blocked};

use super::Disk;

#[async_trait]
impl BlockLog for Disk {
    async fn blocked(&self, before: Option<NumberId>, limit: usize) -> Result<Vec<Blocked>, StoreError> {
        self.inner.blocked(before, limit).await
    }
}
