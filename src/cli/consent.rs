//! `comeback consent`: who may be texted, and what was ruled about it.

use clap::Subcommand;

mod judge;
mod rulings;

/// Who may be texted, and what was ruled about it.
#[derive(Debug, Subcommand)]
pub(super) enum Consent {
    /// Do these texts ask us to stop? Reads them from standard input, one a line, and says what it is judged by.
    Judge(judge::Judge),
    /// What people ruled about numbers that a text had put on hold, newest first.
    Rulings(rulings::Rulings),
}

impl Consent {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Judge(judge) => judge.run(),
            Self::Rulings(rulings) => rulings.run().await,
        }
    }
}
