//! A rep answers: held, parked, sent anyway, taken back.

use comeback::domain::command::Command;
use comeback::domain::contact::Body;
use comeback::domain::conversation::AnswerState;
use comeback::domain::event::{Event, Review};
use comeback::domain::quiet_hours::Waits;
use comeback::domain::rejection::Rejection;
use comeback::domain::time::Span;

use crate::world::{Story, answer, at, kinds};

fn release(message: comeback::domain::id::MessageId, accept: &[Review]) -> Command {
    Command::Release { message, accept: accept.to_vec() }
}

#[test]
fn an_answer_waits_out_its_undo_time_and_takes_the_conversation() {
    let mut story = Story::with_mayas_buyer();
    let message = story.fresh();
    let said = story.does("maya", &answer(message)).unwrap();
    assert_eq!(kinds(&said), ["taken", "answer_held"]);
    assert_eq!(
        story.standing(message),
        Some(AnswerState::Held { not_before: story.now + Span::seconds(8), waits: None })
    );
    assert!(story.c().clock.is_some(), "the clock runs until the text enters sending");
    assert!(!story.starts(message), "and it does not leave before its time");
    story.wait(Span::millis(7999));
    assert!(!story.starts(message));
    story.wait(Span::millis(1));
    assert!(story.starts(message));
}

#[test]
fn a_hold_of_zero_sends_at_once() {
    let mut story = Story::with_mayas_buyer();
    story.playbook.undo_hold = Span::ZERO;
    let message = story.answers("maya");
    assert!(story.starts(message));
}

#[test]
fn empty_and_overlong_texts_are_refused() {
    let mut story = Story::with_mayas_buyer();
    let message = story.fresh();
    let write = |body: String| Command::Answer { message, body: Body::new(body), accept: Vec::new() };
    assert_eq!(story.does("maya", &write(" \n\t".to_owned())), Err(Rejection::Empty));
    assert_eq!(story.does("maya", &write("é".repeat(1601))), Err(Rejection::TooLong { most: 1600 }));
    assert!(story.does("maya", &write("é".repeat(1600))).is_ok());
}

#[test]
fn the_same_answer_twice_is_one_answer() {
    let mut story = Story::with_mayas_buyer();
    let message = story.answers("maya");
    assert_eq!(story.does("maya", &answer(message)), Ok(vec![]));
    assert_eq!(story.c().answers.len(), 1);
}

#[test]
fn each_reason_to_look_again_parks_and_names_itself() {
    type Before = fn(&mut Story);
    let cases: [(&str, Before, u64, Vec<Review>); 5] = [
        ("newer reply", |s| drop(s.texts("Wait, one more")), 1, vec![Review::NewerReply]),
        (
            "reassigned by a person",
            |s| drop(s.does("lea", &Command::Assign { to: "ben".into() })),
            1,
            vec![Review::Reassigned("ben".into())],
        ),
        (
            "taken by another",
            |s| drop((s.minutes_pass(5), s.does("ben", &Command::Take))),
            1,
            vec![Review::Reassigned("ben".into())],
        ),
        ("opted out", |s| drop(s.texts("STOP")), 2, vec![Review::OptedOut]),
        ("behind a parked one", |s| s.behind = true, 1, vec![Review::BehindParked]),
    ];
    for (name, before, seen, reasons) in cases {
        let mut story = Story::with_mayas_buyer();
        before(&mut story);
        let message = story.answers_having_seen("maya", seen);
        assert_eq!(story.parked(message), Some(reasons), "{name}");
        story.wait(Span::minutes(120));
        assert!(!story.starts(message), "a parked text never leaves by itself: {name}");
        assert!(
            story.record.iter().all(|(_, _, e)| !matches!(e, Event::Taken { by, .. } if by.as_str() == "maya")),
            "{name}"
        );
    }
}

#[test]
fn several_reasons_are_all_told_at_once() {
    let mut story = Story::with_mayas_buyer();
    story.does("lea", &Command::Assign { to: "ben".into() }).unwrap();
    story.texts("stop");
    let message = story.answers_having_seen("maya", 1);
    let reasons = story.parked(message).unwrap();
    assert_eq!(reasons, [Review::OptedOut, Review::NewerReply, Review::Reassigned("ben".into())]);
}

#[test]
fn a_mere_offer_to_somebody_else_does_not_stop_the_owner() {
    let mut story = Story::with_mayas_buyer();
    story.minutes_pass(5);
    let message = story.answers("maya");
    assert!(matches!(story.standing(message), Some(AnswerState::Held { .. })));
}

#[test]
fn the_night_is_the_buyers_and_a_direct_reply_may_go_at_any_hour() {
    let mut story = Story::begins();
    let mut buyer = crate::world::card("c-1");
    buyer.zone = Some(chrono_tz::America::Los_Angeles);
    story.crm_says(1, vec![buyer]);
    story.texts("Morning question");
    story.now = at("2026-03-04T09:30:00-05:00");
    let early = story.answers("maya");
    let window = AnswerState::Held { not_before: at("2026-03-04T08:00:00-08:00"), waits: Some(Waits::Window) };
    assert_eq!(story.standing(early), Some(window), "6:30 in Los Angeles");
    story.now = at("2026-03-04T11:00:00-05:00");
    let later = story.answers("maya");
    assert!(story.is_undoable(later), "8:00 in Los Angeles");
    story.now = at("2026-03-04T23:50:00-08:00");
    story.texts("Awake?");
    let direct = story.answers("maya");
    assert!(story.is_undoable(direct), "they wrote a minute ago");
}

