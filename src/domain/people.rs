//! What is decided about people and their shifts: away and back, overrides and swaps. Who may say so of whom stands here.

use std::collections::BTreeSet;

use super::command::{Command, CoverNote, ReadSet};
use super::decide::Decided;
use super::event::{Event, Subject};
use super::id::{OverrideId, RepId, ScheduleId, TeamId};
use super::oncall::{self, FAR, Override, Shift};
use super::rejection::Rejection;
use super::time::Timestamp;

/// Decides a command about people. `by` is the person who asks; the operator and the clock are nobody.
pub(super) fn decide(
    world: &ReadSet<'_>,
    by: Option<&RepId>,
    command: &Command,
    now: Timestamp,
) -> Result<Decided, Rejection> {
    let facts = match command {
        Command::Away { away, until, note, rep } => {
            away_or_back(world, by, rep.as_ref(), *away, *until, note.as_ref(), now)?
        }
        Command::Override { schedule, shift } => override_shift(world, by, schedule, shift, now)?,
        Command::Swap { schedule, ids, one, other } => swap(world, by, schedule, *ids, [*one, *other], now)?,
        Command::DropOverride { schedule, id } => drop_override(world, by, schedule, *id, now)?,
        Command::Seen { rep, seen } => seen_or_not(world, rep, *seen),
        Command::Return => world.roster.ended(now).into_iter().map(|rep| back(rep, None)).collect(),
        Command::Receive(_)
        | Command::Report { .. }
        | Command::Match
        | Command::Expire
        | Command::BeginSend { .. }
        | Command::AbandonSend { .. }
        | Command::LoseSend { .. }
        | Command::NeverLeft { .. }
        | Command::Doubt
        | Command::MediaSettled { .. }
        | Command::OptIn { .. }
        | Command::Settle { .. }
        | Command::Consent(_)
        | Command::Recompute
        | Command::Succeed { .. }
        | Command::Take
        | Command::TakeElsewhere { .. }
        | Command::Assign { .. }
        | Command::Escalate { .. }
        | Command::Answer { .. }
        | Command::AnswerLater { .. }
        | Command::Release { .. }
        | Command::Recall { .. }
        | Command::Note { .. }
        | Command::CorrectKind { .. }
        | Command::NameWriter { .. }
        | Command::Snooze { .. }
        | Command::Done { .. }
        | Command::Booked { .. }
        | Command::Reopen
        | Command::Begin { .. }
        | Command::Block { .. }
        | Command::Unblock
        | Command::Approve { .. }
        | Command::Decline { .. }
        | Command::Rule { .. }
        | Command::OptOut { .. } => Vec::new(),
    };
    Ok(facts.into_iter().map(|event| (Subject::Roster, event)).collect())
}

fn back(rep: &RepId, by: Option<&RepId>) -> Event {
    Event::Presence { rep: rep.clone(), away: false, until: None, unseen: false, note: None, by: by.cloned() }
}

fn away_or_back(
    world: &ReadSet<'_>,
    by: Option<&RepId>,
    rep: Option<&RepId>,
    away: bool,
    until: Option<Timestamp>,
    note: Option<&CoverNote>,
    now: Timestamp,
) -> Result<Vec<Event>, Rejection> {
    let rep = rep.or(by).ok_or_else(|| Rejection::NoSuchRep { who: RepId::new("") })?;
    if by != Some(rep) && !world.playbook.is_active(rep) {
        return Err(Rejection::NoSuchRep { who: rep.clone() });
    }
    if !may_say_of(world, by, rep) {
        let team = world.playbook.reps.get(rep).and_then(|r| world.playbook.teams.get(&r.team));
        let needs = team.map_or_else(|| "lead".to_owned(), |team| format!("lead of {}", team.label));
        return Err(Rejection::NotAllowed { needs });
    }
    if away && until.is_some_and(|until| until <= now) {
        return Err(Rejection::InThePast);
    }
    let by = by.filter(|by| *by != rep);
    if !away {
        // Said twice it is said once.
        return Ok(if world.roster.away.contains_key(rep) { vec![back(rep, by)] } else { Vec::new() });
    }
    // What is not said anew stays as it was said; of whom merely nobody had seen anything, nothing was said.
    let absence = world.roster.absence(rep);
    let unseen = absence.is_some_and(|absence| absence.unseen);
    let said = absence.and_then(|absence| absence.until);
    let until = until.map(|until| until.min(now + FAR)).or(said.filter(|until| *until > now));
    if world.roster.away.contains_key(rep) && !unseen && until == said && note.is_none() {
        return Ok(Vec::new());
    }
    let note = note.map(|note| note.message);
    Ok(vec![Event::Presence { rep: rep.clone(), away, until, unseen: false, note, by: by.cloned() }])
}

