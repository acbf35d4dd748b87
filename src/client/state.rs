//! Everything the client knows, in memory. The cache writes it down; a simulation runs it without files.
//!
//! **Invariant:** base changes only by a pull. Every change is also said as [`Write`]s, which the cache commits in one
//! transaction before anything that follows from them happens.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::handle::{Toast, Weight};
use super::outbox::{Entry, Kept, Outbox, Rebased, Want};
use super::while_away::Leave;
use crate::domain::command::Command;
use crate::domain::contact::{Address, Body};
use crate::domain::context::Card;
use crate::domain::id::{CommandId, ConversationId, MessageId, ScheduleId};
use crate::domain::oncall::Override;
use crate::domain::playbook::Playbook;
use crate::domain::time::Timestamp;
use crate::domain::writer;
use crate::wire::changes::{HeadView, Presence, Snapshot};
use crate::wire::session::Session;

mod notes;
pub mod older;
pub mod rest;
mod told;

pub use told::{Applied, Told};

/// One thing to write down.
#[derive(Clone, Debug, PartialEq)]
pub enum Write {
    /// Who this device is.
    Session(Session),
    /// Where the device stands in the feed.
    Cursor(String),
    /// The policy.
    Playbook(Arc<Playbook>),
    /// Colleagues.
    Roster(Vec<Presence>),
    /// Who has which shift by an override.
    OnCall(BTreeMap<ScheduleId, Vec<Override>>),
    /// This person's last absence.
    Leave(Leave),
    /// Forget every conversation: the policy they were read with is lost.
    DropBase,
    /// The feed starts anew: every conversation is of before, until an upsert brings it.
    AllStale,
    /// The feed has started anew: forget what it did not bring.
    DropStale,
    /// A conversation as it is now, with every message known of it.
    Upsert(Box<Snapshot>),
    /// A conversation out of sight.
    Remove(ConversationId),
    /// An entry of the outbox as it stands.
    Entry(Box<Entry>),
    /// An entry that left the outbox.
    EntryGone(CommandId),
    /// The last `n` given out.
    Last(u64),
    /// A draft; empty forgets it.
    Draft(ConversationId, String),
    /// Texts of the buyer this person has seen.
    Seen(ConversationId, u64),
    /// An alert that was raised, so that it is not raised again.
    Alerted(String, Timestamp),
    /// A failed answer the person needs no more to see in the outbox.
    Dismissed(MessageId),
    /// A head of the journal this device witnessed.
    Head(HeadView),
}

/// Everything the client knows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    /// Who this device is.
    pub session: Option<Session>,
    /// Where it stands in the feed; empty before the first sync.
    pub cursor: String,
    /// Conversations as the last pull left them.
    pub base: BTreeMap<ConversationId, Snapshot>,
    /// The policy.
    pub playbook: Option<Arc<Playbook>>,
    /// Colleagues.
    pub roster: Vec<Presence>,
    /// Who has which shift by an override, as last told.
    pub on_call: BTreeMap<ScheduleId, Vec<Override>>,
    /// This person's last absence, once there was one.
    pub leave: Option<Leave>,
    /// What is not confirmed.
    pub outbox: Outbox,
    /// Unsent words by conversation.
    pub drafts: BTreeMap<ConversationId, String>,
    /// Texts seen by conversation.
    pub seen: BTreeMap<ConversationId, u64>,
    /// Alerts already raised, and when.
    pub alerted: BTreeMap<String, Timestamp>,
    /// Failed answers out of the outbox.
    pub dismissed: BTreeSet<MessageId>,
    /// The newest head witnessed.
    pub head: Option<HeadView>,
    /// While the feed starts anew: conversations of before that no page has brought yet. They stay on the screen until
    /// the last page, and the cursor is written down only then, so that a crash in between starts anew again.
    pub stale: Option<BTreeSet<ConversationId>>,
    /// Conversations that a feed which starts anew has brought so far.
    pub brought: u64,
    /// Conversations of which only the tail of their messages is in memory.
    pub cut: BTreeSet<ConversationId>,
}

/// The signed-in person is not the one whose cache this is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this profile belongs to {owner}, and the token to {other}: use another profile for {other}")]
pub struct NotTheOwner {
    /// Whose cache it is.
    pub owner: String,
    /// Whose token it is.
    pub other: String,
}

