//! What campaigns sent, counted: as the store below has it.

use std::collections::BTreeMap;

use async_trait::async_trait;
use comeback::domain::id::LineId;
use comeback::domain::time::{Span, Timestamp};
use comeback::server::store::StoreError;
use comeback::server::store::sent::{SentCounts, WroteTo};

use super::Disk;

#[async_trait]
impl SentCounts for Disk {
    async fn campaigns_sent(
        &self,
        since: Timestamp,
        until: Timestamp,
    ) -> Result<BTreeMap<(String, LineId), i64>, StoreError> {
        self.inner.campaigns_sent(since, until).await
    }

    async fn campaigns_before(&self, asked: &[WroteTo], within: Span) -> Result<Vec<Option<String>>, StoreError> {
        self.inner.campaigns_before(asked, within).await
    }
}
