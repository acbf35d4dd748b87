//! An emulated carrier with one number and silent buyers, and our own backend beside it: the real one, over sockets,
//! with the real Twilio adapter. They know nothing of each other but what the carrier's API and the webhooks say.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use comeback::clock::{Clock, ManualClock};
use comeback::config;
use comeback::domain::contact::{Address, Body};
use comeback::domain::id::{DeviceId, NumberId, RepId};
use comeback::domain::time::{Span, Timestamp};
use comeback::emulator::{self, BuyerPlan, Emulator, EmulatorConfig};
use comeback::journal::Frame;
use comeback::server::backend::{Backend, Parts};
use comeback::server::carrier::twilio::Twilio;
use comeback::server::carrier::{
    Carrier, CarrierError, Finding, Heard, Hooked, Listed, SendOutcome, Unbelieved, Unreadable,
};
use comeback::server::crm::{self, Crm};
use comeback::server::egress::{Allow, Egress};
use comeback::server::http::auth::token_hash;
use comeback::server::service::Service;
use comeback::server::store::memory::MemoryStore;
use comeback::server::store::{CarrierLine, LineExtra, People, Store};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::block_in_place;
use uuid::Uuid;

use crate::twilio_library;
use crate::world::{TUESDAY_TEN, at};

pub(super) const LINE: &str = "+16465550100";
pub(super) const BUYER: &str = "+14155550123";

/// An answer with these words stays on its way until the test lets it go: a carrier that takes its time.
pub(super) const SLOW: &str = "this one takes its time";

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

/// A client that goes straight to loopback.
pub(super) fn http() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().unwrap()
}

/// The carrier. Tuesday, 10:00 in New York.
pub(super) struct Shop {
    pub(super) emulator: Emulator,
    pub(super) config: EmulatorConfig,
    clock: Arc<ManualClock>,
    /// Where the backend keeps its facts; it outlives the backend.
    store: Arc<dyn Store>,
    /// How long our adapter waits for the carrier's answer.
    pub(super) answered_within: Duration,
}

