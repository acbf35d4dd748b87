//! Escalate: who next, and when. A ladder is climbed one step at a time; steps with nobody on them are skipped at once.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::command::ReadSet;
use super::conversation::Conversation;
use super::event::{Climb, Event};
use super::hours::Calendar;
use super::id::{RepId, ScheduleId, TeamId};
use super::oncall;
use super::ownership::{OwnerSource, inherited};
use super::playbook::Playbook;
use super::routing::{Because, Holder, Passed, Reason};
use super::sla::Stage;
use super::time::{Span, Timestamp};
use super::use_case;

mod expire;
mod left;
mod unheard;

pub(super) use expire::expire;
pub use left::nobody_left;
pub(super) use unheard::{is_with_nobody, laid_in_pool};

/// An escalation policy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ladder {
    /// From the first asked to the last.
    pub steps: Vec<Step>,
    /// How often it begins again when the last step's wait has passed too.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub repeat: u8,
    /// What stops it.
    #[serde(default, skip_serializing_if = "Stop::is_taken")]
    pub stop: Stop,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the form that serde asks for")]
const fn is_zero(n: &u8) -> bool {
    *n == 0
}

/// What stops a ladder from being climbed for want of somebody who acts. A breach is climbed in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stop {
    /// Somebody took it.
    #[default]
    Taken,
    /// Somebody answered: whoever takes it has the time of their step for that.
    Answered,
}

impl Stop {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the form that serde asks for")]
    const fn is_taken(&self) -> bool {
        matches!(self, Self::Taken)
    }
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Who is asked.
    pub who: Who,
    /// How long they have before the next step is asked. On the last step it counts only when the ladder repeats.
    pub wait: Span,
    /// Whether that is time on the wall; else it is open time of the cohort's calendar.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub wall: bool,
}

/// Who stands on a step.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
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
    /// The lead of the owner's own team.
    OwnersLead,
    /// This rep.
    Person(RepId),
    /// Whoever of the team has this title and holds least.
    Role(String),
    /// Everybody in another team.
    Team(TeamId),
    /// Whoever is on call by this schedule.
    Schedule(ScheduleId),
    /// The lead of this team: never empty-handed, so it may be the last step.
    LeadOf(TeamId),
}

impl Who {
    /// As screens say it.
    pub fn words(&self) -> String {
        match self {
            Self::Owner => "owner".to_owned(),
            Self::Backup => "backup".to_owned(),
            Self::Pool => "team pool".to_owned(),
            Self::OnCall => "on call".to_owned(),
            Self::Lead => "lead".to_owned(),
            Self::OwnersLead => "the owner's lead".to_owned(),
            // The short name: whoever shows it knows what they are called.
            Self::Person(rep) => rep.to_string(),
            Self::Role(role) => format!("a colleague who is {role}"),
            Self::Team(team) => format!("pool of {team}"),
            Self::Schedule(schedule) => format!("on call by {schedule}"),
            Self::LeadOf(team) => format!("lead of {team}"),
        }
    }

    /// Whether it hangs on whose the buyer is.
    pub const fn is_by_owner(&self) -> bool {
        match self {
            Self::Owner | Self::Backup | Self::OwnersLead => true,
            Self::Pool
            | Self::OnCall
            | Self::Lead
            | Self::Person(_)
            | Self::Role(_)
            | Self::Team(_)
            | Self::Schedule(_)
            | Self::LeadOf(_) => false,
        }
    }

    /// Whether somebody always stands there.
    pub const fn is_never_empty(&self) -> bool {
        match self {
            Self::Lead | Self::LeadOf(_) => true,
            Self::Owner
            | Self::Backup
            | Self::Pool
            | Self::OnCall
            | Self::OwnersLead
            | Self::Person(_)
            | Self::Role(_)
            | Self::Team(_)
            | Self::Schedule(_) => false,
        }
    }
}

/// What a climb starts from.
#[derive(Clone, Copy, Debug)]
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
    /// Whoever was asked since the buyer waits and did not take it.
    pub asked: &'a BTreeSet<RepId>,
    /// Pools that let it pass since then.
    pub passed_by: &'a BTreeSet<TeamId>,
    /// Whether the ladder may begin once more when its end is reached.
    pub again: bool,
}

/// The rules a cohort is escalated by.
struct Rules<'a> {
    ladder: &'a Ladder,
    calendar: Option<&'a Calendar>,
}

impl Rules<'_> {
    /// When a step that begins now is over; none when it is not.
    fn expires(&self, now: Timestamp, index: usize, again: bool) -> Option<Timestamp> {
        let step = self.ladder.steps.get(index)?;
        let is_last = index + 1 == self.ladder.steps.len();
        if is_last && (!again || step.wait <= Span::ZERO) {
            return None;
        }
        match self.calendar.filter(|_| !step.wall) {
            Some(calendar) => calendar.add(now, step.wait),
            None => Some(now + step.wait),
        }
    }
}

