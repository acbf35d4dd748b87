//! Who is behind a number, their account and deals, and how deals went.

use comeback::domain::contact::Address;
use comeback::domain::deal::Closed;
use comeback::domain::id::{AccountId, ContactId, RepId};
use comeback::domain::time::{Span, Timestamp};
use comeback::emulator::fill;
use comeback::emulator::salesforce::{SalesforceConfig, SalesforceFaults};
use comeback::server::crm::changed::{Changed, Kind};
use comeback::server::crm::{Crm as _, CrmError};
use comeback::server::measure::{Projections, deals};
use serde_json::json;

use super::Org;
use crate::rules::measured::deals_kept;
use crate::world::at;

const DANA: &str = "+14155550123";

#[tokio::test]
async fn a_card_has_person_account_open_deal_team_last_touch_and_owners_as_reps() {
    let org = Org::open().await;
    for (kind, field) in [("Account", "Segment__c"), ("Contact", "SDR__c:User"), ("Opportunity", "CurrencyIsoCode")] {
        org.salesforce.add_field(kind, field);
    }
    let acme = org.make(
        "Account",
        &json!({
            "Name": "Acme", "OwnerId": org.maya, "BillingCountry": "US", "BillingState": "IL", "Segment__c": "enterprise",
            "NumberOfEmployees": 420,
        }),
    );
    let dana = org.contact(
        "Reyes",
        "(415) 555-0123",
        &json!({
            "FirstName": "Dana", "Title": "COO", "AccountId": acme, "OwnerId": org.ben, "SDR__c": org.zoe,
            "MailingCountry": "United States", "MailingPostalCode": "94105",
        }),
    );
    for (name, stage) in [("Pilot", "Closed Won"), ("Upgrade", "Qualification"), ("Rollout", "Negotiation")] {
        org.clock.advance(Span::minutes(1));
        let more = json!({ "AccountId": acme, "Amount": 48000.5, "CurrencyIsoCode": "USD", "OwnerId": org.maya });
        let deal = org.deal(name, stage, &more);
        org.make(
            "OpportunityContactRole",
            &json!({ "OpportunityId": deal, "ContactId": dana, "Role": "Decision Maker" }),
        );
        org.make(
            "OpportunityTeamMember",
            &json!({ "OpportunityId": deal, "UserId": org.ben, "TeamMemberRole": "Sales Engineer" }),
        );
    }
    let colleague = org.contact("Colleague", "", &json!({ "AccountId": acme }));
    org.make("Task", &json!({ "WhoId": dana, "Subject": "Sent the redlines", "Status": "Completed", "TaskSubtype": "Email", "OwnerId": org.maya }));
    let emailed = org.now();
    org.clock.advance(Span::minutes(10));
    let began = org.now();
    org.make(
        "Event",
        &json!({ "WhoId": colleague, "Subject": "Procurement", "OwnerId": org.ben, "DurationInMinutes": 30,
                 "StartDateTime": began.to_string() }),
    );
    let tomorrow = (began + Span::minutes(1440)).to_string();
    org.make(
        "Event",
        &json!({ "WhoId": dana, "Subject": "Not yet", "DurationInMinutes": 30, "StartDateTime": tomorrow }),
    );
    org.make("Task", &json!({ "WhoId": dana, "Subject": "Open", "Status": "Not Started" }));

    let campaign = org.make("Campaign", &json!({ "Name": "Winter webinar" }));
    for (responded, day) in [(true, json!("2026-02-20")), (false, json!(null))] {
        org.make(
            "CampaignMember",
            &json!({ "CampaignId": campaign, "ContactId": dana, "HasResponded": responded, "FirstRespondedDate": day }),
        );
    }

    let [card] = org.behind(DANA).await.unwrap().try_into().unwrap();
    let [sign] = card.intents.as_slice() else { panic!("{:?}", card.intents) };
    assert_eq!((sign.kind.as_str(), sign.detail.as_str()), ("campaign_response", "Winter webinar"));
    assert_eq!((card.contact, card.name.as_str(), card.title.as_str()), (ContactId::new(dana), "Dana Reyes", "COO"));
    assert_eq!(card.owner, Some(RepId::from("ben")));
    let account = card.account.unwrap();
    assert_eq!((account.name.as_str(), account.owner), ("Acme", Some(RepId::from("maya"))));
    assert_eq!((account.segment.as_deref(), account.state.as_deref()), (Some("enterprise"), Some("IL")));
    assert_eq!((account.size, account.region), (Some(420), None));
    let open = card.opportunity.unwrap();
    assert_eq!((open.stage_since, open.closes), (Some(emailed), Some(Timestamp::from_millis(1_774_915_200_000))));
    assert_eq!((open.name.as_str(), open.stage.as_str()), ("Rollout", "Negotiation/Review"));
    assert_eq!((open.amount_cents, open.currency.as_str()), (4_800_050, "USD"));
    let team: Vec<(&RepId, &str)> = open.team.iter().map(|m| (&m.rep, m.role.as_str())).collect();
    assert_eq!(team, [(&RepId::from("ben"), "Sales Engineer")]);
    // She left: whatever her mail address is, the playbook knows nobody by this name.
    assert_eq!(card.sdr, Some(RepId::new(format!("salesforce owner {}", org.zoe))));
    let touch = card.last_touch.unwrap();
    assert_eq!((touch.kind.as_str(), touch.summary.as_str(), touch.at), ("email", "Sent the redlines", emailed));
    assert_eq!(touch.by, Some(RepId::from("maya")));
    let touch = card.account_touch.unwrap();
    assert_eq!((touch.kind.as_str(), touch.by, touch.at), ("meeting", Some(RepId::from("ben")), began));
    assert_eq!(card.home.unwrap().zip.as_deref(), Some("94105"));
}

