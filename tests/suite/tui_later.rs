//! Texts that wait, at the terminal: until when, there and here, and what can be done meanwhile.

use std::sync::Arc;

use comeback::client::handle::{Ask, Notice, OutboxStanding};
use comeback::domain::command::Command;
use comeback::domain::contact::Address;
use comeback::domain::conversation::AnswerState;
use comeback::domain::event::Review;
use comeback::domain::quiet_hours::Waits;
use comeback::domain::time::{Span, Timestamp};
use comeback::domain::zone;

use crate::tui_screens::shows;
use crate::tui_world::{Desk, START, answered, entry, id};

const SIZES: [(u16, u16); 2] = [(40, 12), (80, 24)];

/// Tuesday 22:00 in New York, where Maya sits; her buyer is in Los Angeles, where it is seven.
const NIGHT: Timestamp = Timestamp::from_millis(1_772_550_000_000 + 12 * 3_600_000);

fn at(text: &str) -> Timestamp {
    chrono::DateTime::parse_from_rfc3339(text).unwrap().to_utc().into()
}

/// Maya's first buyer is in the state of a number, and wrote this long ago.
fn desk(size: (u16, u16), number: &str, now: Timestamp) -> Desk {
    let mut desk = Desk::usual(size);
    desk.now = now;
    let address = Address::parse(number).unwrap();
    desk.change(1, |t| {
        t.row.place = zone::of(&[], Some(&address), chrono_tz::America::New_York);
        t.row.wrote = Some(now - Span::minutes(600));
    });
    desk
}

#[test]
fn a_text_in_closed_hours_says_before_it_is_sent_until_when_it_waits() {
    for size in SIZES {
        let mut desk = desk(size, "+12065550100", NIGHT + Span::minutes(120));
        // Washington closes at eight, and it is nine there.
        desk.keys("j r").types("Good morning");
        desk.says("waits until");
        shows(&desk, "closed-hours");
    }
    let mut desk = desk((80, 24), "+12065550100", NIGHT);
    desk.keys("j r").types("Good evening");
    assert!(!desk.screen().contains("waits until"), "it is seven in Washington\n{}", desk.screen());
    let row = |d: &mut Desk, text: &str| d.change(1, |t| t.row.wrote = Some(at(text)));
    desk.now = NIGHT + Span::minutes(120);
    row(&mut desk, "2026-03-03T23:30:00-05:00");
    assert!(!desk.screen().contains("waits until"), "they wrote half an hour ago\n{}", desk.screen());
}

#[test]
fn a_time_is_chosen_on_the_buyers_clock_and_enter_puts_it_off() {
    let mut desk = desk((80, 24), "+13105550100", START);
    desk.keys("j r").types("See you on Friday").keys("Ctrl-t");
    desk.says("tomorrow 9:00 there");
    desk.says("Wed 09:00 there, Wed 12:00 here");
    desk.keys("2");
    desk.says("Enter puts it off");
    assert_eq!(desk.commands().iter().filter(|a| matches!(a, Ask::Do { .. })).count(), 0, "nothing is sent yet");
    desk.keys("Enter");
    let asked = desk.commands();
    let Ask::Do { command: Command::AnswerLater { at: chosen, body, .. }, .. } = &asked[0] else { panic!("{asked:?}") };
    assert_eq!((*chosen, body.as_str()), (at("2026-03-04T09:00:00-08:00"), "See you on Friday"));
}

#[test]
fn another_time_is_typed_and_what_is_no_time_is_asked_again() {
    let mut desk = desk((80, 24), "+13105550100", START);
    desk.keys("j r").types("Soon").keys("Ctrl-t 4").types("sooon").keys("Enter");
    desk.says("Not a time to come");
    desk.keys("Ctrl-u").types("fri 20:30").keys("Enter");
    desk.says("Fri 20:30 there, Fri 23:30 here");
    // And back to as soon as it may.
    desk.keys("Ctrl-t 5 Enter");
    let asked = desk.commands();
    assert!(asked.iter().any(|a| matches!(a, Ask::Do { command: Command::Answer { .. }, .. })), "{asked:?}");
}

