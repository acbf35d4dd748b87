//! Notes, snoozing, finishing, reopening, opting out by hand.

use comeback::domain::addressed;
use comeback::domain::asking::heard::Heard;
use comeback::domain::command::Command;
use comeback::domain::consent::{OptOutSource, Scope};
use comeback::domain::contact::Body;
use comeback::domain::conversation::Status;
use comeback::domain::event::{Event, Outcome, Review};
use comeback::domain::next_step;
use comeback::domain::rejection::Rejection;
use comeback::domain::sla::Stage;
use comeback::domain::time::Span;

use crate::world::{Story, kinds};

fn done(outcome: Outcome) -> Command {
    Command::Done { outcome }
}

#[test]
fn finishing_over_an_unseen_reply_is_refused() {
    let mut story = Story::with_mayas_buyer();
    story.texts("And the discount?");
    let said = story.does_having_seen("maya", 1, &done(Outcome::Called));
    assert_eq!(said, Err(Rejection::Unseen { newest: 2 }));
    assert!(story.c().clock.is_some() && !story.c().is_done());
    assert!(story.does_having_seen("maya", 2, &done(Outcome::Called)).is_ok());
}

#[test]
fn a_call_a_mail_or_a_meeting_is_a_persons_answer_and_meets_the_clock() {
    for outcome in [Outcome::Called, Outcome::Mailed, Outcome::Meeting] {
        let mut story = Story::with_mayas_buyer();
        let said = story.does("maya", &done(outcome)).unwrap();
        assert_eq!(said[1], Event::SlaMet { by: None, late: false }, "{outcome:?}");
        let mut story = Story::with_mayas_buyer();
        story.minutes_pass(20);
        let said = story.does("maya", &done(outcome)).unwrap();
        assert_eq!(said[1], Event::SlaMet { by: None, late: true }, "{outcome:?}");
    }
}

#[test]
fn other_ends_drop_the_clock_without_meeting_it() {
    for outcome in [Outcome::NotInterested, Outcome::WrongPerson, Outcome::NoAnswerNeeded] {
        let mut story = Story::with_mayas_buyer();
        assert_eq!(kinds(&story.does("maya", &done(outcome)).unwrap()), ["done", "sla_dropped"], "{outcome:?}");
        assert_eq!(story.c().clock, None);
    }
}

#[test]
fn an_answer_still_held_meets_the_clock_when_it_leaves_the_finished_conversation() {
    let mut story = Story::with_mayas_buyer();
    let message = story.answers("maya");
    story.does("maya", &done(Outcome::Texted)).unwrap();
    story.wait(Span::seconds(8));
    assert!(story.starts(message));
    assert_eq!((story.c().clock.clone(), story.c().status), (None, Status::Done(Outcome::Texted)));
}

#[test]
fn finishing_twice_is_once_and_a_better_outcome_replaces_it() {
    let mut story = Story::with_mayas_buyer();
    story.does("maya", &done(Outcome::Called)).unwrap();
    assert_eq!(story.does("maya", &done(Outcome::Called)), Ok(vec![]));
    story.does("maya", &done(Outcome::Meeting)).unwrap();
    assert_eq!(story.c().status, Status::Done(Outcome::Meeting));
}

#[test]
fn snoozing_past_the_due_time_or_into_the_past_is_refused() {
    let mut story = Story::with_mayas_buyer();
    let due = story.c().clock.as_ref().unwrap().due;
    let snooze = |until| Command::Snooze { until };
    assert_eq!(story.does("maya", &snooze(due + Span::millis(1))), Err(Rejection::SnoozePastDue { due }));
    assert_eq!(story.does("maya", &snooze(story.now)), Err(Rejection::SnoozeInThePast));
    assert!(story.does("maya", &snooze(due)).is_ok());
    let mut story = Story::with_mayas_buyer();
    story.does("maya", &done(Outcome::Called)).unwrap();
    let long = story.now + Span::minutes(60 * 24 * 30);
    assert!(story.does("maya", &snooze(long)).is_ok(), "without a clock any later time will do");
}

#[test]
fn a_conversation_snoozed_up_to_its_due_time_wakes_before_it_breaches() {
    let mut story = Story::with_mayas_buyer();
    story.does("maya", &Command::Take).unwrap();
    let due = story.c().clock.as_ref().unwrap().due;
    story.does("maya", &Command::Snooze { until: due }).unwrap();
    assert_eq!(kinds(&story.minutes_pass(15)), ["sla_warned", "woke", "sla_breached", "escalated", "offered"]);
}

