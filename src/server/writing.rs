//! Who types in which conversation, now.
//!
//! **Invariant:** nothing of it is written down, and while nobody types nothing is done: no timer runs, and no poll wakes.
//! What somebody types is over by itself a few seconds after they said it last.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use crate::clock::{Clock, monotonic};
use crate::domain::id::{ConversationId, RepId};
use crate::domain::time::Span;
use crate::domain::visibility::Principal;
use crate::wire::writing::{Writer, Writing};

/// How long somebody counts as typing after they said so, in real time; clients say it every four seconds.
const LASTS: Duration = Duration::from_secs(10);
/// Said again sooner than this it wakes nobody.
const AGAIN: Duration = Duration::from_secs(1);
/// Most people who type at once; whoever comes after them is not shown.
const MOST: usize = 10_000;

#[derive(Debug)]
struct Said {
    conversation: ConversationId,
    rep: RepId,
    /// Who could see the conversation then.
    audience: BTreeSet<Principal>,
    version: u64,
    at: Instant,
}

impl Said {
    fn is_for(&self, principals: &BTreeSet<Principal>, me: &RepId) -> bool {
        self.rep != *me && self.at.elapsed() < LASTS && !self.audience.is_disjoint(principals)
    }
}

/// Everybody who types.
#[derive(Debug)]
pub struct Writers {
    said: Mutex<Vec<Said>>,
    version: watch::Sender<u64>,
}

impl Default for Writers {
    fn default() -> Self {
        Self { said: Mutex::default(), version: watch::Sender::new(0) }
    }
}

impl Writers {
    /// Somebody types, where this audience may see it.
    pub fn say(&self, conversation: ConversationId, rep: &RepId, audience: BTreeSet<Principal>) {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        said.retain(|one| one.at.elapsed() < LASTS);
        let known = said.iter().position(|one| one.conversation == conversation && one.rep == *rep);
        if known.is_some_and(|at| said[at].at.elapsed() < AGAIN) || known.is_none() && said.len() >= MOST {
            return;
        }
        if let Some(at) = known {
            said.remove(at);
        }
        let version = *self.version.borrow() + 1;
        said.push(Said { conversation, rep: rep.clone(), audience, version, at: monotonic() });
        self.version.send_replace(version);
    }

    /// Changes whenever somebody says so.
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.version.subscribe()
    }

    /// Whether there is news for this person since a version they were told.
    pub fn concerns(&self, principals: &BTreeSet<Principal>, me: &RepId, known: u64) -> bool {
        let said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        said.iter().any(|one| one.version > known && one.is_for(principals, me))
    }

    /// Whom this person may see typing.
    pub fn seen_by(&self, principals: &BTreeSet<Principal>, me: &RepId, clock: &dyn Clock) -> Writing {
        let said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        let who = said.iter().filter(|one| one.is_for(principals, me)).map(|one| {
            let left = LASTS.saturating_sub(one.at.elapsed());
            let left = Span::millis(i64::try_from(left.as_millis()).unwrap_or(0));
            let until = clock.now() + clock.of_real(left);
            Writer { conversation: one.conversation, rep: one.rep.clone(), until }
        });
        Writing { version: *self.version.borrow(), who: who.collect() }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::clock::SystemClock;

    fn principals(of: &[Principal]) -> BTreeSet<Principal> {
        of.iter().cloned().collect()
    }

    #[test]
    fn only_those_who_may_see_the_conversation_hear_of_it_and_never_the_person_themselves() {
        let (writers, c) = (Writers::default(), ConversationId(Uuid::from_u128(1)));
        let (maya, ben): (RepId, RepId) = ("maya".into(), "ben".into());
        let lead = principals(&[Principal::Lead("east".into())]);
        let of_ben = principals(&[Principal::Rep(ben.clone())]);
        assert!(!writers.concerns(&lead, &maya, 0));
        writers.say(c, &ben, principals(&[Principal::Rep(ben.clone()), Principal::Lead("east".into())]));
        assert!(writers.concerns(&lead, &maya, 0), "a lead sees it");
        assert!(!writers.concerns(&lead, &ben, 0), "nobody sees themselves");
        assert!(!writers.concerns(&principals(&[Principal::Rep(maya.clone())]), &maya, 0), "not hers to see");
        assert!(!writers.concerns(&of_ben, &ben, 0));
        let told = writers.seen_by(&lead, &maya, &SystemClock);
        assert_eq!(told.who.iter().map(|w| (w.conversation, &w.rep)).collect::<Vec<_>>(), [(c, &ben)]);
        assert!(!writers.concerns(&lead, &maya, told.version), "told once");
        assert_eq!(writers.seen_by(&principals(&[]), &maya, &SystemClock).who, []);
    }

    #[test]
    fn saying_it_too_often_wakes_nobody() {
        let (writers, c) = (Writers::default(), ConversationId(Uuid::from_u128(1)));
        let mut wake = writers.watch();
        wake.mark_unchanged();
        writers.say(c, &"ben".into(), BTreeSet::new());
        assert!(wake.has_changed().unwrap());
        wake.mark_unchanged();
        writers.say(c, &"ben".into(), BTreeSet::new());
        assert!(!wake.has_changed().unwrap());
    }
}
