//! Comings and goings at the service: followed up from what is on disk, whoever said so and whenever the process ends.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use comeback::domain::command::{Actor, Command, CoverNote};
use comeback::domain::contact::Body;
use comeback::domain::event::Climb;
use comeback::domain::expectation::{Expectation, Reply, Then};
use comeback::domain::id::{ConversationId, OverrideId, RepId};
use comeback::domain::oncall::Override;
use comeback::domain::ownership::OwnerSource;
use comeback::domain::playbook::{Playbook, Role};
use comeback::domain::rejection::Rejection;
use comeback::domain::routing::{Because, Holder};
use comeback::server::feed::{self, Ask, Presences};
use comeback::server::service::{Outcome, Work};
use comeback::server::store::Device;
use comeback::server::store::sqlite::SqliteStore;
use comeback::server::{cover, engine};
use comeback::wire::command::Verdict;
use uuid::Uuid;

use super::{Floor, device, minutes, said};

impl Floor {
    async fn says(&self, rep: &str, command: Command) -> Outcome {
        let rep = RepId::from(rep);
        let role = self.service.playbook().reps.get(&rep).map_or(Role::Rep, |r| r.role);
        self.service.submit(Work::People { actor: Actor::Rep { rep, role }, command }).await.unwrap()
    }

    async fn holder(&self, c: ConversationId) -> Option<Holder> {
        self.state(c).await.assignment.map(|a| a.to)
    }
}

fn rep(name: &str) -> Holder {
    Holder::Rep(name.into())
}

#[tokio::test]
async fn whoever_goes_is_covered_and_whoever_comes_back_has_it_again() {
    let mut floor = Floor::opens().await;
    let c = floor.mayas_buyer().await;
    floor.says("maya", Command::away(true)).await;
    cover::follow_up(&floor.service).await.unwrap();
    assert_eq!(floor.holder(c).await, Some(rep("ben")));
    assert_eq!(floor.state(c).await.owner, Some("maya".into()), "it is lent");
    floor.says("maya", Command::away(false)).await;
    cover::follow_up(&floor.service).await.unwrap();
    assert_eq!((floor.holder(c).await, floor.state(c).await.loan), (Some(rep("maya")), None));
    let before = floor.journal().await.len();
    cover::follow_up(&floor.service).await.unwrap();
    assert_eq!(floor.journal().await.len(), before, "settled is settled");
}

#[tokio::test(start_paused = true)]
async fn a_waiting_poll_is_answered_when_somebody_goes_or_comes_back_and_once_for_each() {
    let floor = Floor::opens().await;
    let presences = Presences::default();
    let lea =
        Device { id: device("lea"), rep: "lea".into(), name: String::new(), created: floor.now(), revoked: false };
    let first = Ask { playbook: 1, ..Ask::default() };
    let mut page = feed::changes(&floor.service, &presences, &lea, &first).await.unwrap();
    // Of oneself from another terminal, and of a colleague.
    for (who, away) in [("lea", true), ("lea", false), ("maya", true), ("maya", false)] {
        let ask = Ask { since: page.cursor, wait: Duration::from_secs(20), ..first.clone() };
        let says = async {
            tokio::time::sleep(Duration::from_secs(5)).await;
            floor.says(who, Command::away(away)).await;
        };
        let began = tokio::time::Instant::now();
        let (told, ()) = tokio::join!(feed::changes(&floor.service, &presences, &lea, &ask), says);
        assert_eq!(began.elapsed(), Duration::from_secs(5), "{who} {away}");
        page = told.unwrap();
        let shown = page.roster.iter().find(|one| one.rep.as_str() == who);
        assert_eq!(shown.map(|one| one.away), Some(away), "{who}");
        // Told once: the next one waits, also where it is woken for something else.
        let ask = Ask { since: page.cursor, wait: Duration::from_secs(20), ..first.clone() };
        let stirs = async {
            tokio::time::sleep(Duration::from_secs(5)).await;
            floor.service.pulse().nudge();
        };
        let began = tokio::time::Instant::now();
        let (told, ()) = tokio::join!(feed::changes(&floor.service, &presences, &lea, &ask), stirs);
        assert_eq!(began.elapsed(), Duration::from_secs(20), "{who} {away}");
        page = told.unwrap();
    }
}

