//! HubSpot's answers, read. Pure, over the bytes that came: hostile until checked. Errors name a place in the text and
//! nothing that stands there.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

pub use super::super::money::cents;
use super::super::{CrmError, Owner, phone};
use crate::domain::contact::Address;
use crate::domain::safe_text::SafeText;
use crate::domain::time::Timestamp;

/// A record. Properties are texts, whatever they hold.
#[derive(Clone, Default, Deserialize)]
pub struct Record {
    /// Its id.
    pub id: String,
    /// Its properties; one without a value is null.
    #[serde(default)]
    pub properties: BTreeMap<String, Option<String>>,
    /// Former values, newest first, of those properties that were asked with it.
    #[serde(default, rename = "propertiesWithHistory")]
    pub history: BTreeMap<String, Vec<Former>>,
    /// Whether it was deleted.
    #[serde(default)]
    pub archived: bool,
}

impl std::fmt::Debug for Record {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Record({}, {} properties)", self.id, self.properties.len())
    }
}

/// A value a property had.
#[derive(Clone, Debug, Deserialize)]
pub struct Former {
    #[serde(default)]
    value: Option<String>,
    timestamp: String,
}

/// A page of records.
#[derive(Clone, Debug, Deserialize)]
pub struct Records {
    /// The records.
    pub results: Vec<Record>,
    #[serde(default)]
    paging: Option<Paging>,
    #[serde(default)]
    errors: Vec<Failed>,
}

/// Why some of them are missing in an answer to a batch (207).
#[derive(Clone, Debug, Deserialize)]
struct Failed {
    #[serde(default)]
    category: String,
}

#[derive(Clone, Debug, Deserialize)]
struct Paging {
    #[serde(default)]
    next: Option<Next>,
}

#[derive(Clone, Debug, Deserialize)]
struct Next {
    after: String,
}

fn next(paging: Option<Paging>) -> Option<String> {
    paging.and_then(|paging| paging.next).map(|next| next.after).filter(|after| !after.is_empty())
}

impl Records {
    /// Whether some are missing for another reason than that they are not there.
    pub fn hides(&self) -> bool {
        self.errors.iter().any(|error| error.category != "OBJECT_NOT_FOUND")
    }

    /// What the next page is asked for with.
    pub fn next(&self) -> Option<String> {
        next(self.paging.clone())
    }
}

impl Record {
    /// A property that has a value.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.properties.get(name)?.as_deref().map(str::trim).filter(|text| !text.is_empty())
    }

    /// A property as an instant: RFC 3339 or milliseconds, as HubSpot writes both.
    pub fn instant(&self, name: &str) -> Option<Timestamp> {
        instant(self.text(name)?)
    }

    /// The values that a property had, oldest first.
    pub fn values(&self, name: &str) -> Vec<(Timestamp, &str)> {
        let former = self.history.get(name).into_iter().flatten();
        let mut values: Vec<(Timestamp, &str)> =
            former.filter_map(|f| Some((instant(&f.timestamp)?, f.value.as_deref()?))).collect();
        values.sort_by_key(|(at, _)| *at);
        values
    }
}

/// An instant as HubSpot writes it.
pub fn instant(text: &str) -> Option<Timestamp> {
    if let Ok(at) = chrono::DateTime::parse_from_rfc3339(text) {
        return Some(at.to_utc().into());
    }
    let millis = text.parse::<i64>().ok().map(Timestamp::from_millis);
    // A date alone.
    millis.or_else(|| Some(text.parse::<chrono::NaiveDate>().ok()?.and_time(chrono::NaiveTime::MIN).and_utc().into()))
}

/// Every number of a contact that can be told: as typed, by the contact's country, and as HubSpot itself made E.164 of it.
pub fn numbers(contact: &Record) -> BTreeSet<Address> {
    let country = contact.text("hs_country_region_code").or_else(|| contact.text("country"));
    let typed = ["phone", "mobilephone"].into_iter().filter_map(|name| contact.text(name));
    let typed = typed.flat_map(phone::several).filter_map(|typed| phone::e164(typed, country));
    let made = ["hs_calculated_phone_number", "hs_calculated_mobile_number"].into_iter();
    // HubSpot's own is in E.164 or is none.
    let made = made.filter_map(|name| contact.text(name).filter(|t| t.starts_with('+')));
    typed.chain(made.filter_map(|text| phone::e164(text, None))).flat_map(phone::meant).collect()
}

/// What hangs on what.
#[derive(Clone, Debug, Deserialize)]
pub struct Associations {
    results: Vec<Hanging>,
}

#[derive(Clone, Debug, Deserialize)]
struct Hanging {
    from: Id,
    #[serde(default)]
    to: Vec<To>,
}

