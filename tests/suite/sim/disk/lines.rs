//! Stopped numbers under the simulated backend.

use async_trait::async_trait;
use comeback::domain::contact::Address;
use comeback::server::store::{LineStop, LineStore, StoreError};

use super::Disk;

#[async_trait]
impl LineStore for Disk {
    async fn stop_line(&self, stop: &LineStop) -> Result<bool, StoreError> {
        self.inner.stop_line(stop).await
    }

    async fn line_stops(&self) -> Result<Vec<LineStop>, StoreError> {
        self.inner.line_stops().await
    }

    async fn resume_line(&self, number: &Address) -> Result<bool, StoreError> {
        self.inner.resume_line(number).await
    }
}
