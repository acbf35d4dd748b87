//! A small sales floor for tests: a playbook with two teams, and a [`Story`] that drives the rule book with a moving
//! clock, so that a test reads in the product's words.

use std::collections::BTreeMap;

use comeback::domain::answering::{ANSWERED_WITHIN, Answering};
use comeback::domain::asking::heard::Heard;
use comeback::domain::command::{Actor, Command, Context, ReadSet, Receive};
use comeback::domain::consent::Number;
use comeback::domain::contact::{Address, Body};
use comeback::domain::context::{Account, Campaign, Card, Opportunity};
use comeback::domain::conversation::{AnswerState, Conversation};
use comeback::domain::coverage;
use comeback::domain::decide::decide;
use comeback::domain::escalation::{Ladder, Step, Who, nobody_left};
use comeback::domain::event::{Event, Review, Subject};
use comeback::domain::hours::Calendar;
use comeback::domain::id::{ContactId, ConversationId, LineId, MessageId, NumberId, RepId, TeamId};
use comeback::domain::oncall::{Length, Rotation};
use comeback::domain::ownership::OwnerSource;
use comeback::domain::pacing::Limit;
use comeback::domain::playbook::{Cohort, Compliance, Line, Playbook, Rep, Role, Target, Team, UseCase};
use comeback::domain::rejection::Rejection;
use comeback::domain::roster::Roster;
use comeback::domain::time::{Span, Timestamp};
use uuid::Uuid;

/// A Tuesday, in the middle of opening hours in New York.
pub(crate) const TUESDAY_TEN: &str = "2026-03-03T10:00:00-05:00";

/// An instant as people write it.
pub(crate) fn at(text: &str) -> Timestamp {
    chrono::DateTime::parse_from_rfc3339(text).unwrap().to_utc().into()
}

fn target(warn: i64, due: i64) -> Target {
    Target { warn: Span::minutes(warn), due: Span::minutes(due) }
}

fn ladder(waits: [i64; 5]) -> Ladder {
    let who = [Who::Owner, Who::Backup, Who::Pool, Who::OnCall, Who::Lead];
    let step = |(who, wait)| Step { who, wait: Span::minutes(wait), wall: false };
    Ladder { steps: who.into_iter().zip(waits).map(step).collect(), ..Ladder::default() }
}

fn cohort(name: &str, first: Target, next: Target, ladder: &str) -> Cohort {
    Cohort {
        name: name.to_owned(),
        label: name.replace('-', " "),
        use_cases: [].into(),
        stages: [].into(),
        first_response: first,
        next_response: next,
        calendar: "office".to_owned(),
        ladder: ladder.to_owned(),
    }
}

fn rep(name: &str, title: &str, team: &str, role: Role, backup: Option<&str>) -> Rep {
    let backup = backup.map(RepId::from);
    Rep { name: name.to_owned(), title: title.to_owned(), team: team.into(), role, backup, ..Rep::default() }
}

fn line(number: &str, team: &str, use_case: &str) -> Line {
    let number = Address::parse(number).unwrap();
    Line {
        label: format!("{team} line"),
        number,
        team: team.into(),
        use_case: use_case.to_owned(),
        limit: Limit::default(),
        class: None,
    }
}

