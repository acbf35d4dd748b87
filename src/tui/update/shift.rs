//! Shifts: what can be done with a schedule, from the rest of the one that runs to a stretch of next month. What needs
//! more than two keys is said in a sentence before it is asked of the backend.

use super::{choices, people as screen, when};
use crate::client::handle::Inbox;
use crate::domain::command::Command;
use crate::domain::id::{OverrideId, RepId, ScheduleId};
use crate::domain::oncall::{self, Override, Plan, Shift};
use crate::domain::rejection::Rejection;
use crate::domain::time::{Span, Timestamp};
use crate::tui::model::Model;
use crate::tui::model::overlay::{Choice, Does, People};
use crate::tui::model::people;
use crate::tui::model::when::{Stretch, When};
use crate::tui::msg::Effect;

/// Pieces of a schedule that one sentence tells.
const TOLD: usize = 3;

fn choice(label: &str, detail: &str, does: People) -> Choice {
    Choice { label: label.to_owned(), detail: detail.to_owned(), does: Does::People(does) }
}

fn dated(model: &Model, at: Timestamp) -> String {
    choices::local(model, at).format("%a %-d %b %H:%M").to_string()
}

fn named(model: &Model, rep: Option<&RepId>) -> String {
    rep.map_or("nobody", |rep| model.rep_name(rep)).to_owned()
}

