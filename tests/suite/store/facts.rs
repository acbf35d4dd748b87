//! The journal, and that a group is written whole or not at all.

use comeback::domain::consent::{Number, OptOut, OptOutSource};
use comeback::domain::contact::Body;
use comeback::domain::conversation::AnswerState;
use comeback::domain::event::Review;
use comeback::domain::message::Delivery;
use comeback::domain::roster::Roster;
use comeback::journal::{Head, verify};
use comeback::server::store::consent::LedgerWrite;
use comeback::server::store::policy::{KeptWrite, Kind};
use comeback::server::store::{Batch, DeviceState, ReceiptWrite, StoreError, Waiting, Wants};

use super::beside::beside;
use super::scene::{
    Kept, address, all_of, arrival, change, commit, conversation, delivery, device, entries, everything, here, load,
    message, minute, number, open, page, put, raw, receipt, send, sign_in, text,
};

pub(super) async fn appended_entries_read_back_byte_for_byte_and_chained(store: &Kept) {
    assert_eq!(store.head().await.unwrap().0, Head::GENESIS);
    let long = vec![0x5a; 200_000];
    let groups: [&[&[u8]]; 3] =
        [&[b"{}", b"", &[0, 0xff, 0xfe, b'\n', 0x80]], &[&long], &["{\"word\":\"Grüße 👍\"}".as_bytes(), b"{ }"]];
    let mut written = Vec::new();
    for (group, at) in groups.iter().zip([minute(0), minute(5), minute(5)]) {
        let tx = store.begin().await.unwrap();
        let sealed = entries(tx.head(), at, group);
        tx.commit(Batch { entries: sealed.clone(), ..Batch::default() }).await.unwrap();
        written.extend(sealed);
    }
    let read = store.entries(0, usize::MAX).await.unwrap();
    assert_eq!(read, written);
    let head = verify(&Head::GENESIS, &read).unwrap();
    assert_eq!((head.seq, head), (6, store.head().await.unwrap().0));
    assert_eq!(store.entries(2, 3).await.unwrap(), written[2..5], "a window of it");
    assert_eq!(store.entries(6, 10).await.unwrap(), []);
}

pub(super) async fn an_entry_that_does_not_follow_the_head_is_refused(store: &Kept) {
    put(store, arrival(1, &[])).await;
    let (head, _) = store.head().await.unwrap();
    let behind = Head { seq: head.seq - 1, ..head };
    let ahead = Head { seq: head.seq + 1, ..head };
    let unlinked = Head { hash: [9; 32], ..head };
    for wrong in [Head::GENESIS, behind, ahead, unlinked] {
        let tx = store.begin().await.unwrap();
        let batch = Batch { entries: entries(&wrong, minute(1), &[b"{}"]), ..Batch::default() };
        let refused = tx.commit(batch).await;
        assert!(matches!(refused, Err(StoreError::Conflict(_))), "onto {wrong:?}: {refused:?}");
        assert_eq!(store.head().await.unwrap().0, head);
    }
    assert_eq!(put(store, arrival(2, &[])).await, head.seq + 1, "and the next one is written");
}

pub(super) async fn a_dropped_transaction_leaves_nothing(store: &Kept) {
    put(store, arrival(1, &["maya"])).await;
    let before = all_of(store).await;
    let mut tx = store.begin().await.unwrap();
    tx.load(&Wants { conversations: [here(1)].into(), ..Wants::default() }).await.unwrap();
    drop(tx);
    assert_eq!(all_of(store).await, before);
    put(store, arrival(2, &["maya"])).await;
}

/// Something in every table a group writes to.
pub(super) fn something_everywhere() -> Batch {
    let opted_out = OptOut::new(minute(1), OptOutSource::Keyword("STOP".to_owned()));
    let held = AnswerState::Held { not_before: minute(2), waits: None };
    Batch {
        addresses: vec![(number(3), address(3))],
        numbers: vec![Number { opted_out: Some(opted_out), ..Number::new(number(1)) }],
        ledger: vec![LedgerWrite { number: number(1), seq: 1, words: Some((Body::new("a form\nYes"), [4; 16])) }],
        conversations: vec![change(conversation(1), 0, 3, &["ben"]), change(conversation(3), 0, 1, &["kim"])],
        messages: vec![
            message(text(5), here(1), 2, minute(1), Some(held)),
            message(text(6), here(1), 3, minute(1), Some(AnswerState::Sending)),
            message(text(7), here(3), 1, minute(1), None),
        ],
        standings: vec![(text(2), None)],
        sends: vec![send(text(5), here(1), Some(minute(2))), open(text(6), here(1))],
        receipts: vec![receipt(device(1), 1, 0)],
        devices: vec![(device(1), DeviceState { last_n: 1, parked: [(here(1), 1)].into() })],
        dedupe: vec![(delivery("twilio", "AC", "SM2"), text(7))],
        raw: vec![raw()],
        matched: [here(1)].into(),
        roster: Some(Roster::of_away([("maya".into(), minute(1))])),
        playbook: Some(crate::world::playbook()),
        beside: vec![KeptWrite::Put(beside(Kind::Waiting, 1, minute(9)))],
        rulings: vec![super::rulings::ruling(7, true)],
        departures: vec![super::departures::departure(1, "main")],
        ..Batch::default()
    }
}

