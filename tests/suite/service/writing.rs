//! Who types: told at once to those who may see it, to nobody else, and not at all while nobody does.

use std::time::Duration;

use comeback::domain::visibility;
use comeback::server::feed::{self, Ask, Presences};
use comeback::server::store::Device;
use comeback::wire::changes::Changes;

use super::*;

/// A rep's device that has everything and waits for a minute.
struct Waits {
    device: Device,
    ask: Ask,
}

impl Waits {
    async fn new(floor: &Floor, presences: &Presences, rep: &str) -> Self {
        let device =
            Device { id: device(rep), rep: rep.into(), name: String::new(), created: floor.now(), revoked: false };
        let first = Ask { playbook: 1, writing: Some(0), ..Ask::default() };
        let page = feed::changes(&floor.service, presences, &device, &first).await.unwrap();
        let wait = Duration::from_secs(60);
        Self { device, ask: Ask { since: page.cursor, wait, ..first } }
    }

    async fn pulls(&mut self, floor: &Floor, presences: &Presences) -> (Changes, Duration) {
        let began = tokio::time::Instant::now();
        let page = feed::changes(&floor.service, presences, &self.device, &self.ask).await.unwrap();
        self.ask.since.clone_from(&page.cursor);
        self.ask.writing = page.writing.as_ref().map(|writing| writing.version).or(self.ask.writing);
        (page, began.elapsed())
    }
}

#[tokio::test(start_paused = true)]
async fn a_waiting_poll_is_answered_when_a_colleague_types_and_no_other_is() {
    let mut floor = Floor::opens().await;
    let c = floor.mayas_buyer().await;
    let presences = Presences::default();
    let mut lea = Waits::new(&floor, &presences, "lea").await;
    let mut kim = Waits::new(&floor, &presences, "kim").await;
    let mut maya = Waits::new(&floor, &presences, "maya").await;
    let mut old = Waits::new(&floor, &presences, "adele").await;
    old.ask.writing = None;
    let audience = visibility::audience(&floor.state(c).await);
    let before = floor.journal().await.len();
    let types = async {
        tokio::time::sleep(Duration::from_secs(5)).await;
        presences.writers.say(c, &"maya".into(), audience);
    };
    let (leas, kims, mayas, olds, ()) = tokio::join!(
        lea.pulls(&floor, &presences),
        kim.pulls(&floor, &presences),
        maya.pulls(&floor, &presences),
        old.pulls(&floor, &presences),
        types
    );
    let (page, took) = leas;
    assert_eq!(took, Duration::from_secs(5));
    let who: Vec<_> = page.writing.unwrap().who.into_iter().map(|w| (w.conversation, w.rep, w.until)).collect();
    assert_eq!(who.len(), 1);
    assert_eq!((who[0].0, who[0].1.as_str()), (c, "maya"));
    assert!(who[0].2 > floor.now() && who[0].2 <= floor.now() + Span::seconds(10));
    assert!(page.upserts.is_empty(), "nothing else happened");
    for (who, (page, took)) in [("kim", kims), ("maya", mayas), ("a device that does not ask", olds)] {
        assert_eq!(took, Duration::from_secs(60), "{who} waits on");
        assert!(page.writing.is_none_or(|writing| writing.who.is_empty()), "{who} is told nothing");
    }
    assert_eq!(floor.journal().await.len(), before, "and the journal knows nothing of it");
}

#[tokio::test(start_paused = true)]
async fn while_nobody_types_a_poll_waits_its_whole_time_and_then_again() {
    let mut floor = Floor::opens().await;
    floor.mayas_buyer().await;
    let presences = Presences::default();
    let mut lea = Waits::new(&floor, &presences, "lea").await;
    for _ in 0..3 {
        let (page, took) = lea.pulls(&floor, &presences).await;
        assert_eq!(took, Duration::from_secs(60), "no timer of its own wakes it");
        assert_eq!(page.writing.map(|writing| writing.who), Some(vec![]));
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_told_is_not_told_again_until_somebody_types_on() {
    let mut floor = Floor::opens().await;
    let c = floor.mayas_buyer().await;
    let presences = Presences::default();
    let mut lea = Waits::new(&floor, &presences, "lea").await;
    let audience = visibility::audience(&floor.state(c).await);
    presences.writers.say(c, &"maya".into(), audience.clone());
    assert_eq!(lea.pulls(&floor, &presences).await.1, Duration::ZERO);
    assert_eq!(lea.pulls(&floor, &presences).await.1, Duration::from_secs(60));
    presences.writers.say(c, &"ben".into(), audience);
    assert_eq!(lea.pulls(&floor, &presences).await.1, Duration::ZERO);
}
