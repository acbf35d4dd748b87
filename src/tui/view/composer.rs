//! What is being written: pinned to a name and number in its border, with the time there and how it stands with the number,
//! what it will cost and what stands against it.

use ratatui::layout::Rect;

use super::paint::{Painter, Tone, wrapped};
use super::ticker::Ticker;
use super::{inside, words};
use crate::domain::id::ConversationId;
use crate::domain::segments::{Encoding, segments};
use crate::domain::snippet;
use crate::domain::standing::{self, Standing};
use crate::tui::layout;
use crate::tui::model::Model;
use crate::tui::model::composer::{Composer, Objection};
use crate::tui::update;

/// Most rows for what must stand under the text.
const UNDER: usize = 3;

/// Rows it takes.
pub(super) fn rows(model: &Model, composer: &Composer, area: Rect) -> u16 {
    let width = inside(area).width;
    let under = under(model, composer, width).len();
    layout::composer_rows(area, composer.input.rows(usize::from(width)).len() + under)
}

/// Draws it, with the terminal's cursor in it.
pub(super) fn draw(model: &Model, area: Rect, p: &mut Painter<'_>) {
    let Some(composer) = &model.composer else { return };
    p.clear(area);
    let title = title(model, composer, area.width.saturating_sub(7), &p.tick);
    p.frame(area, &title, true);
    consent(model, composer, area, p);
    let area = inside(area);
    let under = under(model, composer, area.width);
    let under_rows = u16::try_from(under.len()).unwrap_or(0).min(area.height.saturating_sub(2));
    let text_rows = area.height.saturating_sub(1 + under_rows);
    let lines = composer.input.rows(usize::from(area.width));
    let (line, column) = composer.input.cursor_cell(usize::from(area.width));
    let first = (line + 1).saturating_sub(usize::from(text_rows.max(1)));
    let tone = if composer.note { Tone::Note } else { Tone::Plain };
    for (y, text) in (area.y..area.y + text_rows).zip(lines.iter().skip(first)) {
        p.put(area.x, y, area.width, text.as_str(), tone);
    }
    for (y, text) in (area.y + text_rows..).zip(under.iter().take(usize::from(under_rows))) {
        p.put(area.x, y, area.width, text, Tone::Dim);
    }
    footer(model, composer, Rect::new(area.x, area.y + text_rows + under_rows, area.width, 1), p);
    if model.overlay.is_none() {
        let down = u16::try_from(line - first).unwrap_or(0);
        let right = u16::try_from(column).unwrap_or(u16::MAX).min(area.width.saturating_sub(1));
        p.park(area.x + right, area.y + down);
    }
}

/// Name and number, and the time there where that fits. A zone nobody said for sure is a question.
fn title(model: &Model, composer: &Composer, room: u16, tick: &Ticker) -> String {
    let who = words::person(&composer.name, &composer.address);
    if composer.note {
        let reader = composer.reader.as_ref().map(|rep| format!(" for {}", model.rep_name(rep))).unwrap_or_default();
        return format!("NOTE{reader} on {who}, colleagues only");
    }
    let time = model.thread_of(composer.to).and_then(|thread| thread.binds.zone).map(|(zone, sure)| {
        let mark = if sure { "" } else { "?" };
        [format!(" · {} there{mark}", tick.wall(zone)), format!(" · {}{mark}", tick.wall(zone))]
    });
    let [long, short] = time.unwrap_or_default();
    let longer = [format!("To {who}{long}"), format!("To {who}{short}")];
    if let Some(title) = longer.into_iter().find(|longer| longer.chars().count() <= usize::from(room)) {
        return title;
    }
    // The number and the time tell a wrong recipient apart; of a long name its beginning does.
    let number = format!(" {}", composer.address.as_str());
    let left = usize::from(room).saturating_sub("To …".len() + number.chars().count() + short.chars().count());
    let name: String = composer.name.chars().take(left.max(1)).collect();
    format!("To {}…{number}{short}", name.trim_end())
}

