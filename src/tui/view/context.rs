//! What the CRM and the record know: who this is, what is at stake, why it is here, and what to do next.

use std::cmp::Reverse;

use ratatui::layout::Rect;

use super::paint::{Painter, Tone, cut};
use super::{around, inside, touch, words};
use crate::client::handle::{Row, Thread};
use crate::domain::asking::heard::Heard;
use crate::domain::context::{Card, Touch};
use crate::domain::interest;
use crate::domain::kind::Ground;
use crate::domain::routing::Holder;
use crate::tui::keymap::Action;
use crate::tui::model::Model;
use crate::tui::update;

/// The pane beside the conversation: as much as fits. The page of the card has all of it.
pub(super) fn draw(model: &Model, area: Rect, p: &mut Painter<'_>) {
    p.frame(area, "Context", false);
    let area = inside(area);
    let Some(thread) = model.opened.and_then(|id| model.thread_of(id)) else { return };
    let width = area.width.saturating_sub(2);
    let lines = told(model, thread, p).into_iter().flat_map(|said| said.lines(width));
    let mut lines = lines.peekable();
    for y in area.y..area.bottom() {
        let Some((line, tone)) = lines.next() else { return };
        // Its last row says that there is more, and how it is read.
        if y + 1 == area.bottom() && lines.peek().is_some() {
            p.put(area.x + 1, y, width, "… v: the whole card", Tone::Dim);
            return;
        }
        p.put(area.x + 1, y, width, &line, tone);
    }
}

/// The page with all of it.
pub(super) fn page(model: &Model, thread: &Thread, p: &Painter<'_>) -> Vec<(String, Tone)> {
    told(model, thread, p).into_iter().flat_map(Said::paragraph).collect()
}

/// A labelled paragraph; without words, a gap.
struct Said {
    label: String,
    text: String,
    tone: Tone,
    /// Lines of it that the pane shows; none of what is only on the page.
    most: usize,
}

impl Said {
    fn lines(self, width: u16) -> Vec<(String, Tone)> {
        let label = Some((self.label, Tone::Dim)).filter(|(label, _)| !label.is_empty());
        let tone = self.tone;
        let text = if self.text.is_empty() { vec![String::new()] } else { cut(&self.text, width, self.most) };
        label.into_iter().chain(text.into_iter().map(|line| (line, tone))).collect()
    }

    fn paragraph(self) -> Vec<(String, Tone)> {
        let label = Some((self.label, Tone::Dim)).filter(|(label, _)| !label.is_empty());
        label.into_iter().chain([(self.text, self.tone)]).collect()
    }
}

/// Paragraphs in the order in which they are read.
#[derive(Default)]
struct Pane(Vec<Said>);

impl Pane {
    fn say(&mut self, label: &str, text: &str, tone: Tone) {
        self.cut(label, text, tone, usize::MAX);
    }

    /// Words of which the pane shows no more than so many lines.
    fn cut(&mut self, label: &str, text: &str, tone: Tone, most: usize) {
        if !text.is_empty() {
            self.0.push(Said { label: label.to_owned(), text: text.to_owned(), tone, most });
        }
    }

    fn gap(&mut self) {
        if self.0.last().is_some_and(|last| !last.text.is_empty()) {
            self.0.push(Said { label: String::new(), text: String::new(), tone: Tone::Plain, most: 1 });
        }
    }

    fn card(&mut self, model: &Model, p: &Painter<'_>, card: &Card, label: &str) {
        let title = if card.title.is_empty() { String::new() } else { format!(", {}", card.title) };
        self.say(label, &format!("{}{title}", card.name), Tone::Strong);
        if let Some(account) = &card.account {
            self.say("Account", &around::account(account), Tone::Plain);
        }
        if let Some(deal) = &card.opportunity {
            self.say("Deal", &deal.name, Tone::Plain);
            self.say("", &around::deal(deal, p), Tone::Strong);
            self.say("", &around::team(model, card).unwrap_or_default(), Tone::Plain);
        }
        // Newest first in whatever order they were told: what the pane has no room for is older than what it shows.
        let mut touches: Vec<&Touch> = card.last_touch.iter().chain(&card.touches).collect();
        touches.sort_by_key(|touch| Reverse(touch.at));
        for (at, touch) in touches.into_iter().enumerate() {
            let (label, most) = match at {
                0 => ("Last touch", 2),
                _ if at < TOUCHES => ("", 1),
                _ => ("", 0),
            };
            self.cut(label, &touch::told(model, touch, p), Tone::Plain, most);
        }
        if let Some(touch) = touch::of_account(card) {
            self.cut("Last touch of the account", &touch::told(model, touch, p), Tone::Plain, 2);
        }
        let signs = interest::ranked(&card.intents, p.tick.now);
        let lines = if signs.len() == 1 { 2 } else { 1 };
        for (at, intent) in signs.into_iter().take(SIGNS).enumerate() {
            let age = p.tick.dated_age(intent.at);
            let label = if at == 0 { "Recent interest" } else { "" };
            let told = format!("· {}: {}", ago(&age), interest::words::told(intent));
            self.cut(label, &told, Tone::Plain, lines);
        }
    }
}

