//! What is written into the CRM, through the real directory over sockets: each text, end and task once, in order, whatever
//! breaks off and whenever we die.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use comeback::config::secret::{Held, Secret};
use comeback::domain::contact::Address;
use comeback::domain::context::Card;
use comeback::domain::time::Timestamp;
use comeback::emulator::{Callbacks, Faults, Times};
use comeback::server::crm::directory::Directory;
use comeback::server::crm::{Crm, CrmError, TaskState, Write};
use comeback::server::egress::{Allow, Egress};
use comeback::server::measure::{Projections, deals};
use comeback::server::write_back::WriteBack;
use serde_json::{Value, json};

use super::shop::{Desk, LINE, Shop, eventually, http};

/// The CRM as we speak to it, with writes.
pub(super) fn crm(shop: &Shop) -> Directory {
    let base = format!("{}/crm/v1", shop.emulator.base_url());
    let token = Held::Here(Secret::new(shop.config.crm_token.clone()));
    Directory::new(Egress::new(Allow::loopback()), &base, token).unwrap().writing()
}

/// Somebody of the CRM who alone has a number: id and number.
pub(super) async fn somebody(shop: &Shop) -> (String, String) {
    let everybody = crm(shop).everybody().await.unwrap();
    let (address, cards) = everybody.into_iter().find(|(_, cards)| cards.len() == 1).unwrap();
    (cards[0].contact.0.clone(), address.as_str().to_owned())
}

/// The same, of whom the CRM knows an open deal: id, number, and the deal's id.
async fn somebody_with_a_deal(shop: &Shop) -> (String, String, String) {
    let everybody = crm(shop).everybody().await.unwrap();
    let with = everybody.into_iter().filter(|(_, cards)| cards.len() == 1).find_map(|(address, cards)| {
        let deal = cards[0].opportunity.as_ref()?.id.as_ref()?.0.clone();
        Some((cards[0].contact.0.clone(), address.as_str().to_owned(), deal))
    });
    with.unwrap()
}

/// The first write of a kind, once it stands in the CRM; virtual time passes.
pub(super) async fn first(shop: &Shop, kind: &str) -> Value {
    eventually(kind, async || {
        shop.later(1);
        written(shop).await.into_iter().find(|w| w["write"]["kind"] == kind)
    })
    .await
}

/// What stands in the CRM, oldest first.
pub(super) async fn written(shop: &Shop) -> Vec<Value> {
    let url = format!("{}/emulator/v1/crm", shop.emulator.base_url());
    let all: Value = http().get(url).send().await.unwrap().json().await.unwrap();
    all["written"].as_array().unwrap().clone()
}

/// Kinds of writes, in order.
pub(super) fn kinds(written: &[Value]) -> Vec<&str> {
    written.iter().map(|w| w["write"]["kind"].as_str().unwrap()).collect()
}

pub(super) fn assert_each_once(written: &[Value]) {
    assert!(written.iter().all(|w| w["times"] == 1), "written twice: {written:#?}");
}

pub(super) async fn asked(shop: &Shop, desk: &Desk, buyer: &str, body: &str) {
    shop.emulator.inbound(buyer, LINE, body, 0);
    desk.has(buyer, body).await;
}

/// Waits until so much stands in the CRM; virtual time passes, so that pauses end.
pub(super) async fn until(shop: &Shop, n: usize) -> Vec<Value> {
    eventually("the CRM has it", async || {
        shop.later(1);
        Some(written(shop).await).filter(|written| written.len() >= n)
    })
    .await
}

/// Makes all that is due, round after round; when to go on.
pub(super) async fn rounds(shop: &Shop, runner: &WriteBack) -> Option<Timestamp> {
    loop {
        let next = runner.round().await.unwrap();
        if next.is_none_or(|next| next > shop.now()) {
            return next;
        }
    }
}

