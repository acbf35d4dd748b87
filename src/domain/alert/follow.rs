//! Which notices follow from a fact, and whether one is still wanted when its turn comes.

use super::{Alerts, Notice, Occasion, To, What, approval};
use crate::domain::addressed;
use crate::domain::asking::Reroute;
use crate::domain::conversation::Conversation;
use crate::domain::event::Event;
use crate::domain::expectation::Broken;
use crate::domain::id::{NumberId, RepId};
use crate::domain::oncall::Plan;
use crate::domain::playbook::Playbook;
use crate::domain::roster::Roster;
use crate::domain::routing::{Assignment, Because, Holder, Reason};
use crate::domain::sla::Stage;
use crate::domain::time::Timestamp;
use crate::domain::use_case;
use crate::domain::visibility;

/// What follows from one fact about a conversation. `c` is as the fact left it, `was` the use case that it had until then,
/// `by` who did it: nobody is told of their own doing.
pub fn follow(
    playbook: &Playbook,
    roster: &Roster,
    c: &Conversation,
    was: &str,
    event: &Event,
    by: Option<&RepId>,
    now: Timestamp,
) -> Vec<Notice> {
    if playbook.alerting.is_empty() {
        return Vec::new();
    }
    let due = c.clock.as_ref().map(|clock| clock.due);
    let alert = |occasion, reps: Vec<RepId>| {
        let wanted = reps.into_iter().filter(|rep| Some(rep) != by && wants(playbook, rep, occasion));
        let made = wanted.map(|rep| Notice {
            to: To::Rep(rep),
            what: What::Alert { occasion, due, message: None },
            conversation: Some(c.id),
            at: now,
        });
        made.collect()
    };
    let here = |rep: &RepId| roster.is_here(playbook, rep);
    match event {
        Event::Offered { to: Holder::Rep(rep), because, .. } => alert(came(because), vec![rep.clone()]),
        // Another program answers it.
        Event::Offered { because: Because { reason: Reason::SentOn(_), .. }, .. } => Vec::new(),
        Event::Offered { to: Holder::Pool(team), because, .. } => {
            let members = playbook.teams.get(team).into_iter().flat_map(|t| &t.members);
            let had = because.passed.last().map(|passed| passed.who.as_str());
            // Whoever let it pass a moment ago knows of it.
            let members = members.filter(|rep| here(rep) && had != Some(rep.as_str()));
            alert(Occasion::Pool, members.cloned().collect())
        }
        Event::SlaWarned { .. } => {
            alert(Occasion::Warn, c.assignee().filter(|rep| here(rep)).cloned().into_iter().collect())
        }
        Event::SlaBreached { .. } => {
            let lead = playbook.teams.get(&c.team).and_then(|team| team.lead.clone());
            let mut reps: Vec<RepId> = c.assignee().cloned().into_iter().chain(lead).collect();
            reps.dedup();
            alert(Occasion::Breach, reps)
        }
        Event::RulingWarned { due } => {
            let lead = playbook.teams.get(&c.team).and_then(|team| team.lead.clone());
            let mut reps: Vec<RepId> = c.assignee().cloned().into_iter().chain(lead).collect();
            reps.dedup();
            let mut notices = alert(Occasion::Ruling, reps);
            for notice in &mut notices {
                notice.what = What::Alert { occasion: Occasion::Ruling, due: Some(*due), message: None };
            }
            notices
        }
        Event::RulingOver { unruled: true } => {
            let lead = playbook.teams.get(&c.team).and_then(|team| team.lead.clone());
            let mut notices = alert(Occasion::Ruling, lead.into_iter().collect());
            for notice in &mut notices {
                notice.what = What::Alert { occasion: Occasion::Ruling, due: None, message: None };
            }
            notices
        }
        Event::Noted { message, to: Some(to), .. } => {
            let mut notices = alert(Occasion::Note, vec![to.clone()]);
            for notice in &mut notices {
                notice.what = What::Alert { occasion: Occasion::Note, due, message: Some(*message) };
            }
            notices
        }
        Event::Received { message, kind } if kind.arms_clock() && !use_case::is_for_sales(playbook, &c.use_case) => {
            let what = What::Handled { message: *message, use_case: c.use_case.clone() };
            destination(playbook.alerting.handled.get(&c.use_case), c, what, now)
        }
        // It turns out that another program answers it: what was offered to Sales until now is told there.
        Event::Matched { .. } => late(playbook, c, was, now),
        Event::Opened { .. }
        | Event::Owned { .. }
        | Event::CardAwaited { .. }
        | Event::CardSettled { .. }
        | Event::Received { .. }
        | Event::Taken { .. }
        | Event::Escalated { .. }
        | Event::SlaStarted { .. }
        | Event::SlaMet { .. }
        | Event::SlaRearmed { .. }
        | Event::SlaDropped
        | Event::AnswerHeld { .. }
        | Event::AnswerWaits { .. }
        | Event::Acknowledged { .. }
        | Event::AnswerParked { .. }
        | Event::AnswerRefused { .. }
        | Event::AnswerApproved { .. }
        | Event::AnswerDeclined { .. }
        | Event::Disclosed { .. }
        | Event::MediaSettled { .. }
        | Event::AnswerReleased { .. }
        | Event::AnswerRecalled { .. }
        | Event::SendStarted { .. }
        | Event::SendAbandoned { .. }
        | Event::SendUnknown { .. }
        | Event::DeliveryChanged { .. }
        | Event::Noted { to: None, .. }
        | Event::KindCorrected { .. }
        | Event::WriterNamed { .. }
        | Event::Snoozed { .. }
        | Event::Woke
        | Event::Done { .. }
        | Event::Reopened { .. }
        | Event::OptedOut { .. }
        | Event::OptedIn { .. }
        | Event::ToldBuyer { .. }
        | Event::Blocked { .. }
        | Event::Unblocked { .. }
        | Event::HoldPlaced { .. }
        | Event::HoldRuled { .. }
        | Event::RulingDue { .. }
        | Event::RulingOver { .. }
        | Event::Presence { .. }
        | Event::Overridden { .. }
        | Event::OverrideDropped { .. }
        | Event::TurnPassed { .. }
        | Event::SlaRecomputed { .. }
        | Event::Beside { .. }
        | Event::PlaybookApplied { .. }
        | Event::Restored { .. }
        | Event::Reconciled => Vec::new(),
    }
}

