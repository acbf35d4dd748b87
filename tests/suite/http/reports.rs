//! Reports over HTTP: who may ask, and what a number opens.

use std::sync::Arc;

use axum::http::StatusCode;
use comeback::client::handle::WhichReport;
use comeback::domain::measure::ReportName;
use comeback::domain::measure::cell::By;
use comeback::domain::measure::chart::{charts, figures};
use comeback::domain::measure::sheet::Datum;
use comeback::server::measure::{Projections, follow};
use comeback::server::store::Store;
use comeback::wire::report::{Conversations, ReportBody};
use tokio::sync::watch;

use super::{Office, envelope};

/// An office that measures.
async fn measured() -> (Office, tempfile::TempDir, Arc<Projections>) {
    let office = Office::open().await;
    let folder = tempfile::tempdir().unwrap();
    let projections = Arc::new(Projections::open(&folder.path().join("office")).unwrap());
    office.service.measured_by(Arc::clone(&projections));
    (office, folder, projections)
}

async fn reads_on(store: &Arc<dyn Store>, projections: &Arc<Projections>) {
    let (_stay, running) = watch::channel(false);
    follow(store, projections, &running).await.unwrap();
}

#[tokio::test]
async fn a_report_counts_what_happened_and_opens_it() {
    let (office, _folder, projections) = measured().await;
    office.sign_in("lea").await.sign_in("maya").await.sign_in("nina").await;
    office.text("+14155550123", "Can we talk about price?").await;
    let (status, before) = office.ask("GET", "/v1/reports/sla", Some("lea"), None).await;
    assert_eq!((status, &before["total"]["replies"]), (StatusCode::OK, &0.into()));
    assert!(before["about"]["behind"].as_u64().unwrap() > 0, "it says that it has not read all of it");
    reads_on(&office.store, &projections).await;
    let (_, report) = office.ask("GET", "/v1/reports/sla?by=team&since=7d", Some("lea"), None).await;
    assert_eq!(
        (&report["report"], &report["total"]["replies"], &report["total"]["running"]),
        (&"sla".into(), &1.into(), &1.into())
    );
    assert_eq!(report["about"]["behind"], 0);
    assert_eq!(report["total"]["steps"], serde_json::json!({ "3": 1 }), "what stood on which step");
    for path in ["sla?charts=true&breaches=5", "load", "compliance", "outcomes?compare=true&deals=5"] {
        let (_, report) = office.ask("GET", &format!("/v1/reports/{path}"), Some("nina"), None).await;
        let read: ReportBody = serde_json::from_value(report.clone()).unwrap_or_else(|e| panic!("{path}: {e}"));
        assert_eq!(serde_json::to_value(&read).unwrap(), report, "a client reads {path} as it was written");
    }
    let (status, page) = office.ask("GET", "/v1/reports/sla/replies?standing=running", Some("lea"), None).await;
    assert_eq!((status, page["replies"].as_array().unwrap().len(), &page["more"]), (StatusCode::OK, 1, &false.into()));
    let (_, drawn) = office.ask("GET", "/v1/reports/sla?since=7d&charts=true", Some("lea"), None).await;
    let days = drawn["days"].as_array().unwrap();
    assert_eq!((days.len(), &days[6]["replies"], drawn["hours"].as_array().unwrap().len()), (7, &1.into(), 1));
    assert_eq!(report["days"], serde_json::Value::Null, "only when charts were asked for");
    let today = days[6]["day"].as_str().unwrap();
    let behind = |range: String| format!("/v1/reports/sla/conversations?standing=needed&{range}");
    let (_, found) = office.ask("GET", &behind(format!("from={today}&to={today}")), Some("lea"), None).await;
    assert_eq!(found["conversations"][0]["conversation"], page["replies"][0]["conversation"]);
    assert!(found["conversations"][0]["said"].as_str().unwrap().starts_with("waits: nobody"), "{found}");
    let before = days[5]["day"].as_str().unwrap();
    let (_, found) = office.ask("GET", &behind(format!("to={before}")), Some("lea"), None).await;
    assert_eq!(found["conversations"].as_array().unwrap().len(), 0);
    // Nobody has taken it: it is nobody's, and asked for as such.
    let (status, theirs) = office.ask("GET", "/v1/reports/sla/replies?by=rep&key=nobody", Some("lea"), None).await;
    assert_eq!((status, &theirs["replies"]), (StatusCode::OK, &page["replies"]), "{theirs}");
    let (_, found) = office.ask("GET", &behind("by=rep&key=nobody".to_owned()), Some("lea"), None).await;
    assert_eq!(found["conversations"].as_array().unwrap().len(), 1, "{found}");
    let (status, wrong) = office.ask("GET", "/v1/reports/sla/replies?by=rep&key=nokey", Some("lea"), None).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(wrong.to_string().contains("this period has nobody"), "{wrong}");
    // And so it is not maya's.
    let (_, own) = office.ask("GET", "/v1/reports/sla", Some("maya"), None).await;
    assert_eq!(own["total"]["replies"], 0);
    let (status, load) = office.ask("GET", "/v1/reports/load", Some("maya"), None).await;
    assert_eq!((status, load["rows"].as_array().unwrap().len()), (StatusCode::OK, 1));
}

