//! The screens over a world in which every name and text is a stranger's.

use std::io;
use std::sync::{Arc, Mutex};

use comeback::client::handle::{
    Ask, Doubt, Hit, Inbox, LinkState, Notice, Older, OutboxStanding, Thread, Toast, Weight,
};
use comeback::domain::consent::{OptOut, OptOutSource};
use comeback::domain::contact::Body;
use comeback::domain::context::{Account, Intent};
use comeback::domain::coverage::Loan;
use comeback::domain::id::RepId;
use comeback::domain::time::Span;
use comeback::tui::keymap::chord::{Chord, Key};
use comeback::tui::msg::{Effect, Msg};
use comeback::tui::pen::Pen;
use comeback::tui::sink;
use comeback::tui::theme::Theme;
use comeback::tui::view::view;
use comeback::wire::changes::Author;
use proptest::prelude::*;
use ratatui::layout::Rect;
use ratatui::{TerminalOptions, Viewport};

use super::terminal::{Terminal, wrong};
use super::words;
use crate::tui_people::{lunch, turns};
use crate::tui_world::{Desk, START, entry, id, inbox, link};

/// A pen that writes where the test can read.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl io::Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The desk, the real backend behind it, and the terminal that reads what it writes.
struct Glass {
    desk: Desk,
    pen: Shared,
    drawing: ratatui::Terminal<Pen<Shared>>,
    terminal: Terminal,
    /// Bytes so far, to see that something was drawn at all.
    bytes: usize,
}

impl Glass {
    fn over(desk: Desk) -> Self {
        let pen = Shared::default();
        let (columns, rows) = desk.model.size;
        let options = TerminalOptions { viewport: Viewport::Fixed(Rect::new(0, 0, columns, rows)) };
        let drawing = ratatui::Terminal::with_options(Pen::new(pen.clone()), options).unwrap();
        Self { desk, pen, drawing, terminal: Terminal::new(columns, rows), bytes: 0 }
    }

    /// Draws as the loop does: what differs from the last frame.
    fn draw(&mut self) -> Result<(), TestCaseError> {
        let (model, now) = (&self.desk.model, self.desk.now);
        let draw = |frame: &mut ratatui::Frame<'_>| {
            view(model, frame, now);
        };
        let drawn = self.drawing.draw(draw).unwrap().buffer.clone();
        let bytes = std::mem::take(&mut *self.pen.0.lock().unwrap());
        self.bytes += bytes.len();
        self.terminal.read(&bytes);
        let errors = self.terminal.errors();
        prop_assert!(errors.is_empty(), "{errors:?}");
        prop_assert_eq!(self.terminal.commands(), Vec::<String>::new());
        prop_assert_eq!(self.terminal.bells(), 0);
        let differs = self.terminal.differs(&drawn);
        prop_assert!(differs.is_none(), "{}", differs.unwrap_or_default());
        Ok(())
    }

    fn keys(&mut self, keys: &str) -> Result<(), TestCaseError> {
        for key in keys.split(' ') {
            self.desk.keys(key);
            self.draw()?;
        }
        Ok(())
    }

    fn hears(&mut self, notice: Notice) -> Result<(), TestCaseError> {
        self.desk.hear(notice);
        self.draw()
    }

    fn types(&mut self, words: &str) -> Result<(), TestCaseError> {
        for c in words.chars().take(60) {
            self.desk.take(Msg::Key(Chord { key: Key::Char(c), ctrl: false, alt: false }));
        }
        self.draw()
    }

    fn pastes(&mut self, words: &str) -> Result<(), TestCaseError> {
        self.desk.take(Msg::Paste(words.to_owned()));
        self.draw()
    }

    /// What else was to be written: the clipboard, the editor's file, the line for the shell.
    fn effects(&mut self) -> Result<(), TestCaseError> {
        for effect in std::mem::take(&mut self.desk.effects) {
            match effect {
                Effect::Copy(text) => {
                    self.terminal.read(&sink::copying(&text).unwrap());
                    prop_assert_eq!(self.terminal.commands().len(), 1);
                    let errors = self.terminal.errors();
                    prop_assert!(errors.is_empty(), "{errors:?}");
                }
                // The draft as it would be sent, so marks and joiners stay; nothing that a `cat` of it would obey.
                Effect::Edit { text, .. } => {
                    prop_assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{text:?}");
                }
                Effect::Quit { farewell } => prop_assert_eq!(farewell.and_then(|line| wrong(&line)), None),
                Effect::Ask(_) | Effect::Redraw | Effect::Suspend | Effect::Write(_) => {}
            }
        }
        Ok(())
    }
}

/// Takes the next text whenever a field wants one.
struct Strangers {
    texts: Vec<String>,
    next: usize,
}

impl Strangers {
    fn say(&mut self) -> String {
        self.next += 1;
        self.texts[self.next % self.texts.len()].clone()
    }

