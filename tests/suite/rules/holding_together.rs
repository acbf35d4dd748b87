//! A hold beside the other rules of sending: how far an opt-out reaches, texts that wait, texts that nobody wrote, blocked
//! numbers, and a rep who begins.

use comeback::domain::block::Why;
use comeback::domain::command::{Actor, Command};
use comeback::domain::consent::ledger::Word;
use comeback::domain::consent::{OptOutSource, Replies, Scope, ScopeRule};
use comeback::domain::contact::{Address, Body};
use comeback::domain::event::{Event, Review};
use comeback::domain::hold::Ruling;
use comeback::domain::id::ConversationId;
use comeback::domain::message::Delivery;
use comeback::domain::rejection::Rejection;
use comeback::domain::time::Span;

use crate::world::{Story, kinds};

const ASKS: &str = "please take me off your list";

const OPT_OUT: Command = Command::Rule { ruling: Ruling::OptOut };

fn held(story: &Story) -> bool {
    story.numbers[&Story::number(1)].hold.is_some()
}

/// Somebody who wrote to two lines, each of which an opt-out speaks of alone, and asks the first to stop.
fn two_lines() -> (Story, ConversationId, ConversationId) {
    let mut story = Story::with_mayas_buyer();
    story.playbook.consent.scope = ScopeRule::Number;
    let main = story.here;
    story.receives(1, "dock", "hello", 0, None);
    let dock = story.here;
    story.here = main;
    story.texts(ASKS);
    (story, main, dock)
}

fn outs(said: &[Event]) -> Vec<(OptOutSource, Scope)> {
    let out = |e: &Event| match e {
        Event::OptedOut { source, scope, .. } => Some((source.clone(), scope.clone())),
        _ => None,
    };
    said.iter().filter_map(out).collect()
}

#[test]
fn a_ruling_opts_out_of_the_line_that_was_asked_wherever_it_is_given() {
    let (mut story, main, dock) = two_lines();
    let kept = story.answers("maya");
    story.here = dock;
    let lifted = story.answers("nora");
    assert_eq!(story.parked(lifted), Some(vec![Review::OptOutHold]), "meanwhile nothing goes from either");
    let said = story.does("nora", &OPT_OUT).unwrap();
    assert_eq!(outs(&said), [(OptOutSource::Ruled("nora".into()), Scope::Number("main".into()))]);
    assert!(!held(&story));
    assert_eq!(story.parked(lifted), Some(vec![Review::HoldLifted]), "the other line was not asked");
    story.does("nora", &Command::Release { message: lifted, accept: vec![Review::HoldLifted] }).unwrap();
    story.wait(Span::seconds(8));
    assert!(story.starts(lifted));
    story.here = main;
    assert!(story.c().ruling.is_none() && story.c().clock.is_none());
    assert_eq!(story.parked(kept), Some(vec![Review::OptedOut]));
}

#[test]
fn a_number_that_asked_two_lines_is_opted_out_of_both_in_time() {
    let (mut story, _, _) = two_lines();
    for line in ["dock", "main"] {
        for _ in 0..20 {
            story.receives(1, line, "stop texting me", 0, None);
        }
    }
    let due = story.c().ruling.unwrap().due;
    story.now = due;
    let said = story.expires();
    let line = |line: &str| (OptOutSource::Unruled, Scope::Number(line.into()));
    assert_eq!(outs(&said), [line("main"), line("dock")]);
    assert!(!held(&story) && story.c().ruling.is_none());
}

#[test]
fn what_speaks_of_a_part_or_can_be_unsaid_ends_no_hold() {
    // A STOP to the other line alone.
    let (mut story, main, _) = two_lines();
    let said = story.receives(1, "dock", "STOP", 0, None);
    assert_eq!(outs(&said), [(OptOutSource::Keyword("stop".to_owned()), Scope::Number("dock".into()))]);
    story.here = main;
    assert!(held(&story) && story.c().ruling.is_some());
    // A list, which a newer one takes back.
    let mut story = Story::with_mayas_buyer();
    story.texts(ASKS);
    let word = |out, minutes| {
        let (source, said) = (OptOutSource::Import("list".to_owned()), Some(story.now + Span::minutes(minutes)));
        Word {
            number: Story::number(1),
            out,
            source,
            scope: Scope::Tenant,
            said,
            undated: false,
            words: None,
            line: None,
        }
    };
    let (out, back) = (word(true, 1), word(false, 2));
    let mut number = story.numbers[&Story::number(1)].clone();
    for word in [out, back] {
        let (_, fact) = comeback::domain::consent::ledger::take(Some(&number), &word);
        number.apply(story.now, &fact.unwrap());
    }
    assert!(number.opted_out.is_none() && number.hold.is_some(), "the ruling is still owed");
}

