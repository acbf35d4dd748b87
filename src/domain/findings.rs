//! What is wrong or risky in a playbook that reads well: rules that never apply, people who are never asked, days on
//! which nobody is on call, a reply that would reach nobody.

use std::collections::BTreeSet;

use chrono_tz::Tz;

use super::expectation;
use super::id::{LineId, RepId, ScheduleId, TeamId};
use super::oncall;
use super::playbook::Playbook;
use super::reach::{self, Bounds, Searched};
use super::time::Timestamp;

mod climbing;
mod cohorts;
mod gaps;
mod hours;
mod layers;
mod mailed;
mod owning;
mod shadowed;
mod unasked;
mod unreached;
mod use_cases;

pub use unreached::searched;

/// Days in which schedules are looked at.
pub const DAYS: u16 = 90;
/// Days in which a reply that reaches nobody is searched.
pub const SEARCHED_DAYS: u16 = 14;
/// People away at once in the search for a reply that reaches nobody.
pub const AWAY: usize = 3;

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What it is about.
    pub about: About,
    /// Whether the playbook cannot mean it.
    pub wrong: bool,
    /// What is found.
    pub what: String,
    /// What to do.
    pub remedy: String,
}

/// The part of a playbook that a finding is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum About {
    /// A use case, by its short name.
    UseCase(String),
    /// A cohort, by its short name.
    Cohort(String),
    /// A rep.
    Rep(RepId),
    /// A team.
    Team(TeamId),
    /// A ladder.
    Ladder(String),
    /// Opening hours.
    Calendar(String),
    /// A territory, by its name.
    Territory(String),
    /// A schedule.
    Schedule(ScheduleId),
    /// A case that is expected.
    Expectation(String),
    /// When texts may leave.
    Compliance,
    /// Who hears of what an operator has to put right.
    Operations,
    /// A report that is mailed, by its name.
    Report(String),
    /// One of the rules by which owners are looked for, counted from 0.
    Rule(usize),
    /// A line.
    Line(LineId),
    /// A step of a ladder, counted from 0.
    Step(String, usize),
    /// A layer of a schedule, counted from 0.
    Layer(ScheduleId, usize),
}

/// Everything found, what is wrong first; and how far the search for a reply that reaches nobody went.
pub fn of(playbook: &Playbook, from: Timestamp) -> (Vec<Finding>, Searched) {
    let mut all = Vec::new();
    use_cases::of(playbook, &mut all);
    cohorts::of(playbook, &mut all);
    people(playbook, &mut all);
    ladders(playbook, &mut all);
    gaps::of(playbook, from, &mut all);
    unasked::of(playbook, &mut all);
    owning::of(playbook, &mut all);
    climbing::of(playbook, &mut all);
    shadowed::of(playbook, &mut all);
    layers::hidden(playbook, from, &mut all);
    rest(playbook, &mut all);
    zones(playbook, &mut all);
    lines(playbook, &mut all);
    operations(playbook, &mut all);
    mailed::of(playbook, &mut all);
    all.extend(super::alert::reachable::unreachable(playbook, None));
    for broken in expectation::broken(playbook, &super::roster::Roster::default()) {
        all.push(Finding {
            about: About::Expectation(broken.name.clone()),
            wrong: true,
            what: format!("an expectation does not hold: {broken}"),
            remedy: "mend the rule, or say what you now expect".to_owned(),
        });
    }
    let searched = reach::search(playbook, Bounds { from, days: SEARCHED_DAYS, away: AWAY });
    all.extend(searched.found.as_ref().map(|found| unreached::told(playbook, found)));
    all.sort_by_key(|finding| !finding.wrong);
    (all, searched)
}

fn are(names: &[&str]) -> String {
    match names {
        [] => "nobody is".to_owned(),
        [one] => format!("{one} is"),
        [most @ .., last] => format!("{} and {last} are", most.join(", ")),
    }
}

