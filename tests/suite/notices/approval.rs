//! A text that needs a second person: who hears of it, how often, and when nobody does any more.

use comeback::domain::alert::approval::follow;
use comeback::domain::alert::follow::is_wanted;
use comeback::domain::alert::{Notice, Occasion, Redact, To, What};
use comeback::domain::command::Command;
use comeback::domain::contact::Body;
use comeback::domain::conversation::AnswerState;
use comeback::domain::event::{Event, Review};
use comeback::domain::id::{ConversationId, MessageId};
use comeback::domain::playbook::Playbook;
use comeback::domain::regulated::Regulated;
use comeback::domain::snippet::Snippet;
use serde_json::json;
use std::collections::BTreeMap;

use super::scene::{Receiver, SECRET, Scene, alerts, page_channel, phone, webhook};
use crate::world::Story;

/// Answers about the price need a second person; everybody hears of everything by page.
fn regulate(playbook: &mut Playbook) {
    let thanks = Snippet { text: "Thank you!".to_owned(), ..Snippet::default() };
    playbook.snippets.insert("thanks".to_owned(), thanks);
    let rules = Regulated { snippets: ["thanks".to_owned()].into(), approval: true, ..Regulated::default() };
    playbook.use_cases.get_mut("question").unwrap().regulated = Some(rules);
    playbook.alerting.channels.insert("page".to_owned(), page_channel());
    playbook.alerting.everybody = Some(alerts(&["page"]));
}

fn answer(message: MessageId) -> Command {
    Command::Answer { message, body: Body::new("Thank you!"), accept: Vec::new() }
}

type Standing = BTreeMap<MessageId, AnswerState>;

fn standing(story: &Story) -> Standing {
    story.c().answers.iter().map(|(id, a)| (*id, a.state.clone())).collect()
}

/// Who is told of what just happened.
fn told(story: &Story, before: &Standing, events: &[Event]) -> Vec<String> {
    asked(story, before, events).iter().map(|notice| notice.to.key()).collect()
}

fn asked(story: &Story, before: &Standing, events: &[Event]) -> Vec<Notice> {
    let one = |event| follow(&story.playbook, &story.roster, story.c(), event, before, story.now);
    events.iter().flat_map(one).collect()
}

/// maya has answered; who hears of it.
fn waiting() -> (Story, MessageId, Vec<Notice>) {
    let mut story = Story::with_mayas_buyer();
    regulate(&mut story.playbook);
    let (message, before) = (story.fresh(), standing(&story));
    let said = story.does("maya", &answer(message)).unwrap();
    let notices = asked(&story, &before, &said);
    (story, message, notices)
}

#[test]
fn whoever_may_approve_hears_of_a_text_once_until_it_is_settled() {
    let (mut story, message, notices) = waiting();
    let to: Vec<String> = notices.iter().map(|notice| notice.to.key()).collect();
    assert_eq!(to, ["rep:ben", "rep:ines", "rep:lea"], "the team and its lead, and never its author");
    assert!(notices.iter().all(|notice| is_wanted(notice, story.c())));
    // The buyer writes again: it waits for another reason besides, and is told no second time.
    let before = standing(&story);
    let said = story.texts("Wait, one more thing");
    assert_eq!(story.parked(message), Some(vec![Review::NewerReply, Review::NeedsApproval]));
    assert_eq!(told(&story, &before, &said), Vec::<String>::new());
    assert!(is_wanted(&notices[0], story.c()));
    // One looks: nobody else is told any more, whatever the answer was.
    let mut approved = story.clone();
    approved.does("ben", &Command::Approve { message }).unwrap();
    assert!(notices.iter().all(|notice| !is_wanted(notice, approved.c())));
    let mut recalled = story.clone();
    recalled.does("maya", &Command::Recall { message }).unwrap();
    assert!(!is_wanted(&notices[0], recalled.c()));
    story.does("lea", &Command::Decline { message }).unwrap();
    assert!(!is_wanted(&notices[0], story.c()));
    // Its author asks again.
    let before = standing(&story);
    let accept = vec![Review::Declined("lea".into()), Review::NewerReply];
    let said = story.does("maya", &Command::Release { message, accept }).unwrap();
    assert_eq!(told(&story, &before, &said).len(), 3);
}

