//! What a group is given to decide over.

use comeback::domain::consent::{Number, OptOut, OptOutSource};
use comeback::domain::conversation::{Conversation, Status};
use comeback::domain::event::Outcome;
use comeback::domain::id::LineId;
use comeback::domain::playbook::Playbook;
use comeback::domain::roster::Roster;
use comeback::domain::routing::{Assignment, Because, Holder, Reason};
use comeback::domain::visibility::Principal;
use comeback::server::store::{Batch, People, Wants};

use super::scene::{Kept, address, arrival, change, conversation, here, load, minute, number, put, text};

pub(super) async fn whatever_names_a_number_brings_all_of_it(store: &Kept) {
    put(store, arrival(1, &[])).await;
    put(store, arrival(2, &[])).await;
    let other_line = Conversation { line: LineId::from("dock"), number: number(1), ..conversation(5) };
    put(store, Batch { conversations: vec![change(other_line, 0, 4, &[])], ..Batch::default() }).await;
    let cards = vec![crate::world::card("c-1")];
    let people = People { fresh: number(9), address: address(1), cards: cards.clone() };
    store.put_cards(&[people], minute(0)).await.unwrap();
    for wants in [
        Wants { addresses: [address(1)].into(), ..Wants::default() },
        Wants { conversations: [here(1)].into(), ..Wants::default() },
        Wants { conversations: [here(5)].into(), ..Wants::default() },
        Wants { messages: [text(1)].into(), ..Wants::default() },
    ] {
        let loaded = load(store, &wants).await;
        assert_eq!(loaded.addresses, [(address(1), number(1))].into(), "{wants:?}");
        assert_eq!(loaded.numbers, [(number(1), Number::new(number(1)))].into(), "{wants:?}");
        assert_eq!(loaded.cards, [(number(1), cards.clone())].into(), "{wants:?}");
        let counts: Vec<_> = loaded.conversations.iter().map(|(id, c)| (*id, c.messages)).collect();
        assert_eq!(counts, [(here(1), 1), (here(5), 4)], "{wants:?}");
    }
    let nothing = Wants {
        addresses: [address(8)].into(),
        conversations: [here(8)].into(),
        messages: [text(8)].into(),
        ..Wants::default()
    };
    let loaded = load(store, &nothing).await;
    assert!(loaded.addresses.is_empty() && loaded.numbers.is_empty() && loaded.conversations.is_empty());
    assert!(loaded.messages.is_empty() && loaded.cards.is_empty());
}

pub(super) async fn an_opt_out_is_kept_on_the_number_and_so_is_its_end(store: &Kept) {
    put(store, arrival(1, &[])).await;
    let stop = OptOut::new(minute(3), OptOutSource::Keyword("stop".to_owned()));
    let wants = Wants { conversations: [here(1)].into(), ..Wants::default() };
    for opted_out in [Some(stop), None] {
        let state = Number { opted_out, ..Number::new(number(1)) };
        put(store, Batch { numbers: vec![state.clone()], ..Batch::default() }).await;
        assert_eq!(load(store, &wants).await.numbers[&number(1)], state);
    }
}

pub(super) async fn the_playbook_and_who_is_away_come_with_every_load(store: &Kept) {
    let empty = load(store, &Wants::default()).await;
    assert_eq!((empty.playbook_version, empty.roster), (0, Roster::default()));
    assert_eq!(store.playbook().await.unwrap(), None);
    assert_eq!(store.version_in_force().await.unwrap(), 0);
    let roster = Roster::of_away([("maya".into(), minute(4))]);
    for version in [1, 2] {
        let playbook = Playbook { version, ..crate::world::playbook() };
        put(store, Batch { playbook: Some(playbook.clone()), roster: Some(roster.clone()), ..Batch::default() }).await;
        assert_eq!(store.playbook().await.unwrap(), Some(playbook));
        assert_eq!(store.version_in_force().await.unwrap(), version);
    }
    put(store, arrival(1, &[])).await;
    let loaded = load(store, &Wants::default()).await;
    assert_eq!((loaded.playbook_version, loaded.roster), (2, roster));
}

/// Another process may have put it in force; asking for it outside the transaction could wait for itself.
pub(super) async fn a_playbook_the_asker_does_not_have_comes_along(store: &Kept) {
    let playbook = Playbook { version: 2, ..crate::world::playbook() };
    let knows = |playbook| Wants { playbook, ..Wants::default() };
    assert_eq!(load(store, &knows(1)).await.playbook, None, "there is none yet");
    put(store, Batch { playbook: Some(playbook.clone()), ..Batch::default() }).await;
    assert_eq!(load(store, &knows(1)).await.playbook, Some(playbook));
    assert_eq!(load(store, &knows(2)).await.playbook, None);
}

