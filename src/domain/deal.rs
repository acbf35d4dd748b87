//! Deals of the CRM over time: what Measure ties routing to. Read from the CRM, never decided here, and no part of the
//! journal; their ids are the CRM's own and opaque.

use serde::{Deserialize, Serialize};

use super::id::{AccountId, ContactId, DealId, RepId};
use super::time::Timestamp;

/// A deal as it stands, with the way it took.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deal {
    /// The CRM's own id.
    pub id: DealId,
    /// Its name; hostile until drawn through `SafeText`.
    pub name: String,
    /// The company.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    /// The people on it, in the CRM's order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contacts: Vec<ContactId>,
    /// Who owns it; somebody the playbook does not know when they left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<RepId>,
    /// Which pipeline, in the CRM's words; empty when the CRM has one only.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub pipeline: String,
    /// Its stage now, in the CRM's words.
    pub stage: String,
    /// Its amount in hundredths of the currency; nothing when nobody wrote one down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount_cents: Option<i64>,
    /// ISO 4217; nothing when the CRM does not say, which is its company's own currency then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// When it was made.
    pub opened: Timestamp,
    /// When it is meant to close, or did, as somebody wrote it down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closes: Option<Timestamp>,
    /// How it ended, once it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed: Option<Closed>,
    /// When it was last changed, by the CRM's clock.
    pub changed: Timestamp,
    /// Every stage it came to, oldest first; the last one is where it stands. A CRM that keeps no history tells only that.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stages: Vec<StageChange>,
}

/// A deal came to a stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageChange {
    /// When.
    pub at: Timestamp,
    /// Which, in the CRM's words.
    pub stage: String,
}

/// The end of a deal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closed {
    /// When it came to its last stage.
    pub at: Timestamp,
    /// Won, or lost.
    pub won: bool,
}
