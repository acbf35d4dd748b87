//! Classes of replies.

use toml::Spanned;

use super::Reader;
use super::document::{Document, Name, TargetText};
use crate::config::diagnose::Diagnostic;
use crate::domain::playbook::{Cohort, Target};
use crate::domain::time::Span;

impl Reader<'_> {
    pub(super) fn cohorts(&self, d: &Document) -> Vec<Cohort> {
        let mut cohorts = Vec::new();
        if self.is_doubled("cohort", d.cohort.iter().map(|cohort| &cohort.get_ref().name)) {
            self.guessed.set(true);
        }
        for cohort in &d.cohort {
            let c = cohort.get_ref();
            let use_cases = c.use_cases.iter().map(|u| self.named("use_case", u, d.use_case.keys()));
            let nothing = Target { warn: Span::ZERO, due: Span::ZERO };
            cohorts.push(Cohort {
                name: c.name.get_ref().clone(),
                label: c.label.clone(),
                use_cases: use_cases.collect(),
                stages: c.stages.clone(),
                first_response: self.or(self.target(&c.first_response), nothing),
                next_response: self.or(self.target(&c.next_response), nothing),
                calendar: self.named("calendar", &c.calendar, d.calendar.keys()),
                ladder: self.named("ladder", &c.ladder, d.ladder.keys()),
            });
        }
        let catch_all = cohorts.last().is_some_and(|c| c.use_cases.is_empty() && c.stages.is_empty());
        // The last one may be among what could not be read.
        if !catch_all && !self.left_out.is_of("cohort") {
            let (span, message) = match d.cohort.last() {
                Some(last) => (last.span(), "the last cohort must match every reply: leave out use_cases and stages"),
                None => (0..0, "there must be a cohort that matches every reply: write one as [[cohort]]"),
            };
            self.or(Err(self.mistake(span, message)), ());
        }
        cohorts
    }

    /// A cohort by its name. Of two that have the same name one may have been meant to be any other.
    pub(super) fn cohort_named(&self, name: &Name, d: &Document) -> String {
        let names: Vec<&String> = d.cohort.iter().map(|cohort| cohort.get_ref().name.get_ref()).collect();
        let is_doubled = names.iter().enumerate().any(|(at, name)| names[..at].contains(name));
        if is_doubled && !names.contains(&name.get_ref()) {
            return name.get_ref().clone();
        }
        self.named("cohort", name, names.into_iter())
    }

    /// Whether a list gives a name twice: whatever names it would mean the first of the two.
    pub(super) fn is_doubled<'n>(&self, what: &str, names: impl Iterator<Item = &'n Name>) -> bool {
        let mut is_doubled = false;
        let mut known: Vec<&Name> = Vec::new();
        for name in names {
            if let Some(first) = known.iter().find(|first| first.get_ref() == name.get_ref()) {
                let line = self.source.get(..first.span().start).unwrap_or("").matches('\n').count() + 1;
                let message =
                    format!("\"{}\" names two of [[{what}]]: the first stands in line {line}", name.get_ref());
                let hint = Some("give one of them another name, or leave it out".to_owned());
                self.note(Diagnostic { hint, ..self.mistake(name.span(), message) });
                is_doubled = true;
            } else {
                known.push(name);
            }
        }
        is_doubled
    }

    fn target(&self, target: &Spanned<TargetText>) -> Result<Target, Diagnostic> {
        let made = Target { warn: target.get_ref().warn.0, due: target.get_ref().due.0 };
        if made.due <= Span::ZERO {
            let message = "due must be longer than nothing";
            return Err(self.hinted(target.span(), message, "write it as due = \"15m\""));
        }
        if made.warn > made.due {
            let message = "the warning must not come after the due time";
            return Err(self.hinted(target.span(), message, "write a shorter warn, or a longer due"));
        }
        Ok(made)
    }
}
