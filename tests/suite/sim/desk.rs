//! The whole way of a text from a key to the carrier: the real screen over the real machine, its network and the real
//! backend, while buyers write, colleagues act and things break. What a person saw when a key was pressed is read off
//! the drawn screen, by eyes that know nothing of the model.
//!
//! Whatever happens in between: an answer goes to the number that stood over the composer when Enter was pressed, and
//! that is the buyer under the cursor when `r` was.

use std::collections::BTreeMap;
use std::sync::Arc;

use comeback::client::handle::{Ask, Notice};
use comeback::client::inbox::Beside;
use comeback::client::sync::{Input, Wish};
use comeback::client::{inbox, replica};
use comeback::domain::asking::heard::Heard;
use comeback::domain::command::Command;
use comeback::domain::id::{ConversationId, MessageId};
use comeback::tui::keymap::chord::{Chord, Key};
use comeback::tui::model::Screen;
use comeback::tui::msg::{Effect, Msg};

use super::world::{Faults, World};
use super::{BACKEND, NETWORK, people};
use crate::tui_world::{Desk, link};

/// Wide enough for list, conversation and composer side by side.
const SIZE: (u16, u16) = (120, 40);
/// Whose screen it is: the first client.
const ME: usize = 0;

/// What one key press in a hundred is, weighted by how often it stands here. Anything else is a word and Enter.
const KEYS: [&str; 24] = [
    "j", "j", "k", "gg", "G", "n", "N", "Tab", "Enter", "Enter", "Esc", "Esc", "r", "r", "r", "r", "u", "c", "O", ".",
    "x", "/", "Down", "i",
];

/// What goes wrong on purpose, to see that it shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Slip {
    Nothing,
    /// An answer goes to another conversation than the one it was written in.
    Elsewhere,
    /// The cursor moves between the eye and the key.
    Late,
}

/// A person before a screen.
struct Seat {
    desk: Desk,
    /// Where each answer was meant to go by what stood on the screen, and its words.
    meant: BTreeMap<MessageId, (String, String)>,
    /// The buyer under the cursor when the composer opened.
    chosen: Option<String>,
    open: Option<ConversationId>,
    words: u32,
    slip: Slip,
}

impl Seat {
    fn new(slip: Slip) -> Self {
        let (meant, chosen, open, words) = (BTreeMap::new(), None, None, 0);
        Self { desk: Desk::empty(SIZE), meant, chosen, open, words, slip }
    }

    /// The screen hears what the client has to say, as the driver tells it.
    fn hear(&mut self, world: &mut World) {
        let client = &world.clients[ME];
        let mono = client.mono(world.now);
        self.desk.now = client.machine.server_now(mono);
        let mut told = link(client.machine.link(mono));
        told.server_time = self.desk.now;
        let view = replica::replay(client.machine.state(), 1.0);
        let mut notices = vec![
            Notice::Link(told),
            Notice::Inbox(Arc::new(inbox::inbox(&view))),
            Notice::Outbox(Arc::new(inbox::outbox(&view))),
        ];
        if let Some(id) = self.open {
            let older = client.machine.awaits_older(id);
            notices.push(Notice::Thread(
                id,
                inbox::thread(&view, id, Beside { awaits_older: older, heard: Heard::Answered }, self.desk.now)
                    .map(Arc::new),
            ));
        }
        for notice in notices {
            self.take(world, Msg::Client(notice));
        }
        self.take(world, Msg::Woke);
    }

    /// One message to the screen; what it asks is done by the client at once.
    fn take(&mut self, world: &mut World, msg: Msg) {
        let seen = is_enter(&msg).then(|| over_composer(&self.desk.screen())).flatten();
        self.desk.model.fresh = people::fresh(world, ME);
        for effect in self.desk.update(msg) {
            if let Effect::Ask(ask) = effect {
                self.asks(world, ask, seen.as_deref());
            }
        }
    }

    fn asks(&mut self, world: &mut World, ask: Ask, seen: Option<&str>) {
        let wish = match ask {
            Ask::Do { mut conversation, seen: read, command } => {
                if let Command::Answer { message, body, .. } = &command {
                    if let Some(number) = seen {
                        self.meant.insert(*message, (number.to_owned(), body.as_str().to_owned()));
                        if let Some(chosen) = &self.chosen
                            && !number.contains(chosen.as_str())
                        {
                            world.complain(format!("{chosen} was under the cursor, the composer wrote to {number}"));
                        }
                    } else {
                        world.complain(format!("{message} was sent with no composer on the screen"));
                    }
                    if self.slip == Slip::Elsewhere {
                        let others = world.clients[ME].machine.state().base.keys();
                        conversation = others.copied().find(|id| Some(*id) != conversation).or(conversation);
                    }
                }
                Wish::Do { conversation, seen: read, command }
            }
            Ask::SaveDraft { conversation, text } => Wish::SaveDraft { conversation, text },
            Ask::OutboxDrop { entry, keep_as_draft } => Wish::Drop { entry, keep_as_draft },
            Ask::OutboxSend { entry } => Wish::Send(entry),
            Ask::Older(conversation) => Wish::Older(conversation),
            Ask::ReadWhileAway => Wish::ReadWhileAway,
            Ask::Open(conversation) => {
                self.open = conversation;
                return;
            }
            Ask::SyncNow => {
                world.feed(ME, Input::SyncNow);
                return;
            }
            Ask::Save { .. }
            | Ask::Search(_)
            | Ask::Looking { .. }
            | Ask::Writing(_)
            | Ask::Measure(_)
            | Ask::Behind { .. }
            | Ask::Stop => return,
        };
        world.feed(ME, Input::Wish(wish));
    }

