//! The conversations behind a number: Enter opens them, each with its story, and Esc comes back.

use std::sync::Arc;

use comeback::client::handle::{Ask, Notice};
use comeback::domain::measure::chart::Behind;
use comeback::domain::measure::report::{Report, Times};
use comeback::domain::playbook::Auditor;
use comeback::domain::time::Span;
use comeback::tui::model::Screen;
use comeback::wire::report::{Conversations, Found};

use super::{SLA, measured, read, sla, turn_to};
use crate::tui_screens::{SIZES, shows};
use crate::tui_world::{Desk, START, id, inbox};

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
fn what_is_said_of_a_deal_behind_a_number_is_not_cut_within_its_amount() {
    for width in 40..=80 {
        let mut found = with_stories(1, 1);
        found.conversations[0].said = "deal D-17 won, 1,234,567.00 USD: Maya, Late stage, in time".to_owned();
        let desk = behind_a_row((width, 24), found);
        let row = desk.screen().lines().find(|row| row.contains("deal")).map(str::to_owned).unwrap_or_default();
        assert!(!row.contains("1,") || row.contains("1,234,567.00 USD"), "{row}");
    }
}
