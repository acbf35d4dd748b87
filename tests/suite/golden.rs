//! Golden samples of everything that is kept or sent as JSON, in `assets/wire/`. Append-only: journals and devices of
//! earlier versions hold these shapes for ever. `UPDATE=1` writes samples that are new; it never changes one.

use std::collections::BTreeMap;
use std::path::Path;

use comeback::domain::beside::{Beside, Came, Difference};
use comeback::domain::block::Why;
use comeback::domain::command::{Command, Receive};
use comeback::domain::consent::ledger::Word;
use comeback::domain::consent::told::Automatic;
use comeback::domain::consent::{OptOutSource, Scope};
use comeback::domain::contact::{Address, Body};
use comeback::domain::escalation::Who;
use comeback::domain::event::{Climb, Event, Outcome, Refusal, Review};
use comeback::domain::hold::Ruling;
use comeback::domain::id::{CommandId, ContactId, ConversationId, MessageId, NumberId, OverrideId};
use comeback::domain::kind::MessageKind;
use comeback::domain::meeting::{Meeting, Remark};
use comeback::domain::message::{Delivery, InboundKind};
use comeback::domain::oncall::Override;
use comeback::domain::ownership::OwnerSource;
use comeback::domain::quiet_hours::{Judged, Said};
use comeback::domain::rejection::Rejection;
use comeback::domain::routing::{Because, Door, Holder, Passed, Reason};
use comeback::domain::sla::{Clock, Response, Stage};
use comeback::domain::time::{Span, Timestamp};
use comeback::domain::zone::Source;
use comeback::wire::command::{Envelope, Receipt, Verdict};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use uuid::Uuid;

/// What closed hours said of an answer.
fn judged() -> Judged {
    Judged {
        said: Said::Until(then() + Span::minutes(660)),
        zones: vec![chrono_tz::America::Chicago, chrono_tz::America::New_York],
        by: Source::AreaCode,
        states: vec!["US-FL".to_owned()],
        closed_by: Some("Fla. Stat. 501.616(6)".to_owned()),
    }
}

fn message() -> MessageId {
    MessageId(Uuid::from_u128(0x0195_5f3a_0000_7000_8000_0000_0000_0001))
}

fn conversation() -> ConversationId {
    ConversationId(Uuid::from_u128(0x0195_5f3a_0000_7000_8000_0000_0000_0002))
}

fn number() -> NumberId {
    NumberId(Uuid::from_u128(0x0195_5f3a_0000_7000_8000_0000_0000_0003))
}

fn then() -> Timestamp {
    crate::world::at(crate::world::TUESDAY_TEN)
}

fn clock(stage: Stage) -> Clock {
    let after = |minutes| then() + Span::minutes(minutes);
    let cohort = "late-stage".to_owned();
    Clock { response: Response::First, cohort, started: then(), warn: after(10), due: after(15), stage, playbook: 3 }
}

fn shift() -> Override {
    let id = OverrideId(Uuid::from_u128(0x0199_0000_0000_7000_8000_0000_0000_0009));
    Override { id, rep: Some("ben".into()), from: then(), to: then() + Span::minutes(720) }
}

fn because(reason: Reason) -> Because {
    let passed = vec![Passed { who: "maya".to_owned(), why: "Maya is away".to_owned() }];
    Because { reason, passed, playbook: 3, climbed: None }
}

