//! Everything the client knows, in memory. The cache writes it down; a simulation runs it without files.
//!
//! **Invariant:** base changes only by a pull. Every change is also said as [`Write`]s, which the cache commits in one
//! transaction before anything that follows from them happens.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::handle::Toast;
use super::outbox::{Entry, Kept, Learnt, Outbox, Want};
use crate::domain::command::Command;
use crate::domain::contact::{Address, Body};
use crate::domain::context::Card;
use crate::domain::conversation::AnswerState;
use crate::domain::id::{CommandId, ConversationId, MessageId, RepId};
use crate::domain::playbook::Playbook;
use crate::domain::rejection::Rejection;
use crate::domain::time::Timestamp;
use crate::wire::changes::{Changes, HeadView, Message, Presence, Snapshot};
use crate::wire::command::{Receipt, Verdict};
use crate::wire::session::Session;

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
    /// Forget every conversation: the feed starts anew.
    DropBase,
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

/// When something was told, by the backend's clock.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Told {
    /// The instant.
    pub at: Timestamp,
    /// The backend's clock against the real one.
    pub pace: f64,
}

impl Told {
    /// How long ago something was, in real time: `just now`, `4 min ago`.
    fn age_of(self, since: Timestamp) -> String {
        let minute = 60_000.0 * self.pace.max(f64::MIN_POSITIVE);
        #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "minutes to read")]
        let minutes = (self.at.since(since).as_millis() as f64 / minute) as i64;
        match minutes {
            ..1 => "just now".to_owned(),
            1..60 => format!("{minutes} min ago"),
            _ => format!("{} h ago", minutes / 60),
        }
    }
}

/// What a page of the feed did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Applied {
    /// Conversations that changed.
    pub touched: Vec<ConversationId>,
    /// Lines for the person.
    pub toasts: Vec<Toast>,
}

const PARKED: &str = "needs your eye before it goes: see the Outbox (O)";

