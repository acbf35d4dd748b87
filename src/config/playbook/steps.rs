//! Ladders: a list of steps, or a table that says besides how often it begins again and what stops it.

use std::collections::BTreeSet;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use toml::Spanned;

use super::Reader;
use super::document::{Document, Name};
use crate::config::diagnose::Diagnostic;
use crate::config::text::Duration;
use crate::domain::escalation::{Ladder, Step, Stop, Who};
use crate::domain::id::{RepId, ScheduleId, TeamId};
use crate::domain::time::Span;

/// As it is written.
pub(super) struct LadderText {
    pub(super) step: Vec<Spanned<StepText>>,
    repeat: u8,
    stop: Stop,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LadderTable {
    step: Vec<Spanned<StepText>>,
    #[serde(default)]
    repeat: u8,
    #[serde(default)]
    stop: Stop,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StepText {
    who: Option<Spanned<WhoText>>,
    person: Option<Name>,
    role: Option<Spanned<String>>,
    team: Option<Name>,
    schedule: Option<Name>,
    lead_of: Option<Name>,
    wait: Option<Duration>,
    #[serde(default)]
    clock: ClockText,
}

/// Steps that name nobody.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum WhoText {
    Owner,
    Backup,
    Pool,
    OnCall,
    Lead,
    OwnersLead,
}

/// In which time a step waits.
#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ClockText {
    /// Open time of the cohort's calendar.
    #[default]
    Business,
    /// Time as it passes.
    Wall,
}

impl<'de> Deserialize<'de> for LadderText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LadderVisitor)
    }
}

struct LadderVisitor;

impl<'de> Visitor<'de> for LadderVisitor {
    type Value = LadderText;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("steps, as in [[ladder.NAME]]")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<LadderText, A::Error> {
        let step = Vec::deserialize(SeqAccessDeserializer::new(seq))?;
        Ok(LadderText { step, repeat: 0, stop: Stop::default() })
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<LadderText, A::Error> {
        let LadderTable { step, repeat, stop } = LadderTable::deserialize(MapAccessDeserializer::new(map))?;
        Ok(LadderText { step, repeat, stop })
    }
}

impl Reader<'_> {
    pub(super) fn ladder(&self, text: &Spanned<LadderText>, d: &Document) -> Ladder {
        let LadderText { step: steps, repeat, stop } = text.get_ref();
        let last = steps.len().saturating_sub(1);
        let mut made = Vec::new();
        for (index, text) in steps.iter().enumerate() {
            let step = text.get_ref();
            let who = self.or(self.who(text, d), Who::Owner);
            let wait = match step.wait.as_ref().map(|w| w.0) {
                Some(wait) if wait > Span::ZERO => wait,
                Some(_) => self.waits(text, "this step's wait is zero: nobody could act; write it as wait = \"5m\""),
                // Told already.
                None if self.left_out.lacks(text.span().start, "wait") => Span::ZERO,
                None if index < last => self.waits(text, "this step needs a wait, as in wait = \"5m\""),
                None if *repeat > 0 => {
                    self.waits(text, "the ladder repeats, so its last step needs a wait too, as in wait = \"10m\"")
                }
                None => Span::ZERO,
            };
            made.push(Step { who, wait, wall: step.clock == ClockText::Wall });
        }
        let is_whole = !self.left_out.is_of("ladder");
        if is_whole && !made.last().is_some_and(|step| step.who.is_never_empty()) {
            let message = "the last step must be the lead, or a reply could end with nobody";
            let hint = "end with a step who = \"lead\", or lead_of = \"TEAM\"";
            self.or(Err(self.hinted(text.span(), message, hint)), ());
        }
        Ladder { steps: made, repeat: *repeat, stop: *stop }
    }

    /// A wait that cannot be meant is noted.
    fn waits(&self, text: &Spanned<StepText>, message: &str) -> Span {
        self.or(Err(self.mistake(text.span(), message)), Span::ZERO)
    }

    /// Who stands there: said in one way.
    fn who(&self, text: &Spanned<StepText>, d: &Document) -> Result<Who, Diagnostic> {
        let StepText { who, person, role, team, schedule, lead_of, .. } = text.get_ref();
        let mut said = Vec::new();
        if let Some(who) = who {
            said.push(match who.get_ref() {
                WhoText::Owner => Who::Owner,
                WhoText::Backup => Who::Backup,
                WhoText::Pool => Who::Pool,
                WhoText::OnCall => Who::OnCall,
                WhoText::Lead => Who::Lead,
                WhoText::OwnersLead => Who::OwnersLead,
            });
        }
        if let Some(rep) = person {
            said.push(Who::Person(RepId(self.known("rep", rep, d.rep.keys())?)));
        }
        if let Some(role) = role {
            let titles: BTreeSet<String> =
                d.rep.values().map(|rep| rep.title.clone()).filter(|t| !t.is_empty()).collect();
            let known =
                titles.iter().any(|title| title.eq_ignore_ascii_case(role.get_ref())) || self.left_out.is_of("rep");
            // Nobody with that title: told with the nearest one.
            let title = if known { role.get_ref().clone() } else { self.known("title", role, titles.iter())? };
            said.push(Who::Role(title));
        }
        if let Some(team) = team {
            said.push(Who::Team(TeamId(self.known("team", team, d.team.keys())?)));
        }
        if let Some(schedule) = schedule {
            let short = d.team.iter().filter(|(_, team)| team.on_call.is_some()).map(|(id, _)| id);
            said.push(Who::Schedule(ScheduleId(self.known("schedule", schedule, d.schedule.keys().chain(short))?)));
        }
        if let Some(team) = lead_of {
            said.push(Who::LeadOf(TeamId(self.known("team", team, d.team.keys())?)));
        }
        let message = match said.len() {
            1 => return Ok(said.swap_remove(0)),
            0 => "this step asks nobody: say who = \"owner\", or person, role, team, schedule or lead_of",
            _ => "this step asks in two ways: write a step for each",
        };
        Err(self.mistake(text.span(), message))
    }
}
