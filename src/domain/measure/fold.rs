//! The fold itself: entry by entry, with the little it keeps.

use std::collections::{BTreeMap, BTreeSet};

use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::carried::{Stretches, Took, Turn, Turns};
use super::civil;
use super::closed::{Closed, Decided};
use super::days::Zones;
use super::exchange::Exchange;
use super::histogram::Histogram;
use super::load::{self, DaysOfReps, Moves, Open};
use super::number::{Asker, HeldNumber, OptOut};
use super::reply::Reply;
use super::talk::{Seen, Talk};
use crate::domain::event::{Event, Subject};
use crate::domain::id::{ContactId, ConversationId, LineId, NumberId, RepId};
use crate::domain::playbook::Playbook;
use crate::domain::time::Timestamp;

/// Policies by their version: what a clock's open time is counted by.
pub trait Policies {
    /// The policy of this version, while it is known.
    fn of(&self, version: u32) -> Option<&Playbook>;
}

impl Policies for BTreeMap<u32, Playbook> {
    fn of(&self, version: u32) -> Option<&Playbook> {
        self.get(&version)
    }
}

/// Counts of a day: what, and of which line.
pub type CountKey = (i32, &'static str, String);

/// How often something happened, and how long it took where that is asked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// How often.
    pub n: i64,
    /// How long each took.
    #[serde(default, skip_serializing_if = "Histogram::is_empty")]
    pub took: Histogram,
}

/// What the fold tells of the entries it has taken in.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Replies by the entry that started their clock, as they stand now; nothing for one that is none any more.
    pub replies: BTreeMap<u64, Option<Reply>>,
    /// Exchanges by their first reply, as they stand now; nothing for one that is none any more.
    pub exchanges: BTreeMap<u64, Option<Exchange>>,
    /// Who is behind conversations now.
    pub behind: BTreeMap<ConversationId, Vec<ContactId>>,
    /// New opt-outs.
    pub opt_outs: Vec<OptOut>,
    /// Holds by the entry that began them, as they stand now.
    pub holds: BTreeMap<u64, HeldNumber>,
    /// Parts of reps' days, to be added.
    pub days: DaysOfReps,
    /// What those are of: turns of conversations.
    pub turns: Turns,
    /// And stretches in which they were held, as they stand now.
    pub stretches: Stretches,
    /// Parts of counts, to be added.
    pub counts: BTreeMap<CountKey, Count>,
    /// Which answers those are of that came while their buyer is not to be texted.
    pub closed: Vec<Decided>,
    zone: Tz0,
    moved: Vec<Moves>,
}

/// A zone; UTC until a policy says otherwise.
#[derive(Clone, Copy, Debug)]
struct Tz0(Tz);

impl Default for Tz0 {
    fn default() -> Self {
        Self(Tz::UTC)
    }
}

impl Facts {
    /// The local day of an instant, in the zone of the policy in force.
    pub fn day(&self, at: Timestamp) -> i32 {
        civil(self.zone.0, at).0
    }

    pub(super) fn moves(&mut self, moves: Moves) {
        self.moved.push(moves);
    }

    /// A rep's turn; less one for an answer that did not leave after all.
    pub(super) fn turn(&mut self, seen: &Seen<'_>, rep: Option<&RepId>, turn: Turn, n: i64) {
        if let Some(rep) = rep {
            let day = self.day(seen.at);
            turn.count(self.days.entry((day, rep.clone())).or_default(), n);
            self.turns.insert((rep.clone(), turn, day, seen.seq), Took { conversation: seen.id, at: seen.at, n });
        }
    }

    pub(super) fn count(&mut self, at: Timestamp, what: &'static str, of: &str) {
        self.recount(at, what, of, 1);
    }

    pub(super) fn recount(&mut self, at: Timestamp, what: &'static str, of: &str, by: i64) {
        let day = self.day(at);
        self.counts.entry((day, what, of.to_owned())).or_default().n += by;
    }

    /// An answer waits for the hours where the buyer is, or left outside of them because its rep said so.
    pub(super) fn closed(&mut self, seen: &Seen<'_>, line: &LineId, closed: Closed, until: Timestamp) {
        let (day, at) = (self.day(seen.at), seen.at);
        let count = self.counts.entry((day, closed.name(), line.as_str().to_owned())).or_default();
        count.n += 1;
        if closed == Closed::Quiet {
            count.took.add(until.since(at).as_millis(), 1);
        }
        let (seq, conversation, line) = (seen.seq, seen.id, line.clone());
        self.closed.push(Decided { seq, at, day, line, conversation, closed, until });
    }
}

/// What is kept beside conversations and numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct World {
    /// The version of the policy in force.
    pub playbook: u32,
    /// How many each rep holds.
    #[serde(default)]
    pub open: BTreeMap<RepId, Open>,
    /// When the first entry was that says something to measuring: before it, nobody could hold anything.
    #[serde(default)]
    pub began: Option<Timestamp>,
    /// In which zones days were counted.
    #[serde(default)]
    pub zones: Zones,
}

