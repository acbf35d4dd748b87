//! The search for a reply that reaches nobody, against trying out everybody's absence: at instants found here, and judged by
//! what the rule book itself does with such a reply.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use comeback::domain::context::{Campaign, Card, Opportunity, TeamMember};
use comeback::domain::escalation::{Ladder, Step, Who};
use comeback::domain::event::Event;
use comeback::domain::expectation::Reply;
use comeback::domain::id::RepId;
use comeback::domain::oncall::{self, Length, Rotation};
use comeback::domain::ownership::{OwnerRule, OwnerSource, Skip};
use comeback::domain::playbook::Playbook;
use comeback::domain::reach::{Bounds, search};
use comeback::domain::roster::Roster;
use comeback::domain::routing::Holder;
use comeback::domain::time::{Span, Timestamp};
use proptest::prelude::*;

use crate::world::Story;

mod quarters;

const EXAMPLE: &str = include_str!("../../assets/playbook.toml");

fn example() -> Playbook {
    comeback::config::playbook::read("playbook.toml", EXAMPLE).unwrap_or_else(|e| panic!("{e}"))
}

/// Friday, 6 March 2026, 10:00 in New York.
const FROM: Timestamp = Timestamp::from_millis(1_772_809_200_000);

fn bounds(away: usize) -> Bounds {
    Bounds { from: FROM, days: 14, away }
}

#[test]
fn the_example_reaches_somebody_until_everybody_of_the_team_is_away() {
    let playbook = example();
    // Whom Support has is fewer, and asks whoever is on call in the East, too.
    let team = &playbook.teams[&"west".into()].members;
    let few = search(&playbook, bounds(team.len() - 1));
    assert!(few.found.is_none() && few.replies > 100, "{few:?}");
    let all = search(&playbook, bounds(team.len())).found.expect("nobody is left");
    assert_eq!(all.away.len(), team.len());
    let reached = asked(&playbook, &all.reply, all.at, &all.away);
    assert!(reached.is_empty(), "{all:?} reaches {reached:?}");
}

/// Any step but the last.
fn steps() -> impl Strategy<Value = (Vec<Who>, u8)> {
    let who = prop_oneof![
        Just(Who::Owner),
        Just(Who::Backup),
        Just(Who::Pool),
        Just(Who::OnCall),
        Just(Who::OwnersLead),
        Just(Who::Person("ben".into())),
        Just(Who::Role("AE".to_owned())),
        Just(Who::Team("west".into())),
    ];
    (proptest::collection::vec(who, 0..4), 0u8..2)
}

/// Rules about owners, some of them at one stage alone.
fn owners() -> impl Strategy<Value = Vec<OwnerRule>> {
    let late = |source: OwnerSource| OwnerRule { stages: ["Legal".to_owned()].into(), ..source.into() };
    let passes_on = |source: OwnerSource| OwnerRule { skip: [Skip::Away].into(), ..source.into() };
    let on_deal = OwnerRule { roles: vec!["SE".to_owned()], ..passes_on(OwnerSource::OpportunityTeam) };
    prop_oneof![
        Just(vec![OwnerSource::Opportunity.into()]),
        Just(vec![passes_on(OwnerSource::Opportunity)]),
        Just(vec![OwnerSource::RoundRobin.into()]),
        Just(vec![OwnerSource::Opportunity.into(), OwnerSource::LeastLoaded.into()]),
        Just(vec![late(OwnerSource::Contact), passes_on(OwnerSource::Opportunity), OwnerSource::RoundRobin.into()]),
        Just(vec![on_deal, OwnerSource::Contact.into()]),
        Just(vec![OwnerRule { stages: ["Legal".to_owned()].into(), ..OwnerSource::RoundRobin.into() }]),
    ]
}

