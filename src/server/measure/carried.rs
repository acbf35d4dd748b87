//! Turns of reps, and stretches in which they held a conversation, as rows.

use std::collections::BTreeSet;

use rusqlite::{Connection, params};
use uuid::Uuid;

use super::projections::{MeasureError, Projections};
use super::read::Window;
use crate::domain::id::{ConversationId, RepId};
use crate::domain::measure::Facts;
use crate::domain::measure::carried::{Stretch, Turn};
use crate::domain::time::Timestamp;

/// Keeps what a step told of them.
pub(super) fn keep(db: &Connection, facts: &Facts) -> Result<(), MeasureError> {
    let number = |seq: u64| i64::try_from(seq).unwrap_or(i64::MAX);
    let mut put = db.prepare_cached(
        "INSERT OR REPLACE INTO turn (rep, what, day, seq, conversation, at, n) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    for ((rep, turn, day, seq), took) in &facts.turns {
        let of = took.conversation.0.as_bytes();
        put.execute(params![rep.as_str(), turn.name(), day, number(*seq), of, took.at.millis(), took.n])?;
    }
    let mut put = db.prepare_cached(
        "INSERT OR REPLACE INTO stretch (rep, seq, conversation, since, until, until_seq) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    for ((rep, seq), held) in &facts.stretches {
        let (until, last) = held.until.map(|(at, seq)| (at.millis(), number(seq))).unzip();
        let of = held.conversation.0.as_bytes();
        put.execute(params![rep.as_str(), number(*seq), of, held.since.millis(), until, last])?;
    }
    Ok(())
}

/// What a rep did with one conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Turned {
    pub(super) conversation: ConversationId,
    /// The last time.
    pub(super) at: Timestamp,
    /// How often.
    pub(super) n: i64,
}

impl Projections {
    /// Turns of a rep by conversation. An answer that did not leave after all is none.
    pub(super) fn turns(&self, window: Window, rep: &RepId, turn: Turn) -> Result<Vec<Turned>, MeasureError> {
        let db = self.reading();
        let mut query = db.prepare_cached(
            "SELECT conversation, max(at), sum(n) FROM turn WHERE rep = ?1 AND what = ?2 AND day BETWEEN ?3 AND ?4 \
             GROUP BY 1 HAVING sum(n) > 0",
        )?;
        let mut rows = query.query(params![rep.as_str(), turn.name(), window.since, window.until])?;
        let mut all = Vec::new();
        while let Some(row) = rows.next()? {
            let conversation = ConversationId(Uuid::from_bytes(row.get(0)?));
            all.push(Turned { conversation, at: Timestamp::from_millis(row.get(1)?), n: row.get(2)? });
        }
        Ok(all)
    }

    /// Stretches of a rep that began before `end` and were not over before `begin`, by the entry that began them.
    pub(super) fn stretches(
        &self,
        rep: &RepId,
        (begin, end): (Timestamp, Timestamp),
    ) -> Result<Vec<(u64, Stretch)>, MeasureError> {
        let db = self.reading();
        let mut query = db.prepare_cached(
            "SELECT seq, conversation, since, until, until_seq FROM stretch WHERE rep = ?1 AND since < ?2 \
             AND (until IS NULL OR until >= ?3)",
        )?;
        let mut rows = query.query(params![rep.as_str(), end.millis(), begin.millis()])?;
        let mut all = Vec::new();
        while let Some(row) = rows.next()? {
            let until = row.get::<_, Option<i64>>(3)?.zip(row.get::<_, Option<i64>>(4)?);
            all.push((
                row.get::<_, i64>(0)?.unsigned_abs(),
                Stretch {
                    conversation: ConversationId(Uuid::from_bytes(row.get(1)?)),
                    since: Timestamp::from_millis(row.get(2)?),
                    until: until.map(|(at, seq)| (Timestamp::from_millis(at), seq.unsigned_abs())),
                },
            ));
        }
        Ok(all)
    }

    /// What a rep holds, as of the newest entry that was read.
    pub(super) fn held_now(&self, rep: &RepId) -> Result<BTreeSet<(Timestamp, ConversationId)>, MeasureError> {
        let db = self.reading();
        let mut query =
            db.prepare_cached("SELECT since, conversation FROM stretch WHERE rep = ?1 AND until IS NULL")?;
        let mut rows = query.query([rep.as_str()])?;
        let mut all = BTreeSet::new();
        while let Some(row) = rows.next()? {
            all.insert((Timestamp::from_millis(row.get(0)?), ConversationId(Uuid::from_bytes(row.get(1)?))));
        }
        Ok(all)
    }
}
