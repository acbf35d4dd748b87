//! What this process knows of its CRM: whether it answers, since when it does not, and whose card is wanted anew.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use tokio::sync::Notify;

use super::{CrmError, LinkError};
use crate::domain::contact::Address;
use crate::domain::time::{Span, Timestamp};

/// Most numbers that are wanted at once; whoever comes after them is asked about when they text or are opened again.
const MOST: usize = 10_000;

/// In which way the CRM is asked: each may fail by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// For everybody.
    Whole,
    /// For one number.
    Single,
}

/// How the CRM stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Its name, as people say it.
    pub name: String,
    /// When it last answered anything.
    pub answered: Option<Timestamp>,
    /// When an earlier process last read it, by the cards that are kept: it answered then.
    pub read_before: Option<Timestamp>,
    /// Since when it does not; nothing while it does.
    pub failing: Option<Timestamp>,
    /// Why, in words without personal data.
    pub why: String,
    /// Its calls of a day are used up: when it is asked again.
    pub used_up: Option<Timestamp>,
    /// Since when writes fail for a cause that is the CRM's as a whole, whatever it answers beside; nothing while none waits
    /// that did. Nobody's card is older for that.
    pub writes_fail_since: Option<Timestamp>,
}

/// One way in which it does not answer.
#[derive(Debug)]
struct Failing {
    since: Timestamp,
    why: String,
    used_up: Option<Timestamp>,
}

#[derive(Debug, Default)]
struct State {
    name: Option<&'static str>,
    answered: Option<Timestamp>,
    read_before: Option<Timestamp>,
    whole: Option<Failing>,
    single: Option<Failing>,
    /// Since when writes fail.
    writes_fail_since: Option<Timestamp>,
    /// Since when it has said nothing but that it has enough of us.
    busy: Option<Timestamp>,
    /// It answered for everybody while it did not for one number: nobody need wait before asking about one again.
    again: bool,
    wanted: BTreeSet<Address>,
}

impl State {
    fn way(&mut self, way: Way) -> &mut Option<Failing> {
        match way {
            Way::Whole => &mut self.whole,
            Way::Single => &mut self.single,
        }
    }
}

/// Shared by whoever asks the CRM, whoever decides and whoever tells.
#[derive(Debug, Default)]
pub struct Asks {
    state: Mutex<State>,
    wake: Notify,
    /// Held by whoever looks again at conversations, so that each is looked at once.
    pub(super) following: tokio::sync::Mutex<()>,
}

/// How long a CRM may ask to be left alone without counting as one that does not answer.
const BUSY: Span = Span::minutes(1);

impl Asks {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When an earlier process last read the CRM.
    pub fn read_before(&self, at: Option<Timestamp>) {
        self.state().read_before = at;
    }

    /// From here on somebody asks the CRM, until [`Asks::gone`].
    pub fn connected(&self, name: &'static str) {
        self.state().name = Some(name);
    }

    /// Nobody asks any more.
    pub fn gone(&self) {
        self.state().name = None;
    }

    /// Whether there is a CRM.
    pub fn connects(&self) -> bool {
        self.state().name.is_some()
    }

    /// Whether a question about one number is likely to be answered: there is a CRM, and it answered last time.
    pub fn answers(&self) -> bool {
        let state = self.state();
        state.name.is_some() && state.single.is_none()
    }

    /// The CRM answered.
    pub(super) fn well(&self, way: Way, now: Timestamp) {
        let mut state = self.state();
        state.answered = state.answered.max(Some(now));
        state.busy = None;
        if way == Way::Whole && state.single.as_ref().is_some_and(|failing| failing.used_up.is_none()) {
            state.again = true;
            self.wake.notify_one();
        }
        *state.way(way) = None;
    }

    /// Whether it is asked about one number again at once, though it did not answer about one. Told once.
    pub(super) fn tries_again(&self) -> bool {
        std::mem::take(&mut self.state().again)
    }

    /// It did not. Since when stays what it was.
    pub(super) fn failed(&self, way: Way, e: &LinkError, now: Timestamp) {
        // What is wrong with the database is told elsewhere, and a CRM that is busy for a moment answers. One that takes
        // nothing for minutes, as after its day's share is used up, or moment by moment, does not.
        if let LinkError::Crm(e) = e {
            let mut state = self.state();
            let mut first = now;
            if let CrmError::Busy { until, of_the_day: false } = e {
                first = *state.busy.get_or_insert(now);
                if until.since(first) < BUSY {
                    return;
                }
            }
            let since = state.way(way).take().map_or(first, |before| before.since);
            let used_up = if let CrmError::Busy { until, of_the_day: true } = e { Some(*until) } else { None };
            *state.way(way) = Some(Failing { since, why: e.to_string(), used_up });
        }
    }

    /// A write failed, for a cause that is the CRM's as a whole. Since when stays what it was.
    pub(in crate::server) fn writes_fail(&self, now: Timestamp) {
        self.state().writes_fail_since.get_or_insert(now);
    }

    /// It took a write or said why it does not take that one, or none that failed waits any more.
    pub(in crate::server) fn writes_fail_no_more(&self) {
        self.state().writes_fail_since = None;
    }

    /// How the CRM stands; nothing when there is none.
    pub fn standing(&self) -> Option<Standing> {
        let state = self.state();
        let ways = || [&state.whole, &state.single].into_iter().flatten();
        let failing = ways().min_by_key(|failing| failing.since);
        Some(Standing {
            name: state.name?.to_owned(),
            answered: state.answered,
            read_before: state.read_before,
            failing: failing.map(|failing| failing.since),
            why: failing.map(|failing| failing.why.clone()).unwrap_or_default(),
            used_up: ways().filter_map(|failing| failing.used_up).max(),
            writes_fail_since: state.writes_fail_since,
        })
    }

