//! The same search where hours matter: on-call turns with holes, people with hours of their own, and leads who are away and
//! have their time before the next is asked. All of it changes at full quarters of an hour, so that trying every quarter
//! tries everything; two of the days that are tried have the night in which the clocks go forward between them.

use std::collections::BTreeMap;

use comeback::domain::hours::{Calendar, Window};
use comeback::domain::playbook::{Cohort, UseCase};

use super::*;

/// Friday, 6 March 2026, 22:00 in New York: Sunday has 23 hours.
const FRIDAY: Timestamp = Timestamp::from_millis(1_772_852_400_000);

const ZONE: chrono_tz::Tz = chrono_tz::America::New_York;

/// Hours on these days of a week, counted from Monday.
fn hours(days: impl Fn(usize) -> bool, times: &str) -> Calendar {
    let week = std::array::from_fn(|day| if days(day) { vec![times.parse().unwrap()] } else { Vec::new() });
    Calendar { zone: ZONE, week, holidays: BTreeMap::new() }
}

/// Any hours: some in which the clocks change, some at night, some that leave out a day.
fn any_hours() -> impl Strategy<Value = Calendar> {
    let times =
        proptest::sample::select(vec!["09:00-17:00", "00:30-03:15", "22:00-06:00", "12:15-12:45", "00:00-24:00"]);
    (times, 0usize..4).prop_map(|(times, free)| match free {
        0 => hours(|_| true, times),
        1 => hours(|day| day < 5, times),
        2 => hours(|day| day >= 5, times),
        _ => hours(|day| day != 6, times),
    })
}

fn step() -> impl Strategy<Value = Step> {
    let who = prop_oneof![
        2 => Just(Who::Owner),
        2 => Just(Who::Backup),
        4 => Just(Who::OnCall),
        3 => Just(Who::OwnersLead),
        1 => Just(Who::LeadOf("east".into())),
        1 => Just(Who::Person("ben".into())),
        1 => Just(Who::Role("AE".to_owned())),
    ];
    let wait = proptest::sample::select(vec![15, 45, 150, 600]);
    (who, wait, any::<bool>()).prop_map(|(who, wait, wall)| Step { who, wait: Span::minutes(wait), wall })
}

/// Two or three people, of whom the last leads; one line, one class, one ladder that ends with the lead.
fn by_the_hour() -> impl Strategy<Value = Playbook> {
    let ladder = (proptest::collection::vec(step(), 1..4), 0u8..2, any::<bool>());
    let turns = (proptest::collection::vec(proptest::option::weighted(0.8, 0usize..3), 1..3), 0usize..3);
    let own = proptest::collection::vec(proptest::option::of(any_hours()), 3);
    let skips = any::<bool>();
    (2usize..4, ladder, turns, proptest::option::of(any_hours()), own, proptest::option::of(any_hours()), skips)
        .prop_map(|(people, (steps, repeat, wall), (turns, length), only, own, office, skips)| {
            let mut playbook = super::example();
            let ids: Vec<RepId> = ["ben", "ines", "lea"].into_iter().map(RepId::from).collect();
            let ids = &ids[3 - people..];
            playbook.reps.retain(|rep, _| ids.contains(rep));
            playbook.calendars = [("office".to_owned(), office.unwrap_or_else(|| Calendar::always(ZONE)))].into();
            for (n, rep) in ids.iter().enumerate() {
                let made = playbook.reps.get_mut(rep).expect("kept");
                made.backup = ids.get((n + 1) % people).cloned();
                made.hours = own[n].clone().map(|hours| {
                    let name = format!("of {rep}");
                    playbook.calendars.insert(name.clone(), hours);
                    name
                });
            }
            playbook.teams.retain(|team, _| team.as_str() == "east");
            playbook.lines.retain(|line, _| line.as_str() == "main");
            playbook.schedules.clear();
            playbook.territories.clear();
            playbook.use_cases =
                [("new_lead".to_owned(), UseCase { label: "lead".to_owned(), sales: true, ..UseCase::default() })]
                    .into();
            playbook.lines.values_mut().for_each(|line| "new_lead".clone_into(&mut line.use_case));
            let skip = if skips { [Skip::Away].into() } else { [].into() };
            playbook.ownership = vec![OwnerRule { skip, ..OwnerSource::Opportunity.into() }];
            playbook.cohorts.retain(|cohort| cohort.name == "standard");
            let lead = Step { who: Who::Lead, wait: Span::minutes(45), wall };
            let steps = steps.into_iter().chain([lead]).collect();
            playbook.ladders = [("standard".to_owned(), Ladder { steps, repeat, ..Ladder::default() })].into();
            let team = playbook.teams.get_mut(&"east".into()).expect("kept");
            (team.lead, team.members) = (Some("lea".into()), ids.iter().cloned().collect());
            team.on_call = Some(Rotation {
                label: String::new(),
                reps: turns.iter().map(|turn| turn.and_then(|turn| ids.get(turn)).cloned()).collect(),
                since: NaiveDate::from_ymd_opt(2026, 3, 1).expect("a day"),
                hand_off: 9 * 60,
                length: [Length::Hours(5), Length::Hours(12), Length::Days(1)][length],
                zone: ZONE,
                only,
            });
            playbook
        })
}

