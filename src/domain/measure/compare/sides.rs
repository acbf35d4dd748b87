//! The two sides of a comparison: as many whole local days before a beginning as since. A day has as many hours as the clocks
//! of its zone give it, and today, which is not over, is on neither side.

use std::collections::{BTreeMap, BTreeSet};

use chrono_tz::Tz;

use super::{Began, Side};
use crate::domain::id::TeamId;
use crate::domain::measure::credit::Rule;
use crate::domain::measure::days::{begin, whole_days};
use crate::domain::measure::interval::Middle;
use crate::domain::measure::outcomes::{Fate, Known};
use crate::domain::measure::report::Part;
use crate::domain::measure::sample::Share;
use crate::domain::time::Timestamp;

/// What is compared.
#[derive(Debug)]
pub struct Sides<'a> {
    /// Exchanges of before and since, each once.
    pub began: &'a [Began],
    /// Deals that ended, with exchanges of before and since.
    pub deals: &'a [Known],
    /// When teams began. A team that is not here has not.
    pub starts: &'a BTreeMap<TeamId, Timestamp>,
    /// Most days on each side.
    pub days: i64,
    /// Whose days they are: the company's zone.
    pub zone: Tz,
    /// How deals are credited.
    pub rule: Rule,
    /// Now.
    pub now: Timestamp,
}

/// A span of time, its end left out.
pub(super) type Days = (Timestamp, Timestamp);

pub(super) fn has((from, until): Days, at: Timestamp) -> bool {
    from <= at && at < until
}

