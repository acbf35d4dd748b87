//! Who is not asked about, and until when: everybody, while the CRM does not answer; one number, while others are read.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::time::Instant;

use super::{CrmError, LinkError, pause};
use crate::domain::contact::Address;
use crate::domain::time::Timestamp;

/// How long it is remembered that an answer did not read.
const FORGOTTEN: Duration = Duration::from_secs(3600);

/// Answers in a row that do not read, before the CRM counts as one that does not answer; and numbers that they are about,
/// before nobody is asked about: so many are no matter of one record.
const UNREAD: usize = 3;

/// After everybody's pause others come before whose answer did not read.
const BEHIND: Duration = Duration::from_secs(1);

/// What an answer that is of no use means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Useless {
    /// The CRM counts as one that does not answer.
    pub(super) fails: bool,
    /// The pause is everybody's: that number waits as whoever was not asked about.
    pub(super) everybodys: bool,
}

/// Everybody's pause.
#[derive(Debug)]
struct Quiet {
    until: Instant,
    /// It is for answers that do not read: one that does ends it.
    unread: bool,
}

/// All pauses.
#[derive(Debug, Default)]
pub(super) struct Pauses {
    /// Numbers whose last answer was of no use: until when they are left alone, and how often in a row that was so.
    alone: BTreeMap<Address, (Instant, u32)>,
    /// How often in a row the CRM did not answer.
    failures: u32,
    quiet: Option<Quiet>,
    /// How many answers in a row did not read, about whomever.
    in_a_row: usize,
    /// Some of whom they were about.
    unread: BTreeSet<Address>,
}

impl Pauses {
    /// Until when nobody is asked about; `again` ends that.
    pub(super) fn everybodys(&mut self, now: Instant, again: bool) -> Option<Instant> {
        let until = self.quiet.as_ref().map(|quiet| quiet.until).filter(|until| *until > now && !again);
        if until.is_none() {
            self.quiet = None;
        }
        self.alone.retain(|_, (until, _)| *until + FORGOTTEN > now);
        until
    }

    /// Whether this number is left alone.
    pub(super) fn is_left_alone(&self, address: &Address, now: Instant) -> bool {
        self.alone.get(address).is_some_and(|(until, _)| *until > now)
    }

    /// How often in a row an answer about it was of no use.
    pub(super) fn failures_of(&self, address: &Address) -> u32 {
        self.alone.get(address).map_or(0, |(_, failures)| *failures)
    }

    /// How many numbers are remembered.
    pub(super) fn remembered(&self) -> usize {
        self.alone.len()
    }

    /// When the next number may be asked about again.
    pub(super) fn next(&self, now: Instant) -> Option<Instant> {
        self.alone.values().map(|(until, _)| *until).filter(|until| *until > now).min()
    }

    /// An answer about it was read.
    pub(super) fn well(&mut self, address: &Address) {
        self.alone.remove(address);
        self.unread.clear();
        (self.failures, self.in_a_row) = (0, 0);
        self.quiet = self.quiet.take().filter(|quiet| !quiet.unread);
    }

    /// The CRM does not answer. Whether that begins a pause: of those asked at once the first one does.
    pub(super) fn failed(&mut self, e: &LinkError, at: Timestamp, now: Instant) -> bool {
        if self.quiet.is_some() {
            return false;
        }
        self.failures = self.failures.saturating_add(1);
        let unread = matches!(e, LinkError::Crm(CrmError::Unreadable(_)));
        self.quiet = Some(Quiet { until: now + pause(e, self.failures, at), unread });
        true
    }

