//! Salesforce's own library against the emulated Salesforce: jsforce, as Salesforce publishes it for Node.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use comeback::server::crm::{Crm as _, TaskState};
use serde_json::{Value, json};
use tokio::task::block_in_place;

use super::Org;

impl Org {
    /// Salesforce's client against the emulator: an answer that it takes for an error is `Err` of its word.
    fn library(&self, action: &str, asked: &Value) -> Result<Value, String> {
        let now = self.now().millis() / 1000;
        let mut all = json!({ "client_id": self.config.client_id, "user": self.config.user, "now": now });
        for (name, value) in asked.as_object().into_iter().flatten() {
            all[name] = value.clone();
        }
        block_in_place(|| client(self.salesforce.base_url(), &self.config.key, action, &all))
    }

    /// Many calls, each of which is refused by this word. It is one run of the client: starting one takes its time.
    fn refused(&self, calls: &[(&str, Value, &str)]) {
        let asked: Vec<Value> = calls.iter().map(|(action, asked, _)| json!([action, asked])).collect();
        let told = self.library("many", &json!({ "calls": asked })).unwrap();
        for ((action, asked, wanted), told) in calls.iter().zip(told.as_array().unwrap()) {
            assert_eq!(*told, json!({ "error": wanted }), "{action} {asked}");
        }
    }
}

