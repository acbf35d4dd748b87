//! How a reply's clock falls due, stops, and runs again.

use super::running::{End, Running};
use super::{Seen, Talk};
use crate::domain::id::{MessageId, RepId};
use crate::domain::measure::exchange::UnderWay;
use crate::domain::measure::fold::{Facts, Policies};
use crate::domain::measure::gap::Cause;
use crate::domain::routing::Holder;
use crate::domain::sla::Clock;
use crate::domain::time::Timestamp;

impl Talk {
    /// A clock that had stopped runs again, also in place of a later one.
    pub(super) fn rearm(&mut self, seen: &Seen<'_>, clock: &Clock, facts: &mut Facts) {
        if let Some(running) = self.running.as_mut().filter(|running| running.received == clock.started) {
            running.rearmed = Some((seen.seq, seen.at));
            return;
        }
        let later = self.running.take().map(|later| later.seq);
        if let Some(later) = later {
            facts.replies.insert(later, None);
        }
        let before = self.last.take().filter(|last| last.received == clock.started);
        let mut running = before.unwrap_or_else(|| Running::new(seen.seq, clock));
        let text = running.end.take().and_then(|end| end.text);
        // A call that did not start in time left nothing: its text waits again.
        running.failed |= text.is_some_and(|text| !self.drafts.iter().any(|(id, _, _)| *id == text));
        running.due = clock.due;
        running.rearmed = Some((seen.seq, seen.at));
        UnderWay::rearmed(&mut self.exchange, running.seq, later, seen.id, facts);
        self.running = Some(running);
    }

    /// Why it falls due unanswered, and whose miss that is; `but` is the text that is just leaving.
    fn miss(&self, running: &Running, but: Option<MessageId>) -> (Cause, Option<RepId>) {
        let drafts = self.drafts.iter().filter(|(id, _, _)| Some(*id) != but).map(|(_, _, draft)| draft);
        let is_held = self.hold.was(running.due);
        let cause = if is_held { Cause::OptOutHold } else { Cause::of(running, drafts, running.due) };
        // Whoever is asked because it falls due had no time for it.
        let asked = running.asked.iter().rev().find(|asked| asked.at < running.due).map(|asked| &asked.to);
        let holder = asked.or(self.holder.as_ref().filter(|_| running.had));
        // Whom the rules forbid to answer has missed nothing.
        let rep = holder.and_then(Holder::rep).or(self.owner.as_ref()).filter(|_| cause != Cause::OptOutHold);
        (cause, rep.cloned())
    }

    /// It falls due unanswered; `but` is the text that is just leaving.
    pub(super) fn fall_due(&mut self, but: Option<MessageId>) {
        let Some(running) = self.running.as_ref().filter(|running| running.breach.is_none()) else { return };
        let miss = running.was.clone().unwrap_or_else(|| self.miss(running, but));
        if let Some(running) = &mut self.running {
            running.breach = Some(miss);
        }
    }

    /// An answer that waits is put away. Where the reply was due before and nobody has said so yet, it counts as it
    /// stood then.
    pub(super) fn put_away(&mut self, at: Timestamp) {
        let is_due = |running: &&Running| running.breach.is_none() && running.was.is_none() && at > running.due;
        let Some(running) = self.running.as_ref().filter(is_due) else { return };
        let was = self.miss(running, None);
        if let Some(running) = &mut self.running {
            running.was = Some(was);
        }
    }

    pub(super) fn met(
        &mut self,
        seen: &Seen<'_>,
        text: Option<MessageId>,
        late: bool,
        policies: &dyn Policies,
        facts: &mut Facts,
    ) {
        if late {
            self.fall_due(text);
        }
        let wrote = text.and_then(|text| self.drafts.iter().find(|(id, _, _)| *id == text));
        let by = wrote.map(|(_, by, _)| by.clone()).or_else(|| self.finished.clone().filter(|_| text.is_none()));
        self.end(seen, End { at: seen.at, by, answered: true, text }, policies, facts);
    }

    /// No answer is needed any more. Past its due time it is late all the same, whether or not an entry had said so
    /// before; but not where it runs again and is dropped in one: its answer failed because the number had opted out.
    pub(super) fn dropped(&mut self, seen: &Seen<'_>, policies: &dyn Policies, facts: &mut Facts) {
        let in_one = |running: &Running| running.rearmed.is_some_and(|(seq, at)| (seq + 1, at) == (seen.seq, seen.at));
        if self.running.as_ref().is_some_and(|running| seen.at > running.due && !in_one(running)) {
            self.fall_due(None);
        }
        self.end(seen, End { at: seen.at, by: None, answered: false, text: None }, policies, facts);
    }

    fn end(&mut self, seen: &Seen<'_>, end: End, policies: &dyn Policies, facts: &mut Facts) {
        let Some(running) = self.running.take() else { return };
        let ended = Running { end: Some(end), ..running };
        facts.replies.insert(ended.seq, Some(self.tell(seen.id, &ended, policies)));
        self.last = Some(ended);
    }
}
