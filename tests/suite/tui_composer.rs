//! The composer keeps a rep from sending the wrong thing: the time there, what a text costs and why, snippets with their
//! fields, what a regulated conversation lets out, and who else writes.

use std::sync::Arc;

use comeback::client::handle::{Ask, Doubt, Notice, OutboxStanding, Writer};
use comeback::domain::command::Command;
use comeback::domain::consent::{OptOut, OptOutSource};
use comeback::domain::conversation::AnswerState;
use comeback::domain::event::Review;
use comeback::domain::message::Delivery;
use comeback::domain::playbook::{Playbook, UseCase};
use comeback::domain::price::Price;
use comeback::domain::regulated::{Disclose, Regulated};
use comeback::domain::snippet::Snippet;
use comeback::domain::time::Span;
use comeback::tui::msg::Msg;
use comeback::wire::changes::Author;

use crate::tui_screens::{SIZES, shows};
use crate::tui_world::{Desk, START, answered, entry, id, inbox, said};

/// The usual desk under a playbook with snippets and a price.
fn desk(size: (u16, u16), change: impl FnOnce(&mut Playbook)) -> Desk {
    let mut desk = Desk::usual(size);
    let mut list = inbox(desk.threads.values().map(|t| t.row.clone()).collect());
    let mut playbook = list.playbook.as_deref().unwrap().clone();
    let snippet = |text: &str, ask: &[&str]| Snippet {
        text: text.to_owned(),
        ask: ask.iter().map(|field| (*field).to_owned()).collect(),
        ..Snippet::default()
    };
    playbook.snippets = [
        ("book", snippet("Hi {contact.first_name}, pick a time: {meeting_link}", &[])),
        (
            "call",
            snippet("Hi {contact.first_name}, shall I call you on {day} at {time}? {rep.first_name}", &["day", "time"]),
        ),
    ]
    .map(|(name, snippet)| (name.to_owned(), snippet))
    .into();
    change(&mut playbook);
    list.playbook = Some(Arc::new(playbook));
    desk.hear(Notice::Inbox(Arc::new(list)));
    desk
}

fn regulate(approval: bool) -> impl FnOnce(&mut Playbook) {
    move |playbook| {
        let rules = Regulated {
            snippets: ["call".to_owned()].into(),
            disclosure: Some("Not an offer. Fernway Inc., NMLS 1.".to_owned()),
            disclose: Disclose::Once,
            approval,
        };
        playbook.use_cases.insert("quote".to_owned(), UseCase { regulated: Some(rules), ..UseCase::default() });
    }
}

fn draft(desk: &Desk) -> String {
    desk.model.composer.as_ref().map(|c| c.input.text().to_owned()).unwrap_or_default()
}

/// The words of the one answer that was asked for.
fn sent(desk: &mut Desk) -> Option<String> {
    desk.commands().into_iter().find_map(|ask| match ask {
        Ask::Do { command: Command::Answer { body, .. }, .. } => Some(body.as_str().to_owned()),
        _ => None,
    })
}

#[test]
fn the_border_names_the_time_there_and_how_it_stands_before_a_word_is_typed() {
    let mut desk = Desk::usual((80, 24));
    desk.keys("j r");
    desk.says("To Dana Fox +14155550001 · 07:00 there");
    desk.says("night there: may go till 11:56 here");
    let (_, next) = desk.draw(START);
    assert_eq!(next.map(|at| at <= START + Span::minutes(1)), Some(true), "the minute there passes");
    // Hours later it is another question, and the answer is there before the first key.
    desk.now = START + Span::minutes(60 * 3);
    desk.says("10:00 there");
    desk.says("daytime there: may go");
    desk.now = START + Span::minutes(60 * 15);
    desk.says("22:00 there");
    desk.says("night there: waits until");
    // A zone that nobody said for sure is asked about.
    desk.now = START;
    desk.change(1, |t| t.binds.zone = Some((chrono_tz::America::New_York, false)));
    desk.says("10:00 there?");
    desk.change(1, |t| t.row.opted_out = Some(OptOut::new(START, OptOutSource::Keyword("STOP".to_owned()))));
    desk.says("opted out (they texted “STOP”)");
}

