//! Every version that was in force, and what waits or is tried out beside it, from the journal.

use chrono_tz::Tz;

use crate::cli::{DatabaseArg, say};
use crate::domain::beside::Beside;
use crate::domain::event::Event;
use crate::domain::time::Timestamp;
use crate::journal::Frame;
use crate::server::store::Store;

/// Entries read at once.
const PAGE: usize = 5_000;

/// A version that came into force.
pub(in crate::cli) struct Applied {
    pub(in crate::cli) at: Timestamp,
    version: u32,
    by: Option<String>,
    why: Option<String>,
    back_to: Option<u32>,
}

/// A version that did not come into force, or that does not decide beside any more.
struct Dropped {
    /// When that was.
    at: Timestamp,
    what: Beside,
    /// What was taken back: the journal's word for it names neither its day nor its author.
    of: Option<Beside>,
}

impl Dropped {
    const fn of_itself(at: Timestamp, what: Beside) -> Self {
        Self { at, what, of: None }
    }
}

/// What the journal says of policies.
#[derive(Default)]
pub(in crate::cli) struct Record {
    /// Every version that was ever in force, oldest first.
    pub(in crate::cli) applied: Vec<Applied>,
    /// The version that waits.
    waiting: Option<Beside>,
    /// Versions that waited and never came into force, and those that decided beside until another took their place.
    dropped: Vec<Dropped>,
    /// What decides beside the one in force.
    shadow: Option<(Timestamp, Beside)>,
}

/// Reads it.
pub(in crate::cli) async fn record(store: &impl Store) -> anyhow::Result<Record> {
    let (mut after, mut record) = (0, Record::default());
    loop {
        let entries = store.entries(after, PAGE).await?;
        let Some(last) = entries.last() else { return Ok(record) };
        after = last.seq;
        for entry in &entries {
            let frame = Frame::decode(&entry.body)?;
            if ["playbook_applied", "beside"].contains(&frame.kind.as_str()) {
                // An event of a newer version is passed over, as everywhere in the journal.
                let Ok(event) = serde_json::from_value::<Event>(frame.event) else { continue };
                record.take_in(entry.at, event);
            }
        }
    }
}

impl Record {
    fn take_in(&mut self, at: Timestamp, event: Event) {
        if let Event::PlaybookApplied { version, by, why, back_to } = event {
            self.applied.push(Applied { at, version, by, why, back_to });
            // One whose day has come is the one that is applied.
            let is_early = |what: &Beside| matches!(what, Beside::Waits { from, .. } if at < *from);
            self.dropped.extend(self.waiting.take().filter(is_early).map(|what| Dropped::of_itself(at, what)));
            self.dropped.extend(self.shadow.take().map(|(_, what)| Dropped::of_itself(at, what)));
        } else if let Event::Beside { what } = event {
            match what {
                Beside::Waits { .. } => {
                    self.dropped.extend(self.waiting.replace(what).map(|old| Dropped::of_itself(at, old)));
                }
                Beside::Cancelled { .. } => {
                    let of = self.waiting.take();
                    self.dropped.push(Dropped { at, what, of });
                }
                Beside::ShadowBegan { .. } => {
                    let old = self.shadow.replace((at, what));
                    self.dropped.extend(old.map(|(_, old)| Dropped::of_itself(at, old)));
                }
                Beside::ShadowEnded { .. } => self.shadow = None,
                Beside::Differs(_) => {}
            }
        }
    }
}

/// Prints it, oldest first, then what is still to come.
pub(super) async fn history(database: &DatabaseArg) -> anyhow::Result<()> {
    let store = database.open()?;
    let zone = store.playbook().await?.map_or(Tz::UTC, |playbook| playbook.zone());
    let record = record(&store).await?;
    let mut lines: Vec<(Timestamp, String)> = record.applied.iter().map(|a| (a.at, applied(a, zone))).collect();
    lines.extend(record.dropped.iter().filter_map(|gone| Some((gone.at, dropped(gone, zone)?))));
    lines.sort_by_key(|(at, _)| *at);
    for (_, line) in &lines {
        say(line);
    }
    if let Some(Beside::Waits { from, by, why, recompute }) = &record.waiting {
        let clocks = if *recompute { ", running clocks with it" } else { "" };
        say(&format!("waits until {}{clocks}  {}", local(*from, zone), who(by.as_deref(), why.as_deref())));
    }
    if let Some((at, Beside::ShadowBegan { by, why })) = &record.shadow {
        say(&format!("decides beside since {}  {}", local(*at, zone), who(by.as_deref(), why.as_deref())));
    }
    Ok(())
}

