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
            variance += weight * weight * (p * (1.0 - p) / n + q * (1.0 - q) / m);
            counted = (counted.0 + one.whole, counted.1 + other.whole);
        }
        let small = counted.0 < ENOUGH || counted.1 < ENOUGH;
        if weights <= 0.0 {
            return Self { small, ..Self::default() };
        }
        Self::around(sum / weights, variance.sqrt() / weights, small)
    }

    /// Of two differences: how much more the one changed than the other. Each half's interval is taken as normal.
    pub fn of_changes((now, before): (Share, Share), (others_now, others_before): (Share, Share)) -> Self {
        let all = [now, before, others_now, others_before];
        let small = all.iter().any(|share| share.is_small());
        let values = all.map(Share::value);
        let [Some(a), Some(b), Some(c), Some(d)] = values else { return Self { small, ..Self::default() } };
        // Agresti's and Caffo's two more of each kind keep it honest when a share is none or all.
        let spread: f64 = all.iter().map(|share| spread(*share)).sum();
        Self::around((a - b) - (c - d), spread.sqrt(), small)
    }

    fn around(value: f64, deviation: f64, small: bool) -> Self {
        let half = 1.959_964 * deviation;
        Self { value: Some(value), low: Some(value - half), high: Some(value + half), small }
    }
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
    fn a_change_is_held_against_the_others_change() {
        // (0.5 - 0.3) - (0.4 - 0.4) = 0.2. Each with one more of each kind: 51/102, 31/102, 41/102, 41/102: variances
        // 0.002451 + 0.002074 + 0.002356 + 0.002356 = 0.009237; 1.96 times the root is 0.1884.
        let told = Difference::of_changes((share(50, 100), share(30, 100)), (share(40, 100), share(40, 100)));
        close(&told, (0.2, 0.0116, 0.3884));
        assert!(!told.small);
    }
}
