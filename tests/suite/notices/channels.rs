//! Webhooks and chat, told to a real receiver: signed, in order, again when it fails, and not when it is too late.

use std::sync::Arc;

use comeback::clock::Clock as _;
use comeback::domain::alert::Redact;
use comeback::domain::command::Command;
use comeback::domain::event::Outcome as Done;
use comeback::domain::time::Span;
use comeback::server::store::Store;
use comeback::server::store::sqlite::SqliteStore;
use serde_json::json;

use super::scene::{Caught, NEW_SECRET, Receiver, SECRET, Scene, alerts, chat, eventually, keep, webhook};

/// Whether the published library of Standard Webhooks takes it with this secret.
fn verifies(caught: &Caught, secret: &str) -> bool {
    let names = ["webhook-id", "webhook-timestamp", "webhook-signature"];
    let headers: serde_json::Map<_, _> = names.iter().map(|n| ((*n).to_owned(), json!(caught.header(n)))).collect();
    let asked = json!({ "headers": headers, "body": caught.body });
    let told = crate::twilio_library::script(
        "webhook.py",
        &[],
        &[("COMEBACK_WEBHOOK_SECRET", secret)],
        asked.to_string().as_bytes(),
    );
    match told.status.code() {
        Some(0) => true,
        Some(1) if told.stdout == b"refused\n" => false,
        _ => panic!("the library could not be asked: {}", String::from_utf8_lossy(&told.stderr)),
    }
}

/// Everybody hears of everything by one webhook.
async fn hooked(receiver: &Receiver, folder: &std::path::Path, redact: Redact) -> Scene {
    Scene::of(|playbook| {
        let channel = webhook(receiver, folder, &[NEW_SECRET, SECRET], redact);
        playbook.alerting.channels.insert("hook".to_owned(), channel);
        playbook.alerting.everybody = Some(alerts(&["hook"]));
    })
    .await
}

#[tokio::test]
async fn an_alert_is_told_signed_by_both_live_secrets_as_the_published_library_verifies() {
    let (receiver, folder) = (Receiver::listen().await, tempfile::tempdir().unwrap());
    let mut scene = hooked(&receiver, folder.path(), Redact::None).await;
    let c = scene.texts(1, "main", "Can we talk about the price?").await;
    scene.starts();
    let told = receiver.wait_for(1).await.remove(0);
    scene.all_told().await;
    assert!(verifies(&told, SECRET) && verifies(&told, NEW_SECRET));
    assert!(!verifies(&told, "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="));
    assert!(!verifies(&Caught { body: told.body.replace("Dana", "Dora"), ..told.clone() }, SECRET));
    assert_eq!(told.header("content-type"), "application/json");
    let said = told.json();
    assert_eq!(said["type"], "alert.offered");
    assert_eq!(said["timestamp"], "2026-03-03T15:00:00.000Z");
    let data = &said["data"];
    assert_eq!((&data["rep"], &data["conversation"]), (&json!("maya"), &json!(c)));
    assert_eq!((&data["who"], &data["stage"]), (&json!("Dana Reyes"), &json!("Negotiation")));
    assert_eq!(data["next_step"], "Answer the price question and offer a call today");
    assert_eq!((&data["due"], &data["seconds_left"]), (&json!("2026-03-03T15:15:00.000Z"), &json!(900)));
    assert_eq!(data["words"], "Can we talk about the price?");
    assert!(!told.body.contains("+1415"), "no number of a buyer is in an alert: {}", told.body);
    assert_eq!((scene.counted("sent"), scene.counts().await.dead), (1, 0));
    scene.stops().await;
}

#[tokio::test]
async fn a_channel_that_may_not_hear_names_does_not() {
    let (receiver, folder) = (Receiver::listen().await, tempfile::tempdir().unwrap());
    let mut scene = hooked(&receiver, folder.path(), Redact::Names).await;
    scene.texts(1, "main", "Can we talk about the price?").await;
    scene.starts();
    let told = receiver.wait_for(1).await.remove(0);
    for word in ["Dana", "Acme", "price?"] {
        assert!(!told.body.contains(word), "{word}: {}", told.body);
    }
    assert_eq!(told.json()["data"]["stage"], "Negotiation");
    scene.stops().await;
}

