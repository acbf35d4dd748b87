//! Use cases that get in each other's way, and clocks that never run.

use super::{About, Finding};
use crate::domain::acknowledge;
use crate::domain::playbook::{Playbook, UseCase};
use crate::domain::regulated;
use crate::domain::spoken;
use crate::domain::use_case::{fits, queue, sent_on, wants_clock};

pub(super) fn of(playbook: &Playbook, all: &mut Vec<Finding>) {
    let use_cases: Vec<(&String, &UseCase)> = playbook.use_cases.iter().collect();
    for (at, first) in use_cases.iter().enumerate() {
        for second in &use_cases[at + 1..] {
            for keyword in &first.1.keywords {
                if second.1.keywords.iter().any(|other| spoken::is_same(other, keyword)) {
                    all.push(both(&format!("the keyword \"{keyword}\""), *first, *second));
                }
            }
            for campaign in &first.1.campaigns {
                if second.1.campaigns.iter().any(|other| is_same(other, campaign)) {
                    all.push(both(&format!("the campaign \"{campaign}\""), *first, *second));
                }
            }
            hidden(*first, *second, all);
            hidden(*second, *first, all);
            outspoken(*first, *second, all);
            outspoken(*second, *first, all);
        }
        let (id, use_case) = *first;
        all.extend(unapproved(playbook, id, use_case));
        if queue(playbook, id).is_some() && !wants_clock(playbook, id) {
            all.push(Finding {
                about: About::UseCase(id.clone()),
                wrong: false,
                what: format!("no clock runs for \"{id}\": Sales does not handle it, and it has no cohort of its own"),
                remedy: "name the one whose targets the queue answers by: cohort = \"…\"".to_owned(),
            });
        }
        let goes_nowhere = queue(playbook, id).is_none() && sent_on(playbook, id).is_none();
        if !use_case.sales && goes_nowhere {
            all.push(Finding {
                about: About::UseCase(id.clone()),
                wrong: false,
                what: format!(
                    "\"{id}\" is not for Sales and goes nowhere else: Sales is asked all the same, and no clock runs"
                ),
                remedy: "say who answers it: queue = \"TEAM\" or webhook = \"CHANNEL\"; or leave sales = false out"
                    .to_owned(),
            });
        }
        if let Some(cohort) = use_case.cohort.as_ref().filter(|_| !wants_clock(playbook, id)) {
            all.push(Finding {
                about: About::UseCase(id.clone()),
                wrong: false,
                what: format!("the targets of \"{cohort}\" never run for \"{id}\": Sales does not handle it"),
                remedy: "name the team that answers: queue = \"…\", or leave the cohort out".to_owned(),
            });
        }
    }
}

/// An acknowledgement that may not go out where only approved words may.
fn unapproved(playbook: &Playbook, id: &str, use_case: &UseCase) -> Option<Finding> {
    let (rules, words) = (use_case.regulated.as_ref()?, acknowledge::written(playbook, id)?);
    let why = regulated::bars_automatic(playbook, rules, words)?;
    let what = if use_case.acknowledgement.is_some() { "its acknowledgement" } else { "the acknowledgement for all" };
    let remedy = if rules.approval {
        "write acknowledgement = \"\" there: then it says nothing out of hours"
    } else {
        "write the words of one of its snippets there, or acknowledgement = \"\""
    };
    Some(Finding {
        about: About::UseCase(id.to_owned()),
        wrong: true,
        what: format!("{what} never goes out in \"{id}\": {why}"),
        remedy: remedy.to_owned(),
    })
}

fn is_same(a: &str, b: &str) -> bool {
    a.ends_with('*') == b.ends_with('*') && fits(a, b) && fits(b, a)
}

/// Two use cases that mean the same. With equal priorities nobody can tell which one speaks.
fn both(what: &str, first: (&String, &UseCase), second: (&String, &UseCase)) -> Finding {
    let (high, low) = if second.1.priority > first.1.priority { (second, first) } else { (first, second) };
    let (high_id, low_id) = (high.0, low.0);
    if high.1.priority == low.1.priority {
        return Finding {
            about: About::UseCase(second.0.clone()),
            wrong: true,
            what: format!("{what} means both \"{}\" and \"{}\"", first.0, second.0),
            remedy: "leave it out of one of them, or give that one a lower priority".to_owned(),
        };
    }
    Finding {
        about: About::UseCase(low_id.clone()),
        wrong: false,
        what: format!("{what} never means \"{low_id}\": \"{high_id}\" has the higher priority"),
        remedy: format!("leave it out of \"{low_id}\""),
    }
}

/// A keyword that is never said without one of a higher priority: "renewal date" beside "renewal".
fn outspoken(low: (&String, &UseCase), high: (&String, &UseCase), all: &mut Vec<Finding>) {
    if high.1.priority <= low.1.priority {
        return;
    }
    for keyword in &low.1.keywords {
        let of_it = |other: &&String| !spoken::is_same(other, keyword) && spoken::takes(other, keyword);
        if let Some(other) = high.1.keywords.iter().find(of_it) {
            let (low_id, high_id) = (low.0, high.0);
            all.push(Finding {
                about: About::UseCase(low_id.clone()),
                wrong: false,
                what: format!(
                    "the keyword \"{keyword}\" never means \"{low_id}\": whoever writes it writes \"{other}\", too, and \
                     \"{high_id}\" has the higher priority"
                ),
                remedy: format!("give \"{low_id}\" a priority of {} or more", high.1.priority),
            });
        }
    }
}

/// A campaign that a wider pattern of a higher priority takes away.
fn hidden(narrow: (&String, &UseCase), wide: (&String, &UseCase), all: &mut Vec<Finding>) {
    if wide.1.priority <= narrow.1.priority {
        return;
    }
    for campaign in &narrow.1.campaigns {
        let wider = wide.1.campaigns.iter().find(|other| {
            let begins = fits(other, campaign.trim_end_matches('*'));
            other.ends_with('*') && !is_same(other, campaign) && begins
        });
        if let Some(wider) = wider {
            let (narrow_id, wide_id) = (narrow.0, wide.0);
            all.push(Finding {
                about: About::UseCase(narrow_id.clone()),
                wrong: false,
                what: format!(
                    "the campaign \"{campaign}\" never means \"{narrow_id}\": \"{wider}\" of \"{wide_id}\" has the higher \
                     priority"
                ),
                remedy: format!("give \"{narrow_id}\" a priority of {} or more", wide.1.priority),
            });
        }
    }
}
