//! Media of several hosts: one that takes its time holds up nobody else's.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use comeback::domain::contact::{Address, Body};
use comeback::domain::id::MessageId;
use comeback::domain::time::Timestamp;
use comeback::server::carrier::{Carrier, CarrierError, Finding, Listed, SendOutcome};
use comeback::server::media::{self, Attachment};
use comeback::server::service::Work;
use comeback::server::store::CarrierLine;
use comeback::server::store::media::MediaState;
use tokio::sync::watch;

use super::Floor;

const PICTURE: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89";

/// One host that never answers, one that has a picture only a while after its text, and others.
#[derive(Default)]
struct Hosts {
    hanging: AtomicUsize,
    early: AtomicUsize,
}

#[async_trait]
impl Carrier for Hosts {
    async fn send(&self, _: &CarrierLine, _: &Address, _: &Body, _: &str) -> SendOutcome {
        panic!("nothing is sent here")
    }

    async fn sent(&self, _: &CarrierLine, _: Option<&Address>, _: Timestamp) -> Result<Vec<Listed>, CarrierError> {
        panic!("nothing is listed here")
    }

    async fn received(&self, _: &CarrierLine, _: Timestamp) -> Result<Vec<Listed>, CarrierError> {
        panic!("nothing is listed here")
    }

    async fn media(&self, _: &CarrierLine, source: &str, _: usize) -> Result<Vec<u8>, CarrierError> {
        if source.starts_with("https://slow.example/") {
            self.hanging.fetch_add(1, Ordering::SeqCst);
            return std::future::pending().await;
        }
        if source.starts_with("https://late.example/") && self.early.fetch_add(1, Ordering::SeqCst) < 2 {
            return Err(CarrierError::Refused { status: 404, code: 20404, hint: String::new() });
        }
        if source.starts_with("https://gone.example/") {
            return Err(CarrierError::Refused { status: 404, code: 20404, hint: String::new() });
        }
        Ok(PICTURE.to_vec())
    }

    async fn check(&self, _: &CarrierLine, _: &str) -> Vec<Finding> {
        panic!("nothing is checked here")
    }
}

#[tokio::test(start_paused = true)]
async fn a_host_that_takes_its_time_holds_up_no_media_of_another() {
    let mut floor = Floor::opens().await;
    floor.sets_up("main").await;
    let mut texts = Vec::new();
    for (n, host) in [(1, "slow"), (2, "slow"), (3, "slow"), (4, "fast")] {
        let Work::Receive(mut text) = floor.text(n, "main", "look") else { panic!("a text") };
        let source = |part: u32| format!("https://{host}.example/{n}/{part}");
        text.media = (0..10).map(|part| Attachment::told(Some("image/png"), Some(&source(part)))).collect();
        floor.service.submit(Work::Receive(text)).await.unwrap();
        let c = floor.conversation_of(n, "main").await;
        let (_, messages) = floor.store.messages(c, u64::MAX, 9).await.unwrap().unwrap();
        texts.push(messages.last().unwrap().id);
    }
    let (hosts, (stop, down)) = (Arc::new(Hosts::default()), watch::channel(false));
    let task = tokio::spawn(media::run(floor.service.clone(), Arc::clone(&hosts) as Arc<dyn Carrier>, down));
    tokio::time::sleep(Duration::from_secs(20)).await;
    let kept = async |text: MessageId, n: u32| {
        matches!(floor.store.media(text, n).await.unwrap(), Some((_, MediaState::Kept(..))))
    };
    for n in 0..10 {
        assert!(kept(texts[3], n).await, "the {n}th of the fast host");
        assert!(!kept(texts[0], n).await);
    }
    assert_eq!(hosts.hanging.load(Ordering::SeqCst), 2, "and it is not asked for everything at once");
    stop.send(true).unwrap();
    task.await.unwrap().unwrap();
}

/// Twilio answers 404 for a picture now and then right after its webhook.
#[tokio::test(start_paused = true)]
async fn a_picture_that_is_not_found_yet_is_asked_for_again_and_not_for_ever() {
    let mut floor = Floor::opens().await;
    floor.sets_up("main").await;
    let Work::Receive(mut text) = floor.text(1, "main", "look") else { panic!("a text") };
    let told = |host: &str| Attachment::told(Some("image/png"), Some(&format!("https://{host}.example/1")));
    text.media = vec![told("late"), told("gone")];
    floor.service.submit(Work::Receive(text)).await.unwrap();
    let c = floor.conversation_of(1, "main").await;
    let (_, messages) = floor.store.messages(c, u64::MAX, 9).await.unwrap().unwrap();
    let text = messages.last().unwrap().id;
    let (hosts, (stop, down)) = (Arc::new(Hosts::default()), watch::channel(false));
    let task = tokio::spawn(media::run(floor.service.clone(), Arc::clone(&hosts) as Arc<dyn Carrier>, down));
    let stands = async |n: u32| floor.store.media(text, n).await.unwrap().unwrap().1;
    for _ in 0..30 {
        tokio::time::sleep(Duration::from_secs(30)).await;
        floor.clock.advance(comeback::domain::time::Span::seconds(30));
    }
    assert!(matches!(stands(0).await, MediaState::Kept(..)), "{:?}", stands(0).await);
    assert!(matches!(stands(1).await, MediaState::Refused(_)), "{:?}", stands(1).await);
    stop.send(true).unwrap();
    task.await.unwrap().unwrap();
}
