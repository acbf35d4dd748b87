//! What left lately, by line: rates and daily shares hold across a restart. Rows that are no facts of the journal.

use async_trait::async_trait;

use super::StoreError;
use crate::domain::id::LineId;
use crate::domain::pacing::DAY;
use crate::domain::time::{Span, Timestamp};

/// How long they are kept: a day's share is the longest that is counted.
pub const KEPT: Span = Span::millis(DAY.as_millis() + 60_000);

/// A text that left, or may have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Departure {
    /// When.
    pub at: Timestamp,
    /// From which line; for a number of ours that is none, the number.
    pub line: LineId,
    /// How many segments.
    pub segments: u32,
}

/// What left lately. Answers are written with their facts ([`Batch::departures`](super::Batch::departures)); whatever is
/// older than [`KEPT`] before a new one is forgotten.
#[async_trait]
pub trait DepartureLog: Send + Sync + 'static {
    /// Keeps one that no fact tells of: a page.
    async fn put_departure(&self, departure: &Departure) -> Result<(), StoreError>;

    /// What left since an instant, oldest first.
    async fn departures(&self, since: Timestamp) -> Result<Vec<Departure>, StoreError>;
}
