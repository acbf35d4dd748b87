//! Whose a record is there before it gets another owner, on whom something is written, and what of a number is not.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use comeback::domain::contact::Address;
use comeback::domain::context::Card;
use comeback::domain::id::{ContactId, NumberId, RepId};
use comeback::domain::ownership::OwnerSource;
use comeback::emulator::Faults;
use comeback::server::crm::directory::Directory;
use comeback::server::crm::{Crm, CrmError, Owned, TaskState, Write};
use comeback::server::service::Work;
use comeback::server::store::card::{CardChange, Says};
use serde_json::{Value, json};
use uuid::Uuid;

use super::books::{asked, assert_each_once, clean, crm, kinds, somebody, until, written};
use super::shop::{Desk, Shop, eventually};

/// The directory, of which nobody can be read but by their number: whose its records are the test says, and whether it
/// takes what is written.
struct Books {
    crm: Directory,
    owned: Owned,
    refuses: AtomicBool,
}

impl Books {
    fn of(shop: &Shop, owned: Owned) -> Arc<Self> {
        Arc::new(Self { crm: crm(shop), owned, refuses: AtomicBool::new(false) })
    }
}

#[async_trait]
impl Crm for Books {
    async fn behind(&self, address: &Address) -> Result<Vec<Card>, CrmError> {
        self.crm.behind(address).await
    }

    fn takes_writes(&self) -> bool {
        true
    }

    async fn write(&self, write: &Write) -> Result<String, CrmError> {
        if self.refuses.load(Ordering::SeqCst) {
            return Err(CrmError::Invalid("not yet".to_owned()));
        }
        self.crm.write(write).await
    }

    async fn find(&self, write: &Write) -> Result<Option<String>, CrmError> {
        self.crm.find(write).await
    }

    async fn owned(&self, _: &Write) -> Result<Owned, CrmError> {
        Ok(self.owned.clone())
    }

    async fn task(&self, id: &str) -> Result<TaskState, CrmError> {
        self.crm.task(id).await
    }
}

/// Bodies of what is logged there, in order.
async fn logged(shop: &Shop) -> Vec<String> {
    let all = written(shop).await;
    let logs = all.iter().map(|w| &w["write"]).filter(|w| w["kind"] == "log");
    logs.map(|w| w["body"].as_str().unwrap().to_owned()).collect()
}

/// Waits until the last of these stands there, and nothing else.
async fn are_logged(shop: &Shop, wanted: &[&str]) {
    eventually("the log", async || {
        shop.later(1);
        let logged = logged(shop).await;
        (logged.last().map(String::as_str) == wanted.last().copied()).then_some(())
    })
    .await;
    assert_eq!(logged(shop).await, wanted);
}

/// Why the first write waits.
async fn waits(desk: &Desk) -> String {
    eventually("it waits", async || {
        let (waiting, _) = desk.service().store().crm_stuck(9).await.unwrap();
        waiting.into_iter().find_map(|row| row.waits)
    })
    .await
}

