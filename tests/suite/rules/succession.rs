//! Somebody leaves, and somebody else stands where they stood.

use comeback::domain::command::{Actor, Command};
use comeback::domain::event::{Climb, Event, Outcome};
use comeback::domain::expectation;
use comeback::domain::explanation;
use comeback::domain::findings;
use comeback::domain::id::{OverrideId, RepId, ScheduleId};
use comeback::domain::oncall::Override;
use comeback::domain::ownership::OwnerSource;
use comeback::domain::playbook::{Playbook, Role};
use comeback::domain::roster::Roster;
use comeback::domain::routing::{Holder, Reason};
use comeback::domain::succession::{shifts, without};
use comeback::domain::time::{Span, Timestamp};

use crate::world::{Story, kinds};

const EXAMPLE: &str = include_str!("../../../assets/playbook.toml");

fn example() -> Playbook {
    comeback::config::playbook::read("playbook.toml", EXAMPLE).unwrap_or_else(|e| panic!("{e}"))
}

fn succeed() -> Command {
    Command::Succeed { from: "maya".into(), to: "ben".into() }
}

#[test]
fn whoever_stands_in_their_place_has_their_backups_turns_and_lead() {
    let before = example();
    let after = without(&before, &"maya".into(), &"ben".into());
    assert_eq!(
        after.moved,
        [
            "Maya Okafor leaves the pool of East",
            "Ben Carver takes 1 row(s) of the territory east",
            "Ben Carver takes the turn in East on call, weekends",
            "nobody stands in for Ben Carver",
        ]
    );
    let playbook = after.playbook;
    assert!(!playbook.is_active(&"maya".into()) && !playbook.teams[&"east".into()].members.contains(&"maya".into()));
    assert_eq!(playbook.reps[&"ben".into()].backup, None, "nobody stands in for themselves");
    let turns = |p: &Playbook| p.schedules[&"east".into()].layers[1].reps.clone();
    let named = |names: &[&str]| names.iter().map(|n| Some(RepId::from(*n))).collect::<Vec<_>>();
    assert_eq!((turns(&before), turns(&playbook)), (named(&["ben", "maya", "omar"]), named(&["ben", "ben", "omar"])));

    let after = without(&before, &"lea".into(), &"omar".into()).playbook;
    assert_eq!(after.teams[&"east".into()].lead, Some("omar".into()));
    assert_eq!((after.reps[&"omar".into()].role, after.reps[&"lea".into()].role), (Role::Lead, Role::Rep));
    assert_eq!(after.schedules[&"east".into()].layers[2].reps, named(&["omar"]));
    // Ben and Inés had Ben as a backup, and Ben has Maya: who stands in for whom is whole again.
    let after = without(&before, &"ben".into(), &"maya".into());
    let backup = |rep: &str| after.playbook.reps[&rep.into()].backup.clone();
    assert_eq!((backup("maya"), backup("ines")), (None, Some("maya".into())));
    // Nobody is named who is not asked, and nothing is wrong with it but what is expected of whoever left.
    for (from, to) in [("maya", "ben"), ("ben", "maya"), ("lea", "omar"), ("ines", "omar"), ("omar", "ines")] {
        let playbook = Playbook { expectations: Vec::new(), ..without(&before, &from.into(), &to.into()).playbook };
        let wrong: Vec<_> =
            findings::of(&playbook, comeback::domain::time::Timestamp::from_millis(1_772_809_200_000)).0;
        let wrong: Vec<_> = wrong.into_iter().filter(|finding| finding.wrong).collect();
        assert_eq!(wrong, [], "{from} to {to}");
    }
    // Reports go along as far as whoever comes may see them.
    let after_lea = without(&before, &"lea".into(), &"omar".into());
    assert!(after_lea.moved.contains(&"Omar Haddad gets the report load".to_owned()), "{:?}", after_lea.moved);
    assert!(after_lea.playbook.alerting.reports.values().all(|mailed| !mailed.to.contains(&"lea".into())));
    let mut told = before.clone();
    told.alerting.reports.get_mut("consent").unwrap().to = vec!["lea".into()];
    // Gail leads and may read about consent; Inés takes the lead and may, too; somebody without a lead may not.
    let to = without(&told, &"lea".into(), &"gail".into());
    assert_eq!(to.playbook.alerting.reports["consent"].to, ["gail".into()]);
    told.alerting.reports.get_mut("consent").unwrap().to = vec!["maya".into()];
    let to = without(&told, &"maya".into(), &"ben".into());
    let left_out = "the report consent goes to nobody any more, and is left out: Ben Carver may not see it";
    assert!(to.moved.contains(&left_out.to_owned()) && !to.playbook.alerting.reports.contains_key("consent"));
    let again = without(&after.playbook, &"ben".into(), &"maya".into());
    assert_eq!((again.playbook, again.moved), (after.playbook, Vec::new()), "twice is the same as once");
}

