//! Weighted patterns of words, and which of them speak in a text.
//!
//! Both judges of texts are made of it: whether one asks us to stop ([`super::revocation`]), and what kind of text it is
//! ([`super::kind`]). There is no model and no chance: the same text gets the same patterns everywhere, and each that spoke is
//! named, so that a person can see why. The language of the tables is told in `phrases/table.rs`.

mod pattern;
mod table;
mod words;

use serde::{Deserialize, Serialize};

pub use table::Mistake;
pub(super) use table::Table;

/// A pattern that spoke.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spoke {
    /// Its name in the table.
    pub pattern: String,
    /// What it adds to the score; below zero it speaks against.
    pub weight: i32,
}

/// What was found in a text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Heard {
    /// What spoke, heaviest first, each with what its table says it speaks for; nothing where a table is about one thing.
    pub(super) spoke: Vec<(String, Spoke)>,
    /// What the words were taken for instead, where a pattern would have spoken.
    pub(super) instead: Vec<String>,
}
