//! Opening hours, in sentences.

use super::words::list;
use crate::domain::hours::{Calendar, Window};
use crate::domain::playbook::Playbook;

const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

pub(super) fn of(playbook: &Playbook) -> Vec<String> {
    let one = |(name, calendar): (&String, &Calendar)| {
        let mut lines = vec![format!("{name}, in the zone {}: {}.", calendar.zone, week(calendar))];
        lines.extend(holidays(calendar));
        lines
    };
    let company = playbook.company_zone.map(|zone| format!("Days end, and times are told, in the zone {zone}."));
    playbook.calendars.iter().flat_map(one).chain(company).collect()
}

/// Days in a row with the same hours are told at once; days without hours are not told.
pub(super) fn week(calendar: &Calendar) -> String {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for (day, windows) in calendar.week.iter().enumerate() {
        match runs.last_mut() {
            Some((_, end)) if *end + 1 == day && calendar.week[*end] == *windows => *end = day,
            _ => runs.push((day, day)),
        }
    }
    let told = |(first, last): (usize, usize)| {
        let days = if first == last { DAYS[first].to_owned() } else { format!("{} to {}", DAYS[first], DAYS[last]) };
        let hours = windows(&calendar.week[first])?;
        Some(format!("{days} {hours}"))
    };
    let told: Vec<String> = runs.into_iter().filter_map(told).collect();
    if told.is_empty() { "never but on the days below".to_owned() } else { told.join("; ") }
}

fn holidays(calendar: &Calendar) -> Vec<String> {
    let closed = calendar.holidays.iter().filter(|(_, windows)| windows.is_empty());
    let closed: Vec<String> = closed.map(|(day, _)| day.to_string()).collect();
    let closed = (!closed.is_empty()).then(|| format!("  Closed on {}.", list(&closed, "and")));
    let others =
        calendar.holidays.iter().filter_map(|(day, hours)| Some(format!("  On {day} only {}.", windows(hours)?)));
    closed.into_iter().chain(others).collect()
}

/// None when there are none.
pub(super) fn windows(windows: &[Window]) -> Option<String> {
    let told: Vec<String> = windows.iter().map(Window::to_string).collect();
    match windows {
        [] => None,
        [all] if *all == Window::WHOLE_DAY => Some("all day".to_owned()),
        _ => Some(list(&told, "and")),
    }
}
