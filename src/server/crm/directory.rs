//! A plain JSON directory: `GET {base}/contacts`, optionally `?phone=+1…`, with a bearer token. What the emulator speaks,
//! and the simplest thing an operator can put in front of a CRM that has no adapter yet.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use serde::Deserialize;
use url::Url;

use self::absent::or_none;
use self::people::{Counted, counted};
use super::when::instant;
use super::write::{TaskState, Write};
use super::{Crm, CrmError, Deals};
use crate::config::secret::Held;
use crate::domain::contact::Address;
use crate::domain::context::{Account, Campaign, Card, Home, Intent, Opportunity, Origin, TeamMember, Touch};
use crate::domain::id::{ContactId, DealId, RepId};
use crate::domain::time::Timestamp;
use crate::server::egress::{Ask, Egress, EgressError};

mod absent;
mod deals;
mod people;
mod writes;

pub use deals::deals_of;
pub(super) use people::{LONGEST_ID, is_id};
pub(super) use writes::body;

/// Longest wait for everything.
const PATIENCE: Duration = Duration::from_secs(20);

/// The largest answer read.
const LARGEST: usize = 32 * 1024 * 1024;

/// Contacts that count for nothing and are told one by one; more are counted.
const TOLD: usize = 20;

/// A directory over HTTP.
pub struct Directory {
    egress: Egress,
    contacts: Url,
    token: Held,
    writes: bool,
    /// What of the last reading of everybody counted for nothing.
    wrong: Mutex<Vec<String>>,
}

impl std::fmt::Debug for Directory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Directory({})", self.contacts.host_str().unwrap_or_default())
    }
}

#[derive(Deserialize)]
struct Answer {
    contacts: Vec<Contact>,
}

#[derive(Deserialize)]
struct Contact {
    id: String,
    name: String,
    #[serde(default, deserialize_with = "or_none")]
    title: String,
    #[serde(default, deserialize_with = "or_none")]
    phones: Vec<String>,
    #[serde(default)]
    timezone: Option<String>,
    #[serde(default)]
    address: Option<Home>,
    #[serde(default)]
    account: Option<Account>,
    #[serde(default)]
    owner: Option<RepId>,
    #[serde(default)]
    sdr: Option<RepId>,
    #[serde(default)]
    opportunity: Option<Deal>,
    #[serde(default)]
    campaign: Option<Sent>,
    #[serde(default)]
    last_touch: Option<Happening>,
    #[serde(default)]
    account_touch: Option<Happening>,
    #[serde(default, deserialize_with = "or_none")]
    touches: Vec<Happening>,
    #[serde(default, deserialize_with = "or_none")]
    intents: Vec<Sign>,
}

#[derive(Deserialize)]
struct Deal {
    #[serde(default)]
    id: Option<DealId>,
    name: String,
    stage: String,
    #[serde(default, deserialize_with = "or_none")]
    amount_cents: i64,
    #[serde(default, deserialize_with = "or_none")]
    currency: String,
    #[serde(default)]
    owner: Option<RepId>,
    #[serde(default, deserialize_with = "or_none")]
    team: Vec<Member>,
    #[serde(default)]
    close_date: Option<String>,
    #[serde(default)]
    stage_since: Option<String>,
}

#[derive(Deserialize)]
struct Member {
    rep: RepId,
    #[serde(default, deserialize_with = "or_none")]
    role: String,
}

#[derive(Deserialize)]
struct Sent {
    #[serde(default, deserialize_with = "or_none")]
    use_case: String,
    #[serde(default, deserialize_with = "or_none")]
    name: String,
    #[serde(default, deserialize_with = "or_none")]
    last_text: String,
}

#[derive(Deserialize)]
struct Happening {
    at: String,
    #[serde(default)]
    by: Option<RepId>,
    kind: String,
    #[serde(default, deserialize_with = "or_none")]
    summary: String,
}

