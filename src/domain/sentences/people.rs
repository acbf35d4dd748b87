//! Teams and people, in sentences.

use crate::domain::id::{RepId, TeamId};
use crate::domain::playbook::{Playbook, Rep, Role};

pub(super) fn of(playbook: &Playbook) -> Vec<String> {
    let mut lines = Vec::new();
    for (id, team) in &playbook.teams {
        let lead = team.lead.as_ref().map_or_else(String::new, |lead| format!(", led by {}", playbook.rep_name(lead)));
        lines.push(format!("The team {}{lead}:", team.label));
        lines.extend(members(playbook, id).map(|(id, rep)| one(playbook, id, rep)));
    }
    let gone = playbook.reps.iter().filter(|(_, rep)| !rep.active).map(|(id, rep)| {
        let successor = playbook.successor(id).map(|successor| playbook.rep_name(successor));
        successor.map_or_else(|| rep.name.clone(), |successor| format!("{} (their buyers go to {successor})", rep.name))
    });
    let gone: Vec<String> = gone.collect();
    if !gone.is_empty() {
        lines.push(format!("Left, and never asked: {}.", gone.join(", ")));
    }
    let audit: Vec<&str> = playbook.auditors.values().map(|auditor| auditor.name.as_str()).collect();
    if !audit.is_empty() {
        lines.push(format!(
            "Reads consent, rulings, refusals and the journal, and changes nothing: {}.",
            audit.join(", ")
        ));
    }
    lines
}

fn members<'a>(playbook: &'a Playbook, team: &'a TeamId) -> impl Iterator<Item = (&'a RepId, &'a Rep)> {
    playbook.reps.iter().filter(move |(_, rep)| rep.active && rep.team == *team)
}

fn one(playbook: &Playbook, id: &RepId, rep: &Rep) -> String {
    let title = if rep.title.is_empty() { String::new() } else { format!(", {}", rep.title) };
    let backup = rep
        .backup
        .as_ref()
        .map_or_else(|| "nobody stands in".to_owned(), |backup| format!("{} stands in", playbook.rep_name(backup)));
    let sees = match rep.role {
        Role::Rep | Role::Auditor => "",
        Role::Lead => "; sees everything of the team",
        Role::Admin => "; sees everything",
    };
    let most = rep.capacity.map_or_else(String::new, |most| format!("; looks after {most} at once"));
    let share =
        if rep.weight == 1 { String::new() } else { format!("; takes {} shares of a pool's turns", rep.weight) };
    let hours = rep.hours.as_ref().map_or_else(String::new, |name| format!("; works in the hours {name}"));
    format!("  {} ({id}){title}: {backup}{sees}{most}{share}{hours}", rep.name)
}
