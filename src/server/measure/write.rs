//! One step of reading on, in one transaction: what changed, and how far it is read now.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, TransactionBehavior, params};
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::carried;
use super::closed;
use super::exchanges;
use super::projections::{MeasureError, Projections, ReadTo, put_read_to, read_to};
use super::row;
use crate::domain::id::{ConversationId, NumberId, RepId};
use crate::domain::measure::cell::By;
use crate::domain::measure::fold::{Count, Policies};
use crate::domain::measure::{Asker, Cell, Facts, Fold, HeldNumber, OptOut, Reply, Talk};
use crate::domain::time::Timestamp;

/// Which part of the sum a reply is in: sort, team, day, name.
type Place = (By, String, i32, String);

/// One step of reading on, to be kept at once or not at all.
pub(super) struct Step {
    /// How far it was read before.
    pub(super) before: u64,
    /// How far it is read with it.
    pub(super) to: ReadTo,
    /// What there is to tell of it.
    facts: Facts,
    /// Conversations that changed in it, as they are kept.
    talks: BTreeMap<ConversationId, String>,
    /// Numbers that did.
    askers: BTreeMap<NumberId, String>,
}

impl Step {
    /// What the fold has come to since its last one.
    pub(super) fn of(fold: &mut Fold, policies: &dyn Policies, before: u64, to: ReadTo) -> Result<Self, MeasureError> {
        let facts = fold.tell(policies);
        let (mut talks, mut askers) = (BTreeMap::new(), BTreeMap::new());
        for id in std::mem::take(&mut fold.changed_talks) {
            if let Some(talk) = fold.talks.get(&id) {
                talks.insert(id, serde_json::to_string(talk)?);
            }
        }
        for id in std::mem::take(&mut fold.changed_askers) {
            if let Some(asker) = fold.askers.get(&id) {
                askers.insert(id, serde_json::to_string(asker)?);
            }
        }
        Ok(Self { before, to, facts, talks, askers })
    }

    /// Whether it changes a conversation.
    pub(super) fn has_talk(&self, id: &ConversationId) -> bool {
        self.talks.contains_key(id)
    }

    /// Whether it changes a number.
    pub(super) fn has_asker(&self, id: &NumberId) -> bool {
        self.askers.contains_key(id)
    }
}

impl Projections {
    /// Brings conversations and numbers to hand, as they were kept. Those that are new are none there. What a step that is
    /// not kept yet has changed is to be at hand still.
    pub(super) fn bring(
        &self,
        fold: &mut Fold,
        talks: &BTreeSet<ConversationId>,
        askers: &BTreeSet<NumberId>,
    ) -> Result<(), MeasureError> {
        let db = self.reading();
        for id in askers.iter().filter(|id| !fold.askers.contains_key(id)).copied().collect::<Vec<_>>() {
            let found: Option<Asker> = state(&db, "SELECT state FROM asker WHERE id = ?1", id.0)?;
            if let Some(asker) = found {
                fold.askers.insert(id, asker);
            }
        }
        let of_numbers = askers.iter().filter_map(|id| fold.askers.get(id)).flat_map(|asker| asker.talks.clone());
        let wanted: BTreeSet<ConversationId> = talks.iter().copied().chain(of_numbers).collect();
        for id in wanted.into_iter().filter(|id| !fold.talks.contains_key(id)).collect::<Vec<_>>() {
            let found: Option<Talk> = state(&db, "SELECT state FROM talk WHERE id = ?1", id.0)?;
            if let Some(talk) = found {
                fold.talks.insert(id, talk);
            }
        }
        Ok(())
    }

    /// Keeps what a step came to. Refused when somebody else has read on since it began.
    pub(super) fn keep(&self, step: &Step) -> Result<(), MeasureError> {
        let mut db = self.writing();
        let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if read_to(&tx)?.seq != step.before {
            return Err(MeasureError::Overtaken);
        }
        let facts = &step.facts;
        replies(&tx, &facts.replies, step.before)?;
        exchanges::keep(&tx, facts, step.before)?;
        for ((day, rep), of_day) in &facts.days {
            let mut put = tx.prepare_cached(
                "INSERT INTO load (day, rep, offers, takes, passes, answers, open_ms, most) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (day, rep) DO UPDATE SET offers = offers + ?3, \
                 takes = takes + ?4, passes = passes + ?5, answers = answers + ?6, open_ms = open_ms + ?7, \
                 most = max(most, ?8)",
            )?;
            let d = of_day;
            put.execute(params![day, rep.as_str(), d.offers, d.takes, d.passes, d.answers, d.open_ms, d.most])?;
        }
        carried::keep(&tx, facts)?;
        for ((day, what, line), count) in &facts.counts {
            tally(&tx, *day, what, line, count)?;
        }
        closed::keep(&tx, &facts.closed)?;
        facts.opt_outs.iter().try_for_each(|out| opt_out(&tx, out))?;
        facts.holds.values().try_for_each(|one| held(&tx, one))?;
        states(&tx, step)?;
        put_read_to(&tx, &step.to)?;
        Ok(tx.commit()?)
    }
}

