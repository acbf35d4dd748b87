//! A buyer's text comes in: what is it, whose is it, who gets it, which clock runs.

use std::collections::{BTreeMap, BTreeSet};

use super::acknowledge;
use super::answering::Answering;
use super::asking;
use super::block;
use super::command::{Context, ReadSet, Receive};
use super::consent::words::keyword_in;
use super::consent::{ConsentRules, Keyword, OptOutSource, bare, told};
use super::conversation::{Conversation, Status};
use super::coverage;
use super::decide::{Decided, Draft};
use super::escalation::{self, From, Who};
use super::event::{Event, Review, Subject};
use super::hold;
use super::id::{ContactId, RepId};
use super::message::{InboundKind, classify};
use super::ownership::inherited::{self, in_place_of};
use super::ownership::{self, Asked, Found, OwnerSource, territory};
use super::routing::{Assignment, Because, Holder, Passed, Reason, Weighed};
use super::sla::{self, Response};
use super::time::Timestamp;
use super::use_case::{self, Signs};
use super::withdrawal;

/// Most people whose load is kept with a decision.
const MOST_LOADS: usize = 16;

/// Decides a received text. Never refused: an unknown sender's reply takes the ladder for unowned replies.
pub(super) fn receive(world: &ReadSet<'_>, text: &Receive, cx: &Context) -> Decided {
    let rules = &world.playbook.consent;
    let opted_out = withdrawal::is_out(world, &text.line);
    let kind = classify(rules, text.body.as_str(), text.media, text.opt_out_type.as_deref(), opted_out);
    let mut d = match world.conversation {
        Some(c) => Draft::of(c, cx),
        None => open(world, text, cx),
    };
    if block::is_blocked(world) {
        return block::received(d, world, text, kind, cx);
    }
    let waits = asking::waits(&mut d, text, kind);
    let moved = refresh_match(&mut d, world, text, kind);
    d.say(Event::Received { message: text.message, kind });
    match kind {
        InboundKind::OptOut => {
            find_owner(&mut d, world, text.area_code.as_deref(), None);
            consent(&mut d, world, text, kind);
        }
        InboundKind::OptIn => consent(&mut d, world, text, kind),
        InboundKind::Text | InboundKind::Picture => {
            let waited = d.c.clock.is_some();
            wants_answer(&mut d, world, text.area_code.as_deref(), moved, waits);
            let held = hold::place(&mut d, world, text);
            if !held && !waited && d.c.clock.is_some() {
                acknowledge::acknowledge(&mut d, world, text);
            }
        }
        InboundKind::Help => {
            find_owner(&mut d, world, text.area_code.as_deref(), None);
            told::help(&mut d, world, text);
        }
        InboundKind::Tapback | InboundKind::Acknowledgement | InboundKind::AutoReply => {
            find_owner(&mut d, world, text.area_code.as_deref(), None);
        }
    }
    d.facts()
}

/// What a text says about consent, whoever hears of it.
pub(super) fn consent(d: &mut Draft, world: &ReadSet<'_>, text: &Receive, kind: InboundKind) {
    let rules = &world.playbook.consent;
    if kind == InboundKind::OptOut {
        if withdrawal::stopped(d, world, source_of(rules, text, Keyword::Stop), text.sent) {
            told::confirm(d, world, text);
        }
    } else if kind == InboundKind::OptIn {
        withdrawal::given(d, world, &source_of(rules, text, Keyword::Start), text.sent);
    }
}

