//! Deadlines and answers on their way: everything that waits for an instant is a row.

use comeback::domain::conversation::{AnswerState, Conversation, Status};
use comeback::domain::event::Outcome;
use comeback::domain::id::MessageId;
use comeback::domain::sla::{Clock, Response, Stage};
use comeback::domain::time::Timestamp;
use comeback::server::store::{Batch, SendWrite};

use super::scene::{Kept, address, arrival, change, conversation, here, message, minute, open, out, put, send, text};

/// A conversation whose next deadline is its clock's warning.
fn due_at(n: u128, warn: Timestamp) -> Conversation {
    let clock = Clock {
        response: Response::First,
        cohort: "new".to_owned(),
        started: minute(0),
        warn,
        due: warn + comeback::domain::time::Span::minutes(500),
        stage: Stage::Running,
        playbook: 1,
    };
    Conversation { clock: Some(clock), ..conversation(n) }
}

async fn set(store: &Kept, states: Vec<Conversation>) {
    let conversations = states.into_iter().map(|state| change(state, 0, 1, &[])).collect();
    put(store, Batch { conversations, ..Batch::default() }).await;
}

pub(super) async fn overdue_deadlines_come_earliest_first_with_the_next_one_behind(store: &Kept) {
    assert_eq!(store.due(minute(99), 10).await.unwrap(), (vec![], None));
    for n in 1..=6 {
        put(store, arrival(n, &[])).await;
    }
    let snoozed = Conversation { status: Status::Snoozed(minute(2)), ..conversation(5) };
    let at = [(1, 30), (2, 10), (3, 20), (4, 10)].map(|(n, m)| due_at(n, minute(m)));
    set(store, at.into_iter().chain([snoozed]).collect()).await;
    for (now, limit, due, next) in [
        (1, 10, vec![], Some(2)),
        (2, 10, vec![5], Some(10)),
        (10, 10, vec![5, 2, 4], Some(20)),
        (25, 10, vec![5, 2, 4, 3], Some(30)),
        (25, 2, vec![5, 2], Some(30)),
        (30, 10, vec![5, 2, 4, 3, 1], None),
    ] {
        let due: Vec<_> = due.into_iter().map(here).collect();
        assert_eq!(store.due(minute(now), limit).await.unwrap(), (due, next.map(minute)), "minute {now}");
    }
}

pub(super) async fn a_deadline_that_moved_or_went_is_not_due(store: &Kept) {
    put(store, arrival(1, &[])).await;
    set(store, vec![due_at(1, minute(10))]).await;
    set(store, vec![due_at(1, minute(40))]).await;
    assert_eq!(store.due(minute(20), 10).await.unwrap(), (vec![], Some(minute(40))), "moved away");
    set(store, vec![due_at(1, minute(5))]).await;
    assert_eq!(store.due(minute(20), 10).await.unwrap(), (vec![here(1)], None), "and back");
    set(store, vec![conversation(1)]).await;
    assert_eq!(store.due(minute(999), 10).await.unwrap(), (vec![], None), "cleared");
    set(store, vec![Conversation { status: Status::Done(Outcome::Called), ..due_at(1, minute(5)) }]).await;
    assert_eq!(store.due(minute(999), 10).await.unwrap(), (vec![], None), "done");
}

/// An answer accepted at `accepted`, held until `not_before`. Ids need not follow the order of acceptance: devices
/// make them, and their clocks may be wrong.
fn held(id: u128, conversation: u128, accepted: i64, not_before: i64) -> Batch {
    let standing = AnswerState::Held { not_before: minute(not_before), waits: None };
    let n = u64::try_from(id).unwrap();
    Batch {
        messages: vec![message(text(id), here(conversation), n, minute(accepted), Some(standing))],
        sends: vec![send(text(id), here(conversation), Some(minute(not_before)))],
        ..Batch::default()
    }
}

async fn sends(store: &Kept, write: SendWrite) {
    put(store, Batch { sends: vec![write], ..Batch::default() }).await;
}

async fn due(store: &Kept, now: i64, limit: usize) -> (Vec<MessageId>, Option<Timestamp>) {
    let (due, next) = store.due_sends(minute(now), limit).await.unwrap();
    (due.into_iter().map(|s| s.message).collect(), next)
}

pub(super) async fn an_answer_is_due_at_its_time_and_not_before(store: &Kept) {
    assert_eq!(due(store, 999, 10).await, (vec![], None));
    for n in 1..=2 {
        put(store, arrival(n, &[])).await;
    }
    put(store, held(21, 1, 0, 8)).await;
    put(store, held(22, 2, 1, 6)).await;
    assert_eq!(due(store, 5, 10).await, (vec![], Some(minute(6))));
    assert_eq!(due(store, 6, 10).await, (vec![text(22)], Some(minute(8))));
    assert_eq!(due(store, 8, 10).await, (vec![text(22), text(21)], None), "longest due first");
    assert_eq!(due(store, 8, 1).await, (vec![text(22)], None));
    let (all, _) = store.due_sends(minute(8), 10).await.unwrap();
    let one = &all[1];
    assert_eq!((one.message, one.conversation, &one.to), (text(21), here(1), &address(1)));
    assert_eq!((one.line.as_str(), one.at), ("main", minute(0)));
    assert_eq!(one.body.as_str(), format!("text 21 of {}", here(1)));
    sends(store, send(text(22), here(2), Some(minute(30)))).await;
    assert_eq!(due(store, 8, 10).await, (vec![text(21)], Some(minute(30))), "held anew");
    sends(store, send(text(21), here(1), None)).await;
    assert_eq!(due(store, 8, 10).await, (vec![], Some(minute(30))), "taken back or parked");
    assert!(store.open_sends(10).await.unwrap().is_empty());
}

