//! Words kept ready, what may go out where only approved words may, and what a text costs.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use toml::Spanned;

use super::Reader;
use super::document::{Document, Name};
use crate::config::diagnose::Diagnostic;
use crate::domain::id::TeamId;
use crate::domain::price::Price;
use crate::domain::regulated::{Disclose, Regulated};
use crate::domain::respond::MAX_CHARS;
use crate::domain::snippet::{Field, LONGEST_FIELD, MOST_FIELDS, Snippet, fields, is_name};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SnippetText {
    text: Spanned<String>,
    /// Fields that the rep fills by hand.
    #[serde(default)]
    ask: Vec<Name>,
    #[serde(default)]
    use_cases: Vec<Name>,
    #[serde(default)]
    teams: Vec<Name>,
}

/// Approved words only, and what else the law asks.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RegulatedText {
    snippets: Spanned<Vec<Name>>,
    disclosure: Option<Spanned<String>>,
    disclose: Option<Spanned<Disclose>>,
    #[serde(default)]
    approval: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PriceText {
    segment: Spanned<String>,
    currency: Spanned<String>,
}

/// Longest address of a page where meetings are booked.
const LONGEST_LINK: usize = 200;

impl Reader<'_> {
    pub(super) fn snippets(&self, d: &Document) -> BTreeMap<String, Snippet> {
        let kept = |(id, text): (&String, &SnippetText)| Some((id.clone(), self.kept(self.snippet(text, d))?));
        d.snippet.iter().filter_map(kept).collect()
    }

    fn snippet(&self, s: &SnippetText, d: &Document) -> Result<Snippet, Diagnostic> {
        let text = s.text.get_ref().trim();
        let length = text.chars().count();
        if length == 0 || length > MAX_CHARS {
            let message = format!("not a text: write 1 to {MAX_CHARS} characters");
            return Err(self.mistake(s.text.span(), message));
        }
        let found = fields(text);
        if found.len() > MOST_FIELDS {
            return Err(self.mistake(s.text.span(), format!("a snippet has at most {MOST_FIELDS} fields")));
        }
        let ask: BTreeSet<String> = s.ask.iter().map(|name| name.get_ref().clone()).collect();
        let record: Vec<&str> = Field::ALL.iter().map(|field| field.name()).collect();
        for name in &s.ask {
            self.asked(name, &record, &found.iter().map(|(_, field)| *field).collect::<Vec<_>>())?;
        }
        let known: Vec<&str> = record.iter().copied().chain(ask.iter().map(String::as_str)).collect();
        if let Some((_, field)) = found.iter().find(|(_, field)| !known.contains(field)) {
            let message = format!("there is no field \"{field}\"");
            let span = self.within(&s.text, &format!("{{{field}"));
            let told = Diagnostic::at(self.file, self.source, span, message, Some((field, &known)));
            let hint = told.hint.clone().filter(|hint| hint.starts_with("did you mean"));
            let hint = hint.or_else(|| Some(format!("name it in ask = [\"{field}\"] when the rep fills it")));
            return Err(Diagnostic { hint, ..told });
        }
        let rest = found.iter().rev().fold(text.to_owned(), |mut rest, (range, _)| {
            rest.replace_range(range.clone(), "");
            rest
        });
        if let Some(brace) = rest.chars().find(|c| matches!(c, '{' | '}')) {
            let message = format!("a {brace} that belongs to no field: a field is written {{contact.first_name}}");
            return Err(self.mistake(s.text.span(), message));
        }
        Ok(Snippet {
            text: text.to_owned(),
            ask,
            use_cases: self.all_known("use_case", &s.use_cases, &d.use_case.keys().collect::<Vec<_>>())?,
            teams: self
                .all_known("team", &s.teams, &d.team.keys().collect::<Vec<_>>())?
                .into_iter()
                .map(TeamId)
                .collect(),
        })
    }

    fn all_known(&self, what: &str, names: &[Name], known: &[&String]) -> Result<BTreeSet<String>, Diagnostic> {
        names.iter().map(|name| self.known(what, name, known.iter().copied())).collect()
    }

    /// A field that the rep fills.
    fn asked(&self, name: &Name, record: &[&str], used: &[&str]) -> Result<(), Diagnostic> {
        let word = name.get_ref();
        let message = if !is_name(word) {
            format!("not a field: letters, digits, _ and ., at most {LONGEST_FIELD}, and a letter first")
        } else if record.contains(&word.as_str()) {
            format!("the record fills \"{word}\" itself: leave it out of ask")
        } else if !used.contains(&word.as_str()) {
            format!("the text has no field {{{word}}}: leave it out of ask")
        } else {
            return Ok(());
        };
        Err(self.mistake(name.span(), message))
    }

    /// Where these words stand inside a text of the file; the whole text when it is written in another way.
    fn within(&self, text: &Spanned<String>, words: &str) -> std::ops::Range<usize> {
        let span = text.span();
        let at = self.source.get(span.clone()).and_then(|written| written.find(words));
        at.map_or(span.clone(), |at| span.start + at..span.start + at + words.len() + 1)
    }

    /// How answers of a use case are regulated.
    pub(super) fn regulated(&self, id: &str, r: &RegulatedText, d: &Document) -> Result<Regulated, Diagnostic> {
        let snippets = self.all_known("snippet", r.snippets.get_ref(), &d.snippet.keys().collect::<Vec<_>>())?;
        if snippets.is_empty() {
            let message = "without an approved snippet nobody could answer: name at least one";
            return Err(self.mistake(r.snippets.span(), message));
        }
        let disclosure = r.disclosure.as_ref().map(|words| self.disclosure(words)).transpose()?;
        if let Some(how) = r.disclose.as_ref().filter(|_| disclosure.is_none()) {
            return Err(self.mistake(how.span(), "there is no disclosure to stand under anything: write its words"));
        }
        for name in r.snippets.get_ref() {
            // One that is not there was told already.
            let Some(snippet) = d.snippet.get(name.get_ref()) else { continue };
            let elsewhere = snippet.use_cases.iter().all(|use_case| use_case.get_ref() != id);
            if elsewhere && !snippet.use_cases.is_empty() {
                let message = format!("the snippet \"{}\" is not offered in this use case", name.get_ref());
                let hint = Some(format!("add \"{id}\" to its use_cases"));
                return Err(Diagnostic { hint, ..self.mistake(name.span(), message) });
            }
            let under = disclosure.as_deref().map_or(0, |words| words.chars().count() + 1);
            if snippet.text.get_ref().chars().count() + under > MAX_CHARS {
                let message =
                    format!("with the disclosure under it it is longer than the {MAX_CHARS} characters of a text");
                return Err(self.mistake(name.span(), message));
            }
        }
        let disclose = r.disclose.as_ref().map_or_else(Disclose::default, |how| *how.get_ref());
        Ok(Regulated { snippets, disclosure, disclose, approval: r.approval })
    }

    fn disclosure(&self, words: &Spanned<String>) -> Result<String, Diagnostic> {
        let text = words.get_ref().trim();
        if text.is_empty() {
            return Err(self.mistake(words.span(), "the disclosure says nothing: write its words, or leave it out"));
        }
        if let Some((_, field)) = fields(text).first() {
            let message = format!("a disclosure is the same for everybody: it has no field {{{field}}}");
            return Err(self.mistake(words.span(), message));
        }
        Ok(text.to_owned())
    }

    /// What a text costs.
    pub(super) fn price(&self, price: &PriceText) -> Result<Price, Diagnostic> {
        let Some(micros) = Price::micros_of(price.segment.get_ref()) else {
            let message = "not a price: write \"0.0083\", with at most six digits after the point";
            return Err(self.mistake(price.segment.span(), message));
        };
        let currency = price.currency.get_ref();
        if currency.len() != 3 || !currency.bytes().all(|b| b.is_ascii_uppercase()) {
            return Err(self.mistake(price.currency.span(), "not a currency: write its three letters, as \"USD\""));
        }
        Ok(Price { micros, currency: currency.clone() })
    }

    /// Where buyers book a meeting with somebody.
    pub(super) fn meeting_link(&self, link: &Spanned<String>) -> Result<String, Diagnostic> {
        let text = link.get_ref();
        let plain = !text.contains(|c: char| c.is_whitespace() || c.is_control() || matches!(c, '{' | '}'));
        if plain && text.starts_with("https://") && (9..=LONGEST_LINK).contains(&text.len()) {
            return Ok(text.clone());
        }
        let message = format!("not an address: write https://…, at most {LONGEST_LINK} characters");
        Err(self.mistake(link.span(), message))
    }
}