fn rules<'a>(world: &ReadSet<'a>, cohort: &str) -> Option<Rules<'a>> {
    let playbook: &'a Playbook = world.playbook;
    let cohort = playbook.cohort(cohort).or_else(|| playbook.cohorts.last())?;
    let ladder = playbook.ladders.get(&cohort.ladder)?;
    Some(Rules { ladder, calendar: playbook.calendars.get(&cohort.calendar) })
}

/// Finds the first step from `from.step` on that has somebody on it and offers the conversation there.
///
/// # Errors
/// Everybody who was passed over, when nobody is left: a conversation that is with somebody then stays there, breached and
/// loud; one that is with nobody is [`laid_in_pool`].
pub fn offer(
    world: &ReadSet<'_>,
    now: Timestamp,
    from: &From<'_>,
    mut passed: Vec<Passed>,
) -> Result<Event, Vec<Passed>> {
    let Some(rules) = rules(world, from.cohort) else { return Err(passed) };
    for (index, step) in rules.ladder.steps.iter().enumerate().skip(usize::from(from.step)) {
        match on_step(world, now, from, &step.who, rules.calendar) {
            Ok(to) => {
                let expires = rules.expires(now, index, from.again);
                let reason = match (from.owner, &step.who) {
                    (Some((_, source)), Who::Owner) => Reason::Owner(source),
                    (Some(_), who) => Reason::Step(who.clone()),
                    (None, who) => Reason::Unowned(who.clone()),
                };
                let because = Because { reason, passed, playbook: world.playbook.version, climbed: None };
                let covers = from.owner.map(|(owner, _)| owner);
                let is_away = |owner: &RepId| world.playbook.is_active(owner) && !world.is_here(owner);
                let covers = covers.filter(|owner| to.rep() != Some(owner) && is_away(owner)).cloned();
                let step = Some(u8::try_from(index).unwrap_or(u8::MAX));
                return Ok(Event::Offered { to, step, expires, because, covers, weighed: None });
            }
            Err(why) => passed.push(Passed { who: step.who.words(), why }),
        }
    }
    Err(passed)
}

/// Where an owner stands on their own ladder, and until when an offer to them holds.
pub(super) fn owners_step(world: &ReadSet<'_>, c: &Conversation, now: Timestamp) -> (Option<u8>, Option<Timestamp>) {
    let Some(rules) = rules(world, &c.cohort) else { return (None, None) };
    let Some(index) = rules.ladder.steps.iter().position(|step| step.who == Who::Owner) else { return (None, None) };
    (u8::try_from(index).ok(), rules.expires(now, index, c.rounds < rules.ladder.repeat))
}

/// When a conversation that is taken now passes on for want of an answer: none on a ladder that taking stops, nor where
/// another program answers. Nobody is told of more time than the clock gives: at its due time it passes on in any case.
pub(super) fn answer_by(world: &ReadSet<'_>, c: &Conversation, now: Timestamp) -> Option<Timestamp> {
    let rules = rules(world, &c.cohort)?;
    let step = usize::from(c.assignment.as_ref()?.step?);
    let clock = c.clock.as_ref().filter(|_| rules.ladder.stop == Stop::Answered)?;
    if use_case::sent_on(world.playbook, &c.use_case).is_some() {
        return None;
    }
    let expires = rules.expires(now, step, c.rounds < rules.ladder.repeat)?;
    // What is late already was passed on at its due time: the step's time is left.
    Some(if clock.stage < Stage::Breached && clock.due > now { expires.min(clock.due) } else { expires })
}