/// Away for want of any sign of life, and back at the first one. Whoever said themselves that they are away stays so.
fn seen_or_not(world: &ReadSet<'_>, rep: &RepId, seen: bool) -> Vec<Event> {
    let away = world.roster.away.contains_key(rep);
    let by_absence = world.roster.absence(rep).is_some_and(|absence| absence.unseen);
    match (seen, away) {
        (true, true) if by_absence => {
            let event =
                Event::Presence { rep: rep.clone(), away: false, until: None, unseen: true, note: None, by: None };
            vec![event]
        }
        (false, false) if world.playbook.is_active(rep) => {
            vec![Event::Presence { rep: rep.clone(), away: true, until: None, unseen: true, note: None, by: None }]
        }
        (true | false, _) => Vec::new(),
    }
}

/// Whether somebody may speak for another: for themselves everybody, for their team its lead, for all an admin and
/// whoever runs the backend.
fn may_say_of(world: &ReadSet<'_>, by: Option<&RepId>, rep: &RepId) -> bool {
    let Some(by) = by else { return true };
    if by == rep || world.playbook.is_admin(by) {
        return true;
    }
    let led = world.playbook.led_by(by);
    world.playbook.reps.get(rep).is_some_and(|r| led.contains(&r.team))
}

/// Whether somebody decides about a schedule: the lead of its team, or of anybody who takes turns in it when it is of no
/// team.
fn may_rule(world: &ReadSet<'_>, by: Option<&RepId>, plan: &oncall::Plan<'_>) -> bool {
    let Some(by) = by else { return true };
    if world.playbook.is_admin(by) {
        return true;
    }
    let led = world.playbook.led_by(by);
    if let Some(team) = plan.team {
        return led.contains(team);
    }
    let turns = plan.layers.iter().flat_map(|layer| layer.reps.iter().flatten());
    let teams: BTreeSet<_> = turns.filter_map(|rep| world.playbook.reps.get(rep)).map(|r| &r.team).collect();
    teams.into_iter().any(|team| led.contains(team))
}

/// Whether somebody is of those who may be on call by a schedule: of its team, or of a team whose people take turns in it.
fn takes_part(world: &ReadSet<'_>, rep: &RepId, plan: &oncall::Plan<'_>) -> bool {
    let turns = plan.layers.iter().flat_map(|layer| layer.reps.iter().flatten());
    let of = |rep: &RepId| world.playbook.reps.get(rep).map(|r| &r.team);
    let teams: BTreeSet<_> = turns.clone().filter_map(of).chain(plan.team).collect();
    turns.clone().any(|one| one == rep) || teams.iter().any(|team| of(rep) == Some(team) || is_member(world, team, rep))
}

fn is_member(world: &ReadSet<'_>, team: &TeamId, rep: &RepId) -> bool {
    world.playbook.teams.get(team).is_some_and(|team| team.members.contains(rep))
}

