//! What a middle or a difference is worth: intervals that need no assumption of a shape.

use serde::{Deserialize, Serialize};

use super::histogram::rank;
use super::sample::{ENOUGH, Share};

/// The middle of lengths, with where the true one may well lie.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Middle {
    /// How many.
    pub n: i64,
    /// The median: the nearest rank, in milliseconds.
    pub median: Option<i64>,
    /// The interval's lower end; nothing of fewer than six, which say too little for one.
    pub low: Option<i64>,
    /// Its upper end.
    pub high: Option<i64>,
    /// Too few to say much.
    pub small: bool,
}

impl Middle {
    /// Of these lengths.
    pub fn of(mut all: Vec<i64>) -> Self {
        all.sort_unstable();
        let n = i64::try_from(all.len()).unwrap_or(i64::MAX);
        let at = |place: i64| usize::try_from(place - 1).ok().and_then(|place| all.get(place).copied());
        let (low, high) = ends(n).map_or((None, None), |low| (at(low), at(n + 1 - low)));
        Self { n, median: rank(50, n).and_then(at), low, high, small: n < ENOUGH }
    }
}

/// Between which places of so many, in order, the true median lies in at least 95 of 100 such cases, whatever their shape:
/// the lower place; the upper one stands as far from the end. The number of lengths below the median is binomial with one
/// half. Nothing of fewer than six.
fn ends(n: i64) -> Option<i64> {
    const TAIL: f64 = 0.025;
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    let whole = n as f64;
    // The chance that k lie below, as a logarithm: it does not vanish for many.
    let mut chance = -whole * std::f64::consts::LN_2;
    let (mut below, mut place) = (0.0, 0);
    for k in 0..n {
        below += chance.exp();
        if below > TAIL {
            break;
        }
        place = k + 1;
        #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
        let k = k as f64;
        chance += ((whole - k) / (k + 1.0)).ln();
    }
    (place > 0).then_some(place)
}

/// A sum of amounts, with where the sum of another such period may well lie.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Total {
    /// The sum, in hundredths.
    pub cents: i64,
    /// The interval's lower end; nothing of fewer than six, which say too little for one.
    pub low: Option<i64>,
    /// Its upper end.
    pub high: Option<i64>,
    /// Too few to say much.
    pub small: bool,
}

/// Amounts being added up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Adding {
    n: i64,
    cents: i64,
    squares: i128,
}

impl Adding {
    /// One more.
    pub fn add(&mut self, cents: i64) {
        self.n += 1;
        self.cents = self.cents.saturating_add(cents);
        self.squares = self.squares.saturating_add(i128::from(cents) * i128::from(cents));
    }

    /// The sum. How many deals there are is taken as Poisson, and their amounts as they were: then the variance of the sum is
    /// the sum of the squared amounts, and twice its root (1.96) to each side holds 95 of 100. Nothing of a normal shape is
    /// asked of the amounts, but that no few of them are most of it: few say too little.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "an interval of amounts, in cents"
    )]
    pub fn total(self) -> Total {
        let half = (1.959_964 * (self.squares as f64).sqrt()).round() as i64;
        let ends = (self.n >= FEWEST).then(|| {
            let low = self.cents.saturating_sub(half);
            // Less than nothing is earned only where something was given back.
            (if self.cents >= 0 { low.max(0) } else { low }, self.cents.saturating_add(half))
        });
        let (low, high) = ends.unzip();
        Total { cents: self.cents, low, high, small: self.n < ENOUGH }
    }
}

/// Fewer amounts have no interval, as fewer lengths have none.
const FEWEST: i64 = 6;

/// A difference of two shares, with the interval of 95 %.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// The first less the second, from -1 to 1; nothing when one of them is of none.
    pub value: Option<f64>,
    /// The interval's lower end.
    pub low: Option<f64>,
    /// Its upper end.
    pub high: Option<f64>,
    /// One of them has too few to say much.
    pub small: bool,
}