/// The CRM says something new: people, cohort and owner may have changed. A text whose offer waited for that is routed now;
/// one that nobody has taken yet goes to its owner as far as the playbook says so.
/// Always a fact, also when only a stage or an amount changed: without one no device would hear of it.
pub(super) fn rematch(mut d: Draft, world: &ReadSet<'_>) -> Decided {
    let signs = Signs {
        line: &d.c.line,
        answering: answering(world, d.c.last_inbound),
        cards: world.cards,
        words: None,
        before: Some((d.c.use_case.as_str(), d.c.evidence.as_ref())),
    };
    let (matched, moved) = matched(&d.c, world, &signs, None);
    let wanted = use_case::wants_clock(world.playbook, &d.c.use_case);
    d.say(matched);
    if d.c.awaits.is_some() {
        asking::over(&mut d, world, false);
        return d.facts();
    }
    if !d.c.is_done() && (moved && d.c.clock.is_some() || !wanted && waits_without_clock(&d.c)) {
        asking::follow_cohort(&mut d, world);
    }
    let before = d.c.owner.clone();
    let untaken = d.c.assignment.is_some() && !asking::is_of_a_person(&d.c);
    let guessed = untaken && asking::is_guessed(world, &d.c);
    let found = look(&mut d, world, (None, None), guessed);
    // What another program answers lies where it lies, whoever else owns the buyer now.
    let lies_aside = d.c.is_sent_on() && use_case::sent_on(world.playbook, &d.c.use_case).is_some();
    let reroutes = !lies_aside && asking::reroutes(world, &d.c, before.as_ref());
    if (moved || reroutes) && untaken && !d.c.is_done() {
        offer(&mut d, world, found);
    }
    d.facts()
}

/// Whether the buyer wrote and nobody answered since, with no clock: what it was about wanted none.
fn waits_without_clock(c: &Conversation) -> bool {
    let taken = c.assignment.as_ref().is_some_and(|a| a.taken.is_some());
    c.clock.is_none() && c.last_words.is_some() && c.assignment.is_some() && !(taken && c.answered)
}

fn open(world: &ReadSet<'_>, text: &Receive, cx: &Context) -> Draft {
    let signs = Signs {
        line: &text.line,
        answering: answering(world, Some(text.sent.unwrap_or(cx.now))),
        cards: world.cards,
        words: Some(text.body.as_str()),
        before: None,
    };
    let (use_case, evidence) = use_case::of(world.playbook, &signs);
    let team = use_case::team(world.playbook, &use_case, &text.line);
    let cohort = use_case::cohort(world.playbook, &use_case, world.cards).map_or(String::new(), |c| c.name.clone());
    let mut d = Draft::of(&Conversation::new(text.conversation, text.number, text.line.clone()), cx);
    d.say(Event::Opened {
        number: text.number,
        line: text.line.clone(),
        team: team.unwrap_or_else(|| super::id::TeamId::new("")),
        use_case,
        cohort,
        evidence: Some(evidence),
    });
    d
}

/// Takes over what the CRM, the marketing tool and the text itself say now, when it differs. Whether it went to a
/// queue, or came back from one.
fn refresh_match(d: &mut Draft, world: &ReadSet<'_>, text: &Receive, kind: InboundKind) -> bool {
    let signs = Signs {
        line: &d.c.line,
        answering: answering(world, Some(text.sent.unwrap_or(d.now))),
        cards: world.cards,
        words: Some(text.body.as_str()),
        // What was finished begins anew.
        before: (!d.c.is_done()).then_some((d.c.use_case.as_str(), d.c.evidence.as_ref())),
    };
    let (mut now, mut moved) = matched(&d.c, world, &signs, Some(text));
    if moved && !kind.arms_clock() {
        // Nobody is asked about a tapback or a keyword: the next words go where they belong.
        let contacts = world.cards.iter().map(|card| card.contact.clone()).collect();
        (now, moved) = (as_it_is(&d.c, contacts), false);
    }
    if now != as_it_is(&d.c, d.c.contacts.clone()) {
        d.say(now);
    }
    moved
}

fn as_it_is(c: &Conversation, contacts: Vec<ContactId>) -> Event {
    let (use_case, cohort) = (c.use_case.clone(), c.cohort.clone());
    Event::Matched { contacts, use_case, cohort, evidence: c.evidence.clone(), team: None }
}

