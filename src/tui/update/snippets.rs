//! Words kept ready, fields, and the characters that make a text dear: what keys of the composer do beside typing.

use super::composer::typing;
use crate::client::handle::Thread;
use crate::domain::playbook::Playbook;
use crate::domain::regulated::{self, Regulated};
use crate::domain::snippet::{self, Values};
use crate::domain::stand_in::{self, Offer};
use crate::domain::time::Timestamp;
use crate::tui::input_line::InputLine;
use crate::tui::model::Model;
use crate::tui::model::composer::Composer;
use crate::tui::model::overlay::{Choice, Does, Overlay, Pick};

/// What a text of the composer goes by: the policy, the conversation, and what the record fills.
pub(in crate::tui) struct Bound<'a> {
    pub(in crate::tui) playbook: &'a Playbook,
    pub(in crate::tui) thread: &'a Thread,
    values: Values,
}

/// What this composer's text goes by; nothing for a note, and before the conversation has come.
pub(in crate::tui) fn bound<'a>(model: &'a Model, composer: &Composer) -> Option<Bound<'a>> {
    let (playbook, me) = (model.playbook()?, model.me()?);
    let thread = model.thread_of(composer.to).filter(|_| !composer.note)?;
    Some(Bound { playbook, thread, values: Values::of(playbook, me, &thread.cards) })
}

impl<'a> Bound<'a> {
    /// The rules, where only approved words may go out.
    pub(in crate::tui) fn rules(&self) -> Option<&'a Regulated> {
        regulated::of(self.playbook, &self.thread.binds.use_case)
    }

    /// The words that will stand under this text.
    pub(in crate::tui) fn under(&self, text: &str) -> Option<&'a str> {
        let due = self.rules()?.due(self.thread.binds.disclosed)?;
        (!text.trim_end().ends_with(due.trim())).then_some(due)
    }

    /// Why these words may not go out here.
    pub(in crate::tui) fn refuses(&self, text: &str) -> Option<&'static str> {
        let rules = self.rules()?;
        let whole = regulated::with_disclosure(text, rules.due(self.thread.binds.disclosed));
        let judged = regulated::judge(self.playbook, rules, &self.values, self.thread.binds.disclosed, &whole);
        judged.err().map(|_| "approved snippets only: ; offers them")
    }
}

/// The text as it would leave: with what the buyer must read under it.
pub(in crate::tui) fn whole(model: &Model, composer: &Composer) -> String {
    let text = composer.input.text();
    let under = bound(model, composer).and_then(|bound| bound.under(text));
    under.map_or_else(|| text.to_owned(), |under| regulated::with_disclosure(text, Some(under)))
}

/// Whether `;` typed now asks for a snippet: at a word's start, when there is one to offer.
pub(super) fn begins(model: &Model) -> bool {
    let Some(composer) = model.composer.as_ref().filter(|c| !c.note) else { return false };
    let before = &composer.input.text()[..composer.input.cursor()];
    let starts_word = before.chars().next_back().is_none_or(char::is_whitespace);
    let (Some(bound), Some(me)) = (bound(model, composer), model.me()) else { return false };
    starts_word && snippet::offered(bound.playbook, me, &bound.thread.binds.use_case).next().is_some()
}

/// Offers the snippets, filled as far as the record goes.
pub(super) fn pick(model: &mut Model) {
    let Some(composer) = &model.composer else { return };
    let (Some(bound), Some(me)) = (bound(model, composer), model.me()) else { return };
    let choices = snippet::offered(bound.playbook, me, &bound.thread.binds.use_case).map(|(name, snippet)| {
        let text = snippet::fill(&snippet.text, &bound.values);
        Choice { label: name.clone(), detail: text.clone(), does: Does::Snippet(text) }
    });
    let (choices, about) = (choices.collect(), vec![(composer.to, composer.seen)]);
    let title = format!("Snippet for {}", composer.name);
    model.overlay = Some(Overlay::Pick(Pick::of(title, about, choices)));
}