#[tokio::test]
async fn without_a_role_it_is_the_accounts_only_open_deal_and_of_several_none() {
    let org = Org::open().await;
    org.salesforce.without("OpportunityTeamMember");
    let acme = org.make("Account", &json!({ "Name": "Acme", "BillingCountry": "US" }));
    org.contact("Dana", "415-555-0123", &json!({ "AccountId": acme }));
    org.deal("Old", "Closed Lost", &json!({ "AccountId": acme }));
    let open = async || org.behind(DANA).await.unwrap()[0].opportunity.as_ref().map(|o| o.name.clone());
    assert_eq!(open().await, None);
    org.deal("Rollout", "Proposal", &json!({ "AccountId": acme }));
    assert_eq!(open().await.as_deref(), Some("Rollout"), "and an organisation without teams is one");
    org.deal("Upgrade", "Proposal", &json!({ "AccountId": acme }));
    assert_eq!(open().await, None, "which one was meant is anybody's guess");
}

#[tokio::test]
async fn what_the_apps_user_may_not_see_is_missing_on_the_card_and_no_more() {
    let org = Org::open().await;
    let acme = org.make("Account", &json!({ "Name": "Acme", "BillingCountry": "US", "BillingState": "IL" }));
    org.contact("Dana", "415-555-0123", &json!({ "AccountId": acme, "Title": "COO" }));
    org.deal("Rollout", "Proposal", &json!({ "AccountId": acme, "Amount": 7 }));
    for (kind, field) in
        [("Contact", "HomePhone"), ("Contact", "Title"), ("Opportunity", "Amount"), ("Account", "BillingState")]
    {
        org.salesforce.hide(kind, field);
    }
    for kind in ["Lead", "OpportunityTeamMember", "CampaignMember"] {
        org.salesforce.without(kind);
    }
    let [card] = org.behind(DANA).await.unwrap().try_into().unwrap();
    assert_eq!((card.name.as_str(), card.title.as_str()), ("Dana", ""));
    assert_eq!(card.opportunity.map(|deal| (deal.name, deal.amount_cents)), Some(("Rollout".to_owned(), 0)));
    let account = card.account.unwrap();
    assert_eq!((account.country.as_deref(), account.state), (Some("US"), None));
    assert_eq!(org.crm.deals(Timestamp::MIN, None).await.unwrap().deals[0].amount_cents, None);
}

