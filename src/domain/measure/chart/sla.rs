//! Charts of attainment.

use super::{Bar, Behind, Chart, Figure, NO_RATE, Shape, chart, counted, fraction, funnel, likely, many, share_bar};
use crate::domain::measure::gap::{Cause, Gap};
use crate::domain::measure::money::thousands;
use crate::domain::measure::report::{DayRow, Part, Sla, SlaRow, Times};
use crate::domain::measure::sample::ENOUGH;
use crate::domain::measure::sheet::{Datum, hours_in};
use crate::domain::measure::story;

/// So many days are drawn one by one; more go by the week.
const DAYS: usize = 62;

fn replies() -> Behind {
    Behind::of("sla")
}

fn standing(name: &str) -> Behind {
    replies().only("standing", name)
}

/// Those that first answers are measured of.
fn first_answers(of: Behind) -> Behind {
    of.only("standing", "answered").only("response", "first")
}

/// Those that later ones are.
fn next_answers(of: Behind) -> Behind {
    of.only("standing", "answered").only("response", "next")
}

/// Those that the time to take is.
fn takes(of: Behind) -> Behind {
    of.only("taken", "true")
}

/// Of a share its part is opened; where there is none, what it is of; where that is none, too, all that is there.
fn of_share(met: &Part, of: Behind) -> Behind {
    match (met.part, met.whole) {
        (0, 0) => of,
        (0, _) => of.only("standing", "judged"),
        _ => of.only("standing", "in_time"),
    }
}

pub(super) fn figures(sla: &Sla) -> Vec<Figure> {
    let total = &sla.total;
    let figure = |label: &str, value: Datum, beside: String, behind: Behind| Figure {
        label: label.to_owned(),
        value,
        beside,
        behind: Some(behind),
        ..Figure::default()
    };
    let half = |of: Option<[i64; 3]>| of.map_or(Datum::None, |all| Datum::Length(all[0]));
    let most = |of: &Times| {
        let within = |all: [i64; 3]| format!("of {}, nine of ten within {}", thousands(of.n), story::length(all[1]));
        of.business.map_or_else(String::new, within)
    };
    let share = total.met.share.map_or(Datum::None, Datum::Share);
    let first =
        figure("first answer, half within", half(total.first.business), most(&total.first), first_answers(replies()));
    vec![
        Figure {
            none: NO_RATE,
            small: total.met.small && total.met.whole > 0,
            ..figure("answered in time", share, likely(&total.met), of_share(&total.met, replies()))
        },
        figure("replies", Datum::Count(total.replies), "that asked for an answer".to_owned(), replies()),
        Figure { small: is_few(&total.first), ..first },
        figure(
            "late",
            Datum::Count(total.late + total.dropped_late),
            "answered or dropped late".to_owned(),
            standing("ended_late"),
        ),
        figure("overdue now", Datum::Count(total.overdue), "nobody has answered".to_owned(), standing("overdue")),
        figure("still waiting", Datum::Count(total.running), "in time".to_owned(), standing("running")),
    ]
}

/// Whether lengths are too few to say much of.
const fn is_few(of: &Times) -> bool {
    of.n > 0 && of.n < ENOUGH
}

pub(super) fn charts(sla: &Sla) -> Vec<Chart> {
    let (total, by) = (&sla.total, sla.by.as_str());
    let answered = total.met.part + total.late;
    let stages = vec![
        ("asked for an answer", total.replies, replies()),
        ("still needed one", total.replies - total.dropped, standing("needed")),
        ("were answered", answered, standing("answered")),
        ("in time", total.met.part, standing("in_time")),
    ];
    let of_row = |row: &SlaRow| replies().only("by", by).only("key", row.key.clone());
    // The hours of the week have a chart of their own.
    let rows = || sla.rows.iter().filter(|_| by != "hour");
    let attained = rows().filter(|row| row.met.whole > 0).map(|row| Bar {
        behind: Some(of_share(&row.met, of_row(row))),
        bad: 1.0 - row.met.share.unwrap_or(1.0),
        ..share_bar(&row.label, &row.met, 1.0)
    });
    let of_all: Vec<(&SlaRow, Behind)> =
        std::iter::once((total, replies())).chain(rows().map(|row| (row, of_row(row)))).collect();
    let count = |counts: &std::collections::BTreeMap<String, i64>, name: &str| counts.get(name).copied().unwrap_or(0);
    let causes = Cause::ALL
        .map(|cause| (cause.words(), count(&total.causes, cause.name()), replies().only("cause", cause.name())));
    let gaps = Gap::ALL.map(|gap| (gap.words(), count(&total.gaps, gap.name()), replies().only("gap", gap.name())));
    let shown = |all: Vec<Bar>| all.into_iter().filter(|bar| bar.behind.is_some()).collect();
    let step = if sla.days.len() > DAYS { "week" } else { "day" };
    let mut charts = vec![
        chart("From the text to the answer", "Each is part of the one above.", Shape::Funnel, funnel(stages)),
        chart(
            format!("Answered in time, {step} by {step}"),
            format!("Of the replies of each {step} that were answered or fell due."),
            Shape::Days,
            days(&sla.days),
        ),
        chart(
            format!("Answered in time, by {}", by.replace('_', " ")),
            "The thin line is where the true share may well lie: 95 of 100 such lines hold it.",
            Shape::Bars,
            attained.collect(),
        ),
        chart(
            "Answered in time, by hour of the week",
            format!(
                "When the buyer wrote{}. The deeper the colour, the more were late; the number is the share in time.",
                hours_in(&sla.about)
            ),
            Shape::Week,
            week(sla),
        ),
    ];
    charts.extend(LENGTHS.iter().flat_map(|kind| lengths(kind, &of_all)));
    charts.extend([
        chart(
            "Up the ladder",
            "Of all replies. One counts on every step of its ladder that it stood on, from 1.",
            Shape::Bars,
            ladder(total),
        ),
        chart(
            format!("Moved up the ladder, by {}", by.replace('_', " ")),
            "Replies that moved on at least once.",
            Shape::Bars,
            rows().filter(|row| row.climbed > 0).map(|row| climbed(row, of_row(row), total.climbed)).collect(),
        ),
        chart("Why replies were late", "Each has one cause.", Shape::Bars, shown(counted(causes))),
        chart("Where nobody was there", "A reply may count in several.", Shape::Bars, shown(counted(gaps))),
    ]);
    charts
}

