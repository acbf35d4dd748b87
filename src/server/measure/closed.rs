//! Answers that came while their buyer is not to be texted, as rows.

use rusqlite::{Connection, params};
use uuid::Uuid;

use super::projections::{MeasureError, Projections};
use super::read::Window;
use crate::domain::id::{ConversationId, LineId};
use crate::domain::measure::closed::{Closed, Decided};
use crate::domain::time::Timestamp;

/// Keeps what a step told of them.
pub(super) fn keep(db: &Connection, all: &[Decided]) -> Result<(), MeasureError> {
    let mut put = db.prepare_cached(
        "INSERT OR REPLACE INTO closed (seq, at, day, line, conversation, what, until) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    for one in all {
        put.execute(params![
            i64::try_from(one.seq).unwrap_or(i64::MAX),
            one.at.millis(),
            one.day,
            one.line.as_str(),
            one.conversation.0.as_bytes(),
            one.closed.name(),
            one.until.millis(),
        ])?;
    }
    Ok(())
}

impl Projections {
    /// Those of these days of which this was decided, oldest first.
    pub(super) fn closed(&self, window: Window, closed: Closed) -> Result<Vec<Decided>, MeasureError> {
        let db = self.reading();
        let mut query = db.prepare_cached(
            "SELECT seq, at, day, line, conversation, until FROM closed WHERE what = ?1 AND day BETWEEN ?2 AND ?3 \
             ORDER BY seq",
        )?;
        let mut rows = query.query(params![closed.name(), window.since, window.until])?;
        let mut all = Vec::new();
        while let Some(row) = rows.next()? {
            all.push(Decided {
                seq: row.get::<_, i64>(0)?.unsigned_abs(),
                at: Timestamp::from_millis(row.get(1)?),
                day: row.get(2)?,
                line: LineId::new(row.get::<_, String>(3)?),
                conversation: ConversationId(Uuid::from_bytes(row.get(4)?)),
                closed,
                until: Timestamp::from_millis(row.get(5)?),
            });
        }
        Ok(all)
    }
}