    fn rep(&mut self) -> RepId {
        RepId::new(self.say())
    }

    fn haunt(&mut self, thread: &mut Thread) {
        let row = &mut thread.row;
        (row.name, row.account, row.stage) = (self.say(), Some(self.say()), Some(self.say()));
        row.preview = Some(Body::new(self.say()));
        if let Some(assignment) = &mut row.assignment {
            for passed in &mut assignment.because.passed {
                (passed.who, passed.why) = (self.say(), self.say());
            }
        }
        if let Some(clock) = &mut row.clock {
            clock.cohort = self.say();
        }
        for one in &mut thread.messages {
            if one.message.body.is_some() {
                one.message.body = Some(Body::new(self.say()));
            }
            one.message.media.iter_mut().for_each(|media| *media = self.say());
            if let Author::Note(by) | Author::Rep(by) = &mut one.message.author {
                *by = self.rep();
            }
        }
        for card in &mut thread.cards {
            (card.name, card.title) = (self.say(), self.say());
            card.account = Some(Account { name: self.say(), owner: Some(self.rep()), ..Account::default() });
            (card.owner, card.sdr) = (Some(self.rep()), Some(self.rep()));
            if let Some(deal) = &mut card.opportunity {
                (deal.name, deal.stage, deal.currency) = (self.say(), self.say(), self.say());
            }
            if let Some(touch) = &mut card.last_touch {
                (touch.kind, touch.summary) = (self.say(), self.say());
            }
            card.intents.push(Intent { at: START, kind: self.say(), detail: self.say(), ..Intent::default() });
        }
        if let Some(sent) = &mut thread.answering {
            (sent.campaign, sent.words) = (self.say(), Body::new(self.say()));
        }
        thread.row.about = self.say();
        (thread.next_step.what, thread.next_step.why) = (self.say(), self.say());
        thread.draft = self.say();
    }

    fn inbox(&mut self, desk: &Desk) -> Inbox {
        let mut inbox = inbox(desk.threads.values().map(|t| t.row.clone()).collect());
        let mut playbook = inbox.playbook.as_deref().unwrap().clone();
        playbook.company = self.say();
        for rep in playbook.reps.values_mut() {
            (rep.name, rep.title) = (self.say(), self.say());
        }
        for team in playbook.teams.values_mut() {
            (team.label, team.on_call) = (self.say(), Some(turns()));
        }
        inbox.playbook = Some(Arc::new(playbook));
        if let Some(me) = &mut inbox.me {
            me.name = self.say();
        }
        for one in inbox.roster.iter_mut().skip(2) {
            one.rep = self.rep();
        }
        (inbox.roster[1].away, inbox.roster[1].note) = (true, Some(Body::new(self.say())));
        let mut told = lunch(true);
        told.note = Some(Body::new(self.say()));
        for change in &mut told.changes {
            (change.name, change.account) = (self.say(), Some(self.say()));
            change.answers.insert(self.rep(), 2);
        }
        inbox.while_away = Some(told);
        inbox
    }
}

fn haunted(texts: Vec<String>, size: (u16, u16)) -> (Desk, Strangers) {
    let mut strangers = Strangers { texts, next: 0 };
    let mut desk = Desk::usual(size);
    let mut threads = std::mem::take(&mut desk.threads);
    for thread in threads.values_mut() {
        strangers.haunt(thread);
    }
    let source = OptOutSource::Keyword(strangers.say());
    threads.get_mut(&id(4)).unwrap().row.opted_out = Some(OptOut::new(START, source));
    threads.get_mut(&id(3)).unwrap().older = Some(Older { at: 0, asked: false });
    threads.get_mut(&id(1)).unwrap().row.loan = Some(Loan { of: "ben".into(), since: START });
    desk.threads = threads;
    let inbox = strangers.inbox(&desk);
    desk.hear(Notice::Inbox(Arc::new(inbox)));
    (desk, strangers)
}

