//! The reconciler against the emulated carrier's list: what its webhooks never told comes in once.

use comeback::domain::time::Span;
use comeback::emulator::{Callbacks, Faults, Times};
use serde_json::json;
use tokio::task::block_in_place;

use super::shop::{BUYER, LINE, Shop, eventually};
use crate::twilio_library::sign;

const OTHER: &str = "+14155550199";

fn dropping() -> Faults {
    Faults { webhook_drop: Times::Always(true), ..Faults::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_whose_webhook_was_dropped_is_recovered_once_and_running_again_changes_nothing() {
    let shop = Shop::open(|config| config.faults = dropping()).await;
    let desk = shop.backend().await;
    let sid = shop.emulator.inbound(BUYER, LINE, "Hi & 50% off + ñ = 👋", 0);
    shop.emulator.inbound(OTHER, LINE, "", 2);
    desk.has(BUYER, "Hi & 50% off + ñ = 👋").await;
    desk.has(OTHER, "").await;
    // What became of the pictures is a fact, too.
    let settled = async || (desk.facts("media_settled").await.len() == 2).then_some(());
    eventually("both pictures are settled", settled).await;
    let (head, before) = (desk.head().await, desk.conversation(BUYER).await);
    assert_eq!(before["state"]["clock"]["stage"], "running", "a recovered text is a text like any other: {before}");
    let picture = desk.conversation(OTHER).await["messages"][0].clone();
    assert_eq!(picture["author"], json!({ "buyer": "picture" }));
    assert_eq!(picture["media"].as_array().map(Vec::len), Some(2));
    desk.two_rounds().await;
    assert_eq!((desk.head().await, desk.conversation(BUYER).await), (head, before.clone()));
    desk.close().await;

    // A backend that has just started remembers no earlier round, and looks back further.
    let desk = shop.backend().await;
    desk.two_rounds().await;
    assert_eq!((desk.head().await, desk.conversation(BUYER).await), (head, before));
    // And its webhooks, should they come after all, are no news.
    let form = json!({
        "MessageSid": sid, "AccountSid": shop.config.account_sid, "From": BUYER, "To": LINE,
        "Body": "Hi & 50% off + ñ = 👋", "NumMedia": "0",
    });
    let url = format!("{}/hooks/twilio/inbound", desk.url);
    let signature = block_in_place(|| sign(&url, &shop.config.auth_token, &form));
    assert_eq!(desk.webhook(&url, &signature, &form).await, 200);
    assert_eq!(desk.head().await, head);
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_comes_by_webhook_twice_and_by_the_list_is_one_text() {
    let shop = Shop::open(|config| config.faults.webhook_repeat = Times::Always(true)).await;
    let desk = shop.backend().await;
    let bodies: Vec<String> = (0..20).map(|n| format!("text {n}")).collect();
    for body in &bodies {
        shop.emulator.inbound(BUYER, LINE, body, 0);
        shop.later(1);
    }
    for body in &bodies {
        desk.has(BUYER, body).await;
    }
    desk.two_rounds().await;
    let mut texts = desk.texts(BUYER).await;
    texts.sort();
    let mut wanted = bodies.clone();
    wanted.sort();
    assert_eq!(texts, wanted);
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_of_a_time_when_the_backend_was_down_come_in_their_order() {
    let shop = Shop::open(|_| {}).await;
    let desk = shop.backend().await;
    shop.emulator.inbound(BUYER, LINE, "before", 0);
    desk.has(BUYER, "before").await;
    desk.close().await;
    shop.emulator.set_faults(dropping());
    for n in 0..3 {
        shop.later(60);
        shop.emulator.inbound(BUYER, LINE, &format!("meanwhile {n}"), 0);
    }
    shop.later(60);
    let desk = shop.backend().await;
    desk.has(BUYER, "meanwhile 2").await;
    assert_eq!(desk.texts(BUYER).await, ["before", "meanwhile 0", "meanwhile 1", "meanwhile 2"]);
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_whose_callbacks_were_all_lost_is_brought_forward_by_the_list() {
    for (error, delivery) in [(None, "delivered"), (Some(30003), "undelivered")] {
        let faults = Faults { callbacks: Callbacks::None, undelivered: error, ..Faults::default() };
        let shop = Shop::open(|config| config.faults = faults).await;
        let desk = shop.backend().await;
        shop.emulator.inbound(BUYER, LINE, "maybe", 0);
        desk.has(BUYER, "maybe").await;
        let (message, _) = desk.answer(BUYER, "At 3?").await;
        let mut stands = json!({ "out": { "delivery": "queued", "error": null } });
        desk.stands(BUYER, message, &stands).await;
        // A callback that is only late is waited for each time; these never come.
        while stands != json!({ "out": { "delivery": delivery, "error": error } }) {
            shop.later(120);
            stands = eventually("the list tells more", async || {
                Some(desk.standing(BUYER, message).await).filter(|now| *now != stands)
            })
            .await;
        }
        let head = desk.head().await;
        desk.two_rounds().await;
        assert_eq!(desk.head().await, head, "the list tells nothing new");
        assert_eq!(shop.sends(BUYER).len(), 1);
        desk.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_whose_webhook_was_dropped_holds_back_every_answer() {
    let shop = Shop::open(|_| {}).await;
    let desk = shop.backend().await;
    shop.emulator.inbound(BUYER, LINE, "maybe", 0);
    desk.has(BUYER, "maybe").await;
    shop.emulator.set_faults(dropping());
    shop.emulator.inbound(BUYER, LINE, "STOP", 0);
    desk.has(BUYER, "STOP").await;
    let (message, _) = desk.answer(BUYER, "one more thing").await;
    let standing = desk.standing(BUYER, message).await;
    assert_eq!(standing["out"], json!(null), "{standing}");
    desk.two_rounds().await;
    assert!(shop.sends(BUYER).is_empty(), "a text left to somebody who said stop");
    desk.close().await;
}

/// Twilio's webhooks do not say when a text was sent: it is asked, and at once.
#[tokio::test(flavor = "multi_thread")]
async fn a_start_lifts_the_stop_before_it_and_a_lost_one_no_stop_after_it() {
    let shop = Shop::open(|_| {}).await;
    let desk = shop.backend().await;
    let is_out = async || !desk.conversation(BUYER).await["number"]["opted_out"].is_null();
    let becomes = async |out: bool, what: &str| eventually(what, async || (is_out().await == out).then_some(())).await;
    shop.emulator.inbound(BUYER, LINE, "hello", 0);
    desk.has(BUYER, "hello").await;
    shop.emulator.inbound(BUYER, LINE, "STOP", 0);
    becomes(true, "the STOP").await;
    shop.later(2);
    shop.emulator.inbound(BUYER, LINE, "START", 0);
    becomes(false, "the START").await;
    shop.later(2);
    shop.emulator.inbound(BUYER, LINE, "Stop!", 0);
    becomes(true, "another STOP").await;
    shop.later(2);
    // Its webhook is lost, and the reconciler finds it after the last STOP.
    shop.emulator.set_faults(dropping());
    shop.emulator.inbound(BUYER, LINE, "Unstop", 0);
    shop.emulator.set_faults(Faults::default());
    shop.later(2);
    shop.emulator.inbound(BUYER, LINE, "stop.", 0);
    desk.has(BUYER, "stop.").await;
    desk.has(BUYER, "Unstop").await;
    desk.two_rounds().await;
    assert!(is_out().await, "it is older than the last STOP");
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_asked_us_to_stop_while_no_backend_ran_is_heard_before_anything_leaves() {
    let shop = Shop::open(|_| {}).await;
    let desk = shop.backend_undoing(None, Span::seconds(30)).await;
    for buyer in [BUYER, OTHER] {
        shop.emulator.inbound(buyer, LINE, "hello", 0);
        desk.has(buyer, "hello").await;
        desk.answer(buyer, "At three?").await;
    }
    desk.close().await;
    // Their webhooks reach nobody.
    shop.emulator.inbound(BUYER, LINE, "wrong number, lose it", 0);
    shop.emulator.inbound(OTHER, LINE, "Thank you", 0);
    shop.later(60);
    let desk = shop.backend_undoing(None, Span::seconds(30)).await;
    desk.has(BUYER, "wrong number, lose it").await;
    desk.has(OTHER, "Thank you").await;
    desk.two_rounds().await;
    assert_eq!(shop.sends(BUYER), [], "they asked us to stop");
    desk.close().await;
}
