//! A backend for the simulation: receipts, parking, the feed with pages, epochs and removals, over the real rules. It
//! shares no code with the real one.

use std::collections::{BTreeMap, BTreeSet};

use comeback::domain::asking::heard::Heard;
use comeback::domain::command::{Actor, Command, Context, ReadSet, Receive};
use comeback::domain::consent::Number;
use comeback::domain::contact::{Address, Body};
use comeback::domain::conversation::{AnswerState, Conversation};
use comeback::domain::decide::decide;
use comeback::domain::event::{Event, Subject};
use comeback::domain::hours::Calendar;
use comeback::domain::id::{CommandId, ConversationId, DeviceId, LineId, MessageId, NumberId, RepId, TeamId};
use comeback::domain::message::Delivery;
use comeback::domain::ownership::OwnerSource;
use comeback::domain::pacing::Limit;
use comeback::domain::playbook::{Cohort, Compliance, Line, Playbook, Rep, Role, Target, Team, UseCase};
use comeback::domain::rejection::Rejection;
use comeback::domain::roster::Roster;
use comeback::domain::time::{Span, Timestamp};
use comeback::domain::{escalation, visibility};
use comeback::wire::changes::{Author, Changes, HeadView, Message, Presence, Snapshot};
use comeback::wire::command::{Envelope, Push, Receipt, Receipts, Verdict};
use comeback::wire::session::Session;
use uuid::Uuid;

/// Messages of one snapshot.
pub(super) const WINDOW: usize = 4;
/// Messages in one answer to a question for older ones.
const OLDER: usize = 3;
/// Conversations of one page.
const PAGE: usize = 3;

pub(super) struct Device {
    pub(super) rep: RepId,
    pub(super) device: DeviceId,
    receipts: Vec<(Receipt, u64)>,
}

pub(super) struct Backend {
    pub(super) playbook: Playbook,
    pub(super) conversations: BTreeMap<ConversationId, Conversation>,
    pub(super) messages: BTreeMap<ConversationId, Vec<Message>>,
    numbers: BTreeMap<NumberId, Number>,
    changed: BTreeMap<ConversationId, u64>,
    seq: u64,
    epoch: u64,
    pub(super) devices: Vec<Device>,
    roster: Roster,
    commands: BTreeMap<CommandId, Option<ConversationId>>,
    /// How often each command had an effect, and each answer was accepted.
    pub(super) ran: BTreeMap<CommandId, u32>,
    pub(super) accepted: BTreeMap<MessageId, u32>,
}

pub(super) fn rep(name: &str) -> RepId {
    RepId::new(name)
}

fn playbook() -> Playbook {
    let team = TeamId::new("east");
    let person = |name: &str, role| Rep {
        name: name.to_owned(),
        title: "AE".to_owned(),
        team: team.clone(),
        role,
        ..Rep::default()
    };
    let target = Target { warn: Span::minutes(5), due: Span::minutes(10) };
    let step = |who, minutes| escalation::Step { who, wait: Span::minutes(minutes), wall: false };
    Playbook {
        version: 1,
        company: "Acme".to_owned(),
        undo_hold: Span::seconds(8),
        compliance: Compliance {
            open_minute: 0,
            close_minute: 1440,
            reply_window: Span::minutes(120),
            send_anyway: true,
        },
        acknowledgement: None,
        answered_within: comeback::domain::answering::ANSWERED_WITHIN,
        use_cases: [("sales".to_owned(), UseCase { label: "Sales".to_owned(), sales: true, ..UseCase::default() })]
            .into(),
        teams: [(
            team.clone(),
            Team {
                label: "East".to_owned(),
                lead: Some(rep("lead")),
                members: [rep("maya"), rep("jon")].into(),
                on_call: None,
            },
        )]
        .into(),
        reps: [
            (rep("maya"), person("Maya", Role::Rep)),
            (rep("jon"), person("Jon", Role::Rep)),
            (rep("lead"), person("Lee", Role::Lead)),
        ]
        .into(),
        ownership: vec![OwnerSource::Conversation.into()],
        cohorts: vec![Cohort {
            name: "all".to_owned(),
            label: "all".to_owned(),
            use_cases: BTreeSet::new(),
            stages: BTreeSet::new(),
            first_response: target,
            next_response: target,
            calendar: "always".to_owned(),
            ladder: "main".to_owned(),
        }],
        calendars: [("always".to_owned(), Calendar::always(chrono_tz::UTC))].into(),
        ladders: [(
            "main".to_owned(),
            escalation::Ladder {
                steps: vec![step(escalation::Who::Pool, 3), step(escalation::Who::Lead, 3)],
                ..escalation::Ladder::default()
            },
        )]
        .into(),
        lines: [(
            LineId::new("main"),
            Line {
                label: "Main".to_owned(),
                number: Address::parse("+14155550100").unwrap(),
                team,
                use_case: "sales".to_owned(),
                limit: Limit::default(),
                class: None,
            },
        )]
        .into(),
        ..Playbook::default()
    }
}

