//! Own, in sentences.

use super::words::list;
use crate::domain::ownership::{OwnerRule, OwnerSource, Skip};
use crate::domain::playbook::Playbook;

pub(super) fn of(playbook: &Playbook) -> Vec<String> {
    let mut lines = vec!["The first of these is accountable; whoever has left is passed over:".to_owned()];
    let rules = playbook.ownership.iter().enumerate();
    lines.extend(rules.map(|(at, rule)| format!("  {}. {}", at + 1, one(playbook, rule))));
    lines.push("When none is found, nobody owns it, and it goes up the ladder all the same.".to_owned());
    lines.extend(playbook.territories.iter().map(|(name, territory)| {
        let rows = super::words::count(i64::try_from(territory.rows.len()).unwrap_or(i64::MAX), "row");
        format!("The territory {name} has {rows}; the first that fits counts.")
    }));
    lines
}

fn one(playbook: &Playbook, rule: &OwnerRule) -> String {
    let pool = || {
        let team = rule.pool.as_ref().and_then(|pool| playbook.teams.get(pool));
        team.map_or_else(|| "of the line's team".to_owned(), |team| format!("of {}", team.label))
    };
    let whom = match rule.source {
        OwnerSource::RoundRobin => format!("whose turn it is in the pool {}", pool()),
        OwnerSource::LeastLoaded => format!("who holds least in the pool {}", pool()),
        OwnerSource::Territory => format!("whoever has the territory {}", rule.territory.as_deref().unwrap_or("")),
        OwnerSource::OpportunityTeam if !rule.roles.is_empty() => {
            format!("whoever is on the deal as {}", rule.roles.join(", else as "))
        }
        OwnerSource::Conversation
        | OwnerSource::Opportunity
        | OwnerSource::Contact
        | OwnerSource::Account
        | OwnerSource::Sdr
        | OwnerSource::OpportunityTeam
        | OwnerSource::LastTouch => format!("whoever {}", rule.source.words()),
    };
    let stages: Vec<String> = rule.stages.iter().cloned().collect();
    let stages =
        if stages.is_empty() { String::new() } else { format!(", while the deal is at {}", list(&stages, "or")) };
    let skip = |skip: &Skip| {
        match skip {
            Skip::Away => "is away",
            Skip::Hours => "is outside their hours",
            Skip::Capacity => "holds as many as they can",
            Skip::Team => "is not on the line's team",
        }
        .to_owned()
    };
    let skips: Vec<String> = rule.skip.iter().map(skip).collect();
    let skips = if skips.is_empty() { String::new() } else { format!("; not one who {}", list(&skips, "or")) };
    format!("{whom}{stages}{skips}")
}
