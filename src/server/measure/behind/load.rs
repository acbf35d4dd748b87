//! The conversations behind who carried how much.

use std::collections::BTreeMap;

use super::Opened;
use crate::domain::id::{ConversationId, RepId, TeamId};
use crate::domain::measure::carried::{Turn, most_at_once};
use crate::domain::measure::story;
use crate::domain::time::Timestamp;
use crate::server::measure::MeasureError;
use crate::server::measure::report::Desk;
use crate::wire::report::Found;

/// Which number of a rep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carried {
    /// Turns of theirs.
    Turns(Turn),
    /// What they held in the period, and how long.
    Held,
    /// What they held when it was the most at once.
    Most,
    /// What they hold.
    Now,
}

impl Carried {
    /// The one with this name; offers when none is said.
    pub fn named(name: Option<&str>) -> Option<Self> {
        match name {
            None => Some(Self::Turns(Turn::Offer)),
            Some("held") => Some(Self::Held),
            Some("most") => Some(Self::Most),
            Some("now") => Some(Self::Now),
            Some(name) => Turn::named(name).map(Self::Turns),
        }
    }
}

/// Whose.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum OfWhom {
    /// Of all in the report.
    #[default]
    All,
    /// Of this rep.
    Rep(RepId),
    /// Of all who count in the row of this team, those who left among them; empty for those who are in none.
    Team(TeamId),
    /// Of the active members of this team alone, whom the index is over.
    Members(TeamId),
}

/// What one rep did with a conversation: the last time, how often, and how long where that counts.
type Theirs = (ConversationId, Timestamp, i64, Option<i64>);

/// What was found of a conversation: the last time, how often, and of whom in words.
#[derive(Default)]
struct Sum {
    at: Timestamp,
    n: i64,
    of: Vec<String>,
}

impl Desk {
    /// Of load. Somebody who may not see a rep's row finds nothing of theirs.
    pub fn behind_load(&self, what: Carried, of: &OfWhom, limit: usize) -> Result<Opened, MeasureError> {
        let mut all: BTreeMap<ConversationId, Sum> = BTreeMap::new();
        let read_to = self.projections.read_to()?;
        let (begin, end) = self.whole_span(&read_to.world.zones);
        let known = self.now.max(read_to.at);
        for rep in self.carriers(of)? {
            let name = self.playbook.rep_name(&rep).to_owned();
            for (conversation, at, n, length) in self.of_rep(what, &rep, (begin, end), known)? {
                let sum = all.entry(conversation).or_default();
                (sum.at, sum.n) = (sum.at.max(at), sum.n + n);
                let times = if n > 1 && length.is_none() { format!(" {n} times") } else { String::new() };
                let long = length.map_or_else(String::new, |ms| format!(" for {}", story::length(ms)));
                sum.of.push(format!("{name}{times}{long}"));
            }
        }
        let verb = match what {
            Carried::Turns(turn) => turn.words(),
            Carried::Held | Carried::Most => "held by",
            Carried::Now => "now with",
        };
        let found = all.into_iter().map(|(id, sum)| Found {
            conversation: id.to_string(),
            at: sum.at.millis(),
            said: format!("{verb} {}", sum.of.join(", ")),
            times: sum.n,
            story: Vec::new(),
        });
        Ok(super::newest_of(found.collect(), limit))
    }

    /// Those whose numbers are asked for, as far as they may be seen.
    fn carriers(&self, of: &OfWhom) -> Result<Vec<RepId>, MeasureError> {
        Ok(match of {
            OfWhom::All => self.load()?.rows.iter().map(|row| RepId::new(&row.rep)).collect(),
            OfWhom::Rep(rep) => Some(rep.clone()).filter(|rep| self.sees_rep(rep)).into_iter().collect(),
            OfWhom::Team(team) => {
                let is_of = |rep: &RepId| {
                    let teams = self.teams_of(rep);
                    if team.as_str().is_empty() { teams.is_empty() } else { teams.contains(team) }
                };
                let reps = self.load()?.rows.into_iter().map(|row| RepId::new(row.rep));
                reps.filter(|rep| self.sees_team(team) && is_of(rep)).collect()
            }
            OfWhom::Members(team) => {
                let pool = self.playbook.teams.get(team).filter(|_| self.sees_team(team)).map(|team| &team.members);
                pool.into_iter().flatten().filter(|rep| self.playbook.is_active(rep)).cloned().collect()
            }
        })
    }

    /// Of one rep: which, when, how often, and how long where that counts, between these instants and as far as it is
    /// `known`.
    fn of_rep(
        &self,
        what: Carried,
        rep: &RepId,
        (begin, end): (Timestamp, Timestamp),
        known: Timestamp,
    ) -> Result<Vec<Theirs>, MeasureError> {
        match what {
            Carried::Turns(turn) => {
                let turns = self.projections.turns(self.counted_days(), rep, turn)?;
                Ok(turns.into_iter().map(|turned| (turned.conversation, turned.at, turned.n, None)).collect())
            }
            Carried::Now => {
                let held = self.projections.held_now(rep)?;
                Ok(held.into_iter().map(|(since, conversation)| (conversation, since, 1, None)).collect())
            }
            Carried::Most => {
                let held = self.projections.stretches(rep, (begin, end))?;
                let most = most_at_once(&held, (begin, end));
                let of = held.into_iter().filter(|(seq, _)| most.contains(seq));
                Ok(of.map(|(_, stretch)| (stretch.conversation, stretch.since, 1, None)).collect())
            }
            Carried::Held => {
                let end = end.min(known);
                let mut sums: BTreeMap<ConversationId, (Timestamp, i64, i64)> = BTreeMap::new();
                for (_, stretch) in self.projections.stretches(rep, (begin, end))? {
                    let until = stretch.until.map_or(end, |(at, _)| at.min(end));
                    let length = until.since(stretch.since.max(begin)).as_millis();
                    if length > 0 {
                        let sum = sums.entry(stretch.conversation).or_insert((stretch.since, 0, 0));
                        *sum = (sum.0.max(stretch.since), sum.1 + 1, sum.2 + length);
                    }
                }
                let all = sums.into_iter();
                Ok(all.map(|(id, (since, n, length))| (id, since, n, Some(length))).collect())
            }
        }
    }
}
