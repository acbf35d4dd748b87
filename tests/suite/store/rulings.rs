//! What was ruled about numbers on hold.

use comeback::domain::contact::Body;
use comeback::server::store::Batch;
use comeback::server::store::ruling::RulingWrite;

use super::scene::{Kept, address, arrival, here, minute, number, put, text};

pub(super) fn ruling(seq: u64, kept: bool) -> RulingWrite {
    RulingWrite {
        seq,
        at: minute(i64::try_from(seq).unwrap()),
        number: number(1),
        conversation: here(1),
        message: text(1),
        score: 8,
        by: kept.then(|| "maya".into()),
        kept: kept.then(|| text(1)),
    }
}

pub(super) async fn rulings_are_read_newest_first_in_pages_with_number_and_reason(store: &Kept) {
    let rulings = vec![ruling(1, true), ruling(2, false)];
    put(store, Batch { rulings, ..arrival(1, &["maya"]) }).await;
    let all = store.rulings(u64::MAX, 9).await.unwrap();
    assert_eq!(all.iter().map(|ruled| ruled.ruling.clone()).collect::<Vec<_>>(), [ruling(2, false), ruling(1, true)]);
    assert_eq!((all[0].reason.clone(), all[0].address.clone()), (None, Some(address(1))));
    assert!(all[1].reason.as_ref().is_some_and(|reason: &Body| !reason.is_blank()), "{all:?}");
    assert_eq!(store.rulings(u64::MAX, 1).await.unwrap(), all[..1]);
    assert_eq!(store.rulings(2, 9).await.unwrap(), all[1..]);
    assert_eq!(store.rulings(1, 9).await.unwrap(), []);
}