/// Two teams. Enterprise: maya (AE; her backup is ben), ben, ines (SDR); omar is on call, lea leads. Harbor: kim, led
/// by nora. adele is the admin. 9:00 to 17:00 in New York, Monday to Friday; ladders owner → backup → pool → on call →
/// lead. A late-stage reply is due in 15 open minutes (warning at 10), a meeting in 30 (20), a new lead in 60 (45).
pub(crate) fn playbook() -> Playbook {
    let office: Vec<_> = vec!["09:00-17:00".parse().unwrap()];
    let week = std::array::from_fn(|day| if day < 5 { office.clone() } else { Vec::new() });
    let zone = chrono_tz::America::New_York;
    let on_call = Rotation {
        label: String::new(),
        reps: vec![Some("omar".into())],
        since: chrono::NaiveDate::from_ymd_opt(2026, 1, 5).unwrap(),
        hand_off: 9 * 60,
        length: Length::Days(7),
        zone,
        only: None,
    };
    let team = |lead: &str, members: &[&str], on_call| Team {
        label: format!("{lead}'s team"),
        lead: Some(lead.into()),
        members: members.iter().map(|m| RepId::from(*m)).collect(),
        on_call,
    };
    let use_case = |label: &str, sales| UseCase { label: label.to_owned(), sales, ..UseCase::default() };
    Playbook {
        version: 1,
        company: "Harbor & Pine".to_owned(),
        undo_hold: Span::seconds(8),
        compliance: Compliance::default(),
        use_cases: [
            ("question".to_owned(), use_case("a question", true)),
            ("meeting".to_owned(), use_case("meeting coordination", true)),
            ("survey".to_owned(), use_case("a survey", false)),
        ]
        .into(),
        acknowledgement: None,
        answered_within: ANSWERED_WITHIN,
        teams: [
            (TeamId::from("enterprise"), team("lea", &["maya", "ben", "ines"], Some(on_call))),
            (TeamId::from("harbor"), team("nora", &["kim"], None)),
        ]
        .into(),
        reps: [
            ("maya", rep("Maya", "AE", "enterprise", Role::Rep, Some("ben"))),
            ("ben", rep("Ben", "AE", "enterprise", Role::Rep, None)),
            ("ines", rep("Ines", "SDR", "enterprise", Role::Rep, None)),
            ("omar", rep("Omar", "AE", "enterprise", Role::Rep, None)),
            ("lea", rep("Lea", "Lead", "enterprise", Role::Lead, None)),
            ("kim", rep("Kim", "AE", "harbor", Role::Rep, None)),
            ("nora", rep("Nora", "Lead", "harbor", Role::Lead, None)),
            ("adele", rep("Adele", "Operations", "harbor", Role::Admin, None)),
        ]
        .map(|(id, rep)| (RepId::from(id), rep))
        .into(),
        ownership: vec![
            OwnerSource::Conversation.into(),
            OwnerSource::Opportunity.into(),
            OwnerSource::Contact.into(),
            OwnerSource::Account.into(),
            OwnerSource::Sdr.into(),
        ],
        cohorts: vec![
            Cohort {
                stages: ["negotiation".to_owned()].into(),
                ..cohort("late-stage", target(10, 15), target(20, 30), "fast")
            },
            Cohort {
                use_cases: ["meeting".to_owned()].into(),
                ..cohort("meeting", target(20, 30), target(40, 60), "calm")
            },
            cohort("new", target(45, 60), target(90, 120), "calm"),
        ],
        calendars: [("office".to_owned(), Calendar { zone, week, holidays: BTreeMap::new() })].into(),
        ladders: [("fast".to_owned(), ladder([5, 5, 5, 5, 0])), ("calm".to_owned(), ladder([15, 15, 15, 15, 0]))]
            .into(),
        lines: [
            (LineId::from("main"), line("+14155550199", "enterprise", "question")),
            (LineId::from("dock"), line("+14155550188", "harbor", "question")),
            (LineId::from("poll"), line("+14155550177", "harbor", "survey")),
        ]
        .into(),
        ..Playbook::default()
    }
}

/// Somebody the CRM knows, with a deal in negotiation that maya owns.
pub(crate) fn card(contact: &str) -> Card {
    Card {
        contact: ContactId::from(contact),
        name: format!("Buyer {contact}"),
        title: String::new(),
        zone: None,
        home: None,
        account: Some(Account { name: "Acme".to_owned(), ..Account::default() }),
        owner: None,
        sdr: Some("ines".into()),
        opportunity: Some(Opportunity {
            name: "Acme renewal".to_owned(),
            stage: "Negotiation".to_owned(),
            amount_cents: 1_200_000,
            currency: "USD".to_owned(),
            owner: Some("maya".into()),
            team: Vec::new(),
            ..Opportunity::default()
        }),
        campaign: None,
        last_touch: None,
        account_touch: None,
        touches: Vec::new(),
        intents: Vec::new(),
    }
}

/// A campaign that texted for a use case.
pub(crate) fn campaign(use_case: &str) -> Campaign {
    Campaign { use_case: use_case.to_owned(), ..Campaign::default() }
}

/// What a decision came to.
pub(crate) type Said = Result<Vec<Event>, Rejection>;

