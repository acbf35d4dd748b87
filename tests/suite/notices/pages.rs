//! Pages: texts to reps' own phones. Never twice, and what is answered to them.

use std::sync::atomic::Ordering;

use comeback::domain::alert::{Alerts, Occasion, Redact};
use comeback::domain::command::Command;
use comeback::domain::id::RepId;
use comeback::domain::message::Delivery;
use comeback::domain::playbook::Playbook;
use comeback::domain::routing::{Door, Reason};
use comeback::domain::time::Span;
use comeback::server::carrier::SendOutcome;
use comeback::server::store::Wants;
use comeback::server::store::notice::Reach;

use super::scene::{Receiver, Scene, alerts, eventually, page_channel, phone, webhook};

fn paged(playbook: &mut Playbook) {
    playbook.alerting.channels.insert("page".to_owned(), page_channel());
    playbook.alerting.everybody = Some(alerts(&["page"]));
}

/// maya and ben have phones; maya's buyer has texted.
async fn scene() -> Scene {
    let scene = Scene::of(paged).await;
    scene.reach("maya", Some(phone(101)), None).await;
    scene.reach("ben", Some(phone(102)), None).await;
    scene
}

fn texts(pages: &[(String, String)]) -> Vec<&str> {
    pages.iter().map(|(_, body)| body.as_str()).collect()
}

#[tokio::test]
async fn answering_1_takes_the_conversation_paged_last_and_says_so() {
    let mut scene = scene().await;
    scene.starts();
    let c = scene.texts(1, "main", "Can we talk about the price?").await;
    let pages = scene.tray.wait_for(1).await;
    scene.all_told().await;
    assert_eq!(
        pages[0],
        (
            "+19175550101".to_owned(),
            "A reply waits for you: Negotiation · late stage · due in 15 min; next: Answer the price question and offer a \
             call today. Reply 1 to take it."
                .to_owned()
        )
    );
    let answer = scene.answers_page(phone(101), " 1. ").await.expect("a rep's answer");
    let pages = scene.tray.wait_for(2).await;
    assert_eq!(
        pages[1],
        ("+19175550101".to_owned(), "It is yours: the reply of 10:00. Answer it in your inbox.".to_owned())
    );
    let held = scene.state(c).await;
    assert_eq!(held.taker().map(|(rep, _)| rep.clone()), Some(RepId::from("maya")));
    let how = held.assignment.map(|assignment| assignment.because.reason);
    assert_eq!(how, Some(Reason::TookElsewhere(Door::Page)), "the record says by which door");
    // The carrier delivers the same text again: nothing more is said.
    scene.all_told().await;
    assert!(scene.brings(&answer).await);
    scene.all_told().await;
    assert_eq!(scene.tray.pages().len(), 2);
    scene.stops().await;
}

#[tokio::test]
async fn whoever_is_too_late_is_told_who_has_it() {
    let mut scene = scene().await;
    scene.starts();
    let c = scene.texts(1, "main", "Can we talk about the price?").await;
    scene.tray.wait_for(1).await;
    scene.all_told().await;
    scene.passes(Span::minutes(5)).await;
    scene.tray.wait_for(2).await;
    scene.all_told().await;
    scene.does("ben", c, Command::Take).await;
    scene.answers_page(phone(101), "1").await.expect("a rep's answer");
    let pages = scene.tray.wait_for(3).await;
    assert_eq!(pages[2], ("+19175550101".to_owned(), "Ben has it already: the reply of 10:00.".to_owned()));
    assert_eq!(scene.state(c).await.taker().map(|(rep, _)| rep.clone()), Some(RepId::from("ben")));
    scene.stops().await;
}

#[tokio::test]
async fn nothing_a_rep_texts_to_the_page_line_becomes_a_buyers_reply() {
    let mut scene = scene().await;
    scene.starts();
    scene.texts(1, "main", "Can we talk about the price?").await;
    scene.tray.wait_for(1).await;
    scene.all_told().await;
    for words in ["I am driving", "2", "yes please", "11", "", "1 or 2?"] {
        assert!(scene.answers_page(phone(101), words).await.is_some(), "{words}");
    }
    scene.all_told().await;
    assert_eq!(scene.tray.pages().len(), 1, "no answer to an answer: two machines would never end");
    let wants = Wants { addresses: [phone(101)].into(), playbook: 1, ..Wants::default() };
    let loaded = scene.store.begin().await.unwrap().load(&wants).await.unwrap();
    assert!(loaded.addresses.is_empty() && loaded.conversations.is_empty(), "{loaded:?}");
    // Whose phone nobody knows is a buyer like any other.
    assert!(scene.answers_page(phone(999), "1").await.is_none());
    assert!(scene.answers_page(phone(102), "1").await.is_some());
    let pages = scene.tray.wait_for(2).await;
    assert_eq!(pages[1], ("+19175550102".to_owned(), "There is nothing to take.".to_owned()), "ben was not paged");
    scene.stops().await;
}

