//! Escalate: who next, and when. A ladder is climbed one step at a time; steps with nobody on them are skipped at once.

use serde::{Deserialize, Serialize};

use super::command::ReadSet;
use super::conversation::{Conversation, Status};
use super::decide::{Decided, Draft};
use super::event::{Climb, Event};
use super::id::{RepId, TeamId};
use super::oncall::FinalSchedule;
use super::ownership::OwnerSource;
use super::routing::{Because, Holder, Passed, Reason};
use super::sla::Stage;
use super::time::{Span, Timestamp};

/// An escalation policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ladder {
    /// From the first asked to the last.
    pub steps: Vec<Step>,
}

/// One step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Who is asked.
    pub who: Who,
    /// How long they have, in open time, before the next step is asked. Ignored on the last step.
    pub wait: Span,
}

/// Who stands on a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Who {
    /// Whoever is accountable.
    Owner,
    /// The owner's backup.
    Backup,
    /// Everybody in the team.
    Pool,
    /// Whoever is on call.
    OnCall,
    /// The team's lead: never empty-handed, so the last step.
    Lead,
}

impl Who {
    /// As screens say it.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Backup => "backup",
            Self::Pool => "team pool",
            Self::OnCall => "on call",
            Self::Lead => "lead",
        }
    }
}

/// What a climb starts from.
pub struct From<'a> {
    /// First step to try.
    pub step: u8,
    /// Who is accountable, and where that was found.
    pub owner: Option<(&'a RepId, OwnerSource)>,
    /// Which team's pool, rotation and lead.
    pub team: &'a TeamId,
    /// The cohort, which names ladder and calendar.
    pub cohort: &'a str,
    /// Whoever had it: not asked again by this climb.
    pub not: Option<&'a RepId>,
}

/// Finds the first step from `from.step` on that has somebody on it and offers the conversation there. Returns nothing
/// only when the ladder is at its end: the conversation then stays where it is, breached and loud.
pub fn offer(world: &ReadSet<'_>, now: Timestamp, from: &From<'_>, mut passed: Vec<Passed>) -> Option<Event> {
    let cohort = world.playbook.cohort(from.cohort).or_else(|| world.playbook.cohorts.last())?;
    let ladder = world.playbook.ladders.get(&cohort.ladder)?;
    let calendar = world.playbook.calendars.get(&cohort.calendar);
    let last = ladder.steps.len().saturating_sub(1);
    for (index, step) in ladder.steps.iter().enumerate().skip(usize::from(from.step)) {
        match on_step(world, now, from, step.who) {
            Ok(to) => {
                let expires =
                    if index < last { calendar.map_or(Some(now + step.wait), |c| c.add(now, step.wait)) } else { None };
                let reason = match (from.owner, step.who) {
                    (Some((_, source)), Who::Owner) => Reason::Owner(source),
                    (Some(_), who) => Reason::Step(who),
                    (None, who) => Reason::Unowned(who),
                };
                let because = Because { reason, passed, playbook: world.playbook.version, climbed: None };
                let step = u8::try_from(index).unwrap_or(u8::MAX);
                return Some(Event::Offered { to, step: Some(step), expires, because });
            }
            Err(why) => passed.push(Passed { who: step.who.words().to_owned(), why }),
        }
    }
    None
}

