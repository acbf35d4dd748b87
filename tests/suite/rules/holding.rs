//! A text that may ask us to stop holds its number until a person has ruled.

use comeback::domain::command::{Actor, Command};
use comeback::domain::consent::{OptOutSource, Scope};
use comeback::domain::contact::Body;
use comeback::domain::event::{Event, Outcome, Review};
use comeback::domain::hold::{BUSINESS_DAYS, Ruling, WARN_DAY, business_day};
use comeback::domain::id::MessageId;
use comeback::domain::rejection::Rejection;
use comeback::domain::time::{Span, Timestamp};

use crate::world::{Story, answer, at, kinds};

const ASKS: &str = "please take me off your list";

fn held(story: &Story) -> bool {
    story.numbers[&Story::number(1)].hold.is_some()
}

fn keep(story: &mut Story, reason: &str) -> Command {
    let hold = story.numbers.values().find_map(|number| number.hold.as_ref());
    let read = hold.into_iter().flat_map(|hold| &hold.texts).map(|asking| asking.message).collect();
    Command::Rule { ruling: Ruling::Keep { note: story.fresh(), reason: Body::new(reason), read } }
}

const fn opted_out(source: OptOutSource) -> Event {
    Event::OptedOut { source, scope: Scope::Tenant, said: None, undated: false }
}

const OPT_OUT: Command = Command::Rule { ruling: Ruling::OptOut };

#[test]
fn a_text_that_may_ask_us_to_stop_holds_the_number_and_says_by_what() {
    let mut story = Story::with_mayas_buyer();
    let said = story.texts(ASKS);
    let placed = said.iter().find_map(|event| match event {
        Event::HoldPlaced { score, patterns, due, .. } => Some((*score, patterns.clone(), *due)),
        _ => None,
    });
    let (score, patterns, due) = placed.unwrap();
    assert!(score >= 5 && patterns.contains(&"take me off".to_owned()), "{score} {patterns:?}");
    assert_eq!(story.c().ruling.map(|clock| clock.due), Some(due));
    assert!(!serde_json::to_string(&said).unwrap().contains(ASKS), "no words of the buyer in the record");
    assert!(story.c().clock.is_some(), "somebody has to look at it in time");
    assert!(!held(&Story::with_mayas_buyer()), "an ordinary reply holds nothing");
}

#[test]
fn nothing_goes_to_a_held_number_from_any_conversation() {
    let mut story = Story::with_mayas_buyer();
    let first = story.answers("maya");
    let main = story.here;
    story.receives(1, "dock", "hello", 0, None);
    let other = story.answers("nora");
    let dock = story.here;
    story.here = main;
    story.texts(ASKS);
    assert_eq!(story.parked(first), Some(vec![Review::NewerReply, Review::OptOutHold]));
    assert_eq!(story.parked(other), Some(vec![Review::OptOutHold]));
    // Neither a new text nor one that its rep wants to send all the same, whatever they accept.
    let accept = vec![Review::OptOutHold, Review::NewerReply];
    for (conversation, rep, message) in [(main, "maya", first), (dock, "nora", other)] {
        story.here = conversation;
        story.does(rep, &Command::Release { message, accept: accept.clone() }).unwrap();
        assert_eq!(story.parked(message), Some(vec![Review::OptOutHold]));
        let new = story.fresh();
        story.does(rep, &answer(new)).unwrap();
        assert_eq!(story.parked(new), Some(vec![Review::OptOutHold]));
        story.wait(Span::minutes(5));
        assert!(!story.starts(message) && !story.starts(new));
    }
}

#[test]
fn what_nobody_read_is_not_ruled_away_with_what_they_did() {
    let keep = |story: &mut Story, read: Vec<MessageId>| Command::Rule {
        ruling: Ruling::Keep { note: story.fresh(), reason: Body::new("the quote"), read },
    };
    let texts = |story: &Story| -> Vec<MessageId> {
        let hold = story.numbers[&Story::number(1)].hold.as_ref().unwrap();
        hold.texts.iter().map(|asking| asking.message).collect()
    };
    // A second wish while the dialog on the first is open.
    let mut story = Story::with_mayas_buyer();
    story.texts(ASKS);
    let first = texts(&story);
    let seen = story.c().inbound;
    let said = story.texts("STOP TEXTING ME or I sue");
    assert!(kinds(&said).contains(&"hold_placed"));
    let unseen = Err(Rejection::Unseen { newest: seen + 1 });
    let old = keep(&mut story, first.clone());
    assert_eq!(story.does_having_seen("maya", seen, &old), unseen);
    assert_eq!(story.does("maya", &old), unseen, "also by whoever saw that one came, and not which");
    assert!(held(&story));
    // To another of our numbers: whoever names no text has read the conversation alone.
    let mut apart = Story::with_mayas_buyer();
    apart.texts(ASKS);
    let main = apart.here;
    apart.receives(1, "dock", "please lose my number", 0, None);
    apart.here = main;
    let blind = keep(&mut apart, Vec::new());
    assert!(matches!(apart.does("maya", &blind), Err(Rejection::Unseen { .. })));
    let all = texts(&apart);
    let read = keep(&mut apart, all);
    apart.does("maya", &read).unwrap();
    assert!(!held(&apart));
    // What is listed for compliance is the text that asked most plainly.
    let all = texts(&story);
    let plainest = story.numbers[&Story::number(1)].hold.as_ref().unwrap().plainest().unwrap().clone();
    assert_eq!(plainest.message, all[1]);
    let read = keep(&mut story, all);
    let said = story.does("maya", &read).unwrap();
    let listed = said.iter().find_map(|e| if let Event::HoldRuled { score, .. } = e { Some(*score) } else { None });
    assert_eq!(listed, Some(plainest.score));
    // That they want no more may be ruled whatever came since.
    let mut out = Story::with_mayas_buyer();
    out.texts(ASKS);
    out.texts("STOP TEXTING ME or I sue");
    out.does_having_seen("maya", 1, &OPT_OUT).unwrap();
    assert!(!held(&out));
}

