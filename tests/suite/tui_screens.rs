//! Stories at the terminal: a world, keys, and the screen they lead to. `UPDATE=1` writes the screens anew.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails where it stands")]

use std::path::Path;
use std::sync::Arc;

use comeback::client::handle::{Ask, Hit, LinkState, Notice, Older, OutboxStanding};
use comeback::domain::contact::Body;
use comeback::domain::conversation::AnswerState;
use comeback::domain::event::Review;
use comeback::domain::time::Span;
use comeback::tui::msg::Msg;

use crate::tui_world::{Desk, START, answered, entry, id, link, outbox, said};

pub(crate) const SIZES: [(u16, u16); 3] = [(40, 12), (80, 24), (120, 40)];

/// Compares the screen with the one that was written down.
pub(crate) fn shows(desk: &Desk, name: &str) {
    let (columns, rows) = desk.model.size;
    let file = format!("tests/suite/screens/{name}-{columns}x{rows}.txt");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(&file);
    let screen = desk.screen();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &screen).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(written, screen, "{file} differs; if it is right, run with UPDATE=1");
}

#[test]
fn the_inbox_on_first_sight() {
    for size in SIZES {
        shows(&Desk::usual(size), "inbox");
    }
}

#[test]
fn an_empty_inbox_says_what_to_do() {
    for size in SIZES {
        let mut desk = Desk::empty(size);
        desk.hear(Notice::Link(link(LinkState::Online)));
        desk.resend();
        shows(&desk, "empty");
    }
}

#[test]
fn a_conversation() {
    for size in SIZES {
        let mut desk = Desk::usual(size);
        desk.keys("j Enter");
        shows(&desk, "conversation");
    }
}

#[test]
fn the_top_of_a_conversation_says_that_older_texts_are_not_at_hand() {
    for size in SIZES {
        let mut desk = Desk::usual(size);
        desk.change(1, |t| t.older = Some(Older { at: 0, asked: false }));
        desk.keys("j Enter gg");
        shows(&desk, "older");
    }
}

#[test]
fn scrolling_past_the_first_text_asks_for_older_ones_and_says_how_that_stands() {
    for up in ["k", "Ctrl-u", "gg"] {
        let mut desk = Desk::usual((80, 24));
        desk.change(1, |t| t.older = Some(Older { at: 0, asked: false }));
        desk.keys("j Enter").commands();
        for _ in 0..40 {
            if !desk.keys(up).commands().is_empty() {
                break;
            }
        }
        desk.says("older texts above: scroll up");
        desk.keys("G gg");
        assert_eq!(desk.commands(), [Ask::Older(id(1))], "{up}: at the first text, one more key asks");
        desk.change(1, |t| t.older = Some(Older { at: 0, asked: true }));
        desk.says("older texts: loading…");
        assert_eq!(desk.keys("k gg").commands(), [], "once is enough");
        let (since, retry_at) = (START - Span::minutes(3), START + Span::seconds(8));
        desk.hear(Notice::Link(link(LinkState::Offline { since, retry_at, why: String::new() })));
        desk.says("older texts: when the network is back");

        // They come: who read at the top still reads the same line.
        desk.hear(Notice::Link(link(LinkState::Online)));
        desk.change(1, |t| {
            let older: Vec<_> = (0..30)
                .map(|n| said(700 + n, START - Span::minutes(2000), t.messages[0].message.author.clone(), "long ago"))
                .collect();
            t.messages.splice(0..0, older);
            t.older = None;
        });
        desk.says("Got the quote, thanks!");
        assert!(!desk.screen().contains("older texts"), "nothing is missing, nothing is said");
        desk.keys("gg");
        desk.says("long ago");
        assert_eq!(desk.commands(), [], "and nothing is asked");
    }
}

#[test]
fn a_lone_answer_from_long_ago_stands_before_the_gap() {
    let mut desk = Desk::usual((80, 24));
    desk.change(1, |t| t.older = Some(Older { at: 1, asked: false }));
    desk.keys("j Enter gg");
    let screen = desk.screen();
    let line = |words: &str| screen.lines().position(|line| line.contains(words)).unwrap();
    assert!(line("Got the quote") < line("older texts above"), "{screen}");
    assert!(line("older texts above") < line("Shall we talk it through"), "{screen}");
}