#[derive(Clone, Debug, Deserialize)]
struct Id {
    #[serde(deserialize_with = "id")]
    id: String,
}

/// The other end of an association.
#[derive(Clone, Debug, Deserialize)]
struct To {
    #[serde(rename = "toObjectId", deserialize_with = "id")]
    id: String,
    #[serde(default, rename = "associationTypes")]
    types: Vec<Label>,
}

/// A kind of association.
#[derive(Clone, Debug, Deserialize)]
pub struct Label {
    category: String,
    #[serde(rename = "typeId")]
    id: i64,
    #[serde(default, rename = "label")]
    words: Option<String>,
}

/// The library and the descriptions of different years have ids as texts or as numbers.
fn id<'de, D: serde::Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either {
        Text(String),
        Number(u64),
    }
    Ok(match Either::deserialize(from)? {
        Either::Text(text) => text,
        Either::Number(number) => number.to_string(),
    })
}

impl Associations {
    /// The ids at the other ends, by the id they hang on; the primary one first.
    pub fn by_id(&self) -> BTreeMap<&str, Vec<&str>> {
        let mut all: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for hanging in &self.results {
            let mut ends: Vec<&To> = hanging.to.iter().collect();
            ends.sort_by_key(|to| !to.types.iter().any(Label::is_primary));
            all.entry(&hanging.from.id).or_default().extend(ends.into_iter().map(|to| to.id.as_str()));
        }
        all
    }
}

impl Label {
    fn is_primary(&self) -> bool {
        self.words.as_deref().is_some_and(|label| label.eq_ignore_ascii_case("primary"))
    }
}

/// A page of what hangs on one record.
#[derive(Clone, Debug, Deserialize)]
pub struct Ends {
    results: Vec<To>,
    #[serde(default)]
    paging: Option<Paging>,
}

impl Ends {
    /// The ids, and what the next page is asked for with.
    pub fn ids(self) -> (Vec<String>, Option<String>) {
        (self.results.into_iter().map(|to| to.id).collect(), next(self.paging))
    }
}

/// The kinds of association between two kinds of record.
#[derive(Clone, Debug, Deserialize)]
pub struct Labels {
    results: Vec<Label>,
}

impl Labels {
    /// HubSpot's own without a label: what "associated with" means and nothing more.
    pub fn plain(&self) -> Option<i64> {
        let own = |l: &&Label| l.category == "HUBSPOT_DEFINED" && l.words.as_deref().is_none_or(str::is_empty);
        self.results.iter().find(own).map(|l| l.id)
    }
}

#[derive(Clone, Deserialize)]
struct OwnerText {
    id: String,
    #[serde(default)]
    email: Option<String>,
    #[serde(default, rename = "firstName")]
    first: Option<String>,
    #[serde(default, rename = "lastName")]
    last: Option<String>,
    #[serde(default)]
    archived: bool,
}

impl OwnerText {
    /// First and last name, as far as HubSpot has them.
    fn name(&self) -> Option<String> {
        let parts = [&self.first, &self.last].into_iter().flatten().map(|part| part.trim());
        let name = parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
        Some(name).filter(|name| !name.is_empty())
    }
}

/// A page of owners.
#[derive(Clone, Deserialize)]
pub struct Owners {
    results: Vec<OwnerText>,
    #[serde(default)]
    paging: Option<Paging>,
}

impl Owners {
    /// The owners of this page, and what the next is asked for with. `archived` is the list that was asked for: one in it
    /// has left, whatever it says itself.
    pub fn owners(self, archived: bool) -> (Vec<Owner>, Option<String>) {
        let made = |o: OwnerText| {
            let (name, active) = (o.name(), !(o.archived || archived));
            Owner { id: o.id, email: o.email, name, title: None, active }
        };
        (self.results.into_iter().map(made).collect(), next(self.paging))
    }
}

/// Pipelines of deals.
#[derive(Clone, Debug, Deserialize)]
pub struct Pipelines {
    results: Vec<Pipeline>,
}

#[derive(Clone, Debug, Deserialize)]
struct Pipeline {
    id: String,
    label: String,
    #[serde(default)]
    stages: Vec<StageText>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct StageText {
    id: String,
    label: String,
    #[serde(default)]
    display_order: i64,
    #[serde(default)]
    metadata: BTreeMap<String, serde_json::Value>,
}

/// A stage of a pipeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage {
    /// Its name.
    pub label: String,
    /// Whether deals end there, and whether they are won then.
    pub closes: Option<bool>,
    /// Its place among those of its pipeline.
    pub place: u16,
}

