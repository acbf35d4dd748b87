//! What the playbook says of consent.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::scope::Scope;
use super::words::Keyword;
use crate::domain::id::LineId;

/// `[consent]` of the playbook.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ConsentRules {
    /// How far a STOP, a START or a rep's word reaches.
    pub scope: ScopeRule,
    /// Lines that belong together, by name. A line in none is a programme of its own.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub programmes: BTreeMap<String, BTreeSet<LineId>>,
    /// Whether a text needs consent on record.
    pub evidence: EvidenceRule,
    /// Words of other languages that are the whole text, by language.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub words: BTreeMap<String, LanguageWords>,
    /// Who confirms a STOP and answers HELP.
    pub replies: Replies,
    /// Lines where somebody else does.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub line_replies: BTreeMap<LineId, Replies>,
    /// What confirms a STOP where we do; without it a sentence with the company's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confirmation: Option<String>,
    /// What answers HELP where we do; without it nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// Webhook channels that hear of every opt-out and opt-in.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tell: Vec<String>,
}

/// How far a word reaches that does not say so itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScopeRule {
    /// Every number of ours.
    #[default]
    Tenant,
    /// The programme of the line.
    Programme,
    /// The line alone.
    Number,
}

/// Whether a text needs consent on record: evidence of an opt-in, or a text of the buyer's own in the conversation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EvidenceRule {
    /// No.
    #[default]
    Optional,
    /// Without it the rep is asked, and may send all the same.
    Ask,
    /// Without it nothing goes.
    Required,
}

/// Who confirms a STOP and answers HELP: never two.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Replies {
    /// The carrier, as Twilio does unless it was told not to; we do where a word is none of the carrier's.
    #[default]
    Carrier,
    /// We do.
    Us,
}

/// Words of one language that are the whole text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LanguageWords {
    /// They withdraw consent.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stop: Vec<String>,
    /// They give it back.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub start: Vec<String>,
    /// They ask who we are.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub help: Vec<String>,
}

impl LanguageWords {
    /// Its words, with what they mean.
    pub fn all(&self) -> impl Iterator<Item = (Keyword, &String)> {
        let stop = self.stop.iter().map(|word| (Keyword::Stop, word));
        let start = self.start.iter().map(|word| (Keyword::Start, word));
        stop.chain(start).chain(self.help.iter().map(|word| (Keyword::Help, word)))
    }
}

impl ConsentRules {
    /// Whether nothing is said of consent.
    pub fn is_usual(&self) -> bool {
        *self == Self::default()
    }

    /// The programme a line is counted to.
    pub fn programme_of(&self, line: &LineId) -> Option<&String> {
        self.programmes.iter().find(|(_, lines)| lines.contains(line)).map(|(name, _)| name)
    }

    /// A programme by its name.
    pub fn programme(&self, name: &str) -> Option<Scope> {
        self.programmes.get(name).map(|lines| Scope::Programme { name: name.to_owned(), lines: lines.clone() })
    }

    /// How far a word reaches that was said to this line.
    pub fn scope_of(&self, line: &LineId) -> Scope {
        match self.scope {
            ScopeRule::Tenant => Scope::Tenant,
            ScopeRule::Programme => match self.programme_of(line) {
                Some(name) => self.programme(name).unwrap_or(Scope::Tenant),
                None => Scope::Number(line.clone()),
            },
            ScopeRule::Number => Scope::Number(line.clone()),
        }
    }

    /// Who confirms a STOP and answers HELP on this line.
    pub fn replies_on(&self, line: &LineId) -> Replies {
        self.line_replies.get(line).copied().unwrap_or(self.replies)
    }
}