#[test]
fn every_delivery_state_has_its_own_words() {
    for size in SIZES {
        let mut desk = Desk::usual(size);
        let waiting = entry(1001, &desk.threads[&id(1)], "six", OutboxStanding::Queued);
        let pending = waiting.id;
        desk.hear(Notice::Outbox(Arc::new(vec![waiting])));
        desk.change(1, |t| {
            use comeback::domain::message::Delivery::{Delivered, Sent, Undelivered};
            let out = |delivery, error| AnswerState::Out { delivery, error };
            let states = [
                out(Delivered, None),
                out(Undelivered, Some(30006)),
                out(Sent, None),
                AnswerState::Unknown,
                AnswerState::Sending,
                AnswerState::Parked { reasons: vec![Review::NewerReply] },
                AnswerState::Held { not_before: START + Span::seconds(6), waits: None },
            ];
            t.messages.clear();
            for (n, state) in (900..).zip(states) {
                t.messages.push(answered(n, START - Span::minutes(2), "text", state));
            }
            let mut queued = answered(910, START, "the last", AnswerState::Sending);
            queued.message.standing = None;
            queued.pending = Some(pending);
            t.messages.push(queued);
        });
        desk.keys("j Enter");
        shows(&desk, "states");
    }
}

#[test]
fn a_text_is_written_and_names_whom_it_goes_to() {
    for size in SIZES {
        let mut desk = Desk::usual(size);
        desk.keys("j r").types("Yes — Friday works");
        shows(&desk, "composer");
    }
}

#[test]
fn hostile_words_are_inert() {
    for size in SIZES {
        let mut desk = Desk::usual(size);
        desk.keys("G k Enter");
        let screen = desk.screen();
        assert!(!screen.contains('\u{1b}') && !screen.contains('\u{202e}'), "{screen}");
        shows(&desk, "hostile");
    }
}

#[test]
fn a_number_that_opted_out_gets_no_text() {
    for size in SIZES {
        let mut desk = Desk::usual(size);
        desk.keys("G r");
        shows(&desk, "opted-out");
        desk.keys("1");
        assert!(desk.model.composer.as_ref().is_some_and(|c| c.note), "a note is offered instead");
    }
}

#[test]
fn the_outbox_says_why_each_text_waits() {
    for size in SIZES {
        let mut desk = Desk::usual(size);
        desk.hear(Notice::Outbox(Arc::new(outbox(&desk))));
        desk.keys("O");
        shows(&desk, "outbox");
    }
}

#[test]
fn the_keys_are_shown_and_searched() {
    for size in SIZES {
        let mut desk = Desk::usual(size);
        desk.keys("?");
        shows(&desk, "help");
        desk.types("snoo");
        desk.says("out of sight for a");
        assert!(!desk.screen().contains("to the top"));
    }
}

#[test]
fn the_keys_name_what_is_reached_by_its_name_and_explain_the_marks_of_the_list() {
    for size in SIZES {
        let mut desk = Desk::usual(size);
        let searched = [
            ("opt the number", ":opt out"),
            ("rubbish", ":block"),
            ("by whom and why", ":blocked numbers"),
            ("while you", ":while you were away"),
            ("mark", "Marks in the list"),
            ("cursor", "the cursor: a key is"),
        ];
        for (words, said) in searched {
            desk.keys("?").types(words);
            desk.says(said);
            assert!(!desk.screen().contains("No key does"), "{}", desk.screen());
            desk.keys("Esc");
        }
        // They stand at the end of the page, which is reached on a low screen, too; and one key back is one line.
        desk.keys("?");
        for _ in 0..40 {
            desk.keys("PageDown");
        }
        desk.says("an answer is late");
        let before = desk.screen();
        desk.keys("Up");
        assert_ne!(desk.screen(), before);
    }
}

#[test]
fn choices_show_who_is_here_and_how_loaded() {
    for size in SIZES {
        let mut desk = Desk::usual(size);
        desk.keys("a");
        shows(&desk, "reassign");
    }
}