/// A kind of length.
struct Kind {
    /// What it is.
    what: &'static str,
    /// From when to when.
    says: &'static str,
    /// Where it stands in a row.
    pick: fn(&SlaRow) -> &Times,
    /// Which replies of those of a row it is measured of.
    of: fn(Behind) -> Behind,
}

const LENGTHS: [Kind; 3] = [
    Kind { what: "First answer", says: ANSWERED, pick: |row| &row.first, of: first_answers },
    Kind { what: "Next answer", says: ANSWERED, pick: |row| &row.next, of: next_answers },
    Kind { what: "Time to take", says: "From the first offer to the first take", pick: |row| &row.take, of: takes },
];

const ANSWERED: &str = "From the text to the answer";

/// One kind of length, all together and row by row: in open time, and on the wall.
fn lengths(kind: &Kind, rows: &[(&SlaRow, Behind)]) -> [Chart; 2] {
    let bars = |clock: fn(&Times) -> Option<[i64; 3]>| -> Vec<Bar> {
        let longest = rows.iter().filter_map(|(row, _)| Some(clock((kind.pick)(row))?[1])).max().unwrap_or(0);
        let bar = |(row, of): &(&SlaRow, Behind)| {
            let times = (kind.pick)(row);
            let [half, most, nearly] = clock(times)?;
            let [n, half, nearly] = [many(times.n, "reply", "replies"), story::length(half), story::length(nearly)];
            Some(Bar {
                label: row.label.clone(),
                fill: fraction(most, longest),
                value: Datum::Length(most),
                beside: format!("half within {half}; {n}; 95 of 100 within {nearly}"),
                small: is_few(times),
                behind: Some((kind.of)(of.clone())),
                ..Bar::default()
            })
        };
        rows.iter().filter_map(bar).collect()
    };
    let Kind { what, says, .. } = kind;
    [
        chart(
            format!("{what}: nine of ten within"),
            format!("{says}, in open time."),
            Shape::Bars,
            bars(|times| times.business),
        ),
        chart(
            format!("{what}: nine of ten within, on the wall"),
            format!("{says}, nights and days off included."),
            Shape::Bars,
            bars(|times| times.wall),
        ),
    ]
}

/// How many moved up at all, and how many stood on each step, of all.
fn ladder(total: &SlaRow) -> Vec<Bar> {
    let up = Bar { label: "moved up at all".to_owned(), ..climbed(total, replies(), total.replies) };
    let step = |(step, n): (&u8, &i64)| Bar {
        label: format!("step {step}"),
        fill: fraction(*n, total.replies),
        value: Datum::Count(*n),
        behind: Some(replies().only("step", step.to_string())),
        ..Bar::default()
    };
    std::iter::once(up).filter(|_| total.climbed > 0).chain(total.steps.iter().map(step)).collect()
}

/// Replies of a row that moved up, of a scale that ends at `most`.
fn climbed(row: &SlaRow, of: Behind, most: i64) -> Bar {
    let times = many(row.climbs, "time", "times");
    Bar {
        label: row.label.clone(),
        fill: fraction(row.climbed, most),
        value: Datum::Count(row.climbed),
        beside: format!("of {}; {times} all together", thousands(row.replies)),
        behind: Some(of.only("climbed", "true")),
        ..Bar::default()
    }
}

fn days(all: &[DayRow]) -> Vec<Bar> {
    let step = if all.len() > DAYS { 7 } else { 1 };
    let bar = |days: &[DayRow]| {
        let (first, last) = (days.first()?, days.last()?);
        let sum = |pick: fn(&Part) -> i64| days.iter().map(|day| pick(&day.met)).sum();
        let met = Part::of(sum(|part| part.part), sum(|part| part.whole));
        let behind = replies().only("from", first.day.clone()).only("to", last.day.clone());
        Some(Bar {
            behind: Some(of_share(&met, behind)).filter(|_| days.iter().any(|day| day.replies > 0)),
            bad: 1.0 - met.share.unwrap_or(1.0),
            ..share_bar(&first.day, &met, 1.0)
        })
    };
    all.chunks(step).filter_map(bar).collect()
}

fn week(sla: &Sla) -> Vec<Bar> {
    if sla.hours.is_empty() {
        return Vec::new();
    }
    let empty = |hour| Bar { label: story::hour(hour), none: NO_RATE, ..Bar::default() };
    let mut week: Vec<Bar> = (0..168).map(empty).collect();
    for row in &sla.hours {
        let Some(bar) = week.get_mut(usize::from(row.hour)) else { continue };
        let behind = replies().only("by", "hour").only("key", format!("{:03}", row.hour));
        *bar = Bar {
            behind: Some(of_share(&row.met, behind)),
            bad: 1.0 - row.met.share.unwrap_or(1.0),
            ..share_bar(&bar.label, &row.met, 1.0)
        };
    }
    week
}
