//! A note for one colleague: they hear of it once, not its words, and nothing is taken by it.

use comeback::domain::alert::{Alerts, Occasion};
use comeback::domain::command::Command;
use comeback::domain::contact::Body;
use comeback::domain::id::MessageId;

use super::scene::{Scene, alerts, page_channel, phone};

#[tokio::test]
async fn whoever_a_note_is_for_is_told_once_and_not_its_words() {
    let mut scene = Scene::of(|playbook| {
        playbook.alerting.channels.insert("page".to_owned(), page_channel());
        playbook.alerting.everybody = None;
        let only = Alerts { on: [Occasion::Note].into(), ..alerts(&["page"]) };
        playbook.alerting.reps = ["lea", "maya"].map(|rep| (rep.into(), only.clone())).into();
    })
    .await;
    scene.reach("lea", Some(phone(2)), None).await;
    let c = scene.texts(1, "main", "Can we talk about the price?").await;
    scene.does("maya", c, Command::Take).await;
    let note = |to: Option<&str>| Command::Note {
        message: MessageId(uuid::Uuid::now_v7()),
        body: Body::new("Between us: ten per cent"),
        to: to.map(Into::into),
    };
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
