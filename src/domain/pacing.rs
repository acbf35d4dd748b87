//! How fast texts may leave: by number and by campaign class, a token bucket for the rate and a day's share. Pure, with
//! the time as argument.
//!
//! Both count segments, as carriers do: Twilio's "one message segment per second" of a long code, AT&T's segments per
//! minute of a campaign's class, T-Mobile's daily cap of a brand.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use super::id::LineId;
use super::playbook::Playbook;
use super::time::{Span, Timestamp};

/// A day, as a cap counts it: any 24 hours. So no calendar day has more, whatever zone the carrier counts it in.
pub const DAY: Span = Span::minutes(24 * 60);

/// What a number that pages our own people may send, in segments: what a US long code may, half a minute of it at once.
const PAGES: Limit = Limit { rate: Some(Rate { segments: 30, every: Span::seconds(30) }), per_day: None };

/// So many segments in so much time. All of them may leave at once after a pause of that length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rate {
    /// Segments, at least 1.
    pub segments: u32,
    /// In how much time, more than nothing.
    pub every: Span,
}

/// What a number or a class may send. Nothing said, nothing limited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limit {
    /// How fast.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<Rate>,
    /// Segments in any 24 hours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_day: Option<u32>,
}

impl Limit {
    /// Whether nothing is limited.
    pub const fn is_none(&self) -> bool {
        self.rate.is_none() && self.per_day.is_none()
    }
}

/// What left under one limit.
#[derive(Clone, Debug, Default)]
struct Meter {
    /// When something left last, and when the bucket is full again if nothing more leaves.
    bucket: Option<(Timestamp, Timestamp)>,
    /// What left in the last day, by minute, oldest first.
    day: VecDeque<(Timestamp, u32)>,
    today: u32,
}

impl Meter {
    /// When so many segments may leave; now or earlier is now.
    fn may_at(&mut self, limit: &Limit, segments: u32, now: Timestamp) -> Timestamp {
        let by_rate = limit.rate.map_or(now, |rate| {
            let cost = cost(rate, segments);
            let room = rate.every.max(cost);
            self.full_at(now) + cost - room
        });
        let by_day = limit.per_day.map_or(now, |most| self.room_at(most, segments, now));
        by_rate.max(by_day)
    }

    /// When the bucket is full again. A clock that went back makes nobody wait longer: what was still to fill, still is.
    fn full_at(&self, now: Timestamp) -> Timestamp {
        self.bucket.map_or(now, |(left, full)| if now < left { now + full.since(left) } else { full.max(now) })
    }

    /// When the day has room for so many. What is larger than a whole day's share has it alone.
    fn room_at(&mut self, most: u32, segments: u32, now: Timestamp) -> Timestamp {
        while let Some((_, left)) = self.day.front().copied().filter(|(at, _)| *at + DAY <= now) {
            self.today = self.today.saturating_sub(left);
            self.day.pop_front();
        }
        let mut over = (self.today.saturating_add(segments)).saturating_sub(most.max(segments));
        for (at, left) in &self.day {
            if over == 0 {
                break;
            }
            over = over.saturating_sub(*left);
            if over == 0 {
                return *at + DAY;
            }
        }
        now
    }

    fn took(&mut self, limit: &Limit, segments: u32, now: Timestamp) {
        if let Some(rate) = limit.rate {
            self.bucket = Some((now, self.full_at(now) + cost(rate, segments)));
        }
        if limit.per_day.is_some() {
            self.today = self.today.saturating_add(segments);
            // A whole minute is one entry, dated by its end: the share comes back a little late, never early.
            let minute = Timestamp::from_millis(now.millis() + (-now.millis()).rem_euclid(60_000));
            match self.day.back_mut() {
                Some((at, left)) if *at >= minute => *left = left.saturating_add(segments),
                Some(_) | None => self.day.push_back((minute, segments)),
            }
        }
    }
}

/// How long the bucket fills for so many.
fn cost(rate: Rate, segments: u32) -> Span {
    let (segments, of) = (i64::from(segments.max(1)), i64::from(rate.segments.max(1)));
    Span::millis((rate.every.as_millis().saturating_mul(segments) + of - 1) / of)
}

/// There is no room yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full {
    /// When to ask again.
    pub at: Timestamp,
    /// Whether the number itself has none: what comes after it from there waits, too, so that a long text is not overtaken
    /// by short ones for ever.
    pub of_line: bool,
    /// Likewise its class.
    pub of_class: bool,
}

/// What left lately, by number and by class.
#[derive(Clone, Debug, Default)]
pub struct Pacing {
    lines: BTreeMap<LineId, Meter>,
    classes: BTreeMap<String, Meter>,
}

