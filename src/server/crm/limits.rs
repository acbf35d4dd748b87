//! Turns at a CRM: how many calls at once, how long between two searches, and how long nobody asks after a refusal.
//!
//! What an answer says of the limits each CRM writes in its own way: its connector reads it ([`Said`]).

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;

/// Calls at once.
const AT_ONCE: usize = 4;

/// A call that would wait longer for its turn is told when to come again.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long nobody asks once the calls of a day are used up: the day is the CRM's, and its end is not said.
pub const DAY_IS_OVER: Duration = Duration::from_secs(15 * 60);

/// The longest that one refusal holds everybody back.
pub const LONGEST: Duration = Duration::from_secs(15 * 60);

/// What an answer says of the limits.
pub trait Said {
    /// Whether it refused because of them, so that the next refusal holds longer.
    fn refused(&self) -> bool;

    /// How long nobody asks from now on; `before` refusals came without a good answer between them.
    fn hold(&self, before: u32) -> Option<Duration>;
}

/// A wait that is twice as long after each refusal.
pub fn longer(asked: Duration, before: u32) -> Duration {
    asked.saturating_mul(1 << before.min(8)).min(LONGEST)
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

impl Limits {
    /// With so long between two searches.
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
    pub fn heard(&self, said: &impl Said) -> Option<Duration> {
        let mut state = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        let hold = said.hold(state.refusals);
        state.refusals = if said.refused() { state.refusals.saturating_add(1) } else { 0 };
        if let Some(hold) = hold {
            let until = tokio::time::Instant::now() + hold;
            state.until = Some(state.until.map_or(until, |before| before.max(until)));
        }
        hold.filter(|_| said.refused())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    struct Refused(bool);

    impl Said for Refused {
        fn refused(&self) -> bool {
            self.0
        }

        fn hold(&self, before: u32) -> Option<Duration> {
            self.0.then(|| longer(s(5), before))
        }
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_than_four_searches_begin_in_a_second_and_a_long_queue_is_told_to_come_again() {
        let limits = Limits::with(Duration::from_millis(260));
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
        let limits = Limits::with(Duration::from_millis(260));
        let refused = Refused(true);
        assert_eq!(limits.heard(&refused), Some(s(5)));
        assert!(limits.enter(false).await.is_err_and(|left| left <= s(5) && left > s(4)));
        tokio::time::advance(s(5)).await;
        drop(limits.enter(false).await.unwrap());
        assert_eq!(limits.heard(&refused), Some(s(10)), "it was not heard the first time");
        tokio::time::advance(s(10)).await;
        assert_eq!(limits.heard(&Refused(false)), None);
        assert_eq!(limits.heard(&refused), Some(s(5)), "a good answer between them");
    }
}
