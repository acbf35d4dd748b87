//! The store under the simulated backend: the reference store, with a process that may die before or after a commit,
//! and a hand that can break a promise of the house to see whether the simulation notices.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use comeback::clock::{Clock as _, ManualClock};
use comeback::domain::answering::Answering;
use comeback::domain::contact::Address;
use comeback::domain::context::Card;
use comeback::domain::conversation::{Answer, AnswerState, Conversation};
use comeback::domain::id::{ConversationId, DeviceId, MessageId, NumberId, RepId};
use comeback::domain::playbook::Playbook;
use comeback::domain::roster::Roster;
use comeback::domain::sla::Stage;
use comeback::domain::time::Timestamp;
use comeback::domain::visibility::Principal;
use comeback::journal::{Entry, Head};
use comeback::server::store::memory::MemoryStore;
use comeback::server::store::policy::{Kept, Kind, Mark, PolicyStore};
use comeback::server::store::{
    ApiKey, Asked, Batch, CampaignSend, CarrierLine, DedupeKey, Device, DueSend, LineStop, Loaded, Page, PageQuery,
    People, Restored, SendLog, Store, StoreError, Transaction, Waiting, Wants,
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
mod record;
mod rulings;
mod sent;

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
    /// It does not know that a number is on hold.
    ForgetHolds,
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
    /// The last page of the feed is said to be the one before it.
    LosePages,
    /// No answer is ever due.
    HoldSends,
    /// A warning that came is forgotten, and comes again.
    ForgetWarnings,
    /// An answer that was taken back is in the store as it was.
    ForgetRecalls,
    /// Between the decision to send and the call to the carrier there are three seconds.
    Dawdle,
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
            Sabotage::ForgetConsent => loaded.numbers.values_mut().for_each(comeback::domain::consent::Number::opt_in),
            Sabotage::ForgetHolds => loaded.numbers.values_mut().for_each(|number| number.hold = None),
            Sabotage::ForgetDeliveries => loaded.duplicates.clear(),
            Sabotage::ForgetUnknown => {
                let answers = loaded.conversations.values_mut().flat_map(|l| l.state.answers.values_mut());
                for answer in answers.filter(|a| a.state == AnswerState::Unknown) {
                    answer.state = AnswerState::Held { not_before: answer.at, waits: None };
                }
            }
            Sabotage::ForgetWarnings => {
                let clocks = loaded.conversations.values_mut().filter_map(|l| l.state.clock.as_mut());
                for clock in clocks.filter(|clock| clock.stage == Stage::Warned) {
                    clock.stage = Stage::Running;
                }
            }
            _ => {}
        }
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

    /// Rows that stand already are left out: a forgetful program would have written them with another key.
    fn spoil_batch(&mut self, batch: &mut Batch) {
        match self.sabotage {
            Sabotage::ForgetReceipts => {
                batch.receipts.retain(|r| self.receipts.insert((r.device, r.receipt.n)));
                batch.messages.retain(|m| self.messages.insert(m.message.id));
            }
            Sabotage::ForgetDeliveries => batch.dedupe.clear(),
            Sabotage::ForgetRecalls => {
                let before = self.kept.clone();
                for write in &mut batch.conversations {
                    let known = before.iter().filter(|((c, _), _)| *c == write.state.id);
                    for ((_, message), answer) in known {
                        write.state.answers.entry(*message).or_insert_with(|| answer.clone());
                    }
                    let answers = write.state.answers.iter();
                    self.kept.extend(answers.map(|(m, a)| ((write.state.id, *m), a.clone())));
                }
                batch.standings.retain(|(_, standing)| standing.is_some());
                batch.sends.retain(|send| send.not_before.is_some() || send.open);
            }
            Sabotage::EditJournal => {
                if let [first, _, ..] = batch.entries.as_mut_slice() {
                    first.body.push(b' ');
                }
            }
            _ => {}
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

struct Spoilt {
    inner: Box<dyn Transaction>,
    truth: Arc<ManualClock>,
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
        let Self { inner, truth, knobs } = *self;
        let dies = {
            let mut knobs = knobs.lock().unwrap();
            knobs.spoil_batch(&mut batch);
            knobs.dies(Death::BeforeCommit)
        };
        if dies {
            return std::future::pending().await;
        }
        let standings = batch.standings.clone();
        inner.commit(batch).await?;
        let (dies, slow) = {
            let mut knobs = knobs.lock().unwrap();
            knobs.note_sending(&standings, truth.now());
            (knobs.dies(Death::AfterCommit), std::mem::take(&mut knobs.slow))
        };
        if dies {
            return std::future::pending().await;
        }
        tokio::time::sleep(Duration::from_millis(slow)).await;
        Ok(())
    }
}

#[async_trait]
impl PolicyStore for Disk {
    async fn version_in_force(&self) -> Result<u32, StoreError> {
        self.inner.version_in_force().await
    }

    async fn marks(&self) -> Result<Vec<Mark>, StoreError> {
        self.inner.marks().await
    }

    async fn kept(&self, kind: Kind) -> Result<Option<Kept>, StoreError> {
        self.inner.kept(kind).await
    }

    async fn armed(
        &self,
        after: Option<(Timestamp, ConversationId)>,
        limit: usize,
    ) -> Result<Vec<(Timestamp, ConversationId)>, StoreError> {
        self.inner.armed(after, limit).await
    }

    async fn cards_of(&self, numbers: &BTreeSet<NumberId>) -> Result<BTreeMap<NumberId, Vec<Card>>, StoreError> {
        self.inner.cards_of(numbers).await
    }

    async fn addresses_of(&self, numbers: &BTreeSet<NumberId>) -> Result<BTreeMap<NumberId, Address>, StoreError> {
        self.inner.addresses_of(numbers).await
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

#[async_trait]
impl SendLog for Disk {
    async fn put_sends(&self, sends: &[CampaignSend]) -> Result<Vec<bool>, StoreError> {
        self.inner.put_sends(sends).await
    }

    async fn answered(&self, asked: &Asked) -> Result<Option<Answering>, StoreError> {
        self.inner.answered(asked).await
    }

    async fn put_api_key(&self, token: [u8; 32], name: &str, at: Timestamp) -> Result<(), StoreError> {
        self.inner.put_api_key(token, name, at).await
    }

    async fn api_key(&self, token: [u8; 32]) -> Result<Option<ApiKey>, StoreError> {
        self.inner.api_key(token).await
    }

    async fn api_keys(&self) -> Result<Vec<ApiKey>, StoreError> {
        self.inner.api_keys().await
    }

    async fn revoke_api_key(&self, name: &str) -> Result<u32, StoreError> {
        self.inner.revoke_api_key(name).await
    }
}
