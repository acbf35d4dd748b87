//! Keys about people: away and back, who is here, whose shift it is.

use super::{choices, list};
use crate::client::handle::Ask;
use crate::domain::command::{Command, CoverNote};
use crate::domain::contact::Body;
use crate::domain::id::{OverrideId, RepId, ScheduleId};
use crate::domain::oncall::{self, Override, Shift};
use crate::domain::time::{Span, Timestamp};
use crate::tui::model::list::Tab;
use crate::tui::model::overlay::{Choice, Does, Overlay, People, Pick};
use crate::tui::model::people::{self, Line, Spot};
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
pub(super) fn open(model: &mut Model, now: Timestamp, out: &mut Vec<Effect>) {
    match model.person.clone() {
        Some(Spot::Rep(rep)) => away_of(model, rep, now, out),
        Some(Spot::Pool(_)) => {
            model.screen = Screen::Inbox;
            model.list.tab = Tab::Pool;
            list::first(model);
        }
        Some(Spot::Schedule(schedule)) => shift(model, &schedule, now),
        None => model.say("Nobody is under the cursor.", now),
    }
}

/// `A`: this person, or whom the cursor is on among people.
pub(super) fn away(model: &mut Model, now: Timestamp, out: &mut Vec<Effect>) {
    let Some(me) = model.me().cloned() else { return model.say("Nobody is signed in yet.", now) };
    match (model.screen, model.person.clone()) {
        (Screen::People, Some(Spot::Rep(rep))) => away_of(model, rep, now, out),
        _ => away_of(model, me, now, out),
    }
}

/// Back at once; away asks until when, and Enter is "until I come back".
fn away_of(model: &mut Model, rep: RepId, now: Timestamp, out: &mut Vec<Effect>) {
    let Some(inbox) = model.inbox.clone() else { return };
    let mine = model.me() == Some(&rep);
    if !people::speaks_for(&inbox, &rep) {
        let name = model.rep_name(&rep).to_owned();
        return model.warn(format!("Only {name} and their lead say whether they are away."), now);
    }
    if model.presence(&rep).is_some_and(|presence| presence.away)
        || (mine && inbox.me.as_ref().is_some_and(|me| me.away))
    {
        return chosen(model, People::Back(rep), now, out);
    }
    until(model, (!mine).then_some(&rep), None, now);
}

/// Asks until when.
fn until(model: &mut Model, rep: Option<&RepId>, note: Option<&Body>, now: Timestamp) {
    let (nine, monday) = (choices::morning(model, now, 1), choices::monday(model, now));
    let open = if rep.is_none() { "until I come back" } else { "until they come back" };
    let all = [
        (open, Some(None)),
        ("30 minutes", Some(Some(now + Span::minutes(30)))),
        ("1 hour", Some(Some(now + Span::minutes(60)))),
        ("2 hours", Some(Some(now + Span::minutes(120)))),
        ("tomorrow 9:00", nine.map(Some)),
        ("Monday 9:00", monday.map(Some)),
    ];
    let choice = |(label, until): (&str, Option<Option<Timestamp>>)| {
        let until = until?;
        let detail = until.map_or_else(String::new, |at| choices::local(model, at).format("%a %H:%M").to_string());
        let does = Does::People(People::Away { rep: rep.cloned(), until, note: note.cloned() });
        Some(Choice { label: label.to_owned(), detail, does })
    };
    let mut choices: Vec<Choice> = all.into_iter().filter_map(choice).collect();
    if note.is_none() {
        let does = Does::People(People::Note(rep.cloned()));
        let detail = "for whoever covers; then until when".to_owned();
        choices.push(Choice { label: "with a note".to_owned(), detail, does });
    }
    let who = rep.map_or("Away".to_owned(), |rep| format!("{} is away", model.rep_name(rep)));
    let title = if note.is_some() { format!("{who}, with a note") } else { who };
    pick(model, title, choices);
}

fn pick(model: &mut Model, title: String, choices: Vec<Choice>) {
    model.overlay =
        Some(Overlay::Pick(Pick { title, about: Vec::new(), said: Vec::new(), choices, words: String::new(), at: 0 }));
}

