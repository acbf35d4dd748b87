//! Turns at a CRM: how many calls at once, how long between two searches, and how long nobody asks after a refusal. After
//! one, a single call finds out whether the CRM takes more; everybody else waits for what comes of it.
//!
//! What an answer says of the limits each CRM writes in its own way: its connector reads it ([`Said`]).

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{MutexGuard, Semaphore, SemaphorePermit};
use tokio::time::Instant;

/// Calls at once.
const AT_ONCE: usize = 4;

/// A call that would wait longer for its turn is told when to come again.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long nobody asks at first once the calls of a day are used up.
const DAY_IS_OVER: Duration = Duration::from_secs(60);

/// The longest that a CRM whose day is over is believed when it says itself when to come again: somebody may buy more.
const LONGEST_SAID: Duration = Duration::from_secs(3600);

/// The longest that one refusal holds everybody back.
pub const LONGEST: Duration = Duration::from_secs(15 * 60);

/// What an answer says of the limits.
pub trait Said {
    /// Whether it refused because of them, so that the next refusal holds longer.
    fn refused(&self) -> bool;

    /// Whether the calls of a day are used up, refused or not.
    fn is_of_the_day(&self) -> bool;

    /// Whether most of a day's calls are used; nothing where the answer does not say.
    fn is_scarce(&self) -> Option<bool>;

    /// How long nobody asks from now on; `before` refusals came without a good answer between them.
    fn hold(&self, before: u32) -> Option<Duration>;
}

/// Whether less than half of a day's calls is left. The account's other programs live on them, too: what nobody waits for is
/// not asked then.
pub const fn is_scarce(left: u64, of: u64) -> bool {
    left < of.div_ceil(2)
}

/// A wait that is twice as long after each refusal.
pub fn longer(asked: Duration, before: u32) -> Duration {
    asked.saturating_mul(1 << before.min(8)).min(LONGEST)
}

/// How long nobody asks once the calls of a day are used up; `asked` is what the CRM says itself. When its day ends it does
/// not say: HubSpot's at midnight where the account is, Salesforce's call by call, twenty-four hours after each. So one call
/// finds out, a minute later at first and less often each time, a quarter of an hour apart at most.
pub fn day_is_over(asked: Option<Duration>, before: u32) -> Duration {
    longer(DAY_IS_OVER, before).max(asked.unwrap_or_default().min(LONGEST_SAID))
}

/// Nobody asks now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// For so long.
    pub left: Duration,
    /// Because the calls of a day are used up.
    pub of_the_day: bool,
}

#[derive(Debug, Default)]
struct Now {
    until: Option<Instant>,
    /// Answers in a row that refused, or were the last of a day.
    refusals: u32,
    /// The last of them was because of the day.
    of_the_day: bool,
    /// Most of the calls of a day are used.
    scarce: bool,
    search: Option<Instant>,
}

/// One call's turn, until it is dropped.
#[derive(Debug)]
pub struct Turn<'a> {
    _call: SemaphorePermit<'a>,
    _alone: Option<MutexGuard<'a, ()>>,
}

/// The limits of one account. Whoever calls enters first.
#[derive(Debug)]
pub struct Limits {
    calls: Semaphore,
    /// Held by whoever tries out if the CRM takes any again.
    alone: tokio::sync::Mutex<()>,
    now: Mutex<Now>,
    between: Duration,
}

impl Limits {
    /// With so long between two searches.
    pub fn with(between: Duration) -> Self {
        Self { calls: Semaphore::new(AT_ONCE), alone: tokio::sync::Mutex::default(), now: Mutex::default(), between }
    }

