//! Cards that others change.

use comeback::domain::contact::Address;
use comeback::domain::context::{Card, Intent};
use comeback::domain::id::ContactId;
use comeback::server::crm::changed::Kind;
use comeback::server::crm::{Changed, Touched};
use comeback::server::store::People;
use comeback::server::store::card::{CardChange, Pushed, Says};

use super::scene::{Kept, address, arrival, here, minute, number, put};

async fn says(store: &Kept, n: u128, contacts: &[&str]) {
    let cards = contacts.iter().map(|c| crate::world::card(c)).collect();
    let people = People { fresh: number(n), address: address(n), cards };
    store.put_cards(&[people], minute(1)).await.unwrap();
}

/// Numbers whose cards are to be read again though they are new.
async fn stale(store: &Kept) -> Vec<Address> {
    let mut found: Vec<Address> =
        store.stale_numbers(minute(0), 10).await.unwrap().into_iter().map(|(_, a, _)| a).collect();
    found.sort();
    found
}

fn changed(kind: Kind, id: &str) -> Changed {
    Changed { kind, id: id.to_owned() }
}

pub(super) async fn a_change_of_the_crm_makes_the_cards_of_its_people_stale_until_they_are_read(store: &Kept) {
    says(store, 1, &["c-1"]).await;
    says(store, 2, &["c-1", "c-2"]).await;
    says(store, 3, &[]).await;
    assert_eq!(stale(store).await, []);
    store.crm_changed(&[changed(Kind::Contact, "c-1"), changed(Kind::Deal, "c-2")]).await.unwrap();
    assert_eq!(stale(store).await, [address(1), address(2)], "a deal is no person");
    says(store, 1, &["c-1"]).await;
    assert_eq!(stale(store).await, [address(2)], "it was read");
    let waiting = store.crm_changes(10).await.unwrap();
    let told: Vec<&Changed> = waiting.iter().map(|(_, changed)| changed).collect();
    assert_eq!(told, [&changed(Kind::Contact, "c-1"), &changed(Kind::Deal, "c-2")]);
    assert_eq!(store.crm_changes(1).await.unwrap().len(), 1);
    // While the first two are asked about, the first changes again.
    let up_to = waiting.last().unwrap().0;
    store.crm_changed(&[changed(Kind::Contact, "c-1")]).await.unwrap();
    let contacts = vec![ContactId::from("c-2")];
    let touched = Touched { contacts, addresses: [address(3), address(9)].into() };
    store.crm_followed(up_to, &touched).await.unwrap();
    assert_eq!(stale(store).await, [address(1), address(2), address(3)]);
    let left: Vec<Changed> = store.crm_changes(10).await.unwrap().into_iter().map(|(_, changed)| changed).collect();
    assert_eq!(left, [changed(Kind::Contact, "c-1")], "what came again meanwhile is not forgotten");
}

pub(super) async fn when_the_crm_was_last_read_is_told_by_its_newest_answer_and_not_by_a_push(store: &Kept) {
    assert_eq!(store.crm_last_read().await.unwrap(), None, "nobody was read yet");
    let push = |n: u128| CardChange {
        fresh: number(n),
        address: address(n),
        at: minute(50),
        says: Says::Is(Box::new(crate::world::card("c-9"))),
    };
    store.push_cards("tool", &[push(9)], minute(60)).await.unwrap();
    assert_eq!(store.crm_last_read().await.unwrap(), None, "a program is not the CRM");
    says(store, 1, &["c-1"]).await;
    assert_eq!(store.crm_last_read().await.unwrap(), Some(minute(1)));
    let nobody = People { fresh: number(2), address: address(2), cards: Vec::new() };
    store.put_cards(&[nobody], minute(3)).await.unwrap();
    assert_eq!(store.crm_last_read().await.unwrap(), Some(minute(3)), "that nobody has a number is an answer, too");
    store.push_cards("tool", &[push(2)], minute(60)).await.unwrap();
    assert_eq!(store.crm_last_read().await.unwrap(), Some(minute(1)), "never later than it answered");
}

