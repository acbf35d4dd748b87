//! Writes into the CRM go through as they are.

use async_trait::async_trait;
use comeback::domain::consent::Number;
use comeback::domain::id::{ContactId, ConversationId, MessageId, NumberId};
use comeback::domain::time::Timestamp;
use comeback::server::store::StoreError;
use comeback::server::store::crm_write::{CrmRow, CrmStanding, CrmWriteStore};
use comeback::wire::changes::Message;
use uuid::Uuid;

use super::Disk;

#[async_trait]
impl CrmWriteStore for Disk {
    async fn crm_read_to(&self) -> Result<Option<u64>, StoreError> {
        self.inner.crm_read_to().await
    }

    async fn crm_follow(&self, read_to: u64, rows: &[CrmRow]) -> Result<(), StoreError> {
        self.inner.crm_follow(read_to, rows).await
    }

    async fn crm_due(&self, now: Timestamp, limit: usize) -> Result<(Vec<CrmRow>, Option<Timestamp>), StoreError> {
        self.inner.crm_due(now, limit).await
    }

    async fn put_crm_row(&self, row: &CrmRow) -> Result<(), StoreError> {
        self.inner.put_crm_row(row).await
    }

    async fn crm_row(&self, key: Uuid) -> Result<Option<CrmRow>, StoreError> {
        self.inner.crm_row(key).await
    }

    async fn crm_wake(&self, conversation: ConversationId, now: Timestamp) -> Result<(), StoreError> {
        self.inner.crm_wake(conversation, now).await
    }

    async fn crm_wake_forbidden(&self, now: Timestamp) -> Result<(), StoreError> {
        self.inner.crm_wake_forbidden(now).await
    }

    async fn crm_tasks(
        &self,
        conversation: Option<ConversationId>,
        after: Option<Uuid>,
        limit: usize,
    ) -> Result<Vec<CrmRow>, StoreError> {
        self.inner.crm_tasks(conversation, after, limit).await
    }

    async fn crm_standing(&self) -> Result<CrmStanding, StoreError> {
        self.inner.crm_standing().await
    }

    async fn crm_stuck(&self, limit: usize) -> Result<(Vec<CrmRow>, Vec<CrmRow>), StoreError> {
        self.inner.crm_stuck(limit).await
    }

    async fn crm_first_forbidden(&self) -> Result<Option<CrmRow>, StoreError> {
        self.inner.crm_first_forbidden().await
    }

    async fn crm_retry(&self, now: Timestamp) -> Result<usize, StoreError> {
        self.inner.crm_retry(now).await
    }

    async fn forget_crm(&self, older_than: Timestamp, limit: usize) -> Result<usize, StoreError> {
        self.inner.forget_crm(older_than, limit).await
    }

    async fn crm_tasks_closed_there(&self, conversation: ConversationId) -> Result<Vec<CrmRow>, StoreError> {
        self.inner.crm_tasks_closed_there(conversation).await
    }

    async fn crm_tasks_ending(&self, conversation: ConversationId) -> Result<Vec<CrmRow>, StoreError> {
        self.inner.crm_tasks_ending(conversation).await
    }

    async fn crm_task_stays(&self, task: Uuid) -> Result<bool, StoreError> {
        self.inner.crm_task_stays(task).await
    }

    async fn crm_ends(&self, conversation: ConversationId) -> Result<Vec<CrmRow>, StoreError> {
        self.inner.crm_ends(conversation).await
    }

    async fn crm_consents(&self, number: NumberId, limit: usize) -> Result<Vec<CrmRow>, StoreError> {
        self.inner.crm_consents(number, limit).await
    }

    async fn numbers_of(&self, contact: &ContactId) -> Result<Vec<Number>, StoreError> {
        self.inner.numbers_of(contact).await
    }

    async fn message(&self, id: MessageId) -> Result<Option<Message>, StoreError> {
        self.inner.message(id).await
    }
}
