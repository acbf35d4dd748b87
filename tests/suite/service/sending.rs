//! Answers on their way, with a carrier that keeps what it is given. Time in these tests is tokio's paused clock for
//! waiting and the manual clock for deciding: nothing really waits.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use comeback::domain::command::Command;
use comeback::domain::contact::{Address, Body};
use comeback::domain::conversation::AnswerState;
use comeback::domain::event::Review;
use comeback::domain::id::MessageId;
use comeback::domain::message::Delivery;
use comeback::domain::rejection::Rejection;
use comeback::domain::time::{Span, Timestamp};
use comeback::server::carrier::{Carrier, CarrierError, Finding, Listed, SendOutcome};
use comeback::server::effects::Sender;
use comeback::server::service::{ServiceError, Work};
use comeback::server::store::{CarrierLine, RawEvent};
use comeback::wire::command::Verdict;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use super::{Floor, minutes, parked};
use crate::log::Log;

/// Longer than any pause of the runner.
const LONG: Duration = Duration::from_secs(300);

/// Words that the carrier takes its time with.
const SLOW: &str = "one moment";

/// Words that are the end of the task that sends them.
const FATAL: &str = "a mistake in the program (expected by a test)";

struct Tray {
    given: mpsc::UnboundedSender<(String, String)>,
    outcomes: Mutex<VecDeque<SendOutcome>>,
}

#[async_trait]
impl Carrier for Tray {
    async fn send(&self, line: &CarrierLine, to: &Address, body: &Body, callback: &str) -> SendOutcome {
        assert_eq!(line.provider, "twilio");
        assert!(callback.starts_with("https://desk.example/hooks/twilio/status/"), "{callback}");
        self.given.send((to.as_str().to_owned(), body.as_str().to_owned())).unwrap();
        match body.as_str() {
            SLOW => tokio::time::sleep(Duration::from_secs(9)).await,
            FATAL => panic!("{FATAL}"),
            _ => {}
        }
        let accepted = SendOutcome::Accepted { id: "SM9".to_owned(), delivery: Delivery::Queued };
        self.outcomes.lock().unwrap().pop_front().unwrap_or(accepted)
    }

    async fn sent(&self, _: &CarrierLine, _: Option<&Address>, _: Timestamp) -> Result<Vec<Listed>, CarrierError> {
        panic!("the runner of sends lists nothing")
    }

    async fn received(&self, _: &CarrierLine, _: Timestamp) -> Result<Vec<Listed>, CarrierError> {
        panic!("the runner of sends lists nothing")
    }

    async fn check(&self, _: &CarrierLine, _: &str) -> Vec<Finding> {
        panic!("the runner of sends checks nothing")
    }
}

/// Runners of sends at work; they end with it.
pub(super) struct Desk {
    tray: mpsc::UnboundedReceiver<(String, String)>,
    stop: watch::Sender<bool>,
    runners: Vec<JoinHandle<Result<(), ServiceError>>>,
}

impl Desk {
    pub(super) fn opens(floor: &Floor, runners: usize, outcomes: Vec<SendOutcome>) -> Self {
        let (given, tray) = mpsc::unbounded_channel();
        let carrier = Arc::new(Tray { given, outcomes: Mutex::new(outcomes.into()) });
        let (stop, stopped) = watch::channel(false);
        let runners = (0..runners).map(|_| {
            let (service, carrier) = (floor.service.clone(), carrier.clone());
            let sender = Sender { service, carrier, public_url: "https://desk.example".to_owned() };
            let stopped = stopped.clone();
            tokio::spawn(async move { sender.run(stopped).await })
        });
        Self { tray, stop, runners: runners.collect() }
    }

    /// The next words that reach the carrier.
    pub(super) async fn gets(&mut self) -> String {
        let got = tokio::time::timeout(LONG, self.tray.recv()).await;
        got.expect("an answer should have left by now").unwrap().1
    }

    /// However long one waits, nothing more reaches the carrier.
    pub(super) async fn gets_nothing(&mut self) {
        let got = tokio::time::timeout(LONG, self.tray.recv()).await;
        assert!(got.is_err(), "this should not have left: {got:?}");
    }

