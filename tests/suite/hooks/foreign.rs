//! Several accounts are set up here: each may speak of its own lines' texts only.

use serde_json::{Value, json};
use uuid::Uuid;

use super::SID;
use super::logs::assert_no_personal_data;
use super::office::{ACCOUNT, BUYER, Hook, INBOUND, LINE, Office, PUBLIC, but, text};
use crate::log::Log;

const OTHER_ACCOUNT: &str = "ACffffffffffffffffffffffffffffffff";
const OTHER_TOKEN: &str = "token-of-the-other-account";

/// A status callback about an answer, signed by an account with its token.
fn status(message: Uuid, account: &str, token: &str) -> Hook {
    let path = format!("/hooks/twilio/status/{message}");
    let params =
        [("MessageSid", "SM9"), ("AccountSid", account), ("MessageStatus", "delivered"), ("To", BUYER), ("From", LINE)];
    let signature = Hook::signature(token, &format!("{PUBLIC}{path}"), &params);
    Hook::form(&path, &params).signed(Some(signature))
}

/// How the only answer stands.
async fn standing(office: &Office, message: Uuid) -> Value {
    let seen = office.seen().await;
    let mut messages = seen[0]["messages"].as_array().unwrap().iter();
    messages.find(|m| m["id"] == json!(message)).unwrap()["standing"].clone()
}

#[tokio::test]
async fn an_account_that_is_set_up_may_not_report_on_a_text_of_another_accounts_line() {
    let office = Office::open().await;
    office.sets_up("+16465550199", OTHER_ACCOUNT, OTHER_TOKEN).await;
    assert_eq!(office.post(&Hook::form(INBOUND, &text(SID, BUYER, "when?"))).await.status, 200);
    let message = office.answer("my-card-is-4111").await;
    let before = (office.head().await, standing(&office, message).await);
    assert!(before.1["held"].is_object(), "{}", before.1);

    let (log, guard) = Log::listen();
    let answer = office.post(&status(message, OTHER_ACCOUNT, OTHER_TOKEN)).await;
    assert_eq!((answer.status, answer.code().as_str()), (403, "other_account"));
    let said = log.take();
    let warned: Vec<&str> = said.lines().filter(|line| line.contains("\"WARN\"")).collect();
    assert!(warned.len() == 1 && warned[0].contains("a line that is set up at another"), "{said}");
    assert!(warned[0].contains(answer.header("x-request-id")), "{said}");
    assert_no_personal_data(&said);
    assert_no_personal_data(&answer.body);
    assert!(!said.contains(OTHER_TOKEN), "{said}");
    drop(guard);
    assert_eq!((office.head().await, standing(&office, message).await), before, "something of it was believed");
    assert!(office.metrics.render().contains("outcome=\"other_account\"} 1"));

    // To name the right account does not help without its token, and the right one is believed.
    assert_eq!(office.post(&status(message, ACCOUNT, OTHER_TOKEN)).await.status, 403);
    assert_eq!(office.post(&status(message, ACCOUNT, super::TOKEN)).await.status, 200);
    assert_eq!(standing(&office, message).await["out"]["delivery"], "delivered");
}

/// A number that was moved to another account and not set up anew: what comes is kept for whoever looks, and nothing is
/// believed, since a START so signed would open any door.
#[tokio::test]
async fn a_reply_that_another_account_signed_is_refused_until_the_number_is_set_up_there() {
    let office = Office::open().await;
    office.sets_up("+16465550199", OTHER_ACCOUNT, OTHER_TOKEN).await;
    let params = but(text(SID, BUYER, "moved"), "AccountSid", OTHER_ACCOUNT);
    let signature = Hook::signature(OTHER_TOKEN, &format!("{PUBLIC}{INBOUND}"), &params);
    let hook = Hook::form(INBOUND, &params).signed(Some(signature));
    let answer = office.post(&hook).await;
    assert_eq!((answer.status, answer.code().as_str()), (403, "other_account"));
    assert!(office.bodies().await.is_empty());
    let office = Office::open().await;
    office.sets_up(LINE, OTHER_ACCOUNT, OTHER_TOKEN).await;
    assert_eq!(office.post(&hook).await.status, 200);
    assert_eq!(office.bodies().await, ["moved"]);
}

/// Twilio's signature has no time in it: a report that was believed once can be posted again for ever.
#[tokio::test]
async fn a_report_that_stopped_a_number_stops_it_no_second_time() {
    let office = Office::open().await;
    assert_eq!(office.post(&Hook::form(INBOUND, &text(SID, BUYER, "when?"))).await.status, 200);
    let message = office.answer("at three").await;
    let unregistered = |message: Uuid| {
        let path = format!("/hooks/twilio/status/{message}");
        let params = [
            ("MessageSid", "SM9"),
            ("AccountSid", ACCOUNT),
            ("MessageStatus", "undelivered"),
            ("ErrorCode", "30034"),
            ("To", BUYER),
            ("From", LINE),
        ];
        let signature = Hook::signature(super::TOKEN, &format!("{PUBLIC}{path}"), &params);
        Hook::form(&path, &params).signed(Some(signature))
    };
    assert_eq!(office.post(&unregistered(Uuid::now_v7())).await.status, 200);
    assert!(!office.is_stopped().await, "it is about no answer of ours");
    assert_eq!(office.post(&unregistered(message)).await.status, 200);
    assert!(office.is_stopped().await);
    office.resumes().await;
    assert_eq!(office.post(&unregistered(message)).await.status, 200);
    assert!(!office.is_stopped().await, "and nothing is said that was not known");
}
