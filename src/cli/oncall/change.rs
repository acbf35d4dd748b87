//! `comeback oncall override|swap|drop`: what people change about their shifts.

use clap::Subcommand;
use uuid::Uuid;

use super::office::{Office, Where};
use super::{away_then, lines, typed, when};
use crate::cli::desk::Desk;
use crate::cli::{say, warn};
use crate::config::diagnose::nearest;
use crate::domain::command::Command;
use crate::domain::id::{OverrideId, RepId, ScheduleId};
use crate::domain::later;
use crate::domain::oncall::{self, Override, Plan, Shift};
use crate::domain::playbook::Playbook;
use crate::domain::roster::Roster;
use crate::domain::time::Timestamp;

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
        /// From when on: now, fri 9:00, tomorrow 8am, 2h or 2026-12-24T18:00 in the schedule's zone; now when left out.
        #[arg(long)]
        from: Option<String>,
        /// Until when, written the same way (a length counts from the beginning); the end of the shift that is running then when left out.
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
        /// Only say which shifts these are.
        #[arg(long)]
        dry_run: bool,
    },
    /// Print an address by which a calendar program reads the shifts of somebody, or of a schedule or team, and nothing else.
    ///
    /// It is a secret, the same each time, and stops working when this device is signed out.
    Subscribe {
        /// Whose: a rep, a schedule or a team; you when left out.
        whose: Option<String>,
    },
    /// Take an override back, by the id that `comeback oncall` shows.
    Drop {
        #[command(flatten)]
        at_which: Where,
        /// The override.
        id: String,
    },
}

impl Change {
    pub(super) async fn run(self, profile: &str) -> anyhow::Result<()> {
        let at_which = match &self {
            Self::Override { at_which, .. } | Self::Swap { at_which, .. } | Self::Drop { at_which, .. } => at_which,
            Self::Subscribe { whose } => return subscribe(whose.as_deref(), profile).await,
        };
        let office = Office::open(at_which, profile).await?;
        let (playbook, roster) = (&office.playbook, &office.roster);
        let plan = |id: &str| {
            oncall::plan(playbook, &ScheduleId::new(id)).ok_or_else(|| {
                let known: Vec<String> = oncall::plans(playbook).iter().map(|plan| plan.id.to_string()).collect();
                no_schedule(id, &known)
            })
        };
        // What is told once it is so; a refusal stands alone.
        let mut told = Vec::new();
        let (schedule, command) = match &self {
            Self::Override { schedule, rep, from, to, .. } => {
                let plan = plan(schedule)?;
                let (now, zone) = (office.now, plan.zone);
                let begin = |text: &String| typed(text, zone, |text| later::parse_begin(text, now, zone));
                let from = from.as_ref().map_or(Ok(now), begin)?;
                let running = || plan.with(roster).next_hand_off(from).map(|next| next.at);
                let to = match to {
                    Some(text) => typed(text, zone, |text| later::parse_end(text, from, now, zone))?,
                    None => running().ok_or_else(|| anyhow::anyhow!("nothing changes by itself: say --to"))?,
                };
                let rep = (rep != "nobody").then(|| called(playbook, rep)).transpose()?;
                // It begins no earlier than now; one that is over by now is refused as it was asked for.
                let from = if to > now { from.max(now) } else { from };
                let shift = Override { id: OverrideId(Uuid::now_v7()), rep, from, to };
                let name = shift.rep.as_ref().map_or("nobody", |rep| playbook.rep_name(rep));
                anyhow::ensure!(
                    to <= shift.from || to <= now || !has_it(&plan, roster, &shift),
                    "{name} has it from {} to {} already: nothing was changed",
                    when(&plan, shift.from),
                    when(&plan, to)
                );
                let absent = shift.rep.as_ref().and_then(|rep| away_then(playbook, roster, &plan, rep, shift.from));
                told.extend(absent);
                (plan.id.clone(), Command::Override { schedule: plan.id, shift })
            }
            Self::Swap { schedule, one, other, dry_run, .. } => {
                let plan = plan(schedule)?;
                let within =
                    |text: &String| typed(text, plan.zone, |text| later::parse_ever(text, office.now, plan.zone));
                let (one, other) = (within(one)?, within(other)?);
                told = exchanged(playbook, roster, &plan, [one, other], office.now)?;
                if *dry_run {
                    told.push("Nothing was changed.".to_owned());
                    for line in &told {
                        say(line);
                    }
                    return Ok(());
                }
                let ids = [OverrideId(Uuid::now_v7()), OverrideId(Uuid::now_v7())];
                (plan.id.clone(), Command::Swap { schedule: plan.id, ids, one, other })
            }
            Self::Drop { id, .. } => {
                let made = id.parse().ok().and_then(|id| Some((roster.override_of(id)?.0.clone(), id)));
                let (schedule, id) = made.ok_or_else(|| no_override(playbook, roster, id))?;
                (schedule.clone(), Command::DropOverride { schedule, id })
            }
            Self::Subscribe { .. } => return Ok(()),
        };
        let office = office.say(command).await?;
        for line in &told {
            say(line);
        }
        if let Some(plan) = oncall::plan(&office.playbook, &schedule) {
            for line in lines(&office.playbook, &office.roster, &plan, office.now) {
                say(&line);
            }
        }
        Ok(())
    }
}

