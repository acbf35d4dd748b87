//! What the CRM forbids, of one record or of a whole kind: how many calls that costs, and whom it holds up.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use comeback::server::crm::{Crm, CrmError, Write};
use comeback::server::write_back::WriteBack;

use super::*;
use crate::world::card;

/// Whether a CRM forbids what is written on somebody.
type Forbids = Box<dyn Fn(&str) -> bool + Send>;

/// A CRM that forbids some writes, and how often it was asked for one.
struct Portal {
    forbids: Mutex<Forbids>,
    calls: AtomicUsize,
}

#[async_trait]
impl Crm for Portal {
    async fn behind(&self, _: &Address) -> Result<Vec<Card>, CrmError> {
        Ok(Vec::new())
    }

    fn takes_writes(&self) -> bool {
        true
    }

    async fn write(&self, write: &Write) -> Result<String, CrmError> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        let is_forbidden = (*self.forbids.lock().unwrap())(write.contact.as_str());
        if is_forbidden { Err(CrmError::Forbidden("MISSING_SCOPES".to_owned())) } else { Ok("w-1".to_owned()) }
    }
}

/// A backend whose texts are logged in such a CRM.
struct Books {
    floor: Floor,
    portal: Arc<Portal>,
    runner: WriteBack,
}

impl Books {
    async fn open(forbids: impl Fn(&str) -> bool + Send + 'static) -> Self {
        let floor = Floor::opens().await;
        let portal = Arc::new(Portal { forbids: Mutex::new(Box::new(forbids)), calls: AtomicUsize::new(0) });
        let runner = WriteBack::new(floor.service.clone(), Arc::clone(&portal) as Arc<dyn Crm>);
        runner.round().await.unwrap();
        Self { floor, portal, runner }
    }

    /// A buyer texts; in the CRM they are `c-n`.
    async fn texts(&mut self, n: u32) {
        self.floor.crm_says(n, vec![card(&format!("c-{n}"))]).await;
        self.floor.texts(n, "main", "Can we talk about the price?").await;
    }

    /// Makes all that is due; how many calls that took.
    async fn rounds(&self) -> usize {
        let before = self.portal.calls.load(Ordering::SeqCst);
        while self.runner.round().await.unwrap().is_some_and(|next| next <= self.floor.now()) {}
        self.portal.calls.load(Ordering::SeqCst) - before
    }

    /// The same, after so long.
    async fn later(&self, seconds: i64) -> usize {
        self.floor.clock.advance(Span::seconds(seconds));
        self.rounds().await
    }

    async fn waiting(&self) -> (u64, u64) {
        let standing = self.floor.store.crm_standing().await.unwrap();
        (standing.waiting, standing.forbidden)
    }

    fn takes_all(&self) {
        *self.portal.forbids.lock().unwrap() = Box::new(|_: &str| false);
    }
}

#[tokio::test]
async fn between_some_of_many_writes_it_is_read_what_else_is_wanted() {
    let mut books = Books::open(|_: &str| false).await;
    for n in 1..=30 {
        books.texts(n).await;
    }
    let next = books.runner.round().await.unwrap();
    assert_eq!((next, books.portal.calls.load(Ordering::SeqCst)), (Some(books.floor.now()), 20), "the rest at once");
    books.texts(31).await;
    books.runner.round().await.unwrap();
    let head = books.floor.store.head().await.unwrap().0.seq;
    assert_eq!(books.floor.store.crm_read_to().await.unwrap(), Some(head));
    books.rounds().await;
    assert_eq!((books.waiting().await, books.portal.calls.load(Ordering::SeqCst)), ((0, 0), 31));
}

#[tokio::test]
async fn a_kind_that_we_may_not_write_costs_a_call_in_a_pause_however_much_waits() {
    let mut books = Books::open(|_: &str| true).await;
    for n in 1..=30 {
        books.texts(n).await;
    }
    let first = books.rounds().await;
    assert!((5..9).contains(&first), "those that were on their way with the fifth: {first}");
    assert_eq!(books.waiting().await, (30, 30));
    let (all, _) = books.floor.store.crm_stuck(99).await.unwrap();
    assert!(all.iter().all(|row| row.waits.as_ref().unwrap().contains("(403): MISSING_SCOPES")), "{all:#?}");
    assert_eq!(books.rounds().await, 0);
    assert_eq!(books.later(5).await, 1);
    // Nor is what comes now tried.
    books.texts(31).await;
    assert_eq!((books.rounds().await, books.waiting().await), (0, (31, 31)));
    assert_eq!(books.later(15).await, 1);
    let mut of_a_day = 0;
    for _ in 0..24 * 60 {
        of_a_day += books.later(60).await;
    }
    assert!((40..60).contains(&of_a_day), "every half hour at last: {of_a_day}");
    // The right is given: the first one that is taken lets all go on.
    books.takes_all();
    assert_eq!((books.later(31 * 60).await, books.waiting().await), (31, (0, 0)));
}

#[tokio::test]
async fn when_somebody_says_that_the_right_is_given_all_are_tried_at_once() {
    let mut books = Books::open(|_: &str| true).await;
    for n in 1..=12 {
        books.texts(n).await;
    }
    books.rounds().await;
    books.takes_all();
    assert_eq!(books.rounds().await, 0, "nobody knows yet");
    // As `comeback crm retry` does.
    assert_eq!(books.floor.store.crm_retry(books.floor.now()).await.unwrap(), 12);
    assert_eq!((books.rounds().await, books.waiting().await), (12, (0, 0)));
}

#[tokio::test]
async fn records_that_we_may_not_write_on_hold_up_no_other_buyer() {
    let is_closed = |contact: &str| ["c-1", "c-3", "c-5", "c-7", "c-9"].contains(&contact);
    let mut books = Books::open(is_closed).await;
    for n in 1..=10 {
        books.texts(n).await;
        assert_eq!(books.rounds().await, 1, "{n}");
    }
    assert_eq!(books.waiting().await, (5, 5));
    // All of them are tried again before anybody else texts.
    assert!(books.later(60).await >= 5);
    books.texts(11).await;
    assert_eq!((books.rounds().await, books.waiting().await), (1, (5, 5)), "at once");
    // One is opened to us: it is found out by itself.
    *books.portal.forbids.lock().unwrap() = Box::new(move |contact: &str| contact != "c-3" && is_closed(contact));
    books.later(30 * 60).await;
    assert_eq!(books.waiting().await, (4, 4));
}

#[tokio::test]
async fn a_buyer_whom_we_may_write_on_does_not_wait_for_all_whom_we_may_not() {
    let mut books = Books::open(|contact: &str| contact.len() == 3).await;
    for n in 1..=5 {
        books.texts(n).await;
    }
    assert_eq!(books.rounds().await, 5);
    books.texts(10).await;
    assert_eq!((books.rounds().await, books.waiting().await), (0, (6, 6)), "it seems to be missing for all");
    books.later(5).await;
    assert_eq!(books.waiting().await, (5, 5), "what was never tried comes first");
}
