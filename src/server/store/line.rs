//! Our numbers at carriers, and what stops them.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::StoreError;
use crate::domain::contact::Address;
use crate::domain::time::Timestamp;

/// A number at a carrier, with what is needed to check its webhooks and to send. Secrets: redacted in `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct CarrierLine {
    /// Our number.
    pub number: Address,
    /// `twilio`, …
    pub provider: String,
    /// The carrier's account.
    pub account: String,
    /// Tokens that sign webhooks, or where they are (`env:…`, `file:…`, `keyring:…`): the primary first; two while they are
    /// rotated.
    pub tokens: Vec<String>,
    /// The messaging service, when the number is in one.
    pub service: Option<String>,
    /// Where the carrier's API is.
    pub api: String,
    /// What only some carriers need.
    pub extra: LineExtra,
}

/// What only some carriers need of a line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LineExtra {
    /// Public keys that check webhooks, where that is no secret's work (Telnyx): two while they are changed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<String>,
    /// Where a carrier behind signed webhooks is asked for its list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub list: Option<String>,
    /// After how many seconds the carrier gives a text up (Twilio: 1 to 36000); the adapter's own measure without.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_seconds: Option<u32>,
}

/// A number that nothing leaves from for now. What waits, waits in its order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineStop {
    /// Our number.
    pub number: Address,
    /// Which stop: an admin is told once of each.
    pub id: Uuid,
    /// The carrier's error.
    pub code: u32,
    /// Since when.
    pub at: Timestamp,
    /// Until when; `None` until somebody has put it right.
    pub until: Option<Timestamp>,
}

impl LineStop {
    /// Whether it holds at an instant.
    pub fn holds(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| until > now)
    }
}

/// What a store keeps of stopped numbers: rows that are no facts of the journal. Part of every [`super::Store`].
#[async_trait]
pub trait LineStore: Send + Sync {
    /// Stops a number; whether it is new. A stop that waits for somebody stays as it is, and of two that end by
    /// themselves the later end counts.
    async fn stop_line(&self, stop: &LineStop) -> Result<bool, StoreError>;

    /// Every stop, also those whose time is over.
    async fn line_stops(&self) -> Result<Vec<LineStop>, StoreError>;

    /// Lets a number go on; whether it was stopped.
    async fn resume_line(&self, number: &Address) -> Result<bool, StoreError>;
}

impl std::fmt::Debug for CarrierLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "CarrierLine({:?}, {} {})", self.number, self.provider, self.account)
    }
}