/// Prints the address of a calendar. On the one stream only it, so that it can be given to a program as it is.
async fn subscribe(whose: Option<&str>, profile: &str) -> anyhow::Result<()> {
    let desk = Desk::open(profile).await?;
    let address = desk.backend.calendar_address(whose.unwrap_or(desk.me.as_str())).await?;
    say(address.as_str());
    warn(
        "Give this address to a calendar program: it opens this one calendar and nothing else. Whoever has it reads the \
         shifts; comeback rep revoke ends it with this device.",
    );
    Ok(())
}

/// Which shifts two times lie in, as far as they are to come, and who takes them; or why they cannot be exchanged. Of a
/// shift that an override cuts in two it is one part.
fn exchanged(
    playbook: &Playbook,
    roster: &Roster,
    plan: &Plan<'_>,
    at: [Timestamp; 2],
    now: Timestamp,
) -> anyhow::Result<Vec<String>> {
    let shift = |at: Timestamp| -> anyhow::Result<Shift> {
        let shift = plan.with(roster).shift_at(at);
        let shift = shift.ok_or_else(|| {
            anyhow::anyhow!(
                "nobody is on call on {}: nothing was changed. Name a time at which somebody is",
                when(plan, at)
            )
        })?;
        let (name, over) = (playbook.rep_name(&shift.rep), when(plan, shift.to));
        anyhow::ensure!(shift.to > now, "{name}'s shift then was over on {over}: nothing was changed");
        Ok(Shift { from: shift.from.max(now), ..shift })
    };
    let (one, other) = (shift(at[0])?, shift(at[1])?);
    let stretch = |shift: &Shift| format!("{} to {}", when(plan, shift.from), when(plan, shift.to));
    let nil = OverrideId(Uuid::nil());
    oncall::swap([nil, nil], &one, &other).map_err(|why| {
        let name = |shift: &Shift| format!("{}, {}", stretch(shift), playbook.rep_name(&shift.rep));
        let both = if one == other { name(&one) } else { format!("{}; {}", name(&one), name(&other)) };
        anyhow::anyhow!("{why} ({both}): nothing was changed")
    })?;
    let mut lines = Vec::new();
    for (shift, takes) in [(&one, &other.rep), (&other, &one.rep)] {
        let (takes_it, had_it) = (playbook.rep_name(takes), playbook.rep_name(&shift.rep));
        lines.push(format!("{}: {takes_it} for {had_it}", stretch(shift)));
        lines.extend(away_then(playbook, roster, plan, takes, shift.from));
    }
    Ok(lines)
}

/// That somebody who is to have a stretch has all of it already.
fn has_it(plan: &Plan<'_>, roster: &Roster, shift: &Override) -> bool {
    let schedule = plan.with(roster);
    match &shift.rep {
        Some(rep) => {
            let have = schedule.shifts(shift.from, shift.to);
            matches!(&have[..], [all] if all.rep == *rep && all.from <= shift.from && all.to >= shift.to)
        }
        None => schedule.shifts(shift.from, shift.to).is_empty(),
    }
}

/// Somebody who works here, by short name or by the name on screens.
fn called(playbook: &Playbook, name: &str) -> anyhow::Result<RepId> {
    let wanted = name.trim().to_lowercase();
    let here = || playbook.reps.iter().filter(|(_, rep)| rep.active);
    let found = here().find(|(id, rep)| id.as_str().to_lowercase() == wanted || rep.name.to_lowercase() == wanted);
    found.map(|(id, _)| id.clone()).ok_or_else(|| {
        let known: Vec<&str> = here().map(|(id, _)| id.as_str()).collect();
        let near = nearest(name.trim(), &known).map_or_else(String::new, |near| format!("Did you mean \"{near}\"? "));
        let known = known.join(", ");
        anyhow::anyhow!(
            "nobody here is called \"{name}\": nothing was changed. {near}There are {known}, and \"nobody\""
        )
    })
}

fn no_schedule(id: &str, known: &[String]) -> anyhow::Error {
    let words: Vec<&str> = known.iter().map(String::as_str).collect();
    let near = nearest(id, &words).map_or_else(String::new, |near| format!(" Did you mean \"{near}\"?"));
    let there = match words.as_slice() {
        [] => "the playbook has none".to_owned(),
        words => format!("there are {}", words.join(", ")),
    };
    anyhow::anyhow!("there is no schedule \"{id}\": nothing was changed.{near} By name {there}")
}

