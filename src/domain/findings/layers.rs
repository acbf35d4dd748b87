//! Layers of a schedule whom nobody ever asks, since those after them have somebody in all their hours.

use std::collections::BTreeSet;

use chrono::{Days, NaiveTime};

use super::{About, Finding};
use crate::domain::oncall::{FinalSchedule, Length, MAX_DAYS, Rotation, Why};
use crate::domain::playbook::Playbook;
use crate::domain::time::{Span, Timestamp};

/// Looked at for a year, and longer where it takes longer until everybody had a turn: an empty one lets layers below
/// show through.
const YEAR: u32 = 366;

/// A layer that has somebody, but never where no later layer has. Looked at from the day on which all have begun.
pub(super) fn hidden(playbook: &Playbook, from: Timestamp, all: &mut Vec<Finding>) {
    for (id, schedule) in &playbook.schedules {
        let layers = &schedule.layers;
        let since = layers.iter().map(|layer| layer.since).max();
        // A local day has begun everywhere two days later.
        let begun = since.and_then(|day| day.checked_add_days(Days::new(2)));
        let begun = begun.map(|day| Timestamp::from(day.and_time(NaiveTime::MIN).and_utc()));
        let start = begun.map_or(from, |begun| begun.max(from));
        let days = layers.iter().map(cycle).max().unwrap_or(0).clamp(YEAR, MAX_DAYS);
        let end = start + Span::minutes(i64::from(days) * 24 * 60);
        let seen = |layers: &[Rotation]| -> BTreeSet<usize> {
            let shifts = FinalSchedule { layers, overrides: &[] }.shifts(start, end);
            let whys = shifts.into_iter().flat_map(|shift| shift.why);
            whys.filter_map(|why| if let Why::Layer(at) = why { Some(at) } else { None }).collect()
        };
        let shown = seen(layers);
        for (at, layer) in layers.iter().enumerate().filter(|(at, _)| !shown.contains(at)) {
            if seen(std::slice::from_ref(layer)).is_empty() {
                continue;
            }
            let alone = |over: &&Rotation| !seen(&[layer.clone(), (*over).clone()]).contains(&0);
            let over = layers.iter().enumerate().skip(at + 1).find(|(_, over)| alone(over));
            let by = over.map_or_else(
                || "the layers after it together have".to_owned(),
                |(at, over)| format!("{} has", name(over, at)),
            );
            let when = since.filter(|_| start > from).map_or_else(String::new, |day| format!(" from {day} on"));
            all.push(Finding {
                about: About::Layer(id.clone(), at),
                wrong: false,
                what: format!(
                    "{} of \"{}\" is never asked{when}: {by} somebody in all its hours, and a later layer comes first",
                    name(layer, at),
                    schedule.label,
                ),
                remedy: "say when those have anybody, as in only = { days = [\"saturday\"] }, or put it last"
                    .to_owned(),
            });
        }
    }
}

/// Days until everybody of a layer had a turn.
fn cycle(layer: &Rotation) -> u32 {
    let people = u32::try_from(layer.reps.len()).unwrap_or(u32::MAX);
    match layer.length {
        Length::Days(days) => days.saturating_mul(people),
        Length::Hours(hours) => hours.saturating_mul(people).div_ceil(24),
    }
}

fn name(layer: &Rotation, at: usize) -> String {
    if layer.label.is_empty() { format!("the layer {}", at + 1) } else { format!("the layer \"{}\"", layer.label) }
}
