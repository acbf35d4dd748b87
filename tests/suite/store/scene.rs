//! Rows to put into a store without the rules: a buyer's conversation, a text, a group's entries.

use std::sync::Arc;

use comeback::domain::consent::Number;
use comeback::domain::contact::{Address, Body};
use comeback::domain::conversation::{AnswerState, Conversation};
use comeback::domain::id::{CommandId, ConversationId, DeviceId, MessageId, NumberId};
use comeback::domain::message::InboundKind;
use comeback::domain::time::{Span, Timestamp};
use comeback::domain::visibility::Principal;
use comeback::journal::{Entry, Head, seal};
use comeback::server::store::{
    Batch, ConversationWrite, DedupeKey, Loaded, MessageWrite, Page, PageQuery, RawEvent, ReceiptWrite, SendWrite,
    Store, StoreError, Wants,
};
use comeback::wire::changes::{Author, Message};
use comeback::wire::command::{Receipt, Verdict};
use uuid::Uuid;

pub(super) type Kept = Arc<dyn Store>;

/// Minutes after ten on a Tuesday.
pub(super) fn minute(n: i64) -> Timestamp {
    crate::world::at(crate::world::TUESDAY_TEN) + Span::minutes(n)
}

pub(super) fn number(n: u128) -> NumberId {
    NumberId(Uuid::from_u128(0x1000 + n))
}

pub(super) fn here(n: u128) -> ConversationId {
    ConversationId(Uuid::from_u128(0x2000 + n))
}

pub(super) fn text(n: u128) -> MessageId {
    MessageId(Uuid::from_u128(0x3000 + n))
}

pub(super) fn device(n: u128) -> DeviceId {
    DeviceId(Uuid::from_u128(0x4000 + n))
}

pub(super) fn address(n: u128) -> Address {
    Address::parse(&format!("+1415555{n:04}")).unwrap()
}

pub(super) fn rep(name: &str) -> Principal {
    Principal::Rep(name.into())
}

/// The `n`th buyer's conversation, with nothing in it.
pub(super) fn conversation(n: u128) -> Conversation {
    Conversation::new(here(n), number(n), "main".into())
}

/// A conversation to write; admins and `audience` hear of it.
pub(super) fn change(state: Conversation, seq: u64, messages: u64, audience: &[&str]) -> ConversationWrite {
    let audience = audience.iter().map(|name| rep(name)).chain([Principal::All]).collect();
    ConversationWrite { state, seq, messages, audience }
}

/// The `n`th message of a conversation.
pub(super) fn message(
    id: MessageId,
    conversation: ConversationId,
    n: u64,
    at: Timestamp,
    standing: Option<AnswerState>,
) -> MessageWrite {
    let author = match standing {
        Some(_) => Author::Rep("maya".into()),
        None => Author::Buyer(InboundKind::Text),
    };
    let body = Some(Body::new(format!("text {n} of {conversation}")));
    let message = Message { id, n, at, author, body, media: vec!["image/png".into()], standing };
    MessageWrite { message, conversation, salt: [7; 16] }
}

pub(super) fn send(message: MessageId, conversation: ConversationId, not_before: Option<Timestamp>) -> SendWrite {
    SendWrite { message, conversation, not_before, open: false, out: None }
}

/// The answer is on its way, or nobody knows.
pub(super) fn open(message: MessageId, conversation: ConversationId) -> SendWrite {
    SendWrite { message, conversation, not_before: None, open: true, out: None }
}

/// The carrier has it since `at`, and nobody told its end.
pub(super) fn out(message: MessageId, conversation: ConversationId, at: Timestamp) -> SendWrite {
    SendWrite { message, conversation, not_before: None, open: false, out: Some(at) }
}

pub(super) fn receipt(device: DeviceId, n: u64, seq: u64) -> ReceiptWrite {
    let receipt =
        Receipt { id: CommandId(Uuid::from_u128(device.0.as_u128() << 32 | u128::from(n))), n, verdict: Verdict::Done };
    ReceiptWrite { device, receipt, seq, at: minute(0) }
}

pub(super) fn delivery(provider: &str, account: &str, id: &str) -> DedupeKey {
    DedupeKey { provider: provider.to_owned(), account: account.to_owned(), id: id.to_owned() }
}

