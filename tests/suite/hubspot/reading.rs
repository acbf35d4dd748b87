//! Who is behind a number, their company and deals, and how deals went.

use comeback::domain::contact::{Address, Body};
use comeback::domain::deal::{Closed, Deal};
use comeback::domain::id::{AccountId, ContactId, RepId};
use comeback::domain::time::{Span, Timestamp};
use comeback::emulator::fill;
use comeback::emulator::hubspot::{HubSpotConfig, HubSpotFaults};
use comeback::server::crm::write::What;
use comeback::server::crm::{Crm as _, CrmError, Write};
use comeback::server::measure::{Projections, deals};
use serde_json::json;

use super::Portal;
use crate::rules::measured::deals_kept;
use crate::world::at;

const DANA: &str = "+14155550123";

#[tokio::test]
async fn a_card_has_person_company_open_deal_and_owners_as_reps() {
    let portal = Portal::open().await;
    let dana = portal.contact(
        "Dana",
        "(415) 555-0123",
        &json!({
            "lastname": "Reyes", "jobtitle": "COO", "country": "United States", "hubspot_owner_id": portal.ben,
            "sdr": portal.zoe, "hs_timezone": "america_slash_los_angeles", "zip": "94105",
            "notes_last_contacted": "2026-03-01T09:00:00Z",
        }),
    );
    let company =
        |name: &str| json!({ "name": name, "hubspot_owner_id": portal.maya, "segment": "enterprise", "country": "US" });
    let acme = portal.hubspot.make("companies", &company("Acme"), &[("contacts", &dana)]).unwrap();
    portal.hubspot.make("companies", &company("Old Acme"), &[("contacts", &dana)]).unwrap();
    let deal = |name: &str, stage: &str| {
        json!({
            "dealname": name, "dealstage": stage, "pipeline": "default", "amount": "48000.50",
            "deal_currency_code": "USD", "hubspot_owner_id": portal.maya, "hs_all_collaborator_owner_ids": portal.ben,
        })
    };
    for (name, stage) in [("Pilot", "closedwon"), ("Upgrade", "qualifiedtobuy"), ("Rollout", "contractsent")] {
        portal.clock.advance(Span::minutes(1));
        portal.hubspot.make("deals", &deal(name, stage), &[("contacts", &dana), ("companies", &acme)]).unwrap();
    }
    let [card] = portal.behind(DANA).await.unwrap().try_into().unwrap();
    assert_eq!((card.contact, card.name.as_str(), card.title.as_str()), (ContactId::new(dana), "Dana Reyes", "COO"));
    assert_eq!(card.owner, Some(RepId::from("ben")));
    assert_eq!(card.zone, Some(chrono_tz::America::Los_Angeles));
    let account = card.account.unwrap();
    assert_eq!((account.name.as_str(), account.owner), ("Acme", Some(RepId::from("maya"))));
    assert_eq!(account.segment.as_deref(), Some("enterprise"));
    let open = card.opportunity.unwrap();
    assert_eq!((open.name.as_str(), open.stage.as_str()), ("Rollout", "Contract Sent"));
    assert_eq!((open.amount_cents, open.currency.as_str()), (4_800_050, "USD"));
    assert_eq!(open.team[0].rep, RepId::from("ben"));
    // She left: whatever her mail address is, the playbook knows nobody by this name.
    assert_eq!(card.sdr, Some(RepId::new(format!("hubspot owner {}", portal.zoe))));
}

