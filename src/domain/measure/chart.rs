//! A report as charts: what its page and the terminal draw. Lengths are worked out here, so that both draw the same.
//!
//! **Invariant:** every number that counts conversations says what opens them ([`Behind`]); none is told by its length or its
//! colour alone.

use super::money::thousands;
use super::report::{Part, Report};
use super::sheet::Datum;

mod consent;
mod load;
mod outcomes;
mod sla;

/// Of nothing there is no share: a word that nobody takes for a count of nought.
pub const NO_RATE: &str = "no rate";

/// A number that matters by itself.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figure {
    /// What it is.
    pub label: String,
    /// The number.
    pub value: Datum,
    /// What is said where there is no number: that of a share is [`NO_RATE`].
    pub none: &'static str,
    /// Of an amount: in which currency. It is drawn with the number, so that where labels are cut an amount keeps it.
    pub currency: String,
    /// What it is of, and how sure it is.
    pub beside: String,
    /// Too few to say much: whoever draws it says so.
    pub small: bool,
    /// What opens it.
    pub behind: Option<Behind>,
    /// Why nothing does, where that is not because it counts nothing.
    pub shut: &'static str,
}

/// One chart.
#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    /// What it shows.
    pub title: String,
    /// How to read it, in a sentence.
    pub says: String,
    /// How it is drawn.
    pub shape: Shape,
    /// Its parts: bars from above, stages from the widest, days from the earliest, hours of the week from Monday 0:00.
    pub bars: Vec<Bar>,
    /// Lines across all bars: where, from 0 to 1 of the width, and what is there: the number, and what it means.
    pub marks: Vec<(f64, &'static str)>,
}

/// How a chart is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A bar for each.
    Bars,
    /// Each is part of the one before.
    Funnel,
    /// A column for each day, or each week.
    Days,
    /// Seven days of 24 hours; those without anything are empty.
    Week,
}

/// One part of a chart.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bar {
    /// What it is.
    pub label: String,
    /// How long it is, from 0 to 1; nothing when there is nothing to show.
    pub fill: Option<f64>,
    /// Where it may well end: the interval of 95 %.
    pub between: Option<(f64, f64)>,
    /// Its number.
    pub value: Datum,
    /// What is said where there is no number: that of a share is [`NO_RATE`].
    pub none: &'static str,
    /// Of an amount: in which currency. It is drawn with the number, so that where labels are cut an amount keeps it.
    pub currency: String,
    /// What that is of: `7 of 13`.
    pub beside: String,
    /// How much of it is bad, from 0 to 1: deeper in colour.
    pub bad: f64,
    /// Too few to say much.
    pub small: bool,
    /// What opens it.
    pub behind: Option<Behind>,
    /// Why nothing does, where that is not because it counts nothing.
    pub shut: &'static str,
}

impl Bar {
    /// What it is, where its number does not stand beside it: amounts in several currencies have one label.
    pub fn called(&self) -> String {
        format!("{} {}", self.label, self.currency).trim_end().to_owned()
    }

    /// What is said of it where there is no number.
    pub const fn without_number(&self) -> &'static str {
        if self.none.is_empty() { "no number" } else { self.none }
    }

    /// Why nothing opens it.
    pub const fn why_shut(&self) -> &'static str {
        if self.shut.is_empty() { "it counts nothing" } else { self.shut }
    }
}

/// What to ask for the conversations behind a number: the report, and what of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Behind {
    /// Of which report.
    pub report: &'static str,
    /// As `GET /v1/reports/{report}/conversations` asks it.
    pub asked: Vec<(&'static str, String)>,
}

impl Behind {
    /// Of a report, all of it.
    pub const fn of(report: &'static str) -> Self {
        Self { report, asked: Vec::new() }
    }

    /// Of them those that are so.
    #[must_use]
    pub fn only(mut self, what: &'static str, is: impl Into<String>) -> Self {
        self.asked.push((what, is.into()));
        self
    }

