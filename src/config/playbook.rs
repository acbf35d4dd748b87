//! The playbook's TOML, read and checked. A mistake names file, line, column and the nearest valid word; whatever
//! playbook is in force stays.

use std::collections::{BTreeMap, BTreeSet};

use chrono_tz::Tz;
use serde::Deserialize;
use toml::Spanned;
use toml::value::Datetime;

use super::diagnose::Diagnostic;
use super::text::{Duration, TimeOfDay, Times, date};
use crate::domain::contact::Address;
use crate::domain::escalation::{Ladder, Step, Who};
use crate::domain::hours::Calendar;
use crate::domain::id::{LineId, RepId, TeamId};
use crate::domain::oncall::Rotation;
use crate::domain::ownership::OwnerSource;
use crate::domain::playbook::{Cohort, Compliance, Line, Playbook, Rep, Role, Target, Team, UseCase};
use crate::domain::time::Span;

/// A name that must exist elsewhere in the file.
type Name = Spanned<String>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    company: String,
    #[serde(default = "eight_seconds")]
    undo_hold: Duration,
    ownership: Vec<OwnerSource>,
    #[serde(default)]
    compliance: ComplianceText,
    use_case: BTreeMap<String, UseCaseText>,
    team: BTreeMap<String, TeamText>,
    rep: BTreeMap<String, RepText>,
    cohort: Vec<Spanned<CohortText>>,
    calendar: BTreeMap<String, CalendarText>,
    ladder: BTreeMap<String, Spanned<Vec<StepText>>>,
    line: BTreeMap<String, LineText>,
}