#[tokio::test]
async fn the_last_touches_of_every_channel_stand_on_the_card_newest_first_and_none_that_is_to_come() {
    let portal = Portal::open().await;
    let contacted = json!({ "notes_last_contacted": "2026-01-01T09:00:00Z" });
    let dana = portal.contact("Dana", DANA, &contacted);
    let other = portal.contact("Other", "+14155550177", &json!({}));
    let now = portal.now();
    let made = |kind: &str, before: i64, title: (&str, &str), on: &str| {
        let record = json!({
            "hs_timestamp": (now - Span::minutes(before)).to_string(), "hubspot_owner_id": portal.ben, title.0: title.1,
        });
        portal.hubspot.make(kind, &record, &[("contacts", on)]).unwrap()
    };
    made("calls", 300, ("hs_call_title", "Asked for net 45"), &dana);
    made("emails", 200, ("hs_email_subject", "The quote"), &dana);
    made("meetings", -60, ("hs_meeting_title", "Tomorrow's review"), &dana);
    made("meetings", 100, ("hs_meeting_title", "Demo"), &dana);
    made("calls", 1, ("hs_call_title", "Somebody else's"), &other);
    let text = json!({
        "hs_timestamp": (now - Span::minutes(400)).to_string(), "hs_communication_channel_type": "WHATS_APP",
        "hs_communication_logged_from": "CRM",
    });
    portal.hubspot.make("communications", &text, &[("contacts", &dana)]).unwrap();
    let [card] = portal.behind(DANA).await.unwrap().try_into().unwrap();
    let told: Vec<(&str, &str)> = card
        .last_touch
        .iter()
        .chain(&card.touches)
        .map(|touch| (touch.kind.as_str(), touch.summary.as_str()))
        .collect();
    let all = [("meeting", "Demo"), ("email", "The quote"), ("call", "Asked for net 45"), ("whatsapp", "")];
    assert_eq!(told, all);
    assert_eq!(card.last_touch.unwrap().by, Some(RepId::from("ben")));
    // What was logged in another way is known by its time alone.
    let later = json!({ "notes_last_contacted": (now - Span::minutes(10)).to_string() });
    portal.hubspot.change("contacts", &dana, &later).unwrap();
    let [card] = portal.behind(DANA).await.unwrap().try_into().unwrap();
    assert_eq!(card.last_touch.unwrap().kind, "contacted");
    assert_eq!(card.touches.len(), 4);
}

#[tokio::test]
async fn what_we_logged_of_the_buyers_texts_is_nobodys_touch_and_a_reps_answer_is_theirs() {
    let portal = Portal::open().await;
    let contacted = json!({ "notes_last_contacted": portal.now().to_string() });
    let dana = portal.contact("Dana", DANA, &contacted);
    for inbound in [false, true] {
        let write = Write {
            key: uuid::Uuid::now_v7(),
            contact: ContactId::new(&dana),
            deal: None,
            owner: Some(RepId::from("ben")),
            at: portal.now() - Span::minutes(i64::from(!inbound)),
            link: "https://c.example/c/1".to_owned(),
            what: What::Log { inbound, body: Body::new("At three?"), sla: None },
        };
        portal.crm.write(&write).await.unwrap();
    }
    let [card] = portal.behind(DANA).await.unwrap().try_into().unwrap();
    let last = card.last_touch.unwrap();
    assert_eq!((last.kind.as_str(), last.by, last.at), ("text", Some("ben".into()), portal.now() - Span::minutes(1)));
    assert_eq!(card.touches, [], "nor is it known by its time alone");
}

#[tokio::test]
async fn a_number_is_found_as_ten_countries_write_it_and_one_that_ends_alike_is_nobodys() {
    let portal = Portal::open().await;
    for (n, (country, wanted, typed)) in [
        ("US", "+14155550101", "(415) 555-0101"),
        ("CA", "+16135550102", "613.555.0102"),
        ("GB", "+442079460103", "020 7946 0103"),
        ("DE", "+491711230104", "0171 / 123 01 04"),
        ("FR", "+33612340105", "06 12 34 01 05"),
        ("IT", "+390612340106", "06 1234 0106"),
        ("ES", "+34612340107", "612 34 01 07"),
        ("AU", "+61412340108", "0412 340 108"),
        ("IN", "+919876540109", "098765 40109"),
        ("JP", "+819012340110", "090-1234-0110"),
        ("BR", "+5511912340111", "(11) 91234-0111"),
        ("MX", "+525512340112", "55 1234 0112"),
        ("AR", "+5491123450113", "011 15-2345-0113"),
        ("AR", "+5493512340114", "0351 15-234-0114"),
        ("AR", "+5491133445566", "11 3344-5566"),
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("{country} {n}");
        portal.contact(&name, typed, &json!({ "hs_country_region_code": country }));
        // The same national digits in another country are somebody else.
        let other = if country == "SE" { "US" } else { "Sweden" };
        portal.contact("Somebody else", typed, &json!({ "country": other }));
        portal.contact("Without a country", typed, &json!({}));
        assert_eq!(portal.names(wanted).await, [name], "{typed}");
    }
    // With a country code, and a zero in brackets; in the mobile field; without a country.
    portal.contact("Brackets", "+44 (0)20 7946 0999", &json!({}));
    assert_eq!(portal.names("+442079460999").await, ["Brackets"]);
    portal.contact("Mobile", "", &json!({ "mobilephone": "+49 171 1230998" }));
    assert_eq!(portal.names("+491711230998").await, ["Mobile"]);
}

