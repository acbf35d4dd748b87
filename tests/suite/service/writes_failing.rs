//! Since when writes into the CRM fail: for causes that are the CRM's as a whole, and no longer than one that failed waits.

use std::collections::VecDeque;
use std::sync::Mutex;

use async_trait::async_trait;
use comeback::server::crm::{Crm, CrmError, Write, follow_up};
use comeback::server::write_back::WriteBack;

use super::*;
use crate::world::card;

/// A CRM that answers one write after the other with these, and takes what comes after them.
#[derive(Default)]
struct Answers(Mutex<VecDeque<CrmError>>);

#[async_trait]
impl Crm for Answers {
    async fn behind(&self, _: &Address) -> Result<Vec<Card>, CrmError> {
        Ok(Vec::new())
    }

    fn takes_writes(&self) -> bool {
        true
    }

    async fn write(&self, _: &Write) -> Result<String, CrmError> {
        self.0.lock().unwrap().pop_front().map_or_else(|| Ok("w-1".to_owned()), Err)
    }
}

/// Buyers text one after the other, and each text is written alone.
struct Books {
    floor: Floor,
    crm: Arc<Answers>,
    runner: WriteBack,
    buyers: u32,
}

impl Books {
    async fn open() -> Self {
        let (floor, crm) = (Floor::opens().await, Arc::new(Answers::default()));
        floor.service.asks().connected("the CRM");
        let runner = WriteBack::new(floor.service.clone(), Arc::clone(&crm) as Arc<dyn Crm>);
        runner.round().await.unwrap();
        Self { floor, crm, runner, buyers: 0 }
    }

    /// The next buyer's text, and how the CRM answers it; which buyer that is.
    async fn writes(&mut self, answer: Option<CrmError>) -> u32 {
        self.crm.0.lock().unwrap().extend(answer);
        self.buyers += 1;
        let n = self.buyers;
        self.floor.crm_says(n, vec![card(&format!("c-{n}"))]).await;
        self.floor.texts(n, "main", "Can we talk about the price?").await;
        self.rounds().await;
        assert!(self.crm.0.lock().unwrap().is_empty(), "{n} was not written");
        n
    }

    /// Two people have the number by now.
    async fn is_shared(&self, n: u32) {
        self.floor.crm_says(n, vec![card(&format!("c-{n}")), card("c-other")]).await;
        follow_up(&self.floor.service).await.unwrap();
    }

    /// As the runner does after whatever wakes it.
    async fn rounds(&self) {
        self.runner.round().await.unwrap();
        self.runner.show().await.unwrap();
    }

    fn since(&self) -> Option<Timestamp> {
        self.floor.service.asks().standing().unwrap().writes_fail_since
    }
}

#[tokio::test]
async fn answers_that_do_not_read_are_the_crms_fault_when_they_come_in_a_row() {
    let mut books = Books::open().await;
    let unread = || Some(CrmError::Unreadable("a page".to_owned()));
    let between = [
        CrmError::NotFound,
        CrmError::Forbidden("MISSING_SCOPES".to_owned()),
        CrmError::Invalid("VALIDATION_ERROR".to_owned()),
    ];
    for other in between {
        for answer in [unread(), unread(), Some(other)] {
            books.writes(answer).await;
            assert_eq!(books.since(), None, "two in a row at most");
        }
    }
    for _ in 0..2 {
        books.writes(unread()).await;
    }
    assert_eq!(books.since(), None);
    books.writes(unread()).await;
    assert_eq!(books.since(), Some(books.floor.now()));
}

#[tokio::test]
async fn only_an_answer_to_a_write_ends_it_and_not_one_that_never_left() {
    let mut books = Books::open().await;
    let busy = CrmError::Busy { until: books.floor.now() + minutes(1), of_the_day: false };
    books.writes(Some(busy)).await;
    assert_eq!(books.since(), None, "one that has had enough of us is well");
    let first = books.floor.now();
    books.writes(Some(CrmError::Failing(503))).await;
    books.floor.clock.advance(Span::seconds(1));
    books.writes(Some(CrmError::Unreachable("gone".to_owned()))).await;
    books.writes(Some(CrmError::Cannot("do that"))).await;
    assert_eq!(books.since(), Some(first), "nobody asked it");
    books.writes(Some(CrmError::Invalid("VALIDATION_ERROR".to_owned()))).await;
    assert_eq!(books.since(), None, "it says why it does not take that one");
    books.writes(Some(CrmError::Failing(503))).await;
    books.writes(None).await;
    assert_eq!(books.since(), None);
}

#[tokio::test]
async fn it_ends_when_none_that_failed_waits_any_more() {
    let mut books = Books::open().await;
    let first = books.writes(Some(CrmError::Failing(503))).await;
    let second = books.writes(Some(CrmError::Refused(401))).await;
    let since = Some(books.floor.now());
    // Their calls are over, and the first one waits for a person now: nobody called the CRM.
    books.is_shared(first).await;
    books.crm.0.lock().unwrap().push_back(CrmError::Refused(401));
    books.floor.clock.advance(minutes(2));
    books.rounds().await;
    assert_eq!(books.since(), since, "the second one fails still");
    books.is_shared(second).await;
    books.floor.clock.advance(minutes(2));
    books.rounds().await;
    assert!(books.crm.0.lock().unwrap().is_empty());
    assert_eq!(books.since(), None);
    let (waiting, _) = books.floor.store.crm_stuck(9).await.unwrap();
    assert!(waiting.iter().all(|row| row.waits.as_ref().unwrap().contains("share this number")), "{waiting:#?}");
}
