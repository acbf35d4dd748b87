//! Replies as rows.

use rusqlite::{Connection, Row, params};
use uuid::Uuid;

use super::projections::MeasureError;
use crate::domain::id::{ConversationId, LineId, NumberId, RepId, TeamId};
use crate::domain::measure::{Cause, Reply, Spent, Standing};
use crate::domain::routing::Holder;
use crate::domain::sla::Response;
use crate::domain::time::Timestamp;

/// The columns that [`reply`] reads, in its order.
pub(super) const COLUMNS: &str = "seq, conversation, number, line, team, use_case, cohort, first, owner, holder, \
     answered_by, rep, received, offered, taken, due, ended, standing, wall, business, take_wall, take_business, day, \
     hour, climbs, steps, gaps, cause, playbook, asked";

fn holder_text(holder: &Holder) -> String {
    match holder {
        Holder::Rep(rep) => format!("r:{rep}"),
        Holder::Pool(team) => format!("p:{team}"),
    }
}

fn holder_of(text: &str) -> Option<Holder> {
    let (kind, name) = text.split_once(':')?;
    Some(if kind == "p" { Holder::Pool(TeamId::new(name)) } else { Holder::Rep(RepId::new(name)) })
}

/// Reads a reply of [`COLUMNS`].
pub(super) fn reply(row: &Row<'_>) -> Result<Reply, MeasureError> {
    let seq: i64 = row.get(0)?;
    let rep = |column: usize| Ok::<_, rusqlite::Error>(row.get::<_, Option<String>>(column)?.map(RepId::new));
    let at = |column: usize| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(column)?.map(Timestamp::from_millis));
    let spent = |column: usize| {
        let (wall, business): (Option<i64>, Option<i64>) = (row.get(column)?, row.get(column + 1)?);
        Ok::<_, rusqlite::Error>(wall.zip(business).map(|(wall, business)| Spent { wall, business }))
    };
    let wrong = |what: &str| MeasureError::File(format!("a reply's {what} is not readable"));
    let standing: String = row.get(17)?;
    let cause: Option<String> = row.get(27)?;
    let asked: Option<String> = row.get(29)?;
    Ok(Reply {
        seq: u64::try_from(seq).unwrap_or(0),
        conversation: ConversationId(Uuid::from_bytes(row.get(1)?)),
        number: NumberId(Uuid::from_bytes(row.get(2)?)),
        line: LineId::new(row.get::<_, String>(3)?),
        team: TeamId::new(row.get::<_, String>(4)?),
        use_case: row.get(5)?,
        cohort: row.get(6)?,
        response: if row.get(7)? { Response::First } else { Response::Next },
        owner: rep(8)?,
        holder: row.get::<_, Option<String>>(9)?.as_deref().and_then(holder_of),
        answered_by: rep(10)?,
        rep: rep(11)?,
        received: Timestamp::from_millis(row.get(12)?),
        offered: at(13)?,
        taken: at(14)?,
        due: Timestamp::from_millis(row.get(15)?),
        ended: at(16)?,
        standing: Standing::named(&standing).ok_or_else(|| wrong("standing"))?,
        spent: spent(18)?,
        waited: spent(20)?,
        day: row.get(22)?,
        hour: row.get(23)?,
        climbs: row.get(24)?,
        steps: row.get(25)?,
        gaps: row.get(26)?,
        cause: cause.as_deref().map(|name| Cause::named(name).ok_or_else(|| wrong("cause"))).transpose()?,
        playbook: row.get(28)?,
        asked: asked.as_deref().map(serde_json::from_str).transpose()?.unwrap_or_default(),
    })
}

/// The reply of an entry, when it has been told.
pub(super) fn known(db: &Connection, seq: u64) -> Result<Option<Reply>, MeasureError> {
    let mut query = db.prepare_cached(
        "SELECT seq, conversation, number, line, team, use_case, cohort, first, owner, holder, answered_by, rep, \
         received, offered, taken, due, ended, standing, wall, business, take_wall, take_business, day, hour, climbs, \
         steps, gaps, cause, playbook, asked FROM reply WHERE seq = ?1",
    )?;
    let mut rows = query.query([i64::try_from(seq).unwrap_or(i64::MAX)])?;
    rows.next()?.map(reply).transpose()
}

/// Writes a reply as it stands now.
pub(super) fn put(db: &Connection, r: &Reply) -> Result<(), MeasureError> {
    let mut put = db.prepare_cached(
        "INSERT OR REPLACE INTO reply (seq, conversation, number, line, team, use_case, cohort, first, owner, holder, \
         answered_by, rep, received, offered, taken, due, ended, standing, wall, business, take_wall, take_business, \
         day, hour, climbs, steps, gaps, cause, playbook, asked) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, \
         ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30)",
    )?;
    // One that went the usual way tells its story by its columns alone.
    let told = r.cause.is_some() || r.climbs > 0 || r.asked.len() > 1;
    let asked = if told { Some(serde_json::to_string(&r.asked)?) } else { None };
    put.execute(params![
        i64::try_from(r.seq).unwrap_or(i64::MAX),
        r.conversation.0.as_bytes(),
        r.number.0.as_bytes(),
        r.line.as_str(),
        r.team.as_str(),
        r.use_case,
        r.cohort,
        r.response == Response::First,
        r.owner.as_ref().map(RepId::as_str),
        r.holder.as_ref().map(holder_text),
        r.answered_by.as_ref().map(RepId::as_str),
        r.rep.as_ref().map(RepId::as_str),
        r.received.millis(),
        r.offered.map(Timestamp::millis),
        r.taken.map(Timestamp::millis),
        r.due.millis(),
        r.ended.map(Timestamp::millis),
        r.standing.name(),
        r.spent.map(|spent| spent.wall),
        r.spent.map(|spent| spent.business),
        r.waited.map(|spent| spent.wall),
        r.waited.map(|spent| spent.business),
        r.day,
        r.hour,
        r.climbs,
        r.steps,
        r.gaps,
        r.cause.map(Cause::name),
        r.playbook,
        asked,
    ])?;
    Ok(())
}
