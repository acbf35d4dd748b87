//! What stands behind a number of what answering was worth: the same deals and replies that [`super::fill`] and
//! [`super::costs`] count, with the conversations they are credited to.

use std::collections::BTreeMap;

use super::reconcile::Fate;
use super::{Breach, Known, sum};
use crate::domain::deal::Deal;
use crate::domain::id::DealId;
use crate::domain::measure::cell::By;
use crate::domain::measure::credit::{Rule, Talked, was_open};
use crate::domain::measure::exchange::Adherence;
use crate::domain::measure::gap::Cause;
use crate::domain::time::Timestamp;

/// Which number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Worth {
    /// Exchanges that began in the period.
    #[default]
    Exchanges,
    /// Those that ended with a meeting.
    Meetings,
    /// Influenced deals that were won: revenue.
    Won,
    /// Those of them of which it is known how long they took.
    Took,
    /// Those that were lost.
    Lost,
    /// Both.
    Ended,
    /// Those that are open: pipeline.
    Open,
    /// Steps from one stage to the next.
    Moved,
    /// Open deals, by the stage they stand in.
    Still,
    /// Deals of people who texted, but not within the rule's window.
    Outside,
    /// Replies that fell due unanswered while their buyer was on an open deal.
    Missed,
    /// Those deals, each by its newest such reply.
    Cost,
}

impl Worth {
    /// Each.
    pub const ALL: [Self; 12] = [
        Self::Exchanges,
        Self::Meetings,
        Self::Won,
        Self::Took,
        Self::Lost,
        Self::Ended,
        Self::Open,
        Self::Moved,
        Self::Still,
        Self::Outside,
        Self::Missed,
        Self::Cost,
    ];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Exchanges => "exchanges",
            Self::Meetings => "meetings",
            Self::Won => "won",
            Self::Took => "took",
            Self::Lost => "lost",
            Self::Ended => "ended",
            Self::Open => "open",
            Self::Moved => "moved",
            Self::Still => "still",
            Self::Outside => "outside",
            Self::Missed => "missed",
            Self::Cost => "cost",
        }
    }

    /// The one with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|worth| worth.name() == name)
    }

    /// Whether it counts a deal that stands so.
    fn counts(self, deal: &Deal) -> bool {
        let fate = Fate::of(deal);
        match self {
            Self::Won => matches!(fate, Fate::Won),
            Self::Took => deal.cycle().is_some(),
            Self::Lost => matches!(fate, Fate::Lost),
            Self::Ended => matches!(fate, Fate::Won | Fate::Lost),
            Self::Open | Self::Still => matches!(fate, Fate::Open),
            Self::Moved => true,
            Self::Exchanges | Self::Meetings | Self::Outside | Self::Missed | Self::Cost => false,
        }
    }
}

/// Which part of it. What is not said is all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Piece {
    /// Of this row.
    pub row: Option<(By, String)>,
    /// Whose first reply was answered so.
    pub adherence: Option<Adherence>,
    /// Deals of this currency; empty for the company's own.
    pub currency: Option<String>,
    /// Deals that stand, or stood, in this stage.
    pub stage: Option<String>,
    /// Replies that were late for this cause.
    pub cause: Option<Cause>,
    /// Deals that ended so, or are open.
    pub fate: Option<Fate>,
}

impl Piece {
    fn has(&self, talk: &Talked) -> bool {
        let in_row = self.row.as_ref().is_none_or(|(by, key)| talk.key(*by) == *key);
        in_row && self.adherence.is_none_or(|adherence| adherence == talk.adherence())
    }

    fn is_priced(&self, deal: &Deal) -> bool {
        self.currency.as_deref().is_none_or(|currency| currency == deal.currency.as_deref().unwrap_or_default())
    }
}

/// How deals are credited.
pub struct Credit<'a> {
    /// The rule.
    pub rule: Rule,
    /// When the period began.
    pub from: Timestamp,
    /// When it ended.
    pub until: Timestamp,
    /// Whether whoever asks may see what an exchange came to.
    pub sees: &'a dyn Fn(&Talked) -> bool,
}

impl std::fmt::Debug for Credit<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Credit({:?})", self.rule)
    }
}

