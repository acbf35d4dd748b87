//! Overrides and swaps: who may, what they do to who is asked, and what is refused.

use comeback::domain::command::{Actor, Command};
use comeback::domain::event::Event;
use comeback::domain::id::{OverrideId, RepId, ScheduleId};
use comeback::domain::oncall::{self, Override};
use comeback::domain::rejection::Rejection;
use comeback::domain::time::{Span, Timestamp};
use uuid::Uuid;

use crate::world::{Story, at};

fn id(n: u128) -> OverrideId {
    OverrideId(Uuid::from_u128(n))
}

fn schedule() -> ScheduleId {
    ScheduleId::from("enterprise")
}

/// Of the team's own rotation, which is omar's for ever.
fn give(n: u128, rep: Option<&str>, from: Timestamp, hours: i64) -> Command {
    let shift = Override { id: id(n), rep: rep.map(RepId::from), from, to: from + Span::minutes(hours * 60) };
    Command::Override { schedule: schedule(), shift }
}

fn on_call(story: &Story, at: Timestamp) -> Option<String> {
    let plan = oncall::plan(&story.playbook, &schedule()).unwrap();
    plan.with(&story.roster).at(at).rep.map(ToString::to_string)
}

#[test]
fn whoever_may_be_on_call_takes_a_shift_and_only_who_rules_gives_one() {
    for (by, rep, may) in [
        ("ben", Some("ben"), true),
        ("ben", Some("ines"), false),
        ("kim", Some("kim"), false),
        ("ben", None, false),
        ("lea", Some("ines"), true),
        ("lea", None, true),
        ("nora", Some("ines"), false),
        ("adele", Some("ines"), true),
    ] {
        let mut story = Story::begins();
        let said = story.does(by, &give(1, rep, story.now, 8));
        assert_eq!(said.is_ok(), may, "{by} gives it to {rep:?}: {said:?}");
        let wanted = if may { rep } else { Some("omar") };
        assert_eq!(on_call(&story, story.now).as_deref(), wanted);
    }
}

#[test]
fn whoever_has_the_shift_by_an_override_is_asked() {
    let mut story = Story::with_mayas_buyer();
    for rep in ["ben", "ines", "maya"] {
        story.does(rep, &Command::away(true)).unwrap();
    }
    story.does("adele", &give(1, Some("nora"), story.now, 8)).unwrap();
    story.minutes_pass(5);
    assert_eq!(story.c().assignee(), Some(&"nora".into()));
}

#[test]
fn an_override_is_taken_back_by_whoever_could_make_it() {
    let mut story = Story::begins();
    story.does("ben", &give(1, Some("ben"), story.now, 8)).unwrap();
    let drop = Command::DropOverride { schedule: schedule(), id: id(1) };
    assert!(matches!(story.does("ines", &drop), Err(Rejection::NotAllowed { .. })));
    story.does("ben", &drop).unwrap();
    assert_eq!(on_call(&story, story.now).as_deref(), Some("omar"));
    assert_eq!(story.does("ben", &drop), Ok(vec![]), "twice is once");
    assert!(story.roster.overrides.is_empty());
}

#[test]
fn what_cannot_be_is_refused_with_a_reason() {
    let mut story = Story::begins();
    let now = story.now;
    let unknown =
        Command::Override { schedule: "moon".into(), shift: Override { id: id(1), rep: None, from: now, to: now } };
    for (command, wanted) in [
        (unknown, "there is no schedule \"moon\""),
        (give(1, Some("lea"), now, 0), "a shift must end after it begins"),
        (give(1, Some("lea"), now - Span::minutes(600), 2), "that is over already"),
        (give(1, Some("lea"), now, 3 * 366 * 24), "more than two years away"),
        (give(1, Some("zed"), now, 2), "there is no rep"),
        (
            Command::Swap { schedule: schedule(), ids: [id(1), id(2)], one: now, other: now + Span::minutes(60) },
            "both shifts are the same person's",
        ),
    ] {
        let said = story.does("lea", &command).unwrap_err().to_string();
        assert!(said.contains(wanted), "{said}");
    }
    assert!(story.roster.overrides.is_empty());
}

