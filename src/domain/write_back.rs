//! Respond, in the CRM's books too: what of a conversation is written back, decided from its facts alone.
//!
//! Texts and ends of conversations follow from single events. A task follows from how the conversation stands: while a
//! clock runs and a rep has it, that rep has one task there, due when the answer is.

use serde::{Deserialize, Serialize};

use super::conversation::Conversation;
use super::event::{Event, Outcome};
use super::id::{MessageId, NumberId, RepId};
use super::meeting::Meeting;
use super::ownership::OwnerSource;
use super::routing::Holder;
use super::time::{Span, Timestamp};

pub mod came_of;
pub mod timing;

/// What the playbook wants written into the CRM.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "five switches, each a key of the file")]
pub struct WriteBack {
    /// Every reply and every answer, in the log of what was said.
    pub log: bool,
    /// How a conversation ended.
    pub outcomes: bool,
    /// A task for whoever has it, while a clock runs. Completing it there takes the conversation here.
    pub tasks: bool,
    /// Who is accountable, where the CRM itself names nobody.
    pub owners: bool,
    /// That a number opted out, and that it did no longer, on everybody there who has it.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub opt_outs: bool,
    /// Tasks for later, by how a conversation ended.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub follow_ups: Vec<FollowUp>,
}

const fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks by reference")]
const fn is_yes(on: &bool) -> bool {
    *on
}

impl Default for WriteBack {
    fn default() -> Self {
        Self { log: true, outcomes: true, tasks: false, owners: false, opt_outs: true, follow_ups: Vec::new() }
    }
}

impl WriteBack {
    /// Whether it is what holds without a word of the playbook.
    pub fn is_usual(&self) -> bool {
        *self == Self::default()
    }

    /// What is written, by the keys of the file.
    pub fn wanted(&self) -> Vec<&'static str> {
        let all = [
            ("log", self.log),
            ("outcomes", self.outcomes),
            ("tasks", self.tasks),
            ("owners", self.owners),
            ("opt_outs", self.opt_outs),
            ("follow_up", !self.follow_ups.is_empty()),
        ];
        all.into_iter().filter(|(_, on)| *on).map(|(key, _)| key).collect()
    }

    /// Whether anything is written at all.
    pub const fn is_nothing(&self) -> bool {
        !(self.log || self.outcomes || self.tasks || self.owners || self.opt_outs) && self.follow_ups.is_empty()
    }
}

/// A task for later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FollowUp {
    /// After which end.
    pub outcome: Outcome,
    /// How long after it.
    pub after: Span,
    /// The task in one line.
    #[serde(rename = "task")]
    pub words: String,
}

/// One write that is wanted. It names what is to be written and holds none of it: words and names are read when it is
/// made, and what was erased by then is written nowhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "write", rename_all = "snake_case")]
pub enum Wanted {
    /// One text of the conversation.
    Log {
        /// Which.
        message: MessageId,
    },
    /// How the conversation ended.
    Outcome {
        /// How.
        outcome: Outcome,
        /// When the meeting is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        meeting: Option<Meeting>,
        /// What the rep wrote on it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<MessageId>,
    },
    /// A task for later.
    FollowUp {
        /// In one line.
        words: String,
        /// Until when.
        due: Timestamp,
    },
    /// A task to answer.
    Task {
        /// Until when.
        due: Timestamp,
    },
    /// A task to answer is needed no more.
    TaskDone {
        /// It went to somebody else: whoever had the task did not do it.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        passed_on: bool,
    },
    /// What had ended, and stands there as ended, was opened again by a person.
    Reopened,
    /// A meeting that stands there is not held then: another one, of this conversation, takes its place, or it ended since in
    /// a way that has none.
    #[serde(rename = "moved")]
    NotHeld {
        /// No other one takes its place.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        called_off: bool,
    },
    /// A task for later is needed no more: the conversation ended again since, and in a way that says where the buyer stands.
    PutAside,
    /// A text that stands there as sent did not arrive.
    Undelivered {
        /// Which.
        message: MessageId,
    },
    /// A text that stands there was not answered when its answer was due.
    Missed {
        /// When that was.
        due: Timestamp,
    },
    /// The contact belongs to somebody else.
    Owner,
    /// Whether a number is opted out, as it stands when it is written: on everybody who has it.
    Consent {
        /// Whose.
        number: NumberId,
    },
}

