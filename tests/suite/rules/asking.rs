//! A first reply waits for the CRM to say who it is, no longer than the playbook's budget; what is said later changes what
//! the playbook lets it.

use comeback::domain::asking::Reroute;
use comeback::domain::command::{Actor, Command};
use comeback::domain::event::{Event, Outcome};
use comeback::domain::id::{RepId, TeamId};
use comeback::domain::ownership::{OwnerRule, OwnerSource};
use comeback::domain::routing::Holder;
use comeback::domain::sla;
use comeback::domain::time::Span;

use crate::world::{Story, card, kinds};

const BUDGET: Span = Span::millis(300);

/// Somebody whom nobody knows texts for the first time, and the CRM is asked.
fn a_stranger_texts() -> Story {
    let mut story = Story::begins();
    story.waits = Some(BUDGET);
    story.texts("Can we talk about the price?");
    story
}

fn holder(story: &Story) -> Option<Holder> {
    story.c().assignment.as_ref().map(|a| a.to.clone())
}

fn rep(name: &str) -> Holder {
    Holder::Rep(RepId::from(name))
}

fn matched(story: &mut Story) -> Vec<Event> {
    story.machine(Actor::Crm, &Command::Match)
}

#[test]
fn a_strangers_first_reply_is_offered_to_whom_the_crm_names_in_time() {
    let mut story = a_stranger_texts();
    let came = story.now;
    assert_eq!(holder(&story), None, "nobody is asked before it is known whose it is");
    assert_eq!(story.c().next_deadline(), Some(came + BUDGET), "whatever becomes of the CRM");
    assert!(story.c().clock.is_some(), "the buyer waits already");
    story.wait(Span::millis(120));
    story.crm_says(1, vec![card("c-1")]);
    let said = matched(&mut story);
    assert_eq!(holder(&story), Some(rep("maya")));
    assert!(said.contains(&Event::CardSettled { late: false }), "{:?}", kinds(&said));
    assert_eq!(said.iter().filter(|event| matches!(event, Event::Offered { .. })).count(), 1);
    let clock = story.c().clock.clone().unwrap();
    let known = {
        let mut known = Story::begins();
        known.crm_says(1, vec![card("c-1")]);
        known.texts("Can we talk about the price?");
        known.c().clone()
    };
    assert_eq!(story.c().cohort, known.cohort);
    assert_eq!(Some(clock), known.clock, "the clock is the one of a buyer who was known, from when the text came");
    assert_eq!(story.c().awaits, None);
    assert!(matched(&mut story).iter().all(|event| !matches!(event, Event::Offered { .. })), "once");
}

#[test]
fn a_crm_that_says_nobody_lets_the_reply_go_at_once() {
    let mut story = a_stranger_texts();
    story.wait(Span::millis(10));
    matched(&mut story);
    assert_eq!(holder(&story), Some(Holder::Pool(TeamId::from("enterprise"))));
}

#[test]
fn when_the_time_is_over_it_is_routed_with_what_is_known_and_says_so() {
    let mut story = a_stranger_texts();
    story.wait(BUDGET);
    let said = story.expires();
    assert!(said.contains(&Event::CardSettled { late: true }), "{:?}", kinds(&said));
    assert_eq!(holder(&story), Some(Holder::Pool(TeamId::from("enterprise"))));
    let because = &story.c().assignment.as_ref().unwrap().because;
    assert_eq!(because.passed[0].who, "the CRM");
    assert!(story.expires().is_empty(), "twice is the same as once");
}

#[test]
fn a_reply_that_is_routed_by_an_older_card_says_that_and_not_that_nobody_knew() {
    let why = |known: bool| {
        let mut story = Story::begins();
        if known {
            story.crm_says(1, vec![card("c-1")]);
        }
        story.waits = Some(BUDGET);
        story.texts("Can we talk about the price?");
        story.wait(BUDGET);
        story.expires();
        let because = &story.c().assignment.as_ref().unwrap().because;
        (holder(&story), because.passed[0].why.clone())
    };
    assert_eq!(why(false).1, "had not said in time who this is");
    let (holder, why) = why(true);
    assert_eq!(holder, Some(rep("maya")), "the older card was used");
    assert_eq!(why, "had not read their card anew in time: the older one was used");
}

