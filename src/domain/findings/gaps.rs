//! Hours in which a schedule that some ladder asks has nobody.

use std::collections::BTreeSet;

use super::{About, DAYS, Finding, local};
use crate::domain::escalation::Who;
use crate::domain::id::{ScheduleId, TeamId};
use crate::domain::oncall::{self, Plan};
use crate::domain::playbook::Playbook;
use crate::domain::time::{Span, Timestamp};

pub(super) fn of(playbook: &Playbook, from: Timestamp, all: &mut Vec<Finding>) {
    let is_climbed = |name: &String| playbook.cohorts.iter().any(|cohort| cohort.ladder == *name);
    let climbed = || playbook.ladders.iter().filter(|(name, _)| is_climbed(name)).flat_map(|(_, ladder)| &ladder.steps);
    let asks_team = climbed().any(|step| step.who == Who::OnCall);
    let lines = playbook.lines.values().map(|line| &line.team);
    let queues = playbook.use_cases.values().filter_map(|use_case| use_case.queue.as_ref());
    let teams: BTreeSet<&TeamId> = lines.chain(queues).collect();
    let mut told: BTreeSet<ScheduleId> = BTreeSet::new();
    for id in teams {
        let Some(team) = playbook.teams.get(id) else { continue };
        if let Some(plan) = oncall::of_team(playbook, id) {
            all.extend(gap(playbook, &plan, &format!("for {}", team.label), from));
            told.insert(plan.id);
        } else if asks_team {
            all.push(Finding {
                about: About::Team(id.clone()),
                wrong: false,
                what: format!("nobody is ever on call for {}: that step is skipped", team.label),
                remedy: format!("give it [team.{id}.on_call] or a schedule"),
            });
        }
    }
    // Those that a step names, whosever they are.
    for step in climbed() {
        let Who::Schedule(id) = &step.who else { continue };
        if told.insert(id.clone()) {
            let plan = oncall::plan(playbook, id);
            all.extend(plan.and_then(|plan| gap(playbook, &plan, &format!("by \"{}\"", plan.label), from)));
        }
    }
}

/// What is said of a schedule that has nobody now and then.
fn gap(playbook: &Playbook, plan: &Plan<'_>, of: &str, from: Timestamp) -> Option<Finding> {
    let until = from + Span::minutes(i64::from(DAYS) * 24 * 60);
    let gaps = plan.alone().gaps(from, until);
    let first = gaps.first()?;
    let day = |at: Timestamp| local(at, plan.zone);
    let about = if playbook.schedules.contains_key(&plan.id) {
        About::Schedule(plan.id.clone())
    } else {
        About::Team(plan.team?.clone())
    };
    Some(Finding {
        about,
        wrong: false,
        what: format!(
            "nobody is on call {of} {} within {DAYS} days, first from {} to {}",
            if gaps.len() == 1 { "once".to_owned() } else { format!("{} times", gaps.len()) },
            day(first.from),
            day(first.to)
        ),
        remedy: "add a layer for those hours; until then the step is skipped".to_owned(),
    })
}
