//! How much Salesforce takes: obeyed before it refuses, and longer each time that it does.
//!
//! The organisation's calls of the last twenty-four hours are counted, those of other programs too; so it is the header
//! of every answer that tells how much is left (`Sforce-Limit-Info: api-usage=18/5000`), and not our own count. What is
//! used up comes back a little at a time as the hours go by.

use std::time::Duration;

use super::super::limits::{self, day_is_over, is_scarce, longer};

/// What an answer says of the limits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// It refused because of them: `REQUEST_LIMIT_EXCEEDED`, or 429. Nothing was done.
    pub refused: bool,
    /// It is the limit of twenty-four hours.
    pub of_the_day: bool,
    /// Salesforce, or this part of it, is not there for now: 503. What was asked may have been done.
    pub away: bool,
    /// Calls left, and how many there are in all.
    pub left: Option<(u64, u64)>,
    /// When to come again.
    pub again: Option<Duration>,
}

impl Said {
    /// What an answer's headers say, and its own word for a refusal.
    pub fn of<'a>(status: u16, header: impl Fn(&str) -> Option<&'a str>) -> Self {
        Self {
            refused: status == 429,
            away: status == 503,
            left: header("sforce-limit-info").and_then(left),
            again: header("retry-after").and_then(|s| s.trim().parse().ok()).map(Duration::from_secs),
            of_the_day: false,
        }
    }

    /// With what the body of a refusal says.
    #[must_use]
    pub const fn by_limit(mut self, of_the_day: bool) -> Self {
        (self.refused, self.of_the_day) = (true, of_the_day);
        self
    }
}

/// `api-usage=18/5000; per-app-api-usage=17/250(appName=sample)`: what is left of the scarcer one, and of how many.
fn left(text: &str) -> Option<(u64, u64)> {
    let one = |part: &str| {
        let (name, numbers) = part.trim().split_once('=')?;
        let numbers = numbers.split_once('(').map_or(numbers, |(numbers, _)| numbers);
        let (used, most) = numbers.split_once('/')?;
        let (used, most): (u64, u64) = (used.trim().parse().ok()?, most.trim().parse().ok()?);
        matches!(name, "api-usage" | "per-app-api-usage").then(|| (most.saturating_sub(used), most))
    };
    text.split([';', ',']).filter_map(one).min()
}

impl limits::Said for Said {
    fn refused(&self) -> bool {
        self.refused || self.away
    }

    fn is_of_the_day(&self) -> bool {
        self.left.is_some_and(|(left, _)| left == 0) || self.refused && self.of_the_day
    }

    fn is_scarce(&self) -> Option<bool> {
        let (left, of) = self.left?;
        Some(is_scarce(left, of))
    }

    fn hold(&self, before: u32) -> Option<Duration> {
        if limits::Said::is_of_the_day(self) {
            return Some(day_is_over(self.again, before));
        }
        (self.refused || self.away).then(|| longer(self.again.unwrap_or(Duration::from_secs(1)), before))
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::limits::Said as _;
    use super::*;

    const USED: (&str, &str) = ("sforce-limit-info", "api-usage=5000/5000");

    #[test]
    fn an_answer_says_how_long_nobody_asks() {
        let said = |status: u16, headers: &'static [(&str, &str)]| {
            Said::of(status, |name| headers.iter().find(|(n, _)| *n == name).map(|(_, v)| *v))
        };
        for (said, before, wanted) in [
            (said(200, &[("sforce-limit-info", "api-usage=18/5000")]), 0, None),
            (said(200, &[USED]), 0, Some(60)),
            (said(200, &[USED]), 9, Some(900)),
            (said(200, &[("sforce-limit-info", "api-usage=6000/5000")]), 0, Some(60)),
            (
                said(200, &[("sforce-limit-info", "api-usage=1/9; per-app-api-usage=250/250(appName=a=b/c)")]),
                0,
                Some(60),
            ),
            (said(200, &[("sforce-limit-info", "api-usage=lots")]), 3, None),
            (said(403, &[("sforce-limit-info", "api-usage=7/5000")]).by_limit(false), 2, Some(4)),
            (said(403, &[USED]).by_limit(false), 0, Some(60)),
            (said(403, &[]).by_limit(true), 1, Some(120)),
            (said(429, &[("retry-after", "7")]), 0, Some(7)),
            (said(503, &[("retry-after", "30")]), 1, Some(60)),
            (said(503, &[]), 60, Some(256)),
        ] {
            let wanted = wanted.map(Duration::from_secs);
            assert_eq!(said.hold(before), wanted, "{said:?} {before}");
        }
    }
}
