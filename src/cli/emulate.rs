//! `comeback emulate`: a carrier or a CRM as a process of its own; Twilio's comes with a CRM and buyers.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::TimeZone;
use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use super::say;
use crate::clock::{Clock, PacedClock, SystemClock};
use crate::domain::time::Timestamp;
use crate::emulator::fill::{self, People};
use crate::emulator::others::bridge::BridgeEmulator;
use crate::emulator::others::telnyx::{TelnyxConfig, TelnyxEmulator};
use crate::emulator::{self, EmulatorConfig, Number};
use crate::server::telemetry;

mod crm;

/// Run only an emulated carrier (Twilio with a CRM and buyers, or Telnyx, or one behind our own signed webhooks) or an
/// emulated CRM (HubSpot or Salesforce).
///
/// It prints what it opens to as JSON, and is driven over /emulator/v1: a carrier by `inbound`, `sends` and `faults`, a CRM
/// by `records/KIND`, `calls` and `faults`.
#[derive(Debug, Args)]
pub(super) struct Emulate {
    /// Who is emulated; Twilio when nothing is said.
    #[arg(value_enum, conflicts_with = "carrier")]
    who: Option<Kind>,
    /// The same, as it was said before there were CRMs.
    #[arg(long, value_enum)]
    carrier: Option<Kind>,
    /// Where to listen. Loopback only: its control API takes no password.
    #[arg(long, default_value = "127.0.0.1:8421")]
    listen: SocketAddr,
    /// The same seed is the same world, with the same keys.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How fast the buyers' clock runs.
    #[arg(long, default_value_t = 1.0, value_parser = super::speed)]
    speed: f64,
    /// When its world begins: `now`, as beside `comeback serve`, or `tuesday`: 3 November 2026 at ten in New York. Twilio's
    /// begins on that Tuesday when nothing is said, the others now: they sign the time.
    #[arg(long, value_name = "WHEN")]
    from: Option<Begins>,
    /// Our numbers, each with where its texts are posted: +16465550100=https://comeback.example/hooks/twilio/inbound. Carriers
    /// other than Twilio post those of all numbers to the first address.
    #[arg(long = "number", value_name = "NUMBER[=URL]")]
    numbers: Vec<String>,
    /// Nobody texts by themselves; drive it over /emulator/v1.
    #[arg(long)]
    quiet: bool,
    /// Who is in the emulated CRM: a file in the form of the JSON directory (assets/docs/crm.md). Left out, the forty people
    /// of the seed, as the demo has them.
    #[arg(long, value_name = "FILE")]
    people: Option<PathBuf>,
}

/// Who is emulated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// Twilio, a CRM and buyers.
    Twilio,
    /// Telnyx.
    Telnyx,
    /// A carrier behind signed webhooks: assets/docs/carriers.md.
    Generic,
    /// A CRM: HubSpot.
    #[value(name = "hubspot")]
    HubSpot,
    /// A CRM: Salesforce.
    Salesforce,
}

/// When an emulated world begins.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Begins {
    /// On the machine's clock.
    Now,
    /// On a Tuesday at ten, so that business clocks run.
    Tuesday,
}

impl Begins {
    fn at(self) -> Timestamp {
        match self {
            Self::Now => SystemClock.now(),
            Self::Tuesday => tuesday_at_ten(),
        }
    }
}