#[test]
fn a_swap_gives_each_the_others_shift_and_twice_is_once() {
    let mut story = Story::begins();
    let team = story.playbook.teams.get_mut(&"enterprise".into()).unwrap();
    team.on_call.as_mut().unwrap().reps = vec![Some("omar".into()), Some("ines".into())];
    let (this, next) = (at("2026-03-04T12:00:00-05:00"), at("2026-03-11T12:00:00-04:00"));
    let over = at("2026-01-06T12:00:00-05:00");
    let late = Command::Swap { schedule: schedule(), ids: [id(1), id(2)], one: over, other: next };
    let said = story.does("lea", &late).unwrap_err().to_string();
    assert_eq!(said, "this shift cannot change hands: Omar's shift then is over");
    let before = [on_call(&story, this), on_call(&story, next)];
    let swap = Command::Swap { schedule: schedule(), ids: [id(1), id(2)], one: this, other: next };
    assert!(matches!(story.does("ben", &swap), Err(Rejection::NotAllowed { .. })));
    let said = story.does("lea", &swap).unwrap();
    assert_eq!(said.len(), 2);
    let [a, b] = before;
    assert_eq!([on_call(&story, this), on_call(&story, next)], [b, a]);
    let first = said.iter().find_map(|e| match e {
        Event::Overridden { shift, .. } if shift.id == id(1) => Some(shift.from),
        _ => None,
    });
    assert_eq!(first, Some(story.now), "of the running shift only what is left changes hands");
    assert_eq!(story.does("lea", &swap), Ok(vec![]));
}

/// An override that is given a beginning in the past begins now, and one that is taken back was somebody's until then.
#[test]
fn what_is_over_stays_as_it_was() {
    let mut story = Story::begins();
    let (began, asked) = (story.now - Span::minutes(60), give(1, Some("ben"), story.now - Span::minutes(60), 8));
    let said = story.does("ben", &asked).unwrap();
    let Event::Overridden { shift, .. } = &said[0] else { panic!("{said:?}") };
    assert_eq!((shift.from, shift.to), (story.now, began + Span::minutes(8 * 60)));
    story.wait(Span::minutes(30));
    assert_eq!(story.does("ben", &asked), Ok(vec![]), "said twice it is said once");
    let made = story.now - Span::minutes(30);
    story.does("ben", &Command::DropOverride { schedule: schedule(), id: id(1) }).unwrap();
    let minute = Span::minutes(1);
    let had = [made - minute, made, story.now - minute, story.now].map(|at| on_call(&story, at).unwrap());
    assert_eq!(had, ["omar", "ben", "ben", "omar"]);
    assert_eq!(story.does("ben", &Command::DropOverride { schedule: schedule(), id: id(1) }), Ok(vec![]));
}

#[test]
fn old_overrides_are_forgotten_and_the_journal_keeps_them() {
    let mut story = Story::begins();
    story.does("ben", &give(1, Some("ben"), story.now, 8)).unwrap();
    story.wait(Span::minutes(60 * 24 * 40));
    story.does("ben", &give(2, Some("ben"), story.now, 8)).unwrap();
    let kept: Vec<OverrideId> = story.roster.overrides_of(&schedule()).iter().map(|o| o.id).collect();
    assert_eq!(kept, [id(2)]);
    assert_eq!(story.machine(Actor::Operator, &give(3, None, story.now, 1)).len(), 1);
}

#[test]
fn an_override_that_begins_in_the_past_begins_now_and_what_is_over_stays_as_it_was() {
    let mut story = Story::begins();
    let early = story.now - Span::minutes(120);
    let said = story.does("lea", &give(1, Some("ines"), early, 8)).unwrap();
    let from = |event: &Event| if let Event::Overridden { shift, .. } = event { Some(shift.from) } else { None };
    assert_eq!(said.iter().find_map(from), Some(story.now));
    assert_eq!(on_call(&story, early).as_deref(), Some("omar"), "he was on call");
    assert_eq!(on_call(&story, story.now).as_deref(), Some("ines"));
    let noon = story.now;
    story.wait(Span::minutes(60));
    assert_eq!(story.does("lea", &give(1, Some("ines"), early, 8)), Ok(vec![]), "twice is once");
    // Made anew for somebody else, what she had stays hers; taken back, too.
    story.does("lea", &give(1, Some("ben"), early, 8)).unwrap();
    assert_eq!([on_call(&story, noon), on_call(&story, story.now)].map(Option::unwrap), ["ines", "ben"]);
    let changed = story.now;
    story.wait(Span::minutes(60));
    let drop = Command::DropOverride { schedule: schedule(), id: id(1) };
    story.does("lea", &drop).unwrap();
    let were = [noon, changed, story.now].map(|at| on_call(&story, at).unwrap());
    assert_eq!(were, ["ines", "ben", "omar"]);
    assert_eq!(story.does("lea", &drop), Ok(vec![]));
}
