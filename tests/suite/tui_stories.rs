//! Stories at the terminal: keys, and what is asked of the client.

use std::sync::Arc;

use comeback::client::handle::{Ask, Doubt, LinkState, Notice, OutboxStanding, Toast, Weight};
use comeback::domain::command::Command;
use comeback::domain::conversation::{AnswerState, Status};
use comeback::domain::event::{Outcome, Review};
use comeback::domain::message::InboundKind;
use comeback::domain::time::Span;
use comeback::tui::msg::{Effect, Msg};
use comeback::wire::changes::Author;

use crate::tui_world::{Desk, START, answered, entry, id, inbox, link, outbox, said, thread};

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
        let held = AnswerState::Held { not_before: START + Span::seconds(8), waits: None };
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
    desk.says("1 new (.)");
    assert_eq!(desk.model.target(), before);
    desk.keys(".");
    assert_eq!(desk.model.target(), Some(id(12)));
}

#[test]
fn snoozing_never_passes_the_due_time() {
    let mut desk = Desk::usual((80, 24));
    desk.keys("j s");
    desk.says("An answer is due Tue 10:04, before the shortest snooze ends. Answer first.");
    desk.keys("Esc k s");
    desk.says("An answer is late already");
    desk.keys("Esc G s");
    desk.says("tomorrow 9:00");
    desk.keys("1");
    let asked = desk.commands();
    let Ask::Do { command: Command::Snooze { until }, .. } = &asked[0] else { panic!("{asked:?}") };
    assert_eq!(*until, START + Span::minutes(15));
}

#[test]
fn a_text_just_asked_for_is_taken_back_right_behind_it() {
    let mut desk = Desk::usual((80, 24));
    desk.keys("j Enter");
    let sent = entry(1001, &desk.threads[&id(1)], "too soon", OutboxStanding::Sent);
    let pending = sent.id;
    desk.hear(Notice::Outbox(Arc::new(vec![sent])));
    desk.change(1, |t| {
        let mut answer = answered(701, START, "too soon", AnswerState::Sending);
        answer.message.standing = None;
        answer.pending = Some(pending);
        t.messages.push(answer);
    });
    desk.says("asked for, not confirmed yet");
    desk.commands();
    desk.keys("u");
    assert!(matches!(&desk.commands()[0], Ask::Do { command: Command::Recall { .. }, .. }));
    assert_eq!(desk.model.composer.as_ref().map(|c| c.input.text()), Some("too soon"));
}

#[test]
fn a_queued_text_is_taken_out_of_the_outbox() {
    let mut desk = Desk::usual((80, 24));
    let queued = entry(1001, &desk.threads[&id(3)], "not yet", OutboxStanding::Queued);
    let queued_id = queued.id;
    desk.hear(Notice::Outbox(Arc::new(vec![queued])));
    desk.keys("u");
    let drop = Ask::OutboxDrop { entry: queued_id, keep_as_draft: true };
    assert!(desk.commands().contains(&drop));
    assert_eq!(desk.model.composer.as_ref().map(|c| (c.to, c.input.text())), Some((id(3), "not yet")));
}

#[test]
fn the_outbox_rules_by_a_dialog_and_never_sends_to_who_opted_out() {
    let mut desk = Desk::usual((80, 24));
    desk.hear(Notice::Outbox(Arc::new(outbox(&desk))));
    desk.keys("O z");
    desk.says("Send anyway");
    desk.keys("2");
    let first = desk.model.outbox[0].id;
    assert_eq!(desk.commands(), vec![Ask::OutboxSend { entry: first }]);
    desk.keys("j z");
    assert!(!desk.screen().contains("Send anyway"), "an opt-out can never be accepted away");
    desk.keys("Esc j d Enter");
    let third = desk.model.outbox[2].id;
    assert_eq!(desk.commands(), vec![Ask::OutboxDrop { entry: third, keep_as_draft: false }]);
}