    /// What of a number is opened, where it could be more than one thing.
    pub fn words(&self) -> &'static str {
        let what = self.asked.iter().find(|(name, _)| *name == "what").map_or("", |(_, what)| what.as_str());
        let asked = |name: &str| self.asked.iter().find(|(asked, _)| *asked == name).map(|(_, is)| is.as_str());
        match (self.report, what) {
            ("sla", _) => match (asked("standing"), asked("response")) {
                (Some("answered"), Some("first")) => "first answers",
                (Some("answered"), Some("next")) => "next answers",
                (Some("running"), _) => "replies that still wait",
                (Some("in_time"), _) => "replies answered in time",
                (Some("judged" | "missed"), _) => "missed replies",
                (Some("ended_late"), _) => "late replies",
                (Some("overdue"), _) => "overdue replies",
                (Some("answered"), _) => "answered replies",
                _ if asked("taken").is_some() => "replies that were taken",
                _ if asked("climbed").is_some() => "replies that moved up",
                _ => "replies",
            },
            ("load", "takes") => "conversations taken",
            ("load", "passes") => "conversations passed on",
            ("load", "answers") => "conversations answered",
            ("load", "held" | "most" | "now") => "conversations held",
            ("load", _) => "conversations offered",
            ("compliance", "holds") if matches!(asked("end"), Some("open" | "waiting" | "overdue")) => {
                "numbers that wait for a ruling"
            }
            ("compliance", "holds") => "numbers on hold",
            ("compliance", "replies") => "replies that waited so long",
            ("compliance", "quiet") => "answers that waited",
            ("compliance", "overruled") => "answers sent all the same",
            ("compliance", _) => "opt-outs",
            ("outcomes", "exchanges") => "exchanges",
            ("outcomes", "meetings") => "meetings",
            ("outcomes", "won" | "took") => "won deals",
            ("outcomes", "lost") => "lost deals",
            ("outcomes", "ended") => "ended deals",
            ("outcomes", "open" | "still") => "open deals",
            ("outcomes", "moved") => "deals that moved on",
            ("outcomes", "outside") => "what was said last",
            ("outcomes", "missed") => "missed replies",
            ("outcomes", "cost") => "the newest missed replies",
            _ => "",
        }
    }
}

/// The numbers that stand on top.
pub fn figures(report: &Report) -> Vec<Figure> {
    match report {
        Report::Sla(sla) => sla::figures(sla),
        Report::Load(load) => load::figures(load),
        Report::Compliance(compliance) => consent::figures(compliance),
        Report::Outcomes(told) => outcomes::figures(told),
    }
}

/// A report as its charts.
pub fn charts(report: &Report) -> Vec<Chart> {
    let mut charts = match report {
        Report::Sla(sla) => sla::charts(sla),
        Report::Load(load) => load::charts(load),
        Report::Compliance(compliance) => consent::charts(compliance),
        Report::Outcomes(told) => outcomes::charts(told),
    };
    charts.retain(|chart| !chart.bars.is_empty());
    charts
}

fn chart(title: impl Into<String>, says: impl Into<String>, shape: Shape, bars: Vec<Bar>) -> Chart {
    Chart { title: title.into(), says: says.into(), shape, bars, marks: Vec::new() }
}

/// `7 of 1,300`.
fn of(part: &Part) -> String {
    format!("{} of {}", thousands(part.part), thousands(part.whole))
}

/// `7 of 13, likely 29 to 77 %`: with the interval when there is one.
fn likely(part: &Part) -> String {
    of(part) + &sure(part)
}

/// `, likely 29 to 77 %`: nothing where there is no interval.
fn sure(part: &Part) -> String {
    let between = |(low, high): (f64, f64)| {
        // Of a rate of a few in a thousand whole percents say nothing.
        let places = usize::from(high < 0.1);
        format!(", likely {:.places$} to {:.places$} %", low * 100.0, high * 100.0)
    };
    part.low.zip(part.high).map_or_else(String::new, between)
}

