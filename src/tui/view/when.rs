//! A time that is typed: what it is for, what would be understood, and how what stands there is understood.

use super::overlay::ask_words;
use super::paint::{Painter, Tone};
use super::ticker::Ticker;
use crate::domain::id::{RepId, ScheduleId};
use crate::domain::oncall;
use crate::domain::time::Timestamp;
use crate::tui::model::Model;
use crate::tui::model::overlay::Seen;
use crate::tui::model::when::{Stretch, When};
use crate::tui::update;

/// Draws it.
pub(super) fn draw(model: &Model, what: &When, words: &str, p: &mut Painter<'_>) {
    let understood = (!words.trim().is_empty()).then(|| match update::read(model, what, words, p.tick.now) {
        Some(at) => {
            let said = update::said(model, what, at, p.tick.now);
            let far = match what {
                When::Until(Stretch { from: Some(from), .. }) | When::MeetingEnd(_, from) => {
                    format!("{} long", Ticker::length(at.since(*from)))
                }
                When::Until(_)
                | When::Text
                | When::Away { .. }
                | When::OnCall
                | When::Shift { .. }
                | When::From(_)
                | When::Meeting(_) => p.tick.distance(at),
            };
            (format!("= {said}, {far}"), Tone::Strong)
        }
        None => (not_yet(what).to_owned(), Tone::Warn),
    });
    ask_words(model, &title(model, what, p.tick.now), hint(what), words, understood, p);
}

fn title(model: &Model, what: &When, now: Timestamp) -> String {
    let whom = |about: &Seen| model.row(about.0).map_or("", |row| row.name.as_str());
    let label = |schedule: &ScheduleId| {
        let plan = model.playbook().and_then(|playbook| oncall::plan(playbook, schedule));
        plan.map_or_else(|| schedule.to_string(), |plan| plan.label.to_owned())
    };
    let name = |rep: Option<&RepId>| rep.map_or("nobody", |rep| model.rep_name(rep)).to_owned();
    let of = |stretch: &Stretch| format!("{} · {}", name(stretch.rep.as_ref()), label(&stretch.schedule));
    match what {
        When::Text => "When does it leave?".to_owned(),
        When::Away { rep: None, .. } => "Away until when?".to_owned(),
        When::Away { rep: Some(rep), .. } => format!("Away until when? {}", model.rep_name(rep)),
        When::OnCall => "Who is on call when?".to_owned(),
        When::Shift { schedule, .. } => format!("Which shift? {}", label(schedule)),
        When::From(stretch) => format!("From when? {}", of(stretch)),
        When::Until(stretch) => format!("Until when? {}", of(stretch)),
        When::Meeting(about) => format!("When do you meet? {}", whom(about)),
        When::MeetingEnd(about, from) => {
            format!("Until when? {} · {}", update::day_time(model, *from, now), whom(about))
        }
    }
}

const fn hint(what: &When) -> &'static str {
    match what {
        When::Text => "On the buyer's clock: fri 14:30, tomorrow 8am, 2h. Enter takes it.",
        When::Away { .. } | When::OnCall => "fri 14:30, tomorrow 8am, 2026-12-24 10:00 or 2h, then Enter.",
        When::Shift { .. } => "A time within it: fri 14:30, 2026-12-24 10:00, then Enter.",
        When::From(_) => "now, fri 14:30, 2026-12-24 10:00 or 2h. Ctrl-U clears.",
        When::Until(_) => "17:00, fri 14:30 or 8h after it begins. Ctrl-U clears.",
        When::Meeting(_) => "On your clock: fri 14:30, tomorrow 10am, 2h. Enter alone: no time.",
        When::MeetingEnd(..) => "45m, 1h or 15:00. Enter alone: 30 minutes.",
    }
}

/// What does not do, while it is being typed.
const fn not_yet(what: &When) -> &'static str {
    match what {
        When::Text | When::Away { .. } | When::Shift { .. } | When::From(_) | When::Meeting(_) => "no time to come yet",
        When::OnCall => "no time yet",
        When::Until(_) => "no time after it begins yet",
        When::MeetingEnd(..) => "no end within a day yet",
    }
}