#[test]
fn what_waits_is_said_with_its_hour_there_and_here_and_keeps_its_time_when_taken_back() {
    let opens = at("2026-03-04T09:00:00-08:00");
    for size in SIZES {
        let mut desk = desk(size, "+13105550100", START);
        desk.change(1, |t| {
            let held = |not_before, why| AnswerState::Held { not_before, waits: Some(why) };
            t.messages.clear();
            t.messages.push(answered(900, START, "Good morning", held(opens, Waits::Window)));
            t.messages.push(answered(901, START, "See you", held(opens, Waits::Chosen)));
        });
        let chosen = entry(901, &desk.threads[&id(1)], "See you", OutboxStanding::Waits(opens, Waits::Chosen));
        let night = entry(900, &desk.threads[&id(1)], "Good morning", OutboxStanding::Waits(opens, Waits::Window));
        desk.hear(Notice::Outbox(Arc::new(vec![night, chosen])));
        desk.keys("j Enter");
        shows(&desk, "waiting");
        desk.keys("O");
        shows(&desk, "waiting-outbox");
    }
    let mut desk = desk((80, 24), "+13105550100", START);
    let chosen = entry(901, &desk.threads[&id(1)], "See you", OutboxStanding::Waits(opens, Waits::Chosen));
    desk.hear(Notice::Outbox(Arc::new(vec![chosen])));
    desk.keys("j u");
    let composer = desk.model.composer.as_ref().unwrap();
    assert_eq!((composer.input.text(), composer.later), ("See you", Some(opens)));
}

#[test]
fn send_anyway_in_closed_hours_is_offered_only_where_the_playbook_lets_one() {
    let opens = at("2026-03-04T09:00:00-08:00");
    let offered = |anyway: bool, why: Waits| {
        let mut desk = desk((80, 24), "+13105550100", START);
        let mut inbox = desk.model.inbox.as_deref().unwrap().clone();
        let mut playbook = inbox.playbook.as_deref().unwrap().clone();
        playbook.compliance.send_anyway = anyway;
        inbox.playbook = Some(Arc::new(playbook));
        desk.hear(Notice::Inbox(Arc::new(inbox)));
        let waits = entry(900, &desk.threads[&id(1)], "Good morning", OutboxStanding::Waits(opens, why));
        desk.hear(Notice::Outbox(Arc::new(vec![waits])));
        desk.keys("O z");
        desk.screen()
    };
    assert!(!offered(false, Waits::Window).contains("Send anyway"));
    assert!(offered(true, Waits::Window).contains("Send anyway"));
    assert!(offered(false, Waits::Chosen).contains("Send now"));
}

#[test]
fn no_two_reasons_to_wait_are_called_the_same() {
    let desk = {
        let mut desk = desk((120, 40), "+13105550100", START);
        let opens = at("2026-03-04T09:00:00-08:00");
        let standings = [
            OutboxStanding::Held(START + Span::seconds(8)),
            OutboxStanding::Waits(opens, Waits::Window),
            OutboxStanding::Parked(vec![Review::NewerReply]),
            OutboxStanding::Queued,
        ];
        let entries =
            standings.into_iter().zip(900..).map(|(s, n)| entry(n, &desk.threads[&id(1)], "text", s)).collect();
        desk.hear(Notice::Outbox(Arc::new(entries)));
        desk.keys("O");
        desk
    };
    for words in ["sending in 8 s", "waits until Wed 09:00 there", "needs your eye", "waits for the network"] {
        assert_eq!(desk.screen().matches(words).count(), 1, "{words}\n{}", desk.screen());
    }
}

#[test]
fn whom_a_text_is_for_stands_before_what_it_waits_for_on_every_screen() {
    let opens = at("2026-03-04T09:00:00-08:00");
    for size in [(40, 12), (50, 14), (80, 24), (140, 40)] {
        let mut desk = desk(size, "+13105550100", START);
        let night = entry(900, &desk.threads[&id(1)], "Good morning", OutboxStanding::Waits(opens, Waits::Window));
        let hold = OutboxStanding::Parked(vec![Review::OptOutHold]);
        let hold = entry(901, &desk.threads[&id(3)], "See you", hold);
        desk.hear(Notice::Outbox(Arc::new(vec![night, hold])));
        desk.keys("O");
        let told = |desk: &Desk| desk.screen().replace('│', " ").split_whitespace().collect::<Vec<_>>().join(" ");
        let first = desk.screen().lines().any(|row| row.starts_with("│> Dana Fox +14155550001 · answer"));
        assert!(first, "{}", desk.screen());
        assert!(
            told(&desk).contains("waits until Wed 09:00 there, 12:00 here, quiet hours there"),
            "{}",
            desk.screen()
        );
        // Both at once, but on the lowest screen.
        if size.1 < 14 {
            desk.says("↓ 1 more");
            desk.keys("j");
        }
        assert!(told(&desk).contains("Priya Nair +14155550003"), "{}", desk.screen());
        assert!(told(&desk).contains("opt-out hold: waits until somebody rules (z)"), "{}", desk.screen());
    }
}