/// Whether anybody hears of a reply, as one reads the ladder: whoever is asked and here. Whoever is not here is passed over at
/// once; a lead is asked all the same, and has their time.
fn is_heard(playbook: &Playbook, owner: Option<&RepId>, at: Timestamp, away: &BTreeSet<RepId>) -> bool {
    let Cohort { calendar, ladder, .. } = &playbook.cohorts[0];
    let (office, ladder) = (&playbook.calendars[calendar], &playbook.ladders[ladder]);
    let skips = playbook.ownership[0].skip.contains(&Skip::Away);
    let owner = owner.filter(|owner| !(skips && away.contains(*owner)));
    let in_hours =
        |rep: &RepId, now| playbook.reps[rep].hours.as_ref().is_none_or(|own| playbook.calendars[own].is_open(now));
    let hears = |rep: &RepId, now| !away.contains(rep) && (!office.is_open(now) || in_hours(rep, now));
    let plan = &oncall::plans(playbook)[0];
    let mut now = at;
    for round in 0..=ladder.repeat {
        for (n, step) in ladder.steps.iter().enumerate() {
            let asked: Vec<&RepId> = match &step.who {
                Who::Owner => owner.into_iter().collect(),
                Who::Backup => owner.and_then(|owner| playbook.reps[owner].backup.as_ref()).into_iter().collect(),
                Who::OnCall => plan.alone().at(now).rep.into_iter().collect(),
                Who::Person(rep) => playbook.reps.get_key_value(rep).map(|(rep, _)| rep).into_iter().collect(),
                Who::Role(role) => playbook.reps.iter().filter(|(_, r)| r.title == *role).map(|(id, _)| id).collect(),
                Who::OwnersLead if owner.is_none() => continue,
                Who::Lead | Who::LeadOf(_) | Who::OwnersLead => {
                    if !away.contains(&RepId::from("lea")) {
                        return true;
                    }
                    if n + 1 == ladder.steps.len() && round == ladder.repeat {
                        return false;
                    }
                    let over = if step.wall { Some(now + step.wait) } else { office.add(now, step.wait) };
                    let Some(over) = over else { return false };
                    now = over;
                    continue;
                }
                Who::Pool | Who::Team(_) | Who::Schedule(_) => panic!("on none of these ladders"),
            };
            if asked.into_iter().any(|rep| hears(rep, now)) {
                return true;
            }
        }
    }
    false
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_search_finds_what_trying_every_quarter_of_an_hour_finds(playbook in by_the_hour(), most in 1usize..4) {
        let people: Vec<RepId> = playbook.reps.keys().cloned().collect();
        let line = playbook.lines.keys().next().expect("a line");
        let owners = || std::iter::once(None).chain(people.iter().map(Some));
        let reply = |owner: Option<&RepId>| {
            let owners = owner.map(|owner| (OwnerSource::Opportunity, owner.clone())).into_iter().collect();
            Reply { owners, ..Reply::to(line.clone()) }
        };
        let bounds = Bounds { from: FRIDAY, days: 3, away: most };
        let quarters: Vec<Timestamp> = (0..3 * 24 * 4).map(|n| FRIDAY + Span::minutes(15 * n)).collect();
        // What one reads of the ladder is what the rule book does.
        for (n, at) in quarters.iter().enumerate().filter(|(n, _)| n % 61 == 0) {
            for (owner, away) in owners().flat_map(|owner| absences(&people, n % 4).into_iter().map(move |away| (owner, away))) {
                let (read, done) = (is_heard(&playbook, owner, *at, &away), asked(&playbook, &reply(owner), *at, &away));
                prop_assert_eq!(read, !done.is_empty(), "{:?} at {} without {:?}: {:?}", owner, at, away, done);
            }
        }
        let searched = search(&playbook, bounds);
        prop_assert_eq!(searched.left_out, 0);
        if let Some(found) = &searched.found {
            prop_assert!(found.away.len() <= most && bounds.from <= found.at, "{:?}", found);
            prop_assert!(found.at < bounds.from + Span::minutes(3 * 24 * 60), "{:?}", found);
            let reached = asked(&playbook, &found.reply, found.at, &found.away);
            prop_assert!(reached.is_empty(), "{:?} reaches {:?}", found, reached);
        }
        // Nothing is left that needs fewer people away.
        let fewer = searched.found.as_ref().map_or(Some(most), |found| found.away.len().checked_sub(1));
        let Some(fewer) = fewer else { return Ok(()) };
        for away in absences(&people, fewer) {
            for owner in owners() {
                let unheard = quarters.iter().find(|at| !is_heard(&playbook, owner, **at, &away));
                prop_assert!(unheard.is_none(), "{:?} at {:?} without {:?}, and {:?}", owner, unheard, away, searched);
            }
        }
    }
}

