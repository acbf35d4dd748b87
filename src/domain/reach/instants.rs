//! When replies come: now, and whenever somebody else would be asked.

use std::collections::{BTreeMap, BTreeSet};

use super::{Bounds, once};
use crate::domain::escalation::Who;
use crate::domain::hours::Calendar;
use crate::domain::id::{RepId, TeamId};
use crate::domain::oncall::{self, Plan};
use crate::domain::playbook::Playbook;
use crate::domain::time::{Span, Timestamp};

/// Most instants tried for one team.
const INSTANTS: usize = 128;

/// When replies to a team are tried.
pub(super) struct Instants {
    /// In order.
    pub(super) tried: Vec<Timestamp>,
    /// How many more there are than can be tried.
    pub(super) left_out: usize,
}

/// Why an instant is one: what matters most comes first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Edge {
    /// Now, or a schedule begins or ceases to have somebody.
    Gap,
    /// Somebody's own hours begin or end.
    Hours,
    /// One gives to another.
    HandOff,
}

/// Now, whenever somebody else is on call, and whenever somebody's own hours begin or end. Of instants at which the same
/// people stand there, and do so until the ladder is at its end, one is enough.
///
/// Of more than can be tried those stay at which a schedule begins to have nobody, then those of somebody's hours; of the
/// rest some all over the time that is searched.
pub(super) fn of(playbook: &Playbook, team: &TeamId, bounds: Bounds) -> Instants {
    let until = bounds.from + Span::minutes(i64::from(bounds.days) * 24 * 60);
    let steps = playbook.ladders.values().flat_map(|ladder| &ladder.steps);
    let named: BTreeSet<_> =
        steps.filter_map(|step| if let Who::Schedule(schedule) = &step.who { Some(schedule) } else { None }).collect();
    // The team's own schedule, and every one that a ladder names.
    let asked = |plan: &Plan<'_>| plan.team == Some(team) || named.contains(&plan.id);
    let plans: Vec<Plan<'_>> = oncall::plans(playbook).into_iter().filter(asked).collect();
    let own: BTreeSet<&String> =
        playbook.reps.values().filter(|rep| rep.active).filter_map(|rep| rep.hours.as_ref()).collect();
    let own: Vec<&Calendar> = own.into_iter().filter_map(|name| playbook.calendars.get(name)).collect();
    let mut edges = BTreeMap::from([(bounds.from, Edge::Gap)]);
    let mut add = |at: Timestamp, edge: Edge| {
        let known = edges.entry(at).or_insert(edge);
        *known = edge.min(*known);
    };
    for plan in &plans {
        for gap in plan.alone().gaps(bounds.from, until) {
            add(gap.from, Edge::Gap);
            add(gap.to, Edge::Gap);
        }
        for shift in plan.alone().shifts(bounds.from, until) {
            add(shift.from, Edge::HandOff);
            add(shift.to, Edge::HandOff);
        }
    }
    for (from, to) in own.iter().flat_map(|calendar| calendar.open_between(bounds.from, until)) {
        add(Timestamp::from_millis(from), Edge::Hours);
        add(Timestamp::from_millis(to), Edge::Hours);
    }
    edges.retain(|at, _| *at < until);
    let longest = longest(playbook);
    let mut seen = BTreeSet::new();
    let mut all = Vec::new();
    for (at, edge) in edges.iter().map(|(at, edge)| (*at, *edge)) {
        let over = at + longest;
        let is_steady = edges.range(at..).nth(1).is_none_or(|(next, _)| *next > over) && over <= until;
        let is_open = |calendar: &Calendar| calendar.between(at, over) == longest;
        let is_known = is_steady && climbed_in(playbook).all(is_open) && !seen.insert(standing(&plans, &own, at));
        if !is_known {
            all.push((at, edge));
        }
    }
    thinned(&all)
}

/// As many as can be tried: what matters most first, and of what matters alike some from the first to the last.
fn thinned(all: &[(Timestamp, Edge)]) -> Instants {
    let mut tried = BTreeSet::new();
    for wanted in [Edge::Gap, Edge::Hours, Edge::HandOff] {
        let alike: Vec<Timestamp> = all.iter().filter(|(_, edge)| *edge == wanted).map(|(at, _)| *at).collect();
        let room = INSTANTS.saturating_sub(tried.len()).min(alike.len());
        tried.extend((0..room).map(|n| alike[n * alike.len() / room]));
    }
    let left_out = all.len() - tried.len();
    Instants { tried: tried.into_iter().collect(), left_out }
}

/// Who is on call by each schedule, and whose own hours run.
fn standing<'a>(plans: &[Plan<'a>], own: &[&Calendar], at: Timestamp) -> (Vec<Option<&'a RepId>>, Vec<bool>) {
    let on_call = plans.iter().map(|plan| plan.alone().at(at).rep).collect();
    (on_call, own.iter().map(|calendar| calendar.is_open(at)).collect())
}

/// The hours in which ladders are climbed.
fn climbed_in(playbook: &Playbook) -> impl Iterator<Item = &Calendar> {
    playbook.cohorts.iter().filter_map(|cohort| playbook.calendars.get(&cohort.calendar))
}

/// Until when a ladder is at its end, and every clock has run out, at the latest.
fn longest(playbook: &Playbook) -> Span {
    let rounds =
        playbook.ladders.values().map(|ladder| once(ladder).as_millis().saturating_mul(i64::from(ladder.repeat) + 1));
    let dues = playbook.cohorts.iter().map(|cohort| cohort.first_response.due.as_millis());
    Span::millis(rounds.max().unwrap_or(0).saturating_add(dues.max().unwrap_or(0)))
}
