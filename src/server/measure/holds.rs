//! Numbers on opt-out hold, as they are kept: those of somebody's teams, and the one that a reply fell due under.

use rusqlite::{Connection, Row, params};
use uuid::Uuid;

use super::projections::{MeasureError, Projections};
use super::read::{Whose, Window};
use crate::domain::id::{ConversationId, NumberId, RepId};
use crate::domain::measure::report::Told;
use crate::domain::measure::{Cause, HeldNumber, Reply, story};
use crate::domain::playbook::Playbook;
use crate::domain::time::Timestamp;

impl Projections {
    /// Holds, oldest first: those whose text came in a conversation of these teams.
    pub(super) fn holds(&self, window: Window, whose: &Whose) -> Result<Vec<HeldNumber>, MeasureError> {
        let db = self.reading();
        // Of which team a conversation is, the fold keeps: not every text that is held starts a clock.
        let mut query = db.prepare_cached(
            "SELECT seq, at, day, number, conversation, due, ended, how, rep, \
             (SELECT json_extract(state, '$.team') FROM talk WHERE id = held.conversation) \
             FROM held WHERE day BETWEEN ?1 AND ?2 ORDER BY seq",
        )?;
        let mut rows = query.query(params![window.since, window.until])?;
        let mut all = Vec::new();
        while let Some(r) = rows.next()? {
            let team: Option<String> = r.get(9)?;
            if whose.has(&team.unwrap_or_default()) {
                all.push(held(r)?);
            }
        }
        Ok(all)
    }
}

/// A reply as a report tells it: of one that nobody might answer also since when that was so, and who ruled.
pub(super) fn told(db: &Connection, playbook: &Playbook, reply: &Reply) -> Result<Told, MeasureError> {
    let under = if reply.cause == Some(Cause::OptOutHold) { under(db, reply)? } else { None };
    Ok(story::told(playbook, reply, under.as_ref()))
}

/// The hold that its number was on when a reply fell due.
fn under(db: &Connection, reply: &Reply) -> Result<Option<HeldNumber>, MeasureError> {
    let mut query = db.prepare_cached(
        "SELECT seq, at, day, number, conversation, due, ended, how, rep FROM held \
         WHERE number = ?1 AND at <= ?2 AND (ended IS NULL OR ended > ?2) ORDER BY seq DESC LIMIT 1",
    )?;
    let mut rows = query.query(params![reply.number.0.as_bytes(), reply.due.millis()])?;
    rows.next()?.map(held).transpose()
}

fn held(r: &Row<'_>) -> Result<HeldNumber, MeasureError> {
    Ok(HeldNumber {
        seq: r.get::<_, i64>(0)?.unsigned_abs(),
        at: Timestamp::from_millis(r.get(1)?),
        day: r.get(2)?,
        number: NumberId(Uuid::from_bytes(r.get(3)?)),
        conversation: ConversationId(Uuid::from_bytes(r.get(4)?)),
        due: Timestamp::from_millis(r.get(5)?),
        ended: r.get::<_, Option<i64>>(6)?.map(Timestamp::from_millis),
        end: r.get(7)?,
        by: r.get::<_, Option<String>>(8)?.map(RepId::new),
    })
}
