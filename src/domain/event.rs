//! What happened. Events carry decided numbers (due times, holders), so that `apply` needs no policy and a new playbook
//! never rewrites the past. They hold no phone and no text: the journal keeps them for ever.

#![allow(missing_docs, reason = "each variant says what its fields, named by the vocabulary, are")]

use serde::{Deserialize, Serialize};

use super::beside::Beside;
use super::block::Why;
use super::consent::told::Automatic;
use super::consent::{OptOutSource, Scope};
use super::id::{ContactId, ConversationId, LineId, MessageId, NumberId, OverrideId, RepId, ScheduleId, TeamId};
use super::kind::MessageKind;
use super::meeting::Meeting;
use super::message::{Delivery, InboundKind};
use super::oncall::Override;
use super::ownership::OwnerSource;
use super::quiet_hours::{Judged, Waits};
use super::routing::{Because, Holder, Weighed};
use super::sla::Clock;
use super::time::Timestamp;
use super::use_case::Evidence;

pub use super::climb::Climb;
pub use super::review::{Refusal, Review};

/// What an event is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// One conversation.
    Conversation(ConversationId),
    /// One number: its consent.
    Number(NumberId),
    /// Who is here and who is away.
    Roster,
    /// The policy itself.
    Playbook,
    /// The record itself.
    Journal,
}

