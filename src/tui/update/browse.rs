//! Keys where conversations are looked at: the list, one conversation, the outbox.

use super::{
    act, away, begin, block, choices, composer, kind, list, measure, next_step, outbox, people, when, while_away,
    writer,
};
use crate::client::handle::Ask;
use crate::domain::id::ConversationId;
use crate::domain::measure::ReportName;
use crate::domain::time::Timestamp;
use crate::tui::keymap::{Action, Context};
use crate::tui::layout;
use crate::tui::model::list::Spot;
use crate::tui::model::overlay::Overlay;
use crate::tui::model::when::When;
use crate::tui::model::{Model, RESTS_AFTER, RUN_WITHIN, Screen};
use crate::tui::msg::Effect;

/// Does an action that needs no text.
pub(super) fn act(model: &mut Model, action: Action, now: Timestamp, out: &mut Vec<Effect>) {
    if matches!(action, Action::Down | Action::Up | Action::HalfDown | Action::HalfUp) {
        let run = model.moved.is_some_and(|at| now < at + model.real_millis(RUN_WITHIN));
        model.running = run.then(|| now + model.real_millis(RESTS_AFTER));
        model.moved = Some(now);
    } else {
        // Any other key is about the conversation the cursor is on: it is opened at once.
        model.running = None;
    }
    match action {
        Action::Down => step(model, 1, now, out),
        Action::Up => step(model, -1, now, out),
        Action::HalfDown => step(model, half_page(model), now, out),
        Action::HalfUp => step(model, -half_page(model), now, out),
        Action::Top => ends(model, false, now, out),
        Action::Bottom => ends(model, true, now, out),
        Action::Open if model.screen == Screen::People => people::open(model, now),
        Action::Open if model.screen == Screen::Measure => measure::open(model, now, out),
        Action::Open => match model.target() {
            Some(id) => open(model, id),
            None => nothing_there(model, now),
        },
        Action::Back | Action::Quit => back(model, action == Action::Quit, out),
        Action::NextInbox if model.screen == Screen::Measure => measure::turn(model, 1),
        Action::PreviousInbox if model.screen == Screen::Measure => measure::turn(model, -1),
        Action::NextInbox => list::turn_tab(model, 1),
        Action::PreviousInbox => list::turn_tab(model, 4),
        Action::NextUrgent => list::urgent(model, false, now),
        Action::PreviousUrgent => list::urgent(model, true, now),
        Action::Arrivals => list::arrivals(model, now),
        Action::Filter => {
            if model.list.filter.is_empty() {
                model.list.searched_from = model.list.cursor;
            }
            model.list.typing = true;
            model.screen = Screen::Inbox;
        }
        Action::Palette => {
            let context = model.context();
            model.overlay = Some(Overlay::Palette { words: String::new(), at: 0, context });
        }
        Action::Help => model.overlay = Some(Overlay::Help { words: String::new(), top: 0 }),
        Action::Away => away::key(model, now, out),
        Action::People => people::show(model, now),
        Action::Shift => people::shift_key(model, now),
        Action::OnCallAt => when::ask(model, When::OnCall, now),
        Action::WhileAway => while_away::show(model, now, out),
        Action::Outbox => outbox::show(model),
        Action::Measure => measure::show(model, out),
        Action::Left => measure::sideways(model, -1),
        Action::Right => measure::sideways(model, 1),
        Action::NextReport => measure::next_report(model, 1, out),
        Action::PreviousReport => measure::next_report(model, ReportName::ALL.len() - 1, out),
        Action::Rows => measure::next_rows(model, now, out),
        Action::Longer => measure::period(model, 1, now, out),
        Action::Shorter => measure::period(model, -1, now, out),
        Action::SyncNow => {
            if model.screen == Screen::Measure {
                measure::ask(model, out);
            }
            out.push(Effect::Ask(Ask::SyncNow));
            model.say("Syncing…", now);
        }
        Action::Select => list::mark(model),
        Action::Reply | Action::Undo if model.screen == Screen::Outbox => outbox::edit(model, now, out),
        Action::Done if model.screen == Screen::Outbox => outbox::rule(model, true, now),
        Action::Rule if model.screen == Screen::Outbox => outbox::rule(model, false, now),
        Action::Reply => with_target(model, now, out, |model, id, now, _| composer::reply(model, id, now)),
        Action::Note => with_target(model, now, out, |model, id, _, _| composer::note(model, id)),
        Action::Take => with_target(model, now, out, act::take),
        Action::Assign => choices::assign(model, now),
        Action::Snooze => choices::snooze(model, now),
        Action::Done => choices::done(model, now),
        Action::Escalate => with_target(model, now, out, act::escalate),
        Action::Undo => with_target(model, now, out, act::undo),
        Action::FollowStep => with_target(model, now, out, next_step::follow),
        Action::MeetingLink => {
            with_target(model, now, out, |model, id, now, _| next_step::meeting_link(model, id, now));
        }
        Action::ProposeTimes => {
            with_target(model, now, out, |model, id, now, _| next_step::propose_times(model, id, now));
        }
        Action::LoopIn => with_target(model, now, out, |model, id, now, _| next_step::loop_in(model, id, now)),
        Action::NotInterested => with_target(model, now, out, next_step::not_interested),
        Action::Why => with_target(model, now, out, |model, about, _, _| {
            model.overlay = Some(Overlay::Why { about, top: 0 });
        }),
        Action::Card => with_target(model, now, out, |model, about, _, _| {
            open(model, about);
            model.overlay = Some(Overlay::Card { about, top: 0 });
        }),
        Action::Rule => with_target(model, now, out, |model, id, now, _| outbox::rule_in(model, id, now)),
        Action::Kind => with_target(model, now, out, |model, id, now, _| kind::ask(model, id, now)),
        Action::Writer => with_target(model, now, out, |model, id, now, _| writer::ask(model, id, now)),
        Action::OptOut => with_target(model, now, out, |model, id, now, _| choices::opt_out(model, id, now)),
        Action::Begin => begin::number(model),
        Action::Block => with_target(model, now, out, |model, id, _, _| block::ask(model, id)),
        Action::Blocked => block::list(model, now),
        Action::OpenRecord => with_target(model, now, out, act::record),
        Action::Copy => with_target(model, now, out, |model, id, _, _| choices::copy(model, id)),
        Action::Redraw
        | Action::Suspend
        | Action::Exit
        | Action::Send
        | Action::Newline
        | Action::Later
        | Action::Editor
        | Action::NextField
        | Action::Cheapen
        | Action::Accept => {}
    }
}

