//! Writes into the CRM on their way.

use comeback::domain::context::{Card, Opportunity, Touch};
use comeback::domain::event::Outcome;
use comeback::domain::id::{ConversationId, DealId};
use comeback::domain::time::Timestamp;
use comeback::domain::write_back::Wanted;
use comeback::server::store::consent::Untold;
use comeback::server::store::crm_write::{CrmEnd, CrmRow, CrmStanding};
use comeback::server::store::{Batch, People, RestoreWrite, Restored};
use uuid::Uuid;

use super::scene::{Kept, address, arrival, here, minute, number, put, text};

/// A write of a conversation, wanted by an entry.
fn row(key: u128, conversation: u128, seq: u64, wanted: Wanted) -> CrmRow {
    CrmRow {
        key: Uuid::from_u128(key),
        once: format!("once {key}"),
        conversation: here(conversation),
        place: (seq, 0),
        at: minute(i64::try_from(seq).unwrap()),
        rep: Some("maya".into()),
        wanted,
        about: None,
        closed: false,
        forbidden: false,
        next_at: minute(i64::try_from(seq).unwrap()),
        tries: 0,
        begun: false,
        waits: None,
        ended: None,
        made: None,
    }
}

pub(super) fn log(key: u128, conversation: u128, seq: u64) -> CrmRow {
    row(key, conversation, seq, Wanted::Log { message: text(key) })
}

fn task(key: u128, conversation: u128, seq: u64) -> CrmRow {
    row(key, conversation, seq, Wanted::Task { due: minute(60) })
}

fn ended(row: CrmRow, end: CrmEnd, at: Timestamp) -> CrmRow {
    CrmRow { ended: Some((end, at)), made: (end == CrmEnd::Made).then(|| "w-1".to_owned()), ..row }
}

fn keys(rows: &[CrmRow]) -> Vec<u128> {
    rows.iter().map(|row| row.key.as_u128()).collect()
}

pub(super) async fn a_write_is_kept_once_by_its_name_and_with_how_far_the_journal_was_read(store: &Kept) {
    assert_eq!(store.crm_read_to().await.unwrap(), None);
    let first = CrmRow { waits: Some("why".to_owned()), begun: true, tries: 3, ..log(1, 1, 1) };
    store.crm_follow(7, std::slice::from_ref(&first)).await.unwrap();
    let again = CrmRow { once: first.once.clone(), ..log(2, 1, 2) };
    store.crm_follow(9, &[again, log(3, 1, 3)]).await.unwrap();
    assert_eq!(store.crm_read_to().await.unwrap(), Some(9));
    assert_eq!(store.crm_row(Uuid::from_u128(1)).await.unwrap(), Some(first), "as it was");
    assert_eq!(store.crm_row(Uuid::from_u128(2)).await.unwrap(), None);
    assert_eq!(store.crm_row(Uuid::from_u128(3)).await.unwrap(), Some(log(3, 1, 3)));
}

pub(super) async fn of_a_conversation_only_the_first_write_is_due_and_the_next_time_is_told(store: &Kept) {
    store.crm_follow(9, &[log(1, 1, 1), log(2, 1, 2), log(3, 2, 5)]).await.unwrap();
    let due = async |at| store.crm_due(minute(at), 9).await.unwrap();
    let told = |(rows, next): (Vec<CrmRow>, Option<Timestamp>)| (keys(&rows), next);
    assert_eq!(told(due(0).await), (vec![], Some(minute(1))));
    assert_eq!(
        told(due(3).await),
        (vec![1], Some(minute(5))),
        "the second one of the conversation waits for the first"
    );
    assert_eq!(told(due(5).await), (vec![1, 3], None));
    assert_eq!(keys(&store.crm_due(minute(5), 1).await.unwrap().0), [1]);
    let later = CrmRow { next_at: minute(20), ..log(1, 1, 1) };
    store.put_crm_row(&later).await.unwrap();
    assert_eq!(told(due(6).await), (vec![3], Some(minute(20))), "nobody overtakes in a conversation");
    store.crm_wake(here(1), minute(6)).await.unwrap();
    assert_eq!(told(due(6).await), (vec![3, 1], None));
    store.put_crm_row(&CrmRow { begun: true, ..later.clone() }).await.unwrap();
    store.crm_wake(here(1), minute(6)).await.unwrap();
    assert_eq!(
        told(due(6).await),
        (vec![3], Some(minute(20))),
        "what may have been made waits until nobody makes it any more"
    );
    store.put_crm_row(&ended(later, CrmEnd::Made, minute(6))).await.unwrap();
    assert_eq!(told(due(6).await), (vec![2, 3], None));
}

