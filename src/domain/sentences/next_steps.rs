//! What to do next, in sentences.

use super::words::{list, span};
use crate::domain::next_step::rules::Rule;
use crate::domain::playbook::Playbook;

pub(super) fn of(playbook: &Playbook) -> Vec<String> {
    playbook.next_steps.iter().flat_map(|rule| one(playbook, rule)).collect()
}

fn one(playbook: &Playbook, rule: &Rule) -> Vec<String> {
    let use_case = |id: &String| playbook.use_cases.get(id).map_or(id.as_str(), |u| u.label.as_str()).to_owned();
    let words = |all: &mut dyn Iterator<Item = String>| list(&all.collect::<Vec<_>>(), "or");
    let window = |w: &crate::domain::hours::Window| {
        format!("{:02}:{:02} to {:02}:{:02}", w.open / 60, w.open % 60, w.close / 60 % 24, w.close % 60)
    };
    let is = |set: bool, said: &dyn Fn() -> String| set.then(said);
    let when = [
        rule.known.map(|known| format!("the CRM {} the number", if known { "knows" } else { "does not know" })),
        is(!rule.stages.is_empty(), &|| format!("the deal is in {}", words(&mut rule.stages.iter().cloned()))),
        is(!rule.kinds.is_empty(), &|| {
            format!("the text is read as {}", words(&mut rule.kinds.iter().map(|kind| kind.word().to_owned())))
        }),
        is(!rule.use_cases.is_empty(), &|| format!("it is about {}", words(&mut rule.use_cases.iter().map(use_case)))),
        is(!rule.words.is_empty(), &|| {
            format!("the text has {}", words(&mut rule.words.iter().map(|word| format!("\"{word}\""))))
        }),
        is(!rule.intents.is_empty(), &|| {
            let fresh = rule.within.map_or_else(String::new, |within| format!(" of the last {}", span(within)));
            format!("there is interest in {}{fresh}", words(&mut rule.intents.iter().cloned()))
        }),
        rule.waited.map(|waited| format!("the text waits for {}", span(waited))),
        is(!rule.hours.is_empty(), &|| format!("it is {}", words(&mut rule.hours.iter().map(window)))),
    ];
    let when: Vec<String> = when.into_iter().flatten().collect();
    let when = if when.is_empty() { "Always".to_owned() } else { format!("When {}", list(&when, "and")) };
    let with = [
        rule.snippet.as_ref().map(|name| format!("the snippet {name}")),
        rule.action.map(|action| action.words().to_owned()),
    ];
    let with: Vec<String> = with.into_iter().flatten().collect();
    let mut lines = vec![format!("{when}: {}, because {}.", rule.what, rule.why)];
    lines.extend((!with.is_empty()).then(|| format!("  At hand: {}.", list(&with, "and"))));
    lines
}
