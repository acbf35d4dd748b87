//! What the projections say.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, params, params_from_iter, types::Value};
use uuid::Uuid;

use super::projections::{MeasureError, Projections};
use super::row;
use crate::domain::id::{ConversationId, LineId, NumberId, RepId, TeamId};
use crate::domain::measure::cell::By;
use crate::domain::measure::fold::Count;
use crate::domain::measure::load::LoadDay;
use crate::domain::measure::report::Sum;
use crate::domain::measure::{Band, Cause, Cell, OptOut, Reply, Standing};
use crate::domain::sla::Response;
use crate::domain::time::Timestamp;

/// Local days, both counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The first.
    pub since: i32,
    /// The last.
    pub until: i32,
}

/// Whose replies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Whose {
    /// Those of these teams; of all when nothing is said.
    pub teams: Option<BTreeSet<TeamId>>,
    /// Those that count as this rep's.
    pub rep: Option<RepId>,
}

impl Whose {
    pub(super) fn has(&self, team: &str) -> bool {
        self.teams.as_ref().is_none_or(|teams| teams.iter().any(|one| one.as_str() == team))
    }
}

/// Which of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Only {
    /// Those in this row.
    pub row: Option<(By, String)>,
    /// Those that stand so: one of [`Only::standings`].
    pub standing: Option<String>,
    /// First answers, or next ones.
    pub response: Option<Response>,
    /// Those that were late for this cause.
    pub cause: Option<String>,
    /// Those where nobody was there in this way: a bit.
    pub gap: Option<u8>,
    /// Those that stood on this step, from 1.
    pub step: Option<u8>,
    /// Those that moved up their ladder, or those that did not.
    pub climbed: Option<bool>,
    /// Those of which it is known how long they took from the first offer to the first take, or those of which it is not.
    pub taken: Option<bool>,
    /// Those that ended, or are overdue, and had waited so long.
    pub waited: Option<Band>,
    /// Those that come after this one, which was told last: its entry.
    pub after: Option<u64>,
}

/// Several standings by one name: all that fell due unanswered; those that somebody answered; all but those that needed no
/// answer any more, in time; those that were answered or fell due; those that were answered or dropped late.
const TOGETHER: [(&str, &str); 5] = [
    ("missed", " AND cause IS NOT NULL"),
    ("answered", " AND standing IN ('in_time', 'late')"),
    ("needed", " AND standing != 'dropped'"),
    ("judged", " AND standing NOT IN ('running', 'dropped')"),
    ("ended_late", " AND standing IN ('late', 'dropped_late')"),
];

impl Only {
    /// What replies can be asked for by how they stand.
    pub fn standings() -> impl Iterator<Item = &'static str> {
        Standing::ALL.into_iter().map(Standing::name).chain(TOGETHER.iter().map(|(name, _)| *name))
    }

    /// What is asked for that there is not, in a sentence with what there is.
    pub fn mistake(&self) -> Option<String> {
        let causes = || Cause::ALL.into_iter().map(Cause::name);
        let unknown = |what: &str, asked: &Option<String>, known: Vec<&'static str>| {
            let asked = asked.as_deref().filter(|asked| !known.contains(asked))?;
            Some(format!("there is no {what} \"{asked}\": one of {}", known.join(", ")))
        };
        unknown("standing", &self.standing, Self::standings().collect())
            .or_else(|| unknown("cause", &self.cause, causes().collect()))
    }
}

/// Replies added up.
#[derive(Debug)]
pub(super) struct Sums {
    pub(super) rows: BTreeMap<String, Sum>,
    /// Every reply is in one of them.
    pub(super) total: Sum,
    /// Whether each was looked at by itself.
    pub(super) exact: bool,
}

/// How many replies are read one by one: as many are answered for exactly.
pub(super) const FEW: i64 = 10_000;

