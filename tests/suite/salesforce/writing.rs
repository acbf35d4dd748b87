//! Writes: made once, found again, and never made twice whatever broke in between.

use comeback::domain::contact::{Address, Body};
use comeback::domain::id::{ContactId, DealId, RepId};
use comeback::domain::time::Span;
use comeback::emulator::Times;
use comeback::emulator::salesforce::SalesforceFaults;
use comeback::server::crm::write::{Meeting, Priority, What, to_answer};
use comeback::server::crm::{Crm as _, CrmError, Owned, TaskState, Write};
use serde_json::{Value, json};
use uuid::Uuid;

use super::Org;

fn write(org: &Org, contact: &str, what: What) -> Write {
    Write {
        key: Uuid::now_v7(),
        contact: ContactId::new(contact),
        deal: None,
        owner: Some(RepId::from("maya")),
        at: org.now(),
        link: "https://c.example/c/1".to_owned(),
        what,
    }
}

fn text(words: &str) -> What {
    What::Log { inbound: true, body: Body::new(words), sla: Some("answered in 4 min, in time".to_owned()) }
}

fn follow_up(org: &Org) -> What {
    let (subject, words) = ("Call Dana".to_owned(), "She asked for a price".to_owned());
    What::Task { subject, words, priority: Priority::High, due: org.now() + Span::minutes(14 * 60) }
}

fn booked(org: &Org) -> What {
    let meeting = Some(Meeting { from: org.now() + Span::minutes(1440), until: org.now() + Span::minutes(1500) });
    What::Outcome { outcome: "meeting booked".to_owned(), words: "Wants a demo".to_owned(), meeting, sla: None }
}

#[tokio::test]
async fn what_we_wrote_of_the_buyers_texts_is_nobodys_touch_and_a_reps_answer_is_theirs() {
    let org = Org::open().await;
    let dana = org.contact("Dana", "+14155550123", &json!({}));
    let answer = What::Log { inbound: false, body: Body::new("At three?"), sla: None };
    let waits = What::Task {
        subject: to_answer(Some("Dana Reyes")),
        words: "late stage".to_owned(),
        priority: Priority::High,
        due: org.now() + Span::minutes(5),
    };
    for what in [answer, text("Hello?"), nurture(), What::Reopened] {
        org.crm.write(&write(&org, &dana, what)).await.unwrap();
    }
    let task = org.crm.write(&write(&org, &dana, waits)).await.unwrap();
    org.crm.write(&write(&org, &dana, What::TaskDone { task, passed_on: false })).await.unwrap();
    let [card] = org.behind("+14155550123").await.unwrap().try_into().unwrap();
    let last = card.last_touch.unwrap();
    assert_eq!((last.kind.as_str(), last.summary.as_str(), last.by), ("text", "At three?", Some("maya".into())));
    assert_eq!(card.touches, []);
}

fn nurture() -> What {
    What::Outcome { outcome: "nurture".to_owned(), words: "Next year".to_owned(), meeting: None, sla: None }
}