#[tokio::test]
async fn whatever_a_chart_counts_is_opened_as_it_says() {
    let (office, _folder, projections) = measured().await;
    office.sign_in("nina").await.sign_in("maya").await;
    office.text("+14155550123", "Can we talk about price?").await;
    let (_, page) = office.ask("GET", "/v1/changes", Some("maya"), None).await;
    let seen = &page["upserts"][0]["state"]["id"];
    let push = serde_json::json!({ "envelopes": [envelope(1, seen, 1, &serde_json::json!({ "do": "take" }))] });
    office.ask("POST", "/v1/commands", Some("maya"), Some(push)).await;
    reads_on(&office.store, &projections).await;
    let mut opened = std::collections::BTreeMap::new();
    for path in ["sla?charts=true", "load", "compliance", "outcomes?by=rep"] {
        let (_, report) = office.ask("GET", &format!("/v1/reports/{path}"), Some("nina"), None).await;
        let report = serde_json::from_value::<ReportBody>(report).unwrap().0;
        let of_charts = charts(&report).into_iter().flat_map(|chart| chart.bars);
        let of_charts = of_charts.map(|bar| (bar.label, bar.value, bar.behind));
        let of_figures = figures(&report).into_iter().map(|figure| (figure.label, figure.value, figure.behind));
        for (label, value, behind) in of_figures.chain(of_charts) {
            let Some(behind) = behind else { continue };
            let asked: Vec<String> = behind.asked.iter().map(|(name, is)| format!("{name}={is}")).collect();
            let path = format!("/v1/reports/{}/conversations?{}", behind.report, asked.join("&"));
            let (status, found) = office.ask("GET", &path, Some("nina"), None).await;
            assert_eq!(status, StatusCode::OK, "{path}: {found}");
            let found: Conversations = serde_json::from_value(found).unwrap();
            let times: i64 = found.conversations.iter().map(|one| one.times).sum();
            if let Datum::Count(n) = value {
                assert_eq!(times, n, "{label}: {path}");
            }
            *opened.entry(behind.report).or_insert(0) += times;
        }
    }
    assert!(["sla", "load", "outcomes"].iter().all(|report| opened[report] > 0), "{opened:?}");
}

