//! What this person wants and the backend has not confirmed yet, in order.
//!
//! **Invariant:** the outbox changes only by the person, or by a pull that acknowledges. The counter `n` has no gaps:
//! only what has never left may be taken out of the middle, and what stands behind it has never left either. A text is
//! never lost: a refused one stays here with its reason until the person drops it.

use serde::{Deserialize, Serialize};

use super::handle::OutboxStanding;
use crate::domain::command::Command;
use crate::domain::contact::{Address, Body};
use crate::domain::id::{CommandId, ConversationId, MessageId};
use crate::domain::rejection::Rejection;
use crate::domain::time::Timestamp;
use crate::wire::command::{Envelope, Receipt, Verdict};

/// Most envelopes of one push.
pub const BATCH: usize = 50;

/// One command on its way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// As it crosses the wire.
    pub envelope: Envelope,
    /// Whether it was ever handed to the network: from then on the backend may have it.
    pub tried: bool,
    /// What the backend said of it.
    pub outcome: Option<Verdict>,
    /// To whom, for the screen; kept because the conversation may go out of sight.
    pub name: String,
    /// To which number.
    pub address: Option<Address>,
}

impl Entry {
    /// Where it stands, for the screen.
    pub fn standing(&self) -> OutboxStanding {
        match &self.outcome {
            None => OutboxStanding::Queued,
            Some(Verdict::Done) => OutboxStanding::Sent,
            Some(Verdict::Parked { reasons }) => OutboxStanding::Parked(reasons.clone()),
            Some(Verdict::Refused { rejection }) => {
                OutboxStanding::Refused(format!("{rejection}. {}", rejection.hint()))
            }
        }
    }

    /// Whether its effect belongs on the screen although no pull has shown it yet.
    pub fn is_open(&self) -> bool {
        match &self.outcome {
            None | Some(Verdict::Done) => true,
            Some(Verdict::Parked { .. }) => parks_at_backend(&self.envelope.command),
            Some(Verdict::Refused { .. }) => false,
        }
    }

    /// Whether it stays with the device until the person decides.
    pub fn needs_eye(&self) -> bool {
        matches!(self.outcome, Some(Verdict::Parked { .. } | Verdict::Refused { .. }))
    }

    /// Its words, when it brings any.
    pub fn words(&self) -> Option<(MessageId, &Body)> {
        self.envelope.command.content()
    }
}

/// Whether a parked command of this kind stands in its conversation rather than with the device.
const fn parks_at_backend(command: &Command) -> bool {
    matches!(command, Command::Answer { .. } | Command::Release { .. })
}

/// What a new entry is about.
#[derive(Clone, Debug)]
pub struct Want {
    /// The command's id, made outside.
    pub id: CommandId,
    /// About which conversation.
    pub conversation: Option<ConversationId>,
    /// Texts of the buyer seen at the key press.
    pub seen: u64,
    /// When, by the estimate of the backend's clock.
    pub issued_at: Timestamp,
    /// What is wanted.
    pub command: Command,
    /// To whom, for the screen.
    pub name: String,
    /// To which number.
    pub address: Option<Address>,
}

/// Why an entry cannot be taken out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// There is no such entry.
    NoSuch,
    /// The backend may have it already; it can only be taken back there.
    MayHaveLeft,
}

/// The queue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outbox {
    entries: Vec<Entry>,
    last: u64,
}

impl Outbox {
    /// As it was written down: entries, and the last `n` given out.
    pub fn load(mut entries: Vec<Entry>, last: u64) -> Self {
        entries.sort_by_key(|e| e.envelope.n);
        Self { entries, last }
    }

    /// Every entry, in order.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The entry with this id.
    pub fn get(&self, id: CommandId) -> Option<&Entry> {
        self.entries.iter().find(|e| e.envelope.id == id)
    }

