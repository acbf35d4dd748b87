//! Telnyx, API version 2.
//!
//! Its messages cannot be listed: what there is are detail records, which hold numbers, times and how a message stands,
//! but no words, and lack what still waits in Telnyx's queue. They name the address that reports were posted to, and that
//! says which answer of ours it was; words are looked up by the message's id.

use std::collections::BTreeSet;
use std::time::Duration;

use async_trait::async_trait;
use axum::http::HeaderName;
use serde::Deserialize;
use serde_json::json;
use url::Url;

use super::client::Api;
use super::{
    Carrier, CarrierError, Finding, Heard, Hooked, Listed, Lists, SendOutcome, Unbelieved, Unreadable, answer,
};
use crate::domain::contact::{Address, Body};
use crate::domain::id::MessageId;
use crate::domain::time::Timestamp;
use crate::server::egress::{Ask, Egress};
use crate::server::store::CarrierLine;

mod outcome;
pub mod parse;
mod settings;
pub mod signature;

/// Where its API is.
pub const API: &str = "https://api.telnyx.com";

/// Detail records on a page, and pages read at most.
const PAGE: &str = "50";
const MOST_PAGES: u32 = 200;

/// The client of Telnyx's API.
#[derive(Debug)]
pub struct Telnyx(Api);

#[derive(Deserialize)]
struct Records {
    data: Vec<Record>,
    meta: Meta,
}

#[derive(Deserialize)]
struct Meta {
    #[serde(default)]
    total_pages: u32,
}

/// A message detail record.
#[derive(Deserialize)]
struct Record {
    uuid: String,
    cli: Option<String>,
    cld: Option<String>,
    direction: Option<String>,
    status: Option<String>,
    created_at: Option<String>,
    #[serde(default)]
    errors: Option<Vec<String>>,
    delivery_status_webhook_url: Option<String>,
}

/// Direction, the filter of our number and its value.
type Asked<'a> = [(&'a str, &'a str)];

#[derive(Deserialize)]
struct One {
    data: parse::Payload,
}

impl Telnyx {
    /// What a line of it names, and what stands behind `/hooks/`.
    pub const KIND: &'static str = "telnyx";

    /// A client that follows no redirects: they would carry our key along.
    pub const fn new(egress: Egress) -> Self {
        Self::answered_within(egress, Duration::from_secs(10))
    }

    /// The same for a request that may take another time than ten seconds.
    pub const fn answered_within(egress: Egress, limit: Duration) -> Self {
        Self(Api::answered_within(egress, limit))
    }

    async fn read<T: serde::de::DeserializeOwned>(&self, line: &CarrierLine, url: Url) -> Result<T, CarrierError> {
        self.0.ask(authorised(&Ask::get(url), line), outcome::code_of).await
    }

    async fn records(
        &self,
        line: &CarrierLine,
        filters: &Asked<'_>,
        since: Timestamp,
    ) -> Result<Vec<Listed>, CarrierError> {
        let mut all = Vec::new();
        for page in 1..=MOST_PAGES {
            let mut url = Api::url(&line.api, "/v2/detail_records")?;
            url.query_pairs_mut()
                .append_pair("filter[record_type]", "messaging")
                .extend_pairs(filters)
                .append_pair("filter[created_at][gte]", &since.utc().format("%Y-%m-%dT%H:%M:%SZ").to_string())
                .append_pair("sort", "created_at")
                .append_pair("page[size]", PAGE)
                .append_pair("page[number]", &page.to_string());
            let found: Records = self.read(line, url).await?;
            let none = found.data.is_empty();
            all.extend(found.data.into_iter().filter_map(listed).filter(|m| m.at >= since));
            if none || page >= found.meta.total_pages {
                return Ok(all);
            }
        }
        // Half a list would pass for a whole one.
        Err(CarrierError::Unreachable("its list is longer than is read at once".to_owned()))
    }
}

/// The question by each key of the line.
fn authorised(ask: &Ask, line: &CarrierLine) -> Vec<Ask> {
    if line.tokens.is_empty() {
        return vec![ask.clone()];
    }
    line.tokens.iter().map(|key| ask.clone().bearer(key)).collect()
}

fn listed(record: Record) -> Option<Listed> {
    let at = parse::instant(&record.created_at?)?;
    let ours = record.direction.as_deref() == Some("outbound");
    let status = record.status.unwrap_or_default();
    Some(Listed {
        id: record.uuid,
        from: Address::parse(&record.cli?).ok()?,
        to: Address::parse(&record.cld?).ok()?,
        body: Body::new(""),
        at,
        delivery: if ours { parse::delivery(&status) } else { None },
        error: record.errors.and_then(|all| all.first()?.parse().ok()),
        media: Vec::new(),
        reference: record.delivery_status_webhook_url.as_deref().and_then(reference),
        partial: true,
    })
}

