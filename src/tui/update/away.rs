//! Away and back: of oneself by one key and Enter, of somebody else only by a choice that is made.

use super::{choices, people, when};
use crate::client::handle::Inbox;
use crate::domain::command::{Command, CoverNote};
use crate::domain::contact::Body;
use crate::domain::id::RepId;
use crate::domain::meanwhile;
use crate::domain::roster::Roster;
use crate::domain::time::{Span, Timestamp};
use crate::tui::model::overlay::{Choice, Does, Overlay, People};
use crate::tui::model::people::{Spot, speaks_for};
use crate::tui::model::when::When;
use crate::tui::model::{Model, Screen};
use crate::tui::msg::Effect;

/// `A`: this person, or whom the cursor is on among people.
pub(super) fn key(model: &mut Model, now: Timestamp, out: &mut Vec<Effect>) {
    let Some(me) = model.me().cloned() else { return model.say("Nobody is signed in yet.", now) };
    match (model.screen, model.person.clone()) {
        (Screen::People, Some(Spot::Rep(rep))) if rep != me => of(model, &rep, now),
        _ if is_away(model, &me) => say_back(model, me, now, out),
        _ => until(model, None, None, false, now),
    }
}

/// What can be said of somebody. The first choice does nothing: a key too many sets nobody away.
pub(super) fn of(model: &mut Model, rep: &RepId, now: Timestamp) {
    let Some(inbox) = model.inbox.clone() else { return };
    if !speaks_for(&inbox, rep) {
        let name = model.rep_name(rep).to_owned();
        return model.warn(format!("Only {name} and their lead say whether they are away."), now);
    }
    let mine = model.me() == Some(rep);
    until(model, (!mine).then_some(rep), None, true, now);
}

fn is_away(model: &Model, rep: &RepId) -> bool {
    let mine = |inbox: &Inbox| inbox.me.as_ref().is_some_and(|me| me.rep == *rep && me.away);
    model.presence(rep).is_some_and(|presence| presence.away) || model.inbox.as_deref().is_some_and(mine)
}

/// Until when somebody who is away said that they are.
fn stands(model: &Model, rep: Option<&RepId>) -> Option<Timestamp> {
    let presence = model.presence(rep.or_else(|| model.me())?)?;
    presence.until.filter(|_| presence.away)
}

/// Asks until when. `asked` puts a choice first that changes nothing.
fn until(model: &mut Model, rep: Option<&RepId>, note: Option<&Body>, asked: bool, now: Timestamp) {
    let away = rep.or_else(|| model.me()).is_some_and(|rep| is_away(model, rep));
    let before = stands(model, rep).map(|at| when::day_time(model, at, now));
    let choice = |label: &str, detail: &str, does| Choice { label: label.to_owned(), detail: detail.to_owned(), does };
    let says = |until| Does::People(People::Away { rep: rep.cloned(), until, note: note.cloned() });
    let (open, back) = match rep {
        None => ("until I come back", "I am back"),
        Some(_) => ("until they come back", "they are back"),
    };
    let mut choices = Vec::new();
    if asked {
        choices.push(choice("leave it", "nothing changes", Does::Leave));
    }
    match (away, note, &before) {
        (false, _, _) => choices.push(choice(open, "", says(None))),
        (true, Some(_), Some(before)) => choices.push(choice("as it is", &format!("until {before}"), says(None))),
        (true, Some(_), None) => choices.push(choice("as it is", open, says(None))),
        (true, None, _) => {
            if let Some(rep) = rep.or_else(|| model.me()) {
                let does = Does::People(People::Back(rep.clone()));
                choices.push(choice(back, "what others covered comes back", does));
            }
        }
    }
    let times = [
        ("30 minutes", Some(now + Span::minutes(30))),
        ("1 hour", Some(now + Span::minutes(60))),
        ("2 hours", Some(now + Span::minutes(120))),
        ("tomorrow 9:00", choices::morning(model, now, 1)),
        ("Monday 9:00", choices::monday(model, now)),
    ];
    let time = |(label, at): (&str, Option<Timestamp>)| {
        let at = at?;
        Some(choice(label, &when::day_time(model, at, now), says(Some(at))))
    };
    choices.extend(times.into_iter().filter_map(time));
    let what = When::Away { rep: rep.cloned(), note: note.cloned() };
    choices.push(choice("another time", "type it: 14:30, fri 9:00, 3d", Does::People(People::Type(what))));
    if note.is_none() {
        let does = Does::People(People::Note(rep.cloned()));
        choices.push(choice("with a note", "for whoever covers; then until when", does));
    }
    let who = match (rep, away) {
        (None, false) => "Away".to_owned(),
        (None, true) => "You are away".to_owned(),
        (Some(rep), _) => format!("{} is away", model.rep_name(rep)),
    };
    let title = match note {
        Some(_) => format!("{who}, with a note"),
        // Not yet, and that is the question.
        None if rep.is_some() && !away => format!("{who}?"),
        None => who,
    };
    let said = before.map(|before| format!("Until {before}, as was said.")).into_iter().collect();
    people::pick(model, title, said, choices);
}

/// A cover note is asked for.
pub(super) fn note(model: &mut Model, rep: Option<RepId>) {
    model.overlay = Some(Overlay::CoverNote { rep, words: String::new() });
}

/// The cover note is written: asks until when.
pub(super) fn noted(model: &mut Model, rep: Option<&RepId>, words: &str, now: Timestamp) {
    let note = Some(words.trim()).filter(|words| !words.is_empty()).map(Body::new);
    until(model, rep, note.as_ref(), false, now);
}

/// Somebody is away from now on, or until another time than was said.
pub(super) fn say(
    model: &mut Model,
    rep: Option<RepId>,
    until: Option<Timestamp>,
    note: Option<Body>,
    now: Timestamp,
    out: &mut Vec<Effect>,
) {
    // What is not said anew stays.
    let at = until.or_else(|| stands(model, rep.as_ref()));
    let when = at.map_or_else(String::new, |at| format!(" until {}", when::day_time(model, at, now)));
    let said = match &rep {
        None => format!("Away{when}; A comes back. {}", goes(model, now)),
        Some(rep) => format!("{} is away{when}.", model.rep_name(rep)),
    };
    let note = note.map(|body| CoverNote { message: model.fresh, body });
    people::ask(model, Command::Away { away: true, until, note, rep }, said, now, out);
}

/// Who is asked for this person's buyers meanwhile, as far as this device knows who is here.
fn goes(model: &Model, now: Timestamp) -> String {
    let found = model.inbox.as_deref().and_then(|inbox| {
        let (me, playbook) = (inbox.me.as_ref()?, inbox.playbook.as_deref()?);
        let away = inbox.roster.iter().filter(|presence| presence.away).map(|presence| (presence.rep.clone(), now));
        let roster = Roster { overrides: inbox.on_call.clone(), ..Roster::of_away(away) };
        meanwhile::words(&meanwhile::asked(playbook, &roster, &me.rep, now))
    });
    let who = found.unwrap_or_else(|| "the next on the ladder".to_owned());
    format!("What is running goes to {who}.")
}

/// Somebody is back.
pub(super) fn say_back(model: &mut Model, rep: RepId, now: Timestamp, out: &mut Vec<Effect>) {
    if model.me() == Some(&rep) {
        return people::ask(model, Command::away(false), "Welcome back.".to_owned(), now, out);
    }
    let said = format!("{} is back.", model.rep_name(&rep));
    people::ask(model, Command::Away { away: false, until: None, note: None, rep: Some(rep) }, said, now, out);
}
