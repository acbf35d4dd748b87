//! Operations hear when what the playbook expects does not hold any more: whatever somebody changed about people.

use comeback::domain::alert::Redact;
use comeback::domain::command::Command;
use comeback::domain::escalation::Who;
use comeback::domain::expectation::{Expectation, Reply, Then};
use comeback::domain::id::OverrideId;
use comeback::domain::oncall::Override;
use comeback::domain::routing::Holder;
use comeback::domain::succession::without;
use comeback::domain::time::Span;
use comeback::server::service::Work;
use serde_json::json;

use super::scene::{Receiver, SECRET, Scene, webhook};

#[tokio::test]
async fn operations_hear_after_an_override_a_swap_an_absence_and_a_departure() {
    let (receiver, folder) = (Receiver::listen().await, tempfile::tempdir().unwrap());
    let mut scene = Scene::of(|playbook| {
        let hook = webhook(&receiver, folder.path(), &[SECRET], Redact::Names);
        playbook.alerting.channels.insert("hook".to_owned(), hook);
        playbook.alerting.operations = vec!["hook".to_owned()];
        // Whoever is on call is asked first, and Omar and Inés take weeks: this one is his.
        for ladder in playbook.ladders.values_mut() {
            let on_call = ladder.steps.iter().position(|step| step.who == Who::OnCall).unwrap();
            ladder.steps.swap(0, on_call);
        }
        let on_call = playbook.teams.get_mut(&"enterprise".into()).unwrap().on_call.as_mut().unwrap();
        on_call.reps = vec![Some("omar".into()), Some("ines".into())];
        playbook.expectations = vec![Expectation {
            name: "On call it is Omar".to_owned(),
            reply: Reply::to("main".into()),
            at: crate::world::at(crate::world::TUESDAY_TEN),
            away: [].into(),
            then: Then { gets: Some(Holder::Rep("omar".into())), ..Then::default() },
        }];
    })
    .await;
    scene.starts();
    let schedule = || "enterprise".into();
    let ids = [1, 2, 3].map(|n| OverrideId(uuid::Uuid::from_u128(n)));
    let drop = |id| Command::DropOverride { schedule: schedule(), id };
    let now = scene.now();

    let shift = Override { id: ids[0], rep: Some("lea".into()), from: now, to: now + Span::minutes(60) };
    scene.of_people("lea", Command::Override { schedule: schedule(), shift }).await;
    let mut heard = receiver.wait_for(1).await;
    scene.of_people("lea", drop(ids[0])).await;

    let swap = Command::Swap {
        schedule: schedule(),
        ids: [ids[1], ids[2]],
        one: now,
        other: now + Span::minutes(8 * 24 * 60),
    };
    scene.of_people("lea", swap).await;
    heard.extend(receiver.wait_for(2).await.into_iter().skip(1));
    scene.of_people("lea", drop(ids[1])).await;
    scene.of_people("lea", drop(ids[2])).await;

    scene.goes_away("omar").await;
    heard.extend(receiver.wait_for(3).await.into_iter().skip(2));
    scene.of_people("omar", Command::away(false)).await;

    let after = without(&scene.service.playbook(), &"omar".into(), &"ben".into()).playbook;
    scene.service.submit(Work::Playbook(Box::new(after.into()))).await.unwrap();
    heard.extend(receiver.wait_for(4).await.into_iter().skip(3));
    scene.all_told().await;
    scene.stops().await;

    assert_eq!(receiver.so_far().len(), 4, "each is told once, and that it holds again is no alarm");
    for (told, instead) in heard.iter().zip(["lea", "ines", "pool:enterprise", "ben"]) {
        let said = told.json();
        assert_eq!(said["type"], json!("expectation.broken"));
        let sentence = said["data"]["sentence"].as_str().unwrap();
        assert_eq!(sentence, format!("\"On call it is Omar\": gets should be omar, and is {instead}"));
    }
}
