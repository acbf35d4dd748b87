//! All a screen knows of the client: what it may ask, and what it is told. The screen never awaits IO.

mod unsettled;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use chrono_tz::Tz;

pub use self::unsettled::{Doubt, OutboxEntry, OutboxId, OutboxStanding};
pub use super::while_away::{Change, WhileAway};
use crate::domain::answering::Answering;
use crate::domain::asking::heard::Heard;
use crate::domain::block::Block;
use crate::domain::command::Command;
use crate::domain::consent::{Evidence, OptOut};
use crate::domain::contact::{Address, Body};
use crate::domain::context::Card;
use crate::domain::conversation::Status;
use crate::domain::correction::Taken;
use crate::domain::coverage::Loan;
use crate::domain::hold::Hold;
use crate::domain::id::{ConversationId, MessageId, RepId, ScheduleId};
use crate::domain::measure::ReportName;
use crate::domain::measure::cell::By;
use crate::domain::measure::chart::Behind;
use crate::domain::measure::report::Report;
use crate::domain::next_step::NextStep;
use crate::domain::oncall::Override;
use crate::domain::ownership::OwnerSource;
use crate::domain::playbook::Playbook;
use crate::domain::routing::{Assignment, Passed};
use crate::domain::sla::Clock;
use crate::domain::time::Timestamp;
use crate::domain::visibility::Principal;
use crate::domain::zone::Place;
pub use crate::wire::around::Around;
use crate::wire::changes::{Author, Message, Presence};
use crate::wire::report::Conversations;
pub use crate::wire::unwritten::Unwritten;
pub use crate::wire::writing::Writer;

/// What a screen asks of the client. Never answered directly: what follows arrives as [`Notice`]s.
#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    /// Do this. Goes into the outbox at once (durably) and is sent when the network allows. `seen` is the number of
    /// the buyer's texts on screen at the key press.
    Do {
        /// What it is about; none for commands about the person.
        conversation: Option<ConversationId>,
        /// Texts of the buyer seen.
        seen: u64,
        /// What is wanted. The screen makes message ids with [`Handle::new_message_id`].
        command: Command,
    },
    /// Keep these words as the conversation's draft; empty forgets it.
    SaveDraft {
        /// Whose.
        conversation: ConversationId,
        /// The words.
        text: String,
    },
    /// Send a [`Notice::Thread`] for this conversation, now and whenever it changes, until another is opened.
    Open(Option<ConversationId>),
    /// Fetch the texts before those at hand, when some are missing; they come with the next [`Notice::Thread`], and wait
    /// for the network when it is away.
    Older(ConversationId),
    /// Fetch a part of a text (a picture, a file) and save it among the person's downloads; a toast says where.
    Save {
        /// Which text.
        message: MessageId,
        /// Which of its parts.
        n: u32,
    },
    /// Search all cached text, newest first; overtakes a search that still runs. Empty clears the results.
    Search(String),
    /// The person has seen what happened while they were away.
    ReadWhileAway,
    /// Pull now, also when waiting to retry.
    SyncNow,
    /// Take an entry out of the outbox: it never left, or needs the person's eye. An answer becomes a draft again when
    /// `keep_as_draft`.
    OutboxDrop {
        /// Which.
        entry: OutboxId,
        /// Whether its words become the conversation's draft.
        keep_as_draft: bool,
    },
    /// Send an entry that needs the person's eye after all, accepting the reasons it was parked for (an opt-out cannot
    /// be accepted).
    OutboxSend {
        /// Which.
        entry: OutboxId,
    },
    /// What the person looks at: alerts are not raised for it. `focused` is false when the terminal says so or never
    /// said anything.
    Looking {
        /// Whether the terminal has the focus.
        focused: bool,
        /// The conversation on screen.
        conversation: Option<ConversationId>,
    },
    /// The person types a text to this buyer: colleagues in the conversation are told. Nothing is kept of it, and offline
    /// nothing is said.
    Writing(ConversationId),
    /// Read a report: what was read last comes at once, then what the backend says, or why it says nothing.
    Measure(WhichReport),
    /// Read the conversations behind a number of a report.
    Behind {
        /// Which number.
        behind: Behind,
        /// Over so many days, as in the report.
        days: u32,
    },
    /// Write everything down and stop. Answered by [`Notice::Stopped`].
    Stop,
}

