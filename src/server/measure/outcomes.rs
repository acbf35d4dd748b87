//! Outcomes, answered from what was made of the journal and from deals as the CRM told them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use rusqlite::{Connection, Row, params, params_from_iter, types::Value};

use super::projections::MeasureError;
use super::read::{Whose, Window, cells, teams};
use super::report::{Desk, Sees};
use crate::domain::deal::Deal;
use crate::domain::id::{DealId, RepId, TeamId};
use crate::domain::measure::cell::By;
use crate::domain::measure::credit::Rule;
use crate::domain::measure::exchange::Adherence;
use crate::domain::measure::load;
use crate::domain::measure::outcomes::{
    Breach, DealsTold, Heard, Material, Outcomes, RuleTold, costs, fill, reconciled,
};
use crate::domain::measure::report::About;
use crate::domain::measure::{Cause, Cell, Standing};
use crate::domain::time::{Span, Timestamp};

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// By what the rows are.
    pub by: By,
    /// How deals are credited.
    pub rule: Rule,
    /// How many deals are listed at most.
    pub deals: usize,
    /// Those after this one, which was listed last: its deal and entry.
    pub after: Option<(DealId, u64)>,
}

impl Desk {
    /// What answering was worth.
    pub fn outcomes(&self, asked: &Asked) -> Result<Outcomes, MeasureError> {
        let (whose, (from, until)) = (self.sees.whose(), self.span());
        let (deals, (heard, counts, breaches)) = self.projections.deals_with((from, until), asked.rule, |db| {
            let window = self.counted_days();
            let heard = heard(db, window, &whose, asked.by)?;
            Ok((heard, causes(db, window, &whose)?, breaches(db, window, &whose)?))
        })?;
        let read = self.projections.deals_read()?;
        let hours_in = if asked.by == By::Hour { self.hours_in()? } else { Vec::new() };
        let mut told = Outcomes {
            about: About { hours_in, ..self.about()? },
            by: asked.by.name().to_owned(),
            rule: RuleTold { rule: asked.rule, words: asked.rule.words() },
            deals_read: DealsTold {
                as_of: read.as_of.map(Timestamp::millis),
                trouble: read.trouble,
                unread: read.unread,
            },
            ..Outcomes::default()
        };
        let material = Material {
            by: asked.by,
            rule: asked.rule,
            from,
            until,
            listed: Some(asked.deals).filter(|most| *most > 0),
            after: asked.after.as_ref(),
            heard: &heard,
            deals: &deals,
            sees: &|talk| whose.sees(&talk.under.team, talk.under.rep.as_ref()),
            label: &|key| self.label(asked.by, key),
        };
        // Two looks at the same deals, side by side.
        let beside = std::thread::scope(|scope| {
            let beside = scope.spawn(|| {
                let by_id = deals.iter().map(|known| (known.deal.id.clone(), &known.deal));
                let by_id: BTreeMap<DealId, &Deal> = by_id.collect();
                let all = if self.sees == Sees::All { reconciled(asked.rule, &deals, until) } else { Vec::new() };
                (all, costs(&counts, &breaches, &by_id))
            });
            fill(&mut told, &material);
            beside.join()
        });
        let broke = |_| MeasureError::File("adding up the deals broke off".to_owned());
        (told.reconciled, told.costs) = beside.map_err(broke)?;
        Ok(told)
    }

    /// When the first day begins, and the last one ends; not later than now.
    pub(super) fn span(&self) -> (Timestamp, Timestamp) {
        let next = self.begins(self.window.until.saturating_add(1));
        (self.begins(self.window.since), (next - Span::millis(1)).min(self.now))
    }

