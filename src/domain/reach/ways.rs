//! Which replies are tried: one for everything that the rules can tell apart.

use std::collections::BTreeSet;

use crate::domain::expectation::{Place, Reply, card};
use crate::domain::id::{LineId, TeamId};
use crate::domain::ownership::{OwnerRule, OwnerSource, Skip};
use crate::domain::playbook::{Cohort, Playbook};
use crate::domain::time::Timestamp;
use crate::domain::use_case;

use super::ends;

/// Rows of one rep in one territory that are tried: a row that another one hides finds somebody else.
const ROWS: usize = 4;

/// Replies that go the same way but for whose buyer it is.
pub(super) struct Way {
    /// The team whose pool, rotation and lead are asked.
    pub(super) team: TeamId,
    /// Its cohort, by name.
    cohort: Option<String>,
    /// One for every owner; the first is of a buyer whom nobody knows.
    pub(super) replies: Vec<Reply>,
}

impl Way {
    /// The cohort of its replies.
    pub(super) fn cohort<'a>(&self, playbook: &'a Playbook) -> Option<&'a Cohort> {
        let named = self.cohort.as_ref().and_then(|name| playbook.cohort(name));
        named.or_else(|| playbook.cohorts.last())
    }

    /// Whether its ladder asks anybody by whose the buyer is.
    pub(super) fn asks_owner(&self, playbook: &Playbook) -> bool {
        let ladder = self.cohort(playbook).and_then(|cohort| playbook.ladders.get(&cohort.ladder));
        ladder.is_none_or(|ladder| ladder.steps.iter().any(|step| step.who.is_by_owner()))
    }

    /// Whether a ladder that is begun then comes to its end.
    pub(super) fn is_climbed(&self, playbook: &Playbook, at: Timestamp) -> bool {
        self.cohort(playbook).is_some_and(|cohort| {
            playbook.ladders.get(&cohort.ladder).is_some_and(|ladder| ends(playbook, cohort, ladder, at))
        })
    }
}

/// What the rules look at besides the owner.
#[derive(PartialEq, Eq)]
struct Kind<'a> {
    team: TeamId,
    /// Its targets, hours and ladder.
    cohort: Option<&'a str>,
    is_queued: bool,
    is_for_sales: bool,
    wants_clock: bool,
    /// The rules about owners that are asked at its stage.
    rules: Vec<usize>,
}

/// All of them.
pub(super) fn of(playbook: &Playbook) -> Vec<Way> {
    let mut seen: Vec<Kind<'_>> = Vec::new();
    let mut all = Vec::new();
    for (line, stage, use_case) in talks(playbook) {
        let reply = Reply { use_case, stage, ..Reply::to(line.clone()) };
        let own = playbook.lines.get(line).map_or("", |line| line.use_case.as_str());
        let name = reply.use_case.as_deref().unwrap_or(own);
        let Some(team) = use_case::team(playbook, name, line) else { continue };
        let is_queued = use_case::queue(playbook, name).is_some();
        // Another program answers what a webhook takes and no team of ours does: nobody need be asked.
        let is_sent_on = playbook.alerting.handled.contains_key(name) && !is_queued;
        if is_sent_on && !use_case::is_for_sales(playbook, name) {
            continue;
        }
        let stage = reply.stage.as_deref();
        // What goes to a queue is nobody's.
        let asked = |(_, rule): &(usize, &OwnerRule)| !is_queued && is_asked(rule, stage);
        let rules = playbook.ownership.iter().enumerate().filter(asked);
        let kind = Kind {
            team: team.clone(),
            cohort: use_case::cohort(playbook, name, &[card(playbook, &reply)]).map(|cohort| cohort.name.as_str()),
            is_queued,
            is_for_sales: use_case::is_for_sales(playbook, name),
            wants_clock: use_case::wants_clock(playbook, name),
            rules: rules.map(|(at, _)| at).collect(),
        };
        if !seen.contains(&kind) {
            let cohort = kind.cohort.map(str::to_owned);
            all.push(Way { team, cohort, replies: replies(playbook, &reply, &kind.rules) });
            seen.push(kind);
        }
    }
    all
}

