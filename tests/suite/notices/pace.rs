//! Pages leave as fast as a number may send, and from none that its carrier stopped.

use std::sync::Arc;

use comeback::domain::alert::Redact;
use comeback::domain::command::Command;
use comeback::domain::id::LineId;
use comeback::domain::playbook::Playbook;
use comeback::domain::time::Span;
use comeback::server::carrier::SendOutcome;
use comeback::server::store::Store;
use comeback::server::store::departure::Departure;
use comeback::server::store::memory::MemoryStore;

use super::scene::{Receiver, Scene, alerts, eventually, page_channel, page_number, phone, webhook};

fn paged(playbook: &mut Playbook) {
    playbook.alerting.channels.insert("page".to_owned(), page_channel());
    playbook.alerting.everybody = Some(alerts(&["page"]));
}

/// A backend that starts just after its number has paged as much as it may.
async fn exhausted() -> Scene {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
    let at = crate::world::at(crate::world::TUESDAY_TEN);
    let left = Departure { at, line: LineId::new(page_number().as_str()), segments: 30 };
    store.put_departure(&left).await.unwrap();
    let scene = Scene::over(store, paged).await;
    scene.reach("maya", Some(phone(101)), None).await;
    scene
}

async fn put_off(scene: &Scene) {
    eventually("it is put off", async || {
        let row = scene.store.notices(9).await.unwrap().pop()?;
        (row.next_at > scene.now() && row.tries == 0).then_some(())
    })
    .await;
    assert_eq!(scene.tray.pages(), []);
}

#[tokio::test]
async fn a_page_waits_for_its_turn_also_when_the_backend_was_started_anew() {
    let mut scene = exhausted().await;
    scene.texts(1, "main", "Can we talk about the price?").await;
    scene.starts();
    put_off(&scene).await;
    scene.passes(Span::seconds(5)).await;
    scene.tray.wait_for(1).await;
    scene.all_told().await;
    assert_eq!(scene.tray.pages().len(), 1);
    scene.stops().await;
}

#[tokio::test]
async fn what_is_taken_while_its_page_waits_is_not_told() {
    let mut scene = exhausted().await;
    let c = scene.texts(1, "main", "Can we talk about the price?").await;
    scene.starts();
    put_off(&scene).await;
    scene.does("maya", c, Command::Take).await;
    scene.passes(Span::seconds(5)).await;
    scene.all_told().await;
    assert_eq!(scene.tray.pages(), []);
    scene.stops().await;
}

#[tokio::test]
async fn a_number_that_is_set_up_wrongly_pages_nobody_until_it_is_put_right() {
    let (receiver, folder) = (Receiver::listen().await, tempfile::tempdir().unwrap());
    let mut scene = Scene::of(|playbook| {
        paged(playbook);
        let hook = webhook(&receiver, folder.path(), &[super::scene::SECRET], Redact::Names);
        playbook.alerting.channels.insert("hook".to_owned(), hook);
        playbook.alerting.everybody = Some(alerts(&["page", "hook"]));
    })
    .await;
    scene.reach("maya", Some(phone(101)), None).await;
    scene.tray.answers(&[SendOutcome::Refused { code: 30_034 }]);
    scene.starts();
    for (n, tried) in [(1, 1), (2, 1)] {
        let c = scene.texts(n, "main", "Can we talk about the price?").await;
        scene.does("ben", c, Command::Assign { to: "maya".into() }).await;
        receiver.wait_for(n as usize).await;
        scene.all_told().await;
        assert_eq!(scene.tray.pages().len(), tried, "the {n}th");
    }
    let stops = scene.store.line_stops().await.unwrap();
    assert!(stops.iter().any(|stop| stop.number == page_number() && stop.until.is_none()), "{stops:?}");
    scene.store.resume_line(&page_number()).await.unwrap();
    let c = scene.texts(3, "main", "Can we talk about the price?").await;
    scene.does("ben", c, Command::Assign { to: "maya".into() }).await;
    scene.tray.wait_for(2).await;
    scene.all_told().await;
    scene.stops().await;
}
