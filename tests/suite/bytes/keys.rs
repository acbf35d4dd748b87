//! Whatever a terminal sends: any keys in any order, pastes, sizes from nothing to absurd. The screen goes on.

use comeback::tui::keymap::chord::Chord;
use comeback::tui::msg::Msg;
use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use proptest::prelude::*;

use super::corpus;
use super::mutate::mutated;
use crate::tui_world::{Desk, outbox};

fn code() -> impl Strategy<Value = KeyCode> {
    use KeyCode::*;
    let named = vec![
        Enter,
        Esc,
        Tab,
        BackTab,
        Backspace,
        Delete,
        Up,
        Down,
        Left,
        Right,
        Home,
        End,
        PageUp,
        PageDown,
        Insert,
        Null,
        F(5),
    ];
    let acts: Vec<char> = "jkgGnN.ricaesduxwzoy/:?AOMq;x  1é👩\u{301}".chars().collect();
    prop_oneof![
        3 => proptest::sample::select(named),
        6 => proptest::sample::select(acts).prop_map(KeyCode::Char),
        1 => any::<char>().prop_map(KeyCode::Char),
    ]
}

fn event() -> impl Strategy<Value = Event> {
    let modifiers =
        prop_oneof![5 => Just(KeyModifiers::NONE), 1 => any::<u8>().prop_map(KeyModifiers::from_bits_truncate)];
    let kind =
        prop_oneof![9 => Just(KeyEventKind::Press), 1 => Just(KeyEventKind::Repeat), 1 => Just(KeyEventKind::Release)];
    prop_oneof![
        20 => (code(), modifiers, kind).prop_map(|(code, modifiers, kind)| Event::Key(KeyEvent::new_with_kind(code, modifiers, kind))),
        2 => mutated(corpus("typed")).prop_map(|bytes| Event::Paste(String::from_utf8_lossy(&bytes).into_owned())),
        1 => (0u16..200, 0u16..70).prop_map(|(columns, rows)| Event::Resize(columns, rows)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn any_keys_leave_a_screen_that_can_be_drawn(events in proptest::collection::vec(event(), 1..120)) {
        let mut desk = Desk::usual((80, 24));
        let waiting = outbox(&desk);
        desk.hear(comeback::client::handle::Notice::Outbox(waiting.into()));
        for (n, event) in events.into_iter().enumerate() {
            let msg = match event {
                Event::Key(key) => Chord::from_event(&key).map(Msg::Key),
                Event::Paste(text) => Some(Msg::Paste(text)),
                Event::Resize(columns, rows) => Some(Msg::Resize(columns, rows)),
                _ => None,
            };
            if let Some(msg) = msg {
                desk.take(msg);
            }
            if n % 8 == 0 {
                desk.screen();
            }
        }
        desk.screen();
        // Nothing that was typed or pasted grew past what a text may be.
        let longest = comeback::tui::input_line::MAX_BYTES;
        prop_assert!(desk.model.composer.is_none_or(|composer| composer.input.text().len() <= longest));
    }
}