#[test]
fn an_admin_hears_of_it_when_nobody_of_the_team_does() {
    let mut story = Story::with_mayas_buyer();
    regulate(&mut story.playbook);
    for rep in ["ben", "ines"] {
        story.does(rep, &Command::away(true)).unwrap();
    }
    for rep in ["lea", "omar"] {
        story.playbook.alerting.reps.insert(rep.into(), alerts(&[]));
    }
    let (message, before) = (story.fresh(), standing(&story));
    let said = story.does("maya", &answer(message)).unwrap();
    assert_eq!(told(&story, &before, &said), ["rep:adele"]);
    story.playbook.alerting.reps.insert("adele".into(), alerts(&[]));
    assert_eq!(told(&story, &before, &said), Vec::<String>::new(), "nora and kim may not approve");
}

#[test]
fn a_text_that_waits_for_something_else_asks_nobody() {
    let mut story = Story::with_mayas_buyer();
    regulate(&mut story.playbook);
    story.playbook.use_cases.get_mut("question").unwrap().regulated.as_mut().unwrap().approval = false;
    let (message, before) = (story.fresh(), standing(&story));
    let said = story.does_having_seen("maya", 0, &answer(message)).unwrap();
    assert_eq!(story.parked(message), Some(vec![Review::NewerReply]));
    assert_eq!(told(&story, &before, &said), Vec::<String>::new());
}

async fn answers(scene: &Scene, c: ConversationId) -> MessageId {
    let message = MessageId(uuid::Uuid::now_v7());
    scene.does("maya", c, answer(message)).await;
    message
}

#[tokio::test]
async fn it_is_told_with_no_more_than_its_channel_may_hear_and_not_after_it_was_settled() {
    let (receiver, folder) = (Receiver::listen().await, tempfile::tempdir().unwrap());
    let mut scene = Scene::of(|playbook| {
        regulate(playbook);
        let channel = webhook(&receiver, folder.path(), &[SECRET], Redact::Names);
        playbook.alerting.channels.insert("hook".to_owned(), channel);
        playbook.alerting.everybody = None;
        let only = comeback::domain::alert::Alerts { on: [Occasion::Approval].into(), ..alerts(&["hook"]) };
        playbook.alerting.reps = ["ben", "maya"].map(|rep| (rep.into(), only.clone())).into();
    })
    .await;
    let c = scene.texts(1, "main", "Can we talk about the price?").await;
    let first = answers(&scene, c).await;
    scene.does("lea", c, Command::Decline { message: first }).await;
    let second = answers(&scene, c).await;
    scene.starts();
    scene.all_told().await;
    let all = receiver.so_far();
    assert_eq!(all.len(), 1, "ben alone may approve and wants to hear, and of what was settled nobody is told");
    let said = all[0].json();
    assert_eq!((&said["type"], &said["data"]["rep"]), (&json!("alert.approval"), &json!("ben")));
    assert_eq!((&said["data"]["message"], &said["data"]["conversation"]), (&json!(second), &json!(c)));
    for secret in ["Dana", "Acme", "Thank you", "price?"] {
        assert!(!all[0].body.contains(secret), "{}", all[0].body);
    }
    assert_eq!((scene.counted("sent"), scene.counted("dropped")), (1, 1));
    scene.stops().await;
}

#[tokio::test]
async fn a_page_about_it_takes_nothing() {
    let mut scene = Scene::of(regulate).await;
    scene.reach("ben", Some(phone(2)), None).await;
    let c = scene.texts(1, "main", "Can we talk about the price?").await;
    let message = answers(&scene, c).await;
    scene.starts();
    let pages = scene.tray.wait_for(1).await;
    scene.all_told().await;
    let page = &pages[0].1;
    assert!(page.starts_with("A colleague's text waits for your approval"), "{page}");
    assert!(!page.contains("Reply 1") && !page.contains("Thank you"), "{page}");
    scene.answers_page(phone(2), "1").await;
    let state = scene.state(c).await;
    assert!(state.taker().is_none(), "{:?}", state.assignment);
    assert_eq!(state.answers[&message].state.reasons(), [Review::NeedsApproval]);
    let what = What::Alert { occasion: Occasion::Approval, due: None, message: Some(message) };
    let notice = Notice { to: To::Rep("ben".into()), what, conversation: Some(c), at: scene.now() };
    assert!(is_wanted(&notice, &state));
    scene.stops().await;
}