#[test]
fn a_clock_keeps_its_class_when_a_late_answer_says_more_and_what_is_said_of_it_agrees() {
    let mut story = a_stranger_texts();
    story.wait(BUDGET);
    story.expires();
    story.crm_says(1, vec![card("c-1")]);
    matched(&mut story);
    let c = story.c();
    assert_eq!(
        (c.cohort.as_str(), sla::class(c)),
        ("late-stage", "new"),
        "the deal is known now; the clock ran before"
    );
    assert_eq!(c.clock.as_ref().map(|clock| clock.cohort.as_str()), Some("new"), "by it the reply is counted");
}

#[test]
fn a_second_text_meanwhile_waits_no_longer_than_the_first() {
    let mut story = a_stranger_texts();
    let until = story.c().awaits;
    story.wait(Span::millis(200));
    let said = story.texts("Hello?");
    assert!(!said.iter().any(|event| matches!(event, Event::CardAwaited { .. } | Event::Offered { .. })));
    assert_eq!(story.c().awaits, until);
    story.wait(Span::millis(150));
    // The clock that watches deadlines is late, and the buyer is not.
    let said = story.texts("Anybody?");
    assert!(said.iter().any(|event| matches!(event, Event::Offered { .. })), "{:?}", kinds(&said));
    assert_eq!(story.c().awaits, None);
}

#[test]
fn what_a_late_answer_moves_is_the_playbooks_to_say_and_never_what_a_person_did() {
    let late = |reroute: Reroute, rules: Vec<OwnerRule>, before: fn(&mut Story)| {
        let mut story = Story::begins();
        story.playbook.asking.reroute = reroute;
        story.playbook.ownership = rules;
        story.waits = Some(BUDGET);
        story.texts("Can we talk about the price?");
        story.wait(BUDGET);
        story.expires();
        before(&mut story);
        story.crm_says(1, vec![card("c-1")]);
        matched(&mut story);
        holder(&story)
    };
    let nothing: fn(&mut Story) = |_| {};
    let deal = || vec![OwnerRule::from(OwnerSource::Opportunity)];
    let pool = Some(Holder::Pool(TeamId::from("enterprise")));
    assert_eq!(late(Reroute::Never, deal(), nothing), pool);
    assert_eq!(late(Reroute::Unowned, deal(), nothing), Some(rep("maya")));
    assert_eq!(late(Reroute::Untaken, deal(), nothing), Some(rep("maya")));
    let takes: fn(&mut Story) = |story| drop(story.does("ben", &Command::Take).unwrap());
    let hands_over: fn(&mut Story) = |story| drop(story.does("lea", &Command::Assign { to: "ben".into() }).unwrap());
    for reroute in [Reroute::Never, Reroute::Unowned, Reroute::Untaken] {
        assert_eq!(late(reroute, deal(), takes), Some(rep("ben")), "{reroute:?}: he took it");
        assert_eq!(late(reroute, deal(), hands_over), Some(rep("ben")), "{reroute:?}: she handed it over");
    }
    // Somebody owned it by a later rule, and the CRM names somebody by an earlier one.
    let dealt = || {
        let turn = OwnerRule { pool: Some("enterprise".into()), ..OwnerSource::RoundRobin.into() };
        vec![OwnerSource::Opportunity.into(), turn]
    };
    let first = late(Reroute::Never, dealt(), nothing);
    assert!(first.is_some() && first != Some(rep("maya")), "somebody else has the turn: {first:?}");
    assert_eq!(late(Reroute::Unowned, dealt(), nothing), first, "it was somebody's");
    assert_eq!(late(Reroute::Untaken, dealt(), nothing), Some(rep("maya")));
    // That somebody had it counts more than who the CRM says works on them, but not where they were only guessed.
    let guessed = || [vec![OwnerSource::Conversation.into(), OwnerSource::Sdr.into()], dealt()[1..].to_vec()].concat();
    assert_ne!(first, Some(rep("ines")));
    assert_eq!(late(Reroute::Unowned, guessed(), nothing), first, "it was somebody's");
    assert_eq!(late(Reroute::Untaken, guessed(), nothing), Some(rep("ines")));
    assert_eq!(late(Reroute::Untaken, guessed(), takes), Some(rep("ben")), "he took it");
}

#[test]
fn whoever_takes_it_while_the_crm_is_asked_keeps_it() {
    let mut story = a_stranger_texts();
    story.does("lea", &Command::Take).unwrap();
    assert_eq!(story.c().awaits, None);
    story.crm_says(1, vec![card("c-1")]);
    let said = matched(&mut story);
    assert!(!said.iter().any(|event| matches!(event, Event::Offered { .. })), "{:?}", kinds(&said));
    assert_eq!(holder(&story), Some(rep("lea")));
}

