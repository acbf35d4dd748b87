//! The real backend (committer, engine, sender, reconciler, feed) on a runtime of its own whose time stands still until
//! the simulation moves it. A crash drops the runtime with everything in it; what is on the [`Disk`] stays.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::sync::mpsc::{Receiver, Sender as Pipe, channel};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use comeback::client::sync::{Action, Failure, Input};
use comeback::clock::{Clock as _, ManualClock};
use comeback::config;
use comeback::domain::command::{Actor, Command};
use comeback::domain::consent::{OptOutSource, Scope};
use comeback::domain::contact::Address;
use comeback::domain::context::Card;
use comeback::domain::hours::Window;
use comeback::domain::id::{DeviceId, LineId, MessageId, NumberId, RepId};
use comeback::domain::message::Delivery;
use comeback::domain::playbook::Playbook;
use comeback::domain::time::{Span, Timestamp};
use comeback::domain::visibility;
use comeback::server::effects::Sender;
use comeback::server::feed::{self, Ask, FeedError, Presences};
use comeback::server::http::auth::token_hash;
use comeback::server::service::{Heard, Inbound, Outcome, Service, ServiceError, Work};
use comeback::server::store::{CarrierLine, DedupeKey, Device, LineExtra, People, RawEvent, Store};
use comeback::server::telemetry::Metrics;
use comeback::server::{crm, engine, lines, reconcile};
use comeback::wire::changes::Changes;
use comeback::wire::command::Receipts;
use comeback::wire::session::Session;
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::carrier::{FakeCarrier, Got};
use super::disk::Disk;

const PLAYBOOK: &str = include_str!("../../../assets/playbook.toml");
/// Clocks run out in this part of their time.
const HASTE: i64 = 6;
/// How often the carrier's list is compared with ours.
const RECONCILE: Duration = Duration::from_secs(30);
/// Messages in one answer to a question for older ones.
const OLDER: usize = 100;
/// Turns given to the backend's tasks in one step: more than the longest chain of them.
const TURNS: usize = 24;

/// What came out of the backend.
#[expect(clippy::large_enum_variant, reason = "one at a time goes through the pipe")]
pub(super) enum Said {
    /// To a client.
    Answer(Input),
    /// A buyer's text is on disk.
    Acknowledged(usize),
    /// Nothing was promised.
    Nothing,
    /// The backend did what it never should.
    Trouble(String),
}

/// One life of the backend's process.
struct Life {
    runtime: Runtime,
    service: Service,
    presences: Arc<Presences>,
    tasks: Vec<(&'static str, JoinHandle<()>)>,
    /// Ends the tasks when dropped; they end with the runtime anyway.
    _shutdown: watch::Sender<bool>,
}

pub(super) struct Server {
    pub(super) disk: Disk,
    /// The backend's own, which may be wrong.
    pub(super) clock: Arc<ManualClock>,
    /// The world's.
    truth: Arc<ManualClock>,
    /// Its machine sleeps for so many milliseconds more.
    suspended: u64,
    pub(super) carrier: Arc<FakeCarrier>,
    pub(super) playbook: Playbook,
    life: Option<Life>,
    says: Pipe<(u64, Said)>,
    said: Receiver<(u64, Said)>,
    made: RefCell<u128>,
}

/// Read once: a storm takes less time than reading it.
static HASTY: LazyLock<Playbook> = LazyLock::new(|| hasty(config::playbook::read("playbook.toml", PLAYBOOK).unwrap()));

/// The same with clocks and ladders that run out within a storm.
fn hasty(mut playbook: Playbook) -> Playbook {
    let sooner = |span: &mut Span| *span = Span::millis(span.as_millis() / HASTE);
    for cohort in &mut playbook.cohorts {
        for target in [&mut cohort.first_response, &mut cohort.next_response] {
            sooner(&mut target.warn);
            sooner(&mut target.due);
        }
    }
    // An office that closes for minutes at a time: some buyers are told so, and some of that is untrue before it leaves.
    let window = |(open, close): (u16, u16)| Window { open: 10 * 60 + open, close: 10 * 60 + close };
    let hours = [(0, 1), (2, 4), (6, 9), (11, 14), (16, 20), (22, 600)];
    let mut breath = playbook.calendars["office"].clone();
    breath.holidays.clear();
    breath.week = std::array::from_fn(|_| hours.map(window).to_vec());
    playbook.calendars.insert("breath".to_owned(), breath);
    for cohort in playbook.cohorts.iter_mut().filter(|cohort| cohort.name == "standard") {
        "breath".clone_into(&mut cohort.calendar);
    }
    playbook.acknowledgement = Some("We come back to you in a minute.".to_owned());
    for step in playbook.ladders.values_mut().flat_map(|ladder| &mut ladder.steps) {
        sooner(&mut step.wait);
    }
    playbook
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap()
}

/// Reads the disk, past the process.
pub(super) fn read<T>(question: impl Future<Output = T>) -> T {
    runtime().block_on(question)
}

impl Server {
    pub(super) fn new(disk: Disk, truth: Arc<ManualClock>, carrier: Arc<FakeCarrier>) -> Self {
        let clock = Arc::new(ManualClock::at(truth.now()));
        let playbook = HASTY.clone();
        let made = RefCell::new(1 << 80);
        let (says, said) = channel();
        Self { disk, clock, truth, suspended: 0, carrier, playbook, life: None, says, said, made }
    }