#[tokio::test]
async fn what_is_of_a_team_that_a_version_loses_is_counted_before_and_goes_to_the_team_of_its_line() {
    let mut floor = Floor::opens().await;
    let c = floor.mayas_buyer().await;
    let mut playbook = (*floor.service.playbook()).clone();
    let gone = floor.state(c).await.team;
    assert_eq!(cover::homeless(floor.store.as_ref(), &playbook).await.unwrap(), 0);
    playbook.teams.remove(&gone);
    playbook.lines.values_mut().for_each(|line| line.team = "harbor".into());
    assert_eq!(cover::homeless(floor.store.as_ref(), &playbook).await.unwrap(), 1);
    floor.service.submit(Work::Playbook(Box::new(playbook.clone().into()))).await.unwrap();
    cover::follow_up(&floor.service).await.unwrap();
    assert_eq!(floor.state(c).await.team, "harbor".into());
    assert_eq!(cover::homeless(floor.store.as_ref(), &playbook).await.unwrap(), 0);
}

#[tokio::test]
async fn what_a_dead_process_had_not_followed_up_the_next_one_does() {
    let dir = tempfile::tempdir().unwrap();
    let mut floor = Floor::over(Arc::new(SqliteStore::open(&dir.path().join("c.db")).unwrap())).await;
    let c = floor.mayas_buyer().await;
    let until = floor.now() + minutes(90);
    floor.says("maya", Command::Away { away: true, until: Some(until), note: None, rep: None }).await;
    floor.restarts().await;
    cover::follow_up(&floor.service).await.unwrap();
    assert_eq!(floor.holder(c).await, Some(rep("ben")));
    floor.clock.advance(minutes(89));
    cover::follow_up(&floor.service).await.unwrap();
    assert!(floor.store.roster().await.unwrap().away.contains_key(&"maya".into()));
    floor.clock.advance(minutes(2));
    floor.restarts().await;
    cover::follow_up(&floor.service).await.unwrap();
    let roster = floor.store.roster().await.unwrap();
    assert!(roster.away.is_empty() && roster.absences.is_empty(), "{roster:?}");
    assert_eq!(floor.holder(c).await, Some(rep("maya")));
}

/// A buyer whom everybody let pass: it stands with the lead, late.
async fn stands_last(floor: &mut Floor) -> ConversationId {
    let c = floor.mayas_buyer().await;
    for _ in 0..60 {
        floor.clock.advance(minutes(5));
        engine::fire(&floor.service).await.unwrap();
    }
    assert_eq!((floor.holder(c).await, floor.state(c).await.assignment.unwrap().expires), (Some(rep("lea")), None));
    c
}

#[tokio::test]
async fn a_version_that_is_applied_moves_no_standing_offer() {
    let mut floor = Floor::opens().await;
    let (c, mut known) = (stands_last(&mut floor).await, None);
    cover::follow_up_since(&floor.service, &mut known).await.unwrap();
    let (before, length) = (floor.state(c).await, floor.journal().await.len());
    let mut playbook = crate::world::playbook();
    playbook.company = "Harbor & Oak".to_owned();
    // Somebody new is no return, either.
    let fresh = playbook.reps[&"ben".into()].clone();
    playbook.reps.insert("theo".into(), fresh);
    playbook.teams.get_mut(&"enterprise".into()).unwrap().members.insert("theo".into());
    floor.service.submit(Work::Playbook(Box::new(playbook.into()))).await.unwrap();
    assert_eq!(floor.journal().await.len(), length + 1);
    cover::follow_up_since(&floor.service, &mut known).await.unwrap();
    floor.restarts().await;
    cover::follow_up(&floor.service).await.unwrap();
    assert_eq!((floor.journal().await.len(), floor.state(c).await), (length + 1, before));
}

