//! Carriers beside Twilio: Telnyx, and every other by signed webhooks. Each against its emulator over sockets, with the
//! real backend between; their webhooks from recorded requests; and their published libraries as judges.

mod answers;
mod driven;
mod interleaved;
mod library;
mod pictures;
mod recorded;
mod town;
mod waiting;

use comeback::emulator::Times;
use comeback::emulator::others::OtherFaults;
use serde_json::{Value, json};

use self::town::{BUYER, Kind, LINE, Town};

/// The same story with each carrier.
async fn each<F: Future<Output = ()>>(story: impl Fn(Kind) -> F) {
    for kind in [Kind::Telnyx, Kind::Bridge] {
        story(kind).await;
    }
}

fn delivered() -> Value {
    json!({ "out": { "delivery": "delivered", "error": null } })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_text_comes_in_is_answered_and_the_answer_stands_delivered() {
    each(async |kind| {
        let town = Town::opens(kind).await;
        town.carrier.text(BUYER, LINE, "Can we talk on Thursday?").await;
        town.has("Can we talk on Thursday?").await;
        let (message, verdict) = town.answer("At ten. I will call you.").await;
        assert_eq!(verdict, json!({ "verdict": "done" }), "{kind:?}");
        town.stands(message, &delivered()).await;
        assert_eq!(town.carrier.sent(), [(BUYER.to_owned(), "At ten. I will call you.".to_owned())]);
        assert!(town.carrier.posted().iter().all(|p| p.answers == [200]), "{:?}", town.carrier.posted());
        town.closes().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn webhooks_that_come_again_and_in_another_order_change_nothing() {
    each(async |kind| {
        let town = Town::opens(kind).await;
        town.carrier.set_faults(OtherFaults { repeats: 2, swapped: true, delay_ms: 30, ..OtherFaults::default() });
        town.carrier.text(BUYER, LINE, "Only once, please").await;
        town.has("Only once, please").await;
        let (message, _) = town.answer("Once.").await;
        town.stands(message, &delivered()).await;
        // Three times a text, and three times two reports.
        town.carrier.until_posted(9).await;
        assert_eq!(town.texts().await, ["Only once, please", "Once."]);
        assert_eq!(town.standing(message).await, delivered());
        assert_eq!(town.carrier.sent().len(), 1);
        town.closes().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_text_whose_webhook_was_lost_is_recovered_with_its_words() {
    each(async |kind| {
        let town = Town::opens(kind).await;
        town.carrier.set_faults(OtherFaults { webhook_drop: Times::Next(1), ..OtherFaults::default() });
        town.carrier.text(BUYER, LINE, "Is anybody there?").await;
        town.has("Is anybody there?").await;
        assert_eq!(town.carrier.posted(), []);
        town.carrier.text(BUYER, LINE, "Hello?").await;
        town.has("Hello?").await;
        assert_eq!(town.texts().await, ["Is anybody there?", "Hello?"]);
        town.closes().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_was_taken_and_answered_500_is_found_and_never_sent_again() {
    each(async |kind| {
        let town = Town::opens(kind).await;
        town.carrier.text(BUYER, LINE, "Price?").await;
        town.has("Price?").await;
        town.carrier.set_faults(OtherFaults {
            send_swallowed: Times::Next(1),
            webhook_drop: Times::Next(1),
            ..OtherFaults::default()
        });
        let (message, _) = town.answer("From 40.").await;
        town.stands(message, &delivered()).await;
        assert_eq!(town.carrier.sent().len(), 1, "{kind:?}");
        assert_eq!(town.facts("send_unknown").await.len(), 1, "nobody knew for a while");
        town.closes().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_carrier_that_knows_of_a_stop_before_us_opts_the_number_out() {
    each(async |kind| {
        let town = Town::opens_without_lists(kind).await;
        town.carrier.text(BUYER, LINE, "Tell me more").await;
        town.has("Tell me more").await;
        // Nothing leaves before the first look at the carrier's list, which would show the STOP.
        let (first, _) = town.answer("Hello").await;
        town.stands(first, &delivered()).await;
        town.carrier.set_faults(OtherFaults { webhook_drop: Times::Next(9), ..OtherFaults::default() });
        town.carrier.text(BUYER, LINE, "STOP").await;
        let (message, _) = town.answer("Gladly.").await;
        let code = if kind == Kind::Telnyx { 40300 } else { 900_610 };
        town.stands(message, &json!({ "out": { "delivery": "failed", "error": code } })).await;
        let out = town.facts("opted_out").await;
        assert_eq!((out.len(), &out[0]["source"]), (1, &json!("carrier")), "{out:?}");
        assert_eq!(town.carrier.sent().into_iter().map(|(_, body)| body).collect::<Vec<_>>(), ["Hello"]);
        town.closes().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_settings_check_finds_everything_right_and_names_what_is_not() {
    each(async |kind| {
        let town = Town::opens(kind).await;
        let wrong = async |change: &dyn Fn(&mut comeback::server::store::CarrierLine)| {
            let mut line = town.line();
            change(&mut line);
            let findings = town.check(&line).await;
            findings.into_iter().filter(|f| !f.ok).map(|f| f.setting).collect::<Vec<_>>().join(", ")
        };
        assert_eq!(wrong(&|_| {}).await, "");
        match kind {
            Kind::Telnyx => {
                assert_eq!(wrong(&|l| l.tokens = vec!["KEYother".to_owned()]).await, "API key");
                assert_eq!(wrong(&|l| l.extra.keys = Vec::new()).await, "public key");
                assert_eq!(wrong(&|l| l.account = "another".to_owned()).await, "messaging profile");
                assert_eq!(wrong(&|l| l.api = "http://127.0.0.1:9".to_owned()).await, "the carrier's API");
            }
            Kind::Bridge => {
                assert_eq!(wrong(&|l| l.tokens = vec!["whsec_no".to_owned()]).await, "secret, list");
                assert_eq!(wrong(&|l| l.extra.list = Some("http://127.0.0.1:9".to_owned())).await, "list");
                assert_eq!(wrong(&|l| l.api = "nowhere".to_owned()).await, "where sends go");
            }
        }
        town.closes().await;
    })
    .await;
}
