//! `comeback consent dossier`: the answer to a complaint about one number.

use std::path::PathBuf;

use clap::Args;

use super::number_from_stdin;
use crate::cli::desk::Desk;
use crate::cli::{DatabaseArg, parse_database, say};
use crate::domain::time::Timestamp;
use crate::server::consent::whose;
use crate::server::dossier;
use crate::server::store::Store as _;

/// Everything about one number in time order: what it was sent and by whom, what it wrote, consent, rulings, refusals.
///
/// Read by an admin, an auditor or an operator. The number may come on standard input instead of the command line, which
/// everybody on the machine sees: `echo +14155550123 | comeback consent dossier`.
#[derive(Debug, Args)]
pub(in crate::cli) struct DossierArgs {
    /// sqlite:PATH, as the operator; without it the backend that you are signed in at is asked
    #[arg(long, env = "COMEBACK_DATABASE", value_parser = parse_database)]
    database: Option<PathBuf>,
    /// As JSON, with the hash of each entry.
    #[arg(long)]
    json: bool,
    /// Whose, as +14155550123; from standard input when left out.
    number: Option<String>,
}

impl DossierArgs {
    pub(super) async fn run(self, profile: &str) -> anyhow::Result<()> {
        let address = match &self.number {
            Some(number) => whose(number).ok_or_else(|| anyhow::anyhow!("this is not a number like +14155550123"))?,
            None => number_from_stdin()?,
        };
        let (zone, dossier) = if let Some(database) = self.database {
            let store = DatabaseArg { database }.open()?;
            let playbook =
                store.playbook().await?.ok_or_else(|| anyhow::anyhow!("this database has no playbook yet"))?;
            let found = dossier::of(&store, &playbook, &address).await?;
            let unknown = "nothing is known of this number: it never wrote, and no list named it";
            (playbook.zone(), found.ok_or_else(|| anyhow::anyhow!(unknown))?)
        } else {
            let desk = Desk::open(profile).await?;
            (desk.zone, desk.backend.dossier(&address).await?)
        };
        if self.json {
            say(&serde_json::to_string_pretty(&dossier)?);
            return Ok(());
        }
        let state = match (dossier.opted_out, dossier.held) {
            (true, _) => "opted out",
            (false, true) => "on opt-out hold",
            (false, false) => "no opt-out is in force",
        };
        say(&format!("{}: {state}", dossier.number));
        for line in &dossier.lines {
            let at = Timestamp::from_millis(line.at).utc().with_timezone(&zone).format("%Y-%m-%d %H:%M:%S %Z");
            let entry = line.seq.map_or_else(String::new, |seq| format!("  [entry {seq}]"));
            let by = line.by.as_ref().map_or_else(String::new, |by| format!("  ({by})"));
            for (n, what) in line.what.iter().enumerate() {
                if n == 0 { say(&format!("{at}  {what}{by}{entry}")) } else { say(&format!("{:25}{what}", "")) }
            }
            if let Some(words) = &line.words {
                say(&format!("{:25}\u{201c}{words}\u{201d}", ""));
            }
        }
        Ok(())
    }
}
