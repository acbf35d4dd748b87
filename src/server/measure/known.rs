//! Deals with what the people on them began by text, read for reports.
//!
//! A year may have tens of thousands of deals, and its exchanges are ten times as many: what no rule can credit is not read.
//! Deals and exchanges are read side by side, each by a reader of its own.

use std::collections::HashMap;

use rusqlite::{Connection, params_from_iter, types::Value};

use super::outcomes::{TALKED, talked};
use super::projections::{MeasureError, Projections};
use crate::domain::deal::Deal;
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
        let (mut all, mut told) = (deals?, told?);
        for known in &mut all {
            known.talks = told.remove(known.deal.id.0.as_str()).unwrap_or_default();
        }
        Ok((all, other?))
    }
}

/// In the order of their ids.
fn deals(db: &Connection, (from, until): (Timestamp, Timestamp)) -> Result<Vec<Known>, MeasureError> {
    let mut query = db.prepare_cached("SELECT body FROM deal WHERE closed IS NULL OR closed >= ?1 ORDER BY id")?;
    let mut rows = query.query([from.millis()])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        let deal: Deal = serde_json::from_str(row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?)?;
        all.extend(deal.at(until).map(|deal| Known { deal, talks: Vec::new() }));
    }
    Ok(all)
}

/// Exchanges of each deal, by its id, oldest first. There are many more of them than deals: each finds its own by a hash.
fn talks(
    db: &Connection,
    (from, until): (Timestamp, Timestamp),
    which: Talks,
) -> Result<HashMap<String, Vec<Talked>>, MeasureError> {
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
    let mut all: HashMap<String, Vec<Talked>> = HashMap::new();
    while let Some(row) = rows.next()? {
        let deal = row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?;
        let talk = talked(row, 1)?;
        match all.get_mut(deal) {
            Some(talks) => talks.push(talk),
            None => drop(all.insert(deal.to_owned(), vec![talk])),
        }
    }
    for talks in all.values_mut() {
        talks.sort_by_key(|talk| (talk.at, talk.seq));
        // Several people of one conversation may be on a deal.
        talks.dedup_by_key(|talk| talk.seq);
    }
    Ok(all)
}
