//! Layers of a schedule that nobody ever sees, since one over them always has somebody.

use super::{About, Finding};
use crate::domain::oncall::Rotation;
use crate::domain::playbook::Playbook;

/// A layer that always has somebody hides all before it from its first day on.
pub(super) fn hidden(playbook: &Playbook, all: &mut Vec<Finding>) {
    for (id, schedule) in &playbook.schedules {
        let over = schedule.layers.iter().enumerate().skip(1).rev().find(|(_, layer)| is_always_on(layer));
        let Some((at, layer)) = over else { continue };
        all.push(Finding {
            about: About::Schedule(id.clone()),
            wrong: false,
            what: format!(
                "{} of \"{}\" always has somebody from {} on: {} before it {} never asked then",
                name(layer, at),
                schedule.label,
                layer.since,
                if at == 1 { "the layer".to_owned() } else { format!("the {at} layers") },
                if at == 1 { "is" } else { "are" },
            ),
            remedy: "say when it has anybody, as in only = { days = [\"saturday\"] }, or put it first".to_owned(),
        });
    }
}

fn is_always_on(layer: &Rotation) -> bool {
    layer.only.is_none() && !layer.reps.is_empty() && layer.reps.iter().all(Option::is_some)
}

fn name(layer: &Rotation, at: usize) -> String {
    if layer.label.is_empty() { format!("the layer {}", at + 1) } else { format!("the layer \"{}\"", layer.label) }
}
