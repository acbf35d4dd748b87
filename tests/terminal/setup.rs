//! From nothing to a rep's inbox, by the commands that README names, and out of it again.

use serde_json::{Value, json};

use super::house::COMEBACK;
use super::program::{Machine, PLAYBOOK, Running};
use super::tmux::{Terminal, eventually};

pub(super) const LINE: &str = "+16465550100";

/// An emulated carrier with our number and nobody who texts by themselves, and our backend beside it.
pub(super) struct Town {
    pub(super) machine: Machine,
    carrier: Value,
    pub(super) backend: String,
    /// The emulator, and the backend.
    pub(super) running: [Running; 2],
}

impl Town {
    pub(super) fn start() -> Self {
        Self::start_with(&[], &[])
    }

    /// The same, with more options of the emulator and of the backend.
    pub(super) fn start_with(emulator: &[&str], backend: &[&str]) -> Self {
        Self::start_in(Machine::new(), emulator, backend, None)
    }

    /// The same on this machine, with another CRM than the emulator's: what `serve` is told of it, and what opens it.
    pub(super) fn start_in(
        machine: Machine,
        emulator: &[&str],
        backend: &[&str],
        crm: Option<(&[&str], &str)>,
    ) -> Self {
        let quiet = if emulator.is_empty() { &["--quiet"] } else { emulator };
        let emulate = ["emulate", "--listen", "127.0.0.1:0", "--number", LINE, "--number", "+16465550200"];
        let emulate = machine.start("emulate", &[&emulate[..], quiet].concat(), "");
        let carrier = emulate.about();
        let text = |name: &str| carrier[name].as_str().expect("it is said").to_owned();
        let (url, token) = (text("crm_url"), text("crm_token"));
        let usual = ["--crm", url.as_str()];
        let (crm, token) = crm.unwrap_or((&usual, &token));
        let serve = machine.serve(&[crm, backend].concat(), token);
        Self { backend: serve.url(), carrier, machine, running: [emulate, serve] }
    }

    /// The same with its line and its webhook: a buyer's text comes in.
    pub(super) fn open() -> Self {
        let town = Self::start();
        town.adds_line(LINE, &format!("{}\n", town.carrier("auth_token")));
        town.sets_webhook(LINE);
        town
    }

    pub(super) fn carrier(&self, name: &str) -> &str {
        self.carrier[name].as_str().expect("it is said")
    }

    pub(super) fn emulator(&self, what: &str) -> String {
        format!("{}/emulator/v1/{what}", self.carrier("base_url"))
    }

    /// `comeback line add`, with what comes on its standard input.
    pub(super) fn adds_line(&self, number: &str, tokens: &str) -> String {
        let (account, api, database) = (self.carrier("account_sid"), self.carrier("base_url"), self.machine.database());
        let add = ["line", "add", "--database", &database, number, "--account", account, "--token-stdin", "--api", api];
        self.machine.does(&add, tokens)
    }

    fn tests_lines(&self, only: &[&str]) -> super::program::Said {
        let database = self.machine.database();
        let test = ["line", "test", "--database", &database, "--public-url", &self.backend];
        self.machine.run(&[&test[..], only].concat(), "")
    }

    /// Points the carrier's number at the backend.
    pub(super) fn sets_webhook(&self, number: &str) {
        let hook = json!({ "sms_url": format!("{}/hooks/twilio/inbound#rc=5&rp=all", self.backend) });
        self.machine.post(&self.emulator(&format!("numbers/{number}")), &hook);
    }

    pub(super) fn rep(&self, what: &str, name: &str) -> String {
        self.machine.does(&["rep", what, "--database", &self.machine.database(), name], "")
    }

    /// A buyer of the CRM whom this rep owns: name and number.
    pub(super) fn buyer_of(&self, rep: &str) -> (String, String) {
        let all = self.machine.get(&format!("{}/contacts", self.carrier("crm_url")), self.carrier("crm_token"));
        let theirs = |c: &&Value| c["owner"] == rep && c["opportunity"]["owner"] == rep && c["account"]["owner"] == rep;
        let found = all["contacts"].as_array().expect("a list").iter().find(theirs).expect("somebody");
        let words = |v: &Value| v.as_str().expect("words").to_owned();
        (words(&found["name"]), words(&found["phones"][0]))
    }

    pub(super) fn text(&self, from: &str, body: &str) -> String {
        let sent = self.machine.post(&self.emulator("inbound"), &json!({ "from": from, "to": LINE, "body": body }));
        sent["sid"].as_str().expect("a sid").to_owned()
    }

