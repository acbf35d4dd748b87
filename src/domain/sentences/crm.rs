//! What is written into the CRM.

use super::words::span;
use crate::domain::playbook::Playbook;

pub(super) fn of(playbook: &Playbook) -> Vec<String> {
    let rules = &playbook.write_back;
    let said = [
        (rules.log, "Every reply and every answer stands in the CRM's log."),
        (rules.outcomes, "How a conversation ended stands there, too."),
        (rules.tasks, "Whoever has a reply has a task there, due when the answer is; completing it takes the reply."),
        (rules.owners, "Whom the rules choose for a buyer of nobody's becomes their owner there."),
    ];
    let mut lines: Vec<String> = said.iter().filter(|(on, _)| *on).map(|(_, words)| (*words).to_owned()).collect();
    lines.extend(rules.follow_ups.iter().map(|later| {
        format!("After “{}” there is a task for {} later: {}.", later.outcome.words(), span(later.after), later.words)
    }));
    if lines.is_empty() {
        lines.push("Nothing is written into the CRM.".to_owned());
    }
    lines
}
