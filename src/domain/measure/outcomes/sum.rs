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

    /// Takes in a deal that is credited to it.
    pub(super) fn add(&mut self, deal: &'a Deal) {
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
    }

    /// Takes in for how long a deal had stood in a stage before a step that is credited to it.
    pub(super) fn moved(&mut self, length: i64) {
        self.stays.push(length);
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

/// A step of a deal from one stage on to another.
#[derive(Clone, Copy)]
pub(super) struct Step<'a> {
    /// Where it had stood.
    pub(super) stood: &'a StageChange,
    /// When it moved on.
    pub(super) at: Timestamp,
}

impl Step<'_> {
    /// For how long it had stood there, in milliseconds.
    pub(super) fn length(&self) -> i64 {
        self.at.since(self.stood.at).as_millis()
    }
}

/// The steps of a deal since the period began. To be lost is no step on, nor is to come back to an earlier stage.
pub(super) fn steps(deal: &Deal, from: Timestamp) -> impl Iterator<Item = Step<'_>> {
    let lost = deal.closed.filter(|closed| !closed.won).map(|closed| closed.at);
    let steps = deal.stages.iter().zip(deal.stages.iter().skip(1));
    let steps = steps.filter(move |(stood, next)| {
        stood.leads_on_to(next) && next.at >= from && lost.is_none_or(|lost| next.at < lost)
    });
    steps.map(|(stood, next)| Step { stood, at: next.at })
}

#[cfg(test)]
mod tests {
    use super::super::samples::{deal, talked};
    use super::*;
    use crate::domain::measure::credit::{Rule, Touch};

    const fn day(n: i64) -> Timestamp {
        Timestamp::from_millis(n * 86_400_000)
    }

    #[test]
    fn back_is_no_step_on_and_who_texts_again_later_takes_none_away() {
        let way = [(1, "discovery", 0), (10, "proposal", 2), (20, "evaluation", 1), (30, "contract", 3)];
        let change = |(on, stage, place): (i64, &str, u16)| StageChange {
            at: day(on),
            stage: stage.to_owned(),
            place: Some(place),
        };
        let deal = Deal { stages: way.map(change).to_vec(), ..deal("d", day(1), None) };
        let on: Vec<(&str, Timestamp)> =
            steps(&deal, day(0)).map(|step| (step.stood.stage.as_str(), step.at)).collect();
        assert_eq!(on, [("discovery", day(10)), ("evaluation", day(30))]);
        let talks = [talked(1, day(5)), talked(2, day(12))];
        let last = Rule { touch: Touch::Last, ..Rule::default() };
        let credited = |at| last.within(&talks, at).iter().map(|talk| talk.seq).collect::<Vec<_>>();
        assert_eq!((credited(day(10)), credited(day(30))), (vec![1], vec![2]));
    }
}
