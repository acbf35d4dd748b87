//! Cards and deals of what was read from Salesforce. Pure.

use std::collections::BTreeMap;

use super::super::ended::{self, Here};
use super::super::owner::Matched;
use super::super::when::When;
use super::super::write::{TO_BUYER, is_no_touch, without_mark};
use super::read::{Record, Stage};
use crate::domain::context::{Account, Card, Home, Intent, Opportunity, Origin, TeamMember, Touch, of_every_channel};
use crate::domain::deal::{Closed, Deal, StageChange};
use crate::domain::id::{AccountId, ContactId, DealId, RepId};

/// Names and words that are longer are cut, in characters: a screen has no more.
const LONGEST: usize = 200;

/// Most signs of interest.
const INTENTS: usize = 4;

/// Most touches beside the last one.
const TOUCHES: usize = 10;

/// Most others on a deal.
const TEAM: usize = 20;

/// Stages by the name that records have of them.
pub type Stages = BTreeMap<String, Stage>;

/// What a card is made of beside the person.
#[derive(Clone, Copy, Debug)]
pub struct Around<'a> {
    /// Roles of contacts in open deals, the deal that changed last first.
    pub roles: &'a [Record],
    /// Open deals of accounts.
    pub deals: &'a [Record],
    /// Who else is on deals.
    pub teams: &'a [Record],
    /// Tasks that were done, newest first.
    pub tasks: &'a [Record],
    /// Meetings that were held, newest first.
    pub meetings: &'a [Record],
    /// Stages.
    pub stages: &'a Stages,
    /// Who owners are.
    pub owners: &'a Matched,
}

fn said(text: &str) -> String {
    text.chars().take(LONGEST).collect()
}

fn some(record: &Record, name: &str) -> Option<String> {
    record.text(name).map(said)
}

/// The rep of an owner. A lead that waits in a queue is nobody's.
fn owner(record: &Record, name: &str, owners: &Matched) -> Option<RepId> {
    record.text(name).filter(|id| !id.starts_with("00G")).map(|id| owners.rep(id))
}

/// The card of a contact, or of a lead that is none yet.
pub fn card(person: &Record, around: &Around<'_>) -> Card {
    let part = |name: &str| person.text(name).unwrap_or_default();
    let name = format!("{} {}", part("FirstName"), part("LastName"));
    let name = if name.trim().is_empty() { part("Email") } else { name.trim() };
    let account_id = person.text("AccountId");
    let mut touches = touches("WhoId", person.id(), around).into_iter();
    let last_touch = touches.next();
    let account_touch = account_id.and_then(|id| self::touches("AccountId", id, around).into_iter().next());
    Card {
        contact: ContactId::new(person.id()),
        name: said(name),
        title: some(person, "Title").unwrap_or_default(),
        zone: None,
        home: home(person),
        account: account(person, around.owners),
        owner: owner(person, "OwnerId", around.owners),
        sdr: owner(person, "SDR__c", around.owners),
        opportunity: opportunity(person, around),
        campaign: None,
        last_touch,
        account_touch,
        touches: of_every_channel(touches, TOUCHES),
        intents: intents(person),
    }
}

/// Campaigns that the person answered, newest first. Salesforce keeps the day of that alone.
fn intents(person: &Record) -> Vec<Intent> {
    let answered = |member: &Record| {
        let at = member.instant("FirstRespondedDate")?;
        let detail = some(member, "Campaign.Name").unwrap_or_default();
        Some(Intent {
            at,
            kind: "campaign_response".to_owned(),
            detail,
            origin: Some(Origin::Campaign),
            ..Intent::default()
        })
    };
    let mut all: Vec<Intent> = person.hanging("CampaignMembers").iter().filter_map(answered).take(INTENTS).collect();
    all.sort_by_key(|intent| std::cmp::Reverse(intent.at));
    all
}

fn account(person: &Record, owners: &Matched) -> Option<Account> {
    if let Some(name) = person.text("Company") {
        // A lead has its company's name, and nobody who owns that.
        let (country, state) = (some(person, "Country"), some(person, "State"));
        return Some(Account { name: said(name), country, state, ..Account::default() });
    }
    let id = person.text("AccountId")?;
    Some(Account {
        id: Some(AccountId::new(id)),
        name: some(person, "Account.Name").unwrap_or_default(),
        owner: owner(person, "Account.OwnerId", owners),
        country: some(person, "Account.BillingCountry"),
        state: some(person, "Account.BillingState"),
        segment: some(person, "Account.Segment__c"),
        size: person.count("Account.NumberOfEmployees"),
        region: some(person, "Account.Region__c"),
    })
}

fn home(person: &Record) -> Option<Home> {
    let either = |a: &str, b: &str| some(person, a).or_else(|| some(person, b));
    let home = Home {
        zip: either("MailingPostalCode", "PostalCode"),
        city: either("MailingCity", "City"),
        state: either("MailingState", "State"),
        country: either("MailingCountry", "Country"),
    };
    (home != Home::default()).then_some(home)
}

/// The open deal that the contact has a role in and that changed last. Without a role, the account's open deal where it
/// has one and no more: which of several was meant would be a guess.
fn opportunity(person: &Record, around: &Around<'_>) -> Option<Opportunity> {
    if let Some(role) = around.roles.iter().find(|role| role.text("ContactId") == Some(person.id())) {
        return Some(on_a_card(role, "Opportunity.", around));
    }
    let account = person.text("AccountId")?;
    let mut open = around.deals.iter().filter(|deal| deal.text("AccountId") == Some(account));
    let only = open.next().filter(|_| open.next().is_none())?;
    Some(on_a_card(only, "", around))
}

