//! What the author expects: cases with names that must exist, and times that mean one instant.

use chrono::DateTime;
use toml::Spanned;
use toml::value::Datetime;

use super::Reader;
use super::document::{Document, ExpectText, Name};
use crate::config::diagnose::Diagnostic;
use crate::domain::expectation::{Expectation, Held, Reply, Then};
use crate::domain::id::{LineId, RepId, TeamId};
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
            cohort: then.cohort.as_ref().map(|name| self.known("cohort", name, names.iter())).transpose()?,
            due: then.due.as_ref().map(|at| self.instant(at)).transpose()?,
            held: then.held.map(|held| Held { after, held }),
        };
        if wanted == Then::default() {
            return Err(self.mistake(text.then.span(), "this expects nothing: name owner, gets, cohort, due or held"));
        }
        let away = text.away.iter().map(rep).collect::<Result<_, _>>()?;
        Ok(Expectation { name: text.name.clone(), reply, at: self.instant(&text.at)?, away, then: wanted })
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