    /// The entry that brings this answer, while no pull has shown it.
    pub fn open_answer(&self, message: MessageId) -> Option<CommandId> {
        let brings = |e: &&Entry| {
            e.is_open() && matches!(&e.envelope.command, Command::Answer { message: m, .. } if *m == message)
        };
        self.entries.iter().find(brings).map(|e| e.envelope.id)
    }

    /// The last `n` given out.
    pub const fn last(&self) -> u64 {
        self.last
    }

    /// The largest `n` up to which every outcome is known.
    pub fn known(&self) -> u64 {
        let open = self.entries.iter().find(|e| e.outcome.is_none());
        open.map_or(self.last, |e| e.envelope.n.saturating_sub(1))
    }

    /// Puts a command at the end and gives it its `n`.
    pub fn put(&mut self, want: Want) -> &Entry {
        let after = self.known();
        self.last += 1;
        let envelope = Envelope {
            id: want.id,
            n: self.last,
            after,
            seen: want.seen,
            issued_at: want.issued_at,
            conversation: want.conversation,
            command: want.command,
        };
        self.entries.push(Entry { envelope, tried: false, outcome: None, name: want.name, address: want.address });
        self.entries.last().expect("BUG: an entry was just put in")
    }

    /// The next envelopes to push. They count as tried from here on; `marked` names those that did not before.
    pub fn batch(&mut self, marked: &mut Vec<CommandId>) -> Vec<Envelope> {
        let mut batch = Vec::new();
        for entry in self.entries.iter_mut().filter(|e| e.outcome.is_none()).take(BATCH) {
            if !entry.tried {
                entry.tried = true;
                marked.push(entry.envelope.id);
            }
            batch.push(entry.envelope.clone());
        }
        batch
    }

    /// Whether something waits to be pushed.
    pub fn has_unpushed(&self) -> bool {
        self.entries.iter().any(|e| e.outcome.is_none())
    }

    /// Whether something was answered but no pull has shown it yet.
    pub fn has_unconfirmed(&self) -> bool {
        self.entries.iter().any(|e| e.outcome.is_some() && e.is_open())
    }

    /// Learns an outcome, from a push or a pull. Returns the entry when it is news. Refused commands without words end
    /// here; everything else waits for a pull.
    pub fn learn(&mut self, receipt: &Receipt) -> Option<Learnt> {
        let at = self.entries.iter().position(|e| e.envelope.id == receipt.id && e.envelope.n == receipt.n)?;
        let entry = &mut self.entries[at];
        if entry.outcome.is_some() || !entry.tried {
            return None;
        }
        entry.outcome = Some(receipt.verdict.clone());
        let ends = matches!(receipt.verdict, Verdict::Refused { .. }) && entry.words().is_none();
        Some(if ends { Learnt::Gone(self.entries.remove(at)) } else { Learnt::Stays(entry.clone()) })
    }

    /// A pull reflects everything up to `acked`: what stands at the backend now leaves the outbox. Returns what left,
    /// and what changed but stays.
    pub fn confirm(&mut self, acked: u64, in_base: impl Fn(MessageId) -> bool) -> Confirmed {
        let mut confirmed = Confirmed::default();
        for mut entry in std::mem::take(&mut self.entries) {
            if entry.envelope.n > acked || !entry.tried {
                self.entries.push(entry);
                continue;
            }
            if entry.outcome.is_none() {
                // The backend ran it but no longer says how it ended: words that are nowhere to be seen are kept.
                let lost = entry.words().is_some_and(|(message, _)| !in_base(message));
                let verdict =
                    if lost { Verdict::Refused { rejection: Rejection::OutcomeExpired } } else { Verdict::Done };
                entry.outcome = Some(verdict);
                if lost {
                    confirmed.changed.push(entry.clone());
                }
            }
            if entry.is_open() {
                confirmed.gone.push(entry);
            } else {
                self.entries.push(entry);
            }
        }
        confirmed
    }

