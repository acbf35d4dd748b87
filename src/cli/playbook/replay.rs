//! `comeback playbook replay`: every reply of a period decided again under other rules, from the journal.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::sync::mpsc;

use crate::cli::DatabaseArg;
use crate::config::text::duration;
use crate::domain::command::Actor;
use crate::domain::event::{Event, Subject};
use crate::domain::id::NumberId;
use crate::domain::ownership::territory;
use crate::domain::playbook::Playbook;
use crate::domain::replay::{PASSED_OVER, Replay, Reply, Report};
use crate::domain::time::{Span, Timestamp};
use crate::journal::Entry;
use crate::server::store::Store;
use crate::server::store::policy::PolicyStore as _;
use crate::server::store::sqlite::SqliteStore;
use told::Teller;

mod told;

/// Entries read at once: what is in memory of the journal at any time is two of these.
const PAGE: usize = 5_000;

/// What the report cannot know, said with every report.
const NOTES: [&str; 4] = [
    "What people did (taking, answering, handing over, finishing, going away) stays as it was recorded.",
    "Offers, ladders, clocks, turns and who holds how much are simulated forward under the other rules.",
    "Who was behind a number is in the journal, the CRM's cards as of then are not: those of today are used.",
    "Of a text the journal keeps what kind it was and the playbook's own word or campaign that spoke: other words say \
     nothing to the other rules.",
];

/// Decide every reply of a period again under other rules, from the journal. Nothing is changed.
#[derive(Debug, Args)]
pub(in crate::cli) struct ReplayArgs {
    #[command(flatten)]
    database: DatabaseArg,
    /// The other rules: a playbook's file.
    #[arg(long, value_name = "FILE")]
    rules: PathBuf,
    /// How far back, as in 30d or 12h.
    #[arg(long, default_value = "30d", value_parser = period)]
    since: Span,
    /// How it is told. CSV has a row for each reply; table and JSON tell the totals.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// Reply by reply, also in a table (those that differ) and in JSON.
    #[arg(long)]
    each: bool,
    /// The totals, also as CSV.
    #[arg(long, conflicts_with = "each")]
    summary: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Table,
    Csv,
    Json,
}

fn period(text: &str) -> Result<Span, String> {
    duration(text).ok_or_else(|| "write it 30d, 12h or 90m".to_owned())
}

/// One fact, read.
struct Fact {
    at: Timestamp,
    subject: Subject,
    actor: Actor,
    event: Event,
}

impl ReplayArgs {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let rules = super::read(&self.rules)?;
        let store = Arc::new(self.database.open()?);
        let since = Timestamp::from_millis(self.database.clock().now().millis() - self.since.as_millis());
        let mut teller = match (self.format, self.each, self.summary) {
            (Format::Table, each, _) => Teller::table(&rules, since, each),
            (Format::Csv, _, true) => Teller::totals(),
            (Format::Csv, _, false) => Teller::csv(&rules),
            (Format::Json, each, _) => Teller::json(since, each)?,
        };
        let report = replay(&store, &rules, since, &mut |reply| teller.reply(reply)).await?;
        teller.report(&report)
    }
}

/// Reads and decodes on one core while the other decides.
async fn replay(
    store: &Arc<SqliteStore>,
    rules: &Playbook,
    since: Timestamp,
    told: &mut (dyn FnMut(&Reply) -> anyhow::Result<()> + Send),
) -> anyhow::Result<Report> {
    let (send, mut pages) = mpsc::channel::<anyhow::Result<Vec<Fact>>>(1);
    let reading = Arc::clone(store);
    tokio::spawn(async move {
        let mut after = 0;
        loop {
            let page = match reading.entries(after, PAGE).await {
                Ok(entries) => {
                    let Some(last) = entries.last() else { return };
                    after = last.seq;
                    entries.iter().filter_map(|entry| decoded(entry).transpose()).collect()
                }
                Err(e) => Err(e.into()),
            };
            let stop = page.is_err();
            if send.send(page).await.is_err() || stop {
                return;
            }
        }
    });
    let mut same = BTreeSet::new();
    let in_force = store.playbook().await?.map_or(0, |playbook| playbook.version);
    for version in 1..=in_force {
        let is_same = store.playbook_of(version).await?.is_some_and(|earlier| super::same(&earlier, rules));
        same.extend(is_same.then_some(version));
    }
    let by_area = rules.territories.values().flat_map(|t| &t.rows).any(|row| row.area_code.is_some());
    let mut replay = Replay::new(rules, since).same_as(same);
    while let Some(page) = pages.recv().await {
        let page = page?;
        let asked: BTreeSet<_> = page.iter().filter_map(|f| replay.asks(f.at, f.subject, &f.event)).collect();
        let mut known = store.cards_of(&asked).await?;
        let mut areas = areas(store, by_area, &asked).await?;
        for Fact { at, subject, actor, event } in &page {
            if let Some(number) = replay.asks(*at, *subject, event) {
                if !known.contains_key(&number) {
                    // Its conversation was done within this page, and goes on.
                    known.append(&mut store.cards_of(&[number].into()).await?);
                    areas.append(&mut self::areas(store, by_area, &[number].into()).await?);
                }
                let cards = known.remove(&number).unwrap_or_default();
                let area = areas.remove(&number);
                replay.know(number, cards, area);
            }
            if let Some(reply) = replay.take_in(*at, *subject, actor, event) {
                told(&reply)?;
            }
        }
    }
    if let Some(reply) = replay.last() {
        told(&reply)?;
    }
    Ok(replay.finish())
}

/// Area codes of numbers, where a territory of the other rules looks at them.
async fn areas(
    store: &SqliteStore,
    by_area: bool,
    numbers: &BTreeSet<NumberId>,
) -> anyhow::Result<BTreeMap<NumberId, String>> {
    if !by_area {
        return Ok(BTreeMap::new());
    }
    let found = store.addresses_of(numbers).await?.into_iter();
    Ok(found.filter_map(|(id, address)| Some((id, territory::area_code(address.as_str())?.to_owned()))).collect())
}

/// A frame, of which only what is needed is read whole.
#[derive(Deserialize)]
struct Lean<'a> {
    #[serde(borrow)]
    subject: &'a RawValue,
    kind: &'a str,
    #[serde(borrow)]
    event: &'a RawValue,
    #[serde(borrow)]
    actor: &'a RawValue,
}

/// None for what no rule looks at, and for an event of a newer version, which is passed over as everywhere.
fn decoded(entry: &Entry) -> anyhow::Result<Option<Fact>> {
    let frame: Lean<'_> = serde_json::from_slice(&entry.body)?;
    if PASSED_OVER.contains(&frame.kind) {
        return Ok(None);
    }
    let Ok(event) = serde_json::from_str::<Event>(frame.event.get()) else { return Ok(None) };
    let Ok(subject) = serde_json::from_str(frame.subject.get()) else { return Ok(None) };
    let Ok(actor) = serde_json::from_str(frame.actor.get()) else { return Ok(None) };
    Ok(Some(Fact { at: entry.at, subject, actor, event }))
}
