//! Who carried how much: rep by rep, and team by team.

use serde::{Deserialize, Serialize};

use super::About;

/// Who carried how much.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Load {
    /// What it is about.
    pub about: About,
    /// The one of its tables that was asked for: `rep` or `team`; all when nothing is said.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub by: String,
    /// Rep by rep.
    pub rows: Vec<LoadRow>,
    /// Team by team: what its people carried, and how evenly offers were spread; last what is of no team that is known.
    pub fairness: Vec<Fairness>,
}

/// A rep's load.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LoadRow {
    /// Who.
    pub rep: String,
    /// As people call them.
    pub name: String,
    /// Home team; of whoever left the last one that the playbook gave them.
    pub team: String,
    /// Conversations offered to them.
    pub offers: i64,
    /// Conversations they took, offered or not.
    pub takes: i64,
    /// Offers they let pass.
    pub passes: i64,
    /// Texts of theirs that left.
    pub answers: i64,
    /// Open conversations they held on average, day and night.
    pub average: f64,
    /// The most they held at once.
    pub most: i64,
    /// What they hold now.
    pub now: i64,
}

/// What the people of a team carried, those who left it among them, and how evenly offers were spread over those who are here.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Fairness {
    /// Which team; empty for what those carried who are in none that the playbook knows.
    pub team: String,
    /// As people call it.
    pub label: String,
    /// Its reps, as the playbook has them now.
    pub reps: usize,
    /// Who carried something and left: they count in every sum here, and not in Jain's index.
    #[serde(default)]
    pub left: usize,
    /// Offers they all got.
    pub offers: i64,
    /// Those of them that went to who left.
    #[serde(default)]
    pub left_offers: i64,
    /// Conversations they took, offered or not.
    #[serde(default)]
    pub takes: i64,
    /// Offers they let pass.
    #[serde(default)]
    pub passes: i64,
    /// Texts of theirs that left.
    #[serde(default)]
    pub answers: i64,
    /// Open conversations they held on average, all together, day and night.
    #[serde(default)]
    pub average: f64,
    /// What they hold now.
    #[serde(default)]
    pub now: i64,
    /// Jain's index over the offers of its reps by weight: 1 is even, 1 by the number of reps is all to one.
    pub jain: Option<f64>,
}

impl Fairness {
    /// Offers that its reps got: those that the index is over.
    pub const fn offers_to_reps(&self) -> i64 {
        self.offers - self.left_offers
    }
}
