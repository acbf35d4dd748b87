//! Choices: who gets it, until when, with which outcome, what to copy. A choice is about the conversations it was
//! opened for, with the texts that were on screen then.

use chrono::{Datelike, Days, LocalResult, NaiveTime, TimeZone, Weekday};

use super::act;
use crate::client::handle::{Ask, Row};
use crate::domain::command::Command;
use crate::domain::consent::OptOutSource;
use crate::domain::event::Outcome;
use crate::domain::hold::Ruling;
use crate::domain::id::ConversationId;
use crate::domain::time::{Span, Timestamp};
use crate::tui::model::overlay::{Choice, Does, Overlay, Pick, Seen};
use crate::tui::model::when::When;
use crate::tui::model::{Model, Screen};
use crate::tui::msg::Effect;

/// What a key pressed now is about: the marked conversations, or the one under the cursor.
fn about(model: &Model) -> Vec<Seen> {
    let ids: Vec<ConversationId> = if model.screen == Screen::Inbox && !model.list.marked.is_empty() {
        model.list.marked.iter().copied().collect()
    } else {
        model.target().into_iter().collect()
    };
    ids.into_iter().filter(|id| model.row(*id).is_some()).map(|id| (id, model.seen(id))).collect()
}

fn whom(model: &Model, about: &[Seen]) -> String {
    match about {
        [(id, _)] => act::name(model, *id),
        many => format!("{} conversations", many.len()),
    }
}

fn pick(model: &mut Model, title: String, about: Vec<Seen>, choices: Vec<Choice>) {
    model.overlay = Some(Overlay::Pick(Pick::of(title, about, choices)));
}

/// Who gets it: here before away, least loaded first.
pub(super) fn assign(model: &mut Model, now: Timestamp) {
    let about = about(model);
    if about.is_empty() {
        return model.say("There is no conversation here.", now);
    }
    let (Some(inbox), Some(playbook)) = (model.inbox.clone(), model.playbook()) else {
        return model.say("The list of colleagues has not arrived yet.", now);
    };
    let me = inbox.me.as_ref().map(|me| &me.rep);
    let mut choices: Vec<(bool, u32, Choice)> = playbook
        .reps
        .iter()
        .filter(|(_, rep)| rep.active)
        .map(|(id, rep)| {
            let presence = inbox.roster.iter().find(|p| p.rep == *id);
            let away = presence.is_some_and(|p| p.away);
            let here = presence.is_some_and(|p| p.here) && !away;
            let load = presence.map_or(0, |p| p.load);
            let standing = if away {
                "away"
            } else if here {
                "here"
            } else {
                "not at the terminal"
            };
            let detail = format!("{load} open · {standing} · {}", rep.title);
            let label = if Some(id) == me { format!("{} (me)", rep.name) } else { rep.name.clone() };
            (here, load, Choice { label, detail, does: Does::Assign(id.clone()) })
        })
        .collect();
    choices.sort_by(|a, b| (!a.0, a.1, &a.2.label).cmp(&(!b.0, b.1, &b.2.label)));
    let title = format!("Reassign {} to", whom(model, &about));
    pick(model, title, about, choices.into_iter().map(|(_, _, choice)| choice).collect());
}

/// How it ended.
pub(super) fn done(model: &mut Model, now: Timestamp) {
    let about = about(model);
    if about.is_empty() {
        return model.say("There is no conversation here.", now);
    }
    // One time does not fit several.
    let asks = |outcome| outcome == Outcome::Meeting && about.len() == 1;
    let choice = |outcome: Outcome| Choice {
        label: outcome.words().to_owned(),
        detail: if asks(outcome) { "asks when; Enter passes over".to_owned() } else { String::new() },
        does: if asks(outcome) { Does::Meeting } else { Does::Done(outcome) },
    };
    let choices = Outcome::ALL.into_iter().map(choice).collect();
    let title = format!("Done with {}", whom(model, &about));
    pick(model, title, about, choices);
}

