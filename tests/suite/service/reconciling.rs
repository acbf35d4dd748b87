//! The carrier's list against what we know, with a list made by hand. Waiting is tokio's paused clock: nothing really
//! waits.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use comeback::domain::command::{Actor, Command};
use comeback::domain::consent::OptOutSource;
use comeback::domain::contact::{Address, Body};
use comeback::domain::conversation::AnswerState;
use comeback::domain::event::Review;
use comeback::domain::id::{ConversationId, MessageId};
use comeback::domain::message::Delivery;
use comeback::domain::time::{Span, Timestamp};
use comeback::server::carrier::{Carrier, CarrierError, Finding, Listed, SendOutcome};
use comeback::server::reconcile;
use comeback::server::service::Work;
use comeback::server::store::{CarrierLine, Restored};
use comeback::server::telemetry::Metrics;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::{Floor, buyer, minutes, parked};

/// What the carrier says it sent; asked about one line it fails.
#[derive(Default)]
struct List {
    sent: Mutex<Vec<Listed>>,
    received: Mutex<Vec<Listed>>,
    locked: Option<Address>,
}

#[async_trait]
impl Carrier for List {
    async fn send(&self, _: &CarrierLine, _: &Address, _: &Body, _: &str) -> SendOutcome {
        panic!("the reconciler sends nothing")
    }

    async fn sent(
        &self,
        line: &CarrierLine,
        to: Option<&Address>,
        since: Timestamp,
    ) -> Result<Vec<Listed>, CarrierError> {
        if self.locked.as_ref() == Some(&line.number) {
            return Err(CarrierError::Refused { status: 401, code: 20003, hint: String::new() });
        }
        let sent = self.sent.lock().unwrap();
        let here = |m: &&Listed| m.from == line.number && to.is_none_or(|to| m.to == *to) && m.at >= since;
        Ok(sent.iter().filter(here).cloned().collect())
    }

    async fn received(&self, line: &CarrierLine, since: Timestamp) -> Result<Vec<Listed>, CarrierError> {
        if self.locked.as_ref() == Some(&line.number) {
            return Err(CarrierError::Refused { status: 401, code: 20003, hint: String::new() });
        }
        let here = |text: &&Listed| text.to == line.number && text.at >= since;
        Ok(self.received.lock().unwrap().iter().filter(here).cloned().collect())
    }

    async fn check(&self, _: &CarrierLine, _: &str) -> Vec<Finding> {
        panic!("the reconciler checks nothing")
    }
}

/// A reconciler at work, every ten seconds.
struct Round {
    list: Arc<List>,
    metrics: Arc<Metrics>,
    stop: watch::Sender<bool>,
    task: JoinHandle<Result<(), String>>,
}

impl Round {
    fn begins(floor: &Floor, list: List) -> Self {
        let (list, (stop, stopped)) = (Arc::new(list), watch::channel(false));
        let (service, carrier) = (floor.service.clone(), Arc::clone(&list) as Arc<dyn Carrier>);
        let every = Duration::from_secs(10);
        let metrics = Arc::clone(service.metrics());
        let task = tokio::spawn(reconcile::run(service, carrier, Arc::clone(&metrics), every, stopped));
        Self { list, metrics, stop, task }
    }

    /// The carrier lists a text from the main line to the first buyer, as sent now.
    fn lists(&self, floor: &Floor, body: &str, delivery: Delivery) {
        let from = floor.service.playbook().lines[&"main".into()].number.clone();
        let (to, at, body) = (buyer(1), floor.now(), Body::new(body));
        let listed = Listed {
            id: "SM1".to_owned(),
            from,
            to,
            body,
            at,
            delivery: Some(delivery),
            error: None,
            media: Vec::new(),
            reference: None,
            partial: false,
        };
        *self.list.sent.lock().unwrap() = vec![listed];
    }

    async fn ends(self) {
        self.stop.send_replace(true);
        self.task.await.unwrap().unwrap();
    }
}

async fn seconds(n: u64) {
    tokio::time::sleep(Duration::from_secs(n)).await;
}

async fn says(floor: &Floor, conversation: ConversationId, actor: Actor, command: Command) {
    floor.service.submit(Work::Machine { actor, conversation, command }).await.unwrap();
}

/// An answer to the first buyer that has just entered `sending`.
async fn sending(floor: &mut Floor) -> (ConversationId, MessageId) {
    floor.sets_up("main").await;
    let c = floor.mayas_buyer().await;
    let message = floor.answers("maya", c, "Yes").await;
    floor.clock.advance(minutes(1));
    assert!(floor.begins(c, message).await);
    (c, message)
}

