//! Replies of before go through as they are.

use async_trait::async_trait;
use comeback::domain::time::Timestamp;
use comeback::server::store::StoreError;
use comeback::server::store::past::{Imported, PastLog, PastReply};

use super::Disk;

#[async_trait]
impl PastLog for Disk {
    async fn put_past(&self, replies: &[PastReply]) -> Result<Vec<Imported>, StoreError> {
        self.inner.put_past(replies).await
    }

    async fn put_past_times(&self, replies: &[PastReply]) -> Result<Vec<Imported>, StoreError> {
        self.inner.put_past_times(replies).await
    }

    async fn past(&self, from: Timestamp, until: Timestamp) -> Result<Vec<PastReply>, StoreError> {
        self.inner.past(from, until).await
    }
}