impl Wanted {
    /// Whether it tells how a conversation ended, or follows from that.
    pub const fn is_end(&self) -> bool {
        matches!(self, Self::Outcome { .. } | Self::FollowUp { .. } | Self::NotHeld { .. } | Self::PutAside)
    }

    /// Whether it changes what an earlier end wrote.
    pub const fn changes_an_end(&self) -> bool {
        matches!(self, Self::NotHeld { .. } | Self::PutAside)
    }
}

/// A write with what makes it this one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Want {
    /// Nothing else is called so: reading the journal again wants nothing twice.
    pub once: String,
    /// Which rep it is of.
    pub rep: Option<RepId>,
    /// What.
    pub what: Wanted,
}

/// What follows from one entry of the journal.
pub fn follows(policy: &WriteBack, seq: u64, at: Timestamp, event: &Event) -> Vec<Want> {
    let mut wants = Vec::new();
    let text = |message: &MessageId| Want {
        once: format!("text:{message}"),
        rep: None,
        what: Wanted::Log { message: *message },
    };
    if let Event::Received { message, .. } = event {
        wants.extend(policy.log.then(|| text(message)));
    } else if let Event::DeliveryChanged { message, delivery, .. } = event {
        // A text is one once the carrier has it.
        wants.extend((policy.log && !delivery.is_failure()).then(|| text(message)));
        let failed =
            || Want { once: format!("failed:{message}"), rep: None, what: Wanted::Undelivered { message: *message } };
        wants.extend((policy.log && delivery.is_failure()).then(failed));
    } else if let Event::SlaBreached { due } = event {
        let missed = || Want { once: format!("missed:{seq}"), rep: None, what: Wanted::Missed { due: *due } };
        wants.extend(policy.log.then(missed));
    } else if let Event::Done { outcome, by, meeting, note } = event {
        let end = Wanted::Outcome { outcome: *outcome, meeting: *meeting, note: *note };
        wants.extend(policy.outcomes.then(|| Want { once: format!("end:{seq}"), rep: Some(by.clone()), what: end }));
        let later = policy.follow_ups.iter().enumerate().filter(|(_, follow_up)| follow_up.outcome == *outcome);
        wants.extend(later.map(|(n, follow_up)| Want {
            once: format!("end:{seq}:later:{n}"),
            rep: Some(by.clone()),
            what: Wanted::FollowUp { words: follow_up.words.clone(), due: at + follow_up.after },
        }));
    } else if let Event::Reopened { by: Some(by) } = event {
        // The buyer who writes again does not take back how it ended.
        let again = Want { once: format!("again:{seq}"), rep: Some(by.clone()), what: Wanted::Reopened };
        wants.extend(policy.outcomes.then_some(again));
    } else if let Event::Owned { owner: Some(owner), source, .. } = event {
        let change = Want { once: format!("owner:{seq}"), rep: Some(owner.clone()), what: Wanted::Owner };
        wants.extend((policy.owners && is_news(*source)).then_some(change));
    }
    wants
}

/// What follows from one entry about a number. A number whose consent was given and never withdrawn wants nothing.
pub fn follows_number(policy: &WriteBack, seq: u64, number: NumberId, event: &Event, was_out: bool) -> Option<Want> {
    let wanted = matches!(event, Event::OptedOut { .. }) || (was_out && matches!(event, Event::OptedIn { .. }));
    (policy.opt_outs && wanted).then(|| Want {
        once: format!("{CONSENT}{seq}"),
        rep: None,
        what: Wanted::Consent { number },
    })
}

