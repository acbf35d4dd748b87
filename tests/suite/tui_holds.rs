//! A number on opt-out hold at the terminal: it is seen, nothing is written to it by mistake, and ruling takes a choice.

use std::sync::Arc;

use comeback::client::handle::{Ask, Notice, OutboxStanding};
use comeback::domain::command::Command;
use comeback::domain::contact::Body;
use comeback::domain::event::Review;
use comeback::domain::hold::{Asking, Hold, Ruling};
use comeback::domain::id::MessageId;
use comeback::domain::time::Span;
use comeback::tui::msg::Msg;
use comeback::wire::around::{Around, HeldText};

use crate::tui_screens::shows;
use crate::tui_world::{Desk, START, entry, id, outbox};

/// The usual desk, with the first conversation's number on hold.
fn held(size: (u16, u16)) -> Desk {
    let mut desk = Desk::usual(size);
    desk.change(1, |t| {
        t.messages[0].message.body = Some(Body::new("please take me off your list"));
        t.row.preview = t.messages[0].message.body.clone();
        let patterns = vec!["take me off".to_owned(), "these texts, this number".to_owned()];
        let message = t.messages[0].message.id;
        let asking = Asking { message, conversation: id(1), score: 11, patterns };
        t.row.hold = Some(Hold { since: START, due: START + Span::minutes(14 * 1440), texts: vec![asking] });
    });
    desk
}

fn rulings(desk: &mut Desk) -> Vec<Ruling> {
    let asked = desk.commands().into_iter().filter_map(|ask| match ask {
        Ask::Do { command: Command::Rule { ruling }, .. } => Some(ruling),
        _ => None,
    });
    asked.collect()
}

#[test]
fn the_list_and_the_conversation_show_the_hold() {
    for size in [(40, 12), (80, 24), (120, 40)] {
        let mut desk = held(size);
        desk.says("opt-out hold");
        desk.keys("j Enter");
        shows(&desk, "hold");
        desk.keys("z");
        shows(&desk, "hold-ruling");
    }
}

#[test]
fn the_composer_says_so_before_a_word_is_typed_and_sends_nothing() {
    for size in [(40, 12), (80, 24), (120, 40)] {
        let mut desk = held(size);
        desk.keys("j r");
        // A bare z would be typed: that is said of none there.
        desk.says("opt-out hold: nothing goes (Esc, z)");
        desk.types("z");
        assert!(desk.model.composer.is_some() && desk.model.overlay.is_none());
        desk.keys("Esc z");
        desk.says("What did Dana Fox mean?");
    }
    let mut desk = held((80, 24));
    desk.keys("j r");
    desk.types("Sorry about that");
    desk.commands();
    desk.keys("Enter Enter");
    assert_eq!(desk.commands(), vec![], "neither at the first Enter nor at the second");
    desk.says("Not sent: this number is on opt-out hold. Esc keeps the draft, then z rules on it.");
    desk.keys("Esc i").types("who is this?").keys("Enter");
    assert!(
        desk.commands().iter().any(|ask| matches!(ask, Ask::Do { command: Command::Note { .. }, .. })),
        "a note may be written"
    );
}

#[test]
fn no_key_that_moves_rules() {
    for keys in ["Enter", "j Enter", "k Enter", "G Enter", "Esc", "n Enter", "1"] {
        let mut desk = held((80, 24));
        desk.keys("j z").keys(keys);
        assert_eq!(rulings(&mut desk), vec![], "{keys}");
    }
    let mut desk = held((80, 24));
    desk.keys("j j k gg G Ctrl-d Ctrl-u n N");
    assert_eq!(rulings(&mut desk), vec![]);
}

#[test]
fn the_dialog_shows_what_was_written_and_what_spoke_and_opts_out() {
    let mut desk = held((80, 24));
    desk.keys("j Enter z");
    desk.says("please take me off your list");
    desk.says("take me off, these texts, this number: score 11");
    desk.says("Unless somebody rules, opted out on 17 Mar.");
    // Nobody here takes that back: it is asked about once, and Enter leaves the number on hold.
    desk.keys("Down Enter");
    desk.says("Opt out +14155550001 Dana Fox for good?");
    desk.says("the number stays on hold");
    desk.keys("Enter");
    assert_eq!(rulings(&mut desk), vec![]);
    desk.keys("z Down Enter Down Enter");
    assert_eq!(rulings(&mut desk), vec![Ruling::OptOut]);
    desk.says("is opted out: no text goes to this number any more.");
}

#[test]
fn words_to_another_of_our_numbers_are_read_in_the_dialog_once_the_backend_told_them() {
    let mut desk = held((80, 24));
    let other = MessageId(uuid::Uuid::from_u128(0x77));
    desk.change(1, |t| {
        let patterns = vec!["lose my number".to_owned()];
        let asking = Asking { message: other, conversation: id(99), score: 9, patterns };
        t.row.hold.as_mut().unwrap().texts.push(asking);
    });
    desk.keys("j Enter z");
    desk.says("(a text to another of our numbers, in a conversation that is");
    let told = HeldText { message: other, body: Some(Body::new("Lose my number")) };
    let around = |held| Around { conversation: id(1), read_at: None, crm: None, others: vec![], hidden: 0, held };
    desk.hear(Notice::Around(Arc::new(around(vec![told]))));
    desk.says("“Lose my number” (to another of our numbers)");
    desk.says("please take me off your list");
    desk.keys("Down Down Enter").types("the quote").keys("Enter");
    let [Ruling::Keep { read, .. }] = &rulings(&mut desk)[..] else { panic!("kept") };
    assert_eq!(read.len(), 2, "both were shown");
    // Nobody can read what was erased: it holds up no ruling.
    let mut desk = held((80, 24));
    desk.change(1, |t| t.row.hold.as_mut().unwrap().texts[0].message = other);
    desk.keys("j Enter z");
    desk.says("not yet: read every text first");
    desk.hear(Notice::Around(Arc::new(around(vec![HeldText { message: other, body: None }]))));
    desk.says("(its words were erased)");
    desk.says("asks for a reason");
}

