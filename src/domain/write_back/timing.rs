//! When a write is made whose turn it is: now, once it is sure, with the one it belongs to, or never. Decided from what
//! happened in its conversation, and from the other writes about how that ended.

use uuid::Uuid;

use super::came_of::{self, Past};
use super::{Wanted, gives_way, says_where_it_stands};
use crate::domain::event::{Event, Outcome};
use crate::domain::meeting::Meeting;
use crate::domain::time::{Span, Timestamp};

/// A write whose turn it is.
#[derive(Clone, Copy, Debug)]
pub struct Next<'a> {
    /// What is to be written.
    pub wanted: &'a Wanted,
    /// The entry of the journal that wanted it.
    pub entry: u64,
    /// When that was.
    pub at: Timestamp,
    /// A call may have made it.
    pub begun: bool,
    /// The write whose record it changes.
    pub about: Option<Uuid>,
}

/// What its time is told by.
#[derive(Clone, Copy, Debug)]
pub struct Around<'a> {
    /// What happened in its conversation.
    pub past: &'a Past,
    /// Whether the conversation is done, as it stands.
    pub is_done: bool,
    /// While its offer waits for the CRM to say whose it is: until then at most.
    pub awaits: Option<Timestamp>,
    /// The writes about how it ended. Only what changes one of them is told by them.
    pub ends: &'a [End<'a>],
    /// For how long an end may be taken back.
    pub undo: Span,
    /// Now.
    pub now: Timestamp,
}

/// A write about how the conversation ended.
#[derive(Clone, Copy, Debug)]
pub struct End<'a> {
    /// Its key.
    pub key: Uuid,
    /// The entry of the journal that wanted it.
    pub entry: u64,
    /// What it writes.
    pub wanted: &'a Wanted,
    /// The write whose record it changes.
    pub about: Option<Uuid>,
    /// How far it is.
    pub fate: Fate,
}

/// How far a write is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Not made yet.
    Waits,
    /// It stands in the CRM.
    Made,
    /// Nobody wants it any more.
    Dropped,
    /// The CRM does not take it.
    Refused,
}

/// When it is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timing {
    /// Now.
    Now,
    /// Now, as how the conversation ended then: the meeting that it booked stands no more, and none is made.
    WithoutMeeting,
    /// Not before then: what it tells may be taken back until then.
    Held(Timestamp),
    /// Not while another one is refused that it belongs to, and with that one.
    Behind,
    /// Never: nobody wants it any more.
    Dropped,
}

/// How long one waits after that was due, while whoever decides it has not come to it.
const UNDECIDED: Span = Span::seconds(1);

/// When a write is made. An end that a call may have made is not held: it is looked for.
pub fn timing(next: &Next<'_>, around: &Around<'_>) -> Timing {
    let Around { past, undo, now, .. } = *around;
    // A text is theirs who is accountable for it: nobody is, or whoever was before, until that is decided.
    if let (Wanted::Log { .. }, false, Some(until)) = (next.wanted, next.begun, around.awaits) {
        return Timing::Held(if until > now { until } else { now + UNDECIDED });
    }
    if next.wanted.is_end() && !next.begun {
        if came_of::is_undone(past, next.entry, undo) {
            return Timing::Dropped;
        }
        if now < next.at + undo {
            return Timing::Held(next.at + undo);
        }
        // It may have waited for long, or have been refused, and the conversation went on meanwhile.
        if let Some((sure, told)) = overtaken(next, around) {
            return if now < sure { Timing::Held(sure) } else { told };
        }
    }
    if matches!(next.wanted, Wanted::TaskDone { .. }) && !next.begun && around.is_done {
        // It may have ended, been opened again and ended since: the last end may be taken back, too.
        let until = came_of::ended(past).map_or(next.at, |ended| ended.max(next.at)) + undo;
        if now < until {
            return Timing::Held(until);
        }
    }
    if next.wanted.changes_an_end() {
        return change(next, around.ends);
    }
    if *next.wanted == Wanted::Reopened && came_of::is_undo(past, next.entry, undo) {
        return Timing::Dropped;
    }
    Timing::Now
}

/// An end behind another one, that nobody took back so far.
struct Later {
    at: Timestamp,
    outcome: Outcome,
    meeting: Option<Meeting>,
}