/// A team of up to four with any ladders, backups and rotation, of whom some answer a queue, too; and a stage with a
/// ladder of its own.
fn small() -> impl Strategy<Value = Playbook> {
    let backups = proptest::collection::vec(proptest::option::of(0usize..4), 4);
    let active = proptest::collection::vec(any::<bool>(), 4);
    let queue = (proptest::collection::vec(any::<bool>(), 4), 0usize..4);
    (2usize..5, [steps(), steps()], backups, active, proptest::collection::vec(0usize..4, 0..3), owners(), queue)
        .prop_map(|(people, ladders, backups, active, turns, owners, (queue, queue_lead))| {
            let mut playbook = example();
            playbook.territories.clear();
            playbook.ownership = owners;
            let ids: Vec<RepId> = ["ben", "ines", "lea", "maya"].into_iter().map(RepId::from).collect();
            let ids = &ids[..people];
            playbook.reps.retain(|rep, _| ids.contains(rep));
            let (lead, queue_lead) = (&ids[people - 1], &ids[queue_lead % people]);
            for (n, rep) in ids.iter().enumerate() {
                let made = playbook.reps.get_mut(rep).expect("kept");
                made.active = active[n] || rep == lead || rep == queue_lead;
                made.backup = backups[n].and_then(|b| ids.get(b)).cloned();
            }
            let here: BTreeSet<RepId> = ids.iter().filter(|rep| playbook.is_active(rep)).cloned().collect();
            let rotation = Rotation {
                label: String::new(),
                reps: turns.iter().filter_map(|t| ids.get(*t)).map(|rep| Some(rep.clone())).collect(),
                since: NaiveDate::from_ymd_opt(2026, 3, 1).expect("a day"),
                hand_off: 9 * 60,
                length: Length::Days(1),
                zone: chrono_tz::America::New_York,
                only: None,
            };
            for (id, team) in &mut playbook.teams {
                let is_queue = id.as_str() == "west";
                let asked = |rep: &&RepId| !is_queue || ids.iter().zip(&queue).any(|(id, is)| id == *rep && *is);
                team.lead = Some(if is_queue { queue_lead } else { lead }.clone());
                team.members = here.iter().filter(asked).cloned().collect();
                team.on_call = (!is_queue && !rotation.reps.is_empty()).then(|| rotation.clone());
            }
            playbook.schedules.clear();
            playbook.use_cases.retain(|id, _| ["new_lead", "support"].contains(&id.as_str()));
            let support = playbook.use_cases.get_mut("support").expect("kept");
            (support.queue, support.cohort) = (Some("west".into()), None);
            playbook.cohorts.retain(|cohort| ["late_stage", "standard"].contains(&cohort.name.as_str()));
            for (name, ladder) in &mut playbook.ladders {
                let (steps, repeat) = ladders[usize::from(name == "fast")].clone();
                let steps = steps.into_iter().chain([Who::Lead]);
                let steps = steps.map(|who| Step { who, wait: Span::minutes(3), wall: false }).collect();
                *ladder = Ladder { steps, repeat, ..Ladder::default() };
            }
            playbook
        })
}

/// Every reply of a buyer who stands at any stage and whom anybody owns anyhow, to what Sales handles and to the queue.
fn every_reply(playbook: &Playbook) -> Vec<Reply> {
    let line = playbook.lines.keys().next().expect("a line");
    let sources = [OwnerSource::Opportunity, OwnerSource::OpportunityTeam, OwnerSource::Contact];
    let owners = sources.iter().flat_map(|source| playbook.reps.keys().map(move |rep| [(*source, rep.clone())].into()));
    let owners: Vec<BTreeMap<OwnerSource, RepId>> = std::iter::once(BTreeMap::new()).chain(owners).collect();
    let mut all = Vec::new();
    for stage in [None, Some("Legal"), Some("Proposal"), Some("Won")] {
        for use_case in [None, Some("support")] {
            all.extend(owners.iter().map(|owners| Reply {
                stage: stage.map(str::to_owned),
                use_case: use_case.map(str::to_owned),
                owners: owners.clone(),
                ..Reply::to(line.clone())
            }));
        }
    }
    all
}

/// What the CRM would say of the buyer.
fn card(reply: &Reply) -> Card {
    let owner = |source| reply.owners.get(&source).cloned();
    let on_deal = owner(OwnerSource::OpportunityTeam).map(|rep| TeamMember { rep, role: "SE".to_owned() });
    let deal = Opportunity {
        stage: reply.stage.clone().unwrap_or_default(),
        owner: owner(OwnerSource::Opportunity),
        team: on_deal.into_iter().collect(),
        ..Opportunity::default()
    };
    let has_deal = reply.stage.is_some() || deal.owner.is_some() || !deal.team.is_empty();
    let campaign =
        |use_case: &String| Campaign { use_case: use_case.clone(), name: String::new(), last_text: String::new() };
    Card {
        owner: owner(OwnerSource::Contact),
        opportunity: Some(deal).filter(|_| has_deal),
        campaign: reply.use_case.as_ref().map(campaign),
        ..Card::of("c-1".into())
    }
}

