//! Who may see a conversation, and who must hear of a change to it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::conversation::Conversation;
use super::id::{RepId, TeamId};
use super::playbook::Playbook;
use super::routing::Holder;

/// Somebody a conversation is visible to. Audience is keyed by these, not by reps, so that a pool is one row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Principal {
    /// One rep.
    Rep(RepId),
    /// Members of a team's pool.
    Pool(TeamId),
    /// The lead of a team.
    Lead(TeamId),
    /// Admins: everything.
    All,
}

impl Principal {
    /// As a key for storage.
    pub fn key(&self) -> String {
        match self {
            Self::Rep(rep) => format!("rep:{rep}"),
            Self::Pool(team) => format!("pool:{team}"),
            Self::Lead(team) => format!("lead:{team}"),
            Self::All => "all".to_owned(),
        }
    }
}

/// Everybody a conversation is visible to: its owner, its holder and whoever they hold it for, whoever has an answer in it that has not settled, the
/// pool once it was asked or while a second person is wanted, the team's lead, admins, and while it is done whoever finished it.
pub fn audience(c: &Conversation) -> BTreeSet<Principal> {
    let mut seen_by: BTreeSet<Principal> = [Principal::All, Principal::Lead(c.team.clone())].into();
    seen_by.extend(c.owner.iter().chain(c.finished.as_ref().map(|f| &f.by)).cloned().map(Principal::Rep));
    seen_by.extend(c.loan.iter().map(|loan| Principal::Rep(loan.of.clone())));
    match c.assignment.as_ref().map(|a| &a.to) {
        Some(Holder::Rep(rep)) => {
            seen_by.insert(Principal::Rep(rep.clone()));
        }
        Some(Holder::Pool(team)) => {
            seen_by.insert(Principal::Pool(team.clone()));
        }
        None => {}
    }
    let asks_second = c.answers.values().any(super::regulated::waits_for_approval);
    if (c.pooled || asks_second) && !c.is_done() {
        seen_by.insert(Principal::Pool(c.team.clone()));
    }
    let unsettled = c.answers.values().filter(|a| !a.state.is_settled() && !a.automatic);
    seen_by.extend(unsettled.map(|a| Principal::Rep(a.by.clone())));
    seen_by
}

/// Everything a rep sees with.
pub fn principals(playbook: &Playbook, rep: &RepId) -> BTreeSet<Principal> {
    let mut own: BTreeSet<Principal> = [Principal::Rep(rep.clone())].into();
    own.extend(playbook.pools_of(rep).into_iter().map(Principal::Pool));
    own.extend(playbook.led_by(rep).into_iter().map(Principal::Lead));
    if playbook.is_admin(rep) {
        own.insert(Principal::All);
    }
    own
}

/// Whether somebody with these principals may see a conversation.
pub fn may_see(own: &BTreeSet<Principal>, c: &Conversation) -> bool {
    !audience(c).is_disjoint(own)
}