pub(super) async fn a_push_adds_replaces_and_takes_off_and_an_older_one_changes_nothing(store: &Kept) {
    put(store, arrival(1, &[])).await;
    let change = |contact: &str, at: i64, card: Option<Card>| CardChange {
        fresh: number(77),
        address: address(1),
        at: minute(at),
        says: card.map_or_else(|| Says::Gone(ContactId::from(contact)), |card| Says::Is(Box::new(card))),
    };
    let is = |contact: &str, title: &str| Some(Card { title: title.to_owned(), ..crate::world::card(contact) });
    let push = async |changes: &[CardChange]| store.push_cards("tool", changes, minute(60)).await.unwrap();
    let titles = async || -> Vec<String> {
        let cards = store.cards_of(&[number(1)].into()).await.unwrap().remove(&number(1)).unwrap_or_default();
        cards.into_iter().map(|card| format!("{} {}", card.contact, card.title)).collect()
    };
    let both = [change("c-1", 10, is("c-1", "CFO")), change("c-2", 10, is("c-2", "CEO"))];
    assert_eq!(push(&both).await, [Pushed::Taken, Pushed::Taken]);
    assert_eq!(store.unmatched(10).await.unwrap(), [here(1)], "its conversation is looked at again");
    assert_eq!(push(&both).await, [Pushed::Known, Pushed::Known], "sent again it changes nothing");
    assert_eq!(titles().await, ["c-1 CFO", "c-2 CEO"]);
    let older = [change("c-1", 9, is("c-1", "intern")), change("c-1", 11, is("c-1", "COO"))];
    assert_eq!(push(&older).await, [Pushed::Overtaken, Pushed::Taken]);
    assert_eq!(titles().await, ["c-1 COO", "c-2 CEO"]);
    let gone = [change("c-1", 20, None), change("c-1", 12, is("c-1", "COO")), change("c-3", 20, None)];
    assert_eq!(push(&gone).await, [Pushed::Taken, Pushed::Overtaken, Pushed::Known]);
    assert_eq!(titles().await, ["c-2 CEO"], "an older word does not bring them back");
    // A number that nobody knew.
    let new = CardChange { address: address(5), fresh: number(5), ..change("c-5", 10, is("c-5", "CTO")) };
    assert_eq!(push(&[new]).await, [Pushed::Taken]);
    assert_eq!(store.cards_of(&[number(5)].into()).await.unwrap()[&number(5)].len(), 1);
}

pub(super) async fn signs_that_a_program_pushed_stay_when_the_crm_is_read_until_it_takes_them_back(store: &Kept) {
    put(store, arrival(1, &[])).await;
    let sign =
        |kind: &str| Intent { at: minute(1), kind: kind.to_owned(), detail: String::new(), origin: None, weight: None };
    let change = |at: i64, says: Says| CardChange { fresh: number(77), address: address(1), at: minute(at), says };
    let push = async |at, says| store.push_cards("tool", &[change(at, says)], minute(60)).await.unwrap()[0];
    let of_number = |kinds: &[&str]| Says::Signs(kinds.iter().map(|kind| sign(kind)).collect());
    let with = |kinds: &[&str]| {
        let intents = kinds.iter().map(|kind| sign(kind)).collect();
        Card { intents, ..crate::world::card("c-1") }
    };
    let reads = async |cards: Vec<Card>| {
        let people = People { fresh: number(78), address: address(1), cards };
        store.put_cards(&[people], minute(70)).await.unwrap();
    };
    let shown = async || -> Vec<String> {
        let cards = store.cards_of(&[number(1)].into()).await.unwrap().remove(&number(1)).unwrap_or_default();
        let signs = |card: &Card| card.intents.iter().map(|sign| sign.kind.clone()).collect::<Vec<_>>().join("+");
        cards.iter().map(|card| format!("{} {}", card.contact, signs(card))).collect()
    };
    assert_eq!(push(10, of_number(&["seats"])).await, Pushed::Taken, "nobody is there yet");
    assert_eq!(push(10, of_number(&["seats"])).await, Pushed::Known);
    assert_eq!(shown().await, [] as [String; 0]);
    reads(vec![with(&["page"])]).await;
    assert_eq!(shown().await, ["c-1 page+seats"]);
    // A program that knows the person by the CRM's own id says more of them.
    assert_eq!(push(11, Says::Is(Box::new(with(&["trial"])))).await, Pushed::Taken);
    assert_eq!(shown().await, ["c-1 seats+trial"]);
    assert_eq!(push(11, Says::Is(Box::new(with(&["trial"])))).await, Pushed::Known, "said again it changes nothing");
    assert_eq!(push(11, of_number(&["seats"])).await, Pushed::Known);
    // Whichever of them came first.
    assert_eq!(push(12, of_number(&["guests"])).await, Pushed::Taken);
    assert_eq!(push(12, Says::Is(Box::new(with(&["trial"])))).await, Pushed::Known);
    assert_eq!(push(13, of_number(&["seats"])).await, Pushed::Taken);
    reads(vec![with(&["page"]), crate::world::card("c-2")]).await;
    assert_eq!(shown().await, ["c-1 page+seats+trial", "c-2 seats"], "what is of one person is not the other's");
    assert_eq!(push(9, of_number(&["older"])).await, Pushed::Overtaken);
    assert_eq!(push(20, of_number(&[])).await, Pushed::Taken);
    assert_eq!(shown().await, ["c-1 page+trial", "c-2 "]);
    assert_eq!(push(21, Says::Is(Box::new(with(&[])))).await, Pushed::Taken);
    reads(vec![with(&["page"])]).await;
    assert_eq!(shown().await, ["c-1 page"]);
}

