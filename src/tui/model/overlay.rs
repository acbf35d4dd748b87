//! What lies over the screen: at most one thing at a time, each about the conversations it was opened for.

use crate::client::handle::OutboxId;
use crate::domain::block::Why;
use crate::domain::contact::{Address, Body};
use crate::domain::event::Outcome;
use crate::domain::id::{ContactId, ConversationId, LineId, MessageId, OverrideId, RepId, ScheduleId};
use crate::domain::kind::MessageKind;
use crate::domain::meeting::Meeting;
use crate::domain::time::Timestamp;
use crate::tui::keymap::Context;

use super::when::{Stretch, When};

/// One conversation with the number of the buyer's texts that were on screen at the key press.
pub type Seen = (ConversationId, u64);

/// Something over the screen.
#[derive(Clone, Debug, PartialEq)]
pub enum Overlay {
    /// The keys, searchable.
    Help {
        /// Words searched for.
        words: String,
        /// First line on screen.
        top: usize,
    },
    /// Every action by name.
    Palette {
        /// Words searched for.
        words: String,
        /// Which of those found.
        at: usize,
        /// Where it was opened.
        context: Context,
    },
    /// A choice.
    Pick(Pick),
    /// A reason is asked for.
    Reason {
        /// What for.
        about: Seen,
        /// The words so far.
        words: String,
    },
    /// Why a number on hold is kept is asked for.
    KeepReason {
        /// What for.
        about: Seen,
        /// The words so far.
        words: String,
        /// The held texts that were shown.
        read: Vec<MessageId>,
    },
    /// Words for whoever covers are asked for.
    CoverNote {
        /// Who is away; the person themselves when left out.
        rep: Option<RepId>,
        /// The words so far.
        words: String,
    },
    /// What the CRM should know of a meeting is asked for.
    MeetingNote {
        /// What for.
        about: Seen,
        /// When it is.
        meeting: Option<Meeting>,
        /// The words so far.
        words: String,
    },
    /// Which number is texted first.
    Begin {
        /// The number so far.
        words: String,
    },
    /// The backend is asked whether a number may be texted.
    Begun(Begun),
    /// A time is asked for.
    When {
        /// What for.
        what: When,
        /// The words so far.
        words: String,
    },
    /// Who is on call at another time.
    OnCall {
        /// When.
        at: Timestamp,
        /// First line on screen.
        top: usize,
    },
    /// Everything that is known of the buyer.
    Card {
        /// Of which.
        about: ConversationId,
        /// First line on screen.
        top: usize,
    },
    /// Why this rep has it.
    Why {
        /// Which.
        about: ConversationId,
        /// First line on screen.
        top: usize,
    },
}

/// A number that the backend is asked about. What is typed meanwhile is the beginning of the text, and no key.
#[derive(Clone, Debug, PartialEq)]
pub struct Begun {
    /// The number.
    pub to: Address,
    /// What was typed ahead.
    pub words: String,
    /// Why it may not be texted, once that is known.
    pub refused: Option<String>,
}

/// A choice for one conversation or several.
#[derive(Clone, Debug, PartialEq)]
pub struct Pick {
    /// Above the choices.
    pub title: String,
    /// What it is for.
    pub about: Vec<Seen>,
    /// What should be read first.
    pub said: Vec<String>,
    /// In order, as they were when it was opened.
    pub choices: Vec<Choice>,
    /// Words that filter them.
    pub words: String,
    /// First line on screen of what should be read.
    pub top: usize,
    /// Which texts must have been on screen before one of the choices may be made.
    pub reading: Option<Reading>,
    /// Which of those left.
    pub at: usize,
}

/// How far a person has read what stands above their choices.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// Every text that must be read, with how many entries of what is said end with it; nothing while its words are not at
    /// hand.
    pub texts: Vec<(MessageId, Option<usize>)>,
    /// Letters that were on screen, from the first one on and without a gap. Not lines: another width breaks others.
    pub letters: usize,
}

/// One choice.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// What it is called.
    pub label: String,
    /// More about it.
    pub detail: String,
    /// What it does.
    pub does: Does,
}

