//! A reply's story in words: what a breach is explained by.

use chrono::Offset as _;
use chrono_tz::Tz;

use super::gap::Gap;
use super::number::HeldNumber;
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

/// A reply as a report tells it, with the hold that its number was on when it fell due, if that is why it did.
pub fn told(playbook: &Playbook, reply: &Reply, held: Option<&HeldNumber>) -> Told {
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
        story: lines(playbook, reply, held),
    }
}

/// Whose it was, as people call them.
fn names(playbook: &Playbook, reply: &Reply) -> [String; 3] {
    let cohort = playbook.cohort(&reply.cohort).map_or(reply.cohort.as_str(), |cohort| &cohort.label);
    let team = playbook.teams.get(&reply.team).map_or(reply.team.as_str(), |team| &team.label);
    let rep = reply.rep.as_ref().map_or("nobody", |rep| playbook.rep_name(rep));
    [team, cohort, rep].map(str::to_owned)
}

/// What happened, in order. The first time says in which zone; each of them does when clocks were changed meanwhile.
fn lines(playbook: &Playbook, reply: &Reply, held: Option<&HeldNumber>) -> Vec<String> {
    let zone = zone_of(Some(playbook), &reply.cohort);
    let mut told = vec![(reply.received, String::new())];
    told.extend(held.into_iter().flat_map(|held| told_held(playbook, held)));
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
    let mut times = told.iter().map(|(at, _)| *at).chain(std::iter::once(reply.due));
    let changed = times.any(|at| offset(zone, at) != offset(zone, reply.received));
    if let Some((_, wrote)) = told.first_mut() {
        *wrote = format!("the buyer wrote; due {}", time(zone, reply.due, changed));
    }
    told.sort_by_key(|(at, _)| *at);
    let told = told.into_iter().enumerate();
    let mut lines: Vec<String> =
        told.map(|(n, (at, what))| format!("{}  {what}", time(zone, at, changed || n == 0))).collect();
    if reply.ended.is_none() {
        lines.push("it still waits".to_owned());
    }
    lines
}