#[derive(Deserialize)]
struct Sign {
    at: String,
    kind: String,
    #[serde(default, deserialize_with = "or_none")]
    detail: String,
    #[serde(default)]
    origin: Option<Origin>,
    #[serde(default)]
    weight: Option<u8>,
}

impl Directory {
    /// A directory at `base`. A token that is kept outside is read for every question, so that a new one holds at once.
    pub fn new(egress: Egress, base: &str, token: Held) -> Result<Self, CrmError> {
        let contacts = format!("{}/contacts", base.trim_end_matches('/'));
        let not_an_address = |_| CrmError::Unreadable(EgressError::NotAnAddress.to_string());
        let contacts = contacts.parse().map_err(not_an_address)?;
        egress.look(&contacts).map_err(|e| CrmError::Unreachable(e.to_string()))?;
        Ok(Self { egress, contacts, token, writes: false, wrong: Mutex::default() })
    }

    /// It takes writes, too.
    #[must_use]
    pub fn writing(mut self) -> Self {
        self.writes = true;
        self
    }

    /// Everybody, also who has no number.
    pub async fn people(&self) -> Result<Vec<Card>, CrmError> {
        Ok(cards(counted(self.ask(None).await?, None)))
    }

    /// Tells what counts for nothing: once, while it stays so.
    fn complain(&self, wrong: Vec<String>) {
        let mut before = self.wrong.lock().unwrap_or_else(PoisonError::into_inner);
        if *before == wrong {
            return;
        }
        for contact in wrong.iter().take(TOLD) {
            tracing::warn!(contact, "a contact of the CRM's directory counts for nothing, or not twice; the others do");
        }
        if wrong.len() > TOLD {
            tracing::warn!(contacts = wrong.len(), "so many contacts of the CRM's directory are told of");
        }
        *before = wrong;
    }

    async fn ask(&self, phone: Option<&Address>) -> Result<Vec<Contact>, CrmError> {
        let mut url = self.contacts.clone();
        if let Some(phone) = phone {
            url.query_pairs_mut().append_pair("phone", phone.as_str());
        }
        let token = self.token.read().await.map_err(|e| CrmError::Unreachable(e.to_string()))?;
        let unreachable = |e: EgressError| CrmError::Unreachable(e.to_string());
        let ask = Ask::get(url).bearer(token.expose()).within(PATIENCE).at_most(LARGEST);
        let answer = self.egress.ask(ask).await.map_err(unreachable)?;
        match answer.status() {
            200..300 => {}
            401 => return Err(CrmError::Refused(401)),
            403 => return Err(forbidden()),
            status => return Err(CrmError::Failing(status)),
        }
        let body = answer.bytes().await.map_err(|e| {
            let large = matches!(e, EgressError::TooLarge { .. });
            if large { CrmError::Unreadable("too large".to_owned()) } else { unreachable(e) }
        })?;
        let answer: Answer = serde_json::from_slice(&body).map_err(|e| CrmError::Unreadable(position(&e)))?;
        Ok(answer.contacts)
    }
}

/// What a directory does not let us do. Its answers to that have no form, and may say anything.
fn forbidden() -> CrmError {
    CrmError::Forbidden("it does not say why".to_owned())
}

/// Everybody in an answer of a directory that was kept as a file, also who has no number.
pub fn people_of(answer: &[u8]) -> Result<Vec<Card>, CrmError> {
    if answer.len() > LARGEST {
        return Err(CrmError::Unreadable("too large".to_owned()));
    }
    Ok(cards(numbered(answer, None)?))
}

/// Everybody in an answer that was kept as a file, each with the numbers that can be told, and what of it counts for
/// nothing.
pub(super) fn numbered(answer: &[u8], now: Option<Timestamp>) -> Result<Counted, CrmError> {
    let answer: Answer = serde_json::from_slice(answer).map_err(|e| CrmError::Unreadable(position(&e)))?;
    Ok(counted(answer.contacts, now))
}

