//! Define: does Sales handle this reply, and how urgent is it?

use super::context::Card;
use super::playbook::{Cohort, Playbook};

/// What the reply is about: the campaign the CRM names, else what the line is for. An unknown name falls back to the
/// line's own, so that a typo in the CRM never loses a reply.
pub fn of<'a>(playbook: &'a Playbook, line_use_case: &'a str, cards: &'a [Card]) -> &'a str {
    cards
        .iter()
        .filter_map(|card| card.campaign.as_ref())
        .map(|campaign| campaign.use_case.as_str())
        .find(|name| playbook.use_cases.contains_key(*name))
        .unwrap_or(line_use_case)
}

/// Whether Sales must answer it.
pub fn is_for_sales(playbook: &Playbook, use_case: &str) -> bool {
    playbook.use_cases.get(use_case).is_none_or(|u| u.sales)
}

/// The class of the reply: the first cohort whose use cases and stages match. With several people behind one number
/// the most urgent match wins, since cohorts are written in order of urgency.
pub fn cohort<'a>(playbook: &'a Playbook, use_case: &str, cards: &[Card]) -> Option<&'a Cohort> {
    let stages: Vec<String> = cards.iter().filter_map(Card::stage).map(str::to_lowercase).collect();
    playbook.cohorts.iter().find(|cohort| {
        let use_case_fits = cohort.use_cases.is_empty() || cohort.use_cases.contains(use_case);
        let stage_fits = cohort.stages.is_empty() || cohort.stages.iter().any(|s| stages.contains(&s.to_lowercase()));
        use_case_fits && stage_fits
    })
}
