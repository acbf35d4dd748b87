//! What somebody else has to say before a text goes, and who may say it: the backend of a number that is texted first, a
//! colleague of a regulated text, and an auditor of nothing.

use std::sync::Arc;

use comeback::client::handle::{Ask, LinkState, Notice, OutboxStanding, Toast, Weight};
use comeback::domain::command::Command;
use comeback::domain::contact::Address;
use comeback::domain::conversation::AnswerState;
use comeback::domain::event::Review;
use comeback::domain::pacing::Limit;
use comeback::domain::playbook::{Auditor, Line};
use comeback::domain::price::Price;
use comeback::domain::time::Span;
use comeback::wire::changes::Author;

use crate::tui_screens::{SIZES, shows};
use crate::tui_world::{Desk, START, answered, entry, id, inbox, link, thread};

/// The usual desk with one line of ours, asked whether a number may be texted.
fn asking(size: (u16, u16)) -> Desk {
    let mut desk = Desk::usual(size);
    let mut list = inbox(desk.threads.values().map(|t| t.row.clone()).collect());
    let mut playbook = list.playbook.as_deref().unwrap().clone();
    let line = Line {
        label: "Main".to_owned(),
        number: Address::parse("+14155559999").unwrap(),
        team: "east".into(),
        use_case: "other".to_owned(),
        limit: Limit::default(),
        class: None,
    };
    playbook.lines = [("main".into(), line)].into();
    list.playbook = Some(Arc::new(playbook));
    desk.hear(Notice::Inbox(Arc::new(list)));
    desk.keys("T").types("+13055550123").keys("Enter");
    assert!(matches!(desk.commands().as_slice(), [Ask::Do { command: Command::Begin { .. }, .. }]));
    desk
}

fn refusal() -> Notice {
    let text = "the number opted out. Call or mail instead.".to_owned();
    Notice::Toast(Toast { text, weight: Weight::Loud, conversation: None })
}

#[test]
fn what_is_typed_while_a_number_is_asked_about_is_no_key_and_a_refusal_stays_until_it_is_read() {
    for size in SIZES {
        let mut desk = asking(size);
        desk.says("May +13055550123 be texted?");
        desk.types("dcD quick question");
        assert_eq!(desk.commands(), vec![], "no letter did anything");
        desk.hear(refusal());
        desk.says("No text to +13055550123");
        desk.says("the number opted out.");
        desk.types("Dd");
        assert_eq!(desk.commands(), vec![]);
        shows(&desk, "begun-refused");
        desk.keys("Enter");
        assert!(desk.model.overlay.is_none());
    }
}

#[test]
fn a_number_that_may_be_texted_begins_with_what_was_typed_ahead() {
    let mut desk = asking((80, 24));
    desk.types("Hello Ana");
    let mut ana = thread(77, "Ana Ruiz", "", None);
    ana.row.address = Address::parse("+13055550123").unwrap();
    desk.threads.insert(id(77), ana);
    desk.resend();
    assert_eq!(desk.model.composer.as_ref().map(|c| (c.to, c.input.text())), Some((id(77), "Hello Ana")));
}

#[test]
fn nobody_approves_of_a_text_that_they_cannot_read_to_its_end() {
    for size in SIZES {
        let mut desk = Desk::usual(size);
        let words: Vec<String> = (1..=120).map(|n| format!("word{n}")).collect();
        let state = AnswerState::Parked { reasons: vec![Review::NeedsApproval] };
        let mut waits = answered(710, START, &words.join(" "), state);
        waits.message.author = Author::Rep("ben".into());
        desk.change(1, |t| {
            t.row.approval = Some(waits.message.id);
            t.messages.push(waits);
        });
        desk.keys("j Enter z");
        desk.says("May Ben Sato's answer");
        let seen = |desk: &Desk| words.iter().filter(|word| desk.screen().contains(&format!("{word} "))).count();
        let before = seen(&desk);
        for _ in 0..40 {
            desk.keys("PageDown");
        }
        desk.says("word120");
        assert!(before > 0 && seen(&desk) > 0);
        desk.commands();
        desk.keys("Enter");
        assert_eq!(desk.commands(), vec![], "the first choice still does nothing");
    }
}

