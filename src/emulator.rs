//! An emulated carrier that speaks Twilio's HTTP API, a small CRM, and buyers who text: the demo's world, and what tests
//! are held against.
//!
//! **It shares no code with our Twilio adapter** and knows nothing of this crate but the clock, so that each side finds
//! the other's mistakes. It was written from Twilio's documentation and published description, and is itself held
//! against others' work: Twilio's own library signs, sends and lists through it.
//!
//! * `POST` / `GET Messages.json`, numbers and services, behind Basic authentication.
//! * webhooks, signed and retried only as Twilio does; status callbacks late, swapped and repeated.
//! * `/crm/v1/contacts`, behind a bearer token; the same as a folder of tables, which takes writes.
//! * `/outside/NAME` and a mail server: whoever else is told.
//! * `/emulator/v1/…`: what a test may ask (make a buyer text, read every send, switch faults). No authentication.
//! * buyers: a pure function of seed, virtual time and what was answered.

mod api;
mod buyers;
mod callbacks;
mod control;
mod crm;
mod dice;
mod faults;
mod geo;
mod inbound;
mod mail;
mod message;
mod optout;
pub mod others;
mod outside;
mod overrides;
mod segments;
mod shared;
mod signature;
mod state;
mod webhook;

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

pub use self::buyers::BuyerPlan;
pub use self::crm::{fill, hubspot, salesforce};
pub use self::faults::{Callbacks, Faults, Times};
pub use self::state::Number;

use self::buyers::World;
use self::dice::Dice;
use self::shared::{Parts, Shared};
use crate::clock::Clock;

/// What to emulate.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmulatorConfig {
    /// The same seed is the same world.
    pub seed: u64,
    /// Told apart runs over one database: message sids differ by it, as a real carrier never gives one twice.
    #[serde(default)]
    pub run: u64,
    /// AC and 32 hexadecimal digits.
    pub account_sid: String,
    /// Signs webhooks and opens the API.
    pub auth_token: String,
    /// The account's secondary token while tokens are rotated: it opens the API too, and signs nothing.
    #[serde(default)]
    pub other_token: Option<String>,
    /// The CRM's bearer token.
    pub crm_token: String,
    /// What webhooks to `/outside/…` are signed with: `whsec_` and base64.
    #[serde(default)]
    pub outside_secret: String,
    /// Our lines.
    pub numbers: Vec<Number>,
    /// Ids of the reps who own contacts; the script's first question is for the first, its second meeting for the next.
    pub reps: Vec<String>,
    /// Ids of reps who left and still own contacts.
    pub left: Vec<String>,
    /// Who texts.
    #[serde(default)]
    pub buyers: BuyerPlan,
    /// What goes wrong on purpose.
    #[serde(default)]
    pub faults: Faults,
    /// What becomes of a text, and its callbacks, come so many times sooner than a network would have it; 0 is 1.
    #[serde(default)]
    pub hurry: u32,
}

impl EmulatorConfig {
    /// The demo's world: one line, five reps, forty buyers. Account and tokens follow from the seed; they open nothing
    /// but the emulator.
    pub fn demo(seed: u64) -> Self {
        let hex = |label: &str| Dice::new(seed, label, 0).hex(32);
        Self {
            seed,
            run: 0,
            account_sid: format!("AC{}", hex("account")),
            auth_token: hex("auth token"),
            other_token: None,
            crm_token: hex("crm token"),
            outside_secret: format!("whsec_{}", hex("outside secret")),
            numbers: vec![Number { number: "+16465550100".to_owned(), ..Number::default() }],
            reps: ["maya", "ben", "ines", "omar", "lea"].map(str::to_owned).to_vec(),
            left: vec!["zoe".to_owned()],
            buyers: BuyerPlan::default(),
            faults: Faults::default(),
            hurry: 1,
        }
    }
}

impl std::fmt::Debug for EmulatorConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EmulatorConfig").field("seed", &self.seed).field("run", &self.run).finish_non_exhaustive()
    }
}

/// A running emulator. Dropping it ends it.
pub struct Emulator {
    shared: Arc<Shared>,
    stop: watch::Sender<bool>,
    server: JoinHandle<()>,
}

impl std::fmt::Debug for Emulator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Emulator").field("base_url", &self.shared.base_url).finish_non_exhaustive()
    }
}

