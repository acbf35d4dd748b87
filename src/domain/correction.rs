//! A person says what kind of text it is: the guess is shown no more, and the difference is counted.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::decide::{Decided, Draft};
use super::event::Event;
use super::id::{MessageId, RepId};
use super::kind::{self, Ground, MessageKind};
use super::message::InboundKind;

/// A text of the buyer's, and what a person says it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Corrected {
    /// Which text.
    pub message: MessageId,
    /// Its kind.
    pub kind: MessageKind,
}

/// What a screen showed, and what the person at it says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Told {
    pub(super) message: MessageId,
    pub(super) guess: MessageKind,
    pub(super) kind: MessageKind,
    pub(super) version: u32,
}

/// Takes a correction in. What says nothing new is no fact: twice is the same as once, and agreeing with the guess only
/// takes an earlier correction back.
pub(super) fn correct(mut d: Draft, by: &RepId, told: Told) -> Decided {
    let Told { message, guess, kind, version } = told;
    let shown = d.c.corrected.filter(|before| before.message == message).map_or(guess, |before| before.kind);
    if shown != kind {
        d.say(Event::KindCorrected { message, by: by.clone(), guess, kind, version });
    }
    d.facts()
}

/// What kind of text a screen takes one for, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Which text.
    pub message: MessageId,
    /// The guess.
    pub guess: MessageKind,
    /// What it is taken for: the guess, unless a person knew better.
    pub kind: MessageKind,
    /// How far that carries.
    pub ground: Ground,
    /// What it is taken for it by, in words.
    pub why: String,
}

/// Patterns named beside a guess: what says most.
const NAMED: usize = 2;

/// What kind of text one is taken for. A picture without words is none.
pub fn taken(inbound: InboundKind, message: MessageId, text: &str, said: Option<Corrected>) -> Option<Taken> {
    guessed(inbound, message, text).map(|guess| guess.unless(said))
}

/// What kind of text one is taken for while nobody said otherwise: the costly part, which never changes for a text.
pub fn guessed(inbound: InboundKind, message: MessageId, text: &str) -> Option<Taken> {
    if inbound == InboundKind::Picture || text.trim().is_empty() {
        return None;
    }
    let judged = kind::judged(inbound, text);
    let guess = judged.kind;
    let spoke = judged.reasons.iter().filter(|reason| reason.kind == guess && reason.spoke.weight > 0);
    let spoke: Vec<_> = spoke.take(NAMED).map(|reason| reason.spoke.pattern.as_str()).collect();
    let why = if spoke.is_empty() {
        "nothing in it speaks for another".to_owned()
    } else if judged.is_sure() {
        spoke.join("; ")
    } else {
        format!("perhaps: {}", spoke.join("; "))
    };
    Some(Taken { message, guess, kind: guess, ground: judged.ground(), why })
}

impl Taken {
    /// What a person said of this very text counts more.
    #[must_use]
    pub fn unless(self, said: Option<Corrected>) -> Self {
        match said.filter(|said| said.message == self.message) {
            Some(said) => Self { kind: said.kind, ground: Ground::Sure, why: "a person said so".to_owned(), ..self },
            None => self,
        }
    }
}

/// Corrections counted: guess and truth of each text, as the last person to speak of it said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Corrections {
    of: BTreeMap<MessageId, (MessageKind, MessageKind)>,
}

impl Corrections {
    /// Takes in one fact; most are about other things.
    pub fn take_in(&mut self, event: &Event) {
        if let Event::KindCorrected { message, guess, kind, .. } = event {
            self.of.insert(*message, (*guess, *kind));
        }
    }

    /// How often each guess should have been another kind, most often first. What was taken back is not counted.
    pub fn counted(&self) -> Vec<(MessageKind, MessageKind, u64)> {
        let mut counts: BTreeMap<(MessageKind, MessageKind), u64> = BTreeMap::new();
        for both in self.of.values().filter(|(guess, kind)| guess != kind) {
            *counts.entry(*both).or_default() += 1;
        }
        let mut counted: Vec<_> = counts.into_iter().map(|((guess, kind), count)| (guess, kind, count)).collect();
        counted.sort_by_key(|(guess, kind, count)| (std::cmp::Reverse(*count), *guess, *kind));
        counted
    }
}
