//! A client: the real machine, its disk, and clocks of its own.

use std::collections::BTreeSet;
use std::time::Duration;

use comeback::client::cache::Cache;
use comeback::client::state::State;
use comeback::client::sync::{Action, Input, Machine, News};
use comeback::domain::id::{ConversationId, RepId};
use comeback::domain::time::{Span, Timestamp};
use comeback::server::store::Device;

use super::disk::Sabotage;

/// Where a client's writes go: a copy in memory, or a real cache.
enum Shelf {
    Memory(Box<State>),
    File(Cache, tempfile::TempDir),
}

pub(super) struct Client {
    pub(super) device: Device,
    pub(super) machine: Machine,
    shelf: Shelf,
    /// Which life of the process this is: answers to an earlier one never arrive.
    pub(super) life: u32,
    /// The world's milliseconds at which this life's monotonic clock stood at zero, suspend left out.
    origin: u64,
    /// How far this machine's wall clock is off, in milliseconds.
    pub(super) skew: i64,
    /// Asleep until then.
    pub(super) asleep_until: Option<u64>,
    /// Its questions do not arrive until then.
    pub(super) mute_until: u64,
    /// Nothing arrives at it until then.
    pub(super) deaf_until: u64,
}

impl Client {
    pub(super) fn new(device: Device, seed: u64, now: u64, skew: i64, start: Timestamp, files: bool) -> Self {
        let shelf = if files {
            let dir = tempfile::tempdir().unwrap();
            Shelf::File(Cache::open(dir.path()).unwrap(), dir)
        } else {
            Shelf::Memory(Box::default())
        };
        let machine = Machine::new(State::default(), seed, start + Span::millis(skew), Duration::ZERO);
        Self { device, machine, shelf, life: 0, origin: now, skew, asleep_until: None, mute_until: 0, deaf_until: 0 }
    }

    pub(super) fn rep(&self) -> &RepId {
        &self.device.rep
    }

    pub(super) fn mono(&self, now: u64) -> Duration {
        Duration::from_millis(now - self.origin)
    }

    pub(super) fn wall(&self, real: Timestamp) -> Timestamp {
        real + Span::millis(self.skew)
    }

    /// The monotonic clock did not count this long.
    pub(super) fn slept(&mut self, ms: u64) {
        self.origin += ms;
    }

    pub(super) fn handle(&mut self, input: Input, now: u64, real: Timestamp) {
        let (wall, mono) = (self.wall(real), self.mono(now));
        let needed = self.machine.needs(&input);
        self.wake(&needed);
        self.machine.handle(input, wall, mono);
    }

    /// Brings conversations of which only a part is in memory whole from the disk, as the driver does.
    fn wake(&mut self, conversations: &BTreeSet<ConversationId>) {
        let Shelf::File(cache, _) = &self.shelf else { return };
        for id in conversations {
            match cache.conversation(*id).unwrap() {
                Some(woken) => self.machine.wake(woken),
                None => self.machine.remember_seen(*id, cache.seen(*id).unwrap()),
            }
        }
    }

    /// All that it knows is in memory.
    pub(super) fn wake_all(&mut self) {
        let cut = self.machine.state().cut.clone();
        self.wake(&cut);
    }

    /// Writes down what the machine says.
    pub(super) fn commit(&mut self, sabotage: Sabotage) {
        let writes = self.machine.take_writes();
        if writes.is_empty() {
            return;
        }
        match &mut self.shelf {
            Shelf::Memory(state) if sabotage == Sabotage::ForgetOutbox => {
                let kept = state.outbox.clone();
                **state = State { outbox: kept, ..self.machine.state().clone() };
            }
            Shelf::Memory(state) => **state = self.machine.state().clone(),
            Shelf::File(cache, _) => {
                cache.commit(&writes).unwrap();
                self.machine.rest(None);
            }
        }
    }

    pub(super) fn news(&mut self) -> News {
        self.machine.take_news()
    }

    pub(super) fn actions(&mut self) -> Vec<Action> {
        std::iter::from_fn(|| self.machine.poll_action()).collect()
    }

    /// The process ends and another one starts over what was written down.
    pub(super) fn restart(&mut self, seed: u64, now: u64, real: Timestamp) {
        let wall = self.wall(real);
        let state = match &mut self.shelf {
            Shelf::Memory(state) => (**state).clone(),
            Shelf::File(cache, dir) => {
                *cache = Cache::open(dir.path()).unwrap();
                cache.load_awake(wall).unwrap()
            }
        };
        self.life += 1;
        self.origin = now;
        self.machine = Machine::new(state, seed, wall, Duration::ZERO);
    }

    /// What the disk holds and what the machine knows must be one thing.
    pub(super) fn written_down(&mut self, real: Timestamp) -> Result<(), String> {
        let wall = self.wall(real);
        let Shelf::File(cache, _) = &mut self.shelf else { return Ok(()) };
        let (kept, known) = (cache.load(wall).unwrap(), self.machine.state());
        if kept.outbox != known.outbox {
            return Err(format!("the cache holds another outbox: {:?} against {:?}", kept.outbox, known.outbox));
        }
        if kept.base != known.base {
            return Err("the cache holds other conversations".to_owned());
        }
        if kept.drafts == known.drafts { Ok(()) } else { Err("the cache holds other drafts".to_owned()) }
    }
}