/// The ends behind the entry `end`.
fn later_ends(end: u64, around: &Around<'_>) -> impl Iterator<Item = Later> {
    let Around { past, undo, .. } = *around;
    let behind = past.iter().skip_while(move |(seq, ..)| *seq <= end);
    behind.filter_map(move |(seq, at, event)| {
        let Event::Done { outcome, meeting, .. } = event else { return None };
        let holds = !came_of::is_undone(past, *seq, undo);
        holds.then_some(Later { at: *at, outcome: *outcome, meeting: *meeting })
    })
}

/// What becomes of a write that a later end overtook, and from when on that is sure: until then that end may be taken back
/// itself, and what is wanted here stands. Nothing while none did.
fn overtaken(next: &Next<'_>, around: &Around<'_>) -> Option<(Timestamp, Timing)> {
    let sure = |overtakes: &dyn Fn(&Later) -> bool| {
        later_ends(next.entry, around).filter(overtakes).map(|later| later.at + around.undo).min()
    };
    if matches!(next.wanted, Wanted::FollowUp { .. }) {
        return Some((sure(&|later| says_where_it_stands(later.outcome))?, Timing::Dropped));
    }
    if matches!(next.wanted, Wanted::Outcome { meeting: Some(_), .. }) {
        return Some((sure(&|later| ends_meeting(next.wanted, later))?, Timing::WithoutMeeting));
    }
    None
}

/// Whether a meeting that was booked is none any more with a later end: one that says where the buyer stands, or that
/// books another meeting, to which this one gives way. One of which no time is known takes no meeting's place. Who was only
/// answered since comes all the same, as to a meeting that the CRM took at once.
fn ends_meeting(booked: &Wanted, later: &Later) -> bool {
    match later.outcome {
        Outcome::Meeting => later.meeting.is_some() && gives_way(booked, later.at),
        Outcome::Texted
        | Outcome::Called
        | Outcome::Mailed
        | Outcome::Nurture
        | Outcome::NotInterested
        | Outcome::WrongPerson
        | Outcome::NoAnswerNeeded => says_where_it_stands(later.outcome),
    }
}

