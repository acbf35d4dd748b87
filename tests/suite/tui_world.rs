//! A desk to press keys at: a small world, the real model, and a screen to read. The client is answered for: what is
//! opened arrives, what is asked is kept.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails where it stands")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use comeback::client::handle::{
    Ask, Binds, Inbox, Link, LinkState, Me, Notice, OutboxEntry, OutboxId, OutboxStanding, Row, Thread, ThreadMessage,
};
use comeback::clock::monotonic;
use comeback::domain::answering::Answering;
use comeback::domain::asking::heard::Heard;
use comeback::domain::consent::{OptOut, OptOutSource};
use comeback::domain::contact::{Address, Body};
use comeback::domain::context::{Account, Card, Intent, Opportunity, Touch};
use comeback::domain::conversation::{AnswerState, Status};
use comeback::domain::correction::{Taken, taken};
use comeback::domain::event::Review;
use comeback::domain::id::{CommandId, ContactId, ConversationId, MessageId, RepId, TeamId};
use comeback::domain::message::{Delivery, InboundKind};
use comeback::domain::next_step::NextStep;
use comeback::domain::ownership::OwnerSource;
use comeback::domain::playbook::{Compliance, Playbook, Rep, Role, Team};
use comeback::domain::routing::{Assignment, Because, Holder, Passed, Reason};
use comeback::domain::sla::{Clock, Response, Stage};
use comeback::domain::time::{Span, Timestamp};
use comeback::domain::visibility::Principal;
use comeback::tui::keymap::chord::Chord;
use comeback::tui::model::Model;
use comeback::tui::msg::{Effect, Msg};
use comeback::tui::theme::Theme;
use comeback::tui::update::update;
use comeback::tui::view::view;
use comeback::wire::changes::{Author, Message, Presence};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use uuid::Uuid;

/// Tuesday, 3 March 2026, 10:00 in New York.
pub(crate) const START: Timestamp = Timestamp::from_millis(1_772_550_000_000);

/// Conversations of the world, by number.
pub(crate) fn id(n: u128) -> ConversationId {
    ConversationId(Uuid::from_u128(n))
}

fn message_id(n: u128) -> MessageId {
    MessageId(Uuid::from_u128(n))
}

/// A screen with keys before it.
pub(crate) struct Desk {
    pub(crate) model: Model,
    pub(crate) now: Timestamp,
    pub(crate) threads: BTreeMap<ConversationId, Thread>,
    pub(crate) asked: Vec<Ask>,
    pub(crate) effects: Vec<Effect>,
    next_id: u128,
}

impl Desk {
    /// An empty desk: the client has said nothing.
    pub(crate) fn empty(size: (u16, u16)) -> Self {
        let zone = Some(chrono_tz::America::New_York);
        let model = Model::new(size, Theme::Mono, zone, "https://desk.example".to_owned());
        Self { model, now: START, threads: BTreeMap::new(), asked: vec![], effects: vec![], next_id: 9_000 }
    }

    /// The usual world, online.
    pub(crate) fn usual(size: (u16, u16)) -> Self {
        let mut desk = Self::empty(size);
        desk.threads = threads();
        desk.hear(Notice::Link(link(LinkState::Online)));
        desk.hear(Notice::Inbox(Arc::new(inbox(desk.threads.values().map(|t| t.row.clone()).collect()))));
        desk
    }

    /// Takes a message in and answers for the client.
    pub(crate) fn take(&mut self, msg: Msg) {
        self.next_id += 1;
        self.model.fresh = message_id(self.next_id);
        let mut waiting = update(&mut self.model, msg, self.now);
        while !waiting.is_empty() {
            let mut opened = vec![];
            for effect in waiting.drain(..) {
                if let Effect::Ask(ask) = &effect {
                    if let Ask::Open(Some(id)) = ask {
                        opened.push(Notice::Thread(*id, self.threads.get(id).cloned().map(Arc::new)));
                    }
                    self.asked.push(ask.clone());
                }
                self.effects.push(effect);
            }
            for notice in opened {
                waiting.extend(update(&mut self.model, Msg::Client(notice), self.now));
            }
        }
    }