    /// Waits for a turn. Or tells how long nobody may ask.
    pub async fn enter(&self, searches: bool) -> Result<Turn<'_>, Wait> {
        let tries = self.open()?;
        if searches {
            let turn = self.turn().map_err(|left| Wait { left, of_the_day: false })?;
            tokio::time::sleep_until(turn).await;
        }
        let alone = if tries { Some(self.alone.lock().await) } else { None };
        // While it waited, the one who tried was refused, or had a good answer: then nobody need be alone.
        let alone = if self.open()? { alone } else { None };
        // It is never closed.
        let closed = |_| Wait { left: PATIENCE, of_the_day: false };
        let call = self.calls.acquire().await.map_err(closed)?;
        // While it waited, somebody may have been refused.
        self.open()?;
        Ok(Turn { _call: call, _alone: alone })
    }

    /// Whether the next call tries out if the CRM takes any again, and is made alone.
    fn open(&self) -> Result<bool, Wait> {
        let now = tokio::time::Instant::now();
        let state = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        let left = state.until.and_then(|until| until.checked_duration_since(now)).filter(|left| !left.is_zero());
        left.map_or(Ok(state.refusals > 0), |left| Err(Wait { left, of_the_day: state.of_the_day }))
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

    /// Whether there are calls for what nobody waits for, by what the last answer said that did.
    pub fn spares(&self) -> bool {
        !self.now.lock().unwrap_or_else(PoisonError::into_inner).scarce
    }

    /// Takes in what an answer said. How long nobody asks, when it refused.
    pub fn heard(&self, said: &impl Said) -> Option<Wait> {
        let mut state = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        let hold = said.hold(state.refusals);
        let counts = said.refused() || said.is_of_the_day();
        state.refusals = if counts { state.refusals.saturating_add(1) } else { 0 };
        state.of_the_day = said.is_of_the_day();
        state.scarce = said.is_scarce().unwrap_or(state.scarce);
        if let Some(hold) = hold {
            let until = tokio::time::Instant::now() + hold;
            state.until = Some(state.until.map_or(until, |before| before.max(until)));
        }
        hold.filter(|_| said.refused()).map(|left| Wait { left, of_the_day: state.of_the_day })
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

        fn is_of_the_day(&self) -> bool {
            false
        }

        fn is_scarce(&self) -> Option<bool> {
            None
        }

        fn hold(&self, before: u32) -> Option<Duration> {
            self.0.then(|| longer(s(5), before))
        }
    }

    /// The day is over; the last call of it may have been a good one.
    struct Day {
        refused: bool,
    }

    impl Said for Day {
        fn refused(&self) -> bool {
            self.refused
        }

        fn is_of_the_day(&self) -> bool {
            true
        }

        fn is_scarce(&self) -> Option<bool> {
            Some(self.refused)
        }

        fn hold(&self, before: u32) -> Option<Duration> {
            Some(day_is_over(None, before))
        }
    }

    const fn held(seconds: u64) -> Wait {
        Wait { left: s(seconds), of_the_day: false }
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
        assert_eq!(limits.heard(&refused), Some(held(5)));
        assert!(limits.enter(false).await.is_err_and(|held| held.left <= s(5) && held.left > s(4)));
        tokio::time::advance(s(5)).await;
        drop(limits.enter(false).await.unwrap());
        assert_eq!(limits.heard(&refused), Some(held(10)), "it was not heard the first time");
        tokio::time::advance(s(10)).await;
        assert_eq!(limits.heard(&Refused(false)), None);
        assert_eq!(limits.heard(&refused), Some(held(5)), "a good answer between them");
    }

    #[tokio::test(start_paused = true)]
    async fn the_end_of_a_day_is_tried_out_less_often_each_time() {
        let limits = Limits::with(Duration::ZERO);
        // The last call that was good, and then refusals.
        assert_eq!(limits.heard(&Day { refused: false }), None);
        for minutes in [1, 2, 4, 8, 15, 15] {
            let held = limits.enter(false).await.unwrap_err();
            assert_eq!(held, Wait { left: s(minutes * 60), of_the_day: true });
            tokio::time::advance(s(minutes * 60)).await;
            drop(limits.enter(false).await.unwrap());
            limits.heard(&Day { refused: true });
        }
        tokio::time::advance(s(900)).await;
        drop(limits.enter(false).await.unwrap());
        assert_eq!(limits.heard(&Refused(false)), None, "the next day");
        assert_eq!(limits.heard(&Refused(true)), Some(held(5)));
    }

    #[test]
    fn what_nobody_waits_for_is_spared_while_most_of_a_day_is_used() {
        for (left, of, scarce) in
            [(5000, 5000, false), (2500, 5000, false), (2499, 5000, true), (0, 0, false), (0, 1, true)]
        {
            assert_eq!(is_scarce(left, of), scarce, "{left} of {of}");
        }
        let limits = Limits::with(Duration::ZERO);
        assert!(limits.spares(), "nothing was said yet");
        limits.heard(&Day { refused: true });
        limits.heard(&Refused(false));
        assert!(!limits.spares(), "an answer that says nothing changes nothing");
        limits.heard(&Day { refused: false });
        assert!(limits.spares());
    }

    #[test]
    fn a_crm_that_says_when_its_day_is_over_is_believed_for_an_hour_at_most() {
        assert_eq!(day_is_over(Some(s(7)), 0), s(60), "seconds are of another limit");
        assert_eq!(day_is_over(Some(s(1800)), 2), s(1800));
        assert_eq!(day_is_over(Some(s(999_999)), 2), s(3600));
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_refusal_one_call_tries_and_the_others_wait_for_what_comes_of_it() {
        for good in [true, false] {
            let limits = Limits::with(Duration::ZERO);
            limits.heard(&Refused(true));
            tokio::time::advance(s(5)).await;
            let one = limits.enter(false).await.unwrap();
            let others = async { tokio::join!(limits.enter(false), limits.enter(false), limits.enter(false)) };
            let mut others = std::pin::pin!(others);
            let early = tokio::time::timeout(s(3), others.as_mut()).await;
            assert!(early.is_err(), "somebody else asked meanwhile");
            limits.heard(&Refused(!good));
            drop(one);
            let (a, b, c) = others.await;
            assert_eq!([a.is_ok(), b.is_ok(), c.is_ok()], [good; 3], "all at once, or none");
        }
    }
}
