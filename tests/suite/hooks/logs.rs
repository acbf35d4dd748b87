//! What the log says of a refused webhook: why, and nothing of what a person wrote or where they text from.

use super::office::{ACCOUNT, BUYER, FORM, Hook, INBOUND, LINE, Office, SECOND, TOKEN, but, text};
use crate::log::Log;

const SECRET: &str = "my-card-is-4111";

pub(super) fn assert_no_personal_data(log: &str) {
    // A part of the words too, which no time and no request id can hold by chance.
    for secret in [SECRET, "card-is", BUYER, "4155550123", LINE, "6465550100", TOKEN, SECOND] {
        assert!(!log.contains(secret), "{secret} is in the log:\n{log}");
    }
}

#[tokio::test]
async fn a_refused_webhook_is_logged_with_the_reason_and_without_its_words() {
    let office = Office::open().await;
    let params = text("SM1", BUYER, SECRET);
    let good = Hook::form(INBOUND, &params);
    let (log, _guard) = Log::listen();
    for (hook, why) in [
        (good.clone().signed(None), "no X-Twilio-Signature header"),
        (good.clone().signed(Some("AAAA".to_owned())), "does not match https://comeback.example/hooks/twilio/inbound:"),
        (Hook::form(INBOUND, &but(params.clone(), "AccountSid", "AC9")), "no auth token is set up for this account"),
        (
            good.clone().signed(Some("AAAA".to_owned())).with("x-twilio-webhooks-signature-settings", "v2"),
            "shared-key scheme",
        ),
        (Hook { media_type: "application/json", body: b"{}".to_vec(), ..good.clone() }, "no auth token is set up"),
        (
            Hook {
                media_type: "application/json",
                body: format!("{{\"AccountSid\": \"{ACCOUNT}\", \"Body\": \"{SECRET}\"}}").into_bytes(),
                ..good.clone()
            },
            "does not match bodySHA256",
        ),
        (Hook { body: [&good.body[..], b"&x=%FF"].concat(), ..good.clone() }, "not UTF-8"),
        (Hook { body: [&good.body[..], b"&x=%F"].concat(), ..good.clone() }, "cut short or garbled"),
        (Hook { media_type: "text/plain", ..good.clone() }, "neither a form nor JSON"),
        (Hook::form(INBOUND, &but(params.clone(), "MessageSid", "")), "MessageSid is missing"),
        (Hook::form(INBOUND, &but(params.clone(), "From", "my-card-is-4111 ?")), "From is missing or not what"),
        (Hook::form("/hooks/twilio/status/SM1", &params), "message id is missing"),
        (Hook { body: vec![b'x'; 64 * 1024 + 1], ..good.clone() }, "larger than 64 KiB"),
        (Hook::form("/hooks/twilio/inbuond", &params), "no hook is at its path"),
        (Hook::form("/hooks/twilio/inbound/4155550123", &params), "no hook is at its path"),
        (Hook::form("/hooks/+14155550123/my-card-is-4111", &params), "no hook is at its path"),
        (Hook::form("/hooks", &params), "no hook is at its path"),
        (Hook::form("/hooks/", &params), "no hook is at its path"),
        (Hook::form("/hooks/twilio/status/", &params), "no hook is at its path"),
    ] {
        let answer = office.post(&hook).await;
        let said = log.take();
        assert!((400..500).contains(&answer.status), "{why}: {}", answer.status);
        let warned: Vec<&str> = said.lines().filter(|line| line.contains("\"WARN\"")).collect();
        assert!(warned.len() == 1 && warned[0].contains(why), "wanted one warning with {why:?}:\n{said}");
        let id = answer.header("x-request-id");
        assert!(id.len() == 32 && warned[0].contains(id), "the line is found by the request's id {id}:\n{said}");
        assert_no_personal_data(&said);
        assert_no_personal_data(&answer.body);
    }
}

#[tokio::test]
async fn another_method_is_refused_with_a_line_that_names_the_right_one() {
    let office = Office::open().await;
    let (log, _guard) = Log::listen();
    for path in [INBOUND, "/hooks/twilio/inbound/", "/hooks/twilio/status/0190c0de-0000-7000-8000-000000000001"] {
        let answer = office.put(path).await;
        assert_eq!((answer.status, answer.code()), (405, "method_not_allowed".to_owned()), "{path}");
        let said = log.take();
        assert!(said.contains("webhook refused") && said.contains("set HTTP POST at the carrier"), "{said}");
    }
}

#[tokio::test]
async fn a_slash_at_the_end_of_a_hook_s_address_does_no_harm_and_the_signature_covers_it() {
    let office = Office::open().await;
    let path = "/hooks/twilio/inbound/";
    let params = text("SM1", BUYER, "hello");
    let hook = Hook::form(path, &params);
    let without = Hook::signature(TOKEN, &format!("{}{INBOUND}", super::office::PUBLIC), &params);
    assert_eq!(office.post(&hook.clone().signed(Some(without))).await.status, 403, "another address was signed");
    assert_eq!(office.post(&hook).await.status, 200);
    assert_eq!(office.bodies().await, ["hello"]);
}

#[tokio::test]
async fn a_query_of_a_refused_webhook_is_logged_without_personal_data() {
    let office = Office::open().await;
    let (log, _guard) = Log::listen();
    let query = format!("{INBOUND}?AccountSid={ACCOUNT}&From=%2B14155550123&Body={SECRET}");
    let answer = office.post(&Hook::form(&query, &text("SM1", BUYER, "hello")).signed(Some("AAAA".to_owned()))).await;
    assert_eq!(answer.status, 403);
    let said = log.take();
    assert!(said.contains("does not match"), "{said}");
    assert_no_personal_data(&said);
}

#[tokio::test]
async fn an_accepted_webhook_leaves_no_words_in_the_log_either() {
    let office = Office::open().await;
    let (log, _guard) = Log::listen();
    let listed = Hook::form(INBOUND, &text("SM1", BUYER, SECRET));
    let unlisted = Hook::form(INBOUND, &but(text("SM2", BUYER, SECRET), "To", "+16465550999"));
    for hook in [&listed, &listed, &unlisted] {
        assert_eq!(office.post(hook).await.status, 200);
    }
    let said = log.take();
    assert!(said.contains("number that the playbook does not list"), "{said}");
    assert!(!said.contains("6465550999"), "{said}");
    assert_no_personal_data(&said);
    let broken = Hook { body: b"AccountSid=%".to_vec(), media_type: FORM, ..listed };
    assert_eq!(office.post(&broken).await.status, 400);
    assert_no_personal_data(&office.metrics.render());
}