impl Backend {
    pub(super) fn new(reps: &[&str]) -> Self {
        let device = |(i, name): (usize, &&str)| Device {
            rep: rep(name),
            device: DeviceId(Uuid::from_u128(100 + i as u128)),
            receipts: Vec::new(),
        };
        Self {
            playbook: playbook(),
            conversations: BTreeMap::new(),
            messages: BTreeMap::new(),
            numbers: BTreeMap::new(),
            changed: BTreeMap::new(),
            seq: 0,
            epoch: 1,
            devices: reps.iter().enumerate().map(device).collect(),
            roster: Roster::default(),
            commands: BTreeMap::new(),
            ran: BTreeMap::new(),
            accepted: BTreeMap::new(),
        }
    }

    pub(super) fn session(&self, device: usize) -> Session {
        let d = &self.devices[device];
        Session {
            device: d.device,
            rep: d.rep.clone(),
            name: d.rep.to_string(),
            role: self.playbook.reps[&d.rep].role,
            company: "Acme".to_owned(),
            wire: 1,
        }
    }

    /// The device is revoked, and its person signs in anew.
    pub(super) fn signs_in_anew(&mut self, device: usize) {
        let d = &mut self.devices[device];
        d.device = DeviceId(Uuid::from_u128(d.device.0.as_u128() + 100));
        d.receipts.clear();
    }

    /// The database was restored: cursors of before mean nothing.
    pub(super) fn new_epoch(&mut self) {
        self.epoch += 1;
    }

    fn decide(
        &mut self,
        actor: Actor,
        c: Option<ConversationId>,
        seen: u64,
        command: &Command,
        now: Timestamp,
    ) -> Result<Vec<(Subject, Event)>, Rejection> {
        self.decide_behind(false, actor, c, seen, command, now)
    }

    /// `behind`: something of the same device in that conversation waits for the person's eye.
    fn decide_behind(
        &mut self,
        behind: bool,
        actor: Actor,
        c: Option<ConversationId>,
        seen: u64,
        command: &Command,
        now: Timestamp,
    ) -> Result<Vec<(Subject, Event)>, Rejection> {
        let loads = BTreeMap::new();
        let conversation = c.and_then(|c| self.conversations.get(&c));
        let number = match command {
            Command::Receive(text) => self.numbers.get(&text.number),
            _ => conversation.and_then(|c| self.numbers.get(&c.number)),
        };
        let siblings = self.conversations.values().filter(|s| Some(s.number) == number.map(|n| n.id)).collect();
        let address = conversation.map(|c| address_of(c.id));
        let world = ReadSet {
            heard: Heard::Unsure,
            address: address.as_ref(),
            answering: None,
            words: None,
            conversation,
            siblings,
            number,
            cards: &[],
            playbook: &self.playbook,
            roster: &self.roster,
            loads: &loads,
        };
        let cx = Context { now, actor, seen, behind, hold: self.playbook.undo_hold };
        let facts = decide(&world, command, &cx)?;
        if !facts.is_empty() {
            self.seq += 1;
        }
        for (subject, event) in &facts {
            match subject {
                Subject::Conversation(id) => {
                    if let Event::Opened { number, line, .. } = event {
                        self.numbers.entry(*number).or_insert_with(|| Number::new(*number));
                        self.conversations.insert(*id, Conversation::new(*id, *number, line.clone()));
                        self.messages.insert(*id, Vec::new());
                    }
                    self.conversations.get_mut(id).unwrap().apply(now, event);
                    self.changed.insert(*id, self.seq);
                    self.keep_words(*id, event, command, now);
                }
                Subject::Number(id) => {
                    self.numbers.get_mut(id).unwrap().apply(now, event);
                    for c in self.conversations.values().filter(|c| c.number == *id) {
                        self.changed.insert(c.id, self.seq);
                    }
                }
                Subject::Roster => self.roster.apply(now, event),
                Subject::Playbook | Subject::Journal => {}
            }
        }
        Ok(facts)
    }