    /// How the backend answered the webhook of a text.
    pub(super) fn answered(&self, sid: &str) -> u64 {
        eventually("the end of a webhook", || {
            let all = self.machine.get(&self.emulator("webhooks"), "");
            let hook = all["webhooks"].as_array()?.iter().find(|h| h["sid"] == sid)?.clone();
            hook["status"].as_u64()
        })
    }
}

#[test]
fn a_number_is_set_up_and_tested_a_rep_invited_and_the_inbox_shows_what_the_carrier_sent() {
    let town = Town::start();
    assert!(town.adds_line(LINE, &format!("{}\n", town.carrier("auth_token"))).starts_with("set up."));
    let tested = town.tests_lines(&[]);
    assert!(!tested.ok, "nothing is set at the carrier yet: {}", tested.out);
    assert!(tested.out.contains("WRONG the number's Messaging: a message comes in: empty"), "{}", tested.out);
    assert!(tested.err.contains("1 setting(s) of 1 number(s) are wrong"), "{}", tested.err);
    town.sets_webhook(LINE);
    let tested = town.tests_lines(&[]);
    assert!(tested.ok && !tested.out.contains("WRONG"), "{}{}", tested.out, tested.err);

    // Another number's wrong token is its own trouble, told under it.
    town.adds_line("+16465550200", "not-the-token\n");
    let tested = town.tests_lines(&[]);
    let (ours, other) = tested.out.split_once("+16465550200\n").expect("both numbers");
    assert!(!tested.ok && ours.starts_with(LINE) && !ours.contains("WRONG"), "{}", tested.out);
    assert!(other.contains("WRONG auth token: refused"), "{}", tested.out);
    assert!(!format!("{}{}", tested.out, tested.err).contains("not-the-token"), "no token is printed");
    assert!(town.tests_lines(&[LINE]).ok, "one number alone");

    let token = town.rep("add", "maya");
    let signed_in = town.machine.does(&["login", &town.backend, "--token-stdin"], &token);
    assert!(signed_in.starts_with("signed in as Maya Okafor at Northwind Systems"), "{signed_in}");
    let inbox = Terminal::open(town.machine.home(), (110, 30), &format!("exec {COMEBACK}"));
    inbox.shows(&["online"]);
    let (name, phone) = town.buyer_of("maya");
    town.text(&phone, "Is the offer still open?");
    inbox.shows(&[&name, &phone, "Is the offer still open?"]);

    // Signed out: said on the screen, with what to type. What comes from then on is not shown any more.
    let revoked = town.rep("revoke", "maya");
    assert!(revoked.starts_with("maya: 1 device(s) signed out"), "{revoked}");
    assert_eq!(town.answered(&town.text(&phone, "Are you there?")), 200);
    let screen = inbox.shows(&["this device is signed out: ask for a one-time token"]);
    assert!(!screen.contains("Are you there?"), "a poll that was waiting told a revoked device:\n{screen}");

    // And in again, without a restart.
    let token = town.rep("add", "maya");
    town.machine.does(&["login", &town.backend, "--token-stdin"], &token);
    inbox.shows(&["online", "Are you there?"]);
}

#[test]
fn a_profile_is_never_signed_in_as_somebody_else_and_the_token_stays_good() {
    let town = Town::start();
    let login = |token: &str, more: &[&str]| {
        town.machine.run(&[&["login", &town.backend, "--token-stdin"][..], more].concat(), token)
    };
    let (maya, ben) = (town.rep("add", "maya"), town.rep("add", "ben"));
    assert!(login(&maya, &[]).ok);
    let profile = town.machine.home().join("data/comeback/default");
    let kept = |name: &str| std::fs::read_to_string(profile.join(name)).expect("a profile");
    let before = (kept("token"), kept("profile.json"));
    let refused = login(&ben, &[]);
    assert!(!refused.ok, "{}", refused.out);
    for said in [
        "This one-time token is for Ben Carver, and the profile belongs to Maya Okafor",
        "The token was not used",
        "comeback --profile ben login URL --token-stdin",
    ] {
        assert!(refused.err.contains(said), "no {said:?} in {}", refused.err);
    }
    assert!(!refused.err.contains(ben.trim()), "no token is printed");
    assert_eq!((kept("token"), kept("profile.json")), before, "the profile is as it was");
    let signed_in = login(&ben, &["--profile", "ben"]);
    assert!(signed_in.ok && signed_in.out.starts_with("signed in as Ben Carver"), "{}{}", signed_in.out, signed_in.err);
    // The same person may sign in again.
    assert!(login(&town.rep("add", "maya"), &[]).ok);
    assert_ne!(kept("token"), before.0);
}

