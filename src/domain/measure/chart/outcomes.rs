//! Charts of what answering was worth. None says that the one made the other.

use super::{Bar, Behind, Chart, Figure, Shape, chart, counted, funnel, of, share_bar};
use crate::domain::measure::exchange::Adherence;
use crate::domain::measure::gap::Cause;
use crate::domain::measure::outcomes::{OutcomeRow, Outcomes};
use crate::domain::measure::report::Part;
use crate::domain::measure::sheet::Datum;

pub(super) fn figures(told: &Outcomes) -> Vec<Figure> {
    let figure = |label: String, value: Datum, beside: String| Figure { label, value, beside, behind: None };
    let Some(total) = told.total.iter().find(|row| row.adherence.is_none()) else { return Vec::new() };
    let share = |label: &str, part: &Part| {
        let few = if part.small && part.whole > 0 { "; too few to say much" } else { "" };
        let value = part.share.map_or(Datum::None, Datum::Share);
        figure(label.to_owned(), value, format!("{}{few}", of(part)))
    };
    let mut all = vec![share("replies that led to a meeting", &total.meetings), share("deals won", &total.wins)];
    for amount in &total.amounts {
        let won = format!("{} won deals", amount.won);
        all.push(figure(format!("influenced revenue {}", amount.currency), Datum::Money(amount.won_cents), won));
        let open = format!("{} open deals", amount.open);
        all.push(figure(format!("influenced pipeline {}", amount.currency), Datum::Money(amount.open_cents), open));
    }
    all
}

pub(super) fn charts(told: &Outcomes) -> Vec<Chart> {
    let total = told.total.iter().find(|row| row.adherence.is_none());
    let stages = total.map_or_else(Vec::new, |row| {
        let behind = || Behind::of("outcomes");
        let bars = funnel(vec![
            ("exchanges", row.meetings.whole, behind()),
            ("led to a meeting", row.meetings.part, behind()),
        ]);
        without_behind(bars)
    });
    // A word, not a colour, says which is which.
    let kept = |row: &&OutcomeRow| matches!(row.adherence, Some(Adherence::Met | Adherence::Missed));
    let words = |row: &OutcomeRow| row.adherence.map_or("", Adherence::words).to_owned();
    let of_total = |pick: fn(&OutcomeRow) -> &Part| -> Vec<Bar> {
        told.total.iter().filter(kept).map(|row| share_bar(&words(row), pick(row), 1.0)).collect()
    };
    let of_rows = |pick: fn(&OutcomeRow) -> &Part| -> Vec<Bar> {
        let all = told.rows.iter().filter(|row| row.adherence.is_none() && pick(row).whole > 0);
        all.map(|row| share_bar(&row.label, pick(row), 1.0)).collect()
    };
    let by = told.by.replace('_', " ");
    let lost = told.costs.iter().filter(|row| row.with_deal > 0).map(|row| {
        let words: &str = match Cause::named(&row.cause) {
            Some(cause) => cause.words(),
            None => &row.cause,
        };
        (words, row.with_deal, Behind::of("sla").only("cause", row.cause.clone()))
    });
    // What is opened are all that were late so, with and without a deal.
    let mut lost = counted(lost);
    for (bar, row) in lost.iter_mut().zip(told.costs.iter().filter(|row| row.with_deal > 0)) {
        bar.beside = format!("with an open deal, of {} late", row.breached);
    }
    let rule = &told.rule.words;
    vec![
        chart("From the reply to the meeting", "Each is part of the one above.", Shape::Funnel, stages),
        chart(
            "Meetings, by how the first reply was answered",
            "That the one causes the other it does not say. The thin line is where the true share may well lie.",
            Shape::Bars,
            of_total(|row| &row.meetings),
        ),
        chart(
            format!("Meetings, by {by}"),
            "Of exchanges that began in the period.",
            Shape::Bars,
            of_rows(|row| &row.meetings),
        ),
        chart("Deals won, by how the first reply was answered", rule, Shape::Bars, of_total(|row| &row.wins)),
        chart(format!("Deals won, by {by}"), rule, Shape::Bars, of_rows(|row| &row.wins)),
        chart("Missed replies of open deals, by cause", rule, Shape::Bars, lost),
    ]
}

/// Exchanges are listed by the report itself, with their deals.
fn without_behind(bars: Vec<Bar>) -> Vec<Bar> {
    bars.into_iter().map(|bar| Bar { behind: None, ..bar }).collect()
}
