use super::super::super::ended::Here;
use super::super::super::owner::Matched;
use super::super::card::{Around, card, deal};
use super::*;
use crate::domain::context::Intent;
use crate::domain::deal::{Closed, StageChange};
use crate::domain::id::RepId;

/// As the search answers, in the form of HubSpot's published description and examples.
const FOUND: &str = r#"{"total":2,"results":[
  {"id":"512","properties":{"createdate":"2025-10-30T03:30:17.883Z","firstname":"Dana","lastname":"Reyes",
   "email":"dana@acme.example","jobtitle":"COO","phone":"(415) 555-0100","mobilephone":null,
   "hs_calculated_phone_number":"+14155550100","country":"United States","hs_timezone":"us_slash_pacific",
   "hubspot_owner_id":"6166860","notes_last_contacted":"2026-03-01T09:00:00Z",
   "hs_analytics_last_timestamp":"1772460000000","hs_analytics_last_url":"https://acme.example/pricing",
   "hs_sales_email_last_opened":"2026-03-02T15:00:00Z","hs_object_id":"512"},
   "createdAt":"2025-10-30T03:30:17.883Z","updatedAt":"2026-03-02T16:50:06.678Z","archived":false},
  {"id":"513","properties":{"firstname":null,"lastname":"","email":"front@acme.example","phone":"0171 1234567",
   "hs_country_region_code":"DE"},"createdAt":"2025-10-30T03:30:17.883Z","updatedAt":"2026-03-02T16:50:06.678Z",
   "archived":false}],
  "paging":{"next":{"after":"2","link":"?after=2"}}}"#;

const HANGING: &str = r#"{"status":"COMPLETE","results":[{"from":{"id":"512"},"to":[
  {"toObjectId":8001,"associationTypes":[{"category":"HUBSPOT_DEFINED","typeId":279,"label":null}]},
  {"toObjectId":"8002","associationTypes":[{"category":"HUBSPOT_DEFINED","typeId":1,"label":"Primary"},
    {"category":"HUBSPOT_DEFINED","typeId":279,"label":null}]}]}],
  "startedAt":"2026-03-03T15:00:00Z","completedAt":"2026-03-03T15:00:00Z"}"#;

const PIPELINES: &str = r#"{"results":[{"id":"default","label":"Sales Pipeline","displayOrder":0,"archived":false,
  "stages":[
    {"id":"appointmentscheduled","label":"Appointment Scheduled","displayOrder":0,"metadata":{"isClosed":"false","probability":"0.2"}},
    {"id":"contractsent","label":"Contract Sent","displayOrder":1,"metadata":{"isClosed":"false","probability":"0.9"}},
    {"id":"closedwon","label":"Closed Won","displayOrder":2,"metadata":{"isClosed":"true","probability":"1.0"}},
    {"id":"closedlost","label":"Closed Lost","displayOrder":3,"metadata":{"isClosed":"true","probability":"0.0"}}]}]}"#;

const OWNERS: &str = r#"{"results":[{"id":"6166860","email":"maya@acme.example","type":"PERSON","firstName":"Maya",
  "lastName":"Okafor","userId":1296619,"archived":false,"createdAt":"2025-01-01T00:00:00Z",
  "updatedAt":"2025-01-01T00:00:00Z","teams":[]}],"paging":{"next":{"after":"NTI1"}}}"#;

const DEAL: &str = r#"{"status":"COMPLETE","results":[{"id":"9001","properties":{"dealname":"Rollout","amount":"48000.5",
  "deal_currency_code":"USD","dealstage":"closedwon","pipeline":"default","hubspot_owner_id":"6166860",
  "createdate":"2026-01-05T10:00:00Z","closedate":"2026-03-02T00:00:00Z","hs_is_closed":"true",
  "hs_lastmodifieddate":"2026-03-02T12:00:00Z"},
  "propertiesWithHistory":{"dealstage":[
    {"value":"closedwon","timestamp":"2026-03-02T11:59:00Z","sourceType":"CRM_UI"},
    {"value":"contractsent","timestamp":"2026-02-10T09:00:00Z","sourceType":"CRM_UI"},
    {"value":"contractsent","timestamp":"2026-02-09T09:00:00Z","sourceType":"CRM_UI"},
    {"value":"appointmentscheduled","timestamp":"2026-01-05T10:00:00Z","sourceType":"CRM_UI"}]},
  "createdAt":"2026-01-05T10:00:00Z","updatedAt":"2026-03-02T12:00:00Z","archived":false}],
  "startedAt":"2026-03-03T15:00:00Z","completedAt":"2026-03-03T15:00:00Z"}"#;

