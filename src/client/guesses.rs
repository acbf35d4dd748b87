//! What kind of text the buyer's last one is taken for. Words are judged once: an open conversation is drawn anew with
//! every change of it, and its text stays.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::handle::ThreadMessage;
use crate::domain::contact::Body;
use crate::domain::conversation::Conversation;
use crate::domain::correction::{self, Taken};
use crate::domain::id::MessageId;
use crate::wire::changes::Author;

/// Guesses kept; then it begins anew.
const KEPT: usize = 1_000;

thread_local! {
    static GUESSES: RefCell<BTreeMap<MessageId, (Body, Option<Taken>)>> = const { RefCell::new(BTreeMap::new()) };
}

/// The kind that a text is taken for, or that a person said it is; nothing of what is no buyer's, or has no words.
pub(super) fn of(last: &ThreadMessage, c: &Conversation) -> Option<Taken> {
    let Author::Buyer(inbound) = last.message.author else { return None };
    let body = last.message.body.as_ref()?;
    let id = last.message.id;
    let guess = GUESSES.with_borrow_mut(|known| {
        if known.len() >= KEPT {
            known.clear();
        }
        match known.get(&id) {
            Some((judged, guess)) if judged == body => guess.clone(),
            Some(_) | None => {
                let guess = correction::guessed(inbound, id, body.as_str());
                known.insert(id, (body.clone(), guess.clone()));
                guess
            }
        }
    });
    guess.map(|guess| guess.unless(c.corrected))
}