/// A sign of interest that was seen at a minute.
fn seen(kind: &str, at: i64) -> Intent {
    Intent { at: minute(at), kind: kind.to_owned(), ..Intent::default() }
}

/// Signs of whoever has the first number.
fn signs(at: i64, kinds: &[&str]) -> CardChange {
    let says = Says::Signs(kinds.iter().map(|kind| seen(kind, 1)).collect());
    CardChange { fresh: number(77), address: address(1), at: minute(at), says }
}

/// The signs of the first number's people.
async fn shown(store: &Kept) -> Vec<String> {
    let cards = store.cards_of(&[number(1)].into()).await.unwrap().remove(&number(1)).unwrap_or_default();
    let of = |card: &Card| card.intents.iter().map(|sign| sign.kind.clone()).collect::<Vec<_>>().join("+");
    cards.iter().map(of).collect()
}

pub(super) async fn signs_of_one_program_replace_none_of_another_and_those_of_one_push_count_together(store: &Kept) {
    put(store, arrival(1, &[])).await;
    says(store, 1, &["c-1"]).await;
    let push =
        async |program: &str, changes: &[CardChange]| store.push_cards(program, changes, minute(60)).await.unwrap();
    // What was kept before programs were told apart.
    assert_eq!(push("", &[signs(10, &["old"])]).await, [Pushed::Taken]);
    assert_eq!(push("site", &[signs(9, &["page"])]).await, [Pushed::Overtaken]);
    assert_eq!(push("site", &[signs(10, &["page"])]).await, [Pushed::Taken]);
    assert_eq!(shown(store).await, ["page"], "nobody else would take it back");
    assert_eq!(push("product", &[signs(5, &["seats"])]).await, [Pushed::Taken], "nothing newer is said by this one");
    assert_eq!(shown(store).await, ["seats+page"], "in the order of the programs, whichever said it first");
    assert_eq!(push("product", &[signs(4, &["older"])]).await, [Pushed::Overtaken]);
    // Event by event in one push, though not in order.
    let events = [signs(22, &["quote"]), signs(21, &["page"]), signs(22, &["quote"])];
    assert_eq!(push("site", &events).await, [Pushed::Taken; 3]);
    assert_eq!(shown(store).await, ["seats+quote+page"]);
    assert_eq!(push("site", &events).await, [Pushed::Known; 3], "sent again it changes nothing");
    assert_eq!(push("site", &[signs(21, &["older"])]).await, [Pushed::Overtaken], "since the newest of them");
    // What both say is there once, and stays while one says it.
    assert_eq!(push("product", &[signs(23, &["seats", "quote"])]).await, [Pushed::Known]);
    assert_eq!(shown(store).await, ["seats+quote+page"]);
    assert_eq!(push("site", &[signs(24, &["page"]), signs(24, &[])]).await, [Pushed::Taken; 2], "none after all");
    assert_eq!(shown(store).await, ["seats+quote"]);
    // Of a person likewise, whose card is the last one's.
    let person = |kinds: &[&str], at: i64| {
        let intents = kinds.iter().map(|kind| seen(kind, 2)).collect();
        let says = Says::Is(Box::new(Card { intents, ..crate::world::card("c-1") }));
        CardChange { fresh: number(77), address: address(1), at: minute(at), says }
    };
    assert_eq!(push("product", &[person(&["trial"], 30)]).await, [Pushed::Taken]);
    assert_eq!(push("site", &[person(&["form"], 31)]).await, [Pushed::Taken]);
    assert_eq!(shown(store).await, ["seats+quote+trial+form"]);
    assert_eq!(push("site", &[person(&[], 32)]).await, [Pushed::Taken]);
    assert_eq!(shown(store).await, ["seats+quote+trial"]);
    says(store, 1, &["c-1"]).await;
    assert_eq!(shown(store).await, ["seats+quote+trial"], "and the CRM's next answer leaves all of them");
}