pub(super) async fn an_earlier_playbook_stays_to_be_gone_back_to(store: &Kept) {
    let of = |version| Playbook { version, company: format!("Company {version}"), ..crate::world::playbook() };
    for version in [1, 2] {
        put(store, Batch { playbook: Some(of(version)), ..Batch::default() }).await;
    }
    assert_eq!(store.playbook().await.unwrap(), Some(of(2)));
    assert_eq!(store.playbook_of(1).await.unwrap(), Some(of(1)));
    assert_eq!(store.playbook_of(3).await.unwrap(), None);
}

pub(super) async fn a_text_is_found_by_its_carriers_id_while_a_line_of_the_account_is_set_up(store: &Kept) {
    let line = super::people::line(3, &["secret"]);
    let dedupe = vec![(super::scene::delivery("twilio", &line.account, "SM1"), text(1))];
    put(store, Batch { dedupe, ..arrival(1, &[]) }).await;
    assert_eq!(store.delivered("SM1").await.unwrap(), None, "no line, no account to ask about");
    store.put_line(&line).await.unwrap();
    assert_eq!(store.delivered("SM1").await.unwrap(), Some((text(1), conversation(1).id)));
    assert_eq!(store.delivered("SM2").await.unwrap(), None);
}

pub(super) fn held_by(n: u128, holder: Holder) -> Conversation {
    let because = Because { reason: Reason::Took, passed: Vec::new(), playbook: 1, climbed: None };
    let assignment = Assignment { to: holder, taken: None, step: None, expires: None, at: minute(0), because };
    Conversation { assignment: Some(assignment), ..conversation(n) }
}

pub(super) async fn what_somebody_sees_and_is_open_is_found_as_it_is(store: &Kept) {
    for n in 1..=4 {
        put(store, arrival(n, if n == 4 { &["ben"] } else { &["maya"] })).await;
    }
    let maya = || Holder::Rep("maya".into());
    let done = Conversation { status: Status::Done(Outcome::Called), ..held_by(3, maya()) };
    let states = [held_by(1, maya()), held_by(2, Holder::Pool("enterprise".into())), done];
    let conversations = states.into_iter().map(|state| change(state, 0, 1, &["maya"])).collect();
    put(store, Batch { conversations, ..Batch::default() }).await;
    let seen = store.open_seen_by(&Principal::Rep("maya".into())).await.unwrap();
    assert_eq!(seen, [held_by(1, maya()), held_by(2, Holder::Pool("enterprise".into()))]);
    assert_eq!(store.open_seen_by(&Principal::Rep("kim".into())).await.unwrap(), []);
    assert_eq!(store.roster().await.unwrap(), Roster::default());
    let roster = Roster::of_away([("maya".into(), minute(4))]);
    put(store, Batch { roster: Some(roster.clone()), ..Batch::default() }).await;
    assert_eq!(store.roster().await.unwrap(), roster);
}

pub(super) async fn open_conversations_count_for_their_holder(store: &Kept) {
    for n in 1..=5 {
        put(store, arrival(n, &[])).await;
    }
    let maya = || Holder::Rep("maya".into());
    let done = Conversation { status: Status::Done(Outcome::Called), ..held_by(3, maya()) };
    let snoozed = Conversation { status: Status::Snoozed(minute(9)), ..held_by(2, maya()) };
    let pool = held_by(4, Holder::Pool("enterprise".into()));
    let states = [held_by(1, maya()), snoozed, done, pool, held_by(5, Holder::Rep("ben".into()))];
    let conversations = states.into_iter().map(|state| change(state, 0, 1, &[])).collect();
    put(store, Batch { conversations, ..Batch::default() }).await;
    let loads = load(store, &Wants::default()).await.loads;
    assert_eq!(loads, [("maya".into(), 2), ("ben".into(), 1)].into());
    assert_eq!(super::scene::page(store, &super::scene::everything()).await.loads, loads);
    // Handed over, finished, taken from the pool, opened again, and changed in nothing that counts.
    let done = Conversation { status: Status::Done(Outcome::Called), ..held_by(2, maya()) };
    let ben = || Holder::Rep("ben".into());
    let states = [held_by(1, ben()), done, held_by(3, maya()), held_by(4, maya()), held_by(5, ben())];
    let conversations = states.into_iter().map(|state| change(state, 0, 1, &[])).collect();
    put(store, Batch { conversations, ..Batch::default() }).await;
    let loads = load(store, &Wants::default()).await.loads;
    assert_eq!(loads, [("maya".into(), 2), ("ben".into(), 2)].into());
    let finished = [1, 5].map(|n| Conversation { status: Status::Done(Outcome::Called), ..held_by(n, ben()) });
    let conversations = finished.into_iter().map(|state| change(state, 0, 1, &[])).collect();
    put(store, Batch { conversations, ..Batch::default() }).await;
    let loads = load(store, &Wants::default()).await.loads;
    assert_eq!(loads, [("maya".into(), 2)].into(), "who holds nothing is not listed");
}
