//! Where facts are kept. One trait; the conformance suite in `tests/suite/store.rs` is its contract.
//!
//! **Invariants:** a transaction that was not committed leaves nothing; whoever holds one holds the head row, so order
//! is given under the lock that commits it; a commit that returned is on disk.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;

use crate::domain::answering::Answering;
use crate::domain::consent::Number;
use crate::domain::contact::{Address, Body};
use crate::domain::context::Card;
use crate::domain::conversation::{AnswerState, Conversation};
use crate::domain::id::{ConversationId, DeviceId, LineId, MessageId, NumberId, RepId};
use crate::domain::playbook::Playbook;
use crate::domain::roster::Roster;
use crate::domain::time::Timestamp;
use crate::domain::visibility::Principal;
use crate::journal::{Entry, Head};
use crate::wire::changes::Message;
use crate::wire::command::Receipt;

pub mod block;
pub mod card;
pub mod consent;
pub mod crm_write;
pub mod departure;
mod error;
pub mod key;
mod line;
pub mod media;
pub mod memory;
pub mod migrate;
pub mod notice;
mod page;
pub mod past;
pub mod policy;
pub mod record;
mod restore;
pub mod ruling;
mod sends;
pub mod sent;
pub mod sqlite;

pub use self::error::StoreError;
use self::error::of_everybody;
pub use self::line::{CarrierLine, LineExtra, LineStop, LineStore};
pub(crate) use self::page::one_page;
pub use self::page::{Page, PageQuery, Subject};
pub use self::restore::{RestoreWrite, Restored};
pub use self::sends::{ApiKey, Asked, CampaignSend, SendLog};

/// What a group of commands needs to look at. For every address, number, message or conversation the store loads the
/// number with its consent, its CRM cards and all its conversations.
#[derive(Clone, Debug, Default)]
pub struct Wants {
    /// Buyers who texted.
    pub addresses: BTreeSet<Address>,
    /// Conversations commands are about.
    pub conversations: BTreeSet<ConversationId>,
    /// Texts that callbacks are about.
    pub messages: BTreeSet<MessageId>,
    /// Texts whose words are wanted.
    pub words: BTreeSet<MessageId>,
    /// Deliveries of carriers that may have come before.
    pub dedupe: BTreeSet<DedupeKey>,
    /// Deliveries whose reply looks for the text it answers.
    pub answering: BTreeMap<DedupeKey, Asked>,
    /// Conversations whose newest reply does.
    pub answered: BTreeSet<ConversationId>,
    /// Devices, each with the `n` of the commands it sent.
    pub devices: BTreeMap<DeviceId, BTreeSet<u64>>,
    /// The version of the playbook at hand: another one in force comes along.
    pub playbook: u32,
    /// Policies beside it that are wanted.
    pub beside: policy::WantsBeside,
}

/// What the store found.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    /// Numbers by address.
    pub addresses: BTreeMap<Address, NumberId>,
    /// Numbers.
    pub numbers: BTreeMap<NumberId, Number>,
    /// What the CRM said of them.
    pub cards: BTreeMap<NumberId, Vec<Card>>,
    /// When it was read; nothing of what the CRM said has changed since.
    pub read: BTreeMap<NumberId, Timestamp>,
    /// Conversations: those wanted, and all others of the same numbers.
    pub conversations: BTreeMap<ConversationId, Loading>,
    /// Which conversation a text is in.
    pub messages: BTreeMap<MessageId, ConversationId>,
    /// The words of the texts wanted, unless they are erased.
    pub words: BTreeMap<MessageId, Body>,
    /// Deliveries that came before.
    pub duplicates: BTreeSet<DedupeKey>,
    /// The campaign's text that a delivery may answer: the newest before it.
    pub answering: BTreeMap<DedupeKey, Answering>,
    /// The one that the newest reply of a conversation may answer.
    pub answered: BTreeMap<ConversationId, Answering>,
    /// Devices by id.
    pub devices: BTreeMap<DeviceId, DeviceState>,
    /// Receipts of the `n` asked for.
    pub receipts: BTreeMap<(DeviceId, u64), Receipt>,
    /// Who is away.
    pub roster: Roster,
    /// Open conversations by holder.
    pub loads: BTreeMap<RepId, u32>,
    /// The version of the playbook in force; 0 when there is none.
    pub playbook_version: u32,
    /// The playbook in force, when it is not the one at hand.
    pub playbook: Option<Playbook>,
    /// Policies beside it.
    pub beside: policy::LoadedBeside,
}