#[test]
fn while_a_text_is_written_no_letter_is_called_a_key() {
    let mut desk = Desk::usual((120, 40));
    desk.hear(Notice::Outbox(Arc::new(crate::tui_world::outbox(&desk))));
    desk.keys("x gg");
    desk.says("4 need your eye (O) · 1 selected: a s d, Esc");
    desk.keys("r");
    desk.says("4 need your eye · 1 selected");
    assert!(!desk.screen().contains("(O)") && !desk.screen().contains("a s d"), "{}", desk.screen());
}

#[test]
fn one_key_replaces_what_phones_write_by_themselves_and_another_what_somebody_may_mind() {
    let mut desk =
        desk((80, 24), |playbook| playbook.price = Some(Price { micros: 8_300, currency: "USD".to_owned() }));
    desk.keys("j r").types("plain words");
    desk.says("11/160");
    desk.types(" – it’s “á”…");
    desk.says("(“–” → - +4: Ctrl-g)");
    desk.keys("Left Left Ctrl-g");
    assert_eq!(draft(&desk), "plain words - it's \"á\"...");
    assert_eq!(desk.model.composer.as_ref().map(|c| c.input.cursor()), Some("plain words - it's \"á".len()));
    desk.says("Ctrl-g again: “á” → a.");
    desk.keys("Ctrl-g");
    assert_eq!(draft(&desk), "plain words - it's \"a\"...");
    desk.says("/160");
    desk.keys("Ctrl-g");
    desk.says("No character here can be replaced");
    desk.keys("End").types(" № 5");
    desk.keys("Ctrl-g");
    desk.says("Replaced “№” → No.");
    assert!(!desk.screen().contains("No.."), "{}", desk.screen());
    desk.keys("End").types("ж");
    desk.says("(“ж”: 70 a text)");
    let mut wide =
        self::desk((120, 40), |playbook| playbook.price = Some(Price { micros: 8_300, currency: "USD".to_owned() }));
    wide.keys("j r").types(&"a".repeat(161));
    wide.says("2 texts, 145 left GSM-7 · 0.0166 USD");
    let mut usual = self::desk((80, 24), |_| {});
    usual.keys("j r").types(&"a".repeat(161));
    usual.says("2 texts");
    usual.says("GSM-7");
}

#[test]
fn a_snippet_is_picked_filled_and_never_sent_unfilled() {
    for size in SIZES {
        let mut desk = desk(size, |_| {});
        desk.keys("j r").types(";");
        shows(&desk, "snippets");
        desk.types("call").keys("Enter");
        assert_eq!(draft(&desk), "Hi Dana, shall I call you on {day} at {time}? Maya");
        desk.commands();
        desk.keys("Enter");
        assert_eq!(sent(&mut desk), None);
        desk.says("Not sent: {day} is not filled: type it now.");
        shows(&desk, "unfilled");
        // The cursor stands on the field that is named: the first letter takes its place.
        desk.types("Friday").keys("Tab").types("3 pm").keys("Enter");
        assert_eq!(sent(&mut desk).as_deref(), Some("Hi Dana, shall I call you on Friday at 3 pm? Maya"));
    }
}

#[test]
fn a_semicolon_is_one_within_a_word_when_typed_twice_and_in_a_note() {
    let mut desk = desk((80, 24), |_| {});
    desk.keys("j r").types("well; ok ;");
    assert!(desk.model.overlay.is_some(), "only the second begins a word");
    desk.types(";");
    assert_eq!(draft(&desk), "well; ok ;");
    desk.keys("Esc");
    desk.keys("i").types(";");
    assert!(desk.model.overlay.is_none());
    assert_eq!(draft(&desk), ";");
    let mut none = Desk::usual((80, 24));
    none.keys("j r").types(";");
    assert_eq!(draft(&none), ";", "there are no snippets");
}

#[test]
fn a_regulated_conversation_takes_approved_words_alone_with_the_disclosure_under_them() {
    for size in SIZES {
        let mut desk = desk(size, regulate(false));
        desk.keys("j r");
        desk.says("approved snippets only");
        desk.types("The rate is 3 %.");
        desk.commands();
        desk.keys("Enter");
        assert_eq!(sent(&mut desk), None);
        desk.says("Not sent: approved snippets only: ; offers them");
        desk.keys("Ctrl-u").types(";");
        desk.says("call");
        assert!(!desk.screen().contains("pick a time"), "nothing else is offered");
        desk.keys("Enter").types("Friday").keys("Tab").types("3 pm");
        shows(&desk, "regulated");
        desk.keys("Enter");
        let text = "Hi Dana, shall I call you on Friday at 3 pm? Maya\nNot an offer. Fernway Inc., NMLS 1.";
        assert_eq!(sent(&mut desk).as_deref(), Some(text));
    }
}

