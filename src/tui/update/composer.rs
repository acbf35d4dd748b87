//! Writing: the draft is kept on every way out, pasting never sends, and what changed meanwhile is asked about once.

use super::{act, snippets};
use crate::client::handle::{Ask, LinkState, Thread};
use crate::domain::command::Command;
use crate::domain::consent::OptOut;
use crate::domain::contact::Body;
use crate::domain::conversation::AnswerState;
use crate::domain::event::Review;
use crate::domain::id::{ConversationId, MessageId, RepId};
use crate::domain::respond::MAX_CHARS;
use crate::domain::snippet::{fields, is_unfilled};
use crate::domain::time::Timestamp;
use crate::tui::input_line::{InputLine, MAX_BYTES};
use crate::tui::keymap::Action;
use crate::tui::keymap::chord::{Chord, Key};
use crate::tui::layout;
use crate::tui::model::composer::{Composer, Objection};
use crate::tui::model::overlay::{Choice, Does, Overlay, Pick};
use crate::tui::model::{Model, SAVE_AFTER};
use crate::tui::msg::Effect;
use crate::wire::changes::Author;

/// Begins an answer, with the kept draft. A number that opted out gets none: a note is offered.
pub(super) fn reply(model: &mut Model, id: ConversationId, now: Timestamp) {
    if super::block::refuses(model, id, now) {
        return;
    }
    if let Some(out) = model.row(id).and_then(|row| row.opted_out.clone()) {
        let title = format!("No text may go to {}: {}", act::name(model, id), opted_out(model, &out));
        let note = Choice {
            label: "Write a note for colleagues".to_owned(),
            detail: "the buyer never sees it".to_owned(),
            does: Does::Note,
        };
        let number = model.row(id).map(|row| row.address.as_str().to_owned()).unwrap_or_default();
        let call =
            Choice { label: "Copy the number, to call".to_owned(), detail: number.clone(), does: Does::Copy(number) };
        let about = vec![(id, model.seen(id))];
        let mut choices = vec![note, call];
        // What was written before stays within reach, for a mail or a call.
        if let Some(draft) = model.thread_of(id).map(|t| t.draft.clone()).filter(|draft| !draft.is_empty()) {
            let label = "Copy your draft".to_owned();
            choices.push(Choice { label, detail: draft.clone(), does: Does::Copy(draft) });
        }
        model.overlay = Some(Overlay::Pick(Pick::of(title, about, choices)));
        return model.warn("This number opted out: texts cannot be sent.", now);
    }
    begin(model, id, false);
}

/// How a number opted out, as screens say it.
pub(in crate::tui) fn opted_out(model: &Model, out: &OptOut) -> String {
    out.source.words(|rep| model.rep_name(rep))
}

/// Begins a note.
pub(super) fn note(model: &mut Model, id: ConversationId) {
    begin(model, id, true);
}

/// Words that were for colleagues are a note again, before what else was begun.
pub(super) fn note_again(model: &mut Model, id: ConversationId, words: &str) {
    note(model, id);
    if let Some(composer) = &mut model.composer {
        let before = composer.input.text().trim().to_owned();
        let text =
            if before.is_empty() || before == words.trim() { words.to_owned() } else { format!("{words}\n{before}") };
        composer.input = InputLine::with_text(&text);
    }
}

fn begin(model: &mut Model, id: ConversationId, note: bool) {
    let Some(row) = model.row(id) else { return };
    let (name, address) = (row.name.clone(), row.address.clone());
    super::browse::open(model, id);
    let (kept, reader) = if note {
        model.notes.remove(&id).unwrap_or_default()
    } else {
        (model.thread_of(id).map(|t| t.draft.clone()).unwrap_or_default(), None)
    };
    model.composer = Some(Composer {
        to: id,
        name,
        address,
        note,
        reader,
        input: InputLine::with_text(&kept),
        seen: model.seen(id),
        asked: Vec::new(),
        loaded: note || model.thread_of(id).is_some(),
        saved: if note { String::new() } else { kept },
        save_at: None,
        later: None,
        recalled: None,
        known: model.thread_of(id).map_or(0, newest),
        wrote: false,
        told: None,
    });
}

/// The place of the newest message.
fn newest(thread: &Thread) -> u64 {
    thread.messages.iter().map(|entry| entry.message.n).max().unwrap_or(0)
}

/// Words that were taken back become the draft, before what else was begun.
pub(super) fn restore(model: &mut Model, id: ConversationId, words: &str, recalled: Option<MessageId>) {
    begin(model, id, false);
    if let Some(composer) = &mut model.composer {
        let before = composer.input.text().to_owned();
        let kept = before.trim();
        let text =
            if kept.is_empty() || kept == words.trim() { words.to_owned() } else { format!("{words}\n{before}") };
        composer.input = InputLine::with_text(&text);
        composer.recalled = recalled;
        // The words on screen are the draft now; one the client sends later does not go on top.
        composer.loaded = true;
    }
}

