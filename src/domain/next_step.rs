//! Enrich: the recommended next step, and why. What is not safe to do speaks first; then the playbook's rules, in order:
//! the first that fits.

use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::asking::heard::Heard;
use super::consent::{ConsentRules, Number, OptOutSource};
use super::context::Card;
use super::conversation::{AnswerState, Conversation, Status};
use super::id::RepId;
use super::interest;
use super::kind::{self, Ground, MessageKind};
use super::message::InboundKind;
use super::time::Timestamp;

pub mod named;
pub mod rules;
pub mod times;

use rules::{Action, Rule};

/// What to do next, and why.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NextStep {
    /// The step, as an imperative.
    pub what: String,
    /// The reason, from what is on the card.
    pub why: String,
    /// The snippet that goes with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snippet: Option<String>,
    /// What one key does about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<Action>,
    /// Set where it asks for no answer: there is nothing to follow.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub rests: bool,
    /// Set where it goes by an earlier text than their last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earlier: Option<Earlier>,
}

/// The text that a step goes by, where others came after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Earlier {
    /// When it came.
    pub at: Timestamp,
    /// Whether a later one asks for something, too: "hello?" does, and so does another question.
    pub asks_more: bool,
}

impl Earlier {
    /// What is said of it behind the reason, with the time as the screen tells times.
    pub fn words(self, time: &str) -> String {
        let later = if self.asks_more { "read the later ones, too" } else { "nothing new asked since" };
        format!("by their text of {time}, {later}")
    }
}

/// A conversation at one moment, as a rule looks at it.
#[derive(Clone, Copy, Debug)]
pub struct Moment<'a> {
    /// The conversation.
    pub c: &'a Conversation,
    /// Its number.
    pub number: &'a Number,
    /// People of the CRM behind it.
    pub cards: &'a [Card],
    /// How far the CRM has spoken of the number: that there are no cards says nothing before it answered.
    pub heard: Heard,
    /// The buyer's text that the step goes by.
    pub text: &'a str,
    /// Set where others came after that text.
    pub earlier: Option<Earlier>,
    /// What kind it is, and how far that carries; nothing leaves both to the guess.
    pub kind: Option<(MessageKind, Ground)>,
    /// Who reads it, when that is known: nobody is told to bring themselves in.
    pub reader: Option<&'a RepId>,
    /// The playbook's rules; none takes the built-in ones.
    pub rules: &'a [Rule],
    /// Now.
    pub now: Timestamp,
    /// By which a time of day is told.
    pub zone: Tz,
}

fn step(what: &str, why: impl Into<String>) -> NextStep {
    NextStep { what: what.to_owned(), why: why.into(), ..NextStep::default() }
}

/// A step that asks for no answer.
fn rest(what: &str, why: impl Into<String>) -> NextStep {
    NextStep { rests: true, ..step(what, why) }
}

/// Recommends a step for a conversation. Says "answer" rather than nothing when no rule knows better.
pub fn recommend(at: &Moment<'_>) -> NextStep {
    if let Some(first) = first(at) {
        return first;
    }
    let kind = kind(at);
    let own = at.rules.iter().find_map(|rule| rule.step(at, kind));
    let said = own.or_else(|| rules::built_in().iter().find_map(|rule| rule.step(at, kind)));
    let said = said.unwrap_or_else(|| {
        let unknown = at.cards.is_empty() && at.heard != Heard::Answered;
        let has_signs = |card: &Card| card.intents.iter().any(|intent| !interest::is_ahead(intent, at.now));
        let is_known = at.cards.iter().any(|card| card.opportunity.is_some() || has_signs(card));
        let why = if unknown {
            at.heard.nobody()
        } else if is_known {
            "no rule says more of this text at this stage"
        } else {
            "no open deal and no recent signal"
        };
        step("Answer, and ask one open question", why)
    });
    NextStep { earlier: at.earlier, ..said }
}

/// What kind of text it is, as far as anything says so. Where nothing spoke there is no kind: "hello again" pleases nobody.
fn kind(at: &Moment<'_>) -> Option<(MessageKind, Ground)> {
    let guess = || {
        // While a clock runs these are the words that it runs for, whatever came after them.
        let read = at.c.last_kind.filter(|_| at.c.clock.is_none()).unwrap_or(InboundKind::Text);
        let judged = kind::judged(read, at.text);
        (judged.kind, judged.ground())
    };
    Some(at.kind.unwrap_or_else(guess)).filter(|(_, ground)| *ground > Ground::Nothing)
}

/// What comes before any rule: what may not be done, what must be seen to first, and what needs nothing.
fn first(at: &Moment<'_>) -> Option<NextStep> {
    let Moment { c, number, cards, .. } = *at;
    if let Some(out) = number.out_for(&ConsentRules::default(), &c.line) {
        return Some(match &out.source {
            OptOutSource::Keyword(word) if ["cancel", "end", "quit"].contains(&word.as_str()) => step(
                "Call or mail: they may mean the meeting",
                format!("“{word}” makes the carrier block texts; they must text START to undo it"),
            ),
            OptOutSource::Keyword(_)
            | OptOutSource::Carrier
            | OptOutSource::Rep(_)
            | OptOutSource::Ruled(_)
            | OptOutSource::Unruled
            | OptOutSource::Api(_)
            | OptOutSource::Import(_) => {
                step("Do not text; use mail or phone if they asked for it", "this number opted out")
            }
        });
    }
    if number.hold.is_some() {
        return Some(step("Rule on the hold (z): no text goes before", "they may have asked for no more texts"));
    }
    if let Status::Done(outcome) = c.status {
        return Some(rest("Nothing to do", format!("it is done: {}", outcome.words())));
    }
    if c.answers.values().any(|a| matches!(a.state, AnswerState::Unknown) && !a.automatic) {
        let what = "Wait: the carrier has not said whether the last text left";
        return Some(rest(what, "sending it again could text twice"));
    }
    if c.answers.values().any(|a| matches!(a.state, AnswerState::Out { delivery, .. } if delivery.is_failure())) {
        return Some(step("Call instead", "the last text did not arrive"));
    }
    if cards.len() > 1 {
        return Some(step("Ask who is writing, and say so (W)", format!("{} people share this number", cards.len())));
    }
    let reacted =
        matches!(c.last_kind, Some(InboundKind::Tapback | InboundKind::Acknowledgement | InboundKind::AutoReply));
    if c.clock.is_none() && c.answered && !reacted {
        if kind(at).is_some_and(|(kind, _)| kind == MessageKind::Negative) {
            let what = "Wait for their word, or finish it: not interested";
            let finish = Some(Action::NotInterested);
            return Some(NextStep { action: finish, ..rest(what, "they said no, and are answered") });
        }
        return Some(rest("Wait for their word", "they are answered, and have not written since"));
    }
    // While a clock runs, an earlier text waits for its answer, whatever came after it.
    match c.last_kind.filter(|_| c.clock.is_none() || c.last_kind == Some(InboundKind::Picture)) {
        Some(InboundKind::Tapback | InboundKind::Acknowledgement) => {
            Some(rest("Nothing to answer; mark it done", "they only acknowledged your text"))
        }
        Some(InboundKind::AutoReply) => Some(rest("Wait for their own words", "a phone answered, not a person")),
        Some(InboundKind::Picture) => Some(step("Look at the picture, then answer", "the text has no words")),
        Some(InboundKind::Text | InboundKind::OptOut | InboundKind::OptIn | InboundKind::Help) | None => None,
    }
}
