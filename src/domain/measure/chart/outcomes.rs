//! Charts of what answering was worth. None says that the one made the other.

use super::{Bar, Behind, Chart, Figure, Shape, chart, counted, fraction, funnel, likely, many, share_bar};
use crate::domain::measure::credit::Rule;
use crate::domain::measure::exchange::Adherence;
use crate::domain::measure::interval::{Middle, Total};
use crate::domain::measure::money;
use crate::domain::measure::outcomes::{Amount, OutcomeRow, Outcomes};
use crate::domain::measure::report::Part;
use crate::domain::measure::sheet::Datum;
use crate::domain::measure::story;

mod deals;

/// One row with what it is called, and how its conversations are asked for.
struct Line<'a> {
    label: String,
    behind: Behind,
    row: &'a OutcomeRow,
}

impl Line<'_> {
    fn only(&self, what: &str) -> Behind {
        self.behind.clone().only("what", what)
    }

    /// A share: its part is opened; when there is none, what it is of.
    fn share(&self, part: &Part, what: &str, whole: &str) -> Bar {
        let opens = match (part.part, part.whole) {
            (_, 0) => None,
            (0, _) => Some(whole),
            _ => Some(what),
        };
        Bar { behind: opens.map(|what| self.only(what)), ..share_bar(&self.label, part, 1.0) }
    }
}

/// How deals are credited, where it is not as usual.
fn asked(rule: Rule) -> Behind {
    let behind = Behind::of("outcomes");
    if rule == Rule::default() {
        return behind;
    }
    behind.only("window", rule.window_days.to_string()).only("touch", rule.touch.name())
}

/// All together, in time and missed.
fn in_total(told: &Outcomes) -> Vec<Line<'_>> {
    // A word, not a colour, says which is which.
    let kept = told.total.iter().filter_map(|row| match row.adherence {
        Some(adherence @ (Adherence::Met | Adherence::Missed)) => Some((row, adherence)),
        Some(Adherence::Unjudged) | None => None,
    });
    let line = |(row, adherence): (_, Adherence)| Line {
        label: adherence.words().to_owned(),
        behind: asked(told.rule.rule).only("adherence", adherence.name()),
        row,
    };
    kept.map(line).collect()
}

/// Row by row, each followed by what of it was in time and missed.
fn in_rows(told: &Outcomes) -> Vec<Line<'_>> {
    let kept = told.rows.iter().filter(|row| row.adherence != Some(Adherence::Unjudged));
    kept.map(|row| row_of(told, row)).collect()
}

fn row_of<'a>(told: &Outcomes, row: &'a OutcomeRow) -> Line<'a> {
    let behind = asked(told.rule.rule).only("by", told.by.as_str()).only("key", row.key.as_str());
    match row.adherence {
        None => Line { label: row.label.clone(), behind, row },
        Some(adherence) => {
            let label = format!("{}, {}", row.label, adherence.words());
            Line { label, behind: behind.only("adherence", adherence.name()), row }
        }
    }
}

pub(super) fn figures(told: &Outcomes) -> Vec<Figure> {
    let Some(row) = told.total.iter().find(|row| row.adherence.is_none()) else { return Vec::new() };
    let total = Line { label: String::new(), behind: asked(told.rule.rule), row };
    let figure = |label: &str, value: Datum, beside: String, behind: Option<Behind>| Figure {
        label: label.to_owned(),
        value,
        beside,
        behind,
        ..Figure::default()
    };
    let share = |label: &str, part: &Part, what: &str, whole: &str| {
        let bar = total.share(part, what, whole);
        Figure { none: bar.none, small: bar.small, ..figure(label, bar.value, likely(part), bar.behind) }
    };
    let mut all = vec![
        share("replies that led to a meeting", &row.meetings, "meetings", "exchanges"),
        share("deals won", &row.wins, "won", "ended"),
    ];
    for amount in &row.amounts {
        for (label, n, cents, sum, what) in [
            ("influenced revenue", amount.won, amount.won_cents, &amount.revenue, "won"),
            ("influenced pipeline", amount.open, amount.open_cents, &amount.pipeline, "open"),
        ] {
            let behind = total.only(what).only("currency", amount.currency.clone());
            let between = |(low, high)| format!(", likely {} to {}", money::amount(low), money::amount(high));
            let sure = sum.low.zip(sum.high).map_or_else(String::new, between);
            let beside = many(n, &format!("{what} deal"), &format!("{what} deals")) + &sure;
            let told = figure(label, Datum::Money(cents), beside, Some(behind).filter(|_| n > 0));
            all.push(Figure { small: sum.small && n > 0, currency: amount.currency.clone(), ..told });
        }
    }
    for (label, middle, what, n) in [
        ("won deals took, half within", &row.cycle, "took", WON),
        ("deals moved on, half within", &row.stay, "moved", STEPS),
    ] {
        let bar = length(&total, middle, what, n);
        let between = |(low, high)| format!(", likely {} to {}", story::length(low), story::length(high));
        let sure = middle.low.zip(middle.high).map_or_else(String::new, between);
        all.push(Figure { small: bar.small, ..figure(label, bar.value, bar.beside + &sure, bar.behind) });
    }
    all
}

/// One, and several, of what lengths are of.
type Names = (&'static str, &'static str);

const WON: Names = ("won deal", "won deals");
const STEPS: Names = ("step", "steps");