#[test]
fn a_departure_is_blamed_for_what_it_breaks_and_not_for_who_is_away_today() {
    let before = example();
    let away = Roster { away: [("maya".into(), Timestamp::from_millis(0))].into(), ..Roster::default() };
    let after = without(&before, &"ines".into(), &"ben".into()).playbook;
    assert!(!expectation::broken(&after, &away).is_empty() && !expectation::broken(&before, &away).is_empty());
    assert_eq!(expectation::broken_by(&before, &after, &away), []);
    // What she is expected to get breaks when she leaves, whether or not it holds today.
    let after = without(&before, &"maya".into(), &"ben".into()).playbook;
    for roster in [away, Roster::default()] {
        let broken = expectation::broken_by(&before, &after, &roster);
        let late = |one: &expectation::Broken| one.name.starts_with("A late deal") && one.what == "gets";
        assert_eq!(broken.iter().filter(|one| late(one)).count(), 1, "{broken:?}");
    }
}

#[test]
fn an_open_conversation_goes_over_with_its_clock_and_says_in_whose_place() {
    let mut story = Story::with_mayas_buyer();
    story.does("maya", &Command::Take).unwrap();
    let clock = story.c().clock.clone();
    let said = story.machine(Actor::Operator, &succeed());
    assert_eq!(kinds(&said), ["owned", "offered"]);
    let a = story.c().assignment.clone().unwrap();
    assert_eq!((a.to, a.taken, a.expires), (Holder::Rep("ben".into()), None, None));
    assert_eq!(a.because.reason, Reason::InPlaceOf("maya".into()));
    assert_eq!((&story.c().owner, &story.c().clock), (&Some("ben".into()), &clock));
    assert_eq!(story.machine(Actor::Operator, &succeed()), [], "once");
}

/// Whoever stands in their place did not have it before, however often its ladder begins again.
#[test]
fn a_ladder_that_begins_again_says_who_left() {
    let mut story = Story::with_mayas_buyer();
    story.playbook.ladders.values_mut().for_each(|ladder| {
        ladder.repeat = 1;
        ladder.steps.iter_mut().for_each(|step| step.wait = Span::minutes(2));
    });
    story.playbook = without(&story.playbook, &"maya".into(), &"ben".into()).playbook;
    story.machine(Actor::Operator, &succeed());
    while story.c().rounds == 0 {
        let due = story.c().next_deadline().expect("it begins again");
        story.minutes_pass((due.since(story.now).as_seconds() + 59) / 60);
    }
    let a = story.c().assignment.clone().unwrap();
    assert_eq!((a.to.rep(), &a.because.climbed), (Some(&"ben".into()), &Some(Climb::Again)));
    let playbook = story.playbook.clone();
    let name = |rep: &RepId| playbook.rep_name(rep).to_owned();
    assert_eq!(
        a.because.words(a.to.rep(), name),
        "the owner: took over from Maya, who left and by the record had this conversation before"
    );
    // The buyer writes again after it was finished: the rules say the same.
    story.does("ben", &Command::Done { outcome: Outcome::Called }).unwrap();
    story.playbook.ownership = vec![OwnerSource::Conversation.into()];
    story.texts("One more thing");
    let a = story.c().assignment.clone().unwrap();
    assert!(a.because.words(a.to.rep(), name).starts_with("the owner: took over from Maya, who left"), "{a:?}");
}