/// The client sent the conversation: its kept draft goes in once, before what was typed meanwhile.
pub(super) fn loaded(model: &mut Model) {
    let Some(composer) = &mut model.composer else { return };
    let Some(thread) = model.thread.as_deref().filter(|t| t.row.id == composer.to) else { return };
    if composer.loaded {
        return;
    }
    composer.loaded = true;
    composer.seen = composer.seen.max(thread.row.inbound);
    composer.known = newest(thread);
    if !thread.draft.is_empty() {
        let typed = composer.input.text();
        let text = if typed.is_empty() { thread.draft.clone() } else { format!("{}\n{typed}", thread.draft) };
        composer.saved.clone_from(&thread.draft);
        composer.input = InputLine::with_text(&text);
    }
}

/// A key that the table names.
pub(super) fn act(model: &mut Model, action: Action, now: Timestamp, out: &mut Vec<Effect>) {
    if action == Action::Back {
        leave(model, out);
    } else if action == Action::Newline {
        typing(model, now, |input| {
            input.newline();
        });
    } else if action == Action::NextField {
        snippets::next_field(model, now);
    } else if action == Action::Cheapen {
        snippets::cheapen(model, now);
    } else if action == Action::Send {
        send(model, now, out);
    } else if action == Action::Later {
        super::later::ask(model, now);
    } else if action == Action::Editor {
        save(model, out);
        if let Some(c) = &model.composer {
            out.push(Effect::Edit { conversation: c.to, text: c.input.text().to_owned() });
        }
    }
}

/// A key that edits.
pub(super) fn typed(model: &mut Model, chord: Chord, now: Timestamp) {
    if chord.typed() == Some(';') && snippets::begins(model) {
        return snippets::pick(model);
    }
    let width = layout::composer_width(model);
    let mut fits = true;
    typing(model, now, |input| fits = edit(input, chord, width));
    if !fits {
        model.warn(format!("No text may be longer than {MAX_BYTES} bytes."), now);
    }
}

/// The keys of every shell's line. False when the text would become too long.
fn edit(input: &mut InputLine, chord: Chord, width: usize) -> bool {
    if let Some(c) = chord.typed() {
        snippets::clear_field(input);
        return input.insert(c.encode_utf8(&mut [0; 4]));
    }
    match (chord.key, chord.ctrl, chord.alt) {
        (Key::Backspace, false, false) | (Key::Char('h'), true, false) => input.backspace(),
        (Key::Delete, false, false) | (Key::Char('d'), true, false) => input.delete(),
        (Key::Backspace, ..) | (Key::Char('w'), true, false) => input.delete_word(),
        (Key::Char('u'), true, false) => input.delete_to_start(),
        (Key::Char('k'), true, false) => input.delete_to_end(),
        (Key::Left, false, false) | (Key::Char('b'), true, false) => input.left(),
        (Key::Right, false, false) | (Key::Char('f'), true, false) => input.right(),
        (Key::Left, ..) | (Key::Char('b'), false, true) => input.word_left(),
        (Key::Right, ..) | (Key::Char('f'), false, true) => input.word_right(),
        (Key::Home, ..) | (Key::Char('a'), true, false) => input.home(),
        (Key::End, ..) | (Key::Char('e'), true, false) => input.end(),
        (Key::Up, ..) => {
            input.up(width);
        }
        (Key::Down, ..) => {
            input.down(width);
        }
        _ => {}
    }
    true
}

/// Pasted text goes in as it is; it never sends.
pub(super) fn paste(model: &mut Model, text: &str, now: Timestamp) {
    let mut fits = true;
    typing(model, now, |input| {
        snippets::clear_field(input);
        fits = input.insert(text);
    });
    if !fits {
        return model.warn(format!("Not pasted: no text may be longer than {MAX_BYTES} bytes."), now);
    }
    let lines = text.lines().count();
    if lines > 3 {
        model.say(format!("Pasted {lines} lines. Enter sends them as one text."), now);
    }
}

/// A `;` that is meant as one.
pub(super) fn semicolon(model: &mut Model, now: Timestamp) {
    typing(model, now, |input| {
        input.insert(";");
    });
}

/// Colleagues are told while somebody types, at most so often, in real milliseconds.
const TELL_EVERY: i64 = 4_000;

