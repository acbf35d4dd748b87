//! Outcomes, answered from what was made of the journal and from deals as the CRM told them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use rusqlite::{Connection, Row, params_from_iter, types::Value};
use uuid::Uuid;

use super::projections::MeasureError;
use super::read::{Whose, Window};
use super::report::{Desk, Sees};
use crate::domain::deal::Deal;
use crate::domain::id::{ConversationId, DealId, LineId, RepId, TeamId};
use crate::domain::measure::cell::By;
use crate::domain::measure::credit::{Rule, Talked};
use crate::domain::measure::exchange::Adherence;
use crate::domain::measure::load;
use crate::domain::measure::outcomes::{
    Breach, DealsTold, Heard, Known, Material, Outcomes, RuleTold, costs, fill, reconciled,
};
use crate::domain::measure::{Cause, Standing};
use crate::domain::time::Timestamp;

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    /// By what the rows are.
    pub by: By,
    /// How deals are credited.
    pub rule: Rule,
    /// How many deals are listed at most.
    pub deals: usize,
}

/// The columns that [`talked`] reads, from its first one.
pub(super) const TALKED: &str =
    "e.seq, e.conversation, e.received, e.team, e.cohort, e.rep, e.line, e.use_case, e.hour, e.standing";

impl Desk {
    /// What answering was worth.
    pub fn outcomes(&self, asked: Asked) -> Result<Outcomes, MeasureError> {
        let (whose, db) = (self.sees.whose(), self.projections.reading());
        let from = self.begins();
        let heard = heard(&db, self.window, &whose, asked.by)?;
        let deals = ended_since(&db, from)?;
        let counts = causes(&db, self.window, &whose)?;
        let breaches = breaches(&db, self.window, &whose)?;
        drop(db);
        let read = self.projections.deals_read()?;
        let mut told = Outcomes {
            about: self.about()?,
            by: asked.by.name().to_owned(),
            rule: RuleTold { rule: asked.rule, words: asked.rule.words() },
            deals_read: DealsTold { as_of: read.as_of.map(Timestamp::millis), trouble: read.trouble },
            ..Outcomes::default()
        };
        if self.sees == Sees::All {
            told.reconciled = reconciled(asked.rule, &deals, self.now);
        }
        let by_id: BTreeMap<DealId, &Deal> = deals.iter().map(|known| (known.deal.id.clone(), &known.deal)).collect();
        told.costs = costs(&counts, &breaches, &by_id);
        let material = Material {
            by: asked.by,
            rule: asked.rule,
            from,
            now: self.now,
            heard: &heard,
            deals: &deals,
            sees: &|talk| whose.sees(&talk.team, talk.rep.as_ref()),
            label: &|key| self.label(asked.by, key),
        };
        fill(&mut told, &material);
        told.deals.truncate(asked.deals);
        Ok(told)
    }

    /// When the first day begins.
    pub(super) fn begins(&self) -> Timestamp {
        load::begins(self.playbook.zone(), self.window.since).unwrap_or(Timestamp::MIN)
    }
}

impl Whose {
    /// Whether something of this team and rep is among it.
    pub(super) fn sees(&self, team: &TeamId, rep: Option<&RepId>) -> bool {
        let of_rep = self.rep.as_ref().is_none_or(|own| Some(own) == rep);
        of_rep && self.teams.as_ref().is_none_or(|teams| teams.contains(team))
    }

    /// As conditions over a row's team and rep, after `?2`.
    pub(super) fn conditions(&self, values: &mut Vec<Value>) -> Result<String, MeasureError> {
        let mut sql = String::new();
        if let Some(rep) = &self.rep {
            values.push(Value::from(rep.to_string()));
            let _ = write!(sql, " AND rep = ?{}", values.len());
        }
        if let Some(teams) = &self.teams {
            values.push(Value::from(serde_json::to_string(teams)?));
            let _ = write!(sql, " AND team IN (SELECT value FROM json_each(?{}))", values.len());
        }
        Ok(sql)
    }
}

fn days(window: Window) -> Vec<Value> {
    vec![Value::from(window.since), Value::from(window.until)]
}

/// Exchanges that began in the period, counted.
fn heard(db: &Connection, window: Window, whose: &Whose, by: By) -> Result<Vec<Heard>, MeasureError> {
    let column = match by {
        By::Team => "team",
        By::Cohort => "cohort",
        By::Rep => "coalesce(rep, '')",
        By::Hour => "printf('%03d', hour)",
        By::Line => "line",
        By::UseCase => "use_case",
    };
    let mut values = days(window);
    let conditions = whose.conditions(&mut values)?;
    let mut query = db.prepare_cached(&format!(
        "SELECT {column}, standing, count(*), count(*) FILTER (WHERE outcome = 'meeting') FROM exchange \
         WHERE day BETWEEN ?1 AND ?2{conditions} GROUP BY 1, 2"
    ))?;
    let mut rows = query.query(params_from_iter(values))?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        let adherence = Adherence::of(standing(row, 1)?);
        all.push(Heard { key: row.get(0)?, adherence, exchanges: row.get(2)?, meetings: row.get(3)? });
    }
    Ok(all)
}

