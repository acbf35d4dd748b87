//! Writes: made once, found again, and never made twice whatever broke in between.

use comeback::domain::contact::{Address, Body};
use comeback::domain::id::{ContactId, DealId, RepId};
use comeback::domain::time::Span;
use comeback::emulator::Times;
use comeback::emulator::hubspot::{HubSpotConfig, HubSpotFaults};
use comeback::server::crm::write::{Meeting, Priority, What};
use comeback::server::crm::{Crm as _, CrmError, Owned, TaskState, Write};
use serde_json::{Value, json};
use uuid::Uuid;

use super::Portal;

fn write(portal: &Portal, contact: &str, what: What) -> Write {
    Write {
        key: Uuid::now_v7(),
        contact: ContactId::new(contact),
        deal: None,
        owner: Some(RepId::from("maya")),
        at: portal.now(),
        link: "https://c.example/c/1".to_owned(),
        what,
    }
}

fn text(words: &str) -> What {
    What::Log { inbound: true, body: Body::new(words), sla: Some("answered in 4 min, in time".to_owned()) }
}

fn follow_up(portal: &Portal) -> What {
    let (subject, words) = ("Call Dana".to_owned(), "She asked for a price".to_owned());
    What::Task { subject, words, priority: Priority::High, due: portal.now() + Span::minutes(120) }
}

fn booked(portal: &Portal) -> What {
    let meeting = Some(Meeting { from: portal.now() + Span::minutes(1440), until: portal.now() + Span::minutes(1500) });
    What::Outcome { outcome: "meeting booked".to_owned(), words: "Wants a demo".to_owned(), meeting, sla: None }
}

fn nurture() -> What {
    What::Outcome { outcome: "nurture".to_owned(), words: "Next year".to_owned(), meeting: None, sla: None }
}

#[tokio::test]
async fn a_text_a_task_a_meeting_and_an_outcome_stand_in_hubspot_with_owner_contact_and_deal() {
    let portal = Portal::open().await;
    let dana = portal.contact("Dana", "+14155550123", &json!({}));
    let deal = portal.hubspot.make("deals", &json!({ "dealname": "Rollout" }), &[("contacts", &dana)]).unwrap();
    for (kind, marked, what) in [
        ("communications", "hs_communication_body", text("Is <b>20%</b> possible?")),
        ("tasks", "hs_task_body", follow_up(&portal)),
        ("meetings", "hs_internal_meeting_notes", booked(&portal)),
        ("notes", "hs_note_body", What::Reopened),
    ] {
        let write = Write { deal: Some(DealId::new(&deal)), ..write(&portal, &dana, what) };
        assert_eq!(portal.crm.find(&write).await, Ok(None), "{kind}");
        let id = portal.crm.write(&write).await.unwrap();
        assert_eq!(portal.crm.find(&write).await, Ok(Some(id.clone())), "{kind}");
        let [made] = portal.hubspot.all(kind).try_into().unwrap();
        assert_eq!(
            (made["id"].as_str(), &made["properties"]["hubspot_owner_id"]),
            (Some(id.as_str()), &json!(portal.maya))
        );
        assert_eq!(made["on"], json!([["contacts", dana], ["deals", deal]]), "{kind}");
        let said = made["properties"][marked].as_str().unwrap();
        assert!(said.contains("https://c.example/c/1") && said.contains(&write.mark()), "{said}");
    }
    let note = write(&portal, &dana, nurture());
    let id = portal.crm.write(&note).await.unwrap();
    assert_eq!(portal.crm.find(&note).await, Ok(Some(id)));
    let log = &portal.hubspot.all("communications")[0]["properties"];
    let body = log["hs_communication_body"].as_str().unwrap();
    assert!(
        body.contains("Is &lt;b&gt;20%&lt;/b&gt; possible?") && body.contains("answered in 4 min, in time"),
        "{body}"
    );
    assert_eq!(
        (&log["hs_communication_channel_type"], &log["hs_communication_logged_from"]),
        (&json!("SMS"), &json!("CRM"))
    );
    let task = &portal.hubspot.all("tasks")[0]["properties"];
    assert_eq!(
        (&task["hs_timestamp"], &task["hs_task_priority"]),
        (&json!("2026-03-03T17:00:00.000Z"), &json!("HIGH"))
    );
}

