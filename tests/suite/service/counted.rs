//! What operators count: each fact once, when it is on disk.

use std::collections::BTreeSet;

use comeback::domain::command::{Actor, Command};
use comeback::domain::consent::OptOutSource;
use comeback::domain::expectation::{Expectation, Reply, Then};
use comeback::domain::id::{ConversationId, MessageId};
use comeback::domain::message::Delivery;
use comeback::domain::ownership::OwnerSource;
use comeback::domain::playbook::Playbook;
use comeback::domain::routing::Holder;
use comeback::domain::time::Span;
use comeback::server::engine;
use comeback::server::service::Work;
use comeback::wire::command::Envelope;

use super::{Floor, minutes, push, reading};

const OUTCOMES: [&str; 5] = ["sent", "refused", "unknown", "abandoned", "parked"];

impl Floor {
    pub(super) fn reads(&self, line: &str) -> u64 {
        reading(&self.service.metrics().render(), line)
    }

    fn sends(&self) -> [u64; 5] {
        OUTCOMES.map(|outcome| self.reads(&format!("comeback_sends_total{{outcome=\"{outcome}\"}}")))
    }

    async fn effect(&self, conversation: ConversationId, command: Command) {
        let actor = if matches!(command, Command::Report { .. }) { Actor::Carrier } else { Actor::Effects };
        self.service.submit(Work::Machine { actor, conversation, command }).await.unwrap();
    }

    /// An answer that has just entered `sending`.
    async fn leaves(&mut self, conversation: ConversationId, body: &str) -> MessageId {
        let message = self.answers("maya", conversation, body).await;
        self.clock.advance(minutes(1));
        assert!(self.begins(conversation, message).await);
        message
    }
}

#[tokio::test]
async fn every_way_an_answer_can_fare_is_counted_once() {
    let mut floor = Floor::opens().await;
    let c = floor.mayas_buyer().await;
    assert_eq!(floor.sends(), [0; 5]);
    let report = |message, delivery| Command::Report { message, delivery, error: None };

    let message = floor.leaves(c, "sent").await;
    for delivery in [Delivery::Queued, Delivery::Sent, Delivery::Sent, Delivery::Undelivered] {
        floor.effect(c, report(message, delivery)).await;
    }
    assert_eq!(floor.sends(), [1, 0, 0, 0, 0], "what becomes of it at the carrier is another matter");

    let message = floor.leaves(c, "refused").await;
    floor.effect(c, report(message, Delivery::Failed)).await;
    assert_eq!(floor.sends(), [1, 1, 0, 0, 0]);

    let message = floor.leaves(c, "abandoned, then unknown, then sent after all").await;
    floor.effect(c, Command::AbandonSend { message }).await;
    floor.effect(c, Command::AbandonSend { message }).await;
    assert_eq!(floor.sends(), [1, 1, 0, 1, 0]);
    assert!(floor.begins(c, message).await);
    floor.effect(c, Command::LoseSend { message }).await;
    assert_eq!(floor.sends(), [1, 1, 1, 1, 0]);
    floor.effect(c, report(message, Delivery::Queued)).await;
    assert_eq!(floor.sends(), [2, 1, 1, 1, 0]);

    floor.answers("maya", c, "parked").await;
    floor.texts(1, "main", "one more thing").await;
    assert_eq!(floor.sends(), [2, 1, 1, 1, 1]);
    let source = OptOutSource::Keyword("STOP".to_owned());
    floor.does("maya", c, Command::OptOut { source }).await;
    assert_eq!(floor.sends(), [2, 1, 1, 1, 1], "for another reason too");
}

#[tokio::test]
async fn a_breach_is_counted_and_how_late_its_deadline_had_its_effect() {
    let mut floor = Floor::opens().await;
    let c = floor.mayas_buyer().await;
    let clock = floor.state(c).await.clock.unwrap();
    let breaches = |floor: &Floor| floor.reads("comeback_sla_breaches_total");
    let late = |floor: &Floor| {
        let of = |what| floor.reads(&format!("comeback_deadline_lateness_seconds_{what}"));
        (of("count"), of("sum"))
    };
    assert_eq!((breaches(&floor), late(&floor)), (0, (0, 0)));
    engine::fire(&floor.service).await.unwrap();
    assert_eq!(late(&floor).0, 0, "nothing was due");
    let first = floor.state(c).await.next_deadline().unwrap();
    floor.clock.set(first + Span::seconds(7));
    engine::fire(&floor.service).await.unwrap();
    assert_eq!((breaches(&floor), late(&floor)), (0, (1, 7)));
    floor.clock.set(clock.due + minutes(200));
    engine::fire(&floor.service).await.unwrap();
    assert_eq!((breaches(&floor), late(&floor).0), (1, 2));
    engine::fire(&floor.service).await.unwrap();
    assert_eq!((breaches(&floor), late(&floor).0), (1, 2), "once");
}

#[tokio::test]
async fn what_the_playbook_expects_is_decided_again_when_somebody_goes_or_comes() {
    let mut floor = Floor::opens().await;
    let expected = Expectation {
        name: "Maya's deals go to Maya".to_owned(),
        reply: Reply { owners: [(OwnerSource::Opportunity, "maya".into())].into(), ..Reply::to("main".into()) },
        at: floor.now(),
        away: BTreeSet::new(),
        then: Then { gets: Some(Holder::Rep("maya".into())), ..Then::default() },
    };
    let playbook = Playbook { expectations: vec![expected], ..crate::world::playbook() };
    floor.service.submit(Work::Playbook(Box::new(playbook.into()))).await.unwrap();
    let c = floor.mayas_buyer().await;
    assert_eq!(floor.reads("comeback_expectations_broken"), 0);
    for (away, broken) in [(true, 1), (false, 0)] {
        let envelope = floor.envelope("maya", c, 0, Command::away(away));
        let envelope = Envelope { conversation: None, after: envelope.n - 1, ..envelope };
        floor.service.submit(push("maya", vec![envelope])).await.unwrap();
        assert_eq!(floor.reads("comeback_expectations_broken"), broken);
    }
}
