//! From "may go" to "arrived": the life of an answer at the carrier.
//!
//! **Invariant:** entering `sending` is a recorded decision that reads consent again, and it is entered at most once
//! unless the carrier provably never had the text.

use super::acknowledge;
use super::block;
use super::command::ReadSet;
use super::consent::OptOutSource;
use super::consent::told::{self, Automatic};
use super::consent::{Question, may_send};
use super::conversation::{Answer, AnswerState, Conversation, Status};
use super::decide::{Decided, Draft};
use super::event::{Event, Review};
use super::hold;
use super::id::{MessageId, RepId};
use super::message::Delivery;
use super::quiet_hours::{Judged, Said, Waits};
use super::regulated;
use super::respond;
use super::sla::Stage;
use super::time::Span;
use super::waiting;
use super::withdrawal;

/// Twilio's error for a number that opted out, at once or by callback.
pub const ERROR_OPTED_OUT: u32 = 21610;

/// Telnyx's: "Blocked due to STOP message".
pub const ERROR_OPTED_OUT_TELNYX: u32 = 40300;

/// What the word `opted_out` of our own carrier protocol is kept under.
pub const ERROR_OPTED_OUT_BY_WORD: u32 = 900_610;

/// How long an answer may wait to leave after its time came, before its rep is asked: "see you at three" is worth nothing
/// at five. As long as carriers are given to bring it.
const STALE: Span = Span::minutes(4 * 60);

/// Whether a carrier's error says that the buyer withdrew consent. The carriers' numbers do not overlap here.
pub const fn is_opt_out(code: u32) -> bool {
    matches!(code, ERROR_OPTED_OUT | ERROR_OPTED_OUT_TELNYX | ERROR_OPTED_OUT_BY_WORD)
}

/// Whether a carrier's error says that it had no room then, for a text that may arrive another time. Who sends it again is
/// its rep: as a new text, judged as any other.
pub const fn was_full(code: u32) -> bool {
    matches!(
        code,
        10_011
            | 20_429
            | 21_611
            | 30_001
            | 30_022
            | 30_023
            | 30_027
            | 40_011
            | 40_016
            | 40_018
            | 40_318
            | 900_429
            | 900_430
    )
}

/// Whether a carrier's error says that no text will ever arrive there: opted out, blocked, no such number, a landline.
pub const fn is_hopeless(code: u32) -> bool {
    is_opt_out(code) || matches!(code, 30_004 | 30_005 | 30_006 | 40_001)
}

/// Decides whether an answer starts now. Nothing happens while an earlier one of this conversation is on its way or
/// unknown: texts of one conversation leave in order.
pub(super) fn begin(mut d: Draft, world: &ReadSet<'_>, message: MessageId) -> Decided {
    let Some(answer) = d.c.answers.get(&message).cloned() else { return Vec::new() };
    let AnswerState::Held { not_before, waits } = answer.state else { return Vec::new() };
    if answer.automatic && !still_fits(&d, world, &answer) {
        d.say(Event::AnswerRecalled { message });
        return d.facts();
    }
    let mut against = may_send(&Question::of(world, &d.c)).finally(world.playbook);
    if world.number.is_none() {
        against.push(Review::OptedOut);
    }
    if !answer.automatic && !against.is_empty() {
        d.say(Event::AnswerParked { message, by: answer.by, reasons: against });
        return d.facts();
    }
    if block::is_blocked(world) && !answer.automatic {
        d.say(Event::AnswerParked { message, by: answer.by, reasons: vec![Review::Blocked] });
        return d.facts();
    }
    let blocked = d.c.answers.iter().any(|(id, other)| match other.state {
        AnswerState::Sending | AnswerState::Unknown => true,
        // By when they were accepted; ids come from devices, whose clocks may be wrong.
        // One that was put off lets later ones pass until its time has come.
        AnswerState::Held { waits: Some(Waits::Window | Waits::Chosen), not_before } if not_before > d.now => false,
        AnswerState::Held { .. } => (other.at, *id) < (answer.at, message),
        AnswerState::Parked { .. } | AnswerState::Out { .. } => false,
    });
    if not_before > d.now || blocked {
        return Vec::new();
    }
    if !answer.automatic && d.now.since(not_before) > STALE {
        d.say(Event::AnswerParked { message, by: answer.by, reasons: vec![Review::Stale] });
        return d.facts();
    }
    let hours = if answer.automatic { Ok(None) } else { hours(&d, world, message, &answer.by, waits) };
    let judged = match hours {
        Ok(judged) => judged,
        Err(instead) => {
            d.say(*instead);
            return d.facts();
        }
    };
    let approved = answer.approved.as_ref().is_some_and(|by| *by != answer.by);
    let bars = if answer.automatic {
        // The playbook's own words.
        Vec::new()
    } else {
        regulated::bars(world, &d.c, &answer.by, world.words, approved)
    };
    if !bars.is_empty() {
        d.say(Event::AnswerParked { message, by: answer.by, reasons: bars });
        return d.facts();
    }
    start(&mut d, message, judged);
    if regulated::discloses(world, &d.c) {
        d.say(Event::Disclosed { message });
    }
    d.facts()
}

