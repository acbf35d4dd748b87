//! What is written into a CRM. The row that asks for it is kept by us; a connector only makes it, once, under our key.

use uuid::Uuid;

use crate::domain::contact::{Address, Body};
use crate::domain::id::{ContactId, DealId, RepId};
use crate::domain::time::Timestamp;

/// One write. The same key is the same write, always: it stands in what is made ([`Write::mark`]), so that after a crash it
/// is found there.
#[derive(Clone, PartialEq, Eq)]
pub struct Write {
    /// Ours, made when the write was decided. It derives from no number and no text.
    pub key: Uuid,
    /// Whom it is about.
    pub contact: ContactId,
    /// Which deal too.
    pub deal: Option<DealId>,
    /// Which rep it is of. One whom the CRM does not know as an owner owns nothing there: the write is made without, and its
    /// text says who it is ([`Write::whose`]).
    pub owner: Option<RepId>,
    /// When it happened; of a task, when it was given.
    pub at: Timestamp,
    /// Where the conversation is found.
    pub link: String,
    /// What.
    pub what: What,
}

/// What a write makes.
#[derive(Clone, PartialEq, Eq)]
pub enum What {
    /// One text, in the log of what was said with the contact.
    Log {
        /// From the buyer, or to them.
        inbound: bool,
        /// Its words.
        body: Body,
        /// What became of its clock, in words: `answered in 4 min, in time`.
        sla: Option<String>,
    },
    /// A task for the owner.
    Task {
        /// One line.
        subject: String,
        /// The rest.
        words: String,
        /// How urgent.
        priority: Priority,
        /// Until when.
        due: Timestamp,
    },
    /// A task is done here, and so it is there. Done before is as good.
    TaskDone {
        /// The CRM's id of it.
        task: String,
        /// Somebody else is asked now: it must not look as if its owner had done it.
        passed_on: bool,
    },
    /// A task for later is needed no more. One that is over already stays as it is, and so do the words in it: its owner
    /// may have noted something there.
    PutAside {
        /// The CRM's id of it.
        task: String,
    },
    /// How a conversation ended: in the log, and as a meeting when one was made.
    Outcome {
        /// In our words: `meeting booked`.
        outcome: String,
        /// What the rep wrote on it.
        words: String,
        /// The meeting, when the outcome is one whose time is known.
        meeting: Option<Meeting>,
        /// What became of its last clock, in words.
        sla: Option<String>,
    },
    /// What stands there as ended was opened again: a line in the log.
    Reopened,
    /// A meeting is not held when it stands there: a later write has the one that takes its place, or there is none. Marked
    /// so already is as good.
    NotHeld {
        /// The CRM's id of it.
        meeting: String,
        /// Whether no other one takes its place.
        called_off: bool,
    },
    /// A text that stands there as sent did not arrive: a line in the log.
    Undelivered {
        /// When it was written, as its own line there says.
        sent: Timestamp,
        /// The same for whoever reads, on the clock of the place: `2026-03-03 10:04 EST`.
        when: String,
        /// How it begins, cleaned; nothing once its words were erased.
        words: String,
    },
    /// A text that stands there was not answered when that was due: a line in the log.
    Missed {
        /// When it was written, as its own line there says.
        sent: Timestamp,
        /// When its answer was due.
        due: Timestamp,
        /// The first for whoever reads, on the clock of the place: `2026-03-03 10:04 EST`.
        when: String,
        /// The second likewise.
        until: String,
        /// How it begins, cleaned; nothing once its words were erased.
        words: String,
    },
    /// The contact, or the deal when one is named, gets another owner: [`Write::owner`], which the CRM has to know here.
    Owner,
    /// The contact is marked as opted out of texts, or as not any more. Marked so already is as good.
    Consent {
        /// Whether a number of theirs is opted out.
        opted_out: bool,
        /// The number whose consent changed.
        number: Address,
        /// Of which part of us, as the ledger says it: `tenant`, `programme:NAME`, `number:LINE`; nothing when of none.
        scope: Vec<String>,
    },
}

/// A meeting in the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meeting {
    /// From.
    pub from: Timestamp,
    /// Until.
    pub until: Timestamp,
}

/// How urgent a task is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// When there is time.
    Low,
    /// As all.
    Normal,
    /// Before others.
    High,
}

/// Whose a record is in the CRM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owned {
    /// Nobody's: nobody owns it, or somebody who left the CRM, or the program that we sign in as.
    Nobody,
    /// This rep's.
    By(RepId),
    /// Somebody's who works there and is none of our reps.
    Stranger,
}

/// How a task stands in the CRM.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskState {
    /// Not done.
    Open,
    /// Done.
    Done {
        /// When, by the CRM; when it was last changed where the CRM keeps no time of completion.
        at: Timestamp,
    },
    /// Put aside: nobody did it, and nobody is asked to any more.
    Deferred,
}

impl TaskState {
    /// Whether nobody is asked to do it any more.
    pub const fn is_over(self) -> bool {
        !matches!(self, Self::Open)
    }
}

/// What a logged text of the buyer's begins with there.
pub const FROM_BUYER: &str = "Text from the buyer";

/// What a logged text of ours begins with there.
pub const TO_BUYER: &str = "Text to the buyer";

/// What a note of an end begins with there.
pub const ENDED: &str = "Conversation ended: ";

/// What a note says there of one that goes on.
pub const OPENED_AGAIN: &str = "Conversation opened again";

/// How the line begins that takes back what a text's own says.
pub const NOT_ARRIVED: &str = "The text to the buyer did not arrive";