/// A deal behind a number, with an exchange that it is credited to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credited<'a> {
    /// The exchange.
    pub talk: &'a Talked,
    /// The deal.
    pub deal: &'a Deal,
    /// When what counts happened: its end, its last step, or the reply while it is open.
    pub at: Timestamp,
    /// For how many it counts: more than one where it took several steps.
    pub n: i64,
}

/// The deals behind a number.
pub fn opened<'a>(worth: Worth, piece: &Piece, of: &Credit<'_>, deals: &'a [Known]) -> Vec<Credited<'a>> {
    let mut all = Vec::new();
    for Known { deal, talks } in deals {
        let fate = Fate::of(deal);
        let fits = piece.is_priced(deal) && piece.fate.is_none_or(|wanted| wanted == fate);
        let credited = of.rule.credited(deal, talks, of.until);
        if worth == Worth::Outside {
            let last = talks.last().filter(|_| fits && credited.is_empty());
            all.extend(last.map(|talk| Credited { talk, deal, at: talk.at, n: 1 }));
            continue;
        }
        if worth == Worth::Moved {
            if fits {
                all.extend(steps(deal, talks, piece, of));
            }
            continue;
        }
        let credited: Vec<&Talked> = credited.iter().filter(|talk| (of.sees)(talk) && piece.has(talk)).collect();
        if !fits || !worth.counts(deal) {
            continue;
        }
        let (at, n) = match worth {
            Worth::Still => (None, i64::from(piece.stage.as_deref().is_none_or(|stage| stage == deal.stage))),
            Worth::Exchanges
            | Worth::Meetings
            | Worth::Won
            | Worth::Took
            | Worth::Lost
            | Worth::Ended
            | Worth::Open
            | Worth::Outside
            | Worth::Moved
            | Worth::Missed
            | Worth::Cost => (deal.closed.map(|closed| closed.at), 1),
        };
        if n > 0 {
            all.extend(credited.iter().map(|talk| Credited { talk, deal, at: at.unwrap_or(talk.at), n }));
        }
    }
    all
}

/// The exchanges that steps of a deal are credited to, each with how many, as of the last of them.
fn steps<'a>(deal: &'a Deal, talks: &'a [Talked], piece: &Piece, of: &Credit<'_>) -> Vec<Credited<'a>> {
    let mut all: Vec<Credited<'a>> = Vec::new();
    let in_stage = |stage: &str| piece.stage.as_deref().is_none_or(|wanted| wanted == stage);
    for step in sum::steps(deal, of.from).filter(|step| in_stage(&step.stood.stage)) {
        for talk in of.rule.within(talks, step.at).iter().filter(|talk| (of.sees)(talk) && piece.has(talk)) {
            match all.iter_mut().find(|known| known.talk.seq == talk.seq) {
                Some(known) => (known.n, known.at) = (known.n + 1, step.at),
                None => all.push(Credited { talk, deal, at: step.at, n: 1 }),
            }
        }
    }
    all
}

/// The replies behind what misses cost, each with one of its deals: all of them, or each deal's newest.
pub fn missed<'a>(
    worth: Worth,
    piece: &Piece,
    breaches: &'a [Breach],
    deals: &BTreeMap<DealId, &'a Deal>,
) -> Vec<(&'a Breach, &'a Deal)> {
    let open = breaches.iter().filter_map(|breach| {
        let deal = deals.get(&breach.deal).copied().filter(|deal| was_open(deal, breach.due))?;
        Some((breach, deal))
    });
    let mut all: Vec<(&Breach, &Deal)> = if worth == Worth::Cost {
        let mut newest: BTreeMap<&DealId, (&Breach, &Deal)> = BTreeMap::new();
        for (breach, deal) in open {
            let known = newest.entry(&breach.deal).or_insert((breach, deal));
            if (breach.due, breach.seq) > (known.0.due, known.0.seq) {
                *known = (breach, deal);
            }
        }
        newest.into_values().collect()
    } else {
        open.collect()
    };
    all.retain(|(breach, deal)| piece.cause.is_none_or(|cause| cause == breach.cause) && piece.is_priced(deal));
    all
}
