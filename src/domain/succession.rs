//! Somebody leaves, and somebody else stands where they stood: in the policy, and for the buyers they had.

use super::command::ReadSet;
use super::conversation::Conversation;
use super::coverage;
use super::decide::{Decided, Draft};
use super::escalation::{self, Who};
use super::event::Event;
use super::id::{RepId, ScheduleId};
use super::measure::ReportName;
use super::oncall::{Override, Rotation};
use super::playbook::{Playbook, Role};
use super::roster::Roster;
use super::routing::{Because, Holder, Reason};
use super::time::Timestamp;

/// The policy without somebody, and what moved in it, a sentence each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Without {
    /// The policy; its version is given when it comes into force.
    pub playbook: Playbook,
    /// What moved.
    pub moved: Vec<String>,
}

/// Puts `to` where `from` stood: as lead, as backup and in turns on call, each at the same place, so that nobody else's
/// turn moves. `from` stays in the policy as somebody who left: the record names them for ever.
pub fn without(playbook: &Playbook, from: &RepId, to: &RepId) -> Without {
    let mut after = playbook.clone();
    let mut moved = Vec::new();
    let (gone, comes) = (playbook.rep_name(from).to_owned(), playbook.rep_name(to).to_owned());
    let theirs = playbook.reps.get(from).and_then(|rep| rep.backup.clone());
    let theirs = theirs.filter(|backup| backup != to && playbook.is_active(backup));
    let mut leads = false;
    for team in after.teams.values_mut() {
        if team.members.remove(from) {
            moved.push(format!("{gone} leaves the pool of {}", team.label));
        }
        if team.lead.as_ref() == Some(from) {
            team.lead = Some(to.clone());
            leads = true;
            moved.push(format!("{comes} leads {}", team.label));
        }
        if let Some(rotation) = &mut team.on_call {
            turns(rotation, from, to, &format!("on call for {}", team.label), &comes, &mut moved);
        }
    }
    for (name, territory) in &mut after.territories {
        let theirs = territory.rows.iter_mut().filter(|part| part.rep == *from);
        let rows = theirs.map(|part| part.rep = to.clone()).count();
        if rows > 0 {
            moved.push(format!("{comes} takes {rows} row(s) of the territory {name}"));
        }
    }
    for (name, ladder) in &mut after.ladders {
        let person = Who::Person(from.clone());
        for step in ladder.steps.iter_mut().filter(|step| step.who == person) {
            step.who = Who::Person(to.clone());
            moved.push(format!("{comes} is asked on the ladder {name}"));
        }
    }
    for schedule in after.schedules.values_mut() {
        let label = schedule.label.clone();
        for (at, layer) in schedule.layers.iter_mut().enumerate() {
            let what = if layer.label.is_empty() { format!("layer {}", at + 1) } else { layer.label.clone() };
            turns(layer, from, to, &format!("in {label}, {what}"), &comes, &mut moved);
        }
    }
    for (id, rep) in &mut after.reps {
        if id == from {
            rep.active = false;
            rep.successor = Some(to.clone());
            // A role says what somebody may see, and they sign in no more.
            rep.role = Role::Rep;
        } else if rep.active && rep.backup.as_ref() == Some(from) {
            rep.backup = if id == to { theirs.clone() } else { Some(to.clone()) };
            let who = rep.backup.as_ref().map_or("nobody", |backup| playbook.rep_name(backup));
            moved.push(format!("{who} stands in for {}", rep.name));
        } else if !rep.active && rep.successor.as_ref() == Some(from) {
            rep.successor = Some(to.clone());
            moved.push(format!("{comes} has the buyers of {}, who left before", rep.name));
        }
        if id == to && leads && rep.role == Role::Rep {
            rep.role = Role::Lead;
        }
    }
    reports(&mut after, from, to, [&gone, &comes], &mut moved);
    Without { playbook: after, moved }
}

/// Whoever comes gets the reports that they may see; one that nobody gets any more is left out.
fn reports(after: &mut Playbook, from: &RepId, to: &RepId, [gone, comes]: [&str; 2], moved: &mut Vec<String>) {
    let sees_consent = after.reps.get(to).is_some_and(|rep| rep.role != Role::Rep);
    let theirs = after.alerting.reports.iter_mut().filter(|(_, mailed)| mailed.to.contains(from));
    for (name, mailed) in theirs {
        let may = mailed.report != ReportName::Compliance || sees_consent;
        if may && !mailed.to.contains(to) {
            mailed.to.iter_mut().filter(|reader| *reader == from).for_each(|reader| *reader = to.clone());
            moved.push(format!("{comes} gets the report {name}"));
            continue;
        }
        mailed.to.retain(|reader| reader != from);
        moved.push(match (mailed.to.is_empty(), may) {
            (true, _) => format!("the report {name} goes to nobody any more, and is left out: {comes} may not see it"),
            (false, true) => format!("{gone} does not get the report {name} any more; {comes} has it already"),
            (false, false) => format!("{gone} does not get the report {name} any more; {comes} may not see it"),
        });
    }
    after.alerting.reports.retain(|_, mailed| !mailed.to.is_empty());
}

