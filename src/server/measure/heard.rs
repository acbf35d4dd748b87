//! Exchanges added up by day, so that a report over a year reads none of them: what a step changes is taken out of the sums as
//! it was, and put in as it is.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rusqlite::{Connection, params};

use super::projections::MeasureError;
use super::under::{TALKED, Unders, talked};
use crate::domain::measure::cell::By;
use crate::domain::measure::credit::{Talked, Under};
use crate::domain::measure::{Adherence, Facts, Reply};

/// An exchange as it counts: its first reply's day and words, and whether it ended with a meeting.
#[derive(Clone, Debug, Default)]
struct Image {
    of: Option<(i32, Talked)>,
    meeting: bool,
}

/// Which sum: by what, day, team, which of it, how first replies were answered.
type Place = (By, i32, String, String, Adherence);

/// What a step changes.
pub(super) struct Heard {
    were: BTreeMap<u64, Image>,
    are: BTreeMap<u64, Image>,
}

impl Heard {
    /// Those that a step touches, as they were before it: there are those alone that began up to `before`.
    pub(super) fn of(db: &Connection, facts: &Facts, before: u64, unders: &Unders) -> Result<Self, MeasureError> {
        let touched: BTreeSet<u64> = facts.exchanges.keys().chain(facts.replies.keys()).copied().collect();
        let mut query = db.prepare_cached(&format!("SELECT {TALKED}, day, outcome FROM exchange e WHERE seq = ?1"))?;
        let mut were = BTreeMap::new();
        for seq in touched.into_iter().take_while(|seq| *seq <= before) {
            let mut rows = query.query([i64::try_from(seq).unwrap_or(i64::MAX)])?;
            let Some(row) = rows.next()? else { continue };
            let (day, outcome): (i32, Option<String>) = (row.get(5)?, row.get(6)?);
            // One whose first reply was never told counts nowhere.
            let of = talked(row, unders)?.map(|talk| (day, talk));
            were.insert(seq, Image { of, meeting: outcome.as_deref() == Some("meeting") });
        }
        Ok(Self { are: were.clone(), were })
    }

    /// It is none any more.
    pub(super) fn gone(&mut self, seq: u64) {
        self.are.remove(&seq);
    }

    /// How it ended, as far as it did.
    pub(super) fn ends(&mut self, seq: u64, meeting: bool) {
        self.are.entry(seq).or_default().meeting = meeting;
    }

    /// Whether an exchange begins with this reply.
    pub(super) fn begins(&self, seq: u64) -> bool {
        self.are.contains_key(&seq)
    }

    /// What its first reply says.
    pub(super) fn says(&mut self, reply: &Reply, under: Arc<Under>) {
        let talk = Talked {
            seq: reply.seq,
            conversation: reply.conversation,
            at: reply.received,
            hour: reply.hour,
            under,
            shared: false,
        };
        self.are.entry(reply.seq).or_default().of = Some((reply.day, talk));
    }

    /// Adds it up.
    pub(super) fn keep(&self, db: &Connection) -> Result<(), MeasureError> {
        let mut sums: BTreeMap<Place, (i64, i64)> = BTreeMap::new();
        for (images, sign) in [(&self.were, -1), (&self.are, 1)] {
            for image in images.values() {
                let Some((day, talk)) = &image.of else { continue };
                for by in By::ALL {
                    let place = (by, *day, talk.under.team.to_string(), talk.key(by).into_owned(), talk.adherence());
                    let (exchanges, meetings) = sums.entry(place).or_default();
                    *exchanges += sign;
                    *meetings += if image.meeting { sign } else { 0 };
                }
            }
        }
        let mut add = db.prepare_cached(
            "INSERT INTO heard (sort, day, team, name, adherence, exchanges, meetings) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (sort, day, team, name, adherence) \
             DO UPDATE SET exchanges = exchanges + ?6, meetings = meetings + ?7",
        )?;
        let mut empty = db.prepare_cached(
            "DELETE FROM heard WHERE sort = ?1 AND day = ?2 AND team = ?3 AND name = ?4 AND adherence = ?5 \
             AND exchanges = 0",
        )?;
        for ((by, day, team, name, adherence), (exchanges, meetings)) in sums {
            if exchanges == 0 && meetings == 0 {
                continue;
            }
            add.execute(params![by.name(), day, team, name, adherence.name(), exchanges, meetings])?;
            if exchanges < 0 {
                empty.execute(params![by.name(), day, team, name, adherence.name()])?;
            }
        }
        Ok(())
    }
}
