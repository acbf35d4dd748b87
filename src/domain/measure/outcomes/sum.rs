//! Outcomes added up.

use std::collections::BTreeMap;

use super::reconcile::Fate;
use super::{Amount, OutcomeRow};
use crate::domain::deal::{Deal, StageChange};
use crate::domain::measure::exchange::Adherence;
use crate::domain::measure::interval::Middle;
use crate::domain::measure::report::Part;
use crate::domain::time::Timestamp;

/// A sum of one row.
#[derive(Default)]
pub(super) struct Sum {
    exchanges: i64,
    meetings: i64,
    won: i64,
    lost: i64,
    open: i64,
    amounts: BTreeMap<String, Amount>,
    cycles: Vec<i64>,
    stays: Vec<i64>,
}

impl Sum {
    pub(super) fn hear(&mut self, exchanges: i64, meetings: i64) {
        self.exchanges += exchanges;
        self.meetings += meetings;
    }

    /// Takes in a deal that is credited to a reply of `at`, in a period that began at `from`.
    pub(super) fn add(&mut self, deal: &Deal, at: Timestamp, from: Timestamp) {
        let currency = deal.currency.clone().unwrap_or_default();
        let cents = deal.amount_cents.unwrap_or(0);
        match Fate::of(deal) {
            Fate::Won => self.won += 1,
            Fate::Lost => self.lost += 1,
            Fate::Open => self.open += 1,
        }
        if Fate::of(deal) != Fate::Lost {
            let amount =
                self.amounts.entry(currency.clone()).or_insert_with(|| Amount { currency, ..Amount::default() });
            amount.unpriced += i64::from(deal.amount_cents.is_none());
            let (n, sum) = if Fate::of(deal) == Fate::Won {
                (&mut amount.won, &mut amount.won_cents)
            } else {
                (&mut amount.open, &mut amount.open_cents)
            };
            *n += 1;
            *sum = sum.saturating_add(cents);
        }
        if let Some(closed) = deal.closed.filter(|closed| closed.won) {
            self.cycles.push(closed.at.since(deal.opened).as_millis());
        }
        self.stays.extend(moves(deal, at, from).map(|(_, length)| length));
    }

    pub(super) fn row(self, key: String, label: String, adherence: Option<Adherence>) -> OutcomeRow {
        OutcomeRow {
            key,
            label,
            adherence,
            meetings: Part::of(self.meetings, self.exchanges),
            won: self.won,
            lost: self.lost,
            open: self.open,
            wins: Part::of(self.won, self.won + self.lost),
            amounts: self.amounts.into_values().collect(),
            cycle: Middle::of(self.cycles),
            stay: Middle::of(self.stays),
            still: self.open,
        }
    }
}

/// The stages that a deal left for another one, in the period and after the reply that it is credited to, each with how long
/// it had stood there. To be lost is no step on.
pub(super) fn moves(deal: &Deal, at: Timestamp, from: Timestamp) -> impl Iterator<Item = (&str, i64)> {
    steps(deal, at, from).map(|(stood, next)| (stood.stage.as_str(), next.at.since(stood.at).as_millis()))
}

/// The same, each with the stage that it came to.
pub(super) fn steps(deal: &Deal, at: Timestamp, from: Timestamp) -> impl Iterator<Item = (&StageChange, &StageChange)> {
    let lost = deal.closed.filter(|closed| !closed.won).map(|closed| closed.at);
    let steps = deal.stages.iter().zip(deal.stages.iter().skip(1));
    steps.filter(move |(_, next)| next.at > at && next.at >= from && lost.is_none_or(|lost| next.at < lost))
}
