//! Deals of a directory: `GET {base}/deals?since=…&after=…`, those that changed at `since` or later in the order of their
//! last change, each whole, with what the next page is asked for with.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::absent::or_none;
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
    #[serde(default, deserialize_with = "or_none")]
    name: String,
    #[serde(default)]
    account: Option<String>,
    #[serde(default, deserialize_with = "or_none")]
    contacts: Vec<String>,
    #[serde(default)]
    owner: Option<RepId>,
    #[serde(default, deserialize_with = "or_none")]
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
    #[serde(default, deserialize_with = "or_none")]
    won: bool,
    changed_at: String,
    #[serde(default, deserialize_with = "or_none")]
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

/// A page of deals, as a directory answers.
pub fn deals_of(answer: &[u8]) -> Result<Deals, CrmError> {
    if answer.len() > LARGEST {
        return Err(CrmError::Unreadable("too large".to_owned()));
    }
    read(serde_json::from_slice(answer).map_err(|e| CrmError::Unreadable(super::position(&e)))?)
}

fn read(page: Page) -> Result<Deals, CrmError> {
    let at = |what: &str, text: &str| {
        let read = chrono::DateTime::parse_from_rfc3339(text);
        let at = read.map_err(|_| CrmError::Unreadable(format!("a deal's {what} is not an instant")))?;
        Ok::<Timestamp, CrmError>(at.to_utc().into())
    };
    let mut deals = Vec::new();
    for told in page.deals {
        let mut stages = Vec::new();
        for came in told.stages {
            stages.push(StageChange { at: at("stage", &came.at)?, stage: came.stage, place: None });
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
            opened: Some(at("opened_at", &told.opened_at)?),
            closes: told.close_date.as_deref().and_then(instant),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_may_be_left_out_may_be_null() {
        let least =
            r#"{"id":"d-1","stage":"won","opened_at":"2026-01-05T15:00:00Z","changed_at":"2026-03-03T16:20:00Z"}"#;
        let more = "name account contacts owner pipeline amount_cents currency close_date closed_at won stages";
        let nulls: Vec<String> = more.split(' ').map(|name| format!(r#""{name}":null"#)).collect();
        let page = |deal: &str| deals_of(format!(r#"{{"deals":[{deal}],"next":null}}"#).as_bytes());
        let with_nulls = page(&least.replacen('{', &format!("{{{},", nulls.join(",")), 1));
        assert_eq!(with_nulls, page(least));
        assert_eq!(with_nulls.map(|page| page.deals.len()), Ok(1));
    }
}
