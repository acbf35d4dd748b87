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
    /// When it was made; nothing when the CRM does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opened: Option<Timestamp>,
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

impl Deal {
    /// As it stood at the end of a period; nothing when it was opened later. One that ended later was open then. Its amount is
    /// that of now: CRMs keep no other.
    #[must_use]
    pub fn at(mut self, end: Timestamp) -> Option<Self> {
        self.closed = self.closed.filter(|closed| closed.at <= end);
        if self.closed.is_none() && self.opened.is_some_and(|opened| opened > end) {
            return None;
        }
        let passed = self.stages.iter().filter(|change| change.at <= end).count();
        if passed > 0 && passed < self.stages.len() {
            self.stages.truncate(passed);
            if let Some(last) = self.stages.last() {
                self.stage.clone_from(&last.stage);
            }
        }
        Some(self)
    }

    /// From its opening to its end, in milliseconds, once it is won. Nothing when nobody knows when it was opened, or it is
    /// said to have been opened after its end.
    pub fn cycle(&self) -> Option<i64> {
        let end = self.closed.filter(|closed| closed.won)?.at;
        let opened = self.opened.filter(|opened| *opened <= end)?;
        Some(end.since(opened).as_millis())
    }
}

/// A deal came to a stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageChange {
    /// When.
    pub at: Timestamp,
    /// Which, in the CRM's words.
    pub stage: String,
    /// Where it stands on the pipeline's way, as the CRM orders its stages; nothing where the CRM has no order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<u16>,
}

impl StageChange {
    /// Whether coming from here to `next` was a step on. Where the CRM has no order each change counts as one.
    pub fn leads_on_to(&self, next: &Self) -> bool {
        self.place.zip(next.place).is_none_or(|(here, there)| here < there)
    }
}

/// The end of a deal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closed {
    /// When, as its CRM's own reports count it: on its close date, where one is told. It came to its last stage then.
    pub at: Timestamp,
    /// Won, or lost.
    pub won: bool,
}

#[cfg(test)]
mod tests {
    use super::super::measure::outcomes::samples::deal;
    use super::*;

    #[test]
    fn at_the_end_of_a_period_a_deal_that_ended_later_was_open() {
        let at = Timestamp::from_millis;
        let won = || deal("d", at(100), Some((at(900), true)));
        let then = won().at(at(899)).unwrap();
        assert_eq!((then.closed, then.stage.as_str(), then.stages.len()), (None, "discovery", 1));
        assert_eq!(won().at(at(900)), Some(won()), "its end is in the period");
        assert_eq!(won().at(at(99)), None, "there was none yet");
        let made_later = deal("d", at(1_000), Some((at(900), true)));
        assert!(made_later.at(at(950)).is_some_and(|deal| deal.closed.is_some()), "put in later than its end");
        let unknown = Deal { opened: None, ..won() };
        assert!(unknown.at(at(99)).is_some_and(|deal| deal.closed.is_none()), "nobody knows, so that it may have been");
    }

    #[test]
    fn a_cycle_is_of_won_deals_whose_opening_is_known_and_not_after_their_end() {
        let at = Timestamp::from_millis;
        let of = |opened: Option<i64>, won| {
            Deal { opened: opened.map(at), ..deal("d", at(0), Some((at(900), won))) }.cycle()
        };
        for (opened, won, wanted) in [
            (Some(100), true, Some(800)),
            (Some(900), true, Some(0)),
            (Some(901), true, None),
            (None, true, None),
            (Some(100), false, None),
        ] {
            assert_eq!(of(opened, won), wanted, "{opened:?} {won}");
        }
        assert_eq!(deal("d", at(0), None).cycle(), None);
    }
}
