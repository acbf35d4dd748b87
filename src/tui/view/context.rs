//! What the CRM and the record know: who this is, what is at stake, why it is here, and what to do next.

use ratatui::layout::Rect;

use super::paint::{Painter, Tone, wrapped};
use super::{around, conversation, inside, words};
use crate::client::handle::{Row, Thread};
use crate::domain::context::{Card, Opportunity};
use crate::domain::interest;
use crate::domain::routing::Holder;
use crate::tui::model::Model;
use crate::tui::update;

/// The pane beside the conversation.
pub(super) fn draw(model: &Model, area: Rect, p: &mut Painter<'_>) {
    p.frame(area, "Context", false);
    let area = inside(area);
    let Some(thread) = model.opened.and_then(|id| model.thread_of(id)) else { return };
    let mut pane = Pane { area, y: area.y };
    pane.say(p, "Next step", &thread.next_step.what, Tone::Strong);
    pane.say(p, "", &format!("because {}", thread.next_step.why), Tone::Plain);
    let offered = thread.next_step.snippet.as_ref().map(|name| format!("f: the snippet {name}"));
    let offered = offered.or_else(|| thread.next_step.action.map(|action| format!("f: {}", action.words())));
    if let Some(offered) = offered {
        pane.say(p, "", &offered, Tone::Plain);
    }
    if let Some(kind) = &thread.kind {
        pane.say(p, "Kind of text (K)", &format!("{}: {}", kind.kind.word(), kind.why), Tone::Plain);
    }
    pane.gap();
    pane.say(p, "Here because", &holder(model, &thread.row), Tone::Plain);
    if let Some(owner) = &thread.row.owner {
        pane.say(p, "", &format!("owner {}", model.rep_name(owner)), Tone::Plain);
    }
    if !thread.row.about.is_empty() {
        pane.say(p, "About", &about(&thread.row), Tone::Plain);
    }
    if let Some((what, words)) = answers(thread, p) {
        pane.gap();
        pane.say(p, "Answers", &what, Tone::Plain);
        pane.say(p, "", &words, Tone::Dim);
    }
    let known = around::of(model, thread.row.id);
    let age = around::age(known, p);
    let failing = around::failing(model, known, p);
    if thread.cards.is_empty() {
        pane.gap();
        let age = age.as_ref().map(|age| format!(", {age}")).unwrap_or_default();
        pane.say(p, "CRM", &format!("does not know this number{age}"), Tone::Plain);
    }
    if let Some(failing) = &failing {
        pane.say(p, "", failing, Tone::Warn);
    }
    for card in &thread.cards {
        pane.gap();
        let label = age.as_ref().map_or_else(|| "Person".to_owned(), |age| format!("Person, {age}"));
        pane.card(model, p, card, &label);
    }
    if let Some(known) = known {
        for (at, line) in around::others(model, known, p).iter().enumerate() {
            if at == 0 {
                pane.gap();
            }
            pane.say(p, if at == 0 { "Same account" } else { "" }, line, Tone::Plain);
        }
    }
}

/// Labelled paragraphs from the top down, as many as fit.
struct Pane {
    area: Rect,
    y: u16,
}

impl Pane {
    fn say(&mut self, p: &mut Painter<'_>, label: &str, text: &str, tone: Tone) {
        let width = self.area.width.saturating_sub(2);
        if !label.is_empty() && self.y < self.area.bottom() {
            p.put(self.area.x + 1, self.y, width, label, Tone::Dim);
            self.y += 1;
        }
        for line in wrapped(text, width) {
            if self.y < self.area.bottom() {
                p.put(self.area.x + 1, self.y, width, &line, tone);
                self.y += 1;
            }
        }
    }

    fn gap(&mut self) {
        self.y = self.y.saturating_add(1);
    }

    fn card(&mut self, model: &Model, p: &mut Painter<'_>, card: &Card, label: &str) {
        let title = if card.title.is_empty() { String::new() } else { format!(", {}", card.title) };
        self.say(p, label, &format!("{}{title}", card.name), Tone::Strong);
        if let Some(account) = &card.account {
            self.say(p, "Account", &around::account(account), Tone::Plain);
        }
        if let Some(deal) = &card.opportunity {
            self.say(p, "Deal", &deal.name, Tone::Plain);
            self.say(p, "", &around::deal(deal, p), Tone::Strong);
            if let Some(team) = around::team(model, card) {
                self.say(p, "", &team, Tone::Plain);
            }
        }
        for (at, touch) in card.last_touch.iter().chain(&card.touches).take(TOUCHES).enumerate() {
            let age = p.tick.dated_age(touch.at);
            let label = if at == 0 { "Last touch" } else { "" };
            self.say(
                p,
                label,
                format!("{} {}: {}", touch.kind, ago(&age), touch.summary).trim_end_matches(": "),
                Tone::Plain,
            );
        }
        for (at, intent) in interest::ranked(&card.intents, p.tick.now).into_iter().take(SIGNS).enumerate() {
            let age = p.tick.dated_age(intent.at);
            let label = if at == 0 { "Recent interest" } else { "" };
            self.say(p, label, &format!("· {}: {}", ago(&age), said(&intent.detail, &intent.kind)), Tone::Plain);
        }
    }
}

