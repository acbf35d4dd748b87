//! Out of hours a buyer is told so, once; it is nobody's answer.

use comeback::domain::acknowledge;
use comeback::domain::command::{Actor, Command};
use comeback::domain::contact::Body;
use comeback::domain::conversation::{AnswerState, Status};
use comeback::domain::event::{Event, Outcome};
use comeback::domain::id::MessageId;
use comeback::domain::message::Delivery;
use comeback::domain::regulated::{Disclose, Regulated};
use comeback::domain::rejection::Rejection;
use comeback::domain::sending::ERROR_OPTED_OUT;
use comeback::domain::snippet::Snippet;
use comeback::domain::time::Span;
use comeback::domain::visibility::{Principal, audience};

use crate::world::{Story, at, card};

/// Tuesday, 18:30 in New York: the office is closed, and it is no night yet.
const EVENING: &str = "2026-03-03T18:30:00-05:00";

fn evening() -> Story {
    let mut story = Story::begins();
    story.playbook.acknowledgement = Some("We are back at nine.".to_owned());
    story.now = at(EVENING);
    story.crm_says(1, vec![card("c-1")]);
    story
}

/// The automatic text that follows from what was said.
fn told(said: &[Event]) -> Option<MessageId> {
    said.iter().find_map(|e| if let Event::Acknowledged { message, .. } = e { Some(*message) } else { None })
}

fn is_gone(story: &Story, message: MessageId) -> bool {
    story.standing(message).is_none()
}

#[test]
fn a_buyer_is_told_once_whichever_of_our_numbers_they_text() {
    let mut story = evening();
    let text = |story: &mut Story, line: &str| told(&story.receives(1, line, "Can we talk?", 0, None));
    assert!(text(&mut story, "main").is_some());
    story.wait(Span::minutes(1));
    assert_eq!(text(&mut story, "dock"), None, "the other number has said it");
    // After a day at work it is said again.
    let mut story = evening();
    assert!(text(&mut story, "main").is_some());
    story.wait(Span::minutes(24 * 60));
    assert!(text(&mut story, "dock").is_some());
}

#[test]
fn where_only_approved_words_go_out_only_an_approved_snippet_acknowledges() {
    let under = "Not an offer. NMLS 1.";
    let whole = format!("We are back at nine.\n{under}");
    for (words, disclose, approval, wanted) in [
        ("We are back at nine.", None, false, Some("We are back at nine.")),
        ("  We are back at nine. ", Some(Disclose::Once), false, Some(whole.as_str())),
        (whole.as_str(), Some(Disclose::Always), false, Some(whole.as_str())),
        ("We are back at ten.", None, false, None),
        ("The rate is 3 %", None, false, None),
        (under, Some(Disclose::Once), false, None),
        ("We are back at nine.", None, true, None),
    ] {
        let mut story = evening();
        story.playbook.acknowledgement = Some(words.to_owned());
        let snippet = |text: &str| Snippet { text: text.to_owned(), ..Snippet::default() };
        let texts = [("back", "We are back at nine."), ("rate", "The rate is {rate}")];
        story.playbook.snippets = texts.map(|(name, text)| (name.to_owned(), snippet(text))).into();
        let disclosure = disclose.map(|_| under.to_owned());
        let snippets = ["back".to_owned(), "rate".to_owned()].into();
        let rules = Regulated { snippets, disclosure, disclose: disclose.unwrap_or_default(), approval };
        story.playbook.use_cases.get_mut("question").unwrap().regulated = Some(rules);
        let message = told(&story.texts("Can we talk about the price?"));
        assert_eq!(message.is_some(), wanted.is_some(), "{words:?}");
        let Some((message, wanted)) = message.zip(wanted) else { continue };
        let said = acknowledge::words(&story.playbook, "question", false);
        assert_eq!(said.as_deref(), Some(wanted));
        // Read once more as it leaves: other words, or words that nobody has at hand, do not.
        for bad in [None, Some("We are back at ten."), Some("We are back at nine.\nCall me")] {
            let mut story = story.clone();
            story.words.extend(bad.map(|words| (message, Body::new(words))));
            assert!(!story.starts(message) && is_gone(&story, message), "{bad:?}");
        }
        story.words.insert(message, Body::new(wanted));
        assert!(story.starts(message));
        assert_eq!(story.c().disclosed, disclose.map(|_| message), "it carries the disclosure");
    }
}

