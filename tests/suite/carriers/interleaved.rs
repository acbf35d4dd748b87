//! Carriers promise no order and no single delivery: whatever the order, and however often, the end is the same.

use comeback::emulator::others::OtherFaults;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use super::town::{BUYER, Kind, LINE, Town, eventually};

const OTHERS: [&str; 2] = ["+14155550188", "+14155550199"];

/// Every one of `n` at least once, some more often, in any order.
fn order(n: usize) -> impl Strategy<Value = Vec<usize>> {
    let more = proptest::collection::vec(0..n, 0..4);
    more.prop_flat_map(move |more| Just((0..n).chain(more).collect::<Vec<_>>()).prop_shuffle())
}

/// Holds everything back, lets it come in this order, and tells the end: what each buyer's conversation has, how the answer
/// stands, and what the journal has of it.
async fn end(kind: Kind, undelivered: bool, order: &[usize]) -> (Vec<Vec<String>>, Value, [usize; 3]) {
    let town = Town::opens_without_lists(kind).await;
    town.carrier.text(BUYER, LINE, "Hello").await;
    town.has("Hello").await;
    let error = if kind == Kind::Telnyx { "40008" } else { "failed" };
    let undelivered = undelivered.then(|| error.to_owned());
    town.carrier.set_faults(OtherFaults { held: true, undelivered, ..OtherFaults::default() });
    let (message, _) = town.answer("Good morning.").await;
    // Two reports on the answer, and a text of two other buyers each.
    eventually("reports", async || (town.carrier.held() == 2).then_some(())).await;
    for buyer in OTHERS {
        town.carrier.text(buyer, LINE, &format!("from {buyer}")).await;
    }
    assert_eq!(town.carrier.held(), 4);
    town.carrier.set_faults(OtherFaults::default());
    town.carrier.release(order).await;
    let answers: Vec<Vec<u16>> = town.carrier.posted().into_iter().map(|p| p.answers).collect();
    assert!(answers.iter().all(|a| a == &[200]) && answers.len() == 1 + order.len(), "{answers:?}");
    let mut texts = Vec::new();
    for buyer in [BUYER, OTHERS[0], OTHERS[1]] {
        texts.push(town.texts_with(buyer).await);
    }
    let standing = town.standing(message).await;
    let counts = [
        town.facts("received").await.len(),
        town.facts("send_started").await.len(),
        town.facts("sla_rearmed").await.len(),
    ];
    town.closes().await;
    (texts, standing, counts)
}

fn same_end_in_any_order(kind: Kind) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    for undelivered in [false, true] {
        let wanted = runtime.block_on(end(kind, undelivered, &[0, 1, 2, 3]));
        let delivery = if undelivered { "undelivered" } else { "delivered" };
        assert_eq!(wanted.1["out"]["delivery"], json!(delivery));
        assert_eq!(wanted.2, [3, 1, usize::from(undelivered)], "{:?}", wanted.0);
        let config = Config { cases: 12, failure_persistence: None, ..Config::default() };
        TestRunner::new(config)
            .run(&order(4), |order| {
                prop_assert_eq!(runtime.block_on(end(kind, undelivered, &order)), wanted.clone());
                Ok(())
            })
            .unwrap();
    }
}

#[test]
fn telnyxs_webhooks_end_alike_in_any_order_and_however_often_they_come() {
    same_end_in_any_order(Kind::Telnyx);
}

#[test]
fn signed_webhooks_end_alike_in_any_order_and_however_often_they_come() {
    same_end_in_any_order(Kind::Bridge);
}