/// Every line, with every stage that a rule names and with none, with every use case that is heard there and with its own.
fn talks(playbook: &Playbook) -> impl Iterator<Item = (&LineId, Option<String>, Option<String>)> {
    let by_cohorts = playbook.cohorts.iter().flat_map(|cohort| &cohort.stages);
    let by_rules = playbook.ownership.iter().flat_map(|rule| &rule.stages);
    let mut known = BTreeSet::new();
    let named: Vec<&String> = by_cohorts.chain(by_rules).filter(|stage| known.insert(stage.to_lowercase())).collect();
    playbook.lines.keys().flat_map(move |line| {
        let stages: Vec<Option<String>> =
            std::iter::once(None).chain(named.iter().map(|stage| Some((*stage).clone()))).collect();
        let heard = move |use_case: &&String| use_case::is_heard(playbook, line, use_case);
        let use_cases = move || std::iter::once(None).chain(playbook.use_cases.keys().filter(heard).cloned().map(Some));
        stages.into_iter().flat_map(move |stage| use_cases().map(move |use_case| (line, stage.clone(), use_case)))
    })
}

/// Whether a rule about owners is asked at a stage.
fn is_asked(rule: &OwnerRule, stage: Option<&str>) -> bool {
    rule.stages.is_empty() || stage.is_some_and(|stage| rule.stages.iter().any(|s| s.eq_ignore_ascii_case(stage)))
}

/// The reply of a buyer of nobody's, of one whom each rep owns by each rule, and of one in each part of the world.
///
/// One owner each is enough: with several, one of them decides, and whoever was passed over before changes nothing.
fn replies(playbook: &Playbook, reply: &Reply, rules: &[usize]) -> Vec<Reply> {
    let rules: Vec<&OwnerRule> = rules.iter().filter_map(|at| playbook.ownership.get(*at)).collect();
    let mut all = vec![reply.clone()];
    for (source, role) in sources(&rules) {
        for rep in playbook.reps.keys().filter(|rep| playbook.is_active(rep)) {
            let owners = [(source, rep.clone())].into();
            all.push(Reply { owners, role: role.clone(), ..reply.clone() });
        }
    }
    let mut known = BTreeSet::from([found(playbook, &rules, reply)]);
    for place in places(playbook, &rules) {
        let reply = Reply { place, ..reply.clone() };
        if known.insert(found(playbook, &rules, &reply)) {
            all.push(reply);
        }
    }
    all
}

/// Where an owner may stand, as far as the rules tell one place from another: which of them find somebody there, and for
/// what they pass over them.
fn sources(rules: &[&OwnerRule]) -> Vec<(OwnerSource, Option<String>)> {
    let mut seen: BTreeSet<Vec<Option<&BTreeSet<Skip>>>> = BTreeSet::new();
    let mut all = Vec::new();
    for rule in rules.iter().filter(|rule| !rule.source.deals() && rule.source != OwnerSource::Conversation) {
        let on_deal: Vec<Option<String>> =
            if rule.roles.is_empty() { vec![None] } else { rule.roles.iter().cloned().map(Some).collect() };
        for role in on_deal {
            let in_role = |other: &OwnerRule| match &role {
                Some(role) => other.roles.is_empty() || other.roles.iter().any(|r| r.eq_ignore_ascii_case(role)),
                // On the deal in every role that a rule names.
                None => true,
            };
            let finds = |other: &&OwnerRule| other.source == rule.source && in_role(other);
            let signs = rules.iter().map(|other| Some(&other.skip).filter(|_| finds(other))).collect();
            if seen.insert(signs) {
                all.push((rule.source, role));
            }
        }
    }
    all
}

/// Places that a row of a territory names.
fn places(playbook: &Playbook, rules: &[&OwnerRule]) -> Vec<Place> {
    let mut all = Vec::new();
    for name in rules.iter().filter_map(|rule| rule.territory.as_ref()) {
        let Some(territory) = playbook.territories.get(name) else { continue };
        let mut tried = std::collections::BTreeMap::new();
        for part in &territory.rows {
            let rows = tried.entry(&part.rep).or_insert(0_usize);
            *rows += 1;
            if *rows <= ROWS {
                all.push(Place {
                    country: part.country.clone(),
                    state: part.state.clone(),
                    segment: part.segment.clone(),
                    area_code: part.area_code.clone(),
                });
            }
        }
    }
    all
}

/// Whom each rule that asks a territory finds.
fn found(playbook: &Playbook, rules: &[&OwnerRule], reply: &Reply) -> Vec<Option<String>> {
    let cards = [card(playbook, reply)];
    let named = rules.iter().filter_map(|rule| rule.territory.as_ref());
    let of = |name: &String| {
        let territory = playbook.territories.get(name)?;
        territory.of(&cards, reply.place.area_code.as_deref()).first().map(ToString::to_string)
    };
    named.map(of).collect()
}
