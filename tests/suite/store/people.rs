//! Devices and their tokens, lines at carriers, and what the CRM said.

use std::sync::Arc;

use comeback::clock::ManualClock;
use comeback::domain::id::{ConversationId, RepId};
use comeback::server::crm;
use comeback::server::service::Service;
use comeback::server::store::{Batch, CarrierLine, Device, LineExtra, LineStop, People, RestoreWrite, Restored, Wants};
use uuid::Uuid;

use super::scene::{
    Kept, address, arrival, commit, device, everything, here, load, minute, number, page, put, sign_in,
};

pub(super) async fn a_one_time_token_makes_one_device_before_it_expires(store: &Kept) {
    let maya = RepId::from("maya");
    store.put_invite([1; 32], &maya, minute(10)).await.unwrap();
    store.put_invite([2; 32], &maya, minute(10)).await.unwrap();
    let redeem = async |invite: u8, at, id, token: u8| {
        store.redeem([invite; 32], minute(at), device(id), "laptop", [token; 32]).await.unwrap()
    };
    assert_eq!(redeem(9, 1, 1, 11).await, None, "unknown");
    assert_eq!(redeem(1, 10, 1, 11).await, None, "expired");
    let made = Device { id: device(1), rep: maya, name: "laptop".to_owned(), created: minute(9), revoked: false };
    assert_eq!(redeem(1, 9, 1, 11).await, Some(made.clone()));
    assert_eq!(redeem(1, 9, 2, 12).await, None, "used");
    assert_eq!(store.device([11; 32]).await.unwrap(), Some(made.clone()));
    assert_eq!(store.device([12; 32]).await.unwrap(), None);
    assert_eq!(store.device([1; 32]).await.unwrap(), None, "a one-time token opens nothing");
    assert_eq!(store.device_key(device(1)).await.unwrap(), Some((made.clone(), [11; 32])));
    assert_eq!(store.device_key(device(2)).await.unwrap(), None);
    assert_eq!(store.devices().await.unwrap(), [made]);
    assert!(redeem(2, 9, 2, 12).await.is_some(), "the other one is still good");
}

pub(super) async fn a_revoked_rep_has_no_device_and_no_invitation(store: &Kept) {
    for (n, rep) in [(1, "maya"), (2, "maya"), (3, "ben")] {
        sign_in(store, device(n.into()), rep, [n; 32]).await;
    }
    store.put_invite([7; 32], &"maya".into(), minute(10)).await.unwrap();
    store.put_invite([8; 32], &"ben".into(), minute(10)).await.unwrap();
    assert_eq!(store.revoke(&"maya".into()).await.unwrap(), 2);
    assert_eq!(store.revoke(&"maya".into()).await.unwrap(), 0, "again revokes nothing");
    for (token, there) in [(1, false), (2, false), (3, true)] {
        assert_eq!(store.device([token; 32]).await.unwrap().is_some(), there);
    }
    let listed: Vec<_> = store.devices().await.unwrap().into_iter().map(|d| (d.rep, d.revoked)).collect();
    assert_eq!(listed, [("ben".into(), false), ("maya".into(), true), ("maya".into(), true)]);
    assert_eq!(store.redeem([7; 32], minute(1), device(4), "", [4; 32]).await.unwrap(), None);
    assert!(store.redeem([8; 32], minute(1), device(5), "", [5; 32]).await.unwrap().is_some());
}

pub(super) async fn a_backup_brought_back_begins_an_epoch_and_nobody_is_signed_in(store: &Kept) {
    sign_in(store, device(1), "maya", [1; 32]).await;
    store.put_invite([7; 32], &"ben".into(), minute(10)).await.unwrap();
    put(store, arrival(1, &["maya"])).await;
    assert_eq!(store.restores().await.unwrap(), []);
    let before = page(store, &everything()).await;
    let restored = |epoch, reconciled| Restored { epoch, after: 3, since: minute(2), reconciled };
    for epoch in [700, 900] {
        let begun = Some(RestoreWrite::Begun(restored(epoch, false)));
        put(store, Batch { restore: begun, ..arrival(u128::from(epoch), &[]) }).await;
    }
    assert_eq!((before.epoch, page(store, &everything()).await.epoch, store.head().await.unwrap().1), (1, 900, 900));
    assert_eq!(store.device([1; 32]).await.unwrap(), None);
    assert!(store.devices().await.unwrap().iter().all(|d| d.revoked), "the operator still sees them");
    assert_eq!(store.redeem([7; 32], minute(1), device(2), "", [2; 32]).await.unwrap(), None);
    assert_eq!(store.restores().await.unwrap(), [restored(700, false), restored(900, false)]);
    put(store, Batch { restore: Some(RestoreWrite::Reconciled), ..arrival(2, &[]) }).await;
    assert_eq!(store.restores().await.unwrap(), [restored(700, true), restored(900, true)]);
    assert_eq!(store.address(number(2)).await.unwrap(), Some(address(2)));
    assert_eq!(store.address(number(77)).await.unwrap(), None);
}

