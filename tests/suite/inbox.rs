//! The client as it runs (thread, cache, sockets) before a real backend in the same process.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use comeback::client::alert::Alert;
use comeback::client::driver;
use comeback::client::handle::{Ask, Handle, Notice, Thread};
use comeback::client::profile::Profile;
use comeback::client::shown::Outlet;
use comeback::clock::{Clock, SystemClock};
use comeback::config;
use comeback::domain::contact::{Address, Body};
use comeback::domain::id::{ConversationId, DeviceId, RepId};
use comeback::domain::next_step::{Earlier, NextStep};
use comeback::domain::time::Span;
use comeback::server::feed::Presences;
use comeback::server::http::auth::token_hash;
use comeback::server::http::{self, App};
use comeback::server::service::{Inbound, Outcome, Service, Work};
use comeback::server::store::memory::MemoryStore;
use comeback::server::store::{DedupeKey, RawEvent, Store};
use comeback::server::telemetry::Metrics;
use tokio::runtime::Runtime;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::sync::watch;
use uuid::Uuid;

const PLAYBOOK: &str = include_str!("../../assets/playbook.toml");
/// For what comes at once unless it never comes.
const PATIENCE: Duration = Duration::from_secs(60);

/// A backend on a socket.
struct House {
    runtime: Runtime,
    service: Service,
    url: String,
    /// Ends long polls when dropped.
    _shutdown: watch::Sender<bool>,
}

/// Maya's inbox without its screen.
struct Inbox {
    handle: Handle,
    told: UnboundedReceiver<Notice>,
    raised: Receiver<Alert>,
    closed: Receiver<ConversationId>,
}

impl House {
    fn open() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (shutdown, down) = watch::channel(false);
        let (service, url) = runtime.block_on(async {
            let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
            let mut playbook = config::playbook::read("playbook.toml", PLAYBOOK).unwrap();
            // Whatever the hour, nothing is said by itself.
            playbook.acknowledgement = None;
            let service = Service::start(Arc::clone(&store), Arc::new(SystemClock), &playbook).await.unwrap();
            let (invite, now) = ([7; 32], SystemClock.now());
            store.put_invite(invite, &RepId::new("maya"), now + Span::minutes(9)).await.unwrap();
            let device = DeviceId(Uuid::now_v7());
            store.redeem(invite, now, device, "test", token_hash("maya")).await.unwrap().unwrap();
            let app = App {
                service: service.clone(),
                presences: Arc::new(Presences::default()),
                metrics: Arc::new(Metrics::default()),
                shutdown: down,
            };
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let url = format!("http://{}", listener.local_addr().unwrap());
            tokio::spawn(async move { axum::serve(listener, http::router(app)).await });
            (service, url)
        });
        Self { runtime, service, url, _shutdown: shutdown }
    }

    /// A buyer texts, from a number that ends so.
    fn text(&self, from: u32, body: &str) {
        let inbound = Inbound {
            key: DedupeKey { provider: "twilio".into(), account: "AC".into(), id: Uuid::now_v7().to_string() },
            from: Address::parse(&format!("+1415555{from:04}")).unwrap(),
            line: "main".into(),
            body: Body::new(body),
            media: vec![],
            opt_out_type: None,
            sent: None,
            raw: RawEvent {
                provider: "twilio".into(),
                kind: "inbound".into(),
                params: "{}".into(),
                at: SystemClock.now(),
            },
        };
        let outcome = self.runtime.block_on(self.service.submit(Work::Receive(Box::new(inbound)))).unwrap();
        assert!(matches!(outcome, Outcome::Received { new: true }));
    }

    fn inbox(&self, dir: &Path) -> Inbox {
        let profile = Profile { base_url: self.url.clone(), dir: dir.to_owned(), token: "maya".to_owned() };
        let (notices, told) = unbounded_channel();
        let ((raise, raised), (close, closed)) = (channel(), channel());
        let outlet = Outlet {
            raise: Box::new(move |alert| drop(raise.send(alert))),
            close: Box::new(move |conversation| {
                let _ = close.send(conversation);
            }),
        };
        let handle = driver::start(&profile, Arc::new(SystemClock), outlet, notices).unwrap();
        Inbox { handle, told, raised, closed }
    }
}