/// Who stands on a step now, or why nobody does.
fn on_step(
    world: &ReadSet<'_>,
    now: Timestamp,
    from: &From<'_>,
    who: &Who,
    calendar: Option<&Calendar>,
) -> Result<Holder, String> {
    let playbook = world.playbook;
    let rep = match who {
        Who::Owner => from.owner.ok_or("no owner is known")?.0.clone(),
        Who::Backup => {
            let (owner, _) = from.owner.ok_or("no owner, so no backup")?;
            let backup = playbook.reps.get(owner).and_then(|r| r.backup.clone());
            backup.ok_or_else(|| format!("{} has no backup", playbook.rep_name(owner)))?
        }
        Who::Pool => return pool(world, from, from.team),
        Who::Team(team) => return pool(world, from, team),
        Who::OnCall => {
            let plan = oncall::of_team(playbook, from.team).ok_or("nobody is ever on call")?;
            plan.with(world.roster).at(now).rep.cloned().ok_or("nobody is on call now")?
        }
        Who::Schedule(schedule) => {
            let plan = oncall::plan(playbook, schedule).ok_or("there is no such schedule any more")?;
            plan.with(world.roster).at(now).rep.cloned().ok_or("nobody is on call now")?
        }
        Who::Person(rep) => rep.clone(),
        Who::Role(role) => {
            let members = playbook.teams.get(from.team).into_iter().flat_map(|team| &team.members);
            let of_role = members.filter(|m| playbook.reps.get(*m).is_some_and(|r| r.title.eq_ignore_ascii_case(role)));
            let free = of_role.filter(|m| can_act(world, now, from, calendar, m).is_ok());
            let least = free.min_by_key(|m| (world.loads.get(*m).copied().unwrap_or(0), *m));
            least.cloned().ok_or_else(|| format!("nobody who is {role} can be asked"))?
        }
        Who::OwnersLead => {
            let (owner, _) = from.owner.ok_or("no owner, so no lead of theirs")?;
            let lead = playbook.lead_of(owner).ok_or("the owner's team has no lead")?;
            // The lead is asked even when away: somebody must know.
            return lead_of(world, Some(lead));
        }
        Who::Lead => return lead_of(world, playbook.teams.get(from.team).and_then(|team| team.lead.as_ref())),
        Who::LeadOf(team) => return lead_of(world, playbook.teams.get(team).and_then(|team| team.lead.as_ref())),
    };
    can_act(world, now, from, calendar, &rep)?;
    Ok(Holder::Rep(rep))
}

/// A lead is asked even when away: the last step may not be empty.
fn lead_of(world: &ReadSet<'_>, lead: Option<&RepId>) -> Result<Holder, String> {
    let lead = lead.ok_or("the team has no lead")?;
    if world.playbook.is_active(lead) { Ok(Holder::Rep(lead.clone())) } else { Err("the lead left".into()) }
}

fn pool(world: &ReadSet<'_>, from: &From<'_>, team: &TeamId) -> Result<Holder, String> {
    if from.passed_by.contains(team) {
        return Err("the pool was asked already".to_owned());
    }
    let members = world.playbook.teams.get(team).into_iter().flat_map(|team| &team.members);
    let here = members.clone().any(|m| from.not != Some(m) && world.is_here(m));
    if here { Ok(Holder::Pool(team.clone())) } else { Err("nobody in the pool is here".into()) }
}

/// Whether somebody can be asked to act now, and if not, why.
fn can_act(
    world: &ReadSet<'_>,
    now: Timestamp,
    from: &From<'_>,
    calendar: Option<&Calendar>,
    rep: &RepId,
) -> Result<(), String> {
    let name = world.playbook.rep_name(rep);
    if !world.playbook.is_active(rep) {
        return Err(format!("{name} is not with us any more"));
    }
    // First what is true of them at any time: whoever went is not passed over for having had it.
    if !world.is_here(rep) {
        return Err(format!("{name} is away"));
    }
    if from.not == Some(rep) {
        return Err(format!("{name} already had it"));
    }
    if from.asked.contains(rep) {
        return Err(format!("{name} was asked already"));
    }
    // At night, when nobody works, the owner is asked all the same: the offer runs in open time.
    if calendar.is_none_or(|calendar| calendar.is_open(now)) && !world.in_hours(rep, now) {
        return Err(format!("{name} is outside their hours"));
    }
    Ok(())
}

/// Passes the conversation on to the next step, for a reason. Empty when the ladder is at its end.
pub fn climb(world: &ReadSet<'_>, c: &Conversation, now: Timestamp, why: Climb) -> Vec<Event> {
    let step = c.assignment.as_ref().and_then(|a| a.step).map_or(0, |s| s.saturating_add(1));
    pass(world, c, now, why, step)
}

/// Passes the conversation on to whoever comes first on its ladder and can act. Whoever was asked before is asked again
/// when nobody else who is here is left: better twice than a buyer whom nobody hears. Empty when nobody can.
pub(super) fn from_the_start(world: &ReadSet<'_>, c: &Conversation, now: Timestamp, why: Climb) -> Vec<Event> {
    let holder = c.assignment.as_ref().map(|a| &a.to);
    let moves = |event: &Event| matches!(event, Event::Offered { to, .. } if Some(to) != holder);
    // A lead is asked even when away, so that somebody knows; anybody who is here comes before that.
    let is_heard = |event: &Event| {
        moves(event) && matches!(event, Event::Offered { to, .. } if to.rep().is_none_or(|rep| world.is_here(rep)))
    };
    let first = pass(world, c, now, why.clone(), 0);
    if first.iter().any(is_heard) || (c.asked.is_empty() && c.passed_by.is_empty()) {
        return first;
    }
    let again = anew(world, c, now, why);
    if again.iter().any(is_heard) || !first.iter().any(moves) { again } else { first }
}

