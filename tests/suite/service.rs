//! The committer, the engine and the runner of sends, over the memory store: what a command, a carrier and a clock get.

use std::collections::BTreeMap;
use std::sync::Arc;

use comeback::clock::{Clock, ManualClock};
use comeback::domain::command::{Actor, Command};
use comeback::domain::consent::Number;
use comeback::domain::contact::{Address, Body};
use comeback::domain::context::Card;
use comeback::domain::conversation::{AnswerState, Conversation};
use comeback::domain::event::{Event, Review};
use comeback::domain::id::{CommandId, ConversationId, DeviceId, MessageId, NumberId};
use comeback::domain::time::{Span, Timestamp};
use comeback::journal::{Entry, Frame, Head, verify};
use comeback::server::service::{Inbound, Outcome, Service, Work};
use comeback::server::store::memory::MemoryStore;
use comeback::server::store::{CarrierLine, DedupeKey, LineExtra, People, RawEvent, Store, Wants};
use comeback::wire::command::{Envelope, Receipt, Verdict};
use uuid::Uuid;

mod acknowledging;
mod asking;
mod commands;
mod consent;
mod counted;
mod covering;
mod holding;
mod ledger;
mod line_secrets;
mod measuring;
mod media;
mod persons;
mod policies;
mod reconciling;
mod regulated;
mod replaying;
mod restoring;
mod rights;
mod sending;
mod signed_in_anew;
mod time;
mod unwritten;
mod waiting;
mod writes_failing;
mod writing;

/// A backend at ten on a Tuesday, with the sales floor of [`crate::world`] and a device for everybody who acts.
struct Floor {
    store: Arc<dyn Store>,
    service: Service,
    clock: Arc<ManualClock>,
    /// By rep: the `n` of the last command made.
    counters: BTreeMap<String, u64>,
    ids: u128,
}

fn buyer(n: u32) -> Address {
    Address::parse(&format!("+1415555{n:04}")).unwrap()
}

fn device(rep: &str) -> DeviceId {
    DeviceId(Uuid::from_u128(rep.bytes().fold(0, |id, byte| id << 8 | u128::from(byte))))
}

fn delivery(id: &str) -> DedupeKey {
    DedupeKey { provider: "twilio".to_owned(), account: "AC".to_owned(), id: id.to_owned() }
}

fn push(rep: &str, envelopes: Vec<Envelope>) -> Work {
    Work::Push { device: device(rep), rep: rep.into(), envelopes }
}

fn receipts(outcome: Outcome) -> Vec<Receipt> {
    let Outcome::Receipts(receipts) = outcome else { panic!("no receipts: {outcome:?}") };
    receipts
}

/// What became of a single command.
fn verdict(outcome: Outcome) -> Verdict {
    let mut receipts = receipts(outcome);
    assert_eq!(receipts.len(), 1, "{receipts:?}");
    receipts.remove(0).verdict
}

fn parked(reasons: &[Review]) -> AnswerState {
    AnswerState::Parked { reasons: reasons.to_vec() }
}

impl Floor {
    async fn opens() -> Self {
        Self::over(Arc::new(MemoryStore::default())).await
    }

    async fn over(store: Arc<dyn Store>) -> Self {
        let clock = Arc::new(ManualClock::at(crate::world::at(crate::world::TUESDAY_TEN)));
        let service = Service::start(Arc::clone(&store), clock.clone(), &crate::world::playbook()).await.unwrap();
        Self { store, service, clock, counters: BTreeMap::new(), ids: 1 << 64 }
    }

