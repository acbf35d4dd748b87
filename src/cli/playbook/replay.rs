//! `comeback playbook replay`: every reply of a period decided again under other rules, from the journal.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::sync::mpsc;

use super::history::utc;
use crate::cli::{DatabaseArg, say};
use crate::config::text::duration;
use crate::domain::command::Actor;
use crate::domain::event::{Event, Subject};
use crate::domain::playbook::Playbook;
use crate::domain::replay::{Load, PASSED_OVER, Replay, Report};
use crate::domain::time::{Span, Timestamp};
use crate::journal::Entry;
use crate::server::store::Store;
use crate::server::store::policy::PolicyStore as _;
use crate::server::store::sqlite::SqliteStore;

/// Entries read at once: what is in memory of the journal at any time is two of these.
const PAGE: usize = 5_000;

/// What the report cannot know, said with every report.
const NOTES: [&str; 4] = [
    "What people did (taking, answering, handing over, finishing, going away) stays as it was recorded.",
    "Offers, ladders, clocks, turns and who holds how much are simulated forward under the other rules.",
    "The CRM is asked as it is known now, for its cards as of then are not in the journal.",
    "A text's words are not in the journal: a rule that looks at them sees a plain question.",
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
    /// How it is told. CSV has one line for each holder.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
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
        let report = replay(&store, &rules, since).await?;
        match self.format {
            Format::Table => table(&rules, since, &report).iter().for_each(|line| say(line)),
            Format::Csv => csv(&report).iter().for_each(|line| say(line)),
            Format::Json => {
                let whole = serde_json::json!({ "since": since.to_string(), "notes": NOTES, "report": report });
                say(&serde_json::to_string_pretty(&whole)?);
            }
        }
        Ok(())
    }
}

/// Reads and decodes on one core while the other decides.
async fn replay(store: &Arc<SqliteStore>, rules: &Playbook, since: Timestamp) -> anyhow::Result<Report> {
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
    let mut replay = Replay::new(rules, since);
    while let Some(page) = pages.recv().await {
        let page = page?;
        let asked: BTreeSet<_> = page.iter().filter_map(|f| replay.asks(f.at, f.subject, &f.event)).collect();
        let mut known = store.cards_of(&asked).await?;
        for Fact { at, subject, actor, event } in &page {
            if let Some(number) = replay.asks(*at, *subject, event) {
                let cards = known.remove(&number);
                let cards = match cards {
                    Some(cards) => cards,
                    None => store.cards_of(&[number].into()).await?.remove(&number).unwrap_or_default(),
                };
                replay.know(number, cards);
            }
            replay.take_in(*at, *subject, actor, event);
        }
    }
    Ok(replay.finish())
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

fn table(rules: &Playbook, since: Timestamp, report: &Report) -> Vec<String> {
    let mut lines =
        vec![format!("{} replies since {}; {} would go to somebody else", report.replies, utc(since), report.moved)];
    let name = |who: &String| rules.reps.get(&who.as_str().into()).map_or_else(|| who.clone(), |rep| rep.name.clone());
    let moves = report.moves.iter().flat_map(|(from, all)| all.iter().map(move |(to, n)| (*n, from, to)));
    let mut moves: Vec<_> = moves.collect();
    moves.sort_by_key(|(n, ..)| std::cmp::Reverse(*n));
    lines.extend(moves.into_iter().map(|(n, from, to)| format!("  {n:>7}  {} → {}", name(from), name(to))));
    lines.push(String::new());
    lines.push("Targets, by cohort: same, sooner, later, with a clock now, without one now".to_owned());
    for (was, all) in &report.targets {
        for (is, t) in all {
            let cohort = if was == is { was.clone() } else { format!("{was} → {is}") };
            let Counted(numbers) = Counted::of(&[t.same, t.sooner, t.later, t.begun, t.dropped]);
            lines.push(format!("  {cohort:<28}{numbers}"));
        }
    }
    lines.push(String::new());
    lines.push(format!("{:<30}{:>9}{:>9}{:>9}{:>9}", "Load", "replies", "then", "most open", "then"));
    for (who, [before, after]) in &report.loads {
        let numbers = [before.replies, after.replies, before.most.into(), after.most.into()];
        lines.push(format!("  {:<28}{}", name(who), Counted::of(&numbers).0));
    }
    lines.push(String::new());
    lines.push(format!("{} replies would reach nobody who was here", report.nobody));
    lines.extend(report.nobody_first.iter().map(|(at, id)| format!("  {}  {id}", utc(*at))));
    lines.push(String::new());
    lines.extend(NOTES.map(str::to_owned));
    lines
}

/// Numbers under each other.
struct Counted(String);

impl Counted {
    fn of(numbers: &[u64]) -> Self {
        let mut line = String::new();
        for number in numbers {
            // Writing to a string cannot fail.
            let _ = write!(line, "{number:>9}");
        }
        Self(line)
    }
}

fn csv(report: &Report) -> Vec<String> {
    let head = "who,replies,replies_then,most_open,most_open_then".to_owned();
    let line = |(who, [before, after]): (&String, &[Load; 2])| {
        // A short name may hold anything a file's key may.
        let who = who.replace('"', "\"\"");
        format!("\"{who}\",{},{},{},{}", before.replies, after.replies, before.most, after.most)
    };
    std::iter::once(head).chain(report.loads.iter().map(line)).collect()
}