#[tokio::test]
async fn a_text_a_task_a_meeting_and_an_outcome_stand_in_salesforce_with_owner_contact_and_deal() {
    let org = Org::open().await;
    let dana = org.contact("Dana", "+14155550123", &json!({}));
    let deal = org.deal("Rollout", "Proposal", &json!({}));
    for (kind, what) in [
        ("Task", text("Is <b>20%</b> 'possible'?")),
        ("Task", follow_up(&org)),
        ("Event", booked(&org)),
        ("Task", nurture()),
    ] {
        let write = Write { deal: Some(DealId::new(&deal)), ..write(&org, &dana, what) };
        assert_eq!(org.crm.find(&write).await, Ok(None), "{write:?}");
        let id = org.crm.write(&write).await.unwrap();
        assert_eq!(org.crm.find(&write).await, Ok(Some(id.clone())), "{write:?}");
        let made = org.salesforce.all(kind).pop().unwrap();
        assert_eq!((&made["Id"], &made["OwnerId"]), (&json!(id), &json!(org.maya)));
        assert_eq!((&made["WhoId"], &made["WhatId"]), (&json!(dana), &json!(deal)), "{made}");
        assert!(made["Subject"].as_str().unwrap().ends_with(&write.mark()), "{made}");
        assert!(made["Description"].as_str().unwrap().ends_with("https://c.example/c/1"), "{made}");
    }
    let [log, task, outcome] = org.salesforce.all("Task").try_into().unwrap();
    let said = log["Description"].as_str().unwrap();
    assert!(said.starts_with("Is <b>20%</b> 'possible'?") && said.contains("answered in 4 min, in time"), "{said}");
    assert_eq!((&log["IsClosed"], &log["ActivityDate"]), (&json!(true), &json!("2026-03-03")));
    assert!(log["Subject"].as_str().unwrap().starts_with("Text from the buyer: Is <b>20%</b> 'possible'?"));
    // 15:00 in London and 10:00 where Maya is, and fourteen hours later.
    assert_eq!(
        (&task["IsClosed"], &task["Priority"], &task["ActivityDate"]),
        (&json!(false), &json!("High"), &json!("2026-03-04"))
    );
    assert_eq!(task["ReminderDateTime"], "2026-03-04T05:00:00.000+0000");
    assert!(outcome["Subject"].as_str().unwrap().starts_with("Conversation ended: nurture"));
    assert_eq!(org.salesforce.all("Event")[0]["StartDateTime"], "2026-03-04T15:00:00.000+0000");
}

#[tokio::test]
async fn a_field_for_our_key_holds_it_and_what_was_written_before_there_was_one_is_found_too() {
    let org = Org::open().await;
    let dana = org.contact("Dana", "+14155550123", &json!({}));
    let before = write(&org, &dana, text("Hello"));
    let id = org.crm.write(&before).await.unwrap();
    for kind in ["Task", "Event"] {
        org.salesforce.add_field(kind, "Comeback_Key__c");
    }
    // Another connector, which learns of the field.
    let crm = super::Salesforce::new(
        super::Egress::new(super::Allow::loopback()),
        super::Settings {
            login: org.salesforce.base_url().to_owned(),
            ..super::Settings::new(
                org.config.client_id.clone(),
                org.config.user.clone(),
                super::Held::Here(super::Secret::from(super::KEY.trim())),
            )
        },
        super::reps(),
        std::sync::Arc::clone(&org.clock) as std::sync::Arc<dyn comeback::clock::Clock>,
    )
    .unwrap();
    assert_eq!(crm.find(&before).await, Ok(Some(id)));
    for (kind, what) in [("Task", text("Again")), ("Event", booked(&org))] {
        let write = write(&org, &dana, what);
        assert_eq!(crm.find(&write).await, Ok(None));
        let id = crm.write(&write).await.unwrap();
        assert_eq!(crm.find(&write).await, Ok(Some(id)));
        let made = org.salesforce.all(kind).pop().unwrap();
        assert_eq!(made["Comeback_Key__c"], write.mark());
        assert!(!made["Subject"].as_str().unwrap().contains("comeback:"), "{made}");
    }
}

#[tokio::test]
async fn a_write_that_was_made_and_not_acknowledged_is_found_and_not_made_again_though_the_search_lags() {
    let org = Org::open().await;
    let dana = org.contact("Dana", "+14155550123", &json!({}));
    // A contact with a long history.
    for n in 0..620 {
        org.make("Task", &json!({ "WhoId": dana, "Subject": format!("text {n}"), "Status": "Completed" }));
    }
    for (kind, what) in
        [("Task", text("Hello")), ("Task", follow_up(&org)), ("Event", booked(&org)), ("Task", nurture())]
    {
        let count = || org.salesforce.all(kind).len();
        let (before, write) = (count(), write(&org, &dana, what));
        org.faults(SalesforceFaults { swallowed: Times::Next(1), lags: true, ..SalesforceFaults::default() });
        let failed = org.crm.write(&write).await.unwrap_err();
        assert!(failed.may_have_been_made() && !failed.is_final(), "{failed}");
        assert_eq!(count(), before + 1, "it was made");
        let found = org.crm.find(&write).await.unwrap().unwrap();
        assert_eq!(org.salesforce.all(kind).last().unwrap()["Id"], found, "{kind}");
    }
    let asked = org.salesforce.asked();
    assert!(!asked.iter().any(|call| call.contains("/search")), "{asked:?}");
}