/// Which report, by which rows, over how many days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct WhichReport {
    /// Which.
    pub report: ReportName,
    /// By what its rows are, when it has rows of one's choice.
    pub by: By,
    /// Today and the days before.
    pub days: u32,
}

impl WhichReport {
    /// What the backend is asked for, with what charts are drawn from. Load and consent have their own rows.
    pub fn asked(&self) -> Vec<(&'static str, String)> {
        let mut asked = vec![("since", format!("{}d", self.days)), ("charts", true.to_string())];
        if matches!(self.report, ReportName::Sla | ReportName::Outcomes) {
            asked.push(("by", self.by.name().to_owned()));
        }
        asked
    }
}

/// What the client tells a screen.
#[derive(Clone, Debug)]
pub enum Notice {
    /// The list changed.
    Inbox(Arc<Inbox>),
    /// The opened conversation, or a change to it; `None` when it is not visible any more.
    Thread(ConversationId, Option<Arc<Thread>>),
    /// The outbox changed.
    Outbox(Arc<Vec<OutboxEntry>>),
    /// Results for this query.
    Found {
        /// As asked.
        query: String,
        /// Newest first, at most 50.
        hits: Arc<Vec<Hit>>,
    },
    /// The connection changed.
    Link(Link),
    /// What is known around the opened conversation.
    Around(Arc<Around>),
    /// Which colleagues type a text, and where. Each is over by itself at its time.
    Writing(Arc<Vec<Writer>>),
    /// What the CRM has not taken: all of it.
    Unwritten(Arc<Vec<Unwritten>>),
    /// Something worth a line at the bottom: a refusal, a take-over.
    Toast(Toast),
    /// Bytes for the terminal that alert a rep (OSC sequences or a bell); only the screen writes to the terminal.
    Terminal(Vec<u8>),
    /// A report, as of when it was read.
    Measured {
        /// Which.
        which: WhichReport,
        /// When it was read.
        at: Timestamp,
        /// What it says.
        report: Arc<Report>,
    },
    /// A report that could not be read now.
    Unmeasured {
        /// Which.
        which: WhichReport,
        /// Why not, and what to do.
        why: String,
    },
    /// The conversations behind a number, or why they are not known.
    Behind {
        /// Which number.
        behind: Behind,
        /// What was found.
        found: Result<Arc<Conversations>, String>,
    },
    /// Another terminal of the same person asked for this inbox.
    Moved,
    /// Everything is on disk; the program may end.
    Stopped,
}

/// A line for the person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toast {
    /// What happened, and what to do next.
    pub text: String,
    /// How it competes with another line.
    pub weight: Weight,
    /// What it is about.
    pub conversation: Option<ConversationId>,
}

/// How a line for the person competes with the one that stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// Something came in; it pushes nothing away.
    News,
    /// What the last key did; the next key makes it stale.
    Said,
    /// What the last key did not do, and why; the next key makes it stale.
    Warned,
    /// A refusal or a loss nobody was waiting for: it stays its time, or until Esc.
    Loud,
}

/// Everything the list shows. `now` in it is never used: countdowns are drawn from deadlines and [`Link::now`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Inbox {
    /// The rep whose inbox this is.
    pub me: Option<Me>,
    /// Every visible conversation, most urgent first (the order of [`Row::urgency`]), done ones last.
    pub rows: Vec<Row>,
    /// The policy, for names, teams and outcomes.
    pub playbook: Option<Arc<Playbook>>,
    /// Colleagues: who is here, how loaded.
    pub roster: Vec<Presence>,
    /// Who has which shift by an override, from the earliest made to the latest.
    pub on_call: BTreeMap<ScheduleId, Vec<Override>>,
    /// What happened during this person's last absence, or happens during the one that lasts.
    pub while_away: Option<WhileAway>,
}

