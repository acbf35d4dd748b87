//! Steps of ladders that come too late, and that ask whoever cannot be asked any more.

use std::collections::BTreeSet;

use super::owning::asks;
use super::{About, Finding};
use crate::domain::escalation::{Ladder, Step, Who};
use crate::domain::id::TeamId;
use crate::domain::playbook::{Cohort, Playbook, Rep};
use crate::domain::sentences;

pub(super) fn of(playbook: &Playbook, all: &mut Vec<Finding>) {
    let lines = playbook.lines.values().map(|line| &line.team);
    let queues = playbook.use_cases.values().filter_map(|use_case| use_case.queue.as_ref());
    let teams: BTreeSet<&TeamId> = lines.chain(queues).collect();
    for (name, ladder) in &playbook.ladders {
        for (at, step) in ladder.steps.iter().enumerate() {
            all.extend(again(name, ladder, at, &teams));
            all.extend(without_backups(playbook, name, at, step));
            all.extend(too_long(playbook, name, ladder, at));
        }
    }
}

/// A step that asks whoever a step before it asked: nobody is asked twice for the same text, beside a lead. Of the step
/// right before it that is told elsewhere.
fn again(name: &str, ladder: &Ladder, at: usize, teams: &BTreeSet<&TeamId>) -> Option<Finding> {
    let who = &ladder.steps.get(at)?.who;
    let is_asked_once = match who {
        Who::Owner | Who::Backup | Who::Person(_) | Who::Pool | Who::Team(_) => true,
        Who::OnCall | Who::Lead | Who::OwnersLead | Who::Role(_) | Who::Schedule(_) | Who::LeadOf(_) => false,
    };
    let alike = |before: &Step| {
        let same = |team: &&TeamId| asks(&before.who, team).is_some_and(|asked| asks(who, team) == Some(asked));
        !teams.is_empty() && teams.iter().all(same)
    };
    let earlier = ladder.steps.get(..at.checked_sub(1)?)?.iter().position(alike).filter(|_| is_asked_once)?;
    Some(Finding {
        about: About::Step(name.to_owned(), at),
        wrong: false,
        what: format!(
            "step {} of the ladder \"{name}\" asks nobody new: step {} asked the same ({}), and whoever was asked is not \
             asked again",
            at + 1,
            earlier + 1,
            who.words()
        ),
        remedy: "ask somebody else here, or leave the step out".to_owned(),
    })
}

/// A step for a backup where nobody has one.
fn without_backups(playbook: &Playbook, name: &str, at: usize, step: &Step) -> Option<Finding> {
    let has_one = |rep: &Rep| rep.active && rep.backup.as_ref().is_some_and(|b| playbook.is_active(b));
    if step.who != Who::Backup || playbook.reps.values().any(has_one) {
        return None;
    }
    Some(Finding {
        about: About::Step(name.to_owned(), at),
        wrong: false,
        what: format!("step {} of the ladder \"{name}\" asks nobody: nobody has a backup", at + 1),
        remedy: "write backup = \"…\" under [rep.NAME], or leave the step out".to_owned(),
    })
}

/// A step in which an answer becomes due, so that the ladder goes on for that alone. Waits on the wall say nothing of open
/// time.
fn too_long(playbook: &Playbook, name: &str, ladder: &Ladder, at: usize) -> Option<Finding> {
    let step = ladder.steps.get(at).filter(|step| !step.wall && at + 1 < ladder.steps.len())?;
    let latest = |cohort: &Cohort| cohort.first_response.due.max(cohort.next_response.due);
    let climbing = playbook.cohorts.iter().filter(|cohort| cohort.ladder == name);
    let cohort = climbing.filter(|cohort| latest(cohort) < step.wait).min_by_key(|cohort| latest(cohort))?;
    Some(Finding {
        about: About::Step(name.to_owned(), at),
        wrong: false,
        what: format!(
            "step {} of the ladder \"{name}\" waits {}, and in the cohort \"{}\" an answer is due in {}: whoever comes after \
             it is asked only when that is late",
            at + 1,
            sentences::span(step.wait),
            cohort.name,
            sentences::span(latest(cohort)),
        ),
        remedy: format!("write a wait shorter than {}", sentences::span(latest(cohort))),
    })
}
