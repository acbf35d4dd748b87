//! The conversations behind what answering was worth.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use super::Opened;
use crate::domain::deal::Deal;
use crate::domain::event::Outcome;
use crate::domain::id::{ConversationId, DealId};
use crate::domain::measure::cell::By;
use crate::domain::measure::credit::{Rule, Talked};
use crate::domain::measure::outcomes::Fate;
use crate::domain::measure::outcomes::opened::{Credit, Credited, Piece, Worth, missed, opened};
use crate::domain::measure::sheet::Datum;
use crate::domain::measure::{Adherence, Standing};
use crate::domain::time::Timestamp;
use crate::server::measure::MeasureError;
use crate::server::measure::holds;
use crate::server::measure::outcomes::breaches;
use crate::server::measure::packed::unpacked;
use crate::server::measure::report::{Desk, Sees};
use crate::server::measure::row;
use crate::server::measure::under::{TALKED, Unders, talked};
use crate::wire::report::Found;
use crate::wire::sheet::words;

/// Which number of the report.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OfWorth {
    /// What it counts.
    pub worth: Worth,
    /// Which part of it.
    pub piece: Piece,
    /// How deals are credited.
    pub rule: Rule,
}

/// One of a conversation: what of it counts, when, for how many, in words, and which reply.
struct One {
    conversation: ConversationId,
    at: Timestamp,
    n: i64,
    said: String,
    seq: u64,
}

impl Desk {
    /// Of outcomes.
    pub fn behind_outcomes(&self, of: &OfWorth, limit: usize) -> Result<Opened, MeasureError> {
        let mut of = of.clone();
        of.piece.row = of.piece.row.map(|row| self.kept(row));
        let of = &of;
        let all = match of.worth {
            Worth::Exchanges | Worth::Meetings => {
                let (newest, total) = self.exchanges(of, limit)?;
                return Ok(Opened { total, ..self.each_once(newest, limit)? });
            }
            Worth::Missed | Worth::Cost => self.costly(of)?,
            Worth::Outside if self.sees != Sees::All => Vec::new(),
            Worth::Outside
            | Worth::Won
            | Worth::Took
            | Worth::Lost
            | Worth::Ended
            | Worth::Open
            | Worth::Moved
            | Worth::Still => self.deals_of(of)?,
        };
        self.each_once(all, limit)
    }

    /// Each conversation once, with all that counts of it, and the story of the newest reply.
    fn each_once(&self, mut all: Vec<One>, limit: usize) -> Result<Opened, MeasureError> {
        all.sort_by_key(|one| (std::cmp::Reverse((one.at, one.seq)), one.conversation));
        let mut order: Vec<ConversationId> = Vec::new();
        let mut sums: BTreeMap<ConversationId, (One, BTreeSet<String>)> = BTreeMap::new();
        for one in all {
            if let Some((sum, said)) = sums.get_mut(&one.conversation) {
                sum.n += one.n;
                if said.insert(one.said.clone()) {
                    sum.said.push_str("; ");
                    sum.said.push_str(&one.said);
                }
            } else {
                order.push(one.conversation);
                let said = BTreeSet::from([one.said.clone()]);
                sums.insert(one.conversation, (one, said));
            }
        }
        let total = sums.values().map(|(one, _)| one.n).sum();
        let db = self.projections.reading();
        let mut found = Vec::new();
        for (one, _) in order.iter().take(limit).filter_map(|id| sums.remove(id)) {
            let reply = row::known(&db, one.seq)?;
            let told = reply.map(|reply| holds::told(&db, &self.playbook, &reply)).transpose()?;
            found.push(Found {
                conversation: one.conversation.to_string(),
                at: one.at.millis(),
                said: one.said,
                times: one.n,
                story: told.map(|told| told.story).unwrap_or_default(),
            });
        }
        Ok(Opened { found, total })
    }

    fn whose(&self, talk: &Talked) -> String {
        let rep = talk.under.rep.as_ref().map_or("nobody", |rep| self.playbook.rep_name(rep));
        let row = self.playbook.cohort(&talk.under.cohort).map_or(talk.under.cohort.as_str(), |cohort| &cohort.label);
        format!("{rep}, {row}, {}", talk.adherence().words())
    }

