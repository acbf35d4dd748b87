//! The emulated carrier held against others' work: Twilio's own library, Twilio's published description through Prism,
//! and our own adapter, which shares no code with it. What it agrees on with all three is probably Twilio.

mod books;
mod catcher;
mod crm_proxy;
mod delivery;
mod ends;
mod later;
mod media;
mod opt_outs;
mod prism;
mod recovery;
mod rights;
mod shop;
mod slow_crm;
mod tables;
mod whose;

use comeback::emulator::{Callbacks, Faults, Number};
use serde_json::{Value, json};
use tokio::task::block_in_place;

use self::catcher::{Catcher, Caught};
use self::shop::{BUYER, LINE, Shop, eventually, http};
use crate::twilio_library::{accepts, client, sign};

const SERVICE: &str = "MG00112233445566778899aabbccddeeff";

/// Twilio's validator takes this webhook as it came, and not with one byte of it changed.
fn assert_twilio_takes_only_this(caught: &Caught, token: &str) {
    let said = caught.params();
    let judge =
        |url: &str, token: &str, signature: &str, said: &Value| block_in_place(|| accepts(url, token, signature, said));
    assert!(judge(&caught.url, token, &caught.signature, &said), "Twilio refuses what the emulator signed: {said}");
    let mut other = said.clone();
    other["AccountSid"] = json!(one_byte_changed(said["AccountSid"].as_str().unwrap()));
    assert!(!judge(&caught.url, token, &caught.signature, &other), "a changed body is accepted");
    assert!(!judge(&one_byte_changed(&caught.url), token, &caught.signature, &said), "a changed address is accepted");
    let signature = one_byte_changed(&caught.signature);
    assert!(!judge(&caught.url, token, &signature, &said), "a changed signature is accepted");
    assert!(!judge(&caught.url, &one_byte_changed(token), &caught.signature, &said), "another token is accepted");
}