/// Whether a text that nobody wrote is still to be said.
fn still_fits(d: &Draft, world: &ReadSet<'_>, answer: &Answer) -> bool {
    match answer.what {
        Automatic::Acknowledgement => acknowledge::still_fits(&d.c, world, d.now),
        Automatic::Confirmation | Automatic::Help => told::still_fits(&d.c, world, answer, d.now),
    }
}

/// What the hours say of an answer at its time, if that is worth recording; or what happens to it instead of leaving:
/// somebody else took the conversation while it waited, or the hours are closed.
fn hours(
    d: &Draft,
    world: &ReadSet<'_>,
    message: MessageId,
    by: &RepId,
    waits: Option<Waits>,
) -> Result<Option<Box<Judged>>, Box<Event>> {
    let put_off = matches!(waits, Some(Waits::Window | Waits::Chosen));
    if let Some(other) = respond::someone_else(&d.c, by).filter(|_| put_off) {
        let reasons = vec![Review::Reassigned(other.clone())];
        return Err(Box::new(Event::AnswerParked { message, by: by.clone(), reasons }));
    }
    if waits == Some(Waits::Overruled) {
        return Ok(None);
    }
    let asked = d.c.wrote().filter(|_| waits != Some(Waits::Chosen));
    let judged = waiting::judge(world, &d.c, asked, d.now);
    match judged.said {
        Said::Open | Said::Overruled => Ok(None),
        // The hours may have closed during its undo time.
        Said::Direct => Ok(Some(Box::new(judged))),
        Said::Until(not_before) => Err(Box::new(Event::AnswerWaits { message, not_before, judged: Box::new(judged) })),
        Said::Never => {
            let reasons = vec![Review::QuietHours];
            Err(Box::new(Event::AnswerParked { message, by: by.clone(), reasons }))
        }
    }
}

/// From here on the carrier may have it, and the buyer an answer; an automatic text is none.
fn start(d: &mut Draft, message: MessageId, judged: Option<Box<Judged>>) {
    d.say(Event::SendStarted { message, judged });
    if let Some(clock) = d.c.clock.as_ref().filter(|_| !is_automatic(&d.c, message)) {
        let late = clock.stage == Stage::Breached || d.now > clock.due;
        d.say(Event::SlaMet { by: Some(message), late });
    }
}

/// The call did not start in time: it waits again, and so does the clock.
pub(super) fn abandon(mut d: Draft, world: &ReadSet<'_>, message: MessageId) -> Decided {
    if is_sending(&d, message) {
        d.say(Event::SendAbandoned { message });
        let opted_out = is_opted_out(&d, world);
        rearm(&mut d, message, opted_out);
    }
    d.facts()
}

/// The call ended without an answer: the carrier may have it.
pub(super) fn lose(mut d: Draft, message: MessageId) -> Decided {
    if is_sending(&d, message) {
        d.say(Event::SendUnknown { message });
    }
    d.facts()
}

/// The past came back: what had not left may have left since, and what waited for its rep may have been sent on. The
/// carrier's list settles each, as after a crash between call and record. Nothing can have gone to a number that had
/// withdrawn consent, but the text that confirmed it.
pub(super) fn doubt(mut d: Draft, world: &ReadSet<'_>) -> Decided {
    let out = is_opted_out(&d, world);
    let doubtful = |a: &Answer| match &a.state {
        AnswerState::Held { .. } | AnswerState::Parked { .. } => !out || a.what == Automatic::Confirmation,
        AnswerState::Sending => true,
        AnswerState::Unknown | AnswerState::Out { .. } => false,
    };
    let all: Vec<_> = d.c.answers.iter().filter(|(_, a)| doubtful(a)).map(|(id, _)| *id).collect();
    for message in all {
        if !is_sending(&d, message) {
            start(&mut d, message, None);
        }
        d.say(Event::SendUnknown { message });
    }
    d.facts()
}

