//! Stories about shifts to come and about times that are typed: until when somebody is away, from when until when
//! somebody is on call, who is on call at another time.

use std::collections::BTreeMap;

use comeback::client::handle::Inbox;
use comeback::domain::command::Command;
use comeback::domain::id::{OverrideId, ScheduleId};
use comeback::domain::oncall::Override;
use comeback::domain::time::{Span, Timestamp};
use comeback::tui::model::Screen;

use crate::tui_people::{SIZES, did, flat, lead, tell};
use crate::tui_screens::shows;
use crate::tui_world::{Desk, START};

fn at(text: &str) -> Timestamp {
    chrono::DateTime::parse_from_rfc3339(text).unwrap().to_utc().into()
}

/// A desk at which somebody looks at who is here, on the schedule.
fn board(size: (u16, u16), who: fn(&mut Inbox)) -> Desk {
    let mut desk = Desk::usual(size);
    tell(&mut desk, who);
    desk.keys("L G");
    desk
}

fn maya(_: &mut Inbox) {}

fn made(desk: &mut Desk) -> Override {
    let said = did(desk);
    let [Command::Override { schedule, shift }] = said.as_slice() else { panic!("{said:?}") };
    assert_eq!(*schedule, ScheduleId::from("east"));
    shift.clone()
}

fn away_until(desk: &mut Desk) -> Option<Timestamp> {
    let said = did(desk);
    let [Command::Away { away: true, until, .. }] = said.as_slice() else { panic!("{said:?}") };
    *until
}

#[test]
fn away_until_a_typed_time_is_said_back_while_it_is_typed() {
    for size in SIZES {
        let mut desk = Desk::usual(size);
        desk.keys("A").types("another").keys("Enter").types("fri 9:00");
        desk.says("= Fri 09:00, in 2 d 23 h");
        shows(&desk, "away-typed");
        desk.keys("Enter");
        assert_eq!(away_until(&mut desk), Some(at("2026-03-06T09:00:00-05:00")));
        desk.says("Away until Fri 09:00");
    }
}

#[test]
fn what_is_no_time_to_come_stays_as_typed_and_is_told_what_would_be_understood() {
    for size in SIZES {
        let mut desk = Desk::usual(size);
        desk.keys("A").types("another").keys("Enter").types("noonish");
        desk.keys("Enter");
        assert_eq!(did(&mut desk), []);
        desk.says("noonish");
        desk.says("Not a time to come: write fri 14:30");
        shows(&desk, "away-no-time");
        // What has passed is none either; the line is mended, not begun anew.
        desk.keys("Backspace Backspace Backspace");
        desk.says("= Tue 12:00, in 2 h");
        desk.keys("Ctrl-u").types("today 9:00").keys("Enter");
        assert_eq!(did(&mut desk), []);
        desk.keys("Ctrl-u").types("16:15").keys("Enter");
        assert_eq!(away_until(&mut desk), Some(at("2026-03-03T16:15:00-05:00")));
    }
}

#[test]
fn a_note_is_kept_when_the_time_is_typed_after_it() {
    let mut desk = Desk::usual((80, 24));
    desk.keys("A").types("note").keys("Enter").types("Harbor waits").keys("Enter");
    desk.types("another").keys("Enter").types("lunch").keys("Enter Ctrl-u").types("1h").keys("Enter");
    let said = did(&mut desk);
    let [Command::Away { until, note: Some(note), .. }] = said.as_slice() else { panic!("{said:?}") };
    assert_eq!((*until, note.body.as_str()), (Some(START + Span::minutes(60)), "Harbor waits"));
}

#[test]
fn two_hasty_enters_of_a_lead_set_nobody_away_and_bring_nobody_back() {
    for size in SIZES {
        let mut desk = Desk::usual(size);
        tell(&mut desk, lead);
        desk.keys("L gg Enter");
        desk.says("Ben Sato is away?");
        shows(&desk, "away-lead");
        desk.keys("Enter");
        assert_eq!(did(&mut desk), []);
        desk.keys("A Enter");
        assert_eq!(did(&mut desk), []);
        tell(&mut desk, |list| {
            lead(list);
            (list.roster[1].away, list.roster[1].until) = (true, Some(START + Span::minutes(90)));
        });
        desk.keys("Enter");
        desk.says("Until Tue 11:30, as was said.");
        desk.keys("Enter");
        assert_eq!(did(&mut desk), []);
        // Whoever is away can be given another time, or a note that keeps it.
        desk.keys("A").types("another").keys("Enter").types("15:00").keys("Enter");
        assert_eq!(away_until(&mut desk), Some(at("2026-03-03T15:00:00-05:00")));
        desk.keys("A").types("note").keys("Enter").types("Call Legal").keys("Enter");
        desk.says("as it is");
        desk.keys("Enter");
        assert_eq!(away_until(&mut desk), None, "what is not said anew stays");
        desk.says("Ben Sato is away until Tue 11:30.");
    }
}

