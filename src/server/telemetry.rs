//! Logs and counters. No body, phone or token reaches either.

use std::io::IsTerminal as _;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

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

/// The counters of a process.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    requests: Family<Request, Counter>,
    seconds: Family<Route, Histogram>,
    commands: Family<Verdict, Counter>,
    webhooks: Family<Webhook, Counter>,
    recovered: Counter<u64, AtomicU64>,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("comeback");
        let requests = Family::default();
        registry.register("http_requests", "Requests by route and status", requests.clone());
        let seconds =
            Family::<Route, Histogram>::new_with_constructor(|| Histogram::new(exponential_buckets(0.001, 2.0, 16)));
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
        Self { registry, requests, seconds, commands, webhooks, recovered }
    }
}

impl Metrics {
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