fn cards(all: Counted) -> Vec<Card> {
    all.people.into_iter().map(|(_, card)| card).collect()
}

/// One person in the directory's form, as a program pushes them. What is wrong is told without repeating what stands there.
pub fn person_of(json: &str) -> Result<Card, String> {
    let contact: Contact = serde_json::from_str(json).map_err(|e| match e.classify() {
        serde_json::error::Category::Data => "contact is not a person as the directory has them".to_owned(),
        serde_json::error::Category::Io | serde_json::error::Category::Syntax | serde_json::error::Category::Eof => {
            "contact is not JSON".to_owned()
        }
    })?;
    Ok(card(contact))
}

/// Signs of interest as a person has them, or why they are none. The reason repeats nothing that was sent.
pub fn signs_of(json: &str) -> Result<Vec<Intent>, String> {
    let signs: Vec<Sign> =
        serde_json::from_str(json).map_err(|_| "signs are not as the directory has a person's intents".to_owned())?;
    let read = |sign: Sign| intent(sign).ok_or_else(|| "the at of one of its signs is not an instant".to_owned());
    signs.into_iter().map(read).collect()
}

/// Where the reading failed; the parser's own words may quote personal data.
fn position(e: &serde_json::Error) -> String {
    format!("line {}, column {}", e.line(), e.column())
}

#[async_trait]
impl Crm for Directory {
    /// A second one of its key makes nothing there.
    fn settles(&self) -> Duration {
        Duration::ZERO
    }

    fn takes_writes(&self) -> bool {
        self.writes
    }

    async fn write(&self, write: &Write) -> Result<String, CrmError> {
        self.put(write).await
    }

    async fn find(&self, write: &Write) -> Result<Option<String>, CrmError> {
        self.look_for(write).await
    }

    async fn task(&self, id: &str) -> Result<TaskState, CrmError> {
        self.task_state(id).await
    }

    async fn deals(&self, since: Timestamp, after: Option<&str>) -> Result<Deals, CrmError> {
        self.changed_deals(since, after).await
    }

    async fn everybody(&self) -> Result<Vec<(Address, Vec<Card>)>, CrmError> {
        let mut by_address: BTreeMap<Address, Vec<Card>> = BTreeMap::new();
        let Counted { people, wrong, .. } = counted(self.ask(None).await?, None);
        self.complain(wrong);
        for (addresses, card) in people {
            for address in addresses {
                by_address.entry(address).or_default().push(card.clone());
            }
        }
        Ok(by_address.into_iter().collect())
    }

    async fn behind(&self, address: &Address) -> Result<Vec<Card>, CrmError> {
        let all = counted(self.ask(Some(address)).await?, None);
        Ok(all.people.into_iter().filter(|(numbers, _)| numbers.contains(address)).map(|(_, card)| card).collect())
    }

    /// One that lists nobody is told of where it is read.
    async fn complaints(&self) -> Result<(Vec<String>, usize), CrmError> {
        let Ok(contacts) = self.ask(None).await else { return Ok((Vec::new(), 0)) };
        let mut wrong = counted(contacts, None).wrong;
        let all = wrong.len();
        wrong.truncate(TOLD);
        Ok((wrong, all))
    }
}

fn e164(phone: &str) -> Option<Address> {
    Address::parse(phone).ok().filter(|a| a.as_str().starts_with('+'))
}

/// One whose time does not read is left out: it would be shown as of long ago.
fn touch(t: Happening) -> Option<Touch> {
    Some(Touch { at: instant(&t.at)?, by: t.by, kind: t.kind, summary: t.summary })
}

fn intent(i: Sign) -> Option<Intent> {
    Some(Intent { at: instant(&i.at)?, kind: i.kind, detail: i.detail, origin: i.origin, weight: i.weight })
}