/// `1 deal`, `2 deals`.
fn many(n: i64, one: &str, more: &str) -> String {
    format!("{} {}", thousands(n), if n == 1 { one } else { more })
}

/// A share as a bar of a scale that ends at `most`.
fn share_bar(label: &str, part: &Part, most: f64) -> Bar {
    let place = |share: f64| (share / most).clamp(0.0, 1.0);
    Bar {
        label: label.to_owned(),
        fill: part.share.map(place),
        between: part.low.zip(part.high).map(|(low, high)| (place(low), place(high))),
        value: part.share.map_or(Datum::None, Datum::Share),
        none: NO_RATE,
        beside: of(part),
        small: part.small && part.whole > 0,
        ..Bar::default()
    }
}

/// Counts as bars: the longest fills.
fn counted<'a>(all: impl IntoIterator<Item = (&'a str, i64, Behind)>) -> Vec<Bar> {
    let all: Vec<_> = all.into_iter().collect();
    let most = all.iter().map(|(_, n, _)| *n).max().unwrap_or(0);
    let bar = |(label, n, behind): (&str, i64, Behind)| Bar {
        label: label.to_owned(),
        fill: fraction(n, most),
        value: Datum::Count(n),
        behind: Some(behind).filter(|_| n > 0),
        ..Bar::default()
    };
    all.into_iter().map(bar).collect()
}

/// Each as part of the first.
fn funnel(all: Vec<(&str, i64, Behind)>) -> Vec<Bar> {
    let first = all.first().map_or(0, |(_, n, _)| *n);
    let bar = |(label, n, behind): (&str, i64, Behind)| Bar {
        label: label.to_owned(),
        fill: fraction(n, first),
        value: Datum::Count(n),
        beside: Part::of(n, first).share.map_or_else(String::new, |share| format!("{:.0} %", share * 100.0)),
        behind: Some(behind).filter(|_| n > 0),
        ..Bar::default()
    };
    if first > 0 { all.into_iter().map(bar).collect() } else { Vec::new() }
}