/// The plan of a schedule, with the list that it is part of.
fn with_plan<T>(model: &Model, schedule: &ScheduleId, then: impl FnOnce(&Inbox, &Plan<'_>) -> T) -> Option<T> {
    let inbox = model.inbox.as_deref()?;
    let plan = oncall::plan(inbox.playbook.as_deref()?, schedule)?;
    Some(then(inbox, &plan))
}

/// What can be done with a schedule.
pub(super) fn menu(model: &mut Model, schedule: &ScheduleId, now: Timestamp) {
    let Some(inbox) = model.inbox.clone() else { return };
    let Some(plan) = inbox.playbook.as_deref().and_then(|playbook| oncall::plan(playbook, schedule)) else { return };
    let (me, rules) = (model.me().cloned(), people::rules(&inbox, &plan));
    let on_call = people::schedule(&inbox, &plan);
    let mut choices = Vec::new();
    let mut offer = |label: &str, detail: &str, does| choices.push(choice(label, detail, does));
    let time = |at: Timestamp| when::day_time(model, at, now);
    if let Some(to) = on_call.next_hand_off(now).map(|next| next.at) {
        if me.is_some() && on_call.at(now).rep != me.as_ref() {
            let does = People::Take { schedule: schedule.clone(), to };
            offer("Take the rest of this shift", &format!("you, until {}", time(to)), does);
        }
        if rules {
            let does = People::Give { schedule: schedule.clone(), to };
            offer("Give the rest of it to …", &format!("until {}", time(to)), does);
        }
    }
    if rules {
        offer("Give a coming stretch to …", "a shift, or times you type", People::StretchWhich(schedule.clone()));
    } else if me.is_some() {
        offer("Take a coming stretch …", "a shift, or times you type", People::StretchWhich(schedule.clone()));
    }
    if rules && people::shifts(&inbox, &plan, now).len() > 1 {
        offer("Swap two shifts …", "each takes the other's", People::SwapWhich(schedule.clone()));
    }
    let made = people::overrides(&inbox, schedule);
    for made in made.iter().filter(|made| made.to > now) {
        if rules || (made.rep.is_some() && made.rep == me) {
            let label = format!("Take back: {}", named(model, made.rep.as_ref()));
            offer(
                &label,
                &format!("{} to {}", time(made.from), time(made.to)),
                People::Drop { schedule: schedule.clone(), id: made.id },
            );
        }
    }
    // What was asked for and did not come true need not be typed again.
    let asked = model.stretch.as_ref().filter(|asked| asked.schedule == *schedule);
    let again = asked.filter(|asked| {
        let is_so = |made: &Override| made.rep == asked.rep && Some(made.to) == asked.to;
        asked.to.is_some_and(|to| to > now) && !made.iter().any(is_so)
    });
    if let Some(stretch) = again.cloned() {
        let times = [stretch.from, stretch.to].map(|at| at.map_or_else(String::new, time));
        let detail = format!("{}, {}", named(model, stretch.rep.as_ref()), times.join(" to "));
        offer("Once more", &detail, People::StretchTimes(stretch));
    }
    if choices.is_empty() {
        return model.say("Nobody is signed in yet.", now);
    }
    let has = on_call.at(now).rep;
    let away = has.is_some_and(|rep| people::is_away_at(model.presence(rep), now));
    let away = if away { " (away)" } else { "" };
    let title = format!("{}: {}{away}", plan.label, named(model, has));
    screen::pick(model, title, Vec::new(), choices);
}

/// Colleagues to choose from: here before away.
fn colleagues(inbox: &Inbox, but: Option<&RepId>, does: impl Fn(RepId) -> People) -> Vec<Choice> {
    let Some(playbook) = inbox.playbook.as_deref() else { return Vec::new() };
    let mut found: Vec<(bool, Choice)> = Vec::new();
    for (id, rep) in playbook.reps.iter().filter(|(id, rep)| rep.active && Some(*id) != but) {
        let away = inbox.roster.iter().any(|presence| presence.rep == *id && presence.away);
        let detail = if away { format!("away · {}", rep.title) } else { rep.title.clone() };
        found.push((away, choice(&rep.name, &detail, does(id.clone()))));
    }
    found.sort_by(|a, b| (a.0, &a.1.label).cmp(&(b.0, &b.1.label)));
    found.into_iter().map(|(_, choice)| choice).collect()
}

/// Asks who has the rest of a shift.
pub(super) fn give(model: &mut Model, schedule: &ScheduleId, to: Timestamp, now: Timestamp) {
    let found = with_plan(model, schedule, |inbox, plan| {
        let has = people::schedule(inbox, plan).at(now).rep;
        let does = |rep| People::GiveTo { schedule: schedule.clone(), rep, to };
        let title = format!("{}: who has it until {}?", plan.label, when::day_time(model, to, now));
        (title, colleagues(inbox, has, does))
    });
    if let Some((title, choices)) = found {
        screen::pick(model, title, Vec::new(), choices);
    }
}

/// Asks which of the coming stretches somebody is to have.
pub(super) fn which(model: &mut Model, schedule: &ScheduleId, now: Timestamp) {
    let found = with_plan(model, schedule, |inbox, plan| {
        let (me, rules) = (model.me(), people::rules(inbox, plan));
        let of = Stretch::of(schedule.clone());
        let mut choices = vec![choice("other times", "type from when, until when", People::StretchWho(of.clone()))];
        for piece in people::pieces(inbox, plan, now).into_iter().filter(|piece| rules || piece.rep.as_ref() != me) {
            let detail = format!("{} to {}", dated(model, piece.from), dated(model, piece.to));
            let stretch = Stretch { from: Some(piece.from), to: Some(piece.to), ..of.clone() };
            choices.push(choice(&named(model, piece.rep.as_ref()), &detail, People::StretchWho(stretch)));
        }
        (format!("{}: which stretch?", plan.label), choices)
    });
    if let Some((title, choices)) = found {
        screen::pick(model, title, Vec::new(), choices);
    }
}

/// Asks who is to have it; somebody who rules over nobody takes it themselves.
pub(super) fn who(model: &mut Model, stretch: Stretch, now: Timestamp) {
    let me = model.me().cloned();
    let found = with_plan(model, &stretch.schedule, |inbox, plan| {
        let does = |rep| People::StretchTimes(Stretch { rep, ..stretch.clone() });
        let mut choices = colleagues(inbox, None, |rep| does(Some(rep)));
        choices.push(choice("nobody", "the ladder goes on without anybody on call", does(None)));
        people::rules(inbox, plan).then(|| (format!("{}: who is to have it?", plan.label), choices))
    });
    match (found.flatten(), me) {
        (Some((title, choices)), _) => screen::pick(model, title, Vec::new(), choices),
        (None, Some(me)) => when::ask(model, When::From(Stretch { rep: Some(me), ..stretch }), now),
        (None, None) => model.say("Nobody is signed in yet.", now),
    }
}

/// It begins then: asks until when, and proposes the end of what runs then.
pub(super) fn begins(model: &mut Model, stretch: Stretch, at: Timestamp, now: Timestamp) {
    let known = stretch.to.filter(|to| *to > at);
    let ends = known.or_else(|| {
        let next = |inbox: &Inbox, plan: &Plan<'_>| people::schedule(inbox, plan).next_hand_off(at);
        with_plan(model, &stretch.schedule, next)?.map(|next| next.at)
    });
    when::ask(model, When::Until(Stretch { from: Some(at), to: ends, ..stretch }), now);
}

/// It ends then: says what will be true, and asks whether that is meant.
pub(super) fn ends(model: &mut Model, stretch: Stretch, at: Timestamp, now: Timestamp) -> Result<(), String> {
    let stretch = Stretch { to: Some(at), ..stretch };
    let said = with_plan(model, &stretch.schedule, |inbox, plan| sentences(model, inbox, plan, &stretch, now));
    let said = said.ok_or("This schedule is not in the playbook any more.")??;
    let label = with_plan(model, &stretch.schedule, |_, plan| plan.label.to_owned()).unwrap_or_default();
    let choices = vec![
        choice("Yes", "so it is", People::Stretch(stretch.clone())),
        choice("Other times", "what you typed stays", People::StretchTimes(stretch)),
        Choice { label: "No".to_owned(), detail: "nothing changes".to_owned(), does: Does::Leave },
    ];
    screen::pick(model, format!("{label}: is that meant?"), said, choices);
    Ok(())
}

/// Why the times of a stretch will not do.
fn why_not(rejection: &Rejection) -> String {
    if let Rejection::NoSuchShift { why } = rejection {
        return sentence(why);
    }
    format!("{} {}", sentence(&rejection.to_string()), rejection.hint())
}

fn sentence(words: &str) -> String {
    let mut chars = words.chars();
    let first = chars.next().map_or_else(String::new, |c| c.to_uppercase().collect());
    format!("{first}{}.", chars.as_str())
}

/// What will be true by it, and what is true without.
fn sentences(
    model: &Model,
    inbox: &Inbox,
    plan: &Plan<'_>,
    stretch: &Stretch,
    now: Timestamp,
) -> Result<Vec<String>, String> {
    let (Some(from), Some(to)) = (stretch.from.map(|from| from.max(now)), stretch.to) else {
        return Err("Say from when and until when.".to_owned());
    };
    let shift = Override { id: OverrideId(model.fresh.0), rep: stretch.rep.clone(), from, to };
    shift.possible(now).map_err(|rejection| why_not(&rejection))?;
    let schedule = people::schedule(inbox, plan);
    let before = people::pieces_between(schedule, from, to);
    let name = named(model, stretch.rep.as_ref());
    if before.iter().all(|piece| piece.rep == stretch.rep) {
        return Err(format!("{name} has it then already: nothing would change."));
    }
    let time = |at| when::day_time(model, at, now);
    let begins = if from <= now { "from now".to_owned() } else { format!("from {}", time(from)) };
    let instead = match before.as_slice() {
        [only] => format!(", instead of {}", named(model, only.rep.as_ref())),
        _ => String::new(),
    };
    let after = named(model, schedule.at(to).rep);
    let first = format!("{name} is on call {begins} until {}{instead}; then {after}", time(to));
    let mut said = vec![sentence(&first)];
    if before.len() > 1 {
        let told = before.iter().take(TOLD).map(|p| format!("{} until {}", named(model, p.rep.as_ref()), time(p.to)));
        let more = before.len().checked_sub(TOLD + 1).map(|more| format!("{} more", more + 1));
        said.push(format!("Instead of {}.", told.chain(more).collect::<Vec<_>>().join(", ")));
    }
    said.extend(stretch.rep.as_ref().and_then(|rep| absent(model, rep, from, now)));
    Ok(said)
}

/// That somebody who is to have a shift is away when it begins, if so.
fn absent(model: &Model, rep: &RepId, from: Timestamp, now: Timestamp) -> Option<String> {
    let presence = model.presence(rep).filter(|presence| people::is_away_at(Some(presence), from))?;
    let until =
        presence.until.map_or_else(String::new, |until| format!(" until {}", when::day_time(model, until, now)));
    Some(format!("{} is away{until}: who is away is not asked.", model.rep_name(rep)))
}

/// It is meant: asked of the backend, unless time has overtaken it.
pub(super) fn make(model: &mut Model, stretch: Stretch, now: Timestamp, out: &mut Vec<Effect>) {
    let (Some(from), Some(to)) = (stretch.from, stretch.to) else { return };
    let shift = Override { id: OverrideId(model.fresh.0), rep: stretch.rep.clone(), from: from.max(now), to };
    if let Err(rejection) = shift.possible(now) {
        model.warn(format!("Not asked. {}", why_not(&rejection)), now);
        return when::ask(model, When::From(stretch), now);
    }
    let said = format!("{} is on call until {}.", named(model, stretch.rep.as_ref()), when::day_time(model, to, now));
    let said = if from > now { format!("From {}: {said}", when::day_time(model, from, now)) } else { said };
    let schedule = stretch.schedule.clone();
    model.stretch = Some(stretch);
    screen::ask(model, Command::Override { schedule, shift }, said, now, out);
}

/// Somebody has it from now until then.
pub(super) fn over(
    model: &mut Model,
    schedule: ScheduleId,
    rep: RepId,
    to: Timestamp,
    said: String,
    now: Timestamp,
    out: &mut Vec<Effect>,
) {
    let shift = Override { id: OverrideId(model.fresh.0), rep: Some(rep), from: now, to };
    screen::ask(model, Command::Override { schedule, shift }, said, now, out);
}

/// The whole shift that an instant lies in, as far as it is to come.
fn shift_at(inbox: &Inbox, plan: &Plan<'_>, at: Timestamp, now: Timestamp) -> Option<Shift> {
    let shift = people::schedule(inbox, plan).shift_at(at).filter(|shift| shift.to > now)?;
    Some(Shift { from: shift.from.max(now), ..shift })
}

/// Asks which of the coming shifts is swapped, and then with which other.
pub(super) fn swap_which(model: &mut Model, schedule: &ScheduleId, one: Option<Timestamp>, now: Timestamp) {
    let found = with_plan(model, schedule, |inbox, plan| {
        let first = one.and_then(|one| shift_at(inbox, plan, one, now));
        let shifts = people::shifts(inbox, plan, now);
        let offered = shifts.iter().filter(|shift| first.as_ref().is_none_or(|first| first.rep != shift.rep));
        // Its last moment names a shift: the one that runs begins anew at each look.
        let last = |shift: &Shift| shift.to - Span::millis(1);
        let shown = |shift: &Shift| {
            let does = match &first {
                None => People::SwapWith { schedule: schedule.clone(), one: last(shift) },
                Some(first) => People::SwapSure { schedule: schedule.clone(), one: last(first), other: last(shift) },
            };
            let detail = format!("{} to {}", dated(model, shift.from), dated(model, shift.to));
            choice(model.rep_name(&shift.rep), &detail, does)
        };
        let mut choices: Vec<Choice> = offered.map(shown).collect();
        let typed = When::Shift { schedule: schedule.clone(), one: first.as_ref().map(last) };
        choices.push(choice("a later one", "type a time that lies in it", People::Type(typed)));
        let title = match &first {
            None => format!("{}: swap which shift?", plan.label),
            Some(first) => format!("Swap {}'s shift with", model.rep_name(&first.rep)),
        };
        (title, choices)
    });
    if let Some((title, choices)) = found {
        screen::pick(model, title, Vec::new(), choices);
    }
}

/// A moment of a shift was typed.
pub(super) fn moment(
    model: &mut Model,
    schedule: &ScheduleId,
    one: Option<Timestamp>,
    at: Timestamp,
    now: Timestamp,
) -> Result<(), String> {
    let shift = with_plan(model, schedule, |inbox, plan| shift_at(inbox, plan, at, now)).flatten();
    if shift.is_none() {
        return Err(format!("Nobody is on call {}: name a time at which somebody is.", when::day_time(model, at, now)));
    }
    match one {
        None => swap_which(model, schedule, Some(at), now),
        Some(one) => swap_sure(model, schedule, one, at, now)?,
    }
    Ok(())
}

/// Says what will be true by a swap, and asks whether that is meant.
pub(super) fn swap_sure(
    model: &mut Model,
    schedule: &ScheduleId,
    one: Timestamp,
    other: Timestamp,
    now: Timestamp,
) -> Result<(), String> {
    let shifts = with_plan(model, schedule, |inbox, plan| {
        let label = plan.label.to_owned();
        Some((label, shift_at(inbox, plan, one, now)?, shift_at(inbox, plan, other, now)?))
    });
    let (label, first, second) = shifts.flatten().ok_or("Nobody is on call then any more.")?;
    let nil = OverrideId(uuid::Uuid::nil());
    oncall::swap([nil, nil], &first, &second).map_err(|e| sentence(&e.to_string()))?;
    let has = |rep: &RepId, shift: &Shift| {
        let from = if shift.from <= now { "now".to_owned() } else { dated(model, shift.from) };
        format!("{} has it {from} to {}", model.rep_name(rep), dated(model, shift.to))
    };
    let said = format!("{}, and {}.", has(&second.rep, &first), has(&first.rep, &second));
    let choices = vec![
        choice("Yes", "swap them", People::Swap { schedule: schedule.clone(), one, other }),
        choice("Another one", "pick again", People::SwapWhich(schedule.clone())),
        Choice { label: "No".to_owned(), detail: "nothing changes".to_owned(), does: Does::Leave },
    ];
    let away = |rep: &RepId, shift: &Shift| absent(model, rep, shift.from, now);
    let away = [away(&second.rep, &first), away(&first.rep, &second)];
    let said = [Some(said)].into_iter().chain(away).flatten().collect();
    screen::pick(model, format!("{label}: is that meant?"), said, choices);
    Ok(())
}

/// Two shifts change hands.
pub(super) fn swap(
    model: &mut Model,
    schedule: ScheduleId,
    one: Timestamp,
    other: Timestamp,
    now: Timestamp,
    out: &mut Vec<Effect>,
) {
    let first = model.fresh.0;
    // One id comes with every key; the other differs from it in a bit that is random there.
    let second = uuid::Uuid::from_u128(first.as_u128() ^ 1);
    let ids = [OverrideId(first), OverrideId(second)];
    let command = Command::Swap { schedule, ids, one, other };
    screen::ask(model, command, "Swapped: each takes the other's shift.".to_owned(), now, out);
}
