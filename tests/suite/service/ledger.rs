//! Words of consent from outside, through the committer: in the journal, in the ledger, and against unsent texts.

use std::sync::Arc;

use comeback::domain::command::{Actor, Command};
use comeback::domain::consent::ledger::Taken;
use comeback::domain::consent::{OptOutSource, Replies, Scope, ScopeRule};
use comeback::domain::contact::Body;
use comeback::domain::conversation::AnswerState;
use comeback::domain::event::Review;
use comeback::domain::id::ConversationId;
use comeback::domain::rejection::Rejection;
use comeback::domain::time::Timestamp;
use comeback::journal::frame::digest;
use comeback::server::consent::line;
use comeback::server::service::{Heard, Outcome, Work};
use comeback::server::store::Store;
use comeback::server::store::consent::ConsentStore as _;
use comeback::server::store::memory::MemoryStore;
use comeback::server::store::sqlite::SqliteStore;
use comeback::wire::changes::Author;
use comeback::wire::command::{Envelope, Verdict};
use uuid::Uuid;

use super::{Floor, begin, buyer, device, minutes, parked, push, said, started, verdict};

fn heard(n: u32, out: bool, said: Timestamp) -> Heard {
    Heard {
        actor: Actor::Operator,
        address: buyer(n),
        out,
        source: OptOutSource::Import("list".to_owned()),
        scope: Scope::Tenant,
        said: Some(said),
        undated: false,
        words: None,
        line: None,
    }
}

async fn take(floor: &Floor, heard: Heard) -> Taken {
    match floor.service.submit(Work::Heard(Box::new(heard))).await.unwrap() {
        Outcome::Heard(taken) => taken,
        other => panic!("{other:?}"),
    }
}

async fn stores() -> (Vec<Floor>, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let sqlite = SqliteStore::open(&folder.path().join("comeback.sqlite")).unwrap();
    let all: [Arc<dyn Store>; 2] = [Arc::new(MemoryStore::default()), Arc::new(sqlite)];
    let mut floors = Vec::new();
    for store in all {
        floors.push(Floor::over(store).await);
    }
    (floors, folder)
}

#[tokio::test]
async fn a_list_that_opts_a_number_out_takes_back_what_was_held_before_the_runner_can_start_it() {
    let (floors, _folder) = stores().await;
    for mut floor in floors {
        let main = floor.mayas_buyer().await;
        let dock = floor.texts(1, "dock", "hello dock").await;
        let held = floor.answers("maya", main, "held").await;
        let elsewhere = floor.answers("nora", dock, "held on another line").await;
        floor.clock.advance(minutes(1));
        let list = Work::Heard(Box::new(heard(1, true, floor.now())));
        let service = floor.service.clone();
        let (list, first, second) = tokio::join!(
            service.submit(list),
            service.submit(begin(main, held)),
            service.submit(begin(dock, elsewhere))
        );
        assert!(matches!(list.unwrap(), Outcome::Heard(Taken::New)));
        assert!(!started(&first.unwrap(), held) && !started(&second.unwrap(), elsewhere));
        assert_eq!(floor.standing(main, held).await, Some(parked(&[Review::OptedOut])));
        assert_eq!(floor.standing(dock, elsewhere).await, Some(parked(&[Review::OptedOut])));
        assert!(floor.state(main).await.clock.is_none());
    }
}

