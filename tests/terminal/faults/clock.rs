//! A clock that somebody sets by a day, either way, under a running backend.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::super::tmux::eventually;
use super::office::{Office, Pace, SLOW, Serve};
use super::record;

/// Where the library stands on Debian and its children.
fn faketime() -> PathBuf {
    let folders = std::fs::read_dir("/usr/lib").unwrap().map(|f| f.unwrap().path());
    let found = folders.map(|f| f.join("faketime/libfaketimeMT.so.1")).find(|f| f.exists());
    found.expect("libfaketime is not installed: tests/run does it")
}

/// A backend whose clock is what a file says, as `+0` or `-1d`; its monotonic clock stays real.
fn serve(office: &Office, offset: &str) -> Serve {
    set(office, offset);
    let (library, file) = (faketime().display().to_string(), office.at("clock"));
    let env = [
        ("LD_PRELOAD", library.as_str()),
        ("FAKETIME_TIMESTAMP_FILE", &file),
        ("FAKETIME_NO_CACHE", "1"),
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
    ];
    office.serve_in(&[], &env, &office.machine.database(), &[])
}

fn set(office: &Office, offset: &str) {
    // Read while it is written: it changes in one step.
    std::fs::write(office.at("clock.new"), format!("{offset}\n")).unwrap();
    std::fs::rename(office.at("clock.new"), office.at("clock")).unwrap();
}

fn is_ready(office: &Office) -> bool {
    office.machine.asks(&office.url("/ready")).is_some_and(|(status, _)| status == 200)
}

#[test]
fn a_clock_set_back_by_a_day_pauses_deadlines_and_sends_and_nothing_else() {
    let office = Office::open(SLOW);
    let database = office.machine.database();
    let serve = serve(&office, "+0");
    office.sets_line_up(&database);
    let lea = office.signs_in(&database, "lea");
    assert_eq!(office.answered(&office.text("+14155550100", "Hello?")), Some(200));
    set(&office, "-1d");
    eventually("a backend that notices", || (!is_ready(&office)).then_some(()));
    // Texts come in, answers are taken and wait.
    assert_eq!(office.answered(&office.text("+14155550101", "Anybody?")), Some(200));
    let message = office.answers(&lea, 1, "+14155550100", "Yes");
    assert!(office.standing(&lea, "+14155550100", &message).get("held").is_some());
    eventually("a complaint", || serve.said().contains("the clock went back by more than a minute").then_some(()));
    assert!(office.sends().is_empty());
    set(&office, "+0");
    eventually("a backend that goes on", || is_ready(&office).then_some(()));
    // Whatever is committed wakes the sender; without it, its next look does.
    assert_eq!(office.answered(&office.text("+14155550101", "Hello?")), Some(200));
    eventually("the answer", || (office.sends() == ["Yes"]).then_some(()));
    serve.stop();
    office.verifies(&database);
}

#[test]
fn a_clock_set_forward_by_a_day_fires_what_is_overdue_once_and_in_order() {
    const HOURS: Pace = ["1h", "2h", "20h"];
    let office = Office::open(HOURS);
    let (database, file) = (office.machine.database(), office.at("comeback.db"));
    let serve = serve(&office, "+0");
    office.sets_line_up(&database);
    let lea = office.signs_in(&database, "lea");
    for n in 0..12 {
        assert_eq!(office.answered(&office.text(&format!("+141555501{n:02}"), "Hello?")), Some(200));
    }
    let journal = || record::journal(Path::new(&file));
    let times = |kind: &str| journal().iter().filter(|e| e["kind"] == kind).count();
    set(&office, "+1d");
    // A text comes in, and with it the engine looks at its clock.
    assert_eq!(office.answered(&office.text("+14155550199", "And I?")), Some(200));
    eventually("every clock, run out", || (times("sla_breached") == 12).then_some(()));
    let breached = |journal: &[Value]| -> Vec<String> {
        let all = journal.iter().filter(|e| e["kind"] == "sla_breached");
        all.map(|e| e["event"]["due"].to_string()).collect()
    };
    let order = breached(&journal());
    let mut sorted = order.clone();
    sorted.sort();
    assert_eq!(order, sorted, "the longest overdue first");
    // Each once: a text after them, and another look, add none.
    assert_eq!(office.answered(&office.text("+14155550199", "Still here")), Some(200));
    assert_eq!((times("sla_breached"), times("sla_warned")), (12, 12));
    // Back on its own time the head is a day ahead: answers wait, and nothing is lost.
    set(&office, "+0");
    let message = office.answers(&lea, 1, "+14155550100", "At last");
    assert!(office.standing(&lea, "+14155550100", &message).get("held").is_some());
    eventually("a complaint", || serve.said().contains("the clock went back by more than a minute").then_some(()));
    assert!(office.sends().is_empty());
    set(&office, "+1d");
    assert_eq!(office.answered(&office.text("+14155550199", "Hello?")), Some(200));
    eventually("the answer", || (office.sends() == ["At last"]).then_some(()));
    serve.stop();
    office.verifies(&database);
}
