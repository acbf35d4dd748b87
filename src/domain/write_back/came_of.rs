//! What became of a conversation's clocks, in words for the log in the CRM; and whether an end was taken back.
//!
//! A text is logged when it comes, and its clock ends later: until then the log says by when an answer is due, and the
//! answer's own, or the end of the conversation, says what became of it.

use chrono_tz::Tz;

use crate::domain::event::Event;
use crate::domain::id::MessageId;
use crate::domain::measure::story::length;
use crate::domain::sla::Clock;
use crate::domain::time::{Span, Timestamp};

/// Entries of one conversation, oldest first: place in the journal, when, what.
pub type Past = [(u64, Timestamp, Event)];

/// How a clock ended.
#[derive(Clone, Copy, Debug)]
enum End {
    /// Somebody answered: by this text, or by other means.
    Met { by: Option<MessageId>, late: bool },
    /// No answer was needed any more.
    Dropped,
    /// What had met it failed, and the number was opted out: nobody may answer.
    OptedOut,
}

/// A clock, the buyer's texts that it ran for, and its end.
#[derive(Debug)]
struct Run {
    clock: Clock,
    texts: Vec<MessageId>,
    /// The entry with which it runs again, and when: what had met it failed, or a person opened it again.
    rearmed: Option<(u64, Timestamp)>,
    end: Option<(Timestamp, End)>,
}

fn runs(past: &Past) -> Vec<Run> {
    let mut all: Vec<Run> = Vec::new();
    let mut wrote = None;
    for (seq, at, event) in past {
        let running = all.last_mut().filter(|run| run.end.is_none());
        if let Event::Received { message, kind } = event {
            match running {
                Some(run) => run.texts.extend(kind.arms_clock().then_some(*message)),
                None => wrote = kind.arms_clock().then_some(*message),
            }
        } else if let Event::SlaStarted { clock } = event {
            let texts = wrote.take().into_iter().collect();
            all.push(Run { clock: clock.clone(), texts, rearmed: None, end: None });
        } else if let (Event::SlaRecomputed { clock }, Some(run)) = (event, running) {
            run.clock = clock.clone();
        } else if let Event::SlaRearmed { clock } = event {
            again(&mut all, clock, (*seq, *at));
        } else if let (Event::SlaMet { by, late }, Some(run)) = (event, all.last_mut()) {
            run.end = Some((*at, End::Met { by: *by, late: *late }));
        } else if let (Event::SlaDropped, Some(run)) = (event, all.last_mut()) {
            // It runs again and is dropped in one: its answer failed, and the number had opted out.
            let in_one = run.rearmed.is_some_and(|(before, since)| (before + 1, since) == (*seq, *at));
            run.end = Some((*at, if in_one { End::OptedOut } else { End::Dropped }));
        }
    }
    all
}

/// What met a clock failed: it runs on, in place of one that began since.
fn again(all: &mut Vec<Run>, clock: &Clock, since: (u64, Timestamp)) {
    let newer = if all.last().is_some_and(|run| run.end.is_none()) { all.pop() } else { None };
    let same = all.iter().rposition(|run| run.clock.started == clock.started).map(|at| all.remove(at));
    let texts = same.into_iter().chain(newer).flat_map(|run| run.texts).collect();
    all.push(Run { clock: clock.clone(), texts, rearmed: Some(since), end: None });
}

impl Run {
    /// As it stands: `answered in 4m 12s, in time`. The length is that of the reports, on the wall.
    fn words(&self, (now, zone): (Timestamp, Tz)) -> String {
        let took = |at: &Timestamp| length(at.since(self.clock.started).as_millis().max(0));
        let stands = |late: bool| if late { "late" } else { "in time" };
        match &self.end {
            Some((at, End::Met { by: Some(_), late })) => {
                format!("answered in {}, {}", took(at), stands(*late))
            }
            Some((at, End::Met { by: None, late })) => {
                format!("answered by other means in {}, {}", took(at), stands(*late))
            }
            Some((_, End::OptedOut)) => "the answer did not reach them: they opted out".to_owned(),
            Some((at, End::Dropped)) if *at > self.clock.due => "never answered, late".to_owned(),
            Some((_, End::Dropped)) => "closed without an answer, before one was due".to_owned(),
            None if now > self.clock.due => "not answered yet, late".to_owned(),
            None => {
                let due = self.clock.due.utc().with_timezone(&zone);
                format!("an answer is due {}", due.format("%Y-%m-%d %H:%M %Z"))
            }
        }
    }
}

