//! The buyers: people who text, answer the rep, say STOP and go quiet.
//!
//! What they do is a pure function of the seed, virtual time and what was answered ([`buyer_actions`]): the same seed and
//! the same answers give the same texts at the same virtual times, however fast the clock runs and however often it is
//! asked.

mod phrases;
pub(crate) mod run;
mod script;
mod talk;

use std::collections::BTreeMap;

use chrono::Timelike;
use chrono_tz::America::New_York;
use serde::{Deserialize, Serialize};

use super::crm::Contact;
use super::dice::Dice;
use super::state::Number;
use crate::domain::time::{Span, Timestamp};

/// Which buyers there are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "switches that stand for themselves, each set by name")]
pub struct BuyerPlan {
    /// How many contacts the CRM has (20 to 100).
    pub count: usize,
    /// The written first minutes: a contract question, a meeting, a picture, a burst, a STOP, …
    pub script: bool,
    /// After them, somebody texts about every 90 virtual seconds.
    pub stream: bool,
    /// Buyers answer what a rep sends them.
    pub answers: bool,
    /// Nobody texts until `POST /emulator/v1/buyers {"paused": false}`.
    pub paused: bool,
}

impl Default for BuyerPlan {
    fn default() -> Self {
        Self { count: 40, script: true, stream: true, answers: true, paused: false }
    }
}

impl BuyerPlan {
    /// A CRM with contacts who never text by themselves: for tests that make each text happen.
    pub fn silent() -> Self {
        Self { script: false, stream: false, answers: false, ..Self::default() }
    }
}

/// Somebody with a phone.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    /// E.164.
    pub(crate) number: String,
    /// For "this is …".
    pub(crate) first: String,
    pub(crate) account: String,
    /// The use case of the campaign they had.
    pub(crate) situation: String,
    /// The number of ours that is for where they live; the others' otherwise.
    pub(crate) regional: Option<String>,
    /// Whether the stream may pick them.
    pub(crate) streams: bool,
}

/// A rep's text that a buyer got.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) at: Timestamp,
    /// Our number.
    pub(crate) from: String,
    /// The buyer.
    pub(crate) to: String,
    pub(crate) body: String,
}

/// A buyer's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Action {
    pub(crate) at: Timestamp,
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) body: String,
    /// How many pictures.
    pub(crate) pictures: usize,
}

/// Everything that buyers know.
#[derive(Debug, Clone)]
pub(crate) struct World {
    pub(crate) seed: u64,
    pub(crate) start: Timestamp,
    pub(crate) plan: BuyerPlan,
    pub(crate) people: Vec<Person>,
    /// Numbers of ours that are for everybody without a number for where they live.
    pub(crate) lines: Vec<String>,
    /// By the buyer's number, oldest first.
    answers: BTreeMap<String, Vec<Answer>>,
    /// Who said STOP, and when.
    stops: BTreeMap<String, Timestamp>,
}

/// The number of somebody no CRM knows.
pub(crate) const STRANGER: &str = "+17025550177";
/// The stream begins when the script has been told.
const AFTER_SCRIPT: Span = Span::minutes(8);
/// One text of the stream in so much virtual time, give or take a sixth.
const BEAT: i64 = 90_000;

impl World {
    /// The world of a CRM's contacts and our numbers.
    pub(crate) fn new(seed: u64, start: Timestamp, plan: BuyerPlan, contacts: &[Contact], numbers: &[Number]) -> Self {
        let regional = |phone: &str| {
            let code = phone.strip_prefix("+1").and_then(|rest| rest.get(..3))?;
            let is_for = |n: &&Number| !n.pages && n.areas.iter().any(|area| area == code);
            numbers.iter().find(is_for).map(|n| n.number.clone())
        };
        let mut people: Vec<Person> = contacts
            .iter()
            .enumerate()
            .map(|(i, c)| Person {
                number: c.phones.first().cloned().unwrap_or_default(),
                first: c.name.split_whitespace().next().unwrap_or_default().to_owned(),
                account: c.account.name.clone(),
                situation: c.campaign.as_ref().map_or("new_lead", |campaign| &campaign.use_case).to_owned(),
                regional: c.phones.first().and_then(|phone| regional(phone)),
                streams: !script::is_done_after(i),
            })
            .collect();
        people.push(Person {
            number: STRANGER.to_owned(),
            first: String::new(),
            account: String::new(),
            situation: "stranger".to_owned(),
            regional: None,
            streams: false,
        });
        let lines = numbers.iter().filter(|n| !n.pages && n.areas.is_empty()).map(|n| n.number.clone()).collect();
        Self { seed, start, plan, people, lines, answers: BTreeMap::new(), stops: BTreeMap::new() }
    }

