//! What to do next: rules whose snippets and use cases must exist, whose stages are not mistyped, and that can be reached.

use std::collections::BTreeSet;

use serde::Deserialize;
use toml::Spanned;

use super::Reader;
use super::document::{Document, Name};
use crate::config::diagnose::{Diagnostic, nearest};
use crate::config::text::{Duration, Times};
use crate::domain::kind::MessageKind;
use crate::domain::next_step::rules::{Action, FIELDS, Rule};
use crate::domain::snippet::fields;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NextStepText {
    #[serde(default)]
    stages: Vec<Name>,
    #[serde(default)]
    kinds: BTreeSet<MessageKind>,
    #[serde(default)]
    use_cases: Vec<Name>,
    #[serde(default)]
    words: Vec<Spanned<String>>,
    #[serde(default)]
    intents: Vec<Spanned<String>>,
    /// How old a sign of interest may be.
    within: Option<Spanned<Duration>>,
    /// Whether the CRM knows the number.
    known: Option<bool>,
    /// The text came so long ago, or longer.
    waited: Option<Duration>,
    hours: Option<Times>,
    what: Spanned<String>,
    why: Spanned<String>,
    snippet: Option<Name>,
    action: Option<Action>,
}

/// Longest step and longest reason, in characters: they stand beside the conversation.
const LONGEST: usize = 120;

impl Reader<'_> {
    pub(super) fn next_steps(&self, d: &Document) -> Vec<Rule> {
        let mut rules: Vec<Rule> = Vec::with_capacity(d.next_step.len());
        for text in &d.next_step {
            let rule = self.next_step(text.get_ref(), d);
            if let Some(n) = rules.iter().position(|earlier| rule.is_behind(earlier)) {
                let (n, what) = (n + 1, &rules[n].what);
                let message =
                    format!("this next step is never reached: number {n}, \"{what}\", takes all that it takes");
                self.note(self.mistake(text.span(), message));
            }
            rules.push(rule);
        }
        rules
    }

    fn next_step(&self, text: &NextStepText, d: &Document) -> Rule {
        if let (Some(within), true) = (&text.within, text.intents.is_empty()) {
            let message = "within says how old a sign of interest may be, but intents names none";
            self.note(self.mistake(within.span(), message));
        }
        Rule {
            stages: text.stages.iter().map(|stage| self.stage(stage, d)).collect(),
            kinds: text.kinds.clone(),
            use_cases: text.use_cases.iter().map(|n| self.named("use_case", n, d.use_case.keys())).collect(),
            words: text.words.iter().filter_map(|word| self.kept(self.some_word("words", word))).collect(),
            intents: text.intents.iter().filter_map(|word| self.kept(self.some_word("intents", word))).collect(),
            within: text.within.as_ref().map(|within| within.get_ref().0),
            known: text.known,
            waited: text.waited.as_ref().map(|waited| waited.0),
            hours: text.hours.as_ref().map(|hours| hours.0.clone()).unwrap_or_default(),
            what: self.or(self.line("what", &text.what), String::new()),
            why: self.or(self.why(&text.why), String::new()),
            snippet: text.snippet.as_ref().map(|name| self.named("snippet", name, d.snippet.keys())),
            action: text.action,
        }
    }

    /// A stage of a deal. Only the CRM knows all of them; what is nearly one that the cohorts speak of is most likely mistyped.
    pub(super) fn stage(&self, name: &Name, d: &Document) -> String {
        let stages: BTreeSet<&String> = d.cohort.iter().flat_map(|cohort| &cohort.get_ref().stages).collect();
        let known: Vec<&str> = stages.iter().map(|stage| stage.as_str()).collect();
        let same = known.iter().any(|known| known.to_lowercase() == name.get_ref().to_lowercase());
        if same || nearest(name.get_ref(), &known).is_none() {
            return name.get_ref().clone();
        }
        self.named("stage of a cohort", name, stages.iter().copied())
    }

    /// A word that is searched for: nothing is in everything.
    fn some_word(&self, key: &str, word: &Spanned<String>) -> Result<String, Diagnostic> {
        let is_word = !word.get_ref().trim().is_empty();
        let wrong = || self.mistake(word.span(), format!("an empty word of {key} is in every text: leave it out"));
        is_word.then(|| word.get_ref().clone()).ok_or_else(wrong)
    }

    fn line(&self, key: &str, text: &Spanned<String>) -> Result<String, Diagnostic> {
        let line = text.get_ref().trim();
        let fits = !line.is_empty() && line.chars().count() <= LONGEST && !line.contains(char::is_control);
        let wrong = || self.mistake(text.span(), format!("{key} is one line of 1 to {LONGEST} characters"));
        fits.then(|| line.to_owned()).ok_or_else(wrong)
    }

    fn why(&self, text: &Spanned<String>) -> Result<String, Diagnostic> {
        let line = self.line("why", text)?;
        match fields(&line).iter().find(|(_, name)| !FIELDS.contains(name)) {
            Some((_, name)) => {
                let known = FIELDS.map(|field| format!("{{{field}}}")).join(" ");
                Err(self.mistake(text.span(), format!("a reason has no field {{{name}}}; it has {known}")))
            }
            None => Ok(line),
        }
    }
}
