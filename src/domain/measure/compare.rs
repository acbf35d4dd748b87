//! Before and after: what was imported of the time before a team began, held against what the journal has since.
//!
//! Three looks at it. Each team before and after; the same with like held against like, by the stage that the buyer's deal
//! stood in; and **differences in differences**: how much more a team changed than those that had not begun yet, over the
//! same days. None of them makes a cause: what else changed on that day is not known here.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::credit::Rule;
use super::interval::{Difference, Middle};
use super::outcomes::{Fate, Known};
use super::report::Part;
use super::sample::Share;
use crate::domain::id::TeamId;
use crate::domain::time::{Span, Timestamp};

/// A day.
const DAY: Span = Span::minutes(24 * 60);

/// One reply that began an exchange, before or since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Began {
    /// Of which team.
    pub team: TeamId,
    /// When it came.
    pub at: Timestamp,
    /// The stage that the buyer's deal stood in then; nothing when they had none.
    pub stage: Option<String>,
    /// Whether it ended with a meeting.
    pub meeting: bool,
    /// How long it waited for its first answer, in milliseconds on the wall; nothing when there was none.
    pub wall: Option<i64>,
}

/// Before and after.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Compared {
    /// Most days on each side.
    pub days: i64,
    /// Exchanges that were imported of the time before.
    pub imported: i64,
    /// Team by team.
    pub teams: Vec<TeamCompared>,
    /// All teams together, by the stage that the buyer's deal stood in.
    pub stages: Vec<Layer>,
    /// Meetings after less before, with like held against like by stage.
    pub in_stages: Difference,
    /// Teams that began on one day, held against those that had not yet.
    pub waves: Vec<Wave>,
}

/// One side of a team's comparison.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Side {
    /// Exchanges that ended with a meeting, of all that began.
    pub meetings: Part,
    /// First answers: how long buyers waited, on the wall.
    pub first: Middle,
    /// Deals won, of those that ended and are credited to the team.
    pub wins: Part,
    /// Won deals, from opening to end.
    pub cycle: Middle,
}

/// A team before and after.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TeamCompared {
    /// Which.
    pub team: String,
    /// As people call it.
    pub label: String,
    /// When it began, in milliseconds since 1970.
    pub start: i64,
    /// Days on each side.
    pub days: i64,
    /// Before.
    pub before: Side,
    /// Since.
    pub after: Side,
    /// Meetings: after less before.
    pub difference: Difference,
}

/// One stage.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Layer {
    /// The stage; empty for buyers without a deal.
    pub stage: String,
    /// Meetings before.
    pub before: Part,
    /// And since.
    pub after: Part,
}

/// Teams that began on one day, and those that had not by the end of the days compared.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Wave {
    /// When they began, in milliseconds since 1970.
    pub start: i64,
    /// Days on each side.
    pub days: i64,
    /// Who began.
    pub teams: Vec<String>,
    /// Who had not yet.
    pub others: Vec<String>,
    /// Their meetings before.
    pub before: Part,
    /// And after.
    pub after: Part,
    /// The others' meetings on the same days before.
    pub others_before: Part,
    /// And after.
    pub others_after: Part,
    /// How much more the ones changed than the others.
    pub difference: Difference,
}

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
    /// How deals are credited.
    pub rule: Rule,
    /// Now.
    pub now: Timestamp,
}

/// A span of time, its end left out.
type Days = (Timestamp, Timestamp);

fn has((from, until): Days, at: Timestamp) -> bool {
    from <= at && at < until
}

