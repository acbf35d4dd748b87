//! Moving in the list, its filter and its window. Only what is called from a key moves the cursor.

use crate::client::handle::Ask;
use crate::domain::conversation::Status;
use crate::domain::id::ConversationId;
use crate::domain::time::Timestamp;
use crate::tui::keymap::Action;
use crate::tui::layout;
use crate::tui::model::list::{Entry, List, Spot, Tab};
use crate::tui::model::{Model, Screen};
use crate::tui::msg::Effect;

/// Moves the cursor by entries; from a place whose conversation is gone, onto what stands there now.
pub(super) fn step(model: &mut Model, by: isize) {
    let inbox = model.inbox.clone();
    let entries = model.list.entries(inbox.as_deref());
    let Some(last) = entries.len().checked_sub(1) else { return };
    let to = match model.list.index(&entries) {
        Some(at) => at.saturating_add_signed(by).min(last),
        None => model.list.place.min(last),
    };
    let spot = entries[to].spot();
    put(&mut model.list, spot, to);
    forget_guest(model);
}

/// Half a page, in entries.
pub(super) fn half_page(model: &Model) -> isize {
    isize::try_from((layout::list_rows(model) / 2).max(1)).unwrap_or(1)
}

/// To the first or last entry.
pub(super) fn ends(model: &mut Model, last: bool) {
    step(model, if last { isize::MAX } else { isize::MIN });
}

fn put(list: &mut List, spot: Spot, at: usize) {
    list.cursor = Some(spot);
    list.place = at;
    list.arrived.remove(&spot.conversation());
}

/// A guest that the cursor left is not listed any more: the place has to be counted anew.
fn forget_guest(model: &mut Model) {
    let entries = model.list.entries(model.inbox.as_deref());
    if let Some(at) = model.list.index(&entries) {
        model.list.place = at;
    }
}

/// Puts the cursor on a conversation, in another inbox if need be.
pub(super) fn go_to(model: &mut Model, id: ConversationId) {
    let me = model.me().cloned();
    if let Some(row) = model.row(id)
        && !model.list.tab.holds(row, me.as_ref())
        && let Some(tab) = Tab::ALL.into_iter().find(|tab| tab.holds(row, me.as_ref()))
    {
        model.list.tab = tab;
    }
    model.list.filter.clear();
    model.list.typing = false;
    let at = {
        let entries = model.list.entries(model.inbox.as_deref());
        entries.iter().position(|e| e.spot() == Spot::Row(id)).unwrap_or(0)
    };
    put(&mut model.list, Spot::Row(id), at);
    forget_guest(model);
    if model.screen == Screen::Conversation {
        super::browse::open(model, id);
    }
}

/// The next inbox.
pub(super) fn turn_tab(model: &mut Model, by: usize) {
    model.screen = Screen::Inbox;
    model.list.tab = model.list.tab.turned(by);
    first(model);
}

/// Puts the cursor on the first entry, without a guest.
pub(super) fn first(model: &mut Model) {
    model.list.cursor = None;
    model.list.place = 0;
    model.list.top = 0;
    step(model, 0);
}

/// The next or previous conversation by how soon an answer is due; from one without a clock, the most urgent.
pub(super) fn urgent(model: &mut Model, back: bool, now: Timestamp) {
    let Some(inbox) = model.inbox.clone() else { return };
    let mut due: Vec<(Timestamp, ConversationId)> = inbox
        .rows
        .iter()
        .filter(|row| row.for_me && row.status == Status::Open)
        .filter_map(|row| Some((row.clock.as_ref()?.due, row.id)))
        .collect();
    due.sort_unstable();
    if due.is_empty() {
        model.say("No answer is due. Well done.", now);
        return;
    }
    let at = model.target().and_then(|id| due.iter().position(|(_, other)| *other == id));
    let to = match (at, back) {
        (None, false) => 0,
        (None, true) => due.len() - 1,
        (Some(at), false) => (at + 1) % due.len(),
        (Some(at), true) => (at + due.len() - 1) % due.len(),
    };
    if due.len() == 1 && at == Some(0) {
        model.say("This is the only one with an answer due.", now);
    }
    go_to(model, due[to].1);
}

