//! Notices and where reps are reached.

use comeback::domain::alert::{Notice, Occasion, To, What};
use comeback::domain::time::Timestamp;
use comeback::server::store::notice::{Ended, NoticeRow, Notices, Reach};
use comeback::server::store::{Batch, RestoreWrite, Restored};
use uuid::Uuid;

use super::scene::{Kept, address, arrival, here, minute, put};

/// The `n`th notice, for a rep, about the `n`th conversation.
pub(super) fn notice(n: u128, rep: &str, at: Timestamp) -> NoticeRow {
    let what = What::Alert { occasion: Occasion::Offered, due: Some(minute(15)), message: None };
    let notice = Notice { to: To::Rep(rep.into()), what, conversation: Some(here(n)), at };
    NoticeRow::new(Uuid::from_u128(0x5000 + n), notice)
}

fn ended(row: NoticeRow, how: Ended, at: i64, by: Option<&str>) -> NoticeRow {
    NoticeRow { ended: Some((how, minute(at))), first: true, by: by.map(str::to_owned), ..row }
}

pub(super) async fn notices_come_with_their_facts_and_wait_oldest_first(store: &Kept) {
    let (late, early) = (notice(1, "maya", minute(2)), notice(2, "ben", minute(1)));
    put(store, Batch { notices: vec![late.clone(), early.clone()], ..arrival(1, &["maya"]) }).await;
    assert_eq!(store.notices(9).await.unwrap(), [early.clone(), late.clone()]);
    // Of each recipient so many: a long row of one's holds back nobody.
    let more = notice(3, "ben", minute(1));
    store.put_notices(std::slice::from_ref(&more)).await.unwrap();
    assert_eq!(store.notices(1).await.unwrap(), [early.clone(), late.clone()]);
    store.put_notices(&[ended(more, Ended::Dropped, 3, None)]).await.unwrap();
    let tried = NoticeRow { tries: 3, next_at: minute(9), passed: ["page".to_owned()].into(), ..early };
    store.put_notices(&[tried.clone(), ended(late, Ended::Dropped, 3, None)]).await.unwrap();
    assert_eq!(store.notices(9).await.unwrap(), [tried]);
    assert_eq!(store.count_notices().await.unwrap(), Notices { waiting: 1, dead: 0 });
}

pub(super) async fn a_notice_with_the_key_of_another_is_none(store: &Kept) {
    let keyed = |n: u128| NoticeRow { key: Some("hand_off".to_owned()), ..notice(n, "maya", minute(0)) };
    store.put_notices(&[keyed(1)]).await.unwrap();
    store.put_notices(&[keyed(2)]).await.unwrap();
    assert_eq!(store.notices(9).await.unwrap(), [keyed(1)]);
    store.put_notices(&[ended(keyed(1), Ended::Sent, 1, Some("mail"))]).await.unwrap();
    store.put_notices(&[keyed(3)]).await.unwrap();
    assert_eq!(store.notices(9).await.unwrap(), [], "also once the first has ended");
}

pub(super) async fn what_was_sent_is_known_by_time_and_by_channel(store: &Kept) {
    let bundled = NoticeRow { first: false, ..ended(notice(4, "maya", minute(0)), Ended::Sent, 4, Some("page")) };
    let mut second = notice(8, "maya", minute(0));
    second.notice.what = What::Alert { occasion: Occasion::Approval, due: None, message: None };
    let rows = [
        ended(notice(1, "maya", minute(0)), Ended::Sent, 1, Some("page")),
        ended(notice(2, "maya", minute(0)), Ended::Sent, 3, Some("mail")),
        ended(notice(3, "ben", minute(0)), Ended::Sent, 2, Some("page")),
        bundled,
        ended(notice(5, "maya", minute(0)), Ended::Unknown, 5, Some("page")),
        ended(notice(6, "maya", minute(0)), Ended::Dead, 6, None),
        ended(second, Ended::Sent, 7, Some("page")),
    ];
    store.put_notices(&rows).await.unwrap();
    let sent = store.sent_notices(minute(2)).await.unwrap();
    assert_eq!(sent, [("rep:ben", 2), ("rep:maya", 3), ("rep:maya", 7)].map(|(to, at)| (to.to_owned(), minute(at))));
    let told = async |rep: &str, channel: &str| store.told_last(&rep.into(), channel).await.unwrap();
    assert_eq!(
        told("maya", "page").await,
        Some(here(1)),
        "a bundle's others, what may not have left and what asks for a second person are not meant"
    );
    assert_eq!(told("maya", "mail").await, Some(here(2)));
    assert_eq!((told("ines", "page").await, told("ben", "mail").await), (None, None));
    assert_eq!(store.count_notices().await.unwrap(), Notices { waiting: 0, dead: 1 });
    store.put_notices(&[ended(notice(7, "maya", minute(0)), Ended::Sent, 7, Some("page"))]).await.unwrap();
    assert_eq!(told("maya", "page").await, Some(here(7)));
}