/// Which answer of ours stands at the end of the address that its reports go to.
fn reference(url: &str) -> Option<MessageId> {
    let (_, id) = url.trim_end_matches('/').rsplit_once("/status/")?;
    id.parse().ok().map(MessageId)
}

#[async_trait]
impl Carrier for Telnyx {
    fn verify(&self, lines: &[CarrierLine], hooked: &Hooked<'_>) -> Result<BTreeSet<String>, Unbelieved> {
        let ours = lines.iter().filter(|l| l.provider == Self::KIND);
        let keys = ours.flat_map(|l| l.extra.keys.iter().map(|key| (l.account.as_str(), key.as_str())));
        let signers = signature::signers(keys, hooked).map_err(|why| Unbelieved::Forged(why.to_string()))?;
        Ok(signers.into_iter().map(str::to_owned).collect())
    }

    fn parse(&self, hooked: &Hooked<'_>) -> Result<Heard, Unreadable> {
        parse::heard(hooked)
    }

    async fn send(&self, line: &CarrierLine, to: &Address, body: &Body, callback: &str) -> SendOutcome {
        let Ok(url) = Api::url(&line.api, "/v2/messages") else {
            tracing::error!("the carrier's address of a line is not one, and its answers wait: comeback line add");
            return SendOutcome::Busy;
        };
        let mut message = json!({
            "from": line.number.as_str(), "to": to.as_str(), "text": body.as_str(), "type": "SMS",
        });
        if !callback.is_empty() {
            message["webhook_url"] = json!(callback);
        }
        let mut request = Ask::post(url).json(message.to_string());
        // The same answer twice would be one message there, too.
        if let Some(id) = reference(callback) {
            request = request.header(HeaderName::from_static("idempotency-key"), &id.to_string());
        }
        match self.0.raw(authorised(&request, line)).await {
            Ok((status, body)) => outcome::of_answer(status, &body.unwrap_or_default()),
            Err(e) => answer::of_failure(&e),
        }
    }

    fn lists(&self, _: &CarrierLine) -> Lists {
        Lists::Some
    }

    async fn look_up(&self, line: &CarrierLine, id: &str) -> Result<Option<Listed>, CarrierError> {
        let mut url = Api::url(&line.api, "/v2/messages")?;
        url.path_segments_mut()
            .map_err(|()| CarrierError::Unreachable("the API's address is not one".to_owned()))?
            .push(id);
        match self.read::<One>(line, url).await {
            Ok(one) => Ok(one.data.listed()),
            Err(CarrierError::Refused { status: 404, .. }) => Ok(None),
            Err(e) => Err(e),
        }
    }

    async fn sent(
        &self,
        line: &CarrierLine,
        to: Option<&Address>,
        since: Timestamp,
    ) -> Result<Vec<Listed>, CarrierError> {
        let mut filters = vec![("filter[direction]", "outbound"), ("filter[cli]", line.number.as_str())];
        filters.extend(to.map(|to| ("filter[cld]", to.as_str())));
        let all = self.records(line, &filters, since).await?;
        Ok(all.into_iter().filter(|m| m.delivery.is_some()).collect())
    }

    async fn received(&self, line: &CarrierLine, since: Timestamp) -> Result<Vec<Listed>, CarrierError> {
        let filters = [("filter[direction]", "inbound"), ("filter[cld]", line.number.as_str())];
        self.records(line, &filters, since).await
    }

    async fn media(&self, _: &CarrierLine, source: &str, most: usize) -> Result<Vec<u8>, CarrierError> {
        self.0.media(source, most).await
    }

    async fn check(&self, line: &CarrierLine, public_url: &str) -> Vec<Finding> {
        settings::check(self, line, public_url).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_of_reports_says_which_answer_it_was() {
        let id = "0192f1c0-0000-7000-8000-000000000001";
        let of = |url: &str| reference(url).map(|m| m.to_string());
        assert_eq!(of(&format!("https://c.example/hooks/telnyx/status/{id}")), Some(id.to_owned()));
        assert_eq!(of(&format!("https://c.example/hooks/telnyx/status/{id}/")), Some(id.to_owned()));
        assert_eq!(of("https://c.example/hooks/telnyx/inbound"), None);
        assert_eq!(of("https://c.example/hooks/telnyx/status/1"), None);
        assert_eq!(of(""), None);
    }
}
