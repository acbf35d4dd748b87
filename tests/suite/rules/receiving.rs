//! A buyer's text comes in.

use comeback::domain::command::Command;
use comeback::domain::consent::{OptOutSource, Scope};
use comeback::domain::conversation::Status;
use comeback::domain::event::{Event, Outcome};
use comeback::domain::measure::Gap;
use comeback::domain::message::InboundKind;
use comeback::domain::ownership::OwnerSource;
use comeback::domain::revocation;
use comeback::domain::routing::{Holder, Reason};
use comeback::domain::sla::{Response, Stage};
use comeback::domain::time::Span;

use crate::world::{Story, at, campaign, card, kinds};

fn started(events: &[Event]) -> bool {
    events.iter().any(|e| matches!(e, Event::SlaStarted { .. }))
}

#[test]
fn the_first_reply_goes_to_the_owner_of_the_deal_with_a_clock_of_its_cohort() {
    let story = Story::with_mayas_buyer();
    let c = story.c();
    assert_eq!(c.owner, Some("maya".into()));
    assert_eq!((c.team.as_str(), c.cohort.as_str(), c.use_case.as_str()), ("enterprise", "late-stage", "question"));
    let clock = c.clock.as_ref().unwrap();
    assert_eq!((clock.response, clock.stage, clock.playbook), (Response::First, Stage::Running, 1));
    assert_eq!((clock.warn, clock.due), (at("2026-03-03T10:10:00-05:00"), at("2026-03-03T10:15:00-05:00")));
    let offer = c.assignment.as_ref().unwrap();
    assert_eq!((&offer.to, offer.taken, offer.step), (&Holder::Rep("maya".into()), None, Some(0)));
    assert_eq!(offer.expires, Some(at("2026-03-03T10:05:00-05:00")));
    assert_eq!(c.inbound, 1);
}

#[test]
fn the_reason_names_where_the_owner_was_found() {
    let story = Story::with_mayas_buyer();
    assert!(story.record.iter().any(
        |(_, _, e)| matches!(e, Event::Owned { source: Some(OwnerSource::Opportunity), owner: Some(r), .. } if r.as_str() == "maya")
    ));
    // Nobody had this conversation before: maya has it because she owns the deal, and the record must say so.
    assert_eq!(story.c().assignment.as_ref().unwrap().because.reason, Reason::Owner(OwnerSource::Opportunity));
}

#[test]
fn a_later_offer_says_that_the_owner_had_the_conversation_before() {
    let mut story = Story::with_mayas_buyer();
    story.does("maya", &Command::Done { outcome: Outcome::NoAnswerNeeded }).unwrap();
    story.texts("One more thing");
    assert_eq!(story.c().assignment.as_ref().unwrap().because.reason, Reason::Owner(OwnerSource::Conversation));
}

#[test]
fn a_burst_of_texts_shares_one_clock() {
    let mut story = Story::with_mayas_buyer();
    let clock = story.c().clock.clone();
    for (wait, body) in [(1, "Hello?"), (2, "Are you there"), (3, "It is about the renewal")] {
        story.wait(Span::minutes(wait));
        assert!(!started(&story.texts(body)), "{body}");
    }
    assert_eq!(story.c().clock, clock);
    assert_eq!(story.c().inbound, 4);
}

#[test]
fn what_no_person_wrote_never_starts_a_clock() {
    for (body, media, carrier, kind) in [
        ("Liked “See you at 3”", 0, None, InboundKind::Tapback),
        ("👍", 0, None, InboundKind::Acknowledgement),
        ("👍🏿", 0, None, InboundKind::Acknowledgement),
        ("I'm driving with Do Not Disturb While Driving turned on.", 0, None, InboundKind::AutoReply),
        ("STOP", 0, None, InboundKind::OptOut),
        ("revoke", 0, None, InboundKind::OptOut),
        ("Arret!", 0, None, InboundKind::OptOut),
        ("adios", 0, Some("STOP"), InboundKind::OptOut),
        ("HELP", 0, None, InboundKind::Help),
    ] {
        let mut story = Story::begins();
        story.crm_says(1, vec![card("c-1")]);
        let said = story.receives(1, "main", body, media, carrier);
        assert!(said.iter().any(|e| matches!(e, Event::Received { kind: k, .. } if *k == kind)), "{body}: {said:?}");
        assert!(story.c().clock.is_none() && story.c().next_deadline().is_none(), "{body}");
        assert_eq!(story.c().inbound, 1, "it is kept all the same: {body}");
        assert_eq!(story.c().owner, Some("maya".into()), "and the owner may see it: {body}");
    }
}