#[test]
fn what_a_sign_in_left_behind_says_what_is_known_of_it_and_goes_only_by_hand() {
    let mut desk = Desk::usual((80, 24));
    let all = [(1u128, Doubt::NeverLeft), (2, Doubt::OnItsWay), (3, Doubt::Accepted)];
    let all = all.map(|(n, doubt)| {
        let standing = OutboxStanding::Doubtful(doubt);
        entry(1000 + n, &desk.threads[&id(n)], "words of before", standing)
    });
    let ids = all.each_ref().map(|e| e.id);
    desk.hear(Notice::Outbox(Arc::new(all.to_vec())));
    desk.keys("O");
    for said in [
        "Dana Fox +14155550001 · answer, 3 min ago · never left",
        "It never left this device: look, then send it or drop it.",
        "Omar Reyes +14155550002 · answer, 3 min ago · may have left",
        "Nobody knows whether it arrived: look before it goes again.",
        "Priya Nair +14155550003 · answer, 3 min ago · may be lost",
        "Accepted, but the backend may have lost it: look first.",
    ] {
        desk.says(said);
    }
    desk.keys("z");
    desk.says("Send now");
    desk.keys("Esc j z");
    desk.says("it may arrive twice");
    desk.keys("2");
    assert_eq!(desk.commands(), vec![Ask::OutboxSend { entry: ids[1] }]);
    desk.keys("j r");
    let dropped = Ask::OutboxDrop { entry: ids[2], keep_as_draft: true };
    assert!(desk.commands().contains(&dropped));
    desk.says("The first one may have arrived: look before you send it.");
}

#[test]
fn a_draft_stays_in_sight_when_its_conversation_goes() {
    let mut desk = Desk::usual((80, 24));
    desk.keys("j r").types("kept words");
    desk.threads.remove(&id(1));
    desk.resend();
    desk.hear(Notice::Thread(id(1), None));
    desk.says("kept words");
    desk.says("To Dana Fox +14155550001");
}

#[test]
fn the_palette_does_what_the_key_would_and_a_pause_on_a_prefix_shows_what_follows() {
    let mut desk = Desk::usual((80, 24));
    desk.keys(":").types("take");
    desk.says("c · take it: it is mine");
    desk.keys("Enter");
    assert!(
        matches!(&desk.commands()[0], Ask::Do { conversation: Some(c), command: Command::Take, .. } if *c == id(3))
    );
    desk.keys("G g");
    assert!(!desk.screen().contains("gg to the top"));
    desk.wait(Span::millis(300));
    desk.says("gg to the top");
    desk.keys("g");
    assert_eq!(desk.model.target(), Some(id(3)));
}

#[test]
fn number_and_record_go_to_the_clipboard() {
    let mut desk = Desk::usual((80, 24));
    desk.keys("y 1");
    assert_eq!(desk.effects.last(), Some(&Effect::Copy("+14155550003".to_owned())));
    desk.keys("j o");
    assert_eq!(desk.effects.last(), Some(&Effect::Copy("0031".to_owned())));
}

#[test]
fn escalating_asks_a_reason() {
    let mut desk = Desk::usual((80, 24));
    desk.keys("e Enter");
    desk.says("Say in a few words why");
    desk.types("pricing is above me").keys("Enter");
    let asked = desk.commands();
    let Ask::Do { command: Command::Escalate { reason, .. }, conversation, .. } = &asked[0] else {
        panic!("{asked:?}")
    };
    assert_eq!((reason.as_str(), *conversation), ("pricing is above me", Some(id(3))));
}

#[test]
fn where_nobody_is_left_to_ask_no_reason_is_asked_for() {
    let mut desk = Desk::usual((80, 24));
    for thread in desk.threads.values_mut() {
        thread.row.nobody_left = true;
    }
    let rows = desk.threads.values().map(|thread| thread.row.clone()).collect();
    desk.hear(Notice::Inbox(Arc::new(inbox(rows))));
    desk.keys("e");
    desk.says("Nobody is left to ask for help with");
    assert!(desk.model.overlay.is_none() && desk.commands().is_empty());
}

