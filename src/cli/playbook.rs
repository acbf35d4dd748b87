//! `comeback playbook check|apply|show`.

use std::path::PathBuf;

use clap::Subcommand;

use super::{DatabaseArg, say};
use crate::clock::SystemClock;
use crate::config;
use crate::domain::playbook::Playbook;
use crate::server::service::{Service, Work};
use crate::server::store::Store;

/// The policy.
#[derive(Debug, Subcommand)]
pub(super) enum PlaybookCommand {
    /// Read a file and say what is wrong with it.
    Check {
        /// The file.
        file: PathBuf,
    },
    /// Put a file in force. A running backend follows with its next command; what was decided stays decided.
    Apply {
        #[command(flatten)]
        database: DatabaseArg,
        /// The file.
        file: PathBuf,
    },
    /// Print what is in force, as JSON.
    Show {
        #[command(flatten)]
        database: DatabaseArg,
    },
}

impl PlaybookCommand {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Check { file } => {
                let playbook = read(&file)?;
                say(&format!(
                    "{}: fine: {} reps, {} teams, {} cohorts, {} ladders, {} lines",
                    file.display(),
                    playbook.reps.len(),
                    playbook.teams.len(),
                    playbook.cohorts.len(),
                    playbook.ladders.len(),
                    playbook.lines.len()
                ));
            }
            Self::Apply { database, file } => {
                let playbook = read(&file)?;
                let store = std::sync::Arc::new(database.open()?);
                let service = Service::start(store, std::sync::Arc::new(SystemClock), &playbook).await?;
                if same(&service.playbook(), &playbook) {
                    say(&format!("already in force as version {}", service.playbook().version));
                    return Ok(());
                }
                service.submit(Work::Playbook(Box::new(playbook))).await?;
                say(&format!("in force as version {}", service.playbook().version));
            }
            Self::Show { database } => match database.open()?.playbook().await? {
                Some(playbook) => say(&serde_json::to_string_pretty(&playbook)?),
                None => anyhow::bail!("this database has no playbook yet"),
            },
        }
        Ok(())
    }
}

/// Reads a playbook's file.
pub(super) fn read(file: &std::path::Path) -> anyhow::Result<Playbook> {
    let name = file.display().to_string();
    let source = std::fs::read_to_string(file).map_err(|e| anyhow::anyhow!("cannot read {name}: {e}"))?;
    Ok(config::playbook::read(&name, &source)?)
}

/// Whether two playbooks say the same, whatever their versions.
pub(super) fn same(a: &Playbook, b: &Playbook) -> bool {
    Playbook { version: 0, ..a.clone() } == Playbook { version: 0, ..b.clone() }
}
