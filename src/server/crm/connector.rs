//! What a CRM is to us: one trait, which every connector fills as far as its CRM can.
//!
//! **What all of them promise.** Nobody waits for a connector on the path of a text. It calls out by [`super::super::egress`]
//! alone, bounded in time, size and number of calls at once, and obeys the CRM's own limits before it is told to. What it
//! reads is hostile until checked. Ids are the CRM's own, and opaque. Errors hold no phone, no text and no token.
//!
//! **What a CRM lacks** its connector leaves as it is here: [`CrmError::Cannot`]. Whoever asks lives with that.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use async_trait::async_trait;

use super::changed::{Changed, Touched};
use super::owner::Owner;
use super::write::{Owned, TaskState, Write};
use crate::domain::contact::Address;
use crate::domain::context::Card;
use crate::domain::deal::Deal;
use crate::domain::id::DealId;
use crate::domain::time::Timestamp;
use crate::server::carrier::{Hooked, Unbelieved};

/// Why the CRM could not be asked, or did not do it. What was read before stays.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CrmError {
    /// It refused us: 401 and their like. A person has to change a token; trying again is cheap and finds out that they did.
    #[error("the CRM refused ({0}): check its token and what that may do")]
    Refused(u16),
    /// It knows us, and we have no right to this one question or write: a scope of the app, a right of its user, or one to
    /// this record. A person gives it. Nothing was done. In the CRM's own words, cleaned, as far as they hold nothing of a
    /// record.
    #[error("the CRM does not let our app do this (403): {0}")]
    Forbidden(String),
    /// It did not answer, or broke off. Later it may be better. A write may have been made.
    #[error("the CRM did not answer: {0}")]
    Unreachable(String),
    /// It failed on its side, with this status: 5xx and their like. As with no answer: later it may be better, and a write
    /// may have been made.
    #[error("the CRM does not answer properly ({0})")]
    Failing(u16),
    /// It has had enough of us for now. Nothing was done.
    #[error("{}", busy(*until, *of_the_day))]
    Busy {
        /// When it is asked again, by the clock that decides.
        until: Timestamp,
        /// Its calls of a day are used up: for how long it does not say, and then one call finds out.
        of_the_day: bool,
    },
    /// It answered with something else. A write may have been made.
    #[error("the CRM's answer is not readable: {0}")]
    Unreadable(String),
    /// What was asked for, or was to be written about, is not there any more. Nothing was done.
    #[error("the CRM has no such record any more")]
    NotFound,
    /// It takes this one question or write in no way. Nothing was done, and the same again changes nothing.
    #[error("the CRM does not take this: {0}")]
    Invalid(String),
    /// This connector has no way to it. Nothing was done.
    #[error("this CRM cannot {0}")]
    Cannot(&'static str),
}

fn busy(until: Timestamp, of_the_day: bool) -> String {
    if of_the_day {
        format!("the CRM's calls of a day are used up; it is asked again at {until}")
    } else {
        format!("the CRM takes no more questions before {until}")
    }
}

impl CrmError {
    /// Whether a write that ended so may have been made all the same: it is looked for ([`Crm::find`]) before it is made
    /// again.
    pub const fn may_have_been_made(&self) -> bool {
        match self {
            Self::Unreachable(_) | Self::Failing(_) | Self::Unreadable(_) => true,
            Self::Refused(_)
            | Self::Forbidden(_)
            | Self::Busy { .. }
            | Self::NotFound
            | Self::Invalid(_)
            | Self::Cannot(_) => false,
        }
    }

    /// Whether it is for want of a right, which a person gives: another question or write may be taken.
    pub const fn is_forbidden(&self) -> bool {
        matches!(self, Self::Forbidden(_))
    }

    /// Whether it is said of this one question or write: another one may be taken.
    pub const fn is_of_one(&self) -> bool {
        match self {
            Self::Forbidden(_) | Self::Unreadable(_) | Self::NotFound | Self::Invalid(_) | Self::Cannot(_) => true,
            Self::Refused(_) | Self::Unreachable(_) | Self::Failing(_) | Self::Busy { .. } => false,
        }
    }

    /// Whether the same again can come to anything else while nobody changes the question or the record.
    pub const fn is_final(&self) -> bool {
        match self {
            Self::NotFound | Self::Invalid(_) | Self::Cannot(_) => true,
            Self::Refused(_)
            | Self::Forbidden(_)
            | Self::Unreachable(_)
            | Self::Failing(_)
            | Self::Busy { .. }
            | Self::Unreadable(_) => false,
        }
    }
}

/// Some of the deals that changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Deals {
    /// In the order of their last change, within the page.
    pub deals: Vec<Deal>,
    /// What the next page is asked for with; nothing after the last one.
    pub next: Option<String>,
}

/// What a server and the proxies before it take for a call at most, once they have it, with room: those of the large CRMs end
/// theirs well before.
pub const SETTLES: Duration = Duration::from_secs(60);

/// Deals asked about at once by [`Crm::still`], and tasks by [`Crm::tasks`].
pub const ASKED: usize = 100;

