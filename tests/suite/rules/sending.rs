//! From "may go" to "arrived": consent, order, clocks and what the carrier says.

use comeback::domain::command::{Actor, Command};
use comeback::domain::conversation::{AnswerState, Status};
use comeback::domain::event::{Event, Outcome, Review};
use comeback::domain::id::MessageId;
use comeback::domain::message::Delivery;
use comeback::domain::sla::Stage;
use comeback::domain::time::Span;

use crate::world::{Story, kinds};

fn report(message: MessageId, delivery: Delivery, error: Option<u32>) -> Command {
    Command::Report { message, delivery, error }
}

/// Maya's answer has entered `sending`.
fn sent() -> (Story, MessageId) {
    let mut story = Story::with_mayas_buyer();
    let message = story.answers("maya");
    story.wait(Span::seconds(8));
    assert!(story.starts(message));
    (story, message)
}

#[test]
fn entering_sending_meets_the_clock_once() {
    let mut story = Story::with_mayas_buyer();
    let (first, second) = (story.answers("maya"), story.answers("maya"));
    story.wait(Span::seconds(8));
    let said = story.machine(Actor::Effects, &Command::BeginSend { message: first });
    assert_eq!(
        said,
        [Event::SendStarted { message: first, judged: None }, Event::SlaMet { by: Some(first), late: false }]
    );
    story.machine(Actor::Carrier, &report(first, Delivery::Accepted, None));
    let said = story.machine(Actor::Effects, &Command::BeginSend { message: second });
    assert_eq!(said, [Event::SendStarted { message: second, judged: None }]);
}

#[test]
fn an_answer_after_the_due_time_is_late() {
    let mut story = Story::with_mayas_buyer();
    story.minutes_pass(16);
    let message = story.answers("maya");
    story.wait(Span::seconds(8));
    let said = story.machine(Actor::Effects, &Command::BeginSend { message });
    assert!(said.contains(&Event::SlaMet { by: Some(message), late: true }), "{said:?}");
}

#[test]
fn consent_is_read_again_when_the_text_would_leave() {
    let mut story = Story::with_mayas_buyer();
    let message = story.answers("maya");
    // The opt-out reached the number by a way this conversation has not heard of.
    let number = story.numbers.get_mut(&Story::number(1)).unwrap();
    number.opt_out(story.now, &comeback::domain::consent::OptOutSource::Carrier);
    story.wait(Span::seconds(8));
    assert!(!story.starts(message));
    assert_eq!(story.parked(message), Some(vec![Review::OptedOut]));
}

#[test]
fn texts_of_one_conversation_leave_in_order_and_only_of_that_one() {
    let mut story = Story::with_mayas_buyer();
    let (first, second) = (story.answers("maya"), story.answers("maya"));
    let main = story.here;
    story.receives(2, "main", "Another buyer", 0, None);
    let other = story.answers("ben");
    let elsewhere = story.here;
    story.wait(Span::seconds(8));
    story.here = main;
    assert!(!story.starts(second), "the first is still waiting");
    assert!(story.starts(first));
    assert!(!story.starts(second), "the first is on its way");
    story.machine(Actor::Effects, &Command::LoseSend { message: first });
    assert_eq!(story.standing(first), Some(AnswerState::Unknown));
    assert!(!story.starts(second), "nobody knows of the first: the second waits");
    story.here = elsewhere;
    assert!(story.starts(other), "another conversation does not");
    story.here = main;
    story.machine(Actor::Carrier, &report(first, Delivery::Delivered, None));
    assert!(story.starts(second));
}

#[test]
fn a_device_with_a_wrong_clock_does_not_turn_the_order_round() {
    let mut story = Story::with_mayas_buyer();
    let earlier_id = story.fresh();
    let first = story.answers("maya");
    story.wait(Span::seconds(1));
    // Written a second later on a machine whose clock is behind: its id sorts before the first one's.
    story.does("maya", &crate::world::answer(earlier_id)).unwrap();
    story.wait(Span::seconds(9));
    assert!(!story.starts(earlier_id));
    assert!(story.starts(first));
}

