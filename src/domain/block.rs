//! A number that sends rubbish. What it texts is kept and read by nobody: no offer, no clock, no alert.
//!
//! **Invariant:** blocking takes no right from the number: a STOP counts all the same, words that may ask for one hold it, and
//! a lead can undo it.

use serde::{Deserialize, Serialize};

use super::command::{Context, ReadSet, Receive};
use super::decide::{Decided, Draft};
use super::event::{Event, Outcome, Review, Subject};
use super::hold;
use super::id::RepId;
use super::message::InboundKind;
use super::rejection::Rejection;
use super::time::Timestamp;
use super::{receive, withdrawal};

/// Who blocked a number, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    /// Since when.
    pub at: Timestamp,
    /// By whom.
    pub by: RepId,
    /// Why.
    pub reason: Why,
}

/// Why a number is blocked. Never in free words: the journal keeps it for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// Advertising, or a machine.
    Spam,
    /// Somebody who wants to be paid, or a password.
    Fraud,
    /// Insults and threats.
    Abuse,
    /// Anything else.
    Other,
}

impl Why {
    /// All, in the order of a screen.
    pub const ALL: [Self; 4] = [Self::Spam, Self::Fraud, Self::Abuse, Self::Other];

    /// As screens say it.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Spam => "spam",
            Self::Fraud => "fraud",
            Self::Abuse => "abuse",
            Self::Other => "another reason",
        }
    }
}

/// Whether nobody hears of what a number texts.
pub(super) fn is_blocked(world: &ReadSet<'_>) -> bool {
    world.number.is_some_and(|n| n.blocked.is_some())
}

/// Nobody hears of the number any more, and nothing waits for it.
pub(super) fn block(mut d: Draft, world: &ReadSet<'_>, by: &RepId, reason: Why) -> Decided {
    if is_blocked(world) {
        return d.facts();
    }
    d.say_of(Subject::Number(d.c.number), Event::Blocked { by: by.clone(), reason });
    withdrawal::silence(&mut d, world, &Review::Blocked);
    put_away(&mut d, by);
    let here = d.c.id;
    for sibling in world.siblings.iter().filter(|s| s.id != here && !s.is_done()) {
        let done = Event::Done { outcome: Outcome::NoAnswerNeeded, by: by.clone(), meeting: None, note: None };
        d.say_of(Subject::Conversation(sibling.id), done);
    }
    d.facts()
}

/// The lead of the team, or an admin, gives it back its voice. Its conversations stay finished until it texts.
pub(super) fn unblock(mut d: Draft, world: &ReadSet<'_>, by: &RepId) -> Result<Decided, Rejection> {
    if !world.playbook.is_admin(by) && !world.playbook.led_by(by).contains(&d.c.team) {
        return Err(Rejection::NotAllowed { needs: "lead".to_owned() });
    }
    if is_blocked(world) {
        d.say_of(Subject::Number(d.c.number), Event::Unblocked { by: by.clone() });
        hold::heard_again(&mut d, world);
    }
    Ok(d.facts())
}

/// A blocked number texted: it is kept, and that is all. Consent is the number's own, blocked or not.
pub(super) fn received(mut d: Draft, world: &ReadSet<'_>, text: &Receive, kind: InboundKind, cx: &Context) -> Decided {
    d.say(Event::Received { message: text.message, kind });
    match kind {
        InboundKind::Text | InboundKind::Picture => {
            hold::place(&mut d, world, text);
        }
        InboundKind::OptOut
        | InboundKind::OptIn
        | InboundKind::Help
        | InboundKind::Tapback
        | InboundKind::Acknowledgement
        | InboundKind::AutoReply => receive::consent(&mut d, world, text, kind),
    }
    if let Some(block) = world.number.and_then(|n| n.blocked.as_ref()).filter(|block| block.at <= cx.now) {
        put_away(&mut d, &block.by);
    }
    d.facts()
}

fn put_away(d: &mut Draft, by: &RepId) {
    if !d.c.is_done() {
        d.say(Event::Done { outcome: Outcome::NoAnswerNeeded, by: by.clone(), meeting: None, note: None });
    }
}