/// Runs an action of the palette where the palette was opened.
pub(super) fn from_palette(model: &mut Model, context: Context, action: Action, now: Timestamp, out: &mut Vec<Effect>) {
    super::keys::perform(model, context, action, now, out);
}

fn with_target(
    model: &mut Model,
    now: Timestamp,
    out: &mut Vec<Effect>,
    then: impl FnOnce(&mut Model, ConversationId, Timestamp, &mut Vec<Effect>),
) {
    match model.target() {
        Some(id) if model.row(id).is_some() => then(model, id, now, out),
        Some(_) | None => nothing_there(model, now),
    }
}

fn nothing_there(model: &mut Model, now: Timestamp) {
    let rows = !model.list.entries(model.inbox.as_deref()).is_empty();
    if rows && model.list.cursor.is_none() {
        model.say("What the cursor was on is gone; j goes to the next.", now);
    } else {
        model.say("There is no conversation here.", now);
    }
}

/// Opens a conversation, with the keys on it.
pub(super) fn open(model: &mut Model, id: ConversationId) {
    model.screen = Screen::Conversation;
    model.pinned = Some(id);
    if model.list.cursor.map(Spot::conversation) != Some(id) {
        model.list.cursor = Some(Spot::Row(id));
    }
    model.list.arrived.remove(&id);
    model.scroll = 0;
}

fn back(model: &mut Model, may_quit: bool, out: &mut Vec<Effect>) {
    let from_number = model.measure.left_for.is_some() && model.measure.left_for == model.pinned;
    match model.screen {
        Screen::Measure if model.measure.opened.is_some() => model.measure.opened = None,
        // What was opened from a number is left to it.
        Screen::Conversation if from_number => {
            model.measure.left_for = None;
            model.screen = Screen::Measure;
            model.scroll = 0;
        }
        Screen::Conversation | Screen::Outbox | Screen::People | Screen::WhileAway | Screen::Measure => {
            model.screen = Screen::Inbox;
            model.scroll = 0;
        }
        Screen::Inbox if !model.list.marked.is_empty() => model.list.marked.clear(),
        Screen::Inbox if !model.list.filter.is_empty() => list::clear_filter(model, out),
        Screen::Inbox if may_quit => super::leave(model, out),
        Screen::Inbox => {}
    }
}

fn half_page(model: &Model) -> isize {
    match model.screen {
        Screen::Inbox | Screen::Outbox | Screen::People | Screen::WhileAway | Screen::Measure => list::half_page(model),
        Screen::Conversation => isize::try_from(model.size.1 / 2).unwrap_or(1),
    }
}

fn step(model: &mut Model, by: isize, now: Timestamp, out: &mut Vec<Effect>) {
    match model.screen {
        Screen::Inbox => list::step(model, by),
        Screen::Outbox => outbox::step(model, by),
        Screen::People => people::step(model, by, now),
        Screen::WhileAway => while_away::step(model, by),
        Screen::Measure => measure::step(model, by),
        // Down is towards the newest text, which is the end that `scroll` counts from.
        Screen::Conversation => scroll(model, model.scroll.saturating_add_signed(by.saturating_neg()), out),
    }
}

fn ends(model: &mut Model, last: bool, now: Timestamp, out: &mut Vec<Effect>) {
    let far = if last { isize::MAX } else { isize::MIN };
    match model.screen {
        Screen::Inbox => list::ends(model, last),
        Screen::Outbox => outbox::step(model, far),
        Screen::People => people::step(model, far, now),
        Screen::WhileAway => while_away::step(model, far),
        Screen::Measure => measure::step(model, far),
        Screen::Conversation => scroll(model, if last { 0 } else { usize::MAX }, out),
    }
}

/// Scrolls the conversation; past its first text it asks for the ones before.
fn scroll(model: &mut Model, to: usize, out: &mut Vec<Effect>) {
    if to > layout::conversation_overflow(model)
        && let Some(id) = model.pinned
        && model.thread_of(id).and_then(|t| t.older).is_some_and(|older| !older.asked)
    {
        out.push(Effect::Ask(Ask::Older(id)));
    }
    model.scroll = to;
}