#[test]
fn a_buyer_somebody_has_already_waits_for_nothing() {
    let mut story = Story::with_mayas_buyer();
    story.waits = Some(BUDGET);
    story.texts("And the discount?");
    assert_eq!(story.c().awaits, None);
}

/// Maya's buyer, finished, and to be asked about again: since then the deal is Ben's, as the CRM would say.
fn finished() -> Story {
    let mut story = Story::with_mayas_buyer();
    story.playbook.ownership = vec![OwnerRule::from(OwnerSource::Opportunity)];
    story.does("maya", &Command::Take).unwrap();
    story.does("maya", &Command::Done { outcome: Outcome::Called }).unwrap();
    story.minutes_pass(60);
    story.waits = Some(BUDGET);
    story
}

fn is_bens(story: &mut Story) {
    let mut ben = card("c-1");
    ben.opportunity.as_mut().unwrap().owner = Some("ben".into());
    story.crm_says(1, vec![ben]);
}

fn offers(said: &[Event]) -> usize {
    said.iter().filter(|event| matches!(event, Event::Offered { .. })).count()
}

#[test]
fn a_buyer_who_comes_back_is_asked_about_again_and_goes_to_whose_they_are_by_now() {
    let mut story = finished();
    let said = story.texts("One more thing");
    assert_eq!(offers(&said), 0, "{:?}", kinds(&said));
    assert_eq!(story.c().next_deadline(), Some(story.now + BUDGET));
    assert!(story.c().clock.is_some() && !story.c().is_done(), "the buyer waits already");
    is_bens(&mut story);
    let said = matched(&mut story);
    assert_eq!((holder(&story), offers(&said)), (Some(rep("ben")), 1), "{:?}", kinds(&said));
    assert_eq!((story.c().owner.as_ref(), story.c().awaits), (Some(&RepId::from("ben")), None));
    assert_eq!(offers(&matched(&mut story)), 0, "once");
}

#[test]
fn a_buyer_who_comes_back_while_the_crm_is_silent_goes_to_whom_an_older_card_names() {
    for texts_again in [false, true] {
        let mut story = finished();
        story.texts("One more thing");
        story.wait(BUDGET);
        let said = if texts_again { story.texts("Hello?") } else { story.expires() };
        assert!(said.contains(&Event::CardSettled { late: true }) || story.c().awaits.is_none(), "{said:?}");
        assert_eq!((holder(&story), offers(&said)), (Some(rep("maya")), 1), "{:?}", kinds(&said));
        assert!(story.c().assignment.as_ref().unwrap().taken.is_none(), "she is asked anew");
        assert!(story.expires().is_empty());
    }
}

#[test]
fn whoever_takes_or_is_given_a_buyer_who_came_back_keeps_them() {
    for (who, command, has) in [
        ("maya", Command::Take, "maya"),
        ("lea", Command::Take, "lea"),
        ("lea", Command::Assign { to: "maya".into() }, "maya"),
        ("maya", Command::Assign { to: "maya".into() }, "maya"),
    ] {
        let mut story = finished();
        story.texts("One more thing");
        story.does(who, &command).unwrap();
        assert_eq!(story.c().awaits, None, "{who} {command:?}");
        is_bens(&mut story);
        assert_eq!(offers(&matched(&mut story)), 0, "{who} {command:?}");
        assert_eq!(holder(&story), Some(rep(has)));
    }
}

#[test]
fn who_answers_a_buyer_who_came_back_has_them_and_nobody_is_asked_on() {
    let mut story = finished();
    story.texts("One more thing");
    let message = story.answers("maya");
    assert_eq!((holder(&story), story.c().awaits), (Some(rep("maya")), None), "she took it with that");
    is_bens(&mut story);
    assert_eq!(offers(&matched(&mut story)), 0);
    story.wait(Span::seconds(8));
    assert!(story.starts(message));
    story.minutes_pass(120);
    assert_eq!((holder(&story), &story.c().clock), (Some(rep("maya")), &None));
}

#[test]
fn a_stop_meanwhile_leaves_no_clock_behind() {
    for comes_back in [false, true] {
        let mut story = if comes_back { finished() } else { Story::begins() };
        story.waits = Some(BUDGET);
        story.texts("Can we talk about the price?");
        story.texts("STOP");
        story.crm_says(1, vec![card("c-1")]);
        matched(&mut story);
        assert_eq!((&story.c().clock, story.c().awaits), (&None, None), "{comes_back}");
        assert!(story.minutes_pass(120).iter().all(|event| !matches!(event, Event::SlaBreached { .. })));
    }
}
