//! An answer that may go, but not yet: closed hours, and times that reps choose.

use comeback::domain::command::{Actor, Command};
use comeback::domain::contact::{Address, Body};
use comeback::domain::conversation::AnswerState;
use comeback::domain::event::{Event, Outcome, Review};
use comeback::domain::id::MessageId;
use comeback::domain::quiet_hours::{Said, Waits};
use comeback::domain::rejection::Rejection;
use comeback::domain::time::{Span, Timestamp};
use comeback::domain::zone::Source;

use crate::world::{Story, answer, at, card, kinds};

const EVENING: &str = "2026-03-03T20:30:00-05:00";

/// Maya's buyer in Florida wrote at ten; it is half past eight in the evening, half an hour after Florida's last minute.
fn evening() -> Story {
    let mut story = Story::begins();
    story.addresses.insert(Story::number(1), Address::parse("+13055550100").unwrap());
    story.crm_says(1, vec![card("c-1")]);
    story.texts("Can we talk about the price?");
    story.now = at(EVENING);
    story
}

fn held(story: &Story, message: MessageId) -> Option<(Timestamp, Option<Waits>)> {
    match story.standing(message) {
        Some(AnswerState::Held { not_before, waits }) => Some((not_before, waits)),
        _ => None,
    }
}

fn later(message: MessageId, at: Timestamp) -> Command {
    Command::AnswerLater { message, body: Body::new("Good morning"), at, accept: Vec::new() }
}

fn begin(story: &mut Story, message: MessageId) -> Vec<Event> {
    story.machine(Actor::Effects, &Command::BeginSend { message })
}

#[test]
fn a_text_nobody_just_asked_for_waits_for_the_law_of_the_state_and_says_until_when() {
    let mut story = evening();
    let message = story.answers("maya");
    let opens = at("2026-03-04T08:00:00-05:00");
    assert_eq!(held(&story, message), Some((opens, Some(Waits::Window))));
    let judged = story.record.iter().find_map(|(_, _, e)| match e {
        Event::AnswerHeld { judged, .. } => judged.clone(),
        _ => None,
    });
    let judged = judged.unwrap();
    assert_eq!((judged.said, judged.by), (Said::Until(opens), Source::AreaCode));
    assert_eq!(judged.states, ["US-FL"]);
    assert_eq!(judged.closed_by.as_deref(), Some("Fla. Stat. 501.616(6)"));
    story.now = opens - Span::millis(1);
    assert!(!story.starts(message));
    story.now = opens;
    assert!(story.starts(message), "and then it leaves by itself");
}

#[test]
fn a_direct_answer_leaves_at_night_and_the_record_says_why() {
    let mut story = evening();
    story.texts("Are you still there?");
    let message = story.answers("maya");
    assert!(story.is_undoable(message));
    let why = story.record.iter().any(|(_, _, e)| {
        matches!(e, Event::AnswerHeld { judged: Some(judged), .. } if judged.said == Said::Direct && judged.closed_by.is_some())
    });
    assert!(why);
    story.wait(Span::seconds(8));
    assert!(story.starts(message));
}

#[test]
fn what_was_put_off_needs_the_reps_eye_once_the_buyer_writes_and_can_be_taken_back() {
    let mut story = evening();
    let message = story.answers("maya");
    story.texts("We signed with somebody else");
    assert_eq!(story.parked(message), Some(vec![Review::NewerReply]));
    let other = story.answers("maya");
    story.does("maya", &Command::Recall { message: other }).unwrap();
    assert_eq!(story.standing(other), None);
}

#[test]
fn hours_that_close_during_the_undo_time_put_it_off() {
    let mut story = evening();
    story.now = at("2026-03-03T19:59:55-05:00");
    let message = story.answers("maya");
    assert!(story.is_undoable(message));
    story.wait(Span::seconds(8));
    let said = begin(&mut story, message);
    let opens = at("2026-03-04T08:00:00-05:00");
    assert!(matches!(said.as_slice(), [Event::AnswerWaits { not_before, .. }] if *not_before == opens), "{said:?}");
    assert_eq!(held(&story, message), Some((opens, Some(Waits::Window))));
    assert!(story.c().clock.is_some(), "the clock runs on: the buyer has no answer");
}

