//! Over a conversation that somebody holds for an owner who is away: who covers for whom until when, and the owner's note.

use super::paint::{Tone, wrapped};
use super::ticker::Ticker;
use crate::client::handle::Row;
use crate::domain::contact::Body;
use crate::domain::routing::Holder;
use crate::tui::model::Model;

/// Rows it takes above the conversation.
pub(super) fn rows(model: &Model, row: &Row, width: u16) -> u16 {
    if row.loan.is_none() {
        return 0;
    }
    u16::try_from(1 + note(model, row, width).len()).unwrap_or(1)
}

/// What it says: one line, then the note.
pub(super) fn lines(model: &Model, row: &Row, width: u16, tick: &Ticker) -> Vec<(String, Tone)> {
    let Some(first) = sentence(model, row, tick) else { return Vec::new() };
    let note = note(model, row, width).into_iter().map(|line| (line, Tone::Note));
    std::iter::once((first, Tone::Warn)).chain(note).collect()
}

/// Who covers for whom, until when.
pub(super) fn sentence(model: &Model, row: &Row, tick: &Ticker) -> Option<String> {
    let of = &row.loan.as_ref()?.of;
    let until = model.presence(of).filter(|presence| presence.away).and_then(|presence| presence.until);
    let until = until.map_or_else(String::new, |at| format!(" until {}", tick.clock_time(at, model.zone())));
    let holder = row.assignment.as_ref().map(|a| &a.to);
    let mine = Some(of) == model.me();
    let by = match holder {
        Some(Holder::Rep(rep)) if Some(rep) == model.me() => {
            return Some(format!("You cover for {}{until}", model.rep_name(of)));
        }
        Some(Holder::Rep(rep)) => model.rep_name(rep),
        Some(Holder::Pool(_)) => "The pool",
        None => "Nobody yet",
    };
    Some(if mine {
        format!("{by} covers while you are away")
    } else {
        format!("{by} covers for {}{until}", model.rep_name(of))
    })
}

/// The owner's note, as much of it as there is room for.
fn note(model: &Model, row: &Row, width: u16) -> Vec<String> {
    let most = match model.size.1 {
        24.. => 2,
        18.. => 1,
        _ => 0,
    };
    let presence = row.loan.as_ref().and_then(|loan| model.presence(&loan.of)).filter(|presence| presence.away);
    let Some(note) = presence.and_then(|presence| presence.note.as_ref()).filter(|note| !note.is_blank()) else {
        return Vec::new();
    };
    let shown = |note: &Body| wrapped(&format!("Note: {}", note.as_str()), width);
    shown(note).into_iter().take(most).collect()
}
