//! The store under the simulated backend: the reference store, with a process that may die before or after a commit,
//! and a hand that can break a promise of the house to see whether the simulation notices.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use comeback::clock::ManualClock;
use comeback::domain::contact::Address;
use comeback::domain::conversation::{Answer, AnswerState, Conversation};
use comeback::domain::id::{ConversationId, DeviceId, MessageId, NumberId, RepId};
use comeback::domain::playbook::Playbook;
use comeback::domain::roster::Roster;
use comeback::domain::time::Timestamp;
use comeback::domain::visibility::Principal;
use comeback::journal::{Entry, Head};
use comeback::server::store::memory::MemoryStore;
use comeback::server::store::{
    CarrierLine, DedupeKey, Device, DueSend, LineStop, Page, PageQuery, People, Restored, Store, StoreError,
    Transaction, Waiting,
};
use comeback::wire::changes::Message;

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
mod record;
mod rulings;
mod sabotage;
mod send_log;
mod sent;
mod transaction;

pub(super) use self::sabotage::Sabotage;
use self::transaction::Spoilt;

/// Where the process dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Death {
    BeforeCommit,
    AfterCommit,
}

#[derive(Debug, Default)]
struct Knobs {
    sabotage: Sabotage,
    death: Option<Death>,
    dead: bool,
    busy: u32,
    /// The next commit is on disk at once, but says so this many milliseconds late.
    slow: u64,
    pages: u32,
    /// Conversations of one page, and messages of one conversation.
    room: Option<(usize, usize)>,
    /// Backups that were restored.
    restored: u32,
    /// Since when, by the world's clock, answers stand in `sending`.
    sending: BTreeMap<MessageId, Timestamp>,
    receipts: BTreeSet<(DeviceId, u64)>,
    messages: BTreeSet<MessageId>,
    /// Numbers that nothing leaves from, as they stand.
    stops: Vec<LineStop>,
    /// Answers, so that none is forgotten.
    kept: BTreeMap<(ConversationId, MessageId), Answer>,
}

impl Knobs {
    /// Whether the process dies here.
    fn dies(&mut self, at: Death) -> bool {
        let dies = self.death == Some(at);
        self.dead |= dies;
        dies
    }

    fn note_sending(&mut self, standings: &[(MessageId, Option<AnswerState>)], now: Timestamp) {
        for (message, standing) in standings {
            if *standing == Some(AnswerState::Sending) {
                self.sending.insert(*message, now);
            } else {
                self.sending.remove(message);
            }
        }
    }
}

/// The store. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Disk {
    inner: MemoryStore,
    /// The world's clock, whatever the backend's says.
    truth: Arc<ManualClock>,
    knobs: Arc<Mutex<Knobs>>,
}

impl Disk {
    pub(super) fn new(sabotage: Sabotage, truth: Arc<ManualClock>, room: Option<(usize, usize)>) -> Self {
        let knobs = Arc::new(Mutex::new(Knobs { sabotage, room, ..Knobs::default() }));
        Self { inner: MemoryStore::default(), truth, knobs }
    }

    /// The next commit is where this process dies.
    pub(super) fn die_at(&self, death: Death) {
        self.knobs.lock().unwrap().death = Some(death);
    }

    /// The next few transactions find the database held by somebody else.
    pub(super) fn busy(&self, times: u32) {
        self.knobs.lock().unwrap().busy = times;
    }

    /// The next commit takes its time.
    pub(super) fn slow(&self, ms: u64) {
        self.knobs.lock().unwrap().slow = ms;
    }

    /// The process dies here and now.
    pub(super) fn kill(&self) {
        let mut knobs = self.knobs.lock().unwrap();
        (knobs.death, knobs.dead) = (Some(Death::BeforeCommit), true);
    }

    /// Cursors of before mean nothing any more, as after a restored backup. What it held is not undone.
    pub(super) fn restored(&self) {
        self.knobs.lock().unwrap().restored += 1;
    }

    /// How many backups were restored.
    pub(super) fn how_often_restored(&self) -> usize {
        self.knobs.lock().unwrap().restored as usize
    }

    /// Since when an answer stands in `sending`, by the world's clock.
    pub(super) fn in_sending_since(&self, message: MessageId) -> Option<Timestamp> {
        self.knobs.lock().unwrap().sending.get(&message).copied()
    }

    /// Whether a number is stopped.
    pub(super) fn is_stopped(&self, number: &Address, now: Timestamp) -> bool {
        self.knobs.lock().unwrap().stops.iter().any(|stop| stop.number == *number && stop.holds(now))
    }

    /// Whether the process has died.
    pub(super) fn is_dead(&self) -> bool {
        self.knobs.lock().unwrap().dead
    }

    /// Another process opens it.
    pub(super) fn reopen(&self) {
        let mut knobs = self.knobs.lock().unwrap();
        (knobs.death, knobs.dead, knobs.busy, knobs.slow) = (None, false, 0, 0);
    }
}

#[async_trait]
impl Store for Disk {
    async fn begin(&self) -> Result<Box<dyn Transaction>, StoreError> {
        {
            let mut knobs = self.knobs.lock().unwrap();
            if knobs.busy > 0 {
                knobs.busy -= 1;
                return Err(StoreError::Busy);
            }
        }
        let (truth, knobs) = (Arc::clone(&self.truth), Arc::clone(&self.knobs));
        Ok(Box::new(Spoilt { inner: self.inner.begin().await?, truth, knobs }))
    }