/// How it stands with the number, on the lower border: before a word is typed. What forbids sending stands in the footer.
fn consent(model: &Model, composer: &Composer, area: Rect, p: &mut Painter<'_>) {
    // For the seconds in which a colleague types: nothing else says so, whatever stands in the footer.
    if let Some(who) = writing(model, composer.to, &p.tick) {
        let foot = area.bottom().saturating_sub(1);
        p.put(area.x + 2, foot, area.width.saturating_sub(4), &format!(" {who}"), Tone::Accent);
        return;
    }
    // Of a text that was put off its own time counts, and that stands in the footer.
    if composer.later.is_some_and(|at| at > p.tick.now) {
        return;
    }
    let Some(standing) = standing_of(model, composer, p.tick.now) else { return };
    if matches!(standing, Standing::OptedOut(_) | Standing::OnHold) {
        return;
    }
    if let Standing::Direct(until) = &standing {
        p.tick.changes_at(*until);
    }
    let (text, tone) = words::number(model, &standing, &p.tick);
    p.put(area.x + 2, area.bottom().saturating_sub(1), area.width.saturating_sub(4), &format!(" {text}"), tone);
}

fn standing_of(model: &Model, composer: &Composer, now: crate::domain::time::Timestamp) -> Option<Standing> {
    let row = model.row(composer.to).filter(|_| !composer.note)?;
    let rules = &model.playbook()?.compliance;
    Some(standing::of(row.opted_out.as_ref(), row.hold.is_some(), rules, &row.place, row.wrote, now))
}

/// What will stand under the text, as its rows.
fn under(model: &Model, composer: &Composer, width: u16) -> Vec<String> {
    let under = update::bound(model, composer).and_then(|bound| bound.under(composer.input.text()));
    let Some(under) = under else { return Vec::new() };
    let mut rows = wrapped(&format!("+ {under}"), width);
    if rows.len() > UNDER {
        rows.truncate(UNDER);
        rows[UNDER - 1].push('…');
    }
    rows
}

/// Which colleague types here now.
pub(super) fn writing(model: &Model, id: ConversationId, tick: &Ticker) -> Option<String> {
    let mut writers = model.writers(id, tick.now);
    let first = writers.next()?;
    tick.changes_at(first.until);
    let name = model.rep_name(&first.rep);
    Some(match writers.map(|writer| tick.changes_at(writer.until)).count() {
        0 => format!("{name} is writing…"),
        more => format!("{name} and {more} more are writing…"),
    })
}

fn footer(model: &Model, composer: &Composer, area: Rect, p: &mut Painter<'_>) {
    let (warning, tone) = warning(model, composer, &p.tick);
    let objections = update::objections(model, composer);
    let asked = !objections.is_empty() && objections.iter().all(|o| composer.asked.contains(o));
    let enter = match (composer.note, asked) {
        (true, _) => "Enter notes",
        (false, true) => "Enter again sends",
        (false, false) if composer.later.is_some() => "Enter puts it off",
        (false, false) => "Enter sends",
    };
    let beside = if warning.is_empty() { 0 } else { warning.chars().count() + 1 };
    let whole = usize::from(area.width).saturating_sub(beside);
    let room = whole.saturating_sub(enter.len() + 2);
    let cost = if composer.note { String::new() } else { cost(model, composer, room, whole) };
    let used = p.pieces(area.x, area.y, area.width, &[(&warning, tone), (&cost, Tone::Strong)]);
    let gap = if used > 0 { used + 2 } else { 0 };
    let room = area.width.saturating_sub(gap);
    let hints = [format!("{enter} · Ctrl-J new line · Esc keeps"), format!("{enter} · Esc keeps"), enter.to_owned()];
    if let Some(hint) = hints.iter().find(|hint| hint.chars().count() <= usize::from(room)) {
        p.put(area.x + gap, area.y, room, hint, Tone::Dim);
    }
}

