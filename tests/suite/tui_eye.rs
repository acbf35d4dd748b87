//! Texts of ours that need their rep's eye: whoever rules on one sees which it is, why it waits, and what it says.

use std::sync::Arc;

use comeback::client::handle::{Ask, Notice, OutboxEntry, OutboxStanding};
use comeback::domain::conversation::AnswerState;
use comeback::domain::event::Review;
use comeback::domain::time::Span;

use crate::tui_world::{Desk, START, answered, entry, id};

const SIZES: [(u16, u16); 4] = [(40, 12), (50, 14), (80, 24), (120, 40)];
const OLDER: &str = "Four it is, then.";
const NEWER: &str = "Or at five?";

/// Two texts to Dana Fox that need the eye, the older one first.
fn held(size: (u16, u16)) -> (Desk, [OutboxEntry; 2]) {
    let mut desk = Desk::usual(size);
    let parked = |reason: Review| AnswerState::Parked { reasons: vec![reason] };
    desk.change(1, |t| {
        t.messages.push(answered(1101, START - Span::minutes(3), OLDER, parked(Review::NewerReply)));
        t.messages.push(answered(1102, START - Span::minutes(2), NEWER, parked(Review::Stale)));
    });
    let to = &desk.threads[&id(1)];
    let entries = [
        entry(1101, to, OLDER, OutboxStanding::Parked(vec![Review::NewerReply])),
        entry(1102, to, NEWER, OutboxStanding::Parked(vec![Review::Stale])),
    ];
    desk.hear(Notice::Outbox(Arc::new(entries.to_vec())));
    (desk, entries)
}

fn quotes(desk: &Desk, text: &str) -> bool {
    desk.screen().contains(&format!("“{text}”"))
}

#[test]
fn in_a_conversation_the_newest_is_ruled_on_first_and_then_the_next() {
    for size in SIZES {
        for turned in [false, true] {
            let (mut desk, [older, newer]) = held(size);
            if turned {
                // The conversation says which is the newest, not the order of the outbox.
                desk.hear(Notice::Outbox(Arc::new(vec![newer.clone(), older.clone()])));
            }
            desk.keys("j Enter z");
            desk.says("1 of 2: answer to Dana Fox");
            desk.says("it has waited for");
            assert!(quotes(&desk, NEWER) && !quotes(&desk, OLDER), "{}", desk.screen());
            for choice in ["1 Edit", "2 Send anyway", "3 Drop"] {
                desk.says(choice);
            }
            desk.commands();
            desk.keys("2");
            assert_eq!(desk.commands(), [Ask::OutboxSend { entry: newer.id }], "{size:?}");

            desk.hear(Notice::Outbox(Arc::new(vec![older.clone()])));
            desk.keys("z");
            desk.says("answer to Dana Fox");
            desk.says("the buyer wrote");
            assert!(quotes(&desk, OLDER) && !quotes(&desk, NEWER), "{}", desk.screen());
            assert!(!desk.screen().contains(" of 2"), "{}", desk.screen());
            desk.keys("2");
            assert_eq!(desk.commands(), [Ask::OutboxSend { entry: older.id }], "{size:?}");
        }
    }
}

#[test]
fn edit_opens_the_text_that_was_shown() {
    let (mut desk, [_, newer]) = held((80, 24));
    desk.keys("j Enter z");
    assert!(quotes(&desk, NEWER), "{}", desk.screen());
    desk.keys("1");
    assert!(desk.commands().contains(&Ask::OutboxDrop { entry: newer.id, keep_as_draft: true }));
    assert_eq!(desk.model.composer.as_ref().map(|c| c.input.text()), Some(NEWER));
}

#[test]
fn on_the_outbox_page_it_is_the_one_under_the_cursor() {
    for size in SIZES {
        let (mut desk, [older, newer]) = held(size);
        desk.keys("O z");
        desk.says("2 of 2: answer to Dana Fox");
        assert!(quotes(&desk, OLDER) && !quotes(&desk, NEWER), "{}", desk.screen());
        desk.commands();
        desk.keys("2");
        assert_eq!(desk.commands(), [Ask::OutboxSend { entry: older.id }], "{size:?}");
        desk.keys("j z");
        desk.says("1 of 2: answer to Dana Fox");
        assert!(quotes(&desk, NEWER) && !quotes(&desk, OLDER), "{}", desk.screen());
        desk.keys("2");
        assert_eq!(desk.commands(), [Ask::OutboxSend { entry: newer.id }], "{size:?}");
    }
}

#[test]
fn a_long_text_is_scrolled_above_choices_that_stay_in_sight() {
    for size in [(40, 12), (50, 14), (80, 24)] {
        let mut desk = Desk::usual(size);
        let words: Vec<String> = (1..=200).map(|n| format!("word{n}")).collect();
        let standing = OutboxStanding::Parked(vec![Review::NewerReply]);
        let long = entry(1101, &desk.threads[&id(1)], &words.join(" "), standing);
        desk.hear(Notice::Outbox(Arc::new(vec![long])));
        desk.keys("j Enter z");
        desk.says("needs your eye: the buyer wrote");
        desk.says("“word1 ");
        for _ in 0..60 {
            for choice in ["1 Edit", "2 Send anyway", "3 Drop"] {
                desk.says(choice);
            }
            desk.keys("PageDown");
        }
        desk.says("word200”");
    }
}
