//! What must hold whatever happens, in whatever order, at whatever time.

use std::collections::{BTreeMap, BTreeSet};

use comeback::domain::answering::Answering;
use comeback::domain::command::{Actor, Command};
use comeback::domain::consent::OptOutSource;
use comeback::domain::contact::Body;
use comeback::domain::conversation::{Conversation, Status};
use comeback::domain::coverage;
use comeback::domain::escalation::Stop;
use comeback::domain::event::{Event, Outcome, Review, Subject};
use comeback::domain::hold::Ruling;
use comeback::domain::id::{ConversationId, MessageId, NumberId, RepId, TeamId};
use comeback::domain::message::Delivery;
use comeback::domain::ownership::{OwnerRule, OwnerSource};
use comeback::domain::rejection::Rejection;
use comeback::domain::roster::Roster;
use comeback::domain::routing::{Holder, Reason};
use comeback::domain::sla::Stage;
use comeback::domain::time::{Span, Timestamp};
use comeback::domain::visibility::{may_see, principals};
use proptest::prelude::*;
use uuid::Uuid;

use crate::world::{Story, card};

const REPS: [&str; 8] = ["maya", "ben", "ines", "omar", "lea", "kim", "nora", "adele"];
const BODIES: [&str; 10] =
    ["Hello?", "STOP", "START", "yes", "👍", "", "Liked \"ok\"", "HELP", "Cancel", "please take me off your list"];
const DELIVERIES: [Delivery; 8] = [
    Delivery::Accepted,
    Delivery::Queued,
    Delivery::Sending,
    Delivery::Sent,
    Delivery::Failed,
    Delivery::Undelivered,
    Delivery::Delivered,
    Delivery::Read,
];
const REVIEWS: [Review; 5] =
    [Review::OptedOut, Review::NewerReply, Review::QuietHours, Review::BehindParked, Review::NeverLeft];

/// One thing that happens. Small numbers pick among what there is when it happens.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Text {
        number: u8,
        line: u8,
        body: u8,
    },
    Wait {
        minutes: i64,
        millis: i64,
    },
    Expire,
    Rep {
        who: u8,
        what: u8,
        pick: u8,
        unseen: u8,
        accept: u8,
    },
    Effect {
        what: u8,
        pick: u8,
        delivery: u8,
        opted_out: bool,
    },
    Staff {
        who: u8,
    },
    Crm {
        number: u8,
        owner: u8,
        known: bool,
    },
    Look {
        pick: u8,
    },
    /// Comings and goings are followed up.
    Settle,
    /// A report tells late which campaign was answered: one of Sales, or one that another program answers.
    Report {
        pick: u8,
        sales: bool,
    },
    /// A version of the policy loses a team, or has it again; or loses a rep.
    Lose {
        team: bool,
        who: u8,
    },
    /// Other rules come into force: who owns, which ladder, how much each can hold.
    Policy {
        owners: u8,
        ladder: u8,
        capacity: u8,
    },
}

pub(super) fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0..3u8, 0..3u8, 0..10u8).prop_map(|(number, line, body)| Step::Text { number, line, body }),
        2 => (0..200i64, 0..60_000i64).prop_map(|(minutes, millis)| Step::Wait { minutes, millis }),
        1 => (0..9_000i64).prop_map(|minutes| Step::Wait { minutes, millis: 0 }),
        1 => (0..1i64, 7_000..10_000i64).prop_map(|(minutes, millis)| Step::Wait { minutes, millis }),
        3 => Just(Step::Expire),
        8 => (0..8u8, 0..16u8, any::<u8>(), 0..3u8, 0..32u8)
            .prop_map(|(who, what, pick, unseen, accept)| Step::Rep { who, what, pick, unseen, accept }),
        8 => (0..6u8, any::<u8>(), 0..8u8, any::<bool>())
            .prop_map(|(what, pick, delivery, opted_out)| Step::Effect { what, pick, delivery, opted_out }),
        1 => (0..4u8).prop_map(|who| Step::Staff { who }),
        1 => (0..3u8, 0..4u8, any::<bool>()).prop_map(|(number, owner, known)| Step::Crm { number, owner, known }),
        2 => any::<u8>().prop_map(|pick| Step::Look { pick }),
        2 => Just(Step::Settle),
        2 => (any::<u8>(), any::<bool>()).prop_map(|(pick, sales)| Step::Report { pick, sales }),
        1 => (any::<bool>(), 0..8u8).prop_map(|(team, who)| Step::Lose { team, who }),
        1 => (0..4u8, 0..4u8, 0..3u8).prop_map(|(owners, ladder, capacity)| Step::Policy { owners, ladder, capacity }),
    ]
}