#[test]
fn a_direct_answer_whose_hours_close_during_its_undo_time_leaves_and_the_record_says_why() {
    let mut story = evening();
    story.now = at("2026-03-03T19:59:55-05:00");
    story.texts("Are you still there?");
    let message = story.answers("maya");
    let told = |said: &[Event]| {
        said.iter().any(|fact| matches!(fact, Event::SendStarted { judged: Some(j), .. } if j.said == Said::Direct))
    };
    let quiet = |e: &Event| matches!(e, Event::AnswerHeld { judged: None, .. });
    assert!(story.record.iter().any(|(_, _, e)| quiet(e)), "in open hours there was nothing to say");
    story.wait(Span::seconds(8));
    let said = begin(&mut story, message);
    assert!(told(&said), "{said:?}");

    let mut story = evening();
    story.now = at("2026-03-03T12:00:00-05:00");
    story.texts("Are you still there?");
    let message = story.answers("maya");
    story.wait(Span::seconds(8));
    let said = begin(&mut story, message);
    assert!(!told(&said) && matches!(said[0], Event::SendStarted { judged: None, .. }), "{said:?}");
}

#[test]
fn a_chosen_time_is_kept_and_moves_only_into_open_hours() {
    let mut story = evening();
    let (noon, night) = (at("2026-03-05T12:00:00-05:00"), at("2026-03-05T20:15:00-05:00"));
    let (first, second) = (story.fresh(), story.fresh());
    story.does("maya", &later(first, noon)).unwrap();
    story.does("maya", &later(second, night)).unwrap();
    assert_eq!(held(&story, first), Some((noon, Some(Waits::Chosen))));
    assert_eq!(held(&story, second), Some((at("2026-03-06T08:00:00-05:00"), Some(Waits::Window))));
    // It is no direct answer, also when the buyer wrote a minute ago: it was put off.
    story.texts("Hello?");
    let third = story.fresh();
    story.does("maya", &later(third, story.now + Span::minutes(30))).unwrap();
    assert_eq!(held(&story, third).unwrap().1, Some(Waits::Window));
}

#[test]
fn a_text_put_off_till_thursday_lets_todays_pass() {
    let mut story = evening();
    story.now = at("2026-03-03T12:00:00-05:00");
    let (thursday, today) = (story.fresh(), story.fresh());
    story.does("maya", &later(thursday, at("2026-03-05T12:00:00-05:00"))).unwrap();
    story.does("maya", &answer(today)).unwrap();
    story.wait(Span::seconds(8));
    assert!(!story.starts(thursday));
    assert!(story.starts(today));
}

#[test]
fn consent_and_the_holder_are_judged_again_at_the_chosen_time() {
    let noon = at("2026-03-05T12:00:00-05:00");
    let put_off = || {
        let mut story = evening();
        let message = story.fresh();
        story.does("maya", &later(message, noon)).unwrap();
        (story, message)
    };
    let (mut story, message) = put_off();
    story.does("lea", &Command::Assign { to: "ben".into() }).unwrap();
    story.now = noon;
    assert!(!story.starts(message));
    assert_eq!(story.parked(message), Some(vec![Review::Reassigned("ben".into())]));

    let (mut story, message) = put_off();
    let number = story.numbers.get_mut(&Story::number(1)).unwrap();
    number.opt_out(story.now, &comeback::domain::consent::OptOutSource::Carrier);
    story.now = noon;
    assert!(!story.starts(message));
    assert_eq!(story.parked(message), Some(vec![Review::OptedOut]));

    let (mut story, message) = put_off();
    story.does("maya", &Command::Done { outcome: Outcome::Texted }).unwrap();
    story.now = noon;
    assert!(story.starts(message), "a finished conversation does not stop it");
}

