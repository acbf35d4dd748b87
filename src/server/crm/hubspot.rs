//! HubSpot, by a private app's token.
//!
//! * People: searched by HubSpot's calculated phone properties and the typed ones, then each candidate's own numbers are
//!   read to E.164 and compared. Companies and deals by associations v4.
//! * Owners: by the owners API, those that left too; a record names an *owner* id, which is no user id. Reps are owners by
//!   their mail address.
//! * Writes: communications (SMS), tasks, meetings and notes, each made in one call with what it hangs on. HubSpot's search
//!   lags behind its writes, so a write is never looked for by a search: what hangs on the contact is read.
//! * Limits: [`limits`].
//!
//! The published descriptions and HubSpot's own library were the source of the protocol; the emulator that tests hold it
//! against was written from the same and shares no code with it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde::Deserialize;
use tokio::sync::Mutex;
use tokio::time::Instant;
use url::Url;

use self::ask::{Method, Question};
use self::limits::Said;
use self::read::{Record, Stages};
use super::changed::{Changed, Kind, Touched};
use super::ended::Here;
use super::limits::{Limits, Wait};
use super::owner::Matched;
use super::traces::Traces as _;
use super::write::{Owned, TaskState, Write};
use super::{Crm, CrmError, Deals, Owner, Reps};
use crate::clock::Clock;
use crate::config::secret::Held;
use crate::domain::contact::Address;
use crate::domain::context::Card;
use crate::domain::id::{ContactId, DealId};
use crate::domain::time::{Span, Timestamp};
use crate::server::carrier::{Hooked, Unbelieved};
use crate::server::egress::{Ask, Egress, EgressError};

pub mod ask;
pub mod body;
pub mod card;
pub mod hook;
pub mod limits;
mod opt_out;
pub mod read;
mod settings;
mod tasks;
pub mod touches;
mod writing;

pub use self::settings::Settings;

/// Where HubSpot is.
pub const API: &str = "https://api.hubapi.com";

/// The longest that one call may take.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// The largest answer read.
const LARGEST: usize = 8 * 1024 * 1024;

/// How long owners, pipelines and kinds of association are remembered.
const FRESH: Duration = Duration::from_secs(300);

/// Pages of one search for a number: who is on a later one is not found, and a number that five hundred people may have is
/// nobody's own.
const MOST_PAGES: usize = 5;

/// Pages of a list read at most; half a list would pass for a whole one, so a longer one is an error.
const MOST_LISTED: usize = 200;

/// What changes seldom.
#[derive(Debug)]
struct Known {
    owners: Vec<Owner>,
    stages: Stages,
}

/// What is remembered, and since when.
type Remembered = Option<(Instant, Arc<Known>)>;

/// The connector.
pub struct HubSpot {
    egress: Egress,
    base: Url,
    token: Held,
    hook_secret: Option<Held>,
    opt_out: String,
    within: Duration,
    clock: Arc<dyn Clock>,
    reps: Reps,
    limits: Limits,
    known: Mutex<Remembered>,
    kinds: Mutex<BTreeMap<(&'static str, &'static str), i64>>,
}

impl std::fmt::Debug for HubSpot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "HubSpot({})", self.base.host_str().unwrap_or_default())
    }
}

impl HubSpot {
    /// A connector. A token that is kept outside is read for every call, so that a new one holds at once.
    pub fn new(egress: Egress, settings: Settings, reps: Reps, clock: Arc<dyn Clock>) -> Result<Self, CrmError> {
        let base: Url = settings.base.trim_end_matches('/').parse().map_err(|_| not_an_address())?;
        egress.look(&base).map_err(|e| CrmError::Unreachable(e.to_string()))?;
        let limits = Limits::with(settings.between_searches);
        let (known, kinds) = (Mutex::default(), Mutex::default());
        let Settings { token, hook_secret, opt_out, within, .. } = settings;
        Ok(Self { egress, base, token, hook_secret, opt_out, within, clock, reps, limits, known, kinds })
    }