/// The campaign's text that a reply of that time answers.
fn answering<'a>(world: &ReadSet<'a>, at: Option<Timestamp>) -> Option<&'a Answering> {
    world.answering.filter(|sent| at.is_some_and(|at| sent.is_answered_at(world.playbook, at)))
}

/// Who is behind the number now, and what that makes of the conversation; and whether somebody else is asked about it now.
/// `text` is the one that says so, when one does.
fn matched(c: &Conversation, world: &ReadSet<'_>, signs: &Signs<'_>, text: Option<&Receive>) -> (Event, bool) {
    let playbook = world.playbook;
    let contacts: Vec<_> = world.cards.iter().map(|card| card.contact.clone()).collect();
    let (use_case, evidence) = use_case::of(playbook, signs);
    let cohort = use_case::cohort(playbook, &use_case, world.cards).map_or(String::new(), |c| c.name.clone());
    let other_queue = use_case::queue(playbook, &use_case) != use_case::queue(playbook, &c.use_case);
    let aside = use_case::sent_on(playbook, &use_case).is_some();
    // It goes to another program, to a queue, or comes back from one.
    let elsewhere = other_queue || c.assignment.is_some() && aside != c.is_sent_on();
    // What somebody works on or waits for an answer is not carried away from under their hands. What turns out to be no
    // question to Sales at all is waited for by nobody here; but a text of its own answers no earlier one.
    let may_move = asking::may_move(world, c, aside && text.is_none());
    if elsewhere && !may_move && use_case != c.use_case {
        return (as_it_is(c, contacts), false);
    }
    let homeless = !playbook.teams.contains_key(&c.team);
    let team = || use_case::team(playbook, &use_case, &c.line);
    let team = if homeless || other_queue && may_move { team() } else { None };
    (Event::Matched { contacts, use_case, cohort, evidence: Some(evidence), team }, elsewhere && may_move)
}

/// How we know. A keyword is kept as such whoever read it: which one tells the rep what the buyer may have meant. Any
/// other words stay out of the record, which is kept for ever.
fn source_of(rules: &ConsentRules, text: &Receive, wanted: Keyword) -> OptOutSource {
    match keyword_in(rules, text.body.as_str()) {
        Some(found) if found == wanted => OptOutSource::Keyword(bare(text.body.as_str())),
        Some(_) | None => OptOutSource::Carrier,
    }
}

/// Looks for the owner and records a change; returns where it was found and who was passed over.
///
/// `worked` is who worked on it last, where that counts although nobody owned it.
pub(super) fn find_owner(d: &mut Draft, world: &ReadSet<'_>, area_code: Option<&str>, worked: Option<&RepId>) -> Found {
    look(d, world, (area_code, worked), false)
}

/// The same, where it may be that whoever has it was only guessed.
fn look(
    d: &mut Draft,
    world: &ReadSet<'_>,
    (area_code, worked): (Option<&str>, Option<&RepId>),
    guessed: bool,
) -> Found {
    if use_case::queue(world.playbook, &d.c.use_case).is_some() {
        if d.c.owner.is_some() {
            d.say(Event::Owned { owner: None, source: None, after: None });
        }
        return not_for_sales(d, world);
    }
    let c = d.c.clone();
    let before = c.owner.as_ref().map(|owner| (owner, c.owned_by)).or_else(|| Some((worked?, None)));
    let found = ownership::find(world, &Asked { now: d.now, team: &c.team, before, guessed, area_code });
    // A reply that nobody is asked about uses up nobody's turn.
    let turn = found.turn.as_ref().filter(|_| use_case::sent_on(world.playbook, &c.use_case).is_none());
    if let (Some(pool), Some((rep, _))) = (turn, &found.owner) {
        let weight = world.playbook.reps.get(rep).map_or(1, |r| r.weight);
        d.say_of(Subject::Roster, Event::TurnPassed { pool: pool.clone(), rep: rep.clone(), weight });
    }
    let (owner, source) = found.owner.clone().map_or((None, None), |(rep, source)| (Some(rep), Some(source)));
    if owner != d.c.owner {
        let name = owner.as_ref().map_or("", |owner| world.playbook.rep_name(owner));
        let after = source.and_then(|source| in_place_of(source, name, &found.passed));
        d.say(Event::Owned { owner, source, after });
    }
    found
}

