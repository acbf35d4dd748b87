//! Keys about people: away and back, who is here, whose shift it is.

use super::{away, list, shift, when};
use crate::client::handle::Ask;
use crate::domain::command::Command;
use crate::domain::id::ScheduleId;
use crate::domain::time::Timestamp;
use crate::tui::model::list::Tab;
use crate::tui::model::overlay::{Choice, Overlay, People, Pick};
use crate::tui::model::people::{self, Line, Spot};
use crate::tui::model::when::When;
use crate::tui::model::{Model, Screen};
use crate::tui::msg::Effect;

/// Shows who is here, on the first of them.
pub(super) fn show(model: &mut Model, now: Timestamp) {
    if model.inbox.as_ref().is_none_or(|inbox| inbox.playbook.is_none()) {
        return model.say("The list of colleagues has not arrived yet.", now);
    }
    model.screen = Screen::People;
    if model.person.is_none() {
        step(model, 0, now);
    }
}

/// Moves the cursor; from whom is gone, to the first.
pub(super) fn step(model: &mut Model, by: isize, now: Timestamp) {
    let spots = spots(model, now);
    let Some(last) = spots.len().checked_sub(1) else { return };
    let at = model.person.as_ref().and_then(|person| spots.iter().position(|spot| spot == person));
    let to = at.map_or(0, |at| at.saturating_add_signed(by).min(last));
    model.person = spots.get(to).cloned();
}

fn spots(model: &Model, now: Timestamp) -> Vec<Spot> {
    let lines = model.inbox.as_deref().map(|inbox| people::board(inbox, now)).unwrap_or_default();
    lines.iter().filter_map(Line::spot).collect()
}

/// What can be done with what the cursor is on.
pub(super) fn open(model: &mut Model, now: Timestamp) {
    match model.person.clone() {
        Some(Spot::Rep(_) | Spot::Schedule(_)) if model.audits() => {
            model.warn("You audit: you read everything and change nothing.", now);
        }
        Some(Spot::Rep(rep)) => away::of(model, &rep, now),
        Some(Spot::Pool(_)) => {
            model.screen = Screen::Inbox;
            model.list.tab = Tab::Pool;
            list::first(model);
        }
        Some(Spot::Schedule(schedule)) => shift::menu(model, &schedule, now),
        None => model.say("Nobody is under the cursor.", now),
    }
}

/// Opens a choice.
pub(super) fn pick(model: &mut Model, title: String, said: Vec<String>, choices: Vec<Choice>) {
    model.overlay = Some(Overlay::Pick(Pick { said, ..Pick::of(title, Vec::new(), choices) }));
}

/// `t`: the schedule under the cursor, or the only one there is.
pub(super) fn shift_key(model: &mut Model, now: Timestamp) {
    let of = |spot: &Spot| match spot {
        Spot::Schedule(schedule) => Some(schedule.clone()),
        Spot::Rep(_) | Spot::Pool(_) => None,
    };
    let under = model.person.as_ref().and_then(of);
    let all: Vec<ScheduleId> = spots(model, now).iter().filter_map(of).collect();
    match (under, all.as_slice()) {
        (Some(schedule), _) => shift::menu(model, &schedule, now),
        (None, [only]) => shift::menu(model, &only.clone(), now),
        (None, []) => model.say("There is no schedule in the playbook.", now),
        (None, _) => model.say("Which one? Put the cursor on a schedule.", now),
    }
}

/// A choice was made.
pub(super) fn chosen(model: &mut Model, does: People, now: Timestamp, out: &mut Vec<Effect>) {
    match does {
        People::Note(rep) => away::note(model, rep),
        People::Type(what) => when::ask(model, what, now),
        People::Away { rep, until, note } => away::say(model, rep, until, note, now, out),
        People::Back(rep) => away::say_back(model, rep, now, out),
        People::Take { schedule, to } => {
            let Some(rep) = model.me().cloned() else { return model.say("Nobody is signed in yet.", now) };
            let said = format!("You are on call until {}.", when::day_time(model, to, now));
            shift::over(model, schedule, rep, to, said, now, out);
        }
        People::Give { schedule, to } => shift::give(model, &schedule, to, now),
        People::GiveTo { schedule, rep, to } => {
            let until = when::day_time(model, to, now);
            let said = format!("{} is on call until {until}.", model.rep_name(&rep));
            shift::over(model, schedule, rep, to, said, now, out);
        }
        People::StretchWhich(schedule) => shift::which(model, &schedule, now),
        People::StretchWho(stretch) => shift::who(model, stretch, now),
        People::StretchTimes(stretch) => when::ask(model, When::From(stretch), now),
        People::Stretch(stretch) => shift::make(model, stretch, now, out),
        People::SwapWhich(schedule) => shift::swap_which(model, &schedule, None, now),
        People::SwapWith { schedule, one } => shift::swap_which(model, &schedule, Some(one), now),
        People::SwapSure { schedule, one, other } => {
            if let Err(why) = shift::swap_sure(model, &schedule, one, other, now) {
                model.warn(why, now);
                shift::swap_which(model, &schedule, Some(one), now);
            }
        }
        People::Swap { schedule, one, other } => shift::swap(model, schedule, one, other, now, out),
        People::Drop { schedule, id } => {
            let said = "Taken back: the schedule says again who is on call.".to_owned();
            ask(model, Command::DropOverride { schedule, id }, said, now, out);
        }
    }
}

/// Asks something about people of the backend.
pub(super) fn ask(model: &mut Model, command: Command, said: String, now: Timestamp, out: &mut Vec<Effect>) {
    out.push(Effect::Ask(Ask::Do { conversation: None, seen: 0, command }));
    model.say(said, now);
}