/// What the fold keeps of conversations and numbers.
fn states(db: &Connection, step: &Step) -> Result<(), MeasureError> {
    let mut put = db.prepare_cached("INSERT OR REPLACE INTO talk (id, state) VALUES (?1, ?2)")?;
    for (id, state) in &step.talks {
        put.execute(params![id.0.as_bytes(), state])?;
    }
    let mut put = db.prepare_cached("INSERT OR REPLACE INTO asker (id, state) VALUES (?1, ?2)")?;
    for (id, state) in &step.askers {
        put.execute(params![id.0.as_bytes(), state])?;
    }
    Ok(())
}

fn state<T: DeserializeOwned>(db: &Connection, sql: &str, id: Uuid) -> Result<Option<T>, MeasureError> {
    let mut query = db.prepare_cached(sql)?;
    let mut rows = query.query([id.as_bytes()])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    Ok(Some(serde_json::from_str(row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?)?))
}

/// What replies said before is taken out of the sums, and what they say now is put in.
fn replies(db: &Connection, all: &BTreeMap<u64, Option<Reply>>, before: u64) -> Result<(), MeasureError> {
    let mut sums: BTreeMap<Place, Cell> = BTreeMap::new();
    let mut add = |reply: &Reply, n: i64| {
        for by in By::ALL {
            let place = (by, reply.team.to_string(), reply.day, by.of(reply));
            sums.entry(place).or_default().add(reply, n);
        }
    };
    for (seq, now) in all {
        // One whose clock started since cannot stand there yet.
        let known = if *seq <= before { row::known(db, *seq)? } else { None };
        if let Some(known) = &known {
            add(known, -1);
        }
        if let Some(now) = now {
            add(now, 1);
            row::put(db, now)?;
        } else if known.is_some() {
            let seq = i64::try_from(*seq).unwrap_or(i64::MAX);
            db.prepare_cached("DELETE FROM reply WHERE seq = ?1")?.execute([seq])?;
        }
    }
    let mut get =
        db.prepare_cached("SELECT body FROM cell WHERE sort = ?1 AND team = ?2 AND day = ?3 AND name = ?4")?;
    let mut put =
        db.prepare_cached("INSERT OR REPLACE INTO cell (sort, team, day, name, body) VALUES (?1, ?2, ?3, ?4, ?5)")?;
    let mut gone = db.prepare_cached("DELETE FROM cell WHERE sort = ?1 AND team = ?2 AND day = ?3 AND name = ?4")?;
    for ((by, team, day, name), mut cell) in sums {
        if cell.is_empty() {
            continue;
        }
        let mut rows = get.query(params![by.name(), team, day, name])?;
        if let Some(row) = rows.next()? {
            cell.merge(&serde_json::from_str(row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?)?);
        }
        drop(rows);
        if cell.is_empty() {
            gone.execute(params![by.name(), team, day, name])?;
        } else {
            put.execute(params![by.name(), team, day, name, serde_json::to_string(&cell)?])?;
        }
    }
    Ok(())
}

fn tally(db: &Connection, day: i32, what: &str, line: &str, count: &Count) -> Result<(), MeasureError> {
    let mut get = db.prepare_cached("SELECT body FROM tally WHERE day = ?1 AND what = ?2 AND line = ?3")?;
    let mut rows = get.query(params![day, what, line])?;
    let mut sum = match rows.next()? {
        Some(row) => serde_json::from_str(&row.get::<_, String>(0)?)?,
        None => Count::default(),
    };
    sum.n += count.n;
    sum.took.merge(&count.took);
    let mut put = db.prepare_cached("INSERT OR REPLACE INTO tally (day, what, line, body) VALUES (?1, ?2, ?3, ?4)")?;
    put.execute(params![day, what, line, serde_json::to_string(&sum)?])?;
    Ok(())
}

fn opt_out(db: &Connection, out: &OptOut) -> Result<(), MeasureError> {
    let mut put = db.prepare_cached(
        "INSERT OR REPLACE INTO opt_out (seq, at, day, number, conversation, line, source, band, reply_day) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?;
    put.execute(params![
        i64::try_from(out.seq).unwrap_or(i64::MAX),
        out.at.millis(),
        out.day,
        out.number.0.as_bytes(),
        out.conversation.as_ref().map(|id| id.0.as_bytes().as_slice()),
        out.line.as_ref().map(crate::domain::id::LineId::as_str),
        out.source,
        out.band.name(),
        out.reply_day,
    ])?;
    Ok(())
}

fn held(db: &Connection, one: &HeldNumber) -> Result<(), MeasureError> {
    let mut put = db.prepare_cached(
        "INSERT OR REPLACE INTO held (seq, at, day, number, conversation, due, ended, how, rep) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?;
    put.execute(params![
        i64::try_from(one.seq).unwrap_or(i64::MAX),
        one.at.millis(),
        one.day,
        one.number.0.as_bytes(),
        one.conversation.0.as_bytes(),
        one.due.millis(),
        one.ended.map(Timestamp::millis),
        one.end,
        one.by.as_ref().map(RepId::as_str),
    ])?;
    Ok(())
}
