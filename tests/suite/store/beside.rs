//! Policies beside the one in force, and what changing one asks.

use comeback::domain::context::{Account, Card};
use comeback::domain::conversation::{Conversation, Status};
use comeback::domain::time::Timestamp;
use comeback::server::store::policy::{Kept as Beside, KeptWrite, Kind, Mark, WantsBeside};
use comeback::server::store::{Batch, People, Wants};

use super::scene::{Kept, address, arrival, change, conversation, here, load, minute, number, put};

pub(super) fn beside(kind: Kind, seq: u64, at: Timestamp) -> Beside {
    Beside { mark: Mark { kind, seq, at }, body: format!("{{\"n\":{seq}}}") }
}

pub(super) async fn what_stands_beside_the_policy_is_replaced_and_taken_away(store: &Kept) {
    assert_eq!(store.marks().await.unwrap(), []);
    let (waiting, shadow) = (beside(Kind::Waiting, 1, minute(9)), beside(Kind::Shadow, 2, minute(1)));
    let puts = [&waiting, &shadow].map(|kept| KeptWrite::Put(kept.clone()));
    put(store, Batch { beside: puts.into(), ..arrival(1, &[]) }).await;
    let mut marks = store.marks().await.unwrap();
    marks.sort_by_key(|mark| mark.kind);
    assert_eq!(marks, [waiting.mark, shadow.mark]);
    assert_eq!(store.kept(Kind::Waiting).await.unwrap(), Some(waiting.clone()));
    assert_eq!(store.kept(Kind::Recompute).await.unwrap(), None);

    // A group that does not know the shadow gets it; what waits comes when it is asked for.
    let knows = |shadow, waiting| Wants { beside: WantsBeside { shadow, waiting }, ..Wants::default() };
    let loaded = load(store, &knows(0, false)).await.beside;
    assert_eq!((loaded.shadow_seq, loaded.shadow, loaded.waiting), (2, Some(shadow.clone()), None));
    let loaded = load(store, &knows(2, true)).await.beside;
    assert_eq!((loaded.shadow_seq, loaded.shadow, loaded.waiting), (2, None, Some(waiting)));

    let other = beside(Kind::Waiting, 7, minute(4));
    let writes = vec![KeptWrite::Gone(Kind::Waiting), KeptWrite::Put(other.clone()), KeptWrite::Gone(Kind::Shadow)];
    put(store, Batch { beside: writes, ..Batch::default() }).await;
    assert_eq!(store.marks().await.unwrap(), [other.mark]);
    let loaded = load(store, &knows(2, true)).await.beside;
    assert_eq!((loaded.shadow_seq, loaded.shadow, loaded.waiting), (0, None, Some(other)));
    put(
        store,
        Batch { beside: vec![KeptWrite::Gone(Kind::Waiting), KeptWrite::Gone(Kind::Recompute)], ..Batch::default() },
    )
    .await;
    assert_eq!(store.marks().await.unwrap(), []);
}

pub(super) async fn conversations_with_a_deadline_are_walked_in_its_order(store: &Kept) {
    for n in 1..=5 {
        put(store, arrival(n, &[])).await;
    }
    let snoozed = |n, until| Conversation { status: Status::Snoozed(minute(until)), ..conversation(n) };
    let states = vec![snoozed(1, 30), snoozed(2, 10), snoozed(4, 10), snoozed(5, 20)];
    let conversations = states.into_iter().map(|state| change(state, 0, 1, &[])).collect();
    put(store, Batch { conversations, ..Batch::default() }).await;
    let wanted = [(2, 10), (4, 10), (5, 20), (1, 30)].map(|(n, at)| (minute(at), here(n)));
    assert_eq!(store.armed(None, 10).await.unwrap(), wanted);
    let (mut after, mut walked) = (None, Vec::new());
    while let [one] = store.armed(after, 1).await.unwrap()[..] {
        walked.push(one);
        after = Some(one);
    }
    assert_eq!(walked, wanted);
}

pub(super) async fn cards_are_told_by_number(store: &Kept) {
    put(store, arrival(1, &[])).await;
    put(store, arrival(2, &[])).await;
    let cards = vec![crate::world::card("c-1"), crate::world::card("c-2")];
    let people = |n, cards| People { fresh: number(90 + n), address: address(n), cards };
    store.put_cards(&[people(1, cards.clone()), people(3, Vec::new())], minute(1)).await.unwrap();
    let told = store.cards_of(&[number(1), number(2), number(7)].into()).await.unwrap();
    assert_eq!(told, [(number(1), cards)].into());
}

pub(super) async fn who_else_of_the_account_texts_is_found_and_nobody_of_another(store: &Kept) {
    for n in 1..=4 {
        put(store, arrival(n, &[])).await;
    }
    let of = |account: Option<&str>, name: &str| {
        let account = Account { id: account.map(Into::into), name: name.to_owned(), ..Account::default() };
        vec![Card { account: Some(account), ..crate::world::card("c") }]
    };
    let people = |n, cards| People { fresh: number(90 + n), address: address(n), cards };
    let read = [
        people(1, of(Some("a-1"), "Harbor")),
        people(2, of(Some("a-1"), "Harbor Ltd")),
        people(3, of(Some("a-2"), "Harbor")),
        people(4, of(None, "Elsewhere")),
    ];
    store.put_cards(&read, minute(1)).await.unwrap();
    let around = store.around(here(1)).await.unwrap().unwrap();
    let others: Vec<_> = around.others.iter().map(|other| other.state.id).collect();
    assert_eq!((others, around.read_at, around.address), (vec![here(2)], Some(minute(1)), Some(address(1))));
    // Whoever changed the company is of the other one.
    store.put_cards(&[people(2, of(Some("a-2"), "Harbor"))], minute(2)).await.unwrap();
    assert!(store.around(here(1)).await.unwrap().unwrap().others.is_empty());
    let others = store.around(here(3)).await.unwrap().unwrap().others;
    assert_eq!(others.iter().map(|other| other.state.id).collect::<Vec<_>>(), [here(2)]);
    assert!(store.around(here(77)).await.unwrap().is_none());
}