fn pick<T: Copy>(from: &[T], n: u8) -> Option<T> {
    (!from.is_empty()).then(|| from[usize::from(n) % from.len()])
}

fn answers(story: &Story) -> Vec<MessageId> {
    story.conversations.get(&story.here).map_or(Vec::new(), |c| c.answers.keys().copied().collect())
}

fn accepted(bits: u8) -> Vec<Review> {
    REVIEWS.iter().enumerate().filter(|(i, _)| bits >> i & 1 == 1).map(|(_, r)| r.clone()).collect()
}

fn rep_step(story: &mut Story, who: &str, what: u8, n: u8, unseen: u8, accept: u8) {
    let fresh = story.fresh();
    let message = pick(&answers(story), n).unwrap_or(fresh);
    let accept = accepted(accept);
    let command = match what {
        0 => Command::Take,
        1 => Command::Assign { to: pick(&REPS, n).unwrap().into() },
        2 => Command::Escalate { note: fresh, reason: Body::new("help") },
        3..=5 => Command::Answer { message: fresh, body: Body::new("Sure"), accept: accept.clone() },
        6 | 7 => Command::Release { message, accept: accept.clone() },
        8 => Command::Recall { message },
        9 => Command::Snooze { until: story.now + Span::minutes(i64::from(n)) },
        10 => Command::Done { outcome: pick(&Outcome::ALL, n).unwrap() },
        11 => Command::Reopen,
        12 => Command::OptOut { source: OptOutSource::Carrier },
        13 => Command::Rule { ruling: Ruling::OptOut },
        14 => Command::Rule { ruling: Ruling::Keep { note: fresh, reason: Body::new("the quote"), read: Vec::new() } },
        _ => Command::away(n.is_multiple_of(2)),
    };
    let before = story.conversations.get(&story.here).cloned();
    let inbound = before.as_ref().map_or(0, |c| c.inbound);
    let seen = inbound.saturating_sub(unseen.into());
    let said = story.does_having_seen(who, seen, &command);
    let visible = before.as_ref().is_some_and(|c| may_see(&principals(&story.playbook, &who.into()), c));
    if matches!(command, Command::Away { .. }) {
        assert!(said.is_ok());
    } else if !visible {
        assert_eq!(said, Err(Rejection::NotFound));
    } else if matches!(command, Command::Done { .. }) && seen < inbound {
        assert_eq!(said, Err(Rejection::Unseen { newest: inbound }));
    } else if seen < inbound && !accept.contains(&Review::NewerReply) {
        let went = |e: &Event| matches!(e, Event::AnswerHeld { .. } | Event::AnswerReleased { .. });
        assert!(!said.unwrap_or_default().iter().any(went), "an unseen reply asks first");
    }
}

fn policy(story: &mut Story, owners: u8, ladder: u8, capacity: u8) {
    let before = [OwnerSource::Conversation, OwnerSource::Opportunity, OwnerSource::Contact];
    let deals: Option<OwnerSource> = pick(&[OwnerSource::RoundRobin, OwnerSource::LeastLoaded], owners);
    story.playbook.ownership = before.into_iter().chain(deals.filter(|_| owners < 2)).map(OwnerRule::from).collect();
    for steps in story.playbook.ladders.values_mut() {
        steps.repeat = ladder % 3;
        steps.stop = if ladder.is_multiple_of(2) { Stop::Taken } else { Stop::Answered };
        if let Some(last) = steps.steps.last_mut() {
            last.wait = Span::minutes(3);
        }
    }
    for rep in story.playbook.reps.values_mut() {
        rep.capacity = (capacity > 0).then_some(capacity.into());
    }
}