#[tokio::test]
async fn the_first_channel_that_accepts_ends_it_and_redirects_are_not_followed() {
    let (receiver, folder) = (Receiver::listen().await, tempfile::tempdir().unwrap());
    let mut scene = Scene::of(|playbook| {
        let hook = webhook(&receiver, folder.path(), &[SECRET], Redact::Names);
        let chat = chat(&receiver, folder.path());
        playbook.alerting.channels = [("hook".to_owned(), hook), ("chat".to_owned(), chat)].into();
        playbook.alerting.everybody = Some(alerts(&["hook", "chat"]));
    })
    .await;
    receiver.answers(&[302, 200]);
    scene.texts(1, "main", "Can we talk about the price?").await;
    scene.starts();
    let told = receiver.wait_for(2).await;
    scene.all_told().await;
    let paths: Vec<&str> = told.iter().map(|t| t.path.as_str()).collect();
    assert_eq!(paths, ["/hook", "/chat"]);
    assert_eq!(
        told[1].json(),
        json!({ "text": "*A reply waits for you · due in 15 min*\nClass: late stage\nAbout: a question\nStage: \
                         Negotiation\nNext step: Answer the price question and offer a call today" })
    );
    assert_eq!(told[1].header("webhook-signature"), "");
    // The next one is accepted at once, and the chat hears nothing of it.
    scene.passes(Span::minutes(5)).await;
    let told = receiver.wait_for(3).await;
    scene.all_told().await;
    assert_eq!((told[2].path.as_str(), told[2].json()["type"].as_str()), ("/hook", Some("alert.climbed")));
    scene.stops().await;
}

#[tokio::test]
async fn what_fails_is_tried_again_under_the_same_id_until_it_is_taken() {
    let (receiver, folder) = (Receiver::listen().await, tempfile::tempdir().unwrap());
    let mut scene = hooked(&receiver, folder.path(), Redact::Names).await;
    receiver.answers(&[500, 429, 204]);
    scene.texts(1, "main", "Can we talk about the price?").await;
    scene.starts();
    receiver.wait_for(1).await;
    // After five seconds, and a jitter of at most a fifth.
    eventually("the first failure is recorded", async || {
        let row = scene.store.notices(9).await.unwrap().pop()?;
        (row.tries == 1).then_some(row.next_at)
    })
    .await;
    scene.passes(Span::seconds(6)).await;
    receiver.wait_for(2).await;
    eventually("the second failure is recorded", async || {
        (scene.store.notices(9).await.unwrap().pop()?.tries == 2).then_some(())
    })
    .await;
    scene.passes(Span::seconds(36)).await;
    let told = receiver.wait_for(3).await;
    scene.all_told().await;
    let ids: Vec<&str> = told.iter().map(|t| t.header("webhook-id")).collect();
    assert_eq!(ids, [ids[0]; 3]);
    assert!(told.iter().all(|t| verifies(t, SECRET)));
    assert_eq!(scene.counted("sent"), 1);
    scene.stops().await;
}

#[tokio::test]
async fn one_that_is_gone_is_given_up_and_seen() {
    let (receiver, folder) = (Receiver::listen().await, tempfile::tempdir().unwrap());
    let mut scene = hooked(&receiver, folder.path(), Redact::Names).await;
    receiver.answers(&[410]);
    scene.texts(1, "main", "Can we talk about the price?").await;
    scene.starts();
    scene.all_told().await;
    assert_eq!((scene.counts().await.dead, scene.counted("dead")), (1, 1));
    assert_eq!(receiver.so_far().len(), 1);
    scene.texts(2, "main", "And what about me?").await;
    scene.all_told().await;
    assert!(scene.counts().await.dead > 1 && receiver.so_far().len() == 1, "who is gone is not asked again");
    scene.stops().await;
}

#[tokio::test]
async fn a_chat_that_may_hear_names_hears_whom_it_is_for() {
    let (receiver, folder) = (Receiver::listen().await, tempfile::tempdir().unwrap());
    let mut scene = Scene::of(|playbook| {
        let open = comeback::domain::alert::Channel { redact: Redact::None, ..chat(&receiver, folder.path()) };
        playbook.alerting.channels = [("chat".to_owned(), open)].into();
        playbook.alerting.everybody = Some(alerts(&["chat"]));
    })
    .await;
    scene.texts(1, "main", "Can we talk about the price?").await;
    scene.starts();
    let told = receiver.wait_for(1).await.remove(0).json();
    scene.all_told().await;
    assert!(told["text"].as_str().unwrap().starts_with("Maya: *A reply waits for you · due in 15 min*"), "{told}");
    scene.stops().await;
}

