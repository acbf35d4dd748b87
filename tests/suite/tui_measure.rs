//! Measures at the terminal: charts, and the conversations behind each number.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails where it stands")]

use std::collections::BTreeMap;
use std::sync::Arc;

use comeback::client::handle::{Ask, LinkState, Notice, Unwritten, WhichReport};
use comeback::domain::measure::cell::By;
use comeback::domain::measure::chart::Behind;
use comeback::domain::measure::credit::Rule;
use comeback::domain::measure::interval::{Adding, Total};
use comeback::domain::measure::outcomes::{Amount, Fate, Heap, OutcomeRow, Outcomes, Reconciled, RuleTold};
use comeback::domain::measure::report::{
    About, DayRow, Fairness, HourRow, Load, LoadRow, Part, Report, Sla, SlaRow, Times,
};
use comeback::domain::measure::{Adherence, ReportName};
use comeback::domain::playbook::Auditor;
use comeback::domain::time::Span;
use comeback::tui::model::Screen;
use comeback::wire::report::{Conversations, Found};

use crate::tui_screens::{SIZES, shows};
use crate::tui_world::{Desk, START, id, inbox, link};

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

fn load() -> Report {
    let row = |(n, name): (i64, &str)| LoadRow {
        rep: name.to_lowercase(),
        name: name.to_owned(),
        team: "east".to_owned(),
        offers: 30 - n * 9,
        takes: 25 - n * 5,
        passes: n,
        answers: 40 - n * 12,
        average: 3.5,
        most: 7,
        now: 2,
    };
    let rows = [(0, "Maya"), (1, "Ben"), (2, "Ines")].map(row).to_vec();
    let fair = Fairness {
        team: "east".to_owned(),
        label: "East".to_owned(),
        reps: 3,
        offers: 63,
        jain: Some(0.87),
        ..Fairness::default()
    };
    Report::Load(Box::new(Load { about: about(), by: String::new(), rows, fairness: vec![fair] }))
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

#[test]
fn each_chart_has_its_page() {
    for size in SIZES {
        let mut desk = measured(size);
        for name in ["glance", "funnel", "days", "bars", "week"] {
            shows(&desk, &format!("measure-{name}"));
            desk.keys("Tab");
        }
    }
}

/// A desk that has read a month of which only the last days have any replies.
fn begun(size: (u16, u16), days_with_any: usize) -> Desk {
    let Report::Sla(mut told) = sla() else { unreachable!("attainment") };
    let empty = told.days.len() - days_with_any;
    for day in &mut told.days[..empty] {
        (day.replies, day.met) = (0, Part::of(0, 0));
    }
    for day in &mut told.days[empty..] {
        (day.replies, day.met) = (8, Part::of(6, 8));
    }
    let mut desk = Desk::usual(size);
    desk.keys("M");
    desk.hear(Notice::Measured { which: SLA, at: START, report: Report::Sla(told).into() });
    desk.keys("Tab Tab");
    desk
}

#[test]
fn days_are_drawn_from_the_first_one_with_replies_and_few_of_them_are_wide() {
    for size in [(50, 14), (40, 12), (80, 24)] {
        let mut desk = begun(size, 1);
        desk.says("2026-03-03: 75.0 % (6 of 8)");
        assert!(desk.screen().contains("██████████"), "{}", desk.screen());
        assert!(!desk.screen().contains("2026-02"), "{}", desk.screen());
        // There is no other day to go to.
        desk.keys("Left Left");
        desk.says("2026-03-03: 75.0 % (6 of 8)");
        let mut desk = begun(size, 3);
        desk.says("2026-03-01: 75.0 % (6 of 8)");
        desk.says("2026-03-01 2026-03-02 2026-03-03");
        desk.keys("Right Right");
        desk.says("2026-03-03: 75.0 % (6 of 8)");
        // Of a week each is named without its year.
        let desk = begun(size, if size.0 < 50 { 6 } else { 7 });
        assert!(read(&desk).contains("03-01 03-02 03-03"), "{}", desk.screen());
    }
    // A month without any is drawn as it was.
    let desk = begun((80, 24), 0);
    desk.says("2026-02-02");
}

/// What is on the screen, line after line without what parts them.
fn read(desk: &Desk) -> String {
    desk.screen().replace('│', " ").split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn how_a_chart_is_read_is_told_to_the_end_and_on_a_low_screen_as_far_as_it_fits() {
    for size in [(80, 24), (120, 40), (60, 24)] {
        let mut desk = measured(size);
        desk.keys("Tab Tab Tab");
        assert!(read(&desk).contains("95 of 100 such lines hold it."), "{}", desk.screen());
        desk.keys("Tab");
        // Where an hour has no room for its number, what its shade means is said.
        let wanted = if size.0 < 80 { "The darker, the more were late" } else { "the number is the share in time." };
        assert!(read(&desk).contains(wanted), "{}", desk.screen());
    }
    for size in SIZES {
        let mut desk = measured(size);
        desk.keys(">");
        let which = WhichReport { report: ReportName::Outcomes, ..SLA };
        desk.hear(Notice::Measured { which, at: START, report: outcomes().into() });
        for _ in 0..20 {
            if !desk.screen().contains("Influenced revenue") {
                desk.keys("Tab");
            }
        }
        let told = read(&desk);
        // The window is told first, and so at every size.
        assert!(told.contains("In the 90 days before a deal"), "{}", desk.screen());
        let rule = Rule::default().words();
        assert!(size.1 < 24 || told.contains(&rule), "{}", desk.screen());
    }
}

#[test]
fn the_map_of_the_week_says_in_which_zone_its_hours_are() {
    for size in [(80, 24), (120, 40), (60, 24), (50, 24)] {
        for (zones, wanted) in [
            (vec!["Europe/Berlin"], "When the buyer wrote, in Europe/Berlin. The d"),
            (
                vec!["America/New_York", "Europe/Berlin"],
                "in the hours of each cohort's calendar (America/New_York, Europe/Berlin). The d",
            ),
        ] {
            let Report::Sla(mut told) = sla() else { unreachable!("attainment") };
            told.about.hours_in = zones.into_iter().map(str::to_owned).collect();
            let mut desk = Desk::usual(size);
            desk.keys("M");
            desk.hear(Notice::Measured { which: SLA, at: START, report: Report::Sla(told).into() });
            desk.keys("Tab Tab Tab Tab");
            assert!(read(&desk).contains(wanted), "{size:?}\n{}", desk.screen());
        }
    }
}

#[test]
fn a_number_on_top_that_is_of_few_says_so() {
    for size in SIZES {
        let mut desk = measured(size);
        desk.keys(">");
        let which = WhichReport { report: ReportName::Outcomes, ..SLA };
        desk.hear(Notice::Measured { which, at: START, report: outcomes().into() });
        desk.keys("j");
        let rows = desk.screen().lines().filter(|line| line.contains("deals won") && line.contains("too few")).count();
        // Where there is no room for it beside the number, the line below has it.
        assert!(rows >= if size.1 < 24 { 1 } else { 2 }, "{}", desk.screen());
        assert!(size.1 < 24 || read(&desk).contains("too few: 2 of 3, likely 21 to 94 %"), "{}", desk.screen());
    }
}

#[test]
fn every_number_opens_the_conversations_behind_it_and_esc_comes_back() {
    for size in SIZES {
        let mut desk = measured(size);
        desk.keys("Tab Tab Tab j Enter");
        let behind = Behind::of("sla").only("by", "cohort").only("key", "new-lead").only("standing", "in_time");
        assert_eq!(desk.commands(), [Ask::Behind { behind: behind.clone(), days: 30 }]);
        desk.says("Reading…");
        let one = |n: u128, said: &str| Found {
            conversation: id(n).to_string(),
            at: (START - Span::minutes(90)).millis(),
            said: said.to_owned(),
            times: if n == 1 { 3 } else { 1 },
            story: vec![
                "Tue 08:30  the buyer wrote; due Tue 08:45".to_owned(),
                "Tue 08:45  it fell due unanswered".to_owned(),
            ],
        };
        let conversations =
            vec![one(1, "late: Maya, New lead; offered, but nobody took it"), one(77, "in time: Ben, New lead")];
        let found = Ok(Arc::new(Conversations { conversations, more: true }));
        // What somebody asked for before is not shown for what they ask now.
        desk.hear(Notice::Behind { behind: Behind::of("sla"), found: Err("old".to_owned()) });
        desk.says("Reading…");
        desk.hear(Notice::Behind { behind, found });
        shows(&desk, "measure-behind");
        desk.keys("Enter");
        assert_eq!((desk.model.screen, desk.model.pinned), (Screen::Conversation, Some(id(1))));
        desk.keys("Esc");
        assert_eq!(desk.model.screen, Screen::Measure);
        desk.keys("Esc");
        desk.says("Answered in time, by cohort");
        desk.keys("Esc");
        assert_eq!(desk.model.screen, Screen::Inbox);
    }
}

/// Conversations behind a number, each with a story of so many lines.
fn with_stories(count: u128, lines: usize) -> Conversations {
    let one = |n: u128| Found {
        conversation: id(n).to_string(),
        at: (START - Span::minutes(90)).millis(),
        said: "late".to_owned(),
        times: 1,
        story: (1..=lines).map(|line| format!("line {line} of it")).collect(),
    };
    Conversations { conversations: (1..=count).map(one).collect(), more: false }
}

/// A desk with what is behind the second row of the bars open.
fn behind_a_row(size: (u16, u16), found: Conversations) -> Desk {
    let mut desk = measured(size);
    desk.keys("Tab Tab Tab j Enter");
    let behind = Behind::of("sla").only("by", "cohort").only("key", "new-lead").only("standing", "in_time");
    desk.hear(Notice::Behind { behind, found: Ok(Arc::new(found)) });
    desk
}

#[test]
fn a_story_has_the_room_that_the_list_leaves_and_says_how_much_of_it_is_left_out() {
    let desk = behind_a_row((120, 40), with_stories(2, 30));
    desk.says("line 1 of it");
    desk.says("line 30 of it");
    assert!(!desk.screen().contains("more line"), "{}", desk.screen());
    // Beside a long list it has half of the rows: seven lines, and one that says how many there are besides.
    let mut desk = behind_a_row((80, 24), with_stories(40, 12));
    desk.says("line 7 of it");
    desk.says("… 5 more lines · Right");
    assert!(!desk.screen().contains("line 8 of it"), "{}", desk.screen());
    desk.keys("Right Right");
    desk.says("line 9 of it");
    desk.says("… 2 above, 3 more lines · Left Right");
    desk.keys("Right Right Right Right Right Right");
    desk.says("line 12 of it");
    desk.says("… 5 above · Left");
    // It does not go on beyond its end, so that one step back is seen at once.
    desk.keys("Left");
    desk.says("… 4 above, 1 more line · Left Right");
    // The next one is read from its beginning.
    desk.keys("j");
    desk.says("line 1 of it");
    desk.says("… 5 more lines · Right");
    // On a low screen a long list keeps its rows, and a short one leaves its own.
    let desk = behind_a_row((40, 12), with_stories(40, 12));
    assert!(!desk.screen().contains("of it"), "{}", desk.screen());
    let desk = behind_a_row((40, 12), with_stories(2, 12));
    desk.says("line 3 of it");
    desk.says("… 9 more lines · Right");
}

#[test]
fn what_is_long_in_a_story_goes_on_in_the_next_line() {
    let mut found = with_stories(1, 1);
    found.conversations[0].story = vec![format!("10:00  {} and so it ended", "somebody else was asked, ".repeat(4))];
    let desk = behind_a_row((80, 24), found);
    assert!(read(&desk).contains("was asked, and so it ended"), "{}", desk.screen());
}

/// An auditor's desk, with what is behind the second row of the bars open.
fn audited(size: (u16, u16), conversations: Vec<Found>) -> Desk {
    let mut desk = Desk::usual(size);
    let mut list = inbox(Vec::new());
    let mut playbook = list.playbook.as_deref().unwrap().clone();
    playbook.auditors.insert("audra".into(), Auditor { name: "Audra".to_owned() });
    list.playbook = Some(Arc::new(playbook));
    list.me.as_mut().unwrap().rep = "audra".into();
    desk.hear(Notice::Inbox(Arc::new(list)));
    desk.keys("M");
    desk.hear(Notice::Measured { which: SLA, at: START, report: sla().into() });
    desk.keys("Tab Tab Tab j Enter");
    let behind = Behind::of("sla").only("by", "cohort").only("key", "new-lead").only("standing", "in_time");
    let found = Ok(Arc::new(Conversations { conversations, more: false }));
    desk.hear(Notice::Behind { behind, found });
    desk
}

/// An auditor keeps no conversations: each is told by its id, and Enter says how its record is read.
#[test]
fn an_auditor_is_told_how_to_read_what_a_number_counts() {
    let one = Found {
        conversation: id(77).to_string(),
        at: (START - Span::minutes(90)).millis(),
        said: "in time: Ben, New lead".to_owned(),
        times: 1,
        story: vec!["Tue 08:30  the buyer wrote; due Tue 08:45".to_owned()],
    };
    let mut desk = audited((120, 40), vec![one]);
    desk.says(&id(77).to_string());
    desk.says("the buyer wrote; due Tue 08:45");
    desk.keys("Enter");
    assert_eq!(desk.model.screen, Screen::Measure, "nothing is opened that is not there");
    desk.says(&format!("Auditors read the record: comeback explain {}, or comeback audit entries", id(77)));
}

/// An id would take the whole row: the cause stands there instead, and the id under the story, which an auditor reads nowhere
/// else.
#[test]
fn on_a_small_screen_an_auditor_sees_why_and_the_story() {
    let whole = "08:30 late: Maya, New lead; offered, but nobody took it";
    let rows = ["08:30 offered, but nobody took it", "08:30 late: offered, but nobody took it", whole];
    for (size, row) in [(40, 12), (50, 14), (80, 24)].into_iter().zip(rows) {
        let one = |n: u128| Found {
            conversation: id(n).to_string(),
            at: (START - Span::minutes(90)).millis(),
            said: "late: Maya, New lead; offered, but nobody took it".to_owned(),
            times: 1,
            story: (1..=4).map(|line| format!("line {line} of {n}")).collect(),
        };
        let mut desk = audited(size, (1..=40).map(one).collect());
        desk.says(row);
        desk.says("line 1 of 1");
        desk.keys("j");
        desk.says("line 1 of 2");
        for _ in 0..20 {
            desk.keys("Right");
        }
        // On the narrowest screen it goes on in the next line.
        assert!(size.0 < 50 || read(&desk).contains(&format!("comeback explain {}", id(2))), "{}", desk.screen());
    }
}

#[test]
fn a_week_has_all_of_its_days_on_a_small_screen_or_says_how_many_it_has_not() {
    for width in [40, 50, 80] {
        for high in 14..30 {
            let mut desk = measured((width, high));
            desk.keys("Tab Tab Tab Tab");
            for day in ["Mon ", "Tue ", "Wed ", "Thu ", "Fri ", "Sat", "Sun"] {
                let rows = desk.screen().lines().filter(|row| row.starts_with(&format!("│ {day}"))).count();
                assert!(rows > 0, "{day} at {width}x{high}\n{}", desk.screen());
            }
            assert!(!desk.screen().contains("more─"), "{}", desk.screen());
        }
    }
    let mut desk = measured((40, 12));
    desk.keys("Tab Tab Tab Tab");
    desk.says("↓ 3 more");
    desk.keys("j j j j j j");
    desk.says("│ Sun");
    desk.says("↑ 3 more");
}

#[test]
fn the_cursor_of_the_week_goes_by_hour_and_by_day() {
    let mut desk = measured((80, 24));
    desk.keys("Tab Tab Tab Tab");
    desk.says("Mon 09:00:");
    desk.keys("Right j");
    desk.says("Tue 10:00:");
    desk.keys("k k");
    desk.says("Mon 10:00:");
    desk.keys("Left Left");
    desk.says("Mon 08:00: nothing");
    desk.keys("Enter");
    desk.says("Not opened: it counts nothing");
    desk.keys("Right Enter");
    let behind = Behind::of("sla").only("by", "hour").only("key", "009").only("standing", "in_time");
    assert_eq!(desk.commands().last(), Some(&Ask::Behind { behind, days: 30 }));
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

#[test]
fn lengths_the_ladder_and_what_still_waits_open_their_replies() {
    let Report::Sla(mut told) = sla() else { unreachable!("attainment") };
    let of = |n, half: i64| Times {
        n,
        wall: Some([half * 2, half * 8, half * 20]),
        business: Some([half, half * 4, half * 10]),
    };
    for row in std::iter::once(&mut told.total).chain(&mut told.rows) {
        (row.next, row.take) = (of(40, 120_000), of(50, 60_000));
        (row.climbed, row.climbs) = (7, 9);
        row.steps = [(1, 9), (2, 6)].into_iter().collect();
    }
    let mut desk = Desk::usual((80, 24));
    desk.keys("M");
    desk.hear(Notice::Measured { which: SLA, at: START, report: Report::Sla(told).into() });
    let opens = |desk: &mut Desk, keys: &str, behind: Behind, what: &str| {
        desk.keys(keys);
        assert!(read(desk).contains(&format!("Enter opens {what}")), "{}", desk.screen());
        desk.keys("Enter");
        assert_eq!(desk.commands().last(), Some(&Ask::Behind { behind, days: 30 }));
        desk.keys("Esc");
    };
    let sla = || Behind::of("sla");
    opens(&mut desk, "j j j j j", sla().only("standing", "running"), "replies that still wait");
    let next = sla().only("standing", "answered").only("response", "next");
    turn_to(&mut desk, "Next answer: nine of ten within");
    assert!(read(&desk).contains("half within 2m 00s; 40 replies; 95 of 100 within 20m 00s"), "{}", desk.screen());
    opens(&mut desk, "", next.clone(), "next answers");
    turn_to(&mut desk, "Next answer: nine of ten within, on the wall");
    assert!(read(&desk).contains("half within 4m 00s; 40 replies; 95 of 100 within 40m 00s"), "{}", desk.screen());
    opens(&mut desk, "", next, "next answers");
    turn_to(&mut desk, "Time to take: nine of ten within");
    let taken = sla().only("by", "cohort").only("key", "late-stage").only("taken", "true");
    opens(&mut desk, "j", taken, "replies that were taken");
    turn_to(&mut desk, "Up the ladder");
    assert!(read(&desk).contains("of 93; 9 times all together"), "{}", desk.screen());
    opens(&mut desk, "", sla().only("climbed", "true"), "replies that moved up");
    opens(&mut desk, "j", sla().only("step", "1"), "replies");
    turn_to(&mut desk, "Moved up the ladder, by cohort");
    let moved = sla().only("by", "cohort").only("key", "new-lead").only("climbed", "true");
    opens(&mut desk, "j", moved, "replies that moved up");
}

#[test]
fn offline_the_last_report_stays_with_its_age_and_the_reason() {
    for size in SIZES {
        let mut desk = Desk::usual(size);
        let (since, retry_at) = (START - Span::minutes(3), START + Span::seconds(8));
        desk.hear(Notice::Link(link(LinkState::Offline { since, retry_at, why: String::new() })));
        desk.keys("M");
        desk.says("Reading…");
        desk.hear(Notice::Measured { which: SLA, at: START - Span::minutes(185), report: sla().into() });
        desk.hear(Notice::Unmeasured { which: SLA, why: "no connection".to_owned() });
        desk.says("not read: no connection");
        desk.says("read 3 h ago");
        shows(&desk, "measure-offline");
    }
}

#[test]
fn reports_rows_and_periods_are_turned_through_and_what_is_refused_is_said() {
    let mut desk = measured((80, 24));
    let which = WhichReport { days: 90, ..SLA };
    assert_eq!(desk.keys("+").commands(), [Ask::Measure(which)]);
    let which = WhichReport { by: By::Team, ..which };
    assert_eq!(desk.keys("b").commands(), [Ask::Measure(which)]);
    let which = WhichReport { report: ReportName::Outcomes, ..which };
    assert_eq!(desk.keys(">").commands(), [Ask::Measure(which)]);
    let which = WhichReport { report: ReportName::Load, ..which };
    assert_eq!(desk.keys(">").commands(), [Ask::Measure(which)]);
    desk.hear(Notice::Measured { which, at: START, report: load().into() });
    desk.keys("Tab");
    shows(&desk, "measure-load");
    let which = WhichReport { report: ReportName::Compliance, ..which };
    assert_eq!(desk.keys(">").commands(), [Ask::Measure(which)]);
    let why = "The report about consent is for leads, admins and auditors. Ask your lead.".to_owned();
    desk.hear(Notice::Unmeasured { which, why });
    assert!(read(&desk).contains("leads, admins and auditors. Ask your lead."), "{}", desk.screen());
    // An answer to what was asked before changes nothing of what is on screen now.
    desk.hear(Notice::Measured { which: SLA, at: START, report: sla().into() });
    desk.says("[Consent]");
}

#[test]
fn why_a_report_is_not_read_is_said_to_its_end_on_every_screen() {
    let which = WhichReport { report: ReportName::Compliance, ..SLA };
    let why = "The report about consent is for leads, admins and auditors. Ask your lead.";
    for size in [(40, 12), (50, 14), (80, 24), (120, 40)] {
        let mut desk = measured(size);
        desk.keys("> > >");
        desk.hear(Notice::Unmeasured { which, why: why.to_owned() });
        assert!(read(&desk).contains(&format!("not read: {why}")), "{}", desk.screen());
        // Reading it again would change nothing.
        assert!(!desk.screen().contains("Ctrl-r"), "{}", desk.screen());
        // What was read before stays below it.
        desk.hear(Notice::Unmeasured { which, why: why.to_owned() });
        desk.keys("<");
        let (since, retry_at) = (START - Span::minutes(3), START + Span::seconds(8));
        desk.hear(Notice::Link(link(LinkState::Offline { since, retry_at, why: String::new() })));
        let load = WhichReport { report: ReportName::Load, ..SLA };
        desk.hear(Notice::Unmeasured { which: load, why: "no connection".to_owned() });
        desk.says("not read: no connection");
        desk.says("Ctrl-r reads again.");
        desk.keys("< <");
        desk.hear(Notice::Unmeasured { which: SLA, why: why.to_owned() });
        assert!(read(&desk).contains(&format!("not read: {why}")), "{}", desk.screen());
        desk.says("At a glance");
    }
}

#[test]
fn what_answering_was_worth_opens_its_deals_and_what_nobody_texted_about_says_so() {
    let behind = Behind::of("outcomes");
    for size in SIZES {
        let mut desk = measured(size);
        desk.keys(">");
        let which = WhichReport { report: ReportName::Outcomes, ..SLA };
        desk.hear(Notice::Measured { which, at: START, report: outcomes().into() });
        shows(&desk, "measure-worth");
        turn_to(&mut desk, "Influenced revenue");
        shows(&desk, "measure-revenue");
        desk.keys("j Enter");
        let missed = behind.clone().only("adherence", "missed").only("what", "won").only("currency", "USD");
        assert_eq!(desk.commands().last(), Some(&Ask::Behind { behind: missed, days: 30 }));
        desk.keys("Esc");
        turn_to(&mut desk, "All deals of the CRM");
        desk.keys("j j");
        shows(&desk, "measure-deals");
        desk.keys("Enter");
        desk.says("Not opened: nobody ever wrote");
    }
}

/// Sums with many digits, under a label that is as long as labels are.
fn large() -> Report {
    let Report::Outcomes(mut told) = outcomes() else { unreachable!("outcomes") };
    for row in told.total.iter_mut().chain(&mut told.rows) {
        if !row.key.is_empty() {
            "Renewals and meeting coordination".clone_into(&mut row.label);
        }
        for amount in &mut row.amounts {
            (amount.won, amount.won_cents) = (40, 123_456_700);
            let (low, high) = (Some(101_212_300), Some(143_434_500));
            amount.revenue = Total { cents: 123_456_700, low, high, small: false };
        }
    }
    Report::Outcomes(told)
}

#[test]
fn at_no_width_an_amount_loses_its_currency_or_an_interval_its_end() {
    for width in 40..=120 {
        for high in [12, 14, 24] {
            let mut desk = measured((width, high));
            desk.keys(">");
            let which = WhichReport { report: ReportName::Outcomes, ..SLA };
            desk.hear(Notice::Measured { which, at: START, report: large().into() });
            // Whole in its row, or under the chart.
            let told = read(&desk);
            assert!(told.contains("(9 of 40, likely 12 to 38 %)"), "{}", desk.screen());
            desk.keys("j j");
            let told = read(&desk);
            let whole = "EUR 1,234,567.00 (40 won deals, likely 1,012,123.00 to 1,434,345.00)";
            let elsewhere = "… comeback report outcomes";
            assert!(told.contains(whole) || high < 24 && told.contains(elsewhere), "{}", desk.screen());
            for row in desk.screen().lines().filter(|row| row.contains("likely") && !row.contains('(')) {
                let whole = ["likely 12 to 38 %", "likely 21 to 94 %", "likely 1,012,123.00 to 1,434,345.00"];
                // What stands under the chart may go on in the next line.
                assert!(whole.iter().any(|whole| row.contains(whole)) || !row.contains('…'), "{row}");
            }
            let brief = ["EUR 1,234,567.00", "EUR 1.2M", "USD 1,234,567.00", "USD 1.2M"];
            for _ in 0..20 {
                if desk.screen().contains("Influenced revenue") {
                    break;
                }
                let rows = desk.screen().lines().filter(|row| row.contains("influenced rev")).count();
                let priced = desk.screen().lines().filter(|row| brief.iter().any(|sum| row.contains(sum))).count();
                assert!(priced >= rows, "{}", desk.screen());
                desk.keys("Tab");
            }
            let priced = desk.screen().lines().filter(|row| brief.iter().any(|sum| row.contains(sum))).count();
            assert!(priced >= if high < 14 { 2 } else { 4 }, "{}", desk.screen());
        }
    }
}

#[test]
fn what_is_said_of_a_deal_behind_a_number_is_not_cut_within_its_amount() {
    for width in 40..=80 {
        let mut found = with_stories(1, 1);
        found.conversations[0].said = "deal D-17 won, 1,234,567.00 USD: Maya, Late stage, in time".to_owned();
        let desk = behind_a_row((width, 24), found);
        let row = desk.screen().lines().find(|row| row.contains("deal")).map(str::to_owned).unwrap_or_default();
        assert!(!row.contains("1,") || row.contains("1,234,567.00 USD"), "{row}");
    }
}

#[test]
fn a_conversation_that_the_crm_has_not_taken_says_so() {
    for size in SIZES {
        let mut desk = Desk::usual(size);
        let (since, why) = (START - Span::minutes(118), "HubSpot does not answer".to_owned());
        let one = Unwritten { conversation: id(1), since, refused: false, why };
        desk.hear(Notice::Unwritten(Arc::new(vec![one.clone()])));
        desk.keys("j Enter");
        assert_eq!(desk.model.pinned, Some(id(1)));
        shows(&desk, "unwritten");
        // A narrow line cuts the reason first.
        desk.says(if size.0 < 80 { "not in the CRM" } else { "not in the CRM since 08:02: HubSpot does not answer" });
        let given_up = Unwritten { refused: true, why: "nobody in the CRM has this number".to_owned(), ..one };
        desk.hear(Notice::Unwritten(Arc::new(vec![given_up])));
        desk.says(if size.0 < 80 { "not in the CRM" } else { "not in the CRM, given up: nobody in the CRM has" });
        desk.hear(Notice::Unwritten(Arc::default()));
        assert!(!desk.screen().contains("not in the CRM"));
    }
}

#[test]
fn what_the_crm_has_not_taken_for_want_of_a_name_says_the_key_first_and_the_reason_whole_on_the_card() {
    for size in [(40, 12), (50, 14), (80, 24), (120, 40)] {
        let mut desk = Desk::usual(size);
        let why = "2 people share this number: say in the inbox (W) who writes".to_owned();
        let one = Unwritten { conversation: id(1), since: START - Span::minutes(118), refused: false, why };
        desk.hear(Notice::Unwritten(Arc::new(vec![one.clone()])));
        desk.keys("j Enter");
        desk.says("not in the CRM (W says");
        desk.keys("v");
        let mut told = read(&desk);
        for _ in 0..30 {
            desk.keys("Down");
            told.push_str(&read(&desk));
        }
        // Broken where the page is narrow, and not cut.
        for part in ["since 08:02: 2 people share this", "say in the inbox (W) who"] {
            assert!(told.contains(part), "{part}\n{}", desk.screen());
        }
        desk.keys("Esc");
        // Of another reason no key is told, and none while that would be a letter.
        desk.keys("r");
        assert!(!desk.screen().contains("(W says"), "{}", desk.screen());
        desk.keys("Esc");
        desk.hear(Notice::Unwritten(Arc::new(vec![Unwritten { why: "HubSpot does not answer".to_owned(), ..one }])));
        assert!(!desk.screen().contains("(W says"), "{}", desk.screen());
    }
}
