//! The playbook's TOML, read and checked. A mistake names file, line, column and the nearest valid word; whatever
//! playbook is in force stays.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use super::diagnose::{Diagnostic, nearest};
use super::text::{Duration, PerTime};
use crate::domain::answering::ANSWERED_WITHIN;
use crate::domain::consent::ConsentRules;
use crate::domain::contact::Address;
use crate::domain::id::{LineId, RepId, TeamId};
use crate::domain::ownership::turn::MAX_WEIGHT;
use crate::domain::pacing::Limit;
use crate::domain::playbook::{Auditor, Compliance, Line, Playbook, Rep, Role, Team, Unseen};
use crate::domain::time::Span;
use document::{ClassText, Document, Name, PresenceText, RepText, TeamText};
use repair::LeftOut;
use toml::Spanned;

mod alerts;
mod cohorts;
mod consent;
mod crm;
mod document;
pub mod example;
mod expectations;
pub mod file;
mod hidden;
mod kind;
mod listed;
mod next_steps;
mod owners;
pub mod places;
pub(super) mod repair;
mod reports;
mod schedules;
pub mod schema;
mod snippets;
mod steps;
pub mod template;
mod use_cases;

/// Gives the text of a file that a playbook names, or says why it cannot be read.
pub type Files<'a> = &'a dyn Fn(&str) -> Result<String, String>;

/// What reading a file came to.
#[derive(Debug)]
pub struct Reading {
    /// The playbook. With mistakes it is what the file would say with each of them mended as suggested; none when that
    /// cannot be told.
    pub playbook: Option<Playbook>,
    /// Every mistake, as far as the file could be read.
    pub mistakes: Vec<Diagnostic>,
}

/// Reads a playbook that lies in no folder: of other files it may name those of the example. `file` is named in
/// mistakes. The version is 0: it is given when it comes into force.
pub fn read(file: &str, source: &str) -> Result<Playbook, Diagnostic> {
    read_with(file, source, &example::beside)
}

/// Reads a playbook, and the files it names; the first mistake when there is any.
pub fn read_with(file: &str, source: &str, files: Files<'_>) -> Result<Playbook, Diagnostic> {
    let Reading { playbook, mistakes } = read_all(file, source, files);
    match (mistakes.into_iter().next(), playbook) {
        (None, Some(playbook)) => Ok(playbook),
        (Some(first), _) => Err(first),
        (None, None) => Err(Diagnostic::of_file(file, "it cannot be read")),
    }
}

/// Reads a playbook, and the files it names, on over every mistake.
pub fn read_all(file: &str, source: &str, files: Files<'_>) -> Reading {
    let repair::Reading { document, mistakes, mended, left_out } = repair::document(file, source);
    let is_text = mended.is_none();
    let source = mended.as_ref().map_or(source, |mended| mended.text.as_str());
    let (playbook, found) = match document {
        Some(document) => {
            let reader = Reader { file, source, files, left_out, mistakes: mistakes.into(), guessed: false.into() };
            let playbook = reader.playbook(document);
            let is_whole = reader.left_out.is_empty() && !reader.guessed.get();
            // How brackets and quotes were meant is a guess.
            (Some(playbook).filter(|_| is_whole && is_text), reader.mistakes.into_inner())
        }
        None => (None, mistakes),
    };
    let mut mistakes: Vec<Diagnostic> = mended.as_ref().map(|mended| mended.mistakes.clone()).unwrap_or_default();
    // What was mended and is wrong all the same was meant otherwise, and what else was found may hang on it.
    let misread = mended.as_ref().is_some_and(|mended| found.iter().any(|mistake| mended.hides(mistake)));
    for mistake in found {
        if !misread && !mistakes.contains(&mistake) {
            mistakes.push(mistake);
        }
    }
    Reading { playbook, mistakes }
}

/// A client asks every 25 s, and may be without network for a moment.
const SHORTEST_ABSENCE: Span = Span::minutes(5);

