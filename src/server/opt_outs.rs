//! Every opt-out and opt-in, one line each, in a file outside the database: a backup that is brought back has forgotten
//! those since, and a text to somebody who said STOP cannot be taken back.
//!
//! The file holds phone numbers, for only with them it can be obeyed: keep it as you keep the database. It follows the
//! journal: after a crash it is written on from where it ended.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::DateTime;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::watch;

use super::outside;
use super::service::Service;
use super::store::{Store, StoreError};
use crate::domain::consent::{Number, OptOut, OptOutSource, Scope};
use crate::domain::contact::Address;
use crate::domain::event::{Event, Subject};
use crate::domain::id::NumberId;
use crate::domain::time::Timestamp;
use crate::journal::{Entry, Frame};

/// Entries read at once.
const PAGE: usize = 1_000;

/// How soon it is looked again for what another process wrote into the journal, as an import beside the backend does.
const EVERY: Duration = Duration::from_secs(5);

/// Before a file that could not be written is tried again.
const PAUSE: Duration = Duration::from_secs(10);

/// Why the file is not up to date. What it holds stays.
#[derive(Debug, thiserror::Error)]
pub enum KeepError {
    /// The file.
    #[error("the file of opt-outs cannot be used: {0}")]
    File(#[from] std::io::Error),
    /// A line is none of ours.
    #[error("line {0} of the file of opt-outs is not one: is it another file?")]
    Line(usize),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// One line. Fields that this version does not know are passed over, and so are events: later versions write more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Of which epoch the journal was.
    pub epoch: u32,
    /// The entry.
    pub seq: u64,
    /// Its time.
    pub at: String,
    /// `opted_out`, `opted_in`.
    pub event: String,
    /// Whose number, as it texts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// How it was known, as in the journal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Value>,
    /// How far it reaches; all our numbers when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<Scope>,
    /// When the buyer said so, when a list told it later; in milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub said: Option<Timestamp>,
}

/// The last word of a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// Whether it is out.
    pub out: bool,
    /// How it was known.
    pub source: OptOutSource,
}

/// What a file says.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Words {
    /// The last word of every number about all of us.
    pub last: BTreeMap<Address, Word>,
    /// And about a part of us.
    pub parts: BTreeMap<(Address, Scope), Word>,
    /// Lines of a kind that this version does not know.
    pub unknown: usize,
}

/// Follows the journal until `shutdown`. A failure is told in the log and tried again: the backend goes on.
pub async fn run(service: Service, file: PathBuf, mut shutdown: watch::Receiver<bool>) {
    let mut wake = service.pulse().watch();
    let mut written = None;
    loop {
        let last = *shutdown.borrow();
        wake.mark_unchanged();
        let pause = match follow(service.store().as_ref(), &file, &mut written).await {
            Ok(()) => None,
            Err(e) => {
                tracing::error!(error = %e, "opt-outs are not written to their file; it is tried again");
                Some(PAUSE)
            }
        };
        if last {
            return;
        }
        tokio::select! {
            () = tokio::time::sleep(pause.unwrap_or(EVERY)) => {}
            _ = wake.changed(), if pause.is_none() => {}
            _ = shutdown.wait_for(|down| *down) => {}
        }
    }
}

/// Whether the file can be used, asked at the start.
pub fn check(file: &Path) -> Result<(), KeepError> {
    outside::append(file, &[])?;
    read(file).map(drop)
}

/// Appends what the journal holds after `written`; at first, after the file's last line.
pub async fn follow(store: &dyn Store, file: &Path, written: &mut Option<u64>) -> Result<(), KeepError> {
    let (_, epoch) = store.head().await?;
    let mut at = match *written {
        Some(at) => at,
        None => begins_after(store, file, epoch).await?,
    };
    loop {
        let entries = store.entries(at, PAGE).await?;
        let Some(newest) = entries.last().map(|e| e.seq) else { break };
        let mut lines = Vec::new();
        for entry in &entries {
            if let Some(line) = line_of(store, entry, epoch).await? {
                lines.push(line);
            }
        }
        if !lines.is_empty() {
            outside::append(file, &lines)?;
        }
        at = newest;
        *written = Some(at);
    }
    *written = Some(at);
    Ok(())
}

