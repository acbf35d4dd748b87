//! Define, in sentences.

use super::snippets;
use super::words::{self, list};
use crate::domain::playbook::{Playbook, UseCase};

pub(super) fn of(playbook: &Playbook) -> Vec<String> {
    let mut lines: Vec<String> =
        playbook.use_cases.iter().flat_map(|(id, use_case)| one(playbook, id, use_case)).collect();
    if let Some(words) = playbook.acknowledgement.as_ref().filter(|words| !words.is_empty()) {
        lines.push(format!("Out of hours a buyer is told, once until the hours have been open again: \"{words}\""));
    }
    let within = words::span(playbook.answered_within);
    lines.push(format!(
        "A reply answers the newest campaign text that its line sent to the buyer within {within} before it."
    ));
    lines
}

fn one(playbook: &Playbook, id: &str, use_case: &UseCase) -> Vec<String> {
    let team = use_case.queue.as_ref().and_then(|queue| playbook.teams.get(queue)).map(|team| &team.label);
    let who = match (use_case.sales, team, &use_case.cohort) {
        (true, ..) => "Sales answers it".to_owned(),
        (false, Some(team), Some(_)) => format!("it goes to the pool of {team}, with a clock of its own"),
        (false, Some(team), None) => format!("it goes to the pool of {team}, and no clock runs"),
        (false, None, cohort) if playbook.alerting.handled.contains_key(id) => {
            let clock = if cohort.is_some() { "it has a clock of its own" } else { "no clock runs" };
            format!("Sales does not answer it: nobody is asked, it lies in the pool to be seen, and {clock}")
        }
        (false, None, _) => "Sales need not answer it: it goes up the ladder and no clock runs".to_owned(),
    };
    let quoted = |words: &[String]| words.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>();
    let signs = [
        (!use_case.campaigns.is_empty())
            .then(|| format!("the campaigns {}", list(&quoted(&use_case.campaigns), "and"))),
        (!use_case.keywords.is_empty()).then(|| format!("the words {}", list(&quoted(&use_case.keywords), "and"))),
    ];
    let signs: Vec<String> = signs.into_iter().flatten().collect();
    let more = [
        (!signs.is_empty()).then(|| format!("meant by {}", list(&signs, "and"))),
        use_case.cohort.as_ref().map(|cohort| format!("always of the cohort {cohort}")),
        (use_case.priority != 0).then(|| format!("priority {}", use_case.priority)),
        playbook.alerting.handled.get(id).map(|channel| format!("sent on by {channel}")),
        playbook
            .alerting
            .pauses
            .get(id)
            .map(|channel| format!("its campaign is paused by {channel} while Sales talks")),
        use_case.acknowledgement.as_ref().map(|words| match words.as_str() {
            "" => "nothing is said out of hours".to_owned(),
            words => format!("out of hours a buyer is told \"{words}\""),
        }),
    ];
    let more: Vec<String> = more.into_iter().flatten().collect();
    let mut lines = vec![format!("{} ({id}): {who}.", use_case.label)];
    lines.extend((!more.is_empty()).then(|| format!("  {}.", list(&more, "and"))));
    lines.extend(use_case.regulated.as_ref().map(|rules| format!("  {}", snippets::regulated(rules))));
    lines
}
