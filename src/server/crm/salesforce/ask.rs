//! Questions to Salesforce: its REST API, SOQL and SOSL. Pure. Every value in them passes [`super::soql`].

use serde_json::Value;

use super::super::phone;
use super::super::question::{Question, escaped};
use super::read;
use super::soql::{instant, list, phones, quoted};
use crate::domain::contact::Address;
use crate::domain::time::Timestamp;

/// The version of the API that is spoken: Winter '25, which every organisation has.
pub const DATA: &str = "/services/data/v62.0";

/// Most people, deals or ids of one question: the address of a question is 16 KiB long at most.
pub const BATCH: usize = 100;

/// Candidates of one search, of each kind: a number that more people may have is nobody's own.
pub const CANDIDATES: usize = 200;

/// Deals of one page.
pub const DEALS: usize = 100;

/// Past activities that are looked through for the last touch, newest first.
const TOUCHES: usize = 200;

/// What of a contact is read. `SDR__c` is a lookup to a user that an operator makes.
const CONTACT: [&str; 16] = [
    "FirstName",
    "LastName",
    "Title",
    "Email",
    "Phone",
    "MobilePhone",
    "HomePhone",
    "OtherPhone",
    "MailingPostalCode",
    "MailingCity",
    "MailingState",
    "MailingCountry",
    "OwnerId",
    "CreatedDate",
    "AccountId",
    "SDR__c",
];

/// What of a lead is read.
const LEAD: [&str; 13] = [
    "FirstName",
    "LastName",
    "Company",
    "Title",
    "Email",
    "Phone",
    "MobilePhone",
    "PostalCode",
    "City",
    "State",
    "Country",
    "OwnerId",
    "CreatedDate",
];

/// What of an account is read. `Segment__c` and `Region__c` are fields that an operator makes.
const ACCOUNT: [&str; 7] =
    ["Name", "OwnerId", "BillingState", "BillingCountry", "NumberOfEmployees", "Segment__c", "Region__c"];

/// What of a deal is read. Its currency is a field only where several are in use.
const DEAL: [&str; 12] = [
    "Name",
    "StageName",
    "Amount",
    "CurrencyIsoCode",
    "CloseDate",
    "CreatedDate",
    "LastModifiedDate",
    "LastStageChangeDate",
    "IsClosed",
    "IsWon",
    "OwnerId",
    "AccountId",
];

/// What an organisation has, and lets this user see: a question that names another field is refused whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each tells of one thing whether it is there")]
pub struct Fields {
    contact: Vec<&'static str>,
    lead: Option<Vec<&'static str>>,
    account: Vec<&'static str>,
    deal: Vec<&'static str>,
    /// There are several kinds of deals.
    record_type: bool,
    /// Deals have teams.
    pub team: bool,
    /// People are in campaigns.
    campaigns: bool,
    /// `Task.Comeback_Key__c` and the same of `Event`, which an operator makes: holds our key of a write.
    pub key: bool,
}

/// The descriptions that tell it. Of what an organisation need not have there may be none.
#[derive(Debug)]
pub struct Described {
    /// Of contacts.
    pub contact: read::Described,
    /// Of leads.
    pub lead: Option<read::Described>,
    /// Of accounts.
    pub account: read::Described,
    /// Of deals.
    pub deal: read::Described,
    /// Of tasks.
    pub task: read::Described,
    /// Of the members of deals' teams.
    pub team: Option<read::Described>,
    /// Of the members of campaigns.
    pub campaign: Option<read::Described>,
}

