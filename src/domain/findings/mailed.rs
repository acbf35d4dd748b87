//! Reports by mail that nobody gets.

use super::{About, Finding};
use crate::domain::playbook::Playbook;

/// Everybody whom a report names has left: it would stop without a word.
pub(super) fn of(playbook: &Playbook, all: &mut Vec<Finding>) {
    for (name, mailed) in &playbook.alerting.reports {
        if mailed.to.is_empty() || mailed.to.iter().any(|reader| playbook.role_of(reader).is_some()) {
            continue;
        }
        let left: Vec<&str> = mailed.to.iter().map(|reader| playbook.rep_name(reader)).collect();
        let left = match left.as_slice() {
            [one] => format!("{one} has left"),
            several => format!("{} have left", several.join(", ")),
        };
        all.push(Finding {
            about: About::Report(name.clone()),
            wrong: false,
            what: format!("nobody gets the report \"{name}\": {left}"),
            remedy: "name somebody in to who is here, or leave the report out".to_owned(),
        });
    }
}
