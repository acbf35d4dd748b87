//! `POST /2010-04-01/Accounts/{sid}/Messages.json`: sends a text, or says why not.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::{answer, error};
use crate::domain::time::Timestamp;
use crate::emulator::buyers::Answer;
use crate::emulator::callbacks::{self, Plan};
use crate::emulator::message::{Direction, Media, Message};
use crate::emulator::shared::Shared;
use crate::emulator::state::{SendRecord, State as Carrier};

/// Longest text Twilio takes, in characters.
const LONGEST: usize = 1600;
/// How long a request that is never answered is held, real time.
const HANG: Duration = Duration::from_mins(2);

/// The request's form.
#[derive(Debug, Default)]
struct Form {
    to: String,
    from: String,
    service: String,
    body: String,
    media: Vec<String>,
    content_sid: bool,
    status_callback: Option<String>,
    scheduled: bool,
    send_at: Option<String>,
    validity: Option<String>,
}

impl Form {
    fn parse(bytes: &[u8]) -> Self {
        let mut form = Self::default();
        for (name, value) in form_urlencoded::parse(bytes) {
            let value = value.into_owned();
            match name.as_ref() {
                "To" => form.to = value,
                "From" => form.from = value,
                "MessagingServiceSid" => form.service = value,
                "Body" => form.body = value,
                "MediaUrl" => form.media.push(value),
                "ContentSid" => form.content_sid = true,
                "ScheduleType" => form.scheduled = value == "fixed",
                "SendAt" => form.send_at = Some(value),
                "ValidityPeriod" => form.validity = Some(value),
                "StatusCallback" => form.status_callback = Some(value).filter(|url| !url.is_empty()),
                _ => {}
            }
        }
        form
    }
}

/// A refusal: HTTP status, Twilio's code, its sentence.
type Refusal = (StatusCode, i64, String);

/// A text on its way.
struct Accepted {
    message: Message,
    callback: Option<String>,
    plan: Plan,
    /// When one that is scheduled goes.
    send_at: Option<Timestamp>,
}

/// The handler.
pub(crate) async fn create(State(shared): State<Arc<Shared>>, bytes: axum::body::Bytes) -> Response {
    let form = Form::parse(&bytes);
    let (refused, hold) = {
        let mut state = shared.state();
        let faults = &mut state.faults;
        let refused = if faults.send_429.strikes() {
            Some((StatusCode::TOO_MANY_REQUESTS, 20429, "Too Many Requests".to_owned()))
        } else if faults.send_500.strikes() {
            Some((StatusCode::INTERNAL_SERVER_ERROR, 20500, "Internal Server Error".to_owned()))
        } else if faults.send_timeout_ms > 0 {
            Some((StatusCode::SERVICE_UNAVAILABLE, 20503, "Service Unavailable".to_owned()))
        } else {
            None
        };
        (refused, Duration::from_millis(faults.send_timeout_ms))
    };
    let now = shared.now();
    if let Some(refusal) = refused {
        let refused = record_refusal(&shared, &form, now, refusal);
        tokio::time::sleep(hold).await;
        return refused;
    }
    let decided = {
        let mut state = shared.state();
        accept(&mut state, &form, now)
    };
    let accepted = match decided {
        Ok(accepted) => accepted,
        Err(refusal) => return record_refusal(&shared, &form, now, refusal),
    };
    let (slow, hangs) = {
        let mut state = shared.state();
        (state.faults.send_slow_ms, state.faults.send_accept_then_hang.strikes())
    };
    let sid = accepted.message.sid.clone();
    match accepted.send_at {
        None => callbacks::run(&shared, &sid, accepted.callback, accepted.plan),
        Some(at) => callbacks::later(&shared, &sid, at, accepted.callback, accepted.plan),
    }
    shared.stirred.notify_one();
    if hangs {
        tokio::time::sleep(HANG).await;
    }
    tokio::time::sleep(Duration::from_millis(slow)).await;
    answer(StatusCode::CREATED, &accepted.message.json(&shared.account_sid))
}

fn record_refusal(shared: &Shared, form: &Form, now: Timestamp, (status, code, words): Refusal) -> Response {
    shared.state().sends.push(SendRecord {
        sid: None,
        to: form.to.clone(),
        from: if form.from.is_empty() { form.service.clone() } else { form.from.clone() },
        body: form.body.clone(),
        at: now.to_string(),
        refused: Some(code),
        via: "api",
    });
    error(status, code, &words)
}

