//! Who of several people with one number writes. No text goes by it and no clock moves.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use crate::domain::alert::brief::span;
use crate::domain::context::Card;
use crate::domain::id::ConversationId;
use crate::domain::time::Timestamp;
use crate::tui::model::Model;
use crate::tui::model::overlay::{Choice, Does, Overlay, Pick};

/// Offers those who share the number.
pub(super) fn ask(model: &mut Model, id: ConversationId, now: Timestamp) {
    let Some(thread) = model.thread_of(id) else { return model.say("Open the conversation first.", now) };
    if thread.sharing.is_empty() {
        return model.say("Nobody is known to share this number.", now);
    }
    let known = thread.cards.len() == 1;
    let shown: &Model = model;
    let all = &thread.sharing;
    let mut choices: Vec<Choice> = all
        .iter()
        .enumerate()
        .map(|(at, card)| Choice {
            label: name(card).to_owned(),
            detail: detail(shown, all, at, now),
            does: Does::Writer(Some(card.contact.clone())),
        })
        .collect();
    if known {
        let (label, detail) = ("Nobody knows".to_owned(), "it may be any of them".to_owned());
        choices.push(Choice { label, detail, does: Does::Writer(None) });
    }
    let title = "Who of them writes?".to_owned();
    let about = vec![(id, model.seen(id))];
    let pick = Pick::of(title, about, choices);
    model.overlay = Some(Overlay::Pick(pick));
}

fn name(card: &Card) -> &str {
    if card.name.trim().is_empty() { card.contact.as_str() } else { card.name.trim() }
}

/// What is said of one of them beside the name: title and account. Of those who are called alike, what tells them
/// apart, what tells most of them apart first; before it the CRM's id where nothing else does. One person kept twice is the
/// usual reason why two have a number.
fn detail(model: &Model, all: &[Card], at: usize, now: Timestamp) -> String {
    let card = &all[at];
    let is_alike = |other: &&Card| name(other).to_lowercase() == name(card).to_lowercase();
    let alike: Vec<&Card> = all.iter().filter(is_alike).collect();
    if alike.len() == 1 {
        let account = card.account.as_ref().map(|account| account.name.as_str());
        let about = [Some(card.title.as_str()), account].into_iter().flatten().filter(|part| !part.is_empty());
        return about.collect::<Vec<_>>().join(", ");
    }
    let told: Vec<[String; FACTS]> = alike.iter().map(|card| facts(model, card, now)).collect();
    let different = |fact: usize| told.iter().map(|of| of[fact].as_str()).collect::<BTreeSet<_>>().len();
    let mut telling: Vec<usize> = (0..FACTS).filter(|fact| different(*fact) > 1).collect();
    telling.sort_by_key(|fact| Reverse(different(*fact)));
    let said = |of: &[String; FACTS]| telling.iter().map(|fact| of[*fact].clone()).collect::<Vec<_>>();
    let mut parts = said(&facts(model, card, now));
    if told.iter().filter(|&of| said(of) == parts).count() > 1 {
        parts.insert(0, format!("id {}", card.contact));
    }
    parts.join(", ")
}

const FACTS: usize = 5;

/// What may tell people of one name apart, in the order in which it is read.
fn facts(model: &Model, card: &Card, now: Timestamp) -> [String; FACTS] {
    let title = Some(card.title.trim()).filter(|title| !title.is_empty()).map(str::to_owned);
    let account = card.account.as_ref().map(|account| account.name.trim()).filter(|name| !name.is_empty());
    let owner = card.owner.as_ref().map(|rep| format!("owner {}", model.rep_name(rep)));
    let touch = card.last_touch.as_ref().map(|touch| {
        let by = touch.by.as_ref().map(|rep| format!(" by {}", model.rep_name(rep))).unwrap_or_default();
        format!("{} {} ago{by}", touch.kind.replace('_', " "), span(now.since(touch.at)))
    });
    let deal = card.opportunity.as_ref().map(|deal| format!("{}, {}", deal.name, deal.stage));
    [
        title.unwrap_or_else(|| "no title".to_owned()),
        account.map_or_else(|| "no account".to_owned(), str::to_owned),
        owner.unwrap_or_else(|| "no owner".to_owned()),
        touch.unwrap_or_else(|| "no touch".to_owned()),
        deal.unwrap_or_else(|| "no open deal".to_owned()),
    ]
}