    /// Takes an entry out because the person says so. Those behind one that never left move up.
    pub fn take(&mut self, id: CommandId) -> Result<Taken, Kept> {
        let at = self.entries.iter().position(|e| e.envelope.id == id).ok_or(Kept::NoSuch)?;
        let entry = &self.entries[at];
        if entry.needs_eye() && !entry.is_open() {
            return Ok(Taken { entry: self.entries.remove(at), moved: Vec::new() });
        }
        if entry.tried {
            return Err(Kept::MayHaveLeft);
        }
        let entry = self.entries.remove(at);
        let mut moved = Vec::new();
        for later in &mut self.entries[at..] {
            later.envelope.n -= 1;
            moved.push(later.clone());
        }
        self.last -= 1;
        Ok(Taken { entry, moved })
    }

    /// Starts the counter anew for another device: what never left keeps its order from 1; of what was tried nobody
    /// knows the outcome, so its words wait for the person's eye and the rest is dropped.
    pub fn rebase(&mut self) {
        self.last = 0;
        for mut entry in std::mem::take(&mut self.entries) {
            if entry.tried && entry.outcome.is_none() {
                entry.outcome = Some(Verdict::Refused { rejection: Rejection::CounterUsed });
            }
            if entry.outcome.is_none() {
                self.last += 1;
                entry.envelope.n = self.last;
                entry.envelope.after = 0;
                self.entries.push(entry);
            } else if !entry.is_open() && entry.words().is_some() {
                // Below every living `n`, so that no receipt or acknowledgement of the new device can mean it.
                entry.envelope.n = 0;
                self.entries.push(entry);
            }
        }
        self.entries.sort_by_key(|e| e.envelope.n);
    }
}

/// What a receipt did to its entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Learnt {
    /// It stays, with its outcome.
    Stays(Entry),
    /// It had no effect and no words: it is gone.
    Gone(Entry),
}

/// What a pull confirmed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Confirmed {
    /// Left the outbox.
    pub gone: Vec<Entry>,
    /// Changed and stays.
    pub changed: Vec<Entry>,
}

