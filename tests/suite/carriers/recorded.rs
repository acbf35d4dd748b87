//! Webhooks as they are on the wire (assets/carriers): believed as they are, at their time and by their key only; what
//! they say; and with anything wrong in them.

use std::collections::BTreeSet;

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use comeback::domain::contact::Address;
use comeback::domain::message::Delivery;
use comeback::domain::time::Timestamp;
use comeback::server::carrier::hook::{Report, Text};
use comeback::server::carrier::{Carrier as _, Carriers, Heard, Hooked, Said, Unbelieved};
use comeback::server::egress::{Allow, Egress};
use comeback::server::media::Attachment;
use comeback::server::store::{CarrierLine, LineExtra};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::town::SECRET;
use crate::bytes::mutate::mutated;
use crate::log::Log;

const AT: i64 = 1_793_718_000;
const KEY: &str = "6kpsY+KcUgq+9VB7Ey7F+ZVHdq6+vnuSQh7qaRRG0iw=";
const ANSWER: &str = "0192f1c0-0000-7000-8000-000000000001";

const RECORDED: [(&str, &[u8]); 9] = [
    ("telnyx_received", include_bytes!("../../../assets/carriers/telnyx_received.http")),
    ("telnyx_received_stop", include_bytes!("../../../assets/carriers/telnyx_received_stop.http")),
    ("telnyx_received_picture", include_bytes!("../../../assets/carriers/telnyx_received_picture.http")),
    ("telnyx_sent", include_bytes!("../../../assets/carriers/telnyx_sent.http")),
    ("telnyx_finalized_delivered", include_bytes!("../../../assets/carriers/telnyx_finalized_delivered.http")),
    ("telnyx_finalized_failed", include_bytes!("../../../assets/carriers/telnyx_finalized_failed.http")),
    ("generic_received", include_bytes!("../../../assets/carriers/generic_received.http")),
    ("generic_status", include_bytes!("../../../assets/carriers/generic_status.http")),
    ("generic_status_failed", include_bytes!("../../../assets/carriers/generic_status_failed.http")),
];

/// A request taken apart.
#[derive(Clone)]
struct Request {
    address: String,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Request {
    fn recorded(name: &str) -> Self {
        let (_, bytes) = RECORDED.iter().find(|(n, _)| *n == name).unwrap();
        let end = bytes.windows(4).position(|w| w == b"\r\n\r\n").unwrap();
        let head = std::str::from_utf8(&bytes[..end]).unwrap();
        let mut lines = head.split("\r\n");
        let address = lines.next().unwrap().split(' ').nth(1).unwrap().to_owned();
        let headers = lines.map(|line| {
            let (name, value) = line.split_once(": ").unwrap();
            (name.parse::<HeaderName>().unwrap(), value.parse::<HeaderValue>().unwrap())
        });
        Self { address, headers: headers.collect(), body: bytes[end + 4..].to_vec() }
    }

    fn with(mut self, name: &'static str, value: &str) -> Self {
        match HeaderValue::from_str(value) {
            Ok(value) => drop(self.headers.insert(name, value)),
            Err(_) => drop(self.headers.remove(name)),
        }
        self
    }

    fn without(mut self, name: &str) -> Self {
        self.headers.remove(name);
        self
    }

    fn asked<T>(&self, seconds: i64, ask: impl FnOnce(&Hooked<'_>) -> T) -> T {
        let (carrier, path) = self.address.strip_prefix("/hooks/").unwrap().split_once('/').unwrap();
        ask(&Hooked {
            carrier,
            path,
            method: "POST",
            url: &format!("https://comeback.example{}", self.address),
            query: "",
            headers: &self.headers,
            body: &self.body,
            at: Timestamp::from_millis(seconds * 1000),
        })
    }

    fn verified(
        &self,
        carriers: &Carriers,
        lines: &[CarrierLine],
        seconds: i64,
    ) -> Result<BTreeSet<String>, Unbelieved> {
        self.asked(seconds, |hooked| carriers.verify(lines, hooked))
    }
}

fn carriers() -> Carriers {
    drop(rustls::crypto::ring::default_provider().install_default());
    Carriers::new(&Egress::new(Allow::loopback()))
}

fn line(provider: &str, account: &str, tokens: &[&str], keys: &[&str]) -> CarrierLine {
    let all = |texts: &[&str]| texts.iter().map(|t| (*t).to_owned()).collect();
    CarrierLine {
        number: Address::parse("+16465550100").unwrap(),
        provider: provider.to_owned(),
        account: account.to_owned(),
        tokens: all(tokens),
        service: None,
        api: "https://api.example".to_owned(),
        extra: LineExtra { keys: all(keys), list: None, ..LineExtra::default() },
    }
}

fn lines() -> [CarrierLine; 4] {
    [
        line("telnyx", "profile", &["KEY0"], &[KEY]),
        line("telnyx", "another", &["KEY1"], &["AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="]),
        line("generic", "acme", &["whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", SECRET], &[]),
        line("generic", "other", &["whsec_BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB"], &[]),
    ]
}

fn signature_of(name: &str) -> &'static str {
    if name.starts_with("telnyx") { "telnyx-signature-ed25519" } else { "webhook-signature" }
}

fn time_of(name: &str) -> &'static str {
    if name.starts_with("telnyx") { "telnyx-timestamp" } else { "webhook-timestamp" }
}

