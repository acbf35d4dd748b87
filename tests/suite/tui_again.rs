//! A text that its carrier failed late goes again by its rep's hand alone: as a new one.

use std::sync::Arc;

use comeback::client::handle::{Ask, Notice, OutboxStanding};

use crate::tui_world::{Desk, entry, id};

fn failed(code: Option<u32>) -> Desk {
    let mut desk = Desk::usual((80, 24));
    let entry = entry(1001, &desk.threads[&id(1)], "Friday works", OutboxStanding::Failed(code));
    desk.hear(Notice::Outbox(Arc::new(vec![entry])));
    desk.keys("O z");
    desk
}

#[test]
fn what_failed_for_want_of_room_is_sent_again_by_one_key_in_the_dialog() {
    for code in [30_001, 30_022, 30_023, 30_027, 40_016, 40_318, 900_429] {
        let mut desk = failed(Some(code));
        desk.says("Send again");
        let entry = desk.model.outbox[0].id;
        desk.keys("Enter");
        assert_eq!(desk.commands(), vec![Ask::OutboxSend { entry }], "{code}");
    }
    failed(Some(30_001)).keys("Esc").says("the carrier had no room for it");
}

#[test]
fn what_failed_otherwise_is_edited_first_and_what_never_arrives_is_not_sent_again() {
    for code in [None, Some(30_003), Some(30_007), Some(30_034)] {
        let mut desk = failed(code);
        desk.says("Send again");
        desk.keys("Enter");
        assert!(!desk.commands().iter().any(|ask| matches!(ask, Ask::OutboxSend { .. })), "{code:?}");
        let mut desk = failed(code);
        let entry = desk.model.outbox[0].id;
        desk.keys("2");
        assert_eq!(desk.commands(), vec![Ask::OutboxSend { entry }], "{code:?}");
    }
    for code in [21_610, 30_004, 30_005, 30_006, 40_300, 900_610] {
        assert!(!failed(Some(code)).screen().contains("Send again"), "{code}");
    }
}
