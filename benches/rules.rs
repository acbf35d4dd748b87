//! The pure rules, each alone and in memory: `cargo bench --bench rules`. What a webhook or a key costs beside the disk,
//! the socket and the terminal; the real paths are in the other bench.
#![allow(clippy::unwrap_used, reason = "a bench that cannot go on should stop where it stands")]

use std::collections::BTreeMap;

use comeback::config;
use comeback::domain::asking::heard::Heard;
use comeback::domain::command::{Actor, Command, Context, ReadSet, Receive};
use comeback::domain::consent::Number;
use comeback::domain::contact::Body;
use comeback::domain::conversation::Conversation;
use comeback::domain::decide::{Decided, decide};
use comeback::domain::event::Subject;
use comeback::domain::id::{ConversationId, MessageId, NumberId};
use comeback::domain::playbook::Playbook;
use comeback::domain::roster::Roster;
use comeback::domain::safe_text::SafeText;
use comeback::domain::time::{Span, Timestamp};
use comeback::journal::frame::Fact;
use comeback::journal::{Entry, Head, seal, verify};
use divan::{Bencher, black_box};
use uuid::Uuid;

/// Friday, 6 March 2026, 16:30 in New York: a target of half an hour ends on Monday.
const NOW: Timestamp = Timestamp::from_millis(1_772_832_600_000);
const TEXT: &str = "Can we move the call to Tuesday? Legal still has two questions about the contract.";

fn main() {
    divan::main();
}

fn playbook() -> Playbook {
    config::playbook::read("playbook.toml", include_str!("../assets/playbook.toml")).unwrap()
}

fn text() -> Command {
    Command::Receive(Receive {
        message: MessageId(Uuid::from_u128(3)),
        conversation: ConversationId(Uuid::from_u128(1)),
        number: NumberId(Uuid::from_u128(2)),
        line: "main".into(),
        body: Body::new(TEXT),
        media: 0,
        opt_out_type: None,
        area_code: None,
        sent: None,
        acknowledgement: None,
        wait_until: None,
        by_carrier: true,
    })
}

/// What follows from a buyer's first text: opened, received, clock armed, offered.
fn decided(playbook: &Playbook) -> Decided {
    let (roster, loads, number) = (Roster::default(), BTreeMap::new(), Number::new(NumberId(Uuid::from_u128(2))));
    let world = ReadSet {
        heard: Heard::Unsure,
        address: None,
        answering: None,
        words: None,
        conversation: None,
        siblings: Vec::new(),
        number: Some(&number),
        cards: &[],
        playbook,
        roster: &roster,
        loads: &loads,
    };
    let cx = Context { now: NOW, actor: Actor::Carrier, seen: u64::MAX, behind: false, hold: Span::seconds(8) };
    decide(&world, &text(), &cx).unwrap()
}

#[divan::bench]
fn decide_a_first_text(bencher: Bencher<'_, '_>) {
    let playbook = playbook();
    bencher.bench(|| decided(black_box(&playbook)));
}

/// Its facts written and sealed.
#[divan::bench]
fn seal_its_facts(bencher: Bencher<'_, '_>) {
    let facts = decided(&playbook());
    bencher.bench(|| {
        facts.iter().fold(Head::GENESIS, |head, (subject, event)| {
            let fact = Fact {
                subject,
                kind: event.kind(),
                event,
                actor: &Actor::Carrier,
                command: None,
                content: &[],
                took_us: None,
            };
            seal(&head, NOW, fact.encode().unwrap()).1
        })
    });
}

/// The state of a conversation read and written, as each text of it does.
#[divan::bench]
fn read_and_write_a_state(bencher: Bencher<'_, '_>) {
    let state = serde_json::to_string(&state()).unwrap();
    bencher.bench(|| serde_json::to_string(&serde_json::from_str::<Conversation>(black_box(&state)).unwrap()).unwrap());
}

fn state() -> Conversation {
    let (id, number) = (ConversationId(Uuid::from_u128(1)), NumberId(Uuid::from_u128(2)));
    let mut state = Conversation::new(id, number, "main".into());
    for (subject, event) in decided(&playbook()) {
        if subject == Subject::Conversation(id) {
            state.apply(NOW, &event);
        }
    }
    state
}

/// When an answer is due, over a weekend.
#[divan::bench]
fn due_over_a_weekend(bencher: Bencher<'_, '_>) {
    let playbook = playbook();
    let office = &playbook.calendars["office"];
    bencher.bench(|| office.add(black_box(NOW), Span::minutes(60)));
}

/// One text made safe and cut to a line of the list.
#[divan::bench(args = [TEXT, "Können wir am Dienstag? 👍🏽 Die Rechtsabteilung hat noch zwei Fragen zum Vertrag."])]
fn clean_a_text(text: &str) -> String {
    SafeText::line(text).truncated(40)
}

/// A thousand entries of the journal verified.
#[divan::bench]
fn verify_a_thousand_entries(bencher: Bencher<'_, '_>) {
    let mut head = Head::GENESIS;
    let entries: Vec<Entry> = (0..1_000)
        .map(|_| {
            let (entry, next) = seal(&head, NOW, TEXT.repeat(4).into_bytes());
            head = next;
            entry
        })
        .collect();
    bencher.bench(|| verify(&Head::GENESIS, black_box(&entries)));
}
