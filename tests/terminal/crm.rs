//! The emulated CRMs as programs of their own: a real backend reads a buyer's card from them and writes into them.

use serde_json::{Value, json};

use super::house::COMEBACK;
use super::program::Machine;
use super::setup::{LINE, Town};
use super::tmux::{Terminal, eventually};

const RITA: &str = "+13125550177";

/// One person, in the form of the JSON directory.
fn people(machine: &Machine) -> String {
    let rita = json!({
        "id": "c-1", "name": "Rita Lund", "title": "COO", "phones": [RITA], "owner": "maya",
        "account": {
            "id": "a-1", "name": "Birch Freight", "owner": "maya", "country": "US", "segment": "enterprise", "size": 820,
            "region": "AMER",
        },
        "opportunity": {
            "id": "d-1", "name": "Rollout", "stage": "negotiation", "amount_cents": 4_800_000, "currency": "USD",
            "close_date": "2026-12-15", "owner": "maya", "team": [{ "rep": "maya", "role": "AE" }],
        },
    });
    let file = machine.home().join("people.json");
    std::fs::write(&file, json!({ "contacts": [rita] }).to_string()).expect("a file");
    file.to_str().expect("a path").to_owned()
}

/// Rita texts; Maya sees who that is, takes it, and the text is written into the CRM.
fn a_text_finds_its_card(machine: Machine, about: &Value, crm: &[&str], token: &str, written: &str) {
    let base = about["base_url"].as_str().expect("an address");
    let quiet = ["--quiet", "--from", "now"];
    let town = Town::start_in(machine, &quiet, &[], Some((crm, token)));
    town.machine.does(&["rep", "reach", "--database", &town.machine.database(), "maya"], "\nmaya@northwind.example\n");
    town.adds_line(LINE, &format!("{}\n", town.carrier("auth_token")));
    town.sets_webhook(LINE);
    let token = town.rep("add", "maya");
    town.machine.does(&["login", &town.backend, "--token-stdin"], &token);
    let inbox = Terminal::open(town.machine.home(), (150, 40), &format!("exec {COMEBACK}"));
    inbox.shows(&["online"]);
    town.text(RITA, "Can we sign this week?");
    inbox.shows(&["Rita Lund", "Birch Freight", "Can we sign this week?"]);
    eventually("the text in the CRM", || {
        let all = town.machine.get(&format!("{base}/emulator/v1/records/{written}"), "");
        let told = all["records"].as_array()?.iter().any(|one| one.to_string().contains("Can we sign this week?"));
        told.then_some(())
    });
}

#[test]
fn a_hubspot_is_started_and_a_backend_reads_from_it_and_writes_into_it() {
    let machine = Machine::new();
    let people = people(&machine);
    let hubspot = machine.start("hubspot", &["emulate", "hubspot", "--listen", "127.0.0.1:0", "--people", &people], "");
    let about = hubspot.about();
    assert_eq!((&about["contacts"], &about["deals"]), (&json!(1), &json!(1)), "{about}");
    assert_eq!(about["owners"], json!({ "maya": "maya@northwind.example" }));
    let (base, token) = (about["base_url"].as_str().expect("it"), about["token"].as_str().expect("it"));
    let named = format!("hubspot={base}");
    assert!(
        about["serve"].as_str().expect("how").contains(&format!("--crm {named} --egress-allow 127.0.0.1")),
        "{about}"
    );
    a_text_finds_its_card(machine, &about, &["--crm", &named], token, "communications");
}

#[test]
fn a_salesforce_is_started_and_a_backend_reads_from_it_and_writes_into_it() {
    let machine = Machine::new();
    let people = people(&machine);
    let start = ["emulate", "salesforce", "--listen", "127.0.0.1:0", "--people", &people];
    let salesforce = machine.start("salesforce", &start, "");
    let about = salesforce.about();
    let text = |name: &str| about[name].as_str().expect("it is said").to_owned();
    let (named, client, user) = (format!("salesforce={}", text("base_url")), text("client_id"), text("user"));
    assert!(text("serve").contains(" --egress-allow 127.0.0.1"), "{about}");
    let crm = ["--crm", &named, "--crm-client-id", &client, "--crm-user", &user];
    a_text_finds_its_card(machine, &about, &crm, &text("key"), "Task");
}