#[tokio::test]
async fn whoever_really_comes_back_moves_what_stands_last_also_after_a_restart() {
    for restarts in [false, true] {
        let mut floor = Floor::opens().await;
        let (c, mut known) = (stands_last(&mut floor).await, None);
        cover::follow_up_since(&floor.service, &mut known).await.unwrap();
        floor.clock.advance(minutes(1));
        // Gone and back before anybody looked.
        floor.says("ben", Command::away(true)).await;
        floor.says("ben", Command::away(false)).await;
        if restarts {
            floor.restarts().await;
            cover::follow_up(&floor.service).await.unwrap();
        } else {
            cover::follow_up_since(&floor.service, &mut known).await.unwrap();
        }
        let a = floor.state(c).await.assignment.unwrap();
        assert_eq!((a.to, a.because.climbed), (rep("maya"), Some(Climb::Back)), "restarts: {restarts}");
        let before = floor.journal().await.len();
        cover::follow_up(&floor.service).await.unwrap();
        assert_eq!(floor.journal().await.len(), before, "once");
    }
}

#[tokio::test]
async fn whom_a_version_leaves_out_loses_what_they_had_and_the_reason_says_so() {
    for removed in [false, true] {
        let mut floor = Floor::opens().await;
        let (owned, mut known) = (floor.mayas_buyer().await, None);
        let taken = floor.texts(2, "main", "Who sells these?").await;
        assert_eq!(floor.does("maya", taken, Command::Take).await, Verdict::Done);
        cover::follow_up_since(&floor.service, &mut known).await.unwrap();
        assert_eq!([floor.holder(owned).await, floor.holder(taken).await], [Some(rep("maya")), Some(rep("maya"))]);
        let clocks = [floor.state(owned).await.clock, floor.state(taken).await.clock];
        let mut playbook = crate::world::playbook();
        playbook.teams.get_mut(&"enterprise".into()).unwrap().members.remove(&"maya".into());
        if removed {
            playbook.reps.remove(&"maya".into());
        } else {
            playbook.reps.get_mut(&"maya".into()).unwrap().active = false;
        }
        floor.service.submit(Work::Playbook(Box::new(playbook.into()))).await.unwrap();
        cover::follow_up_since(&floor.service, &mut known).await.unwrap();
        let (owned, taken) = (floor.state(owned).await, floor.state(taken).await);
        assert_eq!([owned.clock, taken.clock], clocks, "running clocks run on");
        // The rules are asked again whose it is.
        let why = |because: Because| because.passed.into_iter().find(|p| p.who == "maya").map(|p| p.why).unwrap();
        let a = owned.assignment.unwrap();
        assert_eq!((a.to, owned.owner, owned.loan), (rep("ines"), Some("ines".into()), None), "removed: {removed}");
        let said = why(a.because);
        assert!(said.ends_with("is not with us any more"), "{said}");
        // Of nobody's it goes to their backup as long as the policy names one.
        let a = taken.assignment.unwrap();
        let wanted = if removed { Holder::Pool("enterprise".into()) } else { rep("ben") };
        assert_eq!(
            (a.to, a.because.climbed.clone(), taken.loan),
            (wanted, Some(Climb::Left), None),
            "removed: {removed}"
        );
        assert_eq!(why(a.because), "is not with us any more");
    }
}

#[tokio::test]
async fn a_cover_note_is_kept_beside_the_record_and_goes_with_the_absence() {
    let mut floor = Floor::opens().await;
    let note = CoverNote { message: floor.fresh(), body: Body::new("Dana wants the contract by noon") };
    floor.says("maya", Command::Away { away: true, until: None, note: Some(note), rep: None }).await;
    let roster = floor.store.roster().await.unwrap();
    let kept = roster.absence(&"maya".into()).and_then(|absence| absence.note.clone());
    assert_eq!(kept, Some(Body::new("Dana wants the contract by noon")));
    let entry = floor.journal().await.pop().unwrap();
    let text = String::from_utf8(entry.body.clone()).unwrap();
    assert!(!text.contains("Dana") && said(&entry).content.len() == 1, "its digest alone: {text}");
    floor.says("maya", Command::away(false)).await;
    assert_eq!(floor.store.roster().await.unwrap().absence(&"maya".into()), None);
}

#[tokio::test]
async fn refusals_write_nothing() {
    let floor = Floor::opens().await;
    let before = floor.journal().await.len();
    let away = Command::Away { away: true, until: None, note: None, rep: Some("maya".into()) };
    assert!(matches!(floor.says("ben", away).await, Outcome::Refused(Rejection::NotAllowed { .. })));
    assert!(matches!(floor.says("ben", Command::away(false)).await, Outcome::Decided(facts) if facts.is_empty()));
    assert_eq!(floor.journal().await.len(), before);
}