/// One fact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A conversation began.
    Opened {
        number: NumberId,
        line: LineId,
        team: TeamId,
        use_case: String,
        cohort: String,
        /// What told the use case.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        evidence: Option<Evidence>,
    },
    /// People of the CRM stand behind the number (0 to n), and with them use case and cohort may change.
    Matched {
        contacts: Vec<ContactId>,
        use_case: String,
        cohort: String,
        /// What told the use case.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        evidence: Option<Evidence>,
        /// Whose it is now, when it went to a queue or came back from one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        team: Option<TeamId>,
    },
    /// Somebody is accountable, or nobody any more.
    Owned {
        owner: Option<RepId>,
        source: Option<OwnerSource>,
        /// Whose place they took, who left.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<RepId>,
    },
    /// The buyer wrote.
    Received { message: MessageId, kind: InboundKind },
    /// The CRM is asked who this is: it is offered once that is known, or at that instant.
    CardAwaited { until: Timestamp },
    /// That wait is over, and it is routed; late when nothing was said in time.
    CardSettled { late: bool },
    /// It waits for the holder to act, until it expires.
    Offered {
        to: Holder,
        step: Option<u8>,
        expires: Option<Timestamp>,
        because: Because,
        /// The owner who is away meanwhile: it is lent, and goes back to them.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        covers: Option<RepId>,
        /// What the decision looked at besides, for the record alone.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        weighed: Option<Box<Weighed>>,
    },
    /// The holder acted.
    Taken {
        by: RepId,
        because: Because,
        /// When it passes on although taken, on a ladder that only an answer stops.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        answer_by: Option<Timestamp>,
    },
    /// It moved on to the next step; an offer follows.
    Escalated { why: Climb },
    /// A clock runs.
    SlaStarted { clock: Clock },
    /// The warning came.
    SlaWarned { due: Timestamp },
    /// Nobody answered in time.
    SlaBreached { due: Timestamp },
    /// A person answered: by this text, or by other means.
    SlaMet { by: Option<MessageId>, late: bool },
    /// What met it failed; the clock runs again with its old due time.
    SlaRearmed { clock: Clock },
    /// No answer is needed any more.
    SlaDropped,
    /// The running clock follows a version of the policy that was applied to it.
    SlaRecomputed { clock: Clock },
    /// An answer waits out its undo time.
    AnswerHeld {
        message: MessageId,
        by: RepId,
        not_before: Timestamp,
        /// What it waits for besides its undo time.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        waits: Option<Waits>,
        /// What the hours said of it, unless it is a direct answer in open hours.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        judged: Option<Box<Judged>>,
    },
    /// It was about to leave, and the hours are closed: it waits until then.
    AnswerWaits { message: MessageId, not_before: Timestamp, judged: Box<Judged> },
    /// An answer does not go until its rep has looked again.
    AnswerParked { message: MessageId, by: RepId, reasons: Vec<Review> },
    /// Nobody is here: the playbook's words go out by themselves.
    Acknowledged { message: MessageId, not_before: Timestamp },
    /// It was refused, and its words did not stay: the reason alone is kept, for whoever audits.
    AnswerRefused { message: MessageId, by: RepId, why: Refusal },
    /// A second person says: it may go. It leaves then, unless something else holds it.
    AnswerApproved { message: MessageId, by: RepId, not_before: Timestamp },
    /// A second person says: not so.
    AnswerDeclined { message: MessageId, by: RepId },
    /// The text that leaves carries what the buyer must read.
    Disclosed { message: MessageId },
    /// A part of the buyer's text was fetched, or is not kept: it shows how it stands.
    MediaSettled { message: MessageId },
    /// Its rep looked and says: send.
    AnswerReleased { message: MessageId, not_before: Timestamp, accepted: Vec<Review> },
    /// Its rep took it back.
    AnswerRecalled { message: MessageId },
    /// From here on the carrier may have it.
    SendStarted {
        message: MessageId,
        /// Why it leaves although the hours are closed there, unless its rep said so before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        judged: Option<Box<Judged>>,
    },
    /// The call did not start in time; it waits again.
    SendAbandoned { message: MessageId },
    /// Nobody knows whether the carrier has it.
    SendUnknown { message: MessageId },
    /// How it stands with the carrier.
    DeliveryChanged { message: MessageId, delivery: Delivery, error: Option<u32> },
    /// A note for colleagues.
    Noted {
        message: MessageId,
        by: RepId,
        /// The colleague whom it is for, when it is for one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<RepId>,
    },
    /// A person says what kind of text it is. The guess and the version of the table that made it are as their screen showed
    /// them; the text itself is not here.
    KindCorrected { message: MessageId, by: RepId, guess: MessageKind, kind: MessageKind, version: u32 },
    /// A person says which of the people who share the number writes; nobody: that is not known after all.
    WriterNamed {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        contact: Option<ContactId>,
        by: RepId,
    },
    /// Out of sight until then.
    Snoozed { until: Timestamp, by: RepId },
    /// Back in sight.
    Woke,
    /// Nothing more to do.
    Done {
        outcome: Outcome,
        by: RepId,
        /// When the meeting is that it led to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        meeting: Option<Meeting>,
        /// What the rep wrote on it: a note of before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<MessageId>,
    },
    /// Something to do again.
    Reopened { by: Option<RepId> },
    /// No text may go to the number, from some or all of us.
    OptedOut {
        source: OptOutSource,
        /// From what.
        #[serde(default, skip_serializing_if = "Scope::is_tenant")]
        scope: Scope,
        /// When the buyer said so, as a list tells that was read later.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        said: Option<Timestamp>,
        /// Whether a list says so that does not know when: read again, it says nothing new.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        undated: bool,
    },
    /// Texts are welcome, or welcome again.
    OptedIn {
        source: OptOutSource,
        /// Which ones.
        #[serde(default, skip_serializing_if = "Scope::is_tenant")]
        scope: Scope,
        /// When the buyer said so, as a list tells that was read later. Without it, it was said now, by their own text.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        said: Option<Timestamp>,
        /// Where they said it and what they agreed to, as it is kept beside the journal.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        words: Option<MessageId>,
    },
    /// The buyer is told something about consent that nobody wrote.
    ToldBuyer { message: MessageId, what: Automatic, not_before: Timestamp },
    /// Nobody hears of what the number texts.
    Blocked { by: RepId, reason: Why },
    /// Its texts are heard again.
    Unblocked { by: RepId },
    /// A text may have asked us to stop: nothing goes to the number until a person rules. Another one adds to it.
    HoldPlaced { message: MessageId, conversation: ConversationId, score: i32, patterns: Vec<String>, due: Timestamp },
    /// A person ruled: they want no more texts, or, with the reason that is kept as a note, they meant something else.
    /// Nobody did when it is nobody's: then the number is opted out.
    HoldRuled {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<RepId>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        kept: Option<MessageId>,
        message: MessageId,
        conversation: ConversationId,
        score: i32,
    },
    /// A ruling is waited for: the clock of ten business days runs.
    RulingDue { warn: Timestamp, due: Timestamp },
    /// Nobody has ruled, and the end is near.
    RulingWarned { due: Timestamp },
    /// No ruling is waited for any more; or, unruled, there was none in time.
    RulingOver {
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        unruled: bool,
    },
    /// Somebody went away or came back.
    Presence {
        rep: RepId,
        away: bool,
        /// When an absence ends by itself.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Timestamp>,
        /// Nobody said so: no device of theirs was seen for a while, or one is again.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        unseen: bool,
        /// What whoever covers should know.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<MessageId>,
        /// Who said it, when it was somebody else.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<RepId>,
    },
    /// Somebody has a shift, or nobody has, whatever the layers say.
    Overridden { schedule: ScheduleId, shift: Override },
    /// An override is taken back.
    OverrideDropped { schedule: ScheduleId, id: OverrideId },
    /// Somebody had their turn in a pool.
    TurnPassed { pool: TeamId, rep: RepId, weight: u32 },
    /// A version of the policy came into force.
    PlaybookApplied {
        version: u32,
        /// Who put it in force, as they call themselves.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<String>,
        /// Why, in their words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        why: Option<String>,
        /// The earlier version whose rules came back.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        back_to: Option<u32>,
    },
    /// A backup was brought back: what stood after this entry is lost, and clients begin anew in another epoch.
    Restored { epoch: u32, after: u64 },
    /// Something about a version of the policy that is not in force.
    Beside { what: Beside },
    /// Everything buyers wrote since that backup has been read from the carriers: answers may leave again.
    Reconciled,
}