/// Two listings of the carrier do not have it: it becomes a draft again, with its rep.
pub(super) fn never_left(mut d: Draft, world: &ReadSet<'_>, message: MessageId) -> Decided {
    let Some(answer) = d.c.answers.get(&message).cloned() else { return Vec::new() };
    if answer.state == AnswerState::Unknown && answer.automatic {
        // Nobody's draft. It stays in sight as failed: should the carrier have had it after all, the record has it, too.
        d.say(Event::DeliveryChanged { message, delivery: Delivery::Failed, error: None });
    } else if answer.state == AnswerState::Unknown {
        let held = hold::is_held(world).then_some(Review::OptOutHold);
        let reasons = std::iter::once(Review::NeverLeft).chain(held).collect();
        d.say(Event::AnswerParked { message, by: answer.by, reasons });
        back_in_sight(&mut d);
        let opted_out = is_opted_out(&d, world);
        rearm(&mut d, message, opted_out);
    }
    d.facts()
}

/// The carrier says how it stands. Ranked: late and repeated reports change nothing, a failure is never overwritten.
pub(super) fn report(
    mut d: Draft,
    world: &ReadSet<'_>,
    message: MessageId,
    delivery: Delivery,
    error: Option<u32>,
) -> Decided {
    // The carrier has the number on its list, whatever became of this text before: also when a failure without a reason was
    // reported first, and when the text is so old that it is not kept at hand.
    let opted_out = delivery.is_failure() && error.is_some_and(is_opt_out);
    let Some(answer) = d.c.answers.get(&message) else {
        if opted_out {
            withdrawal::withdraw(&mut d, world, OptOutSource::Carrier);
        }
        return d.facts();
    };
    let automatic = answer.automatic;
    let moves = match &answer.state {
        // Held or parked: its list did not have it, and the carrier had it all the same. It must not go again.
        AnswerState::Sending | AnswerState::Unknown | AnswerState::Held { .. } | AnswerState::Parked { .. } => true,
        // A failure that gave no reason takes this one: it is kept once, however often it is said again.
        AnswerState::Out { delivery: now, error: None } if now.is_failure() && opted_out => true,
        AnswerState::Out { delivery: now, .. } => delivery.rank() > now.rank() && !now.is_failure(),
    };
    if !moves {
        // Said again it is the same word, which a START since then has ended.
        let said = matches!(&answer.state, AnswerState::Out { error: Some(code), .. } if is_opt_out(*code));
        if opted_out && !said {
            withdrawal::withdraw(&mut d, world, OptOutSource::Carrier);
        }
        return d.facts();
    }
    d.say(Event::DeliveryChanged { message, delivery, error });
    if delivery.is_failure() && !automatic {
        let opted_out = opted_out || is_opted_out(&d, world);
        if !opted_out {
            back_in_sight(&mut d);
        }
        rearm(&mut d, message, opted_out);
    }
    if opted_out {
        withdrawal::withdraw(&mut d, world, OptOutSource::Carrier);
    }
    d.facts()
}

fn is_sending(d: &Draft, message: MessageId) -> bool {
    d.c.answers.get(&message).is_some_and(|a| a.state == AnswerState::Sending)
}

fn is_automatic(c: &Conversation, message: MessageId) -> bool {
    c.answers.get(&message).is_some_and(|a| a.automatic)
}

fn is_opted_out(d: &Draft, world: &ReadSet<'_>) -> bool {
    withdrawal::is_out(world, &d.c.line)
}

/// A finished or snoozed conversation whose buyer got nothing is not done.
fn back_in_sight(d: &mut Draft) {
    match d.c.status {
        Status::Open => {}
        Status::Snoozed(_) => d.say(Event::Woke),
        Status::Done(_) => d.say(Event::Reopened { by: None }),
    }
}

/// A clock that this answer met runs again with its original due time, also in place of a later one. A buyer who
/// withdrew consent waits for no text: nothing met it, and no answer is needed any more.
fn rearm(d: &mut Draft, message: MessageId, opted_out: bool) {
    let Some(met) = d.c.met.clone().filter(|met| met.by == message) else { return };
    let sooner = d.c.clock.as_ref().is_none_or(|running| met.clock.due < running.due);
    if sooner {
        d.say(Event::SlaRearmed { clock: met.clock });
        if opted_out {
            d.say(Event::SlaDropped);
        }
    }
}
