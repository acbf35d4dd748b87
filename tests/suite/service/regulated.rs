//! A regulated conversation at the backend: refusals are in the journal without their words, and the words are read again
//! before they leave.

use comeback::domain::event::Refusal;
use comeback::domain::playbook::Playbook;
use comeback::domain::regulated::Regulated;
use comeback::domain::rejection::Rejection;
use comeback::domain::snippet::Snippet;

use super::*;

fn regulated(approval: bool) -> Playbook {
    let mut playbook = crate::world::playbook();
    let thanks = Snippet { text: "Thank you, {contact.first_name}!".to_owned(), ..Snippet::default() };
    playbook.snippets.insert("thanks".to_owned(), thanks);
    let rules = Regulated { snippets: ["thanks".to_owned()].into(), approval, ..Regulated::default() };
    playbook.use_cases.get_mut("question").unwrap().regulated = Some(rules);
    playbook
}

impl Floor {
    async fn regulates(&self, playbook: Playbook) {
        self.service.submit(Work::Playbook(Box::new(playbook.into()))).await.unwrap();
    }

    fn writes(&mut self, body: &str) -> (MessageId, Command) {
        let message = self.fresh();
        (message, Command::Answer { message, body: Body::new(body), accept: Vec::new() })
    }
}

#[tokio::test]
async fn a_refusal_is_told_to_the_device_and_kept_for_the_auditor_without_a_word_of_it() {
    let mut floor = Floor::opens().await;
    let c = floor.mayas_buyer().await;
    floor.regulates(regulated(false)).await;
    for (body, rejection, why) in [
        ("Trust me, Dana, it is safe.", Rejection::FreeText, Refusal::FreeText),
        ("Thank you, {contact.first_name}!", Rejection::Unfilled, Refusal::Unfilled),
    ] {
        let (message, command) = floor.writes(body);
        assert_eq!(floor.does("maya", c, command).await, Verdict::Refused { rejection });
        let entries = floor.journal().await;
        let last = said(entries.last().unwrap());
        let refused: Event = serde_json::from_value(last.event.clone()).unwrap();
        assert_eq!(refused, Event::AnswerRefused { message, by: "maya".into(), why });
        assert_eq!(last.content.len(), 0, "no digest of words that nobody keeps");
        assert!(entries.iter().all(|entry| !String::from_utf8_lossy(&entry.body).contains("safe")));
    }
    assert_eq!(floor.words(c).await, ["Can we talk about the price?"], "the words did not stay");
    let (_, command) = floor.writes("Thank you, Buyer!");
    assert_eq!(floor.does("maya", c, command).await, Verdict::Done);
}

#[tokio::test]
async fn the_words_are_read_again_before_they_leave_and_by_the_second_person() {
    let mut floor = Floor::opens().await;
    let c = floor.mayas_buyer().await;
    let free = floor.answers("maya", c, "Trust me.").await;
    floor.regulates(regulated(true)).await;
    floor.clock.advance(Span::seconds(8));
    assert!(!floor.begins(c, free).await);
    assert_eq!(floor.standing(c, free).await, Some(parked(&[Review::FreeText, Review::NeedsApproval])));
    floor.does("ben", c, Command::Approve { message: free }).await;
    assert_eq!(floor.standing(c, free).await, Some(parked(&[Review::FreeText])));
    floor.does("maya", c, Command::Recall { message: free }).await;

    // Approved in the same group in which it is written: the words are there.
    let (message, command) = floor.writes("Thank you, Buyer!");
    let mayas = vec![floor.envelope("maya", c, 1, command)];
    let bens = vec![floor.envelope("ben", c, 1, Command::Approve { message })];
    let service = floor.service.clone();
    let (asks, says) = tokio::join!(service.submit(push("maya", mayas)), service.submit(push("ben", bens)));
    assert_eq!(verdict(asks.unwrap()), Verdict::Parked { reasons: vec![Review::NeedsApproval] });
    assert_eq!(verdict(says.unwrap()), Verdict::Done);
    floor.clock.advance(Span::seconds(8));
    assert!(floor.begins(c, message).await);
    // What stood in the database alone does as well.
    let (later, command) = floor.writes("Thank you, Buyer!");
    floor.does("maya", c, command).await;
    floor.restarts().await;
    assert_eq!(floor.does("lea", c, Command::Approve { message: later }).await, Verdict::Done);
    assert!(matches!(floor.standing(c, later).await, Some(AnswerState::Held { .. })));
}