fn refuse(code: i64, words: impl Into<String>) -> Refusal {
    (StatusCode::BAD_REQUEST, code, words.into())
}

/// Every rule of a send, in Twilio's order; accepted means listed.
fn accept(state: &mut Carrier, form: &Form, now: Timestamp) -> Result<Accepted, Refusal> {
    if form.to.is_empty() {
        return Err(refuse(21604, "A 'To' phone number is required."));
    }
    let sender = sender(state, form)?;
    if form.body.is_empty() && form.media.is_empty() && !form.content_sid {
        return Err(refuse(21602, "Message body is required."));
    }
    if !is_e164(&form.to) {
        return Err(refuse(21211, format!("Invalid 'To' Phone Number: {}", mask(&form.to))));
    }
    if sender == form.to {
        return Err(refuse(21266, "'To' and 'From' number cannot be the same"));
    }
    if form.body.chars().count() > LONGEST {
        return Err(refuse(
            21617,
            "The concatenated message body exceeds the 1600 character limit. Please split your message.",
        ));
    }
    if form.validity.as_ref().is_some_and(|v| !v.parse().is_ok_and(|seconds: u32| VALID.contains(&seconds))) {
        return Err(refuse(21615, "ValidityPeriod must be between 1 and 36000 seconds"));
    }
    let send_at = scheduled(form, now)?;
    let opted_out = state.is_opted_out(&sender, &form.to);
    if opted_out && !state.faults.async_21610 {
        return Err(refuse(21610, "Attempt to send to unsubscribed recipient"));
    }
    let sid = state.new_sid(if form.media.is_empty() { "SM" } else { "MM" });
    let media = form.media.iter().map(|_| Media { sid: state.new_sid("ME"), content_type: "image/png".to_owned() });
    let media = media.collect();
    let in_service = !form.service.is_empty();
    let message = Message {
        sid: sid.clone(),
        from: sender.clone(),
        to: form.to.clone(),
        body: form.body.clone(),
        media,
        direction: Direction::Api,
        status: match send_at {
            Some(_) => "scheduled",
            None if in_service => "accepted",
            None => "queued",
        },
        error_code: None,
        service: in_service.then(|| form.service.clone()),
        created: now,
        sent: None,
        updated: now,
    };
    state.messages.push(message.clone());
    let nth = u64::try_from(state.sends.len()).unwrap_or(u64::MAX);
    state.sends.push(SendRecord {
        sid: Some(sid),
        to: form.to.clone(),
        from: sender.clone(),
        body: form.body.clone(),
        at: now.to_string(),
        refused: None,
        via: "api",
    });
    let forced = if opted_out { Some(21610) } else { state.faults.undelivered };
    let plan = callbacks::plan(state.seed(), nth, state.faults.callbacks, forced);
    if plan.is_delivered() && send_at.is_none() {
        // Buyers act only on what came after all they have done, so an answer never changes their past.
        let at = now.max(state.buyers_until);
        state.world.hears(Answer { at, from: sender, to: form.to.clone(), body: form.body.clone() });
    }
    let of_service = || state.services.get(&form.service).and_then(|s| s.status_callback.clone());
    let callback = form.status_callback.clone().or_else(of_service);
    // Twilio answers before a service has chosen its number.
    let message = if in_service { Message { from: String::new(), ..message } } else { message };
    Ok(Accepted { message, callback, plan, send_at })
}

/// How long a text may be tried, in seconds.
const VALID: std::ops::RangeInclusive<u32> = 1..=36_000;

/// How far ahead a text may be scheduled, in minutes: a quarter of an hour to thirty-five days.
const AHEAD: std::ops::RangeInclusive<i64> = 15..=35 * 24 * 60;

/// When a text is to go, if it is scheduled. Without a service a schedule is not looked at, as Twilio has it.
fn scheduled(form: &Form, now: Timestamp) -> Result<Option<Timestamp>, Refusal> {
    if !form.scheduled || form.service.is_empty() {
        return Ok(None);
    }
    let unsupported = || refuse(35114, "Scheduling does not support this timestamp");
    let at = form.send_at.as_ref().ok_or_else(|| refuse(35111, "SendAt timestamp is missing"))?;
    let at = chrono::DateTime::parse_from_rfc3339(at).map_err(|_| unsupported())?;
    let at: Timestamp = at.to_utc().into();
    if AHEAD.contains(&(at.since(now).as_millis() / 60_000)) { Ok(Some(at)) } else { Err(unsupported()) }
}