#[test]
fn whatever_may_ask_us_to_stop_holds_the_number_however_it_begins() {
    for body in [
        "I'm driving right now, stop texting me and take me off your list",
        "Automatic reply: I no longer work here. Please remove me from your list and stop texting this number.",
        "Out of office: I have left. Do not text this number again.",
    ] {
        assert!(revocation::judge(body).is_revocation(), "{body}");
        let mut story = Story::begins();
        story.crm_says(1, vec![card("c-1")]);
        let said = story.receives(1, "main", body, 0, None);
        assert!(said.iter().any(|e| matches!(e, Event::HoldPlaced { .. })), "{body}: {said:?}");
        assert!(
            story.numbers[&story.c().number].hold.is_some() && story.c().assignment.is_some(),
            "and somebody hears of it: {body}"
        );
    }
    let mut story = Story::begins();
    let said = story.receives(1, "main", "Out of office: back on Monday.", 0, None);
    assert!(!said.iter().any(|e| matches!(e, Event::HoldPlaced { .. })), "{said:?}");
}

#[test]
fn what_a_phone_sends_by_itself_is_no_word_that_an_answer_answers() {
    let mut story = Story::with_mayas_buyer();
    let wrote = story.c().wrote();
    assert_eq!(wrote, Some(story.now));
    for body in ["Loved an image", "I'm driving with Focus turned on.", "HELP", "👍"] {
        story.wait(Span::minutes(1));
        story.texts(body);
        assert_eq!((story.c().wrote(), story.c().last_inbound), (wrote, Some(story.now)), "{body}");
    }
    story.texts("And the price?");
    assert_eq!(story.c().wrote(), Some(story.now));
    // As it was kept before words were told apart: what the last one was says whether it counts.
    let mut old = story.c().clone();
    old.last_words = None;
    assert_eq!(old.wrote(), Some(story.now));
    old.last_kind = Some(InboundKind::Tapback);
    assert_eq!(old.wrote(), None);
}

#[test]
fn a_picture_without_words_is_a_text_that_wants_an_answer() {
    let mut story = Story::begins();
    story.crm_says(1, vec![card("c-1")]);
    let said = story.receives(1, "main", "", 1, None);
    assert!(started(&said));
    assert!(said.iter().any(|e| matches!(e, Event::Received { kind: InboundKind::Picture, .. })));
}

#[test]
fn a_tapback_during_a_running_clock_changes_nothing_about_it() {
    let mut story = Story::with_mayas_buyer();
    let (clock, offer) = (story.c().clock.clone(), story.c().assignment.clone());
    story.wait(Span::minutes(2));
    story.texts("Loved an image");
    assert_eq!((story.c().clock.clone(), story.c().assignment.clone()), (clock, offer));
}

#[test]
fn sales_is_not_timed_on_what_sales_does_not_handle_yet_the_reply_reaches_the_pool() {
    let mut story = Story::begins();
    let said = story.receives(7, "poll", "Four stars", 0, None);
    assert!(!started(&said));
    assert_eq!(story.c().assignment.as_ref().unwrap().to, Holder::Pool("harbor".into()));
}

#[test]
fn the_clock_stands_still_at_night_and_over_the_weekend() {
    let mut story = Story::begins();
    story.crm_says(1, vec![card("c-1")]);
    story.now = at("2026-03-06T16:50:00-05:00");
    story.texts("Friday evening, sorry");
    // Ten minutes on Friday, five on Monday; the clocks change on that Sunday.
    assert_eq!(story.c().clock.as_ref().unwrap().due, at("2026-03-09T09:05:00-04:00"));
}

#[test]
fn a_reply_to_a_finished_conversation_reopens_it_and_offers_it_anew() {
    let mut story = Story::with_mayas_buyer();
    story.minutes_pass(5);
    story.does("ben", &Command::Take).unwrap();
    let text = story.answers("ben");
    story.wait(Span::seconds(8));
    assert!(story.starts(text));
    story.does("ben", &Command::Done { outcome: Outcome::Texted }).unwrap();
    story.wait(Span::minutes(60));
    let said = story.texts("Thanks. Can you send the contract?");
    assert!(said.contains(&Event::Reopened { by: None }));
    assert_eq!(story.c().status, Status::Open);
    assert_eq!(story.c().assignee().unwrap().as_str(), "maya", "the owner is asked first again");
    let clock = story.c().clock.as_ref().unwrap();
    assert_eq!((clock.response, clock.due), (Response::Next, story.now + Span::minutes(30)));
}

#[test]
fn a_reply_wakes_a_snoozed_conversation_but_a_tapback_does_not() {
    let mut story = Story::with_mayas_buyer();
    let until = story.now + Span::minutes(10);
    story.does("maya", &Command::Snooze { until }).unwrap();
    story.texts("👍");
    assert_eq!(story.c().status, Status::Snoozed(until));
    assert!(story.texts("Well?").contains(&Event::Woke));
    assert_eq!(story.c().status, Status::Open);
}