/// The rule book at work: who texts, who does what, what time it is, and everything that happened.
#[derive(Clone)]
pub(crate) struct Story {
    pub(crate) now: Timestamp,
    pub(crate) playbook: Playbook,
    pub(crate) roster: Roster,
    pub(crate) numbers: BTreeMap<NumberId, Number>,
    pub(crate) cards: BTreeMap<NumberId, Vec<Card>>,
    /// Numbers in full, where a story needs one.
    pub(crate) addresses: BTreeMap<NumberId, Address>,
    /// The campaign's text that each number answers.
    pub(crate) answering: BTreeMap<NumberId, Answering>,
    pub(crate) conversations: BTreeMap<ConversationId, Conversation>,
    /// The words of answers.
    pub(crate) words: BTreeMap<MessageId, Body>,
    /// Every fact, in order, with its time.
    pub(crate) record: Vec<(Timestamp, Subject, Event)>,
    /// The conversation that steps are about.
    pub(crate) here: ConversationId,
    /// The number that a rep begins with, when no conversation is there yet.
    pub(crate) begins_with: Option<NumberId>,
    /// The command comes behind a parked one of the same device.
    pub(crate) behind: bool,
    /// What is texted is a word that the carrier itself acts on.
    pub(crate) by_carrier: bool,
    /// How long the CRM is waited for when somebody texts for the first time.
    pub(crate) waits: Option<Span>,
    ids: u128,
}

impl Story {
    /// Tuesday, ten o'clock; nobody has texted.
    pub(crate) fn begins() -> Self {
        Self {
            now: at(TUESDAY_TEN),
            playbook: playbook(),
            roster: Roster::default(),
            numbers: BTreeMap::new(),
            cards: BTreeMap::new(),
            addresses: BTreeMap::new(),
            answering: BTreeMap::new(),
            words: BTreeMap::new(),
            conversations: BTreeMap::new(),
            record: Vec::new(),
            here: ConversationId(Uuid::from_u128(0)),
            begins_with: None,
            behind: false,
            waits: None,
            by_carrier: true,
            ids: 1000,
        }
    }

    /// A buyer whose deal maya owns has just texted "Can we talk about the price?".
    pub(crate) fn with_mayas_buyer() -> Self {
        let mut story = Self::begins();
        story.crm_says(1, vec![card("c-1")]);
        story.texts("Can we talk about the price?");
        story
    }

    /// The id of the `n`th buyer's number.
    pub(crate) fn number(n: u128) -> NumberId {
        NumberId(Uuid::from_u128(n))
    }

    /// A fresh message id, later than all before.
    pub(crate) fn fresh(&mut self) -> MessageId {
        self.ids += 1;
        MessageId(Uuid::from_u128(self.ids))
    }

    pub(crate) fn crm_says(&mut self, number: u128, cards: Vec<Card>) {
        self.cards.insert(Self::number(number), cards);
    }

    pub(crate) fn c(&self) -> &Conversation {
        &self.conversations[&self.here]
    }

    /// Buyer 1 texts the main line.
    pub(crate) fn texts(&mut self, body: &str) -> Vec<Event> {
        self.receives(1, "main", body, 0, None)
    }

    /// A buyer texts a line; the story goes on in that conversation.
    pub(crate) fn receives(
        &mut self,
        number: u128,
        line: &str,
        body: &str,
        media: usize,
        carrier: Option<&str>,
    ) -> Vec<Event> {
        let sent = Some(self.now);
        self.receives_of(number, line, (body, media), carrier, sent)
    }

    /// The same of a text that the carrier had at that time, or of one of which it does not say when.
    pub(crate) fn receives_of(
        &mut self,
        number: u128,
        line: &str,
        (body, media): (&str, usize),
        carrier: Option<&str>,
        sent: Option<Timestamp>,
    ) -> Vec<Event> {
        let number = Self::number(number);
        let line = LineId::from(line);
        self.numbers.entry(number).or_insert_with(|| Number::new(number));
        let known = self.conversations.values().find(|c| c.number == number && c.line == line).map(|c| c.id);
        let (message, acknowledgement) = (self.fresh(), Some(self.fresh()));
        self.here = known.unwrap_or(ConversationId(message.0));
        let receive = Receive {
            message,
            conversation: self.here,
            number,
            line,
            body: Body::new(body),
            media,
            opt_out_type: carrier.map(str::to_owned),
            area_code: None,
            sent,
            acknowledgement,
            wait_until: self.waits.map(|wait| self.now + wait),
            by_carrier: self.by_carrier,
        };
        self.decides(Actor::Carrier, u64::MAX, &Command::Receive(receive)).unwrap()
    }

