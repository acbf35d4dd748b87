//! How a conversation ended, in the CRM: written once it is sure, taken back, and the meeting that it came to.

use std::sync::Arc;

use comeback::domain::time::{Span, Timestamp};
use comeback::server::crm::write::What;
use comeback::server::crm::{Crm, CrmError, Write};
use comeback::server::write_back::WriteBack;
use serde_json::{Value, json};

use super::books::{asked, assert_each_once, clean, crm, first, kinds, rounds, somebody, until, written};
use super::crm_proxy::Proxy;
use super::shop::{Desk, Shop, eventually};

pub(super) async fn does(desk: &Desk, buyer: &str, command: Value) {
    let verdict = desk.does(buyer, &command).await;
    assert_eq!(verdict["verdict"], "done", "{command} {verdict}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_taken_back_at_once_is_written_nowhere_and_one_taken_back_later_is_told() {
    let shop = Shop::open(|config| config.faults = clean()).await;
    let (_, buyer) = somebody(&shop).await;
    let desk = shop.backend_undoing(Some(Arc::new(crm(&shop))), Span::seconds(60)).await;
    asked(&shop, &desk, &buyer, "when can we talk?").await;
    until(&shop, 1).await;
    let nurture = json!({ "do": "done", "outcome": "nurture" });
    for command in [&nurture, &json!({ "do": "reopen" })] {
        let verdict = desk.does(&buyer, command).await;
        assert_eq!(verdict["verdict"], "done", "{verdict}");
    }
    // Its time is over, and what came after it stands there: nothing is on its way any more.
    shop.later(120);
    let again = json!({ "do": "done", "outcome": "not_interested" });
    assert_eq!(desk.does(&buyer, &again).await["verdict"], "done");
    let end = first(&shop, "outcome").await;
    assert_eq!(end["write"]["outcome"], "not interested", "the first end is nowhere");
    shop.later(120);
    assert_eq!(desk.does(&buyer, &json!({ "do": "reopen" })).await["verdict"], "done");
    first(&shop, "reopened").await;
    let all = written(&shop).await;
    assert_each_once(&all);
    let told = kinds(&all).into_iter().filter(|kind| ["outcome", "reopened"].contains(kind));
    assert_eq!(told.collect::<Vec<_>>(), ["outcome", "reopened"], "{all:#?}");
    assert!(all.iter().all(|w| w["write"]["subject"] != "Ask whether the time is better now"), "{all:#?}");
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_taken_back_at_once_ends_no_task_and_makes_no_second() {
    let shop = Shop::open(|config| config.faults = clean()).await;
    let (_, buyer) = somebody(&shop).await;
    let desk = shop.backend_undoing(Some(Arc::new(crm(&shop))), Span::seconds(10)).await;
    asked(&shop, &desk, &buyer, "when can we talk?").await;
    let task = first(&shop, "task").await;
    let is_read = async || {
        let head = desk.service().store().head().await.unwrap().0.seq;
        (desk.service().store().crm_read_to().await.unwrap() == Some(head)).then_some(())
    };
    does(&desk, &buyer, json!({ "do": "done", "outcome": "no_answer_needed" })).await;
    eventually("the end is read", is_read).await;
    shop.later(3);
    does(&desk, &buyer, json!({ "do": "reopen" })).await;
    eventually("that it is taken back is read", is_read).await;
    shop.later(12);
    // Behind it in order: once this stands there, nothing of before is on its way.
    asked(&shop, &desk, &buyer, "still there?").await;
    until(&shop, 3).await;
    let all = written(&shop).await;
    assert_eq!(kinds(&all), ["log", "task", "log"], "{all:#?}");
    does(&desk, &buyer, json!({ "do": "done", "outcome": "no_answer_needed" })).await;
    let end = first(&shop, "task_done").await;
    assert_eq!((&end["write"]["task"], &end["write"]["passed_on"]), (&task["id"], &json!(false)));
    assert_each_once(&written(&shop).await);
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_booked_meeting_stands_in_the_crm_with_its_time_and_what_the_rep_wrote() {
    let shop = Shop::open(|config| config.faults = clean()).await;
    let (_, buyer) = somebody(&shop).await;
    let desk = shop.backend_with(Some(Arc::new(crm(&shop)))).await;
    asked(&shop, &desk, &buyer, "when can we talk?").await;
    let from: Timestamp = "2026-03-05T15:00:00Z".parse::<chrono::DateTime<chrono::Utc>>().unwrap().into();
    let note = json!({ "message": uuid::Uuid::now_v7(), "body": "Wants to see the new version" });
    let booked = json!({ "do": "booked", "meeting": { "from": from, "minutes": 45 }, "note": note });
    let done = desk.does(&buyer, &booked).await;
    assert_eq!(done["verdict"], "done", "{done}");
    let end = eventually("its end stands there", async || {
        shop.later(1);
        written(&shop).await.into_iter().find(|w| w["write"]["kind"] == "outcome")
    })
    .await;
    assert_eq!(
        (&end["write"]["outcome"], &end["write"]["words"]),
        (&json!("meeting booked"), &json!("Wants to see the new version"))
    );
    let meeting = &end["write"]["meeting"];
    assert_eq!(
        (&meeting["from"], &meeting["until"]),
        (&json!("2026-03-05T15:00:00.000Z"), &json!("2026-03-05T15:45:00.000Z"))
    );
    desk.close().await;
}

fn at(text: &str) -> Timestamp {
    text.parse::<chrono::DateTime<chrono::Utc>>().unwrap().into()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_meeting_booked_anew_takes_the_place_of_the_one_that_is_still_ahead_and_of_no_other() {
    let shop = Shop::open(|config| config.faults = clean()).await;
    let (_, buyer) = somebody(&shop).await;
    let (desk, runner) = by_hand(&shop, Arc::new(crm(&shop))).await;
    asked(&shop, &desk, &buyer, "when can we talk?").await;
    desk.knows(&crm(&shop), &buyer).await;
    let book = async |from: Timestamp| {
        does(&desk, &buyer, json!({ "do": "booked", "meeting": { "from": from, "minutes": 30 } })).await;
    };
    let stand = async |what: &str| -> Vec<Value> {
        shop.later(20);
        rounds(&shop, &runner).await;
        written(&shop).await.into_iter().filter(|w| w["write"]["kind"] == what).collect()
    };
    book(shop.now() + Span::minutes(10)).await;
    assert_eq!(stand("outcome").await.len(), 1);
    // That one is held; another one is booked on it.
    shop.later(20 * 60);
    does(&desk, &buyer, json!({ "do": "reopen" })).await;
    book(at("2026-03-12T15:00:00Z")).await;
    let second = stand("outcome").await.pop().unwrap();
    assert!(stand("moved").await.is_empty());
    // The buyer cannot then. A slip of the hand is taken back, and moves nothing.
    asked(&shop, &desk, &buyer, "can we make it Friday?").await;
    book(at("2026-03-14T15:00:00Z")).await;
    rounds(&shop, &runner).await;
    does(&desk, &buyer, json!({ "do": "reopen" })).await;
    book(at("2026-03-13T15:00:00Z")).await;
    let meetings = stand("outcome").await;
    assert_eq!((meetings.len(), &meetings[2]["write"]["meeting"]["from"]), (3, &json!("2026-03-13T15:00:00.000Z")));
    let moved = stand("moved").await;
    assert_eq!((moved.len(), &moved[0]["write"]["meeting"]), (1, &second["id"]), "{moved:#?}");
    assert_each_once(&written(&shop).await);
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_meeting_that_is_ahead_is_called_off_once_when_the_buyer_wants_none_any_more() {
    let shop = Shop::open(|config| config.faults = clean()).await;
    let (_, buyer) = somebody(&shop).await;
    let (desk, runner) = by_hand(&shop, Arc::new(crm(&shop))).await;
    asked(&shop, &desk, &buyer, "when can we talk?").await;
    desk.knows(&crm(&shop), &buyer).await;
    let off = async || -> Vec<Value> {
        shop.later(20);
        rounds(&shop, &runner).await;
        let all = written(&shop).await;
        assert_each_once(&all);
        all.into_iter().map(|w| w["write"].clone()).filter(|w| w["kind"] == "moved").collect()
    };
    let ends = async |outcome: &str| does(&desk, &buyer, json!({ "do": "done", "outcome": outcome })).await;
    let from = at("2026-03-12T15:00:00Z");
    does(&desk, &buyer, json!({ "do": "booked", "meeting": { "from": from, "minutes": 30 } })).await;
    assert!(off().await.is_empty());
    let booked = first(&shop, "outcome").await;
    // Thanks are no word about it, and what is taken back at once is none.
    asked(&shop, &desk, &buyer, "great, thanks").await;
    ends("no_answer_needed").await;
    assert!(off().await.is_empty());
    does(&desk, &buyer, json!({ "do": "reopen" })).await;
    ends("not_interested").await;
    does(&desk, &buyer, json!({ "do": "reopen" })).await;
    assert!(off().await.is_empty());
    for outcome in ["not_interested", "nurture"] {
        ends(outcome).await;
        let off = off().await;
        assert_eq!(off.len(), 1, "{outcome}: {off:#?}");
        assert_eq!((&off[0]["meeting"], &off[0]["called_off"]), (&booked["id"], &json!(true)), "{off:#?}");
        does(&desk, &buyer, json!({ "do": "reopen" })).await;
    }
    desk.close().await;
}

/// What a CRM says to every end of a conversation while it takes none.
fn every_end(how: CrmError) -> impl Fn(&Write) -> Option<CrmError> + Send + 'static {
    move |write| matches!(write.what, What::Outcome { .. }).then(|| how.clone())
}

/// A desk whose writes are made round by round.
pub(super) async fn by_hand(shop: &Shop, crm: Arc<dyn Crm>) -> (Desk, WriteBack) {
    let desk = shop.backend_undoing(None, Span::seconds(10)).await;
    let runner = WriteBack::new(desk.service(), crm);
    rounds(shop, &runner).await;
    (desk, runner)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_meeting_gives_way_to_none_that_the_crm_refused_until_that_one_stands_there() {
    let shop = Shop::open(|config| config.faults = clean()).await;
    let (_, buyer) = somebody(&shop).await;
    let proxy = Proxy::over(&shop);
    let (desk, runner) = by_hand(&shop, Arc::clone(&proxy) as Arc<dyn Crm>).await;
    asked(&shop, &desk, &buyer, "when can we talk?").await;
    desk.knows(&crm(&shop), &buyer).await;
    let book = async |from: &str| {
        does(&desk, &buyer, json!({ "do": "booked", "meeting": { "from": at(from), "minutes": 30 } })).await;
        shop.later(20);
        rounds(&shop, &runner).await;
    };
    let stands = async || {
        let all = written(&shop).await;
        kinds(&all)
            .into_iter()
            .filter(|kind| ["outcome", "moved"].contains(kind))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    book("2026-03-12T15:00:00Z").await;
    assert_eq!(stands().await, ["outcome"]);
    proxy.refuse(every_end(CrmError::Invalid("no meetings today".to_owned())));
    does(&desk, &buyer, json!({ "do": "reopen" })).await;
    book("2026-03-13T15:00:00Z").await;
    rounds(&shop, &runner).await;
    assert_eq!(stands().await, ["outcome"], "the first one stands while the second does not");
    let refused = desk.service().store().crm_standing().await.unwrap().refused;
    assert_eq!(refused, 2);
    proxy.take_all();
    assert_eq!(desk.service().store().crm_retry(shop.now()).await.unwrap(), 2);
    rounds(&shop, &runner).await;
    assert_eq!(stands().await, ["outcome", "outcome", "moved"]);
    // A third one takes the place of the second; the first gave way already.
    does(&desk, &buyer, json!({ "do": "reopen" })).await;
    book("2026-03-16T15:00:00Z").await;
    let all = written(&shop).await;
    let meetings: Vec<&Value> = all.iter().filter(|w| w["write"]["kind"] == "outcome").map(|w| &w["id"]).collect();
    let moved: Vec<&Value> =
        all.iter().filter(|w| w["write"]["kind"] == "moved").map(|w| &w["write"]["meeting"]).collect();
    assert_eq!(moved, meetings[..2]);
    assert_each_once(&all);
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_booking_that_was_not_taken_and_stands_no_more_is_told_as_an_end_and_makes_no_meeting() {
    for (how, is_final) in [(CrmError::Invalid("no meetings today".to_owned()), true), (CrmError::Failing(503), false)]
    {
        let shop = Shop::open(|config| config.faults = clean()).await;
        let (_, buyer) = somebody(&shop).await;
        let proxy = Proxy::over(&shop);
        proxy.refuse(every_end(how.clone()));
        let (desk, runner) = by_hand(&shop, Arc::clone(&proxy) as Arc<dyn Crm>).await;
        asked(&shop, &desk, &buyer, "when can we talk?").await;
        desk.knows(&crm(&shop), &buyer).await;
        let booked = json!({ "do": "booked", "meeting": { "from": at("2026-03-12T15:00:00Z"), "minutes": 30 } });
        does(&desk, &buyer, booked).await;
        shop.later(20);
        rounds(&shop, &runner).await;
        proxy.take_all();
        does(&desk, &buyer, json!({ "do": "reopen" })).await;
        does(&desk, &buyer, json!({ "do": "done", "outcome": "not_interested" })).await;
        let again = desk.service().store().crm_retry(shop.now()).await.unwrap();
        assert_eq!(again, usize::from(is_final), "{how:?}");
        // Until then a call that nobody heard the end of may make it.
        shop.later(120);
        rounds(&shop, &runner).await;
        let all = written(&shop).await;
        let ends: Vec<&Value> = all.iter().map(|w| &w["write"]).filter(|w| w["kind"] == "outcome").collect();
        let told: Vec<&str> = ends.iter().filter_map(|end| end["outcome"].as_str()).collect();
        assert_eq!(told, ["meeting booked", "not interested"], "{how:?}");
        assert!(ends.iter().all(|end| end["meeting"].is_null()), "{how:?}: {ends:#?}");
        // Where none stands, none gives way.
        does(&desk, &buyer, json!({ "do": "reopen" })).await;
        let anew = json!({ "do": "booked", "meeting": { "from": at("2026-03-13T15:00:00Z"), "minutes": 30 } });
        does(&desk, &buyer, anew).await;
        shop.later(20);
        rounds(&shop, &runner).await;
        let all = written(&shop).await;
        assert_eq!(all.iter().filter(|w| !w["write"]["meeting"].is_null()).count(), 1, "{how:?}: {all:#?}");
        assert!(!kinds(&all).contains(&"moved"), "{how:?}: {all:#?}");
        assert_each_once(&all);
        desk.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_booking_that_was_not_taken_at_once_stands_where_the_buyer_was_only_texted_since() {
    let shop = Shop::open(|config| config.faults = clean()).await;
    let (_, buyer) = somebody(&shop).await;
    let proxy = Proxy::over(&shop);
    proxy.refuse(every_end(CrmError::Invalid("no meetings today".to_owned())));
    let (desk, runner) = by_hand(&shop, Arc::clone(&proxy) as Arc<dyn Crm>).await;
    asked(&shop, &desk, &buyer, "when can we talk?").await;
    desk.knows(&crm(&shop), &buyer).await;
    let booked = json!({ "do": "booked", "meeting": { "from": at("2026-03-12T15:00:00Z"), "minutes": 30 } });
    does(&desk, &buyer, booked).await;
    shop.later(20);
    rounds(&shop, &runner).await;
    // "See you tomorrow", and only then the CRM takes it.
    does(&desk, &buyer, json!({ "do": "reopen" })).await;
    does(&desk, &buyer, json!({ "do": "done", "outcome": "texted" })).await;
    proxy.take_all();
    assert_eq!(desk.service().store().crm_retry(shop.now()).await.unwrap(), 1);
    shop.later(20);
    rounds(&shop, &runner).await;
    let all = written(&shop).await;
    let ends: Vec<&Value> = all.iter().map(|w| &w["write"]).filter(|w| w["kind"] == "outcome").collect();
    let told: Vec<&str> = ends.iter().filter_map(|end| end["outcome"].as_str()).collect();
    assert_eq!(told, ["meeting booked", "answered by text"], "{all:#?}");
    assert_eq!(ends[0]["meeting"]["from"], "2026-03-12T15:00:00.000Z", "{all:#?}");
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_slip_of_the_hand_would_overtake_is_made_all_the_same_once_that_is_taken_back() {
    let booked = json!({ "do": "booked", "meeting": { "from": at("2026-03-12T15:00:00Z"), "minutes": 30 } });
    let nurture = json!({ "do": "done", "outcome": "nurture" });
    for (end, told) in [(booked, "meeting booked"), (nurture, "not now: nurture")] {
        let shop = Shop::open(|config| config.faults = clean()).await;
        let (_, buyer) = somebody(&shop).await;
        let (desk, runner) = by_hand(&shop, Arc::new(crm(&shop))).await;
        asked(&shop, &desk, &buyer, "when can we talk?").await;
        desk.knows(&crm(&shop), &buyer).await;
        // Nobody writes into the CRM for a while.
        does(&desk, &buyer, end).await;
        shop.later(60);
        asked(&shop, &desk, &buyer, "can you call me about it?").await;
        does(&desk, &buyer, json!({ "do": "done", "outcome": "not_interested" })).await;
        shop.later(3);
        rounds(&shop, &runner).await;
        shop.later(3);
        does(&desk, &buyer, json!({ "do": "reopen" })).await;
        shop.later(20);
        rounds(&shop, &runner).await;
        let all = written(&shop).await;
        let ends: Vec<&Value> = all.iter().map(|w| &w["write"]).filter(|w| w["kind"] == "outcome").collect();
        let outcomes: Vec<&str> = ends.iter().filter_map(|end| end["outcome"].as_str()).collect();
        assert_eq!(outcomes, [told], "{all:#?}");
        let later = all.iter().filter(|w| w["write"]["subject"] == "Ask whether the time is better now");
        let made = later.filter(|w| w["done_at"].is_null()).count() + usize::from(!ends[0]["meeting"].is_null());
        assert_eq!(made, 1, "its meeting, or its task for later: {all:#?}");
        assert_each_once(&all);
        desk.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ended_again_soon_after_it_was_opened_again_may_be_taken_back_as_long() {
    let shop = Shop::open(|config| config.faults = clean()).await;
    let (_, buyer) = somebody(&shop).await;
    let (desk, runner) = by_hand(&shop, Arc::new(crm(&shop))).await;
    asked(&shop, &desk, &buyer, "when can we talk?").await;
    desk.knows(&crm(&shop), &buyer).await;
    rounds(&shop, &runner).await;
    assert!(kinds(&written(&shop).await).contains(&"task"));
    let done = || json!({ "do": "done", "outcome": "no_answer_needed" });
    does(&desk, &buyer, done()).await;
    rounds(&shop, &runner).await;
    // Both are read at once: the end of the task that the first one wanted stands.
    shop.later(5);
    does(&desk, &buyer, json!({ "do": "reopen" })).await;
    shop.later(3);
    does(&desk, &buyer, done()).await;
    shop.later(4);
    rounds(&shop, &runner).await;
    does(&desk, &buyer, json!({ "do": "reopen" })).await;
    rounds(&shop, &runner).await;
    shop.later(20);
    rounds(&shop, &runner).await;
    let all = written(&shop).await;
    assert_eq!(
        kinds(&all).into_iter().filter(|kind| kind.starts_with("task")).collect::<Vec<_>>(),
        ["task"],
        "{all:#?}"
    );
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_opened_again_with_nothing_to_answer_has_no_task_however_often_it_is_done_again() {
    let shop = Shop::open(|config| config.faults = clean()).await;
    let (_, buyer) = somebody(&shop).await;
    let (desk, runner) = by_hand(&shop, Arc::new(crm(&shop))).await;
    asked(&shop, &desk, &buyer, "when can we talk?").await;
    desk.knows(&crm(&shop), &buyer).await;
    rounds(&shop, &runner).await;
    let ends = async || {
        does(&desk, &buyer, json!({ "do": "done", "outcome": "called" })).await;
        shop.later(20);
        rounds(&shop, &runner).await;
    };
    ends().await;
    // The due time of then is over: no clock runs on.
    shop.later(60 * 60);
    for _ in 0..2 {
        does(&desk, &buyer, json!({ "do": "reopen" })).await;
        rounds(&shop, &runner).await;
        ends().await;
    }
    let all = written(&shop).await;
    let tasks = kinds(&all).into_iter().filter(|kind| kind.starts_with("task"));
    assert_eq!(tasks.collect::<Vec<_>>(), ["task", "task_done"], "{all:#?}");
    assert_eq!(kinds(&all).into_iter().filter(|kind| *kind == "reopened").count(), 2, "{all:#?}");
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_that_is_not_answered_when_that_is_due_says_so_in_the_crm_whether_an_answer_comes_or_not() {
    let shop = Shop::open(|config| config.faults = clean()).await;
    let (_, buyer) = somebody(&shop).await;
    let (desk, runner) = by_hand(&shop, Arc::new(crm(&shop))).await;
    asked(&shop, &desk, &buyer, "when can we talk?").await;
    desk.knows(&crm(&shop), &buyer).await;
    let stand = async |what: &str| -> Vec<Value> {
        rounds(&shop, &runner).await;
        written(&shop).await.into_iter().filter(|w| w["write"]["kind"] == what).collect()
    };
    let log = stand("log").await.pop().unwrap();
    assert!(stand("missed").await.is_empty());
    shop.later(15 * 60);
    eventually("it falls due", async || {
        shop.later(1);
        (!desk.facts("sla_breached").await.is_empty()).then_some(())
    })
    .await;
    let missed = stand("missed").await.pop().unwrap();
    assert_eq!(missed["write"]["words"], "when can we talk?");
    assert_eq!((&missed["write"]["sent"], &missed["write"]["owner"]), (&log["write"]["at"], &log["write"]["owner"]));
    assert!(missed["write"]["due"].as_str().unwrap() > log["write"]["at"].as_str().unwrap(), "{missed}");
    let (_, verdict) = desk.answer(&buyer, "At 3?").await;
    assert_eq!(verdict["verdict"], "done", "{verdict}");
    eventually("the answer leaves", async || {
        shop.later(1);
        (!desk.facts("delivery_changed").await.is_empty()).then_some(())
    })
    .await;
    let logs = stand("log").await;
    assert_eq!(logs.len(), 2, "{logs:#?}");
    assert!(logs[1]["write"]["sla"].as_str().unwrap().ends_with(", late"), "{logs:#?}");
    assert_eq!(stand("missed").await.len(), 1);
    assert_each_once(&written(&shop).await);
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_taken_back_at_once_is_written_nowhere_however_much_is_said_before_it_can_be_written() {
    let shop = Shop::open(|config| config.faults = clean()).await;
    let (_, buyer) = somebody(&shop).await;
    let (desk, runner) = by_hand(&shop, Arc::new(crm(&shop))).await;
    asked(&shop, &desk, &buyer, "when can we talk?").await;
    desk.knows(&crm(&shop), &buyer).await;
    does(&desk, &buyer, json!({ "do": "done", "outcome": "not_interested" })).await;
    does(&desk, &buyer, json!({ "do": "reopen" })).await;
    for n in 0..120 {
        asked(&shop, &desk, &buyer, &format!("and this is question {n}?")).await;
    }
    shop.later(60);
    rounds(&shop, &runner).await;
    let all = written(&shop).await;
    assert_eq!(kinds(&all).into_iter().filter(|kind| *kind == "log").count(), 121);
    assert!(!kinds(&all).iter().any(|kind| ["outcome", "reopened"].contains(kind)), "{:?}", kinds(&all));
    assert!(all.iter().filter(|w| w["write"]["kind"] == "log").all(|w| w["write"]["sla"].is_string()), "{all:#?}");
    desk.close().await;
}
