//! Commands on their way to the backend, and the receipts they get.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::command::Command;
use crate::domain::event::Review;
use crate::domain::id::{CommandId, ConversationId};
use crate::domain::rejection::Rejection;
use crate::domain::time::Timestamp;

/// One command of one device. The device is the one whose bearer token carries it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Envelope {
    /// Made by the device (a `UUIDv7`); the same id is never run twice.
    #[schema(value_type = String)]
    pub id: CommandId,
    /// Counts the device's commands from 1, without gaps; they are run in this order.
    pub n: u64,
    /// The largest `n` whose outcome the device knew when this was issued. A command issued without knowing that an
    /// earlier one of its conversation was parked is parked with it.
    pub after: u64,
    /// How many of the buyer's texts the person had seen in the conversation.
    pub seen: u64,
    /// When the key was pressed, by the device's estimate of the backend's clock. Recorded, never used to decide.
    #[schema(value_type = i64)]
    pub issued_at: Timestamp,
    /// What it is about; absent for commands about the person.
    #[schema(value_type = Option<String>)]
    pub conversation: Option<ConversationId>,
    /// What is wanted.
    #[schema(value_type = Object)]
    pub command: Command,
}

/// `POST /v1/commands`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Push {
    /// In order of `n`.
    pub envelopes: Vec<Envelope>,
}

/// The answer to a push: one receipt for each envelope, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Receipts {
    /// One for each envelope.
    pub receipts: Vec<Receipt>,
}

/// The recorded outcome of a command. Asking again gives the same one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Receipt {
    /// The command.
    #[schema(value_type = String)]
    pub id: CommandId,
    /// Its place in the device's order.
    pub n: u64,
    /// What became of it.
    pub verdict: Verdict,
}

/// What became of a command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verdict {
    /// It is a fact, visible to any pull whose `acked` has reached it.
    Done,
    /// Nothing was lost and nothing went out: the rep must look again. An answer is parked in its conversation; any
    /// other command stays with the device.
    Parked {
        /// Why.
        #[schema(value_type = Vec<Object>)]
        reasons: Vec<Review>,
    },
    /// It had no effect.
    Refused {
        /// Why not.
        #[schema(value_type = Object)]
        rejection: Rejection,
    },
}