    /// Sets up lines and people, then starts.
    pub(super) fn open(&mut self, people: &[(Address, Vec<Card>)]) {
        let setting = async {
            for line in self.playbook.lines.values() {
                let line = CarrierLine {
                    number: line.number.clone(),
                    provider: "twilio".to_owned(),
                    account: "AC1".to_owned(),
                    tokens: vec!["secret".to_owned()],
                    service: None,
                    api: "https://carrier.invalid".to_owned(),
                    extra: LineExtra::default(),
                };
                self.disk.put_line(&line).await.unwrap();
            }
            let people: Vec<People> = people
                .iter()
                .map(|(address, cards)| People {
                    fresh: NumberId(self.make()),
                    address: address.clone(),
                    cards: cards.clone(),
                })
                .collect();
            self.disk.put_cards(&people, self.clock.now()).await.unwrap();
        };
        runtime().block_on(setting);
        self.start();
    }

    fn make(&self) -> Uuid {
        let mut made = self.made.borrow_mut();
        *made += 1;
        Uuid::from_u128(*made)
    }

    /// A device of a rep, signed in.
    pub(super) fn sign_in(&self, rep: &str) -> Device {
        let (id, now) = (self.make(), self.clock.now());
        let (invite, token) = (token_hash(&format!("invite {id}")), token_hash(&id.to_string()));
        read(async {
            self.disk.put_invite(invite, &RepId::new(rep), now + Span::minutes(1)).await.unwrap();
            self.disk.redeem(invite, now, DeviceId(id), "simulated", token).await.unwrap().unwrap()
        })
    }

    /// Starts a process over whatever is on disk.
    pub(super) fn start(&mut self) {
        let runtime = runtime();
        let (shutdown, down) = watch::channel(false);
        let (clock, store) = (Arc::clone(&self.clock), Arc::new(self.disk.clone()));
        let service = runtime.block_on(Service::start(store, clock, &self.playbook)).unwrap();
        // Whoever texts unknown waits for a card that comes in time, late or never.
        service.asks().connected("a simulated CRM");
        let sender = Sender {
            service: service.clone(),
            carrier: self.carrier.clone(),
            public_url: "https://backend.invalid".to_owned(),
        };
        let metrics = Arc::new(Metrics::default());
        let (engine, effects) = (engine::run(service.clone(), down.clone()), sender.run(down.clone()));
        let reconciler = reconcile::run(service.clone(), self.carrier.clone(), metrics, RECONCILE, down);
        let linked = service.clone();
        runtime.spawn(async move { follow_up(&linked).await });
        let tasks = vec![
            ("engine", runtime.spawn(async move { drop(engine.await) })),
            ("sender", runtime.spawn(async move { drop(effects.await) })),
            ("reconciler", runtime.spawn(async move { drop(reconciler.await) })),
        ];
        self.playbook = (*service.playbook()).clone();
        self.life = Some(Life { runtime, service, presences: Arc::default(), tasks, _shutdown: shutdown });
    }

