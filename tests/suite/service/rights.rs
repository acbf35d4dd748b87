//! What the CRM forbids, of one record or of a whole kind: how many calls that costs, and whom it holds up.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use comeback::domain::event::Outcome as Ending;
use comeback::domain::meeting::Meeting;
use comeback::server::crm::write::What;
use comeback::server::crm::{Crm, CrmError, Write};
use comeback::server::write_back::WriteBack;

use super::*;
use crate::world::card;

/// What a CRM says to a write that it does not take.
type Says = Box<dyn Fn(&Write) -> Option<CrmError> + Send>;

fn forbidden() -> CrmError {
    CrmError::Forbidden("MISSING_SCOPES".to_owned())
}

/// A CRM that does not take some writes, and how often it was asked for one.
struct Portal {
    says: Mutex<Says>,
    calls: AtomicUsize,
    /// How whoever has a number there is called; each is followed by the number.
    people: &'static [&'static str],
}

#[async_trait]
impl Crm for Portal {
    async fn behind(&self, address: &Address) -> Result<Vec<Card>, CrmError> {
        Ok(self.people.iter().map(|name| card(&format!("{name}{}", address.as_str()))).collect())
    }

    fn takes_writes(&self) -> bool {
        true
    }

    async fn write(&self, write: &Write) -> Result<String, CrmError> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        let no = (*self.says.lock().unwrap())(write);
        no.map_or_else(|| Ok("w-1".to_owned()), Err)
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
        Self::of(move |write| forbids(write.contact.as_str()).then(forbidden), &[]).await
    }

    async fn of(says: impl Fn(&Write) -> Option<CrmError> + Send + 'static, people: &'static [&'static str]) -> Self {
        let floor = Floor::opens().await;
        let portal = Arc::new(Portal { says: Mutex::new(Box::new(says)), calls: AtomicUsize::new(0), people });
        let runner = WriteBack::new(floor.service.clone(), Arc::clone(&portal) as Arc<dyn Crm>);
        runner.round().await.unwrap();
        Self { floor, portal, runner }
    }

    /// A buyer texts; in the CRM they are `c-n`.
    async fn texts(&mut self, n: u32) {
        self.floor.crm_says(n, vec![card(&format!("c-{n}"))]).await;
        self.floor.texts(n, "main", "Can we talk about the price?").await;
    }

    /// Makes all that is due, as far as that comes to an end; how many calls that took.
    async fn rounds(&self) -> usize {
        let before = self.portal.calls.load(Ordering::SeqCst);
        for _ in 0..100 {
            if self.runner.round().await.unwrap().is_none_or(|next| next > self.floor.now()) {
                break;
            }
        }
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
        *self.portal.says.lock().unwrap() = Box::new(|_: &Write| None);
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
    *books.portal.says.lock().unwrap() = Box::new(move |write: &Write| {
        let contact = write.contact.as_str();
        (contact != "c-3" && is_closed(contact)).then(forbidden)
    });
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

#[tokio::test]
async fn two_opt_outs_that_wait_for_a_right_do_not_wake_each_other() {
    for for_good in [CrmError::Invalid("VALIDATION_ERROR".to_owned()), CrmError::NotFound] {
        let says = move |write: &Write| {
            Some(if write.contact.as_str().starts_with("gone") { for_good.clone() } else { forbidden() })
        };
        let mut books = Books::of(says, &["gone", "closed"]).await;
        books.floor.texts(1, "main", "STOP").await;
        assert_eq!(books.rounds().await, 2);
        books.floor.clock.advance(Span::seconds(2));
        books.floor.texts(2, "main", "STOP").await;
        assert_eq!(books.rounds().await, 2);
        // Each is tried at its own time, five seconds after it was forbidden.
        assert_eq!([books.later(3).await, books.later(2).await, books.later(1).await], [2, 2, 0]);
        assert_eq!(books.waiting().await.1, 2);
        books.takes_all();
        assert_eq!((books.later(31 * 60).await, books.waiting().await.1), (4, 0));
    }
}

#[tokio::test]
async fn a_booking_that_is_written_as_a_note_waits_for_no_right_to_meetings() {
    let is_meeting = |write: &Write| matches!(write.what, What::Outcome { meeting: Some(_), .. });
    let mut books = Books::of(move |write| is_meeting(write).then(forbidden), &[]).await;
    let from = books.floor.now() + minutes(24 * 60);
    let booked = || Command::Booked { meeting: Some(Meeting { from, minutes: 30 }), note: None };
    books.texts(6).await;
    let c = books.floor.conversation_of(6, "main").await;
    assert_eq!(books.floor.does("maya", c, booked()).await, Verdict::Done);
    books.floor.clock.advance(Span::seconds(30));
    for n in 1..=5 {
        books.texts(n).await;
        let c = books.floor.conversation_of(n, "main").await;
        assert_eq!(books.floor.does("maya", c, booked()).await, Verdict::Done, "{n}");
    }
    // A second later the sixth ends otherwise: their meeting is none any more, once nobody can undo that.
    books.floor.clock.advance(Span::seconds(1));
    books.floor.texts(6, "main", "Can we talk again?").await;
    let ended = Command::Done { outcome: Ending::NotInterested };
    assert_eq!(books.floor.does("maya", c, ended).await, Verdict::Done);
    let undo = books.floor.service.playbook().undo_hold.as_seconds();
    books.floor.clock.advance(Span::seconds(undo - 1));
    // Six texts, and five meetings: the right to all of them seems to be missing.
    assert_eq!((books.rounds().await, books.waiting().await.1), (11, 5));
    // How it ended, the text and how it ended then.
    assert_eq!((books.later(1).await, books.waiting().await), (3, (5, 5)));
}
