//! Every other carrier, by a small protocol of ours over signed webhooks: assets/docs/carriers.md.
//!
//! Both ways are POSTs of JSON signed by Standard Webhooks 1.0 with one shared secret, or two while it is changed: the
//! carrier, or a bridge before it, posts texts and reports to our hook, and takes sends at its own address. Where it can
//! list what it has, a second address is asked.

use std::collections::BTreeSet;
use std::time::Duration;

use async_trait::async_trait;
use axum::http::HeaderName;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::client::Api;
use super::{
    Carrier, CarrierError, Finding, Heard, Hooked, Listed, Lists, SendOutcome, Unbelieved, Unreadable, answer, meaning,
};
use crate::clock::{Clock as _, SystemClock};
use crate::domain::contact::{Address, Body};
use crate::domain::message::Delivery;
use crate::domain::time::Timestamp;
use crate::server::egress::{Ask, Egress};
use crate::server::notify::standard::{Secret, signatures, verify};
use crate::server::store::CarrierLine;

pub mod parse;

/// Pages of a list read at most.
const MOST_PAGES: usize = 500;

/// The client of the protocol.
#[derive(Debug)]
pub struct Generic(Api);

#[derive(Deserialize)]
struct Sent {
    id: String,
    #[serde(default)]
    status: Option<String>,
}

#[derive(Deserialize)]
struct Page {
    messages: Vec<parse::Item>,
    #[serde(default)]
    next: Option<String>,
}

#[derive(Deserialize, Default)]
struct Problem {
    #[serde(default)]
    error: Option<String>,
}

/// The code of the word in a refusal; 0 when there is none.
fn code_of(body: &[u8]) -> u32 {
    let problem = serde_json::from_slice::<Problem>(body).unwrap_or_default();
    problem.error.map_or(0, |word| meaning::code_of(&word))
}

/// What an answer to a send says.
fn of_answer(status: u16, body: &[u8]) -> SendOutcome {
    answer::of_status(status, code_of(body), &[meaning::code_of("slow_down")], || {
        match serde_json::from_slice::<Sent>(body) {
            Ok(sent) if !sent.id.is_empty() => {
                let delivery = sent.status.as_deref().and_then(parse::delivery).unwrap_or(Delivery::Accepted);
                SendOutcome::Accepted { id: sent.id, delivery }
            }
            Ok(_) | Err(_) => SendOutcome::Unknown,
        }
    })
}

fn secrets(line: &CarrierLine) -> Vec<Secret> {
    line.tokens.iter().filter_map(|text| Secret::parse(text).ok()).collect()
}

impl Generic {
    /// What a line of it names, and what stands behind `/hooks/`.
    pub const KIND: &'static str = "generic";

    /// A client that follows no redirects: what is signed is signed for one address.
    pub const fn new(egress: Egress) -> Self {
        Self::answered_within(egress, Duration::from_secs(10))
    }

    /// The same for a request that may take another time than ten seconds.
    pub const fn answered_within(egress: Egress, limit: Duration) -> Self {
        Self(Api::answered_within(egress, limit))
    }

    /// A signed request. `id` is the same for the same request: the other side may know it by it.
    fn signed(line: &CarrierLine, url: &str, id: &str, message: &Value) -> Result<Ask, CarrierError> {
        let url = Api::url(url, "")?;
        // Receivers compare with the real time, also those of a demo.
        let seconds = SystemClock.now().millis().div_euclid(1000);
        let body = message.to_string();
        let signature = signatures(&secrets(line), id, seconds, body.as_bytes());
        Ok(Ask::post(url)
            .json(body)
            .header(HeaderName::from_static("webhook-id"), id)
            .header(HeaderName::from_static("webhook-timestamp"), &seconds.to_string())
            .header(HeaderName::from_static("webhook-signature"), &signature))
    }

    async fn list(&self, line: &CarrierLine, kind: &str, asked: Value) -> Result<Vec<Listed>, CarrierError> {
        let Some(url) = &line.extra.list else { return Ok(Vec::new()) };
        let (mut all, mut cursor) = (Vec::new(), None::<String>);
        for _ in 0..MOST_PAGES {
            let mut data = asked.clone();
            if let Some(cursor) = &cursor {
                data["cursor"] = json!(cursor);
            }
            let message = json!({ "type": kind, "data": data });
            let request = Self::signed(line, url, &format!("msg_{}", Uuid::new_v4()), &message)?;
            let page: Page = self.0.ask(vec![request], code_of).await?;
            all.extend(page.messages.into_iter().filter_map(parse::Item::listed));
            match page.next.filter(|next| !next.is_empty()) {
                Some(next) => cursor = Some(next),
                None => return Ok(all),
            }
        }
        // Half a list would pass for a whole one.
        Err(CarrierError::Unreachable("its list is longer than is read at once".to_owned()))
    }
}

#[async_trait]
impl Carrier for Generic {
    fn verify(&self, lines: &[CarrierLine], hooked: &Hooked<'_>) -> Result<BTreeSet<String>, Unbelieved> {
        let header = |name: &str| {
            let none = || Unbelieved::Forged(format!("no {name} header: not signed, or a proxy drops it"));
            hooked.header(name).ok_or_else(none)
        };
        let (id, time, signature) = (header("webhook-id")?, header("webhook-timestamp")?, header("webhook-signature")?);
        let (mut signers, mut refused) = (BTreeSet::new(), None);
        for line in lines.iter().filter(|l| l.provider == Self::KIND) {
            match verify(&secrets(line), id, time, signature, hooked.body, hooked.at) {
                Ok(()) => drop(signers.insert(line.account.clone())),
                Err(why) => refused = Some(why),
            }
        }
        match (signers.is_empty(), refused) {
            (false, _) => Ok(signers),
            (true, Some(why)) => Err(Unbelieved::Forged(why.to_string())),
            (true, None) => Err(Unbelieved::Forged("no line of this kind is set up: comeback line add".to_owned())),
        }
    }