    /// A rep who has seen everything does something.
    pub(crate) fn does(&mut self, rep: &str, command: &Command) -> Said {
        let seen = self.conversations.get(&self.here).map_or(0, |c| c.inbound);
        self.does_having_seen(rep, seen, command)
    }

    pub(crate) fn does_having_seen(&mut self, rep: &str, seen: u64, command: &Command) -> Said {
        let rep = RepId::from(rep);
        let role = self.playbook.role_of(&rep).unwrap_or(Role::Rep);
        self.decides(Actor::Rep { rep, role }, seen, command)
    }

    /// Whether an answer waits for nothing but its undo time.
    pub(crate) fn is_undoable(&self, message: MessageId) -> bool {
        self.standing(message)
            == Some(AnswerState::Held { not_before: self.now + self.playbook.undo_hold, waits: None })
    }

    /// A rep who has seen everything writes an answer; its id.
    pub(crate) fn answers(&mut self, rep: &str) -> MessageId {
        let message = self.fresh();
        self.does(rep, &answer(message)).unwrap();
        message
    }

    /// A rep who had seen only `seen` texts writes an answer; its id.
    pub(crate) fn answers_having_seen(&mut self, rep: &str, seen: u64) -> MessageId {
        let message = self.fresh();
        self.does_having_seen(rep, seen, &answer(message)).unwrap();
        message
    }

    /// Where an answer stands.
    pub(crate) fn standing(&self, message: MessageId) -> Option<AnswerState> {
        self.conversations.values().find_map(|c| c.answers.get(&message)).map(|a| a.state.clone())
    }

    /// Why an answer is parked.
    pub(crate) fn parked(&self, message: MessageId) -> Option<Vec<Review>> {
        match self.standing(message)? {
            AnswerState::Parked { reasons } => Some(reasons),
            AnswerState::Held { .. } | AnswerState::Sending | AnswerState::Unknown | AnswerState::Out { .. } => None,
        }
    }

    /// The effect runner or the carrier says something.
    pub(crate) fn machine(&mut self, actor: Actor, command: &Command) -> Vec<Event> {
        self.decides(actor, u64::MAX, command).unwrap()
    }

    /// The effect runner tries to start an answer; whether it did.
    pub(crate) fn starts(&mut self, message: MessageId) -> bool {
        let facts = self.machine(Actor::Effects, &Command::BeginSend { message });
        facts.iter().any(|fact| matches!(fact, Event::SendStarted { message: begun, .. } if *begun == message))
    }

    /// Time passes and nobody looks.
    pub(crate) fn wait(&mut self, span: Span) {
        self.now = self.now + span;
    }

    /// The clock looks once, at everything that is due in this conversation.
    pub(crate) fn expires(&mut self) -> Vec<Event> {
        self.machine(Actor::Clock, &Command::Expire)
    }

    /// Time passes with the clock at work: every deadline fires when it is due.
    pub(crate) fn minutes_pass(&mut self, minutes: i64) -> Vec<Event> {
        let end = self.now + Span::minutes(minutes);
        let mut facts = Vec::new();
        while let Some(due) = self.c().next_deadline().filter(|due| *due <= end) {
            self.now = due;
            facts.extend(self.expires());
        }
        self.now = end;
        facts
    }

    pub(crate) fn decides(&mut self, actor: Actor, seen: u64, command: &Command) -> Said {
        let decided = self.would_decide(actor, seen, command)?;
        if let Command::Answer { message, body, .. } = command {
            self.words.insert(*message, body.clone());
        }
        for (subject, event) in &decided {
            self.record.push((self.now, *subject, event.clone()));
            match subject {
                Subject::Conversation(id) => {
                    if let Event::Opened { number, line, .. } = event {
                        let opened = Conversation::new(*id, *number, line.clone());
                        self.conversations.entry(*id).or_insert(opened);
                    }
                    self.conversations.get_mut(id).unwrap().apply(self.now, event);
                }
                Subject::Number(id) => {
                    self.numbers.get_mut(id).unwrap().apply(self.now, event);
                }
                Subject::Roster => self.roster.apply(self.now, event),
                Subject::Playbook | Subject::Journal => {}
            }
        }
        Ok(decided.into_iter().map(|(_, event)| event).collect())
    }

