//! One of the emulated carriers with our number, and our own backend beside it: the real one, over sockets.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use comeback::clock::{Clock, ManualClock};
use comeback::config;
use comeback::domain::alert::{Alerting, Channel, ChannelKind, Redact, Setting};
use comeback::domain::contact::Address;
use comeback::domain::id::{DeviceId, RepId};
use comeback::domain::pacing::Limit;
use comeback::domain::time::Span;
use comeback::emulator::others::bridge::BridgeEmulator;
use comeback::emulator::others::telnyx::{TelnyxConfig, TelnyxEmulator};
use comeback::emulator::others::{OtherFaults, Posted};
use comeback::journal::Frame;
use comeback::server::backend::{Backend, Parts};
use comeback::server::carrier::{Carrier as _, Carriers, Finding};
use comeback::server::egress::{Allow, Egress};
use comeback::server::http::auth::token_hash;
use comeback::server::store::memory::MemoryStore;
use comeback::server::store::{CarrierLine, LineExtra, Store};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use uuid::Uuid;

use crate::world::{TUESDAY_TEN, at};

pub(super) const LINE: &str = "+16465550100";
pub(super) const BUYER: &str = "+14155550123";
pub(super) const SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
const KEY: &str = "KEY0123456789";
const PROFILE: &str = "16fd2706-8baf-433b-82eb-8c7fada847da";

/// Longer than anything here takes on a busy machine; what fails, fails by this.
const PATIENCE: Duration = Duration::from_secs(60);

/// Looks again until there is something.
pub(super) async fn eventually<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(started.elapsed() < PATIENCE, "waited in vain: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Which carrier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Telnyx,
    Bridge,
}

/// An emulated carrier.
pub(super) enum Emulated {
    Telnyx(TelnyxEmulator),
    Bridge(BridgeEmulator),
}

impl Emulated {
    async fn start(kind: Kind, clock: Arc<dyn Clock>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        match kind {
            Kind::Telnyx => {
                let config = TelnyxConfig {
                    api_key: KEY.to_owned(),
                    seed: [7; 32],
                    profile: PROFILE.to_owned(),
                    numbers: vec![LINE.to_owned()],
                    webhook_url: None,
                };
                Self::Telnyx(TelnyxEmulator::start(listener, config, clock).unwrap())
            }
            Kind::Bridge => Self::Bridge(BridgeEmulator::start(listener, SECRET, clock).unwrap()),
        }
    }

    pub(super) async fn text(&self, from: &str, to: &str, body: &str) -> String {
        match self {
            Self::Telnyx(t) => t.text(from, to, body).await,
            Self::Bridge(b) => b.text(from, to, body).await,
        }
    }

    pub(super) async fn pictures(&self, body: &str, media: &[&str]) {
        match self {
            Self::Telnyx(t) => t.text_with(BUYER, LINE, body, media).await,
            Self::Bridge(b) => b.text_with(BUYER, LINE, body, media).await,
        };
    }

    pub(super) fn set_faults(&self, faults: OtherFaults) {
        match self {
            Self::Telnyx(t) => t.set_faults(faults),
            Self::Bridge(b) => b.set_faults(faults),
        }
    }

    pub(super) fn sent(&self) -> Vec<(String, String)> {
        match self {
            Self::Telnyx(t) => t.sent(),
            Self::Bridge(b) => b.sent(),
        }
    }

    pub(super) fn posted(&self) -> Vec<Posted> {
        match self {
            Self::Telnyx(t) => t.posted(),
            Self::Bridge(b) => b.posted(),
        }
    }

    pub(super) fn held(&self) -> usize {
        match self {
            Self::Telnyx(t) => t.held(),
            Self::Bridge(b) => b.held(),
        }
    }

    pub(super) async fn release(&self, order: &[usize]) {
        match self {
            Self::Telnyx(t) => t.release(order).await,
            Self::Bridge(b) => b.release(order).await,
        }
    }

    fn set_webhook(&self, url: &str) {
        match self {
            Self::Telnyx(t) => t.set_webhook(url),
            Self::Bridge(b) => b.set_webhook(url),
        }
    }

