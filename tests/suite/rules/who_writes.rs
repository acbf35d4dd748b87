//! Several people have one number: a person says who of them writes, and no rule forgets the others.

use comeback::domain::command::{Actor, Command};
use comeback::domain::context::{Account, Card, Opportunity};
use comeback::domain::id::ContactId;
use comeback::domain::rejection::Rejection;
use comeback::domain::writer;

use crate::world::{Story, card, kinds};

fn is(contact: &str) -> Command {
    Command::NameWriter { contact: Some(contact.into()) }
}

fn shared() -> Story {
    let mut story = Story::begins();
    story.crm_says(1, vec![card("c-1"), card("c-2")]);
    story.texts("Can we talk about the price?");
    story
}

#[test]
fn who_writes_is_a_fact_that_moves_nothing_and_can_be_taken_back() {
    let mut story = shared();
    let before = story.c().clone();
    assert_eq!(writer::one(&before), None, "nobody is silently the first");
    assert_eq!(kinds(&story.does("maya", &is("c-2")).unwrap()), ["writer_named"]);
    assert_eq!(story.does("maya", &is("c-2")), Ok(vec![]), "twice is once");
    let c = story.c();
    assert_eq!(writer::one(c), Some(&ContactId::from("c-2")));
    assert_eq!(
        (&c.clock, &c.assignment, &c.owner, &c.contacts),
        (&before.clock, &before.assignment, &before.owner, &before.contacts)
    );
    let cards = [card("c-1"), card("c-2")];
    let shown: Vec<_> = writer::cards(c, &cards).iter().map(|card| card.contact.as_str()).collect();
    assert_eq!(shown, ["c-2"]);
    assert_eq!(kinds(&story.does("maya", &Command::NameWriter { contact: None }).unwrap()), ["writer_named"]);
    assert_eq!((writer::one(story.c()), writer::cards(story.c(), &cards).len()), (None, 2));
}

#[test]
fn a_stranger_to_the_number_and_the_only_one_on_it_are_refused() {
    let mut story = shared();
    assert_eq!(story.does("maya", &is("c-9")), Err(Rejection::NotOneOfThem));
    assert_eq!(story.does("kim", &is("c-1")), Err(Rejection::NotFound), "who sees nothing says nothing");
    let mut alone = Story::with_mayas_buyer();
    assert_eq!(alone.does("maya", &is("c-1")), Err(Rejection::NotOneOfThem));
    assert_eq!(writer::one(alone.c()), Some(&ContactId::from("c-1")));
}

#[test]
fn whom_the_crm_takes_off_the_number_does_not_write_any_more() {
    let mut story = shared();
    story.does("maya", &is("c-2")).unwrap();
    story.crm_says(1, vec![card("c-1"), card("c-2"), card("c-3")]);
    story.machine(Actor::Crm, &Command::Match);
    assert_eq!(story.c().writer, Some("c-2".into()), "one more changes nothing");
    story.crm_says(1, vec![card("c-1"), card("c-3")]);
    story.machine(Actor::Crm, &Command::Match);
    assert_eq!(story.c().writer, None);
}

#[test]
fn where_they_differ_nobody_s_account_or_deal_is_said_to_be_the_writer_s() {
    let of = |n: usize, stage: &str| Card {
        account: Some(Account {
            id: Some(format!("a-{n}").as_str().into()),
            name: format!("Acct {n}"),
            ..Account::default()
        }),
        opportunity: Some(Opportunity { name: format!("Deal {n}"), stage: stage.to_owned(), ..Opportunity::default() }),
        ..card(&format!("c-{n}"))
    };
    let said = |cards: &[Card]| {
        [writer::account(cards), writer::deal(cards), writer::stage(cards)].map(Option::unwrap_or_default)
    };
    let five: Vec<Card> = (0..5).map(|n| of(n, if n == 4 { "Proposal" } else { "Discovery" })).collect();
    assert_eq!(said(&five), ["5 accounts", "5 deals", "2 stages"]);
    assert_eq!(said(&five[..1]), ["Acct 0", "Deal 0", "Discovery"]);
    assert_eq!(said(&[five[0].clone(), five[0].clone()]), ["Acct 0", "Deal 0", "Discovery"], "colleagues share it");
    let plain = Card { account: None, opportunity: None, ..card("c-9") };
    assert_eq!(said(&[five[0].clone(), plain.clone()]), ["Acct 0 or none", "Deal 0 or none", "Discovery or none"]);
    assert_eq!(said(&[plain.clone(), plain]), [""; 3]);
}
