//! Repeatable chance: every roll is a function of the seed, a label and a number, never of what was rolled before.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use sha1::{Digest, Sha1};

/// A die for one question. The same question about the same seed always rolls the same.
#[derive(Debug)]
pub(crate) struct Dice(ChaCha8Rng);

impl Dice {
    /// The die for question `label` about thing number `n`.
    pub(crate) fn new(seed: u64, label: &str, n: u64) -> Self {
        let digest =
            Sha1::new().chain_update(seed.to_be_bytes()).chain_update(n.to_be_bytes()).chain_update(label).finalize();
        let mut key = [0; 32];
        key[..20].copy_from_slice(&digest);
        Self(ChaCha8Rng::from_seed(key))
    }

    /// A number from 0 up to, not including, `n`; 0 when `n` is 0.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        let roll = self.0.next_u64();
        usize::try_from(roll % u64::try_from(n.max(1)).unwrap_or(u64::MAX)).unwrap_or(0)
    }

    /// A number from `low` to `high`, both included.
    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        let width = usize::try_from(high.saturating_sub(low).max(0)).unwrap_or(0);
        low.saturating_add(i64::try_from(self.below(width.saturating_add(1))).unwrap_or(0))
    }

    /// True `percent` times in a hundred.
    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of `items`. They are tables in this module and never empty.
    pub(crate) fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }

    /// Puts `items` in an order of its own.
    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            let j = self.below(i + 1);
            items.swap(i, j);
        }
    }

    /// `len` lower-case hexadecimal digits.
    pub(crate) fn hex(&mut self, len: usize) -> String {
        (0..len).map(|_| char::from(b"0123456789abcdef"[self.below(16)])).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_question_rolls_the_same() {
        let ask = |seed, label, n| Dice::new(seed, label, n).hex(32);
        assert_eq!(ask(7, "sid", 1), ask(7, "sid", 1));
        assert_ne!(ask(7, "sid", 1), ask(7, "sid", 2));
        assert_ne!(ask(7, "sid", 1), ask(8, "sid", 1));
        assert_ne!(ask(7, "sid", 1), ask(7, "delay", 1));
    }

    #[test]
    fn a_range_keeps_its_ends() {
        let mut dice = Dice::new(1, "range", 0);
        let rolls: Vec<i64> = (0..500).map(|_| dice.between(-1, 2)).collect();
        assert_eq!((rolls.iter().min(), rolls.iter().max()), (Some(&-1), Some(&2)));
        assert_eq!(dice.between(5, 5), 5);
    }
}
