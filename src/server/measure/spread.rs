//! Replies spread over days and over the hours of the week: what charts are drawn from.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::params;
use serde::Deserialize;

use super::projections::{MeasureError, Projections};
use super::read::{FEW, Only, Whose, Window, count, each, teams};
use super::report::Desk;
use crate::domain::measure::cell::By;
use crate::domain::measure::load;
use crate::domain::measure::report::{DayRow, HourRow, Part};
use crate::domain::measure::{Standing, zone_of};
use crate::domain::playbook::Playbook;

/// Replies by how they stand, in the order of [`Standing::ALL`].
type Standings = [i64; 6];

/// A cell, as far as it is needed here: lengths are long, and are not read.
#[derive(Deserialize)]
struct Counts {
    s: Standings,
}

/// Replies added up, by day and by hour of the week.
#[derive(Debug, Default)]
pub(super) struct Spread {
    days: BTreeMap<i32, Standings>,
    hours: BTreeMap<u8, Standings>,
}

impl Projections {
    /// Replies by day and by hour of the week, added up from wherever [`Projections::sums`] adds up.
    pub(super) fn spread(&self, window: Window, whose: &Whose) -> Result<Spread, MeasureError> {
        let db = self.reading();
        let mut spread = Spread::default();
        if whose.rep.is_some() || count(&db, window, whose)? <= FEW {
            each(&db, window, whose, &Only::default(), (false, usize::MAX), &mut |reply| {
                let place = Standing::ALL.iter().position(|standing| *standing == reply.standing);
                let sums = [spread.days.entry(reply.day).or_default(), spread.hours.entry(reply.hour).or_default()];
                for sum in sums {
                    if let Some(n) = place.and_then(|place| sum.get_mut(place)) {
                        *n += 1;
                    }
                }
            })?;
            return Ok(spread);
        }
        for by in [By::Team, By::Hour] {
            for team in teams(&db, by, whose)? {
                let mut query = db.prepare_cached(
                    "SELECT day, name, body FROM cell WHERE sort = ?1 AND team = ?2 AND day BETWEEN ?3 AND ?4",
                )?;
                let mut rows = query.query(params![by.name(), team, window.since, window.until])?;
                while let Some(r) = rows.next()? {
                    let found: Counts = serde_json::from_str(r.get_ref(2)?.as_str().map_err(rusqlite::Error::from)?)?;
                    match by {
                        By::Hour => {
                            let hour = r.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?.parse().unwrap_or(0);
                            add(spread.hours.entry(hour).or_default(), found.s);
                        }
                        By::Team | By::Cohort | By::Rep | By::Line | By::UseCase => {
                            add(spread.days.entry(r.get(0)?).or_default(), found.s);
                        }
                    }
                }
            }
        }
        Ok(spread)
    }

    /// Cohorts that there are replies of.
    fn cohorts(&self, window: Window, whose: &Whose) -> Result<BTreeSet<String>, MeasureError> {
        let db = self.reading();
        let mut all = BTreeSet::new();
        if let Some(rep) = &whose.rep {
            let mut query =
                db.prepare_cached("SELECT DISTINCT cohort FROM reply WHERE rep = ?1 AND day BETWEEN ?2 AND ?3")?;
            let mut rows = query.query(params![rep.as_str(), window.since, window.until])?;
            while let Some(r) = rows.next()? {
                all.insert(r.get(0)?);
            }
            return Ok(all);
        }
        for team in teams(&db, By::Cohort, whose)? {
            let mut query = db.prepare_cached(
                "SELECT DISTINCT name FROM cell WHERE sort = ?1 AND team = ?2 AND day BETWEEN ?3 AND ?4",
            )?;
            let mut rows = query.query(params![By::Cohort.name(), team, window.since, window.until])?;
            while let Some(r) = rows.next()? {
                all.insert(r.get(0)?);
            }
        }
        Ok(all)
    }
}

impl Desk {
    /// In which zones the hours of the week are that the period has.
    pub(super) fn hours_in(&self) -> Result<Vec<String>, MeasureError> {
        let cohorts = self.projections.cohorts(self.counted_days(), &self.sees.whose())?;
        Ok(self.zones(cohorts.iter().map(String::as_str)))
    }

    /// The zones of the calendars of these cohorts, each once. One that the playbook has no more is nowhere.
    pub(super) fn zones<'a>(&self, cohorts: impl Iterator<Item = &'a str>) -> Vec<String> {
        let playbook: &Playbook = &self.playbook;
        let known = cohorts.filter(|cohort| playbook.cohort(cohort).is_some());
        let zones: BTreeSet<&str> = known.map(|cohort| zone_of(Some(playbook), cohort).name()).collect();
        zones.into_iter().map(str::to_owned).collect()
    }
}

impl Spread {
    /// Every day of the window, from the earliest. With the last one stands what was counted under later ones.
    pub(super) fn days(&self, window: Window) -> Vec<DayRow> {
        let row = |day: i32| {
            let last = if day == window.until { i32::MAX } else { day };
            let mut sum = Standings::default();
            self.days.range(day..=last).for_each(|(_, of_day)| add(&mut sum, *of_day));
            let (replies, met) = told(&sum);
            Some(DayRow { day: load::date(day)?.to_string(), replies, met })
        };
        (window.since..=window.until).filter_map(row).collect()
    }

    /// The hours of the week that have any.
    pub(super) fn hours(&self) -> Vec<HourRow> {
        let row = |(hour, sum): (&u8, &Standings)| {
            let (replies, met) = told(sum);
            HourRow { hour: *hour, replies, met }
        };
        self.hours.iter().map(row).collect()
    }
}

fn add(to: &mut Standings, from: Standings) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
}

fn told(sum: &Standings) -> (i64, Part) {
    let of = |is: fn(Standing) -> bool| {
        Standing::ALL.iter().zip(sum).filter(|(standing, _)| is(**standing)).map(|(_, n)| n).sum::<i64>()
    };
    let (in_time, missed) = (of(|standing| standing == Standing::InTime), of(Standing::is_missed));
    (of(|_| true), Part::of(in_time, in_time + missed))
}
