//! `comeback doctor` by the real program: well, and with each thing broken.

use std::collections::BTreeSet;
use std::fs;
use std::sync::Arc;

use comeback::clock::SystemClock;
use comeback::emulator::hubspot::{HubSpotConfig, HubSpotEmulator};
use comeback::emulator::salesforce::{KEY, SalesforceConfig, SalesforceEmulator};
use serde_json::Value;

use super::house::{COMEBACK, House};
use super::program::{Machine, Running, Said};
use super::tmux::{Terminal, eventually};

/// A machine whose rep is signed in to a backend beside it.
struct Desk {
    machine: Machine,
    backend: Running,
    token: String,
}

impl Desk {
    fn new() -> Self {
        let machine = Machine::new();
        let backend = machine.serve(&[], "");
        let invite = machine.does(&["rep", "add", "--database", &machine.database(), "maya"], "");
        machine.does(&["login", &backend.url(), "--token-stdin"], &invite);
        let token = fs::read_to_string(machine.home().join("data/comeback/default/token")).expect("a token");
        Self { machine, backend, token }
    }

    fn doctor(&self, arguments: &[&str]) -> Said {
        doctor(&self.machine, arguments)
    }

    fn file(&self, name: &str) -> std::path::PathBuf {
        self.machine.home().join(name)
    }
}

fn doctor(machine: &Machine, arguments: &[&str]) -> Said {
    let home = machine.home().display().to_string();
    let variables = [("HOME", home.as_str()), ("LC_ALL", "C.UTF-8"), ("TERM", "xterm-256color")];
    machine.run_with(&variables, &[&["doctor"], arguments].concat(), "")
}

/// The line of a finding, and that the report ends as it should.
fn wrong(said: &Said, what: &str) -> String {
    assert!(!said.ok && said.err.contains("wrong"), "{}{}", said.out, said.err);
    let found = said.out.lines().find(|l| l.trim_start().starts_with("WRONG") && l.contains(what));
    found.unwrap_or_else(|| panic!("nothing wrong with {what}:\n{}", said.out)).to_owned()
}

#[test]
fn where_all_is_well_it_says_so_and_can_be_pasted() {
    let desk = Desk::new();
    let said = desk.doctor(&[]);
    assert!(said.ok, "{}{}", said.out, said.err);
    for words in [
        "~/config/comeback/config.toml",
        "signed in; both speak wire version",
        "from this machine's",
        "xterm-256color",
        "a bell",
    ] {
        assert!(said.out.contains(words), "no {words:?} in\n{}", said.out);
    }
    let home = desk.machine.home().display().to_string();
    for secret in [desk.token.trim(), &home, "Maya", "maya"] {
        assert!(!said.out.contains(secret), "{secret:?} in\n{}", said.out);
    }
    let said = desk.doctor(&["--json"]);
    let all: Value = serde_json::from_str(&said.out).expect("JSON");
    assert_eq!((said.ok, all["well"].as_bool()), (true, Some(true)), "{}", said.out);
    assert!(all["findings"].as_array().expect("a list").iter().all(|f| f["state"] == "ok" || f["state"] == "look"));
}

#[test]
fn each_thing_that_is_broken_is_named_with_what_to_do() {
    let desk = Desk::new();
    fs::create_dir_all(desk.file("config/comeback")).expect("a folder");
    fs::write(desk.file("config/comeback/config.toml"), "[alerts]\nby = [\"dekstop\"]\n").expect("a file");
    wrong(&desk.doctor(&[]), "config.toml:2:7: unknown value");
    fs::write(desk.file("config/comeback/config.toml"), "[alerts]\ncommand = [\"/not/there\"]\n").expect("a file");
    wrong(&desk.doctor(&[]), "/not/there is not there");
    fs::remove_file(desk.file("config/comeback/config.toml")).expect("it was there");

    fs::write(
        desk.file("data/comeback/default/cache.db"),
        "this is no cache, and it is longer than a hundred bytes, which is what the header of a cache takes up",
    )
    .expect("a file");
    wrong(&desk.doctor(&[]), "cannot be read");
    fs::remove_file(desk.file("data/comeback/default/cache.db")).expect("it was there");

    desk.machine.does(&["rep", "revoke", "--database", &desk.machine.database(), "maya"], "");
    let said = desk.doctor(&[]);
    wrong(&said, "this device is signed out");
    assert!(said.out.contains("→ ask for a new one-time token"), "{}", said.out);
    desk.backend.kill();
    let said = doctor(&desk.machine, &[]);
    wrong(&said, "connection");
    assert!(said.out.contains("→ see that the backend"), "{}", said.out);
    let nobody = doctor(&Machine::new(), &[]);
    wrong(&nobody, "nobody is signed in here");
}

