//! The backend's log of a whole day, at its most talkative, holds nothing of what people wrote or who they are.

use serde_json::{Value, json};

use super::house::COMEBACK;
use super::setup::{LINE, Town};
use super::tmux::{Terminal, eventually};

/// Those of these secrets that stand in a log, as they are or as JSON and forms would write them.
fn leaks<'a>(log: &str, secrets: &'a [String]) -> Vec<&'a String> {
    let log = log.to_lowercase();
    let written = |secret: &str| {
        let secret = secret.to_lowercase();
        let json = json!(secret).to_string();
        let form = form_urlencoded::byte_serialize(secret.as_bytes()).collect::<String>().to_lowercase();
        log.contains(&secret) || log.contains(json.trim_matches('"')) || log.contains(&form)
    };
    secrets.iter().filter(|secret| written(secret)).collect()
}

/// Every text under these names, anywhere in a value.
fn words(value: &Value, names: &[&str], into: &mut Vec<String>) {
    match value {
        Value::Array(all) => all.iter().for_each(|v| words(v, names, into)),
        Value::Object(all) => {
            for (name, v) in all {
                if !names.contains(&name.as_str()) {
                    words(v, names, into);
                } else if let Some(text) = v.as_str() {
                    into.push(text.to_owned());
                } else {
                    into.extend(v.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned));
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn the_json_log_of_a_whole_day_holds_no_number_name_text_token_or_secret() {
    let town =
        Town::start_with(&["--quiet", "--seed", "7", "--speed", "60"], &["--log-json", "--log", "info,comeback=trace"]);
    let machine = &town.machine;
    town.sets_webhook(LINE);
    town.adds_line(LINE, &format!("{}\n", town.carrier("auth_token")));
    let invite = town.rep("add", "maya");
    machine.does(&["login", &town.backend, "--token-stdin"], &invite);
    let device = std::fs::read_to_string(machine.home().join("data/comeback/default/token")).expect("a token");
    let (name, phone) = town.buyer_of("maya");
    let (question, answer) = ("Can the zeppelin land on Tuesday?", "The zeppelin lands at noon");
    let inbox = Terminal::open(machine.home(), (110, 30), &format!("exec {COMEBACK}"));
    inbox.shows(&["online"]);

    // In, out, delivered, and stopped.
    assert_eq!(town.answered(&town.text(&phone, question)), 200);
    inbox.shows(&[&name, question]);
    inbox.press(&["/"]);
    inbox.write("zeppelin");
    inbox.shows(&[question, "found, 1 text"]);
    inbox.press(&["Enter", "r"]);
    inbox.shows(&[&format!("To {name}")]);
    inbox.write(answer);
    inbox.press(&["Enter"]);
    // Out of hours an acknowledgement goes before it, and is delivered, too.
    eventually("the answer at the carrier", || {
        let all = machine.get(&town.emulator("sends"), "");
        all["sends"].as_array()?.iter().any(|sent| sent["body"] == answer).then_some(())
    });
    inbox.shows(&["delivered", answer]);
    assert_eq!(town.answered(&town.text(&phone, "STOP")), 200);
    let stranger = "+14155550188";
    assert_eq!(town.answered(&town.text(stranger, "who is this, zeppelin people?")), 200);
    // The buyers of the seed text by themselves as well.
    machine.post(&town.emulator("buyers"), &json!({ "paused": false }));
    let emulated = |what: &str| machine.get(&town.emulator(what), "");
    eventually("a buyer who texts by themselves", || {
        let all = emulated("webhooks");
        (all["webhooks"].as_array()?.iter().filter(|h| h["status"] == 200).count() > 6).then_some(())
    });

    // Refused: unsigned, of a forged signature, at a path and with a token that hold what they should not.
    let form = [
        ("From", phone.as_str()),
        ("To", LINE),
        ("Body", "a forged zeppelin"),
        ("AccountSid", town.carrier("account_sid")),
    ];
    let hook = format!("{}/hooks/twilio/inbound", town.backend);
    for signature in [None, Some("Zm9yZ2VkIHplcHBlbGlu")] {
        assert_eq!(machine.post_form(&hook, &form, signature), 403);
    }
    assert_eq!(machine.post_form(&format!("{hook}/{phone}"), &form, None), 404);
    assert_eq!(machine.status_of(&format!("{}/v1/session?token=cbd_zeppelin-token&from={phone}", town.backend)), 401);
    assert!(!machine.run(&["login", &town.backend, "--token-stdin", "--profile", "x"], "cbi_zeppelin-token\n").ok);

    let mut secrets = vec![];
    words(
        &machine.get(&format!("{}/contacts", town.carrier("crm_url")), town.carrier("crm_token")),
        &["name", "phones", "email"],
        &mut secrets,
    );
    words(&emulated("sends"), &["to", "body"], &mut secrets);
    let account = town.carrier("account_sid");
    let messages = format!("{}/2010-04-01/Accounts/{account}/Messages.json?PageSize=1000", town.carrier("base_url"));
    words(&machine.get_as(&messages, (account, town.carrier("auth_token"))), &["from", "to", "body"], &mut secrets);
    // "Ok" is a word of anybody's.
    secrets.retain(|secret| secret.chars().count() >= 8);
    assert!(secrets.iter().any(|s| s == question) && secrets.iter().any(|s| s == answer), "{secrets:?}");
    assert!(secrets.len() > 20 && secrets.contains(&phone) && secrets.contains(&name), "{secrets:?}");
    secrets.extend([stranger, LINE, "zeppelin", question, answer, invite.trim(), device.trim()].map(str::to_owned));
    secrets.extend(["auth_token", "crm_token"].map(|secret| town.carrier(secret).to_owned()));
    // A number is also told by its digits alone.
    secrets.extend(secrets.clone().iter().filter_map(|s| s.strip_prefix('+').map(str::to_owned)));

    // The end is logged, too.
    drop(inbox);
    let Town { machine, running: [emulator, backend], .. } = town;
    drop((backend, emulator));
    let log = std::fs::read_to_string(machine.home().join("serve.log")).expect("the log");
    for said in ["\"route\":\"/hooks/twilio/inbound\"", "\"status\":403", "device signed in", "/v1/commands"] {
        assert!(log.contains(said), "the log is not of that day: no {said} in\n{log}");
    }
    for line in log.lines() {
        serde_json::from_str::<Value>(line).unwrap_or_else(|e| panic!("not JSON ({e}): {line}"));
    }
    let found = leaks(&log, &secrets);
    assert!(found.is_empty(), "the log says {found:?}:\n{log}");

    // The search finds what it is for, however it is written.
    for (planted, secret) in [
        (format!("{{\"from\":\"{phone}\"}}"), &phone),
        (format!("From={}", phone.replace('+', "%2B")), &phone),
        (format!("hello {}", name.to_uppercase()), &name),
    ] {
        assert!(leaks(&format!("{log}\n{planted}"), &secrets).contains(&secret), "{planted} was not found");
    }
}
