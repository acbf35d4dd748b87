//! Offer, take, assign, expire, escalate: who has it now, and who is asked next.

use comeback::domain::command::{Actor, Command};
use comeback::domain::contact::Body;
use comeback::domain::conversation::Status;
use comeback::domain::escalation::Stop;
use comeback::domain::event::{Climb, Event, Outcome};
use comeback::domain::explanation;
use comeback::domain::hours::Calendar;
use comeback::domain::oncall::{Rotation, Schedule};
use comeback::domain::playbook::Playbook;
use comeback::domain::rejection::Rejection;
use comeback::domain::routing::{Holder, Reason};
use comeback::domain::sla::Stage;
use comeback::domain::time::Span;

use crate::world::{Story, at, kinds};

fn holder(story: &Story) -> String {
    match &story.c().assignment.as_ref().unwrap().to {
        Holder::Rep(rep) => rep.to_string(),
        Holder::Pool(team) => format!("pool {team}"),
    }
}

fn assign(to: &str) -> Command {
    Command::Assign { to: to.into() }
}

#[test]
fn an_untaken_reply_climbs_owner_backup_pool_on_call_lead_and_stays_there() {
    let mut story = Story::with_mayas_buyer();
    let mut seen = vec![holder(&story)];
    for _ in 0..6 {
        story.minutes_pass(5);
        seen.push(holder(&story));
    }
    assert_eq!(seen, ["maya", "ben", "pool enterprise", "omar", "lea", "lea", "lea"]);
    let last = story.c().assignment.as_ref().unwrap();
    assert_eq!((last.step, last.expires), (Some(4), None), "the last step never expires");
    assert_eq!(story.c().next_deadline(), None, "nothing is left to fire");
    assert_eq!(story.c().clock.as_ref().unwrap().stage, Stage::Breached);
}

#[test]
fn nobody_is_asked_while_the_office_is_closed() {
    let mut story = Story::begins();
    story.crm_says(1, vec![crate::world::card("c-1")]);
    story.now = at("2026-03-03T16:58:00-05:00");
    story.texts("Late today");
    assert_eq!(story.c().assignment.as_ref().unwrap().expires, Some(at("2026-03-04T09:03:00-05:00")));
}

#[test]
fn an_owner_who_is_away_is_passed_over_at_once() {
    let mut story = Story::begins();
    story.crm_says(1, vec![crate::world::card("c-1")]);
    story.does("maya", &Command::away(true)).unwrap();
    story.texts("Hello");
    let offer = story.c().assignment.clone().unwrap();
    assert_eq!((holder(&story).as_str(), offer.step), ("ben", Some(1)));
    assert!(offer.because.passed.iter().any(|p| p.why.contains("away")), "{:?}", offer.because);
    assert_eq!(story.c().owner, Some("maya".into()), "away is not gone: she stays accountable");
}

#[test]
fn empty_steps_are_skipped_at_once() {
    let mut story = Story::with_mayas_buyer();
    for rep in ["ben", "ines", "maya"] {
        story.does(rep, &Command::away(true)).unwrap();
    }
    let said = story.minutes_pass(5);
    assert_eq!(kinds(&said), ["escalated", "offered"]);
    assert_eq!(holder(&story), "omar", "backup and pool have nobody: the person on call is asked");
    let passed: Vec<_> = story.c().assignment.as_ref().unwrap().because.passed.iter().map(|p| p.who.clone()).collect();
    assert_eq!(passed, ["maya", "backup", "team pool"]);
}

#[test]
fn whoever_let_it_pass_is_not_asked_again_by_the_same_climb() {
    let mut story = Story::with_mayas_buyer();
    story.playbook.teams.get_mut(&"enterprise".into()).unwrap().on_call.as_mut().unwrap().reps =
        vec![Some("lea".into())];
    story.playbook.teams.get_mut(&"enterprise".into()).unwrap().members = ["ben".into()].into();
    story.minutes_pass(5);
    assert_eq!(holder(&story), "ben");
    story.minutes_pass(5);
    assert_eq!(holder(&story), "lea", "the pool is only ben, who just had it");
}