/// The limit of a line, and its class's. A number of ours that is no line of the playbook is one that pages our people.
fn limits<'a>(playbook: &'a Playbook, line: &LineId) -> (Limit, Option<(&'a String, &'a Limit)>) {
    let Some(found) = playbook.lines.get(line) else { return (PAGES, None) };
    (found.limit, found.class.as_ref().and_then(|name| Some((name, playbook.classes.get(name)?))))
}

impl Pacing {
    /// Takes room for a text of so many segments from a line, or says when there will be some. Both limits must have it,
    /// else neither gives any.
    pub fn take(&mut self, playbook: &Playbook, line: &LineId, segments: u32, now: Timestamp) -> Result<(), Full> {
        let (limit, class) = limits(playbook, line);
        let (mut by_line, mut by_class) = (now, now);
        if !limit.is_none() {
            by_line = self.lines.entry(line.clone()).or_default().may_at(&limit, segments, now);
        }
        if let Some((name, limit)) = class {
            by_class = self.classes.entry(name.clone()).or_default().may_at(limit, segments, now);
        }
        let at = by_line.max(by_class);
        if at > now {
            return Err(Full { at, of_line: by_line > now, of_class: by_class > now });
        }
        self.left(playbook, line, segments, now);
        Ok(())
    }

    /// Counts a text that left, be it in an earlier life of this process; in the order of time.
    pub fn left(&mut self, playbook: &Playbook, line: &LineId, segments: u32, at: Timestamp) {
        let (limit, class) = limits(playbook, line);
        if !limit.is_none() {
            self.lines.entry(line.clone()).or_default().took(&limit, segments, at);
        }
        if let Some((name, limit)) = class {
            self.classes.entry(name.clone()).or_default().took(limit, segments, at);
        }
    }
}

/// A number from 0 to 1000 that is another one for another line or instant, and the same for the same: so a simulation
/// repeats itself.
pub fn jitter(line: &str, at: Timestamp) -> u16 {
    let bytes = line.bytes().chain(at.millis().to_le_bytes());
    let hash =
        bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    u16::try_from((hash >> 32) % 1001).unwrap_or(0)
}

