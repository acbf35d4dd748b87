//! What reps, buyers and the CRM do, and what must be remembered of it.

use std::collections::{BTreeMap, BTreeSet};

use comeback::client::handle::OutboxId;
use comeback::client::inbox::Beside;
use comeback::client::sync::{Input, Wish};
use comeback::client::{inbox, replica};
use comeback::domain::command::Command;
use comeback::domain::consent::OptOutSource;
use comeback::domain::contact::{Address, Body};
use comeback::domain::context::{Card, Opportunity};
use comeback::domain::conversation::AnswerState;
use comeback::domain::event::Outcome;
use comeback::domain::id::{CommandId, ContactId, ConversationId, MessageId, RepId};
use comeback::domain::time::{Span, Timestamp};
use comeback::wire::changes::Author;
use rand::RngExt as _;

use super::verdict;
use super::world::World;

/// Longest a draft grows before its rep throws it away.
const LONGEST_DRAFT: usize = 900;

/// What people typed and wanted.
#[derive(Default)]
pub(super) struct Typed {
    words: u32,
    /// Words that were shown as typed: on a disk. Each is `«n»`.
    pub(super) kept: BTreeSet<u32>,
    /// Words a person threw away.
    pub(super) thrown: BTreeSet<u32>,
    /// Where each answer was meant to go, and what it says.
    pub(super) answers: BTreeMap<MessageId, (ConversationId, String)>,
    /// Commands that were handed to the network: whose, and their `n`.
    pub(super) left: BTreeMap<CommandId, (usize, u64)>,
    /// Words typed by a client and not yet written down.
    fresh: Vec<(usize, u32)>,
}

impl Typed {
    fn word(&mut self, i: usize) -> String {
        self.words += 1;
        self.fresh.push((i, self.words));
        format!("«{}»", self.words)
    }
}

/// The words in a text.
pub(super) fn words_in(text: &str) -> Vec<u32> {
    text.split('«').skip(1).filter_map(|rest| rest.split_once('»')?.0.parse().ok()).collect()
}

/// A command, short enough for the story.
pub(super) fn short(command: &Command) -> String {
    match command {
        Command::Answer { message, body, .. } => format!("answer {message} {}", body.as_str()),
        Command::Note { body, .. } => format!("note {}", body.as_str()),
        other => format!("{other:?}"),
    }
}

pub(super) fn buyers() -> Vec<Address> {
    (0..4).map(|i| Address::parse(&format!("+1415555010{i}")).unwrap()).collect()
}

fn card(i: usize, stage: &str) -> Card {
    let owner = [Some("maya"), Some("ben"), None][i % 3].map(RepId::new);
    Card {
        contact: ContactId::new(format!("c{i}")),
        name: format!("Buyer {i}"),
        title: String::new(),
        zone: None,
        home: None,
        account: None,
        owner: owner.clone(),
        sdr: None,
        opportunity: Some(Opportunity {
            name: "Deal".to_owned(),
            stage: stage.to_owned(),
            amount_cents: 100,
            currency: "USD".to_owned(),
            team: Vec::new(),
            owner,
            ..Opportunity::default()
        }),
        campaign: None,
        last_touch: None,
        account_touch: None,
        touches: Vec::new(),
        intents: Vec::new(),
    }
}

/// What the CRM knows at the start: everybody but the last.
pub(super) fn directory(buyers: &[Address]) -> Vec<(Address, Vec<Card>)> {
    let known = &buyers[..buyers.len() - 1];
    known.iter().enumerate().map(|(i, address)| (address.clone(), vec![card(i, "Discovery")])).collect()
}

/// A deal moves on in the CRM.
pub(super) fn crm(world: &mut World) {
    let i = world.pick(world.buyers.len());
    let stage = ["Discovery", "Qualified", "Negotiation"][world.pick(3)];
    let address = world.buyers[i].clone();
    world.tell(|| format!("the CRM: {} is at {stage}", address.as_str()));
    world.crm_says(&address, vec![card(i, stage)]);
}