/// Whoever may be on call by it takes a shift upon themselves; only who rules over the schedule gives one to somebody, or
/// to nobody: a reply must not wait for a person who does not know that they are asked.
fn override_shift(
    world: &ReadSet<'_>,
    by: Option<&RepId>,
    schedule: &ScheduleId,
    shift: &Override,
    now: Timestamp,
) -> Result<Vec<Event>, Rejection> {
    let plan = oncall::plan(world.playbook, schedule).ok_or_else(|| no_schedule(schedule))?;
    if let Some(rep) = shift.rep.as_ref().filter(|rep| !world.playbook.is_active(rep)) {
        return Err(Rejection::NoSuchRep { who: rep.clone() });
    }
    let takes_it = by.is_some_and(|by| shift.rep.as_ref() == Some(by) && takes_part(world, by, &plan));
    if !takes_it && !may_rule(world, by, &plan) {
        return Err(Rejection::NotAllowed { needs: "lead".to_owned() });
    }
    shift.possible(now)?;
    // What is over stays as it was: whoever had it until now had it.
    let shift = Override { from: shift.from.max(now), ..shift.clone() };
    let begins = |known: &Override| known.from == shift.from || known.from <= now && shift.from == now;
    let is_same = |known: &Override| known.rep == shift.rep && known.to == shift.to && begins(known);
    if world.roster.override_of(shift.id).is_some_and(|(of, known)| of == schedule && is_same(known)) {
        return Ok(Vec::new());
    }
    Ok(vec![Event::Overridden { schedule: schedule.clone(), shift }])
}

fn swap(
    world: &ReadSet<'_>,
    by: Option<&RepId>,
    schedule: &ScheduleId,
    ids: [OverrideId; 2],
    at: [Timestamp; 2],
    now: Timestamp,
) -> Result<Vec<Event>, Rejection> {
    let plan = oncall::plan(world.playbook, schedule).ok_or_else(|| no_schedule(schedule))?;
    if !may_rule(world, by, &plan) {
        return Err(Rejection::NotAllowed { needs: "lead".to_owned() });
    }
    if ids.iter().all(|id| world.roster.override_of(*id).is_some()) {
        return Ok(Vec::new());
    }
    let final_schedule = plan.with(world.roster);
    let shift = |at: Timestamp| -> Result<Shift, Rejection> {
        let shift = final_schedule.shift_at(at);
        let mut shift = shift.ok_or_else(|| Rejection::NoSuchShift { why: "nobody is on call then".to_owned() })?;
        // What is over stays as it was.
        if shift.to <= now {
            let rep = world.playbook.rep_name(&shift.rep);
            return Err(Rejection::NoSuchShift { why: format!("{rep}'s shift then is over") });
        }
        shift.from = shift.from.max(now);
        Ok(shift)
    };
    let [one, other] = at;
    let swapped = oncall::swap(ids, &shift(one)?, &shift(other)?);
    let swapped = swapped.map_err(|e| Rejection::NoSuchShift { why: e.to_string() })?;
    Ok(swapped.into_iter().map(|shift| Event::Overridden { schedule: schedule.clone(), shift }).collect())
}

/// Whoever could have made it takes it back.
fn drop_override(
    world: &ReadSet<'_>,
    by: Option<&RepId>,
    schedule: &ScheduleId,
    id: OverrideId,
    now: Timestamp,
) -> Result<Vec<Event>, Rejection> {
    let plan = oncall::plan(world.playbook, schedule).ok_or_else(|| no_schedule(schedule))?;
    let mut known = world.roster.overrides_of(schedule).iter();
    let Some(made) = known.find(|o| o.id == id && o.to > now) else { return Ok(Vec::new()) };
    let own = by.is_some() && made.rep.as_ref() == by;
    if !own && !may_rule(world, by, &plan) {
        return Err(Rejection::NotAllowed { needs: "lead".to_owned() });
    }
    Ok(vec![Event::OverrideDropped { schedule: schedule.clone(), id }])
}

fn no_schedule(schedule: &ScheduleId) -> Rejection {
    Rejection::NoSuchShift { why: format!("there is no schedule \"{schedule}\"") }
}
