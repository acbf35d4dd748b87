//! What a share is worth: its interval, and whether there is enough to say anything.

/// Fewer than this, and a share says little: reports say so beside it.
pub const ENOUGH: i64 = 30;

/// How many of how many.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Share {
    /// Of them.
    pub part: i64,
    /// All.
    pub whole: i64,
}

impl Share {
    /// From 0 to 1; nothing of none.
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    pub fn value(self) -> Option<f64> {
        (self.whole > 0).then(|| self.part.min(self.whole) as f64 / self.whole as f64)
    }

    /// Wilson's interval of 95 % (z = 1.96): where the share may well lie, would there be more of the same. Nothing of none.
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    pub fn interval(self) -> Option<(f64, f64)> {
        const Z: f64 = 1.959_964;
        let (n, p) = (self.whole as f64, self.value()?);
        let scale = 1.0 + Z * Z / n;
        let middle = (p + Z * Z / (2.0 * n)) / scale;
        let half = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt() / scale;
        Some(((middle - half).max(0.0), (middle + half).min(1.0)))
    }

    /// Whether it is too few to say much.
    pub const fn is_small(self) -> bool {
        self.whole < ENOUGH
    }
}

/// Jain's index of fairness: 1 when everybody got the same, 1/n when one got all. Nothing when there is nobody or nothing.
pub fn jain(shares: &[f64]) -> Option<f64> {
    let (sum, squares): (f64, f64) = (shares.iter().sum(), shares.iter().map(|x| x * x).sum());
    #[expect(clippy::cast_precision_loss, reason = "a team is small")]
    let n = shares.len() as f64;
    (squares > 0.0).then(|| sum * sum / (n * squares))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_is_wilsons() {
        // 9 of 10, by the formula on paper: (0.9 + 0.19207) / 1.38415 ± 1.96 sqrt(0.009 + 0.0096036) / 1.38415.
        let (low, high) = Share { part: 9, whole: 10 }.interval().unwrap();
        assert!((low - 0.5958).abs() < 0.0005 && (high - 0.9821).abs() < 0.0005, "{low} {high}");
        assert_eq!(Share { part: 0, whole: 0 }.interval(), None);
        let (low, _) = Share { part: 0, whole: 4 }.interval().unwrap();
        assert!(low.abs() < 1e-9, "{low}");
    }

    #[test]
    fn fairness_is_one_among_equals_and_a_third_when_one_of_three_got_all() {
        assert_eq!(jain(&[4.0, 4.0, 4.0]), Some(1.0));
        let third = jain(&[6.0, 0.0, 0.0]).unwrap();
        assert!((third - 1.0 / 3.0).abs() < 1e-12);
        assert_eq!(jain(&[]), None);
        assert_eq!(jain(&[0.0, 0.0]), None);
    }
}
