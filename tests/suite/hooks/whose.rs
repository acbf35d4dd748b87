//! Several carriers are set up: the holder of one line's secret speaks of that line alone. And a person is one person,
//! whichever channel and carrier they write by.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, SecondsFormat};
use comeback::domain::contact::Address;
use comeback::server::notify::standard::{Secret, signatures};
use comeback::server::store::{CarrierLine, LineExtra};
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use serde_json::{Value, json};

use super::office::{AT, Answer, BUYER, Hook, INBOUND, LINE, Office, but, text};

const SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
/// Of the playbook, set up at a bridge.
const BRIDGED: &str = "+16465550200";
/// Set up at Telnyx.
const TELNYX: &str = "+16465550300";
const PERSON: &str = "+13055558005";

/// An office with a number at each carrier.
struct Town {
    office: Office,
    key: Ed25519KeyPair,
    n: std::cell::Cell<u32>,
}

/// Milliseconds of AT, so many seconds earlier, as carriers write it.
fn ago(seconds: i64) -> String {
    DateTime::from_timestamp_millis(AT - seconds * 1000).unwrap().to_rfc3339_opts(SecondsFormat::Millis, true)
}

impl Town {
    async fn opens(office: Office) -> Self {
        let pair = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        let key = Ed25519KeyPair::from_pkcs8(pair.as_ref()).unwrap();
        let line = |number: &str, provider: &str, account: &str, tokens: &[&str], keys: Vec<String>| CarrierLine {
            number: Address::parse(number).unwrap(),
            provider: provider.to_owned(),
            account: account.to_owned(),
            tokens: tokens.iter().map(|token| (*token).to_owned()).collect(),
            service: None,
            api: "http://127.0.0.1:9".to_owned(),
            extra: LineExtra { keys, ..LineExtra::default() },
        };
        office.sets_up_line(&line(BRIDGED, "generic", "bridge", &[SECRET], Vec::new())).await;
        let public = STANDARD.encode(key.public_key().as_ref());
        office.sets_up_line(&line(TELNYX, "telnyx", "profile", &["KEY0"], vec![public])).await;
        Self { office, key, n: std::cell::Cell::new(0) }
    }

    fn counted(&self) -> u32 {
        self.n.set(self.n.get() + 1);
        self.n.get()
    }

    fn fresh(&self) -> String {
        format!("t-{:08}", self.counted())
    }

    /// A text by Twilio, which never says when it had it.
    async fn twilio(&self, from: &str, to: &str, body: &str) -> Answer {
        let sid = format!("SM{:032}", self.counted());
        self.office.post(&Hook::form(INBOUND, &but(text(&sid, from, body), "To", to))).await
    }

    async fn generic(&self, from: &str, to: &str, body: &str, seconds: i64) -> Answer {
        let data = json!({ "id": self.fresh(), "from": from, "to": to, "text": body, "at": ago(seconds) });
        let body = json!({ "type": "message.received", "data": data }).to_string();
        let (id, at) = (self.fresh(), AT / 1000);
        let signature = signatures(&[Secret::parse(SECRET).unwrap()], &id, at, body.as_bytes());
        let hook = Hook::raw("/hooks/generic/inbound", "application/json", body.as_bytes()).signed(None);
        let hook = hook.with("webhook-id", &id).with("webhook-timestamp", &at.to_string());
        self.office.post(&hook.with("webhook-signature", &signature)).await
    }

    async fn telnyx(&self, from: &str, to: &str, body: &str, seconds: i64) -> Answer {
        let payload = json!({
            "id": self.fresh(), "direction": "inbound", "type": "SMS", "text": body, "media": [],
            "received_at": ago(seconds), "messaging_profile_id": "another-profile",
            "from": { "phone_number": from }, "to": [{ "phone_number": to, "status": "webhook_delivered" }],
        });
        let body = json!({ "data": { "event_type": "message.received", "id": self.fresh(), "payload": payload } });
        let (body, at) = (body.to_string(), (AT / 1000).to_string());
        let signature = STANDARD.encode(self.key.sign(format!("{at}|{body}").as_bytes()));
        let hook = Hook::raw("/hooks/telnyx/inbound", "application/json", body.as_bytes()).signed(None);
        let hook = hook.with("telnyx-timestamp", &at).with("telnyx-signature-ed25519", &signature);
        self.office.post(&hook).await
    }

    /// What stands of a buyer's number in each of their conversations.
    async fn numbers(&self, of: &str) -> Vec<Value> {
        let seen = self.office.seen().await;
        seen.iter().filter(|c| c["address"] == of).map(|c| c["number"].clone()).collect()
    }

    async fn is_out(&self, of: &str) -> bool {
        let numbers = self.numbers(of).await;
        assert!(!numbers.is_empty(), "{of} is not there");
        let out = |number: &Value| !number["opted_out"].is_null();
        assert!(numbers.iter().all(|number| out(number) == out(&numbers[0])), "{numbers:?}");
        out(&numbers[0])
    }
}

