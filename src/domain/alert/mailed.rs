//! Reports that are mailed: which, to whom, when.

use chrono::{Datelike as _, Days, NaiveDate, Weekday};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use crate::domain::id::RepId;
use crate::domain::measure::ReportName;
use crate::domain::measure::cell::By;
use crate::domain::quiet_hours::instants;
use crate::domain::time::{Span, Timestamp};

/// A report that is mailed again and again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mailed {
    /// Which.
    pub report: ReportName,
    /// By what its rows are; of attainment alone.
    pub by: By,
    /// Who gets it, each as far as they may see.
    pub to: Vec<RepId>,
    /// By which channel; it is one of mail.
    pub channel: String,
    /// On which days of the week; every day when there is none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub on: Vec<Day>,
    /// At which minute of the day,
    pub at: u16,
    /// where.
    pub zone: Tz,
    /// Over so many whole days before that day.
    pub days: u32,
}

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "everybody knows them")]
pub enum Day {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

impl Day {
    /// As people say it.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Monday => "Monday",
            Self::Tuesday => "Tuesday",
            Self::Wednesday => "Wednesday",
            Self::Thursday => "Thursday",
            Self::Friday => "Friday",
            Self::Saturday => "Saturday",
            Self::Sunday => "Sunday",
        }
    }

    const fn is(self, day: Weekday) -> bool {
        matches!(
            (self, day),
            (Self::Monday, Weekday::Mon)
                | (Self::Tuesday, Weekday::Tue)
                | (Self::Wednesday, Weekday::Wed)
                | (Self::Thursday, Weekday::Thu)
                | (Self::Friday, Weekday::Fri)
                | (Self::Saturday, Weekday::Sat)
                | (Self::Sunday, Weekday::Sun)
        )
    }
}

/// Longest step from one due time to the next, in days, with a day of the clocks' changes besides.
const WEEK: u64 = 9;

impl Mailed {
    /// When it was due last: at or before now.
    pub fn last(&self, now: Timestamp) -> Option<Timestamp> {
        let today = self.date(now);
        let before = (0..=WEEK).filter_map(|n| today.checked_sub_days(Days::new(n)));
        before.chain(today.succ_opt()).filter_map(|date| self.on_date(date)).filter(|at| *at <= now).max()
    }

    /// When it is due next: after now.
    pub fn next(&self, now: Timestamp) -> Option<Timestamp> {
        let today = self.date(now);
        let after = (0..=WEEK).filter_map(|n| today.checked_add_days(Days::new(n)));
        after.filter_map(|date| self.on_date(date)).filter(|at| *at > now).min()
    }

    /// The local day of an instant.
    pub fn date(&self, at: Timestamp) -> NaiveDate {
        at.utc().with_timezone(&self.zone).date_naive()
    }

    /// The last day that it is about when it is due then: the one before, however long the clocks' changes made that.
    pub fn last_day(&self, due: Timestamp) -> NaiveDate {
        let day = self.date(due);
        day.pred_opt().unwrap_or(day)
    }

    /// A time that comes twice counts once, the first; one that is left out is the end of the gap.
    fn on_date(&self, date: NaiveDate) -> Option<Timestamp> {
        let wanted = self.on.is_empty() || self.on.iter().any(|day| day.is(date.weekday()));
        wanted.then(|| instants(self.zone, date, self.at).into_iter().next()).flatten()
    }

    /// The length of its period.
    pub fn length(&self) -> Span {
        Span::minutes(i64::from(self.days) * 24 * 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        chrono::DateTime::parse_from_rfc3339(text).unwrap().to_utc().into()
    }

    fn mondays(minute: u16) -> Mailed {
        Mailed {
            report: ReportName::Sla,
            by: By::Cohort,
            to: vec!["nora".into()],
            channel: "mail".to_owned(),
            on: vec![Day::Monday],
            at: minute,
            zone: chrono_tz::America::New_York,
            days: 7,
        }
    }

    #[test]
    fn it_is_due_on_its_day_at_its_time_where_it_is_meant() {
        let mailed = mondays(8 * 60);
        let due = at("2026-03-09T08:00:00-04:00");
        assert_eq!(mailed.last(due), Some(due));
        assert_eq!(mailed.last(due - Span::millis(1)), Some(at("2026-03-02T08:00:00-05:00")));
        assert_eq!(mailed.next(due), Some(at("2026-03-16T08:00:00-04:00")));
        assert_eq!(mailed.next(due - Span::millis(1)), Some(due));
    }

    #[test]
    fn a_time_that_the_clocks_leave_out_or_repeat_is_due_once() {
        // 2:30 of Sunday 8 March is no time there; 1:30 of 1 November comes twice.
        let daily = |minute| Mailed { on: Vec::new(), ..mondays(minute) };
        let spring = daily(150);
        let gap = at("2026-03-08T03:00:00-04:00");
        assert_eq!(spring.next(at("2026-03-08T00:00:00-05:00")), Some(gap));
        assert_eq!(spring.last(at("2026-03-08T12:00:00-04:00")), Some(gap));
        let autumn = daily(90);
        let first = at("2026-11-01T01:30:00-04:00");
        assert_eq!(autumn.next(at("2026-11-01T00:00:00-04:00")), Some(first));
        assert_eq!(autumn.next(first), Some(at("2026-11-02T01:30:00-05:00")));
    }

    #[test]
    fn it_is_about_the_days_before_also_when_that_one_had_another_length() {
        // Sunday 8 March has 23 hours there, and Sunday 1 November 25.
        for (due, wanted) in [
            ("2026-03-09T00:30:00-04:00", "2026-03-08"),
            ("2026-03-09T08:00:00-04:00", "2026-03-08"),
            ("2026-11-02T23:30:00-05:00", "2026-11-01"),
        ] {
            assert_eq!(mondays(0).last_day(at(due)).to_string(), wanted, "{due}");
        }
    }
}
