//! What the CRM has not taken, at the terminal: a conversation says so, since when and why.

use std::sync::Arc;

use comeback::client::handle::{Notice, Unwritten};
use comeback::domain::time::Span;

use crate::tui_measure::read;
use crate::tui_screens::{SIZES, shows};
use crate::tui_world::{Desk, START, id};

#[test]
fn a_conversation_that_the_crm_has_not_taken_says_so() {
    for size in SIZES {
        let mut desk = Desk::usual(size);
        let (since, why) = (START - Span::minutes(118), "HubSpot does not answer".to_owned());
        let one = Unwritten { conversation: id(1), since, refused: false, why };
        desk.hear(Notice::Unwritten(Arc::new(vec![one.clone()])));
        desk.keys("j Enter");
        assert_eq!(desk.model.pinned, Some(id(1)));
        shows(&desk, "unwritten");
        // A narrow line cuts the reason first.
        desk.says(if size.0 < 80 { "not in the CRM" } else { "not in the CRM since 08:02: HubSpot does not answer" });
        let given_up = Unwritten { refused: true, why: "nobody in the CRM has this number".to_owned(), ..one };
        desk.hear(Notice::Unwritten(Arc::new(vec![given_up])));
        desk.says(if size.0 < 80 { "not in the CRM" } else { "not in the CRM, given up: nobody in the CRM has" });
        desk.hear(Notice::Unwritten(Arc::default()));
        assert!(!desk.screen().contains("not in the CRM"));
    }
}

#[test]
fn what_the_crm_has_not_taken_for_want_of_a_name_says_the_key_first_and_the_reason_whole_on_the_card() {
    for size in [(40, 12), (50, 14), (80, 24), (120, 40)] {
        let mut desk = Desk::usual(size);
        let why = "2 people share this number: say in the inbox (W) who writes".to_owned();
        let one = Unwritten { conversation: id(1), since: START - Span::minutes(118), refused: false, why };
        desk.hear(Notice::Unwritten(Arc::new(vec![one.clone()])));
        desk.keys("j Enter");
        desk.says("not in the CRM (W says");
        desk.keys("v");
        let mut told = read(&desk);
        for _ in 0..30 {
            desk.keys("Down");
            told.push_str(&read(&desk));
        }
        // Broken where the page is narrow, and not cut.
        for part in ["since 08:02: 2 people share this", "say in the inbox (W) who"] {
            assert!(told.contains(part), "{part}\n{}", desk.screen());
        }
        desk.keys("Esc");
        // Of another reason no key is told, and none while that would be a letter.
        desk.keys("r");
        assert!(!desk.screen().contains("(W says"), "{}", desk.screen());
        desk.keys("Esc");
        desk.hear(Notice::Unwritten(Arc::new(vec![Unwritten { why: "HubSpot does not answer".to_owned(), ..one }])));
        assert!(!desk.screen().contains("(W says"), "{}", desk.screen());
    }
}
