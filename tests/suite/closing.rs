//! A company in New York whose CRM has close dates, and how its deals are counted there.

use std::sync::Arc;

use comeback::clock::ManualClock;
use comeback::domain::deal::Deal;
use comeback::domain::measure::outcomes::Fate;
use comeback::domain::time::{Span, Timestamp};
use comeback::server::crm::Reps;
use comeback::server::measure::Projections;
use comeback::server::measure::outcomes::Asked;
use comeback::server::measure::report::{Desk, Sees, days};
use comeback::server::service::Service;
use comeback::server::store::Store;
use comeback::server::store::memory::MemoryStore;

use crate::world::{TUESDAY_TEN, at, playbook};

/// Its reps: nobody's mail address is known.
pub(crate) async fn in_new_york() -> Reps {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
    let clock = Arc::new(ManualClock::at(at(TUESDAY_TEN)));
    Service::start(Arc::clone(&store), clock, &playbook()).await.unwrap();
    Reps::Kept(store)
}

/// When a deal came to which stage.
pub(crate) type Way<'a> = Vec<(Timestamp, &'a str)>;

/// The end of a deal, and whether it was won; and the way it took.
pub(crate) fn end_and_way<'a>(told: &'a [Deal], id: &str) -> (Option<(Timestamp, bool)>, Way<'a>) {
    let deal = told.iter().find(|deal| deal.id.as_str() == id).unwrap();
    let way = deal.stages.iter().map(|change| (change.at, change.stage.as_str()));
    (deal.closed.map(|closed| (closed.at, closed.won)), way.collect())
}

/// How a report of the day that ends at this instant has the deals: those that ended on it, and those that were open.
pub(crate) fn on_the_day(projections: &Arc<Projections>, ends: &str) -> Vec<(Fate, i64)> {
    let (playbook, now) = (Arc::new(playbook()), at(ends));
    let window = days(&playbook, now, Span::minutes(24 * 60));
    let desk = Desk { projections: Arc::clone(projections), playbook, head: 0, now, sees: Sees::All, window };
    let told = desk.outcomes(&Asked::default()).unwrap();
    told.reconciled.iter().map(|row| (row.fate, row.total.deals)).collect()
}
