//! Under what exchanges count, by numbers: a hundred thousand exchanges share a few hundred ways of it, and a report reads
//! numbers faster than words.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use rusqlite::{Connection, Row, params};
use uuid::Uuid;

use super::outcomes::standing;
use super::projections::MeasureError;
use crate::domain::id::{ConversationId, LineId, RepId, TeamId};
use crate::domain::measure::credit::{Talked, Under};
use crate::domain::time::Timestamp;

/// The columns that [`talked`] reads, before all others.
pub(super) const TALKED: &str = "e.seq, e.conversation, e.received, e.hour, e.under";

/// Every way, by its number and the other way round.
#[derive(Debug, Default)]
pub(super) struct Unders {
    by_number: HashMap<i64, Arc<Under>>,
    numbers: BTreeMap<Arc<Under>, i64>,
}

impl Unders {
    /// All that are known.
    pub(super) fn read(db: &Connection) -> Result<Self, MeasureError> {
        let mut query = db.prepare_cached("SELECT id, team, cohort, rep, line, use_case, standing FROM under")?;
        let mut rows = query.query([])?;
        let mut all = Self::default();
        while let Some(row) = rows.next()? {
            let rep: String = row.get(3)?;
            let under = Under {
                team: TeamId::new(row.get::<_, String>(1)?),
                cohort: row.get(2)?,
                rep: (!rep.is_empty()).then(|| RepId::new(rep)),
                line: LineId::new(row.get::<_, String>(4)?),
                use_case: row.get(5)?,
                standing: standing(row, 6)?,
            };
            all.knows(row.get(0)?, Arc::new(under));
        }
        Ok(all)
    }

    /// The number of one, which is kept if it is new.
    pub(super) fn put(&mut self, db: &Connection, under: Under) -> Result<(i64, Arc<Under>), MeasureError> {
        if let Some((known, number)) = self.numbers.get_key_value(&under) {
            return Ok((*number, Arc::clone(known)));
        }
        let mut put = db.prepare_cached(
            "INSERT INTO under (team, cohort, rep, line, use_case, standing) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?;
        let number = put.insert(params![
            under.team.as_str(),
            under.cohort,
            under.rep.as_ref().map_or("", RepId::as_str),
            under.line.as_str(),
            under.use_case,
            under.standing.name(),
        ])?;
        let under = Arc::new(under);
        self.knows(number, Arc::clone(&under));
        Ok((number, under))
    }

    /// The one of a number.
    pub(super) fn of(&self, number: i64) -> Result<&Arc<Under>, MeasureError> {
        let unknown = || MeasureError::File("under what an exchange counts is not readable".to_owned());
        self.by_number.get(&number).ok_or_else(unknown)
    }

    fn knows(&mut self, number: i64, under: Arc<Under>) {
        self.by_number.insert(number, Arc::clone(&under));
        self.numbers.insert(under, number);
    }
}

/// Reads an exchange; nothing of one whose first reply was never told.
pub(super) fn talked(row: &Row<'_>, unders: &Unders) -> Result<Option<Talked>, MeasureError> {
    let number: i64 = row.get(4)?;
    if number == 0 {
        return Ok(None);
    }
    Ok(Some(Talked {
        seq: row.get::<_, i64>(0)?.unsigned_abs(),
        conversation: ConversationId(Uuid::from_bytes(row.get(1)?)),
        at: Timestamp::from_millis(row.get(2)?),
        hour: row.get(3)?,
        under: Arc::clone(unders.of(number)?),
        shared: false,
    }))
}
