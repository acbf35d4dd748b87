//! The playbook's words out of hours, through the committer and the runner of sends.

use comeback::domain::command::Command;
use comeback::domain::conversation::AnswerState;
use comeback::domain::event::Outcome as Ending;
use comeback::domain::time::Span;
use comeback::server::service::{Outcome, PlaybookChange, Work};
use comeback::wire::changes::Author;

use super::sending::Desk;
use super::{Floor, minutes, said};

const WORDS: &str = "Thank you! We are back at nine.";

/// Half past six in the evening, with words for it.
async fn evening() -> Floor {
    let floor = Floor::opens().await;
    let playbook = comeback::domain::playbook::Playbook {
        acknowledgement: Some(WORDS.to_owned()),
        ..(*floor.service.playbook()).clone()
    };
    floor.service.submit(Work::Playbook(Box::new(PlaybookChange::from(playbook)))).await.unwrap();
    floor.clock.advance(minutes(8 * 60 + 30));
    floor.sets_up("main").await;
    floor
}

#[tokio::test(start_paused = true)]
async fn it_leaves_once_by_itself_and_the_rep_still_has_to_answer() {
    let mut floor = evening().await;
    let mut desk = Desk::opens(&floor, 2, Vec::new());
    let c = floor.mayas_buyer().await;
    assert_eq!(desk.gets().await, WORDS);
    floor.texts(1, "main", "Hello?").await;
    desk.gets_nothing().await;
    let (state, messages) = floor.store.messages(c, u64::MAX, 9).await.unwrap().unwrap();
    let authors: Vec<_> = messages.iter().map(|m| m.author == Author::Automatic).collect();
    assert_eq!(authors, [false, true, false], "it stands between the buyer's texts");
    assert!(messages[1].media.is_empty());
    assert!(matches!(messages[1].standing, Some(AnswerState::Out { .. })), "{:?}", messages[1].standing);
    assert!(!state.answered && state.clock.is_some());
    let answer = floor.answers("maya", c, "Tomorrow at ten?").await;
    floor.clock.advance(Span::seconds(10));
    assert_eq!(desk.gets().await, "Tomorrow at ten?");
    desk.closes().await;
    assert!(floor.state(c).await.answered);
    assert!(matches!(floor.standing(c, answer).await, Some(AnswerState::Out { .. })));
    assert_eq!((floor.count("acknowledged").await, floor.count("sla_met").await), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn the_journal_holds_a_digest_of_its_words_and_not_the_words() {
    let mut floor = evening().await;
    floor.mayas_buyer().await;
    let entries = floor.journal().await;
    let entry = entries.iter().find(|e| said(e).kind == "acknowledged").unwrap();
    assert!(!String::from_utf8_lossy(&entry.body).contains("back at nine"));
    assert_eq!(said(entry).content.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn one_that_was_taken_back_leaves_no_trace_in_the_conversation() {
    let mut floor = evening().await;
    let c = floor.mayas_buyer().await;
    assert_eq!(floor.words(c).await.len(), 2);
    floor.does("maya", c, Command::Done { outcome: Ending::Called }).await;
    let mut desk = Desk::opens(&floor, 1, Vec::new());
    desk.gets_nothing().await;
    desk.closes().await;
    assert_eq!(floor.words(c).await, ["Can we talk about the price?"]);
    assert!(floor.state(c).await.answers.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_short_code_is_told_nothing() {
    let mut floor = evening().await;
    let Work::Receive(mut inbound) = floor.text(1, "main", "Your code is 5531") else { panic!("a text") };
    inbound.from = comeback::domain::contact::Address::parse("72345").unwrap();
    let outcome = floor.service.submit(Work::Receive(inbound)).await.unwrap();
    assert!(matches!(outcome, Outcome::Received { new: true }));
    assert_eq!((floor.count("sla_started").await, floor.count("acknowledged").await), (1, 0));
}
