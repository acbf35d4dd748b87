//! Salesforce, by a connected app and OAuth 2.0's JWT bearer flow.
//!
//! * People: contacts, and leads that are none yet, searched by SOSL in their phone fields; then each candidate's own
//!   numbers are read to E.164 and compared. Accounts, open deals with their roles and teams, and the last touch by SOQL.
//! * Owners: users, those that left too. Reps are users by their mail address.
//! * Writes: tasks and events, each made in one call. SOSL lags behind writes and SOQL does not, so a write is looked for
//!   by SOQL.
//! * Limits: [`limits`].
//!
//! The published documentation and Salesforce's own library were the source of the protocol; the emulator that tests hold
//! it against was written from the same and shares no code with it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono_tz::Tz;
use serde::Deserialize;
use tokio::sync::Mutex;
use tokio::time::Instant;
use url::Url;

use self::ask::{Fields, Place};
use self::card::Stages;
use self::limits::Said;
use self::read::{Record, Words};
use self::session::{Login, Session, Sessions, not_an_address};
use super::changed::{Changed, Kind, Touched};
use super::ended::Here;
use super::limits::{Limits, Wait};
use super::owner::Matched;
use super::question::{Method, Question};
use super::traces::Traces as _;
use super::write::{Owned, TaskState, Write};
use super::{Crm, CrmError, Deals, Owner, Reps};
use crate::clock::Clock;
use crate::config::secret::Held;
use crate::domain::contact::Address;
use crate::domain::context::Card;
use crate::domain::id::{ContactId, DealId};
use crate::domain::time::{Span, Timestamp};
use crate::server::egress::{Ask, Egress, EgressError};

pub mod ask;
pub mod body;
pub mod card;
pub mod jwt;
pub mod limits;
pub mod opt_out;
pub mod read;
pub mod session;
pub mod soql;
mod tasks;
mod writing;

/// The longest that one call may take.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// The largest answer read.
const LARGEST: usize = 8 * 1024 * 1024;

/// How long users, stages, and what the organisation has are remembered: eleven calls of a limited number.
const FRESH: Duration = Duration::from_secs(900);

/// Pages of a list read at most; half a list would pass for a whole one, so a longer one is an error.
const MOST_LISTED: usize = 200;

/// What changes seldom.
#[derive(Debug)]
struct Known {
    owners: Vec<Owner>,
    zones: BTreeMap<String, Tz>,
    stages: Stages,
    words: Words,
    fields: Fields,
}

/// What is remembered, and since when.
type Remembered = Option<(Instant, Arc<Known>)>;

/// What a connector to Salesforce needs.
#[derive(Debug)]
pub struct Settings {
    /// Where users sign in: [`session::LOGIN`] or the organisation's own domain.
    pub login: String,
    /// The connected app's consumer key. It says who asks, and opens nothing.
    pub client_id: String,
    /// The user who is acted for, by their user name.
    pub user: String,
    /// The private key whose certificate the connected app has, in PEM.
    pub key: Held,
    /// The checkbox of contacts and leads that says who is opted out of texts: [`opt_out::OPT_OUT`] where nobody names another.
    pub opt_out: String,
    /// The longest that one call may take.
    pub within: Duration,
}

impl Settings {
    /// Salesforce itself.
    pub fn new(client_id: String, user: String, key: Held) -> Self {
        let (login, opt_out) = (session::LOGIN.to_owned(), opt_out::OPT_OUT.to_owned());
        Self { login, client_id, user, key, opt_out, within: PATIENCE }
    }
}

/// The connector.
pub struct Salesforce {
    egress: Egress,
    sessions: Sessions,
    opt_out: String,
    within: Duration,
    clock: Arc<dyn Clock>,
    reps: Reps,
    limits: Limits,
    known: Mutex<Remembered>,
}

impl std::fmt::Debug for Salesforce {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Salesforce({:?})", self.sessions)
    }
}

/// What came of one call.
enum Told {
    Body(Vec<u8>),
    /// The token is good no more.
    Expired,
}

impl Salesforce {
    /// A connector. A key that is kept outside is read for every token, so that a new one holds with the next.
    pub fn new(egress: Egress, settings: Settings, reps: Reps, clock: Arc<dyn Clock>) -> Result<Self, CrmError> {
        let at: Url = settings.login.trim_end_matches('/').parse().map_err(|_| not_an_address())?;
        egress.look(&at).map_err(|e| CrmError::Unreachable(e.to_string()))?;
        let Settings { client_id, user, key, opt_out, within, .. } = settings;
        let login = Login { at, client_id, user, key };
        let sessions = Sessions::new(egress.clone(), login, within, Arc::clone(&clock));
        let limits = Limits::with(Duration::ZERO);
        Ok(Self { egress, sessions, opt_out, within, clock, reps, limits, known: Mutex::default() })
    }

