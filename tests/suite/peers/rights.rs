//! A CRM that does not take a write: what is true of that one holds up its own conversation alone, and all of it is said.

use std::sync::Arc;

use comeback::domain::time::Span;
use comeback::domain::write_back::Wanted;
use comeback::server::crm::write::What;
use comeback::server::crm::{Crm, CrmError, Write};
use serde_json::{Value, json};

use super::books::{asked, assert_each_once, clean, crm, rounds, written};
use super::crm_proxy::Proxy;
use super::ends::by_hand;
use super::shop::{Shop, eventually};

/// The shop's CRM, which does not take these writes.
fn refusing(shop: &Shop, says: impl Fn(&Write) -> Option<CrmError> + Send + 'static) -> Arc<Proxy> {
    let books = Proxy::over(shop);
    books.refuse(says);
    books
}

/// The same, of tasks about one contact.
fn refusing_tasks_of(shop: &Shop, whose: &str, how: CrmError) -> Arc<Proxy> {
    let whose = whose.to_owned();
    let is_theirs = move |w: &Write| matches!(w.what, What::Task { .. }) && w.contact.as_str() == whose;
    refusing(shop, move |write| is_theirs(write).then(|| how.clone()))
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
    let books = refusing_tasks_of(&shop, &strict, forbidden());
    let (desk, runner) = by_hand(&shop, Arc::clone(&books) as Arc<dyn Crm>).await;
    asked(&shop, &desk, &one, "when can we talk?").await;
    for text in ["one?", "two?", "three?"] {
        asked(&shop, &desk, &other, text).await;
    }
    for buyer in [&one, &other] {
        desk.knows(&crm(&shop), buyer).await;
    }
    rounds(&shop, &runner).await;
    assert_eq!(logs(&shop, &free).await, ["one?", "two?", "three?"], "nobody waits for them");
    assert_eq!((logs(&shop, &strict).await.len(), tasks(&shop, &strict).await), (1, 0));
    // What comes behind it waits, in its own conversation.
    asked(&shop, &desk, &one, "still there?").await;
    rounds(&shop, &runner).await;
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
    books.take_all();
    shop.later(6);
    rounds(&shop, &runner).await;
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
    let books = refusing_tasks_of(&shop, &strict, CrmError::Refused(401));
    let (desk, runner) = by_hand(&shop, Arc::clone(&books) as Arc<dyn Crm>).await;
    asked(&shop, &desk, &one, "when can we talk?").await;
    for n in 0..9 {
        asked(&shop, &desk, &other, &format!("{n}?")).await;
    }
    for buyer in [&one, &other] {
        desk.knows(&crm(&shop), buyer).await;
    }
    let next = rounds(&shop, &runner).await;
    assert_eq!(next, Some(shop.now() + Span::seconds(5)), "all wait");
    assert!(logs(&shop, &free).await.len() < 9, "{:?}", logs(&shop, &free).await);
    assert_eq!(desk.service().store().crm_standing().await.unwrap().forbidden, 0);
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crm_whose_writes_fail_is_told_at_once_and_until_it_takes_one() {
    let shop = Shop::open(|config| config.faults = clean()).await;
    let [(strict, one), _] = two(&shop).await;
    let books = refusing_tasks_of(&shop, &strict, CrmError::Failing(503));
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
    rounds(&shop, &runner).await;
    let told = since().await;
    assert!(told.is_string(), "{told}");
    assert!(desk.service().asks().answers(), "no reply waits for that");
    shop.later(70);
    rounds(&shop, &runner).await;
    assert_eq!(since().await, told, "since the first");
    books.take_all();
    shop.later(120);
    rounds(&shop, &runner).await;
    assert_eq!(tasks(&shop, &strict).await, 1);
    assert!(since().await.is_null());
    desk.close().await;
}

/// Who is marked there as opted out, in order.
async fn marks(shop: &Shop) -> Vec<String> {
    let all = written(shop).await;
    assert_each_once(&all);
    let marks = all.iter().map(|w| &w["write"]).filter(|w| w["kind"] == "consent" && w["opted_out"] == true);
    marks.map(|w| w["contact"].as_str().unwrap().to_owned()).collect()
}

const fn is_mark(write: &Write) -> bool {
    matches!(write.what, What::Consent { .. })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_opt_out_that_we_may_not_mark_is_marked_at_once_when_somebody_says_so() {
    let shop = Shop::open(|config| config.faults = clean()).await;
    let [(contact, buyer), _] = two(&shop).await;
    let books = refusing(&shop, |write| is_mark(write).then(forbidden));
    let desk = shop.backend_with(Some(Arc::clone(&books) as Arc<dyn Crm>)).await;
    asked(&shop, &desk, &buyer, "STOP").await;
    let store = desk.service().store().clone();
    let held = eventually("it waits for the right", async || {
        let (waiting, _) = store.crm_stuck(9).await.unwrap();
        waiting.into_iter().find(|row| row.forbidden)
    })
    .await;
    assert!(matches!(held.wanted, Wanted::Consent { .. }) && !held.begun, "no call is in doubt: {held:?}");
    books.take_all();
    // As `comeback crm retry` does: no time passes by the clock of the backend.
    assert_eq!(store.crm_retry(shop.now()).await.unwrap(), 1);
    eventually("it is marked", async || (marks(&shop).await == [contact.as_str()]).then_some(())).await;
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_several_people_with_a_number_a_right_that_is_missing_for_one_counts_more_than_what_is_refused_for_good() {
    for forbids_first in [true, false] {
        let shop = Shop::open(|config| config.faults = clean()).await;
        let everybody = crm(&shop).everybody().await.unwrap();
        let (number, cards) = everybody.into_iter().find(|(_, cards)| cards.len() == 2).unwrap();
        let [first, second] = [0, 1].map(|n: usize| cards[n].contact.0.clone());
        let (lacks, never) = if forbids_first { (first, second) } else { (second, first) };
        let invalid = || CrmError::Invalid("VALIDATION_ERROR".to_owned());
        let says = move |write: &Write| match write.contact.as_str() {
            one if is_mark(write) && one == lacks => Some(forbidden()),
            other if is_mark(write) && other == never => Some(invalid()),
            _ => None,
        };
        let (desk, runner) = by_hand(&shop, refusing(&shop, says) as Arc<dyn Crm>).await;
        asked(&shop, &desk, number.as_str(), "STOP").await;
        rounds(&shop, &runner).await;
        let store = desk.service().store().clone();
        let standing = store.crm_standing().await.unwrap();
        assert_eq!((standing.forbidden, standing.refused), (1, 0), "it heals by itself: {forbids_first}");
        desk.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_marked_is_not_marked_again_with_who_could_not_be() {
    let shop = Shop::open(|config| config.faults = clean()).await;
    let everybody = crm(&shop).everybody().await.unwrap();
    let (number, cards) = everybody.into_iter().find(|(_, cards)| cards.len() == 2).unwrap();
    let [marked, lacks] = [0, 1].map(|n: usize| cards[n].contact.0.clone());
    let of = lacks.clone();
    let books = refusing(&shop, move |write| (is_mark(write) && write.contact.as_str() == of).then(forbidden));
    let (desk, runner) = by_hand(&shop, Arc::clone(&books) as Arc<dyn Crm>).await;
    asked(&shop, &desk, number.as_str(), "STOP").await;
    rounds(&shop, &runner).await;
    shop.later(10);
    rounds(&shop, &runner).await;
    assert_eq!(marks(&shop).await, [marked.as_str()], "and once, though it was tried twice");
    books.take_all();
    shop.later(60);
    rounds(&shop, &runner).await;
    assert_eq!(marks(&shop).await, [marked, lacks]);
    assert_eq!(desk.service().store().crm_standing().await.unwrap().stuck(), 0);
    desk.close().await;
}
