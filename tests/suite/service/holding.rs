//! A number on opt-out hold: nothing goes to it, whatever was on its way, until a person has ruled.

use comeback::domain::command::Command;
use comeback::domain::contact::Body;
use comeback::domain::event::Review;
use comeback::domain::hold::Ruling;
use comeback::domain::rejection::Rejection;
use comeback::domain::time::Span;
use comeback::server::engine;
use comeback::wire::command::Verdict;

use super::{Floor, begin, minutes, parked, started};

const ASKS: &str = "please take me off your list";

fn keep(floor: &mut Floor, reason: &str) -> Command {
    Command::Rule { ruling: Ruling::Keep { note: floor.fresh(), reason: Body::new(reason), read: Vec::new() } }
}

#[tokio::test]
async fn a_hold_takes_back_every_text_on_its_way_in_one_transaction() {
    let mut floor = Floor::opens().await;
    let main = floor.mayas_buyer().await;
    let dock = floor.texts(1, "dock", "hello dock").await;
    let held = floor.answers("maya", main, "held").await;
    let elsewhere = floor.answers("nora", dock, "held on another line").await;
    floor.clock.advance(minutes(1));
    // The runner tries in the same group, behind the text.
    let asks = floor.text(1, "main", ASKS);
    let service = floor.service.clone();
    let (asks, first, second) =
        tokio::join!(service.submit(asks), service.submit(begin(main, held)), service.submit(begin(dock, elsewhere)));
    asks.unwrap();
    assert!(!started(&first.unwrap(), held) && !started(&second.unwrap(), elsewhere));
    assert_eq!(floor.standing(main, held).await, Some(parked(&[Review::NewerReply, Review::OptOutHold])));
    assert_eq!(floor.standing(dock, elsewhere).await, Some(parked(&[Review::OptOutHold])));
    assert!(floor.store.due_sends(floor.now(), 10).await.unwrap().0.is_empty());
    // Neither after a restart, nor a new one, nor one that its rep wants to send all the same.
    floor.restarts().await;
    let anyway = Command::Release { message: held, accept: vec![Review::NewerReply, Review::OptOutHold] };
    let reasons = vec![Review::OptOutHold];
    assert_eq!(floor.does("maya", main, anyway).await, Verdict::Parked { reasons: reasons.clone() });
    let message = floor.fresh();
    let new = Command::Answer { message, body: Body::new("Sorry!"), accept: Vec::new() };
    assert_eq!(floor.does("maya", main, new).await, Verdict::Parked { reasons });
    floor.clock.advance(minutes(5));
    assert!(!floor.begins(main, held).await && !floor.begins(main, message).await);
    assert_eq!(floor.count("send_started").await, 0);
}

#[tokio::test]
async fn a_kept_number_is_listed_with_its_reason_which_the_journal_does_not_hold() {
    let mut floor = Floor::opens().await;
    let c = floor.mayas_buyer().await;
    let held = floor.answers("maya", c, "Yes").await;
    floor.texts(1, "main", ASKS).await;
    let kept = keep(&mut floor, "Meant the cc list of the quote");
    assert_eq!(floor.does("maya", c, kept).await, Verdict::Done);
    let rulings = floor.store.rulings(u64::MAX, 10).await.unwrap();
    let [ruled] = &rulings[..] else { panic!("{rulings:?}") };
    assert_eq!(ruled.reason.as_ref().map(Body::as_str), Some("Meant the cc list of the quote"));
    assert_eq!(ruled.ruling.by, Some("maya".into()));
    assert_eq!((ruled.address.clone(), ruled.ruling.at), (Some(super::buyer(1)), floor.now()));
    assert!(ruled.ruling.score >= 5 && ruled.ruling.conversation == c);
    assert!(floor.words(c).await.contains(&"Meant the cc list of the quote".to_owned()), "a note for colleagues");
    let journal = floor.journal().await;
    let holds = |words: &str| journal.iter().any(|e| String::from_utf8_lossy(&e.body).contains(words));
    assert!(!holds("cc list") && !holds(ASKS) && holds("take me off"), "the pattern's name, and nobody's words");
    assert_eq!(
        floor.standing(c, held).await,
        Some(parked(&[Review::NewerReply, Review::HoldLifted])),
        "it does not fly out by itself"
    );
    let again = floor.does("maya", c, Command::Rule { ruling: Ruling::OptOut }).await;
    assert_eq!(again, Verdict::Refused { rejection: Rejection::NotHeld });
    let anyway = Command::Release { message: held, accept: vec![Review::NewerReply, Review::HoldLifted] };
    assert_eq!(floor.does("maya", c, anyway).await, Verdict::Done);
    floor.clock.advance(minutes(1));
    assert!(floor.begins(c, held).await, "its rep has looked");
}

#[tokio::test]
async fn nobody_rules_and_the_deadline_opts_the_number_out_also_after_a_restart() {
    let mut floor = Floor::opens().await;
    let c = floor.mayas_buyer().await;
    floor.texts(1, "main", ASKS).await;
    let hold = floor.number_of(c).await.hold.unwrap();
    floor.clock.advance(Span::millis(hold.due.since(floor.now()).as_millis() - 60_000));
    floor.restarts().await;
    engine::fire(&floor.service).await.unwrap();
    assert_eq!((floor.count("ruling_warned").await, floor.count("opted_out").await), (1, 0));
    floor.clock.advance(minutes(1));
    engine::fire(&floor.service).await.unwrap();
    let number = floor.number_of(c).await;
    assert!(number.hold.is_none() && number.opted_out.is_some());
    let rulings = floor.store.rulings(u64::MAX, 10).await.unwrap();
    assert_eq!((rulings.len(), rulings[0].ruling.by.clone(), rulings[0].ruling.kept), (1, None, None));
    engine::fire(&floor.service).await.unwrap();
    assert_eq!(floor.count("opted_out").await, 1);
}
