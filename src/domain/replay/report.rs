//! What a replay finds.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::domain::beside::Came;
use crate::domain::expectation;
use crate::domain::id::ConversationId;
use crate::domain::playbook::Playbook;
use crate::domain::roster::Roster;
use crate::domain::routing::Holder;
use crate::domain::time::Timestamp;

/// Replies with nobody that are told one by one.
const TOLD: usize = 20;

/// What a replay found. Of two of anything the first is as recorded, the second under the other rules.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Replies that want an answer.
    pub replies: u64,
    /// Of those, how many go to somebody else.
    pub moved: u64,
    /// From whom to whom, as the file writes holders (`maya`, `pool:east`, `nobody`), with how many.
    pub moves: BTreeMap<String, BTreeMap<String, u64>>,
    /// Due times, by cohort as recorded and cohort under the other rules.
    pub targets: BTreeMap<String, BTreeMap<String, Targets>>,
    /// Replies and open conversations, by holder.
    pub loads: BTreeMap<String, [Load; 2]>,
    /// Replies that reach nobody who is here.
    pub nobody: u64,
    /// The first few of them.
    pub nobody_first: Vec<(Timestamp, ConversationId)>,
}

/// What becomes of due times.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Targets {
    /// As they were.
    pub same: u64,
    /// Earlier.
    pub sooner: u64,
    /// Later.
    pub later: u64,
    /// A clock that begins where there was none.
    pub begun: u64,
    /// No clock where there was one.
    pub dropped: u64,
}

/// What somebody gets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Load {
    /// Replies that were theirs right after they came.
    pub replies: u64,
    /// The most conversations they had open at once.
    pub most: u32,
}

impl Report {
    pub(super) fn count(&mut self, at: Timestamp, id: ConversationId, is: &Came, would: &Came, nobody: bool) {
        self.replies += 1;
        let words = |came: &Came| came.gets.as_ref().map_or_else(|| "nobody".to_owned(), expectation::words);
        if is.gets != would.gets {
            self.moved += 1;
            *self.moves.entry(words(is)).or_default().entry(words(would)).or_default() += 1;
        }
        let targets = self.targets.entry(is.cohort.clone()).or_default().entry(would.cohort.clone()).or_default();
        match (is.due, would.due) {
            (Some(is), Some(would)) if would < is => targets.sooner += 1,
            (Some(is), Some(would)) if would > is => targets.later += 1,
            (None, Some(_)) => targets.begun += 1,
            (Some(_), None) => targets.dropped += 1,
            (Some(_), Some(_)) | (None, None) => targets.same += 1,
        }
        if nobody {
            self.nobody += 1;
            if self.nobody_first.len() < TOLD {
                self.nobody_first.push((at, id));
            }
        }
    }
}

/// Whether a holder has anybody who is here.
pub(super) fn reaches(playbook: &Playbook, roster: &Roster, holder: Option<&Holder>) -> bool {
    let here = |rep| roster.is_here(playbook, rep);
    match holder {
        Some(Holder::Rep(rep)) => here(rep),
        Some(Holder::Pool(team)) => playbook.teams.get(team).is_some_and(|team| team.members.iter().any(here)),
        None => false,
    }
}
