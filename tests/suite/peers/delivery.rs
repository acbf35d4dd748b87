//! Our answers through the real adapter: each arrives once, and what becomes of it never goes backwards, in whatever
//! order and however often the carrier tells it.

use std::time::Duration;

use comeback::domain::message::Delivery;
use comeback::emulator::{Callbacks, Faults, Number, Times};
use serde_json::{Value, json};
use uuid::Uuid;

use super::shop::{BUYER, Desk, LINE, SLOW, Shop, eventually};

fn with(callbacks: Callbacks) -> Faults {
    Faults { callbacks, ..Faults::default() }
}

fn out(delivery: &str, error: &Value) -> Value {
    json!({ "out": { "delivery": delivery, "error": error } })
}

/// A backend with a buyer who waits for an answer.
async fn asked(shop: &Shop) -> Desk {
    let desk = shop.backend().await;
    shop.emulator.inbound(BUYER, LINE, "when can we talk?", 0);
    desk.has(BUYER, "when can we talk?").await;
    desk
}

/// Asserts that what is recorded of an answer only ever went forwards, and ended at `wanted`.
async fn assert_went_forwards_to(desk: &Desk, message: Uuid, wanted: Delivery) {
    let facts = desk.facts("delivery_changed").await;
    let of_it = facts.iter().filter(|f| f["message"] == json!(message));
    let stations: Vec<Delivery> = of_it.map(|f| serde_json::from_value(f["delivery"].clone()).unwrap()).collect();
    assert!(stations.windows(2).all(|pair| pair[0].rank() < pair[1].rank()), "it went backwards: {stations:?}");
    assert_eq!(stations.last(), Some(&wanted));
}

