//! The reply that would reach nobody, as it is told; and how far it was searched.

use super::{AWAY, About, Finding, SEARCHED_DAYS, are, local, zone_of};
use crate::domain::id::TeamId;
use crate::domain::playbook::Playbook;
use crate::domain::reach::{Searched, Unreached};
use crate::domain::use_case;

/// How far a search went, and what came of it: no more than was tried.
pub fn searched(searched: &Searched) -> String {
    let Searched { replies, left_out, found } = searched;
    let (tried, each) = match left_out {
        0 => (format!("{replies} replies tried over {SEARCHED_DAYS} days"), "each"),
        n => {
            let all = replies + n;
            (
                format!("{replies} of {all} replies over {SEARCHED_DAYS} days tried, since all are too many,"),
                "each that was tried",
            )
        }
    };
    let reached =
        if found.is_some() { "one would reach nobody".to_owned() } else { format!("{each} reaches somebody") };
    format!("{tried} with up to {AWAY} people away: {reached}")
}

pub(super) fn told(playbook: &Playbook, found: &Unreached) -> Finding {
    let reply = &found.reply;
    let names: Vec<&str> = found.away.iter().map(|rep| playbook.rep_name(rep)).collect();
    let own = playbook.lines.get(&reply.line).map_or("", |line| line.use_case.as_str());
    let use_case = reply.use_case.as_deref().unwrap_or(own);
    let team = use_case::team(playbook, use_case, &reply.line).unwrap_or_else(|| TeamId::new(""));
    let label = playbook.teams.get(&team).map_or("", |team| team.label.as_str());
    let parts = [
        (!use_case.is_empty()).then(|| format!("use case \"{use_case}\"")),
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