pub(super) async fn a_group_that_fails_at_its_last_row_leaves_nothing_of_any_table(store: &Kept) {
    sign_in(store, device(1), "maya", [1; 32]).await;
    let known = Batch { dedupe: vec![(delivery("twilio", "AC", "SM1"), text(1))], ..arrival(1, &["maya"]) };
    put(store, known).await;
    put(store, arrival(2, &["maya"])).await;
    let before = all_of(store).await;

    let mut failing = something_everywhere();
    failing.dedupe.push((delivery("twilio", "AC", "SM1"), text(8)));
    let refused = commit(store, failing).await;
    assert!(matches!(refused, Err(StoreError::Conflict(_))), "{refused:?}");
    assert_eq!(all_of(store).await, before);

    put(store, something_everywhere()).await;
    assert_ne!(all_of(store).await, before, "without that row the same group is written");
}

pub(super) async fn a_receipt_is_found_again_and_never_replaced(store: &Kept) {
    sign_in(store, device(1), "maya", [1; 32]).await;
    sign_in(store, device(2), "ben", [2; 32]).await;
    let state = DeviceState { last_n: 2, parked: [(here(1), 2)].into() };
    let batch = Batch {
        receipts: vec![receipt(device(1), 1, 0), receipt(device(1), 2, 0)],
        devices: vec![(device(1), state.clone())],
        ..arrival(1, &[])
    };
    put(store, batch).await;
    let wants = Wants { devices: [(device(1), [1, 2, 3].into()), (device(2), [1].into())].into(), ..Wants::default() };
    let loaded = load(store, &wants).await;
    assert_eq!(loaded.devices[&device(1)], state);
    assert_eq!(loaded.devices[&device(2)], DeviceState::default(), "a new device has run nothing");
    let found: Vec<_> = loaded.receipts.values().map(|r| (r.id, r.n)).collect();
    let kept = |n| (receipt(device(1), n, 0).receipt.id, n);
    assert_eq!(found, [kept(1), kept(2)]);

    let (mut other, mut copied) = (receipt(device(1), 2, 0), receipt(device(2), 1, 0));
    other.receipt.id = receipt(device(2), 9, 0).receipt.id;
    copied.receipt.id = kept(1).0;
    for (wrong, why) in [(other, "another command under a used n"), (copied, "a used command under another n")] {
        let again = commit(store, Batch { receipts: vec![wrong], ..Batch::default() }).await;
        assert!(matches!(again, Err(StoreError::Conflict(_))), "{why}: {again:?}");
    }
    assert_eq!(load(store, &wants).await.receipts[&(device(1), 2)].id, kept(2).0);
}

pub(super) async fn outcomes_of_long_ago_are_forgotten_oldest_first_and_how_far_a_device_is_stays(store: &Kept) {
    sign_in(store, device(1), "maya", [1; 32]).await;
    sign_in(store, device(2), "ben", [2; 32]).await;
    let state = |last_n| DeviceState { last_n, ..DeviceState::default() };
    for (n, at) in [(1, 0), (2, 10), (3, 10), (4, 20)] {
        let of = |d| ReceiptWrite { at: minute(at), ..receipt(device(d), n, 0) };
        let devices = vec![(device(1), state(n)), (device(2), state(n))];
        put(store, Batch { receipts: vec![of(1), of(2)], devices, ..Batch::default() }).await;
    }
    let ns: std::collections::BTreeSet<u64> = (1..=4).collect();
    let wants = Wants { devices: [(device(1), ns.clone()), (device(2), ns)].into(), ..Wants::default() };
    let kept = async || {
        let loaded = load(store, &wants).await;
        assert_eq!((loaded.devices[&device(1)].last_n, loaded.devices[&device(2)].last_n), (4, 4));
        loaded.receipts.keys().map(|(d, n)| (*d, *n)).collect::<Vec<_>>()
    };
    let all = |ns: &[u64]| [1, 2].iter().flat_map(|d| ns.iter().map(|n| (device(*d), *n))).collect::<Vec<_>>();
    let forget = async |at, limit| store.forget_outcomes(minute(at), limit).await.unwrap();
    assert_eq!(forget(0, 10).await, 0, "none is older than the oldest");
    assert_eq!(kept().await, all(&[1, 2, 3, 4]));
    assert_eq!(forget(10, 10).await, 2);
    assert_eq!(kept().await, all(&[2, 3, 4]));
    assert_eq!(forget(20, 1).await, 1, "a batch");
    assert_eq!(kept().await.len(), 5);
    assert_eq!(forget(20, 10).await, 3, "and the rest");
    assert_eq!(kept().await, all(&[4]));
    // The id of one that is forgotten is no conflict any more: how far the device is decides.
    assert_eq!(forget(21, 10).await, 2);
    assert_eq!(kept().await, []);
    put(store, Batch { receipts: vec![receipt(device(1), 1, 0)], ..Batch::default() }).await;
}