    /// Asks, and reads the answer. Every error of it is in our words.
    async fn call<T: for<'de> Deserialize<'de>>(&self, question: Question) -> Result<T, CrmError> {
        let _turn = self.limits.enter(question.searches).await.map_err(|wait| self.busy(wait))?;
        let url = self.base.join(&question.path).map_err(|_| not_an_address())?;
        let token = self.token.read().await.map_err(|e| CrmError::Unreachable(e.to_string()))?;
        let ask = match question.method {
            Method::Get => Ask::get(url),
            Method::Post => Ask::post(url),
            Method::Patch => Ask::patch(url),
        };
        let ask = ask.bearer(token.expose()).within(self.within).at_most(LARGEST);
        let ask = question.body.iter().fold(ask, |ask, body| ask.json(body.to_string()));
        let unreachable = |e: EgressError| CrmError::Unreachable(e.to_string());
        let answer = self.egress.ask(ask).await.map_err(unreachable)?;
        let status = answer.status();
        let mut said = Said::of(status, |name| answer.header(name));
        let bytes = answer.bytes().await;
        said.of_the_day = bytes.as_ref().is_ok_and(|body| read::is_of_the_day(body));
        if let Some(hold) = self.limits.heard(&said) {
            return Err(self.busy(hold));
        }
        let bytes = bytes.map_err(|e| {
            let large = matches!(e, EgressError::TooLarge { .. });
            if large { CrmError::Unreadable("too large".to_owned()) } else { unreachable(e) }
        })?;
        match status {
            // Of a batch, what is there; what is gone is missing.
            200..=299 => read::answer(&bytes),
            401 => Err(CrmError::Refused(status)),
            403 => Err(CrmError::Forbidden(read::forbids(&bytes))),
            404 | 410 => Err(CrmError::NotFound),
            400 | 405..=422 => Err(CrmError::Invalid(read::why(&bytes))),
            _ => Err(CrmError::Failing(status)),
        }
    }

    fn busy(&self, wait: Wait) -> CrmError {
        let left = i64::try_from(wait.left.as_millis()).unwrap_or(i64::MAX);
        CrmError::Busy { until: self.clock.now() + Span::millis(left), of_the_day: wait.of_the_day }
    }

    /// Owners and pipelines, as remembered or read now; one reads them for all. What is old is better than nothing.
    async fn known(&self) -> Result<Arc<Known>, CrmError> {
        self.known_after(None).await
    }

    /// The same, read anew where those remembered are the `stale` ones.
    async fn known_after(&self, stale: Option<&Arc<Known>>) -> Result<Arc<Known>, CrmError> {
        let mut remembered = self.known.lock().await;
        if let Some((at, known)) = &*remembered
            && at.elapsed() < FRESH
            && stale.is_none_or(|stale| !Arc::ptr_eq(stale, known))
        {
            return Ok(Arc::clone(known));
        }
        let read = async {
            let (owners, pipelines) =
                tokio::try_join!(self.all_owners(), self.call::<read::Pipelines>(ask::pipelines()))?;
            Ok::<_, CrmError>(Arc::new(Known { owners, stages: pipelines.stages() }))
        };
        match (read.await, &*remembered) {
            (Ok(known), _) => {
                *remembered = Some((tokio::time::Instant::now(), Arc::clone(&known)));
                Ok(known)
            }
            (Err(_), Some((_, old))) => Ok(Arc::clone(old)),
            (Err(e), None) => Err(e),
        }
    }

    /// Who owners are now: a rep's mail address may have changed since they were read.
    async fn matched(&self, known: &Known) -> Result<Matched, CrmError> {
        let by_mail = self.reps.by_mail().await.map_err(|e| CrmError::Unreachable(e.to_string()))?;
        Ok(Matched::new("hubspot", &known.owners, &by_mail))
    }

    /// Where the company is now, and what time it is.
    async fn here(&self) -> Result<Here, CrmError> {
        let zone = self.reps.zone().await.map_err(|e| CrmError::Unreachable(e.to_string()))?;
        Ok(Here { zone, now: self.clock.now() })
    }

    async fn all_owners(&self) -> Result<Vec<Owner>, CrmError> {
        let mut all = Vec::new();
        for archived in [false, true] {
            let mut after: Option<String> = None;
            for page in 0.. {
                if page == MOST_LISTED {
                    return Err(longer());
                }
                let read: read::Owners = self.call(ask::owners(archived, after.as_deref())).await?;
                let (owners, next) = read.owners(archived);
                all.extend(owners);
                after = next;
                if after.is_none() {
                    break;
                }
            }
        }
        Ok(all)
    }

    /// Records by their ids, in batches.
    async fn records(
        &self,
        kind: &str,
        ids: &[String],
        properties: &[&str],
        history: &[&str],
    ) -> Result<Vec<Record>, CrmError> {
        let most = if history.is_empty() { ask::BATCH } else { ask::DEALS };
        let mut all = Vec::new();
        for ids in ids.chunks(most) {
            let read: read::Records = self.call(ask::records(kind, ids, properties, history)).await?;
            all.extend(read.results.into_iter().filter(|r| !r.archived));
        }
        Ok(all)
    }

    async fn associated(&self, from: &str, ids: &[String], to: &str) -> Result<read::Associations, CrmError> {
        self.call(ask::associated(from, ids, to)).await
    }