#[tokio::test]
async fn a_lead_is_told_until_it_is_a_contact_and_one_in_a_queue_is_nobodys() {
    let org = Org::open().await;
    let queue = org.make("Group", &json!({ "Name": "Inbound", "Type": "Queue" }));
    let lead = org.make(
        "Lead",
        &json!({
            "LastName": "Reyes", "FirstName": "Dana", "Company": "Acme", "MobilePhone": "415.555.0123", "Country": "US",
            "State": "CA", "OwnerId": queue,
        }),
    );
    let [card] = org.behind(DANA).await.unwrap().try_into().unwrap();
    assert_eq!((card.contact, card.name.as_str(), card.owner), (ContactId::new(&lead), "Dana Reyes", None));
    let account = card.account.unwrap();
    assert_eq!((account.name.as_str(), account.state.as_deref(), account.owner), ("Acme", Some("CA"), None));
    org.salesforce.change("Lead", &lead, &json!({ "OwnerId": org.maya })).unwrap();
    assert_eq!(org.behind(DANA).await.unwrap()[0].owner, Some(RepId::from("maya")));
    org.contact("Reyes", "+1 415 555 0123", &json!({}));
    assert_eq!(org.names(DANA).await, ["Reyes", "Dana Reyes"], "contacts come first");
    org.salesforce.change("Lead", &lead, &json!({ "IsConverted": true })).unwrap();
    assert_eq!(org.names(DANA).await, ["Reyes"]);
}

#[tokio::test]
async fn a_number_is_found_as_ten_countries_write_it_and_one_that_ends_alike_is_nobodys() {
    let org = Org::open().await;
    for (n, (country, wanted, typed)) in [
        ("US", "+14155550101", "(415) 555-0101"),
        ("Canada", "+16135550102", "613.555.0102"),
        ("United Kingdom", "+442079460103", "020 7946 0103"),
        ("Germany", "+491711230104", "0171 / 123 01 04"),
        ("FR", "+33612340105", "06 12 34 01 05"),
        ("Italy", "+390612340106", "06 1234 0106"),
        ("Spain", "+34612340107", "612 34 01 07"),
        ("Australia", "+61412340108", "0412 340 108"),
        ("India", "+919876540109", "098765 40109"),
        ("Japan", "+819012340110", "090-1234-0110"),
        ("Brazil", "+5511912340111", "(11) 91234-0111"),
        ("Mexico", "+525512340112", "55 1234 0112"),
        ("Hungary", "+36301230113", "06 30 123 0113"),
        ("Argentina", "+5491123450114", "011 15-2345-0114"),
        ("Argentina", "+5491133445566", "11 3344-5566"),
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("{country} {n}");
        org.contact(&name, typed, &json!({ "MailingCountry": country }));
        // The same national digits in another country are somebody else.
        org.contact("Somebody else", typed, &json!({ "MailingCountry": "Sweden" }));
        org.contact("Without a country", typed, &json!({}));
        assert_eq!(org.names(wanted).await, [name], "{typed}");
    }
    // With a country code, and a zero in brackets; an extension; the other fields; the account's country.
    org.contact("Brackets", "+44 (0)20 7946 0999", &json!({}));
    assert_eq!(org.names("+442079460999").await, ["Brackets"]);
    org.contact("Extension", "(415) 555-0998 x12", &json!({ "MailingCountry": "US" }));
    assert_eq!(org.names("+14155550998").await, ["Extension"]);
    for (n, field) in ["MobilePhone", "HomePhone", "OtherPhone"].into_iter().enumerate() {
        org.contact(field, "", &json!({ field: format!("0049 171 123099{n}") }));
        assert_eq!(org.names(&format!("+49171123099{n}")).await, [field]);
    }
    // The assistant's number is found by the search and is not the contact's.
    org.contact("Boss", "", &json!({ "AssistantPhone": "+49 171 1230800" }));
    assert_eq!(org.names("+491711230800").await, [] as [String; 0]);
    let acme = org.make("Account", &json!({ "Name": "Acme", "BillingCountry": "France" }));
    org.contact("By account", "06 99 99 01 05", &json!({ "AccountId": acme }));
    assert_eq!(org.names("+33699990105").await, ["By account"]);
}

