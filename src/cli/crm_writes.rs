//! `comeback crm writes|retry`.

use clap::Subcommand;

use super::{DatabaseArg, say};
use crate::clock::{Clock as _, SystemClock};
use crate::domain::time::Timestamp;
use crate::domain::write_back::Wanted;
use crate::server::store::crm_write::{CrmRow, CrmWriteStore as _};

/// Rows shown of each kind.
const SHOWN: usize = 50;

/// What is written into the CRM: what waits, and what it refused.
#[derive(Debug, Subcommand)]
pub(super) enum CrmWrites {
    /// Show what is not in the CRM yet, longest first, and what it refused, newest first. No names and no texts.
    Writes {
        #[command(flatten)]
        database: DatabaseArg,
    },
    /// Try again what the CRM refused, once its cause is mended. What may stand there is looked for first.
    Retry {
        #[command(flatten)]
        database: DatabaseArg,
    },
}

impl CrmWrites {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Writes { database } => {
                let store = database.open()?;
                let standing = store.crm_standing().await?;
                let (waiting, refused) = store.crm_stuck(SHOWN).await?;
                say(&format!("{} wait, {} were refused within ninety days", standing.waiting, standing.refused));
                let now = SystemClock.now();
                for row in waiting.iter().chain(&refused) {
                    say(&line(row, now));
                }
                let more = |all: u64, shown: usize| usize::try_from(all).unwrap_or(usize::MAX).saturating_sub(shown);
                match more(standing.waiting, waiting.len()) + more(standing.refused, refused.len()) {
                    0 => {}
                    more => say(&format!("… and {more} more")),
                }
            }
            Self::Retry { database } => {
                let again = database.open()?.crm_retry(SystemClock.now()).await?;
                say(&format!("{again} write(s) are tried again by the backend"));
            }
        }
        Ok(())
    }
}

/// What, how long, of which conversation, and why.
fn line(row: &CrmRow, now: Timestamp) -> String {
    let what = match row.wanted {
        Wanted::Log { .. } => "text",
        Wanted::Outcome { .. } => "outcome",
        Wanted::FollowUp { .. } => "task for later",
        Wanted::Task { .. } => "task",
        Wanted::TaskDone { .. } => "end of a task",
        Wanted::Reopened => "opened again",
        Wanted::Moved => "meeting moved",
        Wanted::Undelivered { .. } => "not arrived",
        Wanted::Missed { .. } => "not answered",
        Wanted::Owner => "owner",
        Wanted::Consent { .. } => "opt-out",
    };
    let state = if row.ended.is_some() { "refused" } else { "waits" };
    let minutes = now.since(row.at).as_seconds().max(0) / 60;
    let why = row.waits.as_deref().unwrap_or("not tried yet");
    format!("{state:<8}{what:<15}{minutes:>6} min  {}  {why}", row.conversation)
}
