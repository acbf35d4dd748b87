//! HubSpot's own library against the emulated HubSpot, and its signature against ours.

use axum::http::HeaderMap;
use comeback::emulator::hubspot::HubSpotConfig;
use comeback::server::carrier::{Hooked, Unbelieved};
use comeback::server::crm::{Changed, Crm as _, changed::Kind};
use serde_json::{Value, json};
use tokio::task::block_in_place;

use super::Portal;
use crate::twilio_library::script;

impl Portal {
    /// HubSpot's client against the emulator: an answer that it takes for an error is `Err` of `{status, category}`.
    fn library(&self, action: &str, asked: &Value) -> Result<Value, Value> {
        client(self.hubspot.base_url(), &self.config.token, action, asked)
    }
}

fn client(base_url: &str, token: &str, action: &str, asked: &Value) -> Result<Value, Value> {
    let secrets = [("COMEBACK_API_KEY", token)];
    let told =
        block_in_place(|| script("hubspot_client.py", &[base_url, action], &secrets, asked.to_string().as_bytes()));
    let answer = || serde_json::from_slice::<Value>(&told.stdout).unwrap();
    match told.status.code() {
        Some(0) => Ok(answer()),
        Some(1) if !told.stdout.is_empty() => Err(answer()["error"].take()),
        _ => panic!("HubSpot's client failed: {}", String::from_utf8_lossy(&told.stderr)),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hubspots_client_searches_follows_associations_and_lists_owners_through_the_emulator() {
    let portal = Portal::open().await;
    let dana = portal.contact("Dana", "(415) 555-0123", &json!({ "country": "United States" }));
    let acme = portal.hubspot.make("companies", &json!({ "name": "Acme" }), &[("contacts", &dana)]).unwrap();
    let filter = |name: &str, operator: &str, value: &str| {
        json!({ "filters": [{ "propertyName": name, "operator": operator, "value": value }],
                "properties": ["firstname", "hs_calculated_phone_number"] })
    };
    let found = portal.library("find", &filter("hs_searchable_calculated_phone_number", "EQ", "4155550123")).unwrap();
    assert_eq!((&found["total"], &found["results"][0]["id"]), (&json!(1), &json!(dana)));
    assert_eq!(found["results"][0]["properties"]["hs_calculated_phone_number"], "+14155550123");
    let found = portal.library("find", &filter("phone", "EQ", "+14155550123")).unwrap();
    assert_eq!(found["total"], 0, "as it was typed, and not otherwise");
    let hanging = portal.library("associated", &json!({ "kind": "contacts", "id": dana, "to": "companies" })).unwrap();
    assert_eq!(hanging, json!([{ "id": acme, "types": [1, 279] }]));
    let owners = portal.library("owners", &json!({})).unwrap();
    let zoe = json!({ "id": portal.zoe, "email": "zoe@acme.example", "archived": true });
    assert_eq!((owners.as_array().unwrap().len(), &owners[2]), (3, &zoe));
    // And it is refused as by HubSpot.
    let unknown = portal.library("find", &filter("favourite_colour", "EQ", "red")).unwrap_err();
    assert_eq!(unknown, json!({ "status": 400, "category": "VALIDATION_ERROR" }));
    let closed = client(portal.hubspot.base_url(), "pat-other", "owners", &json!({})).unwrap_err();
    assert_eq!(closed, json!({ "status": 401, "category": "INVALID_AUTHENTICATION" }));
    let nobody = portal.library("associated", &json!({ "kind": "contacts", "id": "1", "to": "deals" })).unwrap_err();
    assert_eq!(nobody["status"], 404);
    portal.faults(comeback::emulator::hubspot::HubSpotFaults { day_is_over: true, ..Default::default() });
    assert_eq!(portal.library("owners", &json!({})).unwrap_err(), json!({ "status": 429, "category": "RATE_LIMITS" }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hubspots_client_reads_pages_and_whole_contacts_looks_for_words_and_makes_several_at_once() {
    // As fast as the client asks: its searches are not what is looked at.
    let config = HubSpotConfig { calls: 100_000, searches: 1_000, ..HubSpotConfig::default() };
    let portal = Portal::with(config, |_| {}).await;
    let people = json!({
        "people": [
            { "firstname": "Dana", "lastname": "Reyes", "email": "dana@acme.example", "phone": "(415) 555-0123" },
            { "firstname": "Nils", "lastname": "Farouk", "phone": "+1 312 555 0162" },
        ],
    });
    let made = portal.library("make", &people).unwrap();
    let [dana, nils] = [0, 1].map(|n: usize| made[n]["id"].as_str().unwrap().to_owned());
    assert_eq!(made[1]["properties"]["lastname"], "Farouk");
    let half = json!({ "people": [{ "firstname": "Rita" }, { "colour": "red" }] });
    let refused = portal.library("make", &half).unwrap_err();
    assert_eq!(refused, json!({ "status": 400, "category": "VALIDATION_ERROR" }));
    assert_eq!(portal.hubspot.all("contacts").len(), 2, "all of them or none");

    // The client repeats a parameter for each name.
    let page = |asked: Value| portal.library("page", &asked).unwrap();
    let told = page(json!({ "properties": ["firstname", "lastname", "email", "phone"], "limit": 1 }));
    let properties = &told[0]["properties"];
    for (name, value) in people["people"][0].as_object().unwrap() {
        assert_eq!(&properties[name], value, "{name}");
    }
    let told = page(json!({ "properties": ["firstname,lastname"] }));
    assert_eq!(told[1]["properties"]["lastname"], "Farouk");
    portal.hubspot.delete("contacts", &nils);
    let ids = |told: &Value| -> Vec<String> {
        told.as_array().unwrap().iter().map(|r| r["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(ids(&page(json!({ "archived": true }))), [nils.as_str()], "those alone");
    assert_eq!(ids(&page(json!({ "archived": false }))), [dana.as_str()]);
    assert_eq!(ids(&page(json!({}))), [dana.as_str()]);

    let looked = |text: &str| portal.library("query", &json!({ "query": text })).unwrap();
    for (text, wanted) in [
        ("zzzz-nobody", json!([])),
        ("reyes", json!(["Dana"])),
        ("DANA Reyes", json!(["Dana"])),
        ("dana farouk", json!([])),
        ("acme.example", json!(["Dana"])),
        ("4155550123", json!(["Dana"])),
        ("farouk", json!([])),
    ] {
        assert_eq!(looked(text), wanted, "{text}");
    }
    let endless = portal.library("query", &json!({ "query": "x".repeat(3001) })).unwrap_err();
    assert_eq!(endless["status"], 400);

    let acme = portal.hubspot.make("companies", &json!({ "name": "Acme" }), &[("contacts", &dana)]).unwrap();
    portal.hubspot.change("contacts", &dana, &json!({ "phone": "(415) 555-0199" })).unwrap();
    let told = portal.library("whole", &json!({ "id": dana })).unwrap();
    assert_eq!(told["phones"], json!(["(415) 555-0199", "(415) 555-0123"]), "newest first");
    let both = json!([[acme, "contact_to_company"], [acme, "contact_to_company_unlabeled"]]);
    assert_eq!(told["ends"], json!({ "companies": both }));

    for n in 0..11 {
        portal.contact(&format!("N{n}"), "", &json!({}));
    }
    assert_eq!(looked("").as_array().unwrap().len(), 10, "a page, where nobody says how many");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hubspots_client_logs_texts_gives_and_completes_tasks_and_reads_how_deals_went() {
    let portal = Portal::open().await;
    let dana = portal.contact("Dana", "+14155550123", &json!({}));
    let kinds = portal.library("kinds", &json!({ "from": "communications", "to": "contacts" })).unwrap();
    let kind = &kinds[0]["id"];
    assert_eq!(kinds, json!([{ "id": kind, "category": "HUBSPOT_DEFINED", "label": null }]));
    let properties = json!({
        "hs_communication_channel_type": "SMS", "hs_communication_logged_from": "CRM",
        "hs_communication_body": "Hi ñ & <b>", "hs_timestamp": "2026-03-03T15:00:00Z", "hubspot_owner_id": portal.maya,
    });
    let logged = portal.library("log", &json!({ "properties": properties, "on": [[dana, kind]] })).unwrap();
    assert_eq!(logged["properties"]["hs_communication_body"], "Hi ñ & <b>");
    let [made] = portal.hubspot.all("communications").try_into().unwrap();
    assert_eq!((&made["id"], &made["on"]), (&logged["id"], &json!([["contacts", dana]])));
    let given = json!({
        "properties": { "hs_task_subject": "Call", "hs_task_status": "NOT_STARTED", "hs_timestamp": "2026-03-03T17:00:00Z" },
        "on": [[dana, 204]],
    });
    let task = portal.library("task", &given).unwrap();
    let id = task["id"].as_str().unwrap();
    assert!(matches!(portal.crm.task(id).await, Ok(comeback::server::crm::TaskState::Open)), "we see it too");
    let done = portal.library("done", &json!({ "id": id })).unwrap();
    assert_eq!(done["properties"]["hs_task_status"], "COMPLETED", "what was changed is told");
    assert!(matches!(portal.crm.task(id).await, Ok(comeback::server::crm::TaskState::Done { .. })));
    let read = json!({ "kind": "tasks", "id": id, "properties": ["hs_task_status", "hs_task_subject"] });
    assert_eq!(portal.library("read", &read).unwrap()["properties"]["hs_task_status"], "COMPLETED");
    for (refused, on) in [
        (json!({ "hs_timestamp": "2026-03-03T15:00:00Z" }), json!([[dana, kind]])),
        (json!({ "colour": "red" }), json!([[dana, kind]])),
        (properties.clone(), json!([[dana, 204]])),
        (properties.clone(), json!([["1", kind]])),
    ] {
        let said = portal.library("log", &json!({ "properties": refused, "on": on })).unwrap_err();
        assert_eq!(said, json!({ "status": 400, "category": "VALIDATION_ERROR" }), "{refused} {on}");
    }
    assert_eq!(portal.hubspot.all("communications").len(), 1, "what is refused is not made");

    let deal = portal.hubspot.make("deals", &json!({ "dealname": "A", "dealstage": "contractsent" }), &[]).unwrap();
    portal.hubspot.change("deals", &deal, &json!({ "dealstage": "closedlost" })).unwrap();
    let deals = portal.library("deals", &json!({ "ids": [deal] })).unwrap();
    assert_eq!(deals[0]["stages"], json!(["closedlost", "contractsent"]), "newest first");
    let pipelines = portal.library("pipelines", &json!({})).unwrap();
    assert_eq!((&pipelines[0]["id"], &pipelines[0]["stages"][4]), (&json!("default"), &json!(["closedwon", "true"])));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_hubspots_library_signs_we_believe_and_not_one_byte_else() {
    let portal = Portal::open().await;
    let (url, time) = ("https://c.example/hooks/crm", portal.now().millis().to_string());
    let body = r#"[{"subscriptionType":"contact.propertyChange","objectId":101,"propertyValue":"ñ"}]"#;
    let asked = json!({ "body": body, "url": url, "time": time });
    let signed = client("-", &portal.config.client_secret, "sign", &asked).unwrap();
    let heard = async |url: &str, body: &str, time: &str, signature: &str| {
        let mut headers = HeaderMap::new();
        headers.insert("x-hubspot-signature-v3", signature.parse().unwrap());
        headers.insert("x-hubspot-request-timestamp", time.parse().unwrap());
        let (body, at) = (body.as_bytes(), portal.now());
        let hooked = Hooked { carrier: "crm", path: "", method: "POST", url, query: "", headers: &headers, body, at };
        portal.crm.heard(&hooked).await
    };
    let signature = signed.as_str().unwrap();
    let told = heard(url, body, &time, signature).await;
    assert_eq!(told, Ok(vec![Changed { kind: Kind::Contact, id: "101".to_owned() }]));
    let other_time = (portal.now().millis() + 1).to_string();
    for (url, body, time, signature) in [
        ("https://c.example/hooks/crn", body, time.as_str(), signature),
        (url, &body.replace("101", "102"), &time, signature),
        (url, body, &other_time, signature),
        (url, body, &time, &signature.replace('=', "")),
    ] {
        let told = heard(url, body, time, signature).await;
        assert!(matches!(told, Err(Unbelieved::Forged(_))), "{told:?}");
    }
}
