//! What has not reached the CRM says why as things stand: an answer of the CRM changes that, also that nobody is there.

use std::time::Duration;

use async_trait::async_trait;
use comeback::server::crm::{Crm, CrmError, follow_up};
use comeback::server::feed::{self, Ask, Presences};
use comeback::server::store::Device;
use comeback::server::store::sqlite::SqliteStore;
use comeback::server::write_back::WriteBack;

use super::*;

/// A CRM that takes writes and knows nobody.
struct Nobody;

#[async_trait]
impl Crm for Nobody {
    async fn behind(&self, _: &Address) -> Result<Vec<Card>, CrmError> {
        Ok(Vec::new())
    }

    fn takes_writes(&self) -> bool {
        true
    }
}

const SILENT: &str = "the CRM has not said yet who has this number";

/// Why the only write waits.
async fn why(floor: &Floor) -> String {
    let (mut waiting, _) = floor.store.crm_stuck(9).await.unwrap();
    assert_eq!(waiting.len(), 1);
    waiting.remove(0).waits.unwrap()
}

/// As the runner of writes does after whatever wakes it.
async fn looks(floor: &Floor, books: &WriteBack) {
    books.round().await.unwrap();
    floor.service.unwritten().look(floor.store.as_ref()).await.unwrap();
}

#[tokio::test]
async fn the_reason_that_a_write_waits_for_is_the_crms_last_word() {
    let folder = tempfile::tempdir().unwrap();
    let sqlite = SqliteStore::open(&folder.path().join("x.db")).unwrap();
    for mut floor in [Floor::opens().await, Floor::over(Arc::new(sqlite)).await] {
        let books = WriteBack::new(floor.service.clone(), Arc::new(Nobody));
        books.round().await.unwrap();
        floor.texts(1, "main", "Can we talk about the price?").await;
        books.round().await.unwrap();
        assert_eq!(why(&floor).await, SILENT);
        floor.clock.advance(minutes(2));
        floor.crm_says(1, Vec::new()).await;
        follow_up(&floor.service).await.unwrap();
        books.round().await.unwrap();
        assert_eq!(why(&floor).await, "nobody in the CRM has this number, as far as it has said");
        // Said again it is no news: it is looked at again an hour later.
        floor.crm_says(1, Vec::new()).await;
        let next = floor.store.crm_due(floor.now(), 9).await.unwrap();
        assert_eq!((next.0.len(), next.1), (0, Some(floor.now() + minutes(60))));
    }
}

#[tokio::test(start_paused = true)]
async fn a_waiting_poll_is_answered_when_the_reason_changes() {
    let mut floor = Floor::opens().await;
    let books = WriteBack::new(floor.service.clone(), Arc::new(Nobody));
    looks(&floor, &books).await;
    floor.texts(1, "main", "Can we talk about the price?").await;
    looks(&floor, &books).await;
    let presences = Presences::default();
    let device =
        Device { id: device("lea"), rep: "lea".into(), name: String::new(), created: floor.now(), revoked: false };
    let first = Ask { playbook: 1, ..Ask::default() };
    let page = feed::changes(&floor.service, &presences, &device, &first).await.unwrap();
    assert_eq!(page.unwritten.first().map(|one| one.why.as_str()), Some(SILENT));
    let ask = Ask { since: page.cursor, wait: Duration::from_secs(60), ..first };
    let says = async {
        tokio::time::sleep(Duration::from_secs(5)).await;
        // Looked at again, it is what it was.
        looks(&floor, &books).await;
        tokio::time::sleep(Duration::from_secs(5)).await;
        floor.crm_says(1, Vec::new()).await;
        looks(&floor, &books).await;
    };
    let began = tokio::time::Instant::now();
    let (page, ()) = tokio::join!(feed::changes(&floor.service, &presences, &device, &ask), says);
    assert_eq!(began.elapsed(), Duration::from_secs(10));
    let told = page.unwrap().unwritten;
    assert!(told[0].why.starts_with("nobody in the CRM has this number"), "{told:?}");
}