/// A hold of several texts, the last ones far below what fits.
fn held_by_many(size: (u16, u16)) -> Desk {
    let mut desk = held(size);
    desk.change(1, |t| {
        let first = t.messages[0].clone();
        for n in 0..5 {
            let mut next = first.clone();
            next.message.id = MessageId(uuid::Uuid::from_u128(0x90 + n));
            let words = format!("Wish {n}. {}Enough {n}", "I have told you so before. ".repeat(8));
            next.message.body = Some(Body::new(words));
            let asking = Asking { message: next.message.id, conversation: id(1), score: 9, patterns: vec![] };
            t.row.hold.as_mut().unwrap().texts.push(asking);
            t.messages.push(next);
        }
    });
    desk
}

#[test]
fn nothing_below_the_fold_is_ruled_away_and_the_choices_stand_at_the_foot() {
    for size in [(40, 12), (50, 14), (80, 24)] {
        let mut desk = held_by_many(size);
        desk.keys("j Enter z");
        for choice in ["1 Leave", "2 Opt out", "3 Keep"] {
            desk.says(choice);
        }
        assert!(!desk.screen().contains("Enough 4"), "{}", desk.screen());
        desk.keys("3");
        desk.says("Not kept: read on below.");
        desk.says("3 Keep");
        desk.keys("Down Down Enter").types("the quote").keys("Enter");
        assert_eq!(rulings(&mut desk), vec![], "{size:?}");

        // Scrolled to the end, with every line on the way.
        let mut desk = held_by_many(size);
        desk.keys("j Enter z");
        let mut pages = 0;
        while desk.screen().contains("not yet") {
            desk.keys("PageDown");
            pages += 1;
            assert!(pages < 40, "{}", desk.screen());
        }
        desk.says("nough 4");
        desk.keys("3").types("the quote").keys("Enter");
        let [Ruling::Keep { read, .. }] = &rulings(&mut desk)[..] else { panic!("kept at {size:?}") };
        assert_eq!(read.len(), 6);
    }
}

#[test]
fn a_narrower_terminal_takes_nothing_for_read_that_was_not() {
    let mut desk = held_by_many((80, 24));
    desk.keys("j z");
    desk.says("3 Keep");
    desk.says("not yet: ");
    desk.take(Msg::Resize(50, 14));
    desk.keys("3");
    desk.says("Not kept: read on below.");
    assert_eq!(rulings(&mut desk), vec![]);
    // Everything fits: everything is read at once.
    desk.take(Msg::Resize(120, 60));
    desk.keys("3").types("the quote").keys("Enter");
    assert_eq!(rulings(&mut desk).len(), 1);
}

#[test]
fn a_wish_that_comes_while_the_reason_is_typed_is_read_before_anything_is_kept() {
    let mut desk = held((80, 24));
    desk.keys("j Enter z Down Down Enter").types("the quote");
    desk.change(1, |t| {
        let asking = Asking {
            message: MessageId(uuid::Uuid::from_u128(0x78)),
            conversation: id(1),
            score: 40,
            patterns: vec![],
        };
        t.row.hold.as_mut().unwrap().texts.push(asking);
        t.row.inbound += 1;
    });
    desk.keys("Enter");
    assert_eq!(rulings(&mut desk), vec![]);
    desk.says("They wrote again meanwhile");
    desk.says("not yet: read every text first");
    desk.keys("Down Down Enter");
    assert_eq!(rulings(&mut desk), vec![], "nor by the choice, while its words are not shown");
}

#[test]
fn keep_asks_for_a_reason_and_takes_none_that_is_empty() {
    let mut desk = held((80, 24));
    desk.keys("j z Down Down Enter");
    desk.says("what did they mean?");
    desk.keys("Enter");
    assert_eq!(rulings(&mut desk), vec![]);
    desk.says("listed for compliance");
    desk.types("The cc of the quote").keys("Enter");
    let asked = rulings(&mut desk);
    let [Ruling::Keep { reason, .. }] = &asked[..] else { panic!("{asked:?}") };
    assert_eq!(reason.as_str(), "The cc of the quote");
    // Leaving keeps the hold.
    let mut desk = held((80, 24));
    desk.keys("j z Down Down Enter").types("half a").keys("Esc");
    assert_eq!(rulings(&mut desk), vec![]);
}

#[test]
fn a_text_that_waits_behind_a_hold_is_called_nothing_else_and_is_not_sent_anyway() {
    let mut desk = held((80, 24));
    let waits = entry(1001, &desk.threads[&id(1)], "See you then", OutboxStanding::Parked(vec![Review::OptOutHold]));
    let mut entries = outbox(&desk);
    entries[0] = waits;
    desk.hear(Notice::Outbox(Arc::new(entries)));
    desk.keys("O");
    desk.says("opt-out hold: waits until somebody rules (z)");
    desk.keys("gg z");
    assert!(!desk.screen().contains("Send anyway"), "{}", desk.screen());
}
