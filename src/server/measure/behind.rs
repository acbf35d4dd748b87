//! The conversations behind a number of a report: newest first, each once, whatever it counted for.

use std::collections::BTreeMap;

use super::holds;
use super::projections::MeasureError;
use super::read::{Only, Window, conversations};
use super::report::{Desk, Sees};
use crate::domain::id::{ConversationId, LineId};
use crate::domain::measure::closed::{Closed, Decided};
use crate::domain::measure::load::day_of;
use crate::domain::measure::story;
use crate::domain::measure::{Band, Cause, HeldNumber, OptOut, Standing};
use crate::domain::time::Timestamp;
use crate::server::store::Store;
use crate::wire::report::Found;

pub mod load;
pub mod worth;

/// What a number opened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Opened {
    /// The newest conversations, each once.
    pub found: Vec<Found>,
    /// For how many all of them count, also those that are not told.
    pub total: i64,
}

/// What of consent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Asked {
    /// Opt-outs.
    #[default]
    OptOuts,
    /// Numbers on hold.
    Holds,
    /// Replies, by how long they waited.
    Replies,
    /// Answers that came while their buyer is not to be texted.
    Closed(Closed),
}

impl Asked {
    /// The one with this name; opt-outs when none is said.
    pub fn named(name: Option<&str>) -> Option<Self> {
        match name {
            None | Some("opt_outs") => Some(Self::OptOuts),
            Some("holds") => Some(Self::Holds),
            Some("replies") => Some(Self::Replies),
            Some(name) => Closed::named(name).map(Self::Closed),
        }
    }
}

/// Which numbers on hold, which opt-outs, which replies, or which answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OfConsent {
    /// What of consent.
    pub what: Asked,
    /// Of this line.
    pub line: Option<LineId>,
    /// Of this campaign; empty for those that none came before.
    pub campaign: Option<String>,
    /// Of buyers who had waited so long: a band's name.
    pub band: Option<String>,
    /// Holds that ended so; `ended` are all that did, `in_time` those in time; `open` are all that still wait for a ruling,
    /// `waiting` those of them that are in time, `overdue` those that are past due.
    pub end: Option<String>,
}

impl Desk {
    /// The same desk over fewer days, as `2026-11-28`; nothing when a day is none.
    #[must_use]
    pub fn between(mut self, from: Option<&str>, to: Option<&str>) -> Option<Self> {
        let day = |text: &str| Some(day_of(text.parse().ok()?));
        let Window { since, until } = self.window;
        let from = from.map_or(Some(since), day)?;
        let to = to.map_or(Some(until), day)?;
        self.window = Window { since: from.max(since), until: to.min(until) };
        Some(self)
    }

    /// Of replies: each conversation with all that counts of it.
    pub fn behind_replies(&self, only: &Only, limit: usize) -> Result<Vec<Found>, MeasureError> {
        let (whose, only) = (self.sees.whose(), self.meant(only));
        let reading = self.projections.reading();
        // As of one instant: what is read on meanwhile is not seen in one of them alone.
        let db = reading.unchecked_transaction()?;
        let newest = conversations(&db, self.counted_days(), &whose, &only, limit)?;
        let found = newest.into_iter().map(|(reply, times)| {
            let cohort = self.playbook.cohort(&reply.cohort).map_or(reply.cohort.as_str(), |cohort| &cohort.label);
            let rep = reply.rep.as_ref().map_or("nobody", |rep| self.playbook.rep_name(rep));
            let mut said = format!("{}: {rep}, {cohort}", standing(reply.standing));
            if let Some(cause) = reply.cause {
                said.push_str("; ");
                said.push_str(Cause::words(cause));
            }
            let story = holds::told(&db, &self.playbook, &reply)?.story;
            let conversation = reply.conversation.to_string();
            Ok::<_, MeasureError>(Found { conversation, at: reply.received.millis(), said, times, story })
        });
        found.collect()
    }

    /// Of consent; nothing for somebody who sees only their own.
    pub async fn behind_consent(
        &self,
        store: &dyn Store,
        of: &OfConsent,
        limit: usize,
    ) -> Result<Option<Vec<Found>>, MeasureError> {
        if matches!(self.sees, Sees::Own(_)) {
            return Ok(None);
        }
        let found = match of.what {
            Asked::OptOuts => self.opted_out_talks(store, of).await?,
            Asked::Holds => self.held_talks(of)?,
            Asked::Replies => {
                let waited = of.band.as_deref().map(Band::named);
                // A band that there is not holds none.
                if waited == Some(None) {
                    return Ok(Some(Vec::new()));
                }
                let only = Only { waited: waited.flatten(), ..Only::default() };
                return self.behind_replies(&only, limit).map(Some);
            }
            Asked::Closed(closed) => self.closed_talks(closed, of)?,
        };
        Ok(Some(newest(found, limit)))
    }

