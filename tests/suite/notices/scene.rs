//! A backend whose people are told beside the client: the floor of [`crate::world`], a receiver of webhooks on loopback,
//! and a carrier that keeps the pages it is given.

use std::collections::VecDeque;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use axum::Router;
use axum::extract::{OriginalUri, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use comeback::clock::{Clock, ManualClock};
use comeback::domain::alert::{Alerts, Channel, ChannelKind, Occasion, Redact, Setting};
use comeback::domain::answering::Answering;
use comeback::domain::command::{Actor, Command};
use comeback::domain::contact::{Address, Body};
use comeback::domain::context::Card;
use comeback::domain::conversation::Conversation;
use comeback::domain::id::{ConversationId, NumberId};
use comeback::domain::message::Delivery;
use comeback::domain::playbook::{Playbook, Role};
use comeback::domain::time::{Span, Timestamp};
use comeback::server::carrier::{Carrier, CarrierError, Finding, Listed, SendOutcome};
use comeback::server::egress::{Allow, Egress};
use comeback::server::engine;
use comeback::server::notify::Notifier;
use comeback::server::notify::email::Mailer;
use comeback::server::notify::page;
use comeback::server::service::{Inbound, Outcome, Service, ServiceError, Work};
use comeback::server::store::memory::MemoryStore;
use comeback::server::store::notice::{Notices, Reach};
use comeback::server::store::{CampaignSend, CarrierLine, DedupeKey, LineExtra, People, RawEvent, Store, Wants};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use uuid::Uuid;

/// Far more than any of this takes.
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

/// The signing secret of the vector that Standard Webhooks publishes.
pub(super) const SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
/// Another one, while they are changed.
pub(super) const NEW_SECRET: &str = "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=";

/// The number that pages.
pub(super) fn page_number() -> Address {
    Address::parse("+14155550900").unwrap()
}

/// A rep's own phone.
pub(super) fn phone(n: u32) -> Address {
    Address::parse(&format!("+1917555{n:04}")).unwrap()
}

fn buyer(n: u32) -> Address {
    Address::parse(&format!("+1415555{n:04}")).unwrap()
}

/// What came to the receiver.
#[derive(Clone, Debug)]
pub(super) struct Caught {
    pub(super) path: String,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}

impl Caught {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// A receiver of webhooks on loopback. Its task ends with the test's runtime.
#[derive(Clone)]
pub(super) struct Receiver {
    host: String,
    caught: Arc<Mutex<Vec<Caught>>>,
    answers: Arc<Mutex<VecDeque<u16>>>,
}

impl Receiver {
    pub(super) async fn listen() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let receiver = Self { host, caught: Arc::default(), answers: Arc::default() };
        let app = Router::new().fallback(post(Self::take)).with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        receiver
    }

    /// What it answers next, one after the other; then 204.
    pub(super) fn answers(&self, statuses: &[u16]) {
        self.answers.lock().unwrap().extend(statuses);
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.host)
    }

    pub(super) fn so_far(&self) -> Vec<Caught> {
        self.caught.lock().unwrap().clone()
    }

    /// All that came, once there are `n`.
    pub(super) async fn wait_for(&self, n: usize) -> Vec<Caught> {
        let what = format!("{n} webhooks");
        eventually(&what, async || Some(self.so_far()).filter(|all| all.len() >= n)).await
    }

    #[expect(clippy::unused_async, reason = "a handler is async")]
    async fn take(State(it): State<Self>, OriginalUri(uri): OriginalUri, headers: HeaderMap, body: String) -> Response {
        it.caught.lock().unwrap().push(Caught { path: uri.to_string(), headers, body });
        let status = it.answers.lock().unwrap().pop_front().unwrap_or(204);
        let elsewhere = [(header::LOCATION, it.url("/elsewhere"))];
        (StatusCode::from_u16(status).unwrap(), elsewhere).into_response()
    }
}

/// A carrier that keeps the pages it is given.
#[derive(Default)]
pub(super) struct Tray {
    pages: Mutex<Vec<(String, String)>>,
    outcomes: Mutex<VecDeque<SendOutcome>>,
    /// The next call never comes back.
    pub(super) hangs: std::sync::atomic::AtomicBool,
}

impl Tray {
    pub(super) fn answers(&self, outcomes: &[SendOutcome]) {
        self.outcomes.lock().unwrap().extend(outcomes.iter().cloned());
    }

    pub(super) fn pages(&self) -> Vec<(String, String)> {
        self.pages.lock().unwrap().clone()
    }

    /// The words of all pages, once there are `n`.
    pub(super) async fn wait_for(&self, n: usize) -> Vec<(String, String)> {
        let what = format!("{n} pages");
        eventually(&what, async || Some(self.pages()).filter(|all| all.len() >= n)).await
    }
}