pub(super) async fn of_endless_signs_in_one_push_the_newest_are_kept(store: &Kept) {
    put(store, arrival(1, &[])).await;
    says(store, 1, &["c-1"]).await;
    let kept = async |changes: &[CardChange]| {
        let outcomes = store.push_cards("tool", changes, minute(900)).await.unwrap();
        assert!(outcomes.iter().all(|outcome| *outcome == Pushed::Taken), "{outcomes:?}");
        let cards = store.cards_of(&[number(1)].into()).await.unwrap().remove(&number(1)).unwrap();
        let mut at: Vec<_> = cards[0].intents.iter().map(|sign| sign.at).collect();
        at.sort();
        (at.len(), at[0])
    };
    let many = |n: i64| Says::Signs((0..50).map(|more| seen("page", n * 50 + more)).collect());
    let all: Vec<_> = (0..10).map(|n| CardChange { says: many(n), ..signs(n, &[]) }).collect();
    assert_eq!(kept(&all).await, (200, minute(300)));
    let long = |at: i64| Says::Signs(vec![Intent { detail: "long ".repeat(6_000), ..seen("page", at) }]);
    let all: Vec<_> = (0..10).map(|n| CardChange { says: long(n), ..signs(20, &[]) }).collect();
    assert_eq!(kept(&all).await, (2, minute(8)), "64 KiB of words");
}

pub(super) async fn whom_only_a_program_pushed_a_crm_that_never_knew_them_does_not_take_off(store: &Kept) {
    put(store, arrival(1, &[])).await;
    let person = |contact: &str| crate::world::card(contact);
    let change = |contact: &str, card: bool, at: i64| CardChange {
        fresh: number(77),
        address: address(1),
        at: minute(at),
        says: if card { Says::Is(Box::new(person(contact))) } else { Says::Gone(ContactId::from(contact)) },
    };
    let reads = async |contacts: &[&str], at: i64| {
        let cards = contacts.iter().map(|contact| person(contact)).collect();
        let people = People { fresh: number(78), address: address(1), cards };
        store.put_cards(&[people], minute(at)).await.unwrap();
    };
    let names = async || -> Vec<String> {
        let cards = store.cards_of(&[number(1)].into()).await.unwrap().remove(&number(1)).unwrap_or_default();
        cards.into_iter().map(|card| card.contact.to_string()).collect()
    };
    store.push_cards("tool", &[change("pushed", true, 10)], minute(10)).await.unwrap();
    reads(&[], 11).await;
    assert_eq!(names().await, ["pushed"], "the CRM has nobody there, and never had");
    reads(&["read"], 12).await;
    assert_eq!(names().await, ["read", "pushed"]);
    // Once the CRM named them itself, it is its word that counts.
    store.push_cards("tool", &[change("read", true, 13)], minute(13)).await.unwrap();
    reads(&["pushed"], 14).await;
    assert_eq!(names().await, ["pushed"]);
    reads(&[], 15).await;
    assert_eq!(names().await, [] as [String; 0]);
    // And whom the program takes off comes not back by itself.
    store.push_cards("tool", &[change("gone", true, 16), change("gone", false, 17)], minute(17)).await.unwrap();
    reads(&[], 18).await;
    assert_eq!(names().await, [] as [String; 0]);
}