fn told(model: &Model, thread: &Thread, p: &Painter<'_>) -> Vec<Said> {
    let mut pane = Pane::default();
    pane.say("Next step", &thread.next_step.what, Tone::Strong);
    pane.say("", &format!("because {}", why(model, thread, p)), Tone::Plain);
    let offered = thread.next_step.snippet.as_ref().map(|name| format!("f: the snippet {name}"));
    let offered = offered.or_else(|| thread.next_step.action.map(|action| format!("f: {}", action.words())));
    pane.say("", &offered.unwrap_or_default(), Tone::Plain);
    pane.gap();
    let known = around::of(model, thread.row.id);
    let age = around::age(model, thread, p);
    if thread.cards.is_empty() {
        let age = age.as_ref().map(|age| format!(", {age}")).unwrap_or_default();
        let says = match thread.heard {
            Heard::Unsure => "what it knows of this number is not here yet",
            Heard::NoCrm => "none is connected",
            Heard::NotYet => "has not said yet who this is",
            Heard::Answered => "does not know this number",
        };
        pane.say("CRM", &format!("{says}{age}"), Tone::Plain);
    }
    pane.say("", &around::failing(model, known, u16::MAX, p).unwrap_or_default(), Tone::Warn);
    pane.say("", &shared(thread), Tone::Warn);
    let unwritten = model.unwritten.iter().find(|one| one.conversation == thread.row.id);
    let unwritten = unwritten.map(|one| around::since_and_why(model, one, &p.tick)).unwrap_or_default();
    pane.say("Not in the CRM", &unwritten, Tone::Warn);
    for card in &thread.cards {
        pane.gap();
        let label = age.as_ref().map_or_else(|| "Person".to_owned(), |age| format!("Person, {age}"));
        pane.card(model, p, card, &label);
    }
    let (consent, tone) = consent(model, thread, p);
    pane.say("Consent", &consent, tone);
    for (at, line) in known.map(|known| around::others(model, known, p)).unwrap_or_default().iter().enumerate() {
        pane.say(if at == 0 { "Same account" } else { "" }, line, Tone::Plain);
    }
    pane.gap();
    if let Some(kind) = &thread.kind {
        let said = match kind.ground {
            // A bare "positive" would be read as a yes.
            Ground::Nothing => format!("unclear, counted as {}: {}", kind.kind.word(), kind.why),
            Ground::Weak | Ground::Mixed | Ground::Sure => format!("{}: {}", kind.kind.word(), kind.why),
        };
        pane.say("Kind of text (K)", &said, Tone::Plain);
    }
    pane.say("Here because", &holder(model, &thread.row), Tone::Plain);
    let owner = thread.row.owner.as_ref().map(|owner| format!("owner {}", model.rep_name(owner)));
    pane.say("", &owner.unwrap_or_default(), Tone::Plain);
    if let Some((what, words)) = answers(thread, p) {
        pane.gap();
        pane.say("Answers", &what, Tone::Plain);
        pane.cut("", &words, Tone::Dim, SHOWN_OF_ANSWER);
    }
    if !thread.row.about.is_empty() {
        pane.say("About", &about(&thread.row), Tone::Plain);
    }
    pane.0
}

/// Why the step; last, that it goes by an earlier text than their last.
pub(super) fn why(model: &Model, thread: &Thread, p: &Painter<'_>) -> String {
    let step = &thread.next_step;
    let time = |at| p.tick.clock_time(at, model.zone());
    let earlier = step.earlier.map_or_else(String::new, |by| format!("; {}", by.words(&time(by.at))));
    format!("{}{earlier}", step.why)
}

