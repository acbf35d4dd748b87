//! `comeback kind judge|corrections`: which of eight kinds texts are, and where people knew better.

use clap::Subcommand;

mod corrections;
mod judge;

/// What kind of text is it? Which of eight kinds texts are taken for, and where people knew better.
#[derive(Debug, Subcommand)]
pub(super) enum Kind {
    /// Which kind are these texts? Reads them from standard input, one a line, and says what it is judged by.
    Judge(judge::Judge),
    /// Where people knew better than the guess, counted by guess and truth.
    Corrections(corrections::Counted),
}

impl Kind {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Judge(judge) => judge.run(),
            Self::Corrections(corrections) => corrections.run().await,
        }
    }
}