#[tokio::test]
async fn what_a_number_of_replies_is_of_is_told_reply_by_reply_too() {
    let (office, _folder, projections) = measured().await;
    office.sign_in("nina").await;
    for n in 0..3 {
        office.text(&format!("+1415555012{n}"), "Can we talk about price?").await;
    }
    reads_on(&office.store, &projections).await;
    let (_, report) = office.ask("GET", "/v1/reports/sla?charts=true", Some("nina"), None).await;
    let report = serde_json::from_value::<ReportBody>(report).unwrap().0;
    let mut seen = 0;
    let behind = charts(&report).into_iter().flat_map(|chart| chart.bars).filter_map(|bar| bar.behind);
    let made_up =
        [["climbed", "false"], ["taken", "false"], ["taken", "true"], ["response", "next"], ["to", "2020-01-01"]];
    let made_up = made_up.into_iter().map(|[name, is]| vec![(name, is.to_owned())]);
    for asked in behind.map(|behind| behind.asked).chain(made_up) {
        let asked: Vec<String> = asked.iter().map(|(name, is)| format!("{name}={is}")).collect();
        let asked = asked.join("&");
        let path = |what: &str| format!("/v1/reports/sla/{what}?{asked}");
        let (status, told) = office.ask("GET", &path("replies"), Some("nina"), None).await;
        assert_eq!(status, StatusCode::OK, "{asked}: {told}");
        let (_, found) = office.ask("GET", &path("conversations"), Some("nina"), None).await;
        let found: Conversations = serde_json::from_value(found).unwrap();
        let times: i64 = found.conversations.iter().map(|one| one.times).sum();
        assert_eq!(i64::try_from(told["replies"].as_array().unwrap().len()).unwrap(), times, "{asked}");
        seen += usize::from(times < 3);
    }
    assert!(seen >= 3, "some of them leave something out");
}

#[tokio::test]
async fn a_list_of_replies_is_gone_on_with_after_its_last_one() {
    let (office, _folder, projections) = measured().await;
    office.sign_in("nina").await;
    for n in 0..5 {
        office.text(&format!("+1415555012{n}"), "Can we talk about price?").await;
    }
    reads_on(&office.store, &projections).await;
    let (_, whole) = office.ask("GET", "/v1/reports/sla/replies", Some("nina"), None).await;
    assert_eq!((whole["replies"].as_array().unwrap().len(), &whole["more"]), (5, &false.into()));
    let (mut told, mut after) = (Vec::new(), String::new());
    loop {
        let path = format!("/v1/reports/sla/replies?limit=2{after}");
        let (status, page) = office.ask("GET", &path, Some("nina"), None).await;
        assert_eq!(status, StatusCode::OK, "{page}");
        told.extend(page["replies"].as_array().unwrap().clone());
        after = format!("&after={}", told.last().unwrap()["seq"]);
        if page["more"] == false {
            break;
        }
    }
    assert_eq!(serde_json::Value::from(told), whole["replies"]);
}

#[tokio::test]
async fn outcomes_say_their_rule_and_whose_they_are() {
    let (office, _folder, projections) = measured().await;
    office.sign_in("nina").await.sign_in("maya").await;
    office.text("+14155550123", "Can we talk about price?").await;
    reads_on(&office.store, &projections).await;
    let path = "/v1/reports/outcomes?since=7d&window=30&touch=first&compare=true";
    let (status, report) = office.ask("GET", path, Some("nina"), None).await;
    assert_eq!((status, &report["report"]), (StatusCode::OK, &"outcomes".into()));
    let total = &report["total"][0];
    assert_eq!((&total["meetings"]["part"], &total["meetings"]["whole"]), (&0.into(), &1.into()));
    assert_eq!((&report["rule"]["window_days"], &report["rule"]["touch"]), (&30.into(), &"first".into()));
    assert!(report["rule"]["words"].as_str().unwrap().contains("the first exchange"));
    assert_eq!(report["deals_read"]["as_of"], serde_json::Value::Null);
    assert_eq!(report["compared"]["imported"], 0);
    // Before and after is for whoever sees everything, and not left out in silence; and the reply is nobody's yet.
    let (refused, _) = office.ask("GET", path, Some("maya"), None).await;
    assert_eq!(refused, StatusCode::FORBIDDEN);
    for key in ["", "nobody"] {
        let path = format!("/v1/reports/outcomes/conversations?by=rep&key={key}");
        let (_, found) = office.ask("GET", &path, Some("nina"), None).await;
        assert_eq!(found["conversations"].as_array().map(Vec::len), Some(1), "\"{key}\": {found}");
    }
    let (_, own) = office.ask("GET", &path.replace("&compare=true", ""), Some("maya"), None).await;
    assert_eq!((&own["compared"], &own["total"][0]["meetings"]["whole"]), (&serde_json::Value::Null, &0.into()));
}

