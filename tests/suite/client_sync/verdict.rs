//! The verdict on a storm: what must hold while it goes on, what must be true in the calm after it, and what a restart would
//! bring back.

use std::collections::{BTreeMap, BTreeSet};

use comeback::client::handle::{LinkState, OutboxId};
use comeback::client::inbox::Beside;
use comeback::client::outbox::Entry;
use comeback::client::state::State;
use comeback::client::state::older::missing_before;
use comeback::client::sync::{Input, Wish};
use comeback::client::{inbox, replica};
use comeback::domain::command::Command;
use comeback::domain::id::{ConversationId, MessageId};
use comeback::domain::time::Timestamp;
use comeback::wire::changes::{Message, Snapshot};

use super::backend::WINDOW;
use super::{Client, Disk, World, at};

impl World {
    /// No text that a person wrote is anywhere but: on the screen, in the outbox, in a draft, or out of sight with its
    /// whole conversation after the backend had it.
    pub(super) fn check(&self, i: usize) {
        let client = &self.clients[i];
        let state = client.machine.state();
        let view = replica::replay(state, 1.0);
        let listed: BTreeSet<OutboxId> = inbox::outbox(&view).iter().map(|e| e.id).collect();
        let recalls =
            state.outbox.entries().iter().filter(|e| e.is_open() && listed.contains(&OutboxId::Command(e.envelope.id)));
        let recalling: BTreeSet<MessageId> = recalls
            .filter_map(|e| if let Command::Recall { message } = e.envelope.command { Some(message) } else { None })
            .collect();
        for (m, (c, words)) in &client.written {
            let entry = state.outbox.entries().iter().find(|e| e.words().is_some_and(|(id, _)| id == *m));
            let asked_back = recalling.contains(m);
            if let Some(entry) = entry {
                assert!(
                    asked_back || listed.contains(&OutboxId::Command(entry.envelope.id)),
                    "seed {}: not in the outbox",
                    self.seed
                );
            }
            let thread = inbox::thread(&view, *c, Beside::default(), Timestamp::MIN);
            let drawn = thread.as_ref().is_some_and(|t| t.messages.iter().any(|shown| shown.message.id == *m));
            let drafted = state.drafts.values().any(|d| d.contains(words.as_str()));
            // Taken back, and the backend not told yet: a draft, and no text on its way any more.
            let taken_back = view.recalled.contains(m) && drafted;
            if entry.is_some_and(Entry::is_open) && thread.is_some() {
                assert!(drawn || taken_back, "seed {}: {m}, a pending text, is not drawn", self.seed);
            }
            let elsewhere = self.is_history(state, *c, *m);
            assert!(drawn || drafted || entry.is_some() || elsewhere, "seed {}: {m} vanished", self.seed);
        }
        for entry in state.outbox.entries() {
            let unconfirmed = entry.is_open();
            assert!(!unconfirmed || entry.envelope.n >= 1);
        }
    }

    /// The backend has it, it is settled, and it is older than the newest messages that the feed sends: or the whole
    /// conversation is out of sight.
    fn is_history(&self, state: &State, c: ConversationId, m: MessageId) -> bool {
        let known = self.backend.messages.get(&c).and_then(|all| all.iter().find(|x| x.id == m));
        let (Some(known), Some(base)) = (known, state.base.get(&c)) else { return known.is_some() };
        let unsettled = base.state.answers.get(&m).is_some_and(|a| !a.state.is_settled());
        let oldest = base.messages.len().saturating_sub(WINDOW);
        !unsettled && base.messages.get(oldest).is_some_and(|first| known.n < first.n)
    }