#[tokio::test]
async fn what_failed_holds_back_no_later_alert_and_goes_once_the_channel_works_again() {
    let (receiver, folder) = (Receiver::listen().await, tempfile::tempdir().unwrap());
    let mut scene = hooked(&receiver, folder.path(), Redact::Names).await;
    receiver.answers(&[500]);
    scene.texts(1, "main", "Can we talk about the price?").await;
    scene.starts();
    receiver.wait_for(1).await;
    eventually("it is put off", async || (scene.store.notices(9).await.unwrap().pop()?.tries == 1).then_some(())).await;
    // Its next turn has not come, neither for the alert that comes now nor, after it, for the one that failed.
    scene.passes(Span::seconds(2)).await;
    scene.texts(2, "main", "And the invoice?").await;
    scene.all_told().await;
    let told = receiver.so_far();
    let ids: Vec<&str> = told.iter().map(|t| t.header("webhook-id")).collect();
    let again = ids.iter().rposition(|id| *id == ids[0]);
    assert!(again.is_some_and(|at| at > 1), "first a later one, then what failed: {ids:?}");
    scene.stops().await;
}

#[tokio::test]
async fn a_missing_secret_is_waited_for_and_not_lost() {
    let (receiver, folder) = (Receiver::listen().await, tempfile::tempdir().unwrap());
    let mut scene = hooked(&receiver, folder.path(), Redact::Names).await;
    let file = folder.path().join("secret-0");
    std::fs::remove_file(&file).unwrap();
    scene.texts(1, "main", "Can we talk about the price?").await;
    scene.starts();
    eventually("it is tried", async || (scene.store.notices(9).await.unwrap().pop()?.tries == 1).then_some(())).await;
    assert_eq!(receiver.so_far().len(), 0, "nothing goes unsigned");
    keep(&file, NEW_SECRET);
    scene.passes(Span::seconds(6)).await;
    assert!(verifies(&receiver.wait_for(1).await[0], NEW_SECRET));
    scene.stops().await;
}

#[tokio::test]
async fn what_was_taken_before_its_turn_is_not_told() {
    let (receiver, folder) = (Receiver::listen().await, tempfile::tempdir().unwrap());
    let mut scene = hooked(&receiver, folder.path(), Redact::Names).await;
    let c = scene.texts(1, "main", "Can we talk about the price?").await;
    scene.does("maya", c, Command::Take).await;
    scene.starts();
    scene.all_told().await;
    assert_eq!((receiver.so_far().len(), scene.counted("dropped")), (0, 1));
    scene.stops().await;
}

#[tokio::test]
async fn more_than_so_many_within_so_long_go_together_as_one() {
    let (receiver, folder) = (Receiver::listen().await, tempfile::tempdir().unwrap());
    let mut scene = hooked(&receiver, folder.path(), Redact::Names).await;
    let mut playbook = (*scene.service.playbook()).clone();
    playbook.alerting.everybody.as_mut().unwrap().at_most = 1;
    let work = comeback::server::service::Work::Playbook(Box::new(playbook.into()));
    scene.service.submit(work).await.unwrap();
    scene.starts();
    let c = scene.texts(1, "main", "Can we talk about the price?").await;
    receiver.wait_for(1).await;
    scene.all_told().await;
    // Two more for maya, and one that she sees in the pool before it is hers: all wait for the quarter of an hour to be over.
    scene.does("maya", c, Command::Take).await;
    scene.passes(Span::minutes(10)).await;
    let d = scene.texts(2, "main", "And the invoice?").await;
    scene.does("ben", d, Command::Assign { to: "maya".into() }).await;
    let heard_of = |all: &[Caught]| {
        all.iter().filter(|t| t.body.contains("\"maya\"")).map(|t| t.json()["type"].clone()).collect::<Vec<_>>()
    };
    eventually("the others hear", async || {
        let waiting = scene.store.notices(99).await.unwrap();
        (waiting.len() == 3 && waiting.iter().all(|r| r.notice.to.key() == "rep:maya")).then_some(())
    })
    .await;
    assert_eq!(heard_of(&receiver.so_far()), [json!("alert.offered")]);
    scene.clock.advance(Span::minutes(5));
    scene.service.alerted().notify_one();
    scene.all_told().await;
    assert_eq!(heard_of(&receiver.so_far()), [json!("alert.offered"), json!("alert.bundle")]);
    let bundle = receiver.so_far().into_iter().find(|t| t.json()["type"] == "alert.bundle").unwrap().json();
    let whats: Vec<&str> =
        bundle["data"]["alerts"].as_array().unwrap().iter().filter_map(|a| a["what"].as_str()).collect();
    assert_eq!(whats, ["warn", "handed_back"], "the one that is due first comes first");
    scene.stops().await;
}