/// Starts carrier, CRM and buyers on `listener`. The world begins at the clock's now.
#[expect(clippy::unused_async, reason = "it spawns tasks, so only a runtime may call it")]
pub async fn start(listener: TcpListener, config: EmulatorConfig, clock: Arc<dyn Clock>) -> Emulator {
    // The webhook client needs a TLS implementation; whoever came first has chosen the same one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let began = clock.now();
    let areas: Vec<String> = config.numbers.iter().flat_map(|n| n.areas.clone()).collect();
    let people = (&config.reps[..], &config.left[..]);
    let contacts = crm::contacts(config.seed, began, config.buyers.count, people, &areas);
    let world = World::new(config.seed, began, config.buyers, &contacts, &config.numbers);
    let shared = Shared::new(Parts {
        clock,
        base_url: base_url(&listener),
        account_sid: config.account_sid,
        auth_token: config.auth_token,
        other_token: config.other_token,
        crm_token: config.crm_token,
        outside_secret: config.outside_secret,
        contacts,
        hurry: config.hurry,
        state: state::State::new(config.seed, config.run, config.numbers, config.faults, world),
    });
    let (stop, mut stopped) = watch::channel(false);
    let app = api::router(&shared)
        .merge(crm::router())
        .merge(control::router())
        .merge(outside::router())
        .with_state(Arc::clone(&shared));
    let server = tokio::spawn(async move {
        let until = async move {
            let _ = stopped.wait_for(|stop| *stop).await;
        };
        if let Err(error) = axum::serve(listener, app).with_graceful_shutdown(until).await {
            tracing::error!(%error, "the emulator stopped listening");
        }
    });
    shared.spawn(buyers::run::run(Arc::clone(&shared)));
    Emulator { shared, stop, server }
}

fn base_url(listener: &TcpListener) -> String {
    let Ok(address) = listener.local_addr() else { return String::new() };
    // Listening everywhere is no address to call.
    let ip = if address.ip().is_unspecified() { IpAddr::V4(Ipv4Addr::LOCALHOST) } else { address.ip() };
    format!("http://{}", std::net::SocketAddr::new(ip, address.port()))
}

impl Emulator {
    /// `http://host:port`, no slash at the end: the carrier's API base.
    pub fn base_url(&self) -> &str {
        &self.shared.base_url
    }

    /// Sets where a number's inbound texts are posted. False when the number is none of ours.
    pub fn set_webhook(&self, number: &str, sms_url: Option<String>, fallback_url: Option<String>) -> bool {
        let mut state = self.shared.state();
        let Some(number) = state.number_mut(number) else { return false };
        number.sms_url = sms_url;
        number.sms_fallback_url = fallback_url;
        true
    }

    /// The same for every number.
    pub fn set_webhooks(&self, sms_url: &str) {
        for number in &mut self.shared.state().numbers {
            number.sms_url = Some(sms_url.to_owned());
        }
    }

    /// Changes the faults in force.
    pub fn set_faults(&self, faults: Faults) {
        self.shared.state().faults = faults;
    }

    /// Lets a buyer text now, with so many pictures. Returns the message's sid.
    pub fn inbound(&self, from: &str, to: &str, body: &str, pictures: usize) -> String {
        let text = inbound::Text {
            at: self.shared.now(),
            from: from.to_owned(),
            to: to.to_owned(),
            body: body.to_owned(),
            media: vec!["image/png".to_owned(); pictures],
        };
        inbound::receive(&self.shared, &text)
    }

    /// Every `POST Messages` so far, as `/emulator/v1/sends` lists them.
    pub fn sends(&self) -> Value {
        json!(self.shared.state().sends)
    }

    /// Takes mail on `listener`, and tells the server's address.
    pub fn take_mail(&self, listener: TcpListener) -> std::io::Result<String> {
        let url = format!("smtp://{}", listener.local_addr()?);
        self.shared.spawn(mail::serve(listener, Arc::clone(&self.shared)));
        Ok(url)
    }

    /// Shows the CRM as tables of a folder from now on, as its deals move, and takes in what is written into it there.
    pub fn keep_crm(&self, folder: &std::path::Path) -> std::io::Result<()> {
        let folder = crm::Folder::open(folder.to_owned(), &self.shared)?;
        self.shared.spawn(folder.follow(Arc::clone(&self.shared)));
        Ok(())
    }

    /// The people of its CRM, those who own them and left with them: another emulated CRM may have the same.
    pub fn people(&self, left: Vec<String>) -> fill::People {
        fill::People { contacts: fill::told(&self.shared.contacts, self.shared.began), left }
    }

    /// Holds the buyers, or lets them go on.
    pub fn pause_buyers(&self, paused: bool) {
        self.shared.state().paused = paused;
        self.shared.stirred.notify_one();
    }

    /// What another program needs to drive it: base URL, account, tokens, CRM, numbers.
    pub fn describe(&self) -> Value {
        describe(&self.shared)
    }

    /// Ends it: what is being delivered is dropped; requests in hand get a second.
    pub async fn shutdown(mut self) {
        self.stop.send_replace(true);
        self.shared.abort_tasks();
        if tokio::time::timeout(Duration::from_secs(1), &mut self.server).await.is_err() {
            self.server.abort();
        }
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.stop.send_replace(true);
        self.shared.abort_tasks();
        self.server.abort();
    }
}

fn describe(shared: &Shared) -> Value {
    json!({
        "base_url": shared.base_url,
        "account_sid": shared.account_sid,
        "auth_token": shared.auth_token,
        "crm_url": format!("{}/crm/v1", shared.base_url),
        "crm_token": shared.crm_token,
        "numbers": shared.state().numbers,
    })
}

#[cfg(test)]
mod tests;
