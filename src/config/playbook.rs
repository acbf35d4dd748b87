//! The playbook's TOML, read and checked. A mistake names file, line, column and the nearest valid word; whatever
//! playbook is in force stays.

use std::collections::{BTreeMap, BTreeSet};

use super::diagnose::Diagnostic;
use crate::domain::answering::ANSWERED_WITHIN;
use crate::domain::contact::Address;
use crate::domain::id::{LineId, RepId, TeamId};
use crate::domain::playbook::{Compliance, Line, Playbook, Rep, Role, Team};
use document::{Document, Name, RepText, TeamText};

mod document;
mod expectations;
mod ladders;
pub mod places;
mod schedules;
mod use_cases;

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
        let schedules = self.schedules(&d)?;
        let use_cases = self.use_cases(&d)?;
        let acknowledgement = self.acknowledgement(&d)?;
        let lines = self.lines(&d)?;
        let expectations = self.expectations(&d)?;
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
            answered_within: d.sends.answered_within.map_or(ANSWERED_WITHIN, |span| span.0),
            acknowledgement,
            teams,
            reps,
            ownership: d.ownership,
            cohorts,
            calendars,
            ladders,
            schedules,
            lines,
            expectations,
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
        let on_call = team.on_call.as_ref().map(|rotation| self.on_call(rotation, d)).transpose()?;
        let members = members.remove(id).unwrap_or_default();
        Ok(Team { label: team.label.clone(), lead: Some(RepId(lead)), members, on_call })
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
                use_case: self.line_use_case(id, line, d)?,
            };
            lines.insert(LineId::new(id), made);
        }
        Ok(lines)
    }
}

#[cfg(test)]
mod tests;
