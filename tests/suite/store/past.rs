//! Replies of before are kept once, as they were told last, and found by when they came.

use comeback::domain::event::Outcome;
use comeback::server::store::past::{Imported, PastReply};

use super::scene::{Kept, minute};

pub(super) fn reply(id: &str, at: i64) -> PastReply {
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
    assert_eq!(store.put_past(&all).await.unwrap(), [Imported::New; 3]);
    assert_eq!(store.put_past(&all).await.unwrap(), [Imported::Known; 3]);
    let other = PastReply { source: "other".to_owned(), ..reply("a", 5) };
    assert_eq!(store.put_past(std::slice::from_ref(&other)).await.unwrap(), [Imported::New], "ids are its own");
    let wanted = [bare.clone(), reply("a", 5), other, reply("b", 9)];
    assert_eq!(store.past(minute(4), minute(10)).await.unwrap(), wanted);
    assert_eq!(store.past(minute(5), minute(9)).await.unwrap(), wanted[1..3]);
    // A log of messages knows times alone: what else was told stays.
    let logged = PastReply { answered: Some(minute(7)), id: "a".to_owned(), received: minute(5), ..bare };
    let told = [logged.clone()];
    assert_eq!(store.put_past_times(&told).await.unwrap(), [Imported::Replaced]);
    assert_eq!(store.put_past_times(&told).await.unwrap(), [Imported::Known]);
    let kept = store.past(minute(5), minute(6)).await.unwrap();
    assert!(kept.contains(&PastReply { answered: logged.answered, ..reply("a", 5) }), "{kept:?}");
}

pub(super) async fn a_reply_of_before_that_was_put_right_replaces_what_was_told_of_it(store: &Kept) {
    let (first, other) = (reply("a", 5), PastReply { source: "other".to_owned(), ..reply("a", 5) });
    store.put_past(&[first.clone(), other.clone()]).await.unwrap();
    // Whatever of it was wrong, and also what is not said any more.
    let all = [
        PastReply { team: "harbor".into(), ..first.clone() },
        PastReply { answered: None, ..first.clone() },
        PastReply { cohort: Some("late-stage".to_owned()), ..first.clone() },
        PastReply { use_case: None, ..first.clone() },
        PastReply { rep: Some("ben".into()), ..first.clone() },
        PastReply { contact: None, ..first.clone() },
        PastReply { stage: Some("discovery".to_owned()), ..first.clone() },
        PastReply { outcome: None, ..first.clone() },
        reply("a", 1),
    ];
    for right in all {
        let put = [right.clone(), right.clone()];
        assert_eq!(store.put_past(&put).await.unwrap(), [Imported::Replaced, Imported::Known], "{right:?}");
        let mut wanted = vec![right, other.clone()];
        wanted.sort_by(|a, b| (a.received, &a.source).cmp(&(b.received, &b.source)));
        assert_eq!(store.past(minute(0), minute(10)).await.unwrap(), wanted);
    }
    assert_eq!(store.past(minute(5), minute(6)).await.unwrap(), [other], "it is found by its own time alone");
}