/// One of each. The match knows them all: a new variant does not compile until it has a sample.
pub(crate) fn events() -> Vec<Event> {
    let (message, due, playbook) = (message(), then() + Span::minutes(15), 3);
    let mut all = vec![Event::PlaybookApplied { version: playbook, by: None, why: None, back_to: None }];
    loop {
        let next = match &all[all.len() - 1] {
            Event::PlaybookApplied { .. } => opened(),
            Event::Opened { .. } => Event::Matched {
                contacts: vec![ContactId::from("003-1"), ContactId::from("003-2")],
                use_case: "meeting".to_owned(),
                cohort: "meeting".to_owned(),
                evidence: None,
                team: None,
            },
            Event::Matched { .. } => {
                Event::Owned { owner: Some("maya".into()), source: Some(OwnerSource::Opportunity), after: None }
            }
            Event::Owned { .. } => Event::Received { message, kind: InboundKind::Text },
            Event::Received { .. } => Event::Offered {
                to: Holder::Pool("enterprise".into()),
                step: Some(2),
                expires: Some(due),
                because: because(Reason::Step(Who::Pool)),
                covers: None,
                weighed: None,
            },
            Event::Offered { .. } => Event::Taken { by: "ben".into(), because: because(Reason::Took), answer_by: None },
            Event::Taken { .. } => Event::Escalated { why: Climb::Asked("ben".into()) },
            Event::Escalated { .. } => Event::SlaStarted { clock: clock(Stage::Running) },
            Event::SlaStarted { .. } => Event::SlaWarned { due },
            Event::SlaWarned { .. } => Event::SlaBreached { due },
            Event::SlaBreached { .. } => Event::SlaMet { by: Some(message), late: true },
            Event::SlaMet { .. } => Event::SlaRearmed { clock: clock(Stage::Warned) },
            Event::SlaRearmed { .. } => Event::SlaDropped,
            Event::SlaDropped => Event::SlaRecomputed { clock: clock(Stage::Running) },
            Event::SlaRecomputed { .. } => {
                let not_before = then() + Span::seconds(8);
                Event::AnswerHeld { message, by: "maya".into(), not_before, waits: None, judged: None }
            }
            Event::AnswerHeld { .. } => Event::AnswerWaits { message, not_before: due, judged: Box::new(judged()) },
            Event::AnswerWaits { .. } => Event::AnswerParked {
                message,
                by: "maya".into(),
                reasons: vec![
                    Review::OptedOut,
                    Review::NewerReply,
                    Review::Reassigned("ben".into()),
                    Review::QuietHours,
                    Review::BehindParked,
                    Review::NeverLeft,
                ],
            },
            Event::AnswerParked { .. } => {
                Event::AnswerReleased { message, not_before: then(), accepted: vec![Review::QuietHours] }
            }
            Event::AnswerReleased { .. } => Event::AnswerRecalled { message },
            Event::AnswerRecalled { .. } => Event::SendStarted { message, judged: None },
            Event::SendStarted { .. } => Event::SendAbandoned { message },
            Event::SendAbandoned { .. } => Event::SendUnknown { message },
            Event::SendUnknown { .. } => {
                Event::DeliveryChanged { message, delivery: Delivery::Undelivered, error: Some(30003) }
            }
            Event::DeliveryChanged { .. } => Event::Noted { message, by: "ben".into(), to: None },
            Event::Noted { .. } => Event::Snoozed { until: due, by: "ben".into() },
            Event::Snoozed { .. } => Event::Woke,
            Event::Woke => Event::Done { outcome: Outcome::NotInterested, by: "ben".into(), meeting: None, note: None },
            Event::Done { .. } => Event::Reopened { by: None },
            Event::Reopened { .. } => Event::OptedOut {
                source: OptOutSource::Keyword("stop".to_owned()),
                scope: Scope::Tenant,
                said: None,
                undated: false,
            },
            Event::OptedOut { .. } => {
                Event::OptedIn { source: OptOutSource::Carrier, scope: Scope::Tenant, said: None, words: None }
            }
            Event::OptedIn { .. } => Event::Blocked { by: "maya".into(), reason: Why::Fraud },
            Event::Blocked { .. } => Event::Unblocked { by: "lea".into() },
            Event::Unblocked { .. } => {
                let rep = "maya".into();
                Event::Presence { rep, away: true, until: None, unseen: false, note: None, by: None }
            }
            Event::Presence { .. } => Event::Restored { epoch: 1_795_572_000, after: 41 },
            Event::Restored { .. } => Event::Beside { what: Beside::Differs(difference(message, due)) },
            Event::Beside { .. } => Event::Acknowledged { message, not_before: due },
            Event::Acknowledged { .. } => Event::HoldPlaced {
                message,
                conversation: conversation(),
                score: 8,
                patterns: vec!["take me off".to_owned()],
                due,
            },
            Event::HoldPlaced { .. } => Event::RulingDue { warn: then(), due },
            Event::RulingDue { .. } => Event::RulingWarned { due },
            Event::RulingWarned { .. } => Event::HoldRuled {
                by: Some("maya".into()),
                kept: Some(message),
                message,
                conversation: conversation(),
                score: 8,
            },
            Event::HoldRuled { .. } => Event::RulingOver { unruled: true },
            Event::RulingOver { .. } => Event::Reconciled,
            Event::Reconciled => Event::Overridden { schedule: "nights".into(), shift: shift() },
            Event::Overridden { .. } => Event::OverrideDropped { schedule: "nights".into(), id: shift().id },
            Event::OverrideDropped { .. } => {
                Event::TurnPassed { pool: "enterprise".into(), rep: "maya".into(), weight: 2 }
            }
            Event::TurnPassed { .. } => Event::ToldBuyer { message, what: Automatic::Confirmation, not_before: then() },
            Event::ToldBuyer { .. } => Event::AnswerRefused { message, by: "maya".into(), why: Refusal::FreeText },
            Event::AnswerRefused { .. } => Event::AnswerApproved { message, by: "ben".into(), not_before: due },
            Event::AnswerApproved { .. } => Event::AnswerDeclined { message, by: "ben".into() },
            Event::AnswerDeclined { .. } => Event::Disclosed { message },
            Event::Disclosed { .. } => Event::MediaSettled { message },
            Event::MediaSettled { .. } => kind_corrected(message),
            Event::KindCorrected { .. } => Event::WriterNamed { contact: Some("con_7".into()), by: "maya".into() },
            Event::WriterNamed { .. } => Event::CardAwaited { until: due },
            Event::CardAwaited { .. } => Event::CardSettled { late: true },
            Event::CardSettled { .. } => return all,
        };
        all.push(next);
    }
}