#[test]
fn a_text_out_of_hours_is_acknowledged_once_until_the_doors_have_opened_again() {
    let mut story = evening();
    let first = told(&story.texts("Can we talk about the price?")).expect("it goes out");
    assert_eq!(story.standing(first), Some(AnswerState::Held { not_before: at(EVENING), waits: None }));
    let due = story.c().clock.as_ref().unwrap().due;
    assert_eq!(due, at("2026-03-04T09:15:00-05:00"));
    assert!(story.starts(first));
    let c = story.c();
    assert!(!c.answered && c.clock.as_ref().map(|clock| clock.due) == Some(due), "it touches no clock");
    story.machine(Actor::Carrier, &Command::Report { message: first, delivery: Delivery::Sent, error: None });
    story.wait(Span::minutes(5));
    assert_eq!(told(&story.texts("Hello?")), None, "the same clock still runs");
    // Nobody finds the conversation finished by it, and finishing it by word drops the clock.
    story.does("maya", &Command::Done { outcome: Outcome::NoAnswerNeeded }).unwrap();
    assert!(story.c().clock.is_none());
    assert_eq!(told(&story.texts("And on Thursday?")), None, "nobody has answered since");
    let answer = story.answers("maya");
    story.wait(story.playbook.undo_hold);
    assert!(story.starts(answer) && story.c().answered && story.c().clock.is_none());
    assert_eq!(told(&story.texts("One more thing")), None, "they were told this evening");
    story.does("maya", &Command::Done { outcome: Outcome::Called }).unwrap();
    story.wait(Span::minutes(24 * 60));
    assert!(told(&story.texts("And tomorrow?")).is_some(), "the doors were open since");
}

#[test]
fn only_a_person_s_text_that_starts_a_clock_in_closed_hours_is_acknowledged() {
    for (now, body, media, wanted) in [
        (EVENING, "What does it cost?", 0, true),
        (EVENING, "", 1, true),
        (EVENING, "Liked “See you at 3”", 0, false),
        (EVENING, "👍", 0, false),
        (EVENING, "automatic reply: I am out", 0, false),
        (EVENING, "HELP", 0, false),
        (EVENING, "STOP", 0, false),
        ("2026-03-03T16:59:00-05:00", "What does it cost?", 0, false),
        ("2026-03-03T17:00:00-05:00", "What does it cost?", 0, true),
        // A direct reply goes at night, too.
        ("2026-03-04T02:00:00-05:00", "What does it cost?", 0, true),
        ("2026-03-07T12:00:00-05:00", "What does it cost?", 0, true),
    ] {
        let mut story = evening();
        story.now = at(now);
        let said = story.receives(1, "main", body, media, None);
        assert_eq!(told(&said).is_some(), wanted, "{now} {body:?}");
    }
    let mut story = evening();
    story.playbook.acknowledgement = None;
    assert_eq!(told(&story.texts("What does it cost?")), None, "without words nothing is said");
    // What Sales does not handle starts no clock.
    let mut story = evening();
    assert_eq!(told(&story.receives(2, "poll", "Nine out of ten", 0, None)), None);
    // Who opted out is told nothing.
    let mut story = evening();
    story.texts("STOP");
    assert_eq!(told(&story.texts("What does it cost?")), None);
}

#[test]
fn a_use_case_has_words_of_its_own_or_none() {
    for (own, wanted) in [(Some("Support is back at nine."), true), (Some(" "), false), (None, false)] {
        let mut story = evening();
        story.playbook.acknowledgement = None;
        story.playbook.use_cases.get_mut("question").unwrap().acknowledgement = own.map(str::to_owned);
        assert_eq!(told(&story.texts("What does it cost?")).is_some(), wanted, "{own:?}");
    }
    let mut story = evening();
    story.playbook.use_cases.get_mut("question").unwrap().acknowledgement = Some(String::new());
    assert_eq!(told(&story.texts("What does it cost?")), None, "an empty text of its own says nothing");
}