impl Inbox {
    /// Waits for a notice that gives something.
    fn hears<T>(&mut self, house: &House, what: &str, mut take: impl FnMut(&Notice) -> Option<T>) -> T {
        let listen = async {
            loop {
                let notice = self.told.recv().await.expect("the client ended");
                if let Some(found) = take(&notice) {
                    return found;
                }
            }
        };
        let heard = house.runtime.block_on(async { tokio::time::timeout(PATIENCE, listen).await });
        heard.unwrap_or_else(|_| panic!("never heard: {what}"))
    }

    fn thread(&mut self, house: &House, what: &str, is: impl Fn(&Thread) -> bool) -> Arc<Thread> {
        self.hears(house, what, |notice| match notice {
            Notice::Thread(_, Some(thread)) if is(thread) => Some(Arc::clone(thread)),
            _ => None,
        })
    }

    /// Stops it; what was closed and not looked at.
    fn stop(mut self, house: &House) -> Receiver<ConversationId> {
        self.handle.ask(Ask::Stop);
        self.hears(house, "the end", |notice| matches!(notice, Notice::Stopped).then_some(()));
        self.closed
    }
}

#[test]
fn scrolling_up_brings_older_texts_over_the_network_and_a_restart_has_them() {
    let (house, dir) = (House::open(), tempfile::tempdir().unwrap());
    for n in 1..=180 {
        house.text(1, &format!("text number {n}"));
    }
    let mut inbox = house.inbox(dir.path());
    let id = inbox.hears(&house, "the list", |notice| match notice {
        Notice::Inbox(list) => list.rows.first().map(|row| row.id),
        _ => None,
    });
    inbox.handle.ask(Ask::Open(Some(id)));
    let first = inbox.thread(&house, "the newest fifty", |t| t.messages.len() == 50);
    assert_eq!(first.older.map(|o| (o.at, o.asked)), Some((0, false)));
    inbox.handle.ask(Ask::Older(id));
    inbox.thread(&house, "that it is asked", |t| t.older.is_some_and(|o| o.asked));
    let second = inbox.thread(&house, "a hundred older", |t| t.messages.len() == 150);
    assert_eq!(second.older.map(|o| (o.at, o.asked)), Some((0, false)));
    inbox.handle.ask(Ask::Older(id));
    let whole = inbox.thread(&house, "the rest", |t| t.older.is_none());
    let places: Vec<u64> = whole.messages.iter().map(|m| m.message.n).collect();
    assert_eq!(places, (1..=180).collect::<Vec<_>>());
    inbox.handle.ask(Ask::Search("number 7".to_owned()));
    let found = inbox.hears(&house, "hits", |notice| match notice {
        Notice::Found { hits, .. } => Some(hits.iter().map(|h| h.body.as_str().to_owned()).collect::<Vec<_>>()),
        _ => None,
    });
    assert!(found.contains(&"text number 7".to_owned()), "{found:?}");
    inbox.stop(&house);

    let mut inbox = house.inbox(dir.path());
    inbox.handle.ask(Ask::Open(Some(id)));
    let again = inbox.thread(&house, "all of it from the cache", |_| true);
    assert_eq!((again.messages.len(), again.older), (180, None));
    inbox.stop(&house);
}