/// How long a line waits after it was told "not now" so many times in a row: a second, doubled each time, a minute at
/// most. `jitter` is 0 to 1000 and takes up to half of it away, so that what was refused together does not come back
/// together.
pub fn pause(times: u32, jitter: u16) -> Span {
    let whole = 1_000_i64.saturating_mul(1_i64 << times.min(10)).min(60_000);
    Span::millis(whole - whole * i64::from(jitter.min(1000)) / 2_000)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const T0: Timestamp = Timestamp::from_millis(999_999_960_000);

    fn rate(segments: u32, every: Span) -> Limit {
        Limit { rate: Some(Rate { segments, every }), per_day: None }
    }

    fn take(meter: &mut Meter, limit: &Limit, segments: u32, now: Timestamp) -> Result<(), Timestamp> {
        let at = meter.may_at(limit, segments, now);
        if at > now {
            return Err(at);
        }
        meter.took(limit, segments, now);
        Ok(())
    }

    #[test]
    fn one_a_second_is_one_and_then_one_each_second() {
        let (mut meter, limit) = (Meter::default(), rate(1, Span::seconds(1)));
        assert_eq!(take(&mut meter, &limit, 1, T0), Ok(()));
        assert_eq!(take(&mut meter, &limit, 1, T0), Err(T0 + Span::seconds(1)));
        assert_eq!(take(&mut meter, &limit, 1, T0 + Span::millis(999)), Err(T0 + Span::seconds(1)));
        assert_eq!(take(&mut meter, &limit, 1, T0 + Span::seconds(1)), Ok(()));
        // After a long pause there is one again, not many.
        let later = T0 + Span::minutes(60);
        assert_eq!(take(&mut meter, &limit, 1, later), Ok(()));
        assert_eq!(take(&mut meter, &limit, 1, later), Err(later + Span::seconds(1)));
    }

    #[test]
    fn a_text_of_many_segments_takes_as_many_and_is_never_too_long() {
        let (mut meter, limit) = (Meter::default(), rate(1, Span::seconds(1)));
        assert_eq!(take(&mut meter, &limit, 3, T0), Ok(()), "three segments on a full bucket of one");
        assert_eq!(take(&mut meter, &limit, 1, T0), Err(T0 + Span::seconds(3)));
        let (mut meter, limit) = (Meter::default(), Limit { rate: None, per_day: Some(2) });
        assert_eq!(take(&mut meter, &limit, 5, T0), Ok(()));
        assert_eq!(take(&mut meter, &limit, 1, T0), Err(T0 + DAY));
    }

    #[test]
    fn a_days_share_comes_back_a_day_later() {
        let (mut meter, limit) = (Meter::default(), Limit { rate: None, per_day: Some(3) });
        for n in 0..3 {
            assert_eq!(take(&mut meter, &limit, 1, T0 + Span::minutes(n * 60)), Ok(()));
        }
        let now = T0 + Span::minutes(5 * 60);
        assert_eq!(take(&mut meter, &limit, 1, now), Err(T0 + DAY));
        assert_eq!(take(&mut meter, &limit, 2, now), Err(T0 + Span::minutes(60) + DAY));
        assert_eq!(take(&mut meter, &limit, 1, T0 + DAY), Ok(()));
        assert_eq!(take(&mut meter, &limit, 1, T0 + DAY), Err(T0 + Span::minutes(60) + DAY));
    }

    #[test]
    fn a_clock_that_went_back_makes_nobody_wait_for_ever() {
        let (mut meter, limit) = (Meter::default(), rate(1, Span::seconds(1)));
        assert_eq!(take(&mut meter, &limit, 1, T0 + Span::minutes(60)), Ok(()));
        assert_eq!(take(&mut meter, &limit, 1, T0), Err(T0 + Span::seconds(1)));
    }

    #[test]
    fn pauses_grow_to_a_minute_and_jitter_takes_half_at_most() {
        assert_eq!([0, 1, 2, 6, 40].map(|n| pause(n, 0).as_seconds()), [1, 2, 4, 60, 60]);
        assert_eq!(pause(3, 1000), Span::seconds(4));
        assert!((0..=1000).all(|j| (Span::seconds(4)..=Span::seconds(8)).contains(&pause(3, j))));
    }

    #[test]
    fn what_left_before_a_restart_counts_after_it() {
        let line = |limit| crate::domain::playbook::Line {
            label: String::new(),
            number: crate::domain::contact::Address::parse("+16465550100").unwrap(),
            team: "east".into(),
            use_case: String::new(),
            limit,
            class: Some("campaign".to_owned()),
        };
        let per_day = Limit { rate: None, per_day: Some(2) };
        let lines =
            [(LineId::from("main"), line(rate(1, Span::seconds(10)))), (LineId::from("other"), line(Limit::default()))];
        let playbook =
            Playbook { lines: lines.into(), classes: [("campaign".to_owned(), per_day)].into(), ..Playbook::default() };
        let (main, other, pages) = (LineId::from("main"), LineId::from("other"), LineId::from("+16465550900"));
        let mut pacing = Pacing::default();
        pacing.left(&playbook, &main, 1, T0);
        pacing.left(&playbook, &pages, 30, T0);
        let of_line = |at| Err(Full { at, of_line: true, of_class: false });
        assert_eq!(pacing.take(&playbook, &main, 1, T0), of_line(T0 + Span::seconds(10)));
        assert_eq!(pacing.take(&playbook, &pages, 1, T0), of_line(T0 + Span::seconds(1)), "thirty in half a minute");
        assert_eq!(pacing.take(&playbook, &other, 1, T0), Ok(()));
        let of_class = Err(Full { at: T0 + DAY, of_line: false, of_class: true });
        assert_eq!(pacing.take(&playbook, &other, 1, T0 + Span::seconds(30)), of_class, "the day's share of both");
        let spread: std::collections::BTreeSet<u16> =
            (0..100).map(|ms| jitter("main", T0 + Span::millis(ms))).collect();
        assert!(spread.len() > 80 && spread.iter().all(|jitter| *jitter <= 1000));
    }

    proptest! {
        /// Whoever asks again when told to is let through, and in no window of `every` more leaves than twice the rate (a
        /// full bucket and what flows in meanwhile), in no day more than its share.
        #[test]
        fn never_faster_than_said(
            segments in 1_u32..20, every in 1_i64..100, per_day in 20_u32..60,
            asked in proptest::collection::vec((0_i64..5_000, 1_u32..4), 1..200),
        ) {
            let limit = Limit { per_day: Some(per_day), ..rate(segments, Span::seconds(every)) };
            let (mut meter, mut now, mut left) = (Meter::default(), T0, Vec::new());
            for (wait, n) in asked {
                now = now + Span::millis(wait);
                let mut tries = 0;
                while let Err(at) = take(&mut meter, &limit, n, now) {
                    prop_assert!(at > now && tries < 100, "told to come again at once");
                    (now, tries) = (at, tries + 1);
                }
                left.push((now, n));
            }
            for (at, _) in &left {
                let within = |span: Span| left.iter().filter(|(t, _)| t >= at && *t < *at + span).map(|(_, n)| n).sum::<u32>();
                prop_assert!(within(Span::seconds(every)) <= 2 * segments + 4);
                prop_assert!(within(DAY) <= per_day);
            }
        }
    }
}
