//! What became of a send, from what Telnyx answered.

use serde::Deserialize;

use super::parse;
use crate::domain::message::Delivery;
use crate::server::carrier::{SendOutcome, answer};

/// Telnyx's codes for "not now": too many requests, and the queue of this number is full. Nothing was taken.
const TOO_FAST: [u32; 2] = [10011, 40318];

#[derive(Deserialize)]
struct Sent {
    data: Message,
}

#[derive(Deserialize)]
struct Message {
    id: String,
    #[serde(default)]
    to: Vec<To>,
}

#[derive(Deserialize)]
struct To {
    status: Option<String>,
}

#[derive(Deserialize)]
struct Problem {
    errors: Vec<parse::Error>,
}

/// The first code of an answer in Telnyx's form; 0 when it is something else.
pub(super) fn code_of(body: &[u8]) -> u32 {
    let problem = serde_json::from_slice::<Problem>(body).ok();
    problem.and_then(|p| p.errors.first()?.number()).unwrap_or(0)
}

/// What an answer says. A body that broke off is given as far as it came, or empty.
pub(super) fn of_answer(status: u16, body: &[u8]) -> SendOutcome {
    answer::of_status(status, code_of(body), &TOO_FAST, || match serde_json::from_slice::<Sent>(body) {
        Ok(Sent { data }) if !data.id.is_empty() => {
            let word = data.to.first().and_then(|to| to.status.as_deref());
            let delivery = word.and_then(parse::delivery).unwrap_or(Delivery::Accepted);
            SendOutcome::Accepted { id: data.id, delivery }
        }
        Ok(_) | Err(_) => SendOutcome::Unknown,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_proves_that_the_text_never_left_is_refused_or_tried_again() {
        let coded = |code: u32| format!(r#"{{"errors":[{{"code":"{code}","title":"…","detail":"…"}}]}}"#);
        let sent = r#"{"data":{"id":"403177be","to":[{"phone_number":"+14155550123","status":"queued"}]}}"#;
        let taken = |delivery| SendOutcome::Accepted { id: "403177be".to_owned(), delivery };
        for (status, body, wanted) in [
            (200, sent, taken(Delivery::Queued)),
            (202, r#"{"data":{"id":"403177be"}}"#, taken(Delivery::Accepted)),
            (200, r#"{"data":{"id":""}}"#, SendOutcome::Unknown),
            (200, r#"{"data":{"id":"4031"#, SendOutcome::Unknown),
            (400, &coded(40300), SendOutcome::Refused { code: 40300 }),
            (422, &coded(40305), SendOutcome::Refused { code: 40305 }),
            (401, &coded(10009), SendOutcome::Refused { code: 10009 }),
            (429, &coded(10011), SendOutcome::Busy),
            (400, &coded(40318), SendOutcome::Busy),
            (403, "<html>", SendOutcome::Refused { code: 403 }),
            (408, &coded(10008), SendOutcome::Unknown),
            (500, &coded(10007), SendOutcome::Unknown),
            (503, "", SendOutcome::Unknown),
            (302, sent, SendOutcome::Unknown),
        ] {
            assert_eq!(of_answer(status, body.as_bytes()), wanted, "{status} {body}");
        }
    }
}
