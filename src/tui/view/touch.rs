//! What happened last between us and them, in words: what, when, and who of us.

use super::context::ago;
use super::paint::Painter;
use crate::domain::context::{Card, Touch};
use crate::tui::model::Model;

/// `call 2 d ago by Ben Sato: walked through the quote`. Whoever is not in the playbook is called as the CRM calls them.
pub(super) fn told(model: &Model, touch: &Touch, p: &Painter<'_>) -> String {
    let who = match &touch.by {
        Some(rep) if Some(rep) == model.me() => " by you".to_owned(),
        Some(rep) => format!(" by {}", model.rep_name(rep)),
        None => String::new(),
    };
    let said = if touch.summary.is_empty() { String::new() } else { format!(": {}", touch.summary) };
    format!("{}{who}{said}", brief(touch, p))
}

/// `call 2 d ago`.
pub(super) fn brief(touch: &Touch, p: &Painter<'_>) -> String {
    format!("{} {}", touch.kind.replace('_', " "), ago(&p.tick.dated_age(touch.at)))
}

/// The last one with anybody of the account, where that is none of the person's own.
pub(super) fn of_account(card: &Card) -> Option<&Touch> {
    let touch = card.account_touch.as_ref()?;
    let same = |own: &Touch| (own.at, &own.kind, &own.summary) == (touch.at, &touch.kind, &touch.summary);
    (!card.last_touch.iter().chain(&card.touches).any(same)).then_some(touch)
}