fn reported(story: &mut Story, sales: bool) {
    let number = story.c().number;
    let use_case = Some(if sales { "question" } else { "survey" }.to_owned());
    // Sent before the last text.
    let at = story.c().last_inbound.unwrap_or(story.now) - Span::minutes(1);
    let sent = Answering { campaign: "spring".to_owned(), use_case, words: Body::new("Spring"), at, send: None };
    story.answering.insert(number, sent);
    story.machine(Actor::Crm, &Command::Match);
    let again = story.machine(Actor::Crm, &Command::Match);
    let offers =
        |e: &Event| matches!(e, Event::Offered { because, .. } if !matches!(because.reason, Reason::Returned(_)));
    assert!(!again.iter().any(offers), "what is known already moves nothing: {again:?}");
}

/// The team of the dock and of the polls is no more, or is there again; what it had is settled at once.
fn team_comes_or_goes(story: &mut Story) {
    let (harbor, usual) = (TeamId::from("harbor"), crate::world::playbook());
    if story.playbook.teams.remove(&harbor).is_none() {
        story.playbook.teams.insert(harbor, usual.teams[&TeamId::from("harbor")].clone());
        story.playbook.lines = usual.lines;
    } else {
        story.playbook.lines.values_mut().for_each(|line| line.team = "enterprise".into());
    }
    let before: Vec<_> = story.conversations.values().map(|c| (c.id, c.clock.clone())).collect();
    story.settles();
    for (id, clock) in before {
        let c = &story.conversations[&id];
        assert_eq!(c.clock, clock, "running clocks keep their numbers");
        assert!(!coverage::is_homeless(c, &story.playbook), "of a team that is gone: {c:?}");
    }
}

pub(super) fn run(story: &mut Story, step: &Step) {
    let known = story.conversations.contains_key(&story.here);
    match step {
        Step::Text { number, line, body } => {
            let line = ["main", "dock", "poll"][usize::from(*line)];
            let body = BODIES[usize::from(*body)];
            let carrier = ["STOP", "START"].into_iter().find(|w| *w == body);
            story.receives((*number).into(), line, body, usize::from(body.is_empty()), carrier);
        }
        Step::Wait { minutes, millis } => story.wait(Span::millis(minutes * 60_000 + millis)),
        Step::Rep { who, what, pick, unseen, accept } => {
            rep_step(story, REPS[usize::from(*who)], *what, *pick, *unseen, *accept);
        }
        Step::Staff { who } => {
            if let Some(rep) = story.playbook.reps.get_mut(&REPS[usize::from(*who)].into()) {
                rep.active = !rep.active;
            }
        }
        Step::Crm { number, owner, known: is_known } => {
            let mut buyer = card("c-1");
            buyer.owner = pick(&REPS, *owner).map(Into::into);
            buyer.opportunity = buyer.opportunity.filter(|_| owner % 2 == 0);
            story.crm_says((*number).into(), is_known.then_some(buyer).into_iter().collect());
            if known {
                story.machine(Actor::Crm, &Command::Match);
            }
        }
        Step::Look { pick: n } => {
            let all: Vec<ConversationId> = story.conversations.keys().copied().collect();
            story.here = pick(&all, *n).unwrap_or(story.here);
        }
        Step::Expire if known => {
            story.expires();
            assert!(story.c().next_deadline().is_none_or(|at| at > story.now), "expire leaves nothing overdue");
            assert_eq!(story.expires(), [], "twice is once");
        }
        Step::Effect { what, pick: n, delivery, opted_out } if known => {
            let Some(message) = pick(&answers(story), *n) else { return };
            let delivery = DELIVERIES[usize::from(*delivery)];
            let error = delivery.is_failure().then_some(if *opted_out { 21610 } else { 30003 });
            let command = match what {
                0 | 1 => Command::BeginSend { message },
                2 => Command::AbandonSend { message },
                3 => Command::LoseSend { message },
                4 => Command::NeverLeft { message },
                _ => Command::Report { message, delivery, error },
            };
            story.machine(Actor::Effects, &command);
        }
        Step::Settle => {
            story.settles();
            let again = story.settles();
            assert!(again.iter().all(|e| !matches!(e, Event::Offered { .. })), "settled is settled: {again:?}");
        }
        Step::Report { pick: n, sales } => {
            let all: Vec<ConversationId> = story.conversations.keys().copied().collect();
            let Some(here) = pick(&all, *n) else { return };
            story.here = here;
            reported(story, *sales);
        }
        Step::Lose { team: true, .. } => team_comes_or_goes(story),
        Step::Lose { team: false, who } => {
            let rep: RepId = REPS[usize::from(*who)].into();
            // A lead too: a team without one may have nobody to ask, and its replies still lie where all of it see them.
            story.playbook.reps.remove(&rep);
            for team in story.playbook.teams.values_mut() {
                team.members.remove(&rep);
            }
            story.settles();
            let is_here = |other: &RepId| story.roster.is_here(&story.playbook, other);
            let waits = |c: &Conversation| coverage::is_unsettled(c, false, is_here);
            let kept = story.conversations.values().find(|c| c.assignee() == Some(&rep) && waits(c));
            assert!(kept.is_none(), "a buyer waits for somebody who is gone: {kept:?}");
        }
        Step::Policy { owners, ladder, capacity } => policy(story, *owners, *ladder, *capacity),
        Step::Expire | Step::Effect { .. } => {}
    }
}

