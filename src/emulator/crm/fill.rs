//! Puts people into an emulated CRM: those of a seed, or anybody's in the form of the JSON directory, with their accounts,
//! open deals and owners.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, NaiveTime};
use serde_json::{Map, Value, json};

use super::hubspot::HubSpotEmulator;
use super::salesforce::SalesforceEmulator;
use super::{Contact, deals};
use crate::domain::time::Timestamp;
use crate::emulator::EmulatorConfig;

/// Where the made reps have their mail: how their owners there are told to be them.
const MAIL: &str = "northwind.example";

/// The stages of a directory's deals, and what they are called in HubSpot and Salesforce. Another one is the first.
const STAGES: [(&str, &str, &str); 5] = [
    ("discovery", "appointmentscheduled", "Prospecting"),
    ("evaluation", "qualifiedtobuy", "Qualification"),
    ("proposal", "presentationscheduled", "Proposal"),
    ("negotiation", "contractsent", "Negotiation"),
    ("contract", "contractsent", "Negotiation"),
];

/// Who is put in.
#[derive(Debug, Clone, Default)]
pub struct People {
    /// Each in the form of the JSON directory.
    pub contacts: Vec<Value>,
    /// Ids of reps who left: they own, and are deactivated.
    pub left: Vec<String>,
}

/// What was put in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filled {
    /// How many people.
    pub contacts: usize,
    /// Their accounts.
    pub accounts: usize,
    /// Their open deals.
    pub deals: usize,
    /// Who owns something there, by the id of the rep: the mail address.
    pub owners: BTreeMap<String, String>,
}

/// The forty people of a seed, as the demo knows them when its world begins at `start`.
pub fn of_seed(seed: u64, start: Timestamp) -> People {
    let demo = EmulatorConfig::demo(seed);
    let contacts = super::contacts(seed, start, demo.buyers.count, (&demo.reps, &demo.left), &[]);
    People { contacts: told(&contacts, start), left: demo.left }
}

/// People of a world that began at `start` in the form of the JSON directory, whose deals came to their stages when its own
/// list of deals says.
pub(crate) fn told(contacts: &[Contact], start: Timestamp) -> Vec<Value> {
    let deals = deals::deals(contacts, start, start);
    let since = |id: &str| Some(&deals.iter().find(|deal| deal.id == id)?.stages.last()?.at);
    let one = |contact: &Contact| {
        let mut person = json!(contact);
        if let Some(at) = contact.opportunity.as_ref().and_then(|deal| since(&deal.id)) {
            person["opportunity"]["stage_since"] = json!(at);
        }
        person
    };
    contacts.iter().map(one).collect()
}

/// The people of an answer of a JSON directory, `{ "contacts": [ … ] }`, that was kept as a file.
pub fn of_directory(text: &str) -> Result<People, String> {
    let mut all: Value = serde_json::from_str(text).map_err(|e| format!("line {}, column {}", e.line(), e.column()))?;
    let contacts = all["contacts"].take();
    let Value::Array(contacts) = contacts else { return Err("it is not { \"contacts\": [ … ] }".to_owned()) };
    for (n, contact) in contacts.iter().enumerate() {
        if text_of(contact, "name").is_empty() {
            return Err(format!("the contact at place {} has no name", n + 1));
        }
        for (of, name) in [("opportunity", "stage_since"), ("last_touch", "at")] {
            let of_it = &contact[of];
            if !text_of(of_it, name).trim().is_empty() && date(of_it, name).is_none() {
                let form = "is neither a day, as 2026-10-28, nor an instant, as 2026-10-28T15:00:00Z";
                return Err(format!("{of}.{name} of the contact at place {} {form}", n + 1));
            }
        }
    }
    Ok(People { contacts, left: Vec::new() })
}

/// An instant that is told with its time of day, or as a day alone, which begins in UTC.
fn date(of: &Value, name: &str) -> Option<Timestamp> {
    let text = text_of(of, name).trim();
    let day = || Some(text.parse::<NaiveDate>().ok()?.and_time(NaiveTime::MIN).and_utc());
    let at = DateTime::parse_from_rfc3339(text).ok().map(|at| at.to_utc()).or_else(day)?;
    Some(at.into())
}

fn text_of<'a>(of: &'a Value, name: &str) -> &'a str {
    of[name].as_str().unwrap_or_default()
}

/// What is said, without what is not.
fn said<const N: usize>(all: [(&str, Value); N]) -> Value {
    let some = all.into_iter().filter(|(_, value)| !value.is_null() && value != "");
    Value::Object(some.map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>())
}