/// A buyer texts, likes, stops or starts again.
pub(super) fn buyer(world: &mut World) {
    let (from, number) = (world.pick(world.buyers.len()), world.rng.random_range(0..1_000_000));
    let line = if world.chance(75) { "main" } else { "meetings" };
    let body = match world.pick(20) {
        0 => "STOP".to_owned(),
        1..=3 => "START".to_owned(),
        4 => "👍".to_owned(),
        5 => "Liked “See you at 3”".to_owned(),
        _ => format!("And what does it cost? ({number})"),
    };
    world.buyer_texts(from, line, &body);
}

/// A rep presses a key.
pub(super) fn act(world: &mut World, i: usize) {
    let ids: Vec<ConversationId> = world.clients[i].machine.state().base.keys().copied().collect();
    if ids.is_empty() {
        return;
    }
    let c = ids[world.pick(ids.len())];
    let inbound = world.clients[i].machine.state().base[&c].state.inbound;
    let seen = if world.chance(85) { inbound } else { inbound.saturating_sub(1) };
    let draft = world.clients[i].machine.state().drafts.get(&c).cloned().unwrap_or_default();
    let wish = |command| Some(Wish::Do { conversation: Some(c), seen, command });
    let wish = match world.pick(24) {
        0..=7 if draft.len() < LONGEST_DRAFT => {
            let words = world.typed.word(i);
            // What stands in the composer is what is sent.
            let body = if draft.is_empty() { words } else { format!("{draft} {words}") };
            wish(Command::Answer { message: fresh(world, i), body: Body::new(body), accept: Vec::new() })
        }
        8 | 9 => {
            let words = world.typed.word(i);
            Some(Wish::SaveDraft { conversation: c, text: format!("{draft}{words}") })
        }
        10 => {
            let body = Body::new(world.typed.word(i));
            wish(Command::Note { message: fresh(world, i), body, to: None })
        }
        11 => wish(Command::Take),
        12 => {
            let to = RepId::new(["maya", "ben", "ines", "zoe"][world.pick(4)]);
            wish(Command::Assign { to })
        }
        13 => {
            let minutes = world.rng.random_range(1..20);
            let mono = world.clients[i].mono(world.now);
            let until = world.clients[i].machine.server_now(mono) + Span::minutes(minutes);
            wish(Command::Snooze { until })
        }
        14 => {
            let outcome = Outcome::ALL[world.pick(Outcome::ALL.len())];
            wish(Command::Done { outcome })
        }
        15 => wish(Command::Reopen),
        16 => {
            let reason = Body::new(world.typed.word(i));
            wish(Command::Escalate { note: fresh(world, i), reason })
        }
        17 if world.chance(20) => {
            let source = OptOutSource::Rep(world.clients[i].rep().clone());
            wish(Command::OptOut { source })
        }
        18 if world.chance(30) => {
            let away = world.chance(40);
            Some(Wish::Do { conversation: None, seen: 0, command: Command::away(away) })
        }
        19 | 20 => recall(world, i, c, seen),
        21 | 22 => from_outbox(world, i),
        23 if world.chance(50) => Some(Wish::Older(c)),
        23 => Some(Wish::See(c, inbound)),
        _ if draft.len() >= LONGEST_DRAFT => {
            world.typed.thrown.extend(words_in(&draft));
            Some(Wish::SaveDraft { conversation: c, text: String::new() })
        }
        _ => None,
    };
    let Some(wish) = wish else { return };
    if let Wish::Do { command, .. } = &wish {
        let command = short(command);
        world.tell(|| format!("client {i} wants in {c}: {command}"));
    }
    let lived = world.feed(i, Input::Wish(wish));
    if lived {
        on_screen(world, i);
    }
    if lived && world.chance(5) {
        world.feed(i, Input::SyncNow);
    }
}

