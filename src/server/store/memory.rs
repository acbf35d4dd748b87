//! The reference store, and the simulator's: plain maps behind one lock. What it does is what the others must do.

mod blocks;
mod card;
mod consent;
mod crm_write;
mod departures;
mod keys;
mod lines;
mod media;
mod notices;
mod past;
mod policy;
mod read;
mod record;
mod restored;
mod rulings;
mod sends;
mod sent;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::{Mutex, OwnedMutexGuard};

use super::{
    ApiKey, Batch, CampaignSend, CarrierLine, DedupeKey, Device, DeviceState, DueSend, LineStop, Loaded, Loading, Page,
    PageQuery, People, Restored, SendWrite, Store, StoreError, Transaction, Waiting, Wants,
};
use crate::domain::consent::Number;
use crate::domain::contact::{Address, Body};
use crate::domain::context::Card;
use crate::domain::conversation::{AnswerState, Conversation};
use crate::domain::id::{CommandId, ConversationId, DeviceId, MessageId, NumberId, RepId};
use crate::domain::playbook::Playbook;
use crate::domain::roster::Roster;
use crate::domain::time::Timestamp;
use crate::domain::visibility::Principal;
use crate::journal::{Entry, Head};
use crate::wire::changes::Message;
use crate::wire::command::Receipt;

/// A store in memory.
#[derive(Clone, Debug, Default)]
pub struct MemoryStore(Arc<Mutex<Tables>>);

#[derive(Clone, Debug, Default)]
struct Tables {
    head: Head,
    entries: Vec<Arc<Entry>>,
    roster: Roster,
    playbook: Option<Arc<Playbook>>,
    playbooks: BTreeMap<u32, Arc<Playbook>>,
    addresses: BTreeMap<Address, NumberId>,
    numbers: BTreeMap<NumberId, Number>,
    cards: BTreeMap<NumberId, (Vec<Card>, Timestamp)>,
    crm: card::Beside,
    conversations: BTreeMap<ConversationId, (Conversation, u64, u64)>,
    messages: BTreeMap<ConversationId, BTreeMap<u64, Message>>,
    places: BTreeMap<MessageId, (ConversationId, u64)>,
    audience: BTreeMap<(Principal, ConversationId), u64>,
    sends: BTreeMap<MessageId, SendWrite>,
    devices: BTreeMap<DeviceId, (Device, [u8; 32])>,
    states: BTreeMap<DeviceId, DeviceState>,
    receipts: BTreeMap<(DeviceId, u64), (Receipt, u64, Timestamp)>,
    commands: BTreeSet<CommandId>,
    invites: BTreeMap<[u8; 32], (RepId, Timestamp)>,
    dedupe: BTreeMap<DedupeKey, MessageId>,
    lines: BTreeMap<Address, CarrierLine>,
    line_stops: BTreeMap<Address, LineStop>,
    campaign_sends: BTreeMap<(String, String), CampaignSend>,
    api_keys: BTreeMap<[u8; 32], ApiKey>,
    unmatched: BTreeSet<ConversationId>,
    restores: Vec<Restored>,
    notices: BTreeMap<uuid::Uuid, super::notice::NoticeRow>,
    rulings: Vec<super::ruling::RulingWrite>,
    departures: Vec<super::departure::Departure>,
    past: BTreeMap<(String, String), super::past::PastReply>,
    reaches: BTreeMap<RepId, super::notice::Reach>,
    ledger: BTreeMap<u64, super::consent::LedgerWrite>,
    beside: BTreeMap<super::policy::Kind, super::policy::Kept>,
    media: BTreeMap<(MessageId, u32), media::Row>,
    crm_read: Option<u64>,
    crm_writes: BTreeMap<uuid::Uuid, super::crm_write::CrmRow>,
}

struct MemoryTransaction {
    head: Head,
    tables: OwnedMutexGuard<Tables>,
}

#[async_trait]
impl Transaction for MemoryTransaction {
    fn head(&self) -> &Head {
        &self.head
    }

    async fn load(&mut self, wants: &Wants) -> Result<Loaded, StoreError> {
        let mut loaded = self.tables.load(wants);
        self.tables.load_beside(wants, &mut loaded);
        Ok(loaded)
    }

    async fn commit(mut self: Box<Self>, batch: Batch) -> Result<(), StoreError> {
        let mut after = self.tables.clone();
        after.write(batch)?;
        *self.tables = after;
        Ok(())
    }
}

