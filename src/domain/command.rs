//! What someone wants. The envelope brings ids and time; the read set brings everything a decision may look at.

#![allow(missing_docs, reason = "each variant says what its fields, named by the vocabulary, are")]

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::answering::Answering;
use super::asking::heard::Heard;
use super::block::Why;
use super::consent::ledger::Word;
use super::consent::{Number, OptOutSource};
use super::contact::{Address, Body};
use super::context::Card;
use super::conversation::Conversation;
use super::event::{Outcome, Review};
use super::hold::Ruling;
use super::id::{ContactId, ConversationId, LineId, MessageId, NumberId, OverrideId, RepId, ScheduleId};
use super::kind::MessageKind;
use super::meeting::{Meeting, Remark};
use super::message::Delivery;
use super::oncall::Override;
use super::playbook::{Playbook, Role};
use super::roster::Roster;
use super::routing::Door;
use super::time::{Span, Timestamp};

/// What someone wants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Command {
    /// A buyer's text came in.
    Receive(Receive),
    /// The carrier says how an answer stands.
    Report { message: MessageId, delivery: Delivery, error: Option<u32> },
    /// The CRM knows people behind the number; look again who owns it.
    Match,
    /// Deadlines may have passed.
    Expire,
    /// The policy in force was applied to running clocks.
    Recompute,
    /// Somebody left, and somebody else stands in their place.
    Succeed { from: RepId, to: RepId },
    /// An answer is about to go to the carrier.
    BeginSend { message: MessageId },
    /// The call to the carrier did not start in time.
    AbandonSend { message: MessageId },
    /// The call ended without an answer.
    LoseSend { message: MessageId },
    /// The carrier's list does not have it: it never left.
    NeverLeft { message: MessageId },
    /// The database is a backup brought back: an answer that had not settled then may have left since.
    Doubt,
    /// A part of this text was fetched, or is not kept: devices are to see it.
    MediaSettled { message: MessageId },
    /// A list or another program says something about a number's consent.
    Consent(Box<Word>),
    /// Texts are welcome again, as a record outside the database says.
    OptIn { source: OptOutSource },
    /// Somebody came or went: does it concern this conversation?
    Settle {
        /// Whether somebody came who may be asked now.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        back: bool,
    },
    /// No device of theirs was seen for a while, or one is again.
    Seen { rep: RepId, seen: bool },
    /// Absences that end by themselves may have ended.
    Return,

    /// It is mine.
    Take,
    /// It is theirs who acted outside of the inbox.
    TakeElsewhere { door: Door },
    /// It is theirs.
    Assign { to: RepId },
    /// Help: the next step of the ladder. The reason becomes a note.
    Escalate { note: MessageId, reason: Body },
    /// Text the buyer. `accept` names reasons the rep has looked at.
    Answer { message: MessageId, body: Body, accept: Vec<Review> },
    /// Text the buyer, but not before that instant.
    AnswerLater { message: MessageId, body: Body, at: Timestamp, accept: Vec<Review> },
    /// Send a parked answer after all.
    Release { message: MessageId, accept: Vec<Review> },
    /// Take back an answer that has not left.
    Recall { message: MessageId },
    /// A colleague's answer that waits for a second person may go.
    Approve { message: MessageId },
    /// It may not: it is its author's again.
    Decline { message: MessageId },
    /// A note for colleagues. Whom it is for is told of it, when it is for one of them.
    Note {
        message: MessageId,
        body: Body,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<RepId>,
    },
    /// It is of another kind than the screen guessed. `version` is that of the table that guessed.
    CorrectKind { message: MessageId, guess: MessageKind, kind: MessageKind, version: u32 },
    /// Which of the people who share the number writes; nobody: that is not known after all.
    NameWriter {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        contact: Option<ContactId>,
    },
    /// Out of sight until then.
    Snooze { until: Timestamp },
    /// Nothing more to do.
    Done { outcome: Outcome },
    /// A meeting is booked: nothing more to do. The CRM is told when it is and what the rep wrote on it.
    Booked {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        meeting: Option<Meeting>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<Remark>,
    },
    /// Something to do again.
    Reopen,
    /// The buyer told a rep to stop.
    OptOut { source: OptOutSource },
    /// Begin with somebody, from this line. The id a new conversation gets is the backend's own, whatever stands here.
    Begin { to: Address, line: LineId, conversation: ConversationId },
    /// Rubbish: nobody hears of this number any more.
    Block { reason: Why },
    /// It was none.
    Unblock,
    /// What a text meant that put the number on hold.
    Rule { ruling: Ruling },
    /// I am away, or back; or, said by their lead, somebody else is.
    Away {
        away: bool,
        /// When that ends by itself. Left out while they are away already, what was said before stays.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Timestamp>,
        /// What whoever covers should know. Left out while they are away already, what was said before stays.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<CoverNote>,
        /// Who; the person who asks when left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rep: Option<RepId>,
    },
    /// Somebody has this shift, whatever the layers say.
    Override { schedule: ScheduleId, shift: Override },
    /// Two shifts change hands: each person takes the other's. The instants say which shifts.
    Swap { schedule: ScheduleId, ids: [OverrideId; 2], one: Timestamp, other: Timestamp },
    /// An override is taken back.
    DropOverride { schedule: ScheduleId, id: OverrideId },
}