#[test]
fn a_rep_takes_part_of_a_coming_shift_and_is_told_exactly_what_will_be_true() {
    for size in SIZES {
        let mut desk = board(size, maya);
        desk.keys("t").types("coming").keys("Enter");
        shows(&desk, "stretch-which");
        desk.types("lena").keys("Enter");
        // The shift's own times stand there; they are changed to one night of it.
        desk.says("From when? Maya Okafor");
        desk.says("= Mon 16 Mar 09:00, in 12 d 22 h");
        shows(&desk, "stretch-from");
        desk.keys("Ctrl-u").types("2026-03-17 18:00").keys("Enter");
        desk.says("= Mon 23 Mar 09:00");
        desk.keys("Ctrl-u").types("8h");
        desk.says("= Wed 18 Mar 02:00, 8 h long");
        shows(&desk, "stretch-until");
        desk.keys("Enter");
        assert_eq!(did(&mut desk), [], "nothing is asked before it is said");
        shows(&desk, "stretch-sure");
        let flat = flat(&desk);
        // Line by line: what is behind the box stands between them.
        for words in [
            "Maya Okafor is on call from Tue 17 Mar 18:00 until Wed 18 Mar",
            "02:00, instead of Lena Brandt; then Lena Brandt.",
        ] {
            assert!(size.0 == 40 || flat.contains(words), "{flat}");
        }
        desk.keys("1");
        let shift = made(&mut desk);
        assert_eq!(shift.rep, Some("maya".into()));
        assert_eq!((shift.from, shift.to), (at("2026-03-17T18:00:00-04:00"), at("2026-03-18T02:00:00-04:00")));
    }
}

#[test]
fn a_lead_gives_a_whole_coming_shift_by_enter_and_it_is_meant_to_the_millisecond() {
    let mut desk = board((80, 24), lead);
    let odd = at("2026-03-05T17:00:00-05:00") + Span::millis(123);
    let before = Override {
        id: OverrideId(uuid::Uuid::from_u128(9)),
        rep: Some("maya".into()),
        from: at("2026-03-04T17:00:00-05:00"),
        to: odd,
    };
    tell(&mut desk, |list| {
        lead(list);
        list.on_call = BTreeMap::from([("east".into(), vec![before])]);
    });
    // Ben's that goes on after Maya's evening.
    desk.keys("t").types("coming").keys("Enter").types("ben").keys("Down Enter");
    desk.says("who is to have it?");
    shows(&desk, "stretch-who");
    desk.types("lena").keys("Enter Enter Enter");
    desk.says("Lena Brandt is away: who is away is not asked.");
    desk.keys("Enter");
    let shift = made(&mut desk);
    assert_eq!((shift.rep, shift.from, shift.to), (Some("lena".into()), odd, at("2026-03-09T09:00:00-04:00")));
}

#[test]
fn times_that_cannot_be_are_refused_with_the_reason_and_stay_on_the_line() {
    for size in SIZES {
        let mut desk = board(size, maya);
        desk.keys("t").types("coming").keys("Enter").types("other").keys("Enter");
        desk.types("whenever").keys("Enter");
        desk.says("Not a time to come: write now");
        desk.says("whenever");
        desk.keys("Ctrl-u").types("fri 14:00").keys("Enter");
        // Before it begins.
        desk.keys("Ctrl-u").types("tomorrow 9:00").keys("Enter");
        desk.says("Not a time after it begins: write 17:00");
        desk.says("tomorrow 9:00");
        // Hers already: Monday to Friday of the next week.
        desk.keys("Esc t").types("coming").keys("Enter").types("other").keys("Enter");
        desk.types("2026-03-10 9:00").keys("Enter Ctrl-u").types("8h").keys("Enter");
        desk.says("already: nothing would change");
        desk.says("8h");
        shows(&desk, "stretch-refused");
        // Further than the backend takes it.
        desk.keys("Ctrl-u").types("2029-01-01 9:00").keys("Enter");
        desk.says("more than two years away");
        desk.says("2029-01-01");
        assert_eq!(did(&mut desk), []);
    }
}

