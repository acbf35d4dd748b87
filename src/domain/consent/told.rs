//! What a buyer is told by itself about consent: that their STOP was heard, and who we are when they ask HELP.
//!
//! **Invariants:** a STOP is confirmed at most once, within five minutes, and never by two; it is the only text to somebody
//! who opted out. HELP is answered at most once an hour, so that two machines do not talk for ever.

use serde::{Deserialize, Serialize};

use super::judge::{Purpose, Question, may_send};
use super::rules::Replies;
use crate::domain::command::{ReadSet, Receive};
use crate::domain::conversation::{Answer, Conversation};
use crate::domain::decide::Draft;
use crate::domain::event::Event;
use crate::domain::playbook::Playbook;
use crate::domain::time::{Span, Timestamp};

/// How long a STOP may be confirmed (47 CFR 64.1200(a)(12)).
pub const CONFIRMED_WITHIN: Span = Span::minutes(5);

/// How long after an answer to HELP none is given again.
const HELPED_AGAIN: Span = Span::minutes(60);

/// What a text that nobody wrote says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Automatic {
    /// Out of hours: nobody is here.
    #[default]
    Acknowledgement,
    /// Their STOP was heard.
    Confirmation,
    /// Who we are.
    Help,
}

impl Automatic {
    /// Whether it says what it always said.
    pub const fn is_usual(&self) -> bool {
        matches!(self, Self::Acknowledgement)
    }
}

/// What one of them says. An acknowledgement's words depend on the use case; they stand elsewhere.
pub fn words(playbook: &Playbook, what: Automatic) -> Option<String> {
    match what {
        Automatic::Acknowledgement => None,
        Automatic::Confirmation => Some(playbook.consent.confirmation.clone().unwrap_or_else(|| {
            format!(
                "{}: you are opted out and get no more texts from us. Text START to get them again.",
                playbook.company
            )
        })),
        Automatic::Help => playbook.consent.help.clone(),
    }
}

/// A STOP that opted a number out is confirmed where that is ours to do: not what the carrier answered itself, and not what
/// was found too late.
pub(in crate::domain) fn confirm(d: &mut Draft, world: &ReadSet<'_>, text: &Receive) {
    let Some(message) = text.acknowledgement.filter(|_| is_ours(world, text)) else { return };
    if text.sent.is_none_or(|sent| d.now.since(sent) < CONFIRMED_WITHIN) {
        d.say(Event::ToldBuyer { message, what: Automatic::Confirmation, not_before: d.now });
    }
}

/// HELP is answered by the playbook's words, unless the carrier did, or the number opted out.
pub(in crate::domain) fn help(d: &mut Draft, world: &ReadSet<'_>, text: &Receive) {
    let Some(message) = text.acknowledgement.filter(|_| is_ours(world, text)) else { return };
    let lately = d.c.helped.is_some_and(|at| d.now.since(at) < HELPED_AGAIN);
    let found_late = text.sent.is_some_and(|sent| d.now.since(sent) >= CONFIRMED_WITHIN);
    let has_words = world.playbook.consent.help.is_some();
    let asked = Question { purpose: Purpose::Help, ..Question::of(world, &d.c) };
    if has_words && !lately && !found_late && may_send(&asked).may() {
        d.say(Event::ToldBuyer { message, what: Automatic::Help, not_before: d.now });
    }
}

/// What a carrier that answers for us does not know, nobody else would answer. Should it have acted all the same, it refuses
/// ours: there are never two.
fn is_ours(world: &ReadSet<'_>, text: &Receive) -> bool {
    let ours = world.playbook.consent.replies_on(&text.line) == Replies::Us;
    text.opt_out_type.is_none() && (ours || !text.by_carrier)
}

/// Whether one of these may still leave: judged again when it does.
pub(in crate::domain) fn still_fits(c: &Conversation, world: &ReadSet<'_>, answer: &Answer, now: Timestamp) -> bool {
    let purpose = match answer.what {
        Automatic::Confirmation => Purpose::Confirmation,
        Automatic::Help => Purpose::Help,
        Automatic::Acknowledgement => Purpose::Words,
    };
    let asked = Question { purpose, ..Question::of(world, c) };
    // A number that came back meanwhile needs no confirmation of what is over.
    let fits = match answer.what {
        Automatic::Confirmation => world.number.is_some_and(|n| n.out_for(&world.playbook.consent, &c.line).is_some()),
        Automatic::Acknowledgement | Automatic::Help => world.number.is_some(),
    };
    fits && now.since(answer.at) < CONFIRMED_WITHIN && may_send(&asked).may()
}
