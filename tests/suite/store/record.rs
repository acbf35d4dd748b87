//! The journal by what it is about.

use comeback::domain::id::ConversationId;
use comeback::server::store::Batch;

use super::scene::{Kept, entries, here, minute};

fn about(conversation: ConversationId, word: &str) -> Vec<u8> {
    format!("{{\"subject\":{{\"conversation\":\"{conversation}\"}},\"kind\":\"{word}\"}}").into_bytes()
}

/// Two groups about two conversations and something else.
pub(super) async fn written(store: &Kept) {
    let groups = [
        vec![about(here(1), "a"), about(here(2), "b"), about(here(1), "c")],
        vec![b"{}".to_vec(), about(here(1), "d")],
    ];
    for group in groups {
        let tx = store.begin().await.unwrap();
        let bodies: Vec<&[u8]> = group.iter().map(Vec::as_slice).collect();
        let entries = entries(tx.head(), minute(0), &bodies);
        tx.commit(Batch { entries, ..Batch::default() }).await.unwrap();
    }
}

pub(super) async fn entries_are_found_by_the_conversation_they_are_about(store: &Kept) {
    written(store).await;
    let found = async |n, limit| {
        let entries = store.entries_of(here(n).0, limit).await.unwrap();
        entries.into_iter().map(|entry| entry.body).collect::<Vec<_>>()
    };
    let of_one = [about(here(1), "a"), about(here(1), "c"), about(here(1), "d")];
    assert_eq!(found(1, 9).await, of_one);
    assert_eq!(found(1, 2).await, of_one[1..], "the newest of them");
    assert_eq!(found(2, 9).await, [about(here(2), "b")]);
    assert_eq!(found(3, 9).await, Vec::<Vec<u8>>::new());
}