#[test]
fn the_disclosure_counts_and_stands_once() {
    let mut desk = desk((120, 40), regulate(false));
    desk.keys("j r");
    desk.says("36/160");
    desk.keys("Esc");
    desk.threads.get_mut(&id(1)).unwrap().binds.disclosed = true;
    let thread = desk.threads[&id(1)].clone();
    desk.hear(Notice::Thread(id(1), Some(Arc::new(thread))));
    desk.keys("r");
    desk.says("0/160");
    assert!(!desk.screen().contains("+ Not an offer"));
}

#[test]
fn a_second_person_is_asked_and_reads_before_they_rule() {
    for size in SIZES {
        let mut desk = desk(size, regulate(true));
        let message = {
            let thread = desk.threads.get_mut(&id(1)).unwrap();
            let state = AnswerState::Parked { reasons: vec![Review::NeedsApproval] };
            let mut waits = answered(710, START, "Hi Dana, shall I call you on Friday at 3 pm? Ben", state);
            waits.message.author = Author::Rep("ben".into());
            thread.row.approval = Some(waits.message.id);
            thread.messages.push(waits.clone());
            waits.message.id
        };
        let rows = desk.threads.values().map(|t| t.row.clone()).collect();
        desk.hear(Notice::Inbox(Arc::new(inbox(rows))));
        desk.says("needs your approval (z)");
        desk.keys("j Enter");
        desk.says("! needs your approval (z)");
        shows(&desk, "approval");
        desk.keys("z");
        desk.says("May Ben Sato's answer");
        desk.commands();
        desk.keys("Enter");
        assert_eq!(desk.commands(), vec![], "the first choice does nothing");
        desk.keys("z 2");
        let asked = desk.commands();
        assert!(
            matches!(&asked[..], [Ask::Do { command: Command::Approve { message: m }, .. }] if *m == message),
            "{asked:?}"
        );
        desk.keys("z 3");
        let asked = desk.commands();
        assert!(matches!(&asked[..], [Ask::Do { command: Command::Decline { .. }, .. }]), "{asked:?}");
    }
}

#[test]
fn an_answer_that_waits_for_somebody_else_does_not_ask_for_its_authors_eye() {
    let waits = OutboxStanding::Parked(vec![Review::NeedsApproval]);
    assert!(!waits.needs_eye());
    let mut desk = Desk::usual((80, 24));
    let to = desk.threads[&id(1)].clone();
    desk.hear(Notice::Outbox(Arc::new(vec![entry(1, &to, "Hi", waits)])));
    desk.keys("O");
    desk.says("waits for approval");
    desk.keys("z");
    assert!(!desk.screen().contains("Send anyway"), "nobody sends past the second person");
    // To a number that opted out nothing is offered at all, however it stands.
    desk.change(1, |t| t.row.opted_out = Some(OptOut::new(START, OptOutSource::Carrier)));
    for standing in [OutboxStanding::Parked(vec![Review::NewerReply]), OutboxStanding::Doubtful(Doubt::NeverLeft)] {
        desk.hear(Notice::Outbox(Arc::new(vec![entry(1, &to, "Hi", standing)])));
        desk.keys("Esc Esc O z");
        desk.says("answer to Dana Fox, who opted out");
        assert!(!desk.screen().contains("Send"), "{}", desk.screen());
        desk.says("Drop");
        desk.keys("Esc");
    }
    for reason in [Review::FreeText, Review::Undisclosed, Review::NeedsApproval, Review::OptedOut] {
        assert!(!reason.can_be_accepted(), "{reason:?}");
    }
}

#[test]
fn a_colleague_who_types_is_named_and_gone_after_a_while() {
    for size in SIZES {
        let mut desk = Desk::usual(size);
        desk.keys("j Enter");
        let writer = Writer { conversation: id(1), rep: "ben".into(), until: START + Span::seconds(10) };
        let elsewhere = Writer { conversation: id(2), rep: "lena".into(), until: START + Span::seconds(10) };
        desk.hear(Notice::Writing(Arc::new(vec![writer, elsewhere])));
        desk.says("Ben Sato is writing…");
        assert!(!desk.screen().contains("Lena Brandt is writing"));
        let (_, next) = desk.draw(START);
        assert!(next.is_some_and(|at| at <= START + Span::seconds(10)), "and the screen wakes for the end of it");
        desk.keys("r");
        desk.says("Ben Sato is writing…");
        desk.now = START + Span::seconds(10);
        assert!(!desk.screen().contains("writing…"));
    }
}

