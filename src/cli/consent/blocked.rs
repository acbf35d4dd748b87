//! `comeback consent blocked`: numbers that nobody hears of.

use std::path::PathBuf;

use chrono_tz::Tz;
use clap::Args;

use crate::cli::desk::Desk;
use crate::cli::{DatabaseArg, parse_database, say};
use crate::server::blocked::page;
use crate::server::store::Store as _;
use crate::wire::blocked::BlockedNumber;

/// Numbers that somebody blocked: what they text is kept, and nobody is asked to answer it. Who blocked each, when and why.
///
/// A lead of its team or an admin gives a number back its voice: `comeback consent unblock`, or in the client `:blocked
/// numbers` and `:block` in its conversation. The carrier is not told of any of it, and a STOP from a blocked number counts all the same.
///
/// Read by an admin, an auditor or an operator.
#[derive(Debug, Args)]
pub(in crate::cli) struct Blocked {
    /// sqlite:PATH, as the operator; without it the backend that you are signed in at is asked
    #[arg(long, env = "COMEBACK_DATABASE", value_parser = parse_database)]
    database: Option<PathBuf>,
    /// One JSON object a line.
    #[arg(long)]
    json: bool,
}

impl Blocked {
    pub(super) async fn run(self, profile: &str) -> anyhow::Result<()> {
        let (zone, mut all) = match &self.database {
            Some(database) => of_database(&DatabaseArg { database: database.clone() }).await?,
            None => of_backend(&Desk::open(profile).await?).await?,
        };
        all.sort_by_key(|number| std::cmp::Reverse(number.at));
        for number in &all {
            if self.json { say(&serde_json::to_string(number)?) } else { say(&in_words(number, zone)) }
        }
        if !self.json {
            say(match all.len() {
                0 => "No number is blocked.",
                _ => {
                    "To hear one again: a lead of its team or an admin, by comeback consent unblock, or :blocked numbers in the client"
                }
            });
        }
        Ok(())
    }
}

async fn of_database(database: &DatabaseArg) -> anyhow::Result<(Tz, Vec<BlockedNumber>)> {
    let store = database.open()?;
    let playbook = store.playbook().await?.unwrap_or_default();
    let (mut before, mut all) = (None, Vec::new());
    loop {
        let found = page(&store, &playbook, before).await?;
        all.extend(found.blocked);
        before = found.before;
        if before.is_none() {
            return Ok((playbook.zone(), all));
        }
    }
}

async fn of_backend(desk: &Desk) -> anyhow::Result<(Tz, Vec<BlockedNumber>)> {
    let (mut before, mut all) = (None, Vec::new());
    loop {
        let found = desk.backend.blocked(before).await?;
        all.extend(found.blocked);
        before = found.before;
        if before.is_none() {
            return Ok((desk.zone, all));
        }
    }
}

fn in_words(blocked: &BlockedNumber, zone: Tz) -> String {
    let at = blocked.at.utc().with_timezone(&zone).format("%Y-%m-%d %H:%M");
    let number = blocked.number.as_deref().unwrap_or("(erased)");
    format!("{at}  {number:<16}  {:<14}  {}", blocked.reason.words(), blocked.by)
}