pub(super) fn raw() -> RawEvent {
    RawEvent { provider: "twilio".into(), kind: "inbound".into(), params: r#"{"Body":"hello"}"#.into(), at: minute(0) }
}

/// The `n`th buyer texted for the first time, with nobody but `audience` to see it.
pub(super) fn arrival(n: u128, audience: &[&str]) -> Batch {
    Batch {
        addresses: vec![(number(n), address(n))],
        numbers: vec![Number::new(number(n))],
        conversations: vec![change(conversation(n), 0, 1, audience)],
        messages: vec![message(text(n), here(n), 1, minute(0), None)],
        ..Batch::default()
    }
}

/// Seals bodies onto a head.
pub(super) fn entries(head: &Head, at: Timestamp, bodies: &[&[u8]]) -> Vec<Entry> {
    let mut head = *head;
    let mut sealed = Vec::new();
    for body in bodies {
        let (entry, next) = seal(&head, at, body.to_vec());
        sealed.push(entry);
        head = next;
    }
    sealed
}

/// Commits a group under one new entry, whose number its conversations and receipts get.
pub(super) async fn commit(store: &Kept, mut batch: Batch) -> Result<u64, StoreError> {
    let tx = store.begin().await?;
    batch.entries = entries(tx.head(), minute(0), &[b"{}"]);
    let seq = batch.entries[0].seq;
    for c in &mut batch.conversations {
        c.seq = seq;
    }
    for r in &mut batch.receipts {
        r.seq = seq;
    }
    tx.commit(batch).await?;
    Ok(seq)
}

/// [`commit`], which must succeed.
pub(super) async fn put(store: &Kept, batch: Batch) -> u64 {
    commit(store, batch).await.unwrap()
}

/// Loads outside any group.
pub(super) async fn load(store: &Kept, wants: &Wants) -> Loaded {
    store.begin().await.unwrap().load(wants).await.unwrap()
}

/// A registered device of a rep.
pub(super) async fn sign_in(store: &Kept, id: DeviceId, rep: &str, token: [u8; 32]) {
    let invite = [token[0] ^ 0xff; 32];
    store.put_invite(invite, &rep.into(), minute(1)).await.unwrap();
    store.redeem(invite, minute(0), id, "laptop", token).await.unwrap().unwrap();
}

/// A page for an admin who has nothing.
pub(super) fn everything() -> PageQuery {
    PageQuery {
        principals: [Principal::All].into(),
        since: 0,
        device: device(0),
        known: 0,
        limit: usize::MAX,
        messages: usize::MAX,
    }
}

pub(super) async fn page(store: &Kept, query: &PageQuery) -> Page {
    store.page(query).await.unwrap()
}

/// Everything a store can be asked, as one text to compare.
pub(super) async fn all_of(store: &Kept) -> String {
    let known = page(store, &everything()).await;
    let mut wants =
        Wants { devices: [(device(1), (1..9).collect()), (device(2), (1..9).collect())].into(), ..Wants::default() };
    wants.addresses = (1..9).map(address).collect();
    wants.conversations = (1..9).map(here).collect();
    wants.messages = (1..9).map(text).collect();
    let asked = |n| (delivery("twilio", "AC", &format!("SM{n}")), (address(n), "main".into(), minute(99)));
    wants.answering = (1..9).map(asked).collect();
    wants.dedupe = ["SM1", "SM2", "SM3"].map(|id| delivery("twilio", "AC", id)).into();
    let mut devices = Vec::new();
    for n in 1..3 {
        devices.push(page(store, &PageQuery { device: device(n), ..everything() }).await.receipts);
    }
    let later = minute(10_000);
    format!(
        "{known:#?}\n{:#?}\n{:#?}\n{:#?}\n{:#?}\n{devices:#?}\n{:#?}\n{:#?}\n{:#?}\n{:#?}\n{:#?}\n{:#?}\n{:#?}\n{:#?}\n{:#?}\n{:#?}\n{:#?}\n{:#?}\n{:#?}\n{:?}",
        load(store, &wants).await,
        store.unmatched(usize::MAX).await.unwrap(),
        store.waiting().await.unwrap(),
        store.head().await.unwrap(),
        store.entries(0, usize::MAX).await.unwrap(),
        store.due(later, usize::MAX).await.unwrap(),
        store.due_sends(later, usize::MAX).await.unwrap(),
        store.open_sends(usize::MAX).await.unwrap(),
        store.out_sends(Timestamp::MIN, later, usize::MAX).await.unwrap(),
        store.playbook().await.unwrap(),
        store.devices().await.unwrap(),
        store.lines().await.unwrap(),
        store.api_keys().await.unwrap(),
        store.notices(usize::MAX).await.unwrap(),
        store.reaches().await.unwrap(),
        store.marks().await.unwrap(),
        store.stale_numbers(later, usize::MAX).await.unwrap(),
        store.unseen(&wants.dedupe.iter().cloned().collect::<Vec<_>>()).await.unwrap(),
    )
}
