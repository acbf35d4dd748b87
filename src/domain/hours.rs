//! placeholder until merged
use super::time::{Span, Timestamp};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
/// x
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Calendar {
    /// x
    pub zone: Tz,
}
impl Calendar {
    /// x
    pub fn add(&self, start: Timestamp, span: Span) -> Option<Timestamp> {
        Some(start + span)
    }
}
