//! A buyer who says stop: from that transaction on nothing to the number can start.

use comeback::domain::command::Command;
use comeback::domain::contact::Body;
use comeback::domain::conversation::AnswerState;
use comeback::domain::event::Review;
use comeback::wire::command::Verdict;

use super::{Floor, begin, minutes, parked, said, started};

#[tokio::test]
async fn a_stop_takes_back_every_unsent_text_to_the_number_before_any_can_start() {
    let mut floor = Floor::opens().await;
    let main = floor.mayas_buyer().await;
    let dock = floor.texts(1, "dock", "hello dock").await;
    let other = floor.texts(2, "main", "somebody else").await;
    let gone = floor.answers("maya", main, "already with the carrier").await;
    floor.clock.advance(minutes(1));
    assert!(floor.begins(main, gone).await);
    let held = floor.answers("maya", main, "held").await;
    let elsewhere = floor.answers("nora", dock, "held on another line").await;
    let bens = floor.answers("ben", other, "to somebody else").await;
    floor.clock.advance(minutes(1));
    let (due, _) = floor.store.due_sends(floor.now(), 10).await.unwrap();
    assert_eq!(due.len(), 2, "one waits behind the text on its way: {due:?}");

    // The runner tries in the same group, behind the stop. Nobody looks at the other line.
    let stop = floor.text(1, "main", "STOP");
    let service = floor.service.clone();
    let before = floor.journal().await.len();
    let (stop, first, second) =
        tokio::join!(service.submit(stop), service.submit(begin(main, held)), service.submit(begin(other, bens)));
    stop.unwrap();
    assert!(!started(&first.unwrap(), held));
    assert!(started(&second.unwrap(), bens), "another number is not concerned");
    assert_eq!(floor.standing(main, held).await, Some(parked(&[Review::OptedOut])));
    assert_eq!(floor.standing(dock, elsewhere).await, Some(parked(&[Review::OptedOut])));
    assert_eq!(floor.standing(main, gone).await, Some(AnswerState::Sending), "what left cannot be taken back");
    let facts: Vec<String> = floor.journal().await[before..].iter().map(|e| said(e).kind).collect();
    let opted_out = facts.iter().position(|kind| kind == "opted_out").unwrap();
    let started = facts.iter().position(|kind| kind == "send_started").unwrap();
    let taken_back: Vec<usize> = (0..facts.len()).filter(|i| facts[*i] == "answer_parked").collect();
    assert_eq!(taken_back.len(), 2, "{facts:?}");
    assert!(taken_back.iter().all(|i| opted_out < *i && *i < started), "one transaction, nothing between: {facts:?}");
    assert!(floor.store.due_sends(floor.now(), 10).await.unwrap().0.is_empty());
}

#[tokio::test]
async fn after_a_stop_no_answer_to_the_number_can_be_made_to_go() {
    let mut floor = Floor::opens().await;
    let c = floor.mayas_buyer().await;
    let held = floor.answers("maya", c, "Yes").await;
    floor.texts(1, "main", "stop").await;
    floor.clock.advance(minutes(1));
    assert!(!floor.begins(c, held).await);
    let accept = vec![Review::OptedOut, Review::NewerReply];
    let anyway = Command::Release { message: held, accept: accept.clone() };
    let verdict = floor.does("maya", c, anyway).await;
    assert_eq!(verdict, Verdict::Parked { reasons: vec![Review::OptedOut] });
    let late = floor.fresh();
    let verdict = floor.does("maya", c, Command::Answer { message: late, body: Body::new("Sorry!"), accept }).await;
    assert_eq!(verdict, Verdict::Parked { reasons: vec![Review::OptedOut] });
    floor.restarts().await;
    for message in [held, late] {
        assert!(!floor.begins(c, message).await);
    }
    assert_eq!(floor.count("send_started").await, 0);
    floor.texts(1, "main", "START").await;
    floor.texts(1, "main", "hello again").await;
    assert!(floor.store.due_sends(floor.now(), 10).await.unwrap().0.is_empty(), "nothing goes by itself");
    let anyway = Command::Release { message: held, accept: vec![Review::OptedOut, Review::NewerReply] };
    assert_eq!(floor.does("maya", c, anyway).await, Verdict::Done);
    floor.clock.advance(minutes(1));
    assert!(floor.begins(c, held).await, "consent came back, and its rep said so");
}