#[test]
fn offline_is_said_with_its_age_and_the_next_try() {
    for size in SIZES {
        let mut desk = Desk::usual(size);
        let offline = LinkState::Offline {
            since: START - Span::minutes(3),
            retry_at: START + Span::seconds(8),
            why: "connection refused".to_owned(),
        };
        desk.hear(Notice::Link(link(offline)));
        shows(&desk, "offline");
    }
    let mut desk = Desk::usual((80, 24));
    desk.hear(Notice::Link(link(LinkState::SignedOut)));
    desk.says("signed out: comeback login https://desk.example");
    let mut desk = Desk::usual((120, 40));
    let why = "the backend speaks version 2 of the protocol, and this comeback version 1: update comeback";
    desk.hear(Notice::Link(link(LinkState::Refused { why: why.to_owned() })));
    desk.says(why);
}

/// What somebody who is signed out has to do.
const SIGNED_OUT: &str = "signed out: comeback login https://desk.example --token-stdin";

#[test]
fn what_has_not_left_is_said_in_the_last_line_of_a_narrow_screen_too() {
    let offline = |why: &str| {
        let (since, retry_at) = (START - Span::minutes(3), START + Span::seconds(8));
        link(LinkState::Offline { since, retry_at, why: why.to_owned() })
    };
    for (size, online, away) in [
        ((40, 12), "online · 4 need your eye (O)", "offline · 4 need your eye (O)"),
        ((50, 14), "online · 1 queued · 4 need your eye (O)", "offline 3 min · 4 need your eye (O)"),
        (
            (80, 24),
            "online · 5 for me · 1 queued · 4 need your eye (O)",
            "offline 3 min · 1 queued · 4 need your eye (O)",
        ),
    ] {
        let mut desk = Desk::usual(size);
        desk.hear(Notice::Outbox(Arc::new(outbox(&desk))));
        desk.says(online);
        desk.hear(Notice::Link(offline("connection refused")));
        desk.says(away);
    }
    // What has to be done goes before it, as long as the line holds that: it stands nowhere else.
    let why = "an administrator signed this device out: comeback login says how";
    for (size, signed_out, refused) in [
        ((40, 12), "signed out · 4 need your eye (O)", "refused · 4 need your eye (O)"),
        ((64, 16), SIGNED_OUT, why),
        ((80, 24), SIGNED_OUT, why),
        (
            (120, 40),
            "--token-stdin · 5 for me · 1 queued · 4 need your eye (O)",
            "says how · 5 for me · 1 queued · 4 need your eye (O)",
        ),
    ] {
        let mut desk = Desk::usual(size);
        desk.hear(Notice::Outbox(Arc::new(outbox(&desk))));
        desk.hear(Notice::Link(link(LinkState::SignedOut)));
        desk.says(signed_out);
        desk.hear(Notice::Link(link(LinkState::Refused { why: why.to_owned() })));
        desk.says(refused);
    }
    // On hold it is said in words that fit.
    let mut desk = Desk::usual((50, 14));
    let held = OutboxStanding::Parked(vec![Review::OptOutHold]);
    desk.hear(Notice::Outbox(Arc::new(vec![entry(1001, &desk.threads[&id(1)], "Yes", held)])));
    desk.keys("O");
    desk.says("Dana Fox +14155550001 · answer, 3 min ago");
    desk.says("opt-out hold: waits until somebody rules (z)");
}

#[test]
fn a_filter_shows_rows_and_then_texts() {
    for size in SIZES {
        let mut desk = Desk::usual(size);
        desk.keys("/").types("price");
        let hit = |minutes: i64, body: &str| Hit {
            conversation: id(2),
            name: "Omar Reyes".to_owned(),
            at: START - Span::minutes(minutes),
            body: Body::new(body),
            person: false,
        };
        let hits = vec![hit(60, "is that price per truck?"), hit(4000, "what price would that be")];
        desk.hear(Notice::Found { query: "price".to_owned(), hits: Arc::new(hits) });
        shows(&desk, "filter");
    }
}

