//! When replies come: now, and whenever somebody else would be asked.

use std::collections::{BTreeMap, BTreeSet};

use super::delays::{self, Delay};
use super::{Bounds, once};
use crate::domain::escalation::{Ladder, Who};
use crate::domain::hours::Calendar;
use crate::domain::id::{RepId, ScheduleId, TeamId};
use crate::domain::oncall::{self, Plan};
use crate::domain::playbook::{Cohort, Playbook};
use crate::domain::time::{Span, Timestamp};

/// Most instants tried for one team and one cohort.
const INSTANTS: usize = 128;

/// When replies to a team, of a cohort, are tried.
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
    /// A ladder that begins then comes to such an instant after leads who are away.
    Before,
}

/// Now, whenever somebody else is on call, and whenever somebody's own hours or the cohort's begin or end, as far as a
/// cohort's ladder asks by them; and whenever a ladder begins that comes to such an instant. Of instants after which the ladder meets the same people after the same time, one is enough.
///
/// Of more than can be tried those stay at which a schedule begins to have nobody, then those of somebody's hours; of the
/// rest some all over the time that is searched.
pub(super) fn of(playbook: &Playbook, team: &TeamId, cohort: Option<&Cohort>, bounds: Bounds) -> Instants {
    let ladder = cohort.and_then(|cohort| playbook.ladders.get(&cohort.ladder));
    let plans = plans(playbook, team, ladder);
    let calendar = cohort.and_then(|cohort| playbook.calendars.get(&cohort.calendar));
    let own = hours(playbook, calendar);
    let delays = ladder.map(delays::of).unwrap_or_default();
    let (edges, begins) = edges(&plans, &own, (calendar, &delays), bounds);
    let course = cohort.zip(ladder).map(|(cohort, ladder)| Course::of(playbook, cohort, ladder));
    let mut standings = BTreeMap::new();
    let mut numbered = |at: Timestamp| {
        let next = standings.len();
        *standings.entry(standing(&plans, &own, at)).or_insert(next)
    };
    let states: Vec<(Timestamp, usize)> = edges.iter().map(|at| (*at, numbered(*at))).collect();
    let mut seen = BTreeSet::new();
    let mut all = Vec::new();
    for (at, edge) in begins {
        let then = states.partition_point(|(then, _)| *then <= at);
        let from: Vec<(Timestamp, usize)> =
            std::iter::once((at, numbered(at))).chain(states[then..].iter().copied()).collect();
        let met = course.as_ref().and_then(|course| course.from(&from, until(bounds)));
        if met.is_none_or(|met| seen.insert(met)) {
            all.push((at, edge));
        }
    }
    thinned(&all)
}

fn until(bounds: Bounds) -> Timestamp {
    bounds.from + Span::minutes(i64::from(bounds.days) * 24 * 60)
}

/// The schedules that a ladder asks: the team's own, and those that it names.
fn plans<'a>(playbook: &'a Playbook, team: &TeamId, ladder: Option<&Ladder>) -> Vec<Plan<'a>> {
    let steps = || ladder.iter().flat_map(|ladder| &ladder.steps).map(|step| &step.who);
    let asks_own = steps().any(|who| *who == Who::OnCall);
    let named: BTreeSet<&ScheduleId> =
        steps().filter_map(|who| if let Who::Schedule(schedule) = who { Some(schedule) } else { None }).collect();
    let asked = |plan: &Plan<'_>| asks_own && plan.team == Some(team) || named.contains(&plan.id);
    oncall::plans(playbook).into_iter().filter(asked).collect()
}

/// The hours of those who have some of their own, and those of the cohort: while these are closed everybody is asked.
fn hours<'a>(playbook: &'a Playbook, cohorts: Option<&'a Calendar>) -> Vec<&'a Calendar> {
    let named: BTreeSet<&String> =
        playbook.reps.values().filter(|rep| rep.active).filter_map(|rep| rep.hours.as_ref()).collect();
    let own: Vec<&Calendar> = named.into_iter().filter_map(|name| playbook.calendars.get(name)).collect();
    let cohorts = cohorts.filter(|_| !own.is_empty());
    own.into_iter().chain(cohorts).collect()
}

