//! A deal ended on its close date, as Salesforce's own reports have it.

use std::sync::Arc;

use comeback::domain::measure::outcomes::Fate;
use comeback::domain::time::Span;
use comeback::emulator::salesforce::SalesforceConfig;
use comeback::server::crm::Crm as _;
use comeback::server::measure::{Projections, deals};
use serde_json::{Value, json};

use super::Org;
use crate::closing::{end_and_way, in_new_york, on_the_day};
use crate::world::at;

#[tokio::test]
async fn a_deal_ended_with_the_day_of_its_close_date_and_not_when_somebody_moved_it() {
    let org = Org::of(in_new_york().await, SalesforceConfig::default(), |_| {}).await;
    let (opened, moved) = (at("2026-01-10T15:00:00Z"), org.now());
    let deal = |stage: &str, closes: &str| {
        let began = json!({ "Name": "Rollout", "StageName": "Negotiation", "CloseDate": closes });
        let id = org.salesforce.make_at("Opportunity", &began, opened).unwrap();
        org.salesforce.change("Opportunity", &id, &json!({ "StageName": stage })).unwrap();
        id
    };
    let (won, lost) = (deal("Closed Won", "2026-02-20"), deal("Closed Lost", "2026-02-20"));
    let (before, same) = (deal("Closed Won", "2026-03-02"), deal("Closed Won", "2026-03-03"));
    // Where somebody works late it is tomorrow in UTC, which Salesforce writes there by itself.
    let ahead = deal("Closed Won", "2026-03-04");
    let open = deal("Proposal", "2026-02-20");
    let told = org.crm.deals(moved, None).await.unwrap().deals;
    let (began, february) = ((opened, "Negotiation/Review"), at("2026-02-21T04:59:59.999Z"));
    for (id, end, is_won) in [
        (&won, february, true),
        (&lost, february, false),
        (&before, at("2026-03-03T04:59:59.999Z"), true),
        (&same, moved, true),
        (&ahead, moved, true),
    ] {
        let stage = if is_won { "Closed Won" } else { "Closed Lost" };
        assert_eq!(end_and_way(&told, id), (Some((end, is_won)), vec![began, (end, stage)]));
    }
    assert_eq!(end_and_way(&told, &open).0, None, "it is under way, whatever its date says");
    // Once that day is over it ended with it, here as there.
    org.clock.advance(Span::minutes(3 * 1440));
    let told = org.crm.deals(moved, None).await.unwrap().deals;
    let end = at("2026-03-05T04:59:59.999Z");
    assert_eq!(end_and_way(&told, &ahead), (Some((end, true)), vec![began, (end, "Closed Won")]));
}

#[tokio::test]
async fn a_close_date_that_is_set_right_moves_the_deals_end_in_reports() {
    let org = Org::of(in_new_york().await, SalesforceConfig::default(), |_| {}).await;
    let folder = tempfile::tempdir().unwrap();
    let projections = Arc::new(Projections::open(&folder.path().join("comeback.sqlite")).unwrap());
    let began = json!({ "Name": "Rollout", "StageName": "Negotiation", "CloseDate": "2026-02-20" });
    let id = org.salesforce.make_at("Opportunity", &began, at("2026-01-10T15:00:00Z")).unwrap();
    // The tenth and the twentieth of February, and the third of March, on which all of this is done.
    let counted = async |change: Value| {
        org.clock.advance(Span::minutes(10));
        org.salesforce.change("Opportunity", &id, &change).unwrap();
        deals::follow(&org.crm, &projections, org.now()).await.unwrap();
        ["2026-02-11T04:59:59.999Z", "2026-02-21T04:59:59.999Z", "2026-03-04T04:59:59.999Z"]
            .map(|ends| on_the_day(&projections, ends))
    };
    let (open, won) = (vec![(Fate::Open, 1)], vec![(Fate::Won, 1)]);
    let moved = counted(json!({ "StageName": "Closed Won" })).await;
    assert_eq!(moved, [open.clone(), won.clone(), vec![]], "it is no win of the day of the move");
    let set = counted(json!({ "CloseDate": "2026-03-03" })).await;
    assert_eq!(set, [open.clone(), open.clone(), won.clone()], "the date alone was changed");
    let back = counted(json!({ "CloseDate": "2026-02-10" })).await;
    assert_eq!(back, [won, vec![], vec![]]);
    let again = counted(json!({ "StageName": "Negotiation" })).await;
    assert_eq!(again, [open.clone(), open.clone(), open], "opened again it has no end");
}
