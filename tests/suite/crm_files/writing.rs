//! Writes into the folder: a line each, on disk, once, whatever a crash left behind.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use comeback::domain::contact::Body;
use comeback::domain::id::{ContactId, RepId};
use comeback::domain::time::{Span, Timestamp};
use comeback::server::crm::files::Files;
use comeback::server::crm::when::instant;
use comeback::server::crm::write::{Priority, What};
use comeback::server::crm::{Crm as _, CrmError, Owned, TaskState, Write};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{PEOPLE, folder, reps, rewrite};

const NAME: &str = "written.jsonl";

fn now() -> Timestamp {
    instant("2026-11-03T10:00:00Z").unwrap()
}

fn write(contact: &str, what: What) -> Write {
    Write {
        key: Uuid::now_v7(),
        contact: ContactId::new(contact),
        deal: None,
        owner: Some(RepId::from("maya")),
        at: now(),
        link: "comeback explain 1".to_owned(),
        what,
    }
}

fn text(words: &str) -> Write {
    write("c-1", What::Log { inbound: true, body: Body::new(words), sla: None })
}

fn task() -> Write {
    let due = now() + Span::minutes(60);
    let (subject, words) = ("Call Dana".to_owned(), String::new());
    write("c-1", What::Task { subject, words, priority: Priority::Normal, due })
}

