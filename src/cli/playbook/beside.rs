//! Versions that are not in force: one that waits for its day, one that decides beside today's and changes nothing.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use chrono::{NaiveDate, TimeZone as _};
use chrono_tz::Tz;

use super::history::local;
use super::{Change, words};
use crate::cli::oncall::exact;
use crate::cli::{DatabaseArg, say};
use crate::clock::Clock;
use crate::domain::beside::{Beside, Came, Difference};
use crate::domain::event::Event;
use crate::domain::expectation;
use crate::domain::playbook::Playbook;
use crate::domain::routing::Holder;
use crate::domain::time::Timestamp;
use crate::journal::Frame;
use crate::server::service::{BesideChange, PlaybookChange, Service, Work};
use crate::server::store::Store;
use crate::server::store::policy::{Kind, PolicyStore as _};

/// Entries read at once.
const PAGE: usize = 5_000;

/// Differences told one by one; the rest is counted.
const TOLD: usize = 20;

/// Writes down that a version comes into force at an instant.
pub(super) async fn wait(
    store: Arc<impl Store>,
    clock: Arc<dyn Clock>,
    change: PlaybookChange,
    from: &str,
) -> anyhow::Result<()> {
    let zone = change.playbook.zone();
    let from = instant(from, zone)?;
    anyhow::ensure!(
        from > clock.now(),
        "{} has passed. Nothing was changed; without --effective it comes into force now",
        local(from, zone)
    );
    let replaced = store.marks().await?.iter().any(|mark| mark.kind == Kind::Waiting);
    submit(store, clock, BesideChange::Wait { change, from }).await?;
    let day = from.utc().with_timezone(&zone).format("%A %Y-%m-%d %H:%M %Z");
    let instead = if replaced { ", in place of the one that waited" } else { "" };
    say(&format!(
        "comes into force on {day}{instead}, if a backend runs then or when one starts after it. Until then nothing \
         changes; a version applied before replaces it; comeback playbook cancel takes it back"
    ));
    Ok(())
}

/// A day means its first instant. A time without an offset is local to the company's zone.
fn instant(text: &str, zone: Tz) -> anyhow::Result<Timestamp> {
    if let Some(at) = exact(text, zone) {
        return at;
    }
    let day = NaiveDate::parse_from_str(text.trim(), "%Y-%m-%d").ok().and_then(|day| day.and_hms_opt(0, 0, 0));
    let local = day.ok_or_else(|| {
        anyhow::anyhow!(
            "\"{text}\" is no time: write a day, 2026-12-01, or a time in {zone}, 2026-12-01T09:00, or one with its \
             offset, 2026-12-01T09:00:00-05:00"
        )
    })?;
    let at = zone.from_local_datetime(&local).earliest();
    let at = at.ok_or_else(|| anyhow::anyhow!("in {zone} the clocks skip {local}: name another time"))?;
    Ok(at.to_utc().into())
}

/// Takes back the version that waits.
pub(super) async fn cancel(database: &DatabaseArg, change: Change) -> anyhow::Result<()> {
    let store = Arc::new(database.open()?);
    let waits = store.marks().await?.iter().any(|mark| mark.kind == Kind::Waiting);
    anyhow::ensure!(waits, "no version waits to come into force: nothing was changed");
    let (by, why) = (Some(words(&change.by)), change.why.as_deref().map(words));
    submit(store, database.clock(), BesideChange::Cancel { by, why }).await?;
    say("taken back: it will not come into force");
    Ok(())
}

/// From here on a version decides beside the one in force.
pub(super) async fn begin(store: Arc<impl Store>, clock: Arc<dyn Clock>, change: PlaybookChange) -> anyhow::Result<()> {
    submit(store, clock, BesideChange::Shadow(change)).await?;
    say("from the next reply on it is decided beside today's rules, and changes nothing. What it would do otherwise: \
         comeback playbook shadow; the next version applied ends it");
    Ok(())
}