fn stages() -> Stages {
    answer::<Pipelines>(PIPELINES.as_bytes()).unwrap().stages()
}

fn owners() -> Matched {
    let (owners, _) = answer::<Owners>(OWNERS.as_bytes()).unwrap().owners(false);
    Matched::new("hubspot", &owners, &[("maya@acme.example".to_owned(), RepId::from("maya"))].into())
}

/// In UTC, years later.
const HERE: Here = Here { zone: chrono_tz::Tz::UTC, now: Timestamp::MAX };

fn at(text: &str) -> Timestamp {
    instant(text).unwrap()
}

#[test]
fn a_contact_becomes_a_card_and_its_numbers_are_those_that_can_be_told() {
    let page: Records = answer(FOUND.as_bytes()).unwrap();
    assert_eq!(page.next().as_deref(), Some("2"));
    let of = |n: usize| numbers(&page.results[n]).iter().map(|a| a.as_str().to_owned()).collect::<Vec<_>>();
    assert_eq!((of(0), of(1)), (vec!["+14155550100".to_owned()], vec!["+491711234567".to_owned()]));
    let (stages, owners) = (stages(), owners());
    let around = Around { company: None, deals: &[], stages: &stages, owners: &owners, logged: None };
    let dana = card(&page.results[0], &around, Vec::new());
    assert_eq!((dana.name.as_str(), dana.title.as_str()), ("Dana Reyes", "COO"));
    assert_eq!((dana.owner, dana.zone), (Some(RepId::from("maya")), "US/Pacific".parse().ok()));
    assert_eq!(dana.last_touch.unwrap().at, at("2026-03-01T09:00:00Z"));
    let kinds: Vec<(&str, &str)> = dana.intents.iter().map(|i: &Intent| (i.kind.as_str(), i.detail.as_str())).collect();
    assert_eq!(kinds, [("mail_open", ""), ("site_visit", "https://acme.example/pricing")]);
    assert_eq!(card(&page.results[1], &around, Vec::new()).name, "front@acme.example", "nobody wrote a name down");
}

#[test]
fn the_primary_company_comes_first_and_ids_are_texts_or_numbers() {
    let hanging: Associations = answer(HANGING.as_bytes()).unwrap();
    assert_eq!(hanging.by_id()["512"], ["8002", "8001"]);
    let labels = r#"{"results":[{"category":"USER_DEFINED","typeId":5,"label":null},
        {"category":"HUBSPOT_DEFINED","typeId":1,"label":"Primary"},
        {"category":"HUBSPOT_DEFINED","typeId":81,"label":null}]}"#;
    assert_eq!(answer::<Labels>(labels.as_bytes()).unwrap().plain(), Some(81));
}

#[test]
fn a_deal_is_told_with_its_way_its_amount_and_its_end() {
    let page: Records = answer(DEAL.as_bytes()).unwrap();
    let told = deal(&page.results[0], &["8002".to_owned()], &["512".to_owned()], &stages(), &owners(), HERE).unwrap();
    assert_eq!((told.stage.as_str(), told.pipeline.as_str()), ("Closed Won", "Sales Pipeline"));
    assert_eq!((told.amount_cents, told.currency.as_deref()), (Some(4_800_050), Some("USD")));
    assert_eq!(told.owner, Some(RepId::from("maya")));
    assert_eq!(told.closed, Some(Closed { at: at("2026-03-02T11:59:00Z"), won: true }));
    let came = |at_: &str, stage: &str| {
        let place =
            ["Appointment Scheduled", "Contract Sent", "Closed Won"].iter().zip(0..).find(|(name, _)| **name == stage);
        StageChange { at: at(at_), stage: stage.to_owned(), place: place.map(|(_, place)| place) }
    };
    assert_eq!(
        told.stages,
        [
            came("2026-01-05T10:00:00Z", "Appointment Scheduled"),
            came("2026-02-09T09:00:00Z", "Contract Sent"),
            came("2026-03-02T11:59:00Z", "Closed Won"),
        ]
    );
    // It ended on its close date, and came to its last stage then, whenever somebody moved it.
    let mut late = page.results[0].clone();
    late.properties.insert("closedate".to_owned(), Some("2026-02-27T18:00:00Z".to_owned()));
    let told = deal(&late, &[], &[], &stages(), &owners(), HERE).unwrap();
    assert_eq!(told.closed, Some(Closed { at: at("2026-02-27T18:00:00Z"), won: true }));
    assert_eq!(told.stages.last(), Some(&came("2026-02-27T18:00:00Z", "Closed Won")));
    // One that was opened again has a close date, and no end.
    late.properties.insert("dealstage".to_owned(), Some("contractsent".to_owned()));
    late.properties.insert("hs_is_closed".to_owned(), Some("false".to_owned()));
    assert_eq!(deal(&late, &[], &[], &stages(), &owners(), HERE).unwrap().closed, None);
    // Without a history there is the stage it stands at: it came there as it ended, or else as it was made.
    let mut bare = page.results[0].clone();
    bare.history.clear();
    for (closes, since) in [(Some("2026-03-02T00:00:00Z"), "2026-03-02T00:00:00Z"), (None, "2026-01-05T10:00:00Z")] {
        bare.properties.insert("closedate".to_owned(), closes.map(str::to_owned));
        let told = deal(&bare, &[], &[], &Stages::default(), &owners(), HERE).unwrap();
        assert_eq!(told.stages, [came(since, "closedwon")]);
    }
    bare.archived = true;
    assert_eq!(deal(&bare, &[], &[], &stages(), &owners(), HERE), None);
}