#[test]
fn recorded_webhooks_are_believed_by_the_account_whose_key_signed_them_and_only_at_their_time() {
    let carriers = carriers();
    for (name, _) in RECORDED {
        let signer = if name.starts_with("telnyx") { "profile" } else { "acme" };
        let request = Request::recorded(name);
        for seconds in [AT - 300, AT, AT + 300] {
            let found = request.verified(&carriers, &lines(), seconds);
            assert_eq!(found, Ok([signer.to_owned()].into()), "{name} at {seconds}");
        }
        for seconds in [0, AT - 301, AT + 301, AT + 86_400] {
            let Err(Unbelieved::Forged(why)) = request.verified(&carriers, &lines(), seconds) else { panic!("{name}") };
            assert!(why.contains("a replay, or a clock that is wrong"), "{why}");
        }
        // A carrier that is not set up, or has another's key, signs nothing.
        let others: Vec<CarrierLine> = lines().into_iter().filter(|l| l.account != signer).collect();
        assert!(request.verified(&carriers, &others, AT).is_err(), "{name}");
        assert!(request.verified(&carriers, &[], AT).is_err(), "{name}");
    }
}

#[test]
fn a_forged_webhook_is_refused_and_the_reason_quotes_nothing_of_it() {
    let carriers = carriers();
    for (name, _) in RECORDED {
        let good = Request::recorded(name);
        let (signature, time) = (signature_of(name), time_of(name));
        let said = good.headers[signature].to_str().unwrap().to_owned();
        let mut longer = good.clone();
        longer.body.push(b' ');
        let mut shorter = good.clone();
        shorter.body.pop();
        let other = Request::recorded(if name == "telnyx_sent" { "telnyx_received" } else { "telnyx_sent" });
        let swapped = Request { body: other.body, ..good.clone() };
        for (request, why) in [
            (good.clone().without(signature), "no signature"),
            (good.clone().without(time), "no time"),
            (good.clone().with(signature, ""), "an empty one"),
            (good.clone().with(signature, "v1,"), "one without bytes"),
            (good.clone().with(signature, &said[..said.len() - 4]), "one cut short"),
            (good.clone().with(signature, &said.to_lowercase()), "one in other letters"),
            (good.clone().with(time, &(AT + 1).to_string()), "another time"),
            (good.clone().with(time, &format!("{AT}.0")), "a time with a point"),
            (good.clone().with(time, &format!("+{AT}")), "a time with a sign"),
            (longer, "a longer body"),
            (shorter, "a shorter body"),
            (swapped, "another's body"),
        ] {
            match request.verified(&carriers, &lines(), AT) {
                Err(Unbelieved::Forged(told)) => {
                    assert!(
                        !told.contains("+1") && !told.contains("whsec") && told.len() < 200,
                        "{name}, {why}: {told}"
                    );
                }
                other => panic!("{name}, {why}: {other:?}"),
            }
        }
        if name.starts_with("generic") {
            assert!(good.clone().with("webhook-id", "msg_1").verified(&carriers, &lines(), AT).is_err(), "another id");
            let several = format!("v1,AAAA {said} v1a,AAAA");
            assert!(good.with(signature, &several).verified(&carriers, &lines(), AT).is_ok(), "one of several");
        }
    }
}

fn heard(carriers: &Carriers, request: &Request) -> Heard {
    request.asked(AT, |hooked| carriers.parse(hooked)).unwrap()
}

#[test]
fn recorded_webhooks_say_what_the_carrier_said() {
    let carriers = carriers();
    let said = |name| heard(&carriers, &Request::recorded(name)).said;
    let address = |text: &str| Address::parse(text).unwrap();
    let text = |name| match said(name) {
        Said::Text(text) => text,
        other => panic!("{name}: {other:?}"),
    };
    let first = text("telnyx_received");
    let sent = Some(Timestamp::from_millis(1_793_717_999_503));
    let wanted = Text {
        id: "84cca175-9755-4859-b67f-4730d7f58aa3".to_owned(),
        account: None,
        service: Some("740572b6-099c-44a1-89b9-6c92163bc68d".to_owned()),
        from: address("+14155550123"),
        to: address("+16465550100"),
        body: comeback::domain::contact::Body::new("Can we do Thursday? ñ"),
        media: Vec::new(),
        opt_out_type: None,
        sent,
    };
    assert_eq!(first, wanted);
    assert_eq!(text("telnyx_received_stop").opt_out_type.as_deref(), Some("STOP"));
    let jpeg = |url| Attachment::told(Some("image/jpeg"), url);
    assert_eq!(text("telnyx_received_picture").media, [jpeg(Some("https://media.example/1"))]);
    let media = vec![jpeg(None)];
    let generic = Text { id: "b-00000001".to_owned(), service: None, media, ..wanted };
    assert_eq!(text("generic_received"), generic);
    let report = |delivery, error| {
        let (message, from) = (ANSWER.parse().map(comeback::domain::id::MessageId).unwrap(), address("+16465550100"));
        Said::Report(Report { message, account: None, from: Some(from), delivery, error })
    };
    assert_eq!(said("telnyx_sent"), report(Delivery::Sent, None));
    assert_eq!(said("telnyx_finalized_delivered"), report(Delivery::Delivered, None));
    assert_eq!(said("telnyx_finalized_failed"), report(Delivery::Failed, Some(40300)));
    assert_eq!(said("generic_status"), report(Delivery::Delivered, None));
    assert_eq!(said("generic_status_failed"), report(Delivery::Failed, Some(900_610)));
}