/// Whose inbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Me {
    /// Short name.
    pub rep: RepId,
    /// Name on screens.
    pub name: String,
    /// Whether the rep said they are away.
    pub away: bool,
}

/// One conversation in the list.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a mark of its own on the row")]
pub struct Row {
    /// Which.
    pub id: ConversationId,
    /// The person's name, or the address when nobody is known.
    pub name: String,
    /// Where they text from.
    pub address: Address,
    /// Company, when known.
    pub account: Option<String>,
    /// Stage of the deal, when there is one.
    pub stage: Option<String>,
    /// What it is about: the use case's label.
    pub about: String,
    /// How urgent that use case is beside others.
    pub priority: i32,
    /// The last text, raw (draw it through `SafeText`): `None` for a picture without words or an erased text.
    pub preview: Option<Body>,
    /// Who wrote it; never a note.
    pub preview_by: Option<Author>,
    /// When anything last happened.
    pub changed: Timestamp,
    /// When the buyer last wrote by their own hand.
    pub wrote: Option<Timestamp>,
    /// Texts of the buyer so far.
    pub inbound: u64,
    /// How many of them this person has opened.
    pub seen: u64,
    /// Open, snoozed or done.
    pub status: Status,
    /// The running clock.
    pub clock: Option<Clock>,
    /// Who has it.
    pub assignment: Option<Assignment>,
    /// Who is accountable.
    pub owner: Option<RepId>,
    /// While somebody covers for them.
    pub loan: Option<Loan>,
    /// Whether it waits for me: I hold it, or it is offered to me or to a pool of mine and nobody took it.
    pub for_me: bool,
    /// A colleague's note for me here was not on the screen yet.
    pub noted: bool,
    /// Set while no text may go there.
    pub opted_out: Option<OptOut>,
    /// Nothing shows that they want texts, and the playbook asks for that.
    pub no_evidence: bool,
    /// Set while nobody hears of what its number texts.
    pub blocked: Option<Block>,
    /// While a text that may have asked us to stop waits for a ruling.
    pub hold: Option<Hold>,
    /// The earliest undo hold of mine in it: when that answer leaves.
    pub leaves_at: Option<Timestamp>,
    /// When the soonest of this person's texts that were put off leaves, when one waits for its hour.
    pub waits_until: Option<Timestamp>,
    /// Where the buyer may be.
    pub place: Place,
    /// Something of mine here waits for the network.
    pub queued: bool,
    /// Something of mine here needs my eye (parked, refused, failed, unknown).
    pub needs_eye: bool,
    /// An answer of mine here waits for a second person.
    pub asks_second: bool,
    /// It is known that nobody is left whom I could ask for help: the ladder ends here.
    pub nobody_left: bool,
    /// A colleague's answer here waits for me as the second person.
    pub approval: Option<MessageId>,
    /// I have a draft here.
    pub draft: bool,
}

/// The opened conversation.
#[derive(Clone, Debug, PartialEq)]
pub struct Thread {
    /// Its row in the list.
    pub row: Row,
    /// Messages, oldest first, mine that wait for the network at the end.
    pub messages: Vec<ThreadMessage>,
    /// Set while older texts are not at hand.
    pub older: Option<Older>,
    /// People of the CRM behind the number; one once somebody said who of several writes.
    pub cards: Vec<Card>,
    /// How far the CRM has said who is behind it.
    pub heard: Heard,
    /// Everybody who shares the number, when several do.
    pub sharing: Vec<Card>,
    /// The campaign's text that the buyer answers.
    pub answering: Option<Answering>,
    /// What shows that they want texts, the newest of it.
    pub consent: Option<Evidence>,
    /// By which rule the owner was found.
    pub owned_by: Option<OwnerSource>,
    /// Who else had a claim when the rules last looked, and why it is not theirs.
    pub candidates: Vec<Passed>,
    /// Everybody it is visible to: whom a note can be for.
    pub audience: BTreeSet<Principal>,
    /// What kind of text the buyer's last one is taken for.
    pub kind: Option<Taken>,
    /// The recommended next step.
    pub next_step: NextStep,
    /// What a text to them goes by.
    pub binds: Binds,
    /// My draft.
    pub draft: String,
}

