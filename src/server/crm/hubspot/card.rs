//! Cards and deals of what was read from HubSpot. Pure.

use chrono_tz::Tz;

use super::super::ended::{self, Here};
use super::super::owner::Matched;
use super::super::when::When;
use super::read::{Record, Stages, cents};
use crate::domain::context::{Account, Card, Home, Intent, Opportunity, TeamMember, Touch, of_every_channel};
use crate::domain::deal::{Closed, Deal, StageChange};
use crate::domain::id::{AccountId, ContactId, DealId};
use crate::domain::time::{Span, Timestamp};

/// Names and words that are longer are cut, in characters: a screen has no more.
const LONGEST: usize = 200;

/// What a card is made of beside the contact.
#[derive(Clone, Copy, Debug)]
pub struct Around<'a> {
    /// The company, the primary one when there are several.
    pub company: Option<&'a Record>,
    /// All deals of the contact.
    pub deals: &'a [&'a Record],
    /// Pipelines and stages.
    pub stages: &'a Stages,
    /// Who owners are.
    pub owners: &'a Matched,
    /// When the newest of the buyer's own texts was logged by us.
    pub logged: Option<Timestamp>,
}

fn said(text: &str) -> String {
    text.chars().take(LONGEST).collect()
}

fn some(record: &Record, name: &str) -> Option<String> {
    record.text(name).map(said)
}

/// Most touches beside the last one.
const TOUCHES: usize = 8;

/// How much later HubSpot may say that somebody was contacted than the touch itself is dated.
const SAME_TOUCH: Span = Span::minutes(5);

/// The card of a contact, with the touches that hang on it, newest first.
pub fn card(contact: &Record, around: &Around<'_>, mut touches: Vec<Touch>) -> Card {
    let owner = |record: &Record, name: &str| record.text(name).map(|id| around.owners.rep(id));
    let part = |name: &str| contact.text(name).unwrap_or_default();
    let name = format!("{} {}", part("firstname"), part("lastname"));
    let name = if name.trim().is_empty() { part("email") } else { name.trim() };
    let account = around.company.map(|company| Account {
        id: Some(AccountId::new(&company.id)),
        name: some(company, "name").unwrap_or_default(),
        owner: owner(company, "hubspot_owner_id"),
        country: some(company, "country"),
        state: some(company, "state"),
        segment: some(company, "segment"),
        size: company.text("numberofemployees").and_then(|n| n.parse().ok()).filter(|n| *n > 0),
        region: some(company, "region"),
    });
    let touch = |record: &Record| {
        let at = record.instant("notes_last_contacted")?;
        Some(Touch { at, by: None, kind: "contacted".to_owned(), summary: String::new() })
    };
    // What was logged in a way that is not read is known by its time alone. To HubSpot a text of the buyer's that we logged
    // is a contact, too.
    let newest = touches.first().map(|newest| newest.at).max(around.logged);
    let contacted =
        touch(contact).filter(|contacted| newest.is_none_or(|newest| contacted.at.since(newest) > SAME_TOUCH));
    if let Some(contacted) = contacted {
        touches.insert(0, contacted);
    }
    let mut touches = touches.into_iter();
    Card {
        contact: ContactId::new(&contact.id),
        name: said(name),
        title: some(contact, "jobtitle").unwrap_or_default(),
        zone: contact.text("hs_timezone").and_then(zone),
        home: home(contact),
        account,
        owner: owner(contact, "hubspot_owner_id"),
        sdr: owner(contact, "sdr"),
        opportunity: opportunity(around),
        campaign: None,
        last_touch: touches.next(),
        account_touch: around.company.and_then(touch),
        touches: of_every_channel(touches, TOUCHES),
        intents: intents(contact),
    }
}

/// `america_slash_new_york`, as HubSpot's own property has it.
fn zone(text: &str) -> Option<Tz> {
    let plain = text.replace("_slash_", "/");
    chrono_tz::TZ_VARIANTS.iter().find(|zone| zone.name().eq_ignore_ascii_case(&plain)).copied()
}

fn home(contact: &Record) -> Option<Home> {
    let home = Home {
        zip: some(contact, "zip"),
        city: some(contact, "city"),
        state: some(contact, "state"),
        country: some(contact, "hs_country_region_code").or_else(|| some(contact, "country")),
    };
    (home != Home::default()).then_some(home)
}