    fn parse(&self, hooked: &Hooked<'_>) -> Result<Heard, Unreadable> {
        parse::heard(hooked)
    }

    async fn send(&self, line: &CarrierLine, to: &Address, body: &Body, callback: &str) -> SendOutcome {
        let reference = callback.rsplit('/').next().unwrap_or_default();
        let message = json!({
            "type": "message.send",
            "data": {
                "reference": reference,
                "from": line.number.as_str(),
                "to": to.as_str(),
                "text": body.as_str(),
                "status_url": callback,
            },
        });
        let Ok(request) = Self::signed(line, &line.api, &format!("msg_{reference}"), &message) else {
            tracing::error!(
                "the address that takes a line's sends is not one, and its answers wait: comeback line add"
            );
            return SendOutcome::Busy;
        };
        match self.0.raw(vec![request]).await {
            Ok((status, body)) => of_answer(status, &body.unwrap_or_default()),
            Err(e) => answer::of_failure(&e),
        }
    }

    fn lists(&self, line: &CarrierLine) -> Lists {
        if line.extra.list.is_some() { Lists::All } else { Lists::Nothing }
    }

    async fn look_up(&self, line: &CarrierLine, id: &str) -> Result<Option<Listed>, CarrierError> {
        let asked = json!({ "line": line.number.as_str(), "id": id });
        let found = self.list(line, "message.look_up", asked).await?;
        Ok(found.into_iter().find(|m| m.id == id))
    }

    async fn sent(
        &self,
        line: &CarrierLine,
        to: Option<&Address>,
        since: Timestamp,
    ) -> Result<Vec<Listed>, CarrierError> {
        let mut asked = json!({ "line": line.number.as_str(), "direction": "outbound", "since": parse::said(since) });
        if let Some(to) = to {
            asked["to"] = json!(to.as_str());
        }
        let all = self.list(line, "message.list", asked).await?;
        let here = |m: &Listed| m.delivery.is_some() && m.from == line.number && m.at >= since;
        Ok(all.into_iter().filter(|m| here(m) && to.is_none_or(|to| m.to == *to)).collect())
    }

    async fn received(&self, line: &CarrierLine, since: Timestamp) -> Result<Vec<Listed>, CarrierError> {
        let asked = json!({ "line": line.number.as_str(), "direction": "inbound", "since": parse::said(since) });
        let all = self.list(line, "message.list", asked).await?;
        Ok(all.into_iter().filter(|m| m.delivery.is_none() && m.to == line.number && m.at >= since).collect())
    }

    async fn media(&self, _: &CarrierLine, source: &str, most: usize) -> Result<Vec<u8>, CarrierError> {
        self.0.media(source, most).await
    }

    async fn check(&self, line: &CarrierLine, public_url: &str) -> Vec<Finding> {
        let finding = |ok, setting: &str, says: String| Finding { ok, setting: setting.to_owned(), says };
        let mut findings = vec![match secrets(line).len() {
            0 => finding(false, "secret", "none that reads: whsec_…; comeback line add".to_owned()),
            n => finding(true, "secret", format!("{n} set up; the other side must have the same")),
        }];
        let url = Api::url(&line.api, "").is_ok();
        let says = if url { "is an address; it is called with the first answer" } else { "is no address" };
        findings.push(finding(url, "where sends go", says.to_owned()));
        match &line.extra.list {
            None => findings.push(finding(
                true,
                "list",
                "none: a text whose webhook is lost stays lost, and an answer nobody knows of stays unknown".to_owned(),
            )),
            Some(_) => findings.push(match self.received(line, SystemClock.now()).await {
                Ok(_) => finding(true, "list", "answers".to_owned()),
                Err(e) => finding(false, "list", e.to_string()),
            }),
        }
        let hook = format!("have texts and reports posted to {public_url}/hooks/generic/inbound");
        findings.push(finding(true, "webhook", hook));
        findings
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_proves_that_the_text_never_left_is_refused_or_tried_again() {
        let taken = |delivery| SendOutcome::Accepted { id: "a1".to_owned(), delivery };
        for (status, body, wanted) in [
            (200, r#"{"id":"a1"}"#, taken(Delivery::Accepted)),
            (202, r#"{"id":"a1","status":"queued"}"#, taken(Delivery::Queued)),
            (200, r#"{"id":""}"#, SendOutcome::Unknown),
            (200, "", SendOutcome::Unknown),
            (400, r#"{"error":"opted_out"}"#, SendOutcome::Refused { code: 900_610 }),
            (403, r#"{"error":"configuration"}"#, SendOutcome::Refused { code: 900_034 }),
            (400, r#"{"error":"no such word"}"#, SendOutcome::Refused { code: 900_003 }),
            (400, r#"{"error":"slow_down"}"#, SendOutcome::Busy),
            (429, "", SendOutcome::Busy),
            (401, "", SendOutcome::Refused { code: 401 }),
            (500, r#"{"error":"failed"}"#, SendOutcome::Unknown),
        ] {
            assert_eq!(of_answer(status, body.as_bytes()), wanted, "{status} {body}");
        }
    }
}