#[tokio::test]
async fn a_list_without_dates_counts_once_and_read_again_undoes_no_start() {
    let (floors, _folder) = stores().await;
    for mut floor in floors {
        let undated = |floor: &Floor, from: &str| Heard {
            source: OptOutSource::Import(from.to_owned()),
            undated: true,
            ..heard(7, true, floor.now())
        };
        let c = floor.texts(7, "main", "Hello?").await;
        let is_out = async |floor: &Floor| {
            let (number, _) = floor.store.consent_of(&buyer(7)).await.unwrap().unwrap();
            number.outs().count() == 1
        };
        assert_eq!(take(&floor, undated(&floor, "list")).await, Taken::New);
        assert!(is_out(&floor).await);
        floor.clock.advance(minutes(1));
        assert_eq!(take(&floor, undated(&floor, "list")).await, Taken::Known, "read twice");
        floor.texts(7, "main", "START").await;
        assert!(!is_out(&floor).await);
        for _ in 0..2 {
            floor.clock.advance(minutes(5));
            assert_eq!(take(&floor, undated(&floor, "list")).await, Taken::Repeated);
            assert!(!is_out(&floor).await, "the buyer came back since");
        }
        let answer = Command::Answer { message: floor.fresh(), body: Body::new("Hi"), accept: Vec::new() };
        assert!(!matches!(floor.does("lea", c, answer).await, Verdict::Parked { .. }), "texts go again");
        // A date that is newer, or another list, is news.
        assert_eq!(take(&floor, heard(7, true, floor.now())).await, Taken::New);
        assert!(is_out(&floor).await);
        floor.clock.advance(minutes(1));
        floor.texts(7, "main", "START").await;
        floor.clock.advance(minutes(1));
        assert_eq!(take(&floor, undated(&floor, "another list")).await, Taken::New);
        assert!(is_out(&floor).await);
    }
}

#[tokio::test]
async fn a_list_read_after_a_stop_is_remembered_too() {
    let (floors, _folder) = stores().await;
    for mut floor in floors {
        let undated = |floor: &Floor| Heard { undated: true, ..heard(7, true, floor.now()) };
        floor.texts(7, "main", "STOP").await;
        floor.clock.advance(minutes(1));
        take(&floor, undated(&floor)).await;
        floor.clock.advance(minutes(1));
        floor.texts(7, "main", "START").await;
        floor.clock.advance(minutes(1));
        assert_eq!(take(&floor, undated(&floor)).await, Taken::Repeated);
        let (number, _) = floor.store.consent_of(&buyer(7)).await.unwrap().unwrap();
        assert_eq!(number.outs().count(), 0);
    }
}