    /// Exchanges that began in the period: all of the newest `most` conversations; and how many there are.
    fn exchanges(&self, of: &OfWorth, most: usize) -> Result<(Vec<One>, i64), MeasureError> {
        let window = self.counted_days();
        let mut values = vec![Value::from(window.since), Value::from(window.until)];
        let mut conditions = self.sees.whose().conditions(&mut values)?;
        if let Some((by, key)) = &of.piece.row {
            let column = match by {
                By::Rep => "rep",
                By::Hour => "printf('%03d', hour)",
                By::Team | By::Cohort | By::Line | By::UseCase => by.name(),
            };
            values.push(Value::from(key.clone()));
            let _ = write!(conditions, " AND {column} = ?{}", values.len());
        }
        if let Some(adherence) = of.piece.adherence {
            let all = Standing::ALL.into_iter().filter(|standing| Adherence::of(*standing) == adherence);
            let names: Vec<&str> = all.map(Standing::name).collect();
            values.push(Value::from(serde_json::to_string(&names)?));
            let _ = write!(conditions, " AND standing IN (SELECT value FROM json_each(?{}))", values.len());
        }
        if of.worth == Worth::Meetings {
            conditions.push_str(" AND outcome = 'meeting'");
        }
        let from = format!("FROM exchange e JOIN under u ON u.id = e.under WHERE day BETWEEN ?1 AND ?2{conditions}");
        let reading = self.projections.reading();
        // As of one instant: what is read on meanwhile is not seen in one of them alone.
        let db = reading.unchecked_transaction()?;
        let total = if self.sees.whose().rep.is_some() {
            let mut query = db.prepare_cached(&format!("SELECT count(*) {from}"))?;
            query.query_row(params_from_iter(&values), |row| row.get(0))?
        } else {
            self.counted(&db, of)?
        };
        let newest = newest(&db, &from, &values, most)?;
        let unders = Unders::read(&db)?;
        let mut theirs = db.prepare_cached("SELECT packed FROM exchanges_of WHERE conversation = ?1")?;
        let mut query =
            db.prepare_cached(&format!("SELECT {TALKED}, outcome {from} AND e.seq = ?{}", values.len() + 1))?;
        let mut all = Vec::new();
        for conversation in newest {
            let mut rows = theirs.query([&conversation])?;
            let Some(row) = rows.next()? else { continue };
            for one in unpacked(row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?)? {
                let seq = Value::from(i64::try_from(one.seq).unwrap_or(i64::MAX));
                let mut rows = query.query(params_from_iter(values.iter().chain(std::iter::once(&seq))))?;
                let Some(row) = rows.next()? else { continue };
                let Some(talk) = talked(row, &unders)? else { continue };
                let outcome: Option<String> = row.get(5)?;
                let end = outcome.as_deref().map_or("under way", ended);
                let said = format!("{end}: {}", self.whose(&talk));
                all.push(One { conversation: talk.conversation, at: talk.at, n: 1, said, seq: talk.seq });
            }
        }
        Ok((all, total))
    }