#[tokio::test]
async fn whatever_the_terminal_asks_for_is_answered() {
    let (office, _folder, _projections) = measured().await;
    office.sign_in("lea").await;
    let reports = [ReportName::Sla, ReportName::Outcomes, ReportName::Load, ReportName::Compliance];
    for (report, by) in reports.into_iter().flat_map(|report| By::ALL.map(|by| (report, by))) {
        let asked = WhichReport { report, by, days: 30 }.asked();
        let asked = asked.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&");
        let path = format!("/v1/reports/{}?{asked}", report.word());
        let (status, told) = office.ask("GET", &path, Some("lea"), None).await;
        assert_eq!(status, StatusCode::OK, "{path}: {told}");
    }
}

#[tokio::test]
async fn what_cannot_be_asked_is_said_and_nothing_else_is() {
    let (office, _folder, _projections) = measured().await;
    office.sign_in("lea").await.sign_in("maya").await;
    for (path, who, wanted) in [
        ("/v1/reports/sla", None, StatusCode::UNAUTHORIZED),
        ("/v1/reports/compliance", Some("maya"), StatusCode::FORBIDDEN),
        ("/v1/reports/compliance", Some("lea"), StatusCode::OK),
        ("/v1/reports/weather", Some("lea"), StatusCode::NOT_FOUND),
        ("/v1/reports/outcomes", Some("maya"), StatusCode::OK),
        ("/v1/reports/outcomes?by=team&touch=any&window=30&deals=5", Some("lea"), StatusCode::OK),
        ("/v1/reports/outcomes?compare=true", Some("lea"), StatusCode::FORBIDDEN),
        ("/v1/reports/outcomes?before=2026-03-02", Some("lea"), StatusCode::FORBIDDEN),
        ("/v1/reports/load?by=team", Some("lea"), StatusCode::OK),
        ("/v1/reports/load?by=cohort", Some("lea"), StatusCode::BAD_REQUEST),
        ("/v1/reports/compliance?by=campaign", Some("lea"), StatusCode::OK),
        ("/v1/reports/compliance?by=rep", Some("lea"), StatusCode::BAD_REQUEST),
        ("/v1/reports/outcomes?before=yesterday", Some("lea"), StatusCode::BAD_REQUEST),
        ("/v1/reports/outcomes?touch=weather", Some("lea"), StatusCode::BAD_REQUEST),
        ("/v1/reports/outcomes?window=0", Some("lea"), StatusCode::BAD_REQUEST),
        ("/v1/reports/outcomes?window=3661", Some("lea"), StatusCode::BAD_REQUEST),
        ("/v1/reports/sla?by=weather", Some("lea"), StatusCode::BAD_REQUEST),
        ("/v1/reports/sla?since=yesterday", Some("lea"), StatusCode::BAD_REQUEST),
        ("/v1/reports/sla?since=999999d", Some("lea"), StatusCode::BAD_REQUEST),
        ("/v1/reports/sla?since=5m", Some("lea"), StatusCode::BAD_REQUEST),
        ("/v1/reports/sla/conversations?standing=running", Some("maya"), StatusCode::OK),
        ("/v1/reports/sla/conversations", None, StatusCode::UNAUTHORIZED),
        ("/v1/reports/sla/conversations?gap=weather", Some("lea"), StatusCode::BAD_REQUEST),
        ("/v1/reports/sla/conversations?by=weather&key=x", Some("lea"), StatusCode::BAD_REQUEST),
        ("/v1/reports/sla/conversations?from=yesterday", Some("lea"), StatusCode::BAD_REQUEST),
        ("/v1/reports/compliance/conversations", Some("maya"), StatusCode::FORBIDDEN),
        ("/v1/reports/compliance/conversations?what=weather", Some("lea"), StatusCode::BAD_REQUEST),
        ("/v1/reports/compliance/conversations?what=quiet&line=main", Some("lea"), StatusCode::OK),
        ("/v1/reports/compliance/conversations?what=overruled", Some("lea"), StatusCode::OK),
        ("/v1/reports/compliance/conversations?what=quiet", Some("maya"), StatusCode::FORBIDDEN),
        ("/v1/reports/sla/conversations?climbed=true&taken=false&step=2", Some("maya"), StatusCode::OK),
        ("/v1/reports/sla/conversations?climbed=weather", Some("lea"), StatusCode::BAD_REQUEST),
        ("/v1/reports/sla/conversations?taken=weather", Some("lea"), StatusCode::BAD_REQUEST),
        ("/v1/reports/weather/conversations", Some("lea"), StatusCode::NOT_FOUND),
        ("/v1/reports/load/conversations?what=now", Some("maya"), StatusCode::OK),
        ("/v1/reports/load/conversations?what=weather", Some("lea"), StatusCode::BAD_REQUEST),
        ("/v1/reports/load/conversations?by=team&key=enterprise", Some("lea"), StatusCode::OK),
        ("/v1/reports/load/conversations?by=members&key=enterprise", Some("lea"), StatusCode::OK),
        ("/v1/reports/load/conversations?by=line&key=main", Some("lea"), StatusCode::BAD_REQUEST),
        ("/v1/reports/outcomes/conversations?what=won&window=30&touch=any", Some("maya"), StatusCode::OK),
        ("/v1/reports/outcomes/conversations?by=rep&key=x%27%20OR%201--", Some("lea"), StatusCode::OK),
        ("/v1/reports/outcomes/conversations?what=weather", Some("lea"), StatusCode::BAD_REQUEST),
        ("/v1/reports/outcomes/conversations?adherence=weather", Some("lea"), StatusCode::BAD_REQUEST),
        ("/v1/reports/outcomes/conversations?cause=weather", Some("lea"), StatusCode::BAD_REQUEST),
        ("/v1/reports/outcomes/conversations?fate=weather", Some("lea"), StatusCode::BAD_REQUEST),
        ("/v1/reports/outcomes/conversations?window=0", Some("lea"), StatusCode::BAD_REQUEST),
        ("/v1/reports/sla/replies?step=17", Some("lea"), StatusCode::BAD_REQUEST),
        ("/v1/reports/sla/replies?gap=weather", Some("lea"), StatusCode::BAD_REQUEST),
        ("/v1/reports/sla/replies?standing=overdu", Some("lea"), StatusCode::BAD_REQUEST),
        ("/v1/reports/sla/replies?cause=weather", Some("lea"), StatusCode::BAD_REQUEST),
        ("/v1/reports/sla/replies?climbed=weather", Some("lea"), StatusCode::BAD_REQUEST),
        ("/v1/reports/sla/replies?response=weather", Some("lea"), StatusCode::BAD_REQUEST),
        ("/v1/reports/sla/replies?from=yesterday", Some("lea"), StatusCode::BAD_REQUEST),
        ("/v1/reports/sla/replies?climbed=true&taken=false&response=first", Some("lea"), StatusCode::OK),
        ("/v1/reports/sla/replies?by=rep&key=maya", Some("lea"), StatusCode::OK),
        ("/v1/reports/sla/replies?by=rep&key=x%27%20OR%201--", Some("lea"), StatusCode::BAD_REQUEST),
        ("/v1/reports/sla/conversations?standing=overdu", Some("lea"), StatusCode::BAD_REQUEST),
    ] {
        let (status, body) = office.ask("GET", path, who, None).await;
        assert_eq!(status, wanted, "{path}: {body}");
    }
    let bare = Office::open().await;
    bare.sign_in("lea").await;
    let (status, problem) = bare.ask("GET", "/v1/reports/sla", Some("lea"), None).await;
    assert_eq!((status, &problem["code"]), (StatusCode::SERVICE_UNAVAILABLE, &"not_measured".into()));
}