/// The last letter or digit, one further on.
fn one_byte_changed(text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let at = (0..bytes.len()).rev().find(|i| bytes[*i].is_ascii_alphanumeric()).unwrap();
    bytes[at] = if matches!(bytes[at], b'9' | b'z' | b'Z') { bytes[at] - 1 } else { bytes[at] + 1 };
    String::from_utf8(bytes).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn twilio_s_validator_takes_the_emulated_inbound_webhooks_and_not_one_byte_else() {
    let shop = Shop::open(|config| config.numbers[0].advanced_opt_out = true).await;
    let catcher = Catcher::listen().await;
    // What is behind the # is for the carrier alone; user name and password become a header.
    let url = format!("{}#rc=5&rp=all", catcher.url("me:s%40fe@", "/Hook/In?Office=East&a=%20b"));
    shop.emulator.set_webhooks(&url);
    for (n, (body, pictures)) in [("Hi & 50% off + ñ = 👋 \"so\"\r\n", 0), ("", 2), ("STOP", 0)].into_iter().enumerate()
    {
        let sid = shop.emulator.inbound(BUYER, LINE, body, pictures);
        let caught = catcher.nth(n).await;
        assert_eq!((caught.value("MessageSid"), caught.value("Body")), (sid.as_str(), body));
        assert_eq!(caught.url, catcher.url("", "/Hook/In?Office=East&a=%20b"));
        assert_eq!(caught.authorization, "Basic bWU6c0BmZQ==");
        assert_twilio_takes_only_this(&caught, &shop.config.auth_token);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn twilio_s_validator_takes_the_emulated_status_callbacks_and_not_one_byte_else() {
    let shop = Shop::open(|config| config.faults.callbacks = Callbacks::Clean).await;
    let catcher = Catcher::listen().await;
    let send = |url: String| json!({"to": BUYER, "from_": LINE, "body": "At 3?", "status_callback": url});
    shop.twilio("send", &send(catcher.url("", "/hook/status/1?x=y"))).unwrap();
    shop.emulator.set_faults(Faults { undelivered: Some(30003), callbacks: Callbacks::Clean, ..Faults::default() });
    shop.twilio("send", &send(catcher.url("", "/hook/status/2"))).unwrap();
    let all = catcher.wait_for(4).await;
    let told = |path: &str| -> Vec<(String, String)> {
        let of = all.iter().filter(|c| c.url.contains(path));
        of.map(|c| (c.value("MessageStatus").to_owned(), c.value("ErrorCode").to_owned())).collect()
    };
    let pair = |status: &str, code: &str| (status.to_owned(), code.to_owned());
    assert_eq!(told("/status/1"), [pair("sent", ""), pair("delivered", "")]);
    assert_eq!(told("/status/2"), [pair("sent", ""), pair("undelivered", "30003")]);
    for caught in [&all[0], all.iter().find(|c| c.value("ErrorCode") == "30003").unwrap()] {
        assert_twilio_takes_only_this(caught, &shop.config.auth_token);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn twilio_s_client_sends_fetches_and_is_refused_as_by_twilio() {
    let shop = Shop::open(|config| config.faults.callbacks = Callbacks::Clean).await;
    let body = "Hi & 50% off + ñ = 👋";
    let sent = shop.twilio("send", &json!({"to": BUYER, "from_": LINE, "body": body})).unwrap();
    let sid = sent["sid"].as_str().unwrap();
    assert_eq!((&sent["status"], &sent["direction"]), (&json!("queued"), &json!("outbound-api")));
    assert_eq!((&sent["body"], &sent["num_segments"], &sent["num_media"]), (&json!(body), &json!("1"), &json!("0")));
    assert!(sent["date_sent"].is_null() && sent["error_code"].is_null() && sent["price"].is_null(), "{sent}");
    let fetch = || shop.twilio("fetch", &json!({"sid": sid})).unwrap();
    let delivered = eventually("the text is delivered", async || Some(fetch()).filter(|m| m["status"] == "delivered"));
    let delivered = delivered.await;
    assert_eq!((&delivered["to"], &delivered["from_"]), (&json!(BUYER), &json!(LINE)));
    // The client reads the dates: they are RFC 2822, as the API writes them.
    assert!(delivered["date_sent"].as_str().unwrap().starts_with("2026-03-03T15:0"), "{delivered}");
    assert_eq!(shop.emulator.sends().as_array().map(Vec::len), Some(1), "sent once");

    let unknown = shop.twilio("fetch", &json!({"sid": format!("SM{}", "0".repeat(32))})).unwrap_err();
    assert_eq!((&unknown["status"], &unknown["code"]), (&json!(404), &json!(20404)));
    shop.emulator.inbound(BUYER, LINE, "stop", 0);
    for (arguments, code) in [
        (json!({"to": BUYER, "from_": LINE, "body": "x"}), 21610),
        (json!({"to": "911x", "from_": LINE, "body": "x"}), 21211),
        (json!({"to": BUYER, "from_": "+12025550100", "body": "x"}), 21606),
        (json!({"to": BUYER, "from_": LINE, "body": "x".repeat(1601)}), 21617),
    ] {
        let refused = shop.twilio("send", &arguments).unwrap_err();
        assert_eq!((&refused["status"], &refused["code"]), (&json!(400), &json!(code)), "{refused}");
    }
    let account = (shop.config.account_sid.as_str(), "wrong");
    let locked =
        block_in_place(|| client(shop.emulator.base_url(), account, "fetch", &json!({"sid": sid}))).unwrap_err();
    assert_eq!((&locked["status"], &locked["code"]), (&json!(401), &json!(20003)));
}

#[tokio::test(flavor = "multi_thread")]
async fn twilio_s_client_lists_all_pages_newest_first_and_by_person_and_date() {
    let shop = Shop::open(|config| {
        config.numbers.push(Number { number: "+16465550200".to_owned(), ..Number::default() });
    })
    .await;
    let start = shop.now();
    let mut sids: Vec<String> = Vec::new();
    for n in 0..7 {
        sids.push(shop.emulator.inbound(BUYER, LINE, &format!("text {n}"), 0));
        shop.later(60);
    }
    shop.emulator.inbound(BUYER, "+16465550200", "to the other number", 0);
    shop.emulator.inbound("+14155550199", LINE, "from somebody else", 0);
    sids.reverse();
    let list = |arguments: Value| -> Vec<String> {
        let all = shop.twilio("list", &arguments).unwrap();
        all.as_array().unwrap().iter().map(|m| m["sid"].as_str().unwrap().to_owned()).collect()
    };
    // Three pages: the client follows the links that the emulator writes.
    assert_eq!(list(json!({"from_": BUYER, "to": LINE, "page_size": 3})), sids);
    assert_eq!(list(json!({"from_": BUYER, "to": LINE, "page_size": 3, "limit": 4})), sids[..4]);
    assert_eq!(list(json!({})).len(), 9);
    let after = |seconds: i64| (start + comeback::domain::time::Span::seconds(seconds)).to_string();
    let since = json!({"from_": BUYER, "to": LINE, "date_sent_after": after(4 * 60)});
    assert_eq!(list(since), sids[..3]);
    let until = json!({"from_": BUYER, "to": LINE, "date_sent_before": after(60)});
    assert_eq!(list(until), sids[5..]);
    assert!(list(json!({"date_sent_after": after(24 * 60 * 60)})).is_empty());
}

/// The other way round: what Twilio's own code signs, our backend believes, and nothing else.
#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_signed_by_twilio_s_library_gets_in_and_with_one_byte_changed_it_does_not() {
    let shop = Shop::open(|_| {}).await;
    let desk = shop.backend().await;
    let url = format!("{}/hooks/twilio/inbound", desk.url);
    let mut said = json!({
        "MessageSid": "SM00000000000000000000000000000001", "AccountSid": shop.config.account_sid, "From": BUYER,
        "To": LINE, "Body": "Hi & 50% off + ñ = 👋", "NumMedia": "0", "FromZip": "",
    });
    let signature = block_in_place(|| sign(&url, &shop.config.auth_token, &said));
    assert_eq!(desk.webhook(&url, &signature, &said).await, 200);
    for name in ["Body", "From", "MessageSid"] {
        let kept = said[name].take();
        said[name] = json!(one_byte_changed(kept.as_str().unwrap()));
        assert_eq!(desk.webhook(&url, &signature, &said).await, 403, "{name}");
        said[name] = kept;
    }
    assert_eq!(desk.webhook(&url, &one_byte_changed(&signature), &said).await, 403);
    let texts = desk.texts(BUYER).await;
    assert_eq!(texts, ["Hi & 50% off + ñ = 👋"]);
    desk.close().await;
}

/// A number's method, an application in place of its webhook, and a service before both: each as it is set up at the
/// carrier, and each time our backend takes the signature.
#[tokio::test(flavor = "multi_thread")]
async fn a_text_takes_the_way_set_up_at_the_carrier_and_its_signature_holds() {
    let shop = Shop::open(|config| config.numbers[0].messaging_service_sid = Some(SERVICE.to_owned())).await;
    let desk = shop.backend().await;
    let hook = format!("{}/hooks/twilio/inbound", desk.url);
    let base = shop.emulator.base_url();
    let account = format!("{base}/2010-04-01/Accounts/{}", shop.config.account_sid);
    let set = async |url: String, form: &[(&str, &str)]| -> Value {
        let request = http().post(url).basic_auth(&shop.config.account_sid, Some(&shop.config.auth_token)).form(form);
        request.send().await.unwrap().error_for_status().unwrap().json().await.unwrap()
    };
    let patch = async |patch: Value| {
        let url = format!("{base}/emulator/v1/numbers/{LINE}");
        http().post(url).json(&patch).send().await.unwrap().error_for_status().unwrap();
    };
    let answered = async |words: &str| -> Value {
        let sid = shop.emulator.inbound(BUYER, LINE, words, 0);
        let url = format!("{base}/emulator/v1/webhooks");
        eventually("the end of a webhook", async || {
            let all: Value = http().get(&url).send().await.unwrap().json().await.unwrap();
            all["webhooks"].as_array().unwrap().iter().find(|h| h["sid"] == sid).map(|h| h["status"].clone())
        })
        .await
    };
    patch(json!({ "sms_method": "GET" })).await;
    assert_eq!(answered("by GET & signed ñ").await, 200);
    let app = set(format!("{account}/Applications.json"), &[("SmsUrl", &hook)]).await;
    patch(json!({ "sms_application_sid": app["sid"], "sms_url": "http://127.0.0.1:9/" })).await;
    assert_eq!(answered("by an application").await, 200);
    let service = [("UseInboundWebhookOnNumber", "false"), ("InboundRequestUrl", &*hook), ("InboundMethod", "GET")];
    set(format!("{account}/Applications/{}.json", app["sid"].as_str().unwrap()), &[("SmsUrl", "")]).await;
    set(format!("{base}/v1/Services/{SERVICE}"), &service).await;
    assert_eq!(answered("by a service").await, 200);
    assert_eq!(desk.texts(BUYER).await, ["by GET & signed ñ", "by an application", "by a service"]);
}
