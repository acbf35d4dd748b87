//! Whose a reply is: the rules by name or in full, and territories, in the file or in a CSV beside it.

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::Path;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{IntoDeserializer as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use toml::Spanned;

use super::Reader;
use super::document::{Document, Name, RepText};
use crate::config::diagnose::{Diagnostic, nearest};
use crate::domain::id::{RepId, TeamId};
use crate::domain::ownership::territory::{Part, Territory};
use crate::domain::ownership::{OwnerRule, OwnerSource, Skip};

/// Most rows of one territory: every client-side copy of the policy is made without them, but every decision walks them.
const MOST_ROWS: usize = 20_000;

/// Rows of one file that are told to be wrong.
const MOST_WRONG: usize = 20;

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
    stages: Vec<Name>,
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
    area_code: Option<Spanned<String>>,
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
    pub(super) fn owner_rule(&self, text: &Spanned<OwnerText>, d: &Document) -> OwnerRule {
        let mut rule = match text.get_ref() {
            OwnerText::Bare(source) => OwnerRule::from(*source),
            OwnerText::Full(table) => OwnerRule {
                roles: table.roles.clone(),
                stages: table.stages.iter().map(|stage| self.stage(stage, d)).collect(),
                territory: table.territory.as_ref().map(|t| self.named("territory", t, d.territory.keys())),
                pool: table.pool.as_ref().map(|p| TeamId(self.named("team", p, d.team.keys()))),
                ..OwnerRule::from(table.rule)
            },
        };
        if let OwnerText::Full(table) = text.get_ref() {
            rule.skip = table.skip.clone().unwrap_or(rule.skip);
        }
        let (wrong, hint) = if rule.source == OwnerSource::Territory && rule.territory.is_none() {
            ("this rule does not say which territory", "write { rule = \"territory\", territory = \"NAME\" }")
        } else if rule.source != OwnerSource::Territory && rule.territory.is_some() {
            ("only the rule \"territory\" looks into a territory", "leave territory = … out")
        } else if !rule.source.is_of_a_pool() && rule.pool.is_some() {
            ("only \"round_robin\" and \"least_loaded\" give out a pool's work", "leave pool = … out")
        } else if rule.source != OwnerSource::OpportunityTeam && !rule.roles.is_empty() {
            ("only \"opportunity_team\" asks for roles", "leave roles = … out")
        } else {
            return rule;
        };
        self.or(Err(self.hinted(text.span(), wrong, hint)), rule)
    }

    /// Who has the buyers of somebody who left.
    pub(super) fn successor(&self, gone: &RepText, name: &Name, d: &Document) -> Result<RepId, Diagnostic> {
        let known = self.known("rep", name, d.rep.keys())?;
        if gone.active {
            let message = "only somebody who left has a successor";
            return Err(self.hinted(name.span(), message, "write active = false, or leave it out"));
        }
        if d.rep.get(&known).is_some_and(|rep| !rep.active) {
            let message = format!("\"{known}\" left, too");
            return Err(self.hinted(name.span(), message, "name somebody who is here, or leave it out"));
        }
        Ok(RepId(known))
    }

    pub(super) fn territory(&self, text: &Spanned<TerritoryText>, d: &Document) -> Territory {
        let mistakes = self.mistakes.borrow().len();
        let rows: Vec<Part> = match text.get_ref() {
            TerritoryText::Rows(rows) => {
                let row = |row: &Spanned<PartText>| {
                    let PartText { country, state, area_code, segment, rep } = row.get_ref();
                    let rep = RepId(self.named("rep", rep, d.rep.keys()));
                    let code = area_code.as_ref().map(|code| code.get_ref().as_str());
                    let words = [country.as_deref(), state.as_deref(), code, segment.as_deref()];
                    // The area code is the only one of them that can be wrong.
                    let span = area_code.as_ref().map_or(row.span(), Spanned::span);
                    part(words.map(Option::unwrap_or_default), rep).map_err(|why| self.mistake(span, why))
                };
                rows.iter().filter_map(|text| self.kept(row(text))).collect()
            }
            TerritoryText::File(file) => self.or(self.territory_file(file, d), Vec::new()),
        };
        let territory = Territory { rows };
        if territory.rows.is_empty() && self.mistakes.borrow().len() == mistakes {
            let message = "this territory has no row, so nobody would have it";
            self.note(self.hinted(text.span(), message, "give it a row, as in [{ state = \"NY\", rep = \"NAME\" }]"));
        }
        if territory.rows.len() > MOST_ROWS {
            self.note(self.mistake(text.span(), format!("a territory has at most {MOST_ROWS} rows")));
        }
        territory
    }

    /// `country,state,area_code,segment,rep`; columns may stand in any order, and all but `rep` may be missing.
    fn territory_file(&self, file: &Spanned<String>, d: &Document) -> Result<Vec<Part>, Diagnostic> {
        let name = file.get_ref();
        let source = (self.files)(name).map_err(|why| self.mistake(file.span(), format!("{name}: {why}")))?;
        let mut reader = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(source.as_bytes());
        let headers = reader.headers().cloned();
        // As whoever reads the message opens it: it is named from the playbook's folder.
        let shown = Path::new(self.file).with_file_name(name).display().to_string();
        let table = Table { name: &shown, source: &source };
        let headers = headers.map_err(|e| table.at(1, 0, e.to_string(), None))?;
        let known = ["country", "state", "area_code", "segment", "rep"];
        let mut is_known = true;
        for (field, other) in headers.iter().enumerate().filter(|(_, header)| !known.contains(header)) {
            is_known = false;
            let message = format!("there is no column \"{other}\"");
            self.or(Err(table.at(1, field, message, Some((other, &known)))), ());
        }
        let columns = known.map(|wanted| headers.iter().position(|header| header == wanted));
        if columns[REP].is_none() {
            let hint = Some(format!("write it into the first line, as in {}", known.join(",")));
            let missing = Diagnostic { hint, ..table.at(1, 0, "there is no column \"rep\"".to_owned(), None) };
            // Another word in its place is told already.
            return if is_known { Err(missing) } else { Ok(Vec::new()) };
        }
        let reps: Vec<&str> = d.rep.keys().map(String::as_str).collect();
        let (mut rows, mut wrong) = (Vec::new(), 0);
        for record in reader.records() {
            let record =
                record.map_err(|e| table.at(e.position().map_or(1, csv::Position::line), 0, e.to_string(), None))?;
            let line = record.position().map_or(1, csv::Position::line);
            let row = if record.len() == headers.len() {
                self.row(&table, &record, columns, &reps)
            } else {
                let (here, first) = (record.len(), headers.len());
                let message = format!("this row has {here} column(s), and the first line has {first}");
                Err(table.at(line, here.min(first), message, None))
            };
            match row {
                Ok(part) => rows.push(part),
                Err(mistake) if wrong < MOST_WRONG => {
                    wrong += 1;
                    self.or(Err(mistake), ());
                }
                Err(_) => {
                    let message = format!("more than {MOST_WRONG} rows are wrong: the rest was not read");
                    return Err(table.at(line, 0, message, None));
                }
            }
            if rows.len() > MOST_ROWS {
                return Err(table.at(line, 0, format!("a territory has at most {MOST_ROWS} rows"), None));
            }
        }
        Ok(rows)
    }

    fn row(
        &self,
        table: &Table<'_>,
        record: &csv::StringRecord,
        columns: [Option<usize>; 5],
        reps: &[&str],
    ) -> Result<Part, Diagnostic> {
        let line = record.position().map_or(1, csv::Position::line);
        let [country, state, area_code, segment, mut rep] =
            columns.map(|column| column.and_then(|column| record.get(column)).unwrap_or(""));
        if !reps.contains(&rep) && !self.left_out.may_have("rep", rep) {
            let message = format!("there is no rep \"{rep}\"");
            let told = table.at(line, columns[REP].unwrap_or(0), message, Some((rep, reps)));
            let Some(meant) = nearest(rep, reps) else { return Err(told) };
            self.note(told);
            rep = meant;
        }
        // The area code is the only other column that can be wrong.
        let wrong = |why: &str| table.at(line, columns[AREA_CODE].unwrap_or(0), why.to_owned(), None);
        part([country, state, area_code, segment], RepId::new(rep)).map_err(wrong)
    }
}

