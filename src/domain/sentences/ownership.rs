//! Own, in sentences.

use crate::domain::playbook::Playbook;

pub(super) fn of(playbook: &Playbook) -> Vec<String> {
    let mut lines = vec!["The first of these is accountable; whoever has left is passed over:".to_owned()];
    let rules = playbook.ownership.iter().enumerate();
    lines.extend(rules.map(|(at, source)| format!("  {}. whoever {}", at + 1, source.words())));
    lines.push("When none is found, nobody owns it, and it goes up the ladder all the same.".to_owned());
    lines
}
