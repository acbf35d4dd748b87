//! Numbers that nobody hears of.

use comeback::domain::block::{Block, Why};
use comeback::domain::consent::Number;
use comeback::server::store::Batch;

use super::scene::{Kept, address, arrival, here, minute, number, put};

pub(super) async fn blocked_numbers_are_listed_in_pages_until_they_are_heard_again(store: &Kept) {
    assert_eq!(store.blocked(None, 9).await.unwrap(), []);
    let block = |n: i64| Block { at: minute(n), by: "lea".into(), reason: Why::Spam };
    let standing = |n: u128, blocked| Number { blocked, ..Number::new(number(n)) };
    for n in 1..=3u128 {
        let blocked = (n != 2).then(|| block(i64::try_from(n).unwrap()));
        put(store, Batch { numbers: vec![standing(n, blocked)], ..arrival(n, &["maya"]) }).await;
    }
    let all = store.blocked(None, 9).await.unwrap();
    let told: Vec<_> = all.iter().map(|b| (b.number, b.address.clone(), b.conversation, b.block.clone())).collect();
    let wanted = [3u128, 1].map(|n| (number(n), Some(address(n)), Some(here(n)), block(i64::try_from(n).unwrap())));
    assert_eq!(told, wanted);
    assert_eq!(store.blocked(None, 1).await.unwrap(), all[..1]);
    assert_eq!(store.blocked(Some(number(3)), 9).await.unwrap(), all[1..]);
    assert_eq!(store.blocked(Some(number(1)), 9).await.unwrap(), []);
    put(store, Batch { numbers: vec![standing(3, None)], ..Batch::default() }).await;
    assert_eq!(store.blocked(None, 9).await.unwrap(), all[1..]);
}
