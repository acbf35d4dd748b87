//! Cover: who comes, who goes, and what becomes of what they hold.

use std::collections::BTreeMap;

use comeback::domain::command::{Actor, Command, CoverNote};
use comeback::domain::contact::Body;
use comeback::domain::escalation::{Step, Who};
use comeback::domain::event::{Event, Outcome};
use comeback::domain::hours::Calendar;
use comeback::domain::id::RepId;
use comeback::domain::ownership::OwnerSource;
use comeback::domain::playbook::Unseen;
use comeback::domain::rejection::Rejection;
use comeback::domain::routing::{Holder, Reason};
use comeback::domain::time::Span;

use crate::world::{Story, card, kinds};

fn holder(story: &Story) -> &str {
    story.c().assignee().map_or("", RepId::as_str)
}

fn leaves(story: &mut Story, rep: &str) -> Vec<Event> {
    story.does(rep, &Command::away(true)).unwrap();
    story.settles()
}

fn comes_back(story: &mut Story, rep: &str) -> Vec<Event> {
    story.does(rep, &Command::away(false)).unwrap();
    story.settles()
}

#[test]
fn an_offer_moves_to_the_backup_at_once_and_comes_back_with_its_owner() {
    let mut story = Story::with_mayas_buyer();
    assert_eq!(kinds(&leaves(&mut story, "maya")), ["escalated", "offered"]);
    assert_eq!((holder(&story), story.c().owner.clone()), ("ben", Some("maya".into())));
    let loan = story.c().loan.clone().unwrap();
    assert_eq!((loan.of, loan.since), ("maya".into(), story.now));
    assert!(story.settles().is_empty(), "settled is settled");

    story.wait(Span::minutes(1));
    let said = comes_back(&mut story, "maya");
    assert_eq!(kinds(&said), ["offered"]);
    assert_eq!((holder(&story), story.c().loan.clone()), ("maya", None));
    assert_eq!(story.c().assignment.as_ref().unwrap().because.reason, Reason::Returned(None));
    assert!(story.c().assignment.as_ref().unwrap().expires.is_some(), "a buyer waits: the ladder goes on");
    assert!(story.settles().is_empty());
}

#[test]
fn a_taken_conversation_with_a_running_clock_moves_too_and_a_return_says_who_covered() {
    let mut story = Story::with_mayas_buyer();
    story.does("maya", &Command::Take).unwrap();
    leaves(&mut story, "maya");
    assert_eq!(holder(&story), "ben");
    story.does("ben", &Command::Take).unwrap();
    let message = story.answers("ben");
    story.wait(Span::seconds(9));
    assert!(story.starts(message));
    comes_back(&mut story, "maya");
    let a = story.c().assignment.clone().unwrap();
    assert_eq!((a.to, a.expires), (Holder::Rep("maya".into()), None), "nobody waits: nothing expires");
    assert_eq!(a.because.reason, Reason::Returned(Some("ben".into())));
}

#[test]
fn what_waits_for_the_buyer_stays_until_the_buyer_writes() {
    let mut story = Story::with_mayas_buyer();
    let message = story.answers("maya");
    story.wait(Span::seconds(9));
    assert!(story.starts(message));
    assert!(leaves(&mut story, "maya").is_empty());
    assert_eq!(holder(&story), "maya");
    story.texts("Thank you, and one more thing?");
    assert_eq!((holder(&story), story.c().loan.as_ref().map(|l| l.of.clone())), ("ben", Some("maya".into())));
}

#[test]
fn an_answer_on_its_way_leaves_although_whoever_wrote_it_went() {
    let mut story = Story::with_mayas_buyer();
    let message = story.answers("maya");
    assert!(leaves(&mut story, "maya").is_empty(), "nothing waits for anybody else");
    story.wait(Span::seconds(9));
    assert!(story.starts(message));
    assert_eq!((holder(&story), story.c().clock.clone()), ("maya", None));
    // One that needs her eye does not leave by itself: somebody else must answer.
    let mut story = Story::with_mayas_buyer();
    story.answers("maya");
    story.texts("Wait, one more thing");
    leaves(&mut story, "maya");
    assert_eq!(holder(&story), "ben");
}

#[test]
fn what_is_done_is_not_given_back() {
    let mut story = Story::with_mayas_buyer();
    leaves(&mut story, "maya");
    story.does("ben", &Command::Done { outcome: Outcome::Called }).unwrap();
    assert!(comes_back(&mut story, "maya").is_empty());
}

