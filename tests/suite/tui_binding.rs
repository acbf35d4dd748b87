//! What a key does, it does to what was under the cursor when it was pressed, whatever arrives in between.

use std::sync::Arc;

use comeback::client::handle::{Ask, Notice, OutboxStanding};
use comeback::domain::command::Command;
use comeback::domain::conversation::{AnswerState, Status};
use comeback::domain::event::{Outcome, Review};
use comeback::domain::id::ConversationId;
use comeback::domain::message::InboundKind;
use comeback::domain::time::Span;
use comeback::tui::model::Screen;
use comeback::tui::msg::{Effect, Msg};
use comeback::wire::changes::Author;
use proptest::prelude::*;

use crate::tui_world::{Desk, START, answered, entry, id, said, thread};

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
                    Ask::SaveDraft { conversation, .. } => Some(conversation),
                    Ask::Open(_) | Ask::Search(_) | Ask::SyncNow | Ask::OutboxDrop { .. } | Ask::OutboxSend { .. }
                    | Ask::Looking { .. } | Ask::Stop => None,
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

#[test]
fn a_text_goes_to_whom_it_was_written_and_is_taken_back_as_a_draft() {
    let mut desk = Desk::usual((80, 24));
    desk.keys("j r").types("Friday works");
    desk.commands();
    desk.keys("Enter");
    let asked = desk.commands();
    let [
        Ask::Do { conversation, seen: 2, command: Command::Answer { message, body, accept } },
        Ask::SaveDraft { text, .. },
    ] = &asked[..]
    else {
        panic!("{asked:?}")
    };
    assert_eq!((*conversation, body.as_str(), accept.len(), text.as_str()), (Some(id(1)), "Friday works", 0, ""));
    let message = *message;
    desk.change(1, |t| {
        let held = AnswerState::Held { not_before: START + Span::seconds(8) };
        let mut answer = answered(700, START, "Friday works", held);
        answer.message.id = message;
        t.messages.push(answer);
    });
    desk.says("sending in 8 s (u undoes)");
    desk.now = START + Span::seconds(3);
    desk.says("sending in 5 s");
    desk.keys("u");
    let asked = desk.commands();
    assert!(matches!(&asked[0], Ask::Do { command: Command::Recall { message: m }, .. } if *m == message), "{asked:?}");
    assert!(matches!(&asked[1], Ask::SaveDraft { text, .. } if text == "Friday works"), "{asked:?}");
    assert_eq!(desk.model.composer.as_ref().map(|c| c.input.text()), Some("Friday works"));

    // It had left all the same: the rep is asked before the words go a second time.
    desk.change(1, |t| t.messages.last_mut().unwrap().message.standing = Some(AnswerState::Sending));
    desk.keys("Enter");
    desk.says("had already left");
    assert_eq!(desk.commands(), vec![]);
    desk.keys("Enter");
    assert!(matches!(&desk.commands()[0], Ask::Do { command: Command::Answer { .. }, .. }));
}

#[test]
fn a_text_of_the_buyer_meanwhile_is_asked_about_once() {
    let mut desk = Desk::usual((80, 24));
    desk.keys("j r").types("ok");
    desk.change(1, |t| {
        t.row.inbound = 3;
        t.messages.push(said(800, START, Author::Buyer(InboundKind::Text), "Actually, forget it."));
    });
    desk.says("they wrote again");
    desk.says("Actually, forget it.");
    desk.commands();
    desk.keys("Enter");
    desk.says("They wrote again. Enter again sends");
    assert_eq!(desk.commands(), vec![]);
    desk.keys("Enter");
    assert!(matches!(&desk.commands()[0], Ask::Do { seen: 3, command: Command::Answer { .. }, .. }));
}

#[test]
fn somebody_else_took_it_and_the_draft_is_kept() {
    let mut desk = Desk::usual((80, 24));
    desk.keys("j r").types("mine");
    desk.change(1, |t| {
        let a = t.row.assignment.as_mut().unwrap();
        a.to = comeback::domain::routing::Holder::Rep("ben".into());
        a.taken = Some(START);
        t.row.for_me = false;
    });
    desk.says("Ben Sato has this now");
    desk.says("now with Ben Sato");
    desk.commands();
    desk.keys("Enter");
    assert_eq!(desk.commands(), vec![]);
    desk.keys("Enter");
    let asked = desk.commands();
    let Ask::Do { command: Command::Answer { accept, .. }, .. } = &asked[0] else { panic!("{asked:?}") };
    assert_eq!(accept, &vec![Review::Reassigned("ben".into())]);
}