#[tokio::test]
async fn a_write_that_was_made_and_not_acknowledged_is_found_and_not_made_again_though_the_search_lags() {
    let portal = Portal::open().await;
    let dana = portal.contact("Dana", "+14155550123", &json!({}));
    // A contact with a long history.
    for n in 0..620 {
        let properties = json!({
            "hs_timestamp": "2026-01-01T00:00:00Z", "hs_communication_channel_type": "SMS",
            "hs_communication_logged_from": "CRM", "hs_communication_body": format!("text {n}"),
        });
        portal.hubspot.make("communications", &properties, &[("contacts", &dana)]).unwrap();
    }
    for (kind, what) in [
        ("communications", text("Hello")),
        ("tasks", follow_up(&portal)),
        ("meetings", booked(&portal)),
        ("notes", nurture()),
    ] {
        let count = || portal.hubspot.all(kind).len();
        let (before, write) = (count(), write(&portal, &dana, what));
        portal.faults(HubSpotFaults { swallowed: Times::Next(1), lags: true, ..HubSpotFaults::default() });
        let failed = portal.crm.write(&write).await.unwrap_err();
        assert!(failed.may_have_been_made() && !failed.is_final(), "{failed}");
        assert_eq!(count(), before + 1, "it was made");
        let found = portal.crm.find(&write).await.unwrap().unwrap();
        assert_eq!(portal.hubspot.all(kind).last().unwrap()["id"], found, "{kind}");
    }
    let asked = portal.hubspot.asked();
    assert!(!asked.iter().any(|call| call.ends_with("/search")), "{asked:?}");
}

#[tokio::test]
async fn a_task_is_open_until_it_is_completed_there_or_here_and_a_deleted_one_is_gone() {
    let portal = Portal::open().await;
    let dana = portal.contact("Dana", "+14155550123", &json!({}));
    let id = portal.crm.write(&write(&portal, &dana, follow_up(&portal))).await.unwrap();
    assert_eq!(portal.crm.task(&id).await, Ok(TaskState::Open));
    portal.clock.advance(Span::minutes(7));
    portal.hubspot.change("tasks", &id, &json!({ "hs_task_status": "COMPLETED" })).unwrap();
    assert_eq!(portal.crm.task(&id).await, Ok(TaskState::Done { at: portal.now() }), "by somebody in HubSpot");
    let id = portal.crm.write(&write(&portal, &dana, follow_up(&portal))).await.unwrap();
    let done = write(&portal, &dana, What::TaskDone { task: id.clone(), passed_on: false });
    assert_eq!(portal.crm.find(&done).await, Ok(None));
    assert_eq!(portal.crm.write(&done).await, Ok(id.clone()));
    assert_eq!(portal.crm.find(&done).await, Ok(Some(id.clone())));
    assert!(matches!(portal.crm.task(&id).await, Ok(TaskState::Done { .. })), "by us");
    let passed = portal.crm.write(&write(&portal, &dana, follow_up(&portal))).await.unwrap();
    let aside = write(&portal, &dana, What::TaskDone { task: passed.clone(), passed_on: true });
    assert_eq!(portal.crm.find(&aside).await, Ok(None));
    assert_eq!(portal.crm.write(&aside).await, Ok(passed.clone()));
    assert_eq!(portal.crm.find(&aside).await, Ok(Some(passed.clone())));
    assert_eq!(portal.crm.task(&passed).await, Ok(TaskState::Deferred), "nobody did it");
    portal.hubspot.delete("tasks", &id);
    assert_eq!(portal.crm.task(&id).await, Err(CrmError::NotFound));
    assert_eq!(portal.crm.write(&done).await, Err(CrmError::NotFound));
}

