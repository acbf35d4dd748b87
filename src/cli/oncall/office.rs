//! Where shifts are read and changed: at the backend that this profile is signed in at, or in a database by whoever runs it.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use crate::cli::desk::Desk;
use crate::cli::playbook::history::record;
use crate::cli::{DatabaseArg, parse_database, world};
use crate::clock::Clock;
use crate::domain::command::{Actor, Command};
use crate::domain::playbook::Playbook;
use crate::domain::roster::Roster;
use crate::domain::time::Timestamp;
use crate::server::service::{Outcome, Service, Work};
use crate::server::store::Store;

/// Which shifts.
#[derive(Clone, Debug, Args)]
pub(super) struct Where {
    /// sqlite:PATH, as the operator; without it the backend that you are signed in at is asked
    #[arg(long, env = "COMEBACK_DATABASE", value_parser = parse_database)]
    database: Option<PathBuf>,
}

/// The policy and the shifts, and who is asked to change them.
pub(super) struct Office {
    pub(super) playbook: Playbook,
    pub(super) roster: Roster,
    /// By the backend's clock.
    pub(super) now: Timestamp,
    /// When the policy came in force, as far as it is known.
    pub(super) applied: Option<Timestamp>,
    door: Door,
}

enum Door {
    Database(Arc<dyn Store>, Arc<dyn Clock>),
    Desk(Box<Desk>, String),
}

impl Office {
    pub(super) async fn open(at: &Where, profile: &str) -> anyhow::Result<Self> {
        match &at.database {
            Some(database) => {
                let store = DatabaseArg { database: database.clone() }.open()?;
                let applied = record(&store).await?.applied.last().map(|version| version.at);
                let playbook =
                    store.playbook().await?.ok_or_else(|| anyhow::anyhow!("this database has no playbook yet"))?;
                let roster = store.roster().await?;
                let clock = world::clock(database);
                Ok(Self { playbook, roster, now: clock.now(), applied, door: Door::Database(Arc::new(store), clock) })
            }
            None => Self::signed_in(profile).await,
        }
    }

    async fn signed_in(profile: &str) -> anyhow::Result<Self> {
        let mut desk = Desk::open(profile).await?;
        let (playbook, roster) = (std::mem::take(&mut desk.playbook), std::mem::take(&mut desk.roster));
        let now = desk.now;
        Ok(Self { playbook, roster, now, applied: None, door: Door::Desk(Box::new(desk), profile.to_owned()) })
    }

    /// Asks for a change, and reads again.
    pub(super) async fn say(self, command: Command) -> anyhow::Result<Self> {
        match self.door {
            Door::Desk(desk, profile) => {
                desk.backend.say(command).await?;
                Self::signed_in(&profile).await
            }
            Door::Database(store, clock) => {
                let service = Service::start(Arc::clone(&store), Arc::clone(&clock), &self.playbook).await?;
                match service.submit(Work::People { actor: Actor::Operator, command }).await? {
                    Outcome::Refused(rejection) => anyhow::bail!("{rejection}. Nothing was changed"),
                    Outcome::Decided(_)
                    | Outcome::Receipts(_)
                    | Outcome::Received { .. }
                    | Outcome::Foreign
                    | Outcome::Heard(_) => {}
                }
                let (playbook, roster) = (service.playbook().as_ref().clone(), store.roster().await?);
                Ok(Self {
                    playbook,
                    roster,
                    now: clock.now(),
                    applied: self.applied,
                    door: Door::Database(store, clock),
                })
            }
        }
    }
}