impl Sides<'_> {
    /// Whole days that are over since a team began, as many as are compared.
    pub(super) fn days_since(&self, start: Timestamp) -> i64 {
        whole_days(self.zone, start, self.now).clamp(0, self.days)
    }

    /// So many days before the one on which a team began, and as many from that one on.
    pub(super) fn around(&self, start: Timestamp, days: i64) -> [Days; 2] {
        let [first, middle, end] = [-days, 0, days].map(|days| begin(self.zone, start, days));
        [(first, middle), (middle, end)]
    }

    pub(super) fn meetings(&self, teams: &BTreeSet<&TeamId>, days: Days) -> Share {
        Self::share(self.began.iter().filter(|one| teams.contains(&one.team) && has(days, one.at)))
    }

    fn share<'b>(of: impl Iterator<Item = &'b Began>) -> Share {
        of.filter_map(|one| one.meeting).fold(Share { part: 0, whole: 0 }, |sum, meeting| Share {
            part: sum.part + i64::from(meeting),
            whole: sum.whole + 1,
        })
    }

    pub(super) fn side(&self, team: &TeamId, days: Days) -> Side {
        let of = self.began.iter().filter(|one| one.team == *team && has(days, one.at));
        let (mut won, mut ended, mut cycles) = (0, 0, Vec::new());
        for known in self.deals {
            if !known.deal.closed.is_some_and(|closed| has(days, closed.at)) {
                continue;
            }
            let credited = self.rule.credited(&known.deal, &known.talks, self.now);
            if !credited.iter().any(|talk| talk.under.team == *team) {
                continue;
            }
            ended += 1;
            if Fate::of(&known.deal) == Fate::Won {
                won += 1;
                cycles.extend(known.deal.cycle());
            }
        }
        let meetings = self.meetings(&[team].into(), days);
        Side {
            meetings: Part::of(meetings.part, meetings.whole),
            first: Middle::of(of.filter_map(|one| one.wall).collect()),
            wins: Part::of(won, ended),
            cycle: Middle::of(cycles),
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono_tz::America::New_York;

    use super::super::{Stood, compare};
    use super::*;
    use crate::domain::measure::outcomes::samples::{deal, talked};

    fn at(text: &str) -> Timestamp {
        text.parse::<chrono::DateTime<chrono::FixedOffset>>().unwrap().to_utc().into()
    }

    /// How many exchanges of a team that began at `start` are on each side, over how many days.
    fn counted(start: &str, now: &str, replies: &[&str]) -> (i64, i64, i64) {
        let one = |reply: &&str| Began {
            team: "enterprise".into(),
            at: at(reply),
            stood: Stood::NoDeal,
            meeting: Some(false),
            wall: None,
        };
        let began: Vec<Began> = replies.iter().map(one).collect();
        let starts = [("enterprise".into(), at(start))].into();
        let (zone, rule, now) = (New_York, Rule::default(), at(now));
        let sides = Sides { began: &began, deals: &[], starts: &starts, days: 20, zone, rule, now };
        let told = compare(&sides, &ToString::to_string);
        let team = &told.teams[0];
        let by_stage: (i64, i64) =
            told.stages.iter().fold((0, 0), |sum, of| (sum.0 + of.before.whole, sum.1 + of.after.whole));
        assert_eq!(by_stage, (team.before.meetings.whole, team.after.meetings.whole), "by stage it is the same");
        (team.days, team.before.meetings.whole, team.after.meetings.whole)
    }

    #[test]
    fn a_side_is_of_whole_local_days_however_long_the_clocks_made_them() {
        // Clocks went back on 1 November: that day had 25 hours, and 2 November ended 49 hours after it began.
        let begin = "2026-11-01T00:00:00-04:00";
        let late = "2026-11-02T23:30:00-05:00";
        assert_eq!(counted(begin, "2026-11-03T10:16:00-05:00", &[late]), (2, 0, 1));
        // Two days are over as soon as the third begins, and none of its replies is among them.
        let today = "2026-11-03T00:10:00-05:00";
        assert_eq!(counted(begin, "2026-11-03T00:15:00-05:00", &[late, today]), (2, 0, 1));
        assert_eq!(counted(begin, "2026-11-02T23:59:00-05:00", &[late]), (1, 0, 0));
        // They went on on 8 March, which had 23.
        let begin = "2026-03-07T00:00:00-05:00";
        let (late, today) = ("2026-03-08T23:30:00-04:00", "2026-03-09T00:10:00-04:00");
        assert_eq!(counted(begin, "2026-03-09T00:15:00-04:00", &[late, today]), (2, 0, 1));
        // Before, too: two days before 3 November begin while it is summer.
        let begin = "2026-11-03T00:00:00-05:00";
        let [out, first] = ["2026-10-31T23:59:00-04:00", "2026-11-01T00:10:00-04:00"];
        assert_eq!(counted(begin, "2026-11-05T10:00:00-05:00", &[out, first]), (2, 1, 0));
    }

    #[test]
    fn a_deal_that_a_folder_says_ended_on_the_last_day_is_on_that_side() {
        // A day of a folder's table ends in its last second.
        let ended = at("2026-11-02T23:59:59-05:00");
        let known = Known {
            deal: deal("d-1", at("2026-10-20T12:00:00-04:00"), Some((ended, true))),
            talks: vec![talked(1, at("2026-11-01T12:00:00-05:00"))],
        };
        let starts = [("enterprise".into(), at("2026-11-01T00:00:00-04:00"))].into();
        let (zone, rule, now) = (New_York, Rule::default(), at("2026-11-03T10:16:00-05:00"));
        let sides = Sides { began: &[], deals: &[known], starts: &starts, days: 20, zone, rule, now };
        let told = compare(&sides, &ToString::to_string);
        let wins = &told.teams[0].after.wins;
        assert_eq!((told.teams[0].days, wins.part, wins.whole), (2, 1, 1));
        assert_eq!(told.until, "2026-11-02", "today is not over");
    }

    #[test]
    fn of_a_team_that_began_today_nothing_is_on_either_side() {
        let begin = "2026-11-03T00:00:00-05:00";
        let replies = ["2026-11-02T12:00:00-05:00", "2026-11-03T09:00:00-05:00"];
        assert_eq!(counted(begin, "2026-11-03T10:16:00-05:00", &replies), (0, 0, 0));
    }
}