#[test]
fn a_time_that_passed_on_the_way_is_left_to_the_reps_eye() {
    let mut story = evening();
    story.now = at("2026-03-03T12:00:00-05:00");
    let (just, long, far) = (story.fresh(), story.fresh(), story.fresh());
    story.does("maya", &later(just, story.now - Span::minutes(15))).unwrap();
    assert!(story.is_undoable(just), "a few minutes late still means now");
    story.does("maya", &later(long, story.now - Span::minutes(16))).unwrap();
    assert_eq!(story.parked(long), Some(vec![Review::TimePassed]));
    let accept = vec![Review::TimePassed];
    story.does("maya", &Command::Release { message: long, accept }).unwrap();
    assert!(story.is_undoable(long));
    assert_eq!(story.does("maya", &later(far, story.now + Span::minutes(367 * 1440))), Err(Rejection::TooFar));
}

#[test]
fn send_now_is_refused_in_closed_hours_unless_the_playbook_lets_a_two_way_conversation() {
    let now = |message| Command::Release { message, accept: vec![Review::QuietHours] };
    let mut story = evening();
    let message = story.answers("maya");
    let until = at("2026-03-04T08:00:00-05:00");
    assert_eq!(story.does("maya", &now(message)), Err(Rejection::QuietThere { until }));
    assert_eq!(held(&story, message), Some((until, Some(Waits::Window))), "it goes on waiting");
    // The playbook lets them, but nobody has answered the buyer yet.
    story.playbook.compliance.send_anyway = true;
    assert_eq!(story.does("maya", &now(message)), Err(Rejection::QuietThere { until }));

    let mut story = evening();
    story.playbook.compliance.send_anyway = true;
    story.now = at("2026-03-03T12:00:00-05:00");
    let first = story.answers("maya");
    story.wait(Span::seconds(8));
    assert!(story.starts(first));
    story.machine(
        Actor::Carrier,
        &Command::Report { message: first, delivery: comeback::domain::message::Delivery::Delivered, error: None },
    );
    story.now = at(EVENING);
    let message = story.answers("maya");
    assert!(held(&story, message).is_some_and(|(_, waits)| waits == Some(Waits::Window)), "not by itself");
    let said = story.does("maya", &now(message)).unwrap();
    assert!(
        said.iter().any(|e| matches!(e, Event::AnswerReleased { accepted, .. } if *accepted == [Review::QuietHours])),
        "the journal says that she looked: {said:?}"
    );
    story.wait(Span::seconds(8));
    assert!(story.starts(message));
    // And written so from the start.
    story.machine(
        Actor::Carrier,
        &Command::Report { message, delivery: comeback::domain::message::Delivery::Delivered, error: None },
    );
    let third = story.fresh();
    let accept = vec![Review::QuietHours];
    let body = Body::new("One more thing");
    let said = story.does("maya", &Command::Answer { message: third, body, accept }).unwrap();
    assert_eq!(held(&story, third), Some((story.now + Span::seconds(8), Some(Waits::Overruled))), "{:?}", kinds(&said));
    story.wait(Span::seconds(8));
    assert!(story.starts(third));
}

#[test]
fn what_was_chosen_can_be_sent_now_in_open_hours() {
    let mut story = evening();
    story.now = at("2026-03-03T12:00:00-05:00");
    let message = story.fresh();
    story.does("maya", &later(message, at("2026-03-05T12:00:00-05:00"))).unwrap();
    story.does("maya", &Command::Release { message, accept: vec![Review::QuietHours] }).unwrap();
    assert!(story.is_undoable(message), "nothing was overruled: the hours are open");
}

#[test]
fn hours_that_never_open_need_the_reps_eye() {
    let mut story = evening();
    (story.playbook.compliance.open_minute, story.playbook.compliance.close_minute) = (22 * 60, 23 * 60);
    let message = story.answers("maya");
    assert_eq!(story.parked(message), Some(vec![Review::QuietHours]));
}

#[test]
fn a_parked_text_that_is_sent_after_all_at_night_waits_for_the_morning() {
    let mut story = evening();
    let message = story.answers_having_seen("maya", 0);
    assert_eq!(story.parked(message), Some(vec![Review::NewerReply]));
    let accept = vec![Review::NewerReply];
    let said = story.does("maya", &Command::Release { message, accept }).unwrap();
    assert_eq!(kinds(&said), ["taken", "answer_released", "answer_waits"]);
    assert_eq!(held(&story, message).unwrap().1, Some(Waits::Window));
}