fn eight_seconds() -> Duration {
    Duration(Span::seconds(8))
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct ComplianceText {
    open: Option<TimeOfDay>,
    close: Option<TimeOfDay>,
    reply_window: Option<Duration>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UseCaseText {
    label: String,
    #[serde(default = "yes")]
    sales: bool,
}

const fn yes() -> bool {
    true
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TeamText {
    label: String,
    lead: Name,
    on_call: Option<RotationText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RotationText {
    reps: Vec<Name>,
    since: Spanned<Datetime>,
    hand_off: TimeOfDay,
    days: u32,
    zone: Tz,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RepText {
    name: String,
    #[serde(default)]
    title: String,
    team: Name,
    /// Left out it follows from the teams: who leads one is a lead.
    role: Option<Spanned<Role>>,
    backup: Option<Name>,
    #[serde(default = "yes")]
    active: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CohortText {
    name: String,
    label: String,
    #[serde(default)]
    use_cases: Vec<Name>,
    #[serde(default)]
    stages: BTreeSet<String>,
    first_response: Spanned<TargetText>,
    next_response: Spanned<TargetText>,
    calendar: Name,
    ladder: Name,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TargetText {
    warn: Duration,
    due: Duration,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CalendarText {
    zone: Spanned<Tz>,
    #[serde(default)]
    monday: Times,
    #[serde(default)]
    tuesday: Times,
    #[serde(default)]
    wednesday: Times,
    #[serde(default)]
    thursday: Times,
    #[serde(default)]
    friday: Times,
    #[serde(default)]
    saturday: Times,
    #[serde(default)]
    sunday: Times,
    #[serde(default)]
    holidays: BTreeMap<Spanned<String>, Times>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StepText {
    who: Spanned<Who>,
    wait: Option<Duration>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LineText {
    label: String,
    number: Spanned<String>,
    team: Name,
    use_case: Name,
}

/// Reads a playbook. `file` is named in mistakes. The version is 0: it is given when it comes into force.
pub fn read(file: &str, source: &str) -> Result<Playbook, Diagnostic> {
    let document: Document = toml::from_str(source).map_err(|e| Diagnostic::from_toml(file, source, &e))?;
    Reader { file, source }.playbook(document)
}

struct Reader<'a> {
    file: &'a str,
    source: &'a str,
}

impl Reader<'_> {
    fn mistake(&self, span: std::ops::Range<usize>, message: impl Into<String>) -> Diagnostic {
        Diagnostic::at(self.file, self.source, span, message, None)
    }

    /// A name that must be one of `known`.
    fn known<'k>(
        &self,
        what: &str,
        name: &Name,
        known: impl Iterator<Item = &'k String>,
    ) -> Result<String, Diagnostic> {
        let known: Vec<&str> = known.map(String::as_str).collect();
        let word = name.get_ref();
        if known.contains(&word.as_str()) {
            return Ok(word.clone());
        }
        let message = format!("there is no {what} \"{word}\"");
        Err(Diagnostic::at(self.file, self.source, name.span(), message, Some((word, &known))))
    }

    fn playbook(&self, d: Document) -> Result<Playbook, Diagnostic> {
        let mut members: BTreeMap<String, BTreeSet<RepId>> = BTreeMap::new();
        for (id, rep) in &d.rep {
            let team = self.known("team", &rep.team, d.team.keys())?;
            if rep.active {
                members.entry(team).or_default().insert(RepId::new(id));
            }
        }
        let mut teams = BTreeMap::new();
        for (id, team) in &d.team {
            teams.insert(TeamId::new(id), self.team(id, team, &d, &mut members)?);
        }
        let mut reps = BTreeMap::new();
        for (id, rep) in &d.rep {
            let backup = rep.backup.as_ref().map(|b| self.known("rep", b, d.rep.keys())).transpose()?;
            let made = Rep {
                name: rep.name.clone(),
                title: rep.title.clone(),
                team: TeamId::new(rep.team.get_ref()),
                role: self.role(id, rep, &d)?,
                backup: backup.map(RepId),
                active: rep.active,
            };
            reps.insert(RepId::new(id), made);
        }
        let calendars = d.calendar.iter().map(|(id, c)| Ok((id.clone(), self.calendar(c)?)));
        let calendars: BTreeMap<_, _> = calendars.collect::<Result<_, Diagnostic>>()?;
        let ladders = d.ladder.iter().map(|(id, steps)| Ok((id.clone(), self.ladder(steps)?)));
        let ladders: BTreeMap<_, _> = ladders.collect::<Result<_, Diagnostic>>()?;
        let cohorts = self.cohorts(&d)?;
        let lines = self.lines(&d)?;
        let use_cases =
            d.use_case.into_iter().map(|(id, u)| (id, UseCase { label: u.label, sales: u.sales })).collect();
        let default = Compliance::default();
        Ok(Playbook {
            version: 0,
            company: d.company,
            undo_hold: d.undo_hold.0,
            compliance: Compliance {
                open_minute: d.compliance.open.map_or(default.open_minute, |t| t.0),
                close_minute: d.compliance.close.map_or(default.close_minute, |t| t.0),
                reply_window: d.compliance.reply_window.map_or(default.reply_window, |w| w.0),
            },
            use_cases,
            teams,
            reps,
            ownership: d.ownership,
            cohorts,
            calendars,
            ladders,
            lines,
        })
    }

    /// Who leads is said once, by the team's `lead`. A role that says otherwise would have no effect, so it is refused.
    fn role(&self, id: &str, rep: &RepText, d: &Document) -> Result<Role, Diagnostic> {
        let leads = d.team.iter().find(|(_, team)| team.lead.get_ref() == id).map(|(team, _)| team);
        let Some(said) = &rep.role else { return Ok(if leads.is_some() { Role::Lead } else { Role::Rep }) };
        let own = rep.team.get_ref();
        let (message, hint) = match (said.get_ref(), leads) {
            (Role::Lead, None) => (
                format!("\"{id}\" has the role of a lead, but leads no team"),
                format!("write lead = \"{id}\" under [team.{own}], or leave the role out"),
            ),
            (Role::Rep, Some(team)) => (
                format!("\"{id}\" has the role of a rep, but leads the team \"{team}\""),
                format!("write role = \"lead\", or let somebody else be the lead of [team.{team}]"),
            ),
            (role @ (Role::Rep | Role::Lead | Role::Admin), _) => return Ok(*role),
        };
        Err(Diagnostic { hint: Some(hint), ..self.mistake(said.span(), message) })
    }

    fn team(
        &self,
        id: &str,
        team: &TeamText,
        d: &Document,
        members: &mut BTreeMap<String, BTreeSet<RepId>>,
    ) -> Result<Team, Diagnostic> {
        let lead = self.known("rep", &team.lead, d.rep.keys())?;
        if !d.rep[&lead].active {
            return Err(self.mistake(team.lead.span(), "the lead left: the last step of every ladder would be empty"));
        }
        let on_call = match &team.on_call {
            None => None,
            Some(rotation) => {
                let reps = rotation.reps.iter().map(|r| self.known("rep", r, d.rep.keys()).map(RepId));
                let since = date(&rotation.since.get_ref().to_string())
                    .ok_or_else(|| self.mistake(rotation.since.span(), "not a day: write it 2026-01-05"))?;
                Some(Rotation {
                    reps: reps.collect::<Result<_, _>>()?,
                    since,
                    hand_off: rotation.hand_off.0,
                    days: rotation.days.max(1),
                    zone: rotation.zone,
                })
            }
        };
        let members = members.remove(id).unwrap_or_default();
        Ok(Team { label: team.label.clone(), lead: Some(RepId(lead)), members, on_call })
    }

    fn calendar(&self, c: &CalendarText) -> Result<Calendar, Diagnostic> {
        let week = [&c.monday, &c.tuesday, &c.wednesday, &c.thursday, &c.friday, &c.saturday, &c.sunday];
        let mut holidays = BTreeMap::new();
        for (day, times) in &c.holidays {
            let wrong = || self.mistake(day.span(), "not a day: write it 2026-12-25");
            holidays.insert(date(day.get_ref()).ok_or_else(wrong)?, times.0.clone());
        }
        let calendar = Calendar { zone: *c.zone.get_ref(), week: week.map(|times| times.0.clone()), holidays };
        match calendar.validate() {
            Ok(()) => Ok(calendar),
            Err(e) => Err(self.mistake(c.zone.span(), format!("this calendar cannot be used: {e}"))),
        }
    }

    fn ladder(&self, steps: &Spanned<Vec<StepText>>) -> Result<Ladder, Diagnostic> {
        let last = steps.get_ref().len().saturating_sub(1);
        let made = steps.get_ref().iter().enumerate().map(|(index, step)| {
            let who = *step.who.get_ref();
            let wait = match step.wait.as_ref().map(|w| w.0) {
                Some(wait) if wait > Span::ZERO => wait,
                Some(_) => return Err(self.mistake(step.who.span(), "this step's wait is zero: nobody could act")),
                None if index == last => Span::ZERO,
                None => return Err(self.mistake(step.who.span(), "this step needs a wait, as in wait = \"5m\"")),
            };
            Ok(Step { who, wait })
        });
        let made: Vec<Step> = made.collect::<Result<_, _>>()?;
        if made.last().map(|s| s.who) == Some(Who::Lead) {
            Ok(Ladder { steps: made })
        } else {
            Err(self.mistake(steps.span(), "the last step must be the lead, or a reply could end with nobody"))
        }
    }

    fn cohorts(&self, d: &Document) -> Result<Vec<Cohort>, Diagnostic> {
        let mut cohorts = Vec::new();
        for cohort in &d.cohort {
            let c = cohort.get_ref();
            let use_cases = c.use_cases.iter().map(|u| self.known("use_case", u, d.use_case.keys()));
            cohorts.push(Cohort {
                name: c.name.clone(),
                label: c.label.clone(),
                use_cases: use_cases.collect::<Result<_, _>>()?,
                stages: c.stages.clone(),
                first_response: self.target(&c.first_response)?,
                next_response: self.target(&c.next_response)?,
                calendar: self.known("calendar", &c.calendar, d.calendar.keys())?,
                ladder: self.known("ladder", &c.ladder, d.ladder.keys())?,
            });
        }
        let catch_all = cohorts.last().is_some_and(|c| c.use_cases.is_empty() && c.stages.is_empty());
        match d.cohort.last() {
            Some(_) if catch_all => Ok(cohorts),
            Some(last) => {
                Err(self.mistake(last.span(), "the last cohort must match every reply: leave out use_cases and stages"))
            }
            None => Err(self.mistake(0..0, "there must be a cohort that matches every reply")),
        }
    }

    fn target(&self, target: &Spanned<TargetText>) -> Result<Target, Diagnostic> {
        let made = Target { warn: target.get_ref().warn.0, due: target.get_ref().due.0 };
        if made.due <= Span::ZERO {
            return Err(self.mistake(target.span(), "due must be longer than nothing"));
        }
        if made.warn > made.due {
            return Err(self.mistake(target.span(), "the warning must not come after the due time"));
        }
        Ok(made)
    }

    fn lines(&self, d: &Document) -> Result<BTreeMap<LineId, Line>, Diagnostic> {
        let mut lines: BTreeMap<LineId, Line> = BTreeMap::new();
        for (id, line) in &d.line {
            let wrong = |_| self.mistake(line.number.span(), "not a number: write it +15550100100");
            let number = Address::parse(line.number.get_ref()).map_err(wrong)?;
            if lines.values().any(|other| other.number == number) {
                return Err(self.mistake(line.number.span(), "another line has this number already"));
            }
            let made = Line {
                label: line.label.clone(),
                number,
                team: TeamId(self.known("team", &line.team, d.team.keys())?),
                use_case: self.known("use_case", &line.use_case, d.use_case.keys())?,
            };
            lines.insert(LineId::new(id), made);
        }
        Ok(lines)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = include_str!("../../assets/playbook.toml");

    #[test]
    fn the_example_reads() {
        let playbook = read("playbook.toml", EXAMPLE).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(playbook.undo_hold, Span::seconds(8));
        assert_eq!(playbook.pools_of(&"maya".into()), [TeamId::new("east")].into());
        assert!(!playbook.is_active(&"zoe".into()));
        assert_eq!(playbook.cohort("late_stage").map(|c| c.first_response.due), Some(Span::minutes(5)));
        assert_eq!(playbook.calendars["office"].week[0].len(), 2);
    }

    #[test]
    fn who_leads_a_team_is_a_lead_and_an_admin_may_lead() {
        let read = |role: &str| {
            let source = EXAMPLE.replacen("role = \"lead\"\n", role, 1);
            assert_ne!(source, EXAMPLE);
            read("playbook.toml", &source).unwrap_or_else(|e| panic!("{e}")).reps[&"lea".into()].role
        };
        assert_eq!((read(""), read("role = \"admin\"\n")), (Role::Lead, Role::Admin));
    }

    #[test]
    fn a_role_that_says_otherwise_than_the_teams_is_refused_in_its_place() {
        let of_ben = "name = \"Ben Carver\"\ntitle = \"AE\"\n";
        for (from, to, at, says, remedy) in [
            (
                of_ben,
                "name = \"Ben Carver\"\nrole = \"lead\"\n",
                "role = \"lead\"",
                "\"ben\" has the role of a lead, but leads no team",
                "write lead = \"ben\" under [team.east], or leave the role out",
            ),
            (
                "role = \"lead\"",
                "role = \"rep\"",
                "role = \"rep\"",
                "\"lea\" has the role of a rep, but leads the team \"east\"",
                "write role = \"lead\", or let somebody else be the lead of [team.east]",
            ),
        ] {
            let source = EXAMPLE.replacen(from, to, 1);
            assert_ne!(source, EXAMPLE, "{from}");
            let line = source.lines().position(|l| l == at).map_or(0, |n| n + 1);
            let told = read("playbook.toml", &source).expect_err(to).to_string();
            let first = told.lines().next().unwrap_or_default();
            assert_eq!(first, format!("playbook.toml:{line}:8: {says}; {remedy}"));
        }
    }

    #[test]
    fn mistakes_name_place_and_remedy() {
        for (from, to, wanted) in [
            ("backup = \"ben\"", "backup = \"bne\"", "there is no rep \"bne\"; did you mean \"ben\"?"),
            ("undo_hold = \"8s\"", "undo_hold = \"8 seconds\"", "write it 30s, 5m, 2h or 1d"),
            ("undo_hold = \"8s\"", "undo_hodl = \"8s\"", "did you mean \"undo_hold\"?"),
            ("ladder = \"fast\"", "ladder = \"fats\"", "there is no ladder \"fats\"; did you mean \"fast\"?"),
            ("who = \"backup\"", "who = \"bakcup\"", "did you mean \"backup\"?"),
            ("monday = [\"08:00-12:30\", ", "monday = [\"12:30-08:00x\", ", "write it 09:00-17:00"),
            ("warn = \"3m\", due = \"5m\"", "warn = \"30m\", due = \"5m\"", "must not come after the due time"),
            ("2026-07-03 = []", "2026-17-03 = []", "not a day"),
            ("number = \"+16465550200\"", "number = \"+16465550100\"", "another line has this number"),
            ("lead = \"lea\"", "lead = \"zoe\"", "the lead left"),
        ] {
            let source = EXAMPLE.replacen(from, to, 1);
            assert_ne!(source, EXAMPLE, "{from}");
            let mistake = read("playbook.toml", &source).expect_err(to).to_string();
            assert!(mistake.contains(wanted), "{to}: {mistake}");
            let line = source.lines().collect::<Vec<_>>().iter().rposition(|l| l.contains(to)).map_or(0, |n| n + 1);
            assert!(mistake.starts_with(&format!("playbook.toml:{line}:")), "{to}: {mistake}");
        }
    }
}