#[test]
fn a_stretch_over_several_shifts_names_who_has_them_and_what_did_not_come_true_is_offered_again() {
    let mut desk = board((80, 24), lead);
    desk.keys("t").types("coming").keys("Enter").types("other").keys("Enter").types("nobody").keys("Enter");
    desk.types("sun 9:00").keys("Enter Ctrl-u").types("9d").keys("Enter");
    let flat = flat(&desk);
    // The board beside the box has rows of its own between these.
    for words in [
        "Nobody is on call from Sun 09:00 until Tue 17 Mar 09:00; then",
        "Instead of Ben Sato until Mon 09:00, Maya Okafor until Mon 16",
        "Mar 09:00, Lena Brandt until Tue 17 Mar 09:00.",
    ] {
        assert!(flat.contains(words), "{flat}");
    }
    // "Other times" keeps what was typed.
    desk.keys("2");
    desk.says("2026-03-08 09:00");
    desk.keys("Enter Enter 1");
    let shift = made(&mut desk);
    assert_eq!((shift.rep.clone(), shift.from), (None, at("2026-03-08T09:00:00-04:00")));
    // The backend has not made it so: nothing need be typed again.
    desk.keys("t").types("once more");
    desk.says("nobody, Sun 09:00 to Tue 17 Mar 09:00");
    desk.keys("Enter Enter Enter 1");
    assert_eq!(made(&mut desk).to, shift.to);
    tell(&mut desk, |list| {
        lead(list);
        list.on_call = BTreeMap::from([("east".into(), vec![shift.clone()])]);
    });
    desk.keys("t");
    assert!(!desk.screen().contains("Once more"), "{}", desk.screen());
}

#[test]
fn a_swap_of_later_shifts_is_picked_or_typed_and_said_before_it_is_asked() {
    for size in SIZES {
        let mut desk = board(size, lead);
        desk.keys("t").types("swap").keys("Enter").types("later").keys("Enter");
        desk.types("2026-05-30 12:00").keys("Enter");
        desk.says("Swap Ben Sato's shift with");
        desk.types("later").keys("Enter").types("2026-05-28 9:00").keys("Enter");
        desk.says("Both times lie in one shift");
        desk.says("2026-05-28 9:00");
        desk.keys("Ctrl-u").types("2026-06-02 9:00").keys("Enter");
        shows(&desk, "swap-sure");
        assert_eq!(did(&mut desk), []);
        desk.keys("Enter");
        let said = did(&mut desk);
        let [Command::Swap { one, other, .. }] = said.as_slice() else { panic!("{said:?}") };
        let week = |from: &str, at: Timestamp| {
            let from = chrono::DateTime::parse_from_rfc3339(from).unwrap().to_utc();
            Timestamp::from(from) <= at && at < Timestamp::from(from) + Span::minutes(7 * 24 * 60)
        };
        assert!(week("2026-05-25T09:00:00-04:00", *one) && week("2026-06-01T09:00:00-04:00", *other));
    }
}

#[test]
fn who_is_on_call_at_another_time_is_a_key_away() {
    for size in SIZES {
        let mut desk = board(size, maya);
        desk.keys("@").types("in a while").keys("Enter");
        desk.says("Not a time: write");
        desk.keys("Ctrl-u").types("2026-03-12 12:00").keys("Enter");
        shows(&desk, "on-call-at");
        assert!(
            size.0 == 40 || flat(&desk).contains("Team East: Maya Okafor until 16 Mar 09:00, then Lena Brandt (away)")
        );
        desk.keys("Esc");
        assert_eq!((desk.model.screen, desk.model.overlay.is_none()), (Screen::People, true));
        // Also what has been.
        desk.keys("@").types("2026-03-02 12:00").keys("Enter");
        desk.says("On call Mon 12:00");
        desk.says("22 h ago");
        desk.says("Team East: Ben Sato until");
    }
}

#[test]
fn a_box_that_shows_less_than_there_is_says_how_much_more() {
    let mut desk = Desk::usual((40, 12));
    desk.keys("A");
    desk.says("↓ 2 more");
    desk.keys("Down Down Down Down Down Down Down");
    desk.says("↑ 2 more");
    let mut desk = board((40, 12), lead);
    desk.keys("t 3");
    let screen = desk.screen();
    assert!(screen.contains("more"), "{screen}");
    // A large screen hides nothing and says nothing.
    let mut desk = Desk::usual((80, 24));
    desk.keys("A");
    assert!(!desk.screen().contains("more"), "{}", desk.screen());
}

#[test]
fn on_a_low_screen_a_notice_takes_two_lines_at_most() {
    let mut desk = Desk::usual((40, 12));
    let before = desk.screen();
    let words =
        "It is a long notice that would take three lines or more of a low screen, and covers what it is about. ";
    let now = desk.now;
    desk.model.warn(words.repeat(2), now);
    let after = desk.screen();
    let same = before.lines().zip(after.lines()).take_while(|(a, b)| a == b).count();
    assert_eq!(same, 10, "{after}");
    assert!(after.lines().nth(11).unwrap().contains('…'), "{after}");
}
