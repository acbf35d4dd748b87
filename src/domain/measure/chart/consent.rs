//! Charts of consent.

use std::collections::BTreeMap;

use super::{Bar, Behind, Chart, Figure, NO_RATE, Shape, chart, counted, funnel, likely, of, share_bar, sure};
use crate::domain::measure::carriers::{STOPPED, WATCHED};
use crate::domain::measure::closed::Closed;
use crate::domain::measure::money::thousands;
use crate::domain::measure::report::{BandRow, CampaignRow, Compliance, LineRow, Part};
use crate::domain::measure::sheet::Datum;
use crate::domain::measure::story;

fn outs() -> Behind {
    Behind::of("compliance").only("what", "opt_outs")
}

/// Holds that stand so.
fn hold(end: &str) -> Behind {
    Behind::of("compliance").only("what", "holds").only("end", end)
}

/// Of a share its part is opened; where there is none, the replies that it is of.
fn of_wait(row: &BandRow) -> Option<Behind> {
    let what = match (row.opt_outs.part, row.opt_outs.whole) {
        (0, 0) => return None,
        (0, _) => "replies",
        _ => "opt_outs",
    };
    Some(Behind::of("compliance").only("what", what).only("band", row.band.clone()))
}

/// Why a number without opt-outs opens nothing: texts that left are no list.
const NOBODY: &str = "nobody opted out";

pub(super) fn figures(of_all: &Compliance) -> Vec<Figure> {
    // Opt-outs at a line from which nothing left are no part of what left from others.
    let (of_texts, apart): (Vec<&Part>, Vec<&Part>) =
        of_all.lines.iter().map(|row| &row.opt_outs).partition(|part| part.whole > 0);
    let rate = Part::of(of_texts.iter().map(|part| part.part).sum(), of_texts.iter().map(|part| part.whole).sum());
    let apart: i64 = apart.iter().map(|part| part.part).sum();
    let texts = format!("{} texts{}", of(&rate), sure(&rate));
    let beside = match (apart, rate.whole) {
        (0, _) => texts,
        (_, 0) => format!("{} where no text left", thousands(apart)),
        (..) => format!("{texts}; {} more where none left", thousands(apart)),
    };
    let holds = &of_all.holds;
    let ruled = Behind::of("compliance").only("what", "holds");
    let late = holds.overdue();
    let wait = holds.waiting + late;
    vec![
        Figure {
            label: "opted out".to_owned(),
            value: rate.share.map_or(Datum::None, Datum::Share),
            none: NO_RATE,
            beside,
            small: rate.small && rate.whole > 0,
            behind: Some(outs()).filter(|_| rate.part + apart > 0),
            shut: NOBODY,
            ..Figure::default()
        },
        Figure {
            label: "wishes ruled on in time".to_owned(),
            value: holds.in_time.share.map_or(Datum::None, Datum::Share),
            none: NO_RATE,
            beside: likely(&holds.in_time),
            small: holds.in_time.small && holds.in_time.whole > 0,
            behind: Some(if holds.in_time.part > 0 { ruled.only("end", "in_time") } else { ruled })
                .filter(|_| holds.placed > 0),
            ..Figure::default()
        },
        Figure {
            label: "wishes that wait for a ruling".to_owned(),
            value: Datum::Count(wait),
            beside: if late > 0 { format!("{} past due", thousands(late)) } else { "in time".to_owned() },
            behind: Some(hold("open")).filter(|_| wait > 0),
            ..Figure::default()
        },
    ]
}

/// What each campaign is called, in their order: with its number where several have one name.
fn called(of_all: &Compliance) -> Vec<String> {
    let name = |row: &CampaignRow| if row.campaign.is_empty() { "(none)".to_owned() } else { row.campaign.clone() };
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    for row in &of_all.campaigns {
        *times.entry(name(row)).or_default() += 1;
    }
    let whole = |row: &CampaignRow| {
        let name = name(row);
        if times.get(&name).is_some_and(|times| *times > 1) {
            format!("{name}, {}", of_all.line_called(&row.line))
        } else {
            name
        }
    };
    of_all.campaigns.iter().map(whole).collect()
}

/// `2 of 90`; `2` where no text left: they are no part of none.
fn counted_of(part: &Part) -> String {
    if part.whole > 0 { of(part) } else { thousands(part.part) }
}