impl State {
    /// Takes note of who this device is. Another device of the same person starts its counter anew; what the old one
    /// left unconfirmed needs the person's eye, and they are told so.
    pub fn sign_in(&mut self, session: &Session, out: &mut Vec<Write>) -> Result<Option<Toast>, NotTheOwner> {
        let mut toast = None;
        if let Some(before) = &self.session {
            if before.rep != session.rep {
                return Err(NotTheOwner { owner: before.rep.to_string(), other: session.rep.to_string() });
            }
            if before.device != session.device {
                let ids: Vec<CommandId> = self.outbox.entries().iter().map(|e| e.envelope.id).collect();
                toast = left_behind(self.outbox.rebase());
                out.extend(ids.into_iter().map(Write::EntryGone));
                out.extend(self.outbox.entries().iter().cloned().map(Box::new).map(Write::Entry));
                out.push(Write::Last(self.outbox.last()));
            }
        }
        if self.session.as_ref() != Some(session) {
            self.session = Some(session.clone());
            out.push(Write::Session(session.clone()));
        }
        Ok(toast)
    }

    /// Puts a command into the outbox. Words that leave as a text are no draft any more; a draft of other words stays
    /// one.
    pub fn put(
        &mut self,
        id: CommandId,
        conversation: Option<ConversationId>,
        seen: u64,
        command: Command,
        now: Timestamp,
        out: &mut Vec<Write>,
    ) {
        self.begin_leave(&command, now, out);
        let snapshot = conversation.and_then(|c| self.base.get(&c));
        let name = snapshot.map(name_of).unwrap_or_default();
        let address = snapshot.map(|s| s.address.clone());
        let leaving = command.content().filter(|(id, _)| command.answer() == Some(*id)).map(|(_, body)| body.clone());
        let entry = self.outbox.put(Want { id, conversation, seen, issued_at: now, command, name, address });
        out.push(Write::Entry(Box::new(entry.clone())));
        out.push(Write::Last(self.outbox.last()));
        if let Some(c) = conversation {
            self.see(c, seen, out);
            let drafted = self.drafts.get(&c).map(|d| d.trim());
            if leaving.zip(drafted).is_some_and(|(body, draft)| body.as_str().contains(draft)) {
                self.draft(c, String::new(), out);
            }
        }
    }

    /// Keeps a draft; empty forgets it.
    pub fn draft(&mut self, conversation: ConversationId, text: String, out: &mut Vec<Write>) {
        let before = self.drafts.get(&conversation).map_or("", String::as_str);
        if before == text {
            return;
        }
        out.push(Write::Draft(conversation, text.clone()));
        if text.is_empty() {
            self.drafts.remove(&conversation);
        } else {
            self.drafts.insert(conversation, text);
        }
    }

    /// Takes a failed answer out of the outbox.
    pub fn dismiss(&mut self, message: MessageId, out: &mut Vec<Write>) {
        if self.dismissed.insert(message) {
            out.push(Write::Dismissed(message));
        }
    }

    /// Makes words a draft again, before whatever was begun since.
    pub fn redraft(&mut self, conversation: ConversationId, words: &str, out: &mut Vec<Write>) {
        let begun = self.drafts.get(&conversation).cloned().unwrap_or_default();
        let text = if begun.is_empty() || begun == words { words.to_owned() } else { format!("{words}\n{begun}") };
        self.draft(conversation, text, out);
    }

    /// Takes note of how far this person has read. Never goes back.
    pub fn see(&mut self, conversation: ConversationId, seen: u64, out: &mut Vec<Write>) {
        let known = self.seen.entry(conversation).or_default();
        if seen > *known {
            *known = seen;
            out.push(Write::Seen(conversation, seen));
        }
    }