#[tokio::test]
async fn a_number_is_found_whatever_hubspot_makes_of_it_and_in_either_field() {
    let portal = busy().await;
    for (country, wanted, typed) in [
        ("Côte d’Ivoire", "+2250712345678", "07 12 34 56 78"),
        ("Mexico", "+525512345678", "044 55 1234 5678"),
        ("México", "+525512345679", "044 55 1234 5679"),
        ("Argentina", "+5491123456789", "011 15-2345-6789"),
        ("Argentina", "+5492966412345", "(02966) 15-412345 x4"),
        ("Argentina", "+5491144556677", "+54 11 4455-6677"),
        ("Hungary", "+36201234567", "06 20 123 4567"),
        ("Magyarország", "+36201234568", "06 20 123 4568"),
        ("Canada", "+14165550142", "416.555.0142 x12"),
        ("US", "+12125550106", "2125550106 (cell)"),
        ("US", "+12125550107", "m: 212-555-0107"),
        ("US", "+12125550108", "212-555-0109 or 212-555-0108"),
    ] {
        let names = ["phone", "mobilephone"].map(|field| {
            let name = format!("{country} by {field}");
            portal.contact(&name, "", &json!({ "country": country, field: typed }));
            name
        });
        assert_eq!(portal.names(wanted).await, names, "{typed}");
    }
}

#[tokio::test]
async fn five_contacts_with_one_number_are_all_told_oldest_first_and_a_deleted_one_is_not() {
    let portal = Portal::open().await;
    let ids: Vec<String> = ["Ann", "Bob", "Cem", "Dia", "Eli", "Fay"]
        .map(|name| portal.contact(name, "+1 415-555-0123", &json!({})))
        .to_vec();
    assert!(portal.hubspot.delete("contacts", &ids[2]));
    assert_eq!(portal.names(DANA).await, ["Ann", "Bob", "Dia", "Eli", "Fay"]);
    assert_eq!(portal.names("+14155550199").await, [] as [String; 0]);
    assert!(portal.crm.behind(&Address::parse("72345").unwrap()).await.unwrap().is_empty(), "no phone number");
}

#[tokio::test]
async fn more_candidates_than_one_page_are_looked_through() {
    let portal = Portal::open().await;
    for n in 0..150 {
        portal.contact(&format!("Similar {n}"), &format!("{n}415 555 0123"), &json!({}));
    }
    portal.contact("Dana", "+1 (415) 555-0123", &json!({}));
    assert_eq!(portal.names(DANA).await, ["Dana"]);
}

#[tokio::test]
async fn what_was_just_written_is_found_once_the_search_knows_it() {
    let portal = Portal::open().await;
    portal.faults(HubSpotFaults { lags: true, ..HubSpotFaults::default() });
    portal.contact("Dana", DANA, &json!({}));
    assert_eq!(portal.names(DANA).await, [] as [String; 0]);
    portal.hubspot.index();
    assert_eq!(portal.names(DANA).await, ["Dana"]);
}

#[tokio::test]
async fn owners_are_told_with_those_that_left_and_a_new_mail_address_holds_at_once() {
    let portal = Portal::open().await;
    let owners = portal.crm.owners().await.unwrap();
    let told: Vec<(&str, bool)> = owners.iter().map(|o| (o.id.as_str(), o.active)).collect();
    assert_eq!(told, [(portal.maya.as_str(), true), (portal.ben.as_str(), true), (portal.zoe.as_str(), false)]);
    for n in 0..130 {
        portal.hubspot.owner(&format!("n{n}@acme.example"), false);
    }
    assert_eq!(portal.crm.owners().await.unwrap().len(), 133, "of pages with a hundred each, to the last");
}

