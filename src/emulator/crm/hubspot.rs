//! An emulated HubSpot that keeps what is written: contacts, companies, deals, communications, tasks, meetings and notes,
//! their associations, owners and pipelines, its search as it is (calculated phone properties, and lag when it is told to),
//! its limits with their headers, and webhooks signed by version 3.
//!
//! It shares no code with our connector: it was written from HubSpot's published descriptions and documentation, and is
//! held against HubSpot's own library. What it does not know it refuses, and remembers ([`HubSpotEmulator::unknown`]).

mod answers;
mod associations;
mod http;
mod phone;
mod records;
mod search;
mod webhook;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use self::records::Book;
use super::super::faults::Times;
use super::control::{self, Driven};
use crate::clock::Clock;
use crate::domain::time::Timestamp;

/// What to emulate.
#[derive(Debug, Clone)]
pub struct HubSpotConfig {
    /// A private app's token: opens the API.
    pub token: String,
    /// The app's client secret: signs webhooks.
    pub client_secret: String,
    /// Calls in ten seconds.
    pub calls: usize,
    /// Searches in one second.
    pub searches: usize,
}

impl Default for HubSpotConfig {
    fn default() -> Self {
        let (token, client_secret) = ("pat-na1-0000".to_owned(), "client-secret".to_owned());
        Self { token, client_secret, calls: 100, searches: 5 }
    }
}

/// What goes wrong on purpose.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HubSpotFaults {
    /// Every call is answered 502 by something in front of it, in HTML.
    pub down: Times,
    /// Every answer comes so many real milliseconds late.
    pub slow_ms: u64,
    /// Answers say 200 and are not JSON.
    pub garbage: Times,
    /// Answers are JSON of another form.
    pub wrong: Times,
    /// Calls are refused: 429, with so many seconds to wait.
    pub too_many: Times,
    /// The seconds that a refusal says.
    pub retry_after: Option<u64>,
    /// The calls of the day are used up.
    pub day_is_over: bool,
    /// The token lacks a scope: 403.
    pub forbidden: bool,
    /// A write is made, and answered 500.
    pub swallowed: Times,
    /// What is written is not found by searches before [`HubSpotEmulator::index`].
    pub lags: bool,
}

/// A running one. Its task ends with it.
#[derive(Debug)]
pub struct HubSpotEmulator {
    base_url: String,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

struct Shared {
    clock: Arc<dyn Clock>,
    config: HubSpotConfig,
    book: Mutex<Book>,
    seen: Mutex<Seen>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Shared")
    }
}

/// What was asked.
#[derive(Default)]
struct Seen {
    faults: HubSpotFaults,
    calls: Vec<Instant>,
    searches: Vec<Instant>,
    /// Method and path of every call that was let in, in order.
    asked: Vec<String>,
    unknown: Vec<String>,
    refused: usize,
    /// The most calls that were answered at once.
    at_once: usize,
    now: usize,
}

impl HubSpotEmulator {
    /// Starts one. It has one pipeline and nobody in it.
    pub fn start(listener: TcpListener, config: HubSpotConfig, clock: Arc<dyn Clock>) -> std::io::Result<Self> {
        let base_url = format!("http://{}", listener.local_addr()?);
        let (book, seen) = (Mutex::new(Book::default()), Mutex::default());
        let shared = Arc::new(Shared { clock, config, book, seen });
        let app = http::router(Arc::clone(&shared)).merge(control::router(Arc::clone(&shared)));
        let task = tokio::spawn(async move { drop(axum::serve(listener, app).await) });
        Ok(Self { base_url, shared, task })
    }

    /// Where it is.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// What goes wrong from now on.
    pub fn set_faults(&self, faults: HubSpotFaults) {
        self.shared.seen().faults = faults;
    }

    /// Somebody who can own records. Their owner id.
    pub fn owner(&self, email: &str, archived: bool) -> String {
        self.shared.book().owner(email, archived)
    }

