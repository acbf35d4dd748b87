//! `comeback explain ID|SID`: who got a conversation and why, from the journal.

use std::path::PathBuf;

use clap::Args;

use super::desk::Desk;
use super::{DatabaseArg, parse_database, say};
use crate::domain::id::ConversationId;
use crate::domain::time::Timestamp;
use crate::server::explain::{self, Notes, Told};
use crate::server::store::Store;
use crate::server::store::sqlite::SqliteStore;

/// Why a conversation went to whom it went.
///
/// Read by whoever sees the conversation, by an auditor of any, without the words of notes, or by an operator.
#[derive(Debug, Args)]
pub(super) struct Explain {
    /// sqlite:PATH, as the operator; without it the backend that you are signed in at is asked
    #[arg(long, env = "COMEBACK_DATABASE", value_parser = parse_database)]
    database: Option<PathBuf>,
    /// A conversation's id, as `w` in the inbox shows it, or the carrier's id of a text in it (`SM…`, `MM…`).
    id: String,
}

impl Explain {
    pub(super) async fn run(self, profile: &str) -> anyhow::Result<()> {
        let (zone, told) = if let Some(database) = &self.database {
            let store = DatabaseArg { database: database.clone() }.open()?;
            let conversation = find(&store, &self.id).await?;
            let playbook =
                store.playbook().await?.ok_or_else(|| anyhow::anyhow!("this database has no playbook yet"))?;
            let zone = playbook.zone();
            (zone, explain::of(&store, &playbook, zone, conversation, Notes::Told).await?)
        } else {
            let desk = Desk::open(profile).await?;
            let told = desk.backend.explanation(&self.id).await?.facts;
            let told = told.into_iter().map(|f| Told { at: Timestamp::from_millis(f.at), lines: f.lines }).collect();
            (desk.zone, told)
        };
        anyhow::ensure!(!told.is_empty(), "the journal has nothing about the conversation {}", self.id);
        for Told { at, lines } in told {
            let at = at.utc().with_timezone(&zone).format("%Y-%m-%d %H:%M:%S");
            for (n, line) in lines.iter().enumerate() {
                if n == 0 { say(&format!("{at}  {line}")) } else { say(&format!("{:21}{line}", "")) }
            }
        }
        Ok(())
    }
}

async fn find(store: &SqliteStore, id: &str) -> anyhow::Result<ConversationId> {
    explain::meant(store, id).await?.ok_or_else(|| {
        anyhow::anyhow!(
            "\"{id}\" is no conversation's id, and no text came under it. The carrier's log has its ids: SM… or MM…"
        )
    })
}