#[test]
fn what_is_in_sending_or_unknown_is_never_started_again() {
    let (mut story, message) = sent();
    assert!(!story.starts(message));
    story.machine(Actor::Effects, &Command::LoseSend { message });
    story.wait(Span::minutes(60));
    assert!(!story.starts(message));
    assert_eq!(
        story.does("maya", &Command::Release { message, accept: vec![] }).unwrap_err().to_string(),
        "too late: the text has already left"
    );
}

#[test]
fn an_abandoned_call_gives_the_clock_back_its_due_time() {
    let (mut story, message) = sent();
    let due = story.c().met.as_ref().unwrap().clock.due;
    story.wait(Span::seconds(3));
    let said = story.machine(Actor::Effects, &Command::AbandonSend { message });
    assert_eq!(kinds(&said), ["send_abandoned", "sla_rearmed"]);
    assert_eq!(story.c().clock.as_ref().unwrap().due, due);
    assert!(story.starts(message), "it goes again, having provably not left");
}

#[test]
fn a_terminal_failure_rearms_the_original_due_time() {
    for delivery in [Delivery::Failed, Delivery::Undelivered] {
        let (mut story, message) = sent();
        let clock = story.c().met.as_ref().unwrap().clock.clone();
        story.machine(Actor::Carrier, &report(message, Delivery::Sent, None));
        story.wait(Span::minutes(40));
        let said = story.machine(Actor::Carrier, &report(message, delivery, Some(30003)));
        assert_eq!(kinds(&said), ["delivery_changed", "sla_rearmed"]);
        assert_eq!(story.c().clock.as_ref(), Some(&clock));
        let said = story.expires();
        assert!(said.iter().any(|e| matches!(e, Event::SlaBreached { due } if *due == clock.due)), "{said:?}");
    }
}

#[test]
fn a_failure_after_the_buyer_wrote_again_brings_back_the_earlier_due_time() {
    let (mut story, message) = sent();
    let due = story.c().met.as_ref().unwrap().clock.due;
    story.wait(Span::minutes(1));
    story.texts("Did you get my question?");
    assert!(story.c().clock.as_ref().unwrap().due > due);
    story.machine(Actor::Carrier, &report(message, Delivery::Undelivered, Some(30005)));
    assert_eq!(story.c().clock.as_ref().unwrap().due, due, "the first question was never answered");
}

#[test]
fn a_failure_of_a_finished_conversation_brings_it_back_to_its_rep() {
    let (mut story, message) = sent();
    story.does("maya", &Command::Done { outcome: Outcome::Texted }).unwrap();
    story.machine(Actor::Carrier, &report(message, Delivery::Undelivered, Some(30003)));
    assert_eq!(story.c().status, Status::Open, "a buyer who got nothing is not done");
    assert!(story.c().next_deadline().is_some(), "and the clock can breach");
}

#[test]
fn a_text_that_never_left_brings_a_finished_conversation_back_too() {
    let (mut story, message) = sent();
    story.machine(Actor::Effects, &Command::LoseSend { message });
    story.does("maya", &Command::Done { outcome: Outcome::Texted }).unwrap();
    story.machine(Actor::Effects, &Command::NeverLeft { message });
    assert_eq!(story.parked(message), Some(vec![Review::NeverLeft]));
    assert_eq!(story.c().status, Status::Open);
    assert!(story.c().next_deadline().is_some());
}

#[test]
fn taking_back_the_answer_that_finished_a_conversation_opens_it_again() {
    let mut story = Story::with_mayas_buyer();
    let message = story.answers("maya");
    story.does("maya", &Command::Done { outcome: Outcome::Texted }).unwrap();
    story.does("maya", &Command::Recall { message }).unwrap();
    assert_eq!(story.c().status, Status::Open);
    assert!(story.c().next_deadline().is_some(), "the buyer still waits");
}

