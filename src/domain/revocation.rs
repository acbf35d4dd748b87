//! Does a text ask us to stop, in other words than STOP?
//!
//! A reply withdraws consent when a reasonable person would understand it so, whatever its words are (47 CFR
//! 64.1200(a)(10)). Patterns of words with weights add up, and each that spoke is named, so that a person can see why a
//! number is held. The patterns stand in `assets/revocation/patterns.toml`; how good they are, in
//! `assets/docs/revocation.md`.

mod pattern;
mod table;
mod words;

use serde::{Deserialize, Serialize};

pub use table::Mistake;
use table::Table;

/// The score from which a text is taken for a wish that no more texts come.
pub const ENOUGH: i32 = 5;

/// What a text was found to say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judgement {
    /// The weights of what spoke, added up.
    pub score: i32,
    /// The patterns that spoke, heaviest first.
    pub spoke: Vec<Spoke>,
    /// What the words were taken for instead, where a pattern would have spoken.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub instead: Vec<String>,
}

/// A pattern that spoke.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spoke {
    /// Its name in the table.
    pub pattern: String,
    /// What it adds to the score; below zero it speaks for an ordinary reply.
    pub weight: i32,
}

impl Judgement {
    /// Whether a reasonable person would take it for a wish that no more texts come.
    pub const fn is_revocation(&self) -> bool {
        self.score >= ENOUGH
    }
}

/// Judges one text. Any text: the first 4,000 characters of it are read, and the time grows with those alone.
pub fn judge(text: &str) -> Judgement {
    Table::built_in().judge(text)
}

/// Other patterns than the built-in ones, ready to judge by.
pub struct Patterns(Table);

impl Patterns {
    /// Reads a table of patterns, or says what is wrong with it.
    pub fn read(toml: &str) -> Result<Self, Mistake> {
        Table::read(toml).map(Self)
    }

    /// Judges one text by them.
    pub fn judge(&self, text: &str) -> Judgement {
        self.0.judge(text)
    }
}