pub(super) async fn what_waits_to_hear_who_has_a_number_may_be_tried_once_that_is_said(store: &Kept) {
    for n in 1..=2 {
        put(store, arrival(n, &[])).await;
    }
    let later = |row: CrmRow| CrmRow { next_at: minute(60), ..row };
    store.crm_follow(9, &[later(log(1, 1, 1)), later(log(2, 2, 1))]).await.unwrap();
    let due = async |at| keys(&store.crm_due(minute(at), 9).await.unwrap().0);
    let says = async |at| {
        let nobody = People { fresh: number(1), address: address(1), cards: Vec::new() };
        store.put_cards(&[nobody], minute(at)).await.unwrap();
    };
    says(5).await;
    assert_eq!((due(4).await, due(5).await), (vec![], vec![1]), "of this number, and that nobody has it is said, too");
    store.put_crm_row(&later(log(1, 1, 1))).await.unwrap();
    says(7).await;
    assert_eq!(due(7).await, Vec::<u128>::new(), "said again it is no news");
}

pub(super) async fn what_was_refused_is_tried_again_once_the_number_names_somebody_else_and_not_for_a_touch(
    store: &Kept,
) {
    put(store, arrival(1, &[])).await;
    let known = |deal: &str, touches: Vec<Touch>| {
        let opportunity = Some(Opportunity { id: Some(DealId::new(deal)), ..Opportunity::default() });
        vec![Card { opportunity, touches, ..crate::world::card("c-1") }]
    };
    let says = async |cards: Vec<Card>, at| {
        let people = People { fresh: number(1), address: address(1), cards };
        store.put_cards(&[people], minute(at)).await.unwrap();
    };
    let is_due = async |at| keys(&store.crm_due(minute(at), 9).await.unwrap().0);
    says(known("d-1", Vec::new()), 2).await;
    let consent = row(2, 1, 1, Wanted::Consent { number: number(1) });
    let consent = CrmRow { conversation: ConversationId(number(1).0), once: "consent:1".to_owned(), ..consent };
    store.crm_follow(9, &[log(1, 1, 1), consent.clone()]).await.unwrap();
    let refuse = async || {
        store.put_crm_row(&ended(log(1, 1, 1), CrmEnd::Refused, minute(3))).await.unwrap();
        store.put_crm_row(&ended(consent.clone(), CrmEnd::Refused, minute(3))).await.unwrap();
    };
    refuse().await;
    let touch = Touch { at: minute(3), by: None, kind: "text".to_owned(), summary: String::new() };
    says(known("d-1", vec![touch.clone()]), 4).await;
    assert_eq!(is_due(9).await, [] as [u128; 0], "our own text is a touch, and changes nothing");
    says(known("d-2", vec![touch]), 5).await;
    assert_eq!(is_due(9).await, [1, 2], "of the conversation, and of the number itself");
    refuse().await;
    says(Vec::new(), 6).await;
    assert_eq!(is_due(9).await, [1, 2]);
}

pub(super) async fn a_task_is_open_until_a_write_ends_it_or_it_is_closed(store: &Kept) {
    store.crm_follow(1, &[task(1, 1, 1), task(2, 2, 1), log(3, 1, 2), task(4, 3, 1)]).await.unwrap();
    let open = async |of, after: Option<u128>| keys(&store.crm_tasks(of, after.map(Uuid::from_u128), 2).await.unwrap());
    assert_eq!(open(None, None).await, [1, 2]);
    assert_eq!(open(None, Some(2)).await, [4]);
    assert_eq!(open(Some(here(1)), None).await, [1]);
    let ends = CrmRow { about: Some(Uuid::from_u128(1)), ..row(5, 1, 3, Wanted::TaskDone { passed_on: false }) };
    store.crm_follow(2, std::slice::from_ref(&ends)).await.unwrap();
    store.put_crm_row(&CrmRow { closed: true, ..task(4, 3, 1) }).await.unwrap();
    assert_eq!(open(None, None).await, [2]);
    assert!(store.crm_row(Uuid::from_u128(1)).await.unwrap().unwrap().closed);
    assert_eq!(store.crm_row(Uuid::from_u128(5)).await.unwrap(), Some(ends));
}