/// A conversation as loaded for a decision.
#[derive(Clone, Debug)]
pub struct Loading {
    /// Its state.
    pub state: Conversation,
    /// Messages it has so far.
    pub messages: u64,
}

/// A delivery by a carrier: kept for ever, since the classic Twilio signature carries no time and a replay may come at
/// any time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DedupeKey {
    /// `twilio`, …
    pub provider: String,
    /// The carrier's account.
    pub account: String,
    /// The carrier's message id.
    pub id: String,
}

/// How far a device's commands are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeviceState {
    /// The last `n` run; kept for ever.
    pub last_n: u64,
    /// Conversations with a parked command of this device, with its `n`.
    pub parked: BTreeMap<ConversationId, u64>,
}

/// Everything a group of commands writes, in one transaction.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// Sealed entries, in order.
    pub entries: Vec<Entry>,
    /// Numbers seen for the first time.
    pub addresses: Vec<(NumberId, Address)>,
    /// Numbers whose consent may have changed.
    pub numbers: Vec<Number>,
    /// Entries that are about a number's consent.
    pub ledger: Vec<consent::LedgerWrite>,
    /// Conversations as they are now.
    pub conversations: Vec<ConversationWrite>,
    /// New texts and notes.
    pub messages: Vec<MessageWrite>,
    /// Where answers stand now; `None` forgets a text that was taken back.
    pub standings: Vec<(MessageId, Option<AnswerState>)>,
    /// Answers to send, or to send no longer.
    pub sends: Vec<SendWrite>,
    /// Outcomes of commands, with the head they were decided at.
    pub receipts: Vec<ReceiptWrite>,
    /// How far devices are now.
    pub devices: Vec<(DeviceId, DeviceState)>,
    /// Deliveries that came now.
    pub dedupe: Vec<(DedupeKey, MessageId)>,
    /// What came, as it came.
    pub raw: Vec<RawEvent>,
    /// Who is away now.
    pub roster: Option<Roster>,
    /// A new version of the policy.
    pub playbook: Option<Playbook>,
    /// What stands beside it from now on, in order.
    pub beside: Vec<policy::KeptWrite>,
    /// Conversations that were looked at again with the cards as they are now.
    pub matched: BTreeSet<ConversationId>,
    /// A backup is brought back, or has caught up.
    pub restore: Option<RestoreWrite>,
    /// Pictures and other media to be fetched, with the texts they came with.
    pub media: Vec<media::MediaWrite>,
    /// What follows from the facts for people beside the client.
    pub notices: Vec<notice::NoticeRow>,
    /// What was ruled about numbers on hold.
    pub rulings: Vec<ruling::RulingWrite>,
    /// What leaves with it.
    pub departures: Vec<departure::Departure>,
}

/// A conversation to write.
#[derive(Clone, Debug)]
pub struct ConversationWrite {
    /// As it is now.
    pub state: Conversation,
    /// The entry that changed it last.
    pub seq: u64,
    /// Messages it has now.
    pub messages: u64,
    /// Everybody who must hear of the change: who saw it before, and who sees it now.
    pub audience: BTreeSet<Principal>,
}

/// A text or note to write.
#[derive(Clone, Debug)]
pub struct MessageWrite {
    /// As clients see it.
    pub message: Message,
    /// Where.
    pub conversation: ConversationId,
    /// The salt of its digest in the journal.
    pub salt: [u8; 16],
}

/// An answer's effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendWrite {
    /// Which answer.
    pub message: MessageId,
    /// Where.
    pub conversation: ConversationId,
    /// When it may start; `None` when it must not any more.
    pub not_before: Option<Timestamp>,
    /// Whether its fate at the carrier is open (`sending` or `unknown`).
    pub open: bool,
    /// Since when it stands as it does, while the carrier has it and its end is not known.
    pub out: Option<Timestamp>,
}

impl SendWrite {
    /// Whether nothing more is to be done about it.
    pub const fn is_over(&self) -> bool {
        self.not_before.is_none() && !self.open && self.out.is_none()
    }
}

/// An outcome to keep.
#[derive(Clone, Debug)]
pub struct ReceiptWrite {
    /// Whose command.
    pub device: DeviceId,
    /// The outcome.
    pub receipt: Receipt,
    /// The head after it.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
}

/// What a carrier sent, kept whole for when its meaning is disputed. Personal data: erasable, never logged.
#[derive(Clone, Debug)]
pub struct RawEvent {
    /// `twilio`, …
    pub provider: String,
    /// `inbound`, `status`, `recovered`.
    pub kind: String,
    /// Every parameter, as a JSON object.
    pub params: String,
    /// When it came.
    pub at: Timestamp,
}