#[test]
fn an_unknown_sender_takes_the_ladder_for_unowned_replies() {
    let mut story = Story::begins();
    story.receives(9, "main", "Who is this?", 0, None);
    let offer = story.c().assignment.clone().unwrap();
    assert_eq!(story.c().owner, None);
    assert_eq!(offer.to, Holder::Pool("enterprise".into()));
    assert!(matches!(offer.because.reason, Reason::Unowned(_)));
    let passed: Vec<_> = offer.because.passed.iter().map(|p| p.who.as_str()).collect();
    assert_eq!(passed, ["owner", "backup"], "every step passed over is named");
    assert_eq!(story.c().cohort, "new");
    assert!(story.c().clock.is_some());
}

#[test]
fn an_unknown_sender_with_nobody_here_still_reaches_the_lead() {
    let mut story = Story::begins();
    for rep in ["maya", "ben", "ines", "omar", "lea"] {
        story.does(rep, &Command::away(true)).unwrap();
    }
    story.receives(9, "main", "Anyone?", 0, None);
    let offer = story.c().assignment.clone().unwrap();
    assert_eq!((offer.to, offer.expires), (Holder::Rep("lea".into()), None));
    assert_eq!(offer.because.passed.len(), 4);
}

#[test]
fn a_text_to_a_line_the_playbook_does_not_know_is_kept_and_offered() {
    let mut story = Story::begins();
    story.receives(9, "ported-away", "Hello", 0, None);
    assert!(story.c().assignment.is_some() && story.c().clock.is_some());
}

#[test]
fn when_the_owner_left_the_next_candidate_gets_it_and_the_reason_says_so() {
    let mut story = Story::begins();
    story.playbook.reps.get_mut(&"maya".into()).unwrap().active = false;
    story.crm_says(1, vec![card("c-1")]);
    story.texts("Hi Maya");
    let offer = story.c().assignment.clone().unwrap();
    assert_eq!(story.c().owner, Some("ines".into()));
    assert_eq!(offer.because.reason, Reason::Owner(OwnerSource::Sdr));
    let maya = offer.because.passed.iter().find(|p| p.who == "maya").unwrap();
    assert!(maya.why.contains("owns the deal") && maya.why.contains("not with us any more"), "{}", maya.why);
    assert_eq!(Gap::of(maya), Some(Gap::Left));
}

#[test]
fn an_owner_in_the_crm_who_is_no_rep_of_ours_is_passed_over_as_that_and_not_as_somebody_who_left() {
    let mut story = Story::begins();
    let mut buyer = card("c-1");
    let [program, colleague] = ["salesforce owner 005I", "salesforce owner 005C"];
    buyer.opportunity.as_mut().unwrap().owner = Some(program.into());
    buyer.owner = Some(colleague.into());
    story.crm_says(1, vec![buyer]);
    story.texts("Hello");
    let offer = story.c().assignment.clone().unwrap();
    assert_eq!(offer.because.reason, Reason::Owner(OwnerSource::Sdr));
    for (who, what) in [(program, "owns the deal"), (colleague, "owns the contact")] {
        let passed = offer.because.passed.iter().find(|p| p.who == who).unwrap();
        assert_eq!(passed.why, format!("{what}, but is nobody of the playbook's reps"));
        assert_eq!(Gap::of(passed), Some(Gap::Left), "reports say that nobody was there");
    }
}

#[test]
fn when_the_owner_leaves_later_the_next_text_finds_somebody_else() {
    let mut story = Story::with_mayas_buyer();
    story.does("maya", &Command::Take).unwrap();
    story.playbook.reps.get_mut(&"maya".into()).unwrap().active = false;
    story.texts("Maya?");
    assert_eq!(story.c().owner, Some("ines".into()));
    assert_eq!(story.c().assignee().unwrap().as_str(), "ines");
    assert!(story.c().assignment.as_ref().unwrap().because.passed.iter().any(|p| p.who == "maya"));
}

#[test]
fn two_people_on_one_number_are_both_there_and_the_more_urgent_one_sets_the_clock() {
    let mut story = Story::begins();
    let mut cold = card("c-2");
    (cold.opportunity, cold.owner) = (None, Some("ben".into()));
    story.crm_says(1, vec![cold, card("c-1")]);
    story.texts("It's us");
    let contacts: Vec<_> = story.c().contacts.iter().map(|c| c.as_str().to_owned()).collect();
    assert_eq!(contacts, ["c-2", "c-1"]);
    assert_eq!(story.c().cohort, "late-stage");
    assert_eq!(story.c().owner, Some("maya".into()), "the deal's owner comes before the contact's");
}