    /// Takes a command back that has not been settled: out of the outbox when it never left, by a recall when it is an
    /// answer that may have. `id` names that recall.
    pub fn take_back(
        &mut self,
        entry: CommandId,
        keep_as_draft: bool,
        id: CommandId,
        now: Timestamp,
        out: &mut Vec<Write>,
    ) {
        match self.outbox.take(entry) {
            Ok(taken) => {
                out.push(Write::EntryGone(entry));
                out.extend(taken.moved.into_iter().map(Box::new).map(Write::Entry));
                out.push(Write::Last(self.outbox.last()));
                if let (Some(c), Some((_, words)), true) =
                    (taken.entry.envelope.conversation, taken.entry.words(), keep_as_draft)
                {
                    self.redraft(c, words.as_str(), out);
                }
            }
            Err(Kept::MayHaveLeft) => {
                let envelope = self.outbox.get(entry).map(|e| e.envelope.clone());
                if let Some(envelope) = envelope
                    && let (Some(c), Some(message)) = (envelope.conversation, envelope.command.answer())
                    && let Some((_, body)) = envelope.command.content()
                {
                    self.recall(c, message, keep_as_draft.then_some(body), envelope.seen, id, now, out);
                }
            }
            Err(Kept::NoSuch) => {}
        }
    }

    /// Takes an answer back at the backend, once.
    #[expect(clippy::too_many_arguments, reason = "each is one fact of the recall, and a struct would be used once")]
    pub fn recall(
        &mut self,
        conversation: ConversationId,
        message: MessageId,
        draft: Option<&Body>,
        seen: u64,
        id: CommandId,
        now: Timestamp,
        out: &mut Vec<Write>,
    ) {
        let command = Command::Recall { message };
        if self.outbox.entries().iter().any(|e| e.is_open() && e.envelope.command == command) {
            return;
        }
        if let Some(body) = draft {
            self.redraft(conversation, body.as_str(), out);
        }
        self.put(id, Some(conversation), seen, command, now, out);
    }

    /// Puts a command that needs the person's eye at the end again, under a new id and with fresh eyes.
    pub fn put_again(&mut self, entry: CommandId, id: CommandId, now: Timestamp, out: &mut Vec<Write>) {
        let again = self.outbox.get(entry).is_some_and(|e| e.needs_eye() && !e.is_open());
        let Some(taken) = again.then(|| self.outbox.take(entry).ok()).flatten() else { return };
        out.push(Write::EntryGone(entry));
        let envelope = taken.entry.envelope;
        let newest = envelope.conversation.and_then(|c| self.base.get(&c)).map_or(envelope.seen, |s| s.state.inbound);
        let begun = envelope.conversation.and_then(|c| self.drafts.get(&c).cloned());
        self.put(id, envelope.conversation, newest, envelope.command, now, out);
        // Sending an old text again is not sending what was begun since.
        if let (Some(c), Some(begun)) = (envelope.conversation, begun) {
            self.draft(c, begun, out);
        }
    }

    /// Where in the base an answer stands.
    pub fn find_answer(&self, message: MessageId) -> Option<(ConversationId, &Snapshot)> {
        self.base.iter().find(|(_, s)| s.state.answers.contains_key(&message)).map(|(id, s)| (*id, s))
    }

    /// The words of a message of the base.
    pub fn words_of(&self, message: MessageId) -> Option<&Body> {
        let (_, snapshot) = self.find_answer(message)?;
        snapshot.messages.iter().find(|m| m.id == message)?.body.as_ref()
    }
}

/// What a new sign-in did to the outbox, for the person.
fn left_behind(Rebased { doubtful, let_go }: Rebased) -> Option<Toast> {
    let eye = match doubtful {
        0 => String::new(),
        1 => " 1 waits for your eye in the Outbox (O).".to_owned(),
        n => format!(" {n} wait for your eye in the Outbox (O)."),
    };
    let gone = match let_go {
        0 => String::new(),
        n => format!(" Not sent any more: {n} (taking back, sending anyway, away)."),
    };
    let text = format!("Signed in anew: nothing of before goes by itself.{eye}{gone}");
    (doubtful + let_go > 0).then_some(Toast { text, weight: Weight::Loud, conversation: None })
}

/// The person's name; several names when several people share the number; the address when nobody is known.
pub fn name_of(snapshot: &Snapshot) -> String {
    let names: Vec<&str> = writer::cards(&snapshot.state, &snapshot.cards)
        .iter()
        .map(|c: &Card| c.name.trim())
        .filter(|n| !n.is_empty())
        .collect();
    if names.is_empty() { address_text(&snapshot.address) } else { names.join(" or ") }
}

fn address_text(address: &Address) -> String {
    address.as_str().to_owned()
}