/// Until when: never past the due time of a running clock.
pub(super) fn snooze(model: &mut Model, now: Timestamp) {
    let about = about(model);
    if about.is_empty() {
        return model.say("There is no conversation here.", now);
    }
    let due = about.iter().filter_map(|(id, _)| Some(model.row(*id)?.clock.as_ref()?.due)).min();
    let nine = |days: u64| morning(model, now, days);
    let all = [
        ("15 minutes", Some(now + Span::minutes(15))),
        ("1 hour", Some(now + Span::minutes(60))),
        ("4 hours", Some(now + Span::minutes(240))),
        ("tomorrow 9:00", nine(1)),
        ("Monday 9:00", monday(model, now)),
    ];
    let fits = |until: &Timestamp| due.is_none_or(|due| *until <= due);
    let choices: Vec<Choice> = all
        .into_iter()
        .filter_map(|(label, until)| {
            let until = until.filter(fits)?;
            let detail = local(model, until).format("%a %H:%M").to_string();
            Some(Choice { label: label.to_owned(), detail, does: Does::Snooze(until) })
        })
        .collect();
    if choices.is_empty() {
        let why = no_snooze(model, due, now);
        return model.warn(why, now);
    }
    let title = format!("Snooze {} for", whom(model, &about));
    pick(model, title, about, choices);
}

/// Why no snooze is offered at all.
fn no_snooze(model: &Model, due: Option<Timestamp>, now: Timestamp) -> String {
    match due.filter(|due| *due > now) {
        Some(due) => {
            let due = super::when::day_time(model, due, now);
            format!("An answer is due {due}, before the shortest snooze ends. Answer first.")
        }
        None => "An answer is late already: nothing late is snoozed. Answer first.".to_owned(),
    }
}

/// An instant on the screen's clock.
pub(super) fn local(model: &Model, at: Timestamp) -> chrono::DateTime<chrono_tz::Tz> {
    at.utc().with_timezone(&model.zone())
}

/// Nine o'clock, days from now; the first moment after a gap where the clocks change.
pub(super) fn morning(model: &Model, now: Timestamp, days: u64) -> Option<Timestamp> {
    let day = local(model, now).date_naive().checked_add_days(Days::new(days))?;
    let at = day.and_time(NaiveTime::from_hms_opt(9, 0, 0)?);
    match model.zone().from_local_datetime(&at) {
        LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => Some(at.to_utc().into()),
        LocalResult::None => None,
    }
}

/// Nine o'clock of the next Monday, unless that is tomorrow.
pub(super) fn monday(model: &Model, now: Timestamp) -> Option<Timestamp> {
    let days = u64::from(7 - local(model, now).weekday().days_since(Weekday::Mon));
    (days > 1).then(|| morning(model, now, days)).flatten()
}

/// What to put on the clipboard.
pub(super) fn copy(model: &mut Model, id: ConversationId) {
    let Some(row) = model.row(id) else { return };
    let mut choices = vec![("number", row.address.as_str().to_owned()), ("name", row.name.clone())];
    if let Some(body) = &row.preview {
        choices.push(("last text", body.as_str().to_owned()));
    }
    let choices = choices
        .into_iter()
        .map(|(label, text)| Choice { label: label.to_owned(), detail: text.clone(), does: Does::Copy(text) })
        .collect();
    let about = vec![(id, model.seen(id))];
    pick(model, "Copy".to_owned(), about, choices);
}

/// Whether the number is opted out. The first choice does nothing.
pub(super) fn opt_out(model: &mut Model, id: ConversationId, now: Timestamp) {
    let Some(row) = model.row(id) else { return };
    if row.opted_out.is_some() {
        return model.say(format!("{} opted out already: no text goes there.", row.name), now);
    }
    let title = format!("Opt out {}?", number_first(row));
    let choices = vec![
        choice("Leave", "nothing changes", Does::Leave),
        choice("Opt out", "the buyer asked for no more texts", Does::AskOptOut { ruling: false }),
    ];
    let about = vec![(id, model.seen(id))];
    pick(model, title, about, choices);
}

/// Whether that is meant. Nobody here can undo it, and the key that led here sends or approves elsewhere.
fn opt_out_for_good(model: &mut Model, about: &[Seen], ruling: bool) {
    let Some(row) = about.first().and_then(|(id, _)| model.row(*id)) else { return };
    let title = format!("Opt out {} for good?", number_first(row));
    let said = vec![
        "No text goes there any more, whoever writes it; what waits is taken back.".to_owned(),
        "Only they can undo that: by texting START.".to_owned(),
    ];
    let (stays, does) =
        if ruling { ("the number stays on hold", Does::RuleOptOut) } else { ("nothing changes", Does::OptOut) };
    let choices = vec![choice("Leave", stays, Does::Leave), choice("Opt out", "they want no more texts", does)];
    model.overlay = Some(Overlay::Pick(Pick { said, ..Pick::of(title, about.to_vec(), choices) }));
}

