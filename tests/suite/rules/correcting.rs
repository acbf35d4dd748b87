//! What kind of text it is, put right by a person: a fact without a word of the text, and it moves nothing.

use comeback::domain::command::Command;
use comeback::domain::correction::{Corrections, taken};
use comeback::domain::event::Event;
use comeback::domain::id::MessageId;
use comeback::domain::kind::MessageKind::{self, Positive, Pricing, Question};
use comeback::domain::message::InboundKind;
use comeback::domain::rejection::Rejection;

use crate::world::{Story, kinds};

fn correct(message: MessageId, guess: MessageKind, kind: MessageKind) -> Command {
    Command::CorrectKind { message, guess, kind, version: 1 }
}

#[test]
fn a_correction_is_one_fact_that_moves_no_clock_and_holds_no_text() {
    let mut story = Story::with_mayas_buyer();
    let message = story.fresh();
    let before = story.c().clone();
    let said = story.does("maya", &correct(message, Question, Pricing)).unwrap();
    assert_eq!(kinds(&said), ["kind_corrected"]);
    assert_eq!((&story.c().clock, &story.c().assignment), (&before.clock, &before.assignment));
    let shown = |story: &Story| taken(InboundKind::Text, message, "and what about it?", story.c().corrected).unwrap();
    assert_eq!((shown(&story).kind, shown(&story).guess), (Pricing, Question));
    assert_eq!(story.does("maya", &correct(message, Question, Pricing)), Ok(vec![]), "twice is once");
    // Agreeing with the guess after all takes it back.
    assert_eq!(kinds(&story.does("maya", &correct(message, Question, Question)).unwrap()), ["kind_corrected"]);
    assert_eq!(shown(&story).kind, Question);
    story.texts("Sounds good");
    assert_eq!(story.c().corrected, None, "a newer text is guessed anew");
}

#[test]
fn agreeing_with_the_guess_is_no_fact_and_who_sees_nothing_corrects_nothing() {
    let mut story = Story::with_mayas_buyer();
    let message = story.fresh();
    assert_eq!(story.does("maya", &correct(message, Question, Question)), Ok(vec![]));
    assert_eq!(story.does("kim", &correct(message, Question, Pricing)), Err(Rejection::NotFound));
}

#[test]
fn corrections_are_counted_by_guess_and_truth_once_a_text() {
    let mut story = Story::with_mayas_buyer();
    let mut counted = Corrections::default();
    let mut told = |message, guess, kind| {
        let by = "maya".into();
        counted.take_in(&Event::KindCorrected { message, by, guess, kind, version: 1 });
    };
    let (one, two, three) = (story.fresh(), story.fresh(), story.fresh());
    told(one, Question, Pricing);
    told(two, Question, Positive);
    told(two, Question, Pricing);
    told(three, Positive, Pricing);
    told(three, Positive, Positive);
    assert_eq!(counted.counted(), [(Question, Pricing, 2)], "the last word counts, and what was taken back does not");
}