/// A program says who is behind a number.
async fn pushed(desk: &Desk, phone: &str, contact: &str) {
    let (store, now) = (desk.service().store().clone(), desk.service().clock().now());
    let card = Card { name: "Pushed Person".to_owned(), ..crate::world::card(contact) };
    let change = CardChange {
        fresh: NumberId(Uuid::now_v7()),
        address: Address::parse(phone).unwrap(),
        at: now,
        says: Says::Is(Box::new(card)),
    };
    store.push_cards("tool", &[change], now).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_owns_the_record_by_now_keeps_it_and_nobodys_becomes_the_reps() {
    for (owned, wanted) in [
        (Owned::Nobody, true),
        (Owned::Stranger, false),
        (Owned::By(RepId::from("lea")), false),
        (Owned::By(RepId::from("nobody of ours")), true),
    ] {
        let shop = Shop::open(|config| config.faults = clean()).await;
        let (contact, buyer) = somebody(&shop).await;
        let desk = shop.backend_with(Some(Books::of(&shop, owned.clone()) as Arc<dyn Crm>)).await;
        let mut playbook = (*desk.service().playbook()).clone();
        playbook.ownership = vec![OwnerSource::RoundRobin.into()];
        playbook.write_back.owners = true;
        desk.service().submit(Work::Playbook(Box::new(playbook.into()))).await.unwrap();
        asked(&shop, &desk, &buyer, "when can we talk?").await;
        let owner = eventually("somebody is chosen", async || {
            Some(desk.conversation(&buyer).await["state"]["owner"].clone()).filter(Value::is_string)
        })
        .await;
        // What comes after it stands there: it is settled, one way or the other.
        asked(&shop, &desk, &buyer, "hello?").await;
        are_logged(&shop, &["when can we talk?", "hello?"]).await;
        let all = written(&shop).await;
        let owners: Vec<&Value> = all.iter().map(|w| &w["write"]).filter(|w| w["kind"] == "owner").collect();
        assert_eq!(!owners.is_empty(), wanted, "{owned:?}: {owners:?}");
        assert!(owners.iter().all(|w| w["owner"] == owner && w["contact"] == *contact), "{owners:?}");
        let (_, refused) = desk.service().store().crm_stuck(9).await.unwrap();
        assert!(refused.is_empty(), "{owned:?}: {refused:?}");
        desk.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_only_a_program_pushed_has_nothing_written_on_a_stranger_of_the_same_id() {
    const NUMBER: &str = "+12025550177";
    let shop = Shop::open(|config| config.faults = clean()).await;
    let (stranger, _) = somebody(&shop).await;
    let desk = shop.backend_with(Some(Books::of(&shop, Owned::Nobody) as Arc<dyn Crm>)).await;
    pushed(&desk, NUMBER, &stranger).await;
    asked(&shop, &desk, NUMBER, "when can we talk?").await;
    assert_eq!(desk.conversation(NUMBER).await["state"]["contacts"], json!([stranger]));
    assert_eq!(waits(&desk).await, "nobody in the CRM has this number, as far as it has said");
    assert_eq!(written(&shop).await, [] as [Value; 0]);
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_the_crm_has_too_is_written_on_and_what_was_pushed_of_them_stays() {
    let shop = Shop::open(|config| config.faults = clean()).await;
    let (contact, buyer) = somebody(&shop).await;
    let desk = shop.backend_with(Some(Books::of(&shop, Owned::Nobody) as Arc<dyn Crm>)).await;
    pushed(&desk, &buyer, &contact).await;
    asked(&shop, &desk, &buyer, "when can we talk?").await;
    let first = until(&shop, 1).await.remove(0);
    assert_eq!(first["write"]["contact"], contact);
    let store = desk.service().store().clone();
    let (number, _) = store.consent_of(&Address::parse(&buyer).unwrap()).await.unwrap().unwrap();
    let cards: BTreeMap<NumberId, Vec<Card>> = store.cards_of(&[number.id].into()).await.unwrap();
    assert_eq!(cards[&number.id].iter().map(|card| card.name.as_str()).collect::<Vec<_>>(), ["Pushed Person"]);
    assert!(store.crm_named(number.id, &ContactId::from(contact.as_str())).await.unwrap(), "it is asked once");
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_did_not_arrive_is_told_by_when_it_was_written_and_how_it_begins() {
    let shop = Shop::open(|config| config.faults = Faults { undelivered: Some(30_003), ..clean() }).await;
    let (_, buyer) = somebody(&shop).await;
    let desk = shop.backend_with(Some(Arc::new(crm(&shop)))).await;
    asked(&shop, &desk, &buyer, "when can we talk?").await;
    let lengthy = "At three,\nor at four? I could also call you from the train, which is noisy, or tomorrow.";
    let (_, verdict) = desk.answer(&buyer, lengthy).await;
    assert_eq!(verdict["verdict"], "done", "{verdict}");
    let lost = eventually("it is told", async || {
        shop.later(1);
        written(&shop).await.into_iter().find(|w| w["write"]["kind"] == "undelivered")
    })
    .await;
    let all = written(&shop).await;
    let log = all.iter().map(|w| &w["write"]).find(|w| w["kind"] == "log" && w["inbound"] == false).unwrap();
    assert_eq!(lost["write"]["sent"], log["at"], "as its own line says");
    let words = lost["write"]["words"].as_str().unwrap();
    assert!(words.starts_with("At three, ⏎ or at four?") && words.ends_with('…'), "{words}");
    assert!(words.chars().count() <= 60, "{words}");
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_blocked_number_texts_is_logged_nowhere_and_what_it_texts_after_that_is() {
    let shop = Shop::open(|config| config.faults = clean()).await;
    let (_, buyer) = somebody(&shop).await;
    let desk = shop.backend_with(Some(Arc::new(crm(&shop)))).await;
    asked(&shop, &desk, &buyer, "when can we talk?").await;
    are_logged(&shop, &["when can we talk?"]).await;
    let blocked = desk.does(&buyer, &json!({ "do": "block", "reason": "spam" })).await;
    assert_eq!(blocked["verdict"], "done", "{blocked}");
    asked(&shop, &desk, &buyer, "you have won").await;
    let heard = desk.does(&buyer, &json!({ "do": "unblock" })).await;
    assert_eq!(heard["verdict"], "done", "{heard}");
    asked(&shop, &desk, &buyer, "what about Friday?").await;
    are_logged(&shop, &["when can we talk?", "what about Friday?"]).await;
    let ends = written(&shop).await;
    assert_eq!(kinds(&ends).into_iter().filter(|kind| *kind == "outcome").count(), 1, "the block's own: {ends:#?}");
    assert_each_once(&ends);
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_put_back_by_another_process_is_tried_within_seconds() {
    let shop = Shop::open(|config| config.faults = clean()).await;
    let (_, buyer) = somebody(&shop).await;
    let books = Books::of(&shop, Owned::Nobody);
    books.refuses.store(true, Ordering::SeqCst);
    let desk = shop.backend_with(Some(Arc::clone(&books) as Arc<dyn Crm>)).await;
    asked(&shop, &desk, &buyer, "when can we talk?").await;
    eventually("it is refused", async || {
        let (_, refused) = desk.service().store().crm_stuck(9).await.unwrap();
        (!refused.is_empty()).then_some(())
    })
    .await;
    books.refuses.store(false, Ordering::SeqCst);
    // As `comeback crm retry` does: in the database alone, and no time passes by the clock of the backend.
    desk.service().store().crm_retry(desk.service().clock().now()).await.unwrap();
    let since = Instant::now();
    eventually("it is tried again", async || written(&shop).await.into_iter().next()).await;
    assert!(since.elapsed() < Duration::from_secs(15), "{:?}", since.elapsed());
    desk.close().await;
}