pub(super) async fn whom_the_crm_itself_named_no_program_takes_off_while_one_is_asked(store: &Kept) {
    put(store, arrival(1, &[])).await;
    says(store, 1, &["c-1"]).await;
    let push = async |n: u128, at: i64, says: Says| {
        let change = CardChange { fresh: number(77), address: address(n), at: minute(at), says };
        store.push_cards("tool", &[change], minute(at)).await.unwrap()[0]
    };
    let titles = async || -> Vec<String> {
        let cards = store.cards_of(&[number(1)].into()).await.unwrap().remove(&number(1)).unwrap_or_default();
        cards.into_iter().map(|card| format!("{} {}", card.contact, card.title)).collect()
    };
    let c1 = || ContactId::from("c-1");
    let cfo = Card { title: "CFO".to_owned(), ..crate::world::card("c-1") };
    assert_eq!(push(1, 60, Says::Is(Box::new(cfo))).await, Pushed::Taken);
    assert_eq!(stale(store).await, []);
    assert_eq!(push(1, 61, Says::Gone(c1())).await, Pushed::Known);
    assert_eq!(titles().await, ["c-1 CFO"], "they stay, as they were said last");
    assert_eq!(stale(store).await, [address(1)], "until the CRM is asked again");
    let around = store.around(here(1)).await.unwrap().unwrap();
    assert_eq!(around.read_at, Some(minute(60)), "and are no newer for it");
    says(store, 1, &["c-1"]).await;
    assert_eq!((titles().await, stale(store).await), (vec!["c-1 ".to_owned()], Vec::new()), "its own word again");
    // Whoever pushed them or not.
    assert_eq!(push(1, 62, Says::Gone(c1())).await, Pushed::Known);
    assert_eq!(titles().await, ["c-1 "]);
    // Its next answer takes them off.
    says(store, 1, &[]).await;
    assert_eq!(titles().await, [] as [String; 0]);
    // One that was not read yet is as unread as before.
    put(store, arrival(2, &[])).await;
    store.crm_names(number(2), &[c1()]).await.unwrap();
    assert_eq!(push(2, 63, Says::Gone(c1())).await, Pushed::Known);
    assert_eq!(stale(store).await, [address(2)]);
    // Where no CRM is asked, nobody else could take them off.
    says(store, 1, &["c-1"]).await;
    assert_eq!(push(1, 64, Says::Off(c1())).await, Pushed::Taken);
    assert_eq!(titles().await, [] as [String; 0]);
}

pub(super) async fn whom_the_crm_itself_named_on_a_number_is_told_apart_from_who_was_pushed(store: &Kept) {
    put(store, arrival(1, &[])).await;
    put(store, arrival(2, &[])).await;
    let named = async |n: u128, contact: &str| store.crm_named(number(n), &ContactId::from(contact)).await.unwrap();
    let pushed = |contact: &str, at: i64| CardChange {
        fresh: number(77),
        address: address(1),
        at: minute(at),
        says: Says::Is(Box::new(crate::world::card(contact))),
    };
    store.push_cards("tool", &[pushed("pushed", 10)], minute(10)).await.unwrap();
    let people = People { fresh: number(78), address: address(1), cards: vec![crate::world::card("read")] };
    store.put_cards(&[people], minute(11)).await.unwrap();
    assert_eq!((named(1, "read").await, named(1, "pushed").await, named(1, "nobody").await), (true, false, false));
    assert!(!named(2, "read").await, "of the number that it named them on");
    store.push_cards("tool", &[pushed("read", 12)], minute(12)).await.unwrap();
    assert!(named(1, "read").await, "it did, whatever is pushed");
    // It says so without being read: the cards stay as they are.
    let before = store.cards_of(&[number(1)].into()).await.unwrap();
    let both = [ContactId::from("pushed"), ContactId::from("new")];
    store.crm_names(number(1), &both).await.unwrap();
    assert!(named(1, "pushed").await && named(1, "new").await);
    assert_eq!(store.cards_of(&[number(1)].into()).await.unwrap(), before);
}