/// Pipelines and stages by their ids.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stages {
    /// Names of pipelines.
    pub pipelines: BTreeMap<String, String>,
    /// Stages of all of them: HubSpot's ids of stages are one space.
    pub stages: BTreeMap<String, Stage>,
}

impl Pipelines {
    /// By their ids.
    pub fn stages(self) -> Stages {
        let mut all = Stages::default();
        for mut pipeline in self.results {
            pipeline.stages.sort_by_key(|stage| stage.display_order);
            for (place, stage) in (0..).zip(pipeline.stages) {
                let says =
                    |name: &str| stage.metadata.get(name).map(|v| v.as_str().map_or(v.to_string(), str::to_owned));
                let probability = says("probability").and_then(|p| p.parse::<f64>().ok()).unwrap_or_default();
                let ends = says("isClosed").map_or(probability >= 1.0, |closed| closed == "true");
                let closes = ends.then_some(probability >= 1.0);
                all.stages.insert(stage.id, Stage { label: stage.label, closes, place });
            }
            all.pipelines.insert(pipeline.id, pipeline.label);
        }
        all
    }
}

/// What was made or changed.
#[derive(Clone, Debug, Deserialize)]
pub struct Made {
    /// Its id.
    pub id: String,
}

/// Why HubSpot refused, as far as its words may be repeated.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Problem {
    category: String,
    #[serde(rename = "policyName")]
    policy: String,
}

/// What a right that is missing is told by.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Missing {
    message: String,
    errors: Vec<Detail>,
}

/// One thing that is wrong.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Detail {
    context: Scopes,
}

/// The rights of which the app has none, by the names that they have in its settings.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Scopes {
    #[serde(rename = "requiredGranularScopes")]
    granular: Vec<String>,
    #[serde(rename = "requiredScopes")]
    required: Vec<String>,
}

/// Scopes that a refusal names, told at most.
const SCOPES: usize = 4;

/// How much of HubSpot's own sentence is repeated, in cells of a line.
const SENTENCE: usize = 120;

/// The class of a refusal, in HubSpot's own word: `VALIDATION_ERROR`. Its sentences quote what was sent.
pub fn category(body: &[u8]) -> String {
    let word = serde_json::from_slice::<Problem>(body).unwrap_or_default().category;
    let plain = !word.is_empty() && word.len() <= 60 && word.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
    if plain { word } else { "it does not say why".to_owned() }
}

/// What our app may not do, in HubSpot's words: the class, with the scopes of which one is missing. Its sentence is repeated
/// where it is about the app alone; any other may quote a record.
pub fn forbids(body: &[u8]) -> String {
    let class = category(body);
    if class != "MISSING_SCOPES" {
        return class;
    }
    let missing = serde_json::from_slice::<Missing>(body).unwrap_or_default();
    let named = missing.errors.iter().flat_map(|error| error.context.granular.iter().chain(&error.context.required));
    let scopes: BTreeSet<&str> = named.map(String::as_str).filter(|name| is_scope(name)).collect();
    let scopes: Vec<&str> = scopes.into_iter().take(SCOPES).collect();
    if !scopes.is_empty() {
        return format!("{class}, {}", scopes.join(" or "));
    }
    let sentence = SafeText::line(&missing.message).truncated(SENTENCE);
    if sentence.is_empty() { class } else { format!("{class}, {sentence}") }
}

/// `crm.objects.contacts.write`, `sales-email-read`.
fn is_scope(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'_');
    name.len() <= 60 && name.starts_with(|c: char| c.is_ascii_lowercase()) && name.bytes().all(plain)
}

/// The property of every record that says who owns it.
pub const OWNER: &str = "hubspot_owner_id";

/// The class of a refusal, and whether it is about the owner.
pub fn why(body: &[u8]) -> String {
    let category = category(body);
    let says = |word: &str| body.windows(word.len()).any(|part| part == word.as_bytes());
    let names_owner = says(OWNER) || says("INVALID_OWNER_ID");
    if names_owner { format!("{category}, {OWNER}") } else { category }
}

/// Whether a refusal is about the owner.
pub fn is_of_owner(why: &str) -> bool {
    why.ends_with(OWNER)
}

/// Whether it is the limit of a day that was reached.
pub fn is_of_the_day(body: &[u8]) -> bool {
    serde_json::from_slice::<Problem>(body).unwrap_or_default().policy.contains("DAILY")
}

/// An answer as what it should be.
pub fn answer<T: for<'de> Deserialize<'de>>(body: &[u8]) -> Result<T, CrmError> {
    serde_json::from_slice(body).map_err(|e| CrmError::Unreadable(format!("line {}, column {}", e.line(), e.column())))
}

#[cfg(test)]
mod tests;