impl Fields {
    /// What there is of what is wanted.
    pub fn of(described: &Described) -> Self {
        fn held(wanted: &[&'static str], described: &read::Described) -> Vec<&'static str> {
            wanted.iter().copied().filter(|name| described.has(name)).collect()
        }
        let campaign = described.campaign.as_ref();
        Self {
            contact: held(&CONTACT, &described.contact),
            lead: described.lead.as_ref().map(|lead| held(&LEAD, lead)),
            account: held(&ACCOUNT, &described.account),
            deal: held(&DEAL, &described.deal),
            record_type: described.deal.has("RecordTypeId"),
            team: described.team.is_some(),
            campaigns: campaign.is_some_and(|c| c.has("CampaignId") && c.has("FirstRespondedDate")),
            key: described.task.has(super::body::KEY),
        }
    }

    /// Fields that every organisation has and this user may not see.
    pub fn hidden(&self) -> Vec<String> {
        let optional = |name: &str| name.ends_with("__c") || matches!(name, "CurrencyIsoCode" | "LastStageChangeDate");
        let lead = self.lead.as_deref().unwrap_or(&LEAD);
        let kinds: [(&str, &[&str], &[&str]); 4] = [
            ("Contact", &CONTACT, &self.contact),
            ("Lead", &LEAD, lead),
            ("Account", &ACCOUNT, &self.account),
            ("Opportunity", &DEAL, &self.deal),
        ];
        let mut hidden = Vec::new();
        for (kind, wanted, held) in kinds {
            let missing = wanted.iter().filter(|name| !held.contains(*name) && !optional(name));
            hidden.extend(missing.map(|name| format!("{kind}.{name}")));
        }
        hidden
    }
}

/// Fields as a query selects them, each with the way to it before it. The id is always among them.
fn selected(way: &str, fields: &[&str]) -> String {
    let all = std::iter::once("Id").chain(fields.iter().copied());
    all.map(|name| format!("{way}{name}")).collect::<Vec<_>>().join(", ")
}

/// The account's fields, for a contact that may be seen to have one.
fn with_account(fields: &Fields) -> String {
    if fields.contact.contains(&"AccountId") {
        format!(", {}", selected("Account.", &fields.account))
    } else {
        String::new()
    }
}

/// The campaigns that a person answered, newest first.
const fn with_campaigns(fields: &Fields) -> &'static str {
    if fields.campaigns {
        ", (SELECT Campaign.Name, FirstRespondedDate FROM CampaignMembers WHERE HasResponded = true \
         ORDER BY FirstRespondedDate DESC NULLS LAST LIMIT 4)"
    } else {
        ""
    }
}

/// A query.
pub fn query(soql: &str) -> Question {
    Question::get(format!("{DATA}/query/?q={}", escaped(soql)))
}

/// People who may have this number. Salesforce indexes numbers by their digits as they were typed, so every way to begin
/// them is looked for; the finding says little, and who is found is read again ([`super::read::numbers`]). Nothing for
/// what is no number.
pub fn people_with(address: &Address, fields: &Fields) -> Option<Question> {
    let spellings = phone::spellings(address)?;
    let leads = format!(", Lead(Id WHERE IsConverted = false LIMIT {CANDIDATES})");
    let leads = if fields.lead.is_some() { leads.as_str() } else { "" };
    let returning = format!("Contact(Id LIMIT {CANDIDATES}){leads}");
    let sosl = phones(spellings.iter().map(String::as_str), &returning);
    let asked = Question::get(format!("{DATA}/search/?q={}", escaped(&sosl)));
    Some(Question { searches: true, ..asked })
}

/// Contacts with their account.
pub fn contacts(ids: &[String], fields: &Fields) -> Question {
    query(&format!(
        "SELECT {}{}{} FROM Contact WHERE Id IN {} ORDER BY CreatedDate, Id",
        selected("", &fields.contact),
        with_account(fields),
        with_campaigns(fields),
        list(ids)
    ))
}

/// Leads that are no contact yet.
pub fn leads(ids: &[String], fields: &Fields) -> Question {
    query(&format!(
        "SELECT {}{} FROM Lead WHERE IsConverted = false AND Id IN {} ORDER BY CreatedDate, Id",
        selected("", fields.lead.as_deref().unwrap_or_default()),
        with_campaigns(fields),
        list(ids)
    ))
}

/// Open deals that these contacts have a role in, the one that changed last first.
pub fn deals_of_contacts(contacts: &[String], fields: &Fields) -> Question {
    query(&format!(
        "SELECT ContactId, {} FROM OpportunityContactRole WHERE ContactId IN {} AND Opportunity.IsClosed = false \
         ORDER BY Opportunity.LastModifiedDate DESC, Id LIMIT 1000",
        selected("Opportunity.", &fields.deal),
        list(contacts)
    ))
}

/// Open deals of these accounts.
pub fn deals_of_accounts(accounts: &[String], fields: &Fields) -> Question {
    query(&format!(
        "SELECT {} FROM Opportunity WHERE AccountId IN {} AND IsClosed = false \
         ORDER BY LastModifiedDate DESC, Id LIMIT 1000",
        selected("", &fields.deal),
        list(accounts)
    ))
}

/// Who else is on these deals.
pub fn teams(deals: &[String]) -> Question {
    query(&format!(
        "SELECT OpportunityId, UserId, TeamMemberRole FROM OpportunityTeamMember WHERE OpportunityId IN {} \
         ORDER BY CreatedDate, Id LIMIT 2000",
        list(deals)
    ))
}

/// Tasks that were done with these people or anybody of their accounts, newest first: calls, mail, and our texts.
pub fn tasks_done(people: &[String], accounts: &[String]) -> Question {
    query(&format!(
        "SELECT Id, WhoId, AccountId, OwnerId, Subject, TaskSubtype, CompletedDateTime, LastModifiedDate FROM Task \
         WHERE IsClosed = true AND (WhoId IN {} OR AccountId IN {}) ORDER BY CompletedDateTime DESC NULLS LAST \
         LIMIT {TOUCHES}",
        list(people),
        list(accounts)
    ))
}

/// Meetings that have begun by now, newest first.
pub fn meetings_held(people: &[String], accounts: &[String], now: Timestamp) -> Question {
    query(&format!(
        "SELECT Id, WhoId, AccountId, OwnerId, Subject, StartDateTime FROM Event WHERE StartDateTime <= {} AND \
         (WhoId IN {} OR AccountId IN {}) ORDER BY StartDateTime DESC LIMIT {TOUCHES}",
        instant(now),
        list(people),
        list(accounts)
    ))
}

/// Where a page of deals goes on: the last change that was told, and which deal it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Changed then or later.
    pub since: Timestamp,
    /// And of those that changed just then, behind this one.
    pub behind: Option<String>,
}

