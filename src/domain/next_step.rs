//! Enrich: the recommended next step, and why. Rules in order; the first that fits speaks.

use serde::{Deserialize, Serialize};

use super::consent::{ConsentRules, Number, OptOutSource};
use super::context::Card;
use super::conversation::{AnswerState, Conversation};
use super::message::InboundKind;

/// What to do next, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NextStep {
    /// The step, as an imperative.
    pub what: String,
    /// The reason, from what is on the card.
    pub why: String,
}

fn step(what: &str, why: impl Into<String>) -> NextStep {
    NextStep { what: what.to_owned(), why: why.into() }
}

/// Recommends a step for a conversation. Says "answer" rather than nothing when no rule knows better.
pub fn recommend(c: &Conversation, number: &Number, cards: &[Card], last_text: &str) -> NextStep {
    if let Some(out) = number.out_for(&ConsentRules::default(), &c.line) {
        return match &out.source {
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
        };
    }
    if number.hold.is_some() {
        return step("Rule on the hold (z): no text goes before", "they may have asked for no more texts");
    }
    if c.answers.values().any(|a| matches!(a.state, AnswerState::Unknown) && !a.automatic) {
        return step("Wait: the carrier has not said whether the last text left", "sending it again could text twice");
    }
    if c.answers.values().any(|a| matches!(a.state, AnswerState::Out { delivery, .. } if delivery.is_failure())) {
        return step("Call instead", "the last text did not arrive");
    }
    if cards.len() > 1 {
        return step("Ask who is writing", format!("{} people share this number", cards.len()));
    }
    // While a clock runs, an earlier text waits for its answer, whatever came after it.
    match c.last_kind.filter(|_| c.clock.is_none() || c.last_kind == Some(InboundKind::Picture)) {
        Some(InboundKind::Tapback | InboundKind::Acknowledgement) => {
            return step("Nothing to answer; mark it done", "they only acknowledged your text");
        }
        Some(InboundKind::AutoReply) => return step("Wait for their own words", "a phone answered, not a person"),
        Some(InboundKind::Picture) => return step("Look at the picture, then answer", "the text has no words"),
        _ => {}
    }
    let lower = last_text.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|w| lower.contains(w));
    let Some(card) = cards.first() else {
        return step("Ask for name and company", "the CRM does not know this number");
    };
    if says(&["price", "pricing", "cost", "quote", "discount", "budget", "precio"]) {
        let why = match card.intents.iter().find(|i| i.kind.contains("pricing") || i.kind.contains("quote")) {
            Some(intent) => format!("they ask about price; recently: {}", intent.detail),
            None => "they ask about price".to_owned(),
        };
        return step("Answer the price question and offer a call today", why);
    }
    if says(&["contract", "msa", "legal", "redline", "signature", "sign "]) {
        return step("Confirm the contract point; loop in legal if it is new", "they ask about the contract");
    }
    let meeting = c.use_case.contains("meeting");
    if meeting
        || says(&["meet", "calendar", "reschedule", "tomorrow", "monday", "tuesday", "wednesday", "thursday", "friday"])
    {
        return step("Offer two concrete times", "they are arranging a meeting");
    }
    if let Some(o) = &card.opportunity {
        let stage = o.stage.to_lowercase();
        if ["negotiation", "proposal", "contract"].iter().any(|s| stage.contains(s)) {
            return step("Answer now and agree the next date", format!("late stage: {}", o.stage));
        }
    }
    if let Some(intent) = card.intents.first() {
        return step("Answer and pick up their interest", format!("recently: {}", intent.detail));
    }
    step("Answer, and ask one open question", "no open deal and no recent signal")
}