#[tokio::test]
async fn what_the_playbook_expects_is_decided_again_after_an_override() {
    let floor = Floor::opens().await;
    let mut playbook = crate::world::playbook();
    playbook.ladders.values_mut().for_each(|ladder| ladder.steps.rotate_left(3));
    playbook.ladders.values_mut().for_each(|ladder| ladder.steps.push(ladder.steps[1].clone()));
    let expected = Expectation {
        name: "On call it is Omar".to_owned(),
        reply: Reply::to("main".into()),
        at: floor.now(),
        away: [].into(),
        then: Then { gets: Some(rep("omar")), ..Then::default() },
    };
    let playbook = Playbook { expectations: vec![expected], ..playbook };
    floor.service.submit(Work::Playbook(Box::new(playbook.into()))).await.unwrap();
    assert_eq!(floor.reads("comeback_expectations_broken"), 0);
    let id = OverrideId(Uuid::from_u128(7));
    let shift = Override { id, rep: Some("lea".into()), from: floor.now(), to: floor.now() + minutes(60) };
    floor.says("lea", Command::Override { schedule: "enterprise".into(), shift }).await;
    assert_eq!(floor.reads("comeback_expectations_broken"), 1);
    floor.says("lea", Command::DropOverride { schedule: "enterprise".into(), id }).await;
    assert_eq!(floor.reads("comeback_expectations_broken"), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn turns_are_fair_under_sixteen_writers_at_once() {
    let mut floor = Floor::opens().await;
    let mut playbook = crate::world::playbook();
    playbook.ownership = vec![OwnerSource::RoundRobin.into()];
    floor.service.submit(Work::Playbook(Box::new(playbook.into()))).await.unwrap();
    let mut work = Vec::new();
    for n in 0..16 * 15 {
        work.push(floor.text(1000 + n, "main", "Hello"));
    }
    let writers = work.chunks(15).map(|own| {
        let (service, own) = (floor.service.clone(), own.to_vec());
        tokio::spawn(async move {
            for text in own {
                service.submit(text).await.unwrap();
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    let mut dealt: Vec<String> = Vec::new();
    for entry in floor.journal().await {
        let frame = said(&entry);
        if frame.kind == "owned" {
            dealt.push(frame.event["owner"].as_str().unwrap().to_owned());
        }
    }
    assert_eq!(dealt.len(), 16 * 15);
    for three in dealt.chunks(3) {
        let mut names = three.to_vec();
        names.sort();
        assert_eq!(names, ["ben", "ines", "maya"], "nobody twice before the others had theirs: {three:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nobody_gets_more_than_they_can_hold_however_many_come_at_once() {
    let mut floor = Floor::opens().await;
    let mut playbook = crate::world::playbook();
    playbook.ownership = vec![OwnerSource::LeastLoaded.into()];
    for (name, most) in [("maya", 3), ("ben", 2), ("ines", 1)] {
        playbook.reps.get_mut(&name.into()).unwrap().capacity = Some(most);
    }
    floor.service.submit(Work::Playbook(Box::new(playbook.into()))).await.unwrap();
    let work: Vec<Work> = (0..10).map(|n| floor.text(1000 + n, "main", "Hello")).collect();
    // All are handed over before the first is waited for: they are decided in one group, or few.
    let waiting: Vec<_> = work.into_iter().map(|text| floor.service.hand_over(text).unwrap()).collect();
    for done in waiting {
        done.await.unwrap();
    }
    let all = comeback::domain::visibility::Principal::All;
    let mut held: BTreeMap<Holder, usize> = BTreeMap::new();
    for c in floor.store.open_seen_by(&all).await.unwrap() {
        *held.entry(c.assignment.unwrap().to).or_default() += 1;
    }
    let wanted = [
        (Holder::Rep("ben".into()), 2),
        (Holder::Rep("ines".into()), 1),
        (Holder::Rep("maya".into()), 3),
        (Holder::Pool("enterprise".into()), 4),
    ];
    assert_eq!(held, wanted.into(), "the rest is seen by everybody in the pool");
}
