//! Runs the sync machine: its own thread, its own runtime, the cache, the network.
//!
//! **Invariant:** what the machine says to write is committed before what it says to ask goes out, so that a crash at
//! any point repeats a question rather than forgets one.

mod again;
mod around;
mod asked;
mod trace;
mod writing;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::task::AbortHandle;

use super::alert::{Alert, Alerts};
use super::cache::{Cache, CacheError};
use super::handle::{Around, Ask, Handle, Inbox, Link, LinkState, Notice, OutboxEntry, Thread, Toast, Weight};
use super::http::{Backend, BadUrl};
use super::inbox::Beside;
use super::profile::{self, Lock, Profile, ProfileError};
use super::search::Searcher;
use super::shown::{self, Outlet};
use super::sync::{Action, Input, Machine, News, Wish};
use super::{inbox, replica};

use crate::clock::{self, Clock};
use crate::domain::id::ConversationId;
use crate::domain::time::Timestamp;
use crate::wire::unwritten::Unwritten;

/// How long leaving waits for a push that is on its way.
const LAST_PUSH: Duration = Duration::from_millis(500);
/// A failed write to the cache is tried again after this.
const WRITE_AGAIN: Duration = Duration::from_secs(2);
/// While signed out, the profile is looked at this often: `comeback login` may have written a new token.
const LOOK_AGAIN: Duration = Duration::from_secs(2);
/// How often the list is made while everything is fetched anew.
const SYNCING_SHOWS: Duration = Duration::from_millis(400);
/// The estimate of the backend's clock moved by more than this: the screen must know.
const MOVED_MS: i64 = 100;