    fn keep_words(&mut self, id: ConversationId, event: &Event, command: &Command, now: Timestamp) {
        let list = self.messages.get_mut(&id).unwrap();
        if let Event::AnswerRecalled { message } = event {
            list.retain(|m| m.id != *message);
        }
        let Some((message, body)) = command.content().filter(|(m, _)| event.brings() == Some(*m)) else { return };
        let author = match event {
            Event::Received { kind, .. } => Author::Buyer(*kind),
            Event::Noted { by, .. } => Author::Note(by.clone()),
            Event::AnswerHeld { by, .. } | Event::AnswerParked { by, .. } => Author::Rep(by.clone()),
            _ => return,
        };
        if list.iter().any(|m| m.id == message) {
            return;
        }
        let n = list.last().map_or(0, |m| m.n) + 1;
        list.push(Message { id: message, n, at: now, author, body: Some(body.clone()), media: vec![], standing: None });
    }

    /// A buyer texts.
    pub(super) fn receive(&mut self, buyer: u128, message: MessageId, body: &str, now: Timestamp) {
        let c = ConversationId(Uuid::from_u128(buyer));
        let text = Receive {
            message,
            conversation: c,
            number: NumberId(Uuid::from_u128(1000 + buyer)),
            line: LineId::new("main"),
            body: Body::new(body),
            media: 0,
            opt_out_type: None,
            area_code: None,
            sent: None,
            acknowledgement: None,
            wait_until: None,
            by_carrier: true,
        };
        self.decide(Actor::Carrier, Some(c), 0, &Command::Receive(text), now).unwrap();
    }

    /// Deadlines, sends, callbacks.
    pub(super) fn turn(&mut self, now: Timestamp) {
        let ids: Vec<ConversationId> = self.conversations.keys().copied().collect();
        for id in ids {
            self.decide(Actor::Clock, Some(id), 0, &Command::Expire, now).unwrap();
            let answers: Vec<(MessageId, AnswerState)> =
                self.conversations[&id].answers.iter().map(|(m, a)| (*m, a.state.clone())).collect();
            for (message, state) in answers {
                let command = match state {
                    AnswerState::Held { not_before, .. } if not_before <= now => Command::BeginSend { message },
                    AnswerState::Sending => Command::Report { message, delivery: Delivery::Sent, error: None },
                    AnswerState::Out { delivery: Delivery::Sent, .. } => {
                        Command::Report { message, delivery: Delivery::Delivered, error: None }
                    }
                    _ => continue,
                };
                self.decide(Actor::Effects, Some(id), 0, &command, now).unwrap();
            }
        }
    }

    pub(super) fn push(&mut self, device: usize, push: &Push, now: Timestamp) -> Receipts {
        let receipts = push.envelopes.iter().map(|e| self.run(device, e, now)).collect();
        Receipts { receipts }
    }

    fn run(&mut self, device: usize, envelope: &Envelope, now: Timestamp) -> Receipt {
        let d = &self.devices[device];
        let last = d.receipts.len() as u64;
        assert!(envelope.n >= 1 && envelope.n <= last + 1, "a gap: {} after {last}", envelope.n);
        if let Some((receipt, _)) = d.receipts.get(usize::try_from(envelope.n).unwrap() - 1) {
            assert_eq!(receipt.id, envelope.id, "a number was used twice");
            return receipt.clone();
        }
        assert!(envelope.after < envelope.n);
        let verdict = self.outcome(device, envelope, now);
        *self.ran.entry(envelope.id).or_default() += 1;
        let receipt = Receipt { id: envelope.id, n: envelope.n, verdict };
        self.devices[device].receipts.push((receipt.clone(), self.seq));
        receipt
    }

    fn outcome(&mut self, device: usize, envelope: &Envelope, now: Timestamp) -> Verdict {
        let rep = self.devices[device].rep.clone();
        let behind = self.devices[device].receipts.iter().any(|(r, _)| {
            r.n > envelope.after
                && matches!(r.verdict, Verdict::Parked { .. })
                && self.about(r.id) == envelope.conversation
        });
        self.commands.insert(envelope.id, envelope.conversation);
        let is_answer = matches!(envelope.command, Command::Answer { .. });
        let actor = Actor::Rep { role: self.playbook.reps[&rep].role, rep };
        match self.decide_behind(behind, actor, envelope.conversation, envelope.seen, &envelope.command, now) {
            Ok(facts) => {
                // An answer that is there already is not accepted again.
                if let (Command::Answer { message, .. }, false) = (&envelope.command, facts.is_empty()) {
                    *self.accepted.entry(*message).or_default() += 1;
                }
                let parked = facts.iter().find_map(|(_, e)| match e {
                    Event::AnswerParked { reasons, .. } => Some(reasons.clone()),
                    _ => None,
                });
                match parked.filter(|_| is_answer || matches!(envelope.command, Command::Release { .. })) {
                    Some(reasons) => Verdict::Parked { reasons },
                    None => Verdict::Done,
                }
            }
            Err(Rejection::NeedsReview { reasons }) => Verdict::Parked { reasons },
            Err(rejection) => Verdict::Refused { rejection },
        }
    }

