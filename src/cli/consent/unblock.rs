//! `comeback consent unblock`: a number is heard again.

use clap::Args;

use super::number_from_stdin;
use crate::cli::desk::Desk;
use crate::cli::say;

/// Hear a blocked number again: what it texts reaches somebody from now on. Its conversations stay finished until it texts.
///
/// The number comes on standard input, since a command line is seen by everybody on the machine:
/// `echo +14155550123 | comeback consent unblock`. Said by whoever is signed in: a lead of a team that it texted, or an
/// admin. `comeback consent blocked` lists the numbers.
#[derive(Debug, Args)]
pub(in crate::cli) struct Unblock {}

impl Unblock {
    pub(super) async fn run(self, profile: &str) -> anyhow::Result<()> {
        let desk = Desk::open(profile).await?;
        let said = desk.backend.unblock(&number_from_stdin()?).await?;
        say(if said.changed { "It is heard again." } else { "It was not blocked: nothing changed." });
        Ok(())
    }
}