    /// Who has this number, of those that HubSpot's search finds.
    async fn contacts(&self, address: &Address) -> Result<Vec<Record>, CrmError> {
        let mut found: BTreeMap<(usize, String), Record> = BTreeMap::new();
        let mut after = "0".to_owned();
        for _ in 0..MOST_PAGES {
            let Some(question) = ask::contacts_with(address, &after) else { return Ok(Vec::new()) };
            let page: read::Records = self.call(question).await?;
            let next = page.next();
            for contact in page.results {
                if !contact.archived && read::numbers(&contact).contains(address) {
                    // Ids grow: the oldest first, whatever order the pages had.
                    found.insert((contact.id.len(), contact.id.clone()), contact);
                }
            }
            match next {
                Some(next) => after = next,
                None => break,
            }
        }
        Ok(found.into_values().collect())
    }
}

fn not_an_address() -> CrmError {
    CrmError::Unreadable(EgressError::NotAnAddress.to_string())
}

fn longer() -> CrmError {
    CrmError::Unreadable("its list is longer than is read at once".to_owned())
}

#[async_trait]
impl Crm for HubSpot {
    fn name(&self) -> &'static str {
        "HubSpot"
    }

    async fn behind(&self, address: &Address) -> Result<Vec<Card>, CrmError> {
        let contacts = self.contacts(address).await?;
        if contacts.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<String> = contacts.iter().take(ask::BATCH).map(|c| c.id.clone()).collect();
        let (known, to_companies, to_deals, touches) = tokio::try_join!(
            self.known(),
            self.associated("contacts", &ids, "companies"),
            self.associated("contacts", &ids, "deals"),
            self.touches(&contacts)
        )?;
        let now = self.clock.now();
        let (companies, deals) = (to_companies.by_id(), to_deals.by_id());
        let first = |ends: &BTreeMap<&str, Vec<&str>>, most: usize| -> Vec<String> {
            let all: std::collections::BTreeSet<&str> = ends.values().flatten().copied().collect();
            all.into_iter().take(most).map(str::to_owned).collect()
        };
        let (company_ids, deal_ids) = (first(&companies, ask::BATCH), first(&deals, 3 * ask::BATCH));
        let (company_records, deal_records) = tokio::try_join!(
            self.records("companies", &company_ids, &ask::COMPANY, &[]),
            self.records("deals", &deal_ids, &ask::DEAL, &[])
        )?;
        let owners = self.matched(&known).await?;
        let of = |records: &'_ [Record], id: &str| records.iter().position(|r| r.id == id);
        let card = |contact: &Record| {
            let mut company = companies.get(contact.id.as_str()).into_iter().flatten();
            let company = company.find_map(|id| of(&company_records, id)).map(|n| &company_records[n]);
            let deals: Vec<&Record> = deals
                .get(contact.id.as_str())
                .into_iter()
                .flatten()
                .filter_map(|id| Some(&deal_records[of(&deal_records, id)?]))
                .collect();
            let logged = touches::logged(&touches, &contact.id);
            let touches = touches::of(&touches, &contact.id, &owners, now);
            let around = card::Around { company, deals: &deals, stages: &known.stages, owners: &owners, logged };
            card::card(contact, &around, touches)
        };
        Ok(contacts.iter().take(ask::BATCH).map(card).collect())
    }

    async fn owners(&self) -> Result<Vec<Owner>, CrmError> {
        self.all_owners().await
    }

    async fn deals(&self, since: Timestamp, after: Option<&str>) -> Result<Deals, CrmError> {
        let (since, skip) = after.map_or(Some((since, 0)), cursor).ok_or_else(|| {
            CrmError::Invalid("a page of deals is asked for with what the page before said".to_owned())
        })?;
        let page: read::Records = self.call(ask::deals_since(since, skip)).await?;
        let more = page.next().and_then(|next| next.parse::<usize>().ok());
        let last = page.results.last().and_then(|r| r.instant("hs_lastmodifieddate"));
        let ids: Vec<String> = page.results.into_iter().map(|r| r.id).collect();
        // Whatever changes meanwhile leaves its place, and those behind it move up: a number of deals to be skipped would
        // skip those. So the next page begins at the last change told; what is of the same instant is told again.
        let next = match (more, last.filter(|last| *last > since)) {
            (None, _) => None,
            (Some(_), Some(last)) => Some(format!("{}:0", last.millis())),
            // A whole page of one instant.
            (Some(next), None) if next + ask::DEALS <= ask::SEARCHED => Some(format!("{}:{next}", since.millis())),
            (Some(_), None) => return Err(longer()),
        };
        if ids.is_empty() {
            return Ok(Deals { deals: Vec::new(), next });
        }
        let (known, contacts, companies, mut records) = tokio::try_join!(
            self.known(),
            self.associated("deals", &ids, "contacts"),
            self.associated("deals", &ids, "companies"),
            self.records("deals", &ids, &ask::DEAL, &["dealstage"])
        )?;
        let (owners, here) = (self.matched(&known).await?, self.here().await?);
        let (contacts, companies) = (contacts.by_id(), companies.by_id());
        records.sort_by_key(|r| r.instant("hs_lastmodifieddate"));
        let ends = |all: &BTreeMap<&str, Vec<&'_ str>>, id: &str| -> Vec<String> {
            all.get(id).into_iter().flatten().map(|id| (*id).to_owned()).collect()
        };
        let deals = records.iter().filter_map(|record| {
            let (companies, contacts) = (ends(&companies, &record.id), ends(&contacts, &record.id));
            card::deal(record, &companies, &contacts, &known.stages, &owners, here)
        });
        Ok(Deals { deals: deals.collect(), next })
    }

    async fn still(&self, deals: &[DealId]) -> Result<BTreeSet<DealId>, CrmError> {
        let ids: Vec<String> = deals.iter().map(|deal| deal.0.clone()).collect();
        let read: read::Records = self.call(ask::records("deals", &ids, &["hs_object_id"], &[])).await?;
        if read.hides() {
            return Err(CrmError::Unreadable("it does not tell of each deal whether it is there".to_owned()));
        }
        Ok(read.results.into_iter().filter(|record| !record.archived).map(|record| DealId(record.id)).collect())
    }

    async fn heard(&self, hooked: &Hooked<'_>) -> Result<Vec<Changed>, Unbelieved> {
        let Some(held) = &self.hook_secret else {
            let why = "the client secret of HubSpot's app is not set up: --crm-hook-secret-file";
            return Err(Unbelieved::Forged(why.to_owned()));
        };
        let signed = hook::Signed {
            method: hooked.method,
            url: hooked.url,
            body: hooked.body,
            time: hooked.header("x-hubspot-request-timestamp"),
            signature: hooked.header("x-hubspot-signature-v3"),
        };
        let forged = |why: hook::Refused| Unbelieved::Forged(why.to_string());
        // What cannot be right whatever the secret is, is not worth asking for it: a keyring answers by a program of its own.
        hook::looks_signed(&signed, hooked.at).map_err(forged)?;
        let secrets = held.read_all().await.map_err(|e| Unbelieved::Forged(e.to_string()))?;
        hook::verify(&secrets, &signed, hooked.at).map_err(forged)?;
        hook::changed(hooked.body).map_err(|why| Unbelieved::Unreadable(why.to_string()))
    }

    async fn touched(&self, changed: &[Changed]) -> Result<Touched, CrmError> {
        let of = |kind: Kind| -> Vec<String> {
            changed.iter().filter(|c| c.kind == kind).map(|c| c.id.clone()).take(ask::BATCH).collect()
        };
        let mut contacts: std::collections::BTreeSet<String> = of(Kind::Contact).into_iter().collect();
        for (kind, from) in [(Kind::Company, "companies"), (Kind::Deal, "deals")] {
            let ids = of(kind);
            if !ids.is_empty() {
                let hanging = self.associated(from, &ids, "contacts").await?;
                contacts.extend(hanging.by_id().into_values().flatten().map(str::to_owned));
            }
        }
        let ids: Vec<String> = contacts.into_iter().collect();
        let records = self.records("contacts", &ids, &ask::NUMBERS, &[]).await?;
        Ok(Touched {
            contacts: ids.into_iter().map(ContactId::new).collect(),
            addresses: records.iter().flat_map(read::numbers).collect(),
        })
    }

    fn takes_writes(&self) -> bool {
        true
    }

    async fn lacks(&self) -> Result<Vec<String>, CrmError> {
        self.lacks_mark().await
    }

    async fn write(&self, write: &Write) -> Result<String, CrmError> {
        self.make(write).await
    }

    async fn find(&self, write: &Write) -> Result<Option<String>, CrmError> {
        self.look_for(write).await
    }

    async fn owned(&self, write: &Write) -> Result<Owned, CrmError> {
        self.owned_now(write).await
    }

    fn has_users(&self) -> bool {
        true
    }

    fn has_calls_to_spare(&self) -> bool {
        self.limits.spares()
    }

    async fn task(&self, id: &str) -> Result<TaskState, CrmError> {
        self.task_state(id).await
    }

    async fn tasks(&self, ids: &[String]) -> Result<BTreeMap<String, TaskState>, CrmError> {
        self.task_states(ids).await
    }
}

/// Where a page of deals goes on.
fn cursor(after: &str) -> Option<(Timestamp, usize)> {
    let (since, skip) = after.split_once(':')?;
    Some((Timestamp::from_millis(since.parse().ok()?), skip.parse().ok()?))
}
