//! Charts of attainment.

use super::{Bar, Behind, Chart, Figure, Shape, chart, counted, fraction, funnel, likely, many, share_bar};
use crate::domain::measure::gap::{Cause, Gap};
use crate::domain::measure::report::{DayRow, Part, Sla, SlaRow, Times};
use crate::domain::measure::sample::ENOUGH;
use crate::domain::measure::sheet::Datum;
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
        let within = |all: [i64; 3]| format!("of {}, nine of ten within {}", of.n, story::length(all[1]));
        of.business.map_or_else(String::new, within)
    };
    let share = total.met.share.map_or(Datum::None, Datum::Share);
    let first =
        figure("first answer, half within", half(total.first.business), most(&total.first), first_answers(replies()));
    vec![
        Figure {
            small: total.met.small && total.met.whole > 0,
            ..figure("answered in time", share, likely(&total.met), of_share(&total.met, replies()))
        },
        figure("replies", Datum::Count(total.replies), format!("{} still wait, in time", total.running), replies()),
        Figure { small: is_few(&total.first), ..first },
        figure(
            "late",
            Datum::Count(total.late + total.dropped_late),
            "answered or dropped late".to_owned(),
            standing("ended_late"),
        ),
        figure("overdue now", Datum::Count(total.overdue), "nobody has answered".to_owned(), standing("overdue")),
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
    let longest = rows().filter_map(|row| Some(row.first.business?[1])).max().unwrap_or(0);
    let lengths = rows().filter_map(|row| {
        let [half, most, _] = row.first.business?;
        Some(Bar {
            label: row.label.clone(),
            fill: fraction(most, longest),
            value: Datum::Length(most),
            beside: format!("half within {}; {}", story::length(half), many(row.first.n, "reply", "replies")),
            small: is_few(&row.first),
            behind: Some(first_answers(of_row(row))),
            ..Bar::default()
        })
    });
    let count = |counts: &std::collections::BTreeMap<String, i64>, name: &str| counts.get(name).copied().unwrap_or(0);
    let causes = Cause::ALL
        .map(|cause| (cause.words(), count(&total.causes, cause.name()), replies().only("cause", cause.name())));
    let gaps = Gap::ALL.map(|gap| (gap.words(), count(&total.gaps, gap.name()), replies().only("gap", gap.name())));
    let shown = |all: Vec<Bar>| all.into_iter().filter(|bar| bar.behind.is_some()).collect();
    let step = if sla.days.len() > DAYS { "week" } else { "day" };
    vec![
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
            "When the buyer wrote. The deeper the colour, the more were late; the number is the share in time.",
            Shape::Week,
            week(sla),
        ),
        chart("First answer: nine of ten within", "In open time.", Shape::Bars, lengths.collect()),
        chart("Why replies were late", "Each has one cause.", Shape::Bars, shown(counted(causes))),
        chart("Where nobody was there", "A reply may count in several.", Shape::Bars, shown(counted(gaps))),
    ]
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
    let mut week: Vec<Bar> = (0..168).map(|hour| Bar { label: story::hour(hour), ..Bar::default() }).collect();
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