#[tokio::test]
async fn a_number_is_found_as_it_is_or_was_dialled_at_home_and_with_words_beside_it() {
    let org = Org::open().await;
    for (country, wanted, typed) in [
        ("Côte d’Ivoire", "+2250712345678", "07 12 34 56 78"),
        ("Mexico", "+525512345678", "044 55 1234 5678"),
        ("México", "+525512345679", "+52 1 55 1234 5679"),
        ("Argentina", "+5491123456789", "011 15-2345-6789"),
        ("Argentina", "+5491144556677", "+54 11 4455-6677"),
        ("Magyarország", "+36201234567", "06 20 123 4567"),
        ("Canada", "+14165550142", "416.555.0142 x12"),
        ("US", "+12125550106", "2125550106 (cell)"),
        ("US", "+12125550107", "m: 212-555-0107"),
        ("US", "+12125550108", "212-555-0108 or 212-555-0109"),
    ] {
        org.contact(typed, typed, &json!({ "MailingCountry": country }));
        assert_eq!(org.names(wanted).await, [typed], "{typed} in {country}");
    }
}

#[tokio::test]
async fn five_contacts_with_one_number_are_all_told_oldest_first_and_a_deleted_one_is_not() {
    let org = Org::open().await;
    let ids: Vec<String> = ["Ann", "Bob", "Cem", "Dia", "Eli", "Fay"]
        .map(|name| {
            org.clock.advance(Span::seconds(1));
            org.contact(name, "+1 415-555-0123", &json!({}))
        })
        .to_vec();
    assert!(org.salesforce.delete("Contact", &ids[2]));
    assert_eq!(org.names(DANA).await, ["Ann", "Bob", "Dia", "Eli", "Fay"]);
    assert_eq!(org.names("+14155550199").await, [] as [String; 0]);
    let before = org.salesforce.asked().len();
    assert!(org.crm.behind(&Address::parse("72345").unwrap()).await.unwrap().is_empty(), "no phone number");
    assert_eq!(org.salesforce.asked().len(), before, "and nobody is asked about it");
}

#[tokio::test]
async fn more_candidates_than_one_question_holds_are_looked_through() {
    let org = Org::open().await;
    for n in 0..150 {
        org.contact(&format!("Similar {n}"), "415 555 0123", &json!({}));
    }
    org.contact("Dana", "+1 (415) 555-0123", &json!({}));
    assert_eq!(org.names(DANA).await, ["Dana"]);
}

#[tokio::test]
async fn what_was_just_written_is_found_once_the_search_knows_it() {
    let org = Org::open().await;
    org.faults(SalesforceFaults { lags: true, ..SalesforceFaults::default() });
    org.contact("Dana", DANA, &json!({}));
    assert_eq!(org.names(DANA).await, [] as [String; 0]);
    org.salesforce.index();
    assert_eq!(org.names(DANA).await, ["Dana"]);
}

#[tokio::test]
async fn owners_are_told_with_those_that_left_to_the_last_page() {
    let org = Org::with(SalesforceConfig { page: 50, ..SalesforceConfig::default() }, |_| {}).await;
    let told: Vec<(String, bool)> = org.crm.owners().await.unwrap().into_iter().map(|o| (o.id, o.active)).collect();
    let ours = [(org.maya.clone(), true), (org.ben.clone(), true), (org.zoe.clone(), false)];
    assert_eq!(told[1..], ours, "behind the app's own user");
    for n in 0..130 {
        org.salesforce.user(&format!("n{n}@acme.example"), true, "UTC").unwrap();
    }
    org.make(
        "User",
        &json!({ "Username": "buyer@x.example", "Email": "buyer@x.example", "IsActive": true, "UserType": "CspLitePortal" }),
    );
    assert_eq!(org.crm.owners().await.unwrap().len(), 134, "who only visits a portal owns nothing");
}