/// Says who types, to those who may see the conversation. Costs nothing while nobody does.
pub(super) fn tells(model: &mut Model, now: Timestamp) -> Option<Effect> {
    let every = model.real_millis(TELL_EVERY);
    let composer = model.composer.as_mut()?;
    if !std::mem::take(&mut composer.wrote) || composer.note || composer.told.is_some_and(|at| now < at + every) {
        return None;
    }
    composer.told = Some(now);
    Some(Effect::Ask(Ask::Writing(composer.to)))
}

pub(super) fn typing(model: &mut Model, now: Timestamp, change: impl FnOnce(&mut InputLine)) {
    let save_at = now + model.real_millis(SAVE_AFTER);
    if let Some(composer) = &mut model.composer {
        let before = composer.input.text().to_owned();
        change(&mut composer.input);
        composer.wrote = composer.input.text() != before;
        if composer.wrote && !composer.note {
            // Counted from the first unsaved key, so that one who never pauses is saved too.
            composer.save_at.get_or_insert(save_at);
        }
    }
}

/// The editor closed.
pub(super) fn edited(model: &mut Model, id: ConversationId, text: Option<String>, now: Timestamp) {
    match text {
        Some(text) if model.composer.as_ref().is_some_and(|c| c.to == id) => {
            let text = text.trim_end().to_owned();
            typing(model, now, |input| *input = InputLine::with_text(&text));
        }
        Some(_) => {}
        None => model.warn("The editor did not save; the draft is as it was.", now),
    }
}

/// Saves what is not saved yet.
pub(super) fn save(model: &mut Model, out: &mut Vec<Effect>) {
    let Some(composer) = &mut model.composer else { return };
    composer.save_at = None;
    if !composer.note && composer.saved != composer.input.text() {
        composer.input.text().clone_into(&mut composer.saved);
        out.push(Effect::Ask(Ask::SaveDraft { conversation: composer.to, text: composer.saved.clone() }));
    }
}

fn leave(model: &mut Model, out: &mut Vec<Effect>) {
    save(model, out);
    if let Some(composer) = model.composer.take()
        && composer.note
        && !composer.input.text().trim().is_empty()
    {
        model.notes.insert(composer.to, (composer.input.text().to_owned(), composer.reader));
    }
}

/// What stands against sending, that the rep may overrule.
pub(in crate::tui) fn objections(model: &Model, composer: &Composer) -> Vec<Objection> {
    let mut found = Vec::new();
    if composer.note {
        return found;
    }
    let inbound = model.seen(composer.to);
    if inbound > composer.seen {
        found.push(Objection::WroteAgain(inbound));
    }
    let assignment = model.row(composer.to).and_then(|row| row.assignment.as_ref());
    if let Some(holder) = assignment.filter(|a| a.taken.is_some()).and_then(|a| a.to.rep())
        && Some(holder) != model.me()
    {
        found.push(Objection::HeldBy(holder.clone()));
    }
    found.extend(others(model, composer));
    let left = |id: &MessageId| {
        let message = model.thread_of(composer.to)?.messages.iter().find(|m| m.message.id == *id)?;
        message.message.standing.as_ref().map(|state: &AnswerState| !state.is_waiting())
    };
    if let Some(message) = composer.recalled.filter(|id| left(id) == Some(true)) {
        found.push(Objection::AlreadyLeft(message));
    }
    if model.row(composer.to).is_some_and(|row| row.no_evidence) {
        found.push(Objection::NoEvidence);
    }
    found
}

/// Answers of colleagues that are on their way, or left while this one was written.
fn others(model: &Model, composer: &Composer) -> Vec<Objection> {
    let messages = model.thread_of(composer.to).map_or(&[][..], |thread| &thread.messages);
    let other = messages.iter().filter_map(|entry| {
        let message = &entry.message;
        let Author::Rep(rep) = &message.author else { return None };
        let going = match message.standing.as_ref()? {
            AnswerState::Held { .. } | AnswerState::Sending => true,
            AnswerState::Unknown | AnswerState::Out { .. } => message.n > composer.known,
            AnswerState::Parked { .. } => false,
        };
        (going && Some(rep) != model.me()).then(|| Objection::Another(message.id, rep.clone()))
    });
    other.collect()
}