async fn submit(store: Arc<impl Store>, clock: Arc<dyn Clock>, change: BesideChange) -> anyhow::Result<()> {
    let playbook = store.playbook().await?;
    let playbook = playbook.ok_or_else(|| {
        anyhow::anyhow!("this database has no playbook yet: start it once with comeback serve --playbook FILE")
    })?;
    let service = Service::start(store, clock, &playbook).await?;
    service.submit(Work::Beside(Box::new(change))).await?;
    Ok(())
}

/// What a version would have done otherwise.
#[derive(Default)]
struct Report {
    began: Option<(Timestamp, Option<String>, Option<String>)>,
    ended: Option<Timestamp>,
    replies: u64,
    different: u64,
    moved: BTreeMap<(Option<Holder>, Option<Holder>), u64>,
    sooner: u64,
    later: u64,
    clocks: u64,
    newest: VecDeque<(Timestamp, Difference)>,
}

impl Report {
    fn take_in(&mut self, at: Timestamp, event: Event) {
        if let Event::Beside { what: Beside::ShadowBegan { by, why } } = event {
            *self = Self { began: Some((at, by, why)), ..Self::default() };
            return;
        }
        if self.began.is_none() || self.ended.is_some() {
            return;
        }
        if matches!(event, Event::PlaybookApplied { .. } | Event::Beside { what: Beside::ShadowEnded { .. } }) {
            self.ended = Some(at);
        } else if matches!(event, Event::Received { kind, .. } if kind.arms_clock()) {
            self.replies += 1;
        } else if let Event::Beside { what: Beside::Differs(difference) } = event {
            self.count(&difference);
            self.newest.push_back((at, difference));
            if self.newest.len() > TOLD {
                self.newest.pop_front();
            }
        }
    }

    /// Counts it: what is kept does not grow with the journal.
    fn count(&mut self, difference: &Difference) {
        let Difference { is, would, .. } = difference;
        self.different += 1;
        if is.gets != would.gets {
            *self.moved.entry((is.gets.clone(), would.gets.clone())).or_default() += 1;
        }
        match (is.due, would.due) {
            (Some(is), Some(would)) => {
                self.sooner += u64::from(would < is);
                self.later += u64::from(would > is);
            }
            (is, would) => self.clocks += u64::from(is != would),
        }
    }
}

/// Ends the version that decides beside the one in force, or reports what it would have done.
pub(super) async fn shadow(database: &DatabaseArg, stop: bool, by: &str) -> anyhow::Result<()> {
    let store = Arc::new(database.open()?);
    if stop {
        let runs = store.marks().await?.iter().any(|mark| mark.kind == Kind::Shadow);
        anyhow::ensure!(runs, "no version decides beside the one in force: nothing was changed");
        submit(Arc::clone(&store), database.clock(), BesideChange::EndShadow { by: Some(words(by)) }).await?;
        say("it no longer decides beside the one in force");
    }
    let (mut after, mut report) = (0, Report::default());
    loop {
        let entries = store.entries(after, PAGE).await?;
        let Some(last) = entries.last() else { break };
        after = last.seq;
        for entry in &entries {
            let frame = Frame::decode(&entry.body)?;
            if ["playbook_applied", "beside", "received"].contains(&frame.kind.as_str()) {
                // An event of a newer version is passed over, as everywhere in the journal.
                let Ok(event) = serde_json::from_value::<Event>(frame.event) else { continue };
                report.take_in(entry.at, event);
            }
        }
    }
    let playbook = store.playbook().await?.ok_or_else(|| anyhow::anyhow!("this database has no playbook yet"))?;
    tell(&playbook, &report)
}