#[test]
fn pasting_never_sends_and_drafts_are_saved_soon_and_on_the_way_out() {
    let mut desk = Desk::usual((80, 24));
    desk.keys("j r");
    desk.commands();
    desk.take(Msg::Paste("one\r\ntwo\n".to_owned()));
    assert_eq!(desk.commands(), vec![]);
    desk.wait(Span::millis(500));
    assert_eq!(desk.commands(), vec![Ask::SaveDraft { conversation: id(1), text: "one\ntwo\n".to_owned() }]);
    desk.types("x");
    desk.take(Msg::Ended);
    let asked = desk.commands();
    assert_eq!(asked[0], Ask::SaveDraft { conversation: id(1), text: "one\ntwo\nx".to_owned() });
    assert_eq!(asked[1], Ask::Stop);
    assert!(matches!(desk.effects.last(), Some(Effect::Quit { farewell: None })));
}

#[test]
fn a_kept_draft_comes_back() {
    let mut desk = Desk::usual((80, 24));
    desk.change(1, |t| t.draft = "half a thought".to_owned());
    desk.keys("j r");
    assert_eq!(desk.model.composer.as_ref().map(|c| c.input.text()), Some("half a thought"));
    desk.types("!").keys("Esc");
    assert_eq!(
        desk.commands().last(),
        Some(&Ask::SaveDraft { conversation: id(1), text: "half a thought!".to_owned() })
    );
}

#[test]
fn quitting_says_what_is_queued() {
    let mut desk = Desk::usual((80, 24));
    let queued = |n| entry(n, &desk.threads[&id(1)], "a", OutboxStanding::Queued);
    let outbox = vec![queued(1), queued(2)];
    desk.hear(Notice::Outbox(Arc::new(outbox)));
    desk.keys("q");
    let farewell = "2 queued, will go at next start.".to_owned();
    assert!(desk.effects.contains(&Effect::Quit { farewell: Some(farewell) }));
}

#[test]
fn many_are_finished_at_once_and_the_cursor_stays() {
    let mut desk = Desk::usual((80, 24));
    desk.keys("x x d 2");
    let asked = desk.commands();
    assert_eq!(asked.len(), 2);
    assert!(asked.iter().all(|a| matches!(a, Ask::Do { command: Command::Done { outcome: Outcome::Called }, .. })));
    assert!(desk.model.list.marked.is_empty());
    desk.keys("gg");
    let before = desk.model.target();
    desk.change(3, |t| t.row.status = Status::Done(Outcome::Called));
    assert_eq!(desk.model.target(), before);
    desk.says("done: answered by call");
    desk.keys("u");
    assert!(
        matches!(&desk.commands()[0], Ask::Do { command: Command::Reopen, conversation: Some(c), .. } if *c == id(3))
    );
    desk.change(3, |t| t.row.status = Status::Open);
}

#[test]
fn arrivals_wait_for_their_key() {
    let mut desk = Desk::usual((80, 24));
    desk.keys("j");
    let before = desk.model.target();
    desk.threads.insert(id(12), thread(12, "Zed", "new here", Some(-900)));
    desk.resend();
    desk.says("1 new .");
    assert_eq!(desk.model.target(), before);
    desk.keys(".");
    assert_eq!(desk.model.target(), Some(id(12)));
}

#[test]
fn snoozing_never_passes_the_due_time() {
    let mut desk = Desk::usual((80, 24));
    desk.keys("j s");
    desk.says("The answer is due before that");
    desk.keys("Esc G s");
    desk.says("tomorrow 9:00");
    desk.keys("1");
    let asked = desk.commands();
    let Ask::Do { command: Command::Snooze { until }, .. } = &asked[0] else { panic!("{asked:?}") };
    assert_eq!(*until, START + Span::minutes(15));
}
