//! What time it is at the backend, by its own answers.
//!
//! An answer says the backend's time somewhere between asking and hearing; the middle is the best guess and half the
//! round trip the worst error. The sample with the lowest round trip of the last few wins (Cristian's algorithm). The
//! backend's clock may run faster than ours (`pace`, in a demo). Monotonic readings are durations since the client
//! started; they stand still while the machine is suspended, so each is compared with the wall.

use std::collections::VecDeque;
use std::time::Duration;

use crate::domain::time::{Span, Timestamp};

/// Samples looked at.
const KEPT: usize = 10;
/// A sample older than this says too little of a drifting clock.
const OLD: Duration = Duration::from_mins(10);
/// Wall and monotonic clock disagree by more than this between two looks: the machine slept, or its clock was set.
const JUMP: Span = Span::seconds(2);

#[derive(Clone, Copy, Debug, PartialEq)]
struct Sample {
    /// Our monotonic clock when the backend is taken to have read its own.
    at: Duration,
    server: Timestamp,
    round_trip: Duration,
}

/// The estimate.
#[derive(Clone, Debug)]
pub struct Skew {
    samples: VecDeque<Sample>,
    pace: f64,
    /// The backend's time at a monotonic reading: from the best sample, else this machine's wall.
    anchor: (Duration, Timestamp),
    measured: bool,
    last: (Timestamp, Duration),
}

impl Skew {
    /// Before any answer, this machine's wall stands in.
    pub fn new(wall: Timestamp, mono: Duration) -> Self {
        Self { samples: VecDeque::new(), pace: 1.0, anchor: (mono, wall), measured: false, last: (wall, mono) }
    }

    /// Takes in an answer: asked at `sent`, heard at `heard`.
    pub fn sample(&mut self, sent: Duration, heard: Duration, server: Timestamp, pace: f64) {
        let pace = if pace.is_finite() && pace > 0.0 && pace <= 100_000.0 { pace } else { 1.0 };
        #[expect(clippy::float_cmp, reason = "the backend says the same number until it is another one")]
        let other = pace != self.pace;
        if other {
            self.pace = pace;
            self.samples.clear();
        }
        let round_trip = heard.saturating_sub(sent);
        self.samples.push_back(Sample { at: sent + round_trip / 2, server, round_trip });
        while self.samples.len() > KEPT {
            self.samples.pop_front();
        }
        self.samples.retain(|s| heard.saturating_sub(s.at) <= OLD);
        // The newest of the best: it has drifted least.
        if let Some(best) = self.samples.iter().rev().min_by_key(|s| s.round_trip) {
            self.anchor = (best.at, best.server);
            self.measured = true;
        }
    }

    /// Compares wall and monotonic clock with the last look. After a jump the samples mean nothing: they are dropped,
    /// and the caller asks the backend at once. Until it answers, time slept is added.
    pub fn look(&mut self, wall: Timestamp, mono: Duration) -> bool {
        let (wall_before, mono_before) = self.last;
        self.last = (wall, mono);
        let slept = (wall - wall_before).as_millis().saturating_sub(millis(mono.saturating_sub(mono_before)));
        if slept.abs() <= JUMP.as_millis() {
            return false;
        }
        self.samples.clear();
        self.measured = false;
        if slept > 0 {
            self.anchor.1 = self.anchor.1 + scaled(slept, self.pace);
        }
        true
    }

    /// The backend's time.
    pub fn now(&self, mono: Duration) -> Timestamp {
        let (at, server) = self.anchor;
        if mono >= at {
            server + scaled(millis(mono.saturating_sub(at)), self.pace)
        } else {
            server - scaled(millis(at.saturating_sub(mono)), self.pace)
        }
    }

    /// How fast the backend's clock runs.
    pub const fn pace(&self) -> f64 {
        self.pace
    }

