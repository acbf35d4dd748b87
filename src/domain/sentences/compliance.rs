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
            "Later it leaves between {} and {} where the buyer is, or in fewer hours where the law there says so, and waits \
             until then.",
            minute(rules.open_minute),
            minute(rules.close_minute)
        ),
        if rules.send_anyway {
            "Where both sides have written, a rep may send in closed hours after all.".to_owned()
        } else {
            "Nobody sends in closed hours.".to_owned()
        },
        "To a number that opted out nothing leaves.".to_owned(),
        undo,
    ]
}
