//! A meeting is booked at the terminal: its time, its length and a note are asked for, and each can be passed over.

use std::sync::Arc;

use comeback::client::handle::{Ask, LinkState, Notice, OutboxEntry, OutboxStanding};
use comeback::domain::asking::heard::Heard;
use comeback::domain::command::Command;
use comeback::domain::contact::Body;
use comeback::domain::conversation::Status;
use comeback::domain::event::Outcome;
use comeback::domain::meeting::Meeting;
use comeback::domain::time::{Span, Timestamp};
use comeback::domain::zone;
use comeback::wire::changes::Author;

use crate::tui_screens::{SIZES, shows};
use crate::tui_world::{Desk, START, entry, id, link, said};

fn at(text: &str) -> Timestamp {
    chrono::DateTime::parse_from_rfc3339(text).unwrap().to_utc().into()
}

/// The first buyer is in Los Angeles; Maya sits in New York.
fn desk(size: (u16, u16)) -> Desk {
    let mut desk = Desk::usual(size);
    desk.change(1, |t| t.row.place = zone::of(&[], Some(&t.row.address), chrono_tz::America::Los_Angeles));
    desk.keys("j");
    assert_eq!(desk.model.target(), Some(id(1)));
    desk
}

/// What was asked of the first buyer's conversation since the last time.
fn asked(desk: &mut Desk) -> Vec<Command> {
    let of = |ask| match ask {
        Ask::Do { conversation, command, .. } if conversation == Some(id(1)) => Some(command),
        _ => None,
    };
    desk.commands().into_iter().filter_map(of).collect()
}

/// The meeting that was asked to be booked, and what was written on it.
fn booked(desk: &mut Desk) -> (Option<Meeting>, Option<Body>) {
    match asked(desk).as_slice() {
        [Command::Booked { meeting, note }] => (*meeting, note.as_ref().map(|note| note.body.clone())),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_meeting_has_a_time_a_length_and_a_note() {
    for size in SIZES {
        let mut desk = desk(size);
        desk.keys("d");
        shows(&desk, "done");
        desk.types("meeting").keys("Enter").types("fri 14:30");
        shows(&desk, "meeting-when");
        desk.keys("Enter").types("45m");
        shows(&desk, "meeting-length");
        desk.keys("Enter").types("Wants the annual plan.");
        shows(&desk, "meeting-note");
        assert_eq!(asked(&mut desk), []);
        desk.keys("Enter");
        let (meeting, note) = booked(&mut desk);
        assert_eq!(meeting, Some(Meeting { from: at("2026-03-06T14:30:00-05:00"), minutes: 45 }));
        assert_eq!(note, Some(Body::new("Wants the annual plan.")));
        assert_eq!(desk.model.overlay, None);
        desk.says("meeting booked for Fri 14:30");
    }
}

#[test]
fn each_can_be_passed_over_and_esc_says_nothing_at_all() {
    let mut desk = desk((80, 24));
    desk.keys("d 4 Enter Enter");
    assert_eq!(asked(&mut desk), [Command::Done { outcome: Outcome::Meeting }]);
    // A time alone is half an hour; a note alone has no time.
    desk.keys("d 4").types("tomorrow 10am").keys("Enter Enter Enter");
    let meeting = Some(Meeting { from: at("2026-03-04T10:00:00-05:00"), minutes: 30 });
    assert_eq!(asked(&mut desk), [Command::Booked { meeting, note: None }]);
    desk.keys("d 4 Enter").types("She calls back.").keys("Enter");
    assert_eq!(booked(&mut desk), (None, Some(Body::new("She calls back."))));
    for keys in ["d 4 Esc", "d 4 1 h Enter Esc", "d 4 1 h Enter Enter Esc"] {
        desk.keys(keys);
        assert_eq!((asked(&mut desk), &desk.model.overlay), (vec![], &None), "{keys}");
    }
}

#[test]
fn what_is_no_time_stays_and_it_is_said_why() {
    let mut desk = desk((80, 24));
    desk.keys("d 4").types("soonish");
    desk.says("no time to come yet");
    desk.keys("Enter");
    desk.says("Not a time to come");
    desk.says("soonish");
    desk.keys("Ctrl-u").types("fri 14:30").keys("Enter").types("3d");
    desk.says("no end within a day yet");
    desk.keys("Enter");
    desk.says("Not an end within a day");
    desk.keys("Ctrl-u").types("15:15").keys("Enter Enter");
    let meeting = Some(Meeting { from: at("2026-03-06T14:30:00-05:00"), minutes: 45 });
    assert_eq!(asked(&mut desk), [Command::Booked { meeting, note: None }]);
}

#[test]
fn a_note_says_whether_the_crm_gets_it() {
    for size in [(80, 24), (120, 40)] {
        let mut desk = desk(size);
        desk.change(1, |t| {
            let mut told = said(720, START, Author::Note("maya".into()), "Wants the annual plan.");
            told.for_crm = true;
            t.messages.extend([told, said(721, START, Author::Note("maya".into()), "Be quick.")]);
        });
        desk.keys("Enter");
        desk.says("note by you 10:00 (for the CRM, too)");
        desk.says("note by you 10:00 (not for the buyer)");
        desk.keys("d 4 Enter");
        desk.says("For the CRM and for colleagues.");
        desk.keys("Esc");
        // Where none is connected, nobody is told that it gets anything.
        desk.change(1, |t| t.heard = Heard::NoCrm);
        assert!(!desk.screen().contains("for the CRM"), "{}", desk.screen());
        desk.keys("d 4 Enter");
        desk.says("For colleagues.");
    }
}

#[test]
fn one_time_does_not_fit_many() {
    let mut desk = Desk::usual((80, 24));
    desk.keys("x x d 4");
    let all = desk.commands();
    let done = Command::Done { outcome: Outcome::Meeting };
    assert_eq!(all.len(), 2);
    assert!(all.iter().all(|ask| matches!(ask, Ask::Do { command, .. } if *command == done)), "{all:?}");
}

#[test]
fn offline_it_waits_in_the_outbox_and_u_takes_it_back_without_making_a_text_of_its_note() {
    let mut desk = desk((80, 24));
    let (since, retry_at) = (START - Span::minutes(3), START + Span::seconds(8));
    desk.hear(Notice::Link(link(LinkState::Offline { since, retry_at, why: String::new() })));
    desk.keys("d 4 1 h Enter Enter").types("Wants the annual plan.").keys("Enter");
    assert_eq!(asked(&mut desk).len(), 1);
    let queued = OutboxEntry {
        aside: true,
        what: "done: meeting booked".to_owned(),
        ..entry(1001, &desk.threads[&id(1)], "Wants the annual plan.", OutboxStanding::Queued)
    };
    let drop = Ask::OutboxDrop { entry: queued.id, keep_as_draft: false };
    desk.hear(Notice::Outbox(Arc::new(vec![queued])));
    desk.change(1, |t| t.row.status = Status::Done(Outcome::Meeting));
    desk.keys("u");
    assert!(desk.commands().contains(&drop));
    let composer = desk.model.composer.as_ref().unwrap();
    assert_eq!((composer.note, composer.input.text()), (true, "Wants the annual plan."));
    // Once the backend has it, it is opened again like any other end.
    desk.keys("Ctrl-u Esc");
    desk.hear(Notice::Outbox(Arc::new(vec![])));
    desk.keys("u");
    assert!(asked(&mut desk).contains(&Command::Reopen));
}
