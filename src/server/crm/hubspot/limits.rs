//! How much HubSpot takes: obeyed before it refuses, and longer each time that it does.
//!
//! The account's limits count everybody's calls, also those of other programs; so it is not our own count that tells how
//! much is left, but the headers of every answer. Searches are counted apart, four in a second.

use std::time::Duration;

use super::super::limits::{self, LONGEST, day_is_over, is_scarce, longer};

/// Between two searches: no more than four begin in a second.
pub const BETWEEN_SEARCHES: Duration = Duration::from_millis(260);

/// The window that HubSpot counts in, where it does not say.
const WINDOW: Duration = Duration::from_secs(10);

/// What an answer says of the limits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// It refused because of them: 429.
    pub refused: bool,
    /// It is the day's limit.
    pub of_the_day: bool,
    /// Calls left in the window.
    pub left: Option<u64>,
    /// Calls left today.
    pub left_today: Option<u64>,
    /// Calls of a whole day.
    pub a_day: Option<u64>,
    /// The window.
    pub window: Option<Duration>,
    /// When to come again.
    pub again: Option<Duration>,
}

impl Said {
    /// What an answer's headers say.
    pub fn of<'a>(status: u16, header: impl Fn(&str) -> Option<&'a str>) -> Self {
        let number = |name: &str| header(name)?.trim().parse::<u64>().ok();
        Self {
            refused: status == 429,
            of_the_day: false,
            left: number("x-hubspot-ratelimit-remaining"),
            left_today: number("x-hubspot-ratelimit-daily-remaining"),
            a_day: number("x-hubspot-ratelimit-daily"),
            window: number("x-hubspot-ratelimit-interval-milliseconds").map(Duration::from_millis),
            again: number("retry-after").map(Duration::from_secs),
        }
    }
}

impl limits::Said for Said {
    fn refused(&self) -> bool {
        self.refused
    }

    fn is_of_the_day(&self) -> bool {
        self.left_today == Some(0) || self.refused && self.of_the_day
    }

    fn is_scarce(&self) -> Option<bool> {
        Some(is_scarce(self.left_today?, self.a_day?))
    }

    fn hold(&self, before: u32) -> Option<Duration> {
        let window = self.window.unwrap_or(WINDOW).min(LONGEST);
        if limits::Said::is_of_the_day(self) {
            return Some(day_is_over(self.again, before));
        }
        if self.refused {
            let asked = self.again.unwrap_or(Duration::from_secs(1));
            // A refused window that says nothing of its own is waited for whole.
            let asked = if self.left == Some(0) { asked.max(window) } else { asked };
            return Some(longer(asked, before));
        }
        // The last call of the window is left to others.
        (self.left == Some(0)).then_some(window)
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::limits::Said as _;
    use super::*;

    const LEFT: (&str, &str) = ("x-hubspot-ratelimit-remaining", "17");
    const NONE: (&str, &str) = ("x-hubspot-ratelimit-remaining", "0");
    const TEN: (&str, &str) = ("x-hubspot-ratelimit-interval-milliseconds", "10000");

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn an_answer_says_how_long_nobody_asks() {
        let said = |status: u16, headers: &'static [(&str, &str)]| {
            Said::of(status, |name| headers.iter().find(|(n, _)| *n == name).map(|(_, v)| *v))
        };
        for (said, before, wanted) in [
            (said(200, &[LEFT, TEN]), 0, None),
            (said(200, &[NONE, TEN]), 0, Some(s(10))),
            (said(200, &[("x-hubspot-ratelimit-daily-remaining", "0")]), 0, Some(s(60))),
            (said(200, &[("x-hubspot-ratelimit-remaining", "lots")]), 3, None),
            (said(429, &[]), 0, Some(s(1))),
            (said(429, &[LEFT, TEN]), 2, Some(s(4))),
            (said(429, &[NONE, TEN]), 0, Some(s(10))),
            (said(429, &[NONE, TEN]), 60, Some(s(900))),
            (said(429, &[("retry-after", "7")]), 0, Some(s(7))),
            (said(429, &[("retry-after", "99999999999")]), 0, Some(s(900))),
            (Said { of_the_day: true, ..said(429, &[("retry-after", "7")]) }, 0, Some(s(60))),
            (Said { of_the_day: true, ..said(429, &[]) }, 3, Some(s(480))),
            (Said { of_the_day: true, ..said(429, &[("retry-after", "1800")]) }, 3, Some(s(1800))),
        ] {
            assert_eq!(said.hold(before), wanted, "{said:?} {before}");
        }
    }
}