    pub(super) fn snapshot(&self, id: ConversationId) -> Snapshot {
        let state = self.conversations[&id].clone();
        let all = &self.messages[&id];
        let skipped = all.len().saturating_sub(WINDOW);
        let open = |m: &&Message| state.answers.get(&m.id).is_some_and(|a| !a.state.is_settled());
        let mut messages: Vec<Message> = all[..skipped].iter().filter(open).cloned().collect();
        messages.extend_from_slice(&all[skipped..]);
        for m in &mut messages {
            m.standing = state.answers.get(&m.id).map(|a| a.state.clone());
        }
        Snapshot {
            answering: None,
            seq: self.changed[&id],
            address: address_of(id),
            number: self.numbers[&state.number].clone(),
            cards: Vec::new(),
            messages,
            earlier: skipped > 0,
            whole_from: (skipped > 0).then(|| all[skipped].n),
            state,
        }
    }

    /// Older messages, or nothing when the conversation is not theirs to see.
    pub(super) fn older(&self, device: usize, id: ConversationId, before: u64) -> Option<Vec<Message>> {
        let state = self.conversations.get(&id).filter(|_| self.sees(device, id))?;
        let mut older: Vec<Message> = self.messages[&id].iter().filter(|m| m.n < before).cloned().collect();
        older.drain(..older.len().saturating_sub(OLDER));
        for m in &mut older {
            m.standing = state.answers.get(&m.id).map(|a| a.state.clone());
        }
        Some(older)
    }

    pub(super) fn sees(&self, device: usize, id: ConversationId) -> bool {
        let own = visibility::principals(&self.playbook, &self.devices[device].rep);
        visibility::may_see(&own, &self.conversations[&id])
    }

    /// One page, or nothing when the cursor is of another epoch.
    pub(super) fn pull(
        &self,
        device: usize,
        since: &str,
        acked: u64,
        playbook: Option<u32>,
        now: Timestamp,
    ) -> Option<Changes> {
        let from = match since.split_once(':') {
            None => 0,
            Some((epoch, seq)) if epoch == self.epoch.to_string() => seq.parse().unwrap(),
            Some(_) => return None,
        };
        let mut changed: Vec<(u64, ConversationId)> =
            self.changed.iter().map(|(id, seq)| (*seq, *id)).filter(|(seq, _)| *seq > from).collect();
        changed.sort();
        // A page ends between two entries of the journal, never within one.
        let end = changed
            .get(PAGE)
            .map_or(self.seq, |(seq, _)| changed.iter().map(|(s, _)| *s).filter(|s| s < seq).max().unwrap_or(*seq));
        let page: Vec<ConversationId> = changed.iter().filter(|(seq, _)| *seq <= end).map(|(_, id)| *id).collect();
        let receipts = &self.devices[device].receipts;
        let reflected = receipts.iter().take_while(|(_, seq)| *seq <= end).count() as u64;
        let (upserts, removals): (Vec<_>, Vec<_>) = page.into_iter().partition(|id| self.sees(device, *id));
        Some(Changes {
            since: since.to_owned(),
            cursor: format!("{}:{end}", self.epoch),
            more: end < self.seq,
            server_time: now,
            pace: 1.0,
            acked: reflected,
            receipts: receipts
                .iter()
                .filter(|(r, _)| r.n > acked && r.n <= reflected)
                .map(|(r, _)| r.clone())
                .collect(),
            upserts: upserts.into_iter().map(|id| self.snapshot(id)).collect(),
            removals,
            playbook: (playbook != Some(self.playbook.version)).then(|| self.playbook.clone()),
            on_call: BTreeMap::new(),
            roster: self
                .playbook
                .reps
                .keys()
                .map(|r| Presence {
                    rep: r.clone(),
                    here: true,
                    away: self.roster.away.contains_key(r),
                    since: self.roster.away.get(r).copied(),
                    until: None,
                    note: None,
                    returned: None,
                    load: 0,
                })
                .collect(),
            writing: None,
            unwritten: Vec::new(),
            head: HeadView { seq: self.seq, hash: format!("{}-{}", self.epoch, self.seq) },
        })
    }

    fn about(&self, id: CommandId) -> Option<ConversationId> {
        self.commands.get(&id).copied().flatten()
    }
}

/// The number behind a conversation.
fn address_of(id: ConversationId) -> Address {
    Address::parse(&format!("+4930555{:04}", id.0.as_u128())).unwrap()
}