/// Shifts that somebody has by override or swap and that are not over, as whoever comes has them.
pub fn shifts(roster: &Roster, from: &RepId, to: &RepId, now: Timestamp) -> Vec<(ScheduleId, Override)> {
    let theirs = |shift: &&Override| shift.rep.as_ref() == Some(from) && shift.to > now;
    let of_schedule = roster.overrides.iter().flat_map(|(id, all)| all.iter().filter(theirs).map(move |o| (id, o)));
    of_schedule.map(|(id, shift)| (id.clone(), Override { rep: Some(to.clone()), ..shift.clone() })).collect()
}

fn turns(rotation: &mut Rotation, from: &RepId, to: &RepId, what: &str, comes: &str, moved: &mut Vec<String>) {
    let mut taken = 0;
    for turn in rotation.reps.iter_mut().filter(|turn| turn.as_ref() == Some(from)) {
        *turn = Some(to.clone());
        taken += 1;
    }
    if taken > 0 {
        let turns = if taken == 1 { "the turn".to_owned() } else { format!("{taken} turns") };
        moved.push(format!("{comes} takes {turns} {what}"));
    }
}

/// Whether somebody's leaving concerns it: they are accountable, have it, or somebody holds it for them.
pub fn concerns(c: &Conversation, from: &RepId) -> bool {
    let lent = c.loan.as_ref().is_some_and(|loan| loan.of == *from);
    !c.is_done() && (lent || c.owner.as_ref() == Some(from) || c.assignee() == Some(from))
}

/// Somebody left: what they were accountable for and what they had goes to whoever stands in their place; while those are
/// away, to whoever covers for them. What they held for somebody else is still on loan, and what somebody held for them is
/// so no longer. A running clock runs on, and nothing that is finished is touched.
pub(super) fn succeed(mut d: Draft, world: &ReadSet<'_>, from: &RepId, to: &RepId) -> Decided {
    if d.c.is_done() || !world.playbook.is_active(to) {
        return d.facts();
    }
    let loan = d.c.loan.as_ref().map(|loan| loan.of.clone());
    if d.c.owner.as_ref() == Some(from) {
        d.say(Event::Owned { owner: Some(to.clone()), source: None, after: Some(from.clone()) });
    }
    let reason = Reason::InPlaceOf(from.clone());
    if d.c.assignee() == Some(from) {
        // An offer that nobody took stays one: it passes on from the same step after as long as it was given before.
        let offer = d.c.assignment.as_ref().filter(|a| a.taken.is_none());
        let expires = offer.and_then(|a| a.expires.map(|until| d.now + until.since(a.at)));
        let terms = (offer.and_then(|a| a.step), expires);
        match loan.filter(|of| of != from && of != to) {
            Some(of) => lend_on(&mut d, world, to, of, reason, terms),
            None => coverage::give(&mut d, world, to, reason, terms),
        }
    } else if loan.as_ref() == Some(from) && d.c.assignee() != Some(to) {
        let terms = match &d.c.clock {
            Some(_) if d.c.owner.as_ref() == Some(to) => escalation::owners_step(world, &d.c, d.now),
            Some(_) | None => (None, None),
        };
        let covers = d.c.assignee().filter(|rep| world.is_here(rep)).cloned();
        match covers.filter(|_| !world.is_here(to)) {
            // Whoever has it goes on with it, for the other one.
            Some(rep) => lend_on(&mut d, world, &rep, to.clone(), reason, terms),
            None => coverage::give(&mut d, world, to, reason, terms),
        }
    }
    d.facts()
}

/// From whoever left to whoever stands in their place, or who covers for those: still for the one who is away.
fn lend_on(
    d: &mut Draft,
    world: &ReadSet<'_>,
    to: &RepId,
    of: RepId,
    reason: Reason,
    (step, expires): (Option<u8>, Option<Timestamp>),
) {
    let cover = (!world.is_here(to)).then(|| coverage::cover_of(world.playbook, world.roster, to)).flatten();
    let because = Because { reason, passed: Vec::new(), playbook: world.playbook.version, climbed: None };
    let to = Holder::Rep(cover.unwrap_or(to).clone());
    d.say(Event::Offered { to, step, expires, because, covers: Some(of), weighed: None });
}
