//! `/metrics`: what operators watch moves when it should, and speaks of nobody.

use comeback::domain::command::{Actor, Command};
use comeback::domain::id::{ConversationId, MessageId};

use super::*;

impl Office {
    pub(super) async fn metrics(&self) -> String {
        let request = Request::get("/metrics").body(Body::empty()).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let text = to_bytes(response.into_body(), 1 << 20).await.unwrap();
        String::from_utf8(text.to_vec()).unwrap()
    }

    /// The value of a line of `/metrics`.
    async fn reads(&self, line: &str) -> u64 {
        crate::service::reading(&self.metrics().await, line)
    }
}

#[tokio::test]
async fn open_polls_and_the_committers_queue_are_told_as_they_are() {
    let office = Arc::new(Office::open().await);
    office.sign_in("maya").await;
    assert_eq!(office.reads("comeback_open_polls").await, 0);
    let (_, page) = office.ask("GET", "/v1/changes", Some("maya"), None).await;
    assert_eq!(office.reads("comeback_open_polls").await, 0, "that one did not wait");
    let path = format!("/v1/changes?since={}&playbook=1&wait=60", page["cursor"].as_str().unwrap());
    let polling = tokio::spawn({
        let office = Arc::clone(&office);
        async move { office.ask("GET", &path, Some("maya"), None).await }
    });
    tokio::task::yield_now().await;
    assert_eq!(office.reads("comeback_open_polls").await, 1);

    // The committer does not run before something is waited for.
    let groups = office.reads("comeback_committer_group_size_count").await;
    let worked = office.reads("comeback_committer_group_size_sum").await;
    let texts: Vec<_> = ["+14155550123", "+14155550124", "+14155550125"]
        .map(|from| office.service.hand_over(office.inbound(from, "hello")).unwrap())
        .into();
    assert_eq!(office.reads("comeback_committer_queue").await, 3);
    for text in texts {
        text.await.unwrap();
    }
    assert_eq!(office.reads("comeback_committer_queue").await, 0);
    assert_eq!(office.reads("comeback_committer_group_size_count").await, groups + 1);
    assert_eq!(office.reads("comeback_committer_group_size_sum").await, worked + 3);
    polling.await.unwrap();
    assert_eq!(office.reads("comeback_open_polls").await, 0);
}

#[tokio::test]
async fn answers_that_wait_for_somebody_are_told_and_nobody_is_named() {
    let office = Office::open().await;
    office.sign_in("maya").await.text("+14155550123", "some words").await;
    let (_, page) = office.ask("GET", "/v1/changes", Some("maya"), None).await;
    let id = page["upserts"][0]["state"]["id"].clone();
    let message = Uuid::now_v7();
    // Written before the buyer's text was seen.
    let answer = json!({ "do": "answer", "message": message, "body": "An answer", "accept": [] });
    let push = json!({ "envelopes": [envelope(1, &id, 0, &answer)] });
    office.ask("POST", "/v1/commands", Some("maya"), Some(push)).await;
    let (parked, unknown) = (r#"comeback_answers{state="parked"}"#, r#"comeback_answers{state="unknown"}"#);
    assert_eq!((office.reads(parked).await, office.reads(unknown).await), (1, 0));

    let release = json!({ "do": "release", "message": message, "accept": ["newer_reply"] });
    let push = json!({ "envelopes": [envelope(2, &id, 1, &release)] });
    office.ask("POST", "/v1/commands", Some("maya"), Some(push)).await;
    office.clock.advance(Span::minutes(1));
    let (message, conversation) = (MessageId(message), ConversationId(id.as_str().unwrap().parse().unwrap()));
    for command in [Command::BeginSend { message }, Command::LoseSend { message }] {
        let work = Work::Machine { actor: Actor::Effects, conversation, command };
        office.service.submit(work).await.unwrap();
    }
    assert_eq!((office.reads(parked).await, office.reads(unknown).await), (0, 1));
    let text = office.metrics().await;
    for secret in ["4155550123", "some words", "An answer", "maya", id.as_str().unwrap()] {
        assert!(!text.contains(secret), "{secret} stands in\n{text}");
    }
}

#[tokio::test]
async fn what_another_process_wrote_down_about_a_shift_counts_for_what_the_playbook_expects() {
    use comeback::domain::expectation::{Expectation, Reply, Then};
    use comeback::domain::id::OverrideId;
    use comeback::domain::oncall::Override;
    let mut playbook = crate::world::playbook();
    playbook.ladders.values_mut().for_each(|ladder| ladder.steps.rotate_left(3));
    playbook.ladders.values_mut().for_each(|ladder| ladder.steps.push(ladder.steps[1].clone()));
    let at = Timestamp::from_millis(1_793_718_000_000);
    let then = Then { gets: Some(comeback::domain::routing::Holder::Rep("omar".into())), ..Then::default() };
    let (name, reply) = ("On call it is Omar".to_owned(), Reply::to("main".into()));
    playbook.expectations = vec![Expectation { name, reply, at, away: [].into(), then }];
    let office = Office::with(&playbook).await;
    assert_eq!(office.reads("comeback_expectations_broken").await, 0);
    let other = Service::start(Arc::clone(&office.store), office.clock.clone(), &playbook).await.unwrap();
    let id = OverrideId(Uuid::from_u128(7));
    let shift = Override { id, rep: Some("lea".into()), from: at, to: at + Span::minutes(60) };
    let (rep, role) = (RepId::new("lea"), comeback::domain::playbook::Role::Lead);
    let command = Command::Override { schedule: "enterprise".into(), shift };
    other.submit(Work::People { actor: Actor::Rep { rep, role }, command }).await.unwrap();
    assert_eq!(office.reads("comeback_expectations_broken").await, 1);
}