pub(super) async fn a_task_whose_end_no_call_has_begun_may_stay(store: &Kept) {
    let done = || Wanted::TaskDone { passed_on: false };
    let ends = |key: u128, task: u128| CrmRow { about: Some(Uuid::from_u128(task)), ..row(key, task, 3, done()) };
    store.crm_follow(1, &[task(1, 1, 1), task(2, 2, 1), task(3, 3, 1)]).await.unwrap();
    store.put_crm_row(&ended(task(1, 1, 1), CrmEnd::Made, minute(1))).await.unwrap();
    store.put_crm_row(&CrmRow { closed: true, ..ended(task(3, 3, 1), CrmEnd::Dropped, minute(1)) }).await.unwrap();
    store.crm_follow(2, &[ends(11, 1), ends(12, 2), ends(13, 3)]).await.unwrap();
    store.put_crm_row(&CrmRow { begun: true, ..ends(12, 2) }).await.unwrap();
    let ending = async |n| keys(&store.crm_tasks_ending(here(n)).await.unwrap());
    assert_eq!((ending(1).await, ending(2).await, ending(3).await), (vec![1], vec![], vec![]));
    assert!(!store.crm_task_stays(Uuid::from_u128(2)).await.unwrap(), "a call may have ended it");
    assert!(store.crm_task_stays(Uuid::from_u128(1)).await.unwrap());
    assert!(!store.crm_task_stays(Uuid::from_u128(1)).await.unwrap(), "nothing ends it any more");
    assert_eq!(keys(&store.crm_tasks(None, None, 9).await.unwrap()), [1]);
    assert_eq!(store.crm_row(Uuid::from_u128(11)).await.unwrap(), None);
    // It ends another time by the same name.
    store.crm_follow(3, &[ends(11, 1)]).await.unwrap();
    assert_eq!(ending(1).await, [1]);
    assert!(store.crm_tasks(None, None, 9).await.unwrap().is_empty());
}

pub(super) async fn ends_of_a_conversation_are_told_in_order_and_a_write_about_one_closes_nothing(store: &Kept) {
    let end = |key: u128, of: u128, seq: u64| CrmRow {
        once: format!("end:{seq}"),
        ..row(key, of, seq, Wanted::Outcome { outcome: Outcome::Meeting, meeting: None, note: None })
    };
    store.crm_follow(1, &[log(1, 1, 1), end(3, 1, 7), end(2, 1, 12), end(4, 2, 9)]).await.unwrap();
    let moved = CrmRow { about: Some(Uuid::from_u128(3)), ..row(5, 1, 12, Wanted::NotHeld { called_off: false }) };
    store.crm_follow(2, &[CrmRow { place: (12, 1), ..moved }]).await.unwrap();
    let ends = store.crm_ends(here(1)).await.unwrap();
    assert_eq!(keys(&ends), [3, 2]);
    assert!(!ends[0].closed, "it is no task");
    assert!(store.crm_tasks_closed_there(here(1)).await.unwrap().is_empty());
}

pub(super) async fn a_refused_task_that_is_tried_again_is_open_and_a_dropped_one_was_closed_by_nobody_there(
    store: &Kept,
) {
    store.crm_follow(1, &[task(1, 1, 1), task(2, 2, 1), task(3, 3, 1)]).await.unwrap();
    let ends = [(1, CrmEnd::Refused), (2, CrmEnd::Dropped), (3, CrmEnd::Made)];
    for (n, end) in ends {
        store.put_crm_row(&CrmRow { closed: true, ..ended(task(n, n, 1), end, minute(2)) }).await.unwrap();
    }
    let closed = async |n| keys(&store.crm_tasks_closed_there(here(n)).await.unwrap());
    assert_eq!((closed(1).await, closed(2).await, closed(3).await), (vec![1], vec![], vec![3]));
    store.crm_wake(here(1), minute(3)).await.unwrap();
    assert_eq!(keys(&store.crm_tasks(None, None, 9).await.unwrap()), [1]);
    assert_eq!(closed(1).await, [] as [u128; 0]);
    store.put_crm_row(&CrmRow { closed: true, ..ended(task(1, 1, 1), CrmEnd::Refused, minute(4)) }).await.unwrap();
    assert_eq!(store.crm_retry(minute(5)).await.unwrap(), 1);
    assert_eq!(keys(&store.crm_tasks(None, None, 9).await.unwrap()), [1]);
}