#[test]
fn what_became_untrue_before_it_left_never_leaves() {
    type Change = fn(&mut Story);
    let changes: [(&str, Change); 5] = [
        ("an opt-out", |story| drop(story.texts("STOP"))),
        ("a person's answer", |story| {
            let answer = story.answers("maya");
            story.wait(Span::minutes(1));
            // Another process was quicker with it.
            let id = story.here;
            story
                .conversations
                .get_mut(&id)
                .unwrap()
                .apply(story.now, &Event::SendStarted { message: answer, judged: None });
            let met = Event::SlaMet { by: Some(answer), late: false };
            story.conversations.get_mut(&id).unwrap().apply(story.now, &met);
        }),
        ("a call", |story| drop(story.does("maya", &Command::Done { outcome: Outcome::Called }).unwrap())),
        ("the office is open", |story| story.now = at("2026-03-04T09:00:00-05:00")),
        ("it is night, and the buyer wrote long ago", |story| story.now = at("2026-03-03T22:00:00-05:00")),
    ];
    for (what, change) in changes {
        let mut story = evening();
        let message = told(&story.texts("What does it cost?")).expect("it goes out");
        change(&mut story);
        if what != "an opt-out" {
            assert!(!story.starts(message), "{what}");
        }
        assert!(is_gone(&story, message), "{what}: {:?}", story.standing(message));
        assert!(!story.starts(message), "{what}: and not later either");
    }
}

#[test]
fn its_end_at_the_carrier_concerns_nobody() {
    // It never left: failed, and not a draft of anybody.
    let mut story = evening();
    let message = told(&story.texts("What does it cost?")).unwrap();
    assert!(story.starts(message));
    story.machine(Actor::Effects, &Command::LoseSend { message });
    story.machine(Actor::Carrier, &Command::NeverLeft { message });
    let failed = AnswerState::Out { delivery: Delivery::Failed, error: None };
    assert_eq!((story.standing(message), story.c().acknowledged), (Some(failed), true));
    // It failed: the conversation stays as it is.
    let mut story = evening();
    let message = told(&story.texts("What does it cost?")).unwrap();
    assert!(story.starts(message));
    story.does("maya", &Command::Done { outcome: Outcome::NoAnswerNeeded }).unwrap();
    let failed = Command::Report { message, delivery: Delivery::Undelivered, error: Some(30_003) };
    let said = story.machine(Actor::Carrier, &failed);
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(matches!(story.c().status, Status::Done(_)) && story.c().clock.is_none());
    // The carrier knows that the number opted out: so do we.
    let mut story = evening();
    let message = told(&story.texts("What does it cost?")).unwrap();
    assert!(story.starts(message));
    let failed = Command::Report { message, delivery: Delivery::Failed, error: Some(ERROR_OPTED_OUT) };
    story.machine(Actor::Carrier, &failed);
    assert!(story.numbers[&Story::number(1)].opted_out.is_some() && story.c().clock.is_none());
    // The call did not start in time: it waits, and is judged again.
    let mut story = evening();
    let message = told(&story.texts("What does it cost?")).unwrap();
    assert!(story.starts(message));
    story.machine(Actor::Effects, &Command::AbandonSend { message });
    assert!(matches!(story.standing(message), Some(AnswerState::Held { .. })));
    assert!(story.starts(message));
    // A backup brought back: it may have left, and is not sent again.
    let mut story = evening();
    let message = told(&story.texts("What does it cost?")).unwrap();
    story.machine(Actor::Effects, &Command::Doubt);
    assert_eq!(story.standing(message), Some(AnswerState::Unknown));
    assert!(!story.starts(message) && !story.c().answered && story.c().clock.is_some());
}

#[test]
fn it_is_nobody_s_answer() {
    let mut story = evening();
    let message = told(&story.texts("What does it cost?")).unwrap();
    let seen_by = audience(story.c());
    let reps = seen_by.iter().filter(|p| matches!(p, Principal::Rep(_)));
    assert_eq!(reps.collect::<Vec<_>>(), [&Principal::Rep("maya".into())], "only its owner");
    let recall = Command::Recall { message };
    assert!(matches!(story.does("maya", &recall), Err(Rejection::NotAllowed { .. })));
    // A new text of the buyer leaves it as it is, and a rep's answer comes after it.
    story.texts("Hello?");
    assert!(matches!(story.standing(message), Some(AnswerState::Held { .. })));
    let answer = story.answers("maya");
    story.wait(story.playbook.undo_hold);
    assert!(!story.starts(answer), "texts leave in their order");
    assert!(story.starts(message));
    let sent = Command::Report { message, delivery: Delivery::Sent, error: None };
    story.machine(Actor::Carrier, &sent);
    assert!(story.starts(answer));
    // The lead may take one back that has not left.
    let mut story = evening();
    let message = told(&story.texts("What does it cost?")).unwrap();
    story.does("lea", &Command::Recall { message }).unwrap();
    assert!(is_gone(&story, message));
}
