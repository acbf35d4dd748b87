//! Who hears of what, and in which pages.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use comeback::clock::ManualClock;
use comeback::domain::visibility::Principal;
use comeback::server::feed::{self, Ask, FeedError, Presences};
use comeback::server::service::Service;
use comeback::server::store::{Batch, DeviceState, Page, PageQuery};
use comeback::wire::changes::Changes;

use super::scene::{
    Kept, arrival, change, conversation, device, everything, here, message, minute, page, put, receipt, rep, sign_in,
    text,
};

fn query(principals: &[Principal], since: u64) -> PageQuery {
    PageQuery { principals: principals.iter().cloned().collect(), since, ..everything() }
}

fn ids(page: &Page) -> Vec<comeback::domain::id::ConversationId> {
    page.subjects.iter().map(|s| s.state.id).collect()
}

pub(super) async fn a_change_reaches_its_audience_and_nobody_else(store: &Kept) {
    let first = put(store, arrival(1, &["maya"])).await;
    put(store, arrival(2, &["maya", "ben"])).await;
    let pool = Principal::Pool("enterprise".into());
    let mut batch = arrival(3, &[]);
    batch.conversations[0].audience.insert(pool.clone());
    put(store, batch).await;
    for (principals, since, wanted) in [
        (vec![rep("maya")], 0, vec![here(1), here(2)]),
        (vec![rep("maya")], first, vec![here(2)]),
        (vec![rep("ben")], 0, vec![here(2)]),
        (vec![rep("ben"), rep("maya"), pool.clone()], 0, vec![here(1), here(2), here(3)]),
        (vec![pool], 0, vec![here(3)]),
        (vec![Principal::All], 0, vec![here(1), here(2), here(3)]),
        (vec![Principal::Pool("harbor".into()), rep("enterprise"), rep("pool:enterprise")], 0, vec![]),
        (vec![], 0, vec![]),
    ] {
        let page = page(store, &query(&principals, since)).await;
        assert_eq!(ids(&page), wanted, "{principals:?} after {since}");
        assert_eq!((page.through, page.more), (page.head.seq, false));
    }
}

/// The rules name everybody who saw it before or sees it now; the store keeps who heard of it earlier where they were.
pub(super) async fn who_loses_sight_hears_of_it_once_more(store: &Kept) {
    let first = put(store, arrival(1, &["maya", "ines"])).await;
    let batch = Batch { conversations: vec![change(conversation(1), 0, 1, &["maya", "ben"])], ..Batch::default() };
    let second = put(store, batch).await;
    let seen = async |who: &str, since| ids(&page(store, &query(&[rep(who)], since)).await);
    assert_eq!(seen("maya", first).await, [here(1)], "before and after");
    assert_eq!(seen("ben", first).await, [here(1)], "only after");
    assert_eq!(seen("ines", 0).await, [here(1)]);
    assert_eq!(seen("ines", first).await, [], "what she may not see any more does not follow her");
    assert_eq!(seen("maya", second).await, []);
}

pub(super) async fn pages_join_without_gap_or_repeat(store: &Kept) {
    for n in 1..=7 {
        put(store, arrival(n, &["maya"])).await;
    }
    put(store, Batch { conversations: vec![change(conversation(2), 0, 1, &["ben"])], ..Batch::default() }).await;
    let wanted: BTreeSet<_> = (1..=7).map(here).collect();
    for limit in 1..=8 {
        let (mut since, mut got, mut pages) = (0, Vec::new(), 0);
        loop {
            let both = PageQuery { limit, ..query(&[rep("maya"), rep("ben")], since) };
            let page = page(store, &both).await;
            assert!(page.subjects.len() <= limit);
            assert!(page.subjects.iter().all(|s| s.seq > since), "nothing of an earlier page");
            assert!(page.through > since && page.through <= page.head.seq);
            got.extend(ids(&page));
            since = page.through;
            pages += 1;
            if !page.more {
                assert_eq!(since, page.head.seq);
                break;
            }
        }
        assert_eq!(got.len(), 7, "{limit} a page: each once");
        assert_eq!(got.last(), Some(&here(2)), "{limit} a page: in order of change");
        assert_eq!(got.into_iter().collect::<BTreeSet<_>>(), wanted);
        assert_eq!(pages, 7usize.div_ceil(limit));
    }
    // What changes between two pages is not skipped.
    let one = PageQuery { limit: 3, ..query(&[rep("maya")], 0) };
    let first = page(store, &one).await;
    put(store, Batch { conversations: vec![change(conversation(6), 0, 1, &["maya"])], ..Batch::default() }).await;
    let rest = page(store, &query(&[rep("maya")], first.through)).await;
    let both: BTreeSet<_> = ids(&first).into_iter().chain(ids(&rest)).collect();
    assert_eq!((both, ids(&rest).last()), (wanted, Some(&here(6))));
}

