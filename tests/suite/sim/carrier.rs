//! A carrier that records what it is given and complains about what it must never get.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use comeback::clock::{Clock as _, ManualClock};
use comeback::domain::consent::{self, Keyword};
use comeback::domain::contact::{Address, Body};
use comeback::domain::id::MessageId;
use comeback::domain::message::Delivery;
use comeback::domain::time::{Span, Timestamp};
use comeback::server::carrier::{Carrier, CarrierError, Finding, Listed, SendOutcome};
use comeback::server::store::CarrierLine;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::disk::Disk;

/// From the entry in the journal to the start of the call.
const START_WITHIN: Span = Span::seconds(2);

/// A text the carrier took from us.
#[derive(Clone, Debug)]
pub(super) struct Sent {
    pub(super) message: MessageId,
    pub(super) from: Address,
    pub(super) to: Address,
    pub(super) body: Body,
    pub(super) at: Timestamp,
    /// How it ends.
    pub(super) fate: Delivery,
}

/// A text a buyer sent.
#[derive(Clone, Debug)]
pub(super) struct Got {
    pub(super) id: String,
    pub(super) from: Address,
    pub(super) to: Address,
    pub(super) body: Body,
    pub(super) at: Timestamp,
}

/// Everything the carrier knows.
pub(super) struct Book {
    rng: ChaCha8Rng,
    pub(super) sent: Vec<Sent>,
    pub(super) got: Vec<Got>,
    /// Numbers that told the carrier to stop, by our number: it refuses texts to them.
    stopped: BTreeSet<(Address, Address)>,
    /// Texts whose reports are still to be made.
    pub(super) to_report: Vec<(MessageId, Delivery)>,
    /// What must never happen.
    pub(super) wrong: Vec<String>,
    /// Percent of calls that go wrong one way or another.
    pub(super) trouble: u32,
    /// How every call goes, whatever the trouble.
    pub(super) always: Option<Mood>,
    /// With what it refuses.
    pub(super) code: u32,
    /// The backend dies in the next call.
    pub(super) fall: Option<Fall>,
    /// Every call begins this late: a runner that takes its time.
    pub(super) dawdle: Duration,
}

/// Where in a call the backend dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fall {
    /// The carrier never hears of the text.
    Before,
    /// The carrier has it, and nobody heard the carrier say so.
    After,
}

pub(super) struct FakeCarrier {
    book: Mutex<Book>,
    /// The world's.
    clock: Arc<ManualClock>,
    /// What the backend wrote down before it called.
    disk: Disk,
}

/// What it does with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mood {
    Takes,
    TakesThenLate,
    LateThenTakes,
    TakesThenSilent,
    Silent,
    Busy,
    /// It says "not now", after a while.
    LateThenBusy,
    Refuses,
}

impl FakeCarrier {
    pub(super) fn new(seed: u64, clock: Arc<ManualClock>, disk: Disk, trouble: u32) -> Self {
        let book = Book {
            rng: ChaCha8Rng::seed_from_u64(seed ^ 0xCA44),
            sent: Vec::new(),
            got: Vec::new(),
            stopped: BTreeSet::new(),
            to_report: Vec::new(),
            wrong: Vec::new(),
            trouble,
            always: None,
            code: 30_003,
            fall: None,
            dawdle: Duration::ZERO,
        };
        Self { book: Mutex::new(book), clock, disk }
    }

    pub(super) fn with<T>(&self, look: impl FnOnce(&mut Book) -> T) -> T {
        look(&mut self.book.lock().unwrap())
    }

    /// A buyer texts one of our numbers.
    pub(super) fn buyer_texts(&self, from: &Address, to: &Address, body: &str) -> Got {
        let mut book = self.book.lock().unwrap();
        let pair = (from.clone(), to.clone());
        match consent::keyword(body) {
            Some(Keyword::Stop) => drop(book.stopped.insert(pair)),
            Some(Keyword::Start) => drop(book.stopped.remove(&pair)),
            Some(Keyword::Help) | None => {}
        }
        let id = format!("SM{:06}", book.got.len());
        let got = Got { id, from: from.clone(), to: to.clone(), body: Body::new(body), at: self.clock.now() };
        book.got.push(got.clone());
        got
    }

    fn take(&self, line: &CarrierLine, to: &Address, body: &Body, message: MessageId) -> SendOutcome {
        let mut book = self.book.lock().unwrap();
        if book.sent.iter().any(|s| s.message == message) {
            book.wrong.push(format!("{message} was sent twice"));
        }
        let fate = if book.rng.random_range(0..100) < 8 { Delivery::Undelivered } else { Delivery::Delivered };
        let (from, to, body, at) = (line.number.clone(), to.clone(), body.clone(), self.clock.now());
        book.sent.push(Sent { message, from, to, body, at, fate });
        book.to_report.push((message, fate));
        SendOutcome::Accepted { id: format!("SMout{:06}", book.sent.len()), delivery: Delivery::Queued }
    }