pub(super) fn clean() -> Faults {
    Faults { callbacks: Callbacks::Clean, ..Faults::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_to_hear_who_writes_is_written_as_soon_as_that_is_said() {
    let shop = Shop::open(|config| config.faults = clean()).await;
    let everybody = crm(&shop).everybody().await.unwrap();
    let (address, cards) = everybody.into_iter().find(|(_, cards)| cards.len() == 2).unwrap();
    let (buyer, second) = (address.as_str().to_owned(), cards[1].contact.0.clone());
    let desk = shop.backend_with(Some(Arc::new(crm(&shop)))).await;
    asked(&shop, &desk, &buyer, "when can we talk?").await;
    eventually("it waits", async || {
        let (waiting, _) = desk.service().store().crm_stuck(9).await.unwrap();
        let told = waiting.iter().filter_map(|row| row.waits.as_ref());
        told.into_iter().any(|why| why.contains("who writes")).then_some(())
    })
    .await;
    assert_eq!(written(&shop).await.len(), 0);
    let verdict = desk.does(&buyer, &serde_json::json!({ "do": "name_writer", "contact": second })).await;
    assert_eq!(verdict["verdict"], "done", "{verdict}");
    // No time passes: what is written is not tried again because an hour is over.
    let first = eventually("it is written", async || written(&shop).await.into_iter().next()).await;
    assert_eq!(first["write"]["contact"], second, "{first}");
    let task = self::first(&shop, "task").await;
    assert_eq!(task["write"]["subject"], json!(format!("Answer {} by text", cards[1].name)), "{task}");
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_stands_in_the_crm_once_and_in_order() {
    let shop = Shop::open(|config| config.faults = clean()).await;
    let (contact, buyer, deal) = somebody_with_a_deal(&shop).await;
    let desk = shop.backend_with(Some(Arc::new(crm(&shop)))).await;
    asked(&shop, &desk, &buyer, "when can we talk?").await;
    until(&shop, 1).await;
    let (_, verdict) = desk.answer(&buyer, "At 3?").await;
    assert_eq!(verdict["verdict"], "done", "{verdict}");
    eventually("the answer stands there", async || {
        kinds(&written(&shop).await).iter().filter(|kind| **kind == "log").nth(1).map(drop)
    })
    .await;
    let done = desk.does(&buyer, &json!({ "do": "done", "outcome": "nurture" })).await;
    assert_eq!(done["verdict"], "done", "{done}");
    eventually("its end and the task for later stand there", async || {
        written(&shop).await.iter().any(|w| w["write"]["subject"] == "Ask whether the time is better now").then_some(())
    })
    .await;
    let all = written(&shop).await;
    assert_each_once(&all);
    assert!(all.iter().all(|w| w["write"]["contact"] == *contact && w["write"]["deal"] == *deal), "{all:#?}");
    let state = desk.conversation(&buyer).await["state"].clone();
    let link = format!("{}/c/{}", desk.url, state["id"].as_str().unwrap());
    assert!(all.iter().all(|w| w["write"]["link"] == *link), "{all:#?}");
    let page = http().get(&link).send().await.unwrap();
    assert_eq!(
        (page.status().as_u16(), &page.headers()["content-type"]),
        (200, &"text/html; charset=utf-8".parse().unwrap())
    );
    let page = page.text().await.unwrap();
    assert!(page.contains(&format!("comeback explain {}", state["id"].as_str().unwrap())), "{page}");
    assert!(!page.contains(&buyer) && !page.contains("when can we talk?"));
    let none = http().get(format!("{}/c/%3Cscript%3E", desk.url)).send().await.unwrap();
    assert_eq!(none.status(), 404);
    let logs: Vec<&Value> = all.iter().map(|w| &w["write"]).filter(|w| w["kind"] == "log").collect();
    assert_eq!(logs.len(), 2, "{logs:?}");
    assert_eq!(
        (&logs[0]["inbound"], &logs[0]["body"], &logs[0]["owner"]),
        (&json!(true), &json!("when can we talk?"), &state["owner"])
    );
    assert!(state["owner"].is_string(), "{state}");
    let waits = logs[0]["sla"].as_str().unwrap();
    assert!(waits.starts_with("an answer is due "), "{waits}");
    assert_eq!(
        (&logs[1]["inbound"], &logs[1]["body"], &logs[1]["owner"]),
        (&json!(false), &json!("At 3?"), &json!("lea"))
    );
    let sla = logs[1]["sla"].as_str().unwrap();
    assert!(sla.starts_with("answered in ") && sla.ends_with(", in time"), "{sla}");
    let end = all.iter().find(|w| w["write"]["kind"] == "outcome").unwrap();
    assert_eq!((&end["write"]["outcome"], &end["write"]["sla"]), (&json!("not now: nurture"), &json!(sla)));
    // Whoever was asked had a task, and nobody has one any more but the one for later.
    let open = all.iter().filter(|w| w["write"]["kind"] == "task" && w["done_at"].is_null());
    assert_eq!(
        open.map(|w| w["write"]["subject"].as_str().unwrap()).collect::<Vec<_>>(),
        ["Ask whether the time is better now"]
    );
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_written_and_not_confirmed_is_found_and_not_written_again() {
    let shop = Shop::open(|config| config.faults = Faults { crm_breaks: Times::Next(3), ..clean() }).await;
    let (_, buyer) = somebody(&shop).await;
    let desk = shop.backend_with(Some(Arc::new(crm(&shop)))).await;
    for body in ["one?", "two?", "three?", "four?"] {
        asked(&shop, &desk, &buyer, body).await;
    }
    eventually("all four stand there", async || {
        shop.later(1);
        let all = written(&shop).await;
        (all.iter().filter(|w| w["write"]["kind"] == "log").count() == 4).then_some(())
    })
    .await;
    let all = written(&shop).await;
    assert_each_once(&all);
    let logs = all.iter().filter(|w| w["write"]["kind"] == "log");
    assert_eq!(
        logs.map(|w| w["write"]["body"].as_str().unwrap()).collect::<Vec<_>>(),
        ["one?", "two?", "three?", "four?"]
    );
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_completed_in_the_crm_takes_the_reply() {
    let shop = Shop::open(|config| config.faults = clean()).await;
    let (_, buyer) = somebody(&shop).await;
    let desk = shop.backend_with(Some(Arc::new(crm(&shop)))).await;
    asked(&shop, &desk, &buyer, "when can we talk?").await;
    let task = eventually("there is a task", async || {
        shop.later(1);
        written(&shop).await.into_iter().find(|w| w["write"]["kind"] == "task" && w["done_at"].is_null())
    })
    .await;
    let rep = task["write"]["owner"].clone();
    assert_eq!(desk.conversation(&buyer).await["state"]["assignment"]["to"]["rep"], rep);
    assert!(desk.facts("taken").await.is_empty());
    let url = format!("{}/emulator/v1/crm/tasks/{}/done", shop.emulator.base_url(), task["id"].as_str().unwrap());
    assert!(http().post(url).send().await.unwrap().status().is_success());
    let runner = WriteBack::new(desk.service(), Arc::new(crm(&shop)));
    runner.look_at_tasks(None).await.unwrap();
    let taken = desk.facts("taken").await;
    assert_eq!(taken.iter().map(|fact| fact["by"].clone()).collect::<Vec<_>>(), [rep]);
    // What is wanted now that it is taken: nothing new, until the buyer is answered.
    rounds(&shop, &runner).await;
    let tasks = written(&shop).await.into_iter().filter(|w| w["write"]["kind"] == "task").count();
    assert_eq!(tasks, 1, "one task, and it was done");
    assert_each_once(&written(&shop).await);
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_completed_before_the_offer_passed_on_takes_the_reply_all_the_same() {
    let shop = Shop::open(|config| config.faults = clean()).await;
    let (_, buyer) = somebody(&shop).await;
    let desk = shop.backend_with(Some(Arc::new(crm(&shop)))).await;
    asked(&shop, &desk, &buyer, "when can we talk?").await;
    let task = first(&shop, "task").await;
    // The CRM answers nothing until the offer has passed on, so that no look at the task comes first.
    shop.emulator.set_faults(Faults { crm_500: Times::Always(true), ..clean() });
    let url = format!("{}/emulator/v1/crm/tasks/{}/done", shop.emulator.base_url(), task["id"].as_str().unwrap());
    assert!(http().post(url).send().await.unwrap().status().is_success());
    let rep = task["write"]["owner"].clone();
    eventually("it passes on", async || {
        shop.later(60);
        (!desk.facts("escalated").await.is_empty()).then_some(())
    })
    .await;
    assert!(desk.facts("taken").await.is_empty(), "nobody could look at the task");
    shop.emulator.set_faults(clean());
    eventually("it comes back to who had done it", async || {
        shop.later(1);
        desk.facts("taken").await.iter().any(|fact| fact["by"] == rep).then_some(())
    })
    .await;
    let ends = written(&shop).await.into_iter().filter(|w| w["write"]["kind"] == "task_done");
    assert!(ends.into_iter().all(|w| w["write"]["task"] != task["id"]), "what was done there is not ended again");
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_of_somebody_who_did_not_act_is_passed_on_and_not_done() {
    let shop = Shop::open(|config| config.faults = clean()).await;
    let (_, buyer) = somebody(&shop).await;
    let desk = shop.backend_with(Some(Arc::new(crm(&shop)))).await;
    asked(&shop, &desk, &buyer, "when can we talk?").await;
    let task = first(&shop, "task").await;
    eventually("it passes on", async || {
        shop.later(60);
        (!desk.facts("escalated").await.is_empty()).then_some(())
    })
    .await;
    let end = first(&shop, "task_done").await;
    assert_eq!((&end["write"]["task"], &end["write"]["passed_on"]), (&task["id"], &json!(true)));
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_was_logged_and_did_not_arrive_is_told() {
    let shop = Shop::open(|config| config.faults = Faults { undelivered: Some(30_003), ..clean() }).await;
    let (_, buyer) = somebody(&shop).await;
    let desk = shop.backend_with(Some(Arc::new(crm(&shop)))).await;
    asked(&shop, &desk, &buyer, "when can we talk?").await;
    let (_, verdict) = desk.answer(&buyer, "At three?").await;
    assert_eq!(verdict["verdict"], "done", "{verdict}");
    eventually("it leaves, and fails", async || {
        shop.later(1);
        (!desk.facts("sla_rearmed").await.is_empty()).then_some(())
    })
    .await;
    first(&shop, "undelivered").await;
    let all = written(&shop).await;
    assert_each_once(&all);
    let told = kinds(&all).into_iter().filter(|kind| ["log", "undelivered"].contains(kind));
    assert_eq!(told.collect::<Vec<_>>(), ["log", "log", "undelivered"], "{all:#?}");
    desk.close().await;
}

/// A CRM that takes calls and makes what they write long after everybody gave them up.
struct Late {
    crm: Arc<dyn Crm>,
    held: std::sync::Mutex<Vec<Write>>,
}

#[async_trait]
impl Crm for Late {
    fn takes_writes(&self) -> bool {
        true
    }

    async fn behind(&self, address: &Address) -> Result<Vec<Card>, CrmError> {
        self.crm.behind(address).await
    }

    async fn write(&self, write: &Write) -> Result<String, CrmError> {
        let first = {
            let mut held = self.held.lock().unwrap();
            held.push(write.clone());
            held.len() == 1
        };
        if first { Err(CrmError::Failing(504)) } else { self.crm.write(write).await }
    }

    async fn find(&self, write: &Write) -> Result<Option<String>, CrmError> {
        self.crm.find(write).await
    }

    async fn task(&self, id: &str) -> Result<TaskState, CrmError> {
        self.crm.task(id).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_writes_after_it_was_given_up_is_not_made_again() {
    let shop = Shop::open(|config| config.faults = clean()).await;
    let (_, buyer) = somebody(&shop).await;
    let desk = shop.backend().await;
    let late = Arc::new(Late { crm: Arc::new(crm(&shop)), held: std::sync::Mutex::default() });
    let runner = WriteBack::new(desk.service(), Arc::clone(&late) as Arc<dyn Crm>);
    runner.round().await.unwrap();
    asked(&shop, &desk, &buyer, "one?").await;
    desk.knows(&crm(&shop), &buyer).await;
    rounds(&shop, &runner).await;
    let calls = || {
        late.held
            .lock()
            .unwrap()
            .iter()
            .filter(|w| matches!(w.what, comeback::server::crm::write::What::Log { .. }))
            .count()
    };
    assert_eq!(calls(), 1);
    // It is neither looked for nor made while it may be on its way.
    shop.later(50);
    rounds(&shop, &runner).await;
    assert_eq!(calls(), 1, "a minute is not over");
    let held = late.held.lock().unwrap()[0].clone();
    crm(&shop).write(&held).await.unwrap();
    shop.later(20);
    rounds(&shop, &runner).await;
    let logs = written(&shop).await.into_iter().filter(|w| w["write"]["kind"] == "log").count();
    assert_eq!((logs, calls()), (1, 1));
    desk.close().await;
}

/// A process that dies at its `n`th call of the CRM: before it leaves, or after it was answered.
pub(super) struct Dying {
    crm: Arc<dyn Crm>,
    calls: AtomicUsize,
    at: usize,
    before: bool,
}

impl Dying {
    pub(super) fn new(crm: impl Crm, at: usize, before: bool) -> Arc<Self> {
        Arc::new(Self { crm: Arc::new(crm), calls: AtomicUsize::new(0), at, before })
    }

    async fn dies<T>(&self, call: impl Future<Output = Result<T, CrmError>>) -> Result<T, CrmError> {
        let is_last = self.calls.fetch_add(1, Ordering::SeqCst) + 1 == self.at;
        if is_last && self.before {
            std::future::pending::<()>().await;
        }
        let answer = call.await;
        if is_last {
            std::future::pending::<()>().await;
        }
        answer
    }
}

#[async_trait]
impl Crm for Dying {
    fn takes_writes(&self) -> bool {
        true
    }

    async fn behind(&self, address: &Address) -> Result<Vec<Card>, CrmError> {
        self.crm.behind(address).await
    }

    async fn write(&self, write: &Write) -> Result<String, CrmError> {
        self.dies(self.crm.write(write)).await
    }

    async fn find(&self, write: &Write) -> Result<Option<String>, CrmError> {
        self.dies(self.crm.find(write)).await
    }

    async fn task(&self, id: &str) -> Result<TaskState, CrmError> {
        self.crm.task(id).await
    }
}

/// Runs a process until it dies or has nothing more to do.
pub(super) async fn lives(shop: &Shop, desk: &Desk, crm: Arc<Dying>) {
    let runner = WriteBack::new(desk.service(), Arc::clone(&crm) as Arc<dyn Crm>);
    let life = async {
        while rounds(shop, &runner).await.is_some() {
            shop.later(3600);
        }
    };
    let death = async {
        eventually("it dies", async || (crm.calls.load(Ordering::SeqCst) >= crm.at).then_some(())).await;
        // The call that it dies at comes to its end first, unless it never left.
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    };
    tokio::select! {
        () = life => {}
        () = death => {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_dies_at_any_call_writes_nothing_twice_and_loses_nothing() {
    let shop = Shop::open(|config| config.faults = Faults { crm_breaks: Times::Next(2), ..clean() }).await;
    let (_, buyer) = somebody(&shop).await;
    let desk = shop.backend().await;
    // The first look at the journal only says from where on it is read.
    WriteBack::new(desk.service(), Arc::new(crm(&shop))).round().await.unwrap();
    asked(&shop, &desk, &buyer, "one?").await;
    asked(&shop, &desk, &buyer, "two?").await;
    desk.knows(&crm(&shop), &buyer).await;
    for life in 0..12 {
        lives(&shop, &desk, Dying::new(crm(&shop), 1 + life / 6, life % 2 == 0)).await;
    }
    lives(&shop, &desk, Dying::new(crm(&shop), usize::MAX, false)).await;
    let all = written(&shop).await;
    assert_each_once(&all);
    let logs = all.iter().filter(|w| w["write"]["kind"] == "log");
    assert_eq!(logs.map(|w| w["write"]["body"].as_str().unwrap()).collect::<Vec<_>>(), ["one?", "two?"]);
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn deals_of_a_directory_are_followed_as_they_move() {
    let shop = Shop::open(|config| config.faults = clean()).await;
    let folder = tempfile::tempdir().unwrap();
    let projections = Projections::open(&folder.path().join("shop")).unwrap();
    let crm = crm(&shop);
    let all = deals::follow(&crm, &projections, shop.now()).await.unwrap();
    assert!(all > 20, "{all}");
    shop.later(3 * 60 * 60);
    let moved = deals::follow(&crm, &projections, shop.now()).await.unwrap();
    assert!((1..all).contains(&moved), "{moved} of {all} changed in three hours");
    let read = projections.deals_read().unwrap();
    assert_eq!((read.as_of, read.trouble), (Some(shop.now()), None));
    // A directory of people alone says so.
    let other = format!("{}/crm/v0", shop.emulator.base_url());
    let token = Held::Here(Secret::new(shop.config.crm_token.clone()));
    let people = Directory::new(Egress::new(Allow::loopback()), &other, token).unwrap();
    assert!(matches!(people.deals(Timestamp::MIN, None).await, Err(CrmError::Cannot(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_crm_does_not_take_is_said_with_the_feed_until_it_does() {
    let shop = Shop::open(|config| config.faults = clean()).await;
    let (_, buyer) = somebody(&shop).await;
    let desk = shop.backend_with(Some(Arc::new(crm(&shop)))).await;
    asked(&shop, &desk, &buyer, "when can we talk?").await;
    until(&shop, 1).await;
    assert_eq!(desk.page().await["unwritten"], Value::Null);
    shop.emulator.set_faults(Faults { crm_500: Times::Always(true), ..clean() });
    desk.answer(&buyer, "At 3?").await;
    let told = eventually("it is said", async || {
        shop.later(1);
        desk.page().await["unwritten"].as_array().cloned()
    })
    .await;
    let conversation = desk.conversation(&buyer).await["state"]["id"].clone();
    assert_eq!((told.len(), &told[0]["conversation"]), (1, &conversation));
    assert!(!told[0]["why"].as_str().unwrap().is_empty() && told[0]["refused"].is_null(), "{told:?}");
    shop.emulator.set_faults(clean());
    eventually("it is over", async || {
        shop.later(60);
        desk.page().await["unwritten"].is_null().then_some(())
    })
    .await;
    desk.close().await;
}
