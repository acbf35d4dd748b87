//! From a buyer's reply to whatever a rep made of it: what outcomes are counted by.
//!
//! An *exchange* begins with a reply that asks for an answer while none is under way, and ends when a rep says how: a
//! meeting, not now, nobody to talk to. More replies meanwhile are part of it. What a buyer writes after its end begins
//! the next one. It is known by the entry of its first reply, and its cohort, team, rep and SLA adherence are that
//! reply's.

use serde::{Deserialize, Serialize};

use super::fold::Facts;
use super::reply::Standing;
use crate::domain::event::Outcome;
use crate::domain::id::{ConversationId, RepId};
use crate::domain::time::Timestamp;

/// An exchange as far as it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// The entry that started the clock of its first reply.
    pub seq: u64,
    /// Where.
    pub conversation: ConversationId,
    /// How it ended, when, and who said so; nothing while it is under way.
    pub end: Option<(Timestamp, Outcome, RepId)>,
}

/// What the fold keeps of a conversation's newest exchange.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnderWay {
    /// Its first reply.
    seq: u64,
    /// How a rep ended it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    end: Option<(Timestamp, Outcome, RepId)>,
    /// The buyer wrote since then.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    again: bool,
}

impl UnderWay {
    fn tell(&self, conversation: ConversationId, facts: &mut Facts) {
        facts.exchanges.insert(self.seq, Some(Exchange { seq: self.seq, conversation, end: self.end.clone() }));
    }

    /// A clock started.
    pub(super) fn clocked(of: &mut Option<Self>, seq: u64, conversation: ConversationId, facts: &mut Facts) {
        if of.as_ref().is_none_or(|known| known.end.is_some()) {
            of.insert(Self { seq, end: None, again: false }).tell(conversation, facts);
        }
    }

    /// A clock that had stopped runs again, perhaps in place of a later one, which is no reply any more.
    pub(super) fn rearmed(
        of: &mut Option<Self>,
        seq: u64,
        later: Option<u64>,
        conversation: ConversationId,
        facts: &mut Facts,
    ) {
        let Some(known) = of.as_mut() else { return Self::clocked(of, seq, conversation, facts) };
        if later.is_some_and(|later| later == known.seq) {
            facts.exchanges.insert(known.seq, None);
            known.seq = seq;
            known.tell(conversation, facts);
        } else if known.end.is_some() && known.again {
            (known.end, known.again) = (None, false);
            known.tell(conversation, facts);
        }
    }

    /// A rep says how it ended. Said again, the newest word counts; but what a buyer writes that asks for no answer ("👍")
    /// takes nothing back, whatever is said of it, unless that is a meeting.
    pub(super) fn done(
        &mut self,
        at: Timestamp,
        (outcome, by): (Outcome, &RepId),
        conversation: ConversationId,
        facts: &mut Facts,
    ) {
        if self.end.is_some() && self.again && outcome != Outcome::Meeting {
            return;
        }
        (self.end, self.again) = (Some((at, outcome, by.clone())), false);
        self.tell(conversation, facts);
    }

    /// Something is to be done again: because the buyer wrote, or because a rep took the end back.
    pub(super) fn reopened(&mut self, by_rep: bool, conversation: ConversationId, facts: &mut Facts) {
        if by_rep && !self.again {
            self.end = None;
            self.tell(conversation, facts);
        } else {
            self.again = true;
        }
    }
}

/// SLA adherence: how an exchange's first reply was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Adherence {
    /// In time.
    Met,
    /// It fell due unanswered.
    Missed,
    /// It waits in time, or no answer was needed any more before it was due.
    Unjudged,
}

impl Adherence {
    /// Each.
    pub const ALL: [Self; 3] = [Self::Met, Self::Missed, Self::Unjudged];

    /// Of a reply that stands so.
    pub const fn of(standing: Standing) -> Self {
        match standing {
            Standing::InTime => Self::Met,
            Standing::Late | Standing::Overdue | Standing::DroppedLate => Self::Missed,
            Standing::Running | Standing::Dropped => Self::Unjudged,
        }
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::Missed => "missed",
            Self::Unjudged => "unjudged",
        }
    }

    /// The one with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|adherence| adherence.name() == name)
    }

    /// As people say it.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Met => "in time",
            Self::Missed => "missed",
            Self::Unjudged => "not judged",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is told of an exchange: its end, or `under way`; nothing of one that there is not.
    fn told(facts: &Facts, seq: u64) -> Option<&'static str> {
        let told = facts.exchanges.get(&seq)?.as_ref()?;
        Some(told.end.as_ref().map_or("under way", |end| end.1.words()))
    }

    #[test]
    fn an_exchange_ends_as_the_rep_says_and_a_thumb_takes_nothing_back() {
        let (c, maya, at) = (ConversationId(uuid::Uuid::from_u128(1)), RepId::from("maya"), Timestamp::from_millis(5));
        let (mut of, mut facts) = (None, Facts::default());
        UnderWay::clocked(&mut of, 4, c, &mut facts);
        // More replies meanwhile are part of it.
        UnderWay::clocked(&mut of, 9, c, &mut facts);
        assert_eq!((told(&facts, 4), told(&facts, 9)), (Some("under way"), None));
        let end = |of: &mut Option<UnderWay>, outcome, facts: &mut Facts| {
            of.as_mut().unwrap().done(at, (outcome, &maya), c, facts);
        };
        end(&mut of, Outcome::Texted, &mut facts);
        end(&mut of, Outcome::Meeting, &mut facts);
        assert_eq!(told(&facts, 4), Some(Outcome::Meeting.words()), "the newest word counts");
        of.as_mut().unwrap().reopened(false, c, &mut facts);
        end(&mut of, Outcome::NoAnswerNeeded, &mut facts);
        assert_eq!(told(&facts, 4), Some(Outcome::Meeting.words()));
        UnderWay::clocked(&mut of, 20, c, &mut facts);
        assert_eq!(told(&facts, 20), Some("under way"), "what the buyer asks then is the next one");
        end(&mut of, Outcome::Nurture, &mut facts);
        of.as_mut().unwrap().reopened(true, c, &mut facts);
        assert_eq!(told(&facts, 20), Some("under way"), "a rep took it back");
    }

    #[test]
    fn an_exchange_whose_reply_is_none_any_more_goes_on_as_the_earlier_one() {
        let (c, maya, at) = (ConversationId(uuid::Uuid::from_u128(1)), RepId::from("maya"), Timestamp::from_millis(5));
        let (mut of, mut facts) = (None, Facts::default());
        UnderWay::clocked(&mut of, 4, c, &mut facts);
        of.as_mut().unwrap().done(at, (Outcome::Texted, &maya), c, &mut facts);
        of.as_mut().unwrap().reopened(false, c, &mut facts);
        UnderWay::clocked(&mut of, 9, c, &mut facts);
        UnderWay::rearmed(&mut of, 4, Some(9), c, &mut facts);
        assert_eq!((told(&facts, 4), facts.exchanges.get(&9)), (Some("under way"), Some(&None)));
    }
}