    fn mood(&self) -> (Mood, Duration) {
        let mut book = self.book.lock().unwrap();
        let late = Duration::from_millis(book.rng.random_range(200..4_000));
        let trouble = book.trouble;
        if let Some(mood) = book.always {
            return (mood, late);
        }
        if book.rng.random_range(0..100) >= trouble {
            return (Mood::Takes, late);
        }
        let mood = match book.rng.random_range(0..9) {
            0 | 1 => Mood::TakesThenLate,
            2 | 3 => Mood::LateThenTakes,
            4 => Mood::TakesThenSilent,
            5 | 6 => Mood::Silent,
            7 => Mood::Busy,
            _ => Mood::Refuses,
        };
        (mood, late)
    }
}

#[async_trait]
impl Carrier for FakeCarrier {
    async fn send(&self, line: &CarrierLine, to: &Address, body: &Body, callback: &str) -> SendOutcome {
        let message = callback.rsplit('/').next().and_then(|id| id.parse().ok());
        let Some(message) = message.filter(|_| line.provider == "twilio" && !body.is_blank()) else {
            self.with(|book| book.wrong.push(format!("an unexpected call: {callback}")));
            return SendOutcome::Unknown;
        };
        if self.disk.is_stopped(&line.number, self.clock.now()) {
            self.with(|book| book.wrong.push(format!("{message} left while its line was stopped")));
        }
        tokio::time::sleep(self.with(|book| book.dawdle)).await;
        if self.disk.is_dead() {
            return std::future::pending().await;
        }
        let now = self.clock.now();
        match self.disk.in_sending_since(message) {
            None => self.with(|book| book.wrong.push(format!("{message} left without an entry in the journal"))),
            Some(since) if now.since(since) > START_WITHIN => {
                let late = now.since(since).as_millis();
                self.with(|book| book.wrong.push(format!("{message} left {late} ms after its entry")));
            }
            Some(_) => {}
        }
        if self.with(|book| book.stopped.contains(&(to.clone(), line.number.clone()))) {
            return SendOutcome::Refused { code: 21610 };
        }
        let (mood, late) = self.mood();
        if let Some(fall) = self.with(|book| book.fall.take()) {
            if fall == Fall::After {
                self.take(line, to, body, message);
            }
            self.disk.kill();
            return std::future::pending().await;
        }
        match mood {
            Mood::Takes => self.take(line, to, body, message),
            Mood::TakesThenLate => {
                let outcome = self.take(line, to, body, message);
                tokio::time::sleep(late).await;
                outcome
            }
            Mood::LateThenTakes => {
                tokio::time::sleep(late).await;
                self.take(line, to, body, message)
            }
            Mood::TakesThenSilent => {
                self.take(line, to, body, message);
                tokio::time::sleep(late).await;
                SendOutcome::Unknown
            }
            Mood::Silent => {
                tokio::time::sleep(late).await;
                SendOutcome::Unknown
            }
            Mood::Busy => SendOutcome::Busy,
            Mood::LateThenBusy => {
                tokio::time::sleep(late).await;
                SendOutcome::Busy
            }
            Mood::Refuses => SendOutcome::Refused { code: self.with(|book| book.code) },
        }
    }

    async fn sent(
        &self,
        line: &CarrierLine,
        to: Option<&Address>,
        since: Timestamp,
    ) -> Result<Vec<Listed>, CarrierError> {
        self.list(|book| {
            let ours =
                book.sent.iter().filter(|s| s.from == line.number && to.is_none_or(|to| s.to == *to) && s.at >= since);
            ours.map(|s| Listed {
                id: s.message.to_string(),
                from: s.from.clone(),
                to: s.to.clone(),
                body: s.body.clone(),
                at: s.at,
                delivery: Some(s.fate),
                error: None,
                media: Vec::new(),
                reference: None,
                partial: false,
            })
            .collect()
        })
    }

    async fn received(&self, line: &CarrierLine, since: Timestamp) -> Result<Vec<Listed>, CarrierError> {
        self.list(|book| {
            let theirs = book.got.iter().filter(|g| g.to == line.number && g.at >= since);
            theirs
                .map(|g| Listed {
                    id: g.id.clone(),
                    from: g.from.clone(),
                    to: g.to.clone(),
                    body: g.body.clone(),
                    at: g.at,
                    delivery: None,
                    error: None,
                    media: Vec::new(),
                    reference: None,
                    partial: false,
                })
                .collect()
        })
    }

    async fn check(&self, _: &CarrierLine, _: &str) -> Vec<Finding> {
        self.with(|book| book.wrong.push("nobody asked to check the line".to_owned()));
        Vec::new()
    }
}

impl FakeCarrier {
    fn list(&self, read: impl FnOnce(&Book) -> Vec<Listed>) -> Result<Vec<Listed>, CarrierError> {
        let mut book = self.book.lock().unwrap();
        let trouble = book.trouble;
        if book.rng.random_range(0..100) < trouble {
            return Err(CarrierError::Unreachable("a fault".to_owned()));
        }
        Ok(read(&book))
    }
}