#[test]
fn of_media_that_are_left_out_the_log_has_the_number_and_nothing_else() {
    let carriers = carriers();
    let posted = |first: String, more: usize| {
        let one = |url: String| json!({ "content_type": "image/png", "url": url });
        let more = (0..more).map(|n| one(format!("https://media.example/{n}")));
        let media: Vec<Value> = std::iter::once(one(first)).chain(more).collect();
        let data = json!({
            "id": "b-1", "from": "+14155550123", "to": "+16465550100", "text": "my card is 4111", "media": media,
        });
        let body = json!({ "type": "message.received", "data": data }).to_string().into_bytes();
        match heard(&carriers, &Request { body, ..Request::recorded("generic_received") }).said {
            Said::Text(text) => text.media,
            other => panic!("{other:?}"),
        }
    };
    let (log, _guard) = Log::listen();
    let longest = format!("https://media.example/{}", "x".repeat(2048 - 22));
    let media = posted(longest.clone(), 9);
    assert_eq!((media.len(), media[0].url.as_ref()), (10, Some(&longest)));
    assert_eq!(log.lines("WARN"), Vec::<String>::new(), "all of it is kept");
    let media = posted(format!("{longest}x"), 11);
    assert_eq!((media.len(), media[0].url.as_ref()), (10, None));
    assert_eq!((media[0].kind.as_str(), media[9].url.as_deref()), ("image/png", Some("https://media.example/8")));
    let warned = log.lines("WARN");
    assert!(warned.len() == 1 && warned[0].contains("media of a text are not kept"), "{warned:?}");
    for count in ["\"media\":12", "\"left_out\":2", "\"too_long\":1", "\"carrier\":\"generic\""] {
        assert!(warned[0].contains(count), "no {count} in {warned:?}");
    }
    for personal in ["media.example", "4155550123", "6465550100", "my card", "b-1"] {
        assert!(!warned[0].contains(personal), "{personal} is in {warned:?}");
    }
}

#[test]
fn everything_a_webhook_said_is_kept_as_it_came() {
    let carriers = carriers();
    for (name, _) in RECORDED {
        let request = Request::recorded(name);
        assert_eq!(heard(&carriers, &request).raw.as_bytes(), request.body, "{name}");
    }
}

#[test]
fn whatever_stands_in_a_body_it_is_believed_only_unchanged_and_read_or_refused_in_our_words() {
    let carriers = carriers();
    for (name, _) in RECORDED {
        let good = Request::recorded(name);
        let config = ProptestConfig { cases: 120, failure_persistence: None, ..ProptestConfig::default() };
        proptest::test_runner::TestRunner::new(config)
            .run(&mutated(vec![good.body.clone()]), |body| {
                let request = Request { body, ..good.clone() };
                let believed = request.verified(&carriers, &lines(), AT).is_ok();
                prop_assert_eq!(believed, request.body == good.body);
                match request.asked(AT, |hooked| carriers.parse(hooked)) {
                    Ok(heard) => {
                        prop_assert_eq!(heard.raw.as_bytes(), &request.body[..]);
                        if let Said::Text(text) = heard.said {
                            prop_assert!(text.media.len() <= 10 && !text.id.is_empty() && text.id.len() <= 128);
                            prop_assert_eq!(Address::parse(text.from.as_str()), Ok(text.from));
                        }
                    }
                    Err(why) => {
                        prop_assert!(!why.0.is_empty() && why.0.len() < 200 && !why.0.chars().any(char::is_control));
                    }
                }
                Ok(())
            })
            .unwrap();
    }
}

#[test]
fn a_signature_or_a_time_with_a_byte_changed_is_refused() {
    let carriers = carriers();
    for (name, _) in RECORDED {
        for header in [signature_of(name), time_of(name)] {
            let good = Request::recorded(name);
            let said = good.headers[header].to_str().unwrap().to_owned();
            for at in 0..said.len() {
                for byte in [b'0', b'A', b'=', b' ', b'|'] {
                    let mut changed = said.clone().into_bytes();
                    changed[at] = byte;
                    let changed = String::from_utf8(changed).unwrap();
                    if changed != said {
                        let request = good.clone().with(header, &changed);
                        assert!(request.verified(&carriers, &lines(), AT).is_err(), "{name} {header}: {changed:?}");
                    }
                }
            }
        }
    }
}