pub(super) async fn notices_that_ended_long_ago_are_forgotten_and_those_that_wait_are_not(store: &Kept) {
    let rows = [
        ended(notice(1, "maya", minute(0)), Ended::Sent, 1, None),
        ended(notice(2, "maya", minute(0)), Ended::Dead, 2, None),
        ended(notice(3, "maya", minute(0)), Ended::Sent, 3, None),
        notice(4, "maya", minute(0)),
    ];
    store.put_notices(&rows).await.unwrap();
    assert_eq!(store.forget_notices(minute(3), 1).await.unwrap(), 1);
    assert_eq!(store.count_notices().await.unwrap(), Notices { waiting: 1, dead: 1 }, "the oldest first");
    assert_eq!(store.forget_notices(minute(3), 9).await.unwrap(), 1);
    assert_eq!(store.forget_notices(minute(3), 9).await.unwrap(), 0);
    assert_eq!(store.sent_notices(minute(0)).await.unwrap().len(), 1);
    assert_eq!(store.notices(9).await.unwrap(), rows[3..]);
}

pub(super) async fn where_a_rep_is_reached_is_replaced_and_forgotten_and_nobody_shares_a_phone(store: &Kept) {
    let reach = |rep: &str, phone, email: Option<&str>, stopped| Reach {
        rep: rep.into(),
        phone,
        email: email.map(str::to_owned),
        stopped,
    };
    let maya = reach("maya", Some(address(1)), Some("maya@a.example"), None);
    store.put_reach(&maya).await.unwrap();
    let ben = reach("ben", None, Some("ben@a.example"), None);
    store.put_reach(&ben).await.unwrap();
    assert_eq!(store.reaches().await.unwrap(), [ben.clone(), maya.clone()]);
    assert!(store.put_reach(&reach("ines", Some(address(1)), None, None)).await.is_err(), "whose answer would it be?");
    let stopped = reach("maya", Some(address(1)), None, Some(minute(3)));
    store.put_reach(&stopped).await.unwrap();
    assert_eq!(store.reaches().await.unwrap(), [ben.clone(), stopped]);
    store.put_reach(&reach("maya", None, None, None)).await.unwrap();
    assert_eq!(store.reaches().await.unwrap(), [ben]);
    let told = format!("{maya:?}");
    assert!(!told.contains("+1") && !told.contains("a.example"), "{told}");
}

pub(super) async fn one_conversation_is_found_with_all_of_it(store: &Kept) {
    put(store, arrival(1, &["maya"])).await;
    put(store, arrival(2, &["maya"])).await;
    let subject = store.subject(here(2), 9).await.unwrap().unwrap();
    assert_eq!((subject.state.id, subject.address, subject.messages.len()), (here(2), address(2), 1));
    assert!(store.subject(here(9), 9).await.unwrap().is_none());
}

pub(super) async fn nothing_that_waited_before_a_backup_goes_by_itself(store: &Kept) {
    let kept = ended(notice(1, "maya", minute(0)), Ended::Dead, 1, None);
    store.put_notices(&[kept, notice(2, "maya", minute(0))]).await.unwrap();
    let restored = Restored { epoch: 700, after: 3, since: minute(2), reconciled: false };
    put(store, Batch { restore: Some(RestoreWrite::Begun(restored)), ..arrival(1, &[]) }).await;
    assert_eq!(store.count_notices().await.unwrap(), Notices { waiting: 0, dead: 1 });
}
