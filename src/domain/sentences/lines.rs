//! Our numbers, in sentences.

use crate::domain::playbook::{Line, Playbook};

pub(super) fn of(playbook: &Playbook) -> Vec<String> {
    let one = |line: &Line| {
        let team = playbook.teams.get(&line.team).map_or(line.team.as_str(), |team| team.label.as_str());
        let about = playbook.use_cases.get(&line.use_case).map_or(line.use_case.as_str(), |u| u.label.as_str());
        let number = line.number.as_str();
        format!("{} ({number}): for the team {team}; about {about}, unless the CRM says otherwise.", line.label)
    };
    playbook.lines.values().map(one).collect()
}
