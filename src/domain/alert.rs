//! Alert: who hears of what beside the client, by which channel, how often, and how much of it.
//!
//! Which alert follows from a fact is decided with the fact ([`follow`]) and kept in the same transaction; when it goes
//! ([`pace`]) and what it says ([`brief`]) is decided when it leaves, over what is true then. An alert about something
//! that was taken or answered meanwhile is not sent any more.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::consent::{OptOutSource, Scope};
use super::contact::Address;
use super::hours::Calendar;
use super::id::{ConversationId, MessageId, NumberId, RepId, ScheduleId, TeamId};
use super::time::{Span, Timestamp};
use mailed::Mailed;

pub mod approval;
pub mod brief;
pub mod campaign;
pub mod follow;
pub mod mailed;
pub mod pace;
pub mod reachable;
pub mod words;

/// What the playbook says of alerts. Channels are named; phones and mail addresses of reps are not in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Alerting {
    /// Ways out, by name.
    pub channels: BTreeMap<String, Channel>,
    /// For every rep who has nothing of their own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub everybody: Option<Alerts>,
    /// What single reps have in its place.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub reps: BTreeMap<RepId, Alerts>,
    /// Channels that hear when the playbook's own expectations break; the first that accepts is enough.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub operations: Vec<String>,
    /// Which channel gets the replies that Sales does not handle, by use case.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub handled: BTreeMap<String, String>,
    /// Which channel is told to pause the campaign while Sales talks, by use case.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub pauses: BTreeMap<String, String>,
    /// Reports that are mailed, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub reports: BTreeMap<String, Mailed>,
}

impl Alerting {
    /// Whether nothing is said of alerts.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// How a rep is alerted; nothing when nobody said so.
    pub fn of(&self, rep: &RepId) -> Option<&Alerts> {
        self.reps.get(rep).or(self.everybody.as_ref())
    }

    /// The channel that pages from this number.
    pub fn pages_from(&self, number: &Address) -> Option<&str> {
        let from = |channel: &Channel| matches!(&channel.kind, ChannelKind::Sms { from } if from == number);
        self.channels.iter().find(|(_, channel)| from(channel)).map(|(name, _)| name.as_str())
    }
}

/// A way out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Channel {
    /// What it is.
    #[serde(flatten)]
    pub kind: ChannelKind,
    /// What it may not be told.
    #[serde(default)]
    pub redact: Redact,
}

/// What a channel is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ChannelKind {
    /// JSON by HTTP POST, signed by the rules of Standard Webhooks.
    Webhook {
        /// Where.
        url: Setting,
        /// What signs it: the newest first, two while they are changed.
        secrets: Vec<Setting>,
    },
    /// The form that Slack and its relatives read.
    Slack {
        /// Where; whoever knows it may post, so it is a secret.
        url: Setting,
    },
    /// A mail, by the mail server that the backend is given.
    Email {
        /// Whom it comes from.
        from: String,
    },
    /// A text to the rep's own phone.
    Sms {
        /// From a number that buyers do not text.
        from: Address,
    },
}

impl ChannelKind {
    /// As it stands in the playbook.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Webhook { .. } => "webhook",
            Self::Slack { .. } => "slack",
            Self::Email { .. } => "email",
            Self::Sms { .. } => "sms",
        }
    }

    /// Whether it goes to one place for everybody, and not to a rep's own phone or mailbox.
    pub const fn is_shared(&self) -> bool {
        match self {
            Self::Webhook { .. } | Self::Slack { .. } => true,
            Self::Email { .. } | Self::Sms { .. } => false,
        }
    }
}

/// A value, or where the backend finds it: a secret never stands in the playbook, which is kept and copied for ever.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Setting {
    /// As it is.
    Plain(String),
    /// In this variable of the backend's environment.
    Env(String),
    /// In this file.
    File(String),
    /// In the keyring, under this name.
    Keyring(String),
}

/// What an alert does not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Redact {
    /// It says everything, the buyer's words too.
    None,
    /// No name of a person, company or deal, and nobody's words.
    #[default]
    Names,
    /// Only that something waits, of which cohort, and how long.
    All,
}

/// How one rep is alerted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alerts {
    /// Channels in order: the first that accepts an alert is enough.
    pub by: Vec<String>,
    /// What is worth an alert.
    pub on: BTreeSet<Occasion>,
    /// When it is open, alerts wait.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quiet: Option<Calendar>,
    /// At most so many …
    pub at_most: u32,
    /// … within so long; what comes then goes together as one.
    pub within: Span,
}

/// What an alert is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Occasion {
    /// A reply is offered to me first.
    Offered,
    /// A reply came to a pool of mine.
    Pool,
    /// Somebody before me did not act, or asked for help.
    Climbed,
    /// A colleague gave it to me, or gave it back.
    HandedBack,
    /// An answer of mine is due soon.
    Warn,
    /// An answer is late: mine, or my team's when I lead it.
    Breach,
    /// On call begins for me.
    HandOff,
    /// Nobody has ruled on a hold, and its time is nearly over; or it is.
    Ruling,
    /// A colleague's text needs a second person, and I may be one.
    Approval,
    /// A colleague wrote a note for me.
    Note,
}