/// Everybody here who is asked when such a reply comes then and nobody ever acts, by the rule book itself.
fn asked(playbook: &Playbook, reply: &Reply, at: Timestamp, away: &BTreeSet<RepId>) -> BTreeSet<RepId> {
    let mut story = Story::begins();
    story.playbook = playbook.clone();
    story.roster = Roster::of_away(away.iter().map(|rep| (rep.clone(), at)));
    story.now = at;
    story.crm_says(1, vec![card(reply)]);
    let mut said = story.receives(1, reply.line.as_str(), "What would fifty seats cost?", 0, None);
    let mut asked = BTreeSet::new();
    for _ in 0..200 {
        for event in &said {
            let Event::Offered { to, .. } = event else { continue };
            let all = match to {
                Holder::Rep(rep) => [rep.clone()].into(),
                Holder::Pool(team) => playbook.teams[team].members.clone(),
            };
            asked.extend(all.into_iter().filter(|rep| playbook.reps[rep].active && !away.contains(rep)));
        }
        let Some(due) = story.c().next_deadline() else { return asked };
        story.now = due;
        said = story.expires();
    }
    panic!("it never ends")
}

/// Every set of so many of these people, or fewer.
fn absences(people: &[RepId], most: usize) -> Vec<BTreeSet<RepId>> {
    let chosen = |set: u32| -> BTreeSet<RepId> {
        let of = people.iter().enumerate().filter(|(n, _)| set >> n & 1 == 1);
        of.map(|(_, rep)| rep.clone()).collect()
    };
    let mut all: Vec<BTreeSet<RepId>> = (0u32..1 << people.len()).map(chosen).collect();
    all.retain(|away| away.len() <= most);
    all.sort_by_key(BTreeSet::len);
    all
}

/// The beginning, and every minute at which somebody else is on call anywhere, or hours begin or end: found by looking at
/// each of them.
fn minutes_of_change(playbook: &Playbook, bounds: Bounds) -> Vec<Timestamp> {
    let plans = oncall::plans(playbook);
    let stands = |at: Timestamp| {
        let on_call: Vec<Option<&RepId>> = plans.iter().map(|plan| plan.alone().at(at).rep).collect();
        let open: Vec<bool> = playbook.calendars.values().map(|calendar| calendar.is_open(at)).collect();
        (on_call, open)
    };
    let minutes = (0..i64::from(bounds.days) * 24 * 60).map(|minute| bounds.from + Span::minutes(minute));
    let mut before = None;
    minutes.filter(|at| before.replace(stands(*at)) != Some(stands(*at))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// The search sends away only whom the ladder asks, and tries one reply of those that no rule tells apart; this tries
    /// everybody's absence with every reply.
    #[test]
    fn the_search_finds_what_trying_out_every_absence_finds(playbook in small(), most in 0usize..5) {
        let people: Vec<RepId> = playbook.reps.keys().filter(|rep| playbook.is_active(rep)).cloned().collect();
        let lines = playbook.lines.iter().take(1).map(|(id, line)| (id.clone(), line.clone())).collect();
        let one = Playbook { lines, ..playbook.clone() };
        let bounds = Bounds { days: 2, ..bounds(most) };
        let searched = search(&one, bounds);
        prop_assert_eq!(searched.left_out, 0);
        if let Some(found) = &searched.found {
            prop_assert!(found.away.len() <= most, "{:?}", found);
            let reached = asked(&one, &found.reply, found.at, &found.away);
            prop_assert!(reached.is_empty(), "{:?} reaches {:?}", found, reached);
        }
        // Nothing is left that needs fewer people away.
        let fewer = searched.found.as_ref().map_or(Some(most), |found| found.away.len().checked_sub(1));
        let Some(fewer) = fewer else { return Ok(()) };
        for at in minutes_of_change(&one, bounds) {
            for reply in every_reply(&one) {
                for away in absences(&people, fewer) {
                    let reached = asked(&one, &reply, at, &away);
                    prop_assert!(!reached.is_empty(), "{:?} at {} without {:?}, and {:?}", reply, at, away, searched);
                }
            }
        }
    }
}