/// What stands against sending, the gravest alone; and who else writes.
fn warning(model: &Model, composer: &Composer, tick: &Ticker) -> (String, Tone) {
    if composer.note {
        return (String::new(), Tone::Plain);
    }
    if let Some(standing @ (Standing::OptedOut(_) | Standing::OnHold)) = standing_of(model, composer, tick.now) {
        return words::number(model, &standing, tick);
    }
    let objections = update::objections(model, composer);
    let objection = objections.first().map(|objection| match objection {
        Objection::WroteAgain(_) => "they wrote again".to_owned(),
        Objection::HeldBy(rep) => format!("{} has this now", model.rep_name(rep)),
        Objection::Another(_, rep) => format!("{}'s answer is on its way", model.rep_name(rep)),
        Objection::AlreadyLeft(_) => "the first one had already left".to_owned(),
        Objection::NoEvidence => "no consent of theirs is on record".to_owned(),
    });
    if let Some(objection) = objection {
        return (objection, Tone::Bad);
    }
    let text = composer.input.text();
    let fields = snippet::fields(text);
    // Where the cursor stands on one already, Tab would pass it over.
    if let Some((_, field)) = fields.iter().find(|(range, _)| range.start == composer.input.cursor()) {
        return (format!("{{{field}}}: type it"), Tone::Bad);
    }
    if let Some((_, field)) = fields.first() {
        return (format!("{{{field}}} unfilled: Tab"), Tone::Bad);
    }
    if let Some(why) = update::bound(model, composer).and_then(|bound| bound.refuses(text)) {
        return (why.to_owned(), if text.trim().is_empty() { Tone::Warn } else { Tone::Bad });
    }
    // A time that its rep chose; that the hours are closed stands in the border.
    let waits = update::would_wait(model, composer, tick.now).filter(|_| composer.later.is_some());
    match waits.zip(model.row(composer.to)) {
        Some((at, row)) => (words::waits_until(model, &row.place, at, tick), Tone::Warn),
        None => (String::new(), Tone::Plain),
    }
}

/// What sending takes, as much of it as fits: `38/160 GSM-7`, `3 texts, 12 left`, the character that makes a text dear with
/// the key that replaces it, and a price. What it costs comes before the encoding's name, and before the hint beside it: a
/// price that does not fit into `room` takes the `whole` line.
fn cost(model: &Model, composer: &Composer, room: usize, whole: usize) -> String {
    let text = update::whole(model, composer);
    let s = segments(&text);
    let (single, _) = s.encoding.capacity();
    let count = match s.segments {
        0 | 1 => format!("{}/{single}", s.units),
        many => format!("{many} texts, {} left", s.left_in_segment),
    };
    let short = if s.segments > 1 { format!("{} texts", s.segments) } else { count.clone() };
    let name = match s.encoding {
        Encoding::Gsm7 => "GSM-7",
        Encoding::Ucs2 => "UCS-2",
    };
    let price = model.playbook().and_then(|playbook| playbook.price.as_ref()).filter(|_| s.segments > 0);
    let price = price.map_or_else(String::new, |price| format!(" · {}", price.of(s.segments)));
    let dear = dear(composer, s.first_non_gsm);
    let told = [format!("{count}{price}{dear}"), format!("{short}{price}{dear}")];
    let priced = if price.is_empty() { [String::new(), String::new()] } else { told.clone() };
    let bare = [
        (format!("{count}{dear}"), room),
        (format!("{short}{dear}"), room),
        (format!("{short}{price}"), whole),
        (count.clone(), room),
    ];
    // Before the encoding's name goes, the hint beside does.
    let named = [format!("{count} {name}{price}{dear}"), format!("{short} {name}{price}{dear}")];
    let within = |told: [String; 2], most: usize| told.into_iter().map(move |told| (told, most));
    let priced = within(priced, whole).filter(|(told, _)| !told.is_empty());
    let named = within(named.clone(), room).chain(within(named, whole));
    let mut all = named.chain(within(told, room)).chain(priced).chain(bare);
    all.find(|(told, room)| told.chars().count() <= *room).map_or(count, |(told, _)| told)
}

/// The character that turned 160 into 70, with what the key makes of it; with how many others it replaces.
fn dear(composer: &Composer, first: Option<char>) -> String {
    let Some(first) = first else { return String::new() };
    match update::offer(composer) {
        Some(offer) => {
            let others = offer.swaps.len().saturating_sub(1);
            let more = if others > 0 { format!(" +{others}") } else { String::new() };
            let one = update::Offer { swaps: offer.swaps[..1].to_vec(), unseen: offer.unseen };
            format!(" ({}{more}: Ctrl-g)", update::stand_ins(&one, 1))
        }
        None => format!(" (“{first}”: 70 a text)"),
    }
}