#[tokio::test]
async fn a_task_is_open_until_it_is_completed_there_or_here_and_a_deleted_one_is_gone() {
    let org = Org::open().await;
    let dana = org.contact("Dana", "+14155550123", &json!({}));
    let id = org.crm.write(&write(&org, &dana, follow_up(&org))).await.unwrap();
    assert_eq!(org.crm.task(&id).await, Ok(TaskState::Open));
    org.clock.advance(Span::minutes(7));
    org.salesforce.change("Task", &id, &json!({ "Status": "Completed" })).unwrap();
    assert_eq!(org.crm.task(&id).await, Ok(TaskState::Done { at: org.now() }), "by somebody in Salesforce");
    let id = org.crm.write(&write(&org, &dana, follow_up(&org))).await.unwrap();
    let done = write(&org, &dana, What::TaskDone { task: id.clone(), passed_on: false });
    assert_eq!(org.crm.find(&done).await, Ok(None));
    assert_eq!(org.crm.write(&done).await, Ok(id.clone()));
    assert_eq!(org.crm.find(&done).await, Ok(Some(id.clone())));
    assert!(matches!(org.crm.task(&id).await, Ok(TaskState::Done { .. })), "by us");
    let passed = org.crm.write(&write(&org, &dana, follow_up(&org))).await.unwrap();
    let aside = write(&org, &dana, What::TaskDone { task: passed.clone(), passed_on: true });
    assert_eq!(org.crm.find(&aside).await, Ok(None));
    assert_eq!(org.crm.write(&aside).await, Ok(passed.clone()));
    assert_eq!(org.crm.find(&aside).await, Ok(Some(passed.clone())));
    assert_eq!(org.crm.task(&passed).await, Ok(TaskState::Deferred), "nobody did it");
    org.salesforce.delete("Task", &id);
    assert_eq!(org.crm.task(&id).await, Err(CrmError::NotFound));
    assert_eq!(org.crm.write(&done).await, Err(CrmError::NotFound));
}

#[tokio::test]
async fn a_task_for_later_is_put_aside_while_it_is_open_and_what_its_owner_noted_in_it_stays() {
    let org = Org::open().await;
    let dana = org.contact("Dana", "+14155550123", &json!({}));
    let id = org.crm.write(&write(&org, &dana, follow_up(&org))).await.unwrap();
    let (title, notes) = (json!("Call Dana in May"), json!("Their budget is made in April"));
    let theirs = json!({ "Subject": title, "Description": notes, "Status": "In Progress" });
    org.salesforce.change("Task", &id, &theirs).unwrap();
    let aside = write(&org, &dana, What::PutAside { task: id.clone() });
    assert_eq!(org.crm.find(&aside).await, Ok(None));
    let status = || {
        let task = org.salesforce.all("Task")[0].clone();
        assert_eq!((&task["Subject"], &task["Description"]), (&title, &notes), "{task}");
        task["Status"].clone()
    };
    for _ in 0..2 {
        assert_eq!((org.crm.write(&aside).await, status()), (Ok(id.clone()), json!("Deferred")));
    }
    assert_eq!(org.crm.find(&aside).await, Ok(Some(id.clone())));
    org.salesforce.change("Task", &id, &json!({ "Status": "Completed" })).unwrap();
    assert_eq!((org.crm.write(&aside).await, status()), (Ok(id.clone()), json!("Completed")), "somebody did it");
    org.salesforce.delete("Task", &id);
    assert_eq!(org.crm.write(&aside).await, Err(CrmError::NotFound));
}