    /// The process is gone, with all that was not committed.
    pub(super) fn crash(&mut self) {
        self.life = None;
        self.disk.reopen();
        while self.said.try_recv().is_ok() {}
    }

    pub(super) const fn is_up(&self) -> bool {
        self.life.is_some()
    }

    /// The backend's clock is set, forwards or back.
    pub(super) fn set_clock(&self, ms: i64) {
        self.clock.advance(Span::millis(ms));
    }

    /// Its machine is suspended: clocks go on, nothing else does.
    pub(super) const fn suspend(&mut self, ms: u64) {
        self.suspended = ms;
    }

    /// Awake, with the right time.
    pub(super) fn recover(&mut self) {
        self.suspended = 0;
        self.clock.set(self.truth.now());
    }

    /// Time passes in the backend.
    pub(super) fn pass(&mut self, ms: u64) {
        self.pass_with(ms, TURNS);
    }

    /// The same, with so many turns for its tasks: with few of them a long chain ends in the next step.
    pub(super) fn pass_with(&mut self, ms: u64, turns: usize) {
        let span = Span::millis(i64::try_from(ms).unwrap());
        self.truth.advance(span);
        self.clock.advance(span);
        if self.suspended > 0 {
            self.suspended = self.suspended.saturating_sub(ms);
            return;
        }
        if let Some(life) = &self.life {
            life.runtime.block_on(async {
                tokio::time::advance(Duration::from_millis(ms)).await;
                for _ in 0..turns {
                    tokio::task::yield_now().await;
                }
            });
        }
    }

    /// What the backend said since last asked, with the question's number; and parts of it that ended.
    pub(super) fn take_said(&self) -> Vec<(u64, Said)> {
        let mut said: Vec<(u64, Said)> = self.said.try_iter().collect();
        // Tokio wakes those who wait for one thing in an order of its own, another one each time.
        said.sort_by_key(|(question, _)| *question);
        let ended = self.life.iter().flat_map(|l| &l.tasks).filter(|(_, task)| task.is_finished());
        said.extend(ended.map(|(name, _)| (0, Said::Trouble(format!("the {name} ended")))));
        said
    }

    fn spawn(&self, question: u64, work: impl Future<Output = Said> + Send + 'static) {
        let Some(life) = &self.life else { return };
        let said = self.says.clone();
        life.runtime.spawn(async move { drop(said.send((question, work.await))) });
    }

    /// A client's question arrives.
    pub(super) fn ask(&self, question: u64, device: &Device, action: &Action) {
        let Some(life) = &self.life else { return };
        let (service, presences, device) = (life.service.clone(), Arc::clone(&life.presences), device.clone());
        let action = over_the_wire(action);
        self.spawn(question, async move { answer(&service, &presences, &device, action).await });
    }

    /// A carrier delivers a buyer's text.
    pub(super) fn deliver(&self, question: u64, index: usize, text: &Got) {
        let Some(life) = &self.life else { return };
        let service = life.service.clone();
        let ours = self.playbook.line_of(&text.to).map_or_else(|| LineId::new("unlisted"), |(id, _)| id.clone());
        let inbound = Inbound {
            key: DedupeKey { provider: "twilio".to_owned(), account: "AC1".to_owned(), id: text.id.clone() },
            // Now and then by another channel: it is the same person.
            from: if index.is_multiple_of(3) { by_rcs(&text.from) } else { text.from.clone() },
            line: ours,
            body: text.body.clone(),
            media: Vec::new(),
            opt_out_type: None,
            sent: Some(text.at),
            raw: self.raw("inbound"),
        };
        self.spawn(question, async move {
            match service.submit(Work::Receive(Box::new(inbound))).await {
                Ok(Outcome::Received { .. }) => Said::Acknowledged(index),
                Ok(other) => Said::Trouble(format!("a buyer's text ended as {other:?}")),
                Err(ServiceError::Busy) => Said::Nothing,
                Err(e @ (ServiceError::Unreadable(_) | ServiceError::Stopped(_))) => Said::Trouble(e.to_string()),
            }
        });
    }