impl Tables {
    fn load(&self, wants: &Wants) -> Loaded {
        let mut numbers: BTreeSet<NumberId> = BTreeSet::new();
        numbers.extend(wants.addresses.iter().filter_map(|a| self.addresses.get(a)));
        let messages: BTreeMap<MessageId, ConversationId> =
            wants.messages.iter().filter_map(|m| Some((*m, self.places.get(m)?.0))).collect();
        let wanted = wants.conversations.iter().chain(messages.values());
        numbers.extend(wanted.filter_map(|id| Some(self.conversations.get(id)?.0.number)));
        let of = |id: &ConversationId| numbers.contains(&self.conversations[id].0.number);
        Loaded {
            addresses: self
                .addresses
                .iter()
                .filter(|(_, id)| numbers.contains(id))
                .map(|(a, n)| (a.clone(), *n))
                .collect(),
            numbers: self
                .numbers
                .iter()
                .filter(|(id, _)| numbers.contains(id))
                .map(|(id, n)| (*id, n.clone()))
                .collect(),
            cards: numbers.iter().filter_map(|id| Some((*id, self.cards.get(id)?.0.clone()))).collect(),
            read: numbers.iter().filter_map(|id| Some((*id, self.read_at(id)?))).collect(),
            conversations: self
                .conversations
                .iter()
                .filter(|(id, _)| of(id))
                .map(|(id, (state, _, messages))| (*id, Loading { state: state.clone(), messages: *messages }))
                .collect(),
            messages,
            words: wants.words.iter().filter_map(|id| Some((*id, self.words(*id)?))).collect(),
            answering: wants
                .answering
                .iter()
                .filter_map(|(key, (from, line, at))| Some((key.clone(), self.answered(from, line, *at)?)))
                .collect(),
            answered: wants.answered.iter().filter_map(|id| Some((*id, self.answered_by(*id)?))).collect(),
            duplicates: wants.dedupe.iter().filter(|key| self.dedupe.contains_key(key)).cloned().collect(),
            devices: wants.devices.keys().filter_map(|d| Some((*d, self.states.get(d)?.clone()))).collect(),
            receipts: wants
                .devices
                .iter()
                .flat_map(|(d, ns)| ns.iter().map(|n| (*d, *n)))
                .filter_map(|key| Some((key, self.receipts.get(&key)?.0.clone())))
                .collect(),
            roster: self.roster.clone(),
            loads: self.loads(),
            playbook_version: self.playbook.as_ref().map_or(0, |p| p.version),
            playbook: self.playbook.as_deref().filter(|p| p.version != wants.playbook).cloned(),
            ..Loaded::default()
        }
    }

    fn words(&self, id: MessageId) -> Option<Body> {
        let (conversation, n) = self.places.get(&id)?;
        self.messages.get(conversation)?.get(n)?.body.clone()
    }

    fn loads(&self) -> BTreeMap<RepId, u32> {
        let mut loads = BTreeMap::new();
        for rep in self.conversations.values().filter(|(c, ..)| !c.is_done()).filter_map(|(c, ..)| c.assignee()) {
            *loads.entry(rep.clone()).or_insert(0) += 1;
        }
        loads
    }