pub(super) async fn what_was_refused_is_counted_shown_and_put_back(store: &Kept) {
    assert_eq!(store.crm_standing().await.unwrap(), CrmStanding::default());
    store.crm_follow(1, &[log(1, 1, 4), log(2, 2, 2), log(3, 3, 3), log(4, 4, 1)]).await.unwrap();
    store.put_crm_row(&ended(log(1, 1, 4), CrmEnd::Refused, minute(9))).await.unwrap();
    store.put_crm_row(&ended(log(4, 4, 1), CrmEnd::Dropped, minute(9))).await.unwrap();
    let standing = CrmStanding { waiting: 2, oldest: Some(minute(2)), forbidden: 0, failed: 0, refused: 1 };
    assert_eq!(store.crm_standing().await.unwrap(), standing);
    let (waiting, refused) = store.crm_stuck(1).await.unwrap();
    assert_eq!((keys(&waiting), keys(&refused)), (vec![2], vec![1]));
    store.crm_wake(here(2), minute(10)).await.unwrap();
    assert_eq!(store.crm_standing().await.unwrap(), standing, "somebody else's");
    assert_eq!(store.crm_retry(minute(10)).await.unwrap(), 1);
    let again = CrmStanding { waiting: 3, refused: 0, ..standing };
    assert_eq!(store.crm_standing().await.unwrap(), again);
    for (key, end) in [(1, CrmEnd::Refused), (4, CrmEnd::Dropped)] {
        store.put_crm_row(&ended(log(key, u128::from(key == 4) * 3 + 1, 4), end, minute(9))).await.unwrap();
    }
    store.crm_wake(here(1), minute(10)).await.unwrap();
    assert_eq!(store.crm_standing().await.unwrap(), again, "the cards of its conversation changed");
    assert_eq!(keys(&store.crm_due(minute(10), 9).await.unwrap().0), [2, 3, 1]);
}

pub(super) async fn what_failed_and_is_tried_again_is_counted_apart(store: &Kept) {
    let failed = |row: CrmRow| CrmRow { tries: 2, begun: true, waits: Some("no answer".to_owned()), ..row };
    let forbidden = CrmRow { forbidden: true, ..failed(log(3, 3, 3)) };
    store.crm_follow(1, &[failed(log(1, 1, 1)), log(2, 2, 2), forbidden, failed(log(4, 4, 4))]).await.unwrap();
    let standing = CrmStanding { waiting: 4, oldest: Some(minute(1)), forbidden: 1, failed: 2, refused: 0 };
    assert_eq!(store.crm_standing().await.unwrap(), standing);
    for (key, end) in [(1, CrmEnd::Made), (4, CrmEnd::Dropped)] {
        store.put_crm_row(&ended(failed(log(key, key, 1)), end, minute(9))).await.unwrap();
    }
    assert_eq!(store.crm_standing().await.unwrap().failed, 0);
}