    /// A carrier reports on an answer.
    pub(super) fn report(&self, question: u64, message: MessageId, delivery: Delivery) {
        self.report_with(question, message, delivery, None);
    }

    /// The same, with the carrier's own number of an error.
    pub(super) fn report_with(&self, question: u64, message: MessageId, delivery: Delivery, error: Option<u32>) {
        let Some(life) = &self.life else { return };
        let (service, raw) = (life.service.clone(), self.raw("status"));
        let command = Command::Report { message, delivery, error };
        self.spawn(question, async move {
            match service.submit(Work::Report { message, command, raw, foreign: BTreeSet::new() }).await {
                Ok(Outcome::Decided(_)) | Err(ServiceError::Busy) => Said::Nothing,
                Ok(other) => Said::Trouble(format!("a report ended as {other:?}")),
                Err(e @ (ServiceError::Unreadable(_) | ServiceError::Stopped(_))) => Said::Trouble(e.to_string()),
            }
        });
    }

    /// The same of a text from one of our numbers, as the webhook does it: what the error means for the number is kept, too.
    pub(super) fn report_from(&self, question: u64, message: MessageId, delivery: Delivery, code: u32, from: &Address) {
        let Some(life) = &self.life else { return };
        let (service, raw, from) = (life.service.clone(), self.raw("status"), from.clone());
        let command = Command::Report { message, delivery, error: Some(code) };
        self.spawn(question, async move {
            let work = Work::Report { message, command, raw, foreign: BTreeSet::new() };
            if let Err(e) = service.submit(work).await {
                return Said::Trouble(e.to_string());
            }
            let lines = service.store().lines().await.unwrap();
            let ours = lines.iter().find(|ours| ours.number == from).unwrap();
            lines::heard(&service, ours, code).await.unwrap();
            Said::Nothing
        });
    }

    /// A list says something of a number's consent, so many minutes ago.
    pub(super) fn hear(&self, question: u64, address: &Address, out: bool, minutes: i64) {
        self.hear_of(question, address, Scope::Tenant, out, minutes);
    }

    /// The same of some or all of our lines.
    pub(super) fn hear_of(&self, question: u64, address: &Address, scope: Scope, out: bool, minutes: i64) {
        let Some(life) = &self.life else { return };
        let service = life.service.clone();
        let heard = Heard {
            actor: Actor::Operator,
            address: address.clone(),
            out,
            source: OptOutSource::Import("list".to_owned()),
            scope,
            said: Some(service.clock().now() - Span::minutes(minutes)),
            undated: false,
            words: None,
            line: None,
        };
        self.spawn(question, async move {
            match service.submit(Work::Heard(Box::new(heard))).await {
                Ok(Outcome::Heard(_)) | Err(ServiceError::Busy) => Said::Nothing,
                other => Said::Trouble(format!("a list ended as {other:?}")),
            }
        });
    }

    /// The CRM has something new to say of a number.
    pub(super) fn cards(&self, question: u64, address: &Address, cards: Vec<Card>) {
        let Some(life) = &self.life else { return };
        let service = life.service.clone();
        let people = [People { fresh: NumberId(self.make()), address: address.clone(), cards }];
        self.spawn(question, async move {
            service.store().put_cards(&people, service.clock().now()).await.unwrap();
            follow_up(&service).await;
            Said::Nothing
        });
    }

    /// The policy in force.
    pub(super) fn policy(&self) -> Arc<Playbook> {
        self.life.as_ref().map_or_else(|| Arc::new(self.playbook.clone()), |life| life.service.playbook())
    }

    /// A new version of the policy.
    pub(super) fn put_policy(&self, question: u64, policy: Playbook) {
        let Some(life) = &self.life else { return };
        let service = life.service.clone();
        self.spawn(question, async move {
            match service.submit(Work::Playbook(Box::new(policy.into()))).await {
                Ok(Outcome::Decided(_)) | Err(ServiceError::Busy) => Said::Nothing,
                other => Said::Trouble(format!("a new policy ended as {other:?}")),
            }
        });
    }

