//! Who is here: each team with its people, their clocks and the pool, then who is on call. Every number is counted when
//! it is drawn, and says when it changes.

use ratatui::layout::Rect;

use super::paint::{Painter, Tone};
use super::ticker::Ticker;
use super::{inside, words};
use crate::domain::id::RepId;
use crate::domain::time::Timestamp;
use crate::tui::model::Model;
use crate::tui::model::people::{self, Burning, Line, OnCall, Pool, Standing};
use crate::tui::theme::SELECTED_MARK;

/// From this width on, names and standings have columns.
const COLUMNS: u16 = 60;

/// Draws it.
pub(super) fn draw(model: &Model, area: Rect, p: &mut Painter<'_>) {
    p.frame(area, "Who is here", true);
    let area = inside(area);
    let lines = model.inbox.as_deref().map(|inbox| people::board(inbox, p.tick.now)).unwrap_or_default();
    let hints = hints(model, area.width);
    for (y, hint) in (area.y..area.bottom()).zip(&hints) {
        p.put(area.x + 1, y, area.width.saturating_sub(1), hint, Tone::Dim);
    }
    let body = area.y + u16::try_from(hints.len()).unwrap_or(1);
    let room = area.bottom().saturating_sub(body);
    let at =
        model.person.as_ref().and_then(|person| lines.iter().position(|line| line.spot().as_ref() == Some(person)));
    // As far down as the cursor needs.
    let wanted = |top: usize| -> u16 {
        lines.iter().take(at.unwrap_or(0) + 1).skip(top).map(|line| rows(line, area.width)).sum()
    };
    let mut top = 0;
    while wanted(top) > room {
        top += 1;
    }
    let mut y = body;
    let mut below = 0;
    for (index, line) in lines.iter().enumerate().skip(top) {
        let spot = Rect::new(area.x, y, area.width, rows(line, area.width));
        if spot.bottom() > area.bottom() {
            below = lines.len() - index;
            break;
        }
        y = spot.bottom();
        draw_line(model, line, spot, p);
        if Some(index) == at {
            p.put(spot.x, spot.y, 1, SELECTED_MARK, Tone::Strong);
            p.select(spot);
            p.park(spot.x, spot.y);
        }
    }
    p.more(area, top, below);
    if at.is_none() {
        p.park(area.x, body);
    }
}

/// On a narrow screen a schedule takes a second row for who comes next.
const fn rows(line: &Line, width: u16) -> u16 {
    match line {
        Line::Schedule(OnCall { next: Some(_), .. }) if width < COLUMNS => 2,
        Line::Team(_) | Line::Rep(_) | Line::Pool(_) | Line::OnCall | Line::Schedule(_) => 1,
    }
}

/// What keys do; below it, whose clocks are counted.
fn hints(model: &Model, width: u16) -> Vec<&'static str> {
    if model.audits() {
        return vec!["@ on call when · Esc back"];
    }
    let leads = model.me().is_some_and(|me| model.playbook().is_some_and(|playbook| !playbook.led_by(me).is_empty()));
    match (leads, width >= COLUMNS) {
        (true, true) => vec!["A away, back · t shifts · @ on call when · Enter what can be done · Esc back"],
        // Somebody who leads nobody is not sent what colleagues hold.
        (false, true) => vec![
            "A away, back · t shifts · @ on call when · Esc back",
            "What is late or due soon is counted of conversations that you can see.",
        ],
        (_, false) => vec!["A away · t shift · @ when · Esc"],
    }
}

fn draw_line(model: &Model, line: &Line, area: Rect, p: &mut Painter<'_>) {
    let (x, width) = (area.x + 2, area.width.saturating_sub(2));
    match line {
        Line::Team(label) => {
            p.put(area.x + 1, area.y, area.width.saturating_sub(1), label, Tone::Strong);
        }
        Line::OnCall => {
            p.put(area.x + 1, area.y, area.width.saturating_sub(1), "On call", Tone::Strong);
        }
        Line::Rep(standing) => draw_rep(model, standing, Rect::new(x, area.y, width, 1), p),
        Line::Pool(pool) => {
            let pieces = pool_pieces(pool, &p.tick);
            let pieces: Vec<(&str, Tone)> = pieces.iter().map(|(text, tone)| (text.as_str(), *tone)).collect();
            p.pieces(x, area.y, width, &pieces);
        }
        Line::Schedule(on_call) => {
            let (now, then) = on_call_words(model, on_call, p.tick.now, &p.tick);
            if area.height > 1 {
                p.put(x, area.y, width, &now, Tone::Plain);
                p.put(x + 2, area.y + 1, width.saturating_sub(2), &then, Tone::Plain);
            } else {
                let comma = if then.is_empty() { "" } else { "," };
                p.pieces(x, area.y, width, &[(&format!("{now}{comma}"), Tone::Plain), (&then, Tone::Plain)]);
            }
        }
    }
}

