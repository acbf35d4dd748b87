//! Escalate, in sentences: step by step.

use super::words::{count, span};
use crate::domain::escalation::{Step, Stop, Who};
use crate::domain::playbook::Playbook;

pub(super) fn of(playbook: &Playbook) -> Vec<String> {
    let mut lines = Vec::new();
    for (name, ladder) in &playbook.ladders {
        let last = ladder.steps.len().saturating_sub(1);
        lines.push(format!("The ladder {name}; a step with nobody on it is skipped at once:"));
        let stays = |at| at == last && ladder.repeat == 0;
        lines.extend(ladder.steps.iter().enumerate().map(|(at, step)| one(playbook, at, step, stays(at))));
        if ladder.repeat > 0 {
            let times = count(ladder.repeat.into(), "time");
            lines.push(format!("  Then it begins again, {times}; after that it stays with the last."));
        }
        if ladder.stop == Stop::Answered {
            lines.push("  Taking it does not stop it: whoever takes it has the time of the step to answer.".to_owned());
        }
    }
    lines
}

fn one(playbook: &Playbook, at: usize, step: &Step, stays: bool) -> String {
    let time = if step.wall { "" } else { " of open time" };
    let has = if stays { "and it stays there".to_owned() } else { format!("for {}{time}", span(step.wait)) };
    format!("  {}. {}, {has}", at + 1, who(playbook, &step.who))
}

fn who(playbook: &Playbook, who: &Who) -> String {
    let team = |id| playbook.teams.get(id).map_or_else(|| id.to_string(), |team| team.label.clone());
    match who {
        Who::Owner => "the owner".to_owned(),
        Who::Backup => "the owner's backup".to_owned(),
        Who::Pool => "everybody in the team".to_owned(),
        Who::OnCall => "whoever is on call for the team".to_owned(),
        Who::Lead => "the team's lead".to_owned(),
        Who::OwnersLead => "the lead of the owner's own team".to_owned(),
        Who::Person(rep) => playbook.rep_name(rep).to_owned(),
        Who::Role(role) => format!("whoever of the team is {role} and holds least"),
        Who::Team(id) => format!("everybody in {}", team(id)),
        Who::Schedule(id) => {
            let label = playbook.schedules.get(id).map_or(id.as_str(), |schedule| schedule.label.as_str());
            format!("whoever is on call by \"{label}\"")
        }
        Who::LeadOf(id) => format!("the lead of {}", team(id)),
    }
}