#[test]
fn a_new_text_during_the_hold_needs_the_reps_eye() {
    let mut story = Story::with_mayas_buyer();
    let message = story.answers("maya");
    story.wait(Span::seconds(3));
    story.texts("Forget it, we signed elsewhere");
    assert_eq!(story.parked(message), Some(vec![Review::NewerReply]));
    story.wait(Span::seconds(30));
    assert!(!story.starts(message));
}

#[test]
fn a_tapback_during_the_hold_stops_nothing() {
    let mut story = Story::with_mayas_buyer();
    let message = story.answers("maya");
    story.texts("👍");
    story.wait(Span::seconds(8));
    assert!(story.starts(message));
}

#[test]
fn send_anyway_accepts_everything_but_an_opt_out() {
    let mut story = Story::with_mayas_buyer();
    story.does("lea", &Command::Assign { to: "ben".into() }).unwrap();
    story.behind = true;
    let message = story.answers_having_seen("maya", 0);
    let reasons = story.parked(message).unwrap();
    assert_eq!(reasons.len(), 3);
    story.behind = false;
    let said = story.does("maya", &release(message, &reasons)).unwrap();
    assert!(
        said.iter().any(|e| matches!(e, Event::AnswerReleased { accepted, .. } if *accepted == reasons)),
        "{said:?}"
    );
    assert_eq!(
        story.standing(message),
        Some(AnswerState::Held { not_before: story.now + Span::seconds(8), waits: None })
    );

    let mut story = Story::with_mayas_buyer();
    story.texts("stop");
    let message = story.answers("maya");
    let all = [Review::OptedOut, Review::NewerReply, Review::QuietHours, Review::BehindParked];
    story.does("maya", &release(message, &all)).unwrap();
    assert_eq!(story.parked(message), Some(vec![Review::OptedOut]));
    let second = story.fresh();
    let forced = Command::Answer { message: second, body: Body::new("please"), accept: all.to_vec() };
    story.does("maya", &forced).unwrap();
    assert_eq!(story.parked(second), Some(vec![Review::OptedOut]));
}

#[test]
fn send_anyway_is_judged_with_fresh_eyes() {
    let mut story = Story::with_mayas_buyer();
    story.texts("More");
    let message = story.answers_having_seen("maya", 1);
    story.texts("And more");
    story.does_having_seen("maya", 2, &release(message, &[])).unwrap();
    assert_eq!(story.parked(message), Some(vec![Review::NewerReply]), "she saw two of three");
    story.does_having_seen("maya", 3, &release(message, &[])).unwrap();
    assert!(
        matches!(story.standing(message), Some(AnswerState::Held { .. })),
        "having read all, nothing is left to accept"
    );
}

#[test]
fn a_stop_takes_back_every_unsent_text_and_keeps_the_first_reason() {
    let mut story = Story::with_mayas_buyer();
    let held = story.answers("maya");
    story.texts("hm");
    let other = story.answers("maya");
    story.texts("STOP");
    assert_eq!(story.parked(held), Some(vec![Review::OptedOut, Review::NewerReply]));
    assert_eq!(story.parked(other), Some(vec![Review::OptedOut]));
}

#[test]
fn an_answer_can_be_taken_back_while_it_has_not_left() {
    let mut story = Story::with_mayas_buyer();
    let held = story.answers("maya");
    assert_eq!(kinds(&story.does("maya", &Command::Recall { message: held }).unwrap()), ["answer_recalled"]);
    assert_eq!(story.standing(held), None);
    story.wait(Span::seconds(9));
    assert!(!story.starts(held), "what was taken back never leaves");

    let parked = story.answers_having_seen("maya", 0);
    assert!(story.parked(parked).is_some());
    assert!(story.does("maya", &Command::Recall { message: parked }).is_ok());

    let gone = story.answers("maya");
    story.wait(Span::seconds(8));
    assert!(story.starts(gone));
    assert_eq!(story.does("maya", &Command::Recall { message: gone }), Err(Rejection::AlreadyLeft));
    let never = story.fresh();
    assert_eq!(story.does("maya", &Command::Recall { message: never }), Err(Rejection::NoSuchAnswer));
}

#[test]
fn nobody_takes_back_or_sends_somebody_elses_text_but_the_lead_of_the_team() {
    let mut story = Story::with_mayas_buyer();
    story.minutes_pass(10);
    let mine = story.answers_having_seen("maya", 0);
    let refused = Err(Rejection::NotAllowed { needs: "lead".to_owned() });
    assert_eq!(story.does("ben", &Command::Recall { message: mine }), refused);
    assert_eq!(story.does("ben", &release(mine, &[])), refused);
    // Nora leads another team; that she also sits in this pool does not make her its lead.
    story.playbook.teams.get_mut(&"enterprise".into()).unwrap().members.insert("nora".into());
    assert_eq!(story.does("nora", &Command::Recall { message: mine }), refused);
    assert!(story.does("lea", &Command::Recall { message: mine }).is_ok());
}

#[test]
fn sending_it_again_after_taking_it_back_is_a_new_answer() {
    let mut story = Story::with_mayas_buyer();
    let first = story.answers("maya");
    story.does("maya", &Command::Recall { message: first }).unwrap();
    let second = story.answers("maya");
    story.wait(Span::seconds(8));
    assert!(!story.starts(first) && story.starts(second));
}

#[test]
fn the_id_of_an_answer_taken_back_stands_for_no_other_words() {
    let mut story = Story::with_mayas_buyer();
    let message = story.answers("maya");
    story.does("maya", &Command::Recall { message }).unwrap();
    assert_eq!(story.does("maya", &answer(message)), Err(Rejection::NoSuchAnswer));
    let another = story.answers("maya");
    assert!(story.standing(another).is_some());
}
