//! `comeback audit entries`: the journal as it was sealed, at an auditor's own shell.

use clap::Args;

use crate::cli::desk::Desk;
use crate::cli::say;

/// Print the journal as it was sealed, an entry a line as JSON: what anybody can compute the hashes of anew. It names no
/// phone and holds no text.
///
/// Read by an admin or an auditor at the backend that they are signed in at. An operator checks all of it by `audit verify`.
#[derive(Debug, Args)]
pub(in crate::cli) struct EntryArgs {
    /// Only entries after this one.
    #[arg(long, value_name = "SEQ", default_value_t = 0)]
    after: u64,
    /// Only those of these kinds, divided by commas, as `opted_out,send_started`.
    #[arg(long, value_name = "KINDS", default_value = "")]
    kinds: String,
}

impl EntryArgs {
    pub(super) async fn run(self, profile: &str) -> anyhow::Result<()> {
        let desk = Desk::open(profile).await?;
        let mut after = self.after;
        loop {
            let page = desk.backend.entries(after, &self.kinds).await?;
            for entry in &page.entries {
                say(&serde_json::to_string(entry)?);
            }
            after = page.through;
            if !page.more {
                return Ok(());
            }
        }
    }
}