impl Shop {
    pub(super) async fn open(change: impl FnOnce(&mut EmulatorConfig)) -> Self {
        let mut config = EmulatorConfig { buyers: BuyerPlan::silent(), hurry: 8, ..EmulatorConfig::demo(7) };
        change(&mut config);
        let clock = Arc::new(ManualClock::at(at(TUESDAY_TEN)));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let emulator = emulator::start(listener, config.clone(), Arc::clone(&clock) as Arc<dyn Clock>).await;
        Self {
            emulator,
            config,
            clock,
            store: Arc::new(MemoryStore::default()),
            answered_within: Duration::from_secs(10),
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Lets so many virtual seconds pass.
    pub(super) fn later(&self, seconds: i64) {
        self.clock.advance(Span::seconds(seconds));
    }

    /// Twilio's own client, against the emulator.
    pub(super) fn twilio(&self, action: &str, arguments: &Value) -> Result<Value, Value> {
        let account = (self.config.account_sid.as_str(), self.config.auth_token.as_str());
        block_in_place(|| twilio_library::client(self.emulator.base_url(), account, action, arguments))
    }

    /// Bodies and error codes of what the carrier was asked to send to a buyer.
    pub(super) fn sends(&self, to: &str) -> Vec<(String, Value)> {
        let sends = self.emulator.sends();
        let to_them = sends.as_array().unwrap().iter().filter(|s| s["to"] == to);
        to_them.map(|s| (s["body"].as_str().unwrap().to_owned(), s["refused"].clone())).collect()
    }

    /// The carrier's id of the only text it took for a buyer; empty before it did.
    pub(super) fn sent_sid(&self, to: &str) -> String {
        let sends = self.emulator.sends();
        let mut to_them = sends.as_array().unwrap().iter().filter(|s| s["to"] == to);
        to_them.find_map(|s| s["sid"].as_str()).unwrap_or_default().to_owned()
    }

    /// Status callbacks that the carrier has made about its `sid`: word and our answer.
    pub(super) async fn told(&self, sid: &str) -> Vec<(String, Value)> {
        let url = format!("{}/emulator/v1/webhooks", self.emulator.base_url());
        let all: Value = http().get(url).send().await.unwrap().json().await.unwrap();
        let of = all["webhooks"].as_array().unwrap().iter().filter(|h| h["kind"] == "status" && h["sid"] == sid);
        of.map(|h| (h["message_status"].as_str().unwrap().to_owned(), h["status"].clone())).collect()
    }

    /// Starts a backend over what earlier ones have kept, and points the carrier's webhooks at it.
    pub(super) async fn backend(&self) -> Desk {
        self.backend_with(None).await
    }

    /// With a CRM beside it.
    pub(super) async fn backend_with(&self, crm: Option<Arc<dyn Crm>>) -> Desk {
        self.backend_undoing(crm, Span::ZERO).await
    }

    /// The same, where what a rep does can be taken back for so long.
    pub(super) async fn backend_undoing(&self, crm: Option<Arc<dyn Crm>>, undo: Span) -> Desk {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let mut playbook =
            config::playbook::read("playbook.toml", include_str!("../../../assets/playbook.toml")).unwrap();
        playbook.undo_hold = undo;
        // Whatever the hour, nothing is said by itself.
        playbook.acknowledgement = None;
        let line = CarrierLine {
            number: Address::parse(LINE).unwrap(),
            provider: "twilio".to_owned(),
            account: self.config.account_sid.clone(),
            tokens: vec![self.config.auth_token.clone()],
            service: None,
            api: self.emulator.base_url().to_owned(),
            extra: LineExtra::default(),
        };
        self.store.put_line(&line).await.unwrap();
        let (invite, token) = (Uuid::new_v4(), Uuid::new_v4().to_string());
        let hash = token_hash(&invite.to_string());
        self.store.put_invite(hash, &RepId::new("lea"), self.now() + Span::minutes(1)).await.unwrap();
        let device = DeviceId(Uuid::now_v7());
        self.store.redeem(hash, self.now(), device, "test", token_hash(&token)).await.unwrap().unwrap();
        let carrier = Arc::new(Watched::new(self.answered_within));
        let backend = Backend::start(Parts {
            store: Arc::clone(&self.store),
            clock: Arc::clone(&self.clock) as Arc<dyn Clock>,
            playbook,
            listener,
            public_url: url.clone(),
            carrier: Arc::clone(&carrier) as Arc<dyn Carrier>,
            crm,
            reconcile_every: Duration::from_millis(50),
        });
        let backend = backend.await.unwrap();
        let hook = format!("{url}/hooks/twilio/inbound#rc=5&rp=all");
        assert!(self.emulator.set_webhook(LINE, Some(hook), None));
        Desk { url, token, backend, carrier, store: Arc::clone(&self.store), http: http(), n: AtomicUsize::new(0) }
    }
}

/// The Twilio adapter as it is; how often its list of received texts was read is counted.
struct Watched {
    twilio: Twilio,
    rounds: AtomicUsize,
    slow_may_go: watch::Sender<bool>,
}

impl Watched {
    fn new(answered_within: Duration) -> Self {
        let slow_may_go = watch::Sender::new(false);
        Self {
            twilio: Twilio::answered_within(Egress::new(Allow::loopback()), answered_within),
            rounds: AtomicUsize::new(0),
            slow_may_go,
        }
    }
}

#[async_trait]
impl Carrier for Watched {
    fn verify(&self, lines: &[CarrierLine], hooked: &Hooked<'_>) -> Result<BTreeSet<String>, Unbelieved> {
        self.twilio.verify(lines, hooked)
    }

    fn parse(&self, hooked: &Hooked<'_>) -> Result<Heard, Unreadable> {
        self.twilio.parse(hooked)
    }

    async fn send(&self, line: &CarrierLine, to: &Address, body: &Body, callback: &str) -> SendOutcome {
        if body.as_str() == SLOW {
            self.slow_may_go.subscribe().wait_for(|may| *may).await.unwrap();
        }
        self.twilio.send(line, to, body, callback).await
    }

    async fn sent(
        &self,
        line: &CarrierLine,
        to: Option<&Address>,
        since: Timestamp,
    ) -> Result<Vec<Listed>, CarrierError> {
        self.twilio.sent(line, to, since).await
    }

    async fn received(&self, line: &CarrierLine, since: Timestamp) -> Result<Vec<Listed>, CarrierError> {
        let listed = self.twilio.received(line, since).await?;
        self.rounds.fetch_add(1, Ordering::SeqCst);
        Ok(listed)
    }

    async fn look_up(&self, line: &CarrierLine, id: &str) -> Result<Option<Listed>, CarrierError> {
        self.twilio.look_up(line, id).await
    }

    async fn media(&self, line: &CarrierLine, source: &str, most: usize) -> Result<Vec<u8>, CarrierError> {
        self.twilio.media(line, source, most).await
    }

    fn listed_media(&self, line: &CarrierLine, id: &str, n: usize) -> Option<String> {
        self.twilio.listed_media(line, id, n)
    }

    async fn check(&self, line: &CarrierLine, public_url: &str) -> Vec<Finding> {
        self.twilio.check(line, public_url).await
    }
}

/// Our backend, and the team's lead who works with it.
pub(super) struct Desk {
    pub(super) url: String,
    token: String,
    backend: Backend,
    carrier: Arc<Watched>,
    store: Arc<dyn Store>,
    http: reqwest::Client,
    n: AtomicUsize,
}

impl Desk {
    /// What the lead gets from an address of the backend.
    pub(super) async fn get(&self, path: &str) -> reqwest::Response {
        self.http.get(format!("{}{path}", self.url)).bearer_auth(&self.token).send().await.unwrap()
    }

    /// The feed from its start, as the rep of this desk gets it.
    pub(super) async fn page(&self) -> Value {
        let request = self.http.get(format!("{}/v1/changes", self.url)).bearer_auth(&self.token);
        request.send().await.unwrap().json().await.unwrap()
    }

    /// Everything the lead sees with a buyer: null before they texted.
    pub(super) async fn conversation(&self, buyer: &str) -> Value {
        let page = self.page().await;
        let all = page["upserts"].as_array().unwrap();
        all.iter().find(|c| c["address"] == buyer).cloned().unwrap_or_default()
    }

    /// The words of every text with a buyer, both ways, oldest first.
    pub(super) async fn texts(&self, buyer: &str) -> Vec<String> {
        let conversation = self.conversation(buyer).await;
        let messages = conversation["messages"].as_array().into_iter().flatten();
        messages.map(|m| m["body"].as_str().unwrap().to_owned()).collect()
    }

    /// Where an answer stands: `{"out": {"delivery": …}}`, ….
    pub(super) async fn standing(&self, buyer: &str, message: Uuid) -> Value {
        let conversation = self.conversation(buyer).await;
        let mut messages = conversation["messages"].as_array().into_iter().flatten();
        messages.find(|m| m["id"] == json!(message)).map(|m| m["standing"].clone()).unwrap_or_default()
    }

    /// Waits until an answer stands so.
    pub(super) async fn stands(&self, buyer: &str, message: Uuid, wanted: &Value) {
        let mut last = Value::Null;
        let started = Instant::now();
        while last != *wanted {
            assert!(started.elapsed() < PATIENCE, "the answer stands at {last}, not at {wanted}");
            tokio::time::sleep(Duration::from_millis(10)).await;
            last = self.standing(buyer, message).await;
        }
    }

    /// Waits until a buyer's text is there.
    pub(super) async fn has(&self, buyer: &str, body: &str) {
        eventually(body, async || self.texts(buyer).await.iter().any(|b| b == body).then_some(())).await;
    }

    /// Answers a buyer; what it is called, and its verdict.
    pub(super) async fn answer(&self, buyer: &str, body: &str) -> (Uuid, Value) {
        let message = Uuid::now_v7();
        let answer = json!({ "do": "answer", "message": message, "body": body, "accept": [] });
        (message, self.does(buyer, &answer).await)
    }

    /// Does something about a buyer's conversation, having seen all of it; the verdict.
    pub(super) async fn does(&self, buyer: &str, command: &Value) -> Value {
        let conversation = self.conversation(buyer).await;
        let texts = conversation["messages"].as_array().unwrap().iter();
        let seen = texts.filter(|m| m["author"]["buyer"].is_string()).count();
        let n = self.n.fetch_add(1, Ordering::SeqCst) + 1;
        let envelope = json!({
            "id": Uuid::now_v7(), "n": n, "after": n - 1, "seen": seen, "issued_at": 0,
            "conversation": conversation["state"]["id"],
            "command": command,
        });
        let push = self.http.post(format!("{}/v1/commands", self.url)).bearer_auth(&self.token);
        let receipts = push.json(&json!({ "envelopes": [envelope] })).send().await.unwrap();
        let receipts: Value = receipts.json().await.unwrap();
        receipts["receipts"][0]["verdict"].clone()
    }

    /// The committer.
    pub(super) fn service(&self) -> Service {
        self.backend.service.clone()
    }

    /// The CRM's people behind a buyer's number are read, and their conversation matched with them.
    pub(super) async fn knows(&self, crm: &dyn Crm, buyer: &str) {
        let address = Address::parse(buyer).unwrap();
        let cards = crm.behind(&address).await.unwrap();
        let people = People { fresh: NumberId(Uuid::now_v7()), address, cards };
        self.store.put_cards(&[people], self.backend.service.clock().now()).await.unwrap();
        crm::follow_up(&self.backend.service).await.unwrap();
    }

    /// Posts a form as a carrier would; the status of the answer.
    pub(super) async fn webhook(&self, url: &str, signature: &str, form: &Value) -> u16 {
        let request = self.http.post(url).header("X-Twilio-Signature", signature).form(form);
        request.send().await.unwrap().status().as_u16()
    }

    /// Every fact of a kind in the journal, in order.
    pub(super) async fn facts(&self, kind: &str) -> Vec<Value> {
        let entries = self.store.entries(0, usize::MAX / 2).await.unwrap();
        let frames = entries.iter().map(|entry| Frame::decode(&entry.body).unwrap());
        frames.filter(|frame| frame.kind == kind).map(|frame| frame.event).collect()
    }

    /// How long the journal is.
    pub(super) async fn head(&self) -> u64 {
        self.store.head().await.unwrap().0.seq
    }

    /// Waits until the reconciler has read the carrier's list twice more, from its beginning to its end.
    pub(super) async fn two_rounds(&self) {
        let rounds = || self.carrier.rounds.load(Ordering::SeqCst);
        let before = rounds();
        // One may have been read already, and not yet compared; and the third begins after the second's end.
        eventually("the reconciler runs", async || (rounds() >= before + 4).then_some(())).await;
    }

    /// Lets the slow answers go.
    pub(super) fn let_go(&self) {
        self.carrier.slow_may_go.send_replace(true);
    }

    pub(super) async fn close(self) {
        self.backend.stop().await;
    }
}
