//! Media under the simulated backend: nothing of them is spoilt.

use async_trait::async_trait;
use comeback::domain::id::{ConversationId, MessageId};
use comeback::domain::time::Timestamp;
use comeback::server::store::StoreError;
use comeback::server::store::media::{MediaEnd, MediaJob, MediaState, MediaStore};

use super::Disk;

#[async_trait]
impl MediaStore for Disk {
    async fn due_media(&self, now: Timestamp, limit: usize) -> Result<(Vec<MediaJob>, Option<Timestamp>), StoreError> {
        self.inner.due_media(now, limit).await
    }

    async fn settle_media(&self, message: MessageId, n: u32, end: &MediaEnd) -> Result<(), StoreError> {
        self.inner.settle_media(message, n, end).await
    }

    async fn media(&self, message: MessageId, n: u32) -> Result<Option<(ConversationId, MediaState)>, StoreError> {
        self.inner.media(message, n).await
    }

    async fn erase_media(&self, message: MessageId) -> Result<u32, StoreError> {
        self.inner.erase_media(message).await
    }
}
