//! `comeback crm writes|retry`.

use std::collections::BTreeSet;

use clap::Subcommand;

use super::{DatabaseArg, say};
use crate::clock::{Clock as _, SystemClock};
use crate::domain::time::Timestamp;
use crate::domain::write_back::Wanted;
use crate::server::store::crm_write::{CrmRow, CrmStanding, CrmWriteStore as _};

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
    /// Try again what the CRM refused, or does not let us write, once its cause is mended. What may stand there is looked for
    /// first.
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
                say(&headline(standing));
                let now = SystemClock.now();
                let mut first = BTreeSet::new();
                for row in waiting.iter().chain(&refused) {
                    let is_behind = row.ended.is_none() && !first.insert(row.conversation);
                    say(&line(row, is_behind, now));
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

/// How all of them stand.
fn headline(standing: CrmStanding) -> String {
    let forbidden = match standing.forbidden {
        0 => String::new(),
        forbidden => format!(" ({forbidden} because the CRM does not let its app write them)"),
    };
    format!("{} wait{forbidden}, {} were refused within ninety days", standing.waiting, standing.refused)
}

/// What is to be written, in a word or two.
pub(super) const fn kind(wanted: &Wanted) -> &'static str {
    match wanted {
        Wanted::Log { .. } => "text",
        Wanted::Outcome { .. } => "outcome",
        Wanted::FollowUp { .. } => "task for later",
        Wanted::Task { .. } => "task",
        Wanted::TaskDone { .. } => "end of a task",
        Wanted::Reopened => "opened again",
        Wanted::NotHeld { called_off: false } => "meeting moved",
        Wanted::NotHeld { called_off: true } => "meeting off",
        Wanted::PutAside => "task put aside",
        Wanted::Undelivered { .. } => "not arrived",
        Wanted::Missed { .. } => "not answered",
        Wanted::Owner => "owner",
        Wanted::Consent { .. } => "opt-out",
    }
}

/// What, how long, of which conversation, and why. One that was not tried may be behind an earlier one of its conversation.
fn line(row: &CrmRow, is_behind: bool, now: Timestamp) -> String {
    let what = kind(&row.wanted);
    let state = if row.ended.is_some() { "refused" } else { "waits" };
    let minutes = now.since(row.at).as_seconds().max(0) / 60;
    let untried = if is_behind { "behind the one before it of its conversation" } else { "not tried yet" };
    let why = row.waits.as_deref().unwrap_or(untried);
    format!("{state:<8}{what:<15}{minutes:>6} min  {}  {why}", row.conversation)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::domain::id::ConversationId;

    #[test]
    fn what_the_crm_does_not_let_us_write_is_told_with_its_cause_and_what_is_behind_it_says_so() {
        let at = Timestamp::from_millis(1_772_550_000_000);
        let task = CrmRow {
            key: Uuid::from_u128(1),
            once: String::new(),
            conversation: ConversationId(Uuid::from_u128(2)),
            place: (1, 0),
            at,
            rep: None,
            wanted: Wanted::Task { due: at },
            about: None,
            closed: false,
            forbidden: true,
            next_at: at,
            tries: 1,
            begun: false,
            waits: Some("the CRM does not let our app do this (403)".to_owned()),
            ended: None,
            made: None,
        };
        assert!(line(&task, false, at).ends_with("the CRM does not let our app do this (403)"));
        let behind = CrmRow { forbidden: false, waits: None, ..task };
        assert!(line(&behind, true, at).ends_with("behind the one before it of its conversation"));
        assert!(line(&behind, false, at).ends_with("not tried yet"));
        let standing = CrmStanding { waiting: 3, forbidden: 1, failed: 1, refused: 2, oldest: Some(at) };
        let told = "3 wait (1 because the CRM does not let its app write them), 2 were refused within ninety days";
        assert_eq!(headline(standing), told);
        let plain = CrmStanding { forbidden: 0, ..standing };
        assert_eq!(headline(plain), "3 wait, 2 were refused within ninety days");
    }
}