#[test]
fn what_is_somebody_elses_or_finished_stays_where_it_is() {
    let mut story = Story::with_mayas_buyer();
    story.does("maya", &Command::Assign { to: "ines".into() }).unwrap();
    let said = story.machine(Actor::Operator, &succeed());
    assert_eq!(kinds(&said), ["owned"], "ines goes on with it");
    let mut story = Story::with_mayas_buyer();
    story.does("maya", &Command::Done { outcome: Outcome::Called }).unwrap();
    assert_eq!(story.machine(Actor::Operator, &succeed()), []);
    let mut story = Story::with_mayas_buyer();
    let nobody = Command::Succeed { from: "maya".into(), to: "zoe".into() };
    assert_eq!(story.machine(Actor::Operator, &nobody), [], "somebody who does not work here gets nothing");
    assert!(story.does("ben", &succeed()).is_err(), "no person's command");
}

#[test]
fn shifts_by_override_and_swap_that_are_not_over_go_along_and_keep_their_place() {
    let at = |minutes: i64| Timestamp::from_millis(minutes * 60_000);
    let shift = |n: u128, rep: &str, from: i64, to: i64| Override {
        id: OverrideId(uuid::Uuid::from_u128(n)),
        rep: Some(rep.into()),
        from: at(from),
        to: at(to),
    };
    let mut roster = Roster::default();
    let schedule = ScheduleId::new("east");
    for made in [shift(1, "ines", 0, 10), shift(2, "ines", 0, 100), shift(3, "maya", 50, 60)] {
        roster.apply(at(1), &Event::Overridden { schedule: schedule.clone(), shift: made });
    }
    let moved = shifts(&roster, &"ines".into(), &"omar".into(), at(20));
    assert_eq!(moved, [(schedule.clone(), shift(2, "omar", 0, 100))]);
    for (schedule, shift) in moved {
        roster.apply(at(20), &Event::Overridden { schedule, shift });
    }
    let who: Vec<_> = roster.overrides_of(&schedule).iter().filter_map(|o| o.rep.clone()).collect();
    assert_eq!(who, ["ines".into(), "ines".into(), "omar".into(), "maya".into()], "a later one still wins");
    let spans: Vec<_> = roster.overrides_of(&schedule).iter().map(|o| (o.from, o.to)).collect();
    assert_eq!(spans[1..3], [(at(0), at(20)), (at(20), at(100))], "what is over stays hers");
}

/// The CRM goes on saying who left; their buyers go to whoever stands in their place, and to the next one's next.
#[test]
fn what_the_crm_still_gives_to_somebody_who_left_goes_to_their_successor() {
    let mut story = Story::with_mayas_buyer();
    story.does("maya", &Command::Done { outcome: Outcome::Called }).unwrap();
    story.playbook = without(&story.playbook, &"maya".into(), &"omar".into()).playbook;
    let said = story.texts("One more thing");
    assert_eq!(story.c().owner, Some("omar".into()));
    let passed = &story.c().assignment.as_ref().unwrap().because.passed;
    let why = |p: &comeback::domain::routing::Passed| {
        p.who == "maya" && p.why.contains("is not with us any more: ") && p.why.ends_with(" stands in their place")
    };
    assert!(passed.iter().any(why), "{passed:?}");
    // Nobody says of Omar that he owns the deal: he took it over.
    let told = |event: &Event| explanation::of(&story.playbook, chrono_tz::UTC, event).join("; ");
    let (maya, omar) = ("maya".into(), "omar".into());
    let took = format!("took over from {}, who left and by the record ", story.playbook.rep_name(&maya));
    let owned = said.iter().find(|event| matches!(event, Event::Owned { .. })).unwrap();
    assert!(told(owned).contains(&format!("{} is accountable: {took}", story.playbook.rep_name(&omar))), "{owned:?}");
    let offered = said.iter().find(|event| matches!(event, Event::Offered { .. })).unwrap();
    assert!(told(offered).contains(&format!("because the owner: {took}")), "{}", told(offered));
    // Omar leaves, too: Maya's are Ben's.
    let twice = without(&story.playbook, &"omar".into(), &"ben".into());
    assert_eq!(twice.playbook.successor(&"maya".into()), Some(&"ben".into()));
    assert!(twice.moved.iter().any(|moved| moved.contains("who left before")), "{:?}", twice.moved);
}
