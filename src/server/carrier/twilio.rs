//! Twilio, API version 2010-04-01.

use std::collections::BTreeSet;
use std::time::Duration;

use async_trait::async_trait;
use serde::Deserialize;
use url::Url;

use super::client::known;
use super::{Carrier, CarrierError, Finding, Heard, Hooked, Listed, SendOutcome, Unbelieved, Unreadable, answer};
use crate::domain::contact::{Address, Body};
use crate::domain::time::Timestamp;
use crate::server::egress::{Answer, Ask, Egress, EgressError};
use crate::server::media::{Attachment, MOST_MEDIA};
use crate::server::store::CarrierLine;

mod hook;
mod media;
mod outcome;
pub mod parse;
mod pool;
mod settings;
pub mod signature;

/// A sales answer that arrives hours late is worse than one that fails: Twilio gives up after this many seconds, unless
/// the line says otherwise.
const VALIDITY_SECONDS: u32 = 14_400;

/// Pages of a listing read at most, 200 messages each.
const MOST_PAGES: usize = 500;

/// The largest answer read: a page of 200 messages of 1,600 characters, and room.
const LARGEST: usize = 8 * 1024 * 1024;

/// Every token set up for an account.
pub fn tokens_of(lines: &[CarrierLine], account: &str) -> Vec<String> {
    let mut tokens: Vec<String> = lines
        .iter()
        .filter(|l| l.provider == Twilio::KIND && l.account == account)
        .flat_map(|l| l.tokens.iter().cloned())
        .collect();
    tokens.sort();
    tokens.dedup();
    tokens
}

/// The client of Twilio's API.
#[derive(Debug)]
pub struct Twilio {
    egress: Egress,
    /// Longest wait for an answer.
    within: Duration,
}

#[derive(Deserialize)]
struct MessagePage {
    messages: Vec<Item>,
    #[serde(default)]
    next_page_uri: Option<String>,
}

#[derive(Deserialize)]
struct Item {
    sid: String,
    from: Option<String>,
    to: Option<String>,
    #[serde(default)]
    body: Option<String>,
    direction: String,
    status: String,
    #[serde(default)]
    error_code: Option<u32>,
    #[serde(default)]
    num_media: Option<String>,
    #[serde(default)]
    messaging_service_sid: Option<String>,
    #[serde(default)]
    date_sent: Option<String>,
    #[serde(default)]
    date_created: Option<String>,
}

/// Twilio's code for a text that cannot be taken back any more.
const NOT_SCHEDULED: u32 = 30409;

#[derive(Deserialize)]
struct Canceled {
    status: String,
}

impl Twilio {
    /// A client. It follows no redirects: what is asked of an account's API is answered there.
    pub const fn new(egress: Egress) -> Self {
        Self::answered_within(egress, Duration::from_secs(10))
    }

    /// The same for a request that may take another time than ten seconds.
    pub const fn answered_within(egress: Egress, limit: Duration) -> Self {
        Self { egress, within: limit }
    }

    async fn answered(&self, ask: &Ask, line: &CarrierLine) -> Result<Answer, EgressError> {
        let limited = ask.clone().within(self.within).at_most(LARGEST);
        known(&self.egress, authorised(&limited, line)).await
    }

    async fn get<T: for<'de> Deserialize<'de>>(&self, line: &CarrierLine, url: Url) -> Result<T, CarrierError> {
        self.told(&Ask::get(url), line).await
    }

    async fn post<T: for<'de> Deserialize<'de>>(
        &self,
        line: &CarrierLine,
        url: Url,
        form: &[(&str, &str)],
    ) -> Result<T, CarrierError> {
        self.told(&Ask::post(url).form(form), line).await
    }