#[tokio::test]
async fn the_campaign_pauses_and_goes_on_and_what_sales_does_not_handle_is_sent_on() {
    let (receiver, folder) = (Receiver::listen().await, tempfile::tempdir().unwrap());
    let mut scene = Scene::of(|playbook| {
        let hook = webhook(&receiver, folder.path(), &[SECRET], Redact::None);
        playbook.alerting.channels.insert("hook".to_owned(), hook);
        playbook.alerting.pauses.insert("question".to_owned(), "hook".to_owned());
        playbook.alerting.handled.insert("survey".to_owned(), "hook".to_owned());
    })
    .await;
    scene.starts();
    let c = scene.texts(1, "main", "Can we talk about the price?").await;
    let pause = receiver.wait_for(1).await.remove(0);
    assert!(verifies(&pause, SECRET));
    let said = pause.json();
    assert_eq!(said["type"], "campaign.pause");
    assert_eq!((&said["data"]["contacts"], &said["data"]["campaign"]), (&json!(["c-1"]), &json!(null)));
    assert_eq!(said["data"]["from"], "+14155550001", "the campaign must know whom");
    assert!(said["data"]["words"].is_null() && said["data"]["who"].is_null(), "and nothing more: {said}");
    scene.does("maya", c, Command::Take).await;
    scene.does("maya", c, Command::Done { outcome: Done::Meeting }).await;
    assert_eq!(receiver.wait_for(2).await[1].json()["type"], "campaign.resume");
    let d = scene.texts(2, "poll", "Four stars").await;
    let said = receiver.wait_for(3).await.remove(2).json();
    assert_eq!(said["type"], "reply.received");
    let data = &said["data"];
    assert_eq!((&data["conversation"], &data["use_case"]), (&json!(d), &json!("survey")));
    assert_eq!((&data["words"], &data["from"]), (&json!("Four stars"), &json!("+14155550002")));
    scene.stops().await;
}

#[tokio::test]
async fn the_campaign_is_told_which_send_is_answered_also_where_the_number_is_not() {
    let (receiver, folder) = (Receiver::listen().await, tempfile::tempdir().unwrap());
    let mut scene = Scene::of(|playbook| {
        let hook = webhook(&receiver, folder.path(), &[SECRET], Redact::Names);
        playbook.alerting.channels.insert("hook".to_owned(), hook);
        playbook.alerting.pauses.insert("question".to_owned(), "hook".to_owned());
    })
    .await;
    let (hour, long) = (Span::minutes(60), Span::minutes(40 * 24 * 60));
    scene.sent("msg-778", 1, hour).await;
    scene.sent("msg-12", 2, long).await;
    scene.starts();
    scene.texts(1, "main", "Can we talk about the price?").await;
    let pause = receiver.wait_for(1).await.remove(0);
    assert!(verifies(&pause, SECRET));
    let data = &pause.json()["data"];
    let sent_at = (scene.clock.now() - hour).utc().to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
    assert_eq!(data["send"], json!({ "id": "msg-778", "reported_by": "tool", "sent_at": sent_at }));
    assert_eq!((&data["campaign"], &data["contacts"]), (&json!("renewal-may"), &json!(["c-1"])));
    assert!(data["from"].is_null() && !pause.body.contains("555"), "{data}");
    scene.texts(2, "main", "And for us?").await;
    let data = receiver.wait_for(2).await.remove(1).json()["data"].take();
    assert_eq!((&data["send"], &data["campaign"]), (&json!(null), &json!(null)), "sent too long ago to be answered");
    scene.stops().await;
}

