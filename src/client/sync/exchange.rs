//! What goes into the machine and what comes out.

use std::time::Duration;

use super::super::handle::{OutboxId, Toast};
use crate::domain::command::Command;
use crate::domain::id::ConversationId;
use crate::wire::changes::{Changes, Message};
use crate::wire::command::{Push, Receipts};
use crate::wire::session::Session;

/// What the person does.
#[derive(Clone, Debug, PartialEq)]
pub enum Wish {
    /// The person wants something.
    Do {
        /// About which conversation.
        conversation: Option<ConversationId>,
        /// Texts of the buyer on screen at the key press.
        seen: u64,
        /// What.
        command: Command,
    },
    /// The person wrote without sending.
    SaveDraft {
        /// Where.
        conversation: ConversationId,
        /// The words; empty forgets them.
        text: String,
    },
    /// The person takes something out of the outbox.
    Drop {
        /// What.
        entry: OutboxId,
        /// Whether its words become a draft.
        keep_as_draft: bool,
    },
    /// The person looked and says: send.
    Send(OutboxId),
    /// The person has read this far.
    See(ConversationId, u64),
    /// An alert was raised.
    Alerted(String),
    /// The person scrolls past the first text at hand. One conversation at a time: a newer wish replaces it.
    Older(ConversationId),
    /// The person has seen what happened while they were away.
    ReadWhileAway,
}

/// What came in.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// The person wants something, or has seen something.
    Wish(Wish),
    /// Ask now.
    SyncNow,
    /// Somebody signed in on this profile anew: what was shut may be asked again.
    SignedIn,
    /// Who the token belongs to.
    Session {
        /// Which question.
        ticket: u64,
        /// The answer.
        result: Result<Session, Failure>,
    },
    /// A push was answered.
    Pushed {
        /// Which.
        ticket: u64,
        /// The answer.
        result: Result<Receipts, Failure>,
    },
    /// A poll was answered.
    Pulled {
        /// Which.
        ticket: u64,
        /// The answer.
        result: Result<Box<Changes>, Failure>,
    },
    /// A question for older texts was answered.
    Older {
        /// Which.
        ticket: u64,
        /// Oldest first.
        result: Result<Vec<Message>, Failure>,
    },
    /// Time passed.
    Tick,
}

/// Why a question was not answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Nobody answered; in a few words why.
    Unreachable(String),
    /// The backend answered with a problem.
    Problem {
        /// HTTP status.
        status: u16,
        /// Its sentence.
        title: String,
        /// How long it asks to be left alone.
        after: Option<Duration>,
    },
    /// What answered does not speak our language.
    Garbage(String),
}

impl Failure {
    /// In a few words, for the status line.
    pub fn words(&self) -> String {
        match self {
            Self::Unreachable(why) => why.clone(),
            Self::Problem { status, title, .. } if title.is_empty() => format!("the backend answered {status}"),
            Self::Problem { status, title, .. } => format!("the backend answered {status}: {title}"),
            Self::Garbage(why) => format!("the answer is not comeback's: {why}"),
        }
    }

    pub(super) const fn status(&self) -> Option<u16> {
        match self {
            Self::Problem { status, .. } => Some(*status),
            Self::Unreachable(_) | Self::Garbage(_) => None,
        }
    }
}

/// What to ask of the network. Every ticket is answered by the input of its name, or never.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// `GET /v1/session`.
    Hello {
        /// Its ticket.
        ticket: u64,
    },
    /// `POST /v1/commands`.
    Push {
        /// Its ticket.
        ticket: u64,
        /// At most 50 envelopes.
        push: Push,
    },
    /// `GET /v1/changes`.
    Pull {
        /// Its ticket.
        ticket: u64,
        /// Where the device stands.
        cursor: String,
        /// How long the backend may wait for news.
        wait: Duration,
        /// Outcomes known up to this `n`.
        acked: u64,
        /// The version of the policy at hand.
        playbook: Option<u32>,
    },
    /// `GET /v1/conversations/{id}/messages`.
    Older {
        /// Its ticket.
        ticket: u64,
        /// Of which conversation.
        conversation: ConversationId,
        /// Texts before this place.
        before: u64,
    },
    /// The answer to this ticket is not waited for any more.
    Abandon {
        /// Which.
        ticket: u64,
    },
}

/// What a screen or an alert must hear of.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct News {
    /// The view may have changed.
    pub view: bool,
    /// The clock jumped or the estimate moved.
    pub clock: bool,
    /// The machine slept, or its clock was set.
    pub jumped: bool,
    /// Lines for the person.
    pub toasts: Vec<Toast>,
    /// Conversations of pages applied since last asked, when any page was.
    pub pulled: Option<Pulled>,
}

/// What pages brought.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pulled {
    /// Conversations that changed.
    pub touched: Vec<ConversationId>,
    /// Nothing more is waiting.
    pub complete: bool,
}
