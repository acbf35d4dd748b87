//! Logs and counters. No body, phone or token reaches either.

use std::io::IsTerminal as _;
use std::sync::atomic::AtomicU64;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;
use tokio::time::Instant;

use super::store::Waiting;
use super::store::consent::Untold;
use super::store::crm_write::CrmStanding;
use super::store::notice::Notices;
use crate::domain::time::{Span, Timestamp};

/// How long one round of the reconciler may take at a slow carrier.
const SLOW_ROUND: Duration = Duration::from_secs(120);

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Request {
    route: String,
    status: u16,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Route {
    route: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Verdict {
    verdict: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Webhook {
    kind: String,
    outcome: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Kind {
    kind: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Fate {
    outcome: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Standing {
    state: &'static str,
}

/// The counters of a process. Labels are words of the program, never of people.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    requests: Family<Request, Counter>,
    seconds: Family<Route, Histogram>,
    commands: Family<Verdict, Counter>,
    webhooks: Family<Webhook, Counter>,
    webhook_seconds: Family<Kind, Histogram>,
    recovered: Counter<u64, AtomicU64>,
    breaches: Counter<u64, AtomicU64>,
    expectations: Gauge,
    notices: Family<Fate, Counter>,
    notices_now: Family<Standing, Gauge>,
    consents_now: Family<Standing, Gauge>,
    consent_lag: Gauge,
    crm_now: Family<Standing, Gauge>,
    crm_lag: Gauge,
    sends: Family<Fate, Counter>,
    answers: Family<Standing, Gauge>,
    lateness: Histogram,
    paused: Gauge,
    polls: Gauge,
    queue: Gauge,
    group: Histogram,
    rounds: Counter<u64, AtomicU64>,
    /// When the reconciler was last seen at work, and how often it should be.
    round: Mutex<Option<(Instant, Duration)>>,
}

/// A long poll that is open for as long as this lives.
#[derive(Debug)]
pub struct OpenPoll(Gauge);

impl Drop for OpenPoll {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("comeback");
        let requests = Family::default();
        registry.register("http_requests", "Requests by route and status", requests.clone());
        let quick = || Histogram::new(exponential_buckets(0.001, 2.0, 16));
        let seconds = Family::<Route, Histogram>::new_with_constructor(quick);
        registry.register("http_request_seconds", "Time to the answer by route", seconds.clone());
        let commands = Family::default();
        registry.register("commands", "Commands of people by verdict", commands.clone());
        let webhooks = Family::default();
        registry.register("webhooks", "Carriers' webhooks by kind and outcome", webhooks.clone());
        let recovered = Counter::default();
        registry.register(
            "recovered_texts",
            "Texts whose webhook never arrived, found in the carrier's list",
            recovered.clone(),
        );
        let webhook_seconds = Family::<Kind, Histogram>::new_with_constructor(quick);
        registry.register(
            "webhook_seconds",
            "From a carrier's webhook to its 2xx, with what it said on disk",
            webhook_seconds.clone(),
        );
        let expectations = Gauge::default();
        registry.register(
            "expectations_broken",
            "Cases of the playbook that do not come out as expected with the people who are here",
            expectations.clone(),
        );
        let notices = Family::<Fate, Counter>::default();
        for outcome in ["sent", "dropped", "unknown", "dead"] {
            drop(notices.get_or_create(&Fate { outcome }));
        }
        registry.register("notices", "How alerts and webhooks of ours ended", notices.clone());
        let notices_now = Family::<Standing, Gauge>::default();
        registry.register(
            "notices_now",
            "Alerts and webhooks of ours that wait, or were given up",
            notices_now.clone(),
        );
        let consents_now = Family::<Standing, Gauge>::default();
        registry.register(
            "consent_untold",
            "Opt-outs and opt-ins that another system has not been told yet, or refused for good",
            consents_now.clone(),
        );
        let consent_lag = Gauge::default();
        registry.register(
            "consent_lag_seconds",
            "How long the oldest opt-out or opt-in waits to be told to another system",
            consent_lag.clone(),
        );
        let crm_now = Family::<Standing, Gauge>::default();
        registry.register("crm_writes", "Writes into the CRM that wait, or that it refused", crm_now.clone());
        let crm_lag = Gauge::default();
        registry.register("crm_lag_seconds", "How long the oldest write into the CRM waits", crm_lag.clone());
        let breaches = Counter::default();
        registry.register("sla_breaches", "Clocks that nobody met in time", breaches.clone());
        let sends = Family::<Fate, Counter>::default();
        for outcome in ["sent", "refused", "unknown", "abandoned", "parked"] {
            drop(sends.get_or_create(&Fate { outcome }));
        }
        registry.register("sends", "How answers fared on their way out", sends.clone());
        let answers = Family::<Standing, Gauge>::default();
        registry.register("answers", "Answers that wait for somebody now", answers.clone());
        // From a millisecond to some nine hours: after a restart deadlines may be long overdue.
        let lateness = Histogram::new(exponential_buckets(0.001, 2.0, 26));
        registry.register(
            "deadline_lateness_seconds",
            "From a deadline to its effect on disk, on the clock that decides",
            lateness.clone(),
        );
        let paused = Gauge::default();
        registry.register(
            "sends_wait_for_lists",
            "1 while a backup was brought back and no answer leaves before the carriers' lists are read",
            paused.clone(),
        );
        let (polls, queue) = (Gauge::default(), Gauge::default());
        registry.register("open_polls", "Long polls that wait for news", polls.clone());
        registry.register("committer_queue", "Pieces of work that wait for the committer", queue.clone());
        let group = Histogram::new(exponential_buckets(1.0, 2.0, 9));
        let rounds = Counter::default();
        registry.register(
            "reconciler_rounds",
            "Comparisons with the carrier's list that came to an end",
            rounds.clone(),
        );
        registry.register("committer_group_size", "Pieces of work in one transaction", group.clone());
        Self {
            registry,
            requests,
            seconds,
            commands,
            webhooks,
            webhook_seconds,
            recovered,
            breaches,
            expectations,
            notices,
            notices_now,
            consents_now,
            consent_lag,
            crm_now,
            crm_lag,
            sends,
            answers,
            lateness,
            paused,
            polls,
            queue,
            group,
            rounds,
            round: Mutex::new(None),
        }
    }
}

impl Metrics {
    /// The reconciler starts, and will look this often.
    pub fn reconciler_starts(&self, every: Duration) {
        *self.round.lock().unwrap_or_else(PoisonError::into_inner) = Some((tokio::time::Instant::now(), every));
    }

    /// The reconciler has been round.
    pub fn reconciler_ran(&self) {
        self.rounds.inc();
        if let Some((last, _)) = self.round.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            *last = tokio::time::Instant::now();
        }
    }

    /// Whether two rounds and a little more have passed without one.
    pub fn is_reconciler_overdue(&self) -> bool {
        let round = *self.round.lock().unwrap_or_else(PoisonError::into_inner);
        round.is_some_and(|(last, every)| last.elapsed() > every * 2 + SLOW_ROUND)
    }

    /// A request was answered.
    pub fn request(&self, route: &str, status: u16, took: Duration) {
        self.requests.get_or_create(&Request { route: route.to_owned(), status }).inc();
        self.seconds.get_or_create(&Route { route: route.to_owned() }).observe(took.as_secs_f64());
    }

    /// A person's command was decided.
    pub fn command(&self, verdict: &str) {
        self.commands.get_or_create(&Verdict { verdict: verdict.to_owned() }).inc();
    }

    /// A carrier's webhook was answered.
    pub fn webhook(&self, kind: &str, outcome: &str) {
        self.webhooks.get_or_create(&Webhook { kind: kind.to_owned(), outcome: outcome.to_owned() }).inc();
    }

    /// Texts were found in the carrier's list.
    pub fn recovered(&self, texts: u64) {
        self.recovered.inc_by(texts);
    }

    /// A carrier's webhook was answered 2xx.
    pub fn webhook_kept(&self, kind: &str, took: Duration) {
        self.webhook_seconds.get_or_create(&Kind { kind: kind.to_owned() }).observe(took.as_secs_f64());
    }

    /// Cases of the playbook that do not come out as expected now.
    pub fn expectations(&self, broken: usize) {
        self.expectations.set(i64::try_from(broken).unwrap_or(i64::MAX));
    }

    /// Notices ended so.
    pub fn notices(&self, outcome: &'static str, notices: u64) {
        self.notices.get_or_create(&Fate { outcome }).inc_by(notices);
    }

    /// How notices stand now.
    pub fn notices_now(&self, now: Notices) {
        for (state, notices) in [("waiting", now.waiting), ("dead", now.dead)] {
            self.notices_now.get_or_create(&Standing { state }).set(i64::try_from(notices).unwrap_or(i64::MAX));
        }
    }

    /// What of consent other systems have not been told now.
    pub fn consents_now(&self, untold: Untold, now: Timestamp) {
        for (state, words) in [("waiting", untold.waiting), ("dead", untold.refused)] {
            self.consents_now.get_or_create(&Standing { state }).set(i64::try_from(words).unwrap_or(i64::MAX));
        }
        self.consent_lag.set(untold.oldest.map_or(0, |oldest| now.since(oldest).as_seconds().max(0)));
    }

    /// What of the CRM's books is not written now.
    pub fn crm_now(&self, standing: CrmStanding, now: Timestamp) {
        for (state, writes) in [("waiting", standing.waiting), ("refused", standing.refused)] {
            self.crm_now.get_or_create(&Standing { state }).set(i64::try_from(writes).unwrap_or(i64::MAX));
        }
        self.crm_lag.set(standing.oldest.map_or(0, |oldest| now.since(oldest).as_seconds().max(0)));
    }

    /// Clocks that nobody met in time.
    pub fn breaches(&self, clocks: u64) {
        self.breaches.inc_by(clocks);
    }

    /// Answers fared so.
    pub fn sends(&self, outcome: &'static str, answers: u64) {
        self.sends.get_or_create(&Fate { outcome }).inc_by(answers);
    }

    /// A deadline had its effect so long after it was due.
    pub fn deadline(&self, late: Span) {
        #[expect(clippy::cast_precision_loss, reason = "milliseconds of hours, not of ages")]
        self.lateness.observe(late.as_millis().max(0) as f64 / 1000.0);
    }

    /// A device waits for news, for as long as what this gives lives.
    pub fn poll(&self) -> OpenPoll {
        self.polls.inc();
        OpenPoll(self.polls.clone())
    }

    /// Whether no answer leaves because a backup was brought back.
    pub fn sends_wait(&self, wait: bool) {
        self.paused.set(i64::from(wait));
    }

    /// A group of work is on disk.
    pub fn group(&self, size: usize) {
        self.group.observe(f64::from(u32::try_from(size).unwrap_or(u32::MAX)));
    }

    /// How it stands now: what waits for the committer, and for somebody.
    pub fn now(&self, queued: usize, waiting: Waiting) {
        let whole = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        self.queue.set(i64::try_from(queued).unwrap_or(i64::MAX));
        for (state, answers) in [("unknown", waiting.unknown), ("parked", waiting.parked)] {
            self.answers.get_or_create(&Standing { state }).set(whole(answers));
        }
    }

    /// Everything, as text.
    pub fn render(&self) -> String {
        let mut out = String::new();
        // Writing to a string cannot fail.
        text::encode(&mut out, &self.registry).unwrap_or_default();
        out
    }
}

/// Starts logging to standard error: JSON when asked, else lines. `filter` is a `tracing` directive. Lines have colour on
/// a terminal only, and none with `NO_COLOR` set (no-color.org): a file or a pipe gets plain text.
pub fn start_logging(filter: &str, json: bool) {
    let filter = tracing_subscriber::EnvFilter::try_new(filter).unwrap_or_else(|_| "info".into());
    let colour = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty());
    let logger = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(colour);
    let started = if json { logger.json().try_init() } else { logger.with_target(false).try_init() };
    // Already started by a test or an embedding program: theirs stands.
    drop(started);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_reconciler_that_stands_still_is_noticed_after_two_rounds() {
        let (metrics, every) = (Metrics::default(), Duration::from_mins(5));
        tokio::time::advance(every * 10).await;
        assert!(!metrics.is_reconciler_overdue(), "none was started");
        metrics.reconciler_starts(every);
        tokio::time::advance(every * 2 + SLOW_ROUND).await;
        assert!(!metrics.is_reconciler_overdue());
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(metrics.is_reconciler_overdue());
        metrics.reconciler_ran();
        assert!(!metrics.is_reconciler_overdue());
    }
}
