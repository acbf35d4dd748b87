//! Reading reports: from one to the next, from which days, and what is said where one is not read.

use comeback::client::handle::{Ask, LinkState, Notice, WhichReport};
use comeback::domain::measure::ReportName;
use comeback::domain::measure::cell::By;
use comeback::domain::measure::report::{Fairness, Load, LoadRow, Report};
use comeback::domain::time::Span;

use super::{SLA, about, measured, read, sla};
use crate::tui_screens::{SIZES, shows};
use crate::tui_world::{Desk, START, link};

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