#[test]
fn reopening_brings_back_what_was_finished_or_snoozed() {
    let mut story = Story::with_mayas_buyer();
    assert_eq!(story.does("maya", &Command::Reopen), Ok(vec![]), "it is open");
    story.does("maya", &done(Outcome::Called)).unwrap();
    let before = story.c().assignment.clone().map(|a| a.expires);
    let reopened = story.does("maya", &Command::Reopen).unwrap();
    assert_eq!((before, kinds(&reopened)), (Some(None), vec!["reopened", "sla_rearmed"]));
    assert!(story.c().assignment.as_ref().is_some_and(|a| a.expires.is_some()), "the offer passes on as it would have");
    let until = story.now + Span::minutes(5);
    story.does("maya", &Command::Snooze { until }).unwrap();
    assert_eq!(story.does("maya", &Command::Reopen), Ok(vec![Event::Woke]));
}

#[test]
fn what_is_opened_again_without_a_clock_is_with_whoever_opened_it_where_nobody_had_taken_it() {
    let mut story = Story::with_mayas_buyer();
    story.does("maya", &done(Outcome::NoAnswerNeeded)).unwrap();
    // Past the due time nobody is late with it, and no ladder of before asks for somebody else.
    story.wait(Span::minutes(120));
    let said = story.does("lea", &Command::Reopen).unwrap();
    assert_eq!(kinds(&said), ["reopened", "taken"]);
    assert_eq!(story.c().assignee(), Some(&"lea".into()));
    assert_eq!((&story.c().clock, story.c().next_deadline()), (&None, None));
    // Who had taken it before has it still, whoever opens it.
    story.does("lea", &done(Outcome::NoAnswerNeeded)).unwrap();
    assert_eq!(kinds(&story.does("maya", &Command::Reopen).unwrap()), ["reopened"]);
    assert_eq!(story.c().assignee(), Some(&"lea".into()));
}

#[test]
fn a_note_is_for_colleagues_it_meets_no_clock_and_takes_nothing() {
    let mut story = Story::with_mayas_buyer();
    let before = story.c().clone();
    let message = story.fresh();
    story.does("maya", &Command::Note { message, body: Body::new("Ask legal first"), to: None }).unwrap();
    assert_eq!((&story.c().clock, &story.c().assignment), (&before.clock, &before.assignment));
    assert_eq!(story.does("maya", &Command::Note { message, body: Body::new("  "), to: None }), Err(Rejection::Empty));
}

#[test]
fn a_note_for_a_colleague_asks_for_them_until_they_act_and_is_for_nobody_who_cannot_read_it() {
    let mut story = Story::with_mayas_buyer();
    story.does("maya", &Command::Take).unwrap();
    let message = story.fresh();
    let note = |to: &str| Command::Note { message, body: Body::new("Your deal: a word?"), to: Some(to.into()) };
    let stranger = Rejection::NoSuchRep { who: "nobody".into() };
    assert_eq!(story.does("maya", &note("nobody")), Err(stranger));
    assert_eq!(story.does("maya", &note("kim")), Err(Rejection::CannotSee { who: "kim".into() }));
    let mut own = story.clone();
    let noted = Event::Noted { message, by: "maya".into(), to: None };
    assert_eq!(own.does("maya", &note("maya")), Ok(vec![noted]), "nobody is told of their own note");
    // The lead may see it.
    let before = story.c().assignment.clone();
    let noted = Event::Noted { message, by: "maya".into(), to: Some("lea".into()) };
    assert_eq!(story.does("maya", &note("lea")), Ok(vec![noted]));
    assert_eq!(story.c().assignment, before);
    assert_eq!(addressed::reader(story.c(), message), Some(&"lea".into()));
    assert!(addressed::asks(story.c(), message));
    let mut finished = story.clone();
    finished.does("maya", &done(Outcome::Called)).unwrap();
    assert!(!addressed::asks(finished.c(), message), "nothing is left to do");
    let answer = Command::Note { message: story.fresh(), body: Body::new("Give them ten"), to: None };
    story.does("lea", &answer).unwrap();
    assert!(!addressed::asks(story.c(), message), "they have read it");
    assert_eq!(addressed::reader(story.c(), message), Some(&"lea".into()), "and it was for them");
}

#[test]
fn a_note_of_an_old_journal_is_for_nobody_by_name() {
    let old = r#"{ "event": "noted", "message": "01955f3a-0000-7000-8000-000000000001", "by": "ben" }"#;
    let read: Event = serde_json::from_str(old).unwrap();
    assert!(matches!(read, Event::Noted { to: None, .. }), "{read:?}");
}

