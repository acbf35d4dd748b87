//! What campaigns sent, and who may say so: as the store below has it.

use async_trait::async_trait;
use comeback::domain::answering::Answering;
use comeback::domain::time::Timestamp;
use comeback::server::store::{ApiKey, Asked, CampaignSend, SendLog, StoreError};

use super::Disk;

#[async_trait]
impl SendLog for Disk {
    async fn put_sends(&self, sends: &[CampaignSend]) -> Result<Vec<bool>, StoreError> {
        self.inner.put_sends(sends).await
    }

    async fn answered(&self, asked: &Asked) -> Result<Option<Answering>, StoreError> {
        self.inner.answered(asked).await
    }

    async fn put_api_key(&self, token: [u8; 32], name: &str, at: Timestamp) -> Result<(), StoreError> {
        self.inner.put_api_key(token, name, at).await
    }

    async fn api_key(&self, token: [u8; 32]) -> Result<Option<ApiKey>, StoreError> {
        self.inner.api_key(token).await
    }

    async fn api_keys(&self) -> Result<Vec<ApiKey>, StoreError> {
        self.inner.api_keys().await
    }

    async fn revoke_api_key(&self, name: &str) -> Result<u32, StoreError> {
        self.inner.revoke_api_key(name).await
    }
}