#[test]
fn a_number_removed_is_forgotten_and_its_webhooks_are_refused() {
    let town = Town::start();
    let remove =
        |number: &str| town.machine.run(&["line", "remove", "--database", &town.machine.database(), number], "");
    let list = || town.machine.does(&["line", "list", "--database", &town.machine.database()], "");
    town.sets_webhook(LINE);
    let token = format!("{}\n", town.carrier("auth_token"));
    town.adds_line(LINE, &token);
    town.adds_line("+16465550200", &token);
    let removed = remove("+16465550200");
    assert!(removed.ok && removed.out.contains("its texts still come in"), "{}{}", removed.out, removed.err);
    assert!(list().contains(LINE) && !list().contains("+16465550200"));
    let removed = remove(LINE);
    assert!(removed.ok, "{}", removed.err);
    for said in ["its webhooks are refused", "history stay", "wait on"] {
        assert!(removed.out.contains(said), "no {said:?} in {}", removed.out);
    }
    assert!(list().contains("no number is set up yet"));
    let again = remove(LINE);
    assert!(!again.ok && again.err.contains("no such number is set up"), "{}", again.err);
    assert_eq!(town.answered(&town.text("+14155550123", "hello")), 403);
}

#[test]
fn what_is_no_account_or_service_is_refused_before_a_token_is_asked_for() {
    let town = Town::start();
    let account = town.carrier("account_sid");
    let database = town.machine.database();
    let add = |account: &str, more: &[&str]| {
        let add = ["line", "add", "--database", &database, LINE, "--account", account, "--token-stdin"];
        town.machine.run(&[&add[..], more].concat(), "token\n")
    };
    for (said, wanted) in [
        (add(&account[..33], &[]), "an account is AC and 32 hexadecimal digits (0-9, a-f); behind AC this has 31"),
        (add(&account.replace("AC", "SK"), &[]), "this begins with SK, which is an API key"),
        (add(account, &["--service", account]), "a messaging service is MG and 32 hexadecimal digits"),
    ] {
        assert!(!said.ok && said.err.contains(wanted), "wanted {wanted:?}: {}", said.err);
        assert!(!said.err.contains(&account[2..30]), "what was typed is not repeated: {}", said.err);
    }
    let list = town.machine.does(&["line", "list", "--database", &database], "");
    assert!(list.contains("no number is set up yet"), "{list}");
}

#[test]
fn an_address_that_is_no_backend_s_is_refused_before_anything_is_written_or_served() {
    let town = Town::start();
    town.adds_line(LINE, &format!("{}\n", town.carrier("auth_token")));
    let database = town.machine.database();
    for (url, says) in [
        ("not a url", "does not begin with https://"),
        ("http://comeback.example", "says http"),
        ("https://comeback.example/base/?x=1", "has a path, a query"),
        ("https://me:pw@comeback.example", "a name or a password"),
    ] {
        for command in [&["line", "test", "--set"][..], &["serve", "--playbook", PLAYBOOK]] {
            let given = ["--database", database.as_str(), "--public-url", url];
            let said = town.machine.run(&[command, &given].concat(), "");
            assert!(!said.ok && said.err.contains(says), "{command:?} {url}: {}{}", said.out, said.err);
            assert!(said.err.contains("as in https://comeback.example") && !said.err.contains("me:pw"), "{}", said.err);
            assert!(!said.out.contains("set "), "{}", said.out);
        }
    }
    // A slash at its end is none.
    let slash = format!("{}/", town.backend);
    let set = ["line", "test", "--database", &database, "--public-url", &slash, "--set"];
    let said = town.machine.does(&set, "");
    assert!(said.contains(&format!("posts to {}/hooks/twilio/inbound", town.backend)), "{said}");
}

