//! What a device's other secrets are made from: see `server/http/calendars.rs`.

use async_trait::async_trait;

use super::{Device, StoreError};
use crate::domain::id::DeviceId;

/// Devices by their id, with what is stored of their tokens.
#[async_trait]
pub trait DeviceKeys: Send + Sync + 'static {
    /// The device of this id with the hash of its token, unless it is revoked.
    async fn device_key(&self, id: DeviceId) -> Result<Option<(Device, [u8; 32])>, StoreError>;
}
