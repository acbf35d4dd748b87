//! Whose a reply is: the rules by name or in full, and territories, in the file or in a CSV beside it.

use std::collections::BTreeSet;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{IntoDeserializer as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use toml::Spanned;

use super::Reader;
use super::document::{Document, Name};
use crate::config::diagnose::Diagnostic;
use crate::domain::id::{RepId, TeamId};
use crate::domain::ownership::territory::{Part, Territory};
use crate::domain::ownership::{OwnerRule, OwnerSource, Skip};

/// Most rows of one territory: every client-side copy of the policy is made without them, but every decision walks them.
const MOST_ROWS: usize = 20_000;

/// A rule as it is written.
pub(super) enum OwnerText {
    /// By its name alone.
    Bare(OwnerSource),
    /// With what else is said of it.
    Full(Box<OwnerTable>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OwnerTable {
    rule: OwnerSource,
    #[serde(default)]
    roles: Vec<String>,
    #[serde(default)]
    stages: BTreeSet<String>,
    territory: Option<Name>,
    pool: Option<Name>,
    skip: Option<BTreeSet<Skip>>,
}

/// A territory as it is written.
pub(super) enum TerritoryText {
    /// Row by row.
    Rows(Vec<Spanned<PartText>>),
    /// In a file.
    File(Spanned<String>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileText {
    file: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PartText {
    country: Option<String>,
    state: Option<String>,
    area_code: Option<String>,
    segment: Option<String>,
    rep: Name,
}

impl<'de> Deserialize<'de> for OwnerText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OwnerVisitor)
    }
}

struct OwnerVisitor;

impl<'de> Visitor<'de> for OwnerVisitor {
    type Value = OwnerText;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a rule, as \"opportunity\" or { rule = \"round_robin\", pool = \"east\" }")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<OwnerText, E> {
        OwnerSource::deserialize(text.into_deserializer()).map(OwnerText::Bare)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<OwnerText, A::Error> {
        OwnerTable::deserialize(MapAccessDeserializer::new(map)).map(|table| OwnerText::Full(Box::new(table)))
    }
}

impl<'de> Deserialize<'de> for TerritoryText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TerritoryVisitor)
    }
}

struct TerritoryVisitor;

impl<'de> Visitor<'de> for TerritoryVisitor {
    type Value = TerritoryText;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("rows, as in [[territory.NAME]], or { file = \"territories.csv\" }")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<TerritoryText, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(seq)).map(TerritoryText::Rows)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<TerritoryText, A::Error> {
        FileText::deserialize(MapAccessDeserializer::new(map)).map(|text| TerritoryText::File(text.file))
    }
}

