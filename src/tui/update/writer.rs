//! Who of several people with one number writes. No text goes by it and no clock moves.

use crate::domain::id::ConversationId;
use crate::domain::time::Timestamp;
use crate::tui::model::Model;
use crate::tui::model::overlay::{Choice, Does, Overlay, Pick};

/// Offers those who share the number.
pub(super) fn ask(model: &mut Model, id: ConversationId, now: Timestamp) {
    let Some(thread) = model.thread_of(id) else { return model.say("Open the conversation first.", now) };
    if thread.sharing.is_empty() {
        return model.say("Nobody is known to share this number.", now);
    }
    let known = thread.cards.len() == 1;
    let mut choices: Vec<Choice> = thread
        .sharing
        .iter()
        .map(|card| {
            let account = card.account.as_ref().map(|account| account.name.as_str());
            let about = [Some(card.title.as_str()), account].into_iter().flatten().filter(|part| !part.is_empty());
            let name = if card.name.trim().is_empty() { card.contact.as_str() } else { card.name.as_str() };
            Choice {
                label: name.to_owned(),
                detail: about.collect::<Vec<_>>().join(", "),
                does: Does::Writer(Some(card.contact.clone())),
            }
        })
        .collect();
    if known {
        let (label, detail) = ("Nobody knows".to_owned(), "it may be any of them".to_owned());
        choices.push(Choice { label, detail, does: Does::Writer(None) });
    }
    let title = "Who of them writes?".to_owned();
    let about = vec![(id, model.seen(id))];
    let pick = Pick::of(title, about, choices);
    model.overlay = Some(Overlay::Pick(pick));
}