#[tokio::test]
async fn a_task_for_later_is_put_aside_while_it_is_open_and_what_its_owner_noted_in_it_stays() {
    let portal = Portal::open().await;
    let dana = portal.contact("Dana", "+14155550123", &json!({}));
    let id = portal.crm.write(&write(&portal, &dana, follow_up(&portal))).await.unwrap();
    let (title, notes) = (json!("Call Dana in May"), json!("Their budget is made in April"));
    let theirs = json!({ "hs_task_subject": title, "hs_task_body": notes, "hs_task_status": "WAITING" });
    portal.hubspot.change("tasks", &id, &theirs).unwrap();
    let aside = write(&portal, &dana, What::PutAside { task: id.clone() });
    assert_eq!(portal.crm.find(&aside).await, Ok(None));
    let status = || {
        let task = portal.hubspot.all("tasks")[0]["properties"].clone();
        assert_eq!((&task["hs_task_subject"], &task["hs_task_body"]), (&title, &notes), "{task}");
        task["hs_task_status"].clone()
    };
    for _ in 0..2 {
        assert_eq!((portal.crm.write(&aside).await, status()), (Ok(id.clone()), json!("DEFERRED")));
    }
    assert_eq!(portal.crm.find(&aside).await, Ok(Some(id.clone())));
    portal.hubspot.change("tasks", &id, &json!({ "hs_task_status": "COMPLETED" })).unwrap();
    assert_eq!((portal.crm.write(&aside).await, status()), (Ok(id.clone()), json!("COMPLETED")), "somebody did it");
    portal.hubspot.delete("tasks", &id);
    assert_eq!(portal.crm.write(&aside).await, Err(CrmError::NotFound));
}

#[tokio::test]
async fn how_many_tasks_stand_takes_one_call_and_a_deleted_one_is_missing() {
    let portal = Portal::open().await;
    let dana = portal.contact("Dana", "+14155550123", &json!({}));
    let mut ids = Vec::new();
    for status in ["NOT_STARTED", "COMPLETED", "DEFERRED", "COMPLETED"] {
        let id = portal.crm.write(&write(&portal, &dana, follow_up(&portal))).await.unwrap();
        portal.hubspot.change("tasks", &id, &json!({ "hs_task_status": status })).unwrap();
        ids.push(id);
    }
    portal.hubspot.delete("tasks", &ids[3]);
    let before = portal.hubspot.asked().len();
    let stand = portal.crm.tasks(&ids).await.unwrap();
    assert_eq!(portal.hubspot.asked().len(), before + 1);
    let wanted = [TaskState::Open, TaskState::Done { at: portal.now() }, TaskState::Deferred];
    assert_eq!(stand, ids.into_iter().zip(wanted).collect());
}

#[tokio::test]
async fn a_meeting_that_gives_way_is_rescheduled_and_no_touch_and_a_deleted_one_is_gone() {
    let portal = Portal::open().await;
    let dana = portal.contact("Dana", "+14155550123", &json!({ "notes_last_contacted": portal.now().millis() }));
    let meeting = Some(Meeting { from: portal.now() + Span::minutes(60), until: portal.now() + Span::minutes(90) });
    let outcome = "meeting booked".to_owned();
    let booked = What::Outcome { outcome, words: String::new(), meeting, sla: None };
    let id = portal.crm.write(&write(&portal, &dana, booked)).await.unwrap();
    let touches = async || {
        let cards = portal.crm.behind(&Address::parse("+14155550123").unwrap()).await.unwrap();
        let all = cards[0].last_touch.iter().chain(&cards[0].touches);
        all.map(|touch| touch.kind.clone()).filter(|kind| kind == "meeting").collect::<Vec<_>>()
    };
    let moved = write(&portal, &dana, What::NotHeld { meeting: id.clone(), called_off: false });
    assert_eq!(portal.crm.find(&moved).await, Ok(None), "again it is as good");
    for _ in 0..2 {
        assert_eq!(portal.crm.write(&moved).await, Ok(id.clone()));
    }
    let outcome = || portal.hubspot.all("meetings")[0]["properties"]["hs_meeting_outcome"].clone();
    assert_eq!(outcome(), "RESCHEDULED");
    portal.clock.advance(Span::minutes(120));
    assert_eq!(touches().await, [] as [String; 0]);
    let off = write(&portal, &dana, What::NotHeld { meeting: id.clone(), called_off: true });
    for held in ["COMPLETED", "SCHEDULED"] {
        portal.hubspot.change("meetings", &id, &json!({ "hs_meeting_outcome": held })).unwrap();
        assert_eq!((portal.crm.write(&moved).await, outcome()), (Ok(id.clone()), json!(held)), "it was held");
        assert_eq!(touches().await, ["meeting"]);
    }
    let ahead = json!({ "hs_meeting_start_time": (portal.now() + Span::minutes(60)).to_string() });
    portal.hubspot.change("meetings", &id, &ahead).unwrap();
    assert_eq!(
        (portal.crm.write(&off).await, outcome()),
        (Ok(id.clone()), json!("CANCELED")),
        "in no place of another"
    );
    portal.hubspot.delete("meetings", &id);
    assert_eq!(portal.crm.write(&moved).await, Err(CrmError::NotFound));
}

