//! Before and since, answered from what was imported, what was made of the journal, and deals.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rusqlite::Connection;
use uuid::Uuid;

use super::projections::MeasureError;
use super::report::{Desk, Sees};
use crate::domain::deal::Deal;
use crate::domain::event::Outcome;
use crate::domain::id::{ContactId, ConversationId, DealId, TeamId};
use crate::domain::measure::compare::{Began, Compared, Sides, Stood, compare};
use crate::domain::measure::credit::{Rule, Talked, Under};
use crate::domain::measure::days::begin;
use crate::domain::measure::outcomes::Known;
use crate::domain::measure::{Standing, load};
use crate::domain::time::Timestamp;
use crate::server::store::past::PastReply;

/// Most days on each side, whatever period is asked for: comparing reads each exchange.
const LONGEST: i64 = 730;

impl Desk {
    /// Which days of before a comparison of this period asks for: twice the period before the first day of any team, and at
    /// most up to now.
    pub fn days_of_before(&self, before: Option<Timestamp>) -> Result<(Timestamp, Timestamp), MeasureError> {
        let starts = self.starts(before)?;
        let first = starts.values().min().copied().or(before).unwrap_or(self.now);
        Ok((begin(self.playbook.zone(), first, -self.side_days()), self.now))
    }

    /// When a date begins here.
    pub fn begin_of(&self, date: chrono::NaiveDate) -> Option<Timestamp> {
        load::begins(self.playbook.zone(), load::day_of(date))
    }

    /// Most days of one side.
    fn side_days(&self) -> i64 {
        i64::from(self.window.until - self.window.since + 1).clamp(1, LONGEST)
    }

    /// When teams began: all of them at `before`, or each with its first reply in the journal.
    fn starts(&self, before: Option<Timestamp>) -> Result<BTreeMap<TeamId, Timestamp>, MeasureError> {
        let db = self.projections.reading();
        let first = first_days(&db)?;
        let zone = self.playbook.zone();
        let begins = |day| load::begins(zone, day).unwrap_or(Timestamp::MIN);
        Ok(first.into_iter().map(|(team, day)| (team, before.unwrap_or_else(|| begins(day)))).collect())
    }

    /// Before and since, for whoever sees everything. Of a team's own days in the journal no import counts.
    pub fn compared(
        &self,
        rule: Rule,
        before: Option<Timestamp>,
        past: &[PastReply],
    ) -> Result<Option<Compared>, MeasureError> {
        if self.sees != Sees::All {
            return Ok(None);
        }
        let (from, _) = self.days_of_before(before)?;
        let (mut starts, own) = (self.starts(before)?, self.starts(None)?);
        // A team that was imported and has no reply in the journal yet began on the day that was named, too.
        if let Some(before) = before {
            starts.extend(past.iter().map(|reply| (reply.team.clone(), before)));
        }
        // A source that names no outcome at all, as a carrier's log, knows none: what it has did not all end without a
        // meeting.
        let ends = past.iter().filter(|reply| reply.outcome.is_some()).map(|reply| reply.source.as_str());
        let ends: BTreeSet<&str> = ends.collect();
        let past: Vec<&PastReply> =
            past.iter().filter(|reply| own.get(&reply.team).is_none_or(|first| reply.received < *first)).collect();
        let (mut deals, ()) = self.projections.deals_with((from, self.now), rule, |_| Ok(()))?;
        let on_deals = deals_of(&deals);
        let mut began = in_journal(&self.projections.reading(), from, &deals)?;
        let counted = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        let untold = counted(past.iter().filter(|reply| !ends.contains(reply.source.as_str())).count());
        let imported = counted(past.len());
        for reply in &past {
            let theirs = reply.contact.as_ref().and_then(|contact| on_deals.get(contact));
            let theirs = theirs.into_iter().flatten().map(|place| &deals[*place].deal);
            let said = reply.stage.clone().filter(|stage| !stage.trim().is_empty());
            began.push(Began {
                team: reply.team.clone(),
                at: reply.received,
                stood: said.map_or_else(|| Stood::of(theirs, reply.received), Stood::In),
                meeting: ends.contains(reply.source.as_str()).then_some(reply.outcome == Some(Outcome::Meeting)),
                wall: reply.answered.map(|at| at.since(reply.received).as_millis()),
            });
        }
        for reply in past {
            for place in reply.contact.as_ref().and_then(|contact| on_deals.get(contact)).into_iter().flatten() {
                deals[*place].talks.push(talked(reply));
            }
        }
        for known in &mut deals {
            known.talks.sort_by_key(|talk| (talk.at, talk.seq));
        }
        let label =
            |team: &TeamId| self.playbook.teams.get(team).map_or_else(|| team.to_string(), |known| known.label.clone());
        let (days, zone) = (self.side_days(), self.playbook.zone());
        let sides = Sides { began: &began, deals: &deals, starts: &starts, days, zone, rule, now: self.now };
        Ok(Some(Compared { imported, untold, ..compare(&sides, &label) }))
    }
}