/// Touches and signs of interest that are told of one person.
const TOUCHES: usize = 3;
const SIGNS: usize = 4;

/// Characters of a campaign's text that are shown.
const SHOWN_OF_TEXT: usize = 120;

/// The campaign's text that the buyer answers: as it was reported, else what the CRM knows of it.
fn answers(thread: &Thread, p: &Painter<'_>) -> Option<(String, String)> {
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
fn ago(age: &str) -> String {
    if age.starts_with(|c: char| c.is_ascii_digit()) { format!("{age} ago") } else { age.to_owned() }
}

fn said<'a>(detail: &'a str, kind: &'a str) -> &'a str {
    if detail.is_empty() { kind } else { detail }
}

fn stage(deal: &Opportunity) -> String {
    let amount = around::amount(deal);
    if amount.is_empty() { deal.stage.clone() } else { format!("{} · {amount}", deal.stage) }
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
    format!("{who} {has}: {}", assignment.because.sentence(|rep| model.rep_name(rep).to_owned()))
}

/// The context in a few lines above the conversation.
pub(super) fn compact(model: &Model, row: &Row, area: Rect, p: &mut Painter<'_>) {
    let thread = model.thread_of(row.id);
    let card = thread.and_then(|t| t.cards.first());
    let (clock, tone) = conversation::clock(row, &p.tick).unwrap_or((String::new(), Tone::Plain));
    let facts = facts(row, card);
    let opted_out = match (&row.opted_out, &row.hold) {
        (Some(_), _) => "opted out: no texts".to_owned(),
        (None, Some(hold)) => format!("opt-out hold (z) until {}", update::day(model, hold.due)),
        (None, None) => String::new(),
    };
    let opted_out = opted_out.as_str();
    let known_around = around::of(model, row.id);
    let failing = around::failing(model, known_around, p).unwrap_or_default();
    let failing = if area.width < 60 { around::shorter(&failing) } else { failing };
    let age = around::age(known_around, p);
    let width = area.width.saturating_sub(2);
    let rows = usize::from(area.height.saturating_sub(1));
    // With rows to spare each is told in full; with few each has one.
    let each = if rows >= 4 { 3 } else { 1 };
    let first: usize = [clock.as_str(), opted_out, failing.as_str()].iter().map(|part| part.chars().count() + 1).sum();
    let beside = each == 1 || first == 3 || first + facts.chars().count() <= usize::from(width);
    let (here, below_it) = if beside { (facts.as_str(), String::new()) } else { ("", facts.clone()) };
    p.pieces(
        area.x + 1,
        area.y,
        width,
        &[(&clock, tone), (opted_out, Tone::Bad), (&failing, Tone::Warn), (here, Tone::Plain)],
    );
    let holder = holder(model, row);
    let touch = card.and_then(|c| c.last_touch.as_ref());
    let brief = touch.map(|t| format!("{} {} · ", t.kind, ago(&p.tick.dated_age(t.at))));
    let rows = area.height.saturating_sub(1);
    // With room, the last touch and the newest signs of interest are told by themselves.
    let (below, mut known) =
        if rows >= 4 { (holder, Vec::new()) } else { (brief.unwrap_or_default() + &holder, Vec::new()) };
    if rows >= 4 {
        let answers = thread.and_then(|thread| answers(thread, p));
        known.extend(answers.map(|(what, words)| format!("answers: {what}: {words}")));
        known.extend(touch.map(|t| format!("last: {} {}: {}", t.kind, ago(&p.tick.dated_age(t.at)), t.summary)));
        let interest = card.and_then(|c| interest::ranked(&c.intents, p.tick.now).first().copied());
        known.extend(
            interest.map(|i| format!("interest: {} {}", said(&i.detail, &i.kind), ago(&p.tick.dated_age(i.at)))),
        );
    }
    if let Some(age) = age.filter(|_| rows >= 4) {
        known.push(format!("CRM: {age}"));
    }
    let next = thread.map(|t| format!("next: {} ({})", t.next_step.what, t.next_step.why)).unwrap_or_default();
    let known = known.into_iter().map(|text| (text, Tone::Plain));
    let lines = [(below_it, Tone::Plain), (next, Tone::Strong)].into_iter().chain(known).chain([(below, Tone::Dim)]);
    let lines = lines.filter(|(text, _)| !text.is_empty());
    let lines = lines.flat_map(|(text, tone)| {
        let wide = if each == 1 { vec![text] } else { wrapped(&text, width) };
        wide.into_iter().take(each).map(move |line| (line, tone))
    });
    for (y, (line, tone)) in (area.y + 1..area.bottom()).zip(lines) {
        p.put(area.x + 1, y, width, &line, tone);
    }
}

fn facts(row: &Row, card: Option<&Card>) -> String {
    let deal = card.and_then(|c| c.opportunity.as_ref());
    let stage = deal.map(stage).or_else(|| row.stage.clone());
    let facts: Vec<String> = row.account.clone().into_iter().chain(stage).collect();
    if facts.is_empty() && card.is_none() { "not in the CRM".to_owned() } else { facts.join(" · ") }
}