#[tokio::test]
async fn deals_are_told_in_the_order_of_their_change_with_their_way_and_their_end() {
    let org = Org::open().await;
    org.salesforce.add_field("Opportunity", "RecordTypeId:RecordType");
    let renewal = org.make("RecordType", &json!({ "Name": "Renewals", "SobjectType": "Opportunity" }));
    let acme = org.make("Account", &json!({ "Name": "Acme" }));
    let [dana, eli] = ["Dana", "Eli"].map(|name| org.contact(name, DANA, &json!({ "AccountId": acme })));
    let began = org.now();
    let more = json!({ "Amount": 1500, "OwnerId": org.maya, "AccountId": acme, "RecordTypeId": renewal });
    let won = org.deal("Rollout", "Prospecting", &more);
    for (contact, primary) in [(&dana, false), (&eli, true)] {
        org.make(
            "OpportunityContactRole",
            &json!({ "OpportunityId": won, "ContactId": contact, "IsPrimary": primary }),
        );
    }
    let open = org.deal("Other", "Negotiation", &json!({}));
    for change in
        [json!({ "StageName": "Negotiation" }), json!({ "Amount": 1600 }), json!({ "StageName": "Closed Won" })]
    {
        org.clock.advance(Span::minutes(1440));
        org.salesforce.change("Opportunity", &won, &change).unwrap();
    }
    let told = org.crm.deals(began, None).await.unwrap();
    assert_eq!(told.next, None);
    let ids: Vec<&str> = told.deals.iter().map(|d| d.id.as_str()).collect();
    assert_eq!(ids, [open.as_str(), won.as_str()], "the one that changed last comes last");
    let deal = &told.deals[1];
    let came = |hours: i64, stage: &'static str| (began + Span::minutes(60 * hours), stage);
    let way: Vec<(Timestamp, &str)> = deal.stages.iter().map(|change| (change.at, change.stage.as_str())).collect();
    assert_eq!(way, [came(0, "Prospecting"), came(24, "Negotiation/Review"), came(72, "Closed Won")]);
    let (first, last) = (&deal.stages[0], &deal.stages[2]);
    assert!(first.leads_on_to(last) && !last.leads_on_to(first), "{:?}", deal.stages);
    assert_eq!(deal.closed, Some(Closed { at: began + Span::minutes(3 * 1440), won: true }));
    assert_eq!(
        (deal.amount_cents, deal.currency.as_deref(), deal.pipeline.as_str()),
        (Some(160_000), None, "Renewals")
    );
    assert_eq!(deal.contacts, [ContactId::new(eli), ContactId::new(dana)], "the primary one first");
    assert_eq!((deal.account.as_ref(), deal.opened), (Some(&AccountId::new(acme)), Some(began)));
    assert_eq!(deal.owner, Some(RepId::from("maya")));
    assert_eq!(deal.closes, Some(Timestamp::from_millis(1_774_915_200_000)));
    assert_eq!(told.deals[0].closed, None);
    let later = org.crm.deals(began + Span::minutes(60), None).await.unwrap();
    assert_eq!(later.deals.len(), 1, "the other one did not change since");
}