#[tokio::test]
async fn a_number_that_never_wrote_has_a_ledger_whose_proof_is_the_journal() {
    let (floors, _folder) = stores().await;
    for mut floor in floors {
        let given = floor.now() - minutes(600);
        let words = Some(Body::new("form on /pricing\nText me about my quote."));
        assert_eq!(take(&floor, Heard { words: words.clone(), ..heard(7, false, given) }).await, Taken::New);
        assert_eq!(take(&floor, heard(7, true, given - minutes(5))).await, Taken::Overtaken);
        assert_eq!(take(&floor, heard(7, true, given + minutes(5))).await, Taken::New);
        for (out, at) in [(false, given), (true, given + minutes(5)), (true, given + minutes(1))] {
            assert_eq!(
                take(&floor, heard(7, out, at)).await,
                if out && at < given { Taken::Overtaken } else { Taken::Known }
            );
        }
        // The first text of its own is received; it is out, and START alone opens the door.
        let c = floor.texts(7, "main", "Hello?").await;
        let answer = Command::Answer { message: floor.fresh(), body: Body::new("Hi"), accept: Vec::new() };
        assert_eq!(floor.does("lea", c, answer).await, Verdict::Parked { reasons: vec![Review::OptedOut] });
        floor.texts(7, "main", "START").await;

        let (number, conversations) = floor.store.consent_of(&buyer(7)).await.unwrap().unwrap();
        assert_eq!((number.outs().count(), conversations.len(), number.evidence.len()), (0, 1, 2));
        let rows = floor.store.ledger_of(number.id, 100).await.unwrap();
        let playbook = floor.service.playbook();
        let told: Vec<_> = rows.iter().map(|row| line(&playbook, row)).collect();
        let kinds: Vec<&str> = told.iter().map(|line| line.event.as_str()).collect();
        assert_eq!(kinds, ["opted_in", "opted_out", "opted_in"]);
        assert_eq!(told[0].at, given.to_string(), "when they said it, not when we heard of it");
        assert_eq!((told[2].how.as_str(), told[2].actor.as_str()), ("they texted “start”", "the carrier"));
        let journal = floor.journal().await;
        for row in &rows {
            let entry = journal.iter().find(|e| e.seq == row.entry.seq).unwrap();
            assert_eq!((entry.hash, &entry.body), (row.entry.hash, &row.entry.body));
        }
        // The words stand beside the journal, which holds their digest.
        assert_eq!(rows[0].words, words);
        let frame = said(&rows[0].entry);
        assert_eq!(frame.content.len(), 1);
        assert_ne!(frame.content[0].digest, digest(&[0; 16], words.as_ref().unwrap().as_str()), "salted");
        let all = floor.store.ledger(0, 2).await.unwrap();
        assert_eq!(all.len(), 2, "a page");
        assert_eq!(floor.store.ledger(all[1].entry.seq, 9).await.unwrap().len(), 1, "and the rest");
        assert_eq!(floor.store.ledger_of(number.id, 1).await.unwrap()[0].entry.seq, rows[2].entry.seq, "the newest");
        assert!(floor.store.consent_of(&buyer(99)).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn an_opt_out_from_one_line_leaves_the_others_to_be_texted() {
    let (floors, _folder) = stores().await;
    for mut floor in floors {
        let mut playbook = crate::world::playbook();
        playbook.consent.scope = ScopeRule::Number;
        floor.service.submit(Work::Playbook(Box::new(playbook.into()))).await.unwrap();
        let main = floor.mayas_buyer().await;
        let dock = floor.texts(1, "dock", "hello dock").await;
        let (held, elsewhere) =
            (floor.answers("maya", main, "held").await, floor.answers("nora", dock, "held on another line").await);
        floor.texts(1, "main", "STOP").await;
        floor.clock.advance(minutes(1));
        assert!(!floor.begins(main, held).await);
        assert!(floor.begins(dock, elsewhere).await);
    }
}

#[tokio::test]
async fn our_confirmation_is_the_playbooks_words_sent_once_to_a_number_that_is_out() {
    let (floors, _folder) = stores().await;
    for mut floor in floors {
        let mut playbook = crate::world::playbook();
        playbook.consent.replies = Replies::Us;
        floor.service.submit(Work::Playbook(Box::new(playbook.into()))).await.unwrap();
        let c = floor.mayas_buyer().await;
        floor.texts(1, "main", "STOP").await;
        floor.texts(1, "main", "STOP").await;
        let state = floor.state(c).await;
        let ours: Vec<_> = state.answers.iter().filter(|(_, a)| a.automatic).collect();
        assert_eq!(ours.len(), 1);
        let (_, messages) = floor.store.messages(c, u64::MAX, 9).await.unwrap().unwrap();
        let text = messages.iter().find(|m| m.author == Author::Automatic).unwrap();
        let words = text.body.as_ref().unwrap().as_str();
        assert!(words.starts_with("Harbor & Pine: you are opted out") && words.contains("START"), "{words}");
        let (due, _) = floor.store.due_sends(floor.now(), 9).await.unwrap();
        assert_eq!(due.iter().map(|s| s.message).collect::<Vec<_>>(), [*ours[0].0]);
        assert!(floor.begins(c, *ours[0].0).await);
        assert!(!floor.begins(c, *ours[0].0).await, "never twice");
        assert_eq!(floor.standing(c, *ours[0].0).await, Some(AnswerState::Sending));
        let anyway =
            Command::Answer { message: floor.fresh(), body: Body::new("Sorry"), accept: vec![Review::OptedOut] };
        floor.does("maya", c, anyway).await;
        floor.clock.advance(minutes(1));
        assert!(floor.store.due_sends(floor.now(), 9).await.unwrap().0.is_empty(), "nothing further");
    }
}

#[tokio::test]
async fn a_database_of_before_the_ledger_finds_its_old_words_in_the_journal() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("comeback.sqlite");
    let mut floor = Floor::over(Arc::new(SqliteStore::open(&path).unwrap())).await;
    floor.texts(1, "main", "hello").await;
    floor.texts(1, "main", "STOP").await;
    floor.clock.advance(minutes(1));
    floor.texts(1, "main", "START").await;
    let (number, _) = floor.store.consent_of(&buyer(1)).await.unwrap().unwrap();
    let seqs = async |store: &SqliteStore| {
        let rows = store.ledger_of(number.id, 9).await.unwrap();
        rows.iter().map(|row| row.entry.seq).collect::<Vec<_>>()
    };
    let before = seqs(&SqliteStore::open(&path).unwrap()).await;
    assert_eq!(before.len(), 2);
    drop(floor);
    // As it was before the migration.
    let db = rusqlite::Connection::open(&path).unwrap();
    for index in ["notice_consent", "notice_consent_due", "notice_alert_of", "notice_consent_dead", "number_blocked"] {
        db.execute_batch(&format!("DROP INDEX {index}")).unwrap();
    }
    // So are the migrations after it: each is run again.
    db.execute_batch(
        "DROP TABLE ledger; DROP TABLE ruling; DROP TABLE line_stop; DROP TABLE media; DROP TABLE media_content; \
         DROP TABLE record; DROP TABLE departure; DROP TABLE past_reply; DROP TABLE crm_write; DROP TABLE crm_read; \
         DROP TABLE number_joined; DROP TABLE card_account; DROP TABLE pushed_sign; \
         DROP TRIGGER campaign_sent_more; DROP TABLE campaign_sent; \
         ALTER TABLE line DROP COLUMN extra; DROP TABLE card_contact; DROP TABLE crm_changed; \
         DROP INDEX card_stale; ALTER TABLE card DROP COLUMN stale; DELETE FROM schema_version WHERE version >= 10",
    )
    .unwrap();
    drop(db);
    assert_eq!(seqs(&SqliteStore::open(&path).unwrap()).await, before);
}

/// Maya begins with the `n`th buyer; what is said to her.
async fn begins_with(floor: &mut Floor, n: u32) -> Verdict {
    let nobody = ConversationId(Uuid::nil());
    let command = Command::Begin { to: buyer(n), line: "main".into(), conversation: nobody };
    let envelope = floor.envelope("maya", nobody, 0, command);
    let envelope = Envelope { after: envelope.n - 1, conversation: None, ..envelope };
    verdict(floor.service.submit(push("maya", vec![envelope])).await.unwrap())
}

#[tokio::test]
async fn whoever_never_wrote_is_texted_first_by_the_ledgers_opt_in_alone_and_not_after_a_newer_opt_out() {
    let (floors, _folder) = stores().await;
    for mut floor in floors {
        let refused = |why: &str| Verdict::Refused { rejection: Rejection::NoConsent { why: why.to_owned() } };
        floor.store.put_invite([1; 32], &"maya".into(), floor.now() + minutes(1)).await.unwrap();
        floor.store.redeem([1; 32], floor.now(), device("maya"), "a desk", [2; 32]).await.unwrap().unwrap();
        let unknown = refused("they never texted us, and no opt-in is recorded");
        assert_eq!(begins_with(&mut floor, 7).await, unknown, "and no hint whether any record knows the number");
        floor.crm_says(7, vec![crate::world::card("c-7")]).await;
        assert_eq!(begins_with(&mut floor, 7).await, unknown, "the CRM's word is no consent");
        let given = floor.now() - minutes(600);
        take(&floor, Heard { scope: Scope::Number("dock".into()), ..heard(7, false, given) }).await;
        assert_eq!(begins_with(&mut floor, 7).await, unknown, "consent to another line is none to this one");
        take(&floor, heard(7, false, given)).await;
        assert_eq!(begins_with(&mut floor, 7).await, Verdict::Done);

        let (_, conversations) = floor.store.consent_of(&buyer(7)).await.unwrap().unwrap();
        let c = conversations[0].id;
        assert_eq!((conversations.len(), conversations[0].inbound), (1, 0));
        let answer = floor.answers("maya", c, "You asked for a quote").await;
        take(&floor, heard(7, true, given + minutes(5))).await;
        assert_eq!(floor.standing(c, answer).await, Some(parked(&[Review::OptedOut])));
        assert_eq!(begins_with(&mut floor, 7).await, refused("this number opted out"));
        assert!(!floor.begins(c, answer).await);
    }
}