    async fn told<T: for<'de> Deserialize<'de>>(&self, ask: &Ask, line: &CarrierLine) -> Result<T, CarrierError> {
        let answer = self.answered(ask, line).await.map_err(|e| unreachable(&e))?;
        let status = answer.status();
        let body = answer.bytes().await.map_err(|e| unreachable(&e))?;
        if !(200..300).contains(&status) {
            let code = outcome::Problem::code_of(&body);
            let hint = if status == 401 { "is the auth token this account's?" } else { "see Twilio's error page" };
            return Err(CarrierError::Refused { status, code, hint: hint.to_owned() });
        }
        let garbled = |_| CarrierError::Unreachable("its answer is not the JSON it should be".to_owned());
        serde_json::from_slice(&body).map_err(garbled)
    }

    async fn list(
        &self,
        line: &CarrierLine,
        query: &[(&str, &str)],
        wanted: impl Fn(&Item) -> bool + Send,
    ) -> Result<Vec<Listed>, CarrierError> {
        let mut url = account_url(line, "Messages.json")?;
        url.query_pairs_mut().extend_pairs(query).append_pair("PageSize", "200");
        let mut all = Vec::new();
        for _ in 0..MOST_PAGES {
            let page: MessagePage = self.get(line, url.clone()).await?;
            all.extend(page.messages.into_iter().filter(&wanted).filter_map(|item| listed(line, item)));
            let Some(next) = page.next_page_uri.filter(|n| !n.is_empty()) else { return Ok(all) };
            let joined = url.join(&next).map_err(|e| CarrierError::Unreachable(e.to_string()))?;
            if joined.origin() != url.origin() {
                return Err(CarrierError::Unreachable("its next page is at another host".to_owned()));
            }
            url = joined;
        }
        // Half a list would pass for a whole one.
        Err(CarrierError::Unreachable("its list is longer than is read at once".to_owned()))
    }
}

/// The question by each token of the line; by an empty one where there is none, which is refused.
fn authorised(ask: &Ask, line: &CarrierLine) -> Vec<Ask> {
    let by = |token: &str| ask.clone().basic(&line.account, token);
    if line.tokens.is_empty() { vec![by("")] } else { line.tokens.iter().map(|token| by(token)).collect() }
}

fn unreachable(e: &EgressError) -> CarrierError {
    CarrierError::Unreachable(e.to_string())
}

fn account_url(line: &CarrierLine, path: &str) -> Result<Url, CarrierError> {
    let text = format!("{}/2010-04-01/Accounts/{}/{path}", line.api.trim_end_matches('/'), line.account);
    text.parse().map_err(|_| CarrierError::Unreachable("the API's address is not one".to_owned()))
}

fn listed(line: &CarrierLine, item: Item) -> Option<Listed> {
    let at = item.date_sent.or(item.date_created).and_then(|d| chrono::DateTime::parse_from_rfc2822(&d).ok())?;
    let ours = item.direction.starts_with("outbound");
    let media: usize = item.num_media.and_then(|n| n.parse().ok()).unwrap_or(0);
    Some(Listed {
        id: item.sid,
        // While a service has not chosen its number there is none yet.
        from: match item.from.filter(|from| !from.is_empty()) {
            Some(from) => Address::parse(&from).ok()?,
            None if ours => line.number.clone(),
            None => return None,
        },
        to: Address::parse(&item.to?).ok()?,
        body: Body::new(item.body.unwrap_or_default()),
        at: at.to_utc().into(),
        delivery: if ours { parse::delivery(&item.status) } else { None },
        error: item.error_code,
        media: vec![Attachment::told(None, None); media.min(MOST_MEDIA)],
        reference: None,
        partial: false,
    })
}

/// A day earlier, as `DateSent>=` takes days: `2026-11-02`. Listings overlap on purpose.
fn day_before(at: Timestamp) -> String {
    (at - crate::domain::time::Span::minutes(24 * 60)).utc().format("%Y-%m-%d").to_string()
}

#[async_trait]
impl Carrier for Twilio {
    fn verify(&self, lines: &[CarrierLine], hooked: &Hooked<'_>) -> Result<BTreeSet<String>, Unbelieved> {
        hook::signer(lines, hooked)
    }