#[test]
fn typing_is_told_at_most_every_few_seconds_and_a_note_never() {
    let mut desk = Desk::usual((80, 24));
    let told = |desk: &mut Desk| {
        let asked = std::mem::take(&mut desk.asked);
        asked.iter().filter(|ask| **ask == Ask::Writing(id(1))).count()
    };
    desk.keys("j r");
    assert_eq!(told(&mut desk), 0, "nothing is typed yet");
    desk.types("I think");
    assert_eq!(told(&mut desk), 1);
    desk.now = START + Span::millis(3_900);
    desk.types(" so");
    assert_eq!(told(&mut desk), 0);
    desk.now = START + Span::millis(4_000);
    desk.types("!");
    assert_eq!(told(&mut desk), 1);
    desk.wait(Span::seconds(60));
    assert_eq!(told(&mut desk), 0, "who does not type says nothing");
    desk.keys("Left Right");
    assert_eq!(told(&mut desk), 0);
    desk.keys("Esc i").types("between us");
    assert_eq!(told(&mut desk), 0);
}

#[test]
fn somebody_elses_answer_on_its_way_is_said_and_asked_about_once() {
    let mut desk = Desk::usual((80, 24));
    desk.keys("j r").types("Friday works");
    desk.change(1, |t| {
        let mut other =
            answered(720, START, "Yes!", AnswerState::Held { not_before: START + Span::seconds(8), waits: None });
        other.message.author = Author::Rep("ben".into());
        other.message.n = 9;
        t.messages.push(other);
    });
    desk.says("Ben Sato's answer is on its way");
    desk.commands();
    desk.keys("Enter");
    assert_eq!(sent(&mut desk), None);
    desk.says("Enter again sends yours, too");
    // Also once it has left.
    desk.change(1, |t| {
        t.messages.last_mut().unwrap().message.standing =
            Some(AnswerState::Out { delivery: Delivery::Sent, error: None });
    });
    desk.says("Ben Sato's answer is on its way");
    desk.keys("Enter");
    assert_eq!(sent(&mut desk).as_deref(), Some("Friday works"));
}

#[test]
fn a_note_is_another_composer_and_both_drafts_are_kept_apart() {
    for size in SIZES {
        let mut desk = Desk::usual(size);
        desk.keys("j r").types("To the buyer");
        let before = desk.screen();
        assert!(before.contains("To Dana Fox") && !before.contains("NOTE"));
        // No key turns one into the other: there, letters are letters.
        desk.types("i");
        assert_eq!(draft(&desk), "To the buyeri");
        assert!(desk.model.composer.as_ref().is_some_and(|c| !c.note));
        desk.keys("Backspace Esc");
        desk.change(1, |t| "To the buyer".clone_into(&mut t.draft));
        desk.keys("i").types("Between us");
        let note = desk.screen();
        assert!(note.contains("NOTE on Dana Fox") && !note.contains("/160"), "{note}");
        shows(&desk, "note");
        desk.keys("Esc r");
        assert_eq!(draft(&desk), "To the buyer");
        desk.keys("Esc i");
        assert_eq!(draft(&desk), "Between us");
        desk.commands();
        desk.keys("Enter");
        let asked = desk.commands();
        assert!(matches!(&asked[..], [Ask::Do { command: Command::Note { .. }, .. }]), "{asked:?}");
    }
}

#[test]
fn a_pasted_word_takes_the_fields_place_and_nothing_is_sent_by_it() {
    let mut desk = desk((80, 24), |_| {});
    desk.keys("j r").types(";").types("call").keys("Enter");
    desk.take(Msg::Paste("Friday".to_owned()));
    assert_eq!(draft(&desk), "Hi Dana, shall I call you on Friday at {time}? Maya");
    assert_eq!(sent(&mut desk), None);
    desk.change(1, |t| {
        t.messages.push(said(800, START, Author::Buyer(comeback::domain::message::InboundKind::Text), "?"));
    });
    assert_eq!(draft(&desk), "Hi Dana, shall I call you on Friday at {time}? Maya");
}