#[tokio::test]
async fn how_many_tasks_stand_takes_one_call_and_a_deleted_one_is_missing() {
    let org = Org::open().await;
    let dana = org.contact("Dana", "+14155550123", &json!({}));
    let mut ids = Vec::new();
    for is_done in [false, true, true] {
        let id = org.crm.write(&write(&org, &dana, follow_up(&org))).await.unwrap();
        if is_done {
            org.salesforce.change("Task", &id, &json!({ "Status": "Completed" })).unwrap();
        }
        ids.push(id);
    }
    org.salesforce.delete("Task", &ids[2]);
    let before = org.salesforce.asked().len();
    let stand = org.crm.tasks(&ids).await.unwrap();
    assert_eq!(org.salesforce.asked().len(), before + 1);
    let wanted = [TaskState::Open, TaskState::Done { at: org.now() }];
    assert_eq!(stand, ids.into_iter().zip(wanted).collect());
}

#[tokio::test]
async fn a_meeting_that_gives_way_says_so_and_takes_nobodys_time_and_a_deleted_one_is_gone() {
    let org = Org::open().await;
    let dana = org.contact("Dana", "+14155550123", &json!({}));
    let meeting = Some(Meeting { from: org.now() + Span::minutes(60), until: org.now() + Span::minutes(90) });
    let outcome = "meeting booked".to_owned();
    let booked = What::Outcome { outcome, words: String::new(), meeting, sla: None };
    let id = org.crm.write(&write(&org, &dana, booked)).await.unwrap();
    org.salesforce.change("Event", &id, &json!({ "Subject": "Demo with Dana" })).unwrap();
    let moved = write(&org, &dana, What::NotHeld { meeting: id.clone(), called_off: false });
    assert_eq!(org.crm.find(&moved).await, Ok(None), "again it is as good");
    for _ in 0..2 {
        assert_eq!(org.crm.write(&moved).await, Ok(id.clone()));
    }
    let event = &org.salesforce.all("Event")[0];
    assert_eq!((&event["Subject"], &event["ShowAs"]), (&json!("Moved: Demo with Dana"), &json!("Free")));
    let off = write(&org, &dana, What::NotHeld { meeting: id.clone(), called_off: true });
    for (named, said) in [("Moved: Demo with Dana", "Moved: Demo with Dana"), ("Demo", "Called off: Demo")] {
        org.salesforce.change("Event", &id, &json!({ "Subject": named, "ShowAs": "Busy" })).unwrap();
        assert_eq!(org.crm.write(&off).await, Ok(id.clone()));
        let event = &org.salesforce.all("Event")[0];
        assert_eq!((&event["Subject"], &event["ShowAs"]), (&json!(said), &json!("Free")));
    }
    org.clock.advance(Span::minutes(120));
    let cards = org.behind("+14155550123").await.unwrap();
    assert!(cards[0].touches.is_empty() && cards[0].last_touch.is_none(), "it was not held: {cards:?}");
    org.salesforce.delete("Event", &id);
    assert_eq!(org.crm.write(&moved).await, Err(CrmError::NotFound));
}