fn applied(a: &Applied, zone: Tz) -> String {
    let back = a.back_to.map_or_else(String::new, |to| format!(", back to version {to}"));
    let why = a.why.as_ref().map_or_else(String::new, |why| format!(": {why}"));
    format!("version {}  {}  {}{back}{why}", a.version, local(a.at, zone), a.by.as_deref().unwrap_or("the first start"))
}

fn dropped(gone: &Dropped, zone: Tz) -> Option<String> {
    let (what, by, why) = match &gone.what {
        Beside::Cancelled { by: Some(by), why } => ("taken back before its day", Some(by.as_str()), why),
        Beside::Cancelled { by: None, why } => ("NOT put in force", Some("the backend"), why),
        Beside::Waits { by, why, .. } => ("replaced before its day", by.as_deref(), why),
        Beside::ShadowBegan { by, why } => ("replaced; it decided beside until then", by.as_deref(), why),
        Beside::ShadowEnded { .. } | Beside::Differs(_) => return None,
    };
    let waited = if let Some(Beside::Waits { from, by, why, .. }) = &gone.of {
        format!("; it waited until {}  {}", local(*from, zone), who(by.as_deref(), why.as_deref()))
    } else if let Beside::Waits { from, .. } = &gone.what {
        format!("; it waited until {}", local(*from, zone))
    } else {
        String::new()
    };
    Some(format!("{what}  {}  {}{waited}", local(gone.at, zone), who(by, why.as_deref())))
}

fn who(by: Option<&str>, why: Option<&str>) -> String {
    let why = why.map_or_else(String::new, |why| format!(": {why}"));
    format!("{}{why}", by.unwrap_or("somebody"))
}

/// A time as the playbook's people read it, with its offset.
pub(super) fn local(at: Timestamp, zone: Tz) -> String {
    at.utc().with_timezone(&zone).format("%a %Y-%m-%d %H:%M:%S %Z").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 24 * 3_600_000;

    fn lines(events: Vec<(i64, Event)>) -> Vec<String> {
        let mut record = Record::default();
        for (day, event) in events {
            record.take_in(Timestamp::from_millis(day * DAY), event);
        }
        record.dropped.iter().filter_map(|gone| dropped(gone, Tz::UTC)).collect()
    }

    fn waits(from: i64, by: &str, why: &str) -> Event {
        let from = Timestamp::from_millis(from * DAY);
        Event::Beside { what: Beside::Waits { from, by: Some(by.into()), why: Some(why.into()), recompute: false } }
    }

    fn applied(version: u32) -> Event {
        Event::PlaybookApplied { version, by: None, why: None, back_to: None }
    }

    #[test]
    fn a_version_that_another_replaced_stays_listed_with_its_who_and_why() {
        let began = |by: &str| Event::Beside { what: Beside::ShadowBegan { by: Some(by.into()), why: None } };
        assert_eq!(
            lines(vec![
                (1, waits(9, "ann", "summer hours")),
                (2, waits(8, "ben", "other hours")),
                (3, applied(2)),
                (4, began("cat")),
                (5, began("dan")),
                (6, applied(3)),
            ]),
            [
                "replaced before its day  Sat 1970-01-03 00:00:00 UTC  ann: summer hours; \
                 it waited until Sat 1970-01-10 00:00:00 UTC",
                "replaced before its day  Sun 1970-01-04 00:00:00 UTC  ben: other hours; \
                 it waited until Fri 1970-01-09 00:00:00 UTC",
                "replaced; it decided beside until then  Tue 1970-01-06 00:00:00 UTC  cat",
                "replaced; it decided beside until then  Wed 1970-01-07 00:00:00 UTC  dan",
            ]
        );
    }

    #[test]
    fn one_that_was_taken_back_keeps_its_day_its_author_and_its_reason() {
        let cancelled = |by: Option<&str>, why: &str| {
            let what = Beside::Cancelled { by: by.map(str::to_owned), why: Some(why.to_owned()) };
            Event::Beside { what }
        };
        assert_eq!(
            lines(vec![
                (1, waits(9, "ann", "summer hours")),
                (2, cancelled(Some("ben"), "too late")),
                (3, waits(4, "ann", "again")),
                (4, cancelled(None, "nobody is on call")),
            ]),
            [
                "taken back before its day  Sat 1970-01-03 00:00:00 UTC  ben: too late; \
                 it waited until Sat 1970-01-10 00:00:00 UTC  ann: summer hours",
                "NOT put in force  Mon 1970-01-05 00:00:00 UTC  the backend: nobody is on call; \
                 it waited until Mon 1970-01-05 00:00:00 UTC  ann: again",
            ]
        );
    }

    #[test]
    fn one_whose_day_came_is_not_replaced_by_itself() {
        assert_eq!(lines(vec![(1, waits(2, "ann", "summer hours")), (2, applied(2))]), [""; 0]);
    }
}