/// What follows from a word of consent: each channel that is to hear of it does, by itself.
pub fn consent(playbook: &Playbook, number: NumberId, seq: u64, event: &Event, now: Timestamp) -> Vec<Notice> {
    let (out, source, scope, said) = if let Event::OptedOut { source, scope, said, .. } = event {
        (true, source, scope, *said)
    } else if let Event::OptedIn { source, scope, said, .. } = event {
        (false, source, scope, *said)
    } else {
        return Vec::new();
    };
    let (source, scope, said) = (source.clone(), scope.clone(), said.unwrap_or(now));
    let what = What::Consent { number, seq, out, source, scope, said };
    let to = |name: &String| To::Channels(vec![name.clone()]);
    let made = playbook.consent.tell.iter();
    made.map(|name| Notice { to: to(name), what: what.clone(), conversation: None, at: now }).collect()
}

/// What follows when the playbook's expectations are decided again: operations hear of what broke since.
pub fn broken(playbook: &Playbook, before: &[Broken], after: &[Broken], now: Timestamp) -> Vec<Notice> {
    let channels = &playbook.alerting.operations;
    if channels.is_empty() {
        return Vec::new();
    }
    let new = after.iter().filter(|broken| !before.contains(broken));
    let made = new.map(|broken| Notice {
        to: To::Channels(channels.clone()),
        what: What::Broken(broken.to_string()),
        conversation: None,
        at: now,
    });
    made.collect()
}

/// Whoever takes over on call is told what is open.
pub fn handed_over(
    playbook: &Playbook,
    plan: &Plan<'_>,
    gives: Option<&RepId>,
    takes: &RepId,
    at: Timestamp,
) -> Option<Notice> {
    let schedule = (!plan.is_of_team(playbook)).then(|| plan.id.clone());
    let what = What::HandOff { team: plan.team.cloned(), schedule, from: gives.cloned() };
    wants(playbook, takes, Occasion::HandOff).then(|| Notice {
        to: To::Rep(takes.clone()),
        what,
        conversation: None,
        at,
    })
}

