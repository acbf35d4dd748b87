//! Whether all is well with this backend: one look, for `/ready` and for the heartbeat.

use std::time::Duration;

use super::engine;
use super::service::Service;
use super::store::StoreError;
use crate::domain::time::Span;

/// A deadline later than this, in real time, fires too late to be called on time.
const LATEST: Span = Span::minutes(1);

/// Longest wait for the database: longer than another process may hold it before a command is told to try again.
const PATIENCE: Duration = Duration::from_secs(8);

/// What is wrong, the worst first. Each is a sentence for an operator, without personal data.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// Nothing is decided any more.
    #[error("the committer has stopped: {0}")]
    Stopped(String),
    /// Another process writes to the database, or its disk does not answer.
    #[error("the database cannot be written: {0}")]
    Database(String),
    /// Deadlines and sends pause.
    #[error("the clock went back: deadlines and sends pause")]
    ClockBehind,
    /// Clocks do not fire.
    #[error("a deadline is more than a minute late")]
    Late,
    /// The carrier's list is not compared any more.
    #[error("the reconciler has not run for too long")]
    Reconciler,
}

impl Trouble {
    /// What to do next.
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Stopped(_) => "See the log; the process ends, and its supervisor starts it again.",
            Self::Database(_) => "See who else has it open (a backup, a shell), the disk, and the log.",
            Self::ClockBehind => "Check the machine's time.",
            Self::Late => "See the log: a conversation that does not read is named there.",
            Self::Reconciler => "See the log; without it a text whose webhook was lost stays lost.",
        }
    }
}

/// Looks once: the committer runs, the database can be written, the clock is not behind the journal, no deadline is late
/// by more than a minute, the reconciler ran. Nothing is written.
pub async fn look(service: &Service) -> Result<(), Trouble> {
    if let Some(why) = service.stopped() {
        return Err(Trouble::Stopped(why));
    }
    match tokio::time::timeout(PATIENCE, database(service)).await {
        Ok(result) => result?,
        Err(_) => return Err(Trouble::Database("it does not answer".to_owned())),
    }
    if service.metrics().is_reconciler_overdue() { Err(Trouble::Reconciler) } else { Ok(()) }
}

async fn database(service: &Service) -> Result<(), Trouble> {
    let trouble = |e: StoreError| Trouble::Database(e.to_string());
    // Takes the lock that writing needs, and gives it back.
    drop(service.store().begin().await.map_err(trouble)?);
    if engine::is_clock_behind(service).await.map_err(trouble)? {
        return Err(Trouble::ClockBehind);
    }
    let clock = service.clock();
    let (late, _) = service.store().due(clock.now() - clock.of_real(LATEST), 1).await.map_err(trouble)?;
    if late.is_empty() { Ok(()) } else { Err(Trouble::Late) }
}