pub(super) fn charts(of_all: &Compliance) -> Vec<Chart> {
    let parts = of_all.lines.iter().map(|row| &row.opt_outs).chain(of_all.campaigns.iter().map(|row| &row.opt_outs));
    // A rate of three opt-outs in four texts would leave nothing of the carriers' thresholds to be seen.
    let highest = parts.filter(|part| !part.small).filter_map(|part| part.share).fold(STOPPED * 1.25, f64::max);
    let marks = vec![
        (WATCHED / highest, "0.5 %: carriers watch"),
        (STOPPED / highest, "4 % within a day: carriers stop a number"),
    ];
    let bar = |label: &str, part: &Part, behind: Behind, judged: &str| Bar {
        behind: Some(behind).filter(|_| part.part > 0),
        shut: NOBODY,
        bad: part.share.filter(|_| !part.small).map_or(0.0, |share| (share / STOPPED).clamp(0.0, 1.0)),
        beside: format!("{}; {judged}", counted_of(part)),
        ..share_bar(label, part, highest)
    };
    let lines = of_all
        .lines
        .iter()
        .map(|row| bar(&row.label, &row.opt_outs, outs().only("line", row.line.clone()), &row.judged));
    let campaigns = of_all.campaigns.iter().zip(called(of_all)).map(|(row, name)| {
        let behind = outs().only("line", row.line.clone()).only("campaign", row.campaign.clone());
        bar(&name, &row.opt_outs, behind, &row.judged)
    });
    let bands =
        of_all.bands.iter().map(|row| Bar { behind: of_wait(row), ..share_bar(&row.label, &row.opt_outs, 1.0) });
    let holds = &of_all.holds;
    let stages = vec![
        ("placed", holds.placed, Behind::of("compliance").only("what", "holds")),
        ("have ended", holds.ends.values().sum(), hold("ended")),
        ("in time", holds.in_time.part, hold("in_time")),
    ];
    let says = "Opt-outs of all texts that left. The lines across: above 0.5 % carriers watch, above 4 % within a day \
                they stop a number.";
    let mut by_number = chart("Opt-outs by number", says, Shape::Bars, lines.collect());
    let mut by_campaign = chart("Opt-outs by campaign", says, Shape::Bars, campaigns.collect());
    by_number.marks.clone_from(&marks);
    by_campaign.marks = marks;
    let waited = "Of replies that waited so long. That the one causes the other it does not say.";
    let by_wait = chart("Opt-outs by how long the buyer had waited", waited, Shape::Bars, bands.collect());
    match of_all.by.as_str() {
        "line" => return vec![by_number],
        "campaign" => return vec![by_campaign],
        "wait" => return vec![by_wait],
        _ => {}
    }
    let open = [("in time", holds.waiting, hold("waiting")), ("past due", holds.overdue(), hold("overdue"))];
    let open = counted(open.into_iter().filter(|(_, n, _)| *n > 0));
    let ends = counted(holds.ends.iter().map(|(end, n)| (end.as_str(), *n, hold(end))));
    let ends = ends.into_iter().map(|bar| Bar { label: bar.label.replace('_', " "), ..bar });
    let mut charts = vec![
        by_number,
        by_campaign,
        by_wait,
        chart("Texts that may have asked us to stop", "Each is part of the one above.", Shape::Funnel, funnel(stages)),
        chart("Those that wait for a ruling", "Nobody has said yet what the buyer meant.", Shape::Bars, open),
        chart(
            "How those holds ended",
            "Unruled: nobody ruled in time. Withdrawn: the buyer or their carrier said so.",
            Shape::Bars,
            ends.collect(),
        ),
    ];
    charts.extend(closed(of_all));
    charts
}

