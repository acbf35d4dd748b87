//! What the emulated Salesforce's records may hold. Of its hundreds of fields those that anybody here reads or writes, and
//! some that everybody knows.

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    Id,
    /// The id of another record, of one of these kinds.
    To(&'static str),
    Text,
    /// Too long to be asked for: it cannot be filtered or sorted by.
    LongText,
    Phone,
    Yes,
    Number,
    Day,
    Instant,
}

/// A field.
#[derive(Debug, Clone)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) kind: Type,
    /// Whoever calls may set it.
    pub(super) writable: bool,
}

/// Kinds of records: name, what their ids begin with, and their fields as `name:type`, those that nobody sets with a `!`.
const KINDS: [(&str, &str, &str); 17] = [
    (
        "Account",
        "001",
        "Name OwnerId:User Phone:p BillingCity BillingState BillingCountry Type Industry NumberOfEmployees:n LastActivityDate:d!",
    ),
    (
        "Contact",
        "003",
        "FirstName LastName Name! Title Email AccountId:Account Phone:p MobilePhone:p HomePhone:p OtherPhone:p \
         AssistantPhone:p MailingStreet MailingCity MailingState MailingPostalCode MailingCountry OwnerId:User \
         LastActivityDate:d! Description:l",
    ),
    ("User", "005", "Name Username Email Title IsActive:b UserType TimeZoneSidKey"),
    (
        "Opportunity",
        "006",
        "Name AccountId:Account StageName Amount:n Probability:n CloseDate:d IsClosed:b! IsWon:b! LastStageChangeDate:t! OwnerId:User Description:l",
    ),
    (
        "Lead",
        "00Q",
        "FirstName LastName Name! Company Title Email Phone:p MobilePhone:p City State PostalCode Country \
         OwnerId:User,Group Status IsConverted:b ConvertedContactId:Contact",
    ),
    ("Group", "00G", "Name Type"),
    (
        "Task",
        "00T",
        "WhoId:Contact,Lead WhatId:Opportunity,Account AccountId:Account! OwnerId:User Subject Description:l Status \
         Priority ActivityDate:d IsClosed:b! IsReminderSet:b ReminderDateTime:t TaskSubtype Type CompletedDateTime:t!",
    ),
    (
        "Event",
        "00U",
        "WhoId:Contact,Lead WhatId:Opportunity,Account AccountId:Account! OwnerId:User Subject Description:l \
         StartDateTime:t EndDateTime:t DurationInMinutes:n ActivityDate:d ShowAs",
    ),
    ("OpportunityTeamMember", "00q", "OpportunityId:Opportunity UserId:User TeamMemberRole OpportunityAccessLevel"),
    ("OpportunityContactRole", "00K", "OpportunityId:Opportunity ContactId:Contact Role IsPrimary:b"),
    ("OpportunityHistory", "008", "OpportunityId:Opportunity! StageName! Amount:n! CloseDate:d! CreatedById:User!"),
    ("OpportunityStage", "01J", "ApiName MasterLabel IsClosed:b IsWon:b IsActive:b SortOrder:n"),
    ("TaskStatus", "01U", "ApiName MasterLabel IsClosed:b IsDefault:b SortOrder:n"),
    ("TaskPriority", "01V", "ApiName MasterLabel IsDefault:b IsHighPriority:b SortOrder:n"),
    ("Campaign", "701", "Name IsActive:b"),
    ("CampaignMember", "00v", "CampaignId:Campaign ContactId:Contact LeadId:Lead HasResponded:b FirstRespondedDate:d"),
    ("RecordType", "012", "Name SobjectType IsActive:b"),
];

