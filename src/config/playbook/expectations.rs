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
    pub(super) fn expectations(&self, d: &Document) -> Result<Vec<Expectation>, Diagnostic> {
        d.expect.iter().map(|text| self.expectation(text, d)).collect()
    }

    fn expectation(&self, text: &ExpectText, d: &Document) -> Result<Expectation, Diagnostic> {
        let rep = |name: &Name| self.known("rep", name, d.rep.keys()).map(RepId);
        let owners = text.owners.iter().map(|(source, name)| Ok((*source, rep(name)?)));
        let use_case =
            text.use_case.as_ref().map(|name| self.known("use_case", name, d.use_case.keys())).transpose()?;
        let reply = Reply {
            line: LineId(self.known("line", &text.line, d.line.keys())?),
            use_case,
            stage: text.stage.clone(),
            owners: owners.collect::<Result<_, Diagnostic>>()?,
            text: text.text.as_ref().map(|words| self.words(words)).transpose()?,
            campaign: text.campaign.clone(),
            place: Place {
                country: text.country.clone(),
                state: text.state.clone(),
                segment: text.segment.clone(),
                area_code: text.area_code.as_ref().map(|code| self.area_code(code)).transpose()?,
            },
        };
        let then = text.then.get_ref();
        if then.answered_after.is_some() && then.held.is_none() {
            return Err(self.mistake(text.then.span(), "answered_after says when, but held does not say what then"));
        }
        let names: Vec<String> = d.cohort.iter().map(|cohort| cohort.get_ref().name.clone()).collect();
        let after = then.answered_after.map_or(Span::ZERO, |after| after.0);
        let wanted = Then {
            owner: then.owner.as_ref().map(rep).transpose()?,
            gets: then.gets.as_ref().map(|name| self.holder(name, d)).transpose()?,
            use_case: then.use_case.as_ref().map(|name| self.known("use_case", name, d.use_case.keys())).transpose()?,
            cohort: then.cohort.as_ref().map(|name| self.known("cohort", name, names.iter())).transpose()?,
            due: then.due.as_ref().map(|at| self.instant(at)).transpose()?,
            held: then.held.map(|held| Held { after, held }),
        };
        if wanted == Then::default() {
            return Err(
                self.mistake(text.then.span(), "this expects nothing: name owner, gets, use_case, cohort, due or held")
            );
        }
        let away = text.away.iter().map(rep).collect::<Result<_, _>>()?;
        Ok(Expectation { name: text.name.clone(), reply, at: self.instant(&text.at)?, away, then: wanted })
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
