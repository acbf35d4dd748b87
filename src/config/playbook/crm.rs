//! What of a conversation is written into the CRM.

use serde::Deserialize;
use toml::Spanned;

use super::Reader;
use crate::config::diagnose::Diagnostic;
use crate::config::text::Duration;
use crate::domain::event::Outcome;
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
            follow_ups: text.follow_up.iter().filter_map(|text| self.kept(self.follow_up(text))).collect(),
        }
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
