//! A line that is a messaging service: its pool of numbers, which text and are texted as one.

use serde::Deserialize;
use url::Url;

use super::{Item, MOST_PAGES, Twilio, day_before};
use crate::domain::contact::Address;
use crate::domain::time::Timestamp;
use crate::server::carrier::{CarrierError, Listed};
use crate::server::store::CarrierLine;

#[derive(Deserialize)]
struct Members {
    phone_numbers: Vec<Member>,
    meta: Meta,
}

#[derive(Deserialize)]
struct Member {
    phone_number: String,
}

#[derive(Deserialize)]
pub(super) struct Meta {
    pub(super) next_page_url: Option<String>,
}

/// An address of the messaging API, which has a host of its own.
pub(super) fn messaging_url(line: &CarrierLine, path: &str) -> Result<Url, CarrierError> {
    let api = line.api.trim_end_matches('/');
    let base = if api == "https://api.twilio.com" { "https://messaging.twilio.com" } else { api };
    format!("{base}/v1/{path}")
        .parse()
        .map_err(|_| CarrierError::Unreachable("the API's address is not one".to_owned()))
}

/// The next page, which has to be at the same host: what proves who we are goes along.
pub(super) fn next_page(url: &Url, meta: Meta) -> Result<Option<Url>, CarrierError> {
    let Some(next) = meta.next_page_url.filter(|next| !next.is_empty()) else { return Ok(None) };
    let next = url.join(&next).map_err(|e| CarrierError::Unreachable(e.to_string()))?;
    if next.origin() != url.origin() {
        return Err(CarrierError::Unreachable("its next page is at another host".to_owned()));
    }
    Ok(Some(next))
}

/// Whether a listed text of ours left through a line: by its service, or by its number.
pub(super) fn is_of(line: &CarrierLine, item: &Item) -> bool {
    let by_service = line.service.is_some() && item.messaging_service_sid == line.service;
    by_service || item.from.as_deref() == Some(line.number.as_str())
}

impl Twilio {
    /// The numbers of a line: its own, and with a service those of its pool.
    pub(super) async fn pool(&self, line: &CarrierLine) -> Result<Vec<Address>, CarrierError> {
        let mut numbers = vec![line.number.clone()];
        let Some(service) = &line.service else { return Ok(numbers) };
        let mut url = messaging_url(line, &format!("Services/{service}/PhoneNumbers?PageSize=100"))?;
        for _ in 0..MOST_PAGES {
            let page: Members = match self.get(line, url.clone()).await {
                Ok(page) => page,
                // The service is gone: the number is what is left of the line, and `line test` says so.
                Err(CarrierError::Refused { status: 404, .. }) => return Ok(numbers),
                Err(e) => return Err(e),
            };
            let members = page.phone_numbers.iter().filter_map(|m| Address::parse(&m.phone_number).ok());
            numbers.extend(members.filter(|number| *number != line.number));
            let Some(next) = next_page(&url, page.meta)? else { return Ok(numbers) };
            url = next;
        }
        Err(CarrierError::Unreachable("its pool is longer than is read at once".to_owned()))
    }

    /// Texts that left from one number of a line.
    pub(super) async fn sent_from(
        &self,
        line: &CarrierLine,
        number: &Address,
        to: Option<&Address>,
        since: Timestamp,
    ) -> Result<Vec<Listed>, CarrierError> {
        let day = day_before(since);
        let mut query = vec![("From", number.as_str()), ("DateSent>", day.as_str())];
        query.extend(to.map(|to| ("To", to.as_str())));
        self.list(line, &query, |_| true).await
    }
}