/// That several people have the number, and whether it is known who of them writes.
fn shared(thread: &Thread) -> String {
    match (thread.sharing.len(), thread.cards.len()) {
        (0, _) => String::new(),
        (all, 1) => format!("one of {all} with this number (W)"),
        (all, _) => format!("{all} people share this number: W says who writes"),
    }
}

/// Whether texts may go there, and what shows it.
fn consent(model: &Model, thread: &Thread, p: &Painter<'_>) -> (String, Tone) {
    let row = &thread.row;
    if let Some(out) = &row.opted_out {
        let age = ago(&p.tick.dated_age(out.at));
        return (format!("opted out {age}: {}", update::opted_out(model, out)), Tone::Bad);
    }
    if let Some(hold) = &row.hold {
        return (
            format!("opt-out hold{} until {}: no text goes before", key(model), update::day(model, hold.due)),
            Tone::Bad,
        );
    }
    if let Some(given) = &thread.consent {
        let how = given.source.words(|rep| model.rep_name(rep));
        return (format!("opted in {}: {how}", ago(&p.tick.dated_age(given.at))), Tone::Plain);
    }
    let none = "no opt-in on record";
    if row.no_evidence {
        return (format!("{none}: no text goes"), Tone::Bad);
    }
    let wrote = row.wrote.map(|at| format!("{none}; they wrote {}", ago(&p.tick.dated_age(at))));
    (wrote.unwrap_or_else(|| none.to_owned()), Tone::Plain)
}

/// Touches of one person that the pane shows. The page has all of them, so that no channel is missing there.
const TOUCHES: usize = 3;

/// Signs of interest that are told of one person.
const SIGNS: usize = 4;

/// Lines of a campaign's text that the pane shows.
const SHOWN_OF_ANSWER: usize = 2;

/// Characters of a campaign's text that are shown.
const SHOWN_OF_TEXT: usize = 320;

/// The campaign's text that the buyer answers: as it was reported, else what the CRM knows of it.
pub(super) fn answers(thread: &Thread, p: &Painter<'_>) -> Option<(String, String)> {
    let told = |words: &str| {
        let shown: String = words.chars().take(SHOWN_OF_TEXT).collect();
        if shown.len() < words.len() { format!("{shown}…") } else { shown }
    };
    if let Some(sent) = &thread.answering {
        let age = p.tick.dated_age(sent.at);
        return Some((format!("{}, {}", sent.campaign, ago(&age)), told(sent.words.as_str())));
    }
    let campaign = thread.cards.iter().find_map(|card| card.campaign.as_ref())?;
    let name = if campaign.name.is_empty() { &campaign.use_case } else { &campaign.name };
    (!campaign.last_text.is_empty()).then(|| (name.clone(), told(&campaign.last_text)))
}

/// What it is about, and how urgent that is when that is said.
fn about(row: &Row) -> String {
    if row.priority == 0 { row.about.clone() } else { format!("{} · priority {}", row.about, row.priority) }
}

/// `3 d ago`, and `just now` as it is.
pub(super) fn ago(age: &str) -> String {
    if age.starts_with(|c: char| c.is_ascii_digit()) { format!("{age} ago") } else { age.to_owned() }
}

/// Who has it and why, in one line.
pub(super) fn holder(model: &Model, row: &Row) -> String {
    let Some(assignment) = &row.assignment else { return "nobody has it yet".to_owned() };
    let who = match &assignment.to {
        Holder::Rep(rep) if Some(rep) == model.me() => "you".to_owned(),
        Holder::Rep(rep) => model.rep_name(rep).to_owned(),
        Holder::Pool(team) => format!("the pool of {}", words::team(model, team)),
    };
    let has = if assignment.taken.is_some() { "has it" } else { "is asked" };
    let has = match (who.as_str(), has) {
        ("you", "has it") => "have it",
        ("you", _) => "are asked",
        (_, has) => has,
    };
    format!("{who} {has}: {}", assignment.because.sentence(assignment.to.rep(), |rep| model.rep_name(rep).to_owned()))
}

/// The key that rules on a hold, for whoever may.
pub(super) fn key(model: &Model) -> &'static str {
    if model.offers(Action::Rule) { " (z)" } else { "" }
}
