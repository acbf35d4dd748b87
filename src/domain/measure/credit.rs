//! Which deals a reply may claim: the rule is said, and stands beside every number that is made by it.

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::cell::By;
use super::exchange::Adherence;
use super::reply::Standing;
use crate::domain::deal::Deal;
use crate::domain::id::{ConversationId, LineId, RepId, TeamId};
use crate::domain::time::{Span, Timestamp};

/// How long before its end a deal can be credited to a reply, in days, unless somebody says otherwise.
pub const USUAL_WINDOW: i64 = 90;

/// The longest such window, in days: ten years.
pub const LONGEST_WINDOW: i64 = 3_660;

/// To which of the exchanges in the window a deal is credited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Touch {
    /// The first.
    First,
    /// The last.
    #[default]
    Last,
    /// Each: then a deal stands in several rows, and rows do not add up to the total, where it counts once.
    Any,
}

impl Touch {
    /// Each.
    pub const ALL: [Self; 3] = [Self::First, Self::Last, Self::Any];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Last => "last",
            Self::Any => "any",
        }
    }

    /// The one with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|touch| touch.name() == name)
    }
}

/// The rule of attribution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// Days before a deal's end, or before the period's while it is open.
    pub window_days: i64,
    /// Which exchange in them.
    pub touch: Touch,
}

impl Default for Rule {
    fn default() -> Self {
        Self { window_days: USUAL_WINDOW, touch: Touch::Last }
    }
}

impl Rule {
    /// In words, for whoever reads a number made by it.
    pub fn words(self) -> String {
        let days = if self.window_days == 1 { "day".to_owned() } else { format!("{} days", self.window_days) };
        let (which, gets) = match self.touch {
            Touch::First => ("the first exchange", "is credited with it"),
            Touch::Last => ("the last exchange", "is credited with it"),
            Touch::Any => ("every exchange", "has it in its row"),
        };
        // The window comes first: where there is little room the end is cut.
        format!(
            "In the {days} before a deal closed, or before the period's end while it is open, {which} that somebody on \
             it began by text {gets}; a step from stage to stage goes by the {days} before it. Each deal counts once in a \
             total."
        )
    }

    /// How long before a deal's end the window begins.
    pub fn window(self) -> Span {
        Span::minutes(self.window_days.clamp(1, LONGEST_WINDOW) * 24 * 60)
    }

    /// The exchanges that a deal is credited to, oldest first. `talks` are those of everybody on it, oldest first; `until` is
    /// the end of the period.
    pub fn credited<'a>(self, deal: &Deal, talks: &'a [Talked], until: Timestamp) -> &'a [Talked] {
        self.within(talks, deal.closed.map_or(until, |closed| closed.at))
    }

    /// Those that something of `end` is credited to.
    pub(super) fn within(self, talks: &[Talked], end: Timestamp) -> &[Talked] {
        let from = end - self.window();
        let begins = talks.partition_point(|talk| talk.at < from);
        let behind = talks.partition_point(|talk| talk.at <= end);
        let within = talks.get(begins..behind).unwrap_or_default();
        match self.touch {
            Touch::First => within.split_at(within.len().min(1)).0,
            Touch::Last => within.split_at(within.len().saturating_sub(1)).1,
            Touch::Any => within,
        }
    }
}

/// An exchange, as deals are credited to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Talked {
    /// The entry of its first reply.
    pub seq: u64,
    /// Where.
    pub conversation: ConversationId,
    /// When that reply came.
    pub at: Timestamp,
    /// Its hour of the week.
    pub hour: u8,
    /// Under what it counts.
    pub under: Arc<Under>,
    /// Whether several people have its number, and nobody said which of them wrote.
    pub shared: bool,
}

/// Under what exchanges count: there are many of them, and few that differ in it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Under {
    /// Whose pool and lead.
    pub team: TeamId,
    /// Their class.
    pub cohort: String,
    /// Whose they count as.
    pub rep: Option<RepId>,
    /// To which of our numbers.
    pub line: LineId,
    /// What they were about.
    pub use_case: String,
    /// How first replies stand.
    pub standing: Standing,
}

impl Talked {
    /// How its first reply was answered.
    pub fn adherence(&self) -> Adherence {
        Adherence::of(self.under.standing)
    }

    /// Which row it is in.
    pub fn key(&self, by: By) -> Cow<'_, str> {
        let under = &self.under;
        Cow::Borrowed(match by {
            By::Team => under.team.as_str(),
            By::Cohort => &under.cohort,
            By::Rep => under.rep.as_ref().map_or("", RepId::as_str),
            By::Hour => return Cow::Owned(format!("{:03}", self.hour)),
            By::Line => under.line.as_str(),
            By::UseCase => &under.use_case,
        })
    }
}

/// The stage that a deal stood in; nothing before it was opened or while nobody knows.
pub fn stage_at(deal: &Deal, at: Timestamp) -> Option<&str> {
    deal.stages.iter().rev().find(|change| change.at <= at).map(|change| change.stage.as_str())
}

/// Whether it was under way then. One of which nobody knows when it was opened was, up to its end.
pub fn was_open(deal: &Deal, at: Timestamp) -> bool {
    deal.opened.is_none_or(|opened| opened <= at) && deal.closed.is_none_or(|closed| closed.at > at)
}

#[cfg(test)]
mod tests {
    use super::super::outcomes::samples::{deal, talked};
    use super::*;

    const fn day(n: i64) -> Timestamp {
        Timestamp::from_millis(n * 86_400_000)
    }

    #[test]
    fn a_deal_goes_to_the_exchange_that_the_rule_names() {
        let talks = [talked(1, day(5)), talked(2, day(60)), talked(3, day(80)), talked(4, day(120))];
        let won = deal("d", day(10), Some((day(100), true)));
        let seqs = |touch, window_days, deal: &Deal| -> Vec<u64> {
            Rule { window_days, touch }.credited(deal, &talks, day(130)).iter().map(|talk| talk.seq).collect()
        };
        assert_eq!(seqs(Touch::Last, 90, &won), [3], "not the one after its end");
        assert_eq!(seqs(Touch::First, 90, &won), [2], "not the one before the window");
        assert_eq!(seqs(Touch::First, 95, &won), [1], "the window's ends are in it");
        assert_eq!(seqs(Touch::Any, 90, &won), [2, 3]);
        assert_eq!(seqs(Touch::Any, 10, &won), [0; 0]);
        let open = deal("d", day(10), None);
        assert_eq!(seqs(Touch::Last, 90, &open), [4]);
    }

    #[test]
    fn a_rule_says_what_it_is() {
        let told = Rule::default().words();
        assert!(told.contains("the last exchange") && told.contains("90 days"), "{told}");
    }
}
