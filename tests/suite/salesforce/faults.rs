//! Salesforce down, slow, wrong, refusing and overrun: what is asked of it, and what is said of it.

use std::time::Duration;

use comeback::domain::contact::Body;
use comeback::domain::id::ContactId;
use comeback::domain::time::Span;
use comeback::emulator::Times;
use comeback::emulator::salesforce::{SalesforceConfig, SalesforceFaults};
use comeback::server::crm::write::{What, Write};
use comeback::server::crm::{Crm as _, CrmError};
use serde_json::json;
use uuid::Uuid;

use super::Org;

const DANA: &str = "+14155550123";

type Class = fn(&CrmError) -> bool;

async fn org() -> Org {
    let org = Org::open().await;
    org.contact("Dana", "(415) 555-0123", &json!({ "MailingCountry": "US" }));
    org
}

#[tokio::test]
async fn each_way_to_fail_has_its_class_and_no_error_holds_a_number_a_token_or_the_key() {
    let org = org().await;
    let on = SalesforceFaults::default();
    let failing: Class = |e| matches!(e, CrmError::Failing(502)) && !e.to_string().contains("token");
    let unreadable: Class = |e| matches!(e, CrmError::Unreadable(_));
    let refused: Class = |e| matches!(e, CrmError::Forbidden(why) if why.starts_with("API_DISABLED_FOR_ORG"));
    for (faults, class) in [
        (SalesforceFaults { down: Times::Always(true), ..on.clone() }, failing),
        (SalesforceFaults { garbage: Times::Always(true), ..on.clone() }, unreadable),
        (SalesforceFaults { wrong: Times::Always(true), ..on.clone() }, unreadable),
        (SalesforceFaults { forbidden: true, ..on.clone() }, refused),
    ] {
        org.faults(faults.clone());
        let failed = org.behind(DANA).await.unwrap_err();
        assert!(class(&failed), "{faults:?}: {failed:?}");
        let said = format!("{failed} {failed:?} {:?}", org.crm);
        assert!(!said.contains("5550123") && !said.contains("00D5g") && !said.contains("PRIVATE"), "{said}");
    }
    org.faults(on);
    assert_eq!(org.names(DANA).await, ["Dana"], "and it goes on");
}

#[tokio::test]
async fn one_that_is_slow_is_given_up_and_one_that_is_gone_is_not_reached() {
    let org = Org::with(SalesforceConfig::default(), |settings| settings.within = Duration::from_millis(200)).await;
    org.faults(SalesforceFaults { slow_ms: 60_000, ..SalesforceFaults::default() });
    let failed = org.behind(DANA).await.unwrap_err();
    assert!(matches!(&failed, CrmError::Unreachable(why) if why.contains("in time")), "{failed:?}");
    let nowhere =
        Org::with(SalesforceConfig::default(), |settings| settings.login = "http://127.0.0.1:9".to_owned()).await;
    let failed = nowhere.behind(DANA).await.unwrap_err();
    assert!(matches!(&failed, CrmError::Unreachable(why) if why.contains("no connection")), "{failed:?}");
}

#[tokio::test]
async fn the_end_of_a_day_s_calls_is_waited_for_and_until_then_salesforce_is_not_asked_at_all() {
    let org = org().await;
    org.faults(SalesforceFaults { day_is_over: true, ..SalesforceFaults::default() });
    let Err(CrmError::Busy { until, of_the_day: true }) = org.behind(DANA).await else { panic!("not busy") };
    let left = until.since(org.now());
    assert!(left > Span::seconds(50) && left <= Span::seconds(240), "four are asked at once: {left:?}");
    let refused = org.salesforce.refused();
    let before = org.salesforce.asked().len();
    for _ in 0..20 {
        assert!(matches!(org.behind(DANA).await, Err(CrmError::Busy { .. })));
        assert!(matches!(org.crm.owners().await, Err(CrmError::Busy { .. })));
    }
    assert_eq!((org.salesforce.asked().len(), org.salesforce.refused()), (before, refused), "it asked all the same");
}

#[tokio::test]
async fn too_many_calls_at_once_are_tried_again_soon() {
    let org = org().await;
    org.faults(SalesforceFaults { too_many: Times::Next(1), ..SalesforceFaults::default() });
    let Err(CrmError::Busy { until, .. }) = org.behind(DANA).await else { panic!("not busy") };
    let left = until.since(org.now());
    assert!(left > Span::ZERO && left <= Span::seconds(1), "{left:?}");
}