    /// A buyer got a text from us.
    pub(crate) fn hears(&mut self, answer: Answer) {
        self.answers.entry(answer.to.clone()).or_default().push(answer);
    }

    /// A buyer said STOP: nothing more from them.
    pub(crate) fn stopped(&mut self, at: Timestamp, number: &str) {
        self.stops.entry(number.to_owned()).or_insert(at);
    }

    /// And is back.
    pub(crate) fn started(&mut self, number: &str) {
        self.stops.remove(number);
    }

    fn is_stopped(&self, number: &str, at: Timestamp) -> bool {
        self.stops.get(number).is_some_and(|stop| *stop < at)
    }

    /// The line this buyer texts: the one that last texted them, else one of their own.
    fn line_of(&self, index: usize, at: Timestamp) -> String {
        let person = &self.people[index];
        let heard = self.answers.get(&person.number).and_then(|all| all.iter().rfind(|a| a.at <= at));
        let shared = || self.lines.get(index % self.lines.len().max(1)).cloned().unwrap_or_default();
        let own = || person.regional.clone().unwrap_or_else(shared);
        heard.map_or_else(own, |answer| answer.from.clone())
    }

    /// The instants of the stream's beats in a window, with their numbers.
    fn beats(&self, after: Timestamp, until: Timestamp) -> impl Iterator<Item = (u64, Timestamp)> {
        let origin = self.start + if self.plan.script { AFTER_SCRIPT } else { Span::seconds(30) };
        let first = u64::try_from((after.since(origin).as_millis() / BEAT).saturating_sub(1)).unwrap_or(0);
        let last = u64::try_from(until.since(origin).as_millis() / BEAT).map_or(0, |n| n.saturating_add(1));
        let seed = self.seed;
        (first..=last)
            .map(move |n| {
                let jitter = Dice::new(seed, "beat", n).between(-BEAT / 6, BEAT / 6);
                let beat = i64::try_from(n).unwrap_or(i64::MAX).saturating_mul(BEAT).saturating_add(BEAT / 3);
                (n, origin + Span::millis(beat.saturating_add(jitter)))
            })
            .filter(move |(_, at)| after < *at && *at <= until)
    }

    fn streamed(&self, n: u64, at: Timestamp) -> Option<Action> {
        // At night (New York) hardly anyone texts.
        let hour = at.utc().with_timezone(&New_York).hour();
        if !(8..20).contains(&hour) && !n.is_multiple_of(6) {
            return None;
        }
        let mut dice = Dice::new(self.seed, "stream", n);
        let open: Vec<usize> = (0..self.people.len()).filter(|&i| self.people[i].streams).collect();
        let index = *open.get(dice.below(open.len()))?;
        let person = &self.people[index];
        let body = phrases::opener(&mut dice, person);
        let pictures = usize::from(dice.chance(3));
        Some(Action { at, from: person.number.clone(), to: self.line_of(index, at), body, pictures })
    }
}

/// What buyers text after `after`, up to and including `until`, by time.
pub(crate) fn buyer_actions(world: &World, after: Timestamp, until: Timestamp) -> Vec<Action> {
    let mut actions = Vec::new();
    if until <= after {
        return actions;
    }
    if world.plan.script {
        actions.extend(script::scenes(world).into_iter().filter(|a| after < a.at && a.at <= until));
    }
    if world.plan.stream {
        actions.extend(world.beats(after, until).filter_map(|(n, at)| world.streamed(n, at)));
    }
    if world.plan.answers {
        actions.extend(talk::turns(world).into_iter().filter(|a| after < a.at && a.at <= until));
    }
    actions.retain(|a| !world.is_stopped(&a.from, a.at));
    actions.sort_by(|a, b| (a.at, &a.from, &a.body).cmp(&(b.at, &b.from, &b.body)));
    actions
}

/// The next instant at which somebody may text, as far as is known now.
pub(crate) fn next_action(world: &World, after: Timestamp) -> Timestamp {
    let horizon = after + Span::millis(2 * BEAT);
    buyer_actions(world, after, horizon).first().map_or(horizon, |a| a.at)
}

#[cfg(test)]
mod tests;
