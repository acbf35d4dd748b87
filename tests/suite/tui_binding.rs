//! What a key does, it does to what was under the cursor when it was pressed, whatever arrives in between.

use std::sync::Arc;

use comeback::client::handle::{Ask, Notice, OutboxStanding};
use comeback::domain::conversation::Status;
use comeback::domain::event::Outcome;
use comeback::domain::id::ConversationId;
use comeback::domain::message::InboundKind;
use comeback::domain::time::Span;
use comeback::tui::model::Screen;
use comeback::tui::msg::Msg;
use comeback::wire::changes::Author;
use proptest::prelude::*;

use crate::tui_world::{Desk, START, entry, id, said, thread};

/// What may happen to a desk.
#[derive(Clone, Debug)]
enum Happens {
    Key(&'static str),
    Arrives(u128),
    Writes(u128),
    Taken(u128),
    Done(u128),
    Goes(u128),
    Due(u128, i64),
    Size(u16, u16),
}

fn happens() -> impl Strategy<Value = Happens> {
    use Happens::{Arrives, Done, Due, Goes, Key, Size, Taken, Writes};
    let keys = [
        "j",
        "k",
        "gg",
        "G",
        "Enter",
        "Esc",
        "Tab",
        "n",
        "N",
        ".",
        "r",
        "i",
        "c",
        "a",
        "e",
        "s",
        "d",
        "u",
        "x",
        "w",
        "z",
        "o",
        "y",
        "/",
        "O",
        "Enter",
        "1",
        "2",
        "h",
        "Ctrl-j",
        "Ctrl-d",
        "Ctrl-u",
        "Backspace",
        ":",
        "?",
        "Down",
    ];
    let n = 1..14_u128;
    prop_oneof![
        8 => proptest::sample::select(keys.to_vec()).prop_map(Key),
        1 => n.clone().prop_map(Arrives),
        1 => n.clone().prop_map(Writes),
        1 => n.clone().prop_map(Taken),
        1 => n.clone().prop_map(Done),
        1 => n.clone().prop_map(Goes),
        1 => (n, -600..3000_i64).prop_map(|(n, s)| Due(n, s)),
        1 => (10..150_u16, 4..45_u16).prop_map(|(w, h)| Size(w, h)),
    ]
}

/// What a desk is about before a key: everything an effect of that key may name.
fn allowed(desk: &Desk) -> Vec<ConversationId> {
    use comeback::tui::model::overlay::Overlay;
    match &desk.model.overlay {
        Some(Overlay::Pick(pick)) => pick.about.iter().map(|(id, _)| *id).collect(),
        Some(Overlay::Reason { about, .. }) => vec![about.0],
        _ if desk.model.composer.is_none()
            && desk.model.screen == Screen::Inbox
            && !desk.model.list.marked.is_empty() =>
        {
            desk.model.list.marked.iter().copied().chain(desk.model.target()).collect()
        }
        _ => desk.model.target().into_iter().collect(),
    }
}

fn news(desk: &mut Desk, what: &Happens) {
    let mut change = |n: u128, how: &dyn Fn(&mut comeback::client::handle::Thread)| {
        if desk.threads.contains_key(&id(n)) {
            desk.change(n, |t| how(t));
        }
    };
    match what {
        Happens::Arrives(n) => {
            desk.threads.entry(id(*n)).or_insert_with(|| thread(*n, &format!("Buyer {n}"), "hello", Some(300)));
            desk.resend();
        }
        Happens::Writes(n) => change(*n, &|t| {
            t.row.inbound += 1;
            t.messages.push(said(5_000 + u128::from(t.row.inbound), START, Author::Buyer(InboundKind::Text), "and?"));
        }),
        Happens::Taken(n) => change(*n, &|t| t.row.for_me = false),
        Happens::Done(n) => change(*n, &|t| t.row.status = Status::Done(Outcome::Called)),
        Happens::Goes(n) => {
            desk.threads.remove(&id(*n));
            desk.resend();
            desk.hear(Notice::Thread(id(*n), None));
        }
        Happens::Due(n, s) => change(*n, &|t| {
            if let Some(clock) = &mut t.row.clock {
                clock.due = START + Span::seconds(*s);
            }
        }),
        Happens::Size(w, h) => desk.take(Msg::Resize(*w, *h)),
        Happens::Key(_) => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn every_effect_names_what_was_under_the_cursor(story in proptest::collection::vec(happens(), 1..80)) {
        let mut desk = Desk::usual((100, 30));
        for what in story {
            let pinned = desk.model.composer.as_ref().map(|c| (c.to, c.name.clone(), c.address.clone()));
            let cursor = desk.model.list.cursor;
            desk.asked.clear();
            let Happens::Key(key) = what else {
                news(&mut desk, &what);
                // News asks for nothing, moves no cursor onto another conversation, and no composer to another buyer.
                let asked = desk.commands();
                let only_drafts = asked.iter().all(|ask| matches!(ask, Ask::SaveDraft { .. }));
                prop_assert!(only_drafts, "{:?}", asked);
                let now = desk.model.list.cursor;
                prop_assert!(cursor.is_none() || now == cursor || now.is_none(), "{:?} moved {:?}", what, cursor);
                let still = desk.model.composer.as_ref().map(|c| (c.to, c.name.clone(), c.address.clone()));
                prop_assert_eq!(pinned, still);
                continue;
            };
            let allowed = allowed(&desk);
            desk.keys(key);
            for ask in desk.commands() {
                let about = match ask {
                    Ask::Do { conversation, .. } => conversation,
                    Ask::SaveDraft { conversation, .. } | Ask::Older(conversation) | Ask::Writing(conversation) => {
                        Some(conversation)
                    }
                    Ask::Open(_) | Ask::Search(_) | Ask::ReadWhileAway | Ask::SyncNow | Ask::Save { .. } | Ask::OutboxDrop { .. } | Ask::OutboxSend { .. }
                    | Ask::Looking { .. } | Ask::Measure(_) | Ask::Behind { .. } | Ask::Stop => None,
                };
                if let Some(about) = about {
                    prop_assert!(allowed.contains(&about), "{} acted on {}, allowed {:?}", key, about, allowed);
                }
            }
            if let (Some((to, ..)), Some(composer)) = (&pinned, &desk.model.composer) {
                prop_assert_eq!(*to, composer.to, "{} moved the composer", key);
            }
            desk.screen();
        }
    }
}

#[test]
fn drawing_fits_every_size_and_holds_until_the_change_it_announced() {
    let mut desk = Desk::usual((80, 24));
    let held = entry(1004, &desk.threads[&id(3)], "Yes, at 3.", OutboxStanding::Held(START + Span::seconds(6)));
    desk.hear(Notice::Outbox(Arc::new(vec![held])));
    let stages: [&[&str]; 8] = [
        &[],
        &["Enter"],
        &["Esc", "r", "a", "Ctrl-j"],
        &["Esc", "O"],
        &["Esc", "?"],
        &["Esc", ":"],
        &["Esc", "a"],
        &["Esc", "w"],
    ];
    for keys in stages {
        for key in keys {
            desk.keys(key);
        }
        for columns in (0..200).step_by(13).chain([30, 79, 80, 119, 120]) {
            for rows in (0..60).step_by(9).chain([1, 2, 7, 8]) {
                desk.take(Msg::Resize(columns, rows));
                let (screen, next) = desk.draw(desk.now);
                if let Some(next) = next {
                    assert!(next > desk.now);
                    assert_eq!(desk.draw(next - Span::millis(1)).0, screen, "{columns}×{rows} changed early");
                }
            }
        }
    }
}

#[test]
fn time_alone_changes_the_screen_when_it_said_so() {
    let mut desk = Desk::usual((120, 40));
    for _ in 0..300 {
        let (screen, next) = desk.draw(desk.now);
        let next = next.expect("a clock runs");
        assert_eq!(desk.draw(next - Span::millis(1)).0, screen);
        desk.now = next;
    }
}