/// What a choice does.
#[derive(Clone, Debug, PartialEq)]
pub enum Does {
    /// Hands it to a colleague.
    Assign(RepId),
    /// Puts it out of sight until then.
    Snooze(Timestamp),
    /// Finishes it.
    Done(Outcome),
    /// Finishes it with a meeting: asks when it is.
    Meeting,
    /// Copies this.
    Copy(String),
    /// Makes an entry of the outbox a draft again and opens it.
    Edit(OutboxId),
    /// Sends an entry of the outbox after all.
    Send(OutboxId),
    /// Drops an entry of the outbox.
    Drop(OutboxId),
    /// Puts these words into the composer.
    Snippet(String),
    /// A colleague's answer may go.
    Approve(MessageId),
    /// It may not.
    Decline(MessageId),
    /// Begins a note instead of a text.
    Note,
    /// Begins a note that names a colleague.
    NoteTo(RepId),
    /// Asks whether it is meant that no text goes to the number any more.
    AskOptOut {
        /// As the ruling on a number that is on hold.
        ruling: bool,
    },
    /// Lets no text go to the number any more.
    OptOut,
    /// Begins with a number, from this line.
    Begin(Address, LineId),
    /// Lets nobody hear of the number any more.
    Block(Why),
    /// Lets its texts be heard again.
    Unblock(ConversationId),
    /// Puts off what is being written, or no more.
    Later(Option<Timestamp>),
    /// Asks for another time.
    AskLater,
    /// Says which of those who share the number writes; nobody: that is not known after all.
    Writer(Option<ContactId>),
    /// Says what kind of text it is, where the screen guessed something else.
    Kind {
        /// Which text.
        message: MessageId,
        /// The guess.
        guess: MessageKind,
        /// What it is.
        kind: MessageKind,
    },
    /// Rules that a buyer on hold wants no more texts.
    RuleOptOut,
    /// Rules that they meant something else: asks why first.
    RuleKeep(Vec<MessageId>),
    /// Cannot yet: a text that holds the number was not shown.
    KeepUnread,
    /// Something about people and their shifts.
    People(People),
    /// Nothing.
    Leave,
}

/// What a choice does about people and their shifts.
#[derive(Clone, Debug, PartialEq)]
pub enum People {
    /// Away until then, or until they come back.
    Away {
        /// Who; the person themselves when left out.
        rep: Option<RepId>,
        /// Until when.
        until: Option<Timestamp>,
        /// For whoever covers.
        note: Option<Body>,
    },
    /// Back.
    Back(RepId),
    /// Asks for a cover note first.
    Note(Option<RepId>),
    /// Asks for a time.
    Type(When),
    /// This person has it from now until then.
    Take {
        /// What.
        schedule: ScheduleId,
        /// Until when.
        to: Timestamp,
    },
    /// Asks who has it until then.
    Give {
        /// What.
        schedule: ScheduleId,
        /// Until when.
        to: Timestamp,
    },
    /// Somebody has it from now until then.
    GiveTo {
        /// What.
        schedule: ScheduleId,
        /// Who.
        rep: RepId,
        /// Until when.
        to: Timestamp,
    },
    /// Asks which stretch somebody is to have.
    StretchWhich(ScheduleId),
    /// Asks who.
    StretchWho(Stretch),
    /// Asks from when and until when.
    StretchTimes(Stretch),
    /// Somebody has it.
    Stretch(Stretch),
    /// Asks which shift is swapped.
    SwapWhich(ScheduleId),
    /// Asks with which other shift.
    SwapWith {
        /// Of what.
        schedule: ScheduleId,
        /// A moment of the one.
        one: Timestamp,
    },
    /// Says what a swap makes true, and asks whether it is meant.
    SwapSure {
        /// Of what.
        schedule: ScheduleId,
        /// A moment of the one.
        one: Timestamp,
        /// A moment of the other.
        other: Timestamp,
    },
    /// Two shifts change hands.
    Swap {
        /// Of what.
        schedule: ScheduleId,
        /// A moment of the one.
        one: Timestamp,
        /// A moment of the other.
        other: Timestamp,
    },
    /// Takes an override back.
    Drop {
        /// Of what.
        schedule: ScheduleId,
        /// Which.
        id: OverrideId,
    },
}

impl Overlay {
    /// Where its keys are looked up.
    pub const fn context(&self) -> Context {
        match self {
            Self::Help { .. } | Self::Why { .. } | Self::Card { .. } | Self::OnCall { .. } => Context::Page,
            Self::Palette { .. } | Self::Pick(_) => Context::Choice,
            Self::Reason { .. }
            | Self::KeepReason { .. }
            | Self::CoverNote { .. }
            | Self::MeetingNote { .. }
            | Self::Begin { .. }
            | Self::Begun(_)
            | Self::When { .. } => Context::Line,
        }
    }
}

impl Pick {
    /// As it opens: nothing to be read first, nothing filtered, the first one chosen.
    pub const fn of(title: String, about: Vec<Seen>, choices: Vec<Choice>) -> Self {
        Self { title, about, said: Vec::new(), choices, words: String::new(), top: 0, reading: None, at: 0 }
    }

    /// Whether snippets are offered.
    pub fn is_of_snippets(&self) -> bool {
        self.choices.iter().any(|choice| matches!(choice.does, Does::Snippet(_)))
    }

    /// Whether people who share a number are offered: what is said of each tells them apart.
    pub fn is_of_writers(&self) -> bool {
        self.choices.iter().any(|choice| matches!(choice.does, Does::Writer(_)))
    }

    /// The choices that the words leave, each with its place among all.
    pub fn left(&self) -> Vec<&Choice> {
        let words = self.words.trim().to_lowercase();
        let hit = |c: &&Choice| c.label.to_lowercase().contains(&words) || c.detail.to_lowercase().contains(&words);
        self.choices.iter().filter(hit).collect()
    }
}