/// Records that hang on another: their name there, their kind, and the field they hang by.
const CHILDREN: [(&str, &str, &str, &str); 8] = [
    ("Account", "Contacts", "Contact", "AccountId"),
    ("Account", "Opportunities", "Opportunity", "AccountId"),
    ("Opportunity", "OpportunityContactRoles", "OpportunityContactRole", "OpportunityId"),
    ("Opportunity", "OpportunityTeamMembers", "OpportunityTeamMember", "OpportunityId"),
    ("Opportunity", "OpportunityHistories", "OpportunityHistory", "OpportunityId"),
    ("Contact", "Tasks", "Task", "WhoId"),
    ("Contact", "CampaignMembers", "CampaignMember", "ContactId"),
    ("Lead", "CampaignMembers", "CampaignMember", "LeadId"),
];

/// What must be there when a record is made.
const NEEDED: [(&str, &[&str]); 7] = [
    ("Account", &["Name"]),
    ("Contact", &["LastName"]),
    ("Lead", &["LastName", "Company"]),
    ("Opportunity", &["Name", "StageName", "CloseDate"]),
    ("OpportunityContactRole", &["OpportunityId", "ContactId"]),
    ("OpportunityTeamMember", &["OpportunityId", "UserId"]),
    ("User", &["Username", "Email"]),
];

/// The kind of this name, however it is written.
pub(super) fn kind(name: &str) -> Option<&'static str> {
    KINDS.iter().find(|(kind, ..)| kind.eq_ignore_ascii_case(name)).map(|(kind, ..)| *kind)
}

/// The names of all kinds.
pub(super) fn kinds() -> impl Iterator<Item = &'static str> {
    KINDS.iter().map(|(kind, ..)| *kind)
}

/// The kind of record that has this id.
pub(super) fn kind_of(id: &str) -> Option<&'static str> {
    let begins = id.get(..3)?;
    KINDS.iter().find(|(_, prefix, _)| *prefix == begins).map(|(kind, ..)| *kind)
}

pub(super) fn prefix(kind: &str) -> &'static str {
    KINDS.iter().find(|(name, ..)| *name == kind).map_or("000", |(_, prefix, _)| prefix)
}

pub(super) fn needed(kind: &str) -> &'static [&'static str] {
    NEEDED.iter().find(|(of, _)| *of == kind).map_or(&[], |(_, names)| names)
}

/// The fields of a kind that every organisation has.
pub(super) fn fields(kind: &str) -> Vec<Field> {
    let own = KINDS.iter().find(|(name, ..)| *name == kind).map_or("", |(.., fields)| fields);
    let always = "Id:i! IsDeleted:b! CreatedDate:t! LastModifiedDate:t! SystemModstamp:t!";
    always.split_whitespace().chain(own.split_whitespace()).map(field).collect()
}

/// Reads `name:type!`.
pub(super) fn field(text: &'static str) -> Field {
    let (text, writable) = text.strip_suffix('!').map_or((text, true), |text| (text, false));
    let (name, kind) = text.split_once(':').unwrap_or((text, ""));
    let kind = match kind {
        "" => Type::Text,
        "i" => Type::Id,
        "l" => Type::LongText,
        "p" => Type::Phone,
        "b" => Type::Yes,
        "n" => Type::Number,
        "d" => Type::Day,
        "t" => Type::Instant,
        kinds => Type::To(kinds),
    };
    Field { name: name.to_owned(), kind, writable }
}

/// The kind of the records that hang on another under this name, and the field they hang by.
pub(super) fn children(of: &str, name: &str) -> Option<(&'static str, &'static str)> {
    let fits =
        |(parent, n, ..): &&(&str, &str, &'static str, &'static str)| *parent == of && n.eq_ignore_ascii_case(name);
    CHILDREN.iter().find(fits).map(|(.., kind, by)| (*kind, *by))
}

impl Type {
    /// As a description names it.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::To(_) => "reference",
            Self::Text => "string",
            Self::LongText => "textarea",
            Self::Phone => "phone",
            Self::Yes => "boolean",
            Self::Number => "double",
            Self::Day => "date",
            Self::Instant => "datetime",
        }
    }
}
