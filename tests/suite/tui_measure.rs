//! Measures at the terminal: charts, and the conversations behind each number.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails where it stands")]

mod behind;
mod charts;
mod reading;
mod worth;

use std::collections::BTreeMap;

use comeback::client::handle::{Ask, Notice, WhichReport};
use comeback::domain::measure::cell::By;
use comeback::domain::measure::credit::Rule;
use comeback::domain::measure::interval::Adding;
use comeback::domain::measure::outcomes::{Amount, Fate, Heap, OutcomeRow, Outcomes, Reconciled, RuleTold};
use comeback::domain::measure::report::{About, DayRow, HourRow, Part, Report, Sla, SlaRow, Times};
use comeback::domain::measure::{Adherence, ReportName};

use crate::tui_world::{Desk, START};

fn about() -> About {
    About {
        company: "Northwind".to_owned(),
        since: "2026-02-02".to_owned(),
        until: "2026-03-03".to_owned(),
        zone: "America/New_York".to_owned(),
        read_to: 900,
        as_of: START.millis(),
        behind: 0,
        scope: "East".to_owned(),
        hours_in: Vec::new(),
    }
}

fn row(label: &str, whole: i64, part: i64) -> SlaRow {
    let times =
        Times { n: whole, wall: Some([300_000, 2_000_000, 5_000_000]), business: Some([240_000, 900_000, 3_000_000]) };
    let causes = [("not_taken", whole - part - 1), ("quiet_hours", 1)].into_iter().filter(|(_, n)| *n > 0);
    SlaRow {
        key: label.to_lowercase().replace(' ', "-"),
        label: label.to_owned(),
        replies: whole + 3,
        met: Part::of(part, whole),
        late: whole - part,
        dropped: 2,
        running: 1,
        first: times,
        causes: causes.map(|(name, n)| (name.to_owned(), n)).collect::<BTreeMap<_, _>>(),
        ..SlaRow::default()
    }
}

fn sla() -> Report {
    let day = |n: u32| {
        let whole = i64::from(n % 7) * 2;
        let day = if n < 27 { format!("2026-02-{:02}", n + 2) } else { format!("2026-03-{:02}", n - 26) };
        DayRow { day, replies: whole, met: Part::of(whole - i64::from(n % 4).min(whole), whole) }
    };
    let hour = |n: u8| {
        let met = Part::of(i64::from(n % 5), 4);
        HourRow { hour: n, replies: 4, met }
    };
    let open = (0..120_u8).filter(|hour| (9..17).contains(&(hour % 24)));
    Report::Sla(Box::new(Sla {
        about: about(),
        by: "cohort".to_owned(),
        exact: true,
        total: row("all", 90, 71),
        rows: vec![row("Late stage", 60, 54), row("New lead", 22, 14), row("Meeting", 8, 3)],
        breaches: Vec::new(),
        days: (0..30).map(day).collect(),
        hours: open.map(hour).collect(),
    }))
}

/// What answering was worth: one row, two currencies, a deal that nobody ever texted about.
fn outcomes() -> Report {
    let sum = |n: i64, each: i64| {
        let mut adding = Adding::default();
        for _ in 0..n {
            adding.add(each);
        }
        adding.total()
    };
    let amount = |currency: &str, won, open| Amount {
        currency: currency.to_owned(),
        won,
        won_cents: won * 1_250_000,
        open,
        open_cents: open * 480_000,
        unpriced: 0,
        revenue: sum(won, 1_250_000),
        pipeline: sum(open, 480_000),
    };
    let row = |key: &str, label: &str, adherence, part, whole| OutcomeRow {
        key: key.to_owned(),
        label: label.to_owned(),
        adherence,
        meetings: Part::of(part, whole),
        won: 2,
        lost: 1,
        open: 3,
        wins: Part::of(2, 3),
        amounts: vec![amount("EUR", 0, 1), amount("USD", 2, 2)],
        ..OutcomeRow::default()
    };
    let rows = |key: &str, label: &str| {
        let of = [(None, 9, 40), (Some(Adherence::Met), 8, 30), (Some(Adherence::Missed), 1, 10)];
        of.map(|(adherence, part, whole)| row(key, label, adherence, part, whole)).to_vec()
    };
    let heap = |deals| Heap { deals, cents: deals * 500_000 };
    let won = Reconciled {
        fate: Fate::Won,
        currency: "USD".to_owned(),
        total: heap(4),
        influenced: heap(2),
        outside: heap(1),
        silent: heap(1),
        nobody: heap(0),
        unpriced: 0,
    };
    let rule = Rule::default();
    Report::Outcomes(Box::new(Outcomes {
        about: about(),
        by: "cohort".to_owned(),
        rule: RuleTold { rule, words: rule.words() },
        total: rows("", "all"),
        rows: rows("late-stage", "Late stage"),
        reconciled: vec![won],
        ..Outcomes::default()
    }))
}

const SLA: WhichReport = WhichReport { report: ReportName::Sla, by: By::Cohort, days: 30 };

/// A desk that has read what was in time.
fn measured(size: (u16, u16)) -> Desk {
    let mut desk = Desk::usual(size);
    desk.keys("M");
    assert_eq!(desk.commands(), [Ask::Measure(SLA)]);
    desk.hear(Notice::Measured { which: SLA, at: START, report: sla().into() });
    desk
}

/// What is on the screen, line after line without what parts them.
pub(crate) fn read(desk: &Desk) -> String {
    desk.screen().replace('│', " ").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Turns to the chart of this title.
fn turn_to(desk: &mut Desk, title: &str) {
    for _ in 0..20 {
        desk.keys("Tab");
        if read(desk).contains(&format!("{title} ")) {
            return;
        }
    }
    panic!("no chart {title}\n{}", desk.screen());
}