#[async_trait]
impl Carrier for Tray {
    async fn send(&self, line: &CarrierLine, to: &Address, body: &Body, callback: &str) -> SendOutcome {
        assert_eq!(line.number, page_number());
        assert!(callback.starts_with("https://desk.example/hooks/twilio/status/"), "{callback}");
        self.pages.lock().unwrap().push((to.as_str().to_owned(), body.as_str().to_owned()));
        if self.hangs.load(std::sync::atomic::Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        let accepted = SendOutcome::Accepted { id: "SM9".to_owned(), delivery: Delivery::Queued };
        self.outcomes.lock().unwrap().pop_front().unwrap_or(accepted)
    }

    async fn sent(&self, _: &CarrierLine, _: Option<&Address>, _: Timestamp) -> Result<Vec<Listed>, CarrierError> {
        panic!("notices list nothing")
    }

    async fn received(&self, _: &CarrierLine, _: Timestamp) -> Result<Vec<Listed>, CarrierError> {
        panic!("notices list nothing")
    }

    async fn check(&self, _: &CarrierLine, _: &str) -> Vec<Finding> {
        panic!("notices check nothing")
    }
}

/// A secret's file: readable by its owner only.
pub(super) fn keep(file: &Path, secret: &str) {
    std::fs::write(file, secret).unwrap();
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600)).unwrap();
}

/// A webhook channel here, signed by the secrets in these files.
pub(super) fn webhook(receiver: &Receiver, folder: &Path, secrets: &[&str], redact: Redact) -> Channel {
    let secrets = secrets.iter().enumerate().map(|(n, secret)| {
        let file = folder.join(format!("secret-{n}"));
        keep(&file, &format!("{secret}\n"));
        Setting::File(file.to_str().unwrap().to_owned())
    });
    let url = Setting::Plain(receiver.url("/hook"));
    Channel { kind: ChannelKind::Webhook { url, secrets: secrets.collect() }, redact }
}

/// A chat here; its address is a secret in a file.
pub(super) fn chat(receiver: &Receiver, folder: &Path) -> Channel {
    let file = folder.join("chat");
    keep(&file, &receiver.url("/chat"));
    let url = Setting::File(file.to_str().unwrap().to_owned());
    Channel { kind: ChannelKind::Slack { url }, redact: Redact::Names }
}

pub(super) fn page_channel() -> Channel {
    Channel { kind: ChannelKind::Sms { from: page_number() }, redact: Redact::Names }
}

/// Everything there is to hear, as often as it comes.
pub(super) fn alerts(by: &[&str]) -> Alerts {
    let by = by.iter().map(|name| (*name).to_owned()).collect();
    Alerts { by, on: Occasion::ALL.into(), quiet: None, at_most: 1_000, within: Span::minutes(15) }
}

/// The runner of notices at work.
type Runner = JoinHandle<Result<(), ServiceError>>;

/// The backend, and the runner of notices on it.
pub(super) struct Scene {
    pub(super) store: Arc<dyn Store>,
    pub(super) service: Service,
    pub(super) clock: Arc<ManualClock>,
    pub(super) tray: Arc<Tray>,
    mailer: Option<String>,
    runner: Option<(watch::Sender<bool>, Runner)>,
}

impl Scene {
    /// With a playbook changed so. The runner is not started yet.
    pub(super) async fn of(change: impl FnOnce(&mut Playbook)) -> Self {
        Self::over(Arc::new(MemoryStore::default()), change).await
    }

    pub(super) async fn over(store: Arc<dyn Store>, change: impl FnOnce(&mut Playbook)) -> Self {
        drop(rustls::crypto::ring::default_provider().install_default());
        let clock = Arc::new(ManualClock::at(crate::world::at(crate::world::TUESDAY_TEN)));
        let mut playbook = crate::world::playbook();
        change(&mut playbook);
        let service = Service::start(Arc::clone(&store), clock.clone(), &playbook).await.unwrap();
        let (provider, account) = ("twilio".to_owned(), "AC".to_owned());
        let line = CarrierLine {
            number: page_number(),
            provider,
            account,
            tokens: vec![],
            service: None,
            api: String::new(),
            extra: LineExtra::default(),
        };
        store.put_line(&line).await.unwrap();
        let people = People { fresh: NumberId(Uuid::from_u128(1)), address: buyer(1), cards: vec![card()] };
        store.put_cards(&[people], clock.now()).await.unwrap();
        Self { store, service, clock, tray: Arc::default(), mailer: None, runner: None }
    }

    pub(super) fn mails_by(&mut self, url: &str) {
        self.mailer = Some(url.to_owned());
    }

    /// The runner starts, as with the process.
    pub(super) fn starts(&mut self) {
        let egress = Egress::new(Allow::loopback());
        let mailer = self.mailer.as_deref().map(|url| Mailer::new(egress.clone(), url).unwrap());
        let desk = "https://desk.example".to_owned();
        let notifier = Notifier::new(self.service.clone(), self.tray.clone(), mailer, egress, desk);
        let (stop, stopped) = watch::channel(false);
        self.runner = Some((stop, tokio::spawn(notifier.run(stopped))));
    }

    /// The process ends in the middle of whatever it does.
    pub(super) async fn dies(&mut self) {
        let (_, runner) = self.runner.take().expect("a runner");
        runner.abort();
        assert!(runner.await.is_err());
    }

