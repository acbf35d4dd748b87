//! Every opt-out and opt-in reaches the systems that the playbook names, each by itself, in order, and again until it is
//! taken.

use comeback::domain::alert::Redact;
use comeback::domain::command::Actor;
use comeback::domain::consent::{OptOutSource, Scope};
use comeback::domain::contact::Address;
use comeback::domain::time::Span;
use comeback::server::dossier;
use comeback::server::service::{Heard, Work};
use serde_json::json;

use super::scene::{Receiver, SECRET, Scene, eventually, webhook};

const BUYER: &str = "+14155550001";

/// The marketing tool and the CRM hear of consent.
async fn telling(marketing: &Receiver, crm: &Receiver, folder: &std::path::Path) -> Scene {
    Scene::of(|playbook| {
        for (name, receiver) in [("marketing", marketing), ("crm", crm)] {
            let channel = webhook(receiver, folder, &[SECRET], Redact::Names);
            playbook.alerting.channels.insert(name.to_owned(), channel);
            playbook.consent.tell.push(name.to_owned());
        }
    })
    .await
}

#[tokio::test]
async fn an_opt_out_is_told_to_each_system_with_the_number_and_its_proof() {
    let (marketing, crm, folder) = (Receiver::listen().await, Receiver::listen().await, tempfile::tempdir().unwrap());
    let mut scene = telling(&marketing, &crm, folder.path()).await;
    scene.texts(1, "main", "STOP").await;
    scene.starts();
    for receiver in [&marketing, &crm] {
        let told = receiver.wait_for(1).await.remove(0);
        assert!(told.header("webhook-signature").starts_with("v1,"));
        let said = told.json();
        assert_eq!(said["type"], "consent.opted_out");
        let data = &said["data"];
        assert_eq!((&data["number"], &data["scope"]), (&json!(BUYER), &json!("tenant")));
        assert_eq!(
            (&data["source"], &data["said"]),
            (&json!({ "keyword": "stop" }), &json!("2026-03-03T15:00:00.000Z"))
        );
        let entry = scene.store.entries(data["entry"].as_u64().unwrap() - 1, 1).await.unwrap().remove(0);
        assert!(String::from_utf8_lossy(&entry.body).contains("\"opted_out\""));
    }
    scene.all_told().await;
    assert_eq!(scene.store.untold_consents().await.unwrap(), comeback::server::store::consent::Untold::default());
    // The answer to a complaint says so, behind the word itself.
    let address = Address::parse(BUYER).unwrap();
    let told = dossier::of(scene.store.as_ref(), &scene.service.playbook(), &address).await.unwrap().unwrap();
    let place = |words: &str| told.lines.iter().position(|line| line.what[0].starts_with(words));
    let word = place("opted out of").unwrap_or_else(|| panic!("{told:#?}"));
    for channel in ["marketing", "crm"] {
        let at = place(&format!("the channel {channel} was told of their opt-out (entry "));
        assert!(at.is_some_and(|at| at > word), "{channel}: {told:#?}");
    }
    scene.stops().await;
}

#[tokio::test]
async fn a_system_that_is_down_hears_it_late_and_in_order_and_holds_back_no_other() {
    let (marketing, crm, folder) = (Receiver::listen().await, Receiver::listen().await, tempfile::tempdir().unwrap());
    let mut scene = telling(&marketing, &crm, folder.path()).await;
    marketing.answers(&[503; 3]);
    let stopped = scene.now();
    scene.texts(1, "main", "STOP").await;
    scene.clock.advance(Span::seconds(1));
    scene.texts(1, "main", "START").await;
    scene.starts();
    assert_eq!(
        crm.wait_for(2).await.iter().map(|t| t.json()["type"].clone()).collect::<Vec<_>>(),
        ["consent.opted_out", "consent.opted_in"]
    );
    // It failed, and waits: the lag is known.
    let tried = async |n: u32| {
        eventually("a failure is recorded", async || {
            let (number, _) = scene.store.consent_of(&Address::parse(BUYER).unwrap()).await.unwrap()?;
            let rows = scene.store.consent_notices(number.id, 9).await.unwrap();
            rows.into_iter().find(|row| row.tries == n).map(|row| row.next_at)
        })
        .await
    };
    for n in 1..=3 {
        let next = tried(n).await;
        // The second word waits behind the first; the other system knows both.
        eventually("two words wait", async || {
            let untold = scene.store.untold_consents().await.unwrap();
            ((untold.waiting, untold.oldest) == (2, Some(stopped))).then_some(())
        })
        .await;
        scene.passes(next.since(scene.now())).await;
    }
    let told = marketing.wait_for(5).await;
    let kinds: Vec<_> = told.iter().map(|t| t.json()["type"].as_str().unwrap().to_owned()).collect();
    assert_eq!(kinds[..4], ["consent.opted_out"; 4].map(str::to_owned), "the same one until it is taken");
    assert_eq!(kinds[4], "consent.opted_in");
    let ids: Vec<&str> = told[..4].iter().map(|t| t.header("webhook-id")).collect();
    assert_eq!(ids, [ids[0]; 4]);
    eventually("nothing waits", async || (scene.store.untold_consents().await.unwrap().waiting == 0).then_some(()))
        .await;
    scene.stops().await;
}

#[tokio::test]
async fn it_is_never_given_up_while_the_system_only_fails_and_a_long_list_holds_back_no_alert() {
    let (marketing, crm, folder) = (Receiver::listen().await, Receiver::listen().await, tempfile::tempdir().unwrap());
    let mut scene = telling(&marketing, &crm, folder.path()).await;
    for n in 0..600 {
        let heard = Heard {
            actor: Actor::Operator,
            address: Address::parse(&format!("+1212555{n:04}")).unwrap(),
            out: true,
            source: OptOutSource::Import("list".to_owned()),
            scope: Scope::Tenant,
            said: Some(scene.now()),
            undated: false,
            words: None,
            line: None,
        };
        scene.service.submit(Work::Heard(Box::new(heard))).await.unwrap();
    }
    let (first, _) = scene.store.consents_due(scene.now(), 2_000).await.unwrap();
    assert_eq!(first.len(), 1_200);
    assert!(scene.store.notices(500).await.unwrap().is_empty(), "they wait apart from what people are told");
    // One of them failed for longer than any alert is tried.
    let mut row = first[0].clone();
    row.tries = 40;
    scene.store.put_notices(&[row.clone()]).await.unwrap();
    marketing.answers(&[500; 2_000]);
    crm.answers(&[500; 2_000]);
    scene.starts();
    eventually("it waits for the next round", async || {
        let number = if let comeback::domain::alert::What::Consent { number, .. } = &row.notice.what {
            *number
        } else {
            return None;
        };
        let rows = scene.store.consent_notices(number, 9).await.unwrap();
        rows.into_iter().find(|r| r.id == row.id && r.tries == 41 && r.ended.is_none())
    })
    .await;
    scene.stops().await;
}