/// While the office is open nobody is asked outside their own hours: the hole is neither where these begin nor where they end.
#[test]
fn a_hole_that_begins_with_the_office_is_found() {
    let mut playbook = super::example();
    playbook.calendars.insert("office".to_owned(), hours(|_| true, "08:00-20:00"));
    playbook.calendars.insert("late".to_owned(), hours(|_| true, "10:00-22:00"));
    let ladder = Ladder {
        steps: vec![
            Step { who: Who::Person("ben".into()), wait: Span::minutes(5), wall: false },
            Step { who: Who::Lead, wait: Span::ZERO, wall: false },
        ],
        ..Ladder::default()
    };
    playbook.ladders.values_mut().for_each(|known| *known = ladder.clone());
    playbook.reps.values_mut().for_each(|rep| rep.hours = Some("late".to_owned()));
    playbook.lines.retain(|line, _| line.as_str() == "main");
    playbook.ownership.clear();
    // From ten o'clock on: the next hole is at eight in the morning.
    let found = search(&playbook, Bounds { from: super::FROM, days: 2, away: 1 }).found.expect("a hole");
    assert_eq!((found.at, found.away), (super::FROM + Span::minutes(22 * 60), ["lea".into()].into()));
}

/// A lead who is away has their time all the same: whoever is on call is asked when it is over.
#[test]
fn a_hole_that_a_lead_who_is_away_delays_is_found_by_when_the_reply_comes() {
    let mut playbook = super::example();
    playbook.calendars.insert("office".to_owned(), Calendar::always(ZONE));
    let step = |who, wait| Step { who, wait: Span::minutes(wait), wall: false };
    let steps =
        vec![step(Who::OnCall, 5), step(Who::LeadOf("east".into()), 90), step(Who::OnCall, 5), step(Who::Lead, 0)];
    playbook.ladders.values_mut().for_each(|known| known.steps.clone_from(&steps));
    playbook.ladders.values_mut().for_each(|known| known.repeat = 0);
    playbook.schedules.clear();
    playbook.lines.retain(|line, _| line.as_str() == "main");
    playbook.ownership.clear();
    // On call is nobody from noon to one and from a quarter past two to a quarter to three: only in the last quarter of the
    // first hole does the second one come ninety minutes later.
    let mut office = hours(|_| true, "00:00-12:00");
    office
        .week
        .iter_mut()
        .for_each(|day| day.extend(["13:00-14:15", "14:45-24:00"].map(|times| times.parse::<Window>().unwrap())));
    let team = playbook.teams.get_mut(&"east".into()).expect("the team");
    team.on_call = Some(Rotation {
        label: String::new(),
        reps: vec![Some("ben".into())],
        since: NaiveDate::from_ymd_opt(2026, 3, 1).expect("a day"),
        hand_off: 0,
        length: Length::Days(1),
        zone: ZONE,
        only: Some(office),
    });
    let found = search(&playbook, Bounds { from: super::FROM, days: 1, away: 1 }).found.expect("a hole");
    assert_eq!((found.at, found.away), (super::FROM + Span::minutes(165), ["lea".into()].into()));
}