#[test]
fn a_text_that_is_about_to_leave_is_judged_again() {
    let mut story = Story::with_mayas_buyer();
    let message = story.answers("maya");
    // The hold came by a conversation that this one has not heard of.
    let mut other = Story::with_mayas_buyer();
    other.texts(ASKS);
    story.numbers.insert(Story::number(1), other.numbers[&Story::number(1)].clone());
    story.wait(Span::seconds(8));
    assert!(!story.starts(message));
    assert_eq!(story.parked(message), Some(vec![Review::OptOutHold]));
}

#[test]
fn opt_out_does_what_every_opt_out_does_and_says_who_ruled() {
    let mut story = Story::with_mayas_buyer();
    let message = story.answers("maya");
    story.texts(ASKS);
    let said = story.does("maya", &OPT_OUT).unwrap();
    assert!(said.contains(&opted_out(OptOutSource::Ruled("maya".into()))), "{said:?}");
    assert!(said.iter().any(|e| matches!(e, Event::HoldRuled { by: Some(_), kept: None, .. })), "{said:?}");
    assert_eq!(story.parked(message), Some(vec![Review::OptedOut, Review::NewerReply]));
    assert!(!held(&story) && story.c().ruling.is_none() && story.c().clock.is_none());
    assert_eq!(story.does("maya", &OPT_OUT), Err(Rejection::NotHeld), "there is nothing to rule on any more");
    assert!(!story.texts(ASKS).iter().any(|e| matches!(e, Event::HoldPlaced { .. })), "it opted out already");
}

#[test]
fn keep_needs_a_reason_and_what_waited_needs_its_reps_eye() {
    let mut story = Story::with_mayas_buyer();
    let message = story.answers("maya");
    story.texts(ASKS);
    for nothing in ["  ", ".", "?!", "1"] {
        let reason = keep(&mut story, nothing);
        assert_eq!(story.does("maya", &reason), Err(Rejection::NeedsReason), "{nothing:?} is no word");
    }
    assert!(held(&story));
    let kept = keep(&mut story, "They meant the cc of the mail");
    let said = story.does("maya", &kept).unwrap();
    assert!(!held(&story) && story.c().ruling.is_none());
    let Some(Event::HoldRuled { by, kept, .. }) = said.iter().find(|e| matches!(e, Event::HoldRuled { .. })) else {
        panic!("{said:?}")
    };
    assert_eq!(
        (by.as_ref().map(comeback::domain::id::RepId::as_str), said.iter().find_map(Event::brings)),
        (Some("maya"), *kept)
    );
    assert_eq!(story.parked(message), Some(vec![Review::NewerReply, Review::HoldLifted]));
    story.wait(Span::minutes(5));
    assert!(!story.starts(message), "nothing flies out by itself");
    let accept = vec![Review::NewerReply, Review::HoldLifted];
    story.does("maya", &Command::Release { message, accept }).unwrap();
    story.wait(Span::seconds(8));
    assert!(story.starts(message), "once its rep has looked it goes");
}

#[test]
fn whoever_may_not_see_the_conversation_may_not_rule() {
    let mut story = Story::with_mayas_buyer();
    story.texts(ASKS);
    assert_eq!(story.does("nora", &OPT_OUT), Err(Rejection::NotFound));
    assert!(story.does("lea", &OPT_OUT).is_ok(), "the lead may");
}

#[test]
fn another_text_adds_to_the_hold_and_moves_no_clock() {
    let mut story = Story::with_mayas_buyer();
    story.texts(ASKS);
    let clock = story.c().ruling;
    story.wait(Span::minutes(3 * 24 * 60));
    let said = story.texts("STOP TEXTING ME!!!");
    assert!(!said.iter().any(|e| matches!(e, Event::RulingDue { .. })), "{:?}", kinds(&said));
    let hold = story.numbers[&Story::number(1)].hold.clone().unwrap();
    assert_eq!((hold.texts.len(), story.c().ruling, hold.due), (2, clock, clock.unwrap().due));
    for _ in 0..20 {
        story.texts("stop texting me");
    }
    let texts = story.numbers[&Story::number(1)].hold.clone().unwrap().texts;
    assert!(texts.len() <= 8 && texts[0] == hold.texts[0], "the first is kept, and a flood is not");
}

