//! Reports by mail, to a real mail server: once for each time they are due, whoever restarts.

use std::sync::Arc;
use std::time::{Duration, Instant};

use comeback::domain::alert::mailed::{Day, Mailed};
use comeback::domain::alert::{Channel, ChannelKind, Redact};
use comeback::domain::measure::ReportName;
use comeback::domain::measure::cell::By;
use comeback::domain::playbook::Playbook;
use comeback::domain::time::Span;
use comeback::server::measure::{Projections, follow};
use comeback::server::policy;
use comeback::server::service::{Service, Work};
use tokio::sync::watch;

use super::mail::Mailbox;
use super::scene::{Scene, eventually};

const fn days(n: i64) -> Span {
    Span::minutes(n * 24 * 60)
}

/// By which reports go.
fn by_mail(playbook: &mut Playbook) {
    let kind = ChannelKind::Email { from: "reports@northwind.example".to_owned() };
    playbook.alerting.channels.insert("mail".to_owned(), Channel { kind, redact: Redact::Names });
}

/// Wednesdays at ten, to lea, who leads.
fn weekly(playbook: &mut Playbook) {
    by_mail(playbook);
    let mailed = Mailed {
        report: ReportName::Sla,
        by: By::Team,
        to: vec!["lea".into()],
        channel: "mail".to_owned(),
        on: vec![Day::Wednesday],
        at: 10 * 60,
        zone: chrono_tz::America::New_York,
        days: 7,
    };
    playbook.alerting.reports.insert("weekly".to_owned(), mailed);
}

/// A scene whose journal is measured, with one reply of Tuesday.
async fn measured(mailbox: &Mailbox) -> (Scene, tempfile::TempDir) {
    measured_under(mailbox, weekly).await
}

/// The same with a playbook changed so.
async fn measured_under(mailbox: &Mailbox, change: fn(&mut Playbook)) -> (Scene, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let mut scene = Scene::of(change).await;
    let projections = Arc::new(Projections::open(&folder.path().join("office")).unwrap());
    scene.service.measured_by(Arc::clone(&projections));
    scene.mails_by(&mailbox.url());
    scene.reach("lea", None, Some("lea@northwind.example")).await;
    scene.texts(1, "main", "Can we talk?").await;
    scene.passes(days(1)).await;
    let (_stay, running) = watch::channel(false);
    follow(&scene.store, &projections, &running).await.unwrap();
    (scene, folder)
}

#[tokio::test]
async fn a_report_is_mailed_once_when_it_is_due_whoever_restarts() {
    let mailbox = Mailbox::opens(&[]);
    let (mut scene, _folder) = measured(&mailbox).await;
    scene.starts();
    let mail = mailbox.next().await;
    assert_eq!((&mail["from"], &mail["to"][0]), (&"reports@northwind.example".into(), &"lea@northwind.example".into()));
    let subject = mail["headers"]["subject"].as_str().unwrap();
    assert!(subject.ends_with("How soon replies were answered"), "{subject}");
    // Up to the day before: the day it is due on has only begun.
    let plain = mail["body"].as_str().unwrap();
    assert!(plain.contains("2026-02-25 to 2026-03-03 (America/New_York)"), "{plain}");
    assert!(plain.contains("Answered in time, by team"), "{plain}");
    let (read, beside) = (mail["html"].as_str().unwrap(), &mail["beside"][0]);
    assert!(read.starts_with("<!doctype html>") && read.contains("<figure"), "{read}");
    assert_eq!((&beside["name"], &beside["kind"]), (&"sla-2026-03-03.html".into(), &"text/html".into()));
    assert_eq!(beside["content"].as_str().unwrap().trim(), read.trim(), "the page, to be opened and printed");
    eventually("it is written down", async || (scene.counted("sent") == 1).then_some(())).await;

    // Another process on the same database knows that it has gone; the next one is next week's.
    scene.stops().await;
    scene.starts();
    scene.passes(days(3)).await;
    scene.stops().await;
    scene.passes(days(4)).await;
    scene.starts();
    let next = mailbox.next().await;
    assert_eq!(next["beside"][0]["name"], "sla-2026-03-10.html");
    assert_ne!(next["headers"]["message-id"], mail["headers"]["message-id"]);
    scene.stops().await;
}

#[tokio::test]
async fn a_report_that_another_process_puts_into_the_playbook_goes_when_it_is_due_while_nothing_else_happens() {
    let mailbox = Mailbox::opens(&[]);
    let (mut scene, _folder) = measured_under(&mailbox, by_mail).await;
    let (stop, down) = watch::channel(false);
    let following = tokio::spawn(policy::run(scene.service.clone(), down));
    scene.starts();
    let mut playbook = (*scene.service.playbook()).clone();
    let other = Service::start(Arc::clone(&scene.store), scene.clock.clone(), &playbook).await.unwrap();
    weekly(&mut playbook);
    other.submit(Work::Playbook(Box::new(playbook.into()))).await.unwrap();
    let began = Instant::now();
    let mail = mailbox.next().await;
    assert_eq!(mail["beside"][0]["name"], "sla-2026-03-03.html");
    let took = began.elapsed();
    assert!(took < Duration::from_secs(20), "it waited for a look at the old times: {took:?}");
    stop.send_replace(true);
    following.await.unwrap().unwrap();
    scene.stops().await;
}

#[tokio::test]
async fn a_report_that_is_not_taken_waits_where_it_is_seen_and_goes_later() {
    let mailbox = Mailbox::opens(&["451 not now"]);
    let (mut scene, _folder) = measured(&mailbox).await;
    scene.starts();
    let tried = async || {
        let rows = scene.store.notices(10).await.unwrap();
        rows.into_iter().find(|row| row.tries == 1)
    };
    let row = eventually("a try that came to nothing", tried).await;
    assert_eq!(scene.store.count_notices().await.unwrap().waiting, 1);
    assert!(row.next_at > scene.now());
    scene.passes(row.next_at.since(scene.now())).await;
    let mail = mailbox.next().await;
    assert_eq!(mail["beside"][0]["name"], "sla-2026-03-03.html");
    scene.stops().await;
}

#[tokio::test]
async fn nobody_gets_a_report_that_the_playbook_does_not_give_them_any_more() {
    let mailbox = Mailbox::opens(&["451 not now"]);
    let (mut scene, _folder) = measured(&mailbox).await;
    scene.starts();
    let tried = async || scene.store.notices(10).await.unwrap().into_iter().find(|row| row.tries == 1);
    let row = eventually("a try that came to nothing", tried).await;
    let mut playbook = (*scene.service.playbook()).clone();
    playbook.alerting.reports.clear();
    scene.service.submit(Work::Playbook(Box::new(playbook.into()))).await.unwrap();
    scene.passes(row.next_at.since(scene.now())).await;
    eventually("it is dropped", async || (scene.counted("dropped") == 1).then_some(())).await;
    scene.stops().await;
}
