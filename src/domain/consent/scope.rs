//! How far a word of consent reaches: one of our numbers, a programme of several, or all of us.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::rules::ConsentRules;
use crate::domain::id::LineId;

/// How far a word of consent reaches. It is decided with the word and kept with it: another playbook later does not make
/// an opt-out smaller.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Every number of ours.
    #[default]
    Tenant,
    /// A group of lines: those it had then, and those that the playbook counts to it now.
    Programme {
        /// As the playbook calls it.
        name: String,
        /// Its lines then.
        lines: BTreeSet<LineId>,
    },
    /// One of our numbers alone.
    Number(LineId),
}

impl Scope {
    /// Whether it is the widest one.
    pub const fn is_tenant(&self) -> bool {
        matches!(self, Self::Tenant)
    }

    /// Whether it speaks of texts from this line.
    pub fn covers(&self, rules: &ConsentRules, line: &LineId) -> bool {
        match self {
            Self::Tenant => true,
            Self::Programme { name, lines } => lines.contains(line) || rules.programme_of(line) == Some(name),
            Self::Number(own) => own == line,
        }
    }

    /// Whether everything that the other one speaks of is in it.
    pub fn holds(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Tenant, _) => true,
            (Self::Programme { lines, .. }, Self::Programme { lines: theirs, .. }) => theirs.is_subset(lines),
            (Self::Programme { lines, .. }, Self::Number(line)) => lines.contains(line),
            (Self::Number(own), Self::Number(line)) => own == line,
            (Self::Number(_) | Self::Programme { .. }, Self::Tenant) | (Self::Number(_), Self::Programme { .. }) => {
                false
            }
        }
    }

    /// As files and interfaces write it: `tenant`, `programme:NAME`, `number:LINE`.
    pub fn word(&self) -> String {
        match self {
            Self::Tenant => "tenant".to_owned(),
            Self::Programme { name, .. } => format!("programme:{name}"),
            Self::Number(line) => format!("number:{line}"),
        }
    }

    /// As a sentence says it: "all our numbers".
    pub fn words(&self) -> String {
        match self {
            Self::Tenant => "all our numbers".to_owned(),
            Self::Programme { name, .. } => format!("the programme \"{name}\""),
            Self::Number(line) => format!("the line \"{line}\" alone"),
        }
    }
}
