//! A first playbook from the people of HubSpot and Salesforce, as emulated programs of their own over loopback.

use std::collections::BTreeSet;

use serde_json::Value;

use super::house::COMEBACK;
use super::program::{Machine, keep};
use super::tmux::Terminal;

const ANSWERS: [&str; 6] = ["--company", "Harbor & Pine", "--zone", "America/New_York", "--number", "+16465550100"];

/// What an emulated CRM says of itself.
fn text(about: &Value, name: &str) -> String {
    about[name].as_str().unwrap_or_else(|| panic!("no {name}: {about}")).to_owned()
}

fn path(machine: &Machine, name: &str) -> String {
    machine.home().join(name).display().to_string()
}

#[test]
fn a_first_playbook_has_hubspots_people_by_name_and_without_their_mail_addresses() {
    let machine = Machine::new();
    let hubspot = machine.start("hubspot", &["emulate", "hubspot", "--listen", "127.0.0.1:0"], "");
    let about = hubspot.about();
    let (named, token) = (format!("hubspot={}", text(&about, "base_url")), path(&machine, "token"));
    keep(token.as_ref(), &text(&about, "token"));
    let (out, database) = (path(&machine, "first.toml"), machine.database());
    let init = ["playbook", "init", "--crm", &named, "--crm-token-file", &token, "--out", &out];
    let all = [&init[..], &ANSWERS, &["--yes", "--lead", "maya", "--reach", &database]].concat();
    let said = machine.does(&all, "");
    assert!(said.contains("HubSpot names ") && said.contains("1 who left is not taken"), "{said}");
    assert!(said.contains("nothing wrong in it"), "{said}");
    let source = std::fs::read_to_string(&out).expect("it is there");
    for words in ["[rep.ben]", "name = \"Maya\"", "lead = \"maya\"", "company = \"Harbor & Pine\""] {
        assert!(source.contains(words), "no {words}: {source}");
    }
    assert!(!source.contains("northwind.example"), "a mail address: {source}");
    assert!(!source.contains("[rep.zoe]"), "she left: {source}");
    assert!(machine.does(&["playbook", "check", &out], "").contains("1 expectation"), "it passes its own check");
    // The CRM's owners are told to be them at once.
    let reached = machine.does(&["rep", "reach", "--database", &database], "");
    assert!(reached.contains("maya") && reached.contains("a mailbox"), "{reached}");

    // A person is asked who of them answers; a misspelt name is asked again.
    let second = path(&machine, "second.toml");
    let init = ["playbook", "init", "--crm", &named, "--crm-token-file", &token, "--out", &second];
    let told = machine.run(&[&init[..], &ANSWERS].concat(), "ben, mya\nben, maya\n\n\nben\n\n");
    assert!(told.ok, "{}{}", told.out, told.err);
    assert!(told.err.contains("there is nobody called \"mya\"; did you mean \"maya\"?"), "{}", told.err);
    assert!(told.out.contains("comeback rep reach NAME"), "what is still to do: {}", told.out);
    let source = std::fs::read_to_string(&second).expect("it is there");
    assert_eq!(source.matches("\n[rep.").count(), 2, "{source}");
    let third = path(&machine, "third.toml");
    let init = ["playbook", "init", "--crm", &named, "--crm-token-file", &token, "--out", &third];
    let wrong = machine.run(&[&init[..], &ANSWERS, &["--yes", "--only", "ben,mya"]].concat(), "");
    assert!(!wrong.ok && wrong.err.contains("did you mean \"maya\"?. Nothing was written"), "{}", wrong.err);
}

/// The page shows what is asked, from the first question on.
#[test]
fn the_questions_on_the_page_are_those_that_are_asked() {
    let page = include_str!("../../assets/docs/playbook.md");
    let (_, sample) = page.split_once("comeback playbook init --crm hubspot\n").expect("a sample");
    let (sample, _) = sample.split_once("```").expect("its end");
    let machine = Machine::new();
    let hubspot = machine.start("hubspot", &["emulate", "hubspot", "--listen", "127.0.0.1:0"], "");
    let about = hubspot.about();
    let (named, token) = (format!("hubspot={}", text(&about, "base_url")), path(&machine, "token"));
    keep(token.as_ref(), &text(&about, "token"));
    let out = path(&machine, "playbook.toml");
    let init = ["playbook", "init", "--crm", &named, "--crm-token-file", &token, "--out", &out];
    let told = machine.run(&init, "ben, maya\nHarbor\n\n\n\n+16465550100\n\n\n");
    assert!(told.ok, "{}{}", told.out, told.err);
    let shown: Vec<&str> = sample.lines().filter(|line| line.ends_with("]:")).collect();
    let asked: Vec<&str> = told.err.lines().filter(|line| line.ends_with("]:")).collect();
    assert!(shown.len() > 1 && asked.starts_with(&shown), "{shown:?} is shown, {asked:?} asked");
    let told = told.out.replace(&out, "playbook.toml");
    for words in ["Read it, change it, then:\n  comeback playbook check playbook.toml\n", "HubSpot names ", "they are "]
    {
        assert!(sample.contains(words) && told.contains(words), "no {words:?} in {told}");
    }
}

