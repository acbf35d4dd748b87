//! How much HubSpot takes: obeyed before it refuses, and longer each time that it does.
//!
//! The account's limits count everybody's calls, also those of other programs; so it is not our own count that tells how
//! much is left, but the headers of every answer. Searches are counted apart, four in a second.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;

/// Calls at once.
const AT_ONCE: usize = 4;

/// Between two searches: no more than four begin in a second.
pub const BETWEEN_SEARCHES: Duration = Duration::from_millis(260);

/// A call that would wait longer for its turn is told when to come again.
const PATIENCE: Duration = Duration::from_secs(2);

/// The window that HubSpot counts in, where it does not say.
const WINDOW: Duration = Duration::from_secs(10);

/// How long nobody asks once the calls of a day are used up: the day is HubSpot's, and its end is not said.
const DAY_IS_OVER: Duration = Duration::from_secs(15 * 60);

/// The longest that one refusal holds everybody back.
const LONGEST: Duration = Duration::from_secs(15 * 60);

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
            window: number("x-hubspot-ratelimit-interval-milliseconds").map(Duration::from_millis),
            again: number("retry-after").map(Duration::from_secs),
        }
    }

    /// How long nobody asks from now on; `before` refusals came without a good answer between them.
    pub fn hold(&self, before: u32) -> Option<Duration> {
        let window = self.window.unwrap_or(WINDOW).min(LONGEST);
        if self.refused && (self.of_the_day || self.left_today == Some(0)) {
            return Some(DAY_IS_OVER);
        }
        if self.refused {
            let asked = self.again.unwrap_or(Duration::from_secs(1));
            // A refused window that says nothing of its own is waited for whole.
            let asked = if self.left == Some(0) { asked.max(window) } else { asked };
            return Some(asked.saturating_mul(1 << before.min(8)).min(LONGEST));
        }
        if self.left_today == Some(0) {
            return Some(DAY_IS_OVER);
        }
        // The last call of the window is left to others.
        (self.left == Some(0)).then_some(window)
    }
}

#[derive(Debug, Default)]
struct Now {
    until: Option<Instant>,
    refusals: u32,
    search: Option<Instant>,
}

/// The limits of one account. Whoever calls enters first.
#[derive(Debug)]
pub struct Limits {
    calls: Semaphore,
    now: Mutex<Now>,
    between: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self::with(BETWEEN_SEARCHES)
    }
}

impl Limits {
    /// With another time between two searches.
    pub fn with(between: Duration) -> Self {
        Self { calls: Semaphore::new(AT_ONCE), now: Mutex::default(), between }
    }

    /// Waits for a turn. Or tells how long nobody may ask.
    pub async fn enter(&self, searches: bool) -> Result<SemaphorePermit<'_>, Duration> {
        self.open()?;
        if searches {
            let turn = self.turn()?;
            tokio::time::sleep_until(turn).await;
        }
        // It is never closed.
        let permit = self.calls.acquire().await.map_err(|_| PATIENCE)?;
        // While it waited, somebody may have been refused.
        self.open()?;
        Ok(permit)
    }

    fn open(&self) -> Result<(), Duration> {
        let now = tokio::time::Instant::now();
        let until = self.now.lock().unwrap_or_else(PoisonError::into_inner).until;
        until.and_then(|until| until.checked_duration_since(now)).filter(|left| !left.is_zero()).map_or(Ok(()), Err)
    }

    /// Takes the next search's turn.
    fn turn(&self) -> Result<Instant, Duration> {
        let now = tokio::time::Instant::now();
        let mut state = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        let turn = state.search.map_or(now, |last| (last + self.between).max(now));
        if turn - now > PATIENCE {
            return Err(turn - now);
        }
        state.search = Some(turn);
        Ok(turn)
    }

    /// Takes in what an answer said. How long nobody asks, when it refused.
    pub fn heard(&self, said: &Said) -> Option<Duration> {
        let mut state = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        let hold = said.hold(state.refusals);
        state.refusals = if said.refused { state.refusals.saturating_add(1) } else { 0 };
        if let Some(hold) = hold {
            let until = tokio::time::Instant::now() + hold;
            state.until = Some(state.until.map_or(until, |before| before.max(until)));
        }
        hold.filter(|_| said.refused)
    }
}

#[cfg(test)]
mod tests {
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
            (said(200, &[("x-hubspot-ratelimit-daily-remaining", "0")]), 0, Some(s(900))),
            (said(200, &[("x-hubspot-ratelimit-remaining", "lots")]), 3, None),
            (said(429, &[]), 0, Some(s(1))),
            (said(429, &[LEFT, TEN]), 2, Some(s(4))),
            (said(429, &[NONE, TEN]), 0, Some(s(10))),
            (said(429, &[NONE, TEN]), 60, Some(s(900))),
            (said(429, &[("retry-after", "7")]), 0, Some(s(7))),
            (said(429, &[("retry-after", "99999999999")]), 0, Some(s(900))),
            (Said { of_the_day: true, ..said(429, &[("retry-after", "7")]) }, 0, Some(s(900))),
        ] {
            assert_eq!(said.hold(before), wanted, "{said:?} {before}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_than_four_searches_begin_in_a_second_and_a_long_queue_is_told_to_come_again() {
        let limits = Limits::default();
        let began = tokio::time::Instant::now();
        for _ in 0..5 {
            drop(limits.enter(true).await.unwrap());
        }
        assert!(began.elapsed() >= s(1), "{:?}", began.elapsed());
        let many = (0..20).map(|_| limits.turn()).filter(Result::is_err).count();
        assert!(many >= 11, "{many}");
        drop(limits.enter(false).await.unwrap());
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_holds_everybody_back_and_the_next_one_longer() {
        let limits = Limits::default();
        let refused = Said { refused: true, again: Some(s(5)), ..Said::default() };
        assert_eq!(limits.heard(&refused), Some(s(5)));
        assert!(limits.enter(false).await.is_err_and(|left| left <= s(5) && left > s(4)));
        tokio::time::advance(s(5)).await;
        drop(limits.enter(false).await.unwrap());
        assert_eq!(limits.heard(&refused), Some(s(10)), "it was not heard the first time");
        tokio::time::advance(s(10)).await;
        assert_eq!(limits.heard(&Said::default()), None);
        assert_eq!(limits.heard(&refused), Some(s(5)), "a good answer between them");
    }
}
