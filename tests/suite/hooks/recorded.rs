//! Twilio's webhooks as they are on the wire (assets/carriers): what they say, and the same forged, replayed and in another
//! order, at the door that they are posted to.

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use comeback::domain::contact::{Address, Body};
use comeback::domain::id::MessageId;
use comeback::domain::message::Delivery;
use comeback::domain::time::Timestamp;
use comeback::server::carrier::hook::{Report, Text};
use comeback::server::carrier::{Carrier as _, Carriers, Hooked, Said};
use comeback::server::egress::{Allow, Egress};
use comeback::server::media::Attachment;

use super::office::{ACCOUNT, AT, FORM, Hook, Office, PUBLIC, SECOND, TOKEN, line};
use super::refused;

const ANSWER: &str = "0192f1c0-0000-7000-8000-000000000001";

const RECORDED: [(&str, &[u8]); 8] = [
    ("received", include_bytes!("../../../assets/carriers/twilio_received.http")),
    ("received_stop", include_bytes!("../../../assets/carriers/twilio_received_stop.http")),
    ("received_start", include_bytes!("../../../assets/carriers/twilio_received_start.http")),
    ("received_picture", include_bytes!("../../../assets/carriers/twilio_received_picture.http")),
    ("sent", include_bytes!("../../../assets/carriers/twilio_sent.http")),
    ("delivered", include_bytes!("../../../assets/carriers/twilio_delivered.http")),
    ("undelivered", include_bytes!("../../../assets/carriers/twilio_undelivered.http")),
    ("failed_opted_out", include_bytes!("../../../assets/carriers/twilio_failed_opted_out.http")),
];

/// A recorded request, ready to be posted.
fn recorded(name: &str) -> Hook {
    let (_, bytes) = RECORDED.iter().find(|(n, _)| *n == name).unwrap();
    let end = bytes.windows(4).position(|w| w == b"\r\n\r\n").unwrap();
    let head = std::str::from_utf8(&bytes[..end]).unwrap();
    let path = head.split(' ').nth(1).unwrap().to_owned();
    let of = |wanted: &str| {
        let named = head.split("\r\n").filter_map(|line| line.split_once(": "));
        named.into_iter().find(|(name, _)| *name == wanted).unwrap().1.to_owned()
    };
    assert_eq!(of("content-type").to_lowercase(), FORM);
    let body = bytes[end + 4..].to_vec();
    assert_eq!(of("content-length"), body.len().to_string(), "{name} is whole");
    Hook { path, media_type: FORM, body, signature: Some(of("x-twilio-signature")), headers: Vec::new() }
}