#[test]
fn who_presses_enter_before_the_search_has_answered_stands_on_its_first_text() {
    let mut desk = Desk::usual((80, 24));
    desk.keys("/").types("zeppelin").keys("Enter");
    desk.commands();
    let hit = |body: &str| Hit {
        conversation: id(2),
        name: "Omar Reyes".to_owned(),
        at: START,
        body: Body::new(body),
        person: false,
    };
    let found = |body: &str| Notice::Found { query: "zeppelin".to_owned(), hits: Arc::new(vec![hit(body)]) };
    desk.hear(found("can the zeppelin land"));
    desk.says("0 found, 1 text");
    desk.keys("r");
    desk.says("To Omar Reyes");
}

#[test]
fn a_small_terminal_shows_a_notice() {
    let desk = Desk::usual((20, 5));
    assert_eq!(desk.screen().lines().next(), Some("Too small: comeback"));
}

#[test]
fn behind_the_notice_of_a_small_terminal_no_key_sends_what_nobody_sees() {
    let mut desk = Desk::usual((80, 24));
    desk.keys("r").types("Half a thought");
    desk.commands();
    desk.take(Msg::Resize(20, 5));
    desk.keys("Enter");
    assert!(desk.commands().iter().all(|ask| !matches!(ask, Ask::Do { .. })), "nothing is sent");
    desk.take(Msg::Resize(80, 24));
    desk.says("Half a thought");
    desk.keys("Enter");
    assert!(desk.commands().iter().any(|ask| matches!(ask, Ask::Do { .. })), "in sight, it is");
}

#[test]
fn why_me_names_who_was_passed_over() {
    let mut desk = Desk::usual((80, 24));
    desk.keys("w");
    desk.says("you are asked: the owner: owns the deal");
    desk.says("1. Lena Brandt: is away");
    desk.says("version 7 of the playbook");
}

#[test]
fn opting_a_number_out_asks_first_and_names_the_person_and_the_number() {
    use comeback::domain::command::Command;
    use comeback::domain::consent::OptOutSource;

    let opted_out = Ask::Do {
        conversation: Some(id(1)),
        seen: 2,
        command: Command::OptOut { source: OptOutSource::Rep("maya".into()) },
    };
    for size in SIZES {
        let mut desk = Desk::usual(size);
        desk.keys("j z");
        shows(&desk, "opt-out");
        for leaves in ["Enter", "Esc", "1"] {
            desk.keys(leaves);
            assert!(desk.model.overlay.is_none());
            assert_eq!(desk.commands(), [], "{leaves} leaves it");
            desk.keys("z");
        }
        // Where a text needs the eye the same keys send it, and nobody here takes an opt-out back: it is asked about once.
        for leaves in ["Enter", "Esc", "1"] {
            desk.keys("2");
            desk.says("Only they can undo that");
            desk.says("2 Opt out");
            assert_eq!(desk.keys(leaves).commands(), [], "{leaves} leaves it");
            assert!(desk.model.overlay.is_none());
            desk.keys("z");
        }
        desk.keys("2 2");
        assert_eq!(desk.commands(), std::slice::from_ref(&opted_out));
    }
    let mut desk = Desk::usual((120, 40));
    desk.keys("j Enter :").types("opt out").keys("Enter Down Enter");
    desk.says("Opt out +14155550001 Dana Fox for good?");
    desk.says("No text goes there any more, whoever writes it");
    desk.says("Only they can undo that: by texting START.");
    desk.keys("Down Enter");
    assert_eq!(desk.commands(), [opted_out], "by its name, too");
    desk.says("Dana Fox is opted out: no text goes to this number any more.");
    // What the cursor was on is what it is about, whatever arrives meanwhile.
    let mut desk = Desk::usual((80, 24));
    desk.keys("j z");
    desk.change(3, |t| t.row.inbound = 9);
    desk.keys("2 2");
    assert!(matches!(desk.commands().as_slice(), [Ask::Do { conversation: Some(c), .. }] if *c == id(1)));
    // A text that needs the eye comes first; who has opted out is told so.
    desk.hear(Notice::Outbox(Arc::new(outbox(&desk))));
    desk.keys("z");
    desk.says("Send anyway");
    let mut desk = Desk::usual((80, 24));
    desk.keys("G z");
    desk.says("Lou Marsh opted out already");
    assert_eq!(desk.commands(), []);
}