pub(super) async fn answers_of_a_conversation_are_due_one_by_one_in_the_order_they_were_accepted(store: &Kept) {
    for n in 1..=2 {
        put(store, arrival(n, &[])).await;
    }
    // The second has the smaller id, and a shorter wait; the third is of somebody else.
    put(store, held(32, 1, 0, 9)).await;
    put(store, held(31, 1, 1, 5)).await;
    put(store, held(33, 2, 2, 7)).await;
    // One that is put off holds back none that is due: whether it may pass is the rules' business.
    assert_eq!(due(store, 5, 10).await, (vec![text(31)], Some(minute(7))));
    assert_eq!(due(store, 7, 10).await.0, [text(31), text(33)]);
    assert_eq!(due(store, 20, 10).await.0, [text(33), text(32)], "one of each conversation");
    sends(store, open(text(32), here(1))).await;
    assert_eq!(due(store, 20, 10).await.0, [text(33)]);
    sends(store, send(text(32), here(1), None)).await;
    assert_eq!(due(store, 20, 10).await.0, [text(31), text(33)]);
}

pub(super) async fn what_may_be_at_the_carrier_is_never_due_again_and_holds_back_its_conversation_only(store: &Kept) {
    for n in 1..=2 {
        put(store, arrival(n, &[])).await;
    }
    for batch in [held(41, 1, 0, 5), held(42, 1, 1, 5), held(43, 2, 1, 5)] {
        put(store, batch).await;
    }
    sends(store, open(text(41), here(1))).await;
    assert_eq!(due(store, 999, 10).await.0, [text(43)]);
    let started = store.open_sends(10).await.unwrap();
    assert_eq!(started.iter().map(|s| (s.message, s.conversation)).collect::<Vec<_>>(), [(text(41), here(1))]);
    assert_eq!(started[0].body.as_str(), format!("text 41 of {}", here(1)));
    // The last of a conversation opens while an earlier one waits: that one waits too.
    sends(store, open(text(42), here(1))).await;
    assert_eq!(store.open_sends(1).await.unwrap().len(), 1, "no more than asked for");
    sends(store, send(text(41), here(1), Some(minute(5)))).await;
    assert_eq!(due(store, 999, 10).await.0, [text(43)]);
    sends(store, send(text(42), here(1), None)).await;
    assert_eq!(due(store, 999, 10).await.0, [text(41), text(43)]);
    assert!(store.open_sends(10).await.unwrap().is_empty());
}

pub(super) async fn what_the_carrier_has_is_followed_until_its_end_and_holds_back_nobody(store: &Kept) {
    put(store, arrival(1, &[])).await;
    for (id, accepted) in [(51, 0), (52, 1), (53, 2)] {
        put(store, held(id, 1, accepted, 5)).await;
    }
    let followed = async |since: i64, until: i64, limit| {
        let all = store.out_sends(minute(since), minute(until), limit).await.unwrap();
        all.iter().map(|s| s.message).collect::<Vec<_>>()
    };
    assert_eq!(followed(0, 99, 9).await, [], "it has not left");
    sends(store, out(text(51), here(1), minute(6))).await;
    sends(store, out(text(52), here(1), minute(7))).await;
    assert_eq!(followed(6, 7, 9).await, [text(52), text(51)], "both ends belong to it, the newest first");
    assert_eq!((followed(6, 7, 1).await, followed(7, 9, 9).await), (vec![text(52)], vec![text(52)]));
    assert_eq!(followed(0, 5, 9).await, []);
    assert_eq!(due(store, 20, 10).await.0, [text(53)], "texts that left hold back nobody");
    assert!(store.open_sends(9).await.unwrap().is_empty(), "and their fate is no riddle");
    sends(store, out(text(51), here(1), minute(9))).await;
    assert_eq!(followed(7, 9, 9).await, [text(51), text(52)], "it moved on");
    sends(store, send(text(51), here(1), None)).await;
    sends(store, send(text(52), here(1), None)).await;
    assert_eq!(followed(0, 99, 9).await, [], "arrived");
}

pub(super) async fn answers_that_cannot_go_do_not_crowd_out_others(store: &Kept) {
    for n in 1..=4 {
        put(store, arrival(n, &[])).await;
    }
    for n in 1..=3 {
        let first = 50 + 10 * n;
        put(store, held(first, n, 0, 1)).await;
        sends(store, open(text(first), here(n))).await;
        for later in 1..=4 {
            put(store, held(first + later, n, 1, 2)).await;
        }
    }
    put(store, held(99, 4, 7, 9)).await;
    assert_eq!(due(store, 9, 1).await.0, [text(99)]);
}