fn no_override(playbook: &Playbook, roster: &Roster, id: &str) -> anyhow::Error {
    let all = oncall::plans(playbook);
    let known: Vec<String> =
        all.iter().flat_map(|plan| roster.overrides_of(&plan.id)).map(|o| o.id.to_string()).collect();
    let there = match known.as_slice() {
        [] => "there is none".to_owned(),
        known => format!("there are {}", known.join(", ")),
    };
    anyhow::anyhow!("\"{id}\" is no override: nothing was changed; {there}. comeback oncall shows them")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::event::Event;

    fn at(text: &str) -> Timestamp {
        chrono::DateTime::parse_from_rfc3339(text).unwrap().to_utc().into()
    }

    /// The commented example: weeks are omar's and inés's from Monday at nine, weekends ben's, maya's and omar's.
    fn example() -> Playbook {
        let text = include_str!("../../../assets/playbook.toml");
        crate::config::playbook::read("playbook.toml", text).unwrap_or_else(|e| panic!("{e}"))
    }

    #[test]
    fn a_swap_is_told_as_it_will_be_or_refused_in_words() {
        let (playbook, roster) = (example(), Roster::default());
        let plan = oncall::plan(&playbook, &"east".into()).unwrap();
        // Tuesday of a week of Omar's; the clocks go forward on the Sunday after.
        let now = at("2026-03-03T10:00:00-05:00");
        let swap = |one: &str, other: &str| exchanged(&playbook, &roster, &plan, [at(one), at(other)], now);
        let (tue, wed, next) = ("2026-03-03T12:00:00-05:00", "2026-03-04T12:00:00-05:00", "2026-03-10T12:00:00-04:00");
        assert_eq!(
            swap(tue, next).unwrap(),
            [
                "Tue 2026-03-03 10:00 EST to Sat 2026-03-07 09:00 EST: Inés Robles for Omar Haddad",
                "Mon 2026-03-09 09:00 EDT to Sat 2026-03-14 09:00 EDT: Omar Haddad for Inés Robles",
            ]
        );
        for (one, other, wanted) in [
            (tue, tue, "both times lie in one shift, so there is nothing to exchange (Tue 2026-03-03 10:00 EST to Sat"),
            (tue, wed, "both times lie in one shift, so there is nothing to exchange (Tue 2026-03-03 10:00 EST to Sat"),
            (tue, "2026-03-17T12:00:00-04:00", "both shifts are the same person's, so nothing would change (Tue"),
            (tue, "2026-02-24T12:00:00-05:00", "Inés Robles's shift then was over on Sat 2026-02-28 09:00 EST"),
        ] {
            let said = swap(one, other).unwrap_err().to_string();
            assert!(said.starts_with(wanted) && said.contains("nothing was changed"), "{said}");
        }
    }

    #[test]
    fn somebody_who_has_a_stretch_already_is_not_given_it_again() {
        let (playbook, mut roster) = (example(), Roster::default());
        let plan = oncall::plan(&playbook, &"east".into()).unwrap();
        let shift = |rep: Option<&str>, from: &str, to: &str| Override {
            id: OverrideId(Uuid::from_u128(1)),
            rep: rep.map(RepId::from),
            from: at(from),
            to: at(to),
        };
        let (noon, evening) = ("2026-03-03T12:00:00-05:00", "2026-03-03T18:00:00-05:00");
        assert!(has_it(&plan, &roster, &shift(Some("omar"), noon, evening)));
        assert!(!has_it(&plan, &roster, &shift(Some("ben"), noon, evening)));
        assert!(!has_it(&plan, &roster, &shift(None, noon, evening)));
        assert!(
            !has_it(&plan, &roster, &shift(Some("omar"), noon, "2026-03-07T12:00:00-05:00")),
            "the weekend is Ben's"
        );
        let nobody = shift(None, noon, evening);
        roster.apply(at(noon), &Event::Overridden { schedule: plan.id.clone(), shift: nobody.clone() });
        assert!(has_it(&plan, &roster, &nobody) && !has_it(&plan, &roster, &shift(Some("omar"), noon, evening)));
    }

    #[test]
    fn a_schedule_that_is_none_is_told_with_the_nearest_one() {
        let known = ["east".to_owned(), "half_days".to_owned()];
        assert_eq!(
            no_schedule("esat", &known).to_string(),
            "there is no schedule \"esat\": nothing was changed. Did you mean \"east\"? By name there are east, half_days"
        );
        assert_eq!(
            no_schedule("x", &[]).to_string(),
            "there is no schedule \"x\": nothing was changed. By name the playbook has none"
        );
    }
}
