//! The head of an opened conversation, where no pane stands beside it: what its clock says, how old the card is, who this is,
//! what to do next, why it is here, and what was said last.
//!
//! It always has its least rows, and takes those that the conversation leaves empty. Texts come first: a conversation that
//! grows takes them back, from below.

use super::paint::{Painter, Tone, cut, packed};
use super::{around, context, conversation, touch};
use crate::client::handle::{Row, Thread};
use crate::domain::asking::heard::Heard;
use crate::domain::context::{Card, Opportunity};
use crate::domain::interest;
use crate::tui::layout;
use crate::tui::model::Model;
use crate::tui::update;

/// One line of it, in pieces.
pub(super) type Line = Vec<(String, Tone)>;

/// From so many rows on each thing is told in full.
const ROOMY: u16 = 10;

/// Lines of who this is and of what to do next, while not all of it fits: the rest has one each.
const EACH: usize = 3;

/// Characters of an account's name that are told in any case.
const SHORTEST_NAME: usize = 6;

/// Rows that it has whatever the conversation needs: one beside the pane that says more, few on a low terminal, and there
/// fewer while something is written.
pub(super) fn least(model: &Model) -> u16 {
    if layout::areas(model.size).context.is_some() {
        return 1;
    }
    match model.size.1 {
        24.. => ROOMY,
        18.. => 4,
        _ if model.composer.is_some() => 2,
        _ => 3,
    }
}

/// Its lines, so many at most: `spare` are the rows that the conversation leaves empty.
pub(super) fn lines(model: &Model, row: &Row, width: u16, spare: u16, p: &Painter<'_>) -> Vec<Line> {
    let least = least(model);
    let of = Head { model, row, thread: model.thread_of(row.id), width };
    if least == 1 {
        // The pane breaks it over two lines, or has no room for it at all.
        let failing = around::failing(model, around::of(model, row.id), width, p).filter(|_| spare > 0);
        return std::iter::once(of.first(p)).chain(failing.map(|failing| vec![(failing, Tone::Warn)])).collect();
    }
    let most = usize::from(least + spare);
    let mut told = of.full([usize::MAX; 2], p);
    if told.len() > most {
        if least < ROOMY {
            let mut told = of.brief(p);
            told.truncate(most);
            return told;
        }
        told = of.full([EACH, 1], p);
    }
    if of.thread.is_some() && told.len() != most {
        // Its last row says that there is more, and how it is read.
        told.truncate(most - 1);
        told.push(vec![("… v: the whole card".to_owned(), Tone::Dim)]);
    }
    told
}

/// What it is made of.
struct Head<'a> {
    model: &'a Model,
    row: &'a Row,
    thread: Option<&'a Thread>,
    width: u16,
}

