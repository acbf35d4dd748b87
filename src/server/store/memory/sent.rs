//! What campaigns sent, counted, in memory.

use std::collections::BTreeMap;

use async_trait::async_trait;

use super::MemoryStore;
use crate::domain::id::LineId;
use crate::domain::time::{Span, Timestamp};
use crate::server::store::StoreError;
use crate::server::store::sent::{SentCounts, WroteTo, quarter};

#[async_trait]
impl SentCounts for MemoryStore {
    async fn campaigns_sent(
        &self,
        since: Timestamp,
        until: Timestamp,
    ) -> Result<BTreeMap<(String, LineId), i64>, StoreError> {
        let tables = self.0.lock().await;
        let mut counts: BTreeMap<(String, LineId), i64> = BTreeMap::new();
        let quarters = quarter(since)..quarter(until);
        for send in tables.campaign_sends.values().filter(|s| quarters.contains(&quarter(s.sent.at))) {
            *counts.entry((send.sent.campaign.clone(), send.line.clone())).or_default() += 1;
        }
        Ok(counts)
    }

    async fn campaigns_before(&self, asked: &[WroteTo], within: Span) -> Result<Vec<Option<String>>, StoreError> {
        let tables = self.0.lock().await;
        let before = |(number, line, at): &WroteTo| {
            let address = tables.addresses.iter().find(|(_, id)| *id == number).map(|(address, _)| address)?;
            let of = tables.campaign_sends.values().filter(|s| s.to == *address && s.line == *line);
            let of = of.filter(|s| (*at - within..=*at).contains(&s.sent.at));
            of.max_by_key(|s| s.sent.at).map(|s| s.sent.campaign.clone())
        };
        Ok(asked.iter().map(before).collect())
    }
}
