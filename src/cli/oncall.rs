//! `comeback oncall`: who is on call, until when, and who comes then; the same as a calendar; overrides and swaps.

use std::io::Write as _;

use chrono::{DateTime, Datelike as _, LocalResult, NaiveDateTime, TimeZone as _};
use chrono_tz::Tz;
use clap::Args;

use self::change::Change;
use self::office::{Office, Where};
use super::say;
use crate::domain::icalendar;
use crate::domain::id::RepId;
use crate::domain::later;
use crate::domain::oncall::{self, Plan, Why};
use crate::domain::playbook::Playbook;
use crate::domain::roster::Roster;
use crate::domain::time::Timestamp;

mod change;
mod office;

/// Who is on call.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct OnCall {
    #[command(flatten)]
    at_which: Where,
    /// At another time than now: fri 22:00, tomorrow 8am, 2h or 2026-12-24T18:00 in the schedule's zone, or with an offset.
    #[arg(long, conflicts_with = "ics")]
    at: Option<String>,
    /// Print the shifts of this rep, or of this schedule or team, as a calendar (RFC 5545) that any calendar program reads.
    #[arg(long, value_name = "WHOSE")]
    ics: Option<String>,
    #[command(subcommand)]
    change: Option<Change>,
}

/// An instant: with its offset, or by the clock on the wall of a zone.
pub(super) fn instant(text: &str, zone: Tz) -> anyhow::Result<Timestamp> {
    exact(text, zone).unwrap_or_else(|| {
        anyhow::bail!("\"{text}\" is no time: write 2026-12-24T18:00, or with an offset 2026-12-24T18:00:00-05:00")
    })
}

/// As [`instant`]; none when it is not written so.
pub(super) fn exact(text: &str, zone: Tz) -> Option<anyhow::Result<Timestamp>> {
    let text = text.trim();
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Some(Ok(at.to_utc().into()));
    }
    let text = text.replace(' ', "T");
    // Without seconds, as people write it, and with an offset all the same.
    if let Ok(at) = DateTime::parse_from_str(&text, "%Y-%m-%dT%H:%M%#z") {
        return Some(Ok(at.to_utc().into()));
    }
    let wall =
        ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"].iter().find_map(|f| NaiveDateTime::parse_from_str(&text, f).ok())?;
    Some(match zone.from_local_datetime(&wall) {
        LocalResult::Single(at) => Ok(at.to_utc().into()),
        LocalResult::Ambiguous(..) => Err(anyhow::anyhow!("{wall} comes twice in {zone}: write it with its offset")),
        LocalResult::None => {
            Err(anyhow::anyhow!("{wall} does not exist in {zone}, where the clocks change: write another"))
        }
    })
}

/// As [`instant`], or as people type it in the inbox, which `read` understands.
fn typed(text: &str, zone: Tz, read: impl Fn(&str) -> Option<Timestamp>) -> anyhow::Result<Timestamp> {
    if let Some(at) = exact(text, zone) {
        return at;
    }
    read(text.trim()).ok_or_else(|| {
        anyhow::anyhow!(
            "\"{text}\" is no time: write fri 22:00, tomorrow 8am, 2h, 2026-12-24T18:00, or with an offset \
             2026-12-24T18:00:00-05:00"
        )
    })
}

impl OnCall {
    pub(super) async fn run(self, profile: &str) -> anyhow::Result<()> {
        if let Some(change) = self.change {
            return change.run(profile).await;
        }
        let office = Office::open(&self.at_which, profile).await?;
        let (playbook, roster) = (&office.playbook, &office.roster);
        if let Some(whose) = &self.ics {
            let year = office.now.utc().year();
            let text = icalendar::feed(playbook, roster, whose, year, office.applied).ok_or_else(|| {
                let reps = playbook.reps.keys().map(|rep| rep.as_str().to_owned());
                let plans = oncall::plans(playbook).into_iter().map(|plan| plan.id.to_string());
                let known = reps.chain(plans).collect::<Vec<_>>().join(", ");
                anyhow::anyhow!("\"{whose}\" is neither a rep nor a schedule; there are {known}")
            })?;
            // Its lines end as the format wants it; it is made safe already.
            drop(std::io::stdout().lock().write_all(text.as_bytes()));
            return Ok(());
        }
        for plan in oncall::plans(playbook) {
            let at = match &self.at {
                Some(text) => typed(text, plan.zone, |text| later::parse_ever(text, office.now, plan.zone))?,
                None => office.now,
            };
            for line in lines(playbook, roster, &plan, at) {
                say(&line);
            }
        }
        for (id, team) in &playbook.teams {
            if oncall::of_team(playbook, id).is_none() {
                say(&format!("{}: nobody is ever on call", team.label));
            }
        }
        Ok(())
    }
}

