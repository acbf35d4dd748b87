//! Power loss is not SIGKILL: what the system calls of a run show about the disk. And a disk that fails.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use serde_json::json;

use super::super::tmux::eventually;
use super::office::{Office, SLOW};
use super::record;

/// One system call that has ended.
#[derive(Debug)]
struct Call {
    name: String,
    /// Its first argument: the descriptor, with what it is of.
    descriptor: String,
    /// The whole line, data and all.
    text: String,
    /// What it gave back.
    result: i64,
    /// Lines of the trace at which it began and ended.
    began: usize,
    ended: usize,
}

/// Reads what `strace -f -y` wrote. A call that another thread's line cuts in two is put together again.
fn read(trace: &str) -> Vec<Call> {
    let (mut open, mut calls) = (BTreeMap::new(), Vec::new());
    for (at, line) in trace.lines().enumerate() {
        let Some((pid, rest)) = line.split_once(' ') else { continue };
        let rest = rest.trim_start();
        let (began, text) = if let Some(resumed) = rest.strip_prefix("<... ") {
            let Some((began, head)) = open.remove(pid) else { continue };
            (began, format!("{head}{}", resumed.split_once("resumed>").map_or("", |(_, tail)| tail)))
        } else {
            (at, rest.to_owned())
        };
        if let Some(head) = text.strip_suffix(" <unfinished ...>") {
            open.insert(pid.to_owned(), (began, head.to_owned()));
            continue;
        }
        let Some((name, arguments)) = text.split_once('(') else { continue };
        let result = text.rsplit_once(" = ").and_then(|(_, result)| result.split(' ').next()?.parse().ok());
        let Some(result) = result else { continue };
        let descriptor = arguments.split([',', ')']).next().unwrap_or_default().to_owned();
        calls.push(Call { name: name.to_owned(), descriptor, result, began, ended: at, text: text.clone() });
    }
    calls
}

/// Between the moment a request's own id reaches the log of the database and its 2xx, the log was synced. `asked` is how
/// the id stands in the request: the reconciler may have read of it in the carrier's list before.
fn was_durable(calls: &[Call], asked: &str, id: &str) -> Result<(), String> {
    let reads = ["recvfrom", "read", "readv"];
    let asked = calls.iter().find(|c| reads.contains(&c.name.as_str()) && c.text.contains(asked));
    let asked = asked.ok_or("its request was never read")?;
    let wal = |c: &&Call| c.descriptor.contains("-wal>");
    let written = calls.iter().filter(wal).find(|c| c.name == "pwrite64" && c.text.contains(id));
    let written = written.ok_or("it was never written to the log")?;
    let syncs = ["fsync", "fdatasync"];
    let synced = calls.iter().filter(wal).find(|c| syncs.contains(&c.name.as_str()) && c.began > written.ended);
    let synced = synced.filter(|c| c.result == 0).ok_or("the log was never synced after it")?;
    let writes = ["sendto", "write", "writev"];
    let answered = calls.iter().find(|c| {
        writes.contains(&c.name.as_str())
            && c.descriptor == asked.descriptor
            && c.text.contains("HTTP/1.1 200")
            && c.began > asked.ended
    });
    let answered = answered.ok_or("it was never answered")?;
    // All frames of a transaction are written by one thread, one after another, and its sync is the last of them.
    if answered.began > synced.ended { Ok(()) } else { Err("it was answered before the log was synced".to_owned()) }
}

#[test]
fn what_is_answered_2xx_was_synced_before_the_answer_was_written() {
    let office = Office::open(SLOW);
    let database = office.machine.database();
    let serve = office.serve(&[]);
    office.sets_line_up(&database);
    let lea = office.signs_in(&database, "lea");
    assert_eq!(office.answered(&office.text("+14155550100", "Before")), Some(200));
    serve.stop();

    let trace = office.at("trace");
    let calls = "trace=read,readv,recvfrom,write,writev,sendto,pwrite64,fsync,fdatasync";
    let strace = ["strace", "-f", "-y", "-s", "40000", "-e", calls, "-o", &trace];
    let serve = office.serve_in(&strace, &[], &database, &[]);
    // Twice thirty at once, so that groups form; and a rep's notes between them.
    let mut ids = Vec::new();
    for round in 0..2u64 {
        let texts: Vec<String> =
            (0..30).map(|n| office.text(&format!("+1415555{:04}", 200 + n), &format!("Round {round}"))).collect();
        for n in 0..3 {
            let note = uuid::Uuid::now_v7().to_string();
            let command = json!({ "do": "note", "message": note, "body": "noted" });
            let verdict =
                office.commands(&lea, round * 3 + n + 1, &office.conversation(&lea, "+14155550100"), &command);
            assert_eq!(verdict["verdict"], "done");
            ids.push((note.clone(), note));
        }
        for sid in texts {
            assert_eq!(office.answered(&sid), Some(200));
            ids.push((format!("MessageSid={sid}"), sid));
        }
    }
    serve.stop();
    let calls = read(&std::fs::read_to_string(&trace).unwrap());
    let wrong: Vec<_> =
        ids.iter().filter_map(|(asked, id)| Some((id, was_durable(&calls, asked, id).err()?))).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    assert_eq!(ids.len(), 66);
}