impl Projections {
    /// Replies added up by group. Read one by one while they are few, or one rep's: then lengths are exact.
    pub(super) fn sums(&self, window: Window, whose: &Whose, by: By) -> Result<Sums, MeasureError> {
        let db = self.reading();
        let (mut sums, mut total): (BTreeMap<String, Sum>, Sum) = (BTreeMap::new(), Sum::default());
        if whose.rep.is_some() || count(&db, window, whose)? <= FEW {
            each(&db, window, whose, &Only::default(), (false, usize::MAX), &mut |reply| {
                sums.entry(by.of(&reply)).or_default().add(&reply);
                total.add(&reply);
            })?;
            return Ok(Sums { rows: sums, total, exact: true });
        }
        for team in teams(&db, by, whose)? {
            cells(&db, by, &team, window, &mut |name, cell| {
                sums.entry(name.to_owned()).or_default().merge(&cell);
                total.merge(&cell);
            })?;
        }
        Ok(Sums { rows: sums, total, exact: false })
    }

    /// Replies, newest first, at most `limit`.
    pub(super) fn replies(
        &self,
        window: Window,
        whose: &Whose,
        only: &Only,
        limit: usize,
    ) -> Result<Vec<Reply>, MeasureError> {
        let mut all = Vec::new();
        each(&self.reading(), window, whose, only, (true, limit), &mut |reply| all.push(reply))?;
        Ok(all)
    }

    /// Replies by how long their buyers waited, in the order of [`Band::ALL`].
    pub(super) fn bands(&self, window: Window, whose: &Whose) -> Result<[i64; 8], MeasureError> {
        let db = self.reading();
        let mut sum = Cell::default();
        for team in teams(&db, By::Team, whose)? {
            cells(&db, By::Team, &team, window, &mut |_, cell| sum.merge(&cell))?;
        }
        Ok(sum.bands)
    }

    /// Reps' days, added up by rep.
    pub(super) fn loads(&self, window: Window) -> Result<BTreeMap<RepId, LoadDay>, MeasureError> {
        let db = self.reading();
        let mut query = db.prepare_cached(
            "SELECT rep, offers, takes, passes, answers, open_ms, most FROM load WHERE day BETWEEN ?1 AND ?2",
        )?;
        let mut rows = query.query(params![window.since, window.until])?;
        let mut all: BTreeMap<RepId, LoadDay> = BTreeMap::new();
        while let Some(r) = rows.next()? {
            let day = LoadDay {
                offers: r.get(1)?,
                takes: r.get(2)?,
                passes: r.get(3)?,
                answers: r.get(4)?,
                open_ms: r.get(5)?,
                most: r.get(6)?,
            };
            all.entry(RepId::new(r.get::<_, String>(0)?)).or_default().merge(&day);
        }
        Ok(all)
    }

    /// Counts added up by what and line.
    pub(super) fn tallies(&self, window: Window) -> Result<BTreeMap<(String, LineId), Count>, MeasureError> {
        let db = self.reading();
        let mut query = db.prepare_cached("SELECT what, line, body FROM tally WHERE day BETWEEN ?1 AND ?2")?;
        let mut rows = query.query(params![window.since, window.until])?;
        let mut all: BTreeMap<(String, LineId), Count> = BTreeMap::new();
        while let Some(r) = rows.next()? {
            let found: Count = serde_json::from_str(r.get_ref(2)?.as_str().map_err(rusqlite::Error::from)?)?;
            let sum = all.entry((r.get(0)?, LineId::new(r.get::<_, String>(1)?))).or_default();
            sum.n += found.n;
            sum.took.merge(&found.took);
        }
        Ok(all)
    }

    /// Opt-outs of these days, oldest first.
    pub(super) fn opt_outs(&self, window: Window) -> Result<Vec<OptOut>, MeasureError> {
        let db = self.reading();
        let mut query = db.prepare_cached(
            "SELECT seq, at, day, number, conversation, line, source, band, reply_day FROM opt_out \
             WHERE day BETWEEN ?1 AND ?2 ORDER BY seq",
        )?;
        let mut rows = query.query(params![window.since, window.until])?;
        let mut all = Vec::new();
        while let Some(r) = rows.next()? {
            all.push(opt_out(r)?);
        }
        Ok(all)
    }