/// Asks the rules again who owns a conversation that nobody does, and offers it to whoever they find.
pub(super) fn deal(d: &mut Draft, world: &ReadSet<'_>) {
    let found = find_owner(d, world, None, None);
    if d.c.owner.is_some() {
        offer(d, world, found);
    }
}

/// Another team's pool is asked at once: nobody of Sales owns it.
fn not_for_sales(d: &Draft, world: &ReadSet<'_>) -> Found {
    let label = world.playbook.use_cases.get(&d.c.use_case).map_or("", |u| u.label.as_str());
    let passed = Passed { who: "Sales".to_owned(), why: format!("does not handle \"{label}\"") };
    Found { passed: vec![passed], ..Found::default() }
}

/// A person wrote and waits for an answer.
fn wants_answer(d: &mut Draft, world: &ReadSet<'_>, area_code: Option<&str>, moved: bool, waits: bool) {
    let was_done = d.c.is_done();
    match d.c.status {
        Status::Done(_) => d.say(Event::Reopened { by: None }),
        Status::Snoozed(_) => d.say(Event::Woke),
        Status::Open => {}
    }
    park_waiting(d, &Review::NewerReply);
    if moved && d.c.clock.is_some() {
        asking::follow_cohort(d, world);
    }
    let waits_anew = d.c.clock.is_none();
    if waits_anew && use_case::wants_clock(world.playbook, &d.c.use_case) {
        let cohort = world.playbook.cohort(&d.c.cohort).or_else(|| world.playbook.cohorts.last());
        if let Some(cohort) = cohort {
            let response = if d.c.answered { Response::Next } else { Response::First };
            d.say(Event::SlaStarted { clock: sla::start(world.playbook, cohort, response, d.now) });
        }
    }
    if waits {
        return;
    }
    let holder_gone = d.c.assignee().is_some_and(|rep| !world.is_here(rep));
    // Whoever worked on it last comes first when it is offered again, also where nobody owned it.
    let again = (was_done || holder_gone) && !moved;
    let worked = d.c.taker().map(|(rep, _)| rep.clone()).filter(|_| again).or_else(|| d.c.worked.clone());
    let found = find_owner(d, world, area_code, worked.as_ref());
    // An offer of before that no longer passes on, as one that was finished and then snoozed, would wait for ever.
    let stands = |a: &Assignment| a.taken.is_none() && a.expires.is_none() && a.step.is_some();
    let stuck = waits_anew && d.c.assignment.as_ref().is_some_and(stands);
    if d.c.assignment.is_none()
        || was_done
        || holder_gone
        || moved
        || stuck
        || coverage::is_homeless(&d.c, world.playbook)
    {
        offer(d, world, found);
    }
    if d.c.awaits.is_some() {
        d.say(Event::CardSettled { late: true });
    }
}

/// Lays the conversation where Sales can look at it and nobody is asked: another program answers it.
fn lay_aside(d: &mut Draft, world: &ReadSet<'_>, channel: &str) {
    let label = world.playbook.use_cases.get(&d.c.use_case).map_or("", |u| u.label.as_str());
    let passed = vec![Passed { who: "Sales".to_owned(), why: format!("\"{label}\" is not for Sales") }];
    let reason = Reason::SentOn(channel.to_owned());
    let because = Because { reason, passed, playbook: world.playbook.version, climbed: None };
    let (to, step) = (Holder::Pool(d.c.team.clone()), Some(first_step(world, &d.c)));
    d.say(Event::Offered { to, step, expires: None, because, covers: None, weighed: None });
}