    /// When a day begins here; a day that no calendar has began long ago.
    pub(super) fn begins(&self, day: i32) -> Timestamp {
        let never = if day > 0 { Timestamp::MAX } else { Timestamp::MIN };
        load::begins(self.playbook.zone(), day).unwrap_or(never)
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

/// Exchanges that began in the period, counted. Those of a rep are read one by one: they are few.
fn heard(db: &Connection, window: Window, whose: &Whose, by: By) -> Result<Vec<Heard>, MeasureError> {
    let mut values = days(window);
    let conditions = whose.conditions(&mut values)?;
    let column = match by {
        By::Team => "team",
        By::Cohort => "cohort",
        By::Rep => "rep",
        By::Hour => "printf('%03d', hour)",
        By::Line => "line",
        By::UseCase => "use_case",
    };
    let mut query = if whose.rep.is_some() {
        db.prepare_cached(&format!(
            "SELECT {column}, standing, count(*), count(*) FILTER (WHERE outcome = 'meeting') FROM under u \
             JOIN exchange e ON e.under = u.id WHERE day BETWEEN ?1 AND ?2{conditions} GROUP BY 1, 2"
        ))?
    } else {
        values.push(Value::from(by.name().to_owned()));
        let sort = values.len();
        db.prepare_cached(&format!(
            "SELECT name, adherence, sum(exchanges), sum(meetings) FROM heard \
             WHERE sort = ?{sort} AND day BETWEEN ?1 AND ?2{conditions} GROUP BY 1, 2"
        ))?
    };
    let mut rows = query.query(params_from_iter(values))?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        let adherence = match whose.rep {
            Some(_) => Adherence::of(standing(row, 1)?),
            None => adherence(row, 1)?,
        };
        all.push(Heard { key: row.get(0)?, adherence, exchanges: row.get(2)?, meetings: row.get(3)? });
    }
    Ok(all)
}

fn adherence(row: &Row<'_>, column: usize) -> Result<Adherence, MeasureError> {
    let name: String = row.get(column)?;
    Adherence::named(&name).ok_or_else(|| MeasureError::File("how exchanges were answered is not readable".to_owned()))
}

pub(super) fn standing(row: &Row<'_>, column: usize) -> Result<Standing, MeasureError> {
    let name: String = row.get(column)?;
    Standing::named(&name).ok_or_else(|| MeasureError::File("an exchange's standing is not readable".to_owned()))
}

/// Breached replies by their cause: those of a rep one by one, those of teams as they are added up.
fn causes(db: &Connection, window: Window, whose: &Whose) -> Result<BTreeMap<Cause, i64>, MeasureError> {
    let mut all = BTreeMap::new();
    let Some(rep) = &whose.rep else {
        let mut sum = Cell::default();
        for team in teams(db, By::Team, whose)? {
            cells(db, By::Team, &team, window, &mut |_, cell| sum.merge(&cell))?;
        }
        let counted = Cause::ALL.into_iter().zip(sum.causes);
        all.extend(counted.filter(|(_, n)| *n > 0));
        return Ok(all);
    };
    let mut query = db.prepare_cached(
        "SELECT cause, count(*) FROM reply WHERE rep = ?3 AND day BETWEEN ?1 AND ?2 AND cause IS NOT NULL GROUP BY 1",
    )?;
    let mut rows = query.query(params![window.since, window.until, rep.as_str()])?;
    while let Some(row) = rows.next()? {
        all.insert(cause(row, 0)?, row.get(1)?);
    }
    Ok(all)
}

fn cause(row: &Row<'_>, column: usize) -> Result<Cause, MeasureError> {
    let name: String = row.get(column)?;
    Cause::named(&name).ok_or_else(|| MeasureError::File("a reply's cause is not readable".to_owned()))
}

/// Breached replies of people who are on deals: each once with each deal.
pub(super) fn breaches(db: &Connection, window: Window, whose: &Whose) -> Result<Vec<Breach>, MeasureError> {
    let mut values = days(window);
    let conditions = whose.conditions(&mut values)?;
    // From people on deals to their replies: those are fewer than all that were missed.
    let mut query = db.prepare_cached(&format!(
        "SELECT r.seq, r.cause, r.due, c.deal FROM deal_contact c CROSS JOIN behind b ON b.contact = c.contact \
         CROSS JOIN reply r INDEXED BY reply_missed_of ON r.conversation = b.conversation \
         WHERE r.day BETWEEN ?1 AND ?2 AND r.cause IS NOT NULL{conditions}"
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
    // Several people of one conversation may be on the deal.
    all.sort_by(|a, b| (a.seq, &a.deal).cmp(&(b.seq, &b.deal)));
    all.dedup();
    Ok(all)
}