#[test]
fn what_cannot_be_set_or_is_another_program_s_is_an_error_and_stays_as_it_is() {
    let town = Town::start();
    let database = town.machine.database();
    town.adds_line(LINE, &format!("{}\n", town.carrier("auth_token")));
    let hook = json!({ "sms_url": "https://marketing.example/in" });
    town.machine.post(&town.emulator(&format!("numbers/{LINE}")), &hook);
    let refused = town.tests_lines(&["--set"]);
    assert!(!refused.ok && refused.err.contains("1 number(s) were not set"), "{}{}", refused.out, refused.err);
    for words in ["NOT SET: the number's Messaging posts to https://marketing.example/in", "--replace", "WRONG"] {
        assert!(refused.out.contains(words), "no {words:?} in {}", refused.out);
    }
    assert!(!town.tests_lines(&["--replace"]).ok, "it is for --set alone");
    let set = town.tests_lines(&["--set", "--replace"]);
    assert!(set.ok && set.out.contains("To put back what stood there: https://marketing.example/in"), "{}", set.out);
    assert!(town.tests_lines(&["--set"]).ok, "ours stands there now");

    // What is set at another carrier stays to be done there.
    let add = ["line", "add", "--database", &database, "+16465550300", "--carrier", "generic", "--account", "acme"];
    let more = ["--send-url", "http://127.0.0.1:9/send", "--token-stdin"];
    town.machine.does(&[&add[..], &more].concat(), "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD\n");
    assert!(town.tests_lines(&["+16465550300"]).ok, "nothing is wrong with it");
    let unset = town.tests_lines(&["--set", "+16465550300"]);
    assert!(
        !unset.ok && unset.out.contains("NOT SET: this carrier's settings are made at the carrier"),
        "{}",
        unset.out
    );
    assert!(unset.err.contains("1 number(s) were not set, marked NOT SET above"), "{}", unset.err);
}

#[test]
fn with_no_profile_there_is_a_page_that_says_what_to_type() {
    let page = Machine::new().does(&[], "");
    for said in ["Nobody is signed in here yet", "comeback demo", "comeback login https://YOUR-BACKEND --token-stdin"] {
        assert!(page.contains(said), "no {said:?} in {page}");
    }
}

#[test]
fn where_a_rep_is_reached_comes_on_standard_input_and_is_not_told_again() {
    let machine = super::program::Machine::new();
    let _backend = machine.serve(&[], "");
    let database = machine.database();
    let reach = |more: &[&str], input: &str| {
        machine.run(&[&["rep", "reach", "--database", &database][..], more].concat(), input)
    };
    let said = reach(&[], "");
    assert!(said.ok && said.out.contains("nobody's phone or mailbox is known"), "{}{}", said.out, said.err);
    assert!(said.out.contains("no alert can reach Maya Okafor"), "{}", said.out);
    for (input, why) in [
        ("call me\n\n", "the first line is not a phone number"),
        ("+19175550101\nnot a mailbox\n", "the second line is not a mail address"),
        ("", "nothing came on standard input"),
    ] {
        let said = reach(&["maya"], input);
        assert!(!said.ok && said.err.contains(why), "{}{}", said.out, said.err);
    }
    let said = reach(&["mya"], "+19175550101\n");
    assert!(
        !said.ok && said.err.contains("there is no rep or auditor \"mya\" in the playbook; nothing was changed"),
        "{}",
        said.err
    );
    let said = reach(&["maya"], "+1 (917) 555-0101\nmaya@northwind.example\n");
    assert_eq!((said.ok, said.out.trim()), (true, "maya: a phone and a mailbox are known"), "{}", said.err);
    let said = reach(&["ben"], "+19175550101\n");
    assert!(!said.ok && said.err.contains("another rep has this phone already; nothing was changed"), "{}", said.err);
    let said = reach(&["ben"], "\nben@northwind.example\n");
    assert_eq!(said.out.trim(), "ben: a mailbox is known");
    let said = reach(&[], "");
    assert!(
        said.out.contains("maya         phone …01, a mailbox") && said.out.contains("ben          no phone, a mailbox")
    );
    assert!(!said.out.contains("917") && !said.out.contains("northwind.example"), "{}", said.out);
    assert!(
        said.out.contains("no alert can reach Omar Haddad: what page or mail needs is not known of them"),
        "{}",
        said.out
    );
    assert!(
        !["Maya", "Ben"].iter().any(|name| said.out.contains(&format!("no alert can reach {name}"))),
        "{}",
        said.out
    );
    assert_eq!(reach(&["maya", "--forget"], "").out.trim(), "maya: neither phone nor mailbox is known any more");
    let home = machine.home().display().to_string();
    let said = machine.run_with(&[("HOME", &home)], &["doctor", "--database", &database], "");
    assert!(said.out.contains("no alert can reach 11 rep(s)") && !said.out.contains("Okafor"), "{}", said.out);
}