/// A registered device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// Its id.
    pub id: DeviceId,
    /// Whose.
    pub rep: RepId,
    /// What it calls itself.
    pub name: String,
    /// Since when.
    pub created: Timestamp,
    /// Whether it was revoked.
    pub revoked: bool,
}

/// An answer whose time has come, with all a carrier needs.
#[derive(Clone, Debug)]
pub struct DueSend {
    /// Which.
    pub message: MessageId,
    /// Where.
    pub conversation: ConversationId,
    /// To whom.
    pub to: Address,
    /// From which line.
    pub line: LineId,
    /// The words.
    pub body: Body,
    /// When it was written or entered `sending`.
    pub at: Timestamp,
}

/// Answers that wait for somebody.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// Nobody knows whether the carrier has them.
    pub unknown: u64,
    /// They need their rep's eye.
    pub parked: u64,
}

/// Who the CRM says is behind an address.
#[derive(Clone, Debug)]
pub struct People {
    /// The id the number gets when the address is new.
    pub fresh: NumberId,
    /// Where they text from.
    pub address: Address,
    /// Nobody, one or several.
    pub cards: Vec<Card>,
}

/// A group's transaction. Dropped without a commit it leaves nothing.
#[async_trait]
pub trait Transaction: Send {
    /// The head as it was when the transaction began.
    fn head(&self) -> &Head;

    /// Loads what the group needs.
    async fn load(&mut self, wants: &Wants) -> Result<Loaded, StoreError>;

    /// Writes everything and commits. On disk when it returns.
    async fn commit(self: Box<Self>, batch: Batch) -> Result<(), StoreError>;
}

/// What a group decides over the head and what was loaded for it; `None` writes nothing.
pub type Decide = Box<dyn FnOnce(&Head, Loaded) -> Option<Batch> + Send>;

