//! `comeback oncall override|swap|drop`: what people change about their shifts.

use clap::Subcommand;
use uuid::Uuid;

use super::office::{Office, Where};
use super::{instant, lines};
use crate::cli::say;
use crate::domain::command::Command;
use crate::domain::id::{OverrideId, RepId, ScheduleId};
use crate::domain::oncall::{self, Override};

/// What is changed about shifts.
#[derive(Debug, Subcommand)]
pub(super) enum Change {
    /// Give a stretch of a schedule to somebody, whatever its layers say.
    Override {
        #[command(flatten)]
        at_which: Where,
        /// The schedule; `comeback oncall` names them.
        schedule: String,
        /// Who has it; "nobody" for nobody.
        rep: String,
        /// From when on; now when left out.
        #[arg(long)]
        from: Option<String>,
        /// Until when; the end of the shift that is running then when left out.
        #[arg(long)]
        to: Option<String>,
    },
    /// Exchange two shifts: each person takes the other's.
    Swap {
        #[command(flatten)]
        at_which: Where,
        /// The schedule.
        schedule: String,
        /// Any time within the one shift.
        one: String,
        /// Any time within the other.
        other: String,
    },
    /// Take an override back, by the id that `comeback oncall` shows.
    Drop {
        #[command(flatten)]
        at_which: Where,
        /// The override.
        id: OverrideId,
    },
}

impl Change {
    pub(super) async fn run(self, profile: &str) -> anyhow::Result<()> {
        let at_which = match &self {
            Self::Override { at_which, .. } | Self::Swap { at_which, .. } | Self::Drop { at_which, .. } => at_which,
        };
        let office = Office::open(at_which, profile).await?;
        let (playbook, roster) = (&office.playbook, &office.roster);
        let plan = |id: &str| {
            oncall::plan(playbook, &ScheduleId::new(id)).ok_or_else(|| {
                let known: Vec<String> = oncall::plans(playbook).iter().map(|plan| plan.id.to_string()).collect();
                anyhow::anyhow!("there is no schedule \"{id}\"; there are {}", known.join(", "))
            })
        };
        let (schedule, command) = match &self {
            Self::Override { schedule, rep, from, to, .. } => {
                let plan = plan(schedule)?;
                let from = from.as_ref().map_or(Ok(office.now), |text| instant(text, plan.zone))?;
                let running = || plan.with(roster).next_hand_off(from).map(|next| next.at);
                let to = match to {
                    Some(text) => instant(text, plan.zone)?,
                    None => running().ok_or_else(|| anyhow::anyhow!("nothing changes by itself: say --to"))?,
                };
                let rep = (rep != "nobody").then(|| RepId::new(rep));
                let shift = Override { id: OverrideId(Uuid::now_v7()), rep, from, to };
                (plan.id.clone(), Command::Override { schedule: plan.id, shift })
            }
            Self::Swap { schedule, one, other, .. } => {
                let plan = plan(schedule)?;
                let (one, other) = (instant(one, plan.zone)?, instant(other, plan.zone)?);
                let ids = [OverrideId(Uuid::now_v7()), OverrideId(Uuid::now_v7())];
                (plan.id.clone(), Command::Swap { schedule: plan.id, ids, one, other })
            }
            Self::Drop { id, .. } => {
                let known = roster.override_of(*id).map(|(schedule, _)| schedule.clone());
                let schedule =
                    known.ok_or_else(|| anyhow::anyhow!("there is no such override; nothing was changed"))?;
                (schedule.clone(), Command::DropOverride { schedule, id: *id })
            }
        };
        let office = office.say(command).await?;
        if let Some(plan) = oncall::plan(&office.playbook, &schedule) {
            for line in lines(&office.playbook, &office.roster, &plan, office.now) {
                say(&line);
            }
        }
        Ok(())
    }
}