/// Whenever somebody else would be asked; and when replies come that are asked about at such an instant, by the hours and
/// the delays of their ladder.
fn edges(
    plans: &[Plan<'_>],
    own: &[&Calendar],
    (calendar, delays): (Option<&Calendar>, &[Delay]),
    bounds: Bounds,
) -> (BTreeSet<Timestamp>, BTreeMap<Timestamp, Edge>) {
    let until = until(bounds);
    let over = delays.iter().map(|delay| delay.after(calendar, until)).fold(until, Timestamp::max);
    let mut edges = BTreeMap::from([(bounds.from, Edge::Gap)]);
    let mut add = |at: Timestamp, edge: Edge| {
        let known = edges.entry(at).or_insert(edge);
        *known = edge.min(*known);
    };
    for plan in plans {
        for gap in plan.alone().gaps(bounds.from, over) {
            add(gap.from, Edge::Gap);
            add(gap.to, Edge::Gap);
        }
        for shift in plan.alone().shifts(bounds.from, over) {
            add(shift.from, Edge::HandOff);
            add(shift.to, Edge::HandOff);
        }
    }
    for (from, to) in own.iter().flat_map(|calendar| calendar.open_between(bounds.from, over)) {
        add(Timestamp::from_millis(from), Edge::Hours);
        add(Timestamp::from_millis(to), Edge::Hours);
    }
    edges.retain(|at, _| *at < over);
    let mut begins: BTreeMap<Timestamp, Edge> = edges.range(..until).map(|(at, edge)| (*at, *edge)).collect();
    for (delay, at) in delays.iter().flat_map(|delay| edges.keys().map(move |at| (delay, *at))) {
        if let Some(begin) = delay.before(calendar, at, bounds.from).filter(|begin| *begin < until) {
            begins.entry(begin).or_insert(Edge::Before);
        }
    }
    (edges.into_keys().collect(), begins)
}

/// As many as can be tried: what matters most first, and of what matters alike some from the first to the last.
fn thinned(all: &[(Timestamp, Edge)]) -> Instants {
    let mut tried = BTreeSet::new();
    for wanted in [Edge::Gap, Edge::Hours, Edge::HandOff, Edge::Before] {
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

/// How a cohort's ladder is climbed: in which time, and for how long at most.
struct Course<'a> {
    /// The hours that its waits and its clock run in; none when they run always.
    calendar: Option<&'a Calendar>,
    /// Whether a step of it waits as time passes, hours or not.
    wall: bool,
    /// Until when it is at its end, and its clock has run out, at the latest.
    longest: Span,
}

/// What a ladder that begins at an instant meets: who stands there at once, and when that changes for it, counted from the
/// instant in its own time. Two instants of which this is the same cannot be told apart by it.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Met {
    is_open: bool,
    at_once: usize,
    /// After how long, who stands there at that very moment, and who from then on.
    changes: Vec<(i64, usize, usize)>,
    /// When its hours end and begin.
    hours: Vec<(i64, i64)>,
}

impl<'a> Course<'a> {
    fn of(playbook: &'a Playbook, cohort: &Cohort, ladder: &Ladder) -> Self {
        let rounds = once(ladder).as_millis().saturating_mul(i64::from(ladder.repeat) + 1);
        let longest = Span::millis(rounds.saturating_add(cohort.first_response.due.as_millis()));
        let wall = ladder.steps.iter().any(|step| step.wall);
        Self { calendar: playbook.calendars.get(&cohort.calendar), wall, longest }
    }

    /// What is met from the first of these states on; none when that is not known before `until`.
    fn from(&self, states: &[(Timestamp, usize)], until: Timestamp) -> Option<Met> {
        let (at, at_once) = *states.first()?;
        let over = match self.calendar {
            Some(calendar) => calendar.add(at, self.longest)?.max(at + self.longest),
            None => at + self.longest,
        };
        if over > until {
            return None;
        }
        let own = self.calendar.filter(|_| !self.wall);
        let after = |then: Timestamp| own.map_or(then.since(at), |calendar| calendar.between(at, then)).as_millis();
        let mut changes: Vec<(i64, usize, usize)> = Vec::new();
        let mut before = at_once;
        for (then, state) in states.iter().skip(1).take_while(|(then, _)| *then <= over).copied() {
            let after = after(then);
            if let Some(last) = changes.last_mut().filter(|last| last.0 == after) {
                // While its hours are closed nobody is asked: who stands there when they begin again counts.
                last.2 = state;
            } else {
                // The moment itself is the earliest one after that time: when the hours end, not when they begin.
                let moment = own.and_then(|calendar| calendar.add(at, Span::millis(after))).unwrap_or(then);
                changes.push((after, if moment < then { before } else { state }, state));
            }
            before = state;
        }
        let open = self.calendar.into_iter().flat_map(|calendar| calendar.open_between(at, over));
        let hours = open.map(|(from, to)| (after(Timestamp::from_millis(from)), after(Timestamp::from_millis(to))));
        let is_open = self.calendar.is_none_or(|calendar| calendar.is_open(at));
        Some(Met { is_open, at_once, changes, hours: hours.collect() })
    }
}
