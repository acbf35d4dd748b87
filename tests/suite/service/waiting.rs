//! Texts that wait for their hour, texts that begin, and numbers that nobody hears: through the committer.

use comeback::domain::block::Why;
use comeback::domain::command::Command;
use comeback::domain::contact::Body;
use comeback::domain::conversation::AnswerState;
use comeback::domain::id::{ConversationId, RepId};
use comeback::domain::quiet_hours::Waits;
use comeback::domain::rejection::Rejection;
use comeback::server::store::Wants;
use comeback::wire::command::{Envelope, Verdict};

use super::{Floor, buyer, minutes, push, verdict};
use crate::world::at;

/// Nine in the morning in California, where the buyers' numbers are from.
const NINE_THERE: &str = "2026-03-04T09:00:00-08:00";

impl Floor {
    /// A rep wants to text the `n`th buyer from a line.
    async fn wants_to_text(&mut self, rep: &str, n: u32, line: &str) -> Verdict {
        let fresh = ConversationId(self.fresh().0);
        let command = Command::Begin { to: buyer(n), line: line.into(), conversation: fresh };
        let envelope = self.envelope(rep, fresh, 0, command);
        let envelope = Envelope { after: envelope.n - 1, conversation: None, ..envelope };
        verdict(self.service.submit(push(rep, vec![envelope])).await.unwrap())
    }
}

#[tokio::test]
async fn an_answer_in_closed_hours_leaves_when_they_open_also_after_a_restart() {
    let mut floor = Floor::opens().await;
    let c = floor.mayas_buyer().await;
    floor.clock.set(at("2026-03-04T01:00:00-05:00"));
    let message = floor.answers("maya", c, "Sorry for the late hour").await;
    let opens = at(NINE_THERE);
    let held = Some(AnswerState::Held { not_before: opens, waits: Some(Waits::Window) });
    assert_eq!(floor.standing(c, message).await, held);
    floor.restarts().await;
    let (due, next) = floor.store.due_sends(floor.now(), 10).await.unwrap();
    assert_eq!((due.len(), next), (0, Some(opens)), "the runner of sends sleeps until then");
    assert!(!floor.begins(c, message).await);
    floor.clock.set(opens);
    assert_eq!(floor.store.due_sends(floor.now(), 10).await.unwrap().0.len(), 1);
    assert!(floor.begins(c, message).await);
    // The record says what closed the hours, where the buyer was thought to be, and names neither number nor words.
    let journal = floor.journal().await;
    let said =
        journal.iter().map(|e| String::from_utf8_lossy(&e.body).into_owned()).find(|e| e.contains("answer_held"));
    let said = said.unwrap();
    for words in ["47 CFR 64.1200(c)(1)", "America/Los_Angeles", "area_code", "US-CA"] {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert!(!said.contains("5550001") && !said.contains("late hour"), "{said}");
}

#[tokio::test]
async fn a_text_put_off_is_a_fact_with_its_time_and_a_later_one_passes_it() {
    let mut floor = Floor::opens().await;
    let c = floor.mayas_buyer().await;
    let put_off = floor.fresh();
    let chosen = at("2026-03-05T10:00:00-08:00");
    let command =
        Command::AnswerLater { message: put_off, body: Body::new("Happy Thursday"), at: chosen, accept: Vec::new() };
    assert_eq!(floor.does("maya", c, command).await, Verdict::Done);
    let now = floor.answers("maya", c, "Yes").await;
    floor.clock.advance(comeback::domain::time::Span::seconds(8));
    let due = floor.store.due_sends(floor.now(), 10).await.unwrap().0;
    assert_eq!(due.iter().map(|d| d.message).collect::<Vec<_>>(), [now]);
    assert!(floor.begins(c, now).await);
    assert_eq!(floor.words(c).await.last().map(String::as_str), Some("Yes"));
    floor.clock.set(chosen);
    // The first of them is still on its way: it would have to end before.
    assert!(!floor.begins(c, put_off).await);
}

#[tokio::test]
async fn consent_is_judged_before_anything_is_written() {
    let mut floor = Floor::opens().await;
    // Nobody knows the number, and it is not kept.
    let why = "they never texted us, and no opt-in is recorded".to_owned();
    let refused = Verdict::Refused { rejection: Rejection::NoConsent { why } };
    assert_eq!(floor.wants_to_text("maya", 9, "main").await, refused);
    let wants = Wants { addresses: [buyer(9)].into(), playbook: 1, ..Wants::default() };
    let loaded = floor.store.begin().await.unwrap().load(&wants).await.unwrap();
    assert!(loaded.addresses.is_empty());
    // The CRM knows it, but they never wrote.
    floor.crm_says(9, vec![crate::world::card("c-9")]).await;
    let told = floor.wants_to_text("maya", 9, "main").await;
    assert!(matches!(told, Verdict::Refused { rejection: Rejection::NoConsent { .. } }), "{told:?}");
    // They wrote to another line.
    floor.texts(9, "dock", "Is this the dock?").await;
    assert_eq!(floor.wants_to_text("maya", 9, "main").await, Verdict::Done);
    let loaded = floor.store.begin().await.unwrap().load(&wants).await.unwrap();
    let begun = loaded.conversations.values().find(|l| l.state.line.as_str() == "main").unwrap();
    assert_eq!(begun.state.owner.as_ref().map(RepId::as_str), Some("maya"));
    let c = begun.state.id;
    assert_eq!(floor.wants_to_text("maya", 9, "main").await, Verdict::Done, "twice is once");
    // The first text of it is the rep's own, and waits for California's morning.
    let message = floor.answers("maya", c, "You asked about the dock?").await;
    let held = floor.standing(c, message).await;
    assert!(matches!(held, Some(AnswerState::Held { waits: Some(Waits::Window), .. })), "{held:?}");
}

#[tokio::test]
async fn a_blocked_number_is_recorded_and_raises_nothing() {
    let mut floor = Floor::opens().await;
    let c = floor.mayas_buyer().await;
    assert_eq!(floor.does("maya", c, Command::Block { reason: Why::Spam }).await, Verdict::Done);
    let (offered, before) = (floor.count("offered").await, floor.words(c).await.len());
    floor.texts(1, "main", "Cheap watches").await;
    floor.texts(1, "dock", "Cheap watches").await;
    assert_eq!(floor.words(c).await.len(), before + 1);
    assert_eq!(floor.count("offered").await, offered);
    floor.clock.advance(minutes(600));
    let (due, next) = floor.store.due(floor.now(), 10).await.unwrap();
    assert_eq!((due.len(), next), (0, None), "no clock runs");
    assert!(floor.number_of(c).await.blocked.is_some());
    let refused = Verdict::Refused { rejection: Rejection::NotAllowed { needs: "lead".to_owned() } };
    assert_eq!(floor.does("maya", c, Command::Unblock).await, refused);
    assert_eq!(floor.does("lea", c, Command::Unblock).await, Verdict::Done);
    floor.texts(1, "main", "Sorry, wrong chat. About the price?").await;
    assert!(floor.state(c).await.clock.is_some());
}