#[tokio::test]
async fn stop_ends_pages_until_start() {
    let mut scene = scene().await;
    scene.starts();
    assert!(scene.answers_page(phone(101), "STOP").await.is_some());
    let reach = |all: Vec<Reach>| all.into_iter().find(|reach| reach.rep.as_str() == "maya").unwrap();
    assert_eq!(reach(scene.store.reaches().await.unwrap()).stopped, Some(scene.service.clock().now()));
    scene.texts(1, "main", "Can we talk about the price?").await;
    scene.all_told().await;
    assert_eq!(scene.tray.pages(), []);
    assert_eq!(scene.counts().await.dead, 1, "nobody could be told: that is seen");
    assert!(scene.answers_page(phone(101), "Start").await.is_some());
    assert_eq!(reach(scene.store.reaches().await.unwrap()).stopped, None);
    scene.passes(Span::minutes(5)).await;
    let pages = scene.tray.wait_for(1).await;
    assert_eq!(pages[0].0, "+19175550102", "ben hears: it climbed");
    scene.stops().await;
}

#[tokio::test]
async fn a_page_that_may_have_left_is_not_repeated_and_the_next_channel_is_asked() {
    let (receiver, folder) = (Receiver::listen().await, tempfile::tempdir().unwrap());
    let mut scene = Scene::of(|playbook| {
        paged(playbook);
        let hook = webhook(&receiver, folder.path(), &[super::scene::SECRET], Redact::Names);
        playbook.alerting.channels.insert("hook".to_owned(), hook);
        playbook.alerting.everybody = Some(alerts(&["page", "hook"]));
    })
    .await;
    scene.reach("maya", Some(phone(101)), None).await;
    // The process dies in the call.
    scene.tray.hangs.store(true, Ordering::SeqCst);
    scene.texts(1, "main", "Can we talk about the price?").await;
    scene.starts();
    scene.tray.wait_for(1).await;
    scene.dies().await;
    scene.tray.hangs.store(false, Ordering::SeqCst);
    scene.starts();
    receiver.wait_for(1).await;
    scene.all_told().await;
    assert_eq!((scene.tray.pages().len(), receiver.so_far().len()), (1, 1));
    // The carrier does not say; and refuses.
    let nobody_knows = [SendOutcome::Unknown, SendOutcome::Refused { code: 30_006 }];
    scene.tray.answers(&nobody_knows);
    for n in [2, 3] {
        let c = scene.texts(n, "main", "Hello").await;
        scene.does("ben", c, Command::Assign { to: "maya".into() }).await;
        receiver.wait_for(n as usize).await;
        scene.all_told().await;
    }
    scene.stops().await;
    assert!(scene.tray.pages().iter().filter(|(to, _)| to == "+19175550101").count() == 3);
}

#[tokio::test]
async fn a_page_alone_that_may_have_left_ends_unknown() {
    for in_the_call in [true, false] {
        let mut scene = scene().await;
        scene.tray.hangs.store(in_the_call, Ordering::SeqCst);
        scene.tray.answers(&[SendOutcome::Unknown]);
        scene.texts(1, "main", "Can we talk about the price?").await;
        scene.starts();
        scene.tray.wait_for(1).await;
        if in_the_call {
            scene.dies().await;
            scene.tray.hangs.store(false, Ordering::SeqCst);
            scene.starts();
        }
        scene.all_told().await;
        assert_eq!((scene.counted("unknown"), scene.tray.pages().len()), (1, 1), "in the call: {in_the_call}");
        scene.stops().await;
    }
}