#[test]
fn a_rep_who_was_told_to_stop_opts_the_number_out_in_their_own_name() {
    let mut story = Story::with_mayas_buyer();
    let waiting = story.answers("maya");
    let claimed = Command::OptOut { source: OptOutSource::Carrier };
    let said = story.does("maya", &claimed).unwrap();
    let source = OptOutSource::Rep("maya".into());
    let opted_out = Event::OptedOut { source, scope: Scope::Tenant, said: None, undated: false };
    assert!(said.contains(&opted_out), "{said:?}");
    assert_eq!(story.parked(waiting), Some(vec![Review::OptedOut]));
}

#[test]
fn behind_a_parked_command_only_what_harms_nobody_goes_ahead() {
    let mut story = Story::with_mayas_buyer();
    story.behind = true;
    let until = story.now + Span::minutes(5);
    let parked = Err(Rejection::NeedsReview { reasons: vec![Review::BehindParked] });
    for command in
        [Command::Take, done(Outcome::Texted), Command::Snooze { until }, Command::Assign { to: "ben".into() }]
    {
        assert_eq!(story.does("maya", &command), parked, "{command:?}");
    }
    let message = story.fresh();
    assert!(story.does("maya", &Command::Note { message, body: Body::new("later"), to: None }).is_ok());
    assert!(story.does("maya", &Command::OptOut { source: OptOutSource::Carrier }).is_ok());
}

#[test]
fn reopening_takes_back_what_finishing_ended() {
    for outcome in [Outcome::NoAnswerNeeded, Outcome::Called] {
        let mut story = Story::with_mayas_buyer();
        let (clock, offer) = (story.c().clock.clone(), story.c().assignment.clone());
        story.does("maya", &Command::Done { outcome }).unwrap();
        assert_eq!((&story.c().clock, story.c().next_deadline()), (&None, None), "nothing runs while it is done");
        story.wait(Span::minutes(2));
        story.does("maya", &Command::Reopen).unwrap();
        assert_eq!(story.c().clock, clock, "the clock has its old due time");
        let now = story.c().assignment.clone().unwrap();
        assert_eq!(now.expires, offer.unwrap().expires, "and the offer passes on when it would have");
        // Somebody who never comes back from that is late as they would have been.
        story.minutes_pass(14);
        assert_eq!(story.c().clock.as_ref().map(|c| c.stage), Some(Stage::Breached), "{outcome:?}");
    }
}

#[test]
fn a_new_text_after_finishing_has_a_clock_of_its_own() {
    let mut story = Story::with_mayas_buyer();
    story.does("maya", &Command::Done { outcome: Outcome::NoAnswerNeeded }).unwrap();
    story.wait(Span::minutes(30));
    story.texts("One more thing");
    let due = story.c().clock.as_ref().map(|c| c.due);
    assert!(due.is_some_and(|due| due > story.now), "not the old one: {due:?}");
}

#[test]
fn a_tapback_over_an_unanswered_question_does_not_make_it_nothing_to_answer() {
    let mut story = Story::with_mayas_buyer();
    let says = |story: &Story, last: &str| {
        let number = &story.numbers[&story.c().number];
        let cards = &story.cards[&story.c().number];
        let moment = next_step::Moment {
            c: story.c(),
            number,
            cards,
            heard: Heard::Answered,
            text: last,
            earlier: None,
            kind: None,
            reader: None,
            rules: &[],
            now: story.now,
            zone: chrono_tz::UTC,
        };
        next_step::recommend(&moment).what
    };
    story.texts("Liked “See you then”");
    assert!(!says(&story, "Liked “See you then”").contains("Nothing to answer"), "the question still waits");
    // Once it is answered, a reaction is just that.
    let message = story.answers("maya");
    story.wait(Span::seconds(8));
    assert!(story.starts(message));
    story.texts("Liked “Yes, 48,000”");
    assert_eq!(says(&story, "Liked “Yes, 48,000”"), "Nothing to answer; mark it done");
}

#[test]
fn reopening_starts_no_clock_over_a_number_that_opted_out_or_a_text_that_left() {
    let mut story = Story::with_mayas_buyer();
    story.does("maya", &done(Outcome::NoAnswerNeeded)).unwrap();
    story.does("maya", &Command::OptOut { source: OptOutSource::Rep("maya".into()) }).unwrap();
    story.does("maya", &Command::Reopen).unwrap();
    assert_eq!(story.c().clock, None, "no text may go there");

    let mut story = Story::with_mayas_buyer();
    let message = story.answers("maya");
    story.does("maya", &done(Outcome::Texted)).unwrap();
    story.wait(Span::seconds(8));
    assert!(story.starts(message));
    story.does("maya", &Command::Reopen).unwrap();
    assert_eq!(story.c().clock, None, "it was answered");
}
