//! "Why me?" in sentences, from the record alone: what was decided about a conversation, by which version of the
//! playbook, and who was passed over.

use chrono_tz::Tz;

use super::asking::heard::Heard;
use super::consent::told::Automatic;
use super::event::{Climb, Event};
use super::id::RepId;
use super::ownership::inherited::took_over;
use super::playbook::Playbook;
use super::quiet_hours::{Judged, Said, Waits};
use super::routing::{Because, Holder, Weighed};
use super::sla::{Clock, Response};
use super::time::Timestamp;
use super::use_case::{self, Evidence};

/// What one fact says of who has a conversation and until when; nothing for facts about other things. The first line is
/// the fact, those after it are its reasons. `playbook` gives the names.
pub fn of(playbook: &Playbook, zone: Tz, event: &Event) -> Vec<String> {
    let name = |rep| playbook.rep_name(rep).to_owned();
    let time = |at: Timestamp| at.utc().with_timezone(&zone).format("%a %Y-%m-%d %H:%M:%S %Z").to_string();
    match event {
        Event::Opened { line, team, use_case, cohort, evidence, .. } => {
            let line = playbook.lines.get(line).map_or_else(|| format!("line \"{line}\""), |l| l.label.clone());
            let team = playbook.teams.get(team).map_or_else(|| team.to_string(), |t| t.label.clone());
            let mut lines = vec![format!("opened on {line}, for the team {team}")];
            lines.extend(meant(playbook, use_case, cohort, evidence.as_ref()));
            lines
        }
        Event::Matched { contacts, use_case, cohort, evidence, team } => {
            let people = match contacts.len() {
                0 => "nobody is known behind the number".to_owned(),
                1 => "the CRM knows one person behind the number".to_owned(),
                n => format!("the CRM knows {n} people behind the number: the rules run over all of them"),
            };
            let mut lines = vec![people];
            lines.extend(team.as_ref().map(|team| {
                let label = playbook.teams.get(team).map_or(team.as_str(), |t| t.label.as_str());
                format!("now for the team {label}")
            }));
            lines.extend(meant(playbook, use_case, cohort, evidence.as_ref()));
            lines
        }
        Event::Owned { owner: Some(owner), source, after } => {
            let by_rule = source.map(|source| source.words().to_owned());
            let why = after.as_ref().map(|gone| took_over(&name(gone), *source)).or(by_rule);
            let why = why.map_or_else(String::new, |why| format!(": {why}"));
            vec![format!("{} is accountable{why}", name(owner))]
        }
        Event::Owned { owner: None, .. } => vec!["nobody is accountable any more".to_owned()],
        Event::Received { .. } => vec!["the buyer wrote".to_owned()],
        Event::CardAwaited { until } => vec![awaited(&time(*until))],
        Event::CardSettled { late } => vec![settled(*late).to_owned()],
        Event::Offered { to, expires, because, covers, weighed, .. } => {
            let whom = holder(playbook, to);
            let until = expires.map_or_else(|| ", for good".to_owned(), |at| format!(", until {}", time(at)));
            let mut lines = vec![format!("offered to {whom}{until}")];
            lines.extend(covers.as_ref().map(|of| format!("on loan while {} is away", name(of))));
            lines.extend(reasons(playbook, to.rep(), because));
            lines.extend(weighed.iter().flat_map(|weighed| looked_at(playbook, weighed)));
            lines
        }
        Event::Taken { by, because, answer_by } => {
            let on = |at| format!(", and without an answer it passes on {}", time(at));
            let until = answer_by.map_or_else(String::new, on);
            let mut lines = vec![format!("{} has it{until}", name(by))];
            lines.extend(reasons(playbook, Some(by), because));
            lines
        }
        Event::Escalated { why: Climb::Asked(by) } => vec![format!("passed on: {} asked for help", name(by))],
        Event::Escalated { why } => vec![format!("passed on: {}", why.words())],
        Event::KindCorrected { by, guess, kind, .. } => {
            vec![format!("{} said what kind the text is: {}, not {}", name(by), kind.word(), guess.word())]
        }
        Event::WriterNamed { contact: Some(_), by } => vec![format!("{} said which of them writes", name(by))],
        Event::WriterNamed { contact: None, by } => {
            vec![format!("{} said that nobody knows which of them writes", name(by))]
        }
        Event::Noted { by, to: Some(to), .. } => vec![format!("{} noted for {}", name(by), name(to))],
        Event::Noted { by, to: None, .. } => vec![format!("{} noted", name(by))],
        Event::SlaStarted { clock } => due(clock, &time(clock.due)),
        Event::SlaWarned { due } => vec![format!("warned: due {}", time(*due))],
        Event::SlaBreached { due } => vec![format!("late: it was due {}", time(*due))],
        Event::SlaMet { late, .. } => vec![if *late { "answered, late" } else { "answered in time" }.to_owned()],
        Event::SlaRearmed { clock } => vec![format!("nothing has answered it: due again {}", time(clock.due))],
        Event::SlaRecomputed { clock } => vec![due_anew(clock, &time(clock.due))],
        Event::SlaDropped => vec!["no answer is needed any more".to_owned()],
        Event::Snoozed { until, by } => vec![format!("snoozed by {} until {}", name(by), time(*until))],
        Event::Woke => vec!["back in sight".to_owned()],
        Event::Done { outcome, by, meeting, .. } => {
            let on = meeting.map_or_else(String::new, |meeting| format!(", on {}", time(meeting.from)));
            vec![format!("finished by {}: {}{on}", name(by), outcome.words())]
        }
        Event::Reopened { by: Some(by) } => vec![format!("opened again by {}", name(by))],
        Event::Reopened { by: None } => vec!["opened again: the buyer wrote, or the answer did not arrive".to_owned()],
        Event::RulingDue { due, .. } => {
            let until = time(*due);
            vec![format!("on opt-out hold: the text may ask us to stop, and a person rules until {until}")]
        }
        Event::RulingWarned { due } => vec![format!("the lead is reminded of the hold: opted out {}", time(*due))],
        Event::RulingOver { unruled: true } => vec!["nobody ruled in time: the number is opted out".to_owned()],
        Event::RulingOver { unruled: false } => vec!["the hold is over".to_owned()],
        Event::Acknowledged { .. } => vec!["out of hours: the playbook's acknowledgement".to_owned()],
        Event::ToldBuyer { what: Automatic::Confirmation, .. } => vec!["their STOP is confirmed, once".to_owned()],
        Event::ToldBuyer { .. } => vec!["told what the playbook says of HELP".to_owned()],
        Event::AnswerHeld { judged: Some(judged), not_before, waits, .. } => {
            held(judged, waits.is_some_and(|waits| waits == Waits::Chosen).then(|| time(*not_before)), time)
        }
        Event::AnswerWaits { judged, .. } | Event::SendStarted { judged: Some(judged), .. } => held(judged, None, time),
        Event::Blocked { by, reason } => vec![format!("{} blocked the number: {}", name(by), reason.words())],
        Event::Unblocked { by } => vec![format!("{} unblocked the number", name(by))],
        Event::AnswerHeld { judged: None, .. }
        | Event::AnswerParked { .. }
        | Event::AnswerRefused { .. }
        | Event::AnswerApproved { .. }
        | Event::AnswerDeclined { .. }
        | Event::Disclosed { .. }
        | Event::MediaSettled { .. }
        | Event::AnswerReleased { .. }
        | Event::AnswerRecalled { .. }
        | Event::SendStarted { judged: None, .. }
        | Event::SendAbandoned { .. }
        | Event::SendUnknown { .. }
        | Event::DeliveryChanged { .. }
        | Event::OptedOut { .. }
        | Event::OptedIn { .. }
        | Event::HoldPlaced { .. }
        | Event::HoldRuled { .. }
        | Event::Presence { .. }
        | Event::Overridden { .. }
        | Event::OverrideDropped { .. }
        | Event::TurnPassed { .. }
        | Event::PlaybookApplied { .. }
        | Event::Restored { .. }
        | Event::Beside { .. }
        | Event::Reconciled => Vec::new(),
    }
}

