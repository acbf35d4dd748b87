//! The search for a reply that reaches nobody, against trying out everybody's absence.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use comeback::domain::escalation::{Ladder, Step, Who};
use comeback::domain::id::RepId;
use comeback::domain::oncall::{Length, Rotation};
use comeback::domain::ownership::{OwnerRule, OwnerSource, Skip};
use comeback::domain::playbook::Playbook;
use comeback::domain::reach::{Bounds, cases, reached, search};
use comeback::domain::time::{Span, Timestamp};
use proptest::prelude::*;

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
    let team = &playbook.teams.values().min_by_key(|team| team.members.len()).expect("a team").members;
    let few = search(&playbook, bounds(team.len() - 1));
    assert!(few.found.is_none() && few.replies > 100, "{few:?}");
    let all = search(&playbook, bounds(team.len())).found.expect("nobody is left");
    assert_eq!(all.away, *team);
}

/// A team of up to four with any ladder, backups and rotation.
fn small() -> impl Strategy<Value = Playbook> {
    let who = prop_oneof![
        Just(Who::Owner),
        Just(Who::Backup),
        Just(Who::Pool),
        Just(Who::OnCall),
        Just(Who::OwnersLead),
        Just(Who::Person("ben".into())),
        Just(Who::Role("AE".to_owned())),
    ];
    let ladder = (proptest::collection::vec(who, 0..4), 0u8..2);
    let owners = prop_oneof![
        Just(Vec::new()),
        Just(vec![OwnerRule { skip: [Skip::Away].into(), ..OwnerSource::Opportunity.into() }]),
        Just(vec![OwnerSource::RoundRobin.into()]),
        Just(vec![OwnerSource::Opportunity.into(), OwnerSource::LeastLoaded.into()]),
    ];
    let backups = proptest::collection::vec(proptest::option::of(0usize..4), 4);
    let active = proptest::collection::vec(any::<bool>(), 4);
    (2usize..5, ladder, backups, active, proptest::collection::vec(0usize..4, 0..3), owners).prop_map(
        |(people, (steps, repeat), backups, active, turns, owners): (_, _, _, _, _, Vec<OwnerRule>)| {
            let mut playbook = example();
            playbook.territories.clear();
            playbook.ownership = if owners.is_empty() { vec![OwnerSource::Opportunity.into()] } else { owners };
            let ids: Vec<RepId> = ["ben", "ines", "lea", "maya"].into_iter().map(RepId::from).collect();
            let ids = &ids[..people];
            playbook.reps.retain(|rep, _| ids.contains(rep));
            let lead = &ids[people - 1];
            for (n, rep) in ids.iter().enumerate() {
                let made = playbook.reps.get_mut(rep).expect("kept");
                made.active = active[n] || rep == lead;
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
            for team in playbook.teams.values_mut() {
                team.lead = Some(lead.clone());
                team.members.clone_from(&here);
                team.on_call = (!rotation.reps.is_empty()).then(|| rotation.clone());
            }
            playbook.schedules.clear();
            let steps = steps.into_iter().chain([Who::Lead]);
            let steps: Vec<Step> = steps.map(|who| Step { who, wait: Span::minutes(3), wall: false }).collect();
            for ladder in playbook.ladders.values_mut() {
                *ladder = Ladder { steps: steps.clone(), repeat, ..Ladder::default() };
            }
            playbook
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// The search sends away only whom the ladder asks; this tries everybody's absence.
    #[test]
    fn the_search_finds_what_trying_out_every_absence_finds(playbook in small(), most in 0usize..5) {
        let people: Vec<&RepId> = playbook.reps.keys().collect();
        let lines = playbook.lines.iter().take(1).map(|(id, line)| (id.clone(), line.clone())).collect();
        let one = Playbook { lines, ..playbook.clone() };
        let bounds = Bounds { days: 3, ..bounds(most) };
        let mut fewest: Option<usize> = None;
        for (reply, at) in cases(&one, bounds) {
            for set in 0u32..1 << people.len() {
                let gone = |(n, rep): (usize, &&RepId)| (set >> n & 1 == 1).then(|| (*rep).clone());
                let away: BTreeSet<RepId> = people.iter().enumerate().filter_map(gone).collect();
                if away.len() <= most && reached(&one, &reply, at, &away).is_empty() {
                    fewest = Some(fewest.map_or(away.len(), |few| few.min(away.len())));
                }
            }
        }
        let found = search(&one, bounds).found;
        prop_assert_eq!(found.as_ref().map(|f| f.away.len()), fewest, "{:?}", found);
        if let Some(found) = found {
            prop_assert!(reached(&one, &found.reply, found.at, &found.away).is_empty());
        }
    }
}
