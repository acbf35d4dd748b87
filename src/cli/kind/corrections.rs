//! `comeback kind corrections`: where people knew better than the guess, counted from the journal.

use clap::Args;
use serde_json::json;

use crate::cli::{DatabaseArg, say};
use crate::domain::correction::Corrections;
use crate::domain::event::Event;
use crate::journal::Frame;
use crate::server::store::Store;

/// Entries read at once.
const PAGE: usize = 5_000;

/// Where people knew better than the guess, counted by guess and truth.
#[derive(Debug, Args)]
pub(in crate::cli) struct Counted {
    #[command(flatten)]
    database: DatabaseArg,
    /// One JSON object a line.
    #[arg(long)]
    json: bool,
}

impl Counted {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let store = self.database.open()?;
        let counted = corrections(&store).await?.counted();
        if self.json {
            for (guess, kind, count) in &counted {
                say(&json!({ "guess": guess, "truth": kind, "count": count }).to_string());
            }
            return Ok(());
        }
        for (guess, kind, count) in &counted {
            say(&format!("{count:>6}  taken for {:<12}  was {}", guess.word(), kind.word()));
        }
        let all: u64 = counted.iter().map(|(.., count)| count).sum();
        say(&match all {
            0 => "Nobody corrected a guess yet.".to_owned(),
            1 => "1 text was of another kind than guessed.".to_owned(),
            n => format!("{n} texts were of another kind than guessed."),
        });
        Ok(())
    }
}

/// Reads them from the journal.
async fn corrections(store: &impl Store) -> anyhow::Result<Corrections> {
    let (mut after, mut found) = (0, Corrections::default());
    loop {
        let entries = store.entries(after, PAGE).await?;
        let Some(last) = entries.last() else { return Ok(found) };
        after = last.seq;
        for entry in &entries {
            let frame = Frame::decode(&entry.body)?;
            // An event of a newer version is passed over, as everywhere in the journal.
            if frame.kind == "kind_corrected"
                && let Ok(event) = serde_json::from_value::<Event>(frame.event)
            {
                found.take_in(&event);
            }
        }
    }
}