/// Why the client does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The profile.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// The cache.
    #[error(transparent)]
    Cache(#[from] CacheError),
    /// The backend's address.
    #[error(transparent)]
    Url(#[from] BadUrl),
    /// The system has no thread or socket left.
    #[error("cannot start: {0}")]
    System(#[from] std::io::Error),
}

/// Starts the client. When it returns, the first [`Notice::Inbox`] is already in `notices`, from the cache. `clock` is
/// this machine's wall; `alerts` is called on the client's thread and must not block.
pub fn start(
    profile: &Profile,
    clock: Arc<dyn Clock>,
    alerts: Outlet,
    notices: UnboundedSender<Notice>,
) -> Result<Handle, StartError> {
    profile::make_dir(&profile.dir)?;
    let lock = Lock::take(&profile.dir)?;
    start_holding(lock, profile, clock, alerts, notices)
}

/// As [`start`], on a profile that is held already.
pub fn start_holding(
    lock: Lock,
    profile: &Profile,
    clock: Arc<dyn Clock>,
    alerts: Outlet,
    notices: UnboundedSender<Notice>,
) -> Result<Handle, StartError> {
    let backend = Backend::new(&profile.base_url, &profile.token)?;
    let mut cache = Cache::open(&profile.dir)?;
    let state = cache.load_awake(clock.now())?;
    let searcher = {
        let notices = notices.clone();
        let found = move |query, hits| drop(notices.send(Notice::Found { query, hits: Arc::new(hits) }));
        Searcher::start(cache.path(), found).map_err(CacheError::Sql)?
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let started = clock::monotonic();
    let machine = Machine::new(state, rand::random(), clock.now(), Duration::ZERO);
    let (handle, asks) = Handle::new();
    let (answers_in, answers) = mpsc::unbounded_channel();
    let mut driver = Driver {
        machine,
        cache,
        backend,
        profile: profile.clone(),
        searcher,
        clock,
        started,
        alerts: Alerts::default(),
        on_desktop: shown::Shown::default(),
        outlet: alerts,
        notices,
        answers: answers_in,
        flying: BTreeMap::new(),
        unwritten: Vec::new(),
        write_at: None,
        open: None,
        looking: None,
        around: around::Asked::default(),
        shown: Shown::default(),
        not_in_crm: Arc::default(),
        _lock: lock,
    };
    driver.show(true, true);
    let (looked_in, looked) = mpsc::unbounded_channel();
    driver.around = around::Asked::telling(looked_in);
    std::thread::Builder::new()
        .name("client".to_owned())
        .spawn(move || runtime.block_on(driver.run(asks, answers, looked)))?;
    Ok(handle)
}

/// What the screen was told last.
#[derive(Default)]
struct Shown {
    inbox: Option<Arc<Inbox>>,
    thread: Option<(ConversationId, Option<Arc<Thread>>)>,
    outbox: Option<Arc<Vec<OutboxEntry>>>,
    link: Option<Link>,
    /// When the list was last made.
    at: Option<Duration>,
}

struct Driver {
    machine: Machine,
    cache: Cache,
    backend: Backend,
    profile: Profile,
    searcher: Searcher,
    clock: Arc<dyn Clock>,
    started: Instant,
    alerts: Alerts,
    on_desktop: shown::Shown,
    outlet: Outlet,
    notices: UnboundedSender<Notice>,
    answers: UnboundedSender<Input>,
    flying: BTreeMap<u64, AbortHandle>,
    /// Writes that the disk refused.
    unwritten: Vec<super::state::Write>,
    write_at: Option<Duration>,
    /// The opened conversation.
    open: Option<ConversationId>,
    /// The conversation on a focused screen.
    looking: Option<ConversationId>,
    around: around::Asked,
    shown: Shown,
    /// What the CRM has not taken, as it was last told.
    not_in_crm: Arc<Vec<Unwritten>>,
    _lock: Lock,
}

impl Driver {
    fn mono(&self) -> Duration {
        clock::monotonic().saturating_duration_since(self.started)
    }

    fn wall(&self) -> Timestamp {
        self.clock.now()
    }

    async fn run(
        mut self,
        mut asks: UnboundedReceiver<Ask>,
        mut answers: UnboundedReceiver<Input>,
        mut looked: UnboundedReceiver<Around>,
    ) {
        let mut stopping = None;
        self.settle();
        loop {
            let mono = self.mono();
            if let Some(by) = stopping
                && (mono >= by || !self.is_pushing())
            {
                break;
            }
            let offline = self.machine.offline_since();
            let look = self.machine.link(mono).is_shut().then(|| mono + LOOK_AGAIN);
            let alert = self.alerts.next(offline);
            let wake = [stopping, self.write_at, alert, look, self.looks_around_at()].into_iter().flatten();
            let wake = wake.fold(self.machine.next_timeout(mono), Duration::min);
            tokio::select! {
                ask = asks.recv(), if stopping.is_none() => {
                    let mut next = Some(ask.unwrap_or(Ask::Stop));
                    while let Some(ask) = next {
                        if ask == Ask::Stop {
                            stopping = Some(self.mono() + LAST_PUSH);
                            break;
                        }
                        self.ask(ask);
                        next = asks.try_recv().ok();
                    }
                }
                Some(answer) = answers.recv() => {
                    self.feed(answer);
                    while let Ok(answer) = answers.try_recv() {
                        self.feed(answer);
                    }
                }
                Some(around) = looked.recv() => self.looked(around),
                () = tokio::time::sleep(wake.saturating_sub(mono)) => {}
            }
            self.feed(Input::Tick);
            self.sign_in_again();
            self.look_around();
            self.settle();
        }
        self.commit();
        let notices = self.notices.clone();
        // The profile is free before anybody hears of it: they may start another client on it at once.
        drop(self);
        drop(notices.send(Notice::Stopped));
    }

    /// Whether leaving now would leave a text behind that the network would take.
    fn is_pushing(&self) -> bool {
        self.machine.state().outbox.has_unpushed() && self.machine.link(self.mono()) == LinkState::Online
    }

    fn feed(&mut self, input: Input) {
        trace::answer(&input);
        self.hear_of_writing(&input);
        self.hear_of_unwritten(&input);
        if let Input::Session { ticket, .. }
        | Input::Pushed { ticket, .. }
        | Input::Pulled { ticket, .. }
        | Input::Older { ticket, .. } = &input
        {
            self.flying.remove(ticket);
        }
        let needed = self.machine.needs(&input);
        self.wake(&needed);
        let (wall, mono) = (self.wall(), self.mono());
        self.machine.handle(input, wall, mono);
    }

    /// Brings conversations that rest in the cache, or are cut, whole into memory. One that cannot be read stays as it
    /// is: what it lacks is fetched again when somebody looks.
    fn wake(&mut self, conversations: &BTreeSet<ConversationId>) {
        if conversations.is_empty() || !self.commit() {
            return;
        }
        for id in conversations {
            match self.cache.conversation(*id) {
                Ok(Some(woken)) => self.machine.wake(woken),
                Ok(None) => match self.cache.seen(*id) {
                    Ok(0) | Err(_) => {}
                    Ok(seen) => self.machine.remember_seen(*id, seen),
                },
                Err(error) => tracing::warn!(%error, "a conversation cannot be read from the cache"),
            }
        }
    }

    fn wish(&mut self, wish: Wish) {
        self.feed(Input::Wish(wish));
    }

    /// Every text of the conversation was on the screen.
    fn read(&mut self, conversation: Option<ConversationId>) {
        let snapshot = conversation.and_then(|c| self.machine.state().base.get(&c));
        if let Some((id, inbound)) = snapshot.map(|s| (s.state.id, s.state.inbound)) {
            self.wish(Wish::See(id, inbound));
        }
    }

    /// Alerts, writes, questions, and what the screen must hear, in this order.
    fn settle(&mut self) {
        loop {
            let news = self.machine.take_news();
            self.alert(&news);
            let written = self.commit();
            while let Some(action) = self.machine.poll_action() {
                // What is not written down is not asked: the machine counts it as lost and asks again.
                if written || matches!(action, Action::Abandon { .. }) {
                    self.act(action);
                }
            }
            if news == News::default() {
                if written {
                    self.machine.rest(self.open);
                }
                self.show_link(false);
                return;
            }
            for toast in news.toasts {
                drop(self.notices.send(Notice::Toast(toast)));
            }
            self.show(news.view, news.clock);
        }
    }

    fn alert(&mut self, news: &News) {
        let mono = self.mono();
        if news.jumped {
            self.alerts.slept();
        }
        if let Some(pulled) = &news.pulled {
            let raised = self.alerts.pulled(self.machine.state(), &pulled.touched, pulled.complete, mono);
            for key in raised.keys {
                self.wish(Wish::Alerted(key));
            }
            self.raise_all(raised.alerts);
            for id in self.on_desktop.over(self.machine.state()) {
                (self.outlet.close)(id);
            }
            if self.looking.is_some() && self.looking == self.open {
                self.read(self.looking);
            }
        }
        let raised = self.alerts.tick(self.machine.offline_since(), mono);
        self.raise_all(raised.alerts);
        if let Some(text) = raised.meanwhile {
            drop(self.notices.send(Notice::Toast(Toast { text, weight: Weight::News, conversation: None })));
        }
    }

    /// Each alert also stands on the screen for a while: not every terminal has a bell that is heard.
    fn raise_all(&mut self, alerts: Vec<Alert>) {
        for alert in alerts {
            drop(self.notices.send(Notice::Toast(alert.toast())));
            self.raise(alert);
        }
    }

    fn raise(&mut self, alert: Alert) {
        self.on_desktop.raised(&alert, self.machine.state());
        (self.outlet.raise)(alert);
    }

    /// Writes down what the machine said. False when the disk refuses; it is tried again.
    fn commit(&mut self) -> bool {
        self.unwritten.extend(self.machine.take_writes());
        if self.unwritten.is_empty() {
            return true;
        }
        match self.cache.commit(&self.unwritten) {
            Ok(()) => {
                self.unwritten.clear();
                self.write_at = None;
                true
            }
            Err(e) => {
                if self.write_at.is_none() {
                    tracing::error!(why = %e, "the cache cannot be written");
                    let text = format!("{e}. Nothing is sent until it can be written.");
                    drop(self.notices.send(Notice::Toast(Toast { text, weight: Weight::Loud, conversation: None })));
                }
                self.write_at = Some(self.mono() + WRITE_AGAIN);
                false
            }
        }
    }

    fn act(&mut self, action: Action) {
        trace::question(&action);
        let (backend, answers) = (self.backend.clone(), self.answers.clone());
        let (ticket, task) = match action {
            Action::Abandon { ticket } => {
                if let Some(task) = self.flying.remove(&ticket) {
                    task.abort();
                }
                return;
            }
            Action::Hello { ticket } => (
                ticket,
                tokio::spawn(async move {
                    let result = backend.hello().await;
                    drop(answers.send(Input::Session { ticket, result }));
                }),
            ),
            Action::Push { ticket, push } => (
                ticket,
                tokio::spawn(async move {
                    let result = backend.push(&push).await;
                    drop(answers.send(Input::Pushed { ticket, result }));
                }),
            ),
            Action::Pull { ticket, cursor, wait, acked, playbook } => (
                ticket,
                tokio::spawn(async move {
                    let result = backend.pull(&cursor, wait, acked, playbook).await;
                    drop(answers.send(Input::Pulled { ticket, result }));
                }),
            ),
            Action::Older { ticket, conversation, before } => (
                ticket,
                tokio::spawn(async move {
                    let result = backend.older(conversation, before).await;
                    drop(answers.send(Input::Older { ticket, result }));
                }),
            ),
        };
        self.flying.insert(ticket, task.abort_handle());
    }

    /// Tells the screen what differs from what it was told.
    fn show(&mut self, view: bool, clock: bool) {
        // While everything comes anew, a list of all of it for each page would cost more than the pages.
        let mono = self.mono();
        let shown_lately = self.shown.at.is_some_and(|at| mono.saturating_sub(at) < SYNCING_SHOWS);
        if view && !(self.machine.syncing().is_some() && shown_lately) {
            self.shown.at = Some(mono);
            let view = replica::replay(self.machine.state(), self.machine.skew().pace());
            let (list, pending) = (inbox::inbox(&view), inbox::outbox(&view));
            if self.shown.inbox.as_deref() != Some(&list) {
                let list = Arc::new(list);
                self.shown.inbox = Some(Arc::clone(&list));
                drop(self.notices.send(Notice::Inbox(list)));
            }
            if self.shown.outbox.as_deref() != Some(&pending) {
                let pending = Arc::new(pending);
                self.shown.outbox = Some(Arc::clone(&pending));
                drop(self.notices.send(Notice::Outbox(pending)));
            }
            self.show_thread();
        }
        self.show_link(clock);
    }

    fn show_thread(&mut self) {
        let Some(id) = self.open else { return };
        let view = replica::replay(self.machine.state(), self.machine.skew().pace());
        let now = self.machine.server_now(self.mono());
        let beside = Beside { awaits_older: self.machine.awaits_older(id), heard: self.around.heard(id) };
        let thread = inbox::thread(&view, id, beside, now);
        let told = self.shown.thread.as_ref().filter(|(shown, _)| *shown == id).map(|(_, thread)| thread.as_deref());
        if told == Some(thread.as_ref()) {
            return;
        }
        let thread = thread.map(Arc::new);
        self.shown.thread = Some((id, thread.clone()));
        drop(self.notices.send(Notice::Thread(id, thread)));
    }

    fn show_link(&mut self, clock: bool) {
        let (mono, now) = (self.mono(), clock::monotonic());
        let link = Link {
            state: self.machine.link(mono),
            server_time: self.machine.server_now(mono),
            measured: now,
            pace: self.machine.skew().pace(),
            syncing: self.machine.syncing(),
            cache: self.cache.path().to_owned(),
        };
        let same = self.shown.link.as_ref().is_some_and(|told| {
            let moved = (told.now(now) - link.server_time).as_millis().abs() > MOVED_MS;
            let paced = (told.pace - link.pace).abs() > f64::EPSILON;
            told.state == link.state && told.syncing == link.syncing && !(clock && (moved || paced))
        });
        if !same {
            if self.shown.link.as_ref().is_none_or(|told| told.state != link.state) {
                trace::link(&link.state);
            }
            self.shown.link = Some(link.clone());
            drop(self.notices.send(Notice::Link(link)));
        }
    }
}