    fn held_talks(&self, of: &OfConsent) -> Result<Vec<(ConversationId, Timestamp, String)>, MeasureError> {
        let wanted = |held: &HeldNumber| match of.end.as_deref() {
            None => true,
            Some("ended") => held.ended.is_some(),
            Some("in_time") => held.in_time() == Some(true),
            Some("open") => held.ended.is_none(),
            Some("waiting") => held.ended.is_none() && self.now <= held.due,
            Some("overdue") => held.ended.is_none() && self.now > held.due,
            Some(end) => held.end.as_deref() == Some(end),
        };
        let said = |held: &HeldNumber| match &held.end {
            Some(end) => format!("a hold, {}", end.replace('_', " ")),
            None => "a hold that waits for a ruling".to_owned(),
        };
        let all = self.projections.holds(self.counted_days(), &self.sees.whose())?;
        Ok(all.iter().filter(|held| wanted(held)).map(|held| (held.conversation, held.at, said(held))).collect())
    }

    fn closed_talks(
        &self,
        closed: Closed,
        of: &OfConsent,
    ) -> Result<Vec<(ConversationId, Timestamp, String)>, MeasureError> {
        let mut all = self.projections.closed(self.counted_days(), closed)?;
        all.retain(|one| self.sees_line(&one.line) && of.line.as_ref().is_none_or(|line| *line == one.line));
        let said = |one: &Decided| match one.closed {
            Closed::Quiet => {
                format!("an answer waited {} for the buyer's hours", story::length(one.until.since(one.at).as_millis()))
            }
            Closed::Overruled => "an answer left in closed hours: its rep said so".to_owned(),
        };
        Ok(all.iter().map(|one| (one.conversation, one.at, said(one))).collect())
    }

    async fn opted_out_talks(
        &self,
        store: &dyn Store,
        of: &OfConsent,
    ) -> Result<Vec<(ConversationId, Timestamp, String)>, MeasureError> {
        let sees = |out: &OptOut| match &out.line {
            Some(line) => self.sees_line(line),
            None => self.sees == Sees::All,
        };
        // By how long their buyers waited, opt-outs count with the reply that they followed, whenever they came.
        let of_window = match of.band {
            None => self.projections.opt_outs(self.counted_days())?,
            Some(_) => self.projections.opt_outs_after(self.counted_days())?,
        };
        let mut all: Vec<OptOut> = of_window.into_iter().filter(sees).collect();
        all.retain(|out| of.line.is_none() || out.line == of.line);
        all.retain(|out| of.band.as_deref().is_none_or(|band| out.band.name() == band));
        if let Some(campaign) = &of.campaign {
            all.retain(|out| out.line.is_some());
            let asked: Vec<_> = all.iter().filter_map(|out| Some((out.number, out.line.clone()?, out.at))).collect();
            let before = store.campaigns_before(&asked, self.playbook.answered_within).await?;
            let of_it = all.into_iter().zip(before).filter(|(_, before)| before.as_deref().unwrap_or("") == campaign);
            all = of_it.map(|(out, _)| out).collect();
        }
        let said = |out: &OptOut| format!("opted out: {}", out.source);
        Ok(all.iter().filter_map(|out| Some((out.conversation?, out.at, said(out)))).collect())
    }
}

/// Each conversation once, the newest first.
fn newest(mut all: Vec<(ConversationId, Timestamp, String)>, limit: usize) -> Vec<Found> {
    all.sort_by_key(|(id, at, _)| (std::cmp::Reverse(*at), *id));
    let mut times: BTreeMap<ConversationId, i64> = BTreeMap::new();
    for (id, _, _) in &all {
        *times.entry(*id).or_default() += 1;
    }
    let mut found = Vec::new();
    for (id, at, said) in all {
        // The first of each is its newest.
        if let Some(times) = times.remove(&id).filter(|_| found.len() < limit) {
            let conversation = id.to_string();
            found.push(Found { conversation, at: at.millis(), said, times, story: Vec::new() });
        }
    }
    found
}

/// The newest of conversations that are told once already.
fn newest_of(mut found: Vec<Found>, limit: usize) -> Opened {
    let total = found.iter().map(|one| one.times).sum();
    found.sort_by(|a, b| b.at.cmp(&a.at).then_with(|| a.conversation.cmp(&b.conversation)));
    found.truncate(limit);
    Opened { found, total }
}

const fn standing(of: Standing) -> &'static str {
    match of {
        Standing::Running => "waits",
        Standing::InTime => "in time",
        Standing::Late => "late",
        Standing::Overdue => "overdue",
        Standing::Dropped => "needed no answer",
        Standing::DroppedLate => "needed no answer, too late",
    }
}
