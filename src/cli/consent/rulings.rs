//! `comeback consent rulings`: what was ruled about numbers on hold.

use std::path::PathBuf;

use clap::Args;

use crate::cli::desk::Desk;
use crate::cli::{DatabaseArg, parse_database, say};
use crate::server::rulings::shown;
use crate::server::store::Store as _;
use crate::server::store::ruling::RulingLog as _;
use crate::wire::rulings::{Ruling, RulingVerdict};

/// Rulings read at once.
const PAGE: usize = 500;

/// What people ruled about numbers that a text had put on hold, newest first.
///
/// Read by an admin, an auditor or an operator.
#[derive(Debug, Args)]
pub(in crate::cli) struct Rulings {
    /// sqlite:PATH, as the operator; without it the backend that you are signed in at is asked
    #[arg(long, env = "COMEBACK_DATABASE", value_parser = parse_database)]
    database: Option<PathBuf>,
    /// One JSON object a line.
    #[arg(long)]
    json: bool,
}

impl Rulings {
    pub(super) async fn run(self, profile: &str) -> anyhow::Result<()> {
        let told = match &self.database {
            Some(database) => self.of_database(&DatabaseArg { database: database.clone() }).await?,
            None => self.of_backend(&Desk::open(profile).await?).await?,
        };
        if !told && !self.json {
            say("Nothing was ruled yet.");
        }
        Ok(())
    }

    async fn of_database(&self, database: &DatabaseArg) -> anyhow::Result<bool> {
        let store = database.open()?;
        let playbook = store.playbook().await?.unwrap_or_default();
        let (mut before, mut told) = (u64::MAX, false);
        loop {
            let page = store.rulings(before, PAGE).await?;
            let Some(last) = page.last() else { return Ok(told) };
            before = last.ruling.seq;
            for ruled in page {
                self.tell(&shown(&playbook, ruled), playbook.zone())?;
                told = true;
            }
        }
    }

    async fn of_backend(&self, desk: &Desk) -> anyhow::Result<bool> {
        let (mut before, mut told) = (None, false);
        loop {
            let page = desk.backend.rulings(before).await?;
            for ruling in &page.rulings {
                self.tell(ruling, desk.zone)?;
                told = true;
            }
            before = page.before;
            if before.is_none() {
                return Ok(told);
            }
        }
    }

    fn tell(&self, ruling: &Ruling, zone: chrono_tz::Tz) -> anyhow::Result<()> {
        say(&if self.json { serde_json::to_string(ruling)? } else { in_words(ruling, zone) });
        Ok(())
    }
}

fn in_words(ruling: &Ruling, zone: chrono_tz::Tz) -> String {
    let at = ruling.at.utc().with_timezone(&zone).format("%Y-%m-%d %H:%M");
    let number = ruling.number.as_deref().unwrap_or("(erased)");
    let verdict = match ruling.verdict {
        RulingVerdict::OptOut => "opt out",
        RulingVerdict::Keep => "keep",
    };
    let by = ruling.by.as_deref().unwrap_or("nobody, in ten business days");
    let reason = match (&ruling.reason, ruling.verdict) {
        (Some(reason), _) => format!(": {reason}"),
        (None, RulingVerdict::Keep) => ": (reason erased)".to_owned(),
        (None, RulingVerdict::OptOut) => String::new(),
    };
    format!("{at}  {number:<16}  {verdict:<7}  score {:>3}  {by}{reason}", ruling.score)
}