#[test]
fn a_clock_far_from_the_backends_is_told() {
    let house = House::start();
    house.sign_in("maya", house.about("base_url"));
    let out = std::process::Command::new(COMEBACK)
        .args(["doctor", "--profile", "maya"])
        .env("XDG_DATA_HOME", house.home().join("data"))
        .env("XDG_CONFIG_HOME", house.home().join("config"))
        .env("XDG_STATE_HOME", house.home().join("state"))
        .output()
        .expect("it runs");
    let text = String::from_utf8_lossy(&out.stdout);
    // The emulated world stands on a Tuesday of its own.
    let line = text.lines().find(|l| l.contains("backend's")).unwrap_or_else(|| panic!("{text}"));
    assert!(line.contains("WRONG") && !out.status.success(), "{text}");
    assert!(!text.contains("maya"), "{text}");
}

#[test]
fn an_operator_is_told_whether_the_crm_answers_and_knows_the_reps() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let runtime = runtime.expect("a runtime");
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).expect("a port");
    let hubspot = {
        let _inside = runtime.enter();
        HubSpotEmulator::start(listener, HubSpotConfig::default(), Arc::new(SystemClock)).expect("HubSpot")
    };
    hubspot.owner("maya@acme.example", false);
    hubspot.owner("zoe@acme.example", true);
    let desk = Desk::new();
    let (database, crm) = (desk.machine.database(), format!("hubspot={}", hubspot.base_url()));
    let asked = |token: &str| {
        let variables = [("COMEBACK_CRM_TOKEN", token), ("LC_ALL", "C.UTF-8")];
        desk.machine.run_with(&variables, &["doctor", "--database", &database, "--crm", &crm], "")
    };
    let token = HubSpotConfig::default().token;
    let said = asked(&token);
    assert!(said.ok, "{}{}", said.out, said.err);
    let reps = |out: &str| out.lines().find(|l| l.contains("no owner there")).map(str::to_owned);
    for words in ["HubSpot tells who is behind a number", "2 own records there, 1 of them left"] {
        assert!(said.out.contains(words), "no {words:?} in\n{}", said.out);
    }
    let before = reps(&said.out).expect("nobody's mail address is known");
    assert!(said.out.contains("their tasks are on nobody's list"), "{}", said.out);
    desk.machine.does(&["rep", "reach", "--database", &database, "maya"], "\nmaya@acme.example\n");
    let said = asked(&token);
    assert_ne!(reps(&said.out), Some(before), "one less");
    assert!(!said.out.contains("acme.example") && !said.out.contains(&token), "{}", said.out);
    wrong(&asked("pat-na1-wrong"), "the CRM refused (401)");
    drop(hubspot);
    wrong(&asked(&token), "the CRM did not answer");
}

#[test]
fn an_operator_is_told_whether_salesforce_opens_and_what_it_wants_to_know() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let runtime = runtime.expect("a runtime");
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).expect("a port");
    let config = SalesforceConfig::default();
    let salesforce = {
        let _inside = runtime.enter();
        SalesforceEmulator::start(listener, config.clone(), Arc::new(SystemClock)).expect("Salesforce")
    };
    salesforce.user("zoe@acme.example", false, "UTC").expect("a user");
    let desk = Desk::new();
    let (database, crm) = (desk.machine.database(), format!("salesforce={}", salesforce.base_url()));
    let asked = |key: &str, more: &[&str]| {
        let variables = [("COMEBACK_CRM_TOKEN", key), ("LC_ALL", "C.UTF-8")];
        let arguments = ["doctor", "--database", database.as_str(), "--crm", crm.as_str()];
        desk.machine.run_with(&variables, &[&arguments, more].concat(), "")
    };
    let all = ["--crm-client-id", config.client_id.as_str(), "--crm-user", config.user.as_str()];
    let said = asked(KEY, &all);
    assert!(said.ok, "{}{}", said.out, said.err);
    for words in ["Salesforce tells who is behind a number", "2 own records there, 1 of them left"] {
        assert!(said.out.contains(words), "no {words:?} in\n{}", said.out);
    }
    assert!(!said.out.contains("PRIVATE") && !said.out.contains("acme.example"), "{}", said.out);
    wrong(&asked(KEY, &all[..2]), "--crm-user");
    wrong(&asked(KEY, &all[2..]), "--crm-client-id");
    wrong(&asked("", &all), "private key in PEM");
    wrong(&asked("3MVG9", &all), "no private key in PEM");
    wrong(&asked(KEY, &[all[0], "3MVG9other", all[2], all[3]]), "the CRM refused (400)");
    drop(salesforce);
    wrong(&asked(KEY, &all), "the CRM did not answer");
}

