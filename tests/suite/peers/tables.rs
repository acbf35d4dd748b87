//! The emulated CRM as a folder: it says what its HTTP says, and takes what is written into it, once.

use std::collections::BTreeMap;
use std::sync::Arc;

use comeback::domain::context::{Card, Opportunity};
use comeback::domain::deal::Deal;
use comeback::domain::time::Timestamp;
use comeback::server::crm::Crm;
use comeback::server::crm::files::Files;
use comeback::server::crm::{Deals, Reps};
use comeback::server::write_back::WriteBack;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::books::{Dying, asked, assert_each_once, clean, crm, kinds, lives, somebody, until, written};
use super::shop::{Shop, eventually, http};

fn tables(shop: &Shop) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    shop.emulator.keep_crm(folder.path()).unwrap();
    folder
}

fn files(folder: &TempDir) -> Files {
    Files::new(folder.path(), Reps::Here(BTreeMap::new())).unwrap().writing()
}

/// Without what only tables say: since when a deal is where it is, and what makes none.
fn plain(card: Card) -> Card {
    let opportunity = card.opportunity.map(|deal| Opportunity { stage_since: None, ..deal });
    Card { opportunity, ..card }
}

async fn deals(crm: &dyn Crm) -> BTreeMap<String, Deal> {
    let (mut all, mut after) = (BTreeMap::new(), None);
    loop {
        let Deals { deals, next } = crm.deals(Timestamp::MIN, after.as_deref()).await.unwrap();
        all.extend(deals.into_iter().map(|deal| (deal.id.to_string(), Deal { closes: None, ..deal })));
        after = next;
        if after.is_none() {
            return all;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tables_say_of_everybody_what_the_directory_says_and_follow_its_deals() {
    for seed in [1, 7, 8] {
        let shop = Shop::open(|config| config.seed = seed).await;
        let (folder, directory) = (tables(&shop), crm(&shop));
        let files = files(&folder);
        let books = files.books().await.unwrap();
        assert_eq!(books.wrong, Vec::<String>::new());
        let of = |all: Vec<(_, Vec<Card>)>| -> BTreeMap<_, Vec<Card>> {
            all.into_iter().map(|(address, cards)| (address, cards.into_iter().map(plain).collect())).collect()
        };
        let (theirs, said) = (of(files.everybody().await.unwrap()), of(directory.everybody().await.unwrap()));
        assert_eq!(theirs.len(), 39);
        assert_eq!(theirs, said);
        let told = deals(&directory).await;
        assert_eq!(deals(&files).await, told);
        // Three hours on, some of them moved: the tables follow, and so do the cards.
        shop.later(3 * 60 * 60);
        let later = deals(&directory).await;
        assert_ne!(later, told);
        eventually("the tables follow", async || {
            files.books().await.ok()?;
            (deals(&files).await == later).then_some(())
        })
        .await;
        for card in files.everybody().await.unwrap().into_iter().flat_map(|(_, cards)| cards) {
            let Some(shown) = card.opportunity else { continue };
            let deal = &later[&shown.id.unwrap().to_string()];
            assert_eq!((&shown.stage, deal.closed), (&deal.stage, None), "a deal that is over stands on no card");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_folder_is_gone_no_card_is_newer_than_its_last_reading_and_nobody_is_a_stranger() {
    const DANA: &str = "+14155550123";
    const STRANGER: &str = "+12025550100";
    let shop = Shop::open(|config| config.faults = clean()).await;
    let folder = tempfile::tempdir().unwrap();
    let (here, aside) = (folder.path().join("crm"), folder.path().join("aside"));
    std::fs::create_dir(&here).unwrap();
    std::fs::write(here.join("contacts.csv"), format!("id,name,phone\nc-1,Dana Fox,{DANA}\n")).unwrap();
    let files = Files::new(&here, Reps::Here(BTreeMap::new())).unwrap();
    let desk = shop.backend_with(Some(Arc::new(files))).await;
    let service = desk.service();
    let around = async |buyer: &str| -> Value {
        let id = desk.conversation(buyer).await["state"]["id"].as_str().unwrap().to_owned();
        desk.get(&format!("/v1/conversations/{id}/around")).await.json().await.unwrap()
    };
    eventually("the folder is read", async || service.asks().standing()?.answered).await;
    let read = json!(shop.now().millis());
    asked(&shop, &desk, DANA, "when can we talk?").await;
    assert_eq!(around(DANA).await["read_at"], read);
    std::fs::rename(&here, &aside).unwrap();
    eventually("that it is gone is noticed", async || service.asks().standing()?.failing).await;
    // An hour later both are asked about.
    shop.later(3600);
    asked(&shop, &desk, STRANGER, "and we two?").await;
    around(DANA).await;
    eventually("nobody answers", async || (!service.asks().answers()).then_some(())).await;
    let (dana, stranger) = (around(DANA).await, around(STRANGER).await);
    assert_eq!((&dana["read_at"], &stranger["read_at"]), (&read, &Value::Null));
    assert!(dana["crm"]["failing"].is_i64() && stranger["crm"]["failing"].is_i64(), "{dana} {stranger}");
    assert_eq!(dana["crm"].get("since_before"), None, "it answered this backend before");
    assert_eq!(desk.conversation(DANA).await["cards"][0]["name"], "Dana Fox", "what was read before stays");
    // Back as it was, it is read again, and whoever was asked about meanwhile is asked about at once.
    std::fs::rename(&aside, &here).unwrap();
    eventually("it answers", async || service.asks().standing()?.failing.is_none().then_some(())).await;
    let now = json!(shop.now().millis());
    eventually("nobody there has the number", async || (around(STRANGER).await["read_at"] == now).then_some(())).await;
    assert_eq!(around(DANA).await["read_at"], now);
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backend_started_while_the_folder_is_gone_says_when_it_was_last_read() {
    const DANA: &str = "+14155550123";
    let shop = Shop::open(|config| config.faults = clean()).await;
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path().join("crm");
    std::fs::create_dir(&here).unwrap();
    std::fs::write(here.join("contacts.csv"), format!("id,name,phone\nc-1,Dana Fox,{DANA}\n")).unwrap();
    let files = || -> Arc<dyn Crm> { Arc::new(Files::new(&here, Reps::Here(BTreeMap::new())).unwrap()) };
    let (first, second) = (files(), files());
    let desk = shop.backend_with(Some(first)).await;
    let service = desk.service();
    eventually("the folder is read", async || service.asks().standing()?.answered).await;
    let read = shop.now();
    asked(&shop, &desk, DANA, "when can we talk?").await;
    drop(service);
    desk.close().await;
    std::fs::remove_dir_all(&here).unwrap();
    shop.later(3600);
    let desk = shop.backend_with(Some(second)).await;
    let service = desk.service();
    eventually("that it is gone is noticed", async || service.asks().standing()?.failing).await;
    let id = desk.conversation(DANA).await["state"]["id"].as_str().unwrap().to_owned();
    let told: Value = desk.get(&format!("/v1/conversations/{id}/around")).await.json().await.unwrap();
    assert_eq!(told["crm"]["since_before"], true, "{told}");
    assert_eq!(told["crm"]["last_read"], json!(read.millis()), "{told}");
    let ready: Value = desk.get("/ready").await.json().await.unwrap();
    assert_eq!(ready["crm_last_read"], json!(read.utc().to_rfc3339()), "{ready}");
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_stands_in_the_folder_once_and_in_order() {
    let shop = Shop::open(|config| config.faults = clean()).await;
    let (contact, buyer) = somebody(&shop).await;
    let folder = tables(&shop);
    let desk = shop.backend_with(Some(Arc::new(files(&folder)))).await;
    asked(&shop, &desk, &buyer, "when can we talk?").await;
    until(&shop, 1).await;
    let (_, verdict) = desk.answer(&buyer, "At 3?").await;
    assert_eq!(verdict["verdict"], "done", "{verdict}");
    let done = desk.does(&buyer, &json!({ "do": "done", "outcome": "nurture" })).await;
    assert_eq!(done["verdict"], "done", "{done}");
    eventually("its end and the task for later stand there", async || {
        shop.later(1);
        let all = written(&shop).await;
        let later = all.iter().any(|w| w["write"]["subject"] == "Ask whether the time is better now");
        (later && kinds(&all).contains(&"outcome")).then_some(())
    })
    .await;
    let all = written(&shop).await;
    assert_each_once(&all);
    assert!(all.iter().all(|w| w["write"]["contact"] == *contact), "{all:#?}");
    let said = all.iter().filter(|w| w["write"]["kind"] == "log").map(|w| w["write"]["body"].as_str().unwrap());
    assert_eq!(said.collect::<Vec<_>>(), ["when can we talk?", "At 3?"]);
    // Whoever was asked had a task, and nobody has one any more but the one for later.
    let open = all.iter().filter(|w| w["write"]["kind"] == "task" && w["done_at"].is_null());
    assert_eq!(
        open.map(|w| w["write"]["subject"].as_str().unwrap()).collect::<Vec<_>>(),
        ["Ask whether the time is better now"]
    );
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_completes_a_task_in_the_folder_takes_the_reply() {
    let shop = Shop::open(|config| config.faults = clean()).await;
    let (_, buyer) = somebody(&shop).await;
    let folder = tables(&shop);
    let crm = Arc::new(files(&folder));
    let desk = shop.backend_with(Some(Arc::clone(&crm) as Arc<dyn Crm>)).await;
    asked(&shop, &desk, &buyer, "when can we talk?").await;
    let task = eventually("there is a task", async || {
        shop.later(1);
        written(&shop).await.into_iter().find(|w| w["write"]["kind"] == "task" && w["done_at"].is_null())
    })
    .await;
    let runner = WriteBack::new(desk.service(), Arc::clone(&crm) as Arc<dyn Crm>);
    runner.look_at_tasks(None).await.unwrap();
    assert!(desk.facts("taken").await.is_empty());
    let url = format!("{}/emulator/v1/crm/tasks/{}/done", shop.emulator.base_url(), task["id"].as_str().unwrap());
    assert!(http().post(url).send().await.unwrap().status().is_success());
    let taken = eventually("it is taken", async || {
        crm.books().await.ok()?;
        runner.look_at_tasks(None).await.unwrap();
        Some(desk.facts("taken").await).filter(|taken| !taken.is_empty())
    })
    .await;
    assert_eq!(taken.iter().map(|fact| fact["by"].clone()).collect::<Vec<_>>(), [task["write"]["owner"].clone()]);
    assert_eq!(taken[0]["because"]["reason"]["took_elsewhere"], "crm", "the record says by which door");
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_dies_at_any_write_into_the_folder_writes_nothing_twice_and_loses_nothing() {
    let shop = Shop::open(|config| config.faults = clean()).await;
    let (_, buyer) = somebody(&shop).await;
    let folder = tables(&shop);
    let desk = shop.backend().await;
    WriteBack::new(desk.service(), Arc::new(files(&folder))).round().await.unwrap();
    asked(&shop, &desk, &buyer, "one?").await;
    asked(&shop, &desk, &buyer, "two?").await;
    desk.knows(&files(&folder), &buyer).await;
    for life in 0..12 {
        lives(&shop, &desk, Dying::new(files(&folder), 1 + life / 6, life % 2 == 0)).await;
    }
    lives(&shop, &desk, Dying::new(files(&folder), usize::MAX, false)).await;
    let all = eventually("all stands there", async || {
        let all = written(&shop).await;
        (kinds(&all).iter().filter(|kind| **kind == "log").count() >= 2).then_some(all)
    })
    .await;
    assert_each_once(&all);
    let said = all.iter().filter(|w| w["write"]["kind"] == "log").map(|w| w["write"]["body"].as_str().unwrap());
    assert_eq!(said.collect::<Vec<_>>(), ["one?", "two?"]);
    desk.close().await;
}
