//! What is left on a clock, in words that change as seldom as they can.
//!
//! Minutes until the last five, seconds only then: a number that moves draws the eye. [`changes_in`] tells the drawing
//! loop when the words would next differ, so nothing is drawn in between.

use crate::domain::time::Span;

const SECOND: u64 = 1_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// Under this the label counts seconds.
const SECONDS_BELOW: u64 = 5 * MINUTE;
/// From this on the label counts whole hours.
const HOURS_FROM: u64 = DAY;
/// From this on the label counts whole days.
const DAYS_FROM: u64 = 2 * DAY;

/// The words for `left`: `04:12`, `47 min`, `2 h 05`, `30 h`, `3 d`; below zero the same after `late`.
pub fn label(left: Span) -> String {
    let ms = left.as_millis().unsigned_abs();
    let words = if ms < SECONDS_BELOW {
        format!("{:02}:{:02}", ms / MINUTE, ms % MINUTE / SECOND)
    } else if ms < HOUR {
        format!("{} min", ms / MINUTE)
    } else if ms < HOURS_FROM {
        format!("{} h {:02}", ms / HOUR, ms % HOUR / MINUTE)
    } else if ms < DAYS_FROM {
        format!("{} h", ms / HOUR)
    } else {
        format!("{} d", ms / DAY)
    };
    if left < Span::ZERO { format!("late {words}") } else { words }
}

/// The time after which [`label`] first says something else, never zero: one millisecond less and it says the same.
pub fn changes_in(left: Span) -> Span {
    let ms = left.as_millis().unsigned_abs();
    let unit = if ms < SECONDS_BELOW {
        SECOND
    } else if ms < HOURS_FROM {
        MINUTE
    } else if ms < DAYS_FROM {
        HOUR
    } else {
        DAY
    };
    let until = if left < Span::ZERO { unit - ms % unit } else { ms % unit + 1 };
    Span::millis(i64::try_from(until).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_words() {
        for (seconds, words) in [
            (0, "00:00"),
            (59, "00:59"),
            (252, "04:12"),
            (299, "04:59"),
            (300, "5 min"),
            (47 * 60 + 59, "47 min"),
            (3_599, "59 min"),
            (3_600, "1 h 00"),
            (7_500, "2 h 05"),
            (86_399, "23 h 59"),
            (86_400, "24 h"),
            (2 * 86_400 - 1, "47 h"),
            (3 * 86_400, "3 d"),
            (-1, "late 00:01"),
            (-252, "late 04:12"),
            (-720, "late 12 min"),
            (-7_500, "late 2 h 05"),
        ] {
            assert_eq!(label(Span::seconds(seconds)), words, "{seconds} s");
        }
        assert_eq!(label(Span::millis(-1)), "late 00:00");
        assert_eq!(label(Span::millis(i64::MIN)), "late 106751991167 d");
    }

    fn spans() -> impl Strategy<Value = i64> {
        let edges: Vec<i64> = [0, 1, 5, 60, 24 * 60, 48 * 60].iter().map(|minutes| minutes * 60_000).collect();
        let near = (proptest::sample::select(edges), -2_000i64..2_000, any::<bool>());
        prop_oneof![
            near.prop_map(|(edge, off, late)| if late { -edge + off } else { edge + off }),
            -400_000i64..400_000,
            -400_000_000i64..400_000_000
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn it_changes_then_and_not_before(ms in spans()) {
            let left = Span::millis(ms);
            let n = changes_in(left).as_millis();
            prop_assert!(n > 0);
            prop_assert_eq!(label(left), label(Span::millis(ms - (n - 1))));
            prop_assert_ne!(label(left), label(Span::millis(ms - n)));
        }
    }
}
