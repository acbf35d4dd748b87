//! A deal ended on its close date, as HubSpot's own reports have it.

use std::sync::Arc;

use comeback::domain::measure::outcomes::Fate;
use comeback::domain::time::Span;
use comeback::emulator::hubspot::HubSpotConfig;
use comeback::server::crm::Crm as _;
use comeback::server::measure::{Projections, deals};
use serde_json::{Value, json};

use super::Portal;
use crate::closing::{end_and_way, in_new_york, on_the_day};
use crate::world::at;

#[tokio::test]
async fn a_deal_ended_on_its_close_date_and_not_when_somebody_moved_it() {
    let portal = Portal::of(in_new_york().await, HubSpotConfig::default(), |_| {}).await;
    let (opened, moved) = (at("2026-01-10T15:00:00Z"), portal.now());
    let deal = |stage: &str, closes: Option<&str>| {
        let began = json!({ "dealname": "Rollout", "dealstage": "contractsent" });
        let id = portal.hubspot.make_at("deals", &began, &[], opened).unwrap();
        portal.hubspot.change("deals", &id, &json!({ "dealstage": stage, "closedate": closes })).unwrap();
        id
    };
    let february = "2026-02-20T17:00:00Z";
    let (won, lost) = (deal("closedwon", Some(february)), deal("closedlost", Some(february)));
    let unsaid = deal("closedwon", None);
    // Around midnight in New York: the evening before, and the day of the move, which says it more exactly.
    let (before, same) =
        (deal("closedwon", Some("2026-03-03T04:59:59Z")), deal("closedwon", Some("2026-03-03T05:00:00Z")));
    let ahead = deal("closedwon", Some("2026-03-05T17:00:00Z"));
    let open = deal("presentationscheduled", Some(february));
    let told = portal.crm.deals(moved, None).await.unwrap().deals;
    let began = (opened, "Contract Sent");
    for (id, end, is_won) in [
        (&won, at(february), true),
        (&lost, at(february), false),
        (&unsaid, moved, true),
        (&before, at("2026-03-03T04:59:59Z"), true),
        (&same, moved, true),
        (&ahead, moved, true),
    ] {
        let stage = if is_won { "Closed Won" } else { "Closed Lost" };
        assert_eq!(end_and_way(&told, id), (Some((end, is_won)), vec![began, (end, stage)]));
    }
    assert_eq!(end_and_way(&told, &open).0, None, "it is under way, whatever its date says");
    // Once that has come it is its end.
    portal.clock.advance(Span::minutes(3 * 1440));
    let told = portal.crm.deals(moved, None).await.unwrap().deals;
    assert_eq!(end_and_way(&told, &ahead).0, Some((at("2026-03-05T17:00:00Z"), true)));
}

#[tokio::test]
async fn a_close_date_that_is_set_right_moves_the_deals_end_in_reports() {
    let portal = Portal::of(in_new_york().await, HubSpotConfig::default(), |_| {}).await;
    let folder = tempfile::tempdir().unwrap();
    let projections = Arc::new(Projections::open(&folder.path().join("comeback.sqlite")).unwrap());
    let began = json!({ "dealname": "Rollout", "dealstage": "contractsent" });
    let id = portal.hubspot.make_at("deals", &began, &[], at("2026-01-10T15:00:00Z")).unwrap();
    // The tenth and the twentieth of February, and the third of March, on which all of this is done.
    let counted = async |change: Value| {
        portal.clock.advance(Span::minutes(10));
        portal.hubspot.change("deals", &id, &change).unwrap();
        deals::follow(&portal.crm, &projections, portal.now()).await.unwrap();
        ["2026-02-11T04:59:59Z", "2026-02-21T04:59:59Z", "2026-03-04T04:59:59Z"]
            .map(|ends| on_the_day(&projections, ends))
    };
    let (open, won) = (vec![(Fate::Open, 1)], vec![(Fate::Won, 1)]);
    let moved = json!({ "dealstage": "closedwon", "closedate": "2026-02-20T17:00:00Z" });
    assert_eq!(counted(moved).await, [open.clone(), won.clone(), vec![]], "it is no win of the day of the move");
    let set = counted(json!({ "closedate": "2026-03-03T17:00:00Z" })).await;
    assert_eq!(set, [open.clone(), open.clone(), won.clone()], "the date alone was changed");
    let back = counted(json!({ "closedate": "2026-02-10T17:00:00Z" })).await;
    assert_eq!(back, [won, vec![], vec![]]);
    let again = counted(json!({ "dealstage": "contractsent" })).await;
    assert_eq!(again, [open.clone(), open.clone(), open], "opened again it has no end");
}
