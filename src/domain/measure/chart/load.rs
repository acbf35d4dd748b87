//! Charts of who carried how much.

use super::{Bar, Behind, Chart, Figure, Shape, chart, counted};
use crate::domain::measure::report::{Load, LoadRow};
use crate::domain::measure::sheet::Datum;

pub(super) fn figures(load: &Load) -> Vec<Figure> {
    let sum = |pick: fn(&LoadRow) -> i64| Datum::Count(load.rows.iter().map(pick).sum());
    let figure = |label: &str, value: Datum, beside: &str| Figure {
        label: label.to_owned(),
        value,
        beside: beside.to_owned(),
        behind: None,
    };
    vec![
        figure("offers", sum(|row| row.offers), "to a rep by name"),
        figure("answers", sum(|row| row.answers), "texts that left"),
        figure("held now", sum(|row| row.now), "open conversations"),
    ]
}

pub(super) fn charts(load: &Load) -> Vec<Chart> {
    // Counts of days are kept, not which conversations they were of.
    let counts = |pick: fn(&LoadRow) -> i64| -> Vec<Bar> {
        let all = counted(load.rows.iter().map(|row| (row.name.as_str(), pick(row), Behind::default())));
        all.into_iter().map(|bar| Bar { behind: None, ..bar }).collect()
    };
    let most = load.rows.iter().map(|row| row.average).fold(0.0_f64, f64::max);
    let held = load.rows.iter().map(|row| Bar {
        label: row.name.clone(),
        fill: (most > 0.0).then(|| row.average / most),
        value: Datum::Number(row.average),
        beside: format!("{} at most, {} now", row.most, row.now),
        ..Bar::default()
    });
    let even = load.fairness.iter().map(|row| Bar {
        label: row.label.clone(),
        fill: row.jain.map(|jain| jain.clamp(0.0, 1.0)),
        value: row.jain.map_or(Datum::None, Datum::Number),
        beside: format!("{} offers among {}", row.offers, row.reps),
        ..Bar::default()
    });
    let of_reps = "Of each rep, in the days of this report.";
    vec![
        chart("Offers", of_reps, Shape::Bars, counts(|row| row.offers)),
        chart("Takes", of_reps, Shape::Bars, counts(|row| row.takes)),
        chart("Passed on", "Offers that nobody acted on in time.", Shape::Bars, counts(|row| row.passes)),
        chart("Answers", of_reps, Shape::Bars, counts(|row| row.answers)),
        chart("Held on average", "Open conversations, over every hour, day and night.", Shape::Bars, held.collect()),
        chart("How evenly offers were spread", "Full is even (Jain's index).", Shape::Bars, even.collect()),
    ]
}
