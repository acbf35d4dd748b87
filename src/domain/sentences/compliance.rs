//! When a text may leave, in sentences.

use super::words::{minute, span};
use crate::domain::playbook::Playbook;
use crate::domain::time::Span;

pub(super) fn of(playbook: &Playbook) -> Vec<String> {
    let rules = &playbook.compliance;
    let undo = if playbook.undo_hold > Span::ZERO {
        format!("An answer can be taken back for {} before it leaves.", span(playbook.undo_hold))
    } else {
        "An answer leaves at once.".to_owned()
    };
    vec![
        format!("Within {} of the buyer's own text an answer may leave at any hour.", span(rules.reply_window)),
        format!(
            "Later it leaves between {} and {} where the buyer is, and waits for a rep's eye otherwise.",
            minute(rules.open_minute),
            minute(rules.close_minute)
        ),
        "To a number that opted out nothing leaves.".to_owned(),
        undo,
    ]
}
