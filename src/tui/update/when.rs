//! Times that are typed: one line, read by one parser, and said back while it is typed. What is no time stays as it is.

use super::{away, booking, choices, later as texts, shift};
use crate::client::handle::Weight;
use crate::domain::later;
use crate::domain::oncall;
use crate::domain::time::Timestamp;
use crate::tui::model::Model;
use crate::tui::model::overlay::Overlay;
use crate::tui::model::when::{Stretch, When};
use crate::tui::msg::Effect;

/// Asks for a time; one that is known stands there already.
pub(super) fn ask(model: &mut Model, what: When, now: Timestamp) {
    let known = match &what {
        When::From(stretch) => stretch.from,
        When::Until(stretch) => stretch.to,
        When::Text
        | When::Away { .. }
        | When::OnCall
        | When::Shift { .. }
        | When::Meeting(_)
        | When::MeetingEnd(..) => None,
    };
    let words = known.map_or_else(String::new, |at| written(model, at, now));
    model.overlay = Some(Overlay::When { what, words });
}

/// A known instant as one would type it.
fn written(model: &Model, at: Timestamp, now: Timestamp) -> String {
    if at <= now { "now".to_owned() } else { choices::local(model, at).format("%Y-%m-%d %H:%M").to_string() }
}

/// The instant that the words mean; none when they mean none that is of use.
pub(in crate::tui) fn read(model: &Model, what: &When, words: &str, now: Timestamp) -> Option<Timestamp> {
    let zone = model.zone();
    // What stood there and was left as it was is meant to the millisecond.
    let left = |known: Option<Timestamp>| known.filter(|at| *at > now && written(model, *at, now) == words.trim());
    match what {
        When::Text => {
            let there = model.composer.as_ref().and_then(|c| model.row(c.to)).map(|row| row.place.zone());
            later::parse(words, now, there?)
        }
        When::Away { .. } | When::Shift { .. } | When::Meeting(_) => later::parse(words, now, zone),
        When::OnCall => later::parse_ever(words, now, zone),
        When::From(stretch) => left(stretch.from).or_else(|| later::parse_begin(words, now, zone)),
        When::Until(stretch) => {
            let from = stretch.from.unwrap_or(now);
            left(stretch.to).filter(|to| *to > from).or_else(|| later::parse_end(words, from, now, zone))
        }
        When::MeetingEnd(_, from) => booking::end(later::parse_end(words, *from, now, zone)?, *from),
    }
}

/// An instant as it is said back: by the clocks of those whom it concerns.
pub(in crate::tui) fn said(model: &Model, what: &When, at: Timestamp, now: Timestamp) -> String {
    let here = day_time(model, at, now);
    let schedule = match what {
        When::Text => {
            let to = model.composer.as_ref().map(|composer| composer.to);
            return to.map_or(here, |to| texts::times(model, to, at, now));
        }
        When::Away { .. } | When::OnCall => return here,
        When::Meeting(about) | When::MeetingEnd(about, _) => return booking::times(model, about.0, at, now),
        When::Shift { schedule, .. } | When::From(Stretch { schedule, .. }) | When::Until(Stretch { schedule, .. }) => {
            schedule
        }
    };
    let zone = model.playbook().and_then(|playbook| oncall::plan(playbook, schedule)).map(|plan| plan.zone);
    let there = zone.map(|zone| (zone, at.utc().with_timezone(&zone)));
    match there.filter(|(_, there)| there.naive_local() != choices::local(model, at).naive_local()) {
        Some((zone, there)) => format!("{here} here, {} in {}", there.format("%a %H:%M"), place(zone)),
        None => here,
    }
}

/// `America/New_York` as people say it.
fn place(zone: chrono_tz::Tz) -> String {
    zone.name().rsplit('/').next().unwrap_or_default().replace('_', " ")
}

/// `Fri 14:30`; with the date when that is more than six days off.
pub(in crate::tui) fn day_time(model: &Model, at: Timestamp, now: Timestamp) -> String {
    day_time_in(model.zone(), at, now)
}

/// The same on the clock of a zone.
pub(in crate::tui) fn day_time_in(zone: chrono_tz::Tz, at: Timestamp, now: Timestamp) -> String {
    use chrono::Datelike as _;
    let (local, today) = (at.utc().with_timezone(&zone), now.utc().with_timezone(&zone));
    let days = (local.date_naive() - today.date_naive()).num_days();
    let format = match days {
        -6..=6 => "%a %H:%M",
        _ if local.year() == today.year() => "%a %-d %b %H:%M",
        _ => "%a %-d %b %Y %H:%M",
    };
    local.format(format).to_string()
}

/// Enter: the time is taken, or the line stays and it is said why.
pub(super) fn typed(model: &mut Model, what: When, words: String, now: Timestamp, out: &mut Vec<Effect>) {
    // Why the time before would not do is read, and answered by this one.
    model.toast.take_if(|shown| shown.toast.weight == Weight::Warned);
    if words.trim().is_empty() && matches!(what, When::Meeting(_) | When::MeetingEnd(..)) {
        return booking::passed_over(model, &what);
    }
    let done = match read(model, &what, &words, now) {
        None => Err(unread(&what).to_owned()),
        Some(at) => match what.clone() {
            When::Text => {
                texts::set(model, Some(at), now);
                Ok(())
            }
            When::Away { rep, note } => {
                away::say(model, rep, Some(at), note, now, out);
                Ok(())
            }
            When::OnCall => {
                model.overlay = Some(Overlay::OnCall { at, top: 0 });
                Ok(())
            }
            When::Shift { schedule, one } => shift::moment(model, &schedule, one, at, now),
            When::From(stretch) => {
                shift::begins(model, stretch, at, now);
                Ok(())
            }
            When::Until(stretch) => shift::ends(model, stretch, at, now),
            When::Meeting(about) => {
                booking::begins(model, about, at, now);
                Ok(())
            }
            When::MeetingEnd(about, from) => {
                booking::ends(model, about, from, at);
                Ok(())
            }
        },
    };
    if let Err(why) = done {
        model.warn(why, now);
        model.overlay = Some(Overlay::When { what, words });
    }
}

/// What would have been understood.
const fn unread(what: &When) -> &'static str {
    match what {
        When::Text | When::Away { .. } | When::Shift { .. } | When::Meeting(_) => {
            "Not a time to come: write fri 14:30, tomorrow 8am, 2026-12-24 10:00 or 2h."
        }
        When::OnCall => "Not a time: write fri 14:30, tomorrow 8am, 2026-12-24 10:00 or 2h.",
        When::From(_) => "Not a time to come: write now, fri 14:30, tomorrow 8am, 2026-12-24 10:00 or 2h.",
        When::Until(_) => "Not a time after it begins: write 17:00, fri 14:30, 2026-12-24 10:00 or 8h.",
        When::MeetingEnd(..) => "Not an end within a day: write 45m, 1h or 15:00. Enter alone: 30 minutes.",
    }
}