fn opened() -> Event {
    Event::Opened {
        number: number(),
        line: "main".into(),
        team: "enterprise".into(),
        use_case: "question".to_owned(),
        cohort: "late-stage".to_owned(),
        evidence: None,
    }
}

/// A question that was about the price.
fn kind_corrected(message: MessageId) -> Event {
    let (guess, kind) = (MessageKind::Question, MessageKind::Pricing);
    Event::KindCorrected { message, by: "maya".into(), guess, kind, version: 1 }
}

/// A text that would come to somebody else.
fn difference(message: MessageId, due: Timestamp) -> Difference {
    let came = |gets: &str| Came {
        owner: Some("maya".into()),
        gets: Some(Holder::Rep(gets.into())),
        cohort: "meeting".to_owned(),
        due: Some(due),
    };
    Difference { conversation: conversation(), message, is: came("maya"), would: came("ben") }
}

/// One of each, likewise.
fn commands() -> Vec<Command> {
    let message = message();
    let body = || Body::new("Yes, at three.");
    let mut all = vec![Command::Match];
    loop {
        let next = match &all[all.len() - 1] {
            Command::Match => Command::Receive(Receive {
                message,
                conversation: conversation(),
                number: number(),
                line: "main".into(),
                body: Body::new("Can we talk?"),
                media: 1,
                opt_out_type: Some("HELP".to_owned()),
                area_code: None,
                sent: None,
                acknowledgement: None,
                wait_until: None,
                by_carrier: false,
            }),
            Command::Receive(_) => Command::Report { message, delivery: Delivery::Delivered, error: None },
            Command::Report { .. } => Command::Expire,
            Command::Expire => Command::Recompute,
            Command::Recompute => Command::Succeed { from: "zoe".into(), to: "maya".into() },
            Command::Succeed { .. } => Command::BeginSend { message },
            Command::BeginSend { .. } => Command::AbandonSend { message },
            Command::AbandonSend { .. } => Command::LoseSend { message },
            Command::LoseSend { .. } => Command::NeverLeft { message },
            Command::NeverLeft { .. } => Command::Take,
            Command::Take => Command::TakeElsewhere { door: Door::Crm },
            Command::TakeElsewhere { .. } => Command::Assign { to: "ben".into() },
            Command::Assign { .. } => Command::Escalate { note: message, reason: Body::new("A discount") },
            Command::Escalate { .. } => Command::Answer { message, body: body(), accept: vec![Review::NewerReply] },
            Command::Answer { .. } => Command::AnswerLater {
                message,
                body: body(),
                at: then(),
                accept: vec![Review::TimePassed, Review::Blocked],
            },
            Command::AnswerLater { .. } => {
                Command::Release { message, accept: vec![Review::Reassigned("ben".into()), Review::QuietHours] }
            }
            Command::Release { .. } => Command::Recall { message },
            Command::Recall { .. } => Command::Note { message, body: body(), to: None },
            Command::Note { .. } => {
                Command::CorrectKind { message, guess: MessageKind::Question, kind: MessageKind::Pricing, version: 1 }
            }
            Command::CorrectKind { .. } => Command::NameWriter { contact: Some("con_7".into()) },
            Command::NameWriter { .. } => Command::Snooze { until: then() },
            Command::Snooze { .. } => Command::Done { outcome: Outcome::Meeting },
            Command::Done { .. } => Command::Booked {
                meeting: Some(Meeting { from: then(), minutes: 30 }),
                note: Some(Remark { message, body: body() }),
            },
            Command::Booked { .. } => Command::Reopen,
            Command::Reopen => Command::OptOut { source: OptOutSource::Rep("maya".into()) },
            Command::OptOut { .. } => Command::Block { reason: Why::Spam },
            Command::Block { .. } => Command::Unblock,
            Command::Unblock => {
                let to = Address::parse("+13055550100").unwrap();
                Command::Begin { to, line: "main".into(), conversation: ConversationId(message.0) }
            }
            Command::Begin { .. } => Command::Rule {
                ruling: Ruling::Keep { note: message, reason: Body::new("They meant the quote"), read: Vec::new() },
            },
            Command::Rule { .. } => Command::away(true),
            Command::Away { .. } => Command::Doubt,
            Command::Doubt => Command::OptIn { source: OptOutSource::Keyword("start".to_owned()) },
            Command::OptIn { .. } => Command::Settle { back: false },
            Command::Settle { .. } => Command::Seen { rep: "maya".into(), seen: false },
            Command::Seen { .. } => Command::Return,
            Command::Return => Command::Override { schedule: "nights".into(), shift: shift() },
            Command::Override { .. } => {
                let ids = [shift().id, shift().id];
                Command::Swap { schedule: "nights".into(), ids, one: then(), other: then() + Span::minutes(1440) }
            }
            Command::Swap { .. } => Command::DropOverride { schedule: "nights".into(), id: shift().id },
            Command::DropOverride { .. } => Command::Consent(Box::new(Word {
                number: number(),
                out: false,
                source: OptOutSource::Import("form".to_owned()),
                scope: Scope::Programme { name: "events".to_owned(), lines: ["main".into()].into() },
                said: Some(then()),
                undated: false,
                words: Some((message, Body::new("https://example.com/form\nText me about events."))),
                line: None,
            })),
            Command::Consent(_) => Command::Approve { message },
            Command::Approve { .. } => Command::Decline { message },
            Command::Decline { .. } => Command::MediaSettled { message },
            Command::MediaSettled { .. } => return all,
        };
        all.push(next);
    }
}

