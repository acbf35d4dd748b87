//! A backup brought back: the past returns, and nothing is sent, lost or believed because of it.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::{Value, json};

use super::super::tmux::eventually;
use super::office::{Office, SLOW};
use super::record;

const OUT: &str = "+14155550111";
const ANSWERED: &str = "+14155550112";
const QUEUED: &str = "+14155550113";
const LATER: &str = "+14155550114";
const STRANGER: &str = "+14155550115";

fn opt_out(office: &Office, token: &str, n: u64, phone: &str) {
    let command = json!({ "do": "opt_out", "source": { "rep": "lea" } });
    let verdict = office.commands(token, n, &office.conversation(token, phone), &command);
    assert_eq!(verdict["verdict"], "done", "{verdict}");
}

fn mode(path: &str) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn status(office: &Office, path: &str, token: &str) -> u16 {
    office.machine.status(&office.url(path), token)
}

#[test]
fn a_backup_brought_back_sends_nothing_twice_and_nothing_to_who_said_stop() {
    let office = Office::open(SLOW);
    let database = office.machine.database();
    let (file, key, seen, outs) = (office.at("comeback.db"), office.at("key"), office.at("seen"), office.at("outs"));
    office.machine.does(&["audit", "key", "--out", &key], "");
    let kept = ["--checkpoint-file", &seen, "--checkpoint-key", &key, "--opt-out-file", &outs];
    let serve = office.serve(&kept);
    office.sets_line_up(&database);
    let lea = office.signs_in(&database, "lea");

    // Before the backup: four buyers, and an answer that waits for its rep.
    for phone in [OUT, ANSWERED, QUEUED, LATER] {
        assert_eq!(office.answered(&office.text(phone, &format!("Before, from {phone}"))), Some(200));
    }
    // While the carrier says "not now", answers queue.
    office.machine.post(&office.emulator("faults"), &json!({ "send_429": true, "callbacks": "none" }));
    let sent = office.answers(&lea, 1, ANSWERED, "This leaves after the backup");
    let queued = office.answers(&lea, 2, QUEUED, "This waits for ever");
    let backup = office.at("backup.db");
    let said = office.machine.does(&["backup", "--database", &database, "--out", &backup], "");
    assert!(said.contains("backed up to") && said.contains("of epoch 1, head "), "{said}");
    assert_eq!(mode(&backup), 0o600);
    assert!(!Path::new(&format!("{backup}-wal")).exists(), "one file");
    let again = office.machine.run(&["backup", "--database", &database, "--out", &backup], "");
    assert!(!again.ok && again.err.contains("never written over"), "{}", again.err);

    // After it: one answer leaves, the other is taken back; three texts, two opt-outs, one of them of a stranger.
    let (mut n, command) = (3, json!({ "do": "recall", "message": queued }));
    eventually("a moment in which it is not at the carrier", || {
        n += 1;
        (office.commands(&lea, n - 1, &office.conversation(&lea, QUEUED), &command)["verdict"] == "done").then_some(())
    });
    office.machine.post(&office.emulator("faults"), &json!({ "reset": true, "callbacks": "none" }));
    eventually("the first answer", || (office.sends_accepted() == ["This leaves after the backup"]).then_some(()));
    for (phone, words) in [(LATER, "After"), (STRANGER, "Who are you?")] {
        assert_eq!(office.answered(&office.text(phone, words)), Some(200));
    }
    opt_out(&office, &lea, n, OUT);
    opt_out(&office, &lea, n + 1, STRANGER);
    eventually("both opt-outs outside the database", || {
        let lines = std::fs::read_to_string(&outs).unwrap_or_default();
        (lines.contains(OUT) && lines.contains(STRANGER)).then_some(())
    });
    assert_eq!(mode(&outs), 0o600);
    let cursor =
        office.machine.get(&office.url("/v1/changes?since=&wait=0"), &lea)["cursor"].as_str().unwrap().to_owned();
    let before = record::journal(Path::new(&file)).len();
    serve.kill();
    // This one's webhook reaches nobody.
    office.answered(&office.text(LATER, "While you were away"));

    // The old database stays where it is until somebody moves it.
    let restore = ["restore", "--backup", &backup, "--database", &database, "--opt-outs", &outs];
    let restore = [&restore[..], &["--checkpoint", &seen, "--key", &key]].concat();
    let refused = office.machine.run(&restore, "");
    assert!(!refused.ok && refused.err.contains("is there already. Nothing was changed"), "{}", refused.err);
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::rename(format!("{file}{end}"), format!("{file}.old{end}"));
    }
    let said = office.machine.does(&restore, "");
    for words in ["the backup is whole", "consent of 2 number(s)", "2 answer(s) unknown", "must sign in again"] {
        assert!(said.contains(words), "no {words:?} in: {said}");
    }
    assert_eq!(mode(&file), 0o600);
    assert!(!Path::new(&format!("{file}.restoring")).exists());

    // The carrier does not show its list: nothing leaves, and the operator reads why.
    office.machine.post(&office.emulator("faults"), &json!({ "list_500": true }));
    let serve = office.serve(&kept);
    let (_, ready) = office.machine.asks(&office.url("/ready")).unwrap();
    assert!(ready.contains("no answer leaves before"), "{ready}");
    let (_, metrics) = office.machine.asks(&office.url("/metrics")).unwrap();
    assert!(metrics.contains("comeback_sends_wait_for_lists 1\n"), "{metrics}");
    // Tokens of before open nothing; a new device syncs from the start, an old cursor is gone.
    assert_eq!(status(&office, "/v1/session", &lea), 401);
    let lea = office.signs_in(&database, "lea");
    assert_eq!(status(&office, &format!("/v1/changes?since={cursor}&wait=0"), &lea), 410);
    // An answer accepted meanwhile waits.
    office.answers(&lea, 1, LATER, "Too early");
    eventually("a complaint", || serve.said().contains("not every line's texts since are read yet").then_some(()));
    assert_eq!(office.standing(&lea, LATER, "x"), Value::Null);
    assert_eq!(office.sends_accepted(), ["This leaves after the backup"]);
    for message in [&sent, &queued] {
        let phone = if message == &sent { ANSWERED } else { QUEUED };
        assert_eq!(office.standing(&lea, phone, message), "unknown");
    }

    // The list comes back: texts since are read, what needs the rep's eye waits for it, the rest goes on.
    office.machine.post(&office.emulator("faults"), &json!({ "reset": true, "callbacks": "none" }));
    eventually("all that buyers wrote", || {
        let kept = record::kept(Path::new(&file));
        ["After", "Who are you?", "While you were away"].iter().all(|w| kept.iter().any(|k| k == w)).then_some(())
    });
    eventually("answers that may leave again", || {
        let (_, ready) = office.machine.asks(&office.url("/ready"))?;
        (!ready.contains("no answer leaves")).then_some(())
    });
    eventually("the answer that had left, found at the carrier", || {
        let standing = office.standing(&lea, ANSWERED, &sent);
        standing.get("out").is_some().then_some(())
    });
    assert_eq!(office.standing(&lea, QUEUED, &queued), "unknown", "one listing proves nothing");
    let later = office.conversation(&lea, LATER);
    let parked = later["state"]["answers"].as_object().unwrap().values().next().unwrap();
    assert!(parked["state"]["parked"]["reasons"].to_string().contains("newer_reply"), "{parked}");
    // Who opted out stays out, known before or not.
    for (n, phone) in [(2, OUT), (3, STRANGER)] {
        let conversation = office.conversation(&lea, phone);
        assert_eq!(conversation["number"]["opted_out"]["source"], json!({ "rep": "lea" }), "{phone}");
        let command = json!({ "do": "answer", "message": uuid::Uuid::now_v7(), "body": "Please?", "accept": [] });
        let verdict = office.commands(&lea, n, &conversation, &command);
        assert!(verdict.to_string().contains("opted_out"), "{verdict}");
    }
    office.answers(&lea, 4, ANSWERED, "And here we are again");
    eventually("a new answer", || office.sends_accepted().contains(&"And here we are again".to_owned()).then_some(()));
    assert_eq!(office.sends_accepted(), ["This leaves after the backup", "And here we are again"]);
    serve.stop();

    // The record says all of it, and the checkpoints of before hold as far as they can.
    let kinds: Vec<String> =
        record::journal(Path::new(&file)).iter().map(|e| e["kind"].as_str().unwrap().to_owned()).collect();
    assert_eq!(kinds.iter().filter(|k| *k == "restored").count(), 1);
    assert_eq!(kinds.iter().filter(|k| *k == "reconciled").count(), 1);
    assert!(before > 0);
    let verify = ["audit", "verify", "--database", &database, "--checkpoint", &seen, "--key", &key];
    let said = office.machine.does(&verify, "");
    for words in ["whole: ", "was brought back at", "checkpoint(s) saw"] {
        assert!(said.contains(words), "no {words:?} in: {said}");
    }
    // The same checkpoints against the database of before: it is no longer the one in force.
    let old = format!("sqlite:{file}.old");
    let refused =
        office.machine.run(&["audit", "verify", "--database", &old, "--checkpoint", &seen, "--key", &key], "");
    assert!(!refused.ok && refused.err.contains("contradicts the checkpoint"), "{}", refused.err);
}