/// Of the clock that an answer met; nothing for one that met none.
pub fn answer(past: &Past, answer: MessageId, now: (Timestamp, Tz)) -> Option<String> {
    let met = |run: &Run| matches!(run.end, Some((_, End::Met { by: Some(by), .. })) if by == answer);
    runs(past).into_iter().rev().find(met).map(|run| run.words(now))
}

/// Of the clock that a text of the buyer's was on, as it stands at `now`.
pub fn reply(past: &Past, text: MessageId, now: (Timestamp, Tz)) -> Option<String> {
    runs(past).into_iter().rev().find(|run| run.texts.contains(&text)).map(|run| run.words(now))
}

/// Of the last clock of a conversation that ended with the entry `end`.
pub fn end(past: &Past, end: u64, now: (Timestamp, Tz)) -> Option<String> {
    // What an end does to the clock stands right behind it.
    let of_it = |(seq, _, event): &&(u64, Timestamp, Event)| {
        *seq <= end || *seq == end + 1 && matches!(event, Event::SlaMet { .. } | Event::SlaDropped)
    };
    let until: Vec<_> = past.iter().take_while(of_it).cloned().collect();
    runs(&until).pop().map(|run| run.words(now))
}

/// The text whose clock fell due with the entry `breach`: the first of those that it ran for.
pub fn missed(past: &Past, breach: u64) -> Option<MessageId> {
    let until: Vec<_> = past.iter().take_while(|(seq, ..)| *seq <= breach).cloned().collect();
    runs(&until).pop()?.texts.first().copied()
}

/// When the conversation last ended.
pub fn ended(past: &Past) -> Option<Timestamp> {
    past.iter().rev().find(|(.., event)| matches!(event, Event::Done { .. })).map(|(_, at, _)| *at)
}

/// Whether a text was logged as one that the buyer has, before the entry `failed` told that it did not arrive.
pub fn was_out(past: &Past, text: MessageId, failed: u64) -> bool {
    past.iter().take_while(|(seq, ..)| *seq < failed).any(|(.., event)| {
        matches!(event, Event::DeliveryChanged { message, delivery, .. } if *message == text && !delivery.is_failure())
    })
}

/// Whether the end that the entry `end` tells came with a text of the buyer's own: nobody was asked, and nobody ended it.
pub fn is_put_away(past: &Past, end: u64) -> bool {
    let mut before = past.iter().rev().skip_while(|(seq, ..)| *seq > end);
    let Some((_, ended, _)) = before.next().filter(|(seq, ..)| *seq == end) else { return false };
    before.take_while(|(_, at, _)| at == ended).any(|(.., event)| matches!(event, Event::Received { .. }))
}

/// Whether the end that the entry `end` tells was taken back by a person within that time, or by an answer that failed.
pub fn is_undone(past: &Past, end: u64, within: Span) -> bool {
    let mut behind = past.iter().skip_while(|(seq, ..)| *seq < end);
    let Some((_, ended, _)) = behind.next() else { return false };
    let again = behind.find(|(.., event)| matches!(event, Event::Reopened { .. }));
    // The answer that it ended with did not arrive: it had not ended.
    match again {
        Some((_, at, Event::Reopened { by: Some(_) })) => at.since(*ended) < within,
        Some((.., Event::Reopened { by: None })) => matches!(behind.next(), Some((.., Event::SlaRearmed { .. }))),
        Some(_) | None => false,
    }
}