fn standing(row: &Row<'_>, column: usize) -> Result<Standing, MeasureError> {
    let name: String = row.get(column)?;
    Standing::named(&name).ok_or_else(|| MeasureError::File("an exchange's standing is not readable".to_owned()))
}

/// Reads an exchange, from this column on.
pub(super) fn talked(row: &Row<'_>, first: usize) -> Result<Talked, MeasureError> {
    Ok(Talked {
        seq: row.get::<_, i64>(first)?.unsigned_abs(),
        conversation: ConversationId(Uuid::from_bytes(row.get(first + 1)?)),
        at: Timestamp::from_millis(row.get(first + 2)?),
        team: TeamId::new(row.get::<_, String>(first + 3)?),
        cohort: row.get(first + 4)?,
        rep: row.get::<_, Option<String>>(first + 5)?.map(RepId::new),
        line: LineId::new(row.get::<_, String>(first + 6)?),
        use_case: row.get(first + 7)?,
        hour: row.get(first + 8)?,
        standing: standing(row, first + 9)?,
    })
}

/// Deals that are open, or ended at `from` or later, each with the exchanges of everybody on it, oldest first.
pub(super) fn ended_since(db: &Connection, from: Timestamp) -> Result<Vec<Known>, MeasureError> {
    let mut query = db.prepare_cached("SELECT body FROM deal WHERE closed IS NULL OR closed >= ?1 ORDER BY id")?;
    let mut rows = query.query([from.millis()])?;
    let mut all: BTreeMap<DealId, Known> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let deal: Deal = serde_json::from_str(row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?)?;
        all.insert(deal.id.clone(), Known { deal, talks: Vec::new() });
    }
    let mut query = db.prepare_cached(&format!(
        "SELECT DISTINCT d.id, {TALKED} FROM deal d CROSS JOIN deal_contact c ON c.deal = d.id \
         CROSS JOIN behind b ON b.contact = c.contact CROSS JOIN exchange e ON e.conversation = b.conversation \
         WHERE d.closed IS NULL OR d.closed >= ?1 ORDER BY d.id, e.received, e.seq"
    ))?;
    let mut rows = query.query([from.millis()])?;
    while let Some(row) = rows.next()? {
        if let Some(known) = all.get_mut(&DealId(row.get(0)?)) {
            known.talks.push(talked(row, 1)?);
        }
    }
    Ok(all.into_values().collect())
}

/// Breached replies by their cause.
fn causes(db: &Connection, window: Window, whose: &Whose) -> Result<BTreeMap<Cause, i64>, MeasureError> {
    let mut values = days(window);
    let conditions = whose.conditions(&mut values)?;
    let mut query = db.prepare_cached(&format!(
        "SELECT cause, count(*) FROM reply WHERE day BETWEEN ?1 AND ?2 AND cause IS NOT NULL{conditions} GROUP BY 1"
    ))?;
    let mut rows = query.query(params_from_iter(values))?;
    let mut all = BTreeMap::new();
    while let Some(row) = rows.next()? {
        all.insert(cause(row, 0)?, row.get(1)?);
    }
    Ok(all)
}

fn cause(row: &Row<'_>, column: usize) -> Result<Cause, MeasureError> {
    let name: String = row.get(column)?;
    Cause::named(&name).ok_or_else(|| MeasureError::File("a reply's cause is not readable".to_owned()))
}

/// Breached replies of people who are on deals.
pub(super) fn breaches(db: &Connection, window: Window, whose: &Whose) -> Result<Vec<Breach>, MeasureError> {
    let mut values = days(window);
    let conditions = whose.conditions(&mut values)?;
    let mut query = db.prepare_cached(&format!(
        "SELECT DISTINCT r.seq, r.cause, r.due, c.deal FROM reply r CROSS JOIN behind b ON b.conversation = r.conversation \
         CROSS JOIN deal_contact c ON c.contact = b.contact WHERE day BETWEEN ?1 AND ?2 AND cause IS NOT NULL{conditions}"
    ))?;
    let mut rows = query.query(params_from_iter(values))?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        all.push(Breach {
            seq: row.get::<_, i64>(0)?.unsigned_abs(),
            cause: cause(row, 1)?,
            due: Timestamp::from_millis(row.get(2)?),
            deal: DealId(row.get(3)?),
        });
    }
    Ok(all)
}