#[tokio::test]
async fn a_text_that_the_secret_of_another_line_signed_is_refused_kept_as_it_came_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("comeback.db");
    let town = Town::opens(Office::on_disk(&path).await).await;
    // What each may say.
    for (answer, what) in [
        (town.twilio(BUYER, LINE, "by Twilio").await, "twilio"),
        (town.generic(BUYER, BRIDGED, "by the bridge", 3).await, "generic"),
        (town.telnyx(BUYER, TELNYX, "by Telnyx", 3).await, "telnyx"),
        (town.twilio(PERSON, LINE, "STOP").await, "a stop"),
    ] {
        assert_eq!(answer.status, 200, "{what}: {}", answer.body);
    }
    let (head, bodies) = (town.office.head().await, town.office.bodies().await);
    assert!(town.is_out(PERSON).await);
    let forged = [
        town.twilio(PERSON, TELNYX, "forged by the token of Twilio").await,
        town.twilio(PERSON, BRIDGED, "forged").await,
        town.telnyx(PERSON, LINE, "forged by the key of Telnyx", 0).await,
        town.telnyx(PERSON, BRIDGED, "STOP", 0).await,
        town.generic(PERSON, LINE, "START", 0).await,
        town.generic(PERSON, TELNYX, "forged by the bridge", 0).await,
    ];
    for (n, answer) in forged.iter().enumerate() {
        assert_eq!((answer.status, answer.code().as_str()), (403, "other_account"), "{n}: {}", answer.body);
    }
    assert_eq!((town.office.head().await, town.office.bodies().await), (head, bodies), "nothing followed");
    assert!(town.is_out(PERSON).await, "a START of another carrier's key lifts nothing");
    assert!(town.office.metrics.render().contains("outcome=\"other_account\"} 6"));
    let db = rusqlite::Connection::open(&path).unwrap();
    let kept: u32 =
        db.query_row("SELECT count(*) FROM raw_event WHERE kind = 'foreign_inbound'", [], |r| r.get(0)).unwrap();
    assert_eq!(kept, 6, "whoever set the numbers up can look");
    let said = "SELECT count(*) FROM raw_event WHERE kind = 'foreign_inbound' AND params LIKE '%forged by the key%'";
    assert_eq!(db.query_row(said, [], |r| r.get::<_, u32>(0)).unwrap(), 1);
}

#[tokio::test]
async fn a_start_from_before_the_last_stop_lifts_nothing_in_whichever_order_webhooks_come() {
    let town = Town::opens(Office::open().await).await;
    for (carrier, from) in [("telnyx", "+13055560101"), ("generic", "+13055560102")] {
        let post = async |body: &str, seconds: i64| {
            let answer = match carrier {
                "telnyx" => town.telnyx(from, TELNYX, body, seconds).await,
                _ => town.generic(from, BRIDGED, body, seconds).await,
            };
            assert_eq!(answer.status, 200, "{carrier}: {}", answer.body);
        };
        post("hello", 200).await;
        for (body, seconds, out) in [
            ("STOP", 150, true),
            ("START", 120, false),
            // The STOP is delivered before the START that was texted before it.
            ("STOP", 30, true),
            ("START", 60, true),
            ("START", 30, true),
            ("START", 29, false),
        ] {
            post(body, seconds).await;
            assert_eq!(town.is_out(from).await, out, "{carrier}: {body} of {seconds} s ago");
        }
    }
}

/// Nothing listens at this account's API: it cannot be asked when.
#[tokio::test]
async fn a_start_of_which_the_carrier_does_not_say_when_lifts_nothing() {
    let town = Town::opens(Office::open().await).await;
    for body in ["hello", "STOP", "START", "yes"] {
        assert_eq!(town.twilio(PERSON, LINE, body).await.status, 200);
    }
    assert!(town.is_out(PERSON).await);
    assert_eq!(town.telnyx(PERSON, TELNYX, "START", -1).await.status, 200);
    assert!(town.is_out(PERSON).await, "a time that lies ahead is now, and now is no later than the STOP");
}

#[tokio::test]
async fn a_stop_by_any_channel_stops_every_text_to_the_same_phone() {
    for by in ["rcs:", "whatsapp:"] {
        let town = Town::opens(Office::open().await).await;
        let channel = format!("{by}{PERSON}");
        assert_eq!(town.twilio(PERSON, LINE, "hello pricing").await.status, 200);
        assert_eq!(town.twilio(&channel, LINE, "STOP").await.status, 200);
        assert!(town.is_out(PERSON).await, "{by}");
        assert!(town.numbers(&channel).await.is_empty(), "there is no second person of that phone");
        // And the other way, on another line of another carrier.
        assert_eq!(town.generic(&channel, BRIDGED, "START", -1).await.status, 200);
        assert_eq!(town.numbers(PERSON).await.len(), 2, "both lines' conversations are with the one person");
        // Words that may ask for it hold the phone.
        let town = Town::opens(Office::open().await).await;
        assert_eq!(town.twilio(PERSON, LINE, "hello").await.status, 200);
        assert_eq!(town.twilio(&channel, LINE, "please take me off your list").await.status, 200);
        let numbers = town.numbers(PERSON).await;
        assert!(numbers.iter().all(|number| number["hold"].is_object()), "{by}: {numbers:?}");
    }
}