#[test]
fn amounts_are_hundredths_and_instants_are_read_as_both_are_written() {
    for (text, wanted) in [
        ("48000", Some(4_800_000)),
        ("1500.2", Some(150_020)),
        ("1500.259", Some(150_025)),
        ("-3.50", Some(-350)),
        (".5", Some(50)),
        ("1e6", None),
        ("", None),
        (".", None),
        ("92233720368547759", None),
        ("1.\u{661}", None),
    ] {
        assert_eq!(cents(text), wanted, "{text}");
    }
    assert_eq!(at("1772550000000"), at("2026-03-03T15:00:00Z"));
    assert_eq!(at("2026-03-03"), at("2026-03-03T00:00:00Z"));
    assert_eq!(instant("soon"), None);
}

#[test]
fn a_refusal_is_told_by_its_class_and_never_by_its_words() {
    let refused =
        br#"{"status":"error","message":"Property values were not valid: +14155550100","category":"VALIDATION_ERROR"}"#;
    assert_eq!(category(refused), "VALIDATION_ERROR");
    assert_eq!(category(br#"{"category":"+14155550100"}"#), "it does not say why");
    assert_eq!(category(b"<html>"), "it does not say why");
    let owner = br#"{"message":"Property values were not valid: [{\"name\":\"hubspot_owner_id\"}]","category":"VALIDATION_ERROR"}"#;
    assert!(is_of_owner(&why(owner)) && !is_of_owner(&why(refused)));
    assert_eq!(why(owner), "VALIDATION_ERROR, hubspot_owner_id");
    assert!(is_of_the_day(br#"{"policyName":"DAILY"}"#) && !is_of_the_day(br#"{"policyName":"SECONDLY"}"#));
    let said = answer::<Records>(br#"{"results":[{"id":"+14155550100","properties":7}]}"#).unwrap_err().to_string();
    assert!(said.contains("line 1") && !said.contains("4155550100"), "{said}");
}

#[test]
fn a_right_that_is_missing_is_told_by_its_scopes_and_nothing_of_a_record_is() {
    let told = |scopes: &str| {
        let body = format!(
            r#"{{"status":"error","message":"This app hasn't been granted all required scopes to make this call.",
            "correlationId":"c1","errors":[{{"message":"One or more of the following scopes are required.",
            "context":{scopes}}}],"links":{{"scopes":"https://developers.hubspot.com/scopes"}},
            "category":"MISSING_SCOPES"}}"#
        );
        forbids(body.as_bytes())
    };
    let two = r#"{"requiredGranularScopes":["crm.objects.contacts.write","crm.objects.deals.write"]}"#;
    assert_eq!(told(two), "MISSING_SCOPES, crm.objects.contacts.write or crm.objects.deals.write");
    // What is no name of a scope is not repeated, and its own sentence is, on one line.
    let sentence = "MISSING_SCOPES, This app hasn't been granted all required scopes to make this call.";
    assert_eq!(told(r#"{"requiredScopes":["+14155550100","dana@acme.example","Dana Reyes"]}"#), sentence);
    assert_eq!(told("{}"), sentence);
    assert_eq!(told("null"), "MISSING_SCOPES", "in another form");
    let other = br#"{"message":"You may not edit Dana Reyes, dana@acme.example","category":"FORBIDDEN","errors":null}"#;
    assert_eq!(forbids(other), "FORBIDDEN");
    assert_eq!(forbids(b"<html>"), "it does not say why");
}
