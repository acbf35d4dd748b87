//! What of a conversation is written into the CRM, and how the CRM is asked.

use serde::Deserialize;
use toml::Spanned;

use super::Reader;
use crate::config::diagnose::Diagnostic;
use crate::config::text::Duration;
use crate::domain::asking::{self, Asking, Reroute};
use crate::domain::event::Outcome;
use crate::domain::time::Span;
use crate::domain::write_back::{FollowUp, WriteBack};

/// The longest line of a task, in characters.
const LONGEST: usize = 200;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CrmText {
    log: Option<bool>,
    outcomes: Option<bool>,
    tasks: Option<bool>,
    owners: Option<bool>,
    opt_outs: Option<bool>,
    budget: Option<Spanned<String>>,
    fresh: Option<Spanned<Duration>>,
    reroute: Option<Reroute>,
    #[serde(default)]
    follow_up: Vec<FollowUpText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FollowUpText {
    outcome: Outcome,
    after: Duration,
    task: Spanned<String>,
}

impl Reader<'_> {
    pub(super) fn write_back(&self, text: &CrmText) -> WriteBack {
        let usual = WriteBack::default();
        WriteBack {
            log: text.log.unwrap_or(usual.log),
            outcomes: text.outcomes.unwrap_or(usual.outcomes),
            tasks: text.tasks.unwrap_or(usual.tasks),
            owners: text.owners.unwrap_or(usual.owners),
            opt_outs: text.opt_outs.unwrap_or(usual.opt_outs),
            follow_ups: text.follow_up.iter().filter_map(|text| self.kept(self.follow_up(text))).collect(),
        }
    }

    pub(super) fn asking(&self, text: &CrmText) -> Asking {
        let usual = Asking::default();
        let budget = text.budget.as_ref().and_then(|text| self.kept(self.budget(text)));
        let fresh = text.fresh.as_ref().and_then(|text| self.kept(self.fresh(text)));
        Asking {
            budget: budget.unwrap_or(usual.budget),
            fresh: fresh.unwrap_or(usual.fresh),
            reroute: text.reroute.unwrap_or(usual.reroute),
        }
    }

    fn budget(&self, text: &Spanned<String>) -> Result<Span, Diagnostic> {
        let digits = |text: &str| text.parse::<i64>().ok().filter(|n| (0..=1_000_000).contains(n));
        let whole = text.get_ref();
        let span = match (whole.strip_suffix("ms"), whole.strip_suffix('s')) {
            (Some(ms), _) => digits(ms).map(Span::millis),
            (None, Some(s)) => digits(s).map(Span::seconds),
            (None, None) => None,
        };
        span.filter(|span| *span <= asking::LONGEST).ok_or_else(|| {
            let message = "a reply waits for the CRM from 0s to 10s: write it 300ms or 1s";
            self.mistake(text.span(), message.to_owned())
        })
    }

    fn fresh(&self, text: &Spanned<Duration>) -> Result<Span, Diagnostic> {
        let span = text.get_ref().0;
        if span < Span::minutes(1) || span > Span::minutes(30 * 24 * 60) {
            return Err(self.mistake(text.span(), "a card stays fresh for 1m to 30d".to_owned()));
        }
        Ok(span)
    }

    fn follow_up(&self, text: &FollowUpText) -> Result<FollowUp, Diagnostic> {
        let words = text.task.get_ref().trim();
        if words.is_empty() || words.chars().count() > LONGEST || words.chars().any(char::is_control) {
            let message = format!("a task is one line of 1 to {LONGEST} characters");
            return Err(self.mistake(text.task.span(), message));
        }
        Ok(FollowUp { outcome: text.outcome, after: text.after.0, words: words.to_owned() })
    }
}