/// To the most urgent of what just arrived.
pub(super) fn arrivals(model: &mut Model, now: Timestamp) {
    let newest = model
        .inbox
        .as_ref()
        .and_then(|inbox| inbox.rows.iter().find(|row| model.list.arrived.contains(&row.id)).map(|row| row.id));
    match newest {
        Some(id) => {
            model.list.arrived.remove(&id);
            go_to(model, id);
        }
        None => model.say("Nothing new.", now),
    }
}

/// Marks or unmarks what the cursor is on, and moves down.
pub(super) fn mark(model: &mut Model) {
    if let Some(Spot::Row(id)) = model.list.cursor {
        if !model.list.marked.remove(&id) {
            model.list.marked.insert(id);
        }
        step(model, 1);
    }
}

/// A key while the filter is typed.
pub(super) fn filter_act(model: &mut Model, action: Action, out: &mut Vec<Effect>) {
    if action == Action::Accept {
        model.list.typing = false;
    } else if action == Action::Back {
        clear_filter(model, out);
    } else if action == Action::Down {
        step(model, 1);
    } else if action == Action::Up {
        step(model, -1);
    }
}

/// Shows everything again. The cursor stays where it is; where nothing was found it goes back.
pub(super) fn clear_filter(model: &mut Model, out: &mut Vec<Effect>) {
    model.list.typing = false;
    let searched = !model.list.filter.is_empty();
    model.list.filter.clear();
    model.list.hits = std::sync::Arc::default();
    model.list.found_for.clear();
    if let Some(spot) = model.list.cursor {
        model.list.cursor = Some(Spot::Row(spot.conversation()));
        forget_guest(model);
    } else if searched {
        back(model);
    }
    if searched {
        out.push(Effect::Ask(Ask::Search(String::new())));
    }
}

/// Puts the cursor where it stood before the search; when that is not listed any more, on the first entry.
fn back(model: &mut Model) {
    let from = model.list.searched_from.map(|spot| Spot::Row(spot.conversation()));
    let at = {
        let entries = model.list.entries(model.inbox.as_deref());
        entries.iter().position(|e| Some(e.spot()) == from)
    };
    if let (Some(spot), Some(at)) = (from, at) {
        put(&mut model.list, spot, at);
    } else {
        first(model);
    }
}

/// The filter's words changed: the cursor goes to the first match unless it stands on one.
pub(super) fn filter_changed(model: &mut Model, out: &mut Vec<Effect>) {
    let before = model.list.cursor.take();
    let kept = {
        let entries = model.list.entries(model.inbox.as_deref());
        before.and_then(|spot| entries.iter().position(|e| e.spot() == spot).map(|at| (spot, at)))
    };
    match kept {
        Some((spot, at)) => put(&mut model.list, spot, at),
        None => first(model),
    }
    out.push(Effect::Ask(Ask::Search(model.list.filter.trim().to_owned())));
}

/// Keeps the cursor on screen. A cursor that leaves it comes to the middle: moved line by line, the whole list would be
/// drawn anew for every key that is held at its edge.
pub(super) fn window(model: &mut Model) {
    let rows = layout::list_rows(model).max(1);
    let (at, len) = {
        let entries: Vec<Entry<'_>> = model.list.entries(model.inbox.as_deref());
        (model.list.index(&entries), entries.len())
    };
    if let Some(at) = at.filter(|at| !(model.list.top..model.list.top + rows).contains(at)) {
        model.list.top = at.saturating_sub(rows / 2);
    }
    model.list.top = model.list.top.min(len.saturating_sub(rows));
}