pub(super) async fn the_newest_messages_come_along_and_older_ones_on_demand(store: &Kept) {
    let mut batch = arrival(1, &["maya"]);
    for n in 2..=9 {
        batch.messages.push(message(text(u128::from(n)), here(1), n, minute(0), None));
    }
    batch.conversations[0].messages = 9;
    let written: Vec<_> = batch.messages.iter().map(|m| m.message.clone()).collect();
    put(store, batch).await;
    let page = page(store, &PageQuery { messages: 3, ..query(&[rep("maya")], 0) }).await;
    assert_eq!((page.subjects[0].total, &page.subjects[0].messages[..]), (9, &written[6..]));
    let before = async |n, limit| store.messages(here(1), n, limit).await.unwrap().unwrap();
    assert_eq!(before(7, 4).await, (conversation(1), written[2..6].to_vec()));
    assert_eq!(before(3, 4).await.1, written[..2]);
    assert_eq!(before(1, 4).await.1, []);
    assert_eq!(before(u64::MAX, 100).await.1, written);
    assert_eq!(store.messages(here(9), u64::MAX, 4).await.unwrap(), None);
}

pub(super) async fn receipts_never_run_ahead_of_their_page(store: &Kept) {
    sign_in(store, device(1), "maya", [1; 32]).await;
    sign_in(store, device(2), "maya", [2; 32]).await;
    for n in 1..=3 {
        let receipts = vec![receipt(device(1), u64::try_from(n).unwrap(), 0)];
        put(store, Batch { receipts, ..arrival(n, &["maya"]) }).await;
    }
    let ask = |device, known, limit| PageQuery { device, known, limit, ..query(&[rep("maya")], 0) };
    for (limit, acked) in [(1, 1), (2, 2), (3, 3)] {
        let page = page(store, &ask(device(1), 0, limit)).await;
        let receipts: Vec<u64> = page.receipts.iter().map(|r| r.n).collect();
        assert_eq!((page.acked, receipts), (acked, (1..=acked).collect()), "{limit} a page");
    }
    let page_known = page(store, &ask(device(1), 2, 3)).await;
    assert_eq!((page_known.acked, page_known.receipts.len()), (3, 1), "those it knows are not sent again");
    let other = page(store, &ask(device(2), 0, 3)).await;
    assert_eq!((other.acked, other.receipts.len()), (0, 0), "another device's are not its own");
}

pub(super) async fn a_page_in_the_middle_does_not_speak_of_forgotten_outcomes_and_the_last_one_does(store: &Kept) {
    sign_in(store, device(1), "maya", [1; 32]).await;
    for n in 1..=3 {
        let last_n = u64::try_from(n).unwrap();
        let devices = vec![(device(1), DeviceState { last_n, ..DeviceState::default() })];
        let receipts = vec![receipt(device(1), last_n, 0)];
        put(store, Batch { receipts, devices, ..arrival(n, &["maya"]) }).await;
    }
    assert_eq!(store.forget_outcomes(minute(1), 10).await.unwrap(), 3);
    let ask = |limit| PageQuery { device: device(1), limit, ..query(&[rep("maya")], 0) };
    let middle = page(store, &ask(2)).await;
    assert_eq!((middle.more, middle.acked, middle.receipts.len()), (true, 0, 0), "nobody knows how far this one goes");
    let last = page(store, &ask(3)).await;
    assert_eq!((last.more, last.acked, last.receipts.len()), (false, 3, 0), "all that was ever run is in it");
}

pub(super) async fn a_cursor_of_another_epoch_is_gone(store: &Kept) {
    let clock = Arc::new(ManualClock::at(minute(0)));
    let service = Service::start(Arc::clone(store), clock, &crate::world::playbook()).await.unwrap();
    sign_in(store, device(1), "adele", [1; 32]).await;
    let device = store.device([1; 32]).await.unwrap().unwrap();
    let presences = Presences::default();
    let ask = async |since: &str| {
        let ask = Ask { since: since.to_owned(), wait: Duration::ZERO, playbook: 1, ..Ask::default() };
        feed::changes(&service, &presences, &device, &ask).await
    };
    let Changes { cursor, .. } = ask("").await.unwrap();
    let parts: Vec<&str> = cursor.splitn(3, '.').collect();
    let (_, epoch) = store.head().await.unwrap();
    assert_eq!(parts[0], epoch.to_string());
    assert_eq!(ask(&cursor).await.unwrap().cursor, cursor, "its own is good");
    let (seq, tag) = (parts[1], parts[2]);
    for gone in [
        format!("{}.{seq}.{tag}", epoch + 1),
        format!("{epoch}.9999.{tag}"),
        format!("{epoch}.{seq}.00000000"),
        format!("{epoch}.{seq}"),
        "…".to_owned(),
    ] {
        assert!(matches!(ask(&gone).await, Err(FeedError::Gone)), "{gone}");
    }
}