    /// How many exchanges of all or of teams there are, as they are added up.
    fn counted(&self, db: &Connection, of: &OfWorth) -> Result<i64, MeasureError> {
        let window = self.counted_days();
        let mut values = vec![Value::from(window.since), Value::from(window.until)];
        let mut conditions = self.sees.whose().conditions(&mut values)?;
        let (by, key) = of.piece.row.as_ref().map_or((By::Team, None), |(by, key)| (*by, Some(key.as_str())));
        let adherence = of.piece.adherence.map(Adherence::name);
        for (column, wanted) in [("sort", Some(by.name())), ("name", key), ("adherence", adherence)] {
            if let Some(wanted) = wanted {
                values.push(Value::from(wanted.to_owned()));
                let _ = write!(conditions, " AND {column} = ?{}", values.len());
            }
        }
        let mut query = db.prepare_cached(&format!(
            "SELECT coalesce(sum(exchanges), 0), coalesce(sum(meetings), 0) FROM heard \
             WHERE day BETWEEN ?1 AND ?2{conditions}"
        ))?;
        let (exchanges, meetings) = query.query_row(params_from_iter(values), |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(if of.worth == Worth::Meetings { meetings } else { exchanges })
    }

    fn deals_of(&self, of: &OfWorth) -> Result<Vec<One>, MeasureError> {
        let (whose, (from, until)) = (self.sees.whose(), self.span());
        let (deals, ()) = self.projections.deals_with((from, until), of.rule, |_| Ok(()))?;
        let sees = |talk: &Talked| whose.sees(&talk.under.team, talk.under.rep.as_ref());
        let credit = Credit { rule: of.rule, from, until, sees: &sees };
        let one = |credited: Credited<'_>| One {
            conversation: credited.talk.conversation,
            at: credited.at,
            n: credited.n,
            said: format!("{}: {}", told(credited.deal, of.worth, credited.n), self.whose(credited.talk)),
            seq: credited.talk.seq,
        };
        Ok(opened(of.worth, &of.piece, &credit, &deals).into_iter().map(one).collect())
    }

    /// What misses cost. Of a reply with several deals each is said, and the reply counts once; of a deal the deal does.
    fn costly(&self, of: &OfWorth) -> Result<Vec<One>, MeasureError> {
        let (deals, breaches) = self
            .projections
            .deals_with(self.span(), of.rule, |db| breaches(db, self.counted_days(), &self.sees.whose()))?;
        let db = self.projections.reading();
        let by_id: BTreeMap<DealId, &Deal> = deals.iter().map(|known| (known.deal.id.clone(), &known.deal)).collect();
        let mut all: BTreeMap<u64, (i64, Timestamp, &'static str, Vec<String>)> = BTreeMap::new();
        for (breach, deal) in missed(of.worth, &of.piece, &breaches, &by_id) {
            let (n, _, _, said) = all.entry(breach.seq).or_insert((0, breach.due, breach.cause.words(), Vec::new()));
            *n = if of.worth == Worth::Cost { *n + 1 } else { 1 };
            said.push(told(deal, of.worth, 1));
        }
        let mut found = Vec::new();
        for (seq, (n, at, why, said)) in all {
            let Some(reply) = row::known(&db, seq)? else { continue };
            let said = format!("late: {why}; {}", said.join(", "));
            found.push(One { conversation: reply.conversation, at, n, said, seq });
        }
        Ok(found)
    }
}

/// Conversations of these exchanges, each once, the newest first. No more is read than it takes to find so many.
fn newest(db: &Connection, from: &str, values: &[Value], most: usize) -> Result<Vec<[u8; 16]>, MeasureError> {
    let mut query = db.prepare_cached(&format!("SELECT e.conversation {from} ORDER BY day DESC, seq DESC"))?;
    let mut rows = query.query(params_from_iter(values))?;
    let (mut known, mut newest) = (BTreeSet::new(), Vec::new());
    while newest.len() < most {
        let Some(row) = rows.next()? else { break };
        let conversation: [u8; 16] = row.get(0)?;
        if known.insert(conversation) {
            newest.push(conversation);
        }
    }
    Ok(newest)
}

/// How an exchange ended, in words.
fn ended(name: &str) -> &'static str {
    Outcome::named(name).map_or("ended", Outcome::words)
}

/// A deal by the CRM's id, in a few words: its name is not kept here.
fn told(deal: &Deal, worth: Worth, n: i64) -> String {
    let how = match (worth, Fate::of(deal)) {
        (Worth::Moved, _) if n > 1 => format!("moved on {n} times"),
        (Worth::Moved, _) => "moved on".to_owned(),
        (_, Fate::Won) => "won".to_owned(),
        (_, Fate::Lost) => "lost".to_owned(),
        (_, Fate::Open) => format!("open in {}", deal.stage),
    };
    let amount = deal.amount_cents.map_or_else(String::new, |cents| {
        let currency = deal.currency.as_deref().map_or_else(String::new, |currency| format!(" {currency}"));
        format!(", {}{currency}", words(&Datum::Money(cents)))
    });
    format!("deal {} {how}{amount}", deal.id.0)
}
