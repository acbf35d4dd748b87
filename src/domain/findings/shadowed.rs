//! Rules about owners that never find anybody, since one before them always does.

use std::collections::BTreeSet;

use super::{About, Finding};
use crate::domain::id::{RepId, TeamId};
use crate::domain::ownership::territory::Part;
use crate::domain::ownership::{OwnerRule, OwnerSource, Skip};
use crate::domain::playbook::Playbook;

pub(super) fn of(playbook: &Playbook, all: &mut Vec<Finding>) {
    let rules = &playbook.ownership;
    for (at, rule) in rules.iter().enumerate() {
        if let Some(before) =
            rules[..at].iter().position(|before| takes_all(before, rule) && !always_finds(playbook, before))
        {
            all.push(Finding {
                about: About::Rule(at),
                wrong: false,
                what: format!(
                    "the {} rule, \"{}\", never finds anybody: whoever it could find the {} finds first",
                    ordinal(at),
                    rule.source.words(),
                    ordinal(before)
                ),
                remedy: "leave it out, or put the narrower one first".to_owned(),
            });
        }
        let after = &rules[at + 1..];
        let dead = after.iter().filter(|later| at_fewer_stages(rule, later)).count();
        if dead > 0 && always_finds(playbook, rule) {
            let last = if dead == after.len() { "to the end" } else { "after them" };
            all.push(Finding {
                about: About::Rule(at),
                wrong: false,
                what: format!(
                    "the {} rule, \"{}\", always finds somebody{}: {} after it {} never asked",
                    ordinal(at),
                    rule.source.words(),
                    if rule.stages.is_empty() { "" } else { " at its stages" },
                    if dead == 1 { "one rule".to_owned() } else { format!("{dead} rules") },
                    if dead == 1 { "is" } else { "are" },
                ),
                remedy: format!("move it {last}, or let it pass over whoever is away: skip = [\"away\"]"),
            });
            if rule.stages.is_empty() {
                // What is never asked need not be looked at.
                return;
            }
        }
    }
}

/// "third", as people count rules.
fn ordinal(at: usize) -> String {
    let words = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"];
    words.get(at).map_or_else(|| format!("{}th", at + 1), |word| (*word).to_owned())
}

/// Whether whoever the second could find, the first finds before it.
fn takes_all(first: &OwnerRule, second: &OwnerRule) -> bool {
    let in_roles = |role: &String| first.roles.iter().any(|other| other.eq_ignore_ascii_case(role));
    let roles = first.roles.is_empty() || !second.roles.is_empty() && second.roles.iter().all(in_roles);
    // Either way of dealing finds somebody as long as anybody of the pool can have it.
    let alike = first.source == second.source || first.source.is_of_a_pool() && second.source.is_of_a_pool();
    alike
        && roles
        && at_fewer_stages(first, second)
        && first.territory == second.territory
        && first.pool == second.pool
        && first.skip.is_subset(&second.skip)
}

/// Whether the first is asked whenever the second is.
fn at_fewer_stages(first: &OwnerRule, second: &OwnerRule) -> bool {
    let lower = |rule: &OwnerRule| rule.stages.iter().map(|s| s.to_lowercase()).collect::<BTreeSet<_>>();
    first.stages.is_empty() || !second.stages.is_empty() && lower(second).is_subset(&lower(first))
}

/// Whether a rule finds somebody for every buyer, at every hour, whoever is away.
fn always_finds(playbook: &Playbook, rule: &OwnerRule) -> bool {
    let lines: BTreeSet<&TeamId> = playbook.lines.values().map(|line| &line.team).collect();
    !lines.is_empty() && lines.into_iter().all(|team| finds(playbook, rule, team))
}

fn finds(playbook: &Playbook, rule: &OwnerRule, team: &TeamId) -> bool {
    let free = |rep: &RepId| can_always(playbook, rule, team, rep);
    match rule.source {
        OwnerSource::RoundRobin | OwnerSource::LeastLoaded => {
            let pool = rule.pool.as_ref().unwrap_or(team);
            playbook.teams.get(pool).is_some_and(|pool| pool.members.iter().any(free))
        }
        OwnerSource::Territory => {
            let rows = rule.territory.as_ref().and_then(|name| playbook.territories.get(name)).map(|t| &t.rows);
            let Some(rows) = rows else { return false };
            // Up to the row that fits every buyer.
            let last = rows.iter().position(Part::fits_all);
            last.is_some_and(|last| rows[..=last].iter().all(|part| free(&part.rep)))
        }
        // Whom the CRM or the past names: there may be nobody.
        OwnerSource::Conversation
        | OwnerSource::Opportunity
        | OwnerSource::Contact
        | OwnerSource::Account
        | OwnerSource::Sdr
        | OwnerSource::OpportunityTeam
        | OwnerSource::LastTouch => false,
    }
}

/// Whether nothing that comes and goes can make the rule pass over this rep.
fn can_always(playbook: &Playbook, rule: &OwnerRule, team: &TeamId, rep: &RepId) -> bool {
    let Some(person) = playbook.reps.get(rep).filter(|person| person.active) else { return false };
    rule.skip.iter().all(|skip| match skip {
        Skip::Away => false,
        Skip::Hours => person.hours.is_none(),
        Skip::Capacity => person.capacity.is_none(),
        Skip::Team => playbook.teams.get(team).is_some_and(|team| team.members.contains(rep)),
    })
}