    fn parse(&self, hooked: &Hooked<'_>) -> Result<Heard, Unreadable> {
        hook::heard(hooked)
    }

    async fn send(&self, line: &CarrierLine, to: &Address, body: &Body, callback: &str) -> SendOutcome {
        let Ok(url) = account_url(line, "Messages.json") else {
            tracing::error!("the carrier's address of a line is not one, and its answers wait: comeback line add");
            return SendOutcome::Busy;
        };
        // A service chooses the number of its pool that this buyer knows (Sticky Sender, which `line test` looks at).
        let sender = match &line.service {
            Some(service) => ("MessagingServiceSid", service.as_str()),
            None => ("From", line.number.as_str()),
        };
        let validity = line.extra.valid_seconds.unwrap_or(VALIDITY_SECONDS).to_string();
        let form = [
            ("To", to.as_str()),
            sender,
            ("Body", body.as_str()),
            ("StatusCallback", callback),
            ("ValidityPeriod", validity.as_str()),
        ];
        match self.answered(&Ask::post(url).form(&form), line).await {
            Ok(answer) => {
                let status = answer.status();
                // The status alone says most of it, when the rest is cut off.
                outcome::of_answer(status, &answer.bytes().await.unwrap_or_default())
            }
            Err(e) => answer::of_failure(&e),
        }
    }

    async fn look_up(&self, line: &CarrierLine, id: &str) -> Result<Option<Listed>, CarrierError> {
        match self.get::<Item>(line, account_url(line, &format!("Messages/{id}.json"))?).await {
            Ok(item) => Ok(listed(line, item)),
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
        let all = match (&line.service, to) {
            (None, to) => self.sent_from(line, &line.number, to, since).await?,
            // A text whose number the service has not chosen yet is found by whom it is for.
            (Some(_), Some(to)) => {
                let day = day_before(since);
                let query = [("To", to.as_str()), ("DateSent>", day.as_str())];
                self.list(line, &query, |item| pool::is_of(line, item)).await?
            }
            (Some(_), None) => {
                let mut all = Vec::new();
                for number in self.pool(line).await? {
                    all.extend(self.sent_from(line, &number, None, since).await?);
                }
                all
            }
        };
        Ok(all.into_iter().filter(|m| m.at >= since && m.delivery.is_some()).collect())
    }

    async fn received(&self, line: &CarrierLine, since: Timestamp) -> Result<Vec<Listed>, CarrierError> {
        let day = day_before(since);
        let mut all = Vec::new();
        for number in self.pool(line).await? {
            all.extend(self.list(line, &[("To", number.as_str()), ("DateSent>", day.as_str())], |_| true).await?);
        }
        Ok(all.into_iter().filter(|m| m.at >= since && m.delivery.is_none()).collect())
    }

    fn listed_media(&self, line: &CarrierLine, id: &str, n: usize) -> Option<String> {
        media::listed(line, id, n)
    }

    async fn media(&self, line: &CarrierLine, source: &str, most: usize) -> Result<Vec<u8>, CarrierError> {
        media::fetch(self, line, source, most).await
    }

    async fn cancel(&self, line: &CarrierLine, id: &str) -> Result<bool, CarrierError> {
        let url = account_url(line, &format!("Messages/{id}.json"))?;
        match self.post::<Canceled>(line, url, &[("Status", "canceled")]).await {
            Ok(now) => Ok(now.status == "canceled"),
            // It has left, or was never scheduled.
            Err(CarrierError::Refused { code: NOT_SCHEDULED, .. }) => Ok(false),
            Err(e) => Err(e),
        }
    }

    async fn set(&self, line: &CarrierLine, public_url: &str, replace: bool) -> Result<String, CarrierError> {
        settings::set(self, line, public_url, replace).await
    }

    async fn check(&self, line: &CarrierLine, public_url: &str) -> Vec<Finding> {
        settings::check(self, line, public_url).await
    }
}