    /// An answer about this number is of no use. One record that is broken stops nobody else. When answers about several
    /// numbers do not read and none does, or one does not after the CRM did not answer, it is as if it did not answer.
    pub(super) fn useless(&mut self, address: &Address, e: &LinkError, at: Timestamp, now: Instant) -> Useless {
        let failures = self.failures_of(address).saturating_add(1);
        let unreadable = matches!(e, LinkError::Crm(CrmError::Unreadable(_)));
        if unreadable {
            self.in_a_row = self.in_a_row.saturating_add(1);
            if self.unread.len() < UNREAD {
                self.unread.insert(address.clone());
            }
        }
        let everybodys = unreadable && (self.unread.len() >= UNREAD || self.failures > 0);
        let until = if everybodys {
            self.failed(e, at, now);
            self.quiet.as_ref().map_or(now, |quiet| quiet.until) + BEHIND
        } else {
            now + pause(e, failures, at)
        };
        self.alone.insert(address.clone(), (until, failures));
        Useless { fails: everybodys || self.in_a_row >= UNREAD, everybodys }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Span;

    fn number(n: u32) -> Address {
        Address::parse(&format!("+1415555{n:04}")).unwrap()
    }

    fn unreadable() -> LinkError {
        LinkError::Crm(CrmError::Unreadable("line 1, column 1".to_owned()))
    }

    const AT: Timestamp = Timestamp::from_millis(0);

    #[test]
    fn one_broken_record_stops_nobody_else_however_often_it_is_asked_about() {
        let (mut pauses, mut now) = (Pauses::default(), tokio::time::Instant::now());
        for wanted in [1, 2, 4, 8, 16, 32, 60, 60] {
            let told = pauses.useless(&number(1), &unreadable(), AT, now);
            assert!(!told.everybodys && pauses.everybodys(now, false).is_none(), "{wanted}");
            assert_eq!(pauses.next(now), Some(now + Duration::from_secs(wanted)));
            assert!(pauses.is_left_alone(&number(1), now) && !pauses.is_left_alone(&number(2), now));
            now += Duration::from_secs(wanted);
        }
        // Nor do several while others are read.
        for n in 2..20 {
            assert!(!pauses.useless(&number(n), &unreadable(), AT, now).everybodys, "{n}");
            pauses.well(&number(99));
        }
    }

    #[test]
    fn a_crm_that_answers_rubbish_is_left_alone_longer_and_longer_until_an_answer_reads() {
        let (mut pauses, mut now) = (Pauses::default(), tokio::time::Instant::now());
        let no = Useless { fails: false, everybodys: false };
        assert_eq!([1, 2].map(|n| pauses.useless(&number(n), &unreadable(), AT, now)), [no, no]);
        let mut n = 3;
        for wanted in [1, 2, 4, 8, 16, 32, 60, 60] {
            // Eight are asked about at once: that is one failure.
            for _ in 0..8 {
                let told = pauses.useless(&number(n), &unreadable(), AT, now);
                assert_eq!(told, Useless { fails: true, everybodys: true });
                n += 1;
            }
            let until = now + Duration::from_secs(wanted);
            assert_eq!(pauses.everybodys(now, false), Some(until), "{wanted}");
            assert!(pauses.is_left_alone(&number(n - 1), until), "others come first then");
            now = until;
            assert_eq!(pauses.everybodys(now, false), None);
        }
        pauses.useless(&number(n), &unreadable(), AT, now);
        assert!(pauses.everybodys(now, false).is_some());
        pauses.well(&number(n));
        assert_eq!(pauses.everybodys(now, false), None, "the first that reads ends it");
        let told = pauses.useless(&number(1), &unreadable(), AT, now);
        assert_eq!(told, no, "and one that does not is that number's own again");
    }

    #[test]
    fn rubbish_after_no_answer_is_no_answer_and_what_the_crm_asked_for_is_not_ended_by_one() {
        let (mut pauses, now) = (Pauses::default(), tokio::time::Instant::now());
        assert!(pauses.failed(&LinkError::Crm(CrmError::Failing(503)), AT, now));
        let later = now + Duration::from_secs(1);
        assert_eq!(pauses.everybodys(later, false), None);
        assert!(pauses.useless(&number(1), &unreadable(), AT, later).everybodys);
        assert_eq!(pauses.everybodys(later, false), Some(later + Duration::from_secs(2)), "and longer than before");
        assert_eq!(pauses.everybodys(later, true), None, "unless it is known to answer");
        let until = AT + Span::seconds(30);
        assert!(pauses.failed(&LinkError::Crm(CrmError::Busy { until, of_the_day: false }), AT, later));
        pauses.well(&number(2));
        assert!(pauses.everybodys(later, false).is_some());
        // What is wrong with one question says nothing of the next.
        let mut pauses = Pauses::default();
        for n in 0..9 {
            let told = pauses.useless(&number(n), &LinkError::Crm(CrmError::NotFound), AT, now);
            assert_eq!(told, Useless { fails: false, everybodys: false });
        }
    }
}