/// The same as if nobody had been asked before.
pub(super) fn anew(world: &ReadSet<'_>, c: &Conversation, now: Timestamp, why: Climb) -> Vec<Event> {
    let forgotten = Conversation { asked: BTreeSet::new(), passed_by: BTreeSet::new(), ..c.clone() };
    pass(world, &forgotten, now, why, 0)
}

/// To the backup of whoever has it, where nobody is accountable or it is held for another than the owner: on the terms of
/// the ladder's step for backups, else of the step it stands on. None when there is no backup who can be asked.
pub(super) fn to_holders_backup(
    world: &ReadSet<'_>,
    c: &Conversation,
    now: Timestamp,
    why: &Climb,
) -> Option<Vec<Event>> {
    let for_another = c.loan.as_ref().is_some_and(|loan| Some(&loan.of) != c.owner.as_ref());
    let holder = c.assignee().filter(|_| c.owner.is_none() || for_another)?;
    let backup = world.playbook.reps.get(holder)?.backup.as_ref()?;
    let rules = rules(world, &c.cohort)?;
    let (team, cohort, again) = (&c.team, c.cohort.as_str(), c.rounds < rules.ladder.repeat);
    let (asked, passed_by) = (&c.asked, &c.passed_by);
    let from = From { step: 0, owner: None, team, cohort, not: Some(holder), asked, passed_by, again };
    can_act(world, now, &from, rules.calendar, backup).ok()?;
    let of_backups = rules.ladder.steps.iter().position(|step| step.who == Who::Backup);
    let index = of_backups.or_else(|| c.assignment.as_ref()?.step.map(usize::from))?;
    let passed = vec![Passed { who: holder.to_string(), why: why.words().to_owned() }];
    let climbed = Some(why.clone());
    let because = Because { reason: Reason::Step(Who::Backup), passed, playbook: world.playbook.version, climbed };
    let (to, step) = (Holder::Rep(backup.clone()), u8::try_from(index).ok());
    let expires = rules.expires(now, index, again);
    // Lent on, it is still the same loan. Whoever left gets nothing back.
    let of = c.loan.as_ref().map_or(holder, |loan| &loan.of);
    let covers = Some(of).filter(|of| world.playbook.is_active(of)).cloned();
    Some(vec![
        Event::Escalated { why: why.clone() },
        Event::Offered { to, step, expires, because, covers, weighed: None },
    ])
}

/// Whether a cohort's hours are open; none when it has none.
pub(super) fn is_open(world: &ReadSet<'_>, cohort: &str, now: Timestamp) -> Option<bool> {
    rules(world, cohort)?.calendar.map(|calendar| calendar.is_open(now))
}

/// How often a cohort's ladder begins again.
pub(super) fn repeats(world: &ReadSet<'_>, cohort: &str) -> u8 {
    rules(world, cohort).map_or(0, |rules| rules.ladder.repeat)
}

fn pass(world: &ReadSet<'_>, c: &Conversation, now: Timestamp, why: Climb, step: u8) -> Vec<Event> {
    let repeat = repeats(world, &c.cohort);
    let (nobody, none) = (BTreeSet::new(), BTreeSet::new());
    let begins_again = why == Climb::Again;
    let rounds = c.rounds.saturating_add(u8::from(begins_again));
    let from = From {
        step,
        owner: c.owner.as_ref().map(|owner| (owner, c.owned_by.unwrap_or(OwnerSource::Conversation))),
        team: &c.team,
        cohort: &c.cohort,
        // A ladder that begins again asks everybody again.
        not: c.assignment.as_ref().and_then(|a| a.to.rep()).filter(|_| !begins_again),
        asked: if begins_again { &nobody } else { &c.asked },
        passed_by: if begins_again { &none } else { &c.passed_by },
        again: rounds < repeat,
    };
    let passed = c.assignment.as_ref().map(|a| {
        let who = match &a.to {
            Holder::Rep(rep) => rep.to_string(),
            Holder::Pool(team) => format!("the pool of {}", world.playbook.teams.get(team).map_or("", |t| &t.label)),
        };
        let asks = |by: &RepId| format!("{} asked for somebody else", world.playbook.rep_name(by));
        let why = if let Climb::Asked(by) = &why
            && a.to.rep() != Some(by)
        {
            asks(by)
        } else {
            why.words().to_owned()
        };
        Passed { who, why }
    });
    match offer(world, now, &from, passed.into_iter().collect()) {
        Ok(mut offered) => {
            if let Event::Offered { because, .. } = &mut offered {
                because.climbed = Some(why.clone());
                // Whoever took it over from somebody who left did not have it before.
                let by_owner = matches!(because.reason, Reason::Owner(_));
                let taken_over = inherited::taken_over(world.playbook, c).filter(|_| by_owner);
                because.passed.splice(0..0, taken_over);
            }
            vec![Event::Escalated { why }, offered]
        }
        Err(_) => Vec::new(),
    }
}