#[tokio::test]
async fn on_call_that_changes_hands_is_told_once_with_what_is_open_whoever_restarts() {
    let (receiver, folder) = (Receiver::listen().await, tempfile::tempdir().unwrap());
    let mut scene = Scene::of(|playbook| {
        let hook = webhook(&receiver, folder.path(), &[SECRET], Redact::Names);
        playbook.alerting.channels.insert("hook".to_owned(), hook);
        playbook.alerting.everybody = Some(comeback::domain::alert::Alerts {
            on: [comeback::domain::alert::Occasion::HandOff].into(),
            ..alerts(&["hook"])
        });
        let on_call = playbook.teams.get_mut(&"enterprise".into()).unwrap().on_call.as_mut().unwrap();
        on_call.reps = vec![Some("ben".into()), Some("omar".into())];
        on_call.length = comeback::domain::oncall::Length::Days(1);
    })
    .await;
    let c = scene.texts(1, "main", "Can we talk about the price?").await;
    // It is ten; the hand-off was at nine, and is news for two hours.
    scene.starts();
    let said = receiver.wait_for(1).await.remove(0).json();
    scene.all_told().await;
    assert_eq!(said["type"], "alert.hand_off");
    let (team, count) = (&said["data"]["team"], &said["data"]["open_count"]);
    assert_eq!((team, count), (&json!("enterprise"), &json!(1)));
    assert_eq!(said["data"]["open"][0]["conversation"], json!(c));
    assert_eq!(said["data"]["open"][0]["stage"], "Negotiation");
    let heard: Vec<_> = [&said["data"]["from"], &said["data"]["rep"]].into_iter().cloned().collect();
    assert!(heard == [json!("ben"), json!("omar")] || heard == [json!("omar"), json!("ben")], "{heard:?}");
    scene.stops().await;
    scene.starts();
    scene.texts(2, "main", "Me too").await;
    scene.all_told().await;
    scene.stops().await;
    assert_eq!(receiver.so_far().len(), 1, "the same hand-off is told once");
}

#[tokio::test]
async fn a_schedule_that_only_ladders_ask_is_handed_over_with_what_they_may_ask_it_about() {
    use comeback::domain::escalation::Who;
    use comeback::domain::oncall::{Length, Schedule};
    let (receiver, folder) = (Receiver::listen().await, tempfile::tempdir().unwrap());
    let mut scene = Scene::of(|playbook| {
        let hook = webhook(&receiver, folder.path(), &[SECRET], Redact::Names);
        playbook.alerting.channels.insert("hook".to_owned(), hook);
        playbook.alerting.everybody = Some(comeback::domain::alert::Alerts {
            on: [comeback::domain::alert::Occasion::HandOff].into(),
            ..alerts(&["hook"])
        });
        let mut daily = playbook.teams.get_mut(&"enterprise".into()).unwrap().on_call.take().unwrap();
        (daily.reps, daily.length) = (vec![Some("kim".into()), Some("nora".into())], Length::Days(1));
        let desk = Schedule { label: "Deal desk".to_owned(), team: None, zone: daily.zone, layers: vec![daily] };
        playbook.schedules.insert("desk".into(), desk);
        // Dana's deal is in a late stage: her ladder is the fast one.
        for step in &mut playbook.ladders.get_mut("fast").unwrap().steps {
            if step.who == Who::OnCall {
                step.who = Who::Schedule("desk".into());
            }
        }
    })
    .await;
    let c = scene.texts(1, "main", "Can we talk about the price?").await;
    scene.texts(2, "dock", "A question of another kind").await;
    scene.starts();
    let said = receiver.wait_for(1).await.remove(0).json();
    scene.all_told().await;
    let data = &said["data"];
    assert_eq!(
        (&said["type"], &data["schedule"], &data["team"]),
        (&json!("alert.hand_off"), &json!("desk"), &json!(null))
    );
    assert_eq!((&data["open_count"], &data["open"][0]["conversation"]), (&json!(1), &json!(c)));
    scene.stops().await;
    assert_eq!(receiver.so_far().len(), 1);
}