fn on_a_card(deal: &Record, of: &str, around: &Around<'_>) -> Opportunity {
    let field = |name: &str| format!("{of}{name}");
    let id = deal.text(&field("Id")).unwrap_or_default();
    let team = around.teams.iter().filter(|member| member.text("OpportunityId") == Some(id));
    let member = |member: &Record| {
        let rep = owner(member, "UserId", around.owners)?;
        Some(TeamMember { rep, role: some(member, "TeamMemberRole").unwrap_or_default() })
    };
    Opportunity {
        id: Some(DealId::new(id)),
        name: some(deal, &field("Name")).unwrap_or_default(),
        stage: stage(deal.text(&field("StageName")).unwrap_or_default(), around.stages),
        amount_cents: deal.cents(&field("Amount")).unwrap_or_default(),
        currency: currency(deal, &field("CurrencyIsoCode")).unwrap_or_default(),
        owner: owner(deal, &field("OwnerId"), around.owners),
        team: team.filter_map(member).take(TEAM).collect(),
        closes: deal.instant(&field("CloseDate")),
        stage_since: deal.instant(&field("LastStageChangeDate")),
    }
}

/// What was done with a person or an account, newest first.
fn touches(whose: &str, id: &str, around: &Around<'_>) -> Vec<Touch> {
    let theirs = |record: &&Record| record.text(whose) == Some(id);
    let by = |record: &Record| owner(record, "OwnerId", around.owners);
    let subject = |record: &Record| some(record, "Subject").unwrap_or_default();
    let summary = |record: &Record| {
        let subject = subject(record);
        let words = without_mark(&subject);
        words.strip_prefix(TO_BUYER).and_then(|rest| rest.strip_prefix(": ")).unwrap_or(words).to_owned()
    };
    // What we wrote ourselves about the buyer's texts tells of nobody who spoke with them.
    let is_touch = |record: &&Record| !is_no_touch(&subject(record));
    let task = around.tasks.iter().filter(theirs).filter(is_touch).filter_map(|record| {
        let at = record.instant("CompletedDateTime").or_else(|| record.instant("LastModifiedDate"))?;
        let kind = match record.text("TaskSubtype") {
            Some("Call") => "call",
            Some("Email" | "ListEmail") => "email",
            Some(_) | None if record.text("Subject").is_some_and(|s| s.starts_with(TO_BUYER)) => "text",
            Some(_) | None => "task",
        };
        Some(Touch { at, by: by(record), kind: kind.to_owned(), summary: summary(record) })
    });
    let meeting = around.meetings.iter().filter(theirs).filter(is_touch).filter_map(|record| {
        let at = record.instant("StartDateTime")?;
        Some(Touch { at, by: by(record), kind: "meeting".to_owned(), summary: summary(record) })
    });
    let mut all: Vec<Touch> = task.chain(meeting).collect();
    all.sort_by_key(|touch| std::cmp::Reverse(touch.at));
    all
}

/// The label of a stage; its name in records where no list has it any more.
fn stage(name: &str, stages: &Stages) -> String {
    said(stages.get(name).map_or(name, |stage| stage.label.as_str()))
}

fn currency(deal: &Record, name: &str) -> Option<String> {
    let code = deal.text(name)?;
    (code.len() == 3 && code.bytes().all(|b| b.is_ascii_uppercase())).then(|| code.to_owned())
}

/// A deal with its way: `history` is of many deals, oldest first.
pub fn deal(record: &Record, history: &[Record], stages: &Stages, owners: &Matched, here: Here) -> Option<Deal> {
    let changed = record.instant("SystemModstamp")?;
    let opened = record.instant("CreatedDate");
    let now = stage(record.text("StageName").unwrap_or_default(), stages);
    let mut way: Vec<StageChange> = Vec::new();
    for former in history.iter().filter(|former| former.text("OpportunityId") == Some(record.id())) {
        let (Some(at), Some(name)) = (former.instant("CreatedDate"), former.text("StageName")) else { continue };
        let named = stage(name, stages);
        // Other fields have a history too: with the same stage it came nowhere.
        if way.last().is_none_or(|last| last.stage != named) {
            way.push(StageChange { at, stage: named, place: stages.get(name).map(|stage| stage.place) });
        }
    }
    if way.last().is_none_or(|last| last.stage != now) {
        let at = opened.filter(|_| way.is_empty()).unwrap_or(changed);
        let place = record.text("StageName").and_then(|name| stages.get(name)).map(|stage| stage.place);
        way.push(StageChange { at, stage: now.clone(), place });
    }
    let closes = record.text("CloseDate").and_then(When::read);
    let ended = if record.is("IsClosed") { ended::when(&mut way, closes, here) } else { None };
    let end = ended.map(|at| Closed { at, won: record.is("IsWon") });
    Some(Deal {
        id: DealId::new(record.id()),
        name: some(record, "Name").unwrap_or_default(),
        account: record.text("AccountId").map(AccountId::new),
        contacts: record
            .hanging("OpportunityContactRoles")
            .iter()
            .filter_map(|role| role.text("ContactId").map(ContactId::new))
            .collect(),
        owner: owner(record, "OwnerId", owners),
        pipeline: some(record, "RecordType.Name").unwrap_or_default(),
        stage: now,
        amount_cents: record.cents("Amount"),
        currency: currency(record, "CurrencyIsoCode"),
        opened,
        closes: record.instant("CloseDate"),
        closed: end,
        changed,
        stages: way,
    })
}
