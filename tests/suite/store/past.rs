//! Replies of before are kept once, and found by when they came.

use comeback::domain::event::Outcome;
use comeback::server::store::past::PastReply;

use super::scene::{Kept, minute};

fn reply(id: &str, at: i64) -> PastReply {
    PastReply {
        source: "old".to_owned(),
        id: id.to_owned(),
        team: "enterprise".into(),
        received: minute(at),
        answered: Some(minute(at + 3)),
        cohort: None,
        use_case: Some("pricing".to_owned()),
        rep: Some("maya".into()),
        contact: Some("c-1".into()),
        stage: Some("proposal".to_owned()),
        outcome: Some(Outcome::Meeting),
    }
}

pub(super) async fn replies_of_before_are_kept_once_and_told_in_order(store: &Kept) {
    let bare = PastReply {
        answered: None,
        use_case: None,
        rep: None,
        contact: None,
        stage: None,
        outcome: None,
        ..reply("c", 4)
    };
    let all = [reply("b", 9), reply("a", 5), bare.clone()];
    assert_eq!(store.put_past(&all).await.unwrap(), [true, true, true]);
    let changed = PastReply { answered: None, ..reply("a", 1) };
    let other = PastReply { source: "other".to_owned(), ..reply("a", 5) };
    assert_eq!(store.put_past(&[changed, other.clone()]).await.unwrap(), [false, true]);
    let wanted = [bare, reply("a", 5), other, reply("b", 9)];
    assert_eq!(store.past(minute(4), minute(10)).await.unwrap(), wanted);
    assert_eq!(store.past(minute(5), minute(9)).await.unwrap(), wanted[1..3]);
}
