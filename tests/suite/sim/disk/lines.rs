//! Stopped numbers under the simulated backend.

use async_trait::async_trait;
use comeback::domain::contact::Address;
use comeback::server::store::{LineStop, LineStore, StoreError};

use super::Disk;

#[async_trait]
impl LineStore for Disk {
    async fn stop_line(&self, stop: &LineStop) -> Result<bool, StoreError> {
        let new = self.inner.stop_line(stop).await?;
        self.note_stops().await?;
        Ok(new)
    }

    async fn line_stops(&self) -> Result<Vec<LineStop>, StoreError> {
        self.inner.line_stops().await
    }

    async fn resume_line(&self, number: &Address) -> Result<bool, StoreError> {
        let stopped = self.inner.resume_line(number).await?;
        self.note_stops().await?;
        Ok(stopped)
    }
}

impl Disk {
    async fn note_stops(&self) -> Result<(), StoreError> {
        let stops = self.inner.line_stops().await?;
        self.knobs.lock().unwrap().stops = stops;
        Ok(())
    }
}
