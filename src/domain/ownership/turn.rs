//! Whose turn it is in a pool: everybody in proportion to their weight, and nobody twice before the others had theirs.
//!
//! Start-time fair queuing (Goyal, Vin and Cheng, 1996), with a reply as the packet: each turn costs its taker a share
//! that is smaller the greater their weight, and whoever has used up least is next. Somebody who was away comes back level
//! with the others: no backlog of turns falls on them at once.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::id::RepId;

/// What a turn costs somebody of weight 1. Divisible by every weight up to ten, so that shares stay exact there.
const SHARE: u64 = 2_520_000;

/// The largest weight; what lies above counts as this.
pub const MAX_WEIGHT: u32 = 100;

/// How far everybody of one pool is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turns {
    /// What each has used up.
    served: BTreeMap<RepId, u64>,
    /// Where the last turn began.
    at: u64,
}

impl Turns {
    /// Who of these is next; none only of nobody. Of several who are level the first by name.
    pub fn next<'a>(&self, of: impl IntoIterator<Item = &'a RepId>) -> Option<&'a RepId> {
        of.into_iter().min_by_key(|rep| (self.begins(rep), *rep))
    }

    /// Somebody had a turn.
    pub fn passed(&mut self, rep: &RepId, weight: u32) {
        let begins = self.begins(rep);
        let cost = SHARE / u64::from(weight.clamp(1, MAX_WEIGHT));
        self.served.insert(rep.clone(), begins.saturating_add(cost));
        self.at = begins;
    }

    fn begins(&self, rep: &RepId) -> u64 {
        self.served.get(rep).copied().unwrap_or(0).max(self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deal(turns: &mut Turns, of: &[(&str, u32)], rounds: usize) -> Vec<RepId> {
        let reps: Vec<(RepId, u32)> = of.iter().map(|(rep, weight)| (RepId::from(*rep), *weight)).collect();
        let mut dealt = Vec::new();
        for _ in 0..rounds {
            let next = turns.next(reps.iter().map(|(rep, _)| rep)).expect("somebody").clone();
            let weight = reps.iter().find(|(rep, _)| *rep == next).expect("known").1;
            turns.passed(&next, weight);
            dealt.push(next);
        }
        dealt
    }

    fn count(dealt: &[RepId], rep: &str) -> usize {
        dealt.iter().filter(|r| r.as_str() == rep).count()
    }

    #[test]
    fn equals_take_turns() {
        let dealt = deal(&mut Turns::default(), &[("a", 1), ("b", 1), ("c", 1)], 6);
        let names: Vec<&str> = dealt.iter().map(RepId::as_str).collect();
        assert_eq!(names, ["a", "b", "c", "a", "b", "c"]);
    }

    #[test]
    fn weights_are_shares() {
        let dealt = deal(&mut Turns::default(), &[("a", 3), ("b", 1), ("c", 2)], 600);
        assert_eq!([count(&dealt, "a"), count(&dealt, "b"), count(&dealt, "c")], [300, 100, 200]);
    }

    #[test]
    fn nobody_is_flooded_when_they_come_back_or_join() {
        let mut turns = Turns::default();
        deal(&mut turns, &[("a", 1), ("b", 1)], 100);
        let dealt = deal(&mut turns, &[("a", 1), ("b", 1), ("new", 1)], 30);
        assert!((10..=11).contains(&count(&dealt, "new")), "{dealt:?}");
    }

    #[test]
    fn a_weight_of_nothing_counts_as_one_and_a_huge_one_has_an_end() {
        let mut turns = Turns::default();
        turns.passed(&RepId::from("a"), 0);
        turns.passed(&RepId::from("b"), u32::MAX);
        assert_eq!((turns.served[&RepId::from("a")], turns.served[&RepId::from("b")]), (SHARE, SHARE / 100));
    }
}
