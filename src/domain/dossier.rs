//! Everything about one number in words, fact by fact: what a complaint is answered from.

use chrono_tz::Tz;

use super::consent::OptOutSource;
use super::event::Event;
use super::explanation;
use super::id::{MessageId, RepId};
use super::message::{Delivery, InboundKind};
use super::playbook::Playbook;
use super::quiet_hours::Said;
use super::rejection::Rejection;
use super::sending::is_opt_out;
use super::time::Timestamp;

/// What one fact says. The first line is the fact, those after it are its reasons. Every fact says something: nothing about
/// a number is left out.
pub fn says(playbook: &Playbook, zone: Tz, event: &Event) -> Vec<String> {
    let name = |rep: &RepId| playbook.rep_name(rep).to_owned();
    let how = |source: &OptOutSource| source.words(|rep| playbook.rep_name(rep));
    let time = |at: Timestamp| at.utc().with_timezone(&zone).format("%a %Y-%m-%d %H:%M:%S %Z").to_string();
    let known = explanation::of(playbook, zone, event);
    let own = match event {
        Event::Received { kind, .. } => format!("the buyer wrote{}", wrote(*kind)),
        Event::AnswerHeld { by, not_before, .. } => {
            format!("{} wrote an answer, to leave {} at the soonest", name(by), time(*not_before))
        }
        Event::AnswerParked { by, reasons, .. } => {
            let all: Vec<String> = reasons.iter().map(|reason| reason.words(name)).collect();
            format!("the answer of {} did not go: {}", name(by), all.join("; "))
        }
        Event::AnswerRefused { by, why, .. } => {
            format!("a text of {} was refused: {}", name(by), Rejection::from(*why))
        }
        Event::AnswerApproved { by, .. } => format!("{} approved of the answer", name(by)),
        Event::AnswerDeclined { by, .. } => format!("{} did not approve of the answer", name(by)),
        Event::Disclosed { .. } => "the disclosure stands under the text that leaves".to_owned(),
        Event::MediaSettled { .. } => "a picture or file of the buyer's was fetched, or is not kept".to_owned(),
        Event::AnswerReleased { accepted, .. } => {
            let all: Vec<String> = accepted.iter().map(|reason| reason.words(name)).collect();
            if all.is_empty() {
                "its rep looked again and said: send".to_owned()
            } else {
                format!("its rep looked again and said: send, although {}", all.join("; "))
            }
        }
        Event::AnswerRecalled { .. } => "the answer was taken back before it left".to_owned(),
        Event::SendStarted { .. } => {
            let hours = known.first().map_or_else(String::new, |why| format!("; {why}"));
            format!("consent was read again, and the text handed to the carrier{hours}")
        }
        Event::SendAbandoned { .. } => "the call to the carrier did not start in time: nothing left".to_owned(),
        Event::SendUnknown { .. } => "nobody knows whether the carrier has the text".to_owned(),
        Event::DeliveryChanged { delivery, error, .. } => {
            let code = error.map_or_else(String::new, |code| format!(", error {code}"));
            let listed = delivery.is_failure() && error.is_some_and(is_opt_out);
            let why = if listed { ": its own list says that the number opted out" } else { "" };
            format!("the carrier: {}{code}{why}", delivered(*delivery))
        }
        Event::OptedOut { source, scope, said, .. } => {
            let said = said.map_or_else(String::new, |at| format!(", said {}", time(at)));
            format!("opted out of {}: {}{said}", scope.words(), how(source))
        }
        Event::OptedIn { source, scope, said, .. } => {
            let said = said.map_or_else(String::new, |at| format!(", said {}", time(at)));
            format!("consent to {}: {}{said}", scope.words(), how(source))
        }
        Event::HoldPlaced { score, patterns, due, .. } => format!(
            "on opt-out hold until a person rules, {} at the latest: score {score}, by {}",
            time(*due),
            patterns.join(", ")
        ),
        Event::HoldRuled { by: Some(by), kept: Some(_), .. } => format!("{} ruled: keep, with a reason", name(by)),
        Event::HoldRuled { by: Some(by), .. } => format!("{} ruled: they want no more texts", name(by)),
        Event::HoldRuled { by: None, .. } => "nobody ruled in time: opted out".to_owned(),
        Event::RulingDue { due, .. } => format!("a ruling is due {}", time(*due)),
        Event::RulingWarned { due } => format!("the lead was reminded: a ruling is due {}", time(*due)),
        Event::RulingOver { unruled: true } => "the ten business days are over, and nobody ruled".to_owned(),
        Event::RulingOver { unruled: false } => "no ruling is waited for any more".to_owned(),
        Event::Opened { .. }
        | Event::Matched { .. }
        | Event::Owned { .. }
        | Event::CardAwaited { .. }
        | Event::CardSettled { .. }
        | Event::Offered { .. }
        | Event::Taken { .. }
        | Event::Escalated { .. }
        | Event::SlaStarted { .. }
        | Event::SlaWarned { .. }
        | Event::SlaBreached { .. }
        | Event::SlaMet { .. }
        | Event::SlaRearmed { .. }
        | Event::SlaDropped
        | Event::SlaRecomputed { .. }
        | Event::AnswerWaits { .. }
        | Event::Acknowledged { .. }
        | Event::Noted { .. }
        | Event::KindCorrected { .. }
        | Event::WriterNamed { .. }
        | Event::Snoozed { .. }
        | Event::Woke
        | Event::Done { .. }
        | Event::Reopened { .. }
        | Event::ToldBuyer { .. }
        | Event::Blocked { .. }
        | Event::Unblocked { .. }
        | Event::Presence { .. }
        | Event::Overridden { .. }
        | Event::OverrideDropped { .. }
        | Event::TurnPassed { .. }
        | Event::PlaybookApplied { .. }
        | Event::Restored { .. }
        | Event::Beside { .. }
        | Event::Reconciled => return if known.is_empty() { vec![event.kind().replace('_', " ")] } else { known },
    };
    // What the explanation adds to it are its reasons. That the hours were closed, and why a text could leave all the same,
    // is one: a text at night is what a complaint is about.
    let hours = matches!(event, Event::AnswerHeld { judged: Some(judged), .. } if judged.said != Said::Open);
    std::iter::once(own).chain(known.into_iter().skip(usize::from(!hours))).collect()
}

