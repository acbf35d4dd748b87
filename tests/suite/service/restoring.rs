//! A backup brought back, and the file of opt-outs that is kept outside of it.

use std::collections::BTreeSet;
use std::sync::Arc;

use comeback::domain::command::{Actor, Command};
use comeback::domain::consent::{OptOutSource, Scope, ScopeRule};
use comeback::domain::conversation::AnswerState;
use comeback::domain::event::Review;
use comeback::journal::{Checkpoint, Inconsistent};
use comeback::server::checkpoints::{Standing, stands};
use comeback::server::opt_outs::{self, Words};
use comeback::server::restore::{self, Prepared};
use comeback::server::service::{Heard, Work};
use comeback::server::store::Restored;

use super::{Floor, buyer, minutes, parked};

async fn restores(floor: &Floor, words: &Words) -> Prepared {
    restore::prepare(Arc::clone(&floor.store), floor.clock.clone(), words).await.unwrap()
}

#[tokio::test]
async fn what_may_have_left_since_is_unknown_and_what_cannot_have_stays() {
    let mut floor = Floor::opens().await;
    let c = floor.mayas_buyer().await;
    let other = floor.texts(2, "main", "hello").await;
    let gone = floor.texts(3, "main", "hello").await;
    let sending = floor.answers("maya", c, "at the carrier").await;
    floor.clock.advance(minutes(1));
    assert!(floor.begins(c, sending).await);
    let held = floor.answers("maya", c, "held").await;
    let waits = floor.answers("ben", other, "parked").await;
    floor.texts(2, "main", "wait").await;
    let stopped = floor.answers("ben", gone, "never").await;
    floor.texts(3, "main", "STOP").await;
    let unanswered = floor.state(other).await.clock.expect("it runs");

    let prepared = restores(&floor, &Words::default()).await;
    assert_eq!(prepared.doubtful, 3);
    assert!(prepared.epoch > 1);
    for (c, message) in [(c, sending), (c, held), (other, waits)] {
        assert_eq!(floor.standing(c, message).await, Some(AnswerState::Unknown));
    }
    assert_eq!(floor.standing(gone, stopped).await, Some(parked(&[Review::OptedOut])));
    assert_eq!(floor.state(other).await.clock, None, "the buyer may have an answer");
    assert!(floor.store.due_sends(floor.now(), 10).await.unwrap().0.is_empty());
    let restored = floor.store.restores().await.unwrap();
    assert!(!restored[0].reconciled && restored[0].epoch == prepared.epoch);

    // The carrier never had it: it is with its rep again, and so is the clock.
    let work =
        Work::Machine { actor: Actor::Carrier, conversation: other, command: Command::NeverLeft { message: waits } };
    floor.restarts().await;
    floor.service.submit(work).await.unwrap();
    assert_eq!(floor.standing(other, waits).await, Some(parked(&[Review::NeverLeft])));
    assert_eq!(floor.state(other).await.clock, Some(unanswered));
    assert_eq!(floor.state(gone).await.clock, None);
}

#[tokio::test]
async fn opt_outs_go_into_a_file_and_from_it_into_a_backup_also_of_numbers_it_never_knew() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("outs");
    let mut floor = Floor::opens().await;
    let mut backup = Floor::opens().await;
    let (one, two) = (backup.texts(1, "main", "hello").await, backup.texts(2, "main", "STOP").await);
    for (n, body) in [(1, "hello"), (2, "STOP"), (1, "STOP"), (2, "START"), (3, "STOP")] {
        floor.clock.advance(minutes(1));
        floor.texts(n, "main", body).await;
    }
    let mut written = None;
    opt_outs::follow(floor.store.as_ref(), &file, &mut written).await.unwrap();
    // A crash: it goes on from where the file ends, and writes nothing twice.
    let told = floor.texts(4, "main", "hello").await;
    floor.does("lea", told, Command::OptOut { source: OptOutSource::Rep("lea".into()) }).await;
    opt_outs::follow(floor.store.as_ref(), &file, &mut None).await.unwrap();
    opt_outs::follow(floor.store.as_ref(), &file, &mut written).await.unwrap();
    let text = std::fs::read_to_string(&file).unwrap();
    assert_eq!(text.lines().count(), 6, "the last one twice: two followers, which a lock on the database prevents");
    // A later version writes more.
    std::fs::write(
        &file,
        format!("{text}{{\"epoch\":1,\"seq\":99,\"at\":\"x\",\"event\":\"erased\",\"who\":\"x\"}}\n"),
    )
    .unwrap();

    let words = opt_outs::read(&file).unwrap();
    let out: BTreeSet<_> = words.last.iter().filter(|(_, word)| word.out).map(|(a, _)| a.clone()).collect();
    assert_eq!((out, words.unknown), ([buyer(1), buyer(3), buyer(4)].into(), 1));
    let prepared = restores(&backup, &words).await;
    assert_eq!(prepared.consents, 4);
    backup.restarts().await;
    let source = async |c| backup.number_of(c).await.opted_out.map(|o| o.source);
    assert_eq!(source(one).await, Some(OptOutSource::Keyword("stop".to_owned())));
    assert_eq!(source(two).await, None, "welcome again");
    let stranger = backup.texts(4, "main", "me again").await;
    let known = backup.number_of(stranger).await.opted_out.map(|o| o.source);
    assert_eq!(known, Some(OptOutSource::Rep("lea".into())));
    // The new epoch is followed from its beginning on; what the old one wrote stays.
    opt_outs::follow(backup.store.as_ref(), &file, &mut None).await.unwrap();
    let lines = std::fs::read_to_string(&file).unwrap();
    let ours = lines.lines().filter(|l| l.contains(&format!("\"epoch\":{},", prepared.epoch))).count();
    assert_eq!((ours, lines.lines().count()), (4, 11));
    assert_eq!(opt_outs::read(&file).unwrap().last, words.last);
}

