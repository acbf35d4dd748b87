//! May this text go? One pure function, asked by `decide` when a rep writes, again in the transaction that moves the text
//! to `sending`, and by the screen before a word is typed.

use super::number::{Number, OptOut};
use super::rules::{ConsentRules, EvidenceRule};
use crate::domain::command::ReadSet;
use crate::domain::conversation::Conversation;
use crate::domain::event::Review;
use crate::domain::id::LineId;
use crate::domain::playbook::Playbook;
use crate::domain::time::Timestamp;

/// What the text is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Purpose {
    /// Words to the buyer, by a person or by the playbook.
    #[default]
    Words,
    /// The one text that confirms a STOP: it goes because they opted out.
    Confirmation,
    /// Who we are, to whoever just asked: asking is consent to that.
    Help,
}

/// Everything the answer depends on.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The policy.
    pub playbook: &'a Playbook,
    /// What stands of the buyer's number; nothing where it is not at hand.
    pub number: Option<&'a Number>,
    /// From which line.
    pub line: &'a LineId,
    /// When the buyer last wrote in this conversation.
    pub wrote: Option<Timestamp>,
    /// What the text is.
    pub purpose: Purpose,
}

impl<'a> Question<'a> {
    /// May words go to the buyer of this conversation?
    pub fn of(world: &ReadSet<'a>, c: &'a Conversation) -> Self {
        let (playbook, number) = (world.playbook, world.number);
        Self { playbook, number, line: &c.line, wrote: c.wrote(), purpose: Purpose::Words }
    }
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// What speaks against it, in the order people are told; nothing lets it go.
    pub against: Vec<Review>,
    /// What the text rests on.
    pub ground: Ground,
}

/// What a text rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ground {
    /// The buyer wrote here first, last at this time.
    TheyWrote(Timestamp),
    /// Consent is on record since then.
    Evidence(Timestamp),
    /// Nothing is known.
    Nothing,
}

impl Verdict {
    /// Whether it may go as it is.
    pub const fn may(&self) -> bool {
        self.against.is_empty()
    }

    /// What speaks against it and cannot be accepted away.
    pub fn finally(&self, playbook: &Playbook) -> Vec<Review> {
        self.against.iter().filter(|reason| is_final(playbook, reason)).cloned().collect()
    }
}

/// May this text go, as far as consent is concerned?
pub fn may_send(asked: &Question<'_>) -> Verdict {
    let rules = &asked.playbook.consent;
    let ground = ground(asked, rules);
    if asked.purpose == Purpose::Confirmation {
        return Verdict { against: Vec::new(), ground };
    }
    let mut against = Vec::new();
    if out_for(asked.number, rules, asked.line).is_some() {
        against.push(Review::OptedOut);
    }
    if asked.number.is_some_and(|number| number.hold.is_some()) {
        against.push(Review::OptOutHold);
    }
    let asks_evidence = rules.evidence != EvidenceRule::Optional && asked.purpose != Purpose::Help;
    if asks_evidence && ground == Ground::Nothing && asked.number.is_some() {
        against.push(Review::NoEvidence);
    }
    Verdict { against, ground }
}

/// Whether no person can accept this reason away.
pub fn is_final(playbook: &Playbook, reason: &Review) -> bool {
    let asked = *reason == Review::NoEvidence && playbook.consent.evidence == EvidenceRule::Required;
    asked || !reason.can_be_accepted()
}

/// The opt-out that keeps texts of a line back.
fn out_for<'a>(number: Option<&'a Number>, rules: &ConsentRules, line: &LineId) -> Option<&'a OptOut> {
    number.and_then(|number| number.out_for(rules, line))
}

/// A text of the buyer's own is consent to its answer; else what is on record.
fn ground(asked: &Question<'_>, rules: &ConsentRules) -> Ground {
    if let Some(at) = asked.wrote {
        return Ground::TheyWrote(at);
    }
    let found = asked.number.and_then(|number| number.evidence_for(rules, asked.line));
    found.map_or(Ground::Nothing, |evidence| Ground::Evidence(evidence.at))
}
