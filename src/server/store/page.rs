//! One page of the feed, as a store reads it.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::answering::Answering;
use crate::domain::consent::Number;
use crate::domain::contact::Address;
use crate::domain::context::Card;
use crate::domain::conversation::Conversation;
use crate::domain::id::{ConversationId, DeviceId, RepId};
use crate::domain::roster::Roster;
use crate::domain::visibility::Principal;
use crate::journal::Head;
use crate::wire::changes::Message;
use crate::wire::command::Receipt;

/// One page of the feed.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// The journal's head, from the same read.
    pub head: Head,
    /// The epoch: a restored backup has another one.
    pub epoch: u32,
    /// Subjects that changed, in order, with the visible ones as they are now.
    pub subjects: Vec<Subject>,
    /// Where this page ends.
    pub through: u64,
    /// More subjects changed.
    pub more: bool,
    /// The largest `n` of the device that this page reflects.
    pub acked: u64,
    /// Its receipts past the one asked about, up to `acked`.
    pub receipts: Vec<Receipt>,
    /// Who is away.
    pub roster: Roster,
    /// Open conversations by holder.
    pub loads: BTreeMap<RepId, u32>,
    /// The playbook's version.
    pub playbook_version: u32,
}

/// A changed conversation.
#[derive(Clone, Debug)]
pub struct Subject {
    /// As it is now.
    pub state: Conversation,
    /// Its last change.
    pub seq: u64,
    /// Who texts.
    pub address: Address,
    /// The number's consent.
    pub number: Number,
    /// What the CRM said.
    pub cards: Vec<Card>,
    /// Whether it said anything yet.
    pub read: bool,
    /// The campaign's text that its newest reply may answer.
    pub answering: Option<Answering>,
    /// The newest messages, oldest first.
    pub messages: Vec<Message>,
    /// Messages in all.
    pub total: u64,
}

/// Which page of the feed.
#[derive(Clone, Debug)]
pub struct PageQuery {
    /// Everything the person sees with.
    pub principals: BTreeSet<Principal>,
    /// Changes after this.
    pub since: u64,
    /// The device that asks.
    pub device: DeviceId,
    /// Receipts after this.
    pub known: u64,
    /// Subjects at most.
    pub limit: usize,
    /// Messages of each at most.
    pub messages: usize,
}

/// One page of what changed, and whether there is more. A page ends between two entries of the journal, never within
/// one: it is shorter than `limit`, or longer when one entry alone changed more conversations. `first(n)` gives the
/// first `n` changes in order of `seq`.
pub(crate) fn one_page<E>(
    limit: usize,
    mut first: impl FnMut(usize) -> Result<Vec<(ConversationId, u64)>, E>,
) -> Result<(Vec<(ConversationId, u64)>, bool), E> {
    let mut changed = first(limit.saturating_add(1))?;
    let Some(beyond) = changed.get(limit).map(|(_, seq)| *seq) else { return Ok((changed, false)) };
    if changed.first().is_some_and(|(_, seq)| *seq < beyond) {
        changed.retain(|(_, seq)| *seq < beyond);
        return Ok((changed, true));
    }
    let all = first(usize::MAX)?;
    let (page, rest) = all.into_iter().partition::<Vec<_>, _>(|(_, seq)| *seq <= beyond);
    Ok((page, !rest.is_empty()))
}
