//! A meeting is booked: when it is, how long, and what the CRM should know. Enter alone passes each of them over; Esc leaves,
//! and nothing was said.

use super::{act, choices, when};
use crate::domain::command::Command;
use crate::domain::contact::Body;
use crate::domain::event::Outcome;
use crate::domain::id::ConversationId;
use crate::domain::meeting::{Meeting, Remark};
use crate::domain::time::{Span, Timestamp};
use crate::tui::model::Model;
use crate::tui::model::overlay::{Overlay, Seen};
use crate::tui::model::when::When;
use crate::tui::msg::Effect;

/// How long a meeting is when nothing else is said.
const USUAL: Span = Span::minutes(30);

/// The longest that is read as one.
const LONGEST: Span = Span::minutes(24 * 60);

/// Asks when it is.
pub(super) fn ask(model: &mut Model, about: Seen, now: Timestamp) {
    when::ask(model, When::Meeting(about), now);
}

/// Asks how long it is.
pub(super) fn begins(model: &mut Model, about: Seen, from: Timestamp, now: Timestamp) {
    when::ask(model, When::MeetingEnd(about, from), now);
}

/// Enter alone: there is no time, or the meeting is as long as usual.
pub(super) fn passed_over(model: &mut Model, what: &When) {
    match what {
        When::Meeting(about) => note(model, *about, None),
        When::MeetingEnd(about, from) => ends(model, *about, *from, *from + USUAL),
        When::Text | When::Away { .. } | When::OnCall | When::Shift { .. } | When::From(_) | When::Until(_) => {}
    }
}

/// The end that the words mean, when a meeting can be as long.
pub(super) fn end(until: Timestamp, from: Timestamp) -> Option<Timestamp> {
    (until > from && until.since(from) <= LONGEST).then_some(until)
}

/// It is known until when: asks for a note.
pub(super) fn ends(model: &mut Model, about: Seen, from: Timestamp, until: Timestamp) {
    let minutes = u16::try_from(until.since(from).as_millis() / 60_000).unwrap_or(u16::MAX).max(1);
    note(model, about, Some(Meeting { from, minutes }));
}

fn note(model: &mut Model, about: Seen, meeting: Option<Meeting>) {
    model.overlay = Some(Overlay::MeetingNote { about, meeting, words: String::new() });
}

/// All is said, or passed over: it is done.
pub(super) fn noted(
    model: &mut Model,
    about: Seen,
    meeting: Option<Meeting>,
    words: &str,
    now: Timestamp,
    out: &mut Vec<Effect>,
) {
    let words = Some(words.trim()).filter(|words| !words.is_empty());
    let note = words.map(|words| Remark { message: model.fresh, body: Body::new(words) });
    // Without either it is what devices of before say.
    let command = if meeting.is_none() && note.is_none() {
        Command::Done { outcome: Outcome::Meeting }
    } else {
        Command::Booked { meeting, note }
    };
    out.push(act::ask(about, command));
    model.list.marked.remove(&about.0);
    let name = act::name(model, about.0);
    let at = meeting.map_or_else(String::new, |meeting| format!(" for {}", when::day_time(model, meeting.from, now)));
    model.say(format!("{name}: {}{at}. u undoes.", Outcome::Meeting.words()), now);
}

/// A meeting's time by the clock of whoever types, and by the buyer's where that is another.
pub(super) fn times(model: &Model, id: ConversationId, at: Timestamp, now: Timestamp) -> String {
    let here = when::day_time(model, at, now);
    let Some(zone) = model.row(id).map(|row| row.place.zone()) else { return here };
    let there = at.utc().with_timezone(&zone);
    if there.naive_local() == choices::local(model, at).naive_local() {
        return here;
    }
    format!("{here} here, {} there", there.format("%a %H:%M"))
}
