//! What is written into the CRM, and how it is asked.

use super::words::span;
use crate::domain::asking::{Asking, Reroute};
use crate::domain::playbook::Playbook;
use crate::domain::time::Span;

pub(super) fn of(playbook: &Playbook) -> Vec<String> {
    let rules = &playbook.write_back;
    let said = [
        (rules.log, "Every reply and every answer stands in the CRM's log."),
        (rules.outcomes, "How a conversation ended stands there, too."),
        (rules.tasks, "Whoever has a reply has a task there, due when the answer is; completing it takes the reply."),
        (rules.owners, "Whom the rules choose for a buyer of nobody's becomes their owner there."),
        (rules.opt_outs, "Everybody there who has a number that opted out is marked so, until it is welcome again."),
    ];
    let mut lines: Vec<String> = said.iter().filter(|(on, _)| *on).map(|(_, words)| (*words).to_owned()).collect();
    lines.extend(rules.follow_ups.iter().map(|later| {
        format!("After “{}” there is a task for {} later: {}.", later.outcome.words(), span(later.after), later.words)
    }));
    if lines.is_empty() {
        lines.push("Nothing is written into the CRM.".to_owned());
    }
    lines.extend(asked(&playbook.asking));
    lines
}

fn asked(asking: &Asking) -> [String; 3] {
    let budget = asking.budget.as_millis();
    let waits = if asking.budget == Span::ZERO {
        "Nobody's reply waits for the CRM: it is routed with what is known.".to_owned()
    } else {
        format!(
            "A first reply of somebody whose card is not known or not fresh is offered once the CRM said who it is, or \
             after {budget} ms."
        )
    };
    let late = match asking.reroute {
        Reroute::Never => "What the CRM says later moves nothing that was offered.",
        Reroute::Unowned => "What the CRM says later moves what nobody owned and nobody has taken to its owner.",
        Reroute::Untaken => {
            "What the CRM says later moves what nobody has taken to its owner, whoever was asked before."
        }
    };
    let fresh = span(asking.fresh);
    let fresh = format!("A card is read again when it is older than {fresh} and its buyer texts or a rep opens it.");
    [waits, late.to_owned(), fresh]
}