#[test]
fn an_auditor_is_offered_nothing_that_changes_anything() {
    for size in SIZES {
        let mut desk = Desk::usual(size);
        // Whoever may say who writes would be asked it.
        desk.change(1, |t| t.sharing = ["con_1", "con_2"].map(crate::world::card).to_vec());
        let mut list = inbox(desk.threads.values().map(|t| t.row.clone()).collect());
        let mut playbook = list.playbook.as_deref().unwrap().clone();
        playbook.auditors.insert("audra".into(), Auditor { name: "Audra".to_owned() });
        list.playbook = Some(Arc::new(playbook));
        list.me.as_mut().unwrap().rep = "audra".into();
        desk.hear(Notice::Inbox(Arc::new(list)));
        desk.commands();
        for key in ["r", "i", "c", "a", "e", "s", "d", "D", "m", "p", "l", "f", "z", "K", "W", "T", "A", "x"] {
            desk.keys(&format!("j {key}"));
            assert_eq!(desk.commands(), vec![], "{key}");
            assert!(desk.model.overlay.is_none() && desk.model.composer.is_none(), "{key}");
        }
        desk.says("You audit");
        desk.keys("? ");
        let help = desk.screen();
        assert!(!help.contains("take it: it is mine") && !help.contains("escalate"), "{help}");
        desk.keys("Esc :").types("block");
        desk.says("blocked numbers");
        assert!(!desk.screen().contains("sends rubbish"), "{}", desk.screen());
        desk.keys("Esc");
        shows(&desk, "auditor");
    }
}

#[test]
fn an_auditor_s_empty_inbox_promises_no_texts_and_says_what_can_be_read() {
    for size in SIZES {
        let mut desk = Desk::usual(size);
        let mut list = inbox(Vec::new());
        let mut playbook = list.playbook.as_deref().unwrap().clone();
        playbook.auditors.insert("audra".into(), Auditor { name: "Audra".to_owned() });
        list.playbook = Some(Arc::new(playbook));
        list.me.as_mut().unwrap().rep = "audra".into();
        desk.hear(Notice::Inbox(Arc::new(list)));
        desk.says("Auditors have no");
        desk.says("M measures all of them");
        for promised in ["No replies yet", "texts back", "A  away"] {
            assert!(!desk.screen().contains(promised), "{promised}: {}", desk.screen());
        }
    }
}

#[test]
fn a_text_of_several_parts_says_its_price_on_every_screen() {
    for (size, parts) in [((40, 12), 2), ((80, 24), 2), ((80, 24), 5)] {
        let mut desk = Desk::usual(size);
        let mut list = inbox(desk.threads.values().map(|t| t.row.clone()).collect());
        let mut playbook = list.playbook.as_deref().unwrap().clone();
        playbook.price = Some(Price { micros: 8_300, currency: "USD".to_owned() });
        list.playbook = Some(Arc::new(playbook));
        desk.hear(Notice::Inbox(Arc::new(list)));
        desk.keys("j r").types(&format!("it’s {}", "b".repeat(67 * parts - 10)));
        desk.says(&format!("{parts} texts"));
        let price = playbook_price(parts);
        desk.says(&price);
        desk.says("Ctrl-g");
    }
}

fn playbook_price(parts: usize) -> String {
    Price { micros: 8_300, currency: "USD".to_owned() }.of(parts)
}

#[test]
fn the_outbox_names_somebody_once_and_says_what_waits_for_news() {
    let mut desk = Desk::usual((80, 24));
    let mut nobody = desk.threads[&id(1)].clone();
    nobody.row.name = nobody.row.address.as_str().to_owned();
    let held = entry(1, &nobody, "On my way", OutboxStanding::Held(START - Span::seconds(2)));
    let mut take = entry(2, &nobody, "", OutboxStanding::Queued);
    (take.what, take.aside, take.body) = ("take".to_owned(), true, None);
    desk.hear(Notice::Outbox(Arc::new(vec![held, take])));
    desk.keys("O");
    desk.says("+14155550001 · answer, 3 min ago · sending now");
    desk.says("+14155550001 · take, 3 min ago · waits for the network");
    assert!(!desk.screen().contains("+14155550001 +1"), "{}", desk.screen());
    assert!(!desk.screen().contains("send anyway"), "{}", desk.screen());
    let offline = LinkState::Offline { since: START, retry_at: START, why: String::new() };
    desk.hear(Notice::Link(link(offline)));
    desk.says("news waits for the network");
    assert!(!desk.screen().contains("sending now"), "{}", desk.screen());
}

#[test]
fn on_a_sunday_no_time_is_offered_twice() {
    let mut desk = Desk::usual((80, 24));
    // Sunday, 8 March 2026.
    desk.now = START + Span::minutes(5 * 24 * 60);
    desk.keys("j r").types("See you").keys("Ctrl-t");
    desk.says("tomorrow 9:00 there");
    assert!(!desk.screen().contains("Monday 9:00"), "{}", desk.screen());
}
