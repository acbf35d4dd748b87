//! A reply's story in words: what a breach is explained by.

use chrono_tz::Tz;

use super::gap::Gap;
use super::reply::{Asked, Reply, Standing};
use super::report::Told;
use super::zone_of;
use crate::domain::playbook::Playbook;
use crate::domain::routing::Holder;
use crate::domain::time::Timestamp;

const WEEK: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// An hour of the week, from Monday 0:00, as people say it.
pub fn hour(hour: usize) -> String {
    let day = WEEK.get(hour / 24).copied().unwrap_or("?");
    format!("{day} {:02}:00", hour % 24)
}

/// A length as people say it: `45s`, `4m 12s`, `3h 05m`, `2d 04h`.
pub fn length(ms: i64) -> String {
    let seconds = ms / 1000;
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    if minutes == 0 {
        format!("{seconds}s")
    } else if hours == 0 {
        format!("{minutes}m {:02}s", seconds % 60)
    } else if days == 0 {
        format!("{hours}h {:02}m", minutes % 60)
    } else {
        format!("{days}d {:02}h", hours % 24)
    }
}

/// A reply as a report tells it.
pub fn told(playbook: &Playbook, reply: &Reply) -> Told {
    let (spent, zone) = (reply.spent, zone_of(Some(playbook), &reply.cohort));
    Told {
        seq: reply.seq,
        conversation: reply.conversation.to_string(),
        team: reply.team.to_string(),
        cohort: reply.cohort.clone(),
        rep: reply.rep.as_ref().map(ToString::to_string),
        names: names(playbook, reply),
        wrote: reply.received.utc().with_timezone(&zone).format("%Y-%m-%d %H:%M:%S %Z").to_string(),
        received: reply.received.millis(),
        due: reply.due.millis(),
        ended: reply.ended.map(Timestamp::millis),
        standing: reply.standing.name().to_owned(),
        cause: reply.cause.map(|cause| cause.name().to_owned()),
        wall: spent.map(|spent| spent.wall),
        business: spent.map(|spent| spent.business),
        story: lines(playbook, reply),
    }
}

/// Whose it was, as people call them.
fn names(playbook: &Playbook, reply: &Reply) -> [String; 3] {
    let cohort = playbook.cohort(&reply.cohort).map_or(reply.cohort.as_str(), |cohort| &cohort.label);
    let team = playbook.teams.get(&reply.team).map_or(reply.team.as_str(), |team| &team.label);
    let rep = reply.rep.as_ref().map_or("nobody", |rep| playbook.rep_name(rep));
    [team, cohort, rep].map(str::to_owned)
}

/// What happened, in order.
fn lines(playbook: &Playbook, reply: &Reply) -> Vec<String> {
    let zone = zone_of(Some(playbook), &reply.cohort);
    let due = time(zone, reply.due);
    let mut told = vec![(reply.received, format!("the buyer wrote; due {due}"))];
    for (n, asked) in reply.asked.iter().enumerate() {
        // It leaves somebody when the next one is asked.
        let left = reply.asked.get(n + 1).map_or(asked.at.max(reply.due), |next| next.at);
        told.extend(told_asked(playbook, asked, left));
    }
    if reply.asked.is_empty() {
        told.extend(reply.taken.map(|at| (at, "taken".to_owned())));
    }
    if reply.gaps & Gap::Nobody.bit() != 0 {
        told.push((reply.received, Gap::Nobody.words().to_owned()));
    }
    if let Some(cause) = reply.cause {
        told.push((reply.due, format!("it fell due unanswered: {}", cause.words())));
    }
    let by = reply.answered_by.as_ref().map_or("somebody", |rep| playbook.rep_name(rep));
    let end = match reply.standing {
        Standing::InTime => Some(format!("{by} answered in time")),
        Standing::Late => Some(format!("{by} answered late")),
        Standing::Dropped | Standing::DroppedLate => Some("no answer was needed any more".to_owned()),
        Standing::Running | Standing::Overdue => None,
    };
    told.extend(reply.ended.zip(end));
    told.sort_by_key(|(at, _)| *at);
    let mut lines: Vec<String> = told.into_iter().map(|(at, what)| format!("{}  {what}", time(zone, at))).collect();
    if reply.ended.is_none() {
        lines.push("it still waits".to_owned());
    }
    lines
}

fn told_asked(playbook: &Playbook, asked: &Asked, left: Timestamp) -> Vec<(Timestamp, String)> {
    let who = match &asked.to {
        Holder::Rep(rep) => playbook.rep_name(rep).to_owned(),
        Holder::Pool(team) => {
            let label = playbook.teams.get(team).map_or(team.as_str(), |team| team.label.as_str());
            format!("the pool of {label}")
        }
    };
    let gaps = Gap::ALL.into_iter().filter(|gap| asked.gaps & gap.bit() != 0).map(Gap::words);
    let gaps = gaps.collect::<Vec<_>>().join("; ");
    let on_the_way = if gaps.is_empty() { String::new() } else { format!(" (before them: {gaps})") };
    let mut told = Vec::new();
    if asked.how == "took it" {
        told.push((asked.at, format!("{who} took it")));
    } else {
        told.push((asked.at, format!("{who} was asked: {}{on_the_way}", asked.how)));
        told.extend(asked.took.map(|at| (at, format!("{who} took it"))));
    }
    told.extend(asked.left.as_ref().map(|why| (left, format!("{who} {why}"))));
    told
}

fn time(zone: Tz, at: Timestamp) -> String {
    at.utc().with_timezone(&zone).format("%Y-%m-%d %H:%M:%S").to_string()
}