#[tokio::test]
async fn an_owner_changes_to_one_whom_salesforce_knows_and_a_write_of_nobody_is_made_without() {
    let org = Org::open().await;
    let dana = org.contact("Dana", "+14155550123", &json!({ "OwnerId": org.ben }));
    let deal = org.deal("Rollout", "Proposal", &json!({ "OwnerId": org.ben }));
    let owner = |kind: &str| org.salesforce.all(kind)[0]["OwnerId"].clone();
    let to_maya = write(&org, &dana, What::Owner);
    assert_eq!(org.crm.find(&to_maya).await, Ok(None));
    assert_eq!(org.crm.write(&to_maya).await, Ok(dana.clone()));
    assert_eq!((owner("Contact"), org.crm.find(&to_maya).await), (json!(org.maya), Ok(Some(dana.clone()))));
    let of_the_deal = Write { deal: Some(DealId::new(&deal)), ..write(&org, &dana, What::Owner) };
    assert_eq!(org.crm.write(&of_the_deal).await, Ok(deal));
    assert_eq!(owner("Opportunity"), json!(org.maya));
    for nobody in ["zoe", "omar"] {
        let to_nobody = Write { owner: Some(RepId::from(nobody)), ..write(&org, &dana, What::Owner) };
        let refused = org.crm.write(&to_nobody).await.unwrap_err();
        assert!(refused.is_final() && !refused.may_have_been_made(), "{refused}");
        let log = Write { owner: Some(RepId::from(nobody)), ..write(&org, &dana, text("Hi")) };
        org.crm.write(&log).await.unwrap();
    }
    assert_eq!(owner("Contact"), json!(org.maya));
    // Salesforce has none without an owner: it is the app's own user then.
    let ours = |made: &Value| {
        let said = made["Description"].as_str().unwrap();
        let names = ["zoe", "omar"].iter().any(|rep| said.contains(&format!("for {rep}, who is no user here")));
        made["OwnerId"] != json!(org.zoe) && made["OwnerId"] != json!(org.maya) && names
    };
    let tasks = org.salesforce.all("Task");
    assert!(tasks.len() == 2 && tasks.iter().all(ours), "{tasks:?}");
}

#[tokio::test]
async fn whose_a_record_is_by_now_is_told_and_what_we_or_who_left_have_is_nobodys() {
    let org = Org::open().await;
    let user = |name: &str| org.salesforce.user(&format!("{name}@acme.example"), true, "UTC").unwrap();
    let (stranger, left) = (user("omar"), user("kai"));
    // As the connector's own user makes them.
    let ours = org.contact("Ours", "+14155550122", &json!({}));
    let dana = |owner: &str| org.contact("Dana", "+14155550123", &json!({ "OwnerId": owner }));
    let (bens, mayas, strangers, lefts) = (dana(&org.ben), dana(&org.maya), dana(&stranger), dana(&left));
    org.salesforce.change("User", &left, &json!({ "IsActive": false })).unwrap();
    let by = |rep: &str| Owned::By(RepId::from(rep));
    for (contact, wanted) in [
        (&ours, Owned::Nobody),
        (&bens, by("ben")),
        (&mayas, by("maya")),
        (&strangers, Owned::Stranger),
        (&lefts, Owned::Nobody),
    ] {
        let to_maya = write(&org, contact, What::Owner);
        assert_eq!(org.crm.owned(&to_maya).await, Ok(wanted), "{contact}");
        let found = (*contact == mayas).then(|| contact.clone());
        assert_eq!(org.crm.find(&to_maya).await, Ok(found), "{contact}");
    }
}

#[tokio::test]
async fn whoever_was_deactivated_since_users_were_read_owns_nothing_and_the_write_is_made_all_the_same() {
    let org = Org::open().await;
    let dana = org.contact("Dana", "+14155550123", &json!({}));
    org.crm.write(&write(&org, &dana, text("Hi"))).await.unwrap();
    org.salesforce.change("User", &org.maya, &json!({ "IsActive": false })).unwrap();
    let task = write(&org, &dana, follow_up(&org));
    let id = org.crm.write(&task).await.unwrap();
    assert_eq!(org.crm.find(&task).await, Ok(Some(id)));
    let made = org.salesforce.all("Task").pop().unwrap();
    assert_ne!(made["OwnerId"], json!(org.maya));
    let said = made["Description"].as_str().unwrap();
    assert!(said.contains("for maya, who is no user here"), "{said}");
    // Another record that is not there is not looked for among users.
    let asked = org.salesforce.asked().len();
    let deal = Some(DealId::new("0065g0000099999"));
    let of_no_deal = Write { deal, owner: Some(RepId::from("ben")), ..write(&org, &dana, text("Hi")) };
    let refused = org.crm.write(&of_no_deal).await.unwrap_err();
    assert_eq!(refused, CrmError::Invalid("INVALID_CROSS_REFERENCE_KEY".to_owned()));
    assert_eq!(org.salesforce.asked().len() - asked, 1, "{:?}", org.salesforce.asked());
}