    /// The process ends and another one starts on the same data.
    async fn restarts(&mut self) {
        let seed = crate::world::playbook();
        self.service = Service::start(Arc::clone(&self.store), self.clock.clone(), &seed).await.unwrap();
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn fresh(&mut self) -> MessageId {
        self.ids += 1;
        MessageId(Uuid::from_u128(self.ids))
    }

    /// The CRM knows the `n`th buyer.
    async fn crm_says(&self, n: u32, cards: Vec<Card>) {
        let people = People { fresh: NumberId(Uuid::from_u128(n.into())), address: buyer(n), cards };
        self.store.put_cards(&[people], self.now()).await.unwrap();
    }

    fn text(&mut self, n: u32, line: &str, body: &str) -> Work {
        let id = format!("SM{}", self.fresh());
        let at = self.now();
        Work::Receive(Box::new(Inbound {
            key: delivery(&id),
            from: buyer(n),
            line: line.into(),
            body: Body::new(body),
            media: Vec::new(),
            opt_out_type: None,
            sent: Some(at),
            raw: RawEvent { provider: "twilio".to_owned(), kind: "inbound".to_owned(), params: "{}".to_owned(), at },
        }))
    }

    /// The `n`th buyer texts a line; which conversation that is.
    async fn texts(&mut self, n: u32, line: &str, body: &str) -> ConversationId {
        let work = self.text(n, line, body);
        let outcome = self.service.submit(work).await.unwrap();
        assert!(matches!(outcome, Outcome::Received { new: true }), "{outcome:?}");
        self.conversation_of(n, line).await
    }

    /// Which conversation of a line is the `n`th buyer's.
    async fn conversation_of(&self, n: u32, line: &str) -> ConversationId {
        let wants = Wants { addresses: [buyer(n)].into(), playbook: 1, ..Wants::default() };
        let loaded = self.store.begin().await.unwrap().load(&wants).await.unwrap();
        loaded.conversations.values().find(|c| c.state.line.as_str() == line).unwrap().state.id
    }

    /// A buyer whose deal maya owns texts the main line.
    async fn mayas_buyer(&mut self) -> ConversationId {
        self.crm_says(1, vec![crate::world::card("c-1")]).await;
        self.texts(1, "main", "Can we talk about the price?").await
    }

    /// The number a conversation is with.
    async fn number_of(&self, c: ConversationId) -> Number {
        let wants = Wants { conversations: [c].into(), playbook: 1, ..Wants::default() };
        let loaded = self.store.begin().await.unwrap().load(&wants).await.unwrap();
        loaded.numbers[&loaded.conversations[&c].state.number].clone()
    }

    async fn state(&self, c: ConversationId) -> Conversation {
        self.store.messages(c, u64::MAX, 0).await.unwrap().unwrap().0
    }

    /// The words of a conversation, oldest first.
    async fn words(&self, c: ConversationId) -> Vec<String> {
        let (_, messages) = self.store.messages(c, u64::MAX, 100).await.unwrap().unwrap();
        messages.iter().map(|m| m.body.as_ref().unwrap().as_str().to_owned()).collect()
    }

    async fn standing(&self, c: ConversationId, message: MessageId) -> Option<AnswerState> {
        self.state(c).await.answers.get(&message).map(|a| a.state.clone())
    }

    /// The next command of a rep's device, having seen `seen` texts; it knows of no receipt yet.
    fn envelope(&mut self, rep: &str, conversation: ConversationId, seen: u64, command: Command) -> Envelope {
        let id = CommandId(self.fresh().0);
        let n = self.counters.entry(rep.to_owned()).or_default();
        *n += 1;
        let conversation = Some(conversation);
        Envelope { id, n: *n, after: 0, seen, issued_at: self.clock.now(), conversation, command }
    }

    /// A rep who has seen everything, and knows what became of all before, does one thing.
    async fn does(&mut self, rep: &str, conversation: ConversationId, command: Command) -> Verdict {
        let seen = self.state(conversation).await.inbound;
        let envelope = self.envelope(rep, conversation, seen, command);
        let envelope = Envelope { after: envelope.n - 1, ..envelope };
        verdict(self.service.submit(push(rep, vec![envelope])).await.unwrap())
    }

    /// A rep who has seen everything answers, and it is held.
    async fn answers(&mut self, rep: &str, conversation: ConversationId, body: &str) -> MessageId {
        let message = self.fresh();
        let command = Command::Answer { message, body: Body::new(body), accept: Vec::new() };
        assert_eq!(self.does(rep, conversation, command).await, Verdict::Done);
        message
    }

    /// The runner of sends tries to start an answer; whether it may go.
    async fn begins(&self, conversation: ConversationId, message: MessageId) -> bool {
        started(&self.service.submit(begin(conversation, message)).await.unwrap(), message)
    }

    /// A number at the carrier.
    async fn sets_up(&self, line: &str) {
        let number = self.service.playbook().lines[&line.into()].number.clone();
        let (provider, account) = ("twilio".to_owned(), "AC".to_owned());
        let line = CarrierLine {
            number,
            provider,
            account,
            tokens: Vec::new(),
            service: None,
            api: String::new(),
            extra: LineExtra::default(),
        };
        self.store.put_line(&line).await.unwrap();
    }

    /// Everything the journal holds, checked.
    async fn journal(&self) -> Vec<Entry> {
        let entries = self.store.entries(0, usize::MAX).await.unwrap();
        let head = verify(&Head::GENESIS, &entries).unwrap();
        assert_eq!(head, self.store.head().await.unwrap().0);
        entries
    }

    /// How often something of this kind happened.
    async fn count(&self, kind: &str) -> usize {
        self.journal().await.iter().filter(|e| said(e).kind == kind).count()
    }
}

fn said(entry: &Entry) -> Frame {
    Frame::decode(&entry.body).unwrap()
}

fn begin(conversation: ConversationId, message: MessageId) -> Work {
    Work::Machine { actor: Actor::Effects, conversation, command: Command::BeginSend { message } }
}

fn started(outcome: &Outcome, message: MessageId) -> bool {
    let is_it = |fact: &Event| matches!(fact, Event::SendStarted { message: begun, .. } if *begun == message);
    matches!(outcome, Outcome::Decided(facts) if facts.iter().any(is_it))
}

/// The whole part of a line's value in the Prometheus text format; 0 when there is no such line.
pub(crate) fn reading(text: &str, line: &str) -> u64 {
    let value = text.lines().find_map(|l| l.strip_prefix(line)?.strip_prefix(' '));
    value.map_or(0, |v| v.split('.').next().unwrap().parse().unwrap())
}

fn minutes(n: i64) -> Span {
    Span::minutes(n)
}