    fn write(&mut self, batch: Batch) -> Result<(), StoreError> {
        for entry in batch.entries {
            if (entry.seq, entry.prev) != (self.head.seq + 1, self.head.hash) {
                return Err(StoreError::Conflict("entry".to_owned()));
            }
            self.head = Head { seq: entry.seq, hash: entry.hash, at: entry.at };
            self.entries.push(Arc::new(entry));
        }
        self.roster = batch.roster.unwrap_or_else(|| std::mem::take(&mut self.roster));
        if let Some(playbook) = batch.playbook.map(Arc::new) {
            self.playbooks.insert(playbook.version, Arc::clone(&playbook));
            self.playbook = Some(playbook);
        }
        self.put_beside(batch.beside);
        for (id, address) in batch.addresses {
            if self.addresses.insert(address, id).is_some() {
                return Err(StoreError::Conflict("number.address".to_owned()));
            }
            self.numbers.insert(id, Number::new(id));
        }
        self.numbers.extend(batch.numbers.into_iter().map(|n| (n.id, n)));
        self.put_ledger(batch.ledger);
        for c in batch.conversations {
            let id = c.state.id;
            self.audience.extend(c.audience.into_iter().map(|p| ((p, id), c.seq)));
            self.conversations.insert(id, (c.state, c.seq, c.messages));
        }
        for m in batch.messages {
            let place = (m.conversation, m.message.n);
            if self.places.insert(m.message.id, place).is_some() {
                return Err(StoreError::Conflict("message.id".to_owned()));
            }
            self.messages.entry(m.conversation).or_default().insert(m.message.n, m.message);
        }
        for (id, standing) in batch.standings {
            let Some((conversation, n)) = self.places.get(&id).copied() else { continue };
            let messages = self.messages.entry(conversation).or_default();
            if standing.is_none() {
                self.places.remove(&id);
                messages.remove(&n);
            } else if let Some(message) = messages.get_mut(&n) {
                message.standing = standing;
            }
        }
        for s in batch.sends {
            if s.is_over() {
                self.sends.remove(&s.message);
            } else {
                self.sends.insert(s.message, s);
            }
        }
        for r in batch.receipts {
            if !self.commands.insert(r.receipt.id) {
                return Err(StoreError::Conflict("receipt.id".to_owned()));
            }
            if self.receipts.insert((r.device, r.receipt.n), (r.receipt, r.seq, r.at)).is_some() {
                return Err(StoreError::Conflict("receipt".to_owned()));
            }
        }
        self.states.extend(batch.devices);
        self.restored(batch.restore);
        media::write(self, batch.media);
        self.put_notices(&batch.notices);
        self.rulings.extend(batch.rulings);
        self.depart(batch.departures);
        self.unmatched.retain(|id| !batch.matched.contains(id));
        for (key, message) in batch.dedupe {
            if self.dedupe.insert(key, message).is_some() {
                return Err(StoreError::Conflict("dedupe".to_owned()));
            }
        }
        Ok(())
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn begin(&self) -> Result<Box<dyn Transaction>, StoreError> {
        let tables = Arc::clone(&self.0).lock_owned().await;
        Ok(Box::new(MemoryTransaction { head: tables.head, tables }))
    }

    async fn page(&self, query: &PageQuery) -> Result<Page, StoreError> {
        Ok(self.0.lock().await.page(query))
    }

    async fn messages(
        &self,
        conversation: ConversationId,
        before: u64,
        limit: usize,
    ) -> Result<Option<(Conversation, Vec<Message>)>, StoreError> {
        let tables = self.0.lock().await;
        let found = tables.conversations.get(&conversation).map(|(c, ..)| c.clone());
        Ok(found.map(|c| (c, tables.newest(conversation, before, limit))))
    }

    async fn due(&self, now: Timestamp, limit: usize) -> Result<(Vec<ConversationId>, Option<Timestamp>), StoreError> {
        let tables = self.0.lock().await;
        let mut all: Vec<_> =
            tables.conversations.iter().filter_map(|(id, (c, ..))| Some((c.next_deadline()?, *id))).collect();
        all.sort_unstable();
        let next = all.iter().map(|(at, _)| *at).find(|at| *at > now);
        let due = all.into_iter().take_while(|(at, _)| *at <= now).take(limit).map(|(_, id)| id).collect();
        Ok((due, next))
    }

    async fn due_sends(&self, now: Timestamp, limit: usize) -> Result<(Vec<DueSend>, Option<Timestamp>), StoreError> {
        let tables = self.0.lock().await;
        let next = tables.sends.values().filter_map(|s| s.not_before).filter(|at| *at > now).min();
        let mut first: BTreeMap<ConversationId, (Timestamp, MessageId)> = BTreeMap::new();
        // One that is not due yet, as a text put off till tomorrow, holds back no other.
        let waits = |s: &&SendWrite| s.out.is_none() && (s.open || s.not_before.is_some_and(|at| at <= now));
        for s in tables.sends.values().filter(waits) {
            let Some(send) = tables.send(s.message, s.conversation) else { continue };
            // One whose fate is open stands before all that wait.
            let place = (if s.open { Timestamp::MIN } else { send.at }, s.message);
            let at = first.entry(s.conversation).or_insert(place);
            *at = (*at).min(place);
        }
        let due = first.values().filter_map(|(_, m)| Some((tables.sends[m].not_before.filter(|at| *at <= now)?, *m)));
        let due: BTreeSet<(Timestamp, MessageId)> = due.collect();
        let sends = due.iter().take(limit).filter_map(|(_, m)| tables.send(*m, tables.sends[m].conversation));
        Ok((sends.collect(), next))
    }

    async fn open_sends(&self, limit: usize) -> Result<Vec<DueSend>, StoreError> {
        let tables = self.0.lock().await;
        let open = tables.sends.values().filter(|s| s.open).take(limit);
        Ok(open.filter_map(|s| tables.send(s.message, s.conversation)).collect())
    }

    async fn out_sends(&self, since: Timestamp, until: Timestamp, limit: usize) -> Result<Vec<DueSend>, StoreError> {
        let tables = self.0.lock().await;
        let out = tables.sends.values().filter_map(|s| Some((s.out?, s.message, s.conversation)));
        let out: BTreeSet<_> = out.filter(|(at, ..)| (since..=until).contains(at)).collect();
        Ok(out.into_iter().rev().take(limit).filter_map(|(_, m, c)| tables.send(m, c)).collect())
    }

    async fn entries(&self, after: u64, limit: usize) -> Result<Vec<Entry>, StoreError> {
        let tables = self.0.lock().await;
        Ok(tables.entries.iter().filter(|e| e.seq > after).take(limit).map(|e| (**e).clone()).collect())
    }

    async fn head(&self) -> Result<(Head, u32), StoreError> {
        let tables = self.0.lock().await;
        Ok((tables.head, tables.epoch()))
    }

    async fn playbook(&self) -> Result<Option<Playbook>, StoreError> {
        Ok(self.0.lock().await.playbook.as_deref().cloned())
    }

    async fn playbook_of(&self, version: u32) -> Result<Option<Playbook>, StoreError> {
        Ok(self.0.lock().await.playbooks.get(&version).map(|p| (**p).clone()))
    }

    async fn delivered(&self, id: &str) -> Result<Option<(MessageId, ConversationId)>, StoreError> {
        let tables = self.0.lock().await;
        let is_ours = |key: &DedupeKey| {
            tables.lines.values().any(|line| line.provider == key.provider && line.account == key.account)
        };
        let message = tables.dedupe.iter().find(|(key, _)| key.id == id && is_ours(key)).map(|(_, message)| *message);
        Ok(message.and_then(|message| Some((message, tables.places.get(&message)?.0))))
    }

    async fn put_cards(&self, people: &[People], at: Timestamp) -> Result<(), StoreError> {
        card::put_cards(&mut *self.0.lock().await, people, at);
        Ok(())
    }

    async fn unmatched(&self, limit: usize) -> Result<Vec<ConversationId>, StoreError> {
        Ok(self.0.lock().await.unmatched.iter().take(limit).copied().collect())
    }

    async fn stale_numbers(
        &self,
        older_than: Timestamp,
        limit: usize,
    ) -> Result<Vec<(NumberId, Address, Vec<ConversationId>)>, StoreError> {
        let tables = self.0.lock().await;
        let wrote = |id: &NumberId| tables.conversations.values().any(|(c, ..)| c.number == *id);
        let is_stale = |id: &NumberId| {
            tables.cards.get(id).map_or_else(|| wrote(id), |(_, at)| *at < older_than || tables.crm.is_stale(id))
        };
        let stale = tables.addresses.iter().filter(|(_, id)| is_stale(id));
        let of = |id: NumberId| tables.conversations.values().filter(move |(c, ..)| c.number == id).map(|(c, ..)| c.id);
        Ok(stale.take(limit).map(|(address, id)| (*id, address.clone(), of(*id).collect())).collect())
    }

    async fn put_invite(&self, hash: [u8; 32], rep: &RepId, expires: Timestamp) -> Result<(), StoreError> {
        self.0.lock().await.invites.insert(hash, (rep.clone(), expires));
        Ok(())
    }

    async fn invited(&self, invite: [u8; 32], now: Timestamp) -> Result<Option<RepId>, StoreError> {
        let tables = self.0.lock().await;
        Ok(tables.invites.get(&invite).filter(|(_, expires)| *expires > now).map(|(rep, _)| rep.clone()))
    }

    async fn redeem(
        &self,
        invite: [u8; 32],
        now: Timestamp,
        device: DeviceId,
        name: &str,
        token: [u8; 32],
    ) -> Result<Option<Device>, StoreError> {
        let mut tables = self.0.lock().await;
        let valid = tables.invites.get(&invite).is_some_and(|(_, expires)| *expires > now);
        let Some((rep, _)) = valid.then(|| tables.invites.remove(&invite)).flatten() else { return Ok(None) };
        let made = Device { id: device, rep, name: name.to_owned(), created: now, revoked: false };
        tables.devices.insert(device, (made.clone(), token));
        tables.states.insert(device, DeviceState::default());
        Ok(Some(made))
    }

    async fn device(&self, token: [u8; 32]) -> Result<Option<Device>, StoreError> {
        let tables = self.0.lock().await;
        let found = tables.devices.values().find(|(d, t)| *t == token && !d.revoked);
        Ok(found.map(|(d, _)| d.clone()))
    }

    async fn devices(&self) -> Result<Vec<Device>, StoreError> {
        let mut all: Vec<Device> = self.0.lock().await.devices.values().map(|(d, _)| d.clone()).collect();
        all.sort_by(|a, b| (&a.rep, a.created).cmp(&(&b.rep, b.created)));
        Ok(all)
    }

    async fn revoke(&self, rep: &RepId) -> Result<u32, StoreError> {
        let mut tables = self.0.lock().await;
        tables.invites.retain(|_, (invited, _)| invited != rep);
        let mut revoked = 0;
        for (device, _) in tables.devices.values_mut().filter(|(d, _)| d.rep == *rep && !d.revoked) {
            device.revoked = true;
            revoked += 1;
        }
        Ok(revoked)
    }

    async fn put_line(&self, line: &CarrierLine) -> Result<(), StoreError> {
        self.0.lock().await.lines.insert(line.number.clone(), line.clone());
        Ok(())
    }

    async fn remove_line(&self, number: &Address) -> Result<bool, StoreError> {
        Ok(self.0.lock().await.lines.remove(number).is_some())
    }

    async fn lines(&self) -> Result<Vec<CarrierLine>, StoreError> {
        Ok(self.0.lock().await.lines.values().cloned().collect())
    }

    async fn unseen(&self, keys: &[DedupeKey]) -> Result<Vec<DedupeKey>, StoreError> {
        let tables = self.0.lock().await;
        Ok(keys.iter().filter(|key| !tables.dedupe.contains_key(key)).cloned().collect())
    }

    async fn forget_outcomes(&self, older_than: Timestamp, limit: usize) -> Result<usize, StoreError> {
        let tables = &mut *self.0.lock().await;
        let old = tables.receipts.iter().filter(|(_, (_, _, at))| *at < older_than);
        let old: BTreeSet<_> = old.map(|(key, (_, _, at))| (*at, *key)).collect();
        let gone: Vec<_> = old.into_iter().take(limit).filter_map(|(_, key)| tables.receipts.remove(&key)).collect();
        for (receipt, ..) in &gone {
            tables.commands.remove(&receipt.id);
        }
        Ok(gone.len())
    }

    async fn address(&self, number: NumberId) -> Result<Option<Address>, StoreError> {
        let tables = self.0.lock().await;
        Ok(tables.addresses.iter().find(|(_, id)| **id == number).map(|(address, _)| address.clone()))
    }

    async fn restores(&self) -> Result<Vec<Restored>, StoreError> {
        Ok(self.0.lock().await.restores.clone())
    }

    async fn roster(&self) -> Result<Roster, StoreError> {
        Ok(self.0.lock().await.roster.clone())
    }

    async fn open_seen_by(&self, principal: &Principal) -> Result<Vec<Conversation>, StoreError> {
        let tables = self.0.lock().await;
        let seen = tables.audience.keys().filter(|(by, _)| by == principal).map(|(_, id)| id);
        let found = seen.filter_map(|id| tables.conversations.get(id)).map(|(c, ..)| c);
        Ok(found.filter(|c| !c.is_done()).cloned().collect())
    }

    async fn unsettled(&self) -> Result<Vec<ConversationId>, StoreError> {
        let waits = |state: &AnswerState| {
            matches!(state, AnswerState::Held { .. } | AnswerState::Parked { .. } | AnswerState::Sending)
        };
        let tables = self.0.lock().await;
        let found = tables.conversations.values().filter(|(c, ..)| c.answers.values().any(|a| waits(&a.state)));
        Ok(found.map(|(c, ..)| c.id).collect())
    }

    async fn waiting(&self) -> Result<Waiting, StoreError> {
        let tables = self.0.lock().await;
        let mut waiting = Waiting::default();
        for message in tables.messages.values().flat_map(BTreeMap::values) {
            match message.standing {
                Some(AnswerState::Unknown) => waiting.unknown += 1,
                Some(AnswerState::Parked { .. }) => waiting.parked += 1,
                Some(AnswerState::Held { .. } | AnswerState::Sending | AnswerState::Out { .. }) | None => {}
            }
        }
        Ok(waiting)
    }
}
