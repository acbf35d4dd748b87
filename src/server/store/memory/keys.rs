//! Devices by their id, in memory.

use async_trait::async_trait;

use super::super::key::DeviceKeys;
use super::super::{Device, StoreError};
use super::MemoryStore;
use crate::domain::id::DeviceId;

#[async_trait]
impl DeviceKeys for MemoryStore {
    async fn device_key(&self, id: DeviceId) -> Result<Option<(Device, [u8; 32])>, StoreError> {
        Ok(self.0.lock().await.devices.get(&id).filter(|(device, _)| !device.revoked).cloned())
    }
}