    /// Somebody who can own records leaves: they are archived, and own what they own still.
    pub fn leaves(&self, owner: &str) {
        for one in self.shared.book().owners.iter_mut().filter(|one| one.id == owner) {
            one.archived = true;
        }
    }

    /// Makes a record, as a person does in HubSpot, that hangs on others. Its id, or why not.
    pub fn make(&self, kind: &str, properties: &Value, on: &[(&str, &str)]) -> Result<String, String> {
        self.make_at(kind, properties, on, self.shared.clock.now())
    }

    /// Makes a record as [`HubSpotEmulator::make`] does, that a person made at that time: it was created then, and has been
    /// what it is since.
    pub fn make_at(
        &self,
        kind: &str,
        properties: &Value,
        on: &[(&str, &str)],
        at: Timestamp,
    ) -> Result<String, String> {
        let lags = self.shared.seen().faults.lags;
        let mut book = self.shared.book();
        let kind = records::kind(kind).ok_or("no such kind of record")?;
        let properties = records::texts(properties)?;
        let id = book.make(kind, properties, at.millis(), lags)?;
        for (to, end) in on {
            let to = records::kind(to).ok_or("no such kind of record")?;
            book.associate_plainly((kind, &id), (to, end))?;
        }
        Ok(id)
    }

    /// Changes a record, as a person does in HubSpot.
    pub fn change(&self, kind: &str, id: &str, properties: &Value) -> Result<(), String> {
        let (at, lags) = (self.shared.millis(), self.shared.seen().faults.lags);
        let kind = records::kind(kind).ok_or("no such kind of record")?;
        self.shared.book().change(kind, id, records::texts(properties)?, at, lags).map(drop)
    }

    /// Deletes a record: it is archived.
    pub fn delete(&self, kind: &str, id: &str) -> bool {
        records::kind(kind).is_some_and(|kind| self.shared.book().delete(kind, id))
    }

    /// All records of a kind with their properties and what they hang on, oldest first.
    pub fn all(&self, kind: &str) -> Vec<Value> {
        self.shared.records(kind)
    }

    /// Searches find everything that was written until now.
    pub fn index(&self) {
        self.shared.book().index();
    }

    /// Method and path of every call so far, those refused by a limit or a fault left out.
    pub fn asked(&self) -> Vec<String> {
        self.shared.calls()
    }

    /// Calls that it does not know: none, where all is well.
    pub fn unknown(&self) -> Vec<String> {
        self.shared.seen().unknown.clone()
    }

    /// Calls that were refused by a limit.
    pub fn refused(&self) -> usize {
        self.shared.seen().refused
    }

    /// The most calls that were answered at once.
    pub fn at_once(&self) -> usize {
        self.shared.seen().at_once
    }

    /// Posts what changed since the last time, signed, and tells the status of the answer; 0 for none.
    pub async fn deliver(&self, url: &str) -> u16 {
        let events = std::mem::take(&mut self.shared.book().events);
        self.post(url, &json!(events)).await
    }

    /// Posts these events, signed. The status of the answer; 0 for none.
    pub async fn post(&self, url: &str, events: &Value) -> u16 {
        webhook::post(url, &self.shared.config.client_secret, self.shared.millis(), &events.to_string()).await
    }
}

impl Driven for Shared {
    fn records(&self, kind: &str) -> Vec<Value> {
        let book = self.book();
        let Some(kind) = records::kind(kind) else { return Vec::new() };
        let told = |(id, record): (&String, &records::Record)| json!({ "id": id, "properties": record.properties, "on": book.ends(kind, id) });
        book.of(kind).iter().filter(|(_, record)| !record.archived).map(told).collect()
    }

    fn calls(&self) -> Vec<String> {
        self.seen().asked.clone()
    }

    fn fail(&self, faults: Value) -> serde_json::Result<()> {
        self.seen().faults = serde_json::from_value(faults)?;
        Ok(())
    }
}

impl Drop for HubSpotEmulator {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Shared {
    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn millis(&self) -> i64 {
        self.clock.now().millis()
    }
}