#[tokio::test]
async fn the_answer_to_a_change_tells_what_was_changed() {
    let portal = Portal::open().await;
    let id = portal.hubspot.make("meetings", &json!({ "hs_timestamp": "2026-03-03T17:00:00Z" }), &[]).unwrap();
    drop(rustls::crypto::ring::default_provider().install_default());
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let change = json!({ "properties": { "hs_meeting_outcome": "RESCHEDULED" } }).to_string();
    let meeting = format!("{}/crm/v3/objects/meetings/{id}", portal.hubspot.base_url());
    let answer = http.patch(meeting).bearer_auth(&portal.config.token).body(change).send().await.unwrap();
    let told: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
    assert_eq!((&told["id"], &told["properties"]["hs_meeting_outcome"]), (&json!(id), &json!("RESCHEDULED")));
}

#[tokio::test]
async fn an_owner_changes_to_one_whom_hubspot_knows_and_a_write_of_nobody_is_made_without() {
    let portal = Portal::open().await;
    let dana = portal.contact("Dana", "+14155550123", &json!({ "hubspot_owner_id": portal.ben }));
    let owner = || portal.hubspot.all("contacts")[0]["properties"]["hubspot_owner_id"].clone();
    let to_maya = write(&portal, &dana, What::Owner);
    assert_eq!(portal.crm.find(&to_maya).await, Ok(None));
    assert_eq!(portal.crm.write(&to_maya).await, Ok(dana.clone()));
    assert_eq!((owner(), portal.crm.find(&to_maya).await), (json!(portal.maya), Ok(Some(dana.clone()))));
    for nobody in ["zoe", "omar"] {
        let to_nobody = Write { owner: Some(RepId::from(nobody)), ..write(&portal, &dana, What::Owner) };
        let refused = portal.crm.write(&to_nobody).await.unwrap_err();
        assert!(refused.is_final() && !refused.may_have_been_made(), "{refused}");
        let log = Write { owner: Some(RepId::from(nobody)), ..write(&portal, &dana, text("Hi")) };
        portal.crm.write(&log).await.unwrap();
    }
    assert_eq!(owner(), json!(portal.maya));
    let without = |made: &Value| {
        let said = made["properties"]["hs_communication_body"].as_str().unwrap();
        let names = ["zoe", "omar"].iter().any(|rep| said.contains(&format!("for {rep}, who is no user here")));
        made["properties"].get("hubspot_owner_id").is_none() && names
    };
    let logs = portal.hubspot.all("communications");
    assert!(logs.len() == 2 && logs.iter().all(without), "{logs:?}");
}

#[tokio::test]
async fn whose_a_record_is_by_now_is_told_and_who_left_has_none() {
    let portal = Portal::open().await;
    let stranger = portal.hubspot.owner("omar@acme.example", false);
    let by = |rep: &str| Owned::By(RepId::from(rep));
    let dana = portal.contact("Dana", "+14155550123", &json!({}));
    let to_maya = write(&portal, &dana, What::Owner);
    for (owner, wanted) in [
        ("", Owned::Nobody),
        (portal.ben.as_str(), by("ben")),
        (portal.maya.as_str(), by("maya")),
        (portal.zoe.as_str(), Owned::Nobody),
        (stranger.as_str(), Owned::Stranger),
    ] {
        portal.hubspot.change("contacts", &dana, &json!({ "hubspot_owner_id": owner })).unwrap();
        assert_eq!(portal.crm.owned(&to_maya).await, Ok(wanted), "{owner}");
        let found = (owner == portal.maya).then(|| dana.clone());
        assert_eq!(portal.crm.find(&to_maya).await, Ok(found), "{owner}");
    }
    portal.hubspot.delete("contacts", &dana);
    assert_eq!(portal.crm.owned(&to_maya).await, Err(CrmError::NotFound));
}