/// The words of a snippet that is offered here, filled as far as the record goes.
pub(super) fn named(model: &Model, name: &str) -> Option<String> {
    let composer = model.composer.as_ref()?;
    let (bound, me) = (bound(model, composer)?, model.me()?);
    let mut offered = snippet::offered(bound.playbook, me, &bound.thread.binds.use_case);
    offered.find(|(offered, _)| *offered == name).map(|(_, snippet)| snippet::fill(&snippet.text, &bound.values))
}

/// Puts a snippet in at the cursor, which then stands on its first unfilled field.
pub(super) fn insert(model: &mut Model, text: &str, now: Timestamp) {
    let mut fits = true;
    typing(model, now, |input| {
        let at = input.cursor();
        fits = input.insert(text);
        if let Some((range, _)) = snippet::fields(text).first().filter(|_| fits) {
            input.go(at + range.start);
        }
    });
    if !fits {
        model.warn("The text would be too long with this snippet.", now);
    }
}

/// The cursor goes to the next field that nobody filled; the first letter typed there takes its place.
pub(super) fn next_field(model: &mut Model, now: Timestamp) {
    let Some(composer) = model.composer.as_mut() else { return };
    let text = composer.input.text().to_owned();
    let fields = snippet::fields(&text);
    let after = fields.iter().find(|(range, _)| range.start > composer.input.cursor());
    match after.or_else(|| fields.first()) {
        Some((range, name)) => {
            composer.input.go(range.start);
            let said = format!("{{{name}}}: type what stands here.");
            model.say(said, now);
        }
        None => model.say("No field is left to fill.", now),
    }
}

/// To the field that kept the text from leaving: what is typed then stands in its place.
pub(super) fn first_field(model: &mut Model) {
    let Some(composer) = model.composer.as_mut() else { return };
    let first = snippet::fields(composer.input.text()).first().map(|(range, _)| range.start);
    if let Some(start) = first {
        composer.input.go(start);
    }
}

/// Takes the unfilled field at the cursor out of the way of what is typed or pasted there.
pub(super) fn clear_field(input: &mut InputLine) {
    let at = input.cursor();
    let here = snippet::fields(input.text()).into_iter().map(|(range, _)| range).find(|range| range.start == at);
    if let Some(range) = here {
        input.remove(range);
    }
}

/// What one key would do about the characters that make this text dear.
pub(in crate::tui) fn offer(composer: &Composer) -> Option<Offer> {
    stand_in::offer(composer.input.text()).filter(|_| !composer.note)
}

/// Replaces them: first what nobody sees; what somebody may mind goes with another key, and is named before.
pub(super) fn cheapen(model: &mut Model, now: Timestamp) {
    let Some(offer) = model.composer.as_ref().and_then(offer) else {
        return model.say("No character here can be replaced to make the text cheaper.", now);
    };
    typing(model, now, |input| {
        let (before, after) = input.text().split_at(input.cursor());
        let (before, after) = (offer.apply(before), offer.apply(after));
        *input = InputLine::with_text(&format!("{before}{after}"));
        input.go(before.len());
    });
    let did = ended(format!("Replaced {}", words(&offer, 3)));
    match model.composer.as_ref().and_then(self::offer) {
        Some(next) => model.say(ended(format!("{did} Ctrl-g again: {}", words(&next, 3))), now),
        None => model.say(did, now),
    }
}

/// With a full stop, unless what was named last ends in one.
fn ended(words: String) -> String {
    if words.ends_with('.') { words } else { format!("{words}.") }
}

/// `“’” → ' and “…” → ...`, at most so many by name.
pub(in crate::tui) fn words(offer: &Offer, most: usize) -> String {
    let one = |(c, by): &(char, stand_in::StandIn)| match by.text() {
        "" => format!("“{c}” out"),
        " " => "a wide space → space".to_owned(),
        by => format!("“{c}” → {by}"),
    };
    let named: Vec<String> = offer.swaps.iter().take(most).map(one).collect();
    let more = offer.swaps.len().saturating_sub(most);
    if more > 0 { format!("{} and {more} more", named.join(", ")) } else { named.join(", ") }
}