impl Place {
    /// As the next page is asked for with.
    pub fn written(&self) -> String {
        format!("{}:{}", self.since.millis(), self.behind.as_deref().unwrap_or_default())
    }

    /// Reads that. Ids are letters and digits.
    pub fn read(text: &str) -> Option<Self> {
        let (since, behind) = text.split_once(':')?;
        let since = Timestamp::from_millis(since.parse().ok()?);
        let plain = behind.len() <= 18 && behind.bytes().all(|b| b.is_ascii_alphanumeric());
        plain.then(|| Self { since, behind: Some(behind.to_owned()).filter(|id| !id.is_empty()) })
    }
}

/// Deals that changed, oldest change first, a page of them, with the people on them.
pub fn deals_since(from: &Place, fields: &Fields) -> Question {
    let since = instant(from.since);
    let wanted = match &from.behind {
        None => format!("SystemModstamp >= {since}"),
        Some(id) => {
            format!("SystemModstamp > {since} OR (SystemModstamp = {since} AND Id > {})", quoted(id))
        }
    };
    let kind = if fields.record_type { ", RecordType.Name" } else { "" };
    query(&format!(
        "SELECT {}{kind}, SystemModstamp, (SELECT ContactId FROM OpportunityContactRoles \
         ORDER BY IsPrimary DESC, CreatedDate, Id) \
         FROM Opportunity WHERE {wanted} ORDER BY SystemModstamp, Id LIMIT {DEALS}",
        selected("", &fields.deal)
    ))
}

/// Every stage that these deals came to.
pub fn history(deals: &[String]) -> Question {
    query(&format!(
        "SELECT OpportunityId, StageName, CreatedDate FROM OpportunityHistory WHERE OpportunityId IN {} \
         ORDER BY CreatedDate, Id",
        list(deals)
    ))
}

/// What tells how a task stands.
pub const TASK: [&str; 4] = ["IsClosed", "Status", "CompletedDateTime", "LastModifiedDate"];

/// How these tasks stand.
pub fn tasks(ids: &[String]) -> Question {
    query(&format!("SELECT Id, {} FROM Task WHERE Id IN {}", TASK.join(", "), list(ids)))
}

/// Which of these deals there are.
pub fn still(deals: &[String]) -> Question {
    query(&format!("SELECT Id FROM Opportunity WHERE Id IN {}", list(deals)))
}

/// Whoever can own a record, those that left with them.
pub fn users() -> Question {
    query("SELECT Id, Name, Title, Email, IsActive, TimeZoneSidKey FROM User WHERE UserType = 'Standard' ORDER BY Id")
}

/// Stages of deals.
pub fn stages() -> Question {
    query("SELECT ApiName, MasterLabel, IsClosed, IsWon FROM OpportunityStage ORDER BY SortOrder")
}

/// How tasks stand, in this organisation's words.
pub fn statuses() -> Question {
    query("SELECT ApiName, IsClosed, IsDefault FROM TaskStatus ORDER BY SortOrder")
}

/// How urgent tasks are, in this organisation's words.
pub fn priorities() -> Question {
    query("SELECT ApiName, IsDefault, IsHighPriority FROM TaskPriority ORDER BY SortOrder")
}

/// Which fields a kind of record has.
pub fn describe(kind: &str) -> Question {
    Question::get(format!("{DATA}/sobjects/{kind}/describe"))
}

/// The people whom changed records concern, with their numbers: those of accounts.
pub fn contacts_of(ids: &[String], accounts: &[String], fields: &Fields) -> Question {
    query(&format!(
        "SELECT {}{} FROM Contact WHERE Id IN {} OR AccountId IN {} LIMIT 2000",
        selected("", &fields.contact),
        with_account(fields),
        list(ids),
        list(accounts)
    ))
}