    /// Takes a message in and gives what the screen wants: somebody else answers for the client.
    pub(crate) fn update(&mut self, msg: Msg) -> Vec<Effect> {
        update(&mut self.model, msg, self.now)
    }

    /// The client says.
    pub(crate) fn hear(&mut self, notice: Notice) {
        self.take(Msg::Client(notice));
    }

    /// Keys as the table writes them, separated by spaces.
    pub(crate) fn keys(&mut self, keys: &str) -> &mut Self {
        for key in keys.split_whitespace() {
            for chord in Chord::parse(key).unwrap_or_else(|| panic!("{key} is no key")) {
                self.take(Msg::Key(chord));
            }
        }
        self.cursor_rests();
        self
    }

    /// A cursor that ran has come to rest: what it stands on is opened. The desk's clock stays.
    fn cursor_rests(&mut self) {
        let now = self.now;
        self.now = now + Span::millis(100);
        if self.model.running.is_some() {
            self.take(Msg::Woke);
        }
        self.now = now;
    }

    /// Types words.
    pub(crate) fn types(&mut self, words: &str) -> &mut Self {
        for c in words.chars() {
            let chord = if c == '\n' { Chord::parse("Ctrl-j").unwrap() } else { Chord::parse(&c.to_string()).unwrap() };
            for chord in chord {
                self.take(Msg::Key(chord));
            }
        }
        self
    }

    /// Lets time pass.
    pub(crate) fn wait(&mut self, span: Span) -> &mut Self {
        self.now = self.now + span;
        self.take(Msg::Woke);
        self
    }

    /// Changes one conversation, as a sync would, and tells the screen.
    pub(crate) fn change(&mut self, n: u128, how: impl FnOnce(&mut Thread)) {
        let thread = self.threads.get_mut(&id(n)).unwrap();
        how(thread);
        let thread = thread.clone();
        self.resend();
        if self.model.opened == Some(id(n)) {
            self.hear(Notice::Thread(id(n), Some(Arc::new(thread))));
        }
    }

    /// Tells the screen the list as it is.
    pub(crate) fn resend(&mut self) {
        let rows = self.threads.values().map(|t| t.row.clone()).collect();
        self.hear(Notice::Inbox(Arc::new(inbox(rows))));
    }

    /// What was asked about conversations since the last call, without what merely follows the eye.
    pub(crate) fn commands(&mut self) -> Vec<Ask> {
        let asked = std::mem::take(&mut self.asked);
        asked.into_iter().filter(|a| !matches!(a, Ask::Open(_) | Ask::Looking { .. } | Ask::Writing(_))).collect()
    }

