//! Rules about owners that can never find anybody, and steps of ladders on which nobody stands.

use std::collections::BTreeSet;

use crate::domain::escalation::Who;
use crate::domain::id::TeamId;
use crate::domain::playbook::Playbook;

use super::{About, Finding};

pub(super) fn of(playbook: &Playbook, all: &mut Vec<Finding>) {
    territories(playbook, all);
    pools(playbook, all);
    steps(playbook, all);
    again(playbook, all);
}

fn territories(playbook: &Playbook, all: &mut Vec<Finding>) {
    for (name, territory) in &playbook.territories {
        let mut say = |wrong, what, remedy: &str| {
            all.push(Finding { about: About::Territory(name.clone()), wrong, what, remedy: remedy.to_owned() });
        };
        let asked = |rule: &&crate::domain::ownership::OwnerRule| rule.territory.as_ref() == Some(name);
        if playbook.ownership.iter().find(asked).is_none() {
            let what = format!("no rule asks the territory \"{name}\"");
            say(false, what, "add { rule = \"territory\", territory = … } to ownership, or leave it out");
        }
        for (at, part) in territory.rows.iter().enumerate() {
            let row = at + 1;
            if let Some(before) = territory.rows[..at].iter().position(|before| before.covers(part)) {
                let first = before + 1;
                let what =
                    format!("row {row} of the territory \"{name}\" never counts: row {first} fits all of it first");
                say(true, what, "write the narrow row before the wide one");
            }
            if !playbook.is_active(&part.rep) {
                let who = playbook.rep_name(&part.rep);
                let what = format!("row {row} of the territory \"{name}\" is of {who}, who has left");
                say(true, what, "give it to somebody who is here");
            }
        }
    }
}

fn pools(playbook: &Playbook, all: &mut Vec<Finding>) {
    for (at, rule) in playbook.ownership.iter().enumerate() {
        let Some(pool) = rule.pool.as_ref().filter(|_| rule.source.is_of_a_pool()) else { continue };
        if playbook.teams.get(pool).is_some_and(|team| team.members.is_empty()) {
            all.push(Finding {
                about: About::Rule(at),
                wrong: true,
                what: format!("the pool of \"{pool}\" has nobody to take a turn"),
                remedy: format!("write team = \"{pool}\" for whoever answers there"),
            });
        }
    }
}

fn steps(playbook: &Playbook, all: &mut Vec<Finding>) {
    for (name, ladder) in &playbook.ladders {
        for (at, step) in ladder.steps.iter().enumerate() {
            let nobody = match &step.who {
                Who::Person(rep) if !playbook.is_active(rep) => format!("{} has left", playbook.rep_name(rep)),
                Who::Role(role) if !has_role(playbook, role) => format!("nobody in any team is {role}"),
                Who::Team(team) if playbook.teams.get(team).is_none_or(|team| team.members.is_empty()) => {
                    format!("the pool of \"{team}\" has nobody")
                }
                Who::Owner
                | Who::Backup
                | Who::Pool
                | Who::OnCall
                | Who::Lead
                | Who::OwnersLead
                | Who::Person(_)
                | Who::Role(_)
                | Who::Team(_)
                | Who::Schedule(_)
                | Who::LeadOf(_) => continue,
            };
            all.push(Finding {
                about: About::Step(name.clone(), at),
                wrong: true,
                what: format!("step {} of the ladder \"{name}\" asks nobody: {nobody}", at + 1),
                remedy: "ask somebody else, or leave the step out".to_owned(),
            });
        }
    }
}

/// A step that asks the very people whom the step before it asked: nobody new ever hears of it there.
fn again(playbook: &Playbook, all: &mut Vec<Finding>) {
    let lines = playbook.lines.values().map(|line| &line.team);
    let queues = playbook.use_cases.values().filter_map(|use_case| use_case.queue.as_ref());
    let teams: BTreeSet<&TeamId> = lines.chain(queues).collect();
    for (name, ladder) in &playbook.ladders {
        for (at, pair) in ladder.steps.windows(2).enumerate() {
            let alike =
                |team: &&TeamId| asks(&pair[0].who, team).is_some_and(|who| asks(&pair[1].who, team) == Some(who));
            if teams.is_empty() || !teams.iter().all(alike) {
                continue;
            }
            all.push(Finding {
                about: About::Step(name.clone(), at + 1),
                wrong: false,
                what: format!(
                    "step {} of the ladder \"{name}\" asks nobody new: step {} before it asks the same ({})",
                    at + 2,
                    at + 1,
                    pair[1].who.words()
                ),
                remedy: format!("give step {} the longer wait, or ask somebody else here", at + 1),
            });
        }
    }
}

/// Whom a step asks for a team, the same people by the same name; none where it may be others a moment later.
pub(super) fn asks(who: &Who, team: &TeamId) -> Option<Who> {
    match who {
        Who::Pool => Some(Who::Team(team.clone())),
        Who::Lead => Some(Who::LeadOf(team.clone())),
        Who::Owner | Who::Backup | Who::OwnersLead | Who::Person(_) | Who::Team(_) | Who::LeadOf(_) => {
            Some(who.clone())
        }
        Who::OnCall | Who::Schedule(_) | Who::Role(_) => None,
    }
}

fn has_role(playbook: &Playbook, role: &str) -> bool {
    playbook.reps.values().any(|rep| rep.active && rep.title.eq_ignore_ascii_case(role))
}