fn lines(folder: &Path) -> Vec<Value> {
    let text = fs::read_to_string(folder.join(NAME)).unwrap();
    assert!(text.is_empty() || text.ends_with('\n'), "it ends in the middle of a line");
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn unreachable(e: &CrmError) -> &str {
    let CrmError::Unreachable(why) = e else { panic!("{e:?}") };
    why
}

#[tokio::test]
async fn a_folder_is_written_into_only_when_it_may_be() {
    let (folder, crm) = folder(&[("contacts.csv", PEOPLE)]);
    assert!(!crm.takes_writes());
    assert!(matches!(crm.write(&text("yes")).await, Err(CrmError::Cannot(_))));
    assert!(!folder.path().join(NAME).exists());
    assert!(crm.writing().takes_writes());
}

#[tokio::test]
async fn each_write_is_a_line_under_its_key_and_never_two() {
    let (folder, crm) = folder(&[("contacts.csv", PEOPLE)]);
    let crm = crm.writing();
    let (said, due) = (text("Is 20% \"possible\"?\nAsking"), task());
    assert_eq!(crm.find(&said).await, Ok(None));
    for write in [&said, &due, &said, &due] {
        assert_eq!(crm.write(write).await, Ok(write.key.to_string()));
        assert_eq!(crm.find(write).await, Ok(Some(write.key.to_string())));
    }
    let all = lines(folder.path());
    assert_eq!(all.len(), 2, "{all:#?}");
    assert_eq!(
        all[0],
        json!({
            "key": said.key, "kind": "log", "contact": "c-1", "deal": null, "owner": "maya",
            "at": "2026-11-03T10:00:00.000Z", "link": "comeback explain 1", "inbound": true,
            "body": "Is 20% \"possible\"?\nAsking", "sla": null,
        })
    );
    assert_eq!(all[1]["subject"], "Call Dana");
    let owner = write("c-2", What::Owner);
    crm.write(&owner).await.unwrap();
    assert_eq!(
        (&lines(folder.path())[2]["kind"], &lines(folder.path())[2]["owner"]),
        (&json!("owner"), &json!("maya"))
    );
    let readable = fs::metadata(folder.path().join(NAME)).unwrap().permissions().mode() & 0o777;
    assert_eq!(readable, 0o600, "it holds texts");
    assert_eq!(crm.write(&write("c-9", What::Owner)).await, Err(CrmError::NotFound), "nobody there has this id");
    // A process that comes after reads what was written before it.
    drop(crm);
    let after = Files::new(folder.path(), reps()).unwrap().writing();
    assert_eq!(after.find(&said).await, Ok(Some(said.key.to_string())));
    after.write(&due).await.unwrap();
    assert_eq!(lines(folder.path()).len(), 3);
}

#[tokio::test]
async fn whose_somebody_is_a_row_says_and_of_whom_nobody_knows_it_says_nothing() {
    let people =
        "id,name,phone,owner\nc-1,Dana Fox,+14155550123,maya@northwind.example\nc-2,Nils Farouk,+13125550162,\n";
    let (_folder, crm) = folder(&[("contacts.csv", people)]);
    let crm = crm.writing();
    let owned = async |contact: &str| crm.owned(&write(contact, What::Owner)).await;
    assert_eq!(owned("c-1").await, Ok(Owned::By(RepId::from("maya"))));
    assert_eq!(owned("c-2").await, Ok(Owned::Nobody));
    assert_eq!(owned("c-9").await, Err(CrmError::NotFound));
}

#[tokio::test]
async fn a_line_that_a_crash_cut_off_anywhere_is_written_once_and_spoils_no_other() {
    let (folder, crm) = folder(&[("contacts.csv", PEOPLE)]);
    let crm = crm.writing();
    let (first, second, third) = (text("first"), text("second ü"), text("third"));
    crm.write(&first).await.unwrap();
    let before = fs::read(folder.path().join(NAME)).unwrap();
    crm.write(&second).await.unwrap();
    let whole = fs::read(folder.path().join(NAME)).unwrap();
    drop(crm);
    for cut in before.len()..=whole.len() {
        fs::write(folder.path().join(NAME), &whole[..cut]).unwrap();
        let crm = Files::new(folder.path(), reps()).unwrap().writing();
        // As the runner does after a crash: it is looked for, and made when it is not there.
        let found = crm.find(&second).await.unwrap();
        assert_eq!(found.is_some(), cut + 1 >= whole.len(), "all of it but its end of line, cut at {cut}");
        if found.is_none() {
            crm.write(&second).await.unwrap();
        }
        crm.write(&third).await.unwrap();
        let keys: Vec<Value> = lines(folder.path()).iter().map(|line| line["key"].clone()).collect();
        assert_eq!(keys, [&first, &second, &third].map(|write| json!(write.key)), "cut at {cut}");
    }
}

#[tokio::test]
async fn a_task_is_done_by_our_own_word_or_by_a_row_of_whoever_completed_it() {
    let (folder, crm) = folder(&[("contacts.csv", PEOPLE)]);
    let crm = crm.writing();
    let (ours, theirs, open, passed, later) = (task(), task(), task(), task(), task());
    for task in [&ours, &theirs, &open, &passed, &later] {
        crm.write(task).await.unwrap();
        assert_eq!(crm.task(&task.key.to_string()).await, Ok(TaskState::Open));
    }
    let done = write("c-1", What::TaskDone { task: ours.key.to_string(), passed_on: false });
    crm.write(&done).await.unwrap();
    let on = What::TaskDone { task: passed.key.to_string(), passed_on: true };
    crm.write(&write("c-1", on)).await.unwrap();
    crm.write(&write("c-1", What::PutAside { task: later.key.to_string() })).await.unwrap();
    let last = lines(folder.path()).pop().unwrap();
    assert_eq!((&last["kind"], &last["passed_on"]), (&json!("task_done"), &json!(true)), "{last}");
    let rows = format!("task,at\n{},2026-11-03T10:05:00Z\nno-task-of-ours,\n", theirs.key);
    rewrite(folder.path(), "tasks_done.csv", &rows);
    crm.books().await.unwrap();
    let at = |text| TaskState::Done { at: instant(text).unwrap() };
    assert_eq!(crm.task(&ours.key.to_string()).await, Ok(at("2026-11-03T10:00:00Z")));
    assert_eq!(crm.task(&theirs.key.to_string()).await, Ok(at("2026-11-03T10:05:00Z")));
    assert_eq!(crm.task(&open.key.to_string()).await, Ok(TaskState::Open));
    // A process that comes after knows the same.
    drop(crm);
    let after = Files::new(folder.path(), reps()).unwrap().writing();
    assert_eq!(after.task(&ours.key.to_string()).await, Ok(at("2026-11-03T10:00:00Z")));
    for nobodys in [&passed, &later] {
        assert_eq!(after.task(&nobodys.key.to_string()).await, Ok(TaskState::Deferred), "nobody did it");
    }
    assert_eq!(after.task(&theirs.key.to_string()).await, Ok(at("2026-11-03T10:05:00Z")));
    for none in [Uuid::now_v7().to_string(), "no key".to_owned(), done.key.to_string()] {
        assert_eq!(after.task(&none).await, Err(CrmError::NotFound), "{none}");
    }
    let none = Uuid::now_v7().to_string();
    for of_none in [What::TaskDone { task: none.clone(), passed_on: false }, What::PutAside { task: none }] {
        assert_eq!(after.write(&write("c-1", of_none)).await, Err(CrmError::NotFound));
    }
}

#[tokio::test]
async fn what_others_put_into_the_file_costs_no_write_and_one_program_at_a_time_has_it() {
    let (folder, crm) = folder(&[("contacts.csv", PEOPLE)]);
    let file = folder.path().join(NAME);
    let long = "x".repeat(700 * 1024);
    fs::write(&file, format!("not JSON\n\n[1]\n{{\"key\":7}}\n{long}\n{{\"key\":\"{}\"}}", Uuid::nil())).unwrap();
    let crm = crm.writing();
    let said = text("yes");
    crm.write(&said).await.unwrap();
    let written = fs::read_to_string(&file).unwrap();
    assert_eq!(written.lines().count(), 7, "nothing of it is lost");
    assert!(written.lines().last().unwrap().contains(&said.key.to_string()));
    assert_eq!(crm.find(&Write { key: Uuid::nil(), ..text("") }).await, Ok(Some(Uuid::nil().to_string())));
    let other = Files::new(folder.path(), reps()).unwrap().writing();
    let refused = other.write(&text("no")).await.unwrap_err();
    assert!(unreachable(&refused).contains("another program has written.jsonl"), "{refused}");
    drop(crm);
    other.write(&text("now")).await.unwrap();
    // Moved away, it begins anew.
    fs::rename(&file, folder.path().join("old.jsonl")).unwrap();
    let next = text("next");
    other.write(&next).await.unwrap();
    assert_eq!(lines(folder.path()).len(), 1);
    assert_eq!(other.find(&said).await, Ok(None));
    drop(other);
    // What ends in something endless is another's file, and is left alone.
    fs::write(&file, &long).unwrap();
    let crm = Files::new(folder.path(), reps()).unwrap().writing();
    let refused = crm.write(&text("yes")).await.unwrap_err();
    assert!(unreachable(&refused).contains("is it another file?"), "{refused}");
    assert_eq!(fs::metadata(&file).unwrap().len(), 700 * 1024);
    assert!(refused.may_have_been_made(), "it waits, and is looked for before it is made");
}
