//! Outcomes added up.

use std::collections::BTreeMap;

use super::reconcile::Fate;
use super::{Amount, OutcomeRow};
use crate::domain::deal::{Deal, StageChange};
use crate::domain::measure::exchange::Adherence;
use crate::domain::measure::interval::{Adding, Middle};
use crate::domain::measure::report::Part;
use crate::domain::time::Timestamp;

/// A sum of one row.
#[derive(Default)]
pub(super) struct Sum<'a> {
    exchanges: i64,
    meetings: i64,
    won: i64,
    lost: i64,
    open: i64,
    amounts: BTreeMap<&'a str, Amounts>,
    cycles: Vec<i64>,
    stays: Vec<i64>,
}

/// Amounts of one currency.
#[derive(Default)]
struct Amounts {
    won: i64,
    open: i64,
    revenue: Adding,
    pipeline: Adding,
    unpriced: i64,
}

impl<'a> Sum<'a> {
    pub(super) fn hear(&mut self, exchanges: i64, meetings: i64) {
        self.exchanges += exchanges;
        self.meetings += meetings;
    }

    /// Takes in a deal that is credited to a reply of `at`, in a period that began at `from`.
    pub(super) fn add(&mut self, deal: &'a Deal, at: Timestamp, from: Timestamp) {
        let fate = Fate::of(deal);
        match fate {
            Fate::Won => self.won += 1,
            Fate::Lost => self.lost += 1,
            Fate::Open => self.open += 1,
        }
        if fate != Fate::Lost {
            let amounts = self.amounts.entry(deal.currency.as_deref().unwrap_or_default()).or_default();
            let (n, sum) = if fate == Fate::Won {
                (&mut amounts.won, &mut amounts.revenue)
            } else {
                (&mut amounts.open, &mut amounts.pipeline)
            };
            *n += 1;
            match deal.amount_cents {
                Some(cents) => sum.add(cents),
                None => amounts.unpriced += 1,
            }
        }
        self.cycles.extend(deal.cycle());
        self.stays.extend(moves(deal, at, from).map(|(_, length)| length));
    }

    pub(super) fn row(self, key: String, label: String, adherence: Option<Adherence>) -> OutcomeRow {
        let amount = |(currency, of): (&str, Amounts)| {
            let (revenue, pipeline) = (of.revenue.total(), of.pipeline.total());
            Amount {
                currency: currency.to_owned(),
                won: of.won,
                won_cents: revenue.cents,
                revenue,
                open: of.open,
                open_cents: pipeline.cents,
                pipeline,
                unpriced: of.unpriced,
            }
        };
        OutcomeRow {
            key,
            label,
            adherence,
            meetings: Part::of(self.meetings, self.exchanges),
            won: self.won,
            lost: self.lost,
            open: self.open,
            wins: Part::of(self.won, self.won + self.lost),
            amounts: self.amounts.into_iter().map(amount).collect(),
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