fn card(c: Contact) -> Card {
    Card {
        contact: ContactId(c.id),
        name: c.name,
        title: c.title,
        zone: c.timezone.and_then(|z| z.parse().ok()),
        home: c.address,
        account: c.account,
        owner: c.owner,
        sdr: c.sdr,
        opportunity: c.opportunity.map(|o| Opportunity {
            id: o.id,
            name: o.name,
            stage: o.stage,
            amount_cents: o.amount_cents,
            currency: o.currency,
            owner: o.owner,
            team: o.team.into_iter().map(|m| TeamMember { rep: m.rep, role: m.role }).collect(),
            closes: o.close_date.as_deref().and_then(instant),
            stage_since: o.stage_since.as_deref().and_then(instant),
        }),
        campaign: c.campaign.map(|c| Campaign { use_case: c.use_case, name: c.name, last_text: c.last_text }),
        last_touch: c.last_touch.and_then(touch),
        account_touch: c.account_touch.and_then(touch),
        touches: c.touches.into_iter().filter_map(touch).collect(),
        intents: c.intents.into_iter().filter_map(intent).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_a_contact_may_lack_may_be_null() {
        let least = r#"{"id":"c-1","name":"Nils","opportunity":{"name":"Rollout","stage":"won"},"campaign":{},
            "last_touch":{"at":"2026-11-01T15:00:00Z","kind":"mail"},"intents":[{"at":"2026-11-01T15:00:00Z","kind":"visit"}]}"#;
        let nulls = |text: &str, before: &str, names: &str| {
            let nulls: Vec<String> = names.split(' ').map(|name| format!(r#""{name}":null"#)).collect();
            let comma = if before.contains("campaign") { "" } else { "," };
            text.replacen(before, &format!("{before}{}{comma}", nulls.join(",")), 1)
        };
        let more = nulls(least, "{", "title phones timezone address account owner sdr account_touch touches");
        let more = nulls(&more, r#""opportunity":{"#, "id amount_cents currency owner team close_date stage_since");
        let more = nulls(&more, r#""campaign":{"#, "use_case name last_text");
        let more = nulls(&more, r#""last_touch":{"#, "by summary");
        let more = nulls(&more, r#""intents":[{"#, "detail origin weight");
        let person = person_of(&more).unwrap_or_else(|why| panic!("{why}: {more}"));
        assert_eq!(Ok(person), person_of(least));
    }

    #[test]
    fn one_person_told_three_times_is_one_and_nobody_is_known_by_no_id() {
        let answer = r#"{"contacts":[
            {"id":"c-1","name":"John Smith","phones":["+13125550162","+1 (312) 555-0162"]},
            {"id":"","name":"Secret Person","phones":["+13125550162"]},
            {"id":"c-1","name":"John Smith","phones":["+13125550162"]},
            {"id":"c-1","name":"John Smith","phones":["+13125550163"]},
            {"id":" ","name":"Secret Person","phones":[]},
            {"id":"c-2","name":"John Smith","phones":["+13125550162"],
             "intents":[{"at":"2099-01-01T00:00:00Z","kind":"visit"}]}]}"#;
        let all = numbered(answer.as_bytes(), instant("2026-11-01")).unwrap();
        let told: Vec<_> = all.people.iter().map(|(numbers, card)| (card.contact.as_str(), numbers.len())).collect();
        assert_eq!(told, [("c-1", 2), ("c-2", 1)]);
        let wrong = all.wrong.join("\n");
        for why in [
            "contact 2: id is not 1 to 200",
            "contact 3: id stands before it",
            "contact 4: id stands before it",
            "contact 5: id is not 1 to 200",
            "contact 6: a sign of interest is in the future",
        ] {
            assert!(wrong.contains(why), "{why} is not in\n{wrong}");
        }
        assert!(all.wrong.len() == 5 && !wrong.contains("Secret") && !wrong.contains("555"), "{wrong}");
        assert_eq!(people_of(answer.as_bytes()).map(|all| all.len()), Ok(2));
    }
}
