//! Before and after: what was imported of the time before a team began, held against what the journal has since.
//!
//! Three looks at it. Each team before and after; the same with like held against like, by the stage that the buyer's deal
//! stood in; and **differences in differences**: how much more a team changed than those that had not begun yet, over the
//! same days. None of them makes a cause: what else changed on that day is not known here.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::civil;
use super::days::whole_days;
use super::interval::{Difference, Middle};
use super::load::date;
use super::report::Part;
use super::sample::Share;
use crate::domain::id::TeamId;
use crate::domain::time::Timestamp;

mod sides;
mod stood;

pub use sides::Sides;
pub use stood::Stood;

/// One reply that began an exchange, before or since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Began {
    /// Of which team.
    pub team: TeamId,
    /// When it came.
    pub at: Timestamp,
    /// Where the buyer's deal stood then.
    pub stood: Stood,
    /// Whether it ended with a meeting; nothing where nobody tells how it ended.
    pub meeting: Option<bool>,
    /// How long it waited for its first answer, in milliseconds on the wall; nothing when there was none.
    pub wall: Option<i64>,
}

/// Before and after.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Compared {
    /// Most days on each side.
    pub days: i64,
    /// The last day that can be on one: yesterday, as `2026-11-02`. Today is not over, and no day to hold a whole one against.
    #[serde(default)]
    pub until: String,
    /// Exchanges that were imported of the time before.
    pub imported: i64,
    /// Those of them of which nobody tells how they ended.
    #[serde(default)]
    pub untold: i64,
    /// Team by team.
    pub teams: Vec<TeamCompared>,
    /// All teams together, by the stage that the buyer's deal stood in.
    pub stages: Vec<Layer>,
    /// Meetings after less before, with like held against like by stage.
    pub in_stages: Difference,
    /// Teams that began on one day, held against those that had not yet.
    pub waves: Vec<Wave>,
    /// Why there are none of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_waves: Option<NoWaves>,
}

/// Why no team is held against those that had not begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum NoWaves {
    /// All others began within the days compared.
    TooClose {
        /// With this many days some of them would not have.
        longest: i64,
    },
    /// All began on one day.
    Together,
    /// There is one team.
    Alone,
    /// No whole day is over since anybody began.
    TooYoung,
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
    /// Whether that is still to come.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ahead: bool,
    /// Days on each side; none while no whole day is over since it began: then there is nothing on either.
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
    /// The stage, as the CRM writes it; empty for buyers without a deal, and where nobody knows it.
    pub stage: String,
    /// Whether they were on a deal of which nobody knows where it stood then.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unknown: bool,
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

/// Compares.
pub fn compare(of: &Sides<'_>, label: &dyn Fn(&TeamId) -> String) -> Compared {
    let part = |share: Share| Part::of(share.part, share.whole);
    let share = |part: &Part| Share { part: part.part, whole: part.whole };
    let yesterday = date(civil(of.zone, of.now).0.saturating_sub(1));
    let until = yesterday.map_or_else(String::new, |date| date.to_string());
    let mut told = Compared { days: of.days, until, ..Compared::default() };
    for (team, start) in of.starts {
        let days = of.days_since(*start);
        let [before, after] = of.around(*start, days).map(|days| of.side(team, days));
        told.teams.push(TeamCompared {
            team: team.to_string(),
            label: label(team),
            start: start.millis(),
            ahead: *start > of.now,
            days,
            difference: Difference::of(share(&after.meetings), share(&before.meetings)),
            before,
            after,
        });
    }
    let layers = stood::layers(of);
    let pairs: Vec<(Share, Share)> = layers.iter().map(|(_, [before, after])| (*after, *before)).collect();
    told.in_stages = Difference::in_layers(&pairs);
    let layer = |(stood, [before, after]): (Stood, [Share; 2])| {
        let unknown = stood == Stood::NotKnown;
        let stage = match stood {
            Stood::In(stage) => stage,
            Stood::NoDeal | Stood::NotKnown => String::new(),
        };
        Layer { stage, unknown, before: part(before), after: part(after) }
    };
    told.stages = layers.into_iter().map(layer).collect();
    told.waves = waves(of, label);
    if told.waves.is_empty() {
        told.no_waves = no_waves(of);
    }
    told
}

