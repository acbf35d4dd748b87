//! The queue by itself.

use super::*;
use proptest::prelude::*;
use uuid::Uuid;

fn want(id: u128, command: Command) -> Want {
    Want {
        id: CommandId(Uuid::from_u128(id)),
        conversation: Some(ConversationId(Uuid::from_u128(1))),
        seen: 1,
        issued_at: Timestamp::from_millis(1),
        command,
        name: "Dana".to_owned(),
        address: None,
    }
}

fn answer(id: u128) -> Command {
    Command::Answer { message: MessageId(Uuid::from_u128(id)), body: Body::new("hello"), accept: Vec::new() }
}

fn receipt(entry: &Envelope, verdict: Verdict) -> Receipt {
    Receipt { id: entry.id, n: entry.n, verdict }
}

#[test]
fn a_refused_text_stays_and_a_refused_take_goes() {
    let mut outbox = Outbox::default();
    outbox.put(want(1, answer(10)));
    outbox.put(want(2, Command::Take));
    let batch = outbox.batch(&mut Vec::new());
    let no = Verdict::Refused { rejection: Rejection::NotFound };
    assert!(matches!(outbox.learn(&receipt(&batch[0], no.clone())), Some(Learnt::Stays(_))));
    assert!(matches!(outbox.learn(&receipt(&batch[1], no.clone())), Some(Learnt::Gone(_))));
    assert!(outbox.learn(&receipt(&batch[0], Verdict::Done)).is_none(), "the first outcome stands");
    assert_eq!(outbox.known(), 2);
    assert!(outbox.confirm(2, |_| false).gone.is_empty());
    let left = outbox.take(CommandId(Uuid::from_u128(1))).unwrap();
    assert_eq!(left.entry.words().unwrap().1.as_str(), "hello");
    assert_eq!(outbox.put(want(3, Command::Take)).envelope.n, 3, "a used number is never given again");
}

#[test]
fn an_answer_leaves_only_when_a_pull_reflects_it() {
    let mut outbox = Outbox::default();
    outbox.put(want(1, answer(10)));
    let batch = outbox.batch(&mut Vec::new());
    outbox.learn(&receipt(&batch[0], Verdict::Done));
    assert!(outbox.entries()[0].is_open() && !outbox.has_unpushed() && outbox.has_unconfirmed());
    assert!(outbox.confirm(0, |_| false).gone.is_empty());
    assert_eq!(outbox.confirm(1, |_| true).gone.len(), 1);
}

#[test]
fn words_without_an_outcome_are_kept_unless_they_are_seen_at_the_backend() {
    for there in [true, false] {
        let mut outbox = Outbox::default();
        outbox.put(want(1, answer(10)));
        outbox.batch(&mut Vec::new());
        outbox.confirm(1, |_| there);
        assert_eq!(outbox.entries().is_empty(), there);
    }
}

#[test]
fn what_may_have_left_is_not_taken_out() {
    let mut outbox = Outbox::default();
    outbox.put(want(1, answer(10)));
    outbox.batch(&mut Vec::new());
    assert_eq!(outbox.take(CommandId(Uuid::from_u128(1))), Err(Kept::MayHaveLeft));
    assert_eq!(outbox.take(CommandId(Uuid::from_u128(9))), Err(Kept::NoSuch));
}

#[test]
fn under_another_sign_in_nothing_unconfirmed_goes_by_itself_and_each_says_what_is_known_of_it() {
    let mut outbox = Outbox::default();
    outbox.put(want(1, answer(10)));
    outbox.put(want(2, Command::Take));
    let batch = outbox.batch(&mut Vec::new());
    outbox.learn(&receipt(&batch[0], Verdict::Done));
    outbox.put(want(3, answer(11)));
    outbox.put(want(4, Command::away(true)));
    assert_eq!(outbox.rebase(), Rebased { doubtful: 3, let_go: 1 });
    assert!(!outbox.has_unpushed() && !outbox.has_unconfirmed());
    let known = |outbox: &Outbox| outbox.entries().iter().map(|e| (e.doubt, e.is_open())).collect::<Vec<_>>();
    let wanted = [Doubt::Accepted, Doubt::OnItsWay, Doubt::NeverLeft].map(|doubt| (Some(doubt), false)).to_vec();
    assert_eq!(known(&outbox), wanted);
    assert_eq!(outbox.rebase(), Rebased::default(), "and once more changes nothing");
    assert_eq!(known(&outbox), wanted);

    // The new counter begins at one, and neither its receipts nor its acknowledgements mean them.
    assert_eq!(outbox.put(want(5, Command::Take)).envelope.n, 1);
    let batch = outbox.batch(&mut Vec::new());
    assert_eq!(batch.iter().map(|e| e.id.0.as_u128()).collect::<Vec<_>>(), [5]);
    assert!(outbox.learn(&receipt(&outbox.entries()[1].envelope.clone(), Verdict::Done)).is_none());
    assert_eq!(outbox.confirm(1, |_| false).gone.len(), 1);
    // A pull that shows the text settles it; the rest goes when the person says so.
    let shown = outbox.confirm(1, |message| message.0.as_u128() == 10);
    assert_eq!(shown.gone.iter().map(|e| e.envelope.id.0.as_u128()).collect::<Vec<_>>(), [1]);
    for id in [2, 3] {
        outbox.take(CommandId(Uuid::from_u128(id))).unwrap();
    }
    assert_eq!(outbox.last(), 1, "those stood outside of the counter");
}

proptest! {
    #[test]
    fn the_counter_has_no_gaps_and_no_text_is_lost(steps in proptest::collection::vec((0u8..5, 0usize..8), 0..60)) {
        let mut outbox = Outbox::default();
        let (mut written, mut gone) = (0u128, 0usize);
        let mut pushed = 0;
        for (step, pick) in steps {
            match step {
                0 | 1 => {
                    written += 1;
                    outbox.put(want(written, answer(1000 + written)));
                }
                2 => {
                    for envelope in outbox.batch(&mut Vec::new()) {
                        prop_assert!(envelope.n <= pushed + 1, "in order and without a gap");
                        pushed = pushed.max(envelope.n);
                    }
                }
                3 => {
                    let ids: Vec<_> = outbox.entries().iter().map(|e| e.envelope.id).collect();
                    if let Some(id) = ids.get(pick) && outbox.take(*id).is_ok() {
                        gone += 1;
                    }
                }
                _ => {
                    let first = outbox.entries().iter().find(|e| e.outcome.is_none() && e.tried).cloned();
                    if let Some(e) = first {
                        let no = pick % 2 == 0;
                        let verdict = if no { Verdict::Refused { rejection: Rejection::NotFound } } else { Verdict::Done };
                        outbox.learn(&receipt(&e.envelope, verdict));
                        gone += outbox.confirm(e.envelope.n, |_| true).gone.len();
                    }
                }
            }
            let waiting: Vec<u64> =
                outbox.entries().iter().filter(|e| e.outcome.is_none()).map(|e| e.envelope.n).collect();
            let wanted: Vec<u64> = (1..=outbox.last()).rev().take(waiting.len()).collect::<Vec<_>>().into_iter().rev().collect();
            prop_assert_eq!(waiting, wanted);
            prop_assert_eq!(outbox.entries().len() + gone, usize::try_from(written).unwrap());
        }
    }
}
