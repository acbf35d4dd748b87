//! Which rights are missing in the CRM, as far as its answers say: to single records, or to all of a kind.
//!
//! **Invariants:** what is forbidden of a few records holds up these alone. Only where the last calls for a kind of
//! record were all forbidden is the right to the kind taken to be missing: then one write of it is tried at a time, less
//! and less often, what was never tried first and then each in its turn, and the others wait without a call; the first one
//! that is taken, or refused for another cause, lets all go on. What was forbidden before says nothing of what was never
//! tried. In memory alone: a new process finds it out anew, with a few calls.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use crate::domain::time::{Span, Timestamp};
use crate::domain::write_back::Wanted;
use crate::server::store::crm_write::CrmRow;

/// Writes that were forbidden, one after the other, before the right to all of their kind is taken to be missing.
const IN_A_ROW: usize = 5;

/// How long the call of one that is tried may take, before another one is tried in its place.
const UNDER_WAY: Span = Span::minutes(1);

/// How long one that was tried lets those go first whose turn is before its own, when a pause is over.
const TURN: Span = Span::seconds(10);
const LAST_TURN: Span = Span::seconds(20);

/// A kind of record, as a CRM gives rights to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// Replies and answers.
    Texts,
    /// What is booked.
    Meetings,
    /// What is said of a conversation.
    Notes,
    /// What somebody is to do.
    Tasks,
    /// Whose a record is.
    Owners,
    /// Who is opted out.
    OptOuts,
}

impl Kind {
    /// Of a write.
    pub(super) const fn of(wanted: &Wanted) -> Self {
        match wanted {
            Wanted::Log { .. } => Self::Texts,
            Wanted::Outcome { meeting: Some(_), .. } | Wanted::NotHeld { .. } => Self::Meetings,
            Wanted::Outcome { meeting: None, .. }
            | Wanted::Reopened
            | Wanted::Undelivered { .. }
            | Wanted::Missed { .. } => Self::Notes,
            Wanted::FollowUp { .. } | Wanted::PutAside | Wanted::Task { .. } | Wanted::TaskDone { .. } => Self::Tasks,
            Wanted::Owner => Self::Owners,
            Wanted::Consent { .. } => Self::OptOuts,
        }
    }
}

/// A write that waits without a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Held {
    /// Until it is asked for again.
    pub(super) until: Timestamp,
    /// What it waits for, in words.
    pub(super) why: String,
}

/// What is known of the rights.
#[derive(Debug, Default)]
pub(super) struct Rights(BTreeMap<Kind, Forbidden>);

/// Writes of one kind that were forbidden, with none between them that was not.
#[derive(Debug, Default)]
struct Forbidden {
    /// Those that were tried.
    tried: BTreeSet<Uuid>,
    /// Those of them that were tried for the first time.
    new: BTreeSet<Uuid>,
    /// Those that wait without a call.
    held: BTreeSet<Uuid>,
    /// What is told of them.
    why: String,
    /// When one is tried again, once the right is taken to be missing; and how often one was.
    next: Option<Timestamp>,
    tries: u32,
    /// Which one was tried last.
    last: Uuid,
}

impl Rights {
    /// Whether a write may be tried now. `real` is a span of real time by the clock of the world.
    pub(super) fn may(&mut self, row: &CrmRow, now: Timestamp, real: impl Fn(Span) -> Span) -> Result<(), Held> {
        let kind = Kind::of(&row.wanted);
        let Some(of) = self.0.get_mut(&kind) else { return Ok(()) };
        if row.waits.is_none() && (of.tried.contains(&row.key) || of.held.contains(&row.key)) {
            // Somebody put it back, and may have given the right.
            self.0.remove(&kind);
            return Ok(());
        }
        let in_a_row = if row.forbidden { of.tried.len() } else { of.new.len() };
        let Some(next) = of.next.filter(|_| in_a_row >= IN_A_ROW) else { return Ok(()) };
        let turn = match (of.tried.contains(&row.key), row.key > of.last) {
            (false, _) => Span::ZERO,
            (true, true) => TURN,
            (true, false) => LAST_TURN,
        };
        let until = next + real(turn);
        if now >= until {
            (of.next, of.last) = (Some(now + real(UNDER_WAY)), row.key);
            return Ok(());
        }
        of.held.insert(row.key);
        Err(Held { until, why: of.why.clone() })
    }

    /// Whether it waits without a call still.
    pub(super) fn holds(&self, row: &CrmRow) -> bool {
        self.0.get(&Kind::of(&row.wanted)).is_some_and(|of| of.held.contains(&row.key))
    }

    /// A write was forbidden; `pause` is how long the kind waits after so many tries.
    pub(super) fn forbids(&mut self, row: &CrmRow, why: String, now: Timestamp, pause: impl Fn(u32) -> Span) {
        let of = self.0.entry(Kind::of(&row.wanted)).or_default();
        of.why = why;
        of.tried.insert(row.key);
        if !row.forbidden {
            of.new.insert(row.key);
        }
        // What was on its way when that was found out says nothing new.
        let is_the_one = of.next.is_none() || of.last == row.key;
        if of.tried.len() >= IN_A_ROW && is_the_one {
            of.next = Some(now + pause(of.tries));
            of.tries = of.tries.saturating_add(1);
        }
    }