#[test]
fn a_text_that_waits_for_its_hour_is_held_too() {
    let mut story = Story::with_mayas_buyer();
    let message = story.fresh();
    let tomorrow = story.now + Span::minutes(24 * 60);
    let later = |message| Command::AnswerLater { message, body: Body::new("Hi"), at: tomorrow, accept: Vec::new() };
    story.does("maya", &later(message)).unwrap();
    story.texts(ASKS);
    assert_eq!(story.parked(message), Some(vec![Review::NewerReply, Review::OptOutHold]));
    let another = story.fresh();
    story.does("maya", &later(another)).unwrap();
    assert_eq!(story.parked(another), Some(vec![Review::OptOutHold]), "nor is one put off meanwhile");
    story.now = tomorrow;
    assert!(!story.starts(message) && !story.starts(another));
}

#[test]
fn help_is_not_answered_on_hold_and_a_stop_is_confirmed() {
    let mut story = Story::with_mayas_buyer();
    story.playbook.consent.replies = Replies::Us;
    story.playbook.consent.help = Some("Harbor & Pine, 555-0100.".to_owned());
    let told = |said: &[Event]| {
        said.iter().find_map(|e| if let Event::ToldBuyer { message, .. } = e { Some(*message) } else { None })
    };
    let waits = told(&story.texts("HELP")).expect("we answer it");
    story.texts(ASKS);
    assert!(!story.starts(waits) && story.standing(waits).is_none(), "what waited is dropped");
    story.wait(Span::minutes(61));
    assert_eq!(told(&story.texts("HELP")), None, "nothing goes while a ruling is waited for");
    let confirms = told(&story.texts("STOP")).expect("the one text that follows an opt-out");
    assert!(story.starts(confirms));
}

#[test]
fn a_text_the_carrier_never_had_waits_for_the_ruling_as_well() {
    let mut story = Story::with_mayas_buyer();
    let message = story.answers("maya");
    story.wait(Span::seconds(8));
    assert!(story.starts(message));
    story.machine(Actor::Effects, &Command::LoseSend { message });
    story.texts(ASKS);
    story.machine(Actor::Effects, &Command::NeverLeft { message });
    assert_eq!(story.parked(message), Some(vec![Review::NeverLeft, Review::OptOutHold]));
    story.machine(Actor::Carrier, &Command::Report { message, delivery: Delivery::Delivered, error: None });
    assert!(story.parked(message).is_none(), "should it have left all the same, the record says so");
}

#[test]
fn a_blocked_number_that_asks_is_heard_by_nobody_and_held_all_the_same() {
    let mut story = Story::with_mayas_buyer();
    story.does("maya", &Command::Block { reason: Why::Spam }).unwrap();
    assert_eq!(kinds(&story.texts(ASKS)), ["received", "hold_placed"]);
    assert!(held(&story) && story.c().ruling.is_none(), "no clock, and nobody is reminded");
    let due = story.numbers[&Story::number(1)].hold.clone().unwrap().due;
    // Heard again, somebody rules: its time began with its text.
    let mut late = Story::with_mayas_buyer();
    late.does("maya", &Command::Block { reason: Why::Spam }).unwrap();
    late.texts(ASKS);
    assert_eq!(kinds(&story.does("lea", &Command::Unblock).unwrap()), ["unblocked", "ruling_due"]);
    assert_eq!(story.c().ruling.map(|clock| clock.due), Some(due));
    let message = story.answers("maya");
    assert_eq!(story.parked(message), Some(vec![Review::OptOutHold]));
    assert_eq!(kinds(&story.expires()), ["ruling_warned"]);
    story.does("maya", &OPT_OUT).unwrap();
    assert!(!held(&story) && story.numbers[&Story::number(1)].opted_out.is_some());
    // After that time it is opted out.
    late.now = due + Span::minutes(60);
    late.does("lea", &Command::Unblock).unwrap();
    late.expires();
    assert!(!held(&late) && late.numbers[&Story::number(1)].opted_out.is_some() && late.c().ruling.is_none());
}

#[test]
fn nobody_begins_with_a_number_on_hold() {
    let mut story = Story::with_mayas_buyer();
    let begin = || {
        let to = Address::parse("+13055550100").unwrap();
        Command::Begin { to, line: "main".into(), conversation: story_id() }
    };
    story.texts(ASKS);
    let why = "they may have asked for no more texts, and nobody has ruled yet".to_owned();
    assert_eq!(story.does("maya", &begin()), Err(Rejection::NoConsent { why }));
    let note = story.fresh();
    let ruling = Ruling::Keep { note, reason: Body::new("They meant the mail"), read: Vec::new() };
    story.does("maya", &Command::Rule { ruling }).unwrap();
    assert!(story.does("maya", &begin()).is_ok());
}

const fn story_id() -> ConversationId {
    ConversationId(uuid::Uuid::from_u128(77))
}