/// Waits until the carrier has told everything of its plan for its only text to the buyer: `n` callbacks, in order.
async fn told(shop: &Shop, n: usize) -> Vec<String> {
    let all = eventually("the carrier tells all", async || {
        Some(shop.told(&shop.sent_sid(BUYER)).await).filter(|told| told.len() >= n)
    });
    let all = all.await;
    assert!(all.iter().all(|(_, status)| *status == json!(200)), "a callback was not taken: {all:?}");
    assert_eq!(all.len(), n, "{all:?}");
    all.into_iter().map(|(word, _)| word).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_arrives_once_and_becomes_delivered() {
    let shop = Shop::open(|config| config.faults = with(Callbacks::Clean)).await;
    let desk = asked(&shop).await;
    let (message, verdict) = desk.answer(BUYER, "At 3? ñ & 👋 +1").await;
    assert_eq!(verdict["verdict"], "done", "{verdict}");
    desk.stands(BUYER, message, &out("delivered", &Value::Null)).await;
    told(&shop, 2).await;
    assert_went_forwards_to(&desk, message, Delivery::Delivered).await;
    desk.two_rounds().await;
    assert_eq!(shop.sends(BUYER), [("At 3? ñ & 👋 +1".to_owned(), Value::Null)]);
    assert_eq!(desk.texts(BUYER).await, ["when can we talk?", "At 3? ñ & 👋 +1"], "our own text came back as theirs");
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn late_swapped_callbacks_never_take_a_delivery_back() {
    let shop = Shop::open(|config| config.faults = with(Callbacks::Late)).await;
    let desk = asked(&shop).await;
    let (message, _) = desk.answer(BUYER, "At 3?").await;
    assert_eq!(told(&shop, 2).await, ["delivered", "sent"]);
    assert_eq!(desk.standing(BUYER, message).await, out("delivered", &Value::Null));
    assert_went_forwards_to(&desk, message, Delivery::Delivered).await;
    assert_eq!(shop.sends(BUYER).len(), 1);
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storm_of_callbacks_never_takes_a_delivery_back() {
    let shop = Shop::open(|config| config.faults = with(Callbacks::Storm)).await;
    let desk = asked(&shop).await;
    let (message, _) = desk.answer(BUYER, "At 3?").await;
    let words = told(&shop, 6).await;
    let first = words.iter().position(|w| w == "delivered").unwrap();
    assert!(words[first..].iter().any(|w| w == "sent"), "no storm: choose another seed: {words:?}");
    assert_eq!(desk.standing(BUYER, message).await, out("delivered", &Value::Null));
    assert_went_forwards_to(&desk, message, Delivery::Delivered).await;
    assert_eq!(shop.sends(BUYER).len(), 1);
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn callbacks_that_overtake_the_answer_to_the_send_stand() {
    let faults = Faults { send_slow_ms: 1500, ..with(Callbacks::Clean) };
    let shop = Shop::open(|config| config.faults = faults).await;
    let desk = asked(&shop).await;
    let (message, _) = desk.answer(BUYER, "At 3?").await;
    told(&shop, 2).await;
    assert_eq!(desk.standing(BUYER, message).await, out("delivered", &Value::Null));
    // The POST is answered "queued" after that. The next answer of the conversation leaves only behind it.
    shop.emulator.set_faults(with(Callbacks::Clean));
    let (next, _) = desk.answer(BUYER, "or at 4?").await;
    desk.stands(BUYER, next, &out("delivered", &Value::Null)).await;
    assert_eq!(desk.standing(BUYER, message).await, out("delivered", &Value::Null));
    assert_went_forwards_to(&desk, message, Delivery::Delivered).await;
    assert_eq!(shop.sends(BUYER).len(), 2);
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_undelivered_answer_stays_so_and_the_buyer_still_waits() {
    let faults = Faults { undelivered: Some(30003), ..with(Callbacks::Storm) };
    let shop = Shop::open(|config| config.faults = faults).await;
    let desk = asked(&shop).await;
    let (message, _) = desk.answer(BUYER, "At 3?").await;
    told(&shop, 6).await;
    assert_eq!(desk.standing(BUYER, message).await, out("undelivered", &json!(30003)));
    assert_went_forwards_to(&desk, message, Delivery::Undelivered).await;
    let conversation = desk.conversation(BUYER).await;
    assert_eq!(conversation["state"]["clock"]["stage"], "running", "{conversation}");
    assert_eq!(shop.sends(BUYER).len(), 1, "a failed text is the rep's to send again, not ours");
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_whose_request_is_never_answered_is_found_in_the_list_and_not_sent_again() {
    let faults = Faults { send_accept_then_hang: Times::Always(true), ..with(Callbacks::None) };
    let mut shop = Shop::open(|config| config.faults = faults).await;
    shop.answered_within = Duration::from_secs(1);
    let desk = asked(&shop).await;
    let (message, _) = desk.answer(BUYER, "At 3?").await;
    // No callback and no answer: only the list can have told that the carrier has it, and how it stood just then.
    eventually("the list tells of it", async || {
        let standing = desk.standing(BUYER, message).await;
        standing["out"]["delivery"].as_str().map(str::to_owned)
    })
    .await;
    assert_eq!(desk.facts("send_started").await.len(), 1);
    desk.two_rounds().await;
    assert_eq!(shop.sends(BUYER), [("At 3?".to_owned(), Value::Null)]);
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_send_the_carrier_was_too_busy_for_goes_once_when_it_is_not() {
    let faults = Faults { send_429: Times::Next(1), ..with(Callbacks::Clean) };
    let shop = Shop::open(|config| config.faults = faults).await;
    let desk = asked(&shop).await;
    let (message, _) = desk.answer(BUYER, "At 3?").await;
    eventually("the carrier says not now", async || (shop.sends(BUYER).len() == 1).then_some(())).await;
    desk.stands(BUYER, message, &out("delivered", &Value::Null)).await;
    let all = shop.sends(BUYER);
    assert_eq!(all, [("At 3?".to_owned(), json!(20429)), ("At 3?".to_owned(), Value::Null)]);
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_for_an_opt_out_we_did_not_know_of_is_an_opt_out_from_then_on() {
    for told_later in [false, true] {
        let faults = Faults { async_21610: told_later, ..with(Callbacks::Clean) };
        // A pool of two numbers opts people out as one, and only the first is set up here.
        let other = "+16465550101";
        let shop = Shop::open(|config| {
            config.faults = faults;
            config.numbers[0].messaging_service_sid = Some(format!("MG{}", "a".repeat(32)));
            let second = Number { number: other.to_owned(), ..config.numbers[0].clone() };
            config.numbers.push(second);
        });
        let shop = shop.await;
        let desk = asked(&shop).await;
        shop.emulator.inbound(BUYER, other, "STOP", 0);
        let (message, _) = desk.answer(BUYER, "At 3?").await;
        desk.stands(BUYER, message, &out("failed", &json!(21610))).await;
        let refused = if told_later { Value::Null } else { json!(21610) };
        assert_eq!(shop.sends(BUYER), [("At 3?".to_owned(), refused)]);
        let (second, verdict) = desk.answer(BUYER, "or at 4?").await;
        assert_ne!(verdict["verdict"], "done", "told later: {told_later}: {verdict}");
        assert!(desk.standing(BUYER, second).await["out"].is_null());
        desk.two_rounds().await;
        assert_eq!(shop.sends(BUYER).len(), 1, "told later: {told_later}");
        desk.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_request_holds_back_only_later_texts_of_its_own_conversation() {
    let shop = Shop::open(|config| config.faults = with(Callbacks::Clean)).await;
    let desk = asked(&shop).await;
    let others: Vec<String> = (0..10).map(|n| format!("+141555502{n:02}")).collect();
    let (slow, _) = desk.answer(BUYER, SLOW).await;
    eventually("it is on its way", async || desk.facts("send_started").await.pop()).await;
    let (behind, _) = desk.answer(BUYER, "and this one comes after it").await;
    for other in &others {
        shop.emulator.inbound(other, LINE, "and me?", 0);
    }
    let mut answers = Vec::new();
    for other in &others {
        desk.has(other, "and me?").await;
        answers.push((other, desk.answer(other, "you too").await.0));
    }
    for (other, answer) in answers {
        desk.stands(other, answer, &out("delivered", &Value::Null)).await;
    }
    assert_eq!(desk.standing(BUYER, slow).await, "sending");
    assert!(desk.standing(BUYER, behind).await["held"].is_object() && shop.sends(BUYER).is_empty());
    desk.let_go();
    desk.stands(BUYER, behind, &out("delivered", &Value::Null)).await;
    let bodies: Vec<String> = shop.sends(BUYER).into_iter().map(|(body, _)| body).collect();
    assert_eq!(bodies, [SLOW, "and this one comes after it"]);
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backend_that_stops_waits_for_the_request_in_hand_and_records_it() {
    let shop = Shop::open(|config| config.faults = with(Callbacks::None)).await;
    let desk = asked(&shop).await;
    let (message, _) = desk.answer(BUYER, SLOW).await;
    eventually("it is on its way", async || desk.facts("send_started").await.pop()).await;
    desk.let_go();
    desk.close().await;
    let desk = shop.backend().await;
    let standing = desk.standing(BUYER, message).await;
    assert!(standing["out"].is_object(), "{standing}");
    assert!(desk.facts("send_unknown").await.is_empty(), "it was given up");
    assert_eq!(shop.sends(BUYER).len(), 1);
    desk.close().await;
}

/// Runs another test of this file in a process of its own: the environment belongs to the whole process.
#[test]
fn a_proxy_named_in_the_environment_is_not_asked_for_a_carrier_on_this_machine() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let proxy = format!("http://{nobody}");
    let told = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "peers::delivery::an_answer_arrives_once_and_becomes_delivered"])
        .env_remove("NO_PROXY")
        .env_remove("no_proxy")
        .envs(["http_proxy", "HTTP_PROXY", "ALL_PROXY"].map(|name| (name, &proxy)))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&told.stdout);
    assert!(told.status.success() && said.contains("1 passed"), "{said}{}", String::from_utf8_lossy(&told.stderr));
}