    async fn page(&self, query: &PageQuery) -> Result<Page, StoreError> {
        let mut query = query.clone();
        // The verdict reads everything; clients read page by page.
        if let Some((limit, messages)) = self.knobs.lock().unwrap().room.filter(|_| query.limit != usize::MAX) {
            (query.limit, query.messages) = (limit, messages);
        }
        let mut page = self.inner.page(&query).await?;
        let mut knobs = self.knobs.lock().unwrap();
        knobs.pages += 1;
        page.epoch += knobs.restored;
        if knobs.sabotage == Sabotage::LosePages && page.more {
            (page.more, page.through) = (false, page.head.seq);
        }
        if knobs.sabotage == Sabotage::SkipSubjects && query.since > 0 && knobs.pages.is_multiple_of(5) {
            page.subjects.pop();
        }
        Ok(page)
    }

    async fn messages(
        &self,
        conversation: ConversationId,
        before: u64,
        limit: usize,
    ) -> Result<Option<(Conversation, Vec<Message>)>, StoreError> {
        self.inner.messages(conversation, before, limit).await
    }

    async fn due(&self, now: Timestamp, limit: usize) -> Result<(Vec<ConversationId>, Option<Timestamp>), StoreError> {
        self.inner.due(now, limit).await
    }

    async fn due_sends(&self, now: Timestamp, limit: usize) -> Result<(Vec<DueSend>, Option<Timestamp>), StoreError> {
        let sabotage = self.knobs.lock().unwrap().sabotage;
        match sabotage {
            Sabotage::HoldSends => return Ok((Vec::new(), None)),
            Sabotage::ForgetUnknown => {}
            _ => return self.inner.due_sends(now, limit).await,
        }
        let (mut due, next) = self.inner.due_sends(now, limit).await?;
        due.extend(self.inner.open_sends(limit).await?);
        Ok((due, next))
    }

    async fn open_sends(&self, limit: usize) -> Result<Vec<DueSend>, StoreError> {
        self.inner.open_sends(limit).await
    }

    async fn out_sends(&self, since: Timestamp, until: Timestamp, limit: usize) -> Result<Vec<DueSend>, StoreError> {
        self.inner.out_sends(since, until, limit).await
    }

    async fn entries(&self, after: u64, limit: usize) -> Result<Vec<Entry>, StoreError> {
        self.inner.entries(after, limit).await
    }

    async fn head(&self) -> Result<(Head, u32), StoreError> {
        let (head, epoch) = self.inner.head().await?;
        Ok((head, epoch + self.knobs.lock().unwrap().restored))
    }

    async fn playbook_of(&self, version: u32) -> Result<Option<Playbook>, StoreError> {
        self.inner.playbook_of(version).await
    }

    async fn delivered(&self, id: &str) -> Result<Option<(MessageId, ConversationId)>, StoreError> {
        self.inner.delivered(id).await
    }

    async fn playbook(&self) -> Result<Option<Playbook>, StoreError> {
        self.inner.playbook().await
    }

    async fn put_cards(&self, people: &[People], at: Timestamp) -> Result<(), StoreError> {
        self.inner.put_cards(people, at).await
    }

    async fn unmatched(&self, limit: usize) -> Result<Vec<ConversationId>, StoreError> {
        self.inner.unmatched(limit).await
    }

    async fn stale_numbers(
        &self,
        older_than: Timestamp,
        limit: usize,
    ) -> Result<Vec<(NumberId, Address, Vec<ConversationId>)>, StoreError> {
        self.inner.stale_numbers(older_than, limit).await
    }

    async fn put_invite(&self, hash: [u8; 32], rep: &RepId, expires: Timestamp) -> Result<(), StoreError> {
        self.inner.put_invite(hash, rep, expires).await
    }

    async fn invited(&self, invite: [u8; 32], now: Timestamp) -> Result<Option<RepId>, StoreError> {
        self.inner.invited(invite, now).await
    }

    async fn redeem(
        &self,
        invite: [u8; 32],
        now: Timestamp,
        device: DeviceId,
        name: &str,
        token: [u8; 32],
    ) -> Result<Option<Device>, StoreError> {
        self.inner.redeem(invite, now, device, name, token).await
    }

    async fn device(&self, token: [u8; 32]) -> Result<Option<Device>, StoreError> {
        self.inner.device(token).await
    }

    async fn devices(&self) -> Result<Vec<Device>, StoreError> {
        self.inner.devices().await
    }

    async fn revoke(&self, rep: &RepId) -> Result<u32, StoreError> {
        self.inner.revoke(rep).await
    }

    async fn put_line(&self, line: &CarrierLine) -> Result<(), StoreError> {
        self.inner.put_line(line).await
    }

    async fn remove_line(&self, number: &Address) -> Result<bool, StoreError> {
        self.inner.remove_line(number).await
    }

    async fn lines(&self) -> Result<Vec<CarrierLine>, StoreError> {
        self.inner.lines().await
    }

    async fn unseen(&self, keys: &[DedupeKey]) -> Result<Vec<DedupeKey>, StoreError> {
        self.inner.unseen(keys).await
    }

    async fn forget_outcomes(&self, older_than: Timestamp, limit: usize) -> Result<usize, StoreError> {
        self.inner.forget_outcomes(older_than, limit).await
    }

    async fn address(&self, number: NumberId) -> Result<Option<Address>, StoreError> {
        self.inner.address(number).await
    }

    async fn restores(&self) -> Result<Vec<Restored>, StoreError> {
        self.inner.restores().await
    }

    async fn roster(&self) -> Result<Roster, StoreError> {
        self.inner.roster().await
    }

    async fn open_seen_by(&self, principal: &Principal) -> Result<Vec<Conversation>, StoreError> {
        self.inner.open_seen_by(principal).await
    }

    async fn unsettled(&self) -> Result<Vec<ConversationId>, StoreError> {
        self.inner.unsettled().await
    }

    async fn waiting(&self) -> Result<Waiting, StoreError> {
        self.inner.waiting().await
    }
}