/// Reads the record as an auditor would, knowing nothing of the rules that wrote it.
#[derive(Default)]
struct Auditor {
    read: usize,
    number_of: BTreeMap<ConversationId, NumberId>,
    opted_out: BTreeMap<NumberId, Timestamp>,
    held: BTreeSet<NumberId>,
    clocks: BTreeMap<ConversationId, Stage>,
    started: BTreeSet<MessageId>,
    never_left: BTreeSet<MessageId>,
    rank: BTreeMap<MessageId, u8>,
}

impl Auditor {
    fn read(&mut self, record: &[(Timestamp, Subject, Event)]) {
        for (at, subject, event) in &record[self.read..] {
            match subject {
                Subject::Conversation(c) => {
                    self.message(*c, event);
                    self.clock(*c, event);
                }
                Subject::Number(n) => {
                    if matches!(event, Event::OptedOut { .. }) {
                        let before = self.opted_out.insert(*n, *at);
                        assert!(
                            before.is_none_or(|before| before < *at),
                            "one opt-out is one event, until it is said again"
                        );
                        self.held.remove(n);
                    } else if matches!(event, Event::HoldPlaced { .. }) {
                        assert!(!self.opted_out.contains_key(n), "nothing is held back from whom nothing goes to");
                        self.held.insert(*n);
                    } else if matches!(event, Event::HoldRuled { .. }) {
                        assert!(self.held.remove(n), "a ruling about a number that was not held");
                    } else {
                        assert!(self.opted_out.remove(n).is_some(), "consent was given back that was never withdrawn");
                    }
                }
                Subject::Roster | Subject::Playbook | Subject::Journal => {}
            }
            let json = serde_json::to_string(event).unwrap();
            assert_eq!(serde_json::from_str::<Event>(&json).unwrap(), *event);
        }
        self.read = record.len();
    }

    fn message(&mut self, c: ConversationId, event: &Event) {
        if let Event::Opened { number, .. } = event {
            assert!(self.number_of.insert(c, *number).is_none(), "a conversation opens once");
        }
        if let Event::SendStarted { message, .. } = event {
            assert!(!self.opted_out.contains_key(&self.number_of[&c]), "a send started to a number that opted out");
            assert!(!self.held.contains(&self.number_of[&c]), "a send started to a number on hold");
            assert!(self.started.insert(*message), "an SMS is never sent twice");
        }
        if let Event::SendAbandoned { message } = event {
            self.started.remove(message);
        }
        if let Event::AnswerParked { message, reasons, .. } = event
            && reasons.contains(&Review::NeverLeft)
        {
            self.never_left.insert(*message);
        }
        if let Event::AnswerReleased { message, .. } = event
            && self.never_left.remove(message)
        {
            self.started.remove(message);
        }
        if let Event::DeliveryChanged { message, delivery, .. } = event {
            let before = self.rank.insert(*message, delivery.rank());
            assert!(before.is_none_or(|b| b < delivery.rank()), "a delivery went back or stood still");
        }
    }

