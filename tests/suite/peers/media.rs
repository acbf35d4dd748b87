//! Pictures, services and schedules: our adapter and Twilio's own client against the emulated carrier.

use chrono::TimeDelta;
use comeback::domain::contact::Address;
use comeback::server::carrier::Carrier as _;
use comeback::server::carrier::twilio::Twilio;
use comeback::server::egress::{Allow, Egress};
use comeback::server::store::{CarrierLine, LineExtra};
use serde_json::{Value, json};

use super::SERVICE;
use super::shop::{BUYER, Desk, LINE, Shop, eventually, http};

/// A text with parts of these types.
async fn texts(shop: &Shop, body: &str, media: &[&str]) -> String {
    let url = format!("{}/emulator/v1/inbound", shop.emulator.base_url());
    let text = json!({ "from": BUYER, "to": LINE, "body": body, "media": media });
    let said: Value = http().post(url).json(&text).send().await.unwrap().json().await.unwrap();
    said["sid"].as_str().unwrap().to_owned()
}

/// What the newest text shows of its parts, once each is settled.
async fn settled(desk: &Desk) -> (String, Vec<String>) {
    eventually("its media are settled", async || {
        let conversation = desk.conversation(BUYER).await;
        let newest = conversation["messages"].as_array()?.last()?.clone();
        let shown: Vec<String> = serde_json::from_value(newest["media"].clone()).unwrap();
        let all = !shown.is_empty() && shown.iter().all(|part| part.contains(';'));
        all.then(|| (newest["id"].as_str().unwrap().to_owned(), shown))
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_is_fetched_after_its_text_and_only_what_it_is_counts() {
    let shop = Shop::open(|_| {}).await;
    let desk = shop.backend().await;
    let parts = ["image/png", "text/vcard", "application/pdf", "text/html", "image/x-huge", "application/x-msdownload"];
    texts(&shop, "look", &parts).await;
    desk.has(BUYER, "look").await;
    let (message, shown) = settled(&desk).await;
    // The last one says that it is a program, and is the picture that every unknown type is here.
    let size = shown[0].clone();
    assert!(size.starts_with("image/png; size="), "{size}");
    assert!(shown[1].starts_with("text/vcard; size=") && shown[2].starts_with("application/pdf; size="), "{shown:?}");
    // By the webhook or by the list, whichever was first: what the carrier says of them does not count.
    assert!(shown[3..5].iter().all(|part| part.ends_with("; refused")) && shown[5] == size, "{shown:?}");

    let got = desk.get(&format!("/v1/media/{message}/0")).await;
    let header = |name: &str| got.headers()[name].to_str().unwrap().to_owned();
    assert_eq!((got.status().as_u16(), header("content-type")), (200, "image/png".to_owned()));
    assert_eq!(header("content-disposition"), "attachment; filename=\"photo.png\"");
    assert_eq!(
        (header("x-content-type-options"), header("cache-control")),
        ("nosniff".into(), "private, no-store".into())
    );
    let bytes = got.bytes().await.unwrap();
    assert!(bytes.starts_with(b"\x89PNG") && size.ends_with(&format!("={}", bytes.len())));
    for (path, status) in [
        (format!("/v1/media/{message}/3"), 410),
        (format!("/v1/media/{message}/4"), 410),
        (format!("/v1/media/{message}/9"), 404),
        (format!("/v1/media/{message}/x"), 404),
        ("/v1/media/x/0".to_owned(), 404),
    ] {
        assert_eq!(desk.get(&path).await.status().as_u16(), status, "{path}");
    }
    let stranger = http().get(format!("{}/v1/media/{message}/0", desk.url)).send().await.unwrap();
    assert_eq!(stranger.status().as_u16(), 401);
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_of_a_text_whose_webhook_was_lost_is_found_in_the_list_and_fetched() {
    let shop = Shop::open(|config| config.faults.webhook_drop = comeback::emulator::Times::Always(true)).await;
    let desk = shop.backend().await;
    texts(&shop, "lost", &["image/png", "text/vcard"]).await;
    desk.has(BUYER, "lost").await;
    let (_, shown) = settled(&desk).await;
    assert!(shown[0].starts_with("image/png; size=") && shown[1].starts_with("text/vcard; size="), "{shown:?}");
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_that_fails_comes_by_the_second_address_and_twice_is_once() {
    let shop = Shop::open(|_| {}).await;
    let desk = shop.backend().await;
    let broken = format!("{}/hooks/twilio/nowhere", desk.url);
    shop.emulator.set_webhook(LINE, Some(broken), Some(format!("{}/hooks/twilio/fallback", desk.url)));
    shop.emulator.inbound(BUYER, LINE, "by the second way", 0);
    desk.has(BUYER, "by the second way").await;
    // Both take it: it is one text.
    let both = format!("{}/hooks/twilio/fallback#rc=5&rp=all", desk.url);
    shop.emulator.set_faults(comeback::emulator::Faults {
        webhook_repeat: comeback::emulator::Times::Always(true),
        ..comeback::emulator::Faults::default()
    });
    shop.emulator.set_webhook(LINE, Some(both), None);
    shop.emulator.inbound(BUYER, LINE, "twice", 0);
    desk.has(BUYER, "twice").await;
    desk.two_rounds().await;
    assert_eq!(desk.texts(BUYER).await, ["by the second way", "twice"]);
    desk.close().await;
}

/// A line that is a service with two numbers.
async fn pooled(shop: &Shop) -> CarrierLine {
    for number in [LINE, SECOND] {
        let url = format!("{}/emulator/v1/numbers/{number}", shop.emulator.base_url());
        let set = json!({ "messaging_service_sid": SERVICE });
        http().post(url).json(&set).send().await.unwrap().error_for_status().unwrap();
    }
    CarrierLine {
        number: Address::parse(LINE).unwrap(),
        provider: "twilio".to_owned(),
        account: shop.config.account_sid.clone(),
        tokens: vec![shop.config.auth_token.clone()],
        service: Some(SERVICE.to_owned()),
        api: shop.emulator.base_url().to_owned(),
        extra: LineExtra { valid_seconds: Some(600), ..LineExtra::default() },
    }
}

const SECOND: &str = "+16465550177";

fn second(config: &mut comeback::emulator::EmulatorConfig) {
    let number = comeback::emulator::Number { number: SECOND.to_owned(), ..comeback::emulator::Number::default() };
    config.numbers.push(number);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_answers_from_the_number_a_buyer_knows_and_its_whole_pool_is_listed() {
    let shop = Shop::open(second).await;
    let line = pooled(&shop).await;
    let twilio = Twilio::new(Egress::new(Allow::loopback()));
    let since = shop.now() - comeback::domain::time::Span::minutes(60);
    shop.emulator.inbound(BUYER, SECOND, "to the second number", 1);
    let other = Address::parse("+14155550188").unwrap();
    let buyer = Address::parse(BUYER).unwrap();
    for (to, words) in [(&buyer, "known"), (&other, "new")] {
        let sent = twilio.send(&line, to, &comeback::domain::contact::Body::new(words), "").await;
        assert!(matches!(sent, comeback::server::carrier::SendOutcome::Accepted { .. }), "{sent:?}");
    }
    let from = |to: &str| {
        let sends = shop.emulator.sends();
        sends.as_array().unwrap().iter().find(|s| s["to"] == to).map(|s| s["from"].clone()).unwrap()
    };
    assert_eq!((from(BUYER), from("+14155550188")), (json!(SECOND), json!(LINE)));
    // A text from another number of the pool proves as much as one from the line's own: it is not sent again.
    let all = twilio.sent(&line, None, since).await.unwrap();
    assert_eq!(all.iter().map(|m| m.body.as_str()).collect::<std::collections::BTreeSet<_>>(), ["known", "new"].into());
    let one = twilio.sent(&line, Some(&buyer), since).await.unwrap();
    assert_eq!(one.iter().map(|m| m.body.as_str()).collect::<Vec<_>>(), ["known"]);
    let received = twilio.received(&line, since).await.unwrap();
    assert_eq!(received.iter().map(|m| (m.to.as_str(), m.media.len())).collect::<Vec<_>>(), [(SECOND, 1)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_scheduled_at_the_carrier_is_taken_back_before_it_leaves_and_never_after() {
    let shop = Shop::open(second).await;
    let line = pooled(&shop).await;
    let twilio = Twilio::new(Egress::new(Allow::loopback()));
    let send = |in_minutes: i64| {
        let at = shop.now().utc() + TimeDelta::minutes(in_minutes);
        json!({
            "to": BUYER, "messaging_service_sid": SERVICE, "body": "later", "schedule_type": "fixed",
            "send_at": at.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
        })
    };
    for wrong in [5, 36 * 24 * 60] {
        assert_eq!(shop.twilio("send", &send(wrong)).unwrap_err()["code"], 35114, "{wrong}");
    }
    let by_us = shop.twilio("send", &send(20)).unwrap();
    let by_them = shop.twilio("send", &send(20)).unwrap();
    let goes = shop.twilio("send", &send(20)).unwrap();
    let sid = |message: &Value| message["sid"].as_str().unwrap().to_owned();
    assert_eq!(by_us["status"], "scheduled");
    assert!(twilio.cancel(&line, &sid(&by_us)).await.unwrap());
    let told = shop.twilio("cancel", &json!({ "sid": sid(&by_them) })).unwrap();
    assert_eq!(told["status"], "canceled");
    shop.later(21 * 60);
    let status = |message: &Value| shop.twilio("fetch", &json!({ "sid": sid(message) })).unwrap()["status"].clone();
    eventually("the third one is delivered", async || (status(&goes) == "delivered").then_some(())).await;
    assert_eq!((status(&by_us), status(&by_them)), (json!("canceled"), json!("canceled")));
    assert!(!twilio.cancel(&line, &sid(&goes)).await.unwrap(), "it has left");
    assert_eq!(shop.twilio("cancel", &json!({ "sid": sid(&goes) })).unwrap_err()["code"], 30409);
    assert!(twilio.cancel(&line, &format!("SM{}", "0".repeat(32))).await.is_err(), "there is none");
}

#[tokio::test(flavor = "multi_thread")]
async fn twilio_s_client_lists_media_takes_words_away_and_deletes() {
    let shop = Shop::open(|_| {}).await;
    let sid = texts(&shop, "my number is inside", &["text/vcard", "image/png"]).await;
    let media = shop.twilio("media", &json!({ "sid": sid })).unwrap();
    let kinds: Vec<&str> = media.as_array().unwrap().iter().map(|m| m["content_type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["text/vcard", "image/png"]);
    assert_eq!(shop.twilio("redact", &json!({ "sid": sid, "body": "" })).unwrap()["body"], "");
    assert_eq!(shop.twilio("delete", &json!({ "sid": sid })).unwrap(), true);
    assert_eq!(shop.twilio("fetch", &json!({ "sid": sid })).unwrap_err()["code"], 20404);
    let too_long = json!({ "to": BUYER, "from_": LINE, "body": "x", "validity_period": 36001 });
    assert!(shop.twilio("send", &too_long).is_err());
}