/// The local days on which teams' first replies came.
fn first_days(db: &Connection) -> Result<BTreeMap<TeamId, i32>, MeasureError> {
    let mut query = db.prepare_cached("SELECT team, min(day) FROM cell WHERE sort = 'team' GROUP BY team")?;
    let mut rows = query.query([])?;
    let mut all = BTreeMap::new();
    while let Some(row) = rows.next()? {
        all.insert(TeamId::new(row.get::<_, String>(0)?), row.get(1)?);
    }
    Ok(all)
}

/// Places of the deals that each person is on.
fn deals_of(deals: &[Known]) -> BTreeMap<ContactId, Vec<usize>> {
    let mut all: BTreeMap<ContactId, Vec<usize>> = BTreeMap::new();
    for (place, known) in deals.iter().enumerate() {
        for contact in &known.deal.contacts {
            all.entry(contact.clone()).or_default().push(place);
        }
    }
    all
}

/// Exchanges of the journal since then, each with the stage of the buyer's deal at that time.
fn in_journal(db: &Connection, from: Timestamp, deals: &[Known]) -> Result<Vec<Began>, MeasureError> {
    let mut theirs: BTreeMap<ConversationId, Vec<&Deal>> = BTreeMap::new();
    let by_id: BTreeMap<&DealId, &Deal> = deals.iter().map(|known| (&known.deal.id, &known.deal)).collect();
    let mut query = db.prepare_cached(
        "SELECT DISTINCT b.conversation, c.deal FROM deal_contact c CROSS JOIN behind b ON b.contact = c.contact",
    )?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        let conversation = ConversationId(Uuid::from_bytes(row.get(0)?));
        theirs.entry(conversation).or_default().extend(by_id.get(&DealId(row.get(1)?)));
    }
    // A day more: a local day begins at another instant than one of UTC.
    let first = i32::try_from(from.millis().div_euclid(86_400_000) - 1).unwrap_or(i32::MIN);
    let mut query = db.prepare_cached(
        "SELECT e.conversation, e.received, u.team, e.outcome, e.wall FROM exchange e JOIN under u ON u.id = e.under \
         WHERE e.day >= ?1",
    )?;
    let mut rows = query.query([first])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        let (conversation, at) = (ConversationId(Uuid::from_bytes(row.get(0)?)), Timestamp::from_millis(row.get(1)?));
        let outcome: Option<String> = row.get(3)?;
        let theirs = theirs.get(&conversation);
        all.push(Began {
            team: TeamId::new(row.get::<_, String>(2)?),
            at,
            stood: Stood::of(theirs.into_iter().flatten().copied(), at),
            meeting: Some(outcome.as_deref() == Some("meeting")),
            wall: row.get(4)?,
        });
    }
    Ok(all)
}

/// A reply of before as deals are credited to it. It has no conversation here.
fn talked(reply: &PastReply) -> Talked {
    Talked {
        seq: 0,
        conversation: ConversationId(Uuid::nil()),
        at: reply.received,
        hour: 0,
        under: Arc::new(Under {
            team: reply.team.clone(),
            cohort: reply.cohort.clone().unwrap_or_default(),
            rep: reply.rep.clone(),
            line: "".into(),
            use_case: reply.use_case.clone().unwrap_or_default(),
            standing: Standing::Running,
        }),
        shared: false,
    }
}
