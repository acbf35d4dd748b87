//! `[consent]`: how far a word reaches, what is asked for, who confirms, whom we tell.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use toml::Spanned;

use super::Reader;
use super::document::{Document, Name};
use crate::config::diagnose::Diagnostic;
use crate::domain::alert::{Channel, ChannelKind};
use crate::domain::consent::rules::LanguageWords;
use crate::domain::consent::words::{folded, keyword_in};
use crate::domain::consent::{ConsentRules, EvidenceRule, Keyword, Replies, ScopeRule};
use crate::domain::id::LineId;
use crate::domain::respond::MAX_CHARS;

/// The longest word, in characters.
const LONGEST: usize = 40;

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ConsentText {
    scope: Option<Spanned<ScopeRule>>,
    #[serde(default)]
    evidence: EvidenceRule,
    replies: Option<Replies>,
    confirmation: Option<Spanned<String>>,
    help: Option<Spanned<String>>,
    #[serde(default)]
    tell: Vec<Name>,
    #[serde(default)]
    programme: BTreeMap<String, ProgrammeText>,
    #[serde(default)]
    words: BTreeMap<String, LanguageText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProgrammeText {
    lines: Vec<Name>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct LanguageText {
    #[serde(default)]
    stop: Vec<Spanned<String>>,
    #[serde(default)]
    start: Vec<Spanned<String>>,
    #[serde(default)]
    help: Vec<Spanned<String>>,
}

impl Reader<'_> {
    pub(super) fn consent(
        &self,
        d: &Document,
        channels: &BTreeMap<String, Channel>,
    ) -> Result<ConsentRules, Diagnostic> {
        let text = &d.consent;
        let programmes = self.programmes(text, d)?;
        if let Some(scope) = text.scope.as_ref().filter(|s| *s.get_ref() == ScopeRule::Programme)
            && programmes.is_empty()
        {
            let hint = Some("write [consent.programme.NAME] with its lines, or scope = \"number\"".to_owned());
            return Err(Diagnostic {
                hint,
                ..self.mistake(scope.span(), "there is no programme: nothing says which lines belong together")
            });
        }
        let line_replies: BTreeMap<LineId, Replies> =
            d.line.iter().filter_map(|(id, line)| Some((LineId::new(id), line.replies?))).collect();
        let replies = text.replies.unwrap_or_default();
        let ours = replies == Replies::Us || line_replies.values().any(|replies| *replies == Replies::Us);
        // What the playbook calls HELP is none to a carrier, and nobody else would answer it.
        let helps = ours || text.words.values().any(|words| !words.help.is_empty());
        let words = text.words.iter().map(|(name, words)| Ok((name.clone(), self.language(words)?)));
        let rules = ConsentRules {
            scope: text.scope.as_ref().map(|scope| *scope.get_ref()).unwrap_or_default(),
            programmes,
            evidence: text.evidence,
            words: words.collect::<Result<_, Diagnostic>>()?,
            replies,
            line_replies,
            // Also where the carrier confirms: it knows fewer words than the law.
            confirmation: text.confirmation.as_ref().map(|text| self.said(text, d, "START")).transpose()?,
            help: text.help.as_ref().map(|text| self.help(text, d, helps)).transpose()?,
            tell: text.tell.iter().map(|name| self.webhook_of(name, channels, d)).collect::<Result<_, _>>()?,
        };
        for keyword in d.use_case.values().flat_map(|u| &u.keywords) {
            let means = keyword_in(&rules, keyword.get_ref());
            if means.is_some_and(|means| means != Keyword::Start) {
                let message =
                    format!("\"{}\" alone is a word of consent: it never means a use case", keyword.get_ref());
                return Err(self.mistake(keyword.span(), message));
            }
        }
        Ok(rules)
    }

    fn programmes(&self, text: &ConsentText, d: &Document) -> Result<BTreeMap<String, BTreeSet<LineId>>, Diagnostic> {
        let mut programmes: BTreeMap<String, BTreeSet<LineId>> = BTreeMap::new();
        for (id, programme) in &text.programme {
            let mut lines = BTreeSet::new();
            for name in &programme.lines {
                let line = LineId::new(self.known("line", name, d.line.keys())?);
                if let Some((other, _)) = programmes.iter().find(|(_, lines)| lines.contains(&line)) {
                    let message = format!("the line \"{line}\" is in the programme \"{other}\" already");
                    return Err(self.mistake(name.span(), message));
                }
                lines.insert(line);
            }
            programmes.insert(id.clone(), lines);
        }
        Ok(programmes)
    }

    /// Words of a language. One that means something else to a carrier would be obeyed by them and not by us.
    fn language(&self, text: &LanguageText) -> Result<LanguageWords, Diagnostic> {
        let mut seen: BTreeMap<String, Keyword> = BTreeMap::new();
        let mut read = |words: &[Spanned<String>], means: Keyword| -> Result<Vec<String>, Diagnostic> {
            let mut all = Vec::new();
            for word in words {
                let folded = folded(word.get_ref());
                if folded.is_empty() || word.get_ref().chars().count() > LONGEST {
                    let message = format!("not a word that can be a whole text: write 1 to {LONGEST} letters");
                    return Err(self.mistake(word.span(), message));
                }
                let usual = keyword_in(&ConsentRules::default(), word.get_ref());
                if usual.or_else(|| seen.get(&folded).copied()).is_some_and(|other| other != means) {
                    let message = format!("\"{}\" means something else already", word.get_ref());
                    return Err(self.mistake(word.span(), message));
                }
                seen.insert(folded, means);
                all.push(word.get_ref().trim().to_owned());
            }
            Ok(all)
        };
        Ok(LanguageWords {
            stop: read(&text.stop, Keyword::Stop)?,
            start: read(&text.start, Keyword::Start)?,
            help: read(&text.help, Keyword::Help)?,
        })
    }

    /// What HELP is answered with, where that is ever ours to do.
    fn help(&self, text: &Spanned<String>, d: &Document, helps: bool) -> Result<String, Diagnostic> {
        if helps {
            return self.said(text, d, "STOP");
        }
        let hint = Some("write replies = \"us\" here or under a line, or leave the text out".to_owned());
        let message = "the carrier answers HELP on every line: this would never be sent";
        Err(Diagnostic { hint, ..self.mistake(text.span(), message) })
    }

    /// A text that we send by ourselves: whose it is, and the word that helps further, stand in it.
    fn said(&self, text: &Spanned<String>, d: &Document, word: &str) -> Result<String, Diagnostic> {
        let words = text.get_ref().trim();
        if words.chars().count() > MAX_CHARS {
            let message = format!("longer than one text can be: at most {MAX_CHARS} characters");
            return Err(self.mistake(text.span(), message));
        }
        for needed in [d.company.as_str(), word] {
            if !words.contains(needed) {
                return Err(self.mistake(text.span(), format!("it must say \"{needed}\": carriers ask for that")));
            }
        }
        Ok(words.to_owned())
    }

    /// The name of a webhook channel that hears of consent.
    fn webhook_of(
        &self,
        name: &Name,
        channels: &BTreeMap<String, Channel>,
        d: &Document,
    ) -> Result<String, Diagnostic> {
        let known = self.known("channel", name, d.channel.keys())?;
        let kind = channels.get(&known).map(|channel| &channel.kind);
        if let Some(other) = kind.filter(|kind| !matches!(kind, ChannelKind::Webhook { .. })) {
            let message = format!("\"{known}\" is a channel of kind {}: here a webhook is needed", other.word());
            return Err(self.mistake(name.span(), message));
        }
        // One that is none here was told where it stands.
        Ok(known)
    }
}
