//! Commands of people: decided in groups, each exactly once. What is joined is handed over before the committer runs
//! again, so it makes one group.

use std::time::Duration;

use comeback::client::handle::OutboxStanding;
use comeback::client::outbox::{Learnt, Outbox, Want};
use comeback::client::state::State;
use comeback::client::{inbox, replica};
use comeback::domain::command::Command;
use comeback::domain::contact::Body;
use comeback::domain::event::Review;
use comeback::domain::id::CommandId;
use comeback::domain::playbook::Role;
use comeback::domain::rejection::Rejection;
use comeback::domain::routing::Door;
use comeback::server::retention;
use comeback::server::service::{Outcome, Service, ServiceError, Work};
use comeback::server::store::{Batch, DeviceState};
use comeback::wire::command::Verdict;
use comeback::wire::session::Session;

use super::{Floor, delivery, device, push, receipts, verdict};

fn refused(rejection: Rejection) -> Verdict {
    Verdict::Refused { rejection }
}

impl Floor {
    fn note(&mut self, body: &str) -> Command {
        Command::Note { message: self.fresh(), body: Body::new(body), to: None }
    }
}

#[tokio::test]
async fn a_refused_command_leaves_the_rest_of_its_group_alone() {
    let mut floor = Floor::opens().await;
    let c = floor.mayas_buyer().await;
    let (first, second) = (floor.note("one"), floor.note("two"));
    let mayas = vec![
        floor.envelope("maya", c, 1, first),
        floor.envelope("maya", c, 1, Command::Assign { to: "nobody".into() }),
        floor.envelope("maya", c, 1, second),
    ];
    let hers = floor.note("not hers to see");
    let kims = vec![floor.envelope("kim", c, 1, hers)];
    let (text, service) = (floor.text(2, "main", "hello"), floor.service.clone());
    let (maya, kim, text) =
        tokio::join!(service.submit(push("maya", mayas)), service.submit(push("kim", kims)), service.submit(text));
    let verdicts: Vec<_> = receipts(maya.unwrap()).into_iter().map(|r| r.verdict).collect();
    let nobody = Rejection::NoSuchRep { who: "nobody".into() };
    assert_eq!(verdicts, [Verdict::Done, refused(nobody), Verdict::Done]);
    assert_eq!(verdict(kim.unwrap()), refused(Rejection::NotFound));
    assert!(matches!(text, Ok(Outcome::Received { new: true })));
    assert_eq!(floor.words(c).await, ["Can we talk about the price?", "one", "two"]);
}

#[tokio::test]
async fn the_same_envelope_gets_the_same_receipt_and_has_one_effect() {
    let mut floor = Floor::opens().await;
    let c = floor.mayas_buyer().await;
    let note = floor.note("once");
    let envelope = floor.envelope("maya", c, 1, note);
    let send = || push("maya", vec![envelope.clone()]);
    let service = floor.service.clone();
    let (one, two) = tokio::join!(service.submit(send()), service.submit(send()));
    let first = receipts(one.unwrap());
    assert_eq!(receipts(two.unwrap()), first, "in the same group");
    let twice = service.submit(push("maya", vec![envelope.clone(), envelope.clone()])).await.unwrap();
    assert_eq!(receipts(twice), [first.clone(), first.clone()].concat(), "in the same push, later");
    floor.restarts().await;
    assert_eq!(receipts(floor.service.submit(send()).await.unwrap()), first, "after a restart");
    assert_eq!(floor.words(c).await, ["Can we talk about the price?", "once"]);
    assert_eq!(floor.count("noted").await, 1);
}

#[tokio::test]
async fn a_refusal_is_remembered_too_and_is_not_judged_again() {
    let mut floor = Floor::opens().await;
    let c = floor.mayas_buyer().await;
    let envelope = floor.envelope("kim", c, 1, Command::Take);
    let submit = || floor.service.submit(push("kim", vec![envelope.clone()]));
    let first = receipts(submit().await.unwrap());
    assert_eq!(first[0].verdict, refused(Rejection::NotFound));
    let assign = Work::Push {
        device: device("lea"),
        rep: "lea".into(),
        envelopes: vec![comeback::wire::command::Envelope {
            id: comeback::domain::id::CommandId(uuid::Uuid::from_u128(77)),
            command: Command::Assign { to: "kim".into() },
            ..envelope.clone()
        }],
    };
    assert_eq!(verdict(floor.service.submit(assign).await.unwrap()), Verdict::Done);
    assert_eq!(receipts(submit().await.unwrap()), first, "though it would be allowed by now");
    assert_eq!(floor.count("taken").await, 0);
}

