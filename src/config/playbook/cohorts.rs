//! Classes of replies.

use toml::Spanned;

use super::Reader;
use super::document::{Document, TargetText};
use crate::config::diagnose::Diagnostic;
use crate::domain::playbook::{Cohort, Target};
use crate::domain::time::Span;

impl Reader<'_> {
    pub(super) fn cohorts(&self, d: &Document) -> Vec<Cohort> {
        let mut cohorts = Vec::new();
        for cohort in &d.cohort {
            let c = cohort.get_ref();
            let use_cases = c.use_cases.iter().map(|u| self.named("use_case", u, d.use_case.keys()));
            let nothing = Target { warn: Span::ZERO, due: Span::ZERO };
            cohorts.push(Cohort {
                name: c.name.clone(),
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
                None => (0..0, "there must be a cohort that matches every reply"),
            };
            self.or(Err(self.mistake(span, message)), ());
        }
        cohorts
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
}
