//! Deals with what the people on them began by text, read for reports.
//!
//! A year may have tens of thousands of deals, and its exchanges are ten times as many: they are read conversation by
//! conversation, each at one place, and of those that are older than the rule's window the last alone.
//! Deals and exchanges are read side by side, each by a reader of its own.

use std::collections::HashMap;
use std::sync::Arc;

use rusqlite::Connection;
use uuid::Uuid;

use super::packed::{Packed, unpacked};
use super::projections::{MeasureError, Projections};
use super::under::Unders;
use crate::domain::deal::Deal;
use crate::domain::id::ConversationId;
use crate::domain::measure::credit::{Rule, Talked};
use crate::domain::measure::outcomes::Known;
use crate::domain::time::Timestamp;

impl Projections {
    /// Deals that were open at the end of a period or ended in it, as they stood at its end, by their ids, each with the
    /// exchanges of everybody on it that this rule may credit, oldest first. Meanwhile something else is read.
    pub(super) fn deals_with<T>(
        &self,
        period: (Timestamp, Timestamp),
        rule: Rule,
        meanwhile: impl FnOnce(&Connection) -> Result<T, MeasureError>,
    ) -> Result<(Vec<Known>, T), MeasureError> {
        let (told, deals, other) = std::thread::scope(|scope| {
            let beside = scope.spawn(|| talks(&self.reading_beside(), period, rule));
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

/// Exchanges of each deal, by its id, oldest first: those that the rule may credit in that period, and of a conversation
/// that has none of them the last one before, so that it is known that somebody texted.
fn talks(
    db: &Connection,
    (from, until): (Timestamp, Timestamp),
    rule: Rule,
) -> Result<HashMap<String, Vec<Talked>>, MeasureError> {
    // As of one instant: what is read on meanwhile is not seen in one of them alone.
    let db = db.unchecked_transaction()?;
    let unders = Unders::read(&db)?;
    // In the order of people, as both sides are kept.
    let mut query = db.prepare_cached(
        "SELECT c.deal, b.conversation, b.shared, p.packed FROM deal_contact c CROSS JOIN behind b ON b.contact = c.contact \
         CROSS JOIN exchanges_of p ON p.conversation = b.conversation WHERE c.closed IS NULL OR c.closed >= ?1",
    )?;
    let begins = from - rule.window();
    let mut rows = query.query([from.millis()])?;
    let mut all: HashMap<String, Vec<Talked>> = HashMap::new();
    while let Some(row) = rows.next()? {
        let deal = row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?;
        let (conversation, shared) = (ConversationId(Uuid::from_bytes(row.get(1)?)), row.get(2)?);
        let talk = |one: Packed| -> Result<Talked, MeasureError> {
            let under = Arc::clone(unders.of(i64::from(one.under))?);
            Ok(Talked { seq: one.seq, conversation, at: one.at, hour: one.hour, under, shared })
        };
        let talks = match all.get_mut(deal) {
            Some(talks) => talks,
            None => all.entry(deal.to_owned()).or_default(),
        };
        let (before, mut last) = (talks.len(), None::<Packed>);
        for one in unpacked(row.get_ref(3)?.as_blob().map_err(rusqlite::Error::from)?)?.filter(|one| one.at <= until) {
            if one.at >= begins {
                talks.push(talk(one)?);
            } else if last.is_none_or(|last| (last.at, last.seq) < (one.at, one.seq)) {
                last = Some(one);
            }
        }
        if talks.len() == before {
            talks.extend(last.map(talk).transpose()?);
        }
    }
    for talks in all.values_mut() {
        talks.sort_by_key(|talk| (talk.at, talk.seq));
        // Several people of one conversation may be on a deal.
        talks.dedup_by_key(|talk| talk.seq);
    }
    Ok(all)
}