#[test]
fn the_campaign_says_what_the_reply_is_about_and_a_typo_there_loses_nothing() {
    for (use_case, wanted, cohort) in [("meeting", "meeting", "meeting"), ("meetng", "question", "new")] {
        let mut story = Story::begins();
        let mut buyer = card("c-1");
        (buyer.opportunity, buyer.campaign) = (None, Some(campaign(use_case)));
        story.crm_says(1, vec![buyer]);
        story.texts("Thursday works");
        assert_eq!((story.c().use_case.as_str(), story.c().cohort.as_str()), (wanted, cohort));
    }
}

#[test]
fn one_person_has_one_conversation_with_each_line() {
    let mut story = Story::with_mayas_buyer();
    let first = story.here;
    story.receives(1, "dock", "Other line", 0, None);
    assert_ne!(story.here, first);
    assert_eq!(story.conversations.len(), 2);
    story.texts("First again");
    assert_eq!((story.here, story.conversations.len()), (first, 2));
}

#[test]
fn the_crm_learns_of_the_owner_later_and_an_untaken_reply_moves_there() {
    let mut story = Story::begins();
    story.texts("Hello");
    assert_eq!(story.c().owner, None);
    let clock = story.c().clock.clone();
    story.crm_says(1, vec![card("c-1")]);
    let said = story.machine(comeback::domain::command::Actor::Crm, &Command::Match);
    assert_eq!(kinds(&said), ["matched", "owned", "offered"]);
    assert_eq!(story.c().assignee().unwrap().as_str(), "maya");
    assert_eq!(story.c().clock, clock, "the past is not rewritten: the running clock keeps its numbers");
    let again = story.machine(comeback::domain::command::Actor::Crm, &Command::Match);
    assert_eq!(kinds(&again), ["matched"], "devices hear of it also when only an amount changed");
}

#[test]
fn a_match_does_not_take_a_conversation_from_who_took_it() {
    let mut story = Story::begins();
    story.texts("Hello");
    story.does("ben", &Command::Take).unwrap();
    story.crm_says(1, vec![card("c-1")]);
    story.machine(comeback::domain::command::Actor::Crm, &Command::Match);
    assert_eq!(story.c().taker().unwrap().0.as_str(), "ben");
    assert_eq!(story.c().owner, Some("maya".into()));
}

#[test]
fn stop_is_one_fact_on_the_number_and_drops_the_clocks_of_all_its_conversations() {
    let mut story = Story::with_mayas_buyer();
    let first = story.here;
    story.receives(1, "dock", "Other line", 0, None);
    story.receives(1, "main", "Stop", 0, None);
    let facts = story.record.iter().filter(|(_, _, e)| matches!(e, Event::OptedOut { .. })).count();
    assert_eq!(facts, 1);
    assert!(story.conversations.values().all(|c| c.clock.is_none()));
    assert_eq!(story.here, first);
    story.texts("STOP");
    let facts = story.record.iter().filter(|(_, _, e)| matches!(e, Event::OptedOut { .. })).count();
    assert_eq!(facts, 1, "saying it again changes nothing");
}

#[test]
fn which_word_they_used_is_kept_also_when_the_carrier_read_it_for_us() {
    for (body, carrier, source) in [
        ("Cancel", None, OptOutSource::Keyword("cancel".to_owned())),
        ("Cancel", Some("STOP"), OptOutSource::Keyword("cancel".to_owned())),
        ("genug jetzt", Some("STOP"), OptOutSource::Carrier),
    ] {
        let mut story = Story::with_mayas_buyer();
        let said = story.receives(1, "main", body, 0, carrier);
        assert!(
            said.contains(&Event::OptedOut {
                source: source.clone(),
                scope: Scope::Tenant,
                said: None,
                undated: false
            }),
            "{body} {carrier:?}: {said:?}"
        );
    }
}

#[test]
fn start_gives_consent_back_only_after_a_stop_and_its_words_stay_out_of_the_record() {
    let mut story = Story::with_mayas_buyer();
    assert!(!story.texts("yes").iter().any(|e| matches!(e, Event::OptedIn { .. })), "a plain yes is content");
    story.texts("stop");
    assert!(story.numbers[&Story::number(1)].opted_out.is_some());
    story.wait(Span::seconds(1));
    let said = story.receives(1, "main", "my pin is 4711, go on", 0, Some("START"));
    assert!(story.numbers[&Story::number(1)].opted_out.is_none());
    assert!(!format!("{said:?}").contains("4711"), "events are kept for ever and hold no text: {said:?}");
}
