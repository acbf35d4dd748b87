//! Pictures and files of texts: fetched once, kept once, erased with their text.

use comeback::domain::id::MessageId;
use comeback::server::store::Batch;
use comeback::server::store::media::{MediaEnd, MediaState, MediaWrite};
use uuid::Uuid;

use super::scene::{Kept, arrival, here, message, minute, put};

fn text(n: u128) -> MessageId {
    MessageId(Uuid::from_u128(900 + n))
}

fn wanted(of: u128, n: u32, at: i64) -> MediaWrite {
    MediaWrite {
        message: text(of),
        n,
        conversation: here(1),
        provider: "twilio".to_owned(),
        account: "AC1".to_owned(),
        source: format!("https://carrier.example/{of}/{n}"),
        not_before: minute(at),
    }
}

/// Two texts, with media.
async fn told(store: &Kept) {
    put(store, arrival(1, &[])).await;
    let messages = [2, 3].map(|n| message(text(u128::from(n)), here(1), n, minute(1), None)).to_vec();
    let media = vec![wanted(2, 0, 1), wanted(3, 0, 5), wanted(2, 1, 2)];
    put(store, Batch { messages, media, ..Batch::default() }).await;
}

fn kept(bytes: &[u8]) -> MediaEnd {
    MediaEnd::Kept { kind: "image/png".to_owned(), hash: [bytes[0]; 32], bytes: bytes.to_vec() }
}

/// One that is here, for a store that is to hold something of everything.
pub(super) async fn one_kept(store: &Kept) {
    put(store, Batch { media: vec![wanted(2, 0, 1)], ..Batch::default() }).await;
    store.settle_media(text(2), 0, &kept(b"one")).await.unwrap();
}

pub(super) async fn media_come_with_their_text_and_are_due_until_they_are_settled(store: &Kept) {
    told(store).await;
    let due = async |at: i64| {
        let (jobs, next) = store.due_media(minute(at), 9).await.unwrap();
        (jobs.into_iter().map(|job| (job.message, job.n, job.tries)).collect::<Vec<_>>(), next)
    };
    assert_eq!(due(0).await, (vec![], Some(minute(1))));
    assert_eq!(due(2).await, (vec![(text(2), 0, 0), (text(2), 1, 0)], Some(minute(5))));
    assert_eq!(store.due_media(minute(9), 1).await.unwrap().0.len(), 1);
    store.settle_media(text(2), 0, &MediaEnd::Later(minute(7))).await.unwrap();
    store.settle_media(text(2), 1, &kept(b"one")).await.unwrap();
    store.settle_media(text(3), 0, &MediaEnd::Refused("too large".to_owned())).await.unwrap();
    assert_eq!(due(6).await, (vec![], Some(minute(7))));
    assert_eq!(due(7).await, (vec![(text(2), 0, 1)], None));
    // What is settled stays as it is, also when another try ends late.
    store.settle_media(text(2), 1, &MediaEnd::Later(minute(1))).await.unwrap();
    store.settle_media(text(3), 0, &kept(b"late")).await.unwrap();
    assert_eq!(due(6).await, (vec![], Some(minute(7))));
    let found = async |of, n| store.media(text(of), n).await.unwrap();
    assert_eq!(found(2, 0).await, Some((here(1), MediaState::Wanted)));
    assert_eq!(found(2, 1).await, Some((here(1), MediaState::Kept("image/png".to_owned(), b"one".to_vec()))));
    assert_eq!(found(3, 0).await, Some((here(1), MediaState::Refused("too large".to_owned()))));
    assert_eq!((found(2, 2).await, found(9, 0).await), (None, None));
    // The text shows it.
    let (_, messages) = store.messages(here(1), u64::MAX / 2, 9).await.unwrap().unwrap();
    let shown = |of| messages.iter().find(|m| m.id == text(of)).map(|m| m.media.clone()).unwrap();
    assert_eq!((shown(2), shown(3)), (vec!["image/png".to_owned()], vec!["image/png; refused".to_owned()]));
}

pub(super) async fn the_same_bytes_are_kept_once_and_erased_with_the_last_text_that_has_them(store: &Kept) {
    told(store).await;
    store.settle_media(text(2), 0, &kept(b"same")).await.unwrap();
    store.settle_media(text(3), 0, &kept(b"same")).await.unwrap();
    assert_eq!(store.erase_media(text(2)).await.unwrap(), 2);
    assert_eq!(store.erase_media(text(2)).await.unwrap(), 0);
    assert_eq!(store.media(text(2), 0).await.unwrap(), None);
    assert_eq!(store.due_media(minute(9), 9).await.unwrap(), (vec![], None), "nothing of it is fetched any more");
    let (_, other) = store.media(text(3), 0).await.unwrap().unwrap();
    assert_eq!(other, MediaState::Kept("image/png".to_owned(), b"same".to_vec()), "another text has it, too");
}