#[tokio::test]
async fn what_is_written_about_a_lead_has_no_deal_and_its_owner_changes_too() {
    let org = Org::open().await;
    let lead = org.make("Lead", &json!({ "LastName": "Fay", "Company": "F", "Phone": "+49 171 1230998" }));
    let deal = org.deal("Rollout", "Proposal", &json!({}));
    let log = Write { deal: Some(DealId::new(&deal)), ..write(&org, &lead, text("Hi")) };
    let id = org.crm.write(&log).await.unwrap();
    assert_eq!(org.crm.find(&log).await, Ok(Some(id)));
    let owner = write(&org, &lead, What::Owner);
    assert_eq!(org.crm.write(&owner).await, Ok(lead.clone()));
    assert_eq!(org.salesforce.all("Lead")[0]["OwnerId"], json!(org.maya));
}

#[tokio::test]
async fn a_write_about_somebody_who_is_gone_is_final_and_one_that_is_no_id_asks_for_nothing_else() {
    let org = Org::open().await;
    let gone = org.contact("Dana", "+14155550123", &json!({}));
    org.salesforce.delete("Contact", &gone);
    for nobody in [gone.as_str(), "51000000007", "003' OR Subject != '"] {
        let log = write(&org, nobody, text("Hi"));
        let refused = org.crm.write(&log).await.unwrap_err();
        assert!(refused.is_final() && !refused.may_have_been_made(), "{nobody}: {refused:?}");
        let found = org.crm.find(&log).await;
        assert!(matches!(found, Ok(None) | Err(CrmError::Invalid(_))), "{nobody}: {found:?}");
    }
    assert_eq!(org.salesforce.all("Task"), [] as [Value; 0]);
}

#[tokio::test]
async fn an_opt_out_and_its_end_stand_on_contact_and_lead_once_there_is_a_field_for_it() {
    let org = Org::open().await;
    let dana = org.contact("Dana", "+14155550123", &json!({}));
    let lead = org.make("Lead", &json!({ "LastName": "Fay", "Company": "F", "Phone": "+14155550123" }));
    let consent = |opted_out: bool| {
        let number = Address::parse("+14155550123").unwrap();
        What::Consent { opted_out, number, scope: Vec::new() }
    };
    let lacks = org.crm.lacks().await.unwrap();
    assert_eq!(lacks.iter().filter(|one| one.contains("SMS_Opt_Out__c")).count(), 2, "{lacks:?}");
    for person in [&dana, &lead] {
        let asked = write(&org, person, consent(true));
        for refused in [org.crm.write(&asked).await.unwrap_err(), org.crm.find(&asked).await.unwrap_err()] {
            assert!(refused.is_final() && refused.to_string().contains("SMS_Opt_Out__c"), "{refused}");
        }
    }
    for kind in ["Contact", "Lead"] {
        org.salesforce.add_field(kind, "SMS_Opt_Out__c:b");
    }
    assert_eq!(org.crm.lacks().await, Ok(vec![]));
    for (kind, person) in [("Contact", &dana), ("Lead", &lead)] {
        for opted_out in [true, false] {
            let write = write(&org, person, consent(opted_out));
            assert_eq!(org.crm.find(&write).await, Ok(None));
            org.faults(SalesforceFaults { swallowed: Times::Next(1), lags: true, ..SalesforceFaults::default() });
            assert!(org.crm.write(&write).await.unwrap_err().may_have_been_made());
            assert_eq!(org.crm.find(&write).await, Ok(Some(person.clone())));
            assert_eq!(org.salesforce.all(kind)[0]["SMS_Opt_Out__c"], json!(opted_out));
        }
    }
}
