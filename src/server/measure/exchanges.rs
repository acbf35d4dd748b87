//! Exchanges as rows, each with what its first reply says; and who is behind conversations.

use std::sync::Arc;

use rusqlite::{Connection, params};
use uuid::Uuid;

use super::heard::Heard;
use super::packed::{Packed, Touched};
use super::projections::MeasureError;
use super::under::Unders;
use crate::domain::event::Outcome;
use crate::domain::id::ConversationId;
use crate::domain::measure::credit::Under;
use crate::domain::measure::{Facts, Reply};

/// Keeps what a step told of exchanges, after its replies are kept; it was read up to `before` before it.
pub(super) fn keep(db: &Connection, facts: &Facts, before: u64) -> Result<(), MeasureError> {
    let mut unders = Unders::read(db)?;
    let mut sums = Heard::of(db, facts, before, &unders)?;
    let seq = |seq: u64| i64::try_from(seq).unwrap_or(i64::MAX);
    let mut put = db.prepare_cached(
        "INSERT INTO exchange (seq, conversation, ended, outcome, finished_by) VALUES (?1, ?2, ?3, ?4, ?5) \
         ON CONFLICT (seq) DO UPDATE SET ended = ?3, outcome = ?4, finished_by = ?5",
    )?;
    let mut gone = db.prepare_cached("DELETE FROM exchange WHERE seq = ?1 RETURNING conversation")?;
    let mut packed = Touched::default();
    for (first, told) in &facts.exchanges {
        let Some(told) = told else {
            let mut rows = gone.query([seq(*first)])?;
            while let Some(row) = rows.next()? {
                packed.gone(db, ConversationId(Uuid::from_bytes(row.get(0)?)), *first)?;
            }
            sums.gone(*first);
            continue;
        };
        let end = told.end.as_ref();
        put.execute(params![
            seq(*first),
            told.conversation.0.as_bytes(),
            end.map(|(at, _, _)| at.millis()),
            end.map(|(_, outcome, _)| outcome.name()),
            end.map(|(_, _, by)| by.as_str()),
        ])?;
        sums.ends(*first, end.is_some_and(|(_, outcome, _)| *outcome == Outcome::Meeting));
    }
    for reply in facts.replies.values().flatten() {
        // Of another reply there is no exchange.
        if sums.begins(reply.seq) {
            sums.says(reply, says(db, reply, (&mut unders, &mut packed))?);
        }
    }
    // A reply that was told before, and begins an exchange only now.
    let known = facts.exchanges.iter().filter(|(first, told)| told.is_some() && !facts.replies.contains_key(*first));
    for (first, _) in known {
        if let Some(reply) = super::row::known(db, *first)? {
            sums.says(&reply, says(db, &reply, (&mut unders, &mut packed))?);
        }
    }
    packed.keep(db)?;
    sums.keep(db)?;
    behind(db, facts)
}

/// What a first reply says of its exchange.
fn says(
    db: &Connection,
    reply: &Reply,
    (unders, packed): (&mut Unders, &mut Touched),
) -> Result<Arc<Under>, MeasureError> {
    let (id, under) = unders.put(
        db,
        Under {
            team: reply.team.clone(),
            cohort: reply.cohort.clone(),
            rep: reply.rep.clone(),
            line: reply.line.clone(),
            use_case: reply.use_case.clone(),
            standing: reply.standing,
        },
    )?;
    let mut put = db.prepare_cached(
        "UPDATE exchange SET received = ?2, day = ?3, hour = ?4, under = ?5, wall = ?6 WHERE seq = ?1",
    )?;
    put.execute(params![
        i64::try_from(reply.seq).unwrap_or(i64::MAX),
        reply.received.millis(),
        reply.day,
        reply.hour,
        id,
        reply.spent.map(|spent| spent.wall),
    ])?;
    let number = u32::try_from(id).map_err(|_| MeasureError::File("there are too many ways to count".to_owned()))?;
    let one = Packed { seq: reply.seq, at: reply.received, hour: reply.hour, under: number };
    packed.put(db, reply.conversation, one)?;
    Ok(under)
}

fn behind(db: &Connection, facts: &Facts) -> Result<(), MeasureError> {
    let mut gone = db.prepare_cached("DELETE FROM behind WHERE conversation = ?1")?;
    let mut put =
        db.prepare_cached("INSERT OR IGNORE INTO behind (contact, conversation, shared) VALUES (?1, ?2, ?3)")?;
    for (conversation, contacts) in &facts.behind {
        gone.execute([conversation.0.as_bytes()])?;
        for contact in contacts {
            put.execute(params![contact.0, conversation.0.as_bytes(), contacts.len() > 1])?;
        }
    }
    Ok(())
}
