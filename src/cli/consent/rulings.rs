//! `comeback consent rulings`: what was ruled about numbers on hold.

use clap::Args;

use super::super::{DatabaseArg, say};
use crate::server::rulings::shown;
use crate::server::store::Store as _;
use crate::server::store::ruling::RulingLog as _;
use crate::wire::rulings::{Ruling, RulingVerdict};

/// Rulings read at once.
const PAGE: usize = 500;

/// What people ruled about numbers that a text had put on hold, newest first.
#[derive(Debug, Args)]
pub(in crate::cli) struct Rulings {
    #[command(flatten)]
    database: DatabaseArg,
    /// One JSON object a line.
    #[arg(long)]
    json: bool,
}

impl Rulings {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let store = self.database.open()?;
        let playbook = store.playbook().await?.unwrap_or_default();
        let zone = playbook.zone();
        let (mut before, mut told) = (u64::MAX, false);
        loop {
            let page = store.rulings(before, PAGE).await?;
            let Some(last) = page.last() else { break };
            before = last.ruling.seq;
            for ruled in page {
                let ruling = shown(&playbook, ruled);
                told = true;
                if self.json { say(&serde_json::to_string(&ruling)?) } else { say(&in_words(&ruling, zone)) }
            }
        }
        if !told && !self.json {
            say("Nothing was ruled yet.");
        }
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