fn client(base_url: &str, key: &str, action: &str, asked: &Value) -> Result<Value, String> {
    let folder = std::env::var_os("COMEBACK_TEST_JSFORCE")
        .expect("COMEBACK_TEST_JSFORCE is not set: run tests/run, which installs Salesforce's library and sets it");
    let mut child = Command::new("node")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/carrier/salesforce_client.js"))
        .args([base_url, action])
        .env("COMEBACK_JSFORCE", folder)
        .env("COMEBACK_CRM_KEY", key)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("node starts");
    // A script that ends without reading closes the pipe; its exit status says why.
    let _ = child.stdin.take().unwrap().write_all(asked.to_string().as_bytes());
    let told = child.wait_with_output().unwrap();
    let answer = || serde_json::from_slice::<Value>(&told.stdout).unwrap();
    match told.status.code() {
        Some(0) => Ok(answer()),
        Some(1) if !told.stdout.is_empty() => Err(answer()["error"].as_str().unwrap().to_owned()),
        _ => panic!("Salesforce's client failed: {}", String::from_utf8_lossy(&told.stderr)),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn salesforces_client_signs_in_queries_and_searches_through_the_emulator() {
    let org = Org::open().await;
    let acme = org.make("Account", &json!({ "Name": "Acme", "OwnerId": org.maya }));
    let brien = json!({ "FirstName": "Dana", "AccountId": acme, "Description": "Likes tea" });
    let dana = org.contact("O'Brien", "(415) 555-0123", &brien);
    org.contact("Fay", "(415) 555-0124", &json!({}));
    let signed = org.library("token", &json!({})).unwrap();
    assert_eq!(signed["instance"], org.salesforce.base_url());

    let soql = "SELECT Id, Name, Account.Name, Account.Owner.Email FROM Contact WHERE Phone LIKE '%0123' LIMIT 5";
    let found = org.library("query", &json!({ "soql": soql })).unwrap();
    assert_eq!((&found["totalSize"], &found["done"]), (&json!(1), &json!(true)));
    let record = &found["records"][0];
    assert_eq!((&record["Id"], &record["Name"]), (&json!(dana), &json!("Dana O'Brien")));
    let account = &record["Account"];
    assert_eq!((&account["Name"], &account["Owner"]["Email"]), (&json!("Acme"), &json!("maya@acme.example")));
    assert_eq!(record["attributes"]["url"], format!("/services/data/v62.0/sobjects/Contact/{dana}"));
    // What the client writes as SOQL by itself.
    let asked = json!({
        "kind": "Contact", "fields": ["Id", "LastName"], "sort": "-LastName",
        "conditions": { "$or": [{ "LastName": "O'Brien" }, { "LastName": { "$like": "F%" } }], "IsDeleted": false },
    });
    let found = org.library("find", &asked).unwrap();
    let names: Vec<&Value> = found.as_array().unwrap().iter().map(|r| &r["LastName"]).collect();
    assert_eq!(names, ["O'Brien", "Fay"]);
    let asked = json!({ "kind": "Contact", "conditions": { "LastName": { "$in": ["Fay", "Nobody"] } } });
    assert_eq!(org.library("count", &asked).unwrap(), 1);
    let looked = "FIND {4155550123} IN PHONE FIELDS RETURNING Contact(Id, Name), Lead(Id), Account(Id)";
    let found = org.library("search", &json!({ "sosl": looked })).unwrap();
    assert_eq!((found.as_array().unwrap().len(), &found[0]["attributes"]["type"]), (1, &json!("Contact")));
    assert_eq!(org.names("+14155550123").await, [] as [String; 0], "and we, who know that it has no country");

    // And it is refused as by Salesforce.
    org.refused(&[
        ("query", json!({ "soql": "SELECT Colour FROM Contact" }), "INVALID_FIELD"),
        ("query", json!({ "soql": "SELECT Id FROM Colour" }), "INVALID_TYPE"),
        ("query", json!({ "soql": "SELECT Id FROM Contact WHERE" }), "MALFORMED_QUERY"),
        ("query", json!({ "soql": "SELECT Id FROM Contact WHERE Description LIKE '%tea%'" }), "INVALID_FIELD"),
        ("query", json!({ "soql": "SELECT Id FROM Contact WHERE CreatedDate > '2026-01-01'" }), "INVALID_FIELD"),
        ("query", json!({ "soql": "SELECT Id FROM Contact WHERE Id = '7'" }), "INVALID_QUERY_FILTER_OPERATOR"),
        ("search", json!({ "sosl": "FIND {*5550123} IN PHONE FIELDS RETURNING Contact" }), "MALFORMED_SEARCH"),
        ("token", json!({ "client_id": "3MVG9other" }), "invalid_client_id"),
        ("token", json!({ "audience": "https://login.salesforce.com" }), "invalid_grant"),
        ("token", json!({ "now": 1 }), "invalid_grant"),
        ("token", json!({ "user": "somebody@acme.example" }), "invalid_grant"),
    ]);
    assert!(org.salesforce.unknown().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn salesforces_client_learns_who_it_is_and_what_there_is_and_makes_several_records_at_once() {
    let org = Org::open().await;
    let told = org.library("identity", &json!({})).unwrap();
    let user = org.library("token", &json!({})).unwrap()["user"].take();
    assert_eq!((&told["user"], &told["again"]), (&user, &user), "by the token's answer, and by the version's own list");
    assert_eq!(told["name"], org.config.user);
    let kinds = org.library("global", &json!({})).unwrap();
    for kind in ["Account", "Contact", "Lead", "Opportunity", "Task", "User"] {
        assert!(kinds.as_array().unwrap().contains(&json!(kind)), "{kind}: {kinds}");
    }
    org.salesforce.without("Lead");
    let kinds = org.library("global", &json!({})).unwrap();
    assert!(!kinds.as_array().unwrap().contains(&json!("Lead")), "{kinds}");

    let people = |second: Value| json!([{ "LastName": "Reyes", "Phone": "+14155550123" }, second]);
    let several = |records: Value, all: bool| {
        org.library("several", &json!({ "kind": "Contact", "records": records, "allOrNone": all })).unwrap()
    };
    let told = several(people(json!({ "LastName": "Farouk" })), false);
    assert_eq!((&told[0]["success"], &told[1]["success"]), (&json!(true), &json!(true)));
    assert_eq!(org.names("+14155550123").await, ["Reyes"]);
    let wrong = json!({ "FirstName": "Nils" });
    let told = several(people(wrong.clone()), true);
    let codes = [0, 1].map(|n: usize| told[n]["errors"][0]["statusCode"].as_str().unwrap().to_owned());
    assert_eq!(codes, ["ALL_OR_NONE_OPERATION_ROLLED_BACK", "REQUIRED_FIELD_MISSING"]);
    assert_eq!(org.salesforce.all("Contact").len(), 2, "none of them was made");
    let told = several(people(wrong), false);
    assert_eq!((&told[0]["success"], &told[1]["success"]), (&json!(true), &json!(false)));
    assert_eq!(org.salesforce.all("Contact").len(), 3, "each by itself");
    assert!(org.salesforce.unknown().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn salesforces_client_writes_tasks_and_reads_them_page_by_page_and_we_see_the_same() {
    let config = super::SalesforceConfig { page: 10, ..super::SalesforceConfig::default() };
    let org = Org::with(config, |_| {}).await;
    let dana = org.contact("Dana", "+14155550123", &json!({}));
    let task = json!({
        "kind": "Task",
        "fields": { "WhoId": dana, "OwnerId": org.maya, "Subject": "Call ñ 'Dana'", "ActivityDate": "2026-03-04" },
    });
    let made = org.library("create", &task).unwrap();
    assert_eq!(made["success"], true);
    let id = made["id"].as_str().unwrap();
    assert_eq!(org.crm.task(id).await, Ok(TaskState::Open), "we see it too");
    let read = org.library("retrieve", &json!({ "kind": "Task", "id": id })).unwrap();
    assert_eq!((&read["Subject"], &read["Status"]), (&json!("Call ñ 'Dana'"), &json!("Not Started")));
    let done = json!({ "kind": "Task", "id": id, "fields": { "Status": "Completed" } });
    assert_eq!(org.library("update", &done).unwrap()["success"], true);
    assert!(matches!(org.crm.task(id).await, Ok(TaskState::Done { .. })));
    let task = |fields: Value| json!({ "kind": "Task", "fields": fields });
    org.refused(&[
        ("create", task(json!({ "WhoId": "0035g0000000000AAA" })), "INVALID_CROSS_REFERENCE_KEY"),
        ("create", task(json!({ "WhoId": "nobody" })), "MALFORMED_ID"),
        ("create", task(json!({ "OwnerId": org.zoe })), "INACTIVE_OWNER_OR_USER"),
        ("create", task(json!({ "IsClosed": true })), "INVALID_FIELD_FOR_INSERT_UPDATE"),
        ("create", task(json!({ "Colour": "red" })), "INVALID_FIELD"),
        ("create", task(json!({ "Subject": "x".repeat(256) })), "STRING_TOO_LONG"),
    ]);
    assert_eq!(org.salesforce.all("Task").len(), 1, "what is refused is not made");
    let at = |shown: &str| json!({ "StartDateTime": "2026-03-04T15:00:00Z", "DurationInMinutes": 30, "ShowAs": shown });
    let events = ["Busy", "OutOfOffice", "Free"].map(|shown| org.make("Event", &at(shown)));
    let wrong = json!({ "kind": "Event", "id": events[0], "fields": { "ShowAs": "Out of Office" } });
    org.refused(&[
        ("create", json!({ "kind": "Event", "fields": at("Tentative") }), "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"),
        ("update", wrong, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"),
    ]);

    let deal = org.deal("Rollout", "Proposal", &json!({}));
    for stage in ["Negotiation", "Closed Lost"] {
        org.clock.advance(comeback::domain::time::Span::minutes(1));
        org.salesforce.change("Opportunity", &deal, &json!({ "StageName": stage })).unwrap();
    }
    let soql = format!(
        "SELECT Id, IsWon, (SELECT StageName FROM OpportunityHistories ORDER BY CreatedDate DESC) FROM Opportunity \
         WHERE Id = '{deal}' AND IsClosed = true"
    );
    let found = org.library("query", &json!({ "soql": soql })).unwrap();
    let stages = found["records"][0]["OpportunityHistories"]["records"].as_array().unwrap();
    let stages: Vec<&Value> = stages.iter().map(|s| &s["StageName"]).collect();
    assert_eq!(stages, ["Closed Lost", "Negotiation", "Proposal"]);

    for n in 0..35 {
        org.contact(&format!("N{n}"), "", &json!({}));
    }
    let all = org.library("all", &json!({ "soql": "SELECT Id FROM Contact" })).unwrap();
    assert_eq!(all.as_array().unwrap().len(), 36);
    let fields = org.library("describe", &json!({ "kind": "Task" })).unwrap();
    assert!(fields.as_array().unwrap().contains(&json!("ActivityDate")), "{fields}");
    let limits = org.library("limits", &json!({})).unwrap();
    assert_eq!(
        (&limits["info"]["limit"], &limits["told"]["DailyApiRequests"]["Max"]),
        (&json!(15_000), &json!(15_000))
    );
    org.library("destroy", &json!({ "kind": "Task", "id": id })).unwrap();
    assert_eq!(org.library("destroy", &json!({ "kind": "Task", "id": id })).unwrap_err(), "ENTITY_IS_DELETED");
    assert_eq!(org.crm.task(id).await, Err(comeback::server::crm::CrmError::NotFound));
    org.faults(super::SalesforceFaults { day_is_over: true, ..super::SalesforceFaults::default() });
    let refused = org.library("query", &json!({ "soql": "SELECT Id FROM User" })).unwrap_err();
    assert_eq!(refused, "REQUEST_LIMIT_EXCEEDED");
}
