//! Reading the tables in memory: pages of the feed, and what leaves.

use std::collections::BTreeMap;
use std::convert::Infallible;

use super::super::{DueSend, Page, PageQuery, Subject, one_page};
use super::Tables;
use crate::domain::answering::Answering;
use crate::domain::contact::{Address, Body};
use crate::domain::id::{ConversationId, MessageId, NumberId};
use crate::wire::changes::Message;
use crate::wire::command::Receipt;

impl Tables {
    pub(super) fn newest(&self, id: ConversationId, before: u64, limit: usize) -> Vec<Message> {
        let all = self.messages.get(&id).into_iter().flat_map(|m| m.range(..before)).map(|(_, m)| m.clone());
        let all: Vec<Message> = all.collect();
        all[all.len().saturating_sub(limit)..].to_vec()
    }

    pub(super) fn page(&self, query: &PageQuery) -> Page {
        let mut changed: BTreeMap<ConversationId, u64> = BTreeMap::new();
        for ((principal, id), seq) in &self.audience {
            if query.principals.contains(principal) && *seq > query.since {
                let at = changed.entry(*id).or_insert(*seq);
                *at = (*at).max(*seq);
            }
        }
        let mut changed: Vec<_> = changed.into_iter().collect();
        changed.sort_unstable_by_key(|(id, seq)| (*seq, *id));
        let first = |n| Ok::<_, Infallible>(changed.iter().take(n).copied().collect());
        let Ok((changed, more)) = one_page(query.limit, first);
        let through = if more { changed.last().map_or(query.since, |(_, seq)| *seq) } else { self.head.seq };
        let of_device = (query.device, 0)..=(query.device, u64::MAX);
        let decided = self.receipts.range(of_device).filter(|(_, (_, seq, _))| *seq <= through);
        let receipts: Vec<Receipt> = decided.map(|(_, (receipt, ..))| receipt.clone()).collect();
        // The last page reflects all that was ever run, also what no outcome is kept of.
        let last_n = self.states.get(&query.device).filter(|_| !more).map_or(0, |state| state.last_n);
        Page {
            head: self.head,
            epoch: self.epoch(),
            subjects: changed.iter().map(|(id, _)| self.subject(*id, query.messages)).collect(),
            through,
            more,
            acked: receipts.last().map_or(0, |r| r.n).max(last_n),
            receipts: receipts.into_iter().filter(|r| r.n > query.known).collect(),
            roster: self.roster.clone(),
            loads: self.loads(),
            playbook_version: self.playbook.as_ref().map_or(0, |p| p.version),
        }
    }

    pub(super) fn epoch(&self) -> u32 {
        self.restores.last().map_or(1, |restored| restored.epoch)
    }

    pub(super) fn subject(&self, id: ConversationId, messages: usize) -> Subject {
        let (state, seq, total) = self.conversations[&id].clone();
        let newest = self.newest(id, u64::MAX, messages);
        let first = newest.first().map_or(0, |m| m.n);
        let unsettled = |m: &Message| state.answers.get(&m.id).is_some_and(|answer| !answer.state.is_settled());
        let all = self.messages.get(&id).into_iter().flat_map(|m| m.range(..first)).map(|(_, m)| m);
        let mut messages: Vec<Message> = all.filter(|m| unsettled(m)).cloned().collect();
        messages.extend(newest);
        Subject {
            address: self.address(state.number),
            number: self.numbers[&state.number].clone(),
            read: self.cards.contains_key(&state.number),
            cards: self.cards.get(&state.number).map(|(cards, _)| cards.clone()).unwrap_or_default(),
            messages,
            answering: self.answered_by(id),
            state,
            seq,
            total,
        }
    }

    /// The campaign's text that the newest reply of a conversation may answer.
    pub(super) fn answered_by(&self, id: ConversationId) -> Option<Answering> {
        let (c, ..) = self.conversations.get(&id)?;
        self.answered(&self.address(c.number), &c.line, c.last_inbound?)
    }

    pub(super) fn address(&self, number: NumberId) -> Address {
        let found = self.addresses.iter().find(|(_, id)| **id == number).map(|(a, _)| a.clone());
        found.expect("BUG: every number has an address in this store")
    }

    pub(super) fn send(&self, message: MessageId, conversation: ConversationId) -> Option<DueSend> {
        let (c, ..) = self.conversations.get(&conversation)?;
        let (_, n) = self.places.get(&message)?;
        let text = self.messages.get(&conversation)?.get(n)?;
        Some(DueSend {
            message,
            conversation,
            to: self.address(c.number),
            line: c.line.clone(),
            body: text.body.clone().unwrap_or_else(|| Body::new("")),
            at: text.at,
        })
    }
}
