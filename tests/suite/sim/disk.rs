//! The store under the simulated backend: the reference store, with a process that may die before or after a commit,
//! and a hand that can break a promise of the house to see whether the simulation notices.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use comeback::domain::contact::Address;
use comeback::domain::conversation::{AnswerState, Conversation};
use comeback::domain::id::{ConversationId, DeviceId, MessageId, NumberId, RepId};
use comeback::domain::playbook::Playbook;
use comeback::domain::time::Timestamp;
use comeback::journal::{Entry, Head};
use comeback::server::store::memory::MemoryStore;
use comeback::server::store::{
    Batch, CarrierLine, DedupeKey, Device, DueSend, Loaded, Page, PageQuery, People, Restored, Store, StoreError,
    Transaction, Waiting, Wants,
};
use comeback::wire::changes::Message;

/// A promise that is broken on purpose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Sabotage {
    /// All are kept.
    #[default]
    Nothing,
    /// A command that comes again runs again.
    ForgetReceipts,
    /// Opt-outs are not read.
    ForgetConsent,
    /// A text that a carrier delivers again is a new one.
    ForgetDeliveries,
    /// A text whose fate is unknown may be sent again.
    ForgetUnknown,
    /// Now and then the feed leaves out a conversation that changed.
    SkipSubjects,
    /// A stored entry is not what was sealed.
    EditJournal,
    /// The client's disk forgets what stands in the outbox.
    ForgetOutbox,
}

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
    pages: u32,
    receipts: BTreeSet<(DeviceId, u64)>,
    messages: BTreeSet<MessageId>,
}

impl Knobs {
    /// Whether the process dies here.
    fn dies(&mut self, at: Death) -> bool {
        let dies = self.death == Some(at);
        self.dead |= dies;
        dies
    }

    fn spoil_load(&self, wants: &Wants, loaded: &mut Loaded) {
        match self.sabotage {
            Sabotage::ForgetReceipts => {
                loaded.receipts.clear();
                for (device, ns) in &wants.devices {
                    if let (Some(state), Some(first)) = (loaded.devices.get_mut(device), ns.first()) {
                        state.last_n = state.last_n.min(first - 1);
                    }
                }
            }
            Sabotage::ForgetConsent => loaded.numbers.values_mut().for_each(|number| number.opted_out = None),
            Sabotage::ForgetDeliveries => loaded.duplicates.clear(),
            Sabotage::ForgetUnknown => {
                let answers = loaded.conversations.values_mut().flat_map(|l| l.state.answers.values_mut());
                for answer in answers.filter(|a| a.state == AnswerState::Unknown) {
                    answer.state = AnswerState::Held { not_before: Timestamp::MIN };
                }
            }
            Sabotage::Nothing | Sabotage::SkipSubjects | Sabotage::EditJournal | Sabotage::ForgetOutbox => {}
        }
    }

    /// Rows that stand already are left out: a forgetful program would have written them with another key.
    fn spoil_batch(&mut self, batch: &mut Batch) {
        match self.sabotage {
            Sabotage::ForgetReceipts => {
                batch.receipts.retain(|r| self.receipts.insert((r.device, r.receipt.n)));
                batch.messages.retain(|m| self.messages.insert(m.message.id));
            }
            Sabotage::ForgetDeliveries => batch.dedupe.clear(),
            Sabotage::EditJournal => {
                if let [first, _, ..] = batch.entries.as_mut_slice() {
                    first.body.push(b' ');
                }
            }
            Sabotage::Nothing
            | Sabotage::ForgetConsent
            | Sabotage::ForgetUnknown
            | Sabotage::SkipSubjects
            | Sabotage::ForgetOutbox => {}
        }
    }
}

/// The store. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(super) struct Disk {
    inner: MemoryStore,
    knobs: Arc<Mutex<Knobs>>,
}

impl Disk {
    pub(super) fn new(sabotage: Sabotage) -> Self {
        let disk = Self::default();
        disk.knobs.lock().unwrap().sabotage = sabotage;
        disk
    }

    /// The next commit is where this process dies.
    pub(super) fn die_at(&self, death: Death) {
        self.knobs.lock().unwrap().death = Some(death);
    }

    /// The next few transactions find the database held by somebody else.
    pub(super) fn busy(&self, times: u32) {
        self.knobs.lock().unwrap().busy = times;
    }

    /// Whether the process has died.
    pub(super) fn is_dead(&self) -> bool {
        self.knobs.lock().unwrap().dead
    }

    /// Another process opens it.
    pub(super) fn reopen(&self) {
        let mut knobs = self.knobs.lock().unwrap();
        (knobs.death, knobs.dead, knobs.busy) = (None, false, 0);
    }
}

struct Spoilt {
    inner: Box<dyn Transaction>,
    knobs: Arc<Mutex<Knobs>>,
}

#[async_trait]
impl Transaction for Spoilt {
    fn head(&self) -> &Head {
        self.inner.head()
    }

    async fn load(&mut self, wants: &Wants) -> Result<Loaded, StoreError> {
        let mut loaded = self.inner.load(wants).await?;
        self.knobs.lock().unwrap().spoil_load(wants, &mut loaded);
        Ok(loaded)
    }

    async fn commit(self: Box<Self>, mut batch: Batch) -> Result<(), StoreError> {
        let Self { inner, knobs } = *self;
        let dies = {
            let mut knobs = knobs.lock().unwrap();
            knobs.spoil_batch(&mut batch);
            knobs.dies(Death::BeforeCommit)
        };
        if dies {
            return std::future::pending().await;
        }
        inner.commit(batch).await?;
        let dies = knobs.lock().unwrap().dies(Death::AfterCommit);
        if dies { std::future::pending().await } else { Ok(()) }
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
        Ok(Box::new(Spoilt { inner: self.inner.begin().await?, knobs: Arc::clone(&self.knobs) }))
    }

    async fn page(&self, query: &PageQuery) -> Result<Page, StoreError> {
        let mut page = self.inner.page(query).await?;
        let mut knobs = self.knobs.lock().unwrap();
        knobs.pages += 1;
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
        if self.knobs.lock().unwrap().sabotage != Sabotage::ForgetUnknown {
            return self.inner.due_sends(now, limit).await;
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
        self.inner.head().await
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

    async fn unsettled(&self) -> Result<Vec<ConversationId>, StoreError> {
        self.inner.unsettled().await
    }

    async fn waiting(&self) -> Result<Waiting, StoreError> {
        self.inner.waiting().await
    }
}