    /// Opt-outs after replies of these days, whenever they came: of each reply the last.
    pub(super) fn opt_outs_after(&self, window: Window) -> Result<Vec<OptOut>, MeasureError> {
        let db = self.reading();
        let mut query = db.prepare_cached(
            "SELECT max(seq), at, day, number, conversation, line, source, band, reply_day FROM opt_out \
             WHERE reply_day BETWEEN ?1 AND ?2 GROUP BY reply_day, coalesce(conversation, number)",
        )?;
        let mut rows = query.query(params![window.since, window.until])?;
        let mut all = Vec::new();
        while let Some(r) = rows.next()? {
            all.push(opt_out(r)?);
        }
        Ok(all)
    }
}

/// Teams that there is something of.
pub(super) fn teams(db: &Connection, by: By, whose: &Whose) -> Result<Vec<String>, MeasureError> {
    // From one team to the next, not through all of each.
    let mut query = db.prepare_cached("SELECT min(team) FROM cell WHERE sort = ?1 AND team > ?2")?;
    let (mut all, mut after) = (Vec::new(), String::new());
    loop {
        let next: Option<String> = query.query_row(params![by.name(), after], |r| r.get(0))?;
        let Some(team) = next else { return Ok(all) };
        if whose.has(&team) {
            all.push(team.clone());
        }
        after = team;
    }
}

pub(super) fn cells(
    db: &Connection,
    by: By,
    team: &str,
    window: Window,
    found: &mut dyn FnMut(&str, Cell),
) -> Result<(), MeasureError> {
    let mut query =
        db.prepare_cached("SELECT name, body FROM cell WHERE sort = ?1 AND team = ?2 AND day BETWEEN ?3 AND ?4")?;
    let mut rows = query.query(params![by.name(), team, window.since, window.until])?;
    while let Some(r) = rows.next()? {
        let cell = serde_json::from_str(r.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?)?;
        found(r.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?, cell);
    }
    Ok(())
}

/// How many replies there are.
pub(super) fn count(db: &Connection, window: Window, whose: &Whose) -> Result<i64, MeasureError> {
    let mut all = 0;
    for team in teams(db, By::Team, whose)? {
        cells(db, By::Team, &team, window, &mut |_, cell| all += cell.replies())?;
    }
    Ok(all)
}

/// Where a reply stands in the order of day and entry: there are fewer than 2^40 entries.
fn place(day: i32, seq: i64) -> i64 {
    i64::from(day) * 1_099_511_627_776 + seq
}

/// Which replies: conditions over their rows, and what these are held against.
struct These {
    sql: String,
    values: Vec<Value>,
}

impl These {
    fn of(db: &Connection, window: Window, whose: &Whose, only: &Only) -> Result<Self, MeasureError> {
        let mut values = vec![Value::from(window.since), Value::from(window.until)];
        let whose = whose.conditions(&mut values)?;
        let mut these = Self { sql: format!("day BETWEEN ?1 AND ?2{whose}"), values };
        match &only.row {
            Some((By::Rep, key)) if key.is_empty() => these.and("coalesce(rep, '') = ?", Value::from(key.clone())),
            Some((By::Hour, key)) => these.and("hour = ?", Value::from(key.parse::<i64>().unwrap_or(-1))),
            Some((by, key)) => these.and(&format!("{} = ?", by.name()), Value::from(key.clone())),
            None => {}
        }
        if let Some(standing) = &only.standing {
            match TOGETHER.iter().find(|(name, _)| name == standing) {
                Some((_, condition)) => these.sql.push_str(condition),
                None => these.and("standing = ?", Value::from(standing.clone())),
            }
        }
        if let Some(cause) = &only.cause {
            these.and("cause = ?", Value::from(cause.clone()));
        }
        if let Some(response) = only.response {
            these.and("first = ?", Value::from(response == Response::First));
        }
        if let Some(gap) = only.gap {
            these.and("(gaps & ?) != 0", Value::from(i64::from(gap)));
        }
        if let Some(step) = only.step {
            these.and("(steps >> (? - 1)) & 1 = 1", Value::from(i64::from(step)));
        }
        if let Some(climbed) = only.climbed {
            these.and("(climbs > 0) = ?", Value::from(climbed));
        }
        if let Some(taken) = only.taken {
            these.and("(take_wall IS NOT NULL) = ?", Value::from(taken));
        }
        if let Some(band) = only.waited {
            these.and("standing != ?", Value::from(Standing::Running.name().to_owned()));
            match band.waits() {
                Some((over, most)) => {
                    these.and("wall > ?", Value::from(over));
                    these.and("wall <= ?", Value::from(most));
                }
                // No reply is one that nothing asked for.
                None => these.and("wall IS NULL AND ?", Value::from(band == Band::Never)),
            }
        }
        if let Some(last) = only.after.and_then(|seq| row::known(db, seq).transpose()).transpose()? {
            let seq = i64::try_from(last.seq).unwrap_or(i64::MAX);
            these.and("day * 1099511627776 + seq < ?", Value::from(place(last.day, seq)));
        }
        Ok(these)
    }