/// Words for whoever covers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CoverNote {
    /// The id they are known by in the journal.
    pub message: MessageId,
    /// The words.
    pub body: Body,
}

/// A buyer's text, as the carrier's adapter read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receive {
    /// The new text's id.
    pub message: MessageId,
    /// The id a new conversation would get.
    pub conversation: ConversationId,
    /// Who texted.
    pub number: NumberId,
    /// Which of our numbers.
    pub line: LineId,
    /// The words.
    pub body: Body,
    /// How many pictures or other media.
    pub media: usize,
    /// The carrier's own reading: START, STOP or HELP.
    pub opt_out_type: Option<String>,
    /// The area code of the buyer's number, for territories.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub area_code: Option<String>,
    /// When the carrier had it, where its webhook or its list says so: texts come late, and in another order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent: Option<Timestamp>,
    /// The id that an automatic text to the buyer would get; none when no text may go to such an address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acknowledgement: Option<MessageId>,
    /// Until when the offer of a first reply waits for the CRM to say who this is; nothing when that is known, or nobody can
    /// be asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait_until: Option<Timestamp>,
    /// Whether the carrier acts on such a word by itself, and answers it where it was not told otherwise.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_carrier: bool,
}

impl Command {
    /// Whether a person may ask for it; the rest belongs to carriers, clocks and effects.
    pub const fn is_for_people(&self) -> bool {
        match self {
            Self::Receive(_)
            | Self::Report { .. }
            | Self::Match
            | Self::Expire
            | Self::Recompute
            | Self::Succeed { .. }
            | Self::BeginSend { .. }
            | Self::AbandonSend { .. }
            | Self::LoseSend { .. }
            | Self::NeverLeft { .. }
            | Self::Doubt
            | Self::MediaSettled { .. }
            | Self::OptIn { .. }
            | Self::Settle { .. }
            | Self::Consent(_)
            | Self::Seen { .. }
            | Self::Return => false,
            Self::Take
            | Self::TakeElsewhere { .. }
            | Self::Assign { .. }
            | Self::Escalate { .. }
            | Self::Answer { .. }
            | Self::AnswerLater { .. }
            | Self::Release { .. }
            | Self::Recall { .. }
            | Self::Approve { .. }
            | Self::Decline { .. }
            | Self::Note { .. }
            | Self::CorrectKind { .. }
            | Self::NameWriter { .. }
            | Self::Snooze { .. }
            | Self::Done { .. }
            | Self::Booked { .. }
            | Self::Reopen
            | Self::OptOut { .. }
            | Self::Begin { .. }
            | Self::Block { .. }
            | Self::Unblock
            | Self::Rule { .. }
            | Self::Away { .. }
            | Self::Override { .. }
            | Self::Swap { .. }
            | Self::DropOverride { .. } => true,
        }
    }

    /// I am away, or back, and nothing else is said about it.
    pub const fn away(away: bool) -> Self {
        Self::Away { away, until: None, note: None, rep: None }
    }

    /// Whether it is about people and their shifts, and not about a conversation.
    pub const fn is_about_people(&self) -> bool {
        matches!(
            self,
            Self::Away { .. }
                | Self::Override { .. }
                | Self::Swap { .. }
                | Self::DropOverride { .. }
                | Self::Seen { .. }
                | Self::Return
        )
    }

    /// The number it is about, when that is not its conversation's.
    pub const fn number(&self) -> Option<NumberId> {
        if let Self::Receive(text) = self {
            return Some(text.number);
        }
        if let Self::Consent(word) = self { Some(word.number) } else { None }
    }

    /// The answer it asks for.
    pub const fn answer(&self) -> Option<MessageId> {
        if let Self::Answer { message, .. } | Self::AnswerLater { message, .. } = self { Some(*message) } else { None }
    }

    /// The text it lets go, whose words the decision reads again.
    pub const fn lets_go(&self) -> Option<MessageId> {
        if let Self::BeginSend { message } | Self::Release { message, .. } | Self::Approve { message } = self {
            Some(*message)
        } else {
            None
        }
    }

