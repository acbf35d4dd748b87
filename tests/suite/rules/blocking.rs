//! A number that sends rubbish: kept, and heard by nobody.

use comeback::domain::block::Why;
use comeback::domain::command::Command;
use comeback::domain::conversation::Status;
use comeback::domain::event::{Outcome, Review};
use comeback::domain::rejection::Rejection;
use comeback::domain::time::Span;

use crate::world::{Story, kinds};

fn block() -> Command {
    Command::Block { reason: Why::Spam }
}

fn blocked() -> Story {
    let mut story = Story::with_mayas_buyer();
    story.does("maya", &block()).unwrap();
    story
}

#[test]
fn blocking_puts_the_conversation_away_and_stops_its_clock() {
    let mut story = Story::with_mayas_buyer();
    let said = story.does("maya", &block()).unwrap();
    assert_eq!(kinds(&said), ["blocked", "sla_dropped", "done"]);
    assert!(story.c().clock.is_none());
    assert_eq!(story.c().status, Status::Done(Outcome::NoAnswerNeeded));
    assert_eq!(story.does("maya", &block()), Ok(vec![]), "twice is once");
}

#[test]
fn what_a_blocked_number_texts_is_kept_and_raises_nothing() {
    let mut story = blocked();
    let before = story.c().inbound;
    for text in ["Buy cheap watches", "HELLO??", "👍", ""] {
        assert_eq!(kinds(&story.texts(text)), ["received"], "{text}");
    }
    assert_eq!(story.c().inbound, before + 4, "every text is in the record");
    assert!(story.c().clock.is_none() && story.c().is_done());
    // On another line it is the same: a new conversation that is put away at once.
    let said = story.receives(1, "dock", "And here?", 0, None);
    assert_eq!(kinds(&said), ["opened", "received", "done"]);
    story.minutes_pass(60);
    assert!(story.expires().is_empty(), "nobody is ever asked");
}

#[test]
fn a_stop_counts_from_a_blocked_number_too() {
    let mut story = blocked();
    story.texts("STOP");
    assert!(story.numbers[&Story::number(1)].opted_out.is_some());
    story.wait(Span::seconds(1));
    story.texts("START");
    assert!(story.numbers[&Story::number(1)].opted_out.is_none());
}

#[test]
fn nothing_goes_to_a_blocked_number_and_no_rep_can_accept_that_away() {
    let mut story = Story::with_mayas_buyer();
    let held = story.answers("maya");
    story.does("maya", &block()).unwrap();
    assert_eq!(story.parked(held), Some(vec![Review::Blocked]));
    let accept = vec![Review::Blocked];
    story.does("maya", &Command::Release { message: held, accept }).unwrap();
    assert_eq!(story.parked(held), Some(vec![Review::Blocked]));
    let another = story.answers("maya");
    assert_eq!(story.parked(another), Some(vec![Review::Blocked]));
    story.wait(Span::minutes(5));
    assert!(!story.starts(held) && !story.starts(another));
}

#[test]
fn only_a_lead_or_an_admin_unblocks_and_then_the_next_text_is_heard() {
    let mut story = blocked();
    let refused = Err(Rejection::NotAllowed { needs: "lead".to_owned() });
    assert_eq!(story.does("maya", &Command::Unblock), refused);
    assert_eq!(kinds(&story.does("lea", &Command::Unblock).unwrap()), ["unblocked"]);
    assert_eq!(story.does("lea", &Command::Unblock), Ok(vec![]));
    story.texts("I really am a customer");
    assert!(story.c().clock.is_some() && !story.c().is_done());
}
