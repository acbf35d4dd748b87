//! The hand-over: what happened while this person was away. It opens by itself once, after a return.

use crate::client::handle::{Ask, WhileAway};
use crate::domain::id::ConversationId;
use crate::domain::time::Timestamp;
use crate::tui::model::{Model, Screen};
use crate::tui::msg::Effect;

fn told(model: &Model) -> Option<&WhileAway> {
    model.inbox.as_ref()?.while_away.as_ref()
}

/// Shows it, on what is due first.
pub(super) fn show(model: &mut Model, now: Timestamp, out: &mut Vec<Effect>) {
    let Some(told) = told(model) else {
        return model.say("You were not away, as far as this terminal knows.", now);
    };
    let (first, unread) = (told.changes.first().map(|change| change.id), told.ended.is_some() && !told.read);
    // What is looked at while it lasts is no hand-over yet.
    let handed_over = told.ended.map(|_| told.since).or(model.handed_over);
    model.handed_over = handed_over;
    model.screen = Screen::WhileAway;
    model.handed = first;
    if unread {
        out.push(Effect::Ask(Ask::ReadWhileAway));
    }
}

/// Shows it by itself: once for each absence that ended and in which something changed, and never under a hand that is
/// at something else.
pub(super) fn offer(model: &mut Model, out: &mut Vec<Effect>) {
    let busy = model.overlay.is_some()
        || model.composer.is_some()
        || model.list.typing
        || model.prefix.is_some()
        || model.screen != Screen::Inbox;
    let Some(told) = told(model).filter(|told| told.ended.is_some() && !told.read && !told.changes.is_empty()) else {
        return;
    };
    if busy || model.handed_over == Some(told.since) {
        return;
    }
    show(model, Timestamp::MIN, out);
}

/// Moves the cursor; from what is gone, to the first.
pub(super) fn step(model: &mut Model, by: isize) {
    let ids: Vec<ConversationId> =
        told(model).map(|told| told.changes.iter().map(|change| change.id).collect()).unwrap_or_default();
    let Some(last) = ids.len().checked_sub(1) else { return };
    let at = model.handed.and_then(|handed| ids.iter().position(|id| *id == handed));
    let to = at.map_or(0, |at| at.saturating_add_signed(by).min(last));
    model.handed = ids.get(to).copied();
}