    fn keys(&mut self, world: &mut World, keys: &str) {
        for chord in Chord::parse(keys).unwrap() {
            self.take(world, Msg::Key(chord));
        }
    }

    /// The person does something.
    fn acts(&mut self, world: &mut World) {
        if self.desk.model.composer.is_some() && world.chance(60) {
            self.words += 1;
            self.take(world, Msg::Paste(format!("words {}", self.words)));
            // News may come before Enter, and a question after it: a second Enter means yes.
            for _ in 0..2 {
                if world.chance(50) {
                    world.pass(300);
                    self.hear(world);
                }
                self.keys(world, "Enter");
            }
            return;
        }
        let key = KEYS[world.pick(KEYS.len())];
        let before = (key == "r" && self.desk.model.composer.is_none() && self.desk.model.overlay.is_none())
            .then(|| under_cursor(&self.desk.screen(), self.desk.model.screen))
            .flatten();
        if before.is_some() && self.slip == Slip::Late {
            self.keys(world, "j");
        }
        self.keys(world, key);
        if self.desk.model.composer.is_none() {
            self.chosen = None;
        } else if before.is_some() {
            self.chosen = before;
        }
    }
}

/// The one key that sends.
fn is_enter(msg: &Msg) -> bool {
    matches!(msg, Msg::Key(chord) if chord.key == Key::Enter)
}

/// The buyer in the row under the cursor, or over the conversation when that is all the screen is about.
fn under_cursor(screen: &str, about: Screen) -> Option<String> {
    let row = match about {
        Screen::Inbox => screen.lines().find(|line| line.starts_with("│>"))?,
        Screen::Conversation => screen.lines().next()?,
        Screen::Outbox | Screen::People | Screen::WhileAway | Screen::Measure => return None,
    };
    let row = if about == Screen::Inbox { row.split('│').nth(1)? } else { row };
    (0..3).map(|i| format!("Buyer {i}")).chain(["+14155550103".to_owned()]).find(|name| row.contains(name.as_str()))
}

/// Name and number over the composer.
fn over_composer(screen: &str) -> Option<String> {
    let line = screen.lines().find(|line| line.contains("▸ To "))?;
    // Behind the number stands the time there.
    let from = line.split("▸ To ").nth(1)?.split(" · ").next()?;
    Some(from.split('─').next()?.trim().to_owned())
}

/// A person at work for a while in a world with these faults; what went wrong, or how many answers left.
fn work(seed: u64, faults: Faults, slip: Slip) -> Result<usize, String> {
    let mut world = World::new(seed, faults);
    let mut seat = Seat::new(slip);
    for _ in 0..3 {
        for buyer in 0..world.buyers.len() {
            world.buyer_texts(buyer, "main", "Are you there?");
        }
        world.pass(1_500);
    }
    for _ in 0..120 {
        match world.pick(12) {
            0..=7 => seat.acts(&mut world),
            8 => people::buyer(&mut world),
            9 => people::act(&mut world, 2),
            10 => world.break_something(),
            _ => {}
        }
        let ms = if world.chance(80) { world.pick(400) } else { world.pick(6_000) };
        world.pass(ms as u64 + 1);
        seat.hear(&mut world);
        if let Some(wrong) = world.wrong.take() {
            return Err(wrong);
        }
    }
    world.calm_down()?;
    let texts = world.server.carrier.with(|book| book.sent.clone());
    let mut left = 0;
    for (message, (number, words)) in &seat.meant {
        for text in texts.iter().filter(|text| text.message == *message) {
            left += 1;
            if !number.ends_with(text.to.as_str()) || text.body.as_str() != words {
                let (to, body) = (text.to.as_str(), text.body.as_str());
                return Err(format!("{words:?} was written under “{number}” and went to {to} as {body:?}"));
            }
        }
    }
    Ok(left)
}

/// The screen's own world: clients do not die, for this one's person would have to start anew.
const STEADY: Faults = Faults { pages: false, garbled: 0, ..NETWORK };
const SHAKEN: Faults = Faults { skew: true, ..BACKEND };

fn goes_right(seeds: std::ops::Range<u64>, faults: Faults) {
    let left: usize =
        seeds.map(|seed| work(seed, faults, Slip::Nothing).unwrap_or_else(|e| panic!("{seed}: {e}"))).sum();
    assert!(left > 25, "{left} answers left");
}

#[test]
fn an_answer_goes_to_the_number_over_the_composer_whatever_the_network_does() {
    goes_right(9_000..9_025, STEADY);
}

#[test]
fn an_answer_goes_to_the_number_over_the_composer_whatever_the_backend_does() {
    goes_right(9_100..9_125, SHAKEN);
}

fn shows(slip: Slip, words: &str) {
    let complaints: Vec<String> = (9_200..9_210).filter_map(|seed| work(seed, super::CALM, slip).err()).collect();
    assert!(complaints.iter().any(|complaint| complaint.contains(words)), "{complaints:?}");
}

#[test]
fn an_answer_that_goes_elsewhere_shows() {
    shows(Slip::Elsewhere, "and went to");
}

#[test]
fn a_composer_that_opens_for_another_than_the_eye_chose_shows() {
    shows(Slip::Late, "was under the cursor, the composer wrote to");
}
