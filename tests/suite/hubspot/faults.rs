//! HubSpot down, slow, wrong, refusing and overrun: what is asked of it, and what is said of it.

use std::time::Duration;

use comeback::config::secret::{Held, Secret, Source};
use comeback::domain::time::Span;
use comeback::emulator::Times;
use comeback::emulator::hubspot::{HubSpotConfig, HubSpotFaults};
use comeback::server::crm::{Crm as _, CrmError};
use serde_json::json;

use super::Portal;

const DANA: &str = "+14155550123";

type Class = fn(&CrmError) -> bool;

async fn portal() -> Portal {
    let portal = Portal::open().await;
    portal.contact("Dana", "(415) 555-0123", &json!({ "country": "US" }));
    portal
}

#[tokio::test]
async fn each_way_to_fail_has_its_class_and_no_error_holds_a_number_or_a_token() {
    let portal = portal().await;
    let on = HubSpotFaults::default();
    let failing: Class = |e| matches!(e, CrmError::Failing(502)) && !e.to_string().contains("token");
    let unreadable: Class = |e| matches!(e, CrmError::Unreadable(_));
    let refused: Class = |e| matches!(e, CrmError::Forbidden(why) if why.starts_with("MISSING_SCOPES"));
    for (faults, class) in [
        (HubSpotFaults { down: Times::Always(true), ..on.clone() }, failing),
        (HubSpotFaults { garbage: Times::Always(true), ..on.clone() }, unreadable),
        (HubSpotFaults { wrong: Times::Always(true), ..on.clone() }, unreadable),
        (HubSpotFaults { forbidden: true, ..on.clone() }, refused),
    ] {
        portal.faults(faults.clone());
        let failed = portal.behind(DANA).await.unwrap_err();
        assert!(class(&failed), "{faults:?}: {failed:?}");
        let said = format!("{failed} {failed:?}");
        assert!(!said.contains("5550123") && !said.contains(&portal.config.token), "{said}");
    }
    portal.faults(on);
    assert_eq!(portal.names(DANA).await, ["Dana"], "and it goes on");
}

#[tokio::test]
async fn one_that_is_slow_is_given_up_and_one_that_is_gone_is_not_reached() {
    let portal = Portal::with(HubSpotConfig::default(), |settings| settings.within = Duration::from_millis(200)).await;
    portal.faults(HubSpotFaults { slow_ms: 60_000, ..HubSpotFaults::default() });
    let failed = portal.behind(DANA).await.unwrap_err();
    assert!(matches!(&failed, CrmError::Unreachable(why) if why.contains("in time")), "{failed:?}");
    let nowhere =
        Portal::with(HubSpotConfig::default(), |settings| settings.base = "http://127.0.0.1:9".to_owned()).await;
    let failed = nowhere.behind(DANA).await.unwrap_err();
    assert!(matches!(&failed, CrmError::Unreachable(why) if why.contains("no connection")), "{failed:?}");
}

#[tokio::test]
async fn a_refusal_says_until_when_and_until_then_hubspot_is_not_asked_at_all() {
    let portal = portal().await;
    portal.faults(HubSpotFaults { too_many: Times::Next(1), retry_after: Some(30), ..HubSpotFaults::default() });
    let Err(CrmError::Busy { until, .. }) = portal.behind(DANA).await else { panic!("not busy") };
    let left = until.since(portal.now());
    assert!(left > Span::seconds(25) && left <= Span::seconds(30), "{left:?}");
    let refused = portal.hubspot.refused();
    let before = portal.hubspot.asked().len();
    for _ in 0..20 {
        assert!(matches!(portal.behind(DANA).await, Err(CrmError::Busy { .. })));
        assert!(matches!(portal.crm.owners().await, Err(CrmError::Busy { .. })));
    }
    assert_eq!((portal.hubspot.asked().len(), portal.hubspot.refused()), (before, refused), "it asked all the same");
}