#[test]
fn the_reader_of_traces_finds_an_answer_that_came_too_early() {
    let lines = [
        "12 recvfrom(9<socket:[1]>, \"POST id=SM1\", 100) = 8",
        "13 pwrite64(5</x/db-wal>, \"SM1\", 3, 0) = 3",
        "13 fdatasync(5</x/db-wal> <unfinished ...>",
        "12 sendto(9<socket:[1]>, \"HTTP/1.1 200 OK\", 15) = 15",
        "13 <... fdatasync resumed>) = 0",
        "12 sendto(9<socket:[1]>, \"HTTP/1.1 200 OK\", 15) = 15",
    ];
    let early = read(&lines.join("\n"));
    assert_eq!(early.len(), 5);
    assert_eq!(was_durable(&early, "id=SM1", "SM1").unwrap_err(), "it was answered before the log was synced");
    let right = read(&[lines[0], lines[1], lines[2], lines[4], lines[5]].join("\n"));
    assert_eq!(was_durable(&right, "id=SM1", "SM1"), Ok(()));
    let failed = [lines[0], lines[1], "13 fdatasync(5</x/db-wal>) = -1 EIO (x)", lines[5]];
    assert_eq!(
        was_durable(&read(&failed.join("\n")), "id=SM1", "SM1").unwrap_err(),
        "the log was never synced after it"
    );
    assert!(was_durable(&right, "id=SM2", "SM2").is_err());
}

#[test]
fn a_disk_that_fails_to_sync_ends_the_backend_and_nothing_acknowledged_is_missing() {
    let office = Office::open(SLOW);
    let (database, file) = (office.machine.database(), office.at("comeback.db"));
    let serve = office.serve(&[]);
    office.sets_line_up(&database);
    serve.stop();
    // The thread that writes may sync so often; then the disk is gone.
    let inject = "inject=fsync,fdatasync:error=EIO:when=25+";
    let strace = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fsync,fdatasync", "-e", inject];
    let mut serve = office.serve_in(&strace, &[], &database, &[]);
    let (mut n, mut kept) = (0, Vec::new());
    let refused = loop {
        n += 1;
        let body = format!("Text {n}");
        match office.answered(&office.text("+14155550100", &body)) {
            Some(200) => kept.push(body),
            other => break other,
        }
        assert!(n < 200, "the disk never failed");
    };
    assert_ne!(refused, Some(200));
    assert_eq!(serve.ends(), Some(1), "it stops rather than guess: {}", serve.said());
    let said = serve.said();
    for words in ["the backend stopped", "disk I/O error", "Everything acknowledged is on disk"] {
        assert!(said.contains(words), "no {words:?} in: {said}");
    }
    assert!(kept.len() > 5, "{kept:?}");
    // A disk in order again.
    let serve = office.serve(&[]);
    eventually("all texts", || (record::kept(Path::new(&file)).len() == n).then_some(()));
    serve.stop();
    let all = record::kept(Path::new(&file));
    assert!(kept.iter().all(|body| all.iter().filter(|b| *b == body).count() == 1), "{kept:?} {all:?}");
    office.verifies(&database);
}

#[test]
fn a_backend_stopped_between_decision_and_call_abandons_the_call_and_makes_it_later() {
    let office = Office::open(SLOW);
    let (database, file) = (office.machine.database(), office.at("comeback.db"));
    let serve = office.serve(&[]);
    office.sets_line_up(&database);
    let lea = office.signs_in(&database, "lea");
    assert_eq!(office.answered(&office.text("+14155550100", "Hello?")), Some(200));
    let trace = office.at("trace");
    // The first sync from here on is the answer's, the second is of the decision to send it: there everything stops.
    let pid = serve.pid.to_string();
    let mut strace = std::process::Command::new("strace")
        .args([
            "-f",
            "-qq",
            "-o",
            &trace,
            "-e",
            "trace=fsync,fdatasync",
            "-e",
            "inject=fsync,fdatasync:signal=STOP:when=2",
            "-p",
            &pid,
        ])
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    eventually("a tracer on every thread", || {
        let mut all = std::fs::read_dir(format!("/proc/{pid}/task")).unwrap();
        let traced = |task: std::io::Result<std::fs::DirEntry>| {
            let status = std::fs::read_to_string(task.unwrap().path().join("status")).unwrap_or_default();
            status.lines().any(|l| l.starts_with("TracerPid:") && !l.ends_with("\t0"))
        };
        all.all(traced).then_some(())
    });
    let message = office.answers(&lea, 1, "+14155550100", "Yes");
    eventually("a process that stands still", || {
        std::fs::read_to_string(&trace).unwrap_or_default().contains("stopped by SIGSTOP").then_some(())
    });
    // This is no wait for something to happen: it is what happens.
    std::thread::sleep(Duration::from_millis(2_500));
    super::super::tmux::signal(serve.pid, "CONT");
    eventually("an answer that leaves after all", || {
        office.standing(&lea, "+14155550100", &message).get("out").is_some().then_some(())
    });
    super::super::tmux::signal(strace.id(), "TERM");
    strace.wait().unwrap();
    serve.stop();
    let kinds: Vec<String> =
        record::journal(Path::new(&file)).iter().map(|e| e["kind"].as_str().unwrap().to_owned()).collect();
    let sends: Vec<&str> = kinds.iter().map(String::as_str).filter(|k| k.starts_with("send_")).collect();
    assert_eq!(sends, ["send_started", "send_abandoned", "send_started"]);
    assert_eq!(office.sends(), ["Yes"], "the carrier was called once");
}