/// A CRM.
#[async_trait]
pub trait Crm: Send + Sync + 'static {
    /// Its name, as people say it: `HubSpot`.
    fn name(&self) -> &'static str {
        "the CRM"
    }

    /// The people behind one address: none, one, or several, **all** of them, in an order that stays. Whatever the CRM's
    /// search found, only who has this very number is among them: each candidate's own numbers are parsed to E.164 and
    /// compared. An address that is no phone number has nobody behind it.
    async fn behind(&self, address: &Address) -> Result<Vec<Card>, CrmError>;

    /// Whether there are calls left, of those that it allows in a day, for what nobody waits for.
    fn has_calls_to_spare(&self) -> bool {
        true
    }

    /// Everybody with a number, as addresses with their people. For a CRM that is small enough to be read whole now and
    /// then; of another one only those numbers are asked about that text us.
    async fn everybody(&self) -> Result<Vec<(Address, Vec<Card>)>, CrmError> {
        Err(CrmError::Cannot("list everybody"))
    }

    /// Comes back when everybody is to be read again, because it noticed a change by itself. A CRM that notices nothing never
    /// does.
    async fn changed(&self) {
        std::future::pending::<()>().await;
    }

    /// What of the CRM does not read, each with its place, what it costs, and without what stands there; the first of it, and
    /// how much there is.
    async fn complaints(&self) -> Result<(Vec<String>, usize), CrmError> {
        Ok((Vec::new(), 0))
    }

    /// How many rows of deals do not read, and are missing among those it tells of.
    async fn unread_deals(&self) -> Result<usize, CrmError> {
        Ok(0)
    }

    /// Whoever can own a record, those that left with them: [`Owner::active`]. Whole, or an error.
    async fn owners(&self) -> Result<Vec<Owner>, CrmError> {
        Err(CrmError::Cannot("list its owners"))
    }

    /// Whether its records name their owners as the playbook does, or by their mail addresses: whoever is named there and is
    /// nobody here is told of by [`Crm::complaints`].
    fn names_reps(&self) -> bool {
        false
    }

    /// Deals that changed at `since` or later, by the CRM's clock, a page at a time: `after` is the `next` of the page
    /// before. Each is whole, with its history. One that changes meanwhile may come twice, and costs no other one its place; and what CRMs list lags behind
    /// what was written by seconds: ask again from a few minutes before the last answer, and let the newer one win.
    async fn deals(&self, since: Timestamp, after: Option<&str>) -> Result<Deals, CrmError> {
        let _ = (since, after);
        Err(CrmError::Cannot("tell which deals changed"))
    }

    /// Which of these deals it still has, at most [`ASKED`] of them: what was deleted tells nobody that it changed.
    async fn still(&self, deals: &[DealId]) -> Result<BTreeSet<DealId>, CrmError> {
        let _ = deals;
        Err(CrmError::Cannot("tell which deals it still has"))
    }

    /// What a webhook of this CRM says has changed, once its signature is believed; over the bytes as they came. Asks
    /// nobody. A CRM that posts none believes none.
    async fn heard(&self, hooked: &Hooked<'_>) -> Result<Vec<Changed>, Unbelieved> {
        let _ = hooked;
        Err(Unbelieved::Forged("this CRM posts no webhooks, or no secret of theirs is set up".to_owned()))
    }

    /// Whom it concerns that these records changed: the CRM said so by a webhook. Whoever hangs on them, and every number
    /// that those people have now. Records that are gone concern nobody beside who was known to.
    async fn touched(&self, changed: &[Changed]) -> Result<Touched, CrmError> {
        let _ = changed;
        Err(CrmError::Cannot("tell whom a change concerns"))
    }

    /// What somebody has to make in the CRM before it takes every write of ours, each in one line.
    async fn lacks(&self) -> Result<Vec<String>, CrmError> {
        Ok(Vec::new())
    }

    /// Whether it takes writes, finds them again and tells how tasks stand: all three or none.
    fn takes_writes(&self) -> bool {
        false
    }

    /// How long a call that nobody heard the end of may go on there and make its write all the same. Only behind it does "not
    /// there" ([`Crm::find`]) mean that it was not made.
    fn settles(&self) -> Duration {
        SETTLES
    }

    /// Makes one write, once, and returns the CRM's id of what was made or changed. It never tries again by itself, but for
    /// what was refused whole because of its owner: that is made with the owner as known then, or without one. After an
    /// error that says so ([`CrmError::may_have_been_made`]), and after a crash, the write is looked for with [`Crm::find`]
    /// before it is made again; the key in it is what it is found by.
    async fn write(&self, write: &Write) -> Result<String, CrmError> {
        let _ = write;
        Err(CrmError::Cannot("take writes"))
    }

    /// The CRM's id of this write, when it was made before. Never by a search that lags behind: "not there" means that it
    /// was not made, once the call that may have made it ended. May look through what hangs on the contact, so it is for
    /// the doubtful case.
    async fn find(&self, write: &Write) -> Result<Option<String>, CrmError> {
        let _ = write;
        Err(CrmError::Cannot("look for writes"))
    }

    /// Whose the record is now that a write would give another owner ([`What::Owner`](super::write::What::Owner)). It is
    /// asked for before that is written: what a person set there meanwhile is theirs to keep. A CRM that takes an owner as a
    /// word, and decides itself, says nobody's.
    async fn owned(&self, write: &Write) -> Result<Owned, CrmError> {
        let _ = write;
        Ok(Owned::Nobody)
    }

    /// Whether only its own users own what is written: a rep without one has no task in anybody's list there.
    fn has_users(&self) -> bool {
        false
    }

    /// How a task that we wrote stands there, by the id that [`Crm::write`] returned. One that was deleted is
    /// [`CrmError::NotFound`].
    async fn task(&self, id: &str) -> Result<TaskState, CrmError> {
        let _ = id;
        Err(CrmError::Cannot("tell how a task stands"))
    }

    /// How several of them stand, at most [`ASKED`], in as few calls as the CRM allows: it is asked again and again while
    /// they are open. One that was deleted is not among them.
    async fn tasks(&self, ids: &[String]) -> Result<BTreeMap<String, TaskState>, CrmError> {
        let mut all = BTreeMap::new();
        for id in ids {
            match self.task(id).await {
                Ok(state) => drop(all.insert(id.clone(), state)),
                Err(CrmError::NotFound) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(all)
    }
}
