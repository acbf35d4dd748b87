//! Tasks for later, in the CRM: of one conversation the newest asks somebody, and each of the others is put aside once.

use std::collections::BTreeSet;
use std::sync::Arc;

use comeback::domain::id::ConversationId;
use comeback::domain::write_back::Wanted;
use comeback::server::crm::Crm;
use comeback::server::store::crm_write::{CrmEnd, CrmRow};
use comeback::server::write_back::follow;
use serde_json::{Value, json};
use uuid::Uuid;

use super::books::{asked, assert_each_once, clean, crm, rounds, somebody, written};
use super::crm_proxy::Proxy;
use super::ends::{by_hand, does};
use super::shop::{Desk, Shop, http};

/// What the task says that follows "not now" in the playbook.
const LATER: &str = "Ask whether the time is better now";

fn done(outcome: &str) -> Value {
    json!({ "do": "done", "outcome": outcome })
}

async fn conversation(desk: &Desk, buyer: &str) -> ConversationId {
    let id = desk.conversation(buyer).await["state"]["id"].as_str().unwrap().parse::<Uuid>().unwrap();
    ConversationId(id)
}

/// The writes of a conversation that put aside a task for later.
async fn asides(desk: &Desk, buyer: &str) -> Vec<CrmRow> {
    let ends = desk.service().store().crm_ends(conversation(desk, buyer).await).await.unwrap();
    ends.into_iter().filter(|row| row.wanted == Wanted::PutAside).collect()
}

