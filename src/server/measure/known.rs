//! Deals with what the people on them began by text, read for reports.
//!
//! A year may have tens of thousands of deals, and its exchanges are ten times as many: what no rule can credit is not read.
//! Deals and exchanges are read side by side, each by a reader of its own.

use std::collections::BTreeMap;

use rusqlite::{Connection, params_from_iter, types::Value};

use super::outcomes::{TALKED, talked};
use super::projections::{MeasureError, Projections};
use crate::domain::deal::Deal;
use crate::domain::id::DealId;
use crate::domain::measure::credit::{Rule, Talked, Touch};
use crate::domain::measure::outcomes::Known;
use crate::domain::time::Timestamp;

/// Which exchanges of a deal's people are read.
#[derive(Clone, Copy, Debug)]
pub(super) enum Talks {
    /// Those that this rule may credit the deal to; where there are none, others, so that it is known that somebody texted.
    Credited(Rule),
    /// All, up to the end of the period.
    All,
}

impl Projections {
    /// Deals that were open at the end of a period or ended in it, as they stood at its end, by their ids, each with exchanges
    /// of everybody on it, oldest first. Meanwhile something else is read.
    pub(super) fn deals_with<T>(
        &self,
        period: (Timestamp, Timestamp),
        which: Talks,
        meanwhile: impl FnOnce(&Connection) -> Result<T, MeasureError>,
    ) -> Result<(Vec<Known>, T), MeasureError> {
        let (told, deals, other) = std::thread::scope(|scope| {
            let beside = scope.spawn(|| talks(&self.reading_beside(), period, which));
            let db = self.reading();
            let (deals, other) = (deals(&db, period), meanwhile(&db));
            let stopped = |_| Err(MeasureError::File("reading the exchanges of deals broke off".to_owned()));
            (beside.join().unwrap_or_else(stopped), deals, other)
        });
        let mut all = deals?;
        for (deal, talk) in told? {
            if let Some(known) = all.get_mut(&deal) {
                known.talks.push(talk);
            }
        }
        Ok((all.into_values().collect(), other?))
    }
}

fn deals(db: &Connection, (from, until): (Timestamp, Timestamp)) -> Result<BTreeMap<DealId, Known>, MeasureError> {
    let mut query = db.prepare_cached("SELECT body FROM deal WHERE closed IS NULL OR closed >= ?1 ORDER BY id")?;
    let mut rows = query.query([from.millis()])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        let deal: Deal = serde_json::from_str(row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?)?;
        all.extend(deal.at(until).map(|deal| (deal.id.clone(), Known { deal, talks: Vec::new() })));
    }
    Ok(all.into_iter().collect())
}

/// Exchanges with their deals, oldest first.
fn talks(
    db: &Connection,
    (from, until): (Timestamp, Timestamp),
    which: Talks,
) -> Result<Vec<(DealId, Talked)>, MeasureError> {
    // In the order of people, as both sides are kept; of each conversation one exchange is looked up by its place.
    let sql = match which {
        Talks::Credited(Rule { touch: Touch::Last, .. }) => format!(
            "SELECT c.deal, {TALKED} FROM deal_contact c CROSS JOIN behind b ON b.contact = c.contact \
             CROSS JOIN exchange e ON e.seq = coalesce((SELECT x.seq FROM exchange x INDEXED BY exchange_of \
             WHERE x.conversation = b.conversation AND x.received <= min(coalesce(c.closed, ?2), ?2) \
             ORDER BY x.received DESC, x.seq DESC LIMIT 1), (SELECT x.seq FROM exchange x INDEXED BY exchange_of \
             WHERE x.conversation = b.conversation AND x.received <= ?2 ORDER BY x.received DESC, x.seq DESC LIMIT 1)) \
             WHERE c.closed IS NULL OR c.closed >= ?1"
        ),
        Talks::Credited(Rule { touch: Touch::First, .. }) => format!(
            "SELECT c.deal, {TALKED} FROM deal_contact c CROSS JOIN behind b ON b.contact = c.contact \
             CROSS JOIN exchange e ON e.seq = coalesce((SELECT x.seq FROM exchange x INDEXED BY exchange_of \
             WHERE x.conversation = b.conversation AND x.received >= min(coalesce(c.closed, ?2), ?2) - ?3 \
             AND x.received <= min(coalesce(c.closed, ?2), ?2) ORDER BY x.received, x.seq LIMIT 1), \
             (SELECT x.seq FROM exchange x INDEXED BY exchange_of WHERE x.conversation = b.conversation \
             AND x.received <= ?2 ORDER BY x.received DESC, x.seq DESC LIMIT 1)) \
             WHERE c.closed IS NULL OR c.closed >= ?1"
        ),
        // A year has four times as many as the window, and who texted outside of it is told by one.
        Talks::Credited(Rule { touch: Touch::Any, .. }) => {
            format!(
                "SELECT c.deal, {TALKED} FROM deal_contact c CROSS JOIN behind b ON b.contact = c.contact \
                 CROSS JOIN exchange e INDEXED BY exchange_of ON e.conversation = b.conversation \
                 AND e.received >= min(coalesce(c.closed, ?2), ?2) - ?3 AND e.received <= min(coalesce(c.closed, ?2), ?2) \
                 WHERE c.closed IS NULL OR c.closed >= ?1 UNION ALL \
                 SELECT c.deal, {TALKED} FROM deal_contact c CROSS JOIN behind b ON b.contact = c.contact \
                 CROSS JOIN exchange e ON e.seq = (SELECT x.seq FROM exchange x INDEXED BY exchange_of \
                 WHERE x.conversation = b.conversation AND x.received <= ?2 ORDER BY x.received DESC, x.seq DESC LIMIT 1) \
                 WHERE (c.closed IS NULL OR c.closed >= ?1) AND NOT EXISTS (SELECT 1 FROM exchange x \
                 INDEXED BY exchange_of WHERE x.conversation = b.conversation \
                 AND x.received >= min(coalesce(c.closed, ?2), ?2) - ?3 AND x.received <= min(coalesce(c.closed, ?2), ?2))"
            )
        }
        Talks::All => format!(
            "SELECT c.deal, {TALKED} FROM deal_contact c CROSS JOIN behind b ON b.contact = c.contact \
             CROSS JOIN exchange e INDEXED BY exchange_of ON e.conversation = b.conversation \
             WHERE (c.closed IS NULL OR c.closed >= ?1) AND e.received <= ?2"
        ),
    };
    let mut values = vec![Value::from(from.millis()), Value::from(until.millis())];
    if let Talks::Credited(rule @ Rule { touch: Touch::First | Touch::Any, .. }) = which {
        values.push(Value::from(rule.window().as_millis()));
    }
    let mut query = db.prepare_cached(&sql)?;
    let mut rows = query.query(params_from_iter(values))?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        all.push((DealId(row.get(0)?), talked(row, 1)?));
    }
    // Several people of one conversation may be on a deal.
    all.sort_by(|(a, one), (b, other)| (a, one.at, one.seq).cmp(&(b, other.at, other.seq)));
    all.dedup_by(|(a, one), (b, other)| a == b && one.seq == other.seq);
    Ok(all)
}