impl Sides<'_> {
    /// Whole days since a team began, as many as are compared.
    fn days_since(&self, start: Timestamp) -> i64 {
        (self.now.since(start).as_millis() / DAY.as_millis()).clamp(0, self.days)
    }

    fn around(start: Timestamp, days: i64) -> (Days, Days) {
        let length = Span::millis(DAY.as_millis().saturating_mul(days));
        ((start - length, start), (start, start + length))
    }

    fn meetings(&self, teams: &BTreeSet<&TeamId>, days: Days) -> Share {
        Self::share(self.began.iter().filter(|one| teams.contains(&one.team) && has(days, one.at)))
    }

    fn share<'b>(of: impl Iterator<Item = &'b Began>) -> Share {
        of.fold(Share { part: 0, whole: 0 }, |sum, one| Share {
            part: sum.part + i64::from(one.meeting),
            whole: sum.whole + 1,
        })
    }

    fn side(&self, team: &TeamId, days: Days) -> Side {
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

/// Compares.
pub fn compare(of: &Sides<'_>, label: &dyn Fn(&TeamId) -> String) -> Compared {
    let part = |share: Share| Part::of(share.part, share.whole);
    let share = |part: &Part| Share { part: part.part, whole: part.whole };
    let mut told = Compared { days: of.days, ..Compared::default() };
    let mut layers: BTreeMap<Option<&str>, (Share, Share)> = BTreeMap::new();
    let stages: BTreeSet<Option<&str>> = of.began.iter().map(|one| one.stage.as_deref()).collect();
    for (team, start) in of.starts {
        let days = of.days_since(*start);
        let (before, after) = Sides::around(*start, days);
        for stage in &stages {
            let none = Share { part: 0, whole: 0 };
            let (was, is) = layers.entry(*stage).or_insert((none, none));
            for (sum, days) in [(was, before), (is, after)] {
                let theirs = of.began.iter().filter(|one| one.team == *team && one.stage.as_deref() == *stage);
                let more = Sides::share(theirs.filter(|one| has(days, one.at)));
                *sum = Share { part: sum.part + more.part, whole: sum.whole + more.whole };
            }
        }
        let (before, after) = (of.side(team, before), of.side(team, after));
        told.teams.push(TeamCompared {
            team: team.to_string(),
            label: label(team),
            start: start.millis(),
            days,
            difference: Difference::of(share(&after.meetings), share(&before.meetings)),
            before,
            after,
        });
    }
    let pairs: Vec<(Share, Share)> = layers.values().map(|(before, after)| (*after, *before)).collect();
    told.in_stages = Difference::in_layers(&pairs);
    let layers = layers.into_iter().filter(|(_, (before, after))| before.whole + after.whole > 0);
    told.stages = layers
        .map(|(stage, (before, after))| Layer {
            stage: stage.unwrap_or_default().to_owned(),
            before: part(before),
            after: part(after),
        })
        .collect();
    told.waves = waves(of, label);
    told
}

/// Teams by the day they began; a day is 24 hours from the first of them.
fn waves(of: &Sides<'_>, label: &dyn Fn(&TeamId) -> String) -> Vec<Wave> {
    let mut by_start: Vec<(Timestamp, &TeamId)> = of.starts.iter().map(|(team, start)| (*start, team)).collect();
    by_start.sort();
    let all: BTreeSet<&TeamId> = of.began.iter().map(|one| &one.team).chain(of.starts.keys()).collect();
    let mut waves: Vec<(Timestamp, BTreeSet<&TeamId>)> = Vec::new();
    for (start, team) in by_start {
        match waves.last_mut() {
            Some((first, teams)) if start.since(*first) < DAY => {
                teams.insert(team);
            }
            Some(_) | None => waves.push((start, [team].into())),
        }
    }
    let told = waves.into_iter().filter_map(|(start, teams)| {
        let days = of.days_since(start);
        let (before, after) = Sides::around(start, days);
        // Nothing has come after it yet: of the first day nothing is said.
        if days == 0 {
            return None;
        }
        let not_yet =
            |team: &&&TeamId| !teams.contains(**team) && of.starts.get(**team).is_none_or(|begins| *begins >= after.1);
        let others: BTreeSet<&TeamId> = all.iter().filter(not_yet).copied().collect();
        if others.is_empty() {
            return None;
        }
        let [was, is] = [before, after].map(|days| of.meetings(&teams, days));
        let [others_was, others_is] = [before, after].map(|days| of.meetings(&others, days));
        let part = |share: Share| Part::of(share.part, share.whole);
        let names = |teams: &BTreeSet<&TeamId>| teams.iter().map(|team| label(team)).collect();
        Some(Wave {
            start: start.millis(),
            days,
            teams: names(&teams),
            others: names(&others),
            before: part(was),
            after: part(is),
            others_before: part(others_was),
            others_after: part(others_is),
            difference: Difference::of_changes((is, was), (others_is, others_was)),
        })
    });
    told.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(n: i64) -> Timestamp {
        Timestamp::from_millis(n * DAY.as_millis())
    }

    /// So many replies of a team on a day, of which the first ones ended with a meeting.
    fn began(team: &str, on: i64, meetings: usize, all: usize, stage: Option<&str>) -> Vec<Began> {
        let one = |n| Began {
            team: team.into(),
            at: day(on),
            stage: stage.map(str::to_owned),
            meeting: n < meetings,
            wall: Some(60_000),
        };
        (0..all).map(one).collect()
    }

    #[test]
    fn each_team_is_held_against_itself_and_against_those_that_had_not_begun() {
        // east began on day 100, west on day 160; it is day 130. North never did. Thirty days on each side of east's.
        //         before 70..100   after 100..130
        // east    10 of 50         25 of 50           0.2 -> 0.5: + 0.3
        // west     6 of 30          9 of 30           0.2 -> 0.3
        // north    4 of 20          6 of 20           0.2 -> 0.3: the others together 10 of 50 -> 15 of 50: + 0.1
        // So east changed by 0.2 more.
        let mut all = Vec::new();
        for (team, on, meetings, n) in [
            ("east", 80, 10, 50),
            ("east", 110, 25, 50),
            ("west", 80, 6, 30),
            ("west", 110, 9, 30),
            ("north", 80, 4, 20),
            ("north", 110, 6, 20),
            // Outside of both.
            ("east", 10, 50, 50),
        ] {
            all.extend(began(team, on, meetings, n, None));
        }
        let starts = [("east".into(), day(100)), ("west".into(), day(160))].into();
        let sides = Sides { began: &all, deals: &[], starts: &starts, days: 30, rule: Rule::default(), now: day(130) };
        let told = compare(&sides, &ToString::to_string);
        let east = &told.teams[0];
        assert_eq!((east.days, east.before.meetings.whole, east.after.meetings.part), (30, 50, 25));
        assert!((east.difference.value.unwrap() - 0.3).abs() < 1e-9);
        let wave = &told.waves[0];
        assert_eq!(
            (&wave.teams, &wave.others),
            (&vec!["east".to_owned()], &vec!["north".to_owned(), "west".to_owned()])
        );
        assert_eq!((wave.others_before.part, wave.others_after.part, wave.others_after.whole), (10, 15, 50));
        assert!((wave.difference.value.unwrap() - 0.2).abs() < 1e-9);
        assert!(!wave.difference.small);
        // West begins later than now: there is no day of it, and nothing to hold against anything.
        assert_eq!(told.waves.len(), 1);
        assert_eq!((told.teams[1].days, told.teams[1].after.meetings.whole), (0, 0));
    }

    #[test]
    fn like_is_held_against_like_by_stage() {
        // Late deals meet more often, and there are more of them after: 0.5 and 0.1 in both, so that nothing is left of the
        // difference once stages are held apart.
        let mut all = began("east", 80, 5, 50, Some("early"));
        all.extend(began("east", 80, 5, 10, Some("late")));
        all.extend(began("east", 110, 1, 10, Some("early")));
        all.extend(began("east", 110, 25, 50, Some("late")));
        let starts = [("east".into(), day(100))].into();
        let sides = Sides { began: &all, deals: &[], starts: &starts, days: 30, rule: Rule::default(), now: day(130) };
        let told = compare(&sides, &ToString::to_string);
        assert!(told.teams[0].difference.value.unwrap() > 0.25);
        assert!(told.in_stages.value.unwrap().abs() < 1e-9);
        assert_eq!(told.stages.iter().map(|layer| layer.after.whole).sum::<i64>(), 60);
        assert_eq!(told.waves, [], "nobody is left to hold it against");
    }
}