/// What keeps these words from being sent at all, until they are changed.
fn refusal(model: &Model, composer: &Composer, text: &str) -> Option<String> {
    let whole = snippets::whole(model, composer);
    let length = whole.trim().chars().count();
    if text.is_empty() {
        return Some("Nothing is written yet; Esc leaves.".to_owned());
    } else if length > MAX_CHARS {
        return Some(format!("Too long: {length} of {MAX_CHARS} characters. Split it into two texts."));
    } else if composer.note {
        return None;
    }
    if let Some(opt_out) = model.row(composer.to).and_then(|row| row.opted_out.clone()) {
        let why = opted_out(model, &opt_out);
        return Some(format!("Not sent: this number opted out ({why}). Esc keeps the draft, then i writes a note."));
    }
    if model.row(composer.to).is_some_and(|row| row.hold.is_some()) {
        return Some("Not sent: this number is on opt-out hold. Esc keeps the draft, then z rules on it.".to_owned());
    }
    if objections(model, composer).contains(&Objection::NoEvidence) && model.is_final(&[Review::NoEvidence]) {
        let why = "no consent of theirs is on record, and they never wrote";
        return Some(format!("Not sent: {why}. Esc keeps the draft."));
    }
    if let Some((_, field)) = fields(text).first() {
        return Some(format!("Not sent: {{{field}}} is not filled: type it now."));
    }
    let why = snippets::bound(model, composer)?.refuses(text)?;
    Some(format!("Not sent: {why}. Esc keeps the draft, then i writes a note."))
}

fn send(model: &mut Model, now: Timestamp, out: &mut Vec<Effect>) {
    let Some(mut composer) = model.composer.take() else { return };
    let text = composer.input.text().trim().to_owned();
    let objections = objections(model, &composer);
    let mut refusal = refusal(model, &composer, &text);
    if let Some(new) = objections.iter().find(|o| !composer.asked.contains(o)).filter(|_| refusal.is_none()) {
        refusal = Some(objection_words(model, new));
        composer.asked.push(new.clone());
    }
    if let Some(refusal) = refusal {
        let unfilled = is_unfilled(&text) && !composer.note;
        model.composer = Some(composer);
        if unfilled {
            snippets::first_field(model);
        }
        return model.warn(refusal, now);
    }
    let body = Body::new(if composer.note { text } else { snippets::whole(model, &composer).trim().to_owned() });
    if composer.note {
        let told = told(model, composer.reader.as_ref());
        let to = composer.reader;
        out.push(act::ask((composer.to, composer.seen), Command::Note { message: model.fresh, body, to }));
        return model.say(told, now);
    }
    let mut seen = composer.seen;
    let mut accept = Vec::new();
    for objection in objections {
        match objection {
            Objection::WroteAgain(inbound) => seen = inbound,
            Objection::HeldBy(rep) => accept.push(Review::Reassigned(rep)),
            Objection::NoEvidence => accept.push(Review::NoEvidence),
            Objection::AlreadyLeft(_) | Objection::Another(..) => {}
        }
    }
    let message = model.fresh;
    let command = match composer.later {
        Some(at) => Command::AnswerLater { message, body, at, accept },
        None => Command::Answer { message, body, accept },
    };
    out.push(act::ask((composer.to, seen), command));
    out.push(Effect::Ask(Ask::SaveDraft { conversation: composer.to, text: String::new() }));
    model.scroll = 0;
    let waits = super::later::would_wait(model, &composer, now);
    let approval =
        snippets::bound(model, &composer).and_then(|bound| bound.rules()).is_some_and(|rules| rules.approval);
    let how = match (&model.link, approval, waits) {
        (LinkState::Online, false, Some(_)) => "waits for its hour",
        (LinkState::Online, false, None) => "on its way",
        (LinkState::Online, true, _) => "waits for a second person's approval",
        (_, false, _) => "queued until the backend answers",
        (_, true, _) => "queued until the backend answers, then for a second person",
    };
    model.say(format!("To {}: {how}; u takes it back.", composer.name), now);
}

/// What became of a note, and who is told of it.
fn told(model: &Model, reader: Option<&RepId>) -> String {
    let Some(name) = reader.map(|rep| model.rep_name(rep)) else {
        return "Noted, for colleagues only.".to_owned();
    };
    let when = if matches!(model.link, LinkState::Online) { "" } else { " once the backend answers" };
    format!("Noted, for colleagues only. {name} is told{when}.")
}

/// What is asked before a text goes.
pub(in crate::tui) fn objection_words(model: &Model, objection: &Objection) -> String {
    match objection {
        Objection::WroteAgain(_) => "They wrote again. Enter again sends your text as it is.".to_owned(),
        Objection::HeldBy(rep) => format!("{} has this now. Enter again sends anyway.", model.rep_name(rep)),
        Objection::Another(_, rep) => {
            format!("{}'s answer is on its way. Enter again sends yours, too.", model.rep_name(rep))
        }
        Objection::AlreadyLeft(_) => {
            "The text you took back had already left. Enter again sends these words a second time.".to_owned()
        }
        Objection::NoEvidence => "No consent of theirs is on record. Enter again sends anyway.".to_owned(),
    }
}
