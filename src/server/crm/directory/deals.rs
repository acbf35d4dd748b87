//! Deals of a directory: `GET {base}/deals?since=…&after=…`, those that changed at `since` or later in the order of their
//! last change, each whole, with what the next page is asked for with.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::{Directory, instant};
use crate::domain::deal::{Closed, Deal, StageChange};
use crate::domain::id::{AccountId, ContactId, DealId, RepId};
use crate::domain::time::Timestamp;
use crate::server::crm::{CrmError, Deals};
use crate::server::egress::Ask;

/// The largest page, in bytes.
const LARGEST: usize = 8 * 1024 * 1024;

#[derive(Deserialize)]
struct Page {
    deals: Vec<Told>,
    #[serde(default)]
    next: Option<String>,
}

#[derive(Deserialize)]
struct Told {
    id: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    account: Option<String>,
    #[serde(default)]
    contacts: Vec<String>,
    #[serde(default)]
    owner: Option<RepId>,
    #[serde(default)]
    pipeline: String,
    stage: String,
    #[serde(default)]
    amount_cents: Option<i64>,
    #[serde(default)]
    currency: Option<String>,
    opened_at: String,
    #[serde(default)]
    close_date: Option<String>,
    #[serde(default)]
    closed_at: Option<String>,
    #[serde(default)]
    won: bool,
    changed_at: String,
    #[serde(default)]
    stages: Vec<Came>,
}

#[derive(Deserialize)]
struct Came {
    at: String,
    stage: String,
}

impl Directory {
    pub(super) async fn changed_deals(&self, since: Timestamp, after: Option<&str>) -> Result<Deals, CrmError> {
        let mut url = self.at(&["deals"])?;
        url.query_pairs_mut().append_pair("since", &since.to_string());
        if let Some(after) = after {
            url.query_pairs_mut().append_pair("after", after);
        }
        match self.told_of(Ask::get(url), LARGEST).await {
            Ok(page) => read(page),
            // A directory of people alone.
            Err(CrmError::NotFound) => Err(CrmError::Cannot("tell which deals changed")),
            Err(e) => Err(e),
        }
    }
}

/// A day alone is its first instant in UTC.
fn day(text: &str) -> Option<Timestamp> {
    let day: chrono::NaiveDate = text.parse().ok()?;
    Some(day.and_time(chrono::NaiveTime::MIN).and_utc().into())
}

fn read(page: Page) -> Result<Deals, CrmError> {
    let at = |what: &str, text: &str| {
        let read = chrono::DateTime::parse_from_rfc3339(text);
        read.map_err(|_| CrmError::Unreadable(format!("a deal's {what} is not an instant")))?;
        Ok::<_, CrmError>(instant(text))
    };
    let mut deals = Vec::new();
    for told in page.deals {
        let mut stages = Vec::new();
        for came in told.stages {
            stages.push(StageChange { at: at("stage", &came.at)?, stage: came.stage });
        }
        stages.sort_by_key(|change| change.at);
        let mut seen = BTreeSet::new();
        deals.push(Deal {
            id: DealId(told.id),
            name: told.name,
            account: told.account.map(AccountId),
            contacts: told.contacts.into_iter().filter(|id| seen.insert(id.clone())).map(ContactId).collect(),
            owner: told.owner,
            pipeline: told.pipeline,
            stage: told.stage,
            amount_cents: told.amount_cents,
            currency: told.currency.filter(|code| !code.is_empty()),
            opened: at("opened_at", &told.opened_at)?,
            closes: told.close_date.as_deref().and_then(|text| day(text).or_else(|| Some(instant(text)))),
            closed: match told.closed_at {
                Some(text) => Some(Closed { at: at("closed_at", &text)?, won: told.won }),
                None => None,
            },
            changed: at("changed_at", &told.changed_at)?,
            stages,
        });
    }
    Ok(Deals { deals, next: page.next.filter(|next| !next.is_empty()) })
}