#[test]
fn an_operator_with_a_folder_of_tables_is_told_what_in_it_does_not_read_and_nothing_that_is_not_so() {
    let desk = Desk::new();
    let folder = desk.file("tables");
    fs::create_dir_all(&folder).expect("a folder");
    let people = "id,name,phone,account,owner\nc-1,Dana Fox,+14155550123|555 0199,a-1,maya\n\
                  c-2,Nils Farouk,+13125550162,a-9,zorro@x.example\nc-3,Ann Wu,+12125550106,,Ben Carver\n";
    fs::write(folder.join("contacts.csv"), people).expect("a table");
    fs::write(folder.join("accounts.csv"), "id,name,owner\na-1,Harbor,Maya\n").expect("a table");
    let (database, crm) = (desk.machine.database(), format!("files={}", folder.display()));
    let said = desk.doctor(&["--database", &database, "--crm", &crm]);
    assert!(said.ok, "{}{}", said.out, said.err);
    for words in [
        "3 thing(s) in it do not read: ",
        "contacts.csv:2: phone 2 of 2 is no number, or one without a country beside it: this number counts for nothing, \
         the rest of the row counts",
        "contacts.csv:3: owner is no rep's short name, name or mail address that we know",
        "contacts.csv:3: account is in no row of the table of accounts",
        "2 of ",
        "rep(s) of the playbook are named there",
    ] {
        assert!(said.out.contains(words), "no {words:?} in\n{}", said.out);
    }
    for untrue in
        ["no owner there", "nobody's until then", "accounts.csv:", "contacts.csv:4", "zorro", "Nils", "Carver"]
    {
        assert!(!said.out.contains(untrue), "{untrue:?} in\n{}", said.out);
    }
}

#[test]
fn an_operator_is_told_about_database_journal_numbers_and_the_public_address() {
    let desk = Desk::new();
    let database = desk.machine.database();
    let url = desk.backend.url();
    let said = desk.doctor(&["--database", &database, "--public-url", &url]);
    assert!(said.ok, "{}{}", said.out, said.err);
    let pid = desk.backend.pid();
    for words in [
        "quick_check finds nothing",
        &format!("runs as {pid}"),
        "version 1 in force",
        "none set up",
        "comeback 0.1.0 answers",
        "not behind the journal",
    ] {
        assert!(said.out.contains(words), "no {words:?} in\n{}", said.out);
    }
    // Each area stands once, whatever is looked at in between.
    let areas: Vec<&str> = said.out.lines().skip(1).filter(|l| !l.is_empty() && !l.starts_with(' ')).collect();
    let once: BTreeSet<&str> = areas.iter().copied().collect();
    assert!(areas.len() == once.len() && once.contains("public URL") && once.contains("clock"), "{areas:?}");
    desk.backend.kill();
    let said = doctor(&desk.machine, &["--database", &database, "--public-url", &url]);
    wrong(&said, "connection");
    assert!(said.out.contains("none runs on this database"), "{}", said.out);
    wrong(&doctor(&desk.machine, &["--database", "sqlite:not-there.db"]), "there is none at not-there.db");
    for url in ["comeback.example", "https://comeback.example/base", "https://me:pw@comeback.example"] {
        let said = doctor(&desk.machine, &["--database", &database, "--public-url", url]);
        assert!(wrong(&said, "address").contains("as in https://comeback.example"), "{}", said.out);
        assert!(!said.out.contains("me:pw"), "{}", said.out);
    }
    fs::write(desk.machine.home().join("other.db"), "").expect("a file");
    wrong(&doctor(&desk.machine, &["--database", "sqlite:other.db"]), "other.db");
}