/// How a conversation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Answered by text.
    Texted,
    /// Answered by a call.
    Called,
    /// Answered by mail.
    Mailed,
    /// A meeting is booked.
    Meeting,
    /// Interested, but not now.
    Nurture,
    /// Not interested.
    NotInterested,
    /// Not the right person.
    WrongPerson,
    /// Nothing to answer.
    NoAnswerNeeded,
}

impl Outcome {
    /// Every outcome, in the order screens show them.
    pub const ALL: [Self; 8] = [
        Self::Texted,
        Self::Called,
        Self::Mailed,
        Self::Meeting,
        Self::Nurture,
        Self::NotInterested,
        Self::WrongPerson,
        Self::NoAnswerNeeded,
    ];

    /// As screens say it.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Texted => "answered by text",
            Self::Called => "answered by call",
            Self::Mailed => "answered by mail",
            Self::Meeting => "meeting booked",
            Self::Nurture => "not now: nurture",
            Self::NotInterested => "not interested",
            Self::WrongPerson => "wrong person",
            Self::NoAnswerNeeded => "no answer needed",
        }
    }

    /// Its name in files: that of the journal.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Texted => "texted",
            Self::Called => "called",
            Self::Mailed => "mailed",
            Self::Meeting => "meeting",
            Self::Nurture => "nurture",
            Self::NotInterested => "not_interested",
            Self::WrongPerson => "wrong_person",
            Self::NoAnswerNeeded => "no_answer_needed",
        }
    }

    /// The outcome with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.name() == name)
    }

    /// Whether a person answered the buyer by other means than a text: that meets a clock.
    pub const fn answered_elsewhere(self) -> bool {
        matches!(self, Self::Called | Self::Mailed | Self::Meeting)
    }
}