    fn line(&self, lists: bool) -> CarrierLine {
        let number = Address::parse(LINE).unwrap();
        match self {
            Self::Telnyx(t) => CarrierLine {
                number,
                provider: "telnyx".to_owned(),
                account: PROFILE.to_owned(),
                tokens: vec![KEY.to_owned()],
                service: None,
                api: t.base_url().to_owned(),
                extra: LineExtra { keys: vec![t.public_key()], list: None, ..LineExtra::default() },
            },
            Self::Bridge(b) => CarrierLine {
                number,
                provider: "generic".to_owned(),
                account: "acme".to_owned(),
                tokens: vec![SECRET.to_owned()],
                service: None,
                api: b.send_url(),
                extra: LineExtra { keys: Vec::new(), list: lists.then(|| b.list_url()), ..LineExtra::default() },
            },
        }
    }

    /// Waits until so many webhooks were taken.
    pub(super) async fn until_posted(&self, n: usize) {
        eventually("webhooks", async || (self.posted().len() >= n).then_some(())).await;
        assert!(self.posted().iter().all(|p| p.answers == [200]), "{:?}", self.posted());
    }
}

/// The carrier, our backend, and the team's lead who works with it.
pub(super) struct Town {
    pub(super) carrier: Emulated,
    pub(super) clock: Arc<ManualClock>,
    pub(super) store: Arc<dyn Store>,
    url: String,
    token: String,
    backend: Backend,
    http: reqwest::Client,
    lists: bool,
    n: AtomicUsize,
}

impl Town {
    pub(super) async fn opens(kind: Kind) -> Self {
        Self::with(kind, Limit::default(), Duration::from_millis(50)).await
    }

    /// One whose lists are not read while it lasts.
    pub(super) async fn opens_without_lists(kind: Kind) -> Self {
        Self::with(kind, Limit::default(), Duration::from_secs(3600)).await
    }

    /// One whose line has a limit.
    pub(super) async fn paced(kind: Kind, limit: Limit) -> Self {
        Self::with(kind, limit, Duration::from_secs(3600)).await
    }

    async fn with(kind: Kind, limit: Limit, reconcile_every: Duration) -> Self {
        drop(rustls::crypto::ring::default_provider().install_default());
        let clock = Arc::new(ManualClock::at(at(TUESDAY_TEN)));
        let carrier = Emulated::start(kind, Arc::clone(&clock) as Arc<dyn Clock>).await;
        let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let mut playbook =
            config::playbook::read("playbook.toml", include_str!("../../../assets/playbook.toml")).unwrap();
        playbook.undo_hold = Span::ZERO;
        playbook.lines.values_mut().for_each(|line| line.limit = limit);
        let ops = Channel {
            kind: ChannelKind::Slack { url: Setting::Plain("http://127.0.0.1:9/".to_owned()) },
            redact: Redact::default(),
        };
        playbook.alerting = Alerting {
            channels: [("ops".to_owned(), ops)].into(),
            operations: vec!["ops".to_owned()],
            ..Alerting::default()
        };
        let lists = true;
        store.put_line(&carrier.line(lists)).await.unwrap();
        let (invite, token) = (Uuid::new_v4(), Uuid::new_v4().to_string());
        let hash = token_hash(&invite.to_string());
        store.put_invite(hash, &RepId::new("lea"), clock.now() + Span::minutes(1)).await.unwrap();
        let device = DeviceId(Uuid::now_v7());
        store.redeem(hash, clock.now(), device, "test", token_hash(&token)).await.unwrap().unwrap();
        let backend = Backend::start(Parts {
            store: Arc::clone(&store),
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            playbook,
            listener,
            public_url: url.clone(),
            carrier: Arc::new(Carriers::new(&Egress::new(Allow::loopback()))),
            crm: None,
            reconcile_every,
        });
        let backend = backend.await.unwrap();
        let kind = carrier.line(lists).provider;
        carrier.set_webhook(&format!("{url}/hooks/{kind}/inbound"));
        let http = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().unwrap();
        Self { carrier, clock, store, url, token, backend, http, lists, n: AtomicUsize::new(0) }
    }

    pub(super) fn line(&self) -> CarrierLine {
        self.carrier.line(self.lists)
    }

    pub(super) async fn check(&self, line: &CarrierLine) -> Vec<Finding> {
        Carriers::new(&Egress::new(Allow::loopback())).check(line, &self.url).await
    }