impl Difference {
    /// Of two shares of different replies: Newcombe's interval, made of both Wilson intervals.
    pub fn of(one: Share, other: Share) -> Self {
        let small = one.is_small() || other.is_small();
        let both = one.value().zip(one.interval()).zip(other.value().zip(other.interval()));
        let Some(((p, (p_low, p_high)), (q, (q_low, q_high)))) = both else {
            return Self { small, ..Self::default() };
        };
        let value = p - q;
        let low = value - ((p - p_low).powi(2) + (q_high - q).powi(2)).sqrt();
        let high = value + ((p_high - p).powi(2) + (q - q_low).powi(2)).sqrt();
        Self { value: Some(value), low: Some(low), high: Some(high), small }
    }

    /// Of pairs of shares, layer by layer, weighed as Mantel and Haenszel do: what is left of a difference when like is
    /// held against like. The variance is Greenland's and Robins'. Layers that lack one side say nothing.
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    pub fn in_layers(layers: &[(Share, Share)]) -> Self {
        let (mut weights, mut sum, mut variance, mut counted) = (0.0, 0.0, 0.0, (0, 0));
        for (one, other) in layers {
            let (n, m) = (one.whole as f64, other.whole as f64);
            let Some((p, q)) = one.value().zip(other.value()) else { continue };
            let weight = n * m / (n + m);
            weights += weight;
            sum += weight * (p - q);
            variance += weight * weight * (own_spread(*one) + own_spread(*other));
            counted = (counted.0 + one.whole, counted.1 + other.whole);
        }
        let small = counted.0 < ENOUGH || counted.1 < ENOUGH;
        if weights <= 0.0 {
            return Self { small, ..Self::default() };
        }
        Self::around(sum / weights, variance.sqrt() / weights, 1.0, small)
    }

    /// Of two differences: how much more the one changed than the other. Each half's interval is taken as normal.
    pub fn of_changes((now, before): (Share, Share), (others_now, others_before): (Share, Share)) -> Self {
        let all = [now, before, others_now, others_before];
        let small = all.iter().any(|share| share.is_small());
        let values = all.map(Share::value);
        let [Some(a), Some(b), Some(c), Some(d)] = values else { return Self { small, ..Self::default() } };
        // Agresti's and Caffo's two more of each kind keep it honest when a share is none or all.
        let spread: f64 = all.iter().map(|share| spread(*share)).sum();
        Self::around((a - b) - (c - d), spread.sqrt(), 2.0, small)
    }

    /// No difference is larger than `most`, whatever the normal curve says.
    fn around(value: f64, deviation: f64, most: f64, small: bool) -> Self {
        let half = 1.959_964 * deviation;
        Self { value: Some(value), low: Some((value - half).max(-most)), high: Some((value + half).min(most)), small }
    }
}

/// The variance of a share by itself. Of none or all of a few that would be nothing, which says too much.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn own_spread(of: Share) -> f64 {
    if of.part == 0 || of.part == of.whole {
        return spread(of);
    }
    let (n, p) = (of.whole as f64, of.part as f64 / of.whole as f64);
    p * (1.0 - p) / n
}