/// The cover note is written: asks until when.
pub(super) fn noted(model: &mut Model, rep: Option<&RepId>, words: &str, now: Timestamp) {
    let note = Some(words.trim()).filter(|words| !words.is_empty()).map(Body::new);
    until(model, rep, note.as_ref(), now);
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
        (Some(schedule), _) => shift(model, &schedule, now),
        (None, [only]) => shift(model, &only.clone(), now),
        (None, []) => model.say("There is no schedule in the playbook.", now),
        (None, _) => model.say("Which one? Put the cursor on a schedule.", now),
    }
}

/// What can be done with a schedule.
fn shift(model: &mut Model, schedule: &ScheduleId, now: Timestamp) {
    let Some(inbox) = model.inbox.clone() else { return };
    let Some(plan) = inbox.playbook.as_deref().and_then(|playbook| oncall::plan(playbook, schedule)) else { return };
    let (me, rules) = (model.me().cloned(), people::rules(&inbox, &plan));
    let on_call = people::schedule(&inbox, &plan);
    let mut choices = Vec::new();
    let mut offer = |label: &str, detail: String, does| {
        choices.push(Choice { label: label.to_owned(), detail, does: Does::People(does) });
    };
    let time = |at: Timestamp| choices::local(model, at).format("%a %H:%M").to_string();
    if let Some(to) = on_call.next_hand_off(now).map(|next| next.at) {
        if me.is_some() && on_call.at(now).rep != me.as_ref() {
            let detail = format!("you, until {}", time(to));
            offer("Take the rest of this shift", detail, People::Take { schedule: schedule.clone(), to });
        }
        if rules {
            let detail = format!("until {}", time(to));
            offer("Give the rest of it to …", detail, People::Give { schedule: schedule.clone(), to });
        }
    }
    if rules && people::shifts(&inbox, &plan, now).len() > 1 {
        offer("Swap two shifts …", "each takes the other's".to_owned(), People::SwapWhich(schedule.clone()));
    }
    for made in people::overrides(&inbox, schedule).iter().filter(|made| made.to > now) {
        if rules || (made.rep.is_some() && made.rep == me) {
            let who = made.rep.as_ref().map_or("nobody", |rep| model.rep_name(rep));
            let detail = format!("{who}, {} to {}", time(made.from), time(made.to));
            offer("Take an override back", detail, People::Drop { schedule: schedule.clone(), id: made.id });
        }
    }
    if choices.is_empty() {
        let text =
            if rules { "Nothing changes hands here for a year." } else { "This shift is yours; a lead swaps it." };
        return model.say(text, now);
    }
    let who = on_call.at(now).rep.map_or("nobody", |rep| model.rep_name(rep));
    let title = format!("{}: {who}", plan.label);
    pick(model, title, choices);
}

/// A choice was made, or a key pressed that needs none.
pub(super) fn chosen(model: &mut Model, does: People, now: Timestamp, out: &mut Vec<Effect>) {
    match does {
        People::Note(rep) => model.overlay = Some(Overlay::CoverNote { rep, words: String::new() }),
        People::Give { schedule, to } => give(model, &schedule, to, now),
        People::SwapWhich(schedule) => swap_which(model, &schedule, None, now),
        People::SwapWith { schedule, one } => swap_which(model, &schedule, Some(one), now),
        People::Away { rep, until, note } => {
            let when = until.map(|at| format!(" until {}", choices::local(model, at).format("%a %H:%M")));
            let said = match &rep {
                None => {
                    let when = when.unwrap_or_default();
                    format!("Away{when}: what is running goes to your backup. A comes back.")
                }
                Some(rep) => format!("{} is away{}.", model.rep_name(rep), when.unwrap_or_default()),
            };
            let note = note.map(|body| CoverNote { message: model.fresh, body });
            ask(model, Command::Away { away: true, until, note, rep }, said, now, out);
        }
        People::Back(rep) if model.me() == Some(&rep) => {
            ask(model, Command::away(false), "Welcome back.".to_owned(), now, out);
        }
        People::Back(rep) => {
            let said = format!("{} is back.", model.rep_name(&rep));
            ask(model, Command::Away { away: false, until: None, note: None, rep: Some(rep) }, said, now, out);
        }
        People::Take { schedule, to } => {
            let Some(rep) = model.me().cloned() else { return model.say("Nobody is signed in yet.", now) };
            let said = format!("You are on call until {}.", choices::local(model, to).format("%a %H:%M"));
            over(model, schedule, rep, to, said, now, out);
        }
        People::GiveTo { schedule, rep, to } => {
            let until = choices::local(model, to).format("%a %H:%M");
            let said = format!("{} is on call until {until}.", model.rep_name(&rep));
            over(model, schedule, rep, to, said, now, out);
        }
        People::Swap { schedule, one, other } => {
            let first = model.fresh.0;
            // One id comes with every key; the other differs from it in a bit that is random there.
            let second = uuid::Uuid::from_u128(first.as_u128() ^ 1);
            let ids = [OverrideId(first), OverrideId(second)];
            let command = Command::Swap { schedule, ids, one, other };
            ask(model, command, "Swapped: each takes the other's shift.".to_owned(), now, out);
        }
        People::Drop { schedule, id } => {
            let said = "Taken back: the schedule says again who is on call.".to_owned();
            ask(model, Command::DropOverride { schedule, id }, said, now, out);
        }
    }
}