/// Whether the entry `again` only takes back an end of just before, which was written nowhere.
pub fn is_undo(past: &Past, again: u64, within: Span) -> bool {
    let before = past.iter().rev().skip_while(|(seq, ..)| *seq >= again);
    let end = before.map(|(seq, _, event)| (*seq, event)).find(|(_, event)| matches!(event, Event::Done { .. }));
    end.is_some_and(|(seq, _)| is_undone(past, seq, within))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::domain::event::Outcome;
    use crate::domain::id::RepId;
    use crate::domain::message::InboundKind;
    use crate::domain::sla::{Response, Stage};

    const TEXT: MessageId = MessageId(Uuid::from_u128(7));
    const SECOND: MessageId = MessageId(Uuid::from_u128(8));
    const ANSWER: MessageId = MessageId(Uuid::from_u128(9));

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(1_772_550_000_000) + Span::seconds(seconds)
    }

    fn then(seconds: i64) -> (Timestamp, Tz) {
        (at(seconds), chrono_tz::America::New_York)
    }

    fn clock(from: i64) -> Clock {
        Clock {
            response: Response::First,
            cohort: "late".to_owned(),
            started: at(from),
            warn: at(from + 600),
            due: at(from + 900),
            stage: Stage::Running,
            playbook: 1,
        }
    }

    fn text(message: MessageId) -> Event {
        Event::Received { message, kind: InboundKind::Text }
    }

    fn done(outcome: Outcome) -> Event {
        Event::Done { outcome, by: RepId::from("maya"), meeting: None, note: None }
    }

    fn again() -> Event {
        Event::Reopened { by: Some(RepId::from("maya")) }
    }

    /// Entries from place 1 on.
    fn past(events: Vec<(i64, Event)>) -> Vec<(u64, Timestamp, Event)> {
        (1..).zip(events).map(|(seq, (seconds, event))| (seq, at(seconds), event)).collect()
    }

    #[test]
    fn a_burst_shares_one_clock_and_the_words_count_from_its_first_text() {
        let asked = [(0, text(TEXT)), (0, Event::SlaStarted { clock: clock(0) }), (30, text(SECOND))];
        let waits = past(asked.to_vec());
        for one in [TEXT, SECOND] {
            let said = reply(&waits, one, then(40));
            assert_eq!(said.as_deref(), Some("an answer is due 2026-03-03 10:15 EST"));
            assert_eq!(reply(&waits, one, then(901)).as_deref(), Some("not answered yet, late"));
        }
        for (late, words) in [(false, "answered in 1m 01s, in time"), (true, "answered in 1m 01s, late")] {
            let mut met = asked.to_vec();
            met.push((61, Event::SlaMet { by: Some(ANSWER), late }));
            let met = past(met);
            assert_eq!(answer(&met, ANSWER, then(99)).as_deref(), Some(words));
            assert_eq!(reply(&met, SECOND, then(99)).as_deref(), Some(words));
            assert_eq!(answer(&met, SECOND, then(99)), None, "another answer met it");
        }
        assert_eq!(reply(&past(vec![(0, text(TEXT))]), TEXT, then(9)), None, "nothing runs for it");
    }

    #[test]
    fn an_end_tells_what_became_of_the_clock_that_it_ended_or_that_was_met_before() {
        let ended = |seconds, outcome, tail: Option<Event>| {
            let mut events =
                vec![(0, text(TEXT)), (0, Event::SlaStarted { clock: clock(0) }), (seconds, done(outcome))];
            events.extend(tail.map(|event| (seconds, event)));
            end(&past(events), 3, then(99_999))
        };
        let met = |late| Some(Event::SlaMet { by: None, late });
        let by_call = ended(120, Outcome::Meeting, met(false));
        assert_eq!(by_call.as_deref(), Some("answered by other means in 2m 00s, in time"));
        let late = ended(1_000, Outcome::Called, met(true));
        assert_eq!(late.as_deref(), Some("answered by other means in 16m 40s, late"));
        let never = ended(1_000, Outcome::NotInterested, Some(Event::SlaDropped));
        assert_eq!(never.as_deref(), Some("never answered, late"));
        let early = ended(100, Outcome::NoAnswerNeeded, Some(Event::SlaDropped));
        assert_eq!(early.as_deref(), Some("closed without an answer, before one was due"));
        let texted = past(vec![
            (0, text(TEXT)),
            (0, Event::SlaStarted { clock: clock(0) }),
            (61, Event::SlaMet { by: Some(ANSWER), late: false }),
            (70, done(Outcome::Texted)),
            (80, text(SECOND)),
            (80, Event::SlaStarted { clock: clock(80) }),
        ]);
        assert_eq!(end(&texted, 4, then(99)).as_deref(), Some("answered in 1m 01s, in time"), "not the next clock");
        assert_eq!(end(&past(vec![(0, done(Outcome::Called))]), 1, then(9)), None, "none ran");
    }

    #[test]
    fn a_clock_whose_answer_failed_runs_on_for_every_text_since() {
        let mut events = vec![
            (0, text(TEXT)),
            (0, Event::SlaStarted { clock: clock(0) }),
            (60, Event::SlaMet { by: Some(ANSWER), late: false }),
            (70, text(SECOND)),
            (70, Event::SlaStarted { clock: clock(70) }),
            (80, Event::SlaRearmed { clock: clock(0) }),
        ];
        assert_eq!(answer(&past(events.clone()), ANSWER, then(90)), None, "it met nothing");
        events.push((1_000, Event::SlaMet { by: None, late: true }));
        let all = past(events);
        for one in [TEXT, SECOND] {
            let said = reply(&all, one, then(2_000));
            assert_eq!(said.as_deref(), Some("answered by other means in 16m 40s, late"));
        }
    }

    #[test]
    fn an_answer_that_failed_since_they_opted_out_is_told_as_that_and_not_as_none() {
        let unreached = "the answer did not reach them: they opted out";
        let (early, never) = ("closed without an answer, before one was due", "never answered, late");
        for (failed, between, dropped, words) in [
            (80, None, 80, unreached),
            (1_000, None, 1_000, unreached),
            // It ran again, and nobody answered.
            (80, None, 90, early),
            (80, None, 1_000, never),
            (1_000, Some(text(SECOND)), 1_000, never),
        ] {
            let mut events = vec![
                (0, text(TEXT)),
                (0, Event::SlaStarted { clock: clock(0) }),
                (60, Event::SlaMet { by: Some(ANSWER), late: false }),
                (failed, Event::SlaRearmed { clock: clock(0) }),
            ];
            events.extend(between.map(|event| (failed, event)));
            events.push((dropped, Event::SlaDropped));
            events.push((2_000, done(Outcome::NotInterested)));
            let all = past(events);
            let last = all.last().map(|(seq, ..)| *seq).unwrap();
            assert_eq!(reply(&all, TEXT, then(9_999)).as_deref(), Some(words), "{all:?}");
            assert_eq!(end(&all, last, then(9_999)).as_deref(), Some(words), "{all:?}");
            assert_eq!(answer(&all, ANSWER, then(9_999)), None, "{all:?}");
        }
    }

    #[test]
    fn what_was_missed_is_the_first_text_of_the_clock_that_fell_due() {
        let breach = Event::SlaBreached { due: at(900) };
        let all = past(vec![
            (0, text(TEXT)),
            (0, Event::SlaStarted { clock: clock(0) }),
            (80, text(SECOND)),
            (900, breach.clone()),
            (950, Event::SlaMet { by: Some(ANSWER), late: true }),
        ]);
        assert_eq!(missed(&all, 4), Some(TEXT));
        assert_eq!(missed(&past(vec![(0, breach)]), 1), None, "what it ran for is not read here");
    }

    #[test]
    fn an_end_that_comes_with_a_text_is_nobodys() {
        let all = past(vec![(0, text(TEXT)), (0, done(Outcome::NoAnswerNeeded)), (9, done(Outcome::Called))]);
        assert!(is_put_away(&all, 2) && !is_put_away(&all, 3) && !is_put_away(&all, 9));
    }

    #[test]
    fn an_end_taken_back_in_the_undo_time_is_no_end_and_a_later_one_was_opened_again() {
        let undo = Span::seconds(8);
        let all = past(vec![(0, done(Outcome::Called)), (5, again()), (20, done(Outcome::Called)), (28, again())]);
        assert!(is_undone(&all, 1, undo) && is_undo(&all, 2, undo));
        assert!(!is_undone(&all, 3, undo) && !is_undo(&all, 4, undo));
        let rearmed = || Event::SlaRearmed { clock: clock(0) };
        let failed = past(vec![(0, done(Outcome::Texted)), (50, Event::Reopened { by: None }), (50, rearmed())]);
        assert!(is_undone(&failed, 1, undo), "its answer did not arrive, however late that is known");
        let buyer = past(vec![(0, done(Outcome::Called)), (5, Event::Reopened { by: None }), (6, again())]);
        assert!(!is_undone(&buyer, 1, undo), "the buyer wrote again: it had ended");
        assert!(!is_undone(&buyer, 9, undo) && !is_undo(&buyer, 1, undo));
    }
}
