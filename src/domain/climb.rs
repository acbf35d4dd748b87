//! Why a conversation is passed on.

#![allow(missing_docs, reason = "each variant says what its fields, named by the vocabulary, are")]

use serde::{Deserialize, Serialize};

use super::id::RepId;

/// Why a conversation moved up its ladder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Climb {
    /// The offer expired.
    NotTaken,
    /// The due time passed.
    Breach,
    /// A person asked for help.
    Asked(RepId),
    /// The holder went away.
    Away,
    /// The holder does not work here any more, by the policy in force.
    Left,
    /// Somebody is back who was not there to be asked.
    Back,
    /// Whoever took it did not answer.
    NotAnswered,
    /// Nobody on the ladder acted: it begins again.
    Again,
}

impl Climb {
    /// As screens say it of the one passed over.
    pub const fn words(&self) -> &'static str {
        match self {
            Self::NotTaken => "did not act in time",
            Self::Breach => "did not answer in time",
            Self::Asked(_) => "asked for help",
            Self::Away => "went away",
            Self::Left => "is not with us any more",
            Self::Back => "stood last, and somebody who comes before is back",
            Self::NotAnswered => "took it, but did not answer",
            Self::Again => "was the last to be asked and did not act either, so it begins again",
        }
    }
}