/// An instant by the clock on the wall of a schedule.
fn when(plan: &Plan<'_>, at: Timestamp) -> String {
    at.utc().with_timezone(&plan.zone).format("%a %Y-%m-%d %H:%M %Z").to_string()
}

/// That somebody who is to have a shift is away when it begins, if so.
fn away_then(playbook: &Playbook, roster: &Roster, plan: &Plan<'_>, rep: &RepId, from: Timestamp) -> Option<String> {
    roster.is_away_at(rep, from).then(|| {
        let until = roster.absence(rep).and_then(|absence| absence.until);
        let until = until.map_or_else(String::new, |until| format!(" until {}", when(plan, until)));
        format!("{} is away{until}: who is away is not asked while it is so", playbook.rep_name(rep))
    })
}

/// One schedule, and the overrides that are not over.
fn lines(playbook: &Playbook, roster: &Roster, plan: &Plan<'_>, at: Timestamp) -> Vec<String> {
    // Whoever is away by then has the shift all the same, but is not asked.
    let name = |rep: Option<&RepId>, then: Timestamp| {
        let away = rep.is_some_and(|rep| playbook.is_active(rep) && roster.is_away_at(rep, then));
        let name = rep.map_or("nobody", |rep| playbook.rep_name(rep));
        if away { format!("{name} (away now)") } else { name.to_owned() }
    };
    let time = |at: Timestamp| when(plan, at);
    let schedule = plan.with(roster);
    let now = schedule.at(at);
    let why = if matches!(now.why, Why::Override(_)) { " (an override)" } else { "" };
    let mut lines = vec![match schedule.next_hand_off(at) {
        Some(next) => format!(
            "{} [{}]: {}{why} until {}, then {}",
            plan.label,
            plan.id,
            name(now.rep, at),
            time(next.at),
            name(next.takes.as_ref(), next.at)
        ),
        None => format!("{} [{}]: {}{why}", plan.label, plan.id, name(now.rep, at)),
    }];
    for o in roster.overrides_of(&plan.id).iter().filter(|o| o.to > at) {
        lines.push(format!(
            "  {} to {}: {}  ({})",
            time(o.from),
            time(o.to),
            name(o.rep.as_ref(), o.from.max(at)),
            o.id
        ));
    }
    lines
}

#[cfg(test)]
mod tests {
    use chrono_tz::America::New_York;

    use super::*;

    fn at(text: &str) -> Timestamp {
        DateTime::parse_from_rfc3339(text).unwrap().to_utc().into()
    }

    #[test]
    fn a_time_is_read_as_the_inbox_and_away_read_it_and_told_as_it_was_typed() {
        // Friday, ten in New York.
        let now = at("2026-03-06T10:00:00-05:00");
        let ever = |text: &str| typed(text, New_York, |text| later::parse_ever(text, now, New_York));
        for (text, meant) in [
            ("fri 22:00", "2026-03-06T22:00:00-05:00"),
            ("fri 9:00", "2026-03-13T09:00:00-04:00"),
            ("tomorrow", "2026-03-07T09:00:00-05:00"),
            ("tomorrow 8am", "2026-03-07T08:00:00-05:00"),
            ("2h", "2026-03-06T12:00:00-05:00"),
            ("now", "2026-03-06T10:00:00-05:00"),
            ("22:00", "2026-03-06T22:00:00-05:00"),
            // What has passed may be asked for.
            ("2026-03-02T10:00", "2026-03-02T10:00:00-05:00"),
            ("2026-03-02 10:00", "2026-03-02T10:00:00-05:00"),
            ("2026-03-02T10:00:00Z", "2026-03-02T10:00:00+00:00"),
            ("2026-03-02T10:00Z", "2026-03-02T10:00:00+00:00"),
            ("2026-03-02 10:00-05:00", "2026-03-02T10:00:00-05:00"),
        ] {
            assert_eq!(ever(text).unwrap(), at(meant), "{text}");
        }
        let end = |text: &str| {
            let from = at("2026-03-09T09:00:00-04:00");
            typed(text, New_York, |text| later::parse_end(text, from, now, New_York))
        };
        assert_eq!(end("2h").unwrap(), at("2026-03-09T11:00:00-04:00"), "a length counts from the beginning");
        assert_eq!(end("fri 9:00").unwrap(), at("2026-03-13T09:00:00-04:00"));
        assert!(ever("fry 22:00").unwrap_err().to_string().starts_with("\"fry 22:00\" is no time: write fri 22:00,"));
        assert!(instant("fri 22:00", New_York).unwrap_err().to_string().starts_with("\"fri 22:00\" is no time"));
        assert!(ever("2026-03-08T02:30").unwrap_err().to_string().contains("does not exist in America/New_York"));
    }
}