/// The text whose words belong to a fact: told once, where it is written or comes in.
pub fn words_of(event: &Event) -> Option<MessageId> {
    if let Event::Received { message, .. }
    | Event::AnswerHeld { message, .. }
    | Event::AnswerParked { message, .. }
    | Event::Acknowledged { message, .. }
    | Event::ToldBuyer { message, .. }
    | Event::Noted { message, .. } = event
    {
        return Some(*message);
    }
    if let Event::OptedIn { words, .. } = event { *words } else { None }
}

const fn wrote(kind: InboundKind) -> &'static str {
    match kind {
        InboundKind::Text => "",
        InboundKind::Picture => ", a picture or file",
        InboundKind::Tapback => ", a reaction to a text",
        InboundKind::Acknowledgement => ", to acknowledge",
        InboundKind::AutoReply => ", or rather their phone by itself",
        InboundKind::OptOut => ": stop",
        InboundKind::OptIn => ": start",
        InboundKind::Help => ": help",
    }
}

const fn delivered(delivery: Delivery) -> &'static str {
    match delivery {
        Delivery::Accepted | Delivery::Queued => "has the text",
        Delivery::Sending | Delivery::Sent => "passed it on",
        Delivery::Delivered => "delivered",
        Delivery::Read => "read",
        Delivery::Undelivered => "not delivered",
        Delivery::Failed => "failed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::quiet_hours::Judged;
    use crate::domain::zone::Source;

    #[test]
    fn a_text_at_night_says_why_it_could_leave_and_one_by_day_says_nothing_of_hours() {
        let held = |said: Said, closed_by: Option<&str>| {
            let zones = vec![Tz::Europe__London];
            let judged = Judged {
                said,
                zones,
                by: Source::Contact,
                states: Vec::new(),
                closed_by: closed_by.map(str::to_owned),
            };
            let (message, not_before) = (MessageId(uuid::Uuid::nil()), Timestamp::from_millis(0));
            let event = Event::AnswerHeld {
                message,
                by: "maya".into(),
                not_before,
                waits: None,
                judged: Some(Box::new(judged)),
            };
            says(&Playbook::default(), Tz::UTC, &event)
        };
        let direct = held(Said::Direct, Some("playbook"));
        assert!(direct[0].contains("wrote an answer"), "{direct:?}");
        assert!(direct[1].contains("a direct answer to the buyer's own text"), "{direct:?}");
        assert!(direct[2].contains("Europe/London"), "{direct:?}");
        assert!(held(Said::Overruled, Some("playbook"))[1].contains("its rep sends it although"));
        let open = held(Said::Open, None);
        assert!(open.len() == 2 && open[1].contains("Europe/London"), "{open:?}");
    }
}