/// A person behind their number: it is the number that opts out, and a long name is cut.
fn number_first(row: &Row) -> String {
    let number = row.address.as_str();
    if row.name == number { number.to_owned() } else { format!("{number} {}", row.name) }
}

fn choice(label: &str, detail: &str, does: Does) -> Choice {
    Choice { label: label.to_owned(), detail: detail.to_owned(), does }
}

/// A choice was made.
pub(super) fn chosen(model: &mut Model, about: &[Seen], choice: Choice, now: Timestamp, out: &mut Vec<Effect>) {
    let whom = whom(model, about);
    let (command, said) = match choice.does {
        Does::Assign(to) => {
            let name = model.rep_name(&to).to_owned();
            (Command::Assign { to }, format!("{whom} goes to {name}."))
        }
        Does::Snooze(until) => (Command::Snooze { until }, format!("{whom} is out of sight until {}.", choice.detail)),
        Does::Done(outcome) => (Command::Done { outcome }, format!("{whom}: {}. u undoes.", outcome.words())),
        Does::AskOptOut { ruling } => return opt_out_for_good(model, about, ruling),
        Does::OptOut => {
            let Some(me) = model.me().cloned() else { return model.say("Nobody is signed in yet.", now) };
            let source = OptOutSource::Rep(me);
            (Command::OptOut { source }, format!("{whom} is opted out: no text goes to this number any more."))
        }
        Does::Block(reason) => (Command::Block { reason }, format!("{whom} is blocked: nobody hears of its texts.")),
        Does::Begin(to, line) => return super::begin::ask(model, to, line, out),
        Does::Unblock(id) => {
            out.push(act::ask((id, model.seen(id)), Command::Unblock));
            return model.say("Asked to unblock it.", now);
        }
        Does::Approve(message) => {
            (Command::Approve { message }, "Approved: it goes, and its author is told.".to_owned())
        }
        Does::Decline(message) => {
            (Command::Decline { message }, "Not approved: its author has it again. i writes them why.".to_owned())
        }
        Does::Snippet(text) => return super::snippets::insert(model, &text, now),
        Does::Kind { message, guess, kind } => {
            let command = Command::CorrectKind { message, guess, kind, version: crate::domain::kind::VERSION };
            (command, format!("{whom}: {}. Counted, for whoever keeps the guesses.", kind.word()))
        }
        Does::Writer(contact) => {
            let who = if contact.is_some() { choice.label } else { "nobody knows who of them".to_owned() };
            (Command::NameWriter { contact }, format!("{who} writes here."))
        }
        Does::RuleOptOut => {
            let ruling = Ruling::OptOut;
            (Command::Rule { ruling }, format!("{whom} is opted out: no text goes to this number any more."))
        }
        Does::RuleKeep(read) => {
            if let Some(seen) = about.first() {
                super::ruling::ask_why(model, *seen, read);
            }
            return;
        }
        // What cannot be kept yet is answered before, where the dialog stays open.
        Does::Leave | Does::KeepUnread => return,
        Does::Meeting => {
            if let Some(seen) = about.first() {
                super::booking::ask(model, *seen, now);
            }
            return;
        }
        Does::Later(at) => return super::later::set(model, at, now),
        Does::AskLater => return super::when::ask(model, When::Text, now),
        Does::People(does) => return super::people::chosen(model, does, now, out),
        Does::Copy(text) => {
            out.push(Effect::Copy(text));
            return model.say("Copied.", now);
        }
        Does::Edit(entry) => {
            if let Some(entry) = model.outbox.iter().find(|e| e.id == entry).cloned() {
                act::take_back(model, &entry, now, out);
            }
            return;
        }
        Does::Send(entry) => {
            out.push(Effect::Ask(Ask::OutboxSend { entry }));
            return model.say("Asked to send it after all.", now);
        }
        Does::Drop(entry) => {
            out.push(Effect::Ask(Ask::OutboxDrop { entry, keep_as_draft: false }));
            return model.say("Dropped.", now);
        }
        Does::NoteTo(rep) => {
            if let Some((id, _)) = about.first() {
                super::next_step::note_to(model, *id, rep, now);
            }
            return;
        }
        Does::Note => {
            if let Some((id, _)) = about.first() {
                super::composer::note(model, *id);
            }
            return;
        }
    };
    out.extend(about.iter().map(|seen| act::ask(*seen, command.clone())));
    if about.len() > 1 {
        model.list.marked.clear();
    } else if let Some((id, _)) = about.first() {
        model.list.marked.remove(id);
    }
    model.say(said, now);
}
