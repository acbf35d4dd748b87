//! What this person wants and the backend has not confirmed yet, in order.
//!
//! **Invariant:** the outbox changes only by the person, or by a pull that acknowledges. The counter `n` has no gaps:
//! only what has never left may be taken out of the middle, and what stands behind it has never left either. A text is
//! never lost: a refused one stays here with its reason until the person drops it, and one of a sign-in before until the
//! person has looked.

use serde::{Deserialize, Serialize};

use super::handle::{Doubt, OutboxStanding};
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
    /// Set when its sign-in ended before a pull confirmed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doubt: Option<Doubt>,
    /// To whom, for the screen; kept because the conversation may go out of sight.
    pub name: String,
    /// To which number.
    pub address: Option<Address>,
}

impl Entry {
    /// Where it stands, for the screen.
    pub fn standing(&self) -> OutboxStanding {
        if let Some(doubt) = self.doubt {
            return OutboxStanding::Doubtful(doubt);
        }
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
        self.doubt.is_none() && self.would_show()
    }

    fn would_show(&self) -> bool {
        match &self.outcome {
            None | Some(Verdict::Done) => true,
            Some(Verdict::Parked { .. }) => parks_at_backend(&self.envelope.command),
            Some(Verdict::Refused { .. }) => false,
        }
    }

    /// Whether it stays with the device until the person decides.
    pub fn needs_eye(&self) -> bool {
        self.doubt.is_some() || matches!(self.outcome, Some(Verdict::Parked { .. } | Verdict::Refused { .. }))
    }

    /// Whether it is to be pushed, or was and nothing is known of it yet.
    pub const fn waits(&self) -> bool {
        self.outcome.is_none() && self.doubt.is_none()
    }

    /// Its place in the queue. Those of a sign-in before stand first, in the order in which they were wanted.
    const fn place(&self) -> (u64, Timestamp, CommandId) {
        (self.envelope.n, self.envelope.issued_at, self.envelope.id)
    }

    /// Whether it is of use without the sign-in it was made under. What is about another entry is not, nor is who was
    /// away then: the words of a text that was asked back are a draft, one that was parked still says so.
    const fn outlives_its_sign_in(&self) -> bool {
        !matches!(self.envelope.command, Command::Recall { .. } | Command::Release { .. } | Command::Away { .. })
    }

    /// Its words, when it brings any.
    pub fn words(&self) -> Option<(MessageId, &Body)> {
        self.envelope.command.content()
    }
}

/// Whether a parked command of this kind stands in its conversation rather than with the device.
const fn parks_at_backend(command: &Command) -> bool {
    command.answer().is_some() || matches!(command, Command::Release { .. })
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
        entries.sort_by_key(Entry::place);
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
        let brings = |e: &&Entry| e.is_open() && e.envelope.command.answer() == Some(message);
        self.entries.iter().find(brings).map(|e| e.envelope.id)
    }

    /// The entry of a sign-in before that brings these words.
    pub fn doubted(&self, message: MessageId) -> Option<CommandId> {
        let brings = |e: &&Entry| e.doubt.is_some() && e.words().is_some_and(|(m, _)| m == message);
        self.entries.iter().find(brings).map(|e| e.envelope.id)
    }

    /// The last `n` given out.
    pub const fn last(&self) -> u64 {
        self.last
    }

    /// The largest `n` up to which every outcome is known.
    pub fn known(&self) -> u64 {
        let open = self.entries.iter().find(|e| e.waits());
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
        let Want { name, address, .. } = want;
        self.entries.push(Entry { envelope, tried: false, outcome: None, doubt: None, name, address });
        self.entries.last().expect("BUG: an entry was just put in")
    }

    /// The next envelopes to push. They count as tried from here on; `marked` names those that did not before.
    pub fn batch(&mut self, marked: &mut Vec<CommandId>) -> Vec<Envelope> {
        let mut batch = Vec::new();
        for entry in self.entries.iter_mut().filter(|e| e.waits()).take(BATCH) {
            if !entry.tried {
                entry.tried = true;
                marked.push(entry.envelope.id);
            }
            batch.push(entry.envelope.clone());
        }
        batch
    }

    /// The backend said that it took nothing of the push which first brought these: they never left after all.
    pub fn was_not_taken(&mut self, first_brought: &[CommandId]) -> Vec<Entry> {
        let theirs = self.entries.iter_mut().filter(|e| e.waits() && first_brought.contains(&e.envelope.id));
        theirs
            .map(|entry| {
                entry.tried = false;
                entry.clone()
            })
            .collect()
    }

    /// Whether something waits to be pushed.
    pub fn has_unpushed(&self) -> bool {
        self.entries.iter().any(Entry::waits)
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
        if !entry.waits() || !entry.tried {
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
            if entry.doubt.is_some() {
                // The text itself is the only sign that speaks of another sign-in's command.
                if entry.words().is_some_and(|(message, _)| in_base(message)) {
                    confirmed.gone.push(entry);
                } else {
                    self.entries.push(entry);
                }
                continue;
            }
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

    /// Starts the counter anew for another device. What no pull has confirmed waits for the person's eye, whatever is
    /// known of it: a backend brought back from a backup may hold another past, and a text or a "done" must not go into
    /// that by itself.
    pub fn rebase(&mut self) -> Rebased {
        self.last = 0;
        let mut rebased = Rebased::default();
        for mut entry in std::mem::take(&mut self.entries) {
            // Below every living `n`, so that no receipt or acknowledgement of the new device can mean it.
            entry.envelope.n = 0;
            entry.envelope.after = 0;
            if entry.needs_eye() && !entry.is_open() {
                self.entries.push(entry);
            } else if entry.outlives_its_sign_in() {
                entry.doubt = Some(match (&entry.outcome, entry.tried) {
                    (Some(_), _) => Doubt::Accepted,
                    (None, true) => Doubt::OnItsWay,
                    (None, false) => Doubt::NeverLeft,
                });
                rebased.doubtful += 1;
                self.entries.push(entry);
            } else {
                rebased.let_go += 1;
            }
        }
        self.entries.sort_by_key(Entry::place);
        rebased
    }
}

/// What became of the queue under a new sign-in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rebased {
    /// Entries that wait for the person's eye because of it.
    pub doubtful: usize,
    /// Entries that are of no use any more, and not sent.
    pub let_go: usize,
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
mod tests;