    fn clock(&mut self, c: ConversationId, event: &Event) {
        let stage = self.clocks.get(&c).copied();
        if let Event::SlaStarted { .. } = event {
            assert_eq!(stage, None, "a burst shares one clock");
        }
        if let Event::SlaStarted { clock } | Event::SlaRearmed { clock } = event {
            self.clocks.insert(c, clock.stage);
        }
        if matches!(event, Event::SlaMet { .. } | Event::SlaDropped) {
            assert!(self.clocks.remove(&c).is_some(), "a clock that does not run was met or dropped");
        }
        if let Event::SlaWarned { .. } = event {
            assert_eq!(stage, Some(Stage::Running), "a warning comes once, before the breach");
            self.clocks.insert(c, Stage::Warned);
        }
        if let Event::SlaBreached { .. } = event {
            assert!(stage.is_some_and(|s| s != Stage::Breached), "a breach comes once");
            self.clocks.insert(c, Stage::Breached);
        }
    }

    fn agrees(&self, story: &Story) {
        for (id, c) in &story.conversations {
            assert_eq!(c.clock.as_ref().map(|clock| clock.stage), self.clocks.get(id).copied());
            if c.is_sent_on() {
                let a = c.assignment.as_ref().expect("it lies where people can look at it");
                assert!(a.expires.is_none(), "nobody is asked about what another program answers: {c:?}");
            } else if c.status == Status::Open && c.clock.is_some() {
                let a = c.assignment.as_ref().expect("a buyer who waits is always with somebody");
                // A pool is not the end: from there the ladder goes on, to a lead at the latest.
                let has_lead = story.playbook.teams.get(&c.team).and_then(|team| team.lead.as_ref());
                let has_lead = has_lead.is_some_and(|r| story.playbook.is_active(r));
                let in_pool = matches!(a.to, Holder::Pool(_));
                assert!(!in_pool || a.expires.is_some() || !has_lead, "a pool with a ladder that does not run: {c:?}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_story_breaks_a_promise(steps in proptest::collection::vec(step(), 1..120)) {
        let mut story = Story::begins();
        story.playbook.alerting.handled.insert("survey".to_owned(), "hook".to_owned());
        story.crm_says(1, vec![card("c-1")]);
        let mut auditor = Auditor::default();
        for step in &steps {
            run(&mut story, step);
            auditor.read(&story.record);
            auditor.agrees(&story);
        }
        // The record alone gives the state back.
        for (id, c) in &story.conversations {
            let mut folded = Conversation::new(*id, c.number, c.line.clone());
            for (at, _, event) in story.record.iter().filter(|(_, s, _)| *s == Subject::Conversation(*id)) {
                folded.apply(*at, event);
            }
            prop_assert_eq!(&folded, c);
        }
    }

    #[test]
    fn apply_takes_any_facts_in_any_order(picks in proptest::collection::vec((any::<u8>(), any::<i64>()), 0..60)) {
        let samples = crate::golden::events();
        let mut c = Conversation::new(
            ConversationId(Uuid::from_u128(1)),
            Story::number(1),
            "main".into(),
        );
        let mut roster = Roster::default();
        for (n, at) in picks {
            let (event, at) = (&samples[usize::from(n) % samples.len()], Timestamp::from_millis(at));
            c.apply(at, event);
            roster.apply(at, event);
            let _ = (c.next_deadline(), c.taker(), c.is_done());
            let json = serde_json::to_string(&c).unwrap();
            prop_assert_eq!(&serde_json::from_str::<Conversation>(&json).unwrap(), &c);
        }
    }
}
