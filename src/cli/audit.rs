//! `comeback audit verify`.

use clap::Subcommand;

use super::{DatabaseArg, say};
use crate::journal::{Head, to_hex, verify};
use crate::server::store::Store;

/// Entries read at once.
const PAGE: usize = 5_000;

/// Check the record.
#[derive(Debug, Subcommand)]
pub(super) enum Audit {
    /// Compute the whole chain of the journal anew and name the first entry that does not fit.
    Verify {
        #[command(flatten)]
        database: DatabaseArg,
    },
}

impl Audit {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let Self::Verify { database } = self;
        let store = database.open()?;
        let mut head = Head::GENESIS;
        loop {
            let entries = store.entries(head.seq, PAGE).await?;
            if entries.is_empty() {
                break;
            }
            head = verify(&head, &entries)?;
        }
        let (stored, _) = store.head().await?;
        anyhow::ensure!(
            stored.seq == head.seq && stored.hash == head.hash,
            "the journal ends at entry {}, but its head says {}: entries are missing",
            head.seq,
            stored.seq
        );
        say(&format!("whole: {} entries, head {}", head.seq, to_hex(&head.hash)));
        Ok(())
    }
}
