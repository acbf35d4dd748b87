//! "Why me?": first in sentences, then candidate by candidate.

use super::context::holder;
use super::loan;
use super::paint::Tone;
use super::ticker::Ticker;
use crate::client::handle::Row;
use crate::domain::event::Climb;
use crate::domain::id::RepId;
use crate::domain::ownership::inherited;
use crate::domain::routing::{Holder, Reason};
use crate::domain::time::Timestamp;
use crate::tui::model::Model;

/// Everything the device knows of it. What a decision looked at besides stands in the journal alone.
pub(super) fn lines(model: &Model, row: &Row, tick: &Ticker) -> Vec<(String, Tone)> {
    let mut lines = vec![(holder(model, row), Tone::Strong)];
    let Some(assignment) = &row.assignment else { return lines };
    let because = &assignment.because;
    let mut say = |text: String, tone| lines.push((text, tone));
    if let Some(expires) = assignment.expires {
        let time = |at: Timestamp| at.utc().with_timezone(&model.zone()).format("%H:%M").to_string();
        let unless = if assignment.taken.is_some() { "without an answer" } else { "if nobody acts" };
        // An offer may last longer than there is time to answer.
        let due = row.clock.as_ref().map(|clock| clock.due).filter(|due| *due < expires);
        let due = due.map_or_else(String::new, |due| {
            tick.changes_at(due);
            let is = if due > tick.now { "is" } else { "was" };
            format!("; the answer {is} due at {}", time(due))
        });
        say(format!("passes on at {} {unless}{due}", time(expires)), Tone::Plain);
    }
    match &because.climbed {
        Some(Climb::Again) => {
            say("It came up the ladder: nobody on it acted, so it begins again.".to_owned(), Tone::Plain);
        }
        Some(climbed) => say(format!("It came up the ladder: the one before {}.", climbed.words()), Tone::Plain),
        None => {}
    }
    if let (Some(loan), Some(covers)) = (&row.loan, loan::sentence(model, row, tick)) {
        let since = tick.clock_time(loan.since, model.zone());
        let mine = Some(&loan.of) == model.me();
        let (stays, their) = if mine { ("you stay", "your") } else { ("the owner stays", "their") };
        say(format!("{covers}, since {since}; {stays} accountable, and at {their} return it goes back."), Tone::Plain);
    } else if let Some(owner) = &row.owner {
        let mine = Some(owner) == model.me();
        let who = if mine { "You are".to_owned() } else { format!("{} is", model.rep_name(owner)) };
        let why = model.thread_of(row.id).and_then(|thread| {
            let name = |rep: &RepId| model.rep_name(rep).to_owned();
            Some(format!(": {}", inherited::words(thread.owned_by?, owner, &thread.candidates, name)))
        });
        say(format!("{who} accountable for it{}.", why.unwrap_or_default()), Tone::Plain);
    }
    say(String::new(), Tone::Plain);
    if because.passed.is_empty() {
        say("Nobody was passed over.".to_owned(), Tone::Dim);
    } else {
        say("Candidate by candidate:".to_owned(), Tone::Dim);
        for (n, passed) in because.passed.iter().enumerate() {
            let who = RepId::new(passed.who.as_str());
            say(format!("{}. {}: {}", n + 1, model.rep_name(&who), passed.why), Tone::Plain);
        }
        let who = match (&assignment.to, &because.reason) {
            // Whoever took it was no candidate of the rules.
            (_, Reason::Took | Reason::TookElsewhere(_) | Reason::Person(_)) => None,
            (Holder::Rep(rep), _) => Some(model.rep_name(rep).to_owned()),
            (Holder::Pool(_), _) => Some("the pool".to_owned()),
        };
        if let Some(who) = who {
            let reason = because.words(assignment.to.rep(), |rep| model.rep_name(rep).to_owned());
            say(format!("{}. {who}: asked, {reason}", because.passed.len() + 1), Tone::Strong);
        }
    }
    let looked_at = model.thread_of(row.id).map_or(&[][..], |thread| &thread.candidates);
    let others: Vec<_> = looked_at.iter().filter(|other| !because.passed.contains(other)).collect();
    if !others.is_empty() {
        say(String::new(), Tone::Plain);
        say("When its owner was looked for:".to_owned(), Tone::Dim);
        for other in others {
            say(format!("not {}: {}", model.rep_name(&RepId::new(other.who.as_str())), other.why), Tone::Plain);
        }
    }
    say(String::new(), Tone::Plain);
    say(format!("Decided by version {} of the playbook.", because.playbook), Tone::Dim);
    say(format!("All of it, from the journal: comeback explain {}", row.id), Tone::Dim);
    lines
}