fn rejections() -> Vec<Rejection> {
    let mut all = vec![Rejection::NotFound];
    loop {
        let next = match &all[all.len() - 1] {
            Rejection::NotFound => Rejection::TakenBy { by: "ben".into(), at: then() },
            Rejection::TakenBy { .. } => Rejection::Unseen { newest: 4 },
            Rejection::Unseen { .. } => Rejection::AlreadyLeft,
            Rejection::AlreadyLeft => Rejection::NoSuchAnswer,
            Rejection::NoSuchAnswer => Rejection::NeedsReview { reasons: vec![Review::BehindParked] },
            Rejection::NeedsReview { .. } => Rejection::NoSuchRep { who: "zoe".into() },
            Rejection::NoSuchRep { .. } => Rejection::CannotSee { who: "zoe".into() },
            Rejection::CannotSee { .. } => Rejection::TopOfLadder,
            Rejection::TopOfLadder => Rejection::SnoozePastDue { due: then() },
            Rejection::SnoozePastDue { .. } => Rejection::SnoozeInThePast,
            Rejection::SnoozeInThePast => Rejection::Empty,
            Rejection::Empty => Rejection::TooLong { most: 1600 },
            Rejection::TooLong { .. } => Rejection::NotAllowed { needs: "lead".to_owned() },
            Rejection::NotAllowed { .. } => Rejection::CounterUsed,
            Rejection::CounterUsed => Rejection::OutcomeExpired,
            Rejection::OutcomeExpired => Rejection::InThePast,
            Rejection::InThePast => Rejection::NoSuchShift { why: "nobody is on call then".to_owned() },
            Rejection::NoSuchShift { .. } => Rejection::TooFar,
            Rejection::TooFar => Rejection::QuietThere { until: then() },
            Rejection::QuietThere { .. } => Rejection::NoConsent { why: "they never texted us".to_owned() },
            Rejection::NoConsent { .. } => Rejection::NotOneOfThem,
            Rejection::NotOneOfThem => Rejection::Unfilled,
            Rejection::Unfilled => Rejection::FreeText,
            Rejection::FreeText => Rejection::Undisclosed,
            Rejection::Undisclosed => Rejection::SecondPerson,
            Rejection::SecondPerson => Rejection::NotAsked,
            Rejection::NotAsked => Rejection::NotHeld,
            Rejection::NotHeld => Rejection::NeedsReason,
            Rejection::NeedsReason => return all,
        };
        all.push(next);
    }
}

