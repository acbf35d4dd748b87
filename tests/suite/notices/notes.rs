//! A note for one colleague: they hear of it once, not its words, and nothing is taken by it.

use comeback::domain::alert::{Alerts, Occasion};
use comeback::domain::command::Command;
use comeback::domain::contact::Body;
use comeback::domain::id::MessageId;

use super::scene::{Scene, alerts, page_channel, phone};

/// Two people who hear of notes alone, by page.
async fn paged(reps: [&str; 2]) -> Scene {
    Scene::of(|playbook| {
        playbook.alerting.channels.insert("page".to_owned(), page_channel());
        playbook.alerting.everybody = None;
        let only = Alerts { on: [Occasion::Note].into(), ..alerts(&["page"]) };
        playbook.alerting.reps = reps.map(|rep| (rep.into(), only.clone())).into();
    })
    .await
}

fn note(to: Option<&str>) -> Command {
    Command::Note {
        message: MessageId(uuid::Uuid::now_v7()),
        body: Body::new("Between us: ten per cent"),
        to: to.map(Into::into),
    }
}

#[tokio::test]
async fn whoever_a_note_is_for_is_told_once_and_not_its_words() {
    let mut scene = paged(["lea", "maya"]).await;
    scene.reach("lea", Some(phone(2)), None).await;
    let c = scene.texts(1, "main", "Can we talk about the price?").await;
    scene.does("maya", c, Command::Take).await;
    scene.does("maya", c, note(Some("lea"))).await;
    scene.does("maya", c, note(None)).await;
    scene.starts();
    let pages = scene.tray.wait_for(1).await;
    scene.all_told().await;
    assert_eq!(scene.tray.pages().len(), 1, "{:?}", scene.tray.pages());
    let page = &pages[0].1;
    assert!(page.starts_with("A colleague wrote a note for you"), "{page}");
    assert!(!page.contains("ten per cent") && !page.contains("Reply 1"), "{page}");
    scene.answers_page(phone(2), "1").await;
    let state = scene.state(c).await;
    assert_eq!(state.taker().map(|(rep, _)| rep.as_str()), Some("maya"), "a page about a note takes nothing");
    scene.stops().await;
}

#[tokio::test]
async fn whoever_sees_the_conversation_no_more_when_a_notes_turn_comes_is_not_told() {
    let mut scene = paged(["lea", "ben"]).await;
    scene.reach("lea", Some(phone(2)), None).await;
    scene.reach("ben", Some(phone(3)), None).await;
    let c = scene.texts(1, "main", "Can we talk about the price?").await;
    scene.does("maya", c, Command::Take).await;
    scene.does("maya", c, Command::Assign { to: "ben".into() }).await;
    for rep in ["ben", "lea"] {
        scene.does("maya", c, note(Some(rep))).await;
    }
    assert_eq!(scene.counts().await.waiting, 2);
    // It goes on to another before anybody was told: ben did nothing here, and sees it no more.
    scene.does("maya", c, Command::Assign { to: "ines".into() }).await;
    assert_eq!(scene.state(c).await.assignee(), Some(&"ines".into()));
    scene.starts();
    scene.all_told().await;
    let told: Vec<String> = scene.tray.pages().into_iter().map(|(to, _)| to).collect();
    assert_eq!(told, [phone(2).as_str()], "the lead sees it");
    scene.stops().await;
}