/// Which answer is due when, and by which rules.
fn due(clock: &Clock, at: &str) -> Vec<String> {
    let which = match clock.response {
        Response::First => "first answer",
        Response::Next => "next answer",
    };
    vec![
        format!("the {which} is due {at}"),
        format!("cohort \"{}\", playbook version {}", clock.cohort, clock.playbook),
    ]
}

/// The same of a clock that runs: its class turned out to be another one, or another version was applied to running clocks.
fn due_anew(clock: &Clock, at: &str) -> String {
    format!("due {at} from now on: cohort \"{}\", playbook version {}", clock.cohort, clock.playbook)
}

/// What the hours said of an answer, and where the buyer may be.
fn held(judged: &Judged, chosen: Option<String>, time: impl Fn(Timestamp) -> String) -> Vec<String> {
    let law = judged.closed_by.as_deref().unwrap_or("nothing");
    let said = match (judged.said, chosen) {
        (_, Some(chosen)) => format!("put off until {chosen} by its rep"),
        (Said::Open, None) => "the hours for texts are open where the buyer is".to_owned(),
        (Said::Direct, None) => {
            format!("a direct answer to the buyer's own text, so it may leave although {law} closes the hours")
        }
        (Said::Until(opens), None) => format!("waits until {}: {law} closes the hours where the buyer is", time(opens)),
        (Said::Never, None) => format!("{law} leaves no hour for texts where the buyer is"),
        (Said::Overruled, None) => format!("its rep sends it although {law} closes the hours where the buyer is"),
    };
    let zones: Vec<&str> = judged.zones.iter().map(|zone| zone.name()).collect();
    let states = if judged.states.is_empty() { String::new() } else { format!(", {}", judged.states.join(" or ")) };
    vec![said, format!("the buyer is in {}{states}, by {}", zones.join(" or "), judged.by.words())]
}