fn tell(playbook: &Playbook, report: &Report) -> anyhow::Result<()> {
    let Some((at, by, why)) = &report.began else {
        anyhow::bail!(
            "no version ever decided beside the one in force: comeback playbook apply --shadow FILE begins it"
        )
    };
    let zone = playbook.zone();
    let until = report.ended.map_or_else(|| "still does".to_owned(), |at| format!("until {}", local(at, zone)));
    let why = why.as_ref().map_or_else(String::new, |why| format!(": {why}"));
    say(&format!("decides beside since {}, {until}; {}{why}", local(*at, zone), by.as_deref().unwrap_or("somebody")));
    let (all, others) = (report.replies, report.different);
    say(&format!("{all} replies, {others} decided otherwise; nothing was changed by it"));
    let mut moved: Vec<_> = report.moved.iter().collect();
    moved.sort_by_key(|(_, n)| std::cmp::Reverse(**n));
    for ((from, to), n) in moved {
        let (from, to) = (holder(playbook, from.as_ref()), holder(playbook, to.as_ref()));
        say(&format!("  {n} would go to {to} and not to {from}"));
    }
    let due = [
        (report.sooner, "would be due sooner"),
        (report.later, "would be due later"),
        (report.clocks, "would begin or lose a clock"),
    ];
    due.iter().filter(|(n, _)| *n > 0).for_each(|(n, what)| say(&format!("  {n} {what}")));
    for (at, difference) in report.newest.iter().rev() {
        say(&line(playbook, zone, *at, difference));
    }
    let rest = report.different.saturating_sub(report.newest.len() as u64);
    if rest > 0 {
        say(&format!("and {rest} before them"));
    }
    Ok(())
}

fn line(playbook: &Playbook, zone: Tz, at: Timestamp, difference: &Difference) -> String {
    let local = |at: Timestamp| at.utc().with_timezone(&zone).format("%a %Y-%m-%d %H:%M:%S").to_string();
    let due = |came: &Came| came.due.map_or_else(|| "never".to_owned(), local);
    let owner = |came: &Came| came.owner.as_ref().map_or("nobody", |rep| playbook.rep_name(rep)).to_owned();
    let (is, would) = (&difference.is, &difference.would);
    let parts: Vec<String> = difference
        .what()
        .into_iter()
        .map(|what| match what {
            "gets" => format!("{} → {}", holder(playbook, is.gets.as_ref()), holder(playbook, would.gets.as_ref())),
            "due" => format!("due {} → {}", due(is), due(would)),
            "cohort" => format!("cohort {} → {}", is.cohort, would.cohort),
            _ => format!("owner {} → {}", owner(is), owner(would)),
        })
        .collect();
    format!("{}  {}  {}", local(at), difference.conversation, parts.join("; "))
}

fn holder(playbook: &Playbook, holder: Option<&Holder>) -> String {
    match holder {
        Some(Holder::Rep(rep)) => playbook.rep_name(rep).to_owned(),
        Some(pool @ Holder::Pool(_)) => expectation::words(pool),
        None => "nobody".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_its_first_instant_where_the_first_calendar_is() {
        let zone = chrono_tz::America::New_York;
        for (text, wanted) in [
            ("2026-12-01", "2026-12-01T05:00:00.000Z"),
            ("2026-07-01", "2026-07-01T04:00:00.000Z"),
            ("2026-12-01T09:30", "2026-12-01T14:30:00.000Z"),
            ("2026-12-01 09:30", "2026-12-01T14:30:00.000Z"),
            ("2026-12-01T09:30:00+01:00", "2026-12-01T08:30:00.000Z"),
            ("2026-12-01T09:30Z", "2026-12-01T09:30:00.000Z"),
            ("2026-12-01T09:30+01:00", "2026-12-01T08:30:00.000Z"),
        ] {
            assert_eq!(instant(text, zone).unwrap().to_string(), wanted, "{text}");
        }
        for text in ["", "tomorrow", "2026-13-01", "2026-12-01T25:00"] {
            assert!(instant(text, zone).unwrap_err().to_string().contains("is no time: write a day"), "{text}");
        }
        for (text, wanted) in [("2026-03-08T02:30", "does not exist in"), ("2026-11-01T01:30", "comes twice in")] {
            let refused = instant(text, zone).unwrap_err().to_string();
            assert!(refused.contains(wanted), "{text}: {refused}");
        }
    }
}