pub(super) async fn what_we_have_no_right_to_is_counted_and_may_be_tried_at_once(store: &Kept) {
    let waits = |row: CrmRow| CrmRow { forbidden: true, tries: 4, waits: Some("no right".to_owned()), ..row };
    let later = |row: CrmRow| CrmRow { next_at: minute(60), ..waits(row) };
    let begun = CrmRow { begun: true, ..later(log(2, 2, 2)) };
    // A call of this one may be on its way.
    let calls = CrmRow { begun: true, next_at: minute(60), ..log(4, 4, 4) };
    store.crm_follow(1, &[later(log(1, 1, 1)), begun.clone(), log(3, 3, 3), calls.clone()]).await.unwrap();
    store.put_crm_row(&ended(waits(log(3, 3, 3)), CrmEnd::Made, minute(3))).await.unwrap();
    assert_eq!(store.crm_row(Uuid::from_u128(2)).await.unwrap(), Some(begun.clone()));
    let first = store.crm_first_forbidden().await.unwrap();
    assert_eq!(first.map(|row| row.key), Some(Uuid::from_u128(1)));
    let standing = CrmStanding { waiting: 3, oldest: Some(minute(1)), forbidden: 2, failed: 0, refused: 0 };
    assert_eq!((store.crm_standing().await.unwrap(), standing.stuck()), (standing, 2));
    for n in [1, 2, 4] {
        store.crm_wake(here(n), minute(4)).await.unwrap();
    }
    assert_eq!(keys(&store.crm_due(minute(4), 9).await.unwrap().0), [1, 2], "their calls have ended");
    let put_off = async || {
        for row in [later(log(1, 1, 1)), begun.clone()] {
            store.put_crm_row(&row).await.unwrap();
        }
        assert_eq!(keys(&store.crm_due(minute(5), 9).await.unwrap().0), [] as [u128; 0]);
    };
    put_off().await;
    store.crm_wake_forbidden(minute(4)).await.unwrap();
    assert_eq!(keys(&store.crm_due(minute(4), 9).await.unwrap().0), [1, 2]);
    let woken = CrmRow { next_at: minute(4), ..begun.clone() };
    assert_eq!(store.crm_row(Uuid::from_u128(2)).await.unwrap(), Some(woken), "it waits for the same, and is tried");
    put_off().await;
    assert_eq!(store.crm_retry(minute(5)).await.unwrap(), 2, "what is on its way keeps its time");
    assert_eq!(keys(&store.crm_due(minute(5), 9).await.unwrap().0), [1, 2]);
    let again = CrmRow { next_at: minute(5), ..log(1, 1, 1) };
    assert_eq!(store.crm_row(Uuid::from_u128(1)).await.unwrap(), Some(again), "as if it had never been tried");
    let again = CrmRow { begun: true, next_at: minute(5), ..log(2, 2, 2) };
    assert_eq!(store.crm_row(Uuid::from_u128(2)).await.unwrap(), Some(again), "and it is looked for first");
    assert_eq!(store.crm_row(Uuid::from_u128(4)).await.unwrap(), Some(calls));
    assert_eq!(store.crm_standing().await.unwrap(), CrmStanding { forbidden: 0, ..standing });
    assert_eq!(store.crm_first_forbidden().await.unwrap(), None);
}

pub(super) async fn writes_that_ended_long_ago_are_forgotten_and_open_tasks_are_not(store: &Kept) {
    store.crm_follow(1, &[log(1, 1, 1), log(2, 2, 1), task(3, 3, 1), log(4, 4, 1)]).await.unwrap();
    store.put_crm_row(&ended(log(1, 1, 1), CrmEnd::Made, minute(2))).await.unwrap();
    store.put_crm_row(&ended(log(2, 2, 1), CrmEnd::Made, minute(8))).await.unwrap();
    store.put_crm_row(&ended(task(3, 3, 1), CrmEnd::Made, minute(2))).await.unwrap();
    assert_eq!(store.forget_crm(minute(5), 9).await.unwrap(), 1);
    assert_eq!(store.crm_row(Uuid::from_u128(1)).await.unwrap(), None);
    for kept in 2..=4 {
        assert!(store.crm_row(Uuid::from_u128(kept)).await.unwrap().is_some(), "{kept}");
    }
}

pub(super) async fn a_task_for_later_is_kept_until_the_day_that_it_is_for_is_as_long_ago(store: &Kept) {
    let later = |key: u128, due: i64| row(key, key, 1, Wanted::FollowUp { words: String::new(), due: minute(due) });
    let all = [(1, 4, CrmEnd::Made), (2, 5, CrmEnd::Made), (3, 5, CrmEnd::Dropped), (4, 5, CrmEnd::Refused)];
    store.crm_follow(1, &all.map(|(key, due, _)| later(key, due))).await.unwrap();
    for (key, due, end) in all {
        store.put_crm_row(&ended(later(key, due), end, minute(2))).await.unwrap();
    }
    assert_eq!(store.forget_crm(minute(5), 9).await.unwrap(), 3, "what does not stand there is no task");
    assert!(store.crm_row(Uuid::from_u128(2)).await.unwrap().is_some());
    assert_eq!(store.forget_crm(minute(6), 9).await.unwrap(), 1);
    assert_eq!(store.crm_row(Uuid::from_u128(2)).await.unwrap(), None);
}