#[tokio::test]
async fn no_device_says_that_the_crm_or_a_page_took_a_reply() {
    let mut floor = Floor::opens().await;
    let c = floor.mayas_buyer().await;
    for door in [Door::Crm, Door::Page] {
        let envelope = floor.envelope("maya", c, 1, Command::TakeElsewhere { door });
        let said = verdict(floor.service.submit(push("maya", vec![envelope])).await.unwrap());
        assert!(matches!(said, Verdict::Refused { rejection: Rejection::NotAllowed { .. } }), "{said:?}");
    }
    assert_eq!(floor.count("taken").await, 0);
}

#[tokio::test]
async fn a_command_older_than_its_kept_outcome_is_not_run_again() {
    let mut floor = Floor::opens().await;
    let c = floor.mayas_buyer().await;
    // Seven commands long ago; the last counter is kept for ever, their outcomes are not.
    let states = vec![(device("maya"), DeviceState { last_n: 7, ..DeviceState::default() })];
    floor.store.begin().await.unwrap().commit(Batch { devices: states, ..Batch::default() }).await.unwrap();
    let old: Vec<_> = (1..=8).map(|_| floor.note("again")).collect();
    let envelopes: Vec<_> = old.into_iter().map(|note| floor.envelope("maya", c, 1, note)).collect();
    let push = push("maya", vec![envelopes[2].clone(), envelopes[6].clone(), envelopes[7].clone()]);
    let verdicts: Vec<_> = receipts(floor.service.submit(push).await.unwrap()).into_iter().map(|r| r.verdict).collect();
    let expired = || refused(Rejection::OutcomeExpired);
    assert_eq!(verdicts, [expired(), expired(), Verdict::Done]);
    assert_eq!(floor.count("noted").await, 1, "only the new one");
}

/// A device hears nothing of its answer and sleeps for a hundred days.
#[tokio::test]
async fn a_command_that_comes_again_after_its_outcome_was_forgotten_is_told_so_and_its_words_stay_with_the_rep() {
    let mut floor = Floor::opens().await;
    let c = floor.mayas_buyer().await;
    let mut outbox = Outbox::default();
    let command = Command::Answer { message: floor.fresh(), body: Body::new("At three?"), accept: Vec::new() };
    let (id, issued_at) = (CommandId(floor.fresh().0), floor.now());
    let (conversation, name) = (Some(c), "Dana".to_owned());
    outbox.put(Want { id, conversation, seen: 1, issued_at, command, name, address: None });
    let batch = outbox.batch(&mut Vec::new());
    let first = receipts(floor.service.submit(push("maya", batch.clone())).await.unwrap());
    assert_eq!(first[0].verdict, Verdict::Done);

    let (_drains, up) = tokio::sync::watch::channel(false);
    for (days, forgotten) in [(89, 0), (2, 1), (9, 0)] {
        floor.clock.advance(super::minutes(days * 24 * 60));
        floor.texts(2, "main", "a day like any other").await;
        assert_eq!(retention::forget(&floor.service, &up).await.unwrap(), forgotten, "after {days} more days");
    }
    let again = receipts(floor.service.submit(push("maya", batch)).await.unwrap());
    assert_eq!(again[0].verdict, refused(Rejection::OutcomeExpired));
    let held = floor.count("answer_held").await;
    assert_eq!((floor.words(c).await.len(), held), (2, 1), "it did not run again");

    assert!(matches!(outbox.learn(&again[0]), Some(Learnt::Stays(_))));
    let (device, rep, name) = (device("maya"), "maya".into(), "Maya".to_owned());
    let session = Session { device, rep, name, role: Role::Rep, company: String::new(), wire: 1 };
    let state = State { outbox, session: Some(session), ..State::default() };
    let listed = inbox::outbox(&replica::replay(&state, 1.0));
    assert_eq!(listed.len(), 1);
    let OutboxStanding::Refused(why) = &listed[0].standing else { panic!("{:?}", listed[0].standing) };
    assert!(why.starts_with("too old") && why.contains("Check the conversation"), "{why}");
    assert_eq!(state.outbox.entries()[0].words().unwrap().1.as_str(), "At three?");
    floor.counters.insert("maya".to_owned(), 1);
    assert_eq!(floor.does("maya", c, Command::Take).await, Verdict::Done, "and it goes on with the next");
}