fn people(playbook: &Playbook, all: &mut Vec<Finding>) {
    for (id, rep) in playbook.reps.iter().filter(|(_, rep)| rep.active) {
        let Some(backup) = &rep.backup else { continue };
        let what = if backup == id {
            format!("{} is their own backup", rep.name)
        } else if playbook.is_active(backup) {
            continue;
        } else {
            format!("{}'s backup {} has left", rep.name, playbook.rep_name(backup))
        };
        let remedy = "name somebody else as backup".to_owned();
        all.push(Finding { about: About::Rep(id.clone()), wrong: true, what, remedy });
    }
    for (id, team) in &playbook.teams {
        let others = team.members.iter().filter(|rep| Some(*rep) != team.lead.as_ref()).count();
        if others == 0 {
            all.push(Finding {
                about: About::Team(id.clone()),
                wrong: false,
                what: format!("the pool of {} has nobody but its lead", team.label),
                remedy: format!("write team = \"{id}\" for whoever answers there"),
            });
        }
    }
}

fn ladders(playbook: &Playbook, all: &mut Vec<Finding>) {
    let climbed: BTreeSet<&String> = playbook.cohorts.iter().map(|cohort| &cohort.ladder).collect();
    for name in playbook.ladders.keys().filter(|name| !climbed.contains(name)) {
        all.push(Finding {
            about: About::Ladder(name.clone()),
            wrong: false,
            what: format!("no cohort climbs the ladder \"{name}\""),
            remedy: "name it in a cohort, or leave it out".to_owned(),
        });
    }
}

/// The area code of numbers that stand for none: nobody has it (North American Numbering Plan).
const NO_AREA: &str = "+1555";

fn lines(playbook: &Playbook, all: &mut Vec<Finding>) {
    for (id, line) in playbook.lines.iter().filter(|(_, line)| line.number.as_str().starts_with(NO_AREA)) {
        let number = line.number.as_str();
        all.push(Finding {
            about: About::Line(id.clone()),
            wrong: false,
            what: format!("{number} of the line \"{id}\" only stands for a number: there is no area code 555"),
            remedy: "write the one that buyers text".to_owned(),
        });
    }
}

/// Where there are channels, one is meant to hear of what stands still. Without any, everybody has their inbox alone.
fn operations(playbook: &Playbook, all: &mut Vec<Finding>) {
    let alerting = &playbook.alerting;
    if alerting.channels.is_empty() || !alerting.operations.is_empty() {
        return;
    }
    let shared = alerting.channels.iter().find(|(_, channel)| channel.kind.is_shared());
    let remedy = shared.map_or_else(
        || {
            "write [channel.ops] with kind = \"slack\" and url = \"env:NAME\", and [operations] with by = [\"ops\"]: pages and \
             mails go to one person each"
                .to_owned()
        },
        |(name, _)| format!("write [operations] and below it by = [\"{name}\"]"),
    );
    all.push(Finding {
        about: About::Operations,
        wrong: false,
        what: "nobody is told when a number stops or an expectation breaks: [operations] names no channel".to_owned(),
        remedy,
    });
}

/// An instant as people of that zone write it, with the zone's name for the time.
fn local(at: Timestamp, zone: Tz) -> String {
    at.utc().with_timezone(&zone).format("%Y-%m-%d %H:%M %Z").to_string()
}

/// Calendars of several zones, and nothing says which of them is the company's.
fn zones(playbook: &Playbook, all: &mut Vec<Finding>) {
    let zones: BTreeSet<&str> = playbook.calendars.values().map(|calendar| calendar.zone.name()).collect();
    if playbook.company_zone.is_some() || zones.len() < 2 {
        return;
    }
    let zone = playbook.zone().name();
    all.extend(playbook.calendars.keys().next().map(|first| Finding {
        about: About::Calendar(first.clone()),
        wrong: false,
        what: format!(
            "days end and times are told in {zone} because \"{first}\" comes first by its name: a calendar before it would \
             move every report"
        ),
        remedy: format!("write zone = \"{zone}\" above all tables"),
    }));
}

/// Where a team is: the zone of its schedule, else the company's.
fn zone_of(playbook: &Playbook, team: &TeamId) -> Tz {
    let schedule = oncall::of_team(playbook, team).map(|plan| plan.zone);
    schedule.unwrap_or_else(|| playbook.zone())
}

fn rest(playbook: &Playbook, all: &mut Vec<Finding>) {
    let rules = &playbook.compliance;
    if rules.open_minute >= rules.close_minute {
        all.push(Finding {
            about: About::Compliance,
            wrong: true,
            what: "texts nobody just asked for could never leave: close is not after open".to_owned(),
            remedy: "write open = \"08:00\" and close = \"21:00\"".to_owned(),
        });
    }
    hours::check(rules, all);
}
