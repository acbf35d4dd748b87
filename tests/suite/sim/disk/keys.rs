//! Devices go through as they are.

use async_trait::async_trait;
use comeback::domain::id::DeviceId;
use comeback::server::store::key::DeviceKeys;
use comeback::server::store::{Device, StoreError};

use super::Disk;

#[async_trait]
impl DeviceKeys for Disk {
    async fn device_key(&self, id: DeviceId) -> Result<Option<(Device, [u8; 32])>, StoreError> {
        self.inner.device_key(id).await
    }
}