#[tokio::test]
async fn another_command_under_a_used_counter_is_told_so() {
    let mut floor = Floor::opens().await;
    let c = floor.mayas_buyer().await;
    let (one, other) = (floor.note("one"), floor.note("other"));
    let first = floor.envelope("maya", c, 1, one);
    floor.service.submit(push("maya", vec![first])).await.unwrap();
    let copy = comeback::wire::command::Envelope { n: 1, ..floor.envelope("maya", c, 1, other) };
    let outcome = floor.service.submit(push("maya", vec![copy])).await.unwrap();
    assert_eq!(verdict(outcome), refused(Rejection::CounterUsed));
    assert_eq!(floor.words(c).await, ["Can we talk about the price?", "one"]);
}

/// A copied cache sends what the other copy has sent, under another counter. "Busy" would have it try for ever, and the
/// commands around it must not suffer.
#[tokio::test]
async fn ids_that_are_already_there_are_told_so_and_harm_no_other_command() {
    let mut floor = Floor::opens().await;
    let c = floor.mayas_buyer().await;
    let note = floor.note("one");
    let first = floor.envelope("maya", c, 1, note);
    floor.service.submit(push("maya", vec![first.clone()])).await.unwrap();
    let (own, later) = (floor.note("two"), floor.note("four"));
    let own = floor.envelope("maya", c, 1, own);
    let copied = comeback::wire::command::Envelope { n: 3, ..first };
    floor.counters.insert("maya".to_owned(), 3);
    let later = floor.envelope("maya", c, 1, later);
    let leas = floor.note("lea's");
    let leas = floor.envelope("lea", c, 1, leas);
    let text = floor.text(1, "main", "hello?");
    let service = floor.service.clone();
    let (maya, lea, text) = tokio::join!(
        service.submit(push("maya", vec![own, copied, later])),
        service.submit(push("lea", vec![leas])),
        service.submit(text)
    );
    let verdicts: Vec<_> = receipts(maya.unwrap()).into_iter().map(|r| (r.n, r.verdict)).collect();
    assert_eq!(verdicts, [(2, Verdict::Done), (3, refused(Rejection::CounterUsed))]);
    assert_eq!(verdict(lea.unwrap()), Verdict::Done);
    assert!(matches!(text, Ok(Outcome::Received { new: true })), "{text:?}");
    let mut words = floor.words(c).await;
    words.sort();
    assert_eq!(words, ["Can we talk about the price?", "hello?", "lea's", "one", "two"]);
}

#[tokio::test]
async fn commands_behind_a_parked_one_wait_with_it_until_the_device_knows() {
    let mut floor = Floor::opens().await;
    let (c, other) = (floor.mayas_buyer().await, floor.texts(2, "main", "hello").await);
    floor.does("lea", other, Command::Assign { to: "maya".into() }).await;
    let (message, note) = (floor.fresh(), floor.note("a note"));
    let answer = Command::Answer { message, body: Body::new("Yes"), accept: Vec::new() };
    let queued = vec![
        floor.envelope("maya", c, 0, answer),
        floor.envelope("maya", c, 1, Command::Take),
        floor.envelope("maya", c, 1, note),
        floor.envelope("maya", other, 1, Command::Take),
    ];
    let outcome = floor.service.submit(push("maya", queued)).await.unwrap();
    let verdicts: Vec<_> = receipts(outcome).into_iter().map(|r| r.verdict).collect();
    let parked = |reason| Verdict::Parked { reasons: vec![reason] };
    let wanted = [parked(Review::NewerReply), parked(Review::BehindParked), Verdict::Done, Verdict::Done];
    assert_eq!(verdicts, wanted);
    let late = floor.envelope("maya", c, 1, Command::Take);
    floor.restarts().await;
    let late = floor.service.submit(push("maya", vec![late])).await.unwrap();
    assert_eq!(verdict(late), parked(Review::BehindParked), "sent later, still without knowing");
    assert_eq!(floor.does("maya", c, Command::Take).await, Verdict::Done, "and now it knows");
}