    pub(super) fn agree(&self) -> bool {
        self.clients.iter().enumerate().all(|(i, client)| {
            let base = &client.machine.state().base;
            let theirs: BTreeSet<_> = self.backend.conversations.keys().filter(|c| self.backend.sees(i, **c)).collect();
            base.keys().collect::<BTreeSet<_>>() == theirs
                && base.iter().all(|(id, mine)| {
                    let wanted = self.backend.snapshot(*id);
                    let all = &self.backend.messages[id];
                    mine.state == wanted.state
                        && mine.number == wanted.number
                        && wanted.messages.iter().all(|m| mine.messages.contains(m))
                        && mine.messages.is_sorted_by_key(|m| m.n)
                        && mine.messages.iter().all(|m| all.iter().any(|x| x.id == m.id && x.body == m.body))
                        && is_whole(mine, all)
                })
        })
    }

    /// Everybody scrolls up to the first text of every conversation.
    pub(super) fn read_everything(&mut self) {
        for i in 0..self.clients.len() {
            let ids: Vec<ConversationId> = self.clients[i].machine.state().base.keys().copied().collect();
            for c in ids {
                for _ in 0..=self.backend.messages[&c].len() {
                    self.feed(i, Input::Wish(Wish::Older(c)));
                    while !self.wire.is_empty() {
                        self.deliver();
                    }
                }
                let mine = &self.clients[i].machine.state().base[&c];
                let ids = |list: &[Message]| list.iter().map(|m| m.id).collect::<Vec<_>>();
                let (mine, all) = (ids(&mine.messages), ids(&self.backend.messages[&c]));
                assert_eq!(mine, all, "seed {}: client {i} cannot read all of {c}", self.seed);
                self.older_read += all.len().saturating_sub(WINDOW);
            }
        }
    }

    pub(super) fn explain(&self) -> String {
        let of = |client: &Client| {
            let state = client.machine.state();
            format!("{:?} at {:?}, {:?}", client.machine.link(self.mono), state.cursor, state.outbox)
        };
        self.clients.iter().map(of).collect::<Vec<_>>().join("\n")
    }

    /// The conversations that each client knows, and those that a restart would bring back.
    pub(super) fn known(&self) -> Vec<BTreeMap<ConversationId, Snapshot>> {
        self.clients.iter().map(|c| c.machine.state().base.clone()).collect()
    }

    pub(super) fn written_down(&mut self) -> Vec<BTreeMap<ConversationId, Snapshot>> {
        let now = at(self.wall);
        let base = |client: &mut Client| match &mut client.disk {
            Disk::Memory(state) => state.base.clone(),
            Disk::File(cache, _) => cache.load(now).unwrap().base,
        };
        self.clients.iter_mut().map(base).collect()
    }

    pub(super) fn verdict(&self) {
        assert!(self.backend.ran.values().all(|n| *n == 1), "seed {}: a command ran twice", self.seed);
        let by_hand = |m: &MessageId| self.clients.iter().any(|c| c.again.contains(m));
        let twice = self.backend.accepted.iter().any(|(m, n)| *n > 1 && !by_hand(m));
        assert!(!twice, "seed {}: an answer was accepted twice", self.seed);
        for (i, client) in self.clients.iter().enumerate() {
            self.check(i);
            assert_eq!(client.machine.link(self.mono), LinkState::Online, "seed {}", self.seed);
            let state = client.machine.state();
            let view = replica::replay(state, 1.0);
            for id in state.base.keys() {
                assert_eq!(view.conversation(*id), Some(&state.base[id].state), "seed {}: nothing pending", self.seed);
            }
            for (m, (_, words)) in &client.written {
                let entry = state.outbox.entries().iter().any(|e| e.words().is_some_and(|(id, _)| id == *m));
                let drafted = state.drafts.values().any(|d| d.contains(words.as_str()));
                let there = self.backend.accepted.contains_key(m);
                assert!(entry || drafted || there, "seed {}: {m} is lost", self.seed);
            }
        }
    }
}

/// From where it says so, no text is missing and none is there twice.
fn is_whole(mine: &Snapshot, all: &[Message]) -> bool {
    let from = missing_before(mine).unwrap_or(0);
    let whole = mine.messages.iter().filter(|m| m.n >= from).map(|m| m.id);
    whole.eq(all.iter().filter(|m| m.n >= from).map(|m| m.id))
}
