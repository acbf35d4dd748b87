//! The demo's world repeats by its seed, runs at the speed asked for, and belongs to the people of its playbook.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::program::{Machine, PLAYBOOK, Running};
use super::tmux::eventually;

/// Enough of the world to tell two apart.
const TEXTS: usize = 6;

fn demo(machine: &Machine, more: &[&str]) -> Running {
    machine.start("demo", &[&["demo", "--headless"][..], more].concat(), "")
}

fn said(about: &Value, name: &str) -> String {
    about[name].as_str().expect("it is said").to_owned()
}

/// The first texts of a world, oldest first: who, and their words.
fn first_texts(machine: &Machine, seed: &str) -> Vec<(String, String)> {
    let demo = demo(machine, &["--seed", seed, "--speed", "120"]);
    let about = demo.about();
    let (account, token) = (said(&about, "account_sid"), said(&about, "auth_token"));
    let url = format!("{}/2010-04-01/Accounts/{account}/Messages.json?PageSize=1000", said(&about, "emulator_url"));
    eventually("the first texts", || {
        let listed = machine.get_as(&url, (&account, &token));
        let newest_first = listed["messages"].as_array().expect("a list").iter().rev();
        let inbound = newest_first.filter(|m| m["direction"] == "inbound");
        let texts: Vec<_> = inbound.map(|m| (said(m, "from"), said(m, "body"))).take(TEXTS).collect();
        (texts.len() == TEXTS).then_some(texts)
    })
}

#[test]
fn a_seed_makes_the_same_first_texts_and_another_seed_others() {
    let machine = Machine::new();
    let first = first_texts(&machine, "7");
    assert_eq!(first_texts(&machine, "7"), first);
    assert_ne!(first_texts(&machine, "8"), first);
}

#[test]
fn the_speed_asked_for_is_told_and_is_the_pace_of_the_session() {
    let machine = Machine::new();
    for speed in ["1", "40"] {
        let demo = demo(&machine, &["--quiet", "--speed", speed]);
        let about = demo.about();
        let wanted: f64 = speed.parse().expect("a number");
        assert_eq!((about["speed"].as_f64(), about["seed"].as_u64()), (Some(wanted), Some(1)));
        let token = said(&about["tokens"], "maya");
        let page = machine.get(&format!("{}/v1/changes?since=&wait=0", said(&about, "base_url")), &token);
        // A pace of 1 is not said.
        assert!((page["pace"].as_f64().unwrap_or(1.0) - wanted).abs() < f64::EPSILON, "{}", page["pace"]);
    }
}

#[test]
fn the_crm_s_owners_are_the_people_of_the_playbook_given() {
    let machine = Machine::new();
    let source = std::fs::read_to_string(PLAYBOOK).expect("the example");
    let renamed = source.replace("rep.maya]", "rep.adam]").replace("\"maya\"", "\"adam\"");
    assert_ne!(renamed, source);
    let file = machine.writes_playbook("adam.toml", &renamed);
    let demo = demo(&machine, &["--quiet", "--rep", "adam", "--playbook", &file]);
    let about = demo.about();
    let tokens: BTreeSet<&str> = about["tokens"].as_object().expect("tokens").keys().map(String::as_str).collect();
    let wanted =
        ["adam", "ben", "gail", "ines", "kai", "lea", "nina", "omar", "pia", "raj", "sol", "tess", "uma", "wren"];
    assert_eq!(tokens, BTreeSet::from(wanted));
    let all = machine.get(&format!("{}/contacts", said(&about, "crm_url")), &said(&about, "crm_token"));
    let owners = all["contacts"].as_array().expect("a list").iter().filter_map(|c| c["owner"].as_str());
    let owners: BTreeSet<&str> = owners.collect();
    assert_eq!(owners, BTreeSet::from(["adam", "ben", "ines", "lea", "omar", "zoe"]), "zoe left, in this playbook too");
}