#[test]
fn reports_out_of_order_and_repeated_never_move_back() {
    use Delivery::{Accepted, Delivered, Failed, Queued, Read, Sending, Sent, Undelivered};
    let all = [Accepted, Queued, Sending, Sent, Failed, Undelivered, Delivered, Read];
    for first in all {
        for second in all {
            let (mut story, message) = sent();
            story.machine(Actor::Carrier, &report(message, first, None));
            let said = story.machine(Actor::Carrier, &report(message, second, None));
            let Some(AnswerState::Out { delivery, .. }) = story.standing(message) else { panic!("it is out") };
            assert!(delivery.rank() >= first.rank(), "{first:?} then {second:?} is {delivery:?}");
            if first == second || matches!(first, Failed | Undelivered) {
                assert_eq!(said, [], "{first:?} then {second:?}");
            }
        }
    }
}

#[test]
fn a_failure_keeps_its_error_against_a_later_one_without() {
    let (mut story, message) = sent();
    story.machine(Actor::Carrier, &report(message, Delivery::Undelivered, Some(30005)));
    story.machine(Actor::Carrier, &report(message, Delivery::Failed, None));
    let wanted = AnswerState::Out { delivery: Delivery::Undelivered, error: Some(30005) };
    assert_eq!(story.standing(message), Some(wanted));
}

#[test]
fn error_21610_opts_the_number_out_and_takes_back_unsent_texts_everywhere() {
    let (mut story, message) = sent();
    let main = story.here;
    story.receives(1, "dock", "Hello harbor", 0, None);
    let other = story.answers("maya");
    story.here = main;
    let waiting = story.answers("maya");
    let said = story.machine(Actor::Carrier, &report(message, Delivery::Failed, Some(21610)));
    assert!(said.iter().any(|e| matches!(e, Event::OptedOut { .. })), "{said:?}");
    assert!(story.numbers[&Story::number(1)].opted_out.is_some());
    assert_eq!(story.parked(waiting), Some(vec![Review::OptedOut]));
    assert_eq!(story.parked(other), Some(vec![Review::OptedOut]), "another conversation of the same number");
    assert!(story.conversations.values().all(|c| c.clock.is_none()), "no clock asks for a text that may not be sent");
}

#[test]
fn a_text_refused_for_an_opt_out_answered_nobody_and_nobody_is_late_with_it() {
    let (mut story, message) = sent();
    let said = story.machine(Actor::Carrier, &report(message, Delivery::Failed, Some(21610)));
    let clock: Vec<&str> = kinds(&said).into_iter().filter(|kind| kind.starts_with("sla")).collect();
    assert_eq!(clock, ["sla_rearmed", "sla_dropped"]);
    assert_eq!((&story.c().clock, &story.c().met), (&None, &None));
    // One that the buyer stopped before the carrier said of another cause that it failed.
    let (mut story, message) = sent();
    story.texts("STOP");
    let said = story.machine(Actor::Carrier, &report(message, Delivery::Failed, Some(30003)));
    assert!(kinds(&said).ends_with(&["sla_rearmed", "sla_dropped"]), "{said:?}");
}

#[test]
fn error_21610_opts_out_whatever_was_reported_before_it() {
    for before in [Some((Delivery::Failed, None)), Some((Delivery::Delivered, None)), None] {
        let (mut story, message) = sent();
        let waiting = story.answers("maya");
        if let Some((delivery, error)) = before {
            story.machine(Actor::Carrier, &report(message, delivery, error));
        }
        // Or of a text that is so old that it is not at hand any more.
        let message = if before.is_some() { message } else { MessageId(uuid::Uuid::from_u128(0xdead)) };
        story.machine(Actor::Carrier, &report(message, Delivery::Failed, Some(21610)));
        assert!(story.numbers[&Story::number(1)].opted_out.is_some(), "{before:?}");
        assert_eq!(story.parked(waiting), Some(vec![Review::OptedOut]));
        let again = story.machine(Actor::Carrier, &report(message, Delivery::Failed, Some(21610)));
        assert_eq!(kinds(&again), [""; 0], "and once");
        if before.is_some_and(|(delivery, _)| delivery == Delivery::Failed) {
            // Nor does it undo the START that came since, when its report comes again.
            story.wait(Span::minutes(5));
            story.texts("START");
            story.machine(Actor::Carrier, &report(message, Delivery::Failed, Some(21610)));
            assert!(story.numbers[&Story::number(1)].opted_out.is_none());
        }
    }
}

