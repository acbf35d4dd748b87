//! What a replay finds.

use std::collections::BTreeMap;

use serde::Serialize;

use super::cause::Cause;
use crate::domain::beside::Came;
use crate::domain::conversation::Conversation;
use crate::domain::expectation;
use crate::domain::id::ConversationId;
use crate::domain::playbook::Playbook;
use crate::domain::roster::Roster;
use crate::domain::routing::Holder;
use crate::domain::time::Timestamp;

/// Replies with nobody that are told one by one.
const TOLD: usize = 20;

/// One reply, as it was decided and as it would be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reply {
    /// When it came.
    pub at: Timestamp,
    /// In which conversation.
    pub conversation: ConversationId,
    /// What it was taken to be about, as recorded and under the other rules.
    pub use_cases: [String; 2],
    /// As it was decided.
    pub is: Came,
    /// As it would be.
    pub would: Came,
    /// Whether it would reach nobody who was here.
    pub nobody: bool,
    /// Why the two differ, when they do.
    pub cause: Option<Cause>,
}

/// Replies that differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Differences {
    /// Those that go to somebody else.
    pub moved: u64,
    /// Those that are due at another time, or have a clock more or less.
    pub due: u64,
    /// Those that differ at all.
    pub replies: u64,
}

/// What a replay found. Of two of anything the first is as recorded, the second under the other rules.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Replies that want an answer.
    pub replies: u64,
    /// Of those, how many go to somebody else.
    pub moved: u64,
    /// From whom to whom, as the file writes holders (`maya`, `pool:east`, `nobody`), with how many.
    pub moves: BTreeMap<String, BTreeMap<String, u64>>,
    /// Replies that differ, by why they do.
    pub causes: BTreeMap<Cause, Differences>,
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
    pub(super) fn count(&mut self, reply: &Reply) {
        let Reply { at, conversation, is, would, nobody, cause, .. } = reply;
        self.replies += 1;
        if let Some(cause) = cause {
            let differ = self.causes.entry(*cause).or_default();
            differ.replies += 1;
            differ.moved += u64::from(is.gets != would.gets);
            differ.due += u64::from(is.due != would.due);
        }
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
        if *nobody {
            self.nobody += 1;
            if self.nobody_first.len() < TOLD {
                self.nobody_first.push((*at, *conversation));
            }
        }
    }
}

/// Whether a conversation stands alike in both worlds.
pub(super) fn is_alike(then: &Conversation, now: &Conversation) -> bool {
    let (then, now) = (Came::of(then), Came::of(now));
    then.gets == now.gets && then.due == now.due && then.owner == now.owner
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