#[test]
fn a_rep_is_paged_on_an_emulated_phone_and_answering_1_takes_the_reply() {
    let machine = Machine::new();
    let demo = demo(&machine, &["--quiet", "--speed", "20"]);
    let about = demo.about();
    let (emulator, phone) = (said(&about, "emulator_url"), said(&about["phones"], "maya"));
    let all = machine.get(&format!("{}/contacts", said(&about, "crm_url")), &said(&about, "crm_token"));
    let hers =
        |c: &&Value| [&c["owner"], &c["opportunity"]["owner"], &c["account"]["owner"]].iter().all(|o| **o == "maya");
    let buyer = all["contacts"].as_array().expect("a list").iter().find(hers).expect("a buyer of Maya's");
    let from = buyer["phones"][0].as_str().expect("a phone").to_owned();
    machine
        .post(&format!("{emulator}/emulator/v1/inbound"), &json!({ "from": from, "body": "Can we sign this week?" }));
    let pages = || {
        let sends = machine.get(&format!("{emulator}/emulator/v1/sends"), "");
        let to_maya = sends["sends"].as_array().expect("a list").iter().filter(|s| s["to"] == phone.as_str());
        to_maya.map(|s| (said(s, "from"), said(s, "body"))).collect::<Vec<_>>()
    };
    // Nobody takes it: before its answer is due, her own phone rings; on a slow machine, when it has climbed.
    let (number, page) = eventually("a page", || pages().first().cloned());
    let occasion = ["An answer is due soon: ", "A reply climbed to you: "].iter().any(|words| page.starts_with(words));
    assert!(occasion && page.ends_with(" Reply 1 to take it."), "{page}");
    let name = said(buyer, "name");
    assert!(!page.contains(&name), "the demo's pages name nobody: {page}");
    let answer = json!({ "from": phone, "to": number, "body": "1" });
    machine.post(&format!("{emulator}/emulator/v1/inbound"), &answer);
    let told =
        eventually("the answer to her answer", || pages().into_iter().find(|(_, body)| body.starts_with("It is")));
    let named = told.1.starts_with("It is yours: the reply of ") && told.1.ends_with(". Answer it in your inbox.");
    assert!(named, "{}", told.1);
    let token = said(&about["tokens"], "maya");
    let page = machine.get(&format!("{}/v1/changes?since=&wait=0", said(&about, "base_url")), &token);
    let theirs = page["upserts"].as_array().expect("a list").iter();
    let theirs: Vec<&Value> =
        theirs.filter(|s| s["address"] == from.as_str() || s["address"] == phone.as_str()).collect();
    assert_eq!(theirs.len(), 1, "her answer is no buyer's reply: {theirs:?}");
    assert_eq!(theirs[0]["state"]["assignment"]["to"], json!({ "rep": "maya" }));
    assert!(!theirs[0]["state"]["assignment"]["taken"].is_null());
    assert!(page["playbook"]["alerting"].is_null(), "how people are alerted does not leave the backend");
}

#[test]
fn every_report_reads_at_a_persons_own_shell() {
    let machine = Machine::new();
    let demo = demo(&machine, &["--speed", "60"]);
    let about = demo.about();
    let token = format!("{}\n", said(&about["tokens"], "nina"));
    machine.does(&["login", &said(&about, "base_url"), "--token-stdin"], &token);
    let report = |name: &str| {
        let told = machine.does(&["report", name, "--format", "json"], "");
        serde_json::from_str::<Value>(&told).unwrap_or_else(|e| panic!("{name}: {e}: {told}"))
    };
    // Each reply stood on a step of its ladder: the report says on which.
    let sla = eventually("replies that are counted", || {
        let told = report("sla");
        told["total"]["steps"].as_object().is_some_and(|steps| !steps.is_empty()).then_some(told)
    });
    assert!(sla["total"]["replies"].as_i64().expect("a count") > 0);
    for name in ["load", "compliance", "outcomes"] {
        assert_eq!(report(name)["report"], name);
    }
    let page = machine.does(&["report", "sla", "--format", "html"], "");
    assert!(page.starts_with("<!doctype html>") && page.contains("</svg>"), "{}", &page[..200.min(page.len())]);
}

#[test]
fn the_demo_s_crm_is_a_folder_of_tables_that_takes_what_was_said() {
    let machine = Machine::new();
    let kept = machine.home().join("kept").display().to_string();
    let demo = demo(&machine, &["--quiet", "--data", &kept]);
    let about = demo.about();
    let folder = said(&about, "crm_folder");
    assert_eq!(folder, format!("{kept}/crm"), "beside the database, where serve looks for it");
    let table = |name: &str| std::fs::read_to_string(format!("{folder}/{name}.csv")).expect("a table");
    let people = table("contacts");
    assert_eq!(people.lines().count(), 41, "{people}");
    let all = machine.get(&format!("{}/contacts", said(&about, "crm_url")), &said(&about, "crm_token"));
    let buyer = &all["contacts"][0];
    let (from, emulator) = (buyer["phones"][0].clone(), said(&about, "emulator_url"));
    machine.post(&format!("{emulator}/emulator/v1/inbound"), &json!({ "from": from, "body": "Can we sign?" }));
    let line = eventually("its line", || {
        let written = std::fs::read_to_string(format!("{folder}/written.jsonl")).ok()?;
        let lines = written.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        lines.into_iter().find(|line| line["body"] == "Can we sign?")
    });
    assert_eq!((&line["kind"], &line["contact"]), (&json!("log"), &buyer["id"]));
    let taken_in = || machine.get(&format!("{emulator}/emulator/v1/crm"), "")["written"].as_array().cloned();
    let all = eventually("the emulated CRM has it", || taken_in().filter(|all| !all.is_empty()));
    assert!(all.iter().any(|w| w["write"] == line && w["times"] == 1), "{all:#?}");
}