    /// Everything a device would see if it started anew.
    pub(super) fn fresh(&self, device: &Device) -> Result<Changes, String> {
        let life = self.life.as_ref().ok_or("the backend is down")?;
        let mut ask = Ask::default();
        let mut upserts = BTreeMap::new();
        loop {
            let page = life.runtime.block_on(feed::changes(&life.service, &life.presences, device, &ask));
            let mut page = page.map_err(|e| e.to_string())?;
            upserts.extend(page.upserts.drain(..).map(|s| (s.state.id, s)));
            if !page.more {
                page.upserts = upserts.into_values().collect();
                return Ok(page);
            }
            ask.since = page.cursor;
        }
    }

    fn raw(&self, kind: &str) -> RawEvent {
        RawEvent { provider: "twilio".to_owned(), kind: kind.to_owned(), params: "{}".to_owned(), at: self.now() }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

/// Cards that changed are looked at again, also those that an earlier process read and died over.
async fn follow_up(service: &Service) {
    while crm::follow_up(service).await.is_err() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// What is sent is written and read back, as on a socket.
fn over_the_wire(action: &Action) -> Action {
    match action {
        Action::Push { ticket, push } => {
            Action::Push { ticket: *ticket, push: serde_json::from_str(&serde_json::to_string(push).unwrap()).unwrap() }
        }
        other @ (Action::Hello { .. } | Action::Pull { .. } | Action::Older { .. } | Action::Abandon { .. }) => {
            other.clone()
        }
    }
}

/// The same calls as `server::http` makes for each route, without a socket.
async fn answer(service: &Service, presences: &Presences, device: &Device, action: Action) -> Said {
    let known = service.store().device(token_hash(&device.id.to_string())).await;
    let Ok(Some(device)) = known else { return Said::Trouble("a signed-in device is not known".to_owned()) };
    let problem = |status, title: &str| Failure::Problem { status, title: title.to_owned(), after: None };
    Said::Answer(match action {
        Action::Abandon { .. } => return Said::Nothing,
        Action::Hello { ticket } => {
            let playbook = service.playbook();
            let session = Session {
                device: device.id,
                rep: device.rep.clone(),
                name: playbook.rep_name(&device.rep).to_owned(),
                role: playbook.reps[&device.rep].role,
                company: playbook.company.clone(),
                wire: 1,
            };
            Input::Session { ticket, result: Ok(session) }
        }
        Action::Push { ticket, push } => {
            presences.saw(&device.rep);
            let work = Work::Push { device: device.id, rep: device.rep, envelopes: push.envelopes };
            let result = match service.submit(work).await {
                Ok(Outcome::Receipts(receipts)) => Ok(Receipts { receipts }),
                Ok(other) => return Said::Trouble(format!("a push ended as {other:?}")),
                Err(ServiceError::Busy) => Err(problem(503, "busy")),
                Err(e @ (ServiceError::Unreadable(_) | ServiceError::Stopped(_))) => {
                    return Said::Trouble(e.to_string());
                }
            };
            Input::Pushed { ticket, result }
        }
        Action::Pull { ticket, cursor, wait, acked, playbook } => {
            let ask =
                Ask { since: cursor, known: acked, playbook: playbook.unwrap_or(0), wait, drain: None, writing: None };
            let result = match feed::changes(service, presences, &device, &ask).await {
                Ok(page) => Ok(Box::new(page)),
                Err(FeedError::Gone) => Err(problem(410, "cursor gone")),
                Err(FeedError::Store(e)) => return Said::Trouble(e.to_string()),
            };
            Input::Pulled { ticket, result }
        }
        Action::Older { ticket, conversation, before } => {
            let principals = visibility::principals(&service.playbook(), &device.rep);
            let result = match service.store().messages(conversation, before, OLDER).await {
                Ok(Some((state, messages))) if visibility::may_see(&principals, &state) => Ok(messages),
                Ok(_) => Err(problem(404, "no such conversation")),
                Err(e) => return Said::Trouble(e.to_string()),
            };
            Input::Older { ticket, result }
        }
    })
}

/// The same phone, by another channel.
fn by_rcs(address: &Address) -> Address {
    Address::parse(&format!("rcs:{}", address.as_str())).unwrap()
}