/// Compares samples with the golden ones, both ways: we still write them so, and we still read what was written.
fn hold<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(file: &str, samples: BTreeMap<String, T>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/wire").join(file);
    let mut golden: BTreeMap<String, Value> =
        std::fs::read_to_string(&path).map_or_else(|_| BTreeMap::new(), |text| serde_json::from_str(&text).unwrap());
    let update = std::env::var_os("UPDATE").is_some();
    for name in golden.keys() {
        assert!(samples.contains_key(name), "{file}: {name} was written by earlier versions and must still be read");
    }
    for (name, sample) in samples {
        let now = serde_json::to_value(&sample).unwrap();
        match golden.get(&name) {
            Some(then) => {
                assert_eq!(*then, now, "{file}: {name} is written differently than before");
                let read: T = serde_json::from_value(then.clone()).unwrap();
                assert_eq!(read, sample, "{file}: {name} is read differently than before");
            }
            None if update => drop(golden.insert(name, now)),
            None => panic!("{file} has no {name}: run with UPDATE=1 to add it"),
        }
    }
    if update {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, serde_json::to_string_pretty(&golden).unwrap() + "\n").unwrap();
    }
}

fn named<T: Serialize>(samples: Vec<T>, tag: &str) -> BTreeMap<String, T> {
    let name = |sample: &T| serde_json::to_value(sample).unwrap()[tag].as_str().unwrap().to_owned();
    samples.into_iter().map(|sample| (name(&sample), sample)).collect()
}

#[test]
fn events_are_written_as_ever() {
    let samples = named(events(), "event");
    assert!(samples.iter().all(|(name, event)| name == event.kind()), "the journal's name is the wire's name");
    assert_eq!(samples.len(), events().len());
    hold("events.json", samples);
}

#[test]
fn a_reason_from_before_climbs_were_kept_still_reads() {
    let before = r#"{"reason":{"step":"pool"},"passed":[],"playbook":3}"#;
    let mut read: Because = serde_json::from_str(before).unwrap();
    assert_eq!(read.climbed, None);
    assert_eq!(serde_json::to_string(&read).unwrap(), before, "and is written as it was");
    read.climbed = Some(Climb::Asked("ben".into()));
    let written = serde_json::to_string(&read).unwrap();
    assert!(written.ends_with(r#""climbed":{"asked":"ben"}}"#), "{written}");
    assert_eq!(serde_json::from_str::<Because>(&written).unwrap(), read);
}

#[test]
fn commands_are_written_as_ever() {
    hold("commands.json", named(commands(), "do"));
}

#[test]
fn rejections_are_written_as_ever() {
    hold("rejections.json", named(rejections(), "code"));
}

#[test]
fn envelopes_and_receipts_are_written_as_ever() {
    let id = CommandId(Uuid::from_u128(0x0195_5f3a_0000_7000_8000_0000_0000_0004));
    let envelope = Envelope {
        id,
        n: 7,
        after: 5,
        seen: 3,
        issued_at: then(),
        conversation: Some(conversation()),
        command: Command::Take,
    };
    hold("envelopes.json", [("envelope".to_owned(), envelope)].into());
    let receipt = |verdict| Receipt { id, n: 7, verdict };
    let regulated = vec![Review::NeedsApproval, Review::Declined("ben".into()), Review::FreeText, Review::Undisclosed];
    let verdicts = [
        ("parked_regulated", Verdict::Parked { reasons: regulated }),
        ("done", Verdict::Done),
        ("parked", Verdict::Parked { reasons: vec![Review::NewerReply] }),
        ("refused", Verdict::Refused { rejection: Rejection::NotFound }),
    ];
    hold("receipts.json", verdicts.map(|(name, verdict)| (name.to_owned(), receipt(verdict))).into());
}