    /// A write of the kind was taken, or refused for another cause; whether the right to all of it was taken to be missing.
    pub(super) fn allows(&mut self, kind: Kind) -> bool {
        self.0.remove(&kind).is_some_and(|of| of.new.len() >= IN_A_ROW)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::ConversationId;
    use crate::server::write_back::follow;

    const LONGEST: i64 = 1_800;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1_000)
    }

    /// A task of the `n`th conversation, never tried.
    fn task(n: u128) -> CrmRow {
        let row = follow::row(ConversationId(Uuid::from_u128(n)), (1, 0), at(0), None, Wanted::Task { due: at(0) });
        CrmRow { key: Uuid::from_u128(n), ..row }
    }

    /// The same, once it was forbidden or held.
    fn again(n: u128) -> CrmRow {
        CrmRow { forbidden: true, waits: Some("no right".to_owned()), ..task(n) }
    }

    fn asks(rights: &mut Rights, row: &CrmRow, seconds: i64) -> Option<i64> {
        let held = rights.may(row, at(seconds), |span| span).err()?;
        assert_eq!(held.why, "no right");
        Some(held.until.since(at(0)).as_seconds())
    }

    fn forbids(rights: &mut Rights, row: &CrmRow, seconds: i64) {
        let pause = |tries: u32| Span::seconds((5 * 3_i64.pow(tries)).min(LONGEST));
        rights.forbids(row, "no right".to_owned(), at(seconds), pause);
    }

    /// Five that were never tried are forbidden at second 0.
    fn missing() -> Rights {
        let mut rights = Rights::default();
        for n in 1..=5 {
            assert_eq!(asks(&mut rights, &task(n), 0), None, "{n}");
            forbids(&mut rights, &task(n), 0);
        }
        rights
    }

    #[test]
    fn what_is_forbidden_of_a_few_holds_up_no_other() {
        let mut rights = Rights::default();
        for round in 0..9 {
            for n in 1..=4 {
                assert_eq!(asks(&mut rights, &again(n), round), None, "one that is tried often is one");
                forbids(&mut rights, &again(n), round);
            }
        }
        assert_eq!(asks(&mut rights, &task(5), 9), None);
        // It is taken: the next five are counted anew.
        assert!(!rights.allows(Kind::Tasks));
        for n in 6..=9 {
            forbids(&mut rights, &task(n), 9);
        }
        assert_eq!((asks(&mut rights, &task(10), 9), asks(&mut rights, &again(6), 9)), (None, None));
    }

    #[test]
    fn a_right_that_is_missing_costs_one_call_in_a_pause_and_less_and_less_often() {
        let mut rights = missing();
        assert_eq!(asks(&mut rights, &task(6), 1), Some(5));
        let (mut now, mut pauses) = (5, Vec::new());
        for n in 7..=13 {
            assert_eq!(asks(&mut rights, &task(n), now), None, "{n}");
            assert_eq!(asks(&mut rights, &again(6), now), Some(now + 60), "one is on its way");
            // What was on its way before counts for nothing.
            forbids(&mut rights, &again(1), now);
            forbids(&mut rights, &task(n), now);
            let until = asks(&mut rights, &again(6), now).unwrap();
            pauses.push(until - now);
            now = until;
        }
        assert_eq!(pauses, [15, 45, 135, 405, 1_215, LONGEST, LONGEST]);
        // Another kind is another right.
        let note = CrmRow { wanted: Wanted::Reopened, ..task(20) };
        assert_eq!(asks(&mut rights, &note, 1), None);
        assert!(rights.holds(&again(6)) && rights.allows(Kind::Tasks) && !rights.holds(&again(6)));
        assert_eq!((asks(&mut rights, &task(21), 1), asks(&mut rights, &again(1), 1)), (None, None));
    }

    #[test]
    fn what_was_never_tried_goes_first_and_then_each_has_its_turn() {
        let mut rights = missing();
        let mut due: BTreeMap<u128, i64> = (1..=8).map(|n| (n, 5)).collect();
        let mut turns = Vec::new();
        while turns.len() < 12 {
            let (n, now) = due.iter().map(|(n, at)| (*n, *at)).min_by_key(|(n, at)| (*at, *n)).unwrap();
            let held = asks(&mut rights, &again(n), now);
            if held.is_none() {
                forbids(&mut rights, &again(n), now);
                turns.push(n);
            }
            due.insert(n, held.unwrap_or(now + 1));
        }
        assert_eq!(turns, [6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8, 1]);
    }

    #[test]
    fn what_was_forbidden_before_holds_up_nothing_that_was_never_tried() {
        let mut rights = Rights::default();
        for n in 1..=5 {
            forbids(&mut rights, &again(n), 0);
        }
        assert_eq!(asks(&mut rights, &again(1), 1), Some(15));
        assert_eq!(asks(&mut rights, &task(9), 1), None);
        assert!(!rights.allows(Kind::Tasks), "the others are looked at in their own time");
        assert_eq!(asks(&mut rights, &again(1), 1), None);
    }

    #[test]
    fn one_whose_call_came_to_no_end_holds_up_the_others_for_a_minute() {
        let mut rights = missing();
        assert_eq!(asks(&mut rights, &task(6), 5), None);
        assert_eq!(asks(&mut rights, &task(7), 6), Some(65));
        assert_eq!(asks(&mut rights, &again(7), 65), None);
    }

    #[test]
    fn what_somebody_puts_back_is_tried_at_once_with_all_others() {
        let mut rights = missing();
        assert_eq!(asks(&mut rights, &task(6), 1), Some(5));
        // As `comeback crm retry` leaves it.
        assert_eq!(asks(&mut rights, &task(6), 2), None);
        assert_eq!((asks(&mut rights, &task(1), 2), asks(&mut rights, &task(7), 2)), (None, None));
    }
}
