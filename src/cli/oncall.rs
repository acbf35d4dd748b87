//! `comeback oncall`: who is on call, until when, and who comes then; the same as a calendar; overrides and swaps.

use std::io::Write as _;
use std::sync::Arc;

use chrono::{DateTime, Datelike as _, LocalResult, NaiveDateTime, TimeZone as _};
use chrono_tz::Tz;
use clap::{Args, Subcommand};
use uuid::Uuid;

use super::playbook::history::record;
use super::{DatabaseArg, say};
use crate::clock::{Clock as _, SystemClock};
use crate::domain::command::{Actor, Command};
use crate::domain::icalendar;
use crate::domain::id::{OverrideId, RepId, ScheduleId};
use crate::domain::oncall::{self, Override, Plan, Why};
use crate::domain::playbook::Playbook;
use crate::domain::roster::Roster;
use crate::domain::time::Timestamp;
use crate::server::service::{Outcome, Service, Work};
use crate::server::store::Store;

/// Who is on call.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct OnCall {
    #[command(flatten)]
    database: DatabaseArg,
    /// At another time than now: 2026-12-24T18:00 in the schedule's zone, or with an offset.
    #[arg(long, conflicts_with = "ics")]
    at: Option<String>,
    /// Print the shifts of this rep, or of this schedule or team, as a calendar (RFC 5545) that any calendar program reads.
    #[arg(long, value_name = "WHOSE")]
    ics: Option<String>,
    #[command(subcommand)]
    change: Option<Change>,
}

/// What is changed about shifts.
#[derive(Debug, Subcommand)]
enum Change {
    /// Give a stretch of a schedule to somebody, whatever its layers say.
    Override {
        #[command(flatten)]
        database: DatabaseArg,
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
        database: DatabaseArg,
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
        database: DatabaseArg,
        /// The override.
        id: OverrideId,
    },
}

/// An instant: with its offset, or by the clock on the wall of a zone.
pub(super) fn instant(text: &str, zone: Tz) -> anyhow::Result<Timestamp> {
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Ok(at.to_utc().into());
    }
    let text = text.replace(' ', "T");
    let read =
        ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"].iter().find_map(|f| NaiveDateTime::parse_from_str(&text, f).ok());
    let wall = read.ok_or_else(|| {
        anyhow::anyhow!("\"{text}\" is no time: write 2026-12-24T18:00, or with an offset 2026-12-24T18:00:00-05:00")
    })?;
    match zone.from_local_datetime(&wall) {
        LocalResult::Single(at) => Ok(at.to_utc().into()),
        LocalResult::Ambiguous(..) => anyhow::bail!("{wall} comes twice in {zone}: write it with its offset"),
        LocalResult::None => anyhow::bail!("{wall} does not exist in {zone}, where the clocks change: write another"),
    }
}

impl OnCall {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        if let Some(change) = self.change {
            return change.run().await;
        }
        let store = self.database.open()?;
        let (playbook, roster) = policy(&store).await?;
        if let Some(whose) = &self.ics {
            let changed = record(&store).await?.applied.last().map(|version| version.at);
            let year = SystemClock.now().utc().year();
            let text = icalendar::feed(&playbook, &roster, whose, year, changed).ok_or_else(|| {
                let reps = playbook.reps.keys().map(|rep| rep.as_str().to_owned());
                let plans = oncall::plans(&playbook).into_iter().map(|plan| plan.id.to_string());
                let known = reps.chain(plans).collect::<Vec<_>>().join(", ");
                anyhow::anyhow!("\"{whose}\" is neither a rep nor a schedule; there are {known}")
            })?;
            // Its lines end as the format wants it; it is made safe already.
            drop(std::io::stdout().lock().write_all(text.as_bytes()));
            return Ok(());
        }
        for plan in oncall::plans(&playbook) {
            let at = match &self.at {
                Some(text) => instant(text, plan.zone)?,
                None => SystemClock.now(),
            };
            for line in lines(&playbook, &roster, &plan, at) {
                say(&line);
            }
        }
        for (id, team) in &playbook.teams {
            if oncall::of_team(&playbook, id).is_none() {
                say(&format!("{}: nobody is ever on call", team.label));
            }
        }
        Ok(())
    }
}

async fn policy(store: &impl Store) -> anyhow::Result<(Playbook, Roster)> {
    let playbook = store.playbook().await?.ok_or_else(|| anyhow::anyhow!("this database has no playbook yet"))?;
    Ok((playbook, store.roster().await?))
}

/// One schedule, and the overrides that are not over.
fn lines(playbook: &Playbook, roster: &Roster, plan: &Plan<'_>, at: Timestamp) -> Vec<String> {
    let name = |rep: Option<&RepId>| rep.map_or("nobody", |rep| playbook.rep_name(rep)).to_owned();
    let time = |at: Timestamp| at.utc().with_timezone(&plan.zone).format("%a %Y-%m-%d %H:%M %Z").to_string();
    let schedule = plan.with(roster);
    let now = schedule.at(at);
    let why = if matches!(now.why, Why::Override(_)) { " (an override)" } else { "" };
    let mut lines = vec![match schedule.next_hand_off(at) {
        Some(next) => format!(
            "{} [{}]: {}{why} until {}, then {}",
            plan.label,
            plan.id,
            name(now.rep),
            time(next.at),
            name(next.takes.as_ref())
        ),
        None => format!("{} [{}]: {}{why}", plan.label, plan.id, name(now.rep)),
    }];
    for o in roster.overrides_of(&plan.id).iter().filter(|o| o.to > at) {
        lines.push(format!("  {} to {}: {}  ({})", time(o.from), time(o.to), name(o.rep.as_ref()), o.id));
    }
    lines
}

impl Change {
    async fn run(self) -> anyhow::Result<()> {
        let database = match &self {
            Self::Override { database, .. } | Self::Swap { database, .. } | Self::Drop { database, .. } => database,
        };
        let store = Arc::new(database.open()?);
        let (playbook, roster) = policy(store.as_ref()).await?;
        let plan = |id: &str| {
            oncall::plan(&playbook, &ScheduleId::new(id)).ok_or_else(|| {
                let known: Vec<String> = oncall::plans(&playbook).iter().map(|plan| plan.id.to_string()).collect();
                anyhow::anyhow!("there is no schedule \"{id}\"; there are {}", known.join(", "))
            })
        };
        let (schedule, command) = match &self {
            Self::Override { schedule, rep, from, to, .. } => {
                let plan = plan(schedule)?;
                let from = from.as_ref().map_or(Ok(SystemClock.now()), |text| instant(text, plan.zone))?;
                let running = || plan.with(&roster).next_hand_off(from).map(|next| next.at);
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
        let store: Arc<dyn Store> = store;
        let service = Service::start(Arc::clone(&store), Arc::new(SystemClock), &playbook).await?;
        match service.submit(Work::People { actor: Actor::Operator, command }).await? {
            Outcome::Refused(rejection) => anyhow::bail!("{rejection}. Nothing was changed"),
            Outcome::Decided(_)
            | Outcome::Receipts(_)
            | Outcome::Received { .. }
            | Outcome::Foreign
            | Outcome::Heard(_) => {}
        }
        let (playbook, roster) = (service.playbook(), store.roster().await?);
        if let Some(plan) = oncall::plan(&playbook, &schedule) {
            for line in lines(&playbook, &roster, &plan, SystemClock.now()) {
                say(&line);
            }
        }
        Ok(())
    }
}