/// Every screen, overlay and line at the bottom, one after the other, each drawn over the one before.
fn walk(glass: &mut Glass, by: &mut Strangers) -> Result<(), TestCaseError> {
    glass.draw()?;
    glass.keys("L j j A Esc G t Esc Esc A 7")?;
    glass.pastes(&by.say())?;
    glass.keys("Enter Esc :")?;
    glass.types("while you were")?;
    glass.keys("Enter j Esc")?;
    glass.keys("j j ? Esc :")?;
    glass.types(&by.say())?;
    glass.keys("Esc Tab Tab Tab Tab Tab /")?;
    let words = by.say();
    glass.types(&words)?;
    let query = glass.desk.asked.iter().rev().find_map(|ask| match ask {
        Ask::Search(query) => Some(query.clone()),
        _ => None,
    });
    let hit = |n, person, by: &mut Strangers| Hit {
        conversation: id(n),
        name: by.say(),
        at: START,
        body: Body::new(by.say()),
        person,
    };
    let hits = Arc::new(vec![hit(1, false, by), hit(2, true, by)]);
    glass.hears(Notice::Found { query: query.unwrap_or(words), hits })?;
    glass.keys("Enter Esc Esc gg")?;
    for _ in 0..3 {
        glass.keys("Enter w Esc y Enter")?;
        glass.effects()?;
        glass.keys("r")?;
        glass.pastes(&by.say())?;
        glass.types(&by.say())?;
        glass.keys("Up Left Ctrl-w Ctrl-j Home")?;
        glass.pastes(&by.say())?;
        glass.keys("Ctrl-x Esc i")?;
        glass.pastes(&by.say())?;
        glass.keys("Esc a Esc d Esc s Esc e Esc z Esc q j")?;
        glass.effects()?;
    }
    let to = |desk: &Desk, n| desk.threads[&id(n)].clone();
    let standings = [
        OutboxStanding::Refused(by.say()),
        OutboxStanding::Queued,
        OutboxStanding::Doubtful(Doubt::Accepted),
        OutboxStanding::Unknown,
        OutboxStanding::Failed(Some(30006)),
    ];
    let entries = standings.into_iter().zip(1..).map(|(standing, n)| {
        let mut one = entry(n, &to(&glass.desk, n), &by.say(), standing);
        one.what = by.say();
        one
    });
    let entries = entries.collect();
    glass.hears(Notice::Outbox(Arc::new(entries)))?;
    glass.keys("O j j Enter Esc Esc")?;
    let (since, retry_at) = (START - Span::minutes(3), START + Span::seconds(8));
    glass.hears(Notice::Link(link(LinkState::Offline { since, retry_at, why: by.say() })))?;
    glass.hears(Notice::Link(link(LinkState::Refused { why: by.say() })))?;
    for weight in [Weight::News, Weight::Loud] {
        glass.hears(Notice::Toast(Toast { text: by.say(), weight, conversation: Some(id(1)) }))?;
    }
    glass.desk.take(Msg::Ended);
    glass.effects()
}

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: 200, ..ProptestConfig::with_cases(8) })]
    #[test]
    fn no_screen_obeys_a_stranger(
        texts in words::many(),
        size in proptest::sample::select(vec![(30, 8), (40, 12), (80, 24), (120, 40)]),
        colours: bool,
    ) {
        let (mut desk, mut by) = haunted(texts, size);
        if colours {
            desk.model.theme = Theme::Ansi;
        }
        let mut glass = Glass::over(desk);
        walk(&mut glass, &mut by)?;
        prop_assert!(glass.bytes > 1000, "hardly anything was drawn");
    }
}

#[test]
fn a_raw_write_of_a_strangers_text_is_seen() {
    for text in [
        "\x1b[3J",
        "\x1b[31m\x1b[5n",
        "\x1b]0;a\x1b[b\x07",
        "\u{9b}31m",
        "a\u{202e}b",
        "a\u{e0041}",
        "\x08",
        "\r",
        "\n",
        "\u{200b}",
        "a\u{2028}b",
        "\x1b]52;c;not base64\x07",
        "\x1b]8;;x\x07",
        "\x1b]9;4;1;50\x07",
        "\x1bPq\x1b\\",
        "\x1bc",
        "\x1b[?1000h",
        "\x1b]777;notify;a;b;c\x07",
        "\x1bPtmux;\x1b]52;c;\x07\x1b\\",
        "\x1b]0;never ends",
        "\x1b[",
        "\x1b[6n",
        &"x".repeat(31),
        &format!("a{}", "\u{301}".repeat(30)),
        "⌚\u{fe0e}x",
        "\u{fffe}",
        "\u{f0000}",
    ] {
        let mut terminal = Terminal::new(30, 8);
        terminal.read(text.as_bytes());
        assert!(!terminal.errors().is_empty(), "{text:?} went through");
    }
    // A style, a move and an erasure are allowed, but not where a text should be.
    for text in ["\x1b[31mx", "\x1b[2J", "\x1b[1;1Hx", "営業", "\u{301}"] {
        let (desk, _) = haunted(vec!["ok".to_owned()], (40, 12));
        let mut glass = Glass::over(desk);
        glass.draw().unwrap();
        let drawn = glass.drawing.draw(|frame| {
            frame.buffer_mut().cell_mut((39, 2)).unwrap().set_symbol(text);
        });
        let drawn = drawn.unwrap().buffer.clone();
        glass.terminal.read(&std::mem::take(&mut *glass.pen.0.lock().unwrap()));
        let seen = !glass.terminal.errors().is_empty() || glass.terminal.differs(&drawn).is_some();
        assert!(seen, "{text:?} went through in a cell");
    }
}