    /// Asks, and reads the answer. Every error of it is in our words.
    async fn call<T: for<'de> Deserialize<'de>>(&self, question: &Question) -> Result<T, CrmError> {
        read::answer(&self.ask(question).await?)
    }

    /// Asks. A token that is good no more is one that does nothing, so the same is asked once more with the next.
    async fn ask(&self, question: &Question) -> Result<Vec<u8>, CrmError> {
        let _turn = self.limits.enter(question.searches).await.map_err(|wait| self.busy(wait))?;
        let session = self.session(None).await?;
        if let Told::Body(body) = self.once(&session, question).await? {
            return Ok(body);
        }
        let session = self.session(Some(&session)).await?;
        match self.once(&session, question).await? {
            Told::Body(body) => Ok(body),
            Told::Expired => Err(CrmError::Refused(401)),
        }
    }

    async fn session(&self, refused: Option<&Session>) -> Result<Arc<Session>, CrmError> {
        self.sessions.session(refused).await.map_err(|(e, said)| {
            let hold = said.and_then(|said| self.limits.heard(&said).filter(|_| said.refused));
            hold.map_or(e, |hold| self.busy(hold))
        })
    }

    async fn once(&self, session: &Session, question: &Question) -> Result<Told, CrmError> {
        let url = session.instance.join(&question.path).map_err(|_| not_an_address())?;
        // The path of a next page is Salesforce's word, and the token goes to Salesforce alone.
        if url.origin() != session.instance.origin() {
            return Err(not_an_address());
        }
        let ask = match question.method {
            Method::Get => Ask::get(url),
            Method::Post => Ask::post(url),
            Method::Patch => Ask::patch(url),
        };
        let ask = ask.bearer(session.token.expose()).within(self.within).at_most(LARGEST);
        let ask = question.body.iter().fold(ask, |ask, body| ask.json(body.to_string()));
        let unreachable = |e: EgressError| CrmError::Unreachable(e.to_string());
        let answer = self.egress.ask(ask).await.map_err(unreachable)?;
        let status = answer.status();
        let mut said = Said::of(status, |name| answer.header(name));
        let bytes = answer.bytes().await;
        let code = bytes.as_ref().map(|body| read::code(body)).unwrap_or_default();
        if matches!(status, 400 | 403) && code == "REQUEST_LIMIT_EXCEEDED" {
            said = said.by_limit(bytes.as_ref().is_ok_and(|body| read::is_of_the_day(body)));
        }
        if let Some(hold) = self.limits.heard(&said)
            && said.refused
        {
            return Err(self.busy(hold));
        }
        let bytes = bytes.map_err(|e| {
            let large = matches!(e, EgressError::TooLarge { .. });
            if large { CrmError::Unreadable("too large".to_owned()) } else { unreachable(e) }
        })?;
        match status {
            200..=299 => Ok(Told::Body(bytes)),
            401 if code == "INVALID_SESSION_ID" => Ok(Told::Expired),
            401 => Err(CrmError::Refused(status)),
            403 => Err(CrmError::Forbidden(read::forbids(&bytes))),
            404 | 410 => Err(CrmError::NotFound),
            // Somebody else has the record in hand; nothing was done.
            400 if code == "UNABLE_TO_LOCK_ROW" => {
                Err(self.busy(Wait { left: Duration::from_secs(1), of_the_day: false }))
            }
            // A right is missing, which a person gives.
            400 if code.starts_with("INSUFFICIENT_ACCESS") => Err(CrmError::Forbidden(read::forbids(&bytes))),
            400 | 405..=422 => Err(CrmError::Invalid(code)),
            _ => Err(CrmError::Failing(status)),
        }
    }

    fn busy(&self, wait: Wait) -> CrmError {
        let left = i64::try_from(wait.left.as_millis()).unwrap_or(i64::MAX);
        CrmError::Busy { until: self.clock.now() + Span::millis(left), of_the_day: wait.of_the_day }
    }

    /// Everything that a query finds, to its last page.
    async fn all(&self, question: Question) -> Result<Vec<Record>, CrmError> {
        let mut page: read::Records = self.call(&question).await?;
        let mut all = std::mem::take(&mut page.records);
        for _ in 1..MOST_LISTED {
            let Some(next) = page.next() else { return Ok(all) };
            if !next.starts_with("/services/data/") {
                return Err(not_an_address());
            }
            page = self.call(&Question::get(next.to_owned())).await?;
            all.append(&mut page.records);
        }
        if page.next().is_some() { Err(longer()) } else { Ok(all) }
    }