#[expect(clippy::cast_precision_loss, reason = "counts and milliseconds of years are below 2^52")]
fn fraction(n: i64, of: i64) -> Option<f64> {
    (of > 0).then(|| (n as f64 / of as f64).clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::super::interval::Middle;
    use super::super::outcomes::{Amount, OutcomeRow, Outcomes};
    use super::super::report::{Compliance, DayRow, Holds, HourRow, LineRow, Sla, SlaRow, Times};
    use super::*;

    fn sla(days: usize) -> Report {
        let day = |n: usize| DayRow { day: date(n), replies: 2, met: Part::of(1, 2) };
        let hours = vec![HourRow { hour: 34, replies: 2, met: Part::of(2, 2) }];
        let total = SlaRow { replies: 15, met: Part::of(7, 13), late: 5, overdue: 1, dropped: 1, ..SlaRow::default() };
        let rows = vec![SlaRow { key: "late".to_owned(), label: "Late stage".to_owned(), ..total.clone() }];
        Report::Sla(Box::new(Sla {
            by: "cohort".to_owned(),
            total,
            rows,
            days: (0..days).map(day).collect(),
            hours,
            ..Sla::default()
        }))
    }

    fn date(n: usize) -> String {
        let first = chrono::NaiveDate::from_ymd_opt(2026, 1, 5).unwrap();
        (first + chrono::Days::new(n as u64)).to_string()
    }

    fn one(charts: &[Chart], shape: Shape) -> &Chart {
        charts.iter().find(|chart| chart.shape == shape).unwrap()
    }

    #[test]
    fn each_stage_is_part_of_the_one_before_and_opens_its_replies() {
        let charts = charts(&sla(7));
        let stages: Vec<(&str, &Datum)> =
            one(&charts, Shape::Funnel).bars.iter().map(|bar| (bar.label.as_str(), &bar.value)).collect();
        // 15 replies, one dropped in time; 7 in time and 5 late were answered.
        let wanted = [("asked for an answer", 15), ("still needed one", 14), ("were answered", 12), ("in time", 7)];
        assert_eq!(stages.len(), wanted.len());
        for ((label, value), (words, n)) in stages.iter().zip(wanted) {
            assert_eq!((*label, *value), (words, &Datum::Count(n)));
        }
        let last = one(&charts, Shape::Funnel).bars.last().unwrap().behind.clone().unwrap();
        assert_eq!(last, Behind::of("sla").only("standing", "in_time"));
    }

    #[test]
    fn two_months_are_drawn_day_by_day_and_a_year_week_by_week() {
        let days = charts(&sla(62));
        assert_eq!(one(&days, Shape::Days).bars.len(), 62);
        let weeks = charts(&sla(364));
        let bars = &one(&weeks, Shape::Days).bars;
        assert_eq!(bars.len(), 52);
        assert_eq!(bars[0].beside, "7 of 14");
        let first = Behind::of("sla").only("from", "2026-01-05").only("to", "2026-01-11").only("standing", "in_time");
        assert_eq!(bars[0].behind, Some(first));
    }

    fn told(of: &Report) -> Vec<(String, String, bool)> {
        figures(of).into_iter().map(|figure| (figure.label, figure.beside, figure.small)).collect()
    }

    fn said<'a>(told: &'a [(String, String, bool)], label: &str) -> (&'a str, bool) {
        told.iter().find(|(of, ..)| of == label).map(|(_, beside, small)| (beside.as_str(), *small)).unwrap()
    }

    #[test]
    fn a_number_on_top_says_how_sure_it_is_and_that_it_is_of_few() {
        const DAY: i64 = 86_400_000;
        let amount = Amount { currency: "USD".to_owned(), won: 1, open: 2, ..Amount::default() };
        let row = OutcomeRow {
            meetings: Part::of(1, 7),
            wins: Part::of(0, 0),
            amounts: vec![amount],
            cycle: Middle::of(vec![59 * DAY]),
            stay: Middle::of((1..=40).map(|days| days * DAY).collect()),
            ..OutcomeRow::default()
        };
        let told = told(&Report::Outcomes(Box::new(Outcomes { total: vec![row], ..Outcomes::default() })));
        // Wilson on paper: (1/7 + 0.2744) / 1.5488 ± 1.96 sqrt(0.01749 + 0.0196) / 1.5488 = 0.2694 ± 0.2437.
        assert_eq!(said(&told, "replies that led to a meeting"), ("1 of 7, likely 3 to 51 %", true));
        assert_eq!(said(&told, "deals won"), ("0 of 0", false), "of none there are not few");
        assert_eq!(said(&told, "won deals took, half within"), ("1 won deal", true));
        assert_eq!(said(&told, "influenced revenue").0, "1 won deal");
        assert_eq!(said(&told, "influenced pipeline").0, "2 open deals");
        // Of 40 the 14th and the 27th: binom.ppf(0.025, 40, 0.5) = 14.
        assert_eq!(said(&told, "deals moved on, half within"), ("40 steps, likely 14d 00h to 27d 00h", false));
    }

    #[test]
    fn a_first_answer_says_of_how_many_it_is() {
        let first = |n| Times { n, wall: None, business: Some([128_000, 187_000, 187_000]) };
        let of = |n| {
            let total = SlaRow { first: first(n), met: Part::of(2, 2), ..SlaRow::default() };
            told(&Report::Sla(Box::new(Sla { total, ..Sla::default() })))
        };
        assert_eq!(said(&of(2), "first answer, half within"), ("of 2, nine of ten within 3m 07s", true));
        assert!(!said(&of(30), "first answer, half within").1);
        assert_eq!(said(&of(2), "answered in time"), ("2 of 2, likely 34 to 100 %", true));
    }

    #[test]
    fn counts_beside_a_number_are_written_like_the_number() {
        let total = SlaRow {
            replies: 12_345,
            met: Part::of(1_058, 1_464),
            first: Times { n: 1_464, wall: None, business: Some([1_000; 3]) },
            climbed: 1_200,
            climbs: 2_400,
            ..SlaRow::default()
        };
        let sla = Report::Sla(Box::new(Sla { by: "cohort".to_owned(), total, ..Sla::default() }));
        let on_top = told(&sla);
        assert!(said(&on_top, "answered in time").0.starts_with("1,058 of 1,464, likely"), "{on_top:?}");
        assert!(said(&on_top, "first answer, half within").0.starts_with("of 1,464, nine"), "{on_top:?}");
        let charts = charts(&sla);
        let ladder = charts.iter().find(|chart| chart.title == "Up the ladder").unwrap();
        assert_eq!(ladder.bars[0].beside, "of 12,345; 2,400 times all together");
        let line = LineRow { opt_outs: Part::of(58, 1_464), judged: "so".to_owned(), ..LineRow::default() };
        let holds = Holds { placed: 1_500, waiting: 1, ..Holds::default() };
        let consent = Report::Compliance(Box::new(Compliance { lines: vec![line], holds, ..Compliance::default() }));
        let on_top = told(&consent);
        assert!(said(&on_top, "opted out").0.starts_with("58 of 1,464 texts, likely"), "{on_top:?}");
        assert_eq!(said(&on_top, "wishes that wait for a ruling").0, "1,499 past due");
        assert_eq!(super::charts(&consent)[0].bars[0].beside, "58 of 1,464; so");
    }

    #[test]
    fn an_opt_out_where_nothing_left_is_none_of_what_left_elsewhere() {
        let says = |lines: &[(i64, i64)]| {
            let line = |(outs, texts): &(i64, i64)| LineRow { opt_outs: Part::of(*outs, *texts), ..LineRow::default() };
            let lines = lines.iter().map(line).collect();
            let on_top = figures(&Report::Compliance(Box::new(Compliance { lines, ..Compliance::default() })));
            let out = on_top.into_iter().find(|figure| figure.label == "opted out").unwrap();
            assert_eq!(out.none, NO_RATE);
            (out.value, out.beside, out.behind.is_some())
        };
        assert_eq!(says(&[(0, 2), (0, 0)]), (Datum::Share(0.0), "0 of 2 texts, likely 0 to 66 %".to_owned(), false));
        assert_eq!(
            says(&[(0, 2), (2, 0)]),
            (Datum::Share(0.0), "0 of 2 texts, likely 0 to 66 %; 2 more where none left".to_owned(), true)
        );
        assert_eq!(says(&[(1, 0)]), (Datum::None, "1 where no text left".to_owned(), true));
    }

    #[test]
    fn the_map_says_in_which_zone_its_hours_are() {
        let says = |zones: &[&str]| {
            let Report::Sla(mut told) = sla(1) else { unreachable!("attainment") };
            told.about.hours_in = zones.iter().map(|zone| (*zone).to_owned()).collect();
            one(&charts(&Report::Sla(told)), Shape::Week).says.clone()
        };
        assert!(says(&["America/New_York"]).starts_with("When the buyer wrote, in America/New_York. The deeper"));
        let both = says(&["America/New_York", "Europe/Berlin"]);
        let wanted =
            "When the buyer wrote, in the hours of each cohort's calendar (America/New_York, Europe/Berlin). The";
        assert!(both.starts_with(wanted), "{both}");
        assert!(says(&[]).starts_with("When the buyer wrote. The deeper"), "an older backend does not say it");
    }

    #[test]
    fn the_week_has_168_hours_and_those_without_a_reply_are_empty() {
        let charts = charts(&sla(1));
        let week = one(&charts, Shape::Week);
        assert_eq!(week.bars.len(), 168);
        assert_eq!((week.bars[34].label.as_str(), week.bars[34].beside.as_str()), ("Tue 10:00", "2 of 2"));
        assert_eq!(week.bars.iter().filter(|bar| bar.fill.is_some()).count(), 1);
    }
}