pub(super) async fn asking_whose_a_one_time_token_is_does_not_use_it(store: &Kept) {
    store.put_invite([1; 32], &"maya".into(), minute(10)).await.unwrap();
    let whose = async |invite: u8, at| store.invited([invite; 32], minute(at)).await.unwrap();
    assert_eq!((whose(1, 9).await, whose(1, 9).await), (Some("maya".into()), Some("maya".into())));
    assert_eq!((whose(1, 10).await, whose(2, 9).await), (None, None), "expired; unknown");
    store.redeem([1; 32], minute(9), device(1), "laptop", [11; 32]).await.unwrap().expect("still good");
    assert_eq!(whose(1, 9).await, None, "used");
}

pub(super) fn line(n: u128, tokens: &[&str]) -> CarrierLine {
    CarrierLine {
        number: address(n),
        provider: "twilio".to_owned(),
        account: "AC1".to_owned(),
        tokens: tokens.iter().map(|t| (*t).to_owned()).collect(),
        service: (n == 2).then(|| "MG1".to_owned()),
        api: "https://api.example".to_owned(),
        extra: LineExtra {
            keys: vec![format!("key {n}")],
            list: (n == 2).then(|| "https://list.example".to_owned()),
            valid_seconds: (n == 1).then_some(600),
        },
    }
}

pub(super) async fn a_line_removed_is_gone_and_the_others_stay(store: &Kept) {
    store.put_line(&line(1, &["one"])).await.unwrap();
    store.put_line(&line(2, &["two"])).await.unwrap();
    assert!(!store.remove_line(&address(3)).await.unwrap(), "nothing was set up");
    assert!(store.remove_line(&address(1)).await.unwrap());
    assert!(!store.remove_line(&address(1)).await.unwrap(), "again removes nothing");
    assert_eq!(store.lines().await.unwrap(), [line(2, &["two"])]);
}

pub(super) async fn a_stopped_line_stays_stopped_until_it_is_resumed_and_of_two_rests_the_longer_counts(store: &Kept) {
    let stop = |n: u128, id: u128, until: Option<i64>| LineStop {
        number: address(n),
        id: Uuid::from_u128(id),
        code: 30034,
        at: minute(1),
        until: until.map(minute),
    };
    assert!(!store.resume_line(&address(1)).await.unwrap(), "nothing was stopped");
    assert!(store.stop_line(&stop(1, 1, Some(5))).await.unwrap());
    assert!(!store.stop_line(&stop(1, 2, Some(5))).await.unwrap(), "no longer than the other");
    assert!(store.stop_line(&stop(1, 3, Some(9))).await.unwrap());
    assert!(store.stop_line(&stop(2, 4, Some(7))).await.unwrap());
    assert_eq!(store.line_stops().await.unwrap(), [stop(1, 3, Some(9)), stop(2, 4, Some(7))]);
    // What waits for somebody is not made shorter, nor told anew.
    assert!(store.stop_line(&stop(1, 5, None)).await.unwrap());
    assert!(!store.stop_line(&stop(1, 6, None)).await.unwrap());
    assert!(!store.stop_line(&stop(1, 7, Some(99))).await.unwrap());
    assert_eq!(store.line_stops().await.unwrap(), [stop(1, 5, None), stop(2, 4, Some(7))]);
    assert!(stop(1, 1, None).holds(minute(99)) && stop(1, 1, Some(5)).holds(minute(4)));
    assert!(!stop(1, 1, Some(5)).holds(minute(5)));
    assert!(store.resume_line(&address(1)).await.unwrap());
    assert_eq!(store.line_stops().await.unwrap(), [stop(2, 4, Some(7))]);
}

pub(super) async fn a_line_set_up_again_is_replaced(store: &Kept) {
    assert_eq!(store.lines().await.unwrap(), []);
    store.put_line(&line(2, &["old"])).await.unwrap();
    store.put_line(&line(1, &["only"])).await.unwrap();
    store.put_line(&line(2, &["new", "old"])).await.unwrap();
    assert_eq!(store.lines().await.unwrap(), [line(1, &["only"]), line(2, &["new", "old"])]);
}

/// The CRM says who is behind the `n`th buyer's number.
async fn says(store: &Kept, n: u128, fresh: u128, contacts: &[&str]) {
    let cards = contacts.iter().map(|c| crate::world::card(c)).collect();
    let people = People { fresh: number(fresh), address: address(n), cards };
    store.put_cards(&[people], minute(1)).await.unwrap();
}

/// Conversations marked, and then no longer, as after a match.
async fn take_marks(store: &Kept) -> Vec<ConversationId> {
    let marked = store.unmatched(usize::MAX).await.unwrap();
    let matched = marked.iter().copied().collect();
    let tx = store.begin().await.unwrap();
    tx.commit(Batch { matched, ..Batch::default() }).await.unwrap();
    marked
}