impl Occasion {
    /// Every one there is.
    pub const ALL: [Self; 10] = [
        Self::Offered,
        Self::Pool,
        Self::Climbed,
        Self::HandedBack,
        Self::Warn,
        Self::Breach,
        Self::HandOff,
        Self::Ruling,
        Self::Approval,
        Self::Note,
    ];

    /// As it stands in the playbook and in webhooks.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Offered => "offered",
            Self::Pool => "pool",
            Self::Climbed => "climbed",
            Self::HandedBack => "handed_back",
            Self::Warn => "warn",
            Self::Breach => "breach",
            Self::HandOff => "hand_off",
            Self::Ruling => "ruling",
            Self::Approval => "approval",
            Self::Note => "note",
        }
    }

    /// As people read it.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Offered => "A reply waits for you",
            Self::Pool => "A reply waits in your pool",
            Self::Climbed => "A reply climbed to you",
            Self::HandedBack => "A reply was handed to you",
            Self::Warn => "An answer is due soon",
            Self::Breach => "An answer is late",
            Self::HandOff => "You are on call now",
            Self::Ruling => "A text that may ask us to stop waits for a ruling",
            Self::Approval => "A colleague's text waits for your approval",
            Self::Note => "A colleague wrote a note for you",
        }
    }
}

/// Whom a notice is for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum To {
    /// A rep, by their channels.
    Rep(RepId),
    /// Channels themselves, the first that accepts.
    Channels(Vec<String>),
}

impl To {
    /// As a key for storage.
    pub fn key(&self) -> String {
        match self {
            Self::Rep(rep) => format!("rep:{rep}"),
            Self::Channels(names) => format!("channels:{}", names.join(",")),
        }
    }
}

/// Something to be told. It names people by their ids and quotes nobody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Whom.
    pub to: To,
    /// What.
    pub what: What,
    /// About which conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation: Option<ConversationId>,
    /// When it became so.
    pub at: Timestamp,
}

/// What there is to tell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// A conversation wants somebody.
    Alert {
        /// Why.
        occasion: Occasion,
        /// When the answer is due, while a clock runs.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        due: Option<Timestamp>,
        /// Which text or note of ours it is about, when it is about one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<MessageId>,
    },
    /// On call changed hands; what is open is told when it leaves.
    HandOff {
        /// Which team's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        team: Option<TeamId>,
        /// Which schedule, when it is not the one that a team is on call by.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        schedule: Option<ScheduleId>,
        /// Who had it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<RepId>,
    },
    /// What the playbook expects does not hold any more, as a sentence.
    Broken(String),
    /// Nothing leaves from a line of ours: the carrier says that it is set up wrongly.
    LineStopped {
        /// Which line, as the playbook calls it.
        line: String,
        /// The carrier's error.
        code: u32,
    },
    /// A reply that Sales does not handle.
    Handled {
        /// The buyer's text.
        message: MessageId,
        /// What it is about.
        use_case: String,
    },
    /// Sales talks: the campaign should pause for this buyer.
    Pause {
        /// What it is about.
        use_case: String,
    },
    /// Sales has done: the campaign may go on.
    Resume {
        /// What it is about.
        use_case: String,
    },
    /// A number withdrew consent, or gave it.
    Consent {
        /// Whose.
        number: NumberId,
        /// The journal's entry.
        seq: u64,
        /// Whether it withdrew it.
        out: bool,
        /// How it is known.
        source: OptOutSource,
        /// How far it reaches.
        #[serde(default, skip_serializing_if = "Scope::is_tenant")]
        scope: Scope,
        /// When they said it.
        said: Timestamp,
    },
    /// What became of a rep's answer to a page.
    Told {
        /// In words.
        said: String,
        /// By the channel that it came by.
        by: String,
    },
    /// A report is to be mailed; it is made when it leaves.
    Report {
        /// Which, by its name in the playbook.
        name: String,
        /// When it was due.
        due: Timestamp,
    },
}

impl What {
    /// Whether it asks for somebody who takes the conversation. Whoever is asked to approve of a text, or to read a note,
    /// takes nothing by it.
    pub const fn can_be_taken(&self) -> bool {
        matches!(self, Self::Alert { occasion, .. } if !matches!(occasion, Occasion::Approval | Occasion::Note))
    }

    /// As webhooks and counters name it.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Alert { occasion, .. } => occasion.word(),
            Self::HandOff { .. } => Occasion::HandOff.word(),
            Self::Broken(_) => "expectation_broken",
            Self::LineStopped { .. } => "line_stopped",
            Self::Handled { .. } => "reply",
            Self::Pause { .. } => "campaign_pause",
            Self::Resume { .. } => "campaign_resume",
            Self::Consent { out: true, .. } => "opted_out",
            Self::Consent { out: false, .. } => "opted_in",
            Self::Told { .. } => "told",
            Self::Report { .. } => "report",
        }
    }
}
