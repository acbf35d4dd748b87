//! Who is on call, in sentences: by which turns, and who has it and comes next by them. Overrides are not of the policy, so
//! that it is not said who has it now.

use chrono_tz::Tz;

use super::words::{count, instant, list, minute};
use crate::domain::hours::{Calendar, Window};
use crate::domain::id::{RepId, TeamId};
use crate::domain::oncall::{self, FinalSchedule, Length, Rotation};
use crate::domain::playbook::Playbook;
use crate::domain::time::Timestamp;

pub(super) fn of(playbook: &Playbook, now: Timestamp) -> Vec<String> {
    let mut lines = Vec::new();
    for schedule in playbook.schedules.values() {
        let team = schedule.team.as_ref().map_or_else(String::new, |team| format!(", for {}", label(playbook, team)));
        lines.push(format!(
            "{}{team}: {}.",
            schedule.label,
            now_and_next(playbook, &schedule.layers, schedule.zone, now)
        ));
        lines.extend(schedule.layers.iter().enumerate().map(|(at, layer)| turns(playbook, layer, at)));
    }
    for (id, team) in &playbook.teams {
        let Some(rotation) = &team.on_call else { continue };
        let layers = std::slice::from_ref(rotation);
        lines.push(format!("{}: {}.", label(playbook, id), now_and_next(playbook, layers, rotation.zone, now)));
        lines.push(turns(playbook, rotation, 0));
    }
    let without = playbook.teams.iter().filter(|(id, _)| oncall::of_team(playbook, id).is_none());
    lines.extend(without.map(|(id, _)| format!("{}: nobody is ever on call.", label(playbook, id))));
    lines
}

fn label(playbook: &Playbook, team: &TeamId) -> String {
    playbook.teams.get(team).map_or_else(|| team.to_string(), |team| team.label.clone())
}

fn now_and_next(playbook: &Playbook, layers: &[Rotation], zone: Tz, now: Timestamp) -> String {
    let schedule = FinalSchedule { layers, overrides: &[] };
    let name = |rep: Option<&RepId>| rep.map_or("nobody", |rep| playbook.rep_name(rep)).to_owned();
    let has = name(schedule.at(now).rep);
    match schedule.next_hand_off(now) {
        Some(next) => {
            format!("by its turns {has} until {}, then {}", instant(next.at, zone), name(next.takes.as_ref()))
        }
        None => format!("by its turns {has}, and nothing changes"),
    }
}

fn turns(playbook: &Playbook, layer: &Rotation, at: usize) -> String {
    let name = |rep: &Option<RepId>| rep.as_ref().map_or("nobody", |rep| playbook.rep_name(rep)).to_owned();
    let people: Vec<String> = layer.reps.iter().map(name).collect();
    let long = match layer.length {
        Length::Days(days) => count(days.into(), "day"),
        Length::Hours(hours) => count(hours.into(), "hour"),
    };
    let what = if layer.label.is_empty() { "Turns" } else { &layer.label };
    let over = if at == 0 { "" } else { ", over the ones before" };
    let who = match people.as_slice() {
        [only] => format!("always {only}"),
        people => {
            format!("{} take turns of {long}, handing over at {}", list(people, "and"), minute(layer.hand_off))
        }
    };
    let only = layer.only.as_ref().map_or_else(String::new, |hours| format!(", {}", restricted(hours)));
    format!("  {what}{over}: {who} ({}) from {} on{only}", layer.zone, layer.since)
}

/// The hours of a layer; a week without any is a layer for holidays.
fn restricted(hours: &Calendar) -> String {
    let days = hours.holidays.iter();
    let (on, off): (Vec<_>, Vec<_>) = days.partition(|(_, windows)| !windows.is_empty());
    let told =
        |days: Vec<_>| days.into_iter().map(|(day, _): (&chrono::NaiveDate, _)| day.to_string()).collect::<Vec<_>>();
    if hours.week.iter().all(Vec::is_empty) {
        return format!("only on {}", list(&told(on), "and"));
    }
    let always = hours.week.iter().all(|day| day.as_slice() == [Window::WHOLE_DAY]);
    let only = (!always).then(|| format!("only {}", super::hours::week(hours)));
    let but = (!off.is_empty()).then(|| format!("not on {}", list(&told(off), "and")));
    only.into_iter().chain(but).collect::<Vec<_>>().join(", ")
}
