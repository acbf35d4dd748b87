//! Is there a reply that would reach nobody? A search over every line, cohort, owner and hand-off within stated bounds.
//!
//! A reply reaches whoever is asked on its ladder and is here. While its owner stays the same, being away takes people out
//! of that and brings nobody in whom the ladder would not have asked: so whoever is asked must be away in every
//! counterexample, and the smallest one is found by sending away whoever is still asked. Where an absence gives the reply
//! to another owner, whose backup or lead is somebody else, at least one of those asked, or the owner, must be away, and
//! each is tried. A test holds both against trying out everybody's absence.

use std::collections::BTreeSet;

use super::command::{Actor, Command, Context};
use super::escalation::{Step, Who};
use super::event::Event;
use super::expectation::{self, Reply};
use super::id::{LineId, RepId};
use super::oncall;
use super::ownership::{OwnerSource, Skip};
use super::playbook::Playbook;
use super::roster::Roster;
use super::routing::Holder;
use super::time::{Span, Timestamp};

/// How far is searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// From when on.
    pub from: Timestamp,
    /// Hand-offs of so many days are tried.
    pub days: u16,
    /// At most so many people are away at once.
    pub away: usize,
}

/// Most instants tried for one line.
const INSTANTS: usize = 64;
/// Most steps of a ladder climbed.
const CLIMBS: usize = 64;

/// A reply that would reach nobody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreached {
    /// The reply.
    pub reply: Reply,
    /// When it comes.
    pub at: Timestamp,
    /// Who would have to be away.
    pub away: BTreeSet<RepId>,
}

/// What came of a search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Searched {
    /// Replies tried: line, cohort, owner and instant.
    pub replies: usize,
    /// The counterexample with the fewest people away, the first of those.
    pub found: Option<Unreached>,
}

/// Searches.
pub fn search(playbook: &Playbook, bounds: Bounds) -> Searched {
    let mut searched = Searched { replies: 0, found: None };
    for (reply, at) in cases(playbook, bounds) {
        searched.replies += 1;
        let fewer = searched.found.as_ref().map(|found| found.away.len().checked_sub(1));
        // Fewer than nobody cannot be.
        let Some(most) = fewer.unwrap_or(Some(bounds.away)) else { break };
        if let Some(away) = unreached(playbook, &reply, at, most) {
            searched.found = Some(Unreached { reply, at, away });
        }
    }
    searched
}

/// The replies that are tried, each with its instant.
pub fn cases(playbook: &Playbook, bounds: Bounds) -> Vec<(Reply, Timestamp)> {
    let mut all = Vec::new();
    for line in playbook.lines.keys() {
        let replies = replies(playbook, line);
        for at in instants(playbook, line, bounds) {
            all.extend(replies.iter().map(|reply| (reply.clone(), at)));
        }
    }
    all
}

/// The fewest people who must be away for the reply to reach nobody; none when they are more than `most`, or when it
/// reaches somebody whoever is away.
fn unreached(playbook: &Playbook, reply: &Reply, at: Timestamp, most: usize) -> Option<BTreeSet<RepId>> {
    if owner_depends(playbook, reply, at) {
        return (0..=most).find_map(|most| tried(playbook, reply, at, most, &mut BTreeSet::new(), BTreeSet::new()));
    }
    let mut away = BTreeSet::new();
    loop {
        // One more than may be away is as good as all of them.
        let asked = asked(playbook, reply, at, &away, (most + 1).saturating_sub(away.len()));
        if asked.is_empty() {
            return Some(away);
        }
        away.extend(asked);
        if away.len() > most {
            return None;
        }
    }
}

/// Whether somebody's absence may give a reply to another owner, and with that to another backup or lead. A rule that
/// keeps to its owner while they are away finds the same one whoever is.
fn owner_depends(playbook: &Playbook, reply: &Reply, at: Timestamp) -> bool {
    let found = expectation::outcome(playbook, reply, at, &Roster::default()).owned_by;
    let gives_on = playbook.ownership.iter().any(|rule| Some(rule.source) == found && rule.skip.contains(&Skip::Away));
    let of_owner = |step: &Step| matches!(step.who, Who::Backup | Who::OwnersLead);
    gives_on && playbook.ladders.values().any(|ladder| ladder.steps.iter().any(of_owner))
}