impl Emulate {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        telemetry::start_logging("warn", false);
        anyhow::ensure!(self.listen.ip().is_loopback(), "the emulator listens on loopback only");
        let who = self.who.or(self.carrier).unwrap_or(Kind::Twilio);
        let is_crm = matches!(who, Kind::HubSpot | Kind::Salesforce);
        anyhow::ensure!(
            is_crm || self.people.is_none(),
            "--people is who is in an emulated CRM: hubspot or salesforce"
        );
        let usual = if who == Kind::Twilio { Begins::Tuesday } else { Begins::Now };
        let clock: Arc<dyn Clock> = Arc::new(PacedClock::start(self.from.unwrap_or(usual).at(), self.speed));
        let listener = TcpListener::bind(self.listen).await?;
        match who {
            Kind::Twilio => {
                let mut config = EmulatorConfig::demo(self.seed);
                if !self.numbers.is_empty() {
                    config.numbers = self.numbers.iter().map(|text| number(text)).collect();
                }
                let emulator = emulator::start(listener, config, clock).await;
                emulator.pause_buyers(self.quiet);
                say(&emulator.describe().to_string());
                ended().await?;
                emulator.shutdown().await;
            }
            Kind::Telnyx => {
                let config = self.telnyx();
                let (profile, key) = (config.profile.clone(), config.api_key.clone());
                let emulator = TelnyxEmulator::start(listener, config, clock)?;
                let about = json!({
                    "carrier": "telnyx", "base_url": emulator.base_url(), "profile": profile, "api_key": key,
                    "public_key": emulator.public_key(),
                });
                say(&self.with_numbers(about).to_string());
                ended().await?;
            }
            Kind::Generic => {
                let secret = self.secret();
                let emulator = BridgeEmulator::start(listener, &secret, clock)?;
                if let Some(url) = self.webhook() {
                    emulator.set_webhook(&url);
                }
                let about = json!({
                    "carrier": "generic", "send_url": emulator.send_url(), "list_url": emulator.list_url(),
                    "secret": secret,
                });
                say(&self.with_numbers(about).to_string());
                ended().await?;
            }
            Kind::HubSpot => crm::hubspot(listener, &self.people(clock.as_ref())?, clock).await?,
            Kind::Salesforce => crm::salesforce(listener, &self.people(clock.as_ref())?, clock).await?,
        }
        Ok(())
    }

    /// Keys follow from the seed; they open nothing but this emulator.
    fn telnyx(&self) -> TelnyxConfig {
        TelnyxConfig {
            api_key: format!("KEY{:016X}_emulated", self.seed),
            seed: self.bytes(),
            profile: format!("16fd2706-8baf-433b-82eb-{:012x}", self.seed & 0xffff_ffff_ffff),
            numbers: self.ours().into_iter().map(|number| number.number).collect(),
            webhook_url: self.webhook(),
        }
    }

    fn people(&self, clock: &dyn Clock) -> anyhow::Result<People> {
        let Some(file) = &self.people else { return Ok(fill::of_seed(self.seed, clock.now())) };
        let text = std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
        fill::of_directory(&text).map_err(|why| anyhow::anyhow!("{} is no directory of people: {why}", file.display()))
    }

    fn secret(&self) -> String {
        format!("whsec_{}", STANDARD.encode(self.bytes()))
    }

    fn bytes(&self) -> [u8; 32] {
        let seed = self.seed.to_le_bytes();
        std::array::from_fn(|n| seed[n % seed.len()] ^ 0xa5)
    }

    fn ours(&self) -> Vec<Number> {
        self.numbers.iter().map(|text| number(text)).collect()
    }

    fn webhook(&self) -> Option<String> {
        self.ours().into_iter().find_map(|number| number.sms_url)
    }

    fn with_numbers(&self, mut about: Value) -> Value {
        about["numbers"] = self.ours().into_iter().map(|number| number.number).collect();
        about
    }
}

/// Waits until somebody ends the process.
async fn ended() -> anyhow::Result<()> {
    let (mut term, mut int) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tokio::select! {
        _ = term.recv() => {}
        _ = int.recv() => {}
    }
    Ok(())
}

fn number(text: &str) -> Number {
    let (number, url) = text.split_once('=').map_or((text, None), |(n, u)| (n, Some(u.to_owned())));
    Number { number: number.to_owned(), sms_url: url, ..Number::default() }
}

/// When the emulated world begins: Tuesday, 3 November 2026, 10:00 in New York, so that business clocks run.
pub(super) fn tuesday_at_ten() -> Timestamp {
    let local = chrono_tz::America::New_York.with_ymd_and_hms(2026, 11, 3, 10, 0, 0).single();
    local.map(|at| at.to_utc().into()).unwrap_or_default()
}