    /// How wrong it may be, when it was measured at all.
    pub fn error(&self) -> Option<Duration> {
        let best = self.samples.iter().map(|s| s.round_trip).min().filter(|_| self.measured)?;
        Some(best / 2)
    }

    /// Whether a quick question would make it better: nothing measured lately, or only through long polls.
    pub fn wants_sample(&self, mono: Duration) -> bool {
        !self.samples.iter().any(|s| s.round_trip < Duration::from_secs(2) && mono.saturating_sub(s.at) <= OLD / 2)
    }
}

fn millis(d: Duration) -> i64 {
    i64::try_from(d.as_millis()).unwrap_or(i64::MAX)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "spans of hours, not of ages")]
fn scaled(ms: i64, pace: f64) -> Span {
    Span::millis((ms as f64 * pace) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millis(ms)
    }

    fn mono(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn the_wall_stands_in_until_the_backend_speaks() {
        let mut skew = Skew::new(at(1_000_000), mono(0));
        assert_eq!(skew.now(mono(500)), at(1_000_500));
        assert!(skew.error().is_none() && skew.wants_sample(mono(500)));
        skew.sample(mono(500), mono(600), at(2_000_000), 1.0);
        assert_eq!(skew.now(mono(550)), at(2_000_000));
        assert_eq!(skew.error(), Some(mono(50)));
        assert!(!skew.wants_sample(mono(600)) && skew.wants_sample(mono(400_000)));
    }

    #[test]
    fn a_long_poll_does_not_spoil_a_good_sample() {
        let mut skew = Skew::new(at(0), mono(0));
        skew.sample(mono(0), mono(20), at(5_010), 1.0);
        skew.sample(mono(20), mono(25_020), at(30_020), 1.0);
        assert_eq!(skew.now(mono(25_020)), at(30_020));
        assert_eq!(skew.error(), Some(mono(10)));
    }

    #[test]
    fn a_fast_clock_is_followed() {
        let mut skew = Skew::new(at(0), mono(0));
        skew.sample(mono(0), mono(0), at(1_000), 60.0);
        assert_eq!(skew.now(mono(1_000)), at(61_000));
        skew.sample(mono(1_000), mono(1_000), at(61_000), f64::NAN);
        assert_eq!(skew.now(mono(2_000)), at(62_000));
    }

    #[test]
    fn sleep_is_noticed_and_a_set_back_clock_too() {
        let mut skew = Skew::new(at(0), mono(0));
        skew.sample(mono(0), mono(10), at(100_000), 1.0);
        assert!(!skew.look(at(30_000), mono(29_000)));
        assert!(skew.look(at(3_630_000), mono(30_000)), "an hour asleep");
        assert_eq!(skew.now(mono(30_000)).millis() / 60_000, (100_000 + 3_628_995) / 60_000);
        assert!(skew.wants_sample(mono(30_000)));
        let before = skew.now(mono(31_000));
        assert!(skew.look(at(0), mono(31_000)), "the wall was set back");
        assert_eq!(skew.now(mono(31_000)), before, "deadlines do not move with it");
    }

    proptest! {
        #[test]
        fn the_estimate_is_within_half_the_best_round_trip(
            trips in proptest::collection::vec((0u64..2_000, 0u64..100, 0u64..5_000), 1..10),
            offset in -10_000_000i64..10_000_000,
        ) {
            let mut skew = Skew::new(at(0), mono(0));
            let (mut now, mut best) = (0u64, u64::MAX);
            for (there, share, pause) in trips {
                let (sent, heard) = (now, now + there);
                let read = sent + there * share / 100;
                skew.sample(mono(sent), mono(heard), at(i64::try_from(read).unwrap() + offset), 1.0);
                best = best.min(there);
                now = heard + pause;
            }
            let real = i64::try_from(now).unwrap() + offset;
            let wrong = (skew.now(mono(now)).millis() - real).unsigned_abs();
            prop_assert!(wrong <= best / 2 + 1, "{wrong} ms off with a round trip of {best} ms");
        }
    }
}