    /// The words it brings, with the id they are kept under.
    pub const fn content(&self) -> Option<(MessageId, &Body)> {
        match self {
            Self::Receive(r) => Some((r.message, &r.body)),
            Self::Answer { message, body, .. }
            | Self::AnswerLater { message, body, .. }
            | Self::Note { message, body, .. } => Some((*message, body)),
            Self::Escalate { note, reason } | Self::Rule { ruling: Ruling::Keep { note, reason, .. } } => {
                Some((*note, reason))
            }
            Self::Away { note: Some(note), .. } => Some((note.message, &note.body)),
            Self::Booked { note: Some(note), .. } => Some((note.message, &note.body)),
            Self::Consent(word) => match &word.words {
                Some((id, words)) => Some((*id, words)),
                None => None,
            },
            Self::Report { .. }
            | Self::Match
            | Self::Expire
            | Self::Recompute
            | Self::Succeed { .. }
            | Self::BeginSend { .. }
            | Self::AbandonSend { .. }
            | Self::LoseSend { .. }
            | Self::NeverLeft { .. }
            | Self::Doubt
            | Self::MediaSettled { .. }
            | Self::OptIn { .. }
            | Self::Settle { .. }
            | Self::Seen { .. }
            | Self::Return
            | Self::Override { .. }
            | Self::Swap { .. }
            | Self::DropOverride { .. }
            | Self::Take
            | Self::TakeElsewhere { .. }
            | Self::Assign { .. }
            | Self::Release { .. }
            | Self::Recall { .. }
            | Self::Approve { .. }
            | Self::Decline { .. }
            | Self::CorrectKind { .. }
            | Self::NameWriter { .. }
            | Self::Snooze { .. }
            | Self::Done { .. }
            | Self::Booked { .. }
            | Self::Reopen
            | Self::OptOut { .. }
            | Self::Begin { .. }
            | Self::Block { .. }
            | Self::Unblock
            | Self::Rule { ruling: Ruling::OptOut }
            | Self::Away { note: None, .. } => None,
        }
    }
}

/// Who wants it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// A person.
    Rep { rep: RepId, role: Role },
    /// A carrier's webhook, or the reconciler that found what the webhook lost.
    Carrier,
    /// A deadline.
    Clock,
    /// The runner of effects.
    Effects,
    /// The link to the CRM.
    Crm,
    /// Whoever runs the backend, at its command line.
    Operator,
    /// Another program, by the name of its API key.
    Program(String),
}

impl Actor {
    /// The person, when it is one.
    pub const fn rep(&self) -> Option<&RepId> {
        match self {
            Self::Rep { rep, .. } => Some(rep),
            Self::Carrier | Self::Clock | Self::Effects | Self::Crm | Self::Operator | Self::Program(_) => None,
        }
    }
}

/// Where and when a command is decided.
#[derive(Clone, Debug)]
pub struct Context {
    /// Now, by the clock that decides.
    pub now: Timestamp,
    /// Who asks.
    pub actor: Actor,
    /// How many of the buyer's texts the person had seen in this conversation when they pressed the key.
    pub seen: u64,
    /// An earlier command of the same device about the conversation was parked, and the person did not know yet.
    pub behind: bool,
    /// The playbook's undo hold on the deciding clock (a demo's SLA clock runs faster than the hold).
    pub hold: Span,
}

/// Everything a decision may look at. Each part is what the commands before it in the same group left.
#[derive(Clone, Debug)]
pub struct ReadSet<'a> {
    /// The conversation the command is about; for a received text the one it belongs to, if there is one.
    pub conversation: Option<&'a Conversation>,
    /// The number's other conversations: an opt-out takes back their answers too, and what one was told no other is told again.
    pub siblings: Vec<&'a Conversation>,
    /// The buyer's number: its consent.
    pub number: Option<&'a Number>,
    /// The number in full: its area code tells where the buyer may be.
    pub address: Option<&'a Address>,
    /// What the CRM knew of the number when last asked.
    pub cards: &'a [Card],
    /// Whether it was asked, and answered.
    pub heard: Heard,
    /// The newest campaign's text before the reply, from the line to the number.
    pub answering: Option<&'a Answering>,
    /// The words of the text that the command lets go ([`Command::lets_go`]).
    pub words: Option<&'a Body>,
    /// The policy in force.
    pub playbook: &'a Playbook,
    /// Who is away, who has which shift, whose turn it is.
    pub roster: &'a Roster,
    /// Open conversations by rep.
    pub loads: &'a BTreeMap<RepId, u32>,
}

impl ReadSet<'_> {
    /// Whether a rep can be asked: in the playbook and not away.
    pub fn is_here(&self, rep: &RepId) -> bool {
        self.roster.is_here(self.playbook, rep)
    }

    /// Whether it is within a rep's own hours; somebody without any works whenever the office does.
    pub fn in_hours(&self, rep: &RepId, at: Timestamp) -> bool {
        let own = self.playbook.reps.get(rep).and_then(|r| r.hours.as_ref());
        own.and_then(|name| self.playbook.calendars.get(name)).is_none_or(|calendar| calendar.is_open(at))
    }
}