#[test]
fn on_a_terminal_no_word_is_broken() {
    let machine = Machine::new();
    let out = path(&machine, "first.toml");
    let init = ["playbook", "init", "--yes", "--force", "--rep", "ann", "--out", &out];
    let whole = machine.does(&init, "");
    assert!(whole.lines().any(|line| line.len() > 80), "{whole}");
    let terminal =
        Terminal::open(machine.home(), (80, 40), &format!("{COMEBACK} {}; echo over; read hold", init.join(" ")));
    let screen = terminal.shows(&["over"]);
    let words: BTreeSet<&str> = screen.split_whitespace().collect();
    for word in whole.split_whitespace() {
        assert!(words.contains(word), "{word} is broken:\n{screen}");
    }
}

#[test]
fn a_first_playbook_has_salesforces_people_with_their_titles() {
    let machine = Machine::new();
    let salesforce = machine.start("salesforce", &["emulate", "salesforce", "--listen", "127.0.0.1:0"], "");
    let about = salesforce.about();
    let (named, key) = (format!("salesforce={}", text(&about, "base_url")), path(&machine, "key"));
    let (client, user) = (text(&about, "client_id"), text(&about, "user"));
    keep(key.as_ref(), &text(&about, "key"));
    let out = path(&machine, "first.toml");
    let crm = ["--crm", &named, "--crm-client-id", &client, "--crm-user", &user, "--crm-token-file", &key];
    let init = [&["playbook", "init", "--out", &out][..], &crm, &ANSWERS].concat();
    let said = machine.does(&[&init[..], &["--yes", "--only", "maya,ben,ines", "--lead", "maya"]].concat(), "");
    assert!(said.contains("Salesforce names ") && said.contains("nothing wrong in it"), "{said}");
    let source = std::fs::read_to_string(&out).expect("it is there");
    assert_eq!(source.matches("\n[rep.").count(), 3, "{source}");
    assert!(source.contains("title = \"Account Executive\""), "{source}");
    machine.does(&["playbook", "check", &out], "");
}

#[test]
fn a_crm_that_cannot_be_asked_is_told_in_words_and_nothing_is_written() {
    let machine = Machine::new();
    let hubspot = machine.start("hubspot", &["emulate", "hubspot", "--listen", "127.0.0.1:0"], "");
    let named = format!("hubspot={}", text(&hubspot.about(), "base_url"));
    let (out, wrong) = (path(&machine, "first.toml"), path(&machine, "wrong"));
    keep(wrong.as_ref(), "pat-somebody-elses");
    let init = ["playbook", "init", "--yes", "--out", &out, "--crm"];
    // A port that nobody listens on: it was taken and let go of.
    let closed = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("its address");
    let nobody = format!("hubspot=http://{closed}");
    let folder = format!("files={}", path(&machine, "nowhere"));
    for (more, wanted) in [
        (&[named.as_str()][..], "HubSpot opens to a private app's token"),
        (&[&named, "--crm-token-file", &wrong], "HubSpot did not tell who works there: the CRM refused (401)"),
        (&[&nobody, "--crm-token-file", &wrong], "HubSpot did not tell who works there: the CRM did not answer"),
        (&["salesforce"], "Salesforce wants to know who asks"),
        (&["salesforce", "--crm-client-id", "key", "--crm-user", "u@x.example"], "a private key in PEM"),
        (&["salesforce", "--crm-client-id", "key", "--crm-user", "u", "--crm-token-file", &wrong], "private key"),
        (&[&folder], "cannot read"),
        (&["hubspots"], "cannot read hubspots"),
    ] {
        let said = machine.run(&[&init[..], more].concat(), "");
        assert!(!said.ok && said.err.contains(wanted), "{more:?}: {}", said.err);
        assert!(!said.err.contains("pat-somebody-elses"), "a token is told: {}", said.err);
    }
    let refused = machine.run(&[&init[..], &[&named, "--crm-token-file", &wrong]].concat(), "");
    assert!(
        refused.err.contains("Nothing was written; give the app the scope crm.objects.owners.read"),
        "{}",
        refused.err
    );
    assert!(!machine.home().join("first.toml").exists());
}