/// The open deal that changed last.
fn opportunity(around: &Around<'_>) -> Option<Opportunity> {
    let open = |deal: &&&Record| !deal.archived && !is_closed(deal, around.stages);
    let deal = around.deals.iter().filter(open).max_by_key(|deal| deal.instant("hs_lastmodifieddate"))?;
    let beside = deal.text("hs_all_collaborator_owner_ids").unwrap_or_default();
    let team = beside.split(';').map(str::trim).filter(|id| !id.is_empty());
    let member = |id: &str| TeamMember { rep: around.owners.rep(id), role: "collaborator".to_owned() };
    Some(Opportunity {
        id: Some(DealId::new(&deal.id)),
        name: some(deal, "dealname").unwrap_or_default(),
        stage: stage(deal.text("dealstage").unwrap_or_default(), around.stages),
        amount_cents: deal.text("amount").and_then(cents).unwrap_or_default(),
        currency: currency(deal).unwrap_or_default(),
        owner: deal.text("hubspot_owner_id").map(|id| around.owners.rep(id)),
        team: team.take(20).map(member).collect(),
        closes: deal.instant("closedate"),
        stage_since: deal.instant("hs_v2_date_entered_current_stage"),
    })
}

fn is_closed(deal: &Record, stages: &Stages) -> bool {
    let by_stage = || deal.text("dealstage").and_then(|id| stages.stages.get(id)).is_some_and(|s| s.closes.is_some());
    deal.text("hs_is_closed").map_or_else(by_stage, |closed| closed == "true")
}

/// The name of a stage; its id where no pipeline has it any more.
fn stage(id: &str, stages: &Stages) -> String {
    said(stages.stages.get(id).map_or(id, |stage| stage.label.as_str()))
}

fn place(id: &str, stages: &Stages) -> Option<u16> {
    stages.stages.get(id).map(|stage| stage.place)
}

fn currency(deal: &Record) -> Option<String> {
    let code = deal.text("deal_currency_code")?;
    (code.len() == 3 && code.bytes().all(|b| b.is_ascii_uppercase())).then(|| code.to_owned())
}

/// What HubSpot tells of interest: visits, mail, forms; newest first.
fn intents(contact: &Record) -> Vec<Intent> {
    let signs = [
        ("hs_analytics_last_timestamp", "site_visit", "hs_analytics_last_url"),
        ("hs_sales_email_last_opened", "mail_open", ""),
        ("hs_sales_email_last_clicked", "mail_click", ""),
        ("recent_conversion_date", "form", "recent_conversion_event_name"),
    ];
    let sign = |(at, kind, detail): (&str, &str, &str)| {
        let detail = some(contact, detail).unwrap_or_default();
        Some(Intent { at: contact.instant(at)?, kind: kind.to_owned(), detail, ..Intent::default() })
    };
    let mut all: Vec<Intent> = signs.into_iter().filter_map(sign).collect();
    all.sort_by_key(|intent| std::cmp::Reverse(intent.at));
    all
}

/// A deal with its way. Nothing for one that was deleted.
pub fn deal(
    record: &Record,
    companies: &[String],
    contacts: &[String],
    stages: &Stages,
    owners: &Matched,
    here: Here,
) -> Option<Deal> {
    let changed = record.instant("hs_lastmodifieddate")?;
    if record.archived {
        return None;
    }
    let opened = record.instant("createdate");
    let now = record.text("dealstage").unwrap_or_default();
    let mut way: Vec<StageChange> = Vec::new();
    for (at, id) in record.values("dealstage") {
        let named = stage(id, stages);
        // Written again with the same value, it came nowhere.
        if way.last().is_none_or(|last| last.stage != named) {
            way.push(StageChange { at, stage: named, place: place(id, stages) });
        }
    }
    if way.last().is_none_or(|last| last.stage != stage(now, stages)) {
        let at = opened.filter(|_| way.is_empty()).unwrap_or(changed);
        way.push(StageChange { at, stage: stage(now, stages), place: place(now, stages) });
    }
    let by_stage = stages.stages.get(now).and_then(|stage| stage.closes);
    let said_won = record.text("hs_is_closed_won").map(|won| won == "true");
    let closes = record.instant("closedate");
    let ended = if is_closed(record, stages) { ended::when(&mut way, closes.map(When::At), here) } else { None };
    let end = ended.map(|at| Closed { at, won: said_won.or(by_stage).unwrap_or_default() });
    let pipeline = record.text("pipeline").unwrap_or_default();
    Some(Deal {
        id: DealId::new(&record.id),
        name: some(record, "dealname").unwrap_or_default(),
        account: companies.first().map(AccountId::new),
        contacts: contacts.iter().map(ContactId::new).collect(),
        owner: record.text("hubspot_owner_id").map(|id| owners.rep(id)),
        pipeline: said(stages.pipelines.get(pipeline).map_or(pipeline, String::as_str)),
        stage: stage(now, stages),
        amount_cents: record.text("amount").and_then(cents),
        currency: currency(record),
        opened,
        closes,
        closed: end,
        changed,
        stages: way,
    })
}