#[tokio::test]
async fn the_last_call_of_the_day_is_seen_coming_by_the_header() {
    // Eleven calls that are made once, and five for each look at somebody.
    let org = Org::with(SalesforceConfig { calls: 24, ..SalesforceConfig::default() }, |_| {}).await;
    org.contact("Dana", DANA, &json!({}));
    let mut busy = 0;
    for _ in 0..8 {
        match org.behind(DANA).await {
            Ok(cards) => assert_eq!(cards.len(), 1),
            Err(CrmError::Busy { .. }) => busy += 1,
            Err(e) => panic!("{e:?}"),
        }
    }
    assert!(busy > 0, "the day never ended");
    // Four are asked at once, so three more may be under way when the last good answer comes.
    assert!(org.salesforce.refused() <= 3, "it stops by itself: {}", org.salesforce.refused());
}

#[tokio::test]
async fn a_write_answered_503_may_have_been_made_and_what_comes_next_waits_as_long_as_was_said() {
    let org = org().await;
    assert_eq!(org.names(DANA).await, ["Dana"]);
    let write = Write {
        key: Uuid::now_v7(),
        contact: ContactId::new(org.salesforce.all("Contact")[0]["Id"].as_str().unwrap()),
        deal: None,
        owner: None,
        at: org.now(),
        link: String::new(),
        what: What::Log { inbound: false, body: Body::new("Hi"), sla: None },
    };
    let on = SalesforceFaults::default();
    org.faults(SalesforceFaults { locked: Times::Next(1), ..on.clone() });
    let failed = org.crm.write(&write).await.unwrap_err();
    assert!(matches!(failed, CrmError::Busy { .. }), "{failed:?}");
    org.faults(SalesforceFaults { unavailable: Times::Next(1), retry_after: Some(30), ..on });
    let failed = org.crm.write(&write).await.unwrap_err();
    assert!(failed.may_have_been_made() && !failed.is_final(), "{failed:?}");
    let Err(CrmError::Busy { until, .. }) = org.crm.find(&write).await else { panic!("not busy") };
    let left = until.since(org.now());
    assert!(left > Span::seconds(25) && left <= Span::seconds(30), "{left:?}");
}

#[tokio::test]
async fn many_who_ask_at_once_ask_four_at_a_time_with_one_token_and_learn_once_for_all() {
    let org = std::sync::Arc::new(org().await);
    org.faults(SalesforceFaults { slow_ms: 5, ..SalesforceFaults::default() });
    let mut looks = tokio::task::JoinSet::new();
    for _ in 0..12 {
        let org = std::sync::Arc::clone(&org);
        looks.spawn(async move { org.behind(DANA).await.unwrap().len() });
    }
    assert!(looks.join_all().await.iter().all(|found| *found == 1));
    assert!(org.salesforce.at_once() <= 4, "{}", org.salesforce.at_once());
    assert_eq!(org.salesforce.tokens(), 1);
    let asked = org.salesforce.asked();
    assert_eq!(asked.iter().filter(|call| call.ends_with("/Account/describe")).count(), 1);
}

#[tokio::test]
async fn users_and_stages_that_were_read_serve_the_next_look_too() {
    let org = org().await;
    assert_eq!(org.names(DANA).await, ["Dana"]);
    let before = org.salesforce.asked().len();
    assert_eq!(org.names(DANA).await, ["Dana"]);
    // The search, who was found, and what was done with them.
    assert_eq!(org.salesforce.asked().len() - before, 5, "{:?}", org.salesforce.asked());
}

#[tokio::test]
async fn once_half_of_a_days_calls_is_used_nothing_is_asked_that_nobody_waits_for() {
    let org = Org::with(SalesforceConfig { calls: 24, ..SalesforceConfig::default() }, |_| {}).await;
    org.contact("Dana", DANA, &json!({}));
    assert!(org.crm.has_calls_to_spare(), "nobody has asked yet");
    let mut calls = Vec::new();
    while org.crm.has_calls_to_spare() {
        calls.push(org.salesforce.asked().len());
        org.behind(DANA).await.unwrap();
    }
    assert!(calls.last().is_some_and(|before| *before <= 12) && org.salesforce.asked().len() > 12, "{calls:?}");
    assert_eq!(org.behind(DANA).await.unwrap().len(), 1, "who is waited for is asked about");
}
