//! Classes of replies and the ladders they climb.

use toml::Spanned;

use super::Reader;
use super::document::{Document, StepText, TargetText};
use crate::config::diagnose::Diagnostic;
use crate::domain::escalation::{Ladder, Step, Who};
use crate::domain::playbook::{Cohort, Target};
use crate::domain::time::Span;

impl Reader<'_> {
    pub(super) fn ladder(&self, steps: &Spanned<Vec<StepText>>) -> Result<Ladder, Diagnostic> {
        let last = steps.get_ref().len().saturating_sub(1);
        let made = steps.get_ref().iter().enumerate().map(|(index, step)| {
            let who = *step.who.get_ref();
            let wait = match step.wait.as_ref().map(|w| w.0) {
                Some(wait) if wait > Span::ZERO => wait,
                Some(_) => return Err(self.mistake(step.who.span(), "this step's wait is zero: nobody could act")),
                None if index == last => Span::ZERO,
                None => return Err(self.mistake(step.who.span(), "this step needs a wait, as in wait = \"5m\"")),
            };
            Ok(Step { who, wait })
        });
        let made: Vec<Step> = made.collect::<Result<_, _>>()?;
        if made.last().map(|s| s.who) == Some(Who::Lead) {
            Ok(Ladder { steps: made })
        } else {
            Err(self.mistake(steps.span(), "the last step must be the lead, or a reply could end with nobody"))
        }
    }

    pub(super) fn cohorts(&self, d: &Document) -> Result<Vec<Cohort>, Diagnostic> {
        let mut cohorts = Vec::new();
        for cohort in &d.cohort {
            let c = cohort.get_ref();
            let use_cases = c.use_cases.iter().map(|u| self.known("use_case", u, d.use_case.keys()));
            cohorts.push(Cohort {
                name: c.name.clone(),
                label: c.label.clone(),
                use_cases: use_cases.collect::<Result<_, _>>()?,
                stages: c.stages.clone(),
                first_response: self.target(&c.first_response)?,
                next_response: self.target(&c.next_response)?,
                calendar: self.known("calendar", &c.calendar, d.calendar.keys())?,
                ladder: self.known("ladder", &c.ladder, d.ladder.keys())?,
            });
        }
        let catch_all = cohorts.last().is_some_and(|c| c.use_cases.is_empty() && c.stages.is_empty());
        match d.cohort.last() {
            Some(_) if catch_all => Ok(cohorts),
            Some(last) => {
                Err(self.mistake(last.span(), "the last cohort must match every reply: leave out use_cases and stages"))
            }
            None => Err(self.mistake(0..0, "there must be a cohort that matches every reply")),
        }
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