/// Teams by the local day on which they began.
fn by_day<'a>(of: &Sides<'a>) -> Vec<(Timestamp, BTreeSet<&'a TeamId>)> {
    let mut by_start: Vec<(Timestamp, &TeamId)> = of.starts.iter().map(|(team, start)| (*start, team)).collect();
    by_start.sort();
    let mut waves: Vec<(Timestamp, BTreeSet<&TeamId>)> = Vec::new();
    for (start, team) in by_start {
        match waves.last_mut() {
            Some((first, teams)) if whole_days(of.zone, *first, start) == 0 => {
                teams.insert(team);
            }
            Some(_) | None => waves.push((start, [team].into())),
        }
    }
    waves
}

/// All teams: those that began, and those of which there are exchanges.
fn everyone<'a>(of: &Sides<'a>) -> BTreeSet<&'a TeamId> {
    of.began.iter().map(|one| &one.team).chain(of.starts.keys()).collect()
}

/// Each day's teams held against those that had not begun by the end of the days compared.
fn waves(of: &Sides<'_>, label: &dyn Fn(&TeamId) -> String) -> Vec<Wave> {
    let all = everyone(of);
    let told = by_day(of).into_iter().filter_map(|(start, teams)| {
        let days = of.days_since(start);
        let [before, after] = of.around(start, days);
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

/// Why none is. Over fewer days those that began last had not begun by the end of the first ones' days.
fn no_waves(of: &Sides<'_>) -> Option<NoWaves> {
    let days = by_day(of);
    let (first, last) = (days.first()?.0, of.starts.values().max()?);
    let all = everyone(of);
    let is_young = |start: &Timestamp| of.days_since(*start) == 0;
    Some(if all.len() == 1 {
        NoWaves::Alone
    } else if all.iter().any(|team| !of.starts.contains_key(*team)) || days.iter().all(|(start, _)| is_young(start)) {
        NoWaves::TooYoung
    } else if days.len() == 1 {
        NoWaves::Together
    } else {
        NoWaves::TooClose { longest: whole_days(of.zone, first, *last) }
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::credit::Rule;
    use super::super::outcomes::Known;
    use super::*;
    use crate::domain::time::Span;

    fn day(n: i64) -> Timestamp {
        Timestamp::from_millis(n * 86_400_000)
    }

    /// Thirty days on each side at most, on day 130 in UTC.
    fn thirty<'a>(began: &'a [Began], deals: &'a [Known], starts: &'a BTreeMap<TeamId, Timestamp>) -> Sides<'a> {
        Sides { began, deals, starts, days: 30, zone: chrono_tz::Tz::UTC, rule: Rule::default(), now: day(130) }
    }

    /// So many replies of a team on a day, of which the first ones ended with a meeting.
    fn began(team: &str, on: i64, meetings: usize, all: usize, stage: Option<&str>) -> Vec<Began> {
        let one = |n| Began {
            team: team.into(),
            at: day(on),
            stood: stage.map_or(Stood::NoDeal, |stage| Stood::In(stage.to_owned())),
            meeting: Some(n < meetings),
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
        let told = compare(&thirty(&all, &[], &starts), &ToString::to_string);
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
        assert_eq!((told.teams[0].ahead, told.teams[1].ahead), (false, true));
    }

    #[test]
    fn what_nobody_tells_the_end_of_is_in_no_share_of_meetings() {
        let mut all = began("east", 110, 25, 50, None);
        all.extend(began("east", 80, 0, 30, None).into_iter().map(|one| Began { meeting: None, ..one }));
        let starts = [("east".into(), day(100))].into();
        let told = compare(&thirty(&all, &[], &starts), &ToString::to_string);
        let east = &told.teams[0];
        assert_eq!((east.before.meetings.whole, east.before.first.n, east.after.meetings.whole), (0, 30, 50));
        assert_eq!((east.difference.value, told.in_stages.value), (None, None));
        assert_eq!((told.stages[0].before.whole, told.stages[0].after.whole), (0, 50));
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
        let told = compare(&thirty(&all, &[], &starts), &ToString::to_string);
        assert!(told.teams[0].difference.value.unwrap() > 0.25);
        assert!(told.in_stages.value.unwrap().abs() < 1e-9);
        assert_eq!(told.stages.iter().map(|layer| layer.after.whole).sum::<i64>(), 60);
        assert_eq!(told.waves, [], "nobody is left to hold it against");
        assert_eq!(told.no_waves, Some(NoWaves::Alone));
    }

    #[test]
    fn where_nobody_had_not_begun_it_is_said_why_and_over_how_many_days_somebody_had_not() {
        let all = [began("east", 80, 10, 50, None), began("west", 80, 6, 30, None)].concat();
        let told = |starts: &[(&str, Timestamp)], days, now| {
            let starts = starts.iter().map(|(team, start)| ((*team).into(), *start)).collect();
            compare(&Sides { days, now, ..thirty(&all, &[], &starts) }, &ToString::to_string)
        };
        // Twelve days and a half lie between them.
        let half = Span::minutes(12 * 60);
        let apart = [("east", day(100)), ("west", day(112) + half)];
        let close = told(&apart, 30, day(130));
        assert_eq!((close.waves.len(), close.no_waves), (0, Some(NoWaves::TooClose { longest: 12 })));
        let shown = told(&apart, 12, day(130));
        assert_eq!((shown.waves.len(), shown.no_waves), (1, None));
        assert_eq!(told(&apart, 13, day(130)).waves, [], "a day more is too long");
        let together = [("east", day(100)), ("west", day(100) + half)];
        assert_eq!(told(&together, 30, day(130)).no_waves, Some(NoWaves::Together));
        // West has not begun, and east only just did.
        assert_eq!(told(&[("east", day(100))], 30, day(100) + half).no_waves, Some(NoWaves::TooYoung));
        assert_eq!(told(&[], 30, day(130)).no_waves, None, "nobody has begun");
        // Both begin on a day that is still to come.
        let later = [("east", day(200)), ("west", day(200))];
        assert_eq!(told(&later, 30, day(130)).no_waves, Some(NoWaves::TooYoung));
    }

    #[test]
    fn stages_that_differ_in_their_capitals_are_one_and_stand_as_the_crm_writes_them() {
        use super::super::outcomes::samples::deal;

        let stood = |stood: Stood, on| Began { stood, ..began("east", on, 0, 1, None).remove(0) };
        let all = [
            stood(Stood::In(" discovery".to_owned()), 80),
            stood(Stood::In("Discovery".to_owned()), 110),
            stood(Stood::In("proposal".to_owned()), 80),
            stood(Stood::NotKnown, 80),
            stood(Stood::NoDeal, 110),
        ];
        let mut known = Known { deal: deal("d-1", day(60), None), talks: Vec::new() };
        known.deal.stages[0].stage = "Discovery".to_owned();
        known.deal.stage = "Discovery".to_owned();
        let starts = [("east".into(), day(100))].into();
        let told = compare(&thirty(&all, &[known], &starts), &ToString::to_string);
        let stages: Vec<_> =
            told.stages.iter().map(|of| (of.stage.as_str(), of.unknown, of.before.whole, of.after.whole)).collect();
        let wanted = [("", false, 0, 1), ("", true, 1, 0), ("Discovery", false, 1, 1), ("proposal", false, 1, 0)];
        assert_eq!(stages, wanted);
    }
}
