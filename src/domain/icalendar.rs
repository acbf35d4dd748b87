//! On-call shifts as an iCalendar feed (RFC 5545), which any calendar program can subscribe to.
//!
//! Times are in UTC, so that no program has to guess what a zone means. Names come from a file that somebody wrote: they
//! are made safe as on a terminal, then escaped, so that none of them can end a line or add a property.

use chrono::NaiveDate;

use super::id::{RepId, ScheduleId};
use super::oncall::{self, Shift};
use super::playbook::Playbook;
use super::roster::Roster;
use super::safe_text::SafeText;
use super::time::{Span, Timestamp};

/// Octets in a line, its end not counted (RFC 5545 §3.1).
const LINE: usize = 75;

/// What all events of a feed share.
#[derive(Clone, Copy, Debug)]
pub struct Feed<'a> {
    /// Whose feed it is: it sets apart the events of two companies that name their schedules alike.
    pub company: &'a str,
    /// When the schedule was last changed. Given that, and not the time of asking, equal feeds have equal bytes.
    pub changed: Timestamp,
}

/// One schedule's shifts in the feed of a rep.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
    /// Which schedule.
    pub id: &'a ScheduleId,
    /// As people say it.
    pub label: &'a str,
    /// Its shifts; those of other people are passed over.
    pub shifts: &'a [Shift],
}

/// How far a feed reaches, from the beginning of its year.
const DAYS: i64 = 500;

/// The shifts of a rep, or of a schedule, from the beginning of `year` on, with the overrides of the roster. None when
/// nobody and nothing goes by that name.
///
/// From a fixed instant on: a shift is known by when it begins, also while it runs.
pub fn feed(
    playbook: &Playbook,
    roster: &Roster,
    whose: &str,
    year: i32,
    changed: Option<Timestamp>,
) -> Option<String> {
    let first = NaiveDate::from_ymd_opt(year, 1, 1)?.and_hms_opt(0, 0, 0)?;
    let from: Timestamp = first.and_utc().into();
    let until = from + Span::minutes(DAYS * 24 * 60);
    let plans = oncall::plans(playbook);
    let shifts: Vec<Vec<Shift>> = plans.iter().map(|plan| plan.with(roster).shifts(from, until)).collect();
    let mut parts = plans.iter().zip(&shifts).map(|(plan, shifts)| Part { id: &plan.id, label: plan.label, shifts });
    let changed = changed.max(roster.shifts_changed).unwrap_or(from);
    let feed = Feed { company: &playbook.company, changed };
    if let Some((rep, person)) = playbook.reps.iter().find(|(rep, _)| rep.as_str() == whose) {
        return Some(feed.of_rep(rep, &person.name, &parts.collect::<Vec<_>>()));
    }
    let part = parts.find(|part| part.id.as_str() == whose)?;
    Some(feed.of_schedule(part, |rep| playbook.rep_name(rep).to_owned()))
}

/// One event.
struct Event<'a> {
    schedule: &'a ScheduleId,
    shift: &'a Shift,
    summary: String,
}

impl Feed<'_> {
    /// Everybody's shifts in one schedule. `name` says what a rep is called.
    ///
    /// An event is known by when its shift begins: cut the shifts at a fixed instant, not at the time of asking, or a
    /// calendar program takes the shift that is running for a new one each time.
    pub fn of_schedule(&self, part: Part<'_>, name: impl Fn(&RepId) -> String) -> String {
        let event =
            |shift| Event { schedule: part.id, shift, summary: format!("{}, {}", name(&shift.rep), part.label) };
        self.text(part.label, part.shifts.iter().map(event))
    }

    /// One rep's shifts in all schedules. `name` is what the rep is called.
    pub fn of_rep(&self, rep: &RepId, name: &str, parts: &[Part<'_>]) -> String {
        let events = parts.iter().flat_map(|part| {
            let own = part.shifts.iter().filter(|shift| shift.rep == *rep);
            own.map(|shift| Event { schedule: part.id, shift, summary: on_call(part.label) })
        });
        self.text(&format!("On call: {name}"), events)
    }

    fn text<'e>(&self, title: &str, events: impl Iterator<Item = Event<'e>>) -> String {
        let title = escaped(title);
        let mut out = String::new();
        line(&mut out, "BEGIN:VCALENDAR");
        line(&mut out, "VERSION:2.0");
        line(&mut out, "PRODID:-//comeback//on call//EN");
        line(&mut out, "CALSCALE:GREGORIAN");
        // The standard's name (RFC 7986) and the one that older programs read.
        line(&mut out, &format!("NAME:{title}"));
        line(&mut out, &format!("X-WR-CALNAME:{title}"));
        line(&mut out, "REFRESH-INTERVAL;VALUE=DURATION:PT1H");
        for Event { schedule, shift, summary } in events {
            let (start, end) = (moment(shift.from), moment(shift.to));
            // An event must end after it begins, and the format has whole seconds only.
            if shift.from >= shift.to || start == end {
                continue;
            }
            let (schedule, rep, company) = (plain(schedule.as_str()), plain(shift.rep.as_str()), plain(self.company));
            line(&mut out, "BEGIN:VEVENT");
            line(&mut out, &format!("UID:{start}-{schedule}-{rep}@{company}"));
            line(&mut out, &format!("DTSTAMP:{}", moment(self.changed)));
            line(&mut out, &format!("DTSTART:{start}"));
            line(&mut out, &format!("DTEND:{end}"));
            line(&mut out, &format!("SUMMARY:{}", escaped(&summary)));
            // Whoever is on call is not busy: meetings may still be made.
            line(&mut out, "TRANSP:TRANSPARENT");
            line(&mut out, "END:VEVENT");
        }
        line(&mut out, "END:VCALENDAR");
        out
    }
}