#[tokio::test]
async fn deals_are_told_in_the_order_of_their_change_with_their_way_and_their_end() {
    let portal = Portal::open().await;
    let dana = portal.contact("Dana", DANA, &json!({}));
    let acme = portal.hubspot.make("companies", &json!({ "name": "Acme" }), &[("contacts", &dana)]).unwrap();
    let began = portal.now();
    let properties = json!({
        "dealname": "Rollout", "dealstage": "appointmentscheduled", "pipeline": "default", "amount": "1500",
        "deal_currency_code": "EUR", "hubspot_owner_id": portal.maya, "closedate": "2026-03-31",
    });
    let won = portal.hubspot.make("deals", &properties, &[("contacts", &dana), ("companies", &acme)]).unwrap();
    let open = portal.hubspot.make("deals", &json!({ "dealname": "Other", "dealstage": "contractsent" }), &[]).unwrap();
    for stage in ["contractsent", "closedwon"] {
        portal.clock.advance(Span::minutes(1440));
        portal.hubspot.change("deals", &won, &json!({ "dealstage": stage })).unwrap();
    }
    let told = portal.crm.deals(began, None).await.unwrap();
    assert_eq!(told.next, None);
    let ids: Vec<&str> = told.deals.iter().map(|d| d.id.as_str()).collect();
    assert_eq!(ids, [open.as_str(), won.as_str()], "the one that changed last comes last");
    let deal = &told.deals[1];
    let came = |hours: i64, stage: &'static str| (began + Span::minutes(60 * hours), stage);
    let way: Vec<(Timestamp, &str)> = deal.stages.iter().map(|change| (change.at, change.stage.as_str())).collect();
    assert_eq!(way, [came(0, "Appointment Scheduled"), came(24, "Contract Sent"), came(48, "Closed Won")]);
    let (first, last) = (&deal.stages[0], &deal.stages[2]);
    assert!(first.leads_on_to(last) && !last.leads_on_to(first), "{:?}", deal.stages);
    assert_eq!(deal.closed, Some(Closed { at: began + Span::minutes(2880), won: true }));
    assert_eq!((deal.amount_cents, deal.currency.as_deref()), (Some(150_000), Some("EUR")));
    assert_eq!(
        (deal.contacts.as_slice(), deal.account.as_ref()),
        ([ContactId::new(dana)].as_slice(), Some(&AccountId::new(acme)))
    );
    assert_eq!((deal.owner.as_ref(), deal.opened), (Some(&RepId::from("maya")), Some(began)));
    assert_eq!(told.deals[0].closed, None);
    let later = portal.crm.deals(began + Span::minutes(60), None).await.unwrap();
    assert_eq!(later.deals.len(), 1, "the other one did not change since");
}

/// Every page to the last, with something done after the first one.
async fn all_deals(portal: &Portal, since: Timestamp, meanwhile: impl FnOnce(&Portal)) -> Vec<Deal> {
    let first = portal.crm.deals(since, None).await.unwrap();
    meanwhile(portal);
    let (mut told, mut after) = (first.deals, first.next);
    while let Some(next) = after {
        let page = portal.crm.deals(since, Some(&next)).await.unwrap();
        assert_ne!(page.next.as_ref(), Some(&next), "it goes on");
        told.extend(page.deals);
        after = page.next;
    }
    told
}

async fn busy() -> Portal {
    let config = HubSpotConfig { calls: 100_000, searches: 1_000, ..HubSpotConfig::default() };
    Portal::with(config, |settings| settings.between_searches = std::time::Duration::ZERO).await
}

fn names(told: &[Deal]) -> std::collections::BTreeSet<&str> {
    told.iter().map(|deal| deal.name.as_str()).collect()
}

#[tokio::test]
async fn a_deal_that_changes_while_pages_are_read_costs_no_other() {
    let portal = busy().await;
    let began = portal.now();
    let mut ids = Vec::new();
    for n in 0..160 {
        portal.clock.advance(Span::seconds(1));
        let deal = json!({ "dealname": n, "dealstage": "contractsent" });
        ids.push(portal.hubspot.make("deals", &deal, &[]).unwrap());
    }
    // Those of the first page go to the end of the list: everything behind them moves up.
    let told = all_deals(&portal, began, |portal| {
        for id in &ids[..30] {
            portal.clock.advance(Span::seconds(1));
            portal.hubspot.change("deals", id, &json!({ "dealstage": "closedwon" })).unwrap();
        }
    })
    .await;
    assert_eq!(names(&told).len(), 160, "none is lost");
    let newest = told.iter().rev().find(|deal| deal.name == "7").unwrap();
    assert!(newest.closed.is_some_and(|closed| closed.won), "and what changed is told as it is now");
    let wrong = portal.crm.deals(began, Some("x")).await;
    assert!(matches!(wrong, Err(CrmError::Invalid(_))), "{wrong:?}");
}

