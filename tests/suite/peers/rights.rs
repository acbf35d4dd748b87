//! A CRM that does not take a write: what is true of that one holds up its own conversation alone, and all of it is said.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use comeback::domain::contact::Address;
use comeback::domain::context::Card;
use comeback::domain::time::Span;
use comeback::domain::write_back::Wanted;
use comeback::server::crm::write::What;
use comeback::server::crm::{Crm, CrmError, TaskState, Write};
use serde_json::{Value, json};

use super::books::{asked, assert_each_once, clean, crm, written};
use super::ends::by_hand;
use super::shop::Shop;

/// A CRM that takes no tasks about one contact.
struct Strict {
    crm: Arc<dyn Crm>,
    whose: String,
    how: CrmError,
    refuses: AtomicBool,
}

impl Strict {
    fn over(shop: &Shop, whose: &str, how: CrmError) -> Arc<Self> {
        let refuses = AtomicBool::new(true);
        Arc::new(Self { crm: Arc::new(crm(shop)), whose: whose.to_owned(), how, refuses })
    }
}

#[async_trait]
impl Crm for Strict {
    fn takes_writes(&self) -> bool {
        true
    }

    async fn behind(&self, address: &Address) -> Result<Vec<Card>, CrmError> {
        self.crm.behind(address).await
    }

    async fn write(&self, write: &Write) -> Result<String, CrmError> {
        let is_task = matches!(write.what, What::Task { .. }) && write.contact.as_str() == self.whose;
        if is_task && self.refuses.load(Ordering::SeqCst) {
            return Err(self.how.clone());
        }
        self.crm.write(write).await
    }

    async fn find(&self, write: &Write) -> Result<Option<String>, CrmError> {
        self.crm.find(write).await
    }

    async fn task(&self, id: &str) -> Result<TaskState, CrmError> {
        self.crm.task(id).await
    }
}

/// As a CRM says that its app lacks a right.
fn forbidden() -> CrmError {
    CrmError::Forbidden("MISSING_SCOPES, crm.objects.tasks.write".to_owned())
}

/// Two people of the CRM who alone have a number each: id and number.
async fn two(shop: &Shop) -> [(String, String); 2] {
    let everybody = crm(shop).everybody().await.unwrap();
    let alone = everybody.into_iter().filter(|(_, cards)| cards.len() == 1);
    let mut some = alone.map(|(address, cards)| (cards[0].contact.0.clone(), address.as_str().to_owned()));
    let first = some.next().unwrap();
    let other = some.find(|(id, _)| *id != first.0).unwrap();
    [first, other]
}

/// The texts that stand on somebody there.
async fn logs(shop: &Shop, contact: &str) -> Vec<String> {
    let all = written(shop).await;
    let theirs = all.iter().map(|w| &w["write"]).filter(|w| w["kind"] == "log" && w["contact"] == contact);
    theirs.map(|w| w["body"].as_str().unwrap().to_owned()).collect()
}