/// Places of two columns among those that there are.
const AREA_CODE: usize = 2;
const REP: usize = 4;

/// A file of rows.
struct Table<'s> {
    name: &'s str,
    source: &'s str,
}

impl Table<'_> {
    /// A mistake in a field of a line.
    fn at(&self, line: u64, field: usize, message: String, choices: Option<(&str, &[&str])>) -> Diagnostic {
        Diagnostic::at(self.name, self.source, field_at(self.source, line, field), message, choices)
    }
}

/// Where a field of a line of CSV stands, without the space around it; the end of the line when it has no such field.
fn field_at(source: &str, line: u64, field: usize) -> Range<usize> {
    let line = usize::try_from(line).unwrap_or(1).max(1);
    let start: usize = source.split_inclusive('\n').take(line - 1).map(str::len).sum();
    let text = source.get(start..).and_then(|rest| rest.lines().next()).unwrap_or("");
    let (mut from, mut at, mut is_quoted) = (0, 0, false);
    for (byte, c) in text.char_indices() {
        match c {
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted && at == field => {
                return trimmed(text, from, byte, start);
            }
            ',' if !is_quoted => (at, from) = (at + 1, byte + 1),
            _ => {}
        }
    }
    if at < field {
        from = text.len();
    }
    trimmed(text, from, text.len(), start)
}

fn trimmed(text: &str, from: usize, to: usize, start: usize) -> Range<usize> {
    let field = &text[from..to];
    let begin = from + (field.len() - field.trim_start().len());
    start + begin..start + (from + field.trim_end().len()).max(begin)
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