impl Reader<'_> {
    pub(super) fn owner_rule(&self, text: &Spanned<OwnerText>, d: &Document) -> Result<OwnerRule, Diagnostic> {
        let mut rule = match text.get_ref() {
            OwnerText::Bare(source) => OwnerRule::from(*source),
            OwnerText::Full(table) => OwnerRule {
                roles: table.roles.clone(),
                stages: table.stages.clone(),
                territory: table
                    .territory
                    .as_ref()
                    .map(|t| self.known("territory", t, d.territory.keys()))
                    .transpose()?,
                pool: table.pool.as_ref().map(|p| self.known("team", p, d.team.keys()).map(TeamId)).transpose()?,
                ..OwnerRule::from(table.rule)
            },
        };
        if let OwnerText::Full(table) = text.get_ref() {
            rule.skip = table.skip.clone().unwrap_or(rule.skip);
        }
        let wrong = if rule.source == OwnerSource::Territory && rule.territory.is_none() {
            "say which territory: { rule = \"territory\", territory = \"NAME\" }"
        } else if rule.source != OwnerSource::Territory && rule.territory.is_some() {
            "only the rule \"territory\" looks into a territory"
        } else if !rule.source.is_of_a_pool() && rule.pool.is_some() {
            "only \"round_robin\" and \"least_loaded\" give out a pool's work"
        } else if rule.source != OwnerSource::OpportunityTeam && !rule.roles.is_empty() {
            "only \"opportunity_team\" asks for roles"
        } else {
            return Ok(rule);
        };
        Err(self.mistake(text.span(), wrong))
    }

    pub(super) fn territory(&self, text: &Spanned<TerritoryText>, d: &Document) -> Result<Territory, Diagnostic> {
        let rows = match text.get_ref() {
            TerritoryText::Rows(rows) => {
                let row = |row: &Spanned<PartText>| {
                    let PartText { country, state, area_code, segment, rep } = row.get_ref();
                    let rep = RepId(self.known("rep", rep, d.rep.keys())?);
                    let words = [country, state, area_code, segment].map(|word| word.as_deref().unwrap_or(""));
                    part(words, rep).map_err(|why| self.mistake(row.span(), why))
                };
                rows.iter().map(row).collect::<Result<_, _>>()?
            }
            TerritoryText::File(file) => self.territory_file(file, d)?,
        };
        let territory = Territory { rows };
        if territory.rows.is_empty() {
            return Err(self.mistake(text.span(), "this territory has no row, so nobody would have it"));
        }
        if territory.rows.len() > MOST_ROWS {
            return Err(self.mistake(text.span(), format!("a territory has at most {MOST_ROWS} rows")));
        }
        Ok(territory)
    }

    /// `country,state,area_code,segment,rep`; columns may stand in any order, and all but `rep` may be missing.
    fn territory_file(&self, file: &Spanned<String>, d: &Document) -> Result<Vec<Part>, Diagnostic> {
        let name = file.get_ref();
        let source = (self.files)(name).map_err(|why| self.mistake(file.span(), format!("{name}: {why}")))?;
        let at = |line: u64, message: String| {
            let line = usize::try_from(line).unwrap_or(1).max(1);
            let start: usize = source.split_inclusive('\n').take(line - 1).map(str::len).sum();
            let length = source.get(start..).and_then(|rest| rest.lines().next()).map_or(0, str::len);
            Diagnostic::at(name, &source, start..start + length, message, None)
        };
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(source.as_bytes());
        let headers = reader.headers().map_err(|e| at(1, e.to_string()))?.clone();
        let known = ["country", "state", "area_code", "segment", "rep"];
        if let Some(other) = headers.iter().find(|header| !known.contains(header)) {
            return Err(at(1, format!("there is no column \"{other}\"; there are {}", known.join(", "))));
        }
        let column = |wanted: &str| headers.iter().position(|header| header == wanted);
        let rep_column = column("rep").ok_or_else(|| at(1, "there is no column \"rep\"".to_owned()))?;
        let columns = ["country", "state", "area_code", "segment"].map(column);
        let mut rows = Vec::new();
        for record in reader.records() {
            let record = record.map_err(|e| at(e.position().map_or(1, csv::Position::line), e.to_string()))?;
            let line = record.position().map_or(1, csv::Position::line);
            let rep = record.get(rep_column).unwrap_or("");
            if !d.rep.contains_key(rep) {
                return Err(at(line, format!("there is no rep \"{rep}\"")));
            }
            let words = columns.map(|column| column.and_then(|column| record.get(column)).unwrap_or(""));
            rows.push(part(words, RepId::new(rep)).map_err(|why| at(line, why.to_owned()))?);
            if rows.len() > MOST_ROWS {
                return Err(at(line, format!("a territory has at most {MOST_ROWS} rows")));
            }
        }
        Ok(rows)
    }
}

/// Three digits of the North American plan.
pub(super) fn is_area_code(code: &str) -> bool {
    code.len() == 3 && code.bytes().all(|b| b.is_ascii_digit()) && !code.starts_with(['0', '1'])
}

fn part([country, state, area_code, segment]: [&str; 4], rep: RepId) -> Result<Part, &'static str> {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    if !area_code.is_empty() && !is_area_code(area_code) {
        return Err("an area code is three digits of the North American plan, as 415");
    }
    Ok(Part { country: some(country), state: some(state), area_code: some(area_code), segment: some(segment), rep })
}