#[tokio::test(start_paused = true)]
async fn an_answer_never_left_only_by_two_lists_a_minute_apart_after_its_request_ended() {
    let mut floor = Floor::opens().await;
    let (c, message) = sending(&mut floor).await;
    let round = Round::begins(&floor, List::default());
    // Tried again and again for longer than a minute, and each time the carrier was busy.
    for _ in 0..10 {
        seconds(12).await;
        says(&floor, c, Actor::Effects, Command::AbandonSend { message }).await;
        assert!(floor.begins(c, message).await);
    }
    says(&floor, c, Actor::Effects, Command::LoseSend { message }).await;
    seconds(45).await;
    let stands = floor.standing(c, message).await;
    assert_eq!(stands, Some(AnswerState::Unknown), "the carrier may have taken the last one a moment ago");
    seconds(45).await;
    assert_eq!(floor.standing(c, message).await, Some(parked(&[Review::NeverLeft])));
    round.ends().await;
}

#[tokio::test(start_paused = true)]
async fn an_account_that_refuses_us_leaves_answers_of_others_to_be_settled() {
    let mut floor = Floor::opens().await;
    floor.sets_up("dock").await;
    let other = floor.texts(2, "dock", "hello").await;
    let lost = floor.answers("nora", other, "lost?").await;
    floor.clock.advance(minutes(1));
    assert!(floor.begins(other, lost).await);
    let (c, message) = sending(&mut floor).await;
    for (c, message) in [(other, lost), (c, message)] {
        says(&floor, c, Actor::Effects, Command::LoseSend { message }).await;
    }
    let locked = Some(floor.service.playbook().lines[&"dock".into()].number.clone());
    let round = Round::begins(&floor, List { locked, ..List::default() });
    round.lists(&floor, "Yes", Delivery::Sent);
    seconds(30).await;
    let sent = AnswerState::Out { delivery: Delivery::Sent, error: None };
    assert_eq!(floor.standing(c, message).await, Some(sent));
    assert_eq!(floor.standing(other, lost).await, Some(AnswerState::Unknown));
    round.ends().await;
}