pub(super) async fn answers_that_wait_for_somebody_are_counted(store: &Kept) {
    assert_eq!(store.waiting().await.unwrap(), Waiting::default());
    let stands = [
        AnswerState::Unknown,
        AnswerState::Parked { reasons: vec![Review::OptedOut] },
        AnswerState::Parked { reasons: Vec::new() },
        AnswerState::Held { not_before: minute(1), waits: None },
        AnswerState::Sending,
        AnswerState::Out { delivery: Delivery::Sent, error: None },
    ];
    let mut batch = arrival(1, &[]);
    for (n, standing) in (2..).zip(stands) {
        batch.messages.push(message(text(u128::from(n)), here(1), n, minute(0), Some(standing)));
    }
    put(store, batch).await;
    assert_eq!(store.waiting().await.unwrap(), Waiting { unknown: 1, parked: 2 });
    // One is settled, one is taken back, and one more is lost.
    let out = AnswerState::Out { delivery: Delivery::Delivered, error: None };
    let standings = vec![(text(2), Some(out)), (text(3), None), (text(6), Some(AnswerState::Unknown))];
    put(store, Batch { standings, ..Batch::default() }).await;
    assert_eq!(store.waiting().await.unwrap(), Waiting { unknown: 1, parked: 1 });
}

pub(super) async fn the_words_of_a_text_come_when_they_are_wanted(store: &Kept) {
    put(store, arrival(1, &[])).await;
    let before = load(store, &Wants { conversations: [here(1)].into(), ..Wants::default() }).await;
    assert_eq!(before.words, [].into(), "nobody asked for them");
    let mut batch = Batch::default();
    batch.messages.push(message(text(5), here(1), 2, minute(1), None));
    let body = batch.messages[0].message.body.clone().unwrap();
    put(store, batch).await;
    let wants = Wants { words: [text(5), text(99)].into(), ..Wants::default() };
    assert_eq!(load(store, &wants).await.words, [(text(5), body)].into(), "and what is not there does not come");
}

pub(super) async fn a_delivery_is_known_by_provider_account_and_id(store: &Kept) {
    let key = delivery("twilio", "AC1", "SM1");
    put(store, Batch { dedupe: vec![(key.clone(), text(1))], raw: vec![raw()], ..arrival(1, &[]) }).await;
    let others = [delivery("telnyx", "AC1", "SM1"), delivery("twilio", "AC2", "SM1"), delivery("twilio", "AC1", "SM2")];
    let asked: Vec<_> = others.iter().cloned().chain([key.clone()]).collect();
    assert_eq!(store.unseen(&asked).await.unwrap(), others);
    let wants = Wants { dedupe: asked.into_iter().collect(), ..Wants::default() };
    assert_eq!(load(store, &wants).await.duplicates, [key.clone()].into());
    let again = commit(store, Batch { dedupe: vec![(key, text(2))], ..Batch::default() }).await;
    assert!(matches!(again, Err(StoreError::Conflict(_))), "{again:?}");
}

pub(super) async fn a_text_taken_back_is_forgotten_and_others_stand_where_they_were_put(store: &Kept) {
    let held = || Some(AnswerState::Held { not_before: minute(1), waits: None });
    let mut batch = arrival(1, &[]);
    batch.messages.push(message(text(2), here(1), 2, minute(0), held()));
    batch.messages.push(message(text(3), here(1), 3, minute(0), held()));
    put(store, batch).await;
    let out = AnswerState::Out { delivery: Delivery::Undelivered, error: Some(30003) };
    let standings = vec![(text(2), None), (text(3), Some(out.clone())), (text(9), Some(AnswerState::Unknown))];
    put(store, Batch { standings, conversations: vec![change(conversation(1), 0, 3, &[])], ..Batch::default() }).await;
    let page = page(store, &everything()).await;
    let left: Vec<_> = page.subjects[0].messages.iter().map(|m| (m.id, m.n, m.standing.clone())).collect();
    assert_eq!(left, [(text(1), 1, None), (text(3), 3, Some(out))]);
    let wants = Wants { messages: [text(2), text(3)].into(), ..Wants::default() };
    assert_eq!(load(store, &wants).await.messages, [(text(3), here(1))].into());
}