/// What waits in the outbox is drawn in its conversation and listed in the outbox, unless it was asked back: then its
/// words are a draft. Now and then: no word that anybody typed is gone.
fn on_screen(world: &mut World, i: usize) {
    let state = world.clients[i].machine.state();
    let view = replica::replay(state, 1.0);
    let listed: BTreeSet<OutboxId> = inbox::outbox(&view).iter().map(|e| e.id).collect();
    let recalls = state.outbox.entries().iter().filter_map(|e| match &e.envelope.command {
        Command::Recall { message } if e.is_open() => Some(*message),
        _ => None,
    });
    let asked_back: BTreeSet<MessageId> = recalls.collect();
    let missing = state.outbox.entries().iter().find_map(|entry| {
        let ((message, body), c) = (entry.words()?, entry.envelope.conversation?);
        let drafted = state.drafts.get(&c).is_some_and(|draft| draft.contains(body.as_str()));
        let thread = inbox::thread(&view, c, Beside::default(), Timestamp::MIN);
        let drawn = thread.as_ref().is_some_and(|t| t.messages.iter().any(|shown| shown.message.id == message));
        let back = asked_back.contains(&message) || (view.recalled.contains(&message) && drafted);
        let fine = (listed.contains(&OutboxId::Command(entry.envelope.id)) || back)
            && (!entry.is_open() || thread.is_none() || drawn || back);
        (!fine).then_some(message)
    });
    if let Some(message) = missing {
        world.complain(format!("client {i} does not show {message}, which waits in its outbox"));
    } else if world.chance(6)
        && let Err(lost) = verdict::words(world, &verdict::everything(world))
    {
        world.complain(lost);
    }
}

/// Ids are made by the client's own, maybe wrong, clock.
pub(super) fn fresh(world: &mut World, i: usize) -> MessageId {
    let random: [u8; 10] = world.rng.random();
    let ms = u64::try_from(world.clients[i].wall(world.real()).millis()).unwrap();
    MessageId(uuid::Builder::from_unix_timestamp_millis(ms, &random).into_uuid())
}

/// Takes back an answer that is on the screen and has not left.
fn recall(world: &mut World, i: usize, c: ConversationId, seen: u64) -> Option<Wish> {
    let client = &world.clients[i];
    let view = replica::replay(client.machine.state(), 1.0);
    let thread = inbox::thread(&view, c, Beside::default(), Timestamp::MIN)?;
    let mine = thread.messages.iter().filter(|m| m.message.author == Author::Rep(client.rep().clone()));
    let waits = |s: &Option<AnswerState>| s.as_ref().is_none_or(AnswerState::is_waiting);
    let waiting: Vec<MessageId> = mine.filter(|m| waits(&m.message.standing)).map(|m| m.message.id).collect();
    let message = *waiting.get(world.pick(waiting.len().max(1)))?;
    Some(Wish::Do { conversation: Some(c), seen, command: Command::Recall { message } })
}

/// Looks through the outbox: drops something, makes it a draft, or sends it anyway.
fn from_outbox(world: &mut World, i: usize) -> Option<Wish> {
    let view = replica::replay(world.clients[i].machine.state(), 1.0);
    let list: Vec<(OutboxId, String)> = inbox::outbox(&view)
        .into_iter()
        .map(|e| (e.id, e.body.map_or_else(String::new, |b| b.as_str().to_owned())))
        .collect();
    let (entry, words) = list.get(world.pick(list.len().max(1)))?.clone();
    Some(match world.pick(10) {
        0..=5 => Wish::Send(entry),
        6..=8 => Wish::Drop { entry, keep_as_draft: true },
        _ => {
            world.typed.thrown.extend(words_in(&words));
            Wish::Drop { entry, keep_as_draft: false }
        }
    })
}

/// After a commit: what is on the disk counts.
pub(super) fn remember(world: &mut World, i: usize) {
    let typed = &mut world.typed;
    let fresh = std::mem::take(&mut typed.fresh);
    let (mine, others): (Vec<_>, Vec<_>) = fresh.into_iter().partition(|(whose, _)| *whose == i);
    typed.fresh = others;
    typed.kept.extend(mine.into_iter().map(|(_, word)| word));
    for entry in world.clients[i].machine.state().outbox.entries() {
        let envelope = &entry.envelope;
        if entry.tried {
            typed.left.insert(envelope.id, (i, envelope.n));
        }
        if let (Command::Answer { message, body, .. }, Some(c)) = (&envelope.command, envelope.conversation) {
            typed.answers.entry(*message).or_insert_with(|| (c, body.as_str().to_owned()));
        }
    }
}

/// A crash: what was never written down was never on the screen either.
pub(super) fn forget_unwritten(world: &mut World, i: usize) {
    world.typed.fresh.retain(|(whose, _)| *whose != i);
}

/// Every word of these texts.
pub(super) fn all_words<'a>(texts: impl Iterator<Item = &'a str>) -> BTreeSet<u32> {
    texts.flat_map(words_in).collect()
}