    /// Everything that a query finds; nothing at all where its list of ids is empty.
    async fn some(
        &self,
        ids: &[String],
        question: impl FnOnce(&[String]) -> Question,
    ) -> Result<Vec<Record>, CrmError> {
        if ids.is_empty() { Ok(Vec::new()) } else { self.all(question(ids)).await }
    }

    /// What changes seldom, as remembered or read now; one reads it for all. What is old is better than nothing.
    async fn known(&self) -> Result<Arc<Known>, CrmError> {
        self.known_after(None).await
    }

    /// The same, read anew where what is remembered is the `stale` one.
    async fn known_after(&self, stale: Option<&Arc<Known>>) -> Result<Arc<Known>, CrmError> {
        let mut remembered = self.known.lock().await;
        if let Some((at, known)) = &*remembered
            && at.elapsed() < FRESH
            && stale.is_none_or(|stale| !Arc::ptr_eq(stale, known))
        {
            return Ok(Arc::clone(known));
        }
        match (self.learn().await, &*remembered) {
            (Ok(known), _) => {
                let known = Arc::new(known);
                *remembered = Some((tokio::time::Instant::now(), Arc::clone(&known)));
                Ok(known)
            }
            (Err(_), Some((_, old))) => Ok(Arc::clone(old)),
            (Err(e), None) => Err(e),
        }
    }

    async fn learn(&self) -> Result<Known, CrmError> {
        let describe = async |kind: &str| self.call::<read::Described>(&ask::describe(kind)).await;
        let (users, stages, statuses, priorities) = tokio::try_join!(
            self.all(ask::users()),
            self.all(ask::stages()),
            self.all(ask::statuses()),
            self.all(ask::priorities())
        )?;
        // What an organisation need not have, and this user need not see.
        let maybe = async |kind: &str| match describe(kind).await {
            Err(CrmError::NotFound) => Ok(None),
            told => told.map(Some),
        };
        let (contact, account, deal, task, lead, team, campaign) = tokio::try_join!(
            describe("Contact"),
            describe("Account"),
            describe("Opportunity"),
            describe("Task"),
            maybe("Lead"),
            maybe("OpportunityTeamMember"),
            maybe("CampaignMember")
        )?;
        let fields = Fields::of(&ask::Described { contact, lead, account, deal, task, team, campaign });
        let hidden = fields.hidden();
        if !hidden.is_empty() {
            let fields = hidden.join(", ");
            tracing::warn!(%fields, "Salesforce does not show these fields to the user: cards lack them");
        }
        Ok(Known {
            zones: users.iter().filter_map(|user| Some((user.id().to_owned(), read::zone(user)?))).collect(),
            owners: users.iter().map(read::owner).collect(),
            stages: read::stages(&stages),
            words: read::words(&statuses, &priorities),
            fields,
        })
    }

    /// Who owners are now: a rep's mail address may have changed since they were read.
    async fn matched(&self, known: &Known) -> Result<Matched, CrmError> {
        let by_mail = self.reps.by_mail().await.map_err(|e| CrmError::Unreachable(e.to_string()))?;
        Ok(Matched::new("salesforce", &known.owners, &by_mail))
    }

    /// Where the company is now, and what time it is.
    async fn here(&self) -> Result<Here, CrmError> {
        let zone = self.reps.zone().await.map_err(|e| CrmError::Unreachable(e.to_string()))?;
        Ok(Here { zone, now: self.clock.now() })
    }

    /// Who has this number, of those that Salesforce's search finds: contacts before leads, the oldest first.
    async fn people(&self, address: &Address) -> Result<Vec<Record>, CrmError> {
        if super::phone::split(address).is_none() {
            return Ok(Vec::new());
        }
        let known = self.known().await?;
        let Some(question) = ask::people_with(address, &known.fields) else { return Ok(Vec::new()) };
        let found: read::Found = self.call(&question).await?;
        let of = |kind: &str| -> Vec<String> {
            found.records.iter().filter(|r| r.kind() == kind).map(|r| r.id().to_owned()).take(ask::CANDIDATES).collect()
        };
        let (contacts, leads) = (of("Contact"), of("Lead"));
        if contacts.is_empty() && leads.is_empty() {
            return Ok(Vec::new());
        }
        let mut people = Vec::new();
        for ids in contacts.chunks(ask::BATCH) {
            people.extend(self.all(ask::contacts(ids, &known.fields)).await?);
        }
        for ids in leads.chunks(ask::BATCH) {
            people.extend(self.all(ask::leads(ids, &known.fields)).await?);
        }
        people.retain(|person| read::numbers(person).contains(address));
        people.truncate(ask::BATCH);
        Ok(people)
    }
}

fn longer() -> CrmError {
    CrmError::Unreadable("its list is longer than is read at once".to_owned())
}