    /// The process ends in good order.
    pub(super) async fn stops(&mut self) {
        let (stop, runner) = self.runner.take().expect("a runner");
        stop.send_replace(true);
        runner.await.unwrap().unwrap();
    }

    /// Time passes, deadlines fire, and the runner looks again.
    pub(super) async fn passes(&self, span: Span) {
        self.clock.advance(span);
        engine::fire(&self.service).await.unwrap();
        self.service.alerted().notify_one();
    }

    pub(super) async fn reach(&self, rep: &str, phone: Option<Address>, email: Option<&str>) {
        let reach = Reach { rep: rep.into(), phone, email: email.map(str::to_owned), stopped: None };
        self.store.put_reach(&reach).await.unwrap();
    }

    fn inbound(&self, from: Address, line: &str, body: &str) -> Inbound {
        let (provider, account) = ("twilio".to_owned(), "AC".to_owned());
        let raw =
            RawEvent { provider: provider.clone(), kind: "inbound".into(), params: "{}".into(), at: self.clock.now() };
        let key = DedupeKey { provider, account, id: format!("SM{}", Uuid::new_v4().simple()) };
        let (line, body) = (line.into(), Body::new(body));
        Inbound { key, from, line, body, media: vec![], opt_out_type: None, raw, sent: Some(self.clock.now()) }
    }

    /// The `n`th buyer texts a line; which conversation that is. The first one is maya's, as the CRM has it.
    pub(super) async fn texts(&self, n: u32, line: &str, body: &str) -> ConversationId {
        let work = Work::Receive(Box::new(self.inbound(buyer(n), line, body)));
        let outcome = self.service.submit(work).await.unwrap();
        assert!(matches!(outcome, Outcome::Received { new: true }), "{outcome:?}");
        let wants = Wants { addresses: [buyer(n)].into(), playbook: 1, ..Wants::default() };
        let loaded = self.store.begin().await.unwrap().load(&wants).await.unwrap();
        loaded.conversations.values().find(|c| c.state.line.as_str() == line).unwrap().state.id
    }

    /// The marketing tool reports a text to the `n`th buyer, sent so long ago.
    pub(super) async fn sent(&self, id: &str, n: u32, ago: Span) {
        let (campaign, words) = ("renewal-may".to_owned(), Body::new("Your renewal is due"));
        let sent = Answering { campaign, use_case: None, words, at: self.clock.now() - ago, send: None };
        let (source, id, line) = ("tool".to_owned(), id.to_owned(), "main".into());
        self.store.put_sends(&[CampaignSend { source, id, to: buyer(n), line, sent }]).await.unwrap();
    }

    /// A text from somewhere to the number that pages, as a webhook brings it; what it was taken for.
    pub(super) async fn answers_page(&self, from: Address, body: &str) -> Option<Inbound> {
        let inbound = self.inbound(from, "unlisted", body);
        self.brings(&inbound).await.then_some(inbound)
    }

    /// The same webhook, perhaps again. Whether it was a rep's.
    pub(super) async fn brings(&self, inbound: &Inbound) -> bool {
        let work = page::of_a_rep(&self.service, inbound, &page_number()).await.unwrap();
        let Some(work) = work else { return false };
        self.service.submit(work).await.unwrap();
        true
    }

    pub(super) async fn does(&self, rep: &str, conversation: ConversationId, command: Command) -> Outcome {
        let actor = Actor::Rep { rep: rep.into(), role: Role::Rep };
        self.service.submit(Work::Machine { actor, conversation, command }).await.unwrap()
    }

    pub(super) async fn goes_away(&self, rep: &str) {
        self.of_people(rep, Command::away(true)).await;
    }

    /// A rep says something of people and their shifts.
    pub(super) async fn of_people(&self, rep: &str, command: Command) {
        let actor = Actor::Rep { rep: rep.into(), role: Role::Rep };
        let outcome = self.service.submit(Work::People { actor, command }).await.unwrap();
        assert!(matches!(outcome, Outcome::Decided(_)), "{outcome:?}");
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(super) async fn state(&self, c: ConversationId) -> Conversation {
        self.store.messages(c, u64::MAX, 0).await.unwrap().unwrap().0
    }

    pub(super) async fn counts(&self) -> Notices {
        self.store.count_notices().await.unwrap()
    }

    /// Until nothing waits to be told.
    pub(super) async fn all_told(&self) {
        eventually("all is told", async || (self.counts().await.waiting == 0).then_some(())).await;
    }

    /// A counter of the backend, as operators read it.
    pub(super) fn counted(&self, outcome: &str) -> u64 {
        let line = format!("comeback_notices_total{{outcome=\"{outcome}\"}}");
        crate::service::reading(&self.service.metrics().render(), &line)
    }
}

/// Whom the CRM knows behind the first buyer's number.
fn card() -> Card {
    Card { name: "Dana Reyes".to_owned(), ..crate::world::card("c-1") }
}