fn length(line: &Line<'_>, middle: &Middle, what: &str, of: Names) -> Bar {
    lengthy(line.label.clone(), middle, line.only(what), of)
}

/// A median, as a bar that has no length yet.
fn lengthy(label: String, middle: &Middle, behind: Behind, (one, more): Names) -> Bar {
    Bar {
        label,
        value: middle.median.map_or(Datum::None, Datum::Length),
        beside: many(middle.n, one, more),
        small: middle.small && middle.n > 0,
        behind: Some(behind).filter(|_| middle.n > 0),
        ..Bar::default()
    }
}

/// The longest fills.
fn lengths<'a>(lines: &[Line<'a>], pick: fn(&'a OutcomeRow) -> &'a Middle, what: &str, of: Names) -> Vec<Bar> {
    let counted = || lines.iter().map(|line| (line, pick(line.row))).filter(|(_, middle)| middle.n > 0);
    let most = counted().filter_map(|(_, middle)| middle.median).max().unwrap_or(0);
    let bar = |(line, middle): (&Line<'a>, &'a Middle)| Bar {
        fill: middle.median.and_then(|median| fraction(median, most)),
        ..length(line, middle, what, of)
    };
    counted().map(bar).collect()
}

/// Amounts of won deals, or of open ones: each currency has a scale of its own.
fn amounts(lines: &[Line<'_>], pick: fn(&Amount) -> (i64, &Total), what: &str) -> Vec<Bar> {
    let all = || lines.iter().flat_map(|line| line.row.amounts.iter().map(move |amount| (line, amount)));
    let bar = |(line, amount): (&Line<'_>, &Amount)| {
        let (n, sum) = pick(amount);
        let same = all().filter(|(_, other)| other.currency == amount.currency).map(|(_, other)| pick(other).1);
        let most = same.map(|sum| sum.high.unwrap_or(sum.cents)).max().unwrap_or(0);
        let place = |cents| fraction(cents, most).unwrap_or_default();
        (n > 0).then(|| Bar {
            label: line.label.clone(),
            fill: fraction(sum.cents, most),
            between: sum.low.zip(sum.high).map(|(low, high)| (place(low), place(high))),
            value: Datum::Money(sum.cents),
            currency: amount.currency.clone(),
            small: sum.small,
            beside: many(n, &format!("{what} deal"), &format!("{what} deals")),
            behind: Some(line.only(what).only("currency", amount.currency.clone())),
            ..Bar::default()
        })
    };
    all().filter_map(bar).collect()
}

pub(super) fn charts(told: &Outcomes) -> Vec<Chart> {
    let (total, rows) = (in_total(told), in_rows(told));
    let all = told.total.iter().find(|row| row.adherence.is_none());
    let stages = all.map_or_else(Vec::new, |row| {
        let behind = |what: &str| asked(told.rule.rule).only("what", what);
        funnel(vec![
            ("exchanges", row.meetings.whole, behind("exchanges")),
            ("led to a meeting", row.meetings.part, behind("meetings")),
        ])
    });
    let meetings = |lines: &[Line<'_>]| -> Vec<Bar> {
        let all = lines.iter().filter(|line| line.row.adherence.is_some() || line.row.meetings.whole > 0);
        all.map(|line| line.share(&line.row.meetings, "meetings", "exchanges")).collect()
    };
    let wins = |lines: &[Line<'_>]| -> Vec<Bar> {
        lines.iter().map(|line| line.share(&line.row.wins, "won", "ended")).collect()
    };
    let some = |bars: Vec<Bar>| -> Vec<Bar> { bars.into_iter().filter(|bar| bar.behind.is_some()).collect() };
    let begun = counted(
        total.iter().chain(&rows).map(|line| (line.label.as_str(), line.row.meetings.whole, line.only("exchanges"))),
    );
    let by = told.by.replace('_', " ");
    let both: Vec<Line<'_>> = in_total(told).into_iter().chain(in_rows(told)).collect();
    let rule = &told.rule.words;
    let mut charts = vec![
        chart("From the reply to the meeting", "Each is part of the one above.", Shape::Funnel, stages),
        chart(
            "Meetings, by how the first reply was answered",
            "That the one causes the other it does not say. The thin line is where the true share may well lie.",
            Shape::Bars,
            meetings(&total),
        ),
        chart(
            format!("Meetings, by {by}"),
            "Of exchanges that began in the period.",
            Shape::Bars,
            some(meetings(&rows)),
        ),
        chart(
            format!("Exchanges, in time or missed, and by {by}"),
            "That began in the period.",
            Shape::Bars,
            some(begun),
        ),
        chart("Deals won, by how the first reply was answered", rule, Shape::Bars, wins(&total)),
        chart(format!("Deals won, by {by}"), rule, Shape::Bars, some(wins(&rows))),
        chart("Influenced revenue", rule, Shape::Bars, amounts(&both, |of| (of.won, &of.revenue), "won")),
        chart("Influenced pipeline", rule, Shape::Bars, amounts(&both, |of| (of.open, &of.pipeline), "open")),
        chart(
            "Won deals took, half within",
            "From the opening to the end.",
            Shape::Bars,
            lengths(&both, |row| &row.cycle, "took", WON),
        ),
        chart(
            "Deals moved on, half within",
            "How long they had stood in a stage.",
            Shape::Bars,
            lengths(&both, |row| &row.stay, "moved", STEPS),
        ),
    ];
    charts.extend(deals::charts(told));
    charts
}
