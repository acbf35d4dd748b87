//! How long things took, in buckets that add up: what percentiles of a year are read from.
//!
//! A bucket is at most one thirty-second as wide as where it begins, and a percentile is told as its bucket's middle: **off by at
//! most 1.6 %**, and exact below 64 ms. Two histograms add and subtract bucket by bucket, so that a fact told anew takes back
//! what it said before.

use serde::{Deserialize, Serialize};

/// Buckets for each doubling.
const STEPS: u64 = 32;

/// Counts by bucket, in the order of buckets. Those that nothing is in are not kept. A list, not a map: a year is read from
/// thousands of them, each short.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<(u16, i64)>", into = "Vec<(u16, i64)>")]
pub struct Histogram(Vec<(u16, i64)>);

impl From<Vec<(u16, i64)>> for Histogram {
    fn from(buckets: Vec<(u16, i64)>) -> Self {
        // As they are written; what a hand changed may stand otherwise.
        if buckets.is_sorted_by(|one, next| one.0 < next.0) && buckets.iter().all(|(_, n)| *n != 0) {
            return Self(buckets);
        }
        let mut all = Self::default();
        for (bucket, n) in buckets {
            all.count(bucket, n);
        }
        all
    }
}

impl From<Histogram> for Vec<(u16, i64)> {
    fn from(all: Histogram) -> Self {
        all.0
    }
}

fn bucket_of(ms: i64) -> u16 {
    let ms = u64::try_from(ms).unwrap_or(0);
    if ms < 2 * STEPS {
        return u16::try_from(ms).unwrap_or(0);
    }
    // Position of the highest bit, and the five bits below it.
    let high = 63 - u64::from(ms.leading_zeros());
    let below = (ms >> (high - 5)) & (STEPS - 1);
    u16::try_from((high - 4) * STEPS + below).unwrap_or(u16::MAX)
}

/// The middle of a bucket, in milliseconds.
fn middle(bucket: u16) -> i64 {
    let bucket = u64::from(bucket);
    if bucket < 2 * STEPS {
        return i64::try_from(bucket).unwrap_or(0);
    }
    let (high, below) = (bucket / STEPS + 4, bucket % STEPS);
    let width = 1_u64.checked_shl(u32::try_from(high - 5).unwrap_or(63)).unwrap_or(u64::MAX);
    let low = (STEPS + below).saturating_mul(width);
    i64::try_from(low.saturating_add(width / 2)).unwrap_or(i64::MAX)
}

impl Histogram {
    /// Takes in a length `n` times; takes it out again when `n` is negative.
    pub fn add(&mut self, ms: i64, n: i64) {
        self.count(bucket_of(ms), n);
    }

    fn count(&mut self, bucket: u16, n: i64) {
        match self.0.binary_search_by_key(&bucket, |(bucket, _)| *bucket) {
            Ok(place) => {
                if let Some((_, all)) = self.0.get_mut(place) {
                    *all += n;
                    if *all == 0 {
                        self.0.remove(place);
                    }
                }
            }
            Err(place) => {
                if n != 0 {
                    self.0.insert(place, (bucket, n));
                }
            }
        }
    }

    /// Takes in another one.
    pub fn merge(&mut self, other: &Self) {
        for (bucket, n) in &other.0 {
            self.count(*bucket, *n);
        }
    }

    /// How many lengths it holds.
    pub fn len(&self) -> i64 {
        self.0.iter().map(|(_, n)| n).sum()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The length that this share of all, in percent, does not exceed (nearest rank); nothing of none.
    pub fn percentile(&self, percent: i64) -> Option<i64> {
        let rank = rank(percent, self.len())?;
        let mut seen = 0;
        for (bucket, n) in &self.0 {
            seen += n;
            if seen >= rank {
                return Some(middle(*bucket));
            }
        }
        None
    }
}

/// The place, from 1, of a percentile among so many.
pub fn rank(percent: i64, of: i64) -> Option<i64> {
    (of > 0).then(|| (percent * of + 99).div_euclid(100).clamp(1, of))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_length_is_told_within_one_and_six_tenths_of_a_percent(ms in 0_i64..400_000_000_000) {
            let told = middle(bucket_of(ms));
            prop_assert!((told - ms).abs() * 1000 <= ms * 16, "{ms} is told as {told}");
        }

        #[test]
        fn what_was_taken_in_and_out_again_leaves_nothing(all in prop::collection::vec(0_i64..10_000_000, 0..50)) {
            let mut one = Histogram::default();
            let mut other = Histogram::default();
            for ms in &all {
                one.add(*ms, 1);
                other.add(*ms, -1);
            }
            one.merge(&other);
            prop_assert!(one.is_empty());
        }

        #[test]
        fn it_reads_the_same_whatever_order_its_buckets_are_written_in(
            buckets in prop::collection::vec((0_u16..40, -3_i64..4), 0..60),
        ) {
            let read = Histogram::from(buckets.clone());
            let mut wanted = std::collections::BTreeMap::<u16, i64>::new();
            for (bucket, n) in &buckets {
                *wanted.entry(*bucket).or_default() += n;
            }
            wanted.retain(|_, n| *n != 0);
            prop_assert_eq!(Vec::from(read.clone()), wanted.into_iter().collect::<Vec<_>>());
            prop_assert_eq!(Histogram::from(Vec::from(read.clone())), read);
        }
    }

    #[test]
    fn a_percentile_is_the_nearest_rank() {
        // Of 1 to 20: the tenth, the eighteenth, the nineteenth.
        let mut all = Histogram::default();
        for ms in 1..=20 {
            all.add(ms, 1);
        }
        assert_eq!([50, 90, 95, 100].map(|p| all.percentile(p)), [Some(10), Some(18), Some(19), Some(20)]);
        assert_eq!(Histogram::default().percentile(50), None);
    }
}
