//! Salesforce's answers, read. Pure, over the bytes that came: hostile until checked. Errors name a place in the text and
//! nothing that stands there.

use std::collections::{BTreeMap, BTreeSet};

use chrono_tz::Tz;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::super::{CrmError, Owner, money, phone};
use crate::domain::contact::Address;
use crate::domain::safe_text::SafeText;
use crate::domain::time::Timestamp;

/// A record: its fields, and those of the records it looks up to.
#[derive(Clone, Default, Deserialize)]
#[serde(transparent)]
pub struct Record(Map<String, Value>);

impl std::fmt::Debug for Record {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Record({} fields)", self.0.len())
    }
}

impl Record {
    fn value(&self, name: &str) -> Option<&Value> {
        let mut parts = name.split('.');
        let first = self.0.get(parts.next()?)?;
        parts.try_fold(first, |value, part| value.get(part))
    }

    /// A field that has a text: `Name`, `Account.Name`.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.value(name)?.as_str().map(str::trim).filter(|text| !text.is_empty())
    }

    /// Its id; empty where the answer has none.
    pub fn id(&self) -> &str {
        self.text("Id").unwrap_or_default()
    }

    /// The kind of record.
    pub fn kind(&self) -> &str {
        self.text("attributes.type").unwrap_or_default()
    }

    /// A field that is yes.
    pub fn is(&self, name: &str) -> bool {
        self.value(name).and_then(Value::as_bool).unwrap_or_default()
    }

    /// A field as an instant.
    pub fn instant(&self, name: &str) -> Option<Timestamp> {
        instant(self.text(name)?)
    }

    /// An amount in hundredths.
    pub fn cents(&self, name: &str) -> Option<i64> {
        match self.value(name)? {
            Value::Number(number) => money::cents(&number.to_string()),
            Value::Null | Value::Bool(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => None,
        }
    }

    /// How many, where somebody wrote that down.
    pub fn count(&self, name: &str) -> Option<u32> {
        self.value(name)?.as_u64()?.try_into().ok().filter(|n| *n > 0)
    }

    /// Records that hang on it, as a question inside the question asked for them.
    pub fn hanging(&self, name: &str) -> Vec<Self> {
        let all = self.value(name).and_then(|v| v.get("records")).and_then(Value::as_array);
        all.into_iter().flatten().filter_map(Value::as_object).cloned().map(Self).collect()
    }
}

/// An instant as Salesforce writes it: `2026-03-03T15:00:00.000+0000`, or a date alone.
pub fn instant(text: &str) -> Option<Timestamp> {
    let own = chrono::DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%z");
    if let Ok(at) = own.or_else(|_| chrono::DateTime::parse_from_rfc3339(text)) {
        return Some(at.to_utc().into());
    }
    Some(text.parse::<chrono::NaiveDate>().ok()?.and_time(chrono::NaiveTime::MIN).and_utc().into())
}

/// A page of what a query found.
#[derive(Clone, Debug, Deserialize)]
pub struct Records {
    /// The records.
    pub records: Vec<Record>,
    done: bool,
    #[serde(default, rename = "nextRecordsUrl")]
    next: Option<String>,
}

impl Records {
    /// The path of the next page.
    pub fn next(&self) -> Option<&str> {
        self.next.as_deref().filter(|_| !self.done)
    }
}

/// What a search found.
#[derive(Clone, Debug, Deserialize)]
pub struct Found {
    /// The records, of several kinds.
    #[serde(rename = "searchRecords")]
    pub records: Vec<Record>,
}

/// What was made.
#[derive(Clone, Debug, Deserialize)]
pub struct Made {
    /// Its id.
    pub id: String,
}

/// What may be asked of a kind of record: an organisation has its own.
#[derive(Clone, Debug, Deserialize)]
pub struct Described {
    fields: Vec<Field>,
}

#[derive(Clone, Debug, Deserialize)]
struct Field {
    name: String,
}

impl Described {
    /// Whether there is a field of this name.
    pub fn has(&self, name: &str) -> bool {
        self.fields.iter().any(|field| field.name == name)
    }
}

/// A token, and where it opens what.
#[derive(Deserialize)]
pub struct Token {
    /// The token.
    pub access_token: String,
    /// The organisation's own address.
    pub instance_url: String,
    /// Who signed in, as an address: its last part is their id.
    #[serde(default)]
    id: Option<String>,
}

impl Token {
    /// The id of the user who signed in, where it is told.
    pub fn user(&self) -> Option<&str> {
        let id = self.id.as_deref()?.rsplit('/').next()?;
        (matches!(id.len(), 15 | 18) && id.bytes().all(|b| b.is_ascii_alphanumeric())).then_some(id)
    }
}

/// Every number of a person that can be told: as typed, by the country beside it.
pub fn numbers(person: &Record) -> BTreeSet<Address> {
    let country =
        ["MailingCountry", "Country", "Account.BillingCountry"].into_iter().find_map(|name| person.text(name));
    let typed = ["Phone", "MobilePhone", "HomePhone", "OtherPhone"].into_iter().filter_map(|name| person.text(name));
    typed.flat_map(phone::several).filter_map(|typed| phone::e164(typed, country)).flat_map(phone::meant).collect()
}

/// Who can own records.
pub fn owner(user: &Record) -> Owner {
    let text = |name: &str| user.text(name).map(str::to_owned);
    let (email, name, title) = (text("Email"), text("Name"), text("Title"));
    Owner { id: user.id().to_owned(), email, name, title, active: user.is("IsActive") }
}