#[test]
fn a_notification_is_taken_off_the_desktop_when_its_conversation_is_opened_on_a_focused_screen() {
    let (house, dir) = (House::open(), tempfile::tempdir().unwrap());
    let inbox = house.inbox(dir.path());
    // What comes in the first moments is history, and told in one summary: text until one is told by itself.
    let mut buyers = 1..;
    let told = loop {
        house.text(buyers.next().unwrap(), "What does it cost?");
        match inbox.raised.recv_timeout(Duration::from_millis(500)) {
            Ok(Alert { conversation: Some(id), .. }) => break id,
            Ok(_) | Err(RecvTimeoutError::Timeout) => {}
            Err(e) => panic!("{e}"),
        }
    };
    inbox.handle.ask(Ask::Open(Some(told)));
    inbox.handle.ask(Ask::Looking { focused: false, conversation: Some(told) });
    inbox.handle.ask(Ask::Looking { focused: true, conversation: None });
    inbox.handle.ask(Ask::Looking { focused: true, conversation: Some(told) });
    assert_eq!(inbox.closed.recv_timeout(PATIENCE).unwrap(), told);
    inbox.handle.ask(Ask::Looking { focused: true, conversation: Some(told) });
    let closed = inbox.stop(&house);
    assert_eq!(closed.try_iter().count(), 0, "once, and not while nobody looked");
}

#[test]
fn a_thumb_or_a_thank_you_behind_a_question_leaves_the_question_to_be_answered() {
    let (house, dir) = (House::open(), tempfile::tempdir().unwrap());
    let mut inbox = house.inbox(dir.path());
    house.text(1, "How much is it per seat?");
    let id = inbox.hears(&house, "the list", |notice| match notice {
        Notice::Inbox(list) => list.rows.first().map(|row| row.id),
        _ => None,
    });
    inbox.handle.ask(Ask::Open(Some(id)));
    let asked = inbox.thread(&house, "the question", |t| t.messages.len() == 1);
    assert!(asked.next_step.what.contains("price question"), "{:?}", asked.next_step);
    assert_eq!(asked.next_step.earlier, None);
    // With each, whether it or one before it asks for something.
    let after = [
        ("Liked “Would Monday work?”", false),
        ("👍", false),
        ("thanks!", false),
        ("I'm driving, text me", false),
        ("hello?", true),
        ("Hi, any update?", true),
        ("Out of office until Monday", true),
        ("still there?", true),
    ];
    for (n, (text, asks_more)) in (2..).zip(after) {
        house.text(1, text);
        let then = inbox.thread(&house, "what came after it", |t| t.messages.len() == n);
        // The step stays, and says that it goes by the question.
        let earlier = Some(Earlier { at: asked.messages[0].message.at, asks_more });
        assert_eq!(then.next_step, NextStep { earlier, ..asked.next_step.clone() }, "{text}");
    }
    house.text(1, "Never mind, we are not interested any more");
    let no = inbox.thread(&house, "the no", |t| t.messages.len() == after.len() + 2);
    assert_ne!(no.next_step.what, asked.next_step.what, "a no ends what was asked before it");
    assert_eq!(no.next_step.earlier, None);
    inbox.stop(&house);
}

#[test]
fn what_is_perhaps_a_meeting_waits_like_one_that_is_surely_one() {
    let (house, dir) = (House::open(), tempfile::tempdir().unwrap());
    let mut inbox = house.inbox(dir.path());
    house.text(1, "Can we talk?");
    let id = inbox.hears(&house, "the list", |notice| match notice {
        Notice::Inbox(list) => list.rows.first().map(|row| row.id),
        _ => None,
    });
    inbox.handle.ask(Ask::Open(Some(id)));
    let asked = inbox.thread(&house, "the question", |t| t.messages.len() == 1);
    assert!(asked.next_step.why.starts_with("perhaps: "), "{:?}", asked.next_step);
    house.text(1, "hello?");
    let then = inbox.thread(&house, "what came after it", |t| t.messages.len() == 2);
    assert_eq!(then.next_step.what, asked.next_step.what);
    assert!(then.next_step.earlier.is_some_and(|by| by.asks_more), "{:?}", then.next_step);
    inbox.stop(&house);
}