fn draw_rep(model: &Model, standing: &Standing, area: Rect, p: &mut Painter<'_>) {
    let mine = model.me() == Some(&standing.rep);
    let mark = match (mine, standing.lead) {
        (true, _) => " (you)",
        (false, true) => " (lead)",
        (false, false) => "",
    };
    let name = format!("{}{mark}", model.rep_name(&standing.rep));
    let (here, tone) = words::here(model, standing.presence.as_ref(), &p.tick);
    let load = standing.presence.as_ref().map_or(0, |presence| presence.load);
    let load = format!("{load} open");
    let burning = burning(standing.burning, &p.tick);
    let mut pieces: Vec<(&str, Tone)> = vec![(here.as_str(), tone), (load.as_str(), Tone::Plain)];
    pieces.extend(burning.iter().map(|(text, tone)| (text.as_str(), *tone)));
    if area.width >= COLUMNS {
        p.put(area.x, area.y, 25, &name, Tone::Plain);
        p.put(area.x + 26, area.y, 20, &here, tone);
        p.pieces(area.x + 47, area.y, area.width.saturating_sub(47), &pieces[1..]);
    } else {
        let short = name.split(' ').next().unwrap_or_default();
        pieces.insert(0, (short, Tone::Strong));
        p.pieces(area.x, area.y, area.width, &pieces);
    }
}

/// `2 late, 1 soon`, when any.
fn burning(burning: Burning, tick: &Ticker) -> Vec<(String, Tone)> {
    if let Some(at) = burning.changes {
        tick.changes_at(at);
    }
    let parts = [(burning.late, "late", Tone::Bad), (burning.soon, "soon", Tone::Warn)];
    parts.into_iter().filter(|(n, _, _)| *n > 0).map(|(n, word, tone)| (format!("{n} {word}"), tone)).collect()
}

fn pool_pieces(pool: &Pool, tick: &Ticker) -> Vec<(String, Tone)> {
    let mut pieces = vec![("in the pool:".to_owned(), Tone::Dim)];
    match pool.since {
        None => pieces.push(("nothing".to_owned(), Tone::Dim)),
        Some(since) => {
            let age = tick.real_age(since);
            pieces.push((pool.waiting.to_string(), Tone::Strong));
            let longest = age.starts_with(|c: char| c.is_ascii_digit()).then(|| format!(" up to {age}"));
            pieces.push((format!("waiting{}", longest.unwrap_or_default()), Tone::Plain));
        }
    }
    pieces.extend(burning(pool.burning, tick));
    pieces
}

/// `East on call: Omar Haddad (away) until Mon 9:00 (an override)`, and `then Inés Robles`, as of then.
pub(super) fn on_call_words(model: &Model, on_call: &OnCall, at: Timestamp, tick: &Ticker) -> (String, String) {
    let name = |rep: Option<&RepId>, at| rep.map_or_else(|| "nobody".to_owned(), |rep| called(model, rep, at));
    let why = if on_call.overridden { " (an override)" } else { "" };
    let now = format!("{}: {}", on_call.label, name(on_call.rep.as_ref(), at));
    match &on_call.next {
        None => (format!("{now}{why}"), String::new()),
        Some((at, takes)) => {
            tick.changes_at(*at);
            let until = tick.clock_time(*at, model.zone());
            (format!("{now} until {until}{why}"), format!("then {}", name(takes.as_ref(), *at)))
        }
    }
}

/// Somebody with a shift: who is away by then has it all the same, but is not asked.
pub(super) fn called(model: &Model, rep: &RepId, at: Timestamp) -> String {
    let away = if people::is_away_at(model.presence(rep), at) { " (away)" } else { "" };
    format!("{}{away}", model.rep_name(rep))
}