#[test]
fn a_snoozed_conversation_whose_clock_runs_wakes_for_whoever_covers() {
    let mut story = Story::with_mayas_buyer();
    let until = story.now + Span::minutes(3);
    story.does("maya", &Command::Take).unwrap();
    story.does("maya", &Command::Snooze { until }).unwrap();
    assert_eq!(kinds(&leaves(&mut story, "maya")), ["woke", "escalated", "offered"]);
}

#[test]
fn a_person_who_hands_it_over_ends_the_loan() {
    let mut story = Story::with_mayas_buyer();
    leaves(&mut story, "maya");
    story.does("lea", &Command::Assign { to: "ines".into() }).unwrap();
    assert!(comes_back(&mut story, "maya").is_empty(), "what a person decided is not undone");
    assert_eq!(holder(&story), "ines");
}

#[test]
fn with_nobody_there_it_stays_and_the_first_to_come_is_asked() {
    let mut story = Story::begins();
    story.crm_says(1, vec![card("c-1")]);
    for rep in ["maya", "ben", "ines", "omar"] {
        story.does(rep, &Command::away(true)).unwrap();
    }
    story.texts("Anybody?");
    assert_eq!(holder(&story), "lea", "the last step is never empty");
    let said = comes_back(&mut story, "ines");
    assert_eq!(kinds(&said), ["escalated", "offered"]);
    assert_eq!(story.c().assignment.as_ref().unwrap().to, Holder::Pool("enterprise".into()));
    comes_back(&mut story, "maya");
    assert_eq!(holder(&story), "maya");
}

#[test]
fn the_backlog_is_dealt_by_urgency_to_whoever_comes() {
    let mut story = Story::begins();
    story.playbook.ownership = vec![OwnerSource::RoundRobin.into()];
    story.playbook.reps.get_mut(&"ines".into()).unwrap().capacity = Some(2);
    for rep in ["maya", "ben", "ines"] {
        story.does(rep, &Command::away(true)).unwrap();
    }
    story.does("omar", &Command::away(true)).unwrap();
    // The second text is of a faster cohort, and due first.
    story.receives(1, "main", "First", 0, None);
    let first = story.here;
    story.crm_says(
        2,
        vec![{
            let mut card = card("c-2");
            card.opportunity.as_mut().unwrap().owner = None;
            card
        }],
    );
    story.receives(2, "main", "Second", 0, None);
    let second = story.here;
    story.receives(3, "main", "Third", 0, None);
    let third = story.here;
    comes_back(&mut story, "ines");
    let owner = |id| story.conversations[&id].owner.as_ref().map(RepId::as_str);
    assert_eq!(
        [owner(second), owner(first), owner(third)],
        [Some("ines"), Some("ines"), None],
        "two, the urgent first"
    );
}

#[test]
fn an_absence_ends_by_itself() {
    let mut story = Story::with_mayas_buyer();
    let until = story.now + Span::minutes(30);
    let past = Command::Away { away: true, until: Some(story.now), note: None, rep: None };
    assert_eq!(story.does("maya", &past), Err(Rejection::InThePast));
    story.does("maya", &Command::Away { away: true, until: Some(until), note: None, rep: None }).unwrap();
    assert_eq!(story.roster.next_return(), Some(until));
    assert!(story.machine(Actor::Clock, &Command::Return).is_empty(), "not yet");
    story.wait(Span::minutes(30));
    assert_eq!(kinds(&story.machine(Actor::Clock, &Command::Return)), ["presence"]);
    assert!(story.roster.away.is_empty() && story.roster.absences.is_empty());
    assert!(story.machine(Actor::Clock, &Command::Return).is_empty(), "once");
}

#[test]
fn a_lead_speaks_for_their_team_and_nobody_else_does() {
    let away = |rep: &str| Command::Away { away: true, until: None, note: None, rep: Some(rep.into()) };
    for (by, of, may) in [
        ("lea", "maya", true),
        ("adele", "maya", true),
        ("maya", "maya", true),
        ("nora", "maya", false),
        ("ben", "maya", false),
    ] {
        let mut story = Story::begins();
        let said = story.does(by, &away(of));
        assert_eq!(said.is_ok(), may, "{by} of {of}: {said:?}");
        if let Ok(said) = said {
            let told = matches!(&said[..], [Event::Presence { by: told, .. }] if (told.as_ref().map(RepId::as_str)) == (by != of).then_some(by));
            assert!(told, "{said:?}");
        }
    }
    let mut story = Story::begins();
    assert_eq!(story.does("lea", &away("zed")), Err(Rejection::NoSuchRep { who: "zed".into() }));
    assert!(story.machine(Actor::Operator, &away("maya")).len() == 1, "whoever runs the backend may, too");
}