/// Who stands on a step now, or why nobody does.
fn on_step(world: &ReadSet<'_>, now: Timestamp, from: &From<'_>, who: Who) -> Result<Holder, String> {
    let team = world.playbook.teams.get(from.team);
    let rep = match who {
        Who::Owner => from.owner.ok_or("nobody owns this buyer")?.0.clone(),
        Who::Backup => {
            let (owner, _) = from.owner.ok_or("no owner, so no backup")?;
            let backup = world.playbook.reps.get(owner).and_then(|r| r.backup.clone());
            backup.ok_or_else(|| format!("{} has no backup", world.playbook.rep_name(owner)))?
        }
        Who::Pool => {
            let here = team.into_iter().flat_map(|t| &t.members).any(|m| from.not != Some(m) && world.is_here(m));
            return if here { Ok(Holder::Pool(from.team.clone())) } else { Err("nobody in the pool is here".into()) };
        }
        Who::OnCall => {
            let layers = world.playbook.on_call_of(from.team).ok_or("nobody is ever on call")?;
            // No fact of the journal overrides a schedule yet.
            let schedule = FinalSchedule { layers, overrides: &[] };
            schedule.at(now).rep.cloned().ok_or("nobody is on call now")?
        }
        Who::Lead => {
            // The lead is asked even when away: the last step may not be empty.
            let lead = team.and_then(|t| t.lead.clone()).ok_or("the team has no lead")?;
            return if world.playbook.is_active(&lead) { Ok(Holder::Rep(lead)) } else { Err("the lead left".into()) };
        }
    };
    if !world.playbook.is_active(&rep) {
        return Err(format!("{} is not with us any more", world.playbook.rep_name(&rep)));
    }
    if from.not == Some(&rep) {
        return Err(format!("{} already had it", world.playbook.rep_name(&rep)));
    }
    if !world.is_here(&rep) {
        return Err(format!("{} is away", world.playbook.rep_name(&rep)));
    }
    Ok(Holder::Rep(rep))
}

/// Passes the conversation on to the next step, for a reason. Empty when the ladder is at its end.
pub fn climb(world: &ReadSet<'_>, c: &Conversation, now: Timestamp, why: Climb) -> Vec<Event> {
    let had = c.assignment.as_ref().and_then(|a| a.to.rep());
    let from = From {
        step: c.assignment.as_ref().and_then(|a| a.step).map_or(0, |s| s.saturating_add(1)),
        owner: c.owner.as_ref().map(|owner| (owner, OwnerSource::Conversation)),
        team: &c.team,
        cohort: &c.cohort,
        not: had,
    };
    let passed = c.assignment.as_ref().map(|a| {
        let who = match &a.to {
            Holder::Rep(rep) => rep.to_string(),
            Holder::Pool(team) => format!("the pool of {}", world.playbook.teams.get(team).map_or("", |t| &t.label)),
        };
        Passed { who, why: why.words().to_owned() }
    });
    match offer(world, now, &from, passed.into_iter().collect()) {
        Some(mut offered) => {
            if let Event::Offered { because, .. } = &mut offered {
                because.climbed = Some(why.clone());
            }
            vec![Event::Escalated { why }, offered]
        }
        None => Vec::new(),
    }
}

/// Everything whose time has come, in the order in which it was due. Doing it twice is the same as once.
pub(super) fn expire(mut d: Draft, world: &ReadSet<'_>) -> Decided {
    while let Some(at) = d.c.next_deadline().filter(|at| *at <= d.now) {
        if d.c.status == Status::Snoozed(at) {
            d.say(Event::Woke);
        } else if d.c.assignment.as_ref().is_some_and(|a| a.expires == Some(at)) {
            pass_on(&mut d, world, Climb::NotTaken);
        } else {
            clock_reached(&mut d, world, at);
        }
    }
    d.facts()
}

fn clock_reached(d: &mut Draft, world: &ReadSet<'_>, at: Timestamp) {
    let Some(clock) = d.c.clock.clone() else { return };
    if clock.stage == Stage::Running && at < clock.due {
        d.say(Event::SlaWarned { due: clock.due });
        return;
    }
    d.say(Event::SlaBreached { due: clock.due });
    // Somebody was asked a moment ago and still has time: the ladder is already being climbed.
    let asked = d.c.assignment.as_ref().is_some_and(|a| a.taken.is_none() && a.expires.is_some_and(|e| e > d.now));
    if !asked {
        pass_on(d, world, Climb::Breach);
    }
}

/// The next step, or, at the end of the ladder, an offer that no longer expires.
fn pass_on(d: &mut Draft, world: &ReadSet<'_>, why: Climb) {
    let climbed = climb(world, &d.c, d.now, why);
    if climbed.is_empty()
        && let Some(a) = d.c.assignment.clone().filter(|a| a.expires.is_some())
    {
        d.say(Event::Offered { to: a.to, step: a.step, expires: None, because: a.because });
    }
    for event in climbed {
        d.say(event);
    }
}