#[test]
fn a_stop_ends_the_hold_as_an_opt_out() {
    let mut story = Story::with_mayas_buyer();
    story.texts(ASKS);
    let said = story.texts("STOP");
    assert!(said.contains(&opted_out(OptOutSource::Keyword("stop".to_owned()))), "{said:?}");
    assert!(!held(&story) && story.c().ruling.is_none());
}

#[test]
fn the_lead_is_reminded_and_without_a_ruling_the_number_is_opted_out_in_time() {
    let mut story = Story::with_mayas_buyer();
    let message = story.answers("maya");
    story.texts(ASKS);
    let text = story.now;
    // Also when nothing else is left to do.
    let seen = story.c().inbound;
    story.does_having_seen("maya", seen, &Command::Done { outcome: Outcome::NoAnswerNeeded }).unwrap();
    let clock = story.c().ruling.unwrap();
    assert!(clock.warn < clock.due && clock.due <= text + Span::minutes(14 * 24 * 60));
    story.now = clock.warn;
    assert_eq!(story.expires(), [Event::RulingWarned { due: clock.due }]);
    story.now = clock.due;
    let said = story.expires();
    assert!(said.contains(&Event::RulingOver { unruled: true }), "{said:?}");
    assert!(said.contains(&opted_out(OptOutSource::Unruled)), "{said:?}");
    assert!(said.iter().any(|e| matches!(e, Event::HoldRuled { by: None, kept: None, .. })), "{said:?}");
    assert_eq!(story.parked(message), Some(vec![Review::OptedOut, Review::NewerReply]));
    assert_eq!(story.expires(), [], "twice is once");
}

#[test]
fn a_ruling_from_another_conversation_of_the_number_ends_the_clock() {
    let mut story = Story::with_mayas_buyer();
    let main = story.here;
    story.texts(ASKS);
    story.receives(1, "dock", "hello", 0, None);
    let kept = keep(&mut story, "They meant the dock");
    story.does("nora", &kept).unwrap();
    story.here = main;
    assert!(story.c().ruling.is_none() && !held(&story));
    assert_eq!(
        story
            .machine(Actor::Clock, &Command::Expire)
            .iter()
            .filter(|e| matches!(e, Event::RulingWarned { .. }))
            .count(),
        0
    );
}

#[test]
fn nobody_is_told_out_of_hours_that_we_will_answer_when_they_ask_us_to_stop() {
    let mut story = Story::with_mayas_buyer();
    story.playbook.acknowledgement = Some("We are back at nine.".to_owned());
    story.now = at("2026-03-07T12:00:00-05:00");
    let said = story.receives(7, "main", ASKS, 0, None);
    assert!(!said.iter().any(|e| matches!(e, Event::Acknowledged { .. })), "{said:?}");
    let said = story.receives(8, "main", "hello?", 0, None);
    assert!(said.iter().any(|e| matches!(e, Event::Acknowledged { .. })), "an ordinary reply is: {said:?}");
}

#[test]
fn business_days_are_the_calendars_and_never_more_than_weekdays() {
    let story = Story::with_mayas_buyer();
    let office = story.playbook.calendars.values().next().unwrap();
    let day = |from: &str, days: u32| business_day(Some(office), at(from), days);
    let tuesday = "2026-03-03T10:00:00-05:00";
    assert_eq!(day(tuesday, 1), at("2026-03-04T09:00:00-05:00"));
    // Over a weekend, and over the night the clocks change.
    assert_eq!(day(tuesday, WARN_DAY), at("2026-03-12T09:00:00-04:00"));
    assert_eq!(day(tuesday, BUSINESS_DAYS), at("2026-03-17T09:00:00-04:00"));
    // A weekend's text counts from Monday on.
    assert_eq!(day("2026-03-07T23:00:00-05:00", 1), at("2026-03-09T09:00:00-04:00"));
    // Late in the evening it is still the day it is there, not in Greenwich.
    assert_eq!(day("2026-03-03T23:30:00-05:00", 1), at("2026-03-04T09:00:00-05:00"));
    // Open less often than Monday to Friday buys no time; open more often leaves less.
    let mut seldom = office.clone();
    seldom.week[0].clear();
    seldom.week[1].clear();
    assert_eq!(business_day(Some(&seldom), at(tuesday), BUSINESS_DAYS), day(tuesday, BUSINESS_DAYS));
    let always = comeback::domain::hours::Calendar::always(office.zone);
    assert_eq!(business_day(Some(&always), at(tuesday), BUSINESS_DAYS), at("2026-03-13T09:00:00-04:00"));
    assert!(business_day(None, Timestamp::MAX, BUSINESS_DAYS) <= Timestamp::MAX);
}