    /// The screen as text, and when it changes by itself.
    pub(crate) fn draw(&self, now: Timestamp) -> (String, Option<Timestamp>) {
        let (columns, rows) = self.model.size;
        let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
        let mut next = None;
        terminal.draw(|frame| next = view(&self.model, frame, now)).unwrap();
        let backend = terminal.backend();
        let mut text = String::new();
        for y in 0..rows {
            let mut line = String::new();
            let mut skip = 0;
            for x in 0..columns {
                let symbol = backend.buffer().cell((x, y)).map_or(" ", |c| c.symbol());
                if skip > 0 {
                    skip -= 1;
                    continue;
                }
                skip = unicode_width::UnicodeWidthStr::width(symbol).saturating_sub(1);
                line.push_str(symbol);
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        (text, next)
    }

    /// The screen now.
    pub(crate) fn screen(&self) -> String {
        self.draw(self.now).0
    }

    /// Fails, showing the screen, unless it says these words.
    pub(crate) fn says(&self, words: &str) {
        let screen = self.screen();
        let flat: String = screen.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains(words), "the screen does not say {words:?}:\n{screen}");
    }
}

/// A connection measured just now.
pub(crate) fn link(state: LinkState) -> Link {
    Link { state, server_time: START, measured: monotonic(), pace: 1.0, syncing: None, cache: "cache".into() }
}

/// The list for Maya: most urgent first, done last.
pub(crate) fn inbox(mut rows: Vec<Row>) -> Inbox {
    rows.sort_by_key(|row| {
        let done = matches!(row.status, Status::Done(_));
        (done, row.clock.as_ref().map_or(Timestamp::MAX, |c| c.due), row.id)
    });
    let presence = |rep: &str, here, away, load| Presence {
        rep: rep.into(),
        here,
        away,
        load,
        since: None,
        until: None,
        note: None,
        returned: None,
    };
    Inbox {
        me: Some(Me { rep: "maya".into(), name: "Maya Okafor".to_owned(), away: false }),
        rows,
        playbook: Some(Arc::new(playbook())),
        roster: vec![
            presence("maya", true, false, 4),
            presence("ben", true, false, 2),
            presence("lena", false, true, 7),
        ],
        on_call: BTreeMap::new(),
        while_away: None,
    }
}

fn playbook() -> Playbook {
    let rep = |name: &str, title: &str, role| Rep {
        name: name.to_owned(),
        title: title.to_owned(),
        team: "east".into(),
        role,
        backup: Some("ben".into()),
        ..Rep::default()
    };
    let reps: BTreeMap<RepId, Rep> = BTreeMap::from([
        ("maya".into(), rep("Maya Okafor", "AE", Role::Rep)),
        ("ben".into(), rep("Ben Sato", "AE", Role::Rep)),
        ("lena".into(), rep("Lena Brandt", "Lead", Role::Lead)),
    ]);
    let team = Team {
        label: "Team East".to_owned(),
        lead: Some("lena".into()),
        members: reps.keys().cloned().collect::<BTreeSet<_>>(),
        on_call: None,
    };
    Playbook {
        version: 7,
        company: "Fernway".to_owned(),
        undo_hold: Span::seconds(8),
        compliance: Compliance::default(),
        acknowledgement: None,
        answered_within: comeback::domain::answering::ANSWERED_WITHIN,
        use_cases: BTreeMap::new(),
        teams: BTreeMap::from([(TeamId::from("east"), team)]),
        reps,
        ownership: vec![OwnerSource::Opportunity.into()],
        cohorts: vec![],
        ..Playbook::default()
    }
}

/// A conversation with one text of the buyer, due in so many seconds.
pub(crate) fn thread(n: u128, name: &str, text: &str, due: Option<i64>) -> Thread {
    let address = Address::parse(&format!("+1415555{n:04}")).unwrap();
    let at = START - Span::minutes(4);
    let clock = due.map(|s| Clock {
        response: Response::First,
        cohort: "late-stage".to_owned(),
        started: at,
        warn: START + Span::seconds(s - 240),
        due: START + Span::seconds(s),
        stage: Stage::Running,
        playbook: 7,
    });
    let because = Because {
        reason: Reason::Owner(OwnerSource::Opportunity),
        passed: vec![Passed { who: "lena".to_owned(), why: "is away".to_owned() }],
        climbed: None,
        playbook: 7,
    };
    let assignment = Some(Assignment {
        to: Holder::Rep("maya".into()),
        taken: None,
        step: Some(0),
        expires: Some(START + Span::minutes(3)),
        at,
        because,
    });
    let row = Row {
        id: id(n),
        name: name.to_owned(),
        address: address.clone(),
        account: None,
        about: String::new(),
        priority: 0,
        stage: None,
        preview: Some(Body::new(text)),
        preview_by: Some(Author::Buyer(InboundKind::Text)),
        changed: at,
        wrote: Some(at),
        inbound: 1,
        seen: 0,
        status: Status::Open,
        clock,
        assignment,
        owner: Some("maya".into()),
        loan: None,
        for_me: true,
        noted: false,
        opted_out: None,
        no_evidence: false,
        blocked: None,
        hold: None,
        leaves_at: None,
        waits_until: None,
        place: comeback::domain::zone::of(&[], Some(&address), chrono_tz::America::New_York),
        queued: false,
        needs_eye: false,
        asks_second: false,
        nobody_left: false,
        approval: None,
        draft: false,
    };
    Thread {
        row,
        messages: vec![said(n * 100, at, Author::Buyer(InboundKind::Text), text)],
        older: None,
        cards: vec![],
        heard: Heard::Answered,
        sharing: vec![],
        answering: None,
        consent: None,
        owned_by: None,
        candidates: vec![],
        audience: [Principal::All, Principal::Lead("east".into()), Principal::Rep("maya".into())].into(),
        kind: kind_of(message_id(n * 100), text),
        next_step: NextStep {
            what: "Ask for name and company".to_owned(),
            why: "the CRM does not know this number".to_owned(),
            ..NextStep::default()
        },
        binds: Binds::default(),
        draft: String::new(),
    }
}

/// What kind of text it is taken for. Worlds are made by the hundred, of the same few texts.
fn kind_of(message: MessageId, text: &str) -> Option<Taken> {
    static KNOWN: Mutex<BTreeMap<String, Option<Taken>>> = Mutex::new(BTreeMap::new());
    let mut known = KNOWN.lock().unwrap();
    let first = || taken(InboundKind::Text, message, text, None);
    let taken = known.entry(text.to_owned()).or_insert_with(first).clone();
    taken.map(|taken| Taken { message, ..taken })
}

/// One message.
pub(crate) fn said(n: u128, at: Timestamp, author: Author, text: &str) -> ThreadMessage {
    let message =
        Message { id: message_id(n), n: 1, at, author, body: Some(Body::new(text)), media: vec![], standing: None };
    ThreadMessage { message, pending: None, for_crm: false, reader: None }
}

/// A text of Maya's and where it stands.
pub(crate) fn answered(n: u128, at: Timestamp, text: &str, standing: AnswerState) -> ThreadMessage {
    let mut entry = said(n, at, Author::Rep("maya".into()), text);
    entry.message.standing = Some(standing);
    entry
}

/// An entry of the outbox.
pub(crate) fn entry(n: u128, to: &Thread, text: &str, standing: OutboxStanding) -> OutboxEntry {
    let id = match standing {
        OutboxStanding::Queued
        | OutboxStanding::Sent
        | OutboxStanding::Recalling
        | OutboxStanding::Refused(_)
        | OutboxStanding::Doubtful(_) => OutboxId::Command(CommandId(Uuid::from_u128(n))),
        OutboxStanding::Held(_)
        | OutboxStanding::Waits(..)
        | OutboxStanding::Parked(_)
        | OutboxStanding::Unknown
        | OutboxStanding::Failed(_) => OutboxId::Answer(message_id(n)),
    };
    OutboxEntry {
        id,
        conversation: Some(to.row.id),
        name: to.row.name.clone(),
        address: Some(to.row.address.clone()),
        body: Some(Body::new(text)),
        aside: false,
        what: "answer".to_owned(),
        issued_at: START - Span::minutes(3),
        may_have_left: standing != OutboxStanding::Queued,
        standing,
    }
}

/// What a hostile buyer might send: escapes, reordering, a pile of marks, wide emoji.
pub(crate) fn hostile() -> String {
    let marks = "\u{301}".repeat(500);
    format!("\u{1b}]52;c;aGk=\u{7}\u{1b}[2J pay\u{202e}gnp.exe\u{2066} Z{marks} 👩‍👩‍👧‍👦 ok\r\nsecond line")
}

fn threads() -> BTreeMap<ConversationId, Thread> {
    let mut dana = thread(1, "Dana Fox", "Can you hold the price until Friday? Legal needs two more days.", Some(252));
    dana.row.account = Some("Harbor Logistics".to_owned());
    dana.row.stage = Some("Negotiation".to_owned());
    dana.row.inbound = 2;
    dana.messages = vec![
        said(101, START - Span::minutes(1500), Author::Buyer(InboundKind::Text), "Got the quote, thanks!"),
        answered(
            102,
            START - Span::minutes(1490),
            "Great. Shall we talk it through on Thursday?",
            AnswerState::Out { delivery: Delivery::Delivered, error: None },
        ),
        said(
            103,
            START - Span::minutes(1489),
            Author::Buyer(InboundKind::Tapback),
            "Liked “Shall we talk it through?”",
        ),
        said(104, START - Span::minutes(30), Author::Note("ben".into()), "Their CFO asked me about terms, too."),
        said(
            105,
            START - Span::minutes(4),
            Author::Buyer(InboundKind::Text),
            "Can you hold the price until Friday? Legal needs two more days.",
        ),
    ];
    dana.cards = vec![card()];
    dana.binds.zone = Some((chrono_tz::America::Los_Angeles, true));
    "quote".clone_into(&mut dana.binds.use_case);
    "late-stage question".clone_into(&mut dana.row.about);
    dana.row.priority = 2;
    dana.answering = Some(Answering {
        campaign: "proposal-july".to_owned(),
        use_case: None,
        words: Body::new("Your quote for 50 seats is ready. Any questions?"),
        at: START - Span::minutes(1510),
        send: None,
    });
    dana.next_step = NextStep {
        what: "Answer the price question and offer a call today".to_owned(),
        why: "they ask about price; recently: opened the quote twice".to_owned(),
        ..NextStep::default()
    };
    let mut picture = thread(2, "Omar Reyes", "", Some(1500));
    picture.row.preview = None;
    picture.row.account = Some("Northwind Foods".to_owned());
    picture.messages[0].message.media = vec!["image/jpeg".to_owned()];
    picture.messages[0].message.author = Author::Buyer(InboundKind::Picture);
    let mut late = thread(3, "Priya Nair", "Are we still on for 3?", Some(-372));
    late.row.account = Some("Bluestone".to_owned());
    let mut stopped = thread(4, "Lou Marsh", "STOP", None);
    let source = OptOutSource::Keyword("stop".to_owned());
    stopped.row.opted_out = Some(OptOut::new(START - Span::minutes(2), source));
    stopped.messages[0].message.author = Author::Buyer(InboundKind::OptOut);
    let evil = thread(5, "Eve \u{1b}[31m\u{202e}lived", &hostile(), Some(7800));
    let mut pool = thread(6, "+14155550006", "who is this", Some(600));
    pool.row.for_me = false;
    pool.row.owner = None;
    if let Some(a) = &mut pool.row.assignment {
        a.to = Holder::Pool("east".into());
    }
    [dana, picture, late, stopped, evil, pool].into_iter().map(|t| (t.row.id, t)).collect()
}

fn card() -> Card {
    Card {
        contact: ContactId::from("0031"),
        name: "Dana Fox".to_owned(),
        title: "VP Operations".to_owned(),
        zone: None,
        home: None,
        account: Some(Account {
            name: "Harbor Logistics".to_owned(),
            owner: Some("maya".into()),
            ..Account::default()
        }),
        owner: Some("maya".into()),
        sdr: None,
        opportunity: Some(Opportunity {
            name: "Fleet rollout".to_owned(),
            stage: "Negotiation".to_owned(),
            amount_cents: 4_800_000,
            currency: "USD".to_owned(),
            owner: Some("maya".into()),
            team: vec![],
            ..Opportunity::default()
        }),
        campaign: None,
        account_touch: None,
        touches: Vec::new(),
        last_touch: Some(Touch {
            at: START - Span::minutes(2 * 1440),
            kind: "call".to_owned(),
            summary: "walked through the quote".to_owned(),
            by: None,
        }),
        intents: vec![Intent {
            at: START - Span::minutes(180),
            kind: "quote".to_owned(),
            detail: "opened the quote twice".to_owned(),
            ..Intent::default()
        }],
    }
}

/// One entry of the outbox for each way a text can stand.
pub(crate) fn outbox(desk: &Desk) -> Vec<OutboxEntry> {
    let to = |n| &desk.threads[&id(n)];
    vec![
        entry(1001, to(1), "Yes, Friday works. I hold it.", OutboxStanding::Parked(vec![Review::NewerReply])),
        entry(1002, to(4), "See you then", OutboxStanding::Parked(vec![Review::OptedOut])),
        entry(1003, to(2), "Nice! Which site is it?", OutboxStanding::Queued),
        entry(1004, to(3), "Yes, at 3.", OutboxStanding::Held(START + Span::seconds(6))),
        entry(1005, to(5), "Hello", OutboxStanding::Unknown),
        entry(1006, to(5), "Hello again", OutboxStanding::Failed(Some(30006))),
    ]
}