    /// The cards of these numbers are wanted anew. Each waits once, however often it is wanted.
    pub fn want(&self, numbers: impl IntoIterator<Item = Address>) {
        let mut state = self.state();
        let before = state.wanted.len();
        if state.name.is_some() {
            for number in numbers {
                if state.wanted.len() < MOST {
                    state.wanted.insert(number);
                }
            }
        }
        if state.wanted.len() > before {
            self.wake.notify_one();
        }
    }

    /// Numbers that are wanted and may be asked about, at most so many; they wait no more.
    pub(super) fn take(&self, most: usize, may_be_asked: impl Fn(&Address) -> bool) -> Vec<Address> {
        let mut state = self.state();
        let some: Vec<Address> =
            state.wanted.iter().filter(|number| may_be_asked(number)).take(most).cloned().collect();
        for number in &some {
            state.wanted.remove(number);
        }
        some
    }

    /// Comes back when another number is wanted.
    pub(super) async fn news(&self) {
        self.wake.notified().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_wanted_once_and_only_while_somebody_asks() {
        let (asks, number) = (Asks::default(), Address::parse("+14155550100").unwrap());
        asks.want([number.clone()]);
        let take = || asks.take(9, |_| true);
        assert!(take().is_empty() && !asks.answers() && asks.standing().is_none(), "there is no CRM");
        asks.connected("HubSpot");
        asks.want([number.clone(), number.clone()]);
        asks.want([number.clone()]);
        assert!(asks.take(9, |_| false).is_empty(), "whoever may not be asked about yet waits on");
        assert_eq!(take(), [number]);
        assert!(take().is_empty() && asks.answers());
    }

    #[test]
    fn since_when_it_fails_is_the_first_failure_and_each_way_recovers_by_itself() {
        let (asks, at) = (Asks::default(), Timestamp::from_millis);
        let down = |why: &str| LinkError::Crm(CrmError::Unreachable(why.to_owned()));
        asks.connected("HubSpot");
        asks.well(Way::Whole, at(1));
        asks.failed(Way::Single, &down("one"), at(5));
        asks.failed(Way::Single, &down("two"), at(7));
        asks.failed(Way::Whole, &down("three"), at(6));
        let told = asks.standing().unwrap();
        assert_eq!((told.failing, told.answered), (Some(at(5)), Some(at(1))));
        assert!(told.why.contains("two") && !asks.answers());
        asks.well(Way::Single, at(9));
        let told = asks.standing().unwrap();
        assert_eq!((told.failing, told.answered), (Some(at(6)), Some(at(9))), "everybody cannot be read yet");
        assert!(asks.answers(), "and one number can");
        let busy = |of_the_day| LinkError::Crm(CrmError::Busy { until: at(99), of_the_day });
        asks.failed(Way::Single, &busy(false), at(10));
        assert!(asks.answers(), "a CRM that has enough of us answers");
        let again =
            |until, now| asks.failed(Way::Single, &LinkError::Crm(CrmError::Busy { until, of_the_day: false }), now);
        again(at(30_000), at(20_000));
        assert!(asks.answers());
        again(at(70_000), at(60_500));
        assert!(!asks.answers(), "one that has had enough for more than a minute does not");
        assert_eq!(asks.standing().unwrap().failing, Some(at(6)));
        asks.well(Way::Single, at(61_000));
        asks.failed(Way::Single, &busy(true), at(11));
        assert!(!asks.answers(), "one whose day is over does not, however soon it is tried out");
        assert_eq!(asks.standing().unwrap().used_up, Some(at(99)));
        asks.well(Way::Single, at(12));
        assert_eq!(asks.standing().unwrap().used_up, None);
    }

    #[test]
    fn writes_that_come_to_nothing_are_told_beside_what_it_answers() {
        let (asks, at) = (Asks::default(), Timestamp::from_millis);
        asks.connected("HubSpot");
        asks.well(Way::Whole, at(1));
        asks.writes_fail(at(2));
        asks.writes_fail(at(3));
        asks.well(Way::Whole, at(4));
        let told = asks.standing().unwrap();
        assert_eq!((told.writes_fail_since, told.failing), (Some(at(2)), None));
        assert!(asks.answers(), "nobody's reply waits for that");
        asks.writes_fail_no_more();
        assert_eq!(asks.standing().unwrap().writes_fail_since, None);
    }

    #[test]
    fn a_crm_that_tells_everybody_again_is_asked_about_one_number_at_once() {
        let (asks, at) = (Asks::default(), Timestamp::from_millis);
        let down = LinkError::Crm(CrmError::Unreachable("gone".to_owned()));
        asks.connected("the folder");
        asks.well(Way::Whole, at(1));
        assert!(!asks.tries_again(), "nothing had failed");
        asks.failed(Way::Single, &down, at(2));
        asks.well(Way::Whole, at(3));
        assert!(asks.tries_again() && !asks.tries_again(), "once");
        let used_up = LinkError::Crm(CrmError::Busy { until: at(99), of_the_day: true });
        asks.failed(Way::Single, &used_up, at(4));
        asks.well(Way::Whole, at(5));
        assert!(!asks.tries_again(), "a day that is over is over for everybody");
    }
}