/// Answers that came while their buyer is not to be texted.
fn closed(of_all: &Compliance) -> [Chart; 2] {
    let bars = |closed: Closed, pick: fn(&LineRow) -> i64, beside: fn(&LineRow) -> String| -> Vec<Bar> {
        let behind =
            |row: &LineRow| Behind::of("compliance").only("what", closed.name()).only("line", row.line.clone());
        let kept: Vec<&LineRow> = of_all.lines.iter().filter(|row| pick(row) > 0).collect();
        let all = counted(kept.iter().map(|row| (row.label.as_str(), pick(row), behind(row))));
        all.into_iter().zip(kept).map(|(bar, row)| Bar { beside: beside(row), ..bar }).collect()
    };
    let lengths = |row: &LineRow| {
        let within = |[half, most, nearly]: [i64; 3]| {
            let [half, most, nearly] = [half, most, nearly].map(story::length);
            format!("half waited {half}; nine of ten at most {most}; 95 of 100 at most {nearly}")
        };
        row.quiet_wait.map_or_else(String::new, within)
    };
    [
        chart(
            "Answers that waited for the buyer's hours",
            "By number. One that was put off twice counts twice.",
            Shape::Bars,
            bars(Closed::Quiet, |row| row.quiet, lengths),
        ),
        chart(
            "Answers sent all the same, in closed hours",
            "By number. Their reps said so, where the playbook allows it.",
            Shape::Bars,
            bars(Closed::Overruled, |row| row.overruled, |_| String::new()),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_across_says_at_which_rate_it_is() {
        let row = |part| LineRow { opt_outs: Part::of(part, 1_000), ..LineRow::default() };
        // Without a high rate the width is 5 %; with one of 10 % that.
        for (part, wide) in [(1, 0.05), (100, 0.1)] {
            let all = Compliance { lines: vec![row(part)], ..Compliance::default() };
            let drawn = charts(&all);
            let marks = &drawn[0].marks;
            for ((at, said), (rate, words)) in marks.iter().zip([(WATCHED, "0.5 %"), (STOPPED, "4 %")]) {
                assert!((at * wide - rate).abs() < 1e-9 && said.starts_with(words), "{said} at {at}");
                assert_eq!(format!("{} %", rate * 100.0), words);
            }
            assert_eq!(marks.len(), 2);
        }
    }

    #[test]
    fn opt_outs_where_nothing_left_are_no_part_of_none() {
        let judged = "nothing was sent".to_owned();
        let line = LineRow { opt_outs: Part::of(2, 0), judged, ..LineRow::default() };
        let all = charts(&Compliance { lines: vec![line], ..Compliance::default() });
        let bar = &all[0].bars[0];
        assert_eq!((&bar.value, bar.without_number()), (&Datum::None, "no rate"));
        assert_eq!(bar.beside, "2; nothing was sent");
    }

    #[test]
    fn a_wait_after_which_nobody_opted_out_opens_the_replies_that_waited_so() {
        let band =
            |band: &str, part| BandRow { band: band.to_owned(), label: band.to_owned(), opt_outs: Part::of(part, 6) };
        let bands = vec![band("4h", 0), band("24h", 2), BandRow { opt_outs: Part::of(0, 0), ..band("1h", 0) }];
        let lines = vec![LineRow { opt_outs: Part::of(0, 90), ..LineRow::default() }];
        let all = charts(&Compliance { lines, bands, ..Compliance::default() });
        let waited = all.iter().find(|chart| chart.title == "Opt-outs by how long the buyer had waited").unwrap();
        let opens = |what: &str, band: &str| Some(Behind::of("compliance").only("what", what).only("band", band));
        let behind: Vec<_> = waited.bars.iter().map(|bar| bar.behind.clone()).collect();
        assert_eq!(behind, [opens("replies", "4h"), opens("opt_outs", "24h"), None]);
        assert_eq!(behind[0].as_ref().unwrap().words(), "replies that waited so long");
        // What left is no list of conversations: it is said why nothing is opened.
        assert_eq!((&all[0].bars[0].behind, all[0].bars[0].why_shut()), (&None, "nobody opted out"));
    }

    #[test]
    fn campaigns_of_one_name_are_told_apart_by_their_number() {
        let line =
            |line: &str, label: &str| LineRow { line: line.to_owned(), label: label.to_owned(), ..LineRow::default() };
        let campaign = |campaign: &str, line: &str| CampaignRow {
            campaign: campaign.to_owned(),
            line: line.to_owned(),
            opt_outs: Part::of(1, 40),
            ..CampaignRow::default()
        };
        let mut all = Compliance {
            by: "campaign".to_owned(),
            lines: vec![line("main", "Sales"), line("dock", "The harbor")],
            campaigns: vec![
                campaign("", "dock"),
                campaign("", "main"),
                campaign("autumn", "main"),
                campaign("spring", "main"),
                campaign("spring", "old"),
            ],
            ..Compliance::default()
        };
        let labels = |all: &Compliance| charts(all)[0].bars.iter().map(|bar| bar.label.clone()).collect::<Vec<_>>();
        let wanted = ["(none), The harbor", "(none), Sales", "autumn", "spring, Sales", "spring, old"];
        assert_eq!(labels(&all), wanted);
        all.campaigns.retain(|row| row.line == "main");
        assert_eq!(labels(&all), ["(none)", "autumn", "spring"]);
    }
}