async fn tasks(shop: &Shop, contact: &str) -> usize {
    let is_task = |w: &Value| w["write"]["kind"] == "task" && w["write"]["contact"] == contact;
    written(shop).await.iter().filter(|w| is_task(w)).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_we_may_not_write_holds_up_its_own_conversation_alone_is_said_and_heals_by_itself() {
    let shop = Shop::open(|config| config.faults = clean()).await;
    let [(strict, one), (free, other)] = two(&shop).await;
    let books = Strict::over(&shop, &strict, forbidden());
    let (desk, runner) = by_hand(&shop, Arc::clone(&books) as Arc<dyn Crm>).await;
    asked(&shop, &desk, &one, "when can we talk?").await;
    for text in ["one?", "two?", "three?"] {
        asked(&shop, &desk, &other, text).await;
    }
    for buyer in [&one, &other] {
        desk.knows(&crm(&shop), buyer).await;
    }
    runner.round().await.unwrap();
    assert_eq!(logs(&shop, &free).await, ["one?", "two?", "three?"], "in the same round");
    assert_eq!((logs(&shop, &strict).await.len(), tasks(&shop, &strict).await), (1, 0));
    // What comes behind it waits, in its own conversation.
    asked(&shop, &desk, &one, "still there?").await;
    runner.round().await.unwrap();
    assert_eq!(logs(&shop, &strict).await, ["when can we talk?"]);
    let store = desk.service().store().clone();
    let (waiting, refused) = store.crm_stuck(9).await.unwrap();
    let held: Vec<_> = waiting.iter().filter(|row| row.forbidden).collect();
    assert_eq!((held.len(), refused.len()), (1, 0), "{waiting:#?}");
    assert!(matches!(held[0].wanted, Wanted::Task { .. }), "{held:#?}");
    assert!(
        held[0].waits.as_ref().unwrap().contains("(403): MISSING_SCOPES, crm.objects.tasks.write; once it may"),
        "{held:#?}"
    );
    // The runner looks after each round.
    let standing = desk.service().unwritten().look(store.as_ref()).await.unwrap();
    assert_eq!((standing.forbidden, standing.refused), (1, 0));
    let page = desk.page().await;
    let told = page["unwritten"].as_array().unwrap();
    assert!(
        told.iter().any(|one| one["why"].as_str().unwrap().starts_with("the CRM does not let our app do this")),
        "{told:?}"
    );
    let ready: Value = desk.get("/ready").await.json().await.unwrap();
    assert_eq!((&ready["status"], &ready["crm_writes_forbidden"]), (&json!("ready"), &json!(1)), "{ready}");
    assert!(ready["crm_writes_forbidden_hint"].as_str().unwrap().contains("comeback crm writes"), "{ready}");
    // The right is given: nobody has to say so here.
    books.refuses.store(false, Ordering::SeqCst);
    shop.later(6);
    runner.round().await.unwrap();
    assert_eq!(logs(&shop, &strict).await, ["when can we talk?", "still there?"]);
    assert_eq!(tasks(&shop, &strict).await, 1);
    assert_eq!(store.crm_standing().await.unwrap().stuck(), 0);
    assert_each_once(&written(&shop).await);
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crm_that_does_not_know_us_is_asked_no_more_in_the_same_round() {
    let shop = Shop::open(|config| config.faults = clean()).await;
    let [(strict, one), (free, other)] = two(&shop).await;
    let books = Strict::over(&shop, &strict, CrmError::Refused(401));
    let (desk, runner) = by_hand(&shop, Arc::clone(&books) as Arc<dyn Crm>).await;
    asked(&shop, &desk, &one, "when can we talk?").await;
    for n in 0..9 {
        asked(&shop, &desk, &other, &format!("{n}?")).await;
    }
    for buyer in [&one, &other] {
        desk.knows(&crm(&shop), buyer).await;
    }
    let next = runner.round().await.unwrap();
    assert_eq!(next, Some(shop.now() + Span::seconds(5)), "all wait");
    assert!(logs(&shop, &free).await.len() < 9, "{:?}", logs(&shop, &free).await);
    assert_eq!(desk.service().store().crm_standing().await.unwrap().forbidden, 0);
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crm_whose_writes_fail_is_told_at_once_and_until_it_takes_one() {
    let shop = Shop::open(|config| config.faults = clean()).await;
    let [(strict, one), _] = two(&shop).await;
    let books = Strict::over(&shop, &strict, CrmError::Failing(503));
    let (desk, runner) = by_hand(&shop, Arc::clone(&books) as Arc<dyn Crm>).await;
    let since = async || {
        let ready: Value = desk.get("/ready").await.json().await.unwrap();
        assert_eq!((&ready["status"], &ready["crm_unreachable_since"]), (&json!("ready"), &Value::Null), "{ready}");
        ready["crm_writes_failing_since"].clone()
    };
    asked(&shop, &desk, &one, "when can we talk?").await;
    desk.knows(&crm(&shop), &one).await;
    desk.service().asks().connected("the CRM");
    assert!(since().await.is_null());
    runner.round().await.unwrap();
    let told = since().await;
    assert!(told.is_string(), "{told}");
    assert!(desk.service().asks().answers(), "no reply waits for that");
    shop.later(70);
    runner.round().await.unwrap();
    assert_eq!(since().await, told, "since the first");
    books.refuses.store(false, Ordering::SeqCst);
    shop.later(120);
    runner.round().await.unwrap();
    assert_eq!(tasks(&shop, &strict).await, 1);
    assert!(since().await.is_null());
    desk.close().await;
}
