//! An emulated Salesforce that keeps what is written: accounts, contacts, leads, opportunities with their history, roles and
//! teams, tasks, events, users; OAuth's JWT bearer flow with the signature checked; SOQL and SOSL, as far as they are spoken
//! here, really evaluated; its limits with their header.
//!
//! It shares no code with our connector: it was written from Salesforce's published documentation, and is held against
//! Salesforce's own library. What it does not know it refuses, and remembers ([`SalesforceEmulator::unknown`]).

mod book;
mod eval;
mod http;
mod parse;
mod schema;
mod sosl;
mod token;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use self::book::{Book, Refusal};
use super::super::faults::Times;
use super::control::{self, Driven};
use crate::clock::Clock;
use crate::domain::time::Timestamp;

/// The private key of the emulated app, in PEM. It opens nothing but the emulator.
pub const KEY: &str = include_str!("../../../assets/emulator/salesforce-key.pem");

/// What to emulate.
#[derive(Debug, Clone)]
pub struct SalesforceConfig {
    /// The connected app's consumer key.
    pub client_id: String,
    /// The user name of whom the app acts for.
    pub user: String,
    /// A private key in PEM (PKCS#8), whose public half the app believes.
    pub key: String,
    /// Whom an assertion is for; the emulator's own address where nothing is said.
    pub audience: Option<String>,
    /// Calls in twenty-four hours.
    pub calls: usize,
    /// Records of one page.
    pub page: usize,
}

impl Default for SalesforceConfig {
    fn default() -> Self {
        let (client_id, user) = ("3MVG9emulated".to_owned(), "sms@acme.example".to_owned());
        Self { client_id, user, key: KEY.to_owned(), audience: None, calls: 15_000, page: 2_000 }
    }
}

/// What goes wrong on purpose.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SalesforceFaults {
    /// Every call is answered 502 by something in front of it, in HTML.
    pub down: Times,
    /// Every answer comes so many real milliseconds late.
    pub slow_ms: u64,
    /// Answers say 200 and are not JSON.
    pub garbage: Times,
    /// Answers are JSON of another form.
    pub wrong: Times,
    /// Calls are refused because too many are answered at once.
    pub too_many: Times,
    /// The calls of twenty-four hours are used up.
    pub day_is_over: bool,
    /// Calls are answered 503.
    pub unavailable: Times,
    /// The seconds that a 503 says.
    pub retry_after: Option<u64>,
    /// The app may not call: 403.
    pub forbidden: bool,
    /// The record is in somebody else's hand.
    pub locked: Times,
    /// A write is made, and answered 500.
    pub swallowed: Times,
    /// What is written is not found by searches before [`SalesforceEmulator::index`].
    pub lags: bool,
    /// No token is given.
    pub no_token: Times,
    /// Tokens are said to open this address.
    pub instance: Option<String>,
}

/// A running one. Its task ends with it.
#[derive(Debug)]
pub struct SalesforceEmulator {
    base_url: String,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

struct Shared {
    clock: Arc<dyn Clock>,
    config: SalesforceConfig,
    base_url: String,
    /// The key that assertions are checked with.
    public: Vec<u8>,
    /// The id of whom the app acts for.
    api_user: String,
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
    faults: SalesforceFaults,
    /// When calls came, by the clock, in milliseconds.
    calls: Vec<i64>,
    /// Method and path of every call that was let in, in order.
    asked: Vec<String>,
    unknown: Vec<String>,
    refused: usize,
    /// Tokens that were given, and those of them that are good still.
    tokens: usize,
    open: Vec<String>,
    /// Pages that were not asked for yet.
    cursors: Vec<(String, Vec<Value>, usize)>,
    /// The most calls that were answered at once.
    at_once: usize,
    now: usize,
}

impl SalesforceEmulator {
    /// Starts one. It has stages and words for tasks, the app's own user, and nobody else in it.
    pub fn start(listener: TcpListener, config: SalesforceConfig, clock: Arc<dyn Clock>) -> std::io::Result<Self> {
        let base_url = format!("http://{}", listener.local_addr()?);
        let no_key = || std::io::Error::new(std::io::ErrorKind::InvalidInput, "no RSA key in PEM (PKCS#8)");
        let public = token::public(&config.key).ok_or_else(no_key)?;
        let at = clock.now().millis();
        let mut book = Book::new(at);
        let user = json!({ "Name": "SMS", "Username": config.user, "Email": "sms@acme.example", "IsActive": true, "UserType": "Standard" });
        let api_user = book.make("User", &user, "", at).map_err(|Refusal(_, why)| std::io::Error::other(why))?;
        let (book, seen) = (Mutex::new(book), Mutex::default());
        let shared = Shared { clock, config, base_url: base_url.clone(), public, api_user, book, seen };
        let shared = Arc::new(shared);
        let app = http::router(Arc::clone(&shared)).merge(control::router(Arc::clone(&shared)));
        let task = tokio::spawn(async move { drop(axum::serve(listener, app).await) });
        Ok(Self { base_url, shared, task })
    }