    /// `GET` without a token.
    pub(super) async fn get(&self, path: &str) -> Value {
        self.http.get(format!("{}{path}", self.url)).send().await.unwrap().json().await.unwrap()
    }

    async fn conversation(&self, buyer: &str) -> Value {
        let request = self.http.get(format!("{}/v1/changes", self.url)).bearer_auth(&self.token);
        let page: Value = request.send().await.unwrap().json().await.unwrap();
        let all = page["upserts"].as_array().unwrap();
        all.iter().find(|c| c["address"] == buyer).cloned().unwrap_or_default()
    }

    /// What came with the buyer's newest text, as its conversation shows it.
    pub(super) async fn media(&self) -> Vec<String> {
        let conversation = self.conversation(BUYER).await;
        let newest = conversation["messages"].as_array().and_then(|all| all.last()).cloned().unwrap_or_default();
        newest["media"].as_array().into_iter().flatten().map(|m| m.as_str().unwrap().to_owned()).collect()
    }

    /// The words of every text with the buyer, both ways, oldest first.
    pub(super) async fn texts(&self) -> Vec<String> {
        self.texts_with(BUYER).await
    }

    pub(super) async fn texts_with(&self, buyer: &str) -> Vec<String> {
        let conversation = self.conversation(buyer).await;
        let messages = conversation["messages"].as_array().into_iter().flatten();
        messages.map(|m| m["body"].as_str().unwrap().to_owned()).collect()
    }

    /// Waits until a text of the buyer is there.
    pub(super) async fn has(&self, body: &str) {
        eventually(body, async || self.texts().await.iter().any(|b| b == body).then_some(())).await;
    }

    /// Where an answer stands.
    pub(super) async fn standing(&self, message: Uuid) -> Value {
        self.standing_with(BUYER, message).await
    }

    pub(super) async fn standing_with(&self, buyer: &str, message: Uuid) -> Value {
        let conversation = self.conversation(buyer).await;
        let mut messages = conversation["messages"].as_array().into_iter().flatten();
        messages.find(|m| m["id"] == json!(message)).map(|m| m["standing"].clone()).unwrap_or_default()
    }

    pub(super) async fn stands(&self, message: Uuid, wanted: &Value) {
        let mut last = Value::Null;
        let started = Instant::now();
        while last != *wanted {
            assert!(started.elapsed() < PATIENCE, "the answer stands at {last}, not at {wanted}");
            tokio::time::sleep(Duration::from_millis(10)).await;
            last = self.standing(message).await;
        }
    }

    /// Answers the buyer; what it is called, and its verdict.
    pub(super) async fn answer(&self, body: &str) -> (Uuid, Value) {
        self.answers(BUYER, body).await
    }

    pub(super) async fn answers(&self, buyer: &str, body: &str) -> (Uuid, Value) {
        let conversation = self.conversation(buyer).await;
        let texts = conversation["messages"].as_array().unwrap().iter();
        let seen = texts.filter(|m| m["author"]["buyer"].is_string()).count();
        let (message, n) = (Uuid::now_v7(), self.n.fetch_add(1, Ordering::SeqCst) + 1);
        let envelope = json!({
            "id": Uuid::now_v7(), "n": n, "after": n - 1, "seen": seen, "issued_at": 0,
            "conversation": conversation["state"]["id"],
            "command": { "do": "answer", "message": message, "body": body, "accept": [] },
        });
        let push = self.http.post(format!("{}/v1/commands", self.url)).bearer_auth(&self.token);
        let receipts = push.json(&json!({ "envelopes": [envelope] })).send().await.unwrap();
        let receipts: Value = receipts.json().await.unwrap();
        (message, receipts["receipts"][0]["verdict"].clone())
    }

    /// Every fact of a kind in the journal, in order.
    pub(super) async fn facts(&self, kind: &str) -> Vec<Value> {
        let entries = self.store.entries(0, usize::MAX / 2).await.unwrap();
        let frames = entries.iter().map(|entry| Frame::decode(&entry.body).unwrap());
        frames.filter(|frame| frame.kind == kind).map(|frame| frame.event).collect()
    }

    pub(super) async fn closes(self) {
        self.backend.stop().await;
    }
}