/// What it is about, and what told so.
fn meant(playbook: &Playbook, use_case: &str, cohort: &str, evidence: Option<&Evidence>) -> Vec<String> {
    let priority = match use_case::priority(playbook, use_case) {
        0 => String::new(),
        priority => format!(", priority {priority}"),
    };
    let why = evidence.map_or_else(String::new, |evidence| format!(": {}", evidence.words()));
    let mut lines = vec![format!("use case \"{use_case}\"{priority}, cohort \"{cohort}\"{why}")];
    lines.extend(use_case::queue(playbook, use_case).map(|team| {
        let label = playbook.teams.get(team).map_or(team.as_str(), |t| t.label.as_str());
        format!("Sales does not handle it: it goes to the team {label}")
    }));
    lines
}

fn holder(playbook: &Playbook, to: &Holder) -> String {
    match to {
        Holder::Rep(rep) => playbook.rep_name(rep).to_owned(),
        Holder::Pool(team) => {
            format!("the pool of {}", playbook.teams.get(team).map_or(team.as_str(), |t| t.label.as_str()))
        }
    }
}

/// What the decision looked at, and who else had a claim.
fn looked_at(playbook: &Playbook, weighed: &Weighed) -> Vec<String> {
    let stages = match weighed.stages.as_slice() {
        [] => String::new(),
        stages => format!(", stage {}", stages.join(" and ")),
    };
    let Weighed { use_case, cohort, contacts, heard, later, .. } = weighed;
    let people = match contacts {
        0 => format!("nobody known behind the number{}", because(*heard)),
        1 => "one person of the CRM".to_owned(),
        n => format!("{n} people of the CRM"),
    };
    let priority = match weighed.priority {
        0 => String::new(),
        priority => format!(" of priority {priority}"),
    };
    let places = match weighed.places.as_slice() {
        [] => String::new(),
        places => format!(", {}", places.join(" and ")),
    };
    let hours = match weighed.open {
        Some(false) => ", out of hours",
        Some(true) | None => "",
    };
    let first =
        format!("looked at: use case \"{use_case}\"{priority}, cohort \"{cohort}\"{stages}, {people}{places}{hours}");
    let name = |who: &String| playbook.rep_name(&RepId::new(who.as_str())).to_owned();
    let loads: Vec<String> = weighed.loads.iter().map(|(rep, n)| format!("{} {n}", playbook.rep_name(rep))).collect();
    let loads = (!loads.is_empty()).then(|| format!("open conversations then: {}", loads.join(", ")));
    let later = later.iter().map(|p| format!("not {}: {}", name(&p.who), p.why));
    std::iter::once(first).chain(loads).chain(later).collect()
}

/// Why nobody is known, as far as the record says.
fn because(heard: Heard) -> String {
    if heard.is_unsure() { String::new() } else { format!(" ({})", heard.nobody()) }
}

/// Everybody passed over, in order, then the reason itself.
fn reasons(playbook: &Playbook, holder: Option<&RepId>, because: &Because) -> Vec<String> {
    let name = |rep: &RepId| playbook.rep_name(rep).to_owned();
    // A step of the ladder is nobody's name, and stays as it is.
    let passed = because.passed.iter().map(|p| format!("not {}: {}", name(&RepId::new(p.who.as_str())), p.why));
    let reason = because.words(holder, name);
    passed.chain([format!("because {reason} (playbook version {})", because.playbook)]).collect()
}

fn awaited(until: &str) -> String {
    format!("the CRM is asked who this is: offered to nobody before it says so, or {until}")
}

const fn settled(late: bool) -> &'static str {
    if late {
        "the CRM had not answered in time: routed with what was known"
    } else {
        "the CRM answered in time: routed with what it said"
    }
}