impl State {
    /// Takes note of who this device is. Another device of the same person starts its counter anew.
    pub fn sign_in(&mut self, session: &Session, out: &mut Vec<Write>) -> Result<(), NotTheOwner> {
        if let Some(before) = &self.session {
            if before.rep != session.rep {
                return Err(NotTheOwner { owner: before.rep.to_string(), other: session.rep.to_string() });
            }
            if before.device != session.device {
                let ids: Vec<CommandId> = self.outbox.entries().iter().map(|e| e.envelope.id).collect();
                self.outbox.rebase();
                out.extend(ids.into_iter().map(Write::EntryGone));
                out.extend(self.outbox.entries().iter().cloned().map(Box::new).map(Write::Entry));
                out.push(Write::Last(self.outbox.last()));
            }
        }
        if self.session.as_ref() != Some(session) {
            self.session = Some(session.clone());
            out.push(Write::Session(session.clone()));
        }
        Ok(())
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
        let snapshot = conversation.and_then(|c| self.base.get(&c));
        let name = snapshot.map(name_of).unwrap_or_default();
        let address = snapshot.map(|s| s.address.clone());
        let leaving = if let Command::Answer { body, .. } = &command { Some(body.clone()) } else { None };
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
                    && let (Some(c), Command::Answer { message, body, .. }) = (envelope.conversation, &envelope.command)
                {
                    self.recall(c, *message, keep_as_draft.then_some(body), envelope.seen, id, now, out);
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

    /// Puts a parked or refused command at the end again, under a new id and with fresh eyes.
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

    /// Learns outcomes, from a push or a pull, and says those that a person must hear of. `told` is when, by the
    /// backend's clock.
    pub fn learn(&mut self, receipts: &[Receipt], told: Told, out: &mut Vec<Write>) -> Vec<Toast> {
        let mut toasts = Vec::new();
        for receipt in receipts {
            let Some(learnt) = self.outbox.learn(receipt) else { continue };
            let entry = match learnt {
                Learnt::Stays(entry) => {
                    out.push(Write::Entry(Box::new(entry.clone())));
                    entry
                }
                Learnt::Gone(entry) => {
                    out.push(Write::EntryGone(entry.envelope.id));
                    entry
                }
            };
            match &receipt.verdict {
                Verdict::Done => {}
                Verdict::Parked { .. } => toasts.push(toast(&entry, PARKED)),
                Verdict::Refused { rejection } => {
                    if *rejection == Rejection::AlreadyLeft {
                        self.undo_redraft(&entry, out);
                    }
                    toasts.push(toast(&entry, &format!("{}. {}", self.refusal(rejection, told), rejection.hint())));
                }
            }
        }
        toasts
    }

    /// A refusal in words, with people by their names.
    fn refusal(&self, rejection: &Rejection, told: Told) -> String {
        if let Rejection::TakenBy { by, at } = rejection {
            return format!("taken by {} {}", self.rep_name(by), told.age_of(*at));
        }
        rejection.to_string()
    }

    fn rep_name<'a>(&'a self, rep: &'a RepId) -> &'a str {
        self.playbook.as_ref().map_or(rep.as_str(), |p| p.rep_name(rep))
    }

    /// A recall came too late: the words went out, so they are no draft.
    fn undo_redraft(&mut self, entry: &Entry, out: &mut Vec<Write>) {
        let (Some(c), Command::Recall { message }) = (entry.envelope.conversation, &entry.envelope.command) else {
            return;
        };
        let sent = self.base.get(&c).and_then(|s| s.messages.iter().find(|m| m.id == *message));
        let words = sent.and_then(|m| m.body.as_ref()).map(|b| b.as_str().to_owned());
        if words.is_some() && words.as_ref() == self.drafts.get(&c) {
            self.draft(c, String::new(), out);
        }
    }

    /// Applies a page, when it starts where the device stands; otherwise only its receipts are news.
    pub fn apply(&mut self, page: Changes, out: &mut Vec<Write>) -> Option<Applied> {
        let told = Told { at: page.server_time, pace: page.pace };
        let mut applied = Applied { touched: Vec::new(), toasts: self.learn(&page.receipts, told, out) };
        if page.since != self.cursor {
            return None;
        }
        if page.since.is_empty() {
            self.stale = Some(self.base.keys().copied().collect());
        }
        for id in page.removals {
            if self.base.remove(&id).is_some() {
                out.push(Write::Remove(id));
                applied.touched.push(id);
            }
        }
        for mut snapshot in page.upserts {
            let id = snapshot.state.id;
            let of_before = self.stale.as_mut().is_some_and(|stale| stale.remove(&id));
            let old = self.base.get(&id);
            applied.toasts.extend(old.and_then(|old| self.taken_over(old, &snapshot, told)));
            merge(old.filter(|_| !of_before), &mut snapshot);
            applied.touched.push(id);
            out.push(Write::Upsert(Box::new(snapshot.clone())));
            self.base.insert(id, snapshot);
        }
        if let Some(playbook) = page.playbook {
            let playbook = Arc::new(playbook);
            out.push(Write::Playbook(Arc::clone(&playbook)));
            self.playbook = Some(playbook);
        }
        if page.roster != self.roster {
            out.push(Write::Roster(page.roster.clone()));
            self.roster = page.roster;
        }
        applied.toasts.extend(self.witness(page.head, out));
        // A conversation stands on the page of its newest change: until the last page, what ran may still be to come.
        if !page.more {
            for id in self.stale.take().unwrap_or_default() {
                self.base.remove(&id);
                out.push(Write::Remove(id));
                applied.touched.push(id);
            }
            self.confirm(page.acked, out);
        }
        if page.cursor != self.cursor && self.stale.is_none() {
            out.push(Write::Cursor(page.cursor.clone()));
        }
        self.cursor = page.cursor;
        Some(applied)
    }

    fn confirm(&mut self, acked: u64, out: &mut Vec<Write>) {
        let base = &self.base;
        let seen = |message| base.values().any(|s| s.messages.iter().any(|m| m.id == message));
        let confirmed = self.outbox.confirm(acked, seen);
        out.extend(confirmed.gone.iter().map(|e| Write::EntryGone(e.envelope.id)));
        out.extend(confirmed.changed.into_iter().map(Box::new).map(Write::Entry));
    }

    /// The same place in the journal with another hash: somebody rewrote it.
    fn witness(&mut self, head: HeadView, out: &mut Vec<Write>) -> Option<Toast> {
        let before = self.head.as_ref();
        if before == Some(&head) {
            return None;
        }
        let rewritten = before.is_some_and(|b| b.seq == head.seq && b.hash != head.hash);
        out.push(Write::Head(head.clone()));
        self.head = Some(head);
        rewritten.then(|| Toast {
            text: "the backend's record changed under entries this machine had seen: tell an admin".to_owned(),
            loud: true,
            conversation: None,
        })
    }

    /// Somebody else acts on what was mine.
    fn taken_over(&self, old: &Snapshot, new: &Snapshot, told: Told) -> Option<Toast> {
        let me = &self.session.as_ref()?.rep;
        let (taker, at) = new.state.taker()?;
        if taker == me || old.state.assignee() != Some(me) {
            return None;
        }
        let text = format!("{}: taken by {} {}", name_of(new), self.rep_name(taker), told.age_of(at));
        Some(Toast { text, loud: false, conversation: Some(new.state.id) })
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

fn toast(entry: &Entry, what: &str) -> Toast {
    let to = if entry.name.is_empty() { String::new() } else { format!("{}: ", entry.name) };
    Toast { text: format!("{to}{what}"), loud: true, conversation: entry.envelope.conversation }
}

/// A snapshot brings the newest messages, and any older answer that is not settled. Older ones known from before are
/// kept in front of them, unless something is missing between.
fn merge(old: Option<&Snapshot>, new: &mut Snapshot) {
    let Some(old) = old.filter(|_| new.earlier) else { return };
    let Some(last) = new.messages.last() else { return };
    // Where the unbroken run of the newest begins.
    let mut first = last.n;
    for message in new.messages.iter().rev().skip(1) {
        let follows = message.n.saturating_add(1) == first;
        if !follows {
            break;
        }
        first = message.n;
    }
    let last_known = old.messages.last().map_or(0, |m| m.n);
    if last_known.saturating_add(1) < first {
        return;
    }
    // An answer that waited and is no answer of the conversation any more was taken back.
    let recalled = |m: &Message| {
        m.standing.as_ref().is_some_and(AnswerState::is_waiting) && !new.state.answers.contains_key(&m.id)
    };
    let brought = |m: &Message| new.messages.iter().any(|n| n.id == m.id);
    let known = old.messages.iter().filter(|m| m.n < first && !recalled(m) && !brought(m));
    let mut kept: Vec<Message> = known.cloned().collect();
    new.earlier = old.earlier;
    kept.append(&mut new.messages);
    kept.sort_by_key(|m| m.n);
    new.messages = kept;
}

/// The person's name; several names when several people share the number; the address when nobody is known.
pub fn name_of(snapshot: &Snapshot) -> String {
    let names: Vec<&str> = snapshot.cards.iter().map(|c: &Card| c.name.trim()).filter(|n| !n.is_empty()).collect();
    if names.is_empty() { address_text(&snapshot.address) } else { names.join(" or ") }
}

fn address_text(address: &Address) -> String {
    address.as_str().to_owned()
}