/// What a text to a buyer goes by, for whoever writes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Binds {
    /// The use case, by its short name.
    pub use_case: String,
    /// Where the buyer is, and whether that is more than a guess.
    pub zone: Option<(Tz, bool)>,
    /// What the buyer must read has left.
    pub disclosed: bool,
}

/// Texts of a conversation that are not at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Older {
    /// Index of the message they are missing before. An unsettled answer may stand alone before that.
    pub at: usize,
    /// They are asked for and have not come.
    pub asked: bool,
}

/// One message of the opened conversation.
#[derive(Clone, Debug, PartialEq)]
pub struct ThreadMessage {
    /// The message.
    pub message: Message,
    /// Set while it is only in my outbox.
    pub pending: Option<OutboxId>,
    /// A note on the meeting that ended the conversation: the CRM gets it with that.
    pub for_crm: bool,
    /// The colleague whom a note is for.
    pub reader: Option<RepId>,
}

/// A hit of a search.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// Where.
    pub conversation: ConversationId,
    /// Whose conversation.
    pub name: String,
    /// When it was written.
    pub at: Timestamp,
    /// The text, raw.
    pub body: Body,
    /// It was found by its people, not by a text: the body says name, number and account.
    pub person: bool,
}

/// The connection, and the estimate of the backend's clock.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    /// How it stands.
    pub state: LinkState,
    /// The backend's time when `measured` was read on this machine's monotonic clock.
    pub server_time: Timestamp,
    /// This machine's monotonic clock then.
    pub measured: std::time::Instant,
    /// How fast the backend's clock runs.
    pub pace: f64,
    /// While everything is fetched anew: how many conversations have come so far.
    pub syncing: Option<u64>,
    /// Where the cache lies, for the status line of a doctor.
    pub cache: PathBuf,
}

impl Link {
    /// The backend's time at a reading of the monotonic clock.
    pub fn now(&self, monotonic: std::time::Instant) -> Timestamp {
        #[expect(clippy::cast_possible_truncation, reason = "a session does not run for ages")]
        let ms = (monotonic.saturating_duration_since(self.measured).as_secs_f64() * 1000.0 * self.pace) as i64;
        self.server_time + crate::domain::time::Span::millis(ms)
    }
}

/// How the connection stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkState {
    /// Nothing asked yet; the screen shows the cache.
    Starting,
    /// The last poll was answered.
    Online,
    /// The backend does not answer; the cache is as of then, and the next try comes then (backend's clock).
    Offline {
        /// Last answer.
        since: Timestamp,
        /// Next try.
        retry_at: Timestamp,
        /// Why, in a few words.
        why: String,
    },
    /// The token is not valid any more: log in again.
    SignedOut,
    /// Nothing is asked until the person has done something about it: another version, another person's profile.
    Refused {
        /// What, and what to do.
        why: String,
    },
}

impl LinkState {
    /// Whether nothing is asked any more until somebody signs in anew.
    pub const fn is_shut(&self) -> bool {
        match self {
            Self::SignedOut | Self::Refused { .. } => true,
            Self::Starting | Self::Online | Self::Offline { .. } => false,
        }
    }
}

/// The screen's end of the client.
#[derive(Clone, Debug)]
pub struct Handle {
    asks: tokio::sync::mpsc::UnboundedSender<Ask>,
}

impl Handle {
    /// A handle, and the end the client reads from.
    pub fn new() -> (Self, tokio::sync::mpsc::UnboundedReceiver<Ask>) {
        let (asks, taken) = tokio::sync::mpsc::unbounded_channel();
        (Self { asks }, taken)
    }

    /// Asks. Never blocks; a client that has stopped hears nothing.
    pub fn ask(&self, ask: Ask) {
        drop(self.asks.send(ask));
    }

    /// A fresh id for a text or note, ordered by time.
    pub fn new_message_id() -> MessageId {
        MessageId(uuid::Uuid::now_v7())
    }
}
