//! `comeback oncall`: who is on call, until when, and who comes then.

use chrono::DateTime;
use chrono_tz::Tz;
use clap::Args;

use super::{DatabaseArg, say};
use crate::clock::{Clock as _, SystemClock};
use crate::domain::id::RepId;
use crate::domain::oncall::FinalSchedule;
use crate::domain::playbook::Playbook;
use crate::domain::time::Timestamp;
use crate::server::store::Store;

/// Who is on call.
#[derive(Debug, Args)]
pub(super) struct OnCall {
    #[command(flatten)]
    database: DatabaseArg,
    /// At another time than now, with its offset: 2026-12-24T18:00:00-05:00
    #[arg(long, value_parser = instant)]
    at: Option<Timestamp>,
}

fn instant(text: &str) -> Result<Timestamp, String> {
    let read = DateTime::parse_from_rfc3339(text).map(|at| at.to_utc().into());
    read.map_err(|_| "write it with its offset, as in 2026-12-24T18:00:00-05:00".to_owned())
}

impl OnCall {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let playbook = self.database.open()?.playbook().await?;
        let playbook = playbook.ok_or_else(|| anyhow::anyhow!("this database has no playbook yet"))?;
        let at = self.at.unwrap_or_else(|| SystemClock.now());
        for id in playbook.teams.keys() {
            say(&line(&playbook, id, at));
        }
        Ok(())
    }
}

/// One team's.
fn line(playbook: &Playbook, team: &crate::domain::id::TeamId, at: Timestamp) -> String {
    let label = playbook.teams.get(team).map_or(team.as_str(), |team| team.label.as_str());
    let Some(layers) = playbook.on_call_of(team) else { return format!("{label}: nobody is ever on call") };
    let zone = layers.first().map_or(Tz::UTC, |layer| layer.zone);
    let schedule = FinalSchedule { layers, overrides: &[] };
    let name = |rep: Option<&RepId>| rep.map_or("nobody", |rep| playbook.rep_name(rep)).to_owned();
    let now = name(schedule.at(at).rep);
    match schedule.next_hand_off(at) {
        Some(next) => {
            let when = next.at.utc().with_timezone(&zone).format("%a %Y-%m-%d %H:%M %Z");
            format!("{label}: {now} until {when}, then {}", name(next.takes.as_ref()))
        }
        None => format!("{label}: {now}"),
    }
}