#[test]
fn without_a_file_the_people_of_the_seed_are_there_and_one_that_does_not_read_is_told() {
    let machine = Machine::new();
    for crm in ["hubspot", "salesforce"] {
        let running = machine.start(crm, &["emulate", crm, "--listen", "127.0.0.1:0"], "");
        let about = running.about();
        assert_eq!(about["contacts"], json!(40), "{about}");
        assert!(about["owners"]["maya"].is_string() && about["deals"].as_u64() > Some(5), "{about}");
    }
    let bad = machine.home().join("bad.json");
    std::fs::write(&bad, "{ \"contacts\": 5 }").expect("a file");
    let bad = bad.to_str().expect("a path").to_owned();
    let said = machine.run(&["emulate", "hubspot", "--listen", "127.0.0.1:0", "--people", &bad], "");
    assert!(!said.ok && said.err.contains("is no directory of people"), "{}", said.err);
    let said = machine.run(&["emulate", "telnyx", "--listen", "127.0.0.1:0", "--people", &bad], "");
    assert!(!said.ok && said.err.contains("--people is who is in an emulated CRM"), "{}", said.err);
}

/// The command is the one that the page about CRMs gives, whatever it is.
#[test]
fn the_emulated_directory_is_shown_by_the_command_on_its_page() {
    let page = include_str!("../../assets/docs/crm.md");
    let typed = page.lines().find(|line| line.starts_with("$ curl ") && line.contains("crm_url")).expect("a command");
    let [_, header, _, url] = typed.split('"').collect::<Vec<_>>()[..4] else { panic!("{typed}") };
    let token = header.strip_prefix("Authorization: Bearer ").expect("a token");
    let machine = Machine::new();
    let emulate = machine.start("emulate", &["emulate", "--listen", "127.0.0.1:0", "--quiet"], "");
    let about = emulate.about();
    let said = |typed: &str| {
        ["crm_url", "crm_token"].iter().fold(typed.to_owned(), |typed, name| {
            typed.replace(&format!("${name}"), about[name].as_str().expect("it is said"))
        })
    };
    let all = machine.get(&said(url), &said(token));
    assert!(all["contacts"].as_array().is_some_and(|all| !all.is_empty()), "{all}");
}

#[test]
fn the_demo_runs_on_either_with_its_own_people_in_it() {
    for (crm, kind) in [("hubspot", "communications"), ("salesforce", "Task")] {
        let machine = Machine::new();
        let demo = machine.start("demo", &["demo", "--headless", "--quiet", "--crm", crm], "");
        let about = demo.about();
        let text = |of: &Value| of.as_str().expect("it is said").to_owned();
        let (base, emulator) = (text(&about["crm"]["base_url"]), text(&about["emulator_url"]));
        let all = machine.get(&format!("{}/contacts", text(&about["crm_url"])), &text(&about["crm_token"]));
        let hers = |c: &&Value| c["owner"] == "maya" && c["opportunity"]["owner"] == "maya";
        let buyer = all["contacts"].as_array().expect("a list").iter().find(hers).expect("a buyer of Maya's");
        let from = text(&buyer["phones"][0]);
        machine.post(&format!("{emulator}/emulator/v1/inbound"), &json!({ "from": from, "body": "Shall we sign?" }));
        eventually("the text in the CRM", || {
            let all = machine.get(&format!("{base}/emulator/v1/records/{kind}"), "");
            let told = all["records"].as_array()?.iter().any(|one| one.to_string().contains("Shall we sign?"));
            told.then_some(())
        });
    }
    let machine = Machine::new();
    let said = machine.run(&["demo", "--headless", "--crm", "hubspot", "--data", "kept"], "");
    assert!(!said.ok && said.err.contains("leave --data out"), "{}", said.err);
}