fn ask(model: &mut Model, command: Command, said: String, now: Timestamp, out: &mut Vec<Effect>) {
    out.push(Effect::Ask(Ask::Do { conversation: None, seen: 0, command }));
    model.say(said, now);
}

fn over(
    model: &mut Model,
    schedule: ScheduleId,
    rep: RepId,
    to: Timestamp,
    said: String,
    now: Timestamp,
    out: &mut Vec<Effect>,
) {
    let shift = Override { id: OverrideId(model.fresh.0), rep: Some(rep), from: now, to };
    ask(model, Command::Override { schedule, shift }, said, now, out);
}

/// Asks who has the rest of a shift: here before away.
fn give(model: &mut Model, schedule: &ScheduleId, to: Timestamp, now: Timestamp) {
    let Some(inbox) = model.inbox.clone() else { return };
    let Some(playbook) = inbox.playbook.as_deref() else { return };
    let Some(plan) = oncall::plan(playbook, schedule) else { return };
    let has = people::schedule(&inbox, &plan).at(now).rep;
    let mut choices: Vec<(bool, Choice)> = Vec::new();
    for (id, rep) in playbook.reps.iter().filter(|(id, rep)| rep.active && Some(*id) != has) {
        let presence = inbox.roster.iter().find(|presence| presence.rep == *id);
        let away = presence.is_some_and(|presence| presence.away);
        let detail = if away { format!("away · {}", rep.title) } else { rep.title.clone() };
        let does = Does::People(People::GiveTo { schedule: schedule.clone(), rep: id.clone(), to });
        choices.push((away, Choice { label: rep.name.clone(), detail, does }));
    }
    choices.sort_by(|a, b| (a.0, &a.1.label).cmp(&(b.0, &b.1.label)));
    let title = format!("{}: who has it until {}?", plan.label, choices::local(model, to).format("%a %H:%M"));
    pick(model, title, choices.into_iter().map(|(_, choice)| choice).collect());
}

/// Asks which of the next shifts is swapped, and then with which other.
fn swap_which(model: &mut Model, schedule: &ScheduleId, one: Option<Timestamp>, now: Timestamp) {
    let Some(inbox) = model.inbox.clone() else { return };
    let Some(plan) = inbox.playbook.as_deref().and_then(|playbook| oncall::plan(playbook, schedule)) else { return };
    let shifts = people::shifts(&inbox, &plan, now);
    let first = one.and_then(|one| shifts.iter().find(|shift| shift.from <= one && one < shift.to));
    let offered = shifts.iter().filter(|shift| first.is_none_or(|first| first.rep != shift.rep));
    let choice = |shift: &Shift| {
        let time = |at| choices::local(model, at).format("%a %-d %b %H:%M").to_string();
        // Its last moment names a shift: the one that runs begins anew at each look.
        let named = |shift: &Shift| shift.to - Span::millis(1);
        let does = match first {
            None => People::SwapWith { schedule: schedule.clone(), one: named(shift) },
            Some(first) => People::Swap { schedule: schedule.clone(), one: named(first), other: named(shift) },
        };
        let detail = format!("{} to {}", time(shift.from), time(shift.to));
        Choice { label: model.rep_name(&shift.rep).to_owned(), detail, does: Does::People(does) }
    };
    let choices: Vec<Choice> = offered.map(choice).collect();
    if choices.is_empty() {
        return model.say("Nobody else has a shift in the next weeks.", now);
    }
    let title = match first {
        None => format!("{}: swap which shift?", plan.label),
        Some(first) => format!("Swap {}'s shift with", model.rep_name(&first.rep)),
    };
    pick(model, title, choices);
}