#[tokio::test]
async fn an_opt_out_from_one_line_outlives_a_backup_as_it_was_and_so_does_what_a_list_could_not_undo() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("outs");
    let (mut floor, backup) = (Floor::opens().await, Floor::opens().await);
    let mut playbook = crate::world::playbook();
    playbook.consent.scope = ScopeRule::Number;
    for service in [&floor.service, &backup.service] {
        service.submit(Work::Playbook(Box::new(playbook.clone().into()))).await.unwrap();
    }
    for (n, line, body) in [(1, "main", "STOP"), (1, "dock", "STOP"), (1, "dock", "START"), (2, "main", "STOP")] {
        floor.clock.advance(minutes(1));
        floor.texts(n, line, body).await;
    }
    let list = Heard {
        actor: Actor::Operator,
        address: buyer(2),
        out: false,
        source: OptOutSource::Import("list".to_owned()),
        scope: Scope::Tenant,
        said: Some(floor.now()),
        undated: false,
        words: None,
        line: None,
    };
    floor.service.submit(Work::Heard(Box::new(list))).await.unwrap();
    opt_outs::follow(floor.store.as_ref(), &file, &mut None).await.unwrap();
    restores(&backup, &opt_outs::read(&file).unwrap()).await;
    for n in [1, 2] {
        let (number, _) = backup.store.consent_of(&buyer(n)).await.unwrap().unwrap();
        let outs: Vec<_> = number.outs().map(|(scope, out)| (scope.clone(), out.source.clone())).collect();
        assert_eq!(outs, [(Scope::Number("main".into()), OptOutSource::Keyword("stop".to_owned()))], "{n}");
    }
}

#[tokio::test]
async fn checkpoints_of_before_hold_up_to_where_the_backup_ended() {
    let mut floor = Floor::opens().await;
    floor.texts(1, "main", "hello").await;
    let (end, _) = floor.store.head().await.unwrap();
    let prepared = restores(&floor, &Words::default()).await;
    let (head, epoch) = floor.store.head().await.unwrap();
    let restores = floor.store.restores().await.unwrap();
    assert_eq!((epoch, restores[0].after), (prepared.epoch, end.seq));
    let hash_of = |seq| (seq == end.seq).then_some(end.hash);
    let at = |epoch: u32, seq, hash| Checkpoint { epoch: epoch.into(), seq, hash, at: end.at };
    let say = |c: Checkpoint| stands(&c, epoch, &head, &restores, hash_of);
    assert_eq!(say(at(1, end.seq, end.hash)), Ok(Standing::Held));
    assert_eq!(say(at(1, end.seq, [1; 32])), Err(Inconsistent::Rewritten { seq: end.seq }));
    assert_eq!(say(at(1, end.seq + 1, [1; 32])), Ok(Standing::Lost));
    assert_eq!(say(at(epoch, head.seq, head.hash)), Ok(Standing::Held));
    assert_eq!(say(at(epoch, head.seq + 1, [1; 32])), Ok(Standing::Later));
    assert_eq!(say(at(epoch + 1, 1, [1; 32])), Ok(Standing::Later));
    // An epoch that another restore left behind stands nowhere in this past.
    let later = Restored { epoch: epoch + 9, after: end.seq, since: end.at, reconciled: true };
    let both = [restores[0].clone(), later];
    let left = stands(&at(epoch + 3, 1, [1; 32]), epoch + 9, &head, &both, hash_of);
    assert_eq!(left, Ok(Standing::Lost));
}