#[tokio::test]
async fn whoever_takes_a_shift_by_an_override_is_told_at_its_beginning() {
    use comeback::domain::id::OverrideId;
    use comeback::domain::oncall::Override;
    let (receiver, folder) = (Receiver::listen().await, tempfile::tempdir().unwrap());
    let mut scene = Scene::of(|playbook| {
        let hook = webhook(&receiver, folder.path(), &[SECRET], Redact::Names);
        playbook.alerting.channels.insert("hook".to_owned(), hook);
        playbook.alerting.everybody = Some(alerts(&["hook"]));
    })
    .await;
    scene.starts();
    let (from, id) = (scene.now() + Span::minutes(30), OverrideId(uuid::Uuid::from_u128(7)));
    let shift = Override { id, rep: Some("ines".into()), from, to: from + Span::minutes(60) };
    scene.of_people("ines", Command::Override { schedule: "enterprise".into(), shift }).await;
    assert_eq!(receiver.so_far().len(), 0, "it has not begun");
    scene.passes(Span::minutes(30)).await;
    // Any change about people lets it look again at once.
    scene.goes_away("kim").await;
    let said = receiver.wait_for(1).await.remove(0).json();
    assert_eq!((&said["type"], &said["data"]["rep"]), (&json!("alert.hand_off"), &json!("ines")));
    assert_eq!(said["data"]["from"], "omar");
    scene.stops().await;
}

#[tokio::test]
async fn operations_hear_when_an_expectation_breaks() {
    use comeback::domain::expectation::{Expectation, Reply, Then};
    let (receiver, folder) = (Receiver::listen().await, tempfile::tempdir().unwrap());
    let mut scene = Scene::of(|playbook| {
        let hook = webhook(&receiver, folder.path(), &[SECRET], Redact::Names);
        playbook.alerting.channels.insert("hook".to_owned(), hook);
        playbook.alerting.operations = vec!["hook".to_owned()];
        playbook.expectations = vec![Expectation {
            name: "Maya's deals are asked of Maya".to_owned(),
            reply: Reply {
                owners: [(comeback::domain::ownership::OwnerSource::Opportunity, "maya".into())].into(),
                ..Reply::to("main".into())
            },
            at: crate::world::at(crate::world::TUESDAY_TEN),
            away: [].into(),
            then: Then { gets: Some(comeback::domain::routing::Holder::Rep("maya".into())), ..Then::default() },
        }];
    })
    .await;
    scene.starts();
    scene.goes_away("maya").await;
    let said = receiver.wait_for(1).await.remove(0).json();
    assert_eq!(said["type"], "expectation.broken");
    let sentence = said["data"]["sentence"].as_str().unwrap();
    assert!(sentence.contains("Maya's deals are asked of Maya"), "{sentence}");
    // Another change in which it stays broken is no news.
    scene.goes_away("ines").await;
    scene.all_told().await;
    scene.stops().await;
    assert_eq!(receiver.so_far().len(), 1);
}

#[tokio::test]
async fn notices_outlive_the_process_in_a_file_and_end_once() {
    let (receiver, folder) = (Receiver::listen().await, tempfile::tempdir().unwrap());
    let file = folder.path().join("comeback.sqlite");
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&file).unwrap());
    let change = |playbook: &mut comeback::domain::playbook::Playbook| {
        let hook = webhook(&receiver, folder.path(), &[SECRET], Redact::Names);
        playbook.alerting.channels.insert("hook".to_owned(), hook);
        playbook.alerting.everybody = Some(alerts(&["hook"]));
    };
    let scene = Scene::over(store, change).await;
    scene.texts(1, "main", "Can we talk about the price?").await;
    // Nobody told it; another process opens the file.
    drop(scene);
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&file).unwrap());
    let mut scene = Scene::over(store, change).await;
    scene.starts();
    receiver.wait_for(1).await;
    scene.all_told().await;
    scene.stops().await;
    scene.starts();
    scene.texts(2, "dock", "Hello").await;
    receiver.wait_for(2).await;
    scene.all_told().await;
    scene.stops().await;
    let all: std::collections::BTreeSet<String> =
        receiver.so_far().iter().map(|t| t.header("webhook-id").to_owned()).collect();
    assert_eq!(all.len(), receiver.so_far().len(), "no message came twice");
}