/// Whether it is still to be told, as its conversation is now: what was taken, answered or passed on meanwhile is not.
pub fn is_wanted(notice: &Notice, c: &Conversation) -> bool {
    let What::Alert { occasion, due, message } = &notice.what else { return true };
    let To::Rep(rep) = &notice.to else { return true };
    let taken_since = c.taker().is_some_and(|(_, taken)| taken >= notice.at);
    let still_runs = |stage: Stage| c.clock.as_ref().is_some_and(|k| Some(k.due) == *due && k.stage <= stage);
    match occasion {
        // That the time has passed is told in any case.
        Occasion::Ruling => due.is_none() || c.ruling.is_some(),
        // What is written after the end is told, too; an end that comes later ends its asking.
        Occasion::Note => message.is_some_and(|note| addressed::asks(c, note)),
        _ if c.is_done() => false,
        Occasion::Approval => message.is_some_and(|text| approval::waits(c, text)),
        Occasion::Offered | Occasion::Pool | Occasion::Climbed | Occasion::HandedBack => {
            let asked = |to: &Holder| match to {
                Holder::Rep(asked) => asked == rep && *occasion != Occasion::Pool,
                Holder::Pool(_) => *occasion == Occasion::Pool,
            };
            c.assignment.as_ref().is_some_and(|a| a.taken.is_none() && a.at == notice.at && asked(&a.to))
        }
        Occasion::Warn => still_runs(Stage::Warned) && c.assignee() == Some(rep),
        Occasion::Breach => still_runs(Stage::Breached) && !taken_since,
        Occasion::HandOff => true,
    }
}

/// Whether it may still be told to whom it is for. A note was written for somebody who saw the conversation then; one
/// that was held back or is tried again goes only to whoever sees it now.
pub fn may_hear(playbook: &Playbook, notice: &Notice, c: &Conversation) -> bool {
    let (What::Alert { occasion: Occasion::Note, .. }, To::Rep(rep)) = (&notice.what, &notice.to) else { return true };
    visibility::may_see(&visibility::principals(playbook, rep), c)
}

pub(super) fn wants(playbook: &Playbook, rep: &RepId, occasion: Occasion) -> bool {
    let wants = |alerts: &Alerts| !alerts.by.is_empty() && alerts.on.contains(&occasion);
    playbook.is_active(rep) && playbook.alerting.of(rep).is_some_and(wants)
}

/// How it came to its holder.
fn came(because: &Because) -> Occasion {
    match &because.reason {
        Reason::Person(_) | Reason::Returned(_) | Reason::InPlaceOf(_) => Occasion::HandedBack,
        Reason::Owner(_)
        | Reason::Step(_)
        | Reason::Unowned(_)
        | Reason::SentOn(_)
        | Reason::Took
        | Reason::TookElsewhere(_) => {
            if because.climbed.is_some() {
                Occasion::Climbed
            } else {
                Occasion::Offered
            }
        }
    }
}

/// The newest text of a conversation that was Sales' until now and nobody took.
fn late(playbook: &Playbook, c: &Conversation, was: &str, now: Timestamp) -> Vec<Notice> {
    let offered = |a: &Assignment| a.taken.is_none() && playbook.asking.reroute != Reroute::Never;
    // One whose offer waits for the CRM was told when it came, unless it was Sales' then.
    let waits = c.awaits.is_some() && use_case::sent_on(playbook, was).is_none();
    let was_ours = !c.is_sent_on() && c.assignment.as_ref().map_or(waits, offered);
    let (Some(channel), Some(message)) = (use_case::sent_on(playbook, &c.use_case), c.last_text) else {
        return Vec::new();
    };
    if c.is_done() || !was_ours {
        return Vec::new();
    }
    destination(Some(&channel.to_owned()), c, What::Handled { message, use_case: c.use_case.clone() }, now)
}

pub(super) fn destination(channel: Option<&String>, c: &Conversation, what: What, now: Timestamp) -> Vec<Notice> {
    let made = channel.map(|channel| Notice {
        to: To::Channels(vec![channel.clone()]),
        what,
        conversation: Some(c.id),
        at: now,
    });
    made.into_iter().collect()
}