/// Whether a meeting that was booked before is none any more when its conversation ends at `at` with another one, or in a way
/// that has none: one that is still ahead is not held then. One that was held stays.
pub fn gives_way(earlier: &Wanted, at: Timestamp) -> bool {
    matches!(earlier, Wanted::Outcome { meeting: Some(meeting), .. } if meeting.from > at)
}

/// Whether an end says where the buyer stands, and not only how they were answered: what earlier ones left to do is over.
pub const fn says_where_it_stands(outcome: Outcome) -> bool {
    match outcome {
        Outcome::Meeting | Outcome::Nurture | Outcome::NotInterested | Outcome::WrongPerson => true,
        Outcome::Texted | Outcome::Called | Outcome::Mailed | Outcome::NoAnswerNeeded => false,
    }
}

/// What the names of writes about consent begin with.
pub const CONSENT: &str = "consent:";

/// Whether the CRM does not say so itself: it has no owner that the rules could see.
const fn is_news(source: Option<OwnerSource>) -> bool {
    match source {
        None
        | Some(OwnerSource::Territory | OwnerSource::LastTouch | OwnerSource::RoundRobin | OwnerSource::LeastLoaded) => {
            true
        }
        Some(
            OwnerSource::Conversation
            | OwnerSource::Opportunity
            | OwnerSource::Contact
            | OwnerSource::Account
            | OwnerSource::Sdr
            | OwnerSource::OpportunityTeam,
        ) => false,
    }
}

/// Whether an event may change who has a task.
pub const fn moves_task(event: &Event) -> bool {
    matches!(
        event,
        Event::Offered { .. }
            | Event::Taken { .. }
            | Event::SlaStarted { .. }
            | Event::SlaRearmed { .. }
            | Event::SlaRecomputed { .. }
            | Event::SlaMet { .. }
            | Event::SlaDropped
            | Event::Done { .. }
            | Event::Reopened { .. }
    )
}

/// Whether whoever had a task leaves it undone: somebody else has the conversation, or finished it.
pub fn is_passed_on(c: &Conversation, had: &RepId) -> bool {
    match &c.finished {
        Some(finished) => finished.by != *had && c.assignee() != Some(had),
        None => c.assignment.is_some() && c.assignee() != Some(had),
    }
}

