//! What campaigns sent, counted: what opt-outs are held against.

use std::collections::BTreeMap;

use async_trait::async_trait;

use super::StoreError;
use crate::domain::id::{LineId, NumberId};
use crate::domain::time::{Span, Timestamp};

/// Who wrote where and when: what campaign's text came before?
pub type WroteTo = (NumberId, LineId, Timestamp);

/// Counts of campaigns' texts. Part of every [`super::Store`].
#[async_trait]
pub trait SentCounts: Send + Sync + 'static {
    /// Texts of each campaign from each line, since an instant and before another one, both to the quarter of an hour: no zone's
    /// day begins otherwise. What was counted stays so when the texts are erased.
    async fn campaigns_sent(
        &self,
        since: Timestamp,
        until: Timestamp,
    ) -> Result<BTreeMap<(String, LineId), i64>, StoreError>;

    /// For each the campaign whose text from that line came last before it, at most so long before; nothing when there was
    /// none, or the number was erased.
    async fn campaigns_before(&self, asked: &[WroteTo], within: Span) -> Result<Vec<Option<String>>, StoreError>;
}

/// The quarter of an hour of an instant, counted from 1970-01-01 UTC.
pub const fn quarter(at: Timestamp) -> i64 {
    at.millis().div_euclid(15 * 60_000)
}
