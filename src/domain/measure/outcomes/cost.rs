//! What misses cost: what was open with buyers who were not answered in time. Open it was; that it was lost by it nobody
//! knows.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::reconcile::Fate;
use crate::domain::deal::Deal;
use crate::domain::id::DealId;
use crate::domain::measure::credit::was_open;
use crate::domain::measure::gap::Cause;
use crate::domain::time::Timestamp;

/// A reply that fell due unanswered, of somebody on a deal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// The entry that started its clock.
    pub seq: u64,
    /// Why.
    pub cause: Cause,
    /// When.
    pub due: Timestamp,
    /// The deal.
    pub deal: DealId,
}

/// Breached replies of one cause.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CostRow {
    /// Why they were late: its name.
    pub cause: String,
    /// All of them.
    pub breached: i64,
    /// Those whose buyer was on a deal that was open when they fell due.
    pub with_deal: i64,
    /// Those deals, currency by currency. Each stands once in all of the table: under the cause of its newest breach.
    pub amounts: Vec<Cost>,
}

/// Deals of one currency.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cost {
    /// ISO 4217; empty for the company's own.
    pub currency: String,
    /// How many.
    pub deals: i64,
    /// Their amounts as they are now, in hundredths.
    pub cents: i64,
    /// Those that say no amount.
    pub unpriced: i64,
    /// Of them still open.
    pub open: i64,
    /// Won since.
    pub won: i64,
    /// Lost since.
    pub lost: i64,
    /// Amounts of those that were lost since.
    pub lost_cents: i64,
}

/// By cause, the most expensive first in the order of causes. `counts` are all breached replies.
pub fn costs(counts: &BTreeMap<Cause, i64>, breaches: &[Breach], deals: &BTreeMap<DealId, &Deal>) -> Vec<CostRow> {
    let mut with_deal: BTreeMap<Cause, BTreeSet<u64>> = BTreeMap::new();
    let mut newest: BTreeMap<&DealId, (Timestamp, u64, Cause)> = BTreeMap::new();
    for breach in breaches {
        if deals.get(&breach.deal).is_some_and(|deal| was_open(deal, breach.due)) {
            with_deal.entry(breach.cause).or_default().insert(breach.seq);
            let this = (breach.due, breach.seq, breach.cause);
            let known = newest.entry(&breach.deal).or_insert(this);
            *known = this.max(*known);
        }
    }
    let mut amounts: BTreeMap<(Cause, String), Cost> = BTreeMap::new();
    for (id, (_, _, cause)) in newest {
        let Some(deal) = deals.get(id) else { continue };
        let currency = deal.currency.clone().unwrap_or_default();
        let cost = amounts.entry((cause, currency.clone())).or_insert_with(|| Cost { currency, ..Cost::default() });
        let cents = deal.amount_cents.unwrap_or(0);
        cost.deals += 1;
        cost.cents = cost.cents.saturating_add(cents);
        cost.unpriced += i64::from(deal.amount_cents.is_none());
        match Fate::of(deal) {
            Fate::Open => cost.open += 1,
            Fate::Won => cost.won += 1,
            Fate::Lost => {
                cost.lost += 1;
                cost.lost_cents = cost.lost_cents.saturating_add(cents);
            }
        }
    }
    let row = |cause: &Cause| CostRow {
        cause: cause.name().to_owned(),
        breached: counts.get(cause).copied().unwrap_or(0),
        with_deal: i64::try_from(with_deal.get(cause).map_or(0, BTreeSet::len)).unwrap_or(i64::MAX),
        amounts: amounts.iter().filter(|((of, _), _)| of == cause).map(|(_, cost)| cost.clone()).collect(),
    };
    Cause::ALL.iter().map(row).filter(|row| row.breached > 0).collect()
}