/// The zone of a user: `America/New_York`.
pub fn zone(user: &Record) -> Option<Tz> {
    user.text("TimeZoneSidKey")?.parse().ok()
}

/// A stage of deals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage {
    /// Its name.
    pub label: String,
    /// Whether deals end there, and whether they are won then.
    pub closes: Option<bool>,
    /// Its place among all, as the organisation orders them.
    pub place: u16,
}

/// Stages by the name that records have of them.
pub fn stages(records: &[Record]) -> BTreeMap<String, Stage> {
    let stage = |(place, r): (u16, &Record)| {
        let name = r.text("ApiName")?.to_owned();
        let label = r.text("MasterLabel").unwrap_or(&name).to_owned();
        let closes = r.is("IsClosed").then(|| r.is("IsWon"));
        Some((name, Stage { label, closes, place }))
    };
    (0..).zip(records).filter_map(stage).collect()
}

/// Words of this organisation for how a task stands and how urgent it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// Not done.
    pub open: String,
    /// Done.
    pub closed: String,
    /// Put aside or called off, and not done; nothing when the organisation has no word for that.
    pub aside: Option<String>,
    /// Before others.
    pub high: String,
    /// As all.
    pub normal: String,
    /// When there is time.
    pub low: String,
}

/// Those words, of the two lists that name them. What a list lacks is as Salesforce delivers it.
pub fn words(statuses: &[Record], priorities: &[Record]) -> Words {
    let first = |all: &[Record], fits: &dyn Fn(&Record) -> bool| {
        all.iter().filter(|r| fits(r)).find_map(|r| r.text("ApiName")).map(str::to_owned)
    };
    let open = |r: &Record| !r.is("IsClosed");
    let urgent = |r: &Record| r.is("IsHighPriority");
    let aside = |r: &Record| {
        let word = r.text("ApiName").unwrap_or_default().to_lowercase();
        word.contains("deferred") || word.contains("cancel")
    };
    let or = |found: Option<String>, word: &str| found.unwrap_or_else(|| word.to_owned());
    let normal = first(priorities, &|r| r.is("IsDefault"));
    let normal = or(normal.or_else(|| first(priorities, &|r| !urgent(r))), "Normal");
    Words {
        open: or(first(statuses, &|r| open(r) && r.is("IsDefault")).or_else(|| first(statuses, &open)), "Not Started"),
        closed: or(first(statuses, &|r| !open(r) && !aside(r)), "Completed"),
        aside: first(statuses, &aside),
        high: or(first(priorities, &urgent), "High"),
        low: or(first(priorities, &|r| r.text("ApiName") == Some("Low")), &normal),
        normal,
    }
}

#[derive(Deserialize)]
struct Problem {
    #[serde(rename = "errorCode", default)]
    code: String,
    #[serde(default)]
    message: String,
}

/// The class of a refusal, in Salesforce's own word: `FIELD_CUSTOM_VALIDATION_EXCEPTION`. Its sentences quote what was sent.
pub fn code(body: &[u8]) -> String {
    let plain = |word: &String| {
        !word.is_empty() && word.len() <= 80 && word.bytes().all(|b| b.is_ascii_uppercase() || b == b'_')
    };
    problem(body).map(|p| p.code).filter(plain).unwrap_or_else(|| "it does not say why".to_owned())
}

/// Classes whose sentence is about the organisation and its API alone; those of the others name records.
const OF_THE_API: [&str; 3] = ["API_CURRENTLY_DISABLED", "API_DISABLED_FOR_ORG", "FUNCTIONALITY_NOT_ENABLED"];

/// How much of Salesforce's own sentence is repeated, in cells of a line.
const SENTENCE: usize = 120;

/// What our user may not do, in Salesforce's words: the class, with its sentence where that can hold nothing of a record.
pub fn forbids(body: &[u8]) -> String {
    let class = code(body);
    let said = problem(body).filter(|_| OF_THE_API.contains(&class.as_str())).map(|problem| problem.message);
    let sentence = SafeText::line(&said.unwrap_or_default()).truncated(SENTENCE);
    if sentence.is_empty() { class } else { format!("{class}, {sentence}") }
}

/// Whether a class of refusal is about the owner.
pub fn is_of_owner(code: &str) -> bool {
    code == "INACTIVE_OWNER_OR_USER"
}

/// Whether it is the limit of a day that was reached, and not the one of calls at once.
pub fn is_of_the_day(body: &[u8]) -> bool {
    problem(body).is_some_and(|p| p.message.contains("TotalRequests"))
}

fn problem(body: &[u8]) -> Option<Problem> {
    serde_json::from_slice::<Vec<Problem>>(body).ok()?.into_iter().next()
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Unopened {
    error: String,
}

/// Why no token was given, in the word of OAuth: `invalid_grant`.
pub fn unopened(body: &[u8]) -> String {
    let word = serde_json::from_slice::<Unopened>(body).unwrap_or_default().error;
    let plain = !word.is_empty() && word.len() <= 60 && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    if plain { word } else { "it does not say why".to_owned() }
}

/// An answer as what it should be.
pub fn answer<T: for<'de> Deserialize<'de>>(body: &[u8]) -> Result<T, CrmError> {
    serde_json::from_slice(body).map_err(|e| CrmError::Unreadable(format!("line {}, column {}", e.line(), e.column())))
}

#[cfg(test)]
mod tests;