fn sender(state: &Carrier, form: &Form) -> Result<String, Refusal> {
    if !form.from.is_empty() {
        return match state.number(&form.from) {
            Some(number) => Ok(number.number.clone()),
            None => Err(refuse(
                21606,
                format!(
                    "The 'From' phone number provided ({}) is not a valid, message-capable Twilio phone number for this account/region",
                    mask(&form.from)
                ),
            )),
        };
    }
    if form.service.is_empty() {
        return Err(refuse(21603, "A 'From' or 'MessagingServiceSid' parameter is required."));
    }
    if !state.services.contains_key(&form.service) {
        return Err(refuse(21701, "The Messaging Service does not exist"));
    }
    state
        .sender_of(&form.service, &form.to)
        .ok_or_else(|| refuse(21704, "The Messaging Service contains no phone numbers."))
}

fn is_e164(number: &str) -> bool {
    number
        .strip_prefix('+')
        .is_some_and(|d| (8..=15).contains(&d.len()) && !d.starts_with('0') && d.bytes().all(|b| b.is_ascii_digit()))
}

/// Twilio hides most of a number in its sentences.
fn mask(number: &str) -> String {
    let shown: String = number.chars().take(7).collect();
    format!("{shown}XXXX")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emulator::tests::carrier;

    fn form(pairs: &[(&str, &str)]) -> Form {
        let mut out = form_urlencoded::Serializer::new(String::new());
        Form::parse(out.extend_pairs(pairs).finish().as_bytes())
    }

    fn code(state: &mut Carrier, pairs: &[(&str, &str)]) -> Option<i64> {
        accept(state, &form(pairs), Timestamp::default()).err().map(|(_, code, _)| code)
    }

    const LINE: &str = "+16465550100";
    const BUYER: &str = "+14155550123";

    #[test]
    fn each_rule_has_its_code() {
        let mut state = carrier();
        let (long, longest) = ("é".repeat(1601), "é".repeat(1600));
        for (pairs, wanted) in [
            (&[("From", LINE), ("Body", "x")][..], Some(21604)),
            (&[("To", "911x"), ("From", LINE), ("Body", "x")], Some(21211)),
            (&[("To", BUYER), ("Body", "x")], Some(21603)),
            (&[("To", BUYER), ("From", "+12025550100"), ("Body", "x")], Some(21606)),
            (&[("To", BUYER), ("From", LINE)], Some(21602)),
            (&[("To", BUYER), ("From", LINE), ("Body", &long)], Some(21617)),
            (&[("To", BUYER), ("From", LINE), ("Body", &longest)], None),
            (&[("To", LINE), ("From", LINE), ("Body", "x")], Some(21266)),
            (&[("To", BUYER), ("MessagingServiceSid", "MG0"), ("Body", "x")], Some(21701)),
            (&[("To", BUYER), ("From", LINE), ("MediaUrl", "http://x/y.png")], None),
        ] {
            assert_eq!(code(&mut state, pairs), wanted, "{pairs:?}");
        }
    }

    #[test]
    fn an_opt_out_blocks_the_pair_until_start() {
        let mut state = carrier();
        let send = [("To", BUYER), ("From", LINE), ("Body", "x")];
        let at = Timestamp::default();
        state.take_inbound(at, BUYER, LINE, "Stop", &[]);
        assert_eq!(code(&mut state, &send), Some(21610));
        assert_eq!(code(&mut state, &[("To", "+14155550124"), ("From", LINE), ("Body", "x")]), None);
        state.take_inbound(at, BUYER, LINE, "unstop", &[]);
        assert_eq!(code(&mut state, &send), None);
    }

    #[test]
    fn an_opt_out_may_be_told_later() {
        let mut state = carrier();
        state.faults.async_21610 = true;
        state.take_inbound(Timestamp::default(), BUYER, LINE, "STOP", &[]);
        let accepted = accept(&mut state, &form(&[("To", BUYER), ("From", LINE), ("Body", "x")]), Timestamp::default());
        let plan = accepted.ok().map(|a| a.plan).expect("accepted");
        assert_eq!(plan.truth.last().and_then(|s| s.error), Some(21610));
        assert!(!plan.is_delivered());
    }
}
