//! Charts of deals: stage by stage, what misses cost, and all of them.

use super::{STEPS, asked, lengthy};
use crate::domain::measure::chart::{Bar, Behind, Chart, Shape, chart, counted, fraction, many};
use crate::domain::measure::gap::Cause;
use crate::domain::measure::money::thousands;
use crate::domain::measure::outcomes::{Outcomes, Reconciled, StageRow};
use crate::domain::measure::sheet::Datum;

pub(super) fn charts(told: &Outcomes) -> Vec<Chart> {
    let rule = &told.rule.words;
    let whole =
        [Some(rule.clone()), told.deals_read.unread_words()].into_iter().flatten().collect::<Vec<_>>().join(" ");
    vec![
        chart("Stage by stage, half moved on within", "After the reply.", Shape::Bars, stays(told)),
        chart("Where open deals stand", rule, Shape::Bars, stands(told)),
        chart(
            "Missed replies of open deals, by cause",
            "Replies whose buyer was on a deal that was open when they fell due.",
            Shape::Bars,
            missed(told),
        ),
        chart(
            "What was open with missed replies, by cause",
            "Each deal once, under its newest one. That it was lost by it nobody knows.",
            Shape::Bars,
            cost(told),
        ),
        chart("All deals of the CRM", whole, Shape::Bars, all(told)),
    ]
}

fn worth(told: &Outcomes, what: &str) -> Behind {
    asked(told.rule.rule).only("what", what)
}

/// Of all replies.
fn stages(told: &Outcomes) -> impl Iterator<Item = &StageRow> {
    told.stages.iter().filter(|row| row.adherence.is_none())
}

fn stays(told: &Outcomes) -> Vec<Bar> {
    let most = stages(told).filter_map(|row| row.stay.median).max().unwrap_or(0);
    let bar = |row: &StageRow| Bar {
        fill: row.stay.median.and_then(|median| fraction(median, most)),
        ..lengthy(row.stage.clone(), &row.stay, worth(told, "moved").only("stage", row.stage.clone()), STEPS)
    };
    stages(told).filter(|row| row.stay.n > 0).map(bar).collect()
}

fn stands(told: &Outcomes) -> Vec<Bar> {
    let of = |row: &StageRow| worth(told, "still").only("stage", row.stage.clone());
    counted(stages(told).filter(|row| row.still > 0).map(|row| (row.stage.as_str(), row.still, of(row))))
}

fn words(cause: &str) -> String {
    Cause::named(cause).map_or_else(|| cause.to_owned(), |known| known.words().to_owned())
}

fn missed(told: &Outcomes) -> Vec<Bar> {
    let most = told.costs.iter().map(|row| row.with_deal).max().unwrap_or(0);
    let kept = told.costs.iter().filter(|row| row.with_deal > 0);
    kept.map(|row| Bar {
        label: words(&row.cause),
        fill: fraction(row.with_deal, most),
        value: Datum::Count(row.with_deal),
        beside: format!("of {} late", thousands(row.breached)),
        behind: Some(worth(told, "missed").only("cause", row.cause.clone())),
        ..Bar::default()
    })
    .collect()
}

fn cost(told: &Outcomes) -> Vec<Bar> {
    let costs = || told.costs.iter().flat_map(|row| row.amounts.iter().map(|cost| (row.cause.as_str(), cost)));
    costs()
        .map(|(cause, cost)| {
            let same = costs().filter(|(_, other)| other.currency == cost.currency);
            let most = same.map(|(_, other)| other.cents).max().unwrap_or(0);
            let currency = &cost.currency;
            let [open, won, lost] = [cost.open, cost.won, cost.lost].map(thousands);
            Bar {
                label: words(cause),
                fill: fraction(cost.cents, most),
                value: Datum::Money(cost.cents),
                currency: currency.clone(),
                beside: format!("{}: {open} open, {won} won, {lost} lost", deals(cost.deals)),
                behind: Some(worth(told, "cost").only("cause", cause).only("currency", currency.clone())),
                ..Bar::default()
            }
        })
        .collect()
}

fn deals(n: i64) -> String {
    many(n, "deal", "deals")
}

fn all(told: &Outcomes) -> Vec<Bar> {
    told.reconciled.iter().flat_map(|row| parts(told, row)).collect()
}

/// The four parts of it that add up, those that there are.
fn parts(told: &Outcomes, row: &Reconciled) -> Vec<Bar> {
    let of = |what: &str| Some(worth(told, what).only("currency", row.currency.clone()));
    let outside = of("outside").map(|behind| behind.only("fate", row.fate.name()));
    let all = [
        ("influenced", row.influenced, of(row.fate.name()), ""),
        ("outside the window", row.outside, outside, ""),
        ("nobody texted", row.silent, None, "nobody ever wrote: no conversation"),
        ("nobody on it", row.nobody, None, "the CRM names nobody: no conversation"),
    ];
    let kept = all.into_iter().filter(|(_, heap, _, _)| heap.deals > 0);
    kept.map(|(label, heap, behind, shut)| Bar {
        label: format!("{}: {label}", row.fate.name()),
        fill: fraction(heap.deals, row.total.deals),
        value: Datum::Money(heap.cents),
        currency: row.currency.clone(),
        beside: format!("{} of {}", thousands(heap.deals), deals(row.total.deals)),
        behind,
        shut,
        ..Bar::default()
    })
    .collect()
}