/// Ids that a field of these records has, each once.
fn ids(records: &[Record], name: &str) -> Vec<String> {
    let all: BTreeSet<&str> = records.iter().filter_map(|r| r.text(name)).collect();
    all.into_iter().take(ask::BATCH).map(str::to_owned).collect()
}

#[async_trait]
impl Crm for Salesforce {
    fn name(&self) -> &'static str {
        "Salesforce"
    }

    async fn behind(&self, address: &Address) -> Result<Vec<Card>, CrmError> {
        let people = self.people(address).await?;
        if people.is_empty() {
            return Ok(Vec::new());
        }
        let known = self.known().await?;
        let (persons, accounts, now) = (ids(&people, "Id"), ids(&people, "AccountId"), self.clock.now());
        let contacts: Vec<String> = persons.iter().filter(|id| !body::is_lead(id)).cloned().collect();
        let (roles, deals, tasks, meetings) = tokio::try_join!(
            self.some(&contacts, |ids| ask::deals_of_contacts(ids, &known.fields)),
            self.some(&accounts, |ids| ask::deals_of_accounts(ids, &known.fields)),
            self.all(ask::tasks_done(&persons, &accounts)),
            self.all(ask::meetings_held(&persons, &accounts, now))
        )?;
        let mut on: Vec<String> = ids(&roles, "Opportunity.Id");
        on.extend(ids(&deals, "Id"));
        on.truncate(ask::BATCH);
        let on = if known.fields.team { on } else { Vec::new() };
        let teams = self.some(&on, ask::teams).await?;
        let owners = self.matched(&known).await?;
        let (roles, deals, teams) = (roles.as_slice(), deals.as_slice(), teams.as_slice());
        let (tasks, meetings) = (tasks.as_slice(), meetings.as_slice());
        let around = card::Around { roles, deals, teams, tasks, meetings, stages: &known.stages, owners: &owners };
        Ok(people.iter().map(|person| card::card(person, &around)).collect())
    }

    async fn owners(&self) -> Result<Vec<Owner>, CrmError> {
        Ok(self.all(ask::users()).await?.iter().map(read::owner).collect())
    }

    async fn deals(&self, since: Timestamp, after: Option<&str>) -> Result<Deals, CrmError> {
        let place = after.map_or(Some(Place { since, behind: None }), Place::read).ok_or_else(|| {
            CrmError::Invalid("a page of deals is asked for with what the page before said".to_owned())
        })?;
        let known = self.known().await?;
        let records = self.all(ask::deals_since(&place, &known.fields)).await?;
        let last = records.last().filter(|_| records.len() >= ask::DEALS);
        let next = last.and_then(|last| Some((last.instant("SystemModstamp")?, last.id().to_owned())));
        let next = next.map(|(since, id)| Place { since, behind: Some(id) });
        if next == Some(place) {
            return Err(CrmError::Unreadable("the next page of its deals is the same again".to_owned()));
        }
        let history = self.some(&ids(&records, "Id"), ask::history).await?;
        let (owners, here) = (self.matched(&known).await?, self.here().await?);
        let deals = records.iter().filter_map(|record| card::deal(record, &history, &known.stages, &owners, here));
        Ok(Deals { deals: deals.collect(), next: next.map(|next| next.written()) })
    }

    async fn still(&self, deals: &[DealId]) -> Result<BTreeSet<DealId>, CrmError> {
        let ids: Vec<String> = deals.iter().map(|deal| deal.0.clone()).collect();
        let there = self.some(&ids, ask::still).await?;
        Ok(there.iter().map(|record| DealId::new(record.id())).collect())
    }

    async fn touched(&self, changed: &[Changed]) -> Result<Touched, CrmError> {
        let of = |kind: Kind| -> Vec<String> {
            changed.iter().filter(|c| c.kind == kind).map(|c| c.id.clone()).take(ask::BATCH).collect()
        };
        let (leads, mut contacts): (Vec<String>, Vec<String>) =
            of(Kind::Contact).into_iter().partition(|id| body::is_lead(id));
        let known = self.known().await?;
        let on = self.some(&of(Kind::Deal), ask::people_on).await?;
        contacts.extend(ids(&on, "ContactId"));
        contacts.truncate(ask::BATCH);
        let accounts = of(Kind::Company);
        let mut people = self.some(&leads, |ids| ask::leads(ids, &known.fields)).await?;
        if !contacts.is_empty() || !accounts.is_empty() {
            people.extend(self.all(ask::contacts_of(&contacts, &accounts, &known.fields)).await?);
        }
        let found = people.iter().map(|person| person.id().to_owned());
        let all: BTreeSet<String> = leads.into_iter().chain(contacts).chain(found).collect();
        Ok(Touched {
            contacts: all.into_iter().map(ContactId::new).collect(),
            addresses: people.iter().flat_map(read::numbers).collect(),
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
