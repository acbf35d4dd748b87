//! What campaigns' texts are for, and what means them.

use std::collections::BTreeMap;

use toml::Spanned;

use super::Reader;
use super::document::{Document, LineText, UseCaseText};
use crate::config::diagnose::{Diagnostic, nearest};
use crate::domain::consent;
use crate::domain::id::TeamId;
use crate::domain::playbook::UseCase;
use crate::domain::respond::MAX_CHARS;
use crate::domain::snippet::fields;
use crate::domain::spoken::words;

/// The longest keyword or campaign name, in characters.
const LONGEST: usize = 100;

impl Reader<'_> {
    pub(super) fn use_cases(&self, d: &Document) -> BTreeMap<String, UseCase> {
        d.use_case.iter().map(|(id, u)| (id.clone(), self.use_case(id, u, d))).collect()
    }

    fn use_case(&self, id: &str, u: &UseCaseText, d: &Document) -> UseCase {
        for line in &u.lines {
            self.named("line", line, d.line.keys());
        }
        if let Some(queue) = u.queue.as_ref().filter(|_| u.sales) {
            let message = "queue names the team for what Sales does not handle, and Sales handles this";
            let hint = Some("write sales = false, or leave the queue out".to_owned());
            self.or(Err(Diagnostic { hint, ..self.mistake(queue.span(), message) }), ());
        }
        UseCase {
            label: u.label.clone(),
            sales: u.sales,
            campaigns: u.campaigns.iter().filter_map(|c| self.kept(self.campaign(c))).collect(),
            keywords: u.keywords.iter().filter_map(|k| self.kept(self.keyword(k))).collect(),
            priority: u.priority,
            cohort: u.cohort.as_ref().map(|name| self.cohort_named(name, d)),
            acknowledgement: u.acknowledgement.as_ref().and_then(|text| self.kept(self.told(text))),
            regulated: u.regulated.as_ref().and_then(|r| self.kept(self.regulated(id, r, d))),
            queue: u.queue.as_ref().map(|name| TeamId(self.named("team", name, d.team.keys()))),
        }
    }

    /// What a buyer is told out of hours.
    pub(super) fn acknowledgement(&self, d: &Document) -> Option<String> {
        let text = d.acknowledgement.as_ref().map(|a| &a.text)?;
        if text.get_ref().trim().is_empty() {
            let message = "the acknowledgement says nothing: write its words, or leave the table out";
            return self.kept(Err(self.mistake(text.span(), message)));
        }
        self.kept(self.told(text))
    }

    fn told(&self, text: &Spanned<String>) -> Result<String, Diagnostic> {
        if text.get_ref().chars().count() > MAX_CHARS {
            return Err(
                self.mistake(text.span(), format!("longer than one text can be: at most {MAX_CHARS} characters"))
            );
        }
        if let Some((_, field)) = fields(text.get_ref()).first() {
            let message = format!("nobody fills {{{field}}} here: buyers would read it as it stands");
            return Err(self.mistake(text.span(), message));
        }
        Ok(text.get_ref().clone())
    }

    fn campaign(&self, pattern: &Spanned<String>) -> Result<String, Diagnostic> {
        let text = pattern.get_ref().trim();
        let name = text.strip_suffix('*').unwrap_or(text);
        if name.contains('*') {
            return Err(
                self.mistake(pattern.span(), "a * may stand only at the end: \"spring-*\" is all that begin so")
            );
        }
        if text.is_empty() || text.chars().count() > LONGEST {
            return Err(self.mistake(pattern.span(), format!("not a campaign: write 1 to {LONGEST} characters")));
        }
        Ok(text.to_owned())
    }

    fn keyword(&self, keyword: &Spanned<String>) -> Result<String, Diagnostic> {
        let text = keyword.get_ref().trim();
        if words(text).is_empty() || text.chars().count() > LONGEST {
            let message = format!("not a keyword: write one or more words, at most {LONGEST} characters");
            return Err(self.mistake(keyword.span(), message));
        }
        if consent::keyword(text).is_some_and(|word| word != consent::Keyword::Start) {
            let message = format!("\"{text}\" alone is a word of consent: it never means a use case");
            return Err(self.mistake(keyword.span(), message));
        }
        Ok(text.to_owned())
    }

    /// What a line is for: said under the line, or by the one use case that names it.
    pub(super) fn line_use_case(&self, id: &str, line: &LineText, d: &Document) -> String {
        let own = line.use_case.as_ref().map(|name| self.named("use_case", name, d.use_case.keys()));
        let mut found = own;
        for (use_case, u) in &d.use_case {
            let Some(named) = u.lines.iter().find(|named| named.get_ref() == id) else { continue };
            match &found {
                Some(other) if other != use_case => {
                    let message =
                        format!("the line \"{id}\" is for \"{other}\" already: it can be for one use case only");
                    self.or(Err(self.mistake(named.span(), message)), ());
                }
                Some(_) | None => found = Some(use_case.clone()),
            }
        }
        // A use case that could not be read may name it, and so does one that nearly does.
        let near = |u: &UseCaseText| u.lines.iter().any(|named| nearest(named.get_ref(), &[id]).is_some());
        if found.is_none() && !self.left_out.is_of("use_case") && !d.use_case.values().any(near) {
            let message = format!("nothing says what the line \"{id}\" is for");
            let hint = Some("write use_case = \"…\" here, or name the line in a use case's lines".to_owned());
            self.note(Diagnostic { hint, ..self.mistake(line.number.span(), message) });
        }
        found.unwrap_or_else(|| {
            let meant = d.use_case.iter().find(|(_, u)| near(u)).map(|(use_case, _)| use_case.clone());
            self.guessed.set(self.guessed.get() || meant.is_none());
            meant.unwrap_or_default()
        })
    }
}
