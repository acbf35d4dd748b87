//! The reply that would reach nobody, as it is told.

use super::{About, Finding, are, local, zone_of};
use crate::domain::id::TeamId;
use crate::domain::playbook::Playbook;
use crate::domain::reach::Unreached;
use crate::domain::use_case;

pub(super) fn told(playbook: &Playbook, found: &Unreached) -> Finding {
    let reply = &found.reply;
    let names: Vec<&str> = found.away.iter().map(|rep| playbook.rep_name(rep)).collect();
    let own = playbook.lines.get(&reply.line).map_or("", |line| line.use_case.as_str());
    let use_case = reply.use_case.as_deref().unwrap_or(own);
    let team = use_case::team(playbook, use_case, &reply.line).unwrap_or_else(|| TeamId::new(""));
    let label = playbook.teams.get(&team).map_or("", |team| team.label.as_str());
    let parts = [
        reply.use_case.as_ref().map(|name| format!("use case \"{name}\"")),
        use_case::queue(playbook, use_case).map(|_| format!("which {label} answers")),
        reply.stage.as_ref().map(|stage| format!("at the stage \"{stage}\"")),
        reply.owners.values().next().map(|rep| format!("of a buyer of {}'s", playbook.rep_name(rep))),
        reply.place.state.as_ref().map(|state| format!("from {state}")),
        reply.place.country.as_ref().map(|country| format!("from {country}")),
        reply.place.segment.as_ref().map(|segment| format!("of the segment \"{segment}\"")),
        reply.place.area_code.as_ref().map(|code| format!("from the area code {code}")),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    let which = if parts.is_empty() { String::new() } else { format!(" ({})", parts.join(", ")) };
    Finding {
        wrong: false,
        what: format!(
            "a reply to the line \"{}\" at {} would reach nobody while {} away{which}",
            reply.line,
            local(found.at, zone_of(playbook, &team)),
            are(&names),
        ),
        about: About::Team(team),
        remedy: "put somebody more into the pool, or on call".to_owned(),
    }
}