/// The variance of a share, two added of each kind over a pair of them: one here.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn spread(of: Share) -> f64 {
    let n = of.whole as f64 + 2.0;
    let p = (of.part as f64 + 1.0) / n;
    p * (1.0 - p) / n
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(told: &Difference, wanted: (f64, f64, f64)) {
        let (value, low, high) = (told.value.unwrap(), told.low.unwrap(), told.high.unwrap());
        let near = |a: f64, b: f64| (a - b).abs() < 0.0005;
        assert!(near(value, wanted.0) && near(low, wanted.1) && near(high, wanted.2), "{value} {low} {high}");
    }

    const fn share(part: i64, whole: i64) -> Share {
        Share { part, whole }
    }

    #[test]
    fn a_median_lies_between_the_places_that_the_binomial_says() {
        // scipy.stats.binom.ppf(0.025, n, 0.5), which is the place: P(X < place) <= 0.025 < P(X <= place).
        for (n, place) in [
            (1, None),
            (5, None),
            (6, Some(1)),
            (9, Some(2)),
            (10, Some(2)),
            (20, Some(6)),
            (30, Some(10)),
            (100, Some(40)),
        ] {
            assert_eq!(ends(n), place, "{n}");
        }
        // Many do not vanish: half of them less 0.98 times their root.
        assert_eq!(ends(10_000), Some(4902));
        let middle = Middle::of((1..=10).rev().collect());
        assert_eq!((middle.n, middle.median, middle.low, middle.high), (10, Some(5), Some(2), Some(9)));
        assert_eq!(Middle::of(vec![7, 3]), Middle { n: 2, median: Some(3), low: None, high: None, small: true });
        assert_eq!(Middle::of(Vec::new()).median, None);
    }

    #[test]
    fn a_sum_is_as_sure_as_its_amounts_are_many_and_alike() {
        let of = |all: &[i64]| {
            let mut adding = Adding::default();
            for cents in all {
                adding.add(*cents);
            }
            adding.total()
        };
        // Nine of 100: 900 ± 1.96 sqrt(9 · 100²) = ± 588. Eight of 50 and one of 500: the same sum, ± 1.96 sqrt(8 · 50² +
        // 500²) = ± 1.96 · 519.6 = ± 1018, and nothing is less than nothing.
        for (all, low, high) in [([100; 9], 312, 1488), ([50, 50, 50, 50, 50, 50, 50, 50, 500], 0, 1918)] {
            assert_eq!(of(&all), Total { cents: 900, low: Some(low), high: Some(high), small: true });
        }
        assert_eq!(of(&[100; 5]), Total { cents: 500, low: None, high: None, small: true });
        let many = of(&[100; 100]);
        assert_eq!((many.cents, many.low, many.high, many.small), (10_000, Some(8_040), Some(11_960), false));
        assert_eq!(of(&[]), Total { cents: 0, low: None, high: None, small: true });
        assert_eq!(of(&[i64::MAX; 7]).high, Some(i64::MAX), "whatever a CRM says, it adds up");
    }

    #[test]
    fn a_difference_has_newcombes_interval() {
        // Newcombe (1998), Statistics in Medicine 17, table II, method 10: 56/70 - 48/80 and 9/10 - 3/10.
        close(&Difference::of(share(56, 70), share(48, 80)), (0.2, 0.0524, 0.3339));
        close(&Difference::of(share(9, 10), share(3, 10)), (0.6, 0.1705, 0.8090));
        assert_eq!(Difference::of(share(1, 2), share(0, 0)).value, None);
        assert!(Difference::of(share(9, 10), share(3, 100)).small);
    }

    #[test]
    fn layers_hold_like_against_like() {
        // On paper: all alike within a layer, while the sides are of other layers. 10/100 of 100 and 90/900 of 900 are 0.1
        // each; 5/10 and 50/100: 0.5 each. Pooled blindly the second would look better or worse; in layers they do not.
        close(
            &Difference::in_layers(&[(share(10, 100), share(1, 10)), (share(5, 10), share(50, 100))]),
            (0.0, -0.1895, 0.1895),
        );
        // One layer: the plain difference. 0.2 ± 1.96 sqrt(0.16/70 + 0.24/80) = ± 0.1425.
        close(
            &Difference::in_layers(&[(share(56, 70), share(48, 80)), (share(3, 3), share(0, 0))]),
            (0.2, 0.0575, 0.3425),
        );
    }

    #[test]
    fn three_of_three_claim_no_certainty_and_nothing_is_more_than_all() {
        let told = Difference::in_layers(&[(share(1, 1), share(0, 2))]);
        assert!(told.value == Some(1.0) && told.low.unwrap() < 0.6 && told.high == Some(1.0) && told.small, "{told:?}");
        let few = Difference::of_changes((share(3, 3), share(0, 3)), (share(0, 2), share(2, 2)));
        assert!(few.high == Some(2.0) && few.low.unwrap() < few.value.unwrap(), "{few:?}");
    }

    #[test]
    fn a_change_is_held_against_the_others_change() {
        // (0.5 - 0.3) - (0.4 - 0.4) = 0.2. Each with one more of each kind: 51/102, 31/102, 41/102, 41/102: variances
        // 0.002451 + 0.002074 + 0.002356 + 0.002356 = 0.009237; 1.96 times the root is 0.1884.
        let told = Difference::of_changes((share(50, 100), share(30, 100)), (share(40, 100), share(40, 100)));
        close(&told, (0.2, 0.0116, 0.3884));
        assert!(!told.small);
    }
}
