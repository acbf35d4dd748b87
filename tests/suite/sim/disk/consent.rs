//! The consent ledger, handed through.

use async_trait::async_trait;
use comeback::domain::consent::Number;
use comeback::domain::contact::Address;
use comeback::domain::conversation::Conversation;
use comeback::domain::id::NumberId;
use comeback::domain::time::Timestamp;
use comeback::server::store::StoreError;
use comeback::server::store::consent::{ConsentStore, LedgerRow, Untold};
use comeback::server::store::notice::NoticeRow;

use super::Disk;

#[async_trait]
impl ConsentStore for Disk {
    async fn consent_of(&self, address: &Address) -> Result<Option<(Number, Vec<Conversation>)>, StoreError> {
        self.inner.consent_of(address).await
    }

    async fn ledger_of(&self, number: NumberId, limit: usize) -> Result<Vec<LedgerRow>, StoreError> {
        self.inner.ledger_of(number, limit).await
    }

    async fn ledger(&self, after: u64, limit: usize) -> Result<Vec<LedgerRow>, StoreError> {
        self.inner.ledger(after, limit).await
    }

    async fn consent_notices(&self, number: NumberId, limit: usize) -> Result<Vec<NoticeRow>, StoreError> {
        self.inner.consent_notices(number, limit).await
    }

    async fn consents_due(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> Result<(Vec<NoticeRow>, Option<Timestamp>), StoreError> {
        self.inner.consents_due(now, limit).await
    }

    async fn untold_consents(&self) -> Result<Untold, StoreError> {
        self.inner.untold_consents().await
    }
}