#[test]
fn the_schedule_that_names_the_team_says_who_is_on_call() {
    let mut story = Story::with_mayas_buyer();
    let below = story.playbook.teams.get_mut(&"enterprise".into()).unwrap().on_call.take().unwrap();
    let hours = Calendar { holidays: [(below.since, Vec::new())].into(), ..Calendar::always(below.zone) };
    let above = Rotation { reps: vec![Some("nora".into()), None], only: Some(hours), ..below.clone() };
    let zone = below.zone;
    let made =
        Schedule { label: "on call".to_owned(), team: Some("enterprise".into()), zone, layers: vec![below, above] };
    story.playbook.schedules = [("night".into(), made)].into();
    for rep in ["ben", "ines", "maya"] {
        story.does(rep, &Command::away(true)).unwrap();
    }
    story.minutes_pass(5);
    assert_eq!(holder(&story), "nora", "the later layer has somebody this week");

    // A schedule of no team is no team's.
    let mut story = Story::with_mayas_buyer();
    let mut other = story.playbook.teams.get_mut(&"enterprise".into()).unwrap().on_call.take().unwrap();
    other.reps = vec![Some("nora".into())];
    let made = Schedule { label: "other".to_owned(), team: None, zone, layers: vec![other] };
    story.playbook.schedules = [("other".into(), made)].into();
    for rep in ["ben", "ines", "maya"] {
        story.does(rep, &Command::away(true)).unwrap();
    }
    story.minutes_pass(5);
    assert_eq!(holder(&story), "lea");
    let passed = &story.c().assignment.as_ref().unwrap().because.passed;
    assert!(passed.iter().any(|p| p.who == "on call" && p.why == "nobody is ever on call"), "{passed:?}");
}

#[test]
fn a_playbook_stored_before_schedules_reads_as_it_was() {
    let story = Story::with_mayas_buyer();
    let stored = serde_json::to_value(&story.playbook).unwrap();
    assert_eq!(stored.get("schedules"), None, "nothing new is written where nothing new is said");
    let on_call = &stored["teams"]["enterprise"]["on_call"];
    let wanted = r#"{"reps":["omar"],"since":"2026-01-05","hand_off":540,"days":7,"zone":"America/New_York"}"#;
    assert_eq!(*on_call, serde_json::from_str::<serde_json::Value>(wanted).unwrap());
    assert_eq!(serde_json::from_value::<Playbook>(stored).unwrap(), story.playbook);
}

#[test]
fn taking_stops_the_ladder_until_the_due_time() {
    let mut story = Story::with_mayas_buyer();
    story.does("maya", &Command::Take).unwrap();
    assert_eq!(story.c().assignment.as_ref().unwrap().because.reason, Reason::Took);
    assert_eq!(kinds(&story.minutes_pass(14)), ["sla_warned"]);
    assert_eq!(holder(&story), "maya");
    let said = story.minutes_pass(1);
    assert_eq!(kinds(&said), ["sla_breached", "escalated", "offered"]);
    assert_eq!(holder(&story), "ben", "a breach climbs even from who took it");
    assert!(said.contains(&Event::Escalated { why: Climb::Breach }));
    assert_eq!(story.c().taker(), None);
}

#[test]
fn a_breach_does_not_hurry_somebody_who_was_asked_a_moment_ago() {
    let mut story = Story::with_mayas_buyer();
    story.playbook.ladders.get_mut("fast").unwrap().steps.iter_mut().for_each(|s| s.wait = Span::minutes(8));
    story.does("maya", &Command::Done { outcome: Outcome::NoAnswerNeeded }).unwrap();
    story.texts("Still here");
    story.minutes_pass(8);
    assert_eq!(holder(&story), "ben");
    story.minutes_pass(7);
    assert_eq!(story.c().clock.as_ref().unwrap().stage, Stage::Breached);
    assert_eq!(holder(&story), "ben", "ben was asked seven minutes ago and has one more");
    story.minutes_pass(1);
    assert_eq!(holder(&story), "pool enterprise");
}

#[test]
fn expiring_twice_is_the_same_as_once() {
    let mut story = Story::with_mayas_buyer();
    for minutes in [4, 1, 5, 5, 5, 40] {
        story.wait(Span::minutes(minutes));
        story.expires();
        let state = story.c().clone();
        assert_eq!(story.expires(), []);
        assert_eq!(*story.c(), state);
        assert!(story.c().next_deadline().is_none_or(|at| at > story.now));
    }
}

#[test]
fn deadlines_that_passed_while_nobody_looked_fire_in_order() {
    let mut story = Story::with_mayas_buyer();
    story.wait(Span::minutes(55));
    let said = story.expires();
    let order = kinds(&said);
    let position = |kind: &str| order.iter().position(|k| *k == kind);
    assert!(
        position("offered") < position("sla_warned") && position("sla_warned") < position("sla_breached"),
        "{order:?}"
    );
    assert_eq!(order.iter().filter(|k| **k == "sla_warned").count(), 1);
    assert_eq!(order.iter().filter(|k| **k == "sla_breached").count(), 1);
    // The backup gets a real chance: what is overdue is not climbed through to the lead in one instant.
    assert_eq!(holder(&story), "ben");
    assert!(story.c().next_deadline().unwrap() > story.now);
}