/// Sends away one of those who would be asked, or the owner, until nobody is left or too many are away. `seen` keeps
/// from trying the same absences in another order.
fn tried(
    playbook: &Playbook,
    reply: &Reply,
    at: Timestamp,
    most: usize,
    seen: &mut BTreeSet<BTreeSet<RepId>>,
    away: BTreeSet<RepId>,
) -> Option<BTreeSet<RepId>> {
    let roster = Roster::of_away(away.iter().map(|rep| (rep.clone(), at)));
    let is_last = away.len() == most;
    let mut next = asked(playbook, reply, at, &away, if is_last { 1 } else { usize::MAX });
    if next.is_empty() {
        return Some(away);
    }
    if is_last {
        return None;
    }
    let owner = expectation::outcome(playbook, reply, at, &roster).owner;
    next.extend(owner.filter(|owner| !away.contains(owner) && playbook.is_active(owner)));
    next.into_iter().find_map(|rep| {
        let mut further = away.clone();
        further.insert(rep);
        if seen.insert(further.clone()) { tried(playbook, reply, at, most, seen, further) } else { None }
    })
}

/// Everybody here who is asked when nobody acts, from the reply to the last step of its ladder.
pub fn reached(playbook: &Playbook, reply: &Reply, at: Timestamp, away: &BTreeSet<RepId>) -> BTreeSet<RepId> {
    asked(playbook, reply, at, away, usize::MAX)
}

/// Those of them who are asked first: no step is climbed once there are `enough`.
fn asked(playbook: &Playbook, reply: &Reply, at: Timestamp, away: &BTreeSet<RepId>, enough: usize) -> BTreeSet<RepId> {
    let roster = Roster::of_away(away.iter().map(|rep| (rep.clone(), at)));
    let mut state = expectation::outcome(playbook, reply, at, &roster);
    let here = |rep: &RepId| playbook.is_active(rep) && !away.contains(rep);
    let mut all = BTreeSet::new();
    let take = |all: &mut BTreeSet<RepId>, holder: Option<&Holder>| match holder {
        Some(Holder::Rep(rep)) if here(rep) => drop(all.insert(rep.clone())),
        Some(Holder::Pool(team)) => {
            let members = playbook.teams.get(team).into_iter().flat_map(|team| &team.members);
            all.extend(members.filter(|rep| here(rep)).cloned());
        }
        Some(Holder::Rep(_)) | None => {}
    };
    take(&mut all, state.assignment.as_ref().map(|a| &a.to));
    for _ in 0..CLIMBS {
        if all.len() >= enough {
            break;
        }
        let Some(now) = state.next_deadline() else { break };
        let cx = Context { now, actor: Actor::Clock, seen: u64::MAX, behind: false, hold: Span::ZERO };
        let events = expectation::decided(playbook, &roster, &[], Some(&state), &Command::Expire, &cx);
        if events.is_empty() {
            break;
        }
        for event in &events {
            state.apply(now, event);
            if let Event::Offered { to, .. } = event {
                take(&mut all, Some(to));
            }
        }
    }
    all
}

/// Now, and whenever somebody else is on call.
fn instants(playbook: &Playbook, line: &LineId, bounds: Bounds) -> Vec<Timestamp> {
    let mut all = vec![bounds.from];
    // The line's own schedule, and every other one: a ladder may ask any.
    let team = playbook.lines.get(line).map(|line| &line.team);
    let asked = |plan: &oncall::Plan<'_>| plan.team.is_none_or(|of| Some(of) == team);
    for plan in oncall::plans(playbook).into_iter().filter(asked) {
        let schedule = plan.alone();
        let until = bounds.from + Span::minutes(i64::from(bounds.days) * 24 * 60);
        let edges = schedule.shifts(bounds.from, until).into_iter().flat_map(|shift| [shift.from, shift.to]);
        all.extend(edges.filter(|at| *at < until));
    }
    all.sort_unstable();
    all.dedup();
    all.truncate(INSTANTS);
    all
}

/// One reply for every way through cohorts and owners: of each cohort the first use case and stage that lead there.
fn replies(playbook: &Playbook, line: &LineId) -> Vec<Reply> {
    let owners = std::iter::once(None).chain(playbook.reps.keys().filter(|rep| playbook.is_active(rep)).map(Some));
    let owned = |source: &OwnerSource| !source.deals() && *source != OwnerSource::Conversation;
    let source = playbook.ownership.iter().map(|rule| rule.source).find(owned);
    let ways: Vec<(Option<String>, Option<String>)> = playbook
        .cohorts
        .iter()
        .map(|cohort| (cohort.use_cases.first().cloned(), cohort.stages.first().cloned()))
        .collect();
    let mut all = Vec::new();
    for owner in owners {
        for (use_case, stage) in &ways {
            let owners = source.zip(owner.cloned()).into_iter().collect();
            let (use_case, stage) = (use_case.clone(), stage.clone());
            let reply = Reply { use_case, stage, owners, ..Reply::to(line.clone()) };
            if !all.contains(&reply) {
                all.push(reply);
            }
        }
    }
    all
}
