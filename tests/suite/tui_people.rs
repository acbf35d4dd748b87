//! Stories about people at the terminal: away and back, covering, who is here, shifts, the hand-over.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails where it stands")]

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;
use comeback::client::handle::{Ask, Change, Inbox, Notice, WhileAway};
use comeback::domain::command::{Command, CoverNote};
use comeback::domain::contact::Body;
use comeback::domain::coverage::Loan;
use comeback::domain::event::Outcome;
use comeback::domain::id::{RepId, ScheduleId, TeamId};
use comeback::domain::oncall::{Length, Override, Rotation};
use comeback::domain::routing::{Holder, Reason};
use comeback::domain::time::{Span, Timestamp};
use comeback::tui::model::Screen;

use crate::tui_screens::shows;
use crate::tui_world::{Desk, START, id, inbox};

pub(crate) const SIZES: [(u16, u16); 3] = [(40, 12), (80, 24), (120, 40)];

/// The three take turns of a week.
pub(crate) fn turns() -> Rotation {
    Rotation {
        label: String::new(),
        reps: vec![Some("ben".into()), Some("maya".into()), Some("lena".into())],
        since: NaiveDate::from_ymd_opt(2026, 3, 2).unwrap(),
        hand_off: 9 * 60,
        length: Length::Days(7),
        zone: chrono_tz::America::New_York,
        only: None,
    }
}

/// The list as the client would tell it, changed.
pub(crate) fn tell(desk: &mut Desk, how: impl FnOnce(&mut Inbox)) {
    let mut list = inbox(desk.threads.values().map(|thread| thread.row.clone()).collect());
    let playbook = Arc::make_mut(list.playbook.as_mut().unwrap());
    playbook.teams.get_mut(&TeamId::from("east")).unwrap().on_call = Some(turns());
    how(&mut list);
    desk.hear(Notice::Inbox(Arc::new(list)));
}

/// The seat of the team's lead.
pub(crate) fn lead(list: &mut Inbox) {
    list.me.as_mut().unwrap().rep = "lena".into();
}

pub(crate) fn did(desk: &mut Desk) -> Vec<Command> {
    let command = |ask| match ask {
        Ask::Do { conversation: None, command, .. } => Some(command),
        _ => None,
    };
    desk.commands().into_iter().filter_map(command).collect()
}