#[test]
fn taking_back_promises_no_more_than_it_can() {
    let offline = LinkState::Offline { since: START, retry_at: START, why: String::new() };
    // On this device only: it is taken back for certain, network or not.
    let mut desk = Desk::usual((80, 24));
    desk.hear(Notice::Link(link(offline.clone())));
    desk.keys("j r").types("Friday works").keys("Enter");
    desk.says("queued until the backend answers; u takes it back");
    let (dana, held) = (thread(1, "Dana Fox", "", None), OutboxStanding::Held(START + Span::seconds(8)));
    desk.hear(Notice::Outbox(Arc::new(vec![entry(1, &dana, "Friday works", OutboxStanding::Queued)])));
    desk.wait(Span::seconds(2)).keys("u");
    desk.says("Taken back: it is your draft again.");
    // Held at a backend that does not answer: it may leave before the question arrives.
    desk.keys("Esc");
    desk.hear(Notice::Outbox(Arc::new(vec![entry(2, &dana, "Friday works", held)])));
    desk.wait(Span::seconds(2)).keys("u");
    desk.says("the text may still leave");
    desk.says("Your words are kept.");
    // Online the same question is answered before the time is over.
    desk.keys("Esc");
    desk.hear(Notice::Link(link(LinkState::Online)));
    desk.wait(Span::seconds(2)).keys("u");
    desk.says("Taken back: it is your draft again.");
}

#[test]
fn an_answer_asked_back_is_one_entry_that_cannot_be_sent_or_dropped() {
    let mut desk = Desk::usual((80, 24));
    let dana = thread(1, "Dana Fox", "", None);
    let mut asked = entry(1, &dana, "Friday works", OutboxStanding::Recalling);
    asked.what = "take back".to_owned();
    desk.hear(Notice::Outbox(Arc::new(vec![asked])));
    desk.keys("O");
    desk.says("Dana Fox +14155550001 · take back, 3 min ago · asked back, may still leave");
    desk.keys("z");
    desk.says("Wait: it is with the backend or the carrier.");
    assert_eq!(
        desk.commands().iter().filter(|a| matches!(a, Ask::OutboxSend { .. } | Ask::OutboxDrop { .. })).count(),
        0
    );
}

#[test]
fn a_line_that_answered_a_key_goes_with_the_next_one_and_a_loss_stays() {
    let mut desk = Desk::usual((80, 24));
    let toast = |text: &str, weight| Notice::Toast(Toast { text: text.to_owned(), weight, conversation: None });
    desk.keys("j r Enter");
    desk.says("Nothing is written yet");
    desk.wait(Span::seconds(2)).types("k");
    assert!(!desk.screen().contains("Nothing is written yet"), "stale");
    desk.hear(toast("Dana Fox: too late: the text has already left.", Weight::Loud));
    desk.hear(toast("For you: Priya Nair", Weight::News));
    desk.wait(Span::seconds(2)).types("k");
    desk.says("already left");
    desk.keys("Esc");
    assert!(!desk.screen().contains("already left"), "Esc has read it");
    desk.hear(toast("For you: Priya Nair", Weight::News));
    desk.says("For you: Priya Nair");
}

#[test]
fn nobody_is_praised_while_the_team_burns() {
    let mut desk = Desk::empty((80, 24));
    let mut late = thread(1, "Dana Fox", "", Some(-60)).row;
    late.for_me = false;
    late.assignment.as_mut().unwrap().to = comeback::domain::routing::Holder::Rep("ben".into());
    let mut pooled = thread(2, "Omar Reyes", "", None).row;
    pooled.for_me = false;
    pooled.assignment.as_mut().unwrap().to = comeback::domain::routing::Holder::Pool("enterprise".into());
    desk.hear(Notice::Inbox(Arc::new(inbox(vec![late, pooled]))));
    desk.says("1 in the pool, 1 late with");
    assert!(!desk.screen().contains("Well done"));
}

#[test]
fn without_consent_on_record_a_text_is_asked_about_or_refused_as_the_playbook_says() {
    let mut desk = Desk::usual((80, 24));
    desk.keys("j");
    desk.change(1, |t| t.row.no_evidence = true);
    desk.keys("r").types("Hello");
    desk.says("no consent of theirs is on record");
    desk.commands();
    desk.keys("Enter");
    assert_eq!(desk.commands(), vec![]);
    desk.says("Enter again sends anyway");
    desk.keys("Enter");
    let asked = desk.commands();
    let Ask::Do { command: Command::Answer { accept, .. }, .. } = &asked[0] else { panic!("{asked:?}") };
    assert_eq!(accept, &vec![Review::NoEvidence]);
}
