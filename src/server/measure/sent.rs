//! What left on days on which somebody opted out: carriers look at one day.

use std::collections::{BTreeMap, BTreeSet};

use chrono_tz::Tz;
use rusqlite::params;

use super::projections::{MeasureError, Projections};
use super::read::Window;
use crate::domain::id::LineId;
use crate::domain::measure::OptOut;
use crate::domain::measure::days::Zones;
use crate::domain::measure::fold::Count;
use crate::domain::time::Timestamp;
use crate::server::store::Store;

/// Texts by day. Days without an opt-out are not in it.
#[derive(Debug, Default)]
pub(super) struct DaysSent {
    answers: BTreeMap<(i32, LineId), i64>,
    campaigns: BTreeMap<(i32, LineId), BTreeMap<String, i64>>,
}

impl DaysSent {
    /// Of the days of these opt-outs.
    pub(super) async fn of(
        projections: &Projections,
        store: &dyn Store,
        window: Window,
        (zones, zone): (&Zones, Tz),
        opt_outs: &[OptOut],
    ) -> Result<Self, MeasureError> {
        let mut days = Self { answers: projections.sent(window)?, ..Self::default() };
        for day in opt_outs.iter().map(|out| out.day).collect::<BTreeSet<_>>() {
            let of_day = campaigns(store, &zones.spans(zone, (day, day))).await?;
            for ((campaign, line), texts) in of_day {
                days.campaigns.entry((day, line)).or_default().insert(campaign, texts);
            }
        }
        Ok(days)
    }

    /// By day: opt-outs, each given by its day, and all texts of the line.
    pub(super) fn of_line(&self, line: &LineId, outs: Vec<i32>) -> BTreeMap<i32, (i64, i64)> {
        added(outs, |day| {
            let at = (day, line.clone());
            let campaigns: i64 = self.campaigns.get(&at).into_iter().flat_map(BTreeMap::values).sum();
            self.answers.get(&at).copied().unwrap_or(0) + campaigns
        })
    }

    /// The same of a campaign from a line.
    pub(super) fn of_campaign(&self, campaign: &str, line: &LineId, outs: Vec<i32>) -> BTreeMap<i32, (i64, i64)> {
        let texts = |day| self.campaigns.get(&(day, line.clone())).and_then(|all| all.get(campaign)).copied();
        added(outs, |day| texts(day).unwrap_or(0))
    }
}

/// Texts of each campaign from each line between these instants.
pub(super) async fn campaigns(
    store: &dyn Store,
    spans: &[(Timestamp, Timestamp)],
) -> Result<BTreeMap<(String, LineId), i64>, MeasureError> {
    let mut all = BTreeMap::new();
    for (since, until) in spans {
        for (of, texts) in store.campaigns_sent(*since, *until).await? {
            *all.entry(of).or_default() += texts;
        }
    }
    Ok(all)
}

fn added(outs: Vec<i32>, texts: impl Fn(i32) -> i64) -> BTreeMap<i32, (i64, i64)> {
    let mut days: BTreeMap<i32, (i64, i64)> = BTreeMap::new();
    for day in outs {
        days.entry(day).or_insert_with(|| (0, texts(day))).0 += 1;
    }
    days
}

impl Projections {
    /// Answers that left, by day and line.
    fn sent(&self, window: Window) -> Result<BTreeMap<(i32, LineId), i64>, MeasureError> {
        let db = self.reading();
        let mut query =
            db.prepare_cached("SELECT day, line, body FROM tally WHERE day BETWEEN ?1 AND ?2 AND what = 'sent'")?;
        let mut rows = query.query(params![window.since, window.until])?;
        let mut all = BTreeMap::new();
        while let Some(row) = rows.next()? {
            let found: Count = serde_json::from_str(row.get_ref(2)?.as_str().map_err(rusqlite::Error::from)?)?;
            all.insert((row.get(0)?, LineId::new(row.get::<_, String>(1)?)), found.n);
        }
        Ok(all)
    }
}
