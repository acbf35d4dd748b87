//! Our numbers, in sentences.

use super::words::span;
use crate::domain::pacing::Limit;
use crate::domain::playbook::{Line, Playbook};

pub(super) fn of(playbook: &Playbook) -> Vec<String> {
    let one = |line: &Line| {
        let team = playbook.teams.get(&line.team).map_or(line.team.as_str(), |team| team.label.as_str());
        let about = playbook.use_cases.get(&line.use_case).map_or(line.use_case.as_str(), |u| u.label.as_str());
        let number = line.number.as_str();
        let said =
            format!("{} ({number}): for the team {team}; about {about}, unless the CRM says otherwise.", line.label);
        let class = line.class.as_ref().map(|name| format!("  It shares the limit of the campaign class {name}."));
        let limit = limited(&line.limit).map(|limit| format!("  It sends at most {limit}."));
        [Some(said), limit, class].into_iter().flatten().collect::<Vec<_>>()
    };
    let classes = playbook.classes.iter().filter_map(|(name, limit)| {
        limited(limit).map(|limit| format!("Numbers of the campaign class {name} send at most {limit} together."))
    });
    playbook.lines.values().flat_map(one).chain(classes).collect()
}

fn limited(limit: &Limit) -> Option<String> {
    let rate = limit.rate.map(|rate| format!("{} segment(s) in {}", rate.segments, span(rate.every)));
    let day = limit.per_day.map(|most| format!("{most} in any 24 hours"));
    match (rate, day) {
        (Some(rate), Some(day)) => Some(format!("{rate} and {day}")),
        (one, other) => one.or(other),
    }
}