/// An instant in UTC: `20260105T140000Z`.
fn moment(at: Timestamp) -> String {
    // A stored number may be out of range: serde does not clamp.
    Timestamp::from_millis(at.millis()).utc().format("%Y%m%dT%H%M%SZ").to_string()
}

/// Foreign words as a value of type TEXT (RFC 5545 §3.3.11), on one line.
fn escaped(words: &str) -> String {
    let mut out = String::new();
    for c in SafeText::line(words).as_str().chars() {
        if matches!(c, '\\' | ';' | ',') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// A name as part of a UID. Nothing in it can be taken for a separator, so different names stay different.
fn plain(name: &str) -> String {
    let byte =
        |b: u8| if b.is_ascii_alphanumeric() || b == b'_' { char::from(b).to_string() } else { format!("%{b:02X}") };
    name.bytes().map(byte).collect()
}

/// Adds one content line, folded between characters so that no line has more than [`LINE`] octets.
fn line(out: &mut String, text: &str) {
    let mut used = 0;
    for c in text.chars() {
        if used + c.len_utf8() > LINE {
            out.push_str("\r\n ");
            used = 1;
        }
        out.push(c);
        used += c.len_utf8();
    }
    out.push_str("\r\n");
}

/// What a shift in this schedule is called: schedules are often called that already.
fn on_call(label: &str) -> String {
    if label.to_lowercase().contains("on call") { label.to_owned() } else { format!("On call: {label}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::oncall::Why;

    fn at(text: &str) -> Timestamp {
        chrono::DateTime::parse_from_rfc3339(text).unwrap().to_utc().into()
    }

    fn shift(rep: &str, from: &str, to: &str) -> Shift {
        Shift { rep: rep.into(), from: at(from), to: at(to), why: vec![Why::Layer(0)] }
    }

    fn feed() -> Feed<'static> {
        Feed { company: "Northwind Systems", changed: at("2026-01-01T00:00:00Z") }
    }

    #[test]
    fn a_schedule_is_told_as_the_standard_says() {
        let id = ScheduleId::new("east");
        let shifts = [shift("omar", "2026-01-05T14:00:00Z", "2026-01-12T14:00:00Z")];
        let part = Part { id: &id, label: "East; on call, always", shifts: &shifts };
        let told = feed().of_schedule(part, |_| "Omar Haddad".to_owned());
        let wanted = [
            "BEGIN:VCALENDAR",
            "VERSION:2.0",
            "PRODID:-//comeback//on call//EN",
            "CALSCALE:GREGORIAN",
            r"NAME:East\; on call\, always",
            r"X-WR-CALNAME:East\; on call\, always",
            "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
            "BEGIN:VEVENT",
            "UID:20260105T140000Z-east-omar@Northwind%20Systems",
            "DTSTAMP:20260101T000000Z",
            "DTSTART:20260105T140000Z",
            "DTEND:20260112T140000Z",
            r"SUMMARY:Omar Haddad\, East\; on call\, always",
            "TRANSP:TRANSPARENT",
            "END:VEVENT",
            "END:VCALENDAR",
            "",
        ];
        assert_eq!(told, wanted.join("\r\n"));
    }

    #[test]
    fn a_reps_feed_has_that_reps_shifts_of_every_schedule() {
        let (east, west) = (ScheduleId::new("east"), ScheduleId::new("west"));
        let shifts = [
            shift("omar", "2026-01-05T14:00:00Z", "2026-01-12T14:00:00Z"),
            shift("ines", "2026-01-12T14:00:00Z", "2026-01-19T14:00:00Z"),
            // Shorter than the format can say.
            shift("omar", "2026-01-20T14:00:00.100Z", "2026-01-20T14:00:00.900Z"),
        ];
        let parts = [
            Part { id: &east, label: "East", shifts: &shifts },
            Part { id: &west, label: "West", shifts: &shifts[..1] },
        ];
        let told = feed().of_rep(&"omar".into(), "Omar", &parts);
        let found: Vec<_> = told.lines().filter(|l| l.starts_with("SUMMARY") || l.starts_with("UID")).collect();
        assert_eq!(
            found,
            [
                "UID:20260105T140000Z-east-omar@Northwind%20Systems",
                "SUMMARY:On call: East",
                "UID:20260105T140000Z-west-omar@Northwind%20Systems",
                "SUMMARY:On call: West",
            ]
        );
    }

    #[test]
    fn names_can_neither_end_a_line_nor_hide_anything() {
        let told = escaped("a\r\nEND:VCALENDAR\n\u{85}b\u{202e}c\0\u{7f};\\n,");
        assert!(told.chars().all(|c| !c.is_control() && c != '\u{202e}'), "{told:?}");
        assert!(told.contains(r"\;") && told.ends_with(r"\\n\,"), "{told}");
        assert_ne!(plain("a-b"), plain("a_b"));
        assert_eq!(plain("é@-"), "%C3%A9%40%2D");
    }

    #[test]
    fn long_lines_fold_between_characters() {
        for unit in ["a", "é", "漢", "😀"] {
            let mut out = String::new();
            line(&mut out, &unit.repeat(100));
            let lines: Vec<&str> = out.strip_suffix("\r\n").unwrap().split("\r\n").collect();
            assert!(lines.iter().all(|l| l.len() <= LINE), "{lines:?}");
            assert!(lines[0].len() + unit.len() > LINE && lines[1..].iter().all(|l| l.starts_with(' ')), "{lines:?}");
            assert_eq!(out.replace("\r\n ", ""), format!("{}\r\n", unit.repeat(100)));
        }
    }
}