/// Contacts with a role in these deals.
pub fn people_on(deals: &[String]) -> Question {
    query(&format!("SELECT ContactId FROM OpportunityContactRole WHERE OpportunityId IN {} LIMIT 2000", list(deals)))
}

/// One record.
pub fn record(kind: &str, id: &str, fields: &str) -> Question {
    Question::get(format!("{DATA}/sobjects/{kind}/{}?fields={fields}", escaped(id)))
}

/// Makes a record.
pub fn create(kind: &str, fields: Value) -> Question {
    Question::post(format!("{DATA}/sobjects/{kind}"), fields)
}

/// Changes a record.
pub fn change(kind: &str, id: &str, fields: Value) -> Question {
    Question::patch(format!("{DATA}/sobjects/{kind}/{}", escaped(id)), fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(asked: &Question) -> String {
        let (_, q) = asked.path.split_once("?q=").unwrap();
        form_urlencoded::parse(format!("q={q}").as_bytes()).next().unwrap().1.into_owned()
    }

    fn described(names: &[&str]) -> read::Described {
        let fields: Vec<Value> = names.iter().map(|name| serde_json::json!({ "name": name })).collect();
        serde_json::from_value(serde_json::json!({ "fields": fields })).unwrap()
    }

    fn all() -> Fields {
        Fields::of(&Described {
            contact: described(&CONTACT),
            lead: Some(described(&LEAD)),
            account: described(&ACCOUNT),
            deal: described(&DEAL),
            task: described(&["Id"]),
            team: None,
            campaign: None,
        })
    }

    #[test]
    fn a_field_that_the_user_may_not_see_is_not_asked_for_and_told() {
        let mut fields = all();
        assert_eq!(fields.hidden(), [] as [String; 0]);
        fields.contact.retain(|name| !["HomePhone", "SDR__c"].contains(name));
        fields.deal.retain(|name| !["Amount", "CurrencyIsoCode"].contains(name));
        assert_eq!(fields.hidden(), ["Contact.HomePhone", "Opportunity.Amount"]);
        let asked = said(&contacts(&["003A".to_owned()], &fields));
        assert!(asked.contains("Account.Name") && !asked.contains("HomePhone"), "{asked}");
        fields.contact.retain(|name| *name != "AccountId");
        assert!(!said(&contacts(&["003A".to_owned()], &fields)).contains("Account"), "nor what it leads to");
    }

    #[test]
    fn a_number_is_searched_for_as_it_may_have_been_typed_and_nothing_comes_back_but_ids() {
        let asked = people_with(&Address::parse("+442079460958").unwrap(), &all()).unwrap();
        assert!(asked.searches);
        assert_eq!(
            said(&asked),
            "FIND {00442079460958 OR 00442079460958* OR 02079460958 OR 02079460958* OR 2079460958 OR 2079460958* OR \
             4402079460958 OR 4402079460958* OR 442079460958 OR 442079460958*} IN PHONE FIELDS RETURNING \
             Contact(Id LIMIT 200), Lead(Id WHERE IsConverted = false LIMIT 200)"
        );
        let without = people_with(&Address::parse("+442079460958").unwrap(), &Fields::default()).unwrap();
        assert!(!said(&without).contains("Lead"), "where there are none");
        assert!(people_with(&Address::parse("72345").unwrap(), &all()).is_none(), "a short code is nobody's number");
    }

    #[test]
    fn an_id_is_a_value_and_leads_to_no_other_path() {
        let id = "1' OR Name != '".to_owned();
        assert!(said(&leads(&[id], &all())).contains(r"Id IN ('1\' OR Name != \'')"));
        assert_eq!(record("Task", "1/../2?x=", "Id").path, format!("{DATA}/sobjects/Task/1%2F..%2F2%3Fx%3D?fields=Id"));
    }

    #[test]
    fn a_page_goes_on_behind_the_last_deal_that_was_told() {
        let place = Place { since: Timestamp::from_millis(1_772_539_200_000), behind: Some("006A0".to_owned()) };
        assert_eq!(Place::read(&place.written()), Some(place.clone()));
        let soql = said(&deals_since(&place, &all()));
        let at = "2026-03-03T12:00:00.000Z";
        assert!(soql.contains(&format!("SystemModstamp > {at} OR (SystemModstamp = {at} AND Id > '006A0')")), "{soql}");
        assert_eq!(Place::read("5:").unwrap().behind, None);
        for wrong in ["", "x", "x:1", "5", "5:' OR", "5:0060000000000000000"] {
            assert_eq!(Place::read(wrong), None, "{wrong}");
        }
    }
}
