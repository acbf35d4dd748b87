//! `comeback consent import FILE`: opt-outs and evidence of opt-ins, from a file.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;

use super::super::import::progress::Progress;
use super::super::{DatabaseArg, say};
use crate::domain::command::Actor;
use crate::domain::consent::OptOutSource;
use crate::domain::consent::ledger::Taken;
use crate::server::consent::{Checked, checked};
use crate::server::service::{Heard, Outcome, Service, ServiceError, Work};
use crate::server::store::Store;
use crate::wire::consent::ConsentRow;
use crate::wire::table::{Rows, Wrong};

mod open_holds;

use open_holds::OpenHolds;

/// Rows handed over together.
const BATCH: usize = 200;

/// How often a database that somebody else holds is tried again, and how long is waited in between.
const TRIES: u32 = 30;
const PAUSE: Duration = Duration::from_millis(500);

/// What a list is called that nobody named.
const UNNAMED: &str = "import";

/// A row with where it was said: its own word, else the list's name.
fn of_list(row: ConsentRow, list: Option<&str>) -> ConsentRow {
    let own = row.source.filter(|source| !source.trim().is_empty());
    ConsentRow { source: own.or_else(|| list.map(str::to_owned)), ..row }
}

/// Takes in a file, row by row.
pub(super) async fn import(database: &DatabaseArg, list: Option<&str>, file: &Path) -> anyhow::Result<()> {
    let (store, clock): (Arc<dyn Store>, _) = (Arc::new(database.open()?), database.clock());
    let playbook = store.playbook().await?.ok_or_else(|| {
        anyhow::anyhow!("this database has no playbook yet: start it once with comeback serve --playbook FILE")
    })?;
    let name = file.display().to_string();
    let open = std::fs::File::open(file).with_context(|| format!("{name} cannot be read"))?;
    let size = open.metadata().map_or(0, |m| m.len());
    let mut rows =
        Rows::<ConsentRow>::open(file, open).map_err(|why| anyhow::anyhow!("{name}:1: {why}. Nothing was taken in"))?;
    let service = Service::start(store, Arc::clone(&clock), &playbook).await?;
    let by = (Actor::Operator, OptOutSource::Import(list.unwrap_or(UNNAMED).to_owned()));
    let (batch, named) = (Vec::new(), name.clone());
    let mut import = Importing { service, named, batch, new: 0, known: 0, overtaken: 0, refused: 0, undated: 0 };
    let mut progress = Progress::new(size);
    let mut ended = Ok(());
    let mut holds = OpenHolds::default();
    let read = |row| checked(of_list(row, list), (&by.0, &by.1), &playbook, clock.now());
    while let Some((line, row)) = rows.next() {
        progress.at(rows.bytes(), import.read());
        let read = match row {
            Ok(row) => match holds.pass(line, row) {
                Some(row) => read(row),
                None => continue,
            },
            Err(Wrong::Row(why)) => Err(why),
            Err(Wrong::File(why)) => {
                ended = Err(anyhow::anyhow!("{name}:{line}: {why}. Nothing after it was read"));
                break;
            }
        };
        match read {
            Ok(Checked { heard, how }) => {
                import.undated += u64::from(heard.undated);
                if !how.is_empty() {
                    progress.clear();
                    say(&format!("{name}:{line}: taken as an opt-out: {}", how.join("; ")));
                }
                import.take(line, heard).await?;
            }
            Err(why) => {
                progress.clear();
                import.refused += 1;
                say(&format!("{name}:{line}: {why}"));
            }
        }
    }
    for (line, row) in holds.left() {
        progress.clear();
        match read(row) {
            Ok(Checked { heard, .. }) => {
                say(&format!("{name}:{line}: a hold that nobody ruled on: taken as an opt-out"));
                import.take(line, heard).await?;
            }
            Err(why) => {
                import.refused += 1;
                say(&format!("{name}:{line}: {why}"));
            }
        }
    }
    import.flush().await?;
    progress.clear();
    let Importing { new, known, overtaken, refused, undated, .. } = import;
    say(&format!(
        "{name}: {new} taken in, {known} known before, {overtaken} not taken in since a newer word says otherwise, \
         {refused} refused"
    ));
    if holds.passed() > 0 {
        say(&format!(
            "{name}: {} line(s) about holds and blocks say nothing by themselves. Numbers that were blocked are listed by \
             comeback consent blocked, and are not blocked here",
            holds.passed()
        ));
    }
    if undated > 0 {
        say(&format!(
            "{name}: {undated} opt-out(s) have no date that can be read: each counts from when this list first named it"
        ));
    }
    ended?;
    anyhow::ensure!(
        refused == 0,
        "{refused} row(s) were not taken in; the others are. Mend them and run it again: what is known stays as it is"
    );
    Ok(())
}

/// An import on its way: at most one batch is in memory.
struct Importing {
    service: Service,
    /// What the file is called.
    named: String,
    /// Rows with their lines.
    batch: Vec<(u64, Heard)>,
    new: u64,
    known: u64,
    overtaken: u64,
    refused: u64,
    undated: u64,
}

impl Importing {
    const fn read(&self) -> u64 {
        self.new + self.known + self.overtaken + self.refused
    }

    async fn take(&mut self, line: u64, heard: Heard) -> anyhow::Result<()> {
        self.batch.push((line, heard));
        if self.batch.len() >= BATCH { self.flush().await } else { Ok(()) }
    }

    /// The backend may run on the same database: it is waited for. A row that is handed over twice is known the second
    /// time.
    async fn flush(&mut self) -> anyhow::Result<()> {
        let mut left = std::mem::take(&mut self.batch);
        for _ in 0..TRIES {
            let mut waits = Vec::with_capacity(left.len());
            for (line, heard) in left.drain(..) {
                waits.push((self.service.hand_over(Work::Heard(Box::new(heard.clone()))), (line, heard)));
            }
            for (wait, row) in waits {
                let outcome = match wait {
                    Ok(wait) => wait.await,
                    Err(e) => Err(e),
                };
                match outcome {
                    Ok(Outcome::Heard(Taken::New)) => self.new += 1,
                    Ok(Outcome::Heard(Taken::Overtaken)) => self.overtaken += 1,
                    Ok(Outcome::Heard(Taken::Repeated)) => {
                        self.known += 1;
                        say(&format!(
                            "{}:{}: known before: this list said so without a date, and the buyer came back since. If \
                             they asked again, write when",
                            self.named, row.0
                        ));
                    }
                    Ok(_) => self.known += 1,
                    Err(ServiceError::Busy) => left.push(row),
                    Err(e) => return Err(e.into()),
                }
            }
            if left.is_empty() {
                return Ok(());
            }
            tokio::time::sleep(PAUSE).await;
        }
        anyhow::bail!("the database is busy for too long. {} row(s) are taken in; run it again for the rest", self.new)
    }
}
