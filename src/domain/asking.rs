//! Enrich, before routing: how long a first reply waits for the CRM to say who this is, and what an answer that comes later
//! changes.
//!
//! The text itself waits for nothing: it is a message, its clock runs, the carrier has its answer. What waits is the offer, and
//! only of a conversation that nobody has yet. The wait is a deadline like any other, so that whatever becomes of the CRM, of
//! this process or of the network, the reply is offered when it is over.

use serde::{Deserialize, Serialize};

use super::command::{ReadSet, Receive};
use super::conversation::Conversation;
use super::decide::Draft;
use super::escalation;
use super::event::{Climb, Event};
use super::id::RepId;
use super::message::InboundKind;
use super::ownership::{OwnerSource, territory};
use super::receive;
use super::routing::{Assignment, Holder, Passed, Reason};
use super::sla::{self, Response, Stage};
use super::time::Span;
use super::use_case;
use super::withdrawal;

pub mod heard;

/// How the CRM is asked, and what its answers may do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asking {
    /// How long a first reply's offer waits for the card of its buyer at most, in real milliseconds; 0 never waits.
    pub budget: Span,
    /// A card that was read longer ago is read again when its buyer texts or a rep opens it.
    pub fresh: Span,
    /// What an answer changes that comes when somebody was offered the conversation already.
    #[serde(default)]
    pub reroute: Reroute,
}

/// What a late answer of the CRM may change in who has a conversation. Never what a person did: what was taken, handed over
/// or asked help for stays where it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reroute {
    /// Nothing: who was offered it keeps the offer.
    Never,
    /// Whom it says goes to gets it, when nobody owned it before and nobody has taken it.
    #[default]
    Unowned,
    /// Also when somebody else owned it, as long as nobody has taken it.
    Untaken,
}

/// The longest wait that a playbook may ask for.
pub const LONGEST: Span = Span::seconds(10);

impl Default for Asking {
    fn default() -> Self {
        Self { budget: Span::millis(300), fresh: Span::minutes(10), reroute: Reroute::default() }
    }
}

impl Asking {
    /// Whether it is what holds without a word of the playbook.
    pub fn is_usual(&self) -> bool {
        *self == Self::default()
    }
}

/// Whether a text's offer waits. Only the first one of a conversation that nobody has, or that begins anew: it is offered
/// again, and its buyer may be somebody else's by now. A second text meanwhile waits no longer than the first.
pub(super) fn waits(d: &mut Draft, text: &Receive, kind: InboundKind) -> bool {
    if !kind.arms_clock() {
        return false;
    }
    if let Some(until) = d.c.awaits {
        return until > d.now;
    }
    if d.c.assignment.is_some() && !d.c.is_done() {
        return false;
    }
    let Some(until) = text.wait_until.filter(|until| *until > d.now) else { return false };
    d.say(Event::CardAwaited { until });
    true
}

/// What is said of a CRM that did not answer before the time was over: nobody knew who this is, or a card was here that was
/// read longer ago.
const UNKNOWN: &str = "had not said in time who this is";
const OLDER: &str = "had not read their card anew in time: the older one was used";

/// The card came, or its time is over (`late`): the reply is routed, as if that had been known when it came.
pub(super) fn over(d: &mut Draft, world: &ReadSet<'_>, late: bool) {
    // Whoever said stop meanwhile waits for no answer.
    if !withdrawal::is_out(world, &d.c.line) {
        follow_cohort(d, world);
    }
    let area_code = world.address.and_then(|address| territory::area_code(address.as_str()));
    let worked = d.c.worked.clone();
    let mut found = receive::find_owner(d, world, area_code, worked.as_ref());
    if late {
        // An older card may be here, and was routed by.
        let why = if world.cards.is_empty() { UNKNOWN } else { OLDER };
        found.passed.insert(0, Passed { who: "the CRM".to_owned(), why: why.to_owned() });
    }
    if !d.c.is_done() && d.c.assignment.is_none() {
        receive::offer(d, world, found);
    }
    d.say(Event::CardSettled { late });
}

/// The clock is the one of the class that the reply turned out to be of, and counts from when it came.
pub(super) fn follow_cohort(d: &mut Draft, world: &ReadSet<'_>) {
    let wanted = use_case::wants_clock(world.playbook, &d.c.use_case) && !d.c.is_done();
    let cohort = world.playbook.cohort(&d.c.cohort).or_else(|| world.playbook.cohorts.last());
    match (d.c.clock.clone(), cohort.filter(|_| wanted)) {
        (Some(_), None) => d.say(Event::SlaDropped),
        (Some(old), Some(cohort)) if old.cohort != cohort.name && old.stage == Stage::Running => {
            d.say(Event::SlaRecomputed { clock: sla::start(world.playbook, cohort, old.response, old.started) });
        }
        (None, Some(cohort)) => {
            let response = if d.c.answered { Response::Next } else { Response::First };
            let came = d.c.last_inbound.unwrap_or(d.now);
            d.say(Event::SlaStarted { clock: sla::start(world.playbook, cohort, response, came) });
            goes_on(d, world);
        }
        (Some(_), Some(_)) | (None, None) => {}
    }
}

/// What a person passed on to a pool, and whose time there ended while nobody here was to answer it, is asked about on:
/// it is Sales' after all, and a pool is not the end of a ladder.
fn goes_on(d: &mut Draft, world: &ReadSet<'_>) {
    let ended = |a: &Assignment| matches!(a.to, Holder::Pool(_)) && a.taken.is_none() && a.expires.is_none();
    if is_of_a_person(&d.c) && d.c.assignment.as_ref().is_some_and(ended) {
        for event in escalation::climb(world, &d.c, d.now, Climb::NotTaken) {
            d.say(event);
        }
    }
}

/// Whether it is offered anew because its owner is another one than before.
pub(super) fn reroutes(world: &ReadSet<'_>, c: &Conversation, before: Option<&RepId>) -> bool {
    let news = c.owner.is_some() && c.owner.as_ref() != before;
    match world.playbook.asking.reroute {
        Reroute::Never => false,
        Reroute::Unowned => news && before.is_none(),
        Reroute::Untaken => news,
    }
}

/// Whether its owner was guessed while the CRM was silent and nobody of ours answered since, in a playbook that moves such
/// an offer once the CRM answers: that they had it is no reason to keep it then.
pub(super) fn is_guessed(world: &ReadSet<'_>, c: &Conversation) -> bool {
    let by_guess = c.owned_by.is_some_and(OwnerSource::is_a_guess);
    world.playbook.asking.reroute == Reroute::Untaken && by_guess && !c.answered
}

/// Whether a person decided who has it now.
pub(super) fn is_of_a_person(c: &Conversation) -> bool {
    c.assignment.as_ref().is_some_and(|a| {
        let asked = matches!(a.because.climbed, Some(Climb::Asked(_)));
        a.taken.is_some() || asked || matches!(a.because.reason, Reason::Person(_))
    })
}

/// Whether what is known of it now may carry it to another team or to another program, or back from one. `ends`: it turned
/// out that nobody here need answer it, so that a clock alone does not keep it here.
pub(super) fn may_move(world: &ReadSet<'_>, c: &Conversation, ends: bool) -> bool {
    let taken = c.assignment.as_ref().is_some_and(|a| a.taken.is_some());
    let waited_for = c.clock.is_some() && c.awaits.is_none();
    let worked_on = if ends { is_of_a_person(c) } else { waited_for || taken };
    let stays = world.playbook.asking.reroute == Reroute::Never && c.assignment.is_some();
    c.is_done() || c.is_sent_on() || !(worked_on || stays)
}