/// A rep's mail address; one that owners are named by already stays.
fn mail(rep: &str) -> String {
    if rep.contains('@') { rep.to_owned() } else { format!("{rep}@{MAIL}") }
}

/// First and last name: whoever has one name has it as the last one.
fn names(contact: &Value) -> (&str, &str) {
    let name = text_of(contact, "name").trim();
    name.rsplit_once(' ').unwrap_or(("", name))
}

/// Every rep who owns something or is on a team.
fn reps(people: &People) -> BTreeSet<&str> {
    let mut all = BTreeSet::new();
    for contact in &people.contacts {
        let deal = &contact["opportunity"];
        all.extend([text_of(contact, "owner"), text_of(contact, "sdr"), text_of(deal, "owner")]);
        all.extend([text_of(&contact["account"], "owner"), text_of(&contact["last_touch"], "by")]);
        all.extend(deal["team"].as_array().into_iter().flatten().map(|member| text_of(member, "rep")));
    }
    all.remove("");
    all
}

/// The owners that were made, by the id of the rep.
struct Owners(BTreeMap<String, String>);

impl Owners {
    fn id(&self, rep: &str) -> Value {
        self.0.get(rep).map_or(Value::Null, |id| json!(id))
    }

    fn make(
        people: &People,
        filled: &mut Filled,
        mut make: impl FnMut(&str, bool) -> Result<String, String>,
    ) -> Result<Self, String> {
        let mut owners = BTreeMap::new();
        for rep in reps(people) {
            let mail = mail(rep);
            owners.insert(rep.to_owned(), make(&mail, !people.left.iter().any(|left| left == rep))?);
            filled.owners.insert(rep.to_owned(), mail);
        }
        Ok(Self(owners))
    }
}

/// The name of a deal's stage, of HubSpot and of Salesforce.
fn stage(of: &str) -> (&'static str, &'static str) {
    let known = STAGES.iter().find(|(name, ..)| name.eq_ignore_ascii_case(of)).unwrap_or(&STAGES[0]);
    (known.1, known.2)
}

/// An amount as it is typed.
fn amount(deal: &Value) -> Value {
    deal["amount_cents"].as_i64().map_or(Value::Null, |cents| json!(format!("{}.{:02}", cents / 100, cents % 100)))
}

