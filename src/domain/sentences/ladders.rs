//! Escalate, in sentences: step by step.

use super::words::span;
use crate::domain::escalation::{Step, Who};
use crate::domain::playbook::Playbook;

pub(super) fn of(playbook: &Playbook) -> Vec<String> {
    let mut lines = Vec::new();
    for (name, ladder) in &playbook.ladders {
        let last = ladder.steps.len().saturating_sub(1);
        lines.push(format!("The ladder {name}; a step with nobody on it is skipped at once:"));
        lines.extend(ladder.steps.iter().enumerate().map(|(at, step)| one(at, step, at == last)));
    }
    lines
}

fn one(at: usize, step: &Step, last: bool) -> String {
    let has = if last { "and it stays there".to_owned() } else { format!("for {} of open time", span(step.wait)) };
    format!("  {}. {}, {has}", at + 1, who(step))
}

fn who(step: &Step) -> String {
    match step.who {
        Who::Owner => "the owner",
        Who::Backup => "the owner's backup",
        Who::Pool => "everybody in the team",
        Who::OnCall => "whoever is on call for the team",
        Who::Lead => "the team's lead",
    }
    .to_owned()
}