/// Where facts are kept.
#[async_trait]
pub trait Store:
    block::BlockLog
    + card::CardStore
    + consent::ConsentStore
    + crm_write::CrmWriteStore
    + departure::DepartureLog
    + key::DeviceKeys
    + LineStore
    + media::MediaStore
    + notice::NoticeStore
    + past::PastLog
    + policy::PolicyStore
    + record::RecordStore
    + ruling::RulingLog
    + SendLog
    + sent::SentCounts
    + Send
    + Sync
    + 'static
{
    /// Begins the one transaction that may write facts. Waits for the head row.
    async fn begin(&self) -> Result<Box<dyn Transaction>, StoreError>;

    /// A group from its beginning to its commit: loads what it wants, decides, writes. On disk when it returns. A store
    /// whose connection has a thread of its own does all of it there, without going back and forth.
    async fn group(&self, wants: Wants, decide: Decide) -> Result<(), StoreError> {
        let mut transaction = self.begin().await.map_err(of_everybody)?;
        let loaded = transaction.load(&wants).await?;
        match decide(&transaction.head().clone(), loaded) {
            Some(batch) => transaction.commit(batch).await,
            None => Ok(()),
        }
    }

    /// One page of the feed, from one consistent read.
    async fn page(&self, query: &PageQuery) -> Result<Page, StoreError>;

    /// Messages of a conversation before the `before`th, oldest first, at most `limit`; with the conversation's state.
    async fn messages(
        &self,
        conversation: ConversationId,
        before: u64,
        limit: usize,
    ) -> Result<Option<(Conversation, Vec<Message>)>, StoreError>;

    /// Conversations whose deadline has passed, earliest first, and the next deadline after them.
    async fn due(&self, now: Timestamp, limit: usize) -> Result<(Vec<ConversationId>, Option<Timestamp>), StoreError>;

    /// Answers that may start, longest due first, and the next time after `now` at which one comes due. Of each
    /// conversation only the one accepted first, once it is due, and none while the fate of another is open: texts of
    /// one conversation leave in order, and what cannot go takes nobody's place.
    async fn due_sends(&self, now: Timestamp, limit: usize) -> Result<(Vec<DueSend>, Option<Timestamp>), StoreError>;

    /// Answers whose fate at the carrier is open.
    async fn open_sends(&self, limit: usize) -> Result<Vec<DueSend>, StoreError>;

    /// Answers the carrier has, whose end is not known and that stand as they do since an instant between these two
    /// (both included), the newest first.
    async fn out_sends(&self, since: Timestamp, until: Timestamp, limit: usize) -> Result<Vec<DueSend>, StoreError>;

    /// Entries after `after`, at most `limit`.
    async fn entries(&self, after: u64, limit: usize) -> Result<Vec<Entry>, StoreError>;

    /// The head and the epoch.
    async fn head(&self) -> Result<(Head, u32), StoreError>;

    /// The playbook in force.
    async fn playbook(&self) -> Result<Option<Playbook>, StoreError>;

    /// An earlier version of it.
    async fn playbook_of(&self, version: u32) -> Result<Option<Playbook>, StoreError>;

    /// The text that a carrier calls by this id, and its conversation; while a line of its account is set up.
    async fn delivered(&self, id: &str) -> Result<Option<(MessageId, ConversationId)>, StoreError>;

    /// Replaces what the CRM says of these addresses; one that never texted becomes a number with the id given. In the
    /// same transaction the conversations are marked whose cards changed or that wait for them: they follow through a
    /// `Match` command, whose
    /// group takes the mark away ([`Batch::matched`]), also after a crash in between. Writes of a number whose cards changed or
    /// came for the first time, if only to say that nobody has it, are woken as by
    /// [`crm_wake`](crm_write::CrmWriteStore::crm_wake).
    async fn put_cards(&self, people: &[People], at: Timestamp) -> Result<(), StoreError>;

    /// Conversations whose cards changed and that were not looked at again since.
    async fn unmatched(&self, limit: usize) -> Result<Vec<ConversationId>, StoreError>;

    /// Numbers whose cards were read before `older_than`, or never; those that only a list of opt-outs names are nobody's.
    async fn stale_numbers(
        &self,
        older_than: Timestamp,
        limit: usize,
    ) -> Result<Vec<(NumberId, Address, Vec<ConversationId>)>, StoreError>;

    /// Remembers a one-time token by its hash.
    async fn put_invite(&self, hash: [u8; 32], rep: &RepId, expires: Timestamp) -> Result<(), StoreError>;

    /// Whose one-time token this is, without using it; `None` when it is unknown, used or expired.
    async fn invited(&self, invite: [u8; 32], now: Timestamp) -> Result<Option<RepId>, StoreError>;

    /// Turns a one-time token into a device; `None` when it is unknown, used or expired.
    async fn redeem(
        &self,
        invite: [u8; 32],
        now: Timestamp,
        device: DeviceId,
        name: &str,
        token: [u8; 32],
    ) -> Result<Option<Device>, StoreError>;

    /// The device with this token, unless revoked.
    async fn device(&self, token: [u8; 32]) -> Result<Option<Device>, StoreError>;

    /// Every device, for the operator.
    async fn devices(&self) -> Result<Vec<Device>, StoreError>;

    /// Revokes every device and every unused one-time token of a rep; how many devices.
    async fn revoke(&self, rep: &RepId) -> Result<u32, StoreError>;

    /// Sets a number up at a carrier, or replaces its setting.
    async fn put_line(&self, line: &CarrierLine) -> Result<(), StoreError>;

    /// Forgets a number's setting at its carrier; whether there was one. What came and went by it stays.
    async fn remove_line(&self, number: &Address) -> Result<bool, StoreError>;

    /// Every number set up.
    async fn lines(&self) -> Result<Vec<CarrierLine>, StoreError>;

    /// Which of these deliveries are new.
    async fn unseen(&self, keys: &[DedupeKey]) -> Result<Vec<DedupeKey>, StoreError>;

    /// Forgets outcomes kept since before `older_than`, the oldest first, at most `limit`; how many. How far a device is
    /// stays: its commands of then never run again.
    async fn forget_outcomes(&self, older_than: Timestamp, limit: usize) -> Result<usize, StoreError>;

    /// The buyer behind a number; `None` for one that is not known or was erased.
    async fn address(&self, number: NumberId) -> Result<Option<Address>, StoreError>;

    /// Every backup that was brought back in this database's past, oldest first.
    async fn restores(&self) -> Result<Vec<Restored>, StoreError>;

    /// Who is away, who has which shift, whose turn it is.
    async fn roster(&self) -> Result<Roster, StoreError>;

    /// Open conversations that somebody with this principal sees, as they are.
    async fn open_seen_by(&self, principal: &Principal) -> Result<Vec<Conversation>, StoreError>;

    /// Conversations with an answer that has not settled, or waits for its rep.
    async fn unsettled(&self) -> Result<Vec<ConversationId>, StoreError>;

    /// How many answers somebody must look after.
    async fn waiting(&self) -> Result<Waiting, StoreError>;
}
