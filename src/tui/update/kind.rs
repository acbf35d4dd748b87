//! What kind of text the buyer's last one is: the guess put right. Nothing is sent and no clock moves by it.

use crate::domain::id::ConversationId;
use crate::domain::kind::MessageKind;
use crate::domain::time::Timestamp;
use crate::tui::model::Model;
use crate::tui::model::overlay::{Choice, Does, Overlay, Pick};

/// What each kind is, for whoever chooses.
const fn meaning(kind: MessageKind) -> &'static str {
    match kind {
        MessageKind::Scheduling => "when or where to meet or talk",
        MessageKind::Pricing => "what it costs, or another price",
        MessageKind::Objection => "a reason against, or not now",
        MessageKind::Question => "any other question or request",
        MessageKind::Positive => "yes, thanks, a plain answer",
        MessageKind::Negative => "no: it is over",
        MessageKind::WrongPerson => "not who we think, or not who decides",
        MessageKind::Automatic => "nobody typed it for us",
    }
}

/// In the order of how often they are the truth.
const OFFERED: [MessageKind; 8] = [
    MessageKind::Scheduling,
    MessageKind::Pricing,
    MessageKind::Objection,
    MessageKind::Question,
    MessageKind::Positive,
    MessageKind::Negative,
    MessageKind::WrongPerson,
    MessageKind::Automatic,
];

/// Offers the eight kinds for the buyer's last text.
pub(super) fn ask(model: &mut Model, id: ConversationId, now: Timestamp) {
    let Some(taken) = model.thread_of(id).and_then(|thread| thread.kind.clone()) else {
        return model.say("There is no text here whose kind could be told.", now);
    };
    let (message, guess) = (taken.message, taken.guess);
    let choices = OFFERED.map(|kind| Choice {
        label: kind.word().to_owned(),
        detail: meaning(kind).to_owned(),
        does: Does::Kind { message, guess, kind },
    });
    let title = format!("What kind of text is it? Taken for: {}", taken.kind.word());
    let about = vec![(id, model.seen(id))];
    let pick = Pick::of(title, about, choices.into());
    model.overlay = Some(Overlay::Pick(pick));
}