impl Head<'_> {
    /// Of the one person who may have written; of several nobody is silently the first.
    fn card(&self) -> Option<&Card> {
        match self.thread?.cards.as_slice() {
            [one] => Some(one),
            _ => None,
        }
    }

    /// What is said in place of account and stage: nobody is said not to be in the CRM before it has said so.
    fn nobody(&self) -> &'static str {
        match self.thread.filter(|thread| thread.cards.is_empty()).map(|thread| thread.heard) {
            None | Some(Heard::Unsure) => "",
            Some(Heard::NoCrm) => "no CRM connected",
            Some(Heard::NotYet) => "CRM not answered yet",
            Some(Heard::Answered) => "not in the CRM",
        }
    }

    /// The clock, and what forbids a text. Where one line has no room for it, until when a hold lasts goes first.
    fn standing(&self, one_line: bool, p: &Painter<'_>) -> Line {
        let (clock, tone) = conversation::clock(self.row, &p.tick).unwrap_or((String::new(), Tone::Plain));
        let key = context::key(self.model);
        let opted_out = match (&self.row.opted_out, &self.row.hold) {
            (Some(_), _) => "opted out: no texts".to_owned(),
            (None, Some(hold)) => {
                let long = format!("opt-out hold{key} until {}", update::day(self.model, hold.due));
                let fits = clock.chars().count() + 1 + long.chars().count() <= usize::from(self.width);
                if fits || !one_line { long } else { format!("opt-out hold{key}") }
            }
            (None, None) => String::new(),
        };
        vec![(clock, tone), (opted_out, Tone::Bad)].into_iter().filter(|(text, _)| !text.is_empty()).collect()
    }

    /// Since when the CRM does not answer, and how old the card is: together where that fits.
    fn crm(&self, p: &Painter<'_>) -> Line {
        let known = around::of(self.model, self.row.id);
        let age = self.thread.and_then(|thread| around::age(self.model, thread, p));
        match (around::failing(self.model, known, self.width, p), age) {
            (Some(failing), Some(age))
                if failing.chars().count() + age.chars().count() + 2 <= usize::from(self.width) =>
            {
                vec![(format!("{failing}, {age}"), Tone::Warn)]
            }
            (failing, age) => {
                let failing = failing.map(|failing| (failing, Tone::Warn));
                failing.into_iter().chain(age.map(|age| (format!("CRM {age}"), Tone::Dim))).collect()
            }
        }
    }

    /// The only line, beside the pane; and the first of a few.
    fn first(&self, p: &Painter<'_>) -> Line {
        let mut line = self.standing(true, p);
        let taken: usize = line.iter().map(|(text, _)| text.chars().count() + 1).sum();
        line.push((
            facts(self.row, self.card(), self.nobody(), usize::from(self.width).saturating_sub(taken)),
            Tone::Plain,
        ));
        line
    }

    fn next(&self, p: &Painter<'_>) -> Option<(String, Tone)> {
        let thread = self.thread?;
        let why = context::why(self.model, thread, p);
        Some((format!("next: {} ({why})", thread.next_step.what), Tone::Strong))
    }

    /// A line each; that the CRM does not answer comes before what it said.
    fn brief(&self, p: &Painter<'_>) -> Vec<Line> {
        let touch = self.card().and_then(|card| card.last_touch.as_ref());
        let touch = touch.map(|last| touch::brief(last, p) + " · ").unwrap_or_default();
        let (failing, age): (Line, Line) = self.crm(p).into_iter().partition(|(_, tone)| *tone == Tone::Warn);
        let mut told = vec![self.first(p)];
        told.extend(failing.into_iter().chain(self.next(p)).chain(age).map(|one| vec![one]));
        told.push(vec![(format!("{touch}{}", context::holder(self.model, self.row)), Tone::Dim)]);
        told
    }

    /// Everything: so many lines each of who this is and what to do next, and so many of each other thing.
    fn full(&self, [first, then]: [usize; 2], p: &Painter<'_>) -> Vec<Line> {
        let mut told = packed(self.standing(false, p).into_iter().chain(self.crm(p)), self.width);
        let card = self.card();
        let facts = (facts(self.row, card, self.nobody(), usize::MAX), Tone::Plain);
        let holder = (context::holder(self.model, self.row), Tone::Dim);
        let answers = self.thread.and_then(|thread| context::answers(thread, p));
        let answers = answers.map(|(what, words)| format!("answers: {what}: {words}"));
        let last = card.and_then(|card| card.last_touch.as_ref());
        let account = card.and_then(touch::of_account).filter(|of| last.is_none_or(|last| of.at > last.at));
        let touches = [("last", last), ("account's last", account)];
        let touches =
            touches.into_iter().filter_map(|(label, of)| Some(format!("{label}: {}", touch::told(self.model, of?, p))));
        let sign = card.and_then(|card| interest::ranked(&card.intents, p.tick.now).first().copied());
        let sign = sign.map(|sign| {
            let age = context::ago(&p.tick.dated_age(sign.at));
            format!("interest: {} {age}", interest::words::told(sign))
        });
        let more = answers.into_iter().chain(touches).chain(sign).map(|text| (text, Tone::Plain));
        let before = [facts].into_iter().chain(self.next(p)).map(|one| (one, first));
        let after = [holder].into_iter().chain(more).map(|one| (one, then));
        for ((text, tone), each) in before.chain(after) {
            told.extend(cut(&text, self.width, each).into_iter().map(|line| vec![(line, tone)]));
        }
        told
    }
}

/// Account, stage and amount. Where they do not fit, the account's name is shortened before the deal is cut.
fn facts(row: &Row, card: Option<&Card>, nobody: &str, room: usize) -> String {
    let deal = card.and_then(|c| c.opportunity.as_ref());
    let stage = deal.map(stage).or_else(|| row.stage.clone());
    let rest = stage.as_ref().map_or(0, |stage| stage.chars().count() + 3);
    let short = |name: String| {
        if name.chars().count() + rest <= room {
            return name;
        }
        let most = room.saturating_sub(rest + 1).max(SHORTEST_NAME);
        let kept: String = name.chars().take(most).collect();
        if kept == name { name } else { format!("{}…", kept.trim_end()) }
    };
    let facts: Vec<String> = row.account.clone().map(short).into_iter().chain(stage).collect();
    if facts.is_empty() { nobody.to_owned() } else { facts.join(" · ") }
}

fn stage(deal: &Opportunity) -> String {
    let amount = around::amount(deal);
    if amount.is_empty() { deal.stage.clone() } else { format!("{} · {amount}", deal.stage) }
}
