//! What others say of cards goes through as it is.

use async_trait::async_trait;
use comeback::domain::id::{ContactId, ConversationId, NumberId};
use comeback::domain::time::Timestamp;
use comeback::server::crm::{Changed, Touched};
use comeback::server::store::StoreError;
use comeback::server::store::card::{Around, CardChange, CardStore, Pushed};

use super::Disk;

#[async_trait]
impl CardStore for Disk {
    async fn crm_changed(&self, changed: &[Changed]) -> Result<(), StoreError> {
        self.inner.crm_changed(changed).await
    }

    async fn crm_changes(&self, limit: usize) -> Result<Vec<(u64, Changed)>, StoreError> {
        self.inner.crm_changes(limit).await
    }

    async fn crm_followed(&self, up_to: u64, touched: &Touched) -> Result<(), StoreError> {
        self.inner.crm_followed(up_to, touched).await
    }

    async fn around(&self, conversation: ConversationId) -> Result<Option<Around>, StoreError> {
        self.inner.around(conversation).await
    }

    async fn crm_named(&self, number: NumberId, contact: &ContactId) -> Result<bool, StoreError> {
        self.inner.crm_named(number, contact).await
    }

    async fn crm_names(&self, number: NumberId, contacts: &[ContactId]) -> Result<(), StoreError> {
        self.inner.crm_names(number, contacts).await
    }

    async fn crm_last_read(&self) -> Result<Option<Timestamp>, StoreError> {
        self.inner.crm_last_read().await
    }

    async fn push_cards(
        &self,
        program: &str,
        changes: &[CardChange],
        at: Timestamp,
    ) -> Result<Vec<Pushed>, StoreError> {
        self.inner.push_cards(program, changes, at).await
    }
}