/// Offers the conversation from the first step of its ladder on.
pub(super) fn offer(d: &mut Draft, world: &ReadSet<'_>, found: Found) {
    if let Some(channel) = use_case::sent_on(world.playbook, &d.c.use_case) {
        return lay_aside(d, world, channel);
    }
    // Whoever is asked is to see it.
    coverage::wake(d);
    let owner = found.owner.as_ref().map(|(rep, source)| (rep, *source));
    let c = d.c.clone();
    let (asked, again) = (&c.asked, c.rounds < escalation::repeats(world, &c.cohort));
    let step = first_step(world, &c);
    let from = From { step, owner, team: &c.team, cohort: &c.cohort, not: None, asked, passed_by: &c.passed_by, again };
    let loads = loads(world, &found);
    let offered = match escalation::offer(world, d.now, &from, found.passed) {
        Ok(offered) => Some(offered),
        Err(passed) if escalation::is_with_nobody(world, &c) => {
            Some(escalation::laid_in_pool(world, &c, d.now, step, passed, None))
        }
        Err(_) => None,
    };
    if let Some(mut offered) = offered {
        if let Event::Offered { weighed, because, .. } = &mut offered {
            // Nor did whoever took it over from somebody who left have it before.
            let by_it = because.reason == Reason::Owner(OwnerSource::Conversation) && c.owned_by.is_none();
            because.passed.splice(0..0, inherited::taken_over(world.playbook, &c).filter(|_| by_it));
            let stages = world.cards.iter().filter_map(|card| card.stage()).map(str::to_owned).collect();
            let places: BTreeSet<String> = world.cards.iter().filter_map(territory::place).collect();
            *weighed = Some(Box::new(Weighed {
                use_case: c.use_case.clone(),
                cohort: c.cohort.clone(),
                priority: use_case::priority(world.playbook, &c.use_case),
                stages,
                contacts: world.cards.len(),
                heard: world.heard,
                places: places.into_iter().collect(),
                loads,
                open: escalation::is_open(world, &c.cohort, d.now),
                later: found.later,
            }));
        }
        d.say(offered);
    }
}

/// How much everybody who was thought of has on their hands.
fn loads(world: &ReadSet<'_>, found: &Found) -> BTreeMap<RepId, u32> {
    let named = found.passed.iter().chain(&found.later).map(|p| RepId::new(p.who.as_str()));
    let pool = found.turn.as_ref().and_then(|team| world.playbook.teams.get(team));
    let members = pool.into_iter().flat_map(|team| &team.members).cloned();
    let owner = found.owner.iter().map(|(owner, _)| owner.clone());
    let known = owner.chain(named).chain(members).filter(|rep| world.playbook.reps.contains_key(rep));
    known.take(MOST_LOADS).map(|rep| (rep.clone(), world.loads.get(&rep).copied().unwrap_or(0))).collect()
}

/// Where the ladder begins: with the pool of another team, when its use case goes there.
fn first_step(world: &ReadSet<'_>, c: &Conversation) -> u8 {
    let playbook = world.playbook;
    if use_case::queue(playbook, &c.use_case).is_none() && use_case::sent_on(playbook, &c.use_case).is_none() {
        return 0;
    }
    let cohort = world.playbook.cohort(&c.cohort).or_else(|| world.playbook.cohorts.last());
    let ladder = cohort.and_then(|cohort| world.playbook.ladders.get(&cohort.ladder));
    let pool = ladder.and_then(|ladder| ladder.steps.iter().position(|step| step.who == Who::Pool));
    pool.and_then(|step| u8::try_from(step).ok()).unwrap_or(0)
}

/// Every answer of this conversation that has not left needs its rep's eye.
fn park_waiting(d: &mut Draft, reason: &Review) {
    for (message, by, reasons) in withdrawal::to_park(&d.c, reason) {
        d.say(Event::AnswerParked { message, by, reasons });
    }
}