#[tokio::test]
async fn of_two_who_take_at_once_one_has_it_and_the_other_hears_who() {
    let mut floor = Floor::opens().await;
    let c = floor.texts(5, "main", "hello").await;
    floor.clock.advance(super::minutes(1));
    let ben = vec![floor.envelope("ben", c, 1, Command::Take)];
    let ines = vec![floor.envelope("ines", c, 1, Command::Take)];
    let service = floor.service.clone();
    let (ben, ines) = tokio::join!(service.submit(push("ben", ben)), service.submit(push("ines", ines)));
    assert_eq!(verdict(ben.unwrap()), Verdict::Done);
    let taken = Rejection::TakenBy { by: "ben".into(), at: floor.now() };
    assert_eq!(verdict(ines.unwrap()), refused(taken));
    let state = floor.state(c).await;
    assert_eq!(state.taker(), Some((&"ben".into(), floor.now())));
    assert_eq!(floor.count("taken").await, 1);
}

#[tokio::test]
async fn a_delivery_that_comes_twice_is_one_text() {
    let mut floor = Floor::opens().await;
    let Work::Receive(mut inbound) = floor.text(1, "main", "hello") else { panic!("a text") };
    inbound.key = delivery("SM1");
    let work = || Work::Receive(inbound.clone());
    let service = floor.service.clone();
    let (one, two) = tokio::join!(service.submit(work()), service.submit(work()));
    assert!(matches!(one, Ok(Outcome::Received { new: true })));
    assert!(matches!(two, Ok(Outcome::Received { new: false })), "in the same group");
    floor.restarts().await;
    let head = floor.store.head().await.unwrap();
    assert!(matches!(floor.service.submit(work()).await, Ok(Outcome::Received { new: false })), "and much later");
    assert_eq!((floor.store.head().await.unwrap(), floor.count("received").await), (head, 1));
}

#[tokio::test]
async fn the_database_keeps_its_playbook_and_another_process_follows_a_new_one() {
    let mut floor = Floor::opens().await;
    let seed = comeback::domain::playbook::Playbook { company: "Other".to_owned(), ..crate::world::playbook() };
    let second = Service::start(floor.store.clone(), floor.clock.clone(), &seed).await.unwrap();
    assert_eq!((second.playbook().version, second.playbook().company.as_str()), (1, "Harbor & Pine"));
    floor.service.submit(Work::Playbook(Box::new(seed.into()))).await.unwrap();
    assert_eq!(floor.service.playbook().version, 2);
    let text = floor.text(1, "main", "hello");
    tokio::time::timeout(Duration::from_secs(20), second.submit(text)).await.expect("it decides").unwrap();
    assert_eq!((second.playbook().version, second.playbook().company.as_str()), (2, "Other"));
}

#[tokio::test]
async fn a_flood_is_refused_at_the_door_and_what_was_let_in_is_kept() {
    let mut floor = Floor::opens().await;
    let (mut waiting, full) = loop_until_full(&mut floor);
    assert!(matches!(full, ServiceError::Busy), "{full}");
    assert!(waiting.len() > 1000, "{} found room", waiting.len());
    let let_in = waiting.len();
    for outcome in waiting.drain(..) {
        assert!(matches!(outcome.await, Ok(Outcome::Received { new: true })));
    }
    assert_eq!(floor.count("received").await, let_in);
    floor.texts(1, "main", "there is room again").await;
}

type Waiting = std::pin::Pin<Box<dyn Future<Output = Result<Outcome, ServiceError>>>>;

/// Hands over texts until one is refused; the committer does not run meanwhile.
fn loop_until_full(floor: &mut Floor) -> (Vec<Waiting>, ServiceError) {
    let mut waiting: Vec<Waiting> = Vec::new();
    loop {
        let text = floor.text(1, "main", "hello");
        match floor.service.hand_over(text) {
            Ok(outcome) => waiting.push(Box::pin(outcome)),
            Err(full) => return (waiting, full),
        }
    }
}