/// The last entry of this epoch that the file holds; else the one this epoch began after.
async fn begins_after(store: &dyn Store, file: &Path, epoch: u32) -> Result<u64, KeepError> {
    let began = store.restores().await?.last().map_or(0, |r| r.after);
    let ours = read_lines(file)?.into_iter().filter(|line| line.epoch == epoch).map(|line| line.seq);
    Ok(ours.max().unwrap_or(began))
}

async fn line_of(store: &dyn Store, entry: &Entry, epoch: u32) -> Result<Option<String>, StoreError> {
    // Most entries are about something else: no JSON is read for them.
    if !entry.body.windows(7).any(|w| w == b"\"opted_") {
        return Ok(None);
    }
    let Ok(frame) = Frame::decode(&entry.body) else { return Ok(None) };
    let (Ok(Subject::Number(number)), Ok(event)) =
        (serde_json::from_value::<Subject>(frame.subject), serde_json::from_value::<Event>(frame.event))
    else {
        return Ok(None);
    };
    let (Event::OptedOut { source, scope, said, .. } | Event::OptedIn { source, scope, said, .. }) = &event else {
        return Ok(None);
    };
    // An erased number is no longer anybody's.
    let Some(address) = store.address(number).await? else { return Ok(None) };
    let line = Line {
        epoch,
        seq: entry.seq,
        at: entry.at.to_string(),
        event: event.kind().to_owned(),
        number: Some(address.as_str().to_owned()),
        source: serde_json::to_value(source).ok(),
        scope: Some(scope.clone()).filter(|scope| !scope.is_tenant()),
        said: *said,
    };
    Ok(serde_json::to_string(&line).ok())
}

fn read_lines(file: &Path) -> Result<Vec<Line>, KeepError> {
    let lines = outside::lines(file)?;
    let lines = lines.iter().enumerate().filter(|(_, line)| !line.is_empty());
    // The parser's own words may quote a number.
    lines.map(|(n, line)| serde_json::from_str(line).map_err(|_| KeepError::Line(n + 1))).collect()
}

/// The last word of every number in a file. Words are taken in as the database took them in, one after the other: what a
/// list says against a newer word counts for nothing here either.
pub fn read(file: &Path) -> Result<Words, KeepError> {
    let (mut words, mut numbers) = (Words::default(), BTreeMap::new());
    for (n, line) in read_lines(file)?.into_iter().enumerate() {
        let out = match line.event.as_str() {
            "opted_out" => true,
            "opted_in" => false,
            _ => {
                words.unknown += 1;
                continue;
            }
        };
        let number = line.number.as_deref().and_then(|number| Address::parse(number).ok());
        let address = number.ok_or(KeepError::Line(n + 1))?.person();
        // A source of a later version still means what its event says.
        let source = line.source.and_then(|source| serde_json::from_value(source).ok());
        let source: OptOutSource = source.unwrap_or(OptOutSource::Carrier);
        let at = DateTime::parse_from_rfc3339(&line.at).map_or(Timestamp::MIN, |at| at.to_utc().into());
        let (scope, said) = (line.scope.unwrap_or_default(), line.said);
        let event = if out {
            Event::OptedOut { source: source.clone(), scope, said, undated: false }
        } else {
            Event::OptedIn { source: source.clone(), scope, said, words: None }
        };
        let number = numbers.entry(address.clone()).or_insert_with(|| Number::new(NumberId(uuid::Uuid::nil())));
        number.apply(at, &event);
        words.stand(&address, number, &source);
    }
    Ok(words)
}

impl Words {
    /// Takes over where a number stands after a word of this source.
    fn stand(&mut self, address: &Address, number: &Number, source: &OptOutSource) {
        let word = |out: Option<&OptOut>| match out {
            Some(out) => Word { out: true, source: out.source.clone() },
            None => Word { out: false, source: source.clone() },
        };
        self.last.insert(address.clone(), word(number.opted_out.as_ref()));
        let own = self.parts.range_mut((address.clone(), Scope::Tenant)..);
        for ((_, scope), known) in own.take_while(|((a, _), _)| a == address) {
            let out = number.parts.iter().find(|(own, _)| own == scope).map(|(_, out)| out);
            if known.out != out.is_some() {
                *known = word(out);
            }
        }
        for (scope, out) in &number.parts {
            self.parts.insert((address.clone(), scope.clone()), word(Some(out)));
        }
    }
}