#[tokio::test]
async fn deals_of_one_instant_are_told_to_the_last_however_many_there_are() {
    let portal = busy().await;
    let began = portal.now();
    for n in 0..130 {
        portal.hubspot.make("deals", &json!({ "dealname": n, "dealstage": "contractsent" }), &[]).unwrap();
    }
    portal.clock.advance(Span::seconds(1));
    portal.hubspot.make("deals", &json!({ "dealname": "later", "dealstage": "contractsent" }), &[]).unwrap();
    assert_eq!(names(&all_deals(&portal, began, |_| {}).await).len(), 131);
}

#[tokio::test]
async fn people_that_are_put_in_keep_the_dates_that_are_told_of_them() {
    let portal = Portal::open().await;
    let people = json!({
        "contacts": [
            {
                "id": "c-1", "name": "Dana Reyes", "phones": [DANA], "owner": "maya@acme.example",
                "opportunity": { "name": "Rollout", "stage": "negotiation", "stage_since": "2026-01-28" },
                "last_touch": { "at": "2026-02-20T15:00:00Z", "kind": "email", "summary": "The quote" },
            },
            {
                "id": "c-2", "name": "Rita Lund", "phones": ["+14155550177"],
                "opportunity": { "name": "Pilot", "stage": "discovery" },
            },
        ],
    });
    let people = fill::of_directory(&people.to_string()).unwrap();
    fill::hubspot(&portal.hubspot, &people).unwrap();
    let (came, now) = (at("2026-01-28T00:00:00Z"), portal.now());
    let [dana] = portal.behind(DANA).await.unwrap().try_into().unwrap();
    let open = dana.opportunity.unwrap();
    assert_eq!((open.stage.as_str(), open.stage_since), ("Contract Sent", Some(came)));
    let touch = dana.last_touch.unwrap();
    assert_eq!((touch.at, touch.summary.as_str()), (at("2026-02-20T15:00:00Z"), "The quote"));
    // Of whom nothing is told, that is from now on.
    let [rita] = portal.behind("+14155550177").await.unwrap().try_into().unwrap();
    let open = rita.opportunity.unwrap();
    assert_eq!((open.stage.as_str(), open.stage_since), ("Appointment Scheduled", Some(now)));
    // Both were put in now, whenever they came to where they are: whoever follows the deals is told of them.
    let told = portal.crm.deals(now, None).await.unwrap().deals;
    let way = |name: &str| {
        let deal = told.iter().find(|deal| deal.name == name).unwrap();
        (deal.opened, deal.stages.iter().map(|change| change.at).collect::<Vec<_>>())
    };
    assert_eq!(way("Rollout"), (Some(came), vec![came]));
    assert_eq!(way("Pilot"), (Some(now), vec![now]));
}

#[tokio::test]
async fn a_deal_that_was_deleted_there_is_no_deal_here_within_a_quarter_of_an_hour() {
    let portal = Portal::open().await;
    let [stays, goes] = ["stays", "goes"].map(|name| {
        portal.hubspot.make("deals", &json!({ "dealname": name, "dealstage": "contractsent" }), &[]).unwrap()
    });
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("comeback.sqlite");
    let projections = Projections::open(&path).unwrap();
    let follow = async || deals::follow(&portal.crm, &projections, portal.now()).await.unwrap();
    follow().await;
    let mut both = vec![stays.clone(), goes.clone()];
    both.sort();
    assert_eq!(deals_kept(&path), both);
    assert!(portal.hubspot.delete("deals", &goes));
    portal.clock.advance(Span::minutes(14));
    follow().await;
    assert_eq!(deals_kept(&path), both, "it was told a little while ago");
    portal.clock.advance(Span::minutes(2));
    follow().await;
    assert_eq!(deals_kept(&path), [stays]);
}