/// Longer than anybody looks at what they wrote.
const LONGEST_HOLD: Span = Span::minutes(10);

struct Reader<'a> {
    file: &'a str,
    source: &'a str,
    files: Files<'a>,
    /// What of the file could not be read.
    left_out: LeftOut,
    mistakes: RefCell<Vec<Diagnostic>>,
    /// Whether anything stands in the playbook, or is missing in it, that nobody suggested.
    guessed: Cell<bool>,
}

impl Reader<'_> {
    fn mistake(&self, span: std::ops::Range<usize>, message: impl Into<String>) -> Diagnostic {
        Diagnostic::at(self.file, self.source, span, message, None)
    }

    fn hinted(&self, span: std::ops::Range<usize>, message: impl Into<String>, hint: impl Into<String>) -> Diagnostic {
        Diagnostic { hint: Some(hint.into()), ..self.mistake(span, message) }
    }

    /// Notes a mistake after which the rest still says what its author means.
    fn note(&self, mistake: Diagnostic) {
        self.mistakes.borrow_mut().push(mistake);
    }

    /// What was read; a mistake is noted and nothing stands in its place.
    fn kept<T>(&self, read: Result<T, Diagnostic>) -> Option<T> {
        read.map_err(|mistake| {
            self.note(mistake);
            self.guessed.set(true);
        })
        .ok()
    }

    /// What was read; a mistake is noted and something else stands in its place.
    fn or<T>(&self, read: Result<T, Diagnostic>, otherwise: T) -> T {
        self.kept(read).unwrap_or(otherwise)
    }

    /// A name that must be one of `known`. One that is nearly right is noted and taken for the one that was meant.
    fn known<'k>(
        &self,
        what: &str,
        name: &Name,
        known: impl Iterator<Item = &'k String>,
    ) -> Result<String, Diagnostic> {
        let mut seen = BTreeSet::new();
        let known: Vec<&str> = known.map(String::as_str).filter(|known| seen.insert(*known)).collect();
        let word = name.get_ref();
        if known.contains(&word.as_str()) || self.left_out.may_have(what, word) {
            return Ok(word.clone());
        }
        let message = format!("there is no {what} \"{word}\"");
        let told = Diagnostic::at(self.file, self.source, name.span(), message, Some((word, &known)));
        match nearest(word, &known) {
            Some(meant) => {
                self.note(told);
                Ok(meant.to_owned())
            }
            None => Err(told),
        }
    }

    /// As [`Self::known`]; what is none stays as it is written.
    fn named<'k>(&self, what: &str, name: &Name, known: impl Iterator<Item = &'k String>) -> String {
        self.or(self.known(what, name, known), name.get_ref().clone())
    }

    fn playbook(&self, d: Document) -> Playbook {
        let mut members: BTreeMap<String, BTreeSet<RepId>> = BTreeMap::new();
        for (id, rep) in &d.rep {
            let team = self.named("team", &rep.team, d.team.keys());
            if rep.active {
                members.entry(team).or_default().insert(RepId::new(id));
            }
        }
        let mut teams = BTreeMap::new();
        for (id, team) in &d.team {
            teams.insert(TeamId::new(id), self.team(id, team, &d, &mut members));
        }
        let reps = d.rep.iter().map(|(id, rep)| (RepId::new(id), self.rep(id, rep, &d))).collect();
        let calendars = d.calendar.iter().filter_map(|(id, c)| Some((id.clone(), self.kept(self.calendar(c))?)));
        let calendars = calendars.collect();
        let ladders = d.ladder.iter().map(|(id, steps)| (id.clone(), self.ladder(steps, &d))).collect();
        let cohorts = self.cohorts(&d);
        let auditors = self.auditors(&d);
        let ownership = d.ownership.iter().map(|rule| self.owner_rule(rule, &d)).collect();
        let territories = d.territory.iter().map(|(id, rows)| (id.clone(), self.territory(rows, &d))).collect();
        let unseen = d.presence.as_ref().and_then(|presence| self.unseen(presence, &d));
        let schedules = self.schedules(&d);
        let use_cases = self.use_cases(&d);
        let acknowledgement = self.acknowledgement(&d);
        let lines = self.lines(&d);
        let limit = |class: &ClassText| self.or(self.limit(class.rate, class.per_day.as_ref()), Limit::default());
        let classes = d.campaign_class.iter().map(|(name, class)| (name.clone(), limit(class))).collect();
        let expectations = self.expectations(&d);
        let alerting = self.alerting(&d);
        let consent = self.or(self.consent(&d, &alerting.channels), ConsentRules::default());
        let snippets = self.snippets(&d);
        let next_steps = self.next_steps(&d);
        let price = d.price.as_ref().and_then(|price| self.kept(self.price(price)));
        let default = Compliance::default();
        Playbook {
            version: 0,
            company: d.company,
            company_zone: d.zone.map(|zone| zone.0),
            undo_hold: self.undo_hold(&d.undo_hold),
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
            next_steps,
            price,
            alerting,
            asking: d.crm.as_ref().map_or_else(Default::default, |crm| self.asking(crm)),
            write_back: d.crm.as_ref().map_or_else(Default::default, |crm| self.write_back(crm)),
        }
    }

    fn rep(&self, id: &str, rep: &RepText, d: &Document) -> Rep {
        Rep {
            name: rep.name.clone(),
            title: rep.title.clone(),
            backup: rep.backup.as_ref().map(|b| RepId(self.named("rep", b, d.rep.keys()))),
            role: self.or(self.role(id, rep, d), Role::Rep),
            team: TeamId(self.named("team", &rep.team, d.team.keys())),
            active: rep.active,
            successor: rep.successor.as_ref().and_then(|name| self.kept(self.successor(rep, name, d))),
            capacity: rep.capacity.as_ref().and_then(|most| self.kept(self.at_least_one("capacity", most))),
            weight: rep.weight.as_ref().map_or(1, |weight| self.or(self.weight(weight), 1)),
            meeting_link: rep.meeting_link.as_ref().and_then(|link| self.kept(self.meeting_link(link))),
            hours: rep.hours.as_ref().map(|c| self.named("calendar", c, d.calendar.keys())),
        }
    }

    fn at_least_one(&self, what: &str, number: &Spanned<u32>) -> Result<u32, Diagnostic> {
        match *number.get_ref() {
            0 => Err(self.mistake(number.span(), format!("a {what} of 0 gives them nothing: leave it out, or say 1"))),
            n => Ok(n),
        }
    }

    /// A share of a pool's turns.
    fn weight(&self, number: &Spanned<u32>) -> Result<u32, Diagnostic> {
        let weight = self.at_least_one("weight", number)?;
        if weight > MAX_WEIGHT {
            let message = format!("a weight is from 1 to {MAX_WEIGHT}: {weight} would count as {MAX_WEIGHT}");
            return Err(self.hinted(number.span(), message, format!("write weight = {MAX_WEIGHT}")));
        }
        Ok(weight)
    }

    fn undo_hold(&self, text: &Spanned<Duration>) -> Span {
        let hold = text.get_ref().0;
        if hold <= LONGEST_HOLD {
            return hold;
        }
        let message = "every answer would wait so long before it leaves: it can be taken back for 10m at most";
        self.or(Err(self.hinted(text.span(), message, "write undo_hold = \"8s\"")), LONGEST_HOLD)
    }

    fn unseen(&self, presence: &PresenceText, d: &Document) -> Option<Unseen> {
        let after = presence.unseen.get_ref().0;
        if after < SHORTEST_ABSENCE {
            let message = "a device is seen every half minute: say 5m or more, or people come and go all day";
            self.note(self.mistake(presence.unseen.span(), message));
        }
        let calendar = presence.calendar.as_ref().map(|c| self.named("calendar", c, d.calendar.keys()));
        (after >= SHORTEST_ABSENCE).then_some(Unseen { after, calendar })
    }

    /// Who leads is said once, by the team's `lead`. A role that says otherwise would have no effect, so it is refused.
    fn role(&self, id: &str, rep: &RepText, d: &Document) -> Result<Role, Diagnostic> {
        let reps: Vec<&str> = d.rep.keys().map(String::as_str).collect();
        let is_lead = |lead: &String| lead == id || !reps.contains(&lead.as_str()) && nearest(lead, &reps) == Some(id);
        let leads = d.team.iter().find(|(_, team)| is_lead(team.lead.get_ref())).map(|(team, _)| team);
        let Some(said) = &rep.role else { return Ok(if leads.is_some() { Role::Lead } else { Role::Rep }) };
        let own = rep.team.get_ref();
        let (message, hint) = match (said.get_ref(), leads) {
            // A team that could not be read may be theirs.
            (Role::Lead, None) if self.left_out.is_of("team") => return Ok(Role::Lead),
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

    fn auditors(&self, d: &Document) -> BTreeMap<RepId, Auditor> {
        let mut all = BTreeMap::new();
        for (id, auditor) in &d.auditor {
            if d.rep.contains_key(id) {
                let wrong = "somebody who answers buyers does not audit: one person, one part";
                self.note(self.mistake(auditor.name.span(), format!("\"{id}\" is a rep: {wrong}")));
                continue;
            }
            all.insert(RepId::new(id), Auditor { name: auditor.name.get_ref().clone() });
        }
        all
    }

    fn team(&self, id: &str, team: &TeamText, d: &Document, members: &mut BTreeMap<String, BTreeSet<RepId>>) -> Team {
        let lead = self.named("rep", &team.lead, d.rep.keys());
        if d.rep.get(&lead).is_some_and(|rep| !rep.active) {
            let message = "the lead left: the last step of every ladder would be empty";
            let here =
                d.rep.iter().find(|(_, rep)| rep.active && rep.team.get_ref() == id).map(|(rep, _)| rep.as_str());
            let hint = format!("name somebody who is here, as in lead = \"{}\"", here.unwrap_or("…"));
            self.or(Err(self.hinted(team.lead.span(), message, hint)), ());
        }
        let on_call = team.on_call.as_ref().map(|rotation| self.on_call(rotation, d));
        let members = members.remove(id).unwrap_or_default();
        Team { label: team.label.clone(), lead: Some(RepId(lead)), members, on_call }
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

    fn lines(&self, d: &Document) -> BTreeMap<LineId, Line> {
        let mut lines: BTreeMap<LineId, Line> = BTreeMap::new();
        for (id, line) in &d.line {
            let wrong = |_| self.mistake(line.number.span(), "not a number: write it +15550100100");
            let number = self.kept(Address::parse(line.number.get_ref()).map_err(wrong));
            let other = number.as_ref().and_then(|number| lines.iter().find(|(_, other)| other.number == *number));
            if let Some((other, _)) = other {
                let message = format!("another line has this number already: \"{other}\"");
                self.note(self.hinted(
                    line.number.span(),
                    message,
                    "give each line its own, or leave one of the two out",
                ));
                self.guessed.set(true);
            }
            let team = TeamId(self.named("team", &line.team, d.team.keys()));
            let use_case = self.line_use_case(id, line, d);
            let Some(number) = number else { continue };
            let limit = self.or(self.limit(line.rate, line.per_day.as_ref()), Limit::default());
            let class = line.class.as_ref().map(|name| self.named("campaign class", name, d.campaign_class.keys()));
            let made = Line { label: line.label.clone(), number, team, use_case, limit, class };
            lines.insert(LineId::new(id), made);
        }
        lines
    }
}

#[cfg(test)]
mod tests;