#[tokio::test]
async fn whoever_was_deactivated_since_owners_were_read_owns_nothing_and_the_write_is_made_all_the_same() {
    let portal = Portal::open().await;
    let dana = portal.contact("Dana", "+14155550123", &json!({}));
    portal.crm.write(&write(&portal, &dana, text("Hi"))).await.unwrap();
    portal.hubspot.leaves(&portal.maya);
    let task = write(&portal, &dana, follow_up(&portal));
    let id = portal.crm.write(&task).await.unwrap();
    assert_eq!(portal.crm.find(&task).await, Ok(Some(id)));
    let [made] = portal.hubspot.all("tasks").try_into().unwrap();
    let said = made["properties"]["hs_task_body"].as_str().unwrap();
    assert!(made["properties"].get("hubspot_owner_id").is_none(), "{made}");
    assert!(said.contains("for maya, who is no user here"), "{said}");
    let to_her = portal.crm.write(&write(&portal, &dana, What::Owner)).await.unwrap_err();
    assert!(to_her.is_final() && to_her.to_string().contains("mail address"), "{to_her}");
    // Ben left, and is back as another user.
    portal.hubspot.leaves(&portal.ben);
    let ben = portal.hubspot.owner("ben@acme.example", false);
    let note = Write { owner: Some(RepId::from("ben")), ..write(&portal, &dana, nurture()) };
    portal.crm.write(&note).await.unwrap();
    assert_eq!(portal.hubspot.all("notes")[0]["properties"]["hubspot_owner_id"], json!(ben));
}

#[tokio::test]
async fn a_write_about_somebody_who_is_gone_is_final() {
    let portal = Portal::open().await;
    let gone = portal.contact("Dana", "+14155550123", &json!({}));
    portal.hubspot.delete("contacts", &gone);
    let refused = portal.crm.write(&write(&portal, &gone, text("Hi"))).await.unwrap_err();
    assert_eq!(refused, CrmError::Invalid("VALIDATION_ERROR".to_owned()));
    assert!(refused.is_final() && !refused.may_have_been_made());
    assert_eq!(portal.crm.find(&write(&portal, &gone, text("Hi"))).await, Err(CrmError::NotFound));
    assert_eq!(portal.hubspot.all("communications"), [] as [Value; 0]);
}

fn consent(opted_out: bool) -> What {
    let scope = if opted_out { vec!["tenant".to_owned()] } else { Vec::new() };
    What::Consent { opted_out, number: Address::parse("+14155550123").unwrap(), scope }
}

#[tokio::test]
async fn an_opt_out_and_its_end_stand_on_the_contact_and_one_that_broke_off_is_seen_there() {
    let portal = Portal::open().await;
    assert_eq!(portal.crm.lacks().await, Ok(vec![]));
    let dana = portal.contact("Dana", "+14155550123", &json!({}));
    let mark = || portal.hubspot.all("contacts")[0]["properties"]["sms_opt_out"].clone();
    for (opted_out, stands) in [(true, "true"), (false, "false")] {
        let write = write(&portal, &dana, consent(opted_out));
        assert_eq!(portal.crm.find(&write).await, Ok(None));
        portal.faults(HubSpotFaults { swallowed: Times::Next(1), lags: true, ..HubSpotFaults::default() });
        assert!(portal.crm.write(&write).await.unwrap_err().may_have_been_made());
        assert_eq!(portal.crm.find(&write).await, Ok(Some(dana.clone())));
        assert_eq!(portal.crm.write(&write).await, Ok(dana.clone()), "again is as good");
        assert_eq!(mark(), stands);
    }
}

#[tokio::test]
async fn a_property_that_nobody_made_is_named_by_what_is_refused_and_by_what_is_lacked() {
    let portal = Portal::with(HubSpotConfig::default(), |settings| settings.opt_out = "no_texts".to_owned()).await;
    let dana = portal.contact("Dana", "+14155550123", &json!({}));
    let refused = portal.crm.write(&write(&portal, &dana, consent(true))).await.unwrap_err();
    assert!(refused.is_final() && refused.to_string().contains("no_texts"), "{refused}");
    let lacks = portal.crm.lacks().await.unwrap();
    assert!(matches!(lacks.as_slice(), [one] if one.contains("no_texts")), "{lacks:?}");
}
