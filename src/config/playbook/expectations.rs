//! What the author expects: cases with names that must exist, and times that mean one instant.

use chrono::DateTime;
use toml::Spanned;
use toml::value::Datetime;

use super::Reader;
use super::document::{Document, ExpectText, Name};
use super::owners::is_area_code;
use crate::config::diagnose::Diagnostic;
use crate::domain::expectation::{Expectation, Held, Place, Reply, Then};
use crate::domain::id::{LineId, RepId, TeamId};
use crate::domain::respond::MAX_CHARS;
use crate::domain::routing::Holder;
use crate::domain::time::{Span, Timestamp};

impl Reader<'_> {
    pub(super) fn expectations(&self, d: &Document) -> Vec<Expectation> {
        let read = |text: &ExpectText| {
            // One that cannot be read says nothing about the others.
            let guessed = self.guessed.replace(false);
            let case = self.expectation(text, d);
            let is_clear = !self.guessed.replace(guessed);
            is_clear.then_some(case)
        };
        self.is_doubled("expect", d.expect.iter().map(|text| &text.name));
        d.expect.iter().filter_map(read).collect()
    }

    fn expectation(&self, text: &ExpectText, d: &Document) -> Expectation {
        let rep = |name: &Name| RepId(self.named("rep", name, d.rep.keys()));
        let reply = Reply {
            line: LineId(self.named("line", &text.line, d.line.keys())),
            use_case: text.use_case.as_ref().map(|name| self.named("use_case", name, d.use_case.keys())),
            stage: text.stage.as_ref().map(|stage| self.stage(stage, d)),
            owners: text.owners.iter().map(|(source, name)| (*source, rep(name))).collect(),
            text: text.text.as_ref().and_then(|words| self.kept(self.words(words))),
            campaign: text.campaign.clone(),
            place: Place {
                country: text.country.clone(),
                state: text.state.clone(),
                segment: text.segment.clone(),
                area_code: text.area_code.as_ref().and_then(|code| self.kept(self.area_code(code))),
            },
            role: None,
        };
        let then = text.then.get_ref();
        if then.answered_after.is_some() && then.held.is_none() {
            let message = "answered_after says when, but held does not say what then";
            self.or(Err(self.mistake(text.then.span(), message)), ());
        }
        let after = then.answered_after.map_or(Span::ZERO, |after| after.0);
        let wanted = Then {
            owner: then.owner.as_ref().map(rep),
            gets: then.gets.as_ref().and_then(|name| self.kept(self.holder(name, d))),
            use_case: then.use_case.as_ref().map(|name| self.named("use_case", name, d.use_case.keys())),
            cohort: then.cohort.as_ref().map(|name| self.cohort_named(name, d)),
            due: then.due.as_ref().and_then(|at| self.kept(self.instant(at))),
            held: then.held.map(|held| Held { after, held }),
        };
        if wanted == Then::default() && !self.guessed.get() {
            let message = "this expects nothing: name owner, gets, use_case, cohort, due or held";
            self.or(Err(self.mistake(text.then.span(), message)), ());
        }
        let away = text.away.iter().map(rep).collect();
        let at = self.or(self.instant(&text.at), Timestamp::from_millis(0));
        Expectation { name: text.name.get_ref().clone(), reply, at, away, then: wanted }
    }

    fn words(&self, text: &Spanned<String>) -> Result<String, Diagnostic> {
        let words = text.get_ref();
        let fits = !words.trim().is_empty() && words.chars().count() <= MAX_CHARS;
        let wrong = || self.mistake(text.span(), "not a text that a buyer can send: write 1 to 1600 characters");
        fits.then(|| words.clone()).ok_or_else(wrong)
    }

    fn area_code(&self, text: &Spanned<String>) -> Result<String, Diagnostic> {
        let code = text.get_ref();
        is_area_code(code)
            .then(|| code.clone())
            .ok_or_else(|| self.mistake(text.span(), "an area code is three digits"))
    }

    /// A rep, or the pool of a team.
    fn holder(&self, name: &Name, d: &Document) -> Result<Holder, Diagnostic> {
        let Some(team) = name.get_ref().strip_prefix("pool:") else {
            return self.known("rep", name, d.rep.keys()).map(|rep| Holder::Rep(RepId(rep)));
        };
        let named = Spanned::new(name.span(), team.to_owned());
        self.known("team", &named, d.team.keys()).map(|team| Holder::Pool(TeamId(team)))
    }

    /// An instant: with an offset, or it would mean another one in every zone.
    fn instant(&self, at: &Spanned<Datetime>) -> Result<Timestamp, Diagnostic> {
        let wrong = |_| self.mistake(at.span(), "not an instant: write it with its offset, 2026-03-02T10:00:00-05:00");
        DateTime::parse_from_rfc3339(&at.get_ref().to_string()).map(|at| at.to_utc().into()).map_err(wrong)
    }
}