#[tokio::test]
async fn the_end_of_a_day_s_calls_is_waited_for_longer() {
    let portal = portal().await;
    portal.faults(HubSpotFaults { day_is_over: true, retry_after: Some(1), ..HubSpotFaults::default() });
    let failed = portal.behind(DANA).await.unwrap_err();
    assert!(failed.to_string().contains("calls of a day are used up; it is asked again at"), "{failed}");
    let CrmError::Busy { until, of_the_day: true } = failed else { panic!("not of the day: {failed:?}") };
    let left = until.since(portal.now());
    assert!(left > Span::seconds(50) && left <= Span::seconds(60), "a second is for the other limit: {left:?}");
    let before = portal.hubspot.asked().len();
    assert!(matches!(portal.crm.owners().await, Err(CrmError::Busy { of_the_day: true, .. })));
    assert_eq!(portal.hubspot.asked().len(), before, "it asked all the same");
}

#[tokio::test]
async fn the_last_call_of_a_window_is_not_taken_and_what_is_left_is_told_by_the_headers() {
    // Ten calls in ten seconds: one look takes up to seven, so the second one meets the end of the window.
    let config = HubSpotConfig { calls: 10, ..HubSpotConfig::default() };
    let portal = Portal::with(config, |_| {}).await;
    portal.contact("Dana", DANA, &json!({}));
    let mut busy = 0;
    for _ in 0..8 {
        match portal.behind(DANA).await {
            Ok(cards) => assert_eq!(cards.len(), 1),
            Err(CrmError::Busy { .. }) => busy += 1,
            Err(e) => panic!("{e:?}"),
        }
    }
    assert!(busy > 0, "the window never ended");
    assert_eq!(portal.hubspot.refused(), 0, "it stops by itself, before it is refused");
}

#[tokio::test]
async fn many_who_ask_at_once_ask_four_at_a_time_and_owners_once_for_all() {
    let config = HubSpotConfig { calls: 10_000, searches: 1_000, ..HubSpotConfig::default() };
    let portal = Portal::with(config, |settings| settings.between_searches = Duration::ZERO).await;
    portal.faults(HubSpotFaults { slow_ms: 5, ..HubSpotFaults::default() });
    portal.contact("Dana", DANA, &json!({}));
    let looks = (0..12).map(|_| portal.behind(DANA));
    for told in futures_of(looks).await {
        assert_eq!(told.unwrap().len(), 1);
    }
    assert!(portal.hubspot.at_once() <= 4, "{}", portal.hubspot.at_once());
    let asked = portal.hubspot.asked();
    let owners = asked.iter().filter(|call| call.contains("/owners")).count();
    assert_eq!(owners, 2, "those here and those that left");
}

/// All of them at once.
async fn futures_of<F: Future>(all: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut waiting: Vec<_> = all.map(|one| Some(Box::pin(one))).collect();
    let mut done: Vec<Option<F::Output>> = waiting.iter().map(|_| None).collect();
    std::future::poll_fn(|cx| {
        for (one, told) in waiting.iter_mut().zip(&mut done) {
            if let Some(future) = one
                && let std::task::Poll::Ready(output) = future.as_mut().poll(cx)
            {
                (*one, *told) = (None, Some(output));
            }
        }
        if waiting.iter().all(Option::is_none) { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    done.into_iter().flatten().collect()
}

#[tokio::test]
async fn a_new_token_in_its_file_holds_at_once() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    let put = |text: &str| {
        std::fs::write(&file, text).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    };
    put("pat-na1-old");
    let held = Held::At(Source::File(file.clone()));
    let portal = Portal::with(HubSpotConfig::default(), |settings| settings.token = held).await;
    portal.contact("Dana", DANA, &json!({}));
    assert_eq!(portal.behind(DANA).await, Err(CrmError::Refused(401)));
    put(&portal.config.token);
    assert_eq!(portal.names(DANA).await, ["Dana"]);
    assert!(!format!("{:?} {:?}", portal.crm, Secret::from("pat")).contains("pat"));
}

#[tokio::test]
async fn owners_and_stages_that_were_read_serve_while_hubspot_does_not_tell_them() {
    let portal = portal().await;
    assert_eq!(portal.names(DANA).await, ["Dana"]);
    let before = portal.hubspot.asked().len();
    assert_eq!(portal.names(DANA).await, ["Dana"]);
    let again: Vec<String> = portal.hubspot.asked().split_off(before);
    assert!(!again.iter().any(|call| call.contains("/owners") || call.contains("/pipelines")), "{again:?}");
}