/// The fold. Whoever drives it brings the conversations and numbers that entries are about ([`Fold::wants`]), takes what it
/// tells, and keeps what changed.
#[derive(Debug, Default)]
pub struct Fold {
    /// Conversations at hand.
    pub talks: BTreeMap<ConversationId, Talk>,
    /// Numbers at hand.
    pub askers: BTreeMap<NumberId, Asker>,
    /// What is kept beside them.
    pub world: World,
    /// Conversations that changed since they were last kept.
    pub changed_talks: BTreeSet<ConversationId>,
    /// Numbers that did.
    pub changed_askers: BTreeSet<NumberId>,
    /// What there is to tell.
    facts: Facts,
}

impl Fold {
    /// Goes on from where another one stopped.
    pub fn resume(world: World, policies: &dyn Policies) -> Self {
        let mut fold = Self { world, ..Self::default() };
        fold.follow_policy(policies);
        fold
    }

    fn follow_policy(&mut self, policies: &dyn Policies) {
        let zone = policies.of(self.world.playbook).map_or(Tz::UTC, Playbook::zone);
        self.facts.zone = Tz0(zone);
    }

    /// Another policy is in force: what happens from now on is counted in its zone.
    fn applied(&mut self, at: Timestamp, version: u32, policies: &dyn Policies) {
        let before = self.facts.zone.0;
        self.world.playbook = version;
        self.follow_policy(policies);
        let zone = self.facts.zone.0;
        if zone != before {
            load::settle(&mut self.world.open, &mut self.facts.days, before, at);
        }
        self.world.zones.enter(at, zone);
    }

    /// The number an entry needs at hand besides its subject.
    pub const fn wants(event: &Event) -> Option<NumberId> {
        if let Event::Opened { number, .. } = event { Some(*number) } else { None }
    }

    /// Whether anything is made of entries of this kind; the others need not even be read.
    pub fn reads(kind: &str) -> bool {
        !PASSED_OVER.contains(&kind)
    }

    /// Takes in one entry. Conversations and numbers it is about are new unless they are at hand.
    pub fn take_in(&mut self, (seq, at): (u64, Timestamp), subject: Subject, event: &Event, policies: &dyn Policies) {
        self.world.began = self.world.began.or(Some(at));
        match subject {
            Subject::Conversation(id) => {
                self.talks.entry(id).or_default().apply(&Seen { id, seq, at, event }, policies, &mut self.facts);
                self.changed_talks.insert(id);
                if let Some(number) = Self::wants(event) {
                    let asker = self.askers.entry(number).or_default();
                    asker.opened(id);
                    self.changed_askers.insert(number);
                    self.talks.entry(id).or_default().hold.set(asker.is_held(), at);
                }
                for moves in std::mem::take(&mut self.facts.moved) {
                    load::take_in(&mut self.world.open, &mut self.facts.days, self.facts.zone.0, &moves);
                }
            }
            Subject::Number(id) => {
                let asker = self.askers.entry(id).or_default();
                let talks = asker.talks.iter().filter_map(|talk| Some((*talk, self.talks.get(talk)?)));
                let last = talks.max_by_key(|(id, talk)| (talk.wrote, *id));
                asker.apply(id, (seq, at), event, last, policies, &mut self.facts);
                self.changed_askers.insert(id);
                // Whatever it is about: nothing goes to a held number from any conversation.
                for talk in &asker.talks {
                    if self.talks.get_mut(talk).is_some_and(|known| known.hold.set(asker.is_held(), at)) {
                        self.changed_talks.insert(*talk);
                    }
                }
            }
            Subject::Playbook => {
                if let Event::PlaybookApplied { version, .. } = event {
                    self.applied(at, *version, policies);
                }
            }
            Subject::Roster | Subject::Journal => {}
        }
    }

    /// What there is to tell since it was last asked, and which conversations and numbers are to be kept.
    pub fn tell(&mut self, policies: &dyn Policies) -> Facts {
        for id in &self.changed_talks {
            if let Some(talk) = self.talks.get(id) {
                talk.tell_running(*id, policies, &mut self.facts);
            }
        }
        let zone = self.facts.zone;
        std::mem::replace(&mut self.facts, Facts { zone, ..Facts::default() })
    }
}

/// Kinds of entries that say nothing to measuring.
const PASSED_OVER: [&str; 21] = [
    "card_awaited",
    "card_settled",
    "sla_warned",
    "acknowledged",
    "answer_refused",
    "disclosed",
    "send_unknown",
    "noted",
    "snoozed",
    "woke",
    "told_buyer",
    "blocked",
    "unblocked",
    "ruling_due",
    "ruling_warned",
    "ruling_over",
    "presence",
    "overridden",
    "override_dropped",
    "turn_passed",
    "beside",
];
