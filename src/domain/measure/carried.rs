//! Which conversations a rep's numbers are of: each turn of theirs, and each stretch in which they held one.

use std::collections::{BTreeMap, BTreeSet};

use super::load::LoadDay;
use crate::domain::id::{ConversationId, RepId};
use crate::domain::time::Timestamp;

/// Something that counts on a rep's day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Turn {
    /// It was offered to them.
    Offer,
    /// They took it.
    Take,
    /// They let an offer pass.
    Pass,
    /// A text of theirs left.
    Answer,
}

impl Turn {
    /// Each.
    pub const ALL: [Self; 4] = [Self::Offer, Self::Take, Self::Pass, Self::Answer];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Offer => "offers",
            Self::Take => "takes",
            Self::Pass => "passes",
            Self::Answer => "answers",
        }
    }

    /// The one with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|turn| turn.name() == name)
    }

    /// What one of a conversation is called.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Offer => "offered to",
            Self::Take => "taken by",
            Self::Pass => "let pass by",
            Self::Answer => "answered by",
        }
    }

    /// Counts so many of it.
    pub(super) const fn count(self, day: &mut LoadDay, n: i64) {
        let sum = match self {
            Self::Offer => &mut day.offers,
            Self::Take => &mut day.takes,
            Self::Pass => &mut day.passes,
            Self::Answer => &mut day.answers,
        };
        *sum += n;
    }
}

/// Turns by rep, kind, day and the entry that made them, in the order they are kept in.
pub type Turns = BTreeMap<(RepId, Turn, i32, u64), Took>;

/// One turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Took {
    /// Of which conversation.
    pub conversation: ConversationId,
    /// When.
    pub at: Timestamp,
    /// One; less one for an answer that did not leave after all.
    pub n: i64,
}

/// Stretches by the rep and the entry that began them.
pub type Stretches = BTreeMap<(RepId, u64), Stretch>;

/// A rep holds an open conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// Which.
    pub conversation: ConversationId,
    /// Since when.
    pub since: Timestamp,
    /// Until when, and which entry ended it; nothing while they hold it.
    pub until: Option<(Timestamp, u64)>,
}

/// The most that were held at once from `begin` to `end`, and which they were the last time that it was as many. `held` are
/// one rep's stretches with the entries that began them.
pub fn most_at_once(held: &[(u64, Stretch)], (begin, end): (Timestamp, Timestamp)) -> BTreeSet<u64> {
    let mut changes: BTreeMap<u64, (Option<u64>, Option<u64>)> = BTreeMap::new();
    let mut now: BTreeSet<u64> = BTreeSet::new();
    for (seq, stretch) in held.iter().filter(|(_, stretch)| stretch.since < end) {
        let over = stretch.until.is_some_and(|(until, _)| until < begin);
        if over {
            continue;
        }
        if stretch.since < begin {
            now.insert(*seq);
        } else {
            changes.entry(*seq).or_default().1 = Some(*seq);
        }
        if let Some((_, last)) = stretch.until.filter(|(until, _)| *until < end) {
            changes.entry(last).or_default().0 = Some(*seq);
        }
    }
    let mut most = now.clone();
    for (gone, come) in changes.into_values() {
        if let Some(gone) = gone {
            now.remove(&gone);
        }
        now.extend(come);
        if now.len() >= most.len() {
            most.clone_from(&now);
        }
    }
    most
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn minute(n: i64) -> Timestamp {
        Timestamp::from_millis(n * 60_000)
    }

    fn stretch(seq: u64, since: i64, until: Option<(i64, u64)>) -> (u64, Stretch) {
        let conversation = ConversationId(uuid::Uuid::from_u128(seq.into()));
        (seq, Stretch { conversation, since: minute(since), until: until.map(|(at, seq)| (minute(at), seq)) })
    }

    #[test]
    fn the_most_at_once_are_those_that_were_held_together() {
        let held = [
            stretch(1, 0, Some((10, 9))),
            stretch(4, 5, Some((20, 12))),
            stretch(9, 10, Some((30, 20))),
            stretch(15, 25, None),
            stretch(30, 90, None),
        ];
        let most = |from, to| most_at_once(&held, (minute(from), minute(to))).into_iter().collect::<Vec<_>>();
        assert_eq!(most(0, 60), [9, 15], "one ended as the next began, by the same entry; of several the newest");
        assert_eq!(most(0, 9), [1, 4]);
        assert_eq!(most(12, 15), [4, 9], "what was held before counts");
        assert_eq!(most(40, 60), [15]);
        assert_eq!(most(0, 200), [15, 30]);
        assert!(most_at_once(&[], (minute(0), minute(9))).is_empty());
    }
}