#[test]
fn the_second_take_hears_who_was_faster_and_when() {
    let mut story = Story::with_mayas_buyer();
    story.minutes_pass(10);
    story.does("ines", &Command::Take).unwrap();
    let taken = story.now;
    story.wait(Span::seconds(2));
    assert_eq!(story.does("ben", &Command::Take), Err(Rejection::TakenBy { by: "ines".into(), at: taken }));
    assert_eq!(story.does("ines", &Command::Take), Ok(vec![]), "taking what is mine changes nothing");
}

#[test]
fn the_owner_may_take_what_was_offered_up_the_ladder() {
    let mut story = Story::with_mayas_buyer();
    story.minutes_pass(5);
    assert_eq!(holder(&story), "ben");
    story.does("maya", &Command::Take).unwrap();
    assert_eq!(holder(&story), "maya");
}

#[test]
fn handing_over_names_who_did_it_and_waits_for_no_ladder() {
    let mut story = Story::with_mayas_buyer();
    story.does("maya", &assign("ines")).unwrap();
    let a = story.c().assignment.clone().unwrap();
    assert_eq!((holder(&story).as_str(), a.step, a.expires, a.taken), ("ines", None, None, None));
    assert_eq!(a.because.reason, Reason::Person("maya".into()));
    assert_eq!(story.c().owner, Some("maya".into()), "a hand-over is a loan: the owner stays accountable");
    let said = story.minutes_pass(15);
    assert_eq!(kinds(&said), ["sla_warned", "sla_breached", "escalated", "offered"]);
}

#[test]
fn handing_over_needs_somebody_who_works_here() {
    let mut story = Story::with_mayas_buyer();
    assert_eq!(story.does("maya", &assign("zoe")), Err(Rejection::NoSuchRep { who: "zoe".into() }));
    story.playbook.reps.get_mut(&"ben".into()).unwrap().active = false;
    assert_eq!(story.does("maya", &assign("ben")), Err(Rejection::NoSuchRep { who: "ben".into() }));
}

#[test]
fn handing_it_to_oneself_is_taking_it() {
    let mut story = Story::with_mayas_buyer();
    story.does("maya", &assign("maya")).unwrap();
    assert_eq!(story.c().taker().unwrap().0.as_str(), "maya");
}

#[test]
fn asking_for_help_climbs_one_step_with_a_reason_as_a_note() {
    let mut story = Story::with_mayas_buyer();
    story.does("maya", &Command::Take).unwrap();
    let note = story.fresh();
    let help = Command::Escalate { note, reason: Body::new("Needs a discount I may not give") };
    let said = story.does("maya", &help).unwrap();
    assert_eq!(kinds(&said), ["noted", "escalated", "offered"]);
    assert!(said.contains(&Event::Escalated { why: Climb::Asked("maya".into()) }));
    assert_eq!(holder(&story), "ben");
}

#[test]
fn at_the_top_of_the_ladder_nobody_is_left_to_ask() {
    let mut story = Story::with_mayas_buyer();
    story.minutes_pass(60);
    assert_eq!(holder(&story), "lea");
    let note = story.fresh();
    let help = Command::Escalate { note, reason: Body::new("Anybody?") };
    let record = story.record.len();
    assert_eq!(story.does("lea", &help), Err(Rejection::TopOfLadder));
    assert_eq!(story.record.len(), record, "a refusal leaves nothing, not even the note");
}

#[test]
fn a_snooze_ends_by_itself_and_a_finished_conversation_has_no_deadlines() {
    let mut story = Story::with_mayas_buyer();
    story.does("maya", &Command::Take).unwrap();
    let until = story.now + Span::minutes(5);
    story.does("maya", &Command::Snooze { until }).unwrap();
    assert_eq!(story.c().next_deadline(), Some(until));
    assert_eq!(kinds(&story.minutes_pass(5)), ["woke"]);
    assert_eq!(story.c().status, Status::Open);
    story.does("maya", &Command::Done { outcome: Outcome::Called }).unwrap();
    assert_eq!(story.c().next_deadline(), None);
    assert_eq!(story.minutes_pass(600), []);
}

