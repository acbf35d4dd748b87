//! Where a buyer's deal stood when they wrote, and exchanges by it.

use std::collections::BTreeMap;

use super::Sides;
use super::sides::{Days, has};
use crate::domain::deal::Deal;
use crate::domain::id::{DealId, TeamId};
use crate::domain::measure::credit::{stage_at, was_open};
use crate::domain::measure::outcomes::Known;
use crate::domain::measure::sample::Share;
use crate::domain::time::Timestamp;

/// Where the deal of a buyer stood when they wrote.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stood {
    /// They were on none that was under way.
    NoDeal,
    /// They were on one, and nobody knows where it stood then.
    NotKnown,
    /// In this stage.
    In(String),
}

impl Stood {
    /// Of these deals the newest one that was under way then, among those of which the stage at that time is known.
    pub fn of<'a>(deals: impl IntoIterator<Item = &'a Deal>, at: Timestamp) -> Self {
        let mut newest: Option<(Option<Timestamp>, &DealId, &str)> = None;
        let mut any = false;
        for deal in deals.into_iter().filter(|deal| was_open(deal, at)) {
            any = true;
            let stage = stage_at(deal, at).filter(|stage| !stage.trim().is_empty());
            newest = newest.max(stage.map(|stage| (deal.opened, &deal.id, stage)));
        }
        match newest {
            Some((_, _, stage)) => Self::In(stage.to_owned()),
            None if any => Self::NotKnown,
            None => Self::NoDeal,
        }
    }
}

/// All teams together, before and after, by where the buyer's deal stood. An import and the CRM may write one stage in two
/// ways: capitals and spaces around it part nothing, and it is told as the CRM writes it.
pub(super) fn layers(of: &Sides<'_>) -> Vec<(Stood, [Share; 2])> {
    let none = Share { part: 0, whole: 0 };
    let mut written: BTreeMap<&Stood, [Share; 2]> = BTreeMap::new();
    let sides = of.starts.iter().map(|(team, start)| (team, of.around(*start, of.days_since(*start))));
    let sides: BTreeMap<&TeamId, [Days; 2]> = sides.collect();
    for one in of.began {
        let Some(sides) = sides.get(&one.team) else { continue };
        for (side, days) in sides.iter().copied().enumerate() {
            if let Some(meeting) = one.meeting.filter(|_| has(days, one.at)) {
                let sum = &mut written.entry(&one.stood).or_insert([none; 2])[side];
                sum.part += i64::from(meeting);
                sum.whole += 1;
            }
        }
    }
    let spelled = spelled(of.deals);
    let mut all: BTreeMap<Stood, (Stood, [Share; 2])> = BTreeMap::new();
    for (stood, sides) in written {
        let (key, shown) = match stood {
            Stood::In(stage) => {
                let key = folded(stage);
                let shown = spelled.get(&key).copied().unwrap_or(stage.trim()).to_owned();
                (Stood::In(key), Stood::In(shown))
            }
            Stood::NoDeal | Stood::NotKnown => (stood.clone(), stood.clone()),
        };
        let (_, sums) = all.entry(key).or_insert((shown, [none; 2]));
        for (sum, more) in sums.iter_mut().zip(sides) {
            sum.part += more.part;
            sum.whole += more.whole;
        }
    }
    all.into_values().collect()
}

/// What is the same in all ways of writing a stage.
fn folded(stage: &str) -> String {
    stage.trim().to_lowercase()
}

/// How the CRM writes each stage: as it did last.
fn spelled(deals: &[Known]) -> BTreeMap<String, &str> {
    let mut last: BTreeMap<&str, Timestamp> = BTreeMap::new();
    for Known { deal, .. } in deals {
        let way = deal.stages.iter().map(|change| (change.stage.trim(), change.at));
        for (stage, at) in way.chain([(deal.stage.trim(), deal.changed)]) {
            let known = last.entry(stage).or_insert(at);
            *known = at.max(*known);
        }
    }
    let mut all: BTreeMap<String, (Timestamp, &str)> = BTreeMap::new();
    for (stage, at) in last {
        let newest = all.entry(folded(stage)).or_insert((at, stage));
        *newest = (at, stage).max(*newest);
    }
    all.into_iter().map(|(key, (_, stage))| (key, stage)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::measure::outcomes::samples::deal;

    const fn day(n: i64) -> Timestamp {
        Timestamp::from_millis(n * 86_400_000)
    }

    #[test]
    fn the_newest_deal_of_which_it_is_known_says_where_it_stood() {
        let older = deal("d-1", day(10), None);
        // Of the newer one the CRM has no history: its stage is known from its newest change on.
        let mut newer = deal("d-2", day(20), None);
        newer.stages[0].at = day(50);
        newer.stages[0].stage = "proposal".to_owned();
        let stood = |deals: &[&Deal], at| Stood::of(deals.iter().copied(), at);
        let within = |stage: &str| Stood::In(stage.to_owned());
        assert_eq!(stood(&[&older, &newer], day(30)), within("discovery"));
        assert_eq!(stood(&[&newer, &older], day(60)), within("proposal"), "in whatever order they come");
        assert_eq!(stood(&[&newer], day(30)), Stood::NotKnown);
        assert_eq!(stood(&[&newer], day(15)), Stood::NoDeal, "it was opened later");
        assert_eq!(stood(&[&deal("d-3", day(10), Some((day(20), true)))], day(30)), Stood::NoDeal, "it had ended");
        newer.stages[0].stage = " ".to_owned();
        assert_eq!(stood(&[&newer], day(60)), Stood::NotKnown);
    }
}
