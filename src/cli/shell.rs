//! `comeback completions SHELL` and `comeback man`: what a package puts beside the program, made from the one definition
//! of what can be typed.

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use super::{Cli, say};

/// Print the completions of a shell, for its start-up file or its folder of completions.
#[derive(Debug, Args)]
pub(super) struct Completions {
    /// Which shell.
    shell: Shell,
}

impl Completions {
    pub(super) fn run(&self) {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "comeback", &mut script);
        // A closed pipe ends quietly.
        drop(std::io::stdout().lock().write_all(&script));
    }
}

/// Print the man page, or write one for each command into a folder.
#[derive(Debug, Args)]
pub(super) struct Man {
    /// Write `comeback.1`, `comeback-serve.1` and so on into this folder.
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
}

impl Man {
    pub(super) fn run(&self) -> anyhow::Result<()> {
        let Some(folder) = &self.out else {
            let mut page = Vec::new();
            clap_mangen::Man::new(Cli::command()).render(&mut page)?;
            drop(std::io::stdout().lock().write_all(&page));
            return Ok(());
        };
        std::fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
        clap_mangen::generate_to(Cli::command(), folder)
            .with_context(|| format!("no pages can be written into {}", folder.display()))?;
        say(&format!("written into {}; to read one: man -l {}/comeback.1", folder.display(), folder.display()));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_of_what_can_be_typed_is_sound() {
        Cli::command().debug_assert();
    }
}