#[test]
fn a_backup_that_is_damaged_foreign_or_not_the_one_that_was_seen_is_not_brought_back() {
    let office = Office::open(SLOW);
    let database = office.machine.database();
    let serve = office.serve(&[]);
    office.sets_line_up(&database);
    assert_eq!(office.answered(&office.text(OUT, "Hello?")), Some(200));
    serve.stop();
    let (key, seen, backup) = (office.at("key"), office.at("seen"), office.at("backup.db"));
    office.machine.does(&["audit", "key", "--out", &key], "");
    office.machine.does(&["audit", "checkpoint", "--database", &database, "--key", &key, "--out", &seen], "");
    office.machine.does(&["backup", "--database", &database, "--out", &backup], "");

    let target = format!("sqlite:{}", office.at("new.db"));
    let refused = |backup: &str, more: &[&str]| {
        let restore = ["restore", "--backup", backup, "--database", &target];
        let said = office.machine.run(&[&restore[..], more].concat(), "");
        assert!(!said.ok, "{}", said.out);
        for left in ["new.db", "new.db.restoring"] {
            assert!(!Path::new(&office.at(left)).exists(), "{left} is left: {}", said.err);
        }
        said.err
    };
    let bytes = std::fs::read(&backup).unwrap();
    let with = |name: &str, bytes: &[u8]| {
        std::fs::write(office.at(name), bytes).unwrap();
        office.at(name)
    };
    let said = refused(&with("half", &bytes[..bytes.len() / 2]), &[]);
    assert!(said.contains("is no whole database"), "{said}");
    let said = refused(&with("words", b"no database at all, but long enough to look at"), &[]);
    assert!(said.contains("is no whole database"), "{said}");
    let said = refused(&office.at("nowhere"), &[]);
    assert!(said.contains("there is no backup at"), "{said}");
    let said = refused(&backup, &["--opt-outs", &with("outs", b"{\"number\": \"+14155550100\"}\n")]);
    assert!(said.contains("line 1 of the file of opt-outs") && !said.contains("+1415"), "{said}");

    // Another journal of the same length: only the checkpoint tells.
    let forged = office.at("forged.db");
    std::fs::copy(&backup, &forged).unwrap();
    record::rewrite_last_entry(Path::new(&forged));
    let said = refused(&forged, &["--checkpoint", &seen, "--key", &key]);
    assert!(said.contains("contradicts the checkpoint"), "{said}");
    office.machine.does(&["restore", "--backup", &forged, "--database", &target], "");
}