impl Event {
    /// The text or note whose words this event brings in; the journal keeps a salted digest of them beside it.
    pub const fn brings(&self) -> Option<MessageId> {
        match self {
            Self::Received { message, .. }
            | Self::Noted { message, .. }
            | Self::AnswerHeld { message, .. }
            | Self::AnswerParked { message, .. }
            | Self::Acknowledged { message, .. }
            | Self::ToldBuyer { message, .. } => Some(*message),
            Self::OptedIn { words, .. } => *words,
            Self::Presence { note, .. } => *note,
            Self::Opened { .. }
            | Self::Matched { .. }
            | Self::MediaSettled { .. }
            | Self::Owned { .. }
            | Self::CardAwaited { .. }
            | Self::CardSettled { .. }
            | Self::Offered { .. }
            | Self::Taken { .. }
            | Self::Escalated { .. }
            | Self::SlaStarted { .. }
            | Self::SlaWarned { .. }
            | Self::SlaBreached { .. }
            | Self::SlaMet { .. }
            | Self::SlaRearmed { .. }
            | Self::SlaDropped
            | Self::SlaRecomputed { .. }
            | Self::AnswerRefused { .. }
            | Self::AnswerApproved { .. }
            | Self::AnswerDeclined { .. }
            | Self::Disclosed { .. }
            | Self::AnswerReleased { .. }
            | Self::AnswerWaits { .. }
            | Self::AnswerRecalled { .. }
            | Self::SendStarted { .. }
            | Self::SendAbandoned { .. }
            | Self::SendUnknown { .. }
            | Self::DeliveryChanged { .. }
            | Self::KindCorrected { .. }
            | Self::WriterNamed { .. }
            | Self::Snoozed { .. }
            | Self::Woke
            | Self::Done { .. }
            | Self::Reopened { .. }
            | Self::OptedOut { .. }
            | Self::Blocked { .. }
            | Self::Unblocked { .. }
            | Self::HoldPlaced { .. }
            | Self::HoldRuled { .. }
            | Self::RulingDue { .. }
            | Self::RulingWarned { .. }
            | Self::RulingOver { .. }
            | Self::Overridden { .. }
            | Self::OverrideDropped { .. }
            | Self::TurnPassed { .. }
            | Self::PlaybookApplied { .. }
            | Self::Restored { .. }
            | Self::Beside { .. }
            | Self::Reconciled => None,
        }
    }

    /// Its name in the journal.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Opened { .. } => "opened",
            Self::Matched { .. } => "matched",
            Self::Owned { .. } => "owned",
            Self::Received { .. } => "received",
            Self::CardAwaited { .. } => "card_awaited",
            Self::CardSettled { .. } => "card_settled",
            Self::Offered { .. } => "offered",
            Self::Taken { .. } => "taken",
            Self::Escalated { .. } => "escalated",
            Self::SlaStarted { .. } => "sla_started",
            Self::SlaWarned { .. } => "sla_warned",
            Self::SlaBreached { .. } => "sla_breached",
            Self::SlaMet { .. } => "sla_met",
            Self::SlaRearmed { .. } => "sla_rearmed",
            Self::SlaDropped => "sla_dropped",
            Self::SlaRecomputed { .. } => "sla_recomputed",
            Self::AnswerHeld { .. } => "answer_held",
            Self::AnswerParked { .. } => "answer_parked",
            Self::Acknowledged { .. } => "acknowledged",
            Self::AnswerWaits { .. } => "answer_waits",
            Self::AnswerRefused { .. } => "answer_refused",
            Self::AnswerApproved { .. } => "answer_approved",
            Self::AnswerDeclined { .. } => "answer_declined",
            Self::Disclosed { .. } => "disclosed",
            Self::MediaSettled { .. } => "media_settled",
            Self::AnswerReleased { .. } => "answer_released",
            Self::AnswerRecalled { .. } => "answer_recalled",
            Self::SendStarted { .. } => "send_started",
            Self::SendAbandoned { .. } => "send_abandoned",
            Self::SendUnknown { .. } => "send_unknown",
            Self::DeliveryChanged { .. } => "delivery_changed",
            Self::Noted { .. } => "noted",
            Self::KindCorrected { .. } => "kind_corrected",
            Self::WriterNamed { .. } => "writer_named",
            Self::Snoozed { .. } => "snoozed",
            Self::Woke => "woke",
            Self::Done { .. } => "done",
            Self::Reopened { .. } => "reopened",
            Self::OptedOut { .. } => "opted_out",
            Self::OptedIn { .. } => "opted_in",
            Self::ToldBuyer { .. } => "told_buyer",
            Self::Blocked { .. } => "blocked",
            Self::Unblocked { .. } => "unblocked",
            Self::HoldPlaced { .. } => "hold_placed",
            Self::HoldRuled { .. } => "hold_ruled",
            Self::RulingDue { .. } => "ruling_due",
            Self::RulingWarned { .. } => "ruling_warned",
            Self::RulingOver { .. } => "ruling_over",
            Self::Presence { .. } => "presence",
            Self::Overridden { .. } => "overridden",
            Self::OverrideDropped { .. } => "override_dropped",
            Self::TurnPassed { .. } => "turn_passed",
            Self::PlaybookApplied { .. } => "playbook_applied",
            Self::Restored { .. } => "restored",
            Self::Beside { .. } => "beside",
            Self::Reconciled => "reconciled",
        }
    }
}