pub(super) async fn what_waited_before_a_backup_is_looked_for_before_it_is_made(store: &Kept) {
    store.crm_follow(1, &[log(1, 1, 1), log(2, 2, 1)]).await.unwrap();
    store.put_crm_row(&ended(log(2, 2, 1), CrmEnd::Made, minute(2))).await.unwrap();
    let restored = Restored { epoch: 700, after: 3, since: minute(2), reconciled: false };
    put(store, Batch { restore: Some(RestoreWrite::Begun(restored)), ..arrival(1, &[]) }).await;
    let begun = async |key| store.crm_row(Uuid::from_u128(key)).await.unwrap().unwrap().begun;
    assert_eq!((begun(1).await, begun(2).await), (true, false));
}

pub(super) async fn one_text_is_read_by_its_id(store: &Kept) {
    put(store, arrival(1, &["maya"])).await;
    let message = store.message(text(1)).await.unwrap().unwrap();
    assert_eq!((message.id, message.n), (text(1), 1));
    assert_eq!(store.message(text(2)).await.unwrap(), None);
}

/// A write about a number's consent, wanted by an entry.
fn consent(key: u128, of: u128, seq: u64) -> CrmRow {
    CrmRow {
        once: format!("consent:{seq}"),
        conversation: ConversationId(number(of).0),
        rep: None,
        ..row(key, of, seq, Wanted::Consent { number: number(of) })
    }
}

pub(super) async fn what_is_written_of_a_numbers_consent_is_told_apart_and_counted_with_what_others_were_not_told(
    store: &Kept,
) {
    let all = [consent(5, 1, 2), consent(1, 1, 3), consent(2, 2, 4), log(3, 1, 5), consent(4, 2, 6)];
    store.crm_follow(9, &all).await.unwrap();
    let of = async |of, limit| keys(&store.crm_consents(number(of), limit).await.unwrap());
    assert_eq!((of(1, 9).await, of(1, 1).await, of(3, 9).await), (vec![5, 1], vec![1], vec![]));
    let untold = async || store.untold_consents().await.unwrap();
    assert_eq!(untold().await, Untold { waiting: 4, oldest: Some(minute(2)), refused: 0 });
    store.put_crm_row(&ended(consent(5, 1, 2), CrmEnd::Made, minute(9))).await.unwrap();
    store.put_crm_row(&ended(consent(2, 2, 4), CrmEnd::Refused, minute(9))).await.unwrap();
    assert_eq!(untold().await, Untold { waiting: 2, oldest: Some(minute(3)), refused: 1 });
    assert_eq!(keys(&store.crm_due(minute(9), 9).await.unwrap().0), [1, 3, 4], "each number by itself, in order");
}

pub(super) async fn a_task_that_was_completed_there_is_told_from_one_that_we_ended(store: &Kept) {
    let done = CrmRow { closed: true, ..task(1, 1, 1) };
    let ends = CrmRow { about: Some(Uuid::from_u128(2)), ..row(3, 1, 3, Wanted::TaskDone { passed_on: true }) };
    store.crm_follow(9, &[task(1, 1, 1), task(2, 1, 2), task(4, 2, 4), log(5, 1, 5)]).await.unwrap();
    let there = async |of| keys(&store.crm_tasks_closed_there(here(of)).await.unwrap());
    assert_eq!(there(1).await, []);
    store.put_crm_row(&done).await.unwrap();
    store.crm_follow(10, &[ends]).await.unwrap();
    assert_eq!((there(1).await, there(2).await), (vec![1], vec![]));
}

pub(super) async fn the_numbers_of_somebody_are_those_whose_cards_name_them(store: &Kept) {
    for n in 1..=3 {
        put(store, arrival(n, &[])).await;
    }
    let people = |n: u128, contacts: &[&str]| People {
        fresh: number(n),
        address: address(n),
        cards: contacts.iter().map(|contact| crate::world::card(contact)).collect(),
    };
    let read = [people(1, &["dana"]), people(2, &["nils", "dana"]), people(3, &["dana"])];
    store.put_cards(&read, minute(1)).await.unwrap();
    // The third one is somebody else's now.
    store.put_cards(&[people(3, &["nils"])], minute(2)).await.unwrap();
    let of = async |contact: &str| -> Vec<_> {
        store.numbers_of(&contact.into()).await.unwrap().into_iter().map(|number| number.id).collect()
    };
    assert_eq!(of("dana").await, [number(1), number(2)]);
    assert_eq!(of("nils").await, [number(2), number(3)]);
    assert!(of("omar").await.is_empty());
}
