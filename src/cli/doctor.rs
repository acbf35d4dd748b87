//! `comeback doctor`: what is the matter, and what to do next. Its report can be pasted anywhere.

use std::path::PathBuf;

use clap::Args;

use super::crm::CrmArgs;
use super::egress::EgressArgs;
use super::{parse_database, profile_dir, say};
use report::Report;

mod alerts;
mod backend;
mod crm;
mod file;
mod notify;
mod operator;
mod rep;
mod report;
mod terminal;
mod write_back;

/// Look at everything the inbox needs (or, with --database, the backend) and say what to do next.
///
/// The report holds no token, number or name, and can be pasted as it is. Ends with 1 when something is wrong.
#[derive(Debug, Args)]
pub(super) struct Doctor {
    /// Look at a backend instead: its database, as in sqlite:PATH.
    #[arg(long, value_parser = parse_database)]
    database: Option<PathBuf>,
    /// Where carriers and reps reach that backend, to be looked at from here.
    #[arg(long, env = "COMEBACK_PUBLIC_URL", value_name = "URL")]
    public_url: Option<String>,
    #[command(flatten)]
    crm: CrmArgs,
    #[command(flatten)]
    egress: EgressArgs,
    /// As JSON.
    #[arg(long)]
    json: bool,
    /// Send a notification each way there is, ask which arrived, and say what to put into config.toml.
    #[arg(long, conflicts_with_all = ["json", "database"])]
    notify: bool,
}

impl Doctor {
    pub(super) fn run(self, profile: &str) -> anyhow::Result<()> {
        if self.notify {
            return notify::run();
        }
        let mut report = Report::new();
        let runtime = super::runtime()?;
        if let Some(database) = &self.database {
            let public_url = self.public_url.as_deref().filter(|url| !url.is_empty());
            // What is in no database that reads is asked nothing about.
            if let Some(store) = runtime.block_on(operator::look(&mut report, database, public_url)) {
                runtime.block_on(crm::look(&mut report, database, store, &self.crm, &self.egress));
            }
        } else {
            let dir = profile_dir(profile)?;
            runtime.block_on(rep::look(&mut report, profile, &dir))?;
        }
        say(if self.json { report.json() } else { report.text() }.trim_end());
        match report.wrong_count() {
            0 => Ok(()),
            1 => anyhow::bail!("something is wrong; what to do stands beside it"),
            wrong => anyhow::bail!("{wrong} things are wrong; what to do stands beside each"),
        }
    }
}