/// Puts them into an emulated HubSpot; why not, when it takes somebody's words in no way.
pub fn hubspot(into: &HubSpotEmulator, people: &People) -> Result<Filled, String> {
    let mut filled = Filled::default();
    let owners = Owners::make(people, &mut filled, |mail, active| Ok(into.owner(mail, !active)))?;
    let mut companies: BTreeMap<&str, String> = BTreeMap::new();
    for contact in &people.contacts {
        let account = &contact["account"];
        let key = [text_of(account, "id"), text_of(account, "name")].into_iter().find(|key| !key.is_empty());
        if let Some(key) = key.filter(|key| !companies.contains_key(key)) {
            let company = said([
                ("name", account["name"].clone()),
                ("country", account["country"].clone()),
                ("state", account["state"].clone()),
                ("segment", account["segment"].clone()),
                ("region", account["region"].clone()),
                ("numberofemployees", account["size"].clone()),
                ("hubspot_owner_id", owners.id(text_of(account, "owner"))),
            ]);
            companies.insert(key, into.make("companies", &company, &[])?);
        }
        let company = key.and_then(|key| companies.get(key)).map(|id| ("companies", id.as_str()));
        let (first, last) = names(contact);
        let intents = contact["intents"].as_array().map_or(&[][..], Vec::as_slice);
        let newest = |kind: &str| intents.iter().find(|sign| text_of(sign, "kind") == kind);
        let at = |kind: &str| newest(kind).map_or(Value::Null, |sign| sign["at"].clone());
        let detail = |kind: &str| newest(kind).map_or(Value::Null, |sign| sign["detail"].clone());
        let zone = text_of(contact, "timezone").to_lowercase().replace('/', "_slash_");
        let person = said([
            ("firstname", json!(first)),
            ("lastname", json!(last)),
            ("email", contact["email"].clone()),
            ("jobtitle", contact["title"].clone()),
            ("phone", contact["phones"][0].clone()),
            ("mobilephone", contact["phones"][1].clone()),
            ("country", account["country"].clone()),
            ("hs_timezone", json!(zone)),
            ("hubspot_owner_id", owners.id(text_of(contact, "owner"))),
            ("sdr", owners.id(text_of(contact, "sdr"))),
            ("notes_last_contacted", contact["last_touch"]["at"].clone()),
            ("hs_analytics_last_timestamp", at("page_view")),
            ("hs_analytics_last_url", detail("page_view")),
            ("hs_sales_email_last_opened", at("email_open")),
            ("recent_conversion_date", at("download")),
            ("recent_conversion_event_name", detail("download")),
        ]);
        let id = into.make("contacts", &person, &company.into_iter().collect::<Vec<_>>())?;
        filled.contacts += 1;
        hubspot_touch(into, &contact["last_touch"], &id, &owners)?;
        let deal = &contact["opportunity"];
        if deal.is_object() {
            let team: Vec<&str> = deal["team"].as_array().into_iter().flatten().map(|m| text_of(m, "rep")).collect();
            let team: Vec<&str> = team.iter().filter_map(|rep| owners.0.get(*rep)).map(String::as_str).collect();
            let day = deal["close_date"].as_str().map(|day| format!("{day}T00:00:00Z"));
            let since = date(deal, "stage_since");
            let deal = said([
                ("dealname", deal["name"].clone()),
                ("pipeline", json!("default")),
                ("dealstage", json!(stage(text_of(deal, "stage")).0)),
                ("amount", amount(deal)),
                ("deal_currency_code", deal["currency"].clone()),
                ("closedate", json!(day)),
                ("hubspot_owner_id", owners.id(text_of(deal, "owner"))),
                ("hs_all_collaborator_owner_ids", json!(team.join(";"))),
            ]);
            let on: Vec<_> = [Some(("contacts", id.as_str())), company].into_iter().flatten().collect();
            match since {
                None => drop(into.make("deals", &deal, &on)?),
                Some(since) => {
                    let id = into.make_at("deals", &deal, &on, since)?;
                    // It came there then, and is put in now: whoever follows what changes is told of it.
                    into.change("deals", &id, &json!({}))?;
                }
            }
            filled.deals += 1;
        }
    }
    filled.accounts = companies.len();
    Ok(filled)
}

/// The last touch as the record that HubSpot keeps of one of its kind.
fn hubspot_touch(into: &HubSpotEmulator, touch: &Value, contact: &str, owners: &Owners) -> Result<(), String> {
    let (kind, title) = match text_of(touch, "kind") {
        "call" => ("calls", "hs_call_title"),
        "email" => ("emails", "hs_email_subject"),
        "meeting" => ("meetings", "hs_meeting_title"),
        _ => return Ok(()),
    };
    let record = said([
        ("hs_timestamp", touch["at"].clone()),
        ("hubspot_owner_id", owners.id(text_of(touch, "by"))),
        (title, touch["summary"].clone()),
    ]);
    into.make(kind, &record, &[("contacts", contact)]).map(drop)
}

