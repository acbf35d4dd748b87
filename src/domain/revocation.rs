//! Does a text ask us to stop, in other words than STOP?
//!
//! A reply withdraws consent when a reasonable person would understand it so, whatever its words are (47 CFR
//! 64.1200(a)(10)). Patterns of words with weights add up, and each that spoke is named, so that a person can see why a
//! number is held. The patterns stand in `assets/revocation/patterns.toml`; how good they are, in
//! `assets/docs/revocation.md`.

use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use super::phrases::Table;
pub use super::phrases::{Mistake, Spoke};

const BUILT_IN: &str = include_str!("../../assets/revocation/patterns.toml");

/// The score from which a text is taken for a wish that no more texts come.
pub const ENOUGH: i32 = 4;

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

impl Judgement {
    /// Whether a reasonable person would take it for a wish that no more texts come.
    pub const fn is_revocation(&self) -> bool {
        self.score >= ENOUGH
    }
}

/// Judges one text. Any text: the first 4,000 characters of it are read, and the time grows with those alone.
pub fn judge(text: &str) -> Judgement {
    static TABLE: OnceLock<Table> = OnceLock::new();
    judge_by(TABLE.get_or_init(|| Table::read(BUILT_IN).expect("BUG: a test reads the built-in patterns")), text)
}

fn judge_by(table: &Table, text: &str) -> Judgement {
    let heard = table.hear(text);
    let spoke: Vec<_> = heard.spoke.into_iter().map(|(_, spoke)| spoke).collect();
    Judgement { score: spoke.iter().map(|one| one.weight).sum(), spoke, instead: heard.instead }
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
        judge_by(&self.0, text)
    }
}