/// What the title of a meeting begins with there that another one took the place of.
pub const MOVED: &str = "Moved: ";

/// The same of one in whose place there is none.
pub const CALLED_OFF: &str = "Called off: ";

/// The line of a text that did not arrive: which one, of several.
pub fn not_arrived(when: &str, words: &str) -> String {
    let words = if words.is_empty() { String::new() } else { format!(", “{words}”") };
    format!("{NOT_ARRIVED}: that of {when}{words}")
}

/// How the line begins that tells of a text that was not answered when that was due.
pub const NOT_ANSWERED: &str = "Not answered in time";

/// The line of it: which text, of several.
pub fn not_answered(when: &str, until: &str, words: &str) -> String {
    let words = if words.is_empty() { String::new() } else { format!(", “{words}”") };
    format!("{NOT_ANSWERED}: the text of {when}{words}; an answer was due {until}")
}

/// What the mark of a write begins with.
pub const MARK: &str = "comeback:";

/// What a task to answer is called there; `name` is the buyer's, where one person is behind the number, or somebody said who
/// of them writes.
pub fn to_answer(name: Option<&str>) -> String {
    name.map_or_else(|| "Answer a buyer's text".to_owned(), |name| format!("Answer {name} by text"))
}

/// Whether something of this title was written by us and is nobody's touch: the buyer's own text, a task to answer it, how
/// it ended, a meeting that was not held then. What a rep texted is theirs.
pub fn is_no_touch(title: &str) -> bool {
    let title = title.trim_start();
    let is_task = title.starts_with("Answer ") && (title.contains(" by text") || title.starts_with(&to_answer(None)));
    is_task
        || [FROM_BUYER, ENDED, OPENED_AGAIN, NOT_ARRIVED, NOT_ANSWERED, MOVED, CALLED_OFF]
            .iter()
            .any(|ours| title.starts_with(ours))
}

/// A title without the mark at its end.
pub fn without_mark(title: &str) -> &str {
    title.rsplit_once(MARK).map_or(title, |(before, _)| before).trim_end()
}

impl Write {
    /// What stands in the CRM's text, and is looked for there.
    pub fn mark(&self) -> String {
        format!("{MARK}{}", self.key)
    }

    /// Whose it is, as a line of the text, for a CRM that has no user for them; `name` is what the rep is called.
    pub fn whose(&self, name: &str) -> Option<String> {
        match &self.what {
            What::Log { inbound: true, .. } | What::Task { .. } => Some(format!("for {name}, who is no user here")),
            What::Log { inbound: false, .. } | What::Outcome { .. } | What::Reopened | What::Undelivered { .. } => {
                Some(format!("by {name}"))
            }
            What::Missed { .. } => Some(format!("of {name}")),
            What::TaskDone { .. }
            | What::PutAside { .. }
            | What::NotHeld { .. }
            | What::Owner
            | What::Consent { .. } => None,
        }
    }

    /// What it makes, in a word.
    pub const fn word(&self) -> &'static str {
        match self.what {
            What::Log { .. } => "log",
            What::Task { .. } => "task",
            What::TaskDone { .. } => "task done",
            What::PutAside { .. } => "put aside",
            What::Outcome { .. } => "outcome",
            What::Reopened => "reopened",
            What::NotHeld { .. } => "moved",
            What::Undelivered { .. } => "undelivered",
            What::Missed { .. } => "missed",
            What::Owner => "owner",
            What::Consent { .. } => "consent",
        }
    }
}

impl std::fmt::Debug for Write {
    /// Without a word of what is in it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Write({}, {})", self.word(), self.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Span;

    #[test]
    fn a_text_that_did_not_arrive_is_told_by_when_and_how_it_began_and_is_nobodys_touch() {
        let line = not_arrived("2026-03-03 10:04 EST", "At three?");
        assert_eq!(line, "The text to the buyer did not arrive: that of 2026-03-03 10:04 EST, “At three?”");
        assert_eq!(not_arrived("2026-03-03 10:04 EST", ""), format!("{NOT_ARRIVED}: that of 2026-03-03 10:04 EST"));
        assert!(is_no_touch(&line));
        let line = not_answered("2026-03-03 10:04 EST", "2026-03-03 10:19 EST", "At three?");
        let said = "Not answered in time: the text of 2026-03-03 10:04 EST, “At three?”; an answer was due 2026-03-03 10:19 EST";
        assert_eq!(line, said);
        assert!(is_no_touch(&line));
    }

    #[test]
    fn what_has_no_owner_there_says_by_whom_or_for_whom_it_is() {
        let at = Timestamp::from_millis(1_772_550_000_000);
        let whose = |what: What| {
            let (contact, link) = (ContactId::new("101"), String::new());
            let write = Write { key: Uuid::from_u128(7), contact, deal: None, owner: None, at, link, what };
            write.whose("Kai Berg")
        };
        let log = |inbound| What::Log { inbound, body: Body::new("Hi"), sla: None };
        let due = at + Span::minutes(5);
        let task = What::Task { subject: to_answer(None), words: String::new(), priority: Priority::High, due };
        assert_eq!(whose(log(false)).as_deref(), Some("by Kai Berg"));
        assert_eq!(whose(What::Reopened).as_deref(), Some("by Kai Berg"));
        for what in [log(true), task] {
            assert_eq!(whose(what).as_deref(), Some("for Kai Berg, who is no user here"));
        }
        assert_eq!(whose(What::Owner), None);
    }
}