#[tokio::test]
async fn deals_of_many_pages_are_told_once_each_though_many_changed_in_one_second() {
    let org = Org::with(SalesforceConfig { page: 30, ..SalesforceConfig::default() }, |_| {}).await;
    let began = org.now();
    for n in 0..250 {
        // Most of them in the same second, which is as exact as Salesforce keeps it.
        org.clock.advance(Span::millis(if n == 180 { 60_000 } else { 1 }));
        org.deal(&format!("Deal {n}"), "Proposal", &json!({}));
    }
    let (mut after, mut names) = (None::<String>, Vec::new());
    for _ in 0..10 {
        let page = org.crm.deals(began, after.as_deref()).await.unwrap();
        names.extend(page.deals.into_iter().map(|d| d.name));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!((after, names.len()), (None, 250));
    names.sort();
    names.dedup();
    assert_eq!(names.len(), 250);
    for wrong in ["x", "5:' OR Id != '"] {
        let wrong = org.crm.deals(began, Some(wrong)).await;
        assert!(matches!(wrong, Err(CrmError::Invalid(_))), "{wrong:?}");
    }
}

#[tokio::test]
async fn a_change_concerns_whoever_hangs_on_it_with_every_number_they_have() {
    let org = Org::open().await;
    let acme = org.make("Account", &json!({ "Name": "Acme", "BillingCountry": "US" }));
    let dana = org.contact("Dana", "(415) 555-0123", &json!({ "AccountId": acme, "MobilePhone": "415 555 0124" }));
    let eli = org.contact("Eli", "+44 20 7946 0958", &json!({}));
    let lead = org.make("Lead", &json!({ "LastName": "Fay", "Company": "F", "Phone": "+49 171 1230998" }));
    let deal = org.deal("Rollout", "Proposal", &json!({}));
    org.make("OpportunityContactRole", &json!({ "OpportunityId": deal, "ContactId": eli }));
    let touched = async |kind: Kind, id: &str| {
        let told = org.crm.touched(&[Changed { kind, id: id.to_owned() }]).await.unwrap();
        let numbers: Vec<String> = told.addresses.iter().map(|a| a.as_str().to_owned()).collect();
        (told.contacts.into_iter().map(|c| c.0).collect::<Vec<_>>(), numbers)
    };
    let both = vec!["+14155550123".to_owned(), "+14155550124".to_owned()];
    assert_eq!(touched(Kind::Company, &acme).await, (vec![dana.clone()], both.clone()));
    assert_eq!(touched(Kind::Contact, &dana).await, (vec![dana.clone()], both));
    assert_eq!(touched(Kind::Deal, &deal).await, (vec![eli], vec!["+442079460958".to_owned()]));
    assert_eq!(touched(Kind::Contact, &lead).await, (vec![lead], vec!["+491711230998".to_owned()]));
    org.salesforce.delete("Contact", &dana);
    assert_eq!(touched(Kind::Contact, &dana).await, (vec![dana], Vec::new()), "who is gone is told by id");
}

#[tokio::test]
async fn people_that_are_put_in_keep_the_dates_that_are_told_of_them() {
    let org = Org::open().await;
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
    fill::salesforce(&org.salesforce, &people).unwrap();
    let (came, now) = (at("2026-01-28T00:00:00Z"), org.now());
    let [dana] = org.behind(DANA).await.unwrap().try_into().unwrap();
    let open = dana.opportunity.unwrap();
    assert_eq!((open.stage.as_str(), open.stage_since), ("Negotiation/Review", Some(came)));
    let touch = dana.last_touch.unwrap();
    assert_eq!((touch.at, touch.summary.as_str()), (at("2026-02-20T15:00:00Z"), "The quote"));
    let tasks = org.salesforce.all("Task");
    for field in ["CompletedDateTime", "CreatedDate", "LastModifiedDate", "SystemModstamp"] {
        assert_eq!(tasks[0][field], json!("2026-02-20T15:00:00.000+0000"), "{field}");
    }
    // Of whom nothing is told, that is from now on.
    let [rita] = org.behind("+14155550177").await.unwrap().try_into().unwrap();
    let open = rita.opportunity.unwrap();
    assert_eq!((open.stage.as_str(), open.stage_since), ("Prospecting", Some(now)));
    // Both were put in now, whenever they came to where they are: whoever follows the deals is told of them.
    let told = org.crm.deals(now, None).await.unwrap().deals;
    let way = |name: &str| {
        let deal = told.iter().find(|deal| deal.name == name).unwrap();
        (deal.opened, deal.stages.iter().map(|change| change.at).collect::<Vec<_>>())
    };
    assert_eq!(way("Rollout"), (Some(came), vec![came]));
    assert_eq!(way("Pilot"), (Some(now), vec![now]));
}

#[tokio::test]
async fn a_deal_that_was_deleted_there_is_no_deal_here_within_a_quarter_of_an_hour() {
    let org = Org::open().await;
    let [stays, goes] = ["stays", "goes"].map(|name| {
        let fields = json!({ "Name": name, "StageName": "Prospecting", "CloseDate": "2026-12-01" });
        org.make("Opportunity", &fields)
    });
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("comeback.sqlite");
    let projections = Projections::open(&path).unwrap();
    let follow = async || deals::follow(&org.crm, &projections, org.now()).await.unwrap();
    follow().await;
    let mut both = vec![stays.clone(), goes.clone()];
    both.sort();
    assert_eq!(deals_kept(&path), both);
    assert!(org.salesforce.delete("Opportunity", &goes));
    org.clock.advance(Span::minutes(14));
    follow().await;
    assert_eq!(deals_kept(&path), both, "it was told a little while ago");
    org.clock.advance(Span::minutes(2));
    follow().await;
    assert_eq!(deals_kept(&path), [stays]);
}