#[test]
fn no_clock_comes_back_for_a_number_that_opted_out_meanwhile() {
    for command in [0, 1, 2] {
        let (mut story, message) = sent();
        story.texts("STOP");
        if command == 0 {
            story.machine(Actor::Effects, &Command::AbandonSend { message });
        } else if command == 1 {
            story.machine(Actor::Effects, &Command::LoseSend { message });
            story.machine(Actor::Effects, &Command::NeverLeft { message });
        } else {
            story.machine(Actor::Carrier, &report(message, Delivery::Failed, Some(30003)));
        }
        assert_eq!(story.c().clock, None, "case {command}");
        assert!(!story.starts(message));
    }
}

#[test]
fn a_text_the_list_did_not_have_is_a_draft_again_until_its_rep_sends_it() {
    let (mut story, message) = sent();
    story.machine(Actor::Effects, &Command::LoseSend { message });
    let said = story.machine(Actor::Effects, &Command::NeverLeft { message });
    assert_eq!(kinds(&said), ["answer_parked", "sla_rearmed"]);
    assert!(!story.starts(message));
    story.does("maya", &Command::Release { message, accept: vec![Review::NeverLeft] }).unwrap();
    story.wait(Span::seconds(8));
    assert!(story.starts(message));
}

#[test]
fn when_the_carrier_has_it_after_all_it_is_not_sent_again() {
    let lost = || {
        let (mut story, message) = sent();
        story.machine(Actor::Effects, &Command::LoseSend { message });
        story.machine(Actor::Effects, &Command::NeverLeft { message });
        (story, message)
    };
    // Its callback comes before the rep presses "send anyway", or within the undo time after.
    let (mut parked, message) = lost();
    parked.machine(Actor::Carrier, &report(message, Delivery::Delivered, None));
    assert_eq!(parked.standing(message), Some(AnswerState::Out { delivery: Delivery::Delivered, error: None }));
    assert!(parked.does("maya", &Command::Release { message, accept: vec![Review::NeverLeft] }).is_err());

    let (mut held, message) = lost();
    held.does("maya", &Command::Release { message, accept: vec![Review::NeverLeft] }).unwrap();
    held.machine(Actor::Carrier, &report(message, Delivery::Sent, None));
    held.wait(Span::seconds(8));
    assert!(!held.starts(message), "the carrier had it: a second text would be one too many");
}

#[test]
fn never_left_says_nothing_about_a_text_that_is_not_unknown() {
    let (mut story, message) = sent();
    assert_eq!(story.machine(Actor::Effects, &Command::NeverLeft { message }), []);
    story.machine(Actor::Carrier, &report(message, Delivery::Queued, None));
    assert_eq!(story.machine(Actor::Effects, &Command::NeverLeft { message }), []);
    assert_eq!(story.machine(Actor::Effects, &Command::LoseSend { message }), []);
    assert_eq!(story.machine(Actor::Effects, &Command::AbandonSend { message }), []);
}

#[test]
fn a_late_answer_to_a_breached_clock_still_ends_it() {
    let mut story = Story::with_mayas_buyer();
    story.minutes_pass(60);
    assert_eq!(story.c().clock.as_ref().unwrap().stage, Stage::Breached);
    let message = story.answers("lea");
    story.wait(Span::seconds(8));
    assert!(story.starts(message));
    assert_eq!(story.c().clock, None);
}

#[test]
fn an_answer_that_waited_for_hours_is_its_reps_to_look_at() {
    for (minutes, leaves) in [(10, true), (3 * 60, true), (5 * 60, false)] {
        let mut story = Story::with_mayas_buyer();
        let message = story.answers("maya");
        // Its line is stopped, or the backend is down.
        story.wait(Span::minutes(minutes));
        assert_eq!(story.starts(message), leaves, "{minutes}");
        if leaves {
            continue;
        }
        assert_eq!(story.parked(message), Some(vec![Review::Stale]));
        story.does("maya", &Command::Release { message, accept: vec![Review::Stale] }).unwrap();
        story.wait(Span::seconds(8));
        assert!(story.starts(message), "looked at, it goes");
    }
}