    fn and(&mut self, condition: &str, value: Value) {
        self.values.push(value);
        self.sql.push_str(" AND ");
        self.sql.push_str(&condition.replace('?', &format!("?{}", self.values.len())));
    }
}

pub(super) fn each(
    db: &Connection,
    window: Window,
    whose: &Whose,
    only: &Only,
    (told, limit): (bool, usize),
    found: &mut dyn FnMut(Reply),
) -> Result<(), MeasureError> {
    let These { sql, values } = These::of(db, window, whose, only)?;
    // The story is long, and not asked for when replies are only counted.
    let columns = if told { row::COLUMNS.to_owned() } else { row::COLUMNS.replace("asked", "NULL") };
    let order = if told { " ORDER BY day DESC, seq DESC" } else { "" };
    let mut query = db.prepare_cached(&format!("SELECT {columns} FROM reply WHERE {sql}{order}"))?;
    let mut rows = query.query(params_from_iter(values))?;
    let mut n = 0;
    while let Some(r) = rows.next()? {
        found(row::reply(r)?);
        n += 1;
        if n >= limit {
            break;
        }
    }
    Ok(())
}

/// Conversations that these replies are of, the newest first, at most `limit`: of each its newest reply, and how many
/// it has. No more is read than it takes to find them.
pub(super) fn conversations(
    db: &Connection,
    window: Window,
    whose: &Whose,
    only: &Only,
    limit: usize,
) -> Result<Vec<(Reply, i64)>, MeasureError> {
    let These { sql, values } = These::of(db, window, whose, only)?;
    let mut query =
        db.prepare_cached(&format!("SELECT conversation, seq FROM reply WHERE {sql} ORDER BY day DESC, seq DESC"))?;
    let mut rows = query.query(params_from_iter(&values))?;
    let (mut known, mut newest) = (BTreeSet::new(), Vec::new());
    while newest.len() < limit {
        let Some(row) = rows.next()? else { break };
        let conversation: [u8; 16] = row.get(0)?;
        if known.insert(conversation) {
            newest.push((conversation, row.get::<_, i64>(1)?.unsigned_abs()));
        }
    }
    let mut query = db.prepare_cached(&format!(
        "SELECT count(*) FROM reply INDEXED BY reply_of WHERE conversation = ?{} AND {sql}",
        values.len() + 1
    ))?;
    let mut all = Vec::new();
    for (conversation, seq) in newest {
        let conversation = Value::from(conversation.to_vec());
        let of = values.iter().chain(std::iter::once(&conversation));
        let times = query.query_row(params_from_iter(of), |row| row.get(0))?;
        all.extend(row::known(db, seq)?.map(|reply| (reply, times)));
    }
    Ok(all)
}

fn opt_out(r: &rusqlite::Row<'_>) -> Result<OptOut, MeasureError> {
    let band: String = r.get(7)?;
    Ok(OptOut {
        seq: r.get::<_, i64>(0)?.unsigned_abs(),
        at: Timestamp::from_millis(r.get(1)?),
        day: r.get(2)?,
        number: NumberId(Uuid::from_bytes(r.get(3)?)),
        conversation: r.get::<_, Option<[u8; 16]>>(4)?.map(|id| ConversationId(Uuid::from_bytes(id))),
        line: r.get::<_, Option<String>>(5)?.map(LineId::new),
        source: r.get(6)?,
        band: Band::named(&band).unwrap_or(Band::Unasked),
        reply_day: r.get(8)?,
    })
}