#[tokio::test(start_paused = true)]
async fn the_list_brings_an_answer_forward_and_never_back() {
    let mut floor = Floor::opens().await;
    let (c, message) = sending(&mut floor).await;
    let accepted = Command::Report { message, delivery: Delivery::Sending, error: None };
    says(&floor, c, Actor::Effects, accepted).await;
    let out = |delivery| Some(AnswerState::Out { delivery, error: None });
    let round = Round::begins(&floor, List::default());
    for (listed, stands) in [
        (Delivery::Queued, Delivery::Sending),
        (Delivery::Sent, Delivery::Sent),
        (Delivery::Accepted, Delivery::Sent),
        (Delivery::Delivered, Delivery::Delivered),
        (Delivery::Sent, Delivery::Delivered),
        (Delivery::Failed, Delivery::Delivered),
    ] {
        floor.clock.advance(minutes(2));
        round.lists(&floor, "Yes", listed);
        seconds(30).await;
        assert_eq!(floor.standing(c, message).await, out(stands), "the list says {listed:?}");
    }
    assert_eq!(floor.count("delivery_changed").await, 3);
    round.ends().await;
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_just_moved_is_left_to_its_callbacks_and_one_of_yesterday_to_its_rep() {
    let mut floor = Floor::opens().await;
    let (c, message) = sending(&mut floor).await;
    says(&floor, c, Actor::Effects, Command::Report { message, delivery: Delivery::Queued, error: None }).await;
    let round = Round::begins(&floor, List::default());
    round.lists(&floor, "Yes", Delivery::Sent);
    let queued = Some(AnswerState::Out { delivery: Delivery::Queued, error: None });
    seconds(30).await;
    assert_eq!(floor.standing(c, message).await, queued);
    floor.clock.advance(minutes(25 * 60));
    seconds(30).await;
    assert_eq!(floor.standing(c, message).await, queued);
    round.ends().await;
}

/// Our clock was ten minutes ahead when it was written: the carrier's time of it lies long before ours.
#[tokio::test(start_paused = true)]
async fn an_answer_that_a_wrong_clock_dated_is_not_said_to_have_never_left() {
    let mut floor = Floor::opens().await;
    let (c, message) = sending(&mut floor).await;
    let round = Round::begins(&floor, List::default());
    round.lists(&floor, "Yes", Delivery::Delivered);
    round.list.sent.lock().unwrap()[0].at = floor.now() - minutes(10);
    says(&floor, c, Actor::Effects, Command::LoseSend { message }).await;
    seconds(300).await;
    assert_eq!(floor.standing(c, message).await, Some(AnswerState::Unknown), "its rep decides");
    // Once the list has nothing with these words, it is certain.
    round.list.sent.lock().unwrap().clear();
    seconds(90).await;
    assert_eq!(floor.standing(c, message).await, Some(parked(&[Review::NeverLeft])));
    round.ends().await;
}

/// While our clock is a day ahead, the list is read from tomorrow on.
#[tokio::test(start_paused = true)]
async fn a_text_that_came_while_our_clock_was_ahead_is_recovered_once_it_is_right() {
    let floor = Floor::opens().await;
    floor.sets_up("main").await;
    let to = floor.service.playbook().lines[&"main".into()].number.clone();
    let at = floor.now();
    floor.clock.advance(minutes(24 * 60));
    let round = Round::begins(&floor, List::default());
    seconds(15).await;
    let (from, body) = (buyer(1), Body::new("Did you get my text?"));
    let text = Listed {
        id: "SM1".to_owned(),
        from,
        to,
        body,
        at,
        delivery: None,
        error: None,
        media: Vec::new(),
        reference: None,
        partial: false,
    };
    round.list.received.lock().unwrap().push(text);
    seconds(60).await;
    assert_eq!(floor.count("received").await, 0, "it lies before what is read");
    floor.clock.set(at + minutes(2));
    seconds(15).await;
    assert_eq!(floor.count("received").await, 1);
    round.ends().await;
}

#[tokio::test(start_paused = true)]
async fn texts_that_only_the_list_had_are_counted_once() {
    let floor = Floor::opens().await;
    floor.sets_up("main").await;
    let to = floor.service.playbook().lines[&"main".into()].number.clone();
    let text = |n: u32| Listed {
        id: format!("SM{n}"),
        from: buyer(n),
        to: to.clone(),
        body: Body::new("Did you get my text?"),
        at: floor.now(),
        delivery: None,
        error: None,
        media: Vec::new(),
        reference: None,
        partial: false,
    };
    let list = List { received: Mutex::new(vec![text(1), text(2)]), ..List::default() };
    let round = Round::begins(&floor, list);
    seconds(60).await;
    assert_eq!(super::reading(&round.metrics.render(), "comeback_recovered_texts_total"), 2);
    assert_eq!(floor.count("received").await, 2);
    round.ends().await;
}

/// A text of the `n`th buyer to a line, sent now.
fn received(floor: &Floor, n: u32, line: &str, body: &str) -> Listed {
    let to = floor.service.playbook().lines[&line.into()].number.clone();
    let (id, at) = (format!("SM{n}{body}"), floor.now());
    Listed {
        id,
        from: buyer(n),
        to,
        body: Body::new(body),
        at,
        delivery: None,
        error: None,
        media: Vec::new(),
        reference: None,
        partial: false,
    }
}

async fn brought_back(floor: &Floor) {
    let (head, _) = floor.store.head().await.unwrap();
    let restored = Restored { epoch: 900, after: head.seq, since: head.at, reconciled: false };
    floor.service.submit(Work::Restored(restored)).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_backup_brought_back_catches_up_only_when_every_line_s_list_was_read() {
    let floor = Floor::opens().await;
    floor.sets_up("main").await;
    floor.sets_up("dock").await;
    brought_back(&floor).await;
    let locked = Some(floor.service.playbook().lines[&"dock".into()].number.clone());
    let list = List { received: vec![received(&floor, 1, "main", "While you were away")].into(), ..List::default() };
    let round = Round::begins(&floor, List { locked, ..list });
    seconds(60).await;
    assert_eq!((floor.count("received").await, floor.count("reconciled").await), (1, 0));
    assert!(!floor.store.restores().await.unwrap()[0].reconciled);
    round.ends().await;
    let round = Round::begins(&floor, List::default());
    seconds(60).await;
    assert_eq!(floor.count("reconciled").await, 1, "and once only");
    assert!(floor.store.restores().await.unwrap()[0].reconciled);
    round.ends().await;
}

#[tokio::test(start_paused = true)]
async fn without_a_line_set_up_nothing_has_been_read() {
    let floor = Floor::opens().await;
    brought_back(&floor).await;
    let round = Round::begins(&floor, List::default());
    seconds(60).await;
    assert_eq!(floor.count("reconciled").await, 0);
    round.ends().await;
}

#[tokio::test(start_paused = true)]
async fn a_start_that_is_found_late_undoes_an_earlier_stop_and_no_later_word_of_a_rep() {
    let mut floor = Floor::opens().await;
    floor.sets_up("main").await;
    let (own, told) = (floor.texts(1, "main", "hello").await, floor.texts(2, "main", "hello").await);
    let mut list = Vec::new();
    for (n, body) in [(1, "STOP"), (1, "START"), (2, "START")] {
        floor.clock.advance(minutes(1));
        list.push(received(&floor, n, "main", body));
    }
    floor.clock.advance(minutes(1));
    floor.does("lea", told, Command::OptOut { source: OptOutSource::Rep("lea".into()) }).await;
    let round = Round::begins(&floor, List { received: list.into(), ..List::default() });
    seconds(60).await;
    assert_eq!(floor.count("received").await, 5, "all of them are kept");
    let is_out = async |c| floor.number_of(c).await.opted_out.is_some();
    assert!(!is_out(own).await, "the buyer's own words count in their order");
    assert!(is_out(told).await, "the rep was told after it");
    round.ends().await;
}

/// The buyer wrote STOP and, a moment later, START; both are in the list, which is read again and again.
#[tokio::test(start_paused = true)]
async fn a_stop_that_a_start_ended_is_said_no_more_however_often_the_list_is_read() {
    let mut floor = Floor::opens().await;
    floor.sets_up("main").await;
    let c = floor.texts(1, "main", "hello").await;
    let mut list = Vec::new();
    for body in ["STOP", "START"] {
        floor.clock.advance(Span::seconds(20));
        let Work::Receive(text) = floor.text(1, "main", body) else { panic!("a text") };
        list.push(Listed { id: text.key.id.clone(), ..received(&floor, 1, "main", body) });
        floor.service.submit(Work::Receive(text)).await.unwrap();
    }
    floor.clock.advance(Span::seconds(20));
    floor.texts(1, "main", "And one more question?").await;
    assert!(floor.number_of(c).await.opted_out.is_none());
    let clock = floor.state(c).await.clock;
    assert!(clock.is_some());
    for _ in 0..2 {
        let round = Round::begins(&floor, List { received: list.clone().into(), ..List::default() });
        seconds(60).await;
        round.ends().await;
        assert_eq!((floor.count("opted_out").await, floor.count("opted_in").await), (1, 1));
        assert_eq!(floor.state(c).await.clock, clock, "and what they asked since is waited for");
    }
}

/// The buyer wrote STOP, START, STOP; the webhook of the START was lost.
#[tokio::test(start_paused = true)]
async fn a_start_that_is_found_late_lifts_no_stop_that_was_said_after_it() {
    let mut floor = Floor::opens().await;
    floor.sets_up("main").await;
    let c = floor.texts(1, "main", "hello").await;
    floor.texts(1, "main", "STOP").await;
    floor.clock.advance(minutes(1));
    let lost = received(&floor, 1, "main", "START");
    floor.clock.advance(minutes(1));
    floor.texts(1, "main", "STOP").await;
    assert_eq!(floor.count("opted_out").await, 2, "the second stands in the ledger, too");
    floor.clock.advance(minutes(1));
    let round = Round::begins(&floor, List { received: vec![lost].into(), ..List::default() });
    seconds(60).await;
    assert_eq!((floor.count("received").await, floor.count("opted_in").await), (4, 0));
    assert!(floor.number_of(c).await.opted_out.is_some());
    round.ends().await;
}

/// Twilio's webhooks do not say when; its list does.
#[tokio::test(start_paused = true)]
async fn a_start_whose_webhook_did_not_say_when_counts_once_the_list_does() {
    let mut floor = Floor::opens().await;
    floor.sets_up("main").await;
    let c = floor.texts(1, "main", "hello").await;
    floor.texts(1, "main", "STOP").await;
    floor.clock.advance(minutes(1));
    let Work::Receive(mut undated) = floor.text(1, "main", "START") else { panic!("a text") };
    undated.sent = None;
    let listed = Listed { id: undated.key.id.clone(), ..received(&floor, 1, "main", "START") };
    floor.service.submit(Work::Receive(undated)).await.unwrap();
    assert!(floor.number_of(c).await.opted_out.is_some(), "nobody knows yet that it came after the STOP");
    floor.clock.advance(minutes(1));
    let at = listed.at;
    let round = Round::begins(&floor, List { received: vec![listed].into(), ..List::default() });
    seconds(60).await;
    let number = floor.number_of(c).await;
    assert!(number.opted_out.is_none());
    assert_eq!((number.evidence.len(), number.evidence[0].at), (1, at), "at the time when it was said");
    assert_eq!(
        (floor.count("received").await, floor.count("opted_in").await),
        (3, 1),
        "however often the list is read"
    );
    round.ends().await;
}
