//! The demo's world repeats by its seed, runs at the speed asked for, and belongs to the people of its playbook.

use std::collections::BTreeSet;

use serde_json::Value;

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
    let file = machine.home().join("adam.toml");
    std::fs::write(&file, renamed).expect("a playbook");
    let file = file.display().to_string();
    let demo = demo(&machine, &["--quiet", "--rep", "adam", "--playbook", &file]);
    let about = demo.about();
    let tokens: BTreeSet<&str> = about["tokens"].as_object().expect("tokens").keys().map(String::as_str).collect();
    assert_eq!(tokens, BTreeSet::from(["adam", "ben", "ines", "lea", "omar"]));
    let all = machine.get(&format!("{}/contacts", said(&about, "crm_url")), &said(&about, "crm_token"));
    let owners = all["contacts"].as_array().expect("a list").iter().filter_map(|c| c["owner"].as_str());
    let owners: BTreeSet<&str> = owners.collect();
    assert_eq!(owners, BTreeSet::from(["adam", "ben", "ines", "lea", "omar", "zoe"]), "zoe left, in this playbook too");
}
