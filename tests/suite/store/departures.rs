//! What left lately.

use comeback::server::store::Batch;
use comeback::server::store::departure::{Departure, KEPT};

use super::scene::{Kept, minute, put};

pub(super) fn departure(at: i64, line: &str) -> Departure {
    Departure { at: minute(at), line: line.into(), segments: 2 }
}

pub(super) async fn what_left_is_told_in_order_for_a_day_and_then_forgotten(store: &Kept) {
    assert_eq!(store.departures(minute(0)).await.unwrap(), []);
    put(store, Batch { departures: vec![departure(5, "main"), departure(5, "dock")], ..Batch::default() }).await;
    store.put_departure(&departure(3, "+14155550900")).await.unwrap();
    let all = [departure(3, "+14155550900"), departure(5, "main"), departure(5, "dock")];
    assert_eq!(store.departures(minute(0)).await.unwrap(), all);
    assert_eq!(store.departures(minute(4)).await.unwrap(), all[1..]);
    assert_eq!(store.departures(minute(6)).await.unwrap(), []);
    let later = Departure { at: minute(4) + KEPT, ..departure(0, "main") };
    store.put_departure(&later).await.unwrap();
    assert_eq!(store.departures(minute(0)).await.unwrap(), [all[1].clone(), all[2].clone(), later]);
}