/// What the carrier's module makes of a request.
fn with<T>(hook: &Hook, ask: impl FnOnce(&Carriers, &Hooked<'_>) -> T) -> T {
    drop(rustls::crypto::ring::default_provider().install_default());
    let carriers = Carriers::new(&Egress::new(Allow::loopback()));
    let mut headers = HeaderMap::new();
    headers.insert("content-type", HeaderValue::from_static(FORM));
    if let Some(signature) = &hook.signature {
        headers.insert(HeaderName::from_static("x-twilio-signature"), signature.parse().unwrap());
    }
    let path = hook.path.strip_prefix("/hooks/twilio/").unwrap();
    ask(
        &carriers,
        &Hooked {
            carrier: "twilio",
            path,
            method: "POST",
            url: &format!("{PUBLIC}{}", hook.path),
            query: "",
            headers: &headers,
            body: &hook.body,
            at: Timestamp::from_millis(AT),
        },
    )
}

fn said(name: &str) -> Said {
    with(&recorded(name), Carriers::parse).unwrap().said
}

#[test]
fn recorded_webhooks_say_what_twilio_said() {
    let text = |name| match said(name) {
        Said::Text(text) => text,
        other => panic!("{name}: {other:?}"),
    };
    let address = |text: &str| Address::parse(text).unwrap();
    let wanted = Text {
        id: "SM00000000000000000000000000000001".to_owned(),
        account: Some(ACCOUNT.to_owned()),
        service: Some("MG00112233445566778899aabbccddeeff".to_owned()),
        from: address("+14155550123"),
        to: address("+16465550100"),
        body: Body::new("Can we do Thursday & when? ñ"),
        media: Vec::new(),
        opt_out_type: None,
        sent: None,
    };
    assert_eq!(text("received"), wanted);
    assert_eq!(text("received_stop").opt_out_type.as_deref(), Some("STOP"));
    assert_eq!(text("received_start").opt_out_type.as_deref(), Some("START"));
    let picture = text("received_picture");
    let base = format!("https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT}/Messages/{}/Media/ME", picture.id);
    let media = |kind, n| Attachment::told(Some(kind), Some(format!("{base}{n:032}").as_str()));
    assert_eq!(picture.media, [media("image/jpeg", 1), media("text/vcard", 2)]);
    assert!(picture.body.is_blank());
    let report = |delivery, error| {
        let (message, from) = (ANSWER.parse().map(MessageId).unwrap(), Some(address("+16465550100")));
        Said::Report(Report { message, account: Some(ACCOUNT.to_owned()), from, delivery, error })
    };
    for (name, delivery, error) in [
        ("sent", Delivery::Sent, None),
        ("delivered", Delivery::Delivered, None),
        ("undelivered", Delivery::Undelivered, Some(30003)),
        ("failed_opted_out", Delivery::Failed, Some(21610)),
    ] {
        assert_eq!(said(name), report(delivery, error), "{name}");
    }
}

#[test]
fn they_are_believed_by_either_token_of_their_account_and_by_no_other() {
    let [first, second] = [[TOKEN, SECOND], [SECOND, TOKEN]].map(|tokens| line("+16465550100", ACCOUNT, &tokens));
    let none = [line("+16465550100", ACCOUNT, &[SECOND]), line("+16465550101", "AC1", &[TOKEN])];
    for (name, _) in RECORDED {
        let verified = |lines: &[_]| with(&recorded(name), |carriers, hooked| carriers.verify(lines, hooked));
        for line in [&first, &second] {
            assert_eq!(verified(std::slice::from_ref(line)), Ok([ACCOUNT.to_owned()].into()), "{name}");
        }
        assert!(verified(&none).is_err() && verified(&[]).is_err(), "{name}");
    }
}

#[tokio::test]
async fn forged_they_are_refused_with_any_byte_changed_and_nothing_is_kept() {
    let office = Office::open().await;
    for (name, _) in RECORDED {
        let good = recorded(name);
        let signature = good.signature.clone().unwrap();
        for at in 0..signature.len() {
            let other = if signature.as_bytes()[at] == b'A' { "B" } else { "A" };
            let mut changed = signature.clone();
            changed.replace_range(at..=at, other);
            // The last letter of Base64 has bits that say nothing, and padding says nothing at all: no other spelling counts.
            refused(&office, &good.clone().signed(Some(changed)), 403, "bad_signature", name).await;
        }
        // Letters and digits of values alone: another separator may make a form that reads the same.
        for at in (0..good.body.len()).filter(|at| good.body[*at].is_ascii_alphanumeric()) {
            let mut changed = good.clone();
            changed.body[at] = if changed.body[at] == b'7' { b'8' } else { b'7' };
            let before = office.head().await;
            let answer = office.post(&changed).await;
            assert!(matches!(answer.status, 400 | 403), "{name}, byte {at}: {}", answer.status);
            assert_eq!(office.head().await, before, "{name}, byte {at}: something was kept");
        }
        let elsewhere = Hook { path: format!("{}x", good.path), ..good };
        assert!(office.post(&elsewhere).await.status >= 400, "{name} at another address");
    }
}

#[tokio::test]
async fn replayed_they_are_answered_and_change_nothing() {
    let office = Office::open().await;
    let [text, picture] = ["received", "received_picture"].map(recorded);
    for hook in [&text, &picture] {
        assert_eq!(office.post(hook).await.status, 200);
    }
    let message = office.answer_as(ANSWER.parse().unwrap(), "Thursday works").await;
    assert_eq!(message.to_string(), ANSWER);
    let all: Vec<Hook> = ["sent", "delivered"].map(recorded).into_iter().collect();
    for hook in &all {
        assert_eq!(office.post(hook).await.status, 200);
    }
    let (head, seen) = (office.head().await, office.seen().await);
    for hook in [&text, &picture, &all[1], &all[0], &all[1], &text] {
        assert_eq!(office.post(hook).await.status, 200, "the carrier must not try again");
    }
    assert_eq!((office.head().await, office.seen().await), (head, seen));
}

/// How the only answer stands.
async fn delivery(office: &Office) -> String {
    let seen = office.seen().await;
    seen[0]["state"]["answers"].to_string()
}

#[tokio::test]
async fn in_any_order_the_furthest_report_stands_and_a_late_opt_out_counts() {
    for (order, stands) in [
        (["sent", "delivered"], "delivered"),
        (["delivered", "sent"], "delivered"),
        (["undelivered", "sent"], "undelivered"),
    ] {
        let office = Office::open().await;
        office.post(&recorded("received")).await;
        office.answer_as(ANSWER.parse().unwrap(), "Thursday works").await;
        for name in order {
            assert_eq!(office.post(&recorded(name)).await.status, 200, "{order:?}");
        }
        let said = delivery(&office).await;
        assert!(said.contains(&format!("\"delivery\":\"{stands}\"")), "{order:?}: {said}");
    }
    // The carrier's block is heard after a failure that gave another reason; and before the text that explains it.
    let office = Office::open().await;
    office.post(&recorded("received")).await;
    office.answer_as(ANSWER.parse().unwrap(), "Thursday works").await;
    assert!(office.seen().await[0]["number"]["opted_out"].is_null());
    for name in ["failed_opted_out", "sent", "received_stop"] {
        assert_eq!(office.post(&recorded(name)).await.status, 200, "{name}");
        assert!(!office.seen().await[0]["number"]["opted_out"].is_null(), "{name}");
    }
}
