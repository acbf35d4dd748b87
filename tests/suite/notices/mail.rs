//! Mail, to a real mail server on loopback (aiosmtpd).

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use comeback::domain::alert::{Channel, ChannelKind, Redact};
use comeback::domain::playbook::Playbook;
use comeback::domain::time::Span;
use serde_json::Value;

use super::scene::{Receiver, Scene, alerts, chat, eventually};

/// The mail server. It ends with it.
pub(super) struct Mailbox {
    child: Child,
    lines: mpsc::Receiver<Value>,
    port: u64,
}

impl Mailbox {
    /// One that gives these answers in turn, then takes everything.
    pub(super) fn opens(answers: &[&str]) -> Self {
        let python = std::env::var_os("COMEBACK_TEST_PYTHON")
            .expect("COMEBACK_TEST_PYTHON is not set: run tests/run, which installs a mail server and sets it");
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/carrier/mailbox.py");
        let mut child = Command::new(python)
            .arg(script)
            .arg(answers.join(","))
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let (tell, lines) = mpsc::channel::<Value>();
        std::thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                if tell.send(serde_json::from_str(&line).unwrap()).is_err() {
                    break;
                }
            }
        });
        let port = lines.recv_timeout(Duration::from_secs(60)).unwrap()["port"].as_u64().unwrap();
        Self { child, lines, port }
    }

    pub(super) fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}", self.port)
    }

    pub(super) async fn next(&self) -> Value {
        eventually("a mail", async || self.lines.try_recv().ok()).await
    }
}

impl Drop for Mailbox {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        drop(self.child.wait());
    }
}

fn mailed(playbook: &mut Playbook) {
    let from = "comeback <alerts@northwind.example>".to_owned();
    let channel = Channel { kind: ChannelKind::Email { from }, redact: Redact::None };
    playbook.alerting.channels.insert("mail".to_owned(), channel);
    playbook.alerting.everybody = Some(alerts(&["mail"]));
}

#[tokio::test]
async fn an_alert_is_a_mail_with_all_that_may_be_told() {
    let mailbox = Mailbox::opens(&[]);
    let mut scene = Scene::of(mailed).await;
    scene.mails_by(&mailbox.url());
    scene.reach("maya", None, Some("maya@northwind.example")).await;
    scene.texts(1, "main", "Können wir über den Preis reden? 🙂").await;
    scene.starts();
    let mail = mailbox.next().await;
    scene.all_told().await;
    assert_eq!((&mail["from"], &mail["to"][0]), (&"alerts@northwind.example".into(), &"maya@northwind.example".into()));
    let header = |name: &str| mail["headers"][name].as_str().unwrap_or_default().to_owned();
    assert_eq!(header("subject"), "A reply waits for you · due in 15 min");
    assert_eq!(header("auto-submitted"), "auto-generated");
    assert!(header("message-id").ends_with("@northwind.example>"), "{}", header("message-id"));
    let body = mail["body"].as_str().unwrap();
    for line in ["From: Dana Reyes, Acme", "Stage: Negotiation", "They wrote: Können wir über den Preis reden? 🙂"]
    {
        assert!(body.lines().any(|l| l == line), "{line}: {body}");
    }
    assert_eq!(scene.counted("sent"), 1);
    scene.stops().await;
}

#[tokio::test]
async fn a_mail_that_is_put_off_comes_later_and_one_that_is_refused_goes_to_the_next_channel() {
    let (mailbox, receiver) =
        (Mailbox::opens(&["451 not now", "take", "550 no such person"]), Receiver::listen().await);
    let folder = tempfile::tempdir().unwrap();
    let mut scene = Scene::of(|playbook| {
        mailed(playbook);
        playbook.alerting.channels.insert("chat".to_owned(), chat(&receiver, folder.path()));
        playbook.alerting.reps.insert("kim".into(), alerts(&["mail", "chat"]));
    })
    .await;
    scene.mails_by(&mailbox.url());
    scene.reach("maya", None, Some("maya@northwind.example")).await;
    scene.reach("kim", None, Some("gone@northwind.example")).await;
    scene.texts(1, "main", "Can we talk about the price?").await;
    scene.starts();
    eventually("it is put off", async || (scene.store.notices(9).await.unwrap().pop()?.tries == 1).then_some(())).await;
    scene.passes(Span::seconds(6)).await;
    assert_eq!(mailbox.next().await["to"][0], "maya@northwind.example");
    scene.all_told().await;
    scene.texts(2, "dock", "Hello").await;
    assert_eq!(receiver.wait_for(1).await[0].path, "/chat");
    scene.all_told().await;
    assert_eq!((scene.counted("sent"), scene.counts().await.dead), (2, 0));
    scene.stops().await;
}

#[tokio::test]
async fn without_a_mailbox_nothing_is_mailed_and_that_is_seen() {
    let mailbox = Mailbox::opens(&[]);
    let mut scene = Scene::of(mailed).await;
    scene.mails_by(&mailbox.url());
    scene.texts(1, "main", "Can we talk about the price?").await;
    scene.starts();
    scene.all_told().await;
    assert_eq!((scene.counted("sent"), scene.counts().await.dead), (0, 1));
    assert!(mailbox.lines.try_recv().is_err());
    scene.stops().await;
}
