//! Numbers on opt-out hold, as they are kept: those of somebody's teams, and the one that a reply fell due under.

use rusqlite::{Connection, Row, params};
use uuid::Uuid;

use super::projections::{MeasureError, Projections};
use super::read::{Whose, Window};
use crate::domain::id::{ConversationId, NumberId, RepId};
use crate::domain::measure::HeldNumber;
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