/// An entry the person took out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// The entry.
    pub entry: Entry,
    /// Entries behind it, with their new `n`.
    pub moved: Vec<Entry>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use uuid::Uuid;

    fn want(id: u128, command: Command) -> Want {
        Want {
            id: CommandId(Uuid::from_u128(id)),
            conversation: Some(ConversationId(Uuid::from_u128(1))),
            seen: 1,
            issued_at: Timestamp::from_millis(1),
            command,
            name: "Dana".to_owned(),
            address: None,
        }
    }

    fn answer(id: u128) -> Command {
        Command::Answer { message: MessageId(Uuid::from_u128(id)), body: Body::new("hello"), accept: Vec::new() }
    }

    fn receipt(entry: &Envelope, verdict: Verdict) -> Receipt {
        Receipt { id: entry.id, n: entry.n, verdict }
    }

    #[test]
    fn a_refused_text_stays_and_a_refused_take_goes() {
        let mut outbox = Outbox::default();
        outbox.put(want(1, answer(10)));
        outbox.put(want(2, Command::Take));
        let batch = outbox.batch(&mut Vec::new());
        let no = Verdict::Refused { rejection: Rejection::NotFound };
        assert!(matches!(outbox.learn(&receipt(&batch[0], no.clone())), Some(Learnt::Stays(_))));
        assert!(matches!(outbox.learn(&receipt(&batch[1], no.clone())), Some(Learnt::Gone(_))));
        assert!(outbox.learn(&receipt(&batch[0], Verdict::Done)).is_none(), "the first outcome stands");
        assert_eq!(outbox.known(), 2);
        assert!(outbox.confirm(2, |_| false).gone.is_empty());
        let left = outbox.take(CommandId(Uuid::from_u128(1))).unwrap();
        assert_eq!(left.entry.words().unwrap().1.as_str(), "hello");
        assert_eq!(outbox.put(want(3, Command::Take)).envelope.n, 3, "a used number is never given again");
    }

    #[test]
    fn an_answer_leaves_only_when_a_pull_reflects_it() {
        let mut outbox = Outbox::default();
        outbox.put(want(1, answer(10)));
        let batch = outbox.batch(&mut Vec::new());
        outbox.learn(&receipt(&batch[0], Verdict::Done));
        assert!(outbox.entries()[0].is_open() && !outbox.has_unpushed() && outbox.has_unconfirmed());
        assert!(outbox.confirm(0, |_| false).gone.is_empty());
        assert_eq!(outbox.confirm(1, |_| true).gone.len(), 1);
    }

    #[test]
    fn words_without_an_outcome_are_kept_unless_they_are_seen_at_the_backend() {
        for there in [true, false] {
            let mut outbox = Outbox::default();
            outbox.put(want(1, answer(10)));
            outbox.batch(&mut Vec::new());
            outbox.confirm(1, |_| there);
            assert_eq!(outbox.entries().is_empty(), there);
        }
    }

    #[test]
    fn what_may_have_left_is_not_taken_out() {
        let mut outbox = Outbox::default();
        outbox.put(want(1, answer(10)));
        outbox.batch(&mut Vec::new());
        assert_eq!(outbox.take(CommandId(Uuid::from_u128(1))), Err(Kept::MayHaveLeft));
        assert_eq!(outbox.take(CommandId(Uuid::from_u128(9))), Err(Kept::NoSuch));
    }

    #[test]
    fn another_device_never_sends_again_what_may_have_left() {
        let mut outbox = Outbox::default();
        outbox.put(want(1, answer(10)));
        outbox.put(want(2, Command::Take));
        outbox.batch(&mut Vec::new());
        outbox.put(want(3, answer(11)));
        outbox.rebase();
        let batch = outbox.batch(&mut Vec::new());
        assert_eq!(batch.iter().map(|e| (e.n, e.id.0.as_u128())).collect::<Vec<_>>(), [(1, 3)]);
        assert!(matches!(outbox.entries()[0].standing(), OutboxStanding::Refused(_)), "its words are kept");
        assert_eq!(outbox.confirm(0, |_| false), Confirmed::default());
    }

    proptest! {
        #[test]
        fn the_counter_has_no_gaps_and_no_text_is_lost(steps in proptest::collection::vec((0u8..5, 0usize..8), 0..60)) {
            let mut outbox = Outbox::default();
            let (mut written, mut gone) = (0u128, 0usize);
            let mut pushed = 0;
            for (step, pick) in steps {
                match step {
                    0 | 1 => {
                        written += 1;
                        outbox.put(want(written, answer(1000 + written)));
                    }
                    2 => {
                        for envelope in outbox.batch(&mut Vec::new()) {
                            prop_assert!(envelope.n <= pushed + 1, "in order and without a gap");
                            pushed = pushed.max(envelope.n);
                        }
                    }
                    3 => {
                        let ids: Vec<_> = outbox.entries().iter().map(|e| e.envelope.id).collect();
                        if let Some(id) = ids.get(pick) && outbox.take(*id).is_ok() {
                            gone += 1;
                        }
                    }
                    _ => {
                        let first = outbox.entries().iter().find(|e| e.outcome.is_none() && e.tried).cloned();
                        if let Some(e) = first {
                            let no = pick % 2 == 0;
                            let verdict = if no { Verdict::Refused { rejection: Rejection::NotFound } } else { Verdict::Done };
                            outbox.learn(&receipt(&e.envelope, verdict));
                            gone += outbox.confirm(e.envelope.n, |_| true).gone.len();
                        }
                    }
                }
                let waiting: Vec<u64> =
                    outbox.entries().iter().filter(|e| e.outcome.is_none()).map(|e| e.envelope.n).collect();
                let wanted: Vec<u64> = (1..=outbox.last()).rev().take(waiting.len()).collect::<Vec<_>>().into_iter().rev().collect();
                prop_assert_eq!(waiting, wanted);
                prop_assert_eq!(outbox.entries().len() + gone, usize::try_from(written).unwrap());
            }
        }
    }
}