#[test]
fn the_words_of_a_cover_note_are_no_fact_of_the_journal() {
    let mut story = Story::begins();
    let note = CoverNote { message: story.fresh(), body: Body::new("Dana wants the contract by noon") };
    let said = story.does("maya", &Command::Away { away: true, until: None, note: Some(note.clone()), rep: None });
    let said = said.unwrap();
    assert_eq!(said[0].brings(), Some(note.message));
    assert!(!serde_json::to_string(&said).unwrap().contains("Dana"));
    story.roster.set_note(&"maya".into(), note.body.clone());
    assert_eq!(story.roster.absence(&"maya".into()).unwrap().note, Some(note.body));
    story.does("maya", &Command::away(false)).unwrap();
    assert_eq!(story.roster.absence(&"maya".into()), None, "it goes with the absence");
}

#[test]
fn what_a_second_away_does_not_say_anew_stays() {
    let maya = RepId::from("maya");
    let mut story = Story::begins();
    let (first, later) = (story.now + Span::minutes(60), story.now + Span::minutes(180));
    let away = |until, note: Option<&CoverNote>| Command::Away { away: true, until, note: note.cloned(), rep: None };
    let note = CoverNote { message: story.fresh(), body: Body::new("Dana wants the contract by noon") };
    story.does("maya", &away(Some(first), Some(&note))).unwrap();
    story.roster.set_note(&maya, note.body.clone());

    assert_eq!(story.does("maya", &away(None, None)).unwrap(), [], "nothing is said, nothing changes");
    let said = |story: &Story| {
        let absence = story.roster.absence(&maya).unwrap();
        (absence.until, absence.note.clone())
    };
    assert_eq!(said(&story), (Some(first), Some(note.body.clone())));
    story.does("maya", &away(Some(later), None)).unwrap();
    assert_eq!(said(&story), (Some(later), Some(note.body.clone())), "another time keeps the note");
    let other = CoverNote { message: story.fresh(), body: Body::new("She has it") };
    story.does("maya", &away(None, Some(&other))).unwrap();
    story.roster.set_note(&maya, other.body.clone());
    assert_eq!(said(&story), (Some(later), Some(other.body)), "another note keeps the time");

    // Back in between, it begins anew; and who merely was not seen had said nothing.
    story.does("maya", &Command::away(false)).unwrap();
    story.does("maya", &away(None, None)).unwrap();
    assert_eq!(story.roster.absence(&maya), None);
    let seen = Command::Seen { rep: "ben".into(), seen: false };
    assert_eq!(story.machine(Actor::Clock, &seen).len(), 1);
    assert_eq!(story.does("ben", &Command::away(true)).unwrap().len(), 1);
    assert!(story.roster.absence(&"ben".into()).is_none_or(|absence| !absence.unseen));
}

#[test]
fn unseen_is_away_until_seen_and_never_overrules_what_a_person_said() {
    let mut story = Story::begins();
    story.playbook.unseen = Some(Unseen { after: Span::minutes(30), calendar: None });
    let seen = |seen| Command::Seen { rep: "maya".into(), seen };
    assert_eq!(kinds(&story.machine(Actor::Clock, &seen(false))), ["presence"]);
    assert!(story.machine(Actor::Clock, &seen(false)).is_empty());
    assert_eq!(kinds(&story.machine(Actor::Clock, &seen(true))), ["presence"]);
    assert!(story.roster.away.is_empty());
    story.does("maya", &Command::away(true)).unwrap();
    assert!(story.machine(Actor::Clock, &seen(true)).is_empty(), "her client runs, and she said she is away");
    assert!(story.roster.away.contains_key(&"maya".into()));
    let refused = story.does("ben", &seen(false));
    assert!(matches!(refused, Err(Rejection::NotAllowed { .. })), "{refused:?}");
}

#[test]
fn whoever_goes_last_asks_again_whoever_was_asked_before_and_is_here() {
    let mut story = Story::with_mayas_buyer();
    // Everybody let it pass, and it stands with the lead, late.
    story.minutes_pass(240);
    assert_eq!((holder(&story), story.c().assignment.as_ref().unwrap().expires), ("lea", None));
    leaves(&mut story, "lea");
    assert_eq!(holder(&story), "maya", "who is here is asked again, and not one who went");
    assert!(story.settles().is_empty(), "settled is settled");
}

#[test]
fn what_nobody_owns_is_on_loan_to_the_backup_of_whoever_took_it() {
    let mut story = Story::begins();
    story.texts("Who sells these?");
    story.does("maya", &Command::Take).unwrap();
    assert_eq!(story.c().owner, None);
    leaves(&mut story, "maya");
    assert_eq!((holder(&story), story.c().loan.as_ref().map(|l| l.of.clone())), ("ben", Some("maya".into())));
    assert!(story.settles().is_empty());
    comes_back(&mut story, "maya");
    assert_eq!((holder(&story), story.c().loan.clone()), ("maya", None));
}

