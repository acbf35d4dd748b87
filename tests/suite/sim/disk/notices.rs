//! Notices go through as they are.

use async_trait::async_trait;
use comeback::domain::id::{ConversationId, RepId};
use comeback::domain::time::Timestamp;
use comeback::server::store::notice::{NoticeRow, NoticeStore, Notices, Reach};
use comeback::server::store::{StoreError, Subject};

use super::Disk;

#[async_trait]
impl NoticeStore for Disk {
    async fn notices(&self, each: usize) -> Result<Vec<NoticeRow>, StoreError> {
        self.inner.notices(each).await
    }

    async fn put_notices(&self, rows: &[NoticeRow]) -> Result<(), StoreError> {
        self.inner.put_notices(rows).await
    }

    async fn sent_notices(&self, since: Timestamp) -> Result<Vec<(String, Timestamp)>, StoreError> {
        self.inner.sent_notices(since).await
    }

    async fn told_last(&self, rep: &RepId, channel: &str) -> Result<Option<ConversationId>, StoreError> {
        self.inner.told_last(rep, channel).await
    }

    async fn count_notices(&self) -> Result<Notices, StoreError> {
        self.inner.count_notices().await
    }

    async fn forget_notices(&self, older_than: Timestamp, limit: usize) -> Result<usize, StoreError> {
        self.inner.forget_notices(older_than, limit).await
    }

    async fn put_reach(&self, reach: &Reach) -> Result<(), StoreError> {
        self.inner.put_reach(reach).await
    }

    async fn reaches(&self) -> Result<Vec<Reach>, StoreError> {
        self.inner.reaches().await
    }

    async fn subject(&self, conversation: ConversationId, messages: usize) -> Result<Option<Subject>, StoreError> {
        self.inner.subject(conversation, messages).await
    }
}