/// Who must have a task in the CRM, and until when it is due.
pub fn task(policy: &WriteBack, c: &Conversation) -> Option<(RepId, Timestamp)> {
    let clock = c.clock.as_ref().filter(|_| policy.tasks && !c.is_done())?;
    let Holder::Rep(rep) = &c.assignment.as_ref()?.to else { return None };
    Some((rep.clone(), clock.due))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::message::{Delivery, InboundKind};
    use uuid::Uuid;

    fn policy() -> WriteBack {
        let nurture = FollowUp {
            outcome: Outcome::NotInterested,
            after: Span::minutes(90 * 24 * 60),
            words: "Ask again".to_owned(),
        };
        WriteBack { tasks: true, owners: true, follow_ups: vec![nurture], ..WriteBack::default() }
    }

    #[test]
    fn what_is_wanted_is_named_by_the_keys_of_the_file() {
        assert_eq!(WriteBack::default().wanted(), ["log", "outcomes", "opt_outs"]);
        assert_eq!(policy().wanted(), ["log", "outcomes", "tasks", "owners", "opt_outs", "follow_up"]);
        let off = WriteBack { log: false, outcomes: false, opt_outs: false, ..WriteBack::default() };
        assert!(off.is_nothing() && off.wanted().is_empty());
    }

    #[test]
    fn every_fact_wants_what_the_policy_says_and_under_one_name() {
        let (message, maya, at) = (MessageId(Uuid::from_u128(7)), RepId::from("maya"), Timestamp::from_millis(1_000));
        let delivered = |delivery| Event::DeliveryChanged { message, delivery, error: None };
        let named = |event: &Event| -> Vec<String> {
            follows(&policy(), 9, at, event).into_iter().map(|want| want.once).collect()
        };
        let text = format!("text:{message}");
        assert_eq!(named(&Event::Received { message, kind: InboundKind::Text }), [text.as_str()]);
        assert_eq!(named(&delivered(Delivery::Accepted)), [text.as_str()]);
        assert_eq!(named(&delivered(Delivery::Delivered)), [text], "the same name: it is written once");
        assert_eq!(named(&delivered(Delivery::Failed)), [format!("failed:{message}")]);
        assert_eq!(named(&Event::SlaBreached { due: at }), ["missed:9"]);
        let done = |outcome| Event::Done { outcome, by: maya.clone(), meeting: None, note: None };
        assert_eq!(named(&done(Outcome::Meeting)), ["end:9"]);
        assert_eq!(named(&done(Outcome::NotInterested)), ["end:9", "end:9:later:0"]);
        let owned = |source| Event::Owned { owner: Some(maya.clone()), source, after: None };
        assert_eq!(named(&owned(None)), ["owner:9"]);
        assert_eq!(named(&owned(Some(OwnerSource::RoundRobin))), ["owner:9"]);
        assert!(named(&owned(Some(OwnerSource::Contact))).is_empty(), "the CRM said so itself");
        let nothing = WriteBack { log: false, outcomes: false, opt_outs: false, ..WriteBack::default() };
        assert!(nothing.is_nothing() && follows(&nothing, 9, at, &done(Outcome::Meeting)).is_empty());
        assert_eq!(named(&Event::Reopened { by: Some(maya.clone()) }), ["again:9"]);
        assert!(named(&Event::Reopened { by: None }).is_empty(), "the buyer wrote again");
        let later = Wanted::FollowUp { words: "Ask again".to_owned(), due: at + Span::minutes(90 * 24 * 60) };
        assert_eq!(follows(&policy(), 9, at, &done(Outcome::NotInterested))[1].what, later);
    }
    #[test]
    fn an_opt_out_is_written_and_its_end_and_consent_that_was_never_withdrawn_is_not() {
        use crate::domain::consent::{OptOutSource, Scope};
        let number = NumberId(Uuid::from_u128(3));
        let source = OptOutSource::Keyword("stop".to_owned());
        let out = Event::OptedOut { source: source.clone(), scope: Scope::Tenant, said: None, undated: false };
        let back = Event::OptedIn { source, scope: Scope::Tenant, said: None, words: None };
        let named = |policy: &WriteBack, event: &Event, was_out| {
            follows_number(policy, 9, number, event, was_out).map(|want| want.once)
        };
        let usual = WriteBack::default();
        assert_eq!(named(&usual, &out, false).as_deref(), Some("consent:9"));
        assert_eq!(named(&usual, &back, true).as_deref(), Some("consent:9"));
        assert_eq!(named(&usual, &back, false), None, "nothing ends");
        assert_eq!(named(&WriteBack { opt_outs: false, ..usual }, &out, false), None);
    }

    #[test]
    fn a_meeting_gives_way_to_another_while_it_is_ahead_and_nothing_else_does() {
        let at = Timestamp::from_millis(1_000_000);
        let end = |from: Option<Timestamp>| Wanted::Outcome {
            outcome: Outcome::Meeting,
            meeting: from.map(|from| Meeting { from, minutes: 30 }),
            note: None,
        };
        assert!(gives_way(&end(Some(at + Span::minutes(1))), at));
        assert!(!gives_way(&end(Some(at)), at), "it began");
        assert!(!gives_way(&end(None), at) && !gives_way(&Wanted::Reopened, at));
    }

    #[test]
    fn a_policy_of_before_writes_opt_outs_too() {
        let before: WriteBack =
            serde_json::from_str(r#"{"log":true,"outcomes":true,"tasks":false,"owners":false}"#).unwrap();
        assert_eq!(before, WriteBack::default());
        assert!(!serde_json::to_string(&before).unwrap().contains("opt_outs"), "and is written as it was");
    }
}