#[test]
fn a_secret_that_the_operator_reads_and_the_backend_does_not_is_told_by_both() {
    const VARIABLE: &str = "COMEBACK_TEST_OF_A_LINE";
    let desk = Desk::new();
    let (database, home) = (desk.machine.database(), desk.machine.home().display().to_string());
    let account = format!("AC{}", "0123456789abcdef".repeat(2));
    let has = |arguments: &[&str]| {
        desk.machine.run_with(&[("HOME", &home), ("LC_ALL", "C.UTF-8"), (VARIABLE, "its-secret")], arguments, "")
    };
    let add = ["line", "add", "--database", &database, "+16465550100", "--account", &account, "--token-env", VARIABLE];
    let added = has(&add);
    assert!(added.ok, "{}{}", added.out, added.err);
    // Whoever has the variable is told that this says nothing of the backend, whose environment is another.
    let said = has(&["doctor", "--database", &database]);
    let set_here = format!("a line's secret is in the variable {VARIABLE}, which is set here");
    assert!(said.ok && said.out.contains(&set_here) && said.out.contains("/ready"), "{}{}", said.out, said.err);
    assert!(!said.out.contains("its-secret"), "{}", said.out);
    let said = desk.doctor(&["--database", &database]);
    assert!(said.ok && said.out.contains(&format!("the variable {VARIABLE} is not set")), "{}{}", said.out, said.err);

    // A webhook makes the backend look at its lines at once.
    let hook = format!("{}/hooks/twilio/inbound", desk.backend.url());
    assert_eq!(desk.machine.post_form(&hook, &[("AccountSid", &account)], None), 403);
    let told = eventually("the backend's own word", || {
        let (status, told) = desk.machine.asks(&format!("{}/ready", desk.backend.url()))?;
        (status == 200 && told.contains("\"lines_secret_unreadable\":[\"main\"]")).then_some(told)
    });
    assert!(told.contains("comeback line list says where") && !told.contains(VARIABLE), "{told}");
}

#[test]
fn channels_whose_address_or_secret_is_missing_are_told_by_the_doctor_and_once_by_the_log() {
    let desk = Desk::new();
    let (database, home) = (desk.machine.database(), desk.machine.home().display().to_string());
    let said = desk.doctor(&["--database", &database]);
    let looks: Vec<&str> = said.out.lines().filter(|l| l.trim_start().starts_with("look   channels")).collect();
    let unset = |what: &str, name: &str| format!("needed by {what}: the variable {name} is not set");
    let wanted = [unset("chat and wall", "COMEBACK_CHAT_URL"), unset("ops", "COMEBACK_OPS_URL")];
    let told = looks.iter().zip(&wanted).all(|(line, wanted)| line.ends_with(wanted.as_str()));
    assert!(said.ok && looks.len() == wanted.len() && told, "{}", said.out);
    // The example's channels are nobody's yet: its first start says so in one line, which is no error.
    let log = eventually("the backend's word", || {
        let log = desk.backend.said();
        log.contains("COMEBACK_CHAT_URL").then_some(log)
    });
    let told: Vec<&str> = log.lines().filter(|line| line.contains("COMEBACK_CHAT_URL")).collect();
    assert!(told.len() == 1 && told[0].contains("WARN") && told[0].contains("COMEBACK_OPS_URL"), "{log}");
    assert!(!log.contains("ERROR"), "{log}");

    let secret = format!("whsec_{}=", "A".repeat(43));
    let set = [
        ("HOME", home.as_str()),
        ("LC_ALL", "C.UTF-8"),
        ("COMEBACK_CHAT_URL", "https://chat.example/x"),
        ("COMEBACK_OPS_URL", "https://ops.example/x"),
        ("COMEBACK_OPS_SECRET", secret.as_str()),
    ];
    let said = desk.machine.run_with(&set, &["doctor", "--database", &database], "");
    assert!(said.out.contains("whoever runs this can read what they need"), "{}", said.out);
    assert!(!said.out.contains("cannot read"), "{}", said.out);
}

#[test]
fn every_way_of_an_alert_is_sent_and_what_arrived_is_to_be_written_down() {
    let machine = Machine::new();
    let command = format!("read go; WEZTERM_PANE=1 {COMEBACK} doctor --notify; echo over with $?; read hold");
    let terminal = Terminal::open(machine.home(), (100, 40), &command);
    let bytes = machine.home().join("bytes");
    terminal.records(&bytes);
    terminal.press(&["Enter"]);
    terminal.shows(&["desktop", "failed:"]);
    for (way, answer) in [("osc99:", "n"), ("osc777:", "y"), ("osc9:", "n"), ("bell:", "y")] {
        terminal.asks(way);
        terminal.write(answer);
        terminal.press(&["Enter"]);
    }
    terminal.shows(&["config/comeback/config.toml:", "by = [\"osc777\", \"bell\"]", "over with 0"]);
    let sent = fs::read(&bytes).expect("what was written");
    let has = |part: &str| sent.windows(part.len()).any(|w| w == part.as_bytes());
    for part in [
        "\x1bPtmux;\x1b\x1b]777;notify;comeback;",
        "\x1bPtmux;\x1b\x1b]9;comeback: ",
        "\x1bPtmux;\x1b\x1b]99;i=comeback-",
    ] {
        assert!(has(part), "{part:?} was not sent");
    }
    let said = machine.run(&["doctor", "--notify"], "y\ny\n");
    assert!(!said.ok && said.err.contains("run it in the terminal"), "{}", said.err);
}