/// Puts them into an emulated Salesforce, with the fields that `comeback` asks its operator to make; why not, when it takes
/// somebody's words in no way.
pub fn salesforce(into: &SalesforceEmulator, people: &People) -> Result<Filled, String> {
    for (kind, field) in [
        ("Account", "Segment__c"),
        ("Account", "Region__c"),
        ("Contact", "SDR__c:User"),
        ("Contact", "SMS_Opt_Out__c:b"),
        ("Lead", "SMS_Opt_Out__c:b"),
        ("Opportunity", "CurrencyIsoCode"),
    ] {
        into.add_field(kind, field);
    }
    let mut filled = Filled::default();
    let owners = Owners::make(people, &mut filled, |mail, _| into.user(mail, true, "America/New_York"))?;
    let mut accounts: BTreeMap<&str, String> = BTreeMap::new();
    for contact in &people.contacts {
        let account = &contact["account"];
        let key = [text_of(account, "id"), text_of(account, "name")].into_iter().find(|key| !key.is_empty());
        if let Some(key) = key.filter(|key| !accounts.contains_key(key)) {
            let made = said([
                ("Name", account["name"].clone()),
                ("BillingCountry", account["country"].clone()),
                ("BillingState", account["state"].clone()),
                ("Industry", account["industry"].clone()),
                ("NumberOfEmployees", account["size"].clone()),
                ("Segment__c", account["segment"].clone()),
                ("Region__c", account["region"].clone()),
                ("OwnerId", owners.id(text_of(account, "owner"))),
            ]);
            accounts.insert(key, into.make("Account", &made)?);
        }
        let account_id = key.and_then(|key| accounts.get(key)).map(String::as_str);
        let (first, last) = names(contact);
        let person = said([
            ("FirstName", json!(first)),
            ("LastName", json!(last)),
            ("Title", contact["title"].clone()),
            ("Email", contact["email"].clone()),
            ("Phone", contact["phones"][0].clone()),
            ("MobilePhone", contact["phones"][1].clone()),
            ("MailingCountry", account["country"].clone()),
            ("AccountId", json!(account_id)),
            ("OwnerId", owners.id(text_of(contact, "owner"))),
            ("SDR__c", owners.id(text_of(contact, "sdr"))),
        ]);
        let id = into.make("Contact", &person)?;
        filled.contacts += 1;
        let touch = &contact["last_touch"];
        if touch.is_object() {
            let kind = if text_of(touch, "kind") == "call" { "Call" } else { "Email" };
            let done = said([
                ("WhoId", json!(id)),
                ("Subject", touch["summary"].clone()),
                ("Status", json!("Completed")),
                ("TaskSubtype", json!(kind)),
                ("OwnerId", owners.id(text_of(touch, "by"))),
            ]);
            match date(touch, "at") {
                Some(at) => into.make_at("Task", &done, at)?,
                None => into.make("Task", &done)?,
            };
        }
        if contact["opportunity"].is_object() {
            opportunity(into, contact, &owners, (&id, account_id))?;
            filled.deals += 1;
        }
    }
    // Whoever left is deactivated at the end: Salesforce gives nothing to somebody who is already.
    for user in people.left.iter().filter_map(|rep| owners.0.get(rep)) {
        into.change("User", user, &json!({ "IsActive": false }))?;
    }
    filled.accounts = accounts.len();
    Ok(filled)
}

fn opportunity(
    into: &SalesforceEmulator,
    contact: &Value,
    owners: &Owners,
    (id, account): (&str, Option<&str>),
) -> Result<(), String> {
    let deal = &contact["opportunity"];
    let cents = deal["amount_cents"].as_i64();
    let made = said([
        ("Name", deal["name"].clone()),
        ("StageName", json!(stage(text_of(deal, "stage")).1)),
        ("Amount", cents.map_or(Value::Null, |cents| json!(cents / 100))),
        ("CurrencyIsoCode", deal["currency"].clone()),
        ("CloseDate", json!(deal["close_date"].as_str().unwrap_or("2026-12-31"))),
        ("AccountId", json!(account)),
        ("OwnerId", owners.id(text_of(deal, "owner"))),
    ]);
    let made = match date(deal, "stage_since") {
        None => into.make("Opportunity", &made)?,
        Some(since) => {
            let id = into.make_at("Opportunity", &made, since)?;
            // It came there then, and is put in now: whoever follows what changes is told of it.
            into.change("Opportunity", &id, &json!({}))?;
            id
        }
    };
    into.make("OpportunityContactRole", &json!({ "OpportunityId": made, "ContactId": id }))?;
    for member in deal["team"].as_array().into_iter().flatten() {
        let user = owners.id(text_of(member, "rep"));
        if !user.is_null() {
            let member = json!({ "OpportunityId": made, "UserId": user, "TeamMemberRole": text_of(member, "role") });
            into.make("OpportunityTeamMember", &member)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_deals_of_a_seed_came_to_their_stages_before_its_world_began() {
        let start = Timestamp::from_millis(1_772_550_000_000);
        let people = of_seed(4, start).contacts;
        let deals: Vec<&Value> = people.iter().map(|c| &c["opportunity"]).filter(|deal| deal.is_object()).collect();
        assert!(deals.len() > 5, "{}", deals.len());
        assert!(deals.iter().all(|deal| date(deal, "stage_since").is_some_and(|since| since < start)), "{deals:?}");
    }

    #[test]
    fn a_date_of_no_known_form_is_told_and_none_at_all_is_well() {
        let of = |since: &str| {
            of_directory(
                &json!({ "contacts": [{ "name": "Rita", "opportunity": { "stage_since": since } }] }).to_string(),
            )
        };
        assert!(["", " 2026-10-28 ", "2026-10-28T15:00:00+01:00"].iter().all(|since| of(since).is_ok()));
        let why = of("28.10.2026").unwrap_err();
        assert!(why.starts_with("opportunity.stage_since of the contact at place 1 is neither a day"), "{why}");
    }
}
