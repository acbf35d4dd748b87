//! Rules about owners that can never find anybody, and steps of ladders on which nobody stands.

use crate::domain::escalation::Who;
use crate::domain::playbook::Playbook;

use super::{About, Finding};

pub(super) fn of(playbook: &Playbook, all: &mut Vec<Finding>) {
    territories(playbook, all);
    pools(playbook, all);
    steps(playbook, all);
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
    for rule in &playbook.ownership {
        let Some(pool) = rule.pool.as_ref().filter(|_| rule.source.is_of_a_pool()) else { continue };
        if playbook.teams.get(pool).is_some_and(|team| team.members.is_empty()) {
            all.push(Finding {
                about: About::Ownership,
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
                about: About::Ladder(name.clone()),
                wrong: true,
                what: format!("step {} of the ladder \"{name}\" asks nobody: {nobody}", at + 1),
                remedy: "ask somebody else, or leave the step out".to_owned(),
            });
        }
    }
}

fn has_role(playbook: &Playbook, role: &str) -> bool {
    playbook.reps.values().any(|rep| rep.active && rep.title.eq_ignore_ascii_case(role))
}
