//! Words kept ready, in sentences.

use super::words::list;
use crate::domain::playbook::Playbook;
use crate::domain::regulated::{Disclose, Regulated};
use crate::domain::segments::segments;
use crate::domain::snippet::Snippet;

pub(super) fn of(playbook: &Playbook) -> Vec<String> {
    let mut lines: Vec<String> =
        playbook.snippets.iter().flat_map(|(name, snippet)| one(playbook, name, snippet)).collect();
    lines.extend(playbook.price.as_ref().map(|price| format!("A text costs about {}.", price.of(1))));
    lines
}

fn one(playbook: &Playbook, name: &str, snippet: &Snippet) -> Vec<String> {
    let use_case = |id: &String| playbook.use_cases.get(id).map_or(id.as_str(), |u| u.label.as_str()).to_owned();
    let team = |id| playbook.teams.get(id).map_or_else(|| id.to_string(), |t| t.label.clone());
    let use_cases: Vec<String> = snippet.use_cases.iter().map(use_case).collect();
    let teams: Vec<String> = snippet.teams.iter().map(team).collect();
    let ask: Vec<String> = snippet.ask.iter().map(|field| format!("{{{field}}}")).collect();
    let size = segments(&snippet.text);
    let dear = size.first_non_gsm.map(|c| format!("“{c}” leaves room for 70 characters in a text instead of 160"));
    let more = [
        (!use_cases.is_empty()).then(|| format!("only for {}", list(&use_cases, "and"))),
        (!teams.is_empty()).then(|| format!("only in {}", list(&teams, "and"))),
        (!ask.is_empty()).then(|| format!("the rep fills {}", list(&ask, "and"))),
        (size.segments > 1).then(|| format!("about {} texts", size.segments)),
        dear,
    ];
    let more: Vec<String> = more.into_iter().flatten().collect();
    let mut lines = vec![format!("{name}: \"{}\"", snippet.text)];
    lines.extend((!more.is_empty()).then(|| format!("  {}.", list(&more, "and"))));
    lines
}

/// What a regulated use case lets out.
pub(super) fn regulated(rules: &Regulated) -> String {
    let names: Vec<String> = rules.snippets.iter().cloned().collect();
    let under = rules.disclosure.as_ref().map(|words| match rules.disclose {
        Disclose::Once => format!(", the first answer of a conversation with \"{words}\" under it"),
        Disclose::Always => format!(", each with \"{words}\" under it"),
    });
    let approval = if rules.approval { ", and only once a second person has approved" } else { "" };
    let which = if names.len() == 1 { "snippet" } else { "snippets" };
    format!("Regulated: only the {which} {} may go out{}{approval}.", list(&names, "and"), under.unwrap_or_default())
}