/// When it is said of a meeting that it is not held, or of a task for later that it is put aside: once. Of a meeting that gives
/// way to another one not while either was refused, for both are tried again when the person changes, and then one gives way
/// to the other.
fn change(next: &Next<'_>, ends: &[End<'_>]) -> Timing {
    // A record is changed by one kind of write alone: a meeting that was moved is not called off, too.
    let is_same = |other: &End<'_>| other.wanted.changes_an_end() && other.about == next.about;
    if ends.iter().any(|other| is_same(other) && other.fate == Fate::Made) {
        return Timing::Dropped;
    }
    if *next.wanted != (Wanted::NotHeld { called_off: false }) {
        return Timing::Now;
    }
    let is_either = |other: &End<'_>| {
        matches!(other.wanted, Wanted::Outcome { .. }) && (other.entry == next.entry || next.about == Some(other.key))
    };
    if ends.iter().any(|other| is_either(other) && other.fate == Fate::Refused) {
        return Timing::Behind;
    }
    Timing::Now
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::{MessageId, RepId};

    const UNDO: Span = Span::seconds(10);

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(1_772_550_000_000) + Span::seconds(seconds)
    }

    fn done(outcome: Outcome) -> Event {
        Event::Done { outcome, by: RepId::from("maya"), meeting: None, note: None }
    }

    fn again(by_rep: bool) -> Event {
        Event::Reopened { by: by_rep.then(|| RepId::from("maya")) }
    }

    /// Entries from place 1 on.
    fn past(events: Vec<(i64, Event)>) -> Vec<(u64, Timestamp, Event)> {
        (1..).zip(events).map(|(seq, (seconds, event))| (seq, at(seconds), event)).collect()
    }

    fn outcome(meeting: Option<i64>) -> Wanted {
        let meeting = meeting.map(|from| Meeting { from: at(from), minutes: 30 });
        Wanted::Outcome { outcome: Outcome::Meeting, meeting, note: None }
    }

    /// A write that the entry `entry` of second `since` wanted, at second `now`.
    fn of(wanted: &Wanted, (entry, since): (u64, i64), past: &Past, now: i64) -> Timing {
        let next = Next { wanted, entry, at: at(since), begun: false, about: None };
        let is_done = past.last().is_some_and(|(.., event)| matches!(event, Event::Done { .. }));
        timing(&next, &Around { past, is_done, awaits: None, ends: &[], undo: UNDO, now: at(now) })
    }

    #[test]
    fn an_end_waits_until_nobody_can_take_it_back_and_one_that_was_is_none() {
        let ended = past(vec![(0, done(Outcome::Called))]);
        let later = Wanted::FollowUp { words: "Ask again".to_owned(), due: at(900) };
        for end in [outcome(None), later, Wanted::NotHeld { called_off: false }, Wanted::PutAside] {
            assert_eq!(of(&end, (1, 0), &ended, 9), Timing::Held(at(10)), "{end:?}");
            assert_eq!(of(&end, (1, 0), &ended, 10), Timing::Now, "{end:?}");
            let undone = past(vec![(0, done(Outcome::Called)), (5, again(true))]);
            assert_eq!(of(&end, (1, 0), &undone, 99), Timing::Dropped, "{end:?}");
            let reopened = past(vec![(0, done(Outcome::Called)), (15, again(true))]);
            assert_eq!(of(&end, (1, 0), &reopened, 99), Timing::Now, "{end:?}");
        }
        let undone = past(vec![(0, done(Outcome::Called)), (5, again(true))]);
        let begun = Next { wanted: &outcome(None), entry: 1, at: at(0), begun: true, about: None };
        let around = Around { past: &undone, is_done: false, awaits: None, ends: &[], undo: UNDO, now: at(6) };
        assert_eq!(timing(&begun, &around), Timing::Now, "it may stand there");
    }

    #[test]
    fn a_meeting_is_made_while_it_stands_and_what_an_end_left_to_do_until_another_one_says_what_is() {
        let booked = outcome(Some(9_000));
        let later = Wanted::FollowUp { words: "Ask again".to_owned(), due: at(9_000) };
        let as_meeting = |from: i64| Event::Done {
            outcome: Outcome::Meeting,
            by: RepId::from("maya"),
            meeting: Some(Meeting { from: at(from), minutes: 30 }),
            note: None,
        };
        let (rep, buyer) = (again(true), again(false));
        for (behind, meeting, follow_up) in [
            // Opened again, it has not ended otherwise yet.
            (vec![(100, rep.clone())], Timing::Now, Timing::Now),
            (vec![(100, rep.clone()), (200, done(Outcome::NotInterested))], Timing::WithoutMeeting, Timing::Dropped),
            (vec![(100, rep.clone()), (200, done(Outcome::Nurture))], Timing::WithoutMeeting, Timing::Dropped),
            (vec![(100, rep.clone()), (200, done(Outcome::WrongPerson))], Timing::WithoutMeeting, Timing::Dropped),
            // Called or texted first, they come all the same, as to a meeting that stood there at once.
            (vec![(100, rep.clone()), (200, done(Outcome::Called))], Timing::Now, Timing::Now),
            (vec![(100, rep.clone()), (200, done(Outcome::Texted))], Timing::Now, Timing::Now),
            // Their thanks are answered.
            (vec![(100, buyer.clone()), (200, done(Outcome::Texted))], Timing::Now, Timing::Now),
            (vec![(100, buyer.clone()), (200, done(Outcome::Nurture))], Timing::WithoutMeeting, Timing::Dropped),
            // Said by mistake, and taken back at once.
            (vec![(100, buyer.clone()), (200, done(Outcome::Nurture)), (205, rep.clone())], Timing::Now, Timing::Now),
            // Another one takes its place while it is ahead, and none of which no time is known.
            (vec![(100, buyer.clone()), (200, as_meeting(500))], Timing::WithoutMeeting, Timing::Dropped),
            (vec![(100, buyer.clone()), (9_500, as_meeting(9_900))], Timing::Now, Timing::Dropped),
            (vec![(100, rep.clone()), (200, done(Outcome::Meeting))], Timing::Now, Timing::Dropped),
        ] {
            let mut events = vec![(0, done(Outcome::Meeting))];
            events.extend(behind);
            let past = past(events);
            assert_eq!(of(&booked, (1, 0), &past, 9_999), meeting, "{past:?}");
            assert_eq!(of(&later, (1, 0), &past, 9_999), follow_up, "{past:?}");
            assert_eq!(of(&outcome(None), (1, 0), &past, 9_999), Timing::Now, "{past:?}");
            let begun = Next { wanted: &booked, entry: 1, at: at(0), begun: true, about: None };
            let around = Around { past: &past, is_done: false, awaits: None, ends: &[], undo: UNDO, now: at(9_999) };
            assert_eq!(timing(&begun, &around), Timing::Now, "it may stand there: {past:?}");
        }
    }

    #[test]
    fn what_a_later_end_overtook_waits_until_nobody_can_take_that_one_back() {
        let booked = outcome(Some(9_000));
        let later = Wanted::FollowUp { words: "Ask again".to_owned(), due: at(9_000) };
        let over = |more: Vec<(i64, Event)>| {
            let mut events =
                vec![(0, done(Outcome::Meeting)), (100, again(false)), (200, done(Outcome::NotInterested))];
            events.extend(more);
            past(events)
        };
        let (open, undone) = (over(Vec::new()), over(vec![(205, again(true))]));
        // The buyer wrote again within that time: it had ended.
        let twice = over(vec![(203, again(false)), (206, done(Outcome::Nurture))]);
        for (wanted, told) in [(&booked, Timing::WithoutMeeting), (&later, Timing::Dropped)] {
            assert_eq!(of(wanted, (1, 0), &open, 209), Timing::Held(at(210)), "{wanted:?}");
            assert_eq!(of(wanted, (1, 0), &open, 210), told);
            assert_eq!(of(wanted, (1, 0), &undone, 206), Timing::Now, "{wanted:?} stands again");
            assert_eq!(of(wanted, (1, 0), &undone, 999), Timing::Now);
            assert_eq!(of(wanted, (1, 0), &twice, 208), Timing::Held(at(210)), "by the first of two");
            assert_eq!(of(wanted, (1, 0), &twice, 210), told);
        }
    }

    #[test]
    fn a_task_ends_with_a_conversation_once_its_last_end_is_sure_and_at_once_while_it_goes_on() {
        let task = Wanted::TaskDone { passed_on: false };
        let twice = past(vec![(0, done(Outcome::Called)), (5, again(true)), (8, done(Outcome::Called))]);
        assert_eq!(of(&task, (1, 0), &twice, 12), Timing::Held(at(18)));
        assert_eq!(of(&task, (1, 0), &twice, 18), Timing::Now);
        let open = past(vec![(0, done(Outcome::Called)), (5, again(true))]);
        assert_eq!(of(&task, (1, 0), &open, 6), Timing::Now, "it is somebody else's");
        assert_eq!(of(&task, (7, 30), &past(Vec::new()), 31), Timing::Now, "its end is not read here");
    }

    #[test]
    fn what_only_takes_back_an_end_of_just_before_is_told_nowhere() {
        let undo = past(vec![(0, done(Outcome::Called)), (5, again(true))]);
        assert_eq!(of(&Wanted::Reopened, (2, 5), &undo, 5), Timing::Dropped);
        let later = past(vec![(0, done(Outcome::Called)), (15, again(true))]);
        assert_eq!(of(&Wanted::Reopened, (2, 15), &later, 15), Timing::Now);
    }

    #[test]
    fn a_meeting_gives_way_once_and_not_while_either_of_the_two_is_refused() {
        let (earlier, later, moved) = (Uuid::from_u128(1), Uuid::from_u128(2), Uuid::from_u128(3));
        let (booked, follow_up) = (outcome(Some(9_000)), Wanted::FollowUp { words: String::new(), due: at(900) });
        let of_both = |one: Fate, other: Fate, before: Option<Fate>| {
            let end = |key, entry, wanted, about, fate| End { key, entry, wanted, about, fate };
            let gives_way = Wanted::NotHeld { called_off: false };
            let mut ends = vec![
                end(earlier, 1, &booked, None, one),
                end(later, 5, &booked, None, other),
                // What else belongs to that end is none of the two.
                end(Uuid::from_u128(4), 5, &follow_up, None, Fate::Refused),
                end(moved, 5, &gives_way, Some(earlier), Fate::Waits),
            ];
            ends.extend(before.map(|before| end(Uuid::from_u128(5), 3, &gives_way, Some(earlier), before)));
            let next = Next { wanted: &gives_way, entry: 5, at: at(0), begun: false, about: Some(earlier) };
            timing(&next, &Around { past: &[], is_done: true, awaits: None, ends: &ends, undo: UNDO, now: at(99) })
        };
        for (one, other, before, told) in [
            (Fate::Made, Fate::Made, None, Timing::Now),
            (Fate::Waits, Fate::Made, None, Timing::Now),
            (Fate::Refused, Fate::Made, None, Timing::Behind),
            (Fate::Made, Fate::Refused, None, Timing::Behind),
            (Fate::Made, Fate::Made, Some(Fate::Dropped), Timing::Now),
            (Fate::Made, Fate::Refused, Some(Fate::Refused), Timing::Behind),
            (Fate::Made, Fate::Refused, Some(Fate::Made), Timing::Dropped),
        ] {
            assert_eq!(of_both(one, other, before), told, "{one:?} {other:?} {before:?}");
        }
    }

    #[test]
    fn a_meeting_that_was_moved_or_called_off_is_called_off_no_more_and_one_is_while_an_end_is_refused() {
        let (meeting, off) = (Uuid::from_u128(1), Wanted::NotHeld { called_off: true });
        let (booked, moved) = (outcome(Some(9_000)), Wanted::NotHeld { called_off: false });
        let not = outcome(None);
        for (before, fate, told) in [
            (&off, Fate::Dropped, Timing::Now),
            (&off, Fate::Made, Timing::Dropped),
            (&moved, Fate::Waits, Timing::Now),
            (&moved, Fate::Made, Timing::Dropped),
        ] {
            let end = |key, entry, wanted, about, fate| End { key: Uuid::from_u128(key), entry, wanted, about, fate };
            let ends = [
                end(1, 1, &booked, None, Fate::Made),
                end(2, 3, before, Some(meeting), fate),
                end(3, 5, &not, None, Fate::Refused),
            ];
            let next = Next { wanted: &off, entry: 5, at: at(0), begun: false, about: Some(meeting) };
            let around = Around { past: &[], is_done: true, awaits: None, ends: &ends, undo: UNDO, now: at(99) };
            assert_eq!(timing(&next, &around), told, "{before:?} {fate:?}");
        }
    }

    #[test]
    fn a_task_for_later_is_put_aside_once_whatever_became_of_the_end_that_does() {
        let (task, aside, booked) = (Uuid::from_u128(1), Wanted::PutAside, outcome(None));
        for (fate, told) in [
            (Fate::Waits, Timing::Now),
            (Fate::Dropped, Timing::Now),
            (Fate::Refused, Timing::Now),
            (Fate::Made, Timing::Dropped),
        ] {
            let before = End { key: Uuid::from_u128(2), entry: 3, wanted: &aside, about: Some(task), fate };
            let end = End { key: Uuid::from_u128(3), entry: 5, wanted: &booked, about: None, fate: Fate::Refused };
            let next = Next { wanted: &aside, entry: 5, at: at(0), begun: false, about: Some(task) };
            let around =
                Around { past: &[], is_done: true, awaits: None, ends: &[before, end], undo: UNDO, now: at(99) };
            assert_eq!(timing(&next, &around), told, "{fate:?}");
        }
    }

    #[test]
    fn a_text_waits_until_it_is_decided_whose_it_is_and_what_may_stand_there_is_looked_for() {
        let text = Wanted::Log { message: MessageId(Uuid::from_u128(1)) };
        let of = |wanted: &Wanted, begun: bool, awaits: Option<Timestamp>| {
            let next = Next { wanted, entry: 1, at: at(0), begun, about: None };
            timing(&next, &Around { past: &[], is_done: false, awaits, ends: &[], undo: UNDO, now: at(5) })
        };
        assert_eq!(of(&text, false, None), Timing::Now);
        assert_eq!(of(&text, false, Some(at(5) + Span::millis(300))), Timing::Held(at(5) + Span::millis(300)));
        assert_eq!(of(&text, false, Some(at(4))), Timing::Held(at(6)), "it is about to be decided");
        assert_eq!(of(&text, true, Some(at(9))), Timing::Now);
        assert_eq!(of(&Wanted::Owner, false, Some(at(9))), Timing::Now);
    }

    #[test]
    fn whatever_else_is_wanted_is_made_at_once() {
        let undone = past(vec![(0, done(Outcome::Called)), (5, again(true))]);
        for wanted in [Wanted::Owner, Wanted::Task { due: at(900) }, Wanted::Missed { due: at(0) }] {
            assert_eq!(of(&wanted, (1, 0), &undone, 0), Timing::Now, "{wanted:?}");
        }
    }
}
