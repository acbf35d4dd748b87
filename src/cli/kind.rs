//! `comeback kind judge`: which of eight kinds texts are.

use clap::Subcommand;

mod judge;

/// What kind of text is it? Which of eight kinds texts are taken for.
#[derive(Debug, Subcommand)]
pub(super) enum Kind {
    /// Which kind are these texts? Reads them from standard input, one a line, and says what it is judged by.
    Judge(judge::Judge),
}

impl Kind {
    pub(super) fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Judge(judge) => judge.run(),
        }
    }
}