pub(super) async fn only_a_card_that_changed_marks_its_conversations(store: &Kept) {
    put(store, arrival(1, &[])).await;
    put(store, arrival(2, &[])).await;
    let marks = async |n, fresh, contacts: &[&str]| {
        says(store, n, fresh, contacts).await;
        take_marks(store).await
    };
    assert_eq!(marks(1, 8, &[]).await, [], "nobody is what was known");
    assert_eq!(marks(1, 8, &["c-1"]).await, [here(1)]);
    assert_eq!(marks(1, 8, &["c-1"]).await, []);
    assert_eq!(marks(1, 8, &["c-1", "c-2"]).await, [here(1)]);
    assert_eq!(marks(1, 8, &[]).await, [here(1)], "gone from the CRM");
    assert_eq!(marks(7, 9, &["c-7"]).await, [], "who never texted has no conversation");
    let wants = comeback::server::store::Wants { addresses: [address(1), address(7)].into(), ..Default::default() };
    let loaded = load(store, &wants).await;
    assert_eq!(loaded.addresses, [(address(1), number(1)), (address(7), number(9))].into());
    assert_eq!(loaded.cards[&number(9)], [crate::world::card("c-7")]);
}

pub(super) async fn a_mark_goes_with_the_group_that_matched_it_and_not_before(store: &Kept) {
    for n in 1..=3 {
        put(store, arrival(n, &[])).await;
        says(store, n, 8, &["c-1"]).await;
    }
    let marked = async || store.unmatched(usize::MAX).await.unwrap();
    assert_eq!(marked().await, [here(1), here(2), here(3)]);
    assert_eq!(store.unmatched(2).await.unwrap().len(), 2);
    says(store, 1, 8, &["c-1"]).await;
    assert_eq!(marked().await.len(), 3, "reading the same again takes no mark away");
    drop(store.begin().await.unwrap());
    let failing = Batch { matched: [here(1)].into(), addresses: vec![(number(1), address(1))], ..Batch::default() };
    assert!(commit(store, failing).await.is_err());
    assert_eq!(marked().await.len(), 3, "a group that failed matched nothing");
    put(store, Batch { matched: [here(2), here(9)].into(), ..Batch::default() }).await;
    assert_eq!(marked().await, [here(1), here(3)]);
}

/// The process dies between the reading of the CRM and the match; the next one makes up for it.
pub(super) async fn a_match_that_a_crash_swallowed_is_made_up_for(store: &Kept) {
    let start = async || {
        let clock = Arc::new(ManualClock::at(minute(0)));
        Service::start(Arc::clone(store), clock, &crate::world::playbook()).await.unwrap()
    };
    let service = start().await;
    service.submit(super::writers::from_buyer(1, 1)).await.unwrap();
    service.submit(super::writers::from_buyer(2, 2)).await.unwrap();
    let loaded = load(store, &Wants { addresses: [address(1)].into(), ..Wants::default() }).await;
    let id = *loaded.conversations.keys().next().unwrap();
    let cards = vec![crate::world::card("c-1")];
    store.put_cards(&[People { fresh: number(8), address: address(1), cards }], minute(0)).await.unwrap();
    drop(service);

    let service = start().await;
    let before = store.head().await.unwrap().0.seq;
    crm::follow_up(&service).await.unwrap();
    let (state, _) = store.messages(id, 0, 0).await.unwrap().unwrap();
    assert_eq!(state.contacts, ["c-1".into()], "it was matched");
    assert_eq!(store.unmatched(10).await.unwrap(), []);
    let after = store.head().await.unwrap().0.seq;
    assert!(after > before);
    crm::follow_up(&service).await.unwrap();
    assert_eq!(store.head().await.unwrap().0.seq, after, "once");
}

pub(super) async fn numbers_whose_cards_are_old_or_missing_are_stale(store: &Kept) {
    for n in 1..=3 {
        put(store, arrival(n, &[])).await;
    }
    // A number that only a list of opt-outs names is nobody whom the CRM is asked about.
    put(store, Batch { addresses: vec![(number(4), address(4))], ..Batch::default() }).await;
    for (n, at) in [(1, 5), (2, 20)] {
        let people = People { fresh: number(9), address: address(n), cards: Vec::new() };
        store.put_cards(&[people], minute(at)).await.unwrap();
    }
    let stale = async |older, limit| {
        let mut found = store.stale_numbers(minute(older), limit).await.unwrap();
        found.sort();
        found
    };
    let row = |n| (number(n), address(n), vec![here(n)]);
    assert_eq!(stale(5, 10).await, [row(3)]);
    assert_eq!(stale(6, 10).await, [row(1), row(3)]);
    assert_eq!(stale(21, 10).await, [row(1), row(2), row(3)]);
    assert_eq!(stale(21, 2).await.len(), 2);
}
