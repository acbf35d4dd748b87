//! A disk without space, and a database that somebody else holds.

use std::path::{Path, PathBuf};
use std::process::Command;

use rusqlite::Connection;

use super::super::tmux::eventually;
use super::office::{Office, SLOW};
use super::record;

/// A file system of a few megabytes, unmounted with the test. To mount it takes root; others need `sudo` without a
/// password.
struct Small(PathBuf);

/// As root, or by sudo.
fn as_root(arguments: &[&str]) {
    let root = Command::new("id").arg("-u").output().unwrap().stdout.starts_with(b"0\n");
    let line: Vec<&str> = if root { arguments.to_vec() } else { [&["sudo", "-n"], arguments].concat() };
    let done = Command::new(line[0]).args(&line[1..]).status().unwrap();
    assert!(done.success(), "{line:?} failed: this test mounts a small file system, as root or by sudo");
}

impl Small {
    fn mount(at: &Path) -> Self {
        std::fs::create_dir(at).unwrap();
        as_root(&["mount", "-t", "tmpfs", "-o", "size=3m,mode=0777", "tmpfs", at.to_str().unwrap()]);
        Self(at.to_owned())
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("-l").arg(&self.0).status());
    }
}

#[test]
fn a_full_disk_ends_the_backend_and_with_space_again_nothing_acknowledged_is_missing() {
    let office = Office::open(SLOW);
    let small = Small::mount(&office.machine.home().join("small"));
    let file = small.0.join("comeback.db");
    let database = format!("sqlite:{}", file.display());
    let mut serve = office.serve_in(&[], &[], &database, &[]);
    office.sets_line_up(&database);
    assert_eq!(office.answered(&office.text("+14155550100", "With space")), Some(200));
    // Somebody else's file takes nearly all the rest.
    let filler = small.0.join("filler");
    let (mut size, mut free) = (0usize, vec![0u8; 3 << 20]);
    loop {
        free.truncate(free.len() / 2);
        if std::fs::write(small.0.join("probe"), &free).is_ok() {
            break;
        }
    }
    std::fs::remove_file(small.0.join("probe")).unwrap();
    while std::fs::write(&filler, vec![0u8; size + (64 << 10)]).is_ok() {
        size += 64 << 10;
    }
    std::fs::write(&filler, vec![0u8; size.saturating_sub(128 << 10)]).unwrap();

    let (mut n, mut kept) = (0, vec!["With space".to_owned()]);
    loop {
        n += 1;
        let body = format!("Text {n}");
        match office.answered(&office.text("+14155550100", &body)) {
            Some(200) => kept.push(body),
            _ => break,
        }
        assert!(n < 500, "the disk never filled");
    }
    assert_eq!(serve.ends(), Some(1), "{}", serve.said());
    let said = serve.said();
    for words in ["the backend stopped", "database or disk is full", "Everything acknowledged is on disk"] {
        assert!(said.contains(words), "no {words:?} in: {said}");
    }
    std::fs::remove_file(&filler).unwrap();
    let serve = office.serve_in(&[], &[], &database, &[]);
    eventually("all texts", || (record::kept(&file).len() == n + 1).then_some(()));
    assert_eq!(office.answered(&office.text("+14155550100", "Again")), Some(200));
    serve.stop();
    let all = record::kept(&file);
    assert!(kept.iter().all(|body| all.iter().filter(|b| *b == body).count() == 1), "{kept:?} {all:?}");
    office.verifies(&database);
}

#[test]
fn a_database_held_by_somebody_else_is_busy_not_broken() {
    let office = Office::open(SLOW);
    let (database, file) = (office.machine.database(), office.at("comeback.db"));
    let serve = office.serve(&[]);
    office.sets_line_up(&database);
    let lea = office.signs_in(&database, "lea");
    assert_eq!(office.answered(&office.text("+14155550100", "Before")), Some(200));

    let holder = Connection::open(&file).unwrap();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    // The carrier gives up after fifteen seconds; it is told sooner to come again. Reading goes on.
    let refused: Vec<String> = (1..=5).map(|n| office.text("+14155550100", &format!("Meanwhile {n}"))).collect();
    for sid in &refused {
        assert_eq!(office.answered(sid), Some(503));
    }
    assert_eq!(office.conversation(&lea, "+14155550100")["state"]["inbound"], 1);
    holder.execute_batch("ROLLBACK").unwrap();

    assert_eq!(office.answered(&office.text("+14155550100", "After")), Some(200));
    let message = office.answers(&lea, 1, "+14155550100", "Here we are");
    eventually("an answer that leaves", || {
        office.standing(&lea, "+14155550100", &message).get("out").is_some().then_some(())
    });
    serve.stop();
    // What was refused was not kept, and the carrier's list still has it.
    assert_eq!(record::kept(Path::new(&file)), ["Before", "After"]);
    let serve = office.serve(&[]);
    eventually("what the carrier was told to bring again", || {
        (record::kept(Path::new(&file)).len() == 7).then_some(())
    });
    serve.stop();
    office.verifies(&database);
}
