//! Respond, in sentences: which class a reply is of, and by when it must be answered.

use super::words::{list, span};
use crate::domain::playbook::{Cohort, Playbook, Target};

pub(super) fn of(playbook: &Playbook) -> Vec<String> {
    let mut lines = vec!["The first class that fits counts.".to_owned()];
    for cohort in &playbook.cohorts {
        lines.push(format!("{} ({}): {}.", cohort.label, cohort.name, fits(playbook, cohort)));
        lines.push(format!("  The first answer is due {}.", target(cohort.first_response)));
        lines.push(format!("  Every later one is due {}.", target(cohort.next_response)));
        lines.push(format!("  Time counts while {} is open; the ladder is {}.", cohort.calendar, cohort.ladder));
    }
    lines
}

fn target(target: Target) -> String {
    format!("{} after the buyer's text, and warned of after {}", span(target.due), span(target.warn))
}

fn fits(playbook: &Playbook, cohort: &Cohort) -> String {
    let label = |id: &String| playbook.use_cases.get(id).map_or_else(|| id.clone(), |u| u.label.clone());
    let about: Vec<String> = cohort.use_cases.iter().map(label).collect();
    let stages: Vec<String> = cohort.stages.iter().cloned().collect();
    match (about.as_slice(), stages.as_slice()) {
        ([], []) => "every other reply, also of buyers nobody knows".to_owned(),
        (about, []) => format!("replies about {}", list(about, "or")),
        ([], stages) => format!("replies of buyers whose deal is in {}", list(stages, "or")),
        (about, stages) => {
            format!("replies about {} of buyers whose deal is in {}", list(about, "or"), list(stages, "or"))
        }
    }
}