    /// Open conversations by holder.
    fn loads(&self) -> BTreeMap<RepId, u32> {
        let mut loads = BTreeMap::new();
        for rep in self.conversations.values().filter(|c| !c.is_done()).filter_map(Conversation::assignee) {
            *loads.entry(rep.clone()).or_default() += 1;
        }
        loads
    }

    /// Everybody's coming and going is followed up: what it concerns is settled, the most urgent first.
    pub(crate) fn settles(&mut self) -> Vec<Event> {
        let is_here = |rep: &RepId| self.playbook.is_active(rep) && !self.roster.away.contains_key(rep);
        let concerns =
            |c: &&Conversation| coverage::is_homeless(c, &self.playbook) || coverage::is_unsettled(c, true, is_here);
        let concerned = self.conversations.values().filter(concerns);
        let mut concerned: Vec<_> = concerned.map(coverage::urgency).collect();
        concerned.sort_unstable();
        let (mut facts, here) = (Vec::new(), self.here);
        for (_, id) in concerned {
            self.here = id;
            facts.extend(self.machine(Actor::Clock, &Command::Settle { back: true }));
        }
        self.here = here;
        facts
    }

    /// A buyer of an area code texts for the first time.
    pub(crate) fn texts_from(&mut self, number: u128, area_code: &str, body: &str) -> Vec<Event> {
        let number = Self::number(number);
        self.numbers.entry(number).or_insert_with(|| Number::new(number));
        let message = self.fresh();
        self.here = ConversationId(message.0);
        let receive = Receive {
            message,
            conversation: self.here,
            number,
            line: LineId::from("main"),
            body: Body::new(body),
            media: 0,
            opt_out_type: None,
            area_code: Some(area_code.to_owned()),
            acknowledgement: None,
            wait_until: self.waits.map(|wait| self.now + wait),
            by_carrier: true,
            sent: None,
        };
        self.decides(Actor::Carrier, u64::MAX, &Command::Receive(receive)).unwrap()
    }

    /// Whether it is known before they ask that nobody is left for them to ask for help.
    pub(crate) fn nobody_left(&self, by: &str) -> bool {
        let world = ReadSet {
            heard: Heard::Unsure,
            address: None,
            answering: None,
            words: None,
            conversation: Some(self.c()),
            siblings: Vec::new(),
            number: None,
            cards: &[],
            playbook: &self.playbook,
            roster: &self.roster,
            loads: &self.loads(),
        };
        nobody_left(&world, self.c(), &by.into())
    }

    fn would_decide(&self, actor: Actor, seen: u64, command: &Command) -> Result<Vec<(Subject, Event)>, Rejection> {
        let conversation = self.conversations.get(&self.here);
        let number = match command {
            Command::Receive(text) => Some(text.number),
            _ => conversation.map(|c| c.number).or(self.begins_with),
        };
        let world = ReadSet {
            heard: Heard::Unsure,
            address: self.addresses.get(&number.unwrap_or(Self::number(0))),
            answering: number.and_then(|id| self.answering.get(&id)),
            words: command.lets_go().and_then(|id| self.words.get(&id)),
            conversation,
            siblings: self.conversations.values().filter(|c| Some(c.number) == number && c.id != self.here).collect(),
            number: number.and_then(|id| self.numbers.get(&id)),
            cards: number.and_then(|id| self.cards.get(&id)).map_or(&[], Vec::as_slice),
            playbook: &self.playbook,
            roster: &self.roster,
            loads: &self.loads(),
        };
        let cx = Context { now: self.now, actor, seen, behind: self.behind, hold: self.playbook.undo_hold };
        decide(&world, command, &cx)
    }
}

/// An answer without accepted reasons.
pub(crate) fn answer(message: MessageId) -> Command {
    Command::Answer { message, body: Body::new("Yes, at three."), accept: Vec::new() }
}

/// Names of facts, for comparing what happened at a glance.
pub(crate) fn kinds(events: &[Event]) -> Vec<&'static str> {
    events.iter().map(Event::kind).collect()
}