#[tokio::test]
async fn a_busy_carrier_is_asked_again_and_one_that_knows_of_a_stop_ends_pages() {
    let mut scene = scene().await;
    scene.reach("ben", None, None).await;
    let accepted = SendOutcome::Accepted { id: "SM1".to_owned(), delivery: Delivery::Queued };
    scene.tray.answers(&[SendOutcome::Busy, accepted, SendOutcome::Refused { code: 21_610 }]);
    scene.texts(1, "main", "Can we talk about the price?").await;
    scene.starts();
    eventually("it is put off", async || (scene.store.notices(9).await.unwrap().pop()?.tries == 1).then_some(())).await;
    scene.passes(Span::seconds(6)).await;
    // Its number rests for up to a second, by the real clock.
    eventually("it is asked again", async || {
        scene.passes(Span::millis(50)).await;
        (scene.tray.pages().len() >= 2).then_some(())
    })
    .await;
    scene.all_told().await;
    assert_eq!(scene.counted("sent"), 1, "said to be busy is said not to have it");
    let c = scene.texts(2, "main", "Hello").await;
    scene.does("ines", c, Command::Assign { to: "maya".into() }).await;
    scene.tray.wait_for(3).await;
    eventually("the stop is known", async || {
        let all = scene.store.reaches().await.unwrap();
        all.iter().find(|r| r.rep.as_str() == "maya")?.stopped
    })
    .await;
    scene.stops().await;
}

#[tokio::test]
async fn several_pages_at_once_are_one_and_1_takes_the_most_urgent() {
    let mut scene = Scene::of(|playbook| {
        paged(playbook);
        playbook.alerting.everybody = Some(Alerts { on: [Occasion::HandedBack].into(), ..alerts(&["page"]) });
    })
    .await;
    scene.reach("maya", Some(phone(101)), None).await;
    let calm = scene.texts(2, "main", "Hello").await;
    let urgent = scene.texts(1, "main", "Can we talk about the price?").await;
    for c in [calm, urgent] {
        scene.does("ben", c, Command::Assign { to: "ben".into() }).await;
        scene.does("ben", c, Command::Assign { to: "maya".into() }).await;
    }
    scene.does("maya", urgent, Command::Assign { to: "ben".into() }).await;
    scene.does("ben", urgent, Command::Assign { to: "maya".into() }).await;
    scene.starts();
    let pages = scene.tray.wait_for(1).await;
    scene.all_told().await;
    let [page] = texts(&pages).try_into().expect("one page");
    assert!(page.starts_with("2 replies want you\nA reply was handed to you: Negotiation"), "{page}");
    assert!(page.ends_with("Reply 1 to take the first."), "{page}");
    scene.answers_page(phone(101), "1").await.expect("a rep's answer");
    scene.tray.wait_for(2).await;
    assert_eq!(scene.state(urgent).await.taker().map(|(rep, _)| rep.clone()), Some(RepId::from("maya")));
    assert_eq!(scene.state(calm).await.taker(), None);
    scene.stops().await;
}

#[tokio::test]
async fn the_log_of_alerts_names_no_phone_mailbox_secret_or_buyer() {
    let (log, _guard) = crate::log::Log::listen();
    let (receiver, folder) = (Receiver::listen().await, tempfile::tempdir().unwrap());
    let mut scene = Scene::of(|playbook| {
        paged(playbook);
        let hook = webhook(&receiver, folder.path(), &[super::scene::SECRET], Redact::None);
        playbook.alerting.channels.insert("hook".to_owned(), hook);
        playbook.alerting.channels.insert("chat".to_owned(), super::scene::chat(&receiver, folder.path()));
        playbook.alerting.everybody = Some(alerts(&["page", "chat", "hook"]));
    })
    .await;
    scene.reach("maya", Some(phone(101)), Some("maya@northwind.example")).await;
    scene.tray.answers(&[SendOutcome::Refused { code: 30_006 }]);
    receiver.answers(&[500, 410]);
    scene.starts();
    scene.texts(1, "main", "Can we talk about the price?").await;
    receiver.wait_for(2).await;
    scene.answers_page(phone(101), "STOP").await.expect("a rep's");
    eventually("it is put off", async || (scene.store.notices(9).await.unwrap().pop()?.tries == 1).then_some(())).await;
    scene.stops().await;
    let said = log.take();
    assert!(said.contains("a channel refuses") && said.contains("does not take it now"), "{said}");
    for secret in [
        "9175550101",
        "northwind.example",
        "4155550001",
        "Dana",
        "price",
        "whsec_",
        "C2FVsBQIhrscChlQIMV",
        &receiver.url("/chat"),
    ] {
        assert!(!said.contains(secret), "the log says {secret}:\n{said}");
    }
}
