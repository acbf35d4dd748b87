//! The playbook's TOML, read and checked. A mistake names file, line, column and the nearest valid word; whatever
//! playbook is in force stays.

use std::collections::{BTreeMap, BTreeSet};

use super::diagnose::Diagnostic;
use super::text::PerTime;
use crate::domain::answering::ANSWERED_WITHIN;
use crate::domain::contact::Address;
use crate::domain::id::{LineId, RepId, TeamId};
use crate::domain::pacing::Limit;
use crate::domain::playbook::{Auditor, Compliance, Line, Playbook, Rep, Role, Team, Unseen};
use crate::domain::time::Span;
use document::{ClassText, Document, Name, PresenceText, RepText, TeamText};
use toml::Spanned;

mod alerts;
mod cohorts;
mod consent;
mod document;
mod expectations;
mod owners;
pub mod places;
mod schedules;
pub mod schema;
mod snippets;
mod steps;
pub mod template;
mod use_cases;

/// Gives the text of a file that a playbook names, or says why it cannot be read.
pub type Files<'a> = &'a dyn Fn(&str) -> Result<String, String>;

/// Reads a playbook that names no other file. `file` is named in mistakes. The version is 0: it is given when it comes
/// into force.
pub fn read(file: &str, source: &str) -> Result<Playbook, Diagnostic> {
    read_with(file, source, &|_| Err("this playbook stands alone: write the rows into it".to_owned()))
}

/// Reads a playbook, and the files it names.
pub fn read_with(file: &str, source: &str, files: Files<'_>) -> Result<Playbook, Diagnostic> {
    let document: Document = toml::from_str(source).map_err(|e| Diagnostic::from_toml(file, source, &e))?;
    Reader { file, source, files }.playbook(document)
}

/// A client asks every 25 s, and may be without network for a moment.
const SHORTEST_ABSENCE: Span = Span::minutes(5);