    /// Where it is.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// What goes wrong from now on.
    pub fn set_faults(&self, faults: SalesforceFaults) {
        self.shared.seen().faults = faults;
    }

    /// Somebody who can own records. Their id.
    pub fn user(&self, email: &str, active: bool, zone: &str) -> Result<String, String> {
        let name = email.split('@').next().unwrap_or_default();
        let user = json!({
            "Name": name, "Username": email, "Email": email, "IsActive": active, "UserType": "Standard",
            "TimeZoneSidKey": zone, "Title": "Account Executive",
        });
        self.make("User", &user)
    }

    /// Makes a record, as a person does in Salesforce. Its id, or why not.
    pub fn make(&self, kind: &str, fields: &Value) -> Result<String, String> {
        self.make_at(kind, fields, self.shared.clock.now())
    }

    /// Makes a record as [`SalesforceEmulator::make`] does, that a person made at that time: it was created then, came to its
    /// stage or was done then, and nobody changed it since.
    pub fn make_at(&self, kind: &str, fields: &Value, at: Timestamp) -> Result<String, String> {
        let mut book = self.shared.book_now();
        let kind = book.kind(kind).ok_or("no such kind of record")?;
        book.make(kind, fields, &self.shared.api_user, at.millis()).map_err(|Refusal(_, why)| why)
    }

    /// Changes a record, as a person does in Salesforce.
    pub fn change(&self, kind: &str, id: &str, fields: &Value) -> Result<(), String> {
        let at = self.shared.millis();
        let mut book = self.shared.book_now();
        let kind = book.kind(kind).ok_or("no such kind of record")?;
        book.change(kind, id, fields, &self.shared.api_user, at).map_err(|Refusal(_, why)| why)
    }

    /// Deletes a record.
    pub fn delete(&self, kind: &str, id: &str) -> bool {
        let at = self.shared.millis();
        let mut book = self.shared.book_now();
        book.kind(kind).is_some_and(|kind| book.delete(kind, id, at))
    }

    /// A field that an operator makes, as `SDR__c:User`.
    pub fn add_field(&self, kind: &str, field: &'static str) {
        let mut book = self.shared.book();
        if let Some(kind) = book.kind(kind) {
            book.add_field(kind, schema::field(field));
        }
    }

    /// A field that the app's user may not see.
    pub fn hide(&self, kind: &str, field: &'static str) {
        let mut book = self.shared.book();
        if let Some(kind) = book.kind(kind) {
            book.hidden.push((kind, field));
        }
    }

    /// An organisation that does not have this kind of record.
    pub fn without(&self, kind: &str) {
        let mut book = self.shared.book();
        book.without.extend(schema::kind(kind));
    }

    /// All records of a kind with their fields, oldest first.
    pub fn all(&self, kind: &str) -> Vec<Value> {
        self.shared.records(kind)
    }

    /// Searches find everything that was written until now.
    pub fn index(&self) {
        self.shared.book().index();
    }

    /// Every token that was given is good no more.
    pub fn expire(&self) {
        self.shared.seen().open.clear();
    }

    /// How many tokens were given.
    pub fn tokens(&self) -> usize {
        self.shared.seen().tokens
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
}

impl Driven for Shared {
    fn records(&self, kind: &str) -> Vec<Value> {
        let book = self.book();
        let Some(kind) = book.kind(kind) else { return Vec::new() };
        book.of(kind).map(|(_, record)| Value::Object(record.fields.clone())).collect()
    }

    fn calls(&self) -> Vec<String> {
        self.seen().asked.clone()
    }

    fn fail(&self, faults: Value) -> serde_json::Result<()> {
        self.seen().faults = serde_json::from_value(faults)?;
        Ok(())
    }
}

impl Drop for SalesforceEmulator {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Shared {
    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The book, for a write: whether searches lag is decided as it is made.
    fn book_now(&self) -> MutexGuard<'_, Book> {
        let lags = self.seen().faults.lags;
        let mut book = self.book();
        book.lags = lags;
        book
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn millis(&self) -> i64 {
        self.clock.now().millis()
    }
}