#[test]
fn whoever_was_asked_and_is_here_comes_before_a_lead_who_is_away() {
    let mut story = Story::with_mayas_buyer();
    story.minutes_pass(240);
    assert_eq!(holder(&story), "lea");
    story.does("lea", &Command::Assign { to: "ben".into() }).unwrap();
    story.does("ben", &Command::Take).unwrap();
    story.does("lea", &Command::away(true)).unwrap();
    story.settles();
    leaves(&mut story, "ben");
    assert_eq!(holder(&story), "maya");
    assert!(story.settles().is_empty(), "settled is settled");
}

#[test]
fn a_loan_that_is_lent_on_goes_back_to_whoever_had_it_first() {
    let mut story = Story::begins();
    story.playbook.reps.get_mut(&RepId::from("ben")).unwrap().backup = Some("ines".into());
    story.texts("Who sells these?");
    story.does("maya", &Command::Take).unwrap();
    leaves(&mut story, "maya");
    leaves(&mut story, "ben");
    assert_eq!((holder(&story), story.c().loan.as_ref().map(|l| l.of.clone())), ("ines", Some("maya".into())));
    comes_back(&mut story, "maya");
    assert_eq!((holder(&story), story.c().loan.clone()), ("maya", None));
}

#[test]
fn whoever_comes_as_the_last_one_goes_is_asked_before_it_is_left_with_the_lead() {
    let mut story = Story::begins();
    story.texts("Who sells these?");
    story.minutes_pass(20);
    assert_eq!(holder(&story), "omar", "the pool let it pass");
    leaves(&mut story, "omar");
    assert_eq!(story.c().assignment.as_ref().unwrap().to, Holder::Pool("enterprise".into()));
    assert!(story.settles().is_empty(), "settled is settled");
}

#[test]
fn two_at_the_end_of_a_ladder_do_not_pass_it_to_and_fro_with_every_coming() {
    let mut story = Story::begins();
    let only = Step { who: Who::Role("AE".into()), wait: Span::ZERO, wall: false };
    for ladder in story.playbook.ladders.values_mut() {
        ladder.steps = vec![only.clone()];
    }
    story.texts("Who sells these?");
    let first = holder(&story).to_owned();
    assert!(!first.is_empty() && story.c().assignment.as_ref().unwrap().expires.is_none());
    assert!(comes_back(&mut story, "lea").is_empty(), "{first} has it, and others of the role are here as before");
}

#[test]
fn that_nobody_is_left_to_ask_is_known_at_the_last_step() {
    let mut story = Story::with_mayas_buyer();
    for _ in 0..9 {
        let by = story.c().assignee().map_or("maya", RepId::as_str).to_owned();
        let known = story.nobody_left(&by);
        let note = story.fresh();
        let said = story.does(&by, &Command::Escalate { note, reason: Body::new("it is above me") });
        if let Err(why) = said {
            assert_eq!((why, known), (Rejection::TopOfLadder, true), "{by}");
            return;
        }
        assert!(!known, "{by} could ask");
    }
    panic!("the ladder has an end");
}

#[test]
fn that_nobody_is_left_is_not_said_where_the_hour_may_change_it() {
    let mut story = Story::with_mayas_buyer();
    let step = |who| Step { who, wait: Span::minutes(5), wall: false };
    let ladder = story.playbook.ladders.get_mut("fast").unwrap();
    ladder.steps = vec![step(Who::Owner), step(Who::Person("ben".into()))];
    story.does("maya", &Command::Take).unwrap();
    assert!(!story.nobody_left("maya"), "Ben is here");
    story.does("ben", &Command::away(true)).unwrap();
    assert!(story.nobody_left("maya"), "Ben is away");
    story.does("ben", &Command::away(false)).unwrap();
    // Ben works by hours of his own, which are closed now: soon they are open.
    let never = Calendar { zone: chrono_tz::UTC, week: Default::default(), holidays: BTreeMap::new() };
    story.playbook.calendars.insert("never".to_owned(), never);
    story.playbook.reps.get_mut(&"ben".into()).unwrap().hours = Some("never".to_owned());
    assert!(!story.nobody_left("maya"));
    story.playbook.ladders.get_mut("fast").unwrap().steps[1] = step(Who::OnCall);
    assert!(!story.nobody_left("maya"), "who is on call is another question at another hour");
}