struct Reader<'a> {
    file: &'a str,
    source: &'a str,
    files: Files<'a>,
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
                capacity: rep.capacity.as_ref().map(|most| self.at_least_one("capacity", most)).transpose()?,
                weight: rep.weight.as_ref().map_or(Ok(1), |weight| self.at_least_one("weight", weight))?,
                meeting_link: rep.meeting_link.as_ref().map(|link| self.meeting_link(link)).transpose()?,
                hours: rep.hours.as_ref().map(|c| self.known("calendar", c, d.calendar.keys())).transpose()?,
            };
            reps.insert(RepId::new(id), made);
        }
        let calendars = d.calendar.iter().map(|(id, c)| Ok((id.clone(), self.calendar(c)?)));
        let calendars: BTreeMap<_, _> = calendars.collect::<Result<_, Diagnostic>>()?;
        let ladders = d.ladder.iter().map(|(id, steps)| Ok((id.clone(), self.ladder(steps, &d)?)));
        let ladders: BTreeMap<_, _> = ladders.collect::<Result<_, Diagnostic>>()?;
        let cohorts = self.cohorts(&d)?;
        let auditors = self.auditors(&d)?;
        let ownership = d.ownership.iter().map(|rule| self.owner_rule(rule, &d)).collect::<Result<_, _>>()?;
        let territories = d.territory.iter().map(|(id, rows)| Ok((id.clone(), self.territory(rows, &d)?)));
        let territories: BTreeMap<_, _> = territories.collect::<Result<_, Diagnostic>>()?;
        let unseen = d.presence.as_ref().map(|presence| self.unseen(presence, &d)).transpose()?;
        let schedules = self.schedules(&d)?;
        let use_cases = self.use_cases(&d)?;
        let acknowledgement = self.acknowledgement(&d)?;
        let lines = self.lines(&d)?;
        let limit = |class: &ClassText| self.limit(class.rate, class.per_day.as_ref());
        let classes = d.campaign_class.iter().map(|(name, class)| Ok((name.clone(), limit(class)?)));
        let classes: BTreeMap<_, _> = classes.collect::<Result<_, Diagnostic>>()?;
        let expectations = self.expectations(&d)?;
        let alerting = self.alerting(&d)?;
        let consent = self.consent(&d, &alerting.channels)?;
        let (snippets, price) = (self.snippets(&d)?, d.price.as_ref().map(|price| self.price(price)).transpose()?);
        let default = Compliance::default();
        Ok(Playbook {
            version: 0,
            company: d.company,
            undo_hold: d.undo_hold.0,
            compliance: Compliance {
                open_minute: d.compliance.open.map_or(default.open_minute, |t| t.0),
                close_minute: d.compliance.close.map_or(default.close_minute, |t| t.0),
                reply_window: d.compliance.reply_window.map_or(default.reply_window, |w| w.0),
                send_anyway: d.compliance.send_anyway.unwrap_or(default.send_anyway),
            },
            consent,
            use_cases,
            answered_within: d.sends.answered_within.map_or(ANSWERED_WITHIN, |span| span.0),
            acknowledgement,
            teams,
            reps,
            auditors,
            ownership,
            territories,
            unseen,
            cohorts,
            calendars,
            ladders,
            schedules,
            lines,
            classes,
            expectations,
            snippets,
            price,
            alerting,
        })
    }

    fn at_least_one(&self, what: &str, number: &Spanned<u32>) -> Result<u32, Diagnostic> {
        match *number.get_ref() {
            0 => Err(self.mistake(number.span(), format!("a {what} of 0 gives them nothing: leave it out, or say 1"))),
            n => Ok(n),
        }
    }

    fn unseen(&self, presence: &PresenceText, d: &Document) -> Result<Unseen, Diagnostic> {
        let after = presence.unseen.get_ref().0;
        if after < SHORTEST_ABSENCE {
            let message = "a device is seen every half minute: say 5m or more, or people come and go all day";
            return Err(self.mistake(presence.unseen.span(), message));
        }
        let calendar = presence.calendar.as_ref().map(|c| self.known("calendar", c, d.calendar.keys())).transpose()?;
        Ok(Unseen { after, calendar })
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
            (Role::Auditor, _) => (
                "an auditor answers nobody and stands in no team".to_owned(),
                format!("write [auditor.{id}] with the name alone, and leave [rep.{id}] out"),
            ),
            (role @ (Role::Rep | Role::Lead | Role::Admin), _) => return Ok(*role),
        };
        Err(Diagnostic { hint: Some(hint), ..self.mistake(said.span(), message) })
    }

    fn auditors(&self, d: &Document) -> Result<BTreeMap<RepId, Auditor>, Diagnostic> {
        let mut all = BTreeMap::new();
        for (id, auditor) in &d.auditor {
            if d.rep.contains_key(id) {
                let wrong = "somebody who answers buyers does not audit: one person, one part";
                return Err(self.mistake(auditor.name.span(), format!("\"{id}\" is a rep: {wrong}")));
            }
            all.insert(RepId::new(id), Auditor { name: auditor.name.get_ref().clone() });
        }
        Ok(all)
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

    fn limit(&self, rate: Option<PerTime>, per_day: Option<&Spanned<u32>>) -> Result<Limit, Diagnostic> {
        let none = |most: &Spanned<u32>| {
            let message = "per_day of 0 lets nothing leave: leave it out, or take the line out";
            (*most.get_ref() == 0).then(|| self.mistake(most.span(), message))
        };
        match per_day.and_then(none) {
            Some(mistake) => Err(mistake),
            None => Ok(Limit { rate: rate.map(|rate| rate.0), per_day: per_day.map(|most| *most.get_ref()) }),
        }
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
                limit: self.limit(line.rate, line.per_day.as_ref())?,
                class: line
                    .class
                    .as_ref()
                    .map(|name| self.known("campaign class", name, d.campaign_class.keys()))
                    .transpose()?,
            };
            lines.insert(LineId::new(id), made);
        }
        Ok(lines)
    }
}

#[cfg(test)]
mod tests;
