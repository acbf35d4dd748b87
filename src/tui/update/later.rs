//! A time chosen for a text: when it leaves, on the buyer's clock and on ours.

use super::when;
use crate::domain::id::ConversationId;
use crate::domain::later;
use crate::domain::quiet_hours::{Hours, Said};
use crate::domain::time::{Span, Timestamp};
use crate::tui::model::Model;
use crate::tui::model::composer::Composer;
use crate::tui::model::overlay::{Choice, Does, Overlay, Pick};

/// Asks when what is being written leaves.
pub(super) fn ask(model: &mut Model, now: Timestamp) {
    let Some(composer) = model.composer.as_ref().filter(|c| !c.note) else {
        return model.say("A note is there at once; only texts can be put off.", now);
    };
    let (id, seen, name, chosen) = (composer.to, composer.seen, composer.name.clone(), composer.later);
    let Some(zone) = model.row(id).map(|row| row.place.zone()) else { return };
    let (tomorrow, monday) = (later::nine(now, zone, 1), later::monday(now, zone));
    // On a Sunday they are one.
    let monday = monday.filter(|monday| Some(*monday) != tomorrow);
    let presets = [
        ("in an hour", Some(now + Span::minutes(60))),
        ("tomorrow 9:00 there", tomorrow),
        ("Monday 9:00 there", monday),
    ];
    let mut choices: Vec<Choice> = presets
        .into_iter()
        .filter_map(|(label, at)| {
            let at = at?;
            Some(Choice { label: label.to_owned(), detail: times(model, id, at, now), does: Does::Later(Some(at)) })
        })
        .collect();
    let other = |label: &str, detail: &str, does| Choice { label: label.to_owned(), detail: detail.to_owned(), does };
    choices.push(other("another time", "type it: fri 14:30, tomorrow 8am, 2h", Does::AskLater));
    if chosen.is_some() {
        choices.push(other("as soon as it may", "no chosen time", Does::Later(None)));
    }
    let title = format!("When to {name}");
    model.overlay = Some(Overlay::Pick(Pick::of(title, vec![(id, seen)], choices)));
}

/// The time stands in the composer until the text is sent; Enter puts it off.
pub(super) fn set(model: &mut Model, at: Option<Timestamp>, now: Timestamp) {
    let Some(to) = model.composer.as_mut().map(|composer| {
        composer.later = at;
        composer.to
    }) else {
        return;
    };
    match at {
        Some(at) => {
            let times = times(model, to, at, now);
            model.say(format!("Enter puts it off: {times}."), now);
        }
        None => model.say("No chosen time: Enter sends.", now),
    }
}

/// `Wed 09:00 there, 15:00 here`, and when the hours there move it on.
pub(super) fn times(model: &Model, id: ConversationId, at: Timestamp, now: Timestamp) -> String {
    let Some(place) = model.row(id).map(|row| &row.place) else { return String::new() };
    let opens = model.playbook().and_then(|p| Hours { place, own: &p.compliance }.next_open(at)).unwrap_or(at);
    let (there, here) = (when::day_time_in(place.zone(), opens, now), when::day_time(model, opens, now));
    let moved = if opens > at { " (quiet hours before)" } else { "" };
    if there == here { format!("{here}{moved}") } else { format!("{there} there, {here} here{moved}") }
}

/// Until when what is being written would wait if it were sent now, when it would not leave at once.
pub(in crate::tui) fn would_wait(model: &Model, composer: &Composer, now: Timestamp) -> Option<Timestamp> {
    if composer.note {
        return None;
    }
    let row = model.row(composer.to)?;
    let hours = Hours { place: &row.place, own: &model.playbook()?.compliance };
    if let Some(at) = composer.later.filter(|at| *at > now) {
        return Some(hours.next_open(at).unwrap_or(at));
    }
    match hours.judge(row.wrote, now).said {
        Said::Until(opens) => Some(opens),
        Said::Open | Said::Direct | Said::Never | Said::Overruled => None,
    }
}