/// Since when nobody might answer, and who said what the buyer wants.
fn told_held(playbook: &Playbook, held: &HeldNumber) -> Vec<(Timestamp, String)> {
    let by = held.by.as_ref().map_or("somebody", |rep| playbook.rep_name(rep));
    let end = match held.end.as_deref() {
        Some("kept") => format!("{by} ruled: they may be texted"),
        Some("opted_out") => format!("{by} ruled: they want no more texts"),
        Some("unruled") => "nobody ruled in time: they get no more texts".to_owned(),
        Some(_) | None => "they want no more texts: they said so themselves, or their carrier did".to_owned(),
    };
    let mut told = vec![(held.at, "the number came on opt-out hold: nobody may answer".to_owned())];
    told.extend(held.ended.map(|at| (at, end)));
    told
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

/// A time there, with the zone's short name at that time when it is to say so.
fn time(zone: Tz, at: Timestamp, named: bool) -> String {
    let format = if named { "%Y-%m-%d %H:%M:%S %Z" } else { "%Y-%m-%d %H:%M:%S" };
    at.utc().with_timezone(&zone).format(format).to_string()
}

/// How far clocks there are from UTC then.
fn offset(zone: Tz, at: Timestamp) -> chrono::FixedOffset {
    at.utc().with_timezone(&zone).offset().fix()
}

#[cfg(test)]
mod tests {
    use super::super::gap::Cause;
    use super::*;
    use crate::domain::hours::Calendar;
    use crate::domain::id::{ConversationId, NumberId};
    use crate::domain::sla::Response;
    use uuid::Uuid;

    fn at(text: &str) -> Timestamp {
        text.parse::<chrono::DateTime<chrono::Utc>>().unwrap().into()
    }

    /// A reply that was answered in time.
    fn answered(received: &str, due: &str, ended: &str) -> Reply {
        Reply {
            seq: 1,
            conversation: ConversationId(Uuid::nil()),
            number: NumberId(Uuid::nil()),
            line: "sales".into(),
            team: "east".into(),
            use_case: "meeting".to_owned(),
            cohort: "standard".to_owned(),
            response: Response::First,
            owner: None,
            holder: None,
            answered_by: None,
            rep: None,
            received: at(received),
            offered: None,
            taken: None,
            due: at(due),
            ended: Some(at(ended)),
            standing: Standing::InTime,
            spent: None,
            waited: None,
            day: 0,
            hour: 0,
            climbs: 0,
            steps: 0,
            gaps: 0,
            cause: None,
            playbook: 1,
            asked: Vec::new(),
        }
    }

    #[test]
    fn a_story_says_its_zone_once_and_at_every_time_when_clocks_are_changed_in_it() {
        let calendars = [("all".to_owned(), Calendar::always(Tz::America__New_York))].into();
        let playbook = Playbook { calendars, ..Playbook::default() };
        let usual = answered("2026-11-04T18:00:01Z", "2026-11-04T18:12:01Z", "2026-11-04T18:05:00Z");
        let told = [
            "2026-11-04 13:00:01 EST  the buyer wrote; due 2026-11-04 13:12:01",
            "2026-11-04 13:05:00  somebody answered in time",
        ];
        assert_eq!(lines(&playbook, &usual, None), told);
        // The night in which an hour comes twice: answered before it was due, though the clock on the wall says less.
        let night = answered("2026-11-01T05:44:59Z", "2026-11-01T06:44:59Z", "2026-11-01T06:29:59Z");
        let told = [
            "2026-11-01 01:44:59 EDT  the buyer wrote; due 2026-11-01 01:44:59 EST",
            "2026-11-01 01:29:59 EST  somebody answered in time",
        ];
        assert_eq!(lines(&playbook, &night, None), told);
        // Also when only the due time lies beyond it.
        let before = answered("2026-11-01T05:44:59Z", "2026-11-01T06:44:59Z", "2026-11-01T05:50:00Z");
        assert_eq!(lines(&playbook, &before, None)[1], "2026-11-01 01:50:00 EDT  somebody answered in time");
    }

    #[test]
    fn a_story_says_since_when_nobody_might_answer_and_who_ruled() {
        let calendars = [("all".to_owned(), Calendar::always(Tz::America__New_York))].into();
        let playbook = Playbook { calendars, ..Playbook::default() };
        let late = Reply {
            standing: Standing::Late,
            cause: Some(Cause::OptOutHold),
            ..answered("2026-03-03T18:00:00Z", "2026-03-03T18:15:00Z", "2026-03-03T19:05:08Z")
        };
        let waits = HeldNumber {
            seq: 1,
            at: at("2026-03-03T18:00:00Z"),
            day: 0,
            number: NumberId(Uuid::nil()),
            conversation: ConversationId(Uuid::nil()),
            due: at("2026-03-17T18:00:00Z"),
            ended: None,
            end: None,
            by: None,
        };
        let until_now = [
            "2026-03-03 13:00:00 EST  the buyer wrote; due 2026-03-03 13:15:00",
            "2026-03-03 13:00:00  the number came on opt-out hold: nobody may answer",
            "2026-03-03 13:15:00  it fell due unanswered: nobody may answer: the number was on opt-out hold",
            "2026-03-03 14:05:08  somebody answered late",
        ];
        assert_eq!(lines(&playbook, &late, Some(&waits)), until_now, "nobody has ruled yet");
        for (end, by, wanted) in [
            ("kept", Some("lea"), "lea ruled: they may be texted"),
            ("opted_out", Some("lea"), "lea ruled: they want no more texts"),
            ("unruled", None, "nobody ruled in time: they get no more texts"),
            ("withdrawn", None, "they want no more texts: they said so themselves, or their carrier did"),
        ] {
            let ended = Some(at("2026-03-03T19:00:00Z"));
            let over = HeldNumber { ended, end: Some(end.to_owned()), by: by.map(Into::into), ..waits.clone() };
            let told = lines(&playbook, &late, Some(&over));
            assert_eq!(told[..3], until_now[..3]);
            assert_eq!(told[3], format!("2026-03-03 14:00:00  {wanted}"));
        }
    }
}
