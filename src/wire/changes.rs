//! The feed: what changed for this person since a cursor.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::command::Receipt;
use super::unwritten::Unwritten;
use super::writing::Writing;
use crate::domain::answering::Answering;
use crate::domain::consent::Number;
use crate::domain::contact::{Address, Body};
use crate::domain::context::Card;
use crate::domain::conversation::Conversation;
use crate::domain::id::{ConversationId, MessageId, RepId, ScheduleId};
use crate::domain::message::InboundKind;
use crate::domain::oncall::Override;
use crate::domain::playbook::Playbook;
use crate::domain::roster::Returned;
use crate::domain::time::Timestamp;

/// One page of the feed. Apply it whole or not at all, and only when `since` is the cursor the device stands at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Changes {
    /// The cursor that was asked about; empty for the first sync.
    pub since: String,
    /// Where the device stands after applying this page. Opaque.
    pub cursor: String,
    /// More is waiting: ask again at once.
    pub more: bool,
    /// The backend's clock when it answered.
    #[schema(value_type = i64)]
    pub server_time: Timestamp,
    /// How fast the backend's clock runs; 1 except in a demo.
    pub pace: f64,
    /// The largest `n` of this device that this page reflects: everything up to it is confirmed.
    pub acked: u64,
    /// Outcomes of this device's commands that the request did not say it knew, in order.
    pub receipts: Vec<Receipt>,
    /// Conversations as they are now.
    pub upserts: Vec<Snapshot>,
    /// Conversations this person may not see any more.
    #[schema(value_type = Vec<String>)]
    pub removals: Vec<ConversationId>,
    /// The policy, when its version is not the one the request named.
    #[schema(value_type = Option<Object>)]
    pub playbook: Option<Playbook>,
    /// Who is here, away, and how loaded. Going away and coming back wake a poll; the rest does not.
    pub roster: Vec<Presence>,
    /// Who has a shift whatever the layers of a schedule say. A change of it wakes a poll.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = Object)]
    pub on_call: BTreeMap<ScheduleId, Vec<Override>>,
    /// Who types, for a request that named the `writing` it knows. Kept nowhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub writing: Option<Writing>,
    /// What the CRM has not taken of conversations that this person may see; all of it, each time. Never wakes a poll by
    /// itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unwritten: Vec<Unwritten>,
    /// The journal's head, for devices to witness.
    pub head: HeadView,
}

/// A conversation as it is now, with what a rep needs to answer it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Snapshot {
    /// Its state.
    #[schema(value_type = Object)]
    pub state: Conversation,
    /// The journal's sequence number of its last change.
    pub seq: u64,
    /// Who texts.
    #[schema(value_type = String)]
    pub address: Address,
    /// The number's consent.
    #[schema(value_type = Object)]
    pub number: Number,
    /// People of the CRM behind the number.
    #[schema(value_type = Vec<Object>)]
    pub cards: Vec<Card>,
    /// The campaign's text that the newest reply answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub answering: Option<Answering>,
    /// The newest messages, oldest first.
    pub messages: Vec<Message>,
    /// Whether older ones exist (`GET /v1/conversations/{id}/messages?before=N`).
    pub earlier: bool,
    /// When older ones exist: from this place on none is missing. Before it stand only answers that are not settled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub whole_from: Option<u64>,
}

/// One text or note.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Message {
    /// Its id.
    #[schema(value_type = String)]
    pub id: MessageId,
    /// Its place in the conversation, from 1.
    pub n: u64,
    /// When it came or was written.
    #[schema(value_type = i64)]
    pub at: Timestamp,
    /// Who wrote it.
    #[schema(value_type = Object)]
    pub author: Author,
    /// The words, raw. Absent once erased.
    #[schema(value_type = Option<String>)]
    pub body: Option<Body>,
    /// Pictures and other media: their content types, as [`super::media::Part`] reads them.
    pub media: Vec<String>,
    /// Where an answer stands; the state's own word once it has left the state.
    #[schema(value_type = Option<Object>)]
    pub standing: Option<crate::domain::conversation::AnswerState>,
}

/// Who wrote a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Author {
    /// The buyer, and what the text turned out to be.
    Buyer(InboundKind),
    /// A rep, to the buyer.
    Rep(RepId),
    /// A rep, to colleagues.
    Note(RepId),
    /// The playbook, to the buyer.
    Automatic,
}

/// One colleague.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Presence {
    /// Who.
    #[schema(value_type = String)]
    pub rep: RepId,
    /// A device of theirs asked within the last minute.
    pub here: bool,
    /// They said they are away.
    pub away: bool,
    /// Since when, while they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    pub since: Option<Timestamp>,
    /// When that ends by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    pub until: Option<Timestamp>,
    /// What whoever covers should know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub note: Option<Body>,
    /// Their last absence, when it is over: a device that was off meanwhile shows what happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub returned: Option<Returned>,
    /// Open conversations they hold.
    pub load: u32,
}

/// The journal's head.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HeadView {
    /// Entries so far.
    pub seq: u64,
    /// The newest entry's hash, in hex.
    pub hash: String,
}