#[test]
fn a_new_playbook_does_not_rewrite_what_runs() {
    let mut story = Story::with_mayas_buyer();
    let before = story.c().clone();
    story.playbook.version = 2;
    story.playbook.cohorts[0].first_response.due = Span::minutes(1);
    story.playbook.ladders.get_mut("fast").unwrap().steps[0].wait = Span::minutes(1);
    story.texts("More");
    assert_eq!(story.c().clock, before.clock);
    assert_eq!(story.c().assignment, before.assignment);
    story.minutes_pass(5);
    assert_eq!(story.c().assignment.as_ref().unwrap().because.playbook, 2, "new decisions name the new version");
}

#[test]
fn a_ladder_without_waits_ends_at_its_last_step_and_does_not_spin() {
    let mut story = Story::begins();
    story.playbook.ladders.values_mut().flat_map(|l| &mut l.steps).for_each(|s| s.wait = Span::ZERO);
    story.crm_says(1, vec![crate::world::card("c-1")]);
    story.texts("Quick");
    story.machine(Actor::Clock, &Command::Expire);
    assert_eq!(holder(&story), "lea");
    assert!(story.c().next_deadline().unwrap() > story.now);
}

#[test]
fn whoever_takes_it_is_told_of_no_more_time_than_the_clock_gives() {
    for (waits, minutes, told) in [(8, 0, 8), (8, 9, 15), (40, 0, 15)] {
        let mut story = Story::with_mayas_buyer();
        let ladder = story.playbook.ladders.get_mut("fast").unwrap();
        ladder.stop = Stop::Answered;
        ladder.steps.iter_mut().for_each(|step| step.wait = Span::minutes(waits));
        let begun = story.now;
        story.minutes_pass(minutes);
        let said = story.does("maya", &Command::Take).unwrap();
        let by = begun + Span::minutes(told);
        assert!(
            said.iter().any(|event| matches!(event, Event::Taken { answer_by: Some(at), .. } if *at == by)),
            "{said:?}"
        );
        let line = explanation::of(&story.playbook, chrono_tz::UTC, said.last().unwrap()).remove(0);
        assert!(line.starts_with("Maya has it, and without an answer it passes on Tue 2026-03-03 15:"), "{line}");
        // It does so, and at the due time because it is late: once.
        let left = by.since(story.now).as_seconds() / 60;
        let said = story.minutes_pass(left);
        let why = if told == 15 { Climb::Breach } else { Climb::NotAnswered };
        let climbed: Vec<_> = said.iter().filter(|event| matches!(event, Event::Escalated { .. })).collect();
        assert_eq!(climbed, [&Event::Escalated { why }], "after {minutes} of {waits}");
        assert_ne!(holder(&story), "maya");
    }
}

#[test]
fn what_is_late_already_leaves_whoever_takes_it_the_time_of_the_step() {
    let mut story = Story::with_mayas_buyer();
    let ladder = story.playbook.ladders.get_mut("fast").unwrap();
    ladder.stop = Stop::Answered;
    ladder.steps.iter_mut().for_each(|step| step.wait = Span::minutes(8));
    story.minutes_pass(17);
    assert_eq!(holder(&story), "pool enterprise");
    story.does("ines", &Command::Take).unwrap();
    assert_eq!(story.c().assignment.as_ref().unwrap().expires, Some(story.now + Span::minutes(8)));
}

/// A version of the policy gives to a program what climbed before: it stays where it is, and time goes on.
#[test]
fn what_another_program_answers_from_now_on_climbs_no_more() {
    for stop in [Stop::Taken, Stop::Answered] {
        let mut story = Story::with_mayas_buyer();
        story.playbook.ladders.values_mut().for_each(|ladder| ladder.stop = stop);
        if stop == Stop::Answered {
            story.does("maya", &Command::Take).unwrap();
        }
        let question = story.c().use_case.clone();
        story.playbook.use_cases.get_mut(&question).unwrap().sales = false;
        story.playbook.alerting.handled.insert(question, "hook".to_owned());
        let said = story.minutes_pass(60);
        assert!(!kinds(&said).contains(&"escalated"), "{said:?}");
        assert_eq!((holder(&story).as_str(), story.c().next_deadline()), ("maya", None));
    }
}

#[test]
fn after_a_stop_nobody_is_asked_on() {
    let mut story = Story::with_mayas_buyer();
    story.texts("STOP");
    assert_eq!(story.c().clock, None);
    for _ in 0..6 {
        story.minutes_pass(5);
        assert_eq!(holder(&story), "maya", "no answer is wanted of anybody");
    }
    assert_eq!(story.c().next_deadline(), None, "nothing is left to fire");
    // They came back, and ask again.
    story.texts("START");
    story.texts("Can we talk after all?");
    story.minutes_pass(5);
    assert_ne!(holder(&story), "maya");
}
