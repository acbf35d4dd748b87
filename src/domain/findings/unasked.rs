//! Schedules that nothing asks: whoever is on call by them never hears of it.

use super::{About, Finding};
use crate::domain::escalation::Who;
use crate::domain::playbook::Playbook;

pub(super) fn of(playbook: &Playbook, all: &mut Vec<Finding>) {
    let climbed = |name: &String| playbook.cohorts.iter().any(|cohort| cohort.ladder == *name);
    let ladders = || playbook.ladders.iter().filter(|(name, _)| climbed(name)).flat_map(|(_, ladder)| &ladder.steps);
    let asks_team = ladders().any(|step| step.who == Who::OnCall);
    for (id, schedule) in &playbook.schedules {
        if ladders().any(|step| matches!(&step.who, Who::Schedule(asked) if asked == id)) {
            continue;
        }
        let (why, remedy) = match &schedule.team {
            Some(_) if asks_team => continue,
            Some(team) => (
                format!("it is who is on call for the team \"{team}\", and no ladder has a step \"on_call\""),
                format!("write a step with who = \"on_call\" or schedule = \"{id}\", or leave it out"),
            ),
            None => (
                "no ladder names it, and it is no team's".to_owned(),
                format!("write a step with schedule = \"{id}\", or team = \"…\" under [schedule.{id}]"),
            ),
        };
        all.push(Finding {
            about: About::Schedule(id.clone()),
            wrong: false,
            what: format!("nobody ever asks who is on call by \"{}\": {why}", schedule.label),
            remedy,
        });
    }
}