    pub(super) async fn closes(self) {
        self.stop.send_replace(true);
        for runner in self.runners {
            runner.await.unwrap().unwrap();
        }
    }
}

fn seconds(n: i64) -> Span {
    Span::seconds(n)
}

/// Lets the others run until an answer stands somewhere.
async fn until(floor: &Floor, c: comeback::domain::id::ConversationId, message: MessageId, wanted: &AnswerState) {
    let reached = async {
        while floor.standing(c, message).await.as_ref() != Some(wanted) {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let came = tokio::time::timeout(LONG, reached).await;
    assert!(came.is_ok(), "it stands at {:?}, not at {wanted:?}", floor.standing(c, message).await);
}

fn out(delivery: Delivery) -> AnswerState {
    AnswerState::Out { delivery, error: None }
}

#[tokio::test(start_paused = true)]
async fn an_answer_leaves_when_its_hold_is_over_and_only_once_whoever_tries() {
    let mut floor = Floor::opens().await;
    floor.sets_up("main").await;
    let c = floor.mayas_buyer().await;
    let mut desk = Desk::opens(&floor, 3, vec![]);
    let message = floor.answers("maya", c, "Yes, at three.").await;
    let held = floor.standing(c, message).await;
    assert_eq!(held, Some(AnswerState::Held { not_before: floor.now() + seconds(8), waits: None }));
    floor.clock.advance(seconds(7));
    assert!(!floor.begins(c, message).await, "a second too early, whoever asks");
    desk.gets_nothing().await;
    floor.clock.advance(seconds(1));
    assert_eq!(desk.gets().await, "Yes, at three.");
    until(&floor, c, message, &out(Delivery::Queued)).await;
    desk.gets_nothing().await;
    assert_eq!(floor.count("send_started").await, 1);
    desk.closes().await;
}

#[tokio::test(start_paused = true)]
async fn what_is_taken_back_during_its_hold_never_leaves() {
    let mut floor = Floor::opens().await;
    floor.sets_up("main").await;
    let c = floor.mayas_buyer().await;
    let mut desk = Desk::opens(&floor, 1, vec![]);
    let wrong = floor.answers("maya", c, "Deer Sir").await;
    floor.clock.advance(seconds(7));
    assert_eq!(floor.does("maya", c, Command::Recall { message: wrong }).await, Verdict::Done);
    floor.clock.advance(minutes(1));
    desk.gets_nothing().await;
    assert_eq!(floor.words(c).await, ["Can we talk about the price?"]);
    let right = floor.answers("maya", c, "Dear Sir").await;
    floor.clock.advance(seconds(8));
    assert_eq!(desk.gets().await, "Dear Sir");
    until(&floor, c, right, &out(Delivery::Queued)).await;
    let late = floor.does("maya", c, Command::Recall { message: right }).await;
    assert_eq!(late, Verdict::Refused { rejection: Rejection::AlreadyLeft });
    desk.closes().await;
}

#[tokio::test(start_paused = true)]
async fn a_buyers_text_during_the_hold_stops_the_answer_until_its_rep_has_looked() {
    let mut floor = Floor::opens().await;
    floor.sets_up("main").await;
    let c = floor.mayas_buyer().await;
    let mut desk = Desk::opens(&floor, 1, vec![]);
    let message = floor.answers("maya", c, "Yes").await;
    floor.texts(1, "main", "Forget it, I meant Friday").await;
    assert_eq!(floor.standing(c, message).await, Some(parked(&[Review::NewerReply])));
    floor.clock.advance(minutes(1));
    assert!(!floor.begins(c, message).await);
    desk.gets_nothing().await;
    let anyway = Command::Release { message, accept: vec![Review::NewerReply] };
    assert_eq!(floor.does("maya", c, anyway).await, Verdict::Done);
    floor.clock.advance(seconds(8));
    assert_eq!(desk.gets().await, "Yes");
    desk.closes().await;
}

/// Ids are made by devices, whose clocks may be wrong. Both are due at once after a pause.
#[tokio::test(start_paused = true)]
async fn answers_of_a_conversation_leave_in_the_order_they_were_accepted_whatever_their_ids() {
    let mut floor = Floor::opens().await;
    floor.sets_up("main").await;
    let c = floor.mayas_buyer().await;
    let (early, late) = (floor.fresh(), floor.fresh());
    for (message, body) in [(late, "first"), (early, "second")] {
        let command = Command::Answer { message, body: Body::new(body), accept: Vec::new() };
        assert_eq!(floor.does("maya", c, command).await, Verdict::Done);
        floor.clock.advance(seconds(1));
    }
    floor.clock.advance(minutes(1));
    let mut desk = Desk::opens(&floor, 1, vec![]);
    assert_eq!(desk.gets().await, "first");
    assert_eq!(desk.gets().await, "second");
    desk.closes().await;
}

/// The state keeps eight settled answers. The oldest of nine settles last, and is forgotten in the same moment.
#[tokio::test(start_paused = true)]
async fn an_answer_that_the_state_forgets_as_it_settles_keeps_its_words_and_its_end() {
    let mut floor = Floor::opens().await;
    floor.sets_up("main").await;
    let c = floor.mayas_buyer().await;
    let mut desk = Desk::opens(&floor, 1, vec![]);
    let mut sent = Vec::new();
    for n in 0..9 {
        let words = format!("part {n}");
        let message = floor.answers("maya", c, &words).await;
        floor.clock.advance(seconds(8));
        assert_eq!(desk.gets().await, words);
        until(&floor, c, message, &out(Delivery::Queued)).await;
        sent.push(message);
    }
    desk.closes().await;
    for message in sent.iter().rev() {
        let raw = RawEvent { provider: "twilio".into(), kind: "status".into(), params: "{}".into(), at: floor.now() };
        let command = Command::Report { message: *message, delivery: Delivery::Delivered, error: None };
        let work = Work::Report { message: *message, command, raw, foreign: BTreeSet::new() };
        floor.service.submit(work).await.unwrap();
    }
    assert_eq!(floor.standing(c, sent[0]).await, None, "forgotten by the state");
    let (_, messages) = floor.store.messages(c, u64::MAX, 100).await.unwrap().unwrap();
    let first = messages.iter().find(|m| m.id == sent[0]).expect("its text is still there");
    assert_eq!(first.body, Some(Body::new("part 0")));
    assert_eq!(first.standing, Some(out(Delivery::Delivered)));
}

#[tokio::test(start_paused = true)]
async fn answers_on_a_line_nobody_set_up_wait_and_hold_back_no_other() {
    let mut floor = Floor::opens().await;
    floor.sets_up("main").await;
    for n in 100..140 {
        let c = floor.texts(n, "dock", "hello").await;
        floor.answers("nora", c, "from the dock").await;
    }
    floor.clock.advance(minutes(1));
    let c = floor.mayas_buyer().await;
    floor.answers("maya", c, "from the main line").await;
    floor.clock.advance(minutes(1));
    let mut desk = Desk::opens(&floor, 1, vec![]);
    assert_eq!(desk.gets().await, "from the main line");
    desk.gets_nothing().await;
    floor.sets_up("dock").await;
    for _ in 100..140 {
        assert_eq!(desk.gets().await, "from the dock");
    }
    desk.closes().await;
}

#[tokio::test(start_paused = true)]
async fn a_line_without_a_carrier_is_complained_of_once_until_it_has_one() {
    let mut floor = Floor::opens().await;
    floor.sets_up("main").await;
    let c = floor.texts(1, "dock", "hello").await;
    floor.answers("nora", c, "first").await;
    floor.answers("nora", c, "second").await;
    floor.clock.advance(minutes(1));
    let (log, _guard) = Log::listen();
    let mut desk = Desk::opens(&floor, 1, vec![]);
    // Every text wakes the runner, and so does every pause.
    for n in 10..15 {
        floor.texts(n, "main", "and me?").await;
        desk.gets_nothing().await;
    }
    let said = log.lines("ERROR");
    assert!(said.len() == 1 && said[0].contains("\"line\":\"dock\""), "{} times: {:?}", said.len(), said.first());
    floor.sets_up("dock").await;
    assert_eq!((desk.gets().await, desk.gets().await), ("first".to_owned(), "second".to_owned()));
    assert_eq!(log.lines("ERROR"), [""; 0]);
    desk.closes().await;
}

#[tokio::test(start_paused = true)]
async fn what_was_on_its_way_when_the_process_ended_is_unknown_and_never_sent_again() {
    let mut floor = Floor::opens().await;
    floor.sets_up("main").await;
    let c = floor.mayas_buyer().await;
    let lost = floor.answers("maya", c, "lost?").await;
    let behind = floor.answers("maya", c, "behind it").await;
    floor.clock.advance(minutes(1));
    assert!(floor.begins(c, lost).await, "and here the process ends");
    floor.restarts().await;
    let mut desk = Desk::opens(&floor, 2, vec![]);
    until(&floor, c, lost, &AnswerState::Unknown).await;
    desk.gets_nothing().await;
    let at = floor.now();
    let command = Command::Report { message: lost, delivery: Delivery::Delivered, error: None };
    let raw = RawEvent { provider: "twilio".into(), kind: "status".into(), params: "{}".into(), at };
    floor.service.submit(Work::Report { message: lost, command, raw, foreign: BTreeSet::new() }).await.unwrap();
    assert_eq!(desk.gets().await, "behind it");
    until(&floor, c, behind, &out(Delivery::Queued)).await;
    assert_eq!(floor.standing(c, lost).await, Some(out(Delivery::Delivered)));
    desk.gets_nothing().await;
    desk.closes().await;
}

#[tokio::test(start_paused = true)]
async fn what_the_carrier_says_decides_whether_it_may_be_tried_again() {
    for (outcome, tries, stands) in [
        (SendOutcome::Busy, 2, out(Delivery::Queued)),
        (SendOutcome::Unknown, 1, AnswerState::Unknown),
        (
            SendOutcome::Refused { code: 30_003 },
            1,
            AnswerState::Out { delivery: Delivery::Failed, error: Some(30_003) },
        ),
        (SendOutcome::Accepted { id: "SM1".to_owned(), delivery: Delivery::Sent }, 1, out(Delivery::Sent)),
    ] {
        let mut floor = Floor::opens().await;
        floor.sets_up("main").await;
        let c = floor.mayas_buyer().await;
        let message = floor.answers("maya", c, "Yes").await;
        floor.clock.advance(minutes(1));
        let mut desk = Desk::opens(&floor, 1, vec![outcome.clone()]);
        for _ in 0..tries {
            assert_eq!(desk.gets().await, "Yes", "{outcome:?}");
        }
        until(&floor, c, message, &stands).await;
        desk.gets_nothing().await;
        desk.closes().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_carrier_that_is_away_is_asked_ever_more_seldom_and_has_the_answer_once_it_is_back() {
    let mut floor = Floor::opens().await;
    floor.sets_up("main").await;
    let c = floor.mayas_buyer().await;
    let message = floor.answers("maya", c, "Yes").await;
    floor.clock.advance(minutes(1));
    let started = tokio::time::Instant::now();
    let mut desk = Desk::opens(&floor, 1, vec![SendOutcome::Busy; 30]);
    for _ in 0..30 {
        assert_eq!(desk.gets().await, "Yes");
        floor.clock.advance(minutes(1));
    }
    let minutes = started.elapsed().as_secs() / 60;
    assert!(minutes >= 20, "30 attempts within {minutes} minutes, each of them facts in the journal");
    // What wakes the runner is no reason to ask sooner.
    floor.texts(2, "main", "hello?").await;
    assert_eq!(desk.gets().await, "Yes");
    until(&floor, c, message, &out(Delivery::Queued)).await;
    desk.gets_nothing().await;
    desk.closes().await;
}

#[tokio::test(start_paused = true)]
async fn a_machine_that_slept_between_the_decision_and_the_call_does_not_call() {
    let mut floor = Floor::opens().await;
    floor.sets_up("main").await;
    let c = floor.mayas_buyer().await;
    let message = floor.answers("maya", c, "Yes").await;
    floor.clock.advance(minutes(1));
    let mut desk = Desk::opens(&floor, 1, vec![]);
    // Each time the runner waits for the store, half an hour passes that its monotonic clock knows nothing of: at every step up
    // to the decision, and at that one too.
    for _ in 0..7 {
        let store = floor.store.begin().await.unwrap();
        tokio::time::sleep(Duration::from_millis(10)).await;
        floor.clock.advance(minutes(30));
        drop(store);
    }
    assert_eq!(desk.gets().await, "Yes");
    until(&floor, c, message, &out(Delivery::Queued)).await;
    let abandoned = floor.count("send_abandoned").await;
    assert!(abandoned > 0, "it called hours after the decision");
    assert_eq!(floor.count("send_started").await, abandoned + 1);
    desk.gets_nothing().await;
    desk.closes().await;
}

#[tokio::test(start_paused = true)]
async fn a_request_in_hand_is_recorded_also_when_the_runner_ends_by_a_mistake() {
    let mut floor = Floor::opens().await;
    floor.sets_up("main").await;
    let c = floor.mayas_buyer().await;
    let slow = floor.answers("maya", c, SLOW).await;
    floor.clock.advance(minutes(1));
    let mut desk = Desk::opens(&floor, 1, vec![]);
    assert_eq!(desk.gets().await, SLOW);
    let other = floor.texts(2, "dock", "hello").await;
    let fatal = floor.answers("nora", other, FATAL).await;
    floor.sets_up("dock").await;
    floor.clock.advance(minutes(1));
    floor.texts(3, "main", "wakes the runner").await;
    assert_eq!(desk.gets().await, FATAL);
    let ended = desk.runners.remove(0).await.unwrap();
    assert!(ended.is_err(), "a mistake is not to be passed over");
    assert_eq!(floor.standing(c, slow).await, Some(out(Delivery::Queued)));
    assert_eq!(floor.standing(other, fatal).await, Some(AnswerState::Sending), "nobody knows; never again by itself");
}

#[tokio::test(start_paused = true)]
async fn a_runner_told_to_stop_records_its_request_in_hand_and_begins_no_other() {
    let mut floor = Floor::opens().await;
    floor.sets_up("main").await;
    let c = floor.mayas_buyer().await;
    let slow = floor.answers("maya", c, SLOW).await;
    let behind = floor.answers("maya", c, "behind it").await;
    floor.clock.advance(minutes(1));
    let mut desk = Desk::opens(&floor, 1, vec![]);
    assert_eq!(desk.gets().await, SLOW);
    desk.stop.send_replace(true);
    assert!(desk.runners.remove(0).await.unwrap().is_ok());
    assert_eq!(floor.standing(c, slow).await, Some(out(Delivery::Queued)));
    assert!(matches!(floor.standing(c, behind).await, Some(AnswerState::Held { .. })));
    assert!(desk.tray.try_recv().is_err(), "something left after the end");
}

#[tokio::test(start_paused = true)]
async fn while_the_head_is_over_a_minute_ahead_no_answer_leaves() {
    let mut floor = Floor::opens().await;
    floor.sets_up("main").await;
    let c = floor.mayas_buyer().await;
    floor.answers("maya", c, "Yes").await;
    let right = floor.now() + minutes(1);
    // Somebody sets the clock two hours ahead, a text comes in, and it is set right again.
    floor.clock.advance(minutes(2 * 60));
    floor.texts(2, "main", "from later").await;
    floor.clock.set(right);
    let mut desk = Desk::opens(&floor, 1, vec![]);
    desk.gets_nothing().await;
    floor.texts(3, "main", "hello?").await;
    desk.gets_nothing().await;
    // It is no direct answer any more, and the buyer's number is Californian: nine o'clock there is noon here.
    floor.clock.advance(minutes(3 * 60));
    assert_eq!(desk.gets().await, "Yes");
    desk.closes().await;
}
