//! `comeback oncall`: who is on call, until when, and who comes then; and the same as a calendar.

use std::io::Write as _;

use chrono::{DateTime, Datelike as _, NaiveDate};
use chrono_tz::Tz;
use clap::Args;

use super::playbook::history::record;
use super::{DatabaseArg, say};
use crate::clock::{Clock as _, SystemClock};
use crate::domain::icalendar::{Feed, Part};
use crate::domain::id::{RepId, ScheduleId, TeamId};
use crate::domain::oncall::{FinalSchedule, Rotation, Shift};
use crate::domain::playbook::Playbook;
use crate::domain::time::{Span, Timestamp};
use crate::server::store::Store;

/// How far a calendar reaches, from the beginning of this year.
const CALENDAR_DAYS: i64 = 500;

/// Who is on call.
#[derive(Debug, Args)]
pub(super) struct OnCall {
    #[command(flatten)]
    database: DatabaseArg,
    /// At another time than now, with its offset: 2026-12-24T18:00:00-05:00
    #[arg(long, value_parser = instant, conflicts_with = "ics")]
    at: Option<Timestamp>,
    /// Print the shifts of this rep, or of this schedule or team, as a calendar (RFC 5545) that any calendar program reads.
    #[arg(long, value_name = "WHOSE")]
    ics: Option<String>,
}

fn instant(text: &str) -> Result<Timestamp, String> {
    let read = DateTime::parse_from_rfc3339(text).map(|at| at.to_utc().into());
    read.map_err(|_| "write it with its offset, as in 2026-12-24T18:00:00-05:00".to_owned())
}

impl OnCall {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let store = self.database.open()?;
        let playbook = store.playbook().await?;
        let playbook = playbook.ok_or_else(|| anyhow::anyhow!("this database has no playbook yet"))?;
        if let Some(whose) = &self.ics {
            let changed = record(&store).await?.applied.last().map_or_else(|| SystemClock.now(), |version| version.at);
            // Its lines end as the format wants it; it is made safe already.
            drop(std::io::stdout().lock().write_all(calendar(&playbook, whose, changed)?.as_bytes()));
            return Ok(());
        }
        let at = self.at.unwrap_or_else(|| SystemClock.now());
        for id in playbook.teams.keys() {
            say(&line(&playbook, id, at));
        }
        Ok(())
    }
}

/// One team's.
fn line(playbook: &Playbook, team: &TeamId, at: Timestamp) -> String {
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

/// A schedule, or a team's short form of one.
struct Plan<'a> {
    id: ScheduleId,
    label: &'a str,
    layers: &'a [Rotation],
}

fn plans(playbook: &Playbook) -> Vec<Plan<'_>> {
    let schedules =
        playbook.schedules.iter().map(|(id, s)| Plan { id: id.clone(), label: &s.label, layers: &s.layers });
    let short = playbook.teams.iter().filter_map(|(id, team)| {
        let layers = std::slice::from_ref(team.on_call.as_ref()?);
        Some(Plan { id: ScheduleId::new(id.as_str()), label: &team.label, layers })
    });
    schedules.chain(short).collect()
}

fn calendar(playbook: &Playbook, whose: &str, changed: Timestamp) -> anyhow::Result<String> {
    // From a fixed instant on: a shift is known by when it begins, also while it runs.
    let year = SystemClock.now().utc().year();
    let first = NaiveDate::from_ymd_opt(year, 1, 1).and_then(|day| day.and_hms_opt(0, 0, 0));
    let from: Timestamp = first.map_or_else(|| SystemClock.now(), |at| at.and_utc().into());
    let until = from + Span::minutes(CALENDAR_DAYS * 24 * 60);
    let plans = plans(playbook);
    let shifts: Vec<Vec<Shift>> =
        plans.iter().map(|p| FinalSchedule { layers: p.layers, overrides: &[] }.shifts(from, until)).collect();
    let parts: Vec<Part<'_>> =
        plans.iter().zip(&shifts).map(|(p, shifts)| Part { id: &p.id, label: p.label, shifts }).collect();
    let feed = Feed { company: &playbook.company, changed };
    if let Some((rep, found)) = playbook.reps.iter().find(|(rep, _)| rep.as_str() == whose) {
        return Ok(feed.of_rep(rep, &found.name, &parts));
    }
    if let Some(part) = parts.iter().find(|part| part.id.as_str() == whose) {
        return Ok(feed.of_schedule(*part, |rep| playbook.rep_name(rep).to_owned()));
    }
    let reps = playbook.reps.keys().map(RepId::as_str);
    let known: Vec<&str> = reps.chain(parts.iter().map(|part| part.id.as_str())).collect();
    anyhow::bail!("\"{whose}\" is neither a rep nor a schedule; there are {}", known.join(", "))
}