/// Of each task for later there, whether it is open.
async fn open(shop: &Shop) -> Vec<bool> {
    let all = written(shop).await.into_iter();
    all.filter(|w| w["write"]["subject"] == LATER).map(|w| w["done_at"].is_null()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_conversation_that_is_put_off_twice_one_task_for_later_is_open() {
    let shop = Shop::open(|config| config.faults = clean()).await;
    let (_, buyer) = somebody(&shop).await;
    let proxy = Proxy::over(&shop);
    let (desk, runner) = by_hand(&shop, Arc::clone(&proxy) as Arc<dyn Crm>).await;
    asked(&shop, &desk, &buyer, "when can we talk?").await;
    desk.knows(&crm(&shop), &buyer).await;
    let later = async || {
        shop.later(20);
        rounds(&shop, &runner).await;
        open(&shop).await
    };
    does(&desk, &buyer, done("nurture")).await;
    assert_eq!(later().await, [true]);
    // Said again by mistake and taken back at once it puts nothing aside.
    does(&desk, &buyer, json!({ "do": "reopen" })).await;
    does(&desk, &buyer, done("nurture")).await;
    does(&desk, &buyer, json!({ "do": "reopen" })).await;
    assert_eq!(later().await, [true]);
    does(&desk, &buyer, done("nurture")).await;
    assert_eq!(later().await, [false, true]);
    let all = written(&shop).await;
    let first = all.iter().find(|w| w["write"]["subject"] == LATER).unwrap();
    let aside = all.iter().map(|w| &w["write"]).filter(|w| w["kind"] == "task_done" && w["task"] == first["id"]);
    assert_eq!(aside.map(|w| &w["passed_on"]).collect::<Vec<_>>(), [&json!(true)], "nobody did it: {all:#?}");
    // What is only answered leaves it.
    asked(&shop, &desk, &buyer, "can you call me about it?").await;
    does(&desk, &buyer, done("called")).await;
    assert_eq!(later().await, [false, true]);
    asked(&shop, &desk, &buyer, "this is not for us").await;
    does(&desk, &buyer, done("not_interested")).await;
    assert_eq!(later().await, [false, false]);
    assert_eq!(proxy.asked_for("put aside"), 2, "and not as a task to answer that went to somebody else");
    assert_each_once(&written(&shop).await);
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_for_later_that_somebody_did_by_then_stays_done() {
    let shop = Shop::open(|config| config.faults = clean()).await;
    let (_, buyer) = somebody(&shop).await;
    let (desk, runner) = by_hand(&shop, Arc::new(crm(&shop))).await;
    asked(&shop, &desk, &buyer, "when can we talk?").await;
    desk.knows(&crm(&shop), &buyer).await;
    does(&desk, &buyer, done("nurture")).await;
    shop.later(20);
    rounds(&shop, &runner).await;
    let all = written(&shop).await;
    let task = all.iter().find(|w| w["write"]["subject"] == LATER).unwrap();
    let url = format!("{}/emulator/v1/crm/tasks/{}/done", shop.emulator.base_url(), task["id"].as_str().unwrap());
    assert!(http().post(url).send().await.unwrap().status().is_success());
    asked(&shop, &desk, &buyer, "this is not for us").await;
    does(&desk, &buyer, done("not_interested")).await;
    shop.later(20);
    rounds(&shop, &runner).await;
    let all = written(&shop).await;
    let aside = all.iter().filter(|w| w["write"]["kind"] == "task_done" && w["write"]["task"] == task["id"]);
    assert_eq!(aside.count(), 0, "{all:#?}");
    assert_eq!(desk.service().store().crm_standing().await.unwrap().waiting, 0);
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_for_later_is_put_aside_by_the_first_end_that_says_so_and_by_no_later_one() {
    let shop = Shop::open(|config| config.faults = clean()).await;
    let (_, buyer) = somebody(&shop).await;
    let (desk, runner) = by_hand(&shop, Arc::new(crm(&shop))).await;
    asked(&shop, &desk, &buyer, "when can we talk?").await;
    desk.knows(&crm(&shop), &buyer).await;
    does(&desk, &buyer, done("nurture")).await;
    shop.later(20);
    rounds(&shop, &runner).await;
    let ends = async |outcome: &str| {
        does(&desk, &buyer, json!({ "do": "reopen" })).await;
        does(&desk, &buyer, done(outcome)).await;
        follow(&desk.service()).await.unwrap();
    };
    ends("not_interested").await;
    assert_eq!(asides(&desk, &buyer).await.len(), 1);
    shop.later(20);
    ends("wrong_person").await;
    assert_eq!(asides(&desk, &buyer).await.len(), 1, "that one waits, and nobody took its end back");
    shop.later(20);
    rounds(&shop, &runner).await;
    assert_eq!(open(&shop).await, [false]);
    ends("not_interested").await;
    shop.later(20);
    rounds(&shop, &runner).await;
    assert_eq!(asides(&desk, &buyer).await.len(), 1, "it was made");
    assert_each_once(&written(&shop).await);
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_that_was_taken_back_leaves_a_task_for_later_to_the_next_one() {
    let shop = Shop::open(|config| config.faults = clean()).await;
    let (_, buyer) = somebody(&shop).await;
    let (desk, runner) = by_hand(&shop, Arc::new(crm(&shop))).await;
    asked(&shop, &desk, &buyer, "when can we talk?").await;
    desk.knows(&crm(&shop), &buyer).await;
    does(&desk, &buyer, done("nurture")).await;
    shop.later(20);
    rounds(&shop, &runner).await;
    does(&desk, &buyer, json!({ "do": "reopen" })).await;
    does(&desk, &buyer, done("wrong_person")).await;
    follow(&desk.service()).await.unwrap();
    shop.later(3);
    // The write of the slip waits still when the right end is read.
    does(&desk, &buyer, json!({ "do": "reopen" })).await;
    does(&desk, &buyer, done("not_interested")).await;
    follow(&desk.service()).await.unwrap();
    shop.later(20);
    rounds(&shop, &runner).await;
    assert_eq!(open(&shop).await, [false]);
    let fates: Vec<_> =
        asides(&desk, &buyer).await.into_iter().filter_map(|row| row.ended).map(|(end, _)| end).collect();
    assert_eq!(fates, [CrmEnd::Dropped, CrmEnd::Made]);
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn however_many_tasks_for_later_an_end_puts_aside_every_write_has_a_place_of_its_own() {
    const MANY: u32 = 1_100;
    let shop = Shop::open(|config| config.faults = clean()).await;
    let (_, buyer) = somebody(&shop).await;
    let (desk, runner) = by_hand(&shop, Arc::new(crm(&shop))).await;
    asked(&shop, &desk, &buyer, "when can we talk?").await;
    desk.knows(&crm(&shop), &buyer).await;
    rounds(&shop, &runner).await;
    let (service, of, now) = (desk.service(), conversation(&desk, &buyer).await, shop.now());
    let store = service.store();
    let made = |n: u32| CrmRow {
        key: Uuid::from_u128(u128::from(n)),
        once: format!("end:1:later:{n}"),
        conversation: of,
        place: (1, n),
        at: now,
        rep: None,
        wanted: Wanted::FollowUp { words: LATER.to_owned(), due: now },
        about: None,
        closed: false,
        forbidden: false,
        next_at: now,
        tries: 0,
        begun: false,
        waits: None,
        ended: Some((CrmEnd::Made, now)),
        made: Some(format!("w-{n}")),
    };
    let rows: Vec<CrmRow> = (0..MANY).map(made).collect();
    store.crm_follow(store.crm_read_to().await.unwrap().unwrap(), &rows).await.unwrap();
    // An answer is on its way, so that nothing but its end is said of the conversation.
    let (_, verdict) = desk.answer(&buyer, "No harm done").await;
    assert_eq!(verdict["verdict"], "done", "{verdict}");
    does(&desk, &buyer, done("not_interested")).await;
    follow(&service).await.unwrap();
    let (waiting, _) = store.crm_stuck(9_999).await.unwrap();
    let places: BTreeSet<(u64, u32)> = waiting.iter().map(|row| row.place).collect();
    assert_eq!(places.len(), waiting.len());
    let aside: Vec<u64> = waiting.iter().filter(|row| row.wanted == Wanted::PutAside).map(|row| row.place.0).collect();
    assert_eq!(aside.len(), rows.len());
    let ends_task = |row: &CrmRow| matches!(row.wanted, Wanted::TaskDone { .. }) && row.place.0 == aside[0];
    assert!(waiting.iter().any(ends_task), "the task to answer ends with the same entry");
    desk.close().await;
}
