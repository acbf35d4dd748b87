//! Cohorts that no reply is ever of, and targets that never run.

use std::collections::BTreeSet;

use super::{About, Finding};
use crate::domain::playbook::{Cohort, Playbook};
use crate::domain::use_case;

pub(super) fn of(playbook: &Playbook, all: &mut Vec<Finding>) {
    for (at, cohort) in playbook.cohorts.iter().enumerate() {
        let about = About::Cohort(cohort.name.clone());
        let is_named = playbook.use_cases.values().any(|u| u.cohort.as_ref() == Some(&cohort.name));
        if let Some(before) = taken_by(&playbook.cohorts[..at], cohort).filter(|_| !is_named) {
            let names: Vec<String> = before.iter().map(|before| format!("\"{}\"", before.name)).collect();
            let (what, remedy) = match names.as_slice() {
                [one] => (
                    format!("no reply is ever of the cohort \"{}\": {one} matches all of them first", cohort.name),
                    format!("move it before {one}, or narrow that one"),
                ),
                [first, ..] => (
                    format!(
                        "no reply is ever of the cohort \"{}\": {} match all of them first, taken together",
                        cohort.name,
                        listed(&names)
                    ),
                    format!("move it before {first}, or leave it out"),
                ),
                [] => continue,
            };
            all.push(Finding { about: about.clone(), wrong: true, what, remedy });
        }
        let has_clock = |u: &String| use_case::wants_clock(playbook, u);
        if !is_named && !cohort.use_cases.is_empty() && !cohort.use_cases.iter().any(has_clock) {
            all.push(Finding {
                about,
                wrong: false,
                what: format!("the targets of \"{}\" never run: Sales handles none of its use cases", cohort.name),
                remedy: "take sales = false away, or leave the cohort out".to_owned(),
            });
        }
    }
}

fn listed(names: &[String]) -> String {
    match names {
        [most @ .., last] if !most.is_empty() => format!("{} and {last}", most.join(", ")),
        _ => names.concat(),
    }
}

/// Those of the cohorts before that together match every reply of this one; none when something is left to it. A reply
/// matches by one of its stages, so each use case with each stage is looked at by itself.
fn taken_by<'a>(before: &'a [Cohort], cohort: &Cohort) -> Option<Vec<&'a Cohort>> {
    if let Some(one) = before.iter().find(|first| every(cohort).all(|(u, s)| matches(first, u, s))) {
        return Some(vec![one]);
    }
    let mut takers: BTreeSet<usize> = BTreeSet::new();
    for (use_case, stage) in every(cohort) {
        takers.insert(before.iter().position(|first| matches(first, use_case, stage))?);
    }
    Some(takers.into_iter().filter_map(|at| before.get(at)).collect())
}

/// Every use case of a cohort with every stage of it; none stands for any other.
fn every(cohort: &Cohort) -> impl Iterator<Item = (Option<&String>, Option<&String>)> {
    let any = |set: &BTreeSet<String>| set.is_empty().then_some(None);
    let use_cases = cohort.use_cases.iter().map(Some).chain(any(&cohort.use_cases));
    use_cases.flat_map(move |use_case| {
        cohort.stages.iter().map(Some).chain(any(&cohort.stages)).map(move |stage| (use_case, stage))
    })
}

fn matches(cohort: &Cohort, use_case: Option<&String>, stage: Option<&String>) -> bool {
    let is_of = |use_case: &String| cohort.use_cases.contains(use_case);
    let is_at = |stage: &String| cohort.stages.iter().any(|other| other.to_lowercase() == stage.to_lowercase());
    (cohort.use_cases.is_empty() || use_case.is_some_and(is_of))
        && (cohort.stages.is_empty() || stage.is_some_and(is_at))
}