/// What the screen says, without the borders between its lines.
pub(crate) fn flat(desk: &Desk) -> String {
    let screen = desk.screen().replace('│', " ");
    screen.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn away(until: Option<Timestamp>) -> Command {
    Command::Away { away: true, until, note: None, rep: None }
}

/// Monday, 9 March, 9:00 in New York, when the second turn begins.
fn monday() -> Timestamp {
    chrono::DateTime::parse_from_rfc3339("2026-03-09T09:00:00-04:00").unwrap().to_utc().into()
}

#[test]
fn two_keys_say_away_until_i_come_back_and_a_digit_says_until_when() {
    for size in SIZES {
        let mut desk = Desk::usual(size);
        desk.keys("A");
        shows(&desk, "away");
        desk.keys("Enter");
        assert_eq!(did(&mut desk), [away(None)]);
        desk.keys("A 3");
        assert_eq!(did(&mut desk), [away(Some(START + Span::minutes(60)))]);
        desk.keys("A 6");
        assert_eq!(did(&mut desk), [away(Some(monday()))]);
        desk.keys("A Esc");
        assert_eq!(did(&mut desk), []);
    }
}

#[test]
fn a_note_for_whoever_covers_goes_along_and_the_last_line_says_away_while_it_lasts() {
    let mut desk = Desk::usual((80, 24));
    desk.keys("A").types("note").keys("Enter").types("Harbor waits for a quote");
    shows(&desk, "cover-note");
    desk.keys("Enter 2");
    let said = did(&mut desk);
    let [Command::Away { away: true, until, note: Some(CoverNote { body, .. }), rep: None }] = said.as_slice() else {
        panic!("{said:?}");
    };
    assert_eq!((*until, body.as_str()), (Some(START + Span::minutes(30)), "Harbor waits for a quote"));

    tell(&mut desk, |list| {
        list.me.as_mut().unwrap().away = true;
        (list.roster[0].away, list.roster[0].until) = (true, Some(START + Span::minutes(30)));
    });
    desk.keys("Esc");
    desk.says("online · away until 10:30");
    desk.keys("A");
    assert_eq!(did(&mut desk), [Command::away(false)], "and one key comes back");
}

#[test]
fn a_conversation_that_is_covered_says_for_whom_until_when_and_what_its_owner_left() {
    for size in SIZES {
        let mut desk = Desk::usual(size);
        let thread = desk.threads.get_mut(&id(1)).unwrap();
        (thread.row.owner, thread.row.loan) =
            (Some("ben".into()), Some(Loan { of: "ben".into(), since: START - Span::minutes(9) }));
        let lent = |list: &mut Inbox| {
            let ben = &mut list.roster[1];
            (ben.away, ben.until) = (true, Some(START + Span::minutes(270)));
            ben.note = Some(Body::new("Legal at Harbor is slow. Do not go below the \u{1b}[31mlist price."));
        };
        tell(&mut desk, lent);
        desk.keys("j Enter");
        desk.says("You cover for Ben Sato until 14:30");
        shows(&desk, "covering");
        desk.keys("w");
        shows(&desk, "why-covering");
        if size.0 >= 80 {
            // Beside a wide box the screen below it goes on.
            for words in ["since 09:51; the owner stays accountable", "return it goes back"] {
                assert!(flat(&desk).contains(words), "{}", desk.screen());
            }
        }
    }

    let mut desk = Desk::usual((80, 24));
    desk.change(1, |thread| {
        thread.row.loan = Some(Loan { of: "maya".into(), since: START });
        thread.row.assignment.as_mut().unwrap().to = Holder::Rep("ben".into());
    });
    desk.says("Ben covers ·");
    desk.keys("j Enter");
    desk.says("Ben Sato covers while you are away");
}

#[test]
fn a_lead_sees_who_is_here_what_burns_the_pool_and_who_is_on_call() {
    for size in SIZES {
        let mut desk = Desk::usual(size);
        tell(&mut desk, lead);
        desk.keys("L");
        shows(&desk, "people");
        desk.says("late");
        desk.keys("G");
        desk.says("Team East: Ben Sato until Mon 09:00");
        desk.says("then Maya Okafor");
        desk.keys("Esc");
        assert_eq!(desk.model.screen, Screen::Inbox);
    }
    // It is live: a clock that runs out is late without a word from anybody.
    let mut desk = Desk::usual((80, 24));
    tell(&mut desk, lead);
    desk.keys("L");
    let (screen, next) = desk.draw(START);
    assert!(screen.contains("1 late") && !screen.contains("soon"), "{screen}");
    assert_eq!(next, Some(START + Span::seconds(12)), "the next warning wakes the screen");
    desk.wait(Span::seconds(12)).says("1 late 1 soon");
    desk.wait(Span::seconds(240)).says("2 late");
}

#[test]
fn whoever_leads_nobody_reads_in_plain_words_whose_clocks_are_counted() {
    for size in [(80, 24), (120, 40)] {
        let mut desk = Desk::usual(size);
        tell(&mut desk, |_| {});
        desk.keys("L");
        desk.says("What is late or due soon is counted of conversations that you can see.");
        desk.says("Maya Okafor (you)");
        // Of a lead's people it is all of them.
        tell(&mut desk, lead);
        assert!(!desk.screen().contains("is counted"), "{}", desk.screen());
    }
}

#[test]
fn a_lead_says_away_and_back_for_somebody_of_their_team_and_nobody_else_does() {
    let mut desk = Desk::usual((80, 24));
    tell(&mut desk, lead);
    desk.keys("L gg A 3");
    let until = Some(START + Span::minutes(30));
    let ben = Some(RepId::from("ben"));
    assert_eq!(did(&mut desk), [Command::Away { away: true, until, note: None, rep: ben.clone() }]);
    tell(&mut desk, |list| {
        lead(list);
        list.roster[1].away = true;
    });
    desk.keys("Enter 2");
    assert_eq!(did(&mut desk), [Command::Away { away: false, until: None, note: None, rep: ben }]);

    let mut desk = Desk::usual((80, 24));
    tell(&mut desk, |_| {});
    desk.keys("L gg A");
    desk.says("Only Ben Sato and their lead say whether they are away");
    assert_eq!(did(&mut desk), []);
}

#[test]
fn the_rest_of_a_shift_is_taken_by_two_keys_and_an_override_is_taken_back() {
    let mut desk = Desk::usual((80, 24));
    tell(&mut desk, |_| {});
    desk.keys("L t");
    shows(&desk, "shift");
    desk.keys("Enter");
    let said = did(&mut desk);
    let [Command::Override { schedule, shift }] = said.as_slice() else { panic!("{said:?}") };
    assert_eq!(*schedule, ScheduleId::from("east"));
    assert_eq!((shift.rep.clone(), shift.from, shift.to), (Some("maya".into()), START, monday()));

    let made = shift.clone();
    tell(&mut desk, |list| list.on_call = BTreeMap::from([("east".into(), vec![made.clone()])]));
    desk.says("Team East: Maya Okafor until 16 Mar 09:00 (an override), then Lena Brandt");
    desk.keys("t").types("back").keys("Enter");
    assert_eq!(did(&mut desk), [Command::DropOverride { schedule: "east".into(), id: made.id }]);
}

#[test]
fn a_lead_gives_a_shift_and_swaps_two_of_the_next() {
    let mut desk = Desk::usual((80, 24));
    tell(&mut desk, lead);
    desk.keys("L t").types("give").keys("Enter").types("maya").keys("Enter");
    let said = did(&mut desk);
    let [Command::Override { shift: Override { rep: Some(rep), to, .. }, .. }] = said.as_slice() else {
        panic!("{said:?}");
    };
    assert_eq!((rep.as_str(), *to), ("maya", monday()));

    desk.keys("t").types("swap").keys("Enter");
    shows(&desk, "swap");
    // Time passes while a person chooses.
    desk.wait(Span::minutes(2)).keys("Enter");
    desk.says("Swap Ben Sato's shift with");
    desk.keys("Enter");
    assert_eq!(did(&mut desk), [], "first it is said what will be true");
    let words = "Maya Okafor has it now to Mon 9 Mar 09:00, and Ben Sato has it Mon 9 Mar 09:00 to Mon 16 Mar 09:00.";
    assert!(flat(&desk).contains(words), "{}", desk.screen());
    desk.keys("Enter");
    let said = did(&mut desk);
    let [Command::Swap { ids: [one_id, other_id], one, other, .. }] = said.as_slice() else { panic!("{said:?}") };
    assert_ne!(one_id, other_id);
    assert!(*one < monday() && *one > START, "the shift that runs");
    assert!(*other > monday() && *other < monday() + Span::minutes(7 * 24 * 60), "Maya's, the next");
}

/// What Ben did for Maya over lunch.
pub(crate) fn lunch(read: bool) -> WhileAway {
    let change = |n: u128, name: &str| Change {
        id: id(n),
        name: name.to_owned(),
        account: None,
        unread: 0,
        wrote: false,
        answers: BTreeMap::new(),
        noted: None,
        holder: Some(Holder::Rep("maya".into())),
        taken: false,
        returned: true,
        done: None,
        clock: None,
        late: None,
        changed: START,
    };
    let mut dana = change(1, "Dana Fox");
    (dana.unread, dana.wrote, dana.account) = (2, true, Some("Harbor Logistics".to_owned()));
    dana.answers = BTreeMap::from([("ben".into(), 2)]);
    dana.late = Some(false);
    let mut priya = change(3, "Priya Nair");
    (priya.done, priya.returned) = (Some((Outcome::Meeting, "ben".into())), false);
    let mut evil = change(5, "Eve \u{1b}[31m\u{202e}lived");
    (evil.wrote, evil.returned, evil.holder) = (true, false, Some(Holder::Pool("east".into())));
    let mut lena = change(6, "Lena Ortiz");
    (lena.returned, lena.taken, lena.holder) = (false, true, Some(Holder::Rep("ben".into())));
    lena.noted = Some("ben".into());
    WhileAway {
        since: START - Span::minutes(90),
        ended: Some(START),
        note: Some(Body::new("Harbor waits for a quote.\nBen knows the terms.")),
        read,
        changes: vec![dana, evil, lena, priya],
    }
}

#[test]
fn the_hand_over_opens_once_by_itself_and_enter_opens_the_conversation() {
    for size in SIZES {
        let mut desk = Desk::usual(size);
        let dana = desk.threads[&id(1)].row.clock.clone();
        tell(&mut desk, |list| {
            let mut told = lunch(false);
            told.changes[0].clock = dana;
            list.while_away = Some(told);
        });
        assert_eq!(desk.model.screen, Screen::WhileAway);
        assert_eq!(desk.commands(), [Ask::ReadWhileAway]);
        shows(&desk, "while-away");
        desk.keys("j Esc");
        tell(&mut desk, |list| list.while_away = Some(lunch(false)));
        assert_eq!(desk.model.screen, Screen::Inbox, "once is enough");
        desk.keys(":").types("while you were").keys("Enter Enter");
        assert_eq!((desk.model.screen, desk.model.pinned), (Screen::Conversation, Some(id(1))));
    }
}

#[test]
fn the_hand_over_waits_for_the_hand_and_what_was_read_or_lasts_opens_nothing() {
    let mut desk = Desk::usual((80, 24));
    desk.keys("r").types("Half a thought");
    tell(&mut desk, |list| list.while_away = Some(lunch(false)));
    desk.says("Half a thought");
    assert_ne!(desk.model.screen, Screen::WhileAway);
    desk.keys("Esc Esc");
    assert_eq!(desk.model.screen, Screen::WhileAway, "now it comes");

    // Looked at while it lasts, it still opens at the return.
    let mut desk = Desk::usual((80, 24));
    tell(&mut desk, |list| list.while_away = Some(WhileAway { ended: None, ..lunch(false) }));
    desk.keys(":").types("while you were").keys("Enter");
    desk.says("since 08:30");
    desk.keys("Esc");
    tell(&mut desk, |list| list.while_away = Some(lunch(false)));
    assert_eq!(desk.model.screen, Screen::WhileAway);

    for quiet in
        [lunch(true), WhileAway { ended: None, ..lunch(false) }, WhileAway { changes: Vec::new(), ..lunch(false) }]
    {
        let mut desk = Desk::usual((80, 24));
        tell(&mut desk, |list| list.while_away = Some(quiet));
        assert_eq!(desk.model.screen, Screen::Inbox);
    }
    let mut desk = Desk::usual((80, 24));
    desk.keys(":").types("while you were").keys("Enter");
    desk.says("You were not away, as far as this terminal knows");
}

#[test]
fn why_me_goes_candidate_by_candidate_and_names_the_journal() {
    let mut desk = Desk::usual((80, 24));
    desk.change(1, |thread| {
        let because = &mut thread.row.assignment.as_mut().unwrap().because;
        because.reason = Reason::Owner(comeback::domain::ownership::OwnerSource::Opportunity);
        because.climbed = Some(comeback::domain::event::Climb::NotTaken);
    });
    desk.keys("j w");
    for words in [
        "the one before did not act in time",
        "You are accountable for it",
        "1. Lena Brandt: is away 2. Maya Okafor: asked, the owner: owns the deal",
        "comeback explain 00000000-0000-0000-0000-000000000001",
    ] {
        assert!(flat(&desk).contains(words), "no {words:?} in:\n{}", desk.screen());
    }
}
